/** @file What the files of the cluster room share. */
#ifndef INITSWEEP_CLUSTER_INTERNAL_H
#define INITSWEEP_CLUSTER_INTERNAL_H
#include <mpi.h>
#include <pthread.h>
#include "initsweep/cluster.h"

struct isw_host_memory;

struct isw_cluster {
  MPI_Comm everyone; /**< MPI_COMM_NULL: one process without MPI */
  int rank, size;
  char *hosts;  /**< isw_cluster_hosts */
  char *advice; /**< isw_cluster_threads */
  size_t processors;
  int *processor;                      /**< [processors] to which this rank's workers are bound; none: not bound */
  struct isw_host_memory *host_memory; /**< isw_cluster_host_first; NULL before */
  bool crowded;                        /**< isw_threads_outnumber_processors */
};

/* ---- launch.c: the launcher's environment variables ---- */

/** Adapts the environment before MPI_Init. ISW_BAD_INPUT if MPI_Init would end the process, or would initialise one of
 *  several processes as a single rank. */
enum isw_status isw_launch_prepare_environment(struct isw_error *error);
/** Checks that a process that is single for MPI is also single for its launcher; otherwise ISW_BAD_INPUT with what to
 *  do. */
enum isw_status isw_launch_check_single(struct isw_error *error);
/** Whether a launcher started this process. */
bool isw_launch_is_launched(void);
/** Whether MPI must be initialised, because this process may be one of several: true if the environment has any trace
 *  of a launcher. ISW_BAD_INPUT if INITSWEEP_MPI is set to anything else than `always`. */
enum isw_status isw_launch_needs_mpi(bool *needed, struct isw_error *error);
/** Whether srun started this process or an ancestor. sbatch sets SLURM_NTASKS and SLURM_PROCID too, but no step; a step
 *  with a terminal (srun --pty) is an interactive shell. */
bool isw_launch_in_slurm_step(void);

/* ---- mpi_helpers.c ---- */

/** The name of this host. name: [MPI_MAX_PROCESSOR_NAME], padded with zeros. */
void isw_host_name(char *name);
/** Waits for a request by polling and sleeping: MPI_Wait would use a whole core for as long as rank 0 writes the
 *  results. */
void isw_mpi_wait(MPI_Request *request);
/** Prints a message and ends all ranks; for errors in the middle of a collective call, where other ranks cannot be
 *  informed. */
_Noreturn void isw_out_of_memory(struct isw_cluster *cluster);

/* ---- host_memory.c ---- */

/** Frees the windows; collective. NULL: nothing. */
void isw_host_memory_destroy(struct isw_host_memory *memory);

/* ---- status.c ---- */

/** 0 .. 3 in the order OK, interrupted, bad input, failed; sent in messages, so the values must not change. */
int isw_status_severity(enum isw_status status);
/** The more severe of two statuses. */
enum isw_status isw_worse_status(enum isw_status a, enum isw_status b);
/** Sets an error with the message of another rank, prefixed with its number. */
void isw_error_of_rank(struct isw_error *error, enum isw_status status, int rank, const char *text);

/* ---- thread_choice.c: how many worker threads a rank has; no MPI ---- */

/** What the number of worker threads of a rank depends on. "Host": this machine and the ranks on it. */
struct isw_thread_facts {
  size_t ranks;       /**< of the host */
  size_t processors;  /**< of the rank's affinity mask; 0: unknown */
  size_t part;        /**< the rank's part of them, divided among the ranks of the host that may use them */
  size_t used;        /**< that the ranks of the host may use together; 0: unknown */
  size_t mpirun;      /**< of the affinity mask of Open MPI's mpirun; 0: not started by it */
  size_t available;   /**< of the job, or else the machine; 0: unknown */
  bool launched;      /**< by a launcher */
  bool in_slurm_step; /**< by srun */
  double quota;       /**< isw_processor_quota; INFINITY: none */
  size_t quota_ranks; /**< ranks of the host that share the quota */
  size_t wanted;      /**< by --threads or OMP_NUM_THREADS; 0: neither */
  size_t limit;       /**< OMP_THREAD_LIMIT */
};
/** Number of worker threads of the rank, at least 1. */
size_t isw_choose_threads(const struct isw_thread_facts *facts);
/** Whether the workers of the host cannot all run at the same time, if each rank has this many. */
bool isw_threads_outnumber_processors(const struct isw_thread_facts *facts, size_t threads);
/** Appends a line for the user if the launcher or a limit leaves processors unused, or if more threads than processors
 *  were requested. */
void isw_advise_on_threads(const struct isw_thread_facts *facts, size_t threads, struct isw_text *text);

/* ---- threads.c ---- */

/** Binds the calling thread, worker number `worker` of `workers`, to its processor if isw_cluster_threads chose one. */
void isw_pin_worker(const struct isw_cluster *cluster, size_t workers, size_t worker);

/* ---- queue.c: which packs rank 0 hands out next; no MPI, no threads ---- */

struct isw_range {
  uint64_t first, count;
};
enum { ISW_RANGES = 16 }; /**< ranges per answer: after a resume the wanted packs may have gaps */

struct isw_queue {
  const struct isw_work *work;
  uint64_t *wanted; /**< bit set */
  uint64_t next;    /**< packs before this were handed out or are not wanted */
  uint64_t total, left;
  double cost_left;
};
enum isw_status isw_queue_create(struct isw_queue *queue, const struct isw_work *work, struct isw_error *error);
void isw_queue_clear(struct isw_queue *queue);
/**
 * Takes packs for `idle` of all `workers` workers.
 * @param[out] ranges  [ISW_RANGES]
 * @param[out] share   whether fewer packs than workers are left, so that threads should share packs
 * @return number of ranges, 0 if no pack is left
 */
size_t isw_queue_take(struct isw_queue *queue, size_t idle, size_t workers, struct isw_range *ranges, bool *share);

/* ---- worker_pool.c: a rank's worker threads and the packs that wait for them; no MPI ---- */

struct isw_job;
struct isw_counts {
  uint64_t packs, networks, diverged, network_steps;
  double cost;
};
/** The mutex protects everything except work, threads, crowded and the atomic members. */
/** How far the pack is that a worker leads the training of. */
struct isw_under_way {
  atomic_uint_least64_t step; /**< isw_pack_publish_step */
  uint64_t first, steps;      /**< the step at which this run began; steps 0: nothing is known */
  double cost;
};

struct isw_worker_pool {
  const struct isw_work *work;
  size_t threads;
  bool crowded; /**< more workers than processors: waiting members of a team yield at once */
  pthread_mutex_t mutex;
  pthread_cond_t worker_wakeup; /**< packs have arrived, a team can be joined, a job has changed, or the pool closed */
  pthread_cond_t communicator_wakeup; /**< a worker is idle, packs run low, or an error occurred */
  bool wakeup_pending;                /**< communicator_wakeup was signalled since the communicator last slept */
  struct isw_range range[2 * ISW_RANGES];
  size_t ranges;                   /**< waiting, the first at range[0] */
  uint64_t waiting;                /**< packs waiting */
  uint64_t refill_level;           /**< the communicator is woken when no more packs than this wait */
  bool share;                      /**< fewer packs than workers: threads share packs */
  size_t idle;                     /**< workers without a job that no team has reserved */
  struct isw_job *joinable;        /**< list of jobs that wait for members of their teams */
  bool closed;                     /**< workers return */
  atomic_int stop;                 /**< polled by training */
  atomic_uint checkpoint_tick;     /**< likewise; a change requests checkpoints of all packs in training */
  struct isw_under_way *under_way; /**< [threads of the work] */
  struct isw_counts counts;        /**< since the last report */
  enum isw_status status;
  struct isw_error error;
};
enum isw_status isw_worker_pool_create(struct isw_worker_pool *pool, const struct isw_work *work,
                                       struct isw_error *error);
void isw_worker_pool_clear(struct isw_worker_pool *pool);
/** Body of worker thread number `worker`; returns when the pool is closed. */
void isw_worker_pool_run_worker(struct isw_worker_pool *pool, size_t worker);
/** Adds packs to be trained. */
void isw_worker_pool_add(struct isw_worker_pool *pool, const struct isw_range *ranges, size_t count, bool share);
/** Stops training: waiting packs are dropped, packs in training stop at their next step. */
void isw_worker_pool_stop(struct isw_worker_pool *pool);
/** The cost of what is done of the packs in training, without those of jobs of several packs, which are short. The
 *  caller holds the mutex. */
double isw_worker_pool_cost_under_way(const struct isw_worker_pool *pool);
/** Makes the workers return. */
void isw_worker_pool_close(struct isw_worker_pool *pool);
/** Lets the communicator sleep until a worker wakes it or the time has elapsed. */
void isw_worker_pool_sleep(struct isw_worker_pool *pool, long nanoseconds);
#endif
