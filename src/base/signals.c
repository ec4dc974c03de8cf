/* Signals request an end. A handler can only write to global variables: these are the only ones of the program. */
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>
#include "initsweep/base.h"

enum { SECONDS_TO_END = 4 };

static atomic_int caught; /* the first signal that arrived; 0: none */
static atomic_bool at_once, has_time, speaks;
static bool hangup_is_ignored; /* nohup's doing */

/* Runs before the constructors of shared libraries: UCX, which Debian 13's Open MPI brings, catches SIGHUP in one. */
static void read_hangup(void)
{
  struct sigaction action;
  hangup_is_ignored = sigaction(SIGHUP, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

__attribute__((section(".preinit_array"), used)) static void (*const before_constructors)(void) = read_hangup;

static void write_text(const char *text)
{
  ssize_t written = write(STDERR_FILENO, text, strlen(text));
  (void)written;
}

static void end_now(bool say)
{
  if (isatty(STDERR_FILENO)) write_text("\n"); /* the prompt and the message below the progress bar */
  if (say && atomic_load(&speaks)) write_text("initsweep: interrupted: the same command can be run again\n");
  _exit(ISW_INTERRUPTED);
}

static void handle(int number)
{
  int before = atomic_exchange(&caught, number);
  if (atomic_load(&at_once)) end_now(true);
  if (number == SIGINT && before == SIGINT) end_now(false);
  if (!atomic_load(&has_time)) alarm(SECONDS_TO_END);
}

/* Nothing has noticed the signal in time: a library call that does not return, or a long loop. */
static void handle_alarm(int number)
{
  (void)number;
  if (!atomic_load(&has_time)) end_now(true);
}

void isw_signals_catch(enum isw_signal_end end, bool speak)
{
  struct sigaction action = {.sa_handler = handle, .sa_flags = SA_RESTART}, alarm_action = {.sa_handler = handle_alarm};
  atomic_store(&at_once, end == ISW_END_AT_ONCE);
  atomic_store(&speaks, speak);
  sigemptyset(&action.sa_mask);
  sigemptyset(&alarm_action.sa_mask);
  sigaction(SIGALRM, &alarm_action, NULL);
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
  sigaction(SIGUSR1, &action, NULL);
  sigaction(SIGXCPU, &action, NULL);
  if (hangup_is_ignored)
    signal(SIGHUP, SIG_IGN);
  else
    sigaction(SIGHUP, &action, NULL);
  if (end == ISW_END_AT_ONCE) return;
  signal(SIGXFSZ, SIG_IGN); /* write() then reports a limit on file sizes as an error, like a full disk */
  signal(SIGPIPE, SIG_IGN); /* a closed reader of stdout or stderr must not end the training */
}

void isw_signals_allow_time(bool allow)
{
  atomic_store(&has_time, allow);
  if (allow)
    alarm(0);
  else if (isw_interrupted())
    alarm(SECONDS_TO_END);
}

bool isw_interrupted(void)
{
  return atomic_load_explicit(&caught, memory_order_relaxed) != 0;
}

enum isw_status isw_check_interrupted(struct isw_error *error)
{
  return isw_interrupted() ? isw_error_set(error, ISW_INTERRUPTED, "interrupted") : ISW_OK;
}
