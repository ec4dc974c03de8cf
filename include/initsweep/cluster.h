/** @file The cluster room: ranks and threads share the packs; signals; progress. The only room that knows MPI.
 *
 *  Rank 0's main thread hands out ranges of pack numbers to the other ranks' main threads by messages; worker threads never
 *  call MPI (MPI_THREAD_FUNNELED is asked for and checked). A one-sided counter would need its owner to enter the library:
 *  over TCP a target deep in a long pack makes no progress, a thread that sleeps in a receive does. */
#ifndef INITSWEEP_CLUSTER_H
#define INITSWEEP_CLUSTER_H
#include "initsweep/base.h"
#include "initsweep/engine.h"

struct isw_cluster;

/** Starts MPI and installs nothing else. Called once. ISW_BAD_INPUT where the launcher started several processes and each is
 *  alone for MPI: a program of another MPI than the launcher's, srun without its plug-in. */
enum isw_status isw_cluster_create(int *argc, char ***argv, struct isw_cluster **cluster, struct isw_error *error);
/** Ends MPI. After an error on one rank only, isw_cluster_abort. */
void isw_cluster_destroy(struct isw_cluster *cluster);
/** Ends all ranks with an exit status, where the others cannot be told. */
_Noreturn void isw_cluster_abort(struct isw_cluster *cluster, int exit_status);
/** Whether this is the first process that the launcher started, by the environment, before MPI starts; true where nothing says otherwise. */
bool isw_launched_first(void);
/** Checks that all ranks are the same program. To be called first of all, so that no rank goes on to what the others do not know. Collective.
 *  @param[in] version  as people are to read it
 *  @param[in] build    what else decides the arithmetic
 *  ISW_BAD_INPUT with both versions, their ranks and hosts. */
enum isw_status isw_cluster_same_program(struct isw_cluster *cluster, const char *version, const char *build,
                                         struct isw_error *error);
unsigned isw_cluster_rank(const struct isw_cluster *cluster);
unsigned isw_cluster_size(const struct isw_cluster *cluster);
/** "Open MPI 4.1.4 (MPI 3.1)" */
const char *isw_cluster_library(void);
/** Host names of all ranks, each once, comma-separated; on rank 0, NULL elsewhere. Collective. Owned by cluster. */
const char *isw_cluster_hosts(struct isw_cluster *cluster);

/** Gives every rank rank 0's bytes: *bytes is allocated on the other ranks. Collective. */
enum isw_status isw_cluster_share(struct isw_cluster *cluster, char **bytes, size_t *length, struct isw_error *error);
/** Agrees on a status: every rank gets the worst, and rank 0 the message of the lowest rank that has one. Collective. */
enum isw_status isw_cluster_agree(struct isw_cluster *cluster, enum isw_status mine, struct isw_error *error);

/** Threads for this rank: `wanted` where not 0, else OMP_NUM_THREADS, else the processors of the affinity mask shared among
 *  the ranks of this host that share them. Collective. Where these are as many as the processors that are this rank's own,
 *  isw_cluster_work will pin a worker to each, unless the environment says where threads run (OMP_PROC_BIND, OMP_PLACES).
 *  *advice, on rank 0, is NULL or a line for the user (a launcher that pinned ranks to one core of many idle ones). */
size_t isw_cluster_threads(struct isw_cluster *cluster, size_t wanted, const char **advice);
/** The same for a program that runs alone, without MPI: OMP_NUM_THREADS, else the processors of the affinity mask. */
size_t isw_own_threads(void);

/** Catches SIGINT, SIGTERM and SIGUSR1: the first asks all workers to stop, now or when they begin; a second SIGINT
 *  ends the process at once. May be called before isw_cluster_create.
 *  SIGXFSZ is ignored: writing past a limit is an error then, like a full disk. */
void isw_cluster_catch_signals(void);

/** The most packs that a worker has under way. */
enum { ISW_TOGETHER = 8 };

/** What the packs are, to the queue. Called by worker threads, several at once, but where it says otherwise. */
struct isw_work {
  uint64_t packs; /**< numbered from 0, the most expensive first */
  size_t threads; /**< workers of this rank */
  void *context;
  /** Whether a pack still has to be trained (resume); NULL: all. Called once a pack, on rank 0's main thread only. */
  bool (*wanted)(void *context, uint64_t pack);
  /** A pack's cost against that of others, in any unit; NULL: all alike. Called by any thread. */
  double (*cost)(void *context, uint64_t pack);
  /** The most threads that may share a pack with profit, at least 1; NULL: any number. */
  size_t (*sharers)(void *context, uint64_t pack);
  /** Whether two packs are alike in what shapes the computation, and small enough to wait for each other in memory: a worker
   *  then merges them where few of their networks go on (isw_pack_next). NULL: none are. */
  bool (*alike)(void *context, uint64_t pack, uint64_t other);
  /** Makes a pack ready; called by one worker, 0 .. threads - 1, the same that calls finish, which has at most ISW_TOGETHER
   *  packs between the two. */
  enum isw_status (*prepare)(void *context, size_t worker, uint64_t number, struct isw_pack **pack,
                             struct isw_error *error);
  /** Keeps the state of a pack under way when isw_pack_train was left: every checkpoint_seconds (0: never), and when a signal has
   *  come. Called by one worker, the same that calls finish. NULL: packs under way are lost. */
  enum isw_status (*checkpoint)(void *context, size_t worker, uint64_t number, const struct isw_pack *pack,
                                struct isw_error *error);
  double checkpoint_seconds;
  /** Takes the trained pack's outcome into the journal and adds its networks to *networks and those that diverged to
   *  *diverged. Called by one worker; the pack is destroyed after it. */
  enum isw_status (*finish)(void *context, size_t worker, uint64_t number, const struct isw_pack *pack,
                            uint64_t *networks, uint64_t *diverged, struct isw_error *error);
  /** Progress on rank 0's main thread, about every 0.1 s; total counts that the ranks have reported. cost: of the packs
   *  done, in the unit of cost. NULL: none. */
  void (*progress)(void *context, uint64_t packs_done, uint64_t networks, uint64_t diverged, uint64_t network_steps,
                   double cost);
};
struct isw_work_done {
  uint64_t packs, networks, diverged, network_steps; /**< over all ranks, on every rank */
  uint64_t messages;                                 /**< that the ranks sent to rank 0; on rank 0 only */
};
/** Trains all packs on all ranks. Collective. Where packs are fewer than workers, threads share packs; the bits stay the same.
 *  ISW_INTERRUPTED where a signal came before the last pack was done: packs under way are handed to
 *  checkpoint, finished ones are in the journal. An error on one rank stops all; the status is the same on all ranks, the message is on rank 0. */
enum isw_status isw_cluster_work(struct isw_cluster *cluster, const struct isw_work *work, struct isw_work_done *done,
                                 struct isw_error *error);
#endif
