/* The table of subcommands, initsweep help, which prints from the table, the program's own options, and how every
 * command treats the standard streams at its start and end. */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "commands/commands_internal.h"
#include "initsweep/cluster.h"
#include "initsweep/exact.h"

const struct isw_command *const isw_commands[] = {
    &isw_command_new,
    &isw_command_check,
    &isw_command_plan,
    &isw_command_run,
    &isw_command_gather,
    &isw_command_show,
    &isw_command_verify,
    &isw_command_replay,
    &isw_command_list,
    &isw_command_help,
    NULL,
};

/* If a standard stream was closed (`>&-`), the next file that is opened would get its descriptor, and messages would be
 * written to that file. /dev/null, opened for the wrong direction, takes the descriptor, so that writes and reads
 * fail. */
static void occupy_closed_streams(void)
{
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
    if (fcntl(fd, F_GETFD) < 0) (void)!open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

/* Flushes and closes stdout. Returns the exit status: lost output is an error, which is not reported if the command has
 * failed anyway. */
static int close_stdout(int exit_status)
{
  bool flushed = fflush(stdout) == 0, written = flushed && !ferror(stdout);
  int reason = flushed ? 0 : errno;     /* the errno of an earlier write is not known */
  if (fclose(stdout) != 0 && written) { /* a network file system may report a failed write only now */
    written = false;
    reason = errno;
  }
  if (written || exit_status != 0) return exit_status;
  fprintf(stderr, "initsweep: cannot write to stdout%s%s\n", reason ? ": " : "", reason ? strerror(reason) : "");
  return ISW_FAILED;
}

static int run_command(int argc, char **argv)
{
  bool first = isw_cluster_is_first_process(); /* of the ranks of a launcher only the first prints */
  if (argc < 2) {
    if (!first) return ISW_BAD_INPUT;
    fprintf(stderr, "initsweep: give a command: ");
    for (size_t i = 0; isw_commands[i]; i++) fprintf(stderr, "%s%s", i ? ", " : "", isw_commands[i]->name);
    fprintf(stderr, "\n  `initsweep --help` shows all.\n");
    return ISW_BAD_INPUT;
  }
  if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
    if (first) isw_help_write(stdout, ISW_HELP_TEXT, isw_commands, NULL);
    return 0;
  }
  if (strcmp(argv[1], "--version") == 0) {
    if (first) isw_version_write(stdout);
    return 0;
  }
  const struct isw_command *command = isw_command_find(isw_commands, argv[1]);
  if (!command) return first ? isw_run_external(isw_commands, "initsweep", argv[1], argv + 1) : 0;
  /* only these divide their work among ranks: of the others each rank would do and write the same */
  bool on_all_ranks = command == &isw_command_run || command == &isw_command_gather;
  return first || on_all_ranks ? command->run(argc - 1, argv + 1) : 0;
}

int isw_commands_run(int argc, char **argv)
{
  occupy_closed_streams();
  isw_signals_catch(ISW_END_AT_ONCE, isw_cluster_is_first_process());
  setlocale(LC_NUMERIC, "C");  /* a library that was loaded may have set the user's */
  isw_exact_environment(NULL); /* what trains reports an error; the others need no exact arithmetic */
  return close_stdout(run_command(argc, argv));
}

/* ---- initsweep help ---- */

static const char *const format_names[] = {"text", "markdown", "scdoc",
                                           "bash", "zsh",      "fish"}; /* enum isw_help_format */
enum { FORMATS = sizeof format_names / sizeof *format_names };

static int handle(void *state, int code, const char *argument)
{
  enum isw_help_format *format = state;
  (void)code;
  for (size_t i = 0; i < FORMATS; i++)
    if (strcmp(argument, format_names[i]) == 0) {
      *format = (enum isw_help_format)i;
      return 0;
    }
  const char *nearest = isw_nearest_word(argument, format_names, FORMATS);
  return isw_usage_error("help", "--format must be text, markdown, scdoc, bash, zsh or fish, not '%s'%s%s%s", argument,
                         nearest ? "\n  did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
}

static int run(int argc, char **argv)
{
  enum isw_help_format format = ISW_HELP_TEXT;
  const char *name;
  int result;
  if (!isw_parse_options(&isw_command_help, argc, argv, handle, &format, &name, &result)) return result;
  const struct isw_command *command = name ? isw_command_find(isw_commands, name) : NULL;
  if (name && !command && format == ISW_HELP_TEXT)
    return isw_run_external(isw_commands, "initsweep help", name, (char *[]){NULL, (char[]){"--help"}, NULL});
  if (name && !command) return isw_command_unknown(isw_commands, "initsweep help", name);
  if (command && format != ISW_HELP_TEXT && format != ISW_HELP_SCDOC)
    return isw_usage_error("help", "--format %s covers all commands: leave out '%s'", format_names[format], name);
  isw_help_write(stdout, format, isw_commands, command);
  return 0;
}

static const struct isw_option options[] = {
    {.name = "format",
     .code = 'f',
     .argument = "FORMAT",
     .completion = ISW_COMPLETE_CHOICES,
     .choices = "text markdown scdoc bash zsh fish",
     .about = "text (default); markdown: the page docs/commands.md; scdoc: the source of a manual page; bash, zsh, "
              "fish: completion for that shell"},
    {0},
};
static const char *const examples[] = {"initsweep help run", "source <(initsweep help --format bash)",
                                       "initsweep help run --format scdoc | scdoc > initsweep-run.1", NULL};

const struct isw_command isw_command_help = {
    .name = "help",
    .argument = "[COMMAND]",
    .argument_about = "at most one command",
    .completion = ISW_COMPLETE_COMMANDS,
    .summary = "shows this overview, a command's options, manual pages and shell completions",
    .about = "Shows what the program does, or the options and examples of one command, as `initsweep COMMAND --help` "
             "does. Manual pages and shell completions are made from the same table; an installed program has them in "
             "their usual folders.",
    .options = options,
    .examples = examples,
    .run = run,
};
