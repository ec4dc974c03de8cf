/* refine: a grid's networks level by level, where two axes cross a boundary. A point of the two axes is its indices;
 * level l has the points whose indices are multiples of 2^(levels - l), and its cells are the squares between them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "sweep_internal.h"

static const size_t levels_most = 20;
static const char *const keys[] = {"axes", "levels", "loss_below", "margin"};
enum { KEYS = sizeof keys / sizeof *keys };

/* ---- reading ----------------------------------------------------------------------------------------------------- */

/* A number that a choice gives one of its parameters; NaN: it has none of this name. */
static double parameter_at(const struct isw_values *values, size_t index, const char *parameter)
{
  const struct isw_item *item = isw_value_at(values, index, 0).item;
  const struct isw_row *row = item ? isw_setting_table(values->member[0])->row(item->choice.row) : NULL;
  for (size_t p = 0; row && p < isw_row_parameters(row); p++)
    if (strcmp(row->parameters[p].name, parameter) == 0 && row->parameters[p].type != ISW_TEXT)
      return item->choice.value[p].number;
  return (double)NAN;
}

/* Whether choices are all combinations of a parameter's values with their others, as {name: plane, x: [...], y: [...]}
 * is, so that one value lasts for *block choices and *count values take turns. */
static bool find_turns(const struct isw_values *values, const char *parameter, size_t *block, size_t *count)
{
  double first = parameter_at(values, 0, parameter);
  *block = *count = 1;
  while (*block < values->count && parameter_at(values, *block, parameter) == first) ++*block;
  while (*count * *block < values->count && parameter_at(values, *count * *block, parameter) != first) ++*count;
  if (values->count % (*block * *count) != 0) return false;
  for (size_t i = 0; i < values->count; i++) /* false of NaN, too */
    if (parameter_at(values, i, parameter) != parameter_at(values, i / *block % *count * *block, parameter))
      return false;
  return true;
}

/* The axis that `name` is, or that has choices with the parameter which its last word names; grid->axes: none, with
 * found->count 1 if there are such choices, but no such parameter. */
static size_t find_axis(struct isw_reader *reader, const struct isw_node *name, struct isw_refined_axis *found)
{
  const struct isw_grid *grid = &reader->sweep->grid[0];
  const char *text =
      name->kind == ISW_NODE_SCALAR ? isw_arena_copy(&reader->sweep->arena, name->text, name->length) : "";
  const char *parameter = strrchr(text, '.');
  size_t a = 0, length = parameter ? (size_t)(parameter - text) : 0, block = 1, count = 1;
  while (a < grid->axes && strcmp(grid->axis[a].name, text) != 0) a++;
  if (a < grid->axes) {
    *found = (struct isw_refined_axis){text, grid->axis[a].count, grid->axis[a].stride};
    return a;
  }
  for (a = 0; parameter && a < grid->axes; a++)
    for (size_t p = 0; p < grid->axis[a].parts; p++) {
      const struct isw_values *values = grid->axis[a].part[p];
      if (strncmp(values->name, text, length) != 0 || values->name[length] != '\0' || values->members != 1) continue;
      if (isw_setting(values->member[0])->kind != ISW_KIND_CHOICE) continue;
      found->count = 1;
      if (!find_turns(values, parameter + 1, &block, &count)) continue;
      *found = (struct isw_refined_axis){text, count, grid->axis[a].stride * block};
      return a;
    }
  return grid->axes;
}

/* Whether two refined axes share cells: one is the other, or the axis that combines its values. */
static bool overlap(const struct isw_refined_axis *a, const struct isw_refined_axis *b)
{
  return a->stride < b->stride * b->count && b->stride < a->stride * a->count;
}

/* Returns whether both axes are known. */
static bool read_axes(struct isw_reader *reader, const struct isw_node *node)
{
  struct isw_sweep *sweep = reader->sweep;
  const struct isw_grid *grid = &sweep->grid[0];
  const char *names[ISW_AXES_MAX];
  for (size_t a = 0; a < grid->axes; a++) names[a] = grid->axis[a].name;
  if (node->kind != ISW_NODE_LIST || node->count != 2) {
    isw_report_add(&reader->report, node->place, "axes must be a list of two axes of the grid, not %s",
                   node->kind == ISW_NODE_LIST ? "a list of a different length"
                                               : isw_tree_describe(&reader->scratch, node));
    isw_report_hint(&reader->report, "for example axes: [train.learning_rate, network.init.std]");
    return false;
  }
  bool good = true;
  struct isw_refined_axis *along = sweep->refine.along;
  for (size_t i = 0; i < 2; i++) {
    const struct isw_node *name = node->child[i];
    size_t a = find_axis(reader, name, &along[i]);
    if (a == grid->axes) {
      isw_report_add(&reader->report, name->place, "%s is not an axis of the grid",
                     isw_tree_describe(&reader->scratch, name));
      isw_suggest(reader, name->kind == ISW_NODE_SCALAR ? name->text : "", names, grid->axes,
                  along[i].count ? "A parameter is one where the axis has all combinations of its values." : NULL);
      good = false;
    } else if (a == 0 && sweep->sample.points) {
      isw_report_add(&reader->report, name->place, "the points of a sample have no order that could be refined");
      good = false;
    } else if (i == 1 && good && overlap(&along[0], &along[1])) {
      bool same = strcmp(along[0].name, along[1].name) == 0;
      isw_report_add(&reader->report, name->place, same ? "axes lists %s twice" : "%s and the other axis share values",
                     isw_tree_describe(&reader->scratch, name));
      good = false;
    }
  }
  return good;
}

static bool read_whole(struct isw_reader *reader, const struct isw_node *node, const char *what, double low,
                       double high, size_t *to)
{
  const struct isw_number_rule rule = {.what = what, .integer = true, .low = low, .high = high};
  double number;
  if (!isw_read_number(reader, &rule, node, &number)) return false;
  *to = (size_t)number;
  return true;
}

static void check_counts(struct isw_reader *reader, const struct isw_node *axes)
{
  const struct isw_sweep *sweep = reader->sweep;
  uint64_t stride = 1ull << sweep->refine.levels;
  for (size_t i = 0; i < 2; i++) {
    const struct isw_refined_axis *axis = &sweep->refine.along[i];
    if (axis->count > stride && (axis->count - 1) % stride == 0) continue;
    uint64_t cells = (axis->count - 1 + stride / 2) / stride;
    uint64_t nearest = (cells ? cells : 1) * stride + 1;
    isw_report_add(&reader->report, axes->child[i]->place,
                   "'%s' has %zu values; with %zu levels it must have %llu k + 1", axis->name, axis->count,
                   sweep->refine.levels, (unsigned long long)stride);
    isw_report_hint(&reader->report, "the nearest is %llu", (unsigned long long)nearest);
  }
}

static const struct isw_node *find(const struct isw_node *map, const char *name)
{
  return isw_tree_find(map, name, strlen(name), NULL);
}

static bool check_keys(struct isw_reader *reader, const struct isw_node *map)
{
  return isw_check_keys(reader, map, "refine", keys, KEYS, 2,
                        "for example refine: {axes: [train.learning_rate, network.init.std], levels: 4}",
                        "Known keys: axes, levels, loss_below, margin");
}

void isw_read_refine(struct isw_reader *reader)
{
  struct isw_sweep *sweep = reader->sweep;
  struct isw_refine *refine = &sweep->refine;
  const struct isw_node *map = reader->refine, *node;
  if (!map || isw_tree_is_null(map)) return;
  if (!check_keys(reader, map)) return;
  if (sweep->grids != 1 || sweep->excludes) {
    isw_report_add(&reader->report, map->place, "refine requires a single grid without exclude");
    return;
  }
  *refine = (struct isw_refine){.loss_below = NAN, .margin = 1, .place = map->place};
  bool known = read_axes(reader, find(map, "axes"));
  bool good = read_whole(reader, find(map, "levels"), "levels", 1, (double)levels_most, &refine->levels);
  if ((node = find(map, "margin"))) read_whole(reader, node, "margin", 0, 1000, &refine->margin);
  if ((node = find(map, "loss_below"))) {
    const struct isw_number_rule rule = {.what = "loss_below", .low = -ISW_LARGEST_NUMBER, .high = ISW_LARGEST_NUMBER};
    isw_read_number(reader, &rule, node, &refine->loss_below);
  }
  if (good && known && !reader->grids_broken) check_counts(reader, find(map, "axes"));
}

void isw_check_refine(struct isw_reader *reader)
{
  const struct isw_sweep *sweep = reader->sweep;
  if (!sweep->refine.levels || reader->broken[ISW_SET_RECORD_PROBES]) return;
  bool loss = false;
  for (size_t p = 0; p < sweep->probes; p++) loss = loss || strcmp(sweep->probe[p]->row.name, "loss") == 0;
  if (!isnan(sweep->refine.loss_below) && !loss) {
    isw_report_add(&reader->report, sweep->refine.place, "refine with loss_below requires the probe 'loss'");
    isw_report_hint(&reader->report, "for example record: {probes: [loss]}");
  }
  if (sweep->kept) {
    isw_report_add(&reader->report, sweep->refine.place, "refine requires a grid without duplicate networks");
    isw_report_hint(&reader->report, "two values of an axis are equal");
  }
}

/* ---- levels ------------------------------------------------------------------------------------------------------ */

size_t isw_sweep_levels(const struct isw_sweep *sweep)
{
  return sweep->refine.levels;
}

double isw_sweep_loss_below(const struct isw_sweep *sweep)
{
  return sweep->refine.loss_below;
}

static size_t index_on(const struct isw_sweep *sweep, size_t which, uint64_t cell)
{
  const struct isw_refined_axis *axis = &sweep->refine.along[which];
  return (size_t)(cell / axis->stride % axis->count);
}

size_t isw_sweep_level(const struct isw_sweep *sweep, uint64_t number)
{
  uint64_t both = index_on(sweep, 0, number) | index_on(sweep, 1, number); /* no exclusions: number is the cell */
  size_t zeros = both ? (size_t)__builtin_ctzll(both) : sweep->refine.levels;
  return zeros >= sweep->refine.levels ? 0 : sweep->refine.levels - zeros;
}

/* A plane of the two axes; the other axes are fixed. */
struct plane {
  const struct isw_refined_axis *axis[2];
  uint64_t origin;
  size_t step, cells[2]; /* of the level that is refined */
};

static uint64_t point(const struct plane *plane, size_t i, size_t j)
{
  return plane->origin + plane->axis[0]->stride * i + plane->axis[1]->stride * j;
}

/* Whether a square exists, all its corners are trained, and it has corners on both sides of the boundary. */
static bool is_active(const struct plane *plane, const uint64_t *wanted, size_t a, size_t b)
{
  for (size_t c = 0; c < 4; c++)
    if (!isw_bits_has(wanted, point(plane, (a + c / 2) * plane->step, (b + c % 2) * plane->step))) return false;
  return true;
}

static bool is_boundary(const struct plane *plane, const uint8_t *side, size_t a, size_t b)
{
  uint8_t first = side[point(plane, a * plane->step, b * plane->step)];
  for (size_t c = 1; c < 4; c++)
    if (side[point(plane, (a + c / 2) * plane->step, (b + c % 2) * plane->step)] != first) return true;
  return false;
}

/* Adds the middle of a square and the middles of its sides. */
static void divide(const struct plane *plane, uint64_t *next, size_t a, size_t b)
{
  size_t half = plane->step / 2, i = a * plane->step, j = b * plane->step;
  isw_bits_add(next, point(plane, i + half, j + half));
  isw_bits_add(next, point(plane, i, j + half));
  isw_bits_add(next, point(plane, i + half, j));
  isw_bits_add(next, point(plane, i + plane->step, j + half));
  isw_bits_add(next, point(plane, i + half, j + plane->step));
}

/* margin: number of neighbouring squares around one at the boundary that are divided as well, if they exist. */
static void refine_plane(const struct plane *plane, size_t margin, const uint8_t *side, const uint64_t *wanted,
                         uint64_t *next)
{
  for (size_t a = 0; a < plane->cells[0]; a++)
    for (size_t b = 0; b < plane->cells[1]; b++) {
      if (!is_active(plane, wanted, a, b) || !is_boundary(plane, side, a, b)) continue;
      for (size_t x = a < margin ? 0 : a - margin; x <= a + margin && x < plane->cells[0]; x++)
        for (size_t y = b < margin ? 0 : b - margin; y <= b + margin && y < plane->cells[1]; y++)
          if (is_active(plane, wanted, x, y)) divide(plane, next, x, y);
    }
}

static void plan_start(const struct isw_sweep *sweep, uint64_t *wanted)
{
  for (uint64_t number = 0; number < sweep->networks; number++)
    if (isw_sweep_level(sweep, number) == 0) isw_bits_add(wanted, number);
}

bool isw_sweep_refine(const struct isw_sweep *sweep, size_t level, const uint8_t *side, uint64_t *wanted)
{
  if (level == 0) {
    plan_start(sweep, wanted);
    return true;
  }
  size_t words = isw_bits_words(sweep->networks);
  uint64_t *next = isw_allocate(words, sizeof *next);
  if (!next) return false;
  struct plane plane = {.step = (size_t)1 << (sweep->refine.levels - level + 1)};
  for (size_t i = 0; i < 2; i++) {
    plane.axis[i] = &sweep->refine.along[i];
    plane.cells[i] = (plane.axis[i]->count - 1) / plane.step;
  }
  for (uint64_t number = 0; number < sweep->networks; number++)
    if (index_on(sweep, 0, number) == 0 && index_on(sweep, 1, number) == 0) {
      plane.origin = number;
      refine_plane(&plane, sweep->refine.margin, side, wanted, next);
    }
  for (size_t w = 0; w < words; w++) wanted[w] |= next[w];
  free(next);
  return true;
}
