/* Columns: the settings of each network that the results file stores. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "sweep_internal.h"

enum { NAME_SIZE = 256, NUMBER_SIZE = 40 };
enum { PARTS_CLEAR_ALONE = 3 }; /* the last part of train.stop.plateau.steps would be taken for train.steps */

struct making {
  struct isw_reader *reader;
  struct isw_sweep *sweep;
  size_t capacity;
  size_t setting;   /* whose columns are made */
  const char *name; /* its column's name */
  struct isw_column_private *column;
  const char **texts;
  size_t texts_capacity;
  bool all_have_it, all_counts, any_text; /* of the current parameter */
  bool any_parts;                         /* of the current slot of factors: some differ between weights and biases */
  size_t part;                            /* 0: weights, 1: biases */
};

static bool is_taken(const struct making *making, const char *name)
{
  static const char *const reserved[] = {
      "network",        "record", "layer",           "parameter",     "id",           "status",
      "steps_done",     "step",   "weights_initial", "weights_final", "provenance",   "eigenvalue",
      "singular_value", "output", "class_pair",      "weights",       "weights_step", "weights_record"};
  size_t probe_count;
  const struct isw_probe *const *probes = isw_probes(&probe_count);
  for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++)
    if (strcmp(reserved[i], name) == 0) return true;
  for (size_t i = 0; i < probe_count; i++)
    if (strcmp(probes[i]->row.name, name) == 0) return true;
  for (size_t i = 0; i < making->sweep->columns; i++)
    if (strcmp(making->sweep->column[i].shown.name, name) == 0) return true;
  return false;
}

/* The last part of the path. The part before it is added if the name is taken or, as for a layer or a section of a
 * section, not clear alone. */
static const char *name_of(struct making *making, size_t setting)
{
  char *path = isw_arena_copy(&making->sweep->arena, isw_path_of(making->sweep, setting),
                              strlen(isw_path_of(making->sweep, setting)));
  size_t parts = 1;
  for (const char *c = path; *c; c++) parts += *c == '.';
  bool alone = setting < ISW_SETTINGS && parts <= PARTS_CLEAR_ALONE;
  char *name = path + strlen(path);
  while (name > path) {
    while (name > path && name[-1] != '.') name--;
    if (alone && !is_taken(making, name)) break;
    alone = true;
    if (name > path) *--name = '_';
  }
  return name;
}

static struct isw_column_private *add_column(struct making *making, const char *name, const char *long_name,
                                             enum isw_column_type type, bool swept)
{
  struct isw_sweep *sweep = making->sweep;
  sweep->column =
      isw_arena_grow(&sweep->arena, sweep->column, sweep->columns, &making->capacity, sizeof *sweep->column);
  struct isw_column_private *column = &sweep->column[sweep->columns++];
  *column = (struct isw_column_private){.setting = making->setting, .nothing = NAN};
  column->shown = (struct isw_axis_column){
      .name = name, .path = isw_path_of(sweep, making->setting), .long_name = long_name, .type = type, .swept = swept};
  making->column = column;
  making->texts = NULL;
  making->texts_capacity = 0;
  return column;
}

/* The index of a text in the column's texts; a new text is added. */
static size_t text_index(struct making *making, const char *text)
{
  struct isw_axis_column *shown = &making->column->shown;
  for (size_t i = 0; i < shown->text_count; i++)
    if (strcmp(making->texts[i], text) == 0) return i;
  making->texts = isw_arena_grow(&making->sweep->arena, making->texts, shown->text_count, &making->texts_capacity,
                                 sizeof *making->texts);
  making->texts[shown->text_count] = isw_arena_copy(&making->sweep->arena, text, strlen(text));
  shown->texts = making->texts;
  return shown->text_count++;
}

/* Calls visit for every item that the setting has in some grid, with NULL if it has none. */
static void visit_items(struct making *making, void (*visit)(struct making *making, const struct isw_item *item))
{
  const struct isw_sweep *sweep = making->sweep;
  bool base = false;
  for (size_t g = 0; g < sweep->grids; g++) {
    const struct isw_axis_binding *binding = &sweep->grid[g].binding[making->setting];
    base = base || !binding->axis;
    for (size_t i = 0; binding->axis && i < binding->axis->count; i++)
      visit(making, isw_value_at(binding->values, i, binding->member).item);
  }
  if (base) visit(making, sweep->base[making->setting].item);
}

static double *of_items(struct making *making)
{
  double *of = isw_arena_get(&making->sweep->arena, making->sweep->items, sizeof *of);
  for (size_t i = 0; i < making->sweep->items; i++) of[i] = NAN;
  return of;
}

static void show_name(struct making *making, const struct isw_item *item)
{
  if (!item) {
    making->column->nothing = (double)text_index(making, "");
    return;
  }
  const struct isw_row *row = isw_setting_table(making->setting)->row(item->choice.row);
  making->column->of_item[item->number] = (double)text_index(making, row->name);
}

static void show_widths(struct making *making, const struct isw_item *item)
{
  if (!item) {
    making->column->nothing = (double)text_index(making, "");
    return;
  }
  struct isw_text text = {0};
  bool good = isw_text_add(&text, "%s", "") == ISW_OK;
  for (size_t i = 0; good && i < item->count; i++)
    good = isw_text_add(&text, "%s%zu", i ? "-" : "", item->size[i]) == ISW_OK;
  char *kept = good ? isw_arena_copy(&making->reader->scratch, text.bytes, text.length) : NULL;
  isw_text_clear(&text);
  if (!kept) longjmp(making->reader->out_of_memory, 1);
  making->column->of_item[item->number] = (double)text_index(making, kept);
}

/* Stores the common width of all hidden layers, or -1. */
static void show_width(struct making *making, const struct isw_item *item)
{
  if (!item) return;
  double width = item->count ? (double)item->size[0] : -1.0;
  for (size_t i = 1; i < item->count; i++)
    if (item->size[i] != item->size[0]) width = -1.0;
  making->column->of_item[item->number] = width;
}

/* Stores a slot's factor of the weights or of the biases. */
static void show_factor(struct making *making, const struct isw_item *item)
{
  if (item) making->column->of_item[item->number] = item->factor[making->part];
}

static void survey_factors(struct making *making, const struct isw_item *item)
{
  making->any_parts = making->any_parts || (item && item->factor[0] != item->factor[1]);
}

/* The columns of a slot of train.rate_by_layer: one, or one each for weights and biases where they differ. */
static void add_factors(struct making *making, bool swept)
{
  static const char *const parts[] = {"weights", "biases"};
  making->any_parts = false;
  visit_items(making, survey_factors);
  for (making->part = 0; making->part < (making->any_parts ? 2 : 1); making->part++) {
    char name[NAME_SIZE];
    snprintf(name, sizeof name, making->any_parts ? "%s_%s" : "%s", making->name, parts[making->part]);
    struct isw_column_private *column =
        add_column(making, isw_arena_copy(&making->sweep->arena, name, strlen(name)),
                   "factor of the learning rate of one layer", ISW_COLUMN_NUMBER, swept);
    column->show = ISW_SHOW_PARAMETER;
    column->of_item = of_items(making);
    column->nothing = 1.0;
    visit_items(making, show_factor);
  }
}

/* ---- parameters of swept choices --------------------------------------------------------------------------------- */

static const struct isw_parameter *parameter_of(const struct making *making, const struct isw_item *item,
                                                const char *name, size_t *index)
{
  const struct isw_row *row = isw_setting_table(making->setting)->row(item->choice.row);
  for (*index = 0; *index < isw_row_parameters(row); ++*index)
    if (strcmp(row->parameters[*index].name, name) == 0) return &row->parameters[*index];
  return NULL;
}

static void survey_parameter(struct making *making, const struct isw_item *item)
{
  size_t p;
  const struct isw_parameter *parameter = item ? parameter_of(making, item, making->column->parameter, &p) : NULL;
  making->all_have_it = making->all_have_it && parameter;
  if (!parameter) return;
  making->all_counts = making->all_counts && parameter->type == ISW_COUNT;
  making->any_text = making->any_text || parameter->type == ISW_WORD || parameter->type == ISW_TEXT ||
                     (parameter->word && item->choice.value[p].number == parameter->word_number);
}

static void show_parameter(struct making *making, const struct isw_item *item)
{
  struct isw_column_private *column = making->column;
  bool text = column->shown.type == ISW_COLUMN_TEXT;
  size_t p;
  const struct isw_parameter *parameter = item ? parameter_of(making, item, column->parameter, &p) : NULL;
  double shown = NAN;
  if (!parameter)
    shown = text ? (double)text_index(making, "") : NAN;
  else if (!text)
    shown = item->choice.value[p].number;
  else if (parameter->type == ISW_TEXT)
    shown = (double)text_index(making, item->choice.value[p].text);
  else if (parameter->type == ISW_WORD)
    shown = (double)text_index(making, parameter->words[(size_t)item->choice.value[p].number]);
  else if (parameter->word && item->choice.value[p].number == parameter->word_number)
    shown = (double)text_index(making, parameter->word);
  else {
    char number[NUMBER_SIZE];
    isw_write_number(item->choice.value[p].number, number, sizeof number);
    shown = (double)text_index(making, number);
  }
  if (item)
    column->of_item[item->number] = shown;
  else
    column->nothing = shown;
}

/* Adds the columns of an item's parameters that are not there yet. */
static void add_parameters(struct making *making, const struct isw_item *item)
{
  if (!item) return;
  const struct isw_row *row = isw_setting_table(making->setting)->row(item->choice.row);
  for (size_t p = 0; p < isw_row_parameters(row); p++) {
    const struct isw_parameter *parameter = &row->parameters[p];
    bool there = false;
    for (size_t c = 0; c < making->sweep->columns; c++) {
      const struct isw_column_private *column = &making->sweep->column[c];
      there = there || (column->setting == making->setting && column->parameter &&
                        strcmp(column->parameter, parameter->name) == 0);
    }
    if (there) continue;
    char name[NAME_SIZE];
    snprintf(name, sizeof name, "%s_%s", making->name, parameter->name);
    if (is_taken(making, name)) snprintf(name, sizeof name, "%s_parameter_%s", making->name, parameter->name);
    struct isw_column_private *column = add_column(making, isw_arena_copy(&making->sweep->arena, name, strlen(name)),
                                                   parameter->about, ISW_COLUMN_NUMBER, true);
    column->show = ISW_SHOW_PARAMETER;
    column->parameter = parameter->name;
    column->of_item = of_items(making);
    making->all_have_it = making->all_counts = true;
    making->any_text = false;
    visit_items(making, survey_parameter);
    if (making->any_text)
      column->shown.type = ISW_COLUMN_TEXT;
    else if (making->all_have_it && making->all_counts)
      column->shown.type = ISW_COLUMN_INTEGER;
    visit_items(making, show_parameter);
  }
}

/* ---- a setting's columns ----------------------------------------------------------------------------------------- */

static bool is_swept(const struct isw_sweep *sweep, size_t setting)
{
  for (size_t g = 0; g < sweep->grids; g++)
    if (sweep->grid[g].binding[setting].axis) return true;
  return false;
}

static void add_setting(struct making *making, size_t setting)
{
  struct isw_sweep *sweep = making->sweep;
  for (size_t c = 0; c < sweep->columns; c++)
    if (sweep->column[c].setting == setting) return;
  const struct isw_setting *row = isw_setting(setting);
  making->setting = setting;
  making->name = name_of(making, setting);
  const char *about = setting < ISW_SETTINGS ? row->about : "initialiser of one layer";
  bool swept = is_swept(sweep, setting);
  if (row->kind == ISW_KIND_FACTORS) {
    add_factors(making, swept);
    return;
  }
  bool whole = row->kind == ISW_KIND_INTEGER, number = row->kind == ISW_KIND_NUMBER;
  struct isw_column_private *column = add_column(making, making->name, about,
                                                 whole    ? ISW_COLUMN_INTEGER
                                                 : number ? ISW_COLUMN_NUMBER
                                                          : ISW_COLUMN_TEXT,
                                                 swept);
  if (setting == ISW_SET_DEPTH) {
    column->show = ISW_SHOW_DEPTH;
  } else if (setting == ISW_SET_WIDTH) {
    column->show = ISW_SHOW_WIDTH;
    column->of_item = of_items(making);
    column->shown.long_name = "units of every hidden layer; -1 where they differ or there is none";
    making->setting = ISW_SET_HIDDEN;
    visit_items(making, show_width);
  } else if (whole || number) {
    column->show = ISW_SHOW_NUMBER;
  } else if (row->kind == ISW_KIND_WORD) {
    column->show = ISW_SHOW_WORD;
    for (size_t w = 0; row->words[w]; w++) text_index(making, row->words[w]);
  } else if (row->kind == ISW_KIND_SIZES) {
    column->show = ISW_SHOW_WIDTHS;
    column->of_item = of_items(making);
    visit_items(making, show_widths);
  } else {
    column->show = ISW_SHOW_NAME;
    column->of_item = of_items(making);
    visit_items(making, show_name);
    if (swept || setting == ISW_SET_NORMALIZATION) visit_items(making, add_parameters);
  }
}

void isw_make_columns(struct isw_reader *reader)
{
  static const size_t always[] = {ISW_SET_DEPTH, ISW_SET_WIDTH,         ISW_SET_ACTIVATION,
                                  ISW_SET_INIT,  ISW_SET_LEARNING_RATE, ISW_SET_REPLICATE};
  struct isw_sweep *sweep = reader->sweep;
  struct making making = {.reader = reader, .sweep = sweep};
  for (size_t g = 0; g < sweep->grids; g++)
    for (size_t a = 0; a < sweep->grid[g].axes; a++)
      for (size_t p = 0; p < sweep->grid[g].axis[a].parts; p++)
        for (size_t m = 0; m < sweep->grid[g].axis[a].part[p]->members; m++)
          add_setting(&making, sweep->grid[g].axis[a].part[p]->member[m]);
  for (size_t i = 0; i < sizeof always / sizeof always[0]; i++) add_setting(&making, always[i]);
  static const size_t layout[] = {ISW_SET_BRANCH_LAYERS, ISW_SET_BIAS}; /* determine the layout of the weights */
  for (size_t i = 0; i < sizeof layout / sizeof layout[0]; i++)
    if (sweep->base[layout[i]].integer) add_setting(&making, layout[i]);
  if (sweep->base[ISW_SET_NORMALIZATION].item->choice.row != 0) add_setting(&making, ISW_SET_NORMALIZATION);
  if (sweep->sample.points) {
    struct isw_column_private *point =
        add_column(&making, "point", "index of the point of the sample", ISW_COLUMN_INTEGER, false);
    point->show = ISW_SHOW_POINT;
    point->shown.path = "sample";
  }
  if (!sweep->refine.levels) return;
  struct isw_column_private *level =
      add_column(&making, "level", "level of refinement: 0 is the coarsest grid", ISW_COLUMN_INTEGER, false);
  level->show = ISW_SHOW_LEVEL;
  level->shown.path = "refine";
}

size_t isw_sweep_columns(const struct isw_sweep *sweep)
{
  return sweep->columns;
}

const struct isw_axis_column *isw_sweep_column(const struct isw_sweep *sweep, size_t column)
{
  return &sweep->column[column].shown;
}

/* The point of the sample, which is the first axis. */
static double point_of(const struct isw_grid *grid, uint64_t cell)
{
  uint64_t point = (cell - grid->first) / grid->axis[0].stride;
  return (double)point;
}

double isw_sweep_column_value(const struct isw_sweep *sweep, size_t column, uint64_t number)
{
  const struct isw_column_private *c = &sweep->column[column];
  if (c->show == ISW_SHOW_LEVEL) return (double)isw_sweep_level(sweep, number);
  uint64_t cell = isw_cell_of_number(sweep, number);
  const struct isw_grid *grid = isw_grid_of_cell(sweep, cell);
  if (c->show == ISW_SHOW_POINT) return point_of(grid, cell);
  union isw_setting_value value = isw_setting_at(sweep, grid, cell, c->setting);
  const struct isw_item *hidden;
  switch (c->show) {
  case ISW_SHOW_NUMBER:
    if (isw_setting(c->setting)->kind == ISW_KIND_INTEGER) return (double)value.integer;
    return isinf(value.number) ? NAN : value.number;
  case ISW_SHOW_WORD: return (double)value.integer;
  case ISW_SHOW_DEPTH:
    hidden = isw_setting_at(sweep, grid, cell, ISW_SET_HIDDEN).item;
    return hidden ? (double)hidden->count : (double)value.integer;
  case ISW_SHOW_WIDTH:
    hidden = isw_setting_at(sweep, grid, cell, ISW_SET_HIDDEN).item;
    if (hidden) return c->of_item[hidden->number];
    return value.integer ? (double)value.integer : -1.0;
  case ISW_SHOW_NAME:
  case ISW_SHOW_PARAMETER:
  case ISW_SHOW_WIDTHS:
  case ISW_SHOW_LEVEL:
  case ISW_SHOW_POINT: break;
  }
  return value.item ? c->of_item[value.item->number] : c->nothing;
}
