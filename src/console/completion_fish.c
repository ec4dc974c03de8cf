/* The completion script for fish. */
#include "console/console_internal.h"

static void write_completion(FILE *out, const struct isw_command *const *commands, enum isw_completion completion,
                             const char *choices)
{
  switch (completion) {
  case ISW_COMPLETE_NOTHING: break;
  case ISW_COMPLETE_SWEEP: fprintf(out, " -k -a '(__fish_complete_suffix .yaml)'"); break;
  case ISW_COMPLETE_RESULT: fprintf(out, " -k -a '(__fish_complete_suffix .h5)'"); break;
  case ISW_COMPLETE_FILE: fprintf(out, " -F"); break;
  case ISW_COMPLETE_FOLDER: fprintf(out, " -a '(__fish_complete_directories)'"); break;
  case ISW_COMPLETE_CHOICES:
  case ISW_COMPLETE_TABLES:
  case ISW_COMPLETE_ROWS:
  case ISW_COMPLETE_SETTINGS:
  case ISW_COMPLETE_COMMANDS:
    fprintf(out, " -a '");
    isw_completion_write_choices(out, commands, completion, choices);
    fprintf(out, "'");
    break;
  }
}

void isw_completion_write_fish(FILE *out, const struct isw_command *const *commands)
{
  fprintf(out, "# fish completion of initsweep: made by `initsweep help --format fish`\n"
               "complete -c initsweep -f\n"
               "complete -c initsweep -n __fish_use_subcommand -l version -d 'the version and how it was built'\n"
               "complete -c initsweep -s h -l help -d 'options and examples'\n");
  for (const struct isw_command *const *row = commands; *row; row++) {
    const struct isw_command *command = *row;
    fprintf(out, "complete -c initsweep -n __fish_use_subcommand -a %s -d '", command->name);
    isw_completion_write_quoted(out, command->summary, false);
    fprintf(out, "'\n");
    if (command->argument) {
      fprintf(out, "complete -c initsweep -n '__fish_seen_subcommand_from %s'", command->name);
      write_completion(out, commands, command->completion, command->choices);
      fprintf(out, "\n");
    }
    for (const struct isw_option *option = command->options; option->name; option++) {
      fprintf(out, "complete -c initsweep -n '__fish_seen_subcommand_from %s' -l %s", command->name, option->name);
      if (option->letter) fprintf(out, " -s %c", option->code);
      if (option->argument) fprintf(out, " -x");
      if (option->argument) write_completion(out, commands, option->completion, option->choices);
      fprintf(out, " -d '");
      isw_completion_write_quoted(out, option->about, false);
      fprintf(out, "'\n");
    }
  }
}
