/* Initialises and finalises MPI, but not for a process that no launcher started: it is one rank, whose collective calls
 * need no MPI. MPI's own errors end all ranks with the library's message. */
#include <locale.h>
#include <stdlib.h>
#include "cluster_internal.h"
#include "initsweep/exact.h"

static enum isw_status start_mpi(int *argc, char ***argv, struct isw_cluster *cluster, struct isw_error *error)
{
  int provided;
  enum isw_status status = isw_launch_prepare_environment(error);
  if (status != ISW_OK) return status;
  if (MPI_Init_thread(argc, argv, MPI_THREAD_FUNNELED, &provided) != MPI_SUCCESS)
    return isw_error_set(error, ISW_FAILED, "MPI failed to initialise");
  if (provided < MPI_THREAD_FUNNELED) {
    MPI_Finalize();
    return isw_error_set(error, ISW_FAILED, "%s was built without threads (MPI_THREAD_FUNNELED is needed)",
                         isw_cluster_library());
  }
  MPI_Comm_dup(MPI_COMM_WORLD, &cluster->everyone);
  MPI_Comm_rank(cluster->everyone, &cluster->rank);
  MPI_Comm_size(cluster->everyone, &cluster->size);
  return ISW_OK;
}

enum isw_status isw_cluster_create(int *argc, char ***argv, struct isw_cluster **cluster, struct isw_error *error)
{
  bool needs_mpi;
  *cluster = NULL;
  enum isw_status status = isw_launch_needs_mpi(&needs_mpi, error);
  if (status != ISW_OK) return status;
  struct isw_cluster *made = isw_allocate(1, sizeof *made);
  if (!made) return isw_error_memory(error, sizeof *made, "the ranks");
  made->everyone = MPI_COMM_NULL;
  made->size = 1;
  if (needs_mpi) status = start_mpi(argc, argv, made, error);
  setlocale(LC_NUMERIC, "C"); /* MPI may have loaded any library */
  if (status == ISW_OK) status = isw_exact_environment(error);
  if (status == ISW_OK && made->size == 1) status = isw_launch_check_single(error);
  if (status == ISW_OK)
    *cluster = made;
  else
    isw_cluster_destroy(made);
  return status;
}

void isw_cluster_destroy(struct isw_cluster *cluster)
{
  if (!cluster) return;
  if (cluster->everyone != MPI_COMM_NULL) {
    MPI_Request all_here;
    MPI_Ibarrier(cluster->everyone, &all_here);
    isw_mpi_wait(&all_here);
    isw_host_memory_destroy(cluster->host_memory);
    MPI_Comm_free(&cluster->everyone);
    MPI_Finalize();
  }
  free(cluster->hosts);
  free(cluster->advice);
  free(cluster->processor);
  free(cluster);
}

bool isw_cluster_uses_mpi(const struct isw_cluster *cluster)
{
  return cluster->everyone != MPI_COMM_NULL;
}

unsigned isw_cluster_rank(const struct isw_cluster *cluster)
{
  return (unsigned)cluster->rank;
}

unsigned isw_cluster_size(const struct isw_cluster *cluster)
{
  return (unsigned)cluster->size;
}
