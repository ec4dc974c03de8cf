/** @file What `show`, `plan` and `show --follow` say, as data, and the writers of the data as text and as JSON. */
#ifndef INITSWEEP_SUMMARY_H
#define INITSWEEP_SUMMARY_H
#include "initsweep/cost.h"
#include "initsweep/journal.h"
#include "initsweep/results.h"

/* ---- the content of a results file ------------------------------------------------------------------------------- */

enum {
  ISW_FINALS_MAX = 3,      /**< loss, accuracy, and what the cells are ranked by */
  ISW_TRAJECTORY_MAX = 100 /**< networks of a cell, its first replicates, whose trajectories are read */
};

/** A coordinate with more than one value, not counting "the choice has no such parameter" (NaN). */
struct isw_summary_axis {
  const char *name;
  bool text;
  size_t count;   /**< values */
  double *number; /**< [count] ascending; NULL of a text */
  char **label;   /**< [count] of a text, in order of appearance; else NULL */
};

/** A quantity of each network at its end: at the last record or, if a rule stopped the network before, at its own
 *  last one. */
struct isw_summary_final {
  const char *name;
  bool larger_is_better;
  double *value; /**< [networks] NaN: no number */
};

/** Of the numbers that are not NaN; NaN where there is none. */
struct isw_summary_spread {
  double median, lowest, highest;
};

/** The networks with one value of an axis. */
struct isw_summary_group {
  size_t value; /**< index of the axis's value; the axis's count: no such parameter */
  uint64_t networks, diverged;
  struct isw_summary_spread final[ISW_FINALS_MAX];
};

/** The networks that differ in their replicate only, without missing and skipped ones. */
struct isw_summary_cell {
  uint64_t first; /**< its first network */
  uint64_t networks, diverged;
  double median[ISW_FINALS_MAX]; /**< a diverged network, or one without a number, counts as the worst: infinite */
  double *trajectory;            /**< [records] median loss, infinite for a diverged network; NULL: not read */
};

/** What a results file holds, counted and sorted. */
struct isw_summary {
  struct isw_results *results;                    /**< the caller's */
  uint64_t networks, ended[ISW_NETWORK_STATUSES]; /**< ended: by enum isw_network_status */
  uint8_t *status;                                /**< [networks] enum isw_network_status */
  size_t axis_count;
  struct isw_summary_axis *axes;
  size_t final_count; /**< 0: nothing to rank by */
  struct isw_summary_final finals[ISW_FINALS_MAX];
  struct isw_summary_spread spread[ISW_FINALS_MAX]; /**< over all networks */
  size_t ranked_by;                                 /**< index in finals */
  const struct isw_summary_axis *grouped;           /**< init, else the first axis but the replicate; NULL: none */
  size_t group_count;
  struct isw_summary_group *groups;
  uint64_t cell_count;                   /**< all cells of the grid */
  size_t best_count, worst_count;        /**< no cell is in both */
  struct isw_summary_cell *best, *worst; /**< the best first; the worst first */
};

/** Reads an open results file. Time is linear in the networks; memory is about 40 bytes per network, whatever their
 *  records, and up to 40 bytes per cell and per value of an axis.
 *  @param[in]  results  kept open by the caller for as long as the summary is used
 *  @param[in]  by       a quantity with one number per network or per record; NULL: accuracy, else loss
 *  @param[in]  top      cells to keep at each end
 *  @param[out] summary  isw_summary_clear releases it, also after an error
 *  @return ISW_BAD_INPUT where the file has no such quantity, or is too large to be summarised. */
enum isw_status isw_summary_read(struct isw_results *results, const char *by, size_t top, struct isw_summary *summary,
                                 struct isw_error *error);
void isw_summary_clear(struct isw_summary *summary);

/** How text is laid out. */
struct isw_summary_page {
  FILE *out;
  size_t table_width; /**< columns of tables */
  size_t text_width;  /**< columns of running text; SIZE_MAX: lines are not broken */
  bool color, utf8;   /**< utf8: trajectories are drawn as blocks, else written as numbers */
};
/** The layout that suits stdout: tables of at most 100 columns; running text is broken on a terminal only. */
struct isw_summary_page isw_summary_page_of_stdout(void);
/** Writes a summary for people. file: the name that the user gave. */
void isw_summary_write_text(const struct isw_summary *summary, const char *file, const struct isw_summary_page *page);
/** Writes it as one JSON object. */
void isw_summary_write_json(const struct isw_summary *summary, const char *file, FILE *out);

/* ---- a run in progress ------------------------------------------------------------------------------------------- */

enum isw_follow_state {
  ISW_FOLLOW_STARTING, /**< the folder does not say yet what is trained */
  ISW_FOLLOW_RUNNING,
  ISW_FOLLOW_STOPPED, /**< no process holds the run's lock */
  ISW_FOLLOW_WRITING, /**< all networks are finished, the results file is not complete */
  ISW_FOLLOW_DONE
};
/** What a run has done so far. */
struct isw_follow_view {
  enum isw_follow_state state;
  uint64_t networks; /**< of the sweep */
  uint64_t finished;
  uint64_t ended[ISW_NETWORK_STATUSES]; /**< by enum isw_network_status */
  bool refined; /**< the sweep refines its grid: fewer networks than `networks` may be trained */
  double rate;  /**< networks per second since the run was first seen running; 0: not known */
};
/** Follows a run from another process: reads its folder and takes no lock. */
struct isw_follow;
/** @param[in] given  the results file's name OUT, or the run's folder OUT.parts
 *  ISW_BAD_INPUT where it is another folder. isw_follow_destroy releases it. */
enum isw_status isw_follow_create(const char *given, struct isw_follow **follow, struct isw_error *error);
/** Looks once. ISW_BAD_INPUT where there is neither file nor folder at the first look, ISW_FAILED where the run has
 *  ended without a results file. */
enum isw_status isw_follow_look(struct isw_follow *follow, struct isw_follow_view *view, struct isw_error *error);
/** The results file's name; owned by follow. */
const char *isw_follow_file(const struct isw_follow *follow);
void isw_follow_destroy(struct isw_follow *follow);

/** Where looks are shown: JSON, one object per line; or a line that is redrawn on a terminal, else one line per
 *  change. */
struct isw_follow_display {
  FILE *out;
  bool json, redraws, color;
  bool used;                    /**< something was shown */
  struct isw_follow_view shown; /**< the last that was */
};
/** Shows a look, unless nothing has changed and the line is not redrawn. */
void isw_follow_show(struct isw_follow_display *display, const struct isw_follow_view *view);
/** Erases the line where it was redrawn. */
void isw_follow_end(struct isw_follow_display *display);

/* ---- an estimate of a run ---------------------------------------------------------------------------------------- */

/** Writes an estimate for people. all_classes: every class of packs, not the most expensive ones only. ISW_FAILED where
 *  memory ran out. */
enum isw_status isw_plan_write_text(const struct isw_estimate *estimate, bool all_classes, FILE *out,
                                    struct isw_error *error);
/** Writes it as one JSON object. */
void isw_plan_write_json(const struct isw_estimate *estimate, bool all_classes, FILE *out);
#endif
