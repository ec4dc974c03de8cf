/** @file What the commands and their users meet: command lines, help, terminals, progress, numbers and texts for people and programs. */
#ifndef INITSWEEP_CONSOLE_H
#define INITSWEEP_CONSOLE_H
#include <stdio.h>
#include "initsweep/base.h"
#include "initsweep/sweep.h"

/* Rows of commands and options. */

/** What a shell offers for an argument. */
enum isw_completion {
  ISW_COMPLETE_NOTHING,
  ISW_COMPLETE_SWEEP,  /**< .yaml and .yml files */
  ISW_COMPLETE_RESULT, /**< .h5 files */
  ISW_COMPLETE_FILE,
  ISW_COMPLETE_FOLDER,
  ISW_COMPLETE_WORDS,    /**< those of the row */
  ISW_COMPLETE_TABLES,   /**< of `initsweep list` */
  ISW_COMPLETE_ROWS,     /**< of the table that the row's words name */
  ISW_COMPLETE_SETTINGS, /**< paths of a sweep file, then '=' */
  ISW_COMPLETE_COMMANDS
};

/** One option. A NULL name ends a list of them; --help belongs to every command and is not listed. */
struct isw_option {
  const char *name;           /**< after "--" */
  int code;                   /**< what isw_next_option returns for it; a letter */
  bool letter;                /**< -code is a short form */
  const char *argument;       /**< "OUT"; NULL: takes none */
  enum isw_completion offers; /**< for the argument */
  const char *words;          /**< separated by spaces: for ISW_COMPLETE_WORDS and _ROWS */
  bool required, repeats;
  const char *about;
};

/** One subcommand. */
struct isw_command {
  const char *name;
  const char *argument; /**< "SWEEP"; "[TABLE]" may be left out; NULL: takes none */
  const char *wants;    /**< what that is: "one sweep file" */
  enum isw_completion offers;
  const char *words;
  const char *summary; /**< one line */
  const char *about;   /**< paragraphs, separated by an empty line; lines are wrapped where they are shown */
  const struct isw_option *options;
  const char *const *examples; /**< command lines; NULL ends them */
  /** argv[0] is the subcommand's name; returns the exit status. */
  int (*run)(int argc, char **argv);
};

/** All commands in the order of the help: the program's table, in main.c. NULL ends it. */
extern const struct isw_command *const isw_commands[];
/** The command of a name; NULL: there is none. */
const struct isw_command *isw_command_find(const char *name);
/** Reports, on the first rank alone, that there is no command `name`, with the nearest one; `start` begins the message. Returns
 *  the exit status. */
int isw_command_unknown(const char *start, const char *name);

enum isw_help_format { ISW_HELP_TEXT, ISW_HELP_MARKDOWN, ISW_HELP_SCDOC, ISW_HELP_BASH, ISW_HELP_ZSH, ISW_HELP_FISH };
/** Help on one command, or on the program where command is NULL; Markdown and completions are of all commands together. */
void isw_help_write(FILE *out, enum isw_help_format format, const struct isw_command *command);

/* The words of a command line, read by the rows of the commands, and what the rows say to people. */

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

/* What a stream of ours leads to: a terminal, its width, and whether it shows colours and more than ASCII. */

/* Whether what is written there can be written over: a terminal, and TERM does not say dumb. */
bool isw_terminal_redraws(int fd);
/* A terminal of that kind, and NO_COLOR is not set. */
bool isw_terminal_color(int fd);
/* A terminal, and the locale's characters are UTF-8. */
bool isw_terminal_utf8(int fd);
/* Columns: COLUMNS where it is a number, else the terminal's; 0 where there is neither. */
size_t isw_terminal_width(int fd);

/* Progress on stderr: a bar on a terminal, a line now and then in a log. */

struct isw_progress {
  bool shown, bar, color; /* bar: a terminal; else a line every 30 s */
  bool drawn;             /* a bar stands on the terminal's last line */
  double start, last;     /* seconds of the monotonic clock */
  uint64_t networks;      /* of the sweep */
  uint64_t before;        /* of these, done before this run */
  double cost;            /* of the packs that this run has to do, by the cost model */
};

/* quiet: nothing is shown. */
void isw_progress_start(struct isw_progress *progress, bool quiet);
/* What this run has done so far; cost: of its packs. */
void isw_progress_show(struct isw_progress *progress, uint64_t networks, uint64_t diverged, uint64_t network_steps,
                       double cost);
/* Writing the results file: `written` networks of all. */
void isw_progress_write(struct isw_progress *progress, uint64_t written);
/* Wipes the bar, so that other lines can be printed. */
void isw_progress_end(struct isw_progress *progress);
/* One line of a terminal, drawn over the last one and cut to the width: the bar takes what the words leave, the last words go first. */
void isw_progress_draw(FILE *out, bool color, double share, const char *const *words, size_t count);
/* Wipes that line. */
void isw_progress_wipe(FILE *out);
/* Seconds since the start. */
double isw_progress_seconds(const struct isw_progress *progress);

/* What differs between two texts, for a message. */

/* Appends to the error's message the lines that only `before` has, after "  - ", and those that only `after` has, after
 * "  + "; a sentence where none differs. before may be NULL. */
void isw_add_difference(struct isw_error *error, const char *before, const char *after);

/* What the commands share: options, files, numbers for people. */

/* Prints an error: what a sweep file's reader says as it stands, all else after "initsweep: ". Returns the exit status. */
int isw_say_error(enum isw_status status, const struct isw_error *error);
/* "initsweep" and the words, on the heap; to be asked for before getopt moves the words. */
char *isw_command_line(int argc, char **argv);
/** On stderr: files of data that are not below the sweep file's folder, one line each. */
void isw_say_outside(const char *file, const struct isw_sweep *sweep);

/* Numbers for people, in the caller's buffer of ISW_NUMBER bytes: 12.3 M, 1.5 GiB, 2 h 05 min. */
enum { ISW_NUMBER = 40 };
const char *isw_si(double number, char *buffer);
const char *isw_bytes(double bytes, char *buffer);
const char *isw_duration(double seconds, char *buffer);
/* The number of networks and the grid that they come from: 120 = network.init 4 x network.depth 3 x replicate 10 */
void isw_print_grids(const struct isw_sweep *sweep);
/* The time now, UTC, ISO 8601. */
void isw_utc(char text[32]);
/* Text as JSON has it, with its quotes, on stdout. */
void isw_print_json_text(const char *text);

/* The program's version and what it was built with. Texts are constants. */

const char *isw_version(void);     /* "0.1.0" */
const char *isw_version_git(void); /* "1aba268-dirty"; "" where the source was no git checkout */
const char *isw_version_compiler(void);
const char *isw_version_flags(void);
const char *isw_version_yaml(void);
const char *isw_version_xxhash(void);
const char *isw_version_sleef(void);
/* Prints program version, git description, compiler and flags, and the libraries with their versions. */
void isw_print_version(void);
#endif
