/* A grid that grew: networks finished under the smaller sweep, taken over by their identity. */
#ifndef INITSWEEP_COMMANDS_EXTEND_H
#define INITSWEEP_COMMANDS_EXTEND_H
#include "initsweep/results.h"
#include "common.h"

/* Both write the finished networks of the sweep before into a new journal file of `sweep` in the folder `parts`, synced.
 * Identities are hashes of 64 bits: the networks' settings are compared too. ISW_BAD_INPUT where precision, quantities,
 * kept weights or recorded steps differ, or a finished network is not in the new grid: nothing finished is dropped.
 * *reused grows by the networks taken over. */

/* From the journal in `parts` itself, whose sweep `before` describes. Writes now->other, so that until the caller has
 * written `now` and removed the old journal files, either sweep finds its own. */
enum isw_status isw_extend_journal(const char *parts, const struct isw_origin *before, struct isw_origin *now,
                                   const struct isw_sweep *sweep, uint64_t *reused, struct isw_error *error);
/* From a results file. folder: where relative paths of its data start. */
enum isw_status isw_extend_file(const char *path, const char *parts, const char *folder, const struct isw_sweep *sweep,
                                uint64_t *reused, struct isw_error *error);
#endif
