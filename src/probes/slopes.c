/* From g'(z), the derivative that training uses, of every unit on every training sample; the last layer's is that of
 * the output_activation (logits: 1):
 *   dead_fraction        units whose slope is exactly 0 on all samples, which no gradient passes, over the layer's
 *                        units
 *   saturated_fraction   pairs of unit and sample with |g'(z)| < 0.01, over all pairs
 * Counts are integers, so the order of their sums does not matter. scratch: dead: [unit of all layers][lane] 1 if the
 * unit was seen alive; saturated: [layer][lane] the count. */
#include "probes_internal.h"

static size_t dead_scratch(const struct isw_view *view)
{
  size_t units = 0;
  for (size_t k = 1; k <= view->layers; k++) units += view->size[k];
  return units * view->lanes;
}

static void dead_block(const struct isw_view *view, const struct isw_block *part, double *alive)
{
  if (part->test) return;
  size_t lanes = view->lanes;
  double slope[ISW_LANES_MAX];
  for (size_t k = 0; k < view->layers; alive += view->size[++k] * lanes)
    for (size_t s = 0; s < part->samples; s++)
      for (size_t j = 0; j < view->size[k + 1]; j++) {
        isw_widen(view, part->slope[k], s * part->activation_stride[k] + j, slope);
        for (size_t l = 0; l < lanes; l++) alive[j * lanes + l] = slope[l] != 0.0 ? 1.0 : alive[j * lanes + l];
      }
}

static void dead_finish(const struct isw_view *view, double *alive, double *value)
{
  size_t lanes = view->lanes;
  for (size_t k = 0; k < view->layers; alive += view->size[++k] * lanes)
    for (size_t l = 0; l < lanes; l++) {
      double dead = 0.0;
      for (size_t j = 0; j < view->size[k + 1]; j++) dead += 1.0 - alive[j * lanes + l];
      value[k * lanes + l] = dead / (double)view->size[k + 1];
    }
}

static size_t saturated_scratch(const struct isw_view *view)
{
  return view->layers * view->lanes;
}

static void saturated_block(const struct isw_view *view, const struct isw_block *part, double *count)
{
  if (part->test) return;
  double slope[ISW_LANES_MAX];
  for (size_t k = 0; k < view->layers; k++)
    for (size_t s = 0; s < part->samples; s++)
      for (size_t j = 0; j < view->size[k + 1]; j++) {
        isw_widen(view, part->slope[k], s * part->activation_stride[k] + j, slope);
        for (size_t l = 0; l < view->lanes; l++) count[k * view->lanes + l] += fabs(slope[l]) < 0.01 ? 1.0 : 0.0;
      }
}

static void saturated_finish(const struct isw_view *view, double *count, double *value)
{
  for (size_t k = 0; k < view->layers; k++)
    for (size_t l = 0; l < view->lanes; l++)
      value[k * view->lanes + l] =
          count[k * view->lanes + l] / ((double)view->train_samples * (double)view->size[k + 1]);
}

static double flops(size_t layers, const size_t *size, size_t train_samples, size_t test_samples)
{
  (void)test_samples;
  double units = 0.0;
  for (size_t k = 1; k <= layers; k++) units += (double)size[k];
  return 2.0 * units * (double)train_samples;
}

const struct isw_probe isw_probe_dead_fraction = {
    ISW_PROBE_NAME("dead_fraction"),
    .row.formula = "fraction of each layer's units with g'(z) = 0 on every training sample",
    .row.source = "Lu et al. 2020, Dying ReLU and initialization",
    .quantity.long_name = "share of a layer's units that are dead on the training set",
    .quantity.units = "1",
    .quantity.per_layer = true,
    .needs = ISW_NEEDS_TRAIN | ISW_NEEDS_SLOPES,
    .scratch = dead_scratch,
    .block = dead_block,
    .finish = dead_finish,
    .flops = flops,
};

const struct isw_probe isw_probe_saturated_fraction = {
    ISW_PROBE_NAME("saturated_fraction"),
    .row.formula = "fraction of each layer's pairs of unit and training sample with |g'(z)| < 0.01",
    .row.source = "after Glorot & Bengio 2010, section 3",
    .quantity.long_name = "share of a layer's units and samples that are saturated",
    .quantity.units = "1",
    .quantity.per_layer = true,
    .needs = ISW_NEEDS_TRAIN | ISW_NEEDS_SLOPES,
    .scratch = saturated_scratch,
    .block = saturated_block,
    .finish = saturated_finish,
    .flops = flops,
};
