/* Error reports: order, carets, hints, long lines, and characters that must not reach a terminal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "initsweep/yaml.h"

static jmp_buf out_of_memory;

static struct isw_report new_report(const struct isw_source *source)
{
  if (setjmp(out_of_memory)) fail_msg("out of memory");
  return (struct isw_report){.source = source, .out_of_memory = &out_of_memory};
}

static void check_written(struct isw_report *report, const char *expected)
{
  struct isw_text text = {0};
  isw_report_write(report, &text);
  assert_string_equal(text.bytes, expected);
  isw_text_clear(&text);
  isw_report_clear(report);
}

static void problems_are_sorted_by_place(void **state)
{
  (void)state;
  const struct isw_source sources[] = {{"a.yaml", "one\ntwo\n", 8}, {"--set x=1", "x=1", 3}};
  struct isw_report report = new_report(sources);
  isw_report_add(&report, (struct isw_place){.source = 1, .column = 2, .length = 1}, "fourth");
  isw_report_add(&report, (struct isw_place){.line = 1, .column = 1, .length = 2}, "third");
  isw_report_hint(&report, "help for %s", "third");
  isw_report_hint(&report, "and more");
  isw_report_add(&report, (struct isw_place){.column = 0, .length = 3}, "first");
  isw_report_add(&report, (struct isw_place){.column = 0, .length = 3}, "second");
  check_written(&report, "a.yaml:1:1: error: first\n  one\n  ^~~\n"
                         "a.yaml:1:1: error: second\n  one\n  ^~~\n"
                         "a.yaml:2:2: error: third\n  two\n   ^~\n  help for third\n  and more\n"
                         "--set x=1:1:3: error: fourth\n  x=1\n    ^");
}

/* The same error at the same position is shown once, without the hint of the second. */
static void doubled_problems_are_dropped(void **state)
{
  (void)state;
  const struct isw_source source = {"a.yaml", "x", 1};
  struct isw_report report = new_report(&source);
  for (size_t i = 0; i < 2; i++) {
    isw_report_add(&report, (struct isw_place){.length = 1}, "wrong");
    isw_report_hint(&report, "hint %zu", i);
  }
  assert_int_equal(report.count, 1);
  check_written(&report, "a.yaml:1:1: error: wrong\n  x\n  ^\n  hint 0");
}

static void only_so_many_problems_are_shown(void **state)
{
  (void)state;
  enum { PROBLEMS = 103, SHOWN = 100 };
  const struct isw_source source = {"a.yaml", "", 0};
  struct isw_report report = new_report(&source);
  for (size_t i = 0; i < PROBLEMS; i++) isw_report_add(&report, (struct isw_place){.line = i}, "wrong");
  assert_int_equal(report.count, SHOWN);
  assert_int_equal(report.left_out, PROBLEMS - SHOWN);
  struct isw_text text = {0};
  isw_report_write(&report, &text);
  assert_non_null(strstr(text.bytes, "a.yaml:100:1: error: wrong\n... and 3 more errors"));
  isw_text_clear(&text);
  isw_report_clear(&report);
}

static void control_characters_become_visible(void **state)
{
  (void)state;
  const char line[] = "\x1B[1m\txy";
  const struct isw_source source = {"a\x07.yaml", line, sizeof line - 1};
  struct isw_report report = new_report(&source);
  isw_report_add(&report, (struct isw_place){.column = 5, .length = 2}, "not '%s'", "\x1B[31m\xE2\x80\xAE");
  isw_report_hint(&report, "%s", "\x9B\x7F");
  isw_report_add(&report, (struct isw_place){.column = 0, .length = 2}, "first");
  check_written(&report, "a\\x07.yaml:1:1: error: first\n  \\x1b[1m xy\n  ^~~~~\n"
                         "a\\x07.yaml:1:6: error: not '\\x1b[31m\\u202e'\n  \\x1b[1m xy\n          ^~\n  \\x9b\\x7f");
}

/* A wide character takes two columns, and so does the caret. */
static void carets_stand_under_wide_characters(void **state)
{
  (void)state;
  const char line[] = "\xE6\xBC\xA2\xE5\xAD\x97 x";
  const struct isw_source source = {"a.yaml", line, sizeof line - 1};
  struct isw_report report = new_report(&source);
  isw_report_add(&report, (struct isw_place){.column = 1, .length = 1}, "wide");
  isw_report_add(&report, (struct isw_place){.column = 3, .length = 1}, "narrow");
  check_written(&report, "a.yaml:1:2: error: wide\n  \xE6\xBC\xA2\xE5\xAD\x97 x\n    ^~\n"
                         "a.yaml:1:4: error: narrow\n  \xE6\xBC\xA2\xE5\xAD\x97 x\n       ^");
}

/* Of a long line, only a part around the position is shown. */
static void long_lines_are_cut(void **state)
{
  (void)state;
  enum { LENGTH = 1000, COLUMN = 500, BEFORE = 50, WIDTH = 100 };
  char line[LENGTH];
  memset(line, 'a', sizeof line);
  line[COLUMN] = 'b';
  const struct isw_source source = {"a.yaml", line, sizeof line};
  struct isw_report report = new_report(&source);
  isw_report_add(&report, (struct isw_place){.column = COLUMN, .length = 1}, "here");
  struct isw_text text = {0}, expected = {0};
  isw_report_write(&report, &text);
  isw_text_add(&expected, "a.yaml:1:501: error: here\n  ...%.*sb%.*s...\n     %*s", BEFORE, line, WIDTH - BEFORE - 1,
               line, BEFORE + 1, "^");
  assert_string_equal(text.bytes, expected.bytes);
  isw_text_clear(&text);
  isw_text_clear(&expected);
  isw_report_clear(&report);
}

/* libyaml's line breaks: LF, CR, CR LF, U+0085, U+2028 and U+2029. */
static void places_of_bytes_count_lines_and_characters(void **state)
{
  (void)state;
  const char text[] = "a\r\nb\rc\xC2\x85"
                      "d\xE2\x80\xA8\xC3\xA9z";
  const struct isw_source source = {"a.yaml", text, sizeof text - 1};
  static const struct {
    char character;
    size_t line, column;
  } places[] = {{'a', 0, 0}, {'b', 1, 0}, {'c', 2, 0}, {'d', 3, 0}, {'z', 4, 1}};
  for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
    size_t byte = (size_t)(strchr(text, places[i].character) - text);
    struct isw_place place = isw_place_of_byte(&source, 0, byte);
    assert_int_equal(place.line, places[i].line);
    assert_int_equal(place.column, places[i].column);
  }
  assert_int_equal(isw_next_line(text, sizeof text - 1, 0), 3);
  assert_int_equal(isw_next_line("abc", 3, 0), 3);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(problems_are_sorted_by_place),
      cmocka_unit_test(doubled_problems_are_dropped),
      cmocka_unit_test(only_so_many_problems_are_shown),
      cmocka_unit_test(control_characters_become_visible),
      cmocka_unit_test(carets_stand_under_wide_characters),
      cmocka_unit_test(long_lines_are_cut),
      cmocka_unit_test(places_of_bytes_count_lines_and_characters),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
