/* Writes the tables of named rows as JSON, with the values that each parameter accepts. */
#include <math.h>
#include <string.h>
#include "initsweep/console.h"

static void write_type(struct isw_json *json, const struct isw_parameter *parameter)
{
  static const char *const types[] = {
      [ISW_REAL] = "number", [ISW_COUNT] = "whole number", [ISW_WORD] = "word", [ISW_TEXT] = "text"};
  isw_json_text(json, "type", types[parameter->type]);
  if (parameter->type == ISW_WORD || parameter->word) {
    isw_json_array(json, "words", ISW_JSON_ROW);
    if (parameter->word) isw_json_text(json, NULL, parameter->word);
    for (size_t w = 0; parameter->words && parameter->words[w]; w++) isw_json_text(json, NULL, parameter->words[w]);
    isw_json_close(json);
  }
  if (parameter->type == ISW_WORD || parameter->type == ISW_TEXT) return;
  isw_json_number(json, "low", parameter->low);
  isw_json_number(json, "high", parameter->high);
}

static void write_parameter(struct isw_json *json, const struct isw_parameter *parameter)
{
  isw_json_object(json, NULL, ISW_JSON_ROW);
  isw_json_text(json, "name", parameter->name);
  write_type(json, parameter);
  if (parameter->type == ISW_TEXT)
    isw_json_text(json, "default", parameter->initial_text);
  else if (parameter->type == ISW_WORD)
    isw_json_text(json, "default", parameter->words[(size_t)parameter->initial]);
  else
    isw_json_number(json, "default", parameter->initial);
  isw_json_text(json, "about", parameter->about ? parameter->about : "");
  isw_json_close(json);
}

static void write_facts(struct isw_json *json, const struct isw_table_view *table, size_t row)
{
  struct isw_fact fact[ISW_FACTS_MAX];
  size_t count = table->facts ? table->facts(row, fact) : 0;
  if (count == 0) return;
  isw_json_object(json, "facts", ISW_JSON_ROW);
  for (size_t f = 0; f < count; f++)
    if (fact[f].truth)
      isw_json_bool(json, fact[f].key, fact[f].number == 1.0);
    else
      isw_json_number(json, fact[f].key, fact[f].number);
  isw_json_close(json);
}

static void write_aliases(struct isw_json *json, const struct isw_table_view *table, const struct isw_row *row)
{
  size_t count;
  const struct isw_alias *aliases = isw_aliases(&count);
  isw_json_array(json, "aliases", ISW_JSON_ROW);
  for (size_t i = 0; i < count; i++)
    if (strcmp(aliases[i].table, table->name) == 0 && strcmp(aliases[i].row, row->name) == 0)
      isw_json_text(json, NULL, aliases[i].name);
  isw_json_close(json);
}

void isw_table_write_json(struct isw_json *json, const struct isw_table_view *table)
{
  isw_json_object(json, NULL, ISW_JSON_ROW);
  isw_json_text(json, "name", table->name);
  isw_json_text(json, "setting", table->path);
  isw_json_array(json, "rows", ISW_JSON_LINES);
  for (size_t i = 0; i < table->count(); i++) {
    const struct isw_row *row = table->row(i);
    isw_json_object(json, NULL, ISW_JSON_ROW);
    isw_json_text(json, "name", row->name);
    isw_json_array(json, "parameters", ISW_JSON_ROW);
    for (size_t p = 0; p < isw_row_parameters(row); p++) write_parameter(json, &row->parameters[p]);
    isw_json_close(json);
    isw_json_text(json, "formula", row->formula ? row->formula : "");
    write_facts(json, table, i);
    write_aliases(json, table, row);
    isw_json_text(json, "source", row->source ? row->source : "");
    isw_json_close(json);
  }
  isw_json_close(json);
  isw_json_close(json);
}
