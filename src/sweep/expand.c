/* Expands a node of the file to the values that it gives a setting. */
#include <string.h>
#include "sweep_internal.h"

enum { PATH_SIZE = 128 };

static void expand_numbers(struct isw_reader *reader, struct isw_values_builder *builder, size_t setting,
                           struct isw_node *node, enum isw_expand mode)
{
  const struct isw_setting *row = isw_setting(setting);
  struct isw_number_rule rule = {
      row->path,        row->kind == ISW_KIND_INTEGER, row->low, row->high, row->low_open, row->high_open, row->word,
      row->word_number, setting == ISW_SET_REPLICATE,  NULL};
  if (setting == ISW_SET_INIT_NOISE)
    rule.instead_of_mapping = "the axes of {std: ..., of: ...} are network.init_noise and network.init_noise.of";
  struct isw_numbers numbers;
  isw_read_numbers(reader, &rule, node, mode != ISW_BASE, &numbers);
  struct isw_values *values = builder->values;
  if (numbers.is_range) {
    values->count = numbers.count;
    values->is_range = true;
    values->first = numbers.first;
    values->step = numbers.step;
    return;
  }
  for (size_t i = 0; i < numbers.count; i++) {
    union isw_setting_value value;
    if (rule.integer)
      value.integer = (uint64_t)numbers.value[i];
    else
      value.number = numbers.value[i];
    size_t index = isw_add_value(reader, builder, numbers.place ? numbers.place[i] : node->place);
    isw_set_member(values, index, 0, value);
  }
}

static void expand_words(struct isw_reader *reader, struct isw_values_builder *builder, size_t setting,
                         struct isw_node *node, enum isw_expand mode)
{
  const struct isw_setting *row = isw_setting(setting);
  bool list = mode != ISW_BASE && node->kind == ISW_NODE_LIST;
  for (size_t i = 0; i < (list ? node->count : 1); i++) {
    struct isw_node *element = list ? node->child[i] : node;
    int word = isw_read_word(reader, row->path, row->words, element);
    if (word >= 0)
      isw_set_member(builder->values, isw_add_value(reader, builder, element->place), 0,
                     (union isw_setting_value){.integer = (uint64_t)word});
  }
}

static bool names_decay(const struct isw_node *node)
{
  if (node->kind == ISW_NODE_MAP) return isw_tree_find(node, "weight_decay", strlen("weight_decay"), NULL) != NULL;
  for (size_t i = 0; node->kind == ISW_NODE_LIST && i < node->count; i++)
    if (node->child[i]->kind == ISW_NODE_MAP && names_decay(node->child[i])) return true;
  return false;
}

static void expand_choices(struct isw_reader *reader, struct isw_values_builder *builder, size_t setting,
                           struct isw_node *node, enum isw_expand mode)
{
  struct isw_values *values = builder->values;
  bool list = mode != ISW_BASE && node->kind == ISW_NODE_LIST;
  for (size_t i = 0; i < (list ? node->count : 1); i++) {
    struct isw_node *element = list ? node->child[i] : node;
    struct isw_choices choices = {0};
    isw_read_choice(reader, setting, element, mode, &choices);
    for (size_t k = 0; k < choices.count; k++) {
      const struct isw_chosen *chosen = &choices.list[k];
      size_t index = isw_add_value(reader, builder, element->place);
      isw_set_member(values, index, 0, (union isw_setting_value){.item = chosen->item});
      if (values->members == 2 && chosen->has_decay)
        isw_set_member(values, index, 1, (union isw_setting_value){.number = chosen->decay});
      else if (values->members == 2) /* absent, but an axis must set it: use the base value */
        values->value[index * 2 + 1] = reader->sweep->base[ISW_SET_WEIGHT_DECAY];
    }
  }
}

static void expand_factors(struct isw_reader *reader, struct isw_values_builder *builder, struct isw_node *node,
                           enum isw_expand mode)
{
  struct isw_choices choices = {0};
  isw_read_factors(reader, node, mode, &choices);
  for (size_t k = 0; k < choices.count; k++)
    isw_set_member(builder->values, isw_add_value(reader, builder, node->place), 0,
                   (union isw_setting_value){.item = choices.list[k].item});
}

/* ---- mappings of a section's settings ---- */

/* The setting that a key of a mapping of a section's settings names; ISW_SETTINGS: none. */
static size_t setting_under(size_t section, const struct isw_node *key)
{
  char path[PATH_SIZE];
  bool fits = (size_t)snprintf(path, sizeof path, "%s.%s", isw_setting(section)->path, key->text) < sizeof path;
  return fits && !strchr(key->text, '.') ? isw_setting_find(path) : ISW_SETTINGS;
}

/* `none` as a value of network.residual: {branch_layers: none}. */
static bool is_none(const struct isw_node *node)
{
  return node->kind == ISW_NODE_SCALAR && strcmp(node->text, "none") == 0;
}

static bool names_setting(size_t section, const struct isw_node *map, size_t id)
{
  if (is_none(map)) return id == ISW_SET_BRANCH_LAYERS;
  for (size_t i = 0; map->kind == ISW_NODE_MAP && i < map->count; i++)
    if (setting_under(section, map->child[2 * i]) == id) return true;
  return false;
}

static size_t section_members(size_t section, const struct isw_node *node, size_t *member)
{
  size_t count = 0;
  for (size_t id = 0; id < ISW_SETTINGS; id++) {
    bool named = names_setting(section, node, id);
    for (size_t i = 0; node->kind == ISW_NODE_LIST && i < node->count; i++)
      named = named || names_setting(section, node->child[i], id);
    if (named) member[count++] = id;
  }
  return count;
}

/* Reads one mapping: all combinations of its settings' values; the first key varies slowest. */
static void read_mapping(struct isw_reader *reader, struct isw_values_builder *builder, struct isw_node *map,
                         enum isw_expand mode)
{
  struct isw_values *values = builder->values;
  const char *section = isw_setting(values->path)->path;
  if (is_none(map)) {
    struct isw_node *made = isw_arena_get(&reader->scratch, 1, sizeof *made);
    made->kind = ISW_NODE_MAP;
    made->place = map->place;
    isw_tree_put(&reader->scratch, made,
                 isw_tree_scalar(&reader->scratch, map->place, "branch_layers", strlen("branch_layers")), map);
    map = made;
  }
  if (map->kind != ISW_NODE_MAP) {
    isw_report_add(&reader->report, map->place, "each value of %s must be none or a mapping of its settings, not %s",
                   section, isw_tree_describe(&reader->scratch, map));
    return;
  }
  struct isw_values **of = isw_arena_get(&reader->scratch, map->count, sizeof(struct isw_values *));
  size_t total = 1;
  bool good = true;
  for (size_t i = 0; i < map->count; i++) {
    struct isw_node *key = map->child[2 * i];
    size_t id = setting_under(values->path, key);
    if (id == ISW_SETTINGS) {
      isw_report_unknown_key(reader, section, key);
      good = false;
      continue;
    }
    of[i] = isw_expand(reader, id, isw_setting(id)->path, key, map->child[2 * i + 1], mode);
    good = good && of[i]->count;
    if (!good || (isw_multiply(total, of[i]->count, &total) && total <= ISW_VALUES_MAX)) continue;
    isw_report_add(&reader->report, map->place, "more than %d combinations of settings", ISW_VALUES_MAX);
    good = false;
  }
  for (size_t k = 0; good && values->members && k < total; k++) {
    size_t index = isw_add_value(reader, builder, map->place), rest = k;
    for (size_t m = 0; m < values->members; m++) /* those that it does not name */
      values->value[index * values->members + m] = reader->sweep->base[values->member[m]];
    for (size_t i = map->count; i-- > 0;) {
      size_t member = 0, at = rest % of[i]->count;
      while (values->member[member] != of[i]->path) member++;
      isw_set_member(values, index, member, isw_value_at(of[i], at, 0));
      rest /= of[i]->count;
    }
  }
}

static void expand_sections(struct isw_reader *reader, struct isw_values_builder *builder, struct isw_node *node,
                            enum isw_expand mode)
{
  bool list = node->kind == ISW_NODE_LIST;
  for (size_t i = 0; i < (list ? node->count : 1); i++)
    read_mapping(reader, builder, list ? node->child[i] : node, mode);
}

struct isw_values *isw_expand(struct isw_reader *reader, size_t setting, const char *name, struct isw_node *key,
                              struct isw_node *node, enum isw_expand mode)
{
  struct isw_sweep *sweep = reader->sweep;
  const struct isw_setting *row = isw_setting(setting);
  struct isw_values *values = isw_arena_get(&sweep->arena, 1, sizeof *values);
  size_t first_slot = 0, slots = 0;
  bool layers = row->kind == ISW_KIND_LAYERS, decay = setting == ISW_SET_OPTIMIZER && names_decay(node);
  values->name = isw_arena_copy(&sweep->arena, name, strlen(name));
  values->path = setting;
  values->at = node->place;
  values->key = key->place;
  if (layers) slots = isw_slots_of(sweep, setting, &first_slot)->count;
  values->members = layers ? slots : decay ? 2 : 1;
  size_t *member = isw_arena_get(&sweep->arena, ISW_SETTINGS_MAX, sizeof *member);
  values->member = member;
  for (size_t m = 0; m < values->members; m++) member[m] = layers ? first_slot + m : m ? ISW_SET_WEIGHT_DECAY : setting;
  if (row->kind == ISW_KIND_SECTION) values->members = section_members(setting, node, member);
  struct isw_values_builder builder = {.values = values};
  size_t problems = reader->report.count + reader->report.left_out;
  switch (row->kind) {
  case ISW_KIND_INTEGER:
  case ISW_KIND_NUMBER: expand_numbers(reader, &builder, setting, node, mode); break;
  case ISW_KIND_WORD: expand_words(reader, &builder, setting, node, mode); break;
  case ISW_KIND_CHOICE: expand_choices(reader, &builder, setting, node, mode); break;
  case ISW_KIND_SIZES: isw_expand_widths(reader, &builder, node, mode); break;
  case ISW_KIND_FACTORS: expand_factors(reader, &builder, node, mode); break;
  case ISW_KIND_LAYERS: {
    bool list = mode != ISW_BASE && node->kind == ISW_NODE_LIST;
    for (size_t i = 0; i < (list ? node->count : 1); i++)
      isw_read_layers(reader, &builder, setting, list ? node->child[i] : node, mode);
    break;
  }
  case ISW_KIND_SECTION: expand_sections(reader, &builder, node, mode); break;
  case ISW_KIND_TEXT:
  case ISW_KIND_SCHEDULE:
  case ISW_KIND_PROBES: break; /* never swept */
  }
  if (mode == ISW_BASE && !values->count && node->kind != ISW_NODE_SCALAR && row->kind < ISW_KIND_SIZES &&
      (node->kind == ISW_NODE_LIST || row->kind != ISW_KIND_CHOICE))
    isw_report_hint(&reader->report, "several values make an axis: write them under grid:");
  if (!values->count && mode != ISW_BASE && problems == reader->report.count + reader->report.left_out)
    isw_report_add(&reader->report, node->place, "%s has no values", name);
  if (problems != reader->report.count + reader->report.left_out || !values->count) {
    for (size_t m = 0; mode != ISW_PATTERN && m < values->members; m++) reader->broken[values->member[m]] = true;
    if (mode != ISW_PATTERN) reader->broken[setting] = true; /* that of ISW_KIND_LAYERS is no member */
  }
  return values;
}

struct isw_values *isw_read_path(struct isw_reader *reader, struct isw_node *key, struct isw_node *node,
                                 enum isw_expand mode)
{
  size_t setting = isw_resolve_path(reader, key, &node);
  if (setting == ISW_SETTINGS_MAX) return NULL;
  return isw_expand(reader, setting, key->text, key, node, mode);
}
