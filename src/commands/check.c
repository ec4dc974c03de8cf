/* initsweep check: reads a sweep file and reports every error in it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "initsweep/commands.h"
#include "initsweep/console.h"

static const uint64_t MANY_NETWORKS = 100000000;

static int handle(void *state, int code, const char *argument)
{
  (void)code;
  return isw_overrides_add(state, argument) ? 0 : ISW_FAILED;
}

static enum isw_status print_samples(const struct isw_sweep *sweep)
{
  size_t count = isw_sweep_datasets(sweep);
  enum isw_status status = ISW_OK;
  for (size_t d = 0; d < count && d < ISW_DATASETS_SHOWN && status == ISW_OK; d++) {
    struct isw_text text = {0};
    status = isw_text_add_samples(&text, sweep, d);
    if (status == ISW_OK) isw_print(stdout, "  %s\n", text.bytes);
    isw_text_clear(&text);
  }
  if (count > ISW_DATASETS_SHOWN && status == ISW_OK)
    isw_print(stdout, "  and %zu more datasets\n", count - ISW_DATASETS_SHOWN);
  return status;
}

/* What is right, but may not be meant. */
static void print_notes(const struct isw_sweep *sweep)
{
  if (isw_sweep_networks(sweep) > MANY_NETWORKS)
    isw_print(stdout, "  note: these are many networks; `initsweep plan` estimates their time, memory and disk\n");
  for (size_t c = 0; c < isw_sweep_columns(sweep); c++) {
    const struct isw_axis_column *column = isw_sweep_column(sweep, c);
    double first = isw_sweep_column_value(sweep, c, 0);
    if (strcmp(column->path, "replicate") == 0 && !column->swept && first > 0.0)
      isw_print(stdout,
                "  note: replicate: %.0f is one repetition, number %.0f; %.0f of them are grid: {replicate: {count: "
                "%.0f}}\n",
                first, first, first, first);
    if (strcmp(column->path, "seed") == 0 && column->swept)
      isw_print(stdout, "  note: each seed has its own generated data, split and noise; to repeat trainings on the "
                        "same data, use grid: {replicate: {count: 5}}\n");
  }
}

static enum isw_status check(const char *file, const struct isw_overrides *overrides, struct isw_error *error)
{
  const struct isw_reporter reporter = isw_stderr_reporter(false);
  struct isw_sweep *sweep = NULL;
  struct isw_text grids = {0};
  enum isw_status status = isw_open_sweep(file, overrides, &sweep, error);
  if (status == ISW_OK && isw_text_add_grids(&grids, sweep) != ISW_OK)
    status = isw_error_memory(error, 1, "a line of text");
  if (status == ISW_OK) {
    isw_report_outside_data(&reporter, file, sweep);
    isw_print(stdout, "%s: good: sweep '%s', networks %s\n", file, isw_sweep_name(sweep), grids.bytes);
    status = print_samples(sweep);
    if (status != ISW_OK)
      isw_error_memory(error, 1, "a line of text");
    else
      print_notes(sweep);
  }
  isw_text_clear(&grids);
  isw_sweep_destroy(sweep);
  return status;
}

static int run(int argc, char **argv)
{
  struct isw_overrides overrides = {0};
  struct isw_error error = {0};
  const char *file;
  int result;
  if (isw_parse_options(&isw_command_check, argc, argv, handle, &overrides, &file, &result)) {
    enum isw_status status = check(file, &overrides, &error);
    if (status != ISW_OK) result = isw_print_error(status, &error);
  }
  free(overrides.text);
  isw_error_clear(&error);
  return result;
}

static const struct isw_option options[] = {ISW_OPTION_SET, {0}};
static const char *const examples[] = {"initsweep check sweep.yaml", NULL};

const struct isw_command isw_command_check = {
    .name = "check",
    .argument = "SWEEP",
    .argument_about = "one sweep file",
    .completion = ISW_COMPLETE_SWEEP,
    .summary = "reads a sweep file and reports every error in it",
    .about = "Reads a sweep file and its data and reports every error, with its line and a suggestion. Trains nothing.",
    .options = options,
    .examples = examples,
    .run = run,
};
