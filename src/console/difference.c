#include "initsweep/console.h"
#include <stdlib.h>
#include <string.h>

enum { MOST_LINES = 2000, MOST_SHOWN = 20, MOST_BYTES = 200 };

struct lines {
  const char **start;
  size_t *length, count;
};

static bool split(const char *text, struct lines *lines)
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

static bool same(const struct lines *a, size_t i, const struct lines *b, size_t j)
{
  return a->length[i] == b->length[j] && memcmp(a->start[i], b->start[j], a->length[i]) == 0;
}

static void show(struct isw_error *error, char sign, const struct lines *lines, size_t i, size_t *shown)
{
  size_t length = lines->length[i];
  if ((*shown)++ >= MOST_SHOWN) return;
  isw_text_add(&error->message, "  %c %.*s%s\n", sign, (int)(length < MOST_BYTES ? length : MOST_BYTES),
               lines->start[i], length > MOST_BYTES ? " ..." : "");
}

/* The longest common subsequence's lengths from every pair of places to the ends: [n + 1][m + 1]. */
static uint32_t *common(const struct lines *a, const struct lines *b)
{
  size_t width = b->count + 1;
  uint32_t *best = isw_allocate((a->count + 1) * width, sizeof *best);
  for (size_t i = a->count; best && i-- > 0;)
    for (size_t j = b->count; j-- > 0;) {
      uint32_t down = best[(i + 1) * width + j], right = best[i * width + j + 1];
      best[i * width + j] = same(a, i, b, j) ? best[(i + 1) * width + j + 1] + 1 : down > right ? down : right;
    }
  return best;
}

void isw_add_difference(struct isw_error *error, const char *before, const char *after)
{
  struct lines a = {0}, b = {0};
  uint32_t *best = NULL;
  size_t shown = 0;
  bool split_up = split(before ? before : "", &a) && split(after, &b);
  if (before && strcmp(before, after) == 0)
    isw_text_add(&error->message, "  the settings are the same: the data that they name have changed\n");
  else if (split_up && a.count <= MOST_LINES && b.count <= MOST_LINES && (best = common(&a, &b))) {
    isw_text_add(&error->message, "  settings before (-) and now (+):\n");
    size_t i = 0, j = 0, width = b.count + 1;
    while (i < a.count || j < b.count) {
      if (i < a.count && j < b.count && same(&a, i, &b, j)) {
        i++;
        j++;
      } else if (i < a.count && (j == b.count || best[(i + 1) * width + j] >= best[i * width + j + 1]))
        show(error, '-', &a, i++, &shown);
      else
        show(error, '+', &b, j++, &shown);
    }
    if (shown > MOST_SHOWN) isw_text_add(&error->message, "  and %zu more lines\n", shown - MOST_SHOWN);
  }
  free(best);
  free(a.start);
  free(a.length);
  free(b.start);
  free(b.length);
}
