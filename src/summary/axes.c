/* Finds the axes of a results file and the cell of each network. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "summary/summary_internal.h"

/* The bits of a number; equal numbers, and all NaNs, have the same. */
static uint64_t key_of(double number)
{
  uint64_t key = 0;
  double canonical = isnan(number) ? (double)NAN : number == 0 ? 0.0 : number;
  memcpy(&key, &canonical, sizeof key);
  return key;
}

int isw_compare_numbers(const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* Divides the cells by another value: two networks stay in the same cell if they have the same value. */
static bool split_cell(struct isw_summary_reader *reader, struct isw_table *pairs, uint64_t network, uint32_t value)
{
  uint32_t *cell = &reader->cell[network];
  *cell = value == ISW_NO_CODE ? ISW_NO_CODE : isw_code_of(pairs, (uint64_t)*cell << 32 | value);
  return *cell != ISW_NO_CODE;
}

/* Finds the distinct numbers of an axis, and divides the cells by them unless it is the replicate. */
static enum isw_status read_numbers(struct isw_summary_reader *reader, struct isw_summary_axis *axis, bool splits,
                                    struct isw_error *error)
{
  const struct isw_summary *summary = reader->summary;
  struct isw_table values = {0}, pairs = {0};
  enum isw_status status = ISW_OK;
  for (uint64_t first = 0, length; first < summary->networks && status == ISW_OK; first += length) {
    length = isw_block_networks(summary, first);
    status = isw_results_column(summary->results, axis->name, first, length, 0, 0, reader->block, error);
    for (uint64_t i = 0; i < length && status == ISW_OK; i++) {
      uint32_t value = isw_code_of(&values, key_of(reader->block[i]));
      if (value == ISW_NO_CODE || (splits && !split_cell(reader, &pairs, first + i, value)))
        status = isw_error_memory(error, (values.count + pairs.count) * sizeof *values.entry, axis->name);
    }
  }
  axis->number = isw_allocate(values.count, sizeof *axis->number);
  for (size_t i = 0; i < values.capacity && axis->number; i++) {
    double number;
    memcpy(&number, &values.entry[i].key, sizeof number);
    if (values.entry[i].number && !isnan(number)) axis->number[axis->count++] = number;
  }
  if (axis->number)
    qsort(axis->number, axis->count, sizeof *axis->number, isw_compare_numbers);
  else if (status == ISW_OK)
    status = isw_error_memory(error, values.count * 8, axis->name);
  isw_table_clear(&values);
  isw_table_clear(&pairs);
  return status;
}

static enum isw_status read_texts(struct isw_summary_reader *reader, struct isw_summary_axis *axis, bool splits,
                                  struct isw_error *error)
{
  const struct isw_summary *summary = reader->summary;
  struct isw_table pairs = {0};
  uint32_t *code = reader->order; /* unused until the cells are known */
  enum isw_status status = isw_results_texts(summary->results, axis->name, code, &axis->label, &axis->count, error);
  for (uint64_t i = 0; i < summary->networks && status == ISW_OK && splits; i++)
    if (!split_cell(reader, &pairs, i, code[i]))
      status = isw_error_memory(error, pairs.count * sizeof *pairs.entry, axis->name);
  isw_table_clear(&pairs);
  return status;
}

void isw_summary_clear_axis(struct isw_summary_axis *axis)
{
  if (axis->label) isw_results_free_texts(axis->label, axis->count);
  free(axis->number);
  *axis = (struct isw_summary_axis){0};
}

enum isw_status isw_summary_read_axes(struct isw_summary_reader *reader, struct isw_error *error)
{
  struct isw_summary *summary = reader->summary;
  const struct isw_results_dataset *dataset;
  enum isw_status status = ISW_OK;
  for (size_t i = 0; status == ISW_OK && (dataset = isw_results_dataset(summary->results, i)) != NULL; i++) {
    if (!dataset->coordinate) continue;
    struct isw_summary_axis *more = realloc(summary->axes, (summary->axis_count + 1) * sizeof *more);
    if (!more) return isw_error_memory(error, (summary->axis_count + 1) * sizeof *more, "the axes");
    summary->axes = more;
    struct isw_summary_axis *axis = &more[summary->axis_count++];
    *axis = (struct isw_summary_axis){.name = dataset->name, .text = dataset->text};
    bool splits = strcmp(axis->name, "replicate") != 0;
    status = axis->text ? read_texts(reader, axis, splits, error) : read_numbers(reader, axis, splits, error);
    if (axis->count < 2)
      isw_summary_clear_axis(&summary->axes[--summary->axis_count]); /* the same for all networks: not an axis */
  }
  return status;
}
