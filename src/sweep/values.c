#include "sweep_internal.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "initsweep/hdf5.h"

enum { VALUES_MAX = 1 << 20, LAYERS_MAX = 1000, TEXT_SIZE = 160 };

/* Several numbers that one node gives. */
struct numbers {
  size_t count;
  bool is_range;
  int64_t first, step;
  double *value;
  struct isw_place *place; /* NULL: all at the node */
};

/* YAML 1.2's core schema: an optional sign, digits with or without a point, an exponent. */
static bool looks_like_number(const char *c)
{
  if (*c == '+' || *c == '-') c++;
  size_t digits = strspn(c, "0123456789");
  c += digits;
  if (*c == '.') {
    c++;
    size_t more = strspn(c, "0123456789");
    c += more;
    digits += more;
  }
  if (!digits) return false;
  if (*c == 'e' || *c == 'E') {
    c++;
    if (*c == '+' || *c == '-') c++;
    size_t exponent = strspn(c, "0123456789");
    if (!exponent) return false;
    c += exponent;
  }
  return *c == '\0';
}

bool isw_read_number(struct isw_reader *reader, const struct isw_number_rule *rule, const struct isw_node *node,
                     double *number)
{
  if (node->kind == ISW_NODE_SCALAR && rule->word && strcmp(node->text, rule->word) == 0) {
    *number = rule->word_number;
    return true;
  }
  bool is_number = node->kind == ISW_NODE_SCALAR && node->plain && looks_like_number(node->text);
  double value = is_number ? strtod(node->text, NULL) : NAN;
  if (is_number && value >= rule->low && value <= rule->high && !(rule->low_open && value <= rule->low) &&
      !(rule->high_open && value >= rule->high) && isfinite(value) && (!rule->whole || floor(value) == value)) {
    *number = rule->whole ? value + 0.0 : value; /* a whole number has no negative zero */
    return true;
  }
  char range[TEXT_SIZE];
  isw_describe_range(rule->whole, rule->low, rule->high, rule->low_open, rule->high_open, range, sizeof range);
  isw_report_add(&reader->report, node->place, "%s must be %s%s%s%s, not %s", rule->what, rule->word ? "'" : "",
                 rule->word ? rule->word : "", rule->word ? "' or " : "", range,
                 isw_tree_describe(&reader->scratch, node));
  if (node->kind == ISW_NODE_SCALAR && !node->plain && looks_like_number(node->text))
    isw_report_hint(&reader->report, "a number in quotes is a text");
  else if (node->kind == ISW_NODE_SCALAR && node->plain && rule->word)
    isw_suggest(reader, node->text, &rule->word, 1, NULL);
  return false;
}

void isw_suggest(struct isw_reader *reader, const char *word, const char *const *candidates, size_t count,
                 const char *more)
{
  const char *nearest = isw_nearest_word(word, candidates, count);
  if (nearest)
    isw_report_hint(&reader->report, "did you mean '%s'?%s%s", nearest, more ? " " : "", more ? more : "");
  else if (more)
    isw_report_hint(&reader->report, "%s", more);
}

static double *new_numbers(struct isw_reader *reader, size_t count)
{
  return isw_arena_get(&reader->scratch, count, sizeof(double));
}

static void read_range(struct isw_reader *reader, const struct isw_number_rule *rule, const struct isw_node *node,
                       const double *argument, struct numbers *numbers)
{
  double first = argument[0], last = argument[1], step = argument[2];
  double count = floor((last - first) / step + 1e-9) + 1.0;
  if (step == 0.0 || !(count >= 1.0)) {
    isw_report_add(&reader->report, node->place, "this range holds no value");
    isw_report_hint(&reader->report,
                    "expected [first, last] or [first, last, step] where step leads from first to last");
    return;
  }
  if (rule->whole) {
    if (count >= 1099511627776.0) { /* 2^40 */
      isw_report_add(&reader->report, node->place, "this range holds 2^40 values or more");
      return;
    }
    *numbers =
        (struct numbers){.count = (size_t)count, .is_range = true, .first = (int64_t)first, .step = (int64_t)step};
    return;
  }
  if (count > VALUES_MAX) {
    isw_report_add(&reader->report, node->place, "this range holds more than %d values", VALUES_MAX);
    return;
  }
  numbers->count = (size_t)count;
  numbers->value = new_numbers(reader, numbers->count);
  for (size_t i = 0; i < numbers->count; i++) numbers->value[i] = first + (double)i * step;
  double *end = &numbers->value[numbers->count - 1];
  if (numbers->count > 1 && fabs(*end - last) <= 1e-9 * fabs(step)) *end = last;
}

static double spaced(bool geometric, double a, double b, size_t i, size_t n)
{
  if (i == 0) return a;
  if (i == n - 1) return b;
  double part = (double)i / (double)(n - 1);
  if (!geometric) return a + (b - a) * (double)i / (double)(n - 1);
  /* 12 digits: a point that is a short number, as 0.1, is exactly it. */
  char text[TEXT_SIZE];
  snprintf(text, sizeof text, "%.12g", a * isw_exact_exp(isw_exact_log(b / a) * part));
  return strtod(text, NULL);
}

static void read_spaced(struct isw_reader *reader, const struct isw_number_rule *rule, const struct isw_node *node,
                        bool geometric, const double *argument, struct numbers *numbers)
{
  double a = argument[0], b = argument[1];
  if (geometric && (a == 0.0 || b == 0.0 || (a < 0.0) != (b < 0.0))) {
    isw_report_add(&reader->report, node->place, "geomspace needs ends of one sign, neither of them 0");
    return;
  }
  numbers->count = (size_t)argument[2];
  numbers->value = new_numbers(reader, numbers->count);
  for (size_t i = 0; i < numbers->count; i++) {
    double x = spaced(geometric, a, b, i, numbers->count);
    numbers->value[i] = rule->whole ? floor(x + 0.5) : x;
  }
}

/* {range: [first, last, step]}, {linspace: [a, b, n]}, {geomspace: [a, b, n]} */
static void read_generator(struct isw_reader *reader, const struct isw_number_rule *rule, const struct isw_node *node,
                           struct numbers *numbers)
{
  static const char *const generators[] = {"range", "linspace", "geomspace"};
  enum { GENERATORS = 3 };
  const struct isw_node *key = node->count ? node->child[0] : node, *list = node->count ? node->child[1] : node;
  size_t which = 0;
  while (which < GENERATORS && strcmp(node->count ? key->text : "", generators[which]) != 0) which++;
  if (which == GENERATORS || node->count != 1) {
    isw_report_add(&reader->report, which == GENERATORS ? key->place : node->child[2]->place,
                   which == GENERATORS ? "unknown generator %s" : "%s stands beside a generator",
                   isw_tree_describe(&reader->scratch, which == GENERATORS ? key : node->child[2]));
    isw_suggest(reader, node->count ? key->text : "", generators, GENERATORS,
                "Expected {range: [first, last, step]}, {linspace: [a, b, n]} or {geomspace: [a, b, n]}.");
    return;
  }
  bool range = which == 0;
  if (list->kind != ISW_NODE_LIST || list->count > 3 || list->count < (range ? 2 : 3)) {
    isw_report_add(&reader->report, list->place, "%s needs %s, not %s", generators[which],
                   range ? "[first, last] or [first, last, step]" : "[a, b, n]",
                   list->kind == ISW_NODE_LIST ? "a list of another length"
                                               : isw_tree_describe(&reader->scratch, list));
    return;
  }
  struct isw_number_rule end = *rule,
                         step = {.what = "the step of a range", .whole = rule->whole, .low = -1e30, .high = 1e30};
  struct isw_number_rule count = {.what = "the number of points", .whole = true, .low = 1, .high = VALUES_MAX};
  end.word = NULL;
  if (rule->whole) step.low = -9007199254740992.0, step.high = 9007199254740992.0;
  double argument[3] = {0.0, 0.0, 1.0};
  for (size_t i = 0; i < list->count; i++)
    if (!isw_read_number(reader, i < 2 ? &end : range ? &step : &count, list->child[i], &argument[i])) return;
  if (!range && argument[2] < 2.0 && argument[0] != argument[1]) {
    isw_report_add(&reader->report, list->child[2]->place, "one point cannot be both ends");
    return;
  }
  if (range)
    read_range(reader, rule, node, argument, numbers);
  else
    read_spaced(reader, rule, node, which == 2, argument, numbers);
}

/* One number, a list of them or a generator. */
static void read_numbers(struct isw_reader *reader, const struct isw_number_rule *rule, const struct isw_node *node,
                         bool several, struct numbers *numbers)
{
  *numbers = (struct numbers){0};
  if (several && node->kind == ISW_NODE_MAP) {
    read_generator(reader, rule, node, numbers);
    return;
  }
  bool list = several && node->kind == ISW_NODE_LIST;
  size_t count = list ? node->count : 1;
  numbers->value = new_numbers(reader, count);
  numbers->place = isw_arena_get(&reader->scratch, count, sizeof *numbers->place);
  for (size_t i = 0; i < count; i++) {
    const struct isw_node *element = list ? node->child[i] : node;
    if (isw_read_number(reader, rule, element, &numbers->value[numbers->count]))
      numbers->place[numbers->count++] = element->place;
  }
}

static double number_at(const struct numbers *numbers, size_t i)
{
  return numbers->is_range ? (double)(numbers->first + (int64_t)i * numbers->step) : numbers->value[i];
}

/* ---- values under construction ---------------------------------------------------------------------------------------- */

struct building {
  struct isw_values *values;
  size_t capacity, capacity_present, capacity_place;
};

/* A new value, all members absent. */
static size_t add_value(struct isw_reader *reader, struct building *building, struct isw_place place)
{
  struct isw_values *values = building->values;
  size_t i = values->count, members = values->members;
  values->value =
      isw_arena_grow(&reader->sweep->arena, values->value, i, &building->capacity, members * sizeof *values->value);
  values->present =
      isw_arena_grow(&reader->sweep->arena, values->present, i, &building->capacity_present, members * sizeof(bool));
  values->place = isw_arena_grow(&reader->scratch, values->place, i, &building->capacity_place, sizeof place);
  values->place[i] = place;
  for (size_t m = 0; m < members; m++) {
    values->value[i * members + m] = (union isw_setting_value){0};
    values->present[i * members + m] = false;
  }
  values->count++;
  return i;
}

static void set_member(struct isw_values *values, size_t index, size_t member, union isw_setting_value value)
{
  values->value[index * values->members + member] = value;
  values->present[index * values->members + member] = true;
}

static void expand_numbers(struct isw_reader *reader, struct building *building, size_t setting, struct isw_node *node,
                           enum isw_expand mode)
{
  const struct isw_setting *row = isw_setting(setting);
  struct isw_number_rule rule = {
      row->path, row->kind == ISW_KIND_WHOLE, row->low, row->high, row->low_open, false, row->word, row->word_number};
  struct numbers numbers;
  read_numbers(reader, &rule, node, mode != ISW_BASE, &numbers);
  struct isw_values *values = building->values;
  if (numbers.is_range) {
    values->count = numbers.count;
    values->is_range = true;
    values->first = numbers.first;
    values->step = numbers.step;
    return;
  }
  for (size_t i = 0; i < numbers.count; i++) {
    union isw_setting_value value;
    if (rule.whole)
      value.whole = (uint64_t)numbers.value[i];
    else
      value.number = numbers.value[i];
    size_t index = add_value(reader, building, numbers.place ? numbers.place[i] : node->place);
    set_member(values, index, 0, value);
  }
}

/* The index of a scalar among words, or -1 after a report. */
static int read_word(struct isw_reader *reader, const char *what, const char *const *words, const struct isw_node *node)
{
  size_t count = 0;
  struct isw_text all = {0};
  for (; words[count]; count++)
    if (node->kind == ISW_NODE_SCALAR && strcmp(node->text, words[count]) == 0) return (int)count;
  bool ok = true;
  for (size_t i = 0; ok && i < count; i++)
    ok = isw_text_add(&all, "%s'%s'", i == 0 ? "" : i + 1 == count ? " or " : ", ", words[i]) == ISW_OK;
  char *kept = ok ? isw_arena_copy(&reader->scratch, all.bytes, all.length) : NULL;
  isw_text_clear(&all);
  if (!kept) longjmp(*reader->scratch.out_of_memory, 1);
  isw_report_add(&reader->report, node->place, "%s must be %s, not %s", what, kept,
                 isw_tree_describe(&reader->scratch, node));
  if (node->kind == ISW_NODE_SCALAR) isw_suggest(reader, node->text, words, count, NULL);
  return -1;
}

static void expand_words(struct isw_reader *reader, struct building *building, size_t setting, struct isw_node *node,
                         enum isw_expand mode)
{
  const struct isw_setting *row = isw_setting(setting);
  bool list = mode != ISW_BASE && node->kind == ISW_NODE_LIST;
  for (size_t i = 0; i < (list ? node->count : 1); i++) {
    struct isw_node *element = list ? node->child[i] : node;
    int word = read_word(reader, row->path, row->words, element);
    if (word >= 0)
      set_member(building->values, add_value(reader, building, element->place), 0,
                 (union isw_setting_value){.whole = (uint64_t)word});
  }
}

/* ---- choices ------------------------------------------------------------------------------------------------------------ */

/* The choices that one node stands for. */
struct choices {
  size_t count, capacity;
  struct chosen {
    const struct isw_item *item;
    bool has_decay;
    double decay;
  } * list;
};

/* What one parameter was given in place. */
struct parameter_values {
  size_t parameter; /* ISW_PARAMETERS_MAX: weight_decay */
  size_t count;
  struct isw_value *value;
};

static uint64_t hash_choice(const struct isw_row *row, const struct isw_choice *choice)
{
  uint64_t part[1 + 2 * ISW_PARAMETERS_MAX] = {isw_hash(row->name, strlen(row->name), 0)};
  size_t count = 1;
  for (size_t p = 0; p < isw_row_parameters(row); p++) {
    const struct isw_parameter *parameter = &row->parameters[p];
    const struct isw_value *value = &choice->value[p];
    part[count++] = isw_hash(parameter->name, strlen(parameter->name), 0);
    const char *text = parameter->type == ISW_TEXT   ? value->text
                       : parameter->type == ISW_WORD ? parameter->words[(size_t)value->number]
                                                     : NULL;
    part[count++] = text ? isw_hash(text, strlen(text), 0) : isw_hash(&value->number, sizeof value->number, 0);
  }
  return isw_hash(part, count * sizeof *part, 0);
}

static const struct isw_item *new_item(struct isw_reader *reader, struct isw_item item)
{
  struct isw_item *kept = isw_arena_get(&reader->sweep->arena, 1, sizeof *kept);
  *kept = item;
  kept->number = reader->sweep->items++;
  return kept;
}

static void add_choice(struct isw_reader *reader, struct choices *choices, struct chosen chosen)
{
  choices->list = isw_arena_grow(&reader->scratch, choices->list, choices->count, &choices->capacity, sizeof chosen);
  choices->list[choices->count++] = chosen;
}

static size_t find_row(const struct isw_table_view *table, const char *name)
{
  size_t row = 0;
  while (row < table->count() && strcmp(table->row(row)->name, name) != 0) row++;
  return row;
}

/* The row that a scalar names, or the table's count after a report. *alias: the name, where it is another's; else NULL. */
static size_t read_row(struct isw_reader *reader, const struct isw_table_view *table, const struct isw_node *node,
                       const struct isw_alias **alias)
{
  size_t count = table->count(), row = node->kind == ISW_NODE_SCALAR ? find_row(table, node->text) : count;
  *alias = NULL;
  if (row < count) return row;
  if (node->kind == ISW_NODE_SCALAR) *alias = isw_alias_find(table->name, node->text);
  if (*alias) return find_row(table, (*alias)->row);
  if (node->kind != ISW_NODE_SCALAR || isw_tree_is_null(node)) {
    isw_report_add(&reader->report, node->place, "expected the name of a%s %s, not %s",
                   strchr("aeiou", table->singular[0]) ? "n" : "", table->singular,
                   isw_tree_describe(&reader->scratch, node));
    isw_report_hint(&reader->report, "`initsweep list %s` shows all.", table->name);
    return count;
  }
  isw_report_add(&reader->report, node->place, "unknown %s %s", table->singular,
                 isw_tree_describe(&reader->scratch, node));
  const char **names = isw_arena_get(&reader->scratch, count, sizeof *names);
  for (size_t i = 0; i < count; i++) names[i] = table->row(i)->name;
  char more[TEXT_SIZE];
  snprintf(more, sizeof more, "`initsweep list %s` shows all.", table->name);
  isw_suggest(reader, node->text, names, count, more);
  return count;
}

static bool read_parameter(struct isw_reader *reader, const struct isw_row *row, size_t index, struct isw_node *node,
                           struct parameter_values *values)
{
  const struct isw_parameter *parameter = &row->parameters[index];
  char what[TEXT_SIZE];
  snprintf(what, sizeof what, "%s of %s", parameter->name, row->name);
  values->parameter = index;
  size_t wrong = 0;
  if (parameter->type == ISW_REAL || parameter->type == ISW_COUNT) {
    struct isw_number_rule rule = {.what = what,
                                   .whole = parameter->type == ISW_COUNT,
                                   .low = parameter->low,
                                   .high = parameter->high,
                                   .low_open = parameter->low_open,
                                   .high_open = parameter->high_open,
                                   .word = parameter->word,
                                   .word_number = parameter->word_number};
    if (parameter->low == 0.0 && parameter->high == 0.0) rule.low = -INFINITY, rule.high = INFINITY;
    if (rule.low < -1e30) rule.low = -1e30; /* what a float32 holds */
    if (rule.high > 1e30) rule.high = 1e30;
    struct numbers numbers;
    read_numbers(reader, &rule, node, true, &numbers);
    if (numbers.count > VALUES_MAX) {
      isw_report_add(&reader->report, node->place, "more than %d values", VALUES_MAX);
      return false;
    }
    values->count = numbers.count;
    values->value = isw_arena_get(&reader->scratch, numbers.count, sizeof *values->value);
    for (size_t i = 0; i < numbers.count; i++) values->value[i].number = number_at(&numbers, i);
    wrong = node->kind == ISW_NODE_LIST ? node->count - numbers.count : 0;
  } else {
    bool list = node->kind == ISW_NODE_LIST;
    size_t count = list ? node->count : 1;
    values->value = isw_arena_get(&reader->scratch, count, sizeof *values->value);
    for (size_t i = 0; i < count; i++) {
      struct isw_node *element = list ? node->child[i] : node;
      struct isw_value value = {0};
      if (parameter->type == ISW_WORD) {
        int word = read_word(reader, what, parameter->words, element);
        value.number = word;
        if (word < 0) continue;
      } else {
        if (element->kind != ISW_NODE_SCALAR || isw_tree_is_null(element)) {
          isw_report_add(&reader->report, element->place, "%s must be a text, not %s", what,
                         isw_tree_describe(&reader->scratch, element));
          continue;
        }
        value.text = isw_arena_copy(&reader->sweep->arena, element->text, element->length);
      }
      values->value[values->count++] = value;
    }
    wrong = count - values->count;
  }
  if (!values->count && !wrong && node->kind == ISW_NODE_LIST)
    isw_report_add(&reader->report, node->place, "an empty list gives %s no value", what);
  return values->count > 0;
}

static void unknown_parameter(struct isw_reader *reader, size_t setting, const struct isw_row *row,
                              const struct isw_node *key)
{
  size_t count = isw_row_parameters(row);
  isw_report_add(&reader->report, key->place, "%s has no parameter %s", row->name,
                 isw_tree_describe(&reader->scratch, key));
  const char *names[ISW_PARAMETERS_MAX + 1];
  struct isw_text all = {0};
  bool ok = true;
  for (size_t p = 0; p < count; p++) {
    names[p] = row->parameters[p].name;
    ok = ok && isw_text_add(&all, "%s%s", p ? ", " : "", names[p]) == ISW_OK;
  }
  if (setting == ISW_SET_OPTIMIZER) {
    ok = ok && isw_text_add(&all, "%sweight_decay", count ? ", " : "") == ISW_OK;
    names[count++] = "weight_decay";
  }
  char *more = NULL;
  if (ok) {
    more = isw_arena_get(&reader->scratch, all.length + TEXT_SIZE, 1);
    snprintf(more, all.length + TEXT_SIZE, count ? "It takes: %s." : "It takes none.", all.bytes);
  }
  isw_text_clear(&all);
  if (!more) longjmp(*reader->scratch.out_of_memory, 1);
  isw_suggest(reader, key->text, names, count, more);
}

/* ---- weights from files ------------------------------------------------------------------------------------------------- */

static const size_t weights_limit = (size_t)1 << 34; /* bytes: 2^31 numbers */

/* The last number of a row that pads no shorter network. */
static size_t without_padding(const struct isw_array *array)
{
  size_t count = array->columns;
  while (count > 0 && isnan(array->value[count - 1])) count--;
  return count;
}

/* Reads what a choice of the row `file` names, and makes its numbers, not its path, its hash. False after a report. */
static bool load_weights(struct isw_reader *reader, const struct isw_row *row, struct isw_item *item,
                         const struct isw_node *node)
{
  struct isw_sweep *sweep = reader->sweep;
  const char *folder = reader->from->folder, *path = item->choice.value[0].text, *name = item->choice.value[1].text;
  const uint64_t network = (uint64_t)item->choice.value[2].number;
  struct isw_text joined = {0};
  struct isw_array array;
  if (isw_data_path(folder, path, &joined, NULL) != ISW_OK) longjmp(reader->out_of_memory, 1);
  const char *full = isw_arena_copy(&reader->scratch, joined.bytes, joined.length);
  isw_text_clear(&joined);
  enum isw_status status = isw_array_read(full, name, &network, weights_limit, &array, &reader->loading);
  if (status == ISW_BAD_INPUT) {
    isw_report_add(&reader->report, node->place, "initializer file: %s", isw_error_text(&reader->loading));
    return false;
  }
  if (status != ISW_OK) {
    reader->status = isw_error_set(reader->error, status, "%s", isw_error_text(&reader->loading));
    return false;
  }
  size_t count = without_padding(&array), good = 0;
  while (good < count && isfinite(array.value[good])) good++;
  if (good < count || count == 0) {
    isw_report_add(&reader->report, node->place, "initializer file: %s: row %llu of '%s' %s", full,
                   (unsigned long long)network, name,
                   count ? "has weights that are not finite" : "holds no weights (NaN only)");
  } else {
    struct isw_weights *weights = isw_arena_get(&sweep->arena, 1, sizeof *weights);
    double *value = isw_arena_get(&sweep->arena, count, sizeof *value);
    memcpy(value, array.value, count * sizeof *value);
    *weights = (struct isw_weights){count, value, isw_hash(value, count * sizeof *value, 0)};
    item->choice.weights = weights;
    const uint64_t pair[] = {isw_hash(row->name, strlen(row->name), 0), weights->hash};
    item->hash = isw_hash(pair, sizeof pair, 0);
  }
  isw_array_clear(&array);
  return item->choice.weights != NULL;
}

static bool is_initializer(size_t setting)
{
  return setting == ISW_SET_INIT || setting == ISW_SET_BIAS_INIT || setting >= ISW_SETTINGS;
}

/* Adds every combination of the parameters' values; the first written varies slowest. */
static void multiply(struct isw_reader *reader, const struct isw_row *row, struct isw_item item,
                     const struct parameter_values *given, size_t count, struct choices *choices,
                     const struct isw_node *node, bool from_file)
{
  size_t total = 1;
  for (size_t i = 0; i < count; i++)
    if (!isw_multiply(total, given[i].count, &total) || total > VALUES_MAX) {
      isw_report_add(&reader->report, node->place, "more than %d combinations of parameters", VALUES_MAX);
      return;
    }
  for (size_t k = 0; k < total; k++) {
    struct chosen chosen = {0};
    size_t rest = k;
    for (size_t i = count; i-- > 0;) {
      const struct isw_value *value = &given[i].value[rest % given[i].count];
      rest /= given[i].count;
      if (given[i].parameter == ISW_PARAMETERS_MAX) {
        chosen.has_decay = true;
        chosen.decay = value->number;
      } else {
        item.choice.value[given[i].parameter] = *value;
      }
    }
    item.hash = hash_choice(row, &item.choice);
    item.choice.weights = NULL;
    if (from_file && !load_weights(reader, row, &item, node)) continue;
    chosen.item = new_item(reader, item);
    add_choice(reader, choices, chosen);
  }
}

/* Whether an initialiser can start biases; reports where it cannot. */
static bool is_for_bias(struct isw_reader *reader, const struct isw_table_view *table, size_t index,
                        const struct isw_node *name)
{
  size_t count, left = 0;
  const struct isw_initializer *rows = isw_initializers(&count);
  if (rows[index].for_bias) return true;
  isw_report_add(&reader->report, name->place, "initializer '%s' is not for biases", table->row(index)->name);
  struct isw_text all = {0};
  bool ok = true;
  for (size_t i = 0; i < count; i++) left += rows[i].for_bias;
  for (size_t i = 0; ok && i < count; i++)
    if (rows[i].for_bias)
      ok = isw_text_add(&all, "%s%s", rows[i].row.name, --left > 1 ? ", " : left == 1 ? " or " : "") == ISW_OK;
  if (ok) isw_report_hint(&reader->report, "a bias has no fan of its own: take %s", all.bytes);
  isw_text_clear(&all);
  if (!ok) longjmp(reader->out_of_memory, 1);
  return false;
}

/* A bare name, or {name: ..., parameter: ...} with lists inside. */
static void read_choice(struct isw_reader *reader, size_t setting, struct isw_node *node, enum isw_expand mode,
                        struct choices *choices)
{
  const struct isw_table_view *table = isw_setting_table(setting);
  const struct isw_node *name = node;
  if (node->kind == ISW_NODE_MAP) {
    name = isw_tree_find(node, "name", 4, NULL);
    if (!name) {
      isw_report_add(&reader->report, node->place, "a%s %s needs a name: {name: ...}",
                     strchr("aeiou", table->singular[0]) ? "n" : "", table->singular);
      isw_report_hint(&reader->report, "`initsweep list %s` shows all.", table->name);
      return;
    }
  }
  const struct isw_alias *alias;
  size_t index = read_row(reader, table, name, &alias);
  if (index == table->count()) return;
  const struct isw_row *row = table->row(index);
  if (setting == ISW_SET_BIAS_INIT && !is_for_bias(reader, table, index, name)) return;
  struct isw_item item = {.choice = isw_choice_default(row, index)};
  for (size_t p = 0; alias && p < alias->presets; p++) {
    item.choice.value[p].number = alias->preset[p];
    item.given |= 1u << p;
  }
  struct parameter_values given[ISW_PARAMETERS_MAX + 1];
  size_t count = 0;
  bool good = true;
  for (size_t i = 0; node->kind == ISW_NODE_MAP && i < node->count; i++) {
    struct isw_node *key = node->child[2 * i], *value = node->child[2 * i + 1];
    if (value == name) continue;
    size_t p = 0;
    while (p < isw_row_parameters(row) && strcmp(row->parameters[p].name, key->text) != 0) p++;
    bool decay = setting == ISW_SET_OPTIMIZER && strcmp(key->text, "weight_decay") == 0;
    if (p == isw_row_parameters(row) && !decay) {
      unknown_parameter(reader, setting, row, key);
      good = false;
      continue;
    }
    bool twice = false; /* a double key is reported by the tree's reader */
    for (size_t g = 0; g < count; g++) twice |= given[g].parameter == (decay ? (size_t)ISW_PARAMETERS_MAX : p);
    if (twice) continue;
    struct parameter_values *values = &given[count];
    *values = (struct parameter_values){0};
    if (decay) {
      struct isw_number_rule rule = {.what = "weight_decay", .low = 0.0, .high = 1e30};
      struct numbers numbers;
      read_numbers(reader, &rule, value, true, &numbers);
      values->parameter = ISW_PARAMETERS_MAX;
      values->count = numbers.count;
      values->value = isw_arena_get(&reader->scratch, numbers.count, sizeof *values->value);
      for (size_t n = 0; n < numbers.count; n++) values->value[n].number = number_at(&numbers, n);
    } else if (!read_parameter(reader, row, p, value, values)) {
      good = false;
      continue;
    } else {
      item.given |= 1u << p;
    }
    if (mode == ISW_BASE && values->count > 1) {
      isw_report_add(&reader->report, value->place, "several values for '%s'", key->text);
      isw_report_hint(&reader->report, "several values make an axis: write them under grid:");
      good = false;
    }
    if (!values->count) good = false;
    count++;
  }
  for (size_t p = 0; mode != ISW_PATTERN && p < isw_row_parameters(row); p++) {
    const struct isw_parameter *parameter = &row->parameters[p];
    bool must = parameter->type == ISW_TEXT ? !parameter->initial_text : isnan(parameter->initial);
    if (!must || (item.given & 1u << p)) continue;
    bool tried = node->kind == ISW_NODE_MAP && isw_tree_find(node, parameter->name, strlen(parameter->name), NULL);
    if (!tried) {
      isw_report_add(&reader->report, name->place, "%s needs %s: {name: %s, %s: ...}", row->name, parameter->name,
                     row->name, parameter->name);
      isw_report_hint(&reader->report, "%s: %s", parameter->name, parameter->about);
    }
    good = false;
  }
  size_t rows;
  bool from_file =
      mode != ISW_PATTERN && is_initializer(setting) && (isw_initializers(&rows)[index].needs & ISW_START_FILE) != 0;
  if (good) multiply(reader, row, item, given, count, choices, node, from_file);
}

static bool names_decay(const struct isw_node *node)
{
  if (node->kind == ISW_NODE_MAP) return isw_tree_find(node, "weight_decay", strlen("weight_decay"), NULL) != NULL;
  for (size_t i = 0; node->kind == ISW_NODE_LIST && i < node->count; i++)
    if (node->child[i]->kind == ISW_NODE_MAP && names_decay(node->child[i])) return true;
  return false;
}

static void expand_choices(struct isw_reader *reader, struct building *building, size_t setting, struct isw_node *node,
                           enum isw_expand mode)
{
  struct isw_values *values = building->values;
  bool list = mode != ISW_BASE && node->kind == ISW_NODE_LIST;
  for (size_t i = 0; i < (list ? node->count : 1); i++) {
    struct isw_node *element = list ? node->child[i] : node;
    struct choices choices = {0};
    read_choice(reader, setting, element, mode, &choices);
    for (size_t k = 0; k < choices.count; k++) {
      const struct chosen *chosen = &choices.list[k];
      size_t index = add_value(reader, building, element->place);
      set_member(values, index, 0, (union isw_setting_value){.item = chosen->item});
      if (values->members == 2 && chosen->has_decay)
        set_member(values, index, 1, (union isw_setting_value){.number = chosen->decay});
      else if (values->members == 2) /* absent, yet an axis must set it: the base holds */
        values->value[index * 2 + 1] = reader->sweep->base[ISW_SET_WEIGHT_DECAY];
    }
  }
}

/* ---- widths and layers -------------------------------------------------------------------------------------------------- */

static void read_widths(struct isw_reader *reader, struct building *building, struct isw_node *node)
{
  const struct isw_setting *row = isw_setting(ISW_SET_HIDDEN);
  if (node->kind != ISW_NODE_LIST) {
    isw_report_add(&reader->report, node->place, "network.hidden must be a list of widths as [32, 16], not %s",
                   isw_tree_describe(&reader->scratch, node));
    return;
  }
  if (node->count > LAYERS_MAX) {
    isw_report_add(&reader->report, node->place, "more than %d hidden layers", LAYERS_MAX);
    return;
  }
  struct isw_number_rule rule = {.what = "a width", .whole = true, .low = row->low, .high = row->high};
  size_t *size = isw_arena_get(&reader->sweep->arena, node->count, sizeof *size);
  bool good = true;
  for (size_t i = 0; i < node->count; i++) {
    double width = 0.0;
    good &= isw_read_number(reader, &rule, node->child[i], &width);
    size[i] = (size_t)width;
  }
  if (!good) return;
  uint64_t hash = isw_hash(size, node->count * sizeof *size, 0);
  const struct isw_item *item = new_item(reader, (struct isw_item){.count = node->count, .size = size, .hash = hash});
  set_member(building->values, add_value(reader, building, node->place), 0, (union isw_setting_value){.item = item});
}

static void expand_widths(struct isw_reader *reader, struct building *building, struct isw_node *node,
                          enum isw_expand mode)
{
  bool nested = node->kind == ISW_NODE_LIST && node->count > 0 && node->child[0]->kind == ISW_NODE_LIST;
  if (mode == ISW_AXIS && !nested) {
    isw_report_add(&reader->report, node->place, "an axis of network.hidden is a list of lists, as [[32, 16], [64]]");
    return;
  }
  if (mode == ISW_BASE || !nested) {
    read_widths(reader, building, node);
    return;
  }
  for (size_t i = 0; i < node->count; i++) read_widths(reader, building, node->child[i]);
}

/* "1" .. "1001", "output" (0), "branch_first" or "branch_last"; LAYERS_MAX + 2 for anything else. */
static size_t read_layer(const char *text)
{
  if (strcmp(text, "branch_first") == 0) return ISW_BRANCH_FIRST;
  if (strcmp(text, "branch_last") == 0) return ISW_BRANCH_LAST;
  if (strcmp(text, "output") == 0) return 0;
  size_t digits = strspn(text, "0123456789");
  if (digits == 0 || digits > 4 || text[digits] || text[0] == '0') return LAYERS_MAX + 2;
  size_t layer = (size_t)strtoul(text, NULL, 10);
  return layer <= LAYERS_MAX + 1 ? layer : LAYERS_MAX + 2;
}

size_t isw_slot(struct isw_reader *reader, const char *text)
{
  struct isw_sweep *sweep = reader->sweep;
  size_t layer = read_layer(text);
  if (layer == LAYERS_MAX + 2) return ISW_SETTINGS_MAX;
  for (size_t s = 0; s < sweep->slots; s++)
    if (sweep->slot_layer[s] == layer) return ISW_SETTINGS + s;
  if (sweep->slots == ISW_SLOTS_MAX) return ISW_SETTINGS_MAX;
  size_t size = strlen("network.init_by_layer.") + strlen(text) + 1;
  char *path = isw_arena_get(&sweep->arena, size, 1);
  snprintf(path, size, "network.init_by_layer.%s", text);
  sweep->slot_path[sweep->slots] = path;
  sweep->slot_layer[sweep->slots] = layer;
  return ISW_SETTINGS + sweep->slots++;
}

/* {1: zeros, output: {name: constant, value: [0.1, 0.5]}}: all combinations, the first key slowest. */
static void read_layers(struct isw_reader *reader, struct building *building, struct isw_node *node,
                        enum isw_expand mode)
{
  struct isw_values *values = building->values;
  if (node->kind != ISW_NODE_MAP) {
    isw_report_add(&reader->report, node->place, "network.init_by_layer must be {layer: initializer, ...}, not %s",
                   isw_tree_describe(&reader->scratch, node));
    return;
  }
  struct choices *of = isw_arena_get(&reader->scratch, node->count, sizeof *of);
  size_t *slot = isw_arena_get(&reader->scratch, node->count, sizeof *slot), total = 1;
  bool good = true;
  for (size_t i = 0; i < node->count; i++) {
    struct isw_node *key = node->child[2 * i];
    slot[i] = isw_slot(reader, key->text);
    if (slot[i] == ISW_SETTINGS_MAX) {
      isw_report_add(&reader->report, key->place,
                     "a layer must be a number from 1 to %d, 'output', 'branch_first' or 'branch_last', not %s",
                     LAYERS_MAX + 1, isw_tree_describe(&reader->scratch, key));
      good = false;
    } else {
      read_choice(reader, slot[i], node->child[2 * i + 1], mode, &of[i]);
      good = good && of[i].count;
    }
    if (good && (!isw_multiply(total, of[i].count, &total) || total > VALUES_MAX)) {
      isw_report_add(&reader->report, node->place, "more than %d combinations of initializers", VALUES_MAX);
      good = false;
    }
  }
  for (size_t k = 0; good && k < total; k++) {
    size_t index = add_value(reader, building, node->place), rest = k;
    for (size_t i = node->count; i-- > 0;) {
      set_member(values, index, slot[i] - ISW_SETTINGS,
                 (union isw_setting_value){.item = of[i].list[rest % of[i].count].item});
      rest /= of[i].count;
    }
  }
}

struct isw_values *isw_expand(struct isw_reader *reader, size_t setting, const char *name, struct isw_node *key,
                              struct isw_node *node, enum isw_expand mode)
{
  struct isw_sweep *sweep = reader->sweep;
  const struct isw_setting *row = isw_setting(setting);
  struct isw_values *values = isw_arena_get(&sweep->arena, 1, sizeof *values);
  bool layers = setting == ISW_SET_INIT_BY_LAYER, decay = setting == ISW_SET_OPTIMIZER && names_decay(node);
  values->name = isw_arena_copy(&sweep->arena, name, strlen(name));
  values->path = setting;
  values->at = node->place;
  values->key = key->place;
  values->members = layers ? sweep->slots : decay ? 2 : 1;
  size_t *member = isw_arena_get(&sweep->arena, values->members, sizeof *member);
  values->member = member;
  for (size_t m = 0; m < values->members; m++)
    member[m] = layers ? ISW_SETTINGS + m : m ? ISW_SET_WEIGHT_DECAY : setting;
  struct building building = {.values = values};
  size_t problems = reader->report.count + reader->report.left_out;
  switch (row->kind) {
  case ISW_KIND_WHOLE:
  case ISW_KIND_NUMBER: expand_numbers(reader, &building, setting, node, mode); break;
  case ISW_KIND_WORD: expand_words(reader, &building, setting, node, mode); break;
  case ISW_KIND_CHOICE: expand_choices(reader, &building, setting, node, mode); break;
  case ISW_KIND_SIZES: expand_widths(reader, &building, node, mode); break;
  case ISW_KIND_LAYERS: {
    bool list = mode != ISW_BASE && node->kind == ISW_NODE_LIST;
    for (size_t i = 0; i < (list ? node->count : 1); i++)
      read_layers(reader, &building, list ? node->child[i] : node, mode);
    break;
  }
  case ISW_KIND_TEXT:
  case ISW_KIND_SCHEDULE:
  case ISW_KIND_PROBES: break; /* never swept */
  }
  if (mode == ISW_BASE && !values->count && node->kind != ISW_NODE_SCALAR && row->kind < ISW_KIND_SIZES &&
      (node->kind == ISW_NODE_LIST || row->kind != ISW_KIND_CHOICE))
    isw_report_hint(&reader->report, "several values make an axis: write them under grid:");
  if (!values->count && mode != ISW_BASE && problems == reader->report.count + reader->report.left_out)
    isw_report_add(&reader->report, node->place, "%s has no values", name);
  return values;
}
