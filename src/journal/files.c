/* How the room writes files: all parts of a write, whole files in place of others, folders. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "journal_internal.h"

enum isw_status isw_journal_make_folder(const char *folder, struct isw_error *error)
{
  if (mkdir(folder, 0777) != 0 && errno != EEXIST) return isw_error_system(error, folder, "cannot make this folder");
  return ISW_OK;
}

bool isw_journal_write_parts(int fd, struct iovec *parts, size_t count, uint64_t *written)
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

enum isw_status isw_journal_replace_file(const char *folder, const char *path, const char *what, struct iovec *parts,
                                         size_t count, struct isw_error *error)
{
  uint64_t written = 0;
  enum isw_status status = ISW_OK;
  char *new;
  int fd = isw_open_new(path, 0666, &new);
  if (fd < 0) return isw_error_system(error, path, "cannot create a file to be renamed to this one");
  if (!isw_journal_write_parts(fd, parts, count, &written) || fdatasync(fd) != 0)
    status = isw_error_system(error, new, what);
  if (close(fd) != 0 && errno != EINTR && status == ISW_OK)
    status = isw_error_system(error, new, "cannot close this file");
  if (status == ISW_OK && rename(new, path) != 0) status = isw_error_system(error, new, "cannot rename this file");
  if (status != ISW_OK) unlink(new);
  free(new);
  return status == ISW_OK ? isw_folder_sync(folder, error) : status;
}
