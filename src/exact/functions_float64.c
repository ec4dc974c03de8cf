/* The elementary functions on one float64 number: exact_functions.inc.h with the operations of exact_scalar.inc.h. */
#include "initsweep/exact.h"

#define BITS 64
#define NAME(x) x##_number
#include "initsweep/exact_scalar.inc.h"
#include "initsweep/exact_functions.inc.h"

double isw_exact_tanh(double x)
{
  return NAME(tanh)(x);
}

double isw_exact_sin(double x)
{
  return NAME(sin)(x);
}

double isw_exact_cos(double x)
{
  return NAME(cos)(x);
}

double isw_exact_exp(double x)
{
  return NAME(exp)(x);
}

double isw_exact_expm1(double x)
{
  return NAME(expm1)(x);
}

double isw_exact_log(double x)
{
  return NAME(log)(x);
}

double isw_exact_log1p(double x)
{
  return NAME(log1p)(x);
}

double isw_exact_erf(double x)
{
  return NAME(erf)(x);
}
