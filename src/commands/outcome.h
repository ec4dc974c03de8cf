/* From a sweep and its journal to the results file. */
#ifndef INITSWEEP_COMMANDS_OUTCOME_H
#define INITSWEEP_COMMANDS_OUTCOME_H
#include "initsweep/cluster.h"
#include "initsweep/results.h"
#include "common.h"
#include "progress.h"

/* What varies from run to run. */
struct isw_run_facts {
  const char *command_line, *kernels, *hosts;
  size_t ranks, threads;
  char start[32]; /* UTC, ISO 8601 */
  double seconds;
  struct isw_work_done done;
};
/* The time now, UTC, ISO 8601. */
void isw_utc(char text[32]);
/* Probes as the results room takes them, on the heap: [count]. */
struct isw_quantity *isw_quantities(const struct isw_probe *const *probes, size_t count);
/* Writes the results file of a sweep. absent: what networks that the index lacks are, missing or skipped. */
enum isw_status isw_outcome_write(const char *path, const struct isw_sweep *sweep, struct isw_index *index,
                                  const struct isw_run_facts *facts, enum isw_network_status absent,
                                  struct isw_progress *progress, struct isw_error *error);
#endif
