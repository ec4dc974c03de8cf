/* gradient_norm, bias_gradient_norm, weight_norm, bias_norm of each layer: from 0, over inputs i ascending and within
 * them units j ascending, sum = sum + x x, then the root; in float64, by a plain multiplication and addition
 * (docs/numerics.md). batch_gradient_norm and batch_bias_gradient_norm: the same for the batch's gradient, which the
 * engine then passes instead. NaN for the biases of a layer without any. */
#include "probes_internal.h"

/* value[lane] of a [rows][columns][lane] array with rows of `stride` elements */
static void norm(const struct isw_view *view, const void *array, size_t rows, size_t columns, size_t stride,
                 double *value)
{
  double x[ISW_LANES_MAX], sum[ISW_LANES_MAX] = {0.0};
  for (size_t i = 0; i < rows; i++)
    for (size_t j = 0; j < columns; j++) {
      isw_widen(view, array, i * stride + j, x);
      for (size_t l = 0; l < view->lanes; l++) sum[l] = sum[l] + x[l] * x[l];
    }
  for (size_t l = 0; l < view->lanes; l++) value[l] = isw_canonical(sqrt(sum[l]));
}

static void weight_norms(const struct isw_view *view, const void *const *weight, double *value)
{
  for (size_t k = 0; k < view->layers; k++)
    norm(view, weight[k], view->size[k], view->size[k + 1], view->weight_stride[k], value + k * view->lanes);
}

static void bias_norms(const struct isw_view *view, const void *const *bias, double *value)
{
  for (size_t k = 0; k < view->layers; k++) {
    double *of_layer = value + k * view->lanes;
    if (bias[k])
      norm(view, bias[k], 1, view->size[k + 1], view->size[k + 1], of_layer);
    else
      for (size_t l = 0; l < view->lanes; l++) of_layer[l] = (double)NAN;
  }
}

static void gradient_norm(const struct isw_view *view, double *scratch, double *value)
{
  (void)scratch;
  weight_norms(view, view->weight_gradient, value);
}

static void bias_gradient_norm(const struct isw_view *view, double *scratch, double *value)
{
  (void)scratch;
  bias_norms(view, view->bias_gradient, value);
}

static void weight_norm(const struct isw_view *view, double *scratch, double *value)
{
  (void)scratch;
  weight_norms(view, view->weight, value);
}

static void bias_norm(const struct isw_view *view, double *scratch, double *value)
{
  (void)scratch;
  bias_norms(view, view->bias, value);
}

static double weight_flops(size_t layers, const size_t *size, size_t train_samples, size_t test_samples)
{
  (void)train_samples, (void)test_samples;
  double weights = 0.0;
  for (size_t k = 0; k < layers; k++) weights += (double)size[k] * (double)size[k + 1];
  return 2.0 * weights;
}

const struct isw_probe isw_probe_gradient_norm = {
    ISW_PROBE_NAME("gradient_norm"),
    .row.formula = "sqrt(sum_ij (d loss / d w_ij)^2) of each layer",
    .row.source = "docs/numerics.md",
    .quantity.long_name = "L2 norm of the loss's gradient in a layer's weights",
    .quantity.units = "1",
    .quantity.per_layer = true,
    .needs = ISW_NEEDS_GRADIENT,
    .finish = gradient_norm,
    .flops = weight_flops,
};

const struct isw_probe isw_probe_bias_gradient_norm = {
    ISW_PROBE_NAME("bias_gradient_norm"),
    .row.formula = "sqrt(sum_j (d loss / d b_j)^2) of each layer",
    .row.source = "docs/numerics.md",
    .quantity.long_name = "L2 norm of the loss's gradient in a layer's biases",
    .quantity.units = "1",
    .quantity.per_layer = true,
    .needs = ISW_NEEDS_GRADIENT,
    .finish = bias_gradient_norm,
};

const struct isw_probe isw_probe_batch_gradient_norm = {
    ISW_PROBE_NAME("batch_gradient_norm"),
    .row.formula = "sqrt(sum_ij (d batch_loss / d w_ij)^2) of each layer, before clipping",
    .row.source = "docs/numerics.md",
    .quantity.long_name = "L2 norm in a layer's weights of the gradient of the step's minibatch",
    .quantity.units = "1",
    .quantity.per_layer = true,
    .needs = ISW_NEEDS_BATCH,
    .finish = gradient_norm,
    .flops = weight_flops,
};

const struct isw_probe isw_probe_batch_bias_gradient_norm = {
    ISW_PROBE_NAME("batch_bias_gradient_norm"),
    .row.formula = "sqrt(sum_j (d batch_loss / d b_j)^2) of each layer, before clipping",
    .row.source = "docs/numerics.md",
    .quantity.long_name = "L2 norm in a layer's biases of the gradient of the step's minibatch",
    .quantity.units = "1",
    .quantity.per_layer = true,
    .needs = ISW_NEEDS_BATCH,
    .finish = bias_gradient_norm,
};

const struct isw_probe isw_probe_weight_norm = {
    ISW_PROBE_NAME("weight_norm"),
    .row.formula = "sqrt(sum_ij w_ij^2) of each layer",
    .row.source = "docs/numerics.md",
    .quantity.long_name = "L2 norm of a layer's weights",
    .quantity.units = "1",
    .quantity.per_layer = true,
    .finish = weight_norm,
    .flops = weight_flops,
};

const struct isw_probe isw_probe_bias_norm = {
    ISW_PROBE_NAME("bias_norm"),
    .row.formula = "sqrt(sum_j b_j^2) of each layer",
    .row.source = "docs/numerics.md",
    .quantity.long_name = "L2 norm of a layer's biases",
    .quantity.units = "1",
    .quantity.per_layer = true,
    .finish = bias_norm,
};
