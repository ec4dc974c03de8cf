/* Creates the datasets of a results file from the rows of the schema, with their attributes, chunks and dimension
 * scales. */
#include <hdf5_hl.h>
#include <stdlib.h>
#include <string.h>
#include "results_internal.h"

enum {
  COMPRESSION = 1,    /* the level that the file names; src/hdf5/chunk_compressor.c does the work */
  SCALE_CHUNK = 16384 /* numbers of a scale, and of the common schedule */
};

/* Creation properties: no times, attributes in order, chunks that are shuffled and compressed unless the dataset is
 * empty. Texts of a small file are not, because netCDF copies no filtered texts; their filters see no text, only where
 * each lies in the file's heap, a third of its bytes. */
static hid_t dataset_properties(const struct isw_results_writer *w, const struct isw_output *output)
{
  const struct isw_chunk_layout *layout = &output->layout;
  hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_obj_track_times(properties, false);
  H5Pset_attr_creation_order(properties, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED);
  bool empty = false;
  for (unsigned d = 0; d < layout->rank; d++) empty |= layout->dims[d] == 0;
  if (!empty) {
    H5Pset_chunk(properties, (int)layout->rank, layout->chunk);
    if (output->memory_type != w->outline.text || !w->outline.is_small) {
      H5Pset_shuffle(properties);
      H5Pset_deflate(properties, COMPRESSION);
    }
  }
  if (layout->fill) H5Pset_fill_value(properties, output->memory_type, layout->fill);
  return properties;
}

static enum isw_status add_text(struct isw_results_writer *w, hid_t dataset, enum isw_dataset_attribute attribute,
                                const char *text)
{
  return isw_writer_add_text(w, dataset, isw_dataset_attribute(attribute)->name, text);
}

/* Adds the attribute with the names of the coordinates whose dimensions the dataset has. */
static enum isw_status add_coordinates(struct isw_results_writer *w, const struct isw_field *field, hid_t dataset)
{
  struct isw_text names = {0};
  const char *columns = w->coordinates.bytes ? w->coordinates.bytes : "";
  const char *steps = isw_steps_of(field);
  enum isw_status status = isw_text_add(&names, "%s%s%s", columns, *columns && *steps ? " " : "", steps);
  const char *name = isw_dataset_attribute(ISW_ATTRIBUTE_COORDINATES)->name;
  status = status == ISW_OK ? isw_writer_add_characters(w, dataset, name, names.bytes)
                            : isw_error_memory(w->outline.error, strlen(columns), "names of coordinates");
  isw_text_clear(&names);
  return status;
}

static enum isw_status make_dataset(struct isw_results_writer *w, struct isw_output *output)
{
  const struct isw_field *field = &output->field;
  struct isw_chunk_layout *layout = &output->layout;
  if (H5Lexists(w->file, field->name, H5P_DEFAULT) > 0)
    return isw_error_set(w->outline.error, ISW_FAILED, "%s: two datasets would be named '%s'", w->path, field->name);
  hid_t space = H5Screate_simple((int)layout->rank, layout->dims, NULL), properties = dataset_properties(w, output);
  layout->dataset = H5Dcreate2(w->file, field->name, output->file_type, space, H5P_DEFAULT, properties, H5P_DEFAULT);
  enum isw_status status = layout->dataset < 0 ? isw_writer_refuse(w, "cannot create a dataset") : ISW_OK;
  H5Pclose(properties);
  H5Sclose(space);
  if (status == ISW_OK) status = add_text(w, layout->dataset, ISW_ATTRIBUTE_LONG_NAME, field->long_name);
  if (status == ISW_OK) status = add_text(w, layout->dataset, ISW_ATTRIBUTE_UNITS, field->units);
  if (status == ISW_OK && !field->coordinate) status = add_coordinates(w, field, layout->dataset);
  if (status == ISW_OK && layout->fill)
    status = isw_writer_add_attribute(w, layout->dataset, isw_dataset_attribute(ISW_ATTRIBUTE_FILL_VALUE)->name,
                                      output->file_type, output->memory_type, 0, layout->fill);
  return status;
}

/* Makes a dataset and attaches its dimensions to the scales. */
static enum isw_status make_attached(struct isw_results_writer *w, struct isw_output *output)
{
  enum isw_status status = make_dataset(w, output);
  for (unsigned d = 0; d < output->field.rank && status == ISW_OK; d++)
    if (H5DSattach_scale(output->layout.dataset, w->scales[output->field.dimension[d]], d) < 0)
      status = isw_writer_refuse(w, "cannot attach a dimension");
  return status;
}

/* ---- scales ---- */

static enum isw_status write_chunks(struct isw_results_writer *w, const struct isw_chunk_layout *layout,
                                    const hsize_t *start, const hsize_t *count, const void *numbers)
{
  bool memory;
  if (isw_chunks_write(w->compressor, layout, start, count, numbers, &memory) && !w->problem) return ISW_OK;
  return memory ? isw_error_memory(w->outline.error, layout->item, "chunks of the results file")
                : isw_writer_refuse(w, "cannot write");
}

/* A scale holds first, first + 1, ... */
static enum isw_status make_scale(struct isw_results_writer *w, enum isw_dimension dimension, int64_t first)
{
  const struct isw_field *field = isw_field((enum isw_field_id)dimension);
  struct isw_output scale = isw_outline_plan(&w->outline, field, (const hsize_t[ISW_RANK_MAX]){SCALE_CHUNK});
  enum isw_status status = make_dataset(w, &scale);
  w->scales[dimension] = scale.layout.dataset;
  if (status != ISW_OK) return status;
  if (H5DSset_scale(w->scales[dimension], field->name) < 0 ||
      H5Rcreate(&w->references[dimension], w->scales[dimension], ".", H5R_OBJECT, H5I_INVALID_HID) < 0)
    return isw_writer_refuse(w, "cannot make a dimension");
  hsize_t all = w->outline.dims[dimension];
  int64_t *numbers = isw_allocate(SCALE_CHUNK, sizeof *numbers);
  if (!numbers) return isw_error_memory(w->outline.error, SCALE_CHUNK * sizeof *numbers, "a dimension");
  struct isw_digest *digest;
  status = isw_writer_begin_hash(w, w->scales[dimension], field->name, &digest);
  for (hsize_t start = 0, count; start < all && status == ISW_OK; start += count) {
    count = isw_smaller(all - start, SCALE_CHUNK);
    for (hsize_t i = 0; i < count; i++) numbers[i] = first + (int64_t)(start + i);
    isw_hash_values(digest, numbers, count, sizeof *numbers, false);
    status = write_chunks(w, &scale.layout, &start, &count, numbers);
  }
  if (status == ISW_OK) status = isw_writer_end_hash(w, w->scales[dimension], field->name, digest);
  isw_digest_destroy(digest);
  free(numbers);
  return status;
}

static enum isw_status make_scales(struct isw_results_writer *w)
{
  enum isw_status status = make_scale(w, ISW_DIM_NETWORK, 0);
  if (status == ISW_OK) status = make_scale(w, ISW_DIM_RECORD, 0);
  if (status == ISW_OK) status = make_scale(w, ISW_DIM_LAYER, 1);
  for (int d = ISW_DIM_PARAMETER; d < ISW_DIMENSIONS && status == ISW_OK; d++)
    if (isw_has_dimension(w->outline.head, (enum isw_dimension)d)) status = make_scale(w, (enum isw_dimension)d, 0);
  return status;
}

/* ---- datasets along `network` ---- */

static enum isw_status make_coordinate(struct isw_results_writer *w, size_t column)
{
  const struct isw_coordinate *from = &w->outline.head->coordinates[column];
  struct isw_output *output = &w->outline.outputs[column];
  enum isw_status status = make_attached(w, output);
  if (status == ISW_OK) status = add_text(w, output->layout.dataset, ISW_ATTRIBUTE_PATH, from->path);
  if (status == ISW_OK && isw_text_add(&w->coordinates, "%s%s", column ? " " : "", from->name) != ISW_OK)
    status = isw_error_memory(w->outline.error, strlen(from->name), "names of coordinates");
  return status;
}

enum isw_status isw_add_status_names(struct isw_text *names)
{
  enum isw_status status = ISW_OK;
  for (int s = 0; s < ISW_NETWORK_STATUSES && status == ISW_OK; s++)
    status = isw_text_add(names, "%s%s", s ? " " : "", isw_status_name((enum isw_network_status)s));
  return status;
}

static enum isw_status make_status(struct isw_results_writer *w, struct isw_output *output)
{
  int8_t values[ISW_NETWORK_STATUSES];
  struct isw_text names = {0};
  enum isw_status status = make_attached(w, output);
  for (int s = 0; s < ISW_NETWORK_STATUSES; s++) values[s] = (int8_t)s;
  if (status == ISW_OK && isw_add_status_names(&names) != ISW_OK)
    status = isw_error_memory(w->outline.error, names.length, "names of statuses");
  if (status == ISW_OK)
    status = isw_writer_add_attribute(w, output->layout.dataset, isw_dataset_attribute(ISW_ATTRIBUTE_FLAG_VALUES)->name,
                                      H5T_STD_I8LE, H5T_NATIVE_INT8, ISW_NETWORK_STATUSES, values);
  if (status == ISW_OK) status = add_text(w, output->layout.dataset, ISW_ATTRIBUTE_FLAG_MEANINGS, names.bytes);
  isw_text_clear(&names);
  return status;
}

/* The records or snapshots of all networks, written at once. */
static enum isw_status write_common_steps(struct isw_results_writer *w, enum isw_field_id id)
{
  const struct isw_results_head *head = w->outline.head;
  struct isw_output plan = isw_outline_plan(&w->outline, isw_field(id), (const hsize_t[ISW_RANK_MAX]){SCALE_CHUNK});
  size_t (*schedule)(void *, uint64_t, const uint64_t **) = id == ISW_FIELD_STEP ? head->schedule : head->snapshots;
  size_t records = id == ISW_FIELD_STEP ? head->records_max : head->snapshots_max;
  hid_t dataset;
  struct isw_digest *digest = NULL;
  enum isw_status status = make_attached(w, &plan);
  dataset = plan.layout.dataset;
  if (status == ISW_OK) status = isw_writer_begin_hash(w, dataset, plan.field.name, &digest);
  if (status == ISW_OK && head->networks && records) {
    const uint64_t *steps;
    if (schedule(head->context, 0, &steps) != records)
      status =
          isw_error_set(w->outline.error, ISW_FAILED, "%s: the schedule does not have %zu records", w->path, records);
    else if (H5Dwrite(dataset, H5T_NATIVE_UINT64, H5S_ALL, H5S_ALL, w->transfer, steps) < 0)
      status = isw_writer_refuse(w, "cannot write the schedule");
    else
      isw_hash_values(digest, steps, records, sizeof *steps, false);
  }
  if (status == ISW_OK) status = isw_writer_end_hash(w, dataset, plan.field.name, digest);
  isw_digest_destroy(digest);
  return status;
}

static enum isw_status make_fixed(struct isw_results_writer *w)
{
  struct isw_output *out = w->outline.outputs + w->outline.head->coordinate_count;
  enum isw_status status = make_attached(w, &out[ISW_OUT_FEATURES]);
  if (status == ISW_OK) status = make_attached(w, &out[ISW_OUT_LAYER_SIZE]);
  if (status == ISW_OK) status = make_attached(w, &out[ISW_OUT_ID]);
  if (status == ISW_OK) status = make_status(w, &out[ISW_OUT_STATUS]);
  if (status == ISW_OK) status = make_attached(w, &out[ISW_OUT_STEPS_DONE]);
  if (status != ISW_OK) return status;
  bool varies = w->outline.head->schedule_varies;
  status = varies ? make_attached(w, &out[ISW_OUT_STEP]) : write_common_steps(w, ISW_FIELD_STEP);
  if (status != ISW_OK || !w->outline.head->snapshots_max) return status;
  return varies ? make_attached(w, &out[ISW_OUT_WEIGHTS_STEP]) : write_common_steps(w, ISW_FIELD_WEIGHTS_STEP);
}

enum isw_status isw_writer_make_datasets(struct isw_results_writer *w)
{
  const struct isw_results_head *head = w->outline.head;
  enum isw_status status = make_scales(w);
  for (size_t c = 0; c < head->coordinate_count && status == ISW_OK; c++) status = make_coordinate(w, c);
  if (status == ISW_OK) status = make_fixed(w);
  for (size_t o = head->coordinate_count + ISW_FIXED_OUTPUTS; o < w->outline.output_count && status == ISW_OK; o++)
    if (w->outline.outputs[o].field.name) status = make_attached(w, &w->outline.outputs[o]);
  for (size_t i = 0; i < ISW_WEIGHT_ARRAYS && status == ISW_OK; i++)
    if (w->outline.weights[i].field.name) status = make_attached(w, &w->outline.weights[i]);
  return status;
}
