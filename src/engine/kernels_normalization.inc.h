/* Part of kernels.inc.h: normalisation of a layer's pre-activations over its units, forward and backward, with networks
 * or units in lanes. Every sum is over units ascending, in each sample (docs/numerics.md). */

/* ---- networks in lanes ------------------------------------------------------------------------------------------- */

static void NAME(normalization_forward)(const struct isw_normalized_rows *rows, const void *z_rows, void *y_rows)
{
  const size_t row = rows->stride * PARTS, numbers = rows->units * PARTS;
  const V n = K((REAL)rows->units);
  for (size_t s = 0; s < rows->samples; s++)
    for (size_t part = 0; part < PARTS; part++) {
      const V *z = (const V *)z_rows + s * row + part, *gain = rows->gain, *shift = rows->shift;
      V *x = (V *)rows->normalized + s * row + part, *y = (V *)y_rows + s * row + part;
      V sum = K(0.0), squares = K(0.0), mean = K(0.0);
      for (size_t j = 0; rows->centers && j < numbers; j += PARTS) sum = sum + z[j];
      if (rows->centers) mean = sum / n;
      for (size_t j = 0; j < numbers; j += PARTS) {
        V c = z[j] - mean; /* without centring minus 0, which leaves every number as it is */
        squares = FMA(c, c, squares);
      }
      V inverse = K(1.0) / SQRT(squares / n + ((const V *)rows->epsilon)[part]);
      ((V *)rows->inverse_deviation)[s * PARTS + part] = inverse;
      for (size_t j = 0; j < numbers; j += PARTS) {
        x[j] = y[j] = (z[j] - mean) * inverse;
        if (gain && shift)
          y[j] = FMA(gain[j + part], x[j], shift[j + part]);
        else if (gain)
          y[j] = gain[j + part] * x[j];
      }
    }
}

static void NAME(normalization_backward)(const struct isw_normalized_rows *rows, const void *outer_rows,
                                         void *delta_rows)
{
  const size_t row = rows->stride * PARTS, numbers = rows->units * PARTS;
  const V n = K((REAL)rows->units);
  for (size_t s = 0; s < rows->samples; s++)
    for (size_t part = 0; part < PARTS; part++) {
      const V *outer = (const V *)outer_rows + s * row + part, *x = (const V *)rows->normalized + s * row + part;
      const V *gain = rows->gain, inverse = ((const V *)rows->inverse_deviation)[s * PARTS + part];
      V *delta = (V *)delta_rows + s * row + part, sum = K(0.0), products = K(0.0);
      for (size_t j = 0; j < numbers; j += PARTS) {
        delta[j] = outer[j];
        if (gain) delta[j] = gain[j + part] * outer[j];
        sum = sum + delta[j];
        products = FMA(delta[j], x[j], products);
      }
      V mean = K(0.0), slope = products / n;
      if (rows->centers) mean = sum / n;
      for (size_t j = 0; j < numbers; j += PARTS) delta[j] = FMA(-x[j], slope, delta[j] - mean) * inverse;
    }
}

static void NAME(gain_gradient)(size_t samples, size_t units, size_t stride, const void *outer_delta, const void *x,
                                void *gradient, bool first)
{
  NAME(sum_branch_terms)(samples, units, stride, outer_delta, x, gradient, first);
}

/* ---- units in lanes ---------------------------------------------------------------------------------------------- */

/* Samples whose sums are computed together, because each sum waits for the latency of every addition. */
enum { NAME(NORMALIZED_TOGETHER) = 8 };
#if BITS == 32
#define FMA_OF_NUMBERS(x, y, c) __builtin_fmaf(x, y, c)
#define SQRT_OF_NUMBER(x) __builtin_sqrtf(x)
#else
#define FMA_OF_NUMBERS(x, y, c) __builtin_fma(x, y, c)
#define SQRT_OF_NUMBER(x) __builtin_sqrt(x)
#endif

/* Means and inverse deviations of `count` samples, at most NORMALIZED_TOGETHER. */
INLINE void NAME(units_deviations)(const struct isw_normalized_rows *rows, size_t count, const REAL *z, REAL *mean,
                                   REAL *inverse)
{
  const size_t row = rows->stride * NAME(LANES);
  const REAL n = (REAL)rows->units, epsilon = *(const REAL *)rows->epsilon;
  REAL sum[NAME(NORMALIZED_TOGETHER)] = {0}, squares[NAME(NORMALIZED_TOGETHER)] = {0};
  for (size_t j = 0; rows->centers && j < rows->units; j++)
    UNROLL for (size_t s = 0; s < count; s++) sum[s] = sum[s] + z[s * row + j];
  for (size_t s = 0; s < count; s++) mean[s] = sum[s] / n;
  for (size_t j = 0; j < rows->units; j++) UNROLL for (size_t s = 0; s < count; s++)
    {
      REAL c = z[s * row + j] - mean[s];
      squares[s] = FMA_OF_NUMBERS(c, c, squares[s]);
    }
  for (size_t s = 0; s < count; s++) inverse[s] = (REAL)1 / SQRT_OF_NUMBER(squares[s] / n + epsilon);
}

static void NAME(units_normalization_forward)(const struct isw_normalized_rows *rows, const void *z_rows, void *y_rows)
{
  const size_t row = rows->stride * NAME(LANES), units = rows->units;
  const REAL *gain = rows->gain, *shift = rows->shift;
  for (size_t first = 0; first < rows->samples; first += NAME(NORMALIZED_TOGETHER)) {
    size_t left = rows->samples - first, count = left < NAME(NORMALIZED_TOGETHER) ? left : NAME(NORMALIZED_TOGETHER);
    REAL mean[NAME(NORMALIZED_TOGETHER)], *inverse = (REAL *)rows->inverse_deviation + first;
    const REAL *block = (const REAL *)z_rows + first * row;
    if (count == NAME(NORMALIZED_TOGETHER))
      NAME(units_deviations)(rows, NAME(NORMALIZED_TOGETHER), block, mean, inverse);
    else
      NAME(units_deviations)(rows, count, block, mean, inverse);
    for (size_t s = 0; s < count; s++) {
      const REAL *z = block + s * row;
      REAL *restrict x = (REAL *)rows->normalized + (first + s) * row, *y = (REAL *)y_rows + (first + s) * row;
      for (size_t j = 0; j < units; j++) x[j] = (z[j] - mean[s]) * inverse[s];
      for (size_t j = 0; !gain && j < units; j++) y[j] = x[j];
      for (size_t j = 0; gain && !shift && j < units; j++) y[j] = gain[j] * x[j];
      for (size_t j = 0; gain && shift && j < units; j++) y[j] = FMA_OF_NUMBERS(gain[j], x[j], shift[j]);
    }
  }
}

/* sum[s] and products[s] of e = delta [count][units] and e times x. */
INLINE void NAME(units_delta_sums)(const struct isw_normalized_rows *rows, size_t count, const REAL *e, const REAL *x,
                                   REAL *sum, REAL *products)
{
  const size_t row = rows->stride * NAME(LANES);
  for (size_t s = 0; s < count; s++) sum[s] = products[s] = 0;
  for (size_t j = 0; j < rows->units; j++) UNROLL for (size_t s = 0; s < count; s++)
    {
      sum[s] = sum[s] + e[s * row + j];
      products[s] = FMA_OF_NUMBERS(e[s * row + j], x[s * row + j], products[s]);
    }
}

static void NAME(units_normalization_backward)(const struct isw_normalized_rows *rows, const void *outer_rows,
                                               void *delta_rows)
{
  const size_t row = rows->stride * NAME(LANES), units = rows->units;
  const REAL n = (REAL)units, *gain = rows->gain;
  for (size_t first = 0; first < rows->samples; first += NAME(NORMALIZED_TOGETHER)) {
    size_t left = rows->samples - first, count = left < NAME(NORMALIZED_TOGETHER) ? left : NAME(NORMALIZED_TOGETHER);
    REAL sum[NAME(NORMALIZED_TOGETHER)], products[NAME(NORMALIZED_TOGETHER)];
    const REAL *x_block = (const REAL *)rows->normalized + first * row;
    REAL *block = (REAL *)delta_rows + first * row;
    for (size_t s = 0; s < count; s++) {
      const REAL *outer = (const REAL *)outer_rows + (first + s) * row;
      REAL *restrict e = block + s * row;
      for (size_t j = 0; j < units; j++) e[j] = gain ? gain[j] * outer[j] : outer[j];
    }
    if (count == NAME(NORMALIZED_TOGETHER))
      NAME(units_delta_sums)(rows, NAME(NORMALIZED_TOGETHER), block, x_block, sum, products);
    else
      NAME(units_delta_sums)(rows, count, block, x_block, sum, products);
    for (size_t s = 0; s < count; s++) {
      const REAL mean = rows->centers ? sum[s] / n : 0, slope = products[s] / n;
      const REAL inverse = ((const REAL *)rows->inverse_deviation)[first + s], *x = x_block + s * row;
      REAL *restrict delta = block + s * row;
      for (size_t j = 0; j < units; j++) delta[j] = FMA_OF_NUMBERS(-x[j], slope, delta[j] - mean) * inverse;
    }
  }
}
#undef FMA_OF_NUMBERS
#undef SQRT_OF_NUMBER
