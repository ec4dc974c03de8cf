/* Part of kernels.inc.h: full-batch steps of networks whose numbers all stay in the first cache, in one loop without
 * the products' tiles and without keeping gradients. */

/* Four samples at a time, then single ones: a unit's sums in registers, then its activation. */
#define ISW_ACTIVATION(name, parameters, needs_z, value_at_0, slope_at_0, curvature_at_0, monotone, gain, g, dg, d2g,  \
                       formula, source)                                                                                \
  INLINE void NAME(small_forward_unit_##name)(size_t samples, size_t sample, size_t unit, size_t part,                 \
                                              const struct isw_layer *l, const void *in, size_t in_stride,             \
                                              bool shared, V p0)                                                       \
  {                                                                                                                    \
    V sum[4];                                                                                                          \
    const V *w = (const V *)l->weight + unit * PARTS + part;                                                           \
    const V *a = (const V *)in + sample * in_stride * PARTS + part;                                                    \
    const REAL *x = (const REAL *)in + sample * in_stride;                                                             \
    UNROLL for (size_t s = 0; s < samples; s++) sum[s] = l->bias ? ((const V *)l->bias)[unit * PARTS + part] : K(0.0); \
    for (size_t k = 0; k < l->fan_in; k++, w += l->stride * PARTS)                                                     \
      UNROLL for (size_t s = 0; s < samples; s++) sum[s] =                                                             \
          FMA(shared ? K(x[s * in_stride + k]) : a[(s * in_stride + k) * PARTS], *w, sum[s]);                          \
    size_t at = (sample * l->stride + unit) * PARTS + part, step = l->stride * PARTS;                                  \
    UNROLL for (size_t s = 0; s < samples; s++)                                                                        \
    {                                                                                                                  \
      V z = sum[s];                                                                                                    \
      (void)p0;                                                                                                        \
      if (needs_z) ((V *)l->pre_activation)[at + s * step] = z;                                                        \
      ((V *)l->activation)[at + s * step] = g;                                                                         \
    }                                                                                                                  \
  }                                                                                                                    \
                                                                                                                       \
  INLINE void NAME(small_forward_units_##name)(size_t samples, const struct isw_layer *l, const void *in,              \
                                               size_t in_stride, bool shared, const void *parameter)                   \
  {                                                                                                                    \
    for (size_t part = 0; part < PARTS; part++) {                                                                      \
      V p0 = ((const V *)parameter)[part];                                                                             \
      size_t sample = 0;                                                                                               \
      for (; sample + 4 <= samples; sample += 4)                                                                       \
        for (size_t j = 0; j < l->fan_out; j++)                                                                        \
          NAME(small_forward_unit_##name)(4, sample, j, part, l, in, in_stride, shared, p0);                           \
      for (; sample < samples; sample++)                                                                               \
        for (size_t j = 0; j < l->fan_out; j++)                                                                        \
          NAME(small_forward_unit_##name)(1, sample, j, part, l, in, in_stride, shared, p0);                           \
    }                                                                                                                  \
  }                                                                                                                    \
                                                                                                                       \
  static void NAME(small_forward_##name)(size_t samples, const struct isw_layer *l, const void *in, size_t in_stride,  \
                                         bool shared, const void *parameter)                                           \
  {                                                                                                                    \
    if (shared)                                                                                                        \
      NAME(small_forward_units_##name)(samples, l, in, in_stride, true, parameter);                                    \
    else                                                                                                               \
      NAME(small_forward_units_##name)(samples, l, in, in_stride, false, parameter);                                   \
  }                                                                                                                    \
                                                                                                                       \
  INLINE void NAME(small_backward_unit_##name)(size_t samples, size_t sample, size_t unit, size_t part,                \
                                               const struct isw_layer *l, V p0)                                        \
  {                                                                                                                    \
    V sum[4];                                                                                                          \
    const struct isw_layer *below = l - 1;                                                                             \
    const V *w = (const V *)l->weight + unit * l->stride * PARTS + part;                                               \
    const V *delta = (const V *)l->delta + sample * l->stride * PARTS + part;                                          \
    UNROLL for (size_t s = 0; s < samples; s++) sum[s] = K(0.0);                                                       \
    for (size_t j = 0; j < l->fan_out; j++)                                                                            \
      UNROLL for (size_t s = 0; s < samples; s++) sum[s] =                                                             \
          FMA(delta[(s * l->stride + j) * PARTS], w[j * PARTS], sum[s]);                                               \
    size_t at = (sample * below->stride + unit) * PARTS + part, step = below->stride * PARTS;                          \
    UNROLL for (size_t s = 0; s < samples; s++)                                                                        \
    {                                                                                                                  \
      V a = ((const V *)below->activation)[at + s * step];                                                             \
      V z = (needs_z) ? ((const V *)below->pre_activation)[at + s * step] : a;                                         \
      (void)z, (void)a, (void)p0;                                                                                      \
      ((V *)below->delta)[at + s * step] = sum[s] * (dg);                                                              \
    }                                                                                                                  \
  }                                                                                                                    \
                                                                                                                       \
  static void NAME(small_backward_##name)(size_t samples, const struct isw_layer *l, const void *parameter)            \
  {                                                                                                                    \
    for (size_t part = 0; part < PARTS; part++) {                                                                      \
      V p0 = ((const V *)parameter)[part];                                                                             \
      size_t sample = 0;                                                                                               \
      for (; sample + 4 <= samples; sample += 4)                                                                       \
        for (size_t i = 0; i < l->fan_in; i++) NAME(small_backward_unit_##name)(4, sample, i, part, l, p0);            \
      for (; sample < samples; sample++)                                                                               \
        for (size_t i = 0; i < l->fan_in; i++) NAME(small_backward_unit_##name)(1, sample, i, part, l, p0);            \
    }                                                                                                                  \
  }
#include "model/activations.def"
#undef ISW_ACTIVATION

static const struct isw_small_activation_kernels NAME(small_activation)[] = {
#define ISW_ACTIVATION(name, ...) {NAME(small_forward_##name), NAME(small_backward_##name)},
#include "model/activations.def"
#undef ISW_ACTIVATION
};

#define ISW_OPTIMIZER(name, parameters, states, changing, decoupled, ...)                                              \
  INLINE V NAME(small_update_element_##name)(V * w, V g, void *const *state, size_t at, const V *rate, V decay,        \
                                             V nonfinite_mask)                                                         \
  {                                                                                                                    \
    V old = w[at], s[2] = {K(0.0), K(0.0)};                                                                            \
    if ((states) > 0) s[0] = ((V *)state[0])[at];                                                                      \
    if ((states) > 1) s[1] = ((V *)state[1])[at];                                                                      \
    V new = (decoupled) ? NAME(update_##name)(decay * old, g, s, rate)                                                 \
                        : NAME(update_##name)(old, FMA(decay, old, g), s, rate);                                       \
    w[at] = new;                                                                                                       \
    if ((states) > 0) ((V *)state[0])[at] = s[0];                                                                      \
    if ((states) > 1) ((V *)state[1])[at] = s[1];                                                                      \
    return nonfinite_mask + (new - new);                                                                               \
  }                                                                                                                    \
                                                                                                                       \
  INLINE void NAME(small_update_layer_##name)(size_t samples, const struct isw_layer *l, const void *in,               \
                                              size_t in_stride, bool shared, const struct isw_layer_rates *rates,      \
                                              void *nonfinite_mask_line)                                               \
  {                                                                                                                    \
    for (size_t part = 0; part < PARTS; part++) {                                                                      \
      const V *rate_lines = rates->rate[0], *bias_lines = l->bias ? rates->rate[1] : NULL;                             \
      V rate[8], bias_rate[8];                                                                                         \
      V decay = ((const V *)rates->decay[0])[part], bias_decay = ((const V *)rates->decay[1])[part];                   \
      V nonfinite_mask = ((V *)nonfinite_mask_line)[part];                                                             \
      UNROLL for (size_t i = 0; i < 8; i++)                                                                            \
      {                                                                                                                \
        rate[i] = rate_lines ? rate_lines[i * PARTS + part] : K(0.0);                                                  \
        bias_rate[i] = bias_lines ? bias_lines[i * PARTS + part] : K(0.0);                                             \
      }                                                                                                                \
      const V *a = (const V *)in + part;                                                                               \
      const REAL *x = in;                                                                                              \
      size_t step = l->stride * PARTS;                                                                                 \
      for (size_t j = 0; j < l->fan_out; j++) {                                                                        \
        const V *delta = (const V *)l->delta + j * PARTS + part;                                                       \
        V sum = K(0.0), four[4] = {K(0.0)};                                                                            \
        if (samples == 4) UNROLL for (size_t s = 0; s < 4; s++) four[s] = delta[s * step];                             \
        UNROLL for (size_t s = 0; s < samples; s++) sum = sum + (samples == 4 ? four[s] : delta[s * step]);            \
        if (bias_lines)                                                                                                \
          nonfinite_mask = NAME(small_update_element_##name)(l->bias, sum, l->bias_state, j * PARTS + part, bias_rate, \
                                                             bias_decay, nonfinite_mask);                              \
        for (size_t i = 0; rate_lines && i < l->fan_in; i++) {                                                         \
          V g = K(0.0);                                                                                                \
          UNROLL for (size_t s = 0; s < samples; s++) g =                                                              \
              FMA(shared ? K(x[s * in_stride + i]) : a[(s * in_stride + i) * PARTS],                                   \
                  samples == 4 ? four[s] : delta[s * step], g);                                                        \
          nonfinite_mask = NAME(small_update_element_##name)(                                                          \
              l->weight, g, l->weight_state, (i * l->stride + j) * PARTS + part, rate, decay, nonfinite_mask);         \
        }                                                                                                              \
      }                                                                                                                \
      ((V *)nonfinite_mask_line)[part] = nonfinite_mask;                                                               \
    }                                                                                                                  \
  }                                                                                                                    \
                                                                                                                       \
  static void NAME(small_update_##name)(size_t samples, const struct isw_layer *l, const void *in, size_t in_stride,   \
                                        bool shared, const struct isw_layer_rates *rates, void *nonfinite_mask)        \
  {                                                                                                                    \
    if (samples == 4 && shared)                                                                                        \
      NAME(small_update_layer_##name)(4, l, in, in_stride, true, rates, nonfinite_mask);                               \
    else if (samples == 4)                                                                                             \
      NAME(small_update_layer_##name)(4, l, in, in_stride, false, rates, nonfinite_mask);                              \
    else if (shared)                                                                                                   \
      NAME(small_update_layer_##name)(samples, l, in, in_stride, true, rates, nonfinite_mask);                         \
    else                                                                                                               \
      NAME(small_update_layer_##name)(samples, l, in, in_stride, false, rates, nonfinite_mask);                        \
  }
#include "model/optimizers.def"
#undef ISW_OPTIMIZER

static isw_small_update_kernel *const NAME(small_update)[] = {
#define ISW_OPTIMIZER(name, ...) NAME(small_update_##name),
#include "model/optimizers.def"
#undef ISW_OPTIMIZER
};

INLINE bool NAME(any_nan)(const void *line)
{
  bool any = false;
  for (size_t part = 0; part < PARTS; part++) any = any || ANY_NAN(((const V *)line)[part]);
  return any;
}

/* Whether the step may continue with its update: rule 3 of docs/numerics.md; false also in doubtful cases, which the
 * general loop decides. */
INLINE bool NAME(small_losses_go_on)(const struct isw_small_pack *small, const double *loss_below)
{
  for (size_t part = 0; part < PARTS; part++) {
    V sum = K(0.0);
    for (size_t s = 0; s < small->samples; s++) sum = sum + ((const V *)small->loss)[s * PARTS + part];
    if (ANY_NAN(sum - sum)) return false;
  }
  if (!loss_below) return true;
  double sum[ISW_LINE_BYTES / sizeof(REAL)] = {0.0};
  int going = 0;
  NAME(sum_loss)(small->samples, small->loss, sum);
  for (size_t l = 0; l < NAME(LANES); l++) going += sum[l] >= loss_below[l];
  return going == NAME(LANES);
}

static uint64_t NAME(small_steps)(const struct isw_small_pack *small, uint64_t max_steps, const double *loss_below)
{
  const size_t samples = small->samples, last = small->layers - 1;
  const struct isw_layer *output = small->layer + last;
  const struct isw_small_activation_kernels *hidden = &NAME(small_activation)[small->hidden];
  const struct isw_small_activation_kernels *end = &NAME(small_activation)[small->output];
  isw_loss_kernel *loss = NAME(loss)[small->loss_row];
  isw_small_update_kernel *update = NAME(small_update)[small->optimizer_row];
  for (uint64_t step = 0; step < max_steps; step++) {
    for (size_t k = 0; k <= last; k++) {
      const struct isw_layer *l = small->layer + k;
      (k < last ? hidden : end)
          ->forward(samples, l, k ? l[-1].activation : small->inputs, k ? l[-1].stride : small->features, k == 0,
                    k < last ? small->hidden_parameter : small->output_parameter);
    }
    loss(samples, output->fan_out, output->stride, output->activation, small->targets, small->loss_parameter,
         small->scale, output->delta, small->loss, small->loss_scratch);
    if (!NAME(small_losses_go_on)(small, loss_below)) return step;
    if (!small->output_linear) NAME(activation)
    [small->output].slope(samples, output->fan_out, output->stride, output->pre_activation, output->activation,
                          small->output_parameter, output->delta);
    for (size_t k = last;; k--) {
      const struct isw_layer *l = small->layer + k;
      if (k > small->first_trained) hidden->backward(samples, l, small->hidden_parameter);
      update(samples, l, k ? l[-1].activation : small->inputs, k ? l[-1].stride : small->features, k == 0,
             small->rates + k, small->nonfinite_mask);
      if (k <= small->first_trained) break;
    }
    if (NAME(any_nan)(small->nonfinite_mask)) return step + 1;
  }
  return max_steps;
}
