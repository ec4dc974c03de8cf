/* A network's initial weights, layer after layer: draws, noise and sparsity, and the data and activations that some
 * rows of the table of initialisers take. The rows themselves are the room model's. */
#include <math.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>
#include "engine_internal.h"

static size_t fan_in_of(const struct isw_initial_weights *initial)
{
  return initial->network->size[initial->start.layer - 1];
}

static size_t fan_out_of(const struct isw_initial_weights *initial)
{
  return initial->network->size[initial->start.layer];
}

/* Whether the layer is a residual branch's last one, whose scale follows its biases. */
static bool ends_branch(const struct isw_initial_weights *initial)
{
  const struct isw_network *network = initial->network;
  return isw_ends_branch(network->layers, network->residual.branch_layers, initial->start.layer - 1);
}

static bool has_bias(const struct isw_initial_weights *initial)
{
  return isw_has_bias(initial->network->bias, initial->network->layers, initial->start.layer - 1);
}

/* Elements of the largest array of activations, padded to whole lines; false on overflow. */
static bool count_activations(const struct isw_network *network, size_t samples, size_t *numbers)
{
  size_t widest = 0;
  for (size_t k = 0; k <= network->layers; k++)
    if (network->size[k] > widest) widest = network->size[k];
  return isw_multiply(samples, widest, numbers) && !__builtin_add_overflow(*numbers, ISW_LANES_FLOAT64, numbers);
}

static bool copy_inputs(const struct isw_pack *pack, struct isw_initial_weights *initial)
{
  const struct isw_network *network = initial->network;
  struct isw_start *start = &initial->start;
  size_t numbers, weights = 0, widest = 0, features = network->size[0];
  for (size_t k = 0; k < network->layers; k++) {
    if (network->size[k] * network->size[k + 1] > weights) weights = network->size[k] * network->size[k + 1];
    if (network->size[k + 1] > widest) widest = network->size[k + 1];
  }
  start->input_samples = start->samples < ISW_START_SAMPLES ? start->samples : ISW_START_SAMPLES;
  if (!count_activations(network, start->input_samples, &numbers)) return false;
  initial->in = isw_allocate(numbers, sizeof(double));
  initial->out = isw_allocate(numbers, sizeof(double));
  initial->weight = isw_allocate(weights, sizeof(double));
  initial->gain = isw_allocate(2 * widest, sizeof(double));
  if (!initial->in || !initial->out || !initial->weight || !initial->gain) return false;
  initial->shift = initial->gain + widest;
  if (isw_branches(network->layers, network->residual.branch_layers) > 0) {
    initial->trunk = isw_allocate(numbers, sizeof(double));
    if (!initial->trunk) return false;
  }
  for (size_t s = 0; s < start->input_samples; s++) {
    size_t sample = s * start->samples / start->input_samples;
    for (size_t i = 0; i < features; i++)
      initial->in[s * features + i] =
          isw_number_load(pack->precision, pack->samples->train.inputs, sample * features + i);
  }
  start->inputs = initial->in;
  return true;
}

static bool copy_targets(const struct isw_pack *pack, struct isw_initial_weights *initial)
{
  size_t count = initial->start.samples * initial->start.outputs;
  initial->start.targets = initial->targets = isw_allocate(count, sizeof(double));
  for (size_t i = 0; initial->targets && i < count; i++)
    initial->targets[i] = isw_number_load(pack->precision, pack->samples->train.targets, i);
  return initial->targets != NULL;
}

static void set_layer(struct isw_initial_weights *initial)
{
  initial->start.activation = isw_activation_of(initial->network, initial->start.layer - 1);
}

bool isw_initial_weights_begin(const struct isw_pack *pack, const struct isw_network *network,
                               struct isw_initial_weights *initial)
{
  size_t rows;
  unsigned needs = 0;
  const struct isw_initializer *table = isw_initializers(&rows);
  for (size_t k = 0; k < network->layers; k++)
    needs |= table[network->init[k].row].needs | table[network->bias_init[k].row].needs;
  *initial = (struct isw_initial_weights){
      .network = network,
      .activations = pack->kernels_float64->activation,
      .start = {
          .layer = 1, .layers = network->layers, .outputs = pack->samples->outputs, .samples = pack->train_samples}};
  set_layer(initial);
  if (network->mask.row != 0) {
    size_t most = 0;
    for (size_t k = 0; k < network->layers; k++)
      if (network->size[k] * network->size[k + 1] > most) most = network->size[k] * network->size[k + 1];
    initial->kept = isw_allocate(most, sizeof *initial->kept);
    if (!initial->kept) return false;
  }
  if ((needs & ISW_START_TARGETS) && !copy_targets(pack, initial)) return false;
  return !(needs & ISW_START_INPUTS) || copy_inputs(pack, initial);
}

void isw_initial_weights_clear(struct isw_initial_weights *initial)
{
  free(initial->targets);
  free(initial->weight);
  free(initial->kept);
  free(initial->in);
  free(initial->out);
  free(initial->trunk);
  free(initial->gain);
  *initial = (struct isw_initial_weights){0};
}

static bool draw(const struct isw_initial_weights *initial, const struct isw_choice *init, enum isw_purpose purpose,
                 enum isw_purpose noise_purpose, size_t columns, double *weight)
{
  const struct isw_network *network = initial->network;
  const struct isw_stream stream = {network->seed, network->replicate, purpose, initial->start.layer};
  const struct isw_stream noise = {network->seed, network->replicate, noise_purpose, initial->start.layer};
  size_t fan_out = fan_out_of(initial), rows;
  if (!isw_initialize(init, &initial->start, fan_out, fan_in_of(initial), columns, &stream, weight)) return false;
  bool bias = purpose == ISW_PURPOSE_BIAS;
  bool adds = network->init_noise != 0.0 && network->noise_of != (bias ? ISW_NOISE_WEIGHTS : ISW_NOISE_BIASES);
  for (size_t i = 0; adds && i < fan_out * columns && !isw_interrupted(); i++)
    weight[i] = weight[i] + network->init_noise * isw_normal(&noise, i);
  if (!network->factors || (isw_initializers(&rows)[init->row].needs & ISW_START_FILE)) return true;
  double factor = network->factors[initial->start.layer - 1].std[bias];
  for (size_t i = 0; i < fan_out * columns; i++) weight[i] = factor * weight[i];
  return true;
}

bool isw_initial_weights_draw(struct isw_initial_weights *initial, double *weight)
{
  const struct isw_network *network = initial->network;
  size_t layer = initial->start.layer, count = fan_out_of(initial) * fan_in_of(initial);
  const struct isw_stream stream = {network->seed, network->replicate, ISW_PURPOSE_SPARSITY, layer};
  if (!draw(initial, &network->init[layer - 1], ISW_PURPOSE_WEIGHT, ISW_PURPOSE_WEIGHT_NOISE, fan_in_of(initial),
            weight))
    return false;
  /* A larger sparsity zeroes all weights that a smaller one does, the same ones with every initialiser. */
  for (size_t i = 0; network->init_sparsity > 0.0 && i < count && !isw_interrupted(); i++)
    if (isw_uniform(&stream, i) < network->init_sparsity) weight[i] = 0.0;
  if (initial->kept && !isw_mask_fill(&network->mask, initial->start.before, count, &stream, initial->kept))
    return false;
  for (size_t i = 0; initial->kept && i < count; i++)
    if (!initial->kept[i]) weight[i] = 0.0;
  if (initial->weight) memcpy(initial->weight, weight, count * sizeof *weight);
  return true;
}

void isw_initial_normalization(const struct isw_initial_weights *initial, double *gain, double *shift)
{
  const struct isw_network *network = initial->network;
  const struct isw_choice *init = &network->init[initial->start.layer - 1];
  const struct isw_parts parts = isw_parts_of(network);
  size_t fan_out = fan_out_of(initial);
  bool from_file = isw_weights_of_file(init) && parts.normalizing.affine &&
                   isw_normalizes(parts, network->layers, initial->start.layer - 1);
  size_t first = initial->start.before + fan_out * (fan_in_of(initial) + has_bias(initial)); /* after the biases */
  for (size_t j = 0; j < fan_out; j++) {
    gain[j] = from_file ? isw_weight_of_file(init, first + j) : 1.0;
    shift[j] = from_file && parts.normalizing.centers ? isw_weight_of_file(init, first + fan_out + j) : 0.0;
  }
}

/* Normalises the pre-activations z [fan_out] of a sample, with the gains and shifts before rounding. */
static void normalize(const struct isw_initial_weights *initial, const struct isw_parts *parts, double *z)
{
  size_t fan_out = fan_out_of(initial);
  double n = (double)fan_out, sum = 0.0, mean = 0.0, squares = 0.0;
  const struct isw_normalizing *normalizing = &parts->normalizing;
  for (size_t j = 0; normalizing->centers && j < fan_out; j++) sum = sum + z[j];
  if (normalizing->centers) mean = sum / n;
  for (size_t j = 0; j < fan_out; j++) squares = fma(z[j] - mean, z[j] - mean, squares);
  double inverse = 1.0 / sqrt(squares / n + isw_normalization_epsilon(&initial->network->normalization));
  for (size_t j = 0; j < fan_out; j++) {
    z[j] = (z[j] - mean) * inverse;
    if (!normalizing->affine) continue;
    z[j] = normalizing->centers ? fma(initial->gain[j], z[j], initial->shift[j]) : initial->gain[j] * z[j];
  }
}

/* Computes the inputs of the next layer: the forward pass of docs/numerics.md in float64, with weights before
 * rounding. */
static void advance(struct isw_initial_weights *initial, const double *bias)
{
  struct isw_start *start = &initial->start;
  size_t fan_in = fan_in_of(initial), fan_out = fan_out_of(initial), numbers = start->input_samples * fan_out;
  for (size_t s = 0; s < start->input_samples; s++)
    for (size_t j = 0; j < fan_out && !isw_interrupted(); j++) {
      double z = bias[j];
      for (size_t i = 0; i < fan_in; i++) z = fma(initial->in[s * fan_in + i], initial->weight[j * fan_in + i], z);
      initial->out[s * fan_out + j] = z;
    }
  const struct isw_parts parts = isw_parts_of(initial->network);
  bool normalizes = isw_normalizes(parts, start->layers, start->layer - 1);
  if (normalizes) isw_initial_normalization(initial, initial->gain, initial->shift);
  for (size_t s = 0; normalizes && s < start->input_samples; s++)
    normalize(initial, &parts, initial->out + s * fan_out);
  alignas(ISW_LINE_BYTES) double parameter[ISW_LANES_FLOAT64];
  for (size_t i = 0; i < ISW_LANES_FLOAT64; i++) parameter[i] = start->activation->value[0].number;
  size_t lines = (numbers + ISW_LANES_FLOAT64 - 1) / ISW_LANES_FLOAT64;
  for (size_t i = numbers; i < lines * ISW_LANES_FLOAT64; i++) initial->out[i] = 0.0;
  initial->activations[start->activation->row].value(1, lines, lines, initial->out, parameter, initial->out);
  bool ends = ends_branch(initial);
  for (size_t i = 0; ends && i < numbers; i++)
    initial->out[i] = fma(initial->network->residual.scale, initial->out[i], initial->trunk[i]);
  if (initial->trunk && (ends || start->layer == 1)) memcpy(initial->trunk, initial->out, numbers * sizeof(double));
  double *in = initial->in;
  start->inputs = initial->in = initial->out;
  initial->out = in;
}

bool isw_initial_weights_draw_biases(struct isw_initial_weights *initial, double *bias)
{
  struct isw_start *start = &initial->start;
  const struct isw_choice *init = &initial->network->bias_init[start->layer - 1];
  if (!has_bias(initial))
    memset(bias, 0, fan_out_of(initial) * sizeof *bias);
  else if (!draw(initial, init, ISW_PURPOSE_BIAS, ISW_PURPOSE_BIAS_NOISE, 1, bias))
    return false;
  if (start->layer == start->layers) return true;
  if (initial->weight) advance(initial, bias);
  size_t sizes[] = {fan_in_of(initial), fan_out_of(initial)}, last = start->layer - 1;
  const struct isw_parts parts = isw_parts_of(initial->network);
  bool affine = parts.normalizing.affine && isw_normalizes(parts, start->layers, last);
  start->before +=
      sizes[1] * (sizes[0] + has_bias(initial) + (affine ? 1 + parts.normalizing.centers : 0)) + ends_branch(initial);
  start->layer++;
  set_layer(initial);
  return true;
}
