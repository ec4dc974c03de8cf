/* The completion script for zsh. */
#include "console/console_internal.h"

static void write_completion(FILE *out, const struct isw_command *const *commands, enum isw_completion completion,
                             const char *choices)
{
  switch (completion) {
  case ISW_COMPLETE_NOTHING: fprintf(out, "( )"); break;
  case ISW_COMPLETE_SWEEP: fprintf(out, "_files -g \"*.(yaml|yml)\""); break;
  case ISW_COMPLETE_RESULT: fprintf(out, "_files -g \"*.h5\""); break;
  case ISW_COMPLETE_FILE: fprintf(out, "_files"); break;
  case ISW_COMPLETE_FOLDER: fprintf(out, "_files -/"); break;
  case ISW_COMPLETE_SETTINGS: fprintf(out, "{compadd -S \"\" -- "); break;
  case ISW_COMPLETE_CHOICES:
  case ISW_COMPLETE_TABLES:
  case ISW_COMPLETE_ROWS:
  case ISW_COMPLETE_COMMANDS: fprintf(out, "("); break;
  }
  isw_completion_write_choices(out, commands, completion, choices);
  if (completion == ISW_COMPLETE_SETTINGS)
    fprintf(out, "}");
  else if (completion >= ISW_COMPLETE_CHOICES)
    fprintf(out, ")");
}

void isw_completion_write_zsh(FILE *out, const struct isw_command *const *commands)
{
  fprintf(out, "#compdef initsweep\n# zsh completion of initsweep: made by `initsweep help --format zsh`\n"
               "_initsweep() {\n  local -a commands=(\n");
  for (const struct isw_command *const *command = commands; *command; command++) {
    fprintf(out, "    '%s:", (*command)->name);
    isw_completion_write_quoted(out, (*command)->summary, true);
    fprintf(out, "'\n");
  }
  fprintf(out, "  )\n  if (( CURRENT == 2 )); then\n    _describe -t commands command commands\n    return\n  fi\n"
               "  shift words\n  (( CURRENT-- ))\n  case $words[1] in\n");
  for (const struct isw_command *const *row = commands; *row; row++) {
    const struct isw_command *command = *row;
    fprintf(out, "  %s)\n    _arguments '(- *)'{-h,--help}'[options and examples]'", command->name);
    for (const struct isw_option *option = command->options; option->name; option++) {
      fprintf(out, " \\\n      ");
      if (option->letter)
        fprintf(out, "'(-%c --%s)'{-%c,--%s}'", option->code, option->name, option->code, option->name);
      else
        fprintf(out, "'%s--%s", option->repeats ? "*" : "", option->name);
      fputc('[', out);
      isw_completion_write_quoted(out, option->about, true);
      fputc(']', out);
      if (option->argument) {
        fputc(':', out);
        isw_completion_write_quoted(out, option->argument, true);
        fputc(':', out);
        write_completion(out, commands, option->completion, option->choices);
      }
      fputc('\'', out);
    }
    if (command->argument) {
      fprintf(out, " \\\n      '%s:%s:", command->argument[0] == '[' ? "1:" : "1", command->argument_about);
      write_completion(out, commands, command->completion, command->choices);
      fputc('\'', out);
    }
    fprintf(out, "\n    ;;\n");
  }
  fprintf(out, "  esac\n}\n_initsweep \"$@\"\n");
}
