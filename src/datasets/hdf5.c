/* hdf5: datasets of an HDF5 file, read by the hdf5 room. */
#include <string.h>
#include "arrays.h"

static enum isw_status open_array(struct isw_array_file *array, const char *folder, const char *container,
                                  const char *name, struct isw_text *full, struct isw_error *error)
{
  enum isw_status status = isw_data_path(folder, container, full, error);
  *array = (struct isw_array_file){.fd = -1, .type = ISW_F64};
  if (status == ISW_OK)
    status = isw_array_shape(full->bytes, name, ISW_DATA_BYTES_MAX, &array->rows, &array->columns, error);
  if (status != ISW_OK) return status;
  if (isw_text_add(full, ", %s", name) != ISW_OK) return isw_error_memory(error, strlen(name), "a path");
  array->path = full->bytes;
  return ISW_OK;
}

static enum isw_status visit_array(const struct isw_array_file *array, const char *folder, const char *container,
                                   const char *name, isw_visit_rows *visit, void *context, struct isw_error *error)
{
  (void)array;
  struct isw_text full = {0};
  enum isw_status status = isw_data_path(folder, container, &full, error);
  if (status == ISW_OK) status = isw_array_visit(full.bytes, name, ISW_DATA_BYTES_MAX, visit, context, error);
  isw_text_clear(&full);
  return status;
}

static enum isw_status load(const struct isw_choice *settings, uint64_t seed, const char *folder, struct isw_data *data,
                            struct isw_error *error)
{
  static const struct isw_array_format format = {
      .has_container = true, .byte_scale = 1.0, .open = open_array, .visit = visit_array};
  return isw_arrays_load(settings, seed, folder, &format, data, error);
}

const struct isw_dataset isw_dataset_hdf5 = {
    .row = {"hdf5",
            {ISW_PATH_PARAMETER("path", NULL, "an HDF5 file; a relative path starts at the sweep file's folder"),
             ISW_TEXT_PARAMETER("inputs", "inputs",
                                "dataset of the inputs, samples first, with the names of its groups"),
             ISW_TEXT_PARAMETER("targets", "targets", "dataset of the targets, with the same number of samples"),
             ISW_ARRAY_KIND(0), ISW_TEXT_PARAMETER("test_inputs", "", "dataset of the test set's inputs"),
             ISW_TEXT_PARAMETER("test_targets", "", "dataset of its targets"), ISW_TEST_FRACTION_UNLESS_FILES,
             ISW_STANDARDIZE_BOTH, ISW_LABEL_NOISE, ISW_BALANCE},
            "arrays of integers or floating-point numbers of any dimensions, used as they are",
            "The HDF Group, HDF5; h5py writes it"},
    .load = load,
};
