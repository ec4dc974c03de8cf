/* Reads the content of a results file as data; this file defines the order in which its parts are read. */
#include <stdlib.h>
#include "summary/summary_internal.h"

static enum isw_status read_status(struct isw_summary_reader *reader, struct isw_error *error)
{
  struct isw_summary *summary = reader->summary;
  enum isw_status status = ISW_OK;
  for (uint64_t first = 0, length; first < summary->networks && status == ISW_OK; first += length) {
    length = isw_block_networks(summary, first);
    status = isw_results_column(summary->results, "status", first, length, 0, 0, reader->block, error);
    for (uint64_t i = 0; i < length && status == ISW_OK; i++) {
      double code = reader->block[i];
      uint8_t known = code >= 0 && code <= ISW_SKIPPED ? (uint8_t)code : ISW_MISSING;
      summary->status[first + i] = known;
      summary->ended[known]++;
    }
  }
  return status;
}

static enum isw_status read_all(struct isw_summary_reader *reader, const char *by, size_t top, struct isw_error *error)
{
  struct isw_summary *summary = reader->summary;
  enum isw_status status = read_status(reader, error);
  if (status == ISW_OK) status = isw_summary_read_axes(reader, error);
  if (status == ISW_OK) status = isw_summary_read_finals(reader, by, error);
  if (status == ISW_OK && summary->final_count > 0) status = isw_summary_make_groups(reader, error);
  if (status == ISW_OK && summary->final_count > 0 && summary->networks > 0)
    status = isw_summary_make_cells(reader, top, error);
  return status;
}

enum isw_status isw_summary_read(struct isw_results *results, const char *by, size_t top, struct isw_summary *summary,
                                 struct isw_error *error)
{
  *summary = (struct isw_summary){.results = results, .networks = isw_results_networks(results)};
  size_t networks = (size_t)summary->networks;
  if (summary->networks >= ISW_NO_CODE)
    return isw_error_set(error, ISW_BAD_INPUT, "%llu networks: too many to show", (unsigned long long)networks);
  struct isw_summary_reader reader = {.summary = summary,
                                      .cell = isw_allocate(networks, sizeof *reader.cell),
                                      .order = isw_allocate(networks, sizeof *reader.order),
                                      .block = isw_allocate(ISW_SLAB_NUMBERS, sizeof *reader.block),
                                      .scratch = isw_allocate(networks, sizeof *reader.scratch)};
  summary->status = isw_allocate(networks, 1);
  bool ready = reader.cell && reader.order && reader.block && reader.scratch && summary->status;
  enum isw_status status =
      ready ? read_all(&reader, by, top, error) : isw_error_memory(error, networks * 32, "the networks");
  free(reader.cell);
  free(reader.order);
  free(reader.block);
  free(reader.scratch);
  return status;
}

void isw_summary_clear(struct isw_summary *summary)
{
  for (size_t i = 0; i < summary->axis_count; i++) isw_summary_clear_axis(&summary->axes[i]);
  for (size_t f = 0; f < summary->final_count; f++) free(summary->finals[f].value);
  for (size_t i = 0; i < summary->best_count; i++) free(summary->best[i].trajectory);
  for (size_t i = 0; i < summary->worst_count; i++) free(summary->worst[i].trajectory);
  free(summary->axes);
  free(summary->groups);
  free(summary->best);
  free(summary->worst);
  free(summary->status);
  *summary = (struct isw_summary){0};
}
