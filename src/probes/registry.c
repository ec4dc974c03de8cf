/* The table of all probes, generated from probes.def. */
#include "probes_internal.h"

static const struct isw_probe *const registry[] = {
#define ISW_PROBE(name) &isw_probe_##name,
#include "probes.def"
#undef ISW_PROBE
};

const struct isw_probe *const *isw_probes(size_t *count)
{
  *count = sizeof registry / sizeof registry[0];
  return registry;
}
