/** @file Probes: quantities that are measured at records. Each row of the table is one probe; each family of probes has
 *  one source file. */
#ifndef INITSWEEP_PROBES_H
#define INITSWEEP_PROBES_H
#include "initsweep/engine.h"

/** All probes; *count is their number. The sweep-file check, `list`, docs and tests read this table. */
const struct isw_probe *const *isw_probes(size_t *count);
/** The weights themselves at the steps of record.weights: not in the table, as no sweep file lists it in
 *  record.probes. */
extern const struct isw_probe isw_probe_weights;
#endif
