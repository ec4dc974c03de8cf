/* The words of a command line by the rows of the commands: getopt's tables, messages and help are made from them. */
#include "initsweep/console.h"
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "initsweep/cluster.h"

enum { OPTIONS_MAX = 32, WIDEST = 100, NARROWEST = 40, HELP = 'h' };

int isw_usage_error(const char *command, const char *format, ...)
{
  if (!isw_cluster_is_first_process()) return ISW_BAD_INPUT;
  va_list list;
  va_start(list, format);
  fprintf(stderr, "initsweep %s: ", command);
  vfprintf(stderr, format, list);
  fprintf(stderr, "\n");
  va_end(list);
  return ISW_BAD_INPUT;
}

size_t isw_positive(const char *command, const char *option, const char *text)
{
  char *end;
  errno = 0;
  unsigned long number = strtoul(text, &end, 10);
  if (errno == 0 && text[0] >= '0' && text[0] <= '9' && *end == '\0' && number >= 1 && number <= 65536)
    return (size_t)number;
  isw_usage_error(command, "%s wants a whole number from 1 to 65536, not '%s'", option, text);
  return 0;
}

bool isw_seconds(const char *text, double low, double high, double *seconds)
{
  char *end;
  *seconds = strtod(text, &end);
  return end > text && *end == '\0' && *seconds >= low && *seconds <= high;
}

static int unknown_option(const struct isw_command *command, const char *word)
{
  const char *names[OPTIONS_MAX] = {"help"};
  size_t count = 1;
  for (const struct isw_option *o = command->options; o->name && count < OPTIONS_MAX; o++) names[count++] = o->name;
  char name[64];
  snprintf(name, sizeof name, "%.*s", (int)strcspn(word + 2, "="), word + 2);
  const char *nearest = isw_nearest_word(name, names, count);
  if (nearest)
    return isw_usage_error(command->name,
                           "unknown option '--%s'\n  did you mean '--%s'? `initsweep %s --help` shows all.", name,
                           nearest, command->name);
  return isw_usage_error(command->name, "unknown option '--%s'\n  `initsweep %s --help` shows all.", name,
                         command->name);
}

static int wrong_option(const struct isw_command *command, int found, const char *word)
{
  if (found == ':')
    return isw_usage_error(command->name, "option '%s' needs an argument\n  `initsweep %s --help` shows how.", word,
                           command->name);
  if (strncmp(word, "--", 2) == 0) return unknown_option(command, word);
  return isw_usage_error(command->name, "unknown option '-%c'\n  `initsweep %s --help` shows all.", optopt,
                         command->name);
}

/* "give one results file and --network K" */
static int wrong_argument(const struct isw_command *command)
{
  struct isw_text text = {0};
  enum isw_status status = isw_text_add(&text, "give %s", command->wants);
  for (const struct isw_option *o = command->options; o->name && status == ISW_OK; o++)
    if (o->required) {
      status = isw_text_add(&text, " and ");
      if (status == ISW_OK) status = isw_add_option_usage(&text, o);
    }
  isw_usage_error(command->name, "%s\n  `initsweep %s --help` shows how.", text.bytes ? text.bytes : "", command->name);
  isw_text_clear(&text);
  return ISW_BAD_INPUT;
}

bool isw_read_words(const struct isw_command *command, int argc, char **argv, isw_take_option *take, void *state,
                    const char **argument, int *result)
{
  struct option table[OPTIONS_MAX] = {{"help", no_argument, NULL, HELP}};
  char letters[2 * OPTIONS_MAX + 3] = ":h";
  bool given[OPTIONS_MAX] = {false};
  size_t count = 0;
  for (const struct isw_option *o = command->options; o->name && count + 2 < OPTIONS_MAX; o++) {
    table[++count] = (struct option){o->name, o->argument ? required_argument : no_argument, NULL, o->code};
    const char letter[] = {(char)o->code, o->argument ? ':' : '\0', '\0'};
    if (o->letter) strcat(letters, letter);
  }
  opterr = 0;
  for (int found; (found = getopt_long(argc, argv, letters, table, NULL)) != -1;) {
    *result = 0;
    if (found == HELP) {
      if (isw_cluster_is_first_process()) isw_write_help(stdout, command);
      return false;
    }
    *result =
        found == ':' || found == '?' ? wrong_option(command, found, argv[optind - 1]) : take(state, found, optarg);
    if (*result != 0) return false;
    for (size_t i = 0; i < count; i++) given[i] |= command->options[i].code == found;
  }
  bool optional = command->argument && command->argument[0] == '[';
  int words = argc - optind;
  bool right = !command->argument ? words == 0 : words == 1 || (words == 0 && optional);
  for (size_t i = 0; i < count; i++) right = right && (given[i] || !command->options[i].required);
  *argument = words > 0 ? argv[optind] : NULL;
  *result = right ? 0 : wrong_argument(command);
  return right;
}

enum isw_status isw_add_option_usage(struct isw_text *text, const struct isw_option *option)
{
  char name[64];
  if (option->letter)
    snprintf(name, sizeof name, "-%c", option->code);
  else
    snprintf(name, sizeof name, "--%s", option->name);
  return isw_text_add(text, "%s%s%s%s%s%s", option->required ? "" : "[", name, option->argument ? " " : "",
                      option->argument ? option->argument : "", option->required ? "" : "]",
                      option->repeats ? "..." : "");
}

size_t isw_text_width(void)
{
  size_t width = isw_terminal_width(STDOUT_FILENO);
  if (width == 0) return WIDEST;
  return width < NARROWEST ? NARROWEST : width < WIDEST ? width : WIDEST;
}

void isw_write_wrapped(FILE *out, const char *text, size_t column, size_t indent, size_t width)
{
  bool first = true;
  while (*text) {
    if (strncmp(text, "\n\n", 2) == 0) {
      fprintf(out, "\n\n%*s", (int)indent, "");
      column = indent;
      first = true;
      text += 2;
    } else if (*text == ' ' || *text == '\n') {
      text++;
    } else {
      size_t length = strcspn(text, " \n");
      if (!first && column + 1 + length > width) {
        fprintf(out, "\n%*s", (int)indent, "");
        column = indent;
        first = true;
      }
      if (!first) column += (size_t)fprintf(out, " ");
      fwrite(text, 1, length, out);
      column += length;
      first = false;
      text += length;
    }
  }
  fputc('\n', out);
}

/* A group in brackets is not broken. */
static void write_usage(FILE *out, const struct isw_command *command, size_t width)
{
  size_t column = (size_t)fprintf(out, "usage: initsweep %s", command->name), indent = column;
  if (command->argument) column += (size_t)fprintf(out, " %s", command->argument);
  for (const struct isw_option *o = command->options; o->name; o++) {
    struct isw_text text = {0};
    if (isw_add_option_usage(&text, o) == ISW_OK) {
      if (column + 1 + text.length > width) column = (size_t)fprintf(out, "\n%*s", (int)indent, "") - 1;
      column += (size_t)fprintf(out, " %s", text.bytes);
    }
    isw_text_clear(&text);
  }
  fputc('\n', out);
}

static int name_width(const struct isw_option *o)
{
  return (int)(strlen(o->name) + (o->letter ? 4 : 0) + 2 + (o->argument ? strlen(o->argument) + 1 : 0));
}

void isw_write_help(FILE *out, const struct isw_command *command)
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
