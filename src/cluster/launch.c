/* The launcher's environment variables, read before and after MPI_Init; no MPI calls. A process that finds no launcher
 * of its own MPI runs as a single rank; n such processes would do all the work n times and write one file n times. So
 * MPI is left out only if the environment has no trace of any launcher.
 *
 * Variables: mpirun(1) of Open MPI, "Exported Environment Variables"; srun(1), "OUTPUT ENVIRONMENT VARIABLES"; PMI_*
 * are set by MPICH's mpiexec and srun --mpi=pmi2, PMIX_* by srun --mpi=pmix and mpirun. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "cluster_internal.h"

#ifdef OPEN_MPI
#define PLUGIN "pmix"
#define LAUNCHER "Open MPI's mpirun"
#else
#define PLUGIN "pmi2"
#define LAUNCHER "MPICH's mpiexec"
#endif

/* The innermost launcher first: in a batch job mpirun starts its daemons by srun, and their ranks inherit srun's
 * variables. */
static const struct launcher {
  const char *name, *rank, *size; /* size NULL: not provided */
} launchers[] = {
    {"Open MPI's mpirun", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"},
    {"PMIx", "PMIX_RANK", NULL},
    {"the launcher", "PMI_RANK", "PMI_SIZE"},
    {"srun", "SLURM_PROCID", "SLURM_STEP_NUM_TASKS"},
};
enum { LAUNCHERS = sizeof launchers / sizeof launchers[0], SRUN = LAUNCHERS - 1 };

bool isw_launch_in_slurm_step(void)
{
  return getenv("SLURM_STEP_ID") && !getenv("SLURM_PTY_PORT");
}

/* This process's rank by a launcher's variable; NULL: not started by it. */
static const char *launcher_rank(size_t launcher)
{
  return launcher != SRUN || isw_launch_in_slurm_step() ? getenv(launchers[launcher].rank) : NULL;
}

/* Number of processes by a launcher's variable; 0: unknown. */
static unsigned long launcher_size(size_t launcher)
{
  const char *text = launchers[launcher].size && launcher_rank(launcher) ? getenv(launchers[launcher].size) : NULL;
  return text && text[0] >= '0' && text[0] <= '9' ? strtoul(text, NULL, 10) : 0;
}

/* This process's rank by the innermost launcher; NULL: no launcher. */
static const char *innermost_rank(void)
{
  const char *rank = NULL;
  for (size_t i = 0; i < LAUNCHERS && !rank; i++) rank = launcher_rank(i);
  return rank;
}

bool isw_launch_is_launched(void)
{
  return innermost_rank() != NULL;
}

/* What launchers set for the processes that they start, by the beginnings of the names: Open MPI and PRRTE, PMIx, PMI
 * (Hydra, Intel MPI, Flux, Slurm's pmi2), Hydra, MVAPICH, HPE Cray's PALS and ALPS, Flux, IBM's jsrun and POE, srun. */
static const char *const traces[] = {
    "OMPI_COMM_WORLD_", "OMPI_UNIVERSE_SIZE=", "PRTE_", "PMIX_", "PMI_",  "PMI2_", "MPI_LOCALRANKID=",
    "MV2_COMM_WORLD_",  "MPISPAWN_",           "PALS_", "ALPS_", "FLUX_", "JSM_",  "MP_CHILD=",
    "SLURM_STEP"};
/* Settings of these libraries, which users set outside of any launcher. */
static const char *const settings[] = {"PMIX_MCA_", "PRTE_MCA_"};

static bool begins_with_one_of(const char *text, const char *const *beginnings, size_t count)
{
  for (size_t i = 0; i < count; i++)
    if (strncmp(text, beginnings[i], strlen(beginnings[i])) == 0) return true;
  return false;
}

enum isw_status isw_launch_needs_mpi(bool *needed, struct isw_error *error)
{
  const char *wanted = getenv("INITSWEEP_MPI");
  if (wanted && *wanted && strcmp(wanted, "always") != 0)
    return isw_error_set(error, ISW_BAD_INPUT, "INITSWEEP_MPI is '%s', not always", wanted);
  *needed = wanted && *wanted;
  for (char **variable = environ; variable && *variable && !*needed; variable++)
    *needed = begins_with_one_of(*variable, traces, sizeof traces / sizeof *traces) &&
              !begins_with_one_of(*variable, settings, sizeof settings / sizeof *settings);
  return ISW_OK;
}

bool isw_cluster_is_first_process(void)
{
  const char *rank = innermost_rank();
  return !rank || strtoul(rank, NULL, 10) == 0;
}

enum isw_status isw_launch_check_single(struct isw_error *error)
{
  size_t wrong = LAUNCHERS;
  for (size_t i = 0; i < LAUNCHERS; i++) {
    unsigned long size = launcher_size(i);
    if (size == 1) return ISW_OK;
    if (size > 1 && wrong == LAUNCHERS) wrong = i;
  }
  if (wrong == LAUNCHERS) return ISW_OK;
  const struct launcher *launcher = &launchers[wrong];
  isw_error_set(error, ISW_BAD_INPUT,
                "%s started %s processes (%s=%s), but to %s each is alone (1 rank): all would write the same file",
                launcher->name, getenv(launcher->size), launcher->size, getenv(launcher->size), isw_cluster_library());
  if (launcher_size(SRUN) == launcher_size(wrong)) /* srun --mpi=pmi2 sets PMI_SIZE */
    isw_text_add(&error->message, "\n  start it by `srun --mpi=" PLUGIN
                                  " initsweep run ...` (`srun --mpi=list` shows what Slurm has), or by "
                                  "`mpirun initsweep run ...` in the batch file");
  else
    isw_text_add(&error->message, "\n  this program was built for another MPI: start it by " LAUNCHER);
  return ISW_BAD_INPUT;
}

/* Without a launcher there is one rank, which needs no network: Open MPI would search for one and start a daemon,
 * which takes a third of a second. Open MPI 4 would also use a folder that all such processes of a user share, and fail
 * if another one removes it in the same moment. Variables that the user has set are kept. Other MPIs do not read
 * these. */
static void disable_network(void)
{
  setenv("OMPI_MCA_ess_singleton_isolated", "1", 0);
  setenv("OMPI_MCA_orte_create_session_dirs", "0", 0);
  setenv("OMPI_MCA_pml", "ob1", 0);
  setenv("OMPI_MCA_btl", "self", 0);
}

enum isw_status isw_launch_prepare_environment(struct isw_error *error)
{
  bool launched = false;
  for (size_t i = 0; i < SRUN; i++) launched = launched || launcher_rank(i);
#if defined OPEN_MPI && defined INITSWEEP_MPI_NEEDS_PMIX
  /* In a Slurm without PMIx this Open MPI ends the process, with 30 lines per rank that advise rebuilding it. */
  if (getenv("SLURM_STEP_ID") && !getenv("PMIX_RANK") && !getenv("OMPI_COMM_WORLD_SIZE")) {
    enum isw_status status = isw_launch_check_single(error);
    if (status != ISW_OK) return status;
    unsetenv("SLURM_STEP_ID"); /* a single process: initialise as without a launcher */
    unsetenv("SLURM_STEPID");
    launched = false;
  }
#endif
  (void)error;
  if (!launched) disable_network();
  return ISW_OK;
}
