/* Sizes of what is recorded, computed in one place for every room. */
#include "initsweep/record.h"

size_t isw_precision_bytes(enum isw_precision precision)
{
  return precision == ISW_FLOAT32 ? sizeof(float) : sizeof(double);
}
