/* The run folder: creates it, and removes its files: all, those of one sweep, or temporary ones. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "journal_internal.h"

enum isw_status isw_journal_make_folder(const char *folder, struct isw_error *error)
{
  struct stat about;
  if (mkdir(folder, 0777) == 0) return ISW_OK;
  if (errno != EEXIST) return isw_error_system(error, folder, "cannot make this folder");
  const char *what = NULL;
  if (stat(folder, &about) == 0)
    what = S_ISDIR(about.st_mode) ? NULL : "is not a folder";
  else if (lstat(folder, &about) == 0 && S_ISLNK(about.st_mode)) /* else the folder was removed a moment ago */
    what = "is a link to a folder that does not exist or cannot be reached";
  if (!what) return ISW_OK;
  return isw_error_set(error, ISW_BAD_INPUT, "'%s' %s\n  move it away, or name another output with -o", folder, what);
}

static bool ends_with(const char *name, const char *suffix)
{
  size_t length = strlen(name), end = strlen(suffix);
  return length > end && strcmp(name + length - end, suffix) == 0;
}

/* Whether a name is that of a journal file or a checkpoint, but not of a temporary file. */
static bool is_journal_or_checkpoint(const char *name)
{
  return ends_with(name, JOURNAL_SUFFIX) || ends_with(name, CHECKPOINT_SUFFIX);
}

/* Whether a journal file begins with a head of this identity. */
static bool has_identity(int folder, const char *name, uint64_t identity)
{
  unsigned char bytes[JOURNAL_HEAD_BYTES];
  struct journal_head head;
  int fd = openat(folder, name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  ssize_t length = fd >= 0 ? pread(fd, bytes, sizeof bytes, 0) : -1;
  if (fd >= 0) close(fd);
  return length > 0 && isw_journal_head_decode(bytes, (size_t)length, &head) && head.identity == identity;
}

static bool begins_with(const char *name, const char *prefix)
{
  return strncmp(name, prefix, strlen(prefix)) == 0;
}

/* Whether a name is that of a temporary file that a killed process left. */
static bool is_temporary(const char *name)
{
  return ends_with(name, ISW_NEW_SUFFIX) &&
         (begins_with(name, CHECKPOINT_PREFIX) || begins_with(name, MANIFEST_NAME "."));
}

enum removal { OF_IDENTITY, TEMPORARIES, ALL_BUT_LOCK, ALL };

static enum isw_status remove_files(const char *folder, enum removal removal, uint64_t identity,
                                    struct isw_error *error)
{
  DIR *listing = opendir(folder);
  if (!listing) return errno == ENOENT ? ISW_OK : isw_error_system(error, folder, "cannot read this folder");
  enum isw_status status = ISW_OK;
  for (struct dirent *file; status == ISW_OK && (file = readdir(listing));) {
    const char *name = file->d_name;
    bool wanted = false;
    if (is_journal_or_checkpoint(name))
      wanted = removal >= ALL_BUT_LOCK || (removal == OF_IDENTITY && has_identity(dirfd(listing), name, identity));
    else if (strcmp(name, MANIFEST_NAME) == 0)
      wanted = removal >= ALL_BUT_LOCK;
    else if (is_temporary(name))
      wanted = removal >= TEMPORARIES;
    else if (strcmp(name, LOCK_NAME) == 0)
      wanted = removal == ALL;
    if (wanted && unlinkat(dirfd(listing), name, 0) != 0 && errno != ENOENT)
      status = isw_error_set(error, ISW_FAILED, "%s/%s: cannot remove: %s", folder, name, strerror(errno));
  }
  closedir(listing);
  return status;
}

enum isw_status isw_journal_remove(const char *folder, struct isw_error *error)
{
  struct stat about;
  enum isw_status status = remove_files(folder, ALL, 0, error);
  if (status != ISW_OK || lstat(folder, &about) != 0 || S_ISLNK(about.st_mode)) return status;
  if (rmdir(folder) != 0 && errno != ENOTEMPTY && errno != EEXIST && errno != ENOENT)
    status = isw_error_system(error, folder, "cannot remove this folder");
  return status;
}

enum isw_status isw_journal_remove_contents(const char *folder, struct isw_error *error)
{
  return remove_files(folder, ALL_BUT_LOCK, 0, error);
}

enum isw_status isw_journal_remove_temporaries(const char *folder, struct isw_error *error)
{
  return remove_files(folder, TEMPORARIES, 0, error);
}

enum isw_status isw_journal_set_aside(const char *folder, const char *file, struct isw_error *error)
{
  enum { MOST = 1000 };
  struct isw_text from = {0}, to = {0};
  enum isw_status status = isw_text_add(&from, "%s/%s", folder, file);
  bool renamed = false;
  for (int n = 1; status == ISW_OK && !renamed && n <= MOST; n++) {
    char number[16] = "";
    if (n > 1) snprintf(number, sizeof number, ".%d", n);
    isw_text_clear(&to);
    status = isw_text_add(&to, "%s%s.set-aside", from.bytes, number);
    /* the caller holds the lock of the folder, so that no other run takes the name in between */
    if (status == ISW_OK && faccessat(AT_FDCWD, to.bytes, F_OK, AT_SYMLINK_NOFOLLOW) != 0) {
      renamed = rename(from.bytes, to.bytes) == 0;
      if (!renamed) break;
    }
  }
  if (status != ISW_OK)
    status = isw_error_memory(error, strlen(folder), "a file's name");
  else if (!renamed)
    status = isw_error_system(error, from.bytes, "cannot set this file aside");
  isw_text_clear(&from);
  isw_text_clear(&to);
  return status;
}

enum isw_status isw_journal_remove_identity(const char *folder, uint64_t identity, struct isw_error *error)
{
  return remove_files(folder, OF_IDENTITY, identity, error);
}

enum isw_status isw_journal_remove_dir_if_empty(const char *folder, struct isw_error *error)
{
  DIR *listing = opendir(folder);
  if (!listing) return errno == ENOENT ? ISW_OK : isw_error_system(error, folder, "cannot read this folder");
  bool empty = true;
  for (struct dirent *file; empty && (file = readdir(listing));) empty = !is_journal_or_checkpoint(file->d_name);
  closedir(listing);
  return empty ? isw_journal_remove(folder, error) : ISW_OK;
}
