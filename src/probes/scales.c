/* residual_scale, residual_scale_gradient: alpha of each residual branch and the loss's derivative by it, at the layer
 * that ends the branch; NaN at all other layers and, for the derivative, if alpha is not trained. docs/numerics.md
 * defines the order of its sums. */
#include "probes_internal.h"

static void copy(const struct isw_view *view, const void *const *scale, double *value)
{
  double x[ISW_LANES_MAX];
  for (size_t k = 0; k < view->layers; k++) {
    if (scale[k]) isw_widen(view, scale[k], 0, x);
    for (size_t l = 0; l < view->lanes; l++) value[k * view->lanes + l] = scale[k] ? isw_canonical(x[l]) : (double)NAN;
  }
}

static void scale(const struct isw_view *view, double *scratch, double *value)
{
  (void)scratch;
  copy(view, view->scale, value);
}

static void gradient(const struct isw_view *view, double *scratch, double *value)
{
  (void)scratch;
  copy(view, view->scale_gradient, value);
}

const struct isw_probe isw_probe_residual_scale = {
    ISW_PROBE_NAME("residual_scale"),
    .row.formula = "alpha of the residual branch h + alpha f(h) that ends with the layer; NaN where none does",
    .row.source = "Bachlechner et al. 2020, eq. 3",
    .quantity.long_name = "scale of the residual branch that ends with a layer",
    .quantity.units = "1",
    .quantity.per_layer = true,
    .finish = scale,
};

const struct isw_probe isw_probe_residual_scale_gradient = {
    ISW_PROBE_NAME("residual_scale_gradient"),
    .row.formula = "d loss / d alpha of the residual branch that ends with the layer; NaN where none does or alpha "
                   "is not trained",
    .row.source = "docs/numerics.md",
    .quantity.long_name = "loss's derivative by the scale of the residual branch that ends with a layer",
    .quantity.units = "1",
    .quantity.per_layer = true,
    .needs = ISW_NEEDS_GRADIENT,
    .finish = gradient,
};
