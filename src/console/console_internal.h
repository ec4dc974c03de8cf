/** @file What the console room's help writers share: facts about the program, and one writer per format. */
#ifndef CONSOLE_INTERNAL_H
#define CONSOLE_INTERNAL_H
#include "initsweep/console.h"

/** What the program does, in two sentences. */
extern const char isw_program_about[];

/** A word and what it means: an exit status, an environment variable or a command. */
struct isw_help_fact {
  const char *name, *meaning;
};
/** The exit statuses, the environment variables, and the commands of the Python library (programs initsweep-NAME); a
 *  NULL name ends each list. */
extern const struct isw_help_fact isw_exit_statuses[], isw_environment_variables[], isw_python_commands[];

/** An option as a usage line shows it: "[-o OUT]", "--network K", "[--set P=V]...". ISW_FAILED if memory cannot be
 *  allocated. */
enum isw_status isw_text_add_option_usage(struct isw_text *text, const struct isw_option *option);
/** The help of one command, as `initsweep COMMAND --help` prints it. */
void isw_help_write_command(FILE *out, const struct isw_command *command);
/** The help of the program: usage and one line per command. */
void isw_help_write_overview(FILE *out, const struct isw_command *const *commands);
/** Writes the page docs/commands.md. */
void isw_help_write_markdown(FILE *out, const struct isw_command *const *commands);
/** A manual page in the language of scdoc(5): of one command, or of the program if command is NULL. */
void isw_help_write_man(FILE *out, const struct isw_command *const *commands, const struct isw_command *command);

/** Completion scripts for all commands. */
void isw_completion_write_bash(FILE *out, const struct isw_command *const *commands);
void isw_completion_write_zsh(FILE *out, const struct isw_command *const *commands);
void isw_completion_write_fish(FILE *out, const struct isw_command *const *commands);
/** The fixed words that complete an argument, separated by spaces; nothing if it is a file. */
void isw_completion_write_choices(FILE *out, const struct isw_command *const *commands, enum isw_completion completion,
                                  const char *choices);
/** Text to be put in single quotes for a shell. colons: brackets, colons and backslashes are escaped, too, as zsh
 *  requires. */
void isw_completion_write_quoted(FILE *out, const char *text, bool colons);
#endif
