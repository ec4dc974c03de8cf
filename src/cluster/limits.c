/* Whether a rank's worker threads can be created. OpenMP ends the process, or overflows a stack, where they cannot. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include "cluster_internal.h"

/* Bytes: of a worker, whose deepest calls use 20 KiB; and what OpenMP puts on the main thread's stack for each thread
 * that it starts (libgomp: struct gomp_thread_start_data). */
enum { WORKER_STACK_MIN = 64 << 10, START_DATA = 192 };

/* A size in the form of OMP_STACKSIZE (OpenMP 5.0, section 6.5): a number and B, K (default), M or G. 0: none. */
static size_t parse_size(const char *text)
{
  static const char units[] = "bkmg";
  char *end;
  unsigned long long number = text ? strtoull(text, &end, 10) : 0;
  if (!text || end == text) return 0;
  end += strspn(end, " \t");
  const char *unit = *end ? strchr(units, *end | 0x20) : units + 1;
  size_t bytes, factor = unit ? (size_t)1 << (10 * (unit - units)) : 0;
  return isw_multiply((size_t)number, factor, &bytes) ? bytes : SIZE_MAX;
}

/* The stack size of OpenMP's threads. */
static size_t worker_stack(void)
{
  size_t size = parse_size(getenv("OMP_STACKSIZE"));
  if (size == 0) size = parse_size(getenv("GOMP_STACKSIZE"));
  pthread_attr_t standard;
  if (size == 0 && pthread_getattr_default_np(&standard) == 0) {
    pthread_attr_getstacksize(&standard, &size);
    pthread_attr_destroy(&standard);
  }
  return size;
}

static enum isw_status check_stacks(size_t threads, size_t stack, struct isw_error *error)
{
  struct rlimit limit;
  size_t needed = (threads + 1) * START_DATA + WORKER_STACK_MIN;
  if (stack < WORKER_STACK_MIN)
    return isw_error_set(error, ISW_FAILED,
                         "worker threads have a stack of %zu KiB and need %d KiB: set OMP_STACKSIZE=%dk, or more",
                         stack >> 10, WORKER_STACK_MIN >> 10, WORKER_STACK_MIN >> 10);
  if (getrlimit(RLIMIT_STACK, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur < needed)
    return isw_error_set(error, ISW_FAILED,
                         "to start %zu threads, the main thread needs a stack of %zu KiB and has %zu KiB: use fewer "
                         "threads (--threads), or `ulimit -s %zu`",
                         threads, (needed >> 10) + 1, (size_t)limit.rlim_cur >> 10, (needed >> 10) + 1);
  return ISW_OK;
}

static void *wait_for_release(void *mutex)
{
  pthread_mutex_lock(mutex);
  pthread_mutex_unlock(mutex);
  return NULL;
}

/* Creates threads that wait for the mutex, at most `threads`. Returns their number; *reason: why there are no more. */
static size_t create_waiting(size_t threads, size_t stack, pthread_mutex_t *mutex, pthread_t *made, int *reason)
{
  pthread_attr_t attributes;
  size_t count = 0;
  *reason = pthread_attr_init(&attributes);
  if (*reason != 0) return 0;
  pthread_attr_setstacksize(&attributes, stack); /* if refused, OpenMP uses the default, too */
  while (count < threads && (*reason = pthread_create(&made[count], &attributes, wait_for_release, mutex)) == 0)
    count++;
  pthread_attr_destroy(&attributes);
  return count;
}

enum isw_status isw_cluster_check_threads(struct isw_cluster *cluster, size_t threads, struct isw_error *error)
{
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  size_t stack = worker_stack(), count = 0;
  int reason = 0;
  enum isw_status status = check_stacks(threads, stack, error);
  pthread_t *made = status == ISW_OK ? isw_allocate(threads, sizeof *made) : NULL;
  if (status == ISW_OK && !made) status = isw_error_memory(error, threads * sizeof *made, "threads");
  pthread_mutex_lock(&mutex);
  if (status == ISW_OK) count = create_waiting(threads, stack, &mutex, made, &reason);
  if (status == ISW_OK && count < threads)
    status = isw_error_set(error, ISW_FAILED,
                           "only %zu of %zu worker threads can be created (%s)\n  use fewer (--threads), or raise the "
                           "limit: of the user (ulimit -u), the job or container (pids.max), memory (ulimit -v, "
                           "OMP_STACKSIZE) or the machine (vm.max_map_count, kernel.threads-max)",
                           count, threads, strerror(reason));
  status = isw_cluster_agree(cluster, status, error); /* while the ranks of a host hold theirs */
  pthread_mutex_unlock(&mutex);
  for (size_t i = 0; i < count; i++) pthread_join(made[i], NULL);
  pthread_mutex_destroy(&mutex);
  free(made);
  return status;
}
