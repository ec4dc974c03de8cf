/* The errors of the elementary functions, compared with MPFR: at most 2 ulp in float32 and 1 ulp in float64.
 *   test_exact_errors short|long    every 4093rd or every float32, and 10^5 or 10^8 float64, of each function
 * In float32 the C library's float64 function judges first, and MPFR where that finds an error near the bound, and for
 * every 4096th number: MPFR alone would take days. Prints the largest errors. */
#include "inputs.h"
#include <math.h>
#include <mpfr.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct oracle {
  int (*mpfr)(mpfr_t y, const mpfr_t x, mpfr_rnd_t rounding);
  double (*libm)(double x);
};
#define ORACLE(name) [EXACT_##name] = {mpfr_##name, name},
static const struct oracle oracles[EXACT_COUNT] = {EXACT_FUNCTIONS(ORACLE)};

struct precision {
  const char *name;
  int digits, least_exponent; /* an ulp is never below 2^least_exponent */
  double bound;               /* in ulp */
};
static const struct precision float32 = {"float32", 24, -149, 2.0}, float64 = {"float64", 53, -1074, 1.0};

struct error {
  double ulps, argument;
};

static double ulp(const struct precision *precision, double y)
{
  int exponent;
  frexp(y, &exponent);
  exponent -= precision->digits;
  return ldexp(1.0, exponent < precision->least_exponent ? precision->least_exponent : exponent);
}

/* The error of y as f(x) in ulp of f(x), infinity where one of both is NaN or infinite and the other is not. */
static double mpfr_error(size_t function, const struct precision *precision, double x, double y)
{
  static mpfr_t argument, value;
  static bool ready = false;
  if (!ready) {
    mpfr_init2(argument, 53);
    mpfr_init2(value, 160);
    ready = true;
  }
  mpfr_set_d(argument, x, MPFR_RNDN);
  oracles[function].mpfr(value, argument, MPFR_RNDN);
  double rounded = precision->digits == 24 ? (double)mpfr_get_flt(value, MPFR_RNDN) : mpfr_get_d(value, MPFR_RNDN);
  if (isnan(rounded) || isnan(y)) return isnan(rounded) && isnan(y) ? 0.0 : INFINITY;
  if (isinf(y) || mpfr_inf_p(value)) return y == rounded ? 0.0 : INFINITY;
  mpfr_sub_d(value, value, y, MPFR_RNDN);
  mpfr_div_d(value, value, ulp(precision, rounded), MPFR_RNDN);
  return fabs(mpfr_get_d(value, MPFR_RNDN));
}

static void record(struct error *worst, double ulps, double argument)
{
  if (ulps > worst->ulps) *worst = (struct error){ulps, argument};
}

static struct error errors_float32(size_t function, uint64_t step)
{
  static struct {
    alignas(EXACT_LINE_BYTES) float x[EXACT_BLOCK], y[EXACT_BLOCK];
  } block;
  struct error worst = {0.0, 0.0};
  for (uint64_t first = 0; first < UINT64_C(1) << 32; first += EXACT_BLOCK * step) {
    exact_inputs_float32(first, step, block.x);
    exact_form(0)->float32[function](EXACT_BLOCK, block.x, block.y);
    for (size_t i = 0; i < EXACT_BLOCK; i++) {
      double x = (double)block.x[i], y = (double)block.y[i], expected = oracles[function].libm(x);
      double estimate = fabs(y - expected) / ulp(&float32, expected);
      if (i == 0 || !(estimate < worst.ulps)) record(&worst, mpfr_error(function, &float32, x, y), x);
    }
  }
  return worst;
}

static struct error errors_float64(size_t function, uint64_t blocks)
{
  static struct {
    alignas(EXACT_LINE_BYTES) double x[EXACT_BLOCK], y[EXACT_BLOCK];
  } block;
  struct error worst = {0.0, 0.0};
  for (uint64_t number = 0; number < blocks; number++) {
    exact_inputs_float64(function, number, block.x);
    exact_form(0)->float64[function](EXACT_BLOCK, block.x, block.y);
    for (size_t i = 0; i < EXACT_BLOCK; i++)
      record(&worst, mpfr_error(function, &float64, block.x[i], block.y[i]), block.x[i]);
  }
  return worst;
}

static bool report(size_t function, const struct precision *precision, struct error worst)
{
  printf("%-6s %s  %.4f ulp at %a\n", exact_facts[function].name, precision->name, worst.ulps, worst.argument);
  fflush(stdout);
  return worst.ulps <= precision->bound;
}

int main(int argc, char **argv)
{
  bool all = argc == 2 && strcmp(argv[1], "long") == 0, within = true;
  for (size_t function = 0; function < EXACT_COUNT; function++) {
    within &= report(function, &float32, errors_float32(function, all ? 1 : 4093));
    within &= report(function, &float64, errors_float64(function, all ? 100 * 1000 * 1000 / EXACT_BLOCK : 24));
  }
  if (!within) printf("an error is above %g ulp in float32 or %g ulp in float64\n", float32.bound, float64.bound);
  return within ? EXIT_SUCCESS : EXIT_FAILURE;
}
