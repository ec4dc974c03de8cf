/* Reads the weights of the initialisers `file`, `interpolate` and `plane` from an HDF5 file. */
#include <float.h>
#include <math.h>
#include <string.h>
#include "sweep_internal.h"

static const size_t weights_limit = (size_t)1 << 34; /* bytes: 2^31 numbers */

/* The number of values of a row without the padding of shorter networks. */
static size_t without_padding(const double *value, size_t count)
{
  while (count > 0 && isnan(value[count - 1])) count--;
  return count;
}

/* Reads rows of stored weights, `row` among them, into reader->stored, unless they are there. */
static enum isw_status read_rows(struct isw_reader *reader, const char *file, const char *name, uint64_t row)
{
  struct isw_array *stored = &reader->stored;
  bool same = reader->stored_file && strcmp(reader->stored_file, file) == 0 && strcmp(reader->stored_name, name) == 0;
  if (same && row >= stored->first && row - stored->first < stored->rows) return ISW_OK;
  isw_array_clear(stored);
  enum isw_status status = isw_array_read(file, name, &row, weights_limit, stored, &reader->loading);
  reader->stored_file = status == ISW_OK ? file : NULL;
  reader->stored_name = name;
  return status;
}

/* Weights that were read: of one row of a dataset, or of two. */
struct isw_read_weights {
  const char *file, *name;
  uint64_t row[2]; /* the same twice: one row */
  const struct isw_weights *weights;
  const struct isw_read_weights *before; /* the one that was read before it */
};

/* Copies a row of a dataset to *value, in the sweep's arena with room for `rows` times as many numbers. Returns their
 * count, or 0 after an error was reported. */
static size_t copy_row(struct isw_reader *reader, const struct isw_read_weights *from, const char *initializer,
                       uint64_t row, size_t rows, const struct isw_node *node, double **value)
{
  struct isw_sweep *sweep = reader->sweep;
  enum isw_status status = read_rows(reader, from->file, from->name, row);
  if (status == ISW_BAD_INPUT) {
    isw_report_add(&reader->report, node->place, "initializer %s: %s", initializer, isw_error_text(&reader->loading));
    return 0;
  }
  if (status != ISW_OK) {
    reader->status = isw_error_set(reader->error, status, "%s", isw_error_text(&reader->loading));
    return 0;
  }
  const double *stored = reader->stored.value + (size_t)(row - reader->stored.first) * reader->stored.columns;
  bool single = sweep->base[ISW_SET_PRECISION].integer == ISW_FLOAT32; /* read before the initialisers */
  size_t count = without_padding(stored, reader->stored.columns), good = 0;
  while (good < count && fabs(stored[good]) <= (single ? (double)FLT_MAX : DBL_MAX)) good++;
  if (count == 0) {
    isw_report_add(&reader->report, node->place, "initializer %s: %s: row %llu of '%s' has no weights (only NaN)",
                   initializer, from->file, (unsigned long long)row, from->name);
  } else if (good < count) {
    isw_report_add(&reader->report, node->place,
                   "initializer %s: %s: row %llu of '%s': weight %zu, %g, is not finite%s", initializer, from->file,
                   (unsigned long long)row, from->name, good + 1, stored[good],
                   isfinite(stored[good]) ? " in float32" : "");
    if (isfinite(stored[good])) isw_report_hint(&reader->report, "set precision: float64");
    return 0;
  } else {
    *value = isw_arena_get(&sweep->arena, rows * count, sizeof **value);
    memcpy(*value, stored, count * sizeof **value);
  }
  return count;
}

/* The weights of one or two rows; NULL after an error was reported. */
static const struct isw_weights *read_weights(struct isw_reader *reader, const struct isw_read_weights *wanted,
                                              const char *initializer, const struct isw_node *node)
{
  struct isw_sweep *sweep = reader->sweep;
  for (const struct isw_read_weights *w = reader->read_weights; w; w = w->before)
    if (w->row[0] == wanted->row[0] && w->row[1] == wanted->row[1] && strcmp(w->file, wanted->file) == 0 &&
        strcmp(w->name, wanted->name) == 0)
      return w->weights;
  size_t rows = wanted->row[0] == wanted->row[1] ? 1 : 2;
  double *value, *other;
  size_t count = copy_row(reader, wanted, initializer, wanted->row[0], rows, node, &value);
  if (count == 0) return NULL;
  if (rows == 2) {
    size_t others = copy_row(reader, wanted, initializer, wanted->row[1], 1, node, &other);
    if (others == 0) return NULL;
    if (others != count) {
      isw_report_add(&reader->report, node->place,
                     "initializer %s: %s: rows %llu and %llu of '%s' have %zu and %zu weights and biases", initializer,
                     wanted->file, (unsigned long long)wanted->row[0], (unsigned long long)wanted->row[1], wanted->name,
                     count, others);
      return NULL;
    }
    memcpy(value + count, other, count * sizeof *value);
  }
  struct isw_weights *weights = isw_arena_get(&sweep->arena, 1, sizeof *weights);
  *weights = (struct isw_weights){count, value, isw_hash(value, rows * count * sizeof *value, 0)};
  struct isw_read_weights *kept = isw_arena_get(&reader->scratch, 1, sizeof *kept);
  *kept = *wanted;
  kept->weights = weights;
  kept->before = reader->read_weights;
  reader->read_weights = kept;
  return weights;
}

/* Reads the weights that a choice of `file`, `interpolate` or `plane` names. The hash is that of the numbers and of the
 * parameters that say what becomes of them, not of the path. Returns false after an error was reported. */
bool isw_load_weights(struct isw_reader *reader, const struct isw_row *row, struct isw_item *item,
                      const struct isw_node *node)
{
  const struct isw_value *value = item->choice.value;
  struct isw_text joined = {0};
  if (isw_data_path(reader->from->folder, value[0].text, &joined, NULL) != ISW_OK) longjmp(reader->out_of_memory, 1);
  const bool two = row->parameters[3].name && row->parameters[3].type == ISW_COUNT; /* interpolate: from and to */
  const struct isw_read_weights wanted = {.file = isw_arena_copy(&reader->scratch, joined.bytes, joined.length),
                                          .name = value[1].text,
                                          .row = {(uint64_t)value[2].number, (uint64_t)value[two ? 3 : 2].number}};
  isw_text_clear(&joined);
  item->choice.weights = read_weights(reader, &wanted, row->name, node);
  if (!item->choice.weights) return false;
  isw_note_outside(reader, row, &item->choice);
  uint64_t part[2 + ISW_PARAMETERS_MAX] = {isw_hash(row->name, strlen(row->name), 0), item->choice.weights->hash};
  size_t parts = 2;
  for (size_t p = 3; p < isw_row_parameters(row); p++)
    if (row->parameters[p].type != ISW_COUNT) part[parts++] = isw_hash(&value[p].number, sizeof value[p].number, 0);
  item->hash = isw_hash(part, parts * sizeof *part, 0);
  return true;
}
