/* initsweep show: what is in a results file. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "initsweep/console.h"
#include "initsweep/summary.h"
#include "initsweep/commands.h"

enum {
  SHOWN_VALUES = 8,
  JSON_VALUES = 1000,
  SHOWN_GROUPS = 24,
  SHOWN_CELLS = 3,
  LABEL = 14,  /* columns of the words at the left */
  NAME = 28,   /* at most, of a name or a value in a table */
  CURVE = 24,  /* of a sparkline, at most */
  NUMBER = 10, /* of a number in a table, at least */
  UNLIMITED = 1 << 30
};
static const double LOOK_EVERY = 2; /* seconds */

static const char *const ends[] = {"missing", "completed", "stopped", "diverged",
                                   "skipped"}; /* enum isw_network_status */

/* What the command line asks for. */
struct request {
  const char *by; /* NULL: accuracy, else loss */
  size_t top;     /* best and worst cells */
  bool json, follow;
  double every; /* seconds between two looks; 0: not said */
};

/* How it is shown. */
struct page {
  struct isw_summary summary;
  size_t width; /* of tables */
  size_t wrap;  /* of running text: that of a terminal only, so that a log's lines stay whole */
  bool color, utf8;
};

/* ---- words ---- */

static const char *bold(const struct page *page)
{
  return page->color ? "\033[1m" : "";
}

static const char *red(const struct page *page)
{
  return page->color ? "\033[31m" : "";
}

static const char *plain(const struct page *page)
{
  return page->color ? "\033[0m" : "";
}

/* A value of an axis, in the caller's buffer where it is a number. */
static const char *value_text(const struct isw_summary_axis *axis, size_t index, char number[ISW_NUMBER])
{
  if (index >= axis->count) return "none";
  if (axis->text) return axis->label[index][0] ? axis->label[index] : "none";
  snprintf(number, ISW_NUMBER, "%g", axis->number[index]);
  return number;
}

static void print_line(const struct page *page, const char *label, const char *text)
{
  printf("%-*s ", LABEL, label);
  isw_write_wrapped(stdout, text, LABEL + 1, LABEL + 1, page->wrap);
}

static void print_text(const struct page *page, const char *label, struct isw_text *text)
{
  print_line(page, label, text->bytes ? text->bytes : "");
  isw_text_clear(text);
}

static void print_attribute(const struct page *page, const char *label, const char *name)
{
  const char *text = isw_results_attribute(page->summary.results, name);
  if (text && text[0]) print_line(page, label, text);
}

/* ---- the head ---- */

static void print_head(const struct page *page, const char *file)
{
  const struct isw_summary *summary = &page->summary;
  const struct isw_results_dataset *dataset;
  struct isw_text text = {0};
  print_line(page, "file", file);
  print_attribute(page, "sweep", "title");
  print_attribute(page, "about", "about");
  isw_text_add(&text, "%llu: %llu completed, %llu stopped by a rule, %llu diverged, %llu missing",
               (unsigned long long)summary->networks, (unsigned long long)summary->ended[ISW_COMPLETED],
               (unsigned long long)summary->ended[ISW_STOPPED], (unsigned long long)summary->ended[ISW_DIVERGED],
               (unsigned long long)summary->ended[ISW_MISSING]);
  if (summary->ended[ISW_SKIPPED] > 0)
    isw_text_add(&text, ", %llu skipped by the refinement", (unsigned long long)summary->ended[ISW_SKIPPED]);
  print_text(page, "networks", &text);
  isw_text_add(&text, "%zu, layers: at most %zu", isw_results_records(summary->results),
               isw_results_layers(summary->results));
  print_text(page, "records", &text);
  for (size_t i = 0; (dataset = isw_results_dataset(summary->results, i)) != NULL; i++)
    if (dataset->per_record && strcmp(dataset->name, "step") != 0)
      isw_text_add(&text, "%s%s%s", text.length ? ", " : "", dataset->name,
                   dataset->per_layer       ? " (by layer)"
                   : dataset->per_parameter ? " (by parameter)"
                                            : "");
  print_text(page, "quantities", &text);
  for (size_t f = 0; f < summary->final_count; f++) {
    const struct isw_spread *spread = &summary->spread[f];
    char label[64];
    snprintf(label, sizeof label, "final %s", summary->finals[f].name);
    if (isnan(spread->median)) continue;
    isw_text_add(&text, "median %.4g, lowest %.4g, highest %.4g", spread->median, spread->lowest, spread->highest);
    print_text(page, label, &text);
  }
}

/* As many values as the columns hold: "0, 1, 2, ..., 99"; false where that is none. */
static bool list_values(const struct isw_summary_axis *axis, size_t shown, struct isw_text *text)
{
  char number[ISW_NUMBER];
  isw_text_clear(text);
  for (size_t v = 0; v < shown; v++) isw_text_add(text, "%s%s", v ? ", " : "", value_text(axis, v, number));
  if (shown < axis->count)
    isw_text_add(text, ", %s%s", shown + 1 < axis->count ? "..., " : "", value_text(axis, axis->count - 1, number));
  return text->bytes != NULL;
}

static void print_values(const struct isw_summary_axis *axis, size_t columns)
{
  char number[ISW_NUMBER];
  struct isw_text text = {0};
  size_t shown = axis->count < SHOWN_VALUES ? axis->count : SHOWN_VALUES;
  while (list_values(axis, shown, &text) && text.length > columns && shown > 1) shown--;
  if (text.length > columns) {
    isw_text_clear(&text);
    isw_text_add(&text, "%.*s, ...", columns > 5 ? (int)columns - 5 : 0, value_text(axis, 0, number));
  }
  printf("%s\n", text.bytes ? text.bytes : "");
  isw_text_clear(&text);
}

static size_t bounded(size_t width, size_t most)
{
  return width < most ? width : most;
}

static void print_axes(const struct page *page)
{
  const struct isw_summary *summary = &page->summary;
  if (summary->axis_count == 0) return;
  size_t name = strlen("axis");
  for (size_t i = 0; i < summary->axis_count; i++)
    if (strlen(summary->axes[i].name) > name) name = strlen(summary->axes[i].name);
  printf("\n%s%-*s  values%s\n", bold(page), (int)name, "axis", plain(page));
  for (size_t i = 0; i < summary->axis_count; i++) {
    const struct isw_summary_axis *axis = &summary->axes[i];
    printf("%-*s  %6zu  ", (int)name, axis->name, axis->count);
    print_values(axis, page->width > name + 20 ? page->width - name - 10 : 10);
  }
}

/* ---- groups ---- */

static void print_groups(const struct page *page)
{
  const struct isw_summary *summary = &page->summary;
  const struct isw_summary_axis *axis = summary->grouped;
  if (!axis) return;
  /* what there is no room for is left out from the right */
  const char *titles[3 + ISW_FINALS] = {"median", "lowest", "highest"};
  char median[ISW_FINALS][80];
  size_t columns = 3, name = strlen(axis->name), fixed = 20;
  char number[ISW_NUMBER];
  snprintf(median[0], sizeof median[0], "median %s", summary->finals[0].name);
  titles[0] = median[0];
  for (size_t f = 1; f < summary->final_count; f++) {
    snprintf(median[f], sizeof median[f], "median %s", summary->finals[f].name);
    titles[columns++] = median[f];
  }
  for (size_t g = 0; g < summary->group_count && g < SHOWN_GROUPS; g++) {
    size_t length = strlen(value_text(axis, summary->groups[g].value, number));
    if (length > name) name = length;
  }
  name = bounded(name, NAME);
  size_t shown = 0, used = name + fixed;
  int widths[3 + ISW_FINALS];
  for (; shown < columns; used += 2 + (size_t)widths[shown++]) {
    size_t length = strlen(titles[shown]);
    widths[shown] = (int)(length > NUMBER ? length : NUMBER);
    if (shown > 0 && used + 2 + (size_t)widths[shown] > page->width) break;
  }
  bool counts = used <= page->width;
  printf("\n%s%-*.*s", bold(page), (int)name, (int)name, axis->name);
  if (counts) printf("  %8s", "networks");
  printf("  %8s", "diverged");
  for (size_t c = 0; c < shown; c++) printf("  %*s", widths[c], titles[c]);
  printf("%s\n", plain(page));
  for (size_t g = 0; g < summary->group_count && g < SHOWN_GROUPS; g++) {
    const struct isw_group *group = &summary->groups[g];
    printf("%-*.*s", (int)name, (int)name, value_text(axis, group->value, number));
    if (counts) printf("  %8llu", (unsigned long long)group->networks);
    printf("  %s%8llu%s", group->diverged > 0 ? red(page) : "", (unsigned long long)group->diverged,
           group->diverged > 0 ? plain(page) : "");
    for (size_t c = 0; c < shown; c++) {
      const struct isw_spread *spread = &group->final[c < 3 ? 0 : c - 2];
      printf("  %*.4g", widths[c], c == 1 ? spread->lowest : c == 2 ? spread->highest : spread->median);
    }
    printf("\n");
  }
  if (summary->group_count > SHOWN_GROUPS) printf("and %zu more\n", summary->group_count - SHOWN_GROUPS);
}

/* ---- cells ---- */

/* The heights of sparklines: logarithmic, up to the highest first loss of the cells that are shown, down to their lowest or
 * four decades. */
struct scale {
  double low, high;
};
static const double decades = 1e4;

static struct scale scale_of(const struct isw_summary *summary)
{
  struct scale scale = {(double)INFINITY, 0};
  size_t records = isw_results_records(summary->results);
  for (size_t i = 0; i < summary->best_count + summary->worst_count; i++) {
    const struct isw_cell *cell =
        i < summary->best_count ? &summary->best[i] : &summary->worst[i - summary->best_count];
    for (size_t r = 0; cell->trajectory && r < records; r++)
      if (cell->trajectory[r] > 0 && cell->trajectory[r] < scale.low) scale.low = cell->trajectory[r];
    if (cell->trajectory && isfinite(cell->trajectory[0]) && cell->trajectory[0] > scale.high)
      scale.high = cell->trajectory[0];
  }
  if (scale.low < scale.high / decades) scale.low = scale.high / decades;
  return scale;
}

static size_t height_of(double loss, struct scale scale)
{
  if (!(loss > scale.low) || !(scale.high > scale.low)) return 0;
  double share = (log(loss) - log(scale.low)) / (log(scale.high) - log(scale.low));
  return share >= 1 ? 7 : (size_t)(share * 8);
}

/* Three losses, or two, or none: what the columns hold. */
static size_t numbers_of_curve(size_t columns, size_t records)
{
  size_t numbers = columns >= 32 ? 3 : columns >= 20 ? 2 : 0;
  return numbers < records ? numbers : records;
}

static void print_curve(const struct page *page, const struct isw_cell *cell, struct scale scale, size_t columns)
{
  static const char *const blocks[] = {"\u2581", "\u2582", "\u2583", "\u2584", "\u2585", "\u2586", "\u2587", "\u2588"};
  size_t records = isw_results_records(page->summary.results);
  size_t points = page->utf8 ? bounded(bounded(columns, CURVE), records) : numbers_of_curve(columns, records);
  for (size_t p = 0; p < points && cell->trajectory; p++) {
    double loss = cell->trajectory[points > 1 ? p * (records - 1) / (points - 1) : 0];
    if (page->utf8)
      fputs(isinf(loss) ? "" : blocks[height_of(loss, scale)], stdout);
    else if (isinf(loss))
      printf("%sdiverged", p ? " -> " : "");
    else
      printf("%s%.3g", p ? " -> " : "", loss);
    if (isinf(loss)) break; /* it stays so */
  }
}

/* "init=constant, init_value=0.5, depth=2": what the networks of a cell have in common. */
static void describe(const struct isw_summary *summary, uint64_t network, struct isw_text *text)
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

/* The n-th quantity of a cell's line: the one of the rank, then the others. */
static size_t shown_final(const struct isw_summary *summary, size_t n)
{
  return n == 0 ? summary->by : n <= summary->by ? n - 1 : n;
}

static int width_of(const struct isw_summary *summary, size_t n)
{
  size_t length = strlen(summary->finals[shown_final(summary, n)].name);
  return (int)(length > NUMBER ? length : NUMBER);
}

static void print_cell(const struct page *page, const struct isw_cell *cell, struct scale scale, size_t numbers,
                       size_t columns)
{
  const struct isw_summary *summary = &page->summary;
  struct isw_text text = {0};
  for (size_t n = 0; n < numbers; n++) {
    double value = cell->median[shown_final(summary, n)];
    if (isinf(value))
      printf("  %*s", width_of(summary, n), "diverged");
    else
      printf("  %*.4g", width_of(summary, n), value);
  }
  char share[ISW_NUMBER];
  snprintf(share, sizeof share, "%.3g %%", 100 * (double)cell->diverged / (double)cell->networks);
  printf("  %s%8s%s  ", cell->diverged > 0 ? red(page) : "", share, cell->diverged > 0 ? plain(page) : "");
  print_curve(page, cell, scale, columns);
  printf("\n    ");
  describe(summary, cell->first, &text);
  isw_write_wrapped(stdout, text.bytes ? text.bytes : "", 4, 4, page->wrap);
  isw_text_clear(&text);
}

static void print_cells(const struct page *page)
{
  const struct isw_summary *summary = &page->summary;
  if (summary->best_count == 0) return;
  struct scale scale = scale_of(summary);
  size_t numbers = 0, used = 12; /* as many quantities as there is room for */
  while (numbers < summary->final_count &&
         (numbers == 0 || used + 2 + (size_t)width_of(summary, numbers) + 12 <= page->width))
    used += 2 + (size_t)width_of(summary, numbers++);
  size_t columns = page->width > used ? page->width - used : 0;
  struct isw_text text = {0};
  if (summary->cell_count == 1)
    isw_text_add(&text, "one cell: final values, medians over replicates");
  else
    isw_text_add(&text, "best of %llu cells by median final %s over replicates; diverged networks count as the worst",
                 (unsigned long long)summary->cell_count, summary->finals[summary->by].name);
  printf("\n%s", bold(page));
  isw_write_wrapped(stdout, text.bytes ? text.bytes : "", 0, 0, page->wrap);
  isw_text_clear(&text);
  for (size_t n = 0; n < numbers; n++)
    printf("  %*s", width_of(summary, n), summary->finals[shown_final(summary, n)].name);
  static const char *const titles[] = {"", "median loss", "median loss: first -> last",
                                       "median loss: first -> middle -> last"};
  size_t title = page->utf8 ? 1 : numbers_of_curve(columns, isw_results_records(summary->results));
  bool fits = strlen(titles[title]) <= columns && summary->best[0].trajectory;
  printf("  %8s%s%s%s\n", "diverged", fits ? "  " : "", fits ? titles[title] : "", plain(page));
  for (size_t i = 0; i < summary->best_count; i++) print_cell(page, &summary->best[i], scale, numbers, columns);
  if (summary->worst_count > 0) printf("%sworst%s\n", bold(page), plain(page));
  for (size_t i = 0; i < summary->worst_count; i++) print_cell(page, &summary->worst[i], scale, numbers, columns);
}

/* ---- provenance ---- */

static const char *const provenance[] = {"program_version", "git_description", "kernels", "mpi",          "hdf5",
                                         "ranks",           "threads",         "hosts",   "slurm_job_id", "start_time",
                                         "end_time",        "network_steps",   "seconds", "command_line"};
enum { PROVENANCE = sizeof provenance / sizeof *provenance };

static const char *provenance_text(const struct isw_summary *summary, size_t index)
{
  char path[64];
  snprintf(path, sizeof path, "provenance/%s", provenance[index]);
  const char *text = isw_results_attribute(summary->results, path);
  return text && text[0] ? text : NULL;
}

static void print_provenance(const struct page *page)
{
  printf("\n%sprovenance%s\n", bold(page), plain(page));
  for (size_t i = 0; i < PROVENANCE; i++) {
    const char *text = provenance_text(&page->summary, i);
    if (!text) continue;
    printf("  %-16s ", provenance[i]);
    isw_write_wrapped(stdout, text, 19, 19, page->wrap);
  }
}

/* ---- for programs ---- */

static void json_number(double number)
{
  if (isfinite(number))
    printf("%.17g", number);
  else
    printf("null");
}

static void json_key(const char *key)
{
  isw_print_json_text(key);
  printf(": ");
}

static void json_spread(const struct isw_final *final, const struct isw_spread *spread)
{
  json_key(final->name);
  printf("{\"median\": ");
  json_number(spread->median);
  printf(", \"lowest\": ");
  json_number(spread->lowest);
  printf(", \"highest\": ");
  json_number(spread->highest);
  printf("}");
}

static void json_value(const struct isw_summary_axis *axis, size_t index)
{
  if (index >= axis->count)
    printf("null");
  else if (axis->text)
    isw_print_json_text(axis->label[index]);
  else
    json_number(axis->number[index]);
}

static void json_axes(const struct isw_summary *summary)
{
  printf("  \"axes\": [");
  for (size_t i = 0; i < summary->axis_count; i++) {
    const struct isw_summary_axis *axis = &summary->axes[i];
    printf("%s\n    {\"name\": ", i ? "," : "");
    isw_print_json_text(axis->name);
    printf(", \"count\": %zu, \"values\": [", axis->count);
    for (size_t v = 0; v < axis->count && v < JSON_VALUES; v++) {
      if (v) printf(", ");
      json_value(axis, v);
    }
    printf("]}");
  }
  printf("],\n");
}

static void json_quantities(const struct isw_summary *summary)
{
  const struct isw_results_dataset *dataset;
  printf("  \"quantities\": [");
  for (size_t i = 0, n = 0; (dataset = isw_results_dataset(summary->results, i)) != NULL; i++)
    if (dataset->per_record && strcmp(dataset->name, "step") != 0) {
      printf("%s{\"name\": ", n++ ? ", " : "");
      isw_print_json_text(dataset->name);
      printf(", \"along\": [\"network\", \"record\"%s]}", dataset->per_layer       ? ", \"layer\""
                                                          : dataset->per_parameter ? ", \"parameter\""
                                                                                   : "");
    }
  printf("],\n");
}

static void json_groups(const struct isw_summary *summary)
{
  if (!summary->grouped) return;
  printf("  \"groups\": {\"axis\": ");
  isw_print_json_text(summary->grouped->name);
  printf(", \"values\": [");
  for (size_t g = 0; g < summary->group_count; g++) {
    const struct isw_group *group = &summary->groups[g];
    printf("%s\n    {\"value\": ", g ? "," : "");
    json_value(summary->grouped, group->value);
    printf(", \"networks\": %llu, \"diverged\": %llu", (unsigned long long)group->networks,
           (unsigned long long)group->diverged);
    for (size_t f = 0; f < summary->final_count; f++) {
      printf(", ");
      json_spread(&summary->finals[f], &group->final[f]);
    }
    printf("}");
  }
  printf("]},\n");
}

static void json_cell(const struct isw_summary *summary, const struct isw_cell *cell)
{
  printf("{\"axes\": {");
  size_t n = 0;
  for (size_t i = 0; i < summary->axis_count; i++) {
    const struct isw_summary_axis *axis = &summary->axes[i];
    if (strcmp(axis->name, "replicate") == 0) continue;
    if (n++) printf(", ");
    json_key(axis->name);
    if (axis->text) {
      const char *text = isw_results_text(summary->results, axis->name, cell->first);
      isw_print_json_text(text ? text : "");
    } else {
      json_number(isw_results_value(summary->results, axis->name, cell->first, 0, 0));
    }
  }
  printf("}, \"first_network\": %llu, \"networks\": %llu, \"diverged\": %llu, \"median\": {",
         (unsigned long long)cell->first, (unsigned long long)cell->networks, (unsigned long long)cell->diverged);
  for (size_t f = 0; f < summary->final_count; f++) {
    if (f) printf(", ");
    json_key(summary->finals[f].name);
    json_number(cell->median[f]);
  }
  printf("}, \"loss_by_record\": ");
  if (!cell->trajectory) printf("null");
  for (size_t r = 0; cell->trajectory && r < isw_results_records(summary->results); r++) {
    printf("%s", r ? ", " : "[");
    json_number(cell->trajectory[r]);
  }
  printf("%s}", cell->trajectory ? "]" : "");
}

static void json_cells(const struct isw_summary *summary, const char *key, const struct isw_cell *cells, size_t count)
{
  printf(", \"%s\": [", key);
  for (size_t i = 0; i < count; i++) {
    printf("%s\n    ", i ? "," : "");
    json_cell(summary, &cells[i]);
  }
  printf("]");
}

static void print_json(const struct isw_summary *summary, const char *file)
{
  const char *texts[] = {"title", "about"};
  printf("{\n  \"file\": ");
  isw_print_json_text(file);
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    const char *text = isw_results_attribute(summary->results, texts[i]);
    printf(",\n  \"%s\": ", i ? "about" : "sweep");
    isw_print_json_text(text ? text : "");
  }
  printf(",\n  \"identity\": \"%016llx\",\n  \"networks\": %llu,\n  \"records\": %zu,\n  \"layers\": %zu,\n  "
         "\"status\": {",
         (unsigned long long)isw_results_identity(summary->results), (unsigned long long)summary->networks,
         isw_results_records(summary->results), isw_results_layers(summary->results));
  for (size_t i = 0; i <= ISW_SKIPPED; i++)
    printf("%s\"%s\": %llu", i ? ", " : "", ends[i], (unsigned long long)summary->ended[i]);
  printf("},\n");
  json_axes(summary);
  json_quantities(summary);
  printf("  \"final\": {");
  for (size_t f = 0; f < summary->final_count; f++) {
    if (f) printf(", ");
    json_spread(&summary->finals[f], &summary->spread[f]);
  }
  printf("},\n");
  json_groups(summary);
  if (summary->cell_count > 0) {
    printf("  \"cells\": {\"count\": %llu, \"by\": ", (unsigned long long)summary->cell_count);
    isw_print_json_text(summary->finals[summary->by].name);
    printf(", \"larger_is_better\": %s", summary->finals[summary->by].larger ? "true" : "false");
    json_cells(summary, "best", summary->best, summary->best_count);
    json_cells(summary, "worst", summary->worst, summary->worst_count);
    printf("},\n");
  }
  printf("  \"provenance\": {");
  for (size_t i = 0, n = 0; i < PROVENANCE; i++) {
    const char *text = provenance_text(summary, i);
    if (!text) continue;
    if (n++) printf(", ");
    json_key(provenance[i]);
    isw_print_json_text(text);
  }
  printf("}\n}\n");
}

/* ---- the command ---- */

static enum isw_status show(const char *file, const struct request *request, struct isw_error *error)
{
  struct isw_results *results;
  enum isw_status status = isw_results_open(file, &results, error);
  if (status != ISW_OK) return status;
  size_t width = isw_terminal_width(STDOUT_FILENO);
  struct page page = {.width = isw_text_width(),
                      .wrap = width > 0 ? isw_text_width() : UNLIMITED,
                      .color = isw_terminal_color(STDOUT_FILENO),
                      .utf8 = isw_terminal_utf8(STDOUT_FILENO)};
  status = isw_summary_read(results, request->by, request->top, &page.summary, error);
  if (status == ISW_OK && request->json)
    print_json(&page.summary, file);
  else if (status == ISW_OK) {
    print_head(&page, file);
    print_axes(&page);
    print_groups(&page);
    print_cells(&page);
    print_provenance(&page);
  }
  isw_summary_clear(&page.summary);
  isw_results_close(results);
  return status;
}

static int take(void *state, int code, const char *argument)
{
  struct request *request = state;
  switch (code) {
  case 'b': request->by = argument; break;
  case 'f': request->follow = true; break;
  case 'e':
    if (!isw_seconds(argument, 0.01, 3600, &request->every))
      return isw_usage_error("show", "--every wants seconds from 0.01 to 3600, not '%s'", argument);
    break;
  case 't': request->top = isw_positive("show", "--top", argument); return request->top > 0 ? 0 : ISW_BAD_INPUT;
  default: request->json = true; break;
  }
  return 0;
}

static int run(int argc, char **argv)
{
  const char *file;
  struct request request = {.top = SHOWN_CELLS};
  struct isw_error error = {0};
  int result;
  if (!isw_read_words(&isw_command_show, argc, argv, take, &request, &file, &result)) return result;
  if (request.every > 0 && !request.follow)
    return isw_usage_error("show", "--every goes with --follow: without it the file is shown once");
  char *followed = NULL;
  enum isw_status status = ISW_OK;
  if (request.follow)
    status = isw_follow(file, request.every > 0 ? request.every : LOOK_EVERY, request.json, &followed, &error);
  bool summary = !request.follow || !request.json; /* of JSON each line is an object of its own */
  if (status == ISW_OK && summary) status = show(followed ? followed : file, &request, &error);
  free(followed);
  if (status != ISW_OK) result = isw_say_error(status, &error);
  isw_error_clear(&error);
  return result;
}

static const struct isw_option options[] = {
    {.name = "by",
     .code = 'b',
     .argument = "QUANTITY",
     .about = "ranks the cells by a quantity with one number a network or a record, as test_loss or escape_step: the "
              "smallest first, of accuracies the largest; else accuracy, or loss where there is none"},
    {.name = "top", .code = 't', .argument = "N", .about = "cells at each end (3)"},
    {.name = "follow",
     .code = 'f',
     .letter = true,
     .about = "shows how a run under way gets on, until FILE is whole, then the summary; FILE may be the run's folder "
              "OUT.parts too"},
    {.name = "every", .code = 'e', .argument = "S", .about = "with --follow: looks every S seconds (2)"},
    {.name = "json", .code = 'j', .about = "for programs; with --follow an object a line, and no summary"},
    {0},
};
static const char *const examples[] = {"initsweep show zero-on-xor.h5",
                                       "initsweep show zero-on-xor.h5 --by loss --top 10",
                                       "initsweep show first.h5 --follow", NULL};

const struct isw_command isw_command_show = {
    .name = "show",
    .argument = "FILE",
    .wants = "one results file",
    .offers = ISW_COMPLETE_RESULT,
    .summary = "what is in a results file, or how a run under way gets on",
    .about =
        "Shows what is in a results file: the sweep, how its networks ended, what was recorded, its axes, the final "
        "loss "
        "by initialiser (or by the first axis), the best and the worst cells of the grid, and where it was made.\n\n"
        "A cell holds the networks that differ in their replicate alone. Cells stand in the order of their median; "
        "diverged networks count as the worst there is, so that a cell most of which diverged is at the end. Beside it "
        "stands the median loss over the records, of at most 100 replicates: a line of blocks on a terminal whose "
        "locale is UTF-8, on one logarithmic scale for all cells, else three numbers.\n\n"
        "With --follow, from a second terminal: reads the run's journal, of that only what is new, and never writes; "
        "shows the "
        "networks finished and diverged, their rate, and the time that the others take at this rate (too much at "
        "first: the dearest "
        "come first). Where the run is stopped, it waits for the next one to go on.",
    .options = options,
    .examples = examples,
    .run = run,
};
