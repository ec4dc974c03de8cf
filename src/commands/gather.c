/* initsweep gather: the journal of a run that is under way, or was stopped, as a results file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "initsweep/commands.h"
#include "initsweep/run.h"

static enum isw_status advise_another_output(struct isw_error *error)
{
  return isw_error_set(error, ISW_BAD_INPUT, "%s\n  name another file with -o, or move it away", isw_error_text(error));
}

static enum isw_status gather(const char *parts, const char *out, const char *command_line, struct isw_error *error)
{
  struct isw_run_manifest origin;
  struct isw_sweep *sweep = NULL;
  struct isw_index *index = NULL;
  bool there;
  enum isw_status status = isw_run_manifest_read(parts, &origin, &there, error);
  if (status == ISW_OK && !there)
    status = isw_error_set(error, ISW_BAD_INPUT, "'%s' is not the folder of a run: it has no file 'sweep'", parts);
  if (status == ISW_OK) {
    const struct isw_overrides overrides = {(const char **)origin.overrides, origin.override_count};
    status = isw_load_sweep(origin.file, origin.folder, origin.text, strlen(origin.text), &overrides, &sweep, error);
  }
  if (status == ISW_OK && isw_sweep_identity(sweep) != origin.identity)
    status = isw_error_set(error, ISW_BAD_INPUT,
                           "%s: its sweep file does not describe the same sweep any more: data under '%s' have changed",
                           parts, origin.folder);
  if (status == ISW_OK) {
    status = isw_results_may_replace(out, origin.identity, 0, error);
    if (status == ISW_BAD_INPUT) status = advise_another_output(error);
  }
  if (status == ISW_OK)
    status = isw_index_create_beside(parts, origin.identity, origin.other, isw_sweep_networks(sweep),
                                     isw_precision_bytes(isw_sweep_precision(sweep)), &index, error);
  if (status == ISW_OK) {
    char host[256] = "";
    gethostname(host, sizeof host - 1);
    struct isw_run_facts facts = {.command_line = command_line,
                                  .kernels = "",
                                  .hosts = host,
                                  .ranks = 1,
                                  .threads = isw_cluster_default_threads()};
    struct isw_progress progress = {.networks = isw_sweep_networks(sweep)};
    isw_format_utc_now(facts.start);
    isw_progress_start(&progress, false);
    status = isw_outcome_write(out, sweep, index, &facts, ISW_MISSING, 0, &progress, error);
    if (status == ISW_BAD_INPUT) status = advise_another_output(error);
    isw_progress_end(&progress);
  }
  if (status == ISW_OK) {
    if (isw_index_damaged(index) > 0)
      fprintf(stderr, "initsweep: %llu torn or damaged entries of %s are left out\n",
              (unsigned long long)isw_index_damaged(index), parts);
    printf("%s: %llu of %llu networks\n", out, (unsigned long long)isw_index_count(index),
           (unsigned long long)isw_sweep_networks(sweep));
  }
  isw_index_destroy(index);
  isw_sweep_destroy(sweep);
  isw_run_manifest_clear(&origin);
  return status;
}

static int handle(void *state, int code, const char *argument)
{
  const char **out = state;
  (void)code;
  *out = argument;
  return 0;
}

static int run(int argc, char **argv)
{
  const char *out = NULL, *parts;
  char *line = isw_join_command_line(argc, argv);
  struct isw_error error = {0};
  int result;
  if (isw_parse_options(&isw_command_gather, argc, argv, handle, &out, &parts, &result)) {
    enum isw_status status = gather(parts, out, line, &error);
    if (status != ISW_OK) result = isw_print_error(status, &error);
  }
  free(line);
  isw_error_clear(&error);
  return result;
}

static const struct isw_option options[] = {
    {.name = "output",
     .code = 'o',
     .letter = true,
     .argument = "OUT",
     .completion = ISW_COMPLETE_RESULT,
     .required = true,
     .about = "the results file; one of the same sweep is replaced"},
    {0},
};
static const char *const examples[] = {"initsweep gather zero-on-xor.h5.parts -o so-far.h5", NULL};

const struct isw_command isw_command_gather = {
    .name = "gather",
    .argument = "PARTS",
    .argument_about = "the folder of a run",
    .completion = ISW_COMPLETE_FOLDER,
    .summary = "the finished networks of a run under way, or of one that was stopped, as a results file",
    .about =
        "Writes a results file of the networks that a run has finished so far; the others have status 0 (missing). "
        "PARTS is the run's folder OUT.parts, which is only read: the run may be under way, and can go on "
        "afterwards.",
    .options = options,
    .examples = examples,
    .run = run,
};
