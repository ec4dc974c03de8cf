/* Functions that all parts of writing a results file use: errors, copying reals, writing chunks. */
#include <string.h>
#include "results_internal.h"

enum isw_status isw_writer_refuse(struct isw_writer *w, const char *what)
{
  if (w->problem) return isw_error_set(w->error, ISW_FAILED, "%s: cannot write: %s", w->path, strerror(w->problem));
  return isw_hdf5_refuse(w->error, ISW_FAILED, w->path, what);
}

enum isw_status isw_writer_refuse_network(struct isw_writer *w, uint64_t network, const char *what)
{
  return isw_error_set(w->error, ISW_FAILED, "%s: the journal's network %llu does not fit the sweep: %s", w->path,
                       (unsigned long long)network, what);
}

void isw_writer_copy_reals(const struct isw_writer *w, unsigned char *restrict to, const unsigned char *restrict from,
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

enum isw_status isw_writer_write_chunks(struct isw_writer *w, const struct isw_chunk_layout *layout,
                                        const hsize_t *start, const hsize_t *count, const void *numbers)
{
  bool memory;
  if (isw_chunks_write(w->compressor, layout, start, count, numbers, &memory) && !w->problem) return ISW_OK;
  return memory ? isw_error_memory(w->error, layout->item, "chunks of the results file")
                : isw_writer_refuse(w, "cannot write");
}
