/* Loads each dataset that the sweep uses, once per seed. */
#include <float.h>
#include <stdlib.h>
#include <string.h>
#include "sweep_internal.h"

enum { DATASETS_MAX = 4096 };

struct uses {
  struct isw_reader *reader;
  size_t capacity;
};

static void add_use(struct uses *uses, const struct isw_item *item, uint64_t seed)
{
  struct isw_sweep *sweep = uses->reader->sweep;
  if (!item) return;
  sweep->use = isw_arena_grow(&sweep->arena, sweep->use, sweep->uses, &uses->capacity, sizeof *sweep->use);
  sweep->use[sweep->uses++] = (struct isw_dataset_use){item, seed, 0};
}

/* Collects the pairs of dataset and seed of a grid. */
static void find_uses(struct uses *uses, const struct isw_grid *grid)
{
  struct isw_reader *reader = uses->reader;
  const struct isw_sweep *sweep = reader->sweep;
  const struct isw_axis_binding *dataset = &grid->binding[ISW_SET_DATASET], *seed = &grid->binding[ISW_SET_SEED];
  size_t datasets = dataset->axis ? dataset->axis->count : 1, seeds = seed->axis ? seed->axis->count : 1;
  bool together = dataset->axis && dataset->axis == seed->axis;
  size_t pairs = together ? datasets : datasets > DATASETS_MAX || seeds > DATASETS_MAX ? SIZE_MAX : datasets * seeds;
  if (pairs > DATASETS_MAX || sweep->uses + pairs > 2 * DATASETS_MAX) {
    reader->broken[ISW_SET_DATASET] = true;
    isw_report_add(&reader->report, seed->axis ? seed->values->key : dataset->values->key,
                   "more than %d datasets: each combination of a dataset and a seed counts", DATASETS_MAX);
    return;
  }
  for (size_t d = 0; d < datasets; d++)
    for (size_t s = 0; s < (together ? 1 : seeds); s++)
      add_use(uses,
              dataset->axis ? isw_value_at(dataset->values, d, dataset->member).item
                            : sweep->base[ISW_SET_DATASET].item,
              seed->axis ? isw_value_at(seed->values, together ? d : s, seed->member).integer
                         : sweep->base[ISW_SET_SEED].integer);
}

static int by_item(const void *a, const void *b)
{
  const struct isw_dataset_use *x = a, *y = b;
  if (x->item->number != y->item->number) return x->item->number < y->item->number ? -1 : 1;
  return x->seed < y->seed ? -1 : x->seed > y->seed;
}

/* The position of a dataset's choice in the file: that of the base value, or of the first axis value equal to it. */
static struct isw_place place_of_dataset(const struct isw_reader *reader, const struct isw_item *item)
{
  const struct isw_sweep *sweep = reader->sweep;
  for (size_t g = 0; g < sweep->grids; g++) {
    const struct isw_axis_binding *binding = &sweep->grid[g].binding[ISW_SET_DATASET];
    for (size_t i = 0; binding->axis && i < binding->axis->count; i++)
      if (isw_value_at(binding->values, i, binding->member).item == item)
        return binding->values->place ? binding->values->place[i] : binding->values->at;
  }
  struct isw_node *node = reader->leaf[ISW_SET_DATASET];
  struct isw_node *name = isw_tree_find(node, "name", 4, NULL); /* of a map */
  return name ? name->place : reader->at[ISW_SET_DATASET];
}

static void load(struct isw_reader *reader, struct isw_dataset_use *use, const struct isw_item **failed)
{
  struct isw_sweep *sweep = reader->sweep;
  struct isw_data *data = &sweep->data[sweep->datasets];
  enum isw_status status = isw_dataset_load(&use->item->choice, use->seed, reader->from->folder,
                                            sweep->precision == ISW_FLOAT32 ? (double)FLT_MAX : DBL_MAX,
                                            reader->from->memory, data, &reader->loading);
  if (status == ISW_OK) {
    size_t rows;
    isw_note_outside(reader, &isw_datasets(&rows)[use->item->choice.row]->row, &use->item->choice);
    use->data = 0;
    while (use->data < sweep->datasets && sweep->data[use->data].hash != data->hash) use->data++;
    if (use->data == sweep->datasets)
      sweep->datasets++;
    else
      isw_data_destroy(data);
    return;
  }
  isw_data_destroy(data);
  *failed = use->item;
  reader->broken[ISW_SET_DATASET] = true;
  if (status == ISW_BAD_INPUT) {
    size_t count;
    isw_report_add(&reader->report, place_of_dataset(reader, use->item), "dataset %s: %s",
                   isw_datasets(&count)[use->item->choice.row]->row.name, isw_error_text(&reader->loading));
    return;
  }
  reader->status = isw_error_set(reader->error, status, "%s", isw_error_text(&reader->loading));
}

void isw_note_outside(struct isw_reader *reader, const struct isw_row *row, const struct isw_choice *choice)
{
  struct isw_sweep *sweep = reader->sweep;
  for (size_t p = 0; p < isw_row_parameters(row); p++) {
    const char *path = choice->value[p].text;
    if (!row->parameters[p].is_path || !isw_path_leaves_folder(path)) continue;
    size_t known = 0;
    while (known < sweep->outsides && strcmp(sweep->outside[known], path) != 0) known++;
    if (known < sweep->outsides) continue;
    sweep->outside = isw_arena_grow(&sweep->arena, sweep->outside, sweep->outsides, &reader->outside_capacity,
                                    sizeof *sweep->outside);
    sweep->outside[sweep->outsides++] = path;
  }
}

void isw_load_datasets(struct isw_reader *reader)
{
  struct isw_sweep *sweep = reader->sweep;
  struct uses uses = {.reader = reader};
  for (size_t g = 0; g < sweep->grids; g++) find_uses(&uses, &sweep->grid[g]);
  if (!sweep->uses) return;
  qsort(sweep->use, sweep->uses, sizeof *sweep->use, by_item);
  size_t distinct = 0;
  for (size_t i = 0; i < sweep->uses; i++)
    if (i == 0 || by_item(&sweep->use[distinct - 1], &sweep->use[i]) != 0) sweep->use[distinct++] = sweep->use[i];
  sweep->uses = distinct;
  sweep->data = isw_arena_get(&sweep->arena, distinct, sizeof *sweep->data);
  const struct isw_item *failed = NULL;
  for (size_t i = 0; i < distinct && reader->status == ISW_OK; i++)
    if (sweep->use[i].item != failed) load(reader, &sweep->use[i], &failed);
}
