/* Command lines parsed by a table of options: what is handled, what is reported, and with which exit status. */
#include "initsweep/console.h"
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What the handler was called with: "o=out.h5 q " */
struct handled {
  char calls[128];
  int answer; /* of the handler */
};

static int handle(void *state, int code, const char *argument)
{
  struct handled *handled = state;
  size_t length = strlen(handled->calls);
  snprintf(handled->calls + length, sizeof handled->calls - length, argument ? "%c=%s " : "%c ", code, argument);
  return handled->answer;
}

static const struct isw_option options[] = {
    {.name = "output", .code = 'o', .letter = true, .argument = "OUT", .about = "the file"},
    {.name = "network", .code = 'k', .argument = "K", .required = true, .about = "its number"},
    {.name = "quiet", .code = 'q', .about = "no progress"},
    {0}};
static const char *const examples[] = {"initsweep test file --network 1", NULL};
static const struct isw_command command = {.name = "test",
                                           .argument = "FILE",
                                           .argument_about = "one results file",
                                           .summary = "a test",
                                           .about = "Tests.",
                                           .options = options,
                                           .examples = examples};
static const struct isw_command *const commands[] = {&command, NULL};

/* One parse, and what it has printed on stdout or stderr. */
struct parsed {
  bool run;
  int exit_status;
  const char *argument;
  struct handled handled;
  char printed[2048];
};

static struct parsed parse(const struct isw_command *of, int answer, int stream, const char *line)
{
  struct parsed parsed = {.handled = {.answer = answer}, .exit_status = -1};
  static char copy[256]; /* the argument points into it */
  char *argv[16];
  int argc = 0;
  snprintf(copy, sizeof copy, "%s", line);
  for (char *word = strtok(copy, " "); word; word = strtok(NULL, " ")) argv[argc++] = word;
  argv[argc] = NULL;
  fflush(stdout);
  FILE *caught = tmpfile();
  assert_non_null(caught);
  int kept = dup(stream);
  assert_true(kept >= 0 && dup2(fileno(caught), stream) == stream);
  parsed.run = isw_parse_options(of, argc, argv, handle, &parsed.handled, &parsed.argument, &parsed.exit_status);
  fflush(stdout);
  assert_int_equal(dup2(kept, stream), stream);
  close(kept);
  rewind(caught);
  parsed.printed[fread(parsed.printed, 1, sizeof parsed.printed - 1, caught)] = '\0';
  fclose(caught);
  return parsed;
}

static void options_reach_the_handler_in_order(void **state)
{
  (void)state;
  struct parsed parsed = parse(&command, 0, STDERR_FILENO, "test --network 3 file.h5 -o a.h5 --quiet --output=b.h5");
  assert_true(parsed.run);
  assert_int_equal(parsed.exit_status, 0);
  assert_string_equal(parsed.argument, "file.h5");
  assert_string_equal(parsed.handled.calls, "k=3 o=a.h5 q o=b.h5 ");
  assert_string_equal(parsed.printed, "");
}

static void a_handler_that_reports_an_error_ends_the_parsing(void **state)
{
  (void)state;
  struct parsed parsed = parse(&command, ISW_FAILED, STDERR_FILENO, "test --network 3 file.h5 --quiet");
  assert_false(parsed.run);
  assert_int_equal(parsed.exit_status, ISW_FAILED);
  assert_string_equal(parsed.handled.calls, "k=3 ");
}

static void wrong_command_lines_are_reported(void **state)
{
  (void)state;
  static const struct {
    const char *line, *message;
  } wrong[] = {
      {"test file.h5 --netwrok 3", "initsweep test: unknown option '--netwrok'\n  did you mean '--network'? "
                                   "`initsweep test --help` shows all.\n"},
      {"test file.h5 --xyzxyzxyz",
       "initsweep test: unknown option '--xyzxyzxyz'\n  `initsweep test --help` shows all.\n"},
      {"test file.h5 -x", "initsweep test: unknown option '-x'\n  `initsweep test --help` shows all.\n"},
      {"test file.h5 --network", "initsweep test: option '--network' needs an argument\n"
                                 "  `initsweep test --help` shows how.\n"},
      {"test file.h5", "initsweep test: give one results file and --network K\n  `initsweep test --help` shows how.\n"},
      {"test --network 1",
       "initsweep test: give one results file and --network K\n  `initsweep test --help` shows how.\n"},
      {"test a b --network 1", "initsweep test: give one results file and --network K\n"
                               "  `initsweep test --help` shows how.\n"},
  };
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    struct parsed parsed = parse(&command, 0, STDERR_FILENO, wrong[i].line);
    assert_false(parsed.run);
    assert_int_equal(parsed.exit_status, ISW_BAD_INPUT);
    assert_string_equal(parsed.printed, wrong[i].message);
  }
}

static void an_argument_in_brackets_may_be_left_out(void **state)
{
  (void)state;
  struct isw_command optional = command;
  optional.argument = "[FILE]";
  struct parsed parsed = parse(&optional, 0, STDERR_FILENO, "test --network 3");
  assert_true(parsed.run);
  assert_null(parsed.argument);
}

static void help_is_printed_whatever_else_is_missing(void **state)
{
  (void)state;
  struct parsed parsed = parse(&command, 0, STDOUT_FILENO, "test --help");
  assert_false(parsed.run);
  assert_int_equal(parsed.exit_status, 0);
  assert_non_null(strstr(parsed.printed, "usage: initsweep test FILE [-o OUT] --network K [--quiet]\n"));
  assert_non_null(strstr(parsed.printed, "  -o, --output OUT   the file\n"));
}

static void commands_are_found_by_their_names(void **state)
{
  (void)state;
  assert_ptr_equal(isw_command_find(commands, "test"), &command);
  assert_null(isw_command_find(commands, "tes"));
}

static void numbers_must_be_whole_and_in_range(void **state)
{
  (void)state;
  uint64_t number;
  double seconds;
  assert_int_equal(isw_parse_count("test", "--threads", "65536"), 65536);
  assert_true(isw_parse_index("18446744073709551615", &number) && number == UINT64_MAX);
  assert_false(isw_parse_index("18446744073709551616", &number));
  assert_false(isw_parse_index("-1", &number) || isw_parse_index("", &number) || isw_parse_index("1x", &number));
  assert_true(isw_parse_seconds("0.5", 0.5, 2, &seconds) && seconds == 0.5);
  assert_false(isw_parse_seconds("2.1", 0.5, 2, &seconds) || isw_parse_seconds("nan", 0.5, 2, &seconds) ||
               isw_parse_seconds("1s", 0.5, 2, &seconds) || isw_parse_seconds("", 0, 2, &seconds));
  int null = open("/dev/null", O_WRONLY), kept = dup(STDERR_FILENO);
  assert_true(null >= 0 && dup2(null, STDERR_FILENO) == STDERR_FILENO);
  const char *const wrong[] = {"0", "65537", "-1", "+1", " 1", "1.0", "two", "", "99999999999999999999"};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    assert_int_equal(isw_parse_count("test", "--threads", wrong[i]), 0);
  dup2(kept, STDERR_FILENO);
  close(kept);
  close(null);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(options_reach_the_handler_in_order),
      cmocka_unit_test(a_handler_that_reports_an_error_ends_the_parsing),
      cmocka_unit_test(wrong_command_lines_are_reported),
      cmocka_unit_test(an_argument_in_brackets_may_be_left_out),
      cmocka_unit_test(help_is_printed_whatever_else_is_missing),
      cmocka_unit_test(commands_are_found_by_their_names),
      cmocka_unit_test(numbers_must_be_whole_and_in_range),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
