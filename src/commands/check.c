/* initsweep check: reads a sweep file and reports every error in it. */
#include <stdio.h>
#include <stdlib.h>
#include "initsweep/commands.h"
#include "initsweep/console.h"

static int handle(void *state, int code, const char *argument)
{
  (void)code;
  return isw_overrides_add(state, argument) ? 0 : ISW_FAILED;
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
