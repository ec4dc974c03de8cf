/** @file The commands: one thin file a subcommand. Each returns the program's exit status. */
#ifndef INITSWEEP_COMMANDS_H
#define INITSWEEP_COMMANDS_H

/** One subcommand. */
struct isw_command {
  const char *name;
  const char *usage;   /**< after the name: "SWEEP [-o OUT] ..." */
  const char *summary; /**< one line */
  /** argv[0] is the subcommand's name. */
  int (*run)(int argc, char **argv);
};

int isw_command_run(int argc, char **argv);
int isw_command_plan(int argc, char **argv);
int isw_command_check(int argc, char **argv);
int isw_command_gather(int argc, char **argv);
int isw_command_show(int argc, char **argv);
int isw_command_verify(int argc, char **argv);
int isw_command_replay(int argc, char **argv);
int isw_command_list(int argc, char **argv);
/** Prints program version, git description, compiler and flags, and the libraries with their versions. */
void isw_print_version(void);
#endif
