/* The table of commands as help: finding a command, and the choice of the format. The formats are in help_*.c and
 * completion*.c. */
#include <assert.h>
#include <string.h>
#include "console/console_internal.h"
#include "initsweep/cluster.h"

enum { NAMES_MAX = 64 };

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
    {NULL, NULL}};

const struct isw_command *isw_command_find(const struct isw_command *const *commands, const char *name)
{
  for (const struct isw_command *const *command = commands; *command; command++)
    if (strcmp((*command)->name, name) == 0) return *command;
  return NULL;
}

int isw_command_unknown(const struct isw_command *const *commands, const char *start, const char *name)
{
  const char *names[NAMES_MAX];
  size_t count = 0;
  for (; commands[count] && count < NAMES_MAX; count++) names[count] = commands[count]->name;
  const char *nearest = isw_nearest_word(name, names, count);
  if (!isw_cluster_is_first_process()) return ISW_BAD_INPUT;
  fprintf(stderr, "%s: unknown command '%s'\n  ", start, name);
  if (nearest) fprintf(stderr, "did you mean '%s'? ", nearest);
  fprintf(stderr, "`initsweep --help` shows all.\n");
  return ISW_BAD_INPUT;
}

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

void isw_help_write(FILE *out, enum isw_help_format format, const struct isw_command *const *commands,
                    const struct isw_command *command)
{
  switch (format) {
  case ISW_HELP_TEXT:
    if (command)
      isw_help_write_command(out, command);
    else
      isw_help_write_overview(out, commands);
    break;
  case ISW_HELP_SCDOC: isw_help_write_man(out, commands, command); break;
  case ISW_HELP_MARKDOWN: isw_help_write_markdown(out, commands); break;
  case ISW_HELP_BASH: isw_completion_write_bash(out, commands); break;
  case ISW_HELP_ZSH: isw_completion_write_zsh(out, commands); break;
  case ISW_HELP_FISH: isw_completion_write_fish(out, commands); break;
  }
}
