/* The words of a command line, read by the rows of the commands, and what the rows say to people. */
#ifndef INITSWEEP_COMMANDS_OPTIONS_H
#define INITSWEEP_COMMANDS_OPTIONS_H
#include <stdio.h>
#include "initsweep/base.h"
#include "initsweep/commands.h"

/* Options that several commands have. */
#define ISW_OPTION_OUTPUT                                                                                              \
  {                                                                                                                    \
    .name = "output", .code = 'o', .letter = true, .argument = "OUT", .offers = ISW_COMPLETE_RESULT,                   \
    .about = "the results file; else the sweep's name and .h5 in this folder"                                          \
  }
#define ISW_OPTION_SET                                                                                                 \
  {                                                                                                                    \
    .name = "set", .code = 's', .argument = "P=V", .offers = ISW_COMPLETE_SETTINGS, .repeats = true,                   \
    .about = "sets a setting or an axis, as in: --set train.steps=100"                                                 \
  }
#define ISW_OPTION_DATA                                                                                                \
  {                                                                                                                    \
    .name = "data", .code = 'd', .argument = "FOLDER", .offers = ISW_COMPLETE_FOLDER,                                  \
    .about = "where relative paths of data start; else the file's folder"                                              \
  }
#define ISW_OPTION_JSON                                                                                                \
  {                                                                                                                    \
    .name = "json", .code = 'j', .about = "for programs"                                                               \
  }

/* Takes one option: its code and argument. Returns 0, or an exit status after it has said what is wrong. */
typedef int isw_take_option(void *state, int code, const char *argument);

/* Reads all words of a command. take may be NULL where it has no options. *argument: the command's own, NULL where it was left out. Returns true where the command
 * is to go on; else *result is the exit status: 0 after --help, which rank 0 prints, else what is wrong has been said. */
bool isw_read_words(const struct isw_command *command, int argc, char **argv, isw_take_option *take, void *state,
                    const char **argument, int *result);

/* "initsweep COMMAND: ..." on stderr, by rank 0; returns the exit status 2. */
int isw_usage_error(const char *command, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A whole number of at least 1 from an option's argument; 0 after it has said what is wrong. */
size_t isw_positive(const char *command, const char *option, const char *text);

/* Seconds from an option's argument; false where it is no number from low to high. */
bool isw_seconds(const char *text, double low, double high, double *seconds);

/* "[-o OUT]", "--network K", "[--set P=V]...": an option as a usage line has it. */
enum isw_status isw_add_option_usage(struct isw_text *text, const struct isw_option *option);
/* Text in lines of at most `width` columns; lines after the first are indented; an empty line stays one. column: where the
 * first line begins. */
void isw_write_wrapped(FILE *out, const char *text, size_t column, size_t indent, size_t width);
/* The help of a command. */
void isw_write_help(FILE *out, const struct isw_command *command);
/* Columns for text on stdout: the terminal's, at most 100. */
size_t isw_text_width(void);
#endif
