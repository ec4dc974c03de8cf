/** @file The cost model: it estimates the time of a pack from a few coefficients, which are measured once per machine
 *  and cached. `plan` estimates with it, the queue is ordered by it, and the progress of `run` is measured in it. */
#ifndef INITSWEEP_COST_H
#define INITSWEEP_COST_H
#include "initsweep/console.h"
#include "initsweep/engine.h"
#include "initsweep/sweep.h"

/** The amounts of work in a step of a pack, each with a coefficient in seconds. With units in lanes, units and weights
 *  are counted in lines of them. */
enum isw_cost_term {
  ISW_COST_STEP,      /**< 1 */
  ISW_COST_LAYER,     /**< samples x layers */
  ISW_COST_UNIT,      /**< samples x units; hidden ones with tanh */
  ISW_COST_PRODUCT,   /**< fused multiply-adds of the three products: 3 N P - N P_1 for N samples and P weights, where
                           the backward one counts the lines of its own units */
  ISW_COST_PARAMETER, /**< parameters: the update */
  ISW_COST_FAR,       /**< parameters beyond those that the second-level cache holds */
  ISW_COST_GATHER,    /**< samples x features, of minibatches */
  ISW_COST_TERMS
};
/** Maximum number of rows of a table. */
enum { ISW_COST_ROWS = 64 };

/** What records cost beyond the passes over samples, in packs of one layout. */
struct isw_record_cost {
  double base;                 /**< of a record, for each of its probes */
  double output;               /**< of an output and sample of a record's pass, in addition to those of a step */
  double probe[ISW_COST_ROWS]; /**< of a FLOP of each network by the probe itself */
};

/** The coefficients, in seconds of one thread unless stated otherwise. */
struct isw_cost_model {
  double small[ISW_COST_TERMS];     /**< of a step of a pack that fits in the first-level cache */
  double large[ISW_COST_TERMS];     /**< of a step of other packs */
  double units[ISW_COST_TERMS];     /**< of a step of a network alone, with units in lanes */
  double tiny;                      /**< of a step of 2-2-1 networks on four samples, which use a separate loop */
  double activation[ISW_COST_ROWS]; /**< of a unit and sample of a pack, or a line of units, relative to tanh */
  double loss[ISW_COST_ROWS];       /**< of an output and sample, or a line of samples, relative to mse */
  /** of a parameter, or a line of them, relative to sgd; of rows that solve: of a FLOP of isw_solver_flops */
  double optimizer[ISW_COST_ROWS];
  struct isw_record_cost record[2]; /**< by enum isw_layout: of a full pack, and of a network alone */
  double pack, draw;                /**< of creating a full pack, and of each of its parameters */
  double start[ISW_COST_ROWS];      /**< of a FLOP of an initialiser, of one network */
};

/** Computes the terms of a step of a pack.
 *  @param[in]  size   [layers + 1]
 *  @param[in]  full   full batches
 *  @param[in]  line   consecutive units of a line: 1, or with units in lanes isw_lanes
 *  @param[out] terms  [ISW_COST_TERMS] */
void isw_cost_terms(size_t layers, const size_t *size, size_t samples, bool full, size_t line, double *terms);
/** The path on which the engine computes the steps of a class with these probes, from isw_pack_path. */
enum isw_pack_path isw_cost_path(const struct isw_kernels *kernels, const struct isw_probe *const *probes,
                                 size_t probe_count, const struct isw_pack_class *class);
/** Fits coefficients to measurements: non-negative least squares of the relative errors.
 *  @param[in]  terms        [count][ISW_COST_TERMS]
 *  @param[in]  seconds      [count]
 *  @param[out] coefficient  [ISW_COST_TERMS] */
void isw_cost_fit(size_t count, double (*terms)[ISW_COST_TERMS], const double *seconds, double *coefficient);

/** Seconds of the passes over a dataset's samples that a record needs. `needs` is a mask of enum isw_probe_needs,
 *  `line` as in isw_cost_terms. */
double isw_cost_passes(const struct isw_cost_model *model, const struct isw_data *data,
                       const struct isw_pack_class *class, size_t line, unsigned needs);
/** FLOPs of all records of one network of a class: passes and probes. */
double isw_cost_record_flops(const struct isw_sweep *sweep, const struct isw_probe *const *probes, size_t probe_count,
                             const struct isw_pack_class *class);
/** Seconds of one thread for a pack of a class: creation, steps and records, without isw_cost_starts. */
double isw_cost_pack(const struct isw_cost_model *model, const struct isw_kernels *kernels,
                     const struct isw_sweep *sweep, const struct isw_probe *const *probes, size_t probe_count,
                     const struct isw_pack_class *class);
/** How many networks of each class are cheaper in packs of their own, with units in lanes: all; those that do not fill
 *  a pack; or none. Where there are more workers than packs, all of a class also if its share of the workers then
 *  finishes it sooner. For packs as isw_packs_create makes them.
 *  @param[out] alone  [classes] as isw_packs_set_alone takes it */
void isw_cost_alone(const struct isw_cost_model *model, const struct isw_kernels *kernels,
                    const struct isw_sweep *sweep, const struct isw_probe *const *probes, size_t probe_count,
                    const struct isw_packs *packs, size_t workers, uint64_t *alone);
/** Chooses the layouts of packs as isw_packs_create makes them: as the environment variable INITSWEEP_LAYOUT says or,
 *  if it is unset or empty, by isw_cost_alone.
 *  @param[out] alone  [classes] as isw_packs_set_alone takes it
 *  @return ISW_BAD_INPUT if the variable is neither `networks` nor `units` */
enum isw_status isw_cost_choose_layouts(const struct isw_cost_model *model, const struct isw_kernels *kernels,
                                        const struct isw_sweep *sweep, const struct isw_probe *const *probes,
                                        size_t probe_count, const struct isw_packs *packs, size_t workers,
                                        uint64_t *alone, struct isw_error *error);
/** Seconds of one thread for what initialisers with their own FLOPs compute, for a pack of a class. Networks of one
 *  class may have different initialisers: the mean over networks of packs that are spread evenly. */
double isw_cost_starts(const struct isw_cost_model *model, const struct isw_sweep *sweep, const struct isw_packs *packs,
                       const struct isw_pack_class *class);
/** Seconds of all packs on a number of workers: the larger of an even share and the time of the most expensive pack or,
 *  if there are fewer packs than workers, of the most expensive one on as many threads as share it.
 *  @param[in] cost  [classes] seconds of a pack by one thread */
double isw_cost_all(const struct isw_packs *packs, const double *cost, size_t workers);

/** The largest number of threads that shorten the training of a pack of this class. At every step each thread fetches
 *  what the others wrote and waits for them, which limits the gain. */
size_t isw_cost_max_threads(const struct isw_pack_class *class);
/** How many times as fast as one thread so many threads train a pack of this class together. */
double isw_cost_speedup(const struct isw_pack_class *class, size_t threads);

/** The built-in model, for a machine that was not measured: an AVX-512 core of 2023. */
struct isw_cost_model isw_cost_default(enum isw_precision precision);
/** Measures this machine, which takes about a second.
 *  @return ISW_FAILED if the networks of the calibration cannot be trained */
enum isw_status isw_cost_calibrate(const struct isw_kernels *kernels, enum isw_precision precision,
                                   struct isw_cost_model *model, struct isw_error *error);

/** Writes a model as text.
 *  @param[in] key  isw_cost_key
 *  @return ISW_FAILED if memory cannot be allocated */
enum isw_status isw_cost_write(const struct isw_cost_model *model, const char *key, struct isw_text *text);
/** Reads a model from text. Returns false if the text is not a complete model for this key. */
bool isw_cost_read(const char *text, size_t length, const char *key, struct isw_cost_model *model);
/** The key of a model: what it is valid for (machine, instruction set, program and precision). On the heap; NULL if
 *  memory cannot be allocated. */
char *isw_cost_key(const struct isw_kernels *kernels, enum isw_precision precision);
/** The cache file of a key: $XDG_CACHE_HOME/initsweep/cost-HASH, else ~/.cache/initsweep/cost-HASH. On the heap; NULL
 *  if neither folder is known. */
char *isw_cost_file(const char *key);
/** Reads a model from a file. Returns false if it cannot be used. */
bool isw_cost_load(const char *file, const char *key, struct isw_cost_model *model);
/** Writes a model to a file, under a temporary name first. Returns false if it cannot be written. */
bool isw_cost_store(const char *file, const char *key, const struct isw_cost_model *model);
/** The origin of a model. */
enum isw_cost_source {
  ISW_COST_CACHED,
  ISW_COST_MEASURED,
  ISW_COST_NOT_STORED /**< measured, but the cache cannot be written */
};
/** Finds this machine's model: read from the cache or, if it is not cached or `calibrate` is set, measured and
 *  cached. */
enum isw_status isw_cost_find_model(const struct isw_kernels *kernels, enum isw_precision precision, bool calibrate,
                                    struct isw_cost_model *model, enum isw_cost_source *source,
                                    struct isw_error *error);
/** This machine's model from the cache, else isw_cost_default. */
struct isw_cost_model isw_cost_cached_or_default(const struct isw_kernels *kernels, enum isw_precision precision);

/** Bytes of what is recorded of one network, without its weights. */
double isw_cost_value_bytes(const struct isw_sweep *sweep, size_t records, size_t snapshots, size_t layers,
                            size_t parameters);
/** An upper bound of the memory of one rank in bytes: the program, its copies of the data, the largest packs that its
 *  threads have in training at a time, a part of the results file, and what rank 0 keeps for each network.
 *  @param[in] packs  all packs of the sweep
 *  @param[in] held   mergeable packs that a thread holds: 1, or more if those whose networks have ended early wait for
 *                    others
 *  @return ISW_FAILED if memory cannot be allocated */
enum isw_status isw_cost_memory(const struct isw_sweep *sweep, const struct isw_packs *packs, size_t ranks,
                                size_t threads, size_t held, double *bytes, struct isw_error *error);

/** What `run` would do with a sweep. Sums are over all networks; sizes in bytes are upper bounds. */
struct isw_estimate {
  const struct isw_sweep *sweep; /**< the caller's */
  const char *out;               /**< the results file's name; the caller's */
  size_t ranks, threads;         /**< threads: per rank */
  enum isw_precision precision;
  struct isw_packs *packs;               /**< the classes in the order of their cost */
  const struct isw_probe *const *probes; /**< [probe_count] the sweep's */
  size_t probe_count;
  const struct isw_kernels *kernels;
  double parameters, network_steps;
  double flops;                                         /**< of all steps and records */
  double memory_bytes;                                  /**< per rank: isw_cost_memory */
  struct isw_memory_limit memory;                       /**< of this machine */
  double result_bytes, journal_bytes, checkpoint_bytes; /**< on the disk; the results file before compression */
  size_t files;                                         /**< of the journal and checkpoints */
  double free_bytes;                                    /**< of the file system; NaN if the folder does not exist */
  enum isw_cost_source model_source;
  double thread_seconds; /**< of one thread for all packs */
  double load_seconds;   /**< of reading or making the data, which each host does */
  double seconds;        /**< of the run, load_seconds included */
  double rate;           /**< FLOP/s of one thread */
};
/** Estimates a run from the sweep's classes of packs and this machine's cost model, which is measured if it is not
 *  cached.
 *  @param[in]  load_seconds  how long this process took to read the sweep and to read or make its data
 *  @param[in]  calibrate     measure the model even if it is cached
 *  @param[out] estimate      release with isw_estimate_clear, also after an error */
enum isw_status isw_estimate_create(const struct isw_sweep *sweep, const char *out, size_t ranks, size_t threads,
                                    double load_seconds, bool calibrate, struct isw_estimate *estimate,
                                    struct isw_error *error);
void isw_estimate_clear(struct isw_estimate *estimate);
#endif
