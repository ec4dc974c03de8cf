/* Checked memory, sizes, the hash and the clock. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>
#include "initsweep/base.h"

static void memory_is_zeroed_and_aligned(void **state)
{
  (void)state;
  for (size_t count = 0; count < 70; count++) {
    unsigned char *memory = isw_allocate(count, 3);
    assert_non_null(memory);
    assert_int_equal((uintptr_t)memory % 64, 0);
    for (size_t i = 0; i < 3 * count; i++) assert_int_equal(memory[i], 0);
    free(memory);
  }
}

static void sizes_that_overflow_are_refused(void **state)
{
  (void)state;
  size_t product;
  assert_null(isw_allocate(SIZE_MAX / 2, 3));
  assert_null(isw_allocate(SIZE_MAX, 1));
  assert_false(isw_multiply(SIZE_MAX / 2 + 1, 2, &product));
  assert_true(isw_multiply(SIZE_MAX / 2, 2, &product));
  assert_true(product == SIZE_MAX - 1);
}

/* XXH3_64bits of the xxHash distribution: `printf '' | xxhsum -H3`, `printf abc | xxhsum -H3` */
static void hash_is_xxh3(void **state)
{
  (void)state;
  assert_true(isw_hash(NULL, 0, 0) == UINT64_C(0x2d06800538d394c2));
  assert_true(isw_hash("abc", 3, 0) == UINT64_C(0x78af5f94892f3950));
  assert_true(isw_hash("abc", 3, 1) != isw_hash("abc", 3, 0));
}

static void clock_does_not_go_back(void **state)
{
  (void)state;
  double first = isw_clock(), last = first;
  while (last - first < 1e-4) {
    double now = isw_clock();
    assert_true(now >= last);
    last = now;
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(memory_is_zeroed_and_aligned),
      cmocka_unit_test(sizes_that_overflow_are_refused),
      cmocka_unit_test(hash_is_xxh3),
      cmocka_unit_test(clock_does_not_go_back),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
