/* What is shown of a run in progress, and what cannot be followed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "initsweep/summary.h"

static char *show_all(struct isw_follow_display *display, const struct isw_follow_view *views, size_t count)
{
  char *text;
  size_t length;
  display->out = open_memstream(&text, &length);
  assert_non_null(display->out);
  for (size_t i = 0; i < count; i++) isw_follow_show(display, &views[i]);
  assert_int_equal(fclose(display->out), 0);
  return text;
}

static const struct isw_follow_view views[] = {
    {.state = ISW_FOLLOW_STARTING},
    {.state = ISW_FOLLOW_RUNNING, .networks = 120, .finished = 30, .ended = {0, 28, 0, 2}, .rate = 15},
    {.state = ISW_FOLLOW_RUNNING, .networks = 120, .finished = 30, .ended = {0, 28, 0, 2}, .rate = 14},
    {.state = ISW_FOLLOW_STOPPED, .networks = 120, .finished = 30, .ended = {0, 28, 0, 2}},
    {.state = ISW_FOLLOW_RUNNING, .networks = 120, .finished = 60, .refined = true, .rate = 15},
    {.state = ISW_FOLLOW_WRITING, .networks = 120, .finished = 120},
    {.state = ISW_FOLLOW_DONE, .networks = 120, .finished = 120}};
enum { VIEWS = sizeof views / sizeof *views };

static void a_log_gets_a_line_per_change(void **state)
{
  (void)state;
  struct isw_follow_display display = {0};
  char *text = show_all(&display, views, VIEWS);
  assert_string_equal(text, "0 %, the run is starting\n"
                            "25 %, 30 of 120 networks, ETA 6 s, 15 networks/s, 2 diverged\n"
                            "25 %, 30 of 120 networks, stopped: no process holds the run's lock, 2 diverged\n"
                            "50 %, 60 of at most 120 networks, 15 networks/s, 0 diverged\n"
                            "100 %, 120 of 120 networks, writing the results file, 0 diverged\n"
                            "100 %, 120 of 120 networks, done, 0 diverged\n");
  free(text);
}

static void json_has_an_object_per_change(void **state)
{
  (void)state;
  struct isw_follow_display display = {.json = true};
  char *text = show_all(&display, views, VIEWS);
  size_t lines = 0;
  for (const char *c = text; *c; c++) lines += *c == '\n';
  assert_int_equal(lines, VIEWS - 1);
  assert_non_null(strstr(text, "\"state\": \"running\", \"networks\": 120, \"finished\": 30, \"completed\": 28, "
                               "\"stopped\": 0, \"diverged\": 2, \"networks_per_second\": 15, \"eta_seconds\": 6}\n"));
  assert_non_null(strstr(text, "\"networks_per_second\": 15, \"eta_seconds\": null}\n")); /* refined */
  free(text);
}

static void a_terminal_is_redrawn_even_without_a_change(void **state)
{
  (void)state;
  FILE *out = tmpfile();
  assert_non_null(out);
  struct isw_follow_display display = {.out = out, .redraws = true};
  isw_follow_show(&display, &views[1]);
  long once = ftell(out);
  isw_follow_show(&display, &views[1]);
  assert_true(once > 0 && ftell(out) == 2 * once);
  isw_follow_end(&display);
  assert_true(ftell(out) > 2 * once);
  fclose(out);
}

static void expect_look(const char *given, enum isw_status status, const char *message)
{
  struct isw_follow *follow = NULL;
  struct isw_follow_view view;
  struct isw_error error = {0};
  enum isw_status found = isw_follow_create(given, &follow, &error);
  if (found == ISW_OK) found = isw_follow_look(follow, &view, &error);
  assert_int_equal(found, status);
  if (message) assert_non_null(strstr(isw_error_text(&error), message));
  if (!message) assert_int_equal(view.state, ISW_FOLLOW_STARTING);
  isw_follow_destroy(follow);
  isw_error_clear(&error);
}

static void what_is_no_run_is_refused(void **state)
{
  (void)state;
  char folder[] = "/tmp/initsweep-follow-XXXXXX";
  assert_non_null(mkdtemp(folder));
  assert_int_equal(chdir(folder), 0);
  expect_look("none.h5", ISW_BAD_INPUT,
              "there is neither a results file 'none.h5' nor a run in a folder 'none.h5.parts'");
  expect_look("none.h5.parts///", ISW_BAD_INPUT, "neither a results file 'none.h5'");
  expect_look(folder, ISW_BAD_INPUT, "is a folder");
  FILE *file = fopen("text.h5", "w");
  assert_true(file && fclose(file) == 0);
  expect_look("text.h5", ISW_BAD_INPUT, "'text.h5' is not a complete results file");
  assert_int_equal(mkdir("new.h5.parts", 0700), 0);
  expect_look("new.h5", ISW_OK, NULL); /* the run has not written its manifest yet */
  expect_look("new.h5.parts/", ISW_OK, NULL);
  assert_true(rmdir("new.h5.parts") == 0 && unlink("text.h5") == 0 && chdir("/") == 0 && rmdir(folder) == 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_log_gets_a_line_per_change),
      cmocka_unit_test(json_has_an_object_per_change),
      cmocka_unit_test(a_terminal_is_redrawn_even_without_a_change),
      cmocka_unit_test(what_is_no_run_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
