/* The memory of a rank, by arithmetic on the sweep's classes of packs: an upper bound that `plan` shows and `run`
 * compares with what the machine has. */
#include <stdlib.h>
#include "initsweep/cost.h"

static const double PROGRAM_BYTES = 36e6; /* of a rank without any pack, with Open MPI 5, which takes more than 4 */
static const double NETWORK_BYTES = 13;   /* what rank 0 keeps of each finished network */

/* The packs of a class. */
struct class_memory {
  double bytes; /* of one pack */
  uint64_t packs;
};

static int largest_first(const void *a, const void *b)
{
  double x = ((const struct class_memory *)a)->bytes, y = ((const struct class_memory *)b)->bytes;
  return (x < y) - (x > y);
}

static enum isw_status measure_class(const struct isw_sweep *sweep, const struct isw_packs *packs,
                                     const struct isw_pack_class *class, struct class_memory *memory,
                                     struct isw_error *error)
{
  const struct isw_probe *const *probes;
  size_t probe_count = isw_sweep_probes(sweep, &probes);
  uint64_t numbers[ISW_LANES_MAX];
  struct isw_network *network;
  isw_packs_networks(packs, class->first_pack, numbers);
  enum isw_status status = isw_sweep_network(sweep, numbers[0], &network, error);
  if (status != ISW_OK) return status;
  *memory = (struct class_memory){.bytes = (double)isw_pack_bytes(network, isw_sweep_data(sweep, class->dataset),
                                                                  isw_sweep_precision(sweep), class->layout,
                                                                  class->records, probes, probe_count),
                                  .packs = class->packs};
  isw_network_destroy(network);
  return ISW_OK;
}

/* The numbers of all datasets, in float64 and in the sweep's precision. */
static double data_bytes(const struct isw_sweep *sweep)
{
  double numbers = 0;
  for (size_t d = 0; d < isw_sweep_datasets(sweep); d++) {
    const struct isw_data *data = isw_sweep_data(sweep, d);
    numbers += (double)(data->train_samples + data->test_samples) * (double)(data->features + data->targets);
  }
  return numbers * (double)(sizeof(double) + isw_precision_bytes(isw_sweep_precision(sweep)));
}

enum isw_status isw_cost_memory(const struct isw_sweep *sweep, const struct isw_packs *packs, size_t ranks,
                                size_t threads, double *bytes, struct isw_error *error)
{
  size_t classes = isw_packs_classes(packs);
  struct class_memory *memory = isw_allocate(classes, sizeof *memory);
  enum isw_status status =
      memory ? ISW_OK : isw_error_memory(error, classes * sizeof *memory, "the packs' sizes in memory");
  for (size_t i = 0; memory && status == ISW_OK && i < classes; i++)
    status = measure_class(sweep, packs, isw_packs_class(packs, i), &memory[i], error);
  *bytes = PROGRAM_BYTES + data_bytes(sweep) + NETWORK_BYTES * (double)isw_sweep_networks(sweep);
  if (memory && status == ISW_OK) {
    /* one pack per thread, the largest ones; where threads outnumber packs, several threads share a pack */
    uint64_t all = isw_packs_count(packs), left = all / ranks + (all % ranks > 0);
    if (left > threads) left = threads;
    qsort(memory, classes, sizeof *memory, largest_first);
    for (size_t i = 0; i < classes && left > 0; i++) {
      uint64_t taken = memory[i].packs < left ? memory[i].packs : left;
      *bytes += (double)taken * memory[i].bytes;
      left -= taken;
    }
  }
  free(memory);
  return status;
}
