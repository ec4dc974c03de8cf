/* effective_rank, singular_value_max, singular_value_min of each layer's weight matrix, from its singular values s_c,
 * which matrix.h defines including the order of every sum; the shorter side has the columns. In that order of columns,
 * from 0: total = sum s_c, then with p_c = s_c / total entropy = entropy - p_c log(p_c) (nothing if p_c = 0), and the
 * rank is exp(entropy). NaN if a weight is not finite; the rank of a matrix of zeros is 0. scratch: the matrix, its
 * transpose, then the values [layer][largest shorter side][lane]. */
#include "matrix.h"

static size_t shorter(const struct isw_view *view, size_t k)
{
  return view->size[k] < view->size[k + 1] ? view->size[k] : view->size[k + 1];
}

static size_t scratch(const struct isw_view *view)
{
  size_t values = 0;
  for (size_t k = 0; k < view->layers; k++) values += shorter(view, k);
  return 2 * isw_matrix_scratch(view) + values * view->lanes;
}

static void prepare(const struct isw_view *view, double *memory)
{
  size_t lanes = view->lanes, matrix = isw_matrix_scratch(view);
  double *value = memory + 2 * matrix;
  int exponent[ISW_LANES_MAX];
  for (size_t k = 0; k < view->layers && !isw_view_interrupted(view); k++) {
    size_t fan_in = view->size[k], fan_out = view->size[k + 1];
    isw_matrix_units(view, k, memory, exponent);
    if (fan_out <= fan_in) {
      isw_singular_values(view, lanes, fan_out, fan_in, memory, value);
    } else {
      isw_transpose(lanes, fan_out, fan_in, memory, memory + matrix);
      isw_singular_values(view, lanes, fan_in, fan_out, memory + matrix, value);
    }
    for (size_t c = 0; c < shorter(view, k); c++)
      for (size_t l = 0; l < lanes; l++) value[c * lanes + l] = ldexp(value[c * lanes + l], exponent[l]);
    value += shorter(view, k) * lanes;
  }
}

/* Calls `of` with the singular values of every layer and lane whose weights are finite. */
static void finish(const struct isw_view *view, const double *memory, double *value,
                   double (*of)(size_t count, const double *s, size_t lanes))
{
  size_t lanes = view->lanes;
  const double *s = memory + 2 * isw_matrix_scratch(view);
  for (size_t k = 0; k < view->layers; k++) {
    for (size_t l = 0; l < lanes; l++)
      value[k * lanes + l] = view->finite[l] ? isw_canonical(of(shorter(view, k), s + l, lanes)) : (double)NAN;
    s += shorter(view, k) * lanes;
  }
}

static double largest(size_t count, const double *s, size_t lanes)
{
  double most = 0.0;
  for (size_t c = 0; c < count; c++) most = s[c * lanes] > most ? s[c * lanes] : most;
  return most;
}

static double smallest(size_t count, const double *s, size_t lanes)
{
  double least = INFINITY;
  for (size_t c = 0; c < count; c++) least = s[c * lanes] < least ? s[c * lanes] : least;
  return least;
}

static double rank(size_t count, const double *s, size_t lanes)
{
  double total = 0.0, entropy = 0.0, most = largest(count, s, lanes);
  if (most == 0.0) return 0.0;
  for (size_t c = 0; c < count; c++) total = total + s[c * lanes] / most;
  for (size_t c = 0; c < count; c++) {
    double p = s[c * lanes] / most / total;
    if (p > 0.0) entropy = entropy - p * isw_exact_log(p);
  }
  return isw_exact_exp(entropy);
}

static void finish_rank(const struct isw_view *view, double *memory, double *value)
{
  finish(view, memory, value, rank);
}

static void finish_max(const struct isw_view *view, double *memory, double *value)
{
  finish(view, memory, value, largest);
}

static void finish_min(const struct isw_view *view, double *memory, double *value)
{
  finish(view, memory, value, smallest);
}

/* Assumes about 7 sweeps, each with 12 operations per row and pair of columns. */
static double flops(size_t layers, const size_t *size, size_t train_samples, size_t test_samples)
{
  (void)train_samples, (void)test_samples;
  double sum = 0.0;
  for (size_t k = 0; k < layers; k++) {
    double a = (double)size[k], b = (double)size[k + 1], columns = a < b ? a : b, rows = a < b ? b : a;
    sum += 7.0 * 12.0 * rows * columns * (columns - 1.0) / 2.0;
  }
  return sum;
}

#define SINGULAR_VALUES(probe, formula_text, source_text, words, function)                                             \
  const struct isw_probe isw_probe_##probe = {                                                                         \
      ISW_PROBE_NAME(#probe),    .row.formula = formula_text,                                                          \
      .row.source = source_text, .quantity.long_name = words,                                                          \
      .quantity.units = "1",     .quantity.per_layer = true,                                                           \
      .scratch = scratch,        .prepare = prepare,                                                                   \
      .finish = function,        .flops = flops,                                                                       \
  }

SINGULAR_VALUES(
    effective_rank,
    "exp(-sum_c p_c log p_c), p_c = s_c / sum s, over the singular values s of each layer's weights; 0 for zeros",
    "Roy & Vetterli 2007, definition 1", "effective rank of a layer's weights", finish_rank);
SINGULAR_VALUES(singular_value_max, "largest singular value of each layer's weights", "Hestenes 1958",
                "largest singular value of a layer's weights", finish_max);
SINGULAR_VALUES(singular_value_min,
                "smallest singular value of each layer's weights, of as many as the shorter side of the matrix has",
                "Hestenes 1958", "smallest singular value of a layer's weights", finish_min);
