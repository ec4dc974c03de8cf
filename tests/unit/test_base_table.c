/* The hash table: exactly what was added is found, in order, however the table grows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "initsweep/base.h"

static void an_empty_table_has_nothing(void **state)
{
  (void)state;
  struct isw_table table = {0};
  size_t place = 0;
  uint64_t number;
  assert_false(isw_table_find(&table, 0, &place, &number));
  isw_table_clear(&table);
}

static void finds_every_key_and_no_other(void **state)
{
  (void)state;
  enum { KEYS = 5000 };
  struct isw_table table = {0};
  for (uint64_t i = 0; i < KEYS; i++) assert_int_equal(isw_table_add(&table, i << 40, 3 * i), ISW_OK);
  assert_int_equal(table.count, KEYS);
  for (uint64_t i = 0; i < KEYS; i++) {
    size_t place = 0;
    uint64_t number = 0;
    assert_true(isw_table_find(&table, i << 40, &place, &number));
    assert_int_equal(number, 3 * i);
    assert_false(isw_table_find(&table, i << 40, &place, &number));
    place = 0;
    assert_false(isw_table_find(&table, (i << 40) + 1, &place, &number));
  }
  isw_table_clear(&table);
  assert_null(table.entry);
}

/* Keys that collide with each other's entries, in a table that grows several times. */
static void a_keys_numbers_come_in_the_order_of_adding(void **state)
{
  (void)state;
  enum { KEYS = 7, NUMBERS = 400 };
  struct isw_table table = {0};
  for (uint64_t n = 0; n < NUMBERS; n++)
    for (uint64_t key = 0; key < KEYS; key++) assert_int_equal(isw_table_add(&table, key, 1000 * key + n), ISW_OK);
  for (uint64_t key = 0; key < KEYS; key++) {
    size_t place = 0;
    uint64_t number;
    for (uint64_t n = 0; n < NUMBERS; n++) {
      assert_true(isw_table_find(&table, key, &place, &number));
      assert_int_equal(number, 1000 * key + n);
    }
    assert_false(isw_table_find(&table, key, &place, &number));
  }
  isw_table_clear(&table);
}

static void a_reserved_table_does_not_grow(void **state)
{
  (void)state;
  for (size_t count = 0; count < 70; count++) {
    struct isw_table table = {0};
    assert_int_equal(isw_table_reserve(&table, count), ISW_OK);
    const struct isw_table_entry *entry = table.entry;
    for (uint64_t i = 0; i < count; i++) assert_int_equal(isw_table_add(&table, i, i), ISW_OK);
    assert_ptr_equal(table.entry, entry);
    size_t place = 0;
    uint64_t number;
    assert_false(isw_table_find(&table, count, &place, &number)); /* terminates also in a full table */
    isw_table_clear(&table);
  }
}

static void more_than_memory_is_refused(void **state)
{
  (void)state;
  struct isw_table table = {0};
  assert_int_equal(isw_table_add(&table, 1, 2), ISW_OK);
  assert_int_equal(isw_table_reserve(&table, SIZE_MAX), ISW_FAILED);
  assert_int_equal(isw_table_reserve(&table, SIZE_MAX / 3), ISW_FAILED);
  size_t place = 0;
  uint64_t number;
  assert_true(isw_table_find(&table, 1, &place, &number));
  assert_int_equal(number, 2);
  isw_table_clear(&table);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_empty_table_has_nothing),
      cmocka_unit_test(finds_every_key_and_no_other),
      cmocka_unit_test(a_keys_numbers_come_in_the_order_of_adding),
      cmocka_unit_test(a_reserved_table_does_not_grow),
      cmocka_unit_test(more_than_memory_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
