/* What is in a results file, counted and sorted. Time is linear in the networks; memory is some 40 bytes a network, however
 * many records they have, and up to 40 for each cell or value of an axis. */
#ifndef INITSWEEP_SUMMARY_H
#define INITSWEEP_SUMMARY_H
#include "initsweep/engine.h"
#include "initsweep/results.h"

enum {
  ISW_FINALS = 3,       /* loss, accuracy, and what the cells are ranked by */
  ISW_TRAJECTORY = 100, /* networks of a cell, the first of its replicates, whose trajectories are read */
};

#define ISW_NO_CODE UINT32_MAX /* an enumerator has to fit an int */

/* A coordinate that takes more than one value, "the choice has no such parameter" (NaN) apart. */
struct isw_summary_axis {
  const char *name;
  bool text;
  size_t count;
  double *number; /* [count] ascending */
  char **label;   /* [count] of a text, in order of appearance */
};

/* A quantity at each network's end: the last record, or of a network that a rule stopped before it the last that it has. */
struct isw_final {
  const char *name;
  bool larger;   /* is better */
  double *value; /* [networks] NaN: no number */
};

struct isw_spread {
  double median, lowest, highest; /* of the numbers that are there; NaN where none is */
};

/* Networks of one value of an axis. */
struct isw_group {
  size_t value; /* of the axis; its count: no such parameter */
  uint64_t networks, diverged;
  struct isw_spread final[ISW_FINALS];
};

/* Networks that differ in their replicate alone; missing and skipped ones are left out. */
struct isw_cell {
  uint64_t first; /* network */
  uint64_t networks, diverged;
  double median[ISW_FINALS]; /* a diverged network and one without a number count as the worst there is: infinite */
  double *trajectory;        /* [records] median loss, a diverged network as infinite; NULL where there is none */
};

struct isw_summary {
  struct isw_results *results;
  uint64_t networks, ended[ISW_SKIPPED + 1]; /* by status */
  uint8_t *status;                           /* [networks] */
  size_t axis_count;
  struct isw_summary_axis *axes;
  size_t final_count; /* 0: nothing to rank by */
  struct isw_final finals[ISW_FINALS];
  struct isw_spread spread[ISW_FINALS];   /* of all networks */
  size_t by;                              /* of finals: what cells are ranked by */
  const struct isw_summary_axis *grouped; /* init, else the first axis that is not the replicate; NULL: none */
  size_t group_count;
  struct isw_group *groups;
  uint64_t cell_count;
  size_t best_count, worst_count; /* no cell is in both */
  struct isw_cell *best, *worst;  /* the best first; the worst first */
};

/* Reads a file that is open, which the caller keeps open as long.
 * by: a quantity with one number a network or a record; NULL: accuracy, else loss. top: cells at each end.
 * isw_summary_clear releases it, also after an error. */
enum isw_status isw_summary_read(struct isw_results *results, const char *by, size_t top, struct isw_summary *summary,
                                 struct isw_error *error);
void isw_summary_clear(struct isw_summary *summary);

/* Shows on stdout how a run gets on, until its results file is whole: a line that is redrawn on a terminal, elsewhere, or as one JSON
 * object, a line for every change. Reads only.
 * given: the results file's name or the run's folder. every: seconds between two looks.
 * *file: the results file's name, on the heap. ISW_BAD_INPUT where there is neither file nor folder, ISW_FAILED where the run goes
 * away and leaves no file. */
enum isw_status isw_follow(const char *given, double every, bool json, char **file, struct isw_error *error);
#endif
