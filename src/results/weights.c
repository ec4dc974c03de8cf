/* Puts the weights of a part's networks into rows, and compresses them. Weights have parts of their own, because those
 * of one network may be larger than all other numbers of a block. */
#include <string.h>
#include "results_internal.h"

/* Copies the snapshots of a network from its values. Those of records that it did not make are NaN there. */
static enum isw_status put_snapshots(struct isw_part_maker *m, const struct isw_finished *finished, size_t row)
{
  const struct isw_outline *o = &m->outline;
  const struct isw_results_head *head = o->head;
  const struct isw_output *output = &o->weights[ISW_WEIGHTS_SNAPSHOTS];
  const uint64_t *steps;
  size_t snapshots = head->snapshots(head->context, finished->number, &steps), q = 0;
  while (!head->quantities[q].at_snapshots) q++;
  const struct isw_record_layout layout = {.records = finished->records,
                                           .layers = finished->layers,
                                           .parameters = (size_t)finished->parameters,
                                           .snapshots = snapshots,
                                           .real_bytes = head->real_bytes};
  const struct isw_record_place place = isw_record_layout_find(layout, head->quantities, q);
  size_t bytes = snapshots * place.width * place.item;
  if (snapshots > head->snapshots_max || place.offset > finished->values_bytes ||
      bytes > finished->values_bytes - place.offset)
    return isw_outline_refuse_network(o, finished->number, "it has fewer numbers");
  for (size_t s = 0; s < snapshots; s++)
    isw_part_maker_copy_reals(m, output->block + (row * output->items + s * head->parameters_max) * output->layout.item,
                              (const unsigned char *)finished->values + isw_record_offset(&place, s), place.width);
  return ISW_OK;
}

static enum isw_status put_weights(struct isw_part_maker *m, const struct isw_finished *finished, size_t row)
{
  const struct isw_outline *o = &m->outline;
  const void *stored[2] = {finished->weights_initial, finished->weights_final};
  if (finished->parameters > o->head->parameters_max)
    return isw_outline_refuse_network(o, finished->number, "it has more parameters");
  for (size_t i = 0; i < ISW_WEIGHTS_SNAPSHOTS; i++) {
    const struct isw_output *weights = &o->weights[i];
    if (!weights->block) continue;
    if (!stored[i]) return isw_outline_refuse_network(o, finished->number, "its weights were not kept");
    isw_part_maker_copy_reals(m, weights->block + row * weights->items * weights->layout.item, stored[i],
                              finished->parameters);
  }
  m->parameters[row] = finished->parameters;
  return o->weights[ISW_WEIGHTS_SNAPSHOTS].block ? put_snapshots(m, finished, row) : ISW_OK;
}

enum isw_status isw_part_maker_read_weights(struct isw_part_maker *m, const struct isw_part *part,
                                            struct isw_index *index)
{
  const struct isw_outline *o = &m->outline;
  size_t networks = (size_t)part->networks;
  enum isw_status status = ISW_OK;
  for (size_t i = 0; i < ISW_WEIGHT_ARRAYS; i++)
    if (o->weights[i].block)
      isw_chunks_fill(o->weights[i].block, networks * o->weights[i].items, o->weights[i].layout.item, &o->nan);
  memset(m->parameters, 0, networks * sizeof *m->parameters);
  for (size_t row = 0; row < networks && status == ISW_OK; row++) {
    struct isw_finished finished;
    status = isw_check_interrupted(o->error);
    if (status != ISW_OK || !isw_index_has(index, part->first + row)) continue;
    status = isw_index_read(index, part->first + row, &finished, o->error);
    if (status == ISW_OK) status = put_weights(m, &finished, row);
  }
  return status;
}

/* Chunks along the parameters that the rows of one chunk, or those up to `end`, need; 0: they contain only padding. */
static hsize_t chunks_of_rows(const struct isw_part_maker *m, size_t row, size_t end)
{
  const struct isw_outline *o = &m->outline;
  uint64_t most = 0;
  for (size_t i = row; i < end && i < row + o->weight_networks; i++) most = isw_larger(most, m->parameters[i]);
  return (most + o->weight_parameters - 1) / o->weight_parameters;
}

/* Compresses the rows of some networks, except chunks that contain only padding: in one call as many as need equally
 * many chunks, so that threads share them. */
static enum isw_status compress_rows(struct isw_part_maker *m, size_t dataset, uint64_t first, size_t start_row,
                                     size_t networks)
{
  const struct isw_outline *o = &m->outline;
  const struct isw_output *weights = &o->weights[dataset];
  enum isw_status status = ISW_OK;
  for (size_t row = start_row, end = start_row + networks, next; row < end && status == ISW_OK; row = next) {
    hsize_t chunks = chunks_of_rows(m, row, end);
    for (next = row + o->weight_networks; next < end && chunks_of_rows(m, next, end) == chunks;)
      next += o->weight_networks;
    next = isw_smaller(next, end);
    if (chunks == 0) continue;
    hsize_t start[ISW_RANK_MAX] = {first + row}, count[ISW_RANK_MAX] = {next - row, weights->layout.dims[1]};
    count[weights->layout.rank - 1] = isw_smaller(chunks * o->weight_parameters, o->dims[ISW_DIM_PARAMETER]);
    status = isw_part_maker_compress(m, o->output_count + dataset, &weights->layout, start, count,
                                     weights->block + row * weights->items * weights->layout.item);
  }
  return status;
}

enum isw_status isw_part_maker_compress_weights(struct isw_part_maker *m, const struct isw_part *part)
{
  const struct isw_outline *o = &m->outline;
  enum isw_status status = ISW_OK;
  for (size_t row = 0; row < part->networks && status == ISW_OK; row += o->weight_rows)
    for (size_t i = 0; i < ISW_WEIGHT_ARRAYS && status == ISW_OK; i++)
      if (o->weights[i].block)
        status = compress_rows(m, i, part->first, row, isw_smaller(o->weight_rows, (size_t)part->networks - row));
  return status;
}
