/** @file The command-line interface: options, help, messages, terminals and progress, and the formatting of numbers and
 *  texts for people and for programs. */
#ifndef INITSWEEP_CONSOLE_H
#define INITSWEEP_CONSOLE_H
#include <stdio.h>
#include "initsweep/base.h"
#include "initsweep/sweep.h"

/* ---- rows of commands and options -------------------------------------------------------------------------------- */

/** What a shell offers to complete an argument. */
enum isw_completion {
  ISW_COMPLETE_NOTHING,
  ISW_COMPLETE_SWEEP,  /**< .yaml and .yml files */
  ISW_COMPLETE_RESULT, /**< .h5 files */
  ISW_COMPLETE_FILE,
  ISW_COMPLETE_FOLDER,
  ISW_COMPLETE_CHOICES,  /**< the words in the row's `choices` */
  ISW_COMPLETE_TABLES,   /**< the tables of `initsweep list` */
  ISW_COMPLETE_ROWS,     /**< the rows of the table that the row's `choices` names */
  ISW_COMPLETE_SETTINGS, /**< paths of a sweep file, then '=' */
  ISW_COMPLETE_COMMANDS
};

/** One option. A NULL name ends a list of options. Every command has --help, which is not listed. */
struct isw_option {
  const char *name;               /**< after "--" */
  int code;                       /**< a letter, passed to the handler */
  bool letter;                    /**< -code is the short form */
  const char *argument;           /**< placeholder of the argument, such as "OUT"; NULL: takes none */
  enum isw_completion completion; /**< of the argument */
  const char *choices;            /**< for ISW_COMPLETE_CHOICES and _ROWS, separated by spaces */
  bool required, repeats;
  const char *about;
};

/** One subcommand. */
struct isw_command {
  const char *name;
  const char *argument;       /**< placeholder: "SWEEP", or "[TABLE]" if it is optional; NULL: takes none */
  const char *argument_about; /**< description of the argument: "one sweep file" */
  enum isw_completion completion;
  const char *choices;
  const char *summary; /**< one line */
  const char *about;   /**< paragraphs, separated by an empty line; wrapped on output */
  const struct isw_option *options;
  const char *const *examples; /**< command lines, NULL-terminated */
  /** Runs the subcommand; argv[0] is its name. Returns the exit status. */
  int (*run)(int argc, char **argv);
};

/** Finds a command by name in a NULL-terminated table; NULL if there is none. */
const struct isw_command *isw_command_find(const struct isw_command *const *commands, const char *name);
/** Reports that the table has no command `name` and suggests the nearest one, or how to install it if it is one of the
 *  Python library. Prints on the first rank only.
 *  @param[in] start  the beginning of the message: "initsweep help"
 *  @return the exit status */
int isw_command_unknown(const struct isw_command *const *commands, const char *start, const char *name);

enum isw_help_format { ISW_HELP_TEXT, ISW_HELP_MARKDOWN, ISW_HELP_SCDOC, ISW_HELP_BASH, ISW_HELP_ZSH, ISW_HELP_FISH };
/** Writes the help of one command, or of the program if command is NULL. Markdown and completions always cover all
 *  commands.
 *  @param[in] commands  the table of commands, NULL-terminated */
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

/** Handles one option, given its code and argument. Returns 0, or an exit status after reporting an error. */
typedef int isw_option_handler(void *state, int code, const char *argument);

/** Reads the whole command line of a command.
 *  @param[in]  handle       called for each option with `state`; may be NULL for a command without options
 *  @param[out] argument     the command's own argument; NULL if it was omitted
 *  @param[out] exit_status  set if the command should not run: 0 after --help, which the first rank prints; else the
 *                           exit status of the error, which has been reported
 *  @return whether the command should run; if not, *exit_status is set */
bool isw_parse_options(const struct isw_command *command, int argc, char **argv, isw_option_handler *handle,
                       void *state, const char **argument, int *exit_status);
/** Reads a whole number from 1 to 65536 from an option's argument. Returns 0 after reporting that it is not one. */
size_t isw_parse_count(const char *command, const char *option, const char *text);
/** Reads seconds from an option's argument. Returns false if it is not a number from low to high. */
bool isw_parse_seconds(const char *text, double low, double high, double *seconds);
/** Reads a whole number of at least 0, without a sign. Returns false if the text is not one. */
bool isw_parse_index(const char *text, uint64_t *number);
/** Joins "initsweep" and the arguments, on the heap. Must be called before isw_parse_options, which reorders them.
 *  @return NULL if memory cannot be allocated */
char *isw_join_command_line(int argc, char **argv);

/* ---- messages ---------------------------------------------------------------------------------------------------- */

/** Prints formatted text as isw_text_add_visible_lines writes it. Everything that may contain text of the user's (file
 *  names, names and texts of sweeps, arguments) is printed by this or by isw_write_wrapped, so that no escape sequence
 *  or direction mark in it reaches the terminal. */
void isw_print(FILE *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** Prints an error on stderr, prefixed with "initsweep: " unless it begins with a position in a file. Returns the exit
 *  status. */
int isw_print_error(enum isw_status status, const struct isw_error *error);
/** Prints "initsweep COMMAND: ..." on stderr, on the first rank only. Returns the exit status ISW_BAD_INPUT. */
int isw_usage_error(const char *command, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** How important a reported line is. Warnings are shown even with --quiet. */
enum isw_report_kind { ISW_REPORT_INFO, ISW_REPORT_WARNING };
/** Receives what a room reports during its work: one line of text at a time, without a newline. */
struct isw_reporter {
  void (*line)(void *context, enum isw_report_kind kind, const char *line); /**< NULL: nothing is reported */
  void *context;
};
/** Formats a line and passes it to the reporter, which may be NULL. */
void isw_report_line(const struct isw_reporter *reporter, enum isw_report_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/** A reporter that prints "initsweep: LINE" on stderr. quiet: warnings only. */
struct isw_reporter isw_stderr_reporter(bool quiet);
/** Reports the data files that lie outside the sweep file's folder, one line each. */
void isw_report_outside_data(const struct isw_reporter *reporter, const char *file, const struct isw_sweep *sweep);

/** Appends the difference of two texts to the error's message: lines that only `before` contains, prefixed with "  - ",
 *  and lines that only `after` contains, prefixed with "  + ". At most 20 lines are appended; if the texts are equal, a
 *  sentence says so. `before` may be NULL. */
void isw_error_add_difference(struct isw_error *error, const char *before, const char *after);

/* ---- terminals and progress -------------------------------------------------------------------------------------- */

/** Whether a line can be redrawn: fd is a terminal and TERM is not "dumb". */
bool isw_terminal_redraws(int fd);
/** Whether colours may be used: a line can be redrawn and NO_COLOR is not set. */
bool isw_terminal_color(int fd);
/** Whether fd is a terminal and the locale's encoding is UTF-8. */
bool isw_terminal_utf8(int fd);
/** Number of columns: COLUMNS if it is a number, else the terminal's width; 0 if neither is known. */
size_t isw_terminal_width(int fd);

/** Number of columns for text on stdout: the terminal's width, limited to 40 .. 100; 100 if it is not a terminal. */
size_t isw_text_width(void);
/** Writes text in lines of at most `width` columns, and a final newline. Empty lines in the text are kept. Hidden
 *  characters become visible, as isw_text_add_visible writes them.
 *  @param[in] column  column at which the first line begins
 *  @param[in] indent  indentation of all other lines, in columns */
void isw_write_wrapped(FILE *out, const char *text, size_t column, size_t indent, size_t width);

/** Progress on stderr: a bar on a terminal, a line every 30 s in a log. Zero-initialise it to show nothing. */
struct isw_progress {
  bool shown, bar, color; /**< bar: stderr is a terminal */
  bool drawn;             /**< the terminal's last line shows the bar */
  double start, last;     /**< seconds of the monotonic clock */
  uint64_t networks;      /**< of the sweep */
  uint64_t before;        /**< those finished before this run */
  double cost;            /**< of the packs that this run trains, by the cost model */
};
/** Starts the clock. With `quiet`, nothing is shown. */
void isw_progress_start(struct isw_progress *progress, bool quiet);
/** Shows what this run has done so far. `cost` is that of its finished packs, and of what is done of those in training:
 *  it decides the percentage and the time left. */
void isw_progress_show(struct isw_progress *progress, uint64_t networks, uint64_t diverged, uint64_t network_steps,
                       double cost);
/** Shows how many networks have been written to the results file. */
void isw_progress_write(struct isw_progress *progress, uint64_t written);
/** Erases the bar, so that other lines can be printed. */
void isw_progress_end(struct isw_progress *progress);
/** Redraws the terminal's last line, cut to its width. The bar takes the columns that the phrases leave, at least 10;
 *  if there is not enough room, the last phrases are omitted first, and then the bar.
 *  @param[in] share  filled part of the bar, 0 to 1 */
void isw_progress_draw(FILE *out, bool color, double share, const char *const *phrases, size_t count);
/** Erases that line. */
void isw_progress_erase(FILE *out);
/** Seconds since the start. */
double isw_progress_seconds(const struct isw_progress *progress);

/* ---- numbers and texts ------------------------------------------------------------------------------------------- */

/** Buffer size in bytes for one formatted number or time. */
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
 *  @return ISW_FAILED if memory cannot be allocated */
enum isw_status isw_text_add_grids(struct isw_text *text, const struct isw_sweep *sweep);
/** Number of datasets that `check` and `plan` describe; of more they tell the number. */
enum { ISW_DATASETS_SHOWN = 8 };
/** Appends the samples of a dataset: "xor: 4 training samples, 0 test samples; 2 features from 0 to 1; 2 classes of 2,
 *  2". Ranges and numbers per class are of the training set.
 *  @return ISW_FAILED if memory cannot be allocated */
enum isw_status isw_text_add_samples(struct isw_text *text, const struct isw_sweep *sweep, size_t dataset);

/** A JSON writer. Containers are opened and closed; a value is written into the innermost open container. Values of an
 *  object have a key; in an array the key is NULL. */
enum { ISW_JSON_DEPTH = 16 };
struct isw_json {
  FILE *out;
  size_t depth;
  struct isw_json_level {
    char closing;
    bool lines, filled;
  } level[ISW_JSON_DEPTH];
};
/** The layout of a container's values: all on one line, or one per line and indented. */
enum isw_json_layout { ISW_JSON_ROW, ISW_JSON_LINES };
/** Begins a document. Closing its outermost container ends it with a newline. */
void isw_json_start(struct isw_json *json, FILE *out);
void isw_json_object(struct isw_json *json, const char *key, enum isw_json_layout layout); /**< opens an object */
void isw_json_array(struct isw_json *json, const char *key, enum isw_json_layout layout);  /**< opens an array */
void isw_json_close(struct isw_json *json); /**< closes the innermost one */
/** Writes a string. Bytes that are not UTF-8 become U+FFFD, hidden characters (isw_character_is_hidden) are escaped;
 *  NULL is written as null. */
void isw_json_text(struct isw_json *json, const char *key, const char *text);
/** Writes a number with the fewest digits, 15 to 17, that read back as the same float64. NaN and infinities are written
 *  as null. */
void isw_json_number(struct isw_json *json, const char *key, double number);
void isw_json_count(struct isw_json *json, const char *key, uint64_t count); /**< a whole number */
void isw_json_bool(struct isw_json *json, const char *key, bool value);      /**< true or false */

/* ---- version and tables ------------------------------------------------------------------------------------------ */

const char *isw_version(void);          /**< "0.1.0" */
const char *isw_version_git(void);      /**< "1aba268-dirty"; "" if the source was not a git checkout */
const char *isw_version_program(void);  /**< "initsweep 0.1.0 (1aba268-dirty)" */
const char *isw_version_compiler(void); /**< name and version */
const char *isw_version_flags(void);    /**< of the compiler */
const char *isw_version_yaml(void);     /**< libyaml's */
const char *isw_version_xxhash(void);   /**< xxHash's */
/** Writes the program's version, git description, compiler and flags, its libraries' versions and its kernels. */
void isw_version_write(FILE *out);

/** Writes a table's name and the names of its rows, wrapped. */
void isw_table_write_names(FILE *out, const struct isw_table_view *table);
/** Writes a table with formulas, parameters, facts, aliases and sources. */
void isw_table_write_text(FILE *out, const struct isw_table_view *table);
/** Writes the same as one JSON object into the innermost open container. */
void isw_table_write_json(struct isw_json *json, const struct isw_table_view *table);

/** Composes a commented sweep file that trains on a dataset, with a loss that suits its targets.
 *  @param[in]  name        name of the sweep
 *  @param[in]  file        name of the sweep file, for messages
 *  @param[in]  dataset     row of the table of datasets
 *  @param[out] text        contents of the sweep file; the caller clears it
 *  @param[out] incomplete  whether the dataset has parameters without a default, for which the text has FILL-IN
 *  @return ISW_FAILED if memory cannot be allocated; the reader's error if no loss suits the data */
enum isw_status isw_sweep_template(const char *name, const char *file, const char *dataset, struct isw_text *text,
                                   bool *incomplete, struct isw_error *error);
/** Finds the row of a dataset by name. If there is none, returns NULL and sets *nearest to the most similar name or
 *  NULL. */
const struct isw_row *isw_find_dataset(const char *name, const char **nearest);
/** Writes the samples of a dataset as an object.
 *  @return ISW_FAILED if memory cannot be allocated */
enum isw_status isw_json_samples(struct isw_json *json, const struct isw_sweep *sweep, size_t dataset);
#endif
