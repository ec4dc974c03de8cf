/* Scalar functions that give the same bits on every machine: SLEEF's purecfma, within 1 ulp. */
#include "initsweep/exact.h"

/* sleef.h shows these only where the compiler may use FMA, which this file may not. */
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
