/* The elementary functions as exact.h has them: on one number. */
#include "forms.h"
#include "initsweep/exact.h"

#define LOOPS(name)                                                                                                    \
  static void float32_##name(size_t count, const float *x, float *y)                                                   \
  {                                                                                                                    \
    for (size_t i = 0; i < count; i++) y[i] = isw_exact_##name##_float32(x[i]);                                        \
  }                                                                                                                    \
  static void float64_##name(size_t count, const double *x, double *y)                                                 \
  {                                                                                                                    \
    for (size_t i = 0; i < count; i++) y[i] = isw_exact_##name(x[i]);                                                  \
  }
EXACT_FUNCTIONS(LOOPS)

#define FLOAT32(name) float32_##name,
#define FLOAT64(name) float64_##name,
const struct exact_form exact_form_scalar = {"scalar", {EXACT_FUNCTIONS(FLOAT32)}, {EXACT_FUNCTIONS(FLOAT64)}};
