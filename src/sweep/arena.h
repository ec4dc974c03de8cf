/** @file Memory that lives and dies together. Running out of it jumps to the one place that reports it, so that readers of
 *  hostile files need no check after every word. */
#ifndef INITSWEEP_SWEEP_ARENA_H
#define INITSWEEP_SWEEP_ARENA_H
#include <setjmp.h>
#include <stddef.h>

struct isw_arena {
  struct isw_arena_block *block;
  size_t used, size;
  jmp_buf *out_of_memory; /**< where a failed request jumps to; set while a sweep is read */
};

/** count * size bytes of zeros, aligned to 16. Never NULL. */
void *isw_arena_get(struct isw_arena *arena, size_t count, size_t size);
/** A NUL-terminated copy. */
char *isw_arena_copy(struct isw_arena *arena, const char *bytes, size_t length);
/** An array with room for one more than count; *capacity grows by doubling. Returns the old array where it has room. */
void *isw_arena_grow(struct isw_arena *arena, void *array, size_t count, size_t *capacity, size_t size);
void isw_arena_clear(struct isw_arena *arena);
#endif
