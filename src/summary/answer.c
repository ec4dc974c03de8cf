/* Writes what a run has found, at its end: the best cell, and which commands show more. */
#include <math.h>
#include <string.h>
#include "summary/summary_internal.h"

/* The quantity that a user of a trained network would look at first; NULL: the file has none of them. */
static const char *quantity_of(const struct isw_results *results)
{
  static const char *const names[] = {"test_accuracy", "accuracy", "test_loss", "loss"};
  const struct isw_results_dataset *dataset;
  for (size_t n = 0; n < sizeof names / sizeof *names; n++)
    for (size_t i = 0; (dataset = isw_results_dataset(results, i)) != NULL; i++)
      if (strcmp(dataset->name, names[n]) == 0 && isw_can_rank(dataset)) return names[n];
  return NULL;
}

static void add_number(struct isw_text *text, const char *before, double value)
{
  if (isinf(value))
    isw_text_add(text, "%sdiverged", before);
  else
    isw_text_add(text, "%s%.4g", before, value);
}

static void describe_best(const struct isw_summary *summary, struct isw_text *text)
{
  const struct isw_summary_cell *best = &summary->best[0];
  const struct isw_summary_spread *spread = &best->final[summary->ranked_by];
  if (summary->cell_count > 1)
    isw_text_add(text, "best of %llu cells: ", (unsigned long long)summary->cell_count);
  else
    isw_text_add(text, "one cell: ");
  if (isinf(spread->median)) {
    isw_text_add(text, summary->cell_count > 1 ? "none: half of the networks or more diverged in each"
                                               : "half of the networks or more diverged");
    return;
  }
  isw_text_add(text, "%s %.4g", summary->finals[summary->ranked_by].name, spread->median);
  if (best->networks > 1) {
    isw_text_add(text, " (median of %llu networks", (unsigned long long)best->networks);
    add_number(text, "; lowest ", spread->lowest);
    add_number(text, ", highest ", spread->highest);
    isw_text_add(text, ")");
  }
  if (summary->cell_count == 1) return;
  struct isw_text settings = {0};
  isw_summary_describe_cell(summary, best->first, &settings);
  isw_text_add(text, ": %s", settings.bytes ? settings.bytes : "");
  isw_text_clear(&settings);
}

static void write_found(const struct isw_summary *summary, const struct isw_summary_page *page)
{
  struct isw_text text = {0};
  if (summary->ended[ISW_COMPLETED] < summary->networks) {
    isw_summary_describe_ends(summary, &text);
    isw_write_wrapped(page->out, text.bytes ? text.bytes : "", 0, 2, page->text_width);
    isw_text_clear(&text);
  }
  if (summary->best_count == 0) return;
  describe_best(summary, &text);
  isw_write_wrapped(page->out, text.bytes ? text.bytes : "", 0, 2, page->text_width);
  isw_text_clear(&text);
}

void isw_summary_write_answer(const char *file, const struct isw_summary_page *page)
{
  struct isw_results *results;
  struct isw_summary summary;
  struct isw_error error = {0};
  const char *by = NULL;
  if (isw_results_open(file, &results, &error) == ISW_OK) {
    double numbers = (double)isw_results_networks(results) * (double)(isw_results_records(results) + 1);
    by = quantity_of(results);
    if (by && numbers <= ISW_ANSWER_NUMBERS_MAX) {
      if (isw_summary_read(results, by, 1, &summary, &error) == ISW_OK) write_found(&summary, page);
      isw_summary_clear(&summary);
    }
    isw_results_close(results);
  }
  isw_error_clear(&error);
  bool shown = by && strncmp(by, "test_", 5) == 0; /* else `show` chooses it by itself */
  isw_print(page->out, "next: `initsweep show %s%s%s`, `initsweep plot heatmap %s`\n", file, shown ? " --by " : "",
            shown ? by : "", file);
}
