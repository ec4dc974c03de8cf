#include "initsweep/run.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "initsweep/probes.h"

static size_t words_of(const struct isw_sweep *sweep)
{
  return isw_bits_words(isw_sweep_networks(sweep));
}

enum isw_status isw_levels_make(struct isw_levels *levels, const struct isw_sweep *sweep, bool first,
                                struct isw_error *error)
{
  size_t words = words_of(sweep), networks = (size_t)isw_sweep_networks(sweep);
  *levels = (struct isw_levels){.sweep = sweep};
  levels->now = isw_allocate(words, sizeof *levels->now);
  if (first) levels->wanted = isw_allocate(words, sizeof *levels->wanted);
  if (first) levels->side = isw_allocate(networks, 1);
  if (levels->now && (!first || (levels->wanted && levels->side))) return ISW_OK;
  return isw_error_memory(error, networks + 2 * words * sizeof *levels->now, "the levels of the refinement");
}

void isw_levels_clear(struct isw_levels *levels)
{
  free(levels->wanted);
  free(levels->now);
  free(levels->side);
  *levels = (struct isw_levels){0};
}

uint64_t isw_levels_count(const struct isw_levels *levels)
{
  return isw_bits_count(levels->wanted, isw_sweep_networks(levels->sweep));
}

/* The last loss that was recorded; NaN where none was. */
static double last_loss(const struct isw_finished *finished, size_t offset, size_t real_bytes)
{
  if (finished->records_done == 0) return (double)NAN;
  const char *at = (const char *)finished->values + offset + (size_t)(finished->records_done - 1) * real_bytes;
  float small;
  double large;
  if (real_bytes == 8) {
    memcpy(&large, at, sizeof large);
    return large;
  }
  memcpy(&small, at, sizeof small);
  return (double)small;
}

/* Where the losses begin among a network's values. */
static size_t offset_of_loss(const struct isw_probe *const *probes, size_t count, const struct isw_finished *finished,
                             size_t real_bytes)
{
  struct isw_record_layout layout = {.records = finished->records,
                                     .layers = finished->layers,
                                     .parameters = (size_t)finished->parameters,
                                     .real_bytes = real_bytes};
  for (size_t i = 0; i < count && strcmp(probes[i]->row.name, "loss") != 0; i++)
    isw_record_layout_add(&layout, &probes[i]->quantity);
  return layout.bytes;
}

enum isw_status isw_levels_next(struct isw_levels *levels, size_t level, struct isw_index *index,
                                const struct isw_probe *const *probes, size_t probe_count, uint64_t *count,
                                struct isw_error *error)
{
  const struct isw_sweep *sweep = levels->sweep;
  size_t words = words_of(sweep), real_bytes = isw_precision_bytes(isw_sweep_precision(sweep));
  double border = isw_sweep_loss_below(sweep);
  uint64_t networks = isw_sweep_networks(sweep),
           number = level > 0 ? isw_bits_next(levels->now, 0, networks) : networks;
  for (; number < networks; number = isw_bits_next(levels->now, number + 1, networks)) {
    struct isw_finished finished;
    enum isw_status status = isw_index_read(index, number, &finished, error);
    if (status != ISW_OK) return status;
    levels->side[number] = finished.status;
    if (!isnan(border))
      levels->side[number] =
          last_loss(&finished, offset_of_loss(probes, probe_count, &finished, real_bytes), real_bytes) < border;
  }
  memcpy(levels->now, levels->wanted, words * sizeof *levels->now);
  if (!isw_sweep_refine(sweep, level, levels->side, levels->wanted))
    return isw_error_memory(error, words * sizeof *levels->now, "a level of the refinement");
  for (size_t w = 0; w < words; w++) levels->now[w] ^= levels->wanted[w];
  *count = isw_bits_count(levels->now, networks);
  return ISW_OK;
}
