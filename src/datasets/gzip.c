/* Files that gzip packed (RFC 1952), several members one after the other included; the only file that knows zlib. */
#include <limits.h>
#include <stdlib.h>
#define ZLIB_CONST /* next_in points to const */
#include <zlib.h>
#include "datasets_internal.h"

enum { WINDOW = 15 + 16 }; /* the largest, of gzip's form alone */
static const size_t first_room = 65536;

struct unpacked {
  char *bytes;
  size_t length, room;
};

/* Makes room for more of the unpacked bytes, at most one more than `limit`; false after an error. */
static bool grow(struct unpacked *out, size_t limit, const char *path, struct isw_error *error)
{
  size_t most = limit + 1, room = out->room == 0 ? first_room : out->room < most / 2 ? 2 * out->room : most;
  if (room > most) room = most;
  char *bytes = realloc(out->bytes, room + 1); /* the file's NUL */
  if (!bytes) {
    isw_error_memory(error, room, path);
    return false;
  }
  out->bytes = bytes;
  out->room = room;
  return true;
}

static enum isw_status unpack(z_stream *stream, const char *packed, size_t length, size_t limit, const char *path,
                              struct unpacked *out, struct isw_error *error)
{
  size_t taken = 0;
  int state = Z_STREAM_END;
  for (;;) {
    if (state == Z_STREAM_END && taken == length) break;
    if (out->length == out->room && !grow(out, limit, path, error)) return error ? error->status : ISW_FAILED;
    size_t in = length - taken < UINT_MAX ? length - taken : UINT_MAX;
    size_t room = out->room - out->length < UINT_MAX ? out->room - out->length : UINT_MAX;
    stream->next_in = (const unsigned char *)packed + taken;
    stream->avail_in = (unsigned)in;
    stream->next_out = (unsigned char *)out->bytes + out->length;
    stream->avail_out = (unsigned)room;
    if (state == Z_STREAM_END) inflateReset(stream); /* a member begins */
    state = inflate(stream, Z_NO_FLUSH);
    taken += in - stream->avail_in;
    out->length += room - stream->avail_out;
    if (out->length > limit)
      return isw_error_set(error, ISW_BAD_INPUT, "%s unpacks to more than %zu bytes", path, limit);
    bool stuck = state == Z_BUF_ERROR && stream->avail_out > 0;
    if (state == Z_MEM_ERROR) return isw_error_memory(error, first_room, path);
    if (stuck || (state == Z_OK && taken == length && stream->avail_out > 0))
      return isw_error_set(error, ISW_BAD_INPUT, "%s ends within its gzip data", path);
    if (state != Z_OK && state != Z_STREAM_END && state != Z_BUF_ERROR)
      return isw_error_set(error, ISW_BAD_INPUT, "%s: damaged gzip data: %s", path,
                           stream->msg ? stream->msg : "not gzip's form");
  }
  return ISW_OK;
}

enum isw_status isw_gunzip(const char *path, size_t limit, char **bytes, size_t *length, struct isw_error *error)
{
  const unsigned char *head = (const unsigned char *)*bytes;
  if (*length < 2 || head[0] != 0x1f || head[1] != 0x8b) return ISW_OK;
  z_stream stream = {0};
  struct unpacked out = {0};
  if (inflateInit2(&stream, WINDOW) != Z_OK) return isw_error_memory(error, first_room, path);
  enum isw_status status = unpack(&stream, *bytes, *length, limit, path, &out, error);
  inflateEnd(&stream);
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
