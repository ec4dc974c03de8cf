/* Puts a block of networks into rows: what the sweep determines of each, and what the index has of finished ones. */
#include <math.h>
#include <string.h>
#include "results_internal.h"

void isw_part_maker_copy_reals(const struct isw_part_maker *m, unsigned char *restrict to,
                               const unsigned char *restrict from, size_t count)
{
  const struct isw_outline *o = &m->outline;
  if (o->head->real_bytes == sizeof(float)) {
    for (size_t i = 0; i < count; i++) {
      float value;
      memcpy(&value, from + i * sizeof value, sizeof value);
      value = value == value ? value : o->nan.narrow;
      memcpy(to + i * sizeof value, &value, sizeof value);
    }
  } else {
    for (size_t i = 0; i < count; i++) {
      double value;
      memcpy(&value, from + i * sizeof value, sizeof value);
      value = value == value ? value : o->nan.wide;
      memcpy(to + i * sizeof value, &value, sizeof value);
    }
  }
}

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
static enum isw_status put_known(struct isw_part_maker *m, uint64_t network, size_t row)
{
  const struct isw_outline *o = &m->outline;
  const struct isw_results_head *head = o->head;
  for (size_t c = 0; c < head->coordinate_count; c++) {
    const struct isw_coordinate *column = &head->coordinates[c];
    double value = head->coordinate(head->context, c, network);
    void *place = cell(&o->outputs[c], row);
    if (column->type == ISW_COLUMN_TEXT) {
      if (!(value >= 0 && value < (double)column->text_count))
        return isw_error_set(o->error, ISW_FAILED, "%s: '%s' of network %llu is no text of the sweep", o->path,
                             column->name, (unsigned long long)network);
      *(const char **)place = column->texts[(size_t)value];
    } else if (o->outputs[c].memory_type == H5T_NATIVE_INT64) {
      *(int64_t *)place = (int64_t)value;
    } else {
      *(double *)place = value == value ? value : (double)NAN;
    }
  }
  const struct isw_output *out = o->outputs + head->coordinate_count;
  const size_t *sizes;
  size_t layers = head->sizes(head->context, network, &sizes);
  if (layers == 0) return isw_error_memory(o->error, sizeof(struct isw_finished), "a network's sizes");
  if (layers > head->layers_max)
    return isw_error_set(o->error, ISW_FAILED, "%s: network %llu has more than %zu layers", o->path,
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
      return isw_error_set(o->error, ISW_FAILED, "%s: network %llu has more than %zu records", o->path,
                           (unsigned long long)network, head->records_max);
    int64_t *step = cell(&out[ISW_OUT_STEP], row);
    for (size_t r = 0; r < records; r++) step[r] = (int64_t)steps[r];
    size_t snapshots = head->snapshots_max ? head->snapshots(head->context, network, &steps) : 0;
    if (snapshots > head->snapshots_max)
      return isw_error_set(o->error, ISW_FAILED, "%s: network %llu has more than %zu snapshots", o->path,
                           (unsigned long long)network, head->snapshots_max);
    for (size_t r = 0; r < snapshots; r++) ((int64_t *)cell(&out[ISW_OUT_WEIGHTS_STEP], row))[r] = (int64_t)steps[r];
  }
  return ISW_OK;
}

/* Stores the journal's entry of a finished network. */
static enum isw_status put_finished(struct isw_part_maker *m, const struct isw_finished *finished, size_t row)
{
  const struct isw_outline *o = &m->outline;
  const struct isw_results_head *head = o->head;
  struct isw_output *out = o->outputs + head->coordinate_count;
  if (finished->id != *(uint64_t *)cell(&out[ISW_OUT_ID], row))
    return isw_outline_refuse_network(o, finished->number, "its id differs");
  if (finished->records > head->records_max || finished->layers > head->layers_max ||
      finished->parameters > head->parameters_max)
    return isw_outline_refuse_network(o, finished->number, "it has more records, layers or parameters");
  if (!isw_status_is_finished((enum isw_network_status)finished->status))
    return isw_outline_refuse_network(o, finished->number, "its status is unknown");
  *(int8_t *)cell(&out[ISW_OUT_STATUS], row) = (int8_t)finished->status;
  *(int64_t *)cell(&out[ISW_OUT_STEPS_DONE], row) = (int64_t)finished->steps_done;
  const uint64_t *steps;
  size_t snapshots = head->snapshots_max ? head->snapshots(head->context, finished->number, &steps) : 0;
  struct isw_record_layout layout = {.records = finished->records,
                                     .layers = finished->layers,
                                     .parameters = (size_t)finished->parameters,
                                     .snapshots = snapshots,
                                     .real_bytes = head->real_bytes};
  for (size_t q = 0; q < head->quantity_count; q++) isw_record_layout_add(&layout, &head->quantities[q]);
  if (layout.bytes != finished->values_bytes)
    return isw_outline_refuse_network(
        o, finished->number, finished->values_bytes < layout.bytes ? "it has fewer numbers" : "it has more numbers");
  layout.bytes = 0;
  for (size_t q = 0; q < head->quantity_count; q++) {
    const struct isw_output *output = &out[ISW_FIXED_OUTPUTS + q];
    const struct isw_quantity *quantity = &head->quantities[q];
    struct isw_record_place place = isw_record_layout_add(&layout, quantity);
    if (quantity->at_snapshots) continue; /* weights.c */
    const unsigned char *from = (const unsigned char *)finished->values + place.offset;
    size_t stride = isw_quantity_width(quantity, head->layers_max, head->parameters_max);
    size_t lines = quantity->per_run ? 1 : finished->records_done, line = place.width;
    if (place.width == stride) line *= lines, lines = lines > 0; /* contiguous in both */
    for (size_t r = 0; r < lines; r++) {
      unsigned char *to = (unsigned char *)cell(output, row) + r * stride * output->layout.item;
      if (quantity->integer)
        memcpy(to, from + r * place.width * place.item, line * place.item);
      else
        isw_part_maker_copy_reals(m, to, from + r * place.width * place.item, line);
    }
  }
  return ISW_OK;
}

enum isw_status isw_part_maker_read(struct isw_part_maker *m, const struct isw_part *part, struct isw_index *index)
{
  const struct isw_outline *o = &m->outline;
  bool weights = isw_has_weights(o->head); /* whose parts check the checksums of all bytes */
  enum isw_status status = ISW_OK;
  for (size_t i = 0; i < o->output_count; i++)
    if (o->outputs[i].layout.fill) fill_block(&o->outputs[i], (size_t)part->networks);
  for (size_t row = 0; row < part->networks && status == ISW_OK; row++) {
    struct isw_finished finished;
    status = isw_check_interrupted(o->error);
    if (status == ISW_OK) status = put_known(m, part->first + row, row);
    if (status != ISW_OK || !isw_index_has(index, part->first + row)) continue;
    status = weights ? isw_index_read_values(index, part->first + row, &finished, o->error)
                     : isw_index_read(index, part->first + row, &finished, o->error);
    if (status == ISW_OK) status = put_finished(m, &finished, row);
  }
  return status;
}
