/* Reads the weights of the initialisers `file`, `interpolate` and `plane`, and of masks, from an HDF5 file. */
#include <float.h>
#include <math.h>
#include <string.h>
#include "sweep_internal.h"

/* Parameters that name the weights: path, dataset, network. Others are of the row's own. */
enum { FILE_PARAMETERS = 3 };

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
  size_t rows;
  uint64_t row[2];
  const struct isw_weights *weights;
  const struct isw_read_weights *before; /* the one that was read before it */
};

/* What reads weights, for messages: "initializer" and the row's name, and where it stands. */
struct isw_weights_reader {
  const char *what, *row;
  struct isw_place place;
};

/* Copies row `which` of those wanted to *value, in the sweep's arena with room for all of them. Returns the count of
 * its numbers, or 0 after an error was reported. */
static size_t copy_row(struct isw_reader *reader, const struct isw_read_weights *wanted, size_t which,
                       const struct isw_weights_reader *by, double **value)
{
  struct isw_sweep *sweep = reader->sweep;
  const uint64_t row = wanted->row[which];
  enum isw_status status = read_rows(reader, wanted->file, wanted->name, row);
  if (status == ISW_BAD_INPUT) {
    isw_report_add(&reader->report, by->place, "%s %s: %s", by->what, by->row, isw_error_text(&reader->loading));
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
    isw_report_add(&reader->report, by->place, "%s %s: %s: row %llu of '%s' has no weights (only NaN)", by->what,
                   by->row, wanted->file, (unsigned long long)row, wanted->name);
    return 0;
  }
  if (good < count) {
    isw_report_add(&reader->report, by->place, "%s %s: %s: row %llu of '%s': weight %zu, %g, is not finite%s", by->what,
                   by->row, wanted->file, (unsigned long long)row, wanted->name, good + 1, stored[good],
                   isfinite(stored[good]) ? " in float32" : "");
    if (isfinite(stored[good])) isw_report_hint(&reader->report, "set precision: float64");
    return 0;
  }
  *value = isw_arena_get(&sweep->arena, wanted->rows * count, sizeof **value);
  memcpy(*value, stored, count * sizeof **value);
  return count;
}

/* The weights of one or two rows; NULL after an error was reported. */
static const struct isw_weights *read_weights(struct isw_reader *reader, const struct isw_read_weights *wanted,
                                              const struct isw_weights_reader *by)
{
  enum { LOOKED_AT = 64 }; /* a surface has few networks and many points; a sweep over networks has each once */
  const struct isw_read_weights *w = reader->read_weights;
  for (size_t i = 0; w && i < LOOKED_AT; i++, w = w->before)
    if (w->rows == wanted->rows && w->row[0] == wanted->row[0] && w->row[1] == wanted->row[1] &&
        strcmp(w->file, wanted->file) == 0 && strcmp(w->name, wanted->name) == 0)
      return w->weights;
  double *value, *second;
  size_t count = copy_row(reader, wanted, 0, by, &value);
  if (count == 0) return NULL;
  if (wanted->rows == 2) {
    size_t others = copy_row(reader, wanted, 1, by, &second);
    if (others == 0) return NULL;
    if (others != count) {
      isw_report_add(&reader->report, by->place,
                     "%s %s: %s: rows %llu and %llu of '%s' have %zu and %zu weights and biases", by->what, by->row,
                     wanted->file, (unsigned long long)wanted->row[0], (unsigned long long)wanted->row[1], wanted->name,
                     count, others);
      return NULL;
    }
    memcpy(value + count, second, count * sizeof *value);
  }
  struct isw_weights *weights = isw_arena_get(&reader->sweep->arena, 1, sizeof *weights);
  *weights = (struct isw_weights){count, value, isw_hash(value, wanted->rows * count * sizeof *value, 0)};
  struct isw_read_weights *kept = isw_arena_get(&reader->scratch, 1, sizeof *kept);
  *kept = *wanted;
  kept->weights = weights;
  kept->before = reader->read_weights;
  reader->read_weights = kept;
  return weights;
}

/* Reads the weights that a choice of a row with a file names. The hash is that of the numbers and of the parameters
 * that say what becomes of them, not of the path. Returns false after an error was reported. */
bool isw_load_weights(struct isw_reader *reader, const char *what, const struct isw_row *row, struct isw_item *item,
                      const struct isw_node *node)
{
  const struct isw_value *value = item->choice.value;
  const struct isw_weights_reader by = {what, row->name, node->place};
  struct isw_text joined = {0};
  if (isw_data_path(reader->from->folder, value[0].text, &joined, NULL) != ISW_OK) longjmp(reader->out_of_memory, 1);
  const bool two = row->parameters[FILE_PARAMETERS].name && row->parameters[FILE_PARAMETERS].type == ISW_COUNT;
  const struct isw_read_weights wanted = {.file = isw_arena_copy(&reader->scratch, joined.bytes, joined.length),
                                          .name = value[1].text,
                                          .rows = two ? 2 : 1,
                                          .row = {(uint64_t)value[2].number, two ? (uint64_t)value[3].number : 0}};
  isw_text_clear(&joined);
  item->choice.weights = read_weights(reader, &wanted, &by);
  if (!item->choice.weights) return false;
  isw_note_outside(reader, row, &item->choice);
  const uint64_t pair[] = {isw_hash(row->name, strlen(row->name), 0), item->choice.weights->hash};
  item->hash = isw_hash(pair, sizeof pair, 0);
  for (size_t p = FILE_PARAMETERS; p < isw_row_parameters(row); p++) {
    if (row->parameters[p].type == ISW_COUNT) continue; /* the number of a row */
    const double of[] = {(double)(item->hash >> 32), (double)(item->hash & 0xffffffff), value[p].number};
    item->hash = isw_hash(of, sizeof of, 0);
  }
  return true;
}
