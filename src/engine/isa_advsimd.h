/* 64-bit Arm's Advanced SIMD (Neon): a line is four vectors. Included once per precision with BITS 32 or 64;
 * kernels.inc.h says what is defined. */
#include <arm_neon.h>

#define PARTS 4
#define TILE_ROWS 6
#define TILE_COLUMNS 4
#define CHUNK 48
#define BLOCK_COLUMNS 64
#define IN_REGISTER(x) __asm__("" : "+w"(x))
#if BITS == 32
#define V float32x4_t
#define REAL float
#define NAME(x) x##_advsimd_float32
#define K(x) vdupq_n_f32((float)(x))
#define FMA(x, y, c) vfmaq_f32(c, x, y)
#define SELECT(condition, x, y) vbslq_f32((uint32x4_t)(condition), x, y)
#define ANY_NAN(x) (vminvq_u32(vceqq_f32(x, x)) == 0)
#define SQRT(x) vsqrtq_f32(x)
#define ABS(x) vabsq_f32(x)
#define SLEEF(function, accuracy) Sleef_finz_##function##f4_##accuracy##advsimd
#else
#define V float64x2_t
#define REAL double
#define NAME(x) x##_advsimd_float64
#define K(x) vdupq_n_f64(x)
#define FMA(x, y, c) vfmaq_f64(c, x, y)
#define SELECT(condition, x, y) vbslq_f64((uint64x2_t)(condition), x, y)
#define ANY_NAN(x) (vminvq_u32((uint32x4_t)vceqq_f64(x, x)) == 0)
#define SQRT(x) vsqrtq_f64(x)
#define ABS(x) vabsq_f64(x)
#define SLEEF(function, accuracy) Sleef_finz_##function##d2_##accuracy##advsimd
#endif
