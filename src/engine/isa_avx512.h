/* AVX-512: a line is one vector. Included once per precision with BITS 32 or 64; kernels.inc.h says what is defined. */
#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#ifndef INITSWEEP_ENGINE_AVX512_ONCE
#define INITSWEEP_ENGINE_AVX512_ONCE
/* to [16][16] = from [16][16] transposed; rows are so many numbers apart */
static inline void isw_transpose_lines(const float *from, size_t from_row, float *to, size_t to_row)
{
  __m512 a[16], b[16];
#pragma GCC unroll 16
  for (size_t i = 0; i < 16; i++) a[i] = _mm512_loadu_ps(from + i * from_row);
#pragma GCC unroll 8
  for (size_t i = 0; i < 16; i += 2) {
    b[i] = _mm512_unpacklo_ps(a[i], a[i + 1]);
    b[i + 1] = _mm512_unpackhi_ps(a[i], a[i + 1]);
  }
/* a[i + c] becomes columns c, 4 + c, 8 + c and 12 + c of rows i .. i + 3 */
#pragma GCC unroll 4
  for (size_t i = 0; i < 16; i += 4)
    for (size_t half = 0; half < 2; half++) {
      __m512d upper = _mm512_castps_pd(b[i + half]), lower = _mm512_castps_pd(b[i + 2 + half]);
      a[i + 2 * half] = _mm512_castpd_ps(_mm512_unpacklo_pd(upper, lower));
      a[i + 2 * half + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(upper, lower));
    }
#pragma GCC unroll 4
  for (size_t c = 0; c < 4; c++) {
    __m512 upper_even = _mm512_shuffle_f32x4(a[c], a[4 + c], 0x88); /* columns c and 8 + c */
    __m512 upper_odd = _mm512_shuffle_f32x4(a[c], a[4 + c], 0xdd);  /* columns 4 + c and 12 + c */
    __m512 lower_even = _mm512_shuffle_f32x4(a[8 + c], a[12 + c], 0x88);
    __m512 lower_odd = _mm512_shuffle_f32x4(a[8 + c], a[12 + c], 0xdd);
    _mm512_storeu_ps(to + c * to_row, _mm512_shuffle_f32x4(upper_even, lower_even, 0x88));
    _mm512_storeu_ps(to + (4 + c) * to_row, _mm512_shuffle_f32x4(upper_odd, lower_odd, 0x88));
    _mm512_storeu_ps(to + (8 + c) * to_row, _mm512_shuffle_f32x4(upper_even, lower_even, 0xdd));
    _mm512_storeu_ps(to + (12 + c) * to_row, _mm512_shuffle_f32x4(upper_odd, lower_odd, 0xdd));
  }
}
#endif

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
#define SELECT(condition, x, y)                                                                                        \
  _mm512_castsi512_ps(                                                                                                 \
      _mm512_ternarylogic_epi32((__m512i)(condition), _mm512_castps_si512(x), _mm512_castps_si512(y), 0xca))
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
#define TRANSPOSE_LINES(from, from_row, to, to_row) isw_transpose_lines(from, from_row, to, to_row)
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
#define SELECT(condition, x, y)                                                                                        \
  _mm512_castsi512_pd(                                                                                                 \
      _mm512_ternarylogic_epi64((__m512i)(condition), _mm512_castpd_si512(x), _mm512_castpd_si512(y), 0xca))
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
