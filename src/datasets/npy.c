/* npy: NumPy's .npy, versions 1 to 3. C order; types f4, f8, i1, i2, i4, i8, u1, u2, u4, b1, little- or big-endian. */
#include <stdio.h>
#include <string.h>
#include "arrays.h"

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

static enum isw_status read_type(struct isw_array_file *array, const char *text, struct isw_error *error)
{
  static const struct {
    char name[3];
    enum isw_number_type type;
  } types[] = {{"f4", ISW_F32}, {"f8", ISW_F64}, {"i1", ISW_I8},  {"i2", ISW_I16}, {"i4", ISW_I32},
               {"i8", ISW_I64}, {"u1", ISW_U8},  {"u2", ISW_U16}, {"u4", ISW_U32}, {"b1", ISW_U8}};
  if (text && text[0] == '\'' && text[1] && strchr("<>|=", text[1]))
    for (size_t t = 0; t < sizeof types / sizeof types[0]; t++)
      if (strncmp(text + 2, types[t].name, 2) == 0 && text[4] == '\'') {
        array->type = types[t].type;
        array->big_endian = text[1] == '>';
        return ISW_OK;
      }
  return isw_error_set(error, ISW_BAD_INPUT,
                       "%s: type %.12s; f4, f8, i1, i2, i4, i8, u1, u2, u4 and b1 are read (numpy: astype)",
                       array->path, text ? text : "missing");
}

/* Parses a shape such as `(3, 4)`. */
static enum isw_status read_shape(struct isw_array_file *array, const char *text, struct isw_error *error)
{
  size_t size[ISW_DIMENSIONS_MAX] = {0}, dimensions = 0;
  const char *at = text;
  bool good = at && *at++ == '(';
  while (good) {
    at += strspn(at, " ");
    if (*at == ')') return isw_array_set_shape(array, dimensions, size, error);
    good = dimensions < ISW_DIMENSIONS_MAX && *at >= '0' && *at <= '9';
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
                       ISW_DIMENSIONS_MAX);
}

static enum isw_status read_head(struct isw_array_file *array, struct isw_error *error)
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
  enum isw_status status = read_type(array, value_of(head, "descr"), error);
  if (status != ISW_OK) return status;
  if (!order || strncmp(order, "False", 5) != 0)
    return isw_error_set(error, ISW_BAD_INPUT, "%s is not in C order (numpy: ascontiguousarray)", array->path);
  return read_shape(array, value_of(head, "shape"), error);
}

static enum isw_status open_array(struct isw_array_file *array, const char *folder, const char *container,
                                  const char *name, struct isw_text *full, struct isw_error *error)
{
  (void)container;
  return isw_array_open_file(array, folder, name, read_head, full, error);
}

static enum isw_status load(const struct isw_choice *settings, uint64_t seed, const char *folder, struct isw_data *data,
                            struct isw_error *error)
{
  static const struct isw_array_format format = {.byte_scale = 1.0, .open = open_array, .visit = isw_array_visit_file};
  return isw_arrays_load(settings, seed, folder, &format, data, error);
}

const struct isw_dataset isw_dataset_npy = {
    .row = {"npy",
            {ISW_ARRAY_PARAMETERS(ISW_ARRAY_KIND(0))},
            "NumPy's .npy: arrays in C order of f4, f8, i1, i2, i4, i8, u1, u2, u4, b1",
            "numpy.lib.format"},
    .load = load,
};
