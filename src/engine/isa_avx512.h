/* AVX-512: a line is one vector. Included once per precision with BITS 32 or 64; kernels.inc.h says what is defined. */
#include <immintrin.h>
#include <stdint.h>

#define PARTS 1
#define TILE_ROWS 6
#define TILE_COLUMNS 4
#define CHUNK 96
#define BLOCK_COLUMNS 40
#define IN_REGISTER(x) __asm__("" : "+v"(x))
#define BOTH(m, n) ((MASK)((m) & (n)))
#define EITHER(m, n) ((MASK)((m) | (n)))
#define ANY(mask) ((mask) != 0)
#if BITS == 32
#define V __m512
#define REAL float
#define NAME(x) x##_avx512_float32
#define K(x) _mm512_set1_ps((float)(x))
#define FMA(x, y, c) _mm512_fmadd_ps(x, y, c)
#define SELECT(condition, x, y) _mm512_mask_blend_ps(_mm512_movepi32_mask((__m512i)(condition)), y, x)
#define SQRT(x) _mm512_sqrt_ps(x)
#define ABS(x) _mm512_abs_ps(x)
#define ANY_NAN(x) (_mm512_cmp_ps_mask(x, x, _CMP_UNORD_Q) != 0)
#define LESSER(x, y) _mm512_min_ps(x, y)
#define GREATER(x, y) _mm512_max_ps(x, y)
#define MASK __mmask16
#define ALL(mask) ((mask) == UINT16_MAX)
#define LESS(x, y) _mm512_cmp_ps_mask(x, y, _CMP_LT_OQ)
#define LESS_EQUAL(x, y) _mm512_cmp_ps_mask(x, y, _CMP_LE_OQ)
#define EQUAL(x, y) _mm512_cmp_ps_mask(x, y, _CMP_EQ_OQ)
#define CHOOSE(mask, x, y) _mm512_mask_blend_ps(mask, y, x)
/* x 2^n with one rounding */
#define SCALE(x, n) _mm512_scalef_ps(x, n)
#define LOOKUP(row, place) _mm512_permutexvar_ps((__m512i)(place), _mm512_load_ps(row))
/* x xor the sign of y */
#define TIMES_SIGN(x, y)                                                                                               \
  _mm512_castsi512_ps(                                                                                                 \
      _mm512_ternarylogic_epi32(_mm512_castps_si512(x), _mm512_castps_si512(y), _mm512_set1_epi32(INT32_MIN), 0x78))
#else
#define V __m512d
#define REAL double
#define NAME(x) x##_avx512_float64
#define K(x) _mm512_set1_pd(x)
#define FMA(x, y, c) _mm512_fmadd_pd(x, y, c)
#define SELECT(condition, x, y) _mm512_mask_blend_pd(_mm512_movepi64_mask((__m512i)(condition)), y, x)
#define SQRT(x) _mm512_sqrt_pd(x)
#define ABS(x) _mm512_abs_pd(x)
#define ANY_NAN(x) (_mm512_cmp_pd_mask(x, x, _CMP_UNORD_Q) != 0)
#define LESSER(x, y) _mm512_min_pd(x, y)
#define GREATER(x, y) _mm512_max_pd(x, y)
#define MASK __mmask8
#define ALL(mask) ((mask) == UINT8_MAX)
#define LESS(x, y) _mm512_cmp_pd_mask(x, y, _CMP_LT_OQ)
#define LESS_EQUAL(x, y) _mm512_cmp_pd_mask(x, y, _CMP_LE_OQ)
#define EQUAL(x, y) _mm512_cmp_pd_mask(x, y, _CMP_EQ_OQ)
#define CHOOSE(mask, x, y) _mm512_mask_blend_pd(mask, y, x)
#define SCALE(x, n) _mm512_scalef_pd(x, n)
#define TIMES_SIGN(x, y)                                                                                               \
  _mm512_castsi512_pd(                                                                                                 \
      _mm512_ternarylogic_epi64(_mm512_castpd_si512(x), _mm512_castpd_si512(y), _mm512_set1_epi64(INT64_MIN), 0x78))
#endif
#define TINY
