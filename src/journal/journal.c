/* Writes a journal file: one append-only file per rank, one entry per finished network. index.c and watch.c read
 * them. */
#include "journal_internal.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
  SYNC_SECONDS = 30,
  PARTS_PER_NETWORK = 5,   /* entry head, values, two weight arrays, padding */
  NETWORKS_PER_WRITE = 64, /* so that parts stay below IOV_MAX */
  MAX_FILES = 1000000
};
static const unsigned char padding[JOURNAL_ALIGNMENT];

struct isw_journal {
  int fd;
  char *path;
  uint64_t identity;
  size_t real_bytes;
  uint64_t bytes; /* of the file: complete entries only */
  uint64_t entries;
  bool synced; /* since the last entry */
  bool ever_synced;
  double last_sync; /* isw_clock */
  pthread_mutex_t lock;
};

/* Creates a file with an unused name: ranks differ by their number, runs by the first free number. */
static enum isw_status open_new(struct isw_journal *journal, const char *folder, unsigned rank, struct isw_error *error)
{
  for (unsigned run = 0; run < MAX_FILES; run++) {
    struct isw_text path = {0};
    enum isw_status named = rank == ISW_RANK_REUSED
                                ? isw_text_add(&path, "%s/reused-run%04u" JOURNAL_SUFFIX, folder, run)
                                : isw_text_add(&path, "%s/rank%05u-run%04u" JOURNAL_SUFFIX, folder, rank, run);
    if (named != ISW_OK) return isw_error_memory(error, strlen(folder), "a file's name");
    free(journal->path);
    journal->path = path.bytes;
    journal->fd = open(path.bytes, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0666);
    if (journal->fd >= 0) return ISW_OK;
    if (errno != EEXIST && errno != EINTR)
      return isw_error_system(error, path.bytes, "cannot create this journal file");
  }
  return isw_error_set(error, ISW_FAILED, "%s: more than %d journal files of rank %u", folder, MAX_FILES, rank);
}

static enum isw_status write_head(struct isw_journal *journal, unsigned rank, const char *program,
                                  struct isw_error *error)
{
  struct journal_head head = isw_journal_head(journal->identity, rank, journal->real_bytes, program);
  unsigned char bytes[JOURNAL_HEAD_BYTES];
  isw_journal_head_encode(&head, bytes);
  struct iovec part = {bytes, sizeof bytes};
  if (!isw_write_parts(journal->fd, &part, 1, &journal->bytes))
    return isw_error_system(error, journal->path, "cannot write");
  return ISW_OK;
}

enum isw_status isw_journal_create(const char *folder, uint64_t identity, unsigned rank, size_t real_bytes,
                                   const char *program, struct isw_journal **journal, struct isw_error *error)
{
  *journal = NULL;
  enum isw_status status = isw_journal_make_folder(folder, error);
  if (status != ISW_OK) return status;
  struct isw_journal *made = isw_allocate(1, sizeof *made);
  if (!made) return isw_error_memory(error, sizeof *made, "a journal");
  made->identity = identity;
  made->real_bytes = real_bytes;
  pthread_mutex_init(&made->lock, NULL);
  made->last_sync = isw_clock();
  made->fd = -1;
  status = open_new(made, folder, rank, error);
  if (status == ISW_OK) {
    status = write_head(made, rank, program, error);
    if (status == ISW_OK) status = isw_folder_sync(folder, error);
    if (status != ISW_OK) unlink(made->path);
  }
  if (status != ISW_OK) {
    if (made->fd >= 0) close(made->fd);
    pthread_mutex_destroy(&made->lock);
    free(made->path);
    free(made);
    return status;
  }
  *journal = made;
  return ISW_OK;
}

static enum isw_status sync_now(struct isw_journal *journal, struct isw_error *error)
{
  if (journal->synced) return ISW_OK;
  int result;
  do result = fdatasync(journal->fd);
  while (result != 0 && errno == EINTR);
  if (result != 0) return isw_error_system(error, journal->path, "cannot sync this journal file");
  journal->synced = journal->ever_synced = true;
  journal->last_sync = isw_clock();
  return ISW_OK;
}

const char *isw_journal_file(const struct isw_journal *journal)
{
  const char *slash = strrchr(journal->path, '/');
  return slash ? slash + 1 : journal->path;
}

bool isw_journal_is_synced(const struct isw_journal *journal)
{
  return journal->ever_synced;
}

enum isw_status isw_journal_sync(struct isw_journal *journal, struct isw_error *error)
{
  pthread_mutex_lock(&journal->lock);
  enum isw_status status = sync_now(journal, error);
  pthread_mutex_unlock(&journal->lock);
  return status;
}

/* Sets the parts of a network's entry; returns their total bytes. */
static uint64_t lay_out(const struct isw_journal *journal, const struct isw_finished *network,
                        unsigned char head[JOURNAL_ENTRY_BYTES], struct iovec parts[PARTS_PER_NETWORK])
{
  struct journal_entry entry = {
      .status = network->status,
      .number = network->number,
      .id = network->id,
      .steps_done = network->steps_done,
      .records = network->records,
      .records_done = network->records_done,
      .layers = network->layers,
      .kept = (network->weights_initial ? KEPT_INITIAL : 0u) | (network->weights_final ? KEPT_FINAL : 0u),
      .parameters = network->parameters,
      .values_bytes = network->values_bytes,
  };
  size_t weights = isw_journal_weight_bytes(&entry, journal->real_bytes);
  const void *pieces[3] = {network->values, network->weights_initial, network->weights_final};
  size_t sizes[3] = {network->values_bytes, network->weights_initial ? weights : 0,
                     network->weights_final ? weights : 0};
  entry.body_checksum = isw_journal_body_checksum(journal->identity, pieces, sizes);
  isw_journal_entry_encode(&entry, journal->identity, head);
  size_t body = isw_journal_body_bytes(&entry, journal->real_bytes);
  parts[0] = (struct iovec){head, JOURNAL_ENTRY_BYTES};
  for (size_t i = 0; i < 3; i++) parts[i + 1] = (struct iovec){(void *)(uintptr_t)pieces[i], sizes[i]};
  parts[4] = (struct iovec){(void *)(uintptr_t)padding, isw_journal_padded(body) - body};
  return JOURNAL_ENTRY_BYTES + isw_journal_padded(body);
}

/* offsets: [count], or NULL. */
static enum isw_status append(struct isw_journal *journal, const struct isw_finished *networks, size_t count,
                              uint64_t *offsets, struct isw_error *error)
{
  unsigned char heads[NETWORKS_PER_WRITE][JOURNAL_ENTRY_BYTES];
  struct iovec parts[NETWORKS_PER_WRITE * PARTS_PER_NETWORK];
  uint64_t wanted = 0, written = 0;
  for (size_t i = 0; i < count; i++) {
    if (offsets) offsets[i] = journal->bytes + wanted;
    wanted += lay_out(journal, &networks[i], heads[i], parts + i * PARTS_PER_NETWORK);
  }
  journal->synced = false;
  if (!isw_write_parts(journal->fd, parts, count * PARTS_PER_NETWORK, &written)) {
    int reason = errno;
    const char *rest = written && ftruncate(journal->fd, (off_t)journal->bytes) != 0
                           ? "; the torn entry at its end is left out when it is read"
                           : "; its earlier entries are whole";
    return isw_error_set(error, ISW_FAILED, "%s: cannot append %llu bytes: %s%s", journal->path,
                         (unsigned long long)wanted, strerror(reason), rest);
  }
  journal->bytes += written;
  journal->entries += count;
  return ISW_OK;
}

enum isw_status isw_journal_append(struct isw_journal *journal, const struct isw_finished *networks, size_t count,
                                   struct isw_error *error)
{
  return isw_journal_append_at(journal, networks, count, NULL, error);
}

enum isw_status isw_journal_append_at(struct isw_journal *journal, const struct isw_finished *networks, size_t count,
                                      uint64_t *offsets, struct isw_error *error)
{
  enum isw_status status = ISW_OK;
  pthread_mutex_lock(&journal->lock);
  for (size_t first = 0; first < count && status == ISW_OK; first += NETWORKS_PER_WRITE) {
    size_t some = count - first < NETWORKS_PER_WRITE ? count - first : NETWORKS_PER_WRITE;
    status = append(journal, networks + first, some, offsets ? offsets + first : NULL, error);
  }
  if (status == ISW_OK && isw_clock() - journal->last_sync >= SYNC_SECONDS) status = sync_now(journal, error);
  pthread_mutex_unlock(&journal->lock);
  return status;
}

void isw_journal_abandon(struct isw_journal *journal)
{
  close(journal->fd);
  pthread_mutex_destroy(&journal->lock);
  free(journal->path);
  free(journal);
}

enum isw_status isw_journal_destroy(struct isw_journal *journal, struct isw_error *error)
{
  if (!journal) return ISW_OK;
  enum isw_status status = ISW_OK;
  if (journal->entries)
    status = sync_now(journal, error);
  else
    unlink(journal->path);
  if (close(journal->fd) != 0 && errno != EINTR && status == ISW_OK)
    status = isw_error_system(error, journal->path, "cannot close this journal file");
  pthread_mutex_destroy(&journal->lock);
  free(journal->path);
  free(journal);
  return status;
}
