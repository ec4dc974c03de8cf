#include "engine_internal.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Bytes of a block's activations and deltas: about half of a processor's second cache; or, where the weights are larger than
 * that and pass through the cache once a block, twice theirs, which pays for the way. */
enum { BLOCK_LEAST_BYTES = 512 * 1024, BLOCK_MOST_BYTES = 4096 * 1024, BLOCK_LEAST = 12 };
enum { SMALL_LINES = 448, SMALL_SAMPLES = 32 };

/* ---- memory -------------------------------------------------------------------------------------------------------- */

/* count * size bytes of zeros that live as long as the pack; NULL while measuring or after a failure. */
static void *take(struct isw_memory *memory, size_t count, size_t size)
{
  size_t bytes;
  if (!isw_multiply(count, size, &bytes) || bytes > SIZE_MAX - memory->bytes) {
    memory->bytes = SIZE_MAX;
    memory->failed = true;
    return NULL;
  }
  memory->bytes += bytes;
  if (memory->measuring || memory->failed) return NULL;
  if (memory->count == memory->capacity) {
    size_t capacity = memory->capacity ? memory->capacity * 2 : 64;
    void **block = realloc(memory->block, capacity * sizeof *block);
    if (!block) {
      memory->failed = true;
      return NULL;
    }
    memory->block = block;
    memory->capacity = capacity;
  }
  void *new = isw_allocate(count, size);
  if (new)
    memory->block[memory->count++] = new;
  else
    memory->failed = true;
  return new;
}

static void *take_lines(struct isw_memory *memory, size_t rows, size_t columns)
{
  size_t lines;
  if (!isw_multiply(rows, columns, &lines)) lines = SIZE_MAX;
  return take(memory, lines, ISW_LINE);
}

void *isw_memory_take(struct isw_memory *memory, size_t count, size_t size)
{
  return take(memory, count, size);
}

void *isw_memory_lines(struct isw_memory *memory, size_t rows, size_t columns)
{
  return take_lines(memory, rows, columns);
}

static void clear_memory(struct isw_memory *memory)
{
  for (size_t i = 0; i < memory->count; i++) free(memory->block[i]);
  free(memory->block);
  *memory = (struct isw_memory){0};
}

/* ---- shapes --------------------------------------------------------------------------------------------------------- */

/* What a network and its data alone decide. */
static void shape(struct isw_pack *pack, const struct isw_network *network, enum isw_precision real, size_t features,
                  size_t train_samples, size_t test_samples)
{
  size_t count;
  pack->real = real;
  pack->bytes = isw_precision_bytes(real);
  pack->lanes = isw_lanes(real);
  pack->layers = network->layers;
  pack->residual = network->residual;
  pack->parameters = isw_parameters(network->layers, network->size, network->residual.branch_layers);
  pack->activation_row = network->activation.row;
  pack->output_row = network->output_activation.row;
  pack->loss_row = network->loss.row;
  pack->optimizer_row = network->optimizer.row;
  pack->states = isw_optimizers(&count)[network->optimizer.row].states;
  pack->hidden.needs_z = isw_activations(&count)[network->activation.row].needs_pre_activation;
  pack->output.needs_z = isw_activations(&count)[network->output_activation.row].needs_pre_activation;
  pack->hidden.linear = strcmp(isw_activations(&count)[network->activation.row].row.name, "linear") == 0;
  pack->output.linear = strcmp(isw_activations(&count)[network->output_activation.row].row.name, "linear") == 0;
  pack->features = features;
  pack->train_samples = train_samples;
  pack->test_samples = test_samples;
  pack->steps = network->steps;
  pack->full = network->batch_size == 0;
  pack->batch_size = pack->full || network->batch_size > train_samples ? train_samples : network->batch_size;
  pack->batches = pack->batch_size ? (train_samples + pack->batch_size - 1) / pack->batch_size : 1;
  pack->seed = network->seed;
  pack->order_replicate = network->shuffle_per_replicate ? network->replicate : 0;
}

static bool keeps_z(const struct isw_pack *pack, size_t k)
{
  bool asked = pack->needs & ISW_NEEDS_TRAIN_UNITS;
  if (k + 1 == pack->layers) return pack->output.needs_z || (asked && !pack->output.linear);
  return pack->hidden.needs_z || asked;
}

static bool ends_branch(const struct isw_pack *pack, size_t k)
{
  return isw_ends_branch(pack->layers, pack->residual.branch_layers, k);
}

static size_t block_samples(const struct isw_pack *pack)
{
  size_t lines = 0, most = pack->train_samples > pack->test_samples ? pack->train_samples : pack->test_samples;
  for (size_t k = 0; k < pack->layers; k++)
    if (__builtin_add_overflow(lines, pack->layer[k].stride * (2 + keeps_z(pack, k) + (ends_branch(pack, k) ? 2 : 0)),
                               &lines))
      return BLOCK_LEAST;
  size_t bytes = pack->parameters < BLOCK_MOST_BYTES / ISW_LINE ? 2 * pack->parameters * ISW_LINE : BLOCK_MOST_BYTES;
  if (bytes < BLOCK_LEAST_BYTES) bytes = BLOCK_LEAST_BYTES;
  if (bytes > BLOCK_MOST_BYTES) bytes = BLOCK_MOST_BYTES;
  size_t block = lines ? bytes / ISW_LINE / lines : most;
  /* A batch that is little larger passes whole: its gradients need not wait for a second block. */
  if (block < pack->batch_size && pack->batch_size <= block + block / 2) block = pack->batch_size;
  block += 5 - (block + 5) % 6; /* the products' tiles */
  if (block < BLOCK_LEAST) block = BLOCK_LEAST;
  return block < most ? block : most;
}

/* Weights, states and a pass's activations and deltas of a small pack leave some of the first cache's 32 KiB free. */
static bool is_small(const struct isw_pack *pack)
{
  size_t lines = 0;
  if (!pack->full || pack->train_samples > SMALL_SAMPLES || pack->block < pack->train_samples) return false;
  if (isw_branches(pack->layers, pack->residual.branch_layers) > 0) return false;
  for (size_t k = 0; k < pack->layers; k++) {
    const struct isw_layer *l = &pack->layer[k];
    if (l->fan_in > SMALL_LINES || l->fan_out > SMALL_LINES) return false;
    lines += (1 + pack->states) * (l->fan_in + 1) * l->stride;
    lines += (keeps_z(pack, k) ? 3 : 2) * pack->train_samples * l->stride;
    if (lines > SMALL_LINES) return false;
  }
  return true;
}

static size_t values_bytes(const struct isw_pack *pack)
{
  struct isw_record_layout layout = isw_pack_layout(pack);
  for (size_t i = 0; i < pack->probe_count; i++) isw_record_layout_add(&layout, &pack->probes[i]->quantity);
  return layout.bytes;
}

static void allocate_branch(struct isw_pack *pack, struct isw_layer *l)
{
  struct isw_memory *memory = &pack->memory;
  l->scale = take_lines(memory, 1, 1);
  l->branch = take_lines(memory, pack->block, l->stride);
  l->carried = take_lines(memory, pack->block, l->stride);
  if (!pack->residual.train_scale) return;
  l->scale_gradient = take_lines(memory, 1, 1);
  l->scale_sums = take_lines(memory, l->fan_out, 1);
  for (size_t i = 0; i < pack->states; i++) l->scale_state[i] = take_lines(memory, 1, 1);
}

static void allocate_layers(struct isw_pack *pack)
{
  struct isw_memory *memory = &pack->memory;
  pack->block = block_samples(pack);
  pack->small = is_small(pack);
  for (size_t k = 0; k < pack->layers; k++) {
    struct isw_layer *l = &pack->layer[k];
    l->weight = take_lines(memory, l->fan_in, l->stride);
    l->weight_gradient = take_lines(memory, l->fan_in, l->stride);
    l->bias = take_lines(memory, l->fan_out, 1);
    l->bias_gradient = take_lines(memory, l->fan_out, 1);
    for (size_t i = 0; i < pack->states; i++) {
      l->weight_state[i] = take_lines(memory, l->fan_in, l->stride);
      l->bias_state[i] = take_lines(memory, l->fan_out, 1);
    }
    l->activation = take_lines(memory, pack->block, l->stride);
    l->delta = take_lines(memory, pack->block, l->stride);
    if (keeps_z(pack, k)) l->pre_activation = take_lines(memory, pack->block, l->stride);
    if (pack->needs & ISW_NEEDS_SLOPES) l->slope = take_lines(memory, pack->block, l->stride);
    if (pack->needs & ISW_NEEDS_START) l->weight_start = take_lines(memory, l->fan_in, l->stride);
    if (ends_branch(pack, k)) allocate_branch(pack, l);
  }
}

static size_t trained(const struct isw_pack *pack)
{
  size_t branches = isw_branches(pack->layers, pack->residual.branch_layers);
  return pack->parameters - (pack->residual.train_scale ? 0 : branches);
}

/* The view's arrays; while measuring they are NULL, and only sizes are seen. */
static void make_view(struct isw_pack *pack)
{
  size_t count, n = pack->layers;
  struct isw_view *view = &pack->view;
  *view = (struct isw_view){.real = pack->real,
                            .lanes = pack->lanes,
                            .count = pack->count,
                            .layers = n,
                            .size = pack->size,
                            .branch_layers = pack->residual.branch_layers,
                            .parameters = pack->parameters,
                            .trained = trained(pack),
                            .loss = &isw_losses(&count)[pack->loss_row],
                            .activation = &isw_activations(&count)[pack->activation_row],
                            .kind = pack->samples ? pack->samples->kind : ISW_TARGETS_VALUES,
                            .train_samples = pack->train_samples,
                            .test_samples = pack->test_samples,
                            .batch_loss = pack->batch_loss,
                            .labels = pack->samples ? pack->samples->train.labels : NULL,
                            .label_columns = pack->samples ? pack->samples->columns : 0,
                            .finite = pack->finite};
  if (!pack->pointers || !pack->strides) return;
  for (size_t k = 0; k < n; k++) {
    const struct isw_layer *l = &pack->layer[k];
    const void *array[] = {l->weight,        l->bias,         l->weight_gradient,
                           l->bias_gradient, l->activation,   l->pre_activation ? l->pre_activation : l->activation,
                           l->slope,         l->weight_start, l->scale,
                           l->scale_gradient};
    for (size_t i = 0; i < sizeof array / sizeof array[0]; i++) pack->pointers[i * n + k] = array[i];
    pack->strides[k] = l->stride;
  }
  view->loss_parameter = pack->loss_parameter;
  view->curvature = pack->curvature;
  view->weight = pack->pointers;
  view->bias = pack->pointers + n;
  view->weight_stride = pack->strides;
  view->scale = pack->pointers + 8 * n;
  if (pack->needs & (ISW_NEEDS_GRADIENT | ISW_NEEDS_BATCH)) {
    view->weight_gradient = pack->pointers + 2 * n;
    view->bias_gradient = pack->pointers + 3 * n;
    view->scale_gradient = pack->pointers + 9 * n;
  }
  if (pack->needs & ISW_NEEDS_START) view->weight_start = pack->pointers + 7 * n;
}

static void allocate_records(struct isw_pack *pack, bool keep_initial, bool keep_final)
{
  struct isw_memory *memory = &pack->memory;
  for (size_t l = 0; l < pack->count; l++) {
    struct isw_lane *lane = &pack->lane[l];
    lane->values = take(memory, values_bytes(pack), 1);
    if (keep_initial) lane->weights_initial = take(memory, pack->parameters, pack->bytes);
    if (keep_final) lane->weights_final = take(memory, pack->parameters, pack->bytes);
  }
  pack->record_steps = take(memory, pack->records, sizeof *pack->record_steps);
  pack->due = take(memory, pack->probe_count, pack->records * sizeof *pack->due);
  pack->scratch = take(memory, pack->probe_count, sizeof *pack->scratch);
  pack->scratch_count = take(memory, pack->probe_count, sizeof *pack->scratch_count);
  size_t rows = pack->layers;
  for (size_t i = 0; i < pack->probe_count; i++)
    if (pack->probes[i]->quantity.per_parameter && pack->parameters > rows) rows = pack->parameters;
  pack->value = take(memory, rows * pack->lanes, sizeof(double));
  pack->block_loss = take(memory, pack->block * pack->lanes, sizeof(double));
  pack->kept_count = take(memory, pack->probe_count, sizeof *pack->kept_count);
  pack->pointers = take(memory, 10 * pack->layers, sizeof *pack->pointers);
  pack->strides = take(memory, pack->layers, sizeof *pack->strides);
  make_view(pack);
  for (size_t i = 0; i < pack->probe_count; i++) {
    const struct isw_probe *probe = pack->probes[i];
    size_t first = 0;
    while (first < i && !isw_probes_share(pack->probes[first], probe)) first++;
    size_t count = first == i && probe->scratch ? probe->scratch(&pack->view) : 0;
    double *scratch = take(memory, count, sizeof(double));
    if (!pack->scratch || !pack->scratch_count || !pack->kept_count) continue;
    pack->scratch[i] = first < i ? pack->scratch[first] : scratch;
    pack->scratch_count[i] = count;
    pack->kept_count[i] = count && probe->persistent_scratch ? probe->persistent_scratch(&pack->view) : 0;
  }
}

/* Everything but size and layer, which the shape needs before. */
static void allocate(struct isw_pack *pack, bool keep_initial, bool keep_final)
{
  struct isw_memory *memory = &pack->memory;
  allocate_layers(pack);
  if (!pack->full) {
    pack->order = take(memory, pack->train_samples, sizeof *pack->order);
    pack->batch_inputs = take(memory, pack->block * pack->features, pack->bytes);
    pack->batch_targets = take(memory, pack->block * pack->size[pack->layers], pack->bytes);
  }
  pack->loss = take_lines(memory, pack->block, 1);
  pack->loss_scratch = take_lines(memory, pack->block, 2 * pack->size[pack->layers]);
  pack->rate = take_lines(memory, ISW_RATES, 1);
  pack->decay = take_lines(memory, ISW_DECAYS, 1);
  pack->loss_parameter = take_lines(memory, 1, 1);
  pack->hidden.parameter = take_lines(memory, 1, 1);
  pack->output.parameter = take_lines(memory, 1, 1);
  if (pack->needs & ISW_NEEDS_CURVATURE) pack->curvature = isw_curvature_take(pack);
  allocate_records(pack, keep_initial, keep_final);
}

static bool copy_sizes(struct isw_pack *pack, const struct isw_network *network)
{
  pack->size = isw_allocate(network->layers + 1, sizeof *pack->size);
  pack->layer = isw_allocate(network->layers, sizeof *pack->layer);
  if (!pack->size || !pack->layer) return false;
  memcpy(pack->size, network->size, (network->layers + 1) * sizeof *pack->size);
  for (size_t k = 0; k < network->layers; k++)
    pack->layer[k] =
        (struct isw_layer){.fan_in = pack->size[k], .fan_out = pack->size[k + 1], .stride = pack->size[k + 1] | 1};
  return true;
}

/* ---- the start of training ------------------------------------------------------------------------------------------- */

/* Draws a network's weights and rounds them into its lane. buffer: as many numbers as the largest layer has weights */
static bool draw_lane(struct isw_pack *pack, size_t lane, struct isw_starting *starting, double *buffer)
{
  bool finite = true;
  for (size_t k = 0; k < pack->layers; k++) {
    struct isw_layer *l = &pack->layer[k];
    if (!isw_starting_weights(starting, buffer)) return false;
    for (size_t i = 0; i < l->fan_in; i++)
      for (size_t j = 0; j < l->fan_out; j++) {
        size_t at = (i * l->stride + j) * pack->lanes + lane;
        isw_put(pack->real, l->weight, at, buffer[j * l->fan_in + i]);
        finite = finite && isfinite(isw_get(pack->real, l->weight, at));
      }
    if (!isw_starting_biases(starting, buffer)) return false;
    for (size_t j = 0; j < l->fan_out; j++) {
      isw_put(pack->real, l->bias, j * pack->lanes + lane, buffer[j]);
      finite = finite && isfinite(isw_get(pack->real, l->bias, j * pack->lanes + lane));
    }
    if (l->scale) isw_put(pack->real, l->scale, lane, starting->network->residual.scale);
  }
  pack->finite[lane] = finite;
  return true;
}

static void fill_values(const struct isw_pack *pack, unsigned char *values)
{
  struct isw_record_layout layout = isw_pack_layout(pack);
  for (size_t i = 0; i < pack->probe_count; i++) {
    struct isw_record_place place = isw_record_layout_add(&layout, &pack->probes[i]->quantity);
    const int32_t none = -1;
    const float not_a_float = NAN;
    const double not_a_double = (double)NAN;
    bool single = pack->real == ISW_FLOAT32;
    const void *fill = pack->probes[i]->quantity.integer ? &none : single ? (const void *)&not_a_float : &not_a_double;
    for (size_t n = 0; n < place.records * place.width; n++)
      memcpy(values + place.offset + n * place.item, fill, place.item);
  }
}

static bool start_lane(struct isw_pack *pack, size_t l, const struct isw_network *network, double *buffer)
{
  struct isw_lane *lane = &pack->lane[l];
  struct isw_starting starting;
  lane->home = pack->where[l] = (struct isw_place){pack, l};
  bool drawn = isw_starting_begin(pack, network, &starting) && draw_lane(pack, l, &starting, buffer);
  isw_starting_clear(&starting);
  if (!drawn) return false;
  lane->learning_rate = network->learning_rate;
  lane->weight_decay = network->weight_decay;
  lane->decay_biases = network->decay_biases;
  lane->schedule = network->schedule;
  lane->clip_norm = network->clip_norm;
  pack->clips = pack->clips || network->clip_norm > 0.0;
  for (size_t i = 0; i < ISW_PARAMETERS_MAX; i++) lane->p[i] = network->optimizer.value[i].number;
  lane->running[0] = lane->running[1] = 1.0;
  pack->loss_below[l] = network->stop_loss_below;
  pack->gradient_below[l] = network->stop_gradient_below;
  pack->gradient_rules = pack->gradient_rules || network->stop_gradient_below > -INFINITY;
  isw_put(pack->real, pack->hidden.parameter, l, network->activation.value[0].number);
  isw_put(pack->real, pack->output.parameter, l, network->output_activation.value[0].number);
  isw_put(pack->real, pack->loss_parameter, l, network->loss.value[0].number);
  fill_values(pack, lane->values);
  if (lane->weights_initial) isw_pack_copy_weights(pack, l, lane->weights_initial);
  lane->outcome = (struct isw_outcome){.values = lane->values,
                                       .values_bytes = values_bytes(pack),
                                       .weights_initial = lane->weights_initial,
                                       .weights_final = lane->weights_final,
                                       .parameters = pack->parameters};
  return true;
}

static bool start_lanes(struct isw_pack *pack, const struct isw_network *const *networks)
{
  size_t most = 1;
  for (size_t k = 0; k < pack->layers; k++) {
    size_t weights = pack->size[k] * pack->size[k + 1];
    if (weights > most) most = weights;
    if (pack->size[k + 1] > most) most = pack->size[k + 1];
  }
  double *buffer = isw_allocate(most, sizeof *buffer);
  bool done = buffer != NULL;
  for (size_t l = 0; l < ISW_LANES_MAX; l++) pack->loss_below[l] = pack->gradient_below[l] = -INFINITY;
  for (size_t l = 0; l < pack->count && done; l++) done = start_lane(pack, l, networks[l], buffer);
  free(buffer);
  pack->rates_change = isw_rates_change(pack);
  for (size_t k = 0; k < pack->layers; k++) {
    const struct isw_layer *l = &pack->layer[k];
    if (l->weight_start) memcpy(l->weight_start, l->weight, l->fan_in * l->stride * ISW_LINE);
  }
  /* A lane that holds no network stands still: rate 0 of its step is 0. The others must not divide 0 by 0. */
  for (size_t l = 0; l < pack->lanes; l++)
    for (size_t i = 0; i < ISW_RATES; i++) isw_put(pack->real, pack->rate, i * pack->lanes + l, i == 0 ? 0.0 : 1.0);
  return done;
}

/* What the probes that are no record's wait for. */
static void start_watches(struct isw_pack *pack, double fraction)
{
  for (size_t l = 0; l < ISW_LANES_MAX; l++) pack->escape[l] = -INFINITY;
  for (size_t i = 0; i < pack->probe_count; i++) {
    const struct isw_probe *probe = pack->probes[i];
    double below[ISW_LANES_MAX];
    pack->watches_moves = pack->watches_moves || probe->tracks_first_change;
    if (!probe->threshold) continue;
    probe->threshold(&pack->view, fraction, below);
    for (size_t l = 0; l < pack->count; l++)
      if (below[l] > -INFINITY) pack->escape[l] = below[l]; /* a NaN is never waited for */
  }
}

enum isw_status isw_pack_create(const struct isw_pack_settings *settings, struct isw_pack **pack,
                                struct isw_error *error)
{
  const struct isw_network *network = settings->networks[0];
  const struct isw_samples *samples = settings->samples;
  *pack = NULL;
  struct isw_pack *p = isw_allocate(1, sizeof *p);
  if (!p) return isw_error_memory(error, sizeof *p, "a pack");
  p->kernels = &settings->kernels->real[settings->real];
  p->kernels_float64 = &settings->kernels->real[ISW_FLOAT64];
  p->exact = p->kernels_float64->activation;
  p->samples = samples;
  p->count = settings->count;
  p->records = settings->records;
  p->probe_count = settings->probe_count;
  p->probes = settings->probes;
  for (size_t i = 0; i < p->probe_count; i++) p->needs |= p->probes[i]->needs;
  atomic_init(&p->not_finite[0], 0);
  atomic_init(&p->not_finite[1], 0);
  shape(p, network, settings->real, samples->features, samples->train.samples, samples->test.samples);
  p->hidden.kernels = &p->kernels->activation[network->activation.row];
  p->output.kernels = &p->kernels->activation[network->output_activation.row];
  bool made = copy_sizes(p, network);
  if (made) {
    allocate(p, settings->keep_initial, settings->keep_final);
    made = !p->memory.failed;
  }
  if (made) {
    memcpy(p->record_steps, settings->record_steps, p->records * sizeof *p->record_steps);
    for (size_t i = 0; i < p->probe_count; i++)
      for (size_t r = 0; r < p->records; r++)
        p->due[i * p->records + r] = !settings->due || !settings->due[i] || settings->due[i][r];
    made = start_lanes(p, settings->networks);
    start_watches(p, settings->escape_fraction);
  }
  if (!made) {
    size_t bytes = p->memory.bytes;
    isw_pack_destroy(p);
    return isw_error_memory(error, bytes, "a pack of networks");
  }
  *pack = p;
  return ISW_OK;
}

void isw_pack_destroy(struct isw_pack *pack)
{
  if (!pack) return;
  clear_memory(&pack->memory);
  free(pack->slept);
  free(pack->size);
  free(pack->layer);
  free(pack);
}

size_t isw_pack_bytes(const struct isw_network *network, const struct isw_data *data, enum isw_precision real,
                      size_t records, const struct isw_probe *const *probes, size_t probe_count)
{
  struct isw_pack pack = {.records = records, .probe_count = probe_count, .probes = probes, .memory.measuring = true};
  for (size_t i = 0; i < probe_count; i++) pack.needs |= probes[i]->needs;
  shape(&pack, network, real, data->features, data->train_samples, data->test_samples);
  pack.count = pack.lanes;
  size_t bytes = SIZE_MAX;
  if (copy_sizes(&pack, network)) {
    allocate(&pack, true, true);
    bytes = pack.memory.bytes;
  }
  free(pack.size);
  free(pack.layer);
  return bytes;
}

const struct isw_outcome *isw_pack_outcome(const struct isw_pack *pack, size_t lane)
{
  const struct isw_place *where = &pack->where[lane];
  return &where->pack->lane[where->lane].outcome;
}

uint64_t isw_pack_network_steps(const struct isw_pack *pack)
{
  return pack->network_steps;
}

uint64_t isw_pack_steps_executed(const struct isw_pack *pack)
{
  return pack->pack_steps;
}
