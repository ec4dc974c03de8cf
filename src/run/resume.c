/* Decides what a run does with the folder OUT.parts that it finds: continue, clear or extend it. Rank 0 only. */
#include <stdlib.h>
#include <string.h>
#include "run/run_internal.h"

enum isw_status isw_run_open_index(const struct isw_run_state *run, struct isw_index **index, struct isw_error *error)
{
  return isw_index_create_beside(run->output.parts, isw_sweep_identity(run->sweep), run->other_identity,
                                 isw_sweep_networks(run->sweep), isw_precision_bytes(isw_sweep_precision(run->sweep)),
                                 isw_report_left_out, (void *)(uintptr_t)&run->settings->reporter, index, error);
}

/* Renames a journal file that cannot be used, so that the end of this run does not remove it. */
static enum isw_status set_aside(void *context, const char *file, const char *reason, struct isw_error *error)
{
  const struct isw_run_state *run = context;
  isw_report_line(&run->settings->reporter, ISW_REPORT_WARNING,
                  "%s\n  it is renamed to %s.set-aside, and its networks are trained again", reason, file);
  return isw_journal_set_aside(run->output.parts, file, error);
}

static enum isw_status open_first_index(struct isw_run_state *run, struct isw_error *error)
{
  return isw_index_create_beside(run->output.parts, isw_sweep_identity(run->sweep), run->other_identity,
                                 isw_sweep_networks(run->sweep), isw_precision_bytes(isw_sweep_precision(run->sweep)),
                                 set_aside, run, &run->training.index, error);
}

/* ---- the programs that have worked in the folder ---- */

/* Copies lines to the end of a manifest's list. Returns whether memory sufficed. */
static bool add_program(struct isw_run_manifest *manifest, const char *line)
{
  char **more = realloc(manifest->programs, (manifest->program_count + 1) * sizeof *more);
  if (!more) return false;
  manifest->programs = more;
  more[manifest->program_count] = isw_copy_text(line);
  return more[manifest->program_count] && ++manifest->program_count;
}

static bool has_program(const struct isw_run_manifest *manifest, const char *line)
{
  bool found = false;
  for (size_t i = 0; i < manifest->program_count && !found; i++) found = strcmp(manifest->programs[i], line) == 0;
  return found;
}

/* Reports, for the first run of this program in the folder, that another one has trained there. */
static void report_other_program(const struct isw_run_state *run, const struct isw_run_manifest *before)
{
  size_t length = strlen(isw_version_program());
  bool ours = false;
  for (size_t i = 0; i < before->program_count; i++)
    ours = ours || strncmp(before->programs[i], isw_version_program(), length) == 0;
  if (!ours)
    isw_report_line(&run->settings->reporter, ISW_REPORT_INFO,
                    "continuing a run of %s, whose bits have the same version (%d)", isw_run_manifest_program(before),
                    ISW_BITS_VERSION);
}

/* Adds this program to a manifest's list and copies the list for the provenance. *added: it was not there. */
static enum isw_status register_program(struct isw_run_state *run, struct isw_run_manifest *manifest, bool *added,
                                        struct isw_error *error)
{
  struct isw_text line = {0};
  enum isw_status status = isw_text_add(&line, "%s with %s", isw_version_program(), run->facts.kernels);
  *added = status == ISW_OK && !has_program(manifest, line.bytes);
  if (*added && !add_program(manifest, line.bytes)) status = ISW_FAILED;
  isw_text_clear(&line);
  for (size_t i = 0; i < manifest->program_count && status == ISW_OK; i++)
    status = isw_text_add(&run->programs, "%s%s", i ? "; " : "", manifest->programs[i]);
  run->facts.programs = run->programs.bytes;
  return status == ISW_OK ? ISW_OK : isw_error_memory(error, run->programs.length, "the names of programs");
}

/* ---- the manifest ---- */

/* Makes the manifest of this run with copies of all texts. isw_run_manifest_clear releases it, also after an error. */
static enum isw_status make_manifest(const struct isw_run_state *run, struct isw_run_manifest *manifest,
                                     struct isw_error *error)
{
  const struct isw_overrides *overrides = &run->settings->overrides;
  *manifest = (struct isw_run_manifest){.identity = isw_sweep_identity(run->sweep),
                                        .file = isw_copy_text(run->settings->file),
                                        .folder = isw_copy_text(run->folder),
                                        .text = isw_copy_text(run->text),
                                        .settings = isw_copy_text(isw_sweep_settings(run->sweep)),
                                        .bits_version = ISW_BITS_VERSION,
                                        .overrides = isw_allocate(overrides->count, sizeof(char *))};
  bool complete = manifest->file && manifest->folder && manifest->text && manifest->settings && manifest->overrides;
  for (size_t i = 0; complete && i < overrides->count; i++) {
    manifest->overrides[i] = isw_copy_text(overrides->text[i]);
    complete = manifest->overrides[i] != NULL;
    manifest->override_count += complete;
  }
  return complete ? ISW_OK : isw_error_memory(error, run->text_length, "the run's manifest");
}

static enum isw_status report_other_journal(const struct isw_run_state *run, const struct isw_run_manifest *before,
                                            struct isw_error *error)
{
  isw_error_set(error, ISW_BAD_INPUT, "%s.parts is the journal of another sweep than %s describes now\n",
                run->output.out, run->settings->file);
  isw_error_add_difference(error, before->settings, isw_sweep_settings(run->sweep));
  isw_text_add(&error->message, "  give this run another output with -o, start afresh with --resume never, or, if the "
                                "grid has grown: --resume extend");
  return ISW_BAD_INPUT;
}

/* Copies what a smaller grid has finished, and writes the new manifest. changed: the journal is of another sweep. */
static enum isw_status write_manifest(struct isw_run_state *run, struct isw_run_manifest *before, bool changed,
                                      struct isw_error *error)
{
  struct isw_run_manifest now;
  uint64_t reused = 0;
  bool added;
  enum isw_status status = make_manifest(run, &now, error);
  for (size_t i = 0; i < before->program_count && status == ISW_OK; i++)
    if (!add_program(&now, before->programs[i])) status = isw_error_memory(error, 1, "the names of programs");
  if (status == ISW_OK) status = register_program(run, &now, &added, error);
  if (status == ISW_OK && changed)
    status = isw_extend_journal(run->output.parts, before, &now, run->sweep, set_aside, run, &reused, error);
  if (status == ISW_OK && run->output_is_smaller)
    status = isw_extend_file(run->output.path, run->output.parts, before->folder ? before->folder : run->folder,
                             run->sweep, &reused, error);
  if (status == ISW_OK) status = isw_run_manifest_write(run->output.parts, &now, error);
  if (status == ISW_OK && changed) status = isw_journal_remove_identity(run->output.parts, before->identity, error);
  if (status == ISW_OK) run->other_identity = now.other;
  isw_run_manifest_clear(&now);
  return status;
}

/* Refuses a folder of another version of the bits; reports one of another program. */
static enum isw_status check_program(const struct isw_run_state *run, const struct isw_run_manifest *before,
                                     struct isw_error *error)
{
  enum isw_status status =
      isw_bits_check(run->output.parts, before->bits_version, isw_run_manifest_program(before), error);
  if (status == ISW_OK)
    report_other_program(run, before);
  else if (status == ISW_BAD_INPUT)
    isw_text_add(&error->message, "\n  or start afresh with --resume never, or name another output with -o");
  return status;
}

/* Continues a folder of this sweep. */
static enum isw_status continue_folder(struct isw_run_state *run, struct isw_run_manifest *before,
                                       struct isw_error *error)
{
  const char *parts = run->output.parts;
  bool added;
  run->other_identity = before->other;
  enum isw_status status = before->other ? isw_journal_remove_identity(parts, before->other, error) : ISW_OK;
  if (status == ISW_OK) status = register_program(run, before, &added, error);
  return status == ISW_OK && added ? isw_run_manifest_write(parts, before, error) : status;
}

/* Locks OUT.parts for this run and writes its manifest. */
static enum isw_status claim_folder(struct isw_run_state *run, struct isw_error *error)
{
  const char *parts = run->output.parts;
  enum isw_resume resume = run->settings->resume;
  struct isw_run_manifest before = {0};
  bool unlocked, there;
  enum isw_status status = isw_lock_take(parts, &run->lock, &unlocked, error);
  if (status == ISW_BAD_INPUT && !isw_cluster_uses_mpi(run->cluster) && isw_lock_held(parts))
    isw_error_set(error, status,
                  "%s\n  if a launcher started this process and others: it is not known here, set INITSWEEP_MPI=always",
                  isw_error_text(error));
  if (status == ISW_OK && unlocked)
    isw_report_line(&run->settings->reporter, ISW_REPORT_WARNING,
                    "this file system has no locks: make sure that no other run has the output %s", run->output.out);
  if (status == ISW_OK) {
    isw_output_remove_temporaries(run->output.path);
    status = resume == ISW_RESUME_NEVER ? isw_journal_remove_contents(parts, error)
                                        : isw_journal_remove_temporaries(parts, error);
  }
  if (status != ISW_OK) return status;
  status = isw_run_manifest_read(parts, &before, &there, error);
  run->keeps_folder = status != ISW_OK;
  if (status != ISW_OK) return status;
  bool changed = there && before.identity != isw_sweep_identity(run->sweep);
  if (changed && resume != ISW_RESUME_EXTEND)
    status = report_other_journal(run, &before, error);
  else if (there)
    status = check_program(run, &before, error);
  if (status == ISW_OK)
    status = there && !changed ? continue_folder(run, &before, error) : write_manifest(run, &before, changed, error);
  isw_run_manifest_clear(&before);
  return status;
}

enum isw_status isw_run_resume(struct isw_run_state *run, struct isw_error *error)
{
  struct isw_training *training = &run->training;
  training->progress.networks = isw_sweep_networks(run->sweep);
  enum isw_status status = claim_folder(run, error);
  if (status == ISW_OK) status = isw_output_can_create(run->output.path, error);
  if (status != ISW_OK) return status;
  status = open_first_index(run, error);
  if (status != ISW_OK) return status;
  training->progress.before = run->finished = isw_index_count(training->index);
  uint64_t damaged = isw_index_damaged(training->index);
  if (damaged > 0)
    isw_report_line(&run->settings->reporter, ISW_REPORT_WARNING,
                    "%llu damaged entries of %s.parts are left out: their networks are trained again",
                    (unsigned long long)damaged, run->output.out);
  return ISW_OK;
}

void isw_run_leave_folder(const struct isw_run_state *run)
{
  struct isw_error ignored = {0};
  if (run->lock && !run->keeps_folder) isw_journal_remove_dir_if_empty(run->output.parts, &ignored);
  isw_error_clear(&ignored);
}

const char *isw_run_continuation(const struct isw_run_state *run)
{
  if (run->settings->resume != ISW_RESUME_NEVER) return "the same command";
  return run->output.present ? "the command without --resume never, once the old results file is moved away,"
                             : "the command without --resume never";
}

void isw_run_describe_rest(struct isw_run_state *run, enum isw_status status, struct isw_error *error)
{
  struct isw_index *index = NULL;
  struct isw_text text = {0};
  struct isw_error ignored = {0};
  uint64_t finished = 0, *packs = NULL;
  size_t checkpoints = 0;
  if (status == ISW_INTERRUPTED)
    finished = run->finished; /* reading the journal again could take long */
  else if (isw_run_open_index(run, &index, &ignored) == ISW_OK)
    finished = isw_index_count(index);
  isw_index_destroy(index);
  isw_error_clear(&ignored);
  isw_checkpoint_list(run->output.parts, &packs, &checkpoints, &ignored);
  isw_error_clear(&ignored);
  free(packs);
  isw_run_leave_folder(run);
  isw_text_add(&text, "%s; ", status == ISW_INTERRUPTED ? "interrupted" : isw_error_text(error));
  if (finished > 0)
    isw_text_add(&text, "%llu of %llu networks are kept in %s.parts, %s continues from there",
                 (unsigned long long)finished, (unsigned long long)isw_sweep_networks(run->sweep), run->output.out,
                 isw_run_continuation(run));
  else if (checkpoints > 0)
    isw_text_add(&text, "no network was finished, %zu packs in training are kept in %s.parts: %s continues",
                 checkpoints, run->output.out, isw_run_continuation(run));
  else
    isw_text_add(&text, "no network was finished");
  isw_error_set(error, status, "%s", text.bytes ? text.bytes : "interrupted");
  isw_text_clear(&text);
}
