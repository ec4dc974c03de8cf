/* The hashes of results format 1, as docs/results-format.md defines them: the same functions for the writer and for the
 * check of a file. */
#include <stdlib.h>
#include <string.h>
#include "results_internal.h"

/* Numbers are hashed little-endian, as they are in memory. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "this machine's numbers are not little-endian");

static void add_number(struct isw_digest *digest, uint64_t number)
{
  isw_digest_add(digest, &number, sizeof number);
}

void isw_hash_text(struct isw_digest *digest, const char *text)
{
  size_t length = strlen(text);
  add_number(digest, length);
  isw_digest_add(digest, text, length);
}

void isw_hash_values(struct isw_digest *digest, const void *values, size_t count, size_t item, bool text)
{
  const char *const *texts = values;
  if (text)
    for (size_t i = 0; i < count; i++) isw_hash_text(digest, texts[i] ? texts[i] : "");
  else
    isw_digest_add(digest, values, count * item);
}

bool isw_hash_type(hid_t type, struct isw_value_type *found)
{
  static const struct isw_value_type texts = {"text", 0},
                                     integers[2][4] = {{{"uint8", 0}, {"uint16", 0}, {"uint32", 0}, {"uint64", 0}},
                                                       {{"int8", 0}, {"int16", 0}, {"int32", 0}, {"int64", 0}}};
  const hid_t native[2][4] = {{H5T_NATIVE_UINT8, H5T_NATIVE_UINT16, H5T_NATIVE_UINT32, H5T_NATIVE_UINT64},
                              {H5T_NATIVE_INT8, H5T_NATIVE_INT16, H5T_NATIVE_INT32, H5T_NATIVE_INT64}};
  size_t bytes = H5Tget_size(type), power = 0;
  H5T_class_t kind = H5Tget_class(type);
  while (power < 3 && (size_t)1 << power < bytes) power++;
  bool whole = bytes == (size_t)1 << power;
  if (kind == H5T_STRING && H5Tis_variable_str(type) > 0) {
    *found = texts;
  } else if (kind == H5T_INTEGER && whole) {
    bool is_signed = H5Tget_sign(type) != H5T_SGN_NONE;
    *found = integers[is_signed][power];
    found->memory = native[is_signed][power];
  } else if (kind == H5T_FLOAT && whole && power >= 2) {
    *found =
        (struct isw_value_type){power == 2 ? "float32" : "float64", power == 2 ? H5T_NATIVE_FLOAT : H5T_NATIVE_DOUBLE};
  } else {
    return false;
  }
  return true;
}

/* ---- attributes ---- */

/* What HDF5 keeps in attributes about dimensions, and the hash itself. */
static bool is_covered(const char *name)
{
  static const char *const others[] = {"hash", "CLASS", "NAME", "DIMENSION_LIST", "REFERENCE_LIST"};
  for (size_t i = 0; i < sizeof others / sizeof *others; i++)
    if (strcmp(name, others[i]) == 0) return false;
  return true;
}

struct names {
  char **name;
  size_t count;
  bool memory; /* could not be allocated */
};

static herr_t add_name(hid_t object, const char *name, const H5A_info_t *about, void *context)
{
  struct names *names = context;
  (void)object, (void)about;
  if (!is_covered(name)) return 0;
  char **more = realloc(names->name, (names->count + 1) * sizeof *more);
  if (more) names->name = more;
  char *copy = more ? isw_copy_text(name) : NULL;
  if (copy) names->name[names->count++] = copy;
  names->memory = !copy;
  return copy ? 0 : -1;
}

static int compare_names(const void *a, const void *b)
{
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* A text of fixed length is hashed as one of variable length. */
static enum isw_status add_characters(struct isw_digest *digest, hid_t attribute)
{
  char *text = isw_hdf5_attribute_text(attribute);
  if (!text) return ISW_BAD_INPUT;
  isw_hash_text(digest, "text");
  add_number(digest, 0);
  isw_hash_text(digest, text);
  free(text);
  return ISW_OK;
}

/* Adds type, shape and values. ISW_BAD_INPUT without a message: the format has no such attributes. */
static enum isw_status add_attribute(struct isw_digest *digest, hid_t attribute, hid_t text)
{
  hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute);
  hsize_t dims[H5S_MAX_RANK];
  struct isw_value_type value = {0};
  int rank = H5Sget_simple_extent_ndims(space);
  hssize_t count = H5Sget_simple_extent_npoints(space);
  bool good = isw_hash_type(type, &value) && H5Sget_simple_extent_type(space) != H5S_NULL && rank >= 0 && count > 0 &&
              H5Sget_simple_extent_dims(space, dims, NULL) == rank;
  bool texts = good && !value.memory;
  hid_t memory = texts ? text : value.memory;
  size_t item = good ? H5Tget_size(memory) : 0;
  void *values = good ? isw_allocate((size_t)count, item) : NULL;
  enum isw_status status = !good ? ISW_BAD_INPUT : values ? ISW_OK : ISW_FAILED;
  if (status == ISW_OK && H5Aread(attribute, memory, values) < 0) status = ISW_BAD_INPUT;
  if (status == ISW_OK) {
    isw_hash_text(digest, value.name);
    add_number(digest, (uint64_t)rank);
    for (int d = 0; d < rank; d++) add_number(digest, dims[d]);
    isw_hash_values(digest, values, (size_t)count, item, texts);
    if (texts) H5Dvlen_reclaim(text, space, H5P_DEFAULT, values);
  }
  free(values);
  if (space >= 0) H5Sclose(space);
  if (type >= 0) H5Tclose(type);
  return status;
}

enum isw_status isw_hash_attributes(struct isw_digest *digest, hid_t object, const char *path, const char *name,
                                    struct isw_error *error)
{
  struct names names = {0};
  hid_t text = isw_hdf5_text_type();
  bool listed = H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_NATIVE, NULL, add_name, &names) >= 0;
  enum isw_status status = ISW_OK;
  if (names.memory)
    status = isw_error_memory(error, names.count * sizeof *names.name, "names of attributes");
  else if (!listed)
    status = isw_hdf5_refuse(error, ISW_BAD_INPUT, path, "cannot list its attributes");
  if (names.count > 0) qsort(names.name, names.count, sizeof *names.name, compare_names);
  add_number(digest, names.count);
  for (size_t i = 0; i < names.count && status == ISW_OK; i++) {
    hid_t attribute = H5Aopen(object, names.name[i], H5P_DEFAULT);
    isw_hash_text(digest, names.name[i]);
    hid_t type = attribute >= 0 ? H5Aget_type(attribute) : attribute;
    if (attribute < 0)
      status = ISW_BAD_INPUT;
    else if (H5Tget_class(type) == H5T_STRING && H5Tis_variable_str(type) == 0)
      status = add_characters(digest, attribute);
    else
      status = add_attribute(digest, attribute, text);
    if (type >= 0) H5Tclose(type);
    if (attribute >= 0) H5Aclose(attribute);
    if (status == ISW_FAILED)
      isw_error_memory(error, sizeof(double), "an attribute");
    else if (status != ISW_OK)
      isw_error_set(error, status, "%s: attribute '%s%s%s' cannot be read, or is not one of a results file", path, name,
                    *name ? "/" : "", names.name[i]);
  }
  for (size_t i = 0; i < names.count; i++) free(names.name[i]);
  free(names.name);
  H5Tclose(text);
  return status;
}

/* ---- datasets ---- */

enum isw_status isw_hash_head(struct isw_digest *digest, hid_t dataset, const char *path, const char *name,
                              const hobj_ref_t scales[ISW_DIMENSIONS], struct isw_error *error)
{
  hid_t type = H5Dget_type(dataset), space = H5Dget_space(dataset);
  hsize_t dims[H5S_MAX_RANK];
  hobj_ref_t along[H5S_MAX_RANK];
  struct isw_value_type value;
  int rank = H5Sget_simple_extent_ndims(space);
  bool good = isw_hash_type(type, &value) && rank >= 1 && rank <= ISW_RANK_MAX &&
              H5Sget_simple_extent_dims(space, dims, NULL) == rank;
  bool attached = good && isw_hdf5_dimension_list(dataset, rank, along);
  H5Sclose(space);
  H5Tclose(type);
  if (!good)
    return isw_error_set(error, ISW_BAD_INPUT, "%s: dataset '%s' cannot be read, or is not one of a results file", path,
                         name);
  isw_hash_text(digest, name);
  isw_hash_text(digest, value.name);
  add_number(digest, (uint64_t)rank);
  for (int d = 0; d < rank; d++) {
    int scale = 0;
    while (attached && scale < ISW_DIMENSIONS && scales[scale] != along[d]) scale++;
    add_number(digest, dims[d]);
    isw_hash_text(digest, attached && scale < ISW_DIMENSIONS ? isw_field((enum isw_field_id)scale)->name : "");
  }
  return isw_hash_attributes(digest, dataset, path, name, error);
}

/* ---- the whole ---- */

static int compare_hashes(const void *a, const void *b)
{
  return strcmp(((const struct isw_dataset_hash *)a)->name, ((const struct isw_dataset_hash *)b)->name);
}

enum isw_status isw_hash_whole(hid_t file, const char *path, struct isw_dataset_hash *hashes, size_t count,
                               char text[ISW_DIGEST_SIZE], struct isw_error *error)
{
  struct isw_digest *digest = isw_digest_create();
  if (!digest) return isw_error_memory(error, sizeof(uint64_t), "a hash");
  if (count > 0) qsort(hashes, count, sizeof *hashes, compare_hashes);
  enum isw_status status = isw_hash_attributes(digest, file, path, "", error);
  add_number(digest, count);
  for (size_t i = 0; i < count; i++) {
    isw_hash_text(digest, hashes[i].name);
    isw_hash_text(digest, hashes[i].text);
  }
  isw_digest_write(digest, text);
  isw_digest_destroy(digest);
  return status;
}
