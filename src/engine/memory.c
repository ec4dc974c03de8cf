/* Memory that lives as long as a pack: allocated, or only counted for a pack that is not made. */
#include <stdlib.h>
#include "engine_internal.h"

void *isw_memory_allocate(struct isw_memory *memory, size_t count, size_t size)
{
  size_t bytes;
  if (!isw_multiply(count, size, &bytes) || bytes > SIZE_MAX - memory->bytes) {
    memory->bytes = SIZE_MAX;
    memory->failed = true;
    return NULL;
  }
  memory->bytes += bytes;
  if (memory->measuring || memory->failed) return NULL;
  if (memory->count == memory->capacity) {
    size_t capacity = memory->capacity ? memory->capacity * 2 : 64;
    void **block = realloc(memory->block, capacity * sizeof *block);
    if (!block) {
      memory->failed = true;
      return NULL;
    }
    memory->block = block;
    memory->capacity = capacity;
  }
  void *new = isw_allocate(count, size);
  if (new)
    memory->block[memory->count++] = new;
  else
    memory->failed = true;
  return new;
}

void *isw_memory_allocate_lines(struct isw_memory *memory, size_t rows, size_t columns)
{
  size_t lines;
  if (!isw_multiply(rows, columns, &lines)) lines = SIZE_MAX;
  return isw_memory_allocate(memory, lines, ISW_LINE_BYTES);
}

void isw_memory_clear(struct isw_memory *memory)
{
  for (size_t i = 0; i < memory->count; i++) free(memory->block[i]);
  free(memory->block);
  *memory = (struct isw_memory){0};
}
