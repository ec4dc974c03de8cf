/* The index of a folder's journal files: finds and checks every entry once, then reads the entry of any network. */
#include "journal_internal.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SCAN_BYTES = 1 << 20, AHEAD_BYTES = 1 << 18, PACK_NETWORKS = 16 };

/* The place of a network's entry: the file's number in the upper bits, the offset in the lower 44 bits. Offset 0 is a
 * file's head, so 0 means: not found. */
enum { OFFSET_BITS = 44 };
static const uint64_t max_file_bytes = UINT64_C(1) << OFFSET_BITS;
static const size_t max_files = (size_t)1 << (64 - OFFSET_BITS);

/* A part of a file in memory. */
struct window {
  int fd;
  uint64_t start, size; /* size: of the file */
  unsigned char *bytes;
  size_t length, capacity;
};

/* An open file. Files share slots if there are more files than may be open. */
struct slot {
  size_t file;
  int fd;
};

struct isw_index {
  uint64_t identity, other, networks, found, damaged; /* other: 0, or of journals to ignore */
  size_t real_bytes;
  uint64_t *places; /* [networks] */
  uint64_t *reused; /* one bit per network; NULL: none */
  char *folder;
  char **files; /* [file_count] names, in order */
  size_t file_count;
  struct slot *slots; /* [slot_count] */
  size_t slot_count;
  struct window window; /* of isw_index_read */
  size_t window_file;   /* the file in the window */
  size_t guess;         /* bytes of the last entry read */
  size_t part, parts;   /* the files part, part + parts, ... are read */
};

static enum isw_status refuse(const struct isw_index *index, const char *file, struct isw_error *error)
{
  return isw_error_set(error, ISW_FAILED, "%s/%s: cannot read: %s", index->folder, file, strerror(errno));
}

/* Makes `bytes` bytes at `offset` available at *at and reads up to `ahead` bytes at once. *at is NULL if the file is
 * too short: the length is compared with the file's size before memory is allocated. */
static enum isw_status look(struct window *window, uint64_t offset, size_t bytes, size_t ahead,
                            const unsigned char **at, struct isw_error *error)
{
  *at = NULL;
  if (offset > window->size || bytes > window->size - offset) return ISW_OK;
  if (offset < window->start || offset + bytes > window->start + window->length) {
    enum isw_status status = isw_check_interrupted(error);
    if (status != ISW_OK) return status;
    size_t wanted = bytes > ahead ? bytes : ahead;
    if (wanted > window->size - offset) wanted = (size_t)(window->size - offset);
    if (wanted > window->capacity) {
      free(window->bytes);
      window->capacity = window->length = 0;
      window->bytes = isw_allocate(wanted, 1);
      if (!window->bytes) return isw_error_memory(error, wanted, "a journal's entry");
      window->capacity = wanted;
    }
    window->start = offset;
    window->length = 0;
    if (!isw_read_at(window->fd, window->bytes, wanted, offset, &window->length)) return ISW_FAILED;
    if (window->length < bytes) return ISW_OK;
  }
  *at = window->bytes + (offset - window->start);
  return ISW_OK;
}

/* Checks the entry at `offset`. *bytes is its length with padding, or 0 if its head is invalid. *whole is set if the
 * body is valid, too; then *body points to it. values_only: the weights are not read, and the body not checked. */
static enum isw_status check_entry(const struct isw_index *index, struct window *window, uint64_t offset, size_t ahead,
                                   bool values_only, struct journal_entry *entry, size_t *bytes, bool *whole,
                                   const unsigned char **body, struct isw_error *error)
{
  const unsigned char *at;
  *bytes = 0;
  *whole = false;
  enum isw_status status = look(window, offset, JOURNAL_ENTRY_BYTES, ahead, &at, error);
  if (status != ISW_OK || !at) return status;
  if (!isw_journal_entry_decode(at, index->identity, index->real_bytes, entry)) return ISW_OK;
  if (entry->number >= index->networks) return ISW_OK;
  size_t body_bytes = isw_journal_padded(isw_journal_body_bytes(entry, index->real_bytes));
  size_t length = JOURNAL_ENTRY_BYTES + (values_only ? entry->values_bytes : body_bytes);
  status = look(window, offset, length, ahead, &at, error);
  if (status != ISW_OK || !at) return status;
  *bytes = length;
  *body = at + JOURNAL_ENTRY_BYTES;
  *whole = values_only;
  if (values_only) return ISW_OK;
  size_t weights = isw_journal_weight_bytes(entry, index->real_bytes);
  size_t sizes[3] = {entry->values_bytes, entry->kept & KEPT_INITIAL ? weights : 0,
                     entry->kept & KEPT_FINAL ? weights : 0};
  const void *parts[3] = {*body, *body + sizes[0], *body + sizes[0] + sizes[1]};
  *whole = isw_journal_body_checksum(index->identity, parts, sizes) == entry->body_checksum;
  return ISW_OK;
}

/* Indexes every valid entry. Invalid bytes are skipped in steps of the alignment until an entry is found; each such
 * stretch counts as one damaged entry. */
static enum isw_status scan(struct isw_index *index, size_t file, struct window *window, uint64_t start, bool reused,
                            struct isw_error *error)
{
  bool damaged = false;
  for (uint64_t offset = start; offset < window->size;) {
    struct journal_entry entry;
    size_t bytes;
    bool whole;
    const unsigned char *body;
    enum isw_status status =
        check_entry(index, window, offset, SCAN_BYTES, false, &entry, &bytes, &whole, &body, error);
    if (status != ISW_OK) return status;
    if (!whole) {
      index->damaged += bytes > 0 || !damaged;
      damaged = true;
      offset += JOURNAL_ALIGNMENT; /* also after a valid head: its body may be truncated */
      continue;
    }
    damaged = false;
    if (reused) isw_bits_add(index->reused, entry.number);
    if (!index->places[entry.number]) { /* a network trained twice has the same bits both times */
      index->places[entry.number] = (uint64_t)file << OFFSET_BITS | offset;
      index->found++;
    }
    offset += bytes;
  }
  return ISW_OK;
}

static enum isw_status check_bits(const struct isw_index *index, const char *file, const struct journal_head *head,
                                  struct isw_error *error)
{
  if (head->bits_version == ISW_BITS_VERSION) return ISW_OK;
  char *path = isw_path_join(index->folder, file);
  if (!path) return isw_error_memory(error, strlen(index->folder), "a file's name");
  enum isw_status status = isw_bits_check(path, head->bits_version, head->program, error);
  free(path);
  return status;
}

/* *start: offset of the first entry, or 0 if the file is to be ignored. */
static enum isw_status check_head(struct isw_index *index, const char *file, struct window *window, uint64_t *start,
                                  bool *reused, struct isw_error *error)
{
  const unsigned char *at;
  struct journal_head head;
  *start = 0;
  *reused = false;
  enum isw_status status = look(window, 0, JOURNAL_HEAD_BYTES_1, SCAN_BYTES, &at, error);
  if (status != ISW_OK) return status;
  if (!at || !isw_journal_head_decode(at, window->length, &head)) {
    index->damaged += window->size > 0; /* an empty file has lost nothing */
    return ISW_OK;
  }
  if (!isw_journal_version_is_known(&head))
    return isw_error_set(error, ISW_BAD_INPUT, "%s/%s: journal of version %u; this program reads versions 1 and %d",
                         index->folder, file, head.version, JOURNAL_VERSION);
  if (head.byte_order != isw_journal_byte_order())
    return isw_error_set(error, ISW_BAD_INPUT, "%s/%s: journal of a machine with another byte order", index->folder,
                         file);
  if (index->other && head.identity == index->other) return ISW_OK;
  if (head.identity != index->identity || head.real_bytes != index->real_bytes)
    return isw_error_set(error, ISW_BAD_INPUT,
                         "%s/%s: journal of another sweep (%016llx, %u bytes a number; this sweep is %016llx, %zu)",
                         index->folder, file, (unsigned long long)head.identity, head.real_bytes,
                         (unsigned long long)index->identity, index->real_bytes);
  status = check_bits(index, file, &head, error);
  if (status != ISW_OK) return status;
  *start = head.bytes;
  *reused = head.rank == ISW_RANK_REUSED;
  if (!*reused || index->reused) return ISW_OK;
  index->reused = isw_allocate(isw_bits_words(index->networks), sizeof *index->reused);
  if (!index->reused)
    return isw_error_memory(error, isw_bits_words(index->networks) * sizeof *index->reused, "the index of the journal");
  return ISW_OK;
}

static int open_file(const struct isw_index *index, size_t file)
{
  char *path = isw_path_join(index->folder, index->files[file]);
  if (!path) {
    errno = ENOMEM;
    return -1;
  }
  int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC); /* a pipe under a journal's name must not block */
  free(path);
  return fd;
}

/* *unusable: the error is one of this file, not of the program or its machine. */
static enum isw_status read_file(struct isw_index *index, size_t file, struct window *window, bool *unusable,
                                 struct isw_error *error)
{
  const char *name = index->files[file];
  window->fd = open_file(index, file);
  *unusable = window->fd < 0 && errno != EMFILE && errno != ENFILE && errno != ENOMEM;
  if (window->fd < 0) return refuse(index, name, error);
  struct stat about;
  enum isw_status status = ISW_OK;
  bool reused = false;
  uint64_t start = 0;
  window->start = window->length = 0;
  if (fstat(window->fd, &about) != 0)
    status = refuse(index, name, error);
  else if (!S_ISREG(about.st_mode) || (uint64_t)about.st_size >= max_file_bytes)
    status = isw_error_set(error, ISW_BAD_INPUT, "%s/%s: not a journal file", index->folder, name);
  if (status == ISW_OK) {
    window->size = (uint64_t)about.st_size;
    status = check_head(index, name, window, &start, &reused, error);
    if (status == ISW_OK && start > 0) status = scan(index, file, window, start, reused, error);
    if (status == ISW_FAILED && !*isw_error_text(error)) { /* of reading */
      *unusable = true;
      refuse(index, name, error);
    }
  }
  *unusable = *unusable || status == ISW_BAD_INPUT;
  close(window->fd);
  return status;
}

/* Forgets what was found in a file. */
static void forget(struct isw_index *index, size_t file)
{
  for (uint64_t k = 0; k < index->networks; k++) {
    if (!index->places[k] || index->places[k] >> OFFSET_BITS != file) continue;
    index->places[k] = 0;
    index->found--;
    if (index->reused) isw_bits_remove(index->reused, k);
  }
}

static enum isw_status read_files(struct isw_index *index, isw_left_out *left_out, void *context,
                                  struct isw_error *error)
{
  enum isw_status status = ISW_OK;
  for (size_t file = index->part; file < index->file_count && status == ISW_OK; file += index->parts) {
    bool unusable;
    status = read_file(index, file, &index->window, &unusable, error);
    if (status == ISW_OK || !unusable || !left_out) continue;
    forget(index, file);
    struct isw_error reason = *error;
    *error = (struct isw_error){0};
    status = left_out(context, index->files[file], isw_error_text(&reason), error);
    isw_error_clear(&reason);
  }
  return status;
}

static int by_name(const void *a, const void *b)
{
  return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Appends a file's name, with its terminating zero. */
static enum isw_status add_file(struct isw_index *index, const char *file, struct isw_error *error)
{
  if (index->file_count == max_files)
    return isw_error_set(error, ISW_FAILED, "%s: more than %zu journal files", index->folder, max_files);
  if ((index->file_count & (index->file_count - 1)) == 0) { /* full: capacities are powers of 2 */
    size_t more = index->file_count ? 2 * index->file_count : 1;
    char **files = realloc(index->files, more * sizeof *files);
    if (!files) return isw_error_memory(error, more * sizeof *files, "names of journal files");
    index->files = files;
  }
  char *name = isw_copy_text(file);
  if (!name) return isw_error_memory(error, strlen(file), "a file's name");
  index->files[index->file_count++] = name;
  return ISW_OK;
}

static enum isw_status list_files(struct isw_index *index, struct isw_error *error)
{
  DIR *listing = opendir(index->folder);
  if (!listing && errno == ENOENT) return ISW_OK;
  if (!listing)
    return isw_error_set(error, ISW_FAILED, "%s: cannot read this folder: %s", index->folder, strerror(errno));
  enum isw_status status = ISW_OK;
  for (struct dirent *file; status == ISW_OK && (file = readdir(listing));) {
    size_t length = strlen(file->d_name), suffix = strlen(JOURNAL_SUFFIX);
    if (length > suffix && strcmp(file->d_name + length - suffix, JOURNAL_SUFFIX) == 0)
      status = add_file(index, file->d_name, error);
  }
  closedir(listing);
  if (index->file_count) qsort(index->files, index->file_count, sizeof *index->files, by_name);
  return status;
}

static void close_slots(struct isw_index *index)
{
  for (size_t i = 0; i < index->slot_count; i++) {
    if (index->slots[i].fd >= 0) close(index->slots[i].fd);
    index->slots[i].fd = -1;
  }
}

/* Networks in grid order are spread over the journals, so each file stays open if possible: reopening one for every
 * pack is expensive on a network file system. At most half of the descriptors of the process are used. */
static enum isw_status make_slots(struct isw_index *index, struct isw_error *error)
{
  struct rlimit limit;
  size_t most = getrlimit(RLIMIT_NOFILE, &limit) == 0 ? (size_t)limit.rlim_cur / 2 : 64;
  size_t count = index->file_count < most ? index->file_count : most;
  if (count == 0) count = 1;
  index->slots = isw_allocate(count, sizeof *index->slots);
  if (!index->slots) return isw_error_memory(error, count * sizeof *index->slots, "the journal's open files");
  index->slot_count = count;
  for (size_t i = 0; i < count; i++) index->slots[i].fd = -1;
  return ISW_OK;
}

/* The slot with an open file; NULL if it cannot be opened (errno has the reason). MPI may have taken one descriptor per
 * rank: if no descriptor is free, the number of slots is halved. */
static struct slot *open_slot(struct isw_index *index, size_t file)
{
  for (;;) {
    struct slot *slot = &index->slots[file % index->slot_count];
    if (slot->fd >= 0 && slot->file == file) return slot;
    if (slot->fd >= 0) close(slot->fd);
    slot->file = file;
    slot->fd = open_file(index, file);
    if (slot->fd >= 0) return slot;
    if ((errno != EMFILE && errno != ENFILE) || index->slot_count == 1) return NULL;
    close_slots(index);
    index->slot_count /= 2;
    index->window.length = 0; /* of a file that is closed */
  }
}

/* names: of the files, each with its terminating zero; NULL: those of the folder. */
static enum isw_status create(struct isw_index *made, const char *folder, const char *names, size_t length,
                              isw_left_out *left_out, void *context, struct isw_error *error)
{
  made->places = isw_allocate(made->networks, sizeof *made->places);
  made->folder = isw_copy_text(folder);
  if (!made->places || !made->folder)
    return isw_error_memory(error, made->networks * sizeof *made->places, "the index of the journal");
  enum isw_status status = names ? ISW_OK : list_files(made, error);
  for (const char *name = names; names && name < names + length && status == ISW_OK; name += strlen(name) + 1)
    status = add_file(made, name, error);
  if (status == ISW_OK) status = read_files(made, left_out, context, error);
  made->window.length = 0;
  return status == ISW_OK ? make_slots(made, error) : status;
}

static enum isw_status create_index(const struct isw_index *settings, const char *folder, const char *names,
                                    size_t length, isw_left_out *left_out, void *context, struct isw_index **index,
                                    struct isw_error *error)
{
  *index = NULL;
  struct isw_index *made = isw_allocate(1, sizeof *made);
  if (!made) return isw_error_memory(error, sizeof *made, "the index of the journal");
  *made = *settings;
  struct isw_error reason = {0};
  enum isw_status status = create(made, folder, names, length, left_out, context, &reason);
  if (status != ISW_OK) {
    isw_error_set(error, status, "%s", isw_error_text(&reason));
    isw_index_destroy(made);
  } else {
    *index = made;
  }
  isw_error_clear(&reason);
  return status;
}

enum isw_status isw_index_create(const char *folder, uint64_t identity, uint64_t networks, size_t real_bytes,
                                 struct isw_index **index, struct isw_error *error)
{
  return isw_index_create_beside(folder, identity, 0, networks, real_bytes, NULL, NULL, index, error);
}

enum isw_status isw_index_create_beside(const char *folder, uint64_t identity, uint64_t other, uint64_t networks,
                                        size_t real_bytes, isw_left_out *left_out, void *context,
                                        struct isw_index **index, struct isw_error *error)
{
  const struct isw_index settings = {
      .identity = identity, .other = other, .networks = networks, .real_bytes = real_bytes, .parts = 1};
  return create_index(&settings, folder, NULL, 0, left_out, context, index, error);
}

enum isw_status isw_index_create_part(const char *folder, const struct isw_index_part *part, uint64_t networks,
                                      size_t real_bytes, isw_left_out *left_out, void *context,
                                      struct isw_index **index, struct isw_error *error)
{
  const struct isw_index settings = {.identity = part->identity,
                                     .other = part->other,
                                     .networks = networks,
                                     .real_bytes = real_bytes,
                                     .part = part->part,
                                     .parts = part->parts};
  return create_index(&settings, folder, part->files, part->files_length, left_out, context, index, error);
}

enum isw_status isw_index_list_files(const char *folder, char **files, size_t *length, struct isw_error *error)
{
  struct isw_text names = {0};
  struct isw_index listed = {.folder = (char *)(uintptr_t)folder};
  enum isw_status status = list_files(&listed, error);
  for (size_t i = 0; i < listed.file_count; i++) {
    if (status == ISW_OK && isw_text_add_bytes(&names, listed.files[i], strlen(listed.files[i]) + 1) != ISW_OK)
      status = isw_error_memory(error, names.length, "names of journal files");
    free(listed.files[i]);
  }
  free(listed.files);
  *files = names.bytes;
  *length = names.length;
  return status;
}

uint64_t *isw_index_places(struct isw_index *index)
{
  return index->places;
}

void isw_index_set_combined(struct isw_index *index, uint64_t damaged)
{
  index->found = 0;
  for (uint64_t k = 0; k < index->networks; k++) index->found += index->places[k] != 0;
  index->damaged = damaged;
}

enum isw_status isw_index_file(struct isw_index *index, const char *file, size_t *number, struct isw_error *error)
{
  for (*number = 0; *number < index->file_count; ++*number)
    if (strcmp(index->files[*number], file) == 0) return ISW_OK;
  enum isw_status status = add_file(index, file, error);
  if (status != ISW_OK) return status;
  close_slots(index);
  free(index->slots);
  index->window.length = 0; /* of a file that is closed */
  return make_slots(index, error);
}

void isw_index_add(struct isw_index *index, size_t file, uint64_t network, uint64_t offset)
{
  index->found += index->places[network] == 0;
  index->places[network] = (uint64_t)file << OFFSET_BITS | offset;
}

void isw_index_destroy(struct isw_index *index)
{
  if (!index) return;
  close_slots(index);
  free(index->slots);
  for (size_t i = 0; i < index->file_count; i++) free(index->files[i]);
  free(index->files);
  free(index->places);
  free(index->reused);
  free(index->folder);
  free(index->window.bytes);
  free(index);
}

bool isw_index_has(const struct isw_index *index, uint64_t number)
{
  return number < index->networks && index->places[number];
}

uint64_t isw_index_count(const struct isw_index *index)
{
  return index->found;
}

uint64_t isw_index_damaged(const struct isw_index *index)
{
  return index->damaged;
}

const uint64_t *isw_index_reused(const struct isw_index *index)
{
  return index->reused;
}

static enum isw_status read_entry(struct isw_index *index, uint64_t number, bool values_only,
                                  struct isw_finished *finished, struct isw_error *error)
{
  if (!isw_index_has(index, number))
    return isw_error_set(error, ISW_FAILED, "%s: network %llu is not in the journal", index->folder,
                         (unsigned long long)number);
  uint64_t offset = index->places[number] & (max_file_bytes - 1);
  size_t file = (size_t)(index->places[number] >> OFFSET_BITS);
  const char *name = index->files[file];
  struct slot *slot = open_slot(index, file);
  if (!slot) return refuse(index, name, error);
  struct window *window = &index->window;
  if (window->length == 0 || index->window_file != file) {
    struct stat about;
    if (fstat(slot->fd, &about) != 0) return refuse(index, name, error);
    window->start = window->length = 0;
    window->size = (uint64_t)about.st_size;
    index->window_file = file;
  }
  window->fd = slot->fd;
  struct journal_entry entry;
  const unsigned char *body;
  size_t bytes;
  bool whole;
  struct isw_error reason = {0};
  /* The networks of a pack are consecutive in the journal, and mostly in the sweep. */
  size_t ahead = index->guess < AHEAD_BYTES / PACK_NETWORKS ? PACK_NETWORKS * index->guess : AHEAD_BYTES;
  if (values_only) ahead = index->guess; /* weights lie between the values of two networks */
  enum isw_status status =
      check_entry(index, window, offset, ahead, values_only, &entry, &bytes, &whole, &body, &reason);
  struct stat now;
  if (status == ISW_OK && !whole && fstat(slot->fd, &now) == 0 && (uint64_t)now.st_size > window->size) {
    window->size = (uint64_t)now.st_size; /* the file has grown, because this process adds to it */
    window->length = 0;
    status = check_entry(index, window, offset, ahead, values_only, &entry, &bytes, &whole, &body, &reason);
  }
  if (status != ISW_OK) {
    if (*isw_error_text(&reason))
      isw_error_set(error, status, "%s", isw_error_text(&reason));
    else
      refuse(index, name, error);
    isw_error_clear(&reason);
    return status;
  }
  if (!whole || entry.number != number)
    return isw_error_set(error, ISW_FAILED, "%s/%s: network %llu was whole and is damaged now: the file has changed",
                         index->folder, name, (unsigned long long)number);
  index->guess = bytes;
  size_t weights = isw_journal_weight_bytes(&entry, index->real_bytes);
  const unsigned char *initial = body + entry.values_bytes;
  const unsigned char *final = initial + (entry.kept & KEPT_INITIAL ? weights : 0);
  *finished = (struct isw_finished){
      .number = number,
      .id = entry.id,
      .status = (uint8_t)entry.status,
      .steps_done = entry.steps_done,
      .records = entry.records,
      .records_done = entry.records_done,
      .layers = entry.layers,
      .parameters = entry.parameters,
      .values = body,
      .values_bytes = entry.values_bytes,
      .weights_initial = entry.kept & KEPT_INITIAL && !values_only ? initial : NULL,
      .weights_final = entry.kept & KEPT_FINAL && !values_only ? final : NULL,
  };
  return ISW_OK;
}

enum isw_status isw_index_read(struct isw_index *index, uint64_t number, struct isw_finished *finished,
                               struct isw_error *error)
{
  return read_entry(index, number, false, finished, error);
}

enum isw_status isw_index_read_values(struct isw_index *index, uint64_t number, struct isw_finished *finished,
                                      struct isw_error *error)
{
  return read_entry(index, number, true, finished, error);
}
