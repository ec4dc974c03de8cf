/** @file The work of the commands run, gather, verify and replay as functions: settings in, a report out. They print
 *  nothing except through the caller's reporter and as progress on stderr. */
#ifndef INITSWEEP_RUN_H
#define INITSWEEP_RUN_H
#include "initsweep/cluster.h"
#include "initsweep/console.h"
#include "initsweep/sweep.h"

/* ---- run --------------------------------------------------------------------------------------------------------- */

/** How a run treats the networks and checkpoints of an earlier run. */
enum isw_resume {
  ISW_RESUME_AUTO,  /**< continues the same sweep; another sweep is an error */
  ISW_RESUME_NEVER, /**< trains every network again */
  ISW_RESUME_EXTEND /**< also keeps the networks of a smaller grid */
};

/** Settings of a run, equal on every rank. Texts are owned by the caller. */
struct isw_run_settings {
  const char *file; /**< the sweep file */
  const char *out;  /**< the results file; NULL: the sweep's name and .h5 */
  struct isw_overrides overrides;
  enum isw_resume resume;
  bool quiet;                /**< no progress */
  bool no_gather;            /**< leaves the journals, for isw_gather */
  size_t threads;            /**< per rank; 0: isw_cluster_threads decides */
  double checkpoint_seconds; /**< between two checkpoints of a pack in training; 0: only after a signal */
  const char *command_line;  /**< for the provenance */
  /** For tests, at most 1000: the queue's entry t is pack t * pack_stride modulo the number of packs. 0 and 1: the
   *  packs' own order. */
  uint64_t pack_stride;
  struct isw_reporter reporter; /**< used on rank 0 */
};

/** What a run has done. Set on rank 0. */
struct isw_run_report {
  char *out;             /**< the results file, as the user named it */
  uint64_t networks;     /**< of the sweep, or of the file if it was already complete */
  bool already_complete; /**< the results file contained the whole sweep, so nothing was done */
  bool not_gathered;     /**< with no_gather: the networks are in OUT.parts */
  struct isw_work_totals trained;
  double seconds; /**< of the training */
};

/** Trains every network of a sweep that is not finished yet and writes the results file. Collective.
 *  @param[out] report  release with isw_run_report_clear, also after an error
 *  @return ISW_INTERRUPTED after a signal; the message says what is kept. ISW_BAD_INPUT if the sweep file is invalid,
 *          or if the output or its journal belongs to another sweep. Rank 0 gets the message. */
enum isw_status isw_run(struct isw_cluster *cluster, const struct isw_run_settings *settings,
                        struct isw_run_report *report, struct isw_error *error);
void isw_run_report_clear(struct isw_run_report *report);

/* ---- gather ------------------------------------------------------------------------------------------------------ */

struct isw_gather_report {
  uint64_t networks, finished; /**< networks of the sweep; those in the results file */
  uint64_t damaged;            /**< journal entries that were skipped */
};
/** Writes the networks that a run has finished so far to a results file. The others get the status ISW_MISSING. The run
 *  may be in progress. Collective: all ranks read, compress and hash; rank 0 writes.
 *  @param[in]  parts         the run folder OUT.parts, which is only read
 *  @param[in]  out           the results file; a file of the same sweep is replaced
 *  @param[in]  command_line  for the provenance
 *  @param[in]  reporter      is told on rank 0 which journal files cannot be used and are left out
 *  @param[out] report        set on rank 0
 *  @return ISW_BAD_INPUT if `parts` is not a run folder, its data have changed, or `out` contains another sweep. Rank 0
 *          gets the message. */
enum isw_status isw_gather(struct isw_cluster *cluster, const char *parts, const char *out, const char *command_line,
                           const struct isw_reporter *reporter, struct isw_gather_report *report,
                           struct isw_error *error);

/* ---- verify ------------------------------------------------------------------------------------------------------ */

struct isw_verify_settings {
  const char *file;   /**< the results file */
  const char *folder; /**< base of relative paths of data; NULL: the file's folder */
  bool all;           /**< verify every network; else a random sample spread over the grid */
  size_t sample;      /**< number of networks of the sample */
  size_t threads;
};
struct isw_verify_report {
  uint64_t networks;                    /**< trained networks of the file */
  uint64_t ended[ISW_NETWORK_STATUSES]; /**< all of them, by enum isw_network_status */
  uint64_t misdescribed;                /**< datasets and attributes that do not follow from the settings; if there are
                                              any, nothing is trained and the numbers above are 0 */
  uint64_t same, different;
  bool gathered_early; /**< no network is trained, and the file was written by `gather` */
};
/** Compares everything in a results file that follows from its settings (isw_results_check), for all networks. Then
 *  trains networks again and compares status, steps and every stored bit. What differs in the settings, and the first
 *  ten networks that differ, are reported as warnings. A difference is not an error.
 *  @return ISW_BAD_INPUT if the file's settings no longer describe its sweep */
enum isw_status isw_verify(const struct isw_verify_settings *settings, const struct isw_reporter *reporter,
                           struct isw_verify_report *report, struct isw_error *error);

/* ---- replay ------------------------------------------------------------------------------------------------------ */

struct isw_replay_settings {
  const char *file;   /**< the results file */
  const char *folder; /**< base of relative paths of data; NULL: the file's folder */
  uint64_t network;
  bool every_step;    /**< make a record at every step */
  const char *steps;  /**< "0,10,100": records at these steps, the first and the last; NULL: as in the file */
  const char *probes; /**< "loss,accuracy": quantities; NULL: as in the file */
};
/** One network of a results file, trained again. */
struct isw_replay;
/** Trains the network again. Release the replay with isw_replay_destroy.
 *  @return ISW_BAD_INPUT if there is no such network, or if the steps or probes are invalid */
enum isw_status isw_replay_create(const struct isw_replay_settings *settings, struct isw_replay **replay,
                                  struct isw_error *error);
/** Writes the records as CSV, one per line. Numbers have enough digits to restore every bit. Returns false after a
 *  write error. */
bool isw_replay_write_csv(const struct isw_replay *replay, FILE *out);
/** Compares the replay with the stored network: status, steps, final weights, and all quantities at common records;
 *  those of probes with needs_previous_record only if the previous records are common, too.
 *  @param[out] steps    number of steps that were trained
 *  @param[out] numbers  number of values that were compared
 *  @return ISW_FAILED if a bit differs; ISW_BAD_INPUT if the file has no values of the network */
enum isw_status isw_replay_compare(const struct isw_replay *replay, uint64_t *steps, uint64_t *numbers,
                                   struct isw_error *error);
void isw_replay_destroy(struct isw_replay *replay);
#endif
