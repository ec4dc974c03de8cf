/* Grids: paths become axes, axes become cells; excluded and doubled cells lose their bit. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "sweep_internal.h"

enum { TEXT_SIZE = 160 };
static const uint64_t cells_limit = 1ull << 40;  /* fewer networks than this */
static const uint64_t bitmap_limit = 1ull << 33; /* cells of a grid with exclude: 1 GiB of bits */

/* ---- paths -------------------------------------------------------------------------------------------------------------- */

static size_t unknown_path(struct isw_reader *reader, const struct isw_node *key)
{
  isw_report_add(&reader->report, key->place, "unknown setting %s", isw_tree_describe(&reader->scratch, key));
  const char *names[ISW_SETTINGS];
  size_t count = 0;
  for (size_t id = 0; id < ISW_SETTINGS; id++) {
    const char *path = isw_setting(id)->path, *dot = strrchr(path, '.');
    if (!isw_setting(id)->axis) continue;
    if (strcmp(dot ? dot + 1 : path, key->text) == 0) {
      isw_report_hint(&reader->report, "did you mean '%s'?", path);
      return ISW_SETTINGS_MAX;
    }
    names[count++] = path;
  }
  isw_suggest(reader, key->text, names, count, "Expected a dotted path, as network.init.");
  return ISW_SETTINGS_MAX;
}

/* network.init.value: the choice that the file gives, with the values of one parameter put in. */
static struct isw_node *put_parameter(struct isw_reader *reader, size_t id, const char *parameter,
                                      const struct isw_node *key, struct isw_node *value)
{
  struct isw_node *base = reader->leaf[id], *made = isw_arena_get(&reader->scratch, 1, sizeof *made);
  made->kind = ISW_NODE_MAP;
  made->place = value->place;
  if (base->kind == ISW_NODE_MAP)
    for (size_t i = 0; i < base->count; i++)
      isw_tree_put(&reader->scratch, made, base->child[2 * i], base->child[2 * i + 1]);
  else
    isw_tree_put(&reader->scratch, made, isw_tree_scalar(&reader->scratch, base->place, "name", 4), base);
  isw_tree_put(&reader->scratch, made, isw_tree_scalar(&reader->scratch, key->place, parameter, strlen(parameter)),
               value);
  return made;
}

size_t isw_resolve_path(struct isw_reader *reader, const struct isw_node *key, struct isw_node **node)
{
  static const char by_layer[] = "network.init_by_layer.";
  const char *path = key->text;
  size_t found = isw_setting_find(path), length = strlen(path);
  if (found < ISW_SETTINGS && isw_setting(found)->axis) return found;
  if (found < ISW_SETTINGS) {
    isw_report_add(&reader->report, key->place, "'%s' cannot be an axis", path);
    isw_report_hint(&reader->report, "all networks of a sweep share it");
    return ISW_SETTINGS_MAX;
  }
  if (strncmp(path, by_layer, sizeof by_layer - 1) == 0) {
    size_t slot = isw_slot(reader, path + sizeof by_layer - 1);
    if (slot == ISW_SETTINGS_MAX) {
      isw_report_add(&reader->report, key->place, "unknown layer in '%s'", path);
      isw_report_hint(
          &reader->report,
          "a layer is a number from 1 to 1001, 'output', 'branch_first' or 'branch_last'; a sweep names at most %d",
          ISW_SLOTS_MAX);
    }
    return slot;
  }
  for (size_t id = 0; id < ISW_SETTINGS; id++) {
    const struct isw_setting *row = isw_setting(id);
    size_t own = strlen(row->path);
    if (strncmp(path, row->path, own) == 0 && path[own] == '.' && row->kind == ISW_KIND_CHOICE) {
      if (!reader->leaf[id]) {
        isw_report_add(&reader->report, key->place, "'%s' needs a %s outside of grid:", path, row->path);
        isw_report_hint(&reader->report, "a parameter of a swept choice is swept in place: {name: ..., %s: [...]}",
                        path + own + 1);
        return ISW_SETTINGS_MAX;
      }
      *node = put_parameter(reader, id, path + own + 1, key, *node);
      return id;
    }
    if (length && strncmp(row->path, path, length) == 0 && row->path[length] == '.') {
      isw_report_add(&reader->report, key->place, "'%s' is a section", path);
      isw_report_hint(&reader->report, "name one of its settings, as %s", row->path);
      return ISW_SETTINGS_MAX;
    }
  }
  return unknown_path(reader, key);
}

const char *isw_path_of(const struct isw_sweep *sweep, size_t setting)
{
  return setting < ISW_SETTINGS ? isw_setting(setting)->path : sweep->slot_path[setting - ISW_SETTINGS];
}

size_t isw_all_settings(const struct isw_sweep *sweep)
{
  return ISW_SETTINGS + sweep->slots;
}

/* ---- axes --------------------------------------------------------------------------------------------------------------- */

struct hashed {
  uint64_t hash;
  size_t index;
};

static int by_hash(const void *a, const void *b)
{
  const struct hashed *x = a, *y = b;
  if (x->hash != y->hash) return x->hash < y->hash ? -1 : 1;
  return x->index < y->index ? -1 : x->index > y->index;
}

static uint64_t axis_hash(const struct isw_grid_axis *axis, size_t index)
{
  uint64_t hash = 0;
  for (size_t p = 0; p < axis->parts; p++)
    for (size_t m = 0; m < axis->part[p]->members; m++)
      hash = (hash ^ isw_value_hash(axis->part[p]->member[m], isw_value_at(axis->part[p], index, m), false)) *
             0x9E3779B97F4A7C15ull;
  return hash;
}

static struct isw_place place_of_value(const struct isw_values *values, size_t index)
{
  return values->place ? values->place[index] : values->at;
}

struct isw_place isw_place_of_value(const struct isw_reader *reader, const struct isw_grid *grid, uint64_t cell,
                                    size_t setting)
{
  const struct isw_axis_binding *binding = &grid->binding[setting];
  if (!binding->axis) return reader->at[setting];
  return place_of_value(binding->values, (size_t)((cell - grid->first) / binding->axis->stride % binding->axis->count));
}

static void check_distinct(struct isw_reader *reader, const struct isw_grid_axis *axis)
{
  for (size_t p = 0; p < axis->parts; p++)
    if (axis->part[p]->is_range) return;
  if (axis->count < 2) return;
  struct hashed *list = isw_arena_get(&reader->scratch, axis->count, sizeof *list);
  for (size_t i = 0; i < axis->count; i++) list[i] = (struct hashed){axis_hash(axis, i), i};
  qsort(list, axis->count, sizeof *list, by_hash);
  for (size_t i = 1; i < axis->count; i++)
    if (list[i].hash == list[i - 1].hash)
      isw_report_add(&reader->report, place_of_value(axis->part[0], list[i].index),
                     "value %zu of %s is the same as value %zu", list[i].index + 1, axis->name, list[i - 1].index + 1);
}

/* A path whose values are all wrong was reported; its settings are not missing as well. */
static void mark_given(struct isw_sweep *sweep, size_t parts, const struct isw_values **part)
{
  for (size_t p = 0; p < parts; p++)
    for (size_t m = 0; part[p] && m < part[p]->members; m++) sweep->given[part[p]->member[m]] = true;
}

/* An axis of parts that move together; false where they are not equally many. */
static bool make_axis(struct isw_reader *reader, size_t parts, const struct isw_values **part,
                      struct isw_grid_axis *axis)
{
  *axis = (struct isw_grid_axis){.name = part[0]->name, .count = part[0]->count, .parts = parts, .part = part};
  size_t length = 1;
  for (size_t p = 0; p < parts; p++) {
    length += strlen(part[p]->name) + 1;
    if (part[p]->count == axis->count) continue;
    if (part[p]->count && axis->count) {
      isw_report_add(&reader->report, part[p]->key, "%s has %zu value%s, %s has %zu", part[p]->name, part[p]->count,
                     part[p]->count == 1 ? "" : "s", part[0]->name, axis->count);
      isw_report_hint(&reader->report, "settings that move together need equally many");
    }
    return false;
  }
  if (parts > 1) {
    char *name = isw_arena_get(&reader->sweep->arena, length, 1);
    for (size_t p = 0, at = 0; p < parts; p++)
      at += (size_t)snprintf(name + at, length - at, "%s%s", p ? "+" : "", part[p]->name);
    axis->name = name;
  }
  check_distinct(reader, axis);
  return axis->count > 0;
}

static struct isw_values *read_path(struct isw_reader *reader, struct isw_node *key, struct isw_node *node,
                                    enum isw_expand mode)
{
  size_t setting = isw_resolve_path(reader, key, &node);
  if (setting == ISW_SETTINGS_MAX) return NULL;
  return isw_expand(reader, setting, key->text, key, node, mode);
}

static void read_zips(struct isw_reader *reader)
{
  struct isw_sweep *sweep = reader->sweep;
  const struct isw_node *node = reader->zip;
  if (!node || isw_tree_is_null(node)) return;
  if (node->kind != ISW_NODE_LIST) {
    isw_report_add(&reader->report, node->place, "zip must be a list of mappings, not %s",
                   isw_tree_describe(&reader->scratch, node));
    isw_report_hint(&reader->report, "as zip: [{network.width: [2, 4], train.steps: [400, 200]}]");
    return;
  }
  sweep->zip = isw_arena_get(&sweep->arena, node->count, sizeof *sweep->zip);
  for (size_t z = 0; z < node->count; z++) {
    const struct isw_node *map = node->child[z];
    if (map->kind != ISW_NODE_MAP || map->count == 0) {
      isw_report_add(&reader->report, map->place, "a zip is a mapping of paths to lists, not %s",
                     map->kind == ISW_NODE_MAP ? "an empty one" : isw_tree_describe(&reader->scratch, map));
      continue;
    }
    const struct isw_values **part = isw_arena_get(&sweep->arena, map->count, sizeof *part);
    bool good = true;
    for (size_t p = 0; p < map->count; p++) {
      part[p] = read_path(reader, map->child[2 * p], map->child[2 * p + 1], ISW_AXIS);
      good = good && part[p];
    }
    if (good && make_axis(reader, map->count, part, &sweep->zip[sweep->zips]))
      sweep->zips++;
    else
      mark_given(sweep, map->count, part);
  }
}

static void own(struct isw_reader *reader, struct isw_grid *grid, const struct isw_grid_axis *axis)
{
  for (size_t p = 0; p < axis->parts; p++)
    for (size_t m = 0; m < axis->part[p]->members; m++) {
      struct isw_axis_binding *binding = &grid->binding[axis->part[p]->member[m]];
      if (binding->axis) {
        isw_report_add(&reader->report, axis->part[p]->key, "%s is set by two axes",
                       isw_path_of(reader->sweep, axis->part[p]->member[m]));
        isw_report_hint(&reader->report, "the other is %s on line %zu", binding->values->name,
                        binding->values->key.line + 1);
        return;
      }
      *binding = (struct isw_axis_binding){axis, axis->part[p], m};
    }
}

static void read_grid(struct isw_reader *reader, const struct isw_node *map, struct isw_grid *grid)
{
  struct isw_sweep *sweep = reader->sweep;
  if (map->kind != ISW_NODE_MAP) {
    isw_report_add(&reader->report, map->place, "a grid must be a mapping of paths to values, not %s",
                   isw_tree_describe(&reader->scratch, map));
    return;
  }
  if (map->count + sweep->zips > ISW_AXES_MAX) {
    isw_report_add(&reader->report, map->place, "a grid of more than %d axes", ISW_AXES_MAX);
    return;
  }
  grid->axis = isw_arena_get(&sweep->arena, map->count + sweep->zips, sizeof *grid->axis);
  for (size_t i = 0; i < map->count; i++) {
    const struct isw_values **part = isw_arena_get(&sweep->arena, 1, sizeof *part);
    part[0] = read_path(reader, map->child[2 * i], map->child[2 * i + 1], ISW_AXIS);
    if (part[0] && make_axis(reader, 1, part, &grid->axis[grid->axes]))
      grid->axes++;
    else
      mark_given(sweep, 1, part);
  }
  grid->own = grid->axes;
  for (size_t z = 0; z < sweep->zips; z++) grid->axis[grid->axes++] = sweep->zip[z];
  for (size_t a = 0; a < grid->axes; a++) own(reader, grid, &grid->axis[a]);
  grid->cells = 1;
  for (size_t a = grid->axes; a-- > 0;) {
    grid->axis[a].stride = grid->cells;
    if (__builtin_mul_overflow(grid->cells, grid->axis[a].count, &grid->cells) || grid->cells >= cells_limit) {
      isw_report_add(&reader->report, map->place, "this grid has 2^40 networks or more");
      return;
    }
  }
}

/* ---- what every grid must have ------------------------------------------------------------------------------------------ */

static struct isw_place place_of_section(const struct isw_reader *reader, const char *path)
{
  struct isw_node *key = NULL;
  size_t length = strcspn(path, ".");
  if (path[length] && isw_tree_find(reader->root, path, length, &key)) return key->place;
  struct isw_place place = reader->root->place;
  place.length = 1;
  return place;
}

size_t isw_largest_depth(const struct isw_sweep *sweep, const struct isw_grid *grid)
{
  const struct isw_axis_binding *hidden = &grid->binding[ISW_SET_HIDDEN], *depth = &grid->binding[ISW_SET_DEPTH];
  size_t largest = 0;
  if (hidden->axis) {
    for (size_t i = 0; i < hidden->axis->count; i++) {
      const struct isw_item *item = isw_value_at(hidden->values, i, hidden->member).item;
      if (item && item->count > largest) largest = item->count;
    }
    return largest;
  }
  if (sweep->base[ISW_SET_HIDDEN].item) return sweep->base[ISW_SET_HIDDEN].item->count;
  if (!depth->axis) return (size_t)sweep->base[ISW_SET_DEPTH].whole;
  for (size_t i = 0; i < depth->axis->count; i++) {
    size_t value = (size_t)isw_value_at(depth->values, i, depth->member).whole;
    if (value > largest) largest = value;
  }
  return largest;
}

static void check_hidden(struct isw_reader *reader)
{
  const struct isw_sweep *sweep = reader->sweep;
  static const size_t others[] = {ISW_SET_DEPTH, ISW_SET_WIDTH};
  bool all_by_axis = sweep->grids > 0;
  for (size_t g = 0; g < sweep->grids; g++) all_by_axis = all_by_axis && sweep->grid[g].binding[ISW_SET_HIDDEN].axis;
  for (size_t k = 0; k < 2; k++) {
    const char *path = isw_setting(others[k])->path;
    if (sweep->written[others[k]] && (sweep->written[ISW_SET_HIDDEN] || all_by_axis)) {
      isw_report_add(&reader->report, reader->leaf_key[others[k]]->place, "%s has no use beside network.hidden", path);
      isw_report_hint(&reader->report, "network.hidden stands in place of network.depth and network.width");
    }
    for (size_t g = 0; g < sweep->grids; g++) {
      const struct isw_axis_binding *binding = &sweep->grid[g].binding[others[k]];
      if (!binding->axis || !(sweep->written[ISW_SET_HIDDEN] || sweep->grid[g].binding[ISW_SET_HIDDEN].axis)) continue;
      isw_report_add(&reader->report, binding->values->key, "%s has no use beside network.hidden", path);
      isw_report_hint(&reader->report, "network.hidden stands in place of network.depth and network.width");
    }
  }
}

static bool lacks(const struct isw_sweep *sweep, const struct isw_grid *grid, size_t id)
{
  bool hidden = grid->binding[ISW_SET_HIDDEN].axis || sweep->given[ISW_SET_HIDDEN];
  if (hidden && (id == ISW_SET_DEPTH || id == ISW_SET_WIDTH)) return false;
  if (sweep->given[id] || grid->binding[id].axis) return false;
  bool layers_only = id == ISW_SET_WIDTH || id == ISW_SET_ACTIVATION; /* without hidden layers nothing needs them */
  bool no_layers = (sweep->given[ISW_SET_DEPTH] || grid->binding[ISW_SET_DEPTH].axis || hidden) &&
                   isw_largest_depth(sweep, grid) == 0;
  return !(layers_only && no_layers);
}

static void check_required(struct isw_reader *reader)
{
  const struct isw_sweep *sweep = reader->sweep;
  for (size_t id = 0; id < ISW_SETTINGS; id++) {
    const struct isw_setting *row = isw_setting(id);
    if (!row->required) continue;
    size_t lacking = 0;
    for (size_t g = 0; g < sweep->grids; g++) lacking += lacks(sweep, &sweep->grid[g], id);
    if (!lacking) continue;
    isw_report_add(&reader->report, place_of_section(reader, row->path), "missing setting '%s'", row->path);
    isw_report_hint(&reader->report, "%s: %s", row->path, row->about);
    if (lacking < sweep->grids) isw_report_hint(&reader->report, "%zu of %zu grids lack it", lacking, sweep->grids);
  }
}

/* A --set of a base value that every grid replaces would be silently lost. */
static void check_overrides(struct isw_reader *reader)
{
  const struct isw_sweep *sweep = reader->sweep;
  for (size_t id = 0; id < ISW_SETTINGS; id++) {
    if (!reader->leaf_key[id] || reader->leaf_key[id]->place.source == 0 || !isw_setting(id)->axis) continue;
    bool swept = sweep->grids > 0;
    for (size_t g = 0; g < sweep->grids; g++) swept = swept && sweep->grid[g].binding[id].axis;
    if (!swept) continue;
    isw_report_add(&reader->report, reader->leaf_key[id]->place, "%s is an axis of the grid", isw_setting(id)->path);
    isw_report_hint(&reader->report, "set the axis: --set grid.%s=...", isw_setting(id)->path);
  }
}

/* ---- exclude -------------------------------------------------------------------------------------------------------------- */

static void read_excludes(struct isw_reader *reader)
{
  struct isw_sweep *sweep = reader->sweep;
  const struct isw_node *node = reader->exclude;
  if (!node || isw_tree_is_null(node)) return;
  if (node->kind != ISW_NODE_LIST) {
    isw_report_add(&reader->report, node->place, "exclude must be a list of mappings, not %s",
                   isw_tree_describe(&reader->scratch, node));
    isw_report_hint(&reader->report, "as exclude: [{network.init: glorot_uniform, network.activation: relu}]");
    return;
  }
  sweep->exclude = isw_arena_get(&sweep->arena, node->count, sizeof *sweep->exclude);
  for (size_t e = 0; e < node->count; e++) {
    const struct isw_node *map = node->child[e];
    struct isw_exclude *exclude = &sweep->exclude[sweep->excludes++];
    exclude->place = map->place;
    if (map->kind != ISW_NODE_MAP || map->count == 0) {
      isw_report_add(&reader->report, map->place, "an exclude is a mapping of paths to values, not %s",
                     map->kind == ISW_NODE_MAP ? "an empty one" : isw_tree_describe(&reader->scratch, map));
      continue;
    }
    exclude->condition = isw_arena_get(&sweep->arena, map->count, sizeof(struct isw_values *));
    for (size_t c = 0; c < map->count; c++) {
      struct isw_values *condition = read_path(reader, map->child[2 * c], map->child[2 * c + 1], ISW_PATTERN);
      if (!condition) continue;
      bool swept = false;
      for (size_t g = 0; g < sweep->grids; g++)
        for (size_t m = 0; m < condition->members; m++)
          swept = swept || sweep->grid[g].binding[condition->member[m]].axis;
      if (!swept) {
        isw_report_add(&reader->report, condition->key, "'%s' is no axis of the grid", condition->name);
        isw_report_hint(&reader->report, "an exclude names values of axes");
        continue;
      }
      exclude->condition[exclude->count++] = condition;
    }
  }
}

void isw_read_grids(struct isw_reader *reader)
{
  struct isw_sweep *sweep = reader->sweep;
  read_zips(reader);
  const struct isw_node *node = reader->grid;
  bool list = node && node->kind == ISW_NODE_LIST;
  if (list && node->count == 0) isw_report_add(&reader->report, node->place, "a list of no grids");
  size_t grids = list ? node->count : 1;
  struct isw_node none = {.kind = ISW_NODE_MAP, .place = reader->root->place};
  sweep->grid = isw_arena_get(&sweep->arena, grids, sizeof *sweep->grid);
  for (size_t g = 0; g < grids; g++) {
    struct isw_grid *grid = &sweep->grid[g];
    grid->first = sweep->cells;
    sweep->grids++;
    read_grid(reader, list ? node->child[g] : node && !isw_tree_is_null(node) ? node : &none, grid);
    sweep->cells += grid->cells;
    if (sweep->cells >= cells_limit && grid->cells < cells_limit) {
      isw_report_add(&reader->report, (node ? node : reader->root)->place, "the grids have 2^40 networks or more");
      break;
    }
  }
  sweep->networks = sweep->cells;
  check_hidden(reader);
  check_required(reader);
  check_overrides(reader);
  read_excludes(reader);
}

/* ---- cells ---------------------------------------------------------------------------------------------------------------- */

void isw_keep_all(struct isw_reader *reader)
{
  struct isw_sweep *sweep = reader->sweep;
  if (sweep->kept) return;
  size_t words = isw_bits_words(sweep->cells), blocks = words / ISW_KEPT_BLOCK + 2;
  sweep->kept = isw_allocate(words, sizeof *sweep->kept);
  sweep->kept_before = isw_allocate(blocks, sizeof *sweep->kept_before);
  if (!sweep->kept || !sweep->kept_before) longjmp(reader->out_of_memory, 1);
  isw_bits_fill(sweep->kept, sweep->cells);
}

void isw_count_kept(struct isw_sweep *sweep)
{
  const uint64_t block_cells = 64 * ISW_KEPT_BLOCK;
  uint64_t sum = 0, block = 0;
  for (uint64_t cell = 0; cell < sweep->cells; cell += block_cells, block++) {
    sweep->kept_before[block] = sum;
    uint64_t left = sweep->cells - cell;
    sum += isw_bits_count(sweep->kept + cell / 64, left < block_cells ? left : block_cells);
  }
  sweep->kept_before[block] = sum;
  sweep->networks = sum;
}

bool isw_is_kept(const struct isw_sweep *sweep, uint64_t cell)
{
  return !sweep->kept || isw_bits_has(sweep->kept, cell);
}

uint64_t isw_number_of_cell(const struct isw_sweep *sweep, uint64_t cell)
{
  if (!sweep->kept) return cell;
  uint64_t block = cell / 64 / ISW_KEPT_BLOCK, word = block * ISW_KEPT_BLOCK;
  return sweep->kept_before[block] + isw_bits_count(sweep->kept + word, cell - 64 * word);
}

uint64_t isw_cell_of_number(const struct isw_sweep *sweep, uint64_t number)
{
  if (!sweep->kept) return number;
  uint64_t low = 0, high = (isw_bits_words(sweep->cells) + ISW_KEPT_BLOCK - 1) / ISW_KEPT_BLOCK;
  while (high - low > 1) { /* the last block with at most `number` cells before it */
    uint64_t middle = low + (high - low) / 2;
    if (sweep->kept_before[middle] <= number)
      low = middle;
    else
      high = middle;
  }
  uint64_t word = low * ISW_KEPT_BLOCK;
  return 64 * word + isw_bits_select(sweep->kept + word, number - sweep->kept_before[low]);
}

const struct isw_grid *isw_grid_of_cell(const struct isw_sweep *sweep, uint64_t cell)
{
  size_t low = 0, high = sweep->grids;
  while (high - low > 1) {
    size_t middle = low + (high - low) / 2;
    if (sweep->grid[middle].first <= cell)
      low = middle;
    else
      high = middle;
  }
  return &sweep->grid[low];
}

/* ---- excluded cells ----------------------------------------------------------------------------------------------------------- */

static bool near(double a, double b)
{
  return a == b || (isfinite(b) && fabs(a - b) <= 1e-12 * fabs(b)); /* infinities stand for words */
}

static bool item_matches(size_t setting, const struct isw_item *pattern, const struct isw_item *item)
{
  if (!item) return false;
  if (setting == ISW_SET_HIDDEN) return pattern->hash == item->hash;
  if (pattern->choice.row != item->choice.row) return false;
  for (size_t p = 0; p < ISW_PARAMETERS_MAX; p++) {
    if (!(pattern->given & 1u << p)) continue;
    const struct isw_value *a = &pattern->choice.value[p], *b = &item->choice.value[p];
    if (a->text ? strcmp(a->text, b->text) != 0 : !near(a->number, b->number)) return false;
  }
  return true;
}

static bool value_matches(size_t setting, union isw_setting_value pattern, union isw_setting_value value)
{
  switch (isw_setting(setting)->kind) {
  case ISW_KIND_WHOLE:
  case ISW_KIND_WORD: return pattern.whole == value.whole;
  case ISW_KIND_NUMBER: return near(pattern.number, value.number);
  default: return item_matches(setting, pattern.item, value.item);
  }
}

/* Whether one value of a condition matches the setting's value `member` of that condition. */
static bool matches(const struct isw_values *condition, size_t alternative, size_t member,
                    union isw_setting_value value)
{
  if (condition->present && !condition->present[alternative * condition->members + member]) return true;
  return value_matches(condition->member[member], isw_value_at(condition, alternative, member), value);
}

static bool in_range(const struct isw_values *range, uint64_t whole)
{
  int64_t distance = (int64_t)whole - range->first;
  return distance % range->step == 0 && distance / range->step >= 0 && (size_t)(distance / range->step) < range->count;
}

struct marking {
  struct isw_sweep *sweep;
  const struct isw_grid *grid;
  const struct isw_exclude *exclude;
  bool matched;
};

static void clear_product(struct marking *marking, size_t axis, uint64_t cell, uint8_t **mask)
{
  const struct isw_grid *grid = marking->grid;
  if (axis == grid->axes) {
    isw_bits_remove(marking->sweep->kept, cell);
    marking->matched = true;
    return;
  }
  for (size_t i = 0; i < grid->axis[axis].count; i++)
    if (!mask[axis] || mask[axis][i]) clear_product(marking, axis + 1, cell + i * grid->axis[axis].stride, mask);
}

/* Narrows the masks by one alternative (or, where `all`, any) of a condition; false where nothing is left. */
static bool narrow(struct isw_reader *reader, struct marking *marking, const struct isw_values *condition, size_t first,
                   size_t last, uint8_t **mask)
{
  for (size_t m = 0; m < condition->members; m++) {
    size_t setting = condition->member[m];
    const struct isw_axis_binding *binding = &marking->grid->binding[setting];
    size_t count = binding->axis ? binding->axis->count : 1, left = 0;
    uint8_t *now = isw_arena_get(&reader->scratch, count, 1);
    size_t a = binding->axis ? (size_t)(binding->axis - marking->grid->axis) : 0;
    for (size_t i = 0; i < count; i++) {
      union isw_setting_value value =
          binding->axis ? isw_value_at(binding->values, i, binding->member) : marking->sweep->base[setting];
      bool hit = false;
      if (condition->is_range)
        hit = in_range(condition, value.whole);
      else
        for (size_t k = first; !hit && k < last; k++) hit = matches(condition, k, m, value);
      now[i] = hit && !(binding->axis && mask[a] && !mask[a][i]);
      left += now[i];
    }
    if (!left) return false;
    if (binding->axis) mask[a] = now;
  }
  return true;
}

static void mark(struct isw_reader *reader, struct marking *marking, size_t c, uint8_t **mask)
{
  if (c == marking->exclude->count) {
    clear_product(marking, 0, marking->grid->first, mask);
    return;
  }
  const struct isw_values *condition = marking->exclude->condition[c];
  bool together = condition->members == 1; /* alternatives of one setting are one mask */
  size_t tries = together ? 1 : condition->count;
  for (size_t k = 0; k < tries; k++) {
    uint8_t **narrowed = isw_arena_get(&reader->scratch, marking->grid->axes, sizeof *narrowed);
    if (marking->grid->axes) memcpy(narrowed, mask, marking->grid->axes * sizeof *mask);
    if (narrow(reader, marking, condition, k, together ? condition->count : k + 1, narrowed))
      mark(reader, marking, c + 1, narrowed);
  }
}

void isw_apply_excludes(struct isw_reader *reader)
{
  struct isw_sweep *sweep = reader->sweep;
  if (!sweep->excludes) return;
  if (sweep->cells > bitmap_limit) {
    isw_report_add(&reader->report, reader->exclude->place, "a grid of more than 2^33 networks takes no exclude");
    return;
  }
  isw_keep_all(reader);
  for (size_t e = 0; e < sweep->excludes; e++) {
    struct marking marking = {.sweep = sweep, .exclude = &sweep->exclude[e]};
    for (size_t g = 0; g < sweep->grids; g++) {
      marking.grid = &sweep->grid[g];
      mark(reader, &marking, 0, isw_arena_get(&reader->scratch, marking.grid->axes, sizeof(uint8_t *)));
    }
    if (!marking.matched)
      isw_report_add(&reader->report, sweep->exclude[e].place, "no network of the grid is like this");
  }
  isw_count_kept(sweep);
  if (!sweep->networks) isw_report_add(&reader->report, reader->exclude->place, "exclude leaves no network");
}
