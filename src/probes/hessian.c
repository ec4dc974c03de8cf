/* The Hessian H of the training set's loss by all weights and biases, in float64 at the stored numbers
 * (engine/curvature.c):
 *   hessian_max, hessian_min   the largest and smallest eigenvalue by min(48, parameters) Lanczos iterations
 *   hessian_residual           a bound of their error: within this distance of either is an eigenvalue of H
 *   gradient_curvature         g'Hg / g'g, g the loss's gradient; NaN where g is 0
 * Lanczos (Golub & Van Loan 2013, section 10.1): q_0 has the normal draws of stream (seed 0, replicate 0, purpose
 * PROBE, layer 0), divided by their norm; w = H q_j, alpha_j = q_j . w; then twice, for i = 0 .. j, w = w - (q_i . w)
 * q_i; beta_j = |w|, q_j+1 = w / beta_j. Sums from 0 over parameters ascending. A network whose beta_j is below 2^-42
 * of its largest |alpha| + beta so far has an invariant subspace, and ends there. The extremes are those of the
 * tridiagonal matrix of alpha and beta (symmetric.h), and the residual is the larger of beta_last |s|, s the last
 * component of the extremes' vectors.
 *   hessian_top, hessian_top_residual  the `count` largest, and bounds of their errors: of networks of at most 256
 *                        parameters from the whole spectrum, with the residual 0; of larger ones from the same Lanczos
 *                        iterations, with |beta_last s| of each, which find an eigenvalue once however often it occurs
 *   hessian_trace        the sum of its diagonal: of networks of at most 256 parameters by products with unit vectors;
 *                        of larger ones the mean of v . H v over 64 vectors v of +-1 (Hutchinson 1990), v_i of vector
 *                        d -1 if draw d n + i of the uniform stream (0, 0, PROBE, 1) is below 1/2, n parameters
 *   hessian_eigenvalues  all of them, ascending, of networks of at most 256 parameters
 *   hessian_negative     how many of those are below -1e-10 of the largest in size
 * Column j of H is its product with unit vector j; two elements mirrored at the diagonal are replaced by their mean. H
 * is scaled by a power of 2 (matrix.h), reduced to tridiagonal form, and its eigenvalues are computed (symmetric.h).
 * The gradient is scaled by a power of 2 first (matrix.h), so that no square vanishes. */
#include "matrix.h"
#include "symmetric.h"
#include <string.h>

enum { ITERATIONS = 48, SPECTRUM_MOST = 256, TRACE_DRAWS = 64, WIDE = ISW_CURVATURE_LANES };

static size_t iterations(size_t parameters)
{
  return parameters < ITERATIONS ? parameters : ITERATIONS;
}

/* [3][lanes of curvature], then vectors q [iterations] and w [parameters][WIDE] */
static size_t lanczos_scratch(const struct isw_view *view)
{
  return 3 * isw_curvature_lanes(view) + (iterations(view->trained) + 1) * view->trained * WIDE;
}

static void dot(size_t count, const double *x, const double *y, double *sum)
{
  double total[WIDE] = {0.0};
  for (size_t i = 0; i < count; i++)
    for (size_t l = 0; l < WIDE; l++) total[l] = total[l] + x[i * WIDE + l] * y[i * WIDE + l];
  memcpy(sum, total, sizeof total);
}

static void subtract(size_t count, const double *factor, const double *restrict x, double *restrict y)
{
  double f[WIDE];
  memcpy(f, factor, sizeof f);
  for (size_t i = 0; i < count; i++)
    for (size_t l = 0; l < WIDE; l++) y[i * WIDE + l] = y[i * WIDE + l] - f[l] * x[i * WIDE + l];
}

static void start(size_t count, double *q)
{
  const struct isw_stream stream = {0, 0, ISW_PURPOSE_PROBE, 0};
  double sum = 0.0;
  for (size_t i = 0; i < count; i++) {
    q[i * WIDE] = isw_normal(&stream, i);
    sum = sum + q[i * WIDE] * q[i * WIDE];
  }
  double norm = sqrt(sum);
  for (size_t i = 0; i < count; i++)
    for (size_t l = WIDE; l-- > 0;) q[i * WIDE + l] = q[i * WIDE] / norm;
}

/* Computes the next vector w / beta, where beta is the norm of w; 0 for networks whose iteration has ended. */
static void next(size_t count, const double *beta, const bool *going, const double *w, double *q)
{
  for (size_t i = 0; i < count; i++)
    for (size_t l = 0; l < WIDE; l++) q[i * WIDE + l] = going[l] ? w[i * WIDE + l] / beta[l] : 0.0;
}

struct tridiagonal {
  double alpha[ITERATIONS][WIDE], beta[ITERATIONS][WIDE];
  size_t length[WIDE];
};

/* Returns early, with incomplete results, if training is interrupted. */
static void lanczos(struct isw_curvature *curvature, size_t count, double *basis, struct tridiagonal *t)
{
  size_t most = iterations(count);
  double *w = basis + most * count * WIDE, scale[WIDE] = {0.0}, factor[WIDE];
  bool going[WIDE];
  for (size_t l = 0; l < WIDE; l++) {
    going[l] = true;
    t->length[l] = most;
  }
  start(count, basis);
  for (size_t j = 0; j < most && !isw_curvature_interrupted(curvature); j++) {
    const double *q = basis + j * count * WIDE;
    isw_curvature_times(curvature, q, w);
    dot(count, q, w, t->alpha[j]);
    for (int again = 0; again < 2; again++)
      for (size_t i = 0; i <= j; i++) {
        dot(count, basis + i * count * WIDE, w, factor);
        subtract(count, factor, basis + i * count * WIDE, w);
      }
    dot(count, w, w, t->beta[j]);
    for (size_t l = 0; l < WIDE; l++) {
      double *beta = &t->beta[j][l], size = fabs(t->alpha[j][l]);
      *beta = sqrt(*beta);
      scale[l] = size + *beta > scale[l] ? size + *beta : scale[l];
      if (!going[l] || *beta > 0x1p-42 * scale[l]) continue;
      going[l] = false;
      t->length[l] = j + 1;
    }
    if (j + 1 < most) next(count, t->beta[j], going, w, basis + (j + 1) * count * WIDE);
  }
}

static void extremes(const struct tridiagonal *t, size_t l, double *max, double *min, double *residual)
{
  double d[ITERATIONS], e[ITERATIONS], last[ITERATIONS];
  size_t n = t->length[l];
  for (size_t j = 0; j < n; j++) {
    d[j] = t->alpha[j][l];
    e[j] = t->beta[j][l];
  }
  isw_tridiagonal_eigenvalues(n, d, e, last);
  double largest = fabs(last[0]) > fabs(last[n - 1]) ? fabs(last[0]) : fabs(last[n - 1]);
  *min = d[0];
  *max = d[n - 1];
  *residual = t->beta[n - 1][l] * largest;
}

static void lanczos_prepare(const struct isw_view *view, double *memory)
{
  size_t lanes = isw_curvature_lanes(view);
  struct tridiagonal t;
  for (size_t i = 0; i < 3 * lanes; i++) memory[i] = (double)NAN;
  for (size_t first = 0; first < lanes; first += WIDE) {
    if (!isw_curvature_any_finite(view, first)) continue;
    isw_curvature_begin(view->curvature, first);
    lanczos(view->curvature, view->trained, memory + 3 * lanes, &t);
    if (isw_curvature_interrupted(view->curvature)) return;
    for (size_t l = 0; l < WIDE; l++) {
      double *value = memory + first + l;
      if (view->finite[first + l]) extremes(&t, l, value, value + lanes, value + 2 * lanes);
    }
  }
}

static void finish(const struct isw_view *view, const double *from, double *value)
{
  for (size_t l = 0; l < view->lanes; l++) value[l] = isw_canonical(from[l]);
}

static void finish_first(const struct isw_view *view, double *memory, double *value)
{
  finish(view, memory, value);
}

static void finish_min(const struct isw_view *view, double *memory, double *value)
{
  finish(view, memory + isw_curvature_lanes(view), value);
}

static void finish_residual(const struct isw_view *view, double *memory, double *value)
{
  finish(view, memory + 2 * isw_curvature_lanes(view), value);
}

/* [lanes of curvature], then gradient and product [trained][WIDE] */
static size_t gradient_scratch(const struct isw_view *view)
{
  return isw_curvature_lanes(view) + 2 * view->trained * WIDE;
}

static void curvature_prepare(const struct isw_view *view, double *memory)
{
  size_t lanes = isw_curvature_lanes(view);
  double *gradient = memory + lanes, *product = gradient + view->trained * WIDE, above[WIDE], below[WIDE];
  int exponent[WIDE];
  bool finite[WIDE];
  for (size_t l = 0; l < lanes; l++) memory[l] = (double)NAN;
  for (size_t first = 0; first < view->lanes; first += WIDE) {
    if (!isw_curvature_any_finite(view, first)) continue;
    isw_curvature_begin(view->curvature, first);
    isw_curvature_gradient(view->curvature, gradient);
    isw_matrix_scale(WIDE, view->trained, gradient, exponent, finite);
    isw_curvature_times(view->curvature, gradient, product);
    dot(view->trained, gradient, product, above);
    dot(view->trained, gradient, gradient, below);
    for (size_t l = 0; l < WIDE; l++)
      if (finite[l]) memory[first + l] = above[l] / below[l];
  }
}

/* ---- the trace --------------------------------------------------------------------------------------------------- */

/* [lanes of curvature], then vector and product [trained][WIDE] */
static size_t trace_scratch(const struct isw_view *view)
{
  return isw_curvature_lanes(view) + 2 * view->trained * WIDE;
}

static void add_exact_trace(struct isw_curvature *curvature, size_t n, double *vector, double *product, double *sum)
{
  memset(vector, 0, n * WIDE * sizeof *vector);
  for (size_t j = 0; j < n && !isw_curvature_interrupted(curvature); j++) {
    for (size_t l = 0; l < WIDE; l++) vector[j * WIDE + l] = 1.0;
    isw_curvature_times(curvature, vector, product);
    for (size_t l = 0; l < WIDE; l++) {
      vector[j * WIDE + l] = 0.0;
      sum[l] = sum[l] + product[j * WIDE + l];
    }
  }
}

static void add_estimated_trace(struct isw_curvature *curvature, size_t n, double *vector, double *product, double *sum)
{
  const struct isw_stream stream = {0, 0, ISW_PURPOSE_PROBE, 1};
  double along[WIDE];
  for (uint64_t draw = 0; draw < TRACE_DRAWS && !isw_curvature_interrupted(curvature); draw++) {
    for (size_t i = 0; i < n; i++) {
      double sign = isw_uniform(&stream, draw * n + i) < 0.5 ? -1.0 : 1.0;
      for (size_t l = 0; l < WIDE; l++) vector[i * WIDE + l] = sign;
    }
    isw_curvature_times(curvature, vector, product);
    dot(n, vector, product, along);
    for (size_t l = 0; l < WIDE; l++) sum[l] = sum[l] + along[l] / TRACE_DRAWS;
  }
}

static void trace_prepare(const struct isw_view *view, double *memory)
{
  size_t n = view->trained, lanes = isw_curvature_lanes(view);
  double *vector = memory + lanes, *product = vector + n * WIDE;
  for (size_t l = 0; l < lanes; l++) memory[l] = (double)NAN;
  for (size_t first = 0; first < view->lanes; first += WIDE) {
    double sum[WIDE] = {0.0};
    if (!isw_curvature_any_finite(view, first)) continue;
    isw_curvature_begin(view->curvature, first);
    (n <= SPECTRUM_MOST ? add_exact_trace : add_estimated_trace)(view->curvature, n, vector, product, sum);
    for (size_t l = 0; l < WIDE; l++)
      if (view->finite[first + l]) memory[first + l] = sum[l];
  }
}

/* ---- the whole spectrum ------------------------------------------------------------------------------------------ */

/* eigenvalues [trained][lanes of curvature]; then matrix [trained][trained], d, e, unit vector and work [2], of WIDE
 * each */
static size_t spectrum_scratch(const struct isw_view *view)
{
  size_t n = view->trained;
  return n * isw_curvature_lanes(view) + (n <= SPECTRUM_MOST ? n * (n + 5) * WIDE : 0);
}

/* matrix [n][n]: H, symmetric to the bit. */
static void fill_matrix(struct isw_curvature *curvature, size_t n, double *unit, double *matrix)
{
  memset(unit, 0, n * WIDE * sizeof *unit);
  for (size_t j = 0; j < n && !isw_curvature_interrupted(curvature); j++) {
    for (size_t l = 0; l < WIDE; l++) unit[j * WIDE + l] = 1.0;
    isw_curvature_times(curvature, unit, matrix + j * n * WIDE);
    for (size_t l = 0; l < WIDE; l++) unit[j * WIDE + l] = 0.0;
  }
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < i; j++)
      for (size_t l = 0; l < WIDE; l++) {
        double *a = matrix + (i * n + j) * WIDE + l, *b = matrix + (j * n + i) * WIDE + l;
        *a = *b = 0.5 * *a + 0.5 * *b;
      }
}

static void spectrum_prepare(const struct isw_view *view, double *memory)
{
  size_t n = view->trained, lanes = isw_curvature_lanes(view);
  double *matrix = memory + n * lanes, *d = matrix + n * n * WIDE, *e = d + n * WIDE, *unit = e + n * WIDE;
  double own_d[SPECTRUM_MOST], own_e[SPECTRUM_MOST];
  int exponent[WIDE];
  bool finite[WIDE];
  for (size_t i = 0; i < n * lanes; i++) memory[i] = (double)NAN;
  for (size_t first = 0; first < lanes && n <= SPECTRUM_MOST; first += WIDE) {
    if (!isw_curvature_any_finite(view, first)) continue;
    isw_curvature_begin(view->curvature, first);
    fill_matrix(view->curvature, n, unit, matrix);
    if (isw_curvature_interrupted(view->curvature)) return;
    isw_matrix_scale(WIDE, n * n, matrix, exponent, finite);
    isw_tridiagonalise(WIDE, n, matrix, d, e, unit + n * WIDE);
    for (size_t l = 0; l < WIDE; l++) {
      if (!finite[l] || !view->finite[first + l]) continue;
      for (size_t i = 0; i < n; i++) own_d[i] = d[i * WIDE + l];
      for (size_t i = 0; i < n; i++) own_e[i] = i + 1 < n ? e[i * WIDE + l] : 0.0;
      isw_tridiagonal_eigenvalues(n, own_d, own_e, NULL);
      for (size_t i = 0; i < n; i++) memory[i * lanes + first + l] = ldexp(own_d[i], exponent[l]);
    }
  }
}

static void finish_spectrum(const struct isw_view *view, double *memory, double *value)
{
  size_t lanes = isw_curvature_lanes(view);
  for (size_t i = 0; i < view->parameters; i++)
    for (size_t l = 0; l < view->lanes; l++)
      value[i * view->lanes + l] = i < view->trained ? isw_canonical(memory[i * lanes + l]) : (double)NAN;
}

static void finish_negative(const struct isw_view *view, double *memory, double *value)
{
  size_t n = view->trained, lanes = isw_curvature_lanes(view);
  for (size_t l = 0; l < view->lanes; l++) {
    double least = memory[l], most = memory[(n - 1) * lanes + l];
    double size = fabs(least) > fabs(most) ? fabs(least) : fabs(most), count = 0.0;
    for (size_t i = 0; i < n; i++)
      if (memory[i * lanes + l] < -1e-10 * size) count = count + 1.0;
    value[l] = isnan(least) ? (double)NAN : count;
  }
}

/* ---- the largest ------------------------------------------------------------------------------------------------- */

/* Eigenvalues, the largest first, and bounds of their errors, each [ITERATIONS][lanes of curvature]; then the memory of
 * the spectrum or of Lanczos. */
static size_t top_scratch(const struct isw_view *view)
{
  size_t kept = 2 * ITERATIONS * isw_curvature_lanes(view);
  return kept + (view->trained <= SPECTRUM_MOST ? spectrum_scratch(view) : lanczos_scratch(view));
}

static void top_of_spectrum(const struct isw_view *view, double *memory)
{
  size_t n = view->trained, lanes = isw_curvature_lanes(view);
  double *residual = memory + ITERATIONS * lanes, *spectrum = residual + ITERATIONS * lanes;
  spectrum_prepare(view, spectrum);
  for (size_t i = 0; i < ITERATIONS && i < n; i++)
    for (size_t l = 0; l < lanes; l++) {
      memory[i * lanes + l] = spectrum[(n - 1 - i) * lanes + l];
      residual[i * lanes + l] = 0.0 * memory[i * lanes + l];
    }
}

static void top_of_lanczos(const struct isw_view *view, double *memory)
{
  size_t lanes = isw_curvature_lanes(view);
  double *residual = memory + ITERATIONS * lanes;
  double d[ITERATIONS], e[ITERATIONS], last[ITERATIONS];
  struct tridiagonal t;
  for (size_t first = 0; first < lanes; first += WIDE) {
    if (!isw_curvature_any_finite(view, first)) continue;
    isw_curvature_begin(view->curvature, first);
    lanczos(view->curvature, view->trained, residual + ITERATIONS * lanes, &t);
    if (isw_curvature_interrupted(view->curvature)) return;
    for (size_t l = 0; l < WIDE; l++) {
      size_t n = t.length[l];
      if (!view->finite[first + l]) continue;
      for (size_t j = 0; j < n; j++) {
        d[j] = t.alpha[j][l];
        e[j] = t.beta[j][l];
      }
      isw_tridiagonal_eigenvalues(n, d, e, last);
      for (size_t i = 0; i < n; i++) {
        memory[i * lanes + first + l] = d[n - 1 - i];
        residual[i * lanes + first + l] = t.beta[n - 1][l] * fabs(last[n - 1 - i]);
      }
    }
  }
}

static void top_prepare(const struct isw_view *view, double *memory)
{
  for (size_t i = 0; i < 2 * ITERATIONS * isw_curvature_lanes(view); i++) memory[i] = (double)NAN;
  (view->trained <= SPECTRUM_MOST ? top_of_spectrum : top_of_lanczos)(view, memory);
}

static void finish_some(const struct isw_view *view, const double *from, double *value)
{
  for (size_t i = 0; i < view->probe->quantity.length; i++)
    for (size_t l = 0; l < view->lanes; l++)
      value[i * view->lanes + l] = isw_canonical(from[i * isw_curvature_lanes(view) + l]);
}

static void finish_top(const struct isw_view *view, double *memory, double *value)
{
  finish_some(view, memory, value);
}

static void finish_top_residual(const struct isw_view *view, double *memory, double *value)
{
  finish_some(view, memory + ITERATIONS * isw_curvature_lanes(view), value);
}

static size_t top_length(const struct isw_probe *probe, const struct isw_largest_sizes *largest)
{
  (void)largest;
  return (size_t)probe->parameter;
}

static double weights(size_t layers, const size_t *size)
{
  double sum = 0.0;
  for (size_t k = 0; k < layers; k++) sum += ((double)size[k] + 1.0) * (double)size[k + 1];
  return sum;
}

/* The work of a product in units of a FLOP of its matrix products. Per weight and sample: 4 for the passes, which a set
 * of at most 36 samples needs only once, 8 for their R{} (Pearlmutter), 4 for the gradient; less in the first layer,
 * which has nothing below it. A unit's activation and its derivatives, and the calls of a layer, were measured. */
static double product_flops(size_t layers, const size_t *size, size_t train_samples)
{
  enum { BLOCK = 36 };
  bool passed = train_samples <= BLOCK;
  double sum = 0.0;
  for (size_t k = 0; k < layers; k++) {
    double per_weight = (k == 0 ? 6.0 : 16.0) - (passed ? k == 0 ? 2.0 : 4.0 : 0.0);
    sum += (per_weight * (double)size[k] + (passed ? 60.0 : 150.0)) * (double)size[k + 1];
  }
  return sum * (double)train_samples + 600.0 * (double)layers;
}

/* Products, the orthogonalisation, which waits for memory where the vectors exceed the cache, and the eigenvalues. */
static double lanczos_flops(size_t layers, const size_t *size, size_t train_samples, size_t test_samples)
{
  (void)test_samples;
  double count = weights(layers, size), most = count < ITERATIONS ? count : ITERATIONS;
  double per_number = most * count > 65536.0 ? 42.0 : 25.0;
  return most * (product_flops(layers, size, train_samples) + most * (per_number * count + 1500.0));
}

static double curvature_flops(size_t layers, const size_t *size, size_t train_samples, size_t test_samples)
{
  (void)test_samples;
  return 1.4 * product_flops(layers, size, train_samples) + 6.0 * weights(layers, size);
}

static double trace_flops(size_t layers, const size_t *size, size_t train_samples, size_t test_samples)
{
  (void)test_samples;
  double count = weights(layers, size);
  double products = count <= SPECTRUM_MOST ? count : TRACE_DRAWS;
  return products * (product_flops(layers, size, train_samples) + 6.0 * count);
}

/* One product per parameter, n^3 for the tridiagonal form and n^2 for its eigenvalues. */
static double spectrum_flops(size_t layers, const size_t *size, size_t train_samples, size_t test_samples)
{
  (void)test_samples;
  double count = weights(layers, size);
  double eigenvalues = count * (15.0 * count + 2000.0);
  return count <= SPECTRUM_MOST ? count * (product_flops(layers, size, train_samples) + eigenvalues) : 0.0;
}

static double top_flops(size_t layers, const size_t *size, size_t train_samples, size_t test_samples)
{
  return (weights(layers, size) <= SPECTRUM_MOST ? spectrum_flops : lanczos_flops)(layers, size, train_samples,
                                                                                   test_samples);
}

#define LANCZOS(probe, formula_text, words, function)                                                                  \
  const struct isw_probe isw_probe_##probe = {                                                                         \
      ISW_PROBE_NAME(#probe),                                                                                          \
      .row.formula = formula_text,                                                                                     \
      .row.source = "Lanczos 1950; products: Pearlmutter 1994",                                                        \
      .quantity.long_name = words,                                                                                     \
      .quantity.units = "1",                                                                                           \
      .needs = ISW_NEEDS_CURVATURE,                                                                                    \
      .scratch = lanczos_scratch,                                                                                      \
      .prepare = lanczos_prepare,                                                                                      \
      .finish = function,                                                                                              \
      .flops = lanczos_flops,                                                                                          \
  }

LANCZOS(hessian_max,
        "largest eigenvalue of the training loss's Hessian with respect to all weights and biases, by 48 Lanczos "
        "iterations",
        "largest eigenvalue of the Hessian", finish_first);
LANCZOS(hessian_min,
        "smallest eigenvalue of the training loss's Hessian with respect to all weights and biases, by 48 Lanczos "
        "iterations",
        "smallest eigenvalue of the Hessian", finish_min);
LANCZOS(hessian_residual,
        "error bound: an eigenvalue of the Hessian lies within this distance of hessian_max, and one of hessian_min",
        "bound of the error of the Hessian's extreme eigenvalues", finish_residual);

const struct isw_probe isw_probe_gradient_curvature = {
    ISW_PROBE_NAME("gradient_curvature"),
    .row.formula =
        "g'Hg / g'g, g and H the training loss's gradient and Hessian with respect to all weights and biases",
    .row.source = "products: Pearlmutter 1994",
    .quantity.long_name = "curvature of the training loss along its gradient",
    .quantity.units = "1",
    .needs = ISW_NEEDS_CURVATURE,
    .scratch = gradient_scratch,
    .prepare = curvature_prepare,
    .finish = finish_first,
    .flops = curvature_flops,
};

#define TOP(probe, formula_text, words, function)                                                                      \
  const struct isw_probe isw_probe_##probe = {                                                                         \
      ISW_PROBE_NAME(#probe),                                                                                          \
      .row.formula = formula_text,                                                                                     \
      .row.parameters = {ISW_COUNT_PARAMETER("count", 5, 1, ITERATIONS, "number of eigenvalues")},                     \
      .row.source = "Lanczos 1950; products: Pearlmutter 1994",                                                        \
      .quantity.long_name = words,                                                                                     \
      .quantity.units = "1",                                                                                           \
      .quantity.dimension = "eigenvalue",                                                                              \
      .length = top_length,                                                                                            \
      .needs = ISW_NEEDS_CURVATURE,                                                                                    \
      .scratch = top_scratch,                                                                                          \
      .prepare = top_prepare,                                                                                          \
      .finish = function,                                                                                              \
      .flops = top_flops,                                                                                              \
  }

TOP(hessian_top,
    "largest eigenvalues, the largest first, of the training loss's Hessian with respect to all weights and biases: "
    "exact for at most 256, else by 48 Lanczos iterations, which find multiple ones once",
    "largest eigenvalues of the Hessian, the largest first", finish_top);
TOP(hessian_top_residual,
    "error bounds of hessian_top: an eigenvalue of the Hessian lies within this distance of each; 0 where exact",
    "bounds of the errors of the Hessian's largest eigenvalues", finish_top_residual);

const struct isw_probe isw_probe_hessian_trace = {
    ISW_PROBE_NAME("hessian_trace"),
    .row.formula = "trace of the training loss's Hessian with respect to all weights and biases: exact for at most "
                   "256, else the mean of v'Hv over 64 fixed vectors v of +-1",
    .row.source = "Hutchinson 1990; products: Pearlmutter 1994",
    .quantity.long_name = "trace of the Hessian",
    .quantity.units = "1",
    .needs = ISW_NEEDS_CURVATURE,
    .scratch = trace_scratch,
    .prepare = trace_prepare,
    .finish = finish_first,
    .flops = trace_flops,
};

const struct isw_probe isw_probe_hessian_eigenvalues = {
    ISW_PROBE_NAME("hessian_eigenvalues"),
    .row.formula = "all eigenvalues, ascending, of the training loss's Hessian with respect to all weights and biases, "
                   "for networks of at most 256",
    .row.source = "products: Pearlmutter 1994; Golub & Van Loan 2013, section 8.3",
    .quantity.long_name = "eigenvalues of the Hessian, ascending",
    .quantity.units = "1",
    .quantity.per_parameter = true,
    .max_parameters = SPECTRUM_MOST,
    .needs = ISW_NEEDS_CURVATURE,
    .scratch = spectrum_scratch,
    .prepare = spectrum_prepare,
    .finish = finish_spectrum,
    .flops = spectrum_flops,
};

const struct isw_probe isw_probe_hessian_negative = {
    ISW_PROBE_NAME("hessian_negative"),
    .row.formula = "number of eigenvalues of that Hessian below -1e-10 times the largest in magnitude, for networks of "
                   "at most 256 weights and biases",
    .row.source = "as hessian_eigenvalues",
    .quantity.long_name = "negative eigenvalues of the Hessian",
    .quantity.units = "1",
    .quantity.integer = true,
    .max_parameters = SPECTRUM_MOST,
    .needs = ISW_NEEDS_CURVATURE,
    .scratch = spectrum_scratch,
    .prepare = spectrum_prepare,
    .finish = finish_negative,
    .flops = spectrum_flops,
};
