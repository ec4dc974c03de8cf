/* What `run` gives the cluster room: how packs are made, and where their outcomes go. */
#ifndef INITSWEEP_COMMANDS_TRAINING_H
#define INITSWEEP_COMMANDS_TRAINING_H
#include "initsweep/cluster.h"
#include "initsweep/results.h"
#include "common.h"
#include "progress.h"

/* A pack with what the engine does not know of it. */
enum { ISW_TRAINING_LANES = 16 };
struct isw_training_pack {
  struct isw_pack *pack;
  size_t count, layers, records;
  const uint64_t *record_steps; /* [records], the sweep's */
  bool kept;                    /* a checkpoint of it is there */
  uint64_t turn;                /* in the queue */
  uint64_t number[ISW_TRAINING_LANES], id[ISW_TRAINING_LANES];
};
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
  struct isw_training_pack *made; /* [threads][ISW_TOGETHER] each worker's, under way; pack NULL: none */
  size_t threads;
  struct isw_journal *journal; /* the rank's own */
  const char *folder;          /* of the journal, for checkpoints; NULL: none are kept */
  unsigned rank;
  double checkpoint_seconds;
  uint64_t *checkpoints; /* [checkpoint_count] first networks of packs that have one, ascending */
  size_t checkpoint_count;
  struct isw_index *index;      /* rank 0: what was done before; NULL: nothing */
  struct isw_progress progress; /* rank 0 */
};

/* Makes packs and samples ready for `threads` workers; destroy releases it, also after an error. */
enum isw_status isw_training_create(struct isw_training *training, const struct isw_sweep *sweep, size_t threads,
                                    struct isw_error *error);
/* From now on the packs hold these networks only; subset, a bit a network, is kept by the caller. */
enum isw_status isw_training_restrict(struct isw_training *training, const uint64_t *subset, struct isw_error *error);
void isw_training_destroy(struct isw_training *training);
/* What each class's packs cost by this machine's model where it is in the cache, else by the built-in one; on the heap, [classes],
 * NULL where memory ran out. For rank 0, whose numbers all ranks then give isw_packs_order. */
double *isw_training_costs(const struct isw_training *training);
/* From now on packs under way are kept in `folder` every `seconds` (0: only when a signal comes), and those of the
 * list, which it takes over, go on from there. folder is kept by the caller. */
void isw_training_keeps(struct isw_training *training, const char *folder, unsigned rank, double seconds,
                        uint64_t *checkpoints, size_t count);
/* Makes a pack of networks that are alike in what shapes the computation, with the sweep's recording; the caller destroys
 * made->pack. Thread-safe. */
enum isw_status isw_training_pack(const struct isw_training *training, size_t count, const uint64_t *numbers,
                                  struct isw_training_pack *made, struct isw_error *error);
/* What a network of a trained pack left; points into the pack. */
struct isw_finished isw_training_outcome(const struct isw_training_pack *made, size_t lane);
/* The same as the cluster room takes it; points into training. */
struct isw_work isw_training_work(struct isw_training *training);
/* How many threads a pack of this class is worth: at every step each fetches what the others wrote, and waits for them. */
size_t isw_training_sharers(const struct isw_pack_class *class, enum isw_real real);
#endif
