/* Work in a child process: data, status and message come back; a crash or an endless read of the child is a damaged
 * file, and nothing that the child does ends the parent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include "initsweep/hdf5_handles.h"

enum { NUMBERS = 1 << 20 }; /* more bytes than a pipe holds */

struct exchange {
  int number; /* a signal, or an exit status */
  size_t received;
};

static bool receive_numbers(void *context, int from, struct isw_error *error)
{
  struct exchange *exchange = context;
  uint64_t number;
  (void)error;
  while (exchange->received < NUMBERS && isw_hdf5_receive(from, &number, sizeof number)) {
    assert_true(number == exchange->received * 3);
    exchange->received++;
  }
  return exchange->received == NUMBERS;
}

static enum isw_status send_numbers(void *context, int to, struct isw_error *error)
{
  (void)context, (void)error;
  for (uint64_t i = 0, number; i < NUMBERS; i++) {
    number = 3 * i;
    if (!isw_hdf5_send(to, &number, sizeof number)) return ISW_FAILED;
  }
  return ISW_OK;
}

static void data_come_back(void **state)
{
  struct exchange exchange = {0};
  struct isw_error error = {0};
  (void)state;
  const struct isw_hdf5_work work = {"a.h5", send_numbers, receive_numbers};
  assert_int_equal(isw_hdf5_call(&work, &exchange, &error), ISW_OK);
  assert_int_equal(exchange.received, NUMBERS);
  assert_string_equal(isw_error_text(&error), "");
}

static enum isw_status refuse(void *context, int to, struct isw_error *error)
{
  struct exchange *exchange = context;
  (void)to;
  exchange->number = 1; /* in the child only */
  isw_error_set(error, ISW_BAD_INPUT, "a.yaml:1:2: error: %s", "100 %s");
  error->located = true;
  return ISW_BAD_INPUT;
}

static void status_and_message_come_back(void **state)
{
  struct exchange exchange = {0};
  struct isw_error error = {0};
  (void)state;
  const struct isw_hdf5_work work = {"a.h5", refuse, receive_numbers};
  assert_int_equal(isw_hdf5_call(&work, &exchange, &error), ISW_BAD_INPUT);
  assert_string_equal(isw_error_text(&error), "a.yaml:1:2: error: 100 %s");
  assert_true(error.located);
  assert_int_equal(exchange.number, 0);
  isw_error_clear(&error);
  assert_int_equal(isw_hdf5_call(&work, &exchange, NULL), ISW_BAD_INPUT);
}

/* A signal after some data. */
static enum isw_status end_by_signal(void *context, int to, struct isw_error *error)
{
  const struct exchange *exchange = context;
  const uint64_t number = 0;
  (void)error;
  isw_hdf5_send(to, &number, sizeof number);
  raise(exchange->number);
  return ISW_OK;
}

static void assert_end(int number, enum isw_status status, const char *message)
{
  struct exchange exchange = {.number = number};
  struct isw_error error = {0};
  const struct isw_hdf5_work work = {"a.h5", end_by_signal, receive_numbers};
  assert_int_equal(isw_hdf5_call(&work, &exchange, &error), status);
  assert_string_equal(isw_error_text(&error), message);
  isw_error_clear(&error);
}

static void a_crash_is_a_damaged_file(void **state)
{
  (void)state;
  assert_end(SIGSEGV, ISW_BAD_INPUT,
             "a.h5: the file is damaged: the HDF5 library crashed while reading it (Segmentation fault)");
  assert_end(SIGABRT, ISW_BAD_INPUT, "a.h5: the file is damaged: the HDF5 library crashed while reading it (Aborted)");
  assert_end(SIGVTALRM, ISW_BAD_INPUT,
             "a.h5: the file is damaged: the HDF5 library took more than 10 s to read one part of it");
  assert_end(SIGKILL, ISW_FAILED,
             "a.h5: the process that read the file was ended by a signal (Killed): perhaps memory ran out");
}

static enum isw_status end_early(void *context, int to, struct isw_error *error)
{
  (void)context, (void)to, (void)error;
  _exit(3);
}

static void an_early_end_is_reported(void **state)
{
  struct exchange exchange = {0};
  struct isw_error error = {0};
  (void)state;
  const struct isw_hdf5_work work = {"a.h5", end_early, receive_numbers};
  assert_int_equal(isw_hdf5_call(&work, &exchange, &error), ISW_FAILED);
  assert_string_equal(isw_error_text(&error), "a.h5: the process that read the file ended early, with exit status 3");
  isw_error_clear(&error);
}

static void an_interruption_is_one(void **state)
{
  (void)state;
  assert_end(SIGTERM, ISW_INTERRUPTED, "interrupted");
}

static bool have_no_memory(void *context, int from, struct isw_error *error)
{
  (void)context, (void)from;
  isw_error_memory(error, 99, "numbers");
  return false;
}

static void an_error_of_the_parent_is_reported(void **state)
{
  struct exchange exchange = {0};
  struct isw_error error = {0};
  (void)state;
  const struct isw_hdf5_work work = {"a.h5", send_numbers, have_no_memory};
  assert_int_equal(isw_hdf5_call(&work, &exchange, &error), ISW_FAILED);
  assert_string_equal(isw_error_text(&error), "out of memory (99 bytes for numbers)");
  isw_error_clear(&error);
}

/* The wait status of a process that continues in a child, which ends by a signal or with an exit status. */
static int continue_and_end(int number, int exit_status)
{
  int how;
  pid_t process = fork();
  assert_true(process >= 0);
  if (process == 0) {
    struct isw_error error = {0};
    if (isw_hdf5_continue_in_child("a.h5", &exit_status, &error)) {
      bool told = strstr(isw_error_text(&error), "a.h5: the file is damaged") != NULL;
      _exit(told ? 100 + exit_status : exit_status);
    }
    if (number) raise(number);
    _exit(exit_status);
  }
  assert_int_equal(waitpid(process, &how, 0), process);
  return how;
}

static void the_parent_ends_as_the_child(void **state)
{
  (void)state;
  int how = continue_and_end(0, 75);
  assert_true(WIFEXITED(how) && WEXITSTATUS(how) == 75);
  how = continue_and_end(SIGABRT, 0); /* cmocka catches SIGSEGV */
  assert_true(WIFEXITED(how) && WEXITSTATUS(how) == 100 + ISW_BAD_INPUT);
  how = continue_and_end(SIGVTALRM, 0);
  assert_true(WIFEXITED(how) && WEXITSTATUS(how) == 100 + ISW_BAD_INPUT);
  how = continue_and_end(SIGTERM, 0);
  assert_true(WIFEXITED(how) && WEXITSTATUS(how) == ISW_INTERRUPTED);
  how = continue_and_end(SIGPIPE, 0);
  assert_true(WIFSIGNALED(how) && WTERMSIG(how) == SIGPIPE);
}

static double seconds_left(const struct isw_hdf5_guard *guard)
{
  struct itimerspec left;
  assert_int_equal(timer_gettime(guard->timer, &left), 0);
  return (double)left.it_value.tv_sec + 1e-9 * (double)left.it_value.tv_nsec;
}

static void a_guard_limits_the_time_of_a_read(void **state)
{
  struct isw_hdf5_guard guard;
  (void)state;
  isw_hdf5_guard_begin(&guard);
  assert_true(guard.limited);
  assert_true(seconds_left(&guard) > ISW_HDF5_SECONDS_MAX - 1 && seconds_left(&guard) <= ISW_HDF5_SECONDS_MAX);
  isw_hdf5_guard_renew(&guard, UINT64_C(10) << 30);
  assert_true(seconds_left(&guard) > ISW_HDF5_SECONDS_MAX + 100);
  isw_hdf5_guard_end(&guard);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(data_come_back),
      cmocka_unit_test(status_and_message_come_back),
      cmocka_unit_test(a_crash_is_a_damaged_file),
      cmocka_unit_test(an_early_end_is_reported),
      cmocka_unit_test(an_interruption_is_one),
      cmocka_unit_test(an_error_of_the_parent_is_reported),
      cmocka_unit_test(the_parent_ends_as_the_child),
      cmocka_unit_test(a_guard_limits_the_time_of_a_read),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
