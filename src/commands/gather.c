/* initsweep gather: writes the networks that a run has finished so far as a results file. */
#include <stdio.h>
#include <stdlib.h>
#include "initsweep/commands.h"
#include "initsweep/cluster.h"
#include "initsweep/console.h"
#include "initsweep/run.h"

static int handle(void *state, int code, const char *argument)
{
  const char **out = state;
  (void)code;
  *out = argument;
  return 0;
}

static void print_report(const struct isw_gather_report *report, const char *parts, const char *out)
{
  if (report->damaged > 0)
    isw_print(stderr, "initsweep: %llu torn or damaged entries of %s are left out\n",
              (unsigned long long)report->damaged, parts);
  isw_print(stdout, "%s: %llu of %llu networks\n", out, (unsigned long long)report->finished,
            (unsigned long long)report->networks);
}

/* Initialises MPI, gathers, prints on the first rank, and finalises MPI. */
static int gather_on_cluster(int argc, char **argv, const char *parts, const char *out, const char *line)
{
  struct isw_cluster *cluster = NULL;
  struct isw_gather_report report;
  struct isw_error error = {0};
  const struct isw_reporter reporter = isw_stderr_reporter(false);
  bool speaks = isw_cluster_is_first_process();
  isw_signals_catch(ISW_END_IN_ORDER, speaks);
  enum isw_status status = isw_cluster_create(&argc, &argv, &cluster, &error);
  isw_signals_catch(ISW_END_IN_ORDER, speaks); /* again: MPICH installs its own handler of SIGUSR1 */
  bool first = cluster ? isw_cluster_rank(cluster) == 0 : speaks;
  if (status == ISW_OK) status = isw_gather(cluster, parts, out, line, &reporter, &report, &error);
  if (status == ISW_OK && first) print_report(&report, parts, out);
  if (status != ISW_OK && first) isw_print_error(status, &error);
  isw_error_clear(&error);
  fflush(stdout); /* before the launcher ends the ranks */
  isw_cluster_destroy(cluster);
  return (int)status;
}

static int run(int argc, char **argv)
{
  const char *out = NULL, *parts;
  char *line = isw_join_command_line(argc, argv);
  int result;
  if (isw_parse_options(&isw_command_gather, argc, argv, handle, &out, &parts, &result))
    result = gather_on_cluster(argc, argv, parts, out, line);
  free(line);
  return result;
}

static const struct isw_option options[] = {
    {.name = "output",
     .code = 'o',
     .letter = true,
     .argument = "OUT",
     .completion = ISW_COMPLETE_RESULT,
     .required = true,
     .about = "the results file; one of the same sweep is replaced"},
    {0},
};
static const char *const examples[] = {"initsweep gather zero-on-xor.h5.parts -o so-far.h5",
                                       "mpirun -n 4 initsweep gather zero-on-xor.h5.parts -o gathered.h5", NULL};

const struct isw_command isw_command_gather = {
    .name = "gather",
    .argument = "PARTS",
    .argument_about = "the folder of a run",
    .completion = ISW_COMPLETE_FOLDER,
    .summary = "writes the finished networks of a run, in progress or stopped, as a results file",
    .about =
        "Writes a results file of the networks that a run has finished so far; the others have status 0 (missing). "
        "PARTS is the run's folder OUT.parts, which is only read: the run may be in progress, and can be continued "
        "afterwards. Alone, or under mpirun or srun, on any number of ranks: all of them compress, and the file is the "
        "same.",
    .options = options,
    .examples = examples,
    .run = run,
};
