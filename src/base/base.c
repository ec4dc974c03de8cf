#include "initsweep/base.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

static enum isw_status reserve(struct isw_text *text, size_t more)
{
  if (more > SIZE_MAX - text->length - 1) return ISW_FAILED;
  size_t needed = text->length + more + 1;
  if (needed <= text->capacity) return ISW_OK;
  size_t capacity = needed > SIZE_MAX / 2 ? needed : needed * 2;
  char *bytes = realloc(text->bytes, capacity);
  if (!bytes) return ISW_FAILED;
  text->bytes = bytes;
  text->capacity = capacity;
  return ISW_OK;
}

enum isw_status isw_text_add_list(struct isw_text *text, const char *format, va_list list)
{
  va_list again;
  va_copy(again, list);
  int length = vsnprintf(NULL, 0, format, again);
  va_end(again);
  if (length < 0 || reserve(text, (size_t)length) != ISW_OK) return ISW_FAILED;
  vsnprintf(text->bytes + text->length, (size_t)length + 1, format, list);
  text->length += (size_t)length;
  return ISW_OK;
}

enum isw_status isw_text_add(struct isw_text *text, const char *format, ...)
{
  va_list list;
  va_start(list, format);
  enum isw_status status = isw_text_add_list(text, format, list);
  va_end(list);
  return status;
}

enum isw_status isw_text_add_bytes(struct isw_text *text, const void *bytes, size_t length)
{
  if (reserve(text, length) != ISW_OK) return ISW_FAILED;
  if (length) memcpy(text->bytes + text->length, bytes, length);
  text->length += length;
  text->bytes[text->length] = '\0';
  return ISW_OK;
}

void isw_text_clear(struct isw_text *text)
{
  free(text->bytes);
  *text = (struct isw_text){0};
}

enum isw_status isw_error_set(struct isw_error *error, enum isw_status status, const char *format, ...)
{
  if (!error) return status;
  struct isw_text message = {0}; /* the arguments may point into the old message */
  va_list list;
  va_start(list, format);
  isw_text_add_list(&message, format, list);
  va_end(list);
  isw_text_clear(&error->message);
  error->message = message;
  error->status = status;
  return status;
}

enum isw_status isw_error_memory(struct isw_error *error, size_t bytes, const char *what)
{
  return isw_error_set(error, ISW_FAILED, "out of memory (%zu bytes for %s)", bytes, what);
}

const char *isw_error_text(const struct isw_error *error)
{
  return error && error->message.bytes ? error->message.bytes : "";
}

void isw_error_clear(struct isw_error *error)
{
  isw_text_clear(&error->message);
  error->status = ISW_OK;
}

bool isw_multiply(size_t a, size_t b, size_t *product)
{
  return !__builtin_mul_overflow(a, b, product);
}

void *isw_allocate(size_t count, size_t size)
{
  size_t bytes;
  if (!isw_multiply(count, size, &bytes) || bytes > SIZE_MAX - 64) return NULL;
  size_t rounded = bytes == 0 ? 64 : (bytes + 63) / 64 * 64; /* aligned_alloc wants a multiple */
  void *memory = aligned_alloc(64, rounded);
  if (memory) memset(memory, 0, rounded);
  return memory;
}

char *isw_copy_text(const char *text)
{
  size_t length = strlen(text) + 1;
  char *copy = malloc(length);
  if (copy) memcpy(copy, text, length);
  return copy;
}

enum { LONGEST_WORD = 64 };

/* Optimal string alignment distance (Damerau 1964: insertions, deletions, substitutions, swaps of neighbours). */
static size_t edit_distance(const char *a, size_t m, const char *b, size_t n)
{
  size_t row[3][LONGEST_WORD + 1];
  for (size_t j = 0; j <= n; j++) row[0][j] = j;
  for (size_t i = 1; i <= m; i++) {
    size_t *now = row[i % 3], *before = row[(i + 2) % 3], *earlier = row[(i + 1) % 3];
    now[0] = i;
    for (size_t j = 1; j <= n; j++) {
      size_t best = before[j - 1] + (a[i - 1] != b[j - 1]);
      if (before[j] + 1 < best) best = before[j] + 1;
      if (now[j - 1] + 1 < best) best = now[j - 1] + 1;
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && earlier[j - 2] + 1 < best)
        best = earlier[j - 2] + 1;
      now[j] = best;
    }
  }
  return row[m % 3][n];
}

const char *isw_nearest_word(const char *word, const char *const *candidates, size_t count)
{
  size_t length = strlen(word);
  if (length == 0 || length > LONGEST_WORD) return NULL;
  const char *nearest = NULL;
  size_t best = length / 3 + 2; /* a third of the letters and one more may differ */
  for (size_t i = 0; i < count; i++) {
    size_t other = strlen(candidates[i]);
    if (other > LONGEST_WORD) continue;
    size_t distance = edit_distance(word, length, candidates[i], other);
    if (distance < best && distance < other) {
      best = distance;
      nearest = candidates[i];
    }
  }
  return nearest;
}

double isw_clock(void)
{
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

int isw_open_new(const char *path, unsigned mode, char **name)
{
  for (;;) {
    uint64_t digits;
    struct isw_text text = {0};
    *name = NULL;
    if (getrandom(&digits, sizeof digits, 0) != (ssize_t)sizeof digits) return -1;
    if (isw_text_add(&text, "%s.%016" PRIx64 ISW_NEW_SUFFIX, path, digits) != ISW_OK) {
      errno = ENOMEM;
      return -1;
    }
    int fd = open(text.bytes, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd >= 0) {
      *name = text.bytes;
      return fd;
    }
    isw_text_clear(&text); /* free() leaves errno */
    if (errno != EEXIST && errno != EINTR) return -1;
  }
}
