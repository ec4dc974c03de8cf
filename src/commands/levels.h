/* A sweep that refines its grid (refine:), as `run` trains it: level by level, each from what the one before has found. */
#ifndef INITSWEEP_COMMANDS_LEVELS_H
#define INITSWEEP_COMMANDS_LEVELS_H
#include "training.h"

struct isw_levels {
  const struct isw_sweep *sweep;
  uint64_t *wanted; /* a bit a network, of all levels so far; rank 0 */
  uint64_t *now;    /* of this level; every rank */
  uint8_t *side;    /* [networks] of the boundary; rank 0 */
};

/* Memory for a sweep, on rank 0 (`first`) for all of it; isw_levels_clear in any case. */
enum isw_status isw_levels_make(struct isw_levels *levels, const struct isw_sweep *sweep, bool first,
                                struct isw_error *error);
void isw_levels_clear(struct isw_levels *levels);
/* Rank 0: from the networks of the level before, which `index` has, to those of `level`; *count is how many they are. */
enum isw_status isw_levels_next(struct isw_levels *levels, size_t level, struct isw_index *index,
                                const struct isw_probe *const *probes, size_t probe_count, uint64_t *count,
                                struct isw_error *error);
/* Networks of all levels so far. */
uint64_t isw_levels_count(const struct isw_levels *levels);
#endif
