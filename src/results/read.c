/* Opens a results file, and reads attributes, columns and slabs of its datasets. */
#include "results_internal.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A dataset's chunks kept in memory: those of whole trajectories, so that neighbours are not uncompressed again. */
enum { CACHE_SLOTS = 1009, CACHE_BYTES = 4 << 20 };

static enum isw_status no_results(const char *path, const char *why, struct isw_error *error)
{
  return isw_error_set(error, ISW_BAD_INPUT, "%s: not a results file of format %d: %s", path, ISW_FORMAT_VERSION, why);
}

/* Takes ownership of a text until the file is closed; NULL if memory cannot be allocated. */
static const char *keep(struct isw_results *results, char *text)
{
  char **kept = text ? realloc(results->kept, (results->kept_count + 1) * sizeof *kept) : NULL;
  if (!kept) {
    free(text);
    return NULL;
  }
  results->kept = kept;
  return kept[results->kept_count++] = text;
}

/* A scalar attribute as text on the heap: strings unchanged, numbers formatted; NULL if it is neither. */
static char *read_attribute(hid_t file, const char *object, const char *name)
{
  char *copy = NULL;
  hid_t attribute = isw_hdf5_follow(file, object) == ISW_HDF5_HARD
                        ? H5Aopen_by_name(file, object, name, H5P_DEFAULT, H5P_DEFAULT)
                        : H5I_INVALID_HID;
  if (attribute < 0) return NULL;
  hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute);
  bool one = H5Sget_simple_extent_npoints(space) == 1;
  H5T_class_t kind = H5Tget_class(type);
  if (kind == H5T_STRING) {
    copy = isw_hdf5_attribute_text(attribute);
  } else if (one && (kind == H5T_INTEGER || kind == H5T_FLOAT)) {
    double number;
    char digits[32];
    if (H5Aread(attribute, H5T_NATIVE_DOUBLE, &number) >= 0) {
      snprintf(digits, sizeof digits, "%.15g", number);
      copy = isw_copy_text(digits);
    }
  }
  H5Tclose(type);
  H5Sclose(space);
  H5Aclose(attribute);
  return copy;
}

const char *isw_results_attribute(struct isw_results *results, const char *name)
{
  struct isw_hdf5_guard guard;
  isw_hdf5_guard_begin(&guard);
  const char *slash = strrchr(name, '/');
  struct isw_text group = {0};
  const char *text = NULL;
  if (isw_text_add(&group, "/%.*s", slash ? (int)(slash - name) : 0, name) == ISW_OK)
    text = keep(results, read_attribute(results->file, group.bytes, slash ? slash + 1 : name));
  isw_text_clear(&group);
  isw_hdf5_guard_end(&guard);
  return text;
}

/* A dimension scale's length, and how datasets refer to it. */
static enum isw_status read_scale(const struct isw_results *results, const char *name, hobj_ref_t *reference,
                                  hsize_t *length, struct isw_error *error)
{
  hid_t scale;
  enum isw_status status = isw_hdf5_open_dataset(results->file, results->path, name, &scale, error);
  if (status != ISW_OK) return status;
  hid_t space = H5Dget_space(scale);
  if (H5Sget_simple_extent_ndims(space) != 1 || H5Sget_simple_extent_dims(space, length, NULL) != 1 ||
      H5Rcreate(reference, scale, ".", H5R_OBJECT, H5I_INVALID_HID) < 0) {
    status = isw_error_set(error, ISW_BAD_INPUT, "%s: not a results file of format %d: '%s' is no dimension",
                           results->path, ISW_FORMAT_VERSION, name);
  }
  H5Sclose(space);
  H5Dclose(scale);
  return status;
}

/* The dataset's shape as network [record] [layer, or another dimension], or false. */
static bool read_shape(const struct isw_results *results, const hobj_ref_t *scales, hid_t id,
                       struct isw_results_dataset *view)
{
  hid_t space = H5Dget_space(id);
  hsize_t dims[3] = {0};
  hobj_ref_t along[3];
  int rank = H5Sget_simple_extent_ndims(space);
  bool good = rank >= 1 && rank <= 3 && H5Sget_simple_extent_dims(space, dims, NULL) == rank &&
              isw_hdf5_dimension_list(id, rank, along);
  H5Sclose(space);
  bool has[ISW_DIMENSIONS] = {false};
  for (int d = 0, next = 0; good && d < rank; d++) {
    while (next < ISW_DIMENSIONS && scales[next] != along[d]) next++;
    good = next < ISW_DIMENSIONS && dims[d] == results->length[next];
    if (good) has[next++] = true;
  }
  view->per_record = has[ISW_DIM_RECORD];
  view->per_layer = has[ISW_DIM_LAYER];
  for (int d = ISW_DIM_PARAMETER; d < ISW_DIMENSIONS; d++)
    if (has[d]) view->dimension = isw_field((enum isw_field_id)d)->name;
  return good && has[ISW_DIM_NETWORK] &&
         (!has[ISW_DIM_PARAMETER] || has[ISW_DIM_RECORD]); /* not weights: read_network.c */
}

static bool read_fill(hid_t id, double *fill)
{
  if (H5Aexists(id, isw_dataset_attribute(ISW_ATTRIBUTE_FILL_VALUE)->name) <= 0) return false;
  hid_t attribute = H5Aopen(id, isw_dataset_attribute(ISW_ATTRIBUTE_FILL_VALUE)->name, H5P_DEFAULT),
        space = H5Aget_space(attribute);
  bool good =
      attribute >= 0 && H5Sget_simple_extent_npoints(space) == 1 && H5Aread(attribute, H5T_NATIVE_DOUBLE, fill) >= 0;
  H5Sclose(space);
  if (attribute >= 0) H5Aclose(attribute);
  return good;
}

struct visit {
  struct isw_results *results;
  const hobj_ref_t *scales;
  enum isw_status status;
  struct isw_error *error;
};

/* Adds a link of the root group to the list if it is a dataset along `network`. */
static herr_t add_dataset(hid_t root, const char *name, const H5L_info_t *link, void *context)
{
  struct visit *visit = context;
  struct isw_results *results = visit->results;
  if (link->type != H5L_TYPE_HARD || !isw_hdf5_is_dataset(root, name)) return 0;
  hid_t id;
  visit->status = isw_hdf5_open_dataset(root, results->path, name, &id, visit->error);
  if (visit->status != ISW_OK) return -1;
  hid_t type = H5Dget_type(id);
  H5T_class_t kind = H5Tget_class(type);
  struct dataset dataset = {.id = id, .view = {.text = kind == H5T_STRING && H5Tis_variable_str(type) > 0}};
  H5Tclose(type);
  bool wanted = (dataset.view.text || kind == H5T_INTEGER || kind == H5T_FLOAT) &&
                read_shape(results, visit->scales, id, &dataset.view);
  if (!wanted) {
    H5Dclose(id);
    return 0;
  }
  dataset.view.coordinate = H5Aexists(id, isw_dataset_attribute(ISW_ATTRIBUTE_PATH)->name) > 0;
  dataset.has_fill = !dataset.view.text && read_fill(id, &dataset.fill);
  if (results->dataset_count == results->dataset_capacity) {
    size_t more = results->dataset_capacity ? 2 * results->dataset_capacity : 32;
    struct dataset *datasets = realloc(results->datasets, more * sizeof *datasets);
    if (datasets) {
      results->datasets = datasets;
      results->dataset_capacity = more;
    }
  }
  dataset.name = isw_copy_text(name);
  if (!dataset.name || results->dataset_count == results->dataset_capacity) {
    free(dataset.name);
    H5Dclose(id);
    visit->status = isw_error_memory(visit->error, sizeof dataset, "the list of datasets");
    return -1;
  }
  dataset.view.name = dataset.name;
  results->datasets[results->dataset_count++] = dataset;
  return 0;
}

static enum isw_status read_datasets(struct isw_results *results, struct isw_error *error)
{
  hobj_ref_t *scales = results->scales;
  hsize_t *lengths = results->length;
  enum isw_status status = ISW_OK;
  for (size_t d = 0; d < ISW_DIMENSIONS && status == ISW_OK; d++) {
    const char *name = isw_field((enum isw_field_id)d)->name;
    scales[d] = HADDR_UNDEF;
    bool optional = d >= ISW_DIM_PARAMETER; /* only files with a dataset along it have it */
    if (optional && H5Lexists(results->file, name, H5P_DEFAULT) == 0) continue;
    status = read_scale(results, name, &scales[d], &lengths[d], error);
  }
  results->networks = lengths[ISW_DIM_NETWORK];
  results->records = lengths[ISW_DIM_RECORD];
  results->layers = lengths[ISW_DIM_LAYER];
  struct visit visit = {results, scales, ISW_OK, error};
  if (status == ISW_OK &&
      H5Literate(results->file, H5_INDEX_CRT_ORDER, H5_ITER_INC, NULL, add_dataset, &visit) <
          0 && /* creation order is not stored: by name */
      (visit.status != ISW_OK || H5Literate(results->file, H5_INDEX_NAME, H5_ITER_INC, NULL, add_dataset, &visit) < 0))
    status = visit.status != ISW_OK ? visit.status
                                    : isw_hdf5_refuse(error, ISW_BAD_INPUT, results->path, "cannot list its datasets");
  return status;
}

/* A file without the attribute is of version 1. */
static enum isw_status read_bits_version(struct isw_results *results, struct isw_error *error)
{
  char *text = read_attribute(results->file, "/", isw_root_attribute(ISW_ROOT_BITS_VERSION)->name);
  double version = text ? strtod(text, NULL) : 1;
  free(text);
  if (!(version >= 1 && version <= INT32_MAX && version == floor(version)))
    return no_results(results->path, "its attribute 'bits_version' is no whole number above 0", error);
  results->bits_version = (unsigned)version;
  return ISW_OK;
}

static enum isw_status read_head(struct isw_results *results, struct isw_error *error)
{
  char *format = read_attribute(results->file, "/", isw_root_attribute(ISW_ROOT_FORMAT)->name);
  char *identity = read_attribute(results->file, "/", isw_root_attribute(ISW_ROOT_IDENTITY)->name);
  char *version = read_attribute(results->file, "/", isw_root_attribute(ISW_ROOT_FORMAT_VERSION)->name);
  enum isw_status status = ISW_OK;
  char *end = NULL;
  if (!format || strcmp(format, ISW_FORMAT_NAME) != 0)
    status = no_results(results->path, "its attribute 'format' does not say '" ISW_FORMAT_NAME "'", error);
  else if (!version || strtod(version, NULL) != ISW_FORMAT_VERSION)
    status = no_results(results->path, "its attribute 'format_version' is another", error);
  else if (identity)
    results->identity = strtoull(identity, &end, 16);
  if (status == ISW_OK && (!end || *end || end == identity))
    status = no_results(results->path, "its attribute 'identity' is no hexadecimal number", error);
  free(format);
  free(identity);
  free(version);
  return status == ISW_OK ? read_bits_version(results, error) : status;
}

enum isw_status isw_results_open(const char *path, struct isw_results **results, struct isw_error *error)
{
  *results = NULL;
  struct isw_results *made = isw_allocate(1, sizeof *made);
  if (!made || !(made->path = isw_copy_text(path))) {
    free(made);
    return isw_error_memory(error, sizeof *made, "a results file");
  }
  struct isw_hdf5_guard guard;
  isw_hdf5_guard_begin(&guard);
  hid_t access = H5Pcreate(H5P_FILE_ACCESS);
  H5Pset_fclose_degree(access, H5F_CLOSE_STRONG);
  H5Pset_cache(access, 0, CACHE_SLOTS, CACHE_BYTES, 0.75);
  enum isw_status status = isw_hdf5_open_file(path, access, &made->file, error);
  H5Pclose(access);
  if (status == ISW_OK) status = read_head(made, error);
  if (status == ISW_OK) status = read_datasets(made, error);
  isw_hdf5_guard_end(&guard);
  if (status == ISW_OK)
    *results = made;
  else
    isw_results_close(made);
  return status;
}

/* Which sweeps' results files may be replaced. */
struct replaceable {
  const char *path;
  uint64_t identity, replaces;
};

static enum isw_status check_replaceable(void *context, int to, struct isw_error *error)
{
  const struct replaceable *file = context;
  struct isw_results *results;
  struct isw_error reason = {0};
  (void)to;
  enum isw_status status = isw_results_open(file->path, &results, &reason);
  if (!results)
    status = isw_error_set(error, status, "'%s' is not a results file that can be read (%s)", file->path,
                           isw_error_text(&reason));
  else if (file->replaces == 0 || results->identity != file->replaces)
    status = results->identity == file->identity
                 ? isw_results_check_bits(results, error)
                 : isw_error_set(error, ISW_BAD_INPUT, "'%s' holds another sweep", file->path);
  isw_results_close(results);
  isw_error_clear(&reason);
  return status;
}

static bool receive_nothing(void *context, int from, struct isw_error *error)
{
  (void)context, (void)from, (void)error;
  return true;
}

enum isw_status isw_results_may_replace(const char *path, uint64_t identity, uint64_t replaces, struct isw_error *error)
{
  struct stat about;
  if (lstat(path, &about) != 0) return ISW_OK;
  if (stat(path, &about) != 0 || !S_ISREG(about.st_mode)) /* opening a FIFO would wait for its other end */
    return isw_error_set(error, ISW_BAD_INPUT, "'%s' is not a regular file", path);
  struct replaceable file = {path, identity, replaces};
  const struct isw_hdf5_work work = {path, check_replaceable, receive_nothing};
  return isw_hdf5_call(&work, &file, error);
}

void isw_results_close(struct isw_results *results)
{
  if (!results) return;
  struct isw_hdf5_guard guard;
  isw_hdf5_guard_begin(&guard);
  for (size_t i = 0; i < results->dataset_count; i++) {
    H5Dclose(results->datasets[i].id);
    free(results->datasets[i].name);
  }
  if (results->file >= 0) H5Fclose(results->file);
  isw_hdf5_guard_end(&guard);
  for (size_t i = 0; i < results->kept_count; i++) free(results->kept[i]);
  free(results->kept);
  free(results->last_text);
  free(results->values);
  free(results->weights[0]);
  free(results->weights[1]);
  free(results->datasets);
  free(results->path);
  free(results);
}

uint64_t isw_results_networks(const struct isw_results *results)
{
  return results->networks;
}

size_t isw_results_records(const struct isw_results *results)
{
  return (size_t)results->records;
}

size_t isw_results_layers(const struct isw_results *results)
{
  return (size_t)results->layers;
}

size_t isw_results_snapshots(const struct isw_results *results)
{
  return (size_t)results->length[ISW_DIM_WEIGHTS_RECORD];
}

uint64_t isw_results_identity(const struct isw_results *results)
{
  return results->identity;
}

enum isw_status isw_results_check_bits(struct isw_results *results, struct isw_error *error)
{
  const char *version = isw_results_attribute(results, ISW_PROVENANCE_GROUP "/program_version");
  const char *git = isw_results_attribute(results, ISW_PROVENANCE_GROUP "/git_description");
  struct isw_text program = {0};
  enum isw_status status = version ? isw_text_add(&program, "initsweep %s", version) : ISW_OK;
  if (version && git && status == ISW_OK) status = isw_text_add(&program, " (%s)", git);
  if (status == ISW_OK)
    status = isw_bits_check(results->path, results->bits_version, program.bytes, error);
  else
    status = isw_error_memory(error, program.length, "a program's name");
  isw_text_clear(&program);
  return status;
}

const struct isw_results_dataset *isw_results_dataset(const struct isw_results *results, size_t index)
{
  return index < results->dataset_count ? &results->datasets[index].view : NULL;
}

const struct dataset *isw_results_find(const struct isw_results *results, const char *name)
{
  for (size_t i = 0; i < results->dataset_count; i++)
    if (strcmp(results->datasets[i].name, name) == 0) return &results->datasets[i];
  return NULL;
}

/* Reads `count` networks at some records and one layer (from 1) into numbers or texts of a memory type,
 * [count][records]. */
static bool read_some(const struct isw_results *results, const struct dataset *dataset, uint64_t first, uint64_t count,
                      size_t record, size_t records, size_t layer, hid_t type, void *into)
{
  const struct isw_results_dataset *view = &dataset->view;
  if (first > results->networks || count > results->networks - first) return false;
  if (view->per_record && (record >= results->records || records > results->records - record)) return false;
  if (view->per_layer && (layer < 1 || layer > results->layers)) return false;
  if (view->dimension) return false;
  if (count == 0 || records == 0) return true;
  hsize_t start[3] = {first}, counts[3] = {count, 1, 1};
  unsigned rank = 1;
  if (view->per_record) counts[rank] = records, start[rank++] = record;
  if (view->per_layer) start[rank++] = layer - 1;
  struct isw_hdf5_guard guard;
  isw_hdf5_guard_begin(&guard);
  isw_hdf5_guard_renew(&guard, count * records * sizeof(double));
  hid_t space = H5Dget_space(dataset->id), memory = H5Screate_simple((int)rank, counts, NULL);
  /* of the same shape: HDF5 copies between different shapes one number at a time */
  bool good = H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, counts, NULL) >= 0 &&
              H5Dread(dataset->id, type, memory, space, H5P_DEFAULT, into) >= 0;
  H5Sclose(space);
  H5Sclose(memory);
  isw_hdf5_guard_end(&guard);
  return good;
}

double isw_results_value(struct isw_results *results, const char *dataset, uint64_t network, size_t record,
                         size_t layer)
{
  double value = (double)NAN;
  struct isw_error error = {0};
  enum isw_status status = isw_results_column(results, dataset, network, 1, record, layer, &value, &error);
  isw_error_clear(&error);
  return status == ISW_OK ? value : (double)NAN;
}

enum isw_status isw_results_column(struct isw_results *results, const char *dataset, uint64_t first, uint64_t count,
                                   size_t record, size_t layer, double *values, struct isw_error *error)
{
  const struct dataset *from = isw_results_find(results, dataset);
  if (!from || from->view.text)
    return isw_error_set(error, ISW_BAD_INPUT, "%s: no dataset of numbers named '%s' along 'network'", results->path,
                         dataset);
  if (!read_some(results, from, first, count, record, 1, layer, H5T_NATIVE_DOUBLE, values))
    return isw_error_set(error, ISW_BAD_INPUT, "%s: cannot read '%s' of networks %llu to %llu, record %zu, layer %zu",
                         results->path, dataset, (unsigned long long)first, (unsigned long long)(first + count) - 1,
                         record, layer);
  if (from->has_fill)
    for (uint64_t i = 0; i < count; i++)
      if (values[i] == from->fill) values[i] = (double)NAN;
  return ISW_OK;
}

enum isw_status isw_results_slab(struct isw_results *results, const char *dataset, uint64_t first, uint64_t count,
                                 size_t record, size_t records, double *values, struct isw_error *error)
{
  const struct dataset *from = isw_results_find(results, dataset);
  if (!from || from->view.text || !from->view.per_record || from->view.per_layer)
    return isw_error_set(error, ISW_BAD_INPUT, "%s: no dataset of numbers named '%s' along 'network' and 'record'",
                         results->path, dataset);
  if (!read_some(results, from, first, count, record, records, 0, H5T_NATIVE_DOUBLE, values))
    return isw_error_set(error, ISW_BAD_INPUT, "%s: cannot read '%s' of networks %llu to %llu, records %zu to %zu",
                         results->path, dataset, (unsigned long long)first, (unsigned long long)(first + count) - 1,
                         record, record + records - 1);
  if (from->has_fill)
    for (uint64_t i = 0; i < count * records; i++)
      if (values[i] == from->fill) values[i] = (double)NAN;
  return ISW_OK;
}

const char *isw_results_text(struct isw_results *results, const char *dataset, uint64_t network)
{
  const struct dataset *from = isw_results_find(results, dataset);
  if (!from || !from->view.text) return NULL;
  char *text = NULL;
  hid_t type = isw_hdf5_text_type();
  bool good = read_some(results, from, network, 1, 0, 1, 1, type, &text);
  H5Tclose(type);
  free(results->last_text);
  results->last_text = good ? isw_copy_text(text ? text : "") : NULL;
  H5free_memory(text);
  return results->last_text;
}

enum isw_status isw_count_ended(struct isw_results *results, uint64_t ended[ISW_NETWORK_STATUSES],
                                struct isw_error *error)
{
  enum { BLOCK = 65536 };
  uint64_t networks = isw_results_networks(results);
  double *status = isw_allocate(BLOCK, sizeof *status);
  enum isw_status result = status ? ISW_OK : isw_error_memory(error, BLOCK * sizeof *status, "a column");
  for (uint64_t first = 0; first < networks && result == ISW_OK; first += BLOCK) {
    uint64_t some = networks - first < BLOCK ? networks - first : BLOCK;
    result = isw_results_column(results, isw_field(ISW_FIELD_STATUS)->name, first, some, 0, 0, status, error);
    for (uint64_t i = 0; i < some && result == ISW_OK; i++)
      if (status[i] >= 0 && status[i] < ISW_NETWORK_STATUSES) ended[(size_t)status[i]]++;
  }
  free(status);
  return result;
}
