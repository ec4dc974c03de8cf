/* Part of kernels.inc.h: full-batch sgd of the smallest networks, 2-2-1 on four samples (XOR and its like) by mse. All
 * numbers stay in registers from step to step, and only the activation may call functions: a step is one long chain of
 * dependent instructions, so the processor needs many of them in flight. */

enum { NAME(TINY_UNITS) = 2, NAME(TINY_SAMPLES) = 4 };

/* The networks of one vector. */
struct NAME(tiny) {
  V weight[2][NAME(TINY_UNITS)], bias[NAME(TINY_UNITS)], out[NAME(TINY_UNITS)], out_bias;
};

INLINE void NAME(tiny_copy)(const struct isw_small_pack *small, size_t part, struct NAME(tiny) * n, bool back)
{
  const struct isw_layer *l = small->layer, *o = l + 1;
  const size_t units = NAME(TINY_UNITS);
  for (size_t i = 0; i < 4 * units + 1; i++) {
    V *here, *there;
    if (i < 2 * units) {
      here = &n->weight[i / units][i % units];
      there = (V *)l->weight + (i / units * l->stride + i % units) * PARTS;
    } else if (i < 3 * units) {
      here = &n->bias[i - 2 * units];
      there = (V *)l->bias + (i - 2 * units) * PARTS;
    } else if (i < 4 * units) {
      here = &n->out[i - 3 * units];
      there = (V *)o->weight + (i - 3 * units) * o->stride * PARTS;
    } else {
      here = &n->out_bias;
      there = (V *)o->bias;
    }
    if (back)
      there[part] = *here;
    else
      *here = there[part];
  }
}

INLINE V NAME(tiny_update)(V w, V g, V rate, V decay, V *nonfinite_mask)
{
  w = NAME(update_sgd)(w, FMA(decay, w, g), NULL, &rate);
  *nonfinite_mask = *nonfinite_mask + (w - w); /* NOLINT(misc-redundant-expression): NaN where w is not finite */
  return w;
}

#define TINY_EACH(i, count) UNROLL for (size_t i = 0; i < (count); i++)

#define ISW_ACTIVATION(name, parameters, needs_z, value_at_0, slope_at_0, curvature_at_0, monotone, gain, g, dg, d2g,  \
                       formula, source)                                                                                \
  static uint64_t NAME(tiny_##name)(const struct isw_small_pack *small, uint64_t max_steps, const double *loss_below)  \
  {                                                                                                                    \
    struct NAME(tiny) net[PARTS];                                                                                      \
    const REAL *x = small->inputs, *target = small->targets;                                                           \
    const V scale = K(small->scale);                                                                                   \
    uint64_t step = 0;                                                                                                 \
    TINY_EACH(part, PARTS) NAME(tiny_copy)(small, part, &net[part], false);                                            \
    while (step < max_steps) {                                                                                         \
      V kept[PARTS][NAME(TINY_SAMPLES)][NAME(TINY_UNITS)], kept_z[PARTS][NAME(TINY_SAMPLES)][NAME(TINY_UNITS)];        \
      V delta[PARTS][NAME(TINY_SAMPLES)];                                                                              \
      bool finite = true;                                                                                              \
      TINY_EACH(part, PARTS)                                                                                           \
      {                                                                                                                \
        struct NAME(tiny) *n = &net[part];                                                                             \
        V p0 = ((const V *)small->hidden_parameter)[part], sum = K(0.0);                                               \
        (void)p0;                                                                                                      \
        TINY_EACH(s, NAME(TINY_SAMPLES))                                                                               \
        {                                                                                                              \
          V y = n->out_bias;                                                                                           \
          TINY_EACH(j, NAME(TINY_UNITS))                                                                               \
          {                                                                                                            \
            V z = FMA(K(x[2 * s + 1]), n->weight[1][j], FMA(K(x[2 * s]), n->weight[0][j], n->bias[j]));                \
            V a = g;                                                                                                   \
            if (needs_z) kept_z[part][s][j] = z;                                                                       \
            kept[part][s][j] = a;                                                                                      \
            y = FMA(a, n->out[j], y);                                                                                  \
          }                                                                                                            \
          V t = K(target[s]), loss = NAME(loss_mse)(1, &y, &t, K(0.0), scale, &delta[part][s]);                        \
          if (loss_below) ((V *)small->loss)[s * PARTS + part] = loss;                                                 \
          sum = sum + loss;                                                                                            \
        }                                                                                                              \
        finite = finite && !ANY_NAN(sum - sum);                                                                        \
      }                                                                                                                \
      if (!finite || (loss_below && !NAME(small_losses_go_on)(small, loss_below))) break;                              \
      step++;                                                                                                          \
      bool nan = false;                                                                                                \
      TINY_EACH(part, PARTS)                                                                                           \
      {                                                                                                                \
        struct NAME(tiny) *n = &net[part];                                                                             \
        const V *d = delta[part];                                                                                      \
        V p0 = ((const V *)small->hidden_parameter)[part], nonfinite_mask = K(0.0), out_bias = K(0.0);                 \
        const struct isw_layer_rates *of = small->rates; /* the same rates for all */                                  \
        V rate = ((const V *)of->rate[0])[part], decay = ((const V *)of->decay[0])[part];                              \
        V bias_decay = ((const V *)of->decay[1])[part], output_decay = ((const V *)of[1].decay[1])[part];              \
        (void)p0;                                                                                                      \
        TINY_EACH(j, NAME(TINY_UNITS))                                                                                 \
        {                                                                                                              \
          V out = K(0.0), bias = K(0.0), weight[2] = {K(0.0), K(0.0)};                                                 \
          TINY_EACH(s, NAME(TINY_SAMPLES))                                                                             \
          {                                                                                                            \
            V a = kept[part][s][j], z = (needs_z) ? kept_z[part][s][j] : a;                                            \
            (void)z, (void)a;                                                                                          \
            V below = FMA(d[s], n->out[j], K(0.0)) * (dg);                                                             \
            out = FMA(a, d[s], out);                                                                                   \
            bias = bias + below;                                                                                       \
            TINY_EACH(i, 2) weight[i] = FMA(K(x[2 * s + i]), below, weight[i]);                                        \
          }                                                                                                            \
          TINY_EACH(i, 2)                                                                                              \
          n->weight[i][j] = NAME(tiny_update)(n->weight[i][j], weight[i], rate, decay, &nonfinite_mask);               \
          n->bias[j] = NAME(tiny_update)(n->bias[j], bias, rate, bias_decay, &nonfinite_mask);                         \
          n->out[j] = NAME(tiny_update)(n->out[j], out, rate, decay, &nonfinite_mask);                                 \
        }                                                                                                              \
        TINY_EACH(s, NAME(TINY_SAMPLES)) out_bias = out_bias + d[s];                                                   \
        n->out_bias = NAME(tiny_update)(n->out_bias, out_bias, rate, output_decay, &nonfinite_mask);                   \
        ((V *)small->nonfinite_mask)[part] = nonfinite_mask;                                                           \
        nan = nan || ANY_NAN(nonfinite_mask);                                                                          \
      }                                                                                                                \
      if (nan) break;                                                                                                  \
    }                                                                                                                  \
    TINY_EACH(part, PARTS) NAME(tiny_copy)(small, part, &net[part], true);                                             \
    return step;                                                                                                       \
  }
#include "model/activations.def"
#undef ISW_ACTIVATION
#undef TINY_EACH

static isw_small_steps_kernel *const NAME(tiny_steps)[] = {
#define ISW_ACTIVATION(name, ...) NAME(tiny_##name),
#include "model/activations.def"
#undef ISW_ACTIVATION
};
