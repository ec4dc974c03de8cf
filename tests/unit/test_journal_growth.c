/* A growing journal is followed: every look finds the entries that are complete by then, once, and reads nothing
 * twice. */
#include "results_sample.h"
#include "journal/journal_internal.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

static const struct sample small = {.networks = 12, .identity = 0x123456789abcdef0, .records = 4, .real_bytes = 4};
/* about 60 kB per entry: its body is skipped */
static const struct sample large = {.networks = 6, .identity = 77, .records = 1200, .real_bytes = 8};

struct bytes {
  unsigned char *at;
  size_t length;
};

static struct bytes load(const char *path)
{
  struct stat about;
  int fd = open(path, O_RDONLY);
  assert_true(fd >= 0 && fstat(fd, &about) == 0);
  struct bytes bytes = {malloc((size_t)about.st_size), (size_t)about.st_size};
  assert_int_equal(read(fd, bytes.at, bytes.length), about.st_size);
  close(fd);
  return bytes;
}

static void store(const char *path, const unsigned char *bytes, size_t length)
{
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
  assert_true(fd >= 0);
  assert_int_equal(write(fd, bytes, length), length);
  close(fd);
}

static char *path_of(const char *folder, unsigned rank)
{
  struct isw_text path = {0};
  isw_text_add(&path, "%s/rank%05u-run0000" JOURNAL_SUFFIX, folder, rank);
  return path.bytes;
}

static struct isw_watch *watch_of(const struct sample *sample, const char *folder)
{
  struct isw_error error = {0};
  struct isw_watch *watch;
  if (isw_watch_create(folder, sample->identity, sample->networks, sample->real_bytes, &watch, &error) != ISW_OK)
    fail_msg("%s", isw_error_text(&error));
  return watch;
}

/* Looks, and compares the result with the networks below `count`, which it should have found. */
static void finds_the_first(struct isw_watch *watch, uint64_t count)
{
  struct isw_watched now;
  struct isw_error error = {0};
  if (isw_watch_look(watch, &now, &error) != ISW_OK) fail_msg("%s", isw_error_text(&error));
  struct isw_watched expected = {.finished = count};
  for (uint64_t number = 0; number < count; number++) {
    expected.network_steps += 10 * number;
    expected.ended[sample_status(number)]++;
  }
  assert_memory_equal(&now, &expected, sizeof now);
}

/* The end of each entry of a journal; ends[0]: the end of the head. */
static size_t find_ends(const struct sample *sample, struct bytes journal, size_t ends[16])
{
  size_t count = 0;
  for (size_t at = JOURNAL_HEAD_BYTES;; count++) {
    struct journal_entry entry;
    ends[count] = at;
    if (at == journal.length) return count;
    assert_true(isw_journal_entry_decode(journal.at + at, sample->identity, sample->real_bytes, &entry));
    at += JOURNAL_ENTRY_BYTES + isw_journal_padded(isw_journal_body_bytes(&entry, sample->real_bytes));
  }
}

static void every_length_has_its_whole_entries(void **state)
{
  char *folder = sample_path(*state, "whole.parts"), *path = path_of(folder, 0);
  sample_journal(&small, folder, 0, 0, small.networks, 1);
  struct bytes journal = load(path);
  size_t ends[16], whole = 0;
  assert_int_equal(find_ends(&small, journal, ends), small.networks);
  struct isw_watch *growing = watch_of(&small, folder);
  for (size_t length = 0; length <= journal.length; length++) {
    store(path, journal.at, length);
    while (whole < small.networks && ends[whole + 1] <= length) whole++;
    finds_the_first(growing, whole);
    struct isw_watch *fresh = watch_of(&small, folder);
    finds_the_first(fresh, whole);
    isw_watch_destroy(fresh);
  }
  isw_watch_destroy(growing);
  free(journal.at);
  free(path);
  free(folder);
}

/* After they were read, entries are overwritten with those of other networks: these are not found. */
static void what_was_read_is_not_read_again(void **state)
{
  const struct sample *const samples[] = {&small, &large};
  for (size_t i = 0; i < 2; i++) {
    const struct sample *sample = samples[i];
    uint64_t half = sample->networks / 2; /* networks half apart have entries of the same length */
    char *folder = sample_path(*state, i ? "large.parts" : "small.parts"), *path = path_of(folder, 0);
    char *apart = sample_path(*state, i ? "apart_large" : "apart_small"), *other = path_of(apart, 0);
    sample_journal(sample, folder, 0, 0, half, 1);
    sample_journal(sample, apart, 0, half, sample->networks, 1);
    struct bytes journal = load(path), changed = load(other);
    size_t ends[16], count = find_ends(sample, journal, ends);
    assert_int_equal(journal.length, changed.length);
    struct isw_watch *late = watch_of(sample, folder), *watch = watch_of(sample, folder);
    finds_the_first(late, half); /* all in one look */
    isw_watch_destroy(late);
    for (size_t entry = 0; entry <= count; entry++) {
      if (entry > 0) memcpy(journal.at, changed.at, ends[entry - 1]);
      store(path, journal.at, ends[entry]);
      finds_the_first(watch, entry);
    }
    isw_watch_destroy(watch);
    free(changed.at);
    free(journal.at);
    free(other);
    free(apart);
    free(path);
    free(folder);
  }
}

/* A shared file system may show a file's length before its bytes; a killed run leaves an incomplete tail. */
static void a_torn_tail_waits_for_its_bytes(void **state)
{
  char *folder = sample_path(*state, "torn.parts"), *path = path_of(folder, 0);
  sample_journal(&small, folder, 0, 0, 6, 1);
  struct bytes journal = load(path), hollow = load(path);
  size_t ends[16];
  find_ends(&small, journal, ends);
  memset(hollow.at + ends[3], 0, hollow.length - ends[3]);
  store(path, hollow.at, hollow.length);
  struct isw_watch *watch = watch_of(&small, folder);
  finds_the_first(watch, 3);
  finds_the_first(watch, 3);
  store(path, journal.at, journal.length);
  finds_the_first(watch, 6);
  store(path, journal.at, journal.length - 8); /* truncated by a writer whose disk is full */
  finds_the_first(watch, 6);
  sample_journal(&small, folder, 1, 0, 9, 1); /* another run, which has retrained six of them */
  finds_the_first(watch, 9);
  isw_watch_destroy(watch);
  free(hollow.at);
  free(journal.at);
  free(path);
  free(folder);
}

static void damage_is_passed_over(void **state)
{
  char *folder = sample_path(*state, "damaged.parts"), *path = path_of(folder, 0);
  sample_journal(&small, folder, 0, 0, 6, 1);
  struct bytes journal = load(path);
  size_t ends[16];
  find_ends(&small, journal, ends);
  journal.at[ends[2] + 20] ^= 1; /* the head of network 2 */
  store(path, journal.at, ends[3]);
  struct isw_watch *watch = watch_of(&small, folder);
  finds_the_first(watch, 2);
  store(path, journal.at, journal.length);
  struct isw_watched now;
  assert_int_equal(isw_watch_look(watch, &now, NULL), ISW_OK);
  assert_int_equal(now.finished, 5);
  isw_watch_destroy(watch);
  free(journal.at);
  free(path);
  free(folder);
}

static void other_files_are_passed_over(void **state)
{
  char *folder = sample_path(*state, "others.parts");
  struct isw_watch *watch = watch_of(&small, folder);
  finds_the_first(watch, 0); /* the folder does not exist yet */
  struct sample other = small, wide = small;
  other.identity++;
  wide.real_bytes = 8;
  sample_journal(&other, folder, 1, 0, 12, 1);
  sample_journal(&wide, folder, 2, 0, 12, 1);
  char *pipe = path_of(folder, 3), *empty = path_of(folder, 4);
  assert_int_equal(mkfifo(pipe, 0666), 0);
  store(empty, (const unsigned char *)"", 0);
  finds_the_first(watch, 0);
  sample_journal(&small, folder, 5, 0, 12, 1);
  finds_the_first(watch, 12);
  isw_watch_destroy(watch);
  free(pipe);
  free(empty);
  free(folder);
}

static void nobody_has_the_lock_of_this_process(void **state)
{
  char *folder = sample_path(*state, "lock.parts");
  struct isw_lock *lock;
  bool unlocked;
  assert_false(isw_lock_held(folder));
  assert_int_equal(isw_lock_take(folder, &lock, &unlocked, NULL), ISW_OK);
  pid_t other = fork();
  if (other == 0) _exit(isw_lock_held(folder) ? 0 : 1);
  int ended;
  assert_true(waitpid(other, &ended, 0) == other && WIFEXITED(ended));
  assert_int_equal(WEXITSTATUS(ended), unlocked ? 1 : 0);
  isw_lock_release(lock);
  assert_false(isw_lock_held(folder));
  free(folder);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, sample_folder_make, sample_folder_remove)
int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(every_length_has_its_whole_entries), TEST(what_was_read_is_not_read_again),
      TEST(a_torn_tail_waits_for_its_bytes),    TEST(damage_is_passed_over),
      TEST(other_files_are_passed_over),        TEST(nobody_has_the_lock_of_this_process),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
