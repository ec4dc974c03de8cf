/* Parses a command line by the rows of the commands, from which getopt's tables and the messages are made. help_*.c
 * make the help from the same rows. */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include "console/console_internal.h"
#include "initsweep/cluster.h"

enum { OPTIONS_MAX = 32, COUNT_MAX = 65536, HELP = 'h' };

size_t isw_parse_count(const char *command, const char *option, const char *text)
{
  char *end;
  errno = 0;
  unsigned long number = strtoul(text, &end, 10);
  if (errno == 0 && text[0] >= '0' && text[0] <= '9' && *end == '\0' && number >= 1 && number <= COUNT_MAX)
    return (size_t)number;
  isw_usage_error(command, "%s must be a whole number from 1 to %d, not '%s'", option, COUNT_MAX, text);
  return 0;
}

bool isw_parse_seconds(const char *text, double low, double high, double *seconds)
{
  char *end;
  *seconds = strtod(text, &end);
  return end > text && *end == '\0' && *seconds >= low && *seconds <= high;
}

bool isw_parse_index(const char *text, uint64_t *number)
{
  char *end;
  errno = 0;
  *number = strtoull(text, &end, 10);
  return errno == 0 && text[0] >= '0' && text[0] <= '9' && *end == '\0';
}

static int report_unknown_option(const struct isw_command *command, const char *word)
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

static int report_wrong_option(const struct isw_command *command, int found, const char *word)
{
  if (found == ':')
    return isw_usage_error(command->name, "option '%s' needs an argument\n  `initsweep %s --help` shows how.", word,
                           command->name);
  if (strncmp(word, "--", 2) == 0) return report_unknown_option(command, word);
  return isw_usage_error(command->name, "unknown option '-%c'\n  `initsweep %s --help` shows all.", optopt,
                         command->name);
}

/* The first of several words that sets a setting as Hydra's command line does, path=value; NULL: none. */
static const char *find_setting(const struct isw_command *command, int count, char **words)
{
  bool sets = false;
  for (const struct isw_option *o = command->options; o->name; o++) sets = sets || strcmp(o->name, "set") == 0;
  for (int i = 1; sets && i < count; i++)
    if (strchr(words[i], '=')) return words[i];
  return NULL;
}

/* "give one results file and --network K" */
static int report_wrong_argument(const struct isw_command *command, int count, char **words)
{
  const char *setting = find_setting(command, count, words);
  if (setting) return isw_usage_error(command->name, "unexpected '%s'\n  did you mean --set %s?", setting, setting);
  struct isw_text text = {0};
  enum isw_status status = isw_text_add(&text, "give %s", command->argument_about);
  for (const struct isw_option *o = command->options; o->name && status == ISW_OK; o++)
    if (o->required) {
      status = isw_text_add(&text, " and ");
      if (status == ISW_OK) status = isw_text_add_option_usage(&text, o);
    }
  isw_usage_error(command->name, "%s\n  `initsweep %s --help` shows how.", text.bytes ? text.bytes : "", command->name);
  isw_text_clear(&text);
  return ISW_BAD_INPUT;
}

bool isw_parse_options(const struct isw_command *command, int argc, char **argv, isw_option_handler *handle,
                       void *state, const char **argument, int *exit_status)
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
  optind = 0; /* glibc: start with a new command line */
  for (int found; (found = getopt_long(argc, argv, letters, table, NULL)) != -1;) {
    *exit_status = 0;
    if (found == HELP) {
      if (isw_cluster_is_first_process()) isw_help_write_command(stdout, command);
      return false;
    }
    *exit_status = found == ':' || found == '?' ? report_wrong_option(command, found, argv[optind - 1])
                                                : handle(state, found, optarg);
    if (*exit_status != 0) return false;
    for (size_t i = 0; i < count; i++) given[i] |= command->options[i].code == found;
  }
  bool optional = command->argument && command->argument[0] == '[';
  int words = argc - optind;
  bool right = !command->argument ? words == 0 : words == 1 || (words == 0 && optional);
  for (size_t i = 0; i < count; i++) right = right && (given[i] || !command->options[i].required);
  *argument = words > 0 ? argv[optind] : NULL;
  *exit_status = right ? 0 : report_wrong_argument(command, words, argv + optind);
  return right;
}

char *isw_join_command_line(int argc, char **argv)
{
  struct isw_text line = {0};
  isw_text_add(&line, "initsweep");
  for (int i = 0; i < argc; i++) isw_text_add(&line, " %s", argv[i]);
  return line.bytes;
}
