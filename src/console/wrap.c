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

/* Appends a word in visible form; returns its width in columns. Without memory it is left out. */
static size_t make_visible(struct isw_text *word, const char *bytes, size_t length)
{
  size_t columns = 0;
  isw_text_clear(word);
  return isw_text_add_visible(word, bytes, length, &columns) == ISW_OK ? columns : 0;
}

void isw_write_wrapped(FILE *out, const char *text, size_t column, size_t indent, size_t width)
{
  bool first = true;
  struct isw_text word = {0};
  while (*text) {
    if (strncmp(text, "\n\n", 2) == 0) {
      fprintf(out, "\n\n%*s", (int)indent, "");
      column = indent;
      first = true;
      text += 2;
    } else if (*text == ' ' || *text == '\n') {
      text++;
    } else {
      size_t length = strcspn(text, " \n"), columns = make_visible(&word, text, length);
      if (!first && column + 1 + columns > width) {
        fprintf(out, "\n%*s", (int)indent, "");
        column = indent;
        first = true;
      }
      if (!first) column += (size_t)fprintf(out, " ");
      if (word.length) fwrite(word.bytes, 1, word.length, out);
      column += columns;
      first = false;
      text += length;
    }
  }
  isw_text_clear(&word);
  fputc('\n', out);
}
