/* initsweep verify: compares a results file with its settings, and with networks that are trained again. */
#include <stdio.h>
#include "initsweep/commands.h"
#include "initsweep/console.h"
#include "initsweep/hdf5.h"
#include "initsweep/results.h"
#include "initsweep/run.h"

enum { SAMPLE = 16 };

struct request {
  struct isw_verify_settings settings;
  bool hashes;
};

static int handle(void *state, int code, const char *argument)
{
  struct request *request = state;
  struct isw_verify_settings *settings = &request->settings;
  switch (code) {
  case 'n': return (settings->sample = isw_parse_count("verify", "--sample", argument)) ? 0 : ISW_BAD_INPUT;
  case 't': return (settings->threads = isw_parse_count("verify", "--threads", argument)) ? 0 : ISW_BAD_INPUT;
  case 'd': settings->folder = argument; break;
  case 'c': request->hashes = true; break;
  default: settings->all = true; break;
  }
  return 0;
}

/* Formats the networks by status: "3 missing, 37 completed". Returns whether some have no results. */
static bool write_counts(const struct isw_verify_report *report, char *counts, size_t size)
{
  bool partial = false;
  size_t length = 0;
  for (int s = 0; s < ISW_NETWORK_STATUSES; s++) {
    enum isw_network_status status = (enum isw_network_status)s;
    if (report->ended[s] == 0) continue;
    length += (size_t)snprintf(counts + length, size - length, "%s%llu %s", length ? ", " : "",
                               (unsigned long long)report->ended[s], isw_status_name(status));
    partial = partial || !isw_status_is_finished(status);
  }
  return partial;
}

static enum isw_status verify(struct isw_verify_settings *settings, struct isw_error *error)
{
  const struct isw_reporter reporter = isw_stderr_reporter(false);
  struct isw_verify_report report;
  char counts[ISW_NETWORK_STATUSES * 40] = "";
  if (settings->threads == 0) settings->threads = isw_cluster_default_threads();
  enum isw_status status = isw_verify(settings, &reporter, &report, error);
  if (status != ISW_OK) return status;
  if (report.misdescribed > 0)
    return isw_error_set(error, ISW_FAILED, "%s: %llu of its datasets and attributes differ from what its settings say",
                         settings->file, (unsigned long long)report.misdescribed);
  if (report.different > 0)
    return isw_error_set(error, ISW_FAILED, "%s: %llu of %llu networks differ", settings->file,
                         (unsigned long long)report.different, (unsigned long long)report.different + report.same);
  bool partial = write_counts(&report, counts, sizeof counts);
  if (report.gathered_early) {
    isw_print(stdout, "%s: gathered before a network was trained (%s): only the settings were compared\n",
              settings->file, counts);
    return ISW_OK;
  }
  if (report.networks == 0)
    return isw_error_set(error, ISW_FAILED, "%s: no network is trained (%s), but a run has written this file",
                         settings->file, counts);
  isw_print(stdout, "%s: %llu of %llu networks trained again: every stored bit is the same", settings->file,
            (unsigned long long)report.same, (unsigned long long)report.networks);
  if (partial) printf(" (in the file: %s)", counts);
  printf("\n");
  return ISW_OK;
}

static enum isw_status check_hashes(const char *file, struct isw_error *error)
{
  struct isw_results *results;
  struct isw_hash_report report;
  enum isw_status status = isw_results_open(file, &results, error);
  if (status != ISW_OK) return status;
  status = isw_results_check_hashes(results, &report, error);
  if (status == ISW_OK && report.differences > 1)
    status = isw_error_set(error, ISW_FAILED, "%s: %s; %llu of %zu datasets differ from their hashes", file,
                           report.first.bytes, (unsigned long long)report.differences, report.datasets);
  else if (status == ISW_OK && report.differences > 0)
    status = isw_error_set(error, ISW_FAILED, "%s: %s", file, report.first.bytes);
  if (status == ISW_OK) printf("%s: %zu datasets match their hashes: %s\n", file, report.datasets, report.hash);
  isw_hash_report_clear(&report);
  isw_results_close(results);
  return status;
}

static int run(int argc, char **argv)
{
  struct request request = {0};
  struct isw_verify_settings *settings = &request.settings;
  struct isw_error error = {0};
  int result;
  if (!isw_parse_options(&isw_command_verify, argc, argv, handle, &request, &settings->file, &result)) return result;
  if (request.hashes && (settings->all || settings->sample || settings->threads || settings->folder))
    return isw_usage_error("verify", "--hashes trains nothing: no other option goes with it");
  if (settings->sample == 0) settings->sample = SAMPLE;
  if (!isw_hdf5_continue_in_child(settings->file, &result, &error))
    result = request.hashes ? check_hashes(settings->file, &error) : verify(settings, &error);
  if (error.status != ISW_OK) result = isw_print_error(error.status, &error);
  isw_error_clear(&error);
  return result;
}

static const struct isw_option options[] = {
    {.name = "sample", .code = 'n', .argument = "N", .about = "networks to train (default 16)"},
    {.name = "all", .code = 'a', .about = "trains every network"},
    {.name = "hashes",
     .code = 'c',
     .about =
         "trains nothing: compares the contents of the file with the hashes that it stores, and prints the hash of "
         "the whole"},
    ISW_OPTION_DATA,
    {.name = "threads",
     .code = 't',
     .argument = "N",
     .about = "threads (default: OMP_NUM_THREADS, else the processors that the program may use)"},
    {0},
};
static const char *const examples[] = {"initsweep verify zero-on-xor.h5 --sample 100",
                                       "initsweep verify zero-on-xor.h5 --hashes", NULL};

const struct isw_command isw_command_verify = {
    .name = "verify",
    .argument = "FILE",
    .argument_about = "one results file",
    .completion = ISW_COMPLETE_RESULT,
    .summary = "compares a results file with its settings and with networks trained again",
    .about =
        "Compares everything in a results file that follows from its settings, for all networks: swept settings, "
        "identities, sizes, recorded steps and attributes. Then trains networks again and compares status, steps and "
        "every stored value and weight, bit for bit. A sample is random, spread over the trained networks of the grid, "
        "and each of its networks is trained alone; --all trains all networks in packs. The exit status is 1 if "
        "anything differs.\n\n"
        "With --hashes, it notices in seconds any change since the file was written, outside the provenance: in "
        "values, "
        "types, names, dimensions and attributes of every dataset. It names the first dataset that differs. Hashes "
        "detect damage and mistakes, not forgery, because anyone can compute them.",
    .options = options,
    .examples = examples,
    .run = run,
};
