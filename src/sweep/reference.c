/* Writes the reference of sweep files from the tables. */
#include <math.h>
#include <string.h>
#include "sweep_internal.h"

enum { TEXT_SIZE = 160, NUMBER_SIZE = 40 };

/* Writes a cell of a Markdown table and escapes '|', which would end it. */
static void write_cell(FILE *out, const char *text)
{
  for (; *text; text++) fprintf(out, *text == '|' ? "\\|" : "%c", *text);
}

static void write_type(FILE *out, const struct isw_setting *row)
{
  char range[TEXT_SIZE];
  if (row->type) {
    write_cell(out, row->type);
  } else if (row->kind == ISW_KIND_CHOICE) {
    fprintf(out, "one of the [%s](#%s)", row->table, row->table);
  } else if (row->kind == ISW_KIND_WORD) {
    for (size_t w = 0; row->words[w]; w++) fprintf(out, "%s`%s`", w ? ", " : "", row->words[w]);
  } else if (row->kind == ISW_KIND_TEXT) {
    fprintf(out, "a text");
  } else {
    isw_describe_range(row->kind == ISW_KIND_INTEGER, row->low, row->high, row->low_open, row->high_open, range,
                       sizeof range);
    if (row->word) fprintf(out, "`%s` or ", row->word);
    write_cell(out, range);
  }
}

static void write_parameter(FILE *out, const struct isw_parameter *parameter)
{
  char text[TEXT_SIZE];
  fprintf(out, "`%s`: ", parameter->name);
  write_cell(out, parameter->about);
  if (parameter->type == ISW_WORD) {
    for (size_t w = 0; parameter->words[w]; w++) fprintf(out, "%s`%s`", w ? ", " : " (", parameter->words[w]);
    fprintf(out, "; default `%s`)", parameter->words[(size_t)parameter->initial]);
  } else if (parameter->type == ISW_TEXT) {
    if (parameter->initial_text)
      fprintf(out, " (a text; default `%s`)", parameter->initial_text);
    else
      fprintf(out, " (a text; must be given)");
  } else {
    double low, high;
    isw_parameter_range(parameter, &low, &high);
    isw_describe_range(parameter->type == ISW_COUNT, low, high, parameter->low_open, parameter->high_open, text,
                       sizeof text);
    fprintf(out, " (");
    if (parameter->word) fprintf(out, "`%s` or ", parameter->word);
    write_cell(out, text);
    if (isnan(parameter->initial)) {
      fprintf(out, "; must be given)");
    } else {
      isw_write_number(parameter->initial, text, sizeof text);
      fprintf(out, "; default `%s`)", text);
    }
  }
}

static void write_aliases(FILE *out, const struct isw_table_view *table, const struct isw_row *row)
{
  size_t count;
  const struct isw_alias *aliases = isw_aliases(&count);
  for (size_t i = 0; i < count; i++) {
    if (strcmp(aliases[i].table, table->name) != 0 || strcmp(aliases[i].row, row->name) != 0) continue;
    fprintf(out, "<br>alias `%s` (%s)", aliases[i].name, aliases[i].source);
    for (size_t p = 0; p < aliases[i].presets; p++) {
      char text[NUMBER_SIZE];
      const struct isw_parameter *parameter = &row->parameters[p];
      isw_write_number(aliases[i].preset[p], text, sizeof text);
      fprintf(out, "%s %s %s", p ? "," : ":", parameter->name,
              parameter->type == ISW_WORD ? parameter->words[(size_t)aliases[i].preset[p]] : text);
    }
  }
}

static void write_fact(FILE *out, const struct isw_fact *fact)
{
  if (fact->truth)
    fprintf(out, " | %s", fact->number == 1.0 ? "yes" : "no");
  else if (isnan(fact->number))
    fprintf(out, " | none");
  else
    fprintf(out, " | %.4g", fact->number);
}

static void write_table(FILE *out, const struct isw_table_view *table)
{
  fprintf(out, "\n## %s\n\nFor `%s`. A bare name, or `{%s: ..., parameter: ...}`.\n\n", table->name, table->path,
          isw_setting_name_key(isw_setting_find(table->path)));
  struct isw_fact fact[ISW_FACTS_MAX];
  size_t facts = table->facts ? table->facts(0, fact) : 0;
  fprintf(out, "| name | parameters | definition |");
  for (size_t f = 0; f < facts; f++) fprintf(out, " %s |", fact[f].name);
  fprintf(out, " source |\n|---|---|---|");
  for (size_t f = 0; f < facts; f++) fprintf(out, "---|");
  fprintf(out, "---|\n");
  for (size_t i = 0; i < table->count(); i++) {
    const struct isw_row *row = table->row(i);
    fprintf(out, "| `%s` | ", row->name);
    for (size_t p = 0; p < isw_row_parameters(row); p++) {
      if (p) fprintf(out, "<br>");
      write_parameter(out, &row->parameters[p]);
    }
    fprintf(out, " | ");
    write_cell(out, row->formula ? row->formula : "");
    write_aliases(out, table, row);
    if (facts) table->facts(i, fact);
    for (size_t f = 0; f < facts; f++) write_fact(out, &fact[f]);
    fprintf(out, " | ");
    write_cell(out, row->source ? row->source : "");
    fprintf(out, " |\n");
  }
}

const char *isw_sweep_setting_path(size_t index)
{
  return index < ISW_SETTINGS ? isw_setting(index)->path : NULL;
}

void isw_sweep_write_reference(FILE *out, const struct isw_table_view *tables, size_t count)
{
  fprintf(
      out,
      "# Sweep files: every setting\n\n"
      "This page is generated from the program's tables. A sweep file is one YAML 1.2 document. An unknown key is an "
      "error. So is a setting that no network uses, such as `network.width` without hidden layers, unless its value is "
      "the default; that some networks of a grid use it is enough.\n\n## settings\n\n"
      "| setting | type | default | axis | what |\n|---|---|---|---|---|\n");
  for (size_t id = 0; id < ISW_SETTINGS; id++) {
    const struct isw_setting *row = isw_setting(id);
    fprintf(out, "| `%s` | ", row->path);
    write_type(out, row);
    if (row->initial)
      fprintf(out, " | `%s` | ", row->initial);
    else
      fprintf(out, " | %s | ", row->required ? "must be given" : "");
    fprintf(out, "%s | ", row->axis ? "yes" : "no");
    write_cell(out, row->about);
    fprintf(out, " |\n");
  }
  fprintf(
      out,
      "\n`network.depth` and `network.width` are not needed together with `network.hidden`; without hidden layers "
      "`network.width` and `network.activation` are not.\n"
      "\n## axes\n\n"
      "- `grid:` maps dotted paths to values; every combination is a network, and the first axis varies slowest. A "
      "list of "
      "such mappings is their union, in order; a network that two of them name is trained once.\n"
      "- Values are a list, one value, `{range: [first, last, step]}` (first, first + step, ... up to last, which is "
      "included if the steps reach it; default step 1), "
      "`{linspace: [a, b, n]}` or `{geomspace: [a, b, n]}` (inner points to 12 digits; whole-number settings are "
      "rounded).\n"
      "- A list or generator inside a named choice multiplies it in place: `{name: constant, value: [0.1, 0.5]}` is "
      "two "
      "values; of several lists the first varies slowest. A parameter of a choice that is not swept can be an axis "
      "with its own path, such as `train.optimizer.momentum`.\n"
      "- An axis of `network.hidden` is a list of lists; one of `network.init_by_layer` or "
      "`train.rate_by_layer` a list of mappings, or the path of a single layer, such as `network.init_by_layer.1`.\n"
      "- `zip:` is a list of mappings whose lists move together; each is one axis, after those of every grid.\n"
      "- `sample:` adds the points of a design, in place of a grid or crossed with every grid, of which it is the "
      "first "
      "axis. `axes` maps paths to distributions, or to lists and generators as in a grid, of which each point has one "
      "value. With a coordinate u of the point in [0, 1): `{uniform: [a, b]}` is a + (b - a) u; "
      "`{log_uniform: [a, b]}` a (b / a)^u; `{normal: [mean, std]}` the quantile u of the normal distribution, where u "
      "is kept 2^-33 away from 0 and 1; `{integer: [a, b]}` a + floor((b - a + 1) u); a list of n values its number "
      "floor(n u). Whole-number settings are rounded to nearest. `design` chooses u: `random`, drawn from `seed` (the "
      "one outside of the grids), axis and point; `sobol`, Sobol's sequence without scrambling (direction numbers of "
      "Joe & Kuo 2008, at most 100 axes), whose first point is 0 in every axis; `latin_hypercube`, drawn with one "
      "point in each of `points` equal strata of every axis. More `points` extend a random or Sobol design, as each "
      "point is a function of its index; a Latin hypercube of more points is another one. A point that equals an "
      "earlier one is left out. The results file has a coordinate for each sampled setting, and `point`.\n"
      "- `exclude:` is a list of mappings from paths to a value or a list of values; networks that match all paths of "
      "one "
      "are excluded. A name alone matches any parameters; numbers match to 12 digits. It is an error if an exclude "
      "matches nothing.\n"
      "- `refine:` trains a part of a grid: level by level, only where two axes cross a boundary. `axes` names two "
      "axes of the "
      "one grid, or parameters of whose values an axis has all combinations, as `[network.init.x, network.init.y]` of "
      "`{name: plane, x: [...], y: [...]}`, each of a multiple of 2^`levels` values, and one more; level 0 takes every "
      "2^`levels`-th value of "
      "both, and "
      "each level after it divides the squares whose corners differ, and those within `margin` (1) squares of them. "
      "Corners "
      "differ in their status, or, with `loss_below: x`, in whether the last recorded loss is below x. The results "
      "file has the "
      "whole grid, with a coordinate `level`; networks that were not trained have status 4 (skipped).\n"
      "- `--set path=value` replaces or adds a setting before anything is checked, `--set grid.path=value` an axis (of "
      "every grid, where there are several).\n");
  for (size_t t = 0; t < count; t++) write_table(out, &tables[t]);
}
