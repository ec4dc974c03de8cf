/* Lists of widths (network.hidden), and values by layer (network.init_by_layer, train.rate_by_layer). */
#include <stdlib.h>
#include <string.h>
#include "sweep_internal.h"

static void read_widths(struct isw_reader *reader, struct isw_values_builder *builder, struct isw_node *node)
{
  const struct isw_setting *row = isw_setting(ISW_SET_HIDDEN);
  if (node->kind != ISW_NODE_LIST) {
    isw_report_add(&reader->report, node->place, "network.hidden must be a list of widths such as [32, 16], not %s",
                   isw_tree_describe(&reader->scratch, node));
    return;
  }
  if (node->count > ISW_LAYERS_MAX) {
    isw_report_add(&reader->report, node->place, "more than %d hidden layers", ISW_LAYERS_MAX);
    return;
  }
  struct isw_number_rule rule = {.what = "a width", .integer = true, .low = row->low, .high = row->high};
  size_t *size = isw_arena_get(&reader->sweep->arena, node->count, sizeof *size);
  bool good = true;
  for (size_t i = 0; i < node->count; i++) {
    double width = 0.0;
    good &= isw_read_number(reader, &rule, node->child[i], &width);
    size[i] = (size_t)width;
  }
  if (!good) return;
  uint64_t hash = isw_hash(size, node->count * sizeof *size, 0);
  const struct isw_item *item =
      isw_new_item(reader, (struct isw_item){.count = node->count, .size = size, .hash = hash});
  isw_set_member(builder->values, isw_add_value(reader, builder, node->place), 0,
                 (union isw_setting_value){.item = item});
}

void isw_expand_widths(struct isw_reader *reader, struct isw_values_builder *builder, struct isw_node *node,
                       enum isw_expand mode)
{
  bool nested = node->kind == ISW_NODE_LIST && node->count > 0 && node->child[0]->kind == ISW_NODE_LIST;
  if (mode == ISW_AXIS && !nested) {
    isw_report_add(&reader->report, node->place,
                   "an axis of network.hidden must be a list of lists, such as [[32, 16], [64]]");
    return;
  }
  if (mode == ISW_BASE || !nested) {
    read_widths(reader, builder, node);
    return;
  }
  for (size_t i = 0; i < node->count; i++) read_widths(reader, builder, node->child[i]);
}

/* Reads "1" .. "1001", "output" (0), "branch_first" or "branch_last"; ISW_LAYERS_MAX + 2 for anything else. */
static size_t read_layer(const char *text)
{
  if (strcmp(text, "branch_first") == 0) return ISW_BRANCH_FIRST;
  if (strcmp(text, "branch_last") == 0) return ISW_BRANCH_LAST;
  if (strcmp(text, "output") == 0) return 0;
  size_t digits = strspn(text, "0123456789");
  if (digits == 0 || digits > 4 || text[digits] || text[0] == '0') return ISW_LAYERS_MAX + 2;
  size_t layer = (size_t)strtoul(text, NULL, 10);
  return layer <= ISW_LAYERS_MAX + 1 ? layer : ISW_LAYERS_MAX + 2;
}

struct isw_slots *isw_slots_of(struct isw_sweep *sweep, size_t setting, size_t *first)
{
  *first = setting == ISW_SET_INIT_BY_LAYER ? ISW_INIT_SLOTS : ISW_RATE_SLOTS;
  return setting == ISW_SET_INIT_BY_LAYER ? &sweep->init_slots : &sweep->rate_slots;
}

size_t isw_slot(struct isw_reader *reader, size_t setting, const char *text)
{
  struct isw_sweep *sweep = reader->sweep;
  size_t layer = read_layer(text), first;
  struct isw_slots *slots = isw_slots_of(sweep, setting, &first);
  if (layer == ISW_LAYERS_MAX + 2) return ISW_SETTINGS_MAX;
  for (size_t s = 0; s < slots->count; s++)
    if (slots->layer[s] == layer) return first + s;
  if (slots->count == ISW_SLOTS_MAX) return ISW_SETTINGS_MAX;
  const char *by_layer = isw_setting(setting)->path;
  size_t size = strlen(by_layer) + 1 + strlen(text) + 1;
  char *path = isw_arena_get(&sweep->arena, size, 1);
  snprintf(path, size, "%s.%s", by_layer, text);
  slots->path[slots->count] = path;
  slots->layer[slots->count] = layer;
  return first + slots->count++;
}

/* The numbers that a node gives the weights or the biases of a layer. */
static void read_factor(struct isw_reader *reader, const char *what, struct isw_node *node, enum isw_expand mode,
                        struct isw_numbers *numbers)
{
  const struct isw_setting *row = isw_setting(ISW_SET_RATE_BY_LAYER);
  const struct isw_number_rule rule = {.what = what, .low = row->low, .high = row->high};
  isw_read_numbers(reader, &rule, node, mode != ISW_BASE, numbers);
}

static void add_factors(struct isw_reader *reader, struct isw_choices *choices, double weights, double biases)
{
  struct isw_item item = {.factor = {weights, biases}};
  item.hash = isw_hash(item.factor, sizeof item.factor, 0);
  isw_add_choice(reader, choices, (struct isw_chosen){.item = isw_new_item(reader, item)});
}

/* {weights: ..., biases: ...}: a part that is not named has factor 1. */
static void read_parts(struct isw_reader *reader, const struct isw_node *node, enum isw_expand mode,
                       struct isw_choices *choices)
{
  static const char *const parts[] = {"weights", "biases"};
  struct isw_numbers of[2] = {{0}, {0}};
  bool given[2] = {false, false};
  for (size_t i = 0; i < node->count; i++) {
    const struct isw_node *key = node->child[2 * i];
    size_t part = strcmp(key->text, parts[0]) == 0 ? 0 : strcmp(key->text, parts[1]) == 0 ? 1 : 2;
    if (part == 2) {
      isw_report_add(&reader->report, key->place, "a layer has no %s with a learning rate",
                     isw_tree_describe(&reader->scratch, key));
      isw_suggest(reader, key->text, parts, 2, "Expected weights or biases.");
      return;
    }
    given[part] = true;
    read_factor(reader, part == 0 ? "a factor of weights" : "a factor of biases", node->child[2 * i + 1], mode,
                &of[part]);
  }
  for (size_t i = 0; i < (given[0] ? of[0].count : 1); i++)
    for (size_t j = 0; j < (given[1] ? of[1].count : 1); j++)
      add_factors(reader, choices, given[0] ? isw_number_at(&of[0], i) : 1.0,
                  given[1] ? isw_number_at(&of[1], j) : 1.0);
}

static bool is_generator(const struct isw_node *node)
{
  static const char *const names[] = {"range", "linspace", "geomspace"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    if (isw_tree_find(node, names[i], strlen(names[i]), NULL)) return true;
  return false;
}

void isw_read_factors(struct isw_reader *reader, struct isw_node *node, enum isw_expand mode,
                      struct isw_choices *choices)
{
  bool has_parts = node->kind == ISW_NODE_MAP && !is_generator(node);
  bool list = node->kind == ISW_NODE_LIST && mode != ISW_BASE && node->count > 0;
  if (list) {
    for (size_t i = 0; i < node->count; i++) isw_read_factors(reader, node->child[i], mode, choices);
  } else if (has_parts) {
    read_parts(reader, node, mode, choices);
  } else {
    struct isw_numbers numbers = {0};
    read_factor(reader, "a factor of the learning rate", node, mode, &numbers);
    for (size_t i = 0; i < numbers.count; i++)
      add_factors(reader, choices, isw_number_at(&numbers, i), isw_number_at(&numbers, i));
  }
}

/* {1: zeros, output: {name: constant, value: [0.1, 0.5]}}: all combinations; the first key varies slowest. */
void isw_read_layers(struct isw_reader *reader, struct isw_values_builder *builder, size_t setting,
                     struct isw_node *node, enum isw_expand mode)
{
  struct isw_values *values = builder->values;
  bool inits = setting == ISW_SET_INIT_BY_LAYER;
  size_t first;
  isw_slots_of(reader->sweep, setting, &first);
  if (node->kind != ISW_NODE_MAP) {
    isw_report_add(&reader->report, node->place, "%s must be {layer: %s, ...}, not %s", isw_setting(setting)->path,
                   inits ? "initializer" : "factor", isw_tree_describe(&reader->scratch, node));
    return;
  }
  struct isw_choices *of = isw_arena_get(&reader->scratch, node->count, sizeof *of);
  size_t *slot = isw_arena_get(&reader->scratch, node->count, sizeof *slot), total = 1;
  bool good = true;
  for (size_t i = 0; i < node->count; i++) {
    struct isw_node *key = node->child[2 * i];
    slot[i] = isw_slot(reader, setting, key->text);
    if (slot[i] == ISW_SETTINGS_MAX) {
      isw_report_add(&reader->report, key->place,
                     "a layer must be a number from 1 to %d, 'output', 'branch_first' or 'branch_last', not %s",
                     ISW_LAYERS_MAX + 1, isw_tree_describe(&reader->scratch, key));
      good = false;
    } else {
      if (inits)
        isw_read_choice(reader, slot[i], node->child[2 * i + 1], mode, &of[i]);
      else
        isw_read_factors(reader, node->child[2 * i + 1], mode, &of[i]);
      good = good && of[i].count;
    }
    if (good && (!isw_multiply(total, of[i].count, &total) || total > ISW_VALUES_MAX)) {
      isw_report_add(&reader->report, node->place, "more than %d combinations of %s", ISW_VALUES_MAX,
                     inits ? "initializers" : "factors");
      good = false;
    }
  }
  for (size_t k = 0; good && k < total; k++) {
    size_t index = isw_add_value(reader, builder, node->place), rest = k;
    for (size_t i = node->count; i-- > 0;) {
      isw_set_member(values, index, slot[i] - first,
                     (union isw_setting_value){.item = of[i].list[rest % of[i].count].item});
      rest /= of[i].count;
    }
  }
}

/* Assigns the slots of one setting to the layers that a node names, in the paths of axes and in mappings. */
static void find_slots(struct isw_reader *reader, size_t setting, const struct isw_node *node, size_t level)
{
  const char *path = isw_setting(setting)->path;
  size_t length = strlen(path);
  for (size_t i = 0; i < node->count; i++) {
    const struct isw_node *value = node->child[node->kind == ISW_NODE_MAP ? 2 * i + 1 : i];
    if (node->kind == ISW_NODE_MAP) {
      const char *key = node->child[2 * i]->text;
      if (strncmp(key, path, length) == 0 && key[length] == '.') isw_slot(reader, setting, key + length + 1);
      if (strcmp(key, path) == 0) {
        for (size_t k = 0; value->kind == ISW_NODE_LIST && k < value->count; k++)
          for (size_t j = 0; value->child[k]->kind == ISW_NODE_MAP && j < value->child[k]->count; j++)
            isw_slot(reader, setting, value->child[k]->child[2 * j]->text);
        for (size_t j = 0; value->kind == ISW_NODE_MAP && j < value->count; j++)
          isw_slot(reader, setting, value->child[2 * j]->text);
      }
    }
    if (level < 2 && value->kind != ISW_NODE_SCALAR) find_slots(reader, setting, value, level + 1);
  }
}

void isw_find_slots(struct isw_reader *reader)
{
  for (size_t setting = 0; setting < ISW_SETTINGS; setting++) {
    if (isw_setting(setting)->kind != ISW_KIND_LAYERS) continue;
    const struct isw_node *node = reader->leaf[setting];
    for (size_t j = 0; node && node->kind == ISW_NODE_MAP && j < node->count; j++)
      isw_slot(reader, setting, node->child[2 * j]->text);
    if (reader->grid) find_slots(reader, setting, reader->grid, 0);
    if (reader->zip) find_slots(reader, setting, reader->zip, 0);
    if (reader->exclude) find_slots(reader, setting, reader->exclude, 0);
  }
}
