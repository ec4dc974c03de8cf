/* initsweep run: trains every network of a sweep on all ranks and threads and leaves one results file. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "initsweep/commands.h"
#include "initsweep/console.h"
#include "initsweep/run.h"

struct run {
  /* from the command line */
  const char *file, *wanted_out;
  struct isw_overrides overrides;
  bool afresh, extend, quiet;
  size_t wanted_threads;
  double checkpoint_seconds;
  char *command_line;
  /* from rank 0, for all */
  char *text;
  size_t text_length;
  char *folder; /* of the sweep file, absolute */
  char *out;    /* as people read it */
  char *path;   /* absolute: ranks on other machines may start elsewhere */
  char *parts;  /* the journal's folder */
  struct isw_sweep *sweep;
  struct isw_training training;
  struct isw_run_facts facts;
  bool nothing_to_do;
  bool out_is_smaller;   /* OUT holds another sweep, to be extended */
  uint64_t smaller;      /* its identity */
  struct isw_lock *lock; /* rank 0 */
  uint64_t other;        /* identity of journal files to pass over */
  struct isw_levels levels;
  uint64_t *left; /* a bit a network that an extension has not taken over, for the packs; NULL: all */
};

static int handle(void *state, int code, const char *argument)
{
  struct run *run = state;
  switch (code) {
  case 'o': run->wanted_out = argument; break;
  case 's': return isw_overrides_add(&run->overrides, argument) ? 0 : ISW_FAILED;
  case 'r':
    if (strcmp(argument, "auto") != 0 && strcmp(argument, "never") != 0 && strcmp(argument, "extend") != 0)
      return isw_usage_error("run", "--resume wants auto, never or extend, not '%s'", argument);
    run->afresh = argument[0] == 'n';
    run->extend = argument[0] == 'e';
    break;
  case 't':
    run->wanted_threads = isw_parse_count("run", "--threads", argument);
    return run->wanted_threads > 0 ? 0 : ISW_BAD_INPUT;
  case 'c':
    if (!isw_parse_seconds(argument, 0, 1e6, &run->checkpoint_seconds))
      return isw_usage_error("run", "--checkpoint wants seconds from 0 to 1e6, not '%s'", argument);
    break;
  default: run->quiet = true; break;
  }
  return 0;
}

static enum isw_status share_text(struct isw_cluster *cluster, char **text, struct isw_error *error)
{
  size_t length = *text ? strlen(*text) : 0; /* on rank 0 */
  return isw_cluster_share(cluster, text, &length, error);
}

/* Rank 0 reads the sweep file; every rank has its bytes after it. */
static enum isw_status share_sweep(struct run *run, struct isw_cluster *cluster, struct isw_error *error)
{
  enum isw_status status = ISW_OK;
  if (isw_cluster_rank(cluster) == 0) {
    status = isw_file_read(run->file, ISW_SWEEP_FILE_LIMIT, ISW_ANY_FILE, &run->text, &run->text_length, error);
    if (status == ISW_OK) status = isw_absolute_folder_of(run->file, &run->folder, error);
  }
  status = isw_cluster_agree(cluster, status, error);
  if (status == ISW_OK) status = isw_cluster_share(cluster, &run->text, &run->text_length, error);
  if (status == ISW_OK) status = share_text(cluster, &run->folder, error);
  if (status != ISW_OK) return status;
  status = isw_load_sweep(run->file, run->folder, run->text, run->text_length, &run->overrides, &run->sweep, error);
  return isw_cluster_agree(cluster, status, error);
}

/* Names of the results file and the journal, on rank 0. */
static enum isw_status name_output(struct run *run, struct isw_error *error)
{
  struct isw_text out = {0}, parts = {0};
  if (run->wanted_out)
    isw_text_add(&out, "%s", run->wanted_out);
  else
    isw_text_add(&out, "%s.h5", isw_sweep_name(run->sweep));
  run->out = out.bytes;
  if (!run->out) return isw_error_memory(error, 1, "a path");
  const char *slash = strrchr(run->out, '/'), *name = slash ? slash + 1 : run->out;
  if (!name[0]) return isw_error_set(error, ISW_BAD_INPUT, "'%s' names a folder, not a results file", run->out);
  char *full = NULL;
  enum isw_status status = isw_absolute_folder_of(run->out, &full, error);
  if (status != ISW_OK) return status;
  run->path = isw_path_join(full, name);
  isw_text_add(&parts, "%s.parts", run->path ? run->path : "");
  free(full);
  run->parts = parts.bytes;
  return run->path && run->parts ? ISW_OK : isw_error_memory(error, 1, "a path");
}

/* A run that was killed after its last step has left its folder beside the whole file. */
static void remove_leftovers(const struct run *run)
{
  struct isw_run_manifest origin;
  struct isw_lock *lock = NULL;
  struct isw_error ignored = {0};
  bool there, unlocked;
  if (isw_run_manifest_read(run->parts, &origin, &there, &ignored) == ISW_OK && there &&
      origin.identity == isw_sweep_identity(run->sweep) &&
      isw_lock_take(run->parts, &lock, &unlocked, &ignored) == ISW_OK) {
    isw_output_remove_temporaries(run->path);
    isw_journal_remove(run->parts, &ignored);
  }
  isw_lock_release(lock);
  isw_run_manifest_clear(&origin);
  isw_error_clear(&ignored);
}

/* Looks at a results file that is there already, on rank 0. */
static enum isw_status look_at_output(struct run *run, struct isw_error *error)
{
  struct stat about;
  if (lstat(run->path, &about) != 0) return ISW_OK;
  if (stat(run->path, &about) != 0 || !S_ISREG(about.st_mode)) /* opening a FIFO would wait for its other end */
    return isw_error_set(error, ISW_BAD_INPUT, "'%s' is not a regular file: name another with -o", run->out);
  struct isw_results *results;
  struct isw_error reason = {0};
  enum isw_status status = isw_results_open(run->path, &results, &reason);
  if (status != ISW_OK) {
    isw_error_set(error, ISW_BAD_INPUT,
                  "'%s' is there and is not a results file that can be read (%s)\n"
                  "  name another with -o, or move it away",
                  run->out, isw_error_text(&reason));
    isw_error_clear(&reason);
    return ISW_BAD_INPUT;
  }
  uint64_t theirs = isw_results_identity(results), mine = isw_sweep_identity(run->sweep);
  if (theirs != mine && run->extend)
    run->out_is_smaller = true, run->smaller = theirs;
  else if (theirs != mine) {
    const char *title = isw_results_attribute(results, "title");
    status = isw_error_set(error, ISW_BAD_INPUT,
                           "'%s' holds another sweep: '%s' (%016llx), not '%s' (%016llx) as %s describes it\n",
                           run->out, title ? title : "?", (unsigned long long)theirs, isw_sweep_name(run->sweep),
                           (unsigned long long)mine, run->file);
    isw_error_add_difference(error, isw_results_attribute(results, "settings"), isw_sweep_settings(run->sweep));
    isw_text_add(&error->message, "  name another with -o, move it away, or, if the grid has grown: --resume extend");
  } else if (!run->afresh) {
    uint64_t ended[ISW_SKIPPED + 1] = {0};
    status = isw_count_ended(results, ended, error);
    run->nothing_to_do = status == ISW_OK && ended[ISW_MISSING] == 0; /* `gather` writes files of a part */
    if (run->nothing_to_do) remove_leftovers(run);
    if (status == ISW_OK && run->nothing_to_do && !run->quiet)
      printf("%s: holds this sweep already, %llu networks; nothing to do (--resume never trains it again)\n", run->out,
             (unsigned long long)isw_results_networks(results));
  }
  isw_results_close(results);
  return status;
}

static enum isw_status open_index(const struct run *run, struct isw_index **index, struct isw_error *error)
{
  return isw_index_create_beside(run->parts, isw_sweep_identity(run->sweep), run->other, isw_sweep_networks(run->sweep),
                                 isw_precision_bytes(isw_sweep_precision(run->sweep)), index, error);
}

/* The sweep file changed under its journal. */
static enum isw_status another_sweep(const struct run *run, const struct isw_run_manifest *origin,
                                     struct isw_error *error)
{
  isw_error_set(error, ISW_BAD_INPUT, "%s.parts is the journal of another sweep than %s describes now\n", run->out,
                run->file);
  isw_error_add_difference(error, origin->settings, isw_sweep_settings(run->sweep));
  isw_text_add(&error->message, "  give this run another output with -o, start afresh with --resume never, or, if the "
                                "grid has grown: --resume extend");
  return ISW_BAD_INPUT;
}

/* Makes OUT.parts/ this run's: the lock, and the sweep in it. */
static enum isw_status take_parts(struct run *run, struct isw_error *error)
{
  bool unlocked, there;
  struct isw_run_manifest origin = {0};
  enum isw_status status = isw_lock_take(run->parts, &run->lock, &unlocked, error);
  if (status == ISW_OK && unlocked)
    fprintf(stderr, "initsweep: this file system has no locks: see that no other run has the output %s\n", run->out);
  if (status == ISW_OK) {
    isw_output_remove_temporaries(run->path);
    status = run->afresh ? isw_journal_remove_contents(run->parts, error)
                         : isw_journal_remove_temporaries(run->parts, error);
  }
  if (status == ISW_OK) status = isw_run_manifest_read(run->parts, &origin, &there, error);
  if (status != ISW_OK) return status;
  uint64_t mine = isw_sweep_identity(run->sweep);
  bool changed = there && origin.identity != mine;
  if (changed && !run->extend)
    status = another_sweep(run, &origin, error);
  else if (there && !changed) {
    run->other = origin.other;
    if (origin.other) status = isw_journal_remove_identity(run->parts, origin.other, error);
  } else {
    struct isw_run_manifest now = {.identity = mine,
                                   .file = (char *)(uintptr_t)run->file,
                                   .folder = run->folder,
                                   .text = run->text,
                                   .settings = (char *)(uintptr_t)isw_sweep_settings(run->sweep),
                                   .overrides = (char **)(uintptr_t)run->overrides.text,
                                   .override_count = run->overrides.count};
    uint64_t reused = 0;
    if (changed) status = isw_extend_journal(run->parts, &origin, &now, run->sweep, &reused, error);
    if (status == ISW_OK && run->out_is_smaller)
      status = isw_extend_file(run->path, run->parts, origin.folder ? origin.folder : run->folder, run->sweep, &reused,
                               error);
    if (status == ISW_OK) status = isw_run_manifest_write(run->parts, &now, error);
    if (status == ISW_OK && changed) status = isw_journal_remove_identity(run->parts, origin.identity, error);
    if (status == ISW_OK) run->other = now.other;
  }
  isw_run_manifest_clear(&origin);
  return status;
}

/* What was done before, on rank 0. */
static enum isw_status resume(struct run *run, struct isw_error *error)
{
  struct isw_training *training = &run->training;
  training->progress.networks = isw_sweep_networks(run->sweep);
  enum isw_status status = take_parts(run, error);
  if (status != ISW_OK) return status;
  status = open_index(run, &training->index, error);
  if (status == ISW_BAD_INPUT) {
    struct isw_text more = {0};
    isw_text_add(&more, "%s\n  --resume never removes it and starts afresh; -o names another output",
                 isw_error_text(error));
    isw_error_set(error, status, "%s", more.bytes ? more.bytes : "");
    isw_text_clear(&more);
  }
  if (status != ISW_OK) return status;
  training->progress.before = isw_index_count(training->index);
  if (isw_index_damaged(training->index) > 0)
    fprintf(stderr, "initsweep: %llu damaged entries of %s.parts are left out: their networks are trained again\n",
            (unsigned long long)isw_index_damaged(training->index), run->out);
  return ISW_OK;
}

static void say_start(const struct run *run, const char *advice)
{
  const struct isw_training *training = &run->training;
  if (run->quiet) return;
  uint64_t networks = training->progress.networks, left = 0;
  if (run->left) left = isw_bits_count(run->left, networks);
  char part[ISW_NUMBER_SIZE + 16] = "";
  if (run->left) snprintf(part, sizeof part, "%llu of ", (unsigned long long)left);
  fprintf(stderr, "initsweep: %s: %s%llu networks in %llu packs on %zu rank%s of %zu thread%s, %s\n",
          isw_sweep_name(run->sweep), part, (unsigned long long)networks,
          (unsigned long long)isw_packs_count(training->packs), run->facts.ranks, run->facts.ranks == 1 ? "" : "s",
          run->facts.threads, run->facts.threads == 1 ? "" : "s", run->facts.kernels);
  if (training->progress.before > 0)
    fprintf(stderr, "initsweep: going on: %llu networks are done already\n",
            (unsigned long long)training->progress.before);
  const struct isw_reporter reporter = isw_stderr_reporter(false);
  isw_report_outside_data(&reporter, run->file, run->sweep);
  if (advice) fprintf(stderr, "initsweep: %s\n", advice);
  size_t packs = (size_t)isw_packs_count(training->packs);
  if (packs < run->facts.ranks)
    fprintf(stderr, "initsweep: %zu pack%s %zu rank%s busy, %zu rank%s idle\n", packs, packs == 1 ? " keeps" : "s keep",
            packs, packs == 1 ? "" : "s", run->facts.ranks - packs, run->facts.ranks - packs == 1 ? " is" : "s are");
}

/* Something else has got the name of the results file since the start. */
static enum isw_status say_where_networks_are(const struct run *run, struct isw_error *error)
{
  return isw_error_set(error, ISW_BAD_INPUT,
                       "%s\n  all networks are safe in %s.parts: move '%s' away and run the same command again, which "
                       "writes the file\n  without training, or write another: initsweep gather %s.parts -o FILE",
                       isw_error_text(error), run->out, run->out, run->out);
}

/* Journal -> results file, on rank 0. */
static enum isw_status write_results(struct run *run, struct isw_error *error)
{
  struct isw_index *index = NULL;
  enum isw_status status = open_index(run, &index, error);
  if (status != ISW_OK) return status;
  uint64_t networks = isw_sweep_levels(run->sweep) ? isw_levels_count(&run->levels) : isw_sweep_networks(run->sweep);
  if (isw_index_count(index) < networks)
    status =
        isw_error_set(error, ISW_FAILED, "%llu of %llu networks are missing in %s.parts: run again to train them",
                      (unsigned long long)(networks - isw_index_count(index)), (unsigned long long)networks, run->out);
  run->training.progress.networks = isw_sweep_networks(run->sweep); /* of which all are written */
  if (status == ISW_OK) {
    status = isw_outcome_write(run->path, run->sweep, index, &run->facts,
                               isw_sweep_levels(run->sweep) ? ISW_SKIPPED : ISW_MISSING, run->smaller,
                               &run->training.progress, error);
    if (status == ISW_BAD_INPUT) status = say_where_networks_are(run, error);
  }
  isw_progress_end(&run->training.progress);
  isw_index_destroy(index);
  if (status == ISW_OK) status = isw_journal_remove(run->parts, error);
  return status;
}

static void say_end(const struct run *run)
{
  char a[ISW_NUMBER_SIZE], b[ISW_NUMBER_SIZE], c[ISW_NUMBER_SIZE];
  const struct isw_work_totals *done = &run->facts.done;
  if (run->quiet) return;
  printf("%s: %llu networks", run->out, (unsigned long long)isw_sweep_networks(run->sweep));
  if (done->networks > 0)
    printf("; trained %llu (%llu diverged) in %s: %s network-steps, %s/s", (unsigned long long)done->networks,
           (unsigned long long)done->diverged, isw_format_duration(run->facts.seconds, a),
           isw_format_si((double)done->network_steps, b),
           isw_format_si((double)done->network_steps / run->facts.seconds, c));
  printf("\n");
}

/* Removes OUT.parts/ where this run has made it for nothing. */
static void leave_parts(const struct run *run)
{
  struct isw_error ignored = {0};
  if (run->lock) isw_journal_remove_dir_if_empty(run->parts, &ignored);
  isw_error_clear(&ignored);
}

/* After an end before the time: what is safe, and how to go on. */
static void say_rest(struct run *run, enum isw_status status, struct isw_error *error)
{
  struct isw_index *index = NULL;
  struct isw_text text = {0};
  uint64_t safe = 0, *under_way = NULL;
  size_t kept = 0;
  struct isw_error ignored = {0};
  if (open_index(run, &index, &ignored) == ISW_OK) safe = isw_index_count(index);
  isw_index_destroy(index);
  isw_error_clear(&ignored);
  isw_checkpoint_list(run->parts, &under_way, &kept, &ignored);
  isw_error_clear(&ignored);
  free(under_way);
  leave_parts(run);
  isw_text_add(&text, "%s; ", status == ISW_INTERRUPTED ? "interrupted" : isw_error_text(error));
  if (safe > 0)
    isw_text_add(&text, "%llu of %llu networks are safe in %s.parts, the same command goes on from there",
                 (unsigned long long)safe, (unsigned long long)isw_sweep_networks(run->sweep), run->out);
  else if (kept > 0)
    isw_text_add(&text, "no network was finished, %zu packs under way are kept in %s.parts: the same command goes on",
                 kept, run->out);
  else
    isw_text_add(&text, "no network was finished");
  isw_error_set(error, status, "%s", text.bytes ? text.bytes : "interrupted");
  isw_text_clear(&text);
}

/* Which packs have a checkpoint: rank 0 looks, so that the others need not ask the file system once a pack. */
static enum isw_status share_checkpoints(struct run *run, struct isw_cluster *cluster, struct isw_error *error)
{
  uint64_t *list = NULL;
  size_t count = 0;
  enum isw_status status = ISW_OK;
  if (isw_cluster_rank(cluster) == 0) status = isw_checkpoint_list(run->parts, &list, &count, error);
  status = isw_cluster_agree(cluster, status, error);
  size_t bytes = count * sizeof *list;
  char *raw = (char *)list;
  if (status == ISW_OK) status = isw_cluster_share(cluster, &raw, &bytes, error);
  if (status != ISW_OK) {
    free(list);
    return status;
  }
  isw_training_keeps(&run->training, run->parts, isw_cluster_rank(cluster), run->checkpoint_seconds, (uint64_t *)raw,
                     bytes / sizeof *list);
  return ISW_OK;
}

/* Packs of what an extension left to do: those of the whole grid would have finished networks in many of their lanes. Later runs
 * find the same packs, as what was taken over stays what it was. */
static enum isw_status leave_out_reused(struct run *run, struct isw_cluster *cluster, struct isw_error *error)
{
  const uint64_t *reused = run->training.index ? isw_index_reused(run->training.index) : NULL;
  uint64_t networks = isw_sweep_networks(run->sweep);
  size_t words = isw_bits_words(networks), bytes = 0;
  char *raw = NULL;
  enum isw_status status = ISW_OK;
  if (reused) {
    uint64_t *left = isw_allocate(words, sizeof *left);
    if (!left) status = isw_error_memory(error, words * sizeof *left, "the networks that are left");
    if (left) isw_bits_fill(left, networks);
    for (size_t w = 0; left && w < words; w++) left[w] &= ~reused[w];
    raw = (char *)left;
    bytes = left ? words * sizeof *left : 0;
  }
  status = isw_cluster_agree(cluster, status, error);
  if (status == ISW_OK) status = isw_cluster_share(cluster, &raw, &bytes, error);
  if (status != ISW_OK || bytes == 0) {
    free(raw);
    return status;
  }
  run->left = (uint64_t *)(void *)raw;
  return isw_cluster_agree(cluster, isw_training_restrict(&run->training, run->left, error), error);
}

/* The order of packs is rank 0's: its cost model decides, whatever the others' caches hold. */
static enum isw_status share_costs(struct run *run, struct isw_cluster *cluster, struct isw_error *error)
{
  size_t bytes = isw_packs_classes(run->training.packs) * sizeof(double), expected = bytes;
  char *raw = isw_cluster_rank(cluster) == 0 ? (char *)isw_training_costs(&run->training) : NULL;
  enum isw_status status = ISW_OK;
  if (isw_cluster_rank(cluster) == 0 && !raw) status = isw_error_memory(error, bytes, "the packs' costs");
  status = isw_cluster_agree(cluster, status, error);
  if (status == ISW_OK) status = isw_cluster_share(cluster, &raw, &bytes, error);
  if (status == ISW_OK && bytes != expected)
    status = isw_error_set(error, ISW_FAILED, "the ranks' classes of packs differ: are their programs the same?");
  status = isw_cluster_agree(cluster, status, error);
  if (status == ISW_OK) isw_packs_order(run->training.packs, (const double *)(const void *)raw);
  free(raw);
  return status;
}

/* Trains the packs as they stand. */
static enum isw_status work(struct run *run, struct isw_cluster *cluster, struct isw_error *error)
{
  struct isw_training *training = &run->training;
  struct isw_work_totals done, *all = &run->facts.done;
  training->progress.cost = 0;
  isw_progress_start(&training->progress, run->quiet);
  struct isw_work work = isw_training_work(training);
  enum isw_status status = isw_cluster_work(cluster, &work, &done, error);
  run->facts.seconds += isw_progress_seconds(&training->progress);
  isw_progress_end(&training->progress);
  all->packs += done.packs;
  all->networks += done.networks;
  all->diverged += done.diverged;
  all->network_steps += done.network_steps;
  all->messages += done.messages;
  return status;
}

/* Rank 0: the networks of a level, from what the journals say of the one before. */
static enum isw_status choose_level(struct run *run, size_t level, uint64_t *count, struct isw_error *error)
{
  struct isw_training *training = &run->training;
  enum isw_status status = ISW_OK;
  if (level > 0) {
    isw_index_destroy(training->index);
    training->index = NULL;
    status = open_index(run, &training->index, error);
  }
  if (status == ISW_OK)
    status =
        isw_levels_next(&run->levels, level, training->index, training->probes, training->probe_count, count, error);
  if (status != ISW_OK) return status;
  training->progress.before = isw_index_count(training->index);
  training->progress.networks = isw_levels_count(&run->levels);
  if (!run->quiet)
    fprintf(stderr, "initsweep: level %zu of %zu: %llu networks\n", level, isw_sweep_levels(run->sweep),
            (unsigned long long)*count);
  return ISW_OK;
}

/* refine: a level at a time, each where the one before has found a boundary. */
static enum isw_status work_by_levels(struct run *run, struct isw_cluster *cluster, struct isw_error *error)
{
  bool first = isw_cluster_rank(cluster) == 0;
  struct isw_levels *levels = &run->levels;
  enum isw_status status = isw_cluster_agree(cluster, isw_levels_make(levels, run->sweep, first, error), error);
  for (size_t level = 0; status == ISW_OK && level <= isw_sweep_levels(run->sweep); level++) {
    uint64_t count = 0;
    if (first) status = choose_level(run, level, &count, error);
    status = isw_cluster_agree(cluster, status, error);
    char *bits = (char *)levels->now;
    size_t bytes = isw_bits_words(isw_sweep_networks(run->sweep)) * sizeof *levels->now;
    if (status == ISW_OK) status = isw_cluster_share(cluster, &bits, &bytes, error);
    if (status != ISW_OK) break;
    if (!first) {
      memcpy(levels->now, bits, bytes);
      free(bits);
    }
    status = isw_cluster_agree(cluster, isw_training_restrict(&run->training, levels->now, error), error);
    if (status == ISW_OK) status = share_costs(run, cluster, error);
    if (status == ISW_OK && isw_packs_count(run->training.packs) > 0) status = work(run, cluster, error);
    /* rank 0 reads what all have written */
    if (status == ISW_OK) status = isw_cluster_agree(cluster, isw_journal_sync(run->training.journal, error), error);
  }
  return status;
}

/* Everything from the first journal entry on. */
static enum isw_status train(struct run *run, struct isw_cluster *cluster, const char *advice, struct isw_error *error)
{
  struct isw_training *training = &run->training;
  bool first = isw_cluster_rank(cluster) == 0;
  enum isw_status status = first ? resume(run, error) : ISW_OK;
  status = isw_cluster_agree(cluster, status, error);
  if (status != ISW_OK && first) leave_parts(run);
  if (status != ISW_OK) return status;
  if (!isw_sweep_levels(run->sweep)) status = leave_out_reused(run, cluster, error);
  if (status == ISW_OK && run->left) status = share_costs(run, cluster, error);
  if (status == ISW_OK) status = share_checkpoints(run, cluster, error);
  if (status == ISW_OK) {
    /* a folder that cannot be written to is found out now, not after the training */
    status = isw_journal_create(run->parts, isw_sweep_identity(run->sweep), isw_cluster_rank(cluster),
                                isw_precision_bytes(training->real), &training->journal, error);
    status = isw_cluster_agree(cluster, status, error);
  }
  bool begun = status == ISW_OK;
  if (begun) {
    if (first) say_start(run, advice);
    if (isw_sweep_levels(run->sweep))
      status = work_by_levels(run, cluster, error);
    else if (isw_packs_count(training->packs) > 0)
      status = work(run, cluster, error);
  }
  isw_index_destroy(training->index);
  training->index = NULL;
  struct isw_error closing = {0};
  enum isw_status closed = training->journal ? isw_journal_destroy(training->journal, &closing) : ISW_OK;
  training->journal = NULL;
  closed = isw_cluster_agree(cluster, closed, &closing);
  if (status == ISW_OK || status == ISW_INTERRUPTED)
    if (closed != ISW_OK) status = isw_error_set(error, closed, "%s", isw_error_text(&closing));
  isw_error_clear(&closing);

  if (first && status == ISW_OK)
    status = write_results(run, error);
  else if (first && begun)
    say_rest(run, status, error);
  else if (first)
    leave_parts(run);
  return isw_cluster_agree(cluster, status, error);
}

static enum isw_status check_program(struct isw_cluster *cluster, struct isw_error *error)
{
  char version[128];
  snprintf(version, sizeof version, "initsweep %s (%s)", isw_version(), isw_version_git());
  return isw_cluster_same_program(cluster, version, isw_version_flags(), error);
}

static enum isw_status run_all(struct run *run, struct isw_cluster *cluster, struct isw_error *error)
{
  bool first = isw_cluster_rank(cluster) == 0;
  enum isw_status status = check_program(cluster, error);
  if (status == ISW_OK) status = share_sweep(run, cluster, error);
  if (status != ISW_OK) return status;
  if (first) status = name_output(run, error);
  if (first && status == ISW_OK) status = look_at_output(run, error);
  status = isw_cluster_agree(cluster, status, error);
  if (status == ISW_OK) status = share_text(cluster, &run->parts, error);
  if (status != ISW_OK) return status;
  char nothing[2] = {run->nothing_to_do ? 'n' : 'y', 0}, *answer = nothing;
  size_t one = 1;
  status = isw_cluster_share(cluster, &answer, &one, error);
  if (status != ISW_OK) return status;
  bool go = answer[0] == 'y';
  if (answer != nothing) free(answer);
  if (!go) return ISW_OK;

  const char *advice;
  size_t threads = isw_cluster_threads(cluster, run->wanted_threads, &advice);
  status = isw_cluster_agree(cluster, isw_training_create(&run->training, run->sweep, threads, error), error);
  if (status != ISW_OK) return status;
  status = share_costs(run, cluster, error);
  if (status != ISW_OK) return status;
  run->facts.ranks = isw_cluster_size(cluster);
  run->facts.threads = threads;
  run->facts.kernels = isw_kernels_name(run->training.kernels);
  run->facts.command_line = run->command_line;
  run->facts.hosts = isw_cluster_hosts(cluster);
  isw_format_utc_now(run->facts.start);
  status = train(run, cluster, advice, error);
  if (status == ISW_OK && first) say_end(run);
  return status;
}

static int run_command(int argc, char **argv)
{
  struct run run = {.checkpoint_seconds = 300};
  struct isw_error error = {0};
  struct isw_cluster *cluster = NULL;
  run.command_line = isw_join_command_line(argc, argv); /* getopt moves words */
  int result;
  if (isw_parse_options(&isw_command_run, argc, argv, handle, &run, &run.file, &result)) {
    isw_cluster_catch_signals(); /* before MPI starts: that takes a while, and a signal is no reason to die of it */
    enum isw_status status = isw_cluster_create(&argc, &argv, &cluster, &error);
    isw_cluster_catch_signals(); /* again: MPICH takes SIGUSR1 for itself */
    bool first = cluster ? isw_cluster_rank(cluster) == 0 : isw_cluster_is_first_process();
    if (status == ISW_OK) status = run_all(&run, cluster, &error);
    result = (int)status;
    if (status != ISW_OK && first) isw_print_error(status, &error);
  }
  isw_lock_release(run.lock);
  isw_training_destroy(&run.training);
  isw_levels_clear(&run.levels);
  isw_sweep_destroy(run.sweep);
  free(run.left);
  free(run.overrides.text);
  free(run.command_line);
  free(run.text);
  free(run.folder);
  free(run.out);
  free(run.path);
  free(run.parts);
  isw_error_clear(&error);
  fflush(stdout); /* before the launcher takes the ranks away */
  isw_cluster_destroy(cluster);
  return result;
}

static const struct isw_option options[] = {
    ISW_OPTION_OUTPUT,
    ISW_OPTION_SET,
    {.name = "resume",
     .code = 'r',
     .argument = "HOW",
     .completion = ISW_COMPLETE_CHOICES,
     .choices = "auto never extend",
     .about =
         "auto (default): goes on where OUT.parts/ ends; never: starts afresh; extend: the grid has grown, and what "
         "OUT or OUT.parts/ has of the smaller one counts"},
    {.name = "threads",
     .code = 't',
     .argument = "N",
     .about = "worker threads of a rank; else OMP_NUM_THREADS, else the processors that it may run on"},
    {.name = "checkpoint",
     .code = 'c',
     .argument = "S",
     .about = "packs under way are saved every S seconds (300; 0: only when a signal comes)"},
    {.name = "quiet", .code = 'q', .about = "no progress and no summary"},
    {0},
};
static const char *const examples[] = {
    "initsweep run sweep.yaml", "mpirun -n 4 --bind-to none initsweep run sweep.yaml -o results/sweep.h5",
    "initsweep run sweep.yaml --set train.steps=100 --set grid.replicate='{range: [0, 9]}' -o short.h5", NULL};

const struct isw_command isw_command_run = {
    .name = "run",
    .argument = "SWEEP",
    .argument_about = "one sweep file",
    .completion = ISW_COMPLETE_SWEEP,
    .summary = "trains every network of the grid; alone, or under mpirun or srun",
    .about = "Trains every network of the sweep's grid, alone or under mpirun or srun, and writes one HDF5 file. "
             "Interrupted by Ctrl-C, SIGTERM or SIGUSR1 it keeps what is finished in OUT.parts/ and exits with 75: the "
             "same command goes on, on any number of ranks and threads, and the file is the same.",
    .options = options,
    .examples = examples,
    .run = run_command,
};
