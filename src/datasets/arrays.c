/* Datasets of two arrays, inputs and targets, and everything that their formats (idx.c, npy.c, hdf5.c) have in common.
 * The first dimension counts the samples; the others are columns. Targets are values (any number of columns), binary
 * (one column of 0 and 1) or classes (one column of integers 0 .. classes - 1, where classes is the largest label plus
 * 1). If test files are given, nothing is split off for the test set. Files may be gzipped. Every size is checked
 * before memory is allocated; an error names the file and the number. Parameters: inputs, targets, kind, test_inputs,
 * test_targets, test_fraction, standardize, label_noise, balance; for HDF5, path comes first.
 *
 * Inputs are the large part. They are never in memory in float64: the file is read some rows at a time, once for the
 * numbers themselves and, to standardise them, twice before that for means and variances. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "arrays.h"

#define FILE_MAX ((size_t)4 << 30)
enum { CLASSES_MAX = 10000, HEAD_BYTES = 1 << 16, BLOCK_NUMBERS = 1 << 15 };
enum { KIND_VALUES, KIND_BINARY, KIND_CLASSES };

static const size_t bytes_of[] = {1, 1, 2, 2, 4, 4, 8, 4, 8};

enum isw_status isw_array_set_shape(struct isw_array_file *array, size_t dimensions, const size_t *size,
                                    struct isw_error *error)
{
  size_t numbers, bytes, rest = array->length - array->first;
  if (dimensions == 0) return isw_error_set(error, ISW_BAD_INPUT, "%s: a single number is no array", array->path);
  array->rows = size[0];
  array->columns = 1;
  for (size_t d = 0; d < dimensions; d++)
    if (size[d] == 0) return isw_error_set(error, ISW_BAD_INPUT, "%s: size %zu of the array is 0", array->path, d + 1);
  for (size_t d = 1; d < dimensions; d++)
    if (!isw_multiply(array->columns, size[d], &array->columns))
      return isw_error_set(error, ISW_BAD_INPUT, "%s: the array's sizes are too large", array->path);
  if (!isw_multiply(array->rows, array->columns, &numbers) || !isw_multiply(numbers, bytes_of[array->type], &bytes))
    return isw_error_set(error, ISW_BAD_INPUT, "%s: the array's sizes are too large", array->path);
  if (bytes != rest)
    return isw_error_set(error, ISW_BAD_INPUT, "%s: %zu bytes of numbers where its head says %zu", array->path, rest,
                         bytes);
  return ISW_OK;
}

/* Number `index` of a row of bytes in the array's type. */
static double number_at(const struct isw_array_file *array, const char *numbers, size_t index)
{
  size_t bytes = bytes_of[array->type];
  const unsigned char *from = (const unsigned char *)numbers + index * bytes;
  uint64_t word = 0;
  for (size_t b = 0; b < bytes; b++) word |= (uint64_t)from[array->big_endian ? bytes - 1 - b : b] << (8 * b);
  uint32_t low = (uint32_t)word;
  float single;
  double real;
  switch (array->type) {
  case ISW_I8: return (double)(int8_t)word;
  case ISW_I16: return (double)(int16_t)word;
  case ISW_I32: return (double)(int32_t)word;
  case ISW_I64: return (double)(int64_t)word;
  case ISW_F32: memcpy(&single, &low, sizeof single); return (double)single;
  case ISW_F64: memcpy(&real, &word, sizeof real); return real;
  default: return (double)word;
  }
}

/* Reads the head of a file, or all of it if it is gzipped. */
static enum isw_status read_head(struct isw_array_file *array, struct isw_error *error)
{
  size_t got;
  enum isw_status status = isw_file_open(array->path, FILE_MAX, &array->fd, &array->length, error);
  if (status != ISW_OK) return status;
  array->bytes = isw_allocate(HEAD_BYTES + 1, 1);
  if (!array->bytes) return isw_error_memory(error, HEAD_BYTES, array->path);
  if (!isw_read_at(array->fd, array->bytes, HEAD_BYTES, 0, &got))
    return isw_error_set(error, ISW_BAD_INPUT, "%s: %s", array->path, strerror(errno));
  if (got < array->length && got < HEAD_BYTES) array->length = got; /* it has become shorter */
  array->whole = isw_is_gzip(array->bytes, got);
  if (!array->whole) return ISW_OK;
  free(array->bytes);
  status = isw_file_read(array->path, FILE_MAX, ISW_REGULAR_FILE, &array->bytes, &array->length, error);
  return status == ISW_OK ? isw_gunzip(array->path, FILE_MAX, &array->bytes, &array->length, error) : status;
}

enum isw_status isw_array_open_file(struct isw_array_file *array, const char *folder, const char *name,
                                    isw_read_head *head, struct isw_text *full, struct isw_error *error)
{
  enum isw_status status = isw_data_path(folder, name, full, error);
  array->path = full->bytes;
  if (status == ISW_OK) status = read_head(array, error);
  return status == ISW_OK ? head(array, error) : status;
}

enum isw_status isw_array_visit_file(const struct isw_array_file *array, const char *folder, const char *container,
                                     const char *name, isw_visit_rows *visit, void *context, struct isw_error *error)
{
  (void)folder, (void)container, (void)name;
  size_t row_bytes = array->columns * bytes_of[array->type];
  size_t most = BLOCK_NUMBERS / array->columns > 0 ? BLOCK_NUMBERS / array->columns : 1;
  if (most > array->rows) most = array->rows;
  char *bytes = isw_allocate(most, row_bytes);
  double *value = isw_allocate(most * array->columns, sizeof *value);
  enum isw_status status = ISW_OK;
  if (!bytes || !value) status = isw_error_memory(error, most * array->columns * sizeof *value, array->path);
  for (size_t first = 0, rows; status == ISW_OK && first < array->rows; first += rows) {
    size_t start = array->first + first * row_bytes, got = 0;
    const char *numbers = array->whole ? array->bytes + start : bytes;
    rows = array->rows - first < most ? array->rows - first : most;
    if (!array->whole && !isw_read_at(array->fd, bytes, rows * row_bytes, start, &got))
      status = isw_error_set(error, ISW_BAD_INPUT, "%s: %s", array->path, strerror(errno));
    else if (!array->whole && got < rows * row_bytes)
      status = isw_error_set(error, ISW_BAD_INPUT, "%s has become shorter while it was read", array->path);
    for (size_t i = 0; status == ISW_OK && i < rows * array->columns; i++) value[i] = number_at(array, numbers, i);
    if (status == ISW_OK) status = isw_check_interrupted(error);
    if (status == ISW_OK) status = visit(context, first, rows, value, error);
  }
  free(bytes);
  free(value);
  return status;
}

/* The largest magnitude of the numbers in a file: numbers that are standardised later may be larger. */
static double largest_in_file(const struct isw_data *data, bool standardized)
{
  return standardized ? (double)INFINITY : data->largest;
}

/* The arrays of a dataset and what is done with their numbers. */
struct source {
  const struct isw_array_format *format;
  const char *folder, *container, *name[4];
  struct isw_array_file array[4]; /* inputs, targets, and those of the test set if it has files of its own */
  struct isw_text full[4];
  bool test_files;
  int kind;
  enum isw_standardize standardize;
  struct isw_data *data;
};
enum { INPUTS, TARGETS, TEST_INPUTS, TEST_TARGETS };

static enum isw_status visit(const struct source *source, size_t array, isw_visit_rows *rows, void *context,
                             struct isw_error *error)
{
  return source->format->visit(&source->array[array], source->folder, source->container, source->name[array], rows,
                               context, error);
}

/* ---- targets, which are small: all in memory in float64 ---- */

struct target_reader {
  const struct source *source;
  const struct isw_array_file *array;
  double *target;
};

static enum isw_status take_targets(void *context, size_t first, size_t rows, const double *value,
                                    struct isw_error *error)
{
  const struct target_reader *reader = context;
  const struct isw_array_file *array = reader->array;
  size_t *classes = &reader->source->data->classes;
  int kind = reader->source->kind;
  for (size_t i = 0; i < rows * array->columns; i++) {
    double t = value[i];
    size_t at = first * array->columns + i;
    if (kind == KIND_BINARY && t != 0.0 && t != 1.0)
      return isw_error_set(error, ISW_BAD_INPUT, "%s: target %zu is %g, neither 0 nor 1", array->path, at + 1, t);
    if (kind == KIND_CLASSES) {
      if (!(t >= 0.0 && t < (double)CLASSES_MAX && floor(t) == t))
        return isw_error_set(error, ISW_BAD_INPUT, "%s: label %zu is %g, no whole number of 0..%d", array->path, at + 1,
                             t, CLASSES_MAX - 1);
      if ((size_t)t >= *classes) *classes = (size_t)t + 1;
    }
    reader->target[at] = t;
  }
  return ISW_OK;
}

static enum isw_status read_targets(const struct source *source, size_t array, double *target, struct isw_error *error)
{
  struct target_reader reader = {source, &source->array[array], target};
  bool values = source->standardize == ISW_STANDARDIZE_ALL && source->kind == KIND_VALUES;
  enum isw_status status = visit(source, array, take_targets, &reader, error);
  return status == ISW_OK ? isw_data_check_finite(reader.array->path, largest_in_file(source->data, values), 0,
                                                  reader.array->rows, reader.array->columns, target, error)
                          : status;
}

/* ---- inputs, which are large: in memory only in their final form ---- */

/* Which rows of a file are samples of a set: [count], ascending. */
struct chosen_rows {
  size_t count, next; /* next: of those that were not visited yet */
  const double *row;
};

/* Whether a row, visited in ascending order, is chosen. */
static bool next_is(struct chosen_rows *chosen, size_t row)
{
  if (chosen->next == chosen->count || (size_t)chosen->row[chosen->next] != row) return false;
  chosen->next++;
  return true;
}

struct input_reader {
  const struct source *source;
  const struct isw_array_file *array;
  struct chosen_rows set[2];   /* training and test set */
  struct isw_moments *moments; /* [columns]; NULL: not standardised */
  double *std;                 /* [columns] */
  double *row;                 /* [columns] */
  struct isw_store *store;
};

/* A number of a file as the sets have it, before it is standardised. */
static double scaled(const struct input_reader *reader, double x)
{
  return reader->array->type == ISW_U8 ? x / reader->source->format->byte_scale : x;
}

static enum isw_status check_row(const struct input_reader *reader, double largest, size_t row, const double *value,
                                 struct isw_error *error)
{
  return isw_data_check_finite(reader->array->path, largest, row, 1, reader->array->columns, value, error);
}

static enum isw_status add_moments(void *context, size_t first, size_t rows, const double *value,
                                   struct isw_error *error)
{
  struct input_reader *reader = context;
  size_t columns = reader->array->columns;
  enum isw_status status = ISW_OK;
  for (size_t r = 0; status == ISW_OK && r < rows; r++, value += columns) {
    status = check_row(reader, (double)INFINITY, first + r, value, error);
    if (!next_is(&reader->set[0], first + r)) continue;
    for (size_t c = 0; c < columns; c++) isw_moments_add(&reader->moments[c], scaled(reader, value[c]));
  }
  return status;
}

static enum isw_status add_squares(void *context, size_t first, size_t rows, const double *value,
                                   struct isw_error *error)
{
  struct input_reader *reader = context;
  size_t columns = reader->array->columns;
  (void)error;
  for (size_t r = 0; r < rows; r++, value += columns)
    if (next_is(&reader->set[0], first + r))
      for (size_t c = 0; c < columns; c++) isw_moments_square(&reader->moments[c], scaled(reader, value[c]));
  return ISW_OK;
}

/* Means and standard deviations of the training set's features. */
static enum isw_status find_moments(struct input_reader *reader, struct isw_error *error)
{
  size_t columns = reader->array->columns;
  enum isw_status status = visit(reader->source, INPUTS, add_moments, reader, error);
  for (size_t c = 0; c < columns; c++) isw_moments_center(&reader->moments[c]);
  reader->set[0].next = 0;
  if (status == ISW_OK) status = visit(reader->source, INPUTS, add_squares, reader, error);
  for (size_t c = 0; status == ISW_OK && c < columns; c++)
    if (!isw_moments_std(&reader->moments[c], &reader->std[c])) status = isw_error_moments("feature", c + 1, error);
  reader->set[0].next = 0;
  return status;
}

/* Stores the rows of both sets. */
static enum isw_status store_rows(void *context, size_t first, size_t rows, const double *value,
                                  struct isw_error *error)
{
  struct input_reader *reader = context;
  static const char *const names[] = {"training input", "test input"};
  const struct isw_data *data = reader->source->data;
  size_t columns = reader->array->columns;
  enum isw_status status = ISW_OK;
  for (size_t r = 0; status == ISW_OK && r < rows; r++, value += columns) {
    for (size_t c = 0; c < columns; c++) reader->row[c] = scaled(reader, value[c]);
    status = check_row(reader, largest_in_file(data, reader->moments != NULL), first + r, reader->row, error);
    for (size_t c = 0; reader->moments && c < columns; c++)
      reader->row[c] = isw_standardized(reader->row[c], reader->moments[c].mean, reader->std[c]);
    for (size_t set = 0; status == ISW_OK && set < 2; set++) {
      if (!next_is(&reader->set[set], first + r)) continue;
      size_t sample = reader->set[set].next - 1;
      status = isw_data_check_finite(names[set], data->largest, sample, 1, columns, reader->row, error);
      if (status == ISW_OK) isw_store_inputs(reader->store, set == 1, sample, 1, reader->row);
    }
  }
  return status;
}

/* Reads the inputs. row: the rows of the files that are in the training and in the test set. */
static enum isw_status read_inputs(const struct source *source, double *const row[2], struct isw_error *error)
{
  struct isw_data *data = source->data;
  size_t columns = data->features;
  struct isw_store store;
  struct input_reader reader = {.source = source, .array = &source->array[INPUTS], .store = &store};
  const struct chosen_rows train = {.count = data->train_samples, .row = row[0]};
  const struct chosen_rows test = {.count = data->test_samples, .row = row[1]};
  reader.row = isw_allocate(columns, sizeof *reader.row);
  reader.std = isw_allocate(columns, sizeof *reader.std);
  if (source->standardize != ISW_STANDARDIZE_NONE) reader.moments = isw_allocate(columns, sizeof *reader.moments);
  enum isw_status status = isw_store_begin(&store, data, error);
  if (status == ISW_OK && (!reader.row || !reader.std || (source->standardize && !reader.moments)))
    status = isw_error_memory(error, columns * sizeof *reader.moments, "a row of samples");
  reader.set[0] = train;
  if (status == ISW_OK && reader.moments) status = find_moments(&reader, error);
  if (!source->test_files) reader.set[1] = test;
  if (status == ISW_OK) status = visit(source, INPUTS, store_rows, &reader, error);
  if (status == ISW_OK && source->test_files) {
    reader.array = &source->array[TEST_INPUTS];
    reader.set[0] = (struct chosen_rows){0};
    reader.set[1] = test;
    status = visit(source, TEST_INPUTS, store_rows, &reader, error);
  }
  if (status == ISW_OK) isw_store_end(&store);
  isw_store_clear(&store);
  free(reader.row);
  free(reader.std);
  free(reader.moments);
  return status;
}

/* ---- both ---- */

/* Checks that the two files of a set agree with each other, and with the training set if that was opened before. */
static enum isw_status check_pair(const struct source *source, size_t inputs_array, bool second,
                                  struct isw_error *error)
{
  const struct isw_array_file *inputs = &source->array[inputs_array], *targets = inputs + 1;
  const struct isw_data *data = source->data;
  size_t columns, numbers, bytes;
  if (inputs->rows != targets->rows)
    return isw_error_set(error, ISW_BAD_INPUT, "%s has %zu samples, %s %zu", inputs->path, inputs->rows, targets->path,
                         targets->rows);
  if (source->kind != KIND_VALUES && targets->columns != 1)
    return isw_error_set(error, ISW_BAD_INPUT, "%s: one target column is wanted for this kind, not %zu", targets->path,
                         targets->columns);
  if (second && (inputs->columns != data->features || targets->columns != data->targets))
    return isw_error_set(error, ISW_BAD_INPUT,
                         "%s and %s have %zu features and %zu targets; the training set %zu and %zu", inputs->path,
                         targets->path, inputs->columns, targets->columns, data->features, data->targets);
  if (__builtin_add_overflow(inputs->columns, targets->columns, &columns) ||
      !isw_multiply(inputs->rows, columns, &numbers) || !isw_multiply(numbers, sizeof(double), &bytes) ||
      bytes > ISW_DATA_BYTES_MAX)
    return isw_error_set(error, ISW_BAD_INPUT, "%s has more than %zu GiB of numbers", inputs->path,
                         ISW_DATA_BYTES_MAX >> 30);
  return ISW_OK;
}

static void number_rows(size_t rows, double *row)
{
  for (size_t r = 0; r < rows; r++) row[r] = (double)r;
}

/* Reads the targets, and finds out which rows of the files are in which set: until the inputs are read, each sample has
 * the number of its row in their place. */
static enum isw_status read_sets(const struct source *source, uint64_t seed, const struct isw_finish *finish,
                                 struct isw_error *error)
{
  struct isw_data *data = source->data;
  data->features = 1;
  enum isw_status status = isw_data_allocate(data, source->array[INPUTS].rows, error);
  if (status != ISW_OK) return status;
  number_rows(data->train_samples, data->train_inputs);
  status = read_targets(source, TARGETS, data->train_targets, error);
  if (status == ISW_OK && source->test_files) {
    data->test_samples = source->array[TEST_INPUTS].rows;
    data->test_inputs = isw_allocate(data->test_samples, sizeof(double));
    data->test_targets = isw_allocate(data->test_samples * data->targets, sizeof(double));
    if (!data->test_inputs || !data->test_targets)
      return isw_error_memory(error, data->test_samples * data->targets * sizeof(double), "test samples");
    number_rows(data->test_samples, data->test_inputs);
    status = read_targets(source, TEST_TARGETS, data->test_targets, error);
  }
  if (status == ISW_OK) status = isw_data_finish(data, seed, finish, error);
  return status == ISW_OK ? isw_data_standardize_targets(data, source->standardize, error) : status;
}

/* Opens the arrays, and sets what is known of the data before their numbers are read. */
static enum isw_status open_arrays(struct source *source, struct isw_error *error)
{
  struct isw_data *data = source->data;
  enum isw_status status = ISW_OK;
  for (size_t a = 0; status == ISW_OK && a < (source->test_files ? 4 : 2); a++)
    status = source->format->open(&source->array[a], source->folder, source->container, source->name[a],
                                  &source->full[a], error);
  if (status == ISW_OK) status = check_pair(source, INPUTS, false, error);
  data->features = source->array[INPUTS].columns;
  data->targets = source->array[TARGETS].columns;
  data->kind = source->kind == KIND_VALUES   ? ISW_TARGETS_VALUES
               : source->kind == KIND_BINARY ? ISW_TARGETS_BINARY
                                             : ISW_TARGETS_CLASSES;
  data->classes = source->kind == KIND_VALUES ? 0 : 2;
  if (status == ISW_OK && source->test_files) status = check_pair(source, TEST_INPUTS, true, error);
  return status;
}

enum isw_status isw_arrays_load(const struct isw_choice *settings, uint64_t seed, const char *folder,
                                const struct isw_array_format *format, struct isw_data *data, struct isw_error *error)
{
  const struct isw_value *value = format->has_container ? settings->value + 1 : settings->value;
  struct source source = {.format = format,
                          .folder = folder,
                          .container = format->has_container ? settings->value[0].text : NULL,
                          .name = {value[0].text, value[1].text, value[3].text, value[4].text},
                          .array = {{.fd = -1}, {.fd = -1}, {.fd = -1}, {.fd = -1}},
                          .test_files = value[3].text[0] != '\0',
                          .kind = (int)value[2].number,
                          .standardize = (enum isw_standardize)value[6].number,
                          .data = data};
  const struct isw_finish finish = {.test_fraction = source.test_files ? 0.0 : value[5].number,
                                    .label_noise = value[7].number,
                                    .balance = value[8].number == 1.0};
  double *row[2] = {NULL, NULL};
  enum isw_status status = ISW_OK;
  if (source.test_files != (value[4].text[0] != '\0'))
    status = isw_error_set(error, ISW_BAD_INPUT, "test_inputs and test_targets go together");
  if (status == ISW_OK) status = open_arrays(&source, error);
  size_t features = data->features;
  if (status == ISW_OK) status = read_sets(&source, seed, &finish, error);
  if (status == ISW_OK) {
    row[0] = data->train_inputs;
    row[1] = data->test_inputs;
    data->train_inputs = data->test_inputs = NULL;
    data->features = features;
    status = read_inputs(&source, row, error);
  }
  for (size_t a = 0; a < 4; a++) {
    if (source.array[a].fd >= 0) close(source.array[a].fd);
    free(source.array[a].bytes);
    isw_text_clear(&source.full[a]);
  }
  free(row[0]);
  free(row[1]);
  return status;
}
