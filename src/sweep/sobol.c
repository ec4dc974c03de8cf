/* Sobol's sequence in the order of the Gray code (Antonov & Saleev 1979), with the direction numbers of Joe & Kuo 2008:
 * the points of scipy.stats.qmc.Sobol(scramble=False). */
#include "sweep_internal.h"

enum { DEGREE_MAX = 9 };

/* Dimension by dimension: a primitive polynomial, bit k the coefficient of x^k, and the first numbers m. */
static const struct {
  uint32_t polynomial, m[DEGREE_MAX];
} table[ISW_SOBOL_DIMENSIONS] = {
#define ISW_SOBOL(polynomial, ...) {polynomial, {__VA_ARGS__}},
#include "sobol.def"
#undef ISW_SOBOL
};

void isw_sobol_directions(size_t dimension, uint32_t *direction)
{
  uint32_t polynomial = table[dimension].polynomial, m[ISW_SOBOL_BITS];
  size_t degree = polynomial > 1 ? 31 - (size_t)__builtin_clz(polynomial) : 0;
  for (size_t k = 0; k < ISW_SOBOL_BITS; k++) {
    if (degree == 0) {
      m[k] = 1;
    } else if (k < degree) {
      m[k] = table[dimension].m[k];
    } else { /* m_k = the sum, without carry, of 2^j a_j m_(k-j) over j = 1 .. degree, and m_(k-degree) */
      m[k] = m[k - degree];
      for (size_t j = 1; j <= degree; j++)
        if (polynomial >> (degree - j) & 1) m[k] ^= m[k - j] << j;
    }
    direction[k] = m[k] << (ISW_SOBOL_BITS - 1 - k);
  }
}

double isw_sobol_number(const uint32_t *direction, uint64_t point)
{
  uint64_t gray = point ^ point >> 1;
  uint32_t sum = 0;
  for (size_t k = 0; k < ISW_SOBOL_BITS; k++)
    if (gray >> k & 1) sum ^= direction[k];
  return (double)sum / (double)(1ull << ISW_SOBOL_BITS);
}
