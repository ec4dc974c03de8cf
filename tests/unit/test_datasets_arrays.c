/* IDX and .npy files: valid ones, invalid ones with their messages, and ones with random damage. */
#include <float.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "datasets/datasets_internal.h"

static char folder[] = "/tmp/initsweep-arrays-XXXXXX";

static void write_file(const char *name, const void *bytes, size_t length)
{
  char path[128];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  assert_int_equal(fwrite(bytes, 1, length, file), length);
  fclose(file);
}

enum { VALUES, BINARY, CLASSES };

/* Loads the files "inputs" and "targets"; if test is set, also as the test set. */
static enum isw_status load(const char *name, int kind, bool test, struct isw_data *data, struct isw_error *error)
{
  size_t rows, row = 0;
  const struct isw_dataset *const *table = isw_datasets(&rows);
  while (strcmp(table[row]->row.name, name) != 0) row++;
  struct isw_choice choice = isw_choice_default(&table[row]->row, row);
  choice.value[0].text = "inputs";
  choice.value[1].text = "targets";
  choice.value[2].number = kind;
  choice.value[3].text = test ? "inputs" : "";
  choice.value[4].text = test ? "targets" : "";
  choice.value[5].number = 0.0;
  return isw_dataset_load(&choice, 1, folder, DBL_MAX, data, error);
}

static void check_refused(const char *name, int kind, const char *message)
{
  struct isw_data data;
  struct isw_error error = {0};
  char expected[512];
  snprintf(expected, sizeof expected, message, folder, folder);
  assert_int_equal(load(name, kind, false, &data, &error), ISW_BAD_INPUT);
  assert_string_equal(isw_error_text(&error), expected);
  isw_error_clear(&error);
  isw_data_destroy(&data);
}

static struct isw_data check_loads(const char *name, int kind, bool test)
{
  struct isw_data data;
  struct isw_error error = {0};
  if (load(name, kind, test, &data, &error) != ISW_OK) fail_msg("%s", isw_error_text(&error));
  return data;
}

static const unsigned char images[] = {0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 51, 102, 153, 204, 255};
static const unsigned char labels[] = {0, 0, 8, 1, 0, 0, 0, 3, 2, 0, 1};

static void idx_is_read(void **state)
{
  (void)state;
  write_file("inputs", images, sizeof images);
  write_file("targets", labels, sizeof labels);
  for (int test = 0; test < 2; test++) {
    struct isw_data data = check_loads("idx", CLASSES, test);
    assert_true(data.features == 2 && data.targets == 1 && data.classes == 3 && data.train_samples == 3);
    assert_int_equal(data.test_samples, test ? 3 : 0);
    for (size_t i = 0; i < 6; i++) assert_true(data.train_inputs[i] == (double)(51 * i) / 255.0);
    assert_true(data.train_targets[0] == 2.0 && data.train_targets[1] == 0.0 && data.train_targets[2] == 1.0);
    if (test) assert_memory_equal(data.test_inputs, data.train_inputs, 6 * sizeof(double));
    isw_data_destroy(&data);
  }
  static const unsigned char shorts[] = {0, 0, 11, 2, 0, 0, 0, 1, 0, 0, 0, 2, 0xff, 0xfe, 1, 2};
  static const unsigned char doubles[] = {0, 0, 14, 1, 0, 0, 0, 1, 0xbf, 0xf8, 0, 0, 0, 0, 0, 0};
  write_file("inputs", shorts, sizeof shorts);
  write_file("targets", doubles, sizeof doubles);
  struct isw_data data = check_loads("idx", VALUES, false);
  assert_true(data.train_inputs[0] == -2.0 && data.train_inputs[1] == 258.0 && data.train_targets[0] == -1.5);
  isw_data_destroy(&data);
}

static void wrong_idx_is_refused(void **state)
{
  (void)state;
  unsigned char bytes[sizeof images + 1] = {0};
  write_file("targets", labels, sizeof labels);
  memcpy(bytes, images, sizeof images);
  write_file("inputs", bytes, sizeof images - 1);
  check_refused("idx", CLASSES, "%s/inputs: 5 bytes of numbers where its head says 6");
  write_file("inputs", bytes, sizeof images + 1);
  check_refused("idx", CLASSES, "%s/inputs: 7 bytes of numbers where its head says 6");
  write_file("inputs", bytes, 10);
  check_refused("idx", CLASSES, "%s/inputs ends within its head");
  write_file("inputs", bytes, 3);
  check_refused("idx", CLASSES, "%s/inputs is no IDX file: it does not begin with two zeros and a type");
  bytes[2] = 10;
  write_file("inputs", bytes, sizeof images);
  check_refused("idx", CLASSES, "%s/inputs: IDX has no type 10");
  bytes[2] = 8;
  bytes[3] = 9;
  write_file("inputs", bytes, sizeof images);
  check_refused("idx", CLASSES, "%s/inputs has 9 dimensions; the limit is 8");
  bytes[3] = 3;
  bytes[7] = 0;
  write_file("inputs", bytes, sizeof images);
  check_refused("idx", CLASSES, "%s/inputs: size 1 of the array is 0");
  bytes[7] = 2;
  bytes[11] = 1;
  bytes[15] = 3;
  write_file("inputs", bytes, sizeof images);
  check_refused("idx", CLASSES, "%s/inputs has 2 samples, %s/targets 3");
  unsigned char many[4 + 4 * 8] = {0, 0, 14, 8};
  memset(many + 4, 0xff, 32);
  write_file("inputs", many, sizeof many);
  check_refused("idx", CLASSES, "%s/inputs: the array's sizes are too large");
  write_file("inputs", images, sizeof images);
  check_refused("idx", BINARY, "%s/targets: target 1 is 2, neither 0 nor 1");
  unsigned char negative[sizeof labels];
  memcpy(negative, labels, sizeof labels);
  negative[2] = 9;
  negative[9] = 0xff;
  write_file("targets", negative, sizeof negative);
  check_refused("idx", CLASSES, "%s/targets: label 2 is -1, no whole number of 0..9999");
}

/* `images` and `labels` as compressed by Python's gzip.compress with mtime 0. */
static const unsigned char packed_images[] = {
    0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0x63, 0x60, 0xe0, 0x60, 0x66, 0x60, 0x60, 0x00, 0x61,
    0x46, 0x20, 0x66, 0x62, 0x30, 0x4e, 0x9b, 0x79, 0xe6, 0x3f, 0x00, 0x52, 0xdb, 0x8b, 0x91, 0x16, 0x00, 0x00, 0x00};
static const unsigned char packed_labels[] = {0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0x63,
                                              0x60, 0xe0, 0x60, 0x64, 0x60, 0x60, 0x60, 0x66, 0x62, 0x60, 0x04,
                                              0x00, 0x7c, 0x58, 0xc3, 0x7a, 0x0b, 0x00, 0x00, 0x00};

/* Gzipped IDX files, of one member or several, load as the decompressed files do. */
static void gzipped_idx_is_read(void **state)
{
  (void)state;
  unsigned char both[sizeof packed_images + sizeof packed_labels];
  write_file("inputs", packed_images, sizeof packed_images);
  write_file("targets", packed_labels, sizeof packed_labels);
  struct isw_data data = check_loads("idx", CLASSES, false);
  write_file("inputs", images, sizeof images);
  write_file("targets", labels, sizeof labels);
  struct isw_data plain = check_loads("idx", CLASSES, false);
  assert_true(data.hash == plain.hash);
  isw_data_destroy(&data);
  isw_data_destroy(&plain);
  memcpy(both, packed_images, sizeof packed_images);
  memcpy(both + sizeof packed_images, packed_labels, sizeof packed_labels);
  write_file("inputs", both, sizeof both); /* one file with the bytes of both: too long for its head */
  check_refused("idx", CLASSES, "%s/inputs: 17 bytes of numbers where its head says 6");
}

#define DAMAGED "%s/inputs: its gzip data are damaged or incomplete"

static void wrong_gzip_is_refused(void **state)
{
  (void)state;
  unsigned char bytes[sizeof packed_images + 1] = {0};
  write_file("targets", labels, sizeof labels);
  for (size_t length = 2; length < sizeof packed_images; length++) {
    write_file("inputs", packed_images, length);
    check_refused("idx", CLASSES, DAMAGED);
  }
  memcpy(bytes, packed_images, sizeof packed_images);
  bytes[2] = 7;
  write_file("inputs", bytes, sizeof packed_images);
  check_refused("idx", CLASSES, DAMAGED);
  bytes[2] = 8;
  bytes[sizeof packed_images - 5] ^= 1;
  write_file("inputs", bytes, sizeof packed_images);
  check_refused("idx", CLASSES, DAMAGED);
  bytes[sizeof packed_images - 5] ^= 1;
  for (size_t b = sizeof packed_images - 4; b < sizeof packed_images; b++) { /* its length, larger and smaller */
    bytes[b] ^= 0x80;
    write_file("inputs", bytes, sizeof packed_images);
    check_refused("idx", CLASSES, DAMAGED);
    bytes[b] ^= 0x80;
  }
  write_file("inputs", bytes, sizeof bytes); /* a byte after the end is not a member */
  check_refused("idx", CLASSES, DAMAGED);
  char *unpacked = malloc(sizeof packed_images);
  size_t length = sizeof packed_images;
  struct isw_error error = {0};
  memcpy(unpacked, packed_images, length);
  assert_int_equal(isw_gunzip("small", 21, &unpacked, &length, &error), ISW_BAD_INPUT); /* one byte too few */
  assert_string_equal(isw_error_text(&error), "small unpacks to more than 21 bytes");
  isw_error_clear(&error);
  assert_int_equal(isw_gunzip("small", 22, &unpacked, &length, NULL), ISW_OK);
  assert_int_equal(length, sizeof images);
  assert_memory_equal(unpacked, images, sizeof images);
  free(unpacked);
}

/* A member that decompresses to much more than the first capacity, and many empty members: memory grows as needed and
 * not beyond the limit. The bytes are those of Python's gzip.compress(bytes(200000), 9, mtime=0) and of
 * gzip.compress(b"", 9, mtime=0). */
static void gzip_of_zeros_is_unpacked(void **state)
{
  (void)state;
  enum { ZEROS = 200000, EMPTY_MEMBERS = 1000 };
  static const unsigned char zeros[] = {
      0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xed, 0xc1, 0x31, 0x01, 0x00, 0x00, 0x00, 0xc2,
      0xa0, 0xf5, 0x4f, 0x6d, 0x06, 0x7f, 0xa0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
      0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
      0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
      0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
      0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
      0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
      0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
      0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
      0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
      0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
      0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
      0x00, 0x00, 0x80, 0xd7, 0x00, 0x7b, 0x58, 0xe0, 0x5c, 0x40, 0x0d, 0x03, 0x00};
  static const unsigned char empty[] = {0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03,
                                        0x03, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00};
  size_t length = sizeof zeros + EMPTY_MEMBERS * sizeof empty + sizeof zeros;
  struct isw_error error = {0};
  for (size_t limit = 2 * ZEROS - 1; limit <= 2 * ZEROS; limit++) {
    char *bytes = malloc(length), *at = bytes;
    assert_non_null(bytes);
    memcpy(at, zeros, sizeof zeros);
    at += sizeof zeros;
    for (size_t i = 0; i < EMPTY_MEMBERS; i++, at += sizeof empty) memcpy(at, empty, sizeof empty);
    memcpy(at, zeros, sizeof zeros);
    size_t unpacked = length;
    if (limit < 2 * ZEROS) {
      assert_int_equal(isw_gunzip("zeros", limit, &bytes, &unpacked, &error), ISW_BAD_INPUT);
      assert_string_equal(isw_error_text(&error), "zeros unpacks to more than 399999 bytes");
    } else {
      assert_int_equal(isw_gunzip("zeros", limit, &bytes, &unpacked, NULL), ISW_OK);
      assert_int_equal(unpacked, 2 * ZEROS);
      for (size_t i = 0; i < unpacked; i++) assert_int_equal(bytes[i], 0);
    }
    free(bytes);
  }
  isw_error_clear(&error);
}

/* Files that HDF5 cannot open are refused; tests/oracles/test_dataset_arrays.py tests names of datasets and other
 * errors. */
static void wrong_hdf5_is_refused(void **state)
{
  (void)state;
  size_t rows, row = 0;
  const struct isw_dataset *const *table = isw_datasets(&rows);
  while (strcmp(table[row]->row.name, "hdf5") != 0) row++;
  struct isw_choice choice = isw_choice_default(&table[row]->row, row);
  struct isw_data data;
  struct isw_error error = {0};
  choice.value[0].text = "inputs";
  choice.value[1].text = "x";
  choice.value[2].text = "t";
  choice.value[4].text = choice.value[5].text = "";
  write_file("inputs", images, sizeof images);
  assert_int_equal(isw_dataset_load(&choice, 1, folder, DBL_MAX, &data, &error), ISW_BAD_INPUT);
  assert_non_null(strstr(isw_error_text(&error), "/inputs is not an HDF5 file"));
  isw_error_clear(&error);
  isw_data_destroy(&data);
}

/* A version 1 file with a head and numbers. */
static size_t make_npy(unsigned char *bytes, const char *head, const void *numbers, size_t length)
{
  size_t head_length = strlen(head);
  memcpy(bytes, "\x93NUMPY\x01\x00", 8);
  bytes[8] = (unsigned char)(head_length & 255);
  bytes[9] = (unsigned char)(head_length >> 8);
  memcpy(bytes + 10, head, head_length);
  memcpy(bytes + 10 + head_length, numbers, length);
  return 10 + head_length + length;
}

static void write_npy(const char *name, const char *head, const void *numbers, size_t length)
{
  unsigned char bytes[512];
  write_file(name, bytes, make_npy(bytes, head, numbers, length));
}

static const double six[] = {1.0, -2.0, 3.5, 4.0, 1e-300, 6.0};
static const int32_t two[] = {1, 0};

static void npy_is_read(void **state)
{
  (void)state;
  write_npy("inputs", "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }      \n", six, sizeof six);
  write_npy("targets", "{'descr': '<i4', 'fortran_order': False, 'shape': (2,), }\n", two, sizeof two);
  struct isw_data data = check_loads("npy", BINARY, true);
  assert_true(data.features == 3 && data.train_samples == 2 && data.test_samples == 2 && data.classes == 2);
  assert_memory_equal(data.train_inputs, six, sizeof six);
  assert_true(data.train_targets[0] == 1.0 && data.train_targets[1] == 0.0);
  isw_data_destroy(&data);
}

static void wrong_npy_is_refused(void **state)
{
  (void)state;
  static const struct {
    const char *head, *message;
  } wrong[] = {
      {"{'descr': '<f8', 'fortran_order': True, 'shape': (2, 3), }",
       "%s/inputs is not in C order (numpy: ascontiguousarray)"},
      {"{'descr': '<c8', 'fortran_order': False, 'shape': (2, 3), }",
       "%s/inputs: type '<c8', 'fort; f4, f8, i1, i2, i4, i8, u1, u2, u4 and b1 are read (numpy: astype)"},
      {"{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (2, 3), }",
       "%s/inputs: type [('a', '<f8'; f4, f8, i1, i2, i4, i8, u1, u2, u4 and b1 are read (numpy: astype)"},
      {"{'fortran_order': False, 'shape': (2, 3), }",
       "%s/inputs: type missing; f4, f8, i1, i2, i4, i8, u1, u2, u4 and b1 are read (numpy: astype)"},
      {"{'descr': '<f8', 'fortran_order': False, 'shape': (2, 4), }",
       "%s/inputs: 48 bytes of numbers where its head says 64"},
      {"{'descr': '<f8', 'fortran_order': False, 'shape': (), }", "%s/inputs: a single number is no array"},
      {"{'descr': '<f8', 'fortran_order': False, 'shape': (0, 3), }", "%s/inputs: size 1 of the array is 0"},
      {"{'descr': '<f8', 'fortran_order': False, 'shape': (2, -3), }",
       "%s/inputs: no shape of at most 8 sizes in its head"},
      {"{'descr': '<f8', 'fortran_order': False, 'shape': (2 3), }",
       "%s/inputs: no shape of at most 8 sizes in its head"},
      {"{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3", "%s/inputs: no shape of at most 8 sizes in its head"},
      {"{'descr': '<f8', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,6), }",
       "%s/inputs: no shape of at most 8 sizes in its head"},
      {"{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999,), }",
       "%s/inputs: no shape of at most 8 sizes in its head"},
      {"{'descr': '<f8', 'fortran_order': False, 'shape': (4294967296, 4294967296), }",
       "%s/inputs: the array's sizes are too large"},
  };
  write_npy("targets", "{'descr': '<i4', 'fortran_order': False, 'shape': (2,), }\n", two, sizeof two);
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    write_npy("inputs", wrong[i].head, six, sizeof six);
    check_refused("npy", VALUES, wrong[i].message);
  }
  write_file("inputs", "\x93NUMPZ\x01\0\1\0 ", 11);
  check_refused("npy", VALUES, "%s/inputs is no .npy file: it does not begin with \\x93NUMPY");
  write_file("inputs", "\x93NUMPY\x04\0\1\0 ", 11);
  check_refused("npy", VALUES, "%s/inputs: .npy of version 4; 1 to 3 are read");
  write_file("inputs", "\x93NUMPY\x02\0\1\0 ", 11);
  check_refused("npy", VALUES, "%s/inputs ends within its head");
  write_file("inputs", "\x93NUMPY\x01\0\x09\0 ", 11);
  check_refused("npy", VALUES, "%s/inputs ends within its head");
}

static uint64_t random_state = 2026;

static size_t below(size_t bound)
{
  random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return (size_t)(random_state >> 33) % bound;
}

/* Files with a few bytes changed, cut or added: they load, or are refused with a message, and nothing else happens. */
static void random_damage_is_no_danger(void **state)
{
  (void)state;
  size_t loaded = 0, refused = 0;
  for (size_t round = 0; round < 6000; round++) {
    unsigned char bytes[512] = {0};
    bool npy = round % 2;
    size_t length = sizeof images;
    memcpy(bytes, images, sizeof images);
    if (npy) {
      length = make_npy(bytes, "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }      \n", six, sizeof six);
      bytes[6] = (unsigned char)(1 + below(4) / 3);
      write_npy("targets", "{'descr': '<i4', 'fortran_order': False, 'shape': (2,), }\n", two, sizeof two);
    } else {
      write_file("targets", labels, sizeof labels);
    }
    if (!npy && round % 4 == 0) memcpy(bytes, packed_images, length = sizeof packed_images);
    for (size_t change = below(4); change > 0; change--) bytes[below(length)] = (unsigned char)below(256);
    if (below(8) == 0) length = below(length + 1);
    if (below(8) == 0) length += below(20);
    write_file("inputs", bytes, length);
    struct isw_data data;
    struct isw_error error = {0};
    if (load(npy ? "npy" : "idx", CLASSES, false, &data, &error) == ISW_OK) {
      loaded++;
    } else {
      assert_int_equal(error.status, ISW_BAD_INPUT);
      assert_true(strlen(isw_error_text(&error)) > 10);
      refused++;
    }
    isw_error_clear(&error);
    isw_data_destroy(&data);
  }
  assert_true(loaded > 500 && refused > 500);
}

static int make_folder(void **state)
{
  (void)state;
  return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
  (void)state;
  char path[128];
  snprintf(path, sizeof path, "%s/inputs", folder);
  remove(path);
  snprintf(path, sizeof path, "%s/targets", folder);
  remove(path);
  return rmdir(folder);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(idx_is_read),
      cmocka_unit_test(wrong_idx_is_refused),
      cmocka_unit_test(gzipped_idx_is_read),
      cmocka_unit_test(wrong_gzip_is_refused),
      cmocka_unit_test(gzip_of_zeros_is_unpacked),
      cmocka_unit_test(wrong_hdf5_is_refused),
      cmocka_unit_test(npy_is_read),
      cmocka_unit_test(wrong_npy_is_refused),
      cmocka_unit_test(random_damage_is_no_danger),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
