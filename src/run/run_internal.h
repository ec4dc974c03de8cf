/** @file What the parts of the run room share: training packs, the state of a run, refinement, extension, export and
 *  saved runs. */
#ifndef RUN_INTERNAL_H
#define RUN_INTERNAL_H
#include "initsweep/journal.h"
#include "initsweep/results.h"
#include "initsweep/run.h"

/* ---- training packs of a sweep (training.c, work.c) -------------------------------------------------------------- */

/** A pack and what the engine does not know about it. */
struct isw_training_pack {
  struct isw_pack *pack;
  size_t count, layers, records, snapshots; /**< count: networks */
  const uint64_t *record_steps;             /**< [records], the sweep's */
  bool checkpointed;                        /**< it has a checkpoint file */
  uint64_t turn;                            /**< in the queue */
  uint64_t number[ISW_LANES_MAX], id[ISW_LANES_MAX];
};
/** What a rank needs to train the packs of a sweep. Empty when zero-initialised. */
struct isw_training {
  const struct isw_sweep *sweep;
  const struct isw_kernels *kernels;
  enum isw_precision precision;
  struct isw_packs *packs;
  uint64_t stride;        /**< turn t of the queue is pack t * stride modulo the packs; coprime to their number */
  uint64_t wanted_stride; /**< isw_run_settings.pack_stride */
  const struct isw_probe *const *probes; /**< [probe_count], the sweep's */
  size_t probe_count;
  struct isw_samples **samples; /**< [datasets][losses], NULL where no class has both */
  size_t losses;
  struct isw_training_pack *made; /**< [threads][ISW_MAX_PACKS_UNDER_WAY] of each worker; pack NULL: unused */
  size_t threads;
  bool merges;                 /**< whether packs wait to be merged with others */
  struct isw_journal *journal; /**< the rank's own */
  const char *folder;          /**< of checkpoints; NULL: none are written */
  unsigned rank;
  double checkpoint_seconds;
  struct isw_checkpointed *checkpoints; /**< [checkpoint_count] in the order of isw_checkpoint_networks */
  size_t checkpoint_count;
  struct isw_index *index;      /**< rank 0: finished before this run; NULL: nothing */
  struct isw_early *early;      /**< parts of the results file during the training; NULL: none */
  struct isw_progress progress; /**< rank 0 */
};

/** Prepares packs and samples for `threads` workers. isw_training_destroy releases them, also after an error.
 *  @param[in] stride  isw_run_settings.pack_stride */
enum isw_status isw_training_create(struct isw_training *training, const struct isw_sweep *sweep, size_t threads,
                                    uint64_t stride, struct isw_error *error);
/** Replaces the packs by packs of some networks only. subset: a bit set of networks, owned by the caller. */
enum isw_status isw_training_restrict(struct isw_training *training, const uint64_t *subset, struct isw_error *error);
void isw_training_destroy(struct isw_training *training);
/** Chooses the packs' layouts for a number of workers of all ranks by this machine's cached cost model, or by the
 *  built-in one (isw_cost_choose_layouts).
 *  @param[out] alone  [classes] on the heap */
enum isw_status isw_training_choose_layouts(const struct isw_training *training, size_t workers, uint64_t **alone,
                                            struct isw_error *error);
/** Divides the packs as chosen; once after they were made.
 *  @param[in] alone  [classes] as isw_packs_set_alone takes it */
enum isw_status isw_training_set_layouts(struct isw_training *training, const uint64_t *alone, struct isw_error *error);
/** The cost of a pack of each class by this machine's cached cost model, or by the built-in one. On the heap,
 *  [classes]; NULL if memory cannot be allocated. */
double *isw_training_costs(const struct isw_training *training);
/** Turns checkpoints on: packs in training are stored in `folder` every `seconds` (0: only after a signal), and packs
 *  with networks of the list continue from their checkpoints.
 *  @param[in] folder       kept by the caller
 *  @param[in] checkpoints  [count] from isw_checkpoint_networks; owned by training from now on */
void isw_training_use_checkpoints(struct isw_training *training, const char *folder, unsigned rank, double seconds,
                                  struct isw_checkpointed *checkpoints, size_t count);
/** Makes pack number `pack`, which records what the sweep requests; the caller destroys made->pack. Thread-safe. */
enum isw_status isw_training_pack(const struct isw_training *training, uint64_t pack, struct isw_training_pack *made,
                                  struct isw_error *error);
/** The outcome of a network of a trained pack; points into the pack. */
struct isw_finished isw_training_outcome(const struct isw_training_pack *made, size_t lane);
/** All packs as work for the cluster room; refers to training. */
struct isw_work isw_training_work(struct isw_training *training);

/* ---- refine: levels of a grid (refine.c) ------------------------------------------------------------------------- */

/** A sweep that refines its grid level by level, each chosen by the results of the previous one. */
struct isw_refinement {
  const struct isw_sweep *sweep;
  uint64_t *chosen; /**< bit set of networks: all levels so far; rank 0 */
  uint64_t *level;  /**< bit set of networks: this level; every rank */
  uint8_t *side;    /**< [networks] of the boundary; rank 0 */
};
/** Allocates for a sweep; isw_refinement_clear releases it, also after an error. first: on rank 0. */
enum isw_status isw_refinement_create(struct isw_refinement *refinement, const struct isw_sweep *sweep, bool first,
                                      struct isw_error *error);
void isw_refinement_clear(struct isw_refinement *refinement);
/** Rank 0: chooses the networks of a level.
 *  @param[in]  index   has the networks of the level before
 *  @param[in]  probes  [probe_count] of the sweep
 *  @param[out] count   networks of the level */
enum isw_status isw_refinement_choose(struct isw_refinement *refinement, size_t level, struct isw_index *index,
                                      const struct isw_probe *const *probes, size_t probe_count, uint64_t *count,
                                      struct isw_error *error);
/** Networks of all levels so far. */
uint64_t isw_refinement_count(const struct isw_refinement *refinement);

/* ---- the results file of a sweep (description.c, export.c) ------------------------------------------------------- */

/** The provenance, which varies from run to run. */
struct isw_run_facts {
  const char *command_line, *kernels, *hosts;
  const char *programs; /**< that have trained the networks, with their kernels */
  size_t ranks, threads;
  char start[ISW_NUMBER_SIZE]; /**< UTC, ISO 8601 */
  double seconds;
  struct isw_work_totals trained;
};
/** What a sweep determines of its results file without training. Must not be moved, because its head points to it. */
struct isw_description {
  struct isw_results_head head; /**< without provenance; absent is ISW_MISSING */
  const struct isw_sweep *sweep;
  struct isw_progress *progress; /**< of writing the file; NULL: none */
  struct isw_quantity *quantities;
  struct isw_coordinate *coordinates;
  struct isw_network *network; /**< the one computed last */
  struct isw_error error;      /**< of computing a network */
};
/** isw_description_clear releases it, also after an error. */
enum isw_status isw_description_create(struct isw_description *description, const struct isw_sweep *sweep,
                                       struct isw_error *error);
void isw_description_clear(struct isw_description *description);
/** The quantities of probes, on the heap: [count]; NULL if memory cannot be allocated. */
struct isw_quantity *isw_quantities(const struct isw_probe *const *probes, size_t count);
struct isw_early;
/** Writes the results file of a sweep from an index. Collective, with the same index on every rank.
 *  @param[in] cluster   NULL: this process alone
 *  @param[in] path      of rank 0; for messages on the others
 *  @param[in] early     what was written during the training, of rank 0; NULL: nothing
 *  @param[in] absent    the status of networks that the index lacks
 *  @param[in] replaces  identity of another sweep whose results file may be replaced, as one of the same sweep always
 *                       may; 0: none
 *  @param[in] progress  of rank 0; NULL on the others
 *  @return ISW_BAD_INPUT if the path holds anything else */
enum isw_status isw_export(struct isw_cluster *cluster, const char *path, const struct isw_sweep *sweep,
                           struct isw_index *index, struct isw_early *early, const struct isw_run_facts *facts,
                           enum isw_network_status absent, uint64_t replaces, struct isw_progress *progress,
                           struct isw_error *error);

/* ---- its parts on all ranks (assemble.c) ------------------------------------------------------------------------- */

/** Makes the parts of a results file from part number `first` on, and completes the file. Collective.
 *  @param[in] cluster  NULL: this process alone
 *  @param[in] writer   rank 0: with the parts before `first`, or NULL; completed or discarded
 *  @param[in] first    of rank 0 */
enum isw_status isw_assemble(struct isw_cluster *cluster, const char *path, const struct isw_results_head *head,
                             struct isw_index *index, struct isw_results_writer *writer, uint64_t first,
                             struct isw_error *error);
/** Reads the journals of a run folder, each rank some of them, into an index on every rank. Rank 0 reports files that
 *  cannot be used and are left out. Collective.
 *  @param[in] other  rank 0: isw_index_create_beside */
enum isw_status isw_index_on_ranks(struct isw_cluster *cluster, const char *parts, const struct isw_sweep *sweep,
                                   uint64_t other, const struct isw_reporter *reporter, struct isw_index **index,
                                   struct isw_error *error);

/* ---- its parts during the training (early.c) --------------------------------------------------------------------- */

/** Prepares to write parts of a results file while others train.
 *  @param[in]  index    kept, and completed with the networks of isw_early_add
 *  @param[in]  journal  of this rank
 *  @param[in]  parts    the folder of the journals of several ranks; NULL: there is one rank
 *  @param[out] early    NULL if the file has so few parts that it would save no time */
enum isw_status isw_early_create(const char *path, const struct isw_sweep *sweep, struct isw_index *index,
                                 const struct isw_journal *journal, const char *parts, uint64_t replaces,
                                 struct isw_early **early, struct isw_error *error);
/** Gives up what is written. NULL is allowed. */
void isw_early_destroy(struct isw_early *early);
/** Adds finished networks. offsets: from isw_journal_append_at. Thread-safe. */
void isw_early_add(struct isw_early *early, const struct isw_finished *networks, size_t count, const uint64_t *offsets);
/** Writes the next parts whose networks are all finished, unless another thread does. Thread-safe. */
void isw_early_write(struct isw_early *early);
/** After the training: looks for the last networks, and writes the last parts if they are few.
 *  @return whether all parts are written: no journal is needed any more */
bool isw_early_finish(struct isw_early *early);
/** The file so far, for the caller to complete or discard; NULL if it was given up.
 *  @param[out] next  the first part that it lacks */
struct isw_results_writer *isw_early_take(struct isw_early *early, uint64_t *next);
/** The description of the file. */
struct isw_description *isw_early_description(struct isw_early *early);

/* ---- a results file with its sweep (saved_run.c) ----------------------------------------------------------------- */

/** A results file together with the sweep that it describes, so that its networks can be trained again. */
struct isw_saved_run {
  const char *path; /**< the caller's */
  struct isw_results *results;
  struct isw_sweep *sweep;               /**< made from the file's settings */
  const struct isw_probe *const *probes; /**< of the file, [probe_count]; owned by the sweep */
  struct isw_quantity *quantities;       /**< [probe_count] */
  size_t probe_count;
  size_t real_bytes;
  struct isw_keep_weights keep;
};
/** Opens a file and reads its settings; ISW_BAD_INPUT if they do not describe the file's sweep (its data have changed),
 *  or if the file is of another version of the bits.
 *  @param[in]  folder  base of relative paths of data; NULL: the file's folder
 *  @param[out] saved   isw_saved_run_close releases it, also after an error */
enum isw_status isw_saved_run_open(const char *path, const char *folder, struct isw_saved_run *saved,
                                   struct isw_error *error);
void isw_saved_run_close(struct isw_saved_run *saved);
/** Makes another sweep from the file's settings and overrides. */
enum isw_status isw_saved_run_sweep(const struct isw_saved_run *saved, const char *folder,
                                    const struct isw_overrides *overrides, struct isw_sweep **sweep,
                                    struct isw_error *error);
/** What the file holds of a network; refers to buffers that the next call reuses. */
enum isw_status isw_saved_run_network(const struct isw_saved_run *saved, uint64_t number, struct isw_finished *finished,
                                      struct isw_error *error);

/* ---- a grid that grew (extend.c) --------------------------------------------------------------------------------- */

/** Both functions write the finished networks of an earlier, smaller sweep into a new journal file of `sweep` in the
 *  folder `parts`, and sync it. Networks are found by their identity, a hash of 64 bits, and their settings are
 *  compared, too. *reused grows by the number of networks copied. ISW_BAD_INPUT if precision, quantities, stored
 *  weights or recorded steps differ, or if a finished network is not in the new grid: no finished network is ever
 *  dropped. */

/** From the journal in `parts`, of the sweep that `before` describes. Until the caller has written `now` and removed
 *  the old journal files, the folder holds files of both sweeps, and each manifest contains the other's identity. */
enum isw_status isw_extend_journal(const char *parts, struct isw_run_manifest *before, struct isw_run_manifest *now,
                                   const struct isw_sweep *sweep, isw_left_out *left_out, void *context,
                                   uint64_t *reused, struct isw_error *error);
/** From a results file. folder: base of relative paths of its data. */
enum isw_status isw_extend_file(const char *path, const char *parts, const char *folder, const struct isw_sweep *sweep,
                                uint64_t *reused, struct isw_error *error);

/* ---- the names of a run's files, and what is there already (output.c) -------------------------------------------- */

/** On the heap. */
struct isw_run_output {
  char *out;         /**< the results file as the user named it */
  char *path;        /**< absolute, because ranks on other machines may start in other folders */
  char *parts;       /**< the journal's folder, absolute */
  bool present;      /**< there was a results file before this run */
  uint64_t replaced; /**< identity of the sweep that the results file holds and that this run replaces, with
                          --resume never or extend; 0: none */
};
/** Chooses the names of a run's files. wanted: NULL: the sweep's name and .h5. */
enum isw_status isw_run_output_create(const char *wanted, const char *sweep_name, struct isw_run_output *output,
                                      struct isw_error *error);
void isw_run_output_clear(struct isw_run_output *output);

enum isw_output_state {
  ISW_OUTPUT_ABSENT,     /**< there is no results file */
  ISW_OUTPUT_INCOMPLETE, /**< of this sweep, with networks missing */
  ISW_OUTPUT_COMPLETE,   /**< of this sweep */
  ISW_OUTPUT_OTHER       /**< of another sweep, to be extended */
};
/** Inspects a results file that may exist, and sets output->present and ->replaced. ISW_BAD_INPUT if something else is
 *  there, if the file cannot be read, or if it is of another sweep that is neither extended nor, with ISW_RESUME_NEVER,
 *  an earlier version of the same name; the message shows the difference.
 *  @param[in] file  the sweep file's name, for messages */
enum isw_status isw_run_output_inspect(struct isw_run_output *output, const char *file, const struct isw_sweep *sweep,
                                       enum isw_resume resume, enum isw_output_state *state, struct isw_error *error);
/** Removes the folder of a run of this sweep that was killed after completing its results file. */
void isw_run_output_remove_leftovers(const struct isw_run_output *output, const struct isw_sweep *sweep);

/* ---- a run (run.c, resume.c, train.c) --------------------------------------------------------------------------- */

/** A run in progress, on one rank. */
struct isw_run_state {
  const struct isw_run_settings *settings;
  struct isw_cluster *cluster;
  bool first; /**< rank 0 */
  char *text; /**< of the sweep file */
  size_t text_length;
  char *folder; /**< of the sweep file, absolute */
  struct isw_sweep *sweep;
  struct isw_run_output output; /**< out and path on rank 0 only */
  bool output_is_smaller;       /**< the results file is of another sweep, which is extended; rank 0 */
  struct isw_training training;
  struct isw_run_facts facts;
  char *kernels;            /**< of all ranks; rank 0 */
  struct isw_text programs; /**< the manifest's; rank 0 */
  struct isw_lock *lock;    /**< rank 0 */
  bool all_written;         /**< all parts of the results file, by rank 0 of several; the same on all ranks */
  bool keeps_folder;        /**< its manifest cannot be read: nothing is removed; rank 0 */
  uint64_t finished;        /**< networks in the journal, as far as rank 0 knows */
  uint64_t other_identity;  /**< of journal files to skip: an extension was interrupted; 0: none */
  struct isw_refinement refinement;
  uint64_t *remaining; /**< bit set of networks that an extension has not reused; NULL: all */
};
/** Rank 0: locks OUT.parts, writes the run's manifest there, and reads what is already finished. */
enum isw_status isw_run_resume(struct isw_run_state *run, struct isw_error *error);
/** An isw_left_out that reports a warning. context: a const struct isw_reporter * */
enum isw_status isw_report_left_out(void *context, const char *file, const char *reason, struct isw_error *error);
/** The index of the run's journal; files that cannot be used are reported and left out. */
enum isw_status isw_run_open_index(const struct isw_run_state *run, struct isw_index **index, struct isw_error *error);
/** Removes OUT.parts if it holds no journal and no checkpoint. */
void isw_run_leave_folder(const struct isw_run_state *run);
/** How an interrupted run is continued: "the same command", or another, which is then named. */
const char *isw_run_continuation(const struct isw_run_state *run);
/** After an early end: adds to the message what is kept and how to continue. */
void isw_run_describe_rest(struct isw_run_state *run, enum isw_status status, struct isw_error *error);
/** Trains the levels of a sweep that refines its grid. Collective. */
enum isw_status isw_run_refine(struct isw_run_state *run, struct isw_error *error);
/** Trains all packs. Collective. */
enum isw_status isw_run_train_packs(struct isw_run_state *run, struct isw_error *error);
/** Orders the packs by rank 0's costs, on all ranks. Collective. */
enum isw_status isw_run_share_costs(struct isw_run_state *run, struct isw_error *error);
#endif
