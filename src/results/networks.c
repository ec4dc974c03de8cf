/* Writes networks block by block: what the sweep determines of each, and what the journal has of finished ones. */
#include <math.h>
#include <string.h>
#include "results_internal.h"

static void *cell(const struct isw_output *output, size_t row)
{
  return output->block + row * output->items * output->layout.item;
}

static void fill_block(const struct isw_output *output, size_t count)
{
  const struct isw_chunk_layout *layout = &output->layout;
  isw_chunks_fill(output->block, count * output->items, layout->item, layout->fill);
}

/* Stores what the sweep determines of a network, finished or not. */
static enum isw_status put_known(struct isw_writer *w, uint64_t network, size_t row)
{
  const struct isw_results_head *head = w->head;
  for (size_t c = 0; c < head->coordinate_count; c++) {
    const struct isw_coordinate *column = &head->coordinates[c];
    double value = head->coordinate(head->context, c, network);
    void *place = cell(&w->outputs[c], row);
    if (column->type == ISW_COLUMN_TEXT) {
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
  const struct isw_output *out = w->outputs + head->coordinate_count;
  const size_t *sizes;
  size_t layers = head->sizes(head->context, network, &sizes);
  if (layers == 0) return isw_error_memory(w->error, sizeof(struct isw_finished), "a network's sizes");
  if (layers > head->layers_max)
    return isw_error_set(w->error, ISW_FAILED, "%s: network %llu has more than %zu layers", w->path,
                         (unsigned long long)network, head->layers_max);
  *(int32_t *)cell(&out[ISW_OUT_FEATURES], row) = (int32_t)sizes[0];
  int32_t *layer_size = cell(&out[ISW_OUT_LAYER_SIZE], row);
  for (size_t k = 0; k < layers; k++) layer_size[k] = (int32_t)sizes[k + 1];
  *(uint64_t *)cell(&out[ISW_OUT_ID], row) = head->id(head->context, network);
  *(int8_t *)cell(&out[ISW_OUT_STATUS], row) = (int8_t)head->absent;
  if (head->schedule_varies) {
    const uint64_t *steps;
    size_t records = head->schedule(head->context, network, &steps);
    if (records > head->records_max)
      return isw_error_set(w->error, ISW_FAILED, "%s: network %llu has more than %zu records", w->path,
                           (unsigned long long)network, head->records_max);
    int64_t *step = cell(&out[ISW_OUT_STEP], row);
    for (size_t r = 0; r < records; r++) step[r] = (int64_t)steps[r];
  }
  return ISW_OK;
}

/* Stores the journal's entry of a finished network. */
static enum isw_status put_finished(struct isw_writer *w, const struct isw_finished *finished, size_t row)
{
  const struct isw_results_head *head = w->head;
  struct isw_output *out = w->outputs + head->coordinate_count;
  if (finished->id != *(uint64_t *)cell(&out[ISW_OUT_ID], row))
    return isw_writer_refuse_network(w, finished->number, "its id differs");
  if (finished->records > head->records_max || finished->layers > head->layers_max ||
      finished->parameters > head->parameters_max)
    return isw_writer_refuse_network(w, finished->number, "it has more records, layers or parameters");
  if (!isw_status_is_finished((enum isw_network_status)finished->status))
    return isw_writer_refuse_network(w, finished->number, "its status is unknown");
  *(int8_t *)cell(&out[ISW_OUT_STATUS], row) = (int8_t)finished->status;
  *(int64_t *)cell(&out[ISW_OUT_STEPS_DONE], row) = (int64_t)finished->steps_done;
  struct isw_record_layout layout = {.records = finished->records,
                                     .layers = finished->layers,
                                     .parameters = (size_t)finished->parameters,
                                     .real_bytes = head->real_bytes};
  for (size_t q = 0; q < head->quantity_count; q++) isw_record_layout_add(&layout, &head->quantities[q]);
  if (layout.bytes != finished->values_bytes)
    return isw_writer_refuse_network(
        w, finished->number, finished->values_bytes < layout.bytes ? "it has fewer numbers" : "it has more numbers");
  layout.bytes = 0;
  for (size_t q = 0; q < head->quantity_count; q++) {
    const struct isw_output *output = &out[ISW_FIXED_OUTPUTS + q];
    const struct isw_quantity *quantity = &head->quantities[q];
    struct isw_record_place place = isw_record_layout_add(&layout, quantity);
    const unsigned char *from = (const unsigned char *)finished->values + place.offset;
    size_t stride = isw_quantity_width(quantity, head->layers_max, head->parameters_max);
    size_t lines = quantity->per_run ? 1 : finished->records_done, line = place.width;
    if (place.width == stride) line *= lines, lines = lines > 0; /* contiguous in both */
    for (size_t r = 0; r < lines; r++) {
      unsigned char *to = (unsigned char *)cell(output, row) + r * stride * output->layout.item;
      if (quantity->integer)
        memcpy(to, from + r * place.width * place.item, line * place.item);
      else
        isw_writer_copy_reals(w, to, from + r * place.width * place.item, line);
    }
  }
  return ISW_OK;
}

/* Writes texts through HDF5's own pipeline, because HDF5 stores them in a separate heap. */
static enum isw_status write_texts(struct isw_writer *w, const struct isw_output *output, uint64_t first,
                                   size_t networks)
{
  hid_t space = H5Dget_space(output->layout.dataset);
  hsize_t start = first, count = networks;
  hid_t memory = H5Screate_simple(1, &count, NULL);
  enum isw_status status = ISW_OK;
  if (H5Sselect_hyperslab(space, H5S_SELECT_SET, &start, NULL, &count, NULL) < 0 ||
      H5Dwrite(output->layout.dataset, output->memory_type, memory, space, H5P_DEFAULT, output->block) < 0 ||
      w->problem)
    status = isw_writer_refuse(w, "cannot write");
  H5Sclose(memory);
  H5Sclose(space);
  return status;
}

/* Begins the hashes of the datasets that are written block by block; all of them have their attributes now. */
static enum isw_status begin_hashes(struct isw_writer *w)
{
  enum isw_status status = ISW_OK;
  for (size_t o = 0; o < w->output_count && status == ISW_OK; o++) {
    struct isw_output *output = &w->outputs[o];
    if (output->block) status = isw_writer_begin_hash(w, output->layout.dataset, output->name, &output->digest);
  }
  return status;
}

static enum isw_status end_hashes(struct isw_writer *w)
{
  const struct isw_weight_rows *weights[] = {&w->initial, &w->final};
  enum isw_status status = ISW_OK;
  for (size_t o = 0; o < w->output_count && status == ISW_OK; o++) {
    const struct isw_output *output = &w->outputs[o];
    if (output->block) status = isw_writer_end_hash(w, output->layout.dataset, output->name, output->digest);
  }
  for (size_t i = 0; i < 2 && status == ISW_OK; i++)
    if (weights[i]->rows)
      status = isw_writer_end_hash(w, weights[i]->layout.dataset, weights[i]->name, weights[i]->digest);
  return status;
}

static enum isw_status write_block(struct isw_writer *w, uint64_t first, size_t networks)
{
  enum isw_status status = ISW_OK;
  for (size_t o = 0; o < w->output_count && status == ISW_OK; o++) {
    const struct isw_output *output = &w->outputs[o];
    if (output->items == 0 || !output->block) continue; /* nothing recorded, or step (record) */
    hsize_t start[3] = {first, 0, 0}, count[3] = {networks, output->layout.dims[1], output->layout.dims[2]};
    isw_hash_values(output->digest, output->block, networks * output->items, output->layout.item,
                    output->memory_type == w->text);
    if (output->memory_type == w->text)
      status = write_texts(w, output, first, networks);
    else
      status = isw_writer_write_chunks(w, &output->layout, start, count, output->block);
  }
  return status;
}

enum isw_status isw_writer_write_networks(struct isw_writer *w)
{
  const struct isw_results_head *head = w->head;
  enum isw_status status = begin_hashes(w);
  for (uint64_t first = 0; first < head->networks && status == ISW_OK; first += w->block) {
    size_t networks = (size_t)isw_smaller(w->block, head->networks - first);
    for (size_t o = 0; o < w->output_count; o++)
      if (w->outputs[o].layout.fill) fill_block(&w->outputs[o], networks);
    for (size_t start = 0; start < networks && status == ISW_OK; start += w->weight_rows) {
      size_t rows = isw_smaller(w->weight_rows, networks - start);
      isw_writer_clear_weights(w, rows);
      for (size_t row = 0; row < rows && status == ISW_OK; row++) {
        uint64_t network = first + start + row;
        struct isw_finished finished;
        status = isw_check_interrupted(w->error);
        if (status == ISW_OK) status = put_known(w, network, start + row);
        if (status != ISW_OK || !isw_index_has(w->index, network)) continue;
        status = isw_index_read(w->index, network, &finished, w->error);
        if (status == ISW_OK) status = put_finished(w, &finished, start + row);
        if (status == ISW_OK) status = isw_writer_put_weights(w, &finished, row);
      }
      if (status == ISW_OK) status = isw_writer_write_weights(w, &w->initial, first + start, rows);
      if (status == ISW_OK) status = isw_writer_write_weights(w, &w->final, first + start, rows);
    }
    if (status == ISW_OK) status = write_block(w, first, networks);
    if (status == ISW_OK && head->progress) head->progress(head->context, first + networks);
  }
  return status == ISW_OK ? end_hashes(w) : status;
}
