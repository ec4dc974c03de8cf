/* Compares what a results file says about its sweep with what the writer would write for it: everything that needs no
 * training. The values of trained networks are not compared here. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "results_internal.h"

enum { BLOCK_BYTES = 4 << 20, BLOCK_ROWS = 65536 };

struct check {
  struct isw_results *results;
  const struct isw_results_head *head;
  void (*report)(void *context, const char *line);
  void *context;
  uint64_t differences;
  struct isw_error *error;
  struct isw_hdf5_guard guard;
  hsize_t dims[ISW_DIMENSIONS];
  hid_t text;
  union isw_real_nan nan;
  struct isw_text coordinates; /* names for the attribute of that name */
  uint64_t *unfinished;        /* bit set of the networks without results */
};

static enum isw_status no_memory(struct check *c)
{
  return isw_error_memory(c->error, BLOCK_BYTES, "the comparison of the file with its settings");
}

/* Reports a line and clears it. */
static enum isw_status report_line(struct check *c, struct isw_text *line, enum isw_status status)
{
  if (status == ISW_OK) {
    c->differences++;
    c->report(c->context, line->bytes);
  }
  isw_text_clear(line);
  return status == ISW_OK ? ISW_OK : no_memory(c);
}

/* ---- attributes ---- */

/* The first line in which two texts differ; `from` and `until` are set to it in both. */
static void find_line(const char *text[2], int length[2])
{
  size_t same = 0;
  while (text[0][same] == text[1][same]) same++;
  while (same > 0 && text[0][same - 1] != '\n') same--;
  for (size_t i = 0; i < 2; i++) {
    text[i] += same;
    length[i] = (int)strcspn(text[i], "\n");
  }
}

/* Compares a text or number attribute of the root group (dataset NULL) or of a dataset. expected: NULL or "": none. */
static enum isw_status check_attribute(struct check *c, const char *dataset, const char *name, const char *expected)
{
  struct isw_text path = {0}, line = {0};
  if (isw_text_add(&path, "%s%s%s", dataset ? dataset : "", dataset ? "/" : "", name) != ISW_OK) return no_memory(c);
  const char *text[2] = {isw_results_attribute(c->results, path.bytes), expected && *expected ? expected : NULL};
  int length[2];
  enum isw_status status = ISW_OK;
  if (text[0] && text[1] && strcmp(text[0], text[1]) != 0) {
    find_line(text, length);
    status = isw_text_add(&line, "attribute '%s': '%.*s' in the file, '%.*s' expected", path.bytes, length[0], text[0],
                          length[1], text[1]);
    status = report_line(c, &line, status);
  } else if (!text[0] != !text[1]) {
    status = isw_text_add(&line, "attribute '%s': %s", path.bytes, text[0] ? "none expected" : "missing in the file");
    status = report_line(c, &line, status);
  }
  isw_text_clear(&path);
  return status;
}

static enum isw_status check_root(struct check *c)
{
  char identity[17];
  const char *texts[ISW_ROOT_FORMAT_VERSION];
  isw_root_texts(c->head, identity, texts);
  const char *settings = isw_results_attribute(c->results, isw_root_attribute(ISW_ROOT_SETTINGS)->name);
  if (settings && c->head->plain_settings && strcmp(settings, c->head->plain_settings) == 0)
    texts[ISW_ROOT_SETTINGS] = settings; /* a file of version 0.1.0 */
  enum isw_status status = ISW_OK;
  for (int i = 0; i < ISW_ROOT_FORMAT_VERSION && status == ISW_OK; i++)
    if (i != ISW_ROOT_SWEEP)
      status = check_attribute(c, NULL, isw_root_attribute((enum isw_root_attribute)i)->name, texts[i]);
  return status;
}

static enum isw_status check_flags(struct check *c, hid_t dataset)
{
  const char *name = isw_dataset_attribute(ISW_ATTRIBUTE_FLAG_VALUES)->name;
  struct isw_text names = {0}, line = {0};
  int8_t values[ISW_NETWORK_STATUSES];
  hid_t attribute = H5Aopen(dataset, name, H5P_DEFAULT), space = attribute < 0 ? attribute : H5Aget_space(attribute);
  bool same = attribute >= 0 && H5Sget_simple_extent_npoints(space) == ISW_NETWORK_STATUSES &&
              H5Aread(attribute, H5T_NATIVE_INT8, values) >= 0;
  for (int s = 0; same && s < ISW_NETWORK_STATUSES; s++) same = values[s] == s;
  if (space >= 0) H5Sclose(space);
  if (attribute >= 0) H5Aclose(attribute);
  enum isw_status status = ISW_OK;
  if (!same)
    status = report_line(c, &line,
                         isw_text_add(&line, "attribute '%s/%s': 0 to %d expected", isw_field(ISW_FIELD_STATUS)->name,
                                      name, ISW_NETWORK_STATUSES - 1));
  if (status == ISW_OK && isw_add_status_names(&names) != ISW_OK) status = no_memory(c);
  if (status == ISW_OK)
    status = check_attribute(c, isw_field(ISW_FIELD_STATUS)->name,
                             isw_dataset_attribute(ISW_ATTRIBUTE_FLAG_MEANINGS)->name, names.bytes);
  isw_text_clear(&names);
  return status;
}

/* The attributes that every dataset has, except long_name: the wording of a description belongs to the program's
 * version. */
static enum isw_status check_attributes(struct check *c, const struct isw_field *field)
{
  const char *columns = c->coordinates.bytes ? c->coordinates.bytes : "", *steps = isw_steps_of(field);
  struct isw_text names = {0};
  enum isw_status status = ISW_OK;
  if (!field->coordinate) status = isw_text_add(&names, "%s%s%s", columns, *columns && *steps ? " " : "", steps);
  if (status != ISW_OK) status = no_memory(c);
  const char *const expected[ISW_ATTRIBUTE_PATH] = {
      [ISW_ATTRIBUTE_UNITS] = field->units,
      [ISW_ATTRIBUTE_COORDINATES] = names.bytes,
      [ISW_ATTRIBUTE_FILL_VALUE] = !field->fill                   ? NULL
                                   : field->type == ISW_TYPE_REAL ? "nan"
                                                                  : "-1",
  };
  for (int a = 0; a < ISW_ATTRIBUTE_PATH && status == ISW_OK; a++)
    if (a != ISW_ATTRIBUTE_LONG_NAME)
      status = check_attribute(c, field->name, isw_dataset_attribute((enum isw_dataset_attribute)a)->name, expected[a]);
  isw_text_clear(&names);
  return status;
}

/* ---- datasets as a whole ---- */

static bool has_type(hid_t dataset, hid_t expected)
{
  hid_t type = H5Dget_type(dataset);
  bool text = H5Tget_class(expected) == H5T_STRING;
  bool good = text ? H5Tget_class(type) == H5T_STRING && H5Tis_variable_str(type) > 0 : H5Tequal(type, expected) > 0;
  H5Tclose(type);
  return good;
}

static bool has_shape(const struct check *c, hid_t dataset, const struct isw_field *field)
{
  hsize_t dims[3] = {0};
  hid_t space = H5Dget_space(dataset);
  bool good = H5Sget_simple_extent_ndims(space) == (int)field->rank &&
              H5Sget_simple_extent_dims(space, dims, NULL) == (int)field->rank;
  H5Sclose(space);
  for (unsigned d = 0; good && d < field->rank; d++) good = dims[d] == c->dims[field->dimension[d]];
  return good;
}

/* Whether the reader finds the dataset along its dimensions, if it is of those that the reader lists. */
static bool is_attached(const struct check *c, const struct isw_field *field)
{
  bool listed = field->dimension[0] == ISW_DIM_NETWORK && field->dimension[field->rank - 1] != ISW_DIM_PARAMETER &&
                field != isw_field(ISW_FIELD_NETWORK);
  return !listed || isw_results_find(c->results, field->name);
}

/* Opens a dataset after checking all but its values. *dataset < 0: it was reported that it cannot be compared. It is an
 * error if the name leads to another file: HDF5 must not follow it. */
static enum isw_status open_dataset(struct check *c, const struct isw_field *field, hid_t *dataset)
{
  hid_t type, memory, file = c->results->file;
  const char *problem = NULL;
  isw_hdf5_guard_renew(&c->guard, 0);
  isw_field_types(field, c->head->real_bytes, c->text, &type, &memory);
  *dataset = H5I_INVALID_HID;
  enum isw_hdf5_path path = isw_hdf5_follow(file, field->name);
  if (path == ISW_HDF5_INDIRECT || (path == ISW_HDF5_HARD && isw_hdf5_is_dataset(file, field->name))) {
    enum isw_status status = isw_hdf5_open_dataset(file, c->results->path, field->name, dataset, c->error);
    if (status != ISW_OK) return status;
  }
  if (*dataset < 0)
    problem = "missing in the file";
  else if (!has_type(*dataset, type))
    problem = "the type of its values is not the expected one";
  else if (!has_shape(c, *dataset, field))
    problem = "its shape is not the expected one";
  else if (!is_attached(c, field))
    problem = "it does not have the expected dimensions";
  if (!problem) return check_attributes(c, field);
  if (*dataset >= 0) H5Dclose(*dataset);
  *dataset = H5I_INVALID_HID;
  struct isw_text line = {0};
  return report_line(c, &line, isw_text_add(&line, "dataset '%s': %s", field->name, problem));
}

/* ---- values ---- */

/* A dataset whose values the sweep determines, and where they come from. */
struct known {
  const struct isw_field *field;
  enum {
    KNOWN_NUMBERED,
    KNOWN_COORDINATE,
    KNOWN_FEATURES,
    KNOWN_SIZES,
    KNOWN_ID,
    KNOWN_STEP,
    KNOWN_STEPS,
    KNOWN_WEIGHTS_STEP,
    KNOWN_WEIGHTS_STEPS
  } what;
  int64_t first; /* KNOWN_NUMBERED: the first number */
  size_t column; /* KNOWN_COORDINATE */
};

/* Writes row number `row` as the writer does. False if memory cannot be allocated. */
static bool make_row(const struct check *c, const struct known *known, uint64_t row, void *into)
{
  const struct isw_results_head *head = c->head;
  const uint64_t *steps;
  const size_t *sizes;
  size_t count;
  double value;
  switch (known->what) {
  case KNOWN_NUMBERED: *(int64_t *)into = known->first + (int64_t)row; break;
  case KNOWN_COORDINATE:
    value = head->coordinate(head->context, known->column, row);
    if (known->field->type == ISW_TYPE_STRING)
      *(const char **)into = head->coordinates[known->column].texts[(size_t)value];
    else if (known->field->type == ISW_TYPE_INT64)
      *(int64_t *)into = (int64_t)value;
    else
      *(double *)into = value == value ? value : (double)NAN;
    break;
  case KNOWN_FEATURES:
    if (head->sizes(head->context, row, &sizes) == 0) return false;
    *(int32_t *)into = (int32_t)sizes[0];
    break;
  case KNOWN_SIZES:
    count = head->sizes(head->context, row, &sizes);
    for (size_t k = 0; k < count; k++) ((int32_t *)into)[k] = (int32_t)sizes[k + 1];
    return count > 0;
  case KNOWN_ID: *(uint64_t *)into = head->id(head->context, row); break;
  case KNOWN_STEP:
    head->schedule(head->context, 0, &steps);
    *(int64_t *)into = (int64_t)steps[row];
    break;
  case KNOWN_STEPS:
    count = head->schedule(head->context, row, &steps);
    for (size_t r = 0; r < count; r++) ((int64_t *)into)[r] = (int64_t)steps[r];
    return count > 0;
  case KNOWN_WEIGHTS_STEP:
    head->snapshots(head->context, 0, &steps);
    *(int64_t *)into = (int64_t)steps[row];
    break;
  case KNOWN_WEIGHTS_STEPS:
    count = head->snapshots(head->context, row, &steps);
    for (size_t r = 0; r < count; r++) ((int64_t *)into)[r] = (int64_t)steps[r];
    return count > 0;
  }
  return true;
}

/* A block of rows of a dataset, along its first dimension. */
struct rows {
  const struct isw_field *field;
  hid_t dataset, memory_type;
  hsize_t count[3];   /* [0]: of the rows in memory; the other dimensions */
  size_t item, items; /* bytes of a value; values of a row */
  hsize_t most;       /* rows that the buffers hold */
  hsize_t all;        /* rows of the dataset */
};

static struct rows rows_of(const struct check *c, const struct isw_field *field, hid_t dataset)
{
  hid_t type;
  struct rows rows = {.field = field, .dataset = dataset, .items = 1, .all = c->dims[field->dimension[0]]};
  isw_field_types(field, c->head->real_bytes, c->text, &type, &rows.memory_type);
  rows.item = H5Tget_size(rows.memory_type);
  for (unsigned d = 1; d < field->rank; d++) rows.items *= rows.count[d] = c->dims[field->dimension[d]];
  size_t row = isw_larger(1, rows.items * rows.item);
  rows.most = isw_smaller(isw_larger(1, BLOCK_BYTES / row), isw_smaller(BLOCK_ROWS, isw_larger(1, rows.all)));
  return rows;
}

static enum isw_status read_rows(struct check *c, struct rows *rows, hsize_t first, hsize_t count, void *into)
{
  hsize_t start[3] = {first};
  rows->count[0] = count;
  isw_hdf5_guard_renew(&c->guard, count * rows->items * rows->item);
  hid_t space = H5Dget_space(rows->dataset), memory = H5Screate_simple((int)rows->field->rank, rows->count, NULL);
  bool good = H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, rows->count, NULL) >= 0 &&
              H5Dread(rows->dataset, rows->memory_type, memory, space, H5P_DEFAULT, into) >= 0;
  H5Sclose(space);
  H5Sclose(memory);
  if (good) return ISW_OK;
  return isw_error_set(c->error, ISW_BAD_INPUT, "%s: cannot read '%s' from %llu on", c->results->path,
                       rows->field->name, (unsigned long long)first);
}

/* Frees the texts that reading has allocated. */
static void reclaim(const struct check *c, const struct rows *rows, void *block)
{
  if (rows->memory_type != c->text) return;
  hid_t memory = H5Screate_simple((int)rows->field->rank, rows->count, NULL);
  H5Dvlen_reclaim(c->text, memory, H5P_DEFAULT, block);
  H5Sclose(memory);
}

static const char *text_at(const void *value)
{
  const char *text = *(const char *const *)value;
  return text ? text : "";
}

static bool equal(const struct rows *rows, const void *a, const void *b)
{
  return rows->field->type == ISW_TYPE_STRING ? strcmp(text_at(a), text_at(b)) == 0 : memcmp(a, b, rows->item) == 0;
}

static enum isw_status add_value(struct isw_text *text, const struct rows *rows, const void *value)
{
  enum isw_field_type type = rows->field->type;
  if (type == ISW_TYPE_STRING) return isw_text_add(text, "'%s'", text_at(value));
  if (type == ISW_TYPE_INT8) return isw_text_add(text, "%d", *(const int8_t *)value);
  if (type == ISW_TYPE_INT32) return isw_text_add(text, "%ld", (long)*(const int32_t *)value);
  if (type == ISW_TYPE_INT64) return isw_text_add(text, "%lld", (long long)*(const int64_t *)value);
  if (type == ISW_TYPE_UINT64) return isw_text_add(text, "%016llx", (unsigned long long)*(const uint64_t *)value);
  if (rows->item == sizeof(float)) return isw_text_add(text, "%.9g", (double)*(const float *)value);
  return isw_text_add(text, "%.17g", *(const double *)value);
}

/* How many rows of a dataset are wrong, and where the first is. */
struct finding {
  uint64_t rows;
  struct isw_text first;
};

/* Describes a wrong value of a row, the first one of the dataset. */
static enum isw_status describe(struct finding *finding, const struct rows *rows, uint64_t row, size_t item,
                                const void *found, const void *expected)
{
  struct isw_text *text = &finding->first;
  const enum isw_dimension *dimension = rows->field->dimension;
  size_t place[2] = {item, item}, last = rows->field->rank == 3 ? (size_t)rows->count[2] : 1;
  if (rows->field->rank == 3) place[0] /= last, place[1] %= last;
  enum isw_status status = isw_text_add(text, "%s %llu", isw_field((enum isw_field_id)dimension[0])->name,
                                        (unsigned long long)row + (dimension[0] == ISW_DIM_LAYER));
  for (unsigned d = 1; d < rows->field->rank && d < 3 && status == ISW_OK; d++)
    status = isw_text_add(text, ", %s %zu", isw_field((enum isw_field_id)dimension[d])->name,
                          place[d - 1] + (dimension[d] == ISW_DIM_LAYER));
  if (status == ISW_OK) status = isw_text_add(text, ": ");
  if (status == ISW_OK) status = add_value(text, rows, found);
  if (status == ISW_OK) status = isw_text_add(text, " in the file, ");
  if (status == ISW_OK) status = add_value(text, rows, expected);
  return status == ISW_OK ? isw_text_add(text, " expected") : status;
}

/* Reports what a comparison found. Returns the status of the comparison if that failed. */
static enum isw_status report_finding(struct check *c, const struct rows *rows, struct finding *finding,
                                      enum isw_status compared)
{
  struct isw_text line = {0};
  enum isw_status status = ISW_OK;
  if (finding->rows > 0)
    status = report_line(c, &line,
                         isw_text_add(&line, "dataset '%s': %llu of %llu differ, the first at %s", rows->field->name,
                                      (unsigned long long)finding->rows, (unsigned long long)rows->all,
                                      finding->first.bytes));
  isw_text_clear(&finding->first);
  return compared == ISW_OK ? status : compared;
}

/* Compares rows that were read with those expected. numbers: of the rows, in steps of 1 from `first`. */
static enum isw_status compare_row(struct check *c, const struct rows *rows, uint64_t row, const unsigned char *found,
                                   const unsigned char *expected, struct finding *finding)
{
  for (size_t i = 0; i < rows->items; i++)
    if (!equal(rows, found + i * rows->item, expected + i * rows->item)) {
      if (finding->rows++ > 0) return ISW_OK;
      enum isw_status status = describe(finding, rows, row, i, found + i * rows->item, expected + i * rows->item);
      return status == ISW_OK ? ISW_OK : no_memory(c);
    }
  return ISW_OK;
}

static enum isw_status compare_known(struct check *c, const struct known *known, hid_t dataset)
{
  struct rows rows = rows_of(c, known->field, dataset);
  if (rows.items == 0) return ISW_OK;
  size_t row = rows.items * rows.item;
  const void *fill = isw_field_fill(known->field, &c->nan);
  unsigned char *found = isw_allocate(rows.most, row), *expected = isw_allocate(1, row);
  struct finding finding = {0};
  if (!found || !expected) {
    free(found);
    free(expected);
    return no_memory(c);
  }
  enum isw_status status = ISW_OK;
  for (hsize_t first = 0; first < rows.all && status == ISW_OK; first += rows.most) {
    hsize_t count = isw_smaller(rows.most, rows.all - first);
    status = read_rows(c, &rows, first, count, found);
    if (status != ISW_OK) break;
    for (hsize_t i = 0; i < count && status == ISW_OK; i++) {
      isw_chunks_fill(expected, rows.items, rows.item, fill);
      status = make_row(c, known, first + i, expected) ? ISW_OK : no_memory(c);
      if (status == ISW_OK) status = compare_row(c, &rows, first + i, found + i * row, expected, &finding);
    }
    reclaim(c, &rows, found);
  }
  free(found);
  free(expected);
  return report_finding(c, &rows, &finding, status);
}

static enum isw_status check_known(struct check *c, const struct known *known)
{
  hid_t dataset;
  enum isw_status status = open_dataset(c, known->field, &dataset);
  if (status != ISW_OK || dataset < 0) return status;
  if (known->what == KNOWN_COORDINATE)
    status = check_attribute(c, known->field->name, isw_dataset_attribute(ISW_ATTRIBUTE_PATH)->name,
                             c->head->coordinates[known->column].path);
  if (status == ISW_OK) status = compare_known(c, known, dataset);
  H5Dclose(dataset);
  return status;
}

static enum isw_status check_scales(struct check *c)
{
  static const int64_t first[ISW_DIMENSIONS] = {[ISW_DIM_LAYER] = 1};
  enum isw_status status = ISW_OK;
  for (int d = 0; d < ISW_DIMENSIONS && status == ISW_OK; d++) {
    if (!isw_has_dimension(c->head, (enum isw_dimension)d)) continue;
    status = check_known(c, &(struct known){isw_field((enum isw_field_id)d), KNOWN_NUMBERED, first[d], 0});
  }
  return status;
}

static enum isw_status check_coordinates(struct check *c)
{
  enum isw_status status = ISW_OK;
  for (size_t i = 0; i < c->head->coordinate_count && status == ISW_OK; i++) {
    const struct isw_coordinate *coordinate = &c->head->coordinates[i];
    const struct isw_field field = isw_field_of_coordinate(coordinate, isw_coordinate_is_integer(c->head, i));
    status = check_known(c, &(struct known){&field, KNOWN_COORDINATE, 0, i});
    if (status == ISW_OK && isw_text_add(&c->coordinates, "%s%s", i ? " " : "", coordinate->name) != ISW_OK)
      status = no_memory(c);
  }
  return status;
}

/* ---- status, and networks without results ---- */

/* Collects the networks without results. */
static enum isw_status check_status(struct check *c)
{
  hid_t dataset;
  const struct isw_field *field = isw_field(ISW_FIELD_STATUS);
  enum isw_status status = open_dataset(c, field, &dataset);
  if (status != ISW_OK || dataset < 0) return status;
  struct rows rows = rows_of(c, field, dataset);
  struct finding finding = {0};
  int8_t *ended = isw_allocate(rows.most, sizeof *ended);
  if (!ended) {
    H5Dclose(dataset);
    return no_memory(c);
  }
  for (hsize_t first = 0; first < rows.all && status == ISW_OK; first += rows.most) {
    hsize_t count = isw_smaller(rows.most, rows.all - first);
    status = read_rows(c, &rows, first, count, ended);
    for (hsize_t i = 0; i < count && status == ISW_OK; i++) {
      bool known = ended[i] >= 0 && ended[i] < ISW_NETWORK_STATUSES;
      if (!known || !isw_status_is_finished((enum isw_network_status)ended[i])) isw_bits_add(c->unfinished, first + i);
      if (known && (ended[i] != ISW_SKIPPED || c->head->absent == ISW_SKIPPED)) continue;
      if (finding.rows++ == 0 && isw_text_add(&finding.first, "network %llu: %d in the file is no status here",
                                              (unsigned long long)(first + i), ended[i]) != ISW_OK)
        status = no_memory(c);
    }
  }
  free(ended);
  if (status == ISW_OK) status = check_flags(c, dataset);
  H5Dclose(dataset);
  return report_finding(c, &rows, &finding, status);
}

/* Compares the rows of the networks without results with fill values; reads only blocks that have such networks. */
static enum isw_status compare_unfinished(struct check *c, const struct isw_field *field, hid_t dataset)
{
  struct rows rows = rows_of(c, field, dataset);
  size_t row = rows.items * rows.item;
  if (rows.items == 0) return ISW_OK;
  unsigned char *found = isw_allocate(rows.most, row), *expected = isw_allocate(1, row);
  struct finding finding = {0};
  if (!found || !expected) {
    free(found);
    free(expected);
    return no_memory(c);
  }
  enum isw_status status = ISW_OK;
  isw_chunks_fill(expected, rows.items, rows.item, isw_field_fill(field, &c->nan));
  for (uint64_t first = isw_bits_next(c->unfinished, 0, rows.all); first < rows.all && status == ISW_OK;) {
    hsize_t end = first + isw_smaller(rows.most, rows.all - first);
    status = read_rows(c, &rows, first, end - first, found);
    uint64_t k = first;
    for (; k < end && status == ISW_OK; k = isw_bits_next(c->unfinished, k + 1, rows.all))
      status = compare_row(c, &rows, k, found + (k - first) * row, expected, &finding);
    first = k;
  }
  if (status == ISW_OK && finding.rows > 0 &&
      isw_text_add(&finding.first, ", as its status says that it was not trained") != ISW_OK)
    status = no_memory(c);
  free(found);
  free(expected);
  return report_finding(c, &rows, &finding, status);
}

static enum isw_status check_trained(struct check *c, const struct isw_field *field)
{
  hid_t dataset;
  enum isw_status status = open_dataset(c, field, &dataset);
  if (status != ISW_OK || dataset < 0) return status;
  status = compare_unfinished(c, field, dataset);
  H5Dclose(dataset);
  return status;
}

static enum isw_status check_all(struct check *c)
{
  const struct isw_results_head *head = c->head;
  enum isw_status status = check_root(c);
  if (status == ISW_OK) status = check_scales(c);
  if (status == ISW_OK) status = check_coordinates(c);
  const struct known fixed[] = {
      {isw_field(ISW_FIELD_FEATURES), KNOWN_FEATURES, 0, 0},
      {isw_field(ISW_FIELD_LAYER_SIZE), KNOWN_SIZES, 0, 0},
      {isw_field(ISW_FIELD_ID), KNOWN_ID, 0, 0},
      {isw_field(head->schedule_varies ? ISW_FIELD_STEP_BY_NETWORK : ISW_FIELD_STEP),
       head->schedule_varies ? KNOWN_STEPS : KNOWN_STEP, 0, 0},
      {isw_field(head->schedule_varies ? ISW_FIELD_WEIGHTS_STEP_BY_NETWORK : ISW_FIELD_WEIGHTS_STEP),
       head->schedule_varies ? KNOWN_WEIGHTS_STEPS : KNOWN_WEIGHTS_STEP, 0, 0}, /* the last one */
  };
  size_t known = sizeof fixed / sizeof *fixed - (head->snapshots_max == 0);
  for (size_t i = 0; i < known && status == ISW_OK; i++) status = check_known(c, &fixed[i]);
  if (status == ISW_OK) status = check_status(c);
  if (status == ISW_OK) status = check_trained(c, isw_field(ISW_FIELD_STEPS_DONE));
  for (size_t q = 0; q < head->quantity_count && status == ISW_OK; q++) {
    const struct isw_field field = isw_field_of_quantity(&head->quantities[q]);
    status = check_trained(c, &field);
  }
  if (status == ISW_OK && head->keep_initial) status = check_trained(c, isw_field(ISW_FIELD_WEIGHTS_INITIAL));
  if (status == ISW_OK && head->keep_final) status = check_trained(c, isw_field(ISW_FIELD_WEIGHTS_FINAL));
  return status;
}

enum isw_status isw_results_check(struct isw_results *results, const struct isw_results_head *head,
                                  void (*report)(void *context, const char *line), void *context, uint64_t *differences,
                                  struct isw_error *error)
{
  struct check c = {.results = results,
                    .head = head,
                    .report = report,
                    .context = context,
                    .error = error,
                    .nan = isw_real_nan(head->real_bytes)};
  isw_dimension_lengths(head, c.dims);
  isw_hdf5_guard_begin(&c.guard);
  c.text = isw_hdf5_text_type();
  c.unfinished = isw_allocate(isw_bits_words(head->networks), sizeof *c.unfinished);
  enum isw_status status = c.unfinished ? check_all(&c) : no_memory(&c);
  H5Tclose(c.text);
  isw_hdf5_guard_end(&c.guard);
  isw_text_clear(&c.coordinates);
  free(c.unfinished);
  *differences = c.differences;
  return status;
}
