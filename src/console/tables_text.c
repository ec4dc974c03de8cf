/* Writes the tables of named rows as text for people. */
#include <math.h>
#include <string.h>
#include "initsweep/console.h"

static void write_default(FILE *out, const struct isw_parameter *parameter)
{
  if (parameter->type == ISW_TEXT ? !parameter->initial_text : isnan(parameter->initial))
    fputs("required", out);
  else if (parameter->type == ISW_TEXT)
    fputs(parameter->initial_text[0] ? parameter->initial_text : "''", out);
  else if (parameter->type == ISW_WORD)
    fputs(parameter->words[(size_t)parameter->initial], out);
  else if (!isfinite(parameter->initial))
    fputs("none", out);
  else
    fprintf(out, "%g", parameter->initial);
}

static void write_aliases(FILE *out, const struct isw_table_view *table, const struct isw_row *row)
{
  size_t count;
  const struct isw_alias *aliases = isw_aliases(&count);
  for (size_t i = 0; i < count; i++) {
    if (strcmp(aliases[i].table, table->name) != 0 || strcmp(aliases[i].row, row->name) != 0) continue;
    fprintf(out, "      alias: %s (%s)", aliases[i].name, aliases[i].source);
    for (size_t p = 0; p < aliases[i].presets; p++) {
      const struct isw_parameter *parameter = &row->parameters[p];
      fprintf(out, "%s %s ", p ? "," : ":", parameter->name);
      if (parameter->type == ISW_WORD)
        fprintf(out, "%s", parameter->words[(size_t)aliases[i].preset[p]]);
      else
        fprintf(out, "%g", aliases[i].preset[p]);
    }
    fputc('\n', out);
  }
}

static void write_facts(FILE *out, const struct isw_table_view *table, size_t row)
{
  struct isw_fact fact[ISW_FACTS_MAX];
  size_t count = table->facts ? table->facts(row, fact) : 0;
  for (size_t f = 0; f < count; f++) {
    fprintf(out, "%s%s: ", f ? ", " : "      ", fact[f].name);
    if (fact[f].truth)
      fputs(fact[f].number == 1.0 ? "yes" : "no", out);
    else if (isnan(fact[f].number))
      fputs("none", out);
    else
      fprintf(out, "%.4g", fact[f].number);
  }
  if (count > 0) fputc('\n', out);
}

void isw_table_write_text(FILE *out, const struct isw_table_view *table)
{
  fprintf(out, "%s (%s)\n", table->name, table->path);
  for (size_t i = 0; i < table->count(); i++) {
    const struct isw_row *row = table->row(i);
    fprintf(out, "\n  %s\n", row->name);
    if (row->formula && row->formula[0]) fprintf(out, "      %s\n", row->formula);
    for (size_t p = 0; p < isw_row_parameters(row); p++) {
      const struct isw_parameter *parameter = &row->parameters[p];
      fprintf(out, "      %s: %s (default ", parameter->name, parameter->about);
      write_default(out, parameter);
      fprintf(out, ")\n");
    }
    write_facts(out, table, i);
    write_aliases(out, table, row);
    if (row->source && row->source[0]) fprintf(out, "      source: %s\n", row->source);
  }
}

void isw_table_write_names(FILE *out, const struct isw_table_view *table)
{
  enum { COLUMNS = 97, LABEL = 18 }; /* 100 including the commas around a name */
  int column = fprintf(out, "%-*s", LABEL, table->name);
  for (size_t i = 0; i < table->count(); i++) {
    const char *name = table->row(i)->name;
    if (column + (int)strlen(name) > COLUMNS)
      column = fprintf(out, ",\n%-*s", LABEL, "") - 2;
    else if (i)
      column += fprintf(out, ", ");
    column += fprintf(out, "%s", name);
  }
  fputc('\n', out);
}
