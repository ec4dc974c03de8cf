/* Hashes: known values of XXH3, and states that are saved and loaded between any two bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "initsweep/base.h"

/* xxhsum -H3 and -H128 of Debian's xxhash package */
static void hashes_are_those_of_xxhsum(void **state)
{
  (void)state;
  char text[ISW_DIGEST_SIZE];
  struct isw_digest *digest = isw_digest_create();
  assert_non_null(digest);
  isw_digest_write(digest, text);
  assert_string_equal(text, "99aa06d3014798d86001c324468d497f");
  assert_true(isw_hash(NULL, 0, 0) == UINT64_C(0x2d06800538d394c2));
  isw_digest_destroy(digest);
}

/* Saved after `first` bytes, loaded by another digest, which adds the rest. */
static void a_loaded_state_goes_on_where_it_was_saved(void **state)
{
  (void)state;
  enum { LENGTH = 3000, STEP = 37 };
  unsigned char bytes[LENGTH], saved[ISW_DIGEST_STATE_BYTES];
  char whole[ISW_DIGEST_SIZE], joined[ISW_DIGEST_SIZE];
  for (size_t i = 0; i < LENGTH; i++) bytes[i] = (unsigned char)(i * i >> 3);
  for (size_t first = 0; first <= LENGTH; first += STEP) {
    struct isw_digest *one = isw_digest_create(), *other = isw_digest_create();
    assert_true(one && other);
    isw_digest_add(one, bytes, first);
    isw_digest_save(one, saved);
    isw_digest_add(one, bytes + first, LENGTH - first);
    isw_digest_add(other, "x", 1);
    isw_digest_load(other, saved);
    isw_digest_add(other, bytes + first, LENGTH - first);
    isw_digest_write(one, whole);
    isw_digest_write(other, joined);
    assert_string_equal(whole, joined);
    isw_digest_destroy(one);
    isw_digest_destroy(other);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(hashes_are_those_of_xxhsum),
      cmocka_unit_test(a_loaded_state_goes_on_where_it_was_saved),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
