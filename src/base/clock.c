/* The monotonic clock. */
#include <time.h>
#include "initsweep/base.h"

double isw_clock(void)
{
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}
