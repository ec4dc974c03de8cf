/* Bytes of a pair of arrays of one family, FAMILY, gzipped or not: one byte that chooses the parameters, the length of
 * the inputs' file in two bytes, the inputs' file, and the remaining bytes as the targets' file. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "load_input.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

/* One file per use and process, overwritten each time. */
static void write_file(char *path, int *file, const uint8_t *bytes, size_t length)
{
  if (*file <= 0) *file = mkstemp(path);
  if (*file < 0 || ftruncate(*file, 0) != 0 || pwrite(*file, bytes, length, 0) != (ssize_t)length) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
  static char inputs[] = "/tmp/fuzzinputsXXXXXX", targets[] = "/tmp/fuzztargetsXXXXXX";
  static int input_file, target_file;
  if (length < 3) return 0;
  size_t bits = bytes[0], first = (size_t)bytes[1] | (size_t)bytes[2] << 8;
  if (first > length - 3) first = length - 3;
  write_file(inputs, &input_file, bytes + 3, first);
  write_file(targets, &target_file, bytes + 3 + first, length - 3 - first);

  size_t count, row = 0;
  const struct isw_dataset *const *families = isw_datasets(&count);
  while (strcmp(families[row]->row.name, FAMILY) != 0) row++;
  struct isw_choice choice = isw_choice_default(&families[row]->row, row);
  for (size_t p = 0; p < isw_row_parameters(&families[row]->row); p++) {
    const struct isw_parameter *parameter = &families[row]->row.parameters[p];
    if (strcmp(parameter->name, "inputs") == 0) choice.value[p].text = inputs;
    if (strcmp(parameter->name, "targets") == 0) choice.value[p].text = targets;
    if (strcmp(parameter->name, "test_inputs") == 0) choice.value[p].text = bits & 0x80 ? inputs : "";
    if (strcmp(parameter->name, "test_targets") == 0) choice.value[p].text = bits & 0x80 ? targets : "";
    if (parameter->type == ISW_WORD) {
      size_t words = 0;
      while (parameter->words[words]) words++;
      choice.value[p].number = (double)((bits & 0x7f) % words);
      bits = (bits & 0x80) | (bits & 0x7f) / words;
    }
  }
  load_and_judge(&choice);
  return 0;
}
