/* AVX-512: a line is one vector. Included once per precision with BITS 32 or 64; kernels.inc.h says what is defined. */
#include <immintrin.h>

#define PARTS 1
#define TILE_ROWS 6
#define TILE_COLUMNS 4
#define CHUNK 96
#define IN_REGISTER(x) __asm__("" : "+v"(x))
#if BITS == 32
#define V __m512
#define REAL float
#define NAME(x) x##_avx512_float32
#define K(x) _mm512_set1_ps((float)(x))
#define FMA(x, y, c) _mm512_fmadd_ps(x, y, c)
#define SELECT(condition, x, y) _mm512_mask_blend_ps(_mm512_movepi32_mask((__m512i)(condition)), y, x)
#define SQRT(x) _mm512_sqrt_ps(x)
#define ABS(x) _mm512_abs_ps(x)
#define SLEEF(function, accuracy) Sleef_finz_##function##f16_##accuracy##avx512f
#else
#define V __m512d
#define REAL double
#define NAME(x) x##_avx512_float64
#define K(x) _mm512_set1_pd(x)
#define FMA(x, y, c) _mm512_fmadd_pd(x, y, c)
#define SELECT(condition, x, y) _mm512_mask_blend_pd(_mm512_movepi64_mask((__m512i)(condition)), y, x)
#define SQRT(x) _mm512_sqrt_pd(x)
#define ABS(x) _mm512_abs_pd(x)
#define SLEEF(function, accuracy) Sleef_finz_##function##d8_##accuracy##avx512f
#endif
