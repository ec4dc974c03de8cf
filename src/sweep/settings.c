/* Writes a sweep as YAML with every default, which reads back as the same sweep. */
#include <stdlib.h>
#include <math.h>
#include <string.h>
#include "sweep_internal.h"

enum { NUMBER_SIZE = 40 };

static void put(struct isw_reader *reader, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(struct isw_reader *reader, const char *format, ...)
{
  va_list list;
  va_start(list, format);
  enum isw_status status = isw_text_add_list(&reader->writing, format, list);
  va_end(list);
  if (status != ISW_OK) longjmp(reader->out_of_memory, 1);
}

/* YAML 1.1, which PyYAML reads, knows no number with an exponent but without a point. */
static void put_number(struct isw_reader *reader, double number)
{
  char text[NUMBER_SIZE];
  isw_write_number(number, text, sizeof text);
  const char *exponent = strchr(text, 'e');
  bool whole = exponent && !strchr(text, '.') && !reader->writes_plainly;
  put(reader, "%.*s%s%s", (int)(exponent ? exponent - text : (ptrdiff_t)strlen(text)), text, whole ? ".0" : "",
      exponent ? exponent : "");
}

/* A word that looks like a number is in quotes. */
static void put_word(struct isw_reader *reader, const char *word)
{
  const char *quote = !reader->writes_plainly && strchr("0123456789+-.", *word) ? "\"" : "";
  put(reader, "%s%s%s", quote, word, quote);
}

/* Writes a text in double quotes and escapes what YAML would fold or reject. */
static void put_text(struct isw_reader *reader, const char *text)
{
  put(reader, "\"");
  for (size_t i = 0, length = strlen(text); i < length;) {
    uint32_t code;
    size_t size = isw_character(text + i, length - i, &code);
    bool special = code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0x2028 || code == 0x2029 || code == 0xFEFF ||
                   code == 0xFFFE || code == 0xFFFF;
    if (special)
      put(reader, "\\u%04X", (unsigned)code);
    else
      put(reader, "%s%.*s", code == '"' || code == '\\' ? "\\" : "", (int)size, text + i);
    i += size;
  }
  put(reader, "\"");
}

static void put_parameter(struct isw_reader *reader, const struct isw_parameter *parameter,
                          const struct isw_value *value)
{
  put(reader, ", %s: ", parameter->name);
  if (parameter->type == ISW_TEXT)
    put_text(reader, value->text);
  else if (parameter->type == ISW_WORD)
    put_word(reader, parameter->words[(size_t)value->number]);
  else if (parameter->word && value->number == parameter->word_number)
    put(reader, "%s", parameter->word);
  else
    put_number(reader, value->number);
}

/* Writes a choice with all its parameters or, as a pattern, only those that were given. decay: its weight_decay, or
 * NULL. */
static void put_choice(struct isw_reader *reader, size_t setting, const struct isw_item *item, bool pattern,
                       const double *decay)
{
  const struct isw_row *row = isw_setting_table(setting)->row(item->choice.row);
  size_t count = isw_row_parameters(row);
  if (item->choice.weights &&
      reader->writes_plainly) { /* the text names a file; its contents are part of the identity */
    struct isw_sweep *sweep = reader->sweep;
    const uint64_t pair[] = {sweep->weights_hash, item->choice.weights->hash};
    sweep->weights_hash = isw_hash(pair, sizeof pair, 0);
  }
  bool bare = !decay && (pattern ? !item->given : !count);
  if (!bare) put(reader, "{%s: ", isw_setting_name_key(setting));
  put(reader, "%s", row->name);
  for (size_t p = 0; p < count; p++)
    if (!pattern || (item->given & 1u << p)) put_parameter(reader, &row->parameters[p], &item->choice.value[p]);
  if (decay) {
    put(reader, ", weight_decay: ");
    put_number(reader, *decay);
  }
  put(reader, bare ? "" : "}");
}

static void put_factors(struct isw_reader *reader, const double *factor)
{
  bool parts = factor[0] != factor[1];
  put(reader, parts ? "{weights: " : "");
  put_number(reader, factor[0]);
  if (!parts) return;
  put(reader, ", biases: ");
  put_number(reader, factor[1]);
  put(reader, "}");
}

static void put_value(struct isw_reader *reader, size_t setting, union isw_setting_value value, bool pattern)
{
  const struct isw_setting *row = isw_setting(setting);
  switch (row->kind) {
  case ISW_KIND_INTEGER:
    if (row->word && (double)value.integer == row->word_number)
      put(reader, "%s", row->word);
    else
      put(reader, "%llu", (unsigned long long)value.integer);
    return;
  case ISW_KIND_NUMBER:
    if (row->word && value.number == row->word_number)
      put(reader, "%s", row->word);
    else
      put_number(reader, value.number);
    return;
  case ISW_KIND_WORD: put_word(reader, row->words[value.integer]); return;
  case ISW_KIND_SIZES:
    put(reader, "[");
    for (size_t i = 0; i < value.item->count; i++) put(reader, "%s%zu", i ? ", " : "", value.item->size[i]);
    put(reader, "]");
    return;
  case ISW_KIND_FACTORS: put_factors(reader, value.item->factor); return;
  default: put_choice(reader, setting, value.item, pattern, NULL); return;
  }
}

static bool is_present(const struct isw_values *values, size_t index, size_t member)
{
  return !values->present || values->present[index * values->members + member];
}

/* Writes value `index` of a path, which may set several settings. */
static void put_values_at(struct isw_reader *reader, const struct isw_values *values, size_t index, bool pattern)
{
  enum isw_setting_kind kind = values->path < ISW_SETTINGS ? isw_setting(values->path)->kind : ISW_KIND_CHOICE;
  if (kind == ISW_KIND_LAYERS || kind == ISW_KIND_SECTION) {
    bool first = true;
    put(reader, "{");
    for (size_t m = 0; m < values->members; m++) {
      bool absent = !is_present(values, index, m); /* of a section: then it has the base value, which is not written */
      if (absent && (pattern || kind == ISW_KIND_LAYERS)) continue;
      put(reader, "%s%s: ", first ? "" : ", ", strrchr(isw_path_of(reader->sweep, values->member[m]), '.') + 1);
      put_value(reader, values->member[m], isw_value_at(values, index, m), pattern);
      first = false;
    }
    put(reader, "}");
  } else if (values->members == 2 && is_present(values, index, 1)) {
    double decay = isw_value_at(values, index, 1).number;
    put_choice(reader, values->member[0], isw_value_at(values, index, 0).item, pattern, &decay);
  } else {
    put_value(reader, values->member[0], isw_value_at(values, index, 0), pattern);
  }
}

static void put_values(struct isw_reader *reader, const struct isw_values *values, bool pattern)
{
  put(reader, "%s: ", isw_path_of(reader->sweep, values->path));
  if (values->is_range) {
    int64_t last = values->first + (int64_t)(values->count - 1) * values->step;
    put(reader, "{range: [%lld, %lld, %lld]}", (long long)values->first, (long long)last, (long long)values->step);
    return;
  }
  put(reader, "[");
  for (size_t i = 0; i < values->count; i++) {
    if (i) put(reader, ", ");
    put_values_at(reader, values, i, pattern);
  }
  put(reader, "]");
}

/* Writes "network.depth: " and opens the sections that are not open from the last path. */
static void put_path(struct isw_reader *reader, const char *path, const char **last)
{
  const char *part = path;
  size_t indent = 0;
  for (const char *dot; (dot = strchr(part, '.')) != NULL; part = dot + 1, indent += 2)
    if (!*last || strncmp(path, *last, (size_t)(dot - path) + 1) != 0)
      put(reader, "%*s%.*s:\n", (int)indent, "", (int)(dot - part), part);
  put(reader, "%*s%s: ", (int)indent, "", part);
  *last = path;
}

static bool swept_everywhere(const struct isw_sweep *sweep, size_t setting)
{
  for (size_t g = 0; g < sweep->grids; g++)
    if (!sweep->grid[g].binding[setting].axis) return false;
  return true;
}

/* Whether a sample draws a parameter of a choice that the file gives outside of the grids. */
static bool is_base_of_sample(const struct isw_sweep *sweep, size_t setting)
{
  const struct isw_sample *sample = &sweep->sample;
  for (size_t a = 0; sample->points && a < sample->axes; a++)
    if (sample->axis[a].distribution.kind != ISW_LISTED && sample->joint.part[a]->path == setting &&
        isw_setting(setting)->kind == ISW_KIND_CHOICE)
      return true;
  return false;
}

static void put_layers(struct isw_reader *reader, size_t by_layer, const char **last)
{
  struct isw_sweep *sweep = reader->sweep;
  size_t first;
  const struct isw_slots *slots = isw_slots_of(sweep, by_layer, &first);
  bool begun = false;
  for (size_t s = 0; s < slots->count; s++) {
    if (!sweep->base[first + s].item || swept_everywhere(sweep, first + s)) continue;
    if (!begun) put_path(reader, isw_setting(by_layer)->path, last);
    put(reader, "%s%s: ", begun ? ", " : "{", strrchr(slots->path[s], '.') + 1);
    put_value(reader, first + s, sweep->base[first + s], false);
    begun = true;
  }
  if (begun) put(reader, "}\n");
}

/* The number, or a mapping where not all get noise. */
static void put_noise(struct isw_reader *reader, const char **last)
{
  const struct isw_sweep *sweep = reader->sweep;
  bool std = !swept_everywhere(sweep, ISW_SET_INIT_NOISE), of = !swept_everywhere(sweep, ISW_SET_NOISE_OF);
  of = of && sweep->base[ISW_SET_NOISE_OF].integer != ISW_NOISE_ALL;
  if (!std && !of) return;
  put_path(reader, isw_setting(ISW_SET_INIT_NOISE)->path, last);
  put(reader, of ? std ? "{std: " : "{" : "");
  if (std) put_value(reader, ISW_SET_INIT_NOISE, sweep->base[ISW_SET_INIT_NOISE], false);
  if (of && std) put(reader, ", ");
  if (of) {
    put(reader, "of: ");
    put_value(reader, ISW_SET_NOISE_OF, sweep->base[ISW_SET_NOISE_OF], false);
  }
  put(reader, of ? "}\n" : "\n");
}

static void put_rule(struct isw_reader *reader, const struct isw_schedule_rule *rule)
{
  if (rule->kind == ISW_LIST) {
    put(reader, "[");
    for (size_t i = 0; i < rule->count; i++) put(reader, "%s%llu", i ? ", " : "", (unsigned long long)rule->step[i]);
    put(reader, "]");
  } else {
    put(reader, "{%s: %llu}", rule->kind == ISW_EVERY ? "every" : "geomspace", (unsigned long long)rule->number);
  }
}

static void put_record(struct isw_reader *reader, size_t id)
{
  const struct isw_sweep *sweep = reader->sweep;
  if (id != ISW_SET_RECORD_PROBES) {
    put_rule(reader, &sweep->rule);
    put(reader, "\n");
    return;
  }
  put(reader, "[");
  for (size_t p = 0; p + sweep->has_snapshots < sweep->probes; p++) {
    bool own = sweep->probe_rule[p].kind != ISW_AT_ALL;
    put(reader, "%s", p ? ", " : "");
    enum isw_status status = (own ? isw_write_probe_map : isw_sweep_write_probe)(sweep->probe[p], &reader->writing);
    if (status != ISW_OK) longjmp(reader->out_of_memory, 1);
    if (!own) continue;
    put(reader, ", steps: ");
    put_rule(reader, &sweep->probe_rule[p]);
    put(reader, "}");
  }
  put(reader, "]\n");
}

static void put_snapshots(struct isw_reader *reader)
{
  put(reader, "{steps: ");
  put_rule(reader, &reader->sweep->probe_rule[reader->sweep->probes - 1]);
  put(reader, "}");
}

static void put_base(struct isw_reader *reader)
{
  const struct isw_sweep *sweep = reader->sweep;
  const char *last = NULL;
  for (size_t id = 0; id < ISW_SETTINGS; id++) {
    const struct isw_setting *row = isw_setting(id);
    if (id == ISW_SET_INIT_NOISE || id == ISW_SET_NOISE_OF) {
      if (id == ISW_SET_INIT_NOISE) put_noise(reader, &last);
      continue;
    }
    if (row->kind == ISW_KIND_LAYERS) {
      put_layers(reader, id, &last);
      continue;
    }
    if (row->kind == ISW_KIND_SECTION) continue; /* its settings have rows of their own */
    bool text = row->kind == ISW_KIND_TEXT, record = row->kind == ISW_KIND_SCHEDULE || row->kind == ISW_KIND_PROBES;
    if (!text && !record && (!sweep->given[id] || (swept_everywhere(sweep, id) && !is_base_of_sample(sweep, id))))
      continue;
    if (row->implied && isw_value_hash(id, sweep->base[id], false) == isw_value_hash(id, reader->standard[id], false))
      continue;
    put_path(reader, row->path, &last);
    if (record) {
      put_record(reader, id);
      continue;
    }
    if (text)
      put_text(reader, id == ISW_SET_SWEEP ? sweep->name : sweep->about);
    else if (id == ISW_SET_RECORD_WEIGHTS && sweep->has_snapshots)
      put_snapshots(reader);
    else
      put_value(reader, id, sweep->base[id], false);
    put(reader, "\n");
  }
}

static void put_sample(struct isw_reader *reader)
{
  const struct isw_sample *sample = &reader->sweep->sample;
  if (!sample->points) return;
  put(reader, "sample:\n  design: %s\n  points: %zu\n  axes:\n", isw_design_name(sample->design), sample->points);
  for (size_t a = 0; a < sample->axes; a++) {
    const struct isw_distribution *distribution = &sample->axis[a].distribution;
    put(reader, "    ");
    if (distribution->kind == ISW_LISTED) {
      put_values(reader, sample->axis[a].listed, false);
    } else {
      put(reader, "%s: {%s: [", sample->joint.part[a]->name, isw_distribution_name(distribution));
      put_number(reader, distribution->a);
      put(reader, ", ");
      put_number(reader, distribution->b);
      put(reader, "]}");
    }
    put(reader, "\n");
  }
}

static void put_grids(struct isw_reader *reader)
{
  const struct isw_sweep *sweep = reader->sweep;
  bool list = sweep->grids > 1;
  put_sample(reader);
  if (list || sweep->grid[0].own) put(reader, "grid:\n");
  for (size_t g = 0; g < sweep->grids; g++) {
    if (list && !sweep->grid[g].own) put(reader, "  - {}\n");
    for (size_t a = 0; a < sweep->grid[g].own; a++) {
      put(reader, list ? (a ? "    " : "  - ") : "  ");
      put_values(reader, sweep->grid[g].axis[sweep->grid[g].own_first + a].part[0], false);
      put(reader, "\n");
    }
  }
  if (sweep->zips) put(reader, "zip:\n");
  for (size_t z = 0; z < sweep->zips; z++)
    for (size_t p = 0; p < sweep->zip[z].parts; p++) {
      put(reader, p ? "    " : "  - ");
      put_values(reader, sweep->zip[z].part[p], false);
      put(reader, "\n");
    }
  if (sweep->excludes) put(reader, "exclude:\n");
  for (size_t e = 0; e < sweep->excludes; e++)
    for (size_t c = 0; c < sweep->exclude[e].count; c++) {
      put(reader, c ? "    " : "  - ");
      put_values(reader, sweep->exclude[e].condition[c], true);
      put(reader, "\n");
    }
}

static void put_refine(struct isw_reader *reader)
{
  const struct isw_sweep *sweep = reader->sweep;
  const struct isw_refine *refine = &sweep->refine;
  if (!refine->levels) return;
  put(reader, "refine:\n  axes: [");
  put(reader, "%s, %s]\n  levels: %zu\n  margin: %zu\n", refine->along[0].name, refine->along[1].name, refine->levels,
      refine->margin);
  if (isnan(refine->loss_below)) return;
  put(reader, "  loss_below: ");
  put_number(reader, refine->loss_below);
  put(reader, "\n");
}

static const char *write_all(struct isw_reader *reader, bool plainly)
{
  isw_text_clear(&reader->writing);
  reader->writes_plainly = plainly;
  put_base(reader);
  put_grids(reader);
  put_refine(reader);
  return isw_arena_copy(&reader->sweep->arena, reader->writing.bytes, reader->writing.length);
}

void isw_write_settings(struct isw_reader *reader)
{
  enum { FORMAT = 1 };
  struct isw_sweep *sweep = reader->sweep;
  sweep->settings = write_all(reader, false);
  sweep->plain_settings = write_all(reader, true);
  uint64_t hash = FORMAT;
  uint64_t pair[2] = {hash, isw_hash(reader->writing.bytes, reader->writing.length, 0)};
  hash = isw_hash(pair, sizeof pair, 0);
  for (size_t u = 0; u < sweep->uses; u++) {
    pair[0] = hash;
    pair[1] = sweep->data[sweep->use[u].data].hash;
    hash = isw_hash(pair, sizeof pair, 0);
  }
  pair[0] = hash;
  pair[1] = sweep->weights_hash;
  if (sweep->weights_hash) hash = isw_hash(pair, sizeof pair, 0);
  sweep->identity = hash;
}
