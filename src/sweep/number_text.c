/* Formats numbers and ranges of numbers as text. */
#include <stdio.h>
#include <stdlib.h>
#include "grammar.h"

void isw_write_number(double number, char *text, size_t size)
{
  for (int digits = 15; digits <= 17; digits++) {
    snprintf(text, size, "%.*g", digits, number);
    if (strtod(text, NULL) == number) return;
  }
}

void isw_describe_range(bool integer, double low, double high, bool low_open, bool high_open, char *text, size_t size)
{
  enum { NUMBER = 40 };
  char from[NUMBER], to[NUMBER];
  isw_write_number(low, from, sizeof from);
  isw_write_number(high, to, sizeof to);
  const char *what = integer ? "a whole number" : "a number";
  bool below = low <= -ISW_LARGEST_NUMBER, above = high >= (integer ? ISW_LARGEST_INTEGER : ISW_LARGEST_NUMBER);
  if (below && above)
    snprintf(text, size, "%s", what);
  else if (above)
    snprintf(text, size, "%s %s %s", what, low_open ? "above" : "of at least", from);
  else if (below)
    snprintf(text, size, "%s %s %s", what, high_open ? "below" : "of at most", to);
  else if (low_open || high_open)
    snprintf(text, size, "%s %s %s and %s %s", what, low_open ? "above" : "of at least", from,
             high_open ? "below" : "of at most", to);
  else
    snprintf(text, size, "%s from %s to %s", what, from, to);
}
