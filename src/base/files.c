/* Files: paths, reading whole files, writing, syncing. Whole output files are in output.c. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>
#include "initsweep/base.h"

char *isw_path_join(const char *folder, const char *name)
{
  struct isw_text path = {0};
  size_t length = folder && name[0] != '/' ? strlen(folder) : 0;
  const char *separator = length > 0 && folder[length - 1] != '/' ? "/" : "";
  return isw_text_add(&path, "%s%s%s", length ? folder : "", separator, name) == ISW_OK ? path.bytes : NULL;
}

char *isw_path_folder(const char *path)
{
  const char *slash = strrchr(path, '/');
  if (!slash) return isw_copy_text(".");
  return strndup(path, slash == path ? 1 : (size_t)(slash - path));
}

bool isw_read_at(int fd, void *bytes, size_t wanted, uint64_t offset, size_t *got)
{
  for (*got = 0; *got < wanted;) {
    ssize_t more = pread(fd, (char *)bytes + *got, wanted - *got, (off_t)(offset + *got));
    if (more < 0 && errno == EINTR) continue;
    if (more < 0) return false;
    if (more == 0) break;
    *got += (size_t)more;
  }
  return true;
}

bool isw_write_parts(int fd, struct iovec *parts, size_t count, uint64_t *written)
{
  while (count > 0) {
    if (parts->iov_len == 0) {
      parts++;
      count--;
      continue;
    }
    ssize_t now = writev(fd, parts, (int)count);
    if (now < 0 && errno == EINTR) continue;
    if (now == 0) errno = ENOSPC;
    if (now <= 0) return false;
    *written += (uint64_t)now;
    for (size_t left = (size_t)now; left > 0;) {
      size_t taken = left < parts->iov_len ? left : parts->iov_len;
      parts->iov_base = (char *)parts->iov_base + taken;
      parts->iov_len -= taken;
      left -= taken;
      if (parts->iov_len == 0) {
        parts++;
        count--;
      }
    }
  }
  return true;
}

/* A file that is read to its end, opened without blocking. */
struct source {
  int fd;
  bool pipe;   /* a FIFO, or a pipe of the shell */
  bool filled; /* something has written to it, or has opened it for writing */
  double start;
};

/* Waits after a read that returned `got` bytes and left `reason` in errno. Returns false at the end of the file: a pipe
 * whose writer has closed it looks like one that nothing has opened for writing yet, which is given some seconds. */
static bool wait_for_bytes(struct source *source, ssize_t got, int reason)
{
  enum { PIPE_SECONDS = 5, WAIT_MS = 100 };
  if (got < 0 && reason == EINTR) return true;
  if (got < 0) source->filled = true; /* EAGAIN: there is a writer */
  if (got == 0 && (!source->pipe || source->filled || isw_clock() - source->start > PIPE_SECONDS)) return false;
  struct pollfd wait = {.fd = source->fd, .events = POLLIN};
  poll(&wait, got < 0, WAIT_MS); /* without a writer it would return at once */
  return true;
}

/* Reads an open file to its end. expected: its likely size, which may be wrong: files of /proc report 0, and others
 * grow. */
static enum isw_status read_to_end(struct source *source, const char *path, size_t expected, size_t limit, char **bytes,
                                   size_t *length, struct isw_error *error)
{
  enum { LEAST_ROOM = 4096, READ_BYTES = 16 << 20 };
  size_t room = 0;
  for (bool ended = false; !ended;) {
    if (*length == room) {
      size_t wanted = room ? 2 * room : expected + 1; /* one byte more than expected: only a short read shows the end */
      room = wanted < LEAST_ROOM ? LEAST_ROOM : wanted > limit ? limit + 1 : wanted;
      char *larger = realloc(*bytes, room + 1);
      if (!larger) return isw_error_memory(error, room + 1, path);
      *bytes = larger;
    }
    enum isw_status status = isw_check_interrupted(error);
    if (status != ISW_OK) return status;
    ssize_t more = read(source->fd, *bytes + *length, room - *length < READ_BYTES ? room - *length : READ_BYTES);
    int reason = errno;
    if (more < 0 && reason != EINTR && reason != EAGAIN)
      return isw_error_set(error, ISW_BAD_INPUT, "%s: %s", path, strerror(errno));
    if (more > 0) {
      source->filled = true;
      *length += (size_t)more;
    } else {
      ended = !wait_for_bytes(source, more, reason);
    }
    if (*length > limit) {
      errno = 0;
      return isw_error_set(error, ISW_BAD_INPUT, "%s has more than %zu MiB", path, limit >> 20);
    }
  }
  if (source->pipe && !source->filled) {
    errno = 0;
    return isw_error_set(error, ISW_BAD_INPUT, "%s is a pipe that nothing writes to", path);
  }
  (*bytes)[*length] = '\0';
  return ISW_OK;
}

/* Opens a file without waiting for a writer. After an error errno is that of the failed call. */
static enum isw_status open_source(const char *path, enum isw_file_kind kind, int *fd, struct stat *about,
                                   struct isw_error *error)
{
  *fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  int reason;
  if (*fd >= 0 && fstat(*fd, about) == 0) {
    if (S_ISREG(about->st_mode) || kind == ISW_ANY_FILE) return ISW_OK;
    isw_error_set(error, ISW_BAD_INPUT, "%s is not a regular file", path);
    reason = 0;
  } else {
    reason = errno;
    isw_error_set(error, ISW_BAD_INPUT, "%s: %s", path, strerror(reason));
  }
  if (*fd >= 0) close(*fd);
  *fd = -1;
  errno = reason;
  return ISW_BAD_INPUT;
}

enum isw_status isw_file_read(const char *path, size_t limit, enum isw_file_kind kind, char **bytes, size_t *length,
                              struct isw_error *error)
{
  struct stat about;
  int fd;
  *bytes = NULL;
  *length = 0;
  enum isw_status status = open_source(path, kind, &fd, &about, error);
  if (status != ISW_OK) return status;
  struct source source = {.fd = fd, .pipe = S_ISFIFO(about.st_mode), .start = isw_clock()};
  size_t expected = S_ISREG(about.st_mode) ? (size_t)about.st_size : 0;
  status = read_to_end(&source, path, expected, limit, bytes, length, error);
  int reason = errno;
  close(fd);
  if (status != ISW_OK) {
    free(*bytes);
    *bytes = NULL;
    *length = 0;
  }
  errno = reason;
  return status;
}

enum isw_status isw_file_open(const char *path, size_t limit, int *fd, size_t *length, struct isw_error *error)
{
  struct stat about;
  enum isw_status status = open_source(path, ISW_REGULAR_FILE, fd, &about, error);
  if (status != ISW_OK) return status;
  *length = (size_t)about.st_size;
  if (*length <= limit) return ISW_OK;
  close(*fd);
  *fd = -1;
  errno = 0;
  return isw_error_set(error, ISW_BAD_INPUT, "%s has more than %zu MiB", path, limit >> 20);
}

enum isw_status isw_folder_sync(const char *folder, struct isw_error *error)
{
  int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return isw_error_system(error, folder, "cannot open this folder");
  bool failed = fsync(fd) != 0 && errno != EINVAL; /* EINVAL: a file system that cannot sync folders */
  enum isw_status status = failed ? isw_error_system(error, folder, "cannot sync this folder") : ISW_OK;
  close(fd);
  return status;
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
    isw_text_clear(&text); /* free() does not change errno */
    if (errno != EEXIST && errno != EINTR) return -1;
  }
}
