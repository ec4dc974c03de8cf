/* All forms of the elementary functions for tests: one number, and the vectors of each instruction set. */
#ifndef TESTS_EXACT_FORMS_H
#define TESTS_EXACT_FORMS_H
#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>

#define EXACT_FUNCTIONS(ROW) ROW(tanh) ROW(exp) ROW(expm1) ROW(erf) ROW(log) ROW(log1p) ROW(sin) ROW(cos)
#define EXACT_INDEX(name) EXACT_##name,
enum { EXACT_FUNCTIONS(EXACT_INDEX) EXACT_COUNT };
#define EXACT_LINE_BYTES 64

/** y[i] = function(x[i]); whole lines of EXACT_LINE_BYTES, aligned to them. */
typedef void exact_float32(size_t count, const float *x, float *y);
typedef void exact_float64(size_t count, const double *x, double *y);

/** One form, with the name of its kernels; `scalar` is the form of exact.h. */
struct exact_form {
  const char *name;
  exact_float32 *float32[EXACT_COUNT];
  exact_float64 *float64[EXACT_COUNT];
};

/** Form number i that this machine can run, the fastest first; NULL after the last. */
const struct exact_form *exact_form(size_t i);

extern const struct exact_form exact_form_scalar, exact_form_portable, exact_form_avx2, exact_form_avx512,
    exact_form_advsimd;
#endif
