/* Watches a run's journal files while they grow. Each call lists the folder, gets the size of each file, and opens only
 * those that are longer than what has been read of them. The cost on a shared file system is one listing and one stat
 * per file, whatever was written before. */
#include "journal_internal.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Short entries are read in blocks. Of long ones only the heads are read. */
enum { BLOCK_BYTES = 1 << 18, LONG_BYTES = 1 << 15 };

struct watched_file {
  char *name;
  uint64_t offset;   /* of the first incomplete entry; 0: the head has not been read */
  uint64_t searched; /* bytes after it that contain no entry; at most the file's */
  bool passed_over;  /* of another sweep */
};

struct isw_watch {
  char *folder;
  uint64_t identity, networks;
  size_t real_bytes;
  struct watched_file *files; /* [count] by name */
  size_t count, capacity;
  uint64_t *seen; /* one bit per network: a network that two runs have trained counts once */
  struct isw_watched now;
  isw_watch_found *found; /* NULL: nobody is told */
  void *context;
  unsigned char *block; /* [BLOCK_BYTES] of a file, from `start` */
  uint64_t start;
  size_t length;
};

enum isw_status isw_watch_create(const char *folder, uint64_t identity, uint64_t networks, size_t real_bytes,
                                 struct isw_watch **watch, struct isw_error *error)
{
  *watch = NULL;
  struct isw_watch *made = isw_allocate(1, sizeof *made);
  size_t words = isw_bits_words(networks);
  if (!made) return isw_error_memory(error, sizeof *made, "a run's journal");
  *made = (struct isw_watch){.identity = identity, .networks = networks, .real_bytes = real_bytes};
  made->folder = isw_copy_text(folder);
  made->seen = isw_allocate(words, sizeof *made->seen);
  made->block = isw_allocate(BLOCK_BYTES, 1);
  if (!made->folder || !made->seen || !made->block) {
    isw_watch_destroy(made);
    return isw_error_memory(error, words * sizeof *made->seen + BLOCK_BYTES, "a run's journal");
  }
  *watch = made;
  return ISW_OK;
}

void isw_watch_tell(struct isw_watch *watch, isw_watch_found *found, void *context)
{
  watch->found = found;
  watch->context = context;
}

void isw_watch_destroy(struct isw_watch *watch)
{
  if (!watch) return;
  for (size_t i = 0; i < watch->count; i++) free(watch->files[i].name);
  free(watch->files);
  free(watch->folder);
  free(watch->seen);
  free(watch->block);
  free(watch);
}

static int by_name(const void *a, const void *b)
{
  return strcmp(((const struct watched_file *)a)->name, ((const struct watched_file *)b)->name);
}

/* Adds new journal files. */
static enum isw_status list(struct isw_watch *watch, DIR *listing, struct isw_error *error)
{
  size_t known = watch->count;
  for (struct dirent *entry; (entry = readdir(listing));) {
    size_t length = strlen(entry->d_name), suffix = strlen(JOURNAL_SUFFIX);
    if (length <= suffix || strcmp(entry->d_name + length - suffix, JOURNAL_SUFFIX) != 0) continue;
    struct watched_file key = {.name = entry->d_name};
    if (known > 0 && bsearch(&key, watch->files, known, sizeof key, by_name)) continue;
    if (watch->count == watch->capacity) {
      size_t more = watch->capacity ? 2 * watch->capacity : 16;
      struct watched_file *files = realloc(watch->files, more * sizeof *files);
      if (!files) return isw_error_memory(error, more * sizeof *files, "names of journal files");
      watch->files = files;
      watch->capacity = more;
    }
    struct watched_file new = {.name = isw_copy_text(entry->d_name)};
    if (!new.name) return isw_error_memory(error, length, "a file's name");
    watch->files[watch->count++] = new;
  }
  if (watch->count > known) qsort(watch->files, watch->count, sizeof *watch->files, by_name);
  return ISW_OK;
}

static void count(struct isw_watch *watch, const struct watched_file *file, uint64_t offset,
                  const struct journal_entry *entry)
{
  if (isw_bits_has(watch->seen, entry->number)) return;
  isw_bits_add(watch->seen, entry->number);
  watch->now.finished++;
  watch->now.network_steps += entry->steps_done;
  if (entry->status < ISW_NETWORK_STATUSES) watch->now.ended[entry->status]++;
  if (watch->found) watch->found(watch->context, file->name, entry->number, offset);
}

/* Makes `bytes` bytes at `offset` available at *at and reads up to `ahead`; *at is NULL if the file has become
 * shorter. */
static bool look(struct isw_watch *watch, int fd, uint64_t offset, size_t bytes, size_t ahead, const unsigned char **at)
{
  *at = NULL;
  if (offset < watch->start || offset + bytes > watch->start + watch->length) {
    watch->start = offset;
    if (!isw_read_at(fd, watch->block, bytes > ahead ? bytes : ahead, offset, &watch->length)) return false;
    if (watch->length < bytes) return true;
  }
  *at = watch->block + (offset - watch->start);
  return true;
}

/* Counts the complete entries from file->offset on in a file of the given size. Invalid bytes are skipped if an entry
 * follows them; until then they may be the tail of a write in progress, which the next call reads again. */
static bool read_new(struct isw_watch *watch, int fd, struct watched_file *file, uint64_t size)
{
  const unsigned char *bytes;
  watch->start = watch->length = 0;
  if (file->offset == 0) {
    struct journal_head head;
    if (!look(watch, fd, 0, JOURNAL_HEAD_BYTES_1, BLOCK_BYTES, &bytes)) return false;
    if (!bytes || !isw_journal_head_decode(bytes, watch->length, &head)) return true;
    file->passed_over = !isw_journal_version_is_known(&head) || head.byte_order != isw_journal_byte_order() ||
                        head.identity != watch->identity || head.real_bytes != watch->real_bytes;
    if (file->passed_over) return true;
    file->offset = head.bytes;
  }
  size_t ahead = BLOCK_BYTES;
  for (uint64_t at = file->offset; at <= size && size - at >= JOURNAL_ENTRY_BYTES;) {
    struct journal_entry entry;
    if (!look(watch, fd, at, JOURNAL_ENTRY_BYTES, ahead, &bytes)) return false;
    if (!bytes) return true;
    if (isw_journal_entry_decode(bytes, watch->identity, watch->real_bytes, &entry) && entry.number < watch->networks) {
      uint64_t length = JOURNAL_ENTRY_BYTES + isw_journal_padded(isw_journal_body_bytes(&entry, watch->real_bytes));
      if (length > size - at) return true;
      count(watch, file, at, &entry);
      at += length;
      file->offset = file->searched = at;
      ahead = length > LONG_BYTES ? JOURNAL_ENTRY_BYTES : BLOCK_BYTES;
    } else {
      at = at == file->offset && file->searched > at ? file->searched : at + JOURNAL_ALIGNMENT;
      file->searched = at;
      ahead = BLOCK_BYTES;
    }
  }
  return true;
}

static enum isw_status read_file(struct isw_watch *watch, int folder, struct watched_file *file,
                                 struct isw_error *error)
{
  struct stat about;
  if (file->passed_over) return ISW_OK;
  if (fstatat(folder, file->name, &about, 0) != 0 || !S_ISREG(about.st_mode)) return ISW_OK; /* removed since */
  if ((uint64_t)about.st_size <= file->offset) return ISW_OK;
  int fd = openat(folder, file->name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT) return ISW_OK;
  bool done = fd >= 0 && read_new(watch, fd, file, (uint64_t)about.st_size);
  enum isw_status status =
      done ? ISW_OK
           : isw_error_set(error, ISW_FAILED, "%s/%s: cannot read: %s", watch->folder, file->name, strerror(errno));
  if (fd >= 0) close(fd);
  return status;
}

enum isw_status isw_watch_look(struct isw_watch *watch, struct isw_watched *now, struct isw_error *error)
{
  DIR *listing = opendir(watch->folder);
  enum isw_status status = ISW_OK;
  if (listing) {
    status = list(watch, listing, error);
    for (size_t i = 0; i < watch->count && status == ISW_OK; i++)
      status = read_file(watch, dirfd(listing), &watch->files[i], error);
    closedir(listing);
  } else if (errno != ENOENT) {
    status = isw_error_set(error, ISW_FAILED, "%s: cannot read this folder: %s", watch->folder, strerror(errno));
  }
  *now = watch->now;
  return status;
}
