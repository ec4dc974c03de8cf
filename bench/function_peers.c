/* Elementary functions of SLEEF and of the C library's libmvec, compiled once an instruction set. SLEEF's are the ones
 * that the program used: u35 where that family has the function, otherwise u10. */
#include "function_peers.h"
#include <immintrin.h>

#ifdef __AVX512F__
#define V32 __m512
#define V64 __m512d
#define SLEEF32(function, accuracy) Sleef_finz_##function##f16_##accuracy##avx512f
#define SLEEF64(function, accuracy) Sleef_finz_##function##d8_##accuracy##avx512f
#define LIBMVEC32(function) _ZGVeN16v_##function##f
#define LIBMVEC64(function) _ZGVeN8v_##function
#define PEER(name) name##_avx512
#define KERNELS "avx512"
#else
#define V32 __m256
#define V64 __m256d
#define SLEEF32(function, accuracy) Sleef_finz_##function##f8_##accuracy##avx2
#define SLEEF64(function, accuracy) Sleef_finz_##function##d4_##accuracy##avx2
#define LIBMVEC32(function) _ZGVdN8v_##function##f
#define LIBMVEC64(function) _ZGVdN4v_##function
#define PEER(name) name##_avx2
#define KERNELS "avx2"
#endif

#define LOOP(name, REAL, V, function)                                                                                  \
  V function(V x) __attribute__((const));                                                                              \
  static void name(size_t count, const REAL *x, REAL *y)                                                               \
  {                                                                                                                    \
    for (size_t i = 0; i < count * sizeof(REAL) / sizeof(V); i++) ((V *)y)[i] = function(((const V *)x)[i]);           \
  }
#define LOOPS(function, accuracy)                                                                                      \
  LOOP(sleef_##function##_float32, float, V32, SLEEF32(function, accuracy))                                            \
  LOOP(sleef_##function##_float64, double, V64, SLEEF64(function, accuracy))                                           \
  LOOP(libmvec_##function##_float32, float, V32, LIBMVEC32(function))                                                  \
  LOOP(libmvec_##function##_float64, double, V64, LIBMVEC64(function))
LOOPS(tanh, u35)
LOOPS(sin, u35)
LOOPS(cos, u35)
LOOPS(log, u35)
LOOPS(exp, u10)
LOOPS(expm1, u10)
LOOPS(log1p, u10)
LOOPS(erf, u10)

#define SLEEF_FLOAT32(function) sleef_##function##_float32,
#define SLEEF_FLOAT64(function) sleef_##function##_float64,
#define LIBMVEC_FLOAT32(function) libmvec_##function##_float32,
#define LIBMVEC_FLOAT64(function) libmvec_##function##_float64,
const struct function_peer PEER(sleef) = {
    "SLEEF", KERNELS, {EXACT_FUNCTIONS(SLEEF_FLOAT32)}, {EXACT_FUNCTIONS(SLEEF_FLOAT64)}};
const struct function_peer PEER(libmvec) = {
    "libmvec", KERNELS, {EXACT_FUNCTIONS(LIBMVEC_FLOAT32)}, {EXACT_FUNCTIONS(LIBMVEC_FLOAT64)}};
