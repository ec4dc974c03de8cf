/* The completion script for bash. */
#include "console/console_internal.h"

static void write_completion(FILE *out, const struct isw_command *const *commands, enum isw_completion completion,
                             const char *choices)
{
  switch (completion) {
  case ISW_COMPLETE_NOTHING: fprintf(out, ":"); break;
  case ISW_COMPLETE_SWEEP: fprintf(out, "_initsweep_files '*.yaml' '*.yml'"); break;
  case ISW_COMPLETE_RESULT: fprintf(out, "_initsweep_files '*.h5'"); break;
  case ISW_COMPLETE_FILE: fprintf(out, "_initsweep_files '*'"); break;
  case ISW_COMPLETE_FOLDER: fprintf(out, "_initsweep_files"); break;
  case ISW_COMPLETE_CHOICES:
  case ISW_COMPLETE_TABLES:
  case ISW_COMPLETE_ROWS:
  case ISW_COMPLETE_SETTINGS:
  case ISW_COMPLETE_COMMANDS:
    if (completion == ISW_COMPLETE_SETTINGS) fprintf(out, "compopt -o nospace; ");
    fprintf(out, "_initsweep_choices '");
    isw_completion_write_choices(out, commands, completion, choices);
    fprintf(out, "'");
    break;
  }
}

void isw_completion_write_bash(FILE *out, const struct isw_command *const *commands)
{
  fprintf(out, "# bash completion of initsweep: made by `initsweep help --format bash`\n"
               "_initsweep_choices() { mapfile -t COMPREPLY < <(compgen -W \"$1\" -- \"$current\"); }\n\n"
               "# folders, and the files that match a pattern\n"
               "_initsweep_files() {\n"
               "    local name pattern\n"
               "    compopt -o filenames\n"
               "    while read -r name; do\n"
               "        [[ -d $name ]] && COMPREPLY+=(\"$name\") && continue\n"
               "        for pattern in \"$@\"; do\n"
               "            # shellcheck disable=SC2053 # a pattern\n"
               "            [[ $name == $pattern ]] && COMPREPLY+=(\"$name\") && break\n"
               "        done\n"
               "    done < <(compgen -f -- \"$current\")\n"
               "}\n\n"
               "_initsweep() {\n"
               "    local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}\n"
               "    COMPREPLY=()\n"
               "    if ((COMP_CWORD == 1)); then\n"
               "        _initsweep_choices '");
  isw_completion_write_choices(out, commands, ISW_COMPLETE_COMMANDS, NULL);
  fprintf(out, " --help --version'\n        return\n    fi\n    case ${COMP_WORDS[1]} in\n");
  for (const struct isw_command *const *row = commands; *row; row++) {
    const struct isw_command *command = *row;
    fprintf(out, "    %s)\n        case $before in\n", command->name);
    for (const struct isw_option *option = command->options; option->name; option++) {
      if (!option->argument) continue;
      if (option->letter)
        fprintf(out, "        -%c | --%s) ", option->code, option->name);
      else
        fprintf(out, "        --%s) ", option->name);
      write_completion(out, commands, option->completion, option->choices);
      fprintf(out, " ;;\n");
    }
    fprintf(out, "        *)\n            if [[ $current == -* ]]; then\n                _initsweep_choices '");
    for (const struct isw_option *option = command->options; option->name; option++)
      fprintf(out, "--%s ", option->name);
    fprintf(out, "--help'\n            else\n                ");
    write_completion(out, commands, command->completion, command->choices);
    fprintf(out, "\n            fi\n            ;;\n        esac\n        ;;\n");
  }
  fprintf(out, "    esac\n}\ncomplete -F _initsweep initsweep\n");
}
