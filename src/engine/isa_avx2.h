/* AVX2 and FMA: a line is two vectors. Included once per precision with BITS 32 or 64; kernels.inc.h says what is
 * defined. */
#include <immintrin.h>
#include <stdint.h>

#define PARTS 2
#define TILE_ROWS 6
#define TILE_COLUMNS 2 /* 12 sums, 2 + 1 operands: 16 registers */
#define CHUNK 32
#define BLOCK_COLUMNS 128
#define IN_REGISTER(x) __asm__("" : "+x"(x))
#if BITS == 32
#define V __m256
#define REAL float
#define NAME(x) x##_avx2_float32
#define K(x) _mm256_set1_ps((float)(x))
#define FMA(x, y, c) _mm256_fmadd_ps(x, y, c)
#define SELECT(condition, x, y) _mm256_blendv_ps(y, x, (__m256)(condition))
#define SQRT(x) _mm256_sqrt_ps(x)
#define ABS(x) _mm256_andnot_ps(_mm256_set1_ps(-0.0F), x)
#define ANY_NAN(x) (_mm256_movemask_ps(_mm256_cmp_ps(x, x, _CMP_UNORD_Q)) != 0)
#define LESSER(x, y) _mm256_min_ps(x, y)
#define GREATER(x, y) _mm256_max_ps(x, y)
#define MASK __m256
#define LESS(x, y) _mm256_cmp_ps(x, y, _CMP_LT_OQ)
#define LESS_EQUAL(x, y) _mm256_cmp_ps(x, y, _CMP_LE_OQ)
#define EQUAL(x, y) _mm256_cmp_ps(x, y, _CMP_EQ_OQ)
#define BOTH(m, n) _mm256_and_ps(m, n)
#define EITHER(m, n) _mm256_or_ps(m, n)
#define ANY(mask) (_mm256_movemask_ps(mask) != 0)
#define ALL(mask) (_mm256_movemask_ps(mask) == 0xff)
#define CHOOSE(mask, x, y) _mm256_blendv_ps(y, x, mask)
#define LOOKUP(row, place) _mm256_permutevar8x32_ps(_mm256_load_ps(row), (__m256i)(place))
/* x xor the sign of y */
#define TIMES_SIGN(x, y) _mm256_xor_ps(x, _mm256_and_ps(y, _mm256_set1_ps(-0.0F)))
#else
#define V __m256d
#define REAL double
#define NAME(x) x##_avx2_float64
#define K(x) _mm256_set1_pd(x)
#define FMA(x, y, c) _mm256_fmadd_pd(x, y, c)
#define SELECT(condition, x, y) _mm256_blendv_pd(y, x, (__m256d)(condition))
#define SQRT(x) _mm256_sqrt_pd(x)
#define ABS(x) _mm256_andnot_pd(_mm256_set1_pd(-0.0), x)
#define ANY_NAN(x) (_mm256_movemask_pd(_mm256_cmp_pd(x, x, _CMP_UNORD_Q)) != 0)
#define LESSER(x, y) _mm256_min_pd(x, y)
#define GREATER(x, y) _mm256_max_pd(x, y)
#define MASK __m256d
#define LESS(x, y) _mm256_cmp_pd(x, y, _CMP_LT_OQ)
#define LESS_EQUAL(x, y) _mm256_cmp_pd(x, y, _CMP_LE_OQ)
#define EQUAL(x, y) _mm256_cmp_pd(x, y, _CMP_EQ_OQ)
#define BOTH(m, n) _mm256_and_pd(m, n)
#define EITHER(m, n) _mm256_or_pd(m, n)
#define ANY(mask) (_mm256_movemask_pd(mask) != 0)
#define ALL(mask) (_mm256_movemask_pd(mask) == 0xf)
#define CHOOSE(mask, x, y) _mm256_blendv_pd(y, x, mask)
#define TIMES_SIGN(x, y) _mm256_xor_pd(x, _mm256_and_pd(y, _mm256_set1_pd(-0.0)))
#endif
#define TINY
