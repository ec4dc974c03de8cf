/* A run on all ranks: the sequence of collective steps from the sweep file to the results file. resume.c handles what
 * earlier runs have left; training.c and refine.c choose what is trained. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "initsweep/cost.h"
#include "run/run_internal.h"

/* ---- start ---- */

static enum isw_status check_program(struct isw_cluster *cluster, struct isw_error *error)
{
  return isw_cluster_same_program(cluster, isw_version_program(), isw_version_flags(), error);
}

static const void *find_data(void *cluster, uint64_t key, size_t *bytes)
{
  return isw_cluster_host_find(cluster, key, bytes);
}

static void *allocate_data(void *cluster, uint64_t key, size_t bytes)
{
  return isw_cluster_host_allocate(cluster, key, bytes);
}

static enum isw_status load_sweep(void *state, struct isw_error *error)
{
  struct isw_run_state *run = state;
  const struct isw_data_memory memory = {run->cluster, find_data, allocate_data};
  return isw_load_shared_sweep(run->settings->file, run->folder, run->text, run->text_length, &run->settings->overrides,
                               &memory, &run->sweep, error);
}

/* Rank 0 reads the sweep file; every rank parses its bytes. The first rank of each host reads large datasets for all
 * ranks of the host. */
static enum isw_status share_sweep(struct isw_run_state *run, struct isw_error *error)
{
  const struct isw_run_settings *settings = run->settings;
  enum isw_status status = ISW_OK;
  if (run->first) {
    status = isw_file_read(settings->file, ISW_SWEEP_FILE_LIMIT, ISW_ANY_FILE, &run->text, &run->text_length, error);
    if (status == ISW_OK) status = isw_absolute_folder_of(settings->file, &run->folder, error);
  }
  status = isw_cluster_agree(run->cluster, status, error);
  if (status == ISW_OK) status = isw_cluster_share(run->cluster, &run->text, &run->text_length, error);
  if (status == ISW_OK) status = isw_cluster_share_text(run->cluster, &run->folder, error);
  if (status != ISW_OK) return status;
  return isw_cluster_host_first(run->cluster, load_sweep, run, error);
}

/* Ranks can read different bytes from the same path: local disks, or a file that changes during the start. Of data that
 * a host shares, its first rank's bytes are compared; the others have checked that they see these. */
static enum isw_status check_same_sweep(struct isw_run_state *run, struct isw_error *error)
{
  const char *settings = isw_sweep_settings(run->sweep);
  uint64_t settings_hash = isw_hash(settings, strlen(settings), 0), identity = isw_sweep_identity(run->sweep);
  bool same_settings = isw_cluster_share_u64(run->cluster, settings_hash) == settings_hash;
  bool same = isw_cluster_share_u64(run->cluster, identity) == identity;
  char host[256] = "";
  gethostname(host, sizeof host - 1);
  enum isw_status status = ISW_OK;
  if (!same_settings)
    status =
        isw_error_set(error, ISW_BAD_INPUT,
                      "this rank, on host %s, has other settings than rank 0\n  give all ranks the same options", host);
  else if (!same)
    status =
        isw_error_set(error, ISW_BAD_INPUT,
                      "this rank, on host %s, reads other data than rank 0\n  give all ranks the same files (data, "
                      "initial weights), and do not change them while a run starts",
                      host);
  return isw_cluster_agree(run->cluster, status, error);
}

/* Determines the output's name and inspects it. *complete, on all ranks: there is nothing to do. */
static enum isw_status inspect_output(struct isw_run_state *run, bool *complete, struct isw_error *error)
{
  const struct isw_run_settings *settings = run->settings;
  enum isw_status status = ISW_OK;
  enum isw_output_state state = ISW_OUTPUT_ABSENT;
  if (run->first) status = isw_run_output_create(settings->out, isw_sweep_name(run->sweep), &run->output, error);
  if (run->first && status == ISW_OK)
    status = isw_run_output_inspect(&run->output, settings->file, run->sweep, settings->resume, &state, error);
  status = isw_cluster_agree(run->cluster, status, error);
  if (status == ISW_OK) status = isw_cluster_share_text(run->cluster, &run->output.parts, error);
  if (status == ISW_OK && settings->no_gather && isw_sweep_levels(run->sweep) > 0)
    status = isw_error_set(error, ISW_BAD_INPUT,
                           "%s: --no-gather does not go with refine: gather could not tell skipped networks from "
                           "missing ones",
                           settings->file);
  if (status != ISW_OK) return status;
  run->output_is_smaller = state == ISW_OUTPUT_OTHER;
  *complete = isw_cluster_share_bool(run->cluster, state == ISW_OUTPUT_COMPLETE);
  if (*complete && run->first) isw_run_output_remove_leftovers(&run->output, run->sweep);
  return ISW_OK;
}

/* ---- what an earlier run has left, for all ranks ---- */

/* Rank 0 lists the checkpoints, so that the other ranks need not query the file system for each pack. */
static enum isw_status share_checkpoints(struct isw_run_state *run, struct isw_error *error)
{
  struct isw_checkpointed *list = NULL;
  const size_t words = sizeof *list / sizeof(uint64_t);
  size_t count = 0;
  enum isw_status status = ISW_OK;
  if (run->first)
    status = isw_checkpoint_networks(run->output.parts, isw_sweep_identity(run->sweep),
                                     isw_precision_bytes(run->training.precision), &list, &count, error);
  status = isw_cluster_agree(run->cluster, status, error);
  uint64_t *shared = (uint64_t *)list;
  size_t length = count * words;
  if (status == ISW_OK) status = isw_cluster_share_u64_array(run->cluster, &shared, &length, error);
  list = (struct isw_checkpointed *)shared;
  count = length / words;
  if (status != ISW_OK) {
    free(list);
    return status;
  }
  isw_training_use_checkpoints(&run->training, run->output.parts, isw_cluster_rank(run->cluster),
                               run->settings->checkpoint_seconds, list, count);
  return ISW_OK;
}

/* Makes packs of the networks that an extension has not reused: in packs of the whole grid, many lanes would hold
 * finished networks. Later runs make the same packs, because the reused networks stay the same. */
static enum isw_status restrict_to_remaining(struct isw_run_state *run, struct isw_error *error)
{
  const uint64_t *reused = run->training.index ? isw_index_reused(run->training.index) : NULL;
  uint64_t networks = isw_sweep_networks(run->sweep);
  size_t words = isw_bits_words(networks), count = 0;
  uint64_t *remaining = NULL;
  enum isw_status status = ISW_OK;
  if (reused) {
    remaining = isw_allocate(words, sizeof *remaining);
    if (!remaining) status = isw_error_memory(error, words * sizeof *remaining, "the remaining networks");
    if (remaining) isw_bits_fill(remaining, networks);
    for (size_t w = 0; remaining && w < words; w++) remaining[w] &= ~reused[w];
    count = remaining ? words : 0;
  }
  status = isw_cluster_agree(run->cluster, status, error);
  if (status == ISW_OK) status = isw_cluster_share_u64_array(run->cluster, &remaining, &count, error);
  if (status != ISW_OK || count == 0) {
    free(remaining);
    return status;
  }
  run->remaining = remaining;
  status = isw_cluster_agree(run->cluster, isw_training_restrict(&run->training, remaining, error), error);
  return status == ISW_OK ? isw_run_share_costs(run, error) : status;
}

/* ---- training ---- */

static const char *plural(size_t count)
{
  return count == 1 ? "" : "s";
}

static void report_start(const struct isw_run_state *run, const char *advice, const char *copies)
{
  const struct isw_training *training = &run->training;
  const struct isw_reporter *reporter = &run->settings->reporter;
  const struct isw_run_facts *facts = &run->facts;
  uint64_t networks = training->progress.networks;
  char part[ISW_NUMBER_SIZE + 16] = "";
  if (run->remaining)
    snprintf(part, sizeof part, "%llu of ", (unsigned long long)isw_bits_count(run->remaining, networks));
  isw_report_line(reporter, ISW_REPORT_INFO, "%s: %s%llu networks in %llu packs on %zu rank%s of %zu thread%s, %s",
                  isw_sweep_name(run->sweep), part, (unsigned long long)networks,
                  (unsigned long long)isw_packs_count(training->packs), facts->ranks, plural(facts->ranks),
                  facts->threads, plural(facts->threads), facts->kernels);
  if (training->progress.before > 0)
    isw_report_line(reporter, ISW_REPORT_INFO, "continuing: %llu networks are already finished",
                    (unsigned long long)training->progress.before);
  isw_report_outside_data(reporter, run->settings->file, run->sweep);
  if (advice) isw_report_line(reporter, ISW_REPORT_INFO, "%s", advice);
  if (copies) isw_report_line(reporter, ISW_REPORT_INFO, "%s", copies);
  size_t packs = (size_t)isw_packs_count(training->packs), idle = packs < facts->ranks ? facts->ranks - packs : 0;
  if (idle > 0)
    isw_report_line(reporter, ISW_REPORT_INFO, "%zu pack%s %zu rank%s busy, %zu rank%s idle", packs,
                    packs == 1 ? " keeps" : "s keep", packs, plural(packs), idle, idle == 1 ? " is" : "s are");
}

/* Closes the rank's journal; an earlier error takes precedence over one of closing. */
static enum isw_status close_journal(struct isw_run_state *run, enum isw_status status, struct isw_error *error)
{
  struct isw_error closing = {0};
  enum isw_status closed = run->training.journal ? isw_journal_destroy(run->training.journal, &closing) : ISW_OK;
  run->training.journal = NULL;
  closed = isw_cluster_agree(run->cluster, closed, &closing);
  if ((status == ISW_OK || status == ISW_INTERRUPTED) && closed != ISW_OK)
    status = isw_error_set(error, closed, "%s", isw_error_text(&closing));
  isw_error_clear(&closing);
  return status;
}

/* The results file could not be written: what is kept, and how to continue. ISW_BAD_INPUT: another file has appeared
 * under its name since the start. */
static enum isw_status describe_kept_networks(const struct isw_run_state *run, enum isw_status status,
                                              struct isw_error *error)
{
  const char *out = run->output.out;
  struct isw_text move = {0};
  if (status == ISW_BAD_INPUT) isw_text_add(&move, "move '%s' away: ", out);
  isw_error_set(error, status,
                "%s%s\n  all networks are kept in %s.parts: %s%s writes the file without training;\n  to write another "
                "file: initsweep gather %s.parts -o FILE",
                isw_error_text(error), status == ISW_INTERRUPTED ? " while the results file was written" : "", out,
                move.bytes ? move.bytes : "", isw_run_continuation(run), out);
  isw_text_clear(&move);
  return status;
}

/* Removes the run folder after the results file is complete. */
static enum isw_status remove_folder(const struct isw_run_state *run, struct isw_error *error)
{
  struct stat about;
  enum isw_status status = isw_journal_remove(run->output.parts, error);
  if (status != ISW_OK)
    return isw_error_set(error, status, "%s\n  '%s' is complete; remove %s.parts by hand", isw_error_text(error),
                         run->output.out, run->output.out);
  if (lstat(run->output.parts, &about) == 0 && S_ISDIR(about.st_mode))
    isw_report_line(&run->settings->reporter, ISW_REPORT_WARNING, "%s.parts is kept: it holds files of something else",
                    run->output.out);
  return ISW_OK;
}

/* The index of all journals; a rank that has seen all networks during the training has it, and where all parts are
 * written, the others need none. */
static enum isw_status open_final_index(struct isw_run_state *run, struct isw_index **index, struct isw_error *error)
{
  *index = NULL;
  if (run->all_written || (run->training.early && isw_cluster_size(run->cluster) == 1)) {
    *index = run->training.index;
    run->training.index = NULL;
    return ISW_OK;
  }
  enum isw_status status = isw_index_on_ranks(run->cluster, run->output.parts, run->sweep, run->other_identity,
                                              &run->settings->reporter, index, error);
  if (status == ISW_OK || !run->first) return status;
  return describe_kept_networks(run, status == ISW_INTERRUPTED ? status : ISW_FAILED, error);
}

static enum isw_status check_complete(const struct isw_run_state *run, const struct isw_index *index,
                                      struct isw_error *error)
{
  bool refined = isw_sweep_levels(run->sweep) > 0;
  uint64_t networks = refined ? isw_refinement_count(&run->refinement) : isw_sweep_networks(run->sweep);
  if (isw_index_count(index) >= networks) return ISW_OK;
  return isw_error_set(error, ISW_FAILED, "%llu of %llu networks are missing in %s.parts: run again to train them",
                       (unsigned long long)(networks - isw_index_count(index)), (unsigned long long)networks,
                       run->output.out);
}

/* Writes the results file from the journals. Collective. */
static enum isw_status write_results(struct isw_run_state *run, struct isw_error *error)
{
  struct isw_training *training = &run->training;
  struct isw_index *index = NULL;
  bool refined = isw_sweep_levels(run->sweep) > 0;
  enum isw_status status = open_final_index(run, &index, error);
  if (status == ISW_OK) {
    status = run->first ? check_complete(run, index, error) : ISW_OK;
    status = isw_cluster_agree(run->cluster, status, error);
    if (status == ISW_OK) {
      training->progress.networks = isw_sweep_networks(run->sweep); /* all are written, including skipped ones */
      status = isw_export(run->cluster, run->first ? run->output.path : run->output.parts, run->sweep, index,
                          training->early, &run->facts, refined ? ISW_SKIPPED : ISW_MISSING, run->output.replaced,
                          run->first ? &training->progress : NULL, error);
      if (status != ISW_OK && run->first) status = describe_kept_networks(run, status, error);
    }
  }
  if (run->first) isw_progress_end(&training->progress);
  isw_index_destroy(index);
  return status;
}

/* Prepares the journal and the remaining packs. */
static enum isw_status prepare(struct isw_run_state *run, struct isw_error *error)
{
  struct isw_training *training = &run->training;
  enum isw_status status = run->first ? isw_run_resume(run, error) : ISW_OK;
  status = isw_cluster_agree(run->cluster, status, error);
  if (status == ISW_OK && !isw_sweep_levels(run->sweep)) status = restrict_to_remaining(run, error);
  if (status == ISW_OK) status = share_checkpoints(run, error);
  if (status != ISW_OK) return status;
  /* detects an unwritable folder before the training, not after it */
  status =
      isw_journal_create(run->output.parts, isw_sweep_identity(run->sweep), isw_cluster_rank(run->cluster),
                         isw_precision_bytes(training->precision), isw_version_program(), &training->journal, error);
  return isw_cluster_agree(run->cluster, status, error);
}

/* Prepares to write parts of the results file during the training, on rank 0. What prevents it is reported if it also
 * prevents the writing after the training. */
static void prepare_early_parts(struct isw_run_state *run)
{
  struct isw_training *training = &run->training;
  struct isw_error ignored = {0};
  if (!run->first || isw_sweep_levels(run->sweep) > 0 || run->settings->no_gather) return;
  isw_early_create(run->output.path, run->sweep, training->index, training->journal,
                   isw_cluster_size(run->cluster) > 1 ? run->output.parts : NULL, run->output.replaced,
                   &training->early, &ignored);
  isw_error_clear(&ignored);
}

/* Writes the results file, then removes the folder. Collective. */
static enum isw_status finish(struct isw_run_state *run, struct isw_error *error)
{
  struct isw_training *training = &run->training;
  enum isw_status status = write_results(run, error);
  if (training->journal && status == ISW_OK) {
    isw_journal_abandon(training->journal);
    training->journal = NULL;
  } else if (training->journal) {
    status = close_journal(run, status, error);
  }
  /* On NFS, a file that a rank has open would keep the folder. */
  status = isw_cluster_agree(run->cluster, status, error);
  return run->first && status == ISW_OK ? remove_folder(run, error) : status;
}

/* Everything from the creation of the journal on. */
static enum isw_status train(struct isw_run_state *run, const char *advice, struct isw_error *error)
{
  struct isw_training *training = &run->training;
  enum isw_status status = prepare(run, error);
  bool begun = status == ISW_OK;
  if (begun) {
    const char *copies = isw_cluster_host_advice(run->cluster);
    if (run->first) report_start(run, advice, copies);
    prepare_early_parts(run);
    isw_signals_allow_time(true); /* to save the packs in training */
    if (isw_sweep_levels(run->sweep))
      status = isw_run_refine(run, error);
    else if (isw_packs_count(training->packs) > 0)
      status = isw_run_train_packs(run, error);
  }
  bool several = isw_cluster_size(run->cluster) > 1, gathers = status == ISW_OK && !run->settings->no_gather;
  if (gathers && several)
    run->all_written = isw_cluster_sum_u64(run->cluster, training->early && isw_early_finish(training->early)) > 0;
  if (!training->early || (several && !run->all_written)) {
    isw_index_destroy(training->index);
    training->index = NULL;
  }
  /* The sync of the results file makes that of a short run's journal needless. Others can only read closed files. */
  bool stays_open = gathers && (!several || run->all_written) &&
                    !isw_cluster_share_bool(run->cluster, isw_journal_is_synced(training->journal));
  if (!stays_open) status = close_journal(run, status, error);
  isw_signals_allow_time(false);
  if (status == ISW_OK && !run->settings->no_gather)
    status = finish(run, error);
  else if (status != ISW_OK && run->first && begun)
    isw_run_describe_rest(run, status, error);
  else if (status != ISW_OK && run->first)
    isw_run_leave_folder(run);
  isw_early_destroy(training->early);
  training->early = NULL;
  isw_index_destroy(training->index);
  training->index = NULL;
  return isw_cluster_agree(run->cluster, status, error);
}

/* Refuses a run that this host cannot hold: the system would end a process of it, hours later and without a message.
 * Packs wait to be merged only if that fits, too. */
static enum isw_status check_memory(struct isw_run_state *run, struct isw_error *error)
{
  const size_t held[2] = {1, ISW_MAX_PACKS_UNDER_WAY};
  double need[2] = {0}, sum[2], borrowed = isw_cluster_host_borrowed(run->cluster);
  enum isw_status status = ISW_OK;
  for (size_t i = 0; i < 2; i++) {
    if (status == ISW_OK)
      status = isw_cost_memory(run->sweep, run->training.packs, run->facts.ranks, run->facts.threads, held[i], &need[i],
                               error);
    sum[i] = isw_cluster_host_sum(run->cluster, need[i] - borrowed);
  }
  double mine = need[0], all = sum[0];
  const struct isw_memory_limit memory = isw_memory_limit("");
  run->training.merges = sum[1] <= memory.bytes;
  if (status == ISW_OK && all > memory.bytes) {
    char a[ISW_NUMBER_SIZE], b[ISW_NUMBER_SIZE], c[ISW_NUMBER_SIZE];
    status =
        isw_error_set(error, ISW_FAILED,
                      "not enough memory: the ranks of this host need up to %s, %s each, and %s %s\n"
                      "  each thread holds a pack: use fewer threads (--threads), fewer ranks on this host, or more "
                      "memory;\n  `initsweep plan` shows what a rank needs",
                      isw_format_bytes(all, a), isw_format_bytes(mine, b),
                      memory.is_group ? "the control group of the job or container allows" : "the machine has",
                      isw_format_bytes(memory.bytes, c));
  }
  return isw_cluster_agree(run->cluster, status, error);
}

static enum isw_status create_training(struct isw_run_state *run, const char **advice, struct isw_error *error)
{
  const struct isw_run_settings *settings = run->settings;
  size_t threads = isw_cluster_threads(run->cluster, settings->threads, advice);
  enum isw_status status = isw_cluster_check_threads(run->cluster, threads, error);
  if (status != ISW_OK) return status;
  status = isw_training_create(&run->training, run->sweep, threads, settings->pack_stride, error);
  status = isw_cluster_agree(run->cluster, status, error);
  if (status == ISW_OK) status = isw_run_share_costs(run, error);
  if (status != ISW_OK) return status;
  run->kernels = isw_cluster_words(run->cluster, isw_kernels_name(run->training.kernels));
  run->facts = (struct isw_run_facts){.command_line = settings->command_line,
                                      .kernels = run->kernels,
                                      .hosts = isw_cluster_hosts(run->cluster),
                                      .ranks = isw_cluster_size(run->cluster),
                                      .threads = threads};
  isw_format_utc_now(run->facts.start);
  return check_memory(run, error);
}

static enum isw_status run_all(struct isw_run_state *run, struct isw_run_report *report, struct isw_error *error)
{
  const char *advice;
  enum isw_status status = check_program(run->cluster, error);
  if (status == ISW_OK) status = share_sweep(run, error);
  if (status == ISW_OK) status = check_same_sweep(run, error);
  if (status == ISW_OK) status = inspect_output(run, &report->already_complete, error);
  if (status != ISW_OK || report->already_complete) return status;
  status = create_training(run, &advice, error);
  return status == ISW_OK ? train(run, advice, error) : status;
}

enum isw_status isw_run(struct isw_cluster *cluster, const struct isw_run_settings *settings,
                        struct isw_run_report *report, struct isw_error *error)
{
  struct isw_run_state run = {.settings = settings, .cluster = cluster, .first = isw_cluster_rank(cluster) == 0};
  *report = (struct isw_run_report){0};
  enum isw_status status = run_all(&run, report, error);
  if (status == ISW_OK) {
    report->networks = isw_sweep_networks(run.sweep);
    report->trained = run.facts.trained;
    report->seconds = run.facts.seconds;
    report->out = run.output.out;
    report->not_gathered = settings->no_gather && !report->already_complete;
    run.output.out = NULL;
  }
  isw_lock_release(run.lock);
  isw_training_destroy(&run.training);
  isw_refinement_clear(&run.refinement);
  isw_sweep_destroy(run.sweep);
  isw_run_output_clear(&run.output);
  isw_text_clear(&run.programs);
  free(run.kernels);
  free(run.remaining);
  free(run.text);
  free(run.folder);
  return status;
}

void isw_run_report_clear(struct isw_run_report *report)
{
  free(report->out);
  *report = (struct isw_run_report){0};
}
