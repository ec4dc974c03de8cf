/* Writes the table of groups as text. Columns that do not fit on the page are left out from the right. */
#include <string.h>
#include "summary/summary_internal.h"

enum {
  GROUPS_SHOWN_MAX = 24,
  NAME_WIDTH_MAX = 28, /* of a value */
  NUMBER_WIDTH = 10,   /* minimum width of a number */
  COUNTS_WIDTH = 20,   /* of the columns networks and diverged */
  COLUMNS_MAX = 3 + ISW_FINALS_MAX - 1,
  TITLE_SIZE = 80
};

/* The columns of numbers: median, lowest and highest of the first quantity, then the medians of the others. */
struct layout {
  size_t name_width, columns; /* columns: shown */
  bool counts;                /* the column of networks is shown */
  char title[COLUMNS_MAX][TITLE_SIZE];
  int width[COLUMNS_MAX];
};

/* Number of columns of a text in visible form. */
static size_t columns_of(const char *text)
{
  struct isw_text shown = {0};
  size_t columns = 0;
  if (isw_text_add_visible(&shown, text, strlen(text), &columns) != ISW_OK) columns = 0;
  isw_text_clear(&shown);
  return columns;
}

/* Writes a text in exactly `width` columns: cut, or padded with blanks. */
static void write_padded(FILE *out, const char *text, size_t width)
{
  size_t used = 0;
  for (size_t i = 0, length = strlen(text); i < length;) {
    struct isw_text shown = {0};
    uint32_t code;
    size_t size = isw_character(text + i, length - i, &code), columns = 0;
    if (isw_text_add_visible(&shown, text + i, size, &columns) != ISW_OK || used + columns > width) length = i;
    if (i < length) fwrite(shown.bytes, 1, shown.length, out);
    used += i < length ? columns : 0;
    isw_text_clear(&shown);
    i += size;
  }
  fprintf(out, "%*s", (int)(width - used), "");
}

static size_t widest_value(const struct isw_summary *summary)
{
  const struct isw_summary_axis *axis = summary->grouped;
  char number[ISW_NUMBER_SIZE];
  size_t widest = columns_of(axis->name);
  for (size_t g = 0; g < summary->group_count && g < GROUPS_SHOWN_MAX; g++) {
    size_t length = columns_of(isw_summary_value_text(axis, summary->groups[g].value, number));
    if (length > widest) widest = length;
  }
  return widest < NAME_WIDTH_MAX ? widest : NAME_WIDTH_MAX;
}

static struct layout lay_out(const struct isw_summary *summary, size_t page_width)
{
  struct layout layout = {.name_width = widest_value(summary)};
  size_t columns = 2 + summary->final_count, used = layout.name_width + COUNTS_WIDTH;
  snprintf(layout.title[0], TITLE_SIZE, "median %s", summary->finals[0].name);
  snprintf(layout.title[1], TITLE_SIZE, "lowest");
  snprintf(layout.title[2], TITLE_SIZE, "highest");
  for (size_t f = 1; f < summary->final_count; f++)
    snprintf(layout.title[2 + f], TITLE_SIZE, "median %s", summary->finals[f].name);
  for (; layout.columns < columns; layout.columns++) {
    size_t length = strlen(layout.title[layout.columns]), width = length > NUMBER_WIDTH ? length : NUMBER_WIDTH;
    if (layout.columns > 0 && used + 2 + width > page_width) break;
    layout.width[layout.columns] = (int)width;
    used += 2 + width;
  }
  layout.counts = used <= page_width;
  return layout;
}

static void write_group(const struct isw_summary *summary, const struct isw_summary_page *page,
                        const struct layout *layout, const struct isw_summary_group *group)
{
  char number[ISW_NUMBER_SIZE];
  write_padded(page->out, isw_summary_value_text(summary->grouped, group->value, number), layout->name_width);
  if (layout->counts) fprintf(page->out, "  %8llu", (unsigned long long)group->networks);
  fprintf(page->out, "  %s%8llu%s", group->diverged > 0 ? isw_page_red(page) : "", (unsigned long long)group->diverged,
          group->diverged > 0 ? isw_page_plain(page) : "");
  for (size_t c = 0; c < layout->columns; c++) {
    const struct isw_summary_spread *spread = &group->final[c < 3 ? 0 : c - 2];
    fprintf(page->out, "  %*.4g", layout->width[c],
            c == 1   ? spread->lowest
            : c == 2 ? spread->highest
                     : spread->median);
  }
  fputc('\n', page->out);
}

void isw_summary_write_groups(const struct isw_summary *summary, const struct isw_summary_page *page)
{
  if (!summary->grouped) return;
  const struct layout layout = lay_out(summary, page->table_width);
  fprintf(page->out, "\n%s", isw_page_bold(page));
  write_padded(page->out, summary->grouped->name, layout.name_width);
  if (layout.counts) fprintf(page->out, "  %8s", "networks");
  fprintf(page->out, "  %8s", "diverged");
  for (size_t c = 0; c < layout.columns; c++) isw_print(page->out, "  %*s", layout.width[c], layout.title[c]);
  fprintf(page->out, "%s\n", isw_page_plain(page));
  for (size_t g = 0; g < summary->group_count && g < GROUPS_SHOWN_MAX; g++)
    write_group(summary, page, &layout, &summary->groups[g]);
  if (summary->group_count > GROUPS_SHOWN_MAX)
    fprintf(page->out, "and %zu more\n", summary->group_count - GROUPS_SHOWN_MAX);
}
