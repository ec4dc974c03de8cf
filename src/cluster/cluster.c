/* Initialises and finalises MPI. MPI's own errors end all ranks with the library's message. */
#include <locale.h>
#include <stdlib.h>
#include "cluster_internal.h"
#include "initsweep/exact.h"

enum isw_status isw_cluster_create(int *argc, char ***argv, struct isw_cluster **cluster, struct isw_error *error)
{
  *cluster = NULL;
  int provided;
  enum isw_status status = isw_launch_prepare_environment(error);
  if (status != ISW_OK) return status;
  if (MPI_Init_thread(argc, argv, MPI_THREAD_FUNNELED, &provided) != MPI_SUCCESS)
    return isw_error_set(error, ISW_FAILED, "MPI failed to initialise");
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
  setlocale(LC_NUMERIC, "C"); /* MPI may have loaded any library */
  status = isw_exact_environment(error);
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
  MPI_Request all_here;
  MPI_Ibarrier(cluster->everyone, &all_here);
  isw_mpi_wait(&all_here);
  isw_host_memory_destroy(cluster->host_memory);
  MPI_Comm_free(&cluster->everyone);
  MPI_Finalize();
  free(cluster->hosts);
  free(cluster->advice);
  free(cluster->processor);
  free(cluster);
}

unsigned isw_cluster_rank(const struct isw_cluster *cluster)
{
  return (unsigned)cluster->rank;
}

unsigned isw_cluster_size(const struct isw_cluster *cluster)
{
  return (unsigned)cluster->size;
}
