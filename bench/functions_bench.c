/* Times of the elementary functions, in ns a line of 64 bytes from and to the first cache: the program's, SLEEF's and
 * libmvec's in turn, the best of many rounds. Prints a table. */
#include "function_peers.h"
#include "machine.h"
#include <stdio.h>
#include <string.h>

enum { BYTES = 4096, LINES = BYTES / EXACT_LINE_BYTES, ROUNDS = 300, REPEATS = 8, WAYS = 3 };

static union {
  alignas(EXACT_LINE_BYTES) float float32[BYTES / sizeof(float)];
  double float64[BYTES / sizeof(double)];
} in, out;

/* Arguments where the functions are at work: in (0, 4), and of both signs where both are allowed. */
static void fill(int bits, size_t function)
{
  size_t count = BYTES * 8 / (size_t)bits;
  double sign = function == EXACT_log || function == EXACT_log1p ? 1.0 : -1.0;
  for (size_t i = 0; i < count; i++) {
    double x = 4.0 * (double)((i * 37) % count + 1) / (double)count * (i % 2 ? sign : 1.0);
    if (bits == 32)
      in.float32[i] = (float)x;
    else
      in.float64[i] = x;
  }
}

static double seconds_of_a_call(int bits, exact_float32 *float32, exact_float64 *float64)
{
  double start = machine_now();
  for (int i = 0; i < REPEATS; i++) {
    if (bits == 32)
      float32(BYTES / sizeof(float), in.float32, out.float32);
    else
      float64(BYTES / sizeof(double), in.float64, out.float64);
  }
  return (machine_now() - start) / REPEATS;
}

static void print_row(int bits, size_t function, const char *name, const struct exact_form *form,
                      const struct function_peer *const *peers)
{
  double best[WAYS] = {1.0, 1.0, 1.0};
  fill(bits, function);
  for (int round = 0; round < ROUNDS; round++)
    for (int way = 0; way < WAYS; way++) {
      exact_float32 *float32 = way ? peers[way - 1]->float32[function] : form->float32[function];
      exact_float64 *float64 = way ? peers[way - 1]->float64[function] : form->float64[function];
      double seconds = seconds_of_a_call(bits, float32, float64) / LINES;
      if (seconds < best[way]) best[way] = seconds;
    }
  printf("| %s | float%d | %s | %.1f | %.1f | %.1f |\n", form->name, bits, name, best[0] * 1e9, best[1] * 1e9,
         best[2] * 1e9);
}

int main(void)
{
#define NAME(function) #function,
  static const char *const names[] = {EXACT_FUNCTIONS(NAME)};
  static const struct function_peer *const peers[][WAYS - 1] = {{&sleef_avx512, &libmvec_avx512},
                                                                {&sleef_avx2, &libmvec_avx2}};
  const struct exact_form *form;
  puts("| kernels | precision | function | initsweep | SLEEF | libmvec |\n|---|---|---|---|---|---|");
  for (size_t i = 0; (form = exact_form(i)); i++)
    for (size_t set = 0; set < sizeof peers / sizeof peers[0]; set++) {
      if (strcmp(form->name, peers[set][0]->kernels) != 0) continue;
      for (int bits = 32; bits <= 64; bits += 32)
        for (size_t function = 0; function < EXACT_COUNT; function++)
          print_row(bits, function, names[function], form, peers[set]);
    }
  return 0;
}
