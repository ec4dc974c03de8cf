/* The measured loops, compiled once an instruction set: with AVX-512 flags or with AVX2 ones. */
#include <immintrin.h>
#include "machine_loops.h"

#ifdef __AVX512F__
#define ISA(x) x##_avx512
#define KERNELS "avx512"
#define V32 __m512
#define V64 __m512d
#define MM32(x) _mm512_##x##_ps
#define MM64(x) _mm512_##x##_pd
#else
#define ISA(x) x##_avx2
#define KERNELS "avx2"
#define V32 __m256
#define V64 __m256d
#define MM32(x) _mm256_##x##_ps
#define MM64(x) _mm256_##x##_pd
#endif

/* twelve chains hide the latency of two units of four to five cycles each; 4 KiB of inputs and outputs stay in L1 */
#define CHAINS 12

#define LOOPS(BITS, REAL, V, MM)                                                                                       \
  static double fma_##BITS(uint64_t times)                                                                             \
  {                                                                                                                    \
    volatile REAL start = (REAL)0.5;                                                                                   \
    V x = MM(set1)(start), y = MM(set1)((REAL)1 - start);                                                              \
    V s0 = x, s1 = x, s2 = x, s3 = x, s4 = x, s5 = x, s6 = x, s7 = x, s8 = x, s9 = x, s10 = x, s11 = x;                \
    /* chains that are known to be equal would be merged */                                                            \
    __asm__("" : "+x"(s1), "+x"(s2), "+x"(s3), "+x"(s4), "+x"(s5), "+x"(s6));                                          \
    __asm__("" : "+x"(s7), "+x"(s8), "+x"(s9), "+x"(s10), "+x"(s11));                                                  \
    for (uint64_t i = 0; i < times; i++) {                                                                             \
      s0 = MM(fmadd)(s0, x, y);                                                                                        \
      s1 = MM(fmadd)(s1, x, y);                                                                                        \
      s2 = MM(fmadd)(s2, x, y);                                                                                        \
      s3 = MM(fmadd)(s3, x, y);                                                                                        \
      s4 = MM(fmadd)(s4, x, y);                                                                                        \
      s5 = MM(fmadd)(s5, x, y);                                                                                        \
      s6 = MM(fmadd)(s6, x, y);                                                                                        \
      s7 = MM(fmadd)(s7, x, y);                                                                                        \
      s8 = MM(fmadd)(s8, x, y);                                                                                        \
      s9 = MM(fmadd)(s9, x, y);                                                                                        \
      s10 = MM(fmadd)(s10, x, y);                                                                                      \
      s11 = MM(fmadd)(s11, x, y);                                                                                      \
    }                                                                                                                  \
    V sum = MM(add)(MM(add)(MM(add)(s0, s1), MM(add)(s2, s3)), MM(add)(MM(add)(s4, s5), MM(add)(s6, s7)));             \
    sum = MM(add)(sum, MM(add)(MM(add)(s8, s9), MM(add)(s10, s11)));                                                   \
    REAL number[sizeof(V) / sizeof(REAL)];                                                                             \
    MM(storeu)(number, sum);                                                                                           \
    return (double)number[0];                                                                                          \
  }                                                                                                                    \
                                                                                                                       \
  static double read_##BITS(const void *memory, size_t bytes, uint64_t times)                                          \
  {                                                                                                                    \
    enum { WIDTH = sizeof(V) / sizeof(REAL) };                                                                         \
    const REAL *number = memory;                                                                                       \
    V s0 = MM(setzero)(), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0;                               \
    for (uint64_t t = 0; t < times; t++)                                                                               \
      for (size_t i = 0; i < bytes / sizeof(REAL); i += 8 * (size_t)WIDTH) {                                           \
        s0 = MM(add)(s0, MM(load)(number + i));                                                                        \
        s1 = MM(add)(s1, MM(load)(number + i + WIDTH));                                                                \
        s2 = MM(add)(s2, MM(load)(number + i + 2 * WIDTH));                                                            \
        s3 = MM(add)(s3, MM(load)(number + i + 3 * WIDTH));                                                            \
        s4 = MM(add)(s4, MM(load)(number + i + 4 * WIDTH));                                                            \
        s5 = MM(add)(s5, MM(load)(number + i + 5 * WIDTH));                                                            \
        s6 = MM(add)(s6, MM(load)(number + i + 6 * WIDTH));                                                            \
        s7 = MM(add)(s7, MM(load)(number + i + 7 * WIDTH));                                                            \
      }                                                                                                                \
    V sum = MM(add)(MM(add)(MM(add)(s0, s1), MM(add)(s2, s3)), MM(add)(MM(add)(s4, s5), MM(add)(s6, s7)));             \
    REAL out[WIDTH];                                                                                                   \
    MM(storeu)(out, sum);                                                                                              \
    return (double)out[0];                                                                                             \
  }                                                                                                                    \
                                                                                                                       \
  static double triad_##BITS(void *a, const void *b, const void *c, size_t bytes)                                      \
  {                                                                                                                    \
    enum { WIDTH = sizeof(V) / sizeof(REAL) };                                                                         \
    REAL *to = a;                                                                                                      \
    const REAL *from = b, *scaled = c;                                                                                 \
    V s = MM(set1)((REAL)3);                                                                                           \
    for (size_t i = 0; i < bytes / sizeof(REAL); i += WIDTH)                                                           \
      MM(stream)(to + i, MM(fmadd)(s, MM(load)(scaled + i), MM(load)(from + i)));                                      \
    _mm_sfence();                                                                                                      \
    return (double)to[0];                                                                                              \
  }                                                                                                                    \
                                                                                                                       \
  const struct machine_loops ISA(machine_##BITS) = {                                                                   \
      .kernels = KERNELS,                                                                                              \
      .precision = #BITS,                                                                                              \
      .fma_flops = 2.0 * CHAINS * sizeof(V) / sizeof(REAL),                                                            \
      .fma = fma_##BITS,                                                                                               \
      .read = read_##BITS,                                                                                             \
      .triad = triad_##BITS,                                                                                           \
  }

LOOPS(float32, float, V32, MM32);
LOOPS(float64, double, V64, MM64);
