/* Suggestions for misspelt words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>
#include "initsweep/base.h"

static const char *const words[] = {"tanh", "relu", "leaky_relu", "gelu", "identity"};

static const char *nearest(const char *word)
{
  return isw_nearest_word(word, words, sizeof words / sizeof *words);
}

static void finds_a_word_with_one_mistake(void **state)
{
  (void)state;
  assert_string_equal(nearest("tahn"), "tanh");  /* neighbours swapped */
  assert_string_equal(nearest("tan"), "tanh");   /* a letter missing */
  assert_string_equal(nearest("reelu"), "relu"); /* a letter too many */
  assert_string_equal(nearest("gely"), "gelu");  /* another letter */
  assert_string_equal(nearest("relu"), "relu");  /* no error */
  assert_string_equal(nearest("leakyrelu"), "leaky_relu");
  assert_string_equal(nearest("ReLU"), "relu"); /* capitals are no mistakes */
  assert_string_equal(nearest("TAHN"), "tanh");
}

static void suggests_nothing_where_nothing_is_near(void **state)
{
  (void)state;
  assert_null(nearest("softmax"));
  assert_null(nearest(""));
  assert_null(isw_nearest_word("tanh", words, 0));
}

/* Longer words are outside the fixed rows of the distance. */
static void long_words_are_left_out(void **state)
{
  (void)state;
  char longest[66];
  memset(longest, 'a', 65);
  longest[65] = '\0';
  const char *const candidates[] = {longest};
  assert_null(isw_nearest_word(longest, candidates, 1));
  assert_null(isw_nearest_word("aaaa", candidates, 1));
  longest[64] = '\0';
  assert_ptr_equal(isw_nearest_word(longest, candidates, 1), longest);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(finds_a_word_with_one_mistake),
      cmocka_unit_test(suggests_nothing_where_nothing_is_near),
      cmocka_unit_test(long_words_are_left_out),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
