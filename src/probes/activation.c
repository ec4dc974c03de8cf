/* activation_mean, activation_variance of each layer: over all its units and all samples of the training set, after the
 * activation. For the last layer that is the output (or the logits), for the last layer of a residual branch the sum h
 * + alpha f. pre_activation_mean, pre_activation_variance: the same before the activation. K is the first unit's
 * activation on the first sample, n the number of values; from 0, samples ascending and within them units ascending,
 *   s1 = s1 + (a - K), s2 = s2 + (a - K) (a - K); mean = K + s1 / n, variance = (s2 - s1 (s1 / n)) / n, at least 0.
 * The shift by K keeps the variance of nearly constant activations accurate (Chan, Golub & LeVeque 1983) and makes that
 * of constant ones 0. scratch [layer][K, s1, s2][lane]. */
#include "probes_internal.h"

static size_t scratch(const struct isw_view *view)
{
  return view->layers * 3 * view->lanes;
}

static void block(const struct isw_view *view, const struct isw_block *part, const void *const *number, double *memory)
{
  if (part->test) return;
  size_t lanes = view->lanes;
  double a[ISW_LANES_MAX];
  for (size_t k = 0; k < view->layers; k++) {
    double *shift = memory + k * 3 * lanes, *s1 = shift + lanes, *s2 = s1 + lanes;
    if (part->first == 0) isw_widen(view, number[k], 0, shift);
    for (size_t s = 0; s < part->samples; s++)
      for (size_t j = 0; j < view->size[k + 1]; j++) {
        isw_widen(view, number[k], s * part->activation_stride[k] + j, a);
        for (size_t l = 0; l < lanes; l++) {
          double d = a[l] - shift[l];
          s1[l] = s1[l] + d;
          s2[l] = s2[l] + d * d;
        }
      }
  }
}

static void block_activation(const struct isw_view *view, const struct isw_block *part, double *memory)
{
  block(view, part, part->activation, memory);
}

static void block_pre_activation(const struct isw_view *view, const struct isw_block *part, double *memory)
{
  block(view, part, part->pre_activation, memory);
}

static double values(const struct isw_view *view, size_t k)
{
  return (double)view->train_samples * (double)view->size[k + 1];
}

static void finish_mean(const struct isw_view *view, double *memory, double *value)
{
  size_t lanes = view->lanes;
  for (size_t k = 0; k < view->layers; k++) {
    const double *shift = memory + k * 3 * lanes, *s1 = shift + lanes;
    for (size_t l = 0; l < lanes; l++) value[k * lanes + l] = isw_canonical(shift[l] + s1[l] / values(view, k));
  }
}

static void finish_variance(const struct isw_view *view, double *memory, double *value)
{
  size_t lanes = view->lanes;
  for (size_t k = 0; k < view->layers; k++) {
    const double *s1 = memory + (k * 3 + 1) * lanes, *s2 = s1 + lanes;
    for (size_t l = 0; l < lanes; l++) {
      double variance = (s2[l] - s1[l] * (s1[l] / values(view, k))) / values(view, k);
      value[k * lanes + l] = variance < 0.0 ? 0.0 : isw_canonical(variance);
    }
  }
}

static double flops(size_t layers, const size_t *size, size_t train_samples, size_t test_samples)
{
  (void)test_samples;
  double units = 0.0;
  for (size_t k = 1; k <= layers; k++) units += (double)size[k];
  return 4.0 * units * (double)train_samples;
}

const struct isw_probe isw_probe_activation_mean = {
    ISW_PROBE_NAME("activation_mean"),
    .row.formula = "mean of each layer's activations over its units and the training set",
    .row.source = "Glorot & Bengio 2010, section 3",
    .quantity.long_name = "mean activation of a layer",
    .quantity.units = "1",
    .quantity.per_layer = true,
    .needs = ISW_NEEDS_TRAIN,
    .scratch = scratch,
    .block = block_activation,
    .finish = finish_mean,
    .flops = flops,
};

const struct isw_probe isw_probe_activation_variance = {
    ISW_PROBE_NAME("activation_variance"),
    .row.formula = "variance of each layer's activations over its units and the training set, divided by their number",
    .row.source = "Glorot & Bengio 2010, section 3",
    .quantity.long_name = "variance of a layer's activations",
    .quantity.units = "1",
    .quantity.per_layer = true,
    .needs = ISW_NEEDS_TRAIN,
    .scratch = scratch,
    .block = block_activation,
    .finish = finish_variance,
    .flops = flops,
};

const struct isw_probe isw_probe_pre_activation_mean = {
    ISW_PROBE_NAME("pre_activation_mean"),
    .row.formula = "mean of each layer's pre-activations z over its units and the training set",
    .row.source = "Poole et al. 2016",
    .quantity.long_name = "mean pre-activation of a layer",
    .quantity.units = "1",
    .quantity.per_layer = true,
    .needs = ISW_NEEDS_TRAIN | ISW_NEEDS_TRAIN_UNITS,
    .scratch = scratch,
    .block = block_pre_activation,
    .finish = finish_mean,
    .flops = flops,
};

const struct isw_probe isw_probe_pre_activation_variance = {
    ISW_PROBE_NAME("pre_activation_variance"),
    .row.formula =
        "variance of each layer's pre-activations z over its units and the training set, divided by their number",
    .row.source = "Poole et al. 2016",
    .quantity.long_name = "variance of a layer's pre-activations",
    .quantity.units = "1",
    .quantity.per_layer = true,
    .needs = ISW_NEEDS_TRAIN | ISW_NEEDS_TRAIN_UNITS,
    .scratch = scratch,
    .block = block_pre_activation,
    .finish = finish_variance,
    .flops = flops,
};
