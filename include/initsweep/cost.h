/** @file The time that a pack costs: a model with few coefficients, measured once per machine and kept in a cache.
 *  `plan` estimates with it, the queue orders packs by it, and the progress of `run` is measured in it. */
#ifndef INITSWEEP_COST_H
#define INITSWEEP_COST_H
#include "initsweep/console.h"
#include "initsweep/engine.h"
#include "initsweep/sweep.h"

/** The amounts of work in a step of a pack, each with a coefficient in seconds. */
enum isw_cost_term {
  ISW_COST_STEP,      /**< 1 */
  ISW_COST_LAYER,     /**< samples x layers */
  ISW_COST_UNIT,      /**< samples x units; hidden ones with tanh */
  ISW_COST_PRODUCT,   /**< fused multiply-adds of the three products: 3 N P - N P_1 for N samples and P weights */
  ISW_COST_PARAMETER, /**< parameters: the update */
  ISW_COST_FAR,       /**< parameters beyond those that the second-level cache holds */
  ISW_COST_GATHER,    /**< samples x features, of minibatches */
  ISW_COST_TERMS
};
/** Most rows of a table. */
enum { ISW_COST_ROWS = 64 };

/** Seconds of one thread. */
struct isw_cost_model {
  double small[ISW_COST_TERMS];     /**< of a step of a pack that fits the first-level cache */
  double large[ISW_COST_TERMS];     /**< of a step of other packs */
  double tiny;                      /**< of a step of 2-2-1 networks on four samples, which have a loop of their own */
  double activation[ISW_COST_ROWS]; /**< of a unit and sample, relative to tanh */
  double loss[ISW_COST_ROWS];       /**< of an output and sample, relative to mse */
  double optimizer[ISW_COST_ROWS];  /**< of a parameter, relative to sgd */
  double record;                    /**< of a record, without its passes */
  double record_output;             /**< of an output and sample of a record's pass, beyond a step's */
  double pack, draw;                /**< of creating a pack, and of each of its parameters */
};

/** The terms of a step of a pack.
 *  @param[in]  size   [layers + 1]
 *  @param[in]  full   full batches
 *  @param[out] terms  [ISW_COST_TERMS] */
void isw_cost_terms(size_t layers, const size_t *size, size_t samples, bool full, double *terms);
/** The path that the engine takes for the steps of a class with these probes: isw_pack_path. */
enum isw_pack_path isw_cost_path(const struct isw_kernels *kernels, const struct isw_probe *const *probes,
                                 size_t probe_count, const struct isw_pack_class *class);
/** Fits coefficients to measurements: non-negative least squares of the relative errors.
 *  @param[in]  terms        [count][ISW_COST_TERMS]
 *  @param[in]  seconds      [count]
 *  @param[out] coefficient  [ISW_COST_TERMS] */
void isw_cost_fit(size_t count, double (*terms)[ISW_COST_TERMS], const double *seconds, double *coefficient);

/** Seconds of the passes over a dataset's samples that a record needs. needs: enum isw_probe_needs. */
double isw_cost_passes(const struct isw_cost_model *model, const struct isw_data *data,
                       const struct isw_pack_class *class, unsigned needs);
/** FLOPs of all records of one network of a class: passes and probes. */
double isw_cost_record_flops(const struct isw_sweep *sweep, const struct isw_probe *const *probes, size_t probe_count,
                             const struct isw_pack_class *class);
/** Seconds of one thread for a pack of a class: creation, steps and records. */
double isw_cost_pack(const struct isw_cost_model *model, const struct isw_kernels *kernels,
                     const struct isw_sweep *sweep, const struct isw_probe *const *probes, size_t probe_count,
                     const struct isw_pack_class *class);
/** Seconds of all packs on a number of workers: at least an even share, and at least the most expensive pack on as many
 *  threads as may share it.
 *  @param[in] cost  [classes] seconds of a pack */
double isw_cost_all(const struct isw_packs *packs, const double *cost, size_t workers);

/** The largest number of threads that a pack of this class is worth: at every step each thread fetches what the others
 *  wrote, and waits for them. */
size_t isw_cost_max_threads(const struct isw_pack_class *class, enum isw_precision precision);

/** The model of a machine that was not measured: an AVX-512 core of 2023. */
struct isw_cost_model isw_cost_default(enum isw_precision precision);
/** Measures this machine, about a second. ISW_FAILED where the networks for it cannot be trained. */
enum isw_status isw_cost_calibrate(const struct isw_kernels *kernels, enum isw_precision precision,
                                   struct isw_cost_model *model, struct isw_error *error);

/** Writes a model as text. ISW_FAILED where memory ran out.
 *  @param[in] key  isw_cost_key */
enum isw_status isw_cost_write(const struct isw_cost_model *model, const char *key, struct isw_text *text);
/** Reads it back; false where the text is not a complete model for this key. */
bool isw_cost_read(const char *text, size_t length, const char *key, struct isw_cost_model *model);
/** What a model is valid for: machine, instruction set, program and precision. On the heap; NULL where memory ran
 * out. */
char *isw_cost_key(const struct isw_kernels *kernels, enum isw_precision precision);
/** The cache's file for a key: $XDG_CACHE_HOME/initsweep/cost-HASH, else ~/.cache/initsweep/cost-HASH. On the heap;
 *  NULL where neither folder is known. */
char *isw_cost_file(const char *key);
/** Reads a model from a file; false where it cannot be used. */
bool isw_cost_load(const char *file, const char *key, struct isw_cost_model *model);
/** Writes it, under a temporary name first; false where it cannot be written. */
bool isw_cost_store(const char *file, const char *key, const struct isw_cost_model *model);
/** Where a model comes from. */
enum isw_cost_source {
  ISW_COST_CACHED,
  ISW_COST_MEASURED,
  ISW_COST_NOT_STORED /**< measured; no cache can be written */
};
/** This machine's model: from the cache or, where it is not there or `calibrate` asks for it, measured and stored
 *  there. */
enum isw_status isw_cost_find_model(const struct isw_kernels *kernels, enum isw_precision precision, bool calibrate,
                                    struct isw_cost_model *model, enum isw_cost_source *source,
                                    struct isw_error *error);
/** This machine's model from the cache, else the built-in one. */
struct isw_cost_model isw_cost_cached_or_default(const struct isw_kernels *kernels, enum isw_precision precision);

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
  double memory_bytes;                                  /**< per rank */
  double result_bytes, journal_bytes, checkpoint_bytes; /**< on the disk; the results file before compression */
  size_t files;                                         /**< of the journal and checkpoints */
  double free_bytes;                                    /**< of the file system; NaN where the folder does not exist */
  enum isw_cost_source model_source;
  double thread_seconds; /**< of one thread for all packs */
  double seconds;        /**< of the run */
  double rate;           /**< FLOP/s of one thread */
};
/** Estimates a run by the sweep's classes of packs; the time by this machine's cost model, which is measured where
 *  the cache does not have it.
 *  @param[in]  calibrate  measures the model in any case
 *  @param[out] estimate   isw_estimate_clear releases it, also after an error */
enum isw_status isw_estimate_create(const struct isw_sweep *sweep, const char *out, size_t ranks, size_t threads,
                                    bool calibrate, struct isw_estimate *estimate, struct isw_error *error);
void isw_estimate_clear(struct isw_estimate *estimate);
#endif
