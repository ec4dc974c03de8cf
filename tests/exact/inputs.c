/* Inputs of the elementary functions for tests. */
#include "inputs.h"
#include "initsweep/base.h"
#include "initsweep/random.h"
#include <math.h>
#include <string.h>

#define HALF_PI 1.5707963267948966
#define NEAR_HALF_TURNS 0x1.6ac5b262ca1ffp+849 /* the float64 that is nearest to a multiple of pi / 2 (Muller 2016) */
#define HALF_LOG_2 0.34657359027997264

const struct exact_facts exact_facts[EXACT_COUNT] = {
    [EXACT_tanh] =
        {"tanh", EXACT_ODD, 1.0, true, -2.0, 2.0, 0.5, {0.0, -0.0, INFINITY, 0x1p-149}, {0.0, -0.0, 1.0, 0x1p-149}},
    [EXACT_exp] = {"exp",
                   EXACT_NEITHER,
                   INFINITY,
                   true,
                   -8.0,
                   8.0,
                   HALF_LOG_2,
                   {0.0, -0.0, -INFINITY, INFINITY},
                   {1.0, 1.0, 0.0, INFINITY}},
    [EXACT_expm1] = {"expm1",
                     EXACT_NEITHER,
                     INFINITY,
                     true,
                     -2.0,
                     2.0,
                     HALF_LOG_2,
                     {0x1p-149, -0.0, -INFINITY, INFINITY},
                     {0x1p-149, -0.0, -1.0, INFINITY}},
    [EXACT_erf] = {"erf", EXACT_ODD, 1.0, true, -2.0, 2.0, 0.5, {0.0, -0.0, INFINITY, 100.0}, {0.0, -0.0, 1.0, 1.0}},
    [EXACT_log] = {"log",
                   EXACT_NEITHER,
                   INFINITY,
                   true,
                   0.5,
                   2.0,
                   1.0,
                   {0.0, 1.0, -1.0, INFINITY},
                   {-INFINITY, 0.0, NAN, INFINITY}},
    [EXACT_log1p] = {"log1p",
                     EXACT_NEITHER,
                     INFINITY,
                     true,
                     -0.75,
                     2.0,
                     0.5,
                     {-1.0, -0.0, -1.5, INFINITY},
                     {-INFINITY, -0.0, NAN, INFINITY}},
    [EXACT_sin] =
        {"sin", EXACT_ODD, 1.0, false, -8.0, 8.0, HALF_PI, {0.0, -0.0, INFINITY, 0x1p-149}, {0.0, -0.0, NAN, 0x1p-149}},
    [EXACT_cos] =
        {"cos", EXACT_EVEN, 1.0, false, -8.0, 8.0, HALF_PI, {0.0, -0.0, INFINITY, 0x1p-149}, {1.0, 1.0, NAN, 1.0}},
};

void exact_inputs_float64(size_t function, uint64_t block, double *x)
{
  const struct exact_facts *facts = &exact_facts[function];
  struct isw_stream stream = {.seed = isw_hash(facts->name, strlen(facts->name), 0), .replicate = block};
  for (uint64_t i = 0; i < EXACT_BLOCK; i++) {
    double unit = isw_uniform(&stream, 2 * i), other = isw_uniform(&stream, 2 * i + 1);
    uint64_t word = (uint64_t)(unit * 0x1p53) << 11 | (uint64_t)(other * 0x1p11);
    int size = (int)(other * 64.0);
    switch (i % 4) {
    case 0: memcpy(&x[i], &word, sizeof word); break;
    case 1: x[i] = ldexp(unit - 0.5, 12 - size); break;
    case 2: x[i] = facts->low + unit * (facts->high - facts->low); break;
    default: x[i] = facts->step * (double)(word >> (44 + i / 4 % 20)) + ldexp(other - 0.5, -(int)(word % 64));
    }
  }
  if (block == 0 && facts->step == HALF_PI) x[0] = NEAR_HALF_TURNS;
}

void exact_inputs_float32(uint64_t first, uint64_t step, float *x)
{
  for (uint64_t i = 0; i < EXACT_BLOCK; i++) {
    uint32_t word = (uint32_t)(first + i * step);
    memcpy(&x[i], &word, sizeof word);
  }
}
