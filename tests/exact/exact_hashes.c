/* Prints the version of the bits, then one line per elementary function and precision: a hash of its results on a
 * million arguments. The lines are those of hashes.txt in this folder, whatever the compiler and the instruction set.
 *
 *   exact_hashes > hashes.txt     after a new function, or a new version of the bits (docs/numerics.md)
 *
 * Exit status 1 if two forms of a function differ. */
#include "initsweep/base.h"
#include "initsweep/record.h"
#include "inputs.h"
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { BLOCKS = 256 };

static uint64_t hash_float32(const struct exact_form *form, size_t function)
{
  static struct {
    alignas(EXACT_LINE_BYTES) float x[EXACT_BLOCK], y[EXACT_BLOCK];
  } block;
  uint64_t hash = 0, step = (UINT64_C(1) << 32) / (BLOCKS * EXACT_BLOCK) - 3;
  for (uint64_t number = 0; number < BLOCKS; number++) {
    exact_inputs_float32(number * EXACT_BLOCK * step, step, block.x);
    form->float32[function](EXACT_BLOCK, block.x, block.y);
    for (size_t i = 0; i < EXACT_BLOCK; i++)
      if (isnan(block.y[i])) block.y[i] = NAN; /* payloads are unspecified */
    hash = isw_hash(block.y, sizeof block.y, hash);
  }
  return hash;
}

static uint64_t hash_float64(const struct exact_form *form, size_t function)
{
  static struct {
    alignas(EXACT_LINE_BYTES) double x[EXACT_BLOCK], y[EXACT_BLOCK];
  } block;
  uint64_t hash = 0;
  for (uint64_t number = 0; number < BLOCKS; number++) {
    exact_inputs_float64(function, number, block.x);
    form->float64[function](EXACT_BLOCK, block.x, block.y);
    for (size_t i = 0; i < EXACT_BLOCK; i++)
      if (isnan(block.y[i])) block.y[i] = (double)NAN;
    hash = isw_hash(block.y, sizeof block.y, hash);
  }
  return hash;
}

/* Returns whether all forms have this hash. */
static bool print_hash(size_t function, int digits, uint64_t (*hash)(const struct exact_form *form, size_t function))
{
  const struct exact_form *form;
  uint64_t expected = hash(exact_form(0), function);
  bool equal = true;
  printf("function %s float%d %016" PRIx64 "\n", exact_facts[function].name, digits, expected);
  for (size_t i = 1; (form = exact_form(i)); i++) {
    if (hash(form, function) == expected) continue;
    fprintf(stderr, "%s in float%d: %s and %s differ\n", exact_facts[function].name, digits, form->name,
            exact_form(0)->name);
    equal = false;
  }
  return equal;
}

int main(void)
{
  bool equal = true;
  printf("bits_version %d\n", ISW_BITS_VERSION);
  for (size_t function = 0; function < EXACT_COUNT; function++) {
    equal &= print_hash(function, 32, hash_float32);
    equal &= print_hash(function, 64, hash_float64);
  }
  return equal ? EXIT_SUCCESS : EXIT_FAILURE;
}
