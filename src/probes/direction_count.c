/* direction_count: the effective number of directions of the first hidden layer's units, each unit weighted by its
 * amplitude. v_j = [w_j, b_j] are a unit's incoming weights and its bias (without biases w_j alone), A_j = |v_j| |u_j|
 * its amplitude, u_j its outgoing weights; p_j = A_j / sum A, and the count is 1 / sum_ij p_i p_j Z_ij, where Z_ij is 1
 * if the angle of v_i and v_j has a cosine of at least 0.99, else 0: k groups of equal amplitude in k directions count
 * k. NaN without hidden layers, or if all amplitudes are 0 or one is not finite. Sums from 0, inputs, the bias last, or
 * outgoing weights ascending; i outside, j inside. scratch: v [unit][input and bias][lane], then |v| and A
 * [unit][lane]. */
#include "matrix.h"

static size_t inputs_of(const struct isw_view *view)
{
  return view->size[0] + 1;
}

static size_t scratch(const struct isw_view *view)
{
  return view->layers > 1 ? view->size[1] * (inputs_of(view) + 2) * view->lanes : 0;
}

static void dot(size_t lanes, size_t count, const double *a, const double *b, double *product)
{
  for (size_t l = 0; l < lanes; l++) product[l] = 0.0;
  for (size_t i = 0; i < count; i++)
    for (size_t l = 0; l < lanes; l++) product[l] = product[l] + a[i * lanes + l] * b[i * lanes + l];
}

/* v, its norms and the amplitudes of all units, in units of a power of 2 of each lane. */
static void find_amplitudes(const struct isw_view *view, double *vector, double *norm, double *amplitude)
{
  size_t lanes = view->lanes, features = view->size[0], inputs = inputs_of(view), units = view->size[1];
  int exponent[ISW_LANES_MAX];
  bool finite[ISW_LANES_MAX];
  double w[ISW_LANES_MAX];
  for (size_t j = 0; j < units; j++) {
    double *v = vector + j * inputs * lanes;
    for (size_t i = 0; i < features; i++)
      isw_widen(view, view->weight[0], i * view->weight_stride[0] + j, v + i * lanes);
    for (size_t l = 0; l < lanes; l++) v[features * lanes + l] = 0.0;
    if (view->bias[0]) isw_widen(view, view->bias[0], j, v + features * lanes);
  }
  isw_matrix_scale(lanes, units * inputs, vector, exponent, finite);
  for (size_t j = 0; j < units; j++) {
    const double *v = vector + j * inputs * lanes;
    double *a = amplitude + j * lanes;
    dot(lanes, inputs, v, v, norm + j * lanes);
    for (size_t l = 0; l < lanes; l++) norm[j * lanes + l] = sqrt(norm[j * lanes + l]);
    for (size_t l = 0; l < lanes; l++) a[l] = 0.0;
    for (size_t o = 0; o < view->size[2]; o++) {
      isw_widen(view, view->weight[1], j * view->weight_stride[1] + o, w);
      for (size_t l = 0; l < lanes; l++) a[l] = a[l] + w[l] * w[l];
    }
    for (size_t l = 0; l < lanes; l++) a[l] = finite[l] ? norm[j * lanes + l] * sqrt(a[l]) : (double)NAN;
  }
}

static void prepare(const struct isw_view *view, double *memory)
{
  if (view->layers < 2) return;
  size_t lanes = view->lanes, inputs = inputs_of(view), units = view->size[1];
  double *norm = memory + units * inputs * lanes, *amplitude = norm + units * lanes, product[ISW_LANES_MAX];
  double pairs[ISW_LANES_MAX] = {0.0}, sum[ISW_LANES_MAX] = {0.0};
  find_amplitudes(view, memory, norm, amplitude);
  for (size_t i = 0; i < units; i++) {
    if (isw_view_interrupted(view)) return;
    for (size_t l = 0; l < lanes; l++) sum[l] = sum[l] + amplitude[i * lanes + l];
    for (size_t j = 0; j < units; j++) {
      dot(lanes, inputs, memory + i * inputs * lanes, memory + j * inputs * lanes, product);
      for (size_t l = 0; l < lanes; l++) {
        bool near = i == j || product[l] >= 0.99 * (norm[i * lanes + l] * norm[j * lanes + l]);
        pairs[l] = pairs[l] + (near ? amplitude[i * lanes + l] * amplitude[j * lanes + l] : 0.0);
      }
    }
  }
  for (size_t l = 0; l < lanes; l++) amplitude[l] = sum[l] * (sum[l] / pairs[l]);
}

static void finish(const struct isw_view *view, double *memory, double *value)
{
  const double *count = memory + (view->layers > 1 ? view->size[1] * (inputs_of(view) + 1) * view->lanes : 0);
  for (size_t l = 0; l < view->lanes; l++) value[l] = view->layers > 1 ? isw_canonical(count[l]) : (double)NAN;
}

static double flops(size_t layers, const size_t *size, size_t train_samples, size_t test_samples)
{
  (void)train_samples, (void)test_samples;
  double units = layers > 1 ? (double)size[1] : 0.0, inputs = (double)size[0] + 1.0;
  return 2.0 * (units * units * (inputs + 7.0) + 10.0 * units * inputs + 300.0); /* the latter two as measured */
}

const struct isw_probe isw_probe_direction_count = {
    ISW_PROBE_NAME("direction_count"),
    .row.formula = "1 / sum_ij p_i p_j [cos(v_i, v_j) >= 0.99] over first-layer units, v incoming weights and bias, p "
                   "proportional to |v| |u|, u outgoing weights",
    .row.source = "condensation: Luo et al. 2021; count: Leinster & Cobbold 2012, order 2",
    .quantity.long_name = "effective number of directions of the first hidden layer's units, weighted by amplitude",
    .quantity.units = "1",
    .scratch = scratch,
    .prepare = prepare,
    .finish = finish,
    .flops = flops,
};
