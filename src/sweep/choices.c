/* Named choices: a bare name, or {name: ..., parameter: ...}. Lists of parameter values give all combinations. */
#include <math.h>
#include <string.h>
#include "sweep_internal.h"

enum { TEXT_SIZE = 160 };

/* The values that a choice gives one of its parameters. */
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

void isw_add_choice(struct isw_reader *reader, struct isw_choices *choices, struct isw_chosen chosen)
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

/* The row that a scalar names, or the table's count after an error was reported. *alias: the name if it is an alias;
 * else NULL. */
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

/* Reads the numbers that a node gives a parameter; false after reporting that there are too many. */
static bool read_number_parameter(struct isw_reader *reader, const struct isw_parameter *parameter, const char *what,
                                  const struct isw_node *node, struct parameter_values *values)
{
  struct isw_number_rule rule = {.what = what,
                                 .integer = parameter->type == ISW_COUNT,
                                 .low_open = parameter->low_open,
                                 .high_open = parameter->high_open,
                                 .word = parameter->word,
                                 .word_number = parameter->word_number};
  isw_parameter_range(parameter, &rule.low, &rule.high);
  struct isw_numbers numbers;
  isw_read_numbers(reader, &rule, node, true, &numbers);
  if (numbers.count > ISW_VALUES_MAX) {
    isw_report_add(&reader->report, node->place, "more than %d values", ISW_VALUES_MAX);
    return false;
  }
  values->count = numbers.count;
  values->value = isw_arena_get(&reader->scratch, numbers.count, sizeof *values->value);
  for (size_t i = 0; i < numbers.count; i++) values->value[i].number = isw_number_at(&numbers, i);
  return true;
}

/* Reads the words or texts that a node gives a parameter. */
static void read_text_parameter(struct isw_reader *reader, const struct isw_parameter *parameter, const char *what,
                                const struct isw_node *node, struct parameter_values *values)
{
  bool list = node->kind == ISW_NODE_LIST;
  size_t count = list ? node->count : 1;
  values->value = isw_arena_get(&reader->scratch, count, sizeof *values->value);
  for (size_t i = 0; i < count; i++) {
    const struct isw_node *element = list ? node->child[i] : node;
    struct isw_value value = {0};
    if (parameter->type == ISW_WORD) {
      int word = isw_read_word(reader, what, parameter->words, element);
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
}

/* Reads the values that a node gives a parameter; false if there are no valid ones, which has been reported. */
static bool read_parameter(struct isw_reader *reader, const struct isw_row *row, size_t index,
                           const struct isw_node *node, struct parameter_values *values)
{
  const struct isw_parameter *parameter = &row->parameters[index];
  char what[TEXT_SIZE];
  snprintf(what, sizeof what, "%s of %s", parameter->name, row->name);
  values->parameter = index;
  if (parameter->type == ISW_WORD || parameter->type == ISW_TEXT)
    read_text_parameter(reader, parameter, what, node, values);
  else if (!read_number_parameter(reader, parameter, what, node, values))
    return false;
  if (node->kind == ISW_NODE_LIST && node->count == 0)
    isw_report_add(&reader->report, node->place, "the list of values of %s is empty", what);
  return values->count > 0;
}

/* A setting beside the optimiser that other libraries have among its parameters, such as lr. */
static bool is_beside_optimizer(size_t setting, const char *name, const char **path)
{
  const char *more;
  *path = setting == ISW_SET_OPTIMIZER ? isw_synonym(name, &more) : NULL;
  if (setting == ISW_SET_OPTIMIZER && strcmp(name, "learning_rate") == 0) *path = "train.learning_rate";
  return *path != NULL;
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
  const char *path;
  if (is_beside_optimizer(setting, key->text, &path)) {
    isw_report_hint(&reader->report, "it is a setting of its own, '%s'", path);
    isw_text_clear(&all);
    return;
  }
  char *more = NULL;
  if (ok) {
    more = isw_arena_get(&reader->scratch, all.length + TEXT_SIZE, 1);
    snprintf(more, all.length + TEXT_SIZE, count ? "Its parameters: %s." : "It has no parameters.", all.bytes);
  }
  isw_text_clear(&all);
  if (!more) longjmp(*reader->scratch.out_of_memory, 1);
  isw_suggest(reader, key->text, names, count, more);
}

static bool is_initializer(size_t setting)
{
  return setting == ISW_SET_INIT || setting == ISW_SET_BIAS_INIT || setting >= ISW_INIT_SLOTS;
}

/* A choice that is being read. */
struct reading {
  struct isw_reader *reader;
  size_t setting;
  enum isw_expand mode;
  const struct isw_table_view *table;
  const struct isw_row *row;
  const struct isw_node *node, *name; /* the whole choice, and its name */
  struct isw_item item;
  struct parameter_values given[ISW_PARAMETERS_MAX + 1];
  size_t count; /* of given */
};

/* Adds every combination of the parameters' values; the first written varies slowest. */
static void multiply(struct reading *choice, struct isw_choices *choices)
{
  struct isw_reader *reader = choice->reader;
  size_t total = 1, rows;
  for (size_t i = 0; i < choice->count; i++)
    if (!isw_multiply(total, choice->given[i].count, &total) || total > ISW_VALUES_MAX) {
      isw_report_add(&reader->report, choice->node->place, "more than %d combinations of parameters", ISW_VALUES_MAX);
      return;
    }
  size_t row = choice->item.choice.row;
  unsigned needs = is_initializer(choice->setting)   ? isw_initializers(&rows)[row].needs
                   : choice->setting == ISW_SET_MASK ? isw_masks(&rows)[row].needs
                                                     : 0;
  bool from_file = choice->mode != ISW_PATTERN && (needs & ISW_START_FILE) != 0;
  for (size_t k = 0; k < total; k++) {
    struct isw_chosen chosen = {0};
    struct isw_item item = choice->item;
    size_t rest = k;
    for (size_t i = choice->count; i-- > 0;) {
      const struct parameter_values *given = &choice->given[i];
      const struct isw_value *value = &given->value[rest % given->count];
      rest /= given->count;
      if (given->parameter == ISW_PARAMETERS_MAX) {
        chosen.has_decay = true;
        chosen.decay = value->number;
      } else {
        item.choice.value[given->parameter] = *value;
      }
    }
    item.hash = hash_choice(choice->row, &item.choice);
    if (from_file && !isw_load_weights(reader, choice->table->singular, choice->row, &item, choice->node)) continue;
    chosen.item = isw_new_item(reader, item);
    isw_add_choice(reader, choices, chosen);
  }
}

/* Whether an initialiser is allowed for biases; reports if not. */
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
  if (ok) isw_report_hint(&reader->report, "a bias has no fan-in of its own: use %s", all.bytes);
  isw_text_clear(&all);
  if (!ok) longjmp(reader->out_of_memory, 1);
  return false;
}

/* The node of a choice's name; NULL after an error was reported. */
static const struct isw_node *find_name(struct isw_reader *reader, size_t setting, const struct isw_table_view *table,
                                        struct isw_node *node)
{
  const char *key = isw_setting_name_key(setting);
  if (node->kind != ISW_NODE_MAP) return node;
  const struct isw_node *name = isw_tree_find(node, key, strlen(key), NULL);
  if (name) return name;
  isw_report_add(&reader->report, node->place, "a%s %s needs %s: {%s: ...}",
                 strchr("aeiou", table->singular[0]) ? "n" : "", table->singular,
                 strcmp(key, "name") == 0 ? "a name" : "its kind", key);
  isw_report_hint(&reader->report, "`initsweep list %s` shows all.", table->name);
  return NULL;
}

/* Reads weight_decay inside an optimiser's choice. */
static void read_decay(struct isw_reader *reader, const struct isw_node *node, struct parameter_values *values)
{
  struct isw_number_rule rule = {.what = "weight_decay", .low = 0.0, .high = ISW_LARGEST_NUMBER};
  struct isw_numbers numbers;
  isw_read_numbers(reader, &rule, node, true, &numbers);
  values->parameter = ISW_PARAMETERS_MAX;
  values->count = numbers.count;
  values->value = isw_arena_get(&reader->scratch, numbers.count, sizeof *values->value);
  for (size_t n = 0; n < numbers.count; n++) values->value[n].number = isw_number_at(&numbers, n);
}

/* Reads a key of a choice other than `name`; false after an error was reported, or if no value is valid. */
static bool read_given(struct reading *choice, const struct isw_node *key, const struct isw_node *value)
{
  struct isw_reader *reader = choice->reader;
  size_t count = isw_row_parameters(choice->row), p = 0;
  while (p < count && strcmp(choice->row->parameters[p].name, key->text) != 0) p++;
  bool decay = choice->setting == ISW_SET_OPTIMIZER && strcmp(key->text, "weight_decay") == 0;
  if (p == count && !decay) {
    unknown_parameter(reader, choice->setting, choice->row, key);
    return false;
  }
  for (size_t g = 0; g < choice->count; g++) /* a duplicate key was reported when the tree was read */
    if (choice->given[g].parameter == (decay ? (size_t)ISW_PARAMETERS_MAX : p)) return true;
  struct parameter_values *values = &choice->given[choice->count];
  *values = (struct parameter_values){0};
  if (decay)
    read_decay(reader, value, values);
  else if (read_parameter(reader, choice->row, p, value, values))
    choice->item.given |= 1u << p;
  else
    return false;
  choice->count++;
  if (choice->mode == ISW_BASE && values->count > 1) {
    isw_report_add(&reader->report, value->place, "several values for '%s'", key->text);
    isw_report_hint(&reader->report, "several values make an axis: write them under grid:");
    return false;
  }
  return values->count > 0;
}

/* The values that a choice gives a parameter; NULL: none, or the row has no such parameter. */
static const struct parameter_values *values_given(const struct reading *choice, const char *name)
{
  for (size_t i = 0; i < choice->count; i++)
    if (choice->given[i].parameter < ISW_PARAMETERS_MAX &&
        strcmp(choice->row->parameters[choice->given[i].parameter].name, name) == 0)
      return &choice->given[i];
  return NULL;
}

/* Reports a test_fraction other than the default if the test set is read from files in every value of the choice. */
static void check_test_fraction(const struct reading *choice)
{
  struct isw_reader *reader = choice->reader;
  const struct parameter_values *files = values_given(choice, "test_inputs");
  const struct parameter_values *fraction = values_given(choice, "test_fraction");
  if (!files || !fraction || choice->mode == ISW_PATTERN || reader->from->stored) return;
  bool used = fraction->count == 1 && fraction->value[0].number == choice->row->parameters[fraction->parameter].initial;
  for (size_t i = 0; i < files->count; i++) used = used || !files->value[i].text[0];
  if (used) return;
  const struct isw_node *node = isw_tree_find(choice->node, "test_fraction", strlen("test_fraction"), NULL);
  isw_report_add(&reader->report, node->place,
                 "test_fraction of %s has no effect: the test set is read from test_inputs", choice->row->name);
}

/* Whether every parameter without a default has a value. Invalid values were reported before. */
static bool has_required(const struct reading *choice)
{
  struct isw_reader *reader = choice->reader;
  const struct isw_row *row = choice->row;
  bool good = true;
  for (size_t p = 0; choice->mode != ISW_PATTERN && p < isw_row_parameters(row); p++) {
    const struct isw_parameter *parameter = &row->parameters[p];
    bool required = parameter->type == ISW_TEXT ? !parameter->initial_text : isnan(parameter->initial);
    if (!required || (choice->item.given & 1u << p)) continue;
    good = false;
    if (choice->node->kind == ISW_NODE_MAP &&
        isw_tree_find(choice->node, parameter->name, strlen(parameter->name), NULL))
      continue;
    isw_report_add(&reader->report, choice->name->place, "%s needs %s: {%s: %s, %s: ...}", row->name, parameter->name,
                   isw_setting_name_key(choice->setting), row->name, parameter->name);
    isw_report_hint(&reader->report, "%s: %s", parameter->name, parameter->about);
  }
  return good;
}

void isw_read_choice(struct isw_reader *reader, size_t setting, struct isw_node *node, enum isw_expand mode,
                     struct isw_choices *choices)
{
  struct reading choice = {
      .reader = reader, .setting = setting, .mode = mode, .table = isw_setting_table(setting), .node = node};
  const struct isw_alias *alias;
  choice.name = find_name(reader, setting, choice.table, node);
  if (!choice.name) return;
  size_t index = read_row(reader, choice.table, choice.name, &alias);
  if (index == choice.table->count()) return;
  if (setting == ISW_SET_BIAS_INIT && !is_for_bias(reader, choice.table, index, choice.name)) return;
  choice.row = choice.table->row(index);
  choice.item.choice = isw_choice_default(choice.row, index);
  for (size_t p = 0; alias && p < alias->presets; p++) {
    choice.item.choice.value[p].number = alias->preset[p];
    choice.item.given |= 1u << p;
  }
  bool good = true;
  for (size_t i = 0; node->kind == ISW_NODE_MAP && i < node->count; i++)
    if (node->child[2 * i + 1] != choice.name)
      good = read_given(&choice, node->child[2 * i], node->child[2 * i + 1]) && good;
  good = has_required(&choice) && good;
  if (good) check_test_fraction(&choice);
  if (good) multiply(&choice, choices);
}
