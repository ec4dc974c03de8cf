/* Checkpoints: the state of a pack in training, in one file per pack that is replaced repeatedly. The format is that of
 * a journal: a head and one entry, which has a kind of its own. */
#include "journal_internal.h"
#include <assert.h>
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

enum { HEADS_BYTES = JOURNAL_HEAD_BYTES + JOURNAL_ENTRY_BYTES }; /* of this program's files; older ones have fewer */
static_assert(HEADS_BYTES % sizeof(uint64_t) == 0 && JOURNAL_HEAD_BYTES_1 % sizeof(uint64_t) == 0,
              "the lists of a checkpoint are read where they lie");

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

/* Decodes the heads of a checkpoint file of `size` bytes from its first `length` ones. Returns their length, after
 * which the lists of networks begin; 0: it is not a checkpoint that this sweep can continue. */
static size_t decode(const unsigned char *bytes, size_t length, size_t size, uint64_t identity, size_t real_bytes,
                     struct journal_entry *entry)
{
  struct journal_head head;
  if (!isw_journal_head_decode(bytes, length, &head) || !isw_journal_version_is_known(&head)) return 0;
  const size_t heads = head.bytes + JOURNAL_ENTRY_BYTES;
  bool good = length >= heads && head.byte_order == isw_journal_byte_order() && head.identity == identity &&
              head.real_bytes == real_bytes && head.bits_version == ISW_BITS_VERSION &&
              isw_journal_checkpoint_decode(bytes + head.bytes, identity, entry) && entry->records > 0 &&
              entry->values_bytes == size - heads && entry->values_bytes / (2 * sizeof(uint64_t)) >= entry->records;
  return good ? heads : 0;
}

bool isw_checkpoint_read(const char *folder, uint64_t identity, size_t real_bytes, uint64_t number, void **file,
                         struct isw_checkpoint *checkpoint)
{
  struct journal_entry entry;
  size_t size = 0, heads = 0;
  char *path = path_of(folder, number), *raw = NULL;
  bool good = path && isw_file_read(path, SIZE_MAX / 2, ISW_REGULAR_FILE, &raw, &size, NULL) == ISW_OK;
  if (good) heads = decode((const unsigned char *)raw, size, size, identity, real_bytes, &entry);
  free(path);
  good = good && heads > 0 && entry.number == number;
  if (good) {
    const unsigned char *body = (const unsigned char *)raw + heads;
    const size_t list = entry.records * sizeof(uint64_t);
    const void *pieces[3] = {body, body + list, body + 2 * list};
    const size_t sizes[3] = {list, list, entry.values_bytes - 2 * list};
    good = isw_journal_body_checksum(identity, pieces, sizes) == entry.body_checksum;
    *checkpoint = (struct isw_checkpoint){.count = entry.records,
                                          .numbers = pieces[0],
                                          .ids = pieces[1],
                                          .step = entry.steps_done,
                                          .state = pieces[2],
                                          .bytes = sizes[2]};
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

static int by_network(const void *a, const void *b)
{
  const struct isw_checkpointed *x = a, *y = b;
  if (x->network != y->network) return x->network < y->network ? -1 : 1;
  return x->step != y->step ? (x->step > y->step ? -1 : 1)
                            : (x->checkpoint > y->checkpoint) - (x->checkpoint < y->checkpoint);
}

/* Adds the networks of one checkpoint, or none if its head cannot be read; false without memory. */
static bool add_networks(const char *folder, uint64_t identity, size_t real_bytes, uint64_t number,
                         struct isw_checkpointed **networks, size_t *count)
{
  unsigned char heads[HEADS_BYTES];
  struct journal_entry entry;
  struct stat facts;
  char *path = path_of(folder, number);
  int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
  bool enough = path != NULL;
  ssize_t length = file >= 0 && fstat(file, &facts) == 0 ? pread(file, heads, sizeof heads, 0) : 0;
  size_t start = length > 0 ? decode(heads, (size_t)length, (size_t)facts.st_size, identity, real_bytes, &entry) : 0;
  if (start > 0 && entry.number == number) {
    const size_t list = entry.records * sizeof(uint64_t);
    uint64_t *numbers = isw_allocate(entry.records, sizeof *numbers);
    struct isw_checkpointed *more = realloc(*networks, (*count + entry.records) * sizeof *more);
    if (more) *networks = more;
    enough = numbers && more;
    bool read = enough && pread(file, numbers, list, (off_t)start) == (ssize_t)list;
    for (size_t i = 0; read && i < entry.records; i++)
      more[(*count)++] = (struct isw_checkpointed){numbers[i], entry.steps_done, number};
    free(numbers);
  }
  if (file >= 0) close(file);
  free(path);
  return enough;
}

enum isw_status isw_checkpoint_networks(const char *folder, uint64_t identity, size_t real_bytes,
                                        struct isw_checkpointed **networks, size_t *count, struct isw_error *error)
{
  uint64_t *first;
  size_t checkpoints;
  *networks = NULL;
  *count = 0;
  enum isw_status status = isw_checkpoint_list(folder, &first, &checkpoints, error);
  for (size_t i = 0; status == ISW_OK && i < checkpoints; i++)
    if (!add_networks(folder, identity, real_bytes, first[i], networks, count))
      status = isw_error_memory(error, *count * sizeof **networks, "the list of checkpoints");
  free(first);
  if (status != ISW_OK) {
    free(*networks);
    *networks = NULL;
    *count = 0;
  }
  if (*count > 0) qsort(*networks, *count, sizeof **networks, by_network);
  return status;
}

void isw_checkpoint_remove(const char *folder, uint64_t number)
{
  char *path = path_of(folder, number);
  if (path) unlink(path); /* a file that remains is never read: its networks are finished */
  free(path);
}
