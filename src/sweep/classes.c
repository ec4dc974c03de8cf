/* Classes: the cells of a grid that agree in some settings, by index arithmetic. */
#include <stdlib.h>
#include <string.h>
#include "sweep_internal.h"

struct hashed {
  uint64_t hash;
  uint32_t index;
};

static int by_hash(const void *a, const void *b)
{
  const struct hashed *x = a, *y = b;
  if (x->hash != y->hash) return x->hash < y->hash ? -1 : 1;
  return x->index < y->index ? -1 : x->index > y->index;
}

/* Sorts the values into groups. Groups have the order of their first values. */
static bool group_values(struct isw_grouped_axis *grouped, size_t count, struct hashed *list)
{
  qsort(list, count, sizeof *list, by_hash);
  size_t *group = isw_allocate(count, sizeof *group); /* for each value: its group's first value, then its number */
  if (!group) return false;
  for (size_t i = 0, first = 0; i < count; i++) {
    if (list[i].hash != list[first].hash) first = i;
    group[list[i].index] = list[first].index;
  }
  grouped->groups = 0;
  for (size_t i = 0; i < count; i++) group[i] = group[i] == i ? grouped->groups++ : group[group[i]];
  grouped->start = isw_allocate(grouped->groups + 1, sizeof *grouped->start);
  grouped->member = isw_allocate(count, sizeof *grouped->member);
  if (!grouped->start || !grouped->member) {
    free(group);
    return false;
  }
  for (size_t i = 0; i < count; i++) grouped->start[group[i] + 1]++;
  for (size_t g = 0; g < grouped->groups; g++) grouped->start[g + 1] += grouped->start[g];
  for (size_t i = 0; i < count; i++) grouped->member[grouped->start[group[i]]++] = (uint32_t)i;
  for (size_t g = grouped->groups; g > 0; g--) grouped->start[g] = grouped->start[g - 1];
  grouped->start[0] = 0;
  grouped->kind = ISW_GROUPS;
  free(group);
  return true;
}

static bool group_axis(const struct isw_grid_axis *axis, const bool *wanted, bool shape_only,
                       struct isw_grouped_axis *grouped)
{
  bool any = false, range = false;
  for (size_t p = 0; p < axis->parts; p++)
    for (size_t m = 0; m < axis->part[p]->members; m++)
      if (wanted[axis->part[p]->member[m]]) {
        any = true;
        range = range || axis->part[p]->is_range;
      }
  if (!any || range) {
    grouped->kind = any ? ISW_EACH_ITS_OWN : ISW_ONE_GROUP;
    grouped->groups = any ? axis->count : 1;
    return true;
  }
  struct hashed *list = isw_allocate(axis->count, sizeof *list);
  if (!list) return false;
  for (size_t i = 0; i < axis->count; i++) {
    uint64_t hash = 0;
    for (size_t p = 0; p < axis->parts; p++)
      for (size_t m = 0; m < axis->part[p]->members; m++) {
        size_t setting = axis->part[p]->member[m];
        if (!wanted[setting]) continue;
        hash = (hash ^ isw_value_hash(setting, isw_value_at(axis->part[p], i, m), shape_only)) * 0x9E3779B97F4A7C15ull;
        hash ^= hash >> 32;
      }
    list[i] = (struct hashed){hash, (uint32_t)i};
  }
  bool good = group_values(grouped, axis->count, list);
  free(list);
  return good;
}

bool isw_grouping_make(const struct isw_sweep *sweep, const struct isw_grid *grid, const bool *wanted, bool shape_only,
                       struct isw_grouping *grouping)
{
  *grouping = (struct isw_grouping){.sweep = sweep, .grid = grid, .classes = 1};
  grouping->axis = isw_allocate(grid->axes, sizeof *grouping->axis);
  if (!grouping->axis) return false;
  for (size_t a = 0; a < grid->axes; a++) {
    if (!group_axis(&grid->axis[a], wanted, shape_only, &grouping->axis[a])) return false;
    grouping->classes *= grouping->axis[a].groups; /* at most the number of cells */
  }
  return true;
}

void isw_grouping_clear(struct isw_grouping *grouping)
{
  for (size_t a = 0; grouping->axis && a < grouping->grid->axes; a++) {
    free(grouping->axis[a].start);
    free(grouping->axis[a].member);
  }
  free(grouping->axis);
  grouping->axis = NULL;
}

static size_t group_size(const struct isw_grouping *grouping, size_t axis, size_t group)
{
  const struct isw_grouped_axis *grouped = &grouping->axis[axis];
  switch (grouped->kind) {
  case ISW_ONE_GROUP: return grouping->grid->axis[axis].count;
  case ISW_EACH_ITS_OWN: return 1;
  case ISW_GROUPS: break;
  }
  return grouped->start[group + 1] - grouped->start[group];
}

static size_t group_member(const struct isw_grouping *grouping, size_t axis, size_t group, size_t digit)
{
  const struct isw_grouped_axis *grouped = &grouping->axis[axis];
  switch (grouped->kind) {
  case ISW_ONE_GROUP: return digit;
  case ISW_EACH_ITS_OWN: return group;
  case ISW_GROUPS: break;
  }
  return grouped->member[grouped->start[group] + digit];
}

void isw_walk_start(struct isw_walk *walk, const struct isw_grouping *grouping, uint64_t class, uint64_t from)
{
  const struct isw_grid *grid = grouping->grid;
  uint64_t members = 1, rest = from;
  walk->grouping = grouping;
  walk->cell = grid->first;
  for (size_t a = grid->axes; a-- > 0;) {
    walk->group[a] = (size_t)(class % grouping->axis[a].groups);
    class /= grouping->axis[a].groups;
    size_t size = group_size(grouping, a, walk->group[a]);
    members *= size;
    walk->digit[a] = (size_t)(rest % size);
    rest /= size;
    walk->cell += grid->axis[a].stride * group_member(grouping, a, walk->group[a], walk->digit[a]);
  }
  walk->left = members > from ? members - from : 0;
}

void isw_walk_step(struct isw_walk *walk)
{
  const struct isw_grouping *grouping = walk->grouping;
  const struct isw_grid *grid = grouping->grid;
  if (--walk->left == 0) return;
  for (size_t a = grid->axes; a-- > 0;) {
    size_t group = walk->group[a], old = group_member(grouping, a, group, walk->digit[a]);
    bool carry = ++walk->digit[a] == group_size(grouping, a, group);
    if (carry) walk->digit[a] = 0;
    walk->cell += grid->axis[a].stride * group_member(grouping, a, group, walk->digit[a]) - grid->axis[a].stride * old;
    if (!carry) return;
  }
}

bool isw_visit_classes(const struct isw_sweep *sweep, const size_t *settings, size_t count,
                       void (*visit)(void *context, const struct isw_grid *grid, uint64_t cell), void *context)
{
  bool wanted[ISW_SETTINGS_MAX] = {false}, good = true;
  for (size_t i = 0; i < count; i++) wanted[settings[i]] = true;
  for (size_t g = 0; good && g < sweep->grids; g++) {
    struct isw_grouping grouping;
    good = isw_grouping_make(sweep, &sweep->grid[g], wanted, false, &grouping);
    for (uint64_t class = 0; good && class < grouping.classes; class ++) {
      struct isw_walk walk;
      isw_walk_start(&walk, &grouping, class, 0);
      while (walk.left && !isw_is_kept(sweep, walk.cell)) isw_walk_step(&walk);
      if (walk.left) visit(context, &sweep->grid[g], walk.cell);
    }
    isw_grouping_clear(&grouping);
  }
  return good;
}
