/* Datasets of two arrays, inputs and targets, and everything that their formats (idx.c, npy.c, hdf5.c) have in common.
 * The first dimension counts the samples; the others are columns. Targets are values (any number of columns), binary
 * (one column of 0 and 1) or classes (one column of integers 0 .. classes - 1, where classes is the largest label plus
 * 1). If test files are given, nothing is split off for the test set. Files may be gzipped. Every size is checked
 * before memory is allocated; an error names the file and the number. Parameters: inputs, targets, kind, test_inputs,
 * test_targets, test_fraction, standardize, label_noise, balance; for HDF5, path comes first. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "arrays.h"

#define FILE_MAX ((size_t)4 << 30)
enum { CLASSES_MAX = 10000 };
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

static double number_at(const struct isw_array_file *array, size_t index)
{
  size_t bytes = bytes_of[array->type];
  const unsigned char *from = (const unsigned char *)array->bytes + array->first + index * bytes;
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

enum isw_status isw_array_open_file(struct isw_array_file *array, const char *folder, const char *name,
                                    isw_read_head *head, struct isw_text *full, struct isw_error *error)
{
  enum isw_status status = isw_data_path(folder, name, full, error);
  array->path = full->bytes;
  if (status == ISW_OK)
    status = isw_file_read(array->path, FILE_MAX, ISW_REGULAR_FILE, &array->bytes, &array->length, error);
  if (status == ISW_OK) status = isw_gunzip(array->path, FILE_MAX, &array->bytes, &array->length, error);
  return status == ISW_OK ? head(array, error) : status;
}

/* The largest magnitude of the numbers in a file: numbers that are standardised later may be larger. */
static double largest_in_file(const struct isw_data *data, bool standardized)
{
  return standardized ? (double)INFINITY : data->largest;
}

/* Reads the targets of one set and checks their kind; raises *classes to the largest label plus 1 if needed. */
static enum isw_status read_targets(const struct isw_array_file *array, int kind, double *target, size_t *classes,
                                    struct isw_error *error)
{
  for (size_t i = 0; i < array->rows * array->columns && !isw_interrupted(); i++) {
    double t = number_at(array, i);
    if (kind == KIND_BINARY && t != 0.0 && t != 1.0)
      return isw_error_set(error, ISW_BAD_INPUT, "%s: target %zu is %g, neither 0 nor 1", array->path, i + 1, t);
    if (kind == KIND_CLASSES) {
      if (!(t >= 0.0 && t < (double)CLASSES_MAX && floor(t) == t))
        return isw_error_set(error, ISW_BAD_INPUT, "%s: label %zu is %g, no whole number of 0..%d", array->path, i + 1,
                             t, CLASSES_MAX - 1);
      if ((size_t)t >= *classes) *classes = (size_t)t + 1;
    }
    target[i] = t;
  }
  return ISW_OK;
}

static void read_inputs(const struct isw_array_file *array, double byte_scale, double *input)
{
  for (size_t i = 0; i < array->rows * array->columns && !isw_interrupted(); i++)
    input[i] = array->type == ISW_U8 ? number_at(array, i) / byte_scale : number_at(array, i);
}

/* What is done with the numbers of the files. */
struct conversion {
  double byte_scale;
  int kind;
  enum isw_standardize standardize;
};

/* Reads the inputs and targets of one set. */
static enum isw_status read_set(struct isw_data *data, const struct isw_array_file *inputs,
                                const struct isw_array_file *targets, const struct conversion *conversion,
                                double *input, double *target, struct isw_error *error)
{
  bool features = conversion->standardize != ISW_STANDARDIZE_NONE;
  bool values = conversion->standardize == ISW_STANDARDIZE_ALL && conversion->kind == KIND_VALUES;
  read_inputs(inputs, conversion->byte_scale, input);
  enum isw_status status = read_targets(targets, conversion->kind, target, &data->classes, error);
  if (status == ISW_OK)
    status = isw_data_check_finite(inputs->path, largest_in_file(data, features), inputs->rows, inputs->columns, input,
                                   error);
  if (status == ISW_OK)
    status = isw_data_check_finite(targets->path, largest_in_file(data, values), targets->rows, targets->columns,
                                   target, error);
  return status;
}

/* Checks that the two files of a set agree with each other, and with the training set if that was read before. */
static enum isw_status check_pair(const struct isw_data *data, const struct isw_array_file *inputs,
                                  const struct isw_array_file *targets, int kind, bool second, struct isw_error *error)
{
  if (inputs->rows != targets->rows)
    return isw_error_set(error, ISW_BAD_INPUT, "%s has %zu samples, %s %zu", inputs->path, inputs->rows, targets->path,
                         targets->rows);
  if (kind != KIND_VALUES && targets->columns != 1)
    return isw_error_set(error, ISW_BAD_INPUT, "%s: one target column is wanted for this kind, not %zu", targets->path,
                         targets->columns);
  if (second && (inputs->columns != data->features || targets->columns != data->targets))
    return isw_error_set(error, ISW_BAD_INPUT,
                         "%s and %s have %zu features and %zu targets; the training set %zu and %zu", inputs->path,
                         targets->path, inputs->columns, targets->columns, data->features, data->targets);
  return ISW_OK;
}

/* Reads the test set's files into `data`, which already has its training set. */
static enum isw_status take_test(struct isw_data *data, const struct isw_array_file *inputs,
                                 const struct isw_array_file *targets, const struct conversion *conversion,
                                 struct isw_error *error)
{
  size_t numbers, bytes;
  enum isw_status status = check_pair(data, inputs, targets, conversion->kind, true, error);
  if (status != ISW_OK) return status;
  if (!isw_multiply(inputs->rows, data->features + data->targets, &numbers) ||
      !isw_multiply(numbers, sizeof(double), &bytes) || bytes > ISW_DATA_BYTES_MAX)
    return isw_error_set(error, ISW_BAD_INPUT, "%s has more than %zu GiB of numbers", inputs->path,
                         ISW_DATA_BYTES_MAX >> 30);
  data->test_inputs = isw_allocate(inputs->rows * data->features, sizeof(double));
  data->test_targets = isw_allocate(inputs->rows * data->targets, sizeof(double));
  if (!data->test_inputs || !data->test_targets) return isw_error_memory(error, bytes, "test samples");
  data->test_samples = inputs->rows;
  return read_set(data, inputs, targets, conversion, data->test_inputs, data->test_targets, error);
}

static enum isw_status take_train(struct isw_data *data, const struct isw_array_file *inputs,
                                  const struct isw_array_file *targets, const struct conversion *conversion,
                                  struct isw_error *error)
{
  int kind = conversion->kind;
  enum isw_status status = check_pair(data, inputs, targets, kind, false, error);
  if (status != ISW_OK) return status;
  data->features = inputs->columns;
  data->targets = targets->columns;
  data->kind = kind == KIND_VALUES   ? ISW_TARGETS_VALUES
               : kind == KIND_BINARY ? ISW_TARGETS_BINARY
                                     : ISW_TARGETS_CLASSES;
  data->classes = kind == KIND_VALUES ? 0 : 2;
  status = isw_data_allocate(data, inputs->rows, error);
  if (status != ISW_OK) return status;
  return read_set(data, inputs, targets, conversion, data->train_inputs, data->train_targets, error);
}

enum isw_status isw_arrays_load(const struct isw_choice *settings, uint64_t seed, const char *folder,
                                const struct isw_array_format *format, struct isw_data *data, struct isw_error *error)
{
  static const size_t name_of[4] = {0, 1, 3, 4};
  const struct isw_value *value = format->has_container ? settings->value + 1 : settings->value;
  const char *container = format->has_container ? settings->value[0].text : NULL;
  struct isw_array_file array[4] = {{0}};
  struct isw_text full[4] = {{0}};
  const struct conversion conversion = {.byte_scale = format->byte_scale,
                                        .kind = (int)value[2].number,
                                        .standardize = (enum isw_standardize)value[6].number};
  bool test[2] = {value[3].text[0] != '\0', value[4].text[0] != '\0'};
  enum isw_status status = ISW_OK;
  if (test[0] != test[1]) status = isw_error_set(error, ISW_BAD_INPUT, "test_inputs and test_targets go together");
  for (size_t a = 0; status == ISW_OK && a < (test[0] ? 4 : 2); a++)
    status = format->open(&array[a], folder, container, value[name_of[a]].text, &full[a], error);
  if (status == ISW_OK) status = take_train(data, &array[0], &array[1], &conversion, error);
  if (status == ISW_OK && test[0]) status = take_test(data, &array[2], &array[3], &conversion, error);
  for (size_t a = 0; a < 4; a++) {
    free(array[a].bytes);
    isw_text_clear(&full[a]);
  }
  const struct isw_finish finish = {.test_fraction = test[0] ? 0.0 : value[5].number,
                                    .standardize = conversion.standardize,
                                    .label_noise = value[7].number,
                                    .balance = value[8].number == 1.0};
  return status == ISW_OK ? isw_data_finish(data, seed, &finish, error) : status;
}
