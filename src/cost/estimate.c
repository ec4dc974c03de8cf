/* What a run would do, by arithmetic on the sweep's classes of packs: work, memory, disk and time. Nothing is
 * trained, except where the cost model of this machine is measured. */
#include <math.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include "initsweep/cost.h"

enum {
  ENTRY_BYTES = 96,
  HEAD_BYTES = 512
}; /* of a journal's entry, and of a network in a checkpoint, beside the values */
/* What the model does not measure, s: MPI's start and end; moving a network into the journal, and from there into the
 * results file; bytes of the results file per second. */
static const double MPI_SECONDS = 0.045, FINISH_SECONDS = 1.0e-6, GATHER_SECONDS = 1.0e-6, GATHER_RATE = 4e8;

/* Bytes of one network's recorded values and weights. */
static double value_bytes(const struct isw_estimate *estimate, size_t records, size_t snapshots, size_t layers,
                          double parameters)
{
  struct isw_keep_weights keep = isw_sweep_weights(estimate->sweep);
  return isw_cost_value_bytes(estimate->sweep, records, snapshots, layers, (size_t)parameters) +
         parameters * (double)isw_precision_bytes(estimate->precision) * ((double)keep.initial + (double)keep.final);
}

/* Free bytes of the file system that a file would be on; NaN where its folder does not exist. */
static double free_bytes(const char *file)
{
  struct statvfs disk;
  char *folder = isw_path_folder(file);
  bool known = folder && statvfs(folder, &disk) == 0;
  free(folder);
  return known ? (double)disk.f_bavail * (double)disk.f_frsize : NAN;
}

/* Adds a class to the sums. largest_state: bytes of the largest checkpoint of a pack. */
static void add_class(struct isw_estimate *estimate, const struct isw_pack_class *class, double *largest_state)
{
  double networks = (double)class->networks, bytes_each = (double)isw_precision_bytes(estimate->precision);
  double parameters = (double)isw_parameters(class->layers, class->size, class->parts);
  const uint64_t *steps;
  size_t snapshots = isw_sweep_snapshots(estimate->sweep, class->steps, &steps);
  double values = value_bytes(estimate, class->records, snapshots, class->layers, parameters);
  estimate->parameters += networks * parameters;
  estimate->network_steps += networks * (double)class->steps;
  estimate->flops += networks * (class->flops + isw_cost_record_flops(estimate->sweep, estimate->probes,
                                                                      estimate->probe_count, class));
  estimate->journal_bytes += networks * (ENTRY_BYTES + values);
  size_t rows;
  double arrays = 1 + (double)isw_optimizers(&rows)[class->optimizer].states;
  double state = (double)class->lanes * (HEAD_BYTES + arrays * parameters * bytes_each + values);
  if (state > *largest_state) *largest_state = state;
}

/* Sets upper bounds of the sizes in memory and on the disk. */
static enum isw_status set_sizes(struct isw_estimate *estimate, double largest_state, struct isw_error *error)
{
  const struct isw_sweep *sweep = estimate->sweep;
  double networks = (double)isw_sweep_networks(sweep);
  estimate->memory = isw_memory_limit("");
  estimate->result_bytes =
      networks * (17 + 8 * (double)isw_sweep_columns(sweep) +
                  value_bytes(estimate, isw_sweep_records_max(sweep), isw_sweep_snapshots_max(sweep),
                              isw_sweep_layers_max(sweep), (double)isw_sweep_parameters_max(sweep)));
  uint64_t packs = isw_packs_count(estimate->packs), workers = estimate->ranks * estimate->threads;
  uint64_t training = packs < workers ? packs : workers;
  /* each pack in training has a checkpoint and, while it is replaced, a second one under a temporary name */
  estimate->checkpoint_bytes = 2 * largest_state * (double)training;
  estimate->files = estimate->ranks + 1 + 2 * (size_t)training;
  estimate->free_bytes = free_bytes(estimate->out);
  return isw_cost_memory(sweep, estimate->packs, estimate->ranks, estimate->threads, 1, &estimate->memory_bytes, error);
}

static enum isw_status choose_layouts(struct isw_estimate *estimate, const struct isw_cost_model *model,
                                      struct isw_error *error)
{
  size_t classes = isw_packs_classes(estimate->packs);
  uint64_t *alone = isw_allocate(classes, sizeof *alone);
  if (!alone) return isw_error_memory(error, classes * sizeof *alone, "the packs' layouts");
  enum isw_status status =
      isw_cost_choose_layouts(model, estimate->kernels, estimate->sweep, estimate->probes, estimate->probe_count,
                              estimate->packs, estimate->ranks * estimate->threads, alone, error);
  if (status == ISW_OK) status = isw_packs_set_alone(estimate->packs, alone, error);
  free(alone);
  return status;
}

static enum isw_status set_times(struct isw_estimate *estimate, const struct isw_cost_model *model,
                                 struct isw_error *error)
{
  size_t classes = isw_packs_classes(estimate->packs);
  double *cost = isw_allocate(classes, sizeof *cost), sum = 0;
  if (!cost) return isw_error_memory(error, classes * sizeof *cost, "the packs' costs");
  for (size_t i = 0; i < classes; i++) {
    const struct isw_pack_class *class = isw_packs_class(estimate->packs, i);
    cost[i] = isw_cost_pack(model, estimate->kernels, estimate->sweep, estimate->probes, estimate->probe_count, class) +
              isw_cost_starts(model, estimate->sweep, estimate->packs, class);
    sum += cost[i] * (double)class->packs;
  }
  isw_packs_order(estimate->packs, cost);
  for (size_t i = 0; i < classes; i++) cost[i] = isw_packs_class(estimate->packs, i)->cost;
  size_t workers = estimate->ranks * estimate->threads;
  double networks = (double)isw_sweep_networks(estimate->sweep);
  estimate->thread_seconds = sum + networks * FINISH_SECONDS;
  estimate->rate = estimate->thread_seconds > 0 ? estimate->flops / estimate->thread_seconds : 0;
  estimate->seconds = MPI_SECONDS + estimate->load_seconds + isw_cost_all(estimate->packs, cost, workers) +
                      networks * FINISH_SECONDS / (double)workers + networks * GATHER_SECONDS +
                      estimate->result_bytes / GATHER_RATE;
  free(cost);
  return ISW_OK;
}

enum isw_status isw_estimate_create(const struct isw_sweep *sweep, const char *out, size_t ranks, size_t threads,
                                    double load_seconds, bool calibrate, struct isw_estimate *estimate,
                                    struct isw_error *error)
{
  *estimate = (struct isw_estimate){.sweep = sweep,
                                    .out = out,
                                    .ranks = ranks,
                                    .threads = threads,
                                    .load_seconds = load_seconds,
                                    .precision = isw_sweep_precision(sweep)};
  estimate->probe_count = isw_sweep_probes(sweep, &estimate->probes);
  enum isw_status status = isw_kernels_choose(NULL, &estimate->kernels, error);
  if (status == ISW_OK) status = isw_packs_create(sweep, isw_lanes(estimate->precision), &estimate->packs, error);
  struct isw_cost_model model;
  if (status == ISW_OK)
    status =
        isw_cost_find_model(estimate->kernels, estimate->precision, calibrate, &model, &estimate->model_source, error);
  if (status == ISW_OK) status = choose_layouts(estimate, &model, error);
  if (status != ISW_OK) return status;
  double largest_state = 0;
  for (size_t i = 0; i < isw_packs_classes(estimate->packs); i++)
    add_class(estimate, isw_packs_class(estimate->packs, i), &largest_state);
  status = set_sizes(estimate, largest_state, error);
  return status == ISW_OK ? set_times(estimate, &model, error) : status;
}

void isw_estimate_clear(struct isw_estimate *estimate)
{
  isw_packs_destroy(estimate->packs);
  *estimate = (struct isw_estimate){0};
}
