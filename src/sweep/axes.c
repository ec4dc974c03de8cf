/* Converts grids and zips to axes. */
#include <stdlib.h>
#include <string.h>
#include "sweep_internal.h"

static const uint64_t cells_limit = 1ull << 40; /* fewer networks than this */

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

/* The values sorted by hash, equal ones by index; NULL if they are distinct by construction. */
static struct hashed *sort_by_hash(struct isw_reader *reader, const struct isw_grid_axis *axis)
{
  for (size_t p = 0; p < axis->parts; p++)
    if (axis->part[p]->is_range) return NULL;
  struct hashed *list = isw_arena_get(&reader->scratch, axis->count, sizeof *list);
  for (size_t i = 0; i < axis->count; i++) list[i] = (struct hashed){axis_hash(axis, i), i};
  qsort(list, axis->count, sizeof *list, by_hash);
  return list;
}

void isw_check_distinct(struct isw_reader *reader, const struct isw_grid_axis *axis)
{
  const struct hashed *list = sort_by_hash(reader, axis);
  for (size_t i = 1; list && i < axis->count; i++)
    if (list[i].hash == list[i - 1].hash)
      isw_report_add(&reader->report, isw_place_at(axis->part[0], list[i].index),
                     "value %zu of %s is the same as value %zu", list[i].index + 1, axis->name, list[i - 1].index + 1);
}

bool isw_find_equal(struct isw_reader *reader, const struct isw_grid_axis *axis, bool *equal)
{
  const struct hashed *list = sort_by_hash(reader, axis);
  bool any = false;
  for (size_t i = 1; list && i < axis->count; i++)
    if (list[i].hash == list[i - 1].hash) any = equal[list[i].index] = true;
  return any;
}

void isw_mark_given(struct isw_reader *reader, size_t parts, const struct isw_values **part)
{
  for (size_t p = 0; p < parts; p++)
    for (size_t m = 0; part[p] && m < part[p]->members; m++) {
      reader->sweep->given[part[p]->member[m]] = true;
      reader->broken[part[p]->member[m]] = true;
    }
}

/* Makes an axis of parts that vary together; false if they do not have equally many values. */
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
      isw_report_hint(&reader->report, "the settings of a zip must have the same number of values");
    }
    return false;
  }
  if (parts > 1) {
    char *name = isw_arena_get(&reader->sweep->arena, length, 1);
    for (size_t p = 0, at = 0; p < parts; p++)
      at += (size_t)snprintf(name + at, length - at, "%s%s", p ? "+" : "", part[p]->name);
    axis->name = name;
  }
  isw_check_distinct(reader, axis);
  return axis->count > 0;
}

static void read_zips(struct isw_reader *reader)
{
  struct isw_sweep *sweep = reader->sweep;
  const struct isw_node *node = reader->zip;
  if (!node || isw_tree_is_null(node)) return;
  if (node->kind != ISW_NODE_LIST) {
    reader->grids_broken = true;
    isw_report_add(&reader->report, node->place, "zip must be a list of mappings, not %s",
                   isw_tree_describe(&reader->scratch, node));
    isw_report_hint(&reader->report, "for example zip: [{network.width: [2, 4], train.steps: [400, 200]}]");
    return;
  }
  sweep->zip = isw_arena_get(&sweep->arena, node->count, sizeof *sweep->zip);
  for (size_t z = 0; z < node->count; z++) {
    const struct isw_node *map = node->child[z];
    if (map->kind != ISW_NODE_MAP || map->count == 0) {
      reader->grids_broken = true;
      isw_report_add(&reader->report, map->place, "each zip must be a mapping of paths to lists, not %s",
                     map->kind == ISW_NODE_MAP ? "an empty one" : isw_tree_describe(&reader->scratch, map));
      continue;
    }
    const struct isw_values **part = isw_arena_get(&sweep->arena, map->count, sizeof *part);
    bool good = true;
    for (size_t p = 0; p < map->count; p++) {
      part[p] = isw_read_path(reader, map->child[2 * p], map->child[2 * p + 1], ISW_AXIS);
      if (!part[p]) reader->grids_broken = true; /* which setting was meant is not known */
      good = good && part[p];
    }
    if (good && make_axis(reader, map->count, part, &sweep->zip[sweep->zips]))
      sweep->zips++;
    else
      isw_mark_given(reader, map->count, part);
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
        isw_report_hint(&reader->report, "the other axis is %s on line %zu", binding->values->name,
                        binding->values->key.line + 1);
        reader->grids_broken = true;
        return;
      }
      *binding = (struct isw_axis_binding){axis, axis->part[p], m};
    }
}

static void read_grid(struct isw_reader *reader, const struct isw_node *map, struct isw_grid *grid)
{
  struct isw_sweep *sweep = reader->sweep;
  if (map->kind != ISW_NODE_MAP) {
    reader->grids_broken = true;
    isw_report_add(&reader->report, map->place, "a grid must be a mapping of paths to values, not %s",
                   isw_tree_describe(&reader->scratch, map));
    return;
  }
  if (map->count + sweep->zips + (sweep->sample.points > 0) > ISW_AXES_MAX) {
    reader->grids_broken = true;
    isw_report_add(&reader->report, map->place, "a grid can have at most %d axes", ISW_AXES_MAX);
    return;
  }
  grid->axis = isw_arena_get(&sweep->arena, map->count + sweep->zips + 1, sizeof *grid->axis);
  if (sweep->sample.points) grid->axis[grid->axes++] = sweep->sample.joint;
  grid->own_first = grid->axes;
  for (size_t i = 0; i < map->count; i++) {
    const struct isw_values **part = isw_arena_get(&sweep->arena, 1, sizeof *part);
    part[0] = isw_read_path(reader, map->child[2 * i], map->child[2 * i + 1], ISW_AXIS);
    if (!part[0]) reader->grids_broken = true; /* which setting was meant is not known */
    if (part[0] && make_axis(reader, 1, part, &grid->axis[grid->axes]))
      grid->axes++;
    else
      isw_mark_given(reader, 1, part);
  }
  grid->own = grid->axes - grid->own_first;
  for (size_t z = 0; z < sweep->zips; z++) grid->axis[grid->axes++] = sweep->zip[z];
  for (size_t a = 0; a < grid->axes; a++) own(reader, grid, &grid->axis[a]);
  grid->cells = 1;
  for (size_t a = grid->axes; a-- > 0;) {
    grid->axis[a].stride = grid->cells;
    if (__builtin_mul_overflow(grid->cells, grid->axis[a].count, &grid->cells) || grid->cells >= cells_limit) {
      isw_report_add(&reader->report, map->place, "this grid has 2^40 networks or more");
      reader->grids_broken = true;
      return;
    }
  }
}

void isw_read_grids(struct isw_reader *reader)
{
  struct isw_sweep *sweep = reader->sweep;
  read_zips(reader);
  const struct isw_node *node = reader->grid;
  bool list = node && node->kind == ISW_NODE_LIST;
  if (list && node->count == 0) {
    isw_report_add(&reader->report, node->place, "the list of grids is empty");
    reader->grids_broken = true;
  }
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
      reader->grids_broken = true;
      break;
    }
  }
  sweep->networks = sweep->cells;
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
  if (!depth->axis) return (size_t)sweep->base[ISW_SET_DEPTH].integer;
  for (size_t i = 0; i < depth->axis->count; i++) {
    size_t value = (size_t)isw_value_at(depth->values, i, depth->member).integer;
    if (value > largest) largest = value;
  }
  return largest;
}
