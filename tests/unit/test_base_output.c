/* Output files: complete or absent, and no file of another origin is lost, even if it appears at the last moment or the
 * file system cannot rename without replacing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <dirent.h>
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

/* What the file system supports: renameat2() with its flags; link() instead; neither. */
enum knows { FLAGS, LINKS, NEITHER, KINDS };
static enum knows knows;
static const char *appears; /* a file that appears just before the next renaming */
static unsigned exchanges;  /* number of exchanges that succeed */
static bool sync_fails;
static char events[16]; /* what happened: (f)ile synced, (d)irectory synced, (r)enamed */

static char folder[64], path[96];

static void make_file(const char *name, const char *text)
{
  FILE *file = fopen(name, "wb");
  assert_non_null(file);
  assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
  assert_int_equal(fclose(file), 0);
}

static void note(char event)
{
  size_t length = strlen(events);
  if (length + 1 < sizeof events) events[length] = event;
}

static void let_it_appear(void)
{
  if (appears) make_file(path, appears);
  appears = NULL;
}

/* Replaces the C library's. */
int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned flags)
{
  let_it_appear();
  note('r');
  if (knows != FLAGS) {
    errno = EINVAL;
    return -1;
  }
  if (flags & RENAME_EXCHANGE && exchanges-- == 0) {
    errno = EIO;
    return -1;
  }
  return (int)syscall(SYS_renameat2, from_folder, from, to_folder, to, flags);
}

int link(const char *from, const char *to)
{
  if (knows == NEITHER) {
    errno = EPERM;
    return -1;
  }
  return (int)syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int fsync(int fd)
{
  struct stat about;
  assert_int_equal(fstat(fd, &about), 0);
  note(S_ISDIR(about.st_mode) ? 'd' : 'f');
  if (!sync_fails) return 0;
  errno = EIO;
  return -1;
}

static void check_content(const char *text)
{
  char *bytes;
  size_t length;
  assert_int_equal(isw_file_read(path, 1 << 20, ISW_REGULAR_FILE, &bytes, &length, NULL), ISW_OK);
  assert_string_equal(bytes, text);
  free(bytes);
}

/* Number of entries in the folder. */
static unsigned count_files(void)
{
  unsigned count = 0;
  DIR *listing = opendir(folder);
  assert_non_null(listing);
  for (struct dirent *file; (file = readdir(listing));)
    count += strcmp(file->d_name, ".") != 0 && strcmp(file->d_name, "..") != 0;
  closedir(listing);
  return count;
}

static void check_error(struct isw_error *error, const char *text)
{
  if (!strstr(isw_error_text(error), text)) fail_msg("'%s' is not in '%s'", text, isw_error_text(error));
  isw_error_clear(error);
}

/* A whole file under a temporary name; free() releases the name. */
static char *temporary_file(const char *text)
{
  char *name;
  int fd = isw_open_new(path, 0666, &name);
  assert_true(fd >= 0);
  assert_int_equal(write(fd, text, strlen(text)), strlen(text));
  close(fd);
  return name;
}

static void a_file_is_synced_then_named_then_its_folder_is_synced(void **state)
{
  (void)state;
  assert_int_equal(isw_output_create(path, "new", 3, NULL), ISW_OK);
  assert_string_equal(events, "frd");
  check_content("new");
  assert_int_equal(count_files(), 1);
}

static void a_file_takes_its_name_on_every_file_system(void **state)
{
  (void)state;
  for (knows = FLAGS; knows < KINDS; knows++) {
    struct stat about;
    assert_int_equal(isw_output_create(path, "new", 3, NULL), ISW_OK);
    check_content("new");
    assert_int_equal(count_files(), 1);
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(about.st_nlink, 1);
    unlink(path);
  }
}

enum thing { PLAIN_FILE, EMPTY_FOLDER, LINK_TO_NOTHING, FIFO, THINGS };

static void make_thing(enum thing thing)
{
  if (thing == PLAIN_FILE) make_file(path, "theirs");
  if (thing == EMPTY_FOLDER) assert_int_equal(mkdir(path, 0777), 0);
  if (thing == LINK_TO_NOTHING) assert_int_equal(symlink("nothing", path), 0);
  if (thing == FIFO) assert_int_equal(mkfifo(path, 0666), 0);
}

static void check_same(const struct stat *before)
{
  struct stat now;
  assert_int_equal(lstat(path, &now), 0);
  assert_int_equal(now.st_ino, before->st_ino);
  assert_int_equal(now.st_mode, before->st_mode);
  assert_int_equal(now.st_size, before->st_size);
  assert_int_equal(count_files(), 1);
}

static void whatever_has_the_name_stays(void **state)
{
  (void)state;
  for (knows = FLAGS; knows < KINDS; knows++)
    for (enum thing thing = PLAIN_FILE; thing < THINGS; thing++) {
      struct stat before;
      struct isw_error error = {0};
      make_thing(thing);
      assert_int_equal(lstat(path, &before), 0);
      assert_int_equal(isw_output_is_free(path, &error), ISW_BAD_INPUT);
      check_error(&error, "already exists: name another file with -o");
      assert_int_equal(isw_output_create(path, "new", 3, &error), ISW_BAD_INPUT);
      check_error(&error, "already exists: name another file with -o");
      check_same(&before);
      char *temporary = temporary_file("new"); /* as if the file had appeared after the first look */
      assert_int_equal(isw_output_publish(temporary, path, NULL, NULL, &error), ISW_BAD_INPUT);
      check_error(&error, "already exists: name another file with -o");
      check_same(&before);
      free(temporary);
      assert_int_equal(remove(path), 0);
    }
}

static void a_file_that_appears_while_ours_is_written_stays(void **state)
{
  (void)state;
  for (knows = FLAGS; knows < KINDS; knows++) {
    struct isw_error error = {0};
    appears = "theirs";
    assert_int_equal(isw_output_create(path, "new", 3, &error), ISW_BAD_INPUT);
    check_error(&error, "already exists");
    check_content("theirs");
    assert_int_equal(count_files(), 1);
    unlink(path);
  }
}

static void a_folder_that_is_missing_is_named(void **state)
{
  (void)state;
  struct isw_error error = {0};
  assert_int_equal(isw_output_create("no/such/file", "new", 3, &error), ISW_BAD_INPUT);
  check_error(&error, "cannot create 'no/such/file': No such file or directory");
}

/* Allows replacing "ours"; at the end of the first look, another file may appear there. */
struct look {
  const char *then;
  unsigned looks;
};

static enum isw_status is_ours(void *context, const char *name, struct isw_error *error)
{
  struct look *look = context;
  char *bytes;
  size_t length;
  enum isw_status status = isw_file_read(name, 1 << 20, ISW_REGULAR_FILE, &bytes, &length, error);
  if (status == ISW_OK && strcmp(bytes, "ours") != 0)
    status = isw_error_set(error, ISW_BAD_INPUT, "'%s' is not ours", name);
  free(bytes);
  if (look->looks++ == 0 && look->then) {
    unlink(path);
    make_file(path, look->then);
  }
  return status;
}

static void our_own_file_is_replaced(void **state)
{
  (void)state;
  for (knows = FLAGS; knows < KINDS; knows++) {
    struct look look = {0};
    exchanges = 1;
    make_file(path, "ours");
    char *temporary = temporary_file("new");
    assert_int_equal(isw_output_publish(temporary, path, is_ours, &look, NULL), ISW_OK);
    check_content("new");
    assert_int_equal(count_files(), 1);
    free(temporary);
    unlink(path);
  }
}

static void another_file_is_not_replaced(void **state)
{
  (void)state;
  for (knows = FLAGS; knows < KINDS; knows++) {
    struct look look = {0};
    struct isw_error error = {0};
    make_file(path, "theirs");
    char *temporary = temporary_file("new");
    assert_int_equal(isw_output_publish(temporary, path, is_ours, &look, &error), ISW_BAD_INPUT);
    check_error(&error, "is not ours");
    check_content("theirs");
    assert_int_equal(count_files(), 1);
    free(temporary);
    unlink(path);
  }
}

static void another_file_after_the_look_gets_its_name_back(void **state)
{
  (void)state;
  struct look look = {.then = "theirs"};
  struct isw_error error = {0};
  exchanges = 2;
  make_file(path, "ours");
  char *temporary = temporary_file("new");
  assert_int_equal(isw_output_publish(temporary, path, is_ours, &look, &error), ISW_BAD_INPUT);
  check_error(&error, "has become another file just now");
  check_content("theirs");
  assert_int_equal(count_files(), 1);
  free(temporary);
}

static void another_file_that_cannot_get_its_name_back_is_kept(void **state)
{
  (void)state;
  struct look look = {.then = "theirs"};
  struct isw_error error = {0};
  exchanges = 1;
  make_file(path, "ours");
  char *temporary = temporary_file("new");
  assert_int_equal(isw_output_publish(temporary, path, is_ours, &look, &error), ISW_FAILED);
  check_error(&error, temporary);
  check_content("new");
  assert_int_equal(rename(temporary, path), 0);
  check_content("theirs");
  free(temporary);
}

static void a_file_that_cannot_be_written_leaves_nothing(void **state)
{
  (void)state;
  struct iovec part = {(char[]){"new"}, 3};
  struct isw_error error = {0};
  sync_fails = true;
  assert_int_equal(isw_output_create(path, "new", 3, &error), ISW_FAILED);
  check_error(&error, strerror(EIO));
  assert_int_equal(count_files(), 0);
  make_file(path, "old");
  assert_int_equal(isw_output_replace(path, 0666, &part, 1, &error), ISW_FAILED);
  check_error(&error, strerror(EIO));
  check_content("old");
  assert_int_equal(count_files(), 1);
}

static void own_files_are_replaced_whole(void **state)
{
  (void)state;
  struct stat about;
  for (int there = 0; there < 2; there++) {
    struct iovec parts[3] = {{(char[]){"one, "}, 5}, {NULL, 0}, {(char[]){"two"}, 3}};
    assert_int_equal(isw_output_replace(path, 0600, parts, 3, NULL), ISW_OK);
    check_content("one, two");
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0600);
    assert_int_equal(count_files(), 1);
  }
}

static void only_temporary_names_of_the_file_are_removed(void **state)
{
  (void)state;
  static const char *const kept[] = {"out",
                                     "out.part",
                                     "out.0123456789abcde.new",
                                     "out.0123456789abcdef0.new",
                                     "out.0123456789ABCDEF.new",
                                     "out.0123456789abcdef.new2",
                                     "out.0123456789abcdef",
                                     "outer.0123456789abcdef.new"};
  enum { KEPT = sizeof kept / sizeof *kept };
  char *name[KEPT], *inside = isw_path_join(folder, "out.fedcba9876543210.new");
  for (size_t i = 0; i < KEPT; i++) make_file(name[i] = isw_path_join(folder, kept[i]), "");
  assert_int_equal(mkdir(inside, 0777), 0);
  free(temporary_file("half of it"));
  assert_int_equal(count_files(), KEPT + 2);
  isw_output_remove_temporaries(path);
  assert_int_equal(count_files(), KEPT + 1);
  assert_int_equal(rmdir(inside), 0);
  for (size_t i = 0; i < KEPT; i++) {
    assert_int_equal(unlink(name[i]), 0);
    free(name[i]);
  }
  free(inside);
}

static int make_folder(void **state)
{
  (void)state;
  knows = FLAGS;
  appears = NULL;
  exchanges = 0;
  sync_fails = false;
  memset(events, 0, sizeof events);
  strcpy(folder, "/tmp/initsweep-output-XXXXXX");
  if (!mkdtemp(folder)) return -1;
  snprintf(path, sizeof path, "%s/out", folder);
  return 0;
}

static int remove_folder(void **state)
{
  (void)state;
  unlink(path);
  return rmdir(folder);
}

#define IN_A_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
  const struct CMUnitTest tests[] = {
      IN_A_FOLDER(a_file_is_synced_then_named_then_its_folder_is_synced),
      IN_A_FOLDER(a_file_takes_its_name_on_every_file_system),
      IN_A_FOLDER(whatever_has_the_name_stays),
      IN_A_FOLDER(a_file_that_appears_while_ours_is_written_stays),
      IN_A_FOLDER(a_folder_that_is_missing_is_named),
      IN_A_FOLDER(our_own_file_is_replaced),
      IN_A_FOLDER(another_file_is_not_replaced),
      IN_A_FOLDER(another_file_after_the_look_gets_its_name_back),
      IN_A_FOLDER(another_file_that_cannot_get_its_name_back_is_kept),
      IN_A_FOLDER(a_file_that_cannot_be_written_leaves_nothing),
      IN_A_FOLDER(own_files_are_replaced_whole),
      IN_A_FOLDER(only_temporary_names_of_the_file_are_removed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
