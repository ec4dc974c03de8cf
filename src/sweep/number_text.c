/* Formats numbers and ranges of numbers as text. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "grammar.h"

enum { NUMBER_SIZE = 48 };

void isw_write_number(double number, char *text, size_t size)
{
  for (int digits = 15; digits <= 17; digits++) {
    snprintf(text, size, "%.*g", digits, number);
    if (strtod(text, NULL) == number) return;
  }
}

/* Writes a limit as a person would: 1e30, not 1e+30; the largest integer with its power of 2. */
static void write_limit(double number, char text[NUMBER_SIZE])
{
  isw_write_number(number, text, NUMBER_SIZE);
  char *plus = strchr(text, '+');
  if (plus) memmove(plus, plus + 1, strlen(plus));
  size_t length = strlen(text);
  if (number == ISW_LARGEST_INTEGER) snprintf(text + length, NUMBER_SIZE - length, " (2^53)");
}

void isw_describe_range(bool integer, double low, double high, bool low_open, bool high_open, char *text, size_t size)
{
  char from[NUMBER_SIZE], to[NUMBER_SIZE];
  write_limit(low, from);
  write_limit(high, to);
  const char *what = integer ? "a whole number" : "a number";
  if (low_open || high_open)
    snprintf(text, size, "%s %s %s and %s %s", what, low_open ? "above" : "of at least", from,
             high_open ? "below" : "of at most", to);
  else
    snprintf(text, size, "%s from %s to %s", what, from, to);
}

void isw_parameter_range(const struct isw_parameter *parameter, double *low, double *high)
{
  const double largest = parameter->type == ISW_COUNT ? ISW_LARGEST_INTEGER : ISW_LARGEST_NUMBER;
  bool unlimited = parameter->low == 0.0 && parameter->high == 0.0;
  *low = unlimited || parameter->low < -largest ? -largest : parameter->low;
  *high = unlimited || parameter->high > largest ? largest : parameter->high;
}
