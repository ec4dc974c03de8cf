#include "files.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

enum isw_status files_replace(const char *folder, const char *path, const char *what, struct iovec *parts, size_t count,
                              struct isw_error *error)
{
  uint64_t written = 0;
  enum isw_status status = ISW_OK;
  char *new;
  int fd = isw_open_new(path, 0666, &new);
  if (fd < 0) return isw_error_system(error, path, "cannot create a file to be renamed to this one");
  if (!files_write_fully(fd, parts, count, &written) || fdatasync(fd) != 0) status = isw_error_system(error, new, what);
  if (close(fd) != 0 && errno != EINTR && status == ISW_OK)
    status = isw_error_system(error, new, "cannot close this file");
  if (status == ISW_OK && rename(new, path) != 0) status = isw_error_system(error, new, "cannot rename this file");
  if (status != ISW_OK) unlink(new);
  free(new);
  return status == ISW_OK ? isw_folder_sync(folder, error) : status;
}
