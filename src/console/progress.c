/* Progress of a run on stderr: a bar on a terminal, an occasional line in a log. */
#include "initsweep/console.h"
#include <string.h>
#include <unistd.h>

enum { BAR_MIN = 10, BAR_MAX = 40 };                  /* columns */
static const double LINE_EVERY = 30, BAR_EVERY = 0.1; /* seconds */

void isw_progress_start(struct isw_progress *progress, bool quiet)
{
  progress->shown = !quiet;
  progress->bar = isw_terminal_redraws(STDERR_FILENO);
  progress->color = isw_terminal_color(STDERR_FILENO);
  progress->start = isw_clock();
  progress->last =
      progress->bar ? 0 : progress->start; /* the bar appears at once, the first line of a log after 30 s */
}

double isw_progress_seconds(const struct isw_progress *progress)
{
  return isw_clock() - progress->start;
}

void isw_progress_draw(FILE *out, bool color, double share, const char *const *phrases, size_t count)
{
  size_t columns = isw_terminal_width(fileno(out)), width = (columns > 0 ? columns : 80) - 1, used = 7; /* " 42 % " */
  size_t shown = 0, kept = 0; /* kept for the bar, once the first phrase is there */
  while (shown < count && used + kept + strlen(phrases[shown]) + 2 <= width) {
    used += strlen(phrases[shown++]) + 2;
    kept = BAR_MIN + 3;
  }
  size_t bar = width >= used + kept ? width - used - 3 : 0;
  if (bar > BAR_MAX) bar = BAR_MAX;
  fprintf(out, "\r%3.0f %% ", 100 * share);
  if (bar > 0) {
    size_t full = (size_t)(share * (double)bar);
    fprintf(out, "[%s", color ? "\033[32m" : "");
    for (size_t i = 0; i < bar; i++) fputc(i < full ? '#' : '-', out);
    fprintf(out, "%s] ", color ? "\033[0m" : "");
  }
  for (size_t i = 0; i < shown; i++) fprintf(out, "%s%s", i ? ", " : "", phrases[i]);
  fprintf(out, "\033[K");
  fflush(out);
}

void isw_progress_erase(FILE *out)
{
  fprintf(out, "\r\033[K");
}

static void show(struct isw_progress *progress, double share, const char *const *phrases, size_t count)
{
  double time = isw_clock();
  if (!progress->shown || time - progress->last < (progress->bar ? BAR_EVERY : LINE_EVERY)) return;
  progress->last = time;
  if (progress->bar) {
    isw_progress_draw(stderr, progress->color, share, phrases, count);
    progress->drawn = true;
    return;
  }
  fprintf(stderr, "initsweep: %.0f %%", 100 * share);
  for (size_t i = 0; i < count; i++) fprintf(stderr, ", %s", phrases[i]);
  fprintf(stderr, "\n");
}

void isw_progress_show(struct isw_progress *progress, uint64_t networks, uint64_t diverged, uint64_t network_steps,
                       double cost)
{
  double seconds = isw_progress_seconds(progress);
  if (seconds <= 0) return;
  double rate = (double)networks / seconds;
  /* by cost: the most expensive packs come first, so the number of networks would overestimate the time left, and none
   * is finished for as long as the first packs take */
  double share = progress->cost > 0 ? cost / progress->cost : 1;
  if (share > 1) share = 1;
  double before = progress->networks > 0 ? (double)progress->before / (double)progress->networks : 0;
  double all = before + (1 - before) * share;

  char number[ISW_NUMBER_SIZE], phrases[5][96];
  snprintf(phrases[0], sizeof phrases[0], "%llu of %llu networks", (unsigned long long)(progress->before + networks),
           (unsigned long long)progress->networks);
  snprintf(phrases[1], sizeof phrases[1], "ETA %s",
           share > 0 ? isw_format_duration(seconds * (1 - share) / share, number) : "?");
  snprintf(phrases[2], sizeof phrases[2], "%s networks/s", isw_format_si(rate, number));
  snprintf(phrases[3], sizeof phrases[3], "%llu diverged", (unsigned long long)diverged);
  snprintf(phrases[4], sizeof phrases[4], "%s network-steps/s", isw_format_si((double)network_steps / seconds, number));
  const char *list[] = {phrases[0], phrases[1], phrases[2], phrases[3], phrases[4]};
  show(progress, all, list, networks > 0 ? 5 : 2); /* no rates before the first pack is finished */
}

void isw_progress_write(struct isw_progress *progress, uint64_t written)
{
  const char *const list[] = {"writing the results file"};
  show(progress, progress->networks > 0 ? (double)written / (double)progress->networks : 1, list, 1);
}

void isw_progress_end(struct isw_progress *progress)
{
  if (progress->drawn) isw_progress_erase(stderr);
  progress->drawn = false;
}
