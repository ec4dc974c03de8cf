/* Any machine: a vector is one number, and fma() is that of the C library. Included once per precision with BITS 32 or
 * 64; kernels.inc.h says what is defined. */
#define TILE_ROWS 2
#define TILE_COLUMNS 4
#define CHUNK 48
#define BLOCK_COLUMNS 128
#define SELECT(condition, x, y) ((condition) ? (x) : (y))
#define IN_REGISTER(x) (void)(x)
#define ANY_NAN(x) ((x) != (x))
#if BITS == 32
#define PARTS 16
#define NAME(x) x##_portable_float32
#else
#define PARTS 8
#define NAME(x) x##_portable_float64
#endif
#include "initsweep/exact_scalar.inc.h"
