#include "files.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum isw_status files_refuse(struct isw_error *error, const char *what, const char *path)
{
  return isw_error_set(error, ISW_FAILED, "%s: %s: %s", path, what, strerror(errno));
}

enum isw_status files_sync_folder(const char *folder, struct isw_error *error)
{
  int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return files_refuse(error, "cannot open this folder", folder);
  /* some file systems cannot sync a folder and say EINVAL */
  int failed = fsync(fd) != 0 && errno != EINVAL;
  enum isw_status status = failed ? files_refuse(error, "cannot sync this folder", folder) : ISW_OK;
  close(fd);
  return status;
}

bool files_write_fully(int fd, struct iovec *parts, size_t count, uint64_t *written)
{
  while (count) {
    if (!parts->iov_len) {
      parts++, count--;
      continue;
    }
    ssize_t got = writev(fd, parts, (int)count);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) {
      if (got == 0) errno = ENOSPC;
      return false;
    }
    *written += (uint64_t)got;
    for (size_t left = (size_t)got; left;) {
      size_t taken = left < parts->iov_len ? left : parts->iov_len;
      parts->iov_base = (char *)parts->iov_base + taken;
      parts->iov_len -= taken;
      left -= taken;
      if (!parts->iov_len) parts++, count--;
    }
  }
  return true;
}

bool files_read_fully(int fd, unsigned char *bytes, size_t wanted, uint64_t offset, size_t *got)
{
  for (*got = 0; *got < wanted;) {
    ssize_t now = pread(fd, bytes + *got, wanted - *got, (off_t)(offset + *got));
    if (now < 0 && errno == EINTR) continue;
    if (now < 0) return false;
    if (now == 0) break;
    *got += (size_t)now;
  }
  return true;
}

enum isw_status files_replace(const char *folder, const char *path, const char *what, struct iovec *parts, size_t count,
                              struct isw_error *error)
{
  uint64_t written = 0;
  enum isw_status status = ISW_OK;
  char *new;
  int fd = isw_open_new(path, 0666, &new);
  if (fd < 0) return files_refuse(error, "cannot create a file to be renamed to this one", path);
  if (!files_write_fully(fd, parts, count, &written) || fdatasync(fd) != 0) status = files_refuse(error, what, new);
  if (close(fd) != 0 && errno != EINTR && status == ISW_OK) status = files_refuse(error, "cannot close this file", new);
  if (status == ISW_OK && rename(new, path) != 0) status = files_refuse(error, "cannot rename this file", new);
  if (status != ISW_OK) unlink(new);
  free(new);
  return status == ISW_OK ? files_sync_folder(folder, error) : status;
}
