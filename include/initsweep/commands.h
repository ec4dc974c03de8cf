/** @file The commands: one thin file a subcommand, which is one row of main.c's table. Parsing, help, man pages and shell
 * completions are made from the rows. */
#ifndef INITSWEEP_COMMANDS_H
#define INITSWEEP_COMMANDS_H
#include <stdbool.h>
#include <stddef.h>

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

extern const struct isw_command isw_command_run, isw_command_plan, isw_command_check, isw_command_gather,
    isw_command_show, isw_command_verify, isw_command_replay, isw_command_list, isw_command_new, isw_command_help;

/** All commands in the order of the help: the program's table, in main.c. NULL ends it. */
extern const struct isw_command *const isw_commands[];

/** The program: runs the subcommand that argv[1] names. Returns the exit status. */
int isw_commands_run(int argc, char **argv);
#endif
