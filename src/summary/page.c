/* The layout of text for stdout, and the formatting that all text writers share. */
#include <stdio.h>
#include <unistd.h>
#include "summary/summary_internal.h"

struct isw_summary_page isw_summary_page_of_stdout(void)
{
  bool terminal = isw_terminal_width(STDOUT_FILENO) > 0;
  return (struct isw_summary_page){.out = stdout,
                                   .table_width = isw_text_width(),
                                   .text_width = terminal ? isw_text_width() : SIZE_MAX,
                                   .color = isw_terminal_color(STDOUT_FILENO),
                                   .utf8 = isw_terminal_utf8(STDOUT_FILENO)};
}

const char *isw_page_bold(const struct isw_summary_page *page)
{
  return page->color ? "\033[1m" : "";
}

const char *isw_page_red(const struct isw_summary_page *page)
{
  return page->color ? "\033[31m" : "";
}

const char *isw_page_plain(const struct isw_summary_page *page)
{
  return page->color ? "\033[0m" : "";
}

const char *isw_summary_value_text(const struct isw_summary_axis *axis, size_t index, char number[ISW_NUMBER_SIZE])
{
  if (index >= axis->count) return "none";
  if (axis->text) return axis->label[index][0] ? axis->label[index] : "none";
  snprintf(number, ISW_NUMBER_SIZE, "%g", axis->number[index]);
  return number;
}
