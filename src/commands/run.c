/* initsweep run: trains every network of a sweep on all ranks and threads and writes one results file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "initsweep/commands.h"
#include "initsweep/console.h"
#include "initsweep/run.h"
#include "initsweep/summary.h"

static int handle(void *state, int code, const char *argument)
{
  static const char *const resumes[] = {"auto", "never", "extend"}; /* enum isw_resume */
  struct isw_run_settings *settings = state;
  switch (code) {
  case 'o': settings->out = argument; break;
  case 's': return isw_overrides_add(&settings->overrides, argument) ? 0 : ISW_FAILED;
  case 'r':
    for (size_t i = 0; i < sizeof resumes / sizeof *resumes; i++)
      if (strcmp(argument, resumes[i]) == 0) {
        settings->resume = (enum isw_resume)i;
        return 0;
      }
    return isw_usage_error("run", "--resume must be auto, never or extend, not '%s'", argument);
  case 't':
    settings->threads = isw_parse_count("run", "--threads", argument);
    return settings->threads > 0 ? 0 : ISW_BAD_INPUT;
  case 'c':
    if (!isw_parse_seconds(argument, 0, 1e6, &settings->checkpoint_seconds))
      return isw_usage_error("run", "--checkpoint must be seconds from 0 to 1e6, not '%s'", argument);
    break;
  case 'g': settings->no_gather = true; break;
  default: settings->quiet = true; break;
  }
  return 0;
}

static void print_report(const struct isw_run_report *report)
{
  char a[ISW_NUMBER_SIZE], b[ISW_NUMBER_SIZE], c[ISW_NUMBER_SIZE];
  const struct isw_work_totals *trained = &report->trained;
  if (report->already_complete) {
    isw_print(stdout, "%s: holds this sweep already, %llu networks; nothing to do (to retrain it: --resume never)\n",
              report->out, (unsigned long long)report->networks);
    return;
  }
  isw_print(stdout, "%s%s: %llu networks", report->out, report->not_gathered ? ".parts" : "",
            (unsigned long long)report->networks);
  if (trained->networks > 0)
    printf("; trained %llu (%llu diverged) in %s: %s network-steps, %s/s", (unsigned long long)trained->networks,
           (unsigned long long)trained->diverged, isw_format_duration(report->seconds, a),
           isw_format_si((double)trained->network_steps, b),
           isw_format_si((double)trained->network_steps / report->seconds, c));
  printf("\n");
  const struct isw_summary_page page = isw_summary_page_of_stdout();
  if (report->not_gathered)
    isw_print(stdout, "to write the results file: initsweep gather %s.parts -o %s\n", report->out, report->out);
  else
    isw_summary_write_answer(report->out, &page);
}

/* Initialises MPI, runs, prints on the first rank, and finalises MPI. */
static int run_on_cluster(int argc, char **argv, const struct isw_run_settings *settings)
{
  struct isw_cluster *cluster = NULL;
  struct isw_run_report report = {0};
  struct isw_error error = {0};
  bool speaks = isw_cluster_is_first_process();
  isw_signals_catch(ISW_END_IN_ORDER, speaks);
  enum isw_status status = isw_cluster_create(&argc, &argv, &cluster, &error);
  isw_signals_catch(ISW_END_IN_ORDER, speaks); /* again: MPICH installs its own handler of SIGUSR1 */
  bool first = cluster ? isw_cluster_rank(cluster) == 0 : isw_cluster_is_first_process();
  if (status == ISW_OK) status = isw_run(cluster, settings, &report, &error);
  if (status == ISW_OK && first && !settings->quiet) print_report(&report);
  if (status != ISW_OK && first) isw_print_error(status, &error);
  isw_run_report_clear(&report);
  isw_error_clear(&error);
  fflush(stdout); /* before the launcher ends the ranks */
  isw_cluster_destroy(cluster);
  return (int)status;
}

static int run(int argc, char **argv)
{
  struct isw_run_settings settings = {.checkpoint_seconds = 300};
  char *line = isw_join_command_line(argc, argv); /* the parser reorders argv */
  int result;
  if (isw_parse_options(&isw_command_run, argc, argv, handle, &settings, &settings.file, &result)) {
    settings.command_line = line;
    settings.reporter = isw_stderr_reporter(settings.quiet);
    result = run_on_cluster(argc, argv, &settings);
  }
  free(settings.overrides.text);
  free(line);
  return result;
}

static const struct isw_option options[] = {
    ISW_OPTION_OUTPUT,
    ISW_OPTION_SET,
    {.name = "resume",
     .code = 'r',
     .argument = "HOW",
     .completion = ISW_COMPLETE_CHOICES,
     .choices = "auto never extend",
     .about = "auto (default): continues from OUT.parts/; never: trains everything again, and replaces a results file "
              "of this sweep's name at the end; extend: the grid has grown, and the networks of the smaller one in OUT "
              "or OUT.parts/ are kept"},
    {.name = "threads",
     .code = 't',
     .argument = "N",
     .about = "worker threads per rank (default: OMP_NUM_THREADS, else the processors that the rank may use)"},
    {.name = "checkpoint",
     .code = 'c',
     .argument = "S",
     .about = "saves packs in training every S seconds (default 300; 0: only after a signal)"},
    {.name = "no-gather",
     .code = 'g',
     .about =
         "ends after the training, without the results file: `initsweep gather OUT.parts -o OUT` writes it, on any "
         "number of ranks"},
    {.name = "quiet", .code = 'q', .about = "prints no progress and no summary"},
    {0},
};
static const char *const examples[] = {
    "initsweep run sweep.yaml", "mpirun -n 4 --bind-to none initsweep run sweep.yaml -o results/sweep.h5",
    "initsweep run sweep.yaml --set train.steps=100 --set grid.replicate='{range: [0, 9]}' -o short.h5", NULL};

const struct isw_command isw_command_run = {
    .name = "run",
    .argument = "SWEEP",
    .argument_about = "one sweep file",
    .completion = ISW_COMPLETE_SWEEP,
    .summary = "trains every network of the grid; alone, or under mpirun or srun",
    .about =
        "Trains every network of the sweep's grid, alone or under mpirun or srun, and writes one HDF5 file. "
        "Interrupted by Ctrl-C, SIGTERM, SIGUSR1, SIGHUP or SIGXCPU, it keeps what is finished in OUT.parts/ and exits "
        "with 75: the same command continues, on any number of ranks and threads, and the file is the same.\n\n"
        "At its end it prints the best cell of the grid, by the first of test_accuracy, accuracy, test_loss and loss "
        "that "
        "was recorded: the median and the range of its networks' final values. Of a file of more than 4 million "
        "networks "
        "times records it prints only how to read it.",
    .options = options,
    .examples = examples,
    .run = run,
};
