/* Helpers of this room: names of the MPI library and the host, waiting without using a core, ending all ranks. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "cluster_internal.h"

_Noreturn void isw_cluster_abort(struct isw_cluster *cluster, int exit_status)
{
  if (cluster->everyone == MPI_COMM_NULL) _exit(exit_status);
  MPI_Abort(cluster->everyone, exit_status);
  abort(); /* MPI does not guarantee that this does not return */
}

void isw_out_of_memory(struct isw_cluster *cluster)
{
  fprintf(stderr, "initsweep: rank %d: out of memory\n", cluster->rank);
  isw_cluster_abort(cluster, ISW_FAILED);
}

const char *isw_cluster_library(void)
{
  static _Thread_local char text[128]; /* the library has no constant for its version */
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

void isw_host_name(char *name)
{
  memset(name, 0, MPI_MAX_PROCESSOR_NAME);
  gethostname(name, MPI_MAX_PROCESSOR_NAME - 1);
}

void isw_mpi_wait(MPI_Request *request)
{
  struct timespec delay = {.tv_nsec = 50000};
  for (int done = 0;;) {
    MPI_Test(request, &done, MPI_STATUS_IGNORE);
    if (done) return;
    nanosleep(&delay, NULL);
    if (delay.tv_nsec < 2000000) delay.tv_nsec *= 2;
  }
}
