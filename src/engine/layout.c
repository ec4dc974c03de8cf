/* The layout of a pack: what its networks and data decide, its arrays, and the probes' view of them. The numbers in
 * the arrays are pack.c's subject. */
#include "engine_internal.h"
#include <string.h>

/* Bytes of a block's activations and deltas: about half of a second cache; or, if the weights exceed that and are read
 * from memory for every block, twice theirs, which amortises the memory traffic. */
enum { MIN_BLOCK_BYTES = 512 * 1024, MAX_BLOCK_BYTES = 4096 * 1024, MIN_BLOCK_SAMPLES = 12 };

enum { POINTERS = 14 }; /* of isw_pack.pointers, for each layer */

size_t isw_layout_networks(enum isw_layout layout, enum isw_precision precision)
{
  return layout == ISW_UNITS_IN_LANES ? 1 : isw_lanes(precision);
}

static size_t find_epsilon(const struct isw_row *row)
{
  for (size_t p = 0; p < isw_row_parameters(row); p++)
    if (strcmp(row->parameters[p].name, "epsilon") == 0) return p;
  return ISW_PARAMETERS_MAX;
}

void isw_layout_set_shape(struct isw_pack *pack, const struct isw_network *network, enum isw_precision precision,
                          enum isw_layout layout, size_t features, size_t train_samples, size_t test_samples)
{
  size_t count;
  pack->precision = precision;
  pack->layout = layout;
  pack->number_bytes = isw_precision_bytes(precision);
  pack->line_numbers = isw_lanes(precision);
  pack->lanes = isw_layout_networks(layout, precision);
  pack->layers = network->layers;
  pack->residual = network->residual;
  pack->parts = isw_parts_of(network);
  pack->parameters = isw_parameters(network->layers, network->size, pack->parts);
  pack->has_factors = network->factors != NULL;
  pack->has_mask = network->mask.row != 0;
  pack->activation_row = network->activation.row;
  pack->output_row = network->output_activation.row;
  pack->loss_row = network->loss.row;
  pack->optimizer_row = network->optimizer.row;
  pack->states = isw_optimizers(&count)[network->optimizer.row].states;
  pack->solves = isw_optimizers(&count)[network->optimizer.row].solves;
  pack->epsilon = find_epsilon(&isw_optimizers(&count)[network->optimizer.row].row);
  pack->hidden.needs_z = isw_activations(&count)[network->activation.row].needs_pre_activation;
  pack->output.needs_z = isw_activations(&count)[network->output_activation.row].needs_pre_activation;
  pack->hidden.is_identity = isw_activation_is_identity(network->activation.row);
  pack->output.is_identity = isw_activation_is_identity(network->output_activation.row);
  pack->identity.is_identity = true;
  pack->features = features;
  pack->train_samples = train_samples;
  pack->test_samples = test_samples;
  pack->steps = network->steps;
  pack->full_batch = network->batch_size == 0;
  pack->batch_size = pack->full_batch || network->batch_size > train_samples ? train_samples : network->batch_size;
  pack->batches_per_epoch = pack->batch_size ? (train_samples + pack->batch_size - 1) / pack->batch_size : 1;
  pack->drops = network->dropout > 0.0 && network->layers > 1;
  pack->seed = network->seed;
  pack->order_replicate = network->shuffle_per_replicate ? network->replicate : 0;
}

static bool ends_branch(const struct isw_pack *pack, size_t k)
{
  return isw_ends_branch(pack->layers, pack->residual.branch_layers, k);
}

static size_t block_samples(const struct isw_pack *pack)
{
  const struct isw_pack_shape shape = isw_shape_of(pack);
  size_t lines = 0, all = pack->train_samples > pack->test_samples ? pack->train_samples : pack->test_samples;
  for (size_t k = 0; k < pack->layers; k++)
    if (__builtin_add_overflow(lines,
                               pack->layer[k].stride *
                                   (2 + isw_shape_keeps_pre_activation(&shape, k) + (ends_branch(pack, k) ? 2U : 0U) +
                                    (isw_normalizes(pack->parts, pack->layers, k) ? 2U : 0U) +
                                    (pack->drops && k + 1 < pack->layers ? 2U : 0U)),
                               &lines))
      return MIN_BLOCK_SAMPLES;
  size_t parameter_bytes = pack->lanes * pack->number_bytes;
  size_t bytes =
      pack->parameters < MAX_BLOCK_BYTES / parameter_bytes ? 2 * pack->parameters * parameter_bytes : MAX_BLOCK_BYTES;
  if (bytes < MIN_BLOCK_BYTES) bytes = MIN_BLOCK_BYTES;
  if (bytes > MAX_BLOCK_BYTES) bytes = MAX_BLOCK_BYTES;
  size_t block = lines ? bytes / ISW_LINE_BYTES / lines : all;
  /* A batch that is little larger is one block, so that its gradients need no second pass over the weights. */
  if (block < pack->batch_size && pack->batch_size <= block + block / 2) block = pack->batch_size;
  block += 5 - (block + 5) % 6; /* whole tiles of the products */
  if (block < MIN_BLOCK_SAMPLES) block = MIN_BLOCK_SAMPLES;
  return block < all ? block : all;
}

size_t isw_layout_values_bytes(const struct isw_pack *pack)
{
  struct isw_record_layout layout = isw_pack_layout(pack);
  for (size_t i = 0; i < pack->probe_count; i++) isw_record_layout_add(&layout, &pack->probes[i]->quantity);
  return layout.bytes;
}

static void allocate_branch(struct isw_pack *pack, struct isw_layer *l)
{
  struct isw_memory *memory = &pack->memory;
  l->scale = isw_memory_allocate_lines(memory, 1, 1);
  l->branch_output = isw_memory_allocate_lines(memory, pack->block_samples, l->stride);
  l->sum_delta = isw_memory_allocate_lines(memory, pack->block_samples, l->stride);
  if (!pack->residual.train_scale) return;
  l->scale_gradient = isw_memory_allocate_lines(memory, 1, 1);
  l->scale_sums = isw_memory_allocate_lines(memory, l->lines, 1);
  for (size_t i = 0; i < pack->states; i++) l->scale_state[i] = isw_memory_allocate_lines(memory, 1, 1);
}

static void allocate_unit_parameters(struct isw_pack *pack, const struct isw_layer *l, struct isw_unit_parameters *of)
{
  of->number = isw_memory_allocate_lines(&pack->memory, l->lines, 1);
  of->gradient = isw_memory_allocate_lines(&pack->memory, l->lines, 1);
  for (size_t i = 0; i < pack->states; i++) of->state[i] = isw_memory_allocate_lines(&pack->memory, l->lines, 1);
}

static void allocate_normalization(struct isw_pack *pack, struct isw_layer *l)
{
  l->normalized = isw_memory_allocate_lines(&pack->memory, pack->block_samples, l->stride);
  l->outer_delta = isw_memory_allocate_lines(&pack->memory, pack->block_samples, l->stride);
  l->inverse_deviation = isw_memory_allocate_lines(&pack->memory, pack->block_samples, 1);
  if (!pack->parts.normalizing.affine) return;
  allocate_unit_parameters(pack, l, &l->gain);
  if (pack->parts.normalizing.centers) allocate_unit_parameters(pack, l, &l->shift);
}

static void allocate_layers(struct isw_pack *pack)
{
  const struct isw_pack_shape shape = isw_shape_of(pack);
  struct isw_memory *memory = &pack->memory;
  pack->block_samples = block_samples(pack);
  for (size_t k = 0; k < pack->layers; k++) {
    struct isw_layer *l = &pack->layer[k];
    l->weight = isw_memory_allocate_lines(memory, l->fan_in, l->stride);
    l->weight_gradient = isw_memory_allocate_lines(memory, l->fan_in, l->stride);
    bool has_bias = isw_has_bias(pack->parts.bias, pack->layers, k);
    if (has_bias) l->bias = isw_memory_allocate_lines(memory, l->lines, 1);
    if (has_bias) l->bias_gradient = isw_memory_allocate_lines(memory, l->lines, 1);
    if (l->transposed_stride) l->transposed = isw_memory_allocate_lines(memory, l->fan_out, l->transposed_stride);
    for (size_t i = 0; i < pack->states; i++) {
      l->weight_state[i] = isw_memory_allocate_lines(memory, l->fan_in, l->stride);
      if (has_bias) l->bias_state[i] = isw_memory_allocate_lines(memory, l->lines, 1);
    }
    l->activation = isw_memory_allocate_lines(memory, pack->block_samples, l->stride);
    l->delta = isw_memory_allocate_lines(memory, pack->block_samples, l->stride);
    if (isw_shape_keeps_pre_activation(&shape, k))
      l->pre_activation = isw_memory_allocate_lines(memory, pack->block_samples, l->stride);
    if (pack->needs & ISW_NEEDS_SLOPES) l->slope = isw_memory_allocate_lines(memory, pack->block_samples, l->stride);
    if (pack->needs & ISW_NEEDS_START) l->weight_start = isw_memory_allocate_lines(memory, l->fan_in, l->stride);
    if (pack->has_mask) l->weight_mask = isw_memory_allocate_lines(memory, l->fan_in, l->stride);
    if (ends_branch(pack, k)) allocate_branch(pack, l);
    if (isw_normalizes(pack->parts, pack->layers, k)) allocate_normalization(pack, l);
    if (!pack->drops || k + 1 == pack->layers) continue;
    l->mask = isw_memory_allocate_lines(memory, pack->block_samples, l->stride);
    l->undropped = isw_memory_allocate_lines(memory, pack->block_samples, l->stride);
  }
}

static size_t trained_parameters(const struct isw_pack *pack)
{
  size_t branches = isw_branches(pack->layers, pack->residual.branch_layers);
  return pack->parameters - (pack->residual.train_scale ? 0 : branches);
}

/* Makes the view; while measuring its arrays are NULL, and only its sizes are used. */
static void make_view(struct isw_pack *pack)
{
  size_t count, n = pack->layers;
  struct isw_view *view = &pack->view;
  *view = (struct isw_view){.precision = pack->precision,
                            .lanes = pack->lanes,
                            .count = pack->count,
                            .layers = n,
                            .size = pack->size,
                            .branch_layers = pack->residual.branch_layers,
                            .parameters = pack->parameters,
                            .trained = trained_parameters(pack),
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
    const void *array[POINTERS] = {l->weight,          l->bias,
                                   l->weight_gradient, l->bias_gradient,
                                   l->activation,      l->pre_activation ? l->pre_activation : l->activation,
                                   l->slope,           l->weight_start,
                                   l->scale,           l->scale_gradient,
                                   l->gain.number,     l->shift.number,
                                   l->normalized,      l->inverse_deviation};
    for (size_t i = 0; i < POINTERS; i++) pack->pointers[i * n + k] = array[i];
    pack->strides[k] = l->stride * pack->line_numbers / pack->lanes;
  }
  view->loss_parameter = pack->loss_parameter;
  view->output_scale = pack->output_scale;
  view->curvature = pack->curvature;
  view->weight = pack->pointers;
  view->bias = pack->pointers + n;
  view->weight_stride = pack->strides;
  view->scale = pack->pointers + 8 * n;
  view->gain = pack->pointers + 10 * n;
  view->shift = pack->pointers + 11 * n;
  for (size_t k = 0; k < n; k++) view->normalizes = view->normalizes || isw_normalizes(pack->parts, n, k);
  view->centers = pack->parts.normalizing.centers;
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
    lane->values = isw_memory_allocate(memory, isw_layout_values_bytes(pack), 1);
    if (keep_initial) lane->weights_initial = isw_memory_allocate(memory, pack->parameters, pack->number_bytes);
    if (keep_final) lane->weights_final = isw_memory_allocate(memory, pack->parameters, pack->number_bytes);
  }
  pack->record_steps = isw_memory_allocate(memory, pack->records, sizeof *pack->record_steps);
  if (pack->snapshots)
    pack->snapshots_before = isw_memory_allocate(memory, pack->records, sizeof *pack->snapshots_before);
  pack->due = isw_memory_allocate(memory, pack->probe_count, pack->records * sizeof *pack->due);
  pack->scratch = isw_memory_allocate(memory, pack->probe_count, sizeof *pack->scratch);
  pack->scratch_count = isw_memory_allocate(memory, pack->probe_count, sizeof *pack->scratch_count);
  size_t rows = 0;
  for (size_t i = 0; i < pack->probe_count; i++) {
    if (pack->probes[i]->copies_weights) continue;
    size_t width = isw_quantity_width(&pack->probes[i]->quantity, pack->layers, pack->parameters);
    rows = width > rows ? width : rows;
  }
  pack->probe_values = isw_memory_allocate(memory, rows * pack->lanes, sizeof(double));
  pack->block_loss = isw_memory_allocate(memory, pack->block_samples * pack->lanes, sizeof(double));
  pack->persistent_count = isw_memory_allocate(memory, pack->probe_count, sizeof *pack->persistent_count);
  pack->pointers = isw_memory_allocate(memory, POINTERS * pack->layers, sizeof *pack->pointers);
  pack->strides = isw_memory_allocate(memory, pack->layers, sizeof *pack->strides);
  make_view(pack);
  for (size_t i = 0; i < pack->probe_count; i++) {
    const struct isw_probe *probe = pack->probes[i];
    size_t first = 0;
    pack->view.probe = probe;
    while (first < i && !isw_probes_share(pack->probes[first], probe)) first++;
    size_t count = first == i && probe->scratch ? probe->scratch(&pack->view) : 0;
    double *scratch = isw_memory_allocate(memory, count, sizeof(double));
    if (!pack->scratch || !pack->scratch_count || !pack->persistent_count) continue;
    pack->scratch[i] = first < i ? pack->scratch[first] : scratch;
    pack->scratch_count[i] = count;
    pack->persistent_count[i] = count && probe->persistent_scratch ? probe->persistent_scratch(&pack->view) : 0;
  }
}

/* Points each layer's rates to those of all layers, or to its own. */
static void allocate_rates(struct isw_pack *pack)
{
  struct isw_memory *memory = &pack->memory;
  for (size_t l = 0; pack->has_factors && l < pack->count; l++)
    pack->lane[l].factors = isw_memory_allocate(memory, pack->layers, sizeof *pack->lane[l].factors);
  if (pack->has_factors) pack->own_rates = isw_memory_allocate_lines(memory, isw_own_rates_lines(pack), 1);
  pack->rates = isw_memory_allocate(memory, pack->layers, sizeof *pack->rates);
  for (size_t k = 0; pack->rates && k < pack->layers; k++)
    for (size_t part = 0; part < 2; part++) {
      size_t own = (2 * k + part) * (ISW_RATES + 1), decay = ISW_DECAY_OF_WEIGHTS;
      if (part == 1) decay = k + 1 < pack->layers ? ISW_DECAY_OF_HIDDEN_BIASES : ISW_DECAY_OF_OUTPUT_BIASES;
      const void *rate = pack->has_factors ? isw_line(pack->own_rates, own) : pack->rate;
      pack->rates[k].rate[part] = pack->layer[k].frozen[part] ? NULL : rate;
      pack->rates[k].decay[part] =
          pack->has_factors ? isw_line(pack->own_rates, own + ISW_RATES) : isw_line(pack->decay, decay);
    }
}

void isw_layout_allocate(struct isw_pack *pack, bool keep_initial, bool keep_final)
{
  struct isw_memory *memory = &pack->memory;
  allocate_layers(pack);
  if (!pack->full_batch) {
    pack->order = isw_memory_allocate(memory, pack->train_samples, sizeof *pack->order);
    pack->batch_inputs = isw_memory_allocate(memory, pack->block_samples * pack->features, pack->number_bytes);
    pack->batch_targets =
        isw_memory_allocate(memory, pack->block_samples * pack->size[pack->layers], pack->number_bytes);
  }
  pack->loss = isw_memory_allocate_lines(memory, pack->block_samples, 1);
  pack->loss_scratch = isw_memory_allocate_lines(memory, pack->block_samples, 3 * pack->size[pack->layers]);
  pack->rate = isw_memory_allocate_lines(memory, ISW_RATES, 1);
  pack->decay = isw_memory_allocate_lines(memory, ISW_DECAYS, 1);
  allocate_rates(pack);
  pack->loss_parameter = isw_memory_allocate_lines(memory, 1, 1);
  pack->norm_epsilon = isw_memory_allocate_lines(memory, 1, 1);
  pack->output_scale = isw_memory_allocate_lines(memory, 1, 1);
  pack->hidden.parameter = isw_memory_allocate_lines(memory, 1, 1);
  pack->output.parameter = isw_memory_allocate_lines(memory, 1, 1);
  pack->identity.parameter = pack->hidden.parameter; /* of a row that has none */
  if (pack->needs & ISW_NEEDS_CURVATURE || pack->solves) pack->curvature = isw_curvature_create(pack);
  if (pack->solves) pack->least_squares = isw_least_squares_create(pack);
  allocate_records(pack, keep_initial, keep_final);
}

/* Whether no number of layer k is updated. */
static bool is_frozen(const struct isw_pack *pack, size_t k)
{
  bool has_units = isw_unit_parameters(pack->parts, pack->layers, k) > 0;
  return pack->layer[k].frozen[0] && (pack->layer[k].frozen[1] || !has_units);
}

bool isw_layout_copy_sizes(struct isw_pack *pack, const struct isw_network *network)
{
  pack->size = isw_allocate(network->layers + 1, sizeof *pack->size);
  pack->layer = isw_allocate(network->layers, sizeof *pack->layer);
  if (!pack->size || !pack->layer) return false;
  memcpy(pack->size, network->size, (network->layers + 1) * sizeof *pack->size);
  size_t unit_numbers = pack->line_numbers / pack->lanes; /* numbers of a line that are consecutive units */
  for (size_t k = 0; k < network->layers; k++) {
    struct isw_layer l = {.fan_in = pack->size[k], .fan_out = pack->size[k + 1]};
    l.lines = (l.fan_out + unit_numbers - 1) / unit_numbers;
    l.stride = isw_stride_of(l.lines);
    if (pack->layout == ISW_UNITS_IN_LANES && k > 0) l.transposed_stride = pack->layer[k - 1].stride;
    for (size_t part = 0; network->factors && part < 2; part++) l.frozen[part] = network->factors[k].rate[part] == 0.0;
    pack->any_frozen = pack->any_frozen || l.frozen[0] || l.frozen[1];
    pack->layer[k] = l;
  }
  while (pack->first_trained < network->layers && is_frozen(pack, pack->first_trained)) pack->first_trained++;
  return true;
}
