/** @file What running is: packs to train, levels of a refinement, extensions, export of the results file, and saved runs. */
#ifndef INITSWEEP_RUN_H
#define INITSWEEP_RUN_H
#include "initsweep/cluster.h"
#include "initsweep/console.h"
#include "initsweep/journal.h"
#include "initsweep/results.h"
#include "initsweep/sweep.h"

/* What `run` gives the cluster room: how packs are made, and where their outcomes go. */

/* A pack with what the engine does not know of it. */
struct isw_training_pack {
  struct isw_pack *pack;
  size_t count, layers, records;
  const uint64_t *record_steps; /* [records], the sweep's */
  bool kept;                    /* a checkpoint of it is there */
  uint64_t turn;                /* in the queue */
  uint64_t number[ISW_LANES_MAX], id[ISW_LANES_MAX];
};
struct isw_training {
  const struct isw_sweep *sweep;
  const struct isw_kernels *kernels;
  enum isw_precision real;
  struct isw_packs *packs;
  uint64_t stride; /* between packs that follow each other in the queue; 1 but in tests of the order */
  const struct isw_probe *const *probes; /* [probe_count], the sweep's */
  size_t probe_count;
  struct isw_samples **samples; /* [datasets][losses], NULL where no class has both */
  size_t losses;
  struct isw_training_pack *made; /* [threads][ISW_MAX_PACKS_UNDER_WAY] each worker's, under way; pack NULL: none */
  size_t threads;
  struct isw_journal *journal; /* the rank's own */
  const char *folder;          /* of the journal, for checkpoints; NULL: none are kept */
  unsigned rank;
  double checkpoint_seconds;
  uint64_t *checkpoints; /* [checkpoint_count] first networks of packs that have one, ascending */
  size_t checkpoint_count;
  struct isw_index *index;      /* rank 0: what was done before; NULL: nothing */
  struct isw_progress progress; /* rank 0 */
};

/* Makes packs and samples ready for `threads` workers; destroy releases it, also after an error. */
enum isw_status isw_training_create(struct isw_training *training, const struct isw_sweep *sweep, size_t threads,
                                    struct isw_error *error);
/* From now on the packs hold these networks only; subset, a bit a network, is kept by the caller. */
enum isw_status isw_training_restrict(struct isw_training *training, const uint64_t *subset, struct isw_error *error);
void isw_training_destroy(struct isw_training *training);
/* What each class's packs cost by this machine's model where it is in the cache, else by the built-in one; on the heap, [classes],
 * NULL where memory ran out. For rank 0, whose numbers all ranks then give isw_packs_order. */
double *isw_training_costs(const struct isw_training *training);
/* From now on packs under way are kept in `folder` every `seconds` (0: only when a signal comes), and those of the
 * list, which it takes over, go on from there. folder is kept by the caller. */
void isw_training_keeps(struct isw_training *training, const char *folder, unsigned rank, double seconds,
                        uint64_t *checkpoints, size_t count);
/* Makes a pack of networks that are alike in what shapes the computation, with the sweep's recording; the caller destroys
 * made->pack. Thread-safe. */
enum isw_status isw_training_pack(const struct isw_training *training, size_t count, const uint64_t *numbers,
                                  struct isw_training_pack *made, struct isw_error *error);
/* What a network of a trained pack left; points into the pack. */
struct isw_finished isw_training_outcome(const struct isw_training_pack *made, size_t lane);
/* The same as the cluster room takes it; points into training. */
struct isw_work isw_training_work(struct isw_training *training);

/* A sweep that refines its grid (refine:), as `run` trains it: level by level, each from what the one before has found. */

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

/* From a sweep and its journal to the results file. */

/* What varies from run to run. */
struct isw_run_facts {
  const char *command_line, *kernels, *hosts;
  size_t ranks, threads;
  char start[ISW_NUMBER_SIZE]; /* UTC, ISO 8601 */
  double seconds;
  struct isw_work_totals done;
};
/* Probes as the results room takes them, on the heap: [count]. */
struct isw_quantity *isw_quantities(const struct isw_probe *const *probes, size_t count);
/* Writes the results file of a sweep. absent: what networks that the index lacks are, missing or skipped; extends: the
 * sweep whose results file is replaced, beside that of the same sweep; 0: none. */
enum isw_status isw_outcome_write(const char *path, const struct isw_sweep *sweep, struct isw_index *index,
                                  const struct isw_run_facts *facts, enum isw_network_status absent, uint64_t extends,
                                  struct isw_progress *progress, struct isw_error *error);

/* A results file together with the sweep that it carries, so that its networks can be trained again. */

struct isw_stored {
  const char *path;
  struct isw_results *results;
  struct isw_sweep *sweep;               /* of the file's settings */
  const struct isw_probe *const *probes; /* that the file has, [probe_count]; the sweep's */
  struct isw_quantity *quantities;       /* the same as the results room takes them */
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

/* A grid that grew: networks finished under the smaller sweep, taken over by their identity. */

/* Both write the finished networks of the sweep before into a new journal file of `sweep` in the folder `parts`, synced.
 * Identities are hashes of 64 bits: the networks' settings are compared too. ISW_BAD_INPUT where precision, quantities,
 * kept weights or recorded steps differ, or a finished network is not in the new grid: nothing finished is dropped.
 * *reused grows by the networks taken over. */

/* From the journal in `parts` itself, whose sweep `before` describes. Writes now->other, so that until the caller has
 * written `now` and removed the old journal files, either sweep finds its own. */
enum isw_status isw_extend_journal(const char *parts, const struct isw_run_manifest *before,
                                   struct isw_run_manifest *now, const struct isw_sweep *sweep, uint64_t *reused,
                                   struct isw_error *error);
/* From a results file. folder: where relative paths of its data start. */
enum isw_status isw_extend_file(const char *path, const char *parts, const char *folder, const struct isw_sweep *sweep,
                                uint64_t *reused, struct isw_error *error);
#endif
