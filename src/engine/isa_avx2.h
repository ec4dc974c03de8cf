/* AVX2 and FMA: a line is two vectors. Included once per precision with BITS 32 or 64; kernels.inc.h says what is defined. */
#include <immintrin.h>

#define PARTS 2
#define TILE_ROWS 6
#define TILE_COLUMNS 2 /* 12 sums, 2 + 1 operands: 16 registers */
#define CHUNK 32
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
#define SLEEF(function, accuracy) Sleef_finz_##function##f8_##accuracy##avx2
#else
#define V __m256d
#define REAL double
#define NAME(x) x##_avx2_float64
#define K(x) _mm256_set1_pd(x)
#define FMA(x, y, c) _mm256_fmadd_pd(x, y, c)
#define SELECT(condition, x, y) _mm256_blendv_pd(y, x, (__m256d)(condition))
#define SQRT(x) _mm256_sqrt_pd(x)
#define ABS(x) _mm256_andnot_pd(_mm256_set1_pd(-0.0), x)
#define SLEEF(function, accuracy) Sleef_finz_##function##d4_##accuracy##avx2
#endif
