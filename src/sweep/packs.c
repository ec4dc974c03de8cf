/* Packs: the networks of each class, which agree in shape, in groups of at most `lanes`, or each alone. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "sweep_internal.h"

struct class {
  struct isw_pack_class shown;
  size_t grouping;
  uint64_t class, cell; /* its number in the grouping; its first network's cell */
  uint64_t skipped;     /* networks of the grouping's class before its first */
  size_t start;         /* first of its packs' starts */
  size_t size;          /* first of its sizes */
};

struct isw_packs {
  const struct isw_sweep *sweep;
  const uint64_t *subset; /* one bit per network; NULL: all */
  size_t lanes;
  size_t groupings;
  struct isw_grouping *grouping; /* one per grid */
  size_t classes, class_capacity;
  struct class *class;
  uint64_t packs, unfilled;
  size_t starts, start_capacity;
  uint64_t *start; /* if cells are missing: the first member of each pack in its class */
  size_t sizes, size_capacity;
  size_t *size;
};

/* Makes room for `more` elements; false if memory cannot be allocated. */
static bool grow(void **array, size_t count, size_t more, size_t *capacity, size_t size)
{
  if (count + more <= *capacity) return true;
  size_t wanted = 2 * (count + more);
  void *grown = realloc(*array, wanted * size);
  if (!grown) return false;
  *array = grown;
  *capacity = wanted;
  return true;
}

/* Whether the order of minibatches of some network of a grid depends on its replicate. */
static bool orders_differ(const struct isw_sweep *sweep, const struct isw_grid *grid)
{
  const struct isw_axis_binding *order = &grid->binding[ISW_SET_SHUFFLE], *batch = &grid->binding[ISW_SET_BATCH_SIZE];
  bool differ = !order->axis && sweep->base[ISW_SET_SHUFFLE].integer == 1;
  for (size_t i = 0; order->axis && i < order->axis->count; i++)
    differ = differ || isw_value_at(order->values, i, order->member).integer == 1;
  return differ && (batch->axis || sweep->base[ISW_SET_BATCH_SIZE].integer != 0);
}

/* The share of a step's products that freezing saves: gradients of frozen weights, and deltas below which nothing is
 * trained. clip_norm and gradient_below need the gradients of frozen layers, too. */
static double frozen_share(const struct isw_sweep *sweep, const union isw_setting_value *settings,
                           const struct isw_pack_class *class, const size_t *size)
{
  double all = 0.0, saved = 0.0;
  bool trains_below = false;
  if (settings[ISW_SET_CLIP_NORM].number > 0 || settings[ISW_SET_STOP_GRADIENT_BELOW].number > -INFINITY) return 0.0;
  for (size_t k = 0; k < class->layers; k++) {
    const struct isw_item *factors = isw_factors_of(sweep, settings, k + 1, class->layers);
    bool weights = !factors || factors->factor[0] != 0.0, units = !factors || factors->factor[1] != 0.0;
    double products = (double)size[k] * (double)size[k + 1];
    all += products * (k > 0 ? 3.0 : 2.0);
    saved += products * ((weights ? 0.0 : 1.0) + (k > 0 && !trains_below ? 1.0 : 0.0));
    trains_below = trains_below || weights || (units && isw_unit_parameters(class->parts, class->layers, k) > 0);
  }
  return saved / all;
}

/* Describes a class by its first network. */
static bool describe(struct isw_packs *packs, struct class *class)
{
  const struct isw_sweep *sweep = packs->sweep;
  struct isw_pack_class *shown = &class->shown;
  union isw_setting_value settings[ISW_SETTINGS_MAX];
  isw_cell_settings(sweep, class->cell, settings);
  shown->layers = isw_depth_of(settings) + 1;
  if (!grow((void **)&packs->size, packs->sizes, shown->layers + 1, &packs->size_capacity, sizeof *packs->size))
    return false;
  class->size = packs->sizes;
  packs->sizes += shown->layers + 1;
  size_t *size = packs->size + class->size;
  isw_sizes_of(sweep, settings, size);
  shown->has_factors = isw_has_factors(sweep);
  shown->parts = isw_parts_of_settings(settings);
  shown->activation = settings[ISW_SET_ACTIVATION].item ? settings[ISW_SET_ACTIVATION].item->choice.row : 0;
  shown->output_activation = settings[ISW_SET_OUTPUT_ACTIVATION].item->choice.row;
  shown->checks_every_step =
      settings[ISW_SET_CLIP_NORM].number > 0 || settings[ISW_SET_STOP_GRADIENT_BELOW].number > -INFINITY ||
      settings[ISW_SET_STOP_LOSS_ABOVE].number > 0 || settings[ISW_SET_STOP_ACCURACY_ABOVE].number > 0 ||
      settings[ISW_SET_PLATEAU_STEPS].integer > 0;
  shown->drops = settings[ISW_SET_DROPOUT].number > 0 && shown->layers > 1;
  shown->draws_noise = settings[ISW_SET_GRADIENT_NOISE].number > 0;
  shown->has_mask = settings[ISW_SET_MASK].item->choice.row != 0;
  shown->scales_output = settings[ISW_SET_OUTPUT_SCALE].number != 1.0;
  shown->loss = settings[ISW_SET_LOSS].item->choice.row;
  shown->optimizer = settings[ISW_SET_OPTIMIZER].item->choice.row;
  shown->dataset = isw_data_of(sweep, settings);
  shown->batch_size = (size_t)settings[ISW_SET_BATCH_SIZE].integer;
  shown->samples = shown->batch_size ? shown->batch_size : sweep->data[shown->dataset].train_samples;
  shown->steps = settings[ISW_SET_STEPS].integer;
  const uint64_t *schedule;
  shown->records = isw_sweep_schedule(sweep, shown->steps, &schedule);
  shown->frozen = frozen_share(sweep, settings, shown, size);
  size_t rows;
  double step = isw_step_flops(shown->layers, size, shown->parts.branch_layers, shown->samples) * (1.0 - shown->frozen);
  if (isw_optimizers(&rows)[shown->optimizer].solves)
    step += isw_solver_flops(isw_parameters(shown->layers, size, shown->parts), shown->samples, size[shown->layers]);
  shown->flops = step * (double)shown->steps;
  shown->cost = shown->flops;
  return true;
}

/* Whether a cell is a network of the packs. */
static bool is_member(const struct isw_packs *packs, uint64_t cell)
{
  if (!isw_is_kept(packs->sweep, cell)) return false;
  if (!packs->subset) return true;
  uint64_t number = isw_number_of_cell(packs->sweep, cell);
  return isw_bits_has(packs->subset, number);
}

static bool some_are_missing(const struct isw_packs *packs)
{
  return packs->sweep->kept || packs->subset;
}

/* Counts at most `most` networks of a class after the skipped ones; if cells are missing, stores where its packs
 * start. */
static bool count_networks(struct isw_packs *packs, struct class *class, uint64_t most)
{
  struct isw_pack_class *shown = &class->shown;
  struct isw_walk walk;
  class->start = packs->starts;
  shown->networks = 0;
  if (!some_are_missing(packs)) {
    isw_walk_start(&walk, &packs->grouping[class->grouping], class->class, class->skipped);
    class->cell = walk.cell;
    shown->networks = walk.left < most ? walk.left : most;
  } else {
    uint64_t before = 0;
    isw_walk_start(&walk, &packs->grouping[class->grouping], class->class, 0);
    for (uint64_t member = 0; walk.left && shown->networks < most; member++) {
      if (is_member(packs, walk.cell) && before++ >= class->skipped) {
        if (shown->networks % shown->lanes == 0) {
          if (!grow((void **)&packs->start, packs->starts, 1, &packs->start_capacity, sizeof *packs->start))
            return false;
          packs->start[packs->starts++] = member;
        }
        if (shown->networks++ == 0) class->cell = walk.cell;
      }
      isw_walk_step(&walk);
    }
  }
  shown->packs = (shown->networks + shown->lanes - 1) / shown->lanes;
  return true;
}

static bool add_class(struct isw_packs *packs, size_t grouping, uint64_t number)
{
  struct class class = {.grouping = grouping, .class = number, .shown.lanes = packs->lanes};
  if (!count_networks(packs, &class, UINT64_MAX)) return false;
  if (!class.shown.networks) return true;
  if (!describe(packs, &class)) return false;
  if (!grow((void **)&packs->class, packs->classes, 1, &packs->class_capacity, sizeof class)) return false;
  packs->class[packs->classes++] = class;
  return true;
}

static int by_cost(const void *a, const void *b)
{
  const struct class *x = a, *y = b;
  if (x->shown.cost != y->shown.cost) return x->shown.cost > y->shown.cost ? -1 : 1;
  return x->cell < y->cell ? -1 : x->cell > y->cell;
}

static void put_in_order(struct isw_packs *packs)
{
  uint64_t first = 0;
  packs->packs = packs->unfilled = 0;
  if (packs->classes) qsort(packs->class, packs->classes, sizeof *packs->class, by_cost);
  for (size_t c = 0; c < packs->classes; c++) {
    struct isw_pack_class *shown = &packs->class[c].shown;
    shown->first_pack = first;
    first += shown->packs;
    packs->packs += shown->packs;
    packs->unfilled += shown->packs * shown->lanes - shown->networks;
  }
}

static bool fill(struct isw_packs *packs)
{
  const struct isw_sweep *sweep = packs->sweep;
  packs->grouping = isw_allocate(sweep->grids, sizeof *packs->grouping);
  if (!packs->grouping) return false;
  for (size_t g = 0; g < sweep->grids; g++) {
    bool wanted[ISW_SETTINGS_MAX] = {false};
    for (size_t id = 0; id < ISW_SETTINGS; id++) wanted[id] = isw_setting(id)->shape;
    for (size_t s = 0; s < sweep->rate_slots.count; s++) wanted[ISW_RATE_SLOTS + s] = true;
    wanted[ISW_SET_REPLICATE] = orders_differ(sweep, &sweep->grid[g]);
    packs->groupings++;
    if (!isw_grouping_make(sweep, &sweep->grid[g], wanted, true, &packs->grouping[g])) return false;
    for (uint64_t c = 0; c < packs->grouping[g].classes; c++)
      if (!add_class(packs, g, c)) return false;
  }
  for (size_t c = 0; c < packs->classes; c++) packs->class[c].shown.size = packs->size + packs->class[c].size;
  put_in_order(packs);
  return true;
}

/* Moves the last `alone` networks of class c to packs of their own. */
static bool separate(struct isw_packs *packs, size_t c, uint64_t alone)
{
  struct class first = packs->class[c], last = first;
  uint64_t together = first.shown.networks - alone;
  last.shown.layout = ISW_UNITS_IN_LANES;
  last.shown.lanes = 1;
  last.skipped += together;
  if (!count_networks(packs, &last, alone)) return false;
  if (together == 0) {
    packs->class[c] = last;
    return true;
  }
  if (!count_networks(packs, &first, together) ||
      !grow((void **)&packs->class, packs->classes, 1, &packs->class_capacity, sizeof last))
    return false;
  packs->class[c] = first;
  packs->class[packs->classes++] = last;
  return true;
}

enum isw_status isw_packs_set_alone(struct isw_packs *packs, const uint64_t *alone, struct isw_error *error)
{
  const size_t classes = packs->classes;
  bool done = true;
  for (size_t c = 0; c < classes && done; c++) done = alone[c] == 0 || separate(packs, c, alone[c]);
  put_in_order(packs);
  return done ? ISW_OK : isw_error_memory(error, packs->classes * sizeof *packs->class, "the classes of packs");
}

void isw_packs_order(struct isw_packs *packs, const double *cost)
{
  for (size_t c = 0; c < packs->classes; c++) packs->class[c].shown.cost = cost[c];
  put_in_order(packs);
}

enum isw_status isw_packs_create(const struct isw_sweep *sweep, size_t lanes, struct isw_packs **packs,
                                 struct isw_error *error)
{
  return isw_packs_create_of(sweep, NULL, lanes, packs, error);
}

enum isw_status isw_packs_create_of(const struct isw_sweep *sweep, const uint64_t *subset, size_t lanes,
                                    struct isw_packs **packs, struct isw_error *error)
{
  *packs = calloc(1, sizeof **packs);
  if (*packs) {
    (*packs)->sweep = sweep;
    (*packs)->subset = subset;
    (*packs)->lanes = lanes;
    if (fill(*packs)) return ISW_OK;
    isw_packs_destroy(*packs);
    *packs = NULL;
  }
  return isw_error_set(error, ISW_FAILED, "out of memory for the packs of %llu networks",
                       (unsigned long long)sweep->networks);
}

void isw_packs_destroy(struct isw_packs *packs)
{
  if (!packs) return;
  for (size_t g = 0; g < packs->groupings; g++) isw_grouping_clear(&packs->grouping[g]);
  free(packs->grouping);
  free(packs->class);
  free(packs->start);
  free(packs->size);
  free(packs);
}

uint64_t isw_packs_count(const struct isw_packs *packs)
{
  return packs->packs;
}

size_t isw_packs_networks(const struct isw_packs *packs, uint64_t pack, uint64_t *numbers)
{
  size_t low = 0, high = packs->classes;
  if (pack >= packs->packs) return 0;
  while (high - low > 1) {
    size_t middle = low + (high - low) / 2;
    if (packs->class[middle].shown.first_pack <= pack)
      low = middle;
    else
      high = middle;
  }
  const struct class *class = &packs->class[low];
  uint64_t piece = pack - class->shown.first_pack, before = piece * class->shown.lanes;
  uint64_t from = some_are_missing(packs) ? packs->start[class->start + piece] : class->skipped + before;
  uint64_t left = class->shown.networks - before, most = left < class->shown.lanes ? left : class->shown.lanes;
  struct isw_walk walk;
  isw_walk_start(&walk, &packs->grouping[class->grouping], class->class, from);
  size_t count = 0;
  while (walk.left && count < most) {
    if (is_member(packs, walk.cell)) numbers[count++] = isw_number_of_cell(packs->sweep, walk.cell);
    isw_walk_step(&walk);
  }
  return count;
}

size_t isw_packs_classes(const struct isw_packs *packs)
{
  return packs->classes;
}

const struct isw_pack_class *isw_packs_class(const struct isw_packs *packs, size_t index)
{
  return &packs->class[index].shown;
}

bool isw_pack_class_is_mergeable(const struct isw_pack_class *class)
{
  enum { MOST_PARAMETERS = 1 << 19 }; /* 32 MiB of weights per pack: a thread can hold several */
  return class->layout == ISW_NETWORKS_IN_LANES &&
         isw_parameters(class->layers, class->size, class->parts) <= MOST_PARAMETERS;
}

uint64_t isw_packs_unfilled(const struct isw_packs *packs)
{
  return packs->unfilled;
}
