/* Writes a summary as text for people: head, axes and provenance. groups_text.c and cells_text.c write groups and
 * cells. */
#include <math.h>
#include <string.h>
#include "summary/summary_internal.h"

enum {
  VALUES_SHOWN_MAX = 8,
  LABEL_WIDTH = 14 /* of the labels on the left */
};

static void write_line(const struct isw_summary_page *page, const char *label, const char *text)
{
  isw_print(page->out, "%-*s ", LABEL_WIDTH, label);
  isw_write_wrapped(page->out, text, LABEL_WIDTH + 1, LABEL_WIDTH + 1, page->text_width);
}

static void write_text(const struct isw_summary_page *page, const char *label, struct isw_text *text)
{
  write_line(page, label, text->bytes ? text->bytes : "");
  isw_text_clear(text);
}

static void write_attribute(const struct isw_summary *summary, const struct isw_summary_page *page, const char *label,
                            const char *name)
{
  const char *text = isw_results_attribute(summary->results, name);
  if (text && text[0]) write_line(page, label, text);
}

void isw_summary_describe_ends(const struct isw_summary *summary, struct isw_text *text)
{
  isw_text_add(text, "%llu completed, %llu stopped by a rule, %llu diverged, %llu missing",
               (unsigned long long)summary->ended[ISW_COMPLETED], (unsigned long long)summary->ended[ISW_STOPPED],
               (unsigned long long)summary->ended[ISW_DIVERGED], (unsigned long long)summary->ended[ISW_MISSING]);
  if (summary->ended[ISW_SKIPPED] > 0)
    isw_text_add(text, ", %llu skipped by the refinement", (unsigned long long)summary->ended[ISW_SKIPPED]);
}

static void write_head(const struct isw_summary *summary, const struct isw_summary_page *page, const char *file)
{
  const struct isw_results_dataset *dataset;
  struct isw_text text = {0};
  write_line(page, "file", file);
  write_attribute(summary, page, "sweep", "title");
  write_attribute(summary, page, "about", "about");
  isw_text_add(&text, "%llu: ", (unsigned long long)summary->networks);
  isw_summary_describe_ends(summary, &text);
  write_text(page, "networks", &text);
  isw_text_add(&text, "%zu, layers: at most %zu", isw_results_records(summary->results),
               isw_results_layers(summary->results));
  if (isw_results_snapshots(summary->results))
    isw_text_add(&text, ", weights of %zu steps", isw_results_snapshots(summary->results));
  write_text(page, "records", &text);
  for (size_t i = 0; (dataset = isw_results_dataset(summary->results, i)) != NULL; i++)
    if (dataset->per_record && strcmp(dataset->name, "step") != 0)
      isw_text_add(&text, "%s%s%s%s%s", text.length ? ", " : "", dataset->name,
                   dataset->per_layer || dataset->dimension ? " (by " : "",
                   dataset->per_layer   ? "layer"
                   : dataset->dimension ? dataset->dimension
                                        : "",
                   dataset->per_layer || dataset->dimension ? ")" : "");
  write_text(page, "quantities", &text);
  for (size_t f = 0; f < summary->final_count; f++) {
    const struct isw_summary_spread *spread = &summary->spread[f];
    char label[64];
    snprintf(label, sizeof label, "final %s", summary->finals[f].name);
    if (isnan(spread->median)) continue;
    isw_text_add(&text, "median %.4g, lowest %.4g, highest %.4g", spread->median, spread->lowest, spread->highest);
    write_text(page, label, &text);
  }
}

/* Writes the first `shown` values and the last: "0, 1, 2, ..., 99"; false if there are none. */
static bool list_values(const struct isw_summary_axis *axis, size_t shown, struct isw_text *text)
{
  char number[ISW_NUMBER_SIZE];
  isw_text_clear(text);
  for (size_t v = 0; v < shown; v++) isw_text_add(text, "%s%s", v ? ", " : "", isw_summary_value_text(axis, v, number));
  if (shown < axis->count)
    isw_text_add(text, ", %s%s", shown + 1 < axis->count ? "..., " : "",
                 isw_summary_value_text(axis, axis->count - 1, number));
  return text->bytes != NULL;
}

static void write_values(FILE *out, const struct isw_summary_axis *axis, size_t columns)
{
  char number[ISW_NUMBER_SIZE];
  struct isw_text text = {0};
  size_t shown = axis->count < VALUES_SHOWN_MAX ? axis->count : VALUES_SHOWN_MAX;
  while (list_values(axis, shown, &text) && text.length > columns && shown > 1) shown--;
  if (text.length > columns) {
    isw_text_clear(&text);
    isw_text_add(&text, "%.*s, ...", columns > 5 ? (int)columns - 5 : 0, isw_summary_value_text(axis, 0, number));
  }
  isw_print(out, "%s\n", text.bytes ? text.bytes : "");
  isw_text_clear(&text);
}

static void write_axes(const struct isw_summary *summary, const struct isw_summary_page *page)
{
  if (summary->axis_count == 0) return;
  size_t name = strlen("axis");
  for (size_t i = 0; i < summary->axis_count; i++)
    if (strlen(summary->axes[i].name) > name) name = strlen(summary->axes[i].name);
  fprintf(page->out, "\n%s%-*s  values%s\n", isw_page_bold(page), (int)name, "axis", isw_page_plain(page));
  for (size_t i = 0; i < summary->axis_count; i++) {
    const struct isw_summary_axis *axis = &summary->axes[i];
    isw_print(page->out, "%-*s  %6zu  ", (int)name, axis->name, axis->count);
    write_values(page->out, axis, page->table_width > name + 20 ? page->table_width - name - 10 : 10);
  }
}

static void write_provenance(const struct isw_summary *summary, const struct isw_summary_page *page)
{
  const char *name, *text;
  fprintf(page->out, "\n%sprovenance%s\n", isw_page_bold(page), isw_page_plain(page));
  for (size_t i = 0; (text = isw_summary_provenance(summary, i, &name)) != NULL; i++) {
    if (!text[0]) continue;
    isw_print(page->out, "  %-16s ", name);
    isw_write_wrapped(page->out, text, 19, 19, page->text_width);
  }
}

void isw_summary_write_text(const struct isw_summary *summary, const char *file, const struct isw_summary_page *page)
{
  write_head(summary, page, file);
  write_axes(summary, page);
  isw_summary_write_groups(summary, page);
  isw_summary_write_cells(summary, page);
  write_provenance(summary, page);
}
