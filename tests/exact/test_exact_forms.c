/* All forms of an elementary function give the same bits, with the right symmetry, bounds and special values.
 *   test_exact_forms short|long    every 1021st or every float32, and 5 x 10^5 or 10^8 float64, of each function */
#include "inputs.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static uint64_t float32_step = 1021, float64_blocks = 128;

struct block32 {
  alignas(EXACT_LINE_BYTES) float x[EXACT_BLOCK], expected[EXACT_BLOCK], found[EXACT_BLOCK];
};

struct block64 {
  alignas(EXACT_LINE_BYTES) double x[EXACT_BLOCK], expected[EXACT_BLOCK], found[EXACT_BLOCK];
};

static bool equal32(float x, float y)
{
  uint32_t word[2];
  memcpy(&word[0], &x, sizeof x);
  memcpy(&word[1], &y, sizeof y);
  return word[0] == word[1];
}

static bool equal64(double x, double y)
{
  uint64_t word[2];
  memcpy(&word[0], &x, sizeof x);
  memcpy(&word[1], &y, sizeof y);
  return word[0] == word[1];
}

/* A form at x, with one payload for all NaN, because payloads are unspecified. */
static void compute32(const struct exact_form *form, size_t function, const float *x, float *y)
{
  form->float32[function](EXACT_BLOCK, x, y);
  for (size_t i = 0; i < EXACT_BLOCK; i++)
    if (isnan(y[i])) y[i] = NAN;
}

static void compute64(const struct exact_form *form, size_t function, const double *x, double *y)
{
  form->float64[function](EXACT_BLOCK, x, y);
  for (size_t i = 0; i < EXACT_BLOCK; i++)
    if (isnan(y[i])) y[i] = (double)NAN;
}

static void compare32(size_t function, struct block32 *block)
{
  const struct exact_form *form;
  compute32(exact_form(0), function, block->x, block->expected);
  for (size_t i = 1; (form = exact_form(i)); i++) {
    compute32(form, function, block->x, block->found);
    for (size_t j = 0; j < EXACT_BLOCK; j++)
      if (!equal32(block->found[j], block->expected[j]))
        fail_msg("%s in float32: %s(%a) = %a, in %s %a", form->name, exact_facts[function].name, (double)block->x[j],
                 (double)block->found[j], exact_form(0)->name, (double)block->expected[j]);
  }
}

static void compare64(size_t function, struct block64 *block)
{
  const struct exact_form *form;
  compute64(exact_form(0), function, block->x, block->expected);
  for (size_t i = 1; (form = exact_form(i)); i++) {
    compute64(form, function, block->x, block->found);
    for (size_t j = 0; j < EXACT_BLOCK; j++)
      if (!equal64(block->found[j], block->expected[j]))
        fail_msg("%s in float64: %s(%a) = %a, in %s %a", form->name, exact_facts[function].name, block->x[j],
                 block->found[j], exact_form(0)->name, block->expected[j]);
  }
}

/* block->x ascends or descends */
static void check_order32(size_t function, const struct block32 *block)
{
  if (!exact_facts[function].is_monotone) return;
  for (size_t i = 1; i < EXACT_BLOCK; i++) {
    bool up = block->x[i] > block->x[i - 1];
    float lower = block->expected[up ? i - 1 : i], upper = block->expected[up ? i : i - 1];
    if (lower > upper)
      fail_msg("%s is %a at %a and %a at %a in float32", exact_facts[function].name, (double)block->expected[i - 1],
               (double)block->x[i - 1], (double)block->expected[i], (double)block->x[i]);
  }
}

/* Bounds and symmetry of block->expected; block->x and block->found are used up. */
static void check_shape32(size_t function, struct block32 *block)
{
  const struct exact_facts *facts = &exact_facts[function];
  for (size_t i = 0; i < EXACT_BLOCK; i++) {
    if (fabs((double)block->expected[i]) > facts->bound)
      fail_msg("%s(%a) = %a in float32", facts->name, (double)block->x[i], (double)block->expected[i]);
    block->x[i] = -block->x[i];
  }
  if (facts->symmetry == EXACT_NEITHER) return;
  compute32(exact_form(0), function, block->x, block->found);
  for (size_t i = 0; i < EXACT_BLOCK; i++) {
    float mirrored = facts->symmetry == EXACT_ODD && !isnan(block->found[i]) ? -block->found[i] : block->found[i];
    if (!equal32(mirrored, block->expected[i]))
      fail_msg("%s(%a) = %a in float32, at %a %a", facts->name, (double)block->x[i], (double)block->found[i],
               (double)-block->x[i], (double)block->expected[i]);
  }
}

static void check_shape64(size_t function, struct block64 *block)
{
  const struct exact_facts *facts = &exact_facts[function];
  for (size_t i = 0; i < EXACT_BLOCK; i++) {
    if (fabs(block->expected[i]) > facts->bound)
      fail_msg("%s(%a) = %a in float64", facts->name, block->x[i], block->expected[i]);
    block->x[i] = -block->x[i];
  }
  if (facts->symmetry == EXACT_NEITHER) return;
  compute64(exact_form(0), function, block->x, block->found);
  for (size_t i = 0; i < EXACT_BLOCK; i++) {
    double mirrored = facts->symmetry == EXACT_ODD && !isnan(block->found[i]) ? -block->found[i] : block->found[i];
    if (!equal64(mirrored, block->expected[i]))
      fail_msg("%s(%a) = %a in float64, at %a %a", facts->name, block->x[i], block->found[i], -block->x[i],
               block->expected[i]);
  }
}

static void float32_bits_are_equal_in_all_forms(void **state)
{
  (void)state;
  static struct block32 block;
  for (size_t function = 0; function < EXACT_COUNT; function++)
    for (uint64_t first = 0; first < UINT64_C(1) << 32; first += (EXACT_BLOCK - 1) * float32_step) {
      exact_inputs_float32(first, float32_step, block.x); /* begins with the last number of the block before */
      compare32(function, &block);
      check_order32(function, &block);
      check_shape32(function, &block);
    }
}

static void float64_bits_are_equal_in_all_forms(void **state)
{
  (void)state;
  static struct block64 block;
  for (size_t function = 0; function < EXACT_COUNT; function++)
    for (uint64_t number = 0; number < float64_blocks; number++) {
      exact_inputs_float64(function, number, block.x);
      compare64(function, &block);
      check_shape64(function, &block);
    }
}

/* The words around each power of two that a float32 can hold, 0, infinity and NaN among them. */
static void bits_are_equal_around_powers_of_two(void **state)
{
  (void)state;
  static struct block32 block32;
  static struct block64 block64;
  for (size_t function = 0; function < EXACT_COUNT; function++) {
    for (uint32_t i = 0; i < EXACT_BLOCK; i++) {
      uint32_t word = (i << 20) - 4 + i % 8;
      memcpy(&block32.x[i], &word, sizeof word);
      uint64_t wide = ((uint64_t)i << 52) - 4 + i % 8;
      memcpy(&block64.x[i], &wide, sizeof wide);
    }
    compare32(function, &block32);
    compare64(function, &block64);
  }
}

/* Consecutive float32 around the places where one formula takes over from another, or the last bit decides. */
static void monotone_where_formulas_meet(void **state)
{
  (void)state;
  static const float meeting[] = {
      0.30395F, 0.6079F,  1.21581F,  1.82371F, 3.03951F, 4.25532F, 6.68693F, 9.1F,   /* tanh */
      0.13123F, 0.26247F, 0.52493F,  0.7874F,  1.31234F, 1.83727F, 2.88714F, 3.935F, /* erf */
      0.34657F, 1.03972F, 17.67532F, 18.0F,    88.72F,   104.0F,   0.66667F, 1.33333F,
      2.66667F, 0.33333F}; /* exp, log */
  static struct block32 block;
  for (size_t function = 0; function < EXACT_COUNT; function++)
    for (size_t place = 0; place < 2 * sizeof meeting / sizeof meeting[0]; place++) {
      float middle = place % 2 ? -meeting[place / 2] : meeting[place / 2];
      uint32_t word;
      memcpy(&word, &middle, sizeof word);
      exact_inputs_float32(word - EXACT_BLOCK / 2, 1, block.x);
      compare32(function, &block);
      check_order32(function, &block);
    }
}

/* One lane with a large, subnormal or infinite argument does not change the bits of the others. */
static void a_lane_does_not_depend_on_the_others(void **state)
{
  (void)state;
  static const double other[] = {1e30, 1e-310, INFINITY, -1.0, NAN};
  static struct block64 block;
  for (size_t function = 0; function < EXACT_COUNT; function++) {
    exact_inputs_float64(function, 1, block.x);
    compute64(exact_form(0), function, block.x, block.expected);
    for (size_t i = 0; i < EXACT_BLOCK; i += 8) block.x[i] = other[i / 8 % 5];
    compute64(exact_form(0), function, block.x, block.found);
    for (size_t i = 0; i < EXACT_BLOCK; i++)
      if (i % 8) assert_memory_equal(&block.found[i], &block.expected[i], sizeof(double));
  }
}

static void special_arguments_have_their_values(void **state)
{
  (void)state;
  static struct block32 block32;
  static struct block64 block64;
  for (size_t function = 0; function < EXACT_COUNT; function++) {
    const struct exact_facts *facts = &exact_facts[function];
    for (size_t i = 0; i < EXACT_BLOCK; i++) {
      block64.x[i] = i % 5 < 4 ? facts->argument[i % 5] : (double)NAN;
      block32.x[i] = (float)block64.x[i];
    }
    compute32(exact_form(0), function, block32.x, block32.found);
    compute64(exact_form(0), function, block64.x, block64.found);
    for (size_t i = 0; i < 5; i++) {
      double value = i < 4 ? facts->value[i] : (double)NAN;
      float value32 = (float)value;
      if (isnan(value)) value = (double)NAN, value32 = NAN;
      if (!equal32(value32, block32.found[i]) || !equal64(value, block64.found[i]))
        fail_msg("%s(%a) is %a in float32 and %a in float64, not %a", facts->name, block64.x[i],
                 (double)block32.found[i], block64.found[i], value);
    }
  }
}

int main(int argc, char **argv)
{
  if (argc == 2 && strcmp(argv[1], "long") == 0) float32_step = 1, float64_blocks = 100 * 1000 * 1000 / EXACT_BLOCK;
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(float32_bits_are_equal_in_all_forms),  cmocka_unit_test(float64_bits_are_equal_in_all_forms),
      cmocka_unit_test(bits_are_equal_around_powers_of_two),  cmocka_unit_test(monotone_where_formulas_meet),
      cmocka_unit_test(a_lane_does_not_depend_on_the_others), cmocka_unit_test(special_arguments_have_their_values),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
