/** @file The cluster room: distributes packs over ranks and threads, stops training after a signal, reports progress.
 *  It is the only room that uses MPI and OpenMP.
 *
 *  Rank 0's main thread hands out ranges of pack numbers to the other ranks' main threads by messages; worker threads
 *  never call MPI (MPI_THREAD_FUNNELED is requested and checked). A one-sided counter was rejected because one-sided
 *  progress needs the target inside MPI, where a rank that trains a long pack is not. */
#ifndef INITSWEEP_CLUSTER_H
#define INITSWEEP_CLUSTER_H
#include "initsweep/base.h"
#include "initsweep/engine.h"

/** All ranks: an initialised MPI library and a communicator, or one process without MPI. */
struct isw_cluster;

/* ---- start, end, identity ---- */

/**
 * Initialises MPI, unless no launcher's environment variable is there and INITSWEEP_MPI is not `always`: the process is
 * then the only rank. Must be called once per process.
 * @param[in,out] argc, argv  the arguments of main; MPI may remove its own
 * @param[out]    cluster     NULL after an error
 * @return ISW_BAD_INPUT if a launcher started several processes that MPI sees as single ones (the launcher of another
 *         MPI, srun without the PMI plug-in), or if INITSWEEP_MPI has another value; ISW_FAILED if MPI failed to
 *         initialise or has no thread support
 */
enum isw_status isw_cluster_create(int *argc, char ***argv, struct isw_cluster **cluster, struct isw_error *error);
/** Waits for all ranks and finalises MPI. Collective; after an error on one rank only, use isw_cluster_abort. */
void isw_cluster_destroy(struct isw_cluster *cluster);
/** Terminates all ranks with an exit status, for errors on one rank that a collective call cannot report. */
_Noreturn void isw_cluster_abort(struct isw_cluster *cluster, int exit_status);
/** Whether this is the first process of its launcher; true if no launcher is found. It reads environment variables
 *  only, so it can be called before MPI is initialised. */
bool isw_cluster_is_first_process(void);
/**
 * Checks that all ranks run the same program. Must be called before any other collective call. Collective.
 * @param[in] version  the version to show to the user; at most 255 bytes are compared
 * @param[in] build    everything else that determines the arithmetic, such as compiler flags; at most 255 bytes are
 *                     compared
 * @return ISW_BAD_INPUT if ranks differ; the message names both versions, their ranks and hosts
 */
enum isw_status isw_cluster_same_program(struct isw_cluster *cluster, const char *version, const char *build,
                                         struct isw_error *error);
bool isw_cluster_uses_mpi(const struct isw_cluster *cluster);
unsigned isw_cluster_rank(const struct isw_cluster *cluster);
/** Number of ranks. */
unsigned isw_cluster_size(const struct isw_cluster *cluster);
/** Name and version of the MPI library, "Open MPI 4.1.4 (MPI 3.1)". Valid until the calling thread's next call. */
const char *isw_cluster_library(void);
/** Host names of all ranks, each once, comma-separated, on rank 0; NULL on the others. Collective. Owned by cluster. */
const char *isw_cluster_hosts(struct isw_cluster *cluster);
/** The words of all ranks, on rank 0: "avx512" if all have the same, else "avx512 on ranks 0-2 4, avx2 on ranks 3". On
 *  the heap, for the caller to free; NULL on the other ranks. Collective.
 *  @param[in] word  at most 15 bytes */
char *isw_cluster_words(struct isw_cluster *cluster, const char *word);

/** Sum of a value over the ranks of this rank's host. Collective. */
double isw_cluster_host_sum(struct isw_cluster *cluster, double value);
/** Sum of a value over all ranks, on every rank. Collective. */
uint64_t isw_cluster_sum_u64(struct isw_cluster *cluster, uint64_t value);
/** Replaces each element by its maximum over all ranks, on every rank. Collective.
 *  @param[in,out] array  [count], the same count on every rank */
void isw_cluster_max_u64_array(struct isw_cluster *cluster, uint64_t *array, uint64_t count);

/* ---- collective calls: rank 0's values for every rank ---- */

/** Returns rank 0's value on every rank. Collective. */
bool isw_cluster_share_bool(struct isw_cluster *cluster, bool value);
uint64_t isw_cluster_share_u64(struct isw_cluster *cluster, uint64_t value);
/**
 * Broadcasts rank 0's bytes to every rank. Collective.
 * @param[in,out] bytes   on rank 0 the bytes, unchanged; on the others a new allocation, NUL-terminated, freed by the
 *                        caller
 * @param[in,out] length  in bytes, at most INT_MAX; the value on the other ranks is replaced
 * @return ISW_FAILED on all ranks if there are too many bytes or a rank is out of memory
 */
enum isw_status isw_cluster_share(struct isw_cluster *cluster, char **bytes, size_t *length, struct isw_error *error);
/** Broadcasts a NUL-terminated text. NULL on rank 0 becomes an empty text on the others. */
enum isw_status isw_cluster_share_text(struct isw_cluster *cluster, char **text, struct isw_error *error);
/** Broadcasts an array of *count elements. */
enum isw_status isw_cluster_share_u64_array(struct isw_cluster *cluster, uint64_t **array, size_t *count,
                                            struct isw_error *error);
enum isw_status isw_cluster_share_double_array(struct isw_cluster *cluster, double **array, size_t *count,
                                               struct isw_error *error);
/** Agrees on a status. Every rank gets the most severe one; rank 0 also gets the message of the lowest rank that
 *  reported it. Collective. */
enum isw_status isw_cluster_agree(struct isw_cluster *cluster, enum isw_status mine, struct isw_error *error);

/* ---- messages between two ranks ---- */

/** A channel for messages, for work that ranks do together after the training. Its waits poll, and end when a process
 *  gets a signal or a rank has closed its channel with an error. Only the main thread may use it. */
struct isw_mail;
/** Opens a channel; needs MPI. Collective. ISW_FAILED on every rank if one is out of memory. */
enum isw_status isw_mail_open(struct isw_cluster *cluster, struct isw_mail **mail, struct isw_error *error);
/** Starts to send a message. Waits while several earlier messages have not arrived, so that memory is bounded.
 *  @param[in] kind   0 .. 99; messages of one kind between two ranks arrive in order
 *  @param[in] bytes  on the heap; freed when the message has arrived, also after an error
 *  @return ISW_INTERRUPTED after a signal, or if another rank has failed */
enum isw_status isw_mail_send(struct isw_mail *mail, unsigned to, unsigned kind, void *bytes, size_t length,
                              struct isw_error *error);
/** Waits for the next message of a kind from a rank.
 *  @param[out] bytes  on the heap, for the caller to free; NULL after an error
 *  @return as isw_mail_send */
enum isw_status isw_mail_receive(struct isw_mail *mail, unsigned from, unsigned kind, void **bytes, size_t *length,
                                 struct isw_error *error);
/** Moves messages on, which may need this rank's help: to be called now and then by a rank that computes. */
void isw_mail_progress(struct isw_mail *mail);
/** Ends the exchange and frees the channel. Messages under way are dropped if a rank closes it with an error, and that
 *  ends the waits of the other ranks. Collective.
 *  @return as isw_cluster_agree */
enum isw_status isw_mail_close(struct isw_mail *mail, enum isw_status mine, struct isw_error *error);

/* ---- memory that the ranks of a host share ---- */

/**
 * Calls `work` on the first rank of each host while the other ranks of the host wait, then on those. Memory that the
 * first rank gets from isw_cluster_host_allocate is found by the others with isw_cluster_host_find. Collective.
 * @return the status of `work`, agreed on: if it fails on a first rank, it is not called on the others
 */
enum isw_status isw_cluster_host_first(struct isw_cluster *cluster,
                                       enum isw_status (*work)(void *context, struct isw_error *error), void *context,
                                       struct isw_error *error);
/** Memory for `bytes` bytes that the ranks of the host share, aligned to 64 bytes. It exists until
 *  isw_cluster_destroy. To be called within the work of the first rank; the other ranks then only read it.
 *  @return NULL if the host has only one rank, or if the memory cannot be shared */
void *isw_cluster_host_allocate(struct isw_cluster *cluster, uint64_t key, size_t bytes);
/** The memory that the first rank of this host has allocated with this key; NULL on the first rank itself, and if there
 *  is none. */
const void *isw_cluster_host_find(const struct isw_cluster *cluster, uint64_t key, size_t *bytes);
/** Bytes of memory that this rank uses and the first rank of its host has allocated. */
double isw_cluster_host_borrowed(const struct isw_cluster *cluster);
/** On rank 0 a line for the user if memory could not be shared on some host; else NULL. Owned by cluster.
 *  Collective. */
const char *isw_cluster_host_advice(struct isw_cluster *cluster);

/* ---- threads ---- */

/**
 * Number of worker threads of this rank. Collective.
 *
 * If there are as many workers as processors of this rank, isw_cluster_work binds each worker to one processor, unless
 * the environment controls the binding (OMP_PROC_BIND, OMP_PLACES, ...).
 * @param[in]  wanted  requested number. 0: OMP_NUM_THREADS or, if that is unset, the number of processors in the
 *                     affinity mask, divided among the ranks of this host that share them, or less where a CPU quota
 *                     of the control group allows less
 * @param[out] advice  on rank 0 a line for the user if the launcher or OMP_THREAD_LIMIT leaves processors unused, or if
 *                     more threads than processors were requested; else NULL. Owned by cluster
 */
size_t isw_cluster_threads(struct isw_cluster *cluster, size_t wanted, const char **advice);
/** Checks that this many worker threads can be created, by creating and ending them, and that their stacks and that of
 *  the main thread are large enough. Collective: the ranks of a host hold their threads at the same time.
 *  @return ISW_FAILED if not, on every rank */
enum isw_status isw_cluster_check_threads(struct isw_cluster *cluster, size_t threads, struct isw_error *error);
/** Number of worker threads of a program that runs without MPI: OMP_NUM_THREADS or, if that is unset, the number of
 *  processors in the affinity mask, or less where a CPU quota of the control group allows less. */
size_t isw_cluster_default_threads(void);

/* ---- training all packs ---- */

/** Maximum number of packs that a worker has in training at a time. */
enum { ISW_MAX_PACKS_UNDER_WAY = 8 };

/** The packs to be trained, as callbacks. Worker threads call them concurrently unless stated otherwise. */
struct isw_work {
  uint64_t packs; /**< numbered from 0, the most expensive first */
  size_t threads; /**< worker threads of this rank */
  void *context;
  /** Returns whether a pack still has to be trained (resume); NULL: all. Called once per pack, by rank 0's main
   *  thread. */
  bool (*wanted)(void *context, uint64_t pack);
  /** Cost of a pack relative to the others, in any unit; NULL: all equal. */
  double (*cost)(void *context, uint64_t pack);
  /** Maximum number of threads for which sharing the pack saves time, at least 1; NULL: no limit. */
  size_t (*max_threads_per_pack)(void *context, uint64_t pack);
  /** Whether two packs agree in everything that shapes the computation, and are small enough to be in memory together:
   *  a worker then merges them when few of their networks are left (isw_packs_compact). NULL: never. */
  bool (*mergeable)(void *context, uint64_t pack, uint64_t other);
  /** Creates a pack; may return ISW_INTERRUPTED after a signal. The same worker, 0 .. threads - 1, calls finish, and
   *  has at most ISW_MAX_PACKS_UNDER_WAY packs between the two calls. */
  enum isw_status (*prepare)(void *context, size_t worker, uint64_t number, struct isw_pack **pack,
                             struct isw_error *error);
  /** Stores the state of a pack whose training was interrupted: every checkpoint_seconds (0: never) and after a signal.
   *  Called by the worker that calls finish. NULL: packs in training are lost. */
  enum isw_status (*checkpoint)(void *context, size_t worker, uint64_t number, const struct isw_pack *pack,
                                struct isw_error *error);
  double checkpoint_seconds;
  /** Stores the outcome of a trained pack, adds its networks to *networks and the diverged ones to *diverged. Called by
   *  one worker; the pack is destroyed after it. */
  enum isw_status (*finish)(void *context, size_t worker, uint64_t number, const struct isw_pack *pack,
                            uint64_t *networks, uint64_t *diverged, struct isw_error *error);
  /** Reports progress about every 0.1 s on rank 0's main thread. The numbers are totals of what the ranks have
   *  reported. `cost` is that of the finished packs, and of what is done of those in training, in the unit of the cost
   *  callback. NULL: no reports. */
  void (*progress)(void *context, uint64_t packs_done, uint64_t networks, uint64_t diverged, uint64_t network_steps,
                   double cost);
};

/** Totals over all ranks. */
struct isw_work_totals {
  uint64_t packs, networks, diverged, network_steps; /**< the same on every rank */
  uint64_t messages;                                 /**< sent by the ranks to rank 0; counted on rank 0 only */
};

/**
 * Trains all packs on all ranks. Collective. If there are fewer packs than workers, several threads share a pack, which
 * does not change the bits.
 * @param[out] totals  set also after an error or interruption
 * @return ISW_INTERRUPTED if a signal arrived before the last pack was finished: finished packs are stored, packs in
 *         training have been passed to checkpoint. An error on one rank stops all ranks; all return the same status and
 *         rank 0 gets the message.
 */
enum isw_status isw_cluster_work(struct isw_cluster *cluster, const struct isw_work *work,
                                 struct isw_work_totals *totals, struct isw_error *error);
#endif
