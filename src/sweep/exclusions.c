/* Removes the cells that match an `exclude`. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "sweep_internal.h"

static const uint64_t bitmap_limit = 1ull << 33; /* cells of a grid with exclude: 1 GiB of bits */

static void read_excludes(struct isw_reader *reader)
{
  struct isw_sweep *sweep = reader->sweep;
  const struct isw_node *node = reader->exclude;
  if (!node || isw_tree_is_null(node)) return;
  if (node->kind != ISW_NODE_LIST) {
    isw_report_add(&reader->report, node->place, "exclude must be a list of mappings, not %s",
                   isw_tree_describe(&reader->scratch, node));
    isw_report_hint(&reader->report, "for example exclude: [{network.init: glorot_uniform, network.activation: relu}]");
    return;
  }
  sweep->exclude = isw_arena_get(&sweep->arena, node->count, sizeof *sweep->exclude);
  for (size_t e = 0; e < node->count; e++) {
    const struct isw_node *map = node->child[e];
    struct isw_exclude *exclude = &sweep->exclude[sweep->excludes++];
    exclude->place = map->place;
    if (map->kind != ISW_NODE_MAP || map->count == 0) {
      isw_report_add(&reader->report, map->place, "each exclude must be a mapping of paths to values, not %s",
                     map->kind == ISW_NODE_MAP ? "an empty one" : isw_tree_describe(&reader->scratch, map));
      continue;
    }
    exclude->condition = isw_arena_get(&sweep->arena, map->count, sizeof(struct isw_values *));
    for (size_t c = 0; c < map->count; c++) {
      struct isw_values *condition = isw_read_path(reader, map->child[2 * c], map->child[2 * c + 1], ISW_PATTERN);
      if (!condition) continue;
      bool swept = false;
      for (size_t g = 0; g < sweep->grids; g++)
        for (size_t m = 0; m < condition->members; m++)
          swept = swept || sweep->grid[g].binding[condition->member[m]].axis;
      if (!swept) {
        isw_report_add(&reader->report, condition->key, "'%s' is not an axis of the grid", condition->name);
        isw_report_hint(&reader->report, "an exclude can only name values of axes");
        continue;
      }
      exclude->condition[exclude->count++] = condition;
    }
  }
}

void isw_read_excludes(struct isw_reader *reader)
{
  size_t problems = reader->report.count + reader->report.left_out;
  read_excludes(reader);
  if (problems != reader->report.count + reader->report.left_out) reader->grids_broken = true;
}

static bool near(double a, double b)
{
  return a == b || (isfinite(b) && fabs(a - b) <= 1e-12 * fabs(b)); /* infinities represent words */
}

static bool item_matches(size_t setting, const struct isw_item *pattern, const struct isw_item *item)
{
  if (!item) return false;
  if (setting == ISW_SET_HIDDEN) return pattern->hash == item->hash;
  if (isw_setting(setting)->kind == ISW_KIND_FACTORS)
    return near(pattern->factor[0], item->factor[0]) && near(pattern->factor[1], item->factor[1]);
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
  case ISW_KIND_INTEGER:
  case ISW_KIND_WORD: return pattern.integer == value.integer;
  case ISW_KIND_NUMBER: return near(pattern.number, value.number);
  default: return item_matches(setting, pattern.item, value.item);
  }
}

static bool in_range(const struct isw_values *range, uint64_t whole)
{
  int64_t distance = (int64_t)whole - range->first;
  return distance % range->step == 0 && distance / range->step >= 0 && (size_t)(distance / range->step) < range->count;
}

/* ---- finding the values of an axis that a condition may match ---------------------------------------------------- */

enum { ANY_PARAMETER = ISW_PARAMETERS_MAX };

/* The values of a grid's setting, sorted by a number, so that 10^4 excludes do not compare 10^4 values each. Of
 * choices: those of one row, by one of its parameters. */
struct lookup {
  const struct isw_values *values;
  size_t member, row, parameter;
  size_t count;
  struct entry {
    double key;
    size_t index;
  } * entry;
  struct lookup *next;
};

static double key_of_hash(uint64_t hash)
{
  return (double)(hash >> 11); /* exact; a match is confirmed by a comparison of the values */
}

static double key_of_value(size_t setting, union isw_setting_value value, size_t parameter)
{
  switch (isw_setting(setting)->kind) {
  case ISW_KIND_INTEGER:
  case ISW_KIND_WORD: return (double)value.integer;
  case ISW_KIND_NUMBER: return value.number;
  default: break;
  }
  if (setting == ISW_SET_HIDDEN) return key_of_hash(value.item->hash);
  if (parameter == ANY_PARAMETER) return 0.0;
  const struct isw_value *of = &value.item->choice.value[parameter];
  return of->text ? key_of_hash(isw_hash(of->text, strlen(of->text), 0)) : of->number;
}

static bool is_item(size_t setting)
{
  enum isw_setting_kind kind = isw_setting(setting)->kind;
  return kind != ISW_KIND_INTEGER && kind != ISW_KIND_WORD && kind != ISW_KIND_NUMBER;
}

static int by_key(const void *a, const void *b)
{
  const struct entry *x = a, *y = b;
  return (x->key > y->key) - (x->key < y->key);
}

static int by_index(const void *a, const void *b)
{
  const size_t *x = a, *y = b;
  return (*x > *y) - (*x < *y);
}

struct marking {
  struct isw_reader *reader;
  struct isw_sweep *sweep;
  const struct isw_grid *grid;
  const struct isw_exclude *exclude;
  struct lookup *lookups; /* of the grid */
  bool matched;
};

static const struct lookup *find_lookup(struct marking *marking, const struct isw_axis_binding *binding, size_t setting,
                                        size_t row, size_t parameter)
{
  for (struct lookup *l = marking->lookups; l; l = l->next)
    if (l->values == binding->values && l->member == binding->member && l->row == row && l->parameter == parameter)
      return l;
  struct isw_arena *arena = &marking->reader->scratch;
  struct lookup *made = isw_arena_get(arena, 1, sizeof *made);
  *made = (struct lookup){binding->values, binding->member, row, parameter, 0, NULL, marking->lookups};
  made->entry = isw_arena_get(arena, binding->axis->count, sizeof *made->entry);
  for (size_t i = 0; i < binding->axis->count; i++) {
    union isw_setting_value value = isw_value_at(binding->values, i, binding->member);
    if (is_item(setting) && (!value.item || (setting != ISW_SET_HIDDEN && value.item->choice.row != row))) continue;
    made->entry[made->count++] = (struct entry){key_of_value(setting, value, parameter), i};
  }
  qsort(made->entry, made->count, sizeof *made->entry, by_key);
  marking->lookups = made;
  return made;
}

/* The indices of an axis that are left; index NULL: all. */
struct selection {
  size_t count, capacity;
  size_t *index;
};

static void select_index(struct marking *marking, struct selection *selection, size_t index)
{
  selection->index = isw_arena_grow(&marking->reader->scratch, selection->index, selection->count, &selection->capacity,
                                    sizeof *selection->index);
  selection->index[selection->count++] = index;
}

/* Whether values [first, last) of a condition, or its range, match the setting's value. */
static bool matches(const struct isw_values *condition, size_t first, size_t last, size_t member,
                    union isw_setting_value value)
{
  if (condition->is_range) return in_range(condition, value.integer);
  for (size_t k = first; k < last; k++)
    if (value_matches(condition->member[member], isw_value_at(condition, k, member), value)) return true;
  return false;
}

/* Selects the indices of a range axis whose numbers are from low to high and match. */
static void select_of_range(struct marking *marking, const struct isw_values *axis, const struct isw_values *condition,
                            size_t k, double low, double high, struct selection *selection)
{
  double a = (low - (double)axis->first) / (double)axis->step, b = (high - (double)axis->first) / (double)axis->step;
  double from = fmax(ceil(fmin(a, b)), 0.0), to = fmin(floor(fmax(a, b)), (double)axis->count - 1.0);
  if (from > to) return;
  for (size_t i = (size_t)from; i <= (size_t)to; i++)
    if (matches(condition, k, k + 1, 0, isw_value_at(axis, i, 0))) select_index(marking, selection, i);
}

/* Selects the indices of an axis that value k of a condition (or its range) matches. */
static void select_matches(struct marking *marking, const struct isw_axis_binding *binding,
                           const struct isw_values *condition, size_t member, size_t k, struct selection *selection)
{
  size_t setting = condition->member[member], row = 0, parameter = ANY_PARAMETER;
  double low, high;
  if (condition->is_range) {
    double ends[2] = {(double)condition->first,
                      (double)(condition->first + (int64_t)(condition->count - 1) * condition->step)};
    low = fmin(ends[0], ends[1]);
    high = fmax(ends[0], ends[1]);
  } else {
    union isw_setting_value pattern = isw_value_at(condition, k, member);
    if (is_item(setting) && setting != ISW_SET_HIDDEN) {
      row = pattern.item->choice.row;
      if (pattern.item->given) parameter = (size_t)__builtin_ctz(pattern.item->given);
    }
    double key = key_of_value(setting, pattern, parameter);
    double slack = isfinite(key) ? 1e-11 * fabs(key) : 0.0; /* more than `near` allows */
    low = key - slack;
    high = key + slack;
  }
  if (binding->values->is_range) {
    select_of_range(marking, binding->values, condition, k, low, high, selection);
    return;
  }
  const struct lookup *lookup = find_lookup(marking, binding, setting, row, parameter);
  size_t from = 0, to = lookup->count;
  while (from < to) { /* the first key that is at least low */
    size_t middle = from + (to - from) / 2;
    if (lookup->entry[middle].key < low)
      from = middle + 1;
    else
      to = middle;
  }
  for (size_t i = from; i < lookup->count && lookup->entry[i].key <= high; i++) {
    size_t index = lookup->entry[i].index;
    if (matches(condition, k, k + 1, member, isw_value_at(binding->values, index, binding->member)))
      select_index(marking, selection, index);
  }
}

/* Keeps what both selections have; `now` is not sorted and may list an index twice. */
static void intersect(struct selection *now, const struct selection *before)
{
  size_t kept = 0, j = 0;
  if (now->count) qsort(now->index, now->count, sizeof *now->index, by_index);
  for (size_t i = 0; i < now->count; i++) {
    if (i > 0 && now->index[i] == now->index[i - 1]) continue;
    while (before->index && j < before->count && before->index[j] < now->index[i]) j++;
    if (!before->index || (j < before->count && before->index[j] == now->index[i])) now->index[kept++] = now->index[i];
  }
  now->count = kept;
}

static void clear_product(struct marking *marking, size_t axis, uint64_t cell, const struct selection *selection)
{
  const struct isw_grid *grid = marking->grid;
  if (axis == grid->axes) {
    isw_bits_remove(marking->sweep->kept, cell);
    marking->matched = true;
    return;
  }
  const struct selection *of = &selection[axis];
  size_t count = of->index ? of->count : grid->axis[axis].count;
  for (size_t i = 0; i < count; i++)
    clear_product(marking, axis + 1, cell + (of->index ? of->index[i] : i) * grid->axis[axis].stride, selection);
}

/* Narrows the selections by values [first, last) of a condition; false if nothing is left. */
static bool narrow(struct marking *marking, const struct isw_values *condition, size_t first, size_t last,
                   struct selection *selection)
{
  for (size_t m = 0; m < condition->members; m++) {
    const struct isw_axis_binding *binding = &marking->grid->binding[condition->member[m]];
    if (condition->present && !condition->present[first * condition->members + m]) continue; /* any value */
    if (!binding->axis) {
      if (!matches(condition, first, last, m, marking->sweep->base[condition->member[m]])) return false;
      continue;
    }
    struct selection now = {0}, *before = &selection[binding->axis - marking->grid->axis];
    for (size_t k = first; k < (condition->is_range ? first + 1 : last); k++)
      select_matches(marking, binding, condition, m, k, &now);
    intersect(&now, before);
    if (!now.count) return false;
    *before = now;
  }
  return true;
}

static void mark(struct marking *marking, size_t c, const struct selection *selection)
{
  if (c == marking->exclude->count) {
    clear_product(marking, 0, marking->grid->first, selection);
    return;
  }
  const struct isw_values *condition = marking->exclude->condition[c];
  bool together = condition->members == 1; /* the values of one setting are alternatives on one axis */
  size_t tries = together ? 1 : condition->count, axes = marking->grid->axes;
  for (size_t k = 0; k < tries; k++) {
    struct selection *narrowed = isw_arena_get(&marking->reader->scratch, axes, sizeof *narrowed);
    if (axes) memcpy(narrowed, selection, axes * sizeof *selection);
    if (narrow(marking, condition, k, together ? condition->count : k + 1, narrowed)) mark(marking, c + 1, narrowed);
  }
}

void isw_apply_excludes(struct isw_reader *reader)
{
  struct isw_sweep *sweep = reader->sweep;
  if (!sweep->excludes) return;
  if (sweep->cells > bitmap_limit) {
    isw_report_add(&reader->report, reader->exclude->place, "exclude is limited to grids of at most 2^33 networks");
    reader->grids_broken = true;
    return;
  }
  isw_keep_all(reader);
  bool *matched = isw_arena_get(&reader->scratch, sweep->excludes, sizeof *matched);
  for (size_t g = 0; g < sweep->grids; g++) {
    struct marking marking = {.reader = reader, .sweep = sweep, .grid = &sweep->grid[g]};
    const struct selection *all = isw_arena_get(&reader->scratch, sweep->grid[g].axes, sizeof *all);
    for (size_t e = 0; e < sweep->excludes; e++) {
      marking.exclude = &sweep->exclude[e];
      marking.matched = false;
      mark(&marking, 0, all);
      matched[e] = matched[e] || marking.matched;
    }
  }
  for (size_t e = 0; e < sweep->excludes; e++)
    if (!matched[e]) isw_report_add(&reader->report, sweep->exclude[e].place, "no network of the grid matches");
  isw_count_kept(sweep);
  if (sweep->networks) return;
  isw_report_add(&reader->report, reader->exclude->place, "exclude leaves no network");
  reader->grids_broken = true; /* there is nothing to check */
}
