/* The memory of a rank, by arithmetic on the sweep's classes of packs: an upper bound that `plan` shows and `run`
 * compares with what the machine has. */
#include <math.h>
#include <stdlib.h>
#include "initsweep/cost.h"
#include "initsweep/results.h"

static const double PROGRAM_BYTES = 36e6; /* of a rank without any pack, with Open MPI 5, which takes more than 4 */
static const double NETWORK_BYTES = 13;   /* what rank 0 keeps of each finished network */

/* What threads hold of a class at a time. */
struct class_memory {
  double bytes; /* of a thread */
  uint64_t threads;
};

static int largest_first(const void *a, const void *b)
{
  double x = ((const struct class_memory *)a)->bytes, y = ((const struct class_memory *)b)->bytes;
  return (x < y) - (x > y);
}

/* What creating a pack takes in float64 while it makes the weights of a network's largest layer: themselves, and four
 * matrices more where an initialiser computes (isw_fill_orthonormal, and the layers before for lsuv). */
static double start_bytes(const struct isw_network *network)
{
  size_t rows;
  const struct isw_initializer *all = isw_initializers(&rows);
  double most = 0;
  for (size_t k = 0; k < network->layers; k++) {
    double matrices = all[network->init[k].row].flops ? 5 : 1;
    double numbers = matrices * (double)network->size[k] * (double)network->size[k + 1];
    if (numbers > most) most = numbers;
  }
  return most * sizeof(double);
}

/* The same of a class, whose networks may have several initialisers: of networks that are spread over its packs. */
static enum isw_status measure_start(const struct isw_sweep *sweep, const struct isw_packs *packs,
                                     const struct isw_pack_class *class, double *bytes, struct isw_error *error)
{
  enum { SAMPLES = 16 };
  uint64_t numbers[ISW_LANES_MAX], wanted = class->packs < SAMPLES ? class->packs : SAMPLES;
  enum isw_status status = ISW_OK;
  *bytes = 0;
  for (uint64_t i = 0; status == ISW_OK && i < wanted; i++) {
    size_t count = isw_packs_networks(packs, class->first_pack + i * class->packs / wanted, numbers);
    struct isw_network *network;
    status = isw_sweep_network(sweep, numbers[i % count], &network, error);
    if (status != ISW_OK) break;
    double one = start_bytes(network);
    if (one > *bytes) *bytes = one;
    isw_network_destroy(network);
  }
  return status;
}

static enum isw_status measure_class(const struct isw_sweep *sweep, const struct isw_packs *packs,
                                     const struct isw_pack_class *class, uint64_t held, struct class_memory *memory,
                                     struct isw_error *error)
{
  if (held > class->packs) held = class->packs;
  if (held == 0 || !isw_pack_class_is_mergeable(class)) held = 1;
  const struct isw_probe *const *probes;
  size_t probe_count = isw_sweep_probes(sweep, &probes);
  uint64_t numbers[ISW_LANES_MAX];
  struct isw_network *network;
  isw_packs_networks(packs, class->first_pack, numbers);
  enum isw_status status = isw_sweep_network(sweep, numbers[0], &network, error);
  if (status != ISW_OK) return status;
  const uint64_t *steps;
  size_t pack =
      isw_pack_bytes(network, isw_sweep_data(sweep, class->dataset), isw_sweep_precision(sweep), class->layout,
                     class->records, isw_sweep_snapshots(sweep, class->steps, &steps), probes, probe_count);
  isw_network_destroy(network);
  double start;
  status = measure_start(sweep, packs, class, &start, error);
  *memory = (struct class_memory){(double)held * (double)pack + start, (class->packs + held - 1) / held};
  return status;
}

/* The samples of all datasets: inputs in the sweep's precision, targets in float64 and as the losses need them, of
 * which one-hot ones are the largest. *making: what the largest dataset needed in addition while it was made. */
static double data_bytes(const struct isw_sweep *sweep, double *making)
{
  double bytes = 0, number = (double)isw_precision_bytes(isw_sweep_precision(sweep));
  *making = 0;
  for (size_t d = 0; d < isw_sweep_datasets(sweep); d++) {
    const struct isw_data *data = isw_sweep_data(sweep, d);
    double outputs = (double)(data->classes > data->targets ? data->classes : data->targets);
    bytes += (double)(data->train_samples + data->test_samples) *
             ((double)data->features * number + (double)data->targets * sizeof(double) + outputs * number);
    if (data->making_bytes > *making) *making = data->making_bytes;
  }
  return bytes;
}

double isw_cost_value_bytes(const struct isw_sweep *sweep, size_t records, size_t snapshots, size_t layers,
                            size_t parameters)
{
  struct isw_record_layout layout = {.records = records,
                                     .layers = layers,
                                     .parameters = parameters,
                                     .snapshots = snapshots,
                                     .real_bytes = isw_precision_bytes(isw_sweep_precision(sweep))};
  const struct isw_probe *const *probes;
  size_t count = isw_sweep_probes(sweep, &probes);
  for (size_t i = 0; i < count; i++) isw_record_layout_add(&layout, &probes[i]->quantity);
  return (double)layout.bytes;
}

/* The parts of the results file, which are made after the training or, on one rank, meanwhile. */
static double part_bytes(const struct isw_sweep *sweep)
{
  size_t records = isw_sweep_records_max(sweep), parameters = isw_sweep_parameters_max(sweep);
  size_t snapshots = isw_sweep_snapshots_max(sweep);
  double values = isw_cost_value_bytes(sweep, records, 0, isw_sweep_layers_max(sweep), parameters);
  double columns = (double)(isw_sweep_columns(sweep) + records + snapshots) * sizeof(double);
  struct isw_keep_weights keep = isw_sweep_weights(sweep);
  double arrays = (double)snapshots + keep.initial + keep.final;
  double array = (double)parameters * (double)isw_precision_bytes(isw_sweep_precision(sweep));
  return isw_part_maker_bytes((double)isw_sweep_networks(sweep), values + columns,
                              array * fmax((double)snapshots, arrays > 0), array * arrays);
}

enum isw_status isw_cost_memory(const struct isw_sweep *sweep, const struct isw_packs *packs, size_t ranks,
                                size_t threads, size_t held, double *bytes, struct isw_error *error)
{
  size_t classes = isw_packs_classes(packs);
  struct class_memory *memory = isw_allocate(classes, sizeof *memory);
  enum isw_status status =
      memory ? ISW_OK : isw_error_memory(error, classes * sizeof *memory, "the packs' sizes in memory");
  for (size_t i = 0; memory && status == ISW_OK && i < classes; i++)
    status = measure_class(sweep, packs, isw_packs_class(packs, i), held, &memory[i], error);
  double making, packs_bytes = 0, data = data_bytes(sweep, &making);
  if (memory && status == ISW_OK) {
    /* one pack per thread, the largest ones; where threads outnumber packs, several threads share a pack */
    uint64_t all = isw_packs_count(packs), left = all / ranks + (all % ranks > 0);
    if (left > threads) left = threads;
    qsort(memory, classes, sizeof *memory, largest_first);
    for (size_t i = 0; i < classes && left > 0; i++) {
      uint64_t taken = memory[i].threads < left ? memory[i].threads : left;
      packs_bytes += (double)taken * memory[i].bytes;
      left -= taken;
    }
  }
  free(memory);
  *bytes = PROGRAM_BYTES + data + fmax(packs_bytes, making) + part_bytes(sweep) +
           NETWORK_BYTES * (double)isw_sweep_networks(sweep);
  return status;
}
