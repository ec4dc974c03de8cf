/* What the commands print alike: errors, numbers for people, JSON texts. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "initsweep/console.h"

int isw_say_error(enum isw_status status, const struct isw_error *error)
{
  const char *text = isw_error_text(error);
  bool located = strstr(text, ": error: ") != NULL; /* file:line:column: error: ... */
  fprintf(stderr, "%s%s\n", located ? "" : "initsweep: ", text);
  return (int)status;
}

void isw_say_outside(const char *file, const struct isw_sweep *sweep)
{
  for (size_t d = 0; d < isw_sweep_datasets(sweep); d++) {
    const char *outside = isw_sweep_data(sweep, d)->outside;
    if (outside) fprintf(stderr, "initsweep: %s reads '%s', outside its folder\n", file, outside);
  }
}

const char *isw_si(double number, char *buffer)
{
  static const char *const prefix[] = {"", " k", " M", " G", " T", " P", " E"};
  size_t i = 0;
  double rest = number;
  while (i + 1 < sizeof prefix / sizeof *prefix && fabs(rest) >= (i == 0 ? 10000 : 999.5)) {
    rest /= 1000;
    i++;
  }
  if (i == 0 && number == floor(number))
    snprintf(buffer, ISW_NUMBER, "%.0f", number);
  else
    snprintf(buffer, ISW_NUMBER, "%.3g%s", rest, prefix[i]);
  return buffer;
}

const char *isw_bytes(double bytes, char *buffer)
{
  static const char *const unit[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
  size_t i = 0;
  while (i + 1 < sizeof unit / sizeof *unit && bytes >= 999.5) {
    bytes /= 1024;
    i++;
  }
  snprintf(buffer, ISW_NUMBER, i == 0 ? "%.0f %s" : "%.3g %s", bytes, unit[i]);
  return buffer;
}

const char *isw_duration(double seconds, char *buffer)
{
  double minutes = floor(seconds / 60 + 0.5);
  if (!(seconds < 1e12))
    snprintf(buffer, ISW_NUMBER, "for ever");
  else if (seconds < 99.5)
    snprintf(buffer, ISW_NUMBER, seconds < 9.95 ? "%.2g s" : "%.0f s", seconds);
  else if (minutes < 100)
    snprintf(buffer, ISW_NUMBER, "%.0f min", minutes);
  else if (minutes < 48 * 60)
    snprintf(buffer, ISW_NUMBER, "%.0f h %02.0f min", floor(minutes / 60), fmod(minutes, 60));
  else
    snprintf(buffer, ISW_NUMBER, "%.0f d %.0f h", floor(minutes / 1440), floor(fmod(minutes, 1440) / 60));
  return buffer;
}

void isw_print_json_text(const char *text)
{
  putchar('"');
  for (; *text; text++) {
    if (*text == '"' || *text == '\\')
      printf("\\%c", *text);
    else if ((unsigned char)*text < 0x20)
      printf("\\u%04x", (unsigned)*text);
    else
      putchar(*text);
  }
  putchar('"');
}

void isw_print_grids(const struct isw_sweep *sweep)
{
  uint64_t points = 0;
  for (size_t grid = 0; grid < isw_sweep_grids(sweep); grid++) {
    uint64_t product = 1;
    for (size_t axis = 0; axis < isw_sweep_axes(sweep, grid); axis++) {
      size_t values;
      isw_sweep_axis(sweep, grid, axis, &values);
      product *= values;
    }
    points += product;
  }
  printf("%llu", (unsigned long long)isw_sweep_networks(sweep));
  /* exclude, and points of two grids, leave fewer networks than points */
  const char *before = points == isw_sweep_networks(sweep) ? " = " : " of ";
  for (size_t grid = 0; grid < isw_sweep_grids(sweep); grid++) {
    for (size_t axis = 0; axis < isw_sweep_axes(sweep, grid); axis++) {
      size_t values;
      const char *name = isw_sweep_axis(sweep, grid, axis, &values);
      printf("%s%s %zu", before, name, values);
      before = " x ";
    }
    before = " + ";
  }
}

char *isw_command_line(int argc, char **argv)
{
  struct isw_text line = {0};
  isw_text_add(&line, "initsweep");
  for (int i = 0; i < argc; i++) isw_text_add(&line, " %s", argv[i]);
  return line.bytes;
}

void isw_utc(char text[32])
{
  time_t now = time(NULL);
  struct tm utc;
  gmtime_r(&now, &utc);
  strftime(text, 32, "%Y-%m-%dT%H:%M:%SZ", &utc);
}
