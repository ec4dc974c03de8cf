/* Without libFuzzer: passes each input of a corpus file to a target once. Such a file is a sequence of inputs, each
 * after its length in two bytes, little-endian (tests/fuzz/corpus.py makes it). */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int main(int argc, char **argv)
{
  FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
  if (!file) {
    fprintf(stderr, "usage: %s FILE.corpus\n", argv[0]);
    return 2;
  }
  size_t inputs = 0;
  for (int low; (low = getc(file)) != EOF; inputs++) {
    int high = getc(file);
    if (high == EOF) return 1;
    size_t length = (size_t)low | (size_t)high << 8;
    uint8_t *bytes = malloc(length > 0 ? length : 1); /* exact, so that a sanitizer detects reads beyond it */
    if (!bytes || fread(bytes, 1, length, file) != length) return 1;
    LLVMFuzzerTestOneInput(bytes, length);
    free(bytes);
  }
  fclose(file);
  printf("%zu inputs\n", inputs);
  return inputs > 0 ? 0 : 1;
}
