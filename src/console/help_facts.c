/* What all formats of the help share: the program, exit statuses, environment variables, and options in a usage
 * line. */
#include <assert.h>
#include "console/console_internal.h"

const char isw_program_about[] =
    "How does the way a neural network starts decide what it learns? Trains every network of a sweep file's grid and "
    "leaves one HDF5 file.";

const struct isw_help_fact isw_exit_statuses[] = {{"0", "done"},
                                                  {"1", "failed"},
                                                  {"2", "bad usage or bad input"},
                                                  {"75", "interrupted: the same command continues"},
                                                  {NULL, NULL}};
static_assert(ISW_OK == 0 && ISW_FAILED == 1 && ISW_BAD_INPUT == 2 && ISW_INTERRUPTED == 75, "isw_exit_statuses");

const struct isw_help_fact isw_environment_variables[] = {
    {"OMP_NUM_THREADS", "worker threads per rank, unless --threads is given"},
    {"NO_COLOR", "if it is not empty, nothing on a terminal is coloured"},
    {"COLUMNS", "the terminal's width, if it is a number; else the terminal is asked"},
    {"INITSWEEP_KERNELS",
     "portable, avx2, avx512 or advsimd instead of the best for this machine: the bits are the same"},
    {"INITSWEEP_LAYOUT", "networks or units instead of the cheaper one for each class of packs, what a vector holds: "
                         "the bits are the same"},
    {"INITSWEEP_MPI", "always: MPI is started for a launcher that initsweep does not know"},
    {NULL, NULL}};

const struct isw_help_fact isw_python_commands[] = {
    {"plot", "draws results files as PNG and SVG"},
    {"table", "prints a statistic of a quantity by one or two settings"},
    {"export", "writes one row per network as CSV or Parquet"},
    {"explore", "writes a page on which a results file can be explored"},
    {NULL, NULL}};

enum isw_status isw_text_add_option_usage(struct isw_text *text, const struct isw_option *option)
{
  char name[64];
  if (option->letter)
    snprintf(name, sizeof name, "-%c", option->code);
  else
    snprintf(name, sizeof name, "--%s", option->name);
  return isw_text_add(text, "%s%s%s%s%s%s", option->required ? "" : "[", name, option->argument ? " " : "",
                      option->argument ? option->argument : "", option->required ? "" : "]",
                      option->repeats ? "..." : "");
}
