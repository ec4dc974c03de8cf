/* Output files: they are written under a temporary name, synced and renamed, so that a name never refers to an
 * incomplete file and no other file is lost. Files that grow, such as journals, are not written here. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "initsweep/base.h"

/* ---- renaming a file to its final name ---- */

/* Whether the file system (such as NFS) does not support a flag of renameat2(), or the kernel lacks the call. */
static bool unknown_to_file_system(int reason)
{
  return reason == EINVAL || reason == ENOSYS || reason == ENOTSUP;
}

/* Renames a file; fails with EEXIST if something has the new name. Uses two calls if one cannot do that. */
static bool rename_to_free_name(const char *from, const char *to)
{
  if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0) return true;
  if (!unknown_to_file_system(errno)) return false;
  if (link(from, to) == 0) {
    unlink(from);
    return true;
  }
  if (errno != EPERM && !unknown_to_file_system(errno)) return false;
  /* no hard links either: reserve the name with an empty file */
  int fd = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return false;
  close(fd);
  if (rename(from, to) == 0) return true;
  int reason = errno;
  unlink(to);
  errno = reason;
  return false;
}

static enum isw_status sync_folder_of(const char *path, struct isw_error *error)
{
  char *folder = isw_path_folder(path);
  enum isw_status status = folder ? isw_folder_sync(folder, error) : isw_error_memory(error, strlen(path), "a path");
  free(folder);
  return status;
}

static enum isw_status refuse_taken_name(const char *path, struct isw_error *error)
{
  return isw_error_set(error, ISW_BAD_INPUT, "'%s' already exists: name another file with -o", path);
}

static enum isw_status cannot_rename(const char *path, struct isw_error *error)
{
  return isw_error_system(error, path, "cannot rename the new file to this name");
}

/* Exchanges the names of both files and then checks the old file. If that is not the expected one, it is renamed back,
 * so it is not lost. *temporary_is_ours: false if it could not be renamed back. */
static enum isw_status exchange(const char *temporary, const char *path, isw_output_check *may_replace, void *context,
                                bool *temporary_is_ours, struct isw_error *error)
{
  if (renameat2(AT_FDCWD, temporary, AT_FDCWD, path, RENAME_EXCHANGE) != 0) {
    /* if the file system cannot exchange names, a race remains between the check before this call and the renaming */
    if (!unknown_to_file_system(errno) || rename(temporary, path) != 0) return cannot_rename(path, error);
    return ISW_OK;
  }
  enum isw_status status = may_replace(context, temporary, error);
  if (status == ISW_OK) {
    unlink(temporary);
    return ISW_OK;
  }
  if (renameat2(AT_FDCWD, temporary, AT_FDCWD, path, RENAME_EXCHANGE) == 0)
    return isw_error_set(error, ISW_BAD_INPUT, "'%s' has become another file just now", path);
  *temporary_is_ours = false;
  return isw_error_set(error, ISW_FAILED, "'%s' was another file a moment ago, which is now '%s': %s", path, temporary,
                       strerror(errno));
}

enum isw_status isw_output_publish(const char *temporary, const char *path, isw_output_check *may_replace,
                                   void *context, struct isw_error *error)
{
  bool temporary_is_ours = true;
  enum isw_status status = ISW_OK;
  if (!rename_to_free_name(temporary, path)) {
    if (errno != EEXIST)
      status = cannot_rename(path, error);
    else if (!may_replace)
      status = refuse_taken_name(path, error);
    else {
      status = may_replace(context, path, error);
      if (status == ISW_OK) status = exchange(temporary, path, may_replace, context, &temporary_is_ours, error);
    }
  }
  if (status == ISW_OK) return sync_folder_of(path, error);
  if (temporary_is_ours) unlink(temporary);
  return status;
}

static enum isw_status cannot_create(const char *path, struct isw_error *error)
{
  return isw_error_set(error, ISW_BAD_INPUT, "cannot create '%s': %s", path, strerror(errno));
}

enum isw_status isw_output_is_free(const char *path, struct isw_error *error)
{
  struct stat about;
  return lstat(path, &about) == 0 ? refuse_taken_name(path, error) : ISW_OK;
}

enum isw_status isw_output_can_create(const char *path, struct isw_error *error)
{
  char *temporary;
  int fd = isw_open_new(path, 0600, &temporary);
  if (fd < 0) return cannot_create(path, error);
  close(fd);
  unlink(temporary);
  free(temporary);
  return ISW_OK;
}

/* ---- whole files ---- */

/* Writes, syncs and closes a new file; removes it after an error. */
static enum isw_status fill(int fd, const char *temporary, const char *path, struct iovec *parts, size_t count,
                            struct isw_error *error)
{
  uint64_t written = 0;
  bool good = isw_write_parts(fd, parts, count, &written) && fsync(fd) == 0;
  enum isw_status status = good ? ISW_OK : isw_error_system(error, path, "cannot write");
  if (close(fd) != 0 && errno != EINTR && good) status = isw_error_system(error, path, "cannot close");
  if (status != ISW_OK) unlink(temporary);
  return status;
}

enum isw_status isw_output_create(const char *path, const void *bytes, size_t length, struct isw_error *error)
{
  char *temporary;
  enum isw_status status = isw_output_is_free(path, error);
  if (status != ISW_OK) return status;
  int fd = isw_open_new(path, 0666, &temporary);
  if (fd < 0) return cannot_create(path, error);
  struct iovec part = {(void *)(uintptr_t)bytes, length};
  status = fill(fd, temporary, path, &part, 1, error);
  if (status == ISW_OK) status = isw_output_publish(temporary, path, NULL, NULL, error);
  free(temporary);
  return status;
}

enum isw_status isw_output_replace(const char *path, unsigned mode, struct iovec *parts, size_t count,
                                   struct isw_error *error)
{
  char *temporary;
  int fd = isw_open_new(path, mode, &temporary);
  if (fd < 0) return isw_error_system(error, path, "cannot create");
  enum isw_status status = fill(fd, temporary, path, parts, count, error);
  if (status == ISW_OK && rename(temporary, path) != 0) {
    status = cannot_rename(path, error);
    unlink(temporary);
  }
  free(temporary);
  return status == ISW_OK ? sync_folder_of(path, error) : status;
}

/* ---- temporary files of killed processes ---- */

/* Whether `name` is a temporary name of the file `of`. */
static bool is_temporary(const char *name, const char *of)
{
  enum { DIGITS = 16 }; /* as in isw_open_new */
  size_t length = strlen(of);
  if (strncmp(name, of, length) != 0 || name[length] != '.') return false;
  const char *digits = name + length + 1;
  return strspn(digits, "0123456789abcdef") == DIGITS && strcmp(digits + DIGITS, ISW_NEW_SUFFIX) == 0;
}

void isw_output_remove_temporaries(const char *path)
{
  const char *slash = strrchr(path, '/'), *of = slash ? slash + 1 : path;
  char *folder = isw_path_folder(path);
  DIR *listing = folder ? opendir(folder) : NULL;
  for (struct dirent *file; listing && (file = readdir(listing));)
    if (is_temporary(file->d_name, of)) unlinkat(dirfd(listing), file->d_name, 0);
  if (listing) closedir(listing);
  free(folder);
}
