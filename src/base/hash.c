#include "initsweep/base.h"
#define XXH_INLINE_ALL /* header alone: nothing to link on other machines either */
#include <xxhash.h>

uint64_t isw_hash(const void *bytes, size_t length, uint64_t seed)
{
  return XXH3_64bits_withSeed(bytes, length, seed);
}
