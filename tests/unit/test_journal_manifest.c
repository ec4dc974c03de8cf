/* A run's manifest: what was written is read back, damaged files are refused, and interrupted reads continue. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cmocka.h>
#include "initsweep/journal.h"

static bool interrupted; /* every other read fails with EINTR, the others read half of the requested bytes */
static unsigned calls;

/* Replaces the C library's. */
ssize_t read(int fd, void *bytes, size_t size)
{
  if (interrupted && calls++ % 2 == 0) {
    errno = EINTR;
    return -1;
  }
  return syscall(SYS_read, fd, bytes, interrupted ? (size + 1) / 2 : size);
}

ssize_t pread(int fd, void *bytes, size_t size, off_t offset)
{
  if (interrupted && calls++ % 2 == 0) {
    errno = EINTR;
    return -1;
  }
  return syscall(SYS_pread64, fd, bytes, interrupted ? (size + 1) / 2 : size, offset);
}

static char folder[64], path[80];
static char *programs[] = {"initsweep 0.1.0 (abc) with avx2", "initsweep 0.2.0 (def) with avx512"};
static char *overrides[] = {"train.steps=10", "seed=3"};
static const struct isw_run_manifest manifest = {.identity = 17,
                                                 .other = 18,
                                                 .file = "depth.yaml",
                                                 .folder = "/home/ada/sweeps",
                                                 .text = "network: {depth: 3}\n",
                                                 .settings = "network:\n  depth: 3\n",
                                                 .bits_version = 4,
                                                 .programs = programs,
                                                 .program_count = 2,
                                                 .overrides = overrides,
                                                 .override_count = 2};

static void check_same(const struct isw_run_manifest *read)
{
  assert_true(read->identity == manifest.identity && read->other == manifest.other);
  assert_string_equal(read->file, manifest.file);
  assert_string_equal(read->folder, manifest.folder);
  assert_string_equal(read->text, manifest.text);
  assert_string_equal(read->settings, manifest.settings);
  assert_int_equal(read->override_count, manifest.override_count);
  assert_int_equal(read->bits_version, 4);
  assert_int_equal(read->program_count, 2);
  for (size_t i = 0; i < 2; i++) assert_string_equal(read->programs[i], programs[i]);
  assert_string_equal(isw_run_manifest_program(read), programs[1]);
  for (size_t i = 0; i < read->override_count; i++) assert_string_equal(read->overrides[i], overrides[i]);
}

static void what_is_written_is_read(void **state)
{
  (void)state;
  struct isw_error error = {0};
  struct isw_run_manifest read;
  bool there;
  assert_int_equal(isw_run_manifest_write(folder, &manifest, &error), ISW_OK);
  for (int way = 0; way < 2; way++) {
    interrupted = way;
    enum isw_status status = isw_run_manifest_read(folder, &read, &there, &error);
    interrupted = false;
    assert_string_equal(isw_error_text(&error), "");
    assert_int_equal(status, ISW_OK);
    assert_true(there);
    check_same(&read);
    isw_run_manifest_clear(&read);
  }
}

/* Version 1 has neither the version of the bits nor programs: the head ends 8 bytes earlier, and texts of programs are
 * missing. */
static void a_manifest_of_version_1_has_bits_of_version_1(void **state)
{
  (void)state;
  enum { HEAD_1 = 40, HEAD_2 = 48 };
  struct isw_run_manifest plain = manifest, read;
  plain.program_count = 0;
  bool there;
  char *bytes;
  size_t length;
  assert_int_equal(isw_run_manifest_write(folder, &plain, NULL), ISW_OK);
  assert_int_equal(isw_file_read(path, 1 << 20, ISW_REGULAR_FILE, &bytes, &length, NULL), ISW_OK);
  memmove(bytes + HEAD_1, bytes + HEAD_2, length - HEAD_2);
  length -= HEAD_2 - HEAD_1;
  bytes[8] = 1;
  uint64_t sum = isw_hash(bytes, length - 8, 0);
  for (size_t i = 0; i < 8; i++) bytes[length - 8 + i] = (char)(sum >> 8 * i);
  FILE *file = fopen(path, "wb");
  assert_int_equal(fwrite(bytes, 1, length, file), length);
  assert_int_equal(fclose(file), 0);
  free(bytes);
  assert_int_equal(isw_run_manifest_read(folder, &read, &there, NULL), ISW_OK);
  assert_true(there);
  assert_int_equal(read.bits_version, 1);
  assert_string_equal(isw_run_manifest_program(&read), "initsweep 0.1.0 or earlier");
  assert_string_equal(read.settings, manifest.settings);
  assert_int_equal(read.override_count, 2);
  isw_run_manifest_clear(&read);
}

static void a_missing_manifest_is_no_error(void **state)
{
  (void)state;
  struct isw_error error = {0};
  struct isw_run_manifest read;
  bool there = true;
  unlink(path);
  assert_int_equal(isw_run_manifest_read(folder, &read, &there, &error), ISW_OK);
  assert_false(there);
  assert_string_equal(isw_error_text(&error), "");
  there = true;
  assert_int_equal(isw_run_manifest_read("no/such/folder", &read, &there, NULL), ISW_OK);
  assert_false(there);
}

/* Each byte changed, and every shorter length. */
static void a_damaged_manifest_is_refused(void **state)
{
  (void)state;
  struct isw_run_manifest read;
  bool there;
  assert_int_equal(isw_run_manifest_write(folder, &manifest, NULL), ISW_OK);
  char *whole;
  size_t length;
  assert_int_equal(isw_file_read(path, 1 << 20, ISW_REGULAR_FILE, &whole, &length, NULL), ISW_OK);
  for (size_t i = 0; i < 2 * length; i++) {
    bool cut = i >= length;
    if (!cut) whole[i] ^= 0x10;
    FILE *file = fopen(path, "wb");
    fwrite(whole, 1, cut ? i - length : length, file);
    assert_int_equal(fclose(file), 0);
    if (!cut) whole[i] ^= 0x10;
    struct isw_error error = {0};
    assert_int_equal(isw_run_manifest_read(folder, &read, &there, &error), ISW_BAD_INPUT);
    assert_non_null(strstr(isw_error_text(&error), "this file is damaged"));
    assert_false(there);
    isw_error_clear(&error);
  }
  free(whole);
}

static int make_folder(void **state)
{
  (void)state;
  strcpy(folder, "/tmp/initsweep-manifest-XXXXXX");
  if (!mkdtemp(folder)) return -1;
  snprintf(path, sizeof path, "%s/sweep", folder);
  return 0;
}

static int remove_folder(void **state)
{
  (void)state;
  unlink(path);
  return rmdir(folder);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_is_written_is_read),
      cmocka_unit_test(a_manifest_of_version_1_has_bits_of_version_1),
      cmocka_unit_test(a_missing_manifest_is_no_error),
      cmocka_unit_test(a_damaged_manifest_is_refused),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
