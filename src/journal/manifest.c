/* OUT.parts/sweep: what the journal files beside it belong to; and OUT.parts/lock: who may write there. */
#include "initsweep/journal.h"
#include "files.h"
#include "journal_format.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static const uint64_t origin_magic = UINT64_C(0x3150575357535849); /* "IXSWSWP1" */
enum {
  ORIGIN_VERSION = 1,
  HEAD_BYTES = 40,     /* magic, version, texts, identity, other, bytes of all texts with their lengths */
  TEXTS = 4,           /* file, folder, text, settings; then the overrides */
  MAX_BYTES = 64 << 20 /* a sweep file has at most 16 MiB */
};

static enum isw_status put_text(struct isw_text *bytes, const char *text)
{
  unsigned char length[8];
  journal_put(length, strlen(text), sizeof length);
  enum isw_status status = isw_text_add_bytes(bytes, length, sizeof length);
  return status == ISW_OK ? isw_text_add_bytes(bytes, text, strlen(text)) : status;
}

static enum isw_status encode(const struct isw_origin *origin, struct isw_text *bytes)
{
  const char *const texts[TEXTS] = {origin->file, origin->folder, origin->text, origin->settings};
  unsigned char head[HEAD_BYTES];
  journal_put(head, origin_magic, 8);
  journal_put(head + 8, ORIGIN_VERSION, 4);
  journal_put(head + 12, TEXTS + origin->override_count, 4);
  journal_put(head + 16, origin->identity, 8);
  journal_put(head + 24, origin->other, 8);
  uint64_t length = 0;
  for (size_t i = 0; i < TEXTS; i++) length += 8 + strlen(texts[i]);
  for (size_t i = 0; i < origin->override_count; i++) length += 8 + strlen(origin->overrides[i]);
  journal_put(head + 32, length, 8);
  enum isw_status status = isw_text_add_bytes(bytes, head, sizeof head);
  for (size_t i = 0; i < TEXTS && status == ISW_OK; i++) status = put_text(bytes, texts[i]);
  for (size_t i = 0; i < origin->override_count && status == ISW_OK; i++)
    status = put_text(bytes, origin->overrides[i]);
  if (status != ISW_OK) return status;
  unsigned char sum[8];
  journal_put(sum, isw_hash(bytes->bytes, bytes->length, 0), sizeof sum);
  return isw_text_add_bytes(bytes, sum, sizeof sum);
}

static enum isw_status make_folder(const char *folder, struct isw_error *error)
{
  if (mkdir(folder, 0777) != 0 && errno != EEXIST) return isw_error_system(error, folder, "cannot make this folder");
  return ISW_OK;
}

enum isw_status isw_origin_write(const char *folder, const struct isw_origin *origin, struct isw_error *error)
{
  struct isw_text bytes = {0};
  char *path = isw_path_join(folder, ORIGIN_NAME);
  enum isw_status status = path ? encode(origin, &bytes) : ISW_FAILED;
  if (status != ISW_OK)
    status = isw_error_memory(error, bytes.length, "the journal's copy of the sweep file");
  else
    status = make_folder(folder, error);
  if (status == ISW_OK) {
    struct iovec part = {bytes.bytes, bytes.length};
    status = files_replace(folder, path, "cannot write", &part, 1, error);
  }
  isw_text_clear(&bytes);
  free(path);
  return status;
}

static bool decode(const unsigned char *bytes, size_t size, struct isw_origin *origin)
{
  if (size < HEAD_BYTES + 8 || journal_get(bytes, 8) != origin_magic || journal_get(bytes + 8, 4) != ORIGIN_VERSION)
    return false;
  if (journal_get(bytes + 32, 8) != size - HEAD_BYTES - 8) return false;
  if (journal_get(bytes + size - 8, 8) != isw_hash(bytes, size - 8, 0)) return false;
  size_t count = (size_t)journal_get(bytes + 12, 4), left = size - HEAD_BYTES - 8;
  if (count < TEXTS || count > left / 8) return false;
  origin->identity = journal_get(bytes + 16, 8);
  origin->other = journal_get(bytes + 24, 8);
  origin->overrides = isw_allocate(count - TEXTS, sizeof *origin->overrides);
  if (!origin->overrides) return false;
  char **texts[TEXTS] = {&origin->file, &origin->folder, &origin->text, &origin->settings};
  const unsigned char *at = bytes + HEAD_BYTES;
  for (size_t i = 0; i < count; i++) {
    uint64_t length = left >= 8 ? journal_get(at, 8) : UINT64_MAX;
    if (left < 8 || length > left - 8) return false;
    char *text = strndup((const char *)at + 8, (size_t)length);
    if (!text) return false;
    if (i < TEXTS)
      *texts[i] = text;
    else
      origin->overrides[origin->override_count++] = text;
    at += 8 + length;
    left -= 8 + (size_t)length;
  }
  return left == 0;
}

enum isw_status isw_origin_read(const char *folder, struct isw_origin *origin, bool *there, struct isw_error *error)
{
  *origin = (struct isw_origin){0};
  *there = false;
  char *path = isw_path_join(folder, ORIGIN_NAME), *bytes;
  size_t length;
  if (!path) return isw_error_memory(error, strlen(folder), "a file's name");
  enum isw_status status = isw_file_read(path, MAX_BYTES, ISW_REGULAR_FILE, &bytes, &length, error);
  bool missing = status != ISW_OK && (errno == ENOENT || errno == ENOTDIR);
  if (status == ISW_OK) {
    *there = decode((const unsigned char *)bytes, length, origin);
    if (!*there) {
      isw_origin_clear(origin);
      status = isw_error_set(error, ISW_BAD_INPUT, "%s: this file is damaged", path);
    }
  }
  free(bytes);
  free(path);
  if (!missing) return status;
  if (error) isw_error_clear(error);
  return ISW_OK;
}

void isw_origin_clear(struct isw_origin *origin)
{
  for (size_t i = 0; i < origin->override_count; i++) free(origin->overrides[i]);
  free(origin->overrides);
  free(origin->file);
  free(origin->folder);
  free(origin->text);
  free(origin->settings);
  *origin = (struct isw_origin){0};
}

/* ---- the lock ---- */

struct isw_lock {
  int fd; /* closing any descriptor of this file would drop the lock: it is opened once */
};

static enum isw_status another_has_it(int fd, const char *path, struct isw_error *error)
{
  char owner[320];
  ssize_t length = pread(fd, owner, sizeof owner - 1, 0);
  owner[length > 0 ? length : 0] = '\0';
  owner[strcspn(owner, "\n")] = '\0';
  for (char *c = owner; *c; c++)
    if ((unsigned char)*c < 0x20 || *c == 0x7f) *c = '?';
  return isw_error_set(
      error, ISW_BAD_INPUT,
      "another run has this output: %s\n  wait for it, or name another output with -o (its lock is %s)",
      owner[0] ? owner : "its process is not known", path);
}

static void say_owner(int fd)
{
  char host[256] = "?", text[320];
  gethostname(host, sizeof host - 1);
  int length = snprintf(text, sizeof text, "process %ld on %s\n", (long)getpid(), host);
  /* for people only: a full disk does not matter here */
  if (ftruncate(fd, 0) == 0 && pwrite(fd, text, (size_t)length, 0) < 0) return;
}

enum isw_status isw_lock_take(const char *folder, struct isw_lock **lock, bool *unlocked, struct isw_error *error)
{
  *lock = NULL;
  *unlocked = false;
  char *path = isw_path_join(folder, LOCK_NAME);
  struct isw_lock *made = isw_allocate(1, sizeof *made);
  enum isw_status status = path && made ? ISW_OK : isw_error_memory(error, strlen(folder), "a lock");
  /* whoever ends removes the file: a lock on a removed one is none */
  for (bool again = status == ISW_OK; again;) {
    again = false;
    if ((status = make_folder(folder, error)) != ISW_OK) break;
    made->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (made->fd < 0) {
      if (errno == ENOENT) {
        again = true;
        continue;
      }
      status = isw_error_system(error, path, "cannot create this lock file");
      break;
    }
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    struct stat mine, there;
    if (fcntl(made->fd, F_SETLK, &whole) != 0) {
      if (errno == EACCES || errno == EAGAIN)
        status = another_has_it(made->fd, path, error);
      else
        *unlocked = true;
    } else if (fstat(made->fd, &mine) != 0 || stat(path, &there) != 0 || mine.st_ino != there.st_ino)
      again = true;
    if (again || status != ISW_OK) close(made->fd);
  }
  free(path);
  if (status != ISW_OK) {
    free(made);
    return status;
  }
  say_owner(made->fd);
  *lock = made;
  return ISW_OK;
}

void isw_lock_release(struct isw_lock *lock)
{
  if (!lock) return;
  close(lock->fd);
  free(lock);
}

bool isw_lock_held(const char *folder)
{
  char *path = isw_path_join(folder, LOCK_NAME);
  int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
  struct flock whole = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
  bool held = fd >= 0 && fcntl(fd, F_GETLK, &whole) == 0 && whole.l_type != F_UNLCK;
  if (fd >= 0) close(fd);
  free(path);
  return held;
}
