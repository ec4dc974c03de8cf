/* Trains a sweep that refines its grid (refine:), level by level, each level where the previous one has found a
 * boundary. Which networks a level has is defined by the sweep room. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "run/run_internal.h"

enum isw_status isw_refinement_create(struct isw_refinement *refinement, const struct isw_sweep *sweep, bool first,
                                      struct isw_error *error)
{
  uint64_t networks = isw_sweep_networks(sweep);
  size_t words = isw_bits_words(networks);
  *refinement = (struct isw_refinement){.sweep = sweep};
  if (!first) return ISW_OK;
  refinement->level = isw_allocate(words, sizeof *refinement->level);
  refinement->chosen = isw_allocate(words, sizeof *refinement->chosen);
  refinement->side = isw_allocate((size_t)networks, 1);
  if (refinement->level && refinement->chosen && refinement->side) return ISW_OK;
  return isw_error_memory(error, (size_t)networks + 2 * words * sizeof *refinement->level,
                          "the levels of the refinement");
}

void isw_refinement_clear(struct isw_refinement *refinement)
{
  free(refinement->chosen);
  free(refinement->level);
  free(refinement->side);
  *refinement = (struct isw_refinement){0};
}

uint64_t isw_refinement_count(const struct isw_refinement *refinement)
{
  return isw_bits_count(refinement->chosen, isw_sweep_networks(refinement->sweep));
}

/* The last recorded loss; NaN if there is none. offset: bytes from the network's first value to its losses */
static double last_loss(const struct isw_finished *finished, size_t offset, size_t real_bytes)
{
  if (finished->records_done == 0) return (double)NAN;
  const char *at = (const char *)finished->values + offset + (size_t)(finished->records_done - 1) * real_bytes;
  float small;
  double large;
  if (real_bytes == sizeof large) {
    memcpy(&large, at, sizeof large);
    return large;
  }
  memcpy(&small, at, sizeof small);
  return (double)small;
}

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

/* On which side of the boundary the networks of the last level are, by their loss or by their status. */
static enum isw_status find_sides(struct isw_refinement *refinement, struct isw_index *index,
                                  const struct isw_probe *const *probes, size_t probe_count, struct isw_error *error)
{
  const struct isw_sweep *sweep = refinement->sweep;
  size_t real_bytes = isw_precision_bytes(isw_sweep_precision(sweep));
  uint64_t networks = isw_sweep_networks(sweep);
  double border = isw_sweep_loss_below(sweep);
  for (uint64_t k = 0; (k = isw_bits_next(refinement->level, k, networks)) < networks; k++) {
    struct isw_finished finished;
    enum isw_status status = isw_index_read(index, k, &finished, error);
    if (status != ISW_OK) return status;
    refinement->side[k] = finished.status;
    if (!isnan(border))
      refinement->side[k] =
          last_loss(&finished, offset_of_loss(probes, probe_count, &finished, real_bytes), real_bytes) < border;
  }
  return ISW_OK;
}

enum isw_status isw_refinement_choose(struct isw_refinement *refinement, size_t level, struct isw_index *index,
                                      const struct isw_probe *const *probes, size_t probe_count, uint64_t *count,
                                      struct isw_error *error)
{
  const struct isw_sweep *sweep = refinement->sweep;
  size_t words = isw_bits_words(isw_sweep_networks(sweep));
  enum isw_status status = level > 0 ? find_sides(refinement, index, probes, probe_count, error) : ISW_OK;
  if (status != ISW_OK) return status;
  memcpy(refinement->level, refinement->chosen, words * sizeof *refinement->level);
  if (!isw_sweep_refine(sweep, level, refinement->side, refinement->chosen))
    return isw_error_memory(error, words * sizeof *refinement->level, "a level of the refinement");
  for (size_t w = 0; w < words; w++) refinement->level[w] ^= refinement->chosen[w];
  *count = isw_bits_count(refinement->level, isw_sweep_networks(sweep));
  return ISW_OK;
}

/* Rank 0: the networks of a level, chosen from the journals of the previous one. */
static enum isw_status choose_level(struct isw_run_state *run, size_t level, struct isw_error *error)
{
  struct isw_training *training = &run->training;
  uint64_t count = 0;
  enum isw_status status = ISW_OK;
  if (level > 0) {
    isw_index_destroy(training->index);
    training->index = NULL;
    status = isw_run_open_index(run, &training->index, error);
  }
  if (status == ISW_OK)
    status = isw_refinement_choose(&run->refinement, level, training->index, training->probes, training->probe_count,
                                   &count, error);
  if (status != ISW_OK) return status;
  training->progress.before = isw_index_count(training->index);
  training->progress.networks = isw_refinement_count(&run->refinement);
  isw_report_line(&run->settings->reporter, ISW_REPORT_INFO, "level %zu of %zu: %llu networks", level,
                  isw_sweep_levels(run->sweep), (unsigned long long)count);
  return ISW_OK;
}

/* Sends the networks of a level to every rank. */
static enum isw_status share_level(struct isw_run_state *run, struct isw_error *error)
{
  struct isw_refinement *refinement = &run->refinement;
  size_t words = isw_bits_words(isw_sweep_networks(run->sweep));
  uint64_t *level = run->first ? refinement->level : NULL;
  enum isw_status status = isw_cluster_share_u64_array(run->cluster, &level, &words, error);
  if (status != ISW_OK) return status;
  status = isw_training_restrict(&run->training, level, error); /* which no longer uses the previous level's set */
  if (!run->first) {
    free(refinement->level);
    refinement->level = level;
  }
  return isw_cluster_agree(run->cluster, status, error);
}

enum isw_status isw_run_refine(struct isw_run_state *run, struct isw_error *error)
{
  enum isw_status status = isw_refinement_create(&run->refinement, run->sweep, run->first, error);
  status = isw_cluster_agree(run->cluster, status, error);
  for (size_t level = 0; status == ISW_OK && level <= isw_sweep_levels(run->sweep); level++) {
    if (run->first) status = choose_level(run, level, error);
    status = isw_cluster_agree(run->cluster, status, error);
    if (status == ISW_OK) status = share_level(run, error);
    if (status == ISW_OK) status = isw_run_share_costs(run, error);
    if (status == ISW_OK && isw_packs_count(run->training.packs) > 0) status = isw_run_train_packs(run, error);
    /* rank 0 reads the journals of all ranks */
    if (status == ISW_OK)
      status = isw_cluster_agree(run->cluster, isw_journal_sync(run->training.journal, error), error);
  }
  return status;
}
