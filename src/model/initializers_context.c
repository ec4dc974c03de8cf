/* Initialisers that depend on the layer's number, on the data or on a file. Their rows are in
 * initializers.c. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "initsweep/base.h"
#include "model_internal.h"

/* Sums each column over samples ascending, then divides once. */
bool isw_fill_target_mean(const struct isw_choice *settings, const struct isw_start *start, size_t fan_out,
                          size_t fan_in, size_t columns, const struct isw_stream *stream, double *weight)
{
  (void)settings, (void)fan_in, (void)stream;
  for (size_t i = 0; i < fan_out * columns; i++) weight[i] = 0.0;
  if (start->layer != start->layers || columns != 1) return true;
  for (size_t j = 0; j < fan_out; j++) {
    for (size_t s = 0; s < start->samples; s++) weight[j] = weight[j] + start->targets[s * start->outputs + j];
    weight[j] = weight[j] / (double)start->samples;
  }
  return true;
}

/* The power of two of x's sign whose ratio to x is nearest to 1; 0 for 0. */
static double power_of_two(double x)
{
  int exponent;
  double part = frexp(fabs(x), &exponent); /* in [1/2, 1) */
  if (x == 0.0) return 0.0;
  return copysign(ldexp(1.0, part * part < 0.5 ? exponent - 1 : exponent), x);
}

/* Units 2p and 2p + 1 of a hidden layer are a pair: the same incoming weights and bias, hence the same activation a to
 * the last bit. The layer above the last hidden one has v and -v for them, and z goes 0, fma(a, v, 0), fma(a, -v, ...):
 * back to 0 exactly where a v is no rounding, as it is for a power of two; else to the rounding error of a v. A last
 * unit without a partner has 0. */
bool isw_fill_symmetric_pairs(const struct isw_choice *settings, const struct isw_start *start, size_t fan_out,
                              size_t fan_in, size_t columns, const struct isw_stream *stream, double *weight)
{
  double std = settings->value[0].number / sqrt((double)fan_in);
  bool output = start->layer == start->layers, exact = settings->value[1].number == ISW_PAIRS_POWER_OF_TWO;
  for (size_t j = 0; j < fan_out && !isw_interrupted(); j++)
    for (size_t i = 0; i < columns; i++) {
      size_t row = output ? j : j - j % 2, column = output ? i - i % 2 : i;
      double w = std * isw_normal(stream, row * columns + column);
      if (output && columns == 1) w = 0.0; /* a bias, or one unit without a partner */
      if (output && (column + 1 == columns || start->layers == 1)) w = 0.0;
      if (output && exact) w = power_of_two(w);
      weight[j * columns + i] = output && i % 2 ? -w : w;
    }
  return true;
}

/* w / sqrt(variance of w x over units and samples), the mean taken off; sums over samples, in each over units,
 * ascending, and each unit's over inputs ascending, from 0 by fused multiply-adds. A variance of 0 leaves w. */
bool isw_fill_lsuv(const struct isw_choice *settings, const struct isw_start *start, size_t fan_out, size_t fan_in,
                   size_t columns, const struct isw_stream *stream, double *weight)
{
  (void)columns; /* fan_in */
  if (!isw_fill_orthonormal(fan_out, fan_in, stream, weight)) return false;
  double count = (double)start->input_samples * (double)fan_out, sum = 0.0, mean = 0.0, squares = 0.0;
  for (int pass = 0; pass < 2; pass++) { /* two passes avoid an array of all z */
    for (size_t s = 0; s < start->input_samples; s++)
      for (size_t j = 0; j < fan_out && !isw_interrupted(); j++) {
        double z = 0.0;
        for (size_t i = 0; i < fan_in; i++) z = fma(start->inputs[s * fan_in + i], weight[j * fan_in + i], z);
        sum = sum + z;
        squares = squares + (z - mean) * (z - mean);
      }
    if (pass == 0) {
      mean = sum / count;
      squares = 0.0;
    }
  }
  double variance = squares / count;
  if (!(variance > 0.0)) return true;
  double factor = settings->value[0].number / sqrt(variance);
  for (size_t i = 0; i < fan_out * fan_in; i++) weight[i] = factor * weight[i];
  return true;
}

/* The matrix, two passes over its outputs, and the forward pass that gives the next layer its inputs. */
double isw_lsuv_flops(size_t fan_out, size_t fan_in)
{
  return isw_orthonormal_flops(fan_out, fan_in) + 3.0 * 2.0 * ISW_START_SAMPLES * (double)fan_out * (double)fan_in;
}

double isw_on_the_line(const struct isw_choice *interpolate, size_t index)
{
  const struct isw_weights *weights = interpolate->weights;
  double t = interpolate->value[4].number;
  return (1.0 - t) * weights->value[index] + t * weights->value[weights->count + index];
}

/* The number in the file of a layer's first weight or bias. */
static size_t first_of_layer(const struct isw_start *start, size_t fan_out, size_t fan_in,
                             const struct isw_stream *stream)
{
  return start->before + (stream->purpose == ISW_PURPOSE_BIAS ? fan_out * fan_in : 0);
}

bool isw_fill_file(const struct isw_choice *settings, const struct isw_start *start, size_t fan_out, size_t fan_in,
                   size_t columns, const struct isw_stream *stream, double *weight)
{
  const double *layer = settings->weights->value + first_of_layer(start, fan_out, fan_in, stream);
  memcpy(weight, layer, fan_out * columns * sizeof *weight);
  return true;
}

bool isw_fill_interpolate(const struct isw_choice *settings, const struct isw_start *start, size_t fan_out,
                          size_t fan_in, size_t columns, const struct isw_stream *stream, double *weight)
{
  size_t first = first_of_layer(start, fan_out, fan_in, stream);
  for (size_t i = 0; i < fan_out * columns; i++) weight[i] = isw_on_the_line(settings, first + i);
  return true;
}

/* ---- plane ------------------------------------------------------------------------------------------------------- */

enum { FILTER, LAYER, NONE };

static double norm_of(size_t count, const double *x)
{
  double sum = 0.0;
  for (size_t i = 0; i < count; i++) sum = fma(x[i], x[i], sum);
  return sqrt(sum);
}

/* Multiplies parts of `length` numbers of a direction by the ratio of the weights' norm to its own. */
static void normalize_direction(size_t count, size_t length, const double *weight, double *direction)
{
  for (size_t first = 0; first < count && length > 0; first += length) {
    double factor = norm_of(length, weight + first) / norm_of(length, direction + first);
    for (size_t i = 0; i < length; i++) direction[first + i] = factor * direction[first + i];
  }
}

/* Direction d = 1, 2 has draw i of element i of the weights' or biases' stream with the layer 2048 d + layer. */
bool isw_fill_plane(const struct isw_choice *settings, const struct isw_start *start, size_t fan_out, size_t fan_in,
                    size_t columns, const struct isw_stream *stream, double *weight)
{
  enum { LAYERS = 2048 };
  size_t count = fan_out * columns, normalization = (size_t)settings->value[5].number;
  double *own = isw_allocate(2 * count, sizeof *own), *direction = own + count;
  if (!own) return false;
  isw_fill_file(settings, start, fan_out, fan_in, columns, stream, own);
  memcpy(weight, own, count * sizeof *weight);
  for (uint64_t d = 1; d <= 2; d++) {
    struct isw_stream draws = *stream;
    draws.layer += LAYERS * d;
    isw_normals(&draws, 0, count, direction);
    if (normalization != NONE) normalize_direction(count, normalization == FILTER ? columns : count, own, direction);
    double distance = settings->value[2 + d].number;
    for (size_t i = 0; i < count; i++) weight[i] = weight[i] + distance * direction[i];
  }
  free(own);
  return true;
}
