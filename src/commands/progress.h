/* Progress on stderr: a bar on a terminal, a line now and then in a log. */
#ifndef INITSWEEP_COMMANDS_PROGRESS_H
#define INITSWEEP_COMMANDS_PROGRESS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct isw_progress {
  bool shown, bar, color; /* bar: a terminal; else a line every 30 s */
  bool drawn;             /* a bar stands on the terminal's last line */
  double start, last;     /* seconds of the monotonic clock */
  uint64_t networks;      /* of the sweep */
  uint64_t before;        /* of these, done before this run */
  double cost;            /* of the packs that this run has to do, by the cost model */
};

/* quiet: nothing is shown. */
void isw_progress_start(struct isw_progress *progress, bool quiet);
/* What this run has done so far; cost: of its packs. */
void isw_progress_show(struct isw_progress *progress, uint64_t networks, uint64_t diverged, uint64_t network_steps,
                       double cost);
/* Writing the results file: `written` networks of all. */
void isw_progress_write(struct isw_progress *progress, uint64_t written);
/* Wipes the bar, so that other lines can be printed. */
void isw_progress_end(struct isw_progress *progress);
/* One line of a terminal, drawn over the last one and cut to the width: the bar takes what the words leave, the last words go first. */
void isw_progress_draw(FILE *out, bool color, double share, const char *const *words, size_t count);
/* Wipes that line. */
void isw_progress_wipe(FILE *out);
/* Seconds since the start. */
double isw_progress_seconds(const struct isw_progress *progress);
#endif
