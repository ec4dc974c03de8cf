/* Checks of networks whose optimiser solves for all weights together (struct isw_optimizer, solves): what else such a
 * network may have. */
#include <math.h>
#include <string.h>
#include "sweep_internal.h"

enum { SIZES_MAX = 1002 }; /* depth is at most 1000 */

static const struct isw_choice *optimizer_of(const union isw_setting_value *settings)
{
  return &settings[ISW_SET_OPTIMIZER].item->choice;
}

static bool is_solver(const struct isw_choice *choice)
{
  size_t count;
  return isw_optimizers(&count)[choice->row].solves;
}

static const char *name_of(const struct isw_choice *optimizer)
{
  size_t count;
  return isw_optimizers(&count)[optimizer->row].row.name;
}

bool isw_has_rates(const struct isw_sweep *sweep, const union isw_setting_value *settings)
{
  (void)sweep;
  return !is_solver(optimizer_of(settings));
}

bool isw_only_solves(const struct isw_sweep *sweep, const struct isw_grid *grid)
{
  const struct isw_axis_binding *binding = &grid->binding[ISW_SET_OPTIMIZER];
  const struct isw_item *base = sweep->base[ISW_SET_OPTIMIZER].item;
  bool only = binding->axis ? binding->axis->count > 0 : base && is_solver(&base->choice);
  for (size_t i = 0; binding->axis && i < binding->axis->count; i++) {
    const struct isw_item *item = isw_value_at(binding->values, i, binding->member).item;
    only = only && item && is_solver(&item->choice);
  }
  return only;
}

/* A setting that must keep its default. */
struct fixed {
  size_t setting;
  const char *value, *why;
};
struct checking {
  struct isw_reader *reader;
  const struct fixed *fixed;
};

static bool is_kept(const struct fixed *fixed, const union isw_setting_value *settings)
{
  size_t count;
  const union isw_setting_value *value = &settings[fixed->setting];
  if (fixed->setting == ISW_SET_LOSS) return strcmp(isw_losses(&count)[value->item->choice.row].row.name, "mse") == 0;
  if (fixed->setting == ISW_SET_MASK) return value->item->choice.row == 0;
  return fixed->setting == ISW_SET_BATCH_SIZE ? value->integer == 0 : value->number == 0.0;
}

static void check_fixed(void *context, const struct isw_grid *grid, uint64_t cell)
{
  const struct checking *checking = context;
  const struct fixed *fixed = checking->fixed;
  struct isw_reader *reader = checking->reader;
  union isw_setting_value settings[ISW_SETTINGS_MAX];
  isw_cell_settings(reader->sweep, cell, settings);
  if (!is_solver(optimizer_of(settings)) || is_kept(fixed, settings)) return;
  isw_report_add(&reader->report, isw_place_of_value(reader, grid, cell, fixed->setting),
                 "%s must be %s with optimizer '%s'", isw_setting(fixed->setting)->path, fixed->value,
                 name_of(optimizer_of(settings)));
  isw_report_hint(&reader->report, "%s", fixed->why);
}

static void check_damping(void *context, const struct isw_grid *grid, uint64_t cell)
{
  struct isw_reader *reader = context;
  union isw_setting_value settings[ISW_SETTINGS_MAX];
  isw_cell_settings(reader->sweep, cell, settings);
  const struct isw_choice *optimizer = optimizer_of(settings);
  if (!is_solver(optimizer) || optimizer->value[0].number <= optimizer->value[3].number) return;
  isw_report_add(&reader->report, isw_place_of_value(reader, grid, cell, ISW_SET_OPTIMIZER),
                 "mu %g is above mu_max %g: no step would change a weight", optimizer->value[0].number,
                 optimizer->value[3].number);
}

static void check_factors(void *context, const struct isw_grid *grid, uint64_t cell)
{
  struct isw_reader *reader = context;
  const struct isw_sweep *sweep = reader->sweep;
  union isw_setting_value settings[ISW_SETTINGS_MAX];
  isw_cell_settings(sweep, cell, settings);
  if (!is_solver(optimizer_of(settings))) return;
  for (size_t s = 0; s < sweep->rate_slots.count; s++) {
    const struct isw_item *item = settings[ISW_RATE_SLOTS + s].item;
    bool kept = true;
    for (size_t part = 0; item && part < 2; part++)
      kept = kept && (item->factor[part] == 0.0 || item->factor[part] == 1.0);
    if (kept) continue;
    isw_report_add(&reader->report, isw_place_of_value(reader, grid, cell, ISW_RATE_SLOTS + s),
                   "factors of train.rate_by_layer must be 0 or 1 with optimizer '%s'",
                   name_of(optimizer_of(settings)));
    isw_report_hint(&reader->report, "it has no learning rate; 0 freezes a layer");
  }
}

static void check_size(void *context, const struct isw_grid *grid, uint64_t cell)
{
  struct isw_reader *reader = context;
  const struct isw_sweep *sweep = reader->sweep;
  union isw_setting_value settings[ISW_SETTINGS_MAX];
  isw_cell_settings(sweep, cell, settings);
  if (!is_solver(optimizer_of(settings))) return;
  size_t size[SIZES_MAX], layers = isw_depth_of(settings) + 1;
  isw_sizes_of(sweep, settings, size);
  size_t parameters = isw_parameters(layers, size, isw_parts_of_settings(settings));
  if (parameters <= ISW_SOLVER_PARAMETERS_MAX) return;
  size_t setting = layers == 1 ? ISW_SET_OPTIMIZER : settings[ISW_SET_HIDDEN].item ? ISW_SET_HIDDEN : ISW_SET_WIDTH;
  isw_report_add(&reader->report, isw_place_of_value(reader, grid, cell, setting),
                 "optimizer '%s' takes networks of at most %d weights and biases; this one has %zu",
                 name_of(optimizer_of(settings)), ISW_SOLVER_PARAMETERS_MAX, parameters);
  isw_report_hint(&reader->report, "each of its steps solves a system of as many equations");
}

/* Whether some network of the sweep has such an optimiser. */
static void find_solver(void *context, const struct isw_grid *grid, uint64_t cell)
{
  struct isw_reader *reader = context;
  union isw_setting_value settings[ISW_SETTINGS_MAX];
  (void)grid;
  isw_cell_settings(reader->sweep, cell, settings);
  reader->has_solver = reader->has_solver || is_solver(optimizer_of(settings));
}

/* Visits the classes of these settings unless one has an error. */
static void visit(struct isw_reader *reader, const size_t *settings, size_t count,
                  void (*work)(void *context, const struct isw_grid *grid, uint64_t cell), void *context)
{
  if (isw_all_usable(reader, settings, count) && !isw_visit_classes(reader->sweep, settings, count, work, context))
    longjmp(reader->out_of_memory, 1);
}

void isw_check_solvers(struct isw_reader *reader)
{
  static const char not_along[] = "its steps are not made of the gradient";
  static const struct fixed fixed[] = {
      {ISW_SET_LOSS, "mse", "it minimises a sum of squares"},
      {ISW_SET_BATCH_SIZE, "full", "each step needs all samples"},
      {ISW_SET_WEIGHT_DECAY, "0", not_along},
      {ISW_SET_CLIP_NORM, "none", not_along},
      {ISW_SET_GRADIENT_NOISE, "0", not_along},
      {ISW_SET_MASK, "none", "it changes all weights together"},
      {ISW_SET_DROPOUT, "0", "it compares the losses of one network before and after a step"},
  };
  static const size_t optimizer[] = {ISW_SET_OPTIMIZER};
  static const size_t shape[] = {ISW_SET_OPTIMIZER,     ISW_SET_DATASET, ISW_SET_SEED,   ISW_SET_LOSS,
                                 ISW_SET_DEPTH,         ISW_SET_WIDTH,   ISW_SET_HIDDEN, ISW_SET_NORMALIZATION,
                                 ISW_SET_BRANCH_LAYERS, ISW_SET_BIAS};
  visit(reader, optimizer, 1, find_solver, reader);
  if (!reader->has_solver) return;
  visit(reader, optimizer, 1, check_damping, reader);
  visit(reader, shape, sizeof shape / sizeof shape[0], check_size, reader);
  for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++) {
    const size_t both[] = {ISW_SET_OPTIMIZER, fixed[i].setting};
    visit(reader, both, 2, check_fixed, &(struct checking){reader, &fixed[i]});
  }
  size_t factors[ISW_SLOTS_MAX + 1] = {ISW_SET_OPTIMIZER};
  for (size_t s = 0; s < reader->sweep->rate_slots.count; s++) factors[s + 1] = ISW_RATE_SLOTS + s;
  visit(reader, factors, reader->sweep->rate_slots.count + 1, check_factors, reader);
}
