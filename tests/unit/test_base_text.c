/* Growing text and errors with a message. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "initsweep/base.h"

static void text_grows_and_stays_terminated(void **state)
{
  (void)state;
  struct isw_text text = {0};
  for (size_t i = 0; i < 1000; i++) {
    assert_int_equal(isw_text_add(&text, "%zu,", i % 10), ISW_OK);
    assert_int_equal(text.length, 2 * (i + 1));
    assert_int_equal(strlen(text.bytes), text.length);
  }
  assert_memory_equal(text.bytes, "0,1,2,3,4,5,6,7,8,9,0,", 22);
  isw_text_clear(&text);
  assert_null(text.bytes);
  assert_int_equal(text.length, 0);
}

static void bytes_may_be_zeros_or_none(void **state)
{
  (void)state;
  struct isw_text text = {0};
  assert_int_equal(isw_text_add_bytes(&text, NULL, 0), ISW_OK);
  assert_string_equal(text.bytes, "");
  assert_int_equal(isw_text_add_bytes(&text, "a\0b", 3), ISW_OK);
  assert_int_equal(text.length, 3);
  assert_memory_equal(text.bytes, "a\0b", 4);
  isw_text_clear(&text);
}

static void a_text_that_cannot_grow_stays_as_it_was(void **state)
{
  (void)state;
  struct isw_text text = {0};
  assert_int_equal(isw_text_add(&text, "kept"), ISW_OK);
  assert_int_equal(isw_text_add_bytes(&text, "x", SIZE_MAX - 2), ISW_FAILED);
  assert_string_equal(text.bytes, "kept");
  isw_text_clear(&text);
}

static void copy_text_owns_its_bytes(void **state)
{
  (void)state;
  char original[] = "depth";
  char *copy = isw_copy_text(original);
  original[0] = 'D';
  assert_string_equal(copy, "depth");
  free(copy);
}

static void an_error_keeps_the_last_message(void **state)
{
  (void)state;
  struct isw_error error = {0};
  assert_string_equal(isw_error_text(&error), "");
  assert_string_equal(isw_error_text(NULL), "");
  assert_int_equal(isw_error_set(&error, ISW_BAD_INPUT, "%s is %d", "depth", 3), ISW_BAD_INPUT);
  assert_string_equal(isw_error_text(&error), "depth is 3");
  /* the new message may quote the old one */
  assert_int_equal(isw_error_set(&error, ISW_FAILED, "a.yaml: %s", isw_error_text(&error)), ISW_FAILED);
  assert_string_equal(isw_error_text(&error), "a.yaml: depth is 3");
  assert_int_equal(error.status, ISW_FAILED);
  isw_error_clear(&error);
  assert_int_equal(error.status, ISW_OK);
  assert_string_equal(isw_error_text(&error), "");
}

static void an_error_may_have_no_place(void **state)
{
  (void)state;
  assert_int_equal(isw_error_set(NULL, ISW_INTERRUPTED, "stopped"), ISW_INTERRUPTED);
}

static void out_of_memory_names_bytes_and_use(void **state)
{
  (void)state;
  struct isw_error error = {0};
  assert_int_equal(isw_error_memory(&error, 640, "a pack"), ISW_FAILED);
  assert_string_equal(isw_error_text(&error), "out of memory (640 bytes for a pack)");
  isw_error_clear(&error);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(text_grows_and_stays_terminated),         cmocka_unit_test(bytes_may_be_zeros_or_none),
      cmocka_unit_test(a_text_that_cannot_grow_stays_as_it_was), cmocka_unit_test(copy_text_owns_its_bytes),
      cmocka_unit_test(an_error_keeps_the_last_message),         cmocka_unit_test(an_error_may_have_no_place),
      cmocka_unit_test(out_of_memory_names_bytes_and_use),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
