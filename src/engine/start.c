/* A network's initial weights, layer after layer: draws, noise and sparsity, and what rows that look at the data get to see. */
#include <math.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>
#include "engine_internal.h"

enum { LANES64 = ISW_LINE / sizeof(double) };

static size_t fan_in_of(const struct isw_starting *starting)
{
  return starting->network->size[starting->start.layer - 1];
}

static size_t fan_out_of(const struct isw_starting *starting)
{
  return starting->network->size[starting->start.layer];
}

/* Whether the layer is a residual branch's last: its scale stands behind its biases. */
static bool ends_branch(const struct isw_starting *starting)
{
  const struct isw_network *network = starting->network;
  return isw_ends_branch(network->layers, network->residual.branch_layers, starting->start.layer - 1);
}

/* The widest array of activations, in whole lines; false on overflow. */
static bool most_numbers(const struct isw_network *network, size_t samples, size_t *numbers)
{
  size_t widest = 0;
  for (size_t k = 0; k <= network->layers; k++)
    if (network->size[k] > widest) widest = network->size[k];
  return isw_multiply(samples, widest, numbers) && !__builtin_add_overflow(*numbers, LANES64, numbers);
}

static bool take_inputs(const struct isw_pack *pack, struct isw_starting *starting)
{
  const struct isw_network *network = starting->network;
  struct isw_start *start = &starting->start;
  size_t numbers, weights = 0, features = network->size[0];
  for (size_t k = 0; k < network->layers; k++)
    if (network->size[k] * network->size[k + 1] > weights) weights = network->size[k] * network->size[k + 1];
  start->input_samples = start->samples < ISW_START_SAMPLES ? start->samples : ISW_START_SAMPLES;
  if (!most_numbers(network, start->input_samples, &numbers)) return false;
  starting->in = isw_allocate(numbers, sizeof(double));
  starting->out = isw_allocate(numbers, sizeof(double));
  starting->weight = isw_allocate(weights, sizeof(double));
  if (!starting->in || !starting->out || !starting->weight) return false;
  if (isw_branches(network->layers, network->residual.branch_layers) > 0) {
    starting->trunk = isw_allocate(numbers, sizeof(double));
    if (!starting->trunk) return false;
  }
  for (size_t s = 0; s < start->input_samples; s++) {
    size_t sample = s * start->samples / start->input_samples;
    for (size_t i = 0; i < features; i++)
      starting->in[s * features + i] = isw_get(pack->real, pack->samples->train.inputs, sample * features + i);
  }
  start->inputs = starting->in;
  return true;
}

static bool take_targets(const struct isw_pack *pack, struct isw_starting *starting)
{
  size_t count = starting->start.samples * starting->start.outputs;
  starting->start.targets = starting->targets = isw_allocate(count, sizeof(double));
  for (size_t i = 0; starting->targets && i < count; i++)
    starting->targets[i] = isw_get(pack->real, pack->samples->train.targets, i);
  return starting->targets != NULL;
}

static void set_layer(struct isw_starting *starting)
{
  const struct isw_network *network = starting->network;
  bool output = starting->start.layer == network->layers;
  starting->start.activation = output ? &network->output_activation : &network->activation;
}

bool isw_starting_begin(const struct isw_pack *pack, const struct isw_network *network, struct isw_starting *starting)
{
  size_t rows;
  unsigned needs = 0;
  const struct isw_initializer *table = isw_initializers(&rows);
  for (size_t k = 0; k < network->layers; k++)
    needs |= table[network->init[k].row].needs | table[network->bias_init[k].row].needs;
  *starting = (struct isw_starting){
      .network = network,
      .exact = pack->exact,
      .start = {
          .layer = 1, .layers = network->layers, .outputs = pack->samples->outputs, .samples = pack->train_samples}};
  set_layer(starting);
  if ((needs & ISW_START_TARGETS) && !take_targets(pack, starting)) return false;
  return !(needs & ISW_START_INPUTS) || take_inputs(pack, starting);
}

void isw_starting_clear(struct isw_starting *starting)
{
  free(starting->targets);
  free(starting->weight);
  free(starting->in);
  free(starting->out);
  free(starting->trunk);
  *starting = (struct isw_starting){0};
}

static bool draw(const struct isw_starting *starting, const struct isw_choice *init, enum isw_purpose purpose,
                 enum isw_purpose noise_purpose, size_t columns, double *weight)
{
  const struct isw_network *network = starting->network;
  const struct isw_stream stream = {network->seed, network->replicate, purpose, starting->start.layer};
  const struct isw_stream noise = {network->seed, network->replicate, noise_purpose, starting->start.layer};
  size_t fan_out = fan_out_of(starting);
  if (!isw_initialize(init, &starting->start, fan_out, fan_in_of(starting), columns, &stream, weight)) return false;
  if (network->init_noise == 0.0) return true;
  for (size_t i = 0; i < fan_out * columns; i++) weight[i] = weight[i] + network->init_noise * isw_normal(&noise, i);
  return true;
}

bool isw_starting_weights(struct isw_starting *starting, double *weight)
{
  const struct isw_network *network = starting->network;
  size_t layer = starting->start.layer, count = fan_out_of(starting) * fan_in_of(starting);
  const struct isw_stream stream = {network->seed, network->replicate, ISW_PURPOSE_SPARSITY, layer};
  if (!draw(starting, &network->init[layer - 1], ISW_PURPOSE_WEIGHT, ISW_PURPOSE_WEIGHT_NOISE, fan_in_of(starting),
            weight))
    return false;
  /* A draw below a share is below every larger one: the weights that are zero grow with it, the same under every initialiser. */
  for (size_t i = 0; network->init_sparsity > 0.0 && i < count; i++)
    if (isw_uniform(&stream, i) < network->init_sparsity) weight[i] = 0.0;
  if (starting->weight) memcpy(starting->weight, weight, count * sizeof *weight);
  return true;
}

/* What the next layer gets: the forward pass of docs/numerics.md in float64, the weights not yet rounded. */
static void advance(struct isw_starting *starting, const double *bias)
{
  struct isw_start *start = &starting->start;
  size_t fan_in = fan_in_of(starting), fan_out = fan_out_of(starting), numbers = start->input_samples * fan_out;
  for (size_t s = 0; s < start->input_samples; s++)
    for (size_t j = 0; j < fan_out; j++) {
      double z = bias[j];
      for (size_t i = 0; i < fan_in; i++) z = fma(starting->in[s * fan_in + i], starting->weight[j * fan_in + i], z);
      starting->out[s * fan_out + j] = z;
    }
  alignas(ISW_LINE) double parameter[LANES64];
  for (size_t i = 0; i < LANES64; i++) parameter[i] = start->activation->value[0].number;
  size_t lines = (numbers + LANES64 - 1) / LANES64;
  for (size_t i = numbers; i < lines * LANES64; i++) starting->out[i] = 0.0;
  starting->exact[start->activation->row].value(1, lines, lines, starting->out, parameter, starting->out);
  bool ends = ends_branch(starting);
  for (size_t i = 0; ends && i < numbers; i++)
    starting->out[i] = fma(starting->network->residual.scale, starting->out[i], starting->trunk[i]);
  if (starting->trunk && (ends || start->layer == 1)) memcpy(starting->trunk, starting->out, numbers * sizeof(double));
  double *in = starting->in;
  start->inputs = starting->in = starting->out;
  starting->out = in;
}

bool isw_starting_biases(struct isw_starting *starting, double *bias)
{
  struct isw_start *start = &starting->start;
  const struct isw_choice *init = &starting->network->bias_init[start->layer - 1];
  if (!draw(starting, init, ISW_PURPOSE_BIAS, ISW_PURPOSE_BIAS_NOISE, 1, bias)) return false;
  if (start->layer == start->layers) return true;
  if (starting->weight) advance(starting, bias);
  start->before += fan_out_of(starting) * (fan_in_of(starting) + 1) + ends_branch(starting);
  start->layer++;
  set_layer(starting);
  return true;
}
