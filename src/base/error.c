/* Errors: a status with its message, which calls return up to main. */
#include <errno.h>
#include <string.h>
#include "initsweep/base.h"

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
  error->located = false;
  return status;
}

enum isw_status isw_error_memory(struct isw_error *error, size_t bytes, const char *what)
{
  return isw_error_set(error, ISW_FAILED, "out of memory (%zu bytes for %s)", bytes, what);
}

enum isw_status isw_error_system(struct isw_error *error, const char *path, const char *what)
{
  return isw_error_set(error, ISW_FAILED, "%s: %s: %s", path, what, strerror(errno));
}

const char *isw_error_text(const struct isw_error *error)
{
  return error && error->message.bytes ? error->message.bytes : "";
}

void isw_error_clear(struct isw_error *error)
{
  isw_text_clear(&error->message);
  error->status = ISW_OK;
  error->located = false;
}
