/* Wraps text to lines of a given width. */
#include <string.h>
#include <unistd.h>
#include "initsweep/console.h"

enum { WIDTH_MAX = 100, WIDTH_MIN = 40 };

size_t isw_text_width(void)
{
  size_t width = isw_terminal_width(STDOUT_FILENO);
  if (width == 0) return WIDTH_MAX;
  return width < WIDTH_MIN ? WIDTH_MIN : width < WIDTH_MAX ? width : WIDTH_MAX;
}

void isw_write_wrapped(FILE *out, const char *text, size_t column, size_t indent, size_t width)
{
  bool first = true;
  while (*text) {
    if (strncmp(text, "\n\n", 2) == 0) {
      fprintf(out, "\n\n%*s", (int)indent, "");
      column = indent;
      first = true;
      text += 2;
    } else if (*text == ' ' || *text == '\n') {
      text++;
    } else {
      size_t length = strcspn(text, " \n");
      if (!first && column + 1 + length > width) {
        fprintf(out, "\n%*s", (int)indent, "");
        column = indent;
        first = true;
      }
      if (!first) column += (size_t)fprintf(out, " ");
      fwrite(text, 1, length, out);
      column += length;
      first = false;
      text += length;
    }
  }
  fputc('\n', out);
}
