#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "families.h"

static enum isw_status read_open_file(int file, const char *path, size_t limit, char **bytes, size_t *length,
                                      struct isw_error *error)
{
  struct stat about;
  if (fstat(file, &about) != 0) return isw_error_set(error, ISW_BAD_INPUT, "%s: %s", path, strerror(errno));
  if (!S_ISREG(about.st_mode)) return isw_error_set(error, ISW_BAD_INPUT, "%s is no regular file", path);
  if (about.st_size < 0 || (uintmax_t)about.st_size > limit)
    return isw_error_set(error, ISW_BAD_INPUT, "%s has %jd bytes; the limit is %zu", path, (intmax_t)about.st_size,
                         limit);
  size_t size = (size_t)about.st_size, got = 0;
  char *buffer = malloc(size + 1);
  if (!buffer) return isw_error_memory(error, size + 1, path);
  while (got < size) {
    ssize_t more = read(file, buffer + got, size - got);
    if (more < 0 && errno == EINTR) continue;
    if (more < 0) {
      isw_error_set(error, ISW_BAD_INPUT, "%s: %s", path, strerror(errno));
      free(buffer);
      return ISW_BAD_INPUT;
    }
    if (more == 0) break;
    got += (size_t)more;
  }
  buffer[got] = '\0';
  *bytes = buffer;
  *length = got;
  return ISW_OK;
}

enum isw_status isw_read_file(const char *path, size_t limit, char **bytes, size_t *length, struct isw_error *error)
{
  int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO must not block before it is refused */
  if (file < 0) return isw_error_set(error, ISW_BAD_INPUT, "%s: %s", path, strerror(errno));
  enum isw_status status = read_open_file(file, path, limit, bytes, length, error);
  close(file);
  return status;
}

/* Appends the folder of the running program; false where /proc does not tell. */
static bool add_program_folder(struct isw_text *path)
{
  char program[4096];
  ssize_t length = readlink("/proc/self/exe", program, sizeof program);
  if (length <= 0 || (size_t)length == sizeof program) return false;
  while (length > 0 && program[length - 1] != '/') length--;
  return isw_text_add_bytes(path, program, (size_t)length) == ISW_OK;
}

enum isw_status isw_shipped_file(const char *name, struct isw_text *path, struct isw_error *error)
{
  const char *asked = getenv("INITSWEEP_DATA");
  const char *folders[] = {asked, NULL, INITSWEEP_DATA_DIR_BUILD, INITSWEEP_DATA_DIR_INSTALL};
  size_t count = asked ? 1 : sizeof folders / sizeof folders[0];
  for (size_t f = 0; f < count; f++) {
    struct isw_text candidate = {0};
    bool known = folders[f] ? isw_text_add(&candidate, "%s/%s", folders[f], name) == ISW_OK
                            : add_program_folder(&candidate) &&
                                  isw_text_add(&candidate, "../share/initsweep/%s", name) == ISW_OK;
    if (known && access(candidate.bytes, R_OK) == 0) {
      isw_text_clear(path);
      *path = candidate;
      return ISW_OK;
    }
    isw_text_clear(&candidate);
  }
  if (asked)
    return isw_error_set(error, ISW_BAD_INPUT,
                         "%s/%s cannot be read (the environment variable INITSWEEP_DATA names the folder)", asked,
                         name);
  return isw_error_set(error, ISW_BAD_INPUT,
                       "data file %s was found neither in ../share/initsweep beside the program nor in %s nor in %s; "
                       "INITSWEEP_DATA may name its folder",
                       name, INITSWEEP_DATA_DIR_BUILD, INITSWEEP_DATA_DIR_INSTALL);
}
