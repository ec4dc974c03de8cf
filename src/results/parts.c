/* The parts of a results file in the order of its bytes, and the makers of parts. For each block of networks come the
 * parts of its weights, then one of its numbers. */
#include <stdlib.h>
#include "results_internal.h"

enum isw_status isw_part_maker_create(const char *path, const struct isw_results_head *head,
                                      struct isw_part_maker **maker, struct isw_error *error)
{
  *maker = NULL;
  struct isw_part_maker *m = isw_allocate(1, sizeof *m);
  if (!m) return isw_error_memory(error, sizeof *m, "the results file");
  enum isw_status status = isw_outline_create(&m->outline, path, head, error);
  const struct isw_outline *o = &m->outline;
  for (size_t i = 0; status == ISW_OK && i < o->output_count; i++) {
    struct isw_output *output = &o->outputs[i];
    if (!output->field.name) continue;
    output->block = isw_allocate(o->block, output->items * output->layout.item);
    if (!output->block) status = isw_error_memory(error, o->block * output->items, "a block of networks");
  }
  for (size_t i = 0; status == ISW_OK && i < ISW_WEIGHT_ARRAYS; i++) {
    struct isw_output *weights = &m->outline.weights[i];
    size_t row;
    if (!weights->field.name) continue;
    if (!isw_multiply(weights->items, head->real_bytes, &row) || !(weights->block = isw_allocate(o->part_rows, row)))
      status = isw_error_memory(error, weights->items, "weights");
  }
  if (status == ISW_OK) {
    m->parameters = isw_allocate(o->part_rows, sizeof *m->parameters);
    m->compressor = isw_chunk_compressor_create(isw_larger(1, head->threads), o->is_small);
    m->digest = isw_digest_create();
    if (!m->parameters || !m->compressor || !m->digest)
      status = isw_error_memory(error, o->part_rows * sizeof *m->parameters, "the results file");
  }
  if (status == ISW_OK)
    *maker = m;
  else
    isw_part_maker_destroy(m);
  return status;
}

void isw_part_maker_destroy(struct isw_part_maker *m)
{
  if (!m) return;
  for (size_t i = 0; m->outline.outputs && i < m->outline.output_count; i++) free(m->outline.outputs[i].block);
  for (size_t i = 0; i < ISW_WEIGHT_ARRAYS; i++) free(m->outline.weights[i].block);
  free(m->parameters);
  isw_chunk_compressor_destroy(m->compressor);
  isw_digest_destroy(m->digest);
  isw_outline_clear(&m->outline);
  free(m);
}

/* ---- the sequence ---- */

static size_t rounded_up(size_t number, size_t divisor)
{
  return (number + divisor - 1) / divisor;
}

static uint64_t parts_of_weights(const struct isw_outline *o, uint64_t networks)
{
  return isw_has_weights(o->head) ? rounded_up((size_t)networks, o->part_rows) : 0;
}

uint64_t isw_parts_count(const struct isw_part_maker *m)
{
  const struct isw_outline *o = &m->outline;
  if (o->head->networks == 0) return 0;
  uint64_t whole = o->head->networks / o->block, rest = o->head->networks % o->block;
  return whole * (parts_of_weights(o, o->block) + 1) + (rest ? parts_of_weights(o, rest) + 1 : 0);
}

struct isw_part isw_parts_get(const struct isw_part_maker *m, uint64_t number)
{
  const struct isw_outline *o = &m->outline;
  uint64_t each = parts_of_weights(o, o->block) + 1, block = number / each, start = block * o->block;
  uint64_t networks = isw_smaller(o->block, o->head->networks - start), of_block = number % each;
  if (of_block == parts_of_weights(o, networks)) return (struct isw_part){ISW_PART_NUMBERS, start, networks};
  uint64_t first = of_block * o->part_rows;
  return (struct isw_part){ISW_PART_WEIGHTS, start + first, isw_smaller(o->part_rows, networks - first)};
}

/* ---- making ---- */

static enum isw_status compress_block(struct isw_part_maker *m, const struct isw_part *part)
{
  const struct isw_outline *o = &m->outline;
  enum isw_status status = ISW_OK;
  for (size_t i = 0; i < o->output_count && status == ISW_OK; i++) {
    const struct isw_output *output = &o->outputs[i];
    if (!output->block || output->items == 0) continue; /* step (record), or nothing recorded */
    const hsize_t start[ISW_RANK_MAX] = {part->first, 0, 0};
    const hsize_t count[ISW_RANK_MAX] = {part->networks, output->layout.dims[1], output->layout.dims[2]};
    const struct isw_part_chunk texts = {(uint32_t)i, 0, {part->first, 0, 0}, NULL, (size_t)part->networks};
    if (output->memory_type == o->text)
      status = m->sink(m->context, &texts, o->error);
    else
      status = isw_part_maker_compress(m, i, &output->layout, start, count, output->block);
  }
  return status;
}

enum isw_status isw_part_make(struct isw_part_maker *m, uint64_t number, struct isw_index *index, isw_part_sink *sink,
                              void *context, struct isw_error *error)
{
  const struct isw_part part = isw_parts_get(m, number);
  m->outline.error = error;
  m->sink = sink;
  m->context = context;
  if (part.kind == ISW_PART_WEIGHTS) {
    enum isw_status status = isw_part_maker_read_weights(m, &part, index);
    return status == ISW_OK ? isw_part_maker_compress_weights(m, &part) : status;
  }
  enum isw_status status = isw_part_maker_read(m, &part, index);
  return status == ISW_OK ? compress_block(m, &part) : status;
}

void isw_part_hash(struct isw_part_maker *m, uint64_t number, unsigned char *states)
{
  const struct isw_outline *o = &m->outline;
  const struct isw_part part = isw_parts_get(m, number);
  const struct isw_output *outputs = part.kind == ISW_PART_WEIGHTS ? o->weights : o->outputs;
  size_t count = part.kind == ISW_PART_WEIGHTS ? (size_t)ISW_WEIGHT_ARRAYS : o->output_count;
  for (size_t i = 0; i < count; i++) {
    if (!outputs[i].block) continue;
    isw_digest_load(m->digest, states);
    isw_hash_values(m->digest, outputs[i].block, (size_t)part.networks * outputs[i].items, outputs[i].layout.item,
                    outputs[i].memory_type == o->text);
    isw_digest_save(m->digest, states);
    states += ISW_DIGEST_STATE_BYTES;
  }
}
