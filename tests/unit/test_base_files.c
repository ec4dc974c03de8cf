/* Paths, whole files, reads at an offset and writes, also if the system interrupts every call or transfers one byte at
 * a time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cmocka.h>
#include "initsweep/base.h"

enum { MIB = 1 << 20 };

static bool slow; /* every other call fails with EINTR, the others transfer one byte */
static unsigned calls;

/* Replaces the C library's. */
ssize_t read(int fd, void *bytes, size_t size)
{
  if (slow && calls++ % 2 == 0) {
    errno = EINTR;
    return -1;
  }
  return syscall(SYS_read, fd, bytes, slow && size > 1 ? 1 : size);
}

ssize_t pread(int fd, void *bytes, size_t size, off_t offset)
{
  if (slow && calls++ % 2 == 0) {
    errno = EINTR;
    return -1;
  }
  return syscall(SYS_pread64, fd, bytes, slow && size > 1 ? 1 : size, offset);
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
  if (slow && calls++ % 2 == 0) {
    errno = EINTR;
    return -1;
  }
  return slow ? syscall(SYS_write, fd, parts[0].iov_base, 1) : syscall(SYS_writev, fd, parts, count);
}

static char folder[64];

static char *make_file(const char *name, const void *bytes, size_t length)
{
  char *path = isw_path_join(folder, name);
  FILE *file = fopen(path, "wb");
  assert_non_null(file);
  assert_int_equal(fwrite(bytes, 1, length, file), length);
  assert_int_equal(fclose(file), 0);
  return path;
}

static void check_join(const char *in, const char *name, const char *path)
{
  char *joined = isw_path_join(in, name);
  assert_string_equal(joined, path);
  free(joined);
}

static void join_puts_one_slash_between(void **state)
{
  (void)state;
  check_join("a/b", "c", "a/b/c");
  check_join("a/b/", "c", "a/b/c");
  check_join("/", "c", "/c");
  check_join("", "c", "c");
  check_join(NULL, "c", "c");
  check_join("a", "/c/d", "/c/d");
}

static void check_folder(const char *path, const char *expected)
{
  char *in = isw_path_folder(path);
  assert_string_equal(in, expected);
  free(in);
}

static void folder_of_a_path(void **state)
{
  (void)state;
  check_folder("a.h5", ".");
  check_folder("a/b.h5", "a");
  check_folder("/a/b/c.h5", "/a/b");
  check_folder("/a.h5", "/");
}

static void a_file_is_read_whole(void **state)
{
  (void)state;
  static char content[20000];
  static const size_t sizes[] = {0, 1, 4094, 4095, 4096, 4097, sizeof content};
  for (size_t i = 0; i < sizeof content; i++) content[i] = (char)(i * i >> 3);
  for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
    for (int way = 0; way < 2; way++) {
      char *path = make_file("whole", content, sizes[s]), *bytes;
      size_t length;
      slow = way;
      assert_int_equal(isw_file_read(path, MIB, ISW_REGULAR_FILE, &bytes, &length, NULL), ISW_OK);
      slow = false;
      assert_int_equal(length, sizes[s]);
      assert_memory_equal(bytes, content, length);
      assert_int_equal(bytes[length], '\0');
      free(bytes);
      unlink(path);
      free(path);
    }
}

static void check_refused(const char *path, size_t limit, int reason, const char *message)
{
  char *bytes = (char *)1, expected[256];
  size_t length = 1;
  struct isw_error error = {0};
  assert_int_equal(isw_file_read(path, limit, ISW_REGULAR_FILE, &bytes, &length, &error), ISW_BAD_INPUT);
  assert_int_equal(errno, reason);
  assert_null(bytes);
  assert_int_equal(length, 0);
  snprintf(expected, sizeof expected, "%s%s", path, message);
  assert_string_equal(isw_error_text(&error), expected);
  isw_error_clear(&error);
}

static void what_is_no_readable_file_is_refused(void **state)
{
  (void)state;
  char *missing = isw_path_join(folder, "missing"), *fifo = isw_path_join(folder, "fifo");
  check_refused(missing, MIB, ENOENT, ": No such file or directory");
  check_refused(folder, MIB, 0, " is not a regular file");
  assert_int_equal(mkfifo(fifo, 0600), 0);
  check_refused(fifo, MIB, 0, " is not a regular file");
  unlink(fifo);
  free(missing);
  free(fifo);
}

static void the_limit_is_the_last_size_accepted(void **state)
{
  (void)state;
  char *content = isw_allocate(MIB + 1, 1), *path = make_file("limit", content, MIB), *bytes;
  size_t length;
  assert_int_equal(isw_file_read(path, MIB, ISW_REGULAR_FILE, &bytes, &length, NULL), ISW_OK);
  assert_int_equal(length, MIB);
  free(bytes);
  free(path);
  path = make_file("limit", content, MIB + 1);
  check_refused(path, MIB, 0, " has more than 1 MiB");
  unlink(path);
  free(path);
  free(content);
}

static void a_pipe_is_read_where_any_file_may_come(void **state)
{
  (void)state;
  int end[2];
  char path[32], *bytes;
  size_t length;
  assert_int_equal(pipe(end), 0);
  assert_int_equal(write(end[1], "depth: 2\n", 9), 9);
  close(end[1]);
  snprintf(path, sizeof path, "/dev/fd/%d", end[0]);
  assert_int_equal(isw_file_read(path, MIB, ISW_ANY_FILE, &bytes, &length, NULL), ISW_OK);
  assert_string_equal(bytes, "depth: 2\n");
  free(bytes);
  close(end[0]);
}

static void reads_at_an_offset_end_with_the_file(void **state)
{
  (void)state;
  char *path = make_file("at", "0123456789", 10), bytes[16];
  int fd = open(path, O_RDONLY);
  for (int way = 0; way < 2; way++) {
    size_t got = 99;
    slow = way;
    assert_true(isw_read_at(fd, bytes, 4, 3, &got));
    assert_int_equal(got, 4);
    assert_memory_equal(bytes, "3456", 4);
    assert_true(isw_read_at(fd, bytes, 16, 8, &got));
    assert_int_equal(got, 2);
    assert_memory_equal(bytes, "89", 2);
    slow = false;
  }
  size_t got;
  assert_false(isw_read_at(-1, bytes, 1, 0, &got));
  assert_int_equal(errno, EBADF);
  close(fd);
  unlink(path);
  free(path);
}

static void all_parts_are_written_in_their_order(void **state)
{
  (void)state;
  for (int way = 0; way < 2; way++) {
    struct iovec parts[4] = {{NULL, 0}, {(char[]){"0123"}, 4}, {NULL, 0}, {(char[]){"456"}, 3}};
    char *path = make_file("parts", "", 0), *bytes;
    size_t length;
    uint64_t written = 10;
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    slow = way;
    assert_true(isw_write_parts(fd, parts, 4, &written));
    slow = false;
    assert_int_equal(written, 17);
    close(fd);
    assert_int_equal(isw_file_read(path, MIB, ISW_REGULAR_FILE, &bytes, &length, NULL), ISW_OK);
    assert_string_equal(bytes, "0123456");
    free(bytes);
    unlink(path);
    free(path);
  }
  struct iovec part = {(char[]){"0"}, 1};
  uint64_t written = 0;
  assert_false(isw_write_parts(-1, &part, 1, &written));
  assert_int_equal(errno, EBADF);
  assert_int_equal(written, 0);
}

static void syncing_names_the_folder_that_is_missing(void **state)
{
  (void)state;
  struct isw_error error = {0};
  assert_int_equal(isw_folder_sync(folder, &error), ISW_OK);
  assert_int_equal(isw_folder_sync("no/such/folder", &error), ISW_FAILED);
  assert_string_equal(isw_error_text(&error), "no/such/folder: cannot open this folder: No such file or directory");
  isw_error_clear(&error);
}

static int make_folder(void **state)
{
  (void)state;
  strcpy(folder, "/tmp/initsweep-files-XXXXXX");
  return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
  (void)state;
  return rmdir(folder);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(join_puts_one_slash_between),
      cmocka_unit_test(folder_of_a_path),
      cmocka_unit_test(a_file_is_read_whole),
      cmocka_unit_test(what_is_no_readable_file_is_refused),
      cmocka_unit_test(the_limit_is_the_last_size_accepted),
      cmocka_unit_test(a_pipe_is_read_where_any_file_may_come),
      cmocka_unit_test(reads_at_an_offset_end_with_the_file),
      cmocka_unit_test(all_parts_are_written_in_their_order),
      cmocka_unit_test(syncing_names_the_folder_that_is_missing),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
