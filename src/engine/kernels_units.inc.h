/* Part of kernels.inc.h: kernels for packs with units in lanes (isw_layout), for what does not go element by element:
 * sums across the numbers of a line, which keep their order, losses with samples in lanes, and transposition. Products
 * are those of kernels_products.inc.h, with plain numbers as the factor of the rows. */

/* ---- transposition ----------------------------------------------------------------------------------------------- */

typedef REAL NAME(four) __attribute__((vector_size(4 * sizeof(REAL)), aligned(sizeof(REAL)), may_alias));
#if BITS == 32
typedef int32_t NAME(four_indices) __attribute__((vector_size(16)));
#else
typedef int64_t NAME(four_indices) __attribute__((vector_size(32)));
#endif

/* to [4][4] = from [4][4] transposed; rows are so many numbers apart */
INLINE void NAME(transpose_4)(const REAL *from, size_t from_row, REAL *to, size_t to_row)
{
  NAME(four) a = *(const NAME(four) *)from, b = *(const NAME(four) *)(from + from_row);
  NAME(four) c = *(const NAME(four) *)(from + 2 * from_row), d = *(const NAME(four) *)(from + 3 * from_row);
  NAME(four) ab_low = SHUFFLE_4(a, b, 0, 4, 1, 5), ab_high = SHUFFLE_4(a, b, 2, 6, 3, 7);
  NAME(four) cd_low = SHUFFLE_4(c, d, 0, 4, 1, 5), cd_high = SHUFFLE_4(c, d, 2, 6, 3, 7);
  *(NAME(four) *)to = SHUFFLE_4(ab_low, cd_low, 0, 1, 4, 5);
  *(NAME(four) *)(to + to_row) = SHUFFLE_4(ab_low, cd_low, 2, 3, 6, 7);
  *(NAME(four) *)(to + 2 * to_row) = SHUFFLE_4(ab_high, cd_high, 0, 1, 4, 5);
  *(NAME(four) *)(to + 3 * to_row) = SHUFFLE_4(ab_high, cd_high, 2, 3, 6, 7);
}

/* to [columns][rows] = from [rows][columns] */
INLINE void NAME(transpose)(size_t rows, size_t columns, const REAL *from, size_t from_row, REAL *to, size_t to_row)
{
  size_t i = 0, j;
  for (; i + 4 <= rows; i += 4) {
    for (j = 0; j + 4 <= columns; j += 4)
      NAME(transpose_4)(from + i * from_row + j, from_row, to + j * to_row + i, to_row);
    for (; j < columns; j++)
      for (size_t r = i; r < i + 4; r++) to[j * to_row + r] = from[r * from_row + j];
  }
  for (; i < rows; i++)
    for (j = 0; j < columns; j++) to[j * to_row + i] = from[i * from_row + j];
}

/* In blocks of whole lines, which stay in the first cache on both sides. */
static void NAME(units_transpose)(size_t rows, size_t columns, const void *from, size_t from_stride, void *to,
                                  size_t to_stride)
{
  const size_t line = NAME(LANES), from_row = from_stride * line, to_row = to_stride * line;
  for (size_t j = 0; j < columns; j += line)
    for (size_t i = 0; i < rows; i += line) {
      size_t height = rows - i < line ? rows - i : line, width = columns - j < line ? columns - j : line;
      const REAL *block = (const REAL *)from + i * from_row + j;
      REAL *transposed = (REAL *)to + j * to_row + i;
#ifdef TRANSPOSE_LINES
      if (height == line && width == line) {
        TRANSPOSE_LINES(block, from_row, transposed, to_row);
        continue;
      }
#endif
      NAME(transpose)(height, width, block, from_row, transposed, to_row);
    }
}

/* ---- sums -------------------------------------------------------------------------------------------------------- */

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

enum { NAME(V_NUMBERS) = sizeof(V) / sizeof(REAL) }; /* NOLINT(misc-redundant-expression): 1 where V is a number */

/* The samples of a group have a lane each. Several groups take each step together: a vector that is loaded right after
 * its numbers were stored one by one waits for these stores. */
enum { NAME(LOSS_GROUPS) = 4 };

/* to [groups][numbers][V_NUMBERS] = the numbers of `samples` samples; past these, the last group's first sample's, so
 * that nothing is computed that a sample does not have. Groups are `step` apart. */
INLINE void NAME(samples_to_lanes)(size_t samples, size_t numbers, const REAL *from, size_t row, REAL *to, size_t step)
{
  for (size_t first = 0; first < samples; first += NAME(V_NUMBERS), to += step) {
    size_t count = samples - first < NAME(V_NUMBERS) ? samples - first : NAME(V_NUMBERS);
    NAME(transpose)(count, numbers, from + first * row, row, to, NAME(V_NUMBERS));
    for (size_t j = 0; j < numbers; j++)
      for (size_t s = count; s < NAME(V_NUMBERS); s++) to[j * NAME(V_NUMBERS) + s] = to[j * NAME(V_NUMBERS)];
  }
}

INLINE void NAME(lanes_to_samples)(size_t samples, size_t numbers, const REAL *from, size_t step, REAL *to, size_t row)
{
  for (size_t first = 0; first < samples; first += NAME(V_NUMBERS), from += step) {
    size_t count = samples - first < NAME(V_NUMBERS) ? samples - first : NAME(V_NUMBERS);
    NAME(transpose)(numbers, count, from, NAME(V_NUMBERS), to + first * row, row);
  }
}

#define ISW_LOSS(name, ...)                                                                                            \
  static void NAME(units_loss_##name)(size_t samples, size_t outputs, size_t stride, const void *y_rows,               \
                                      const void *target_rows, const void *parameter, double scale_number,             \
                                      void *delta_rows, void *loss_rows, void *scratch)                                \
  {                                                                                                                    \
    const size_t row = stride * NAME(LANES), columns = outputs * NAME(V_NUMBERS), step = 3 * columns;                  \
    const size_t together = NAME(LOSS_GROUPS) * NAME(V_NUMBERS);                                                       \
    REAL *y = scratch, *target = y + columns, *delta = target + columns;                                               \
    V p0 = *(const V *)parameter, scale = K(scale_number);                                                             \
    for (size_t first = 0; first < samples; first += together) {                                                       \
      size_t count = samples - first < together ? samples - first : together;                                          \
      NAME(samples_to_lanes)(count, outputs, (const REAL *)y_rows + first * row, row, y, step);                        \
      NAME(samples_to_lanes)(count, outputs, (const REAL *)target_rows + first * outputs, outputs, target, step);      \
      for (size_t s = 0, at = 0; s < count; s += NAME(V_NUMBERS), at += step) {                                        \
        V loss = NAME(loss_##name)(outputs, (V *)(y + at), (V *)(target + at), p0, scale, (V *)(delta + at));          \
        size_t group = count - s < NAME(V_NUMBERS) ? count - s : NAME(V_NUMBERS);                                      \
        memcpy((REAL *)loss_rows + first + s, &loss, group * sizeof(REAL));                                            \
      }                                                                                                                \
      NAME(lanes_to_samples)(count, outputs, delta, step, (REAL *)delta_rows + first * row, row);                      \
    }                                                                                                                  \
  }
#include "model/losses.def"
#undef ISW_LOSS

static isw_loss_kernel *const NAME(units_loss)[] = {
#define ISW_LOSS(name, ...) NAME(units_loss_##name),
#include "model/losses.def"
#undef ISW_LOSS
};
