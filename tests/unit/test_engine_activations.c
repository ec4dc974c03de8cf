/* The properties that the activations' rows state (values at 0, monotone), checked with every usable kernel; and that
 * no finite pre-activation, however large, gives a NaN. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>
#include "engine/kernels.h"
#include "initsweep/engine.h"

/* g(z), g'(z) and, in float64, g''(z) of a row by a kernel, at its default parameters. */
static void evaluate_all(const struct isw_kernels *kernels, enum isw_precision real, size_t row, double z, double *g,
                         double *slope, double *curvature)
{
  size_t count;
  const struct isw_activation *activation = &isw_activations(&count)[row];
  double p0 = activation->row.parameters[0].name ? activation->row.parameters[0].initial : 0.0;
  const struct isw_activation_kernels *k = &kernels->by_precision[real].activation[row];
  union {
    _Alignas(64) float single[16];
    double twice[8];
  } in, parameter, a, delta, bend;
  for (size_t l = 0; l < isw_lanes(real); l++) {
    if (real == ISW_FLOAT32)
      in.single[l] = (float)z, parameter.single[l] = (float)p0, delta.single[l] = 1.0F;
    else
      in.twice[l] = z, parameter.twice[l] = p0, delta.twice[l] = bend.twice[l] = 1.0;
  }
  k->value(1, 1, 1, &in, &parameter, &a);
  k->slope(1, 1, 1, activation->needs_pre_activation ? &in : NULL, &a, &parameter, &delta);
  *g = real == ISW_FLOAT32 ? (double)a.single[0] : a.twice[0];
  *slope = real == ISW_FLOAT32 ? (double)delta.single[0] : delta.twice[0];
  *curvature = 0.0;
  if (real == ISW_FLOAT32) return;
  k->curvature(1, 1, 1, &in, &a, &parameter, &bend);
  *curvature = bend.twice[0];
}

static void evaluate(const struct isw_kernels *kernels, enum isw_precision real, size_t row, double z, double *g,
                     double *slope)
{
  double curvature;
  evaluate_all(kernels, real, row, z, g, slope, &curvature);
}

/* Calls check for every usable kernel, precision and row. */
static void for_all(void (*check)(const struct isw_kernels *, enum isw_precision, size_t,
                                  const struct isw_activation *))
{
  bool usable;
  const char *name;
  for (size_t i = 0; (name = isw_kernels_list(i, &usable)); i++) {
    const struct isw_kernels *kernels;
    if (!usable) continue;
    assert_int_equal(isw_kernels_choose(name, &kernels, NULL), ISW_OK);
    size_t count;
    const struct isw_activation *table = isw_activations(&count);
    for (size_t row = 0; row < count; row++) {
      check(kernels, ISW_FLOAT32, row, &table[row]);
      check(kernels, ISW_FLOAT64, row, &table[row]);
    }
  }
}

/* a and b agree to 4 units in the last place of the precision. */
static void assert_near(enum isw_precision real, double a, double b, const char *name)
{
  double epsilon = real == ISW_FLOAT32 ? 1.2e-7 : 2.3e-16;
  if (!(fabs(a - b) <= 4.0 * epsilon * fabs(b))) fail_msg("%s: %.17g, not %.17g", name, a, b);
}

static void check_at_0(const struct isw_kernels *kernels, enum isw_precision real, size_t row,
                       const struct isw_activation *activation)
{
  double g, slope, g_right, right, g_left, left;
  const double h = 1e-6;
  evaluate(kernels, real, row, 0.0, &g, &slope);
  assert_near(real, g, activation->value_at_0, activation->row.name);
  assert_near(real, slope, activation->slope_at_0, activation->row.name);
  if (real == ISW_FLOAT32) return; /* differences need more digits */
  evaluate(kernels, real, row, h, &g_right, &right);
  evaluate(kernels, real, row, -h, &g_left, &left);
  double above = (right - slope) / h, below = (slope - left) / h, curvature = activation->curvature_at_0;
  bool kink = !(fabs(above - below) < 1e-3);
  if (kink != isnan(curvature)) fail_msg("%s: g'' is %g above 0 and %g below", activation->row.name, above, below);
  if (!kink && fabs(above - curvature) > 1e-3) fail_msg("%s: g''(0) is %g", activation->row.name, above);
  /* where g' jumps, it has the value of one side: the slope of g above or below */
  double side_above = (g_right - g) / h, side_below = (g - g_left) / h;
  if (fabs(slope - side_above) > 1e-4 && fabs(slope - side_below) > 1e-4)
    fail_msg("%s: g'(0) = %g, by differences %g above and %g below", activation->row.name, slope, side_above,
             side_below);
}

static void values_at_0_are_the_rows(void **state)
{
  (void)state;
  for_all(check_at_0);
}

/* g'' is the derivative of g', wherever g' has no kink: central differences of 2^-14 err by their fourth derivative. */
static void check_curvature(const struct isw_kernels *kernels, enum isw_precision real, size_t row,
                            const struct isw_activation *activation)
{
  const double h = 0x1p-14;
  if (real == ISW_FLOAT32) return;
  for (int i = -300; i < 300; i++) {
    double z = ((double)i + 0.5) / 40.0, g, slope, bend, above, below, other;
    evaluate_all(kernels, real, row, z, &g, &slope, &bend);
    evaluate_all(kernels, real, row, z + h, &g, &above, &other);
    evaluate_all(kernels, real, row, z - h, &g, &below, &other);
    if (fabs((above - below) / (2.0 * h) - bend) > 1e-7)
      fail_msg("%s, %s: g''(%g) = %g", activation->row.name, isw_kernels_name(kernels), z, bend);
  }
}

static void curvatures_are_derivatives_of_slopes(void **state)
{
  (void)state;
  for_all(check_curvature);
}

static void check_monotone(const struct isw_kernels *kernels, enum isw_precision real, size_t row,
                           const struct isw_activation *activation)
{
  double last = -INFINITY, slope, largest_fall = 0.0;
  bool falls = false;
  if (real == ISW_FLOAT32) return;
  for (int i = -800; i <= 800; i++) {
    double g;
    evaluate(kernels, real, row, (double)i / 40.0, &g, &slope);
    largest_fall = fmax(largest_fall, last - g);
    falls = falls || slope < -1e-9;
    last = g;
  }
  if (activation->monotone != (largest_fall < 1e-9) || activation->monotone == falls)
    fail_msg("%s: monotone is %d, yet it falls by %g", activation->row.name, activation->monotone, largest_fall);
}

static void monotone_rows_never_fall(void **state)
{
  (void)state;
  for_all(check_monotone);
}

static void check_large(const struct isw_kernels *kernels, enum isw_precision real, size_t row,
                        const struct isw_activation *activation)
{
  static const double sizes[] = {0.0,   1e-320, 1e-300, 1e-40, 1e-10, 1.0,  20.0, 30.0,  31.0,  90.0,
                                 105.0, 710.0,  746.0,  1e4,   1e10,  1e20, 3e38, 1e154, 1e300, DBL_MAX};
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
    for (int sign = -1; sign <= 1; sign += 2) {
      double g, slope, bend, z = sign * sizes[i];
      if (real == ISW_FLOAT32 && fabs(z) > (double)FLT_MAX) continue;
      evaluate_all(kernels, real, row, z, &g, &slope, &bend);
      if (isnan(g) || isnan(slope) || isnan(bend))
        fail_msg("%s, %s: g(%g) = %g, g' = %g, g'' = %g", activation->row.name, isw_kernels_name(kernels), z, g, slope,
                 bend);
    }
  double g, slope;
  evaluate(kernels, real, row, (double)NAN, &g, &slope);
  if (!isnan(g)) fail_msg("%s, %s: g(NaN) = %g", activation->row.name, isw_kernels_name(kernels), g);
}

static void no_finite_number_gives_nan_and_nan_stays(void **state)
{
  (void)state;
  for_all(check_large);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(values_at_0_are_the_rows),
      cmocka_unit_test(curvatures_are_derivatives_of_slopes),
      cmocka_unit_test(monotone_rows_never_fall),
      cmocka_unit_test(no_finite_number_gives_nan_and_nan_stays),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
