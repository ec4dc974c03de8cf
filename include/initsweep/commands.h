/** @file The commands: one thin file a subcommand, which is one row of main.c's table. Parsing, help, man pages and shell
 * completions are made from the rows. */
#ifndef INITSWEEP_COMMANDS_H
#define INITSWEEP_COMMANDS_H
#include "initsweep/console.h"

extern const struct isw_command isw_command_run, isw_command_plan, isw_command_check, isw_command_gather,
    isw_command_show, isw_command_verify, isw_command_replay, isw_command_list, isw_command_new, isw_command_help;

/** The program: runs the subcommand that argv[1] names. Returns the exit status. */
int isw_commands_run(int argc, char **argv);
#endif
