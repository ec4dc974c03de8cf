/* Creates the datasets of a results file from the rows of the schema, with their attributes, chunks and dimension
 * scales. */
#include <hdf5_hl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "results_internal.h"

enum {
  COMPRESSION = 1,              /* the level that the file names; src/hdf5/chunk_compressor.c does the work */
  LAYER_CHUNK_BYTES = 1 << 20,  /* of a quantity with layers: HDF5's cache holds one */
  SMALL_CHUNK_BYTES = 64 << 10, /* of layer_size */
  SCALE_CHUNK = 16384           /* numbers of a scale, and of the common schedule */
};

static const int32_t no_int32 = -1;
static const int64_t no_int64 = -1;

/* A dataset of this file: its chunks, and its HDF5 types and fill value. */
struct plan {
  const struct isw_field *field;
  hsize_t chunk[3];
  hid_t file_type, memory_type;
  const void *fill; /* NULL: none */
};

void isw_field_types(const struct isw_field *field, size_t real_bytes, hid_t text, hid_t *file, hid_t *memory)
{
  bool wide = real_bytes == sizeof(double);
  switch (field->type) {
  case ISW_TYPE_INT8:
    *file = H5T_STD_I8LE;
    *memory = H5T_NATIVE_INT8;
    break;
  case ISW_TYPE_INT32:
    *file = H5T_STD_I32LE;
    *memory = H5T_NATIVE_INT32;
    break;
  case ISW_TYPE_INT64:
    *file = H5T_STD_I64LE;
    *memory = H5T_NATIVE_INT64;
    break;
  case ISW_TYPE_UINT64:
    *file = H5T_STD_U64LE;
    *memory = H5T_NATIVE_UINT64;
    break;
  case ISW_TYPE_FLOAT64:
    *file = H5T_IEEE_F64LE;
    *memory = H5T_NATIVE_DOUBLE;
    break;
  case ISW_TYPE_REAL:
    *file = wide ? H5T_IEEE_F64LE : H5T_IEEE_F32LE;
    *memory = wide ? H5T_NATIVE_DOUBLE : H5T_NATIVE_FLOAT;
    break;
  case ISW_TYPE_STRING: *file = *memory = text; break;
  }
}

const void *isw_field_fill(const struct isw_field *field, const union isw_real_nan *nan)
{
  if (!field->fill) return NULL;
  if (field->type == ISW_TYPE_INT32) return &no_int32;
  return field->type == ISW_TYPE_INT64 ? (const void *)&no_int64 : nan;
}

union isw_real_nan isw_real_nan(size_t real_bytes)
{
  union isw_real_nan nan;
  if (real_bytes == sizeof(double))
    nan.wide = (double)NAN;
  else
    nan.narrow = NAN;
  return nan;
}

static struct plan plan_field(const struct isw_writer *w, const struct isw_field *field)
{
  struct plan plan = {.field = field, .fill = isw_field_fill(field, &w->nan)};
  isw_field_types(field, w->head->real_bytes, w->text, &plan.file_type, &plan.memory_type);
  return plan;
}

/* Creation properties: no times, attributes in order, chunks that are shuffled and compressed unless the dataset is
 * empty. */
static hid_t dataset_properties(const struct plan *plan, const hsize_t *dims)
{
  hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_obj_track_times(properties, false);
  H5Pset_attr_creation_order(properties, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED);
  bool empty = false;
  hsize_t chunk[3];
  for (unsigned d = 0; d < plan->field->rank; d++) {
    empty |= dims[d] == 0;
    chunk[d] = plan->chunk[d] < dims[d] ? plan->chunk[d] : dims[d];
  }
  if (!empty) {
    H5Pset_chunk(properties, (int)plan->field->rank, chunk);
    H5Pset_shuffle(properties);
    H5Pset_deflate(properties, COMPRESSION);
  }
  if (plan->fill) H5Pset_fill_value(properties, plan->memory_type, plan->fill);
  return properties;
}

static enum isw_status add_text(struct isw_writer *w, hid_t dataset, enum isw_dataset_attribute attribute,
                                const char *text)
{
  return isw_writer_add_text(w, dataset, isw_dataset_attribute(attribute)->name, text);
}

/* Adds the attribute with the names of the coordinates whose dimensions the dataset has. */
static enum isw_status add_coordinates(struct isw_writer *w, const struct isw_field *field, hid_t dataset)
{
  struct isw_text names = {0};
  const char *columns = w->coordinates.bytes ? w->coordinates.bytes : "";
  bool recorded = field->rank > 1 && field->dimension[1] == ISW_DIM_RECORD;
  enum isw_status status = isw_text_add(&names, "%s%s%s", columns, *columns && recorded ? " " : "",
                                        recorded ? isw_field(ISW_FIELD_STEP)->name : "");
  status = status == ISW_OK ? add_text(w, dataset, ISW_ATTRIBUTE_COORDINATES, names.bytes)
                            : isw_error_memory(w->error, strlen(columns), "names of coordinates");
  isw_text_clear(&names);
  return status;
}

static struct isw_chunk_layout layout_of(const struct isw_writer *w, const struct plan *plan, hid_t dataset)
{
  struct isw_chunk_layout layout = {
      .dataset = dataset, .rank = plan->field->rank, .item = H5Tget_size(plan->memory_type), .fill = plan->fill};
  for (unsigned d = 0; d < plan->field->rank; d++) {
    layout.dims[d] = w->dims[plan->field->dimension[d]];
    layout.chunk[d] = isw_smaller(plan->chunk[d], layout.dims[d]);
  }
  return layout;
}

static enum isw_status make_dataset(struct isw_writer *w, const struct plan *plan, hid_t *dataset)
{
  const struct isw_field *field = plan->field;
  hsize_t dims[3];
  for (unsigned d = 0; d < field->rank; d++) dims[d] = w->dims[field->dimension[d]];
  if (H5Lexists(w->file, field->name, H5P_DEFAULT) > 0)
    return isw_error_set(w->error, ISW_FAILED, "%s: two datasets would be named '%s'", w->path, field->name);
  hid_t space = H5Screate_simple((int)field->rank, dims, NULL), properties = dataset_properties(plan, dims);
  *dataset = H5Dcreate2(w->file, field->name, plan->file_type, space, H5P_DEFAULT, properties, H5P_DEFAULT);
  enum isw_status status = *dataset < 0 ? isw_writer_refuse(w, "cannot create a dataset") : ISW_OK;
  H5Pclose(properties);
  H5Sclose(space);
  if (status == ISW_OK) status = add_text(w, *dataset, ISW_ATTRIBUTE_LONG_NAME, field->long_name);
  if (status == ISW_OK) status = add_text(w, *dataset, ISW_ATTRIBUTE_UNITS, field->units);
  if (status == ISW_OK && !field->coordinate) status = add_coordinates(w, field, *dataset);
  if (status == ISW_OK && plan->fill)
    status = isw_writer_add_attribute(w, *dataset, isw_dataset_attribute(ISW_ATTRIBUTE_FILL_VALUE)->name,
                                      plan->file_type, plan->memory_type, 0, plan->fill);
  return status;
}

/* Attaches a dataset's dimensions to the scales. */
static enum isw_status attach(struct isw_writer *w, const struct isw_field *field, hid_t dataset)
{
  for (unsigned d = 0; d < field->rank; d++)
    if (H5DSattach_scale(dataset, w->scales[field->dimension[d]], d) < 0)
      return isw_writer_refuse(w, "cannot attach a dimension");
  return ISW_OK;
}

/* ---- scales ---- */

/* A scale holds first, first + 1, ... */
static enum isw_status make_scale(struct isw_writer *w, enum isw_dimension dimension, int64_t first)
{
  const struct isw_field *field = isw_field((enum isw_field_id)dimension);
  struct plan plan = plan_field(w, field);
  plan.chunk[0] = SCALE_CHUNK;
  enum isw_status status = make_dataset(w, &plan, &w->scales[dimension]);
  if (status != ISW_OK) return status;
  if (H5DSset_scale(w->scales[dimension], field->name) < 0 ||
      H5Rcreate(&w->references[dimension], w->scales[dimension], ".", H5R_OBJECT, H5I_INVALID_HID) < 0)
    return isw_writer_refuse(w, "cannot make a dimension");
  hsize_t all = w->dims[dimension];
  int64_t *numbers = isw_allocate(SCALE_CHUNK, sizeof *numbers);
  if (!numbers) return isw_error_memory(w->error, SCALE_CHUNK * sizeof *numbers, "a dimension");
  const struct isw_chunk_layout layout = layout_of(w, &plan, w->scales[dimension]);
  struct isw_digest *digest;
  status = isw_writer_begin_hash(w, w->scales[dimension], field->name, &digest);
  for (hsize_t start = 0, count; start < all && status == ISW_OK; start += count) {
    count = isw_smaller(all - start, SCALE_CHUNK);
    for (hsize_t i = 0; i < count; i++) numbers[i] = first + (int64_t)(start + i);
    isw_hash_values(digest, numbers, count, sizeof *numbers, false);
    status = isw_writer_write_chunks(w, &layout, &start, &count, numbers);
  }
  if (status == ISW_OK) status = isw_writer_end_hash(w, w->scales[dimension], field->name, digest);
  isw_digest_destroy(digest);
  free(numbers);
  return status;
}

bool isw_has_parameters(const struct isw_results_head *head)
{
  bool parameters = head->keep_initial || head->keep_final;
  for (size_t q = 0; q < head->quantity_count; q++) parameters = parameters || head->quantities[q].per_parameter;
  return parameters;
}

static enum isw_status make_scales(struct isw_writer *w)
{
  enum isw_status status = make_scale(w, ISW_DIM_NETWORK, 0);
  if (status == ISW_OK) status = make_scale(w, ISW_DIM_RECORD, 0);
  if (status == ISW_OK) status = make_scale(w, ISW_DIM_LAYER, 1);
  if (status == ISW_OK && isw_has_parameters(w->head)) status = make_scale(w, ISW_DIM_PARAMETER, 0);
  return status;
}

/* ---- datasets along `network` that are written block by block ---- */

static enum isw_status make_output(struct isw_writer *w, const struct plan *plan, struct isw_output *output)
{
  hid_t dataset = H5I_INVALID_HID;
  enum isw_status status = make_dataset(w, plan, &dataset);
  if (status == ISW_OK) status = attach(w, plan->field, dataset);
  if (status != ISW_OK) return status;
  *output = (struct isw_output){
      .name = plan->field->name, .memory_type = plan->memory_type, .layout = layout_of(w, plan, dataset), .items = 1};
  for (unsigned d = 1; d < plan->field->rank; d++) output->items *= output->layout.dims[d];
  size_t row = output->layout.item * output->items;
  output->block = isw_allocate(w->block, row);
  return output->block ? ISW_OK : isw_error_memory(w->error, w->block * row, "a block of networks");
}

/* Makes a dataset with one value per network. */
static enum isw_status make_column(struct isw_writer *w, enum isw_field_id id, struct isw_output *output)
{
  struct plan plan = plan_field(w, isw_field(id));
  plan.chunk[0] = w->column_networks;
  return make_output(w, &plan, output);
}

bool isw_coordinate_is_integer(const struct isw_results_head *head, size_t column)
{
  static const double largest = 9007199254740992.0; /* 2^53: above it a double may be a rounded integer */
  if (head->coordinates[column].type != ISW_COLUMN_INTEGER) return false;
  for (uint64_t network = 0; network < head->networks; network++) {
    double value = head->coordinate(head->context, column, network);
    if (!(fabs(value) <= largest) || value != floor(value)) return false;
  }
  return true;
}

static enum isw_status make_coordinate(struct isw_writer *w, size_t column)
{
  const struct isw_coordinate *from = &w->head->coordinates[column];
  const struct isw_field field = isw_field_of_coordinate(from, isw_coordinate_is_integer(w->head, column));
  struct plan plan = plan_field(w, &field);
  plan.chunk[0] = w->column_networks;
  struct isw_output *output = &w->outputs[column];
  enum isw_status status = make_output(w, &plan, output);
  if (status == ISW_OK) status = add_text(w, output->layout.dataset, ISW_ATTRIBUTE_PATH, from->path);
  if (status == ISW_OK && isw_text_add(&w->coordinates, "%s%s", column ? " " : "", from->name) != ISW_OK)
    status = isw_error_memory(w->error, strlen(from->name), "names of coordinates");
  return status;
}

enum isw_status isw_add_status_names(struct isw_text *names)
{
  enum isw_status status = ISW_OK;
  for (int s = 0; s < ISW_NETWORK_STATUSES && status == ISW_OK; s++)
    status = isw_text_add(names, "%s%s", s ? " " : "", isw_status_name((enum isw_network_status)s));
  return status;
}

static enum isw_status make_status(struct isw_writer *w, struct isw_output *output)
{
  int8_t values[ISW_NETWORK_STATUSES];
  struct isw_text names = {0};
  enum isw_status status = make_column(w, ISW_FIELD_STATUS, output);
  for (int s = 0; s < ISW_NETWORK_STATUSES; s++) values[s] = (int8_t)s;
  if (status == ISW_OK && isw_add_status_names(&names) != ISW_OK)
    status = isw_error_memory(w->error, names.length, "names of statuses");
  if (status == ISW_OK)
    status = isw_writer_add_attribute(w, output->layout.dataset, isw_dataset_attribute(ISW_ATTRIBUTE_FLAG_VALUES)->name,
                                      H5T_STD_I8LE, H5T_NATIVE_INT8, ISW_NETWORK_STATUSES, values);
  if (status == ISW_OK) status = add_text(w, output->layout.dataset, ISW_ATTRIBUTE_FLAG_MEANINGS, names.bytes);
  isw_text_clear(&names);
  return status;
}

static enum isw_status make_layer_size(struct isw_writer *w, struct isw_output *output)
{
  struct plan plan = plan_field(w, isw_field(ISW_FIELD_LAYER_SIZE));
  size_t row = w->head->layers_max * sizeof(int32_t);
  plan.chunk[0] = isw_writer_part_of_chunk(w, isw_larger(1, SMALL_CHUNK_BYTES / row));
  plan.chunk[1] = w->head->layers_max;
  return make_output(w, &plan, output);
}

/* The schedule of all networks, written at once. */
static enum isw_status write_common_steps(struct isw_writer *w)
{
  const struct isw_results_head *head = w->head;
  struct plan plan = plan_field(w, isw_field(ISW_FIELD_STEP));
  plan.chunk[0] = SCALE_CHUNK;
  hid_t dataset = H5I_INVALID_HID;
  enum isw_status status = make_dataset(w, &plan, &dataset);
  if (status == ISW_OK) status = attach(w, plan.field, dataset);
  struct isw_digest *digest = NULL;
  if (status == ISW_OK) status = isw_writer_begin_hash(w, dataset, plan.field->name, &digest);
  if (status == ISW_OK && head->networks && head->records_max) {
    const uint64_t *steps;
    if (head->schedule(head->context, 0, &steps) != head->records_max)
      status =
          isw_error_set(w->error, ISW_FAILED, "%s: the schedule does not have %zu records", w->path, head->records_max);
    else if (H5Dwrite(dataset, H5T_NATIVE_UINT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, steps) < 0)
      status = isw_writer_refuse(w, "cannot write the schedule");
    else
      isw_hash_values(digest, steps, head->records_max, sizeof *steps, false);
  }
  if (status == ISW_OK) status = isw_writer_end_hash(w, dataset, plan.field->name, digest);
  isw_digest_destroy(digest);
  return status;
}

static enum isw_status make_steps(struct isw_writer *w, struct isw_output *output)
{
  if (!w->head->schedule_varies) return write_common_steps(w);
  struct plan plan = plan_field(w, isw_field(ISW_FIELD_STEP_BY_NETWORK));
  plan.chunk[0] = w->chunk_networks;
  plan.chunk[1] = w->chunk_records;
  return make_output(w, &plan, output);
}

static enum isw_status make_fixed(struct isw_writer *w)
{
  struct isw_output *out = w->outputs + w->head->coordinate_count;
  enum isw_status status = make_column(w, ISW_FIELD_FEATURES, &out[ISW_OUT_FEATURES]);
  if (status == ISW_OK) status = make_layer_size(w, &out[ISW_OUT_LAYER_SIZE]);
  if (status == ISW_OK) status = make_column(w, ISW_FIELD_ID, &out[ISW_OUT_ID]);
  if (status == ISW_OK) status = make_status(w, &out[ISW_OUT_STATUS]);
  if (status == ISW_OK) status = make_column(w, ISW_FIELD_STEPS_DONE, &out[ISW_OUT_STEPS_DONE]);
  if (status == ISW_OK) status = make_steps(w, &out[ISW_OUT_STEP]);
  return status;
}

static enum isw_status make_quantity(struct isw_writer *w, const struct isw_quantity *quantity,
                                     struct isw_output *output)
{
  const struct isw_results_head *head = w->head;
  const struct isw_field field = isw_field_of_quantity(quantity);
  struct plan plan = plan_field(w, &field);
  plan.chunk[0] = w->chunk_networks;
  for (unsigned d = 1; d < field.rank; d++)
    plan.chunk[d] = field.dimension[d] == ISW_DIM_RECORD ? w->chunk_records : w->dims[field.dimension[d]];
  if (field.rank == 3) {
    size_t one = isw_larger(1, w->chunk_records) * (size_t)plan.chunk[2] * head->real_bytes;
    plan.chunk[0] = isw_writer_part_of_chunk(w, isw_larger(1, LAYER_CHUNK_BYTES / isw_larger(1, one)));
  }
  return make_output(w, &plan, output);
}

static enum isw_status make_weights(struct isw_writer *w, enum isw_field_id id, struct isw_weight_rows *weights)
{
  struct plan plan = plan_field(w, isw_field(id));
  plan.chunk[0] = w->weight_networks;
  plan.chunk[1] = w->weight_parameters;
  hid_t dataset = H5I_INVALID_HID;
  enum isw_status status = make_dataset(w, &plan, &dataset);
  if (status == ISW_OK) status = attach(w, plan.field, dataset);
  if (status == ISW_OK) status = isw_writer_begin_hash(w, dataset, plan.field->name, &weights->digest);
  if (status != ISW_OK) return status;
  weights->name = plan.field->name;
  weights->layout = layout_of(w, &plan, dataset);
  size_t row;
  if (!isw_multiply(w->head->parameters_max, w->head->real_bytes, &row) ||
      !(weights->rows = isw_allocate(w->weight_rows, row)))
    return isw_error_memory(w->error, w->head->parameters_max, "weights");
  return ISW_OK;
}

enum isw_status isw_writer_make_datasets(struct isw_writer *w)
{
  const struct isw_results_head *head = w->head;
  enum isw_status status = make_scales(w);
  for (size_t c = 0; c < head->coordinate_count && status == ISW_OK; c++) status = make_coordinate(w, c);
  if (status == ISW_OK) status = make_fixed(w);
  for (size_t q = 0; q < head->quantity_count && status == ISW_OK; q++)
    status = make_quantity(w, &head->quantities[q], &w->outputs[head->coordinate_count + ISW_FIXED_OUTPUTS + q]);
  if (status == ISW_OK && head->keep_initial) status = make_weights(w, ISW_FIELD_WEIGHTS_INITIAL, &w->initial);
  if (status == ISW_OK && head->keep_final) status = make_weights(w, ISW_FIELD_WEIGHTS_FINAL, &w->final);
  return status;
}
