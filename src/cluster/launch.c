/* What the environment says of the launcher, before and after MPI starts. A program that finds no launcher of its own MPI believes that it is
 * alone; started n times, it would do all the work n times and write one file n times.
 *
 * Variables: mpirun(1) of Open MPI, "Exported Environment Variables"; srun(1), "OUTPUT ENVIRONMENT VARIABLES"; PMI_* are MPICH's mpiexec's
 * and those of srun --mpi=pmi2, PMIX_* those of srun --mpi=pmix and of mpirun. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cluster_internal.h"

#ifdef OPEN_MPI
#define PLUGIN "pmix"
#define LAUNCHER "Open MPI's mpirun"
#else
#define PLUGIN "pmi2"
#define LAUNCHER "MPICH's mpiexec"
#endif

/* The nearest launcher comes first: inside a batch job mpirun starts its daemons by srun, and their ranks inherit srun's variables. */
static const struct launcher {
  const char *name, *rank, *size; /* size NULL: it does not say */
} launchers[] = {
    {"Open MPI's mpirun", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"},
    {"PMIx", "PMIX_RANK", NULL},
    {"the launcher", "PMI_RANK", "PMI_SIZE"},
    {"srun", "SLURM_PROCID", "SLURM_STEP_NUM_TASKS"},
};
enum { LAUNCHERS = sizeof launchers / sizeof launchers[0], SRUN = LAUNCHERS - 1 };

/* Whether srun started this process or one before it. sbatch sets SLURM_NTASKS and SLURM_PROCID too, but no step; a step with a
 * terminal (srun --pty) is a shell to work in. */
static bool in_step(void)
{
  return getenv("SLURM_STEP_ID") && !getenv("SLURM_PTY_PORT");
}

/* This process's number among those of a launcher; NULL where that has not started it. */
static const char *rank_by(size_t launcher)
{
  return launcher != SRUN || in_step() ? getenv(launchers[launcher].rank) : NULL;
}

/* Processes that a launcher has started, by its own word; 0: it does not say. */
static unsigned long size_by(size_t launcher)
{
  const char *text = launchers[launcher].size && rank_by(launcher) ? getenv(launchers[launcher].size) : NULL;
  return text && text[0] >= '0' && text[0] <= '9' ? strtoul(text, NULL, 10) : 0;
}

bool isw_launched_first(void)
{
  const char *rank = NULL;
  for (size_t i = 0; i < LAUNCHERS && !rank; i++) rank = rank_by(i);
  return !rank || strtoul(rank, NULL, 10) == 0;
}

enum isw_status isw_launch_alone(struct isw_error *error)
{
  size_t wrong = LAUNCHERS;
  for (size_t i = 0; i < LAUNCHERS; i++) {
    unsigned long size = size_by(i);
    if (size == 1) return ISW_OK;
    if (size > 1 && wrong == LAUNCHERS) wrong = i;
  }
  if (wrong == LAUNCHERS) return ISW_OK;
  const struct launcher *launcher = &launchers[wrong];
  isw_error_set(error, ISW_BAD_INPUT,
                "%s started %s processes (%s=%s), but to %s each is alone (1 rank): all would write the same file",
                launcher->name, getenv(launcher->size), launcher->size, getenv(launcher->size), isw_cluster_library());
  if (size_by(SRUN) == size_by(wrong)) /* srun --mpi=pmi2 sets PMI_SIZE */
    isw_text_add(&error->message, "\n  start it by `srun --mpi=" PLUGIN
                                  " initsweep run ...` (`srun --mpi=list` shows what Slurm has), or by "
                                  "`mpirun initsweep run ...` in the batch file");
  else
    isw_text_add(&error->message, "\n  this program was built for another MPI: start it by " LAUNCHER);
  return ISW_BAD_INPUT;
}

/* Without a launcher there is one rank, which needs no network: Open MPI would look for one, and start a daemon beside it, for a
 * third of a second. What the user has set holds. Other MPIs do not read these. */
static void settle_for_one_rank(void)
{
  setenv("OMPI_MCA_ess_singleton_isolated", "1", 0);
  setenv("OMPI_MCA_pml", "ob1", 0);
  setenv("OMPI_MCA_btl", "self", 0);
}

enum isw_status isw_launch_prepare(struct isw_error *error)
{
  bool launched = false;
  for (size_t i = 0; i < SRUN; i++) launched = launched || rank_by(i);
#if defined OPEN_MPI && defined INITSWEEP_MPI_NEEDS_PMIX
  /* This Open MPI ends the process under a Slurm that gives it no PMIx: with 30 lines a rank that advise to build it anew. */
  if (getenv("SLURM_STEP_ID") && !getenv("PMIX_RANK") && !getenv("OMPI_COMM_WORLD_SIZE")) {
    enum isw_status status = isw_launch_alone(error);
    if (status != ISW_OK) return status;
    unsetenv("SLURM_STEP_ID"); /* one process: it starts without a launcher */
    unsetenv("SLURM_STEPID");
    launched = false;
  }
#endif
  (void)error;
  if (!launched) settle_for_one_rank();
  return ISW_OK;
}

/* What rank 0 tells the others first of all. Its form and that of isw_cluster_agree stay as they are: ranks of other versions read them. */
struct program {
  char version[256], build[256], host[256];
};

enum isw_status isw_cluster_same_program(struct isw_cluster *cluster, const char *version, const char *build,
                                         struct isw_error *error)
{
  struct program mine = {0}, first;
  char host[MPI_MAX_PROCESSOR_NAME];
  isw_processor_name(host);
  snprintf(mine.version, sizeof mine.version, "%.255s", version);
  snprintf(mine.build, sizeof mine.build, "%.255s", build);
  snprintf(mine.host, sizeof mine.host, "%.255s", host);
  first = mine;
  MPI_Bcast(&first, sizeof first, MPI_CHAR, 0, cluster->everyone);
  enum isw_status status = ISW_OK;
  if (strcmp(first.version, mine.version) != 0)
    status = isw_error_set(error, ISW_BAD_INPUT, "this is %s on host %s, rank 0 is %s on host %s", mine.version,
                           mine.host, first.version, first.host);
  else if (strcmp(first.build, mine.build) != 0)
    status = isw_error_set(error, ISW_BAD_INPUT, "%s is built by '%s' on host %s, by '%s' on rank 0's host %s", version,
                           mine.build, mine.host, first.build, first.host);
  if (status != ISW_OK)
    isw_text_add(&error->message, "\n  give all ranks the same program: see `which -a initsweep`, PATH and modules on "
                                  "these hosts");
  return isw_cluster_agree(cluster, status, error);
}
