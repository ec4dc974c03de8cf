/** @file The engine: packs of networks, one per SIMD lane, trained in lockstep by one kernel source for all instruction
 *  sets. docs/numerics.md defines every sum; tests/reference is the same definition as a plain scalar program. */
#ifndef INITSWEEP_ENGINE_H
#define INITSWEEP_ENGINE_H
#include <stdatomic.h>
#include "initsweep/base.h"
#include "initsweep/engine_view.h"
#include "initsweep/model.h"
#include "initsweep/record.h"

/* ---- lanes and kernels ---- */

/** Networks per pack: 16 in float32, 8 in float64. */
size_t isw_lanes(enum isw_precision precision);

/** The kernels of one instruction set. */
struct isw_kernels;
/**
 * Selects kernels.
 * @param[in]  name     portable, avx2, avx512 or advsimd; NULL: the environment variable INITSWEEP_KERNELS; if that is
 *                      unset or empty, the best that this machine can run
 * @param[out] kernels  constant, not to be freed
 * @return ISW_BAD_INPUT if the name is unknown or this machine cannot run them, ISW_FAILED if it can run none
 */
enum isw_status isw_kernels_choose(const char *name, const struct isw_kernels **kernels, struct isw_error *error);
const char *isw_kernels_name(const struct isw_kernels *kernels);
/**
 * Enumerates the kernels of this program, the best first.
 * @param[out] usable  whether this machine can run them; may be NULL
 * @return the name of number `index`, NULL past the last
 */
const char *isw_kernels_list(size_t index, bool *usable);

/* ---- samples ---- */

/** A dataset as a loss trains on it, rounded to one precision; shared by all packs, read-only. */
struct isw_samples;
/** ISW_BAD_INPUT if the loss cannot take the data's targets, ISW_FAILED without memory. The data may be freed
 *  afterwards. */
enum isw_status isw_samples_create(const struct isw_data *data, const struct isw_loss *loss,
                                   enum isw_precision precision, struct isw_samples **samples, struct isw_error *error);
void isw_samples_destroy(struct isw_samples *samples);

/* ---- teams of threads ---- */

/** Threads that train one pack together. The bits do not depend on their number. */
struct isw_team;
/** A team of `members` threads, which the caller provides; NULL without memory. */
struct isw_team *isw_team_create(size_t members);
void isw_team_destroy(struct isw_team *team);
/** Barrier: waits until all members have called it. Spins, then yields, as teams may be larger than the machine. */
void isw_team_wait(struct isw_team *team);

/* ---- making a pack ---- */

/** Networks that are trained in lockstep, one per lane. */
struct isw_pack;

struct isw_pack_settings {
  const struct isw_kernels *kernels;
  const struct isw_samples *samples;
  enum isw_precision precision;
  /** Networks, 1 .. isw_lanes(precision), that agree in sizes, activations, loss, optimizer, batch size, steps, and
   *  order of minibatches. */
  size_t count;
  const struct isw_network *const *networks; /**< [count], kept by the caller until isw_pack_create returns */
  size_t records;
  const uint64_t *record_steps; /**< [records] ascending, 0 first, the last step last */
  size_t probe_count;
  const struct isw_probe *const *probes; /**< [probe_count], kept by the caller while the pack exists */
  /** [probe_count][records] at which records a probe is due; NULL, or NULL for one probe: at all. Kept by the caller
   *  until isw_pack_create returns. */
  const bool *const *due;
  bool keep_initial, keep_final; /**< weights in the outcome */
  double escape_fraction;        /**< for the probes' threshold */
};

/** Allocates a pack and draws its initial weights. ISW_FAILED without memory. */
enum isw_status isw_pack_create(const struct isw_pack_settings *settings, struct isw_pack **pack,
                                struct isw_error *error);
void isw_pack_destroy(struct isw_pack *pack);
/** Bytes that a full pack of such networks holds while it trains, including the weights of its outcomes, for `plan`;
 *  SIZE_MAX on overflow. */
size_t isw_pack_bytes(const struct isw_network *network, const struct isw_data *data, enum isw_precision precision,
                      size_t records, const struct isw_probe *const *probes, size_t probe_count);

/* ---- the path of a pack's steps ---- */

/** How the steps of a pack are computed, the most special path first. The bits are the same on each. */
enum isw_pack_path {
  ISW_PATH_TINY,  /**< all numbers in registers: 2-2-1 networks on four samples, full-batch sgd of mse, linear output */
  ISW_PATH_SMALL, /**< all numbers in the first cache: full batches of few samples */
  ISW_PATH_BLOCKED /**< blocks of samples, tiled products; the only one for teams of several threads */
};
/** What the path depends on. */
struct isw_pack_shape {
  size_t layers;
  const size_t *size;   /**< [layers + 1] */
  size_t branch_layers; /**< as in isw_residual */
  size_t train_samples;
  size_t batch_size;                                     /**< 0: full */
  size_t activation, output_activation, loss, optimizer; /**< rows */
  unsigned needs;                                        /**< of all probes together, enum isw_probe_needs */
  bool uses_gradient_norm; /**< some network has clip_norm or a stop rule for the gradient */
};
/** The path that a pack of this shape takes. */
enum isw_pack_path isw_pack_path(const struct isw_kernels *kernels, const struct isw_pack_shape *shape);
/** The path that a pack has taken: isw_pack_path of its shape, until isw_packs_compact gives it networks that need
 *  another. */
enum isw_pack_path isw_pack_path_taken(const struct isw_pack *pack);

/* ---- training a pack ---- */

/**
 * Trains a pack to its end or to an interruption. Every member of the team calls it; all return the same.
 * @param[in] team       NULL: one thread
 * @param[in] member     0 .. members - 1
 * @param[in] interrupt  polled at every step, block of samples and Hessian-vector product; nonzero ends training with
 *                       ISW_INTERRUPTED. It must exist until the call returns
 * @return ISW_OK or ISW_INTERRUPTED; after the latter the next call continues, with the bits of an uninterrupted
 *     training
 */
enum isw_status isw_pack_train(struct isw_pack *pack, struct isw_team *team, size_t member,
                               const atomic_int *interrupt);
/** Makes isw_pack_train return ISW_INTERRUPTED also at the first step at which *tick differs from its value at this
 *  call. To be called between two calls of isw_pack_train, each of which does at least one step, however often *tick
 *  changes. */
void isw_pack_interrupt_on_change(struct isw_pack *pack, const atomic_uint *tick);
/** The next step of the networks that have done the fewest. */
uint64_t isw_pack_step(const struct isw_pack *pack);
/** Steps that this pack executed, whichever networks were in its lanes. */
uint64_t isw_pack_steps_executed(const struct isw_pack *pack);
/** Sum of steps over the networks that were in its lanes, for rates. */
uint64_t isw_pack_network_steps(const struct isw_pack *pack);

/** What is left of one network. */
struct isw_outcome {
  enum isw_network_status status;
  uint64_t steps_done;
  size_t records_done; /**< records that were made; later ones are fill values (docs/numerics.md, the loop) */
  /** For each probe in order: [records] numbers, or [records][width] if per_layer or per_parameter; one record if
   *  per_run; of the pack's precision, int32 if integer. Contiguous. */
  const void *values;
  size_t values_bytes;
  /** Layer after layer: weight [fan_out][fan_in], then bias [fan_out], then the scale of a branch that ends there; of
   *  the pack's precision. NULL if not kept. */
  const void *weights_initial, *weights_final;
  size_t parameters;
};
/** Outcome of the network that the pack was created with in this lane, after isw_pack_train returned ISW_OK. Owned by
 *  the pack. */
const struct isw_outcome *isw_pack_outcome(const struct isw_pack *pack, size_t lane);

/* ---- checkpoints ---- */

/** Size of the state of a pack between two steps, after isw_pack_train returned ISW_INTERRUPTED: weights, the
 *  optimiser's arrays and running products, records so far, outcomes of ended networks. In the machine's byte order. */
size_t isw_pack_state_bytes(const struct isw_pack *pack);
/** @param[out] state  [isw_pack_state_bytes] */
void isw_pack_save(const struct isw_pack *pack, void *state);
/**
 * Restores the state of a pack that isw_pack_create has just made with the same settings.
 * @return ISW_BAD_INPUT if the state does not fit or is invalid, ISW_FAILED without memory; the pack can then only be
 *     destroyed
 */
enum isw_status isw_pack_restore(struct isw_pack *pack, const void *state, size_t bytes, struct isw_error *error);

/* ---- compaction: merging packs of which few networks are left ---- */

/** Makes isw_pack_train, called by a single thread, return ISW_INTERRUPTED also when at least a quarter of the lanes
 *  hold no running network. It does so at certain steps only, so that mergeable packs are suspended at the same ones.
 *  */
void isw_pack_suspend_when_sparse(struct isw_pack *pack);
/** Whether isw_pack_train returned for that reason. */
bool isw_pack_is_suspended(const struct isw_pack *pack);
/**
 * Chooses the pack to be trained next and fills its free lanes with networks of other packs at the same step.
 * @param[in,out] packs  mergeable (they agree in everything that shapes the computation), suspended, interrupted or
 *                       finished. Networks may move between them, so all must exist until the last one has ended;
 *                       isw_pack_outcome, isw_pack_save and isw_pack_restore always refer to the networks that a pack
 *                       was created with
 * @return the pack that is furthest behind; NULL: all networks of all packs have ended
 */
struct isw_pack *isw_packs_compact(struct isw_pack *const *packs, size_t count);
#endif
