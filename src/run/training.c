/* Prepares the packs of a sweep for training: kernels, samples, classes and costs, and makes packs from their networks.
 * work.c passes them to the queue. */
#include <stdlib.h>
#include "initsweep/cost.h"
#include "initsweep/exact.h"
#include "run/run_internal.h"

/* The smallest stride of at least `wanted` that is coprime to the number of packs, so that every pack has its turn. */
static uint64_t coprime_stride(uint64_t wanted, uint64_t packs)
{
  for (uint64_t stride = packs > 1 && wanted > 0 ? wanted : 1;; stride++) {
    uint64_t a = packs, b = stride;
    while (b) {
      uint64_t rest = a % b;
      a = b;
      b = rest;
    }
    if (a <= 1) return stride;
  }
}

enum isw_status isw_training_create(struct isw_training *training, const struct isw_sweep *sweep, size_t threads,
                                    uint64_t stride, struct isw_error *error)
{
  training->sweep = sweep;
  training->threads = threads;
  training->wanted_stride = stride;
  training->precision = isw_sweep_precision(sweep);
  size_t datasets = isw_sweep_datasets(sweep);
  const struct isw_loss *losses = isw_losses(&training->losses);
  training->probe_count = isw_sweep_probes(sweep, &training->probes);
  training->samples = isw_allocate(datasets * training->losses, sizeof(struct isw_samples *));
  training->made = isw_allocate(threads * ISW_MAX_PACKS_UNDER_WAY, sizeof *training->made);
  if (!training->samples || !training->made)
    return isw_error_memory(error, threads * ISW_MAX_PACKS_UNDER_WAY * sizeof *training->made, "training");
  enum isw_status status = isw_exact_environment(error); /* reading data may have loaded libraries */
  if (status == ISW_OK) status = isw_kernels_choose(NULL, &training->kernels, error);
  if (status == ISW_OK) status = isw_kernels_check(training->kernels, error);
  if (status == ISW_OK) status = isw_packs_create(sweep, isw_lanes(training->precision), &training->packs, error);
  if (status == ISW_OK) training->stride = coprime_stride(training->wanted_stride, isw_packs_count(training->packs));
  for (size_t i = 0; status == ISW_OK && i < isw_packs_classes(training->packs); i++) {
    const struct isw_pack_class *class = isw_packs_class(training->packs, i);
    struct isw_samples **samples = &training->samples[class->dataset * training->losses + class->loss];
    if (!*samples)
      status = isw_samples_create(isw_sweep_data(sweep, class->dataset), &losses[class->loss], training->precision,
                                  samples, error);
  }
  return status;
}

enum isw_status isw_training_restrict(struct isw_training *training, const uint64_t *subset, struct isw_error *error)
{
  isw_packs_destroy(training->packs);
  training->packs = NULL;
  enum isw_status status =
      isw_packs_create_of(training->sweep, subset, isw_lanes(training->precision), &training->packs, error);
  if (status == ISW_OK) training->stride = coprime_stride(training->wanted_stride, isw_packs_count(training->packs));
  return status;
}

void isw_training_destroy(struct isw_training *training)
{
  size_t count = training->sweep && training->samples ? isw_sweep_datasets(training->sweep) * training->losses : 0;
  for (size_t i = 0; i < count; i++)
    if (training->samples[i]) isw_samples_destroy(training->samples[i]);
  free(training->samples);
  free(training->made);
  free(training->checkpoints);
  if (training->packs) isw_packs_destroy(training->packs);
  *training = (struct isw_training){0};
}

enum isw_status isw_training_choose_layouts(const struct isw_training *training, size_t workers, uint64_t **alone,
                                            struct isw_error *error)
{
  size_t classes = isw_packs_classes(training->packs);
  const struct isw_cost_model model = isw_cost_cached_or_default(training->kernels, training->precision);
  *alone = isw_allocate(classes, sizeof **alone);
  if (!*alone) return isw_error_memory(error, classes * sizeof **alone, "the packs' layouts");
  return isw_cost_choose_layouts(&model, training->kernels, training->sweep, training->probes, training->probe_count,
                                 training->packs, workers, *alone, error);
}

enum isw_status isw_training_set_layouts(struct isw_training *training, const uint64_t *alone, struct isw_error *error)
{
  enum isw_status status = isw_packs_set_alone(training->packs, alone, error);
  training->stride = coprime_stride(training->wanted_stride, isw_packs_count(training->packs));
  return status;
}

double *isw_training_costs(const struct isw_training *training)
{
  size_t classes = isw_packs_classes(training->packs);
  double *cost = isw_allocate(classes, sizeof *cost);
  const struct isw_cost_model model = isw_cost_cached_or_default(training->kernels, training->precision);
  for (size_t i = 0; cost && i < classes; i++) {
    const struct isw_pack_class *class = isw_packs_class(training->packs, i);
    cost[i] =
        isw_cost_pack(&model, training->kernels, training->sweep, training->probes, training->probe_count, class) +
        isw_cost_starts(&model, training->sweep, training->packs, class);
  }
  return cost;
}

enum isw_status isw_training_pack(const struct isw_training *training, uint64_t pack, struct isw_training_pack *made,
                                  struct isw_error *error)
{
  uint64_t numbers[ISW_LANES_MAX];
  size_t count = isw_packs_networks(training->packs, pack, numbers);
  struct isw_network *networks[ISW_LANES_MAX] = {NULL};
  const bool **due = isw_allocate(training->probe_count, sizeof *due);
  enum isw_status status =
      due ? ISW_OK : isw_error_memory(error, training->probe_count * sizeof *due, "the probes' schedules");
  for (size_t i = 0; status == ISW_OK && i < count; i++)
    status = isw_sweep_network(training->sweep, numbers[i], &networks[i], error);
  const struct isw_network *first = networks[0];
  if (status == ISW_OK && first && due) {
    struct isw_keep_weights keep = isw_sweep_weights(training->sweep);
    struct isw_pack_settings settings = {.kernels = training->kernels,
                                         .samples =
                                             training->samples[first->dataset * training->losses + first->loss.row],
                                         .precision = training->precision,
                                         .layout = isw_class_of(training->packs, pack)->layout,
                                         .count = count,
                                         .networks = (const struct isw_network *const *)networks,
                                         .probe_count = training->probe_count,
                                         .probes = training->probes,
                                         .escape_fraction = isw_sweep_escape_fraction(training->sweep),
                                         .due = due,
                                         .keep_initial = keep.initial,
                                         .keep_final = keep.final};
    settings.records = isw_sweep_schedule(training->sweep, first->steps, &settings.record_steps);
    for (size_t i = 0; i < training->probe_count; i++) due[i] = isw_sweep_due(training->sweep, first->steps, i);
    *made = (struct isw_training_pack){.count = count};
    made->layers = first->layers;
    const uint64_t *snapshot;
    made->records = settings.records;
    made->snapshots = isw_sweep_snapshots(training->sweep, first->steps, &snapshot);
    made->record_steps = settings.record_steps;
    for (size_t i = 0; i < count; i++) {
      made->number[i] = numbers[i];
      made->id[i] = networks[i]->id;
    }
    status = isw_pack_create(&settings, &made->pack, error);
  }
  for (size_t i = 0; i < count; i++)
    if (networks[i]) isw_network_destroy(networks[i]);
  free(due);
  return status;
}

struct isw_finished isw_training_outcome(const struct isw_training_pack *made, size_t lane)
{
  const struct isw_outcome *outcome = isw_pack_outcome(made->pack, lane);
  return (struct isw_finished){.number = made->number[lane],
                               .id = made->id[lane],
                               .status = (uint8_t)outcome->status,
                               .steps_done = outcome->steps_done,
                               .records = (uint32_t)made->records,
                               .records_done = (uint32_t)outcome->records_done,
                               .layers = (uint32_t)made->layers,
                               .parameters = outcome->parameters,
                               .snapshots = (uint32_t)made->snapshots,
                               .values = outcome->values,
                               .values_bytes = outcome->values_bytes,
                               .weights_initial = outcome->weights_initial,
                               .weights_final = outcome->weights_final};
}
