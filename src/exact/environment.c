/* The floating-point environment of a thread. A library that is loaded, or a thread that starts another, may have
 * changed it: code built with -ffast-math flushes subnormal numbers to zero in the thread that loads it. */
#include <fenv.h>
#include <float.h>
#include "initsweep/exact.h"

/* The operands are volatile, so that the processor computes and not the compiler. */
static bool subnormals_are_kept(void)
{
  volatile double least = DBL_MIN;
  volatile float narrow_least = FLT_MIN;
  volatile double half = least / 2; /* zero if results are flushed */
  volatile float narrow_half = narrow_least / 2;
  volatile double again = half * 2; /* zero if operands are */
  volatile float narrow_again = narrow_half * 2;
  return again == DBL_MIN && narrow_again == FLT_MIN;
}

static bool rounds_to_nearest(void)
{
  volatile double one = 1, quarter = DBL_EPSILON / 4, most = 3 * (DBL_EPSILON / 4);
  volatile float narrow_one = 1, narrow_quarter = FLT_EPSILON / 4, narrow_most = 3 * (FLT_EPSILON / 4);
  volatile double below = one + quarter, above = one + most;
  volatile float narrow_below = narrow_one + narrow_quarter, narrow_above = narrow_one + narrow_most;
  return below == 1 && above == 1 + DBL_EPSILON && narrow_below == 1 && narrow_above == 1 + FLT_EPSILON;
}

enum isw_status isw_exact_environment(struct isw_error *error)
{
  if (fesetenv(FE_DFL_ENV) == 0 && subnormals_are_kept() && rounds_to_nearest()) return ISW_OK;
  return isw_error_set(error, ISW_FAILED,
                       "this thread's arithmetic is not that of IEEE 754: it flushes subnormal numbers to zero or does "
                       "not round to nearest, and the C library cannot set it\n"
                       "  look for a library that changes it (LD_PRELOAD, MPI, HDF5 plugins), or an emulator");
}
