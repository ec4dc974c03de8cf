/* idx: MNIST's format. 0, 0, type, number of dimensions, each size in 4 bytes, all big-endian, then the numbers,
 * row-major. Types: 8 unsigned byte, 9 signed byte, 11 int16, 12 int32, 13 float32, 14 float64. Unsigned bytes of
 * inputs become x / 255. */
#include "arrays.h"

static enum isw_status read_head(struct isw_array_file *array, struct isw_error *error)
{
  const unsigned char *head = (const unsigned char *)array->bytes;
  size_t size[ISW_DIMENSIONS_MAX] = {0};
  if (array->length < 4 || head[0] != 0 || head[1] != 0)
    return isw_error_set(error, ISW_BAD_INPUT, "%s is no IDX file: it does not begin with two zeros and a type",
                         array->path);
  switch (head[2]) {
  case 8: array->type = ISW_U8; break;
  case 9: array->type = ISW_I8; break;
  case 11: array->type = ISW_I16; break;
  case 12: array->type = ISW_I32; break;
  case 13: array->type = ISW_F32; break;
  case 14: array->type = ISW_F64; break;
  default: return isw_error_set(error, ISW_BAD_INPUT, "%s: IDX has no type %d", array->path, head[2]);
  }
  size_t dimensions = head[3];
  if (dimensions > ISW_DIMENSIONS_MAX)
    return isw_error_set(error, ISW_BAD_INPUT, "%s has %zu dimensions; the limit is %d", array->path, dimensions,
                         ISW_DIMENSIONS_MAX);
  array->first = 4 + 4 * dimensions;
  array->big_endian = true;
  if (array->length < array->first) return isw_error_set(error, ISW_BAD_INPUT, "%s ends within its head", array->path);
  for (size_t d = 0; d < dimensions; d++)
    for (size_t b = 0; b < 4; b++) size[d] = size[d] << 8 | head[4 + 4 * d + b];
  return isw_array_set_shape(array, dimensions, size, error);
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
  static const struct isw_array_format format = {
      .byte_scale = 255.0, .open = open_array, .visit = isw_array_visit_file};
  return isw_arrays_load(settings, seed, folder, &format, data, error);
}

const struct isw_dataset isw_dataset_idx = {
    .row = {"idx",
            {ISW_ARRAY_PARAMETERS(ISW_ARRAY_KIND(2))},
            "MNIST's format, gzipped or not: big-endian arrays of any dimensions; bytes of inputs become x / 255",
            "LeCun, Cortes & Burges, The MNIST database"},
    .load = load,
};
