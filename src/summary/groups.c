/* Groups the networks by one axis. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "summary/summary_internal.h"

/* The index of each network's value of the axis. */
static enum isw_status read_group_codes(struct isw_summary_reader *reader, uint32_t *code, struct isw_error *error)
{
  const struct isw_summary *summary = reader->summary;
  const struct isw_summary_axis *axis = summary->grouped;
  enum isw_status status = ISW_OK;
  if (axis->text) {
    char **label = NULL;
    size_t count = 0;
    status = isw_results_texts(summary->results, axis->name, code, &label, &count, error);
    isw_results_free_texts(label, count);
    return status;
  }
  for (uint64_t first = 0, length; first < summary->networks && status == ISW_OK; first += length) {
    length = isw_block_networks(summary, first);
    status = isw_results_column(summary->results, axis->name, first, length, 0, 0, reader->block, error);
    for (uint64_t i = 0; i < length && status == ISW_OK; i++) {
      const double *found = bsearch(&reader->block[i], axis->number, isnan(reader->block[i]) ? 0 : axis->count,
                                    sizeof *axis->number, isw_compare_numbers);
      code[first + i] = (uint32_t)(found ? (size_t)(found - axis->number) : axis->count);
    }
  }
  return status;
}

enum isw_status isw_summary_make_groups(struct isw_summary_reader *reader, struct isw_error *error)
{
  struct isw_summary *summary = reader->summary;
  for (size_t i = summary->axis_count; i > 0; i--)
    if (strcmp(summary->axes[i - 1].name, "replicate") != 0) summary->grouped = &summary->axes[i - 1];
  for (size_t i = 0; i < summary->axis_count; i++)
    if (strcmp(summary->axes[i].name, "init") == 0) summary->grouped = &summary->axes[i];
  if (!summary->grouped) return ISW_OK;
  size_t count = summary->grouped->count + 1;
  uint32_t *code = isw_allocate((size_t)summary->networks, sizeof *code);
  summary->groups = isw_allocate(count, sizeof *summary->groups);
  if (!code || !summary->groups) {
    free(code);
    return isw_error_memory(error, (size_t)summary->networks * sizeof *code, "the groups");
  }
  enum isw_status status = read_group_codes(reader, code, error);
  uint64_t *start = status == ISW_OK ? isw_sort_by_code(code, summary->networks, count, reader->order) : NULL;
  if (status == ISW_OK && !start) status = isw_error_memory(error, count * sizeof *start, "the groups");
  for (size_t c = 0; c < count && start; c++) {
    struct isw_summary_group group = {.value = c, .networks = start[c + 1] - start[c]};
    const uint32_t *member = reader->order + start[c];
    for (uint64_t i = 0; i < group.networks; i++) group.diverged += summary->status[member[i]] == ISW_DIVERGED;
    for (size_t f = 0; f < summary->final_count; f++) {
      for (uint64_t i = 0; i < group.networks; i++) reader->scratch[i] = summary->finals[f].value[member[i]];
      group.final[f] = isw_spread(reader->scratch, (size_t)group.networks);
    }
    if (group.networks > 0) summary->groups[summary->group_count++] = group;
  }
  free(start);
  free(code);
  return status;
}
