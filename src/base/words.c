/* Suggestions for misspelt words: the nearest candidate by edit distance. */
#include <string.h>
#include "initsweep/base.h"

enum { MAX_LETTERS = 64 };

/* Upper and lower case count as the same letter: ReLU is relu. */
static bool same_letter(char a, char b)
{
  return a == b || ((a ^ b) == 0x20 && (a | 0x20) >= 'a' && (a | 0x20) <= 'z');
}

/* Optimal string alignment distance (Damerau 1964): insertions, deletions, substitutions, transpositions. */
static size_t edit_distance(const char *a, size_t m, const char *b, size_t n)
{
  size_t row[3][MAX_LETTERS + 1];
  for (size_t j = 0; j <= n; j++) row[0][j] = j;
  for (size_t i = 1; i <= m; i++) {
    size_t *now = row[i % 3], *before = row[(i + 2) % 3], *earlier = row[(i + 1) % 3];
    now[0] = i;
    for (size_t j = 1; j <= n; j++) {
      size_t best = before[j - 1] + !same_letter(a[i - 1], b[j - 1]);
      if (before[j] + 1 < best) best = before[j] + 1;
      if (now[j - 1] + 1 < best) best = now[j - 1] + 1;
      bool swapped = i > 1 && j > 1 && same_letter(a[i - 1], b[j - 2]) && same_letter(a[i - 2], b[j - 1]);
      if (swapped && earlier[j - 2] + 1 < best) best = earlier[j - 2] + 1;
      now[j] = best;
    }
  }
  return row[m % 3][n];
}

const char *isw_nearest_word(const char *word, const char *const *candidates, size_t count)
{
  size_t length = strlen(word);
  if (length == 0 || length > MAX_LETTERS) return NULL;
  const char *nearest = NULL;
  size_t best = length / 3 + 2; /* a third of the letters and one more may differ */
  for (size_t i = 0; i < count; i++) {
    size_t other = strlen(candidates[i]);
    if (other > MAX_LETTERS) continue;
    size_t distance = edit_distance(word, length, candidates[i], other);
    if (distance < best && distance < other) {
      best = distance;
      nearest = candidates[i];
    }
  }
  return nearest;
}
