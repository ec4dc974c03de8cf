/* The user's arrays, from bytes that nobody checked; every size is checked before memory is asked for.
 *   idx   MNIST's format: 0, 0, type, number of dimensions, each size in 4 bytes, all big-endian, then the numbers, row-major.
 *         Types: 8 unsigned byte, 9 signed byte, 11 int16, 12 int32, 13 float32, 14 float64. Unsigned bytes of inputs become x / 255.
 *   npy   NumPy's .npy, versions 1 to 3: C order, types f4, f8, i1, i2, i4, i8, u1, u2, u4, b1, little- or big-endian.
 *   hdf5  datasets of an HDF5 file, through the results room, which knows that format.
 * IDX and .npy files may be gzipped. The first dimension counts the samples, the others are columns. Targets: values: any columns; binary: one of 0 and 1;
 * classes: one of whole numbers 0 .. classes - 1, classes being one more than the largest. Test files may come apart, and then
 * nothing is split off. Anything else is an error that names the file and the number.
 * Parameters: inputs, targets, kind, test_inputs, test_targets, test_fraction, standardize, label_noise,
 * balance; hdf5: path before them. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "datasets_internal.h"
#include "initsweep/hdf5.h"

#define FILE_MAX ((size_t)4 << 30)
enum { DIMENSIONS_MAX = 8, CLASSES_MAX = 10000 };
enum { KIND_VALUES, KIND_BINARY, KIND_CLASSES };

enum number { U8, I8, U16, I16, U32, I32, I64, F32, F64 };
static const size_t bytes_of[] = {1, 1, 2, 2, 4, 4, 8, 4, 8};

/* A file and how its numbers lie. */
struct array {
  const char *path;
  char *bytes;
  size_t length, first; /* the numbers begin there */
  enum number number;
  bool big_endian;
  size_t rows, columns;
};

typedef enum isw_status read_head(struct array *array, struct isw_error *error);

/* Rows, columns and whether the numbers are all there, from the sizes. */
static enum isw_status set_shape(struct array *array, size_t dimensions, const size_t *size, struct isw_error *error)
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
  if (!isw_multiply(array->rows, array->columns, &numbers) || !isw_multiply(numbers, bytes_of[array->number], &bytes))
    return isw_error_set(error, ISW_BAD_INPUT, "%s: the array's sizes are too large", array->path);
  if (bytes != rest)
    return isw_error_set(error, ISW_BAD_INPUT, "%s: %zu bytes of numbers where its head says %zu", array->path, rest,
                         bytes);
  return ISW_OK;
}

static enum isw_status idx_head(struct array *array, struct isw_error *error)
{
  const unsigned char *head = (const unsigned char *)array->bytes;
  size_t size[DIMENSIONS_MAX] = {0};
  if (array->length < 4 || head[0] != 0 || head[1] != 0)
    return isw_error_set(error, ISW_BAD_INPUT, "%s is no IDX file: it does not begin with two zeros and a type",
                         array->path);
  switch (head[2]) {
  case 8: array->number = U8; break;
  case 9: array->number = I8; break;
  case 11: array->number = I16; break;
  case 12: array->number = I32; break;
  case 13: array->number = F32; break;
  case 14: array->number = F64; break;
  default: return isw_error_set(error, ISW_BAD_INPUT, "%s: IDX has no type %d", array->path, head[2]);
  }
  size_t dimensions = head[3];
  if (dimensions > DIMENSIONS_MAX)
    return isw_error_set(error, ISW_BAD_INPUT, "%s has %zu dimensions; the limit is %d", array->path, dimensions,
                         DIMENSIONS_MAX);
  array->first = 4 + 4 * dimensions;
  array->big_endian = true;
  if (array->length < array->first) return isw_error_set(error, ISW_BAD_INPUT, "%s ends within its head", array->path);
  for (size_t d = 0; d < dimensions; d++)
    for (size_t b = 0; b < 4; b++) size[d] = size[d] << 8 | head[4 + 4 * d + b];
  return set_shape(array, dimensions, size, error);
}

/* Finds the text after `'key':` in the head's dictionary, blanks skipped; NULL where there is none. */
static const char *value_of(const char *head, const char *key)
{
  char quoted[32];
  snprintf(quoted, sizeof quoted, "'%s'", key);
  const char *at = strstr(head, quoted);
  if (!at) return NULL;
  at += strlen(quoted);
  at += strspn(at, " ");
  if (*at++ != ':') return NULL;
  return at + strspn(at, " ");
}

static enum isw_status npy_type(struct array *array, const char *text, struct isw_error *error)
{
  static const struct {
    char name[3];
    enum number number;
  } types[] = {{"f4", F32}, {"f8", F64}, {"i1", I8},  {"i2", I16}, {"i4", I32},
               {"i8", I64}, {"u1", U8},  {"u2", U16}, {"u4", U32}, {"b1", U8}};
  if (text && text[0] == '\'' && text[1] && strchr("<>|=", text[1]))
    for (size_t t = 0; t < sizeof types / sizeof types[0]; t++)
      if (strncmp(text + 2, types[t].name, 2) == 0 && text[4] == '\'') {
        array->number = types[t].number;
        array->big_endian = text[1] == '>';
        return ISW_OK;
      }
  return isw_error_set(error, ISW_BAD_INPUT,
                       "%s: type %.12s; f4, f8, i1, i2, i4, i8, u1, u2, u4 and b1 are read (numpy: astype)",
                       array->path, text ? text : "missing");
}

/* `(3, 4)` to sizes */
static enum isw_status npy_shape(struct array *array, const char *text, struct isw_error *error)
{
  size_t size[DIMENSIONS_MAX] = {0}, dimensions = 0;
  const char *at = text;
  bool good = at && *at++ == '(';
  while (good) {
    at += strspn(at, " ");
    if (*at == ')') return set_shape(array, dimensions, size, error);
    good = dimensions < DIMENSIONS_MAX && *at >= '0' && *at <= '9';
    for (; good && *at >= '0' && *at <= '9'; at++)
      good = !__builtin_mul_overflow(size[dimensions], 10, &size[dimensions]) &&
             !__builtin_add_overflow(size[dimensions], (size_t)(*at - '0'), &size[dimensions]);
    dimensions++;
    at += strspn(at, " ");
    if (*at == ',')
      at++;
    else
      good = good && *at == ')';
  }
  return isw_error_set(error, ISW_BAD_INPUT, "%s: no shape of at most %d sizes in its head", array->path,
                       DIMENSIONS_MAX);
}

static enum isw_status npy_head(struct array *array, struct isw_error *error)
{
  const unsigned char *bytes = (const unsigned char *)array->bytes;
  if (array->length < 10 || memcmp(bytes, "\x93NUMPY", 6) != 0)
    return isw_error_set(error, ISW_BAD_INPUT, "%s is no .npy file: it does not begin with \\x93NUMPY", array->path);
  size_t start = bytes[6] == 1 ? 10 : 12, length = (size_t)bytes[8] | (size_t)bytes[9] << 8;
  if (bytes[6] < 1 || bytes[6] > 3)
    return isw_error_set(error, ISW_BAD_INPUT, "%s: .npy of version %d; 1 to 3 are read", array->path, bytes[6]);
  if (bytes[6] > 1 && array->length >= 12) length |= (size_t)bytes[10] << 16 | (size_t)bytes[11] << 24;
  if (array->length < start || length > array->length - start)
    return isw_error_set(error, ISW_BAD_INPUT, "%s ends within its head", array->path);
  char head[1024];
  if (length >= sizeof head || memchr(bytes + start, '\0', length))
    return isw_error_set(error, ISW_BAD_INPUT, "%s: a head of %zu bytes is no array's of plain numbers", array->path,
                         length);
  memcpy(head, bytes + start, length);
  head[length] = '\0';
  array->first = start + length;
  const char *order = value_of(head, "fortran_order");
  enum isw_status status = npy_type(array, value_of(head, "descr"), error);
  if (status != ISW_OK) return status;
  if (!order || strncmp(order, "False", 5) != 0)
    return isw_error_set(error, ISW_BAD_INPUT, "%s is not in C order (numpy: ascontiguousarray)", array->path);
  return npy_shape(array, value_of(head, "shape"), error);
}

static double number_at(const struct array *array, size_t index)
{
  size_t bytes = bytes_of[array->number];
  const unsigned char *from = (const unsigned char *)array->bytes + array->first + index * bytes;
  uint64_t word = 0;
  for (size_t b = 0; b < bytes; b++) word |= (uint64_t)from[array->big_endian ? bytes - 1 - b : b] << (8 * b);
  uint32_t low = (uint32_t)word;
  float single;
  double real;
  switch (array->number) {
  case I8: return (double)(int8_t)word;
  case I16: return (double)(int16_t)word;
  case I32: return (double)(int32_t)word;
  case I64: return (double)(int64_t)word;
  case F32: memcpy(&single, &low, sizeof single); return (double)single;
  case F64: memcpy(&real, &word, sizeof real); return real;
  default: return (double)word;
  }
}

static enum isw_status open_array(struct array *array, const char *folder, const char *path, read_head *head,
                                  struct isw_text *full, struct isw_error *error)
{
  bool relative = path[0] != '/' && folder && folder[0];
  if (isw_text_add(full, "%s%s%s", relative ? folder : "", relative ? "/" : "", path) != ISW_OK)
    return isw_error_memory(error, strlen(path), "a path");
  array->path = full->bytes;
  enum isw_status status = isw_read_file(array->path, FILE_MAX, &array->bytes, &array->length, error);
  if (status == ISW_OK) status = isw_gunzip(array->path, FILE_MAX, &array->bytes, &array->length, error);
  return status == ISW_OK ? head(array, error) : status;
}

/* Targets of one set, checked for their kind; *classes is raised to what the labels ask for. */
static enum isw_status read_targets(const struct array *array, int kind, double *target, size_t *classes,
                                    struct isw_error *error)
{
  for (size_t i = 0; i < array->rows * array->columns; i++) {
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

static void read_inputs(const struct array *array, double byte_scale, double *input)
{
  for (size_t i = 0; i < array->rows * array->columns; i++)
    input[i] = array->number == U8 ? number_at(array, i) / byte_scale : number_at(array, i);
}

/* One set of samples: its two files agree with each other, and with the first set where that was read before. */
static enum isw_status check_pair(const struct isw_data *data, const struct array *inputs, const struct array *targets,
                                  int kind, bool second, struct isw_error *error)
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

/* The test set's files into data, whose training set is there. */
static enum isw_status take_test(struct isw_data *data, const struct array *inputs, const struct array *targets,
                                 double byte_scale, int kind, struct isw_error *error)
{
  size_t numbers, bytes;
  enum isw_status status = check_pair(data, inputs, targets, kind, true, error);
  if (status != ISW_OK) return status;
  if (!isw_multiply(inputs->rows, data->features + data->targets, &numbers) ||
      !isw_multiply(numbers, sizeof(double), &bytes) || bytes > ISW_DATA_BYTES_MAX)
    return isw_error_set(error, ISW_BAD_INPUT, "%s has more than %zu GiB of numbers", inputs->path,
                         ISW_DATA_BYTES_MAX >> 30);
  data->test_inputs = isw_allocate(inputs->rows * data->features, sizeof(double));
  data->test_targets = isw_allocate(inputs->rows * data->targets, sizeof(double));
  if (!data->test_inputs || !data->test_targets) return isw_error_memory(error, bytes, "test samples");
  data->test_samples = inputs->rows;
  read_inputs(inputs, byte_scale, data->test_inputs);
  return read_targets(targets, kind, data->test_targets, &data->classes, error);
}

static enum isw_status take_train(struct isw_data *data, const struct array *inputs, const struct array *targets,
                                  double byte_scale, int kind, struct isw_error *error)
{
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
  read_inputs(inputs, byte_scale, data->train_inputs);
  return read_targets(targets, kind, data->train_targets, &data->classes, error);
}

/* An HDF5 dataset's float64 numbers, as the machine has them. */
static enum isw_status open_dataset(struct array *array, const char *folder, const char *path, const char *name,
                                    struct isw_text *full, struct isw_error *error)
{
  const uint16_t one = 1;
  struct isw_array numbers;
  bool relative = path[0] != '/' && folder && folder[0];
  if (isw_text_add(full, "%s%s%s", relative ? folder : "", relative ? "/" : "", path) != ISW_OK)
    return isw_error_memory(error, strlen(path), "a path");
  enum isw_status status = isw_array_read(full->bytes, name, NULL, ISW_DATA_BYTES_MAX, &numbers, error);
  if (status != ISW_OK) return status;
  if (isw_text_add(full, ", %s", name) != ISW_OK) {
    isw_array_clear(&numbers);
    return isw_error_memory(error, strlen(name), "a path");
  }
  *array = (struct array){.path = full->bytes,
                          .bytes = (char *)numbers.value,
                          .number = F64,
                          .big_endian = *(const unsigned char *)&one == 0,
                          .rows = numbers.rows,
                          .columns = numbers.columns};
  return ISW_OK;
}

/* head: of the files that inputs and targets name; NULL: they are datasets of the HDF5 file that the first parameter names,
 * and the others come one later */
static enum isw_status load(const struct isw_choice *settings, uint64_t seed, const char *folder, read_head *head,
                            double byte_scale, struct isw_data *data, struct isw_error *error)
{
  static const size_t name_of[4] = {0, 1, 3, 4};
  const struct isw_value *value = head ? settings->value : settings->value + 1;
  struct array array[4] = {{0}};
  struct isw_text full[4] = {{0}};
  int kind = (int)value[2].number;
  bool test[2] = {value[3].text[0] != '\0', value[4].text[0] != '\0'};
  enum isw_status status = ISW_OK;
  if (test[0] != test[1]) status = isw_error_set(error, ISW_BAD_INPUT, "test_inputs and test_targets go together");
  for (size_t a = 0; status == ISW_OK && a < (test[0] ? 4 : 2); a++) {
    const char *name = value[name_of[a]].text;
    status = head ? open_array(&array[a], folder, name, head, &full[a], error)
                  : open_dataset(&array[a], folder, settings->value[0].text, name, &full[a], error);
  }
  if (status == ISW_OK) status = take_train(data, &array[0], &array[1], byte_scale, kind, error);
  if (status == ISW_OK && test[0]) status = take_test(data, &array[2], &array[3], byte_scale, kind, error);
  for (size_t a = 0; a < 4; a++) {
    free(array[a].bytes);
    isw_text_clear(&full[a]);
  }
  const struct isw_finish finish = {.test_fraction = test[0] ? 0.0 : value[5].number,
                                    .standardize = (enum isw_standardize)value[6].number,
                                    .label_noise = value[7].number,
                                    .balance = value[8].number == 1.0};
  return status == ISW_OK ? isw_data_finish(data, seed, &finish, error) : status;
}

enum isw_status isw_load_idx(const struct isw_choice *settings, uint64_t seed, const char *folder,
                             struct isw_data *data, struct isw_error *error)
{
  return load(settings, seed, folder, idx_head, 255.0, data, error);
}

enum isw_status isw_load_npy(const struct isw_choice *settings, uint64_t seed, const char *folder,
                             struct isw_data *data, struct isw_error *error)
{
  return load(settings, seed, folder, npy_head, 1.0, data, error);
}

enum isw_status isw_load_hdf5(const struct isw_choice *settings, uint64_t seed, const char *folder,
                              struct isw_data *data, struct isw_error *error)
{
  return load(settings, seed, folder, NULL, 1.0, data, error);
}
