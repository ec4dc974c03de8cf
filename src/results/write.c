#include "results_internal.h"
#include <errno.h>
#include <fcntl.h>
#include <hdf5_hl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
  COMPRESSION = 1,              /* the level that the file names; src/hdf5/chunk_compressor.c does the work */
  THRIFTY_BYTES = 64 << 20,     /* in smaller files, what hardly shrinks is not compressed */
  CHUNK_STEP = 64,              /* networks of a chunk are a multiple of it, or all */
  BLOCK_BYTES = 64 << 20,       /* networks' numbers held at once */
  CHUNK_BYTES = 128 << 10,      /* of a quantity without layers */
  LAYER_CHUNK_BYTES = 1 << 20,  /* of a quantity with layers: HDF5's cache holds one */
  ROWS_BYTES = 1 << 20,         /* weights held at once, where a network's are fewer */
  SMALL_CHUNK_BYTES = 64 << 10, /* smaller chunks are made longer in records; also the weights' size */
  NETWORK_CHUNK = 16384,        /* of datasets with one number a network */
  RECORD_PIECES = 16,           /* a network's trajectory lies in at most so many chunks */
  FEWEST_RECORDS = 4            /* of a chunk */
};

enum scale { SCALE_NETWORK, SCALE_RECORD, SCALE_LAYER, SCALE_PARAMETER, SCALES };

/* A dataset along `network` and the numbers of a block of networks for it. */
struct output {
  hid_t memory_type;
  struct isw_chunk_layout layout; /* dataset, bytes of a number; fill NULL: every number is set */
  size_t items;                   /* numbers of a network */
  unsigned char *block;           /* [networks of a block][items] */
};

/* A weight dataset and the rows of a chunk for it. */
struct weights {
  struct isw_chunk_layout layout;
  unsigned char *rows; /* [weight_rows][parameters_max] */
};

struct writer {
  const struct isw_results_head *head;
  struct isw_index *index;
  struct isw_error *error;
  const char *path;
  const char *temporary; /* the name until the file is whole */
  int problem;           /* errno of the first write that the disk refused */
  hid_t driver;          /* of the file, for as long as that is open */
  hid_t file, text, real;
  hid_t scales[SCALES];
  hsize_t dims[SCALES];
  struct isw_text coordinates; /* names for the attribute of that name */
  size_t output_count;
  struct output *outputs; /* coordinates, then as enum fixed_outputs counts from there, then quantities */
  struct weights initial, final;
  size_t block;           /* networks of a block */
  hsize_t chunk_networks; /* of quantities without layers */
  hsize_t chunk_records;
  hsize_t column_networks; /* of datasets with one number a network */
  hsize_t weight_networks, weight_parameters;
  size_t weight_rows;   /* held at once: some chunks of networks */
  uint64_t *parameters; /* [weight_rows] of the rows held */
  struct isw_chunk_compressor *compressor;
  union {
    float narrow;
    double wide;
  } nan;
};
enum fixed_outputs { OUT_FEATURES, OUT_LAYER_SIZE, OUT_ID, OUT_STATUS, OUT_STEPS_DONE, OUT_STEP, FIXED_OUTPUTS };

static const int32_t no_int32 = -1;
static const int64_t no_int64 = -1;

static enum isw_status refuse(struct writer *w, const char *what)
{
  if (w->problem) return isw_error_set(w->error, ISW_FAILED, "%s: cannot write: %s", w->path, strerror(w->problem));
  return isw_hdf5_refuse(w->error, ISW_FAILED, w->path, what);
}

static size_t power_below(size_t number)
{
  size_t power = 1;
  while (power <= number / 2) power *= 2;
  return power;
}

static size_t smaller(size_t a, size_t b)
{
  return a < b ? a : b;
}

static size_t larger(size_t a, size_t b)
{
  return a > b ? a : b;
}

/* Networks of a smaller chunk, no more than `most`, that blocks are whole chunks of too. */
static hsize_t part_of_chunk(const struct writer *w, size_t most)
{
  size_t chunk = (size_t)w->chunk_networks, part = power_below(most);
  if (most >= chunk) return chunk;
  while (chunk % part != 0 && chunk < w->head->networks) part /= 2;
  return part;
}

/* ---- attributes ---------------------------------------------------------------------------------------------------- */

static enum isw_status add_attribute(struct writer *w, hid_t object, const char *name, hid_t file_type,
                                     hid_t memory_type, hsize_t count, const void *value)
{
  hid_t space = count ? H5Screate_simple(1, &count, NULL) : H5Screate(H5S_SCALAR); /* count 0: one number */
  hid_t attribute = H5Acreate2(object, name, file_type, space, H5P_DEFAULT, H5P_DEFAULT);
  enum isw_status status = ISW_OK;
  if (attribute < 0 || H5Awrite(attribute, memory_type, value) < 0) status = refuse(w, "cannot write an attribute");
  if (attribute >= 0) H5Aclose(attribute);
  H5Sclose(space);
  return status;
}

/* Nothing is written for a text that is NULL or empty. */
static enum isw_status add_text(struct writer *w, hid_t object, const char *name, const char *text)
{
  if (!text || !*text) return ISW_OK;
  return add_attribute(w, object, name, w->text, w->text, 0, &text);
}

static enum isw_status add_root_attributes(struct writer *w)
{
  const struct isw_results_head *head = w->head;
  char identity[17];
  snprintf(identity, sizeof identity, "%016llx", (unsigned long long)head->identity);
  const struct {
    const char *name, *text;
  } texts[] = {
      {"Conventions", "CF-1.10"},  {"format", FORMAT_NAME},
      {"title", head->title},      {"about", head->about},
      {"sweep", head->sweep_text}, {"settings", head->settings},
      {"identity", identity},      {"precision", head->real_bytes == sizeof(double) ? "float64" : "float32"},
  };
  enum isw_status status = ISW_OK;
  for (size_t i = 0; i < sizeof texts / sizeof texts[0] && status == ISW_OK; i++)
    status = add_text(w, w->file, texts[i].name, texts[i].text);
  int32_t version = FORMAT_VERSION;
  if (status == ISW_OK)
    status = add_attribute(w, w->file, "format_version", H5T_STD_I32LE, H5T_NATIVE_INT32, 0, &version);
  return status;
}

static enum isw_status add_provenance(struct writer *w)
{
  hid_t properties = H5Pcreate(H5P_GROUP_CREATE);
  H5Pset_obj_track_times(properties, false);
  H5Pset_attr_creation_order(properties, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED);
  hid_t group = H5Gcreate2(w->file, PROVENANCE_GROUP, H5P_DEFAULT, properties, H5P_DEFAULT);
  H5Pclose(properties);
  if (group < 0) return refuse(w, "cannot make the group " PROVENANCE_GROUP);
  enum isw_status status = ISW_OK;
  for (size_t i = 0; i < w->head->provenance_count && status == ISW_OK; i++) {
    const struct isw_provenance *line = &w->head->provenance[i];
    if (line->text)
      status = add_text(w, group, line->name, line->text);
    else
      status = add_attribute(w, group, line->name, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, 0, &line->number);
  }
  H5Gclose(group);
  return status;
}

/* ---- datasets -------------------------------------------------------------------------------------------------------- */

/* What a dataset is, for make_dataset. */
struct plan {
  const char *name, *long_name, *units;
  hid_t file_type, memory_type;
  unsigned rank;
  enum scale scale[3];
  hsize_t chunk[3];
  const void *fill;
  bool coordinate; /* it is one, so it names none */
};

/* Creation properties: no times, attributes in order, chunks that are shuffled and compressed where there is anything. */
static hid_t dataset_properties(const struct plan *plan, const hsize_t *dims)
{
  hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_obj_track_times(properties, false);
  H5Pset_attr_creation_order(properties, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED);
  bool empty = false;
  hsize_t chunk[3];
  for (unsigned d = 0; d < plan->rank; d++) {
    empty |= dims[d] == 0;
    chunk[d] = plan->chunk[d] < dims[d] ? plan->chunk[d] : dims[d];
  }
  if (!empty) {
    H5Pset_chunk(properties, (int)plan->rank, chunk);
    H5Pset_shuffle(properties);
    H5Pset_deflate(properties, COMPRESSION);
  }
  if (plan->fill) H5Pset_fill_value(properties, plan->memory_type, plan->fill);
  return properties;
}

/* Names the coordinates whose dimensions the dataset has. */
static enum isw_status add_coordinates(struct writer *w, const struct plan *plan, hid_t dataset)
{
  struct isw_text names = {0};
  const char *columns = w->coordinates.bytes ? w->coordinates.bytes : "";
  bool recorded = plan->rank > 1 && plan->scale[1] == SCALE_RECORD;
  enum isw_status status =
      isw_text_add(&names, "%s%s%s", columns, *columns && recorded ? " " : "", recorded ? "step" : "");
  status = status == ISW_OK ? add_text(w, dataset, "coordinates", names.bytes)
                            : isw_error_memory(w->error, strlen(columns), "names of coordinates");
  isw_text_clear(&names);
  return status;
}

static struct isw_chunk_layout layout_of(const struct writer *w, const struct plan *plan, hid_t dataset)
{
  struct isw_chunk_layout layout = {
      .dataset = dataset, .rank = plan->rank, .item = H5Tget_size(plan->memory_type), .fill = plan->fill};
  for (unsigned d = 0; d < plan->rank; d++) {
    layout.dims[d] = w->dims[plan->scale[d]];
    layout.chunk[d] = smaller(plan->chunk[d], layout.dims[d]);
  }
  return layout;
}

static enum isw_status make_dataset(struct writer *w, const struct plan *plan, hid_t *dataset)
{
  hsize_t dims[3];
  for (unsigned d = 0; d < plan->rank; d++) dims[d] = w->dims[plan->scale[d]];
  if (H5Lexists(w->file, plan->name, H5P_DEFAULT) > 0)
    return isw_error_set(w->error, ISW_FAILED, "%s: two datasets would be named '%s'", w->path, plan->name);
  hid_t space = H5Screate_simple((int)plan->rank, dims, NULL), properties = dataset_properties(plan, dims);
  *dataset = H5Dcreate2(w->file, plan->name, plan->file_type, space, H5P_DEFAULT, properties, H5P_DEFAULT);
  enum isw_status status = *dataset < 0 ? refuse(w, "cannot create a dataset") : ISW_OK;
  H5Pclose(properties);
  H5Sclose(space);
  if (status == ISW_OK) status = add_text(w, *dataset, "long_name", plan->long_name);
  if (status == ISW_OK) status = add_text(w, *dataset, "units", plan->units);
  if (status == ISW_OK && !plan->coordinate) status = add_coordinates(w, plan, *dataset);
  if (status == ISW_OK && plan->fill)
    status = add_attribute(w, *dataset, "_FillValue", plan->file_type, plan->memory_type, 0, plan->fill);
  return status;
}

/* Ties a dataset's dimensions to the scales. */
static enum isw_status attach(struct writer *w, const struct plan *plan, hid_t dataset)
{
  for (unsigned d = 0; d < plan->rank; d++)
    if (H5DSattach_scale(dataset, w->scales[plan->scale[d]], d) < 0) return refuse(w, "cannot attach a dimension");
  return ISW_OK;
}

/* Writes whole chunks from start on. */
static enum isw_status write_chunks(struct writer *w, const struct isw_chunk_layout *layout, const hsize_t *start,
                                    const hsize_t *count, const void *numbers)
{
  bool memory;
  if (isw_chunks_write(w->compressor, layout, start, count, numbers, &memory) && !w->problem) return ISW_OK;
  return memory ? isw_error_memory(w->error, layout->item, "chunks of the results file") : refuse(w, "cannot write");
}

/* A scale holds first, first + 1, ... */
static enum isw_status make_scale(struct writer *w, enum scale scale, const char *name, const char *long_name,
                                  int64_t first)
{
  struct plan plan = {.name = name,
                      .long_name = long_name,
                      .file_type = H5T_STD_I64LE,
                      .rank = 1,
                      .scale = {scale},
                      .memory_type = H5T_NATIVE_INT64,
                      .chunk = {NETWORK_CHUNK},
                      .coordinate = true};
  enum isw_status status = make_dataset(w, &plan, &w->scales[scale]);
  if (status != ISW_OK) return status;
  if (H5DSset_scale(w->scales[scale], name) < 0) return refuse(w, "cannot make a dimension");
  hsize_t all = w->dims[scale];
  int64_t *numbers = isw_allocate(NETWORK_CHUNK, sizeof *numbers);
  if (!numbers) return isw_error_memory(w->error, NETWORK_CHUNK * sizeof *numbers, "a dimension");
  const struct isw_chunk_layout layout = layout_of(w, &plan, w->scales[scale]);
  for (hsize_t start = 0, count; start < all && status == ISW_OK; start += count) {
    count = smaller(all - start, NETWORK_CHUNK);
    for (hsize_t i = 0; i < count; i++) numbers[i] = first + (int64_t)(start + i);
    status = write_chunks(w, &layout, &start, &count, numbers);
  }
  free(numbers);
  return status;
}

static enum isw_status make_scales(struct writer *w)
{
  enum isw_status status = make_scale(w, SCALE_NETWORK, "network", "number of the network in grid order", 0);
  if (status == ISW_OK) status = make_scale(w, SCALE_RECORD, "record", "number of the record", 0);
  if (status == ISW_OK) status = make_scale(w, SCALE_LAYER, "layer", "weight layer, 1 at the inputs", 1);
  bool parameters = w->head->keep_initial || w->head->keep_final;
  for (size_t q = 0; q < w->head->quantity_count; q++) parameters = parameters || w->head->quantities[q].per_parameter;
  if (status == ISW_OK && parameters)
    status = make_scale(w, SCALE_PARAMETER, "parameter",
                        "layer after layer: weight [fan_out][fan_in] row-major, then bias [fan_out]", 0);
  return status;
}

/* Makes a dataset along `network` that is written block by block. */
static enum isw_status make_output(struct writer *w, const struct plan *plan, struct output *output)
{
  hid_t dataset = H5I_INVALID_HID;
  enum isw_status status = make_dataset(w, plan, &dataset);
  if (status == ISW_OK) status = attach(w, plan, dataset);
  if (status != ISW_OK) return status;
  *output = (struct output){.memory_type = plan->memory_type, .layout = layout_of(w, plan, dataset), .items = 1};
  for (unsigned d = 1; d < plan->rank; d++) output->items *= output->layout.dims[d];
  size_t row = output->layout.item * output->items;
  output->block = isw_allocate(w->block, row);
  return output->block ? ISW_OK : isw_error_memory(w->error, w->block * row, "a block of networks");
}

/* Whether all of a column's values are whole numbers that int64 holds. */
static bool all_integers(const struct isw_results_head *head, size_t column)
{
  static const double most = 9007199254740992.0; /* 2^53: above it a double is not the number that was meant */
  for (uint64_t network = 0; network < head->networks; network++) {
    double value = head->coordinate(head->context, column, network);
    if (!(fabs(value) <= most) || value != floor(value)) return false;
  }
  return true;
}

static enum isw_status make_coordinate(struct writer *w, size_t column)
{
  const struct isw_coordinate *from = &w->head->coordinates[column];
  struct plan plan = {.name = from->name,
                      .long_name = from->long_name,
                      .rank = 1,
                      .scale = {SCALE_NETWORK},
                      .chunk = {w->column_networks},
                      .coordinate = true,
                      .file_type = H5T_IEEE_F64LE,
                      .memory_type = H5T_NATIVE_DOUBLE};
  if (from->type == 2) {
    plan.file_type = plan.memory_type = w->text;
  } else if (from->type == 0 && all_integers(w->head, column)) {
    plan.file_type = H5T_STD_I64LE;
    plan.memory_type = H5T_NATIVE_INT64;
  }
  struct output *output = &w->outputs[column];
  enum isw_status status = make_output(w, &plan, output);
  if (status == ISW_OK) status = add_text(w, output->layout.dataset, "path", from->path);
  if (status == ISW_OK && isw_text_add(&w->coordinates, "%s%s", column ? " " : "", from->name) != ISW_OK)
    status = isw_error_memory(w->error, strlen(from->name), "names of coordinates");
  return status;
}

static enum isw_status make_status(struct writer *w, struct output *output)
{
  struct plan plan = {.name = "status",
                      .long_name = "how the network's training ended",
                      .rank = 1,
                      .file_type = H5T_STD_I8LE,
                      .memory_type = H5T_NATIVE_INT8,
                      .scale = {SCALE_NETWORK},
                      .chunk = {w->column_networks}};
  int8_t values[ISW_NETWORK_STATUSES];
  struct isw_text names = {0};
  enum isw_status status = make_output(w, &plan, output);
  for (int s = 0; s < ISW_NETWORK_STATUSES && status == ISW_OK; s++) {
    values[s] = (int8_t)s;
    if (isw_text_add(&names, "%s%s", s ? " " : "", isw_status_name((enum isw_network_status)s)) != ISW_OK)
      status = isw_error_memory(w->error, names.length, "names of statuses");
  }
  if (status == ISW_OK)
    status = add_attribute(w, output->layout.dataset, "flag_values", plan.file_type, plan.memory_type,
                           ISW_NETWORK_STATUSES, values);
  if (status == ISW_OK) status = add_text(w, output->layout.dataset, "flag_meanings", names.bytes);
  isw_text_clear(&names);
  return status;
}

/* step (record): written at once; step (network, record): one more output. */
static enum isw_status make_steps(struct writer *w, struct output *output)
{
  const struct isw_results_head *head = w->head;
  struct plan plan = {.name = "step",
                      .long_name = "optimiser steps before the record",
                      .units = "1",
                      .file_type = H5T_STD_I64LE,
                      .memory_type = H5T_NATIVE_INT64,
                      .coordinate = true};
  enum isw_status status;
  if (head->schedule_varies) {
    plan.rank = 2;
    plan.scale[0] = SCALE_NETWORK, plan.scale[1] = SCALE_RECORD;
    plan.chunk[0] = w->chunk_networks, plan.chunk[1] = w->chunk_records;
    plan.fill = &no_int64;
    status = make_output(w, &plan, output);
  } else {
    plan.rank = 1;
    plan.scale[0] = SCALE_RECORD;
    plan.chunk[0] = NETWORK_CHUNK;
    hid_t dataset = H5I_INVALID_HID;
    status = make_dataset(w, &plan, &dataset);
    if (status == ISW_OK) status = attach(w, &plan, dataset);
    if (status == ISW_OK && head->networks && head->records_max) {
      const uint64_t *steps;
      if (head->schedule(head->context, 0, &steps) != head->records_max)
        return isw_error_set(w->error, ISW_FAILED, "%s: the schedule does not have %zu records", w->path,
                             head->records_max);
      if (H5Dwrite(dataset, H5T_NATIVE_UINT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, steps) < 0)
        status = refuse(w, "cannot write the schedule");
    }
  }
  return status;
}

static enum isw_status make_fixed(struct writer *w)
{
  struct output *out = w->outputs + w->head->coordinate_count;
  size_t layer_chunk = part_of_chunk(w, larger(1, SMALL_CHUNK_BYTES / (w->head->layers_max * sizeof(int32_t))));
  const struct plan features = {.name = "features",
                                .long_name = "inputs of the network",
                                .units = "1",
                                .rank = 1,
                                .file_type = H5T_STD_I32LE,
                                .memory_type = H5T_NATIVE_INT32,
                                .scale = {SCALE_NETWORK},
                                .chunk = {w->column_networks}};
  const struct plan layer_size = {.name = "layer_size",
                                  .long_name = "units of the weight layer (its fan_out)",
                                  .units = "1",
                                  .rank = 2,
                                  .file_type = H5T_STD_I32LE,
                                  .memory_type = H5T_NATIVE_INT32,
                                  .scale = {SCALE_NETWORK, SCALE_LAYER},
                                  .chunk = {layer_chunk, w->head->layers_max},
                                  .fill = &no_int32};
  const struct plan id = {.name = "id",
                          .long_name = "identity: hash of all that decides the trajectory",
                          .rank = 1,
                          .file_type = H5T_STD_U64LE,
                          .memory_type = H5T_NATIVE_UINT64,
                          .scale = {SCALE_NETWORK},
                          .chunk = {w->column_networks}};
  const struct plan steps_done = {.name = "steps_done",
                                  .long_name = "optimiser steps taken",
                                  .units = "1",
                                  .rank = 1,
                                  .file_type = H5T_STD_I64LE,
                                  .memory_type = H5T_NATIVE_INT64,
                                  .scale = {SCALE_NETWORK},
                                  .chunk = {w->column_networks},
                                  .fill = &no_int64};
  enum isw_status status = make_output(w, &features, &out[OUT_FEATURES]);
  if (status == ISW_OK) status = make_output(w, &layer_size, &out[OUT_LAYER_SIZE]);
  if (status == ISW_OK) status = make_output(w, &id, &out[OUT_ID]);
  if (status == ISW_OK) status = make_status(w, &out[OUT_STATUS]);
  if (status == ISW_OK) status = make_output(w, &steps_done, &out[OUT_STEPS_DONE]);
  if (status == ISW_OK) status = make_steps(w, &out[OUT_STEP]);
  return status;
}

static enum isw_status make_quantity(struct writer *w, const struct isw_quantity *quantity, struct output *output)
{
  size_t real = w->head->real_bytes;
  struct plan plan = {.name = quantity->name,
                      .long_name = quantity->long_name,
                      .units = quantity->units,
                      .rank = 1,
                      .scale = {SCALE_NETWORK},
                      .chunk = {w->chunk_networks}};
  if (!quantity->per_run) {
    plan.scale[plan.rank] = SCALE_RECORD;
    plan.chunk[plan.rank++] = w->chunk_records;
  }
  if (quantity->per_layer) {
    plan.scale[plan.rank] = SCALE_LAYER;
    plan.chunk[plan.rank++] = w->head->layers_max;
  }
  if (quantity->per_parameter) {
    plan.scale[plan.rank] = SCALE_PARAMETER;
    plan.chunk[plan.rank++] = w->head->parameters_max;
  }
  if (plan.rank == 3) {
    size_t one = larger(1, w->chunk_records) * (size_t)plan.chunk[2] * real;
    plan.chunk[0] = part_of_chunk(w, larger(1, LAYER_CHUNK_BYTES / one));
  }
  plan.file_type = quantity->integer ? H5T_STD_I32LE : w->real;
  plan.memory_type = quantity->integer        ? H5T_NATIVE_INT32
                     : real == sizeof(double) ? H5T_NATIVE_DOUBLE
                                              : H5T_NATIVE_FLOAT;
  plan.fill = quantity->integer ? (const void *)&no_int32 : &w->nan;
  return make_output(w, &plan, output);
}

static enum isw_status make_weights(struct writer *w, const char *name, const char *long_name, struct weights *weights)
{
  size_t real = w->head->real_bytes;
  struct plan plan = {.name = name,
                      .long_name = long_name,
                      .units = "1",
                      .rank = 2,
                      .file_type = w->real,
                      .memory_type = real == sizeof(double) ? H5T_NATIVE_DOUBLE : H5T_NATIVE_FLOAT,
                      .scale = {SCALE_NETWORK, SCALE_PARAMETER},
                      .chunk = {w->weight_networks, w->weight_parameters},
                      .fill = &w->nan};
  hid_t dataset = H5I_INVALID_HID;
  enum isw_status status = make_dataset(w, &plan, &dataset);
  if (status == ISW_OK) status = attach(w, &plan, dataset);
  if (status != ISW_OK) return status;
  weights->layout = layout_of(w, &plan, dataset);
  size_t row;
  if (!isw_multiply(w->head->parameters_max, real, &row) || !(weights->rows = isw_allocate(w->weight_rows, row)))
    return isw_error_memory(w->error, w->head->parameters_max, "weights");
  return ISW_OK;
}

static enum isw_status make_datasets(struct writer *w)
{
  const struct isw_results_head *head = w->head;
  enum isw_status status = make_scales(w);
  for (size_t c = 0; c < head->coordinate_count && status == ISW_OK; c++) status = make_coordinate(w, c);
  if (status == ISW_OK) status = make_fixed(w);
  for (size_t q = 0; q < head->quantity_count && status == ISW_OK; q++)
    status = make_quantity(w, &head->quantities[q], &w->outputs[head->coordinate_count + FIXED_OUTPUTS + q]);
  if (status == ISW_OK && head->keep_initial)
    status = make_weights(w, "weights_initial", "weights and biases before the first step", &w->initial);
  if (status == ISW_OK && head->keep_final)
    status = make_weights(w, "weights_final", "weights and biases after the last step", &w->final);
  return status;
}

/* ---- shapes of blocks and chunks ---------------------------------------------------------------------------------------- */

/* The same number of chunks, no larger, with little beyond the last network. */
static size_t evened(size_t networks, size_t chunk)
{
  size_t pieces = (networks + chunk - 1) / chunk, even = (networks + pieces - 1) / pieces;
  return smaller(chunk, (even + CHUNK_STEP - 1) / CHUNK_STEP * CHUNK_STEP);
}

/* A trajectory lies in at most RECORD_PIECES chunks and a step across all networks in about one RECORD_PIECES-th of them. */
static void choose_chunks(struct writer *w)
{
  const struct isw_results_head *head = w->head;
  size_t real = head->real_bytes, networks = larger(1, head->networks), records = larger(1, head->records_max);
  size_t row = (head->coordinate_count + FIXED_OUTPUTS) * sizeof(double) + head->layers_max * sizeof(int32_t) +
               head->records_max * sizeof(int64_t);
  for (size_t q = 0; q < head->quantity_count; q++)
    row += isw_quantity_records(&head->quantities[q], head->records_max) *
           isw_quantity_width(&head->quantities[q], head->layers_max, head->parameters_max) * real;
  size_t block = power_below(larger(1, BLOCK_BYTES / row));
  size_t pieces = larger((records + RECORD_PIECES - 1) / RECORD_PIECES, smaller(records, FEWEST_RECORDS));
  size_t chunk = smaller(block, power_below(larger(1, CHUNK_BYTES / (pieces * real))));
  if (chunk >= networks) { /* few networks: longer pieces instead */
    chunk = networks;
    pieces = larger(pieces, smaller(records, SMALL_CHUNK_BYTES / (chunk * real)));
  } else {
    chunk = evened(networks, chunk);
  }
  w->chunk_networks = chunk;
  w->chunk_records = pieces;
  w->block = chunk * power_below(larger(1, block / chunk)); /* whole chunks of every dataset */
  w->column_networks = chunk;
  while (w->column_networks < w->block && 2 * w->column_networks <= NETWORK_CHUNK) w->column_networks *= 2;
  size_t parameters = smaller(larger(1, head->parameters_max), SMALL_CHUNK_BYTES / real);
  size_t one = parameters * real, all = larger(1, head->parameters_max) * real;
  w->weight_parameters = parameters;
  w->weight_networks = part_of_chunk(w, larger(1, SMALL_CHUNK_BYTES / one));
  w->weight_rows = w->weight_networks * larger(1, ROWS_BYTES / (w->weight_networks * all));
  w->block = smaller(w->block, networks);
  size_t kept = (head->keep_initial ? 1 : 0) + (head->keep_final ? 1 : 0);
  double bytes = (double)networks * ((double)row + (double)(kept * head->parameters_max * real));
  w->compressor = isw_chunk_compressor_create(larger(1, head->threads), bytes < THRIFTY_BYTES);
}

/* ---- numbers of a block ----------------------------------------------------------------------------------------------------- */

static void *cell(const struct output *output, size_t row)
{
  return output->block + row * output->items * output->layout.item;
}

static void fill_block(const struct output *output, size_t count)
{
  const struct isw_chunk_layout *layout = &output->layout;
  isw_chunks_fill(output->block, count * output->items, layout->item, layout->fill);
}

/* Copies numbers; a NaN becomes the one NaN whose bits the format knows. */
static void copy_reals(const struct writer *w, unsigned char *restrict to, const unsigned char *restrict from,
                       size_t count)
{
  if (w->head->real_bytes == sizeof(float)) {
    for (size_t i = 0; i < count; i++) {
      float value;
      memcpy(&value, from + i * sizeof value, sizeof value);
      value = value == value ? value : w->nan.narrow;
      memcpy(to + i * sizeof value, &value, sizeof value);
    }
  } else {
    for (size_t i = 0; i < count; i++) {
      double value;
      memcpy(&value, from + i * sizeof value, sizeof value);
      value = value == value ? value : w->nan.wide;
      memcpy(to + i * sizeof value, &value, sizeof value);
    }
  }
}

static enum isw_status misfit(struct writer *w, uint64_t network, const char *what)
{
  return isw_error_set(w->error, ISW_FAILED, "%s: the journal's network %llu does not fit the sweep: %s", w->path,
                       (unsigned long long)network, what);
}

/* What the sweep says of a network, finished or not. */
static enum isw_status put_known(struct writer *w, uint64_t network, size_t row)
{
  const struct isw_results_head *head = w->head;
  for (size_t c = 0; c < head->coordinate_count; c++) {
    const struct isw_coordinate *column = &head->coordinates[c];
    double value = head->coordinate(head->context, c, network);
    void *place = cell(&w->outputs[c], row);
    if (column->type == 2) {
      if (!(value >= 0 && value < (double)column->text_count))
        return isw_error_set(w->error, ISW_FAILED, "%s: '%s' of network %llu is no text of the sweep", w->path,
                             column->name, (unsigned long long)network);
      *(const char **)place = column->texts[(size_t)value];
    } else if (w->outputs[c].memory_type == H5T_NATIVE_INT64) {
      *(int64_t *)place = (int64_t)value;
    } else {
      *(double *)place = value == value ? value : (double)NAN;
    }
  }
  const struct output *out = w->outputs + head->coordinate_count;
  const size_t *sizes;
  size_t layers = head->sizes(head->context, network, &sizes);
  if (layers == 0) return isw_error_memory(w->error, sizeof(struct isw_finished), "a network's sizes");
  if (layers > head->layers_max)
    return isw_error_set(w->error, ISW_FAILED, "%s: network %llu has more than %zu layers", w->path,
                         (unsigned long long)network, head->layers_max);
  *(int32_t *)cell(&out[OUT_FEATURES], row) = (int32_t)sizes[0];
  int32_t *layer_size = cell(&out[OUT_LAYER_SIZE], row);
  for (size_t k = 0; k < layers; k++) layer_size[k] = (int32_t)sizes[k + 1];
  *(uint64_t *)cell(&out[OUT_ID], row) = head->id(head->context, network);
  *(int8_t *)cell(&out[OUT_STATUS], row) = (int8_t)head->absent;
  if (head->schedule_varies) {
    const uint64_t *steps;
    size_t records = head->schedule(head->context, network, &steps);
    if (records > head->records_max)
      return isw_error_set(w->error, ISW_FAILED, "%s: network %llu has more than %zu records", w->path,
                           (unsigned long long)network, head->records_max);
    int64_t *step = cell(&out[OUT_STEP], row);
    for (size_t r = 0; r < records; r++) step[r] = (int64_t)steps[r];
  }
  return ISW_OK;
}

/* What a finished network left. */
static enum isw_status put_finished(struct writer *w, const struct isw_finished *finished, size_t row)
{
  const struct isw_results_head *head = w->head;
  struct output *out = w->outputs + head->coordinate_count;
  if (finished->id != *(uint64_t *)cell(&out[OUT_ID], row)) return misfit(w, finished->number, "its id differs");
  if (finished->records > head->records_max || finished->layers > head->layers_max ||
      finished->parameters > head->parameters_max)
    return misfit(w, finished->number, "it has more records, layers or parameters");
  if (!isw_status_is_finished((enum isw_network_status)finished->status))
    return misfit(w, finished->number, "its status is unknown");
  *(int8_t *)cell(&out[OUT_STATUS], row) = (int8_t)finished->status;
  *(int64_t *)cell(&out[OUT_STEPS_DONE], row) = (int64_t)finished->steps_done;
  struct isw_record_layout layout = {.records = finished->records,
                                     .layers = finished->layers,
                                     .parameters = (size_t)finished->parameters,
                                     .real_bytes = head->real_bytes};
  for (size_t q = 0; q < head->quantity_count; q++) isw_record_layout_add(&layout, &head->quantities[q]);
  if (layout.bytes != finished->values_bytes)
    return misfit(w, finished->number,
                  finished->values_bytes < layout.bytes ? "it has fewer numbers" : "it has more numbers");
  layout.bytes = 0;
  for (size_t q = 0; q < head->quantity_count; q++) {
    const struct output *output = &out[FIXED_OUTPUTS + q];
    const struct isw_quantity *quantity = &head->quantities[q];
    struct isw_record_place place = isw_record_layout_add(&layout, quantity);
    const unsigned char *from = (const unsigned char *)finished->values + place.offset;
    size_t stride = isw_quantity_width(quantity, head->layers_max, head->parameters_max);
    size_t lines = quantity->per_run ? 1 : finished->records_done, line = place.width;
    if (place.width == stride) line *= lines, lines = lines > 0; /* they follow each other in both */
    for (size_t r = 0; r < lines; r++) {
      unsigned char *to = (unsigned char *)cell(output, row) + r * stride * output->layout.item;
      if (quantity->integer)
        memcpy(to, from + r * place.width * place.item, line * place.item);
      else
        copy_reals(w, to, from + r * place.width * place.item, line);
    }
  }
  return ISW_OK;
}

static enum isw_status put_weights(struct writer *w, const struct isw_finished *finished, size_t row)
{
  const struct isw_results_head *head = w->head;
  if (!head->keep_initial && !head->keep_final) return ISW_OK;
  if ((head->keep_initial && !finished->weights_initial) || (head->keep_final && !finished->weights_final))
    return misfit(w, finished->number, "its weights were not kept");
  size_t offset = row * head->parameters_max * head->real_bytes;
  if (head->keep_initial) copy_reals(w, w->initial.rows + offset, finished->weights_initial, finished->parameters);
  if (head->keep_final) copy_reals(w, w->final.rows + offset, finished->weights_final, finished->parameters);
  w->parameters[row] = finished->parameters;
  return ISW_OK;
}

/* ---- writing ----------------------------------------------------------------------------------------------------------------- */

/* Texts, which HDF5 keeps in a heap of its own, go through its own pipeline. */
static enum isw_status write_texts(struct writer *w, const struct output *output, uint64_t first, size_t networks)
{
  hid_t space = H5Dget_space(output->layout.dataset);
  hsize_t start = first, count = networks;
  hid_t memory = H5Screate_simple(1, &count, NULL);
  enum isw_status status = ISW_OK;
  if (H5Sselect_hyperslab(space, H5S_SELECT_SET, &start, NULL, &count, NULL) < 0 ||
      H5Dwrite(output->layout.dataset, output->memory_type, memory, space, H5P_DEFAULT, output->block) < 0 ||
      w->problem)
    status = refuse(w, "cannot write");
  H5Sclose(memory);
  H5Sclose(space);
  return status;
}

static enum isw_status write_block(struct writer *w, uint64_t first, size_t networks)
{
  enum isw_status status = ISW_OK;
  for (size_t o = 0; o < w->output_count && status == ISW_OK; o++) {
    const struct output *output = &w->outputs[o];
    if (output->items == 0 || !output->block) continue; /* nothing recorded, or step (record) */
    hsize_t start[3] = {first, 0, 0}, count[3] = {networks, output->layout.dims[1], output->layout.dims[2]};
    if (output->memory_type == w->text)
      status = write_texts(w, output, first, networks);
    else
      status = write_chunks(w, &output->layout, start, count, output->block);
  }
  return status;
}

/* Writes the rows held, but no chunk that would hold padding only: unwritten ones read as fill values. */
static enum isw_status write_rows(struct writer *w, const struct weights *weights, uint64_t first, size_t networks)
{
  if (!weights->rows) return ISW_OK;
  hsize_t all = w->head->parameters_max;
  enum isw_status status = ISW_OK;
  for (size_t row = 0; row < networks && status == ISW_OK; row += w->weight_networks) {
    size_t rows = smaller(w->weight_networks, networks - row);
    uint64_t most = 0;
    for (size_t i = 0; i < rows; i++) most = larger(most, w->parameters[row + i]);
    if (most == 0) continue;
    hsize_t chunks = (most + w->weight_parameters - 1) / w->weight_parameters;
    hsize_t start[2] = {first + row, 0}, count[2] = {rows, smaller(chunks * w->weight_parameters, all)};
    status = write_chunks(w, &weights->layout, start, count, weights->rows + row * all * w->head->real_bytes);
  }
  return status;
}

static void clear_rows(struct writer *w, size_t networks)
{
  const struct weights *both[] = {&w->initial, &w->final};
  for (size_t i = 0; i < 2; i++)
    if (both[i]->rows) isw_chunks_fill(both[i]->rows, networks * w->head->parameters_max, w->head->real_bytes, &w->nan);
  memset(w->parameters, 0, networks * sizeof *w->parameters);
}

static enum isw_status write_networks(struct writer *w)
{
  const struct isw_results_head *head = w->head;
  enum isw_status status = ISW_OK;
  for (uint64_t first = 0; first < head->networks && status == ISW_OK; first += w->block) {
    size_t networks = (size_t)smaller(w->block, head->networks - first);
    for (size_t o = 0; o < w->output_count; o++)
      if (w->outputs[o].layout.fill) fill_block(&w->outputs[o], networks);
    for (size_t start = 0; start < networks && status == ISW_OK; start += w->weight_rows) {
      size_t rows = smaller(w->weight_rows, networks - start);
      clear_rows(w, rows);
      for (size_t row = 0; row < rows && status == ISW_OK; row++) {
        uint64_t network = first + start + row;
        struct isw_finished finished;
        status = put_known(w, network, start + row);
        if (status != ISW_OK || !isw_index_has(w->index, network)) continue;
        status = isw_index_read(w->index, network, &finished, w->error);
        if (status == ISW_OK) status = put_finished(w, &finished, start + row);
        if (status == ISW_OK) status = put_weights(w, &finished, row);
      }
      if (status == ISW_OK) status = write_rows(w, &w->initial, first + start, rows);
      if (status == ISW_OK) status = write_rows(w, &w->final, first + start, rows);
    }
    if (status == ISW_OK) status = write_block(w, first, networks);
    if (status == ISW_OK && head->progress) head->progress(head->context, first + networks);
  }
  return status;
}

/* ---- the file ------------------------------------------------------------------------------------------------------------------ */

static enum isw_status create_file(struct writer *w)
{
  hid_t creation = H5Pcreate(H5P_FILE_CREATE), access = H5Pcreate(H5P_FILE_ACCESS);
  H5Pset_obj_track_times(creation, false);
  H5Pset_link_creation_order(creation, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED);
  H5Pset_attr_creation_order(creation, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED);
  H5Pset_libver_bounds(access, H5F_LIBVER_V18, H5F_LIBVER_V110); /* the same bytes from newer libraries */
  H5Pset_fclose_degree(access, H5F_CLOSE_STRONG);
  w->driver = isw_hdf5_deferred_error_vfd(access, &w->problem);
  w->file = H5Fcreate(w->temporary, H5F_ACC_TRUNC, creation, access);
  enum isw_status status = w->file < 0 ? refuse(w, "cannot create this file") : ISW_OK;
  H5Pclose(creation);
  H5Pclose(access);
  return status;
}

static enum isw_status write_file(struct writer *w)
{
  const struct isw_results_head *head = w->head;
  choose_chunks(w);
  w->output_count = head->coordinate_count + FIXED_OUTPUTS + head->quantity_count;
  w->outputs = isw_allocate(w->output_count, sizeof *w->outputs);
  w->parameters = isw_allocate(w->weight_rows, sizeof *w->parameters);
  if (!w->outputs || !w->parameters || !w->compressor)
    return isw_error_memory(w->error, w->output_count * sizeof *w->outputs, "the results file");
  w->dims[SCALE_NETWORK] = head->networks;
  w->dims[SCALE_RECORD] = head->records_max;
  w->dims[SCALE_LAYER] = head->layers_max;
  w->dims[SCALE_PARAMETER] = head->parameters_max;
  enum isw_status status = create_file(w);
  if (status != ISW_OK) return status;
  status = add_root_attributes(w);
  if (status == ISW_OK) status = make_datasets(w);
  if (status == ISW_OK) status = write_networks(w);
  if (status == ISW_OK) status = add_provenance(w);
  if ((H5Fclose(w->file) < 0 || w->problem) && status == ISW_OK) status = refuse(w, "cannot close this file");
  return status;
}

static void free_writer(struct writer *w)
{
  for (size_t o = 0; w->outputs && o < w->output_count; o++) free(w->outputs[o].block);
  free(w->outputs);
  free(w->parameters);
  isw_chunk_compressor_destroy(w->compressor);
  free(w->initial.rows);
  free(w->final.rows);
  isw_text_clear(&w->coordinates);
}

static enum isw_status sync_file(const char *path, struct isw_error *error)
{
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  bool failed = fd < 0 || (fsync(fd) != 0 && errno != EINVAL);
  enum isw_status status = failed ? isw_error_system(error, path, "cannot sync") : ISW_OK;
  if (fd >= 0) close(fd);
  return status;
}

/* Writes the file under a name that isw_open_new has made. */
static enum isw_status write_temporary(const char *path, const char *temporary, const struct isw_results_head *head,
                                       struct isw_index *index, struct isw_error *error)
{
  struct isw_hdf5_silence silence;
  isw_hdf5_silence_begin(&silence);
  bool wide = head->real_bytes == sizeof(double);
  struct writer w = {.head = head,
                     .index = index,
                     .error = error,
                     .path = path,
                     .temporary = temporary,
                     .driver = H5I_INVALID_HID,
                     .file = H5I_INVALID_HID,
                     .text = isw_hdf5_text_type(),
                     .real = wide ? H5T_IEEE_F64LE : H5T_IEEE_F32LE};
  if (wide)
    w.nan.wide = (double)NAN;
  else
    w.nan.narrow = NAN;
  enum isw_status status = write_file(&w);
  if (w.driver >= 0) H5FDunregister(w.driver); /* the file is closed on every path */
  free_writer(&w);
  H5Tclose(w.text);
  isw_hdf5_silence_end(&silence);
  return status == ISW_OK ? sync_file(temporary, error) : status;
}

static enum isw_status may_replace(void *context, const char *path, struct isw_error *error)
{
  const struct isw_results_head *head = context;
  return isw_results_may_replace(path, head->identity, head->extends, error);
}

enum isw_status isw_results_write(const char *path, const struct isw_results_head *head, struct isw_index *index,
                                  struct isw_error *error)
{
  char *temporary;
  enum isw_status status = isw_results_may_replace(path, head->identity, head->extends, error);
  if (status != ISW_OK) return status;
  int fd = isw_open_new(path, 0666, &temporary);
  if (fd < 0) return isw_error_system(error, path, "cannot create this file");
  close(fd); /* HDF5 opens it by its name */
  status = write_temporary(path, temporary, head, index, error);
  if (status == ISW_OK)
    status = isw_output_publish(temporary, path, may_replace, (void *)(uintptr_t)head, error);
  else
    unlink(temporary);
  free(temporary);
  return status;
}
