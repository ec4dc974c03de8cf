/* The rows of functions_float32.c and functions_float64.c, which define EXTERNAL(name). On x86-64 each function has a
 * second body with FMA instructions, because the C library's fma() is a call for each operation: 27 ns became 4 ns for
 * log. The bits are the same. */
#if defined(__x86_64__)
#define FUNCTION(name)                                                                                                 \
  __attribute__((target("fma"))) static REAL NAME(name##_with_fma)(REAL x)                                             \
  {                                                                                                                    \
    return NAME(name)(x);                                                                                              \
  }                                                                                                                    \
  REAL EXTERNAL(name)(REAL x)                                                                                          \
  {                                                                                                                    \
    return __builtin_cpu_supports("fma") ? NAME(name##_with_fma)(x) : NAME(name)(x);                                   \
  }
#else
#define FUNCTION(name)                                                                                                 \
  REAL EXTERNAL(name)(REAL x)                                                                                          \
  {                                                                                                                    \
    return NAME(name)(x);                                                                                              \
  }
#endif

FUNCTION(tanh)
FUNCTION(exp)
FUNCTION(expm1)
FUNCTION(erf)
FUNCTION(log)
FUNCTION(log1p)
FUNCTION(sin)
FUNCTION(cos)
