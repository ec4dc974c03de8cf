/* initsweep show --follow: reads what `run` writes, its journal, while it writes it. Who asks does not disturb: no lock is taken, and the
 * run's folder is looked at every few seconds. */
#include "initsweep/summary.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "initsweep/journal.h"
#include "initsweep/results.h"
#include "initsweep/console.h"

enum state { BEGINS, RUNNING, STOPPED, WRITING, DONE };
static const char *const state_names[] = {"begins", "running", "stopped", "writing", "done"}; /* of JSON */

enum { LOOKS_WITHOUT_ANY = 3 }; /* a shared file system may show that the folder has gone before it shows the file */

struct follow {
  char *file, *parts; /* the results file, and the run's folder */
  bool json, redraws, color;
  struct isw_watch *watch; /* NULL: the folder says not yet what is trained */
  uint64_t identity, networks;
  bool refined; /* fewer networks than that may be trained */
  enum state state;
  struct isw_watched now;
  size_t missed;   /* looks that have found nothing */
  double since;    /* seconds of the monotonic clock when it began to run, */
  uint64_t before; /* and the networks that were done then */
  bool shown;
  enum state shown_state;
  uint64_t shown_finished;
};

static bool is_folder(const char *path)
{
  struct stat about;
  return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

/* OUT or OUT.parts, with slashes at its end or without: both names. */
static enum isw_status name_both(struct follow *follow, const char *given, struct isw_error *error)
{
  static const char suffix[] = ".parts";
  size_t length = strlen(given), end = sizeof suffix - 1;
  while (length > 1 && given[length - 1] == '/') length--;
  bool folder = length > end && memcmp(given + length - end, suffix, end) == 0;
  struct isw_text file = {0}, parts = {0};
  isw_text_add(&file, "%.*s", (int)(folder ? length - end : length), given);
  isw_text_add(&parts, "%s%s", file.bytes ? file.bytes : "", suffix);
  follow->file = file.bytes;
  follow->parts = parts.bytes;
  if (!file.bytes || !parts.bytes) return isw_error_memory(error, length, "a path");
  if (!folder && is_folder(file.bytes))
    return isw_error_set(error, ISW_BAD_INPUT,
                         "'%s' is a folder\n  give the results file OUT that the run writes, or its folder OUT.parts",
                         file.bytes);
  return ISW_OK;
}

/* A run has begun, or another one in its place: what it trains. */
static enum isw_status open_run(struct follow *follow, const struct isw_run_manifest *origin, struct isw_error *error)
{
  const struct isw_overrides overrides = {(const char **)origin->overrides, origin->override_count};
  struct isw_sweep *sweep = NULL;
  isw_watch_destroy(follow->watch);
  follow->watch = NULL;
  enum isw_status status =
      isw_load_sweep(origin->file, origin->folder, origin->text, strlen(origin->text), &overrides, &sweep, error);
  if (status == ISW_OK) {
    follow->identity = origin->identity;
    follow->networks = isw_sweep_networks(sweep);
    follow->refined = isw_sweep_levels(sweep) > 0;
    status = isw_watch_create(follow->parts, origin->identity, follow->networks,
                              isw_precision_bytes(isw_sweep_precision(sweep)), &follow->watch, error);
  }
  isw_sweep_destroy(sweep);
  return status;
}

/* The results file as the last word, where it is this run's and no network is missing. */
static bool is_whole(struct follow *follow)
{
  struct isw_results *results;
  struct isw_error ignored = {0};
  uint64_t ended[ISW_SKIPPED + 1] = {0};
  bool whole = isw_results_open(follow->file, &results, &ignored) == ISW_OK;
  if (whole) {
    whole = (!follow->watch || isw_results_identity(results) == follow->identity) &&
            isw_count_ended(results, ended, &ignored) == ISW_OK && ended[ISW_MISSING] == 0;
    if (whole) follow->networks = isw_results_networks(results);
    isw_results_close(results);
  }
  isw_error_clear(&ignored);
  if (!whole) return false;
  follow->now.finished = 0;
  for (size_t i = 0; i <= ISW_SKIPPED; i++) {
    follow->now.ended[i] = ended[i];
    if (i != ISW_SKIPPED) follow->now.finished += ended[i];
  }
  return true;
}

static void enter(struct follow *follow, enum state state)
{
  if (state == RUNNING && follow->state != RUNNING) {
    follow->since = isw_clock();
    follow->before = follow->now.finished;
  }
  follow->state = state;
}

/* Without the run's folder: it is done, it has not begun, or it has left nothing. */
static enum isw_status look_at_file(struct follow *follow, struct isw_error *error)
{
  if (access(follow->file, F_OK) == 0) {
    if (is_whole(follow)) {
      follow->state = DONE;
      return ISW_OK;
    }
    if (!follow->watch)
      return isw_error_set(error, ISW_BAD_INPUT,
                           "'%s' is no whole results file, and there is no folder '%s': no run is under way\n"
                           "  `initsweep show %s` shows what is in it",
                           follow->file, follow->parts, follow->file);
  }
  if (!follow->shown)
    return isw_error_set(error, ISW_BAD_INPUT,
                         "there is neither a results file '%s' nor the folder '%s' of a run\n"
                         "  give OUT as in `initsweep run ... -o OUT`, once the run has begun",
                         follow->file, follow->parts);
  if (++follow->missed < LOOKS_WITHOUT_ANY) return ISW_OK;
  return isw_error_set(error, ISW_FAILED, "the run has ended and left no results file '%s': no network was finished",
                       follow->file);
}

static enum isw_status look(struct follow *follow, struct isw_error *error)
{
  if (!is_folder(follow->parts)) return look_at_file(follow, error);
  follow->missed = 0;
  struct isw_run_manifest origin;
  bool there;
  enum isw_status status = isw_run_manifest_read(follow->parts, &origin, &there, error);
  if (status == ISW_OK && there && (!follow->watch || origin.identity != follow->identity))
    status = open_run(follow, &origin, error);
  isw_run_manifest_clear(&origin);
  if (status != ISW_OK || !follow->watch) return status;
  status = isw_watch_look(follow->watch, &follow->now, error);
  if (status != ISW_OK) return status;
  if (isw_lock_held(follow->parts))
    enter(follow, follow->now.finished == follow->networks ? WRITING : RUNNING);
  else
    enter(follow, access(follow->file, F_OK) == 0 && is_whole(follow) ? DONE : STOPPED);
  return ISW_OK;
}

/* Networks a second since the run was first seen to run; 0: not known yet. */
static double rate_of(const struct follow *follow)
{
  double seconds = isw_clock() - follow->since;
  bool known = follow->state == RUNNING && follow->now.finished > follow->before && seconds > 0;
  return known ? (double)(follow->now.finished - follow->before) / seconds : 0;
}

static void print_json(const struct follow *follow, double rate)
{
  char time[32];
  isw_utc(time);
  uint64_t left = follow->networks - follow->now.finished;
  printf("{\"time\": \"%s\", \"state\": \"%s\", \"networks\": %llu, \"finished\": %llu, \"completed\": %llu, "
         "\"stopped\": %llu, \"diverged\": %llu, \"networks_per_second\": ",
         time, state_names[follow->state], (unsigned long long)follow->networks,
         (unsigned long long)follow->now.finished, (unsigned long long)follow->now.ended[ISW_COMPLETED],
         (unsigned long long)follow->now.ended[ISW_STOPPED], (unsigned long long)follow->now.ended[ISW_DIVERGED]);
  if (rate > 0)
    printf("%.6g, \"eta_seconds\": ", rate);
  else
    printf("null, \"eta_seconds\": ");
  if (rate > 0 && !follow->refined)
    printf("%.6g}\n", (double)left / rate);
  else
    printf("null}\n");
}

static void show(struct follow *follow)
{
  bool changed =
      !follow->shown || follow->state != follow->shown_state || follow->now.finished != follow->shown_finished;
  if (!changed && (follow->json || !follow->redraws)) return;
  follow->shown = true;
  follow->shown_state = follow->state;
  follow->shown_finished = follow->now.finished;
  double rate = rate_of(follow);
  if (follow->json) {
    print_json(follow, rate);
    fflush(stdout);
    return;
  }
  char words[5][96], number[ISW_NUMBER];
  const char *list[5];
  size_t count = 0;
  double share = follow->networks > 0 ? (double)follow->now.finished / (double)follow->networks : 0;
  if (follow->state != BEGINS)
    snprintf(words[count++], sizeof *words, "%llu of %s%llu networks", (unsigned long long)follow->now.finished,
             follow->refined && follow->state != DONE ? "at most " : "", (unsigned long long)follow->networks);
  if (follow->state != RUNNING) {
    static const char *const texts[] = {"the run begins", "", "stopped: no process has the run's lock",
                                        "writing the results file", "done"};
    snprintf(words[count++], sizeof *words, "%s", texts[follow->state]);
  }
  if (rate > 0 && !follow->refined)
    snprintf(words[count++], sizeof *words, "ETA %s",
             isw_duration((double)(follow->networks - follow->now.finished) / rate, number));
  if (rate > 0) snprintf(words[count++], sizeof *words, "%s networks/s", isw_si(rate, number));
  if (follow->state != BEGINS)
    snprintf(words[count++], sizeof *words, "%llu diverged", (unsigned long long)follow->now.ended[ISW_DIVERGED]);
  for (size_t i = 0; i < count; i++) list[i] = words[i];
  if (follow->redraws) {
    isw_progress_draw(stdout, follow->color, share, list, count);
    return;
  }
  printf("%llu %%", (unsigned long long)(follow->networks > 0 ? 100 * follow->now.finished / follow->networks : 0));
  for (size_t i = 0; i < count; i++) printf(", %s", list[i]);
  printf("\n");
  fflush(stdout);
}

enum isw_status isw_follow(const char *given, double every, bool json, char **file, struct isw_error *error)
{
  struct follow follow = {.json = json,
                          .redraws = !json && isw_terminal_redraws(STDOUT_FILENO),
                          .color = isw_terminal_color(STDOUT_FILENO)};
  const struct timespec pause = {(time_t)every, (long)((every - floor(every)) * 1e9)};
  enum isw_status status = name_both(&follow, given, error);
  while (status == ISW_OK) {
    status = look(&follow, error);
    if (status != ISW_OK) break;
    show(&follow);
    if (follow.state == DONE) break;
    nanosleep(&pause, NULL);
  }
  if (follow.redraws && follow.shown) isw_progress_wipe(stdout);
  isw_watch_destroy(follow.watch);
  free(follow.parts);
  *file = follow.file;
  return status;
}
