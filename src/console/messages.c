/* Messages on stderr: errors, and what the rooms above report during their work. */
#include <stdarg.h>
#include "initsweep/cluster.h"
#include "initsweep/console.h"

static void print_list(FILE *out, const char *format, va_list list)
{
  struct isw_text raw = {0}, shown = {0};
  if (isw_text_add_list(&raw, format, list) == ISW_OK &&
      isw_text_add_visible_lines(&shown, raw.bytes, raw.length) == ISW_OK)
    fwrite(shown.bytes, 1, shown.length, out);
  else
    fputs("(out of memory for a line of text)\n", out);
  isw_text_clear(&raw);
  isw_text_clear(&shown);
}

void isw_print(FILE *out, const char *format, ...)
{
  va_list list;
  va_start(list, format);
  print_list(out, format, list);
  va_end(list);
}

int isw_print_error(enum isw_status status, const struct isw_error *error)
{
  isw_print(stderr, "%s%s\n", error->located ? "" : "initsweep: ", isw_error_text(error));
  return (int)status;
}

int isw_usage_error(const char *command, const char *format, ...)
{
  if (!isw_cluster_is_first_process()) return ISW_BAD_INPUT;
  va_list list;
  va_start(list, format);
  fprintf(stderr, "initsweep %s: ", command);
  print_list(stderr, format, list);
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
  isw_print(stderr, "initsweep: %s\n", line);
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
  const char *const *paths;
  for (size_t i = 0, count = isw_sweep_outside(sweep, &paths); i < count; i++)
    isw_report_line(reporter, ISW_REPORT_INFO, "%s reads '%s', outside its folder", file, paths[i]);
}
