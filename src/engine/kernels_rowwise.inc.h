/* Part of kernels.inc.h: kernels that pass over arrays element by element or row by row: sums in float64, scaling,
 * residual branches, and the rows of the model's tables of activations, losses and optimisers. */

/* ---- sums in float64 --------------------------------------------------------------------------------------------- */

enum { NAME(LANES) = ISW_LINE_BYTES / sizeof(REAL) };

static void NAME(sum_loss)(size_t samples, const void *loss, double *sum)
{
  const REAL *x = loss;
  for (size_t s = 0; s < samples; s++)
    for (size_t l = 0; l < NAME(LANES); l++) sum[l] = sum[l] + (double)x[s * NAME(LANES) + l];
}

static void NAME(sum_squares)(size_t rows, size_t units, size_t stride, const void *x, double *sum)
{
  for (size_t i = 0; i < rows; i++) {
    const REAL *row = (const REAL *)x + i * stride * NAME(LANES);
    for (size_t j = 0; j < units; j++)
      for (size_t l = 0; l < NAME(LANES); l++) {
        double number = (double)row[j * NAME(LANES) + l];
        sum[l] = sum[l] + number * number;
      }
  }
}

static void NAME(scale)(size_t rows, size_t units, size_t stride, const void *factor, void *x)
{
  const V *f = factor;
  for (size_t i = 0; i < rows; i++)
    for (size_t j = 0; j < units; j++)
      for (size_t part = 0; part < PARTS; part++) {
        V *number = (V *)x + (i * stride + j) * PARTS + part;
        *number = *number * f[part];
      }
}

static void NAME(apply_mask)(size_t rows, size_t units, size_t stride, const void *mask, void *x, void *nonfinite_mask)
{
  V none[PARTS] = {0}, *nonfinite = nonfinite_mask ? nonfinite_mask : none;
  for (size_t i = 0; i < rows; i++)
    for (size_t j = 0; j < units; j++)
      for (size_t part = 0; part < PARTS; part++) {
        size_t at = (i * stride + j) * PARTS + part;
        V kept = SELECT(((const V *)mask)[at] > K(0.0), ((const V *)x)[at], K(0.0));
        nonfinite[part] = FMA(kept, K(0.0), nonfinite[part]);
        ((V *)x)[at] = kept;
      }
}

/* ---- residual branches ------------------------------------------------------------------------------------------- */

static void NAME(residual_forward)(size_t samples, size_t units, size_t stride, const void *scale, const void *f,
                                   const void *h, void *sum)
{
  const V *alpha = scale;
  for (size_t s = 0; s < samples; s++)
    for (size_t j = 0; j < units; j++)
      for (size_t part = 0; part < PARTS; part++) {
        size_t at = (s * stride + j) * PARTS + part;
        ((V *)sum)[at] = FMA(alpha[part], ((const V *)f)[at], ((const V *)h)[at]);
      }
}

static void NAME(residual_backward_scale)(size_t samples, size_t units, size_t stride, const void *scale,
                                          const void *sum_delta, void *delta)
{
  const V *alpha = scale;
  for (size_t s = 0; s < samples; s++)
    for (size_t j = 0; j < units; j++)
      for (size_t part = 0; part < PARTS; part++) {
        size_t at = (s * stride + j) * PARTS + part;
        ((V *)delta)[at] = alpha[part] * ((const V *)sum_delta)[at];
      }
}

static void NAME(residual_backward_add)(size_t samples, size_t units, size_t stride, const void *more, void *delta)
{
  for (size_t s = 0; s < samples; s++)
    for (size_t i = s * stride * PARTS; i < (s * stride + units) * PARTS; i++)
      ((V *)delta)[i] = ((const V *)delta)[i] + ((const V *)more)[i];
}

/* sums [lines] = (first ? 0 : sums) + sum over samples of sum_delta f: a sum for each unit, because a single one would
 * wait for the latency of each addition */
INLINE void NAME(sum_branch_terms)(size_t samples, size_t lines, size_t stride, const void *sum_delta, const void *f,
                                   void *sums, bool first)
{
  V *sum = sums;
  for (size_t i = 0; first && i < lines * PARTS; i++) sum[i] = K(0.0);
  for (size_t s = 0; s < samples; s++) {
    const V *d = (const V *)sum_delta + s * stride * PARTS, *value = (const V *)f + s * stride * PARTS;
    for (size_t i = 0; i < lines * PARTS; i++) sum[i] = FMA(d[i], value[i], sum[i]);
  }
}

static void NAME(residual_scale_gradient)(size_t samples, size_t units, size_t stride, const void *sum_delta,
                                          const void *f, void *sums, void *gradient, bool first)
{
  const V *sum = sums;
  NAME(sum_branch_terms)(samples, units, stride, sum_delta, f, sums, first);
  for (size_t part = 0; part < PARTS; part++) {
    V total = K(0.0);
    for (size_t j = 0; j < units; j++) total = total + sum[j * PARTS + part];
    ((V *)gradient)[part] = total;
  }
}

/* ---- rows of the model's tables ---------------------------------------------------------------------------------- */

#define ISW_ACTIVATION(name, parameters, needs_z, value_at_0, slope_at_0, curvature_at_0, monotone, gain, g, dg, d2g,  \
                       formula, source)                                                                                \
  static void NAME(value_##name)(size_t samples, size_t units, size_t stride, const void *z_rows,                      \
                                 const void *parameter, void *a_rows)                                                  \
  {                                                                                                                    \
    for (size_t s = 0; s < samples; s++) {                                                                             \
      const V *from = (const V *)z_rows + s * stride * PARTS;                                                          \
      V *to = (V *)a_rows + s * stride * PARTS;                                                                        \
      for (size_t j = 0; j < units; j++)                                                                               \
        for (size_t part = 0; part < PARTS; part++) {                                                                  \
          V z = from[j * PARTS + part], p0 = ((const V *)parameter)[part];                                             \
          (void)p0;                                                                                                    \
          to[j * PARTS + part] = g;                                                                                    \
        }                                                                                                              \
    }                                                                                                                  \
  }                                                                                                                    \
                                                                                                                       \
  static void NAME(slope_##name)(size_t samples, size_t units, size_t stride, const void *z_rows, const void *a_rows,  \
                                 const void *parameter, void *delta_rows)                                              \
  {                                                                                                                    \
    for (size_t s = 0; s < samples; s++) {                                                                             \
      const V *z_row = (const V *)((needs_z) ? z_rows : a_rows) + s * stride * PARTS;                                  \
      const V *a_row = (const V *)a_rows + s * stride * PARTS;                                                         \
      V *delta = (V *)delta_rows + s * stride * PARTS;                                                                 \
      for (size_t j = 0; j < units; j++)                                                                               \
        for (size_t part = 0; part < PARTS; part++) {                                                                  \
          V z = z_row[j * PARTS + part], a = a_row[j * PARTS + part], p0 = ((const V *)parameter)[part];               \
          (void)z, (void)a, (void)p0;                                                                                  \
          delta[j * PARTS + part] = delta[j * PARTS + part] * (dg);                                                    \
        }                                                                                                              \
    }                                                                                                                  \
  }
#include "model/activations.def"
#undef ISW_ACTIVATION

/* The Hessian is computed in float64 in either precision. */
#if BITS == 64
#define ISW_ACTIVATION(name, parameters, needs_z, value_at_0, slope_at_0, curvature_at_0, monotone, gain, g, dg, d2g,  \
                       formula, source)                                                                                \
  static void NAME(curvature_##name)(size_t samples, size_t units, size_t stride, const void *z_rows,                  \
                                     const void *a_rows, const void *parameter, void *delta_rows)                      \
  {                                                                                                                    \
    for (size_t s = 0; s < samples; s++)                                                                               \
      for (size_t j = 0; j < units; j++)                                                                               \
        for (size_t part = 0; part < PARTS; part++) {                                                                  \
          size_t at = (s * stride + j) * PARTS + part;                                                                 \
          V z = ((const V *)z_rows)[at], a = ((const V *)a_rows)[at], p0 = ((const V *)parameter)[part];               \
          (void)z, (void)a, (void)p0;                                                                                  \
          ((V *)delta_rows)[at] = ((V *)delta_rows)[at] * (d2g);                                                       \
        }                                                                                                              \
  }
#include "model/activations.def"
#undef ISW_ACTIVATION
#define CURVATURE(name) NAME(curvature_##name)
#else
#define CURVATURE(name) NULL
#endif

static const struct isw_activation_kernels NAME(activation)[] = {
#define ISW_ACTIVATION(name, ...) {NAME(value_##name), NAME(slope_##name), CURVATURE(name)},
#include "model/activations.def"
#undef ISW_ACTIVATION
};

#define ISW_LOSS_FUNCTIONS
#include "model/losses.def"
#undef ISW_LOSS_FUNCTIONS

/* The rows' functions need one sample's outputs side by side, as vectors; if a line has several, they are copied to
 * and from scratch. */
#define ISW_LOSS(name, ...)                                                                                            \
  static void NAME(loss_rows_##name)(size_t samples, size_t outputs, size_t stride, const void *y_rows,                \
                                     const void *target_rows, const void *parameter, double scale_number,              \
                                     void *delta_rows, void *loss_rows, void *scratch)                                 \
  {                                                                                                                    \
    V scale = K(scale_number), *shared = scratch, *y_part = shared + outputs, *delta_part = y_part + outputs;          \
    for (size_t s = 0; s < samples; s++) {                                                                             \
      const V *y = (const V *)y_rows + s * stride * PARTS;                                                             \
      const REAL *target = (const REAL *)target_rows + s * outputs;                                                    \
      V *delta = (V *)delta_rows + s * stride * PARTS, *loss = (V *)loss_rows + s * PARTS;                             \
      for (size_t j = 0; j < outputs; j++) shared[j] = K(target[j]);                                                   \
      if (PARTS == 1) {                                                                                                \
        loss[0] = NAME(loss_##name)(outputs, y, shared, ((const V *)parameter)[0], scale, delta);                      \
        continue;                                                                                                      \
      }                                                                                                                \
      for (size_t part = 0; part < PARTS; part++) {                                                                    \
        for (size_t j = 0; j < outputs; j++) y_part[j] = y[j * PARTS + part];                                          \
        loss[part] = NAME(loss_##name)(outputs, y_part, shared, ((const V *)parameter)[part], scale, delta_part);      \
        for (size_t j = 0; j < outputs; j++) delta[j * PARTS + part] = delta_part[j];                                  \
      }                                                                                                                \
    }                                                                                                                  \
  }
#include "model/losses.def"
#undef ISW_LOSS

static isw_loss_kernel *const NAME(loss)[] = {
#define ISW_LOSS(name, ...) NAME(loss_rows_##name),
#include "model/losses.def"
#undef ISW_LOSS
};

#if BITS == 64
#define ISW_LOSS(name, ...)                                                                                            \
  static void NAME(loss_hessian_rows_##name)(size_t samples, size_t outputs, size_t stride, const void *y_rows,        \
                                             const void *target_rows, const void *parameter, double scale_number,      \
                                             void *r_rows, void *scratch)                                              \
  {                                                                                                                    \
    V *y_part = scratch, *r_part = y_part + outputs, scale = K(scale_number);                                          \
    for (size_t s = 0; s < samples; s++) {                                                                             \
      const V *y = (const V *)y_rows + s * stride * PARTS;                                                             \
      const REAL *target = (const REAL *)target_rows + s * outputs;                                                    \
      V *r = (V *)r_rows + s * stride * PARTS;                                                                         \
      for (size_t part = 0; part < PARTS; part++) {                                                                    \
        for (size_t j = 0; j < outputs; j++) y_part[j] = y[j * PARTS + part], r_part[j] = r[j * PARTS + part];         \
        NAME(loss_hessian_##name)(outputs, y_part, target, ((const V *)parameter)[part], scale, r_part);               \
        for (size_t j = 0; j < outputs; j++) r[j * PARTS + part] = r_part[j];                                          \
      }                                                                                                                \
    }                                                                                                                  \
  }
#include "model/losses.def"
#undef ISW_LOSS

static isw_loss_hessian_kernel *const NAME(loss_hessian_product)[] = {
#define ISW_LOSS(name, ...) NAME(loss_hessian_rows_##name),
#include "model/losses.def"
#undef ISW_LOSS
};
#else
static isw_loss_hessian_kernel *const NAME(loss_hessian_product)[] = {NULL};
#endif

#define ISW_OPTIMIZER_FUNCTIONS
#include "model/optimizers.def"
#undef ISW_OPTIMIZER_FUNCTIONS

/* w 0 is 0 if w is finite, otherwise NaN: the cheapest test in an update. */
#define ISW_OPTIMIZER(name, parameters, states, changing, decoupled, ...)                                              \
  static void NAME(update_rows_##name)(size_t rows, size_t units, size_t stride, void *w_rows, const void *g_rows,     \
                                       void *const *state, const void *rate_lines, const void *decay_line,             \
                                       void *nonfinite_mask_line)                                                      \
  {                                                                                                                    \
    for (size_t part = 0; part < PARTS; part++) {                                                                      \
      V rate[8], decay = ((const V *)decay_line)[part], nonfinite_mask = ((V *)nonfinite_mask_line)[part];             \
      UNROLL for (size_t i = 0; i < 8; i++) rate[i] = ((const V *)rate_lines)[i * PARTS + part];                       \
      for (size_t i = 0; i < rows; i++)                                                                                \
        for (size_t j = 0; j < units; j++) {                                                                           \
          size_t at = (i * stride + j) * PARTS + part;                                                                 \
          V w = ((V *)w_rows)[at], g = ((const V *)g_rows)[at], s[2] = {K(0.0), K(0.0)};                               \
          if ((states) > 0) s[0] = ((V *)state[0])[at];                                                                \
          if ((states) > 1) s[1] = ((V *)state[1])[at];                                                                \
          if (decoupled)                                                                                               \
            w = decay * w;                                                                                             \
          else                                                                                                         \
            g = FMA(decay, w, g);                                                                                      \
          w = NAME(update_##name)(w, g, s, rate);                                                                      \
          nonfinite_mask = FMA(w, K(0.0), nonfinite_mask);                                                             \
          ((V *)w_rows)[at] = w;                                                                                       \
          if ((states) > 0) ((V *)state[0])[at] = s[0];                                                                \
          if ((states) > 1) ((V *)state[1])[at] = s[1];                                                                \
        }                                                                                                              \
      ((V *)nonfinite_mask_line)[part] = nonfinite_mask;                                                               \
    }                                                                                                                  \
  }
#include "model/optimizers.def"
#undef ISW_OPTIMIZER

static isw_update_kernel *const NAME(update)[] = {
#define ISW_OPTIMIZER(name, ...) NAME(update_rows_##name),
#include "model/optimizers.def"
#undef ISW_OPTIMIZER
};
