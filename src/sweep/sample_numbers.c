/* The numbers of a sampled axis: coordinates in [0, 1) by the design, and from them values by the distribution. */
#include <math.h>
#include "sweep_internal.h"

/* ---- coordinates ------------------------------------------------------------------------------------------------- */

enum { ORDERS = 1 << 16 }; /* streams of the orders of strata come after those of the axes */

double *isw_sample_coordinates(struct isw_reader *reader, size_t axis)
{
  const struct isw_sample *sample = &reader->sweep->sample;
  struct isw_stream stream = {
      .seed = reader->sweep->base[ISW_SET_SEED].integer, .purpose = ISW_PURPOSE_SAMPLE, .layer = axis};
  double *u = isw_arena_get(&reader->scratch, sample->points, sizeof *u);
  uint32_t direction[ISW_SOBOL_BITS];
  switch (sample->design) {
  case ISW_DESIGN_RANDOM:
    for (size_t i = 0; i < sample->points; i++) u[i] = isw_uniform(&stream, i);
    break;
  case ISW_DESIGN_SOBOL:
    isw_sobol_directions(axis, direction);
    for (size_t i = 0; i < sample->points; i++) u[i] = isw_sobol_number(direction, i);
    break;
  case ISW_DESIGN_LATIN_HYPERCUBE: {
    const struct isw_stream orders = {stream.seed, 0, ISW_PURPOSE_SAMPLE, ORDERS + axis};
    uint64_t *stratum = isw_arena_get(&reader->scratch, sample->points, sizeof *stratum);
    for (size_t i = 0; i < sample->points; i++) stratum[i] = i;
    isw_shuffle(&orders, sample->points, stratum);
    for (size_t i = 0; i < sample->points; i++)
      u[i] = fmin(((double)stratum[i] + isw_uniform(&stream, i)) / (double)sample->points,
                  nextafter((double)(stratum[i] + 1) / (double)sample->points, 0.0));
    break;
  }
  }
  return u;
}

/* ---- values ------------------------------------------------------------------------------------------------------ */

/* c[0] + c[1] x + ... + c[7] x^7 */
static double polynomial(const double *c, double x)
{
  double sum = c[7];
  for (size_t i = 7; i-- > 0;) sum = sum * x + c[i];
  return sum;
}

/* The quantile of the standard normal distribution (Wichura 1988, algorithm AS 241, PPND16). The first point of Sobol's
 * sequence is 0, so p is kept 2^-33, half the distance of two of its numbers, away from 0 and 1; the algorithm's case
 * for the outer tails is not needed then. */
static double normal_quantile(double p)
{
  static const double a[] = {3.3871328727963666080e0,  1.3314166789178437745e+2, 1.9715909503065514427e+3,
                             1.3731693765509461125e+4, 4.5921953931549871457e+4, 6.7265770927008700853e+4,
                             3.3430575583588128105e+4, 2.5090809287301226727e+3};
  static const double b[] = {1.0,
                             4.2313330701600911252e+1,
                             6.8718700749205790830e+2,
                             5.3941960214247511077e+3,
                             2.1213794301586595867e+4,
                             3.9307895800092710610e+4,
                             2.8729085735721942674e+4,
                             5.2264952788528545610e+3};
  static const double c[] = {1.42343711074968357734e0,  4.63033784615654529590e0, 5.76949722146069140550e0,
                             3.64784832476320460504e0,  1.27045825245236838258e0, 2.41780725177450611770e-1,
                             2.27238449892691845833e-2, 7.74545014278341407640e-4};
  static const double d[] = {1.0,
                             2.05319162663775882187e0,
                             1.67638483018380384940e0,
                             6.89767334985100004550e-1,
                             1.48103976427480074590e-1,
                             1.51986665636164571966e-2,
                             5.47593808499534494600e-4,
                             1.05075007164441684324e-9};
  const double least = 0x1p-33;
  p = fmin(fmax(p, least), 1.0 - least);
  double q = p - 0.5;
  if (fabs(q) <= 0.425) {
    double r = 0.180625 - q * q;
    return q * polynomial(a, r) / polynomial(b, r);
  }
  double r = sqrt(-isw_exact_log(q < 0.0 ? p : 1.0 - p)) - 1.6;
  double x = polynomial(c, r) / polynomial(d, r);
  return q < 0.0 ? -x : x;
}

double isw_sample_number(const struct isw_distribution *distribution, double u)
{
  double a = distribution->a, b = distribution->b, x = 0.0;
  switch (distribution->kind) {
  case ISW_LISTED:
  case ISW_INTEGER: x = a + floor(u * (b - a + 1.0)); break;
  case ISW_UNIFORM: x = a + (b - a) * u; break;
  case ISW_LOG_UNIFORM: x = a * isw_exact_exp(isw_exact_log(b / a) * u); break;
  case ISW_NORMAL: return a + b * normal_quantile(u);
  }
  return fmin(fmax(x, a), b); /* rounding may lead beyond the ends */
}
