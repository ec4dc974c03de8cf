/* tanh as the vector kernels compute it inline, compared with SLEEF's own scalar function, which the portable kernels
 * call. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdalign.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <math.h>
#include "engine/kernels.h"
#include "engine/samples.h"
#include "initsweep/engine.h"

enum { NUMBERS = 4096 };

struct block {
  alignas(ISW_LINE_BYTES) unsigned char z[NUMBERS * sizeof(double)];
  alignas(ISW_LINE_BYTES) unsigned char expected[NUMBERS * sizeof(double)], found[NUMBERS * sizeof(double)];
};

static size_t tanh_row(void)
{
  size_t count, row = 0;
  while (strcmp(isw_activations(&count)[row].row.name, "tanh") != 0) row++;
  return row;
}

static void value(const struct isw_kernels *kernels, enum isw_precision real, const void *z, void *a)
{
  const alignas(ISW_LINE_BYTES) unsigned char parameter[ISW_LINE_BYTES] = {0};
  kernels->by_precision[real].activation[tanh_row()].value(1, NUMBERS / isw_lanes(real), 1, z, parameter, a);
}

/* Gives every NaN the same bits, because NaN payloads are unspecified. */
static void forget_nan(enum isw_precision real, void *numbers)
{
  for (size_t i = 0; i < NUMBERS; i++)
    if (isnan(isw_number_load(real, numbers, i))) isw_number_store(real, numbers, i, (double)NAN);
}

/* Returns the number of vector kernels that can run on this machine. */
static size_t compare(struct block *block, enum isw_precision real)
{
  size_t compared = 0;
  bool usable;
  const struct isw_kernels *portable;
  assert_int_equal(isw_kernels_choose("portable", &portable, NULL), ISW_OK);
  value(portable, real, block->z, block->expected);
  forget_nan(real, block->expected);
  for (size_t i = 0; isw_kernels_list(i, &usable); i++) {
    const struct isw_kernels *kernels;
    if (!usable || strcmp(isw_kernels_list(i, NULL), "portable") == 0) continue;
    assert_int_equal(isw_kernels_choose(isw_kernels_list(i, NULL), &kernels, NULL), ISW_OK);
    value(kernels, real, block->z, block->found);
    forget_nan(real, block->found);
    assert_memory_equal(block->found, block->expected, NUMBERS * isw_precision_bytes(real));
    compared++;
  }
  return compared;
}

static bool compare_float32(struct block *block, uint64_t first, uint64_t step)
{
  for (uint64_t i = 0; i < NUMBERS; i++) {
    uint32_t bits = (uint32_t)(first + i * step);
    memcpy(block->z + i * sizeof bits, &bits, sizeof bits);
  }
  return compare(block, ISW_FLOAT32) > 0;
}

static void every_float32_between_2_to_the_minus_14_and_16(void **state)
{
  (void)state;
  static struct block block;
  for (uint64_t bits = UINT64_C(113) << 23; bits < UINT64_C(131) << 23; bits += NUMBERS)
    if (!compare_float32(&block, bits, 1)) return;
}

static void every_37th_float32(void **state)
{
  (void)state;
  static struct block block;
  for (uint64_t bits = 0; bits < UINT64_C(1) << 32; bits += (uint64_t)NUMBERS * 37)
    if (!compare_float32(&block, bits, 37)) return;
}

/* Bits of a linear congruential generator; half of them with an exponent that matters. */
static void ten_million_float64(void **state)
{
  (void)state;
  static struct block block;
  uint64_t random = 1;
  for (size_t n = 0; n < 10 * 1000 * 1000 / NUMBERS; n++) {
    for (size_t i = 0; i < NUMBERS; i++) {
      random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
      uint64_t bits = random ^ random >> 29;
      if (i % 2) bits = (bits & UINT64_C(0x800fffffffffffff)) | (UINT64_C(0x3c0) + (bits >> 52) % 0x50) << 52;
      memcpy(block.z + i * sizeof bits, &bits, sizeof bits);
    }
    if (!compare(&block, ISW_FLOAT64)) return;
  }
}

/* Above it SLEEF's tanh is 1. */
static void float64_around_the_limit(void **state)
{
  (void)state;
  static struct block block;
  uint64_t limit;
  memcpy(&limit, &(double){0x1.2b70887229e9p+4}, sizeof limit);
  for (size_t i = 0; i < NUMBERS; i++) {
    uint64_t bits = (limit + i / 2 - NUMBERS / 4) | (uint64_t)(i % 2) << 63;
    memcpy(block.z + i * sizeof bits, &bits, sizeof bits);
  }
  compare(&block, ISW_FLOAT64);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_float32_between_2_to_the_minus_14_and_16),
      cmocka_unit_test(every_37th_float32),
      cmocka_unit_test(ten_million_float64),
      cmocka_unit_test(float64_around_the_limit),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
