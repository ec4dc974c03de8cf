/* Reads arrays from any HDF5 file, for rooms that do not use HDF5 themselves. */
#include <inttypes.h>
#include <stdlib.h>
#include "initsweep/hdf5_handles.h"

/* Which part of a dataset is read, once its shape is known. */
struct part {
  int rank;
  hsize_t size[H5S_MAX_RANK], start[H5S_MAX_RANK], count[H5S_MAX_RANK];
};

static enum isw_status find_part(const char *path, const char *name, const uint64_t *row, hid_t space,
                                 struct part *part, struct isw_error *error)
{
  part->rank = H5Sget_simple_extent_type(space) == H5S_SIMPLE ? H5Sget_simple_extent_ndims(space) : 0;
  if (part->rank < 1 || H5Sget_simple_extent_dims(space, part->size, NULL) != part->rank)
    return isw_error_set(error, ISW_BAD_INPUT, "%s: dataset '%s' is no array", path, name);
  for (int d = 0; d < part->rank; d++) {
    if (part->size[d] == 0)
      return isw_error_set(error, ISW_BAD_INPUT, "%s: size %d of dataset '%s' is 0", path, d + 1, name);
    part->start[d] = 0;
    part->count[d] = part->size[d];
  }
  if (!row) return ISW_OK;
  if (part->rank > 2)
    return isw_error_set(error, ISW_BAD_INPUT, "%s: dataset '%s' has %d dimensions where 1 or 2 are expected", path,
                         name, part->rank);
  uint64_t rows = part->rank == 2 ? part->size[0] : 1;
  if (*row >= rows)
    return isw_error_set(error, ISW_BAD_INPUT, "%s: row %" PRIu64 " of dataset '%s', which has %" PRIu64 " (from 0)",
                         path, *row, name, rows);
  if (part->rank == 2) {
    part->start[0] = *row;
    part->count[0] = 1;
  }
  return ISW_OK;
}

static enum isw_status read_part(const char *path, const char *name, hid_t dataset, hid_t space,
                                 const struct part *part, bool one_row, size_t limit, struct isw_array *array,
                                 struct isw_error *error)
{
  size_t numbers = 1, bytes;
  bool fits = true;
  for (int d = 0; d < part->rank; d++) fits = fits && isw_multiply(numbers, part->count[d], &numbers);
  if (!fits || !isw_multiply(numbers, sizeof(double), &bytes) || bytes > limit)
    return isw_error_set(error, ISW_BAD_INPUT, "%s: dataset '%s' takes more than %zu MiB", path, name, limit >> 20);
  array->value = isw_allocate(numbers, sizeof(double));
  if (!array->value) return isw_error_memory(error, bytes, path);
  array->rows = one_row ? 1 : (size_t)part->count[0];
  array->columns = numbers / array->rows;
  hid_t memory = H5Screate_simple(part->rank, part->count, NULL);
  bool read = memory >= 0 && H5Sselect_hyperslab(space, H5S_SELECT_SET, part->start, NULL, part->count, NULL) >= 0 &&
              H5Dread(dataset, H5T_NATIVE_DOUBLE, memory, space, H5P_DEFAULT, array->value) >= 0;
  enum isw_status status = read ? ISW_OK : isw_hdf5_refuse(error, ISW_BAD_INPUT, path, "cannot read its numbers");
  if (memory >= 0) H5Sclose(memory);
  return status;
}

static enum isw_status read_dataset(const char *path, const char *name, hid_t file, const uint64_t *row, size_t limit,
                                    struct isw_array *array, struct isw_error *error)
{
  hid_t dataset;
  enum isw_status status = isw_hdf5_open_dataset(file, path, name, &dataset, error);
  if (status != ISW_OK) return status;
  hid_t type = H5Dget_type(dataset), space = H5Dget_space(dataset);
  H5T_class_t kind = H5Tget_class(type);
  struct part part;
  if (kind != H5T_FLOAT && kind != H5T_INTEGER)
    status = isw_error_set(error, ISW_BAD_INPUT, "%s: dataset '%s' does not hold plain numbers", path, name);
  if (status == ISW_OK) status = find_part(path, name, row, space, &part, error);
  if (status == ISW_OK) status = read_part(path, name, dataset, space, &part, row != NULL, limit, array, error);
  H5Tclose(type);
  H5Sclose(space);
  H5Dclose(dataset);
  return status;
}

enum isw_status isw_array_read(const char *path, const char *name, const uint64_t *row, size_t limit,
                               struct isw_array *array, struct isw_error *error)
{
  *array = (struct isw_array){0};
  struct isw_hdf5_silence silence;
  isw_hdf5_silence_begin(&silence);
  hid_t access = H5Pcreate(H5P_FILE_ACCESS);
  H5Pset_fclose_degree(access, H5F_CLOSE_STRONG);
  hid_t file;
  enum isw_status status = isw_hdf5_open_file(path, access, &file, error);
  if (status == ISW_OK) status = read_dataset(path, name, file, row, limit, array, error);
  if (file >= 0) H5Fclose(file);
  H5Pclose(access);
  isw_hdf5_silence_end(&silence);
  if (status != ISW_OK) isw_array_clear(array);
  return status;
}

void isw_array_clear(struct isw_array *array)
{
  free(array->value);
  *array = (struct isw_array){0};
}
