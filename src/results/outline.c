/* What a results file contains along `network`, planned from the sweep alone: datasets, types, chunks and fill values.
 * Every rank and thread that makes parts of a file plans them alike; datasets.c creates them in the file. */
#include <math.h>
#include <stdlib.h>
#include "results_internal.h"

enum {
  LAYER_CHUNK_BYTES = 1 << 20, /* of a quantity with layers: HDF5's cache holds one */
  SMALL_CHUNK_BYTES = 64 << 10 /* of layer_size */
};

static const int32_t no_int32 = -1;
static const int64_t no_int64 = -1;

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

bool isw_has_weights(const struct isw_results_head *head)
{
  return head->keep_initial || head->keep_final || head->snapshots_max > 0;
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

struct isw_output isw_outline_plan(const struct isw_outline *o, const struct isw_field *field,
                                   const hsize_t chunk[ISW_RANK_MAX])
{
  struct isw_output output = {.field = *field, .items = 1};
  isw_field_types(field, o->head->real_bytes, o->text, &output.file_type, &output.memory_type);
  output.layout = (struct isw_chunk_layout){.dataset = H5I_INVALID_HID,
                                            .rank = field->rank,
                                            .item = H5Tget_size(output.memory_type),
                                            .fill = isw_field_fill(field, &o->nan)};
  for (unsigned d = 0; d < field->rank && d < ISW_RANK_MAX; d++) {
    output.layout.dims[d] = o->dims[field->dimension[d]];
    output.layout.chunk[d] = isw_smaller(chunk[d], output.layout.dims[d]);
    if (d > 0) output.items *= output.layout.dims[d];
  }
  return output;
}

/* A dataset with one value per network. */
static struct isw_output plan_column(const struct isw_outline *o, const struct isw_field *field)
{
  return isw_outline_plan(o, field, (const hsize_t[ISW_RANK_MAX]){o->column_networks});
}

static void plan_fixed(const struct isw_outline *o)
{
  const struct isw_results_head *head = o->head;
  struct isw_output *out = o->outputs + head->coordinate_count;
  size_t row = head->layers_max * sizeof(int32_t);
  hsize_t networks = isw_outline_part_of_chunk(o, isw_larger(1, SMALL_CHUNK_BYTES / row));
  const hsize_t sizes[] = {networks, head->layers_max, 1}, steps[] = {o->chunk_networks, o->chunk_records, 1};
  out[ISW_OUT_FEATURES] = plan_column(o, isw_field(ISW_FIELD_FEATURES));
  out[ISW_OUT_LAYER_SIZE] = isw_outline_plan(o, isw_field(ISW_FIELD_LAYER_SIZE), sizes);
  out[ISW_OUT_ID] = plan_column(o, isw_field(ISW_FIELD_ID));
  out[ISW_OUT_STATUS] = plan_column(o, isw_field(ISW_FIELD_STATUS));
  out[ISW_OUT_STEPS_DONE] = plan_column(o, isw_field(ISW_FIELD_STEPS_DONE));
  if (!head->schedule_varies) return;
  out[ISW_OUT_STEP] = isw_outline_plan(o, isw_field(ISW_FIELD_STEP_BY_NETWORK), steps);
  if (head->snapshots_max)
    out[ISW_OUT_WEIGHTS_STEP] = isw_outline_plan(o, isw_field(ISW_FIELD_WEIGHTS_STEP_BY_NETWORK), steps);
}

static struct isw_output plan_quantity(const struct isw_outline *o, const struct isw_quantity *quantity)
{
  const struct isw_field field = isw_field_of_quantity(quantity);
  hsize_t chunk[ISW_RANK_MAX] = {o->chunk_networks};
  for (unsigned d = 1; d < field.rank; d++)
    chunk[d] = field.dimension[d] == ISW_DIM_RECORD ? o->chunk_records : o->dims[field.dimension[d]];
  if (field.rank == 3) {
    size_t one = isw_larger(1, o->chunk_records) * (size_t)chunk[2] * o->head->real_bytes;
    chunk[0] = isw_outline_part_of_chunk(o, isw_larger(1, LAYER_CHUNK_BYTES / isw_larger(1, one)));
  }
  return isw_outline_plan(o, &field, chunk);
}

static struct isw_output plan_weights(const struct isw_outline *o, enum isw_field_id id)
{
  return isw_outline_plan(o, isw_field(id), (const hsize_t[ISW_RANK_MAX]){o->weight_networks, o->weight_parameters});
}

static struct isw_output plan_snapshots(const struct isw_outline *o, const struct isw_quantity *quantity)
{
  const struct isw_field field = isw_field_of_quantity(quantity);
  const hsize_t chunk[ISW_RANK_MAX] = {o->weight_networks, o->weight_snapshots, o->weight_parameters};
  return isw_outline_plan(o, &field, chunk);
}

enum isw_status isw_outline_create(struct isw_outline *o, const char *path, const struct isw_results_head *head,
                                   struct isw_error *error)
{
  *o = (struct isw_outline){.head = head,
                            .path = path,
                            .error = error,
                            .text = isw_hdf5_text_type(),
                            .nan = isw_real_nan(head->real_bytes),
                            .output_count = head->coordinate_count + ISW_FIXED_OUTPUTS + head->quantity_count};
  isw_dimension_lengths(head, o->dims);
  isw_outline_choose_chunks(o);
  o->outputs = isw_allocate(o->output_count, sizeof *o->outputs);
  if (!o->outputs) return isw_error_memory(error, o->output_count * sizeof *o->outputs, "the results file");
  for (size_t c = 0; c < head->coordinate_count; c++) {
    const struct isw_field field = isw_field_of_coordinate(&head->coordinates[c], isw_coordinate_is_integer(head, c));
    o->outputs[c] = plan_column(o, &field);
  }
  plan_fixed(o);
  for (size_t q = 0; q < head->quantity_count; q++) {
    const struct isw_quantity *quantity = &head->quantities[q];
    if (quantity->at_snapshots)
      o->weights[ISW_WEIGHTS_SNAPSHOTS] = plan_snapshots(o, quantity);
    else
      o->outputs[head->coordinate_count + ISW_FIXED_OUTPUTS + q] = plan_quantity(o, quantity);
  }
  if (head->keep_initial) o->weights[ISW_WEIGHTS_INITIAL] = plan_weights(o, ISW_FIELD_WEIGHTS_INITIAL);
  if (head->keep_final) o->weights[ISW_WEIGHTS_FINAL] = plan_weights(o, ISW_FIELD_WEIGHTS_FINAL);
  return ISW_OK;
}

void isw_outline_clear(struct isw_outline *o)
{
  free(o->outputs);
  if (o->text > 0) H5Tclose(o->text);
}
