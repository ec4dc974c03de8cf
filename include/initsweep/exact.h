/** @file Elementary functions that give the same bits on every machine: SLEEF's finz functions, within 1 ulp. The
 *  vector forms are in the engine's kernels, which give the bits of the sweep's precision. */
#ifndef INITSWEEP_EXACT_H
#define INITSWEEP_EXACT_H

double isw_exact_exp(double x);
/** Natural logarithm. */
double isw_exact_log(double x);
/** x in radians, as for isw_exact_cos. */
double isw_exact_sin(double x);
double isw_exact_cos(double x);
double isw_exact_tanh(double x);
#endif
