/* The elementary functions, in line, on a vector of numbers or on one number: the only source of all their forms, so
 * that all give the same bits (docs/numerics.md). Included once per precision, after these have been defined:
 *   BITS                  32 or 64
 *   REAL                  float or double
 *   NAME(x)               x with a suffix for the form
 *   V                     a vector of numbers of REAL, or one number; + - * / work on it
 *   K(c)                  a constant
 *   FMA(x, y, c), ABS     x y + c with one rounding; |x|
 *   LESSER(x, y)          the smaller number, or y if one of them is NaN
 *   GREATER(x, y)         the greater number, or y if one of them is NaN
 *   TIMES_SIGN(x, y)      x with its sign bit xor that of y
 *   MASK                  the type of LESS(x, y), LESS_EQUAL(x, y), EQUAL(x, y), which are false for NaN;
 *                         BOTH(m, n), EITHER(m, n), ANY(m), ALL(m); CHOOSE(m, x, y) is x where m is true, otherwise y
 *   LOOKUP(row, place)    float32: numbers of row[16] by the last three bits of the WORD `place`; row[8 + i] is row[i]
 *   WORD                  only for one number (exact_scalar.inc.h), with WORD_OF and REAL_OF
 * and defines on top of them, for its functions:
 *   WORD                  unsigned integers as wide as REAL: + - & | ^ ~ << >>
 *   KW(c)                 a constant of WORD
 *   WORD_OF(x), REAL_OF(w)  the bits of a V as a WORD, and back
 *   SHIFTER               1.5 times the number above which only integers are representable: the last bits of
 *                         x + SHIFTER are the integer nearest to x */
#include <math.h>
#include <stdalign.h>
#include <stdint.h>
#include <string.h>
#include "initsweep/exact.h"

#ifndef INITSWEEP_EXACT_FUNCTIONS_ONCE
#define INITSWEEP_EXACT_FUNCTIONS_ONCE
#define INLINE static inline __attribute__((always_inline))
#endif

#ifndef WORD
#if BITS == 32
typedef uint32_t NAME(word) __attribute__((vector_size(sizeof(V))));
#else
typedef uint64_t NAME(word) __attribute__((vector_size(sizeof(V))));
#endif
#define WORD NAME(word)
#define WORD_OF(x) ((WORD)(x))
#define REAL_OF(word) ((V)(word))
#endif
#if BITS == 32
#define KW(c) ((WORD){0} + UINT32_C(c))
#define SHIFTER K(0x1.8p23)
#else
#define KW(c) ((WORD){0} + UINT64_C(c))
#define SHIFTER K(0x1.8p52)
#endif

#include "initsweep/exact_exp.inc.h"
#include "initsweep/exact_intervals.inc.h"
#include "initsweep/exact_tanh.inc.h"
#include "initsweep/exact_erf.inc.h"
#include "initsweep/exact_log.inc.h"
#include "initsweep/exact_sincos.inc.h"
