/* Eigenvalues of symmetric matrices, for the probes of the Hessian. */
#include "symmetric.h"
#include <float.h>
#include <math.h>
#include "initsweep/engine.h"

enum { SWEEPS = 100 };

static void sort(size_t n, double *d, double *last)
{
  for (size_t i = 1; i < n; i++)
    for (size_t j = i; j > 0 && d[j] < d[j - 1]; j--) {
      double swap = d[j];
      d[j] = d[j - 1], d[j - 1] = swap;
      if (!last) continue;
      swap = last[j];
      last[j] = last[j - 1], last[j - 1] = swap;
    }
}

/* The first index, from `from` on, after which the off-diagonal element is negligible, so that the matrix splits. */
static size_t split(size_t n, const double *d, const double *e, size_t from, double least)
{
  size_t m = from;
  while (m + 1 < n && fabs(e[m]) > DBL_EPSILON * (fabs(d[m]) + fabs(d[m + 1])) && fabs(e[m]) > least) m++;
  return m;
}

/* One implicit QL step on rows l .. m. */
static void step(double *d, double *e, double *last, size_t l, size_t m)
{
  double g = (d[l + 1] - d[l]) / (2.0 * e[l]), r = sqrt(g * g + 1.0), s = 1.0, c = 1.0, p = 0.0;
  g = d[m] - d[l] + e[l] / (g >= 0.0 ? g + r : g - r);
  for (size_t i = m; i-- > l;) {
    double f = s * e[i], b = c * e[i];
    r = sqrt(f * f + g * g);
    e[i + 1] = r;
    if (r == 0.0) {
      d[i + 1] = d[i + 1] - p;
      e[m] = 0.0;
      return;
    }
    s = f / r;
    c = g / r;
    g = d[i + 1] - p;
    r = (d[i] - g) * s + 2.0 * c * b;
    p = s * r;
    d[i + 1] = g + p;
    g = c * r - b;
    if (!last) continue;
    double above = last[i + 1];
    last[i + 1] = s * last[i] + c * above;
    last[i] = c * last[i] - s * above;
  }
  d[l] = d[l] - p;
  e[l] = g;
  e[m] = 0.0;
}

static bool fail(size_t n, double *d, double *last)
{
  for (size_t i = 0; i < n; i++) {
    d[i] = (double)NAN;
    if (last) last[i] = (double)NAN;
  }
  return false;
}

bool isw_tridiagonal_eigenvalues(size_t n, double *d, double *e, double *last)
{
  double largest = 0.0;
  int exponent = 0;
  for (size_t i = 0; i < n; i++) {
    double beside = i + 1 < n ? fabs(e[i]) : 0.0;
    if (!isfinite(d[i]) || !isfinite(beside)) return fail(n, d, last);
    largest = fabs(d[i]) > largest ? fabs(d[i]) : largest;
    largest = beside > largest ? beside : largest;
    if (last) last[i] = i + 1 == n ? 1.0 : 0.0;
  }
  if (n == 0 || largest == 0.0) return true;
  frexp(largest, &exponent); /* scale to about 1, so that no square overflows or vanishes */
  for (size_t i = 0; i < n; i++) {
    d[i] = ldexp(d[i], -exponent);
    e[i] = i + 1 < n ? ldexp(e[i], -exponent) : 0.0;
  }
  for (size_t l = 0; l < n; l++) {
    size_t m;
    for (size_t sweep = 0; (m = split(n, d, e, l, 0x1p-80)) != l; sweep++) {
      if (sweep == SWEEPS) return fail(n, d, last);
      step(d, e, last, l, m);
    }
  }
  sort(n, d, last);
  for (size_t i = 0; i < n; i++) d[i] = ldexp(d[i], exponent);
  return true;
}

/* The reflection I - t v v' that takes column k below its diagonal to a multiple of its first unit vector: v into work
 * [n][lanes] from row k + 1 on, t, and e[k]. */
static void reflection(size_t lanes, size_t n, size_t k, const double *matrix, double *v, double *t, double *e)
{
  for (size_t l = 0; l < lanes; l++) {
    double square = 0.0, x = matrix[((k + 1) * n + k) * lanes + l];
    for (size_t i = k + 2; i < n; i++) {
      double y = matrix[(i * n + k) * lanes + l];
      v[i * lanes + l] = y;
      square = square + y * y;
    }
    double size = sqrt(x * x + square), first = x >= 0.0 ? x + size : x - size;
    bool none = square == 0.0;
    v[(k + 1) * lanes + l] = none ? 0.0 : first;
    t[l] = none ? 0.0 : 2.0 / (first * first + square);
    e[k * lanes + l] = none ? x : x >= 0.0 ? -size : size;
  }
}

void isw_tridiagonalise(size_t lanes, size_t n, double *matrix, double *d, double *e, double *work)
{
  double t[ISW_LANES_MAX], half[ISW_LANES_MAX], *v = work, *w = work + n * lanes;
  for (size_t k = 0; k + 2 < n; k++) {
    reflection(lanes, n, k, matrix, v, t, e);
    for (size_t l = 0; l < lanes; l++) half[l] = 0.0;
    for (size_t i = k + 1; i < n; i++) {
      double *restrict p = w + i * lanes;
      for (size_t l = 0; l < lanes; l++) p[l] = 0.0;
      for (size_t j = k + 1; j < n; j++)
        for (size_t l = 0; l < lanes; l++) p[l] = p[l] + matrix[(i * n + j) * lanes + l] * v[j * lanes + l];
      for (size_t l = 0; l < lanes; l++) {
        p[l] = p[l] * t[l];
        half[l] = half[l] + p[l] * v[i * lanes + l];
      }
    }
    for (size_t i = k + 1; i < n; i++)
      for (size_t l = 0; l < lanes; l++) w[i * lanes + l] = w[i * lanes + l] - 0.5 * t[l] * half[l] * v[i * lanes + l];
    for (size_t i = k + 1; i < n; i++)
      for (size_t j = k + 1; j < n; j++) {
        double *restrict a = matrix + (i * n + j) * lanes;
        for (size_t l = 0; l < lanes; l++)
          a[l] = a[l] - (v[i * lanes + l] * w[j * lanes + l] + w[i * lanes + l] * v[j * lanes + l]);
      }
  }
  for (size_t i = 0; i < n; i++)
    for (size_t l = 0; l < lanes; l++) d[i * lanes + l] = matrix[(i * n + i) * lanes + l];
  for (size_t l = 0; n > 1 && l < lanes; l++) e[(n - 2) * lanes + l] = matrix[((n - 1) * n + n - 2) * lanes + l];
}
