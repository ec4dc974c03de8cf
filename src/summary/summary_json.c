/* Writes a summary as JSON, and has the order of the provenance entries for text and JSON. */
#include <string.h>
#include "summary/summary_internal.h"

enum { VALUES_MAX = 1000 };

static const char *const provenance[] = {"program_version", "git_description", "kernels", "mpi",          "hdf5",
                                         "ranks",           "threads",         "hosts",   "slurm_job_id", "start_time",
                                         "end_time",        "network_steps",   "seconds", "command_line"};

const char *isw_summary_provenance(const struct isw_summary *summary, size_t index, const char **name)
{
  char path[64];
  if (index >= sizeof provenance / sizeof *provenance) return NULL;
  *name = provenance[index];
  snprintf(path, sizeof path, "provenance/%s", *name);
  const char *text = isw_results_attribute(summary->results, path);
  return text ? text : "";
}

static void write_spread(struct isw_json *json, const char *name, const struct isw_summary_spread *spread)
{
  isw_json_object(json, name, ISW_JSON_ROW);
  isw_json_number(json, "median", spread->median);
  isw_json_number(json, "lowest", spread->lowest);
  isw_json_number(json, "highest", spread->highest);
  isw_json_close(json);
}

static void write_value(struct isw_json *json, const char *key, const struct isw_summary_axis *axis, size_t index)
{
  if (index >= axis->count)
    isw_json_text(json, key, NULL);
  else if (axis->text)
    isw_json_text(json, key, axis->label[index]);
  else
    isw_json_number(json, key, axis->number[index]);
}

static void write_axes(struct isw_json *json, const struct isw_summary *summary)
{
  isw_json_array(json, "axes", ISW_JSON_LINES);
  for (size_t i = 0; i < summary->axis_count; i++) {
    const struct isw_summary_axis *axis = &summary->axes[i];
    isw_json_object(json, NULL, ISW_JSON_ROW);
    isw_json_text(json, "name", axis->name);
    isw_json_count(json, "count", axis->count);
    isw_json_array(json, "values", ISW_JSON_ROW);
    for (size_t v = 0; v < axis->count && v < VALUES_MAX; v++) write_value(json, NULL, axis, v);
    isw_json_close(json);
    isw_json_close(json);
  }
  isw_json_close(json);
}

static void write_quantities(struct isw_json *json, const struct isw_summary *summary)
{
  const struct isw_results_dataset *dataset;
  isw_json_array(json, "quantities", ISW_JSON_LINES);
  for (size_t i = 0; (dataset = isw_results_dataset(summary->results, i)) != NULL; i++) {
    if (!dataset->per_record || strcmp(dataset->name, "step") == 0) continue;
    isw_json_object(json, NULL, ISW_JSON_ROW);
    isw_json_text(json, "name", dataset->name);
    isw_json_array(json, "along", ISW_JSON_ROW);
    isw_json_text(json, NULL, "network");
    isw_json_text(json, NULL, "record");
    if (dataset->per_layer) isw_json_text(json, NULL, "layer");
    if (dataset->dimension) isw_json_text(json, NULL, dataset->dimension);
    isw_json_close(json);
    isw_json_close(json);
  }
  isw_json_close(json);
}

static void write_groups(struct isw_json *json, const struct isw_summary *summary)
{
  if (!summary->grouped) return;
  isw_json_object(json, "groups", ISW_JSON_ROW);
  isw_json_text(json, "axis", summary->grouped->name);
  isw_json_array(json, "values", ISW_JSON_LINES);
  for (size_t g = 0; g < summary->group_count; g++) {
    const struct isw_summary_group *group = &summary->groups[g];
    isw_json_object(json, NULL, ISW_JSON_ROW);
    write_value(json, "value", summary->grouped, group->value);
    isw_json_count(json, "networks", group->networks);
    isw_json_count(json, "diverged", group->diverged);
    for (size_t f = 0; f < summary->final_count; f++) write_spread(json, summary->finals[f].name, &group->final[f]);
    isw_json_close(json);
  }
  isw_json_close(json);
  isw_json_close(json);
}

/* Writes the settings that the networks of a cell share. */
static void write_cell_axes(struct isw_json *json, const struct isw_summary *summary,
                            const struct isw_summary_cell *cell)
{
  isw_json_object(json, "axes", ISW_JSON_ROW);
  for (size_t i = 0; i < summary->axis_count; i++) {
    const char *name = summary->axes[i].name;
    if (strcmp(name, "replicate") == 0) continue;
    if (summary->axes[i].text) {
      const char *text = isw_results_text(summary->results, name, cell->first);
      isw_json_text(json, name, text ? text : "");
    } else
      isw_json_number(json, name, isw_results_value(summary->results, name, cell->first, 0, 0));
  }
  isw_json_close(json);
}

static void write_cell(struct isw_json *json, const struct isw_summary *summary, const struct isw_summary_cell *cell)
{
  isw_json_object(json, NULL, ISW_JSON_ROW);
  write_cell_axes(json, summary, cell);
  isw_json_count(json, "first_network", cell->first);
  isw_json_count(json, "networks", cell->networks);
  isw_json_count(json, "diverged", cell->diverged);
  isw_json_object(json, "median", ISW_JSON_ROW);
  for (size_t f = 0; f < summary->final_count; f++)
    isw_json_number(json, summary->finals[f].name, cell->final[f].median);
  isw_json_close(json);
  if (cell->trajectory) {
    isw_json_array(json, "loss_by_record", ISW_JSON_ROW);
    for (size_t r = 0; r < isw_results_records(summary->results); r++) isw_json_number(json, NULL, cell->trajectory[r]);
    isw_json_close(json);
  } else
    isw_json_text(json, "loss_by_record", NULL);
  isw_json_close(json);
}

static void write_ranked(struct isw_json *json, const char *key, const struct isw_summary *summary,
                         const struct isw_summary_cell *cells, size_t count)
{
  isw_json_array(json, key, ISW_JSON_LINES);
  for (size_t i = 0; i < count; i++) write_cell(json, summary, &cells[i]);
  isw_json_close(json);
}

static void write_cells(struct isw_json *json, const struct isw_summary *summary)
{
  if (summary->cell_count == 0) return;
  isw_json_object(json, "cells", ISW_JSON_ROW);
  isw_json_count(json, "count", summary->cell_count);
  isw_json_text(json, "by", summary->finals[summary->ranked_by].name);
  isw_json_bool(json, "larger_is_better", summary->finals[summary->ranked_by].larger_is_better);
  write_ranked(json, "best", summary, summary->best, summary->best_count);
  write_ranked(json, "worst", summary, summary->worst, summary->worst_count);
  isw_json_close(json);
}

static void write_head(struct isw_json *json, const struct isw_summary *summary, const char *file)
{
  const char *title = isw_results_attribute(summary->results, "title");
  isw_json_text(json, "file", file);
  isw_json_text(json, "sweep", title ? title : "");
  const char *about = isw_results_attribute(summary->results, "about");
  isw_json_text(json, "about", about ? about : "");
  char identity[ISW_NUMBER_SIZE];
  snprintf(identity, sizeof identity, "%016llx", (unsigned long long)isw_results_identity(summary->results));
  isw_json_text(json, "identity", identity);
  isw_json_count(json, "networks", summary->networks);
  isw_json_count(json, "records", isw_results_records(summary->results));
  isw_json_count(json, "layers", isw_results_layers(summary->results));
  isw_json_count(json, "weights_records", isw_results_snapshots(summary->results));
  isw_json_object(json, "status", ISW_JSON_ROW);
  for (size_t i = 0; i < ISW_NETWORK_STATUSES; i++)
    isw_json_count(json, isw_status_name((enum isw_network_status)i), summary->ended[i]);
  isw_json_close(json);
}

void isw_summary_write_json(const struct isw_summary *summary, const char *file, FILE *out)
{
  struct isw_json json;
  const char *name, *text;
  isw_json_start(&json, out);
  isw_json_object(&json, NULL, ISW_JSON_LINES);
  write_head(&json, summary, file);
  write_axes(&json, summary);
  write_quantities(&json, summary);
  isw_json_object(&json, "final", ISW_JSON_ROW);
  for (size_t f = 0; f < summary->final_count; f++) write_spread(&json, summary->finals[f].name, &summary->spread[f]);
  isw_json_close(&json);
  write_groups(&json, summary);
  write_cells(&json, summary);
  isw_json_object(&json, "provenance", ISW_JSON_LINES);
  for (size_t i = 0; (text = isw_summary_provenance(summary, i, &name)) != NULL; i++)
    if (text[0]) isw_json_text(&json, name, text);
  isw_json_close(&json);
  isw_json_close(&json);
}
