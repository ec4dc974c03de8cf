/** @file Elementary functions of other libraries, as loops over arrays. */
#ifndef BENCH_FUNCTION_PEERS_H
#define BENCH_FUNCTION_PEERS_H
#include "../tests/exact/forms.h"

/** The functions of one library for one instruction set. */
struct function_peer {
  const char *name, *kernels;
  exact_float32 *float32[EXACT_COUNT];
  exact_float64 *float64[EXACT_COUNT];
};

extern const struct function_peer sleef_avx2, sleef_avx512, libmvec_avx2, libmvec_avx512;
#endif
