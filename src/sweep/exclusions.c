/* Removes the cells that match an `exclude`. */
#include <math.h>
#include <string.h>
#include "sweep_internal.h"

static const uint64_t bitmap_limit = 1ull << 33; /* cells of a grid with exclude: 1 GiB of bits */

void isw_read_excludes(struct isw_reader *reader)
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

static bool near(double a, double b)
{
  return a == b || (isfinite(b) && fabs(a - b) <= 1e-12 * fabs(b)); /* infinities represent words */
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
  case ISW_KIND_INTEGER:
  case ISW_KIND_WORD: return pattern.integer == value.integer;
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

/* Narrows the masks by one alternative (or, with `all`, any) of a condition; false if nothing is left. */
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
        hit = in_range(condition, value.integer);
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
  bool together = condition->members == 1; /* alternatives of one setting share a mask */
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
    isw_report_add(&reader->report, reader->exclude->place, "exclude is limited to grids of at most 2^33 networks");
    return;
  }
  isw_keep_all(reader);
  for (size_t e = 0; e < sweep->excludes; e++) {
    struct marking marking = {.sweep = sweep, .exclude = &sweep->exclude[e]};
    for (size_t g = 0; g < sweep->grids; g++) {
      marking.grid = &sweep->grid[g];
      mark(reader, &marking, 0, isw_arena_get(&reader->scratch, marking.grid->axes, sizeof(uint8_t *)));
    }
    if (!marking.matched) isw_report_add(&reader->report, sweep->exclude[e].place, "no network of the grid matches");
  }
  isw_count_kept(sweep);
  if (!sweep->networks) isw_report_add(&reader->report, reader->exclude->place, "exclude leaves no network");
}
