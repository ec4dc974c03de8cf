/* Help for a terminal: of the program and of one command, wrapped to the terminal's width. */
#include <string.h>
#include "console/console_internal.h"

void isw_help_write_overview(FILE *out, const struct isw_command *const *commands)
{
  size_t width = isw_text_width(), widest = 0;
  for (const struct isw_command *const *command = commands; *command; command++)
    if (strlen((*command)->name) > widest) widest = strlen((*command)->name);
  fprintf(out, "usage: initsweep COMMAND ...\n\n");
  isw_write_wrapped(out, isw_program_about, 0, 0, width);
  fputc('\n', out);
  for (const struct isw_command *const *command = commands; *command; command++) {
    fprintf(out, "  %-*s ", (int)widest, (*command)->name);
    isw_write_wrapped(out, (*command)->summary, widest + 3, widest + 3, width);
  }
  fprintf(out, "\nof the Python library:\n");
  for (const struct isw_help_fact *fact = isw_python_commands; fact->name; fact++) {
    fprintf(out, "  %-*s ", (int)widest, fact->name);
    isw_write_wrapped(out, fact->meaning, widest + 3, widest + 3, width);
  }
  fprintf(out, "\n"
               "  NAME        any other NAME runs the program initsweep-NAME on PATH\n"
               "  --version   the version, how it was built, and its libraries' versions\n"
               "  --help      this text; `initsweep COMMAND --help` shows a command's options and examples\n"
               "\n"
               "examples:\n"
               "  initsweep new first               # a sweep file to start from: first.yaml\n"
               "  mpirun -n 2 initsweep run first.yaml\n"
               "  initsweep show first.h5\n");
}

/* Text in brackets is not broken across lines. */
static void write_usage(FILE *out, const struct isw_command *command, size_t width)
{
  size_t column = (size_t)fprintf(out, "usage: initsweep %s", command->name), indent = column;
  if (command->argument) column += (size_t)fprintf(out, " %s", command->argument);
  for (const struct isw_option *o = command->options; o->name; o++) {
    struct isw_text text = {0};
    if (isw_text_add_option_usage(&text, o) == ISW_OK) {
      if (column + 1 + text.length > width) column = (size_t)fprintf(out, "\n%*s", (int)indent, "") - 1;
      column += (size_t)fprintf(out, " %s", text.bytes);
    }
    isw_text_clear(&text);
  }
  fputc('\n', out);
}

/* Width of "-o, --output OUT" */
static int name_width(const struct isw_option *o)
{
  return (int)(strlen(o->name) + (o->letter ? 4 : 0) + 2 + (o->argument ? strlen(o->argument) + 1 : 0));
}

void isw_help_write_command(FILE *out, const struct isw_command *command)
{
  size_t width = isw_text_width();
  static const struct isw_option help = {.name = "help", .code = 'h', .letter = true, .about = "this text"};
  int widest = name_width(&help);
  for (const struct isw_option *o = command->options; o->name; o++)
    if (name_width(o) > widest) widest = name_width(o);
  write_usage(out, command, width);
  fputc('\n', out);
  isw_write_wrapped(out, command->about, 0, 0, width);
  fprintf(out, "\noptions:\n");
  for (const struct isw_option *o = command->options;; o++) {
    const struct isw_option *shown = o->name ? o : &help;
    fputs("  ", out);
    if (shown->letter) fprintf(out, "-%c, ", shown->code);
    fprintf(out, "--%s%s%s%*s", shown->name, shown->argument ? " " : "", shown->argument ? shown->argument : "",
            widest - name_width(shown) + 3, "");
    isw_write_wrapped(out, shown->about, (size_t)widest + 5, (size_t)widest + 5, width);
    if (!o->name) break;
  }
  fprintf(out, "\nexample%s:\n", command->examples[0] && command->examples[1] ? "s" : "");
  for (const char *const *example = command->examples; *example; example++) fprintf(out, "  %s\n", *example);
}
