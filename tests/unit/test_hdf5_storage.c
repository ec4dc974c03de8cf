/* Chunks that this program compresses are read by HDF5's own filters, whatever the number of threads, and a full disk
 * results in an errno and in a file that HDF5 can close. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <cmocka.h>
#include "initsweep/hdf5_handles.h"

enum { ROWS = 37, COLUMNS = 11, CHUNK_ROWS = 16, CHUNK_COLUMNS = 4 };

static char folder[64];
static char *file_name(const char *name)
{
  char *path = isw_path_join(folder, name);
  assert_non_null(path);
  return path;
}

static double number(size_t row, size_t column)
{
  return row % 5 == 0 ? 0.0 : 1.0 / (double)(1 + row * COLUMNS + column);
}

static hid_t create_dataset(hid_t file)
{
  const hsize_t dims[2] = {ROWS, COLUMNS}, chunk[2] = {CHUNK_ROWS, CHUNK_COLUMNS};
  hid_t space = H5Screate_simple(2, dims, NULL), properties = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_chunk(properties, 2, chunk);
  H5Pset_shuffle(properties);
  H5Pset_deflate(properties, 1);
  hid_t dataset = H5Dcreate2(file, "x", H5T_IEEE_F64LE, space, H5P_DEFAULT, properties, H5P_DEFAULT);
  assert_true(dataset >= 0);
  H5Pclose(properties);
  H5Sclose(space);
  return dataset;
}

static void write_with_threads(const char *path, size_t threads, bool skip_incompressible)
{
  double numbers[ROWS][COLUMNS];
  for (size_t r = 0; r < ROWS; r++)
    for (size_t c = 0; c < COLUMNS; c++) numbers[r][c] = number(r, c);
  hid_t file = H5Fcreate(path, H5F_ACC_EXCL, H5P_DEFAULT, H5P_DEFAULT);
  hid_t dataset = create_dataset(file);
  const struct isw_chunk_layout layout = {
      .dataset = dataset, .rank = 2, .dims = {ROWS, COLUMNS, 1}, .chunk = {CHUNK_ROWS, CHUNK_COLUMNS, 1}, .item = 8};
  struct isw_chunk_compressor *compressor = isw_chunk_compressor_create(threads, skip_incompressible);
  assert_non_null(compressor);
  /* in two slabs: whole chunks, and the rest up to the edge */
  const hsize_t start[2][3] = {{0, 0, 0}, {CHUNK_ROWS, 0, 0}};
  const hsize_t count[2][3] = {{CHUNK_ROWS, COLUMNS, 1}, {ROWS - CHUNK_ROWS, COLUMNS, 1}};
  bool memory = false;
  for (size_t i = 0; i < 2; i++)
    assert_true(isw_chunks_write(compressor, &layout, start[i], count[i], numbers[start[i][0]], &memory));
  isw_chunk_compressor_destroy(compressor);
  H5Dclose(dataset);
  assert_true(H5Fclose(file) >= 0);
}

static void hdf5_reads_back_what_any_number_of_threads_compressed(void **state)
{
  (void)state;
  for (size_t threads = 1; threads <= 4; threads += 3)
    for (int skip = 0; skip < 2; skip++) {
      char *path = file_name("chunks.h5");
      double read[ROWS][COLUMNS];
      write_with_threads(path, threads, skip);
      hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT), dataset = H5Dopen2(file, "x", H5P_DEFAULT);
      assert_true(H5Dread(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, read) >= 0);
      for (size_t r = 0; r < ROWS; r++)
        for (size_t c = 0; c < COLUMNS; c++) assert_true(read[r][c] == number(r, c));
      H5Dclose(dataset);
      H5Fclose(file);
      unlink(path);
      free(path);
    }
}

static void an_array_is_read_whole_or_by_row(void **state)
{
  (void)state;
  char *path = file_name("array.h5");
  write_with_threads(path, 1, false);
  struct isw_error error = {0};
  struct isw_array array;
  assert_int_equal(isw_array_read(path, "x", NULL, 1 << 20, &array, &error), ISW_OK);
  assert_int_equal(array.rows, ROWS);
  assert_int_equal(array.columns, COLUMNS);
  assert_true(array.value[COLUMNS + 2] == number(1, 2));
  isw_array_clear(&array);
  const uint64_t last = ROWS - 1, past = ROWS;
  assert_int_equal(isw_array_read(path, "x", &last, 1 << 20, &array, &error), ISW_OK);
  assert_int_equal(array.first, 0);
  assert_int_equal(array.rows, ROWS);
  assert_true(array.value[last * COLUMNS + 3] == number(last, 3));
  isw_array_clear(&array);
  assert_int_equal(isw_array_read(path, "x", &past, 1 << 20, &array, &error), ISW_BAD_INPUT);
  assert_non_null(strstr(isw_error_text(&error), "37"));
  assert_int_equal(isw_array_read(path, "y", NULL, 1 << 20, &array, &error), ISW_BAD_INPUT);
  assert_int_equal(isw_array_read(path, "x", NULL, 100, &array, &error), ISW_BAD_INPUT);
  isw_error_clear(&error);
  unlink(path);
  free(path);
}

/* As many neighbours as are read quickly; which ones does not depend on the row that was asked for. */
static void a_row_comes_with_its_neighbours(void **state)
{
  enum { WIDE_ROWS = 5, WIDE_COLUMNS = 100000 };
  static signed char numbers[WIDE_ROWS][WIDE_COLUMNS];
  const hsize_t dims[2] = {WIDE_ROWS, WIDE_COLUMNS};
  (void)state;
  for (size_t r = 0; r < WIDE_ROWS; r++) numbers[r][7] = (signed char)(10 + r);
  char *path = file_name("wide.h5");
  hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), space = H5Screate_simple(2, dims, NULL);
  hid_t dataset = H5Dcreate2(file, "x", H5T_NATIVE_SCHAR, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  assert_true(H5Dwrite(dataset, H5T_NATIVE_SCHAR, H5S_ALL, H5S_ALL, H5P_DEFAULT, numbers) >= 0);
  H5Dclose(dataset);
  H5Sclose(space);
  H5Fclose(file);
  for (uint64_t row = 0; row < WIDE_ROWS; row++) {
    struct isw_array array;
    assert_int_equal(isw_array_read(path, "x", &row, 1 << 24, &array, NULL), ISW_OK);
    assert_int_equal(array.first, row - row % 2);
    assert_int_equal(array.rows, row == WIDE_ROWS - 1 ? 1 : 2);
    assert_int_equal(array.columns, WIDE_COLUMNS);
    assert_true(array.value[(row - array.first) * WIDE_COLUMNS + 7] == (double)(10 + row));
    isw_array_clear(&array);
  }
  unlink(path);
  free(path);
}

/* Beyond a size limit writes fail as on a full disk, with another errno. HDF5 does not see the errors and closes the
 * file normally; what was written before and after can be read while the file is open. */
static void a_refused_write_is_reported_and_the_file_closes(void **state)
{
  (void)state;
  char *path = file_name("full.h5");
  int problem = 0;
  double read[ROWS][COLUMNS], numbers[ROWS][COLUMNS];
  for (size_t r = 0; r < ROWS; r++)
    for (size_t c = 0; c < COLUMNS; c++) numbers[r][c] = number(r, c);
  struct rlimit before;
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
  void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
  hid_t access = H5Pcreate(H5P_FILE_ACCESS), driver = isw_hdf5_deferred_error_vfd(access, &problem);
  assert_true(driver >= 0);
  hid_t file = H5Fcreate(path, H5F_ACC_EXCL, H5P_DEFAULT, access);
  assert_true(file >= 0);
  hid_t dataset = create_dataset(file);
  const struct rlimit small = {1024, before.rlim_max};
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
  assert_true(H5Dwrite(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, numbers) >= 0);
  assert_true(H5Fflush(file, H5F_SCOPE_LOCAL) >= 0);
  H5Dclose(dataset); /* this also discards HDF5's own copy of the chunks */
  dataset = H5Dopen2(file, "x", H5P_DEFAULT);
  assert_true(H5Dread(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, read) >= 0);
  assert_memory_equal(read, numbers, sizeof read);
  H5Dclose(dataset);
  herr_t closed = H5Fclose(file);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
  signal(SIGXFSZ, handler);
  assert_true(closed >= 0);
  assert_int_equal(problem, EFBIG);
  H5FDunregister(driver);
  H5Pclose(access);
  unlink(path);
  free(path);
}

static int make_folder(void **state)
{
  (void)state;
  strcpy(folder, "/tmp/initsweep-hdf5-XXXXXX");
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
      cmocka_unit_test(hdf5_reads_back_what_any_number_of_threads_compressed),
      cmocka_unit_test(an_array_is_read_whole_or_by_row),
      cmocka_unit_test(a_row_comes_with_its_neighbours),
      cmocka_unit_test(a_refused_write_is_reported_and_the_file_closes),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
