/* The difference between two texts, line by line, for a message. */
#include "initsweep/console.h"
#include <stdlib.h>
#include <string.h>

enum { MAX_LINES = 2000, MAX_SHOWN = 20, MAX_BYTES = 200 };

struct lines {
  const char **start;
  size_t *length, count;
};

static bool split_lines(const char *text, struct lines *lines)
{
  size_t count = 1;
  for (const char *c = text; *c; c++) count += *c == '\n';
  *lines = (struct lines){isw_allocate(count, sizeof *lines->start), isw_allocate(count, sizeof *lines->length), 0};
  if (!lines->start || !lines->length) return false;
  for (const char *at = text; *at;) {
    size_t length = strcspn(at, "\n");
    lines->start[lines->count] = at;
    lines->length[lines->count++] = length;
    at += length + (at[length] == '\n');
  }
  return true;
}

static bool same_line(const struct lines *a, size_t i, const struct lines *b, size_t j)
{
  return a->length[i] == b->length[j] && memcmp(a->start[i], b->start[j], a->length[i]) == 0;
}

static void add_line(struct isw_error *error, char sign, const struct lines *lines, size_t i, size_t *shown)
{
  size_t length = lines->length[i];
  if ((*shown)++ >= MAX_SHOWN) return;
  isw_text_add(&error->message, "  %c %.*s%s\n", sign, (int)(length < MAX_BYTES ? length : MAX_BYTES), lines->start[i],
               length > MAX_BYTES ? " ..." : "");
}

/* Lengths of the longest common subsequence of the lines from i and from j on, for all i and j: [a.count + 1][b.count
 * + 1]. */
static uint32_t *common_lengths(const struct lines *a, const struct lines *b)
{
  size_t width = b->count + 1;
  uint32_t *best = isw_allocate((a->count + 1) * width, sizeof *best);
  for (size_t i = a->count; best && i-- > 0;)
    for (size_t j = b->count; j-- > 0;) {
      uint32_t down = best[(i + 1) * width + j], right = best[i * width + j + 1];
      best[i * width + j] = same_line(a, i, b, j) ? best[(i + 1) * width + j + 1] + 1 : down > right ? down : right;
    }
  return best;
}

void isw_error_add_difference(struct isw_error *error, const char *before, const char *after)
{
  struct lines a = {0}, b = {0};
  uint32_t *best = NULL;
  size_t shown = 0;
  bool have_lines = split_lines(before ? before : "", &a) && split_lines(after, &b);
  if (before && strcmp(before, after) == 0)
    isw_text_add(&error->message, "  the settings are the same: the data that they refer to have changed\n");
  else if (have_lines && a.count <= MAX_LINES && b.count <= MAX_LINES && (best = common_lengths(&a, &b))) {
    isw_text_add(&error->message, "  settings before (-) and now (+):\n");
    size_t i = 0, j = 0, width = b.count + 1;
    while (i < a.count || j < b.count) {
      if (i < a.count && j < b.count && same_line(&a, i, &b, j)) {
        i++;
        j++;
      } else if (i < a.count && (j == b.count || best[(i + 1) * width + j] >= best[i * width + j + 1]))
        add_line(error, '-', &a, i++, &shown);
      else
        add_line(error, '+', &b, j++, &shown);
    }
    if (shown > MAX_SHOWN) isw_text_add(&error->message, "  and %zu more lines\n", shown - MAX_SHOWN);
  }
  free(best);
  free(a.start);
  free(a.length);
  free(b.start);
  free(b.length);
}
