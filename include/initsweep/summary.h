/** @file What `show`, `plan` and `show --follow` report, as data, and the functions that write the data as text and as
 *  JSON. */
#ifndef INITSWEEP_SUMMARY_H
#define INITSWEEP_SUMMARY_H
#include "initsweep/cost.h"
#include "initsweep/journal.h"
#include "initsweep/results.h"

/* ---- the content of a results file ------------------------------------------------------------------------------- */

enum {
  ISW_FINALS_MAX = 3, /**< loss, accuracy, and the quantity by which cells are ranked */
  ISW_TRAJECTORY_MAX =
      100 /**< maximum number of networks of a cell, the first replicates, whose trajectories are read */
};

/** A coordinate with more than one value. NaN ("the choice has no such parameter") does not count as a value. */
struct isw_summary_axis {
  const char *name;
  bool text;
  size_t count;   /**< number of values */
  double *number; /**< [count] ascending; NULL if `text` */
  char **label;   /**< [count] in order of appearance if `text`; else NULL */
};

/** The final value of a quantity for each network: at the last record or, if a rule stopped the network before, at the
 *  network's own last record. */
struct isw_summary_final {
  const char *name;
  bool larger_is_better;
  double *value; /**< [networks]; NaN: no value */
};

/** Median and range of the numbers that are not NaN; NaN if there are none. */
struct isw_summary_spread {
  double median, lowest, highest;
};

/** The networks with one value of an axis. */
struct isw_summary_group {
  size_t value; /**< index of the value on the axis; axis.count: no such parameter */
  uint64_t networks, diverged;
  struct isw_summary_spread final[ISW_FINALS_MAX];
};

/** A cell: networks that differ only in their replicate, without missing and skipped ones. */
struct isw_summary_cell {
  uint64_t first; /**< number of its first network */
  uint64_t networks, diverged;
  struct isw_summary_spread final[ISW_FINALS_MAX]; /**< a network that diverged or has no value is infinitely bad */
  double *trajectory; /**< [records] median loss, infinite for a diverged network; NULL: not read */
};

/** The summary of a results file. */
struct isw_summary {
  struct isw_results *results;                    /**< the caller's */
  uint64_t networks, ended[ISW_NETWORK_STATUSES]; /**< ended: by enum isw_network_status */
  uint8_t *status;                                /**< [networks] enum isw_network_status */
  size_t axis_count;
  struct isw_summary_axis *axes;
  size_t final_count; /**< 0: the file has no quantity to rank by */
  struct isw_summary_final finals[ISW_FINALS_MAX];
  struct isw_summary_spread spread[ISW_FINALS_MAX]; /**< over all networks */
  size_t ranked_by;                                 /**< index in finals */
  const struct isw_summary_axis *grouped;           /**< init, else the first axis except replicate; NULL: none */
  size_t group_count;
  struct isw_summary_group *groups;
  uint64_t cell_count;                   /**< all cells of the grid */
  size_t best_count, worst_count;        /**< no cell is in both */
  struct isw_summary_cell *best, *worst; /**< the best first; the worst first */
};

/** Summarises an open results file. The time is linear in the number of networks. The memory is about 40 bytes per
 *  network, whatever the number of records, and up to 40 bytes per cell and per value of an axis.
 *  @param[in]  results  kept open by the caller for as long as the summary is used
 *  @param[in]  by       a quantity with one number per network or per record; NULL: accuracy, else loss
 *  @param[in]  top      number of best and of worst cells to keep
 *  @param[out] summary  release with isw_summary_clear, also after an error
 *  @return ISW_BAD_INPUT if the file has no such quantity or is too large to be summarised */
enum isw_status isw_summary_read(struct isw_results *results, const char *by, size_t top, struct isw_summary *summary,
                                 struct isw_error *error);
void isw_summary_clear(struct isw_summary *summary);

/** The layout of text output. */
struct isw_summary_page {
  FILE *out;
  size_t table_width; /**< columns of tables */
  size_t text_width;  /**< columns of running text; SIZE_MAX: no line breaks */
  bool color, utf8;   /**< utf8: draw trajectories as blocks; else write them as numbers */
};
/** The layout for stdout: tables of at most 100 columns; running text is wrapped on a terminal only. */
struct isw_summary_page isw_summary_page_of_stdout(void);
/** Writes a summary as text. `file` is the name that the user gave. */
void isw_summary_write_text(const struct isw_summary *summary, const char *file, const struct isw_summary_page *page);
/** Writes a summary as one JSON object. */
void isw_summary_write_json(const struct isw_summary *summary, const char *file, FILE *out);

/** Prints the sweep file inside a results file to stdout: as its user wrote it, with a line on stderr if the run
 *  changed settings by --set; or with all settings as they were run. ISW_BAD_INPUT if the file has none. */
enum isw_status isw_summary_write_sweep(const char *file, bool settings, struct isw_error *error);

/** Writes what a run has found, in a few lines: how the networks ended if not all are complete, the best cell with the
 *  median and the range of its networks, and which commands show more. Cells are ranked by the first of test_accuracy,
 *  accuracy, test_loss and loss that the file has. Of a file whose networks times records are more than
 *  ISW_ANSWER_NUMBERS_MAX, and of one that cannot be read, it writes the commands only.
 *  @param[in] file  the results file, as the user named it */
void isw_summary_write_answer(const char *file, const struct isw_summary_page *page);
/** About 0.2 s of reading: a run should not end with a wait. */
enum { ISW_ANSWER_NUMBERS_MAX = 4000000 };

/* ---- a run in progress ------------------------------------------------------------------------------------------- */

enum isw_follow_state {
  ISW_FOLLOW_STARTING, /**< the folder has no manifest yet */
  ISW_FOLLOW_RUNNING,
  ISW_FOLLOW_STOPPED, /**< no process holds the run's lock */
  ISW_FOLLOW_WRITING, /**< all networks are finished, the results file is not complete */
  ISW_FOLLOW_DONE
};
/** The progress of a run. */
struct isw_follow_view {
  enum isw_follow_state state;
  uint64_t networks; /**< of the sweep */
  uint64_t finished;
  uint64_t ended[ISW_NETWORK_STATUSES]; /**< by enum isw_network_status */
  bool refined; /**< the sweep refines its grid: fewer networks than `networks` may be trained */
  double rate;  /**< networks per second since the run was first seen running; 0: unknown */
};
/** Follows a run from another process. It reads the run folder and takes no lock. */
struct isw_follow;
/** Whether a results file is not there, but the folder of its run is. */
bool isw_follow_is_needed(const char *file);
/** Starts to follow a run. Release with isw_follow_destroy.
 *  @param[in] given  the results file's name OUT, or the run folder OUT.parts
 *  @return ISW_BAD_INPUT if `given` is a folder of another kind */
enum isw_status isw_follow_create(const char *given, struct isw_follow **follow, struct isw_error *error);
/** Reads the present progress.
 *  @return ISW_BAD_INPUT if there is neither file nor folder at the first call; ISW_FAILED if the run has ended without
 *          a results file */
enum isw_status isw_follow_look(struct isw_follow *follow, struct isw_follow_view *view, struct isw_error *error);
/** The results file's name; owned by follow. */
const char *isw_follow_file(const struct isw_follow *follow);
void isw_follow_destroy(struct isw_follow *follow);

/** Where and how progress is shown: as JSON, one object per line; or as text, in a line that is redrawn on a terminal,
 *  or else with one line per change. */
struct isw_follow_display {
  FILE *out;
  bool json, redraws, color;
  bool used;                    /**< something was shown */
  struct isw_follow_view shown; /**< what was shown last */
};
/** Shows the progress, unless nothing has changed and the line is not redrawn. */
void isw_follow_show(struct isw_follow_display *display, const struct isw_follow_view *view);
/** Erases the line if it was redrawn. */
void isw_follow_end(struct isw_follow_display *display);
/** Shows the progress on stdout, with a look every so many seconds, until the results file is complete, nothing more
 *  can be written, or a look fails. */
enum isw_status isw_follow_to_end(struct isw_follow *follow, double seconds, bool json, struct isw_error *error);

/* ---- an estimate of a run ---------------------------------------------------------------------------------------- */

/** Writes an estimate as text.
 *  @param[in] all_classes  show every class of packs instead of only the most expensive ones
 *  @return ISW_FAILED if memory cannot be allocated */
enum isw_status isw_plan_write_text(const struct isw_estimate *estimate, bool all_classes, FILE *out,
                                    struct isw_error *error);
/** Writes an estimate as one JSON object.
 *  @return ISW_FAILED if memory cannot be allocated */
enum isw_status isw_plan_write_json(const struct isw_estimate *estimate, bool all_classes, FILE *out,
                                    struct isw_error *error);
#endif
