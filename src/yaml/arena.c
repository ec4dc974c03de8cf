/* An arena: memory that is allocated piece by piece and released at once. */
#include "initsweep/yaml.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct isw_arena_block {
  struct isw_arena_block *before;
  max_align_t bytes[];
};

enum { FIRST_BLOCK = 16384, LARGEST_BLOCK = 1 << 20 };

void *isw_arena_get(struct isw_arena *arena, size_t count, size_t size)
{
  size_t bytes;
  if (__builtin_mul_overflow(count, size, &bytes) || bytes > SIZE_MAX / 4) longjmp(*arena->out_of_memory, 1);
  bytes = (bytes + 15) / 16 * 16;
  if (bytes > arena->size - arena->used) {
    size_t block = arena->size ? arena->size * 2 : FIRST_BLOCK;
    if (block > LARGEST_BLOCK) block = LARGEST_BLOCK;
    if (block < bytes) block = bytes;
    struct isw_arena_block *new = calloc(1, sizeof *new + block);
    if (!new) longjmp(*arena->out_of_memory, 1);
    new->before = arena->block;
    arena->block = new;
    arena->size = block;
    arena->used = 0;
  }
  void *memory = (char *)arena->block->bytes + arena->used;
  arena->used += bytes;
  return memory;
}

char *isw_arena_copy(struct isw_arena *arena, const char *bytes, size_t length)
{
  char *copy = isw_arena_get(arena, length + 1, 1);
  if (length) memcpy(copy, bytes, length);
  return copy;
}

void *isw_arena_grow(struct isw_arena *arena, void *array, size_t count, size_t *capacity, size_t size)
{
  if (count < *capacity) return array;
  size_t more = *capacity ? *capacity * 2 : 4;
  void *grown = isw_arena_get(arena, more, size);
  if (count) memcpy(grown, array, count * size);
  *capacity = more;
  return grown;
}

void isw_arena_clear(struct isw_arena *arena)
{
  while (arena->block) {
    struct isw_arena_block *before = arena->block->before;
    free(arena->block);
    arena->block = before;
  }
  arena->used = arena->size = 0;
}
