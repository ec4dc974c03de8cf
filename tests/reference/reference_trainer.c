/* The reference trainer's two precisions, and what they share. */
#include "reference_trainer.h"
#include "initsweep/exact.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The rows' indices in their tables. */
enum {
#define ISW_ACTIVATION(name, ...) ACTIVATION_##name,
#include "model/activations.def"
#undef ISW_ACTIVATION
};
enum {
#define ISW_LOSS(name, ...) LOSS_##name,
#include "model/losses.def"
#undef ISW_LOSS
};
enum {
#define ISW_OPTIMIZER(name, ...) OPTIMIZER_##name,
#include "model/optimizers.def"
#undef ISW_OPTIMIZER
};

#define ISW_OPTIMIZER_RATES
#include "model/optimizers.def"
#undef ISW_OPTIMIZER_RATES

static void *numbers(size_t count, size_t size)
{
  void *memory = isw_allocate(count, size);
  if (!memory) {
    fputs("reference: out of memory\n", stderr);
    exit(1);
  }
  return memory;
}

/* 2 for a mean of squares, otherwise 1 */
static double loss_factor(size_t loss)
{
  static const double factors[] = {
#define ISW_LOSS(name, parameters, on_logits, one_hot, takes_values, binary_as_classes, mean_over_outputs, factor,     \
                 ...)                                                                                                  \
  factor,
#include "model/losses.def"
#undef ISW_LOSS
  };
  return factors[loss];
}

static double learning_rate_at(const struct isw_network *network, uint64_t step)
{
  size_t count;
  const struct isw_rate_schedule *schedule = &isw_schedules(&count)[network->schedule.row];
  return network->learning_rate * schedule->factor(&network->schedule, step, network->steps);
}

/* A step's rates, float64. epsilon: factor of the optimiser's; rate [ISW_PARAMETERS_MAX]; running [2] is kept from step
 * to step */
static void step_rates(const struct isw_network *network, double learning_rate, double epsilon, double *running,
                       double *rate)
{
  size_t rows;
  double p[ISW_PARAMETERS_MAX];
  const struct isw_row *row = &isw_optimizers(&rows)[network->optimizer.row].row;
  for (size_t i = 0; i < ISW_PARAMETERS_MAX; i++) p[i] = network->optimizer.value[i].number;
  for (size_t i = 0; i < isw_row_parameters(row); i++)
    if (strcmp(row->parameters[i].name, "epsilon") == 0) p[i] = p[i] * epsilon;
  switch (network->optimizer.row) {
#define ISW_OPTIMIZER(name, ...)                                                                                       \
  case OPTIMIZER_##name:                                                                                               \
    rates_##name(p, learning_rate, running, rate);                                                                     \
    break;
#include "model/optimizers.def"
#undef ISW_OPTIMIZER
  }
}

/* order [count]: the samples of an epoch in the order of its batches */
static void epoch_order(const struct isw_network *network, uint64_t epoch, size_t count, uint64_t *order)
{
  for (size_t i = 0; i < count; i++) order[i] = i;
  if (network->batch_size == 0) return;
  struct isw_stream stream = {network->seed, network->shuffle_per_replicate ? network->replicate : 0,
                              ISW_PURPOSE_SHUFFLE, epoch};
  isw_shuffle(&stream, count, order);
}

/* Fills the weights of layer start->layer (columns = fan_in), or its biases (columns = 1), float64. */
static void initial_layer(const struct isw_network *network, const struct isw_choice *init,
                          const struct isw_start *start, enum isw_purpose purpose, enum isw_purpose noise_purpose,
                          size_t fan_out, size_t fan_in, size_t columns, double *weight)
{
  struct isw_stream stream = {network->seed, network->replicate, purpose, start->layer};
  if (!isw_initialize(init, start, fan_out, fan_in, columns, &stream, weight)) exit(1);
  struct isw_stream noise = {network->seed, network->replicate, noise_purpose, start->layer};
  bool adds = network->init_noise != 0.0;
  if (network->noise_of == ISW_NOISE_WEIGHTS) adds = adds && purpose == ISW_PURPOSE_WEIGHT;
  if (network->noise_of == ISW_NOISE_BIASES) adds = adds && purpose == ISW_PURPOSE_BIAS;
  for (size_t i = 0; adds && i < fan_out * columns; i++)
    weight[i] = weight[i] + network->init_noise * isw_normal(&noise, i);
  size_t rows;
  bool from_file = (isw_initializers(&rows)[init->row].needs & ISW_START_FILE) != 0;
  double factor =
      network->factors && !from_file ? network->factors[start->layer - 1].std[purpose == ISW_PURPOSE_BIAS] : 1.0;
  for (size_t i = 0; i < fan_out * columns; i++) weight[i] = factor * weight[i];
  struct isw_stream share = {network->seed, network->replicate, ISW_PURPOSE_SPARSITY, start->layer};
  for (size_t i = 0; purpose == ISW_PURPOSE_WEIGHT && i < fan_out * columns; i++)
    if (isw_uniform(&share, i) < network->init_sparsity) weight[i] = 0.0;
}

/* The activations [samples][fan_out] of layer k (from 1) in float64; frees x [samples][fan_in]. affine: gains, then
 * shifts */
static double *exact_forward(const struct isw_network *network, size_t k, size_t samples, size_t fan_out, size_t fan_in,
                             const double *weight, const double *bias, double *affine, double *x);

static bool solves(const struct isw_network *network)
{
  size_t rows;
  return isw_optimizers(&rows)[network->optimizer.row].solves;
}

/* One step by least squares of a network with these parameters w, which are single precision or not. */
static void least_squares_step(const struct isw_network *network, const struct isw_data *data, bool single, double *w,
                               double *mu);

#define V REAL
#define K(x) ((REAL)(x))
#define SELECT(condition, x, y) ((condition) ? (x) : (y))
#define TANH(x) EXACT(tanh)(x)
#define SIN(x) EXACT(sin)(x)
#define COS(x) EXACT(cos)(x)
#define LOG(x) EXACT(log)(x)
#define EXP(x) EXACT(exp)(x)
#define EXPM1(x) EXACT(expm1)(x)
#define LOG1P(x) EXACT(log1p)(x)
#define ERF(x) EXACT(erf)(x)

#define REAL float
#define NAME(x) x##_float32
#define FMA fmaf
#define SQRT sqrtf
#define ABS fabsf
#define EXACT(function) isw_exact_##function##_float32
#include "reference_trainer.inc.h"
#undef REAL
#undef NAME
#undef FMA
#undef SQRT
#undef ABS
#undef EXACT

#define REAL double
#define NAME(x) x##_float64
#define FMA fma
#define SQRT sqrt
#define ABS fabs
#define EXACT(function) isw_exact_##function
#include "reference_trainer.inc.h"

static double *exact_forward(const struct isw_network *network, size_t k, size_t samples, size_t fan_out, size_t fan_in,
                             const double *weight, const double *bias, double *affine, double *x)
{
  double *a = numbers(samples * fan_out, sizeof *a), *normalized = numbers(fan_out, sizeof *normalized);
  const struct isw_parts parts = isw_parts_of(network);
  bool has_shift = parts.normalizing.affine && parts.normalizing.centers;
  const struct trainer_float64 trainer = {.network = network};
  struct layer_float64 layer = {.fan_out = fan_out,
                                .x = normalized,
                                .gain = parts.normalizing.affine ? affine : NULL,
                                .shift = has_shift ? affine + fan_out : NULL};
  for (size_t s = 0; s < samples; s++) {
    layer.z = a + s * fan_out;
    for (size_t j = 0; j < fan_out; j++) {
      layer.z[j] = bias[j];
      for (size_t i = 0; i < fan_in; i++) layer.z[j] = fma(x[s * fan_in + i], weight[j * fan_in + i], layer.z[j]);
    }
    if (isw_normalizes(parts, network->layers, k - 1)) normalize_float64(&trainer, &layer);
    for (size_t j = 0; j < fan_out; j++) layer.z[j] = g_float64(isw_activation_of(network, k - 1), layer.z[j]);
  }
  free(normalized);
  free(x);
  return a;
}

/* ---- least squares ----------------------------------------------------------------------------------------------- */

static double rounded(bool single, double x)
{
  return single ? (double)(float)x : x;
}

/* order [parameters]: the trained parameters in the order of the sums; returns their number */
static size_t trained_parameters(const struct trainer_float64 *t, size_t *order)
{
  size_t count = 0;
  for (size_t k = 1; k <= t->layers; k++) {
    const struct layer_float64 *l = &t->layer[k];
    const double *of_units[] = {l->bias, l->gain, l->shift}, *frozen = (const double[]){1.0, 1.0};
    if (t->network->factors) frozen = t->network->factors[k - 1].rate;
    for (size_t i = 0; frozen[0] != 0.0 && i < l->fan_in; i++)
      for (size_t j = 0; j < l->fan_out; j++) order[count++] = (size_t)(l->weight - t->w) + j * l->fan_in + i;
    for (size_t n = 0; frozen[1] != 0.0 && n < 3; n++)
      for (size_t j = 0; of_units[n] && j < l->fan_out; j++) order[count++] = (size_t)(of_units[n] - t->w) + j;
    if (l->scale && frozen[0] != 0.0 && t->network->residual.train_scale) order[count++] = (size_t)(l->scale - t->w);
  }
  return count;
}

static double sum_of_squares(struct trainer_float64 *t)
{
  double sum = 0.0;
  for (size_t s = 0; s < t->samples; s++) {
    forward_float64(t, s, 0);
    for (size_t j = 0; j < t->outputs; j++) {
      double r = t->layer[t->layers].a[j] - t->targets[s * t->outputs + j];
      sum = sum + r * r;
    }
  }
  return sum;
}

/* t->gradient becomes the derivatives of an output of a sample; returns its residual. */
static double derivatives(struct trainer_float64 *t, size_t sample, size_t output)
{
  struct layer_float64 *top = &t->layer[t->layers];
  for (size_t i = 0; i < t->parameters; i++) t->gradient[i] = 0.0;
  for (size_t k = 1; k <= t->layers; k++)
    for (size_t j = 0; t->layer[k].branch && j < t->layer[k].fan_out; j++) t->layer[k].shares[j] = 0.0;
  forward_float64(t, sample, 0);
  for (size_t j = 0; j < t->outputs; j++) top->delta[j] = j == output ? 1.0 : 0.0;
  backward_float64(t, sample);
  for (size_t k = 1; k <= t->layers; k++)
    for (size_t j = 0; t->layer[k].branch && j < t->layer[k].fan_out; j++)
      *t->layer[k].scale_gradient = *t->layer[k].scale_gradient + t->layer[k].shares[j];
  return top->a[output] - t->targets[sample * t->outputs + output];
}

/* products [count][count] = J^T J above the diagonal, slopes [count] = J^T r */
static void linearize(struct trainer_float64 *t, size_t count, const size_t *order, double *products, double *slopes)
{
  enum { BLOCK = 36 };
  for (size_t first = 0; first < t->samples; first += BLOCK)
    for (size_t output = 0; output < t->outputs; output++)
      for (size_t s = first; s < t->samples && s < first + BLOCK; s++) {
        double r = derivatives(t, s, output);
        for (size_t p = 0; p < count; p++) {
          double x = t->gradient[order[p]];
          slopes[p] = slopes[p] + x * r;
          for (size_t q = p; q < count; q++)
            products[p * count + q] = products[p * count + q] + x * t->gradient[order[q]];
        }
      }
}

/* step [count] = (products + mu I)^-1 slopes by U^T U, u [count][count]; false: a pivot is not positive */
static bool solve_damped(size_t count, const double *products, const double *slopes, double mu, double *u, double *step)
{
  for (size_t i = 0; i < count; i++)
    for (size_t j = i; j < count; j++) {
      double sum = products[i * count + j];
      if (i == j) sum = sum + mu;
      for (size_t k = 0; k < i; k++) sum = sum - u[k * count + i] * u[k * count + j];
      if (i == j && !(sum > 0.0)) return false;
      u[i * count + j] = i == j ? sqrt(sum) : sum / u[i * count + i];
    }
  for (size_t i = 0; i < count; i++) {
    double sum = slopes[i];
    for (size_t k = 0; k < i; k++) sum = sum - u[k * count + i] * step[k];
    step[i] = sum / u[i * count + i];
  }
  for (size_t i = count; i-- > 0;) {
    for (size_t j = i + 1; j < count; j++) step[i] = step[i] - u[i * count + j] * step[j];
    step[i] = step[i] / u[i * count + i];
  }
  return true;
}

static void least_squares_step(const struct isw_network *network, const struct isw_data *data, bool single, double *w,
                               double *mu)
{
  struct isw_network twin = *network;
  twin.activation.value[0].number = rounded(single, twin.activation.value[0].number);
  twin.output_activation.value[0].number = rounded(single, twin.output_activation.value[0].number);
  twin.normalization.value[0].number = rounded(single, twin.normalization.value[0].number);
  twin.output_scale = rounded(single, twin.output_scale);
  struct trainer_float64 t = begin_float64(&twin, data);
  for (size_t i = 0; i < t.samples * t.features; i++) t.inputs[i] = rounded(single, t.inputs[i]);
  for (size_t i = 0; i < t.samples * t.outputs; i++) t.targets[i] = rounded(single, t.targets[i]);
  memcpy(t.w, w, t.parameters * sizeof *w);

  const struct isw_value *p = network->optimizer.value;
  const double increase = p[1].number, decrease = p[2].number, largest = p[3].number;
  size_t *order = numbers(t.parameters, sizeof *order), count = trained_parameters(&t, order);
  double *products = numbers(count * count, sizeof *products), *slopes = numbers(count, sizeof *slopes);
  double *u = numbers(count * count, sizeof *u), *step = numbers(count, sizeof *step);
  double before = sum_of_squares(&t);
  if (*mu <= largest) linearize(&t, count, order, products, slopes);
  for (bool lowered = false; !lowered && *mu <= largest;) {
    bool finite = solve_damped(count, products, slopes, *mu, u, step);
    memcpy(t.w, w, t.parameters * sizeof *w);
    for (size_t i = 0; finite && i < count; i++) {
      t.w[order[i]] = rounded(single, w[order[i]] - step[i]);
      finite = isfinite(t.w[order[i]]);
    }
    lowered = finite && sum_of_squares(&t) < before;
    *mu = lowered ? fmax(*mu * decrease, 1e-20) : *mu * increase;
    if (lowered) memcpy(w, t.w, t.parameters * sizeof *w);
  }
  free(order);
  free(products);
  free(slopes);
  free(u);
  free(step);
  end_float64(&t);
}

struct reference_result reference_train(const struct isw_network *network, const struct isw_data *data,
                                        enum isw_precision real, size_t records, const uint64_t *record_steps)
{
  return real == ISW_FLOAT32 ? train_float32(network, data, records, record_steps)
                             : train_float64(network, data, records, record_steps);
}

void reference_result_clear(struct reference_result *result)
{
  free(result->weights_initial);
  free(result->weights_final);
  for (size_t m = 0; m < REFERENCE_MEASURES; m++) free(result->measure[m]);
  *result = (struct reference_result){0};
}
