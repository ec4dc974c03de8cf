/* Follows a run from another process: reads the journal while `run` writes it, without taking the lock. Each look reads
 * only what is new. follow_show.c shows the result. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "initsweep/sweep.h"
#include "summary/summary_internal.h"

/* A shared file system may show the folder's removal before the file, and a run that starts makes the folder first. */
enum { LOOKS_WITHOUT_ANY = 3 };

struct isw_follow {
  char *file, *parts;      /* the results file, and the run's folder */
  struct isw_watch *watch; /* NULL: the folder has no manifest yet */
  uint64_t identity;
  struct isw_follow_view view;
  size_t missed;   /* looks that have found neither file nor run */
  double since;    /* seconds of the monotonic clock when it was first seen running, */
  uint64_t before; /* and the networks that were finished then */
};

static bool is_folder(const char *path)
{
  struct stat about;
  return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

bool isw_follow_is_needed(const char *file)
{
  struct isw_text parts = {0};
  bool found =
      access(file, F_OK) != 0 && isw_text_add(&parts, "%s.parts", file) == ISW_OK && access(parts.bytes, F_OK) == 0;
  isw_text_clear(&parts);
  return found;
}

/* Derives both names from OUT or OUT.parts, with or without trailing slashes. */
static enum isw_status name_both(struct isw_follow *follow, const char *given, struct isw_error *error)
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

/* Opens a run that has started, perhaps replacing an earlier one, with its manifest. */
static enum isw_status open_run(struct isw_follow *follow, const struct isw_run_manifest *manifest,
                                struct isw_error *error)
{
  const struct isw_overrides overrides = {(const char **)manifest->overrides, manifest->override_count};
  struct isw_sweep *sweep = NULL;
  isw_watch_destroy(follow->watch);
  follow->watch = NULL;
  enum isw_status status = isw_load_stored_sweep(manifest->file, manifest->folder, manifest->text,
                                                 strlen(manifest->text), &overrides, &sweep, error);
  if (status == ISW_OK) {
    follow->identity = manifest->identity;
    follow->view.networks = isw_sweep_networks(sweep);
    follow->view.refined = isw_sweep_levels(sweep) > 0;
    status = isw_watch_create(follow->parts, manifest->identity, follow->view.networks,
                              isw_precision_bytes(isw_sweep_precision(sweep)), &follow->watch, error);
  }
  isw_sweep_destroy(sweep);
  return status;
}

/* Whether the results file is of this run and has all networks; then the file replaces the view of the journal. */
static bool is_complete(struct isw_follow *follow)
{
  struct isw_results *results;
  struct isw_error ignored = {0};
  uint64_t ended[ISW_NETWORK_STATUSES] = {0};
  bool complete = isw_results_open(follow->file, &results, &ignored) == ISW_OK;
  if (complete) {
    complete = (!follow->watch || isw_results_identity(results) == follow->identity) &&
               isw_count_ended(results, ended, &ignored) == ISW_OK && ended[ISW_MISSING] == 0;
    if (complete) follow->view.networks = isw_results_networks(results);
    isw_results_close(results);
  }
  isw_error_clear(&ignored);
  if (!complete) return false;
  follow->view.finished = 0;
  for (size_t i = 0; i <= ISW_SKIPPED; i++) {
    follow->view.ended[i] = ended[i];
    if (i != ISW_SKIPPED) follow->view.finished += ended[i];
  }
  return true;
}

static void set_state(struct isw_follow *follow, enum isw_follow_state state)
{
  if (state == ISW_FOLLOW_RUNNING && follow->view.state != ISW_FOLLOW_RUNNING) {
    follow->since = isw_clock();
    follow->before = follow->view.finished;
  }
  follow->view.state = state;
}

/* If there is no run folder, or one that no run uses, the run has finished, has not started, or has left nothing. */
static enum isw_status look_at_file(struct isw_follow *follow, struct isw_error *error)
{
  if (access(follow->file, F_OK) == 0) {
    if (is_complete(follow)) {
      follow->view.state = ISW_FOLLOW_DONE;
      return ISW_OK;
    }
    if (!follow->watch)
      return isw_error_set(error, ISW_BAD_INPUT,
                           "'%s' is not a complete results file, and there is no run in '%s': no run is in progress\n"
                           "  `initsweep show %s` shows what is in it",
                           follow->file, follow->parts, follow->file);
  }
  if (!follow->watch)
    return isw_error_set(error, ISW_BAD_INPUT,
                         "there is neither a results file '%s' nor a run in a folder '%s'\n"
                         "  give OUT as in `initsweep run ... -o OUT`, once the run has begun",
                         follow->file, follow->parts);
  if (++follow->missed < LOOKS_WITHOUT_ANY) return ISW_OK;
  return isw_error_set(error, ISW_FAILED, "the run has ended and left no results file '%s': no network was finished",
                       follow->file);
}

static enum isw_status look(struct isw_follow *follow, struct isw_error *error)
{
  struct isw_run_manifest manifest;
  bool there;
  if (!is_folder(follow->parts)) return look_at_file(follow, error);
  enum isw_status status = isw_run_manifest_read(follow->parts, &manifest, &there, error);
  if (status == ISW_OK && there && (!follow->watch || manifest.identity != follow->identity))
    status = open_run(follow, &manifest, error);
  isw_run_manifest_clear(&manifest);
  if (status == ISW_OK && !there && !isw_lock_held(follow->parts)) {
    bool may_start = access(follow->file, F_OK) != 0 && ++follow->missed < LOOKS_WITHOUT_ANY;
    return may_start ? ISW_OK : look_at_file(follow, error);
  }
  follow->missed = 0;
  if (status != ISW_OK || !follow->watch) return status;
  struct isw_watched now;
  status = isw_watch_look(follow->watch, &now, error);
  if (status != ISW_OK) return status;
  follow->view.finished = now.finished;
  memcpy(follow->view.ended, now.ended, sizeof now.ended);
  if (isw_lock_held(follow->parts))
    set_state(follow, follow->view.finished == follow->view.networks ? ISW_FOLLOW_WRITING : ISW_FOLLOW_RUNNING);
  else
    set_state(follow, access(follow->file, F_OK) == 0 && is_complete(follow) ? ISW_FOLLOW_DONE : ISW_FOLLOW_STOPPED);
  return ISW_OK;
}

/* Networks per second since the run was first seen running; 0: not known yet. */
static double measure_rate(const struct isw_follow *follow)
{
  const struct isw_follow_view *view = &follow->view;
  double seconds = isw_clock() - follow->since;
  bool known = view->state == ISW_FOLLOW_RUNNING && view->finished > follow->before && seconds > 0;
  return known ? (double)(view->finished - follow->before) / seconds : 0;
}

enum isw_status isw_follow_create(const char *given, struct isw_follow **follow, struct isw_error *error)
{
  *follow = isw_allocate(1, sizeof **follow);
  if (!*follow) return isw_error_memory(error, sizeof **follow, "a run to follow");
  enum isw_status status = name_both(*follow, given, error);
  if (status == ISW_OK) return ISW_OK;
  isw_follow_destroy(*follow);
  *follow = NULL;
  return status;
}

enum isw_status isw_follow_look(struct isw_follow *follow, struct isw_follow_view *view, struct isw_error *error)
{
  enum isw_status status = look(follow, error);
  if (status != ISW_OK) return status;
  *view = follow->view;
  view->rate = measure_rate(follow);
  return ISW_OK;
}

const char *isw_follow_file(const struct isw_follow *follow)
{
  return follow->file;
}

void isw_follow_destroy(struct isw_follow *follow)
{
  if (!follow) return;
  isw_watch_destroy(follow->watch);
  free(follow->file);
  free(follow->parts);
  free(follow);
}
