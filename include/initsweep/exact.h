/** @file Elementary functions that give the same bits on every machine: SLEEF's finz functions, with errors within
 *  1 ulp. These are the scalar float64 forms; the vector forms are in the engine's kernels. */
#ifndef INITSWEEP_EXACT_H
#define INITSWEEP_EXACT_H
#include <stdint.h>

/** e to the power x. */
double isw_exact_exp(double x);
/** Natural logarithm. */
double isw_exact_log(double x);
/** Sine of x in radians. */
double isw_exact_sin(double x);
/** Cosine of x in radians. */
double isw_exact_cos(double x);
/** Hyperbolic tangent. */
double isw_exact_tanh(double x);
/** Reduces a large argument of sin or cos: size + quarters pi / 2 = k u + reduced[0] + reduced[1], where u = pi for
 *  parts_log2 = 1 and pi / 2 for parts_log2 = 2, and the sum of `reduced` is within u / 2 of 0 and its second number is
 *  within half an ulp of the first. Returns k modulo 2^parts_log2. 1 <= size; `reduced` is NaN for infinity. */
uint32_t isw_exact_reduce_turns(double size, int parts_log2, unsigned quarters, double reduced[2]);
#endif
