/* The lock of a run's folder, OUT.parts/lock: which process may write there. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "journal_internal.h"

struct isw_lock {
  int fd; /* closing any descriptor of this file would release the lock, so it is opened once */
};

static enum isw_status refuse_locked(int fd, const char *path, struct isw_error *error)
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

static void write_owner(int fd)
{
  char host[256] = "?", text[320];
  gethostname(host, sizeof host - 1);
  int length = snprintf(text, sizeof text, "process %ld on %s\n", (long)getpid(), host);
  /* only used in messages: a full disk is not an error here */
  if (ftruncate(fd, 0) == 0 && pwrite(fd, text, (size_t)length, 0) < 0) return;
}

/* Opens the lock file, which is never a link, so that it cannot be in another folder. -1: errno has the reason. */
static int open_lock(const char *path, int how)
{
  struct stat about;
  int fd = open(path, how | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0666);
  if (fd < 0 || (fstat(fd, &about) == 0 && S_ISREG(about.st_mode))) return fd;
  close(fd);
  errno = ELOOP;
  return -1;
}

static enum isw_status refuse_lock_file(const char *path, struct isw_error *error)
{
  if (errno != ELOOP && errno != EISDIR && errno != ENXIO)
    return isw_error_system(error, path, "cannot create this lock file");
  return isw_error_set(error, ISW_BAD_INPUT, "'%s' is not a regular file\n  remove it, unless a run is active", path);
}

enum isw_status isw_lock_take(const char *folder, struct isw_lock **lock, bool *unlocked, struct isw_error *error)
{
  *lock = NULL;
  *unlocked = false;
  char *path = isw_path_join(folder, LOCK_NAME);
  struct isw_lock *made = isw_allocate(1, sizeof *made);
  enum isw_status status = path && made ? ISW_OK : isw_error_memory(error, strlen(folder), "a lock");
  /* a run removes the file when it ends; a lock on a removed file protects nothing */
  for (bool again = status == ISW_OK; again;) {
    again = false;
    if ((status = isw_journal_make_folder(folder, error)) != ISW_OK) break;
    made->fd = open_lock(path, O_RDWR | O_CREAT);
    if (made->fd < 0) {
      if (errno == ENOENT) {
        again = true;
        continue;
      }
      status = refuse_lock_file(path, error);
      break;
    }
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    struct stat mine, there;
    if (fcntl(made->fd, F_SETLK, &whole) != 0) {
      if (errno == EACCES || errno == EAGAIN)
        status = refuse_locked(made->fd, path, error);
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
  write_owner(made->fd);
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
  int fd = path ? open_lock(path, O_RDONLY) : -1;
  struct flock whole = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
  bool held = fd >= 0 && fcntl(fd, F_GETLK, &whole) == 0 && whole.l_type != F_UNLCK;
  if (fd >= 0) close(fd);
  free(path);
  return held;
}
