/* A results file together with the sweep that it carries, so that its networks can be trained again. */
#ifndef INITSWEEP_COMMANDS_STORED_H
#define INITSWEEP_COMMANDS_STORED_H
#include "outcome.h"
#include "training.h"

struct isw_stored {
  const char *path;
  struct isw_results *results;
  struct isw_sweep *sweep;         /* of the file's settings */
  const struct isw_probe **probes; /* that the file has, [probe_count] */
  struct isw_quantity *quantities; /* the same as the results room takes them */
  size_t probe_count;
  size_t real_bytes;
  struct isw_keep_weights keep;
};

/* Opens a file and reads its settings; ISW_BAD_INPUT where they do not describe the file's sweep here (data that changed).
 * folder: where relative paths of data start; NULL: the file's folder. close releases it, also after an error. */
enum isw_status isw_stored_open(const char *path, const char *folder, struct isw_stored *stored,
                                struct isw_error *error);
void isw_stored_close(struct isw_stored *stored);
/* A second sweep of the file's settings, with overrides. */
enum isw_status isw_stored_sweep(const struct isw_stored *stored, const char *folder,
                                 const struct isw_overrides *overrides, struct isw_sweep **sweep,
                                 struct isw_error *error);
/* What the file holds of a network; points into buffers that the next call reuses. */
enum isw_status isw_stored_network(const struct isw_stored *stored, uint64_t number, struct isw_finished *finished,
                                   struct isw_error *error);
/* Adds the networks of a results file by how they ended. */
enum isw_status isw_count_ended(struct isw_results *results, uint64_t ended[ISW_SKIPPED + 1], struct isw_error *error);
#endif
