/* Prints the sweep file that a results file has inside. */
#include <string.h>
#include "summary/summary_internal.h"

enum isw_status isw_summary_write_sweep(const char *file, bool settings, struct isw_error *error)
{
  struct isw_results *results;
  enum isw_status status = isw_results_open(file, &results, error);
  if (status != ISW_OK) return status;
  const char *text = isw_results_attribute(results, settings ? "settings" : "sweep");
  const char *command = isw_results_attribute(results, "provenance/command_line");
  if (!text)
    status = isw_error_set(error, ISW_BAD_INPUT, "%s: it has no attribute '%s'", file, settings ? "settings" : "sweep");
  else
    fputs(text, stdout);
  const struct isw_reporter reporter = isw_stderr_reporter(false);
  if (text && !settings && command && strstr(command, " --set"))
    isw_report_line(&reporter, ISW_REPORT_INFO,
                    "the run changed settings by --set; `initsweep show %s --settings` prints them as they were", file);
  isw_results_close(results);
  return status;
}
