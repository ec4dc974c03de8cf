/** @file What the files of the room share: the way to programs that are further subcommands. */
#ifndef INITSWEEP_COMMANDS_INTERNAL_H
#define INITSWEEP_COMMANDS_INTERNAL_H
#include "initsweep/commands.h"

/** Replaces this process by the program initsweep-NAME on PATH.
 *  @param[in] commands  the table of commands, for a suggestion if there is no such program
 *  @param[in] start     the beginning of a message: "initsweep help"
 *  @param[in] argv      the program's arguments from [1] on, NULL-terminated; [0] is overwritten
 *  @return the exit status, after a message, if there is no such program */
int isw_run_external(const struct isw_command *const *commands, const char *start, const char *name, char **argv);
#endif
