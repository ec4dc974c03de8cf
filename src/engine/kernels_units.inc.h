/* Part of kernels.inc.h: kernels for packs with units in lanes (isw_layout), for what does not go element by element:
 * sums across the numbers of a line, which keep their order, losses with samples in lanes, and transposition. Products
 * are those of kernels_products.inc.h, with plain numbers as the factor of the rows. */

/* sum = sum + loss, samples ascending; a plain number each */
static void NAME(units_sum_loss)(size_t samples, const void *loss, double *sum)
{
  const REAL *x = loss;
  for (size_t s = 0; s < samples; s++) *sum = *sum + (double)x[s];
}

static void NAME(units_sum_squares)(size_t rows, size_t units, size_t stride, const void *x, double *sum)
{
  for (size_t i = 0; i < rows; i++) {
    const REAL *row = (const REAL *)x + i * stride * NAME(LANES);
    for (size_t j = 0; j < units; j++) *sum = *sum + (double)row[j] * (double)row[j];
  }
}

static void NAME(units_residual_scale_gradient)(size_t samples, size_t units, size_t stride, const void *sum_delta,
                                                const void *f, void *sums, void *gradient, bool first)
{
  const size_t lines = (units + NAME(LANES) - 1) / NAME(LANES);
  NAME(sum_branch_terms)(samples, lines, stride, sum_delta, f, sums, first);
  REAL total = 0;
  for (size_t j = 0; j < units; j++) total = total + ((const REAL *)sums)[j];
  for (size_t part = 0; part < PARTS; part++) ((V *)gradient)[part] = K(total);
}

/* ---- losses ------------------------------------------------------------------------------------------------------ */

enum { NAME(V_NUMBERS) = sizeof(V) / sizeof(REAL) };

/* Copies number j of samples 0 .. V_NUMBERS - 1 of [count][stride] to to[j][sample]; past `count` the first sample's,
 * so that nothing is computed that a sample does not have. */
INLINE void NAME(samples_to_lanes)(size_t count, size_t numbers, size_t stride, const REAL *from, REAL *to)
{
  for (size_t s = 0; s < NAME(V_NUMBERS); s++) {
    const REAL *sample = from + (s < count ? s : 0) * stride;
    for (size_t j = 0; j < numbers; j++) to[j * NAME(V_NUMBERS) + s] = sample[j];
  }
}

INLINE void NAME(lanes_to_samples)(size_t count, size_t numbers, size_t stride, const REAL *from, REAL *to)
{
  for (size_t s = 0; s < count; s++)
    for (size_t j = 0; j < numbers; j++) to[s * stride + j] = from[j * NAME(V_NUMBERS) + s];
}

#define ISW_LOSS(name, ...)                                                                                            \
  static void NAME(units_loss_##name)(size_t samples, size_t outputs, size_t stride, const void *y_rows,               \
                                      const void *target_rows, const void *parameter, double scale_number,             \
                                      void *delta_rows, void *loss_rows, void *scratch)                                \
  {                                                                                                                    \
    const size_t row = stride * NAME(LANES), columns = outputs * NAME(V_NUMBERS);                                      \
    REAL *y = scratch, *target = y + columns, *delta = target + columns;                                               \
    V p0 = *(const V *)parameter, scale = K(scale_number);                                                             \
    for (size_t s = 0; s < samples; s += NAME(V_NUMBERS)) {                                                            \
      size_t count = samples - s < NAME(V_NUMBERS) ? samples - s : NAME(V_NUMBERS);                                    \
      NAME(samples_to_lanes)(count, outputs, row, (const REAL *)y_rows + s * row, y);                                  \
      NAME(samples_to_lanes)(count, outputs, outputs, (const REAL *)target_rows + s * outputs, target);                \
      V loss = NAME(loss_##name)(outputs, (const V *)y, (const V *)target, p0, scale, (V *)delta);                     \
      memcpy((REAL *)loss_rows + s, &loss, count * sizeof(REAL));                                                      \
      NAME(lanes_to_samples)(count, outputs, row, delta, (REAL *)delta_rows + s * row);                                \
    }                                                                                                                  \
  }
#include "model/losses.def"
#undef ISW_LOSS

static isw_loss_kernel *const NAME(units_loss)[] = {
#define ISW_LOSS(name, ...) NAME(units_loss_##name),
#include "model/losses.def"
#undef ISW_LOSS
};

/* ---- transposition ----------------------------------------------------------------------------------------------- */

/* to [columns][rows] = from [rows][columns], numbers; square blocks, whose lines of both sides stay in the first
 * cache */
static void NAME(units_transpose)(size_t rows, size_t columns, const void *from, size_t from_stride, void *to,
                                  size_t to_stride)
{
  for (size_t i = 0; i < rows; i += NAME(LANES))
    for (size_t j = 0; j < columns; j += NAME(LANES)) {
      size_t row_end = rows - i < NAME(LANES) ? rows : i + NAME(LANES);
      size_t column_end = columns - j < NAME(LANES) ? columns : j + NAME(LANES);
      for (size_t c = j; c < column_end; c++)
        for (size_t r = i; r < row_end; r++)
          ((REAL *)to)[c * to_stride * NAME(LANES) + r] = ((const REAL *)from)[r * from_stride * NAME(LANES) + c];
    }
}
