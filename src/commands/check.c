/* initsweep check: reads a sweep file and says what is wrong with it. */
#include <stdio.h>
#include <stdlib.h>
#include "common.h"
#include "initsweep/commands.h"

static const char help[] =
    "usage: initsweep check SWEEP [--set P=V]...\n"
    "\n"
    "Reads a sweep file and its data and prints every mistake, with its line and a suggestion. Trains nothing.\n"
    "\n"
    "  --set P=V   sets a setting or an axis, as in: --set train.steps=100\n"
    "\n"
    "examples:\n"
    "  initsweep check sweep.yaml\n"
    "  initsweep check sweep.yaml --set grid.replicate='{range: [0, 9]}'\n";

int isw_command_check(int argc, char **argv)
{
  static const struct option options[] = {
      {"set", required_argument, NULL, 's'}, {"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
  struct isw_overrides overrides = {0};
  struct isw_sweep *sweep = NULL;
  struct isw_error error = {0};
  int result = 0;
  for (int option; result == 0 && (option = isw_next_option(argc, argv, ":h", options, "check")) != -1;) {
    if (option == 'h') {
      fputs(help, stdout);
      goto done;
    }
    if (option == '?' || !isw_overrides_add(&overrides, optarg)) result = ISW_BAD_INPUT;
  }
  if (result == 0 && argc - optind != 1)
    result = isw_usage_error("check", "give one sweep file\n  `initsweep check --help` shows how.");
  if (result == 0) {
    enum isw_status status = isw_open_sweep(argv[optind], &overrides, &sweep, &error);
    if (status == ISW_OK) {
      printf("%s: good: sweep '%s', networks ", argv[optind], isw_sweep_name(sweep));
      isw_print_grids(sweep);
      printf("\n");
    } else
      result = isw_say_error(status, &error);
  }
done:
  isw_sweep_destroy(sweep);
  free(overrides.text);
  isw_error_clear(&error);
  return result;
}
