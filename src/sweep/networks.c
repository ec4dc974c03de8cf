/* From a number to a network: index arithmetic, sizes, identity. */
#include <stdlib.h>
#include <string.h>
#include "sweep_internal.h"

union isw_setting_value isw_value_at(const struct isw_values *values, size_t index, size_t member)
{
  if (values->is_range)
    return (union isw_setting_value){.whole = (uint64_t)(values->first + (int64_t)index * values->step)};
  return values->value[index * values->members + member];
}

uint64_t isw_value_hash(size_t setting, union isw_setting_value value, bool shape_only)
{
  uint64_t bits;
  switch (isw_setting(setting)->kind) {
  case ISW_KIND_WHOLE:
  case ISW_KIND_WORD: return isw_hash(&value.whole, sizeof value.whole, 0);
  case ISW_KIND_NUMBER: memcpy(&bits, &value.number, sizeof bits); return isw_hash(&bits, sizeof bits, 0);
  default: break;
  }
  if (!value.item) return 0;
  bool kind_only = setting == ISW_SET_ACTIVATION || setting == ISW_SET_OUTPUT_ACTIVATION || setting == ISW_SET_LOSS ||
                   setting == ISW_SET_OPTIMIZER;
  return shape_only && kind_only ? value.item->choice.row + 1 : value.item->hash;
}

void isw_cell_settings(const struct isw_sweep *sweep, uint64_t cell, union isw_setting_value *point)
{
  memcpy(point, sweep->base, isw_all_settings(sweep) * sizeof *point);
  const struct isw_grid *grid = isw_grid_of_cell(sweep, cell);
  uint64_t rest = cell - grid->first;
  for (size_t a = 0; a < grid->axes; a++) {
    const struct isw_grid_axis *axis = &grid->axis[a];
    size_t index = (size_t)(rest / axis->stride);
    rest -= index * axis->stride;
    for (size_t p = 0; p < axis->parts; p++)
      for (size_t m = 0; m < axis->part[p]->members; m++)
        point[axis->part[p]->member[m]] = isw_value_at(axis->part[p], index, m);
  }
}

union isw_setting_value isw_setting_at(const struct isw_sweep *sweep, const struct isw_grid *grid, uint64_t cell,
                                       size_t setting)
{
  const struct isw_axis_binding *binding = &grid->binding[setting];
  if (!binding->axis) return sweep->base[setting];
  size_t index = (size_t)((cell - grid->first) / binding->axis->stride % binding->axis->count);
  return isw_value_at(binding->values, index, binding->member);
}

size_t isw_depth_of(const union isw_setting_value *point)
{
  return point[ISW_SET_HIDDEN].item ? point[ISW_SET_HIDDEN].item->count : (size_t)point[ISW_SET_DEPTH].whole;
}

size_t isw_data_of(const struct isw_sweep *sweep, const union isw_setting_value *point)
{
  size_t low = 0, high = sweep->uses, number = point[ISW_SET_DATASET].item->number;
  uint64_t seed = point[ISW_SET_SEED].whole;
  while (high - low > 1) {
    size_t middle = low + (high - low) / 2;
    const struct isw_dataset_use *use = &sweep->use[middle];
    if (use->item->number < number || (use->item->number == number && use->seed <= seed))
      low = middle;
    else
      high = middle;
  }
  return sweep->use[low].data;
}

void isw_sizes_of(const struct isw_sweep *sweep, const union isw_setting_value *point, size_t *size)
{
  const struct isw_data *data = &sweep->data[isw_data_of(sweep, point)];
  size_t depth = isw_depth_of(point), losses;
  const struct isw_item *hidden = point[ISW_SET_HIDDEN].item;
  size[0] = data->features;
  for (size_t k = 0; k < depth; k++) size[k + 1] = hidden ? hidden->size[k] : (size_t)point[ISW_SET_WIDTH].whole;
  size[depth + 1] = isw_outputs(data, &isw_losses(&losses)[point[ISW_SET_LOSS].item->choice.row]);
}

const struct isw_item *isw_init_of(const struct isw_sweep *sweep, const union isw_setting_value *point, size_t layer,
                                   size_t layers)
{
  const struct isw_item *found = point[ISW_SET_INIT].item, *first = NULL, *last = NULL, *numbered = NULL;
  size_t branch_layers = (size_t)point[ISW_SET_BRANCH_LAYERS].whole;
  for (size_t s = 0; s < sweep->slots; s++) {
    const struct isw_item *item = point[ISW_SETTINGS + s].item;
    size_t named = sweep->slot_layer[s];
    if (!item) continue;
    if (named == 0 && layer == layers) return item;
    if (named == layer) numbered = item;
    if (named == ISW_BRANCH_LAST && isw_ends_branch(layers, branch_layers, layer - 1)) last = item;
    if (named == ISW_BRANCH_FIRST && layer >= 2 && isw_ends_branch(layers, branch_layers, layer - 2 + branch_layers))
      first = item;
  }
  return numbered ? numbered : last ? last : first ? first : found;
}

static uint64_t bits_of(double number)
{
  uint64_t bits;
  memcpy(&bits, &number, sizeof bits);
  return bits;
}

static uint64_t chain(uint64_t hash, uint64_t next)
{
  const uint64_t pair[2] = {hash, next};
  return isw_hash(pair, sizeof pair, 0);
}

/* Of all layers' initialisers; where all are alike, of that one. */
static uint64_t hash_inits(const struct isw_sweep *sweep, const union isw_setting_value *point, size_t layers)
{
  bool alike = true;
  for (size_t s = 0; s < sweep->slots; s++) alike = alike && !point[ISW_SETTINGS + s].item;
  if (alike) return point[ISW_SET_INIT].item->hash;
  uint64_t first = isw_init_of(sweep, point, 1, layers)->hash, hash = first;
  alike = true;
  for (size_t k = 2; k <= layers; k++) {
    uint64_t next = isw_init_of(sweep, point, k, layers)->hash;
    alike = alike && next == first;
    hash = chain(hash, next);
  }
  return alike ? first : hash;
}

static uint64_t hash_item(const struct isw_item *item)
{
  return item ? item->hash : 0;
}

/* The identity: XXH3-64 of one 64-bit word for each thing that decides the trajectory, words of several numbers being
 * their XXH3-64, chained; schedule, clipping and residual branches where there are. What is recorded is no part of it. */
uint64_t isw_identity_of(const struct isw_sweep *sweep, const union isw_setting_value *point)
{
  enum { FORMAT = 1 };
  const struct isw_data *data = &sweep->data[isw_data_of(sweep, point)];
  size_t depth = isw_depth_of(point), losses;
  const struct isw_item *hidden = point[ISW_SET_HIDDEN].item;
  uint64_t sizes = data->features;
  for (size_t k = 0; k < depth; k++) sizes = chain(sizes, hidden ? hidden->size[k] : point[ISW_SET_WIDTH].whole);
  sizes = chain(sizes, isw_outputs(data, &isw_losses(&losses)[point[ISW_SET_LOSS].item->choice.row]));
  const uint64_t word[] = {
      FORMAT,
      point[ISW_SET_SEED].whole,
      point[ISW_SET_REPLICATE].whole,
      (uint64_t)sweep->precision,
      data->hash,
      sizes,
      depth ? hash_item(point[ISW_SET_ACTIVATION].item) : 0,
      hash_item(point[ISW_SET_OUTPUT_ACTIVATION].item),
      hash_inits(sweep, point, depth + 1),
      hash_item(point[ISW_SET_BIAS_INIT].item),
      bits_of(point[ISW_SET_INIT_NOISE].number),
      hash_item(point[ISW_SET_LOSS].item),
      hash_item(point[ISW_SET_OPTIMIZER].item),
      bits_of(point[ISW_SET_LEARNING_RATE].number),
      bits_of(point[ISW_SET_WEIGHT_DECAY].number),
      point[ISW_SET_BATCH_SIZE].whole,
      point[ISW_SET_SHUFFLE].whole,
      point[ISW_SET_STEPS].whole,
      bits_of(point[ISW_SET_STOP_LOSS_BELOW].number),
      bits_of(point[ISW_SET_STOP_GRADIENT_BELOW].number),
  };
  uint64_t hash = isw_hash(word, sizeof word, 0);
  const struct isw_item *schedule = point[ISW_SET_SCHEDULE].item;
  if (schedule->choice.row != 0) hash = chain(hash, schedule->hash);
  if (point[ISW_SET_CLIP_NORM].number != 0.0) hash = chain(hash, bits_of(point[ISW_SET_CLIP_NORM].number));
  const uint64_t sparsity[] = {ISW_SET_INIT_SPARSITY, bits_of(point[ISW_SET_INIT_SPARSITY].number)};
  if (point[ISW_SET_INIT_SPARSITY].number != 0.0) hash = chain(hash, isw_hash(sparsity, sizeof sparsity, 0));
  const uint64_t decay[] = {ISW_SET_DECAY_BIASES, point[ISW_SET_DECAY_BIASES].whole};
  if (point[ISW_SET_DECAY_BIASES].whole != 0) hash = chain(hash, isw_hash(decay, sizeof decay, 0));
  if (isw_branches(depth + 1, (size_t)point[ISW_SET_BRANCH_LAYERS].whole) > 0) {
    const uint64_t branches[] = {0x7265736964756C,
                                 point[ISW_SET_BRANCH_LAYERS].whole, /* "residul", so that it is not a clip_norm's */
                                 bits_of(point[ISW_SET_BRANCH_SCALE].number), point[ISW_SET_TRAIN_SCALE].whole};
    hash = chain(hash, isw_hash(branches, sizeof branches, 0));
  }
  return hash;
}

enum isw_status isw_sweep_network(const struct isw_sweep *sweep, uint64_t number, struct isw_network **network,
                                  struct isw_error *error)
{
  *network = NULL;
  if (number >= sweep->networks)
    return isw_error_set(error, ISW_BAD_INPUT, "network %llu of a sweep of %llu (they count from 0)",
                         (unsigned long long)number, (unsigned long long)sweep->networks);
  union isw_setting_value point[ISW_SETTINGS_MAX];
  isw_cell_settings(sweep, isw_cell_of_number(sweep, number), point);
  size_t layers = isw_depth_of(point) + 1;
  size_t bytes = sizeof **network + 2 * layers * sizeof(struct isw_choice) + (layers + 1) * sizeof(size_t);
  struct isw_network *n = calloc(1, bytes); /* one block: the arrays stand behind the struct */
  if (!n) return isw_error_memory(error, bytes, "a network");
  n->init = (struct isw_choice *)(n + 1);
  n->bias_init = n->init + layers;
  n->size = (size_t *)(n->bias_init + layers);
  n->number = number;
  n->id = isw_identity_of(sweep, point);
  n->seed = point[ISW_SET_SEED].whole;
  n->replicate = point[ISW_SET_REPLICATE].whole;
  n->dataset = isw_data_of(sweep, point);
  n->layers = layers;
  isw_sizes_of(sweep, point, n->size);
  if (point[ISW_SET_ACTIVATION].item) n->activation = point[ISW_SET_ACTIVATION].item->choice;
  n->output_activation = point[ISW_SET_OUTPUT_ACTIVATION].item->choice;
  n->loss = point[ISW_SET_LOSS].item->choice;
  n->optimizer = point[ISW_SET_OPTIMIZER].item->choice;
  for (size_t k = 0; k < layers; k++) {
    n->init[k] = isw_init_of(sweep, point, k + 1, layers)->choice;
    n->bias_init[k] = point[ISW_SET_BIAS_INIT].item->choice;
  }
  n->init_noise = point[ISW_SET_INIT_NOISE].number;
  n->init_sparsity = point[ISW_SET_INIT_SPARSITY].number;
  n->residual = (struct isw_residual){.branch_layers = (size_t)point[ISW_SET_BRANCH_LAYERS].whole,
                                      .scale = point[ISW_SET_BRANCH_SCALE].number,
                                      .train_scale = point[ISW_SET_TRAIN_SCALE].whole == 1};
  n->learning_rate = point[ISW_SET_LEARNING_RATE].number;
  n->weight_decay = point[ISW_SET_WEIGHT_DECAY].number;
  n->decay_biases = (enum isw_decay_biases)point[ISW_SET_DECAY_BIASES].whole;
  n->schedule = point[ISW_SET_SCHEDULE].item->choice;
  n->clip_norm = point[ISW_SET_CLIP_NORM].number;
  n->batch_size = (size_t)point[ISW_SET_BATCH_SIZE].whole;
  n->shuffle_per_replicate = point[ISW_SET_SHUFFLE].whole == 1;
  n->steps = point[ISW_SET_STEPS].whole;
  n->stop_loss_below = point[ISW_SET_STOP_LOSS_BELOW].number;
  n->stop_gradient_below = point[ISW_SET_STOP_GRADIENT_BELOW].number;
  *network = n;
  return ISW_OK;
}

void isw_network_destroy(struct isw_network *network)
{
  free(network);
}
