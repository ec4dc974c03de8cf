/* 64-bit Arm's Advanced SIMD (Neon): a line is four vectors. Included once per precision with BITS 32 or 64;
 * kernels.inc.h says what is defined. */
#include <arm_neon.h>

#define PARTS 4
#define TILE_ROWS 6
#define TILE_COLUMNS 4
#define CHUNK 48
#define BLOCK_COLUMNS 64
#define IN_REGISTER(x) __asm__("" : "+w"(x))
#define BOTH(m, n) ((m) & (n))
#define EITHER(m, n) ((m) | (n))
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
#define LESSER(x, y) vbslq_f32(vcltq_f32(x, y), x, y)
#define GREATER(x, y) vbslq_f32(vcgtq_f32(x, y), x, y)
#define MASK uint32x4_t
#define LESS(x, y) vcltq_f32(x, y)
#define LESS_EQUAL(x, y) vcleq_f32(x, y)
#define EQUAL(x, y) vceqq_f32(x, y)
#define ANY(mask) (vmaxvq_u32(mask) != 0)
#define ALL(mask) (vminvq_u32(mask) != 0)
#define CHOOSE(mask, x, y) vbslq_f32(mask, x, y)
/* bytes 4 (place & 7) + 0, 1, 2, 3 of the row's first eight numbers */
#define LOOKUP(row, place)                                                                                             \
  vreinterpretq_f32_u8(                                                                                                \
      vqtbl2q_u8((uint8x16x2_t){{vld1q_u8((const uint8_t *)(row)), vld1q_u8((const uint8_t *)(row) + 16)}},            \
                 vreinterpretq_u8_u32(vmlaq_n_u32(vdupq_n_u32(0x03020100), (uint32x4_t)((place)&7), 0x04040404))))
#define TIMES_SIGN(x, y)                                                                                               \
  vreinterpretq_f32_u32(                                                                                               \
      veorq_u32(vreinterpretq_u32_f32(x), vandq_u32(vreinterpretq_u32_f32(y), vdupq_n_u32(UINT32_C(1) << 31))))
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
#define LESSER(x, y) vbslq_f64(vcltq_f64(x, y), x, y)
#define GREATER(x, y) vbslq_f64(vcgtq_f64(x, y), x, y)
#define MASK uint64x2_t
#define LESS(x, y) vcltq_f64(x, y)
#define LESS_EQUAL(x, y) vcleq_f64(x, y)
#define EQUAL(x, y) vceqq_f64(x, y)
#define ANY(mask) (vmaxvq_u32(vreinterpretq_u32_u64(mask)) != 0)
#define ALL(mask) (vminvq_u32(vreinterpretq_u32_u64(mask)) != 0)
#define CHOOSE(mask, x, y) vbslq_f64(mask, x, y)
#define TIMES_SIGN(x, y)                                                                                               \
  vreinterpretq_f64_u64(                                                                                               \
      veorq_u64(vreinterpretq_u64_f64(x), vandq_u64(vreinterpretq_u64_f64(y), vdupq_n_u64(UINT64_C(1) << 63))))
#endif
