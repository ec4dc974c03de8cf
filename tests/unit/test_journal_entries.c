/* The journal: what was appended is read back to the bit, and damaged entries are left out, whichever byte is
 * damaged. */
#include "results_sample.h"
#include "journal/journal_internal.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

static const struct sample small = {.networks = 12, .identity = 0x123456789abcdef0, .records = 4, .real_bytes = 4};

static struct isw_index *read_index(const struct sample *sample, const char *folder)
{
  struct isw_error error = {0};
  struct isw_index *index;
  if (isw_index_create(folder, sample->identity, sample->networks, sample->real_bytes, &index, &error) != ISW_OK)
    fail_msg("%s", isw_error_text(&error));
  return index;
}

/* Checks every network that the index has; returns how many it has. */
static uint64_t check_networks(const struct sample *sample, struct isw_index *index)
{
  uint64_t found = 0;
  for (uint64_t number = 0; number < sample->networks; number++) {
    struct isw_finished finished;
    if (!isw_index_has(index, number)) continue;
    assert_int_equal(isw_index_read(index, number, &finished, NULL), ISW_OK);
    assert_int_equal(finished.number, number);
    assert_true(sample_equal(sample, &finished));
    found++;
  }
  assert_int_equal(found, isw_index_count(index));
  return found;
}

static void networks_come_back_to_the_bit(void **state)
{
  for (size_t real_bytes = 4; real_bytes <= 8; real_bytes += 4) {
    struct sample sample = {.networks = 1000, .identity = real_bytes, .records = 7, .real_bytes = real_bytes};
    char *folder = sample_path(*state, real_bytes == 4 ? "four.parts" : "eight.parts");
    sample_journal(&sample, folder, 0, 0, 1000, 3);
    sample_journal(&sample, folder, 1, 1, 1000, 3);
    sample_journal(&sample, folder, 0, 2, 500, 3); /* a later run of rank 0 that was stopped */
    struct isw_index *index = read_index(&sample, folder);
    assert_int_equal(check_networks(&sample, index), 334 + 333 + 166);
    assert_int_equal(isw_index_damaged(index), 0);
    assert_false(isw_index_has(index, 998));
    assert_false(isw_index_has(index, 1000));
    struct isw_finished finished;
    struct isw_error error = {0};
    assert_int_equal(isw_index_read(index, 998, &finished, &error), ISW_FAILED);
    isw_error_clear(&error);
    isw_index_destroy(index);
    assert_int_equal(isw_journal_remove(folder, NULL), ISW_OK);
    assert_int_equal(access(folder, F_OK), -1);
    free(folder);
  }
}

/* Two ranks read every second file each; the maximum of the places is the whole index, on both. A network whose place
 * is added instead of being read is found in a file that has grown since its last read. */
static void parts_of_an_index_make_the_whole(void **state)
{
  struct sample sample = {.networks = 100, .identity = 77, .records = 3, .real_bytes = 4};
  char *folder = sample_path(*state, "parts.parts"), *files;
  size_t length;
  for (unsigned rank = 0; rank < 3; rank++) sample_journal(&sample, folder, rank, rank, 90, 3);
  assert_int_equal(isw_index_list_files(folder, &files, &length, NULL), ISW_OK);
  assert_int_equal(length, 3 * sizeof "rank00000-run0000.journal");
  struct isw_index *index[2];
  for (size_t i = 0; i < 2; i++) {
    const struct isw_index_part part = {.identity = 77, .files = files, .files_length = length, .part = i, .parts = 2};
    assert_int_equal(isw_index_create_part(folder, &part, 100, 4, NULL, NULL, &index[i], NULL), ISW_OK);
    assert_int_equal(check_networks(&sample, index[i]), i == 0 ? 60 : 30);
  }
  for (uint64_t k = 0; k < 100; k++) {
    uint64_t *a = &isw_index_places(index[0])[k], *b = &isw_index_places(index[1])[k];
    *a = *b = *a > *b ? *a : *b;
  }
  for (size_t i = 0; i < 2; i++) {
    isw_index_set_combined(index[i], 4);
    assert_int_equal(check_networks(&sample, index[i]), 90);
    assert_int_equal(isw_index_damaged(index[i]), 4);
  }
  struct isw_journal *journal;
  size_t file;
  assert_int_equal(isw_journal_create(folder, 77, 0, 4, "a test", &journal, NULL), ISW_OK);
  assert_string_equal(isw_journal_file(journal), "rank00000-run0001.journal");
  assert_int_equal(isw_index_file(index[0], "rank00001-run0000.journal", &file, NULL), ISW_OK);
  assert_int_equal(file, 1);
  for (size_t i = 0; i < 2; i++) { /* added once */
    assert_int_equal(isw_index_file(index[0], isw_journal_file(journal), &file, NULL), ISW_OK);
    assert_int_equal(file, 3);
  }
  for (uint64_t number = 90; number < 100; number++) {
    struct sample_network network = sample_network(&sample, number);
    struct isw_finished read;
    uint64_t offset;
    assert_int_equal(isw_journal_append_at(journal, &network.finished, 1, &offset, NULL), ISW_OK);
    isw_index_add(index[0], file, number, offset);
    assert_int_equal(isw_index_read_values(index[0], number, &read, NULL), ISW_OK);
    assert_memory_equal(read.values, network.values, network.finished.values_bytes);
    assert_null(read.weights_final);
    sample_network_free(&network);
  }
  assert_false(isw_journal_is_synced(journal));
  assert_int_equal(isw_journal_sync(journal, NULL), ISW_OK);
  assert_true(isw_journal_is_synced(journal));
  isw_journal_abandon(journal);
  assert_int_equal(check_networks(&sample, index[0]), 100);
  for (size_t i = 0; i < 2; i++) isw_index_destroy(index[i]);
  free(files);
  free(folder);
}

static size_t open_descriptors(void)
{
  size_t count = 0;
  for (int fd = 0; fd < 1024; fd++) count += fcntl(fd, F_GETFD) >= 0;
  return count;
}

/* As many journals as a run of 1,100 ranks leaves. Each is opened once if the limit on descriptors allows it; otherwise
 * they take turns, even if nearly all descriptors are in use. */
static void more_files_than_open_descriptors_are_read(void **state)
{
  enum { FILES = 1100, TAKEN = 200 };
  struct sample sample = {.networks = 2 * FILES, .identity = 5, .records = 1, .real_bytes = 4};
  char *folder = sample_path(*state, "many.parts");
  int taken[TAKEN];
  for (unsigned rank = 0; rank < FILES; rank++) sample_journal(&sample, folder, rank, rank, sample.networks, FILES);
  struct rlimit before, few;
  assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlim_t limits[3] = {256, 256, 1000};
  for (size_t i = 0; i < 3; i++) {
    size_t already = open_descriptors(), most = 0;
    for (size_t k = 0; i == 1 && k < TAKEN; k++) assert_true((taken[k] = dup(2)) >= 0);
    few = before;
    few.rlim_cur = limits[i];
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    struct isw_index *index = read_index(&sample, folder);
    uint64_t found = check_networks(&sample, index);
    most = open_descriptors() - already;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    for (size_t k = 0; i == 1 && k < TAKEN; k++) close(taken[k]);
    assert_int_equal(found, sample.networks);
    if (i == 1)
      assert_in_range(most, TAKEN + 16, 240); /* some descriptors are left for others */
    else
      assert_int_equal(most, limits[i] / 2);
    isw_index_destroy(index);
    assert_int_equal(open_descriptors(), already);
  }
  free(folder);
}

static void missing_folder_is_an_empty_index(void **state)
{
  char *folder = sample_path(*state, "none.parts");
  struct isw_index *index = read_index(&small, folder);
  assert_int_equal(isw_index_count(index), 0);
  isw_index_destroy(index);
  assert_int_equal(isw_journal_remove(folder, NULL), ISW_OK);
  free(folder);
}

static void journal_without_entries_leaves_no_file(void **state)
{
  char *folder = sample_path(*state, "empty.parts");
  sample_journal(&small, folder, 0, 0, 0, 1);
  assert_int_equal(rmdir(folder), 0);
  free(folder);
}

static void removal_leaves_what_is_not_ours(void **state)
{
  char *folder = sample_path(*state, "mixed.parts"), *other = sample_path(*state, "mixed.parts/notes.txt");
  sample_journal(&small, folder, 0, 0, 3, 1);
  sample_write_file(other, (const unsigned char *)"mine", 4);
  assert_int_equal(isw_journal_remove(folder, NULL), ISW_OK);
  struct isw_index *index = read_index(&small, folder);
  assert_int_equal(isw_index_count(index), 0);
  isw_index_destroy(index);
  assert_int_equal(access(other, F_OK), 0);
  free(folder);
  free(other);
}

/* Cut after any byte: the entries before the cut are read, the incomplete one is not. */
static void torn_tails_are_left_out_at_every_byte(void **state)
{
  char *folder = sample_path(*state, "torn.parts"), *file = sample_path(*state, "torn.parts/rank00000-run0000.journal");
  size_t length, ends[4] = {0};
  for (uint64_t end = 1; end <= 4; end++) { /* the end of each entry */
    sample_journal(&small, folder, 0, 0, end, 1);
    free(sample_read_file(file, &ends[end - 1]));
    assert_int_equal(isw_journal_remove(folder, NULL), ISW_OK);
  }
  sample_journal(&small, folder, 0, 0, 4, 1);
  unsigned char *bytes = sample_read_file(file, &length);
  for (size_t cut = 0; cut <= length; cut++) {
    sample_write_file(file, bytes, cut);
    uint64_t whole = 0;
    while (whole < 4 && ends[whole] <= cut) whole++;
    bool torn = cut != 0 && cut != JOURNAL_HEAD_BYTES && (whole == 0 || ends[whole - 1] != cut);
    struct isw_index *index = read_index(&small, folder);
    assert_int_equal(check_networks(&small, index), whole);
    assert_int_equal(isw_index_damaged(index), torn);
    isw_index_destroy(index);
  }
  free(bytes);
  free(file);
  free(folder);
}

/* At most one entry is lost, or all of them if the file's head is damaged; a wrong number is never read. The padding
 * between entries has no content. */
static void every_flipped_byte_is_noticed(void **state)
{
  char *folder = sample_path(*state, "flip.parts"), *file = sample_path(*state, "flip.parts/rank00000-run0000.journal");
  sample_journal(&small, folder, 0, 0, 4, 1);
  size_t length;
  unsigned char *bytes = sample_read_file(file, &length);
  for (size_t at = 0; at < length; at++)
    for (unsigned change = 1; change < 256; change = change == 1 ? 0x80 : change == 0x80 ? 0xff : 256) {
      bytes[at] ^= (unsigned char)change;
      sample_write_file(file, bytes, length);
      struct isw_index *index = read_index(&small, folder);
      uint64_t found = check_networks(&small, index), damaged = isw_index_damaged(index);
      if (at < JOURNAL_HEAD_BYTES)
        assert_true(found == 0 && damaged == 1);
      else
        assert_true((found == 3 && damaged == 1) || (found == 4 && damaged == 0 && bytes[at] == change));
      isw_index_destroy(index);
      bytes[at] ^= (unsigned char)change;
    }
  free(bytes);
  free(file);
  free(folder);
}

/* Replaces the head of the file at `path` by one of `bytes` bytes. */
static void replace_head(const char *path, const unsigned char *head, size_t bytes)
{
  size_t length;
  unsigned char *whole = sample_read_file(path, &length), *other = isw_allocate(length, 1);
  memcpy(other, head, bytes);
  memcpy(other + bytes, whole + JOURNAL_HEAD_BYTES, length - JOURNAL_HEAD_BYTES);
  sample_write_file(path, other, length - JOURNAL_HEAD_BYTES + bytes);
  free(other);
  free(whole);
}

static void journal_of_other_bits_is_refused_and_its_program_named(void **state)
{
  char *folder = sample_path(*state, "bits.parts"), *file = sample_path(*state, "bits.parts/rank00000-run0000.journal");
  sample_journal(&small, folder, 0, 0, 4, 1);
  unsigned char bytes[JOURNAL_HEAD_BYTES];
  struct journal_head head = isw_journal_head(small.identity, 0, small.real_bytes, "initsweep 9.8.7 (abc)");
  head.bits_version = ISW_BITS_VERSION + 5;
  isw_journal_head_encode(&head, bytes);
  replace_head(file, bytes, sizeof bytes);
  struct isw_error error = {0};
  struct isw_index *index;
  assert_int_equal(isw_index_create(folder, small.identity, small.networks, 4, &index, &error), ISW_BAD_INPUT);
  assert_non_null(strstr(isw_error_text(&error), "rank00000-run0000.journal"));
  assert_non_null(strstr(isw_error_text(&error), "written by initsweep 9.8.7 (abc);"));
  assert_null(index);
  isw_error_clear(&error);
  free(file);
  free(folder);
}

/* Files of format version 1 have a shorter head, and bits of version 1. */
static void journal_of_format_1_is_read_or_named(void **state)
{
  char *folder = sample_path(*state, "old.parts"), *file = sample_path(*state, "old.parts/rank00000-run0000.journal");
  sample_journal(&small, folder, 0, 0, 4, 1);
  unsigned char bytes[JOURNAL_HEAD_BYTES];
  struct journal_head head = isw_journal_head(small.identity, 0, small.real_bytes, "");
  head.version = 1;
  isw_journal_head_encode(&head, bytes);
  isw_journal_put(bytes + JOURNAL_HEAD_BYTES_1 - 8, isw_hash(bytes, JOURNAL_HEAD_BYTES_1 - 8, 0), 8);
  replace_head(file, bytes, JOURNAL_HEAD_BYTES_1);
  struct isw_error error = {0};
  struct isw_index *index;
  enum isw_status status = isw_index_create(folder, small.identity, small.networks, 4, &index, &error);
  if (ISW_BITS_VERSION == 1) {
    assert_int_equal(status, ISW_OK);
    assert_int_equal(check_networks(&small, index), 4);
    assert_int_equal(isw_index_damaged(index), 0);
  } else {
    assert_int_equal(status, ISW_BAD_INPUT);
    assert_non_null(strstr(isw_error_text(&error), "bits of version 1, written by initsweep 0.1.0 or earlier"));
  }
  struct isw_watch *watch;
  struct isw_watched now;
  assert_int_equal(isw_watch_create(folder, small.identity, small.networks, 4, &watch, NULL), ISW_OK);
  assert_int_equal(isw_watch_look(watch, &now, NULL), ISW_OK);
  assert_int_equal(now.finished, 4);
  isw_watch_destroy(watch);
  isw_index_destroy(index);
  isw_error_clear(&error);
  free(file);
  free(folder);
}

static void journal_of_another_sweep_is_refused(void **state)
{
  char *folder = sample_path(*state, "other.parts");
  sample_journal(&small, folder, 0, 0, 4, 1);
  struct isw_error error = {0};
  struct isw_index *index;
  assert_int_equal(isw_index_create(folder, small.identity + 1, small.networks, 4, &index, &error), ISW_BAD_INPUT);
  assert_non_null(strstr(isw_error_text(&error), "another sweep"));
  assert_null(index);
  assert_int_equal(isw_index_create(folder, small.identity, small.networks, 8, &index, &error), ISW_BAD_INPUT);
  isw_error_clear(&error);
  free(folder);
}

static void numbers_past_the_sweep_are_left_out(void **state)
{
  char *folder = sample_path(*state, "past.parts");
  sample_journal(&small, folder, 0, 8, 12, 1);
  struct isw_index *index;
  assert_int_equal(isw_index_create(folder, small.identity, 10, 4, &index, NULL), ISW_OK);
  assert_int_equal(isw_index_count(index), 2);
  isw_index_destroy(index);
  free(folder);
}

/* Entries with valid checksums and wrong lengths: nothing is read beyond the file, and no memory is allocated for them
 * (2^47 bytes could not be). */
static void made_up_lengths_are_left_out(void **state)
{
  char *folder = sample_path(*state, "made.parts"), *file = sample_path(*state, "made.parts/rank00000-run0000.journal");
  const struct journal_entry made[] = {
      {.status = 1, .values_bytes = (UINT64_C(1) << 48) - 1},
      {.status = 1, .values_bytes = UINT64_MAX},
      {.status = 1, .values_bytes = 9},
      {.status = 1, .kept = 3, .parameters = UINT64_MAX / 8},
      {.status = 1, .kept = 3, .parameters = (UINT64_C(1) << 46) - 1},
      {.status = 1, .kept = 7},
      {.status = 0},
      {.status = 256},
      {.status = 1, .records = 3, .records_done = 4},
      {.status = 1, .number = UINT64_MAX},
  };
  sample_journal(&small, folder, 0, 0, 1, 1);
  size_t length;
  unsigned char *bytes = sample_read_file(file, &length), more[4096];
  for (size_t i = 0; i < sizeof made / sizeof made[0]; i++) {
    struct journal_entry entry = made[i];
    memcpy(more, bytes, length);
    isw_journal_entry_encode(&entry, small.identity, more + length);
    sample_write_file(file, more, length + JOURNAL_ENTRY_BYTES);
    struct isw_index *index = read_index(&small, folder);
    assert_int_equal(check_networks(&small, index), 1);
    assert_int_equal(isw_index_damaged(index), 1);
    isw_index_destroy(index);
  }
  free(bytes);
  free(file);
  free(folder);
}

static void pipes_and_folders_are_no_journals(void **state)
{
  char *folder = sample_path(*state, "odd.parts"), *pipe = sample_path(*state, "odd.parts/a.journal");
  assert_int_equal(mkdir(folder, 0777), 0);
  assert_int_equal(mkfifo(pipe, 0666), 0);
  struct isw_error error = {0};
  struct isw_index *index;
  assert_int_equal(isw_index_create(folder, 1, 1, 4, &index, &error), ISW_BAD_INPUT);
  isw_error_clear(&error);
  free(pipe);
  free(folder);
}

static void damage_after_indexing_is_an_error(void **state)
{
  char *folder = sample_path(*state, "late.parts"), *file = sample_path(*state, "late.parts/rank00000-run0000.journal");
  sample_journal(&small, folder, 0, 0, 4, 1);
  struct isw_index *index = read_index(&small, folder);
  size_t length;
  unsigned char *bytes = sample_read_file(file, &length);
  sample_write_file(file, bytes, length - 9);
  struct isw_error error = {0};
  struct isw_finished finished;
  assert_int_equal(isw_index_read(index, 3, &finished, &error), ISW_FAILED);
  assert_non_null(strstr(isw_error_text(&error), "damaged now"));
  assert_int_equal(isw_index_read(index, 2, &finished, &error), ISW_OK);
  isw_error_clear(&error);
  isw_index_destroy(index);
  free(bytes);
  free(file);
  free(folder);
}

/* The limit on a file's size represents a full disk: write fails with EFBIG after what still fits. */
static void full_disk_leaves_whole_entries(void **state)
{
  char *folder = sample_path(*state, "full.parts"), *file = sample_path(*state, "full.parts/rank00000-run0000.journal");
  sample_journal(&small, folder, 0, 0, 2, 1);
  size_t two;
  free(sample_read_file(file, &two));
  isw_journal_remove(folder, NULL);

  struct isw_error error = {0};
  struct isw_journal *journal;
  assert_int_equal(isw_journal_create(folder, small.identity, 0, 4, "a test", &journal, &error), ISW_OK);
  struct rlimit before, limit;
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
  void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
  limit = before;
  limit.rlim_cur = two + 11;
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
  enum isw_status status[4];
  for (uint64_t number = 0; number < 3; number++) {
    struct sample_network network = sample_network(&small, number);
    status[number] = isw_journal_append(journal, &network.finished, 1, &error);
    sample_network_free(&network);
  }
  size_t length;
  free(sample_read_file(file, &length));
  char message[1000];
  snprintf(message, sizeof message, "%s", isw_error_text(&error));
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
  signal(SIGXFSZ, handler);
  struct sample_network network = sample_network(&small, 3); /* there is space again */
  status[3] = isw_journal_append(journal, &network.finished, 1, &error);
  sample_network_free(&network);
  assert_int_equal(isw_journal_destroy(journal, &error), ISW_OK);
  isw_error_clear(&error);

  assert_int_equal(status[0], ISW_OK);
  assert_int_equal(status[1], ISW_OK);
  assert_int_equal(status[2], ISW_FAILED);
  assert_int_equal(status[3], ISW_OK);
  assert_int_equal(length, two);
  assert_non_null(strstr(message, file));
  assert_non_null(strstr(message, strerror(EFBIG)));
  assert_non_null(strstr(message, " bytes"));
  struct isw_index *index = read_index(&small, folder);
  assert_int_equal(check_networks(&small, index), 3);
  assert_int_equal(isw_index_damaged(index), 0);
  isw_index_destroy(index);
  free(file);
  free(folder);
}

struct thread_work {
  struct isw_journal *journal;
  const struct sample *sample;
  uint64_t first;
  int failures;
};

static void *append_many(void *context)
{
  struct thread_work *work = context;
  for (uint64_t number = work->first; number < work->sample->networks; number += 8) {
    struct sample_network pair[2] = {sample_network(work->sample, number), sample_network(work->sample, number + 4)};
    struct isw_finished finished[2] = {pair[0].finished, pair[1].finished};
    work->failures += isw_journal_append(work->journal, finished, 2, NULL) != ISW_OK;
    sample_network_free(&pair[0]);
    sample_network_free(&pair[1]);
  }
  return NULL;
}

static void threads_share_a_journal(void **state)
{
  struct sample sample = {.networks = 4000, .identity = 77, .records = 3, .real_bytes = 4};
  char *folder = sample_path(*state, "threads.parts");
  struct isw_journal *journal;
  assert_int_equal(isw_journal_create(folder, sample.identity, 0, 4, "a test", &journal, NULL), ISW_OK);
  struct thread_work work[4];
  pthread_t threads[4];
  for (unsigned t = 0; t < 4; t++) {
    work[t] = (struct thread_work){journal, &sample, t, 0};
    assert_int_equal(pthread_create(&threads[t], NULL, append_many, &work[t]), 0);
  }
  for (unsigned t = 0; t < 4; t++) {
    pthread_join(threads[t], NULL);
    assert_int_equal(work[t].failures, 0);
  }
  assert_int_equal(isw_journal_destroy(journal, NULL), ISW_OK);
  struct isw_index *index = read_index(&sample, folder);
  assert_int_equal(check_networks(&sample, index), 4000);
  isw_index_destroy(index);
  free(folder);
}

static void large_appends_are_written_whole(void **state)
{
  struct sample sample = {.networks = 1000, .identity = 78, .records = 3, .real_bytes = 8};
  char *folder = sample_path(*state, "large.parts");
  struct isw_journal *journal;
  assert_int_equal(isw_journal_create(folder, sample.identity, 0, 8, "a test", &journal, NULL), ISW_OK);
  struct sample_network *networks = calloc(1000, sizeof *networks);
  struct isw_finished *finished = calloc(1000, sizeof *finished);
  for (uint64_t i = 0; i < 1000; i++) {
    networks[i] = sample_network(&sample, i);
    finished[i] = networks[i].finished;
  }
  assert_int_equal(isw_journal_append(journal, finished, 1000, NULL), ISW_OK);
  for (uint64_t i = 0; i < 1000; i++) sample_network_free(&networks[i]);
  free(networks);
  free(finished);
  assert_int_equal(isw_journal_destroy(journal, NULL), ISW_OK);
  struct isw_index *index = read_index(&sample, folder);
  assert_int_equal(check_networks(&sample, index), 1000);
  isw_index_destroy(index);
  free(folder);
}

/* Two hosts may train the same pack, if one was cut off from a run that has continued without it. Whoever is last, the
 * checkpoint is one of theirs, complete, and neither fails. */
static void two_writers_of_a_checkpoint_do_not_meet(void **state)
{
  enum { WRITES = 100, BYTES = 30000 };
  static const uint64_t numbers[2] = {16, 17}, ids[2] = {100, 101};
  static unsigned char pack[BYTES];
  char *folder = sample_path(*state, "two.parts");
  assert_int_equal(mkdir(folder, 0777), 0);
  pid_t writer[2];
  for (unsigned w = 0; w < 2; w++)
    if ((writer[w] = fork()) == 0) {
      bool good = true;
      memset(pack, 1 + (int)w, BYTES);
      struct isw_checkpoint checkpoint = {
          .count = 2, .numbers = numbers, .ids = ids, .state = pack, .bytes = BYTES - w, .program = "a test"};
      for (size_t i = 0; i < WRITES && good; i++)
        good = isw_checkpoint_write(folder, 5, w, 4, &checkpoint, NULL) == ISW_OK;
      _exit(good ? 0 : 1);
    }
  for (size_t w = 0; w < 2; w++) {
    int status;
    assert_int_equal(waitpid(writer[w], &status, 0), writer[w]);
    assert_int_equal(status, 0);
  }
  void *file;
  struct isw_checkpoint kept;
  assert_true(isw_checkpoint_read(folder, 5, 4, 16, &file, &kept));
  assert_int_equal(kept.count, 2);
  assert_memory_equal(kept.numbers, numbers, sizeof numbers);
  assert_memory_equal(kept.ids, ids, sizeof ids);
  unsigned last = ((const unsigned char *)kept.state)[0];
  assert_int_equal(kept.bytes, BYTES + 1 - last);
  for (size_t i = 0; i < kept.bytes; i++) assert_int_equal(((const unsigned char *)kept.state)[i], last);
  free(file);
  isw_checkpoint_remove(folder, 16);
  assert_int_equal(rmdir(folder), 0); /* nothing else is left */
  free(folder);
}

/* Temporary files that a killed process was about to rename are removed; journals, checkpoints and other files stay. */
static void tidying_removes_half_written_files(void **state)
{
  static const char *const names[] = {"pack00000000000000000016.checkpoint.0123456789abcdef.new",
                                      "sweep.0123456789abcdef.new", "pack00000000000000000016.checkpoint", "notes.new"};
  char *folder = sample_path(*state, "tidy.parts");
  sample_journal(&small, folder, 0, 0, 3, 1);
  for (size_t i = 0; i < 4; i++) {
    char *path = sample_path(folder, names[i]);
    sample_write_file(path, (const unsigned char *)"half", 4);
    free(path);
  }
  assert_int_equal(isw_journal_remove_temporaries(folder, NULL), ISW_OK);
  for (size_t i = 0; i < 4; i++) {
    char *path = sample_path(folder, names[i]);
    assert_int_equal(access(path, F_OK) == 0, i >= 2);
    free(path);
  }
  struct isw_index *index = read_index(&small, folder);
  assert_int_equal(isw_index_count(index), 3);
  isw_index_destroy(index);
  free(folder);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, sample_folder_make, sample_folder_remove)
int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(networks_come_back_to_the_bit),
      TEST(parts_of_an_index_make_the_whole),
      TEST(more_files_than_open_descriptors_are_read),
      TEST(missing_folder_is_an_empty_index),
      TEST(journal_without_entries_leaves_no_file),
      TEST(removal_leaves_what_is_not_ours),
      TEST(torn_tails_are_left_out_at_every_byte),
      TEST(every_flipped_byte_is_noticed),
      TEST(journal_of_other_bits_is_refused_and_its_program_named),
      TEST(every_flipped_byte_is_noticed),
      TEST(journal_of_format_1_is_read_or_named),
      TEST(every_flipped_byte_is_noticed),
      TEST(journal_of_another_sweep_is_refused),
      TEST(numbers_past_the_sweep_are_left_out),
      TEST(made_up_lengths_are_left_out),
      TEST(pipes_and_folders_are_no_journals),
      TEST(damage_after_indexing_is_an_error),
      TEST(full_disk_leaves_whole_entries),
      TEST(threads_share_a_journal),
      TEST(large_appends_are_written_whole),
      TEST(two_writers_of_a_checkpoint_do_not_meet),
      TEST(tidying_removes_half_written_files),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
