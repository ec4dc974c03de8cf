/* initsweep check: reads a sweep file and says what is wrong with it. */
#include <stdio.h>
#include <stdlib.h>
#include "initsweep/console.h"
#include "initsweep/commands.h"

static int take(void *state, int code, const char *argument)
{
  (void)code;
  return isw_overrides_add(state, argument) ? 0 : ISW_FAILED;
}

static int run(int argc, char **argv)
{
  struct isw_overrides overrides = {0};
  struct isw_sweep *sweep = NULL;
  struct isw_error error = {0};
  const char *file;
  int result;
  if (isw_read_words(&isw_command_check, argc, argv, take, &overrides, &file, &result)) {
    enum isw_status status = isw_open_sweep(file, &overrides, &sweep, &error);
    if (status == ISW_OK) {
      isw_say_outside(file, sweep);
      printf("%s: good: sweep '%s', networks ", file, isw_sweep_name(sweep));
      isw_print_grids(sweep);
      printf("\n");
    } else
      result = isw_say_error(status, &error);
  }
  isw_sweep_destroy(sweep);
  free(overrides.text);
  isw_error_clear(&error);
  return result;
}

static const struct isw_option options[] = {ISW_OPTION_SET, {0}};
static const char *const examples[] = {"initsweep check sweep.yaml", NULL};

const struct isw_command isw_command_check = {
    .name = "check",
    .argument = "SWEEP",
    .wants = "one sweep file",
    .offers = ISW_COMPLETE_SWEEP,
    .summary = "reads a sweep file and says what is wrong with it",
    .about =
        "Reads a sweep file and its data and prints every mistake, with its line and a suggestion. Trains nothing.",
    .options = options,
    .examples = examples,
    .run = run,
};
