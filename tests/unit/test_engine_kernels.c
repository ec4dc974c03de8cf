/* The selection of kernels: by name, by environment, by machine; invalid names are errors with a reason. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "initsweep/engine.h"

static void every_usable_kernel_can_be_chosen_by_name(void **state)
{
  (void)state;
  bool usable, any = false;
  for (size_t i = 0; isw_kernels_list(i, &usable); i++) {
    const struct isw_kernels *kernels = NULL;
    struct isw_error error = {0};
    enum isw_status status = isw_kernels_choose(isw_kernels_list(i, NULL), &kernels, &error);
    if (usable) {
      assert_int_equal(status, ISW_OK);
      assert_string_equal(isw_kernels_name(kernels), isw_kernels_list(i, NULL));
    } else {
      assert_int_equal(status, ISW_BAD_INPUT);
      assert_non_null(strstr(isw_error_text(&error), "this machine cannot run"));
    }
    any = any || usable;
    isw_error_clear(&error);
  }
  assert_true(any);
}

static void the_environment_chooses_where_no_name_is_given(void **state)
{
  (void)state;
  const struct isw_kernels *kernels = NULL;
  setenv("INITSWEEP_KERNELS", "portable", 1);
  assert_int_equal(isw_kernels_choose(NULL, &kernels, NULL), ISW_OK);
  assert_string_equal(isw_kernels_name(kernels), "portable");
  setenv("INITSWEEP_KERNELS", "abacus", 1);
  assert_int_equal(isw_kernels_choose(NULL, &kernels, NULL), ISW_BAD_INPUT);
  assert_int_equal(isw_kernels_choose("portable", &kernels, NULL), ISW_OK);
  setenv("INITSWEEP_KERNELS", "", 1);
  assert_int_equal(isw_kernels_choose(NULL, &kernels, NULL), ISW_OK);
  unsetenv("INITSWEEP_KERNELS");
}

static void the_best_usable_kernels_are_the_default(void **state)
{
  (void)state;
  const struct isw_kernels *kernels = NULL;
  bool usable = false;
  size_t best = 0;
  while (isw_kernels_list(best, &usable) && !usable) best++;
  assert_int_equal(isw_kernels_choose(NULL, &kernels, NULL), ISW_OK);
  assert_string_equal(isw_kernels_name(kernels), isw_kernels_list(best, NULL));
}

static void an_unknown_name_is_an_error_with_the_nearest_word(void **state)
{
  (void)state;
  const struct isw_kernels *kernels = NULL;
  struct isw_error error = {0};
  assert_int_equal(isw_kernels_choose("portabel", &kernels, &error), ISW_BAD_INPUT);
  assert_string_equal(isw_error_text(&error), "unknown kernels 'portabel'\n  did you mean 'portable'?");
  isw_error_clear(&error);
}

static void a_line_is_64_bytes(void **state)
{
  (void)state;
  assert_int_equal(isw_lanes(ISW_FLOAT32), 16);
  assert_int_equal(isw_lanes(ISW_FLOAT64), 8);
  assert_int_equal(isw_precision_bytes(ISW_FLOAT32), 4);
  assert_int_equal(isw_precision_bytes(ISW_FLOAT64), 8);
}

int main(void)
{
  unsetenv("INITSWEEP_KERNELS");
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_usable_kernel_can_be_chosen_by_name),
      cmocka_unit_test(the_environment_chooses_where_no_name_is_given),
      cmocka_unit_test(the_best_usable_kernels_are_the_default),
      cmocka_unit_test(an_unknown_name_is_an_error_with_the_nearest_word),
      cmocka_unit_test(a_line_is_64_bytes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
