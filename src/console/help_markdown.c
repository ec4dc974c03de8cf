/* The page docs/commands.md: all commands, their options and examples, exit statuses and environment variables. */
#include "console/console_internal.h"

static void write_usage(FILE *out, const struct isw_command *command)
{
  fprintf(out, "%s", command->name);
  if (command->argument) fprintf(out, " %s", command->argument);
  for (const struct isw_option *option = command->options; option->name; option++) {
    struct isw_text text = {0};
    if (isw_text_add_option_usage(&text, option) == ISW_OK) fprintf(out, " %s", text.bytes);
    isw_text_clear(&text);
  }
}

static void write_command(FILE *out, const struct isw_command *command)
{
  fprintf(out, "\n## initsweep %s\n\n```text\ninitsweep ", command->name);
  write_usage(out, command);
  fprintf(out, "\n```\n\n%s\n", command->about);
  if (command->options->name) fprintf(out, "\n| option | meaning |\n|---|---|\n");
  for (const struct isw_option *option = command->options; option->name; option++) {
    fprintf(out, "| `");
    if (option->letter) fprintf(out, "-%c`, `", option->code);
    fprintf(out, "--%s%s%s`%s%s | %s |\n", option->name, option->argument ? " " : "",
            option->argument ? option->argument : "", option->required ? " (required)" : "",
            option->repeats ? " (any number of times)" : "", option->about);
  }
  fprintf(out, "\n```sh\n");
  for (const char *const *example = command->examples; *example; example++) fprintf(out, "%s\n", *example);
  fprintf(out, "```\n");
}

void isw_help_write_markdown(FILE *out, const struct isw_command *const *commands)
{
  fprintf(out, "# Commands\n\nThis page is generated from the program's table of commands: "
               "`initsweep help --format markdown`.\n");
  for (const struct isw_command *const *command = commands; *command; command++) write_command(out, *command);
  fprintf(out, "\n## Commands of the Python library\n\nAny other `initsweep NAME` runs the program `initsweep-NAME` on "
               "PATH. The [Python library](python.md) has these; `initsweep NAME --help` shows their options.\n\n"
               "| command | purpose |\n|---|---|\n");
  for (const struct isw_help_fact *fact = isw_python_commands; fact->name; fact++)
    fprintf(out, "| `initsweep %s` | %s |\n", fact->name, fact->meaning);
  fprintf(out, "\n## Exit status\n\n| status | meaning |\n|---|---|\n");
  for (const struct isw_help_fact *fact = isw_exit_statuses; fact->name; fact++)
    fprintf(out, "| %s | %s |\n", fact->name, fact->meaning);
  fprintf(out, "\n## Environment\n\n| variable | meaning |\n|---|---|\n");
  for (const struct isw_help_fact *fact = isw_environment_variables; fact->name; fact++)
    fprintf(out, "| `%s` | %s |\n", fact->name, fact->meaning);
}
