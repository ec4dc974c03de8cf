/* Inputs of the elementary functions for tests, with what the tests know of each function. */
#ifndef TESTS_EXACT_INPUTS_H
#define TESTS_EXACT_INPUTS_H
#include "forms.h"
#include <stdint.h>

enum { EXACT_BLOCK = 4096 };

/** Reflected arguments: nothing known, f(-x) = -f(x), or f(-x) = f(x). */
enum exact_symmetry { EXACT_NEITHER, EXACT_ODD, EXACT_EVEN };

/** What the tests know of a function. */
struct exact_facts {
  const char *name;
  enum exact_symmetry symmetry;
  double bound;                 /**< |f| is never above */
  bool is_monotone;             /**< f never decreases from one float32 to the next */
  double low, high;             /**< where most of its arithmetic is at work */
  double step;                  /**< the multiples of it are difficult arguments */
  double argument[4], value[4]; /**< special arguments with their values */
};
extern const struct exact_facts exact_facts[EXACT_COUNT];

/** Block number `block` of float64 arguments of a function, [EXACT_BLOCK], a function of its parameters alone: random
 *  words, numbers of all sizes, numbers between low and high, and numbers near multiples of step. */
void exact_inputs_float64(size_t function, uint64_t block, double *x);
/** The float32 whose words are first, first + step, ... [EXACT_BLOCK] */
void exact_inputs_float32(uint64_t first, uint64_t step, float *x);
#endif
