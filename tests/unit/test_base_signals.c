/* Signals end a process at once or in order, also if nothing asks for them. Each case runs in a process of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include "initsweep/base.h"

enum { GOOD = 3, BAD = 4 };
static const int caught[] = {SIGINT, SIGTERM, SIGUSR1, SIGXCPU, SIGHUP};
enum { CAUGHT = sizeof caught / sizeof *caught };

/* The exit status of a process that calls `body`, or -1 if a signal ends it; what it writes to stderr is in `said`. */
static int status_of(void (*body)(int number), int number, char *said, size_t room)
{
  int ends[2], status;
  assert_int_equal(pipe(ends), 0);
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    dup2(ends[1], STDERR_FILENO);
    close(ends[0]);
    close(ends[1]);
    body(number);
    _exit(BAD);
  }
  close(ends[1]);
  size_t length = 0;
  for (ssize_t more; length + 1 < room && (more = read(ends[0], said + length, room - 1 - length)) > 0;)
    length += (size_t)more;
  said[length] = '\0';
  close(ends[0]);
  assert_int_equal(waitpid(child, &status, 0), child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void at_once(int number)
{
  isw_signals_catch(ISW_END_AT_ONCE, true);
  raise(number);
}

static void at_once_silently(int number)
{
  isw_signals_catch(ISW_END_AT_ONCE, false);
  raise(number);
}

static void in_order(int number)
{
  struct isw_error error = {0};
  isw_signals_catch(ISW_END_IN_ORDER, true);
  bool good = !isw_interrupted() && isw_check_interrupted(&error) == ISW_OK;
  raise(number);
  good = good && isw_interrupted() && isw_check_interrupted(&error) == ISW_INTERRUPTED &&
         strcmp(isw_error_text(&error), "interrupted") == 0;
  isw_error_clear(&error);
  _exit(good ? GOOD : BAD);
}

/* alarm(0) tells whether the process would end by itself. */
static void with_a_time_limit(int number)
{
  isw_signals_catch(ISW_END_IN_ORDER, true);
  bool good = alarm(0) == 0;
  isw_signals_allow_time(true);
  raise(number);
  good = good && alarm(0) == 0;
  isw_signals_allow_time(false);
  good = good && alarm(0) > 0;
  raise(number == SIGINT ? SIGTERM : number);
  good = good && alarm(4) > 0;
  isw_signals_allow_time(true);
  _exit(good && alarm(0) == 0 ? GOOD : BAD);
}

static void without_end(int number)
{
  isw_signals_catch(ISW_END_IN_ORDER, true);
  raise(number);
  for (;;) pause();
}

static void twice(int number)
{
  isw_signals_catch(ISW_END_IN_ORDER, true);
  isw_signals_allow_time(true);
  raise(number);
  raise(number);
  _exit(GOOD);
}

/* As a library does in its constructor: what the process was started with can no longer be asked for. */
__attribute__((constructor)) static void catch_hangup_early(void)
{
  signal(SIGHUP, SIG_DFL);
}

static void under_nohup(int number)
{
  char text[16];
  snprintf(text, sizeof text, "%d", number);
  signal(SIGHUP, SIG_IGN);
  execl("/proc/self/exe", "test_base_signals", text, (char *)NULL);
}

/* The process that under_nohup starts. */
static int started_by_nohup(int number)
{
  isw_signals_catch(ISW_END_AT_ONCE, true);
  raise(number);
  return GOOD;
}

static void signals_end_a_process(void **state)
{
  (void)state;
  char said[256];
  for (size_t i = 0; i < CAUGHT; i++) {
    assert_int_equal(status_of(at_once, caught[i], said, sizeof said), ISW_INTERRUPTED);
    assert_string_equal(said, "initsweep: interrupted: the same command can be run again\n");
    assert_int_equal(status_of(at_once_silently, caught[i], said, sizeof said), ISW_INTERRUPTED);
    assert_string_equal(said, "");
    assert_int_equal(status_of(in_order, caught[i], said, sizeof said), GOOD);
    assert_int_equal(status_of(with_a_time_limit, caught[i], said, sizeof said), GOOD);
    assert_int_equal(status_of(twice, caught[i], said, sizeof said), caught[i] == SIGINT ? ISW_INTERRUPTED : GOOD);
  }
  assert_int_equal(status_of(under_nohup, SIGHUP, said, sizeof said), GOOD);
  assert_int_equal(status_of(under_nohup, SIGTERM, said, sizeof said), ISW_INTERRUPTED);
}

static void a_process_that_never_asks_ends_too(void **state)
{
  (void)state;
  char said[256];
  assert_int_equal(status_of(without_end, SIGTERM, said, sizeof said), ISW_INTERRUPTED);
  assert_string_equal(said, "initsweep: interrupted: the same command can be run again\n");
}

int main(int count, char **words)
{
  if (count == 2) return started_by_nohup(atoi(words[1]));
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(signals_end_a_process),
      cmocka_unit_test(a_process_that_never_asks_ends_too),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
