/* Medians and spreads of many numbers. */
#include <math.h>
#include <stddef.h>
#include "summary/summary_internal.h"

/* Returns the number that sorting would put at index k, and moves it there with no larger number before it. Quickselect
 * (Hoare 1961): linear on average. */
static double select_number(double *values, size_t count, size_t k)
{
  ptrdiff_t low = 0, high = (ptrdiff_t)count - 1, wanted = (ptrdiff_t)k;
  while (low < high) {
    double pivot = values[low + (high - low) / 2];
    ptrdiff_t i = low, j = high;
    while (i <= j) {
      while (values[i] < pivot) i++;
      while (values[j] > pivot) j--;
      if (i > j) break;
      double swap = values[i];
      values[i++] = values[j];
      values[j--] = swap;
    }
    if (wanted <= j)
      high = j;
    else if (wanted >= i)
      low = i;
    else
      break;
  }
  return values[k];
}

double isw_median(double *values, size_t count)
{
  if (count == 0) return (double)NAN;
  double upper = select_number(values, count, count / 2);
  if (count % 2) return upper;
  double lower = values[0]; /* the largest of those before it */
  for (size_t i = 1; i < count / 2; i++) lower = values[i] > lower ? values[i] : lower;
  return lower == upper ? upper : 0.5 * (lower + upper);
}

struct isw_summary_spread isw_spread(double *values, size_t count)
{
  size_t present = 0;
  struct isw_summary_spread spread = {(double)NAN, (double)NAN, (double)NAN};
  for (size_t i = 0; i < count; i++)
    if (!isnan(values[i])) values[present++] = values[i];
  for (size_t i = 0; i < present; i++) {
    if (i == 0 || values[i] < spread.lowest) spread.lowest = values[i];
    if (i == 0 || values[i] > spread.highest) spread.highest = values[i];
  }
  spread.median = isw_median(values, present);
  return spread;
}
