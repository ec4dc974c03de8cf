/* Operations on whole bit sets: filling, counting, searching. */
#include <string.h>
#include "initsweep/base.h"

void isw_bits_fill(uint64_t *bits, uint64_t size)
{
  memset(bits, 0xff, isw_bits_words(size) * sizeof *bits);
  if (size % 64) bits[size / 64] = (UINT64_C(1) << size % 64) - 1;
}

uint64_t isw_bits_count(const uint64_t *bits, uint64_t end)
{
  uint64_t count = 0;
  for (uint64_t w = 0; w < end / 64; w++) count += (uint64_t)__builtin_popcountll(bits[w]);
  if (end % 64) count += (uint64_t)__builtin_popcountll(bits[end / 64] & ((UINT64_C(1) << end % 64) - 1));
  return count;
}

uint64_t isw_bits_next(const uint64_t *bits, uint64_t from, uint64_t size)
{
  if (from >= size) return size;
  uint64_t word = from / 64, left = bits[word] & (UINT64_MAX << from % 64);
  while (!left) {
    if (++word >= isw_bits_words(size)) return size;
    left = bits[word];
  }
  return word * 64 + (uint64_t)__builtin_ctzll(left);
}

uint64_t isw_bits_select(const uint64_t *bits, uint64_t before)
{
  uint64_t word = 0;
  for (uint64_t here; before >= (here = (uint64_t)__builtin_popcountll(bits[word])); word++) before -= here;
  uint64_t left = bits[word];
  for (; before > 0; before--) left &= left - 1; /* clears the lowest bit */
  return word * 64 + (uint64_t)__builtin_ctzll(left);
}
