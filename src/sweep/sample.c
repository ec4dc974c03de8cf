/* sample: the points of a design, each a combination of values, as one axis that is crossed with every grid. Point i
 * follows from the seed and i alone, except in a Latin hypercube, which depends on the number of points. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "sweep_internal.h"

static const char *const keys[] = {"design", "points", "axes"};
static const char *const designs[] = {"random", "sobol", "latin_hypercube", NULL};          /* enum isw_design */
static const char *const distributions[] = {"uniform", "log_uniform", "normal", "integer"}; /* from ISW_UNIFORM on */
enum { SAMPLE_VALUES_MAX = 1 << 22 };
enum { KEYS = sizeof keys / sizeof *keys, DISTRIBUTIONS = sizeof distributions / sizeof *distributions };

const char *isw_design_name(enum isw_design design)
{
  return designs[design];
}

const char *isw_distribution_name(const struct isw_distribution *distribution)
{
  return distributions[distribution->kind - ISW_UNIFORM];
}

/* ---- one axis ---------------------------------------------------------------------------------------------------- */

/* {log_uniform: [1e-4, 1]}: reads the distribution that a node names; ISW_LISTED if it is a list, a generator or a
 * choice. False after an error was reported. */
static bool read_distribution(struct isw_reader *reader, const struct isw_node *node,
                              struct isw_distribution *distribution)
{
  *distribution = (struct isw_distribution){.kind = ISW_LISTED};
  size_t which = 0;
  if (node->kind != ISW_NODE_MAP || node->count != 1) return true;
  while (which < DISTRIBUTIONS && strcmp(node->child[0]->text, distributions[which]) != 0) which++;
  if (which == DISTRIBUTIONS) return true;
  const struct isw_node *ends = node->child[1];
  bool normal = which + ISW_UNIFORM == ISW_NORMAL, integer = which + ISW_UNIFORM == ISW_INTEGER;
  if (ends->kind != ISW_NODE_LIST || ends->count != 2) {
    isw_report_add(&reader->report, ends->place, "%s needs %s, not %s", distributions[which],
                   normal ? "[mean, standard deviation]" : "[lowest, highest]",
                   ends->kind == ISW_NODE_LIST ? "a list of a different length"
                                               : isw_tree_describe(&reader->scratch, ends));
    return false;
  }
  const double largest = integer ? ISW_LARGEST_INTEGER : ISW_LARGEST_NUMBER;
  struct isw_number_rule rule = {
      .what = normal ? "the mean" : "an end", .integer = integer, .low = -largest, .high = largest};
  if (which + ISW_UNIFORM == ISW_LOG_UNIFORM) {
    rule.low = 0.0;
    rule.low_open = true;
  }
  if (!isw_read_number(reader, &rule, ends->child[0], &distribution->a)) return false;
  if (normal) rule = (struct isw_number_rule){.what = "a standard deviation", .low_open = true, .high = largest};
  if (!isw_read_number(reader, &rule, ends->child[1], &distribution->b)) return false;
  if (!normal && !(distribution->b > distribution->a)) {
    isw_report_add(&reader->report, ends->child[1]->place, "the highest value must be above the lowest");
    return false;
  }
  distribution->kind = (enum isw_distribution_kind)(which + ISW_UNIFORM);
  return true;
}

/* Reads some numbers as the values of a path, which checks them; NULL or no values after an error was reported. */
static struct isw_values *read_as_list(struct isw_reader *reader, struct isw_node *key, size_t count,
                                       struct isw_node **number, struct isw_place place)
{
  struct isw_node *list = isw_arena_get(&reader->scratch, 1, sizeof *list);
  *list = (struct isw_node){.kind = ISW_NODE_LIST, .place = place, .count = count, .child = number};
  return isw_read_path(reader, key, list, ISW_AXIS);
}

/* Whether the values of a setting, or of the parameter of a choice that a path names, are whole numbers. */
static bool is_whole(const struct isw_values *values)
{
  const struct isw_setting *setting = isw_setting(values->path);
  if (setting->kind != ISW_KIND_CHOICE) return setting->kind == ISW_KIND_INTEGER;
  const struct isw_row *row = isw_setting_table(values->path)->row(isw_value_at(values, 0, 0).item->choice.row);
  const char *dot = strrchr(values->name, '.');
  for (size_t p = 0; dot && p < isw_row_parameters(row); p++)
    if (strcmp(row->parameters[p].name, dot + 1) == 0) return row->parameters[p].type == ISW_COUNT;
  return false;
}

/* Makes a node of each number, for the parameter of a choice. */
static struct isw_node **nodes_of(struct isw_reader *reader, const double *number, struct isw_place place)
{
  enum { NUMBER_SIZE = 40 };
  size_t points = reader->sweep->sample.points;
  struct isw_node **node = isw_arena_get(&reader->scratch, points, sizeof *node);
  for (size_t i = 0; i < points; i++) {
    char text[NUMBER_SIZE];
    isw_write_number(number[i], text, sizeof text);
    node[i] = isw_tree_scalar(&reader->scratch, place, text, strlen(text));
  }
  return node;
}

/* The values of a setting of numbers; of a normal distribution some may be out of its range. */
static void set_numbers(struct isw_reader *reader, const double *number, const struct isw_node *node,
                        struct isw_values *values)
{
  enum { TEXT_SIZE = 160 };
  const struct isw_setting *row = isw_setting(values->path);
  struct isw_values_builder builder = {.values = values};
  char range[TEXT_SIZE];
  values->count = 0;
  values->value = NULL;
  values->present = NULL;
  values->place = NULL;
  for (size_t i = 0; i < reader->sweep->sample.points; i++) {
    double x = number[i];
    bool low = row->low_open ? x <= row->low : x < row->low, high = row->high_open ? x >= row->high : x > row->high;
    if (low || high) {
      isw_describe_range(row->kind == ISW_KIND_INTEGER, row->low, row->high, row->low_open, row->high_open, range,
                         sizeof range);
      isw_report_add(&reader->report, node->place, "%s must be %s, but is %g in point %zu of the sample", row->path,
                     range, x, i);
      isw_report_hint(&reader->report, "a uniform or log_uniform axis keeps within its ends");
      values->count = 0;
      reader->broken[values->path] = true;
      return;
    }
    union isw_setting_value value;
    if (row->kind == ISW_KIND_INTEGER)
      value.integer = (uint64_t)x;
    else
      value.number = x;
    isw_set_member(values, isw_add_value(reader, &builder, node->place), 0, value);
  }
}

/* The values of an axis that a distribution gives; NULL or no values after an error was reported. */
static const struct isw_values *draw_numbers(struct isw_reader *reader, size_t axis, struct isw_node *key,
                                             const struct isw_node *node, const struct isw_distribution *distribution)
{
  const struct isw_node *ends = node->child[1];
  size_t points = reader->sweep->sample.points, checked = distribution->kind == ISW_NORMAL ? 1 : 2;
  struct isw_values *values = read_as_list(reader, key, checked, ends->child, ends->place);
  if (!values || values->count < checked) return values;
  double *number = isw_sample_coordinates(reader, axis);
  bool whole = is_whole(values);
  for (size_t i = 0; i < points; i++) {
    number[i] = isw_sample_number(distribution, number[i]);
    if (whole) number[i] = floor(number[i] + 0.5);
  }
  if (isw_setting(values->path)->kind == ISW_KIND_CHOICE)
    return read_as_list(reader, key, points, nodes_of(reader, number, node->place), node->place);
  set_numbers(reader, number, node, values);
  return values;
}

/* The values of an axis that chooses from a list. */
static const struct isw_values *choose(struct isw_reader *reader, size_t axis, const struct isw_values *listed)
{
  struct isw_sweep *sweep = reader->sweep;
  const struct isw_distribution whole = {.kind = ISW_LISTED, .b = (double)listed->count - 1.0};
  struct isw_values *values = isw_arena_get(&sweep->arena, 1, sizeof *values);
  struct isw_values_builder builder = {.values = values};
  const double *u = isw_sample_coordinates(reader, axis);
  *values = *listed;
  values->is_range = false;
  values->count = 0;
  values->value = NULL;
  values->present = NULL;
  values->place = NULL;
  for (size_t i = 0; i < sweep->sample.points; i++) {
    size_t from = (size_t)isw_sample_number(&whole, u[i]);
    size_t to = isw_add_value(reader, &builder, isw_place_at(listed, from));
    for (size_t m = 0; m < listed->members; m++) {
      isw_set_member(values, to, m, isw_value_at(listed, from, m));
      values->present[to * values->members + m] = !listed->present || listed->present[from * listed->members + m];
    }
  }
  return values;
}

/* Reads axis number `axis`; NULL or no values after an error was reported. */
static const struct isw_values *read_axis(struct isw_reader *reader, size_t axis, struct isw_node *key,
                                          struct isw_node *node)
{
  struct isw_sampled *sampled = &reader->sweep->sample.axis[axis];
  if (!read_distribution(reader, node, &sampled->distribution)) return NULL;
  if (sampled->distribution.kind != ISW_LISTED) return draw_numbers(reader, axis, key, node, &sampled->distribution);
  const struct isw_values *listed = isw_read_path(reader, key, node, ISW_AXIS);
  sampled->listed = listed;
  if (!listed || !listed->count) return listed;
  struct isw_grid_axis as_axis = {.name = listed->name, .count = listed->count, .parts = 1, .part = &sampled->listed};
  isw_check_distinct(reader, &as_axis);
  return choose(reader, axis, listed);
}

/* ---- the sample -------------------------------------------------------------------------------------------------- */

static struct isw_node *find(const struct isw_node *map, const char *name)
{
  return isw_tree_find(map, name, strlen(name), NULL);
}

static bool check_keys(struct isw_reader *reader, const struct isw_node *map)
{
  bool good = true;
  if (map->kind != ISW_NODE_MAP) {
    isw_report_add(&reader->report, map->place, "sample must be a mapping, not %s",
                   isw_tree_describe(&reader->scratch, map));
    isw_report_hint(&reader->report, "for example sample: {design: sobol, points: 64, axes: {train.learning_rate: "
                                     "{log_uniform: [1e-4, 1]}}}");
    return false;
  }
  for (size_t i = 0; i < map->count; i++) {
    const struct isw_node *key = map->child[2 * i];
    size_t k = 0;
    while (k < KEYS && strcmp(keys[k], key->text) != 0) k++;
    if (k < KEYS) continue;
    isw_report_add(&reader->report, key->place, "unknown key %s in sample", isw_tree_describe(&reader->scratch, key));
    isw_suggest(reader, key->text, keys, KEYS, "Known keys: design, points, axes");
    good = false;
  }
  for (size_t k = 0; k < KEYS; k++) {
    if (find(map, keys[k])) continue;
    isw_report_add(&reader->report, map->place, "sample requires '%s'", keys[k]);
    good = false;
  }
  return good;
}

static bool read_head(struct isw_reader *reader, const struct isw_node *map)
{
  struct isw_sample *sample = &reader->sweep->sample;
  const struct isw_node *axes = find(map, "axes");
  const struct isw_number_rule rule = {.what = "points", .integer = true, .low = 1, .high = ISW_VALUES_MAX};
  double points = 0.0;
  int design = isw_read_word(reader, "design", designs, find(map, "design"));
  bool good = isw_read_number(reader, &rule, find(map, "points"), &points) && design >= 0;
  if (axes->kind != ISW_NODE_MAP || axes->count == 0) {
    isw_report_add(&reader->report, axes->place, "axes must be a mapping of paths to distributions or lists, not %s",
                   axes->kind == ISW_NODE_MAP ? "an empty one" : isw_tree_describe(&reader->scratch, axes));
    isw_report_hint(&reader->report, "for example axes: {train.learning_rate: {log_uniform: [1e-4, 1]}}");
    return false;
  }
  if (axes->count > ISW_SOBOL_DIMENSIONS) {
    isw_report_add(&reader->report, axes->place, "a sample can have at most %d axes", ISW_SOBOL_DIMENSIONS);
    return false;
  }
  if (good && points * (double)axes->count > SAMPLE_VALUES_MAX) {
    isw_report_add(&reader->report, find(map, "points")->place,
                   "%.0f points of %zu axes are more than %d values (2^22)", points, axes->count, SAMPLE_VALUES_MAX);
    return false;
  }
  if (!good) return false;
  sample->design = (enum isw_design)design;
  sample->points = (size_t)points;
  sample->axes = axes->count;
  sample->axis = isw_arena_get(&reader->sweep->arena, axes->count, sizeof *sample->axis);
  return true;
}

void isw_read_sample(struct isw_reader *reader)
{
  struct isw_sample *sample = &reader->sweep->sample;
  const struct isw_node *map = reader->sample;
  if (!map || isw_tree_is_null(map)) return;
  if (!check_keys(reader, map) || !read_head(reader, map)) {
    reader->grids_broken = true;
    return;
  }
  const struct isw_node *axes = find(map, "axes");
  const struct isw_values **part = isw_arena_get(&reader->sweep->arena, axes->count, sizeof *part);
  bool good = true;
  for (size_t a = 0; a < axes->count; a++) {
    part[a] = read_axis(reader, a, axes->child[2 * a], axes->child[2 * a + 1]);
    good = good && part[a] && part[a]->count == sample->points;
  }
  sample->joint = (struct isw_grid_axis){.name = "sample", .count = sample->points, .parts = axes->count, .part = part};
  if (good) return;
  reader->grids_broken = true;
  isw_mark_given(reader, axes->count, part);
  sample->points = 0;
}

/* ---- points that are equal --------------------------------------------------------------------------------------- */

void isw_drop_equal_points(struct isw_reader *reader)
{
  struct isw_sweep *sweep = reader->sweep;
  const struct isw_grid_axis *joint = &sweep->sample.joint;
  bool *equal = isw_arena_get(&reader->scratch, sweep->sample.points, sizeof *equal);
  if (!isw_find_equal(reader, joint, equal)) return;
  isw_keep_all(reader);
  for (size_t g = 0; g < sweep->grids; g++) {
    const struct isw_grid *grid = &sweep->grid[g];
    uint64_t stride = grid->axis[0].stride;
    for (size_t i = 0; i < sweep->sample.points; i++)
      for (uint64_t cell = 0; equal[i] && cell < stride; cell++)
        isw_bits_remove(sweep->kept, grid->first + i * stride + cell);
  }
  isw_count_kept(sweep);
}
