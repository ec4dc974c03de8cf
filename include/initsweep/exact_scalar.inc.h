/* The operations of exact_functions.inc.h on one number. Included once per precision with BITS 32 or 64 and NAME(x),
 * which gives x a suffix for the precision. */
#include <math.h>
#include <stdint.h>
#include <string.h>

#define K(x) ((REAL)(x))
#define LESSER(x, y) ((x) < (y) ? (x) : (y))
#define GREATER(x, y) ((x) > (y) ? (x) : (y))
#define TIMES_SIGN(x, y) REAL_OF(WORD_OF(x) ^ (WORD_OF(y) & KW(1) << (BITS - 1)))
#define MASK int
#define LESS(x, y) ((x) < (y))
#define LESS_EQUAL(x, y) ((x) <= (y))
#define EQUAL(x, y) ((x) == (y))
#define BOTH(m, n) ((m) & (n))
#define EITHER(m, n) ((m) | (n))
#define ANY(mask) (mask)
#define ALL(mask) (mask)
#define CHOOSE(mask, x, y) ((mask) ? (x) : (y))
#if BITS == 32
#define V float
#define REAL float
#define WORD uint32_t
#define FMA(x, y, c) fmaf(x, y, c)
#define LOOKUP(row, place) (row)[(place)&7]
#define SQRT(x) sqrtf(x)
#define ABS(x) fabsf(x)
#else
#define V double
#define REAL double
#define WORD uint64_t
#define FMA(x, y, c) fma(x, y, c)
#define SQRT(x) sqrt(x)
#define ABS(x) fabs(x)
#endif
#define WORD_OF(x) NAME(word_of)(x)
#define REAL_OF(word) NAME(real_of)(word)

static inline WORD NAME(word_of)(REAL x)
{
  WORD word;
  memcpy(&word, &x, sizeof word);
  return word;
}

static inline REAL NAME(real_of)(WORD word)
{
  REAL x;
  memcpy(&x, &word, sizeof x);
  return x;
}
