/* Texts for people: differences, wrapping, formatted numbers, progress lines, reports. */
#include "initsweep/console.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void expect_difference(const char *before, const char *after, const char *expected)
{
  struct isw_error error = {0};
  isw_error_set(&error, ISW_BAD_INPUT, "other settings\n");
  isw_error_add_difference(&error, before, after);
  assert_int_equal(error.status, ISW_BAD_INPUT);
  assert_memory_equal(isw_error_text(&error), "other settings\n", 15);
  assert_string_equal(isw_error_text(&error) + 15, expected);
  isw_error_clear(&error);
}

static void a_difference_shows_the_lines_of_one_text_only(void **state)
{
  (void)state;
  static const char head[] = "  settings before (-) and now (+):\n";
  struct isw_text expected = {0};
  isw_text_add(&expected, "%s  - b\n  + x\n  + y\n  - e\n", head);
  expect_difference("a\nb\nc\nd\ne\n", "a\nx\ny\nc\nd\n", expected.bytes);
  isw_text_clear(&expected);
  isw_text_add(&expected, "%s  + a\n  + b\n", head);
  expect_difference(NULL, "a\nb", expected.bytes);
  isw_text_clear(&expected);
  expect_difference("a\n", "a\n", "  the settings are the same: the data that they refer to have changed\n");
}

static void a_long_difference_is_cut(void **state)
{
  (void)state;
  struct isw_text before = {0}, expected = {0};
  for (size_t i = 0; i < 25; i++) isw_text_add(&before, "line %zu\n", i);
  isw_text_add(&expected, "  settings before (-) and now (+):\n");
  for (size_t i = 0; i < 20; i++) isw_text_add(&expected, "  - line %zu\n", i);
  isw_text_add(&expected, "  and 5 more lines\n");
  expect_difference(before.bytes, "", expected.bytes);
  isw_text_clear(&before);
  isw_text_clear(&expected);
  for (size_t i = 0; i < 250; i++) isw_text_add(&before, "x");
  isw_text_add(&expected, "  settings before (-) and now (+):\n  - %.200s ...\n", before.bytes);
  expect_difference(before.bytes, "", expected.bytes);
  isw_text_clear(&before);
  isw_text_clear(&expected);
}

static void numbers_are_formatted_for_people(void **state)
{
  (void)state;
  char a[ISW_NUMBER_SIZE];
  assert_string_equal(isw_format_si(9999, a), "9999");
  assert_string_equal(isw_format_si(4166.7, a), "4167");
  assert_string_equal(isw_format_si(10000, a), "10 k");
  assert_string_equal(isw_format_si(12345678, a), "12.3 M");
  assert_string_equal(isw_format_si(0.125, a), "0.125");
  assert_string_equal(isw_format_bytes(999, a), "999 B");
  assert_string_equal(isw_format_bytes(1024, a), "1 KiB");
  assert_string_equal(isw_format_bytes(1.5 * 1024 * 1024 * 1024, a), "1.5 GiB");
  assert_string_equal(isw_format_duration(0.25, a), "0.25 s");
  assert_string_equal(isw_format_duration(42.4, a), "42 s");
  assert_string_equal(isw_format_duration(3600, a), "60 min");
  assert_string_equal(isw_format_duration(7500, a), "2 h 05 min");
  assert_string_equal(isw_format_duration(3 * 86400.0, a), "3 d 0 h");
  assert_string_equal(isw_format_duration((double)INFINITY, a), "forever");
  isw_format_utc_now(a);
  assert_int_equal(strlen(a), strlen("2026-01-01T00:00:00Z"));
}

static void text_is_wrapped_at_the_width(void **state)
{
  (void)state;
  char *text;
  size_t length;
  FILE *out = open_memstream(&text, &length);
  assert_non_null(out);
  isw_write_wrapped(out, "one two three\n\nfour aVeryLongWordThatDoesNotFit five", 4, 2, 12);
  fclose(out);
  assert_string_equal(text, "one two\n  three\n\n  four\n  aVeryLongWordThatDoesNotFit\n  five\n");
  free(text);
}

static void a_progress_line_leaves_out_the_last_words_first(void **state)
{
  (void)state;
  char *text;
  size_t length;
  const char *const words[] = {"12 of 120 networks", "ETA 3 min", "7 diverged"};
  FILE *out = tmpfile();
  assert_non_null(out);
  assert_int_equal(setenv("COLUMNS", "30", 1), 0);
  isw_progress_draw(out, false, 0.1, words, 3);
  assert_int_equal(setenv("COLUMNS", "80", 1), 0);
  isw_progress_draw(out, true, 0.5, words, 3);
  isw_progress_erase(out);
  length = (size_t)ftell(out);
  rewind(out);
  text = calloc(length + 1, 1);
  assert_non_null(text);
  assert_int_equal(fread(text, 1, length, out), length);
  fclose(out);
  static const char narrow[] = "\r 10 % 12 of 120 networks\033[K";
  assert_memory_equal(text, narrow, sizeof narrow - 1);
  const char *wide = text + sizeof narrow - 1;
  assert_non_null(strstr(wide, "\r 50 % [\033[32m##########"));
  assert_non_null(strstr(wide, "\033[0m] 12 of 120 networks, ETA 3 min, 7 diverged\033[K\r\033[K"));
  const char *bar = strchr(wide, '#');
  size_t full = strspn(bar, "#");
  assert_int_equal(strspn(bar + full, "-"), full); /* one half */
  free(text);
}

static void a_progress_line_of_100_columns_has_a_bar(void **state)
{
  (void)state;
  char *text;
  size_t length;
  const char *const words[] = {"100000 of 1000000 networks", "ETA 3 h 44 min", "7422 networks/s", "12345 diverged",
                               "7.42 M network-steps/s"};
  static const char *const columns[] = {"100", "120", "50"};
  for (size_t i = 0; i < 3; i++) {
    FILE *out = open_memstream(&text, &length);
    assert_non_null(out);
    assert_int_equal(setenv("COLUMNS", columns[i], 1), 0);
    isw_progress_draw(out, false, 0.5, words, 5);
    assert_int_equal(fclose(out), 0);
    char *bar = strchr(text, '#');
    assert_non_null(bar);
    assert_true(strcspn(bar, "]") >= 10);
    assert_true(length - strlen("\r\033[K") < strtoul(columns[i], NULL, 10));
    assert_non_null(strstr(text, words[0]));
    assert_int_equal(strstr(text, words[3]) != NULL, i < 2);
    free(text);
  }
}

/* A log has no line before 30 s, and none if progress is disabled. */
static void progress_in_a_log_is_sparse(void **state)
{
  (void)state;
  FILE *caught = tmpfile();
  int kept = dup(STDERR_FILENO);
  assert_true(caught && kept >= 0 && dup2(fileno(caught), STDERR_FILENO) == STDERR_FILENO);
  struct isw_progress progress = {.networks = 100, .before = 50, .cost = 10};
  isw_progress_start(&progress, false);
  isw_progress_show(&progress, 10, 1, 1000, 5);
  long at_once = ftell(caught);
  progress.last -= 31;
  progress.start -= 31;
  isw_progress_show(&progress, 10, 1, 1000, 5);
  progress.last -= 31;
  isw_progress_write(&progress, 25);
  isw_progress_start(&progress, true);
  progress.last -= 31;
  isw_progress_show(&progress, 10, 1, 1000, 5);
  isw_progress_end(&progress);
  dup2(kept, STDERR_FILENO);
  close(kept);
  char text[512] = "";
  rewind(caught);
  text[fread(text, 1, sizeof text - 1, caught)] = '\0';
  fclose(caught);
  assert_int_equal(at_once, 0);
  assert_memory_equal(text, "initsweep: 75 %, 60 of 100 networks, ETA 3", 41);
  char *line = strchr(text, '\n');
  assert_non_null(line);
  assert_non_null(strstr(text, " networks/s, 1 diverged, "));
  assert_memory_equal(line - strlen(" network-steps/s"), " network-steps/s", strlen(" network-steps/s"));
  assert_string_equal(line + 1, "initsweep: 25 %, writing the results file\n");
}

struct lines {
  char text[256];
  enum isw_report_kind kind;
};

static void take_line(void *context, enum isw_report_kind kind, const char *line)
{
  struct lines *lines = context;
  snprintf(lines->text, sizeof lines->text, "%s", line);
  lines->kind = kind;
}

static void lines_are_reported_to_whoever_asks(void **state)
{
  (void)state;
  struct lines lines = {.text = ""};
  const struct isw_reporter reporter = {.line = take_line, .context = &lines}, nobody = {0};
  isw_report_line(&reporter, ISW_REPORT_WARNING, "%d damaged entries", 3);
  assert_string_equal(lines.text, "3 damaged entries");
  assert_int_equal(lines.kind, ISW_REPORT_WARNING);
  isw_report_line(&nobody, ISW_REPORT_INFO, "nothing");
  isw_report_line(NULL, ISW_REPORT_INFO, "nothing");
  assert_string_equal(lines.text, "3 damaged entries");
}

static void print_error_into(struct isw_error *error, char *text, size_t size)
{
  FILE *caught = tmpfile();
  int kept = dup(STDERR_FILENO);
  assert_true(caught && kept >= 0 && dup2(fileno(caught), STDERR_FILENO) == STDERR_FILENO);
  assert_int_equal(isw_print_error(error->status, error), error->status);
  dup2(kept, STDERR_FILENO);
  close(kept);
  rewind(caught);
  text[fread(text, 1, size - 1, caught)] = '\0';
  fclose(caught);
}

/* The reader of sweep files says that its message begins with a place; the text of others does not matter. */
static void only_errors_without_a_place_name_the_program(void **state)
{
  (void)state;
  char text[1024];
  struct isw_error error = {0};
  struct isw_sweep *sweep = NULL;
  const struct isw_overrides none = {0};
  assert_int_equal(isw_load_sweep("a.yaml", "/", "sweep: 7x!", 10, &none, &sweep, &error), ISW_BAD_INPUT);
  print_error_into(&error, text, sizeof text);
  assert_memory_equal(text, "a.yaml:1:1: error: ", 19);
  isw_error_set(&error, ISW_FAILED, "cannot read 'odd: error: name'");
  print_error_into(&error, text, sizeof text);
  assert_string_equal(text, "initsweep: cannot read 'odd: error: name'\n");
  isw_error_clear(&error);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_difference_shows_the_lines_of_one_text_only),
      cmocka_unit_test(a_long_difference_is_cut),
      cmocka_unit_test(numbers_are_formatted_for_people),
      cmocka_unit_test(text_is_wrapped_at_the_width),
      cmocka_unit_test(a_progress_line_leaves_out_the_last_words_first),
      cmocka_unit_test(a_progress_line_of_100_columns_has_a_bar),
      cmocka_unit_test(progress_in_a_log_is_sparse),
      cmocka_unit_test(lines_are_reported_to_whoever_asks),
      cmocka_unit_test(only_errors_without_a_place_name_the_program),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
