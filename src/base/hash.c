/* The hash of the file formats and identities: XXH3-64 of the xxHash library. */
#define XXH_INLINE_ALL /* header only: no library to link */
#include <xxhash.h>
#include "initsweep/base.h"

uint64_t isw_hash(const void *bytes, size_t length, uint64_t seed)
{
  return XXH3_64bits_withSeed(bytes, length, seed);
}
