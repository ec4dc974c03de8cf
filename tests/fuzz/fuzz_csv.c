/* Bytes of a CSV file, after one byte that chooses the family's parameters. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "load_input.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
  static char path[] = "/tmp/fuzzcsvXXXXXX"; /* one file per process, overwritten each time */
  static int file = -1;
  if (file < 0) file = mkstemp(path);
  if (file < 0) abort();
  if (length == 0) return 0;
  if (ftruncate(file, 0) != 0 || pwrite(file, bytes + 1, length - 1, 0) != (ssize_t)(length - 1)) abort();
  size_t count, row = 0;
  const struct isw_dataset *const *families = isw_datasets(&count);
  while (strcmp(families[row]->row.name, "csv") != 0) row++;
  struct isw_choice choice = isw_choice_default(&families[row]->row, row);
  choice.value[0].text = path;
  size_t bits = bytes[0];
  for (size_t p = 1; p < isw_row_parameters(&families[row]->row); p++) {
    const struct isw_parameter *parameter = &families[row]->row.parameters[p];
    if (parameter->type == ISW_TEXT) {
      static const char *const targets[] = {"last", "1", "1,2", "y"};
      choice.value[p].text = targets[bits % 4];
      bits /= 4;
    } else if (parameter->type == ISW_WORD) {
      size_t words = 0;
      while (parameter->words[words]) words++;
      choice.value[p].number = (double)(bits % words);
      bits /= words;
    }
  }
  load_and_judge(&choice);
  return 0;
}
