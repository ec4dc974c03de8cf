/* initsweep plan: prints an estimate of what `run` would do, without initialising MPI. */
#include <stdio.h>
#include <stdlib.h>
#include "initsweep/cluster.h"
#include "initsweep/commands.h"
#include "initsweep/console.h"
#include "initsweep/summary.h"

struct request {
  const char *file, *out;
  struct isw_overrides overrides;
  size_t ranks, threads;
  bool json, calibrate, all_classes;
};

static enum isw_status plan(const struct request *request, struct isw_error *error)
{
  struct isw_sweep *sweep = NULL;
  struct isw_estimate estimate = {0};
  struct isw_text out = {0};
  double start = isw_clock();
  enum isw_status status = isw_open_sweep(request->file, &request->overrides, &sweep, error);
  if (status == ISW_OK && isw_text_add(&out, "%s.h5", isw_sweep_name(sweep)) != ISW_OK)
    status = isw_error_memory(error, 1, "a path");
  if (status == ISW_OK)
    status = isw_estimate_create(sweep, request->out ? request->out : out.bytes, request->ranks, request->threads,
                                 isw_clock() - start, request->calibrate, &estimate, error);
  if (status == ISW_OK && request->json)
    status = isw_plan_write_json(&estimate, request->all_classes, stdout, error);
  else if (status == ISW_OK)
    status = isw_plan_write_text(&estimate, request->all_classes, stdout, error);
  isw_estimate_clear(&estimate);
  isw_sweep_destroy(sweep);
  isw_text_clear(&out);
  return status;
}

static int handle(void *state, int code, const char *argument)
{
  struct request *request = state;
  switch (code) {
  case 'o': request->out = argument; break;
  case 's': return isw_overrides_add(&request->overrides, argument) ? 0 : ISW_FAILED;
  case 'r': return (request->ranks = isw_parse_count("plan", "--ranks", argument)) ? 0 : ISW_BAD_INPUT;
  case 't': return (request->threads = isw_parse_count("plan", "--threads", argument)) ? 0 : ISW_BAD_INPUT;
  case 'a': request->all_classes = true; break;
  case 'c': request->calibrate = true; break;
  default: request->json = true; break;
  }
  return 0;
}

static int run(int argc, char **argv)
{
  struct request request = {.ranks = 1, .threads = isw_cluster_default_threads()};
  struct isw_error error = {0};
  int result;
  if (isw_parse_options(&isw_command_plan, argc, argv, handle, &request, &request.file, &result)) {
    enum isw_status status = plan(&request, &error);
    if (status != ISW_OK) result = isw_print_error(status, &error);
  }
  free(request.overrides.text);
  isw_error_clear(&error);
  return result;
}

static const struct isw_option options[] = {
    ISW_OPTION_OUTPUT,
    ISW_OPTION_SET,
    {.name = "ranks", .code = 'r', .argument = "R", .about = "MPI ranks (default 1)"},
    {.name = "threads",
     .code = 't',
     .argument = "T",
     .about = "worker threads per rank (default: OMP_NUM_THREADS, else the processors that the program may use)"},
    {.name = "calibrate", .code = 'c', .about = "measures the cost model of this machine again"},
    {.name = "classes", .code = 'a', .about = "shows all classes of packs instead of the eight most expensive"},
    ISW_OPTION_JSON,
    {0},
};
static const char *const examples[] = {
    "initsweep plan sweep.yaml", "initsweep plan sweep.yaml --ranks 16 --threads 32",
    "initsweep plan sweep.yaml --json | python3 -c 'import json, sys; print(json.load(sys.stdin)[\"networks\"])'",
    NULL};

const struct isw_command isw_command_plan = {
    .name = "plan",
    .argument = "SWEEP",
    .argument_about = "one sweep file",
    .completion = ISW_COMPLETE_SWEEP,
    .summary = "estimates networks, packs, FLOPs, memory, disk and time, without training",
    .about =
        "Shows what `initsweep run` would do: networks, packs, parameters, FLOPs, memory against that of this "
        "machine (or of the control group that a job or container is in), bytes and files on disk against the free "
        "space, and an estimate of the time by a cost model of this machine. The first call measures the model (some "
        "seconds) and keeps it in $XDG_CACHE_HOME/initsweep or ~/.cache/initsweep; if the machine was busy, measure it "
        "again later with --calibrate.",
    .options = options,
    .examples = examples,
    .run = run,
};
