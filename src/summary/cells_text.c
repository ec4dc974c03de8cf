/* Writes the best and worst cells as text, with their loss over the records. */
#include <math.h>
#include <string.h>
#include "summary/summary_internal.h"

enum {
  CURVE_MAX_WIDTH = 24, /* columns of a sparkline */
  NUMBER_WIDTH = 10     /* minimum width of a number */
};

static size_t bounded(size_t width, size_t most)
{
  return width < most ? width : most;
}

/* The logarithmic scale of sparklines: from the highest first loss of the cells shown down to their lowest loss, at
 * most four decades. */
struct loss_scale {
  double low, high;
};
static const double decades = 1e4;

static struct loss_scale scale_of(const struct isw_summary *summary)
{
  struct loss_scale scale = {(double)INFINITY, 0};
  size_t records = isw_results_records(summary->results);
  for (size_t i = 0; i < summary->best_count + summary->worst_count; i++) {
    const struct isw_summary_cell *cell =
        i < summary->best_count ? &summary->best[i] : &summary->worst[i - summary->best_count];
    for (size_t r = 0; cell->trajectory && r < records; r++)
      if (cell->trajectory[r] > 0 && cell->trajectory[r] < scale.low) scale.low = cell->trajectory[r];
    if (cell->trajectory && isfinite(cell->trajectory[0]) && cell->trajectory[0] > scale.high)
      scale.high = cell->trajectory[0];
  }
  if (scale.low < scale.high / decades) scale.low = scale.high / decades;
  return scale;
}

static size_t height_of(double loss, struct loss_scale scale)
{
  if (!(loss > scale.low) || !(scale.high > scale.low)) return 0;
  double share = (log(loss) - log(scale.low)) / (log(scale.high) - log(scale.low));
  return share >= 1 ? 7 : (size_t)(share * 8);
}

/* How many losses fit: three, two, or none. */
static size_t numbers_of_curve(size_t columns, size_t records)
{
  size_t numbers = columns >= 32 ? 3 : columns >= 20 ? 2 : 0;
  return numbers < records ? numbers : records;
}

static void write_curve(const struct isw_summary *summary, const struct isw_summary_page *page,
                        const struct isw_summary_cell *cell, struct loss_scale scale, size_t columns)
{
  static const char *const blocks[] = {"\u2581", "\u2582", "\u2583", "\u2584", "\u2585", "\u2586", "\u2587", "\u2588"};
  size_t records = isw_results_records(summary->results);
  size_t points = page->utf8 ? bounded(bounded(columns, CURVE_MAX_WIDTH), records) : numbers_of_curve(columns, records);
  for (size_t p = 0; p < points && cell->trajectory; p++) {
    double loss = cell->trajectory[points > 1 ? p * (records - 1) / (points - 1) : 0];
    if (page->utf8)
      fputs(isinf(loss) ? "" : blocks[height_of(loss, scale)], page->out);
    else if (isinf(loss))
      fprintf(page->out, "%sdiverged", p ? " -> " : "");
    else
      fprintf(page->out, "%s%.3g", p ? " -> " : "", loss);
    if (isinf(loss)) break; /* and at all later records */
  }
}

void isw_summary_describe_cell(const struct isw_summary *summary, uint64_t network, struct isw_text *text)
{
  for (size_t i = 0; i < summary->axis_count; i++) {
    const struct isw_summary_axis *axis = &summary->axes[i];
    if (strcmp(axis->name, "replicate") == 0) continue;
    if (axis->text) {
      const char *value = isw_results_text(summary->results, axis->name, network);
      if (!value || value[0]) isw_text_add(text, "%s%s=%s", text->length ? ", " : "", axis->name, value ? value : "?");
    } else {
      double value = isw_results_value(summary->results, axis->name, network, 0, 0);
      if (!isnan(value)) isw_text_add(text, "%s%s=%g", text->length ? ", " : "", axis->name, value);
    }
  }
  if (!text->length) isw_text_add(text, "all networks");
}

/* The n-th quantity of a cell's line: first the one that ranks, then the others. */
static size_t shown_final(const struct isw_summary *summary, size_t n)
{
  return n == 0 ? summary->ranked_by : n <= summary->ranked_by ? n - 1 : n;
}

static int width_of(const struct isw_summary *summary, size_t n)
{
  size_t length = strlen(summary->finals[shown_final(summary, n)].name);
  return (int)(length > NUMBER_WIDTH ? length : NUMBER_WIDTH);
}

static void write_cell(const struct isw_summary *summary, const struct isw_summary_page *page,
                       const struct isw_summary_cell *cell, struct loss_scale scale, size_t numbers, size_t columns)
{
  struct isw_text text = {0};
  for (size_t n = 0; n < numbers; n++) {
    double value = cell->final[shown_final(summary, n)].median;
    if (isinf(value))
      fprintf(page->out, "  %*s", width_of(summary, n), "diverged");
    else
      fprintf(page->out, "  %*.4g", width_of(summary, n), value);
  }
  char share[ISW_NUMBER_SIZE];
  snprintf(share, sizeof share, "%.3g %%", 100 * (double)cell->diverged / (double)cell->networks);
  fprintf(page->out, "  %s%8s%s  ", cell->diverged > 0 ? isw_page_red(page) : "", share,
          cell->diverged > 0 ? isw_page_plain(page) : "");
  write_curve(summary, page, cell, scale, columns);
  fprintf(page->out, "\n    ");
  isw_summary_describe_cell(summary, cell->first, &text);
  isw_write_wrapped(page->out, text.bytes ? text.bytes : "", 4, 4, page->text_width);
  isw_text_clear(&text);
}

void isw_summary_write_cells(const struct isw_summary *summary, const struct isw_summary_page *page)
{
  if (summary->best_count == 0) return;
  struct loss_scale scale = scale_of(summary);
  size_t numbers = 0, used = 12; /* as many quantities as fit */
  while (numbers < summary->final_count &&
         (numbers == 0 || used + 2 + (size_t)width_of(summary, numbers) + 12 <= page->table_width))
    used += 2 + (size_t)width_of(summary, numbers++);
  size_t columns = page->table_width > used ? page->table_width - used : 0;
  struct isw_text text = {0};
  if (summary->cell_count == 1)
    isw_text_add(&text, "one cell: final values, medians over replicates");
  else
    isw_text_add(&text, "best of %llu cells by median final %s over replicates; diverged networks count as the worst",
                 (unsigned long long)summary->cell_count, summary->finals[summary->ranked_by].name);
  fprintf(page->out, "\n%s", isw_page_bold(page));
  isw_write_wrapped(page->out, text.bytes ? text.bytes : "", 0, 0, page->text_width);
  isw_text_clear(&text);
  for (size_t n = 0; n < numbers; n++)
    isw_print(page->out, "  %*s", width_of(summary, n), summary->finals[shown_final(summary, n)].name);
  static const char *const titles[] = {"", "median loss", "median loss: first -> last",
                                       "median loss: first -> middle -> last"};
  size_t title = page->utf8 ? 1 : numbers_of_curve(columns, isw_results_records(summary->results));
  bool fits = strlen(titles[title]) <= columns && summary->best[0].trajectory;
  fprintf(page->out, "  %8s%s%s%s\n", "diverged", fits ? "  " : "", fits ? titles[title] : "", isw_page_plain(page));
  for (size_t i = 0; i < summary->best_count; i++)
    write_cell(summary, page, &summary->best[i], scale, numbers, columns);
  if (summary->worst_count > 0) fprintf(page->out, "%sworst%s\n", isw_page_bold(page), isw_page_plain(page));
  for (size_t i = 0; i < summary->worst_count; i++)
    write_cell(summary, page, &summary->worst[i], scale, numbers, columns);
}
