/* correlation_map of each layer: c_l = z_a . z_b / (|z_a| |z_b|) of the pre-activations of two inputs of a given
 * correlation c, averaged over 16 pairs, which are the same for all networks: for pair p, u_i and v_i are draws
 * (2 p) n + i and (2 p + 1) n + i of the normal stream (seed 0, replicate 0, purpose PROBE, layer 2), n features; u = u
 * / |u|, v = v - (u . v) u, v = v / |v|; x_a = sqrt(n) u, x_b = sqrt(n) (c u + sqrt(1 - c^2) v), so that |x|^2 = n. The
 * forward passes are float64 at the stored numbers (engine/curvature.c). Sums from 0, units ascending, then pairs
 * ascending. A pair with a vector of zeros is left out; NaN if no pair remains, or for one feature. scratch: [layer]
 * [sum, pairs][lane of curvature], then the two inputs. */
#include "probes_internal.h"

enum { PAIRS = 16, WIDE = ISW_CURVATURE_LANES };

static size_t scratch(const struct isw_view *view)
{
  return 2 * view->layers * isw_curvature_lanes(view) + 2 * view->size[0];
}

static double dot(size_t count, const double *x, const double *y)
{
  double sum = 0.0;
  for (size_t i = 0; i < count; i++) sum = sum + x[i] * y[i];
  return sum;
}

/* The inputs of a pair, [2][n]. */
static void draw_pair(size_t pair, size_t n, double correlation, double *input)
{
  const struct isw_stream stream = {0, 0, ISW_PURPOSE_PROBE, 2};
  double *u = input, *v = input + n, other = sqrt(1.0 - correlation * correlation), size = sqrt((double)n);
  for (size_t i = 0; i < 2 * n; i++) input[i] = isw_normal(&stream, 2 * pair * n + i);
  double norm = sqrt(dot(n, u, u));
  for (size_t i = 0; i < n; i++) u[i] = u[i] / norm;
  double along = dot(n, u, v);
  for (size_t i = 0; i < n; i++) v[i] = v[i] - along * u[i];
  norm = sqrt(dot(n, v, v));
  for (size_t i = 0; i < n; i++) {
    v[i] = size * (correlation * u[i] + other * (v[i] / norm));
    u[i] = size * u[i];
  }
}

static void add_pair(const struct isw_view *view, size_t first, double *memory)
{
  size_t lanes = isw_curvature_lanes(view);
  for (size_t k = 0; k < view->layers; k++) {
    const double *a = isw_curvature_pre_activation(view->curvature, k, 0),
                 *b = isw_curvature_pre_activation(view->curvature, k, 1);
    double *sum = memory + 2 * k * lanes + first, product[WIDE] = {0.0}, aa[WIDE] = {0.0}, bb[WIDE] = {0.0};
    for (size_t i = 0; i < view->size[k + 1] * WIDE; i++) {
      product[i % WIDE] = product[i % WIDE] + a[i] * b[i];
      aa[i % WIDE] = aa[i % WIDE] + a[i] * a[i];
      bb[i % WIDE] = bb[i % WIDE] + b[i] * b[i];
    }
    for (size_t l = 0; l < WIDE; l++) {
      double norms = sqrt(aa[l]) * sqrt(bb[l]);
      if (norms == 0.0) continue;
      sum[l] = sum[l] + product[l] / norms;
      sum[lanes + l] = sum[lanes + l] + 1.0;
    }
  }
}

static void prepare(const struct isw_view *view, double *memory)
{
  size_t lanes = isw_curvature_lanes(view), n = view->size[0];
  double *input = memory + 2 * view->layers * lanes;
  for (size_t i = 0; i < 2 * view->layers * lanes; i++) memory[i] = 0.0;
  for (size_t first = 0; first < view->lanes && n > 1; first += WIDE) {
    if (!isw_curvature_any_finite(view, first)) continue;
    isw_curvature_begin(view->curvature, first);
    for (size_t pair = 0; pair < PAIRS && !isw_curvature_interrupted(view->curvature); pair++) {
      draw_pair(pair, n, view->probe->parameter, input);
      isw_curvature_forward(view->curvature, 2, input);
      add_pair(view, first, memory);
    }
  }
}

static void finish(const struct isw_view *view, double *memory, double *value)
{
  size_t lanes = isw_curvature_lanes(view);
  for (size_t k = 0; k < view->layers; k++)
    for (size_t l = 0; l < view->lanes; l++)
      value[k * view->lanes + l] = isw_canonical(memory[2 * k * lanes + l] / memory[(2 * k + 1) * lanes + l]);
}

/* The work in units of a FLOP of the products: 32 forward passes; then, as measured, activations and sums of the units,
 * the draws of the inputs, which serve several networks, and the widening of the weights. */
static double flops(size_t layers, const size_t *size, size_t train_samples, size_t test_samples)
{
  (void)train_samples, (void)test_samples;
  double sum = 19000.0 + PAIRS * 380.0 * (double)size[0];
  for (size_t k = 0; k < layers; k++)
    sum += (PAIRS * (4.0 * (double)size[k] + 112.0) + 80.0 * (double)size[k]) * (double)size[k + 1];
  return sum;
}

const struct isw_probe isw_probe_correlation_map = {
    ISW_PROBE_NAME("correlation_map"),
    .row.formula = "mean of z_a . z_b / (|z_a| |z_b|) of each layer's pre-activations over 16 fixed pairs of inputs of "
                   "the given correlation and |x|^2 = features",
    .row.parameters = {{.name = "correlation",
                        .type = ISW_REAL,
                        .initial = 0.5,
                        .low = -1.0,
                        .high = 1.0,
                        .about = "x_a . x_b / features of the pairs"}},
    .row.source = "Poole et al. 2016, eq. 5",
    .quantity.long_name = "correlation in a layer's pre-activations of two inputs of a given correlation",
    .quantity.units = "1",
    .quantity.per_layer = true,
    .needs = ISW_NEEDS_CURVATURE,
    .scratch = scratch,
    .prepare = prepare,
    .finish = finish,
    .flops = flops,
};
