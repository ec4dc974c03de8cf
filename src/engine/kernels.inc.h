/* The one source of all kernels (kernels.h says what each computes). A kernels_ISA.c includes it once per precision, after
 * isa_ISA.h defined
 *   REAL     float or double                 NAME(x)  a name with the includer's suffix
 *   V        a vector of numbers of REAL, or one number; + - * / and comparisons work on it
 *   PARTS    vectors of a line               TILE_ROWS, TILE_COLUMNS  of the products, as the registers allow
 *   CHUNK    terms that a tile sums in one go: so many that its rows' share of `a` stays in the first cache
 *   BLOCK_COLUMNS                            a multiple of TILE_COLUMNS: CHUNK of their lines fill a quarter of the second cache
 *   IN_REGISTER(x)  makes the compiler load x once
 *   K, FMA, SELECT, SQRT, ABS                as src/model/activations.def needs them
 *   ANY_NAN(x)                               whether a number of x is NaN
 *   SLEEF(function, accuracy)                the name of SLEEF's function on a V
 *   OWN_TANH                                 where tanh is to be computed in line, and then ROUND, SCALE, TIMES_SIGN and
 *                                            LESSER(x, y), the smaller number, or y where one of them is NaN; in float64
 *                                            the mask UNLESS_ABOVE(x, limit), true where one is NaN, and OVER(x, y, mask, other):
 *                                            x / y, other where the mask is false
 *   TINY                                     where PARTS are few, for kernels_tiny.inc.h
 * No lane ever touches another, so that a network's numbers do not depend on its neighbours. */

#ifndef INITSWEEP_ENGINE_KERNELS_ONCE
#define INITSWEEP_ENGINE_KERNELS_ONCE
#if defined(__clang__)
#define UNROLL _Pragma("unroll")
#else
#define UNROLL _Pragma("GCC unroll 8")
#endif
#define FETCH(line) __builtin_prefetch(line, 0, 2)
#define INLINE static inline __attribute__((always_inline))
#define TANH(x) NAME(tanh)(x)
#define SIN(x) SLEEF(sin, u35)(x)
#define COS(x) SLEEF(cos, u35)(x)
#define LOG(x) SLEEF(log, u35)(x)
#define EXP(x) SLEEF(exp, u10)(x)
#define EXPM1(x) SLEEF(expm1, u10)(x)
#define LOG1P(x) SLEEF(log1p, u10)(x)
#define ERF(x) SLEEF(erf, u10)(x)
#define KERNELS(suffix)                                                                                                \
  {                                                                                                                    \
    forward_##suffix, forward_first_##suffix, backward_##suffix, gradient_##suffix, gradient_first_##suffix,           \
        bias_gradient_##suffix, sum_loss_##suffix, sum_squares_##suffix, activation_##suffix, loss_##suffix,           \
        bend_##suffix, update_##suffix, scale_##suffix, steps_##suffix, join_##suffix, enter_##suffix, carry_##suffix, \
        scale_gradient_##suffix                                                                                        \
  }
#endif

/* sleef.h shows some of these only under flags of its own. */
V SLEEF(tanh, u35)(V x) __attribute__((const));
V SLEEF(sin, u35)(V x) __attribute__((const));
V SLEEF(cos, u35)(V x) __attribute__((const));
V SLEEF(log, u35)(V x) __attribute__((const));
V SLEEF(exp, u10)(V x) __attribute__((const));
V SLEEF(expm1, u10)(V x) __attribute__((const));
V SLEEF(log1p, u10)(V x) __attribute__((const));
V SLEEF(erf, u10)(V x) __attribute__((const));

/* ---- tanh -------------------------------------------------------------------------------------------------------------- */

/* SLEEF's tanh u35 (3.5.1, finz), with its bits, in line: a call costs as much as the arithmetic of a quarter of it, and all
 * vector registers. Which NaN comes from a NaN is nobody's matter. tanh |x| = e / (e + 2) with e = exp(2 |x|) - 1 = 2^n (1 + p) - 1,
 * p = exp(s) - 1 a polynomial. Comparisons would take the place of multiplications: n is never below 0, so that the lesser of n and 1
 * tells n = 0, where e is p, from the others. Above a limit tanh is 1; in float32 it is so computed at the number next to the limit.
 * test_engine_tanh compares every float32. */
#ifdef OWN_TANH
INLINE V NAME(tanh)(V x)
{
#if BITS == 32
  V size = LESSER(K(0x1.154248p+3), ABS(x)), twice = size + size, n = ROUND(twice * K(0x1.715476p+0));
  V s = FMA(n, K(-0x1.7f7d1cp-20), FMA(n, K(-0x1.62e4p-1), twice)), s2 = s * s;
  V p = FMA(s2, FMA(K(0x1.11114cp-7), s, K(0x1.5554f4p-5)), FMA(K(0x1.555556p-3), s, K(0.5)));
  p = FMA(s2, FMA(s2 * s2, FMA(K(0x1.a057b4p-13), s, K(0x1.6d2d92p-10)), p), s);
#else
  V size = ABS(x), twice = size + size, n = ROUND(twice * K(0x1.71547652b82fep+0));
  V s = FMA(n, K(-0x1.3de6af278ece6p-42), FMA(n, K(-0x1.62e42fefa3p-1), twice)), s2 = s * s, s4 = s2 * s2;
  V p = FMA(s2, FMA(K(0x1.6c16c16c20bap-10), s, K(0x1.111111110eb39p-7)),
            FMA(K(0x1.555555555553ep-5), s, K(0x1.555555555555cp-3)));
  p = FMA(s4,
          FMA(s2, FMA(K(0x1.27e52e0fcd573p-22), s, K(0x1.71ddf1629e6cep-19)),
              FMA(K(0x1.a01a01780879ep-16), s, K(0x1.a01a01b3603f5p-13))),
          p);
  p = FMA(s4 * s4, FMA(K(0x1.1f0e4c4ecd775p-29), s, K(0x1.af68a28cc800ap-26)), p);
  p = s + FMA(s2, K(0.5), s * s2 * p);
#endif
  V one = LESSER(n, K(1.0)), e = SCALE(p + one, n) - one;
#if BITS == 32
  return TIMES_SIGN(e / (e + K(2.0)), x);
#else
  return TIMES_SIGN(OVER(e, e + K(2.0), UNLESS_ABOVE(size, K(0x1.2b70887229e9p+4)), K(1.0)), x);
#endif
}
#else
INLINE V NAME(tanh)(V x)
{
  return SLEEF(tanh, u35)(x);
}
#endif

/* ---- products: forward, backward and gradient are one shape ---------------------------------------------------------- */

/* c[row][column] = start[row][column], then for terms ascending c = fma(a[row][term], b[term][column], c).
 * Strides are in vectors; columns of c and start stand side by side. */
struct NAME(product) {
  size_t rows, columns, terms;
  const V *a;         /* the rows' factor, or */
  const REAL *shared; /* plain numbers that all lanes share; then strides are in numbers */
  size_t a_row, a_term;
  const V *b;
  size_t b_term, b_column;
  ptrdiff_t ahead; /* from a term of b to one that the second cache does not hold yet; 0: none */
  const V *soon;   /* what comes after the product, laid out as c: not in that cache yet either; NULL: nothing */
  const V *start;  /* NULL: 0 */
  size_t start_row;
  V *c;
  size_t c_row;
};

/* a: the rows' factor of the tile, numbers of REAL where they are shared; ahead: NULL, or terms to be fetched, of b's strides */
INLINE void NAME(tile)(const struct NAME(product) * p, const void *a, const V *b, const V *start, V *c, size_t rows,
                       size_t columns, bool shared, const V *ahead)
{
  V sum[TILE_ROWS][TILE_COLUMNS], b_now[TILE_COLUMNS];
  const size_t a_row = p->a_row, a_term = p->a_term, b_term = p->b_term, b_column = p->b_column, c_row = p->c_row;
  const V *lanes = a;
  const REAL *numbers = a;
  UNROLL for (size_t r = 0; r < rows; r++) UNROLL for (size_t k = 0; k < columns; k++) sum[r][k] =
      start ? start[r * p->start_row + k * PARTS] : K(0.0);
  for (size_t left = p->terms; left > 0; left--) {
    UNROLL for (size_t k = 0; k < columns; k++) b_now[k] = b[k * b_column];
    if (ahead) FETCH(ahead);
    UNROLL for (size_t r = 0; r < rows; r++)
    {
      V factor = shared ? K(numbers[r * a_row]) : lanes[r * a_row];
      IN_REGISTER(factor); /* else it is loaded again for every column */
      UNROLL for (size_t k = 0; k < columns; k++) sum[r][k] = FMA(factor, b_now[k], sum[r][k]);
    }
    if (shared)
      numbers += a_term;
    else
      lanes += a_term;
    b += b_term;
    if (ahead) ahead += b_term;
  }
  UNROLL for (size_t r = 0; r < rows; r++) UNROLL for (size_t k = 0; k < columns; k++) c[r * c_row + k * PARTS] =
      sum[r][k];
}

/* Functions of their own: all registers are the tile's. */
typedef void NAME(tile_kernel)(const struct NAME(product) * p, const void *a, const V *b, const V *start, V *c);

#define TILE(r, c)                                                                                                     \
  static __attribute__((noinline)) void NAME(tile_##r##_##c)(const struct NAME(product) * p, const void *a,            \
                                                             const V *b, const V *start, V *to)                        \
  {                                                                                                                    \
    if ((r) <= TILE_ROWS && (c) <= TILE_COLUMNS) NAME(tile)(p, a, b, start, to, r, c, false, NULL);                    \
  }                                                                                                                    \
                                                                                                                       \
  static __attribute__((noinline)) void NAME(tile_shared_##r##_##c)(const struct NAME(product) * p, const void *a,     \
                                                                    const V *b, const V *start, V *to)                 \
  {                                                                                                                    \
    if ((r) <= TILE_ROWS && (c) <= TILE_COLUMNS) NAME(tile)(p, a, b, start, to, r, c, true, NULL);                     \
  }
#define TILES(r) TILE(r, 1) TILE(r, 2) TILE(r, 3) TILE(r, 4)
TILES(1)
TILES(2)
TILES(3)
TILES(4)
TILES(5)
TILES(6)
#undef TILE
#undef TILES

static __attribute__((noinline)) void NAME(tile_ahead)(const struct NAME(product) * p, const void *a, const V *b,
                                                       const V *start, V *c)
{
  NAME(tile)(p, a, b, start, c, TILE_ROWS, TILE_COLUMNS, false, b + p->ahead);
}

static __attribute__((noinline)) void NAME(tile_shared_ahead)(const struct NAME(product) * p, const void *a, const V *b,
                                                              const V *start, V *c)
{
  NAME(tile)(p, a, b, start, c, TILE_ROWS, TILE_COLUMNS, true, b + p->ahead);
}

static NAME(tile_kernel) *const NAME(tile_kernels)[2][6][4] = {
#define TILES(r)                                                                                                       \
  {                                                                                                                    \
    NAME(tile_##r##_1), NAME(tile_##r##_2), NAME(tile_##r##_3), NAME(tile_##r##_4)                                     \
  }
    {TILES(1), TILES(2), TILES(3), TILES(4), TILES(5), TILES(6)},
#undef TILES
#define TILES(r)                                                                                                       \
  {                                                                                                                    \
    NAME(tile_shared_##r##_1), NAME(tile_shared_##r##_2), NAME(tile_shared_##r##_3), NAME(tile_shared_##r##_4)         \
  }
    {TILES(1), TILES(2), TILES(3), TILES(4), TILES(5), TILES(6)},
#undef TILES
};

/* The first rows of tiles fetch what is ahead, a column of each tile's each. */
INLINE void NAME(tiles)(struct NAME(product) * p, size_t from, size_t to, bool shared)
{
  const bool fetches = p->ahead != 0;
  for (size_t row = 0; row < p->rows; row += TILE_ROWS, p->ahead += (ptrdiff_t)p->b_column)
    for (size_t column = from; column < to; column += TILE_COLUMNS) {
      size_t rows = p->rows - row < TILE_ROWS ? p->rows - row : TILE_ROWS;
      size_t columns = to - column < TILE_COLUMNS ? to - column : TILE_COLUMNS;
      NAME(tile_kernel) *tile = NAME(tile_kernels)[shared][rows - 1][columns - 1];
      if (fetches && row < TILE_ROWS * TILE_COLUMNS && rows == TILE_ROWS && columns == TILE_COLUMNS)
        tile = shared ? NAME(tile_shared_ahead) : NAME(tile_ahead);
      for (size_t r = 0; p->soon && r < rows; r++)
        for (size_t k = 0; k < columns * PARTS; k += 64 / sizeof(V))
          FETCH(p->soon + (row + r) * p->c_row + column * PARTS + k);
      for (size_t part = 0; part < PARTS; part++) {
        const void *a = shared ? (const void *)(p->shared + row * p->a_row) : p->a + row * p->a_row + part;
        const V *start = p->start ? p->start + row * p->start_row + column * PARTS + part : NULL;
        tile(p, a, p->b + column * p->b_column + part, start, p->c + row * p->c_row + column * PARTS + part);
      }
    }
}

/* Columns in blocks, whose share of b in a chunk of terms stays in the second cache while all rows pass; chunk by chunk of
 * terms; between chunks the sums wait in c and then go on in the same order. */
INLINE void NAME(multiply)(const struct NAME(product) * product, bool shared)
{
  const bool large = product->columns * product->terms * ISW_LINE > 1 << 20;
  for (size_t from = 0; from < product->columns; from += BLOCK_COLUMNS) {
    struct NAME(product) p = *product;
    size_t to = p.columns - from < BLOCK_COLUMNS ? p.columns : from + BLOCK_COLUMNS;
    for (size_t left = p.terms;; left -= CHUNK) {
      p.terms = left < CHUNK ? left : CHUNK;
      p.ahead = !large         ? 0
                : left > CHUNK ? (ptrdiff_t)(CHUNK * p.b_term)
                               : (ptrdiff_t)(BLOCK_COLUMNS * p.b_column) - (p.b - product->b);
      NAME(tiles)(&p, from, to, shared);
      if (left <= CHUNK) break;
      if (shared)
        p.shared += CHUNK * p.a_term;
      else
        p.a += CHUNK * p.a_term;
      p.b += CHUNK * p.b_term;
      p.start = p.c;
      p.start_row = p.c_row;
    }
  }
}
static __attribute__((noinline)) void NAME(multiply_lanes)(const struct NAME(product) * p)
{
  NAME(multiply)(p, false);
}

static __attribute__((noinline)) void NAME(multiply_shared)(const struct NAME(product) * p)
{
  NAME(multiply)(p, true);
}

static void NAME(forward)(size_t samples, size_t fan_in, size_t fan_out, const void *in, size_t in_stride,
                          const void *weight, size_t weight_stride, const void *bias, void *z, size_t z_stride)
{
  struct NAME(product) p = {.rows = samples,
                            .columns = fan_out,
                            .terms = fan_in,
                            .a = in,
                            .a_row = in_stride * PARTS,
                            .a_term = PARTS,
                            .b = weight,
                            .b_term = weight_stride * PARTS,
                            .b_column = PARTS,
                            .start = bias,
                            .c = z,
                            .c_row = z_stride * PARTS};
  NAME(multiply_lanes)(&p);
}

static void NAME(forward_first)(size_t samples, size_t fan_in, size_t fan_out, const void *in, size_t in_stride,
                                const void *weight, size_t weight_stride, const void *bias, void *z, size_t z_stride)
{
  struct NAME(product) p = {.rows = samples,
                            .columns = fan_out,
                            .terms = fan_in,
                            .shared = in,
                            .a_row = in_stride,
                            .a_term = 1,
                            .b = weight,
                            .b_term = weight_stride * PARTS,
                            .b_column = PARTS,
                            .start = bias,
                            .c = z,
                            .c_row = z_stride * PARTS};
  NAME(multiply_shared)(&p);
}

static void NAME(backward)(size_t samples, size_t fan_in, size_t fan_out, const void *delta, size_t delta_stride,
                           const void *weight, size_t weight_stride, void *below, size_t below_stride)
{
  struct NAME(product) p = {.rows = samples,
                            .columns = fan_in,
                            .terms = fan_out,
                            .a = delta,
                            .a_row = delta_stride * PARTS,
                            .a_term = PARTS,
                            .b = weight,
                            .b_term = PARTS,
                            .b_column = weight_stride * PARTS,
                            .c = below,
                            .c_row = below_stride * PARTS};
  NAME(multiply_lanes)(&p);
}

static void NAME(gradient)(size_t samples, size_t fan_in, size_t fan_out, const void *in, size_t in_stride,
                           const void *delta, size_t delta_stride, void *gradient, size_t gradient_stride, bool first,
                           const void *soon)
{
  struct NAME(product) p = {.rows = fan_in,
                            .soon = soon,
                            .columns = fan_out,
                            .terms = samples,
                            .a = in,
                            .a_row = PARTS,
                            .a_term = in_stride * PARTS,
                            .b = delta,
                            .b_term = delta_stride * PARTS,
                            .b_column = PARTS,
                            .start = first ? NULL : gradient,
                            .start_row = gradient_stride * PARTS,
                            .c = gradient,
                            .c_row = gradient_stride * PARTS};
  NAME(multiply_lanes)(&p);
}

static void NAME(gradient_first)(size_t samples, size_t fan_in, size_t fan_out, const void *in, size_t in_stride,
                                 const void *delta, size_t delta_stride, void *gradient, size_t gradient_stride,
                                 bool first, const void *soon)
{
  struct NAME(product) p = {.rows = fan_in,
                            .soon = soon,
                            .columns = fan_out,
                            .terms = samples,
                            .shared = in,
                            .a_row = 1,
                            .a_term = in_stride,
                            .b = delta,
                            .b_term = delta_stride * PARTS,
                            .b_column = PARTS,
                            .start = first ? NULL : gradient,
                            .start_row = gradient_stride * PARTS,
                            .c = gradient,
                            .c_row = gradient_stride * PARTS};
  NAME(multiply_shared)(&p);
}

/* Columns side by side, else each addition would wait for the last one. */
INLINE void NAME(sum_columns)(size_t samples, size_t columns, const V *d, size_t stride, V *g, bool first)
{
  V sum[4];
  UNROLL for (size_t c = 0; c < columns; c++) sum[c] = first ? K(0.0) : g[c];
  for (size_t s = 0; s < samples; s++, d += stride) UNROLL for (size_t c = 0; c < columns; c++) sum[c] = sum[c] + d[c];
  UNROLL for (size_t c = 0; c < columns; c++) g[c] = sum[c];
}

static void NAME(bias_gradient)(size_t samples, size_t fan_out, const void *delta, size_t delta_stride, void *gradient,
                                bool first)
{
  V *g = gradient;
  const V *d = delta;
  size_t j = 0, stride = delta_stride * PARTS;
  for (; j + 4 <= fan_out * PARTS; j += 4) NAME(sum_columns)(samples, 4, d + j, stride, g + j, first);
  for (; j < fan_out * PARTS; j++) NAME(sum_columns)(samples, 1, d + j, stride, g + j, first);
}

/* ---- sums in float64 --------------------------------------------------------------------------------------------------- */

enum { NAME(LANES) = 64 / sizeof(REAL) };

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

/* ---- residual branches ------------------------------------------------------------------------------------------------- */

static void NAME(join)(size_t samples, size_t units, size_t stride, const void *scale, const void *f, const void *h,
                       void *sum)
{
  const V *alpha = scale;
  for (size_t s = 0; s < samples; s++)
    for (size_t j = 0; j < units; j++)
      for (size_t part = 0; part < PARTS; part++) {
        size_t at = (s * stride + j) * PARTS + part;
        ((V *)sum)[at] = FMA(alpha[part], ((const V *)f)[at], ((const V *)h)[at]);
      }
}

static void NAME(enter)(size_t samples, size_t units, size_t stride, const void *scale, const void *carried,
                        void *delta)
{
  const V *alpha = scale;
  for (size_t s = 0; s < samples; s++)
    for (size_t j = 0; j < units; j++)
      for (size_t part = 0; part < PARTS; part++) {
        size_t at = (s * stride + j) * PARTS + part;
        ((V *)delta)[at] = alpha[part] * ((const V *)carried)[at];
      }
}

static void NAME(carry)(size_t samples, size_t units, size_t stride, const void *more, void *carried)
{
  for (size_t s = 0; s < samples; s++)
    for (size_t i = s * stride * PARTS; i < (s * stride + units) * PARTS; i++)
      ((V *)carried)[i] = ((const V *)carried)[i] + ((const V *)more)[i];
}

/* A sum a unit, else each addition would wait for the last one; then theirs. */
static void NAME(scale_gradient)(size_t samples, size_t units, size_t stride, const void *carried, const void *f,
                                 void *sums, void *gradient, bool first)
{
  V *sum = sums;
  for (size_t i = 0; first && i < units * PARTS; i++) sum[i] = K(0.0);
  for (size_t s = 0; s < samples; s++) {
    const V *d = (const V *)carried + s * stride * PARTS, *value = (const V *)f + s * stride * PARTS;
    for (size_t i = 0; i < units * PARTS; i++) sum[i] = FMA(d[i], value[i], sum[i]);
  }
  for (size_t part = 0; part < PARTS; part++) {
    V total = K(0.0);
    for (size_t j = 0; j < units; j++) total = total + sum[j * PARTS + part];
    ((V *)gradient)[part] = total;
  }
}

/* ---- rows of the model's tables ---------------------------------------------------------------------------------------- */

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

/* The Hessian is float64 in either precision. */
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

/* A loss sees one sample's outputs side by side: where a line is several vectors they are copied to and from scratch. */
#define ISW_LOSS(name, ...)                                                                                            \
  static void NAME(losses_##name)(size_t samples, size_t outputs, size_t stride, const void *y_rows,                   \
                                  const void *target_rows, const void *parameter, double scale_number,                 \
                                  void *delta_rows, void *loss_rows, void *scratch)                                    \
  {                                                                                                                    \
    V scale = K(scale_number);                                                                                         \
    for (size_t s = 0; s < samples; s++) {                                                                             \
      const V *y = (const V *)y_rows + s * stride * PARTS;                                                             \
      const REAL *target = (const REAL *)target_rows + s * outputs;                                                    \
      V *delta = (V *)delta_rows + s * stride * PARTS, *loss = (V *)loss_rows + s * PARTS;                             \
      if (PARTS == 1) {                                                                                                \
        loss[0] = NAME(loss_##name)(outputs, y, target, ((const V *)parameter)[0], scale, delta);                      \
        continue;                                                                                                      \
      }                                                                                                                \
      V *y_part = scratch, *delta_part = y_part + outputs;                                                             \
      for (size_t part = 0; part < PARTS; part++) {                                                                    \
        for (size_t j = 0; j < outputs; j++) y_part[j] = y[j * PARTS + part];                                          \
        loss[part] = NAME(loss_##name)(outputs, y_part, target, ((const V *)parameter)[part], scale, delta_part);      \
        for (size_t j = 0; j < outputs; j++) delta[j * PARTS + part] = delta_part[j];                                  \
      }                                                                                                                \
    }                                                                                                                  \
  }
#include "model/losses.def"
#undef ISW_LOSS

static isw_loss_kernel *const NAME(loss)[] = {
#define ISW_LOSS(name, ...) NAME(losses_##name),
#include "model/losses.def"
#undef ISW_LOSS
};

#if BITS == 64
#define ISW_LOSS(name, ...)                                                                                            \
  static void NAME(bends_##name)(size_t samples, size_t outputs, size_t stride, const void *y_rows,                    \
                                 const void *target_rows, const void *parameter, double scale_number, void *r_rows,    \
                                 void *scratch)                                                                        \
  {                                                                                                                    \
    V *y_part = scratch, *r_part = y_part + outputs, scale = K(scale_number);                                          \
    for (size_t s = 0; s < samples; s++) {                                                                             \
      const V *y = (const V *)y_rows + s * stride * PARTS;                                                             \
      const REAL *target = (const REAL *)target_rows + s * outputs;                                                    \
      V *r = (V *)r_rows + s * stride * PARTS;                                                                         \
      for (size_t part = 0; part < PARTS; part++) {                                                                    \
        for (size_t j = 0; j < outputs; j++) y_part[j] = y[j * PARTS + part], r_part[j] = r[j * PARTS + part];         \
        NAME(bend_##name)(outputs, y_part, target, ((const V *)parameter)[part], scale, r_part);                       \
        for (size_t j = 0; j < outputs; j++) r[j * PARTS + part] = r_part[j];                                          \
      }                                                                                                                \
    }                                                                                                                  \
  }
#include "model/losses.def"
#undef ISW_LOSS

static isw_bend_kernel *const NAME(bend)[] = {
#define ISW_LOSS(name, ...) NAME(bends_##name),
#include "model/losses.def"
#undef ISW_LOSS
};
#else
static isw_bend_kernel *const NAME(bend)[] = {NULL};
#endif

#define ISW_OPTIMIZER_FUNCTIONS
#include "model/optimizers.def"
#undef ISW_OPTIMIZER_FUNCTIONS

/* w 0 is 0 where w is finite and NaN else: the cheapest test that an update can carry. */
#define ISW_OPTIMIZER(name, parameters, states, changing, decoupled, ...)                                              \
  static void NAME(updates_##name)(size_t rows, size_t units, size_t stride, void *w_rows, const void *g_rows,         \
                                   void *const *state, const void *rate_lines, const void *decay_line,                 \
                                   void *check_line)                                                                   \
  {                                                                                                                    \
    for (size_t part = 0; part < PARTS; part++) {                                                                      \
      V rate[8], decay = ((const V *)decay_line)[part], check = ((V *)check_line)[part];                               \
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
          check = FMA(w, K(0.0), check);                                                                               \
          ((V *)w_rows)[at] = w;                                                                                       \
          if ((states) > 0) ((V *)state[0])[at] = s[0];                                                                \
          if ((states) > 1) ((V *)state[1])[at] = s[1];                                                                \
        }                                                                                                              \
      ((V *)check_line)[part] = check;                                                                                 \
    }                                                                                                                  \
  }
#include "model/optimizers.def"
#undef ISW_OPTIMIZER

static isw_update_kernel *const NAME(update)[] = {
#define ISW_OPTIMIZER(name, ...) NAME(updates_##name),
#include "model/optimizers.def"
#undef ISW_OPTIMIZER
};

/* ---- small networks ---------------------------------------------------------------------------------------------------- */

/* Samples pass in fours and then one by one, each unit's sums in registers; then its activation. */
#define ISW_ACTIVATION(name, parameters, needs_z, value_at_0, slope_at_0, curvature_at_0, monotone, gain, g, dg, d2g,  \
                       formula, source)                                                                                \
  INLINE void NAME(small_unit_##name)(size_t samples, size_t sample, size_t unit, size_t part,                         \
                                      const struct isw_layer *l, const void *in, size_t in_stride, bool shared, V p0)  \
  {                                                                                                                    \
    V sum[4];                                                                                                          \
    const V *w = (const V *)l->weight + unit * PARTS + part;                                                           \
    const V *a = (const V *)in + sample * in_stride * PARTS + part;                                                    \
    const REAL *x = (const REAL *)in + sample * in_stride;                                                             \
    UNROLL for (size_t s = 0; s < samples; s++) sum[s] = ((const V *)l->bias)[unit * PARTS + part];                    \
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
  INLINE void NAME(small_units_##name)(size_t samples, const struct isw_layer *l, const void *in, size_t in_stride,    \
                                       bool shared, const void *parameter)                                             \
  {                                                                                                                    \
    for (size_t part = 0; part < PARTS; part++) {                                                                      \
      V p0 = ((const V *)parameter)[part];                                                                             \
      size_t sample = 0;                                                                                               \
      for (; sample + 4 <= samples; sample += 4)                                                                       \
        for (size_t j = 0; j < l->fan_out; j++)                                                                        \
          NAME(small_unit_##name)(4, sample, j, part, l, in, in_stride, shared, p0);                                   \
      for (; sample < samples; sample++)                                                                               \
        for (size_t j = 0; j < l->fan_out; j++)                                                                        \
          NAME(small_unit_##name)(1, sample, j, part, l, in, in_stride, shared, p0);                                   \
    }                                                                                                                  \
  }                                                                                                                    \
                                                                                                                       \
  static void NAME(small_forward_##name)(size_t samples, const struct isw_layer *l, const void *in, size_t in_stride,  \
                                         bool shared, const void *parameter)                                           \
  {                                                                                                                    \
    if (shared)                                                                                                        \
      NAME(small_units_##name)(samples, l, in, in_stride, true, parameter);                                            \
    else                                                                                                               \
      NAME(small_units_##name)(samples, l, in, in_stride, false, parameter);                                           \
  }                                                                                                                    \
                                                                                                                       \
  INLINE void NAME(small_back_##name)(size_t samples, size_t sample, size_t unit, size_t part,                         \
                                      const struct isw_layer *l, V p0)                                                 \
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
        for (size_t i = 0; i < l->fan_in; i++) NAME(small_back_##name)(4, sample, i, part, l, p0);                     \
      for (; sample < samples; sample++)                                                                               \
        for (size_t i = 0; i < l->fan_in; i++) NAME(small_back_##name)(1, sample, i, part, l, p0);                     \
    }                                                                                                                  \
  }
#include "model/activations.def"
#undef ISW_ACTIVATION

static const struct isw_small_activation NAME(small_activation)[] = {
#define ISW_ACTIVATION(name, ...) {NAME(small_forward_##name), NAME(small_backward_##name)},
#include "model/activations.def"
#undef ISW_ACTIVATION
};

#define ISW_OPTIMIZER(name, parameters, states, changing, decoupled, ...)                                              \
  INLINE V NAME(small_move_##name)(V * w, V g, void *const *state, size_t at, const V *rate, V decay, V check)         \
  {                                                                                                                    \
    V old = w[at], s[2] = {K(0.0), K(0.0)};                                                                            \
    if ((states) > 0) s[0] = ((V *)state[0])[at];                                                                      \
    if ((states) > 1) s[1] = ((V *)state[1])[at];                                                                      \
    V new = (decoupled) ? NAME(update_##name)(decay * old, g, s, rate)                                                 \
                        : NAME(update_##name)(old, FMA(decay, old, g), s, rate);                                       \
    w[at] = new;                                                                                                       \
    if ((states) > 0) ((V *)state[0])[at] = s[0];                                                                      \
    if ((states) > 1) ((V *)state[1])[at] = s[1];                                                                      \
    return check + (new - new);                                                                                        \
  }                                                                                                                    \
                                                                                                                       \
  INLINE void NAME(small_layer_##name)(size_t samples, const struct isw_layer *l, const void *in, size_t in_stride,    \
                                       bool shared, const void *rate_lines, const void *decay_line,                    \
                                       const void *bias_line, void *check_line)                                        \
  {                                                                                                                    \
    for (size_t part = 0; part < PARTS; part++) {                                                                      \
      V rate[8], decay = ((const V *)decay_line)[part], bias_decay = ((const V *)bias_line)[part];                     \
      V check = ((V *)check_line)[part];                                                                               \
      UNROLL for (size_t i = 0; i < 8; i++) rate[i] = ((const V *)rate_lines)[i * PARTS + part];                       \
      const V *a = (const V *)in + part;                                                                               \
      const REAL *x = in;                                                                                              \
      size_t step = l->stride * PARTS;                                                                                 \
      for (size_t j = 0; j < l->fan_out; j++) {                                                                        \
        const V *delta = (const V *)l->delta + j * PARTS + part;                                                       \
        V sum = K(0.0), four[4] = {K(0.0)};                                                                            \
        if (samples == 4) UNROLL for (size_t s = 0; s < 4; s++) four[s] = delta[s * step];                             \
        UNROLL for (size_t s = 0; s < samples; s++) sum = sum + (samples == 4 ? four[s] : delta[s * step]);            \
        check = NAME(small_move_##name)(l->bias, sum, l->bias_state, j * PARTS + part, rate, bias_decay, check);       \
        for (size_t i = 0; i < l->fan_in; i++) {                                                                       \
          V g = K(0.0);                                                                                                \
          UNROLL for (size_t s = 0; s < samples; s++) g =                                                              \
              FMA(shared ? K(x[s * in_stride + i]) : a[(s * in_stride + i) * PARTS],                                   \
                  samples == 4 ? four[s] : delta[s * step], g);                                                        \
          check = NAME(small_move_##name)(l->weight, g, l->weight_state, (i * l->stride + j) * PARTS + part, rate,     \
                                          decay, check);                                                               \
        }                                                                                                              \
      }                                                                                                                \
      ((V *)check_line)[part] = check;                                                                                 \
    }                                                                                                                  \
  }                                                                                                                    \
                                                                                                                       \
  static void NAME(small_update_##name)(size_t samples, const struct isw_layer *l, const void *in, size_t in_stride,   \
                                        bool shared, const void *rate, const void *decay, const void *bias_decay,      \
                                        void *check)                                                                   \
  {                                                                                                                    \
    if (samples == 4 && shared)                                                                                        \
      NAME(small_layer_##name)(4, l, in, in_stride, true, rate, decay, bias_decay, check);                             \
    else if (samples == 4)                                                                                             \
      NAME(small_layer_##name)(4, l, in, in_stride, false, rate, decay, bias_decay, check);                            \
    else if (shared)                                                                                                   \
      NAME(small_layer_##name)(samples, l, in, in_stride, true, rate, decay, bias_decay, check);                       \
    else                                                                                                               \
      NAME(small_layer_##name)(samples, l, in, in_stride, false, rate, decay, bias_decay, check);                      \
  }
#include "model/optimizers.def"
#undef ISW_OPTIMIZER

static isw_small_update *const NAME(small_update)[] = {
#define ISW_OPTIMIZER(name, ...) NAME(small_update_##name),
#include "model/optimizers.def"
#undef ISW_OPTIMIZER
};

INLINE bool NAME(holds_nan)(const void *line)
{
  bool any = false;
  for (size_t part = 0; part < PARTS; part++) any = any || ANY_NAN(((const V *)line)[part]);
  return any;
}

/* Whether the step goes on to its update: rule 3 of docs/numerics.md, on the careful side. */
INLINE bool NAME(small_goes_on)(const struct isw_small *small, const double *loss_below)
{
  for (size_t part = 0; part < PARTS; part++) {
    V sum = K(0.0);
    for (size_t s = 0; s < small->samples; s++) sum = sum + ((const V *)small->loss)[s * PARTS + part];
    if (ANY_NAN(sum - sum)) return false;
  }
  if (!loss_below) return true;
  double sum[ISW_LINE / sizeof(REAL)] = {0.0};
  int going = 0;
  NAME(sum_loss)(small->samples, small->loss, sum);
  for (size_t l = 0; l < NAME(LANES); l++) going += sum[l] >= loss_below[l];
  return going == NAME(LANES);
}

#if defined TINY && !defined INITSWEEP_NO_TINY
#include "engine/kernels_tiny.inc.h"
#endif

static uint64_t NAME(steps)(const struct isw_small *small, uint64_t most, const double *loss_below)
{
#if defined TINY && !defined INITSWEEP_NO_TINY
  if (NAME(is_tiny)(small)) return NAME(tiny)[small->hidden](small, most, loss_below);
#endif
  const size_t samples = small->samples, last = small->layers - 1;
  const struct isw_layer *output = small->layer + last;
  const struct isw_small_activation *hidden = &NAME(small_activation)[small->hidden];
  const struct isw_small_activation *end = &NAME(small_activation)[small->output];
  isw_loss_kernel *loss = NAME(loss)[small->loss_row];
  isw_small_update *update = NAME(small_update)[small->optimizer_row];
  for (uint64_t step = 0; step < most; step++) {
    for (size_t k = 0; k <= last; k++) {
      const struct isw_layer *l = small->layer + k;
      (k < last ? hidden : end)
          ->forward(samples, l, k ? l[-1].activation : small->inputs, k ? l[-1].stride : small->features, k == 0,
                    k < last ? small->hidden_parameter : small->output_parameter);
    }
    loss(samples, output->fan_out, output->stride, output->activation, small->targets, small->loss_parameter,
         small->scale, output->delta, small->loss, small->loss_scratch);
    if (!NAME(small_goes_on)(small, loss_below)) return step;
    if (!small->output_linear) NAME(activation)
    [small->output].slope(samples, output->fan_out, output->stride, output->pre_activation, output->activation,
                          small->output_parameter, output->delta);
    for (const struct isw_layer *l = output;; l--) {
      bool first = l == small->layer;
      if (!first) hidden->backward(samples, l, small->hidden_parameter);
      update(samples, l, first ? small->inputs : l[-1].activation, first ? small->features : l[-1].stride, first,
             small->rate, small->decay, l == output ? small->output_bias_decay : small->bias_decay, small->check);
      if (first) break;
    }
    if (NAME(holds_nan)(small->check)) return step + 1;
  }
  return most;
}

#undef CURVATURE
#undef BITS
#undef REAL
#undef V
#undef NAME
#undef PARTS
#undef TILE_ROWS
#undef TILE_COLUMNS
#undef CHUNK
#undef BLOCK_COLUMNS
#undef K
#undef FMA
#undef SELECT
#undef SQRT
#undef ABS
#undef SLEEF
#undef IN_REGISTER
#undef OWN_TANH
#undef TINY
#undef ANY_NAN
#undef LESSER
#undef UNLESS_ABOVE
#undef OVER
#undef ROUND
#undef SCALE
#undef TIMES_SIGN
