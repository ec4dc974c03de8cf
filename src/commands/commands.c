/* The table of subcommands, and the program's own options: --help and --version. */
#include <stdio.h>
#include <string.h>
#include "initsweep/cluster.h"
#include "initsweep/commands.h"

const struct isw_command *const isw_commands[] = {
    &isw_command_new,
    &isw_command_check,
    &isw_command_plan,
    &isw_command_run,
    &isw_command_gather,
    &isw_command_show,
    &isw_command_verify,
    &isw_command_replay,
    &isw_command_list,
    &isw_command_help,
    NULL,
};

int isw_commands_run(int argc, char **argv)
{
  bool first = isw_cluster_is_first_process(); /* the ranks of a launcher print once */
  if (argc < 2) {
    if (!first) return ISW_BAD_INPUT;
    fprintf(stderr, "initsweep: give a command: ");
    for (size_t i = 0; isw_commands[i]; i++) fprintf(stderr, "%s%s", i ? ", " : "", isw_commands[i]->name);
    fprintf(stderr, "\n  `initsweep --help` shows all.\n");
    return ISW_BAD_INPUT;
  }
  if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
    if (first) isw_help_write(stdout, ISW_HELP_TEXT, isw_commands, NULL);
    return 0;
  }
  if (strcmp(argv[1], "--version") == 0) {
    if (first) isw_version_write(stdout);
    return 0;
  }
  const struct isw_command *command = isw_command_find(isw_commands, argv[1]);
  return command ? command->run(argc - 1, argv + 1) : isw_command_unknown(isw_commands, "initsweep", argv[1]);
}
