/* Compresses rows of a dataset for a part, and passes the chunks to the part's sink. */
#include "results_internal.h"

static bool pass_on(void *context, const hsize_t *from, uint32_t mask, const void *bytes, size_t size)
{
  struct isw_part_maker *m = context;
  const struct isw_part_chunk chunk = {m->dataset, mask, {from[0], from[1], from[2]}, bytes, size};
  m->status = m->sink(m->context, &chunk, m->outline.error);
  return m->status == ISW_OK;
}

enum isw_status isw_part_maker_compress(struct isw_part_maker *m, size_t dataset, const struct isw_chunk_layout *layout,
                                        const hsize_t *start, const hsize_t *count, const void *numbers)
{
  bool memory;
  m->dataset = (uint32_t)dataset;
  m->status = ISW_OK;
  if (isw_chunks_compress(m->compressor, layout, start, count, numbers, pass_on, m, &memory)) return ISW_OK;
  return memory ? isw_error_memory(m->outline.error, layout->item, "chunks of the results file") : m->status;
}
