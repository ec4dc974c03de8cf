/** @file The commands: each subcommand is one thin file and one row of the table in src/commands/commands.c. Parsing,
 *  help, manual pages and shell completions are derived from the rows. */
#ifndef INITSWEEP_COMMANDS_H
#define INITSWEEP_COMMANDS_H
#include "initsweep/console.h"

/** The subcommands. */
extern const struct isw_command isw_command_run, isw_command_plan, isw_command_check, isw_command_gather,
    isw_command_show, isw_command_verify, isw_command_replay, isw_command_list, isw_command_new, isw_command_help;
/** All subcommands in the order of the help, NULL-terminated. */
extern const struct isw_command *const isw_commands[];

/** The program: runs the subcommand that argv[1] names. Returns the exit status. */
int isw_commands_run(int argc, char **argv);
#endif
