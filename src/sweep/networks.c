/* Computes a network from its number: sizes, initialisers, identity. */
#include <stdlib.h>
#include <string.h>
#include "sweep_internal.h"

size_t isw_depth_of(const union isw_setting_value *settings)
{
  return settings[ISW_SET_HIDDEN].item ? settings[ISW_SET_HIDDEN].item->count : (size_t)settings[ISW_SET_DEPTH].integer;
}

size_t isw_data_of(const struct isw_sweep *sweep, const union isw_setting_value *settings)
{
  size_t low = 0, high = sweep->uses, number = settings[ISW_SET_DATASET].item->number;
  uint64_t seed = settings[ISW_SET_SEED].integer;
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

void isw_sizes_of(const struct isw_sweep *sweep, const union isw_setting_value *settings, size_t *size)
{
  const struct isw_data *data = &sweep->data[isw_data_of(sweep, settings)];
  size_t depth = isw_depth_of(settings), losses;
  const struct isw_item *hidden = settings[ISW_SET_HIDDEN].item;
  size[0] = data->features;
  for (size_t k = 0; k < depth; k++) size[k + 1] = hidden ? hidden->size[k] : (size_t)settings[ISW_SET_WIDTH].integer;
  size[depth + 1] = isw_outputs(data, &isw_losses(&losses)[settings[ISW_SET_LOSS].item->choice.row]);
}

/* The value that slots give a weight layer; NULL: none. of: the settings from the first slot on */
static const struct isw_item *find_by_layer(const struct isw_slots *slots, const union isw_setting_value *of,
                                            size_t branch_layers, size_t layer, size_t layers)
{
  const struct isw_item *first = NULL, *last = NULL, *numbered = NULL;
  for (size_t s = 0; s < slots->count; s++) {
    const struct isw_item *item = of[s].item;
    size_t named = slots->layer[s];
    if (!item) continue;
    if (named == 0 && layer == layers) return item;
    if (named == layer) numbered = item;
    if (named == ISW_BRANCH_LAST && isw_ends_branch(layers, branch_layers, layer - 1)) last = item;
    if (named == ISW_BRANCH_FIRST && layer >= 2 && isw_ends_branch(layers, branch_layers, layer - 2 + branch_layers))
      first = item;
  }
  return numbered ? numbered : last ? last : first;
}

const struct isw_item *isw_init_of(const struct isw_sweep *sweep, const union isw_setting_value *settings, size_t layer,
                                   size_t layers)
{
  const struct isw_item *own = find_by_layer(&sweep->init_slots, settings + ISW_INIT_SLOTS,
                                             (size_t)settings[ISW_SET_BRANCH_LAYERS].integer, layer, layers);
  return own ? own : settings[ISW_SET_INIT].item;
}

const struct isw_item *isw_factors_of(const struct isw_sweep *sweep, const union isw_setting_value *settings,
                                      size_t layer, size_t layers)
{
  return find_by_layer(&sweep->rate_slots, settings + ISW_RATE_SLOTS, (size_t)settings[ISW_SET_BRANCH_LAYERS].integer,
                       layer, layers);
}

struct isw_parts isw_parts_of_settings(const union isw_setting_value *settings)
{
  return (struct isw_parts){.branch_layers = (size_t)settings[ISW_SET_BRANCH_LAYERS].integer,
                            .bias = (enum isw_bias)settings[ISW_SET_BIAS].integer,
                            .normalizing = isw_normalizing_of(&settings[ISW_SET_NORMALIZATION].item->choice)};
}

bool isw_has_factors(const struct isw_sweep *sweep)
{
  const struct isw_item *base = sweep->base[ISW_SET_PARAMETRIZATION].item;
  bool has = sweep->rate_slots.count > 0 || (base && base->choice.row != 0);
  for (size_t g = 0; g < sweep->grids; g++) has = has || sweep->grid[g].binding[ISW_SET_PARAMETRIZATION].axis;
  return has;
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

/* Hash of the initialisers of all layers; if all are equal, of that one. */
static uint64_t hash_inits(const struct isw_sweep *sweep, const union isw_setting_value *settings, size_t layers)
{
  bool alike = true;
  for (size_t s = 0; s < sweep->init_slots.count; s++) alike = alike && !settings[ISW_INIT_SLOTS + s].item;
  if (alike) return settings[ISW_SET_INIT].item->hash;
  uint64_t first = isw_init_of(sweep, settings, 1, layers)->hash, hash = first;
  alike = true;
  for (size_t k = 2; k <= layers; k++) {
    uint64_t next = isw_init_of(sweep, settings, k, layers)->hash;
    alike = alike && next == first;
    hash = chain(hash, next);
  }
  return alike ? first : hash;
}

/* The factors of weight layer `layer` (from 1) of `layers`; those of biases, gains and shifts are 1 if it has none. */
static struct isw_layer_factors factors_of(const struct isw_sweep *sweep, const union isw_setting_value *settings,
                                           size_t layer, size_t layers, const size_t *size)
{
  struct isw_layer_factors factors = {{1.0, 1.0}, {1.0, 1.0}, {1.0, 1.0}, {1.0, 1.0}};
  const struct isw_item *item = isw_factors_of(sweep, settings, layer, layers);
  size_t parts = isw_unit_parameters(isw_parts_of_settings(settings), layers, layer - 1) > 0 ? 2 : 1;
  for (size_t part = 0; item && part < parts; part++) factors.rate[part] = item->factor[part];
  isw_parametrize(&settings[ISW_SET_PARAMETRIZATION].item->choice, settings[ISW_SET_OPTIMIZER].item->choice.row, layer,
                  layers, size, &factors);
  if (parts == 1) factors.rate[1] = factors.std[1] = factors.decay[1] = factors.epsilon[1] = 1.0;
  return factors;
}

static bool are_all_1(const struct isw_layer_factors *factors)
{
  bool all = true;
  for (size_t part = 0; part < 2; part++)
    all = all && factors->rate[part] == 1.0 && factors->std[part] == 1.0 && factors->decay[part] == 1.0 &&
          factors->epsilon[part] == 1.0;
  return all;
}

/* Hash of the factors of all layers; 0 if all are 1. */
static uint64_t hash_factors(const struct isw_sweep *sweep, const union isw_setting_value *settings, size_t layers)
{
  enum { SIZES_MAX = 1002 };
  size_t size[SIZES_MAX];
  uint64_t hash = 0;
  bool all_one = true;
  if (!isw_has_factors(sweep)) return 0;
  isw_sizes_of(sweep, settings, size);
  for (size_t k = 1; k <= layers; k++) {
    const struct isw_layer_factors factors = factors_of(sweep, settings, k, layers, size);
    all_one = all_one && are_all_1(&factors);
    hash = chain(hash, isw_hash(&factors, sizeof factors, 0));
  }
  return all_one ? 0 : hash;
}

static uint64_t hash_item(const struct isw_item *item)
{
  return item ? item->hash : 0;
}

/* Tell apart the words that follow only where a setting is not at its default. They never change: new ones are new
 * numbers. */
enum {
  TAG_INIT_SPARSITY = 15,
  TAG_DECAY_BIASES = 23,
  TAG_BIAS = 100,
  TAG_FACTORS,
  TAG_OUTPUT_SCALE,
  TAG_NOISE_OF,
  TAG_MASK,
  TAG_ACTIVATION_AFTER = 200,
  TAG_NORMALIZATION = 201,
  TAG_GRADIENT_NOISE = 202,
  TAG_DROPOUT = 203,
  TAG_LOSS_ABOVE = 300,
  TAG_ACCURACY_ABOVE,
  TAG_PLATEAU
};

/* The stop rules that are younger than the identity. */
static uint64_t hash_stops(uint64_t hash, const union isw_setting_value *settings)
{
  const uint64_t loss[] = {TAG_LOSS_ABOVE, bits_of(settings[ISW_SET_STOP_LOSS_ABOVE].number)};
  const uint64_t accuracy[] = {TAG_ACCURACY_ABOVE, bits_of(settings[ISW_SET_STOP_ACCURACY_ABOVE].number)};
  const uint64_t plateau[] = {TAG_PLATEAU, settings[ISW_SET_PLATEAU_STEPS].integer,
                              bits_of(settings[ISW_SET_PLATEAU_RELATIVE].number)};
  if (settings[ISW_SET_STOP_LOSS_ABOVE].number > 0.0) hash = chain(hash, isw_hash(loss, sizeof loss, 0));
  if (settings[ISW_SET_STOP_ACCURACY_ABOVE].number > 0.0) hash = chain(hash, isw_hash(accuracy, sizeof accuracy, 0));
  if (settings[ISW_SET_PLATEAU_STEPS].integer > 0) hash = chain(hash, isw_hash(plateau, sizeof plateau, 0));
  return hash;
}

/* The identity: XXH3-64 of one 64-bit word for each thing that decides the trajectory, words of several numbers being
 * their XXH3-64, chained; schedule, clipping and residual branches where there are. What is recorded is no part of
 * it. */
uint64_t isw_identity_of(const struct isw_sweep *sweep, const union isw_setting_value *settings)
{
  enum { FORMAT = 1 };
  const struct isw_data *data = &sweep->data[isw_data_of(sweep, settings)];
  size_t depth = isw_depth_of(settings), losses;
  const struct isw_item *hidden = settings[ISW_SET_HIDDEN].item;
  uint64_t sizes = data->features;
  for (size_t k = 0; k < depth; k++) sizes = chain(sizes, hidden ? hidden->size[k] : settings[ISW_SET_WIDTH].integer);
  sizes = chain(sizes, isw_outputs(data, &isw_losses(&losses)[settings[ISW_SET_LOSS].item->choice.row]));
  const uint64_t word[] = {
      FORMAT,
      settings[ISW_SET_SEED].integer,
      settings[ISW_SET_REPLICATE].integer,
      (uint64_t)sweep->precision,
      data->hash,
      sizes,
      depth ? hash_item(settings[ISW_SET_ACTIVATION].item) : 0,
      hash_item(settings[ISW_SET_OUTPUT_ACTIVATION].item),
      hash_inits(sweep, settings, depth + 1),
      hash_item(settings[ISW_SET_BIAS_INIT].item),
      bits_of(settings[ISW_SET_INIT_NOISE].number),
      hash_item(settings[ISW_SET_LOSS].item),
      hash_item(settings[ISW_SET_OPTIMIZER].item),
      bits_of(settings[ISW_SET_LEARNING_RATE].number),
      bits_of(settings[ISW_SET_WEIGHT_DECAY].number),
      settings[ISW_SET_BATCH_SIZE].integer,
      settings[ISW_SET_SHUFFLE].integer,
      settings[ISW_SET_STEPS].integer,
      bits_of(settings[ISW_SET_STOP_LOSS_BELOW].number),
      bits_of(settings[ISW_SET_STOP_GRADIENT_BELOW].number),
  };
  uint64_t hash = isw_hash(word, sizeof word, 0);
  const struct isw_item *schedule = settings[ISW_SET_SCHEDULE].item;
  if (schedule->choice.row != 0) hash = chain(hash, schedule->hash);
  if (settings[ISW_SET_CLIP_NORM].number != 0.0) hash = chain(hash, bits_of(settings[ISW_SET_CLIP_NORM].number));
  const uint64_t sparsity[] = {TAG_INIT_SPARSITY, bits_of(settings[ISW_SET_INIT_SPARSITY].number)};
  if (settings[ISW_SET_INIT_SPARSITY].number != 0.0) hash = chain(hash, isw_hash(sparsity, sizeof sparsity, 0));
  const uint64_t decay[] = {TAG_DECAY_BIASES, settings[ISW_SET_DECAY_BIASES].integer};
  if (settings[ISW_SET_DECAY_BIASES].integer != 0) hash = chain(hash, isw_hash(decay, sizeof decay, 0));
  const uint64_t bias[] = {TAG_BIAS, settings[ISW_SET_BIAS].integer};
  if (settings[ISW_SET_BIAS].integer != ISW_BIAS_ALL) hash = chain(hash, isw_hash(bias, sizeof bias, 0));
  const uint64_t noise[] = {TAG_GRADIENT_NOISE, bits_of(settings[ISW_SET_GRADIENT_NOISE].number)};
  if (settings[ISW_SET_GRADIENT_NOISE].number != 0.0) hash = chain(hash, isw_hash(noise, sizeof noise, 0));
  const uint64_t dropout[] = {TAG_DROPOUT, bits_of(settings[ISW_SET_DROPOUT].number)};
  if (depth > 0 && settings[ISW_SET_DROPOUT].number != 0.0) hash = chain(hash, isw_hash(dropout, sizeof dropout, 0));
  const uint64_t normalization[] = {TAG_NORMALIZATION, hash_item(settings[ISW_SET_NORMALIZATION].item)};
  if (depth > 0 && settings[ISW_SET_NORMALIZATION].item->choice.row != 0)
    hash = chain(hash, isw_hash(normalization, sizeof normalization, 0));
  const uint64_t factors[] = {TAG_FACTORS, hash_factors(sweep, settings, depth + 1)};
  if (factors[1] != 0) hash = chain(hash, isw_hash(factors, sizeof factors, 0));
  const uint64_t scale[] = {TAG_OUTPUT_SCALE, bits_of(settings[ISW_SET_OUTPUT_SCALE].number)};
  if (settings[ISW_SET_OUTPUT_SCALE].number != 1.0) hash = chain(hash, isw_hash(scale, sizeof scale, 0));
  const uint64_t noise_of[] = {TAG_NOISE_OF, settings[ISW_SET_NOISE_OF].integer};
  if (settings[ISW_SET_INIT_NOISE].number != 0.0 && noise_of[1] != ISW_NOISE_ALL)
    hash = chain(hash, isw_hash(noise_of, sizeof noise_of, 0));
  const uint64_t mask[] = {TAG_MASK, hash_item(settings[ISW_SET_MASK].item)};
  if (settings[ISW_SET_MASK].item->choice.row != 0) hash = chain(hash, isw_hash(mask, sizeof mask, 0));
  hash = hash_stops(hash, settings);
  if (isw_branches(depth + 1, (size_t)settings[ISW_SET_BRANCH_LAYERS].integer) > 0) {
    const uint64_t branches[] = {
        0x7265736964756C, settings[ISW_SET_BRANCH_LAYERS].integer, /* "residul": distinguishes it from a clip_norm */
        bits_of(settings[ISW_SET_BRANCH_SCALE].number), settings[ISW_SET_TRAIN_SCALE].integer};
    hash = chain(hash, isw_hash(branches, sizeof branches, 0));
    const uint64_t end[] = {TAG_ACTIVATION_AFTER, settings[ISW_SET_ACTIVATION_AFTER].integer};
    if (settings[ISW_SET_ACTIVATION_AFTER].integer != 0) hash = chain(hash, isw_hash(end, sizeof end, 0));
  }
  return hash;
}

enum isw_status isw_sweep_network(const struct isw_sweep *sweep, uint64_t number, struct isw_network **network,
                                  struct isw_error *error)
{
  *network = NULL;
  if (number >= sweep->networks)
    return isw_error_set(error, ISW_BAD_INPUT, "there is no network %llu: the sweep has %llu networks, numbered from 0",
                         (unsigned long long)number, (unsigned long long)sweep->networks);
  union isw_setting_value settings[ISW_SETTINGS_MAX];
  isw_cell_settings(sweep, isw_cell_of_number(sweep, number), settings);
  size_t layers = isw_depth_of(settings) + 1;
  size_t bytes = sizeof **network + 2 * layers * sizeof(struct isw_choice) + (layers + 1) * sizeof(size_t) +
                 layers * sizeof(struct isw_layer_factors);
  struct isw_network *n = calloc(1, bytes); /* one block: the arrays follow the struct */
  if (!n) return isw_error_memory(error, bytes, "a network");
  n->init = (struct isw_choice *)(n + 1);
  n->bias_init = n->init + layers;
  struct isw_layer_factors *factors = (struct isw_layer_factors *)(n->bias_init + layers);
  n->size = (size_t *)(factors + layers);
  n->number = number;
  n->id = isw_identity_of(sweep, settings);
  n->seed = settings[ISW_SET_SEED].integer;
  n->replicate = settings[ISW_SET_REPLICATE].integer;
  n->dataset = isw_data_of(sweep, settings);
  n->layers = layers;
  isw_sizes_of(sweep, settings, n->size);
  if (settings[ISW_SET_ACTIVATION].item) n->activation = settings[ISW_SET_ACTIVATION].item->choice;
  n->output_activation = settings[ISW_SET_OUTPUT_ACTIVATION].item->choice;
  n->normalization = settings[ISW_SET_NORMALIZATION].item->choice;
  n->loss = settings[ISW_SET_LOSS].item->choice;
  n->optimizer = settings[ISW_SET_OPTIMIZER].item->choice;
  for (size_t k = 0; k < layers; k++) {
    n->init[k] = isw_init_of(sweep, settings, k + 1, layers)->choice;
    n->bias_init[k] = settings[ISW_SET_BIAS_INIT].item->choice;
  }
  n->bias = (enum isw_bias)settings[ISW_SET_BIAS].integer;
  for (size_t k = 0; k < layers; k++) factors[k] = factors_of(sweep, settings, k + 1, layers, n->size);
  if (isw_has_factors(sweep)) n->factors = factors;
  n->init_noise = settings[ISW_SET_INIT_NOISE].number;
  n->noise_of = (enum isw_noise_of)settings[ISW_SET_NOISE_OF].integer;
  n->mask = settings[ISW_SET_MASK].item->choice;
  n->init_sparsity = settings[ISW_SET_INIT_SPARSITY].number;
  n->output_scale = settings[ISW_SET_OUTPUT_SCALE].number;
  n->residual = (struct isw_residual){.branch_layers = (size_t)settings[ISW_SET_BRANCH_LAYERS].integer,
                                      .scale = settings[ISW_SET_BRANCH_SCALE].number,
                                      .train_scale = settings[ISW_SET_TRAIN_SCALE].integer == 1,
                                      .ends_linear = settings[ISW_SET_ACTIVATION_AFTER].integer == 1};
  n->learning_rate = settings[ISW_SET_LEARNING_RATE].number;
  n->weight_decay = settings[ISW_SET_WEIGHT_DECAY].number;
  n->decay_biases = (enum isw_decay_biases)settings[ISW_SET_DECAY_BIASES].integer;
  n->schedule = settings[ISW_SET_SCHEDULE].item->choice;
  n->dropout = settings[ISW_SET_DROPOUT].number;
  n->gradient_noise = settings[ISW_SET_GRADIENT_NOISE].number;
  n->clip_norm = settings[ISW_SET_CLIP_NORM].number;
  n->batch_size = (size_t)settings[ISW_SET_BATCH_SIZE].integer;
  n->shuffle_per_replicate = settings[ISW_SET_SHUFFLE].integer == 1;
  n->steps = settings[ISW_SET_STEPS].integer;
  n->stop_loss_below = settings[ISW_SET_STOP_LOSS_BELOW].number;
  n->stop_gradient_below = settings[ISW_SET_STOP_GRADIENT_BELOW].number;
  n->stop_loss_above = settings[ISW_SET_STOP_LOSS_ABOVE].number;
  n->stop_accuracy_above = settings[ISW_SET_STOP_ACCURACY_ABOVE].number;
  n->stop_plateau = (struct isw_plateau){.steps = settings[ISW_SET_PLATEAU_STEPS].integer,
                                         .relative = settings[ISW_SET_PLATEAU_RELATIVE].number};
  *network = n;
  return ISW_OK;
}

void isw_network_destroy(struct isw_network *network)
{
  free(network);
}
