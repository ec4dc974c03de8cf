/** @file Elementary functions that give the same bits on every machine: SLEEF's finz functions, with errors within
 *  1 ulp. These are the scalar float64 forms; the vector forms are in the engine's kernels. */
#ifndef INITSWEEP_EXACT_H
#define INITSWEEP_EXACT_H
#include "initsweep/base.h"

/** Gives the calling thread the arithmetic of docs/numerics.md, whatever has changed it before: rounding to nearest,
 *  subnormal numbers kept. Every thread that computes calls it at its start, and again after other libraries have
 *  worked in it.
 *  @return ISW_FAILED if the arithmetic is another all the same */
enum isw_status isw_exact_environment(struct isw_error *error);

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
#endif
