#include <stdalign.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "machine.h"
#include "machine_loops.h"
#include "../tests/exact/forms.h"

double machine_now(void)
{
  struct timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

const struct machine_loops *machine_loops(const char *kernels, const char *precision)
{
#ifdef __x86_64__
  bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  bool avx512 = __builtin_cpu_supports("avx512f");
  const struct machine_loops *all[] = {&machine_float32_avx2, &machine_float64_avx2, &machine_float32_avx512,
                                       &machine_float64_avx512};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    if (!strcmp(all[i]->kernels, kernels) && !strcmp(all[i]->precision, precision))
      return (i < 2 ? avx2 : avx512) ? all[i] : NULL;
#else
  (void)kernels, (void)precision;
#endif
  return NULL;
}

/* what a measured loop returns goes here, so that it has to be computed */
static void keep(double value)
{
  volatile double kept = value;
  (void)kept;
}

/* The program's tanh of 4 KiB of numbers, in the form of these loops */
enum { TANH_BYTES = 4096 };

static double run_tanh(const struct machine_loops *loops, uint64_t times)
{
  static alignas(EXACT_LINE_BYTES) float in32[TANH_BYTES / sizeof(float)], out32[TANH_BYTES / sizeof(float)];
  static alignas(EXACT_LINE_BYTES) double in64[TANH_BYTES / sizeof(double)], out64[TANH_BYTES / sizeof(double)];
  const size_t count32 = TANH_BYTES / sizeof(float), count64 = TANH_BYTES / sizeof(double);
  const struct exact_form *form = exact_form(0);
  for (size_t i = 1; strcmp(form->name, loops->kernels) != 0; i++) form = exact_form(i);
  for (size_t i = 0; i < count32; i++) in32[i] = 4.0F * (float)i / (float)count32 - 2.0F;
  for (size_t i = 0; i < count64; i++) in64[i] = 4.0 * (double)i / (double)count64 - 2.0;
  bool is_float32 = !strcmp(loops->precision, "float32");
  for (uint64_t t = 0; t < times; t++) {
    if (is_float32)
      form->float32[EXACT_tanh](count32, in32, out32);
    else
      form->float64[EXACT_tanh](count64, in64, out64);
  }
  return (double)out32[count32 - 1] + out64[count64 - 1];
}

enum what { FMA, TANH, READ };

static double run(const struct machine_loops *loops, enum what what, const void *memory, size_t bytes, uint64_t times)
{
  double start = machine_now();
  switch (what) {
  case FMA: keep(loops->fma(times)); break;
  case TANH: keep(run_tanh(loops, times)); break;
  case READ: keep(loops->read(memory, bytes, times)); break;
  }
  return machine_now() - start;
}

/* seconds of one round, from a run that is long enough */
static double seconds_of_a_round(const struct machine_loops *loops, enum what what, const void *memory, size_t bytes,
                                 double seconds)
{
  uint64_t times = 1;
  double elapsed;
  while ((elapsed = run(loops, what, memory, bytes, times)) < 0.01) times *= 2;
  times = (uint64_t)(seconds / (elapsed / (double)times)) + 1;
  return run(loops, what, memory, bytes, times) / (double)times;
}

double machine_fma(const struct machine_loops *loops, double seconds)
{
  return loops->fma_flops / seconds_of_a_round(loops, FMA, NULL, 0, seconds);
}

double machine_tanh(const struct machine_loops *loops, double seconds)
{
  return seconds_of_a_round(loops, TANH, NULL, 0, seconds) / (TANH_BYTES / 64.0);
}

double machine_read(const struct machine_loops *loops, size_t bytes, double seconds)
{
  void *memory = aligned_alloc(4096, bytes);
  if (!memory) return 0.0;
  memset(memory, 0, bytes);
  double rate = (double)bytes / seconds_of_a_round(loops, READ, memory, bytes, seconds);
  free(memory);
  return rate;
}

double machine_triad(const struct machine_loops *loops, double seconds)
{
  const size_t bytes = (size_t)64 << 20;
  char *memory = aligned_alloc(4096, 3 * bytes);
  if (!memory) return 0.0;
  memset(memory, 0, 3 * bytes);
  double start = machine_now(), elapsed;
  uint64_t times = 0;
  do {
    keep(loops->triad(memory, memory + bytes, memory + 2 * bytes, bytes));
    times++;
  } while ((elapsed = machine_now() - start) < seconds);
  free(memory);
  return 3.0 * (double)bytes * (double)times / elapsed;
}
