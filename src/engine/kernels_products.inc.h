/* Part of kernels.inc.h: the matrix products of the forward pass, the backward pass and the weight gradients, which
 * are one tiled product, and the sum over samples that is the bias gradient. */

/* c[row][column] = start[row][column], then for terms ascending c = fma(a[row][term], b[term][column], c).
 * Strides are in vectors; columns of c and start stand side by side. */
struct NAME(product) {
  size_t rows, columns, terms;
  const V *a;         /* the rows' factor, or */
  const REAL *shared; /* plain numbers that all lanes share; then strides are in numbers */
  size_t a_row, a_term;
  const V *b;
  size_t b_term, b_column;
  ptrdiff_t prefetch_distance; /* from a term of b to one that the second cache does not hold yet; 0: none */
  const V *prefetch_next;      /* lines laid out as c that the caller needs next; NULL: none */
  const V *start;              /* NULL: 0 */
  size_t start_row;
  V *c;
  size_t c_row;
};

/* a: the rows' factor of the tile, numbers of REAL where they are shared; prefetch: terms of b to be prefetched, with
 * b's strides; NULL: none */
INLINE void NAME(tile)(const struct NAME(product) * p, const void *a, const V *b, const V *start, V *c, size_t rows,
                       size_t columns, bool shared, const V *prefetch)
{
  V sum[TILE_ROWS * TILE_COLUMNS], b_now[TILE_COLUMNS]; /* sum [rows][columns] */
  const size_t a_row = p->a_row, a_term = p->a_term, b_term = p->b_term, b_column = p->b_column, c_row = p->c_row;
  const V *lanes = a;
  const REAL *numbers = a;
  UNROLL_TILE for (size_t r = 0; r < rows; r++) UNROLL for (size_t k = 0; k < columns; k++) sum[r * columns + k] =
      start ? start[r * p->start_row + k * PARTS] : K(0.0);
  for (size_t left = p->terms; left > 0; left--) {
    UNROLL for (size_t k = 0; k < columns; k++) b_now[k] = b[k * b_column];
    if (prefetch) PREFETCH(prefetch);
    UNROLL_TILE for (size_t r = 0; r < rows; r++)
    {
      V factor = shared ? K(numbers[r * a_row]) : lanes[r * a_row];
      IN_REGISTER(factor); /* otherwise the compiler reloads it for every column */
      UNROLL for (size_t k = 0; k < columns; k++) sum[r * columns + k] = FMA(factor, b_now[k], sum[r * columns + k]);
    }
    if (shared)
      numbers += a_term;
    else
      lanes += a_term;
    b += b_term;
    if (prefetch) prefetch += b_term;
  }
  UNROLL_TILE for (size_t r = 0; r < rows; r++) UNROLL for (size_t k = 0; k < columns; k++) c[r * c_row + k * PARTS] =
      sum[r * columns + k];
}

/* Separate functions, so that the tile can use all registers. */
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

static __attribute__((noinline)) void NAME(tile_prefetching)(const struct NAME(product) * p, const void *a, const V *b,
                                                             const V *start, V *c)
{
  NAME(tile)(p, a, b, start, c, TILE_ROWS, TILE_COLUMNS, false, b + p->prefetch_distance);
}

static __attribute__((noinline)) void NAME(tile_shared_prefetching)(const struct NAME(product) * p, const void *a,
                                                                    const V *b, const V *start, V *c)
{
  NAME(tile)(p, a, b, start, c, TILE_ROWS, TILE_COLUMNS, true, b + p->prefetch_distance);
}

/* Few columns take more rows, because few sums would wait for each other: rows of factors are plain numbers. */
enum { NAME(TALL_ROWS) = 2 * TILE_ROWS, NAME(TALL_COLUMNS) = TILE_COLUMNS / 2 };
#define TALL(r, c)                                                                                                     \
  static __attribute__((noinline)) void NAME(tile_tall_##r##_##c)(const struct NAME(product) * p, const void *a,       \
                                                                  const V *b, const V *start, V *to)                   \
  {                                                                                                                    \
    if ((r) <= NAME(TALL_ROWS) && (c) <= NAME(TALL_COLUMNS)) NAME(tile)(p, a, b, start, to, r, c, true, NULL);         \
  }
TALL(8, 1)
TALL(8, 2)
TALL(12, 1)
TALL(12, 2)
#undef TALL

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

/* A tile at this row and column. The first rows of tiles prefetch, each a different column of its tile. */
INLINE void NAME(place_tile)(struct NAME(product) * p, NAME(tile_kernel) * tile, size_t row, size_t column, bool shared)
{
  for (size_t part = 0; part < PARTS; part++) {
    const void *a = shared ? (const void *)(p->shared + row * p->a_row) : p->a + row * p->a_row + part;
    const V *start = p->start ? p->start + row * p->start_row + column * PARTS + part : NULL;
    tile(p, a, p->b + column * p->b_column + part, start, p->c + row * p->c_row + column * PARTS + part);
  }
}

INLINE void NAME(some_tile)(struct NAME(product) * p, size_t row, size_t column, size_t to, bool prefetches,
                            bool shared)
{
  size_t rows = p->rows - row < TILE_ROWS ? p->rows - row : TILE_ROWS;
  size_t columns = to - column < TILE_COLUMNS ? to - column : TILE_COLUMNS;
  NAME(tile_kernel) *tile = NAME(tile_kernels)[shared][rows - 1][columns - 1];
  if (prefetches && row < TILE_ROWS * TILE_COLUMNS && rows == TILE_ROWS && columns == TILE_COLUMNS)
    tile = shared ? NAME(tile_shared_prefetching) : NAME(tile_prefetching);
  for (size_t r = 0; p->prefetch_next && r < rows; r++)
    for (size_t k = 0; k < columns * PARTS; k += 64 / sizeof(V))
      PREFETCH(p->prefetch_next + (row + r) * p->c_row + column * PARTS + k);
  NAME(place_tile)(p, tile, row, column, shared);
}

/* Of one row of tiles after the other: their part of `a` stays in the first cache. */
INLINE void NAME(tiles)(struct NAME(product) * p, size_t from, size_t to)
{
  const bool prefetches = p->prefetch_distance != 0;
  for (size_t row = 0; row < p->rows; row += TILE_ROWS, p->prefetch_distance += (ptrdiff_t)p->b_column)
    for (size_t column = from; column < to; column += TILE_COLUMNS)
      NAME(some_tile)(p, row, column, to, prefetches, false);
}

/* The tall tile for the next of `rows` rows, chosen so that the last tile is not low; NULL: none is tall enough. */
INLINE NAME(tile_kernel) * NAME(tall_tile)(size_t rows, size_t columns, size_t *height)
{
  if (NAME(TALL_ROWS) < 12 || columns > NAME(TALL_COLUMNS) || rows < 8) return NULL;
  *height = rows < 12 || rows == 16 ? 8 : 12;
  if (*height == 8) return columns == 1 ? NAME(tile_tall_8_1) : NAME(tile_tall_8_2);
  return columns == 1 ? NAME(tile_tall_12_1) : NAME(tile_tall_12_2);
}

/* Of one column of tiles after the other: their part of b, which is larger than that of the plain numbers, stays in the
 * first cache. */
INLINE void NAME(tiles_shared)(struct NAME(product) * p, size_t from, size_t to)
{
  const ptrdiff_t distance = p->prefetch_distance;
  for (size_t column = from; column < to; column += TILE_COLUMNS) {
    NAME(tile_kernel) * tall;
    size_t row = 0, height = 0;
    p->prefetch_distance = distance;
    for (; distance == 0 && (tall = NAME(tall_tile)(p->rows - row, to - column, &height)) != NULL; row += height)
      NAME(place_tile)(p, tall, row, column, true);
    for (; row < p->rows; row += TILE_ROWS, p->prefetch_distance += (ptrdiff_t)p->b_column)
      NAME(some_tile)(p, row, column, to, distance != 0, true);
  }
}

/* Loops over blocks of columns, whose part of b in a chunk of terms stays in the second cache for all rows, and over
 * chunks of terms. Between chunks the sums are stored in c and then continued in the same order. */
INLINE void NAME(multiply)(const struct NAME(product) * product, bool shared)
{
  const bool large = product->columns * product->terms * ISW_LINE_BYTES > 1 << 20;
  for (size_t from = 0; from < product->columns; from += BLOCK_COLUMNS) {
    struct NAME(product) p = *product;
    size_t to = p.columns - from < BLOCK_COLUMNS ? p.columns : from + BLOCK_COLUMNS;
    for (size_t left = p.terms;; left -= CHUNK) {
      p.terms = left < CHUNK ? left : CHUNK;
      p.prefetch_distance = !large         ? 0
                            : left > CHUNK ? (ptrdiff_t)(CHUNK * p.b_term)
                                           : (ptrdiff_t)(BLOCK_COLUMNS * p.b_column) - (p.b - product->b);
      if (shared)
        NAME(tiles_shared)(&p, from, to);
      else
        NAME(tiles)(&p, from, to);
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
                           const void *prefetch_next)
{
  struct NAME(product) p = {.rows = fan_in,
                            .prefetch_next = prefetch_next,
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
                                 bool first, const void *prefetch_next)
{
  struct NAME(product) p = {.rows = fan_in,
                            .prefetch_next = prefetch_next,
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

/* Several columns at a time, because a single sum would wait for the latency of each addition. */
INLINE void NAME(sum_columns)(size_t samples, size_t columns, const V *d, size_t stride, V *g, bool first)
{
  V sum[8];
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
  for (; j + 8 <= fan_out * PARTS; j += 8) NAME(sum_columns)(samples, 8, d + j, stride, g + j, first);
  for (; j + 4 <= fan_out * PARTS; j += 4) NAME(sum_columns)(samples, 4, d + j, stride, g + j, first);
  for (; j < fan_out * PARTS; j++) NAME(sum_columns)(samples, 1, d + j, stride, g + j, first);
}
