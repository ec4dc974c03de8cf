/* Bit sets: every operation compared with plain bools, at sizes around the boundaries of words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>
#include "initsweep/base.h"

enum { LARGEST = 200, WORDS = LARGEST / 64 + 2 };

static const uint64_t sizes[] = {0, 1, 2, 63, 64, 65, 127, 128, 129, LARGEST};

/* A set of numbers below size, in both forms, from a linear congruential generator; one number in `one_in`. */
static void make_set(uint64_t size, uint64_t one_in, bool *plain, uint64_t *bits)
{
  uint64_t state = size + one_in;
  memset(plain, 0, LARGEST * sizeof *plain);
  memset(bits, 0, WORDS * sizeof *bits);
  for (uint64_t k = 0; k < size; k++) {
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    plain[k] = (state >> 33) % one_in == 0;
    if (plain[k]) isw_bits_add(bits, k);
  }
}

static void words_hold_all_bits(void **state)
{
  (void)state;
  assert_int_equal(isw_bits_words(0), 0);
  assert_int_equal(isw_bits_words(1), 1);
  assert_int_equal(isw_bits_words(64), 1);
  assert_int_equal(isw_bits_words(65), 2);
  assert_true(isw_bits_words(UINT64_MAX) == UINT64_C(1) << 58);
}

static void single_bits_are_independent(void **state)
{
  (void)state;
  uint64_t bits[WORDS] = {0};
  for (uint64_t k = 0; k < LARGEST; k++) {
    isw_bits_add(bits, k);
    for (uint64_t j = 0; j < LARGEST; j++) assert_int_equal(isw_bits_has(bits, j), j == k);
    isw_bits_remove(bits, k);
    assert_false(isw_bits_has(bits, k));
  }
}

static void fill_leaves_the_rest_of_the_last_word_clear(void **state)
{
  (void)state;
  for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
    uint64_t bits[WORDS] = {0};
    isw_bits_fill(bits, sizes[s]);
    for (uint64_t k = 0; k < 64 * WORDS; k++) assert_int_equal(isw_bits_has(bits, k), k < sizes[s]);
  }
}

static void count_next_and_select_agree_with_plain_loops(void **state)
{
  (void)state;
  for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
    for (uint64_t one_in = 1; one_in <= 64; one_in *= 4) {
      bool plain[LARGEST];
      uint64_t bits[WORDS], size = sizes[s], before = 0;
      make_set(size, one_in, plain, bits);
      for (uint64_t k = 0; k < size; k++) {
        assert_int_equal(isw_bits_count(bits, k), before);
        uint64_t next = k;
        while (next < size && !plain[next]) next++;
        assert_int_equal(isw_bits_next(bits, k, size), next);
        if (plain[k]) assert_int_equal(isw_bits_select(bits, before++), k);
      }
      assert_int_equal(isw_bits_count(bits, size), before);
      assert_int_equal(isw_bits_next(bits, size, size), size);
    }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(words_hold_all_bits),
      cmocka_unit_test(single_bits_are_independent),
      cmocka_unit_test(fill_leaves_the_rest_of_the_last_word_clear),
      cmocka_unit_test(count_next_and_select_agree_with_plain_loops),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
