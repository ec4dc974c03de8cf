/* Decompresses gzip files (RFC 1952) in memory with libdeflate. Several members one after the other count as one
 * file. */
#include <libdeflate.h>
#include <stdlib.h>
#include "datasets_internal.h"

static const size_t first_capacity = 65536;

struct unpacked {
  char *bytes;
  size_t length, capacity;
};

/* Doubles the capacity, to at most one byte more than `limit`; false after an error. */
static bool grow(struct unpacked *out, size_t limit, const char *path, struct isw_error *error)
{
  size_t most = limit + 1, capacity = out->capacity == 0 ? first_capacity : 2 * out->capacity;
  if (out->capacity > most / 2 || capacity > most) capacity = most;
  char *bytes = realloc(out->bytes, capacity + 1); /* + 1 for the terminating NUL */
  if (!bytes) {
    isw_error_memory(error, capacity, path);
    return false;
  }
  out->bytes = bytes;
  out->capacity = capacity;
  return true;
}

/* libdeflate decompresses a member at once or not at all, and the length in its trailer is not trusted. If the
 * capacity is too small, it is doubled and the member is decompressed again, so that memory stays below twice the size
 * of the decompressed data. */
static enum isw_status unpack(struct libdeflate_decompressor *decompressor, const char *packed, size_t length,
                              size_t limit, const char *path, struct unpacked *out, struct isw_error *error)
{
  for (size_t taken = 0; taken < length;) {
    size_t in = 0, made = 0;
    enum libdeflate_result result = LIBDEFLATE_INSUFFICIENT_SPACE;
    if (out->length < out->capacity)
      result = libdeflate_gzip_decompress_ex(decompressor, packed + taken, length - taken, out->bytes + out->length,
                                             out->capacity - out->length, &in, &made);
    if (result == LIBDEFLATE_BAD_DATA)
      return isw_error_set(error, ISW_BAD_INPUT, "%s: its gzip data are damaged or incomplete", path);
    if (result == LIBDEFLATE_SUCCESS) {
      taken += in;
      out->length += made;
    }
    if (out->length > limit || (result != LIBDEFLATE_SUCCESS && out->capacity > limit))
      return isw_error_set(error, ISW_BAD_INPUT, "%s unpacks to more than %zu bytes", path, limit);
    if (result != LIBDEFLATE_SUCCESS && !grow(out, limit, path, error)) return error ? error->status : ISW_FAILED;
  }
  return ISW_OK;
}

bool isw_is_gzip(const char *bytes, size_t length)
{
  return length >= 2 && (unsigned char)bytes[0] == 0x1f && (unsigned char)bytes[1] == 0x8b;
}

enum isw_status isw_gunzip(const char *path, size_t limit, char **bytes, size_t *length, struct isw_error *error)
{
  if (!isw_is_gzip(*bytes, *length)) return ISW_OK;
  struct unpacked out = {0};
  struct libdeflate_decompressor *decompressor = libdeflate_alloc_decompressor();
  if (!decompressor) return isw_error_memory(error, first_capacity, path);
  enum isw_status status = unpack(decompressor, *bytes, *length, limit, path, &out, error);
  libdeflate_free_decompressor(decompressor);
  if (status != ISW_OK || !out.bytes) {
    free(out.bytes);
    return status;
  }
  out.bytes[out.length] = '\0';
  free(*bytes);
  *bytes = out.bytes;
  *length = out.length;
  return ISW_OK;
}
