/** @file Probes: quantities measured at a record. One row of the registry is one probe, one file a probe. */
#ifndef INITSWEEP_PROBES_H
#define INITSWEEP_PROBES_H
#include "initsweep/engine.h"

/** All probes; *count is their number. The sweep-file check, `list`, docs and tests read this registry. */
const struct isw_probe *const *isw_probes(size_t *count);
#endif
