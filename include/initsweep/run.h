/** @file What the commands run, gather, verify and replay do, as functions: settings in, a report out. Nothing is
 *  printed, except by the caller's reporter and as progress on stderr. */
#ifndef INITSWEEP_RUN_H
#define INITSWEEP_RUN_H
#include "initsweep/cluster.h"
#include "initsweep/console.h"
#include "initsweep/sweep.h"

/* ---- run --------------------------------------------------------------------------------------------------------- */

/** What a run does with what an earlier run has left. */
enum isw_resume {
  ISW_RESUME_AUTO,  /**< continues the same sweep; another sweep is an error */
  ISW_RESUME_NEVER, /**< trains every network again */
  ISW_RESUME_EXTEND /**< also takes over the networks of a smaller grid */
};

/** The same on every rank. Texts are the caller's. */
struct isw_run_settings {
  const char *file; /**< the sweep file */
  const char *out;  /**< the results file; NULL: the sweep's name and .h5 */
  struct isw_overrides overrides;
  enum isw_resume resume;
  bool quiet;                /**< no progress */
  size_t threads;            /**< per rank; 0: isw_cluster_threads decides */
  double checkpoint_seconds; /**< between two checkpoints of a pack in training; 0: only after a signal */
  const char *command_line;  /**< for the provenance */
  /** For tests: turn t of the queue is pack t * pack_stride modulo the packs; at most 1000; 0 and 1: their order. */
  uint64_t pack_stride;
  struct isw_reporter reporter; /**< used on rank 0 */
};

/** What a run has done; on rank 0. */
struct isw_run_report {
  char *out;             /**< the results file as the user knows it */
  uint64_t networks;     /**< of the sweep, or of the file where it was complete */
  bool already_complete; /**< the results file held the whole sweep; nothing was done */
  struct isw_work_totals trained;
  double seconds; /**< of the training */
};

/** Trains every network of a sweep that is not finished yet and writes the results file. Collective.
 *  @param[out] report  isw_run_report_clear releases it, also after an error
 *  @return ISW_INTERRUPTED after a signal: the message says what is kept. ISW_BAD_INPUT where the sweep file is
 *          wrong, or the output or its journal belongs to another sweep. The message is rank 0's. */
enum isw_status isw_run(struct isw_cluster *cluster, const struct isw_run_settings *settings,
                        struct isw_run_report *report, struct isw_error *error);
void isw_run_report_clear(struct isw_run_report *report);

/* ---- gather ------------------------------------------------------------------------------------------------------ */

struct isw_gather_report {
  uint64_t networks, finished; /**< of the sweep; of these, in the results file */
  uint64_t damaged;            /**< journal entries that were left out */
};
/** Writes the networks that a run has finished so far as a results file; the others are ISW_MISSING. The run may be
 *  in progress.
 *  @param[in] parts         the run's folder OUT.parts, which is only read
 *  @param[in] out           the results file; one of the same sweep is replaced
 *  @param[in] command_line  for the provenance
 *  @return ISW_BAD_INPUT where `parts` is no such folder, its data have changed, or `out` holds another sweep. */
enum isw_status isw_gather(const char *parts, const char *out, const char *command_line,
                           struct isw_gather_report *report, struct isw_error *error);

/* ---- verify ------------------------------------------------------------------------------------------------------ */

struct isw_verify_settings {
  const char *file;   /**< the results file */
  const char *folder; /**< where relative paths of data start; NULL: the file's folder */
  bool all;           /**< every network; else a random sample spread over the grid */
  size_t sample;      /**< networks of the sample */
  size_t threads;
};
struct isw_verify_report {
  uint64_t networks;                    /**< trained networks of the file */
  uint64_t ended[ISW_NETWORK_STATUSES]; /**< all of them, by enum isw_network_status */
  uint64_t misdescribed;                /**< datasets and attributes that do not follow from the settings; if there are
                                              any, nothing is trained and the numbers above are 0 */
  uint64_t same, different;
  bool gathered_early; /**< no network is trained, and it is `gather` that wrote the file */
};
/** Compares everything in a results file that follows from its settings (isw_results_check), for all networks. Then
 *  trains networks again and compares status, steps and every stored bit. What differs in the settings, and the first
 *  ten networks that differ, are reported as warnings. That something differs is no error. ISW_BAD_INPUT where the
 *  file's settings do not describe its sweep any more. */
enum isw_status isw_verify(const struct isw_verify_settings *settings, const struct isw_reporter *reporter,
                           struct isw_verify_report *report, struct isw_error *error);

/* ---- replay ------------------------------------------------------------------------------------------------------ */

struct isw_replay_settings {
  const char *file;   /**< the results file */
  const char *folder; /**< where relative paths of data start; NULL: the file's folder */
  uint64_t network;
  bool every_step;    /**< a record at every step */
  const char *steps;  /**< "0,10,100": records at these steps, the first and the last; NULL: the file's */
  const char *probes; /**< "loss,accuracy": quantities; NULL: the file's */
};
/** One network of a results file, trained again. */
struct isw_replay;
/** Trains the network. isw_replay_destroy releases it. ISW_BAD_INPUT where there is no such network, or the recording
 *  is wrong. */
enum isw_status isw_replay_create(const struct isw_replay_settings *settings, struct isw_replay **replay,
                                  struct isw_error *error);
/** Writes its records as CSV, one per line, each number with enough digits for every bit. False where `out` refuses. */
bool isw_replay_write_csv(const struct isw_replay *replay, FILE *out);
/** Compares it with the stored network: status, steps, final weights, and all quantities at the records that both have.
 *  @param[out] steps    that it was trained
 *  @param[out] numbers  that were compared
 *  @return ISW_FAILED where a bit differs; ISW_BAD_INPUT where the file has no values of the network. */
enum isw_status isw_replay_compare(const struct isw_replay *replay, uint64_t *steps, uint64_t *numbers,
                                   struct isw_error *error);
void isw_replay_destroy(struct isw_replay *replay);
#endif
