/* mean_cosine of each layer: the mean over pairs of units a < b, a outside, of |w_a . w_b| / (|w_a| |w_b|), where w is
 * a unit's incoming weights without its bias. Sums from 0, inputs ascending, then pairs in that order; each pair's dot
 * product is divided by the product of the norms. Units whose weights are all 0 have no direction and are left out; NaN
 * if fewer than two remain. scratch: the values [layer][lane], the units' weights [unit][input][lane], then their norms
 * [unit][lane]. */
#include "matrix.h"
#include <string.h>

static size_t scratch(const struct isw_view *view)
{
  size_t most = 0;
  for (size_t k = 1; k <= view->layers; k++)
    if (view->size[k] > most) most = view->size[k];
  return isw_matrix_scratch(view) + (view->layers + most) * view->lanes;
}

static void dot(size_t lanes, size_t inputs, const double *a, const double *b, double *product)
{
  for (size_t l = 0; l < lanes; l++) product[l] = 0.0;
  for (size_t i = 0; i < inputs; i++)
    for (size_t l = 0; l < lanes; l++) product[l] = product[l] + a[i * lanes + l] * b[i * lanes + l];
}

static void layer_cosine(const struct isw_view *view, size_t k, double *unit, double *norm, double *value)
{
  size_t lanes = view->lanes, inputs = view->size[k], units = view->size[k + 1];
  int exponent[ISW_LANES_MAX];
  double sum[ISW_LANES_MAX] = {0.0}, pairs[ISW_LANES_MAX] = {0.0}, product[ISW_LANES_MAX];
  isw_matrix_units(view, k, unit, exponent);
  for (size_t a = 0; a < units; a++) {
    const double *row = unit + a * inputs * lanes;
    dot(lanes, inputs, row, row, norm + a * lanes);
    for (size_t l = 0; l < lanes; l++) norm[a * lanes + l] = sqrt(norm[a * lanes + l]);
  }
  for (size_t a = 0; a < units; a++)
    for (size_t b = a + 1; b < units; b++) {
      if (isw_view_interrupted(view)) return;
      dot(lanes, inputs, unit + a * inputs * lanes, unit + b * inputs * lanes, product);
      for (size_t l = 0; l < lanes; l++) {
        double norms = norm[a * lanes + l] * norm[b * lanes + l];
        sum[l] = sum[l] + (norms > 0.0 ? fabs(product[l]) / norms : 0.0);
        pairs[l] = pairs[l] + (norms > 0.0 ? 1.0 : 0.0);
      }
    }
  for (size_t l = 0; l < lanes; l++) value[l] = isw_canonical(sum[l] / pairs[l]);
}

static void prepare(const struct isw_view *view, double *memory)
{
  double *unit = memory + view->layers * view->lanes, *norm = unit + isw_matrix_scratch(view);
  for (size_t k = 0; k < view->layers && !isw_view_interrupted(view); k++)
    layer_cosine(view, k, unit, norm, memory + k * view->lanes);
}

static void finish(const struct isw_view *view, double *memory, double *value)
{
  memcpy(value, memory, view->layers * view->lanes * sizeof *value);
}

static double flops(size_t layers, const size_t *size, size_t train_samples, size_t test_samples)
{
  (void)train_samples, (void)test_samples;
  double sum = 0.0;
  for (size_t k = 0; k < layers; k++) sum += (double)size[k] * (double)size[k + 1] * (double)(size[k + 1] + 1);
  return sum;
}

const struct isw_probe isw_probe_mean_cosine = {
    ISW_PROBE_NAME("mean_cosine"),
    .row.formula = "mean over pairs of a layer's units of |w_a . w_b| / (|w_a| |w_b|), w the incoming weights; units "
                   "whose weights are all 0 are left out",
    .row.source = "docs/numerics.md",
    .quantity.long_name = "mean absolute cosine between incoming weights of a layer's units",
    .quantity.units = "1",
    .quantity.per_layer = true,
    .scratch = scratch,
    .prepare = prepare,
    .finish = finish,
    .flops = flops,
};
