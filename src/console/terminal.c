/* The properties of a stream: whether it is a terminal, its width, and whether it shows colours and UTF-8. */
#include "initsweep/console.h"
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { COLUMNS_MAX = 100000 };

static const char *variable(const char *name)
{
  const char *text = getenv(name);
  return text && text[0] ? text : NULL;
}

bool isw_terminal_redraws(int fd)
{
  const char *terminal = variable("TERM");
  return isatty(fd) && terminal && strcmp(terminal, "dumb") != 0;
}

bool isw_terminal_color(int fd)
{
  return isw_terminal_redraws(fd) && !variable("NO_COLOR");
}

bool isw_terminal_utf8(int fd)
{
  /* from the environment, because setlocale() would change how numbers are written */
  const char *locale = variable("LC_ALL");
  if (!locale) locale = variable("LC_CTYPE");
  if (!locale) locale = variable("LANG");
  const char *characters = locale ? strchr(locale, '.') : NULL;
  return isatty(fd) && characters &&
         (strncasecmp(characters, ".UTF-8", 6) == 0 || strncasecmp(characters, ".UTF8", 5) == 0);
}

size_t isw_terminal_width(int fd)
{
  const char *columns = variable("COLUMNS");
  unsigned long given = columns && columns[0] >= '0' && columns[0] <= '9' ? strtoul(columns, NULL, 10) : 0;
  if (given > 0 && given <= COLUMNS_MAX) return given;
  struct winsize size;
  return ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}
