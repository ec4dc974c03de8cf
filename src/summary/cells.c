/* Ranks the cells of the grid, and computes the trajectories of the best and the worst. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "summary/summary_internal.h"

/* Whether cell a is better than b; equal cells stay in the order of the grid. */
static bool better(const struct isw_summary *summary, const struct isw_summary_cell *a,
                   const struct isw_summary_cell *b)
{
  double x = a->final[summary->ranked_by].median, y = b->final[summary->ranked_by].median;
  if (x != y) return summary->finals[summary->ranked_by].larger_is_better ? x > y : x < y;
  double p = (double)a->diverged / (double)a->networks, q = (double)b->diverged / (double)b->networks;
  if (p != q) return p < q;
  if (strcmp(summary->finals[0].name, "loss") == 0 && a->final[0].median != b->final[0].median)
    return a->final[0].median < b->final[0].median;
  return a->first < b->first;
}

/* Inserts a cell in order if it is among the `top` best (or worst) so far. */
static void insert_cell(const struct isw_summary *summary, bool best, const struct isw_summary_cell *cell,
                        struct isw_summary_cell *list, size_t *count, size_t top)
{
  size_t low = 0, high = *count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (better(summary, cell, &list[middle]) == best)
      high = middle;
    else
      low = middle + 1;
  }
  if (low >= top) return;
  size_t moved = (*count < top ? *count : top - 1) - low;
  memmove(&list[low + 1], &list[low], moved * sizeof *list);
  list[low] = *cell;
  if (*count < top) ++*count;
}

/* Makes a cell from its members; those that have ended are moved to the front. */
static struct isw_summary_cell make_cell(struct isw_summary_reader *reader, uint32_t *member, uint64_t count)
{
  const struct isw_summary *summary = reader->summary;
  struct isw_summary_cell cell = {0};
  for (uint64_t i = 0; i < count; i++) {
    uint8_t status = summary->status[member[i]];
    if (status == ISW_MISSING || status == ISW_SKIPPED) continue;
    uint32_t network = member[i];
    member[i] = member[cell.networks];
    member[cell.networks++] = network;
    cell.diverged += status == ISW_DIVERGED;
  }
  if (cell.networks == 0) return cell;
  cell.first = member[0];
  for (size_t f = 0; f < summary->final_count; f++) {
    double worst = summary->finals[f].larger_is_better ? -(double)INFINITY : (double)INFINITY;
    for (uint64_t i = 0; i < cell.networks; i++) {
      double value = summary->finals[f].value[member[i]];
      reader->scratch[i] = isnan(value) || summary->status[member[i]] == ISW_DIVERGED ? worst : value;
    }
    cell.final[f] = isw_spread(reader->scratch, (size_t)cell.networks);
  }
  return cell;
}

/* The median loss at each record over the first networks of a cell; a stopped network keeps its last loss. */
static enum isw_status read_trajectory(struct isw_summary_reader *reader, const uint32_t *member,
                                       struct isw_summary_cell *cell, struct isw_error *error)
{
  const struct isw_summary *summary = reader->summary;
  size_t records = isw_results_records(summary->results);
  size_t count = cell->networks < ISW_TRAJECTORY_MAX ? (size_t)cell->networks : ISW_TRAJECTORY_MAX;
  double *losses = isw_allocate(count * records, sizeof *losses), column[ISW_TRAJECTORY_MAX];
  cell->trajectory = isw_allocate(records, sizeof *cell->trajectory);
  if (!losses || !cell->trajectory) {
    free(losses);
    return isw_error_memory(error, count * records * sizeof *losses, "trajectories");
  }
  enum isw_status status = ISW_OK;
  for (size_t first = 0, length; first < count && status == ISW_OK; first += length) {
    for (length = 1; first + length < count && member[first + length] == member[first] + length;) length++;
    status =
        isw_results_slab(summary->results, "loss", member[first], length, 0, records, losses + first * records, error);
  }
  for (size_t i = 0; i < count && status == ISW_OK; i++) {
    double *loss = losses + i * records;
    bool diverged = summary->status[member[i]] == ISW_DIVERGED;
    for (size_t r = 0; r < records; r++)
      if (isnan(loss[r])) loss[r] = diverged || r == 0 ? (double)INFINITY : loss[r - 1];
  }
  for (size_t r = 0; r < records && status == ISW_OK; r++) {
    for (size_t i = 0; i < count; i++) column[i] = losses[i * records + r];
    cell->trajectory[r] = isw_median(column, count);
  }
  free(losses);
  return status;
}

enum isw_status isw_summary_make_cells(struct isw_summary_reader *reader, size_t top, struct isw_error *error)
{
  struct isw_summary *summary = reader->summary;
  uint32_t cells = 0;
  for (uint64_t i = 0; i < summary->networks; i++) cells = reader->cell[i] >= cells ? reader->cell[i] + 1 : cells;
  uint64_t *start = isw_sort_by_code(reader->cell, summary->networks, cells, reader->order);
  if (top > cells) top = cells;
  summary->best = isw_allocate(top, sizeof *summary->best);
  summary->worst = isw_allocate(top, sizeof *summary->worst);
  if (!start || !summary->best || !summary->worst) {
    free(start);
    return isw_error_memory(error, (size_t)cells * sizeof *start, "the cells");
  }
  for (uint32_t c = 0; c < cells; c++) {
    struct isw_summary_cell cell = make_cell(reader, reader->order + start[c], start[c + 1] - start[c]);
    if (cell.networks == 0) continue;
    summary->cell_count++;
    insert_cell(summary, true, &cell, summary->best, &summary->best_count, top);
    insert_cell(summary, false, &cell, summary->worst, &summary->worst_count, top);
  }
  if (summary->best_count + summary->worst_count > summary->cell_count)
    summary->worst_count = (size_t)summary->cell_count - summary->best_count;
  const struct isw_results_dataset *loss = isw_summary_dataset(summary, "loss");
  bool curves = loss && isw_can_rank(loss) && loss->per_record && isw_results_records(summary->results) > 0;
  enum isw_status status = ISW_OK;
  for (size_t i = 0; i < summary->best_count + summary->worst_count && curves && status == ISW_OK; i++) {
    struct isw_summary_cell *cell =
        i < summary->best_count ? &summary->best[i] : &summary->worst[i - summary->best_count];
    status = read_trajectory(reader, reader->order + start[reader->cell[cell->first]], cell, error);
  }
  free(start);
  return status;
}
