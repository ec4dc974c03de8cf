/* The names of a run's files, and the inspection of a results file that exists before the run. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "initsweep/hdf5.h"
#include "run/run_internal.h"

enum isw_status isw_run_output_create(const char *wanted, const char *sweep_name, struct isw_run_output *output,
                                      struct isw_error *error)
{
  struct isw_text out = {0}, parts = {0};
  *output = (struct isw_run_output){0};
  isw_text_add(&out, wanted ? "%s" : "%s.h5", wanted ? wanted : sweep_name);
  output->out = out.bytes;
  if (!out.bytes) return isw_error_memory(error, 1, "a path");
  const char *slash = strrchr(out.bytes, '/'), *name = slash ? slash + 1 : out.bytes;
  if (!name[0]) return isw_error_set(error, ISW_BAD_INPUT, "'%s' names a folder, not a results file", out.bytes);
  char *folder = NULL;
  enum isw_status status = isw_absolute_folder_of(out.bytes, &folder, error);
  if (status != ISW_OK) return status;
  output->path = isw_path_join(folder, name);
  isw_text_add(&parts, "%s.parts", output->path ? output->path : "");
  output->parts = parts.bytes;
  free(folder);
  return output->path && output->parts ? ISW_OK : isw_error_memory(error, 1, "a path");
}

void isw_run_output_clear(struct isw_run_output *output)
{
  free(output->out);
  free(output->path);
  free(output->parts);
  *output = (struct isw_run_output){0};
}

static enum isw_status report_unreadable(const struct isw_run_output *output, const struct isw_error *reason,
                                         struct isw_error *error)
{
  return isw_error_set(error, ISW_BAD_INPUT,
                       "'%s' exists and is not a results file that can be read (%s)\n"
                       "  name another with -o, or move it away",
                       output->out, isw_error_text(reason));
}

/* Whether a results file holds a sweep of the same name, whose settings or data have changed since. */
static bool is_renewed(const struct isw_sweep *sweep, struct isw_results *results)
{
  const char *title = isw_results_attribute(results, "title");
  return title && strcmp(title, isw_sweep_name(sweep)) == 0;
}

static enum isw_status report_other_sweep(const struct isw_run_output *output, const char *file,
                                          const struct isw_sweep *sweep, struct isw_results *results,
                                          struct isw_error *error)
{
  const char *title = isw_results_attribute(results, "title");
  isw_error_set(error, ISW_BAD_INPUT,
                "'%s' holds another sweep: '%s' (%016llx), not '%s' (%016llx) as %s describes it\n", output->out,
                title ? title : "?", (unsigned long long)isw_results_identity(results), isw_sweep_name(sweep),
                (unsigned long long)isw_sweep_identity(sweep), file);
  isw_error_add_difference(error, isw_results_attribute(results, "settings"), isw_sweep_settings(sweep));
  isw_text_add(&error->message, "  name another with -o, move it away%s, or, if the grid has grown: --resume extend",
               is_renewed(sweep, results) ? ", replace it with --resume never" : "");
  return ISW_BAD_INPUT;
}

/* Counts what is missing: `gather` writes files with some of the networks. */
static enum isw_status count_missing(struct isw_results *results, enum isw_output_state *state, struct isw_error *error)
{
  uint64_t ended[ISW_NETWORK_STATUSES] = {0};
  enum isw_status status = isw_count_ended(results, ended, error);
  if (status == ISW_OK) *state = ended[ISW_MISSING] == 0 ? ISW_OUTPUT_COMPLETE : ISW_OUTPUT_INCOMPLETE;
  return status;
}

/* The inspection of a results file, and what comes back from the child process that reads it. */
struct inspection {
  const char *file;
  const struct isw_run_output *output;
  const struct isw_sweep *sweep;
  enum isw_resume resume;
  struct finding {
    bool readable; /* the file is a results file without damage, of whatever sweep */
    enum isw_output_state state;
    uint64_t replaced;
  } found;
};

static enum isw_status send_finding(void *context, int to, struct isw_error *error)
{
  const struct inspection *inspection = context;
  struct isw_results *results;
  struct finding found;
  memset(&found, 0, sizeof found); /* padding too: all bytes are sent */
  found.readable = true;
  found.state = ISW_OUTPUT_INCOMPLETE;
  enum isw_status status = isw_results_open(inspection->output->path, &results, error);
  if (status != ISW_OK) return status;
  bool extends = inspection->resume == ISW_RESUME_EXTEND, never = inspection->resume == ISW_RESUME_NEVER;
  bool same = isw_results_identity(results) == isw_sweep_identity(inspection->sweep);
  if (extends || (!never && same)) {
    status = isw_results_check_bits(results, error);
    if (status == ISW_BAD_INPUT)
      isw_text_add(&error->message, "\n  or name another output with -o, move it away%s",
                   same ? ", or replace it with --resume never" : "");
  }
  if (status == ISW_OK && same && !never) {
    status = count_missing(results, &found.state, error);
    found.readable = status == ISW_OK;
  } else if (status == ISW_OK && (extends || (never && (same || is_renewed(inspection->sweep, results))))) {
    if (extends) found.state = ISW_OUTPUT_OTHER;
    found.replaced = isw_results_identity(results);
  } else if (status == ISW_OK) {
    status = report_other_sweep(inspection->output, inspection->file, inspection->sweep, results, error);
  }
  isw_results_close(results);
  isw_hdf5_send(to, &found, sizeof found);
  return status;
}

static bool receive_finding(void *context, int from, struct isw_error *error)
{
  struct inspection *inspection = context;
  (void)error;
  return isw_hdf5_receive(from, &inspection->found, sizeof inspection->found);
}

enum isw_status isw_run_output_inspect(struct isw_run_output *output, const char *file, const struct isw_sweep *sweep,
                                       enum isw_resume resume, enum isw_output_state *state, struct isw_error *error)
{
  struct inspection inspection = {.file = file, .output = output, .sweep = sweep, .resume = resume};
  const struct isw_hdf5_work work = {output->path, send_finding, receive_finding};
  struct isw_error reason = {0};
  *state = ISW_OUTPUT_ABSENT;
  struct stat about;
  if (lstat(output->path, &about) != 0) return ISW_OK;
  if (stat(output->path, &about) != 0 || !S_ISREG(about.st_mode)) /* opening a FIFO would block */
    return isw_error_set(error, ISW_BAD_INPUT, "'%s' is not a regular file\n  name another with -o, or move it away",
                         output->out);
  enum isw_status status = isw_hdf5_call(&work, &inspection, &reason);
  if (status == ISW_BAD_INPUT && !inspection.found.readable)
    report_unreadable(output, &reason, error);
  else if (status != ISW_OK)
    isw_error_set(error, status, "%s", isw_error_text(&reason));
  isw_error_clear(&reason);
  *state = inspection.found.state;
  output->present = status == ISW_OK;
  output->replaced = inspection.found.replaced;
  return status;
}

void isw_run_output_remove_leftovers(const struct isw_run_output *output, const struct isw_sweep *sweep)
{
  struct isw_run_manifest manifest;
  struct isw_lock *lock = NULL;
  struct isw_error ignored = {0};
  bool there, unlocked;
  if (isw_run_manifest_read(output->parts, &manifest, &there, &ignored) == ISW_OK && there &&
      manifest.identity == isw_sweep_identity(sweep) &&
      isw_lock_take(output->parts, &lock, &unlocked, &ignored) == ISW_OK) {
    isw_output_remove_temporaries(output->path);
    isw_journal_remove(output->parts, &ignored);
  }
  isw_lock_release(lock);
  isw_run_manifest_clear(&manifest);
  isw_error_clear(&ignored);
}
