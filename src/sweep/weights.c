/* Reads the weights of the initialiser `file`, and of masks, from an HDF5 file. */
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

/* Reads the weights that a choice of the row `file` names. The hash is that of the numbers, not of the path. Returns
 * false after an error was reported. */
bool isw_load_weights(struct isw_reader *reader, const char *what, const struct isw_row *row, struct isw_item *item,
                      const struct isw_node *node)
{
  struct isw_sweep *sweep = reader->sweep;
  const char *folder = reader->from->folder, *path = item->choice.value[0].text, *name = item->choice.value[1].text;
  const uint64_t network = (uint64_t)item->choice.value[2].number;
  struct isw_text joined = {0};
  if (isw_data_path(folder, path, &joined, NULL) != ISW_OK) longjmp(reader->out_of_memory, 1);
  const char *full = isw_arena_copy(&reader->scratch, joined.bytes, joined.length);
  isw_text_clear(&joined);
  enum isw_status status = read_rows(reader, full, name, network);
  if (status == ISW_BAD_INPUT) {
    isw_report_add(&reader->report, node->place, "%s %s: %s", what, row->name, isw_error_text(&reader->loading));
    return false;
  }
  if (status != ISW_OK) {
    reader->status = isw_error_set(reader->error, status, "%s", isw_error_text(&reader->loading));
    return false;
  }
  isw_note_outside(reader, row, &item->choice);
  const double *stored = reader->stored.value + (size_t)(network - reader->stored.first) * reader->stored.columns;
  bool single = sweep->base[ISW_SET_PRECISION].integer == ISW_FLOAT32; /* read before the initialisers */
  size_t count = without_padding(stored, reader->stored.columns), good = 0;
  while (good < count && fabs(stored[good]) <= (single ? (double)FLT_MAX : DBL_MAX)) good++;
  if (count == 0) {
    isw_report_add(&reader->report, node->place, "%s %s: %s: row %llu of '%s' has no weights (only NaN)", what,
                   row->name, full, (unsigned long long)network, name);
  } else if (good < count) {
    isw_report_add(&reader->report, node->place, "%s %s: %s: row %llu of '%s': weight %zu, %g, is not finite%s", what,
                   row->name, full, (unsigned long long)network, name, good + 1, stored[good],
                   isfinite(stored[good]) ? " in float32" : "");
    if (isfinite(stored[good])) isw_report_hint(&reader->report, "set precision: float64");
  } else {
    struct isw_weights *weights = isw_arena_get(&sweep->arena, 1, sizeof *weights);
    double *value = isw_arena_get(&sweep->arena, count, sizeof *value);
    memcpy(value, stored, count * sizeof *value);
    *weights = (struct isw_weights){count, value, isw_hash(value, count * sizeof *value, 0)};
    item->choice.weights = weights;
    const uint64_t pair[] = {isw_hash(row->name, strlen(row->name), 0), weights->hash};
    item->hash = isw_hash(pair, sizeof pair, 0);
    for (size_t p = FILE_PARAMETERS; p < isw_row_parameters(row); p++) {
      const double of[] = {(double)(item->hash >> 32), (double)(item->hash & 0xffffffff), item->choice.value[p].number};
      item->hash = isw_hash(of, sizeof of, 0);
    }
  }
  return item->choice.weights != NULL;
}
