/* What `run` gives the cluster room: how packs are made, and where their outcomes go. */
#ifndef INITSWEEP_COMMANDS_TRAINING_H
#define INITSWEEP_COMMANDS_TRAINING_H
#include "initsweep/cluster.h"
#include "initsweep/results.h"
#include "common.h"
#include "progress.h"

struct isw_training_slot;
struct isw_training {
  const struct isw_sweep *sweep;
  const struct isw_kernels *kernels;
  enum isw_real real;
  struct isw_packs *packs;
  uint64_t stride;                 /* between packs that follow each other in the queue; 1 but in tests of the order */
  const struct isw_probe **probes; /* [probe_count] */
  size_t probe_count;
  struct isw_samples **samples; /* [datasets][losses], NULL where no class has both */
  size_t losses;
  struct isw_training_slot *slots; /* [threads] */
  size_t threads;
  struct isw_journal *journal;  /* the rank's own */
  struct isw_index *index;      /* rank 0: what was done before; NULL: nothing */
  struct isw_progress progress; /* rank 0 */
};

/* Makes packs and samples ready for `threads` workers; destroy releases it, also after an error. */
enum isw_status isw_training_create(struct isw_training *training, const struct isw_sweep *sweep, size_t threads,
                                    struct isw_error *error);
void isw_training_destroy(struct isw_training *training);
/* The same as the cluster room takes it; points into training. */
struct isw_work isw_training_work(struct isw_training *training);
/* How many threads a pack of this class is worth: sharing costs a few barriers a step, about 1 us each. */
size_t isw_training_sharers(const struct isw_pack_class *class, enum isw_real real);
#endif
