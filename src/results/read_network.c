/* Reads one network of a results file, with the same bits as its journal entry, and whole text columns. */
#include "results_internal.h"
#include <stdlib.h>
#include <string.h>

enum { TEXTS_PER_BLOCK = 65536 };

static enum isw_status refuse_dataset(const struct isw_results *results, const char *dataset, uint64_t network,
                                      struct isw_error *error)
{
  return isw_error_set(error, ISW_BAD_INPUT, "%s: cannot read '%s' of network %llu", results->path, dataset,
                       (unsigned long long)network);
}

/* Reads the part of a dataset that belongs to network `number`, counts[1..rank-1] along the other dimensions, in the
 * layout that it has in memory. */
static bool read_part(hid_t dataset, uint64_t number, const hsize_t *wanted, int rank, hid_t type, void *into)
{
  hsize_t start[3] = {number}, counts[3] = {1}, dims[3] = {0}, held = 1;
  hid_t space = H5Dget_space(dataset);
  bool good = rank <= 3 && H5Sget_simple_extent_ndims(space) == rank &&
              H5Sget_simple_extent_dims(space, dims, NULL) == rank && number < dims[0];
  for (int d = 1; d < rank && good; d++) {
    counts[d] = wanted[d - 1];
    held *= counts[d];
    good = counts[d] <= dims[d];
  }
  if (good && held > 0) {
    hid_t memory = H5Screate_simple(1, &held, NULL);
    good = H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, counts, NULL) >= 0 &&
           H5Dread(dataset, type, memory, space, H5P_DEFAULT, into) >= 0;
    H5Sclose(memory);
  }
  H5Sclose(space);
  return good;
}

/* Reads a network's value of a dataset that has one per network. */
static enum isw_status read_one(const struct isw_results *results, enum isw_field_id id, uint64_t number, hid_t type,
                                void *into, struct isw_error *error)
{
  const char *name = isw_field(id)->name;
  const struct dataset *dataset = isw_results_find(results, name);
  if (!dataset || !read_part(dataset->id, number, NULL, 1, type, into))
    return refuse_dataset(results, name, number, error);
  return ISW_OK;
}

/* Whether a dataset has a dimension of this name beside network, record and layer; NULL: none. */
static bool is_along(const struct isw_results_dataset *view, const char *dimension)
{
  return view->dimension && dimension ? strcmp(view->dimension, dimension) == 0 : !view->dimension && !dimension;
}

/* Reads a quantity at_snapshots, which is not in the list of datasets, as weights are not. */
static enum isw_status read_snapshots(struct isw_results *results, const struct isw_hdf5_guard *guard,
                                      const struct isw_record_place *place, const char *name, uint64_t number,
                                      hid_t type, void *to, struct isw_error *error)
{
  hid_t dataset;
  enum isw_status status = isw_hdf5_open_dataset(results->file, results->path, name, &dataset, error);
  if (status != ISW_OK) return status;
  const hsize_t wanted[2] = {place->records, place->width};
  isw_hdf5_guard_renew(guard, place->records * place->width * place->item);
  bool good = read_part(dataset, number, wanted, 3, type, to);
  H5Dclose(dataset);
  return good ? ISW_OK : refuse_dataset(results, name, number, error);
}

static enum isw_status read_values(struct isw_results *results, const struct isw_hdf5_guard *guard,
                                   const struct isw_quantity *quantities, size_t count, size_t real_bytes,
                                   struct isw_finished *finished, struct isw_error *error)
{
  hid_t real = real_bytes == 4 ? H5T_NATIVE_FLOAT : H5T_NATIVE_DOUBLE;
  struct isw_record_layout layout = {.records = finished->records,
                                     .layers = finished->layers,
                                     .parameters = (size_t)finished->parameters,
                                     .snapshots = finished->snapshots,
                                     .real_bytes = real_bytes};
  if (finished->records > results->records || finished->layers > results->layers)
    return refuse_dataset(results, "record", finished->number, error);
  for (size_t q = 0; q < count; q++) isw_record_layout_add(&layout, &quantities[q]);
  free(results->values);
  results->values = isw_allocate(layout.bytes, 1);
  if (!results->values) return isw_error_memory(error, layout.bytes, "a network's values");
  finished->values = results->values;
  finished->values_bytes = layout.bytes;
  layout.bytes = 0;
  for (size_t q = 0; q < count; q++) {
    const struct dataset *dataset = isw_results_find(results, quantities[q].name);
    struct isw_record_place place = isw_record_layout_add(&layout, &quantities[q]);
    unsigned char *to = (unsigned char *)results->values + place.offset;
    if (quantities[q].at_snapshots) {
      enum isw_status status =
          read_snapshots(results, guard, &place, quantities[q].name, finished->number, real, to, error);
      if (status != ISW_OK) return status;
      continue;
    }
    bool once = quantities[q].per_run, per_layer = quantities[q].per_layer;
    const char *along = quantities[q].per_parameter ? isw_field(ISW_FIELD_PARAMETER)->name : quantities[q].dimension;
    const int rank = (int)isw_field_of_quantity(&quantities[q]).rank;
    hsize_t wanted[2] = {once ? place.width : finished->records, once ? 0 : place.width};
    if (!dataset || dataset->view.per_layer != per_layer || !is_along(&dataset->view, along) ||
        dataset->view.per_record == once ||
        !read_part(dataset->id, finished->number, wanted, rank, quantities[q].integer ? H5T_NATIVE_INT32 : real, to))
      return refuse_dataset(results, quantities[q].name, finished->number, error);
  }
  return ISW_OK;
}

static enum isw_status read_weights(struct isw_results *results, const struct isw_hdf5_guard *guard, size_t which,
                                    size_t real_bytes, const struct isw_finished *finished, const void **weights,
                                    struct isw_error *error)
{
  const char *name = isw_field(which == 0 ? ISW_FIELD_WEIGHTS_INITIAL : ISW_FIELD_WEIGHTS_FINAL)->name;
  size_t bytes;
  free(results->weights[which]);
  results->weights[which] = isw_multiply(finished->parameters, real_bytes, &bytes) ? isw_allocate(bytes, 1) : NULL;
  if (!results->weights[which]) return isw_error_memory(error, finished->parameters, "a network's weights");
  hid_t dataset;
  enum isw_status status = isw_hdf5_open_dataset(results->file, results->path, name, &dataset, error);
  if (status != ISW_OK) return status;
  hsize_t wanted = finished->parameters;
  isw_hdf5_guard_renew(guard, bytes);
  bool good = read_part(dataset, finished->number, &wanted, 2, real_bytes == 4 ? H5T_NATIVE_FLOAT : H5T_NATIVE_DOUBLE,
                        results->weights[which]);
  H5Dclose(dataset);
  if (!good) return refuse_dataset(results, name, finished->number, error);
  *weights = results->weights[which];
  return ISW_OK;
}

enum isw_status isw_results_network(struct isw_results *results, const struct isw_quantity *quantities, size_t count,
                                    size_t real_bytes, bool keep_initial, bool keep_final,
                                    struct isw_finished *finished, struct isw_error *error)
{
  struct isw_hdf5_guard guard;
  isw_hdf5_guard_begin(&guard);
  int32_t ended = 0;
  int64_t steps_done = 0;
  uint64_t number = finished->number;
  finished->values = finished->weights_initial = finished->weights_final = NULL;
  finished->values_bytes = 0;
  finished->records_done = finished->records;
  enum isw_status status = read_one(results, ISW_FIELD_STATUS, number, H5T_NATIVE_INT32, &ended, error);
  if (status == ISW_OK) status = read_one(results, ISW_FIELD_ID, number, H5T_NATIVE_UINT64, &finished->id, error);
  if (status == ISW_OK && isw_status_is_finished((enum isw_network_status)ended)) {
    status = read_one(results, ISW_FIELD_STEPS_DONE, number, H5T_NATIVE_INT64, &steps_done, error);
    if (status == ISW_OK) status = read_values(results, &guard, quantities, count, real_bytes, finished, error);
    if (status == ISW_OK && keep_initial)
      status = read_weights(results, &guard, 0, real_bytes, finished, &finished->weights_initial, error);
    if (status == ISW_OK && keep_final)
      status = read_weights(results, &guard, 1, real_bytes, finished, &finished->weights_final, error);
  }
  finished->status = (uint8_t)ended;
  finished->steps_done = (uint64_t)steps_done;
  isw_hdf5_guard_end(&guard);
  return status;
}

/* ---- text columns ---- */

/* Sets *last to the code of a text and adds the text if it is new. Neighbours usually have the same text, and a column
 * has few distinct ones. */
static bool code_of(const char *text, uint32_t *last, char ***texts, size_t *count)
{
  if (*count > 0 && strcmp((*texts)[*last], text) == 0) return true;
  for (size_t i = 0; i < *count; i++)
    if (strcmp((*texts)[i], text) == 0) {
      *last = (uint32_t)i;
      return true;
    }
  char **more = realloc(*texts, (*count + 1) * sizeof *more);
  if (!more) return false;
  *texts = more;
  if (!(more[*count] = isw_copy_text(text))) return false;
  *last = (uint32_t)(*count)++;
  return true;
}

enum isw_status isw_results_texts(struct isw_results *results, const char *dataset, uint32_t *code, char ***texts,
                                  size_t *count, struct isw_error *error)
{
  *texts = NULL;
  *count = 0;
  const struct dataset *from = isw_results_find(results, dataset);
  if (!from || !from->view.text || from->view.per_record)
    return isw_error_set(error, ISW_BAD_INPUT, "%s: no texts named '%s' along 'network'", results->path, dataset);
  char **block = isw_allocate(TEXTS_PER_BLOCK, sizeof *block);
  if (!block) return isw_error_memory(error, TEXTS_PER_BLOCK * sizeof *block, dataset);
  struct isw_hdf5_guard guard;
  isw_hdf5_guard_begin(&guard);
  enum isw_status status = ISW_OK;
  hid_t type = isw_hdf5_text_type(), space = H5Dget_space(from->id);
  uint32_t last = 0;
  for (hsize_t first = 0, some; first < results->networks && status == ISW_OK; first += some) {
    some = results->networks - first < TEXTS_PER_BLOCK ? results->networks - first : TEXTS_PER_BLOCK;
    isw_hdf5_guard_renew(&guard, 0);
    hid_t memory = H5Screate_simple(1, &some, NULL);
    if (H5Sselect_hyperslab(space, H5S_SELECT_SET, &first, NULL, &some, NULL) < 0 ||
        H5Dread(from->id, type, memory, space, H5P_DEFAULT, block) < 0)
      status = refuse_dataset(results, dataset, first, error);
    else {
      for (hsize_t i = 0; i < some && status == ISW_OK; i++) {
        if (!code_of(block[i] ? block[i] : "", &last, texts, count))
          status = isw_error_memory(error, *count * sizeof **texts, dataset);
        code[first + i] = last;
      }
      H5Dvlen_reclaim(type, memory, H5P_DEFAULT, block);
    }
    H5Sclose(memory);
  }
  H5Sclose(space);
  H5Tclose(type);
  isw_hdf5_guard_end(&guard);
  free(block);
  if (status != ISW_OK) {
    isw_results_free_texts(*texts, *count);
    *texts = NULL;
    *count = 0;
  }
  return status;
}

void isw_results_free_texts(char **texts, size_t count)
{
  for (size_t i = 0; i < count; i++) free(texts[i]);
  free(texts);
}
