/* Subcommands that the program does not have: programs initsweep-NAME on PATH, as git and cargo have them. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "commands/commands_internal.h"

int isw_run_external(const struct isw_command *const *commands, const char *start, const char *name, char **argv)
{
  char program[128];
  bool is_word = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_") == strlen(name);
  if (is_word && (size_t)snprintf(program, sizeof program, "initsweep-%s", name) < sizeof program) {
    argv[0] = program;
    execvp(program, argv);
    if (errno != ENOENT && errno != ENOTDIR && errno != EACCES) {
      fprintf(stderr, "%s: cannot run %s: %s\n", start, program, strerror(errno));
      return ISW_FAILED;
    }
  }
  return isw_command_unknown(commands, start, name);
}
