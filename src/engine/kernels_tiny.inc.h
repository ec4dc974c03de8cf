/* Part of kernels.inc.h: full-batch sgd of the smallest networks, 2-2-1 on four samples (XOR and its like) by mse.
 * Everything is in registers from step to step, and nothing is called but what the activation calls: as many steps
 * as possible are to be under way in the processor at once, for each is one long chain of waits. */

enum { NAME(TINY_UNITS) = 2, NAME(TINY_SAMPLES) = 4 };

/* A vector's share of the networks. */
struct NAME(tiny) {
  V weight[2][NAME(TINY_UNITS)], bias[NAME(TINY_UNITS)], out[NAME(TINY_UNITS)], out_bias;
};

INLINE void NAME(tiny_copy)(const struct isw_small *small, size_t part, struct NAME(tiny) * n, bool back)
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

INLINE V NAME(tiny_move)(V w, V g, V rate, V decay, V *check)
{
  w = NAME(update_sgd)(w, FMA(decay, w, g), NULL, &rate);
  *check = *check + (w - w); /* NOLINT(misc-redundant-expression): not 0 where w is not finite */
  return w;
}

#define TINY_EACH(i, count) UNROLL for (size_t i = 0; i < (count); i++)

#define ISW_ACTIVATION(name, parameters, needs_z, value_at_0, slope_at_0, curvature_at_0, monotone, gain, g, dg, d2g,  \
                       formula, source)                                                                                \
  static uint64_t NAME(tiny_##name)(const struct isw_small *small, uint64_t most, const double *loss_below)            \
  {                                                                                                                    \
    struct NAME(tiny) net[PARTS];                                                                                      \
    const REAL *x = small->inputs, *target = small->targets;                                                           \
    const V scale = K(small->scale);                                                                                   \
    uint64_t step = 0;                                                                                                 \
    TINY_EACH(part, PARTS) NAME(tiny_copy)(small, part, &net[part], false);                                            \
    while (step < most) {                                                                                              \
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
          V loss = NAME(loss_mse)(1, &y, target + s, K(0.0), scale, &delta[part][s]);                                  \
          if (loss_below) ((V *)small->loss)[s * PARTS + part] = loss;                                                 \
          sum = sum + loss;                                                                                            \
        }                                                                                                              \
        finite = finite && !ANY_NAN(sum - sum);                                                                        \
      }                                                                                                                \
      if (!finite || (loss_below && !NAME(small_goes_on)(small, loss_below))) break;                                   \
      step++;                                                                                                          \
      bool nan = false;                                                                                                \
      TINY_EACH(part, PARTS)                                                                                           \
      {                                                                                                                \
        struct NAME(tiny) *n = &net[part];                                                                             \
        const V *d = delta[part];                                                                                      \
        V p0 = ((const V *)small->hidden_parameter)[part], check = K(0.0), out_bias = K(0.0);                          \
        V rate = ((const V *)small->rate)[part], decay = ((const V *)small->decay)[part];                              \
        V bias_decay = ((const V *)small->bias_decay)[part],                                                           \
          output_decay = ((const V *)small->output_bias_decay)[part];                                                  \
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
          TINY_EACH(i, 2) n->weight[i][j] = NAME(tiny_move)(n->weight[i][j], weight[i], rate, decay, &check);          \
          n->bias[j] = NAME(tiny_move)(n->bias[j], bias, rate, bias_decay, &check);                                    \
          n->out[j] = NAME(tiny_move)(n->out[j], out, rate, decay, &check);                                            \
        }                                                                                                              \
        TINY_EACH(s, NAME(TINY_SAMPLES)) out_bias = out_bias + d[s];                                                   \
        n->out_bias = NAME(tiny_move)(n->out_bias, out_bias, rate, output_decay, &check);                              \
        ((V *)small->check)[part] = check;                                                                             \
        nan = nan || ANY_NAN(check);                                                                                   \
      }                                                                                                                \
      if (nan) break;                                                                                                  \
    }                                                                                                                  \
    TINY_EACH(part, PARTS) NAME(tiny_copy)(small, part, &net[part], true);                                             \
    return step;                                                                                                       \
  }
#include "model/activations.def"
#undef ISW_ACTIVATION
#undef TINY_EACH

static uint64_t (*const NAME(tiny)[])(const struct isw_small *, uint64_t, const double *) = {
#define ISW_ACTIVATION(name, ...) NAME(tiny_##name),
#include "model/activations.def"
#undef ISW_ACTIVATION
};

INLINE bool NAME(is_tiny)(const struct isw_small *small)
{
  return small->layers == 2 && small->samples == NAME(TINY_SAMPLES) && small->features == 2 &&
         small->layer[0].fan_out == NAME(TINY_UNITS) && small->layer[1].fan_out == 1 && small->output_linear &&
         NAME(loss)[small->loss_row] == NAME(losses_mse) && NAME(update)[small->optimizer_row] == NAME(updates_sgd);
}
