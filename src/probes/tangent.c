/* The empirical neural tangent kernel K_ij = sum over outputs o and parameters p of dy_o(x_i)/dp dy_o(x_j)/dp, y the
 * output after output_activation or the logits, at n = min(16, samples) training samples that are spread evenly
 * (probes_internal.h, isw_chosen), in float64 at the stored numbers (isw_curvature_tangent_kernel):
 *   ntk_trace             sum of K_ii
 *   ntk_max               its largest eigenvalue: scaled by a power of 2 (matrix.h), then as symmetric.h has it
 *   ntk_change            |K - K'|_F / |K'|_F, K' that of the first record
 *   ntk_target_alignment  <C, T>_F / (|C|_F |T|_F), where C is K, and T the targets' kernel, without the means of rows
 *                         and columns: M_ij = (M_ij - r_i - r_j) + m, r the means of rows, m the mean of r. T_ij is the
 *                         sum of products of the targets; of classes 1 where they are equal, else 0
 * Sums from 0, i outside, j inside, both ascending. NaN where a divisor is 0. Persistent scratch: whether K' is there,
 * then K' [n][n][lane]; then K [n][n][lane of curvature], and work for one half of the lanes. */
#include "matrix.h"
#include "symmetric.h"
#include <string.h>

enum { SAMPLES = 16, WIDE = ISW_CURVATURE_LANES };

static size_t chosen(size_t samples)
{
  return samples < SAMPLES ? samples : SAMPLES;
}

static size_t persistent_scratch(const struct isw_view *view)
{
  size_t n = chosen(view->train_samples);
  return 1 + n * n * view->lanes;
}

static size_t scratch(const struct isw_view *view)
{
  size_t n = chosen(view->train_samples);
  return persistent_scratch(view) + n * n * (isw_curvature_lanes(view) + (view->layers + 1) * WIDE);
}

/* K of the present record, [n][n][lane of curvature] */
static double *kernel_of(const struct isw_view *view, double *memory)
{
  return memory + persistent_scratch(view);
}

static void choose(const struct isw_view *view, size_t *sample)
{
  size_t n = chosen(view->train_samples);
  for (size_t i = 0; i < n; i++) sample[i] = i * view->train_samples / n;
}

static void prepare(const struct isw_view *view, double *memory)
{
  size_t n = chosen(view->train_samples), lanes = isw_curvature_lanes(view), sample[SAMPLES];
  double *kernel = kernel_of(view, memory), *half = kernel + n * n * lanes;
  choose(view, sample);
  for (size_t i = 0; i < n * n * lanes; i++) kernel[i] = (double)NAN;
  for (size_t first = 0; first < view->lanes; first += WIDE) {
    if (!isw_curvature_any_finite(view, first)) continue;
    isw_curvature_begin(view->curvature, first);
    isw_curvature_tangent_kernel(view->curvature, n, sample, half, half + n * n * WIDE);
    for (size_t i = 0; i < n * n; i++)
      for (size_t l = 0; l < WIDE; l++)
        if (view->finite[first + l]) kernel[i * lanes + first + l] = half[i * WIDE + l];
  }
}

static void finish_trace(const struct isw_view *view, double *memory, double *value)
{
  size_t n = chosen(view->train_samples), lanes = isw_curvature_lanes(view);
  const double *kernel = kernel_of(view, memory);
  for (size_t l = 0; l < view->lanes; l++) {
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) sum = sum + kernel[(i * n + i) * lanes + l];
    value[l] = isw_canonical(sum);
  }
}

static void finish_max(const struct isw_view *view, double *memory, double *value)
{
  size_t n = chosen(view->train_samples), lanes = isw_curvature_lanes(view);
  double *kernel = kernel_of(view, memory), matrix[SAMPLES * SAMPLES], d[SAMPLES], e[SAMPLES], work[2 * SAMPLES];
  for (size_t l = 0; l < view->lanes; l++) {
    int exponent;
    bool finite;
    for (size_t i = 0; i < n * n; i++) matrix[i] = kernel[i * lanes + l];
    isw_matrix_scale(1, n * n, matrix, &exponent, &finite);
    isw_tridiagonalise(1, n, matrix, d, e, work);
    bool found = finite && isw_tridiagonal_eigenvalues(n, d, e, NULL);
    value[l] = found ? ldexp(d[n - 1], exponent) : (double)NAN;
  }
}

static void finish_change(const struct isw_view *view, double *memory, double *value)
{
  size_t n = chosen(view->train_samples), lanes = isw_curvature_lanes(view);
  double *before = memory + 1;
  const double *kernel = kernel_of(view, memory);
  for (size_t l = 0; l < view->lanes; l++) {
    double change = 0.0, size = 0.0;
    for (size_t i = 0; i < n * n; i++) {
      double now = kernel[i * lanes + l], *was = &before[i * view->lanes + l];
      if (memory[0] == 0.0) *was = now;
      change = change + (now - *was) * (now - *was);
      size = size + *was * *was;
    }
    value[l] = isw_canonical(sqrt(change) / sqrt(size));
  }
  memory[0] = 1.0;
}

static void center(size_t n, double *matrix)
{
  double row[SAMPLES], mean = 0.0;
  for (size_t i = 0; i < n; i++) {
    row[i] = 0.0;
    for (size_t j = 0; j < n; j++) row[i] = row[i] + matrix[i * n + j];
    row[i] = row[i] / (double)n;
    mean = mean + row[i];
  }
  mean = mean / (double)n;
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < n; j++) matrix[i * n + j] = ((matrix[i * n + j] - row[i]) - row[j]) + mean;
}

static double product(size_t n, const double *a, const double *b)
{
  double sum = 0.0;
  for (size_t i = 0; i < n * n; i++) sum = sum + a[i] * b[i];
  return sum;
}

static void target_kernel(const struct isw_view *view, size_t n, double *matrix)
{
  size_t columns = view->label_columns, sample[SAMPLES];
  choose(view, sample);
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < n; j++) {
      const double *a = view->labels + sample[i] * columns, *b = view->labels + sample[j] * columns;
      double sum = 0.0;
      for (size_t c = 0; c < columns; c++)
        sum = sum + (view->kind == ISW_TARGETS_CLASSES ? (a[c] == b[c] ? 1.0 : 0.0) : a[c] * b[c]);
      matrix[i * n + j] = sum;
    }
}

static void finish_alignment(const struct isw_view *view, double *memory, double *value)
{
  size_t n = chosen(view->train_samples), lanes = isw_curvature_lanes(view);
  const double *kernel = kernel_of(view, memory);
  double targets[SAMPLES * SAMPLES], matrix[SAMPLES * SAMPLES];
  target_kernel(view, n, targets);
  center(n, targets);
  for (size_t l = 0; l < view->lanes; l++) {
    int exponent;
    bool finite;
    for (size_t i = 0; i < n * n; i++) matrix[i] = kernel[i * lanes + l];
    isw_matrix_scale(1, n * n, matrix, &exponent, &finite);
    center(n, matrix);
    double sizes = sqrt(product(n, matrix, matrix)) * sqrt(product(n, targets, targets));
    value[l] = finite ? isw_canonical(product(n, matrix, targets) / sizes) : (double)NAN;
  }
}

/* The work in units of a FLOP of the products: a forward pass, a backward pass for each output, which the first layer
 * does not need, and the products of all pairs; then, as measured, activations and slopes of the units, and the
 * widening of the weights. */
static double flops(size_t layers, const size_t *size, size_t train_samples, size_t test_samples)
{
  (void)test_samples;
  double n = (double)chosen(train_samples), outputs = (double)size[layers], pairs = 0.0, sum = 0.0;
  for (size_t k = 0; k < layers; k++) {
    double weights = (double)size[k] * (double)size[k + 1];
    pairs += (double)size[k] + outputs * (double)size[k + 1];
    sum += n * (k == 0 ? 2.0 : 2.0 + 2.0 * outputs) * weights + 40.0 * weights + 600.0 +
           n * (1.0 + outputs) * (120.0 * (double)size[k + 1] + 30.0);
  }
  return sum + n * (n + 1.0) * pairs;
}

/* With eigenvalues, which are found for one network after the other. */
static double max_flops(size_t layers, const size_t *size, size_t train_samples, size_t test_samples)
{
  double n = (double)chosen(train_samples);
  return flops(layers, size, train_samples, test_samples) + 3000.0 * n * n;
}

/* With the centred kernel and its products, one network after the other. */
static double alignment_flops(size_t layers, const size_t *size, size_t train_samples, size_t test_samples)
{
  double n = (double)chosen(train_samples);
  return flops(layers, size, train_samples, test_samples) + 350.0 * n * n;
}

#define TANGENT(probe, formula_text, source_text, words, function, work)                                               \
  const struct isw_probe isw_probe_##probe = {                                                                         \
      ISW_PROBE_NAME(#probe),                                                                                          \
      .row.formula = formula_text,                                                                                     \
      .row.source = source_text,                                                                                       \
      .quantity.long_name = words,                                                                                     \
      .quantity.units = "1",                                                                                           \
      .needs = ISW_NEEDS_CURVATURE,                                                                                    \
      .scratch = scratch,                                                                                              \
      .persistent_scratch = persistent_scratch,                                                                        \
      .prepare = prepare,                                                                                              \
      .finish = function,                                                                                              \
      .flops = work,                                                                                                   \
  }

TANGENT(ntk_trace,
        "sum of K_ii, K_ij = sum over outputs o and all weights and biases p of dy_o(x_i)/dp dy_o(x_j)/dp at 16 "
        "training samples spread evenly",
        "Jacot, Gabriel & Hongler 2018", "trace of the neural tangent kernel", finish_trace, flops);
TANGENT(ntk_max, "largest eigenvalue of the tangent kernel K at 16 training samples spread evenly",
        "Jacot, Gabriel & Hongler 2018", "largest eigenvalue of the neural tangent kernel", finish_max, max_flops);
TANGENT(ntk_change, "|K - K'|_F / |K'|_F, K' the tangent kernel of the first record",
        "Chizat, Oyallon & Bach 2019, section 1; Fort et al. 2020",
        "relative change of the neural tangent kernel since the first record", finish_change, flops);
TANGENT(ntk_target_alignment,
        "<C, T>_F / (|C|_F |T|_F), C the centred tangent kernel and T the centred kernel of the targets, 1 for equal "
        "classes",
        "Cortes, Mohri & Rostamizadeh 2012, eq. 5", "centred alignment of the neural tangent kernel with the targets",
        finish_alignment, alignment_flops);
