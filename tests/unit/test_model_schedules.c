/* Learning-rate schedules: constant is exactly 1, step factors are exact powers, end values are reached, and no step is
 * skipped. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>
#include "initsweep/model.h"

/* The factor of a schedule by name, with its parameters in order. */
static double factor(const char *name, double p0, double p1, double p2, uint64_t step, uint64_t steps)
{
  size_t count;
  const struct isw_rate_schedule *table = isw_schedules(&count);
  for (size_t i = 0; i < count; i++) {
    if (strcmp(table[i].row.name, name) != 0) continue;
    struct isw_choice choice = {.row = i, .value = {{.number = p0}, {.number = p1}, {.number = p2}}};
    return table[i].factor(&choice, step, steps);
  }
  fail_msg("no schedule %s", name);
  return NAN;
}

static void constant_is_row_0_and_exactly_1(void **state)
{
  (void)state;
  size_t count;
  assert_string_equal(isw_schedules(&count)[0].row.name, "constant");
  for (uint64_t t = 0; t < 5; t++) assert_true(factor("constant", 0, 0, 0, t, 5) == 1.0);
}

static void powers_are_exact_where_the_base_is(void **state)
{
  (void)state;
  assert_true(factor("step", 10, 0.5, 0, 9, 100) == 1.0);
  assert_true(factor("step", 10, 0.5, 0, 10, 100) == 0.5);
  assert_true(factor("step", 10, 0.5, 0, 79, 100) == 0.0078125);
  assert_true(factor("step", 1, 0.1, 0, 1, 100) == 0.1);
  assert_true(factor("exponential", 0.5, 0, 0, 37, 100) == ldexp(1.0, -37));
  assert_true(factor("exponential", 0.5, 0, 0, 1ull << 50, 1ull << 51) == 0.0);
  assert_true(fabs(factor("exponential", 0.99, 0, 0, 500, 1000) / pow(0.99, 500.0) - 1.0) < 1e-13);
}

static void ends_are_met_and_kept(void **state)
{
  (void)state;
  assert_true(factor("linear", 1.0, 0.25, 0, 0, 100) == 1.0);
  assert_true(factor("linear", 1.0, 0.25, 0, 50, 100) == 0.625);
  assert_true(factor("linear", 1.0, 0.25, 10, 10, 100) == 0.25 && factor("linear", 1.0, 0.25, 10, 99, 100) == 0.25);
  assert_true(factor("cosine", 0.25, 0, 0, 0, 100) == 1.0);
  assert_true(fabs(factor("cosine", 0.25, 0, 0, 50, 100) - 0.625) < 1e-15);
  assert_true(factor("cosine", 0.25, 10, 0, 10, 100) == 0.25 && factor("cosine", 0.25, 10, 0, 50, 100) == 0.25);
  assert_true(factor("cosine", 0.0, 0, 0, 0, 0) == 0.0); /* a network without steps */
}

static void warmups_rise_to_1_and_meet_what_follows(void **state)
{
  (void)state;
  assert_true(factor("warmup", 4, 0, 0, 0, 100) == 0.25 && factor("warmup", 4, 0, 0, 3, 100) == 1.0);
  assert_true(factor("warmup", 4, 0, 0, 99, 100) == 1.0 && factor("warmup", 1, 0, 0, 0, 100) == 1.0);
  assert_true(factor("warmup_cosine", 4, 0, 0, 1, 100) == 0.5 && factor("warmup_cosine", 4, 0, 0, 4, 100) == 1.0);
  assert_true(fabs(factor("warmup_cosine", 4, 0.5, 0, 52, 100) - 0.75) < 1e-15);
  assert_true(factor("warmup_cosine", 200, 0, 0, 99, 100) == 0.5); /* it may not end */
  assert_true(factor("inverse_sqrt", 4, 0, 0, 1, 100) == 0.5 && factor("inverse_sqrt", 4, 0, 0, 3, 100) == 1.0);
  assert_true(factor("inverse_sqrt", 4, 0, 0, 15, 100) == 0.5);
}

static void every_schedule_is_finite_at_every_step(void **state)
{
  (void)state;
  static const uint64_t steps[] = {1, 2, 99, 100, 101, 5000, 1ull << 53};
  size_t count;
  const struct isw_rate_schedule *table = isw_schedules(&count);
  for (size_t i = 0; i < count; i++)
    for (size_t n = 0; n < sizeof steps / sizeof steps[0]; n++)
      for (uint64_t t = 0; t < steps[n]; t += steps[n] / 97 + 1) {
        struct isw_choice choice = isw_choice_default(&table[i].row, i);
        double f = table[i].factor(&choice, t, steps[n]);
        if (!(f >= 0.0 && f <= 1.0)) fail_msg("%s at %llu: %g", table[i].row.name, (unsigned long long)t, f);
      }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(constant_is_row_0_and_exactly_1),
      cmocka_unit_test(powers_are_exact_where_the_base_is),
      cmocka_unit_test(ends_are_met_and_kept),
      cmocka_unit_test(warmups_rise_to_1_and_meet_what_follows),
      cmocka_unit_test(every_schedule_is_finite_at_every_step),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
