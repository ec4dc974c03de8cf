/* Messages on stderr: errors, and what the rooms above report during their work. */
#include <stdarg.h>
#include "initsweep/cluster.h"
#include "initsweep/console.h"

int isw_print_error(enum isw_status status, const struct isw_error *error)
{
  fprintf(stderr, "%s%s\n", error->located ? "" : "initsweep: ", isw_error_text(error));
  return (int)status;
}

int isw_usage_error(const char *command, const char *format, ...)
{
  if (!isw_cluster_is_first_process()) return ISW_BAD_INPUT;
  va_list list;
  va_start(list, format);
  fprintf(stderr, "initsweep %s: ", command);
  vfprintf(stderr, format, list);
  fprintf(stderr, "\n");
  va_end(list);
  return ISW_BAD_INPUT;
}

void isw_report_line(const struct isw_reporter *reporter, enum isw_report_kind kind, const char *format, ...)
{
  if (!reporter || !reporter->line) return;
  struct isw_text text = {0};
  va_list list;
  va_start(list, format);
  enum isw_status status = isw_text_add_list(&text, format, list);
  va_end(list);
  if (status == ISW_OK) reporter->line(reporter->context, kind, text.bytes);
  isw_text_clear(&text);
}

static void print_line(void *context, enum isw_report_kind kind, const char *line)
{
  (void)context, (void)kind;
  fprintf(stderr, "initsweep: %s\n", line);
}

static void print_warning(void *context, enum isw_report_kind kind, const char *line)
{
  if (kind == ISW_REPORT_WARNING) print_line(context, kind, line);
}

struct isw_reporter isw_stderr_reporter(bool quiet)
{
  return (struct isw_reporter){.line = quiet ? print_warning : print_line};
}

void isw_report_outside_data(const struct isw_reporter *reporter, const char *file, const struct isw_sweep *sweep)
{
  for (size_t d = 0; d < isw_sweep_datasets(sweep); d++) {
    const char *outside = isw_sweep_data(sweep, d)->outside;
    if (outside) isw_report_line(reporter, ISW_REPORT_INFO, "%s reads '%s', outside its folder", file, outside);
  }
}
