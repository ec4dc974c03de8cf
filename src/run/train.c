/* One pass over the packs of a run, on all ranks: their order, and their training. */
#include <stdlib.h>
#include "run/run_internal.h"

/* Rank 0 chooses the layouts of the packs; all ranks divide them alike. */
static enum isw_status share_layouts(struct isw_run_state *run, struct isw_error *error)
{
  size_t classes = isw_packs_classes(run->training.packs), count = classes;
  uint64_t *alone = NULL;
  size_t workers = run->training.threads * isw_cluster_size(run->cluster);
  enum isw_status status = run->first ? isw_training_choose_layouts(&run->training, workers, &alone, error) : ISW_OK;
  status = isw_cluster_agree(run->cluster, status, error);
  if (status == ISW_OK) status = isw_cluster_share_u64_array(run->cluster, &alone, &count, error);
  if (status == ISW_OK && count != classes)
    status = isw_error_set(error, ISW_FAILED, "the ranks' classes of packs differ: are their programs the same?");
  if (status == ISW_OK) status = isw_training_set_layouts(&run->training, alone, error);
  free(alone);
  return isw_cluster_agree(run->cluster, status, error);
}

enum isw_status isw_run_share_costs(struct isw_run_state *run, struct isw_error *error)
{
  enum isw_status divided = share_layouts(run, error);
  if (divided != ISW_OK) return divided;
  size_t classes = isw_packs_classes(run->training.packs), count = classes;
  double *costs = run->first ? isw_training_costs(&run->training) : NULL;
  enum isw_status status = ISW_OK;
  if (run->first && !costs) status = isw_error_memory(error, classes * sizeof *costs, "the packs' costs");
  status = isw_cluster_agree(run->cluster, status, error);
  if (status == ISW_OK) status = isw_cluster_share_double_array(run->cluster, &costs, &count, error);
  if (status == ISW_OK && count != classes)
    status = isw_error_set(error, ISW_FAILED, "the ranks' classes of packs differ: are their programs the same?");
  status = isw_cluster_agree(run->cluster, status, error);
  if (status == ISW_OK) isw_packs_order(run->training.packs, costs);
  free(costs);
  return status;
}

enum isw_status isw_run_train_packs(struct isw_run_state *run, struct isw_error *error)
{
  struct isw_training *training = &run->training;
  struct isw_work_totals totals, *sum = &run->facts.trained;
  training->progress.cost = 0;
  isw_progress_start(&training->progress, run->settings->quiet);
  struct isw_work work = isw_training_work(training);
  enum isw_status status = isw_cluster_work(run->cluster, &work, &totals, error);
  run->facts.seconds += isw_progress_seconds(&training->progress);
  isw_progress_end(&training->progress);
  run->finished = training->progress.before + totals.networks;
  sum->packs += totals.packs;
  sum->networks += totals.networks;
  sum->diverged += totals.diverged;
  sum->network_steps += totals.network_steps;
  sum->messages += totals.messages;
  return status;
}
