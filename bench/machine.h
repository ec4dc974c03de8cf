/** @file What the machine can do, measured: the ceilings that the engine's rates are held against. One core each. */
#ifndef BENCH_MACHINE_H
#define BENCH_MACHINE_H
#include <stddef.h>
#include <stdint.h>

/** The loops of one instruction set, for one precision. Each does `times` rounds and returns a number that depends on
 *  all of them, so that nothing is left out. */
struct machine_loops {
  const char *kernels;   /**< "avx2", "avx512" */
  const char *precision; /**< "float32", "float64" */
  double fma_flops;      /**< FLOPs of one round of fma */
  double (*fma)(uint64_t times);
  /** Reads bytes of memory, times over; bytes is a multiple of 1024. */
  double (*read)(const void *memory, size_t bytes, uint64_t times);
  /** a = b + s c over bytes of each array, past the caches (streaming stores). */
  double (*triad)(void *a, const void *b, const void *c, size_t bytes);
};

/** The loops of an instruction set and precision, or NULL where this machine or program has none. */
const struct machine_loops *machine_loops(const char *kernels, const char *precision);

/** FLOPs a second of independent fused multiply-adds. */
double machine_fma(const struct machine_loops *loops, double seconds);
/** Seconds for the tanh of 64 bytes of numbers, from and to the first-level cache. */
double machine_tanh(const struct machine_loops *loops, double seconds);
/** Bytes a second read from a working set of `bytes` that stays where it fits. 0 where memory ran out. */
double machine_read(const struct machine_loops *loops, size_t bytes, double seconds);
/** Bytes a second of the triad a = b + s c over arrays of 64 MiB, three arrays counted. 0 where memory ran out. */
double machine_triad(const struct machine_loops *loops, double seconds);

/** Seconds on a clock that only goes forward. */
double machine_now(void);
#endif
