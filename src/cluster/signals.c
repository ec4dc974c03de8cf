/* Signals request an orderly end. A handler can only write a global variable, the only one of this room. */
#include <signal.h>
#include <unistd.h>
#include "cluster_internal.h"

static atomic_int caught; /* the first signal that came */

static void handle(int number)
{
  int before = atomic_exchange(&caught, number);
  if (number == SIGINT && before == SIGINT) {
    ssize_t written = isatty(STDERR_FILENO) ? write(STDERR_FILENO, "\n", 1) : 0; /* the prompt below the progress bar */
    (void)written;
    _exit(ISW_INTERRUPTED);
  }
}

void isw_cluster_catch_signals(void)
{
  struct sigaction action = {.sa_handler = handle, .sa_flags = SA_RESTART};
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
  sigaction(SIGUSR1, &action, NULL);
  sigaction(SIGXCPU, &action, NULL);
  struct sigaction before;
  if (sigaction(SIGHUP, NULL, &before) == 0 && before.sa_handler != SIG_IGN) /* nohup ignores it */
    sigaction(SIGHUP, &action, NULL);
  signal(SIGXFSZ, SIG_IGN); /* a limit on file sizes then is an error of write(), reported like a full disk */
  signal(SIGPIPE, SIG_IGN); /* a reader of stdout or stderr that has ended must not end the training */
}

bool isw_signal_caught(void)
{
  return atomic_load(&caught) != 0;
}
