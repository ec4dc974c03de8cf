/* input_correlation of each layer: how alike the network sees two inputs a and b, c = z_a . z_b / (|z_a| |z_b|) of the
 * layer's pre-activations (not centred), the mean over pairs of neighbours among at most 32 training samples that are
 * spread evenly (probes_internal.h, isw_chosen). Sums from 0, units ascending, then pairs ascending. A pair with a
 * vector of zeros is left out; NaN where none remains. scratch: [layer][sum, pairs][lane], then of the last chosen
 * sample z [unit of all layers][lane], |z|^2 [layer][lane]. */
#include "probes_internal.h"

enum { SAMPLES = 32 };

static size_t units_of(const struct isw_view *view)
{
  size_t units = 0;
  for (size_t k = 1; k <= view->layers; k++) units += view->size[k];
  return units;
}

static size_t scratch(const struct isw_view *view)
{
  return (3 * view->layers + units_of(view)) * view->lanes;
}

/* Compares z of a sample with that of the previous one, and stores it for the next. */
static void pair(const struct isw_view *view, const void *z, size_t element, size_t units, bool first, double *sum,
                 double *last, double *last_square)
{
  size_t lanes = view->lanes;
  double x[ISW_LANES_MAX], square[ISW_LANES_MAX] = {0.0}, product[ISW_LANES_MAX] = {0.0};
  for (size_t j = 0; j < units; j++) {
    isw_widen(view, z, element + j, x);
    for (size_t l = 0; l < lanes; l++) {
      square[l] = square[l] + x[l] * x[l];
      product[l] = product[l] + x[l] * last[j * lanes + l];
      last[j * lanes + l] = x[l];
    }
  }
  for (size_t l = 0; l < lanes; l++) {
    double norms = sqrt(square[l]) * sqrt(last_square[l]);
    last_square[l] = square[l];
    if (first || norms == 0.0) continue;
    sum[l] = sum[l] + product[l] / norms;
    sum[lanes + l] = sum[lanes + l] + 1.0;
  }
}

static void block(const struct isw_view *view, const struct isw_block *part, double *memory)
{
  if (part->test) return;
  size_t lanes = view->lanes;
  for (size_t s = 0; s < part->samples; s++) {
    if (!isw_chosen(part->first + s, view->train_samples, SAMPLES)) continue;
    double *last = memory + 2 * view->layers * lanes, *square = last + units_of(view) * lanes;
    for (size_t k = 0; k < view->layers; last += view->size[++k] * lanes)
      pair(view, part->pre_activation[k], s * part->activation_stride[k], view->size[k + 1], part->first + s == 0,
           memory + 2 * k * lanes, last, square + k * lanes);
  }
}

static void finish(const struct isw_view *view, double *memory, double *value)
{
  size_t lanes = view->lanes;
  for (size_t k = 0; k < view->layers; k++)
    for (size_t l = 0; l < lanes; l++)
      value[k * lanes + l] = isw_canonical(memory[2 * k * lanes + l] / memory[(2 * k + 1) * lanes + l]);
}

static double flops(size_t layers, const size_t *size, size_t train_samples, size_t test_samples)
{
  (void)test_samples;
  double units = 0.0;
  for (size_t k = 1; k <= layers; k++) units += (double)size[k];
  return 4.0 * units * (double)(train_samples < SAMPLES ? train_samples : SAMPLES);
}

const struct isw_probe isw_probe_input_correlation = {
    ISW_PROBE_NAME("input_correlation"),
    .row.formula = "mean of z_a . z_b / (|z_a| |z_b|) of each layer's pre-activations over neighbours among 32 "
                   "training samples spread evenly",
    .row.source = "Poole et al. 2016, eq. 5",
    .quantity.long_name = "correlation of two inputs in a layer's pre-activations",
    .quantity.units = "1",
    .quantity.per_layer = true,
    .needs = ISW_NEEDS_TRAIN | ISW_NEEDS_TRAIN_UNITS,
    .scratch = scratch,
    .block = block,
    .finish = finish,
    .flops = flops,
};
