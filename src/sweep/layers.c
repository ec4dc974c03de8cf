/* Lists of widths (network.hidden) and initialisers by layer (network.init_by_layer). */
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

size_t isw_slot(struct isw_reader *reader, const char *text)
{
  struct isw_sweep *sweep = reader->sweep;
  size_t layer = read_layer(text);
  if (layer == ISW_LAYERS_MAX + 2) return ISW_SETTINGS_MAX;
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

/* {1: zeros, output: {name: constant, value: [0.1, 0.5]}}: all combinations; the first key varies slowest. */
void isw_read_layers(struct isw_reader *reader, struct isw_values_builder *builder, struct isw_node *node,
                     enum isw_expand mode)
{
  struct isw_values *values = builder->values;
  if (node->kind != ISW_NODE_MAP) {
    isw_report_add(&reader->report, node->place, "network.init_by_layer must be {layer: initializer, ...}, not %s",
                   isw_tree_describe(&reader->scratch, node));
    return;
  }
  struct isw_choices *of = isw_arena_get(&reader->scratch, node->count, sizeof *of);
  size_t *slot = isw_arena_get(&reader->scratch, node->count, sizeof *slot), total = 1;
  bool good = true;
  for (size_t i = 0; i < node->count; i++) {
    struct isw_node *key = node->child[2 * i];
    slot[i] = isw_slot(reader, key->text);
    if (slot[i] == ISW_SETTINGS_MAX) {
      isw_report_add(&reader->report, key->place,
                     "a layer must be a number from 1 to %d, 'output', 'branch_first' or 'branch_last', not %s",
                     ISW_LAYERS_MAX + 1, isw_tree_describe(&reader->scratch, key));
      good = false;
    } else {
      isw_read_choice(reader, slot[i], node->child[2 * i + 1], mode, &of[i]);
      good = good && of[i].count;
    }
    if (good && (!isw_multiply(total, of[i].count, &total) || total > ISW_VALUES_MAX)) {
      isw_report_add(&reader->report, node->place, "more than %d combinations of initializers", ISW_VALUES_MAX);
      good = false;
    }
  }
  for (size_t k = 0; good && k < total; k++) {
    size_t index = isw_add_value(reader, builder, node->place), rest = k;
    for (size_t i = node->count; i-- > 0;) {
      isw_set_member(values, index, slot[i] - ISW_SETTINGS,
                     (union isw_setting_value){.item = of[i].list[rest % of[i].count].item});
      rest /= of[i].count;
    }
  }
}

/* Assigns a slot to every layer that the file names anywhere, before the first value is read. */
static void find_slots(struct isw_reader *reader, const struct isw_node *node, size_t level)
{
  static const char path[] = "network.init_by_layer";
  for (size_t i = 0; i < node->count; i++) {
    const struct isw_node *value = node->child[node->kind == ISW_NODE_MAP ? 2 * i + 1 : i];
    if (node->kind == ISW_NODE_MAP) {
      const char *key = node->child[2 * i]->text;
      if (strncmp(key, path, sizeof path - 1) == 0 && key[sizeof path - 1] == '.') isw_slot(reader, key + sizeof path);
      if (strcmp(key, path) == 0) {
        for (size_t k = 0; value->kind == ISW_NODE_LIST && k < value->count; k++)
          for (size_t j = 0; value->child[k]->kind == ISW_NODE_MAP && j < value->child[k]->count; j++)
            isw_slot(reader, value->child[k]->child[2 * j]->text);
        for (size_t j = 0; value->kind == ISW_NODE_MAP && j < value->count; j++)
          isw_slot(reader, value->child[2 * j]->text);
      }
    }
    if (level < 2 && value->kind != ISW_NODE_SCALAR) find_slots(reader, value, level + 1);
  }
}

void isw_find_slots(struct isw_reader *reader)
{
  const struct isw_node *node = reader->leaf[ISW_SET_INIT_BY_LAYER];
  for (size_t j = 0; node && node->kind == ISW_NODE_MAP && j < node->count; j++)
    isw_slot(reader, node->child[2 * j]->text);
  if (reader->grid) find_slots(reader, reader->grid, 0);
  if (reader->zip) find_slots(reader, reader->zip, 0);
  if (reader->exclude) find_slots(reader, reader->exclude, 0);
}
