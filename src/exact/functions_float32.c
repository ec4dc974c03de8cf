/* The elementary functions on one float32 number: exact_functions.inc.h with the operations of exact_scalar.inc.h. */
#include "initsweep/exact.h"

#define BITS 32
#define NAME(x) x##_number
#include "initsweep/exact_scalar.inc.h"
#include "initsweep/exact_functions.inc.h"

float isw_exact_tanh_float32(float x)
{
  return NAME(tanh)(x);
}

float isw_exact_sin_float32(float x)
{
  return NAME(sin)(x);
}

float isw_exact_cos_float32(float x)
{
  return NAME(cos)(x);
}

float isw_exact_exp_float32(float x)
{
  return NAME(exp)(x);
}

float isw_exact_expm1_float32(float x)
{
  return NAME(expm1)(x);
}

float isw_exact_log_float32(float x)
{
  return NAME(log)(x);
}

float isw_exact_log1p_float32(float x)
{
  return NAME(log1p)(x);
}

float isw_exact_erf_float32(float x)
{
  return NAME(erf)(x);
}
