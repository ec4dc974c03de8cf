/* How the weights of each layer, without biases, differ from the initial ones:
 *   distance_from_start   the norm of w - w_start: from 0, inputs ascending and within them units, sum = sum + d d,
 *                         then the root
 *   weight_sign_changes   weights that are now of the other sign; those that are or were 0 do not count
 *   first_moved           the optimiser steps after which a weight first differs in value from its start (0 and -0 are
 *                         one value), -1: never; once a network. The engine looks after every step. */
#include "probes_internal.h"

static void distance(const struct isw_view *view, double *scratch, double *value)
{
  (void)scratch;
  double w[ISW_LANES_MAX], start[ISW_LANES_MAX];
  for (size_t k = 0; k < view->layers; k++) {
    double *sum = value + k * view->lanes;
    for (size_t l = 0; l < view->lanes; l++) sum[l] = 0.0;
    for (size_t i = 0; i < view->size[k]; i++)
      for (size_t j = 0; j < view->size[k + 1]; j++) {
        isw_widen(view, view->weight[k], i * view->weight_stride[k] + j, w);
        isw_widen(view, view->weight_start[k], i * view->weight_stride[k] + j, start);
        for (size_t l = 0; l < view->lanes; l++) {
          double d = w[l] - start[l];
          sum[l] = sum[l] + d * d;
        }
      }
    for (size_t l = 0; l < view->lanes; l++) sum[l] = isw_canonical(sqrt(sum[l]));
  }
}

static void sign_changes(const struct isw_view *view, double *scratch, double *value)
{
  (void)scratch;
  double w[ISW_LANES_MAX], start[ISW_LANES_MAX];
  for (size_t k = 0; k < view->layers; k++) {
    double *changes = value + k * view->lanes;
    for (size_t l = 0; l < view->lanes; l++) changes[l] = view->finite[l] ? 0.0 : -1.0;
    for (size_t i = 0; i < view->size[k]; i++)
      for (size_t j = 0; j < view->size[k + 1]; j++) {
        isw_widen(view, view->weight[k], i * view->weight_stride[k] + j, w);
        isw_widen(view, view->weight_start[k], i * view->weight_stride[k] + j, start);
        for (size_t l = 0; l < view->lanes; l++)
          if (view->finite[l] && ((w[l] > 0.0 && start[l] < 0.0) || (w[l] < 0.0 && start[l] > 0.0))) changes[l] += 1.0;
      }
  }
}

static double flops(size_t layers, const size_t *size, size_t train_samples, size_t test_samples)
{
  (void)train_samples, (void)test_samples;
  double weights = 0.0;
  for (size_t k = 0; k < layers; k++) weights += (double)size[k] * (double)size[k + 1];
  return 3.0 * weights;
}

const struct isw_probe isw_probe_distance_from_start = {
    ISW_PROBE_NAME("distance_from_start"),
    .row.formula = "sqrt(sum_ij (w_ij - start_ij)^2) of each layer",
    .row.source = "docs/numerics.md",
    .quantity.long_name = "L2 distance of a layer's weights from their start",
    .quantity.units = "1",
    .quantity.per_layer = true,
    .needs = ISW_NEEDS_START,
    .finish = distance,
    .flops = flops,
};

const struct isw_probe isw_probe_weight_sign_changes = {
    ISW_PROBE_NAME("weight_sign_changes"),
    .row.formula = "number of weights of each layer whose sign is opposite to their initial sign; zeros do not count",
    .row.source = "docs/numerics.md",
    .quantity.long_name = "weights of a layer whose sign changed since the start",
    .quantity.units = "1",
    .quantity.per_layer = true,
    .quantity.integer = true,
    .needs = ISW_NEEDS_START,
    .finish = sign_changes,
    .flops = flops,
};

const struct isw_probe isw_probe_first_moved = {
    ISW_PROBE_NAME("first_moved"),
    .row.formula = "steps after which a weight of the layer first differs from its initial value, exact to the step, "
                   "one value per network; -1: never",
    .row.source = "docs/numerics.md",
    .quantity.long_name = "steps after which a layer's weights first differ from their start",
    .quantity.units = "1",
    .quantity.per_layer = true,
    .quantity.integer = true,
    .quantity.per_run = true,
    .needs = ISW_NEEDS_START,
    .tracks_first_change = true,
};
