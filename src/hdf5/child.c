/* Reads files of any origin in a child process, because damage inside a file can crash the HDF5 library, keep it busy
 * without end or make it ask for any amount of memory. The parent survives and reports that the file is damaged. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include "initsweep/hdf5_handles.h"

enum { OUT_OF_TIME = SIGVTALRM, SLOWEST = 50 << 20 /* bytes per second, uncompressed on a slow machine */ };

static const int crashes[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL};
enum { CRASHES = sizeof crashes / sizeof *crashes };

static bool is_crash(int number)
{
  bool found = false;
  for (size_t i = 0; i < CRASHES; i++) found = found || crashes[i] == number;
  return found;
}

/* The memory of this process that RLIMIT_DATA limits, in bytes: private, and not a file. It is the sixth number of
 * proc_pid_statm(5), in pages. 0: unknown. */
static uint64_t data_bytes(void)
{
  enum { DATA = 6 };
  char text[256];
  int file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  ssize_t length = file >= 0 ? read(file, text, sizeof text - 1) : 0;
  if (file >= 0) close(file);
  text[length > 0 ? length : 0] = '\0';
  uint64_t pages = 0;
  char *at = text;
  for (size_t i = 0; i < DATA; i++) pages = strtoull(at, &at, 10);
  return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* The library allocates what a file says; beyond the limit it gets an error instead of the machine's memory. */
static void limit_memory(const struct isw_hdf5_guard *guard, uint64_t bytes)
{
  uint64_t now = data_bytes(), most = now + ISW_HDF5_BYTES_MAX + ISW_HDF5_BYTES_PER_BYTE * bytes;
  struct rlimit limit = guard->memory;
  if (now > 0 && most < limit.rlim_cur) limit.rlim_cur = most;
  setrlimit(RLIMIT_DATA, &limit);
}

void isw_hdf5_guard_begin(struct isw_hdf5_guard *guard)
{
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = OUT_OF_TIME};
  isw_hdf5_silence_begin(&guard->silence);
  guard->limited = timer_create(CLOCK_THREAD_CPUTIME_ID, &event, &guard->timer) == 0;
  guard->memory_limited = getrlimit(RLIMIT_DATA, &guard->memory) == 0;
  isw_hdf5_guard_renew(guard, 0);
}

void isw_hdf5_guard_renew(const struct isw_hdf5_guard *guard, uint64_t bytes)
{
  const struct itimerspec limit = {.it_value = {.tv_sec = ISW_HDF5_SECONDS_MAX + (time_t)(bytes / SLOWEST)}};
  if (guard->limited) timer_settime(guard->timer, 0, &limit, NULL);
  if (guard->memory_limited) limit_memory(guard, bytes);
}

void isw_hdf5_guard_end(const struct isw_hdf5_guard *guard)
{
  if (guard->limited) timer_delete(guard->timer);
  if (guard->memory_limited) setrlimit(RLIMIT_DATA, &guard->memory);
  isw_hdf5_silence_end(&guard->silence);
}

/* fork() whose child does not outlive the parent. A signal from outside ends it without a message: the parent, which
 * gets the signal, too, or sees the exit status, has one. */
static pid_t start_child(void)
{
  pid_t parent = getpid(), child = fork();
  if (child != 0) return child;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(ISW_FAILED); /* it ended before the line above */
  isw_signals_catch(ISW_END_AT_ONCE, false);
  sigset_t deadline;
  sigemptyset(&deadline);
  sigaddset(&deadline, OUT_OF_TIME);
  signal(OUT_OF_TIME, SIG_DFL);
  sigprocmask(SIG_UNBLOCK, &deadline, NULL);
  return 0;
}

static int wait_for(pid_t child)
{
  int how;
  while (waitpid(child, &how, 0) < 0 && errno == EINTR) {
  }
  return how;
}

/* Sets the error for a child that did not end by itself. */
static enum isw_status report_end(const char *file, int how, struct isw_error *error)
{
  int number = WIFSIGNALED(how) ? WTERMSIG(how) : 0;
  if (number == OUT_OF_TIME)
    return isw_error_set(error, ISW_BAD_INPUT,
                         "%s: the file is damaged: the HDF5 library took more than %d s to read one part of it", file,
                         ISW_HDF5_SECONDS_MAX);
  if (is_crash(number))
    return isw_error_set(error, ISW_BAD_INPUT,
                         "%s: the file is damaged: the HDF5 library crashed while reading it (%s)", file,
                         strsignal(number));
  if (number > 0)
    return isw_error_set(error, ISW_FAILED, "%s: the process that read the file was ended by a signal (%s)%s", file,
                         strsignal(number), number == SIGKILL ? ": perhaps memory ran out" : "");
  if (WEXITSTATUS(how) == ISW_INTERRUPTED) return isw_error_set(error, ISW_INTERRUPTED, "interrupted");
  return isw_error_set(error, ISW_FAILED, "%s: the process that read the file ended early, with exit status %d", file,
                       WEXITSTATUS(how));
}

bool isw_hdf5_continue_in_child(const char *file, int *exit_status, struct isw_error *error)
{
  pid_t child = start_child();
  if (child == 0) return false;
  *exit_status = 0;
  if (child < 0) {
    *exit_status = isw_error_system(error, file, "cannot start the process that reads the file");
    return true;
  }
  int how = wait_for(child);
  if (WIFEXITED(how)) {
    *exit_status = WEXITSTATUS(how);
    return true;
  }
  int number = WTERMSIG(how);
  if (!is_crash(number) && number != OUT_OF_TIME && number != SIGKILL) { /* a user's signal, or a closed pipe */
    signal(number, SIG_DFL);
    raise(number);
  }
  *exit_status = report_end(file, how, error);
  return true;
}

bool isw_hdf5_send(int to, const void *bytes, size_t length)
{
  uint64_t written = 0;
  return isw_write_parts(to, &(struct iovec){(void *)(uintptr_t)bytes, length}, 1, &written);
}

bool isw_hdf5_receive(int from, void *bytes, size_t length)
{
  for (size_t done = 0; done < length;) {
    ssize_t some = read(from, (char *)bytes + done, length - done);
    if (some == 0 || (some < 0 && errno != EINTR)) return false;
    if (some > 0) done += (size_t)some;
  }
  return true;
}

/* The last bytes of a child: how its work ended, and the message. */
struct verdict {
  enum isw_status status;
  bool located;
  size_t length;
};

static void send_verdict(int to, enum isw_status status, const struct isw_error *error)
{
  struct verdict verdict;
  memset(&verdict, 0, sizeof verdict); /* padding too: all bytes are sent */
  verdict.status = status;
  verdict.located = error->located;
  verdict.length = error->message.length;
  if (isw_hdf5_send(to, &verdict, sizeof verdict) && verdict.length > 0)
    isw_hdf5_send(to, error->message.bytes, verdict.length);
}

/* False if there is no verdict: the child did not end by itself. */
static bool receive_verdict(int from, struct verdict *verdict, struct isw_error *error)
{
  if (!isw_hdf5_receive(from, verdict, sizeof *verdict)) return false;
  if (verdict->status == ISW_OK) return true;
  char *message = isw_allocate(verdict->length + 1, 1);
  bool complete = message && isw_hdf5_receive(from, message, verdict->length);
  if (complete) {
    isw_error_set(error, verdict->status, "%s", message);
    if (error) error->located = verdict->located;
  }
  free(message);
  return complete;
}

enum isw_status isw_hdf5_call(const struct isw_hdf5_work *work, void *context, struct isw_error *error)
{
  int data[2], end[2];
  if (pipe2(data, O_CLOEXEC) != 0) return isw_error_system(error, work->file, "cannot create a pipe");
  if (pipe2(end, O_CLOEXEC) != 0) {
    close(data[0]);
    close(data[1]);
    return isw_error_system(error, work->file, "cannot create a pipe");
  }
  pid_t child = start_child();
  if (child == 0) {
    struct isw_error problem = {0};
    for (size_t i = 0; i < CRASHES; i++) signal(crashes[i], SIG_DFL); /* MPI catches them */
    signal(SIGPIPE, SIG_IGN);                                         /* the parent may have no memory for the data */
    close(data[0]);
    close(end[0]);
    enum isw_status status = work->send(context, data[1], &problem);
    close(data[1]);
    send_verdict(end[1], status, &problem);
    _exit(ISW_OK); /* what runs at the end of the parent, such as MPI's, is not for the child */
  }
  close(data[1]);
  close(end[1]);
  enum isw_status status = ISW_OK;
  if (child < 0) status = isw_error_system(error, work->file, "cannot start the process that reads the file");
  if (child > 0) {
    struct verdict verdict;
    struct isw_error problem = {0};
    bool received = work->receive(context, data[0], &problem);
    close(data[0]);
    bool ended = receive_verdict(end[0], &verdict, error);
    int how = wait_for(child);
    if (problem.status != ISW_OK)
      status = isw_error_set(error, problem.status, "%s", isw_error_text(&problem));
    else if (ended)
      status = verdict.status;
    if (problem.status == ISW_OK && (!ended || (status == ISW_OK && !received)))
      status = report_end(work->file, how, error);
    isw_error_clear(&problem);
  } else {
    close(data[0]);
  }
  close(end[0]);
  return status;
}
