/* Start and end of MPI, and the collective calls. MPI's own errors end all ranks with the library's message. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "cluster_internal.h"

enum isw_status isw_cluster_create(int *argc, char ***argv, struct isw_cluster **cluster, struct isw_error *error)
{
  *cluster = NULL;
  int provided;
  enum isw_status status = isw_launch_prepare(error);
  if (status != ISW_OK) return status;
  if (MPI_Init_thread(argc, argv, MPI_THREAD_FUNNELED, &provided) != MPI_SUCCESS)
    return isw_error_set(error, ISW_FAILED, "MPI does not start");
  struct isw_cluster *made = isw_allocate(1, sizeof *made);
  if (!made || provided < MPI_THREAD_FUNNELED) {
    status = made ? isw_error_set(error, ISW_FAILED, "%s was built without threads (MPI_THREAD_FUNNELED is needed)",
                                  isw_cluster_library())
                  : isw_error_memory(error, sizeof *made, "MPI");
    free(made);
    MPI_Finalize();
    return status;
  }
  MPI_Comm_dup(MPI_COMM_WORLD, &made->everyone);
  MPI_Comm_rank(made->everyone, &made->rank);
  MPI_Comm_size(made->everyone, &made->size);
  if (made->size == 1) status = isw_launch_alone(error);
  if (status == ISW_OK)
    *cluster = made;
  else
    isw_cluster_destroy(made);
  return status;
}

void isw_cluster_destroy(struct isw_cluster *cluster)
{
  if (!cluster) return;
  MPI_Request all_here;
  MPI_Ibarrier(cluster->everyone, &all_here);
  isw_wait_asleep(&all_here);
  MPI_Comm_free(&cluster->everyone);
  MPI_Finalize();
  free(cluster->hosts);
  free(cluster->advice);
  free(cluster->processor);
  free(cluster);
}

_Noreturn void isw_cluster_abort(struct isw_cluster *cluster, int exit_status)
{
  MPI_Abort(cluster->everyone, exit_status);
  abort(); /* MPI does not promise that it does not return */
}

void isw_out_of_memory(struct isw_cluster *cluster)
{
  fprintf(stderr, "initsweep: rank %d: out of memory\n", cluster->rank);
  isw_cluster_abort(cluster, ISW_FAILED);
}

unsigned isw_cluster_rank(const struct isw_cluster *cluster)
{
  return (unsigned)cluster->rank;
}

unsigned isw_cluster_size(const struct isw_cluster *cluster)
{
  return (unsigned)cluster->size;
}

const char *isw_cluster_library(void)
{
  static _Thread_local char text[128]; /* filled from the library, which has no constant for it */
  char full[MPI_MAX_LIBRARY_VERSION_STRING];
  int length, major, minor;
  MPI_Get_library_version(full, &length);
  MPI_Get_version(&major, &minor);
  full[strcspn(full, ",\n")] = '\0'; /* "Open MPI v4.1.4, package: ..." */
  char *v = strstr(full, " v");
  if (v && v[2] >= '0' && v[2] <= '9') memmove(v + 1, v + 2, strlen(v + 2) + 1);
  snprintf(text, sizeof text, "%.100s (MPI %d.%d)", full, major, minor);
  return text;
}

void isw_wait_asleep(MPI_Request *request)
{
  struct timespec pause = {.tv_nsec = 50000};
  for (int done = 0;;) {
    MPI_Test(request, &done, MPI_STATUS_IGNORE);
    if (done) return;
    nanosleep(&pause, NULL);
    if (pause.tv_nsec < 2000000) pause.tv_nsec *= 2;
  }
}

static int severity(enum isw_status status)
{
  switch (status) {
  case ISW_OK: return 0;
  case ISW_INTERRUPTED: return 1;
  case ISW_BAD_INPUT: return 2;
  case ISW_FAILED: break;
  }
  return 3;
}

enum isw_status isw_worse(enum isw_status a, enum isw_status b)
{
  return severity(b) > severity(a) ? b : a;
}

void isw_processor_name(char *name)
{
  int length;
  memset(name, 0, MPI_MAX_PROCESSOR_NAME);
  MPI_Get_processor_name(name, &length);
}

void isw_error_of_rank(struct isw_error *error, enum isw_status status, int rank, const char *text)
{
  if (rank == 0)
    isw_error_set(error, status, "%s", text);
  else
    isw_error_set(error, status, "rank %d: %s", rank, text);
}

const char *isw_cluster_hosts(struct isw_cluster *cluster)
{
  char mine[MPI_MAX_PROCESSOR_NAME];
  isw_processor_name(mine);
  char *all = cluster->rank == 0 ? isw_allocate((size_t)cluster->size, sizeof mine) : NULL;
  if (cluster->rank == 0 && !all) isw_out_of_memory(cluster); /* the others are in the call already */
  MPI_Gather(mine, sizeof mine, MPI_CHAR, all, sizeof mine, MPI_CHAR, 0, cluster->everyone);
  if (!all) return NULL;
  struct isw_text hosts = {0};
  for (int i = 0; i < cluster->size; i++) {
    const char *name = all + (size_t)i * sizeof mine;
    bool known = false;
    for (int j = 0; j < i && !known; j++) known = strcmp(name, all + (size_t)j * sizeof mine) == 0;
    if (!known) isw_text_add(&hosts, "%s%s", hosts.length ? "," : "", name);
  }
  free(all);
  free(cluster->hosts);
  cluster->hosts = hosts.bytes;
  return cluster->hosts;
}

enum isw_status isw_cluster_share(struct isw_cluster *cluster, char **bytes, size_t *length, struct isw_error *error)
{
  uint64_t count = cluster->rank == 0 ? *length : 0;
  MPI_Bcast(&count, 1, MPI_UINT64_T, 0, cluster->everyone);
  enum isw_status status = ISW_OK;
  char *received = NULL;
  if (count > INT_MAX)
    status = isw_error_set(error, ISW_FAILED, "%llu bytes are too many to share", (unsigned long long)count);
  else if (cluster->rank != 0) {
    received = malloc((size_t)count + 1);
    if (!received) status = isw_error_memory(error, (size_t)count + 1, "rank 0's bytes");
  }
  status = isw_cluster_agree(cluster, status, error);
  if (status != ISW_OK) {
    free(received);
    return status;
  }
  MPI_Bcast(received ? received : *bytes, (int)count, MPI_CHAR, 0, cluster->everyone);
  if (received) {
    received[count] = '\0';
    *bytes = received;
    *length = (size_t)count;
  }
  return ISW_OK;
}

enum isw_status isw_cluster_agree(struct isw_cluster *cluster, enum isw_status mine, struct isw_error *error)
{
  struct {
    int severity, rank;
  } pair = {severity(mine), cluster->rank}, found; /* MPI_MAXLOC: the lowest rank of those that have the maximum */
  MPI_Request request;
  MPI_Iallreduce(&pair, &found, 1, MPI_2INT, MPI_MAXLOC, cluster->everyone, &request);
  isw_wait_asleep(&request);
  static const enum isw_status statuses[] = {ISW_OK, ISW_INTERRUPTED, ISW_BAD_INPUT, ISW_FAILED};
  enum isw_status status = statuses[found.severity];
  if (status == ISW_OK || found.rank == 0) return status;

  const char *text = isw_error_text(error);
  uint64_t length = strlen(text);
  if (cluster->rank == found.rank) {
    MPI_Send(&length, 1, MPI_UINT64_T, 0, 0, cluster->everyone);
    MPI_Send(text, (int)length, MPI_CHAR, 0, 0, cluster->everyone);
  } else if (cluster->rank == 0) {
    MPI_Recv(&length, 1, MPI_UINT64_T, found.rank, 0, cluster->everyone, MPI_STATUS_IGNORE);
    char *theirs = isw_allocate((size_t)length + 1, 1);
    if (!theirs) isw_out_of_memory(cluster);
    MPI_Recv(theirs, (int)length, MPI_CHAR, found.rank, 0, cluster->everyone, MPI_STATUS_IGNORE);
    isw_error_of_rank(error, status, found.rank, theirs);
    free(theirs);
  }
  return status;
}
