/* Checkpoints: the state of a pack in training, in one file per pack that is replaced repeatedly. The format is that of
 * a journal: a head and one entry, which has a kind of its own. */
#include "journal_internal.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static char *path_of(const char *folder, uint64_t number)
{
  struct isw_text path = {0};
  enum isw_status status = isw_text_add(&path, "%s/" CHECKPOINT_PREFIX "%020" PRIu64 CHECKPOINT_SUFFIX, folder, number);
  return status == ISW_OK ? path.bytes : NULL;
}

enum isw_status isw_checkpoint_write(const char *folder, uint64_t identity, unsigned rank, size_t real_bytes,
                                     const struct isw_checkpoint *checkpoint, struct isw_error *error)
{
  const size_t list = checkpoint->count * sizeof(uint64_t);
  struct journal_head head = isw_journal_head(identity, rank, real_bytes, checkpoint->program);
  struct journal_entry entry = {.number = checkpoint->numbers[0],
                                .id = checkpoint->ids[0],
                                .steps_done = checkpoint->step,
                                .records = (uint32_t)checkpoint->count,
                                .values_bytes = 2 * list + checkpoint->bytes};
  const void *pieces[3] = {checkpoint->numbers, checkpoint->ids, checkpoint->state};
  const size_t sizes[3] = {list, list, checkpoint->bytes};
  unsigned char head_bytes[JOURNAL_HEAD_BYTES], entry_bytes[JOURNAL_ENTRY_BYTES];
  entry.body_checksum = isw_journal_body_checksum(identity, pieces, sizes);
  isw_journal_head_encode(&head, head_bytes);
  isw_journal_checkpoint_encode(&entry, identity, entry_bytes);

  char *path = path_of(folder, entry.number);
  enum isw_status status = path ? ISW_OK : isw_error_memory(error, strlen(folder), "a file's name");
  if (status == ISW_OK) {
    struct iovec parts[5] = {{head_bytes, sizeof head_bytes}, {entry_bytes, sizeof entry_bytes}};
    for (size_t i = 0; i < 3; i++) parts[2 + i] = (struct iovec){(void *)(uintptr_t)pieces[i], sizes[i]};
    status = isw_output_replace(path, 0666, parts, 5, error);
  }
  free(path);
  return status;
}

bool isw_checkpoint_read(const char *folder, uint64_t identity, size_t real_bytes, const uint64_t *numbers,
                         const uint64_t *ids, size_t count, void **file, const void **state, size_t *bytes)
{
  struct journal_head head;
  struct journal_entry entry;
  size_t size = 0, list = count * sizeof(uint64_t);
  char *path = path_of(folder, numbers[0]), *raw = NULL;
  bool good = path && isw_file_read(path, SIZE_MAX / 2, ISW_REGULAR_FILE, &raw, &size, NULL) == ISW_OK &&
              isw_journal_head_decode((const unsigned char *)raw, size, &head) && isw_journal_version_is_known(&head) &&
              size >= head.bytes + JOURNAL_ENTRY_BYTES;
  const unsigned char *at = good ? (const unsigned char *)raw + head.bytes : NULL;
  const unsigned char *body = good ? at + JOURNAL_ENTRY_BYTES : NULL;
  free(path);
  good = good && head.byte_order == isw_journal_byte_order() && head.identity == identity &&
         head.real_bytes == real_bytes && head.bits_version == ISW_BITS_VERSION &&
         isw_journal_checkpoint_decode(at, identity, &entry) && entry.records == count &&
         entry.values_bytes == size - head.bytes - JOURNAL_ENTRY_BYTES && entry.values_bytes >= 2 * list;
  if (good) {
    const void *pieces[3] = {body, body + list, body + 2 * list};
    const size_t sizes[3] = {list, list, entry.values_bytes - 2 * list};
    good = isw_journal_body_checksum(identity, pieces, sizes) == entry.body_checksum &&
           memcmp(body, numbers, list) == 0 && memcmp(body + list, ids, list) == 0;
    *state = pieces[2];
    *bytes = sizes[2];
  }
  if (!good) {
    free(raw);
    return false;
  }
  *file = raw;
  return true;
}

/* Gets the number of a checkpoint's pack from the file name: CHECKPOINT_PREFIX, digits, suffix. */
static bool number_of(const char *name, uint64_t *number)
{
  if (strncmp(name, CHECKPOINT_PREFIX, strlen(CHECKPOINT_PREFIX)) != 0) return false;
  const char *digits = name + strlen(CHECKPOINT_PREFIX);
  char *end;
  errno = 0;
  *number = strtoull(digits, &end, 10);
  return errno == 0 && digits[0] >= '0' && digits[0] <= '9' && strcmp(end, CHECKPOINT_SUFFIX) == 0;
}

enum isw_status isw_checkpoint_list(const char *folder, uint64_t **numbers, size_t *count, struct isw_error *error)
{
  *numbers = NULL;
  *count = 0;
  size_t capacity = 0;
  DIR *listing = opendir(folder);
  if (!listing) return errno == ENOENT ? ISW_OK : isw_error_system(error, folder, "cannot read this folder");
  enum isw_status status = ISW_OK;
  for (struct dirent *file; status == ISW_OK && (file = readdir(listing));) {
    uint64_t number;
    if (!number_of(file->d_name, &number)) continue;
    if (*count == capacity) {
      capacity = capacity ? 2 * capacity : 16;
      uint64_t *more = realloc(*numbers, capacity * sizeof *more);
      if (!more)
        status = isw_error_memory(error, capacity * sizeof *more, "the list of checkpoints");
      else
        *numbers = more;
    }
    if (status == ISW_OK) (*numbers)[(*count)++] = number;
  }
  closedir(listing);
  if (status != ISW_OK) {
    free(*numbers);
    *numbers = NULL;
    *count = 0;
  }
  return status;
}

void isw_checkpoint_remove(const char *folder, uint64_t number)
{
  char *path = path_of(folder, number);
  if (path) unlink(path); /* a file that remains is never read: its networks are finished */
  free(path);
}
