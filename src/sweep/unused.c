/* Settings that have no effect: a table of what each setting needs, checked against the networks of the grids. A value
 * that is the default is not reported, since it says what holds anyway. */
#include <string.h>
#include "sweep_internal.h"

enum { WHY_SIZE = 100 };

typedef bool uses(const struct isw_sweep *sweep, const union isw_setting_value *settings);

static bool has_hidden_layer(const struct isw_sweep *sweep, const union isw_setting_value *settings)
{
  (void)sweep;
  return isw_depth_of(settings) > 0;
}

static bool has_branch(const struct isw_sweep *sweep, const union isw_setting_value *settings)
{
  (void)sweep;
  return settings[ISW_SET_BRANCH_LAYERS].integer > 0 && isw_depth_of(settings) > 1;
}

static bool has_bias(const struct isw_sweep *sweep, const union isw_setting_value *settings)
{
  (void)sweep;
  return isw_has_bias((enum isw_bias)settings[ISW_SET_BIAS].integer, isw_depth_of(settings) + 1, 0);
}

/* Whether the network has biases, gains or shifts. */
static bool has_bias_or_gain(const struct isw_sweep *sweep, const union isw_setting_value *settings)
{
  const struct isw_parts parts = isw_parts_of_settings(settings);
  return has_bias(sweep, settings) || (isw_depth_of(settings) > 0 && parts.normalizing.affine);
}

static bool has_noise(const struct isw_sweep *sweep, const union isw_setting_value *settings)
{
  (void)sweep;
  return settings[ISW_SET_INIT_NOISE].number > 0.0;
}

static bool takes_steps(const struct isw_sweep *sweep, const union isw_setting_value *settings)
{
  (void)sweep;
  return settings[ISW_SET_STEPS].integer > 0;
}

static bool decays(const struct isw_sweep *sweep, const union isw_setting_value *settings)
{
  (void)sweep;
  return settings[ISW_SET_WEIGHT_DECAY].number > 0.0;
}

static bool has_plateau(const struct isw_sweep *sweep, const union isw_setting_value *settings)
{
  (void)sweep;
  return settings[ISW_SET_PLATEAU_STEPS].integer > 0;
}

static bool has_minibatches(const struct isw_sweep *sweep, const union isw_setting_value *settings)
{
  (void)sweep;
  return settings[ISW_SET_BATCH_SIZE].integer > 0;
}

static bool has_batches(const struct isw_sweep *sweep, const union isw_setting_value *settings)
{
  for (size_t p = 0; p < sweep->probes; p++)
    if (sweep->probe[p]->needs & ISW_NEEDS_BATCH) return true;
  return settings[ISW_SET_STEPS].integer > 0;
}

static bool records_threshold(const struct isw_sweep *sweep, const union isw_setting_value *settings)
{
  (void)settings;
  for (size_t p = 0; p < sweep->probes; p++)
    if (sweep->probe[p]->threshold) return true;
  return false;
}

/* One way in which a setting can be without effect. A setting may have several. */
struct rule {
  size_t setting;
  uses *used;
  size_t needs[4]; /* the settings that `used` reads, besides `setting`; ISW_SETTINGS ends them */
  const char *why, *hint;
};
#define SHAPE                                                                                                          \
  {                                                                                                                    \
    ISW_SET_DEPTH, ISW_SET_HIDDEN, ISW_SETTINGS                                                                        \
  }
#define BRANCHES                                                                                                       \
  {                                                                                                                    \
    ISW_SET_BRANCH_LAYERS, ISW_SET_DEPTH, ISW_SET_HIDDEN, ISW_SETTINGS                                                 \
  }
#define BIASES                                                                                                         \
  {                                                                                                                    \
    ISW_SET_BIAS, ISW_SET_DEPTH, ISW_SET_HIDDEN, ISW_SETTINGS                                                          \
  }
#define GAINS                                                                                                          \
  {                                                                                                                    \
    ISW_SET_BIAS, ISW_SET_NORMALIZATION, ISW_SET_DEPTH, ISW_SET_HIDDEN                                                 \
  }
#define OPTIMIZER                                                                                                      \
  {                                                                                                                    \
    ISW_SET_OPTIMIZER, ISW_SETTINGS                                                                                    \
  }
#define STEPS                                                                                                          \
  {                                                                                                                    \
    ISW_SET_STEPS, ISW_SETTINGS                                                                                        \
  }
static const char no_layer[] = "no network has a hidden layer", no_steps[] = "no network takes a step";
static const char no_branch[] = "no network has a residual branch", full[] = "every batch is the full training set";
static const char ask_depth[] = "leave it out, or set network.depth", ask_steps[] = "train.steps is 0";
static const char ask_branch[] =
    "branches require network.residual.branch_layers 1 or 2 and more than one hidden layer";
static const char no_bias[] = "no network has biases", ask_bias[] = "leave it out, or set network.bias: all";
static const char no_rate[] = "the optimizer of every network solves for the weights and has no learning rate";
static const char ask_rate[] = "leave it out, or sweep train.optimizer.mu";
static const char ask_batch[] = "set train.batch_size", ask_probe[] = "add escape_step to record.probes";
static const struct rule rules[] = {
    {ISW_SET_WIDTH, has_hidden_layer, SHAPE, no_layer, ask_depth},
    {ISW_SET_ACTIVATION, has_hidden_layer, SHAPE, no_layer, ask_depth},
    {ISW_SET_NORMALIZATION, has_hidden_layer, SHAPE, no_layer, ask_depth},
    {ISW_SET_DROPOUT, has_hidden_layer, SHAPE, no_layer, ask_depth},
    {ISW_SET_DROPOUT, has_batches, {ISW_SET_STEPS, ISW_SET_RECORD_PROBES, ISW_SETTINGS}, no_steps, ask_steps},
    {ISW_SET_BRANCH_LAYERS, has_branch, BRANCHES, no_branch, ask_branch},
    {ISW_SET_BRANCH_SCALE, has_branch, BRANCHES, no_branch, ask_branch},
    {ISW_SET_TRAIN_SCALE, has_branch, BRANCHES, no_branch, ask_branch},
    {ISW_SET_ACTIVATION_AFTER, has_branch, BRANCHES, no_branch, ask_branch},
    {ISW_SET_NOISE_OF,
     has_noise,
     {ISW_SET_INIT_NOISE, ISW_SETTINGS},
     "network.init_noise is 0 in every network",
     "set network.init_noise.std"},
    {ISW_SET_BIAS_INIT, has_bias, BIASES, no_bias, ask_bias},
    {ISW_SET_OPTIMIZER, takes_steps, STEPS, no_steps, ask_steps},
    {ISW_SET_LEARNING_RATE, takes_steps, STEPS, no_steps, ask_steps},
    {ISW_SET_LEARNING_RATE, isw_has_rates, OPTIMIZER, no_rate, ask_rate},
    {ISW_SET_WEIGHT_DECAY, takes_steps, STEPS, no_steps, ask_steps},
    {ISW_SET_DECAY_BIASES, takes_steps, STEPS, no_steps, ask_steps},
    {ISW_SET_DECAY_BIASES, has_bias_or_gain, GAINS, no_bias, ask_bias},
    {ISW_SET_DECAY_BIASES,
     decays,
     {ISW_SET_WEIGHT_DECAY, ISW_SETTINGS},
     "train.weight_decay is 0 in every network",
     "set train.weight_decay"},
    {ISW_SET_SCHEDULE, takes_steps, STEPS, no_steps, ask_steps},
    {ISW_SET_SCHEDULE, isw_has_rates, OPTIMIZER, no_rate, ask_rate},
    {ISW_SET_CLIP_NORM, takes_steps, STEPS, no_steps, ask_steps},
    {ISW_SET_GRADIENT_NOISE, takes_steps, STEPS, no_steps, ask_steps},
    {ISW_SET_BATCH_SIZE, has_batches, {ISW_SET_STEPS, ISW_SET_RECORD_PROBES, ISW_SETTINGS}, no_steps, ask_steps},
    {ISW_SET_SHUFFLE, has_batches, {ISW_SET_STEPS, ISW_SET_RECORD_PROBES, ISW_SETTINGS}, no_steps, ask_steps},
    {ISW_SET_SHUFFLE, has_minibatches, {ISW_SET_BATCH_SIZE, ISW_SETTINGS}, full, ask_batch},
    {ISW_SET_STOP_LOSS_BELOW, takes_steps, STEPS, no_steps, ask_steps},
    {ISW_SET_STOP_GRADIENT_BELOW, takes_steps, STEPS, no_steps, ask_steps},
    {ISW_SET_STOP_LOSS_ABOVE, takes_steps, STEPS, no_steps, ask_steps},
    {ISW_SET_STOP_ACCURACY_ABOVE, takes_steps, STEPS, no_steps, ask_steps},
    {ISW_SET_PLATEAU_STEPS, takes_steps, STEPS, no_steps, ask_steps},
    {ISW_SET_PLATEAU_RELATIVE,
     has_plateau,
     {ISW_SET_PLATEAU_STEPS, ISW_SETTINGS},
     "train.stop.plateau.steps is none in every network",
     "set train.stop.plateau.steps"},
    {ISW_SET_ESCAPE_FRACTION,
     records_threshold,
     {ISW_SET_RECORD_PROBES, ISW_SETTINGS},
     "the probe escape_step is not recorded",
     ask_probe},
};

/* What is asked about one setting while the networks are visited. */
struct asking {
  struct isw_reader *reader;
  uses *used; /* NULL: whether a layer takes its value from the setting */
  size_t setting;
  bool *in_grid; /* [grids] whether a network of the grid uses the setting */
};

/* Whether some layer of the network takes its value from the setting, network.init or a slot. */
static bool sets_a_layer(const struct asking *asking, const union isw_setting_value *settings)
{
  const struct isw_sweep *sweep = asking->reader->sweep;
  const struct isw_item *item = settings[asking->setting].item;
  size_t layers = isw_depth_of(settings) + 1;
  bool rates = asking->setting >= ISW_RATE_SLOTS;
  for (size_t k = 1; item && k <= layers; k++)
    if ((rates ? isw_factors_of : isw_init_of)(sweep, settings, k, layers) == item) return true;
  return false;
}

static void ask(void *context, const struct isw_grid *grid, uint64_t cell)
{
  struct asking *asking = context;
  const struct isw_sweep *sweep = asking->reader->sweep;
  bool *used = &asking->in_grid[grid - sweep->grid];
  union isw_setting_value settings[ISW_SETTINGS_MAX];
  if (*used) return;
  isw_cell_settings(sweep, cell, settings);
  *used = asking->used ? asking->used(sweep, settings) : sets_a_layer(asking, settings);
}

/* Whether the file gives a setting outside of the grids a value that is not the default. network.init and what each
 * training needs must be given even if no network uses them. */
static bool is_given(const struct isw_reader *reader, size_t setting)
{
  const struct isw_sweep *sweep = reader->sweep;
  if (setting >= ISW_SETTINGS) return sweep->base[setting].item != NULL;
  const struct isw_setting *row = isw_setting(setting);
  if (row->required) return sweep->written[setting] && (setting == ISW_SET_WIDTH || setting == ISW_SET_ACTIVATION);
  return isw_value_hash(setting, sweep->base[setting], false) !=
         isw_value_hash(setting, reader->standard[setting], false);
}

/* Whether a grid has an axis that gives the setting. An axis of init_by_layer has members for all layers of the sweep,
 * which its own values need not name. */
static bool has_axis(const struct isw_grid *grid, size_t setting)
{
  const struct isw_axis_binding *binding = &grid->binding[setting];
  if (!binding->axis || setting < ISW_SETTINGS) return binding->axis != NULL;
  for (size_t i = 0; i < binding->axis->count; i++)
    if (isw_value_at(binding->values, i, binding->member).item) return true;
  return false;
}

/* Reports the setting's axes and base value that no network uses. Returns whether there was one. */
static bool report(const struct asking *asking, const char *why, const char *hint)
{
  struct isw_reader *reader = asking->reader;
  const struct isw_sweep *sweep = reader->sweep;
  size_t setting = asking->setting;
  bool base = false, base_used = false, found = false;
  struct isw_place place =
      setting < ISW_SETTINGS && reader->leaf_key[setting] ? reader->leaf_key[setting]->place : reader->at[setting];
  for (size_t g = 0; g < sweep->grids; g++) {
    const struct isw_axis_binding *binding = &sweep->grid[g].binding[setting];
    if (!binding->axis) {
      base = true;
      base_used = base_used || asking->in_grid[g];
      continue;
    }
    if (!has_axis(&sweep->grid[g], setting)) continue;
    bool used = false; /* a zip is an axis of every grid */
    for (size_t h = 0; h < sweep->grids; h++)
      used = used || (sweep->grid[h].binding[setting].values == binding->values && asking->in_grid[h]);
    if (used) continue;
    isw_report_add(&reader->report, binding->values->key, "%s has no effect: %s", isw_path_of(sweep, setting), why);
    isw_report_hint(&reader->report, "%s", hint);
    found = true;
  }
  if (!base || base_used || !is_given(reader, setting)) return found;
  isw_report_add(&reader->report, place, "%s has no effect: %s", isw_path_of(sweep, setting), why);
  isw_report_hint(&reader->report, "%s", hint);
  return true;
}

static bool is_asked(const struct isw_reader *reader, size_t setting)
{
  const struct isw_sweep *sweep = reader->sweep;
  if (is_given(reader, setting)) return true;
  for (size_t g = 0; g < sweep->grids; g++)
    if (has_axis(&sweep->grid[g], setting)) return true;
  return false;
}

static bool visit(struct asking *asking, const size_t *needs, size_t count)
{
  struct isw_reader *reader = asking->reader;
  if (!isw_all_usable(reader, needs, count) || reader->broken[asking->setting]) return false;
  if (!is_asked(reader, asking->setting)) return false;
  asking->in_grid = isw_arena_get(&reader->scratch, reader->sweep->grids, sizeof *asking->in_grid);
  if (!isw_visit_classes(reader->sweep, needs, count, ask, asking)) longjmp(reader->out_of_memory, 1);
  return true;
}

static void check_rules(struct isw_reader *reader)
{
  bool reported[ISW_SETTINGS] = {false};
  for (size_t r = 0; r < sizeof rules / sizeof rules[0]; r++) {
    const struct rule *rule = &rules[r];
    struct asking asking = {.reader = reader, .used = rule->used, .setting = rule->setting};
    size_t count = 0;
    while (count < sizeof rule->needs / sizeof rule->needs[0] && rule->needs[count] != ISW_SETTINGS) count++;
    if (!reported[rule->setting] && visit(&asking, rule->needs, count))
      reported[rule->setting] = report(&asking, rule->why, rule->hint);
  }
}

static const char precedence[] = "`output` takes precedence over a number, a number over `branch_last`, and "
                                 "`branch_last` over `branch_first`";

/* Reports slots, and network.init, that set no layer of any network. */
static void check_layers(struct isw_reader *reader, size_t by_layer)
{
  struct isw_sweep *sweep = reader->sweep;
  size_t needs[ISW_SLOTS_MAX + 4] = {ISW_SET_DEPTH, ISW_SET_HIDDEN, ISW_SET_BRANCH_LAYERS}, count = 3, first;
  const struct isw_slots *slots = isw_slots_of(sweep, by_layer, &first);
  char why[WHY_SIZE];
  snprintf(why, sizeof why, "other settings of %s replace it in every layer", isw_setting(by_layer)->path);
  if (by_layer == ISW_SET_INIT_BY_LAYER) needs[count++] = ISW_SET_INIT;
  for (size_t s = 0; s < slots->count; s++) needs[count++] = first + s;
  for (size_t i = 3; i < count && slots->count > 0; i++) {
    struct asking asking = {.reader = reader, .setting = needs[i]};
    if (needs[i] >= ISW_SETTINGS && !isw_layer_exists(reader, slots->layer[needs[i] - first])) continue; /* reported */
    if (visit(&asking, needs, count)) report(&asking, why, precedence);
  }
}

/* Reports factors of the learning rates of layers if no network takes a step. */
static void check_rates(struct isw_reader *reader)
{
  static const size_t needs[] = {ISW_SET_STEPS};
  for (size_t s = 0; s < reader->sweep->rate_slots.count; s++) {
    struct asking asking = {.reader = reader, .used = takes_steps, .setting = ISW_RATE_SLOTS + s};
    if (visit(&asking, needs, 1) && report(&asking, no_steps, ask_steps)) return;
  }
}

void isw_check_unused(struct isw_reader *reader)
{
  if (reader->from->stored) return;
  check_rules(reader);
  check_layers(reader, ISW_SET_INIT_BY_LAYER);
  check_layers(reader, ISW_SET_RATE_BY_LAYER);
  check_rates(reader);
}
