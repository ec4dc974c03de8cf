/* Allocates zeroed memory that is aligned to cache lines, and multiplies sizes with a check for overflow. */
#include <stdlib.h>
#include <string.h>
#include "initsweep/base.h"

bool isw_multiply(size_t a, size_t b, size_t *product)
{
  return !__builtin_mul_overflow(a, b, product);
}

void *isw_allocate(size_t count, size_t size)
{
  size_t bytes;
  if (!isw_multiply(count, size, &bytes) || bytes > SIZE_MAX - 64) return NULL;
  size_t rounded = bytes == 0 ? 64 : (bytes + 63) / 64 * 64; /* aligned_alloc requires a multiple */
  void *memory = aligned_alloc(64, rounded);
  if (memory) memset(memory, 0, rounded);
  return memory;
}
