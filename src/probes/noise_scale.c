/* The variation among the gradients g_s of each training sample's own loss by all weights and biases, in float64 at the
 * stored numbers (engine/curvature.c; a layer's |g_s|^2 is |delta|^2 (1 + |a|^2)). With G = mean g_s, m
 * = mean |g_s|^2 over N samples:
 *   gradient_variance      S = (m - |G|^2) N / (N - 1), the unbiased trace of the gradients' covariance
 *   gradient_noise_scale   S / (|G|^2 - S / N), B_simple with the unbiased square of the true gradient: McCandlish et
 *                          al. 2018, appendix A.1 with B_small = 1 and B_big = N
 * The noise scale is negative if the estimate of the square is, near the end of training; both are NaN for N = 1.
 * |G|^2 is summed from 0 over the parameters in curvature's order. scratch: S and |G|^2 [lanes of
 * curvature], then a gradient. */
#include "probes_internal.h"

enum { WIDE = ISW_CURVATURE_LANES };

static size_t scratch(const struct isw_view *view)
{
  return 2 * isw_curvature_lanes(view) + view->trained * WIDE;
}

static void prepare(const struct isw_view *view, double *memory)
{
  size_t lanes = isw_curvature_lanes(view);
  double *variance = memory, *square = memory + lanes, *gradient = square + lanes;
  double samples = (double)view->train_samples, mean[WIDE];
  for (size_t l = 0; l < 2 * lanes; l++) memory[l] = (double)NAN;
  for (size_t first = 0; first < view->lanes; first += WIDE) {
    if (view->train_samples < 2 || !isw_curvature_any_finite(view, first)) continue;
    isw_curvature_begin(view->curvature, first);
    isw_curvature_gradient(view->curvature, gradient);
    isw_curvature_sample_squares(view->curvature, mean);
    for (size_t l = 0; l < WIDE; l++) {
      double sum = 0.0;
      for (size_t i = 0; i < view->trained; i++) sum = sum + gradient[i * WIDE + l] * gradient[i * WIDE + l];
      square[first + l] = sum;
      variance[first + l] = (mean[l] - sum) * (samples / (samples - 1.0));
    }
  }
}

static void finish_variance(const struct isw_view *view, double *memory, double *value)
{
  for (size_t l = 0; l < view->lanes; l++) value[l] = isw_canonical(memory[l]);
}

static void finish_scale(const struct isw_view *view, double *memory, double *value)
{
  double samples = (double)view->train_samples;
  for (size_t l = 0; l < view->lanes; l++)
    value[l] = isw_canonical(memory[l] / (memory[isw_curvature_lanes(view) + l] - memory[l] / samples));
}

/* Forward, backward and gradient, and the squares. */
static double flops(size_t layers, const size_t *size, size_t train_samples, size_t test_samples)
{
  (void)test_samples;
  double weights = 0.0;
  for (size_t k = 0; k < layers; k++) weights += ((double)size[k] + 1.0) * (double)size[k + 1];
  return 10.0 * weights * (double)train_samples;
}

const struct isw_probe isw_probe_gradient_variance = {
    ISW_PROBE_NAME("gradient_variance"),
    .row.formula = "S = (mean |g_s|^2 - |G|^2) N / (N - 1), g_s the gradient of sample s of N with respect to all "
                   "weights and biases, G "
                   "their mean",
    .row.source = "McCandlish et al. 2018, appendix A.1",
    .quantity.long_name = "trace of the covariance of the samples' gradients",
    .quantity.units = "1",
    .needs = ISW_NEEDS_CURVATURE,
    .scratch = scratch,
    .prepare = prepare,
    .finish = finish_variance,
    .flops = flops,
};

const struct isw_probe isw_probe_gradient_noise_scale = {
    ISW_PROBE_NAME("gradient_noise_scale"),
    .row.formula = "B_simple = S / (|G|^2 - S / N), S gradient_variance and G the gradient of N samples with respect "
                   "to all weights and biases",
    .row.source = "McCandlish et al. 2018, eq. 2.9 and appendix A.1",
    .quantity.long_name = "simple gradient noise scale, in samples",
    .quantity.units = "1",
    .needs = ISW_NEEDS_CURVATURE,
    .scratch = scratch,
    .prepare = prepare,
    .finish = finish_scale,
    .flops = flops,
};
