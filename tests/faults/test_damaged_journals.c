/* Journals with one kind of damage each, as their names say. The folder journals/ holds them as files, so that a change
 * of the format is detected: the test makes them again, compares them, and reads them.
 *
 *   test_damaged_journals FOLDER          the test
 *   test_damaged_journals --make FOLDER   writes the files
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include "initsweep/results.h"
#include "journal/journal_internal.h"

enum { NETWORKS = 3, VALUES = 16, ENTRY = JOURNAL_ENTRY_BYTES + VALUES, ROOM = 16384 };
static const uint64_t identity = UINT64_C(0x1122334455667788);

struct bytes {
  unsigned char at[ROOM];
  size_t length;
};

static void add_head(struct bytes *b, struct journal_head head)
{
  isw_journal_head_encode(&head, b->at + b->length);
  b->length += JOURNAL_HEAD_BYTES;
}

static struct journal_head good_head(void)
{
  struct journal_head head = isw_journal_head(identity, 0, 4, "a test");
  head.byte_order = 1;
  return head;
}

static struct journal_entry good_entry(uint64_t number)
{
  return (struct journal_entry){.status = 1,
                                .number = number,
                                .id = 100 + number,
                                .steps_done = 10,
                                .records = 4,
                                .records_done = 4,
                                .layers = 1,
                                .values_bytes = VALUES};
}

static void add_entry(struct bytes *b, struct journal_entry entry, uint64_t seed)
{
  unsigned char values[VALUES];
  for (size_t i = 0; i < VALUES; i++) values[i] = (unsigned char)(16 * entry.number + i);
  const void *const parts[3] = {values, NULL, NULL};
  const size_t sizes[3] = {VALUES, 0, 0};
  entry.body_checksum = isw_journal_body_checksum(seed, parts, sizes);
  isw_journal_entry_encode(&entry, seed, b->at + b->length);
  memcpy(b->at + b->length + JOURNAL_ENTRY_BYTES, values, VALUES);
  b->length += ENTRY;
}

static void add_good(struct bytes *b)
{
  add_head(b, good_head());
  for (uint64_t n = 0; n < NETWORKS; n++) add_entry(b, good_entry(n), identity);
}

/* The middle entry is `wrong`, with checksums that are right. */
static void add_wrong(struct bytes *b, struct journal_entry wrong)
{
  add_head(b, good_head());
  add_entry(b, good_entry(0), identity);
  add_entry(b, wrong, identity);
  add_entry(b, good_entry(2), identity);
}

#define MIDDLE (JOURNAL_HEAD_BYTES + ENTRY)
#define MAKE(name) static void name(struct bytes *b)

MAKE(good)
{
  add_good(b);
}
MAKE(empty)
{
  b->length = 0;
}
MAKE(head_only)
{
  add_head(b, good_head());
}
MAKE(bad_magic)
{
  add_good(b);
  b->at[0] ^= 1;
}
MAKE(bad_head_checksum)
{
  add_good(b);
  b->at[30] ^= 1;
}
MAKE(truncated_in_head)
{
  add_good(b);
  b->length = JOURNAL_HEAD_BYTES - 1;
}
MAKE(truncated_in_entry_head)
{
  add_good(b);
  b->length = JOURNAL_HEAD_BYTES + 2 * ENTRY + 79;
}
MAKE(truncated_in_values)
{
  add_good(b);
  b->length -= 1;
}
MAKE(torn_in_the_middle)
{
  add_good(b);
  memmove(b->at + MIDDLE + 40, b->at + MIDDLE + ENTRY, ENTRY);
  b->length -= ENTRY - 40;
}
MAKE(bad_entry_magic)
{
  add_good(b);
  b->at[MIDDLE] ^= 1;
}
MAKE(bad_entry_checksum)
{
  add_good(b);
  b->at[MIDDLE + 79] ^= 1;
}
MAKE(bad_value)
{
  add_good(b);
  b->at[MIDDLE + 85] ^= 1;
}
MAKE(zeros_at_the_end)
{
  add_good(b);
  memset(b->at + b->length, 0, 4096);
  b->length += 4096;
}
MAKE(noise_between)
{
  add_good(b);
  memmove(b->at + MIDDLE + 24, b->at + MIDDLE, 2 * ENTRY);
  memset(b->at + MIDDLE, 0x5a, 24);
  b->length += 24;
}
MAKE(twice_the_same)
{
  add_good(b);
  add_entry(b, good_entry(1), identity);
}

MAKE(version_3)
{
  struct journal_head head = good_head();
  head.version = 3;
  add_head(b, head);
}

MAKE(another_bits_version)
{
  struct journal_head head = good_head();
  head.bits_version = 99;
  add_head(b, head);
}

MAKE(another_byte_order)
{
  struct journal_head head = good_head();
  head.byte_order = 2;
  add_head(b, head);
}

MAKE(another_sweep)
{
  struct journal_head head = good_head();
  head.identity = 1;
  add_head(b, head);
}

MAKE(another_precision)
{
  struct journal_head head = good_head();
  head.real_bytes = 8;
  add_head(b, head);
}

MAKE(entry_of_another_sweep)
{
  add_good(b);
  add_entry(b, good_entry(1), 1);
}

MAKE(checkpoint_in_a_journal)
{
  struct journal_entry entry = good_entry(1);
  add_wrong(b, entry);
  isw_journal_checkpoint_encode(&entry, identity, b->at + MIDDLE);
}

#define WRONG(name, field, value)                                                                                      \
  MAKE(name)                                                                                                           \
  {                                                                                                                    \
    struct journal_entry entry = good_entry(1);                                                                        \
    entry.field = value;                                                                                               \
    add_wrong(b, entry);                                                                                               \
  }
WRONG(number_past_the_end, number, NETWORKS)
WRONG(number_of_all_ones, number, UINT64_MAX)
WRONG(status_0, status, 0)
WRONG(status_256, status, 256)
WRONG(kept_4, kept, 4)
WRONG(kept_without_weights, kept, KEPT_FINAL)
WRONG(weights_longer_than_the_file, parameters, UINT64_C(1) << 40)
WRONG(parameters_overflow, parameters, UINT64_MAX / 2)
WRONG(values_longer_than_the_file, values_bytes, UINT64_C(1) << 40)
WRONG(values_overflow, values_bytes, UINT64_MAX - 7)
WRONG(values_shorter_than_said, values_bytes, VALUES + 8)
WRONG(more_records_done_than_records, records_done, 5)

#define ROW(name, status, found, damaged)                                                                              \
  {                                                                                                                    \
#name, name, status, found, damaged                                                                                \
  }
static const struct {
  const char *name;
  void (*make)(struct bytes *b);
  enum isw_status status;
  uint64_t found, damaged;
} table[] = {
    ROW(good, ISW_OK, 3, 0),
    ROW(empty, ISW_OK, 0, 0),
    ROW(head_only, ISW_OK, 0, 0),
    ROW(bad_magic, ISW_OK, 0, 1),
    ROW(bad_head_checksum, ISW_OK, 0, 1),
    ROW(truncated_in_head, ISW_OK, 0, 1),
    ROW(truncated_in_entry_head, ISW_OK, 2, 1),
    ROW(truncated_in_values, ISW_OK, 2, 1),
    ROW(torn_in_the_middle, ISW_OK, 2, 1),
    ROW(bad_entry_magic, ISW_OK, 2, 1),
    ROW(bad_entry_checksum, ISW_OK, 2, 1),
    ROW(bad_value, ISW_OK, 2, 1),
    ROW(zeros_at_the_end, ISW_OK, 3, 1),
    ROW(noise_between, ISW_OK, 3, 1),
    ROW(twice_the_same, ISW_OK, 3, 0),
    ROW(version_3, ISW_BAD_INPUT, 0, 0),
    ROW(another_bits_version, ISW_BAD_INPUT, 0, 0),
    ROW(another_byte_order, ISW_BAD_INPUT, 0, 0),
    ROW(another_sweep, ISW_BAD_INPUT, 0, 0),
    ROW(another_precision, ISW_BAD_INPUT, 0, 0),
    ROW(entry_of_another_sweep, ISW_OK, 3, 1),
    ROW(checkpoint_in_a_journal, ISW_OK, 2, 1),
    ROW(number_past_the_end, ISW_OK, 2, 1),
    ROW(number_of_all_ones, ISW_OK, 2, 1),
    ROW(status_0, ISW_OK, 2, 1),
    ROW(status_256, ISW_OK, 2, 1),
    ROW(kept_4, ISW_OK, 2, 1),
    ROW(kept_without_weights, ISW_OK, 3, 0),
    ROW(weights_longer_than_the_file, ISW_OK, 3, 0),
    ROW(parameters_overflow, ISW_OK, 2, 1),
    ROW(values_longer_than_the_file, ISW_OK, 2, 1),
    ROW(values_overflow, ISW_OK, 2, 1),
    ROW(values_shorter_than_said, ISW_OK, 2, 1),
    ROW(more_records_done_than_records, ISW_OK, 2, 1),
};
enum { ROWS = sizeof table / sizeof *table };
static const char *files;

static void path_of(char *path, const char *folder, size_t row)
{
  snprintf(path, 4096, "%s/%s.journal", folder, table[row].name);
}

static size_t read_all(const char *path, unsigned char *into)
{
  FILE *file = fopen(path, "rb");
  if (!file) return SIZE_MAX;
  size_t got = fread(into, 1, ROOM, file);
  fclose(file);
  return got;
}

static void the_files_are_of_this_format(void **state)
{
  (void)state;
  for (size_t row = 0; row < ROWS; row++) {
    static struct bytes made;
    static unsigned char there[ROOM];
    char path[4096];
    made.length = 0;
    table[row].make(&made);
    path_of(path, files, row);
    size_t length = read_all(path, there);
    if (length != made.length || memcmp(there, made.at, length) != 0)
      fail_msg("%s is another: the format has changed (a new version?)", path);
  }
}

/* Each alone in a folder: valid entries are found, damaged ones are counted, nothing crashes and no other network is
 * reported. */
static void each_is_read_as_the_table_says(void **state)
{
  (void)state;
  char folder[] = "/tmp/damaged_journalsXXXXXX";
  assert_non_null(mkdtemp(folder));
  for (size_t row = 0; row < ROWS; row++) {
    char from[4096], to[4096];
    path_of(from, files, row);
    snprintf(to, sizeof to, "%s/rank00000-run0000.journal", folder);
    assert_int_equal(symlink(from, to), 0);
    struct isw_index *index;
    struct isw_error error = {0};
    enum isw_status status = isw_index_create(folder, identity, NETWORKS, 4, &index, &error);
    if (status != table[row].status) fail_msg("%s: status %d: %s", table[row].name, status, isw_error_text(&error));
    assert_true((status == ISW_OK) == (*isw_error_text(&error) == '\0'));
    if (status == ISW_OK) {
      if (isw_index_count(index) != table[row].found || isw_index_damaged(index) != table[row].damaged)
        fail_msg("%s: %d found, %d damaged", table[row].name, (int)isw_index_count(index),
                 (int)isw_index_damaged(index));
      for (uint64_t n = 0; n < NETWORKS; n++) {
        struct isw_finished finished;
        if (!isw_index_has(index, n)) continue;
        assert_int_equal(isw_index_read(index, n, &finished, NULL), ISW_OK);
        assert_int_equal(finished.id, 100 + n);
        for (size_t i = 0; i < VALUES; i++) assert_int_equal(((const unsigned char *)finished.values)[i], 16 * n + i);
      }
      isw_index_destroy(index);
    }
    isw_error_clear(&error);
    unlink(to);
  }
  rmdir(folder);
}

static int make_all(const char *folder)
{
  for (size_t row = 0; row < ROWS; row++) {
    static struct bytes made;
    char path[4096];
    made.length = 0;
    table[row].make(&made);
    path_of(path, folder, row);
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(made.at, 1, made.length, file) != made.length || fclose(file) != 0) return 1;
  }
  return 0;
}

int main(int argc, char **argv)
{
  if (argc == 3 && strcmp(argv[1], "--make") == 0) return make_all(argv[2]);
  if (argc != 2) return 2;
  files = argv[1];
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_files_are_of_this_format),
      cmocka_unit_test(each_is_read_as_the_table_says),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
