/* update_ratio of each layer: the relative change of its weights (not biases) per step since the previous record: |w -
 * w'| / |w'| / (t - t'), w' and t' being the weights and step of the previous record. NaN at the first record; infinite
 * if w' is 0 and w is not, NaN if both are. With records at consecutive steps it is the size of the update relative to
 * the weights; between records further apart only the net displacement counts, not the length of the path. Sums as in
 * norms.c. Persistent scratch: 1 + step of the previous record, then its weights [layer][input][unit][lane]. */
#include "probes_internal.h"

static size_t scratch(const struct isw_view *view)
{
  size_t weights = 0;
  for (size_t k = 0; k < view->layers; k++) weights += view->size[k] * view->size[k + 1];
  return 1 + weights * view->lanes;
}

static void finish(const struct isw_view *view, double *memory, double *value)
{
  size_t lanes = view->lanes;
  double w[ISW_LANES_MAX], *before = memory + 1, steps = (double)view->step - (memory[0] - 1.0);
  bool first = memory[0] == 0.0;
  for (size_t k = 0; k < view->layers; k++) {
    double change[ISW_LANES_MAX] = {0.0}, size[ISW_LANES_MAX] = {0.0};
    for (size_t i = 0; i < view->size[k]; i++)
      for (size_t j = 0; j < view->size[k + 1]; j++, before += lanes) {
        isw_widen(view, view->weight[k], i * view->weight_stride[k] + j, w);
        for (size_t l = 0; l < lanes; l++) {
          double d = w[l] - before[l];
          change[l] = change[l] + d * d;
          size[l] = size[l] + before[l] * before[l];
          before[l] = w[l];
        }
      }
    for (size_t l = 0; l < lanes; l++)
      value[k * lanes + l] = first ? (double)NAN : isw_canonical(sqrt(change[l]) / sqrt(size[l]) / steps);
  }
  memory[0] = (double)view->step + 1.0;
}

static double flops(size_t layers, const size_t *size, size_t train_samples, size_t test_samples)
{
  (void)train_samples, (void)test_samples;
  double weights = 0.0;
  for (size_t k = 0; k < layers; k++) weights += (double)size[k] * (double)size[k + 1];
  return 5.0 * weights;
}

const struct isw_probe isw_probe_update_ratio = {
    ISW_PROBE_NAME("update_ratio"),
    .row.formula = "|w - w'| / |w'| / (t - t') of each layer, w' and t' the weights and step of the previous record",
    .row.source = "docs/numerics.md",
    .quantity.long_name = "relative change of a layer's weights a step since the record before",
    .quantity.units = "1",
    .quantity.per_layer = true,
    .needs_previous_record = true,
    .scratch = scratch,
    .persistent_scratch = scratch,
    .finish = finish,
    .flops = flops,
};
