/* CSV files: what is read, every error with its message, and random bytes. */
#include <float.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <math.h>
#include <unistd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <cmocka.h>
#include "initsweep/datasets.h"

enum { VALUES, BINARY, CLASSES };
enum { AUTO, PRESENT, ABSENT };
enum { COMMA, SEMICOLON, TAB };

struct csv {
  const char *target;
  int kind, header, delimiter;
  double test_fraction;
  int standardize;
};

static char folder[] = "/tmp/initsweep-csv-XXXXXX";

static enum isw_status read_path(const char *path, struct csv csv, struct isw_data *data, struct isw_error *error)
{
  size_t count, row = 0;
  const struct isw_dataset *const *table = isw_datasets(&count);
  while (strcmp(table[row]->row.name, "csv") != 0) row++;
  struct isw_choice choice = isw_choice_default(&table[row]->row, row);
  choice.value[0].text = path;
  if (csv.target) choice.value[1].text = csv.target;
  choice.value[2].number = csv.kind;
  choice.value[3].number = csv.header;
  choice.value[4].number = csv.delimiter;
  choice.value[5].number = csv.test_fraction;
  choice.value[6].number = csv.standardize;
  return isw_dataset_load(&choice, 1, folder, DBL_MAX, NULL, data, error);
}

static enum isw_status read_bytes(const char *bytes, size_t length, struct csv csv, struct isw_data *data,
                                  struct isw_error *error)
{
  char path[64];
  snprintf(path, sizeof path, "%s/data.csv", folder);
  FILE *file = fopen(path, "wb");
  assert_non_null(file);
  assert_int_equal(fwrite(bytes, 1, length, file), length);
  fclose(file);
  return read_path("data.csv", csv, data, error);
}

static struct isw_data accept(const char *text, struct csv csv)
{
  struct isw_data data;
  struct isw_error error = {0};
  if (read_bytes(text, strlen(text), csv, &data, &error) != ISW_OK) fail_msg("%s", isw_error_text(&error));
  return data;
}

/* The message without the folder's name must equal `message`. */
static void refuse_bytes(const char *bytes, size_t length, struct csv csv, const char *message)
{
  struct isw_data data;
  struct isw_error error = {0};
  assert_int_equal(read_bytes(bytes, length, csv, &data, &error), ISW_BAD_INPUT);
  const char *said = isw_error_text(&error);
  assert_memory_equal(said, folder, strlen(folder));
  assert_string_equal(said + strlen(folder) + 1, message);
  isw_error_clear(&error);
  isw_data_destroy(&data);
}

static void refuse(const char *text, struct csv csv, const char *message)
{
  refuse_bytes(text, strlen(text), csv, message);
}

static void many_spellings_are_the_same_table(void **state)
{
  (void)state;
  static const double inputs[] = {1, 2.5, -3, 4e2}, targets[] = {0.5, -1};
  static const struct {
    const char *text;
    struct csv csv;
  } same[] = {
      {"1,2.5,0.5\n-3,400,-1\n", {0}},
      {"1,2.5,0.5\n-3,400,-1", {0}},
      {"a,b,y\n1,2.5,0.5\n-3,400,-1\n", {0}},
      {"a,b,y\r\n1,2.5,0.5\r\n-3,400,-1\r\n", {0}},
      {"a,b,y\r1,2.5,0.5\r-3,400,-1\r", {0}},
      {"\xef\xbb\xbf"
       "a,b,y\n1,2.5,0.5\n-3,400,-1\n",
       {.target = "y"}},
      {"\n\n1,2.5,0.5\n\n-3,400,-1\n\n\n", {0}},
      {" 1 ,\t2.5, 0.5\n-3,4e2 , -1e0\n", {0}},
      {"\"1\",\"2.5\", \"0.5\" \n-3,\"400\",-1\n", {0}},
      {"1;2.5;0.5\n-3;400;-1\n", {.delimiter = SEMICOLON}},
      {"1\t2.5\t0.5\n-3\t 400\t-1\n", {.delimiter = TAB}},
      {"1,2.5,0.5\n-3,400,-1\n", {.target = "3"}},
      {"a,y,b\n1,0.5,2.5\n-3,-1,400\n", {.target = "y"}},
      {"a,y,b\n1,0.5,2.5\n-3,-1,400\n", {.target = " 2 "}},
      {"last,a,b\n0.5,1,2.5\n-1,-3,400\n", {0}},
      {"1,2,3\n1,2.5,0.5\n-3,400,-1\n", {.header = PRESENT}},
      {"\"a \"\"b\"\"\nc\",b,y\n1,2.5,0.5\n-3,400,-1\n", {0}},
      {"0.5,1,2.5\n-1,-3,400\n", {.target = "1", .header = ABSENT}},
  };
  for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
    struct isw_data data = accept(same[i].text, same[i].csv);
    assert_int_equal(data.kind, ISW_TARGETS_VALUES);
    assert_int_equal(data.features, 2);
    assert_int_equal(data.targets, 1);
    assert_int_equal(data.train_samples, 2);
    assert_memory_equal(data.train_inputs, inputs, sizeof inputs);
    assert_memory_equal(data.train_targets, targets, sizeof targets);
    isw_data_destroy(&data);
  }
}

static void targets_may_be_several_columns(void **state)
{
  (void)state;
  struct isw_data data = accept("a,b,c\n1,2,3\n4,5,6\n", (struct csv){.target = "c, 1"});
  assert_int_equal(data.features, 1);
  assert_memory_equal(data.train_inputs, ((double[]){2, 5}), 2 * sizeof(double));
  assert_memory_equal(data.train_targets, ((double[]){3, 1, 6, 4}), 4 * sizeof(double));
  isw_data_destroy(&data);
}

static void labels_are_numbered_in_order(void **state)
{
  (void)state;
  struct isw_data data =
      accept("x,kind\n1,setosa\n2,virginica\n3,\"setosa\"\n4,versicolor\n", (struct csv){.kind = CLASSES});
  assert_int_equal(data.kind, ISW_TARGETS_CLASSES);
  assert_int_equal(data.classes, 3);
  assert_memory_equal(data.train_targets, ((double[]){0, 2, 0, 1}), 4 * sizeof(double));
  isw_data_destroy(&data);
  data = accept("1,10\n2,9\n3,9.0\n4,-1\n", (struct csv){.kind = CLASSES});
  assert_int_equal(data.classes, 3);
  assert_memory_equal(data.train_targets, ((double[]){2, 1, 1, 0}), 4 * sizeof(double));
  isw_data_destroy(&data);
  data = accept("1,1\n2,0\n3,1.0\n", (struct csv){.kind = BINARY});
  assert_int_equal(data.kind, ISW_TARGETS_BINARY);
  assert_memory_equal(data.train_targets, ((double[]){1, 0, 1}), 3 * sizeof(double));
  isw_data_destroy(&data);
}

static void columns_are_standardised(void **state)
{
  (void)state;
  struct isw_data data = accept("1e200,0.1,10\n3e200,0.1,30\n2e200,0.1,20\n", (struct csv){.standardize = 2});
  double root = sqrt(1.5);
  static const double signs[] = {-1, 1, 0};
  for (size_t s = 0; s < 3; s++) {
    assert_true(fabs(data.train_inputs[2 * s] - signs[s] * root) < 1e-15);
    assert_true(data.train_inputs[2 * s + 1] == 0.0);
    assert_true(fabs(data.train_targets[s] - signs[s] * root) < 1e-15);
  }
  isw_data_destroy(&data);
  data = accept("1,10\n3,30\n2,20\n", (struct csv){.standardize = 1});
  assert_true(data.train_targets[0] == 10.0 && fabs(data.train_inputs[0] + root) < 1e-15);
  isw_data_destroy(&data);
}

static void refusals_say_where_and_what(void **state)
{
  (void)state;
  const struct csv plain = {0}, classes = {.kind = CLASSES}, binary = {.kind = BINARY};
  refuse("", plain, "data.csv is empty");
  refuse("\n\r\n", plain, "data.csv is empty");
  refuse("a,b\n", plain, "data.csv has no sample");
  refuse("1,2\n3\n", plain, "data.csv:2:1: 1 fields; the first line has 2");
  refuse("1,2\n3,4,5\n", plain, "data.csv:2:1: 3 fields; the first line has 2");
  refuse("1,2\n3,4,\n", plain, "data.csv:2:1: 3 fields; the first line has 2");
  refuse("a,b\n1,\n", plain, "data.csv:2:3: missing value in column 'b'");
  refuse("1,2\n,4\n", plain, "data.csv:2:1: missing value in column 1");
  refuse("1,2\n\"\",4\n", plain, "data.csv:2:1: missing value in column 1");
  refuse("a,b\n1,2\n3, NaN\n", plain, "data.csv:3:4: 'NaN' in column 'b' is not a finite number");
  refuse("1,2\ninf,4\n", plain, "data.csv:2:1: 'inf' in column 1 is not a finite number");
  refuse("1,2\n3,-Infinity\n", plain, "data.csv:2:3: '-Infinity' in column 2 is not a finite number");
  refuse("1,2\n3,0x10\n", plain, "data.csv:2:3: '0x10' in column 2 is not a finite number");
  refuse("1,2\n3,1e999\n", plain, "data.csv:2:3: '1e999' in column 2 is too large");
  refuse("1,2\n3,1 2\n", plain, "data.csv:2:3: '1 2' in column 2 is not a finite number");
  refuse("1,2\n3,1e\n", plain, "data.csv:2:3: '1e' in column 2 is not a finite number");
  refuse("1,2\n3,NA\n", plain, "data.csv:2:3: 'NA' in column 2 is not a finite number");
  refuse("1,x\n3,4\n", plain, "data.csv:1:3: 'x' in column 2 is not a finite number");
  refuse("1,2\n3,\x1b[31m\n", plain, "data.csv:2:3: '?[31m' in column 2 is not a finite number");
  refuse("1,2\n3,aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n", plain,
         "data.csv:2:3: 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...' in column 2 is not a finite number");
  refuse("1,2\n3,\"4\n5\n", plain, "data.csv:2:3: the quote is not closed");
  refuse("1,2\n3,\"4\"5\n", plain, "data.csv:2:6: text after a closing quote");
  refuse("1,2\n3,4\"5\"\n", plain, "data.csv:2:4: a quote inside a field that does not begin with one");
  refuse("\"a\nb\",y\n1,2\n3,x\n", plain, "data.csv:4:3: 'x' in column 'y' is not a finite number");
  refuse("\xef\xbb\xbf"
         "1,2,3\n",
         (struct csv){.kind = BINARY}, "data.csv:1:5: '3' in column 3 is neither 0 nor 1");
  refuse("1,2\r\n3,4\r\n\r\n5,x\r\n", plain, "data.csv:4:3: 'x' in column 2 is not a finite number");
  refuse("1,2\r3,4\r5,x\r", plain, "data.csv:3:3: 'x' in column 2 is not a finite number");
  refuse("1\n2\n", plain, "data.csv: no column is left as a feature");
  refuse("1,2\n3,2\n", binary, "data.csv:1:3: '2' in column 2 is neither 0 nor 1");
  refuse("1,a\n3,a\n", classes, "data.csv: the target column has 1 different labels; 2..10000 make classes");
  refuse("1,a\n3,\n", classes, "data.csv:2:3: missing value in column 2");
  refuse("1,2\n3,4\n", (struct csv){.target = "3"}, "data.csv: target column 3 of 2 columns");
  refuse("1,2\n3,4\n", (struct csv){.target = "0"}, "data.csv has no column '0' (columns 1..2, without names)");
  refuse("1,2\n3,4\n", (struct csv){.target = "y"}, "data.csv has no column 'y' (columns 1..2, without names)");
  refuse("price,size\n3,4\n", (struct csv){.target = "prize"}, "data.csv has no column 'prize'; did you mean 'price'?");
  refuse("y,y,z\n3,4,5\n", (struct csv){.target = "y"},
         "data.csv: 2 columns have the name 'y'; give the target by number");
  refuse("1,2\n3,4\n", (struct csv){.target = "1,1"}, "data.csv: column 1 is named twice as target");
  refuse("1,2,3\n3,4,5\n", (struct csv){.target = "1,2", .kind = CLASSES},
         "data.csv: one target column is wanted for this kind, not 2");
  refuse("\xff\xfe"
         "1,2\n",
         plain, "data.csv is UTF-16; save it as UTF-8");
  refuse_bytes("1,2\n3,\0\n", 8, plain, "data.csv:2:3: a NUL byte: this is no text");
}

static void other_than_files_are_refused(void **state)
{
  (void)state;
  size_t count, row = 0;
  const struct isw_dataset *const *table = isw_datasets(&count);
  while (strcmp(table[row]->row.name, "csv") != 0) row++;
  struct isw_choice choice = isw_choice_default(&table[row]->row, row);
  struct isw_data data;
  struct isw_error error = {0};
  char message[128], fifo[64];
  choice.value[0].text = "missing.csv";
  assert_int_equal(isw_dataset_load(&choice, 1, folder, DBL_MAX, NULL, &data, &error), ISW_BAD_INPUT);
  snprintf(message, sizeof message, "%s/missing.csv: No such file or directory", folder);
  assert_string_equal(isw_error_text(&error), message);
  choice.value[0].text = folder; /* absolute: the folder is not used */
  assert_int_equal(isw_dataset_load(&choice, 1, "/nowhere", DBL_MAX, NULL, &data, &error), ISW_BAD_INPUT);
  snprintf(message, sizeof message, "%s is not a regular file", folder);
  assert_string_equal(isw_error_text(&error), message);
  snprintf(fifo, sizeof fifo, "%s/fifo", folder);
  assert_int_equal(mkfifo(fifo, 0600), 0);
  choice.value[0].text = "fifo";
  assert_int_equal(isw_dataset_load(&choice, 1, folder, DBL_MAX, NULL, &data, &error), ISW_BAD_INPUT);
  snprintf(message, sizeof message, "%s is not a regular file", fifo);
  assert_string_equal(isw_error_text(&error), message);
  remove(fifo);
  isw_error_clear(&error);
}

static uint64_t next(uint64_t *state)
{
  *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return *state >> 33;
}

/* Bytes that often have a meaning, and modified valid files: each is a dataset or an error with a message. */
static void random_bytes_never_crash(void **state)
{
  (void)state;
  static const char likely[] = "0123456789..--,,,;\t\n\n\r\"\" eEx+NaN\xef\xbb\xbf\xff",
                    valid[] = "a,\"b\",y\n1,2.5,0.5\r\n-3,\"4e2\",-1\n";
  uint64_t random = 2026;
  size_t accepted = 0;
  char path[64];
  int file = memfd_create("csv", MFD_CLOEXEC); /* thousands of files on a disk would take seconds */
  assert_true(file >= 0);
  snprintf(path, sizeof path, "/proc/self/fd/%d", file);
  for (size_t round = 0; round < 6000; round++) {
    char bytes[96];
    size_t length = next(&random) % sizeof bytes;
    if (round % 2) {
      length = sizeof valid - 1;
      memcpy(bytes, valid, length);
      for (size_t change = next(&random) % 3; change > 0; change--) {
        bytes[next(&random) % length] = likely[next(&random) % (sizeof likely - 1)];
        length -= next(&random) % 3;
      }
    } else {
      for (size_t i = 0; i < length; i++)
        bytes[i] = next(&random) % 50 ? likely[next(&random) % (sizeof likely - 1)] : (char)next(&random);
    }
    struct csv csv = {.kind = (int)(next(&random) % 3),
                      .header = (int)(next(&random) % 3),
                      .delimiter = (int)(next(&random) % 3),
                      .test_fraction = next(&random) % 2 ? 0.3 : 0.0,
                      .standardize = (int)(next(&random) % 3)};
    struct isw_data data;
    struct isw_error error = {0};
    assert_int_equal(ftruncate(file, 0), 0);
    assert_int_equal(pwrite(file, bytes, length, 0), length);
    enum isw_status status = read_path(path, csv, &data, &error);
    assert_true(status == ISW_OK || (status == ISW_BAD_INPUT && strlen(isw_error_text(&error)) > 0));
    accepted += status == ISW_OK;
    isw_error_clear(&error);
    isw_data_destroy(&data);
  }
  assert_true(accepted > 100 && accepted < 5000);
  close(file);
}

static int make_folder(void **state)
{
  (void)state;
  return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
  (void)state;
  char path[64];
  snprintf(path, sizeof path, "%s/data.csv", folder);
  remove(path);
  return rmdir(folder);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(many_spellings_are_the_same_table), cmocka_unit_test(targets_may_be_several_columns),
      cmocka_unit_test(labels_are_numbered_in_order),      cmocka_unit_test(columns_are_standardised),
      cmocka_unit_test(refusals_say_where_and_what),       cmocka_unit_test(other_than_files_are_refused),
      cmocka_unit_test(random_bytes_never_crash),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
