/* Manual pages in the language of scdoc(5): one for the program and one for each command. */
#include <string.h>
#include "console/console_internal.h"

static void write_text(FILE *out, const char *text)
{
  for (; *text; text++) {
    if (strchr("\\*_`<>[]#", *text)) fputc('\\', out);
    fputc(*text, out);
  }
}

static void write_facts(FILE *out, const char *title, const struct isw_help_fact *facts)
{
  fprintf(out, "# %s\n\n", title);
  for (; facts->name; facts++) {
    fputc('*', out);
    write_text(out, facts->name);
    fprintf(out, "*\n\t");
    write_text(out, facts->meaning);
    fprintf(out, "\n\n");
  }
}

static void write_end(FILE *out)
{
  write_facts(out, "EXIT STATUS", isw_exit_statuses);
  write_facts(out, "ENVIRONMENT", isw_environment_variables);
}

static void write_program(FILE *out, const struct isw_command *const *commands)
{
  fprintf(out,
          "initsweep(1) \"initsweep %s\"\n\n# NAME\n\ninitsweep - sweeps of very many small neural networks\n\n"
          "# SYNOPSIS\n\n*initsweep* _COMMAND_ ...\n\n# DESCRIPTION\n\n",
          isw_version());
  write_text(out, isw_program_about);
  fprintf(out, "\n\n# COMMANDS\n\n");
  for (const struct isw_command *const *command = commands; *command; command++) {
    fprintf(out, "*%s*\n\t", (*command)->name);
    write_text(out, (*command)->summary);
    fprintf(out, "\n\n");
  }
  fprintf(out, "Any other _COMMAND_ runs the program initsweep-_COMMAND_ on PATH.\n\n");
  write_facts(out, "COMMANDS OF THE PYTHON LIBRARY", isw_python_commands);
  write_end(out);
  fprintf(out, "# SEE ALSO\n\n");
  for (size_t i = 0; commands[i]; i++)
    fprintf(out, "*initsweep-%s*(1)%s", commands[i]->name, commands[i + 1] ? ", " : "\n");
}

static void write_synopsis(FILE *out, const struct isw_command *command)
{
  fprintf(out, "\n\n# SYNOPSIS\n\n*initsweep %s* ", command->name);
  if (command->argument) write_text(out, command->argument);
  for (const struct isw_option *option = command->options; option->name; option++) {
    struct isw_text text = {0};
    if (isw_text_add_option_usage(&text, option) == ISW_OK) {
      fputc(' ', out);
      write_text(out, text.bytes);
    }
    isw_text_clear(&text);
  }
}

static void write_options(FILE *out, const struct isw_command *command)
{
  fprintf(out, "\n\n# OPTIONS\n\n");
  for (const struct isw_option *option = command->options; option->name; option++) {
    if (option->letter) fprintf(out, "*-%c*, ", option->code);
    fprintf(out, "*--%s*", option->name);
    if (option->argument) {
      fputc(' ', out);
      write_text(out, option->argument);
    }
    fprintf(out, "\n\t");
    write_text(out, option->about);
    fprintf(out, "\n\n");
  }
  fprintf(out, "*-h*, *--help*\n\tthe options and examples\n\n");
}

static void write_command(FILE *out, const struct isw_command *command)
{
  fprintf(out, "initsweep-%s(1) \"initsweep %s\"\n\n# NAME\n\ninitsweep-%s - ", command->name, isw_version(),
          command->name);
  write_text(out, command->summary);
  write_synopsis(out, command);
  fprintf(out, "\n\n# DESCRIPTION\n\n");
  write_text(out, command->about);
  write_options(out, command);
  fprintf(out, "# EXAMPLES\n\n```\n");
  for (const char *const *example = command->examples; *example; example++) fprintf(out, "%s\n", *example);
  fprintf(out, "```\n\n");
  write_end(out);
  fprintf(out, "# SEE ALSO\n\n*initsweep*(1)\n");
}

void isw_help_write_man(FILE *out, const struct isw_command *const *commands, const struct isw_command *command)
{
  if (command)
    write_command(out, command);
  else
    write_program(out, commands);
}
