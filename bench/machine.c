#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "machine.h"
#include "machine_loops.h"

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

enum what { FMA, TANH, READ };

static double run(const struct machine_loops *loops, enum what what, const void *memory, size_t bytes, uint64_t times)
{
  double start = machine_now();
  switch (what) {
  case FMA: keep(loops->fma(times)); break;
  case TANH: keep(loops->tanh(times)); break;
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
  return seconds_of_a_round(loops, TANH, NULL, 0, seconds) / loops->tanh_vectors;
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
