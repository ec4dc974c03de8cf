/* initsweep list: the tables of named rows, read from the registries. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "initsweep/console.h"
#include "initsweep/commands.h"
#include "initsweep/probes.h"

static void print_default(const struct isw_parameter *parameter, bool json)
{
  if (parameter->type == ISW_TEXT && !parameter->initial_text)
    fputs(json ? "null" : "required", stdout);
  else if (parameter->type == ISW_TEXT && json)
    isw_print_json_text(parameter->initial_text);
  else if (parameter->type == ISW_TEXT)
    fputs(parameter->initial_text[0] ? parameter->initial_text : "''", stdout);
  else if (parameter->type == ISW_WORD)
    printf(json ? "\"%s\"" : "%s", parameter->words[(size_t)parameter->initial]);
  else if (!isfinite(parameter->initial))
    fputs(json ? "null" : "none", stdout);
  else
    printf(json ? "%.17g" : "%g", parameter->initial);
}

static void print_aliases(const struct isw_table_view *table, const struct isw_row *row, bool json)
{
  size_t count, found = 0;
  const struct isw_alias *aliases = isw_aliases(&count);
  if (json) printf(", \"aliases\": [");
  for (size_t i = 0; i < count; i++) {
    if (strcmp(aliases[i].table, table->name) != 0 || strcmp(aliases[i].row, row->name) != 0) continue;
    if (json) {
      printf(found++ ? ", \"%s\"" : "\"%s\"", aliases[i].name);
      continue;
    }
    printf("      alias: %s (%s)", aliases[i].name, aliases[i].source);
    for (size_t p = 0; p < aliases[i].presets; p++) {
      const struct isw_parameter *parameter = &row->parameters[p];
      printf("%s %s ", p ? "," : ":", parameter->name);
      if (parameter->type == ISW_WORD)
        printf("%s", parameter->words[(size_t)aliases[i].preset[p]]);
      else
        printf("%g", aliases[i].preset[p]);
    }
    printf("\n");
  }
  if (json) printf("]");
}

/* What values a parameter takes, for programs. */
static void print_type(const struct isw_parameter *parameter)
{
  static const char *const types[] = {
      [ISW_REAL] = "number", [ISW_COUNT] = "whole number", [ISW_WORD] = "word", [ISW_TEXT] = "text"};
  printf(", \"type\": \"%s\"", types[parameter->type]);
  if (parameter->type == ISW_WORD || parameter->word) {
    printf(", \"words\": [");
    if (parameter->word) printf("\"%s\"", parameter->word);
    for (size_t w = 0; parameter->words && parameter->words[w]; w++)
      printf("%s\"%s\"", w ? ", " : "", parameter->words[w]);
    printf("]");
  }
  if (parameter->type == ISW_WORD || parameter->type == ISW_TEXT) return;
  const double ends[] = {parameter->low, parameter->high};
  for (size_t e = 0; e < 2; e++) {
    printf(", \"%s\": ", e ? "high" : "low");
    printf(isfinite(ends[e]) ? "%.17g" : "null", ends[e]);
  }
}

static void print_facts(const struct isw_table_view *table, size_t row, bool json)
{
  struct isw_fact fact[ISW_FACTS_MAX];
  size_t count = table->facts ? table->facts(row, fact) : 0;
  if (count == 0) return;
  printf(json ? ", \"facts\": {" : "      ");
  for (size_t f = 0; f < count; f++) {
    bool yes = fact[f].number == 1.0;
    if (f) printf(", ");
    if (json)
      printf("\"%s\": ", fact[f].key);
    else
      printf("%s: ", fact[f].name);
    if (fact[f].truth)
      printf("%s", json ? (yes ? "true" : "false") : yes ? "yes" : "no");
    else if (isnan(fact[f].number))
      printf("%s", json ? "null" : "none");
    else
      printf(json ? "%.17g" : "%.4g", fact[f].number);
  }
  printf(json ? "}" : "\n");
}

static void print_table(const struct isw_table_view *table)
{
  printf("%s (%s)\n", table->name, table->path);
  for (size_t i = 0; i < table->count(); i++) {
    const struct isw_row *row = table->row(i);
    printf("\n  %s\n", row->name);
    if (row->formula && row->formula[0]) printf("      %s\n", row->formula);
    for (size_t p = 0; p < isw_row_parameters(row); p++) {
      const struct isw_parameter *parameter = &row->parameters[p];
      printf("      %s: %s (default ", parameter->name, parameter->about);
      print_default(parameter, false);
      printf(")\n");
    }
    print_facts(table, i, false);
    print_aliases(table, row, false);
    if (row->source && row->source[0]) printf("      source: %s\n", row->source);
  }
}

static void print_json(const struct isw_table_view *table)
{
  printf("  {\"name\": \"%s\", \"setting\": \"%s\", \"rows\": [", table->name, table->path);
  for (size_t i = 0; i < table->count(); i++) {
    const struct isw_row *row = table->row(i);
    printf("%s\n    {\"name\": ", i ? "," : "");
    isw_print_json_text(row->name);
    printf(", \"parameters\": [");
    for (size_t p = 0; p < isw_row_parameters(row); p++) {
      printf("%s{\"name\": ", p ? ", " : "");
      isw_print_json_text(row->parameters[p].name);
      print_type(&row->parameters[p]);
      printf(", \"default\": ");
      print_default(&row->parameters[p], true);
      printf(", \"about\": ");
      isw_print_json_text(row->parameters[p].about ? row->parameters[p].about : "");
      printf("}");
    }
    printf("], \"formula\": ");
    isw_print_json_text(row->formula ? row->formula : "");
    print_facts(table, i, true);
    print_aliases(table, row, true);
    printf(", \"source\": ");
    isw_print_json_text(row->source ? row->source : "");
    printf("}");
  }
  printf("]}");
}

/* Names in lines of at most 100 columns. */
static void print_names(const struct isw_table_view *table)
{
  int column = printf("%-14s", table->name);
  for (size_t i = 0; i < table->count(); i++) {
    const char *name = table->row(i)->name;
    if (column + (int)strlen(name) > 97) /* a comma before it, and one after it */
      column = printf(",\n%-14s", "") - 2;
    else if (i)
      column += printf(", ");
    column += printf("%s", name);
  }
  printf("\n");
}

struct list {
  bool json, markdown;
};

static int take(void *state, int code, const char *argument)
{
  struct list *list = state;
  (void)argument;
  list->json |= code == 'j';
  list->markdown |= code == 'm';
  return 0;
}

static int run(int argc, char **argv)
{
  struct list list = {0};
  const char *wanted;
  int result;
  if (!isw_read_words(&isw_command_list, argc, argv, take, &list, &wanted, &result)) return result;
  bool json = list.json;
  size_t count;
  const struct isw_table_view *tables = isw_tables(&count);
  if (wanted && strcmp(wanted, "settings") == 0) {
    if (json) return isw_usage_error("list", "settings have no --json; --markdown is the reference");
    isw_sweep_write_reference(stdout, tables, count);
    return 0;
  }
  if (list.markdown)
    return isw_usage_error("list", "--markdown goes with settings: `initsweep list settings --markdown`");

  const char *names[ISW_TABLES + 1];
  size_t first = 0, last = count;
  for (size_t i = 0; i < count; i++) {
    names[i] = tables[i].name;
    if (wanted && strcmp(wanted, names[i]) == 0) {
      first = i;
      last = i + 1;
    }
  }
  names[count] = "settings";
  if (wanted && (count == 0 || strcmp(tables[first].name, wanted) != 0)) {
    const char *nearest = isw_nearest_word(wanted, names, count + 1);
    if (nearest)
      return isw_usage_error("list", "unknown table '%s'\n  did you mean '%s'? `initsweep list` shows all.", wanted,
                             nearest);
    return isw_usage_error("list", "unknown table '%s'\n  `initsweep list` shows all.", wanted);
  }
  if (json) printf("[\n");
  for (size_t i = first; i < last; i++) {
    if (json) {
      print_json(&tables[i]);
      printf(i + 1 < last ? ",\n" : "\n]\n");
    } else if (wanted)
      print_table(&tables[i]);
    else
      print_names(&tables[i]);
  }
  if (!wanted && !json)
    printf(
        "%-14severy setting of a sweep file, with its default\n\n`initsweep list TABLE` shows formulas, parameters and "
        "sources.\n",
        "settings");
  return 0;
}

static const struct isw_option options[] = {
    ISW_OPTION_JSON,
    {.name = "markdown",
     .code = 'm',
     .about = "with settings: the whole sweep-file reference, as docs/sweep-file-reference.md has it"},
    {0},
};
static const char *const examples[] = {"initsweep list", "initsweep list initializers", "initsweep list probes --json",
                                       NULL};

const struct isw_command isw_command_list = {
    .name = "list",
    .argument = "[TABLE]",
    .wants = "one table at most",
    .offers = ISW_COMPLETE_TABLES,
    .summary = "what sweep files may name, with formulas and sources",
    .about =
        "Shows what sweep files may name: initializers, activations, losses, optimizers, schedules, datasets, probes, "
        "settings. Without TABLE: the names of all tables and their rows.",
    .options = options,
    .examples = examples,
    .run = run,
};
