/* For which variables in the environment MPI is started: every trace of a launcher, nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include "cluster/cluster_internal.h"

static bool needed_with(const char *name, const char *value)
{
  bool needed;
  struct isw_error error = {0};
  clearenv();
  setenv("PATH", "/usr/bin:/bin", 1);
  setenv(name, value, 1);
  assert_int_equal(isw_launch_needs_mpi(&needed, &error), ISW_OK);
  return needed;
}

static void each_trace_of_a_launcher_starts_mpi(void **state)
{
  (void)state;
  static const char *const names[] = {"OMPI_COMM_WORLD_RANK",
                                      "OMPI_COMM_WORLD_SIZE",
                                      "OMPI_UNIVERSE_SIZE",
                                      "PRTE_LAUNCHED",
                                      "PMIX_RANK",
                                      "PMIX_NAMESPACE",
                                      "PMIX_SERVER_URI41",
                                      "PMI_RANK",
                                      "PMI_SIZE",
                                      "PMI_FD",
                                      "PMI_PORT",
                                      "PMI_ID",
                                      "PMI2_JOBID",
                                      "MPI_LOCALRANKID",
                                      "MV2_COMM_WORLD_RANK",
                                      "MPISPAWN_ID",
                                      "PALS_RANKID",
                                      "ALPS_APP_PE",
                                      "FLUX_TASK_RANK",
                                      "JSM_NAMESPACE_RANK",
                                      "MP_CHILD",
                                      "SLURM_STEP_ID",
                                      "SLURM_STEPID",
                                      "SLURM_STEP_NUM_TASKS"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (!needed_with(names[i], "0")) fail_msg("%s is not noticed", names[i]);
}

static void settings_and_batch_jobs_do_not(void **state)
{
  (void)state;
  static const char *const names[] = {"OMP_NUM_THREADS",
                                      "OMPI_MCA_btl",
                                      "OMPI_ALLOW_RUN_AS_ROOT",
                                      "PMIX_MCA_gds",
                                      "PRTE_MCA_rmaps_base_verbose",
                                      "MPI_HOME",
                                      "MPICH_GPU_SUPPORT_ENABLED",
                                      "I_MPI_FABRICS",
                                      "SLURM_JOB_ID",
                                      "SLURM_NTASKS",
                                      "SLURM_PROCID",
                                      "PBS_JOBID",
                                      "LSB_JOBID",
                                      "INITSWEEP_DATA"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (needed_with(names[i], "0")) fail_msg("%s starts MPI", names[i]);
}

static void the_user_can_have_it_started(void **state)
{
  (void)state;
  bool needed;
  struct isw_error error = {0};
  assert_true(needed_with("INITSWEEP_MPI", "always"));
  assert_false(needed_with("INITSWEEP_MPI", ""));
  setenv("INITSWEEP_MPI", "yes", 1);
  assert_int_equal(isw_launch_needs_mpi(&needed, &error), ISW_BAD_INPUT);
  assert_string_equal(isw_error_text(&error), "INITSWEEP_MPI is 'yes', not always");
  isw_error_clear(&error);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(each_trace_of_a_launcher_starts_mpi),
                                     cmocka_unit_test(settings_and_batch_jobs_do_not),
                                     cmocka_unit_test(the_user_can_have_it_started)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
