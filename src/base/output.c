/* Output files: written under a temporary name, synced, and then given their name. Not for files that grow, as journals do. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "initsweep/base.h"

static bool sync_folder_of(const char *path)
{
  const char *slash = strrchr(path, '/');
  struct isw_text folder = {0};
  if (isw_text_add(&folder, "%.*s", slash ? (int)(slash - path + 1) : 1, slash ? path : ".") != ISW_OK) {
    errno = ENOMEM;
    return false;
  }
  int fd = open(folder.bytes, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  isw_text_clear(&folder);
  if (fd < 0) return false;
  bool good = fsync(fd) == 0 || errno == EINVAL; /* some file systems cannot sync a folder and say EINVAL */
  int reason = errno;
  close(fd);
  errno = reason;
  return good;
}

/* rename() that fails with EEXIST where something has the new name. */
static bool rename_to_free_name(const char *from, const char *to)
{
  if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0) return true;
  if (errno != EINVAL && errno != ENOSYS && errno != ENOTSUP) return false;
  /* a file system without this call, as NFS: the name is taken by an empty file first */
  int fd = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return false;
  close(fd);
  if (rename(from, to) == 0) return true;
  int reason = errno;
  unlink(to);
  errno = reason;
  return false;
}

bool isw_output_publish(const char *temporary, const char *path, bool replace)
{
  if (!(replace ? rename(temporary, path) == 0 : rename_to_free_name(temporary, path))) return false;
  return sync_folder_of(path);
}

enum isw_status isw_output_is_free(const char *path, struct isw_error *error)
{
  struct stat about;
  if (lstat(path, &about) != 0) return ISW_OK;
  return isw_error_set(error, ISW_BAD_INPUT, "'%s' is there already: name another file with -o", path);
}

static bool write_fully(int fd, const char *bytes, size_t length)
{
  while (length > 0) {
    ssize_t now = write(fd, bytes, length);
    if (now < 0 && errno == EINTR) continue;
    if (now == 0) errno = ENOSPC;
    if (now <= 0) return false;
    bytes += now;
    length -= (size_t)now;
  }
  return true;
}

enum isw_status isw_output_write(const char *path, const void *bytes, size_t length, unsigned mode, bool replace,
                                 struct isw_error *error)
{
  char *temporary;
  int fd = isw_open_new(path, mode, &temporary);
  if (fd < 0) return isw_error_set(error, ISW_BAD_INPUT, "cannot create '%s': %s", path, strerror(errno));
  bool good = write_fully(fd, bytes, length) && fsync(fd) == 0;
  int reason = errno;
  if (close(fd) != 0 && errno != EINTR && good) good = false, reason = errno;
  enum isw_status status = ISW_OK;
  if (!good)
    status = isw_error_set(error, ISW_FAILED, "cannot write '%s': %s", path, strerror(reason));
  else if (!isw_output_publish(temporary, path, replace))
    status = !replace && errno == EEXIST
                 ? isw_error_set(error, ISW_BAD_INPUT, "'%s' is there already: name another file with -o", path)
                 : isw_error_set(error, ISW_FAILED, "cannot write '%s': %s", path, strerror(errno));
  if (status != ISW_OK) unlink(temporary);
  free(temporary);
  return status;
}
