#include "initsweep/run.h"
#include <stdlib.h>
#include "initsweep/cost.h"

/* A stride that has no divisor in common with the number of packs, so that every pack has its turn; 1: their own order. */
static uint64_t chosen_stride(uint64_t packs)
{
  const char *text = getenv("INITSWEEP_PACK_STRIDE");
  uint64_t stride = text ? strtoull(text, NULL, 10) % 1000 : 1; /* turn * stride stays far below 2^64 */
  for (stride = packs > 1 ? stride : 1;; stride++) {
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
                                    struct isw_error *error)
{
  training->sweep = sweep;
  training->threads = threads;
  training->real = isw_sweep_precision(sweep);
  size_t datasets = isw_sweep_datasets(sweep);
  const struct isw_loss *losses = isw_losses(&training->losses);
  training->probe_count = isw_sweep_probes(sweep, &training->probes);
  training->samples = isw_allocate(datasets * training->losses, sizeof(struct isw_samples *));
  training->made = isw_allocate(threads * ISW_MAX_PACKS_UNDER_WAY, sizeof *training->made);
  if (!training->samples || !training->made)
    return isw_error_memory(error, threads * ISW_MAX_PACKS_UNDER_WAY * sizeof *training->made, "training");
  enum isw_status status = isw_kernels_choose(NULL, &training->kernels, error);
  if (status == ISW_OK) status = isw_packs_create(sweep, isw_lanes(training->real), &training->packs, error);
  if (status == ISW_OK) training->stride = chosen_stride(isw_packs_count(training->packs));
  for (size_t i = 0; status == ISW_OK && i < isw_packs_classes(training->packs); i++) {
    const struct isw_pack_class *class = isw_packs_class(training->packs, i);
    struct isw_samples **samples = &training->samples[class->dataset * training->losses + class->loss];
    if (!*samples)
      status = isw_samples_create(isw_sweep_data(sweep, class->dataset), &losses[class->loss], training->real, samples,
                                  error);
  }
  return status;
}

enum isw_status isw_training_restrict(struct isw_training *training, const uint64_t *subset, struct isw_error *error)
{
  isw_packs_destroy(training->packs);
  training->packs = NULL;
  enum isw_status status =
      isw_packs_create_of(training->sweep, subset, isw_lanes(training->real), &training->packs, error);
  if (status == ISW_OK) training->stride = chosen_stride(isw_packs_count(training->packs));
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

double *isw_training_costs(const struct isw_training *training)
{
  size_t classes = isw_packs_classes(training->packs);
  double *cost = isw_allocate(classes, sizeof *cost);
  const struct isw_cost_model model = isw_cost_cached_or_default(training->kernels, training->real);
  for (size_t i = 0; cost && i < classes; i++)
    cost[i] = isw_cost_pack(&model, training->sweep, training->probes, training->probe_count,
                            isw_packs_class(training->packs, i));
  return cost;
}

/* The pack whose turn it is: turn times stride, modulo the packs. */
static uint64_t pack_of(const struct isw_training *training, uint64_t turn)
{
  return turn * training->stride % isw_packs_count(training->packs);
}

static bool wanted(void *context, uint64_t turn)
{
  struct isw_training *training = context;
  uint64_t numbers[ISW_LANES_MAX], pack = pack_of(training, turn);
  size_t count = isw_packs_networks(training->packs, pack, numbers), missing = 0;
  for (size_t i = 0; i < count; i++) missing += !training->index || !isw_index_has(training->index, numbers[i]);
  if (missing == 0) return false;
  training->progress.before -= count - missing; /* they are trained again with the others of their pack */
  training->progress.cost += isw_class_of(training->packs, pack)->cost;
  return true;
}

static double cost(void *context, uint64_t turn)
{
  const struct isw_training *training = context;
  return isw_class_of(training->packs, pack_of(training, turn))->cost;
}

static size_t max_threads_per_pack(void *context, uint64_t turn)
{
  const struct isw_training *training = context;
  return isw_cost_max_threads(isw_class_of(training->packs, pack_of(training, turn)), training->real);
}

enum isw_status isw_training_pack(const struct isw_training *training, size_t count, const uint64_t *numbers,
                                  struct isw_training_pack *made, struct isw_error *error)
{
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
                                         .real = training->real,
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
    made->records = settings.records;
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
                               .values = outcome->values,
                               .values_bytes = outcome->values_bytes,
                               .weights_initial = outcome->weights_initial,
                               .weights_final = outcome->weights_final};
}

static int by_number(const void *a, const void *b)
{
  uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
  return (x > y) - (x < y);
}

void isw_training_keeps(struct isw_training *training, const char *folder, unsigned rank, double seconds,
                        uint64_t *checkpoints, size_t count)
{
  training->folder = folder;
  training->rank = rank;
  training->checkpoint_seconds = seconds;
  training->checkpoints = checkpoints;
  training->checkpoint_count = count;
  if (count > 0) qsort(checkpoints, count, sizeof *checkpoints, by_number);
}

static bool has_checkpoint(const struct isw_training *training, uint64_t number)
{
  return training->checkpoint_count > 0 &&
         bsearch(&number, training->checkpoints, training->checkpoint_count, sizeof number, by_number) != NULL;
}

/* Puts a pack that has just been made where its checkpoint was; one that cannot be used leaves it at its beginning. */
static enum isw_status go_on(const struct isw_training *training, size_t count, const uint64_t *numbers,
                             struct isw_training_pack *made, struct isw_error *error)
{
  void *file;
  const void *state;
  size_t bytes;
  struct isw_error reason = {0};
  made->kept = true;
  if (!isw_checkpoint_read(training->folder, isw_sweep_identity(training->sweep), isw_precision_bytes(training->real),
                           numbers, made->id, count, &file, &state, &bytes))
    return ISW_OK;
  enum isw_status status = isw_pack_restore(made->pack, state, bytes, &reason);
  isw_error_clear(&reason);
  free(file);
  if (status == ISW_OK) return ISW_OK;
  isw_pack_destroy(made->pack);
  status = isw_training_pack(training, count, numbers, made, error);
  made->kept = true;
  return status;
}

/* A worker's pack of that turn, or a free place for one. */
static struct isw_training_pack *pack_of_worker(struct isw_training *training, size_t worker, uint64_t turn, bool new)
{
  struct isw_training_pack *made = &training->made[worker * ISW_MAX_PACKS_UNDER_WAY];
  size_t i = 0;
  while (i + 1 < ISW_MAX_PACKS_UNDER_WAY && (new ? made[i].pack != NULL : !made[i].pack || made[i].turn != turn)) i++;
  return &made[i];
}

static enum isw_status prepare(void *context, size_t worker, uint64_t turn, struct isw_pack **pack,
                               struct isw_error *error)
{
  struct isw_training *training = context;
  struct isw_training_pack *made = pack_of_worker(training, worker, turn, true);
  uint64_t numbers[ISW_LANES_MAX];
  size_t count = isw_packs_networks(training->packs, pack_of(training, turn), numbers);
  enum isw_status status = isw_training_pack(training, count, numbers, made, error);
  if (status == ISW_OK && has_checkpoint(training, numbers[0])) status = go_on(training, count, numbers, made, error);
  if (status != ISW_OK) made->pack = NULL;
  made->turn = turn;
  *pack = made->pack;
  return status;
}

/* Packs of a class with at most 32 MiB of weights each: eight of them may wait in a worker's memory. */
static bool mergeable(void *context, uint64_t turn, uint64_t other)
{
  const struct isw_training *training = context;
  const struct isw_pack_class *class = isw_class_of(training->packs, pack_of(training, turn));
  return class == isw_class_of(training->packs, pack_of(training, other)) &&
         isw_parameters(class->layers, class->size, class->branch_layers) <= (size_t)1 << 19;
}

static enum isw_status checkpoint(void *context, size_t worker, uint64_t turn, const struct isw_pack *pack,
                                  struct isw_error *error)
{
  struct isw_training *training = context;
  struct isw_training_pack *made = pack_of_worker(training, worker, turn, false);
  size_t bytes = isw_pack_state_bytes(pack);
  void *state = isw_allocate(bytes, 1);
  if (!state) return isw_error_memory(error, bytes, "a checkpoint");
  isw_pack_save(pack, state);
  struct isw_checkpoint kept = {.count = made->count,
                                .numbers = made->number,
                                .ids = made->id,
                                .step = isw_pack_step(pack),
                                .state = state,
                                .bytes = bytes};
  enum isw_status status = isw_checkpoint_write(training->folder, isw_sweep_identity(training->sweep), training->rank,
                                                isw_precision_bytes(training->real), &kept, error);
  free(state);
  made->kept = made->kept || status == ISW_OK;
  return status;
}

static enum isw_status finish(void *context, size_t worker, uint64_t turn, const struct isw_pack *pack,
                              uint64_t *networks, uint64_t *diverged, struct isw_error *error)
{
  (void)pack; /* the worker's own */
  struct isw_training *training = context;
  struct isw_training_pack *made = pack_of_worker(training, worker, turn, false);
  struct isw_finished finished[ISW_LANES_MAX];
  for (size_t i = 0; i < made->count; i++) {
    finished[i] = isw_training_outcome(made, i);
    *diverged += finished[i].status == ISW_DIVERGED;
  }
  *networks += made->count;
  enum isw_status status = isw_journal_append(training->journal, finished, made->count, error);
  if (status == ISW_OK && made->kept) { /* what replaces the checkpoint must be as safe as it was */
    status = isw_journal_sync(training->journal, error);
    if (status == ISW_OK) isw_checkpoint_remove(training->folder, made->number[0]);
  }
  made->pack = NULL; /* the caller destroys it */
  return status;
}

static void progress(void *context, uint64_t packs_done, uint64_t networks, uint64_t diverged, uint64_t network_steps,
                     double cost_done)
{
  (void)packs_done;
  isw_progress_show(&((struct isw_training *)context)->progress, networks, diverged, network_steps, cost_done);
}

struct isw_work isw_training_work(struct isw_training *training)
{
  return (struct isw_work){.packs = isw_packs_count(training->packs),
                           .threads = training->threads,
                           .context = training,
                           .wanted = wanted,
                           .cost = cost,
                           .max_threads_per_pack = max_threads_per_pack,
                           .mergeable = mergeable,
                           .prepare = prepare,
                           .checkpoint = training->folder ? checkpoint : NULL,
                           .checkpoint_seconds = training->checkpoint_seconds,
                           .finish = finish,
                           .progress = progress};
}
