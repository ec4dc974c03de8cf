/* The scalar elementary functions: SLEEF's purecfma, whose bits do not depend on the machine, within 1 ulp. */
#include "initsweep/exact.h"

/* sleef.h declares these only if the compiler may use FMA instructions, which this file is not built with. */
double Sleef_finz_expd1_u10purecfma(double x);
double Sleef_finz_logd1_u10purecfma(double x);
double Sleef_finz_sind1_u10purecfma(double x);
double Sleef_finz_cosd1_u10purecfma(double x);
double Sleef_finz_tanhd1_u10purecfma(double x);

double isw_exact_exp(double x)
{
  return Sleef_finz_expd1_u10purecfma(x);
}

double isw_exact_log(double x)
{
  return Sleef_finz_logd1_u10purecfma(x);
}

double isw_exact_sin(double x)
{
  return Sleef_finz_sind1_u10purecfma(x);
}

double isw_exact_cos(double x)
{
  return Sleef_finz_cosd1_u10purecfma(x);
}

double isw_exact_tanh(double x)
{
  return Sleef_finz_tanhd1_u10purecfma(x);
}
