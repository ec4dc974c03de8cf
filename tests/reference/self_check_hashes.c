/* Prints src/engine/self_check.def: the hashes that the self-check before a training expects.
 *
 *   self_check_hashes > self_check.def     after a new row, or a new version of the bits; then move it to src/engine */
#include <inttypes.h>
#include <stdio.h>
#include "initsweep/engine.h"

static void print(void *context, const char *name, uint64_t hash)
{
  (void)context;
  printf("ISW_CHECK(\"%s\", 0x%016" PRIx64 ")\n", name, hash);
}

int main(void)
{
  const struct isw_kernels *kernels;
  struct isw_error error = {0};
  puts("/* The hashes of self_check.c, as tests/reference/self_check_hashes.c prints them. */");
  enum isw_status status = isw_kernels_choose("portable", &kernels, &error);
  if (status == ISW_OK) status = isw_kernels_hashes(kernels, print, NULL, &error);
  if (status != ISW_OK) fprintf(stderr, "%s\n", isw_error_text(&error));
  isw_error_clear(&error);
  return (int)status;
}
