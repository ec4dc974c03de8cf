/* Preloaded: makes a system or library call of the program fail.
 *
 *   FAULT_KIND    malloc | write | read | sync | rename | open | full | hang (a sync does not return) | slow (from then
 *                 on every read takes a second)
 *   FAULT_AT      which call of this kind fails, from 1; with `full` the disk is full from then on, after half a write
 *   FAULT_UNDER   counts only calls on files whose path contains this (malloc: calls from the program itself, not
 *                 from libraries)
 *   FAULT_REPORT  a file that is created when the fault has occurred */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

/* glibc's functions, by the names that are not interposed */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *memory, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

static const char *kind, *under, *report;
static long at;
static atomic_long calls;
static uintptr_t program_start, program_end;

static int first_object(struct dl_phdr_info *info, size_t size, void *context)
{
  (void)size, (void)context;
  for (int i = 0; i < info->dlpi_phnum; i++) {
    if (info->dlpi_phdr[i].p_type != PT_LOAD) continue;
    uintptr_t start = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr, end = start + info->dlpi_phdr[i].p_memsz;
    if (!program_end || start < program_start) program_start = start;
    if (end > program_end) program_end = end;
  }
  return 1; /* the first is the program */
}

__attribute__((constructor)) static void begin(void)
{
  dl_iterate_phdr(first_object, NULL);
  under = getenv("FAULT_UNDER");
  report = getenv("FAULT_REPORT");
  const char *number = getenv("FAULT_AT");
  at = number ? strtol(number, NULL, 10) : 0;
  kind = getenv("FAULT_KIND");
}

/* Counts a call; 1: it fails, 2: with `full`, it is the first that does. */
static int fails(const char *of)
{
  if (!kind || strcmp(kind, of) != 0 || at == 0) return 0;
  long n = atomic_fetch_add(&calls, 1) + 1;
  if (n < at || (n > at && strcmp(of, "full") != 0 && strcmp(of, "slow") != 0)) return 0;
  if (n == at && report) {
    int fd = open(report, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    if (fd >= 0) close(fd);
  }
  return n == at ? 2 : 1;
}

static int path_counts(const char *path)
{
  return kind && under && path && strstr(path, under);
}

static int file_counts(int fd)
{
  char link[64], path[4096];
  if (!kind || !under || fd < 0) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length <= 0) return 0;
  path[length] = '\0';
  return strstr(path, under) != NULL;
}

static int memory_fails(const void *caller)
{
  uintptr_t address = (uintptr_t)caller;
  return kind && address >= program_start && address < program_end && fails("malloc");
}

void *malloc(size_t size)
{
  if (!memory_fails(__builtin_return_address(0))) return __libc_malloc(size);
  errno = ENOMEM;
  return NULL;
}

void *calloc(size_t count, size_t size)
{
  if (!memory_fails(__builtin_return_address(0))) return __libc_calloc(count, size);
  errno = ENOMEM;
  return NULL;
}

void *realloc(void *memory, size_t size)
{
  if (!memory_fails(__builtin_return_address(0))) return __libc_realloc(memory, size);
  errno = ENOMEM;
  return NULL;
}

void *aligned_alloc(size_t alignment, size_t size)
{
  if (!memory_fails(__builtin_return_address(0))) return __libc_memalign(alignment, size);
  errno = ENOMEM;
  return NULL;
}

char *strndup(const char *text, size_t most)
{
  size_t length = strnlen(text, most);
  char *copy = memory_fails(__builtin_return_address(0)) ? NULL : __libc_malloc(length + 1);
  if (!copy) {
    errno = ENOMEM;
    return NULL;
  }
  memcpy(copy, text, length);
  copy[length] = '\0';
  return copy;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

/* How many bytes of a write of `size` bytes are written: SIZE_MAX all, 0 none (errno is set). */
static size_t allowed(int fd, size_t size)
{
  if (!file_counts(fd)) return SIZE_MAX;
  if (fails("write")) {
    errno = EIO;
    return 0;
  }
  int full = fails("full");
  if (!full) return SIZE_MAX;
  errno = ENOSPC;
  return full == 2 ? size / 2 : 0;
}

ssize_t write(int fd, const void *bytes, size_t size)
{
  size_t some = allowed(fd, size);
  if (some == 0) return -1;
  return REAL(write)(fd, bytes, some < size ? some : size);
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t offset)
{
  size_t some = allowed(fd, size);
  if (some == 0) return -1;
  return REAL(pwrite)(fd, bytes, some < size ? some : size, offset);
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
  size_t size = 0;
  for (int i = 0; i < count; i++) size += parts[i].iov_len;
  size_t some = allowed(fd, size);
  if (some == 0) return -1;
  if (some >= size) return REAL(writev)(fd, parts, count);
  size_t first = parts[0].iov_len < some ? parts[0].iov_len : some;
  return first > 0 ? REAL(write)(fd, parts[0].iov_base, first) : -1;
}

static int read_fails(int fd)
{
  if (!file_counts(fd)) return 0;
  struct timespec left = {.tv_sec = 1};
  if (fails("slow"))
    while (nanosleep(&left, &left) != 0) continue; /* a signal does not shorten it */
  if (!fails("read")) return 0;
  errno = EIO;
  return 1;
}

ssize_t read(int fd, void *bytes, size_t size)
{
  return read_fails(fd) ? -1 : REAL(read)(fd, bytes, size);
}

ssize_t pread(int fd, void *bytes, size_t size, off_t offset)
{
  return read_fails(fd) ? -1 : REAL(pread)(fd, bytes, size, offset);
}

ssize_t pread64(int fd, void *bytes, size_t size, off64_t offset) /* HDF5's */
{
  return read_fails(fd) ? -1 : REAL(pread64)(fd, bytes, size, offset);
}

ssize_t __pread_chk(int fd, void *bytes, size_t size, off_t offset, size_t room);
ssize_t __pread_chk(int fd, void *bytes, size_t size, off_t offset, size_t room)
{
  (void)room;
  return pread(fd, bytes, size, offset);
}

static int sync_fails(int fd)
{
  if (!file_counts(fd)) return 0;
  while (fails("hang")) { /* a signal interrupts the pause, after which it starts again */
    atomic_store(&calls, at - 1);
    pause();
  }
  if (!fails("sync")) return 0;
  errno = EIO;
  return 1;
}

int fsync(int fd)
{
  return sync_fails(fd) ? -1 : REAL(fsync)(fd);
}

int fdatasync(int fd)
{
  return sync_fails(fd) ? -1 : REAL(fdatasync)(fd);
}

int rename(const char *from, const char *to)
{
  if (path_counts(from) && fails("rename")) {
    errno = EACCES;
    return -1;
  }
  return REAL(rename)(from, to);
}

int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned flags)
{
  if (path_counts(from) && fails("rename")) {
    errno = EACCES;
    return -1;
  }
  return REAL(renameat2)(from_folder, from, to_folder, to, flags);
}

int open(const char *path, int flags, ...)
{
  va_list list;
  va_start(list, flags);
  mode_t mode = flags & O_CREAT ? va_arg(list, mode_t) : 0;
  va_end(list);
  if (path_counts(path) && fails("open")) {
    errno = EMFILE;
    return -1;
  }
  return REAL(open)(path, flags, mode);
}
