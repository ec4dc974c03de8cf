/* What the files of the cluster room share. */
#ifndef INITSWEEP_CLUSTER_INSIDE_H
#define INITSWEEP_CLUSTER_INSIDE_H
#include <mpi.h>
#include <pthread.h>
#include "initsweep/cluster.h"

struct isw_cluster {
  MPI_Comm everyone;
  int rank, size;
  char *hosts;  /* isw_cluster_hosts */
  char *advice; /* isw_cluster_threads */
  size_t processors;
  int *processor; /* [processors] that this rank's workers are pinned to; none where they are not pinned */
};

/* Sees to the environment before MPI starts. ISW_BAD_INPUT where MPI would end the process, or start as one of many that are alone. */
enum isw_status isw_launch_prepare(struct isw_error *error);
/* Whether a process that is alone for MPI is alone for its launcher too; ISW_BAD_INPUT says what to do. */
enum isw_status isw_launch_alone(struct isw_error *error);
/* MPI's name of this host. name: [MPI_MAX_PROCESSOR_NAME] */
void isw_processor_name(char *name);
/* Says so and ends all ranks, in the middle of a collective call. */
_Noreturn void isw_out_of_memory(struct isw_cluster *cluster);
/* Waits for an MPI request asleep: the library's own wait would burn a core for as long as rank 0 writes the results. */
void isw_wait_asleep(MPI_Request *request);
/* Of two statuses the one that says more: OK, interrupted, bad input, failed. */
enum isw_status isw_worse(enum isw_status a, enum isw_status b);
/* The message of another rank, with its name. */
void isw_error_of_rank(struct isw_error *error, enum isw_status status, int rank, const char *text);
/* Pins the calling thread, one of so many workers, to its processor where there is one for each. */
void isw_pin_worker(const struct isw_cluster *cluster, size_t workers, size_t worker);
/* Whether a signal that isw_cluster_catch_signals catches has come. */
bool isw_signal_caught(void);

/* ---- the queue of rank 0: which packs are handed out next; no MPI, no threads ---- */

struct isw_range {
  uint64_t first, count;
};
enum { ISW_RANGES = 16 }; /* ranges of one answer: what is wanted may have holes after a resume */

struct isw_queue {
  const struct isw_work *work;
  uint64_t *wanted; /* bits */
  uint64_t next;    /* packs before this were handed out or are not wanted */
  uint64_t total, left;
  double cost_left;
};
enum isw_status isw_queue_create(struct isw_queue *queue, const struct isw_work *work, struct isw_error *error);
void isw_queue_clear(struct isw_queue *queue);
/* Takes packs for `idle` of all `workers` workers; returns the number of ranges, 0 where no pack is left.
 * *share: packs are now fewer than workers, so that threads should share them. */
size_t isw_queue_take(struct isw_queue *queue, size_t idle, size_t workers, struct isw_range *ranges, bool *share);

/* ---- the crew of a rank: its worker threads and the packs that wait for them; no MPI ---- */

struct isw_job;
struct isw_counts {
  uint64_t packs, networks, diverged, network_steps;
  double cost;
};
struct isw_crew {
  const struct isw_work *work;
  size_t threads;
  pthread_mutex_t mutex;
  pthread_cond_t news;  /* to the workers: packs, a team to join, the end */
  pthread_cond_t quiet; /* to the communicator: a worker has nothing to do */
  bool knocked;         /* the communicator has been called since it last slept */
  struct isw_range range[2 * ISW_RANGES];
  size_t ranges;         /* waiting, the first at range[0] */
  uint64_t waiting, low; /* packs waiting; the communicator is called when they are down to low */
  bool share;
  size_t idle;              /* workers with nothing to do that no team counts on */
  struct isw_job *open;     /* teams with free seats */
  bool closed;              /* workers may leave */
  atomic_int stop;          /* polled by training */
  atomic_uint tick;         /* likewise: packs under way are to be checkpointed when it changes */
  struct isw_counts counts; /* since they were last reported */
  enum isw_status status;
  struct isw_error error;
};
enum isw_status isw_crew_create(struct isw_crew *crew, const struct isw_work *work, struct isw_error *error);
void isw_crew_clear(struct isw_crew *crew);
/* What a worker thread does until the crew is closed. */
void isw_crew_work(struct isw_crew *crew, size_t worker);
/* Gives the crew packs. */
void isw_crew_add(struct isw_crew *crew, const struct isw_range *ranges, size_t count, bool share);
/* Stops training: packs that wait are dropped, packs under way are left at their next step. */
void isw_crew_stop(struct isw_crew *crew);
void isw_crew_close(struct isw_crew *crew);
/* Sleeps until a worker calls or the time is over. */
void isw_crew_sleep(struct isw_crew *crew, long nanoseconds);
#endif
