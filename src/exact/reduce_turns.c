/* Reduction of large arguments of sin and cos, with integers (Payne & Hanek 1983): the bits of 1 / (2 pi) that decide
 * the fraction of a turn are multiplied by the bits of the argument. */
#include "initsweep/exact.h"
#include <math.h>
#include <string.h>

__extension__ typedef unsigned __int128 uint128;
__extension__ typedef __int128 int128;

/* 64 zeros, then the first 1216 bits of 1 / (2 pi), by src/exact/coefficients/sincos.sollya */
static const uint64_t bits_of_turn[] = {
    0x0000000000000000, 0x28be60db9391054a, 0x7f09d5f47d4d3770, 0x36d8a5664f10e410, 0x7f9458eaf7aef158,
    0x6dc91b8e909374b8, 0x01924bba82746487, 0x3f877ac72c4a69cf, 0xba208d7d4baed121, 0x3a671c09ad17df90,
    0x4e64758e60d4ce7d, 0x272117e2ef7e4a0e, 0xc7fe25fff7816603, 0xfbcbc462d6829b47, 0xdb4d9fb3c9f2c26d,
    0xd3d18fd9a797fa8b, 0x5d49eeb1faf97c5e, 0xcf41ce7de294a4ba, 0x9afed7ec47e35742, 0x1580cc11bf1edaea,
};

/* 64 bits of the table, from bit number `first` */
static uint64_t table_word(unsigned first)
{
  const uint64_t *word = bits_of_turn + first / 64;
  unsigned shift = first % 64;
  return shift ? word[0] << shift | word[1] >> (64 - shift) : word[0];
}

uint32_t isw_exact_reduce_turns(double size, int parts_log2, unsigned quarters, double reduced[2])
{
  if (!(size < INFINITY)) {
    reduced[0] = reduced[1] = NAN;
    return 0;
  }
  uint64_t word;
  memcpy(&word, &size, sizeof word);
  uint64_t m = (word & UINT64_C(0xfffffffffffff)) | UINT64_C(1) << 52; /* size = m 2^(exponent - 1075) */
  unsigned first = (unsigned)(word >> 52) - 1075 + 64;                 /* earlier bits give whole turns */
  /* size / (2 pi) modulo 1, in units of 2^-128, from 192 bits of the table */
  uint128 turn = ((uint128)(table_word(first) * m) << 64) + (uint128)table_word(first + 64) * m +
                 ((uint128)table_word(first + 128) * m >> 64);
  turn = turn + ((uint128)quarters << 126);
  uint32_t parts = (uint32_t)((turn + ((uint128)1 << (127 - parts_log2))) >> (128 - parts_log2));
  /* the distance to the nearest multiple of a part, as a sum of two numbers, times 2 pi / 2^parts_log2 */
  int128 distance = (int128)(turn << parts_log2);
  double high = (double)distance, low = (double)(distance - (int128)high);
  double unit = parts_log2 == 1 ? 0x1p-128 : 0x1p-129; /* 0x1.921fb54442d18p1 + 0x1.1a62633145c07p-53 is pi */
  double product = high * 0x1.921fb54442d18p1;
  double error = fma(high, 0x1.1a62633145c07p-53, low * 0x1.921fb54442d18p1) + fma(high, 0x1.921fb54442d18p1, -product);
  double sum = product + error;
  reduced[0] = sum * unit;
  reduced[1] = ((product - sum) + error) * unit;
  return parts;
}
