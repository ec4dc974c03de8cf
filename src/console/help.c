/* Help made from the rows of main.c's table: for terminals, as manual pages, and as completions for shells. */
#include <stdlib.h>
#include <string.h>
#include "initsweep/cluster.h"
#include "initsweep/console.h"

enum { NAMES_MAX = 64 };

static const char about[] =
    "How does the way a neural network starts decide what it learns? Trains every network of a sweep file's grid and "
    "leaves one HDF5 file.";

const struct isw_command *isw_command_find(const char *name)
{
  for (const struct isw_command *const *command = isw_commands; *command; command++)
    if (strcmp((*command)->name, name) == 0) return *command;
  return NULL;
}

int isw_command_unknown(const char *start, const char *name)
{
  const char *names[NAMES_MAX];
  size_t count = 0;
  for (; isw_commands[count] && count < NAMES_MAX; count++) names[count] = isw_commands[count]->name;
  const char *nearest = isw_nearest_word(name, names, count);
  if (!isw_cluster_is_first_process()) return ISW_BAD_INPUT;
  fprintf(stderr, "%s: unknown command '%s'\n  ", start, name);
  if (nearest) fprintf(stderr, "did you mean '%s'? ", nearest);
  fprintf(stderr, "`initsweep --help` shows all.\n");
  return ISW_BAD_INPUT;
}

static void write_usage(FILE *out, const struct isw_command *command)
{
  fprintf(out, "%s", command->name);
  if (command->argument) fprintf(out, " %s", command->argument);
  for (const struct isw_option *option = command->options; option->name; option++) {
    struct isw_text text = {0};
    if (isw_add_option_usage(&text, option) == ISW_OK) fprintf(out, " %s", text.bytes);
    isw_text_clear(&text);
  }
}

static void write_overview(FILE *out)
{
  size_t width = isw_text_width(), widest = 0;
  for (const struct isw_command *const *command = isw_commands; *command; command++)
    if (strlen((*command)->name) > widest) widest = strlen((*command)->name);
  fprintf(out, "usage: initsweep COMMAND ...\n\n");
  isw_write_wrapped(out, about, 0, 0, width);
  fputc('\n', out);
  for (const struct isw_command *const *command = isw_commands; *command; command++) {
    fprintf(out, "  %-*s ", (int)widest, (*command)->name);
    isw_write_wrapped(out, (*command)->summary, widest + 3, widest + 3, width);
  }
  fprintf(out, "\n"
               "  --version   the version, how it was built, and its libraries' versions\n"
               "  --help      this; `initsweep COMMAND --help` shows a command's options and examples\n"
               "\n"
               "examples:\n"
               "  initsweep new first               # a sweep file to start from: first.yaml\n"
               "  mpirun -n 2 initsweep run first.yaml\n"
               "  initsweep show first.h5\n");
}

static const struct {
  int status;
  const char *meaning;
} exit_statuses[] = {{ISW_OK, "done"},
                     {ISW_FAILED, "failed"},
                     {ISW_BAD_INPUT, "bad usage or bad input"},
                     {ISW_INTERRUPTED, "interrupted: the same command goes on"}};
enum { EXIT_STATUSES = sizeof exit_statuses / sizeof *exit_statuses };

static const struct {
  const char *name, *meaning;
} variables[] = {
    {"OMP_NUM_THREADS", "worker threads of a rank, where --threads does not say"},
    {"NO_COLOR", "where it is not empty, nothing on a terminal has colour"},
    {"COLUMNS", "the terminal's width, where it is a number; else the terminal says it"},
    {"INITSWEEP_KERNELS",
     "portable, avx2, avx512 or advsimd in place of the best for this machine: the bits are the same"},
};
enum { VARIABLES = sizeof variables / sizeof *variables };

/* ---- Markdown ---- */

static void write_markdown(FILE *out)
{
  fprintf(out, "# Commands\n\nThis page is generated from the program's table of commands: "
               "`initsweep help --format markdown`.\n");
  for (const struct isw_command *const *row = isw_commands; *row; row++) {
    const struct isw_command *command = *row;
    fprintf(out, "\n## initsweep %s\n\n```text\ninitsweep ", command->name);
    write_usage(out, command);
    fprintf(out, "\n```\n\n%s\n", command->about);
    if (command->options->name) fprintf(out, "\n| option | what |\n|---|---|\n");
    for (const struct isw_option *option = command->options; option->name; option++) {
      fprintf(out, "| `");
      if (option->letter) fprintf(out, "-%c`, `", option->code);
      fprintf(out, "--%s%s%s`%s%s | %s |\n", option->name, option->argument ? " " : "",
              option->argument ? option->argument : "", option->required ? " (must be given)" : "",
              option->repeats ? " (any number of times)" : "", option->about);
    }
    fprintf(out, "\n```sh\n");
    for (const char *const *example = command->examples; *example; example++) fprintf(out, "%s\n", *example);
    fprintf(out, "```\n");
  }
  fprintf(out, "\n## Exit status\n\n| status | meaning |\n|---|---|\n");
  for (size_t i = 0; i < EXIT_STATUSES; i++)
    fprintf(out, "| %d | %s |\n", exit_statuses[i].status, exit_statuses[i].meaning);
  fprintf(out, "\n## Environment\n\n| variable | meaning |\n|---|---|\n");
  for (size_t i = 0; i < VARIABLES; i++) fprintf(out, "| `%s` | %s |\n", variables[i].name, variables[i].meaning);
}

/* ---- manual pages, in scdoc's language ---- */

static void write_scdoc_text(FILE *out, const char *text)
{
  for (; *text; text++) {
    if (strchr("\\*_`<>[]#", *text)) fputc('\\', out);
    fputc(*text, out);
  }
}

static void write_scdoc_tail(FILE *out)
{
  fprintf(out, "# EXIT STATUS\n\n");
  for (size_t i = 0; i < EXIT_STATUSES; i++)
    fprintf(out, "*%d*\n\t%s\n\n", exit_statuses[i].status, exit_statuses[i].meaning);
  fprintf(out, "# ENVIRONMENT\n\n");
  for (size_t i = 0; i < VARIABLES; i++) {
    fputc('*', out);
    write_scdoc_text(out, variables[i].name);
    fprintf(out, "*\n\t");
    write_scdoc_text(out, variables[i].meaning);
    fprintf(out, "\n\n");
  }
}

static void write_scdoc_overview(FILE *out)
{
  fprintf(out,
          "initsweep(1) \"initsweep %s\"\n\n# NAME\n\ninitsweep - sweeps of very many small neural networks\n\n"
          "# SYNOPSIS\n\n*initsweep* _COMMAND_ ...\n\n# DESCRIPTION\n\n",
          isw_version());
  write_scdoc_text(out, about);
  fprintf(out, "\n\n# COMMANDS\n\n");
  for (const struct isw_command *const *command = isw_commands; *command; command++) {
    fprintf(out, "*%s*\n\t", (*command)->name);
    write_scdoc_text(out, (*command)->summary);
    fprintf(out, "\n\n");
  }
  write_scdoc_tail(out);
  fprintf(out, "# SEE ALSO\n\n");
  for (size_t i = 0; isw_commands[i]; i++)
    fprintf(out, "*initsweep-%s*(1)%s", isw_commands[i]->name, isw_commands[i + 1] ? ", " : "\n");
}

static void write_scdoc(FILE *out, const struct isw_command *command)
{
  fprintf(out, "initsweep-%s(1) \"initsweep %s\"\n\n# NAME\n\ninitsweep-%s - ", command->name, isw_version(),
          command->name);
  write_scdoc_text(out, command->summary);
  fprintf(out, "\n\n# SYNOPSIS\n\n*initsweep %s* ", command->name);
  if (command->argument) write_scdoc_text(out, command->argument);
  for (const struct isw_option *option = command->options; option->name; option++) {
    struct isw_text text = {0};
    if (isw_add_option_usage(&text, option) == ISW_OK) {
      fputc(' ', out);
      write_scdoc_text(out, text.bytes);
    }
    isw_text_clear(&text);
  }
  fprintf(out, "\n\n# DESCRIPTION\n\n");
  write_scdoc_text(out, command->about);
  fprintf(out, "\n\n# OPTIONS\n\n");
  for (const struct isw_option *option = command->options; option->name; option++) {
    if (option->letter) fprintf(out, "*-%c*, ", option->code);
    fprintf(out, "*--%s*", option->name);
    if (option->argument) {
      fputc(' ', out);
      write_scdoc_text(out, option->argument);
    }
    fprintf(out, "\n\t");
    write_scdoc_text(out, option->about);
    fprintf(out, "\n\n");
  }
  fprintf(out, "*-h*, *--help*\n\tthe options and examples\n\n# EXAMPLES\n\n```\n");
  for (const char *const *example = command->examples; *example; example++) fprintf(out, "%s\n", *example);
  fprintf(out, "```\n\n");
  write_scdoc_tail(out);
  fprintf(out, "# SEE ALSO\n\n*initsweep*(1)\n");
}

/* ---- shells ---- */

/* The words that are offered for an argument, each before `between`. */
static void write_words(FILE *out, enum isw_completion offers, const char *words, const char *between)
{
  size_t count, written = 0;
  const struct isw_table_view *tables = isw_tables(&count);
  const char *path;
  switch (offers) {
  case ISW_COMPLETE_WORDS:
    for (; *words; words += strspn(words, " ")) {
      size_t length = strcspn(words, " ");
      fprintf(out, "%s%.*s", written++ ? between : "", (int)length, words);
      words += length;
    }
    break;
  case ISW_COMPLETE_TABLES:
    for (size_t i = 0; i < count; i++) fprintf(out, "%s%s", written++ ? between : "", tables[i].name);
    fprintf(out, "%ssettings", between);
    break;
  case ISW_COMPLETE_ROWS:
    for (size_t i = 0; i < count; i++)
      for (size_t row = 0; strcmp(tables[i].name, words) == 0 && row < tables[i].count(); row++)
        fprintf(out, "%s%s", written++ ? between : "", tables[i].row(row)->name);
    break;
  case ISW_COMPLETE_SETTINGS:
    for (size_t i = 0; (path = isw_sweep_setting_path(i)) != NULL; i++)
      fprintf(out, "%s%s=", written++ ? between : "", path);
    break;
  case ISW_COMPLETE_COMMANDS:
    for (size_t i = 0; isw_commands[i]; i++) fprintf(out, "%s%s", written++ ? between : "", isw_commands[i]->name);
    break;
  case ISW_COMPLETE_NOTHING:
  case ISW_COMPLETE_SWEEP:
  case ISW_COMPLETE_RESULT:
  case ISW_COMPLETE_FILE:
  case ISW_COMPLETE_FOLDER: break;
  }
}

static void write_bash_offer(FILE *out, enum isw_completion offers, const char *words)
{
  switch (offers) {
  case ISW_COMPLETE_NOTHING: fprintf(out, ":"); break;
  case ISW_COMPLETE_SWEEP: fprintf(out, "_initsweep_files '*.yaml' '*.yml'"); break;
  case ISW_COMPLETE_RESULT: fprintf(out, "_initsweep_files '*.h5'"); break;
  case ISW_COMPLETE_FILE: fprintf(out, "_initsweep_files '*'"); break;
  case ISW_COMPLETE_FOLDER: fprintf(out, "_initsweep_files"); break;
  case ISW_COMPLETE_WORDS:
  case ISW_COMPLETE_TABLES:
  case ISW_COMPLETE_ROWS:
  case ISW_COMPLETE_SETTINGS:
  case ISW_COMPLETE_COMMANDS:
    if (offers == ISW_COMPLETE_SETTINGS) fprintf(out, "compopt -o nospace; ");
    fprintf(out, "_initsweep_words '");
    write_words(out, offers, words, " ");
    fprintf(out, "'");
    break;
  }
}

static void write_bash(FILE *out)
{
  fprintf(out, "# bash completion of initsweep: `initsweep help --format bash` made it\n"
               "_initsweep_words() { mapfile -t COMPREPLY < <(compgen -W \"$1\" -- \"$current\"); }\n\n"
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
               "        _initsweep_words '");
  write_words(out, ISW_COMPLETE_COMMANDS, NULL, " ");
  fprintf(out, " --help --version'\n        return\n    fi\n    case ${COMP_WORDS[1]} in\n");
  for (const struct isw_command *const *row = isw_commands; *row; row++) {
    const struct isw_command *command = *row;
    fprintf(out, "    %s)\n        case $before in\n", command->name);
    for (const struct isw_option *option = command->options; option->name; option++) {
      if (!option->argument) continue;
      if (option->letter)
        fprintf(out, "        -%c | --%s) ", option->code, option->name);
      else
        fprintf(out, "        --%s) ", option->name);
      write_bash_offer(out, option->offers, option->words);
      fprintf(out, " ;;\n");
    }
    fprintf(out, "        *)\n            if [[ $current == -* ]]; then\n                _initsweep_words '");
    for (const struct isw_option *option = command->options; option->name; option++)
      fprintf(out, "--%s ", option->name);
    fprintf(out, "--help'\n            else\n                ");
    write_bash_offer(out, command->offers, command->words);
    fprintf(out, "\n            fi\n            ;;\n        esac\n        ;;\n");
  }
  fprintf(out, "    esac\n}\ncomplete -F _initsweep initsweep\n");
}

/* Within single quotes of a shell; zsh's _arguments takes brackets and colons for its own. */
static void write_quoted(FILE *out, const char *text, bool zsh)
{
  for (; *text; text++) {
    if (*text == '\'')
      fputs("'\\''", out);
    else
      fprintf(out, zsh && strchr("[]:\\", *text) ? "\\%c" : "%c", *text);
  }
}

static void write_zsh_offer(FILE *out, enum isw_completion offers, const char *words)
{
  switch (offers) {
  case ISW_COMPLETE_NOTHING: fprintf(out, "( )"); break;
  case ISW_COMPLETE_SWEEP: fprintf(out, "_files -g \"*.(yaml|yml)\""); break;
  case ISW_COMPLETE_RESULT: fprintf(out, "_files -g \"*.h5\""); break;
  case ISW_COMPLETE_FILE: fprintf(out, "_files"); break;
  case ISW_COMPLETE_FOLDER: fprintf(out, "_files -/"); break;
  case ISW_COMPLETE_SETTINGS: fprintf(out, "{compadd -S \"\" -- "); break;
  case ISW_COMPLETE_WORDS:
  case ISW_COMPLETE_TABLES:
  case ISW_COMPLETE_ROWS:
  case ISW_COMPLETE_COMMANDS: fprintf(out, "("); break;
  }
  write_words(out, offers, words, " ");
  if (offers == ISW_COMPLETE_SETTINGS)
    fprintf(out, "}");
  else if (offers >= ISW_COMPLETE_WORDS)
    fprintf(out, ")");
}

static void write_zsh(FILE *out)
{
  fprintf(out, "#compdef initsweep\n# zsh completion of initsweep: `initsweep help --format zsh` made it\n"
               "_initsweep() {\n  local -a commands=(\n");
  for (const struct isw_command *const *command = isw_commands; *command; command++) {
    fprintf(out, "    '%s:", (*command)->name);
    write_quoted(out, (*command)->summary, true);
    fprintf(out, "'\n");
  }
  fprintf(out, "  )\n  if (( CURRENT == 2 )); then\n    _describe -t commands command commands\n    return\n  fi\n"
               "  shift words\n  (( CURRENT-- ))\n  case $words[1] in\n");
  for (const struct isw_command *const *row = isw_commands; *row; row++) {
    const struct isw_command *command = *row;
    fprintf(out, "  %s)\n    _arguments '(- *)'{-h,--help}'[options and examples]'", command->name);
    for (const struct isw_option *option = command->options; option->name; option++) {
      fprintf(out, " \\\n      ");
      if (option->letter)
        fprintf(out, "'(-%c --%s)'{-%c,--%s}'", option->code, option->name, option->code, option->name);
      else
        fprintf(out, "'%s--%s", option->repeats ? "*" : "", option->name);
      fputc('[', out);
      write_quoted(out, option->about, true);
      fputc(']', out);
      if (option->argument) {
        fputc(':', out);
        write_quoted(out, option->argument, true);
        fputc(':', out);
        write_zsh_offer(out, option->offers, option->words);
      }
      fputc('\'', out);
    }
    if (command->argument) {
      fprintf(out, " \\\n      '%s:%s:", command->argument[0] == '[' ? "1:" : "1", command->wants);
      write_zsh_offer(out, command->offers, command->words);
      fputc('\'', out);
    }
    fprintf(out, "\n    ;;\n");
  }
  fprintf(out, "  esac\n}\n_initsweep \"$@\"\n");
}

static void write_fish_offer(FILE *out, enum isw_completion offers, const char *words)
{
  switch (offers) {
  case ISW_COMPLETE_NOTHING: break;
  case ISW_COMPLETE_SWEEP: fprintf(out, " -k -a '(__fish_complete_suffix .yaml)'"); break;
  case ISW_COMPLETE_RESULT: fprintf(out, " -k -a '(__fish_complete_suffix .h5)'"); break;
  case ISW_COMPLETE_FILE: fprintf(out, " -F"); break;
  case ISW_COMPLETE_FOLDER: fprintf(out, " -a '(__fish_complete_directories)'"); break;
  case ISW_COMPLETE_WORDS:
  case ISW_COMPLETE_TABLES:
  case ISW_COMPLETE_ROWS:
  case ISW_COMPLETE_SETTINGS:
  case ISW_COMPLETE_COMMANDS:
    fprintf(out, " -a '");
    write_words(out, offers, words, " ");
    fprintf(out, "'");
    break;
  }
}

static void write_fish(FILE *out)
{
  fprintf(out, "# fish completion of initsweep: `initsweep help --format fish` made it\n"
               "complete -c initsweep -f\n"
               "complete -c initsweep -n __fish_use_subcommand -l version -d 'the version and how it was built'\n"
               "complete -c initsweep -s h -l help -d 'options and examples'\n");
  for (const struct isw_command *const *row = isw_commands; *row; row++) {
    const struct isw_command *command = *row;
    fprintf(out, "complete -c initsweep -n __fish_use_subcommand -a %s -d '", command->name);
    write_quoted(out, command->summary, false);
    fprintf(out, "'\n");
    if (command->argument) {
      fprintf(out, "complete -c initsweep -n '__fish_seen_subcommand_from %s'", command->name);
      write_fish_offer(out, command->offers, command->words);
      fprintf(out, "\n");
    }
    for (const struct isw_option *option = command->options; option->name; option++) {
      fprintf(out, "complete -c initsweep -n '__fish_seen_subcommand_from %s' -l %s", command->name, option->name);
      if (option->letter) fprintf(out, " -s %c", option->code);
      if (option->argument) fprintf(out, " -x");
      if (option->argument) write_fish_offer(out, option->offers, option->words);
      fprintf(out, " -d '");
      write_quoted(out, option->about, false);
      fprintf(out, "'\n");
    }
  }
}

void isw_help_write(FILE *out, enum isw_help_format format, const struct isw_command *command)
{
  switch (format) {
  case ISW_HELP_TEXT:
    if (command)
      isw_write_help(out, command);
    else
      write_overview(out);
    break;
  case ISW_HELP_SCDOC:
    if (command)
      write_scdoc(out, command);
    else
      write_scdoc_overview(out);
    break;
  case ISW_HELP_MARKDOWN: write_markdown(out); break;
  case ISW_HELP_BASH: write_bash(out); break;
  case ISW_HELP_ZSH: write_zsh(out); break;
  case ISW_HELP_FISH: write_fish(out); break;
  }
}
