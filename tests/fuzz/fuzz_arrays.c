/* Bytes of an IDX or .npy file, gzipped or not, after one byte that chooses family, kind and balance. The targets are labels of a
 * file that is right for three samples. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "initsweep/datasets.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static int make_file(char *path)
{
  int file = mkstemp(path);
  if (file < 0) abort();
  return file;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
  static char inputs[] = "/tmp/fuzzarraysXXXXXX", targets[] = "/tmp/fuzzlabelsXXXXXX"; /* one file a process */
  static const unsigned char idx[] = {0, 0, 8, 1, 0, 0, 0, 3, 1, 0, 1};
  static const char npy[] =
      "\x93NUMPY\x01\x00\x3c\x00{'descr': '|u1', 'fortran_order': False, 'shape': (3,), }   \n\x01\x00\x01";
  static int file = -1, labels = -1;
  if (file < 0) {
    file = make_file(inputs);
    labels = make_file(targets);
  }
  if (length == 0) return 0;
  bool is_npy = bytes[0] & 1;
  const void *right = is_npy ? (const void *)npy : idx;
  size_t right_length = is_npy ? sizeof npy - 1 : sizeof idx;
  if (ftruncate(file, 0) != 0 || pwrite(file, bytes + 1, length - 1, 0) != (ssize_t)(length - 1)) abort();
  if (ftruncate(labels, 0) != 0 || pwrite(labels, right, right_length, 0) != (ssize_t)right_length) abort();
  size_t count, row = 0;
  const struct isw_dataset *families = isw_datasets(&count);
  while (strcmp(families[row].row.name, is_npy ? "npy" : "idx") != 0) row++;
  struct isw_choice choice = isw_choice_default(&families[row].row, row);
  bool as_targets = bytes[0] & 2;
  choice.value[0].text = inputs;
  choice.value[1].text = as_targets ? inputs : targets;
  choice.value[2].number = bytes[0] >> 2 & 3 ? (bytes[0] >> 2 & 3) - 1 : 2;
  choice.value[3].text = choice.value[4].text = "";
  choice.value[8].number = bytes[0] >> 4 & 1;
  struct isw_data data = {0};
  struct isw_error error = {0};
  enum isw_status status = isw_dataset_load(&choice, 1, "/", &data, &error);
  if (status != ISW_OK && !*isw_error_text(&error)) abort();
  if (status == ISW_OK && (data.train_samples == 0 || data.features == 0)) abort();
  isw_data_destroy(&data);
  isw_error_clear(&error);
  return 0;
}
