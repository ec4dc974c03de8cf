/** @file Elementary functions that give the same bits on every machine, with errors of at most 1 ulp in float64 and
 *  2 ulp in float32 (docs/numerics.md). These are the forms on one number. exact_functions.inc.h is their source, which
 *  the engine's kernels include for vectors: all forms give the same bits. */
#ifndef INITSWEEP_EXACT_H
#define INITSWEEP_EXACT_H
#include <stdint.h>
#include "initsweep/base.h"

/** Gives the calling thread the arithmetic of docs/numerics.md, whatever has changed it before: rounding to nearest,
 *  subnormal numbers kept. Every thread that computes calls it at its start, and again after other libraries have
 *  worked in it.
 *  @return ISW_FAILED if the arithmetic is another all the same */
enum isw_status isw_exact_environment(struct isw_error *error);

double isw_exact_tanh(double x);  /**< hyperbolic tangent */
double isw_exact_sin(double x);   /**< sine of x in radians */
double isw_exact_cos(double x);   /**< cosine of x in radians */
double isw_exact_exp(double x);   /**< e to the power x */
double isw_exact_expm1(double x); /**< e to the power x, less 1 */
double isw_exact_log(double x);   /**< natural logarithm */
double isw_exact_log1p(double x); /**< natural logarithm of 1 + x */
double isw_exact_erf(double x);   /**< error function, 2 / sqrt(pi) times the integral of exp(-t^2) from 0 to x */

float isw_exact_tanh_float32(float x);  /**< isw_exact_tanh in float32 */
float isw_exact_sin_float32(float x);   /**< isw_exact_sin in float32 */
float isw_exact_cos_float32(float x);   /**< isw_exact_cos in float32 */
float isw_exact_exp_float32(float x);   /**< isw_exact_exp in float32 */
float isw_exact_expm1_float32(float x); /**< isw_exact_expm1 in float32 */
float isw_exact_log_float32(float x);   /**< isw_exact_log in float32 */
float isw_exact_log1p_float32(float x); /**< isw_exact_log1p in float32 */
float isw_exact_erf_float32(float x);   /**< isw_exact_erf in float32 */

/** Reduces a large argument of sin or cos: size + quarters pi / 2 = k u + reduced[0] + reduced[1], where u = pi for
 *  parts_log2 = 1 and pi / 2 for parts_log2 = 2, and the sum of `reduced` is within u / 2 of 0 and its second number is
 *  within half an ulp of the first. Returns k modulo 2^parts_log2. 1 <= size; `reduced` is NaN for infinity. */
uint32_t isw_exact_reduce_turns(double size, int parts_log2, unsigned quarters, double reduced[2]);
#endif
