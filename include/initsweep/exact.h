/** @file Elementary functions with the same bits on every machine. */
#ifndef INITSWEEP_EXACT_H
#define INITSWEEP_EXACT_H

/** Functions that give the same bits on every machine (SLEEF's finz family). */
double isw_exact_exp(double x);
double isw_exact_log(double x);
double isw_exact_sin(double x);
double isw_exact_cos(double x);
double isw_exact_tanh(double x);
#endif
