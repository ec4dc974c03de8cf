/* Finds commands in the table, and selects the format of their help. The formats are in help_*.c and completion*.c. */
#include <string.h>
#include "console/console_internal.h"
#include "initsweep/cluster.h"

enum { NAMES_MAX = 64 };

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
  for (const struct isw_help_fact *fact = isw_python_commands; fact->name && count < NAMES_MAX; fact++)
    names[count++] = fact->name;
  const char *nearest = isw_nearest_word(name, names, count);
  if (!isw_cluster_is_first_process()) return ISW_BAD_INPUT;
  const char *end = strrchr(name, '.');
  if (end && (strcmp(end, ".yaml") == 0 || strcmp(end, ".yml") == 0 || strcmp(end, ".h5") == 0)) {
    isw_print(stderr,
              "%s: '%s' is a file, not a command\n  did you mean `initsweep %s %s`? `initsweep --help` shows all.\n",
              start, name, strcmp(end, ".h5") == 0 ? "show" : "run", name);
    return ISW_BAD_INPUT;
  }
  if (nearest && strcmp(nearest, name) == 0) { /* the program has no such command, or would have run it */
    isw_print(stderr,
              "%s: the command '%s' is in the Python library, and no initsweep-%s is on PATH\n  `cmake --install` and "
              "`pip install .` put it there: docs/python.md\n",
              start, name, name);
    return ISW_BAD_INPUT;
  }
  isw_print(stderr, "%s: unknown command '%s'\n  ", start, name);
  if (nearest) fprintf(stderr, "did you mean '%s'? ", nearest);
  fprintf(stderr, "`initsweep --help` shows all.\n");
  return ISW_BAD_INPUT;
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
