/* Reads the final values of all networks, and finds the quantities that can rank cells. */
#include <math.h>
#include <string.h>
#include "summary/summary_internal.h"

const struct isw_results_dataset *isw_summary_dataset(const struct isw_summary *summary, const char *name)
{
  const struct isw_results_dataset *dataset;
  for (size_t i = 0; (dataset = isw_results_dataset(summary->results, i)) != NULL; i++)
    if (strcmp(dataset->name, name) == 0) return dataset;
  return NULL;
}

bool isw_can_rank(const struct isw_results_dataset *dataset)
{
  static const char *const others[] = {"id", "status", "step", "features"};
  if (!dataset || dataset->coordinate || dataset->text || dataset->per_layer || dataset->dimension) return false;
  bool other = false;
  for (size_t i = 0; i < sizeof others / sizeof *others; i++) other = other || strcmp(dataset->name, others[i]) == 0;
  return !other;
}

/* Reads one record of all networks; of blocks with stopped networks, their whole trajectories. */
static enum isw_status read_final(struct isw_summary_reader *reader, struct isw_summary_final *final,
                                  struct isw_error *error)
{
  const struct isw_summary *summary = reader->summary;
  const struct isw_results_dataset *dataset = isw_summary_dataset(summary, final->name);
  size_t records = isw_results_records(summary->results), last = records > 0 ? records - 1 : 0;
  final->value = isw_allocate((size_t)summary->networks, sizeof *final->value);
  if (!final->value) return isw_error_memory(error, (size_t)summary->networks * sizeof *final->value, final->name);
  double *value = final->value;
  enum isw_status status = ISW_OK;
  for (uint64_t first = 0, length; first < summary->networks && status == ISW_OK; first += length) {
    length = isw_block_networks(summary, first);
    status = isw_results_column(summary->results, final->name, first, length, last, 0, value + first, error);
  }
  if (!dataset || !dataset->per_record || records == 0 || summary->ended[ISW_STOPPED] == 0) return status;
  uint64_t slab = ISW_SLAB_NUMBERS / records;
  for (uint64_t first = 0, length; first < summary->networks && status == ISW_OK; first += length) {
    length = summary->networks - first < slab ? summary->networks - first : slab;
    bool open = false;
    for (uint64_t i = first; i < first + length && !open; i++)
      open = summary->status[i] == ISW_STOPPED && isnan(value[i]);
    if (!open) continue;
    status = isw_results_slab(summary->results, final->name, first, length, 0, records, reader->block, error);
    for (uint64_t i = 0; i < length && status == ISW_OK; i++)
      if (summary->status[first + i] == ISW_STOPPED)
        for (size_t r = records; r > 0 && isnan(value[first + i]); r--)
          value[first + i] = reader->block[i * records + r - 1];
  }
  return status;
}

static enum isw_status unknown_quantity(const struct isw_summary *summary, const char *by, struct isw_error *error)
{
  const struct isw_results_dataset *dataset;
  const char *names[64], *nearest;
  size_t count = 0;
  struct isw_text list = {0};
  for (size_t i = 0; (dataset = isw_results_dataset(summary->results, i)) != NULL; i++)
    if (isw_can_rank(dataset)) {
      isw_text_add(&list, "%s%s", list.length ? ", " : "", dataset->name);
      if (count < sizeof names / sizeof *names) names[count++] = dataset->name;
    }
  nearest = isw_nearest_word(by, names, count);
  isw_error_set(error, ISW_BAD_INPUT,
                "--by: the file has no '%s' with one number per network or per record%s%s%s\n  it has %s", by,
                nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "",
                list.bytes ? list.bytes : "none");
  isw_text_clear(&list);
  return ISW_BAD_INPUT;
}

enum isw_status isw_summary_read_finals(struct isw_summary_reader *reader, const char *by, struct isw_error *error)
{
  struct isw_summary *summary = reader->summary;
  if (by && !isw_can_rank(isw_summary_dataset(summary, by))) return unknown_quantity(summary, by, error);
  if (isw_results_records(summary->results) > ISW_SLAB_NUMBERS)
    return isw_error_set(error, ISW_BAD_INPUT, "more than %d records: too many to show", ISW_SLAB_NUMBERS);
  const char *names[ISW_FINALS_MAX] = {"loss", "accuracy", by};
  for (size_t n = 0; n < ISW_FINALS_MAX; n++) {
    const struct isw_results_dataset *dataset = names[n] ? isw_summary_dataset(summary, names[n]) : NULL;
    bool known = false;
    for (size_t f = 0; f < summary->final_count && !known; f++) {
      known = dataset && strcmp(summary->finals[f].name, dataset->name) == 0;
      if (known) summary->ranked_by = f; /* --by names one of the others */
    }
    if (known || !dataset || !isw_can_rank(dataset) ||
        (dataset->per_record && isw_results_records(summary->results) == 0))
      continue;
    struct isw_summary_final *final = &summary->finals[summary->final_count];
    *final = (struct isw_summary_final){.name = dataset->name,
                                        .larger_is_better = strstr(dataset->name, "accuracy") != NULL};
    summary->ranked_by = summary->final_count++;
    enum isw_status status = read_final(reader, final, error);
    if (status != ISW_OK) return status;
    memcpy(reader->scratch, final->value, (size_t)summary->networks * sizeof *final->value);
    summary->spread[summary->ranked_by] = isw_spread(reader->scratch, (size_t)summary->networks);
  }
  return ISW_OK;
}
