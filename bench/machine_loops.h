/** @file The tables that machine_loops.c leaves, one an instruction set and precision. */
#ifndef BENCH_MACHINE_LOOPS_H
#define BENCH_MACHINE_LOOPS_H
#include "machine.h"

#ifdef __x86_64__
extern const struct machine_loops machine_float32_avx2, machine_float64_avx2;
extern const struct machine_loops machine_float32_avx512, machine_float64_avx512;
#endif
#endif
