/* Writes the networks that a run has finished so far into a results file, on all ranks. Only reads the run folder,
 * without its lock. */
#include <string.h>
#include "run/run_internal.h"

static enum isw_status advise_another_output(struct isw_error *error)
{
  return isw_error_set(error, ISW_BAD_INPUT, "%s\n  name another file with -o, or move it away", isw_error_text(error));
}

static enum isw_status load_sweep(const char *parts, const struct isw_run_manifest *manifest, struct isw_sweep **sweep,
                                  struct isw_error *error)
{
  const struct isw_overrides overrides = {(const char **)manifest->overrides, manifest->override_count};
  enum isw_status status = isw_load_stored_sweep(manifest->file, manifest->folder, manifest->text,
                                                 strlen(manifest->text), &overrides, sweep, error);
  if (status == ISW_OK && isw_sweep_identity(*sweep) != manifest->identity)
    status = isw_error_set(error, ISW_BAD_INPUT,
                           "%s: its sweep file does not describe the same sweep any more: data under '%s' have changed",
                           parts, manifest->folder);
  return status;
}

static enum isw_status export_index(struct isw_cluster *cluster, const char *out, const char *command_line,
                                    const struct isw_sweep *sweep, struct isw_index *index, const char *programs,
                                    struct isw_error *error)
{
  bool first = isw_cluster_rank(cluster) == 0;
  const char *advice;
  struct isw_run_facts facts = {.command_line = command_line,
                                .kernels = "",
                                .programs = programs,
                                .hosts = isw_cluster_hosts(cluster),
                                .ranks = isw_cluster_size(cluster),
                                .threads = isw_cluster_threads(cluster, 0, &advice)};
  struct isw_progress progress = {.networks = isw_sweep_networks(sweep)};
  isw_format_utc_now(facts.start);
  if (first) isw_progress_start(&progress, false);
  enum isw_status status =
      isw_export(cluster, out, sweep, index, NULL, &facts, ISW_MISSING, 0, first ? &progress : NULL, error);
  if (first) isw_progress_end(&progress);
  if (status == ISW_BAD_INPUT) return advise_another_output(error);
  if (status == ISW_FAILED)
    isw_error_set(error, status, "%s\n  the run's networks are kept: gather them again, perhaps to another disk",
                  isw_error_text(error));
  return status;
}

enum isw_status isw_report_left_out(void *context, const char *file, const char *reason, struct isw_error *error)
{
  (void)file, (void)error;
  isw_report_line(context, ISW_REPORT_WARNING, "%s\n  its networks are left out", reason);
  return ISW_OK;
}

/* Every rank reads the manifest, and makes the sweep from it. */
static enum isw_status read_sweep(struct isw_cluster *cluster, const char *parts, struct isw_run_manifest *manifest,
                                  struct isw_sweep **sweep, struct isw_error *error)
{
  bool there;
  enum isw_status status = isw_run_manifest_read(parts, manifest, &there, error);
  if (status == ISW_OK && !there)
    status = isw_error_set(error, ISW_BAD_INPUT, "'%s' is not the folder of a run: it has no file 'sweep'", parts);
  if (status == ISW_OK)
    status = isw_bits_check(parts, manifest->bits_version, isw_run_manifest_program(manifest), error);
  if (status == ISW_OK) status = load_sweep(parts, manifest, sweep, error);
  status = isw_cluster_agree(cluster, status, error);
  if (status != ISW_OK) return status;
  if (isw_cluster_share_u64(cluster, manifest->identity) != manifest->identity)
    status = isw_error_set(error, ISW_BAD_INPUT, "%s: this rank reads another run than rank 0", parts);
  return isw_cluster_agree(cluster, status, error);
}

enum isw_status isw_gather(struct isw_cluster *cluster, const char *parts, const char *out, const char *command_line,
                           const struct isw_reporter *reporter, struct isw_gather_report *report,
                           struct isw_error *error)
{
  struct isw_run_manifest manifest = {0};
  struct isw_sweep *sweep = NULL;
  struct isw_index *index = NULL;
  struct isw_text programs = {0};
  bool first = isw_cluster_rank(cluster) == 0;
  enum isw_status status = isw_cluster_same_program(cluster, isw_version_program(), isw_version_flags(), error);
  if (status == ISW_OK) status = read_sweep(cluster, parts, &manifest, &sweep, error);
  if (status == ISW_OK) {
    for (size_t i = 0; i < manifest.program_count && status == ISW_OK; i++)
      if (isw_text_add(&programs, "%s%s", i ? "; " : "", manifest.programs[i]) != ISW_OK)
        status = isw_error_memory(error, programs.length, "the names of programs");
    if (status == ISW_OK && first) status = isw_results_may_replace(out, manifest.identity, 0, error);
    if (status == ISW_BAD_INPUT) status = advise_another_output(error);
    status = isw_cluster_agree(cluster, status, error);
  }
  if (status == ISW_OK) status = isw_index_on_ranks(cluster, parts, sweep, manifest.other, reporter, &index, error);
  if (status == ISW_OK) status = export_index(cluster, out, command_line, sweep, index, programs.bytes, error);
  if (status == ISW_OK)
    *report = (struct isw_gather_report){
        .networks = isw_sweep_networks(sweep), .finished = isw_index_count(index), .damaged = isw_index_damaged(index)};
  isw_index_destroy(index);
  isw_sweep_destroy(sweep);
  isw_text_clear(&programs);
  isw_run_manifest_clear(&manifest);
  return status;
}
