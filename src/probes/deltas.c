/* delta_variance of each layer: the variance over all its units and all training samples of delta, the derivative of
 * the sample's own loss by a pre-activation z, in float64 at the stored numbers (engine/curvature.c). Of a layer that
 * normalises z is the number before that. With K, s1 and s2 of isw_curvature_delta_moments and n values it is
 * (s2 - s1 (s1 / n)) / n, at least 0, as for the variance of activations (activation.c). scratch: the values
 * [layer][lane of curvature], then the moments. */
#include "probes_internal.h"

enum { WIDE = ISW_CURVATURE_LANES };

static size_t scratch(const struct isw_view *view)
{
  return view->layers * (isw_curvature_lanes(view) + 3 * WIDE);
}

static void prepare(const struct isw_view *view, double *memory)
{
  size_t lanes = isw_curvature_lanes(view);
  double *moment = memory + view->layers * lanes;
  for (size_t i = 0; i < view->layers * lanes; i++) memory[i] = (double)NAN;
  for (size_t first = 0; first < view->lanes; first += WIDE) {
    if (!isw_curvature_any_finite(view, first)) continue;
    isw_curvature_begin(view->curvature, first);
    isw_curvature_delta_moments(view->curvature, moment);
    for (size_t k = 0; k < view->layers; k++) {
      double n = (double)view->train_samples * (double)view->size[k + 1];
      for (size_t l = 0; l < WIDE; l++) {
        double s1 = moment[(3 * k + 1) * WIDE + l], s2 = moment[(3 * k + 2) * WIDE + l];
        double variance = (s2 - s1 * (s1 / n)) / n;
        if (view->finite[first + l]) memory[k * lanes + first + l] = variance < 0.0 ? 0.0 : variance;
      }
    }
  }
}

static void finish(const struct isw_view *view, double *memory, double *value)
{
  for (size_t k = 0; k < view->layers; k++)
    for (size_t l = 0; l < view->lanes; l++)
      value[k * view->lanes + l] = isw_canonical(memory[k * isw_curvature_lanes(view) + l]);
}

/* The work in units of a FLOP of the products: forward and backward, which the first layer does not need; then, as
 * measured, activations and moments of the units, the calls of a layer, and the widening of the weights. */
static double flops(size_t layers, const size_t *size, size_t train_samples, size_t test_samples)
{
  (void)test_samples;
  double samples = (double)train_samples, sum = 1200.0 * (double)layers;
  for (size_t k = 0; k < layers; k++) {
    double per_weight = (k == 0 ? 2.0 : 4.0) * samples + 150.0;
    sum += (per_weight * (double)size[k] + 300.0 * samples) * (double)size[k + 1];
  }
  return sum;
}

const struct isw_probe isw_probe_delta_variance = {
    ISW_PROBE_NAME("delta_variance"),
    .row.formula = "variance of d L_s / d z over each layer's units and the training samples s, L_s the sample's loss",
    .row.source = "Glorot & Bengio 2010, section 4.2",
    .quantity.long_name = "variance of the derivatives of the loss by a layer's pre-activations",
    .quantity.units = "1",
    .quantity.per_layer = true,
    .needs = ISW_NEEDS_CURVATURE,
    .allows_masks = true,
    .scratch = scratch,
    .prepare = prepare,
    .finish = finish,
    .flops = flops,
};
