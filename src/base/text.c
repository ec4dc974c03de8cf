/* Growing text: appends formatted text and bytes. It does not convert encodings or parse. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "initsweep/base.h"

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

char *isw_copy_text(const char *text)
{
  size_t length = strlen(text) + 1;
  char *copy = malloc(length);
  if (copy) memcpy(copy, text, length);
  return copy;
}
