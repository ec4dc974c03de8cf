/* The self-check: the kernels of this machine pass, each broken one is refused by its name, and it is quick. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <time.h>
#include "engine/kernels.h"

static const char *const stored[] = {
#define ISW_CHECK(name, hash) name,
#include "engine/self_check.def"
#undef ISW_CHECK
};
enum { STORED = sizeof stored / sizeof *stored };

static void check_name(void *context, const char *name, uint64_t hash)
{
  size_t *next = context;
  (void)hash;
  assert_true(*next < STORED);
  assert_string_equal(stored[(*next)++], name);
}

static void every_check_has_a_stored_hash(void **state)
{
  (void)state;
  const struct isw_kernels *kernels;
  size_t next = 0;
  assert_int_equal(isw_kernels_choose(NULL, &kernels, NULL), ISW_OK);
  assert_int_equal(isw_kernels_hashes(kernels, check_name, &next, NULL), ISW_OK);
  assert_int_equal(next, STORED);
}

static void the_kernels_of_this_machine_pass(void **state)
{
  (void)state;
  bool usable;
  for (size_t i = 0; isw_kernels_list(i, &usable); i++) {
    const struct isw_kernels *kernels;
    struct isw_error error = {0};
    if (!usable) continue;
    assert_int_equal(isw_kernels_choose(isw_kernels_list(i, NULL), &kernels, NULL), ISW_OK);
    isw_kernels_check(kernels, &error);
    assert_string_equal(isw_error_text(&error), "");
    struct timespec begin, end;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
    for (int n = 0; n < 20; n++) assert_int_equal(isw_kernels_check(kernels, NULL), ISW_OK);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
    double seconds = (double)(end.tv_sec - begin.tv_sec) + 1e-9 * (double)(end.tv_nsec - begin.tv_nsec);
    printf("%s: %.2f ms\n", isw_kernels_name(kernels), 1000 * seconds / 20);
  }
}

/* Refuses kernels that compute `what` wrongly. */
static void assert_refused(const struct isw_kernels *broken, const char *what)
{
  struct isw_error error = {0};
  assert_int_equal(isw_kernels_check(broken, &error), ISW_FAILED);
  if (!strstr(isw_error_text(&error), what) || !strstr(isw_error_text(&error), broken->name))
    fail_msg("%s is not in: %s", what, isw_error_text(&error));
  isw_error_clear(&error);
}

static void wrong_forward(size_t samples, size_t fan_in, size_t fan_out, const void *in, size_t in_stride,
                          const void *weight, size_t weight_stride, const void *bias, void *z, size_t z_stride)
{
  const struct isw_kernels *good;
  assert_int_equal(isw_kernels_choose(NULL, &good, NULL), ISW_OK);
  good->by_precision[ISW_FLOAT32].forward(samples, fan_in, fan_out, in, in_stride, weight, weight_stride, bias, z,
                                          z_stride);
  ((unsigned char *)z)[0] ^= 1; /* the last bit of one number */
}

static void broken_kernels_are_refused_by_name(void **state)
{
  (void)state;
  const struct isw_kernels *good;
  size_t count, last;
  assert_int_equal(isw_kernels_choose(NULL, &good, NULL), ISW_OK);
  struct isw_kernels broken = *good;
  broken.by_precision[ISW_FLOAT32].forward = wrong_forward;
  assert_refused(&broken, "wrong bits: forward product in float32\n");

  const struct isw_activation *rows = isw_activations(&count);
  last = count - 1; /* a row that computes what the one before it should */
  struct isw_activation_kernels *activation = malloc(count * sizeof *activation);
  assert_non_null(activation);
  memcpy(activation, good->by_precision[ISW_FLOAT64].activation, count * sizeof *activation);
  activation[last].value = activation[last - 1].value;
  broken = *good;
  broken.by_precision[ISW_FLOAT64].activation = activation;
  char what[96];
  snprintf(what, sizeof what, "wrong bits: activation %s in float64\n", rows[last].row.name);
  assert_refused(&broken, what);
  free(activation);

  broken = *good; /* a path of its own; kernels without one for tiny networks use it for these too */
  broken.by_precision[ISW_FLOAT32].small_steps = good->by_precision[ISW_FLOAT64].small_steps;
  bool has_tiny = good->by_precision[ISW_FLOAT32].tiny_steps[0] != NULL;
  snprintf(what, sizeof what, "wrong bits: training of a %s network in float32\n", has_tiny ? "small" : "tiny");
  assert_refused(&broken, what);
}

int main(void)
{
  unsetenv("INITSWEEP_KERNELS");
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_check_has_a_stored_hash),
      cmocka_unit_test(the_kernels_of_this_machine_pass),
      cmocka_unit_test(broken_kernels_are_refused_by_name),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
