/* initsweep help, and the program's own words: --help, --version and an unknown command. */
#include <stdio.h>
#include <string.h>
#include "initsweep/cluster.h"
#include "initsweep/commands.h"

static const char *const format_names[] = {"text", "markdown", "scdoc",
                                           "bash", "zsh",      "fish"}; /* enum isw_help_format */
enum { FORMATS = sizeof format_names / sizeof *format_names };

static int take(void *state, int code, const char *argument)
{
  enum isw_help_format *format = state;
  (void)code;
  for (size_t i = 0; i < FORMATS; i++)
    if (strcmp(argument, format_names[i]) == 0) {
      *format = (enum isw_help_format)i;
      return 0;
    }
  const char *nearest = isw_nearest_word(argument, format_names, FORMATS);
  return isw_usage_error("help", "--format wants text, markdown, scdoc, bash, zsh or fish, not '%s'%s%s%s", argument,
                         nearest ? "\n  did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
}

static int run(int argc, char **argv)
{
  enum isw_help_format format = ISW_HELP_TEXT;
  const char *name;
  int result;
  if (!isw_read_words(&isw_command_help, argc, argv, take, &format, &name, &result)) return result;
  const struct isw_command *command = name ? isw_command_find(name) : NULL;
  if (name && !command) return isw_command_unknown("initsweep help", name);
  if (command && format != ISW_HELP_TEXT && format != ISW_HELP_SCDOC)
    return isw_usage_error("help", "--format %s is of all commands together: leave out '%s'", format_names[format],
                           name);
  isw_help_write(stdout, format, command);
  return 0;
}

int isw_commands_run(int argc, char **argv)
{
  if (argc < 2) {
    if (!isw_cluster_is_first_process()) return ISW_BAD_INPUT;
    fprintf(stderr, "initsweep: give a command: ");
    for (size_t i = 0; isw_commands[i]; i++) fprintf(stderr, "%s%s", i ? ", " : "", isw_commands[i]->name);
    fprintf(stderr, "\n  `initsweep --help` shows all.\n");
    return ISW_BAD_INPUT;
  }
  if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
    if (isw_cluster_is_first_process()) isw_help_write(stdout, ISW_HELP_TEXT, NULL);
    return 0;
  }
  if (strcmp(argv[1], "--version") == 0) {
    if (isw_cluster_is_first_process()) isw_print_version();
    return 0;
  }
  const struct isw_command *command = isw_command_find(argv[1]);
  return command ? command->run(argc - 1, argv + 1) : isw_command_unknown("initsweep", argv[1]);
}

static const struct isw_option options[] = {
    {.name = "format",
     .code = 'f',
     .argument = "FORMAT",
     .offers = ISW_COMPLETE_WORDS,
     .words = "text markdown scdoc bash zsh fish",
     .about =
         "text (default); markdown: the page docs/commands.md; scdoc: the source of a manual page; bash, zsh, fish: "
         "completion for that shell"},
    {0},
};
static const char *const examples[] = {"initsweep help run", "source <(initsweep help --format bash)",
                                       "initsweep help run --format scdoc | scdoc > initsweep-run.1", NULL};

const struct isw_command isw_command_help = {
    .name = "help",
    .argument = "[COMMAND]",
    .wants = "one command at most",
    .offers = ISW_COMPLETE_COMMANDS,
    .summary = "this overview, a command's options, manual pages and shell completions",
    .about =
        "Shows what the program does, or the options and examples of one command, as `initsweep COMMAND --help` does. "
        "Manual pages and completions come from the same table; an installed program has them in their places.",
    .options = options,
    .examples = examples,
    .run = run,
};
