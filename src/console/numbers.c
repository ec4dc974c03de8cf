/* Formats numbers, sizes and times for people. json.c formats numbers for programs. */
#include <math.h>
#include <time.h>
#include "initsweep/console.h"

const char *isw_format_si(double number, char *buffer)
{
  static const char *const prefix[] = {"", " k", " M", " G", " T", " P", " E"};
  size_t i = 0;
  double scaled = number;
  while (i + 1 < sizeof prefix / sizeof *prefix && fabs(scaled) >= (i == 0 ? 10000 : 999.5)) {
    scaled /= 1000;
    i++;
  }
  if (i == 0 && (number == floor(number) || fabs(number) >= 999.5))
    snprintf(buffer, ISW_NUMBER_SIZE, "%.0f", number);
  else
    snprintf(buffer, ISW_NUMBER_SIZE, "%.3g%s", scaled, prefix[i]);
  return buffer;
}

const char *isw_format_bytes(double bytes, char *buffer)
{
  static const char *const unit[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
  size_t i = 0;
  while (i + 1 < sizeof unit / sizeof *unit && bytes >= 999.5) {
    bytes /= 1024;
    i++;
  }
  snprintf(buffer, ISW_NUMBER_SIZE, i == 0 ? "%.0f %s" : "%.3g %s", bytes, unit[i]);
  return buffer;
}

const char *isw_format_duration(double seconds, char *buffer)
{
  double minutes = floor(seconds / 60 + 0.5);
  if (!(seconds < 1e12))
    snprintf(buffer, ISW_NUMBER_SIZE, "forever");
  else if (seconds < 99.5)
    snprintf(buffer, ISW_NUMBER_SIZE, seconds < 9.95 ? "%.2g s" : "%.0f s", seconds);
  else if (minutes < 100)
    snprintf(buffer, ISW_NUMBER_SIZE, "%.0f min", minutes);
  else if (minutes < 48 * 60)
    snprintf(buffer, ISW_NUMBER_SIZE, "%.0f h %02.0f min", floor(minutes / 60), fmod(minutes, 60));
  else
    snprintf(buffer, ISW_NUMBER_SIZE, "%.0f d %.0f h", floor(minutes / 1440), floor(fmod(minutes, 1440) / 60));
  return buffer;
}

void isw_format_utc_now(char text[ISW_NUMBER_SIZE])
{
  time_t now = time(NULL);
  struct tm utc;
  gmtime_r(&now, &utc);
  strftime(text, ISW_NUMBER_SIZE, "%Y-%m-%dT%H:%M:%SZ", &utc);
}
