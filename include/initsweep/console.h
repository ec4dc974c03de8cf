/** @file Everything between the commands and their users: command lines, help, messages, terminals, progress, and
 *  numbers and texts for people and for programs. */
#ifndef INITSWEEP_CONSOLE_H
#define INITSWEEP_CONSOLE_H
#include <stdio.h>
#include "initsweep/base.h"
#include "initsweep/sweep.h"

/* ---- rows of commands and options -------------------------------------------------------------------------------- */

/** What a shell completes an argument with. */
enum isw_completion {
  ISW_COMPLETE_NOTHING,
  ISW_COMPLETE_SWEEP,  /**< .yaml and .yml files */
  ISW_COMPLETE_RESULT, /**< .h5 files */
  ISW_COMPLETE_FILE,
  ISW_COMPLETE_FOLDER,
  ISW_COMPLETE_CHOICES,  /**< those of the row */
  ISW_COMPLETE_TABLES,   /**< the tables of `initsweep list` */
  ISW_COMPLETE_ROWS,     /**< the rows of the table that the row's `choices` names */
  ISW_COMPLETE_SETTINGS, /**< paths of a sweep file, then '=' */
  ISW_COMPLETE_COMMANDS
};

/** One option. A NULL name ends a list of them; --help belongs to every command and is not listed. */
struct isw_option {
  const char *name;               /**< after "--" */
  int code;                       /**< a letter, which the handler gets */
  bool letter;                    /**< -code is a short form */
  const char *argument;           /**< "OUT"; NULL: takes none */
  enum isw_completion completion; /**< of the argument */
  const char *choices;            /**< separated by spaces: for ISW_COMPLETE_CHOICES and _ROWS */
  bool required, repeats;
  const char *about;
};

/** One subcommand. */
struct isw_command {
  const char *name;
  const char *argument;       /**< "SWEEP"; "[TABLE]" may be left out; NULL: takes none */
  const char *argument_about; /**< what it is: "one sweep file" */
  enum isw_completion completion;
  const char *choices;
  const char *summary; /**< one line */
  const char *about;   /**< paragraphs, separated by an empty line; wrapped where they are shown */
  const struct isw_option *options;
  const char *const *examples; /**< command lines; NULL ends them */
  /** argv[0] is the subcommand's name; returns the exit status. */
  int (*run)(int argc, char **argv);
};

/** The command with a name, of a table that NULL ends; NULL: there is none. */
const struct isw_command *isw_command_find(const struct isw_command *const *commands, const char *name);
/** Reports, on the first rank only, that the table has no command `name`, and suggests the nearest one.
 *  @param[in] start  what the message begins with: "initsweep help"
 *  @return the exit status */
int isw_command_unknown(const struct isw_command *const *commands, const char *start, const char *name);

enum isw_help_format { ISW_HELP_TEXT, ISW_HELP_MARKDOWN, ISW_HELP_SCDOC, ISW_HELP_BASH, ISW_HELP_ZSH, ISW_HELP_FISH };
/** Writes help on one command, or on the program where command is NULL. Markdown and completions always cover all
 *  commands.
 *  @param[in] commands  the table of commands; NULL ends it */
void isw_help_write(FILE *out, enum isw_help_format format, const struct isw_command *const *commands,
                    const struct isw_command *command);

/* Options that several commands have. */
#define ISW_OPTION_OUTPUT                                                                                              \
  {                                                                                                                    \
    .name = "output", .code = 'o', .letter = true, .argument = "OUT", .completion = ISW_COMPLETE_RESULT,               \
    .about = "the results file (default: the sweep's name and .h5, in the current folder)"                             \
  }
#define ISW_OPTION_SET                                                                                                 \
  {                                                                                                                    \
    .name = "set", .code = 's', .argument = "P=V", .completion = ISW_COMPLETE_SETTINGS, .repeats = true,               \
    .about = "sets a setting or an axis, as in: --set train.steps=100"                                                 \
  }
#define ISW_OPTION_DATA                                                                                                \
  {                                                                                                                    \
    .name = "data", .code = 'd', .argument = "FOLDER", .completion = ISW_COMPLETE_FOLDER,                              \
    .about = "the folder that relative paths of data start from (default: the file's folder)"                          \
  }
#define ISW_OPTION_JSON                                                                                                \
  {                                                                                                                    \
    .name = "json", .code = 'j', .about = "prints JSON, for programs"                                                  \
  }

/* ---- command lines ----------------------------------------------------------------------------------------------- */

/** Handles one option: its code and argument. Returns 0, or an exit status after it has reported an error. */
typedef int isw_option_handler(void *state, int code, const char *argument);

/** Reads the whole command line of a command.
 *  @param[in]  handle       called for each option with `state`; may be NULL for a command without options
 *  @param[out] argument     the command's own argument; NULL where it was left out
 *  @param[out] exit_status  0 after --help, which the first rank prints; else that of the error, which has been
 *                           reported
 *  @return whether the command should run; if not, *exit_status is set */
bool isw_parse_options(const struct isw_command *command, int argc, char **argv, isw_option_handler *handle,
                       void *state, const char **argument, int *exit_status);
/** A whole number from 1 to 65536 from an option's argument; 0 after reporting that it is not one. */
size_t isw_parse_count(const char *command, const char *option, const char *text);
/** Seconds from an option's argument; false where it is not a number from low to high. */
bool isw_parse_seconds(const char *text, double low, double high, double *seconds);
/** A whole number of at least 0, without a sign; false where the text is not one. */
bool isw_parse_index(const char *text, uint64_t *number);
/** "initsweep" and the arguments, on the heap; to be called before isw_parse_options, which reorders them. NULL where
 *  memory ran out. */
char *isw_join_command_line(int argc, char **argv);

/* ---- messages ---------------------------------------------------------------------------------------------------- */

/** Prints an error on stderr, after "initsweep: " unless it begins with a place in a file. Returns the exit status. */
int isw_print_error(enum isw_status status, const struct isw_error *error);
/** Prints "initsweep COMMAND: ..." on stderr, on the first rank only. Returns the exit status ISW_BAD_INPUT. */
int isw_usage_error(const char *command, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** How important a reported line is: a warning is shown even by --quiet. */
enum isw_report_kind { ISW_REPORT_INFO, ISW_REPORT_WARNING };
/** Receives what a room reports while it works, one line of text at a time, without a newline. */
struct isw_reporter {
  void (*line)(void *context, enum isw_report_kind kind, const char *line); /**< NULL: nothing is reported */
  void *context;
};
/** Formats a line and gives it to the reporter. reporter may be NULL. */
void isw_report_line(const struct isw_reporter *reporter, enum isw_report_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/** A reporter that prints "initsweep: LINE" on stderr. quiet: warnings only. */
struct isw_reporter isw_stderr_reporter(bool quiet);
/** Reports the data files that are not below the sweep file's folder, one line each. */
void isw_report_outside_data(const struct isw_reporter *reporter, const char *file, const struct isw_sweep *sweep);

/** Appends to the error's message the lines that only `before` has, after "  - ", and those that only `after` has,
 *  after "  + "; at most 20 lines. If the texts are equal, a sentence says so. before may be NULL. */
void isw_error_add_difference(struct isw_error *error, const char *before, const char *after);

/* ---- terminals and progress -------------------------------------------------------------------------------------- */

/** Whether a line can be redrawn: a terminal, and TERM is not "dumb". */
bool isw_terminal_redraws(int fd);
/** A terminal of that kind, and NO_COLOR is not set. */
bool isw_terminal_color(int fd);
/** A terminal, and the locale's encoding is UTF-8. */
bool isw_terminal_utf8(int fd);
/** Columns: COLUMNS where it is a number, else the terminal's; 0 where neither is known. */
size_t isw_terminal_width(int fd);

/** Columns for text on stdout: the terminal's, from 40 to 100; 100 where it is no terminal. */
size_t isw_text_width(void);
/** Writes text in lines of at most `width` columns, and a final newline. An empty line in the text stays one.
 *  @param[in] column  where the first line begins
 *  @param[in] indent  columns before all other lines */
void isw_write_wrapped(FILE *out, const char *text, size_t column, size_t indent, size_t width);

/** Progress on stderr: a bar on a terminal, a line every 30 s in a log. Zero-initialised, it is not shown. */
struct isw_progress {
  bool shown, bar, color; /**< bar: a terminal */
  bool drawn;             /**< a bar stands on the terminal's last line */
  double start, last;     /**< seconds of the monotonic clock */
  uint64_t networks;      /**< of the sweep */
  uint64_t before;        /**< those finished before this run */
  double cost;            /**< of the packs that this run trains, by the cost model */
};
/** Starts the clock. quiet: nothing is shown. */
void isw_progress_start(struct isw_progress *progress, bool quiet);
/** Shows what this run has done so far. cost: of its finished packs. */
void isw_progress_show(struct isw_progress *progress, uint64_t networks, uint64_t diverged, uint64_t network_steps,
                       double cost);
/** Shows the writing of the results file: `written` networks of all. */
void isw_progress_write(struct isw_progress *progress, uint64_t written);
/** Erases the bar, so that other lines can be printed. */
void isw_progress_end(struct isw_progress *progress);
/** Draws one line of a terminal over the last one, cut to the width: the bar takes the columns that the phrases leave;
 *  the last phrases are left out first.
 *  @param[in] share  of the bar, 0 to 1 */
void isw_progress_draw(FILE *out, bool color, double share, const char *const *phrases, size_t count);
/** Erases that line. */
void isw_progress_erase(FILE *out);
/** Seconds since the start. */
double isw_progress_seconds(const struct isw_progress *progress);

/* ---- numbers and texts ------------------------------------------------------------------------------------------- */

/** Bytes of a buffer for one formatted number or time. */
enum { ISW_NUMBER_SIZE = 40 };
/** "12.3 M". Returns the buffer. */
const char *isw_format_si(double number, char *buffer);
/** "1.5 GiB". Returns the buffer. */
const char *isw_format_bytes(double bytes, char *buffer);
/** "2 h 05 min". Returns the buffer. */
const char *isw_format_duration(double seconds, char *buffer);
/** The current time, UTC, ISO 8601. */
void isw_format_utc_now(char text[ISW_NUMBER_SIZE]);
/** Appends the number of networks and their grids: "120 = network.init 4 x network.depth 3 x replicate 10".
 *  ISW_FAILED where memory ran out. */
enum isw_status isw_text_add_grids(struct isw_text *text, const struct isw_sweep *sweep);

/** A writer of JSON: containers are opened and closed, values go into the one opened last. In an object each value
 *  has a key, in an array key is NULL. */
enum { ISW_JSON_DEPTH = 16 };
struct isw_json {
  FILE *out;
  size_t depth;
  struct isw_json_level {
    char closing;
    bool lines, filled;
  } level[ISW_JSON_DEPTH];
};
/** Where the values of a container stand: all in one row, or one per line, indented. */
enum isw_json_layout { ISW_JSON_ROW, ISW_JSON_LINES };
/** Begins a document; its outermost container ends it with a newline. */
void isw_json_start(struct isw_json *json, FILE *out);
void isw_json_object(struct isw_json *json, const char *key, enum isw_json_layout layout); /**< opens an object */
void isw_json_array(struct isw_json *json, const char *key, enum isw_json_layout layout);  /**< opens an array */
void isw_json_close(struct isw_json *json);                                                /**< the one opened last */
/** A string; bytes that are not UTF-8 become U+FFFD. NULL is written as null. */
void isw_json_text(struct isw_json *json, const char *key, const char *text);
/** A number with the fewest digits, 15 to 17, that read back as the same float64; NaN and infinities are written as
 *  null. */
void isw_json_number(struct isw_json *json, const char *key, double number);
void isw_json_count(struct isw_json *json, const char *key, uint64_t count); /**< a whole number */
void isw_json_bool(struct isw_json *json, const char *key, bool value);      /**< true or false */

/* ---- version and tables ------------------------------------------------------------------------------------------ */

const char *isw_version(void);          /**< "0.1.0" */
const char *isw_version_git(void);      /**< "1aba268-dirty"; "" where the source was no git checkout */
const char *isw_version_compiler(void); /**< name and version */
const char *isw_version_flags(void);    /**< of the compiler */
const char *isw_version_yaml(void);     /**< libyaml's */
const char *isw_version_xxhash(void);   /**< xxHash's */
const char *isw_version_sleef(void);    /**< SLEEF's */
/** Writes the program's version, git description, compiler and flags, its libraries' versions and its kernels. */
void isw_version_write(FILE *out);

/** Writes a table's name and the names of its rows, wrapped. */
void isw_table_write_names(FILE *out, const struct isw_table_view *table);
/** Writes a table with formulas, parameters, facts, aliases and sources. */
void isw_table_write_text(FILE *out, const struct isw_table_view *table);
/** Writes the same as one JSON object into the container opened last. */
void isw_table_write_json(struct isw_json *json, const struct isw_table_view *table);

/** Composes a commented sweep file that trains on a dataset, with a loss that suits its targets.
 *  @param[in]  name     of the sweep
 *  @param[in]  file     its file's name, for messages
 *  @param[in]  dataset  a row of the table of datasets
 *  @param[out] text     the file; the caller clears it
 *  @param[out] incomplete  the dataset has parameters without a default: FILL-IN stands in their place
 *  @return ISW_FAILED where memory ran out; the reader's error where no loss suits the data. */
enum isw_status isw_sweep_template(const char *name, const char *file, const char *dataset, struct isw_text *text,
                                   bool *incomplete, struct isw_error *error);
/** The row of a dataset; NULL where there is none, with *nearest the most similar name or NULL. */
const struct isw_row *isw_find_dataset(const char *name, const char **nearest);
#endif
