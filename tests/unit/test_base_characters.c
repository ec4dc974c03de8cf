/* Characters: decoding of UTF-8, and the visible form of what must not reach a terminal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>
#include "initsweep/base.h"

/* Overlong forms, surrogates, codes above U+10FFFF and incomplete sequences are single invalid bytes. */
static void characters_are_those_of_utf8(void **state)
{
  (void)state;
  static const struct {
    const char *bytes;
    size_t size;
    uint32_t code;
  } cases[] = {{"A", 1, 'A'},
               {"\xC3\xA9", 2, 0xE9},
               {"\xE2\x82\xAC", 3, 0x20AC},
               {"\xF0\x9F\x98\x80", 4, 0x1F600},
               {"\xC1\x81", 1, ISW_NOT_UTF8},
               {"\xE0\x81\x81", 1, ISW_NOT_UTF8},
               {"\xED\xA0\x80", 1, ISW_NOT_UTF8},
               {"\xF4\x90\x80\x80", 1, ISW_NOT_UTF8},
               {"\xE2\x82", 1, ISW_NOT_UTF8},
               {"\x80", 1, ISW_NOT_UTF8}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    uint32_t code;
    assert_int_equal(isw_character(cases[i].bytes, strlen(cases[i].bytes), &code), cases[i].size);
    assert_int_equal(code, cases[i].code);
  }
}

/* Every code of Unicode that is hidden has a visible form of printable ASCII; every other one stays. */
static void hidden_characters_become_ascii(void **state)
{
  (void)state;
  static const struct {
    const char *bytes, *shown;
    size_t columns;
  } cases[] = {{"plain", "plain", 5},
               {"", "", 0},
               {"\x1B[31m", "\\x1b[31m", 8},
               {"a\tb\nc\rd\x7F", "a\\x09b\\x0ac\\x0dd\\x7f", 20},
               {"\xC2\x9B", "\\u009b", 6},                    /* CSI of C1 */
               {"\x9B", "\\x9b", 4},                          /* the same, not as UTF-8 */
               {"\xC2\xAD", "\\u00ad", 6},                    /* soft hyphen */
               {"\xD8\x9C", "\\u061c", 6},                    /* Arabic letter mark */
               {"\xE2\x80\xAE", "\\u202e", 6},                /* right-to-left override */
               {"\xE2\x81\xA6", "\\u2066", 6},                /* left-to-right isolate */
               {"\xE2\x80\x8B", "\\u200b", 6},                /* zero-width space */
               {"\xEF\xBB\xBF", "\\ufeff", 6},                /* byte order mark */
               {"\xF3\xA0\x81\x81", "\\U000e0041", 10},       /* tag */
               {"\xC3\xA9o\xCC\x81", "\xC3\xA9o\xCC\x81", 2}, /* accents, one of them combining */
               {"\xE6\xBC\xA2", "\xE6\xBC\xA2", 2},           /* wide */
               {"\xEF\xBF\xBD", "\xEF\xBF\xBD", 1}};          /* the replacement character itself */
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct isw_text text = {0};
    size_t columns;
    assert_int_equal(isw_text_add_visible(&text, cases[i].bytes, strlen(cases[i].bytes), &columns), ISW_OK);
    assert_string_equal(text.bytes, cases[i].shown);
    assert_int_equal(columns, cases[i].columns);
    isw_text_clear(&text);
  }
  struct isw_text text = {0};
  assert_int_equal(isw_text_add_visible_lines(&text, "one\n\x1B\n", 6), ISW_OK);
  assert_string_equal(text.bytes, "one\n\\x1b\n");
  isw_text_clear(&text);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(characters_are_those_of_utf8),
      cmocka_unit_test(hidden_characters_become_ascii),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
