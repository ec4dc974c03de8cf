/* Bytes of a sweep file. Any bytes are either read or result in a message; what is read gives networks, and settings
 * that are read again as the same sweep. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "initsweep/sweep.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static struct isw_sweep *read_it(const char *bytes, size_t length, struct isw_error *error)
{
  const struct isw_sweep_source source = {
      .file = "fuzz.yaml", .folder = "/nonexistent", .bytes = bytes, .length = length};
  struct isw_sweep *sweep = NULL;
  enum isw_status status = isw_sweep_read(&source, &sweep, error);
  if ((status == ISW_OK) != (sweep != NULL)) abort();
  if (status != ISW_OK && !*isw_error_text(error)) abort();
  return sweep;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
  struct isw_error error = {0};
  struct isw_sweep *sweep = read_it((const char *)bytes, length, &error);
  if (sweep) {
    uint64_t networks = isw_sweep_networks(sweep);
    const uint64_t numbers[] = {0, networks / 2, networks - 1};
    for (size_t i = 0; i < 3 && networks > 0; i++) {
      struct isw_network *network = NULL;
      if (isw_sweep_network(sweep, numbers[i], &network, &error) == ISW_OK) isw_network_destroy(network);
    }
    const char *settings = isw_sweep_settings(sweep);
    struct isw_sweep *again = read_it(settings, strlen(settings), &error);
    if (!again || isw_sweep_identity(again) != isw_sweep_identity(sweep) || isw_sweep_networks(again) != networks) {
      fprintf(stderr, "%s\n%s\n", settings, isw_error_text(&error));
      abort();
    }
    isw_sweep_destroy(again);
  }
  isw_sweep_destroy(sweep);
  isw_error_clear(&error);
  return 0;
}
