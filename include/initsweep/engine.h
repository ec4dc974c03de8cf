/** @file The engine: trains packs of networks in lockstep, one network per SIMD lane, with one kernel source for all
 *  instruction sets; or one network alone, with its units in the lanes. docs/numerics.md defines every sum;
 *  tests/reference implements the same definition as a scalar program. */
#ifndef INITSWEEP_ENGINE_H
#define INITSWEEP_ENGINE_H
#include <stdatomic.h>
#include "initsweep/base.h"
#include "initsweep/engine_view.h"
#include "initsweep/model.h"
#include "initsweep/record.h"

/* ---- lanes and kernels ------------------------------------------------------------------------------------------- */

/** Networks per pack: 16 in float32, 8 in float64. */
size_t isw_lanes(enum isw_precision precision);

/** How the numbers of a pack lie in memory. The bits do not depend on it. */
enum isw_layout {
  ISW_NETWORKS_IN_LANES, /**< a line of 64 bytes holds one number of each network: for packs of many networks */
  ISW_UNITS_IN_LANES     /**< a line holds consecutive units of a layer: for one network alone */
};
/** Networks per pack: isw_lanes, or 1 with units in lanes. */
size_t isw_layout_networks(enum isw_layout layout, enum isw_precision precision);

/** The kernels of one instruction set. */
struct isw_kernels;
/**
 * Selects kernels.
 * @param[in]  name     portable, avx2, avx512 or advsimd; NULL: the environment variable INITSWEEP_KERNELS or, if that
 *                      is unset or empty, the best kernels that this machine can run
 * @param[out] kernels  constant; must not be freed
 * @return ISW_BAD_INPUT if the name is unknown or this machine cannot run them, ISW_FAILED if it can run none
 */
enum isw_status isw_kernels_choose(const char *name, const struct isw_kernels **kernels, struct isw_error *error);
const char *isw_kernels_name(const struct isw_kernels *kernels);
/**
 * Enumerates the kernels of this program, the best first.
 * @param[out] usable  whether this machine can run them; may be NULL
 * @return the name of the kernels with this index; NULL past the last
 */
const char *isw_kernels_list(size_t index, bool *usable);

/** The self-check: computes a hash of every kernel and row on fixed numbers, and of a few training steps on each path.
 *  The hashes are the same for all instruction sets.
 *  @param[in] report_hash  called with "activation tanh in float32" and so on, always in the same order
 *  @return ISW_FAILED if memory cannot be allocated */
enum isw_status isw_kernels_hashes(const struct isw_kernels *kernels,
                                   void (*report_hash)(void *context, const char *name, uint64_t hash), void *context,
                                   struct isw_error *error);
/** Compares the hashes with those of src/engine/self_check.def. Takes about a millisecond.
 *  @return ISW_FAILED if one differs; the message names the first */
enum isw_status isw_kernels_check(const struct isw_kernels *kernels, struct isw_error *error);

/* ---- samples ----------------------------------------------------------------------------------------------------- */

/** A dataset in the form that a loss needs, rounded to one precision. Read-only and shared by all packs. */
struct isw_samples;
/** Prepares a dataset for a loss. The data must exist as long as the samples, which use its inputs and labels: only
 *  inputs of another precision are copied.
 *  @return ISW_BAD_INPUT if the loss does not accept the data's targets; ISW_FAILED if memory cannot be allocated */
enum isw_status isw_samples_create(const struct isw_data *data, const struct isw_loss *loss,
                                   enum isw_precision precision, struct isw_samples **samples, struct isw_error *error);
void isw_samples_destroy(struct isw_samples *samples);

/* ---- teams of threads -------------------------------------------------------------------------------------------- */

/** Threads that train one pack together. The bits do not depend on their number. */
struct isw_team;
/** Creates a team of `members` threads, which the caller provides; NULL if memory cannot be allocated. */
struct isw_team *isw_team_create(size_t members);
void isw_team_destroy(struct isw_team *team);
/** Makes waiting members yield their processor without spinning before, for teams of more threads than processors. To
 *  be called before the members wait. */
void isw_team_yield_at_once(struct isw_team *team);
/** Barrier: waits until all members have called it. It spins for some microseconds, then yields. */
void isw_team_wait(struct isw_team *team);

/* ---- creating a pack --------------------------------------------------------------------------------------------- */

/** A pack: networks that are trained in lockstep, one per lane. */
struct isw_pack;

struct isw_pack_settings {
  const struct isw_kernels *kernels;
  const struct isw_samples *samples;
  enum isw_precision precision;
  enum isw_layout layout;
  /** Number of networks, 1 .. isw_layout_networks. They must agree in sizes, biases, activations, loss, optimizer,
   *  batch size, steps and order of minibatches, in having isw_network.factors, in what these freeze, and in having a
   *  mask. */
  size_t count;
  const struct isw_network *const *networks; /**< [count], kept by the caller until isw_pack_create returns */
  size_t records;
  const uint64_t *record_steps; /**< [records] ascending, 0 first, the last step last */
  size_t probe_count;
  const struct isw_probe *const *probes; /**< [probe_count], kept by the caller while the pack exists */
  /** [probe_count][records] whether a probe is measured at a record. NULL, or NULL for one probe: at all records. Kept
   *  by the caller until isw_pack_create returns. */
  const bool *const *due;
  bool keep_initial, keep_final; /**< which weights the outcome contains */
  double escape_fraction;        /**< passed to isw_probe.threshold */
};

/** Allocates a pack and draws its initial weights.
 *  @return ISW_FAILED if memory cannot be allocated */
enum isw_status isw_pack_create(const struct isw_pack_settings *settings, struct isw_pack **pack,
                                struct isw_error *error);
void isw_pack_destroy(struct isw_pack *pack);
/** Memory in bytes of a full pack of such networks during training, including the weights of its outcomes. `plan` uses
 *  it. SIZE_MAX on overflow.
 *  @param[in] snapshots  records of quantities at_snapshots */
size_t isw_pack_bytes(const struct isw_network *network, const struct isw_data *data, enum isw_precision precision,
                      enum isw_layout layout, size_t records, size_t snapshots, const struct isw_probe *const *probes,
                      size_t probe_count);

/* ---- the path of a pack's steps ---------------------------------------------------------------------------------- */

/** How the steps of a pack are computed, the most specialised path first. All paths give the same bits. */
enum isw_pack_path {
  ISW_PATH_TINY,    /**< all numbers in registers: 2-2-1 networks with biases on four samples, full-batch sgd of mse,
                       linear output */
  ISW_PATH_SMALL,   /**< all numbers in the first-level cache: full batches of few samples */
  ISW_PATH_BLOCKED, /**< blocks of samples, tiled products; the only one for teams of several threads */
  ISW_PATH_UNITS    /**< the same with units in lanes */
};
/** Everything that determines the path of a pack. */
struct isw_pack_shape {
  enum isw_layout layout;
  size_t layers;
  const size_t *size; /**< [layers + 1] */
  struct isw_parts parts;
  size_t train_samples;
  size_t batch_size;                                     /**< 0: full */
  size_t activation, output_activation, loss, optimizer; /**< rows */
  unsigned needs;                                        /**< of all probes together, enum isw_probe_needs */
  bool drops;                                            /**< the networks have dropout */
  bool draws_noise;                                      /**< some network has gradient_noise */
  bool checks_every_step; /**< some network has clip_norm or a stop rule other than stop_loss_below */
  bool has_mask;          /**< some weights stay 0 */
  bool scales_output;     /**< some network has an output_scale other than 1 */
  bool has_factors;       /**< the networks have isw_network.factors */
};
/** The path that a pack of this shape takes. */
enum isw_pack_path isw_pack_path(const struct isw_kernels *kernels, const struct isw_pack_shape *shape);
/** The present path of a pack: isw_pack_path of its shape, until isw_packs_compact adds networks that need another
 *  path. */
enum isw_pack_path isw_pack_path_taken(const struct isw_pack *pack);

/** Whether `members` threads that train a pack together divide its hidden units among them, so that the weights of each
 *  stay in its own caches: with units in lanes, if nothing is summed over the units of a hidden layer, and the lines of
 *  each can be divided nearly evenly. Otherwise they divide samples and rows of weights. */
bool isw_team_parts_units(const struct isw_pack_shape *shape, enum isw_precision precision, size_t members);

/* ---- training a pack --------------------------------------------------------------------------------------------- */

/**
 * Trains a pack until its end or an interruption. Every member of the team calls it; all return the same status.
 * @param[in] team       NULL: one thread
 * @param[in] member     0 .. members - 1
 * @param[in] interrupt  polled at every step, block of samples and Hessian-vector product; a nonzero value ends
 *                       training with ISW_INTERRUPTED. It must exist until the call returns
 * @return ISW_OK or ISW_INTERRUPTED. After the latter, the next call continues with the bits of an uninterrupted
 *         training
 */
enum isw_status isw_pack_train(struct isw_pack *pack, struct isw_team *team, size_t member,
                               const atomic_int *interrupt);
/** Makes isw_pack_train return ISW_INTERRUPTED also at the first step at which *tick differs from its value at this
 *  call. Must be called between two calls of isw_pack_train. Each of those does at least one step, however often *tick
 *  changes. */
void isw_pack_interrupt_on_change(struct isw_pack *pack, const atomic_uint *tick);
/** Makes isw_pack_train store the next step in *step now and then, for other threads to read. Must be called between
 *  two calls of isw_pack_train; *step must exist until the pack is destroyed. */
void isw_pack_publish_step(struct isw_pack *pack, atomic_uint_least64_t *step);
/** Number of steps that the networks are trained for, unless they end before. */
uint64_t isw_pack_steps(const struct isw_pack *pack);
/** The next step of the networks that have taken the fewest steps. */
uint64_t isw_pack_step(const struct isw_pack *pack);
/** Number of steps that this pack executed, whichever networks were in its lanes. */
uint64_t isw_pack_steps_executed(const struct isw_pack *pack);
/** Network-steps that this pack executed: the sum of steps over the networks that were in its lanes. */
uint64_t isw_pack_network_steps(const struct isw_pack *pack);

/** The result of training one network. */
struct isw_outcome {
  enum isw_network_status status;
  uint64_t steps_done;
  size_t records_done; /**< records that were made; later ones have fill values (docs/numerics.md, the loop) */
  /** The values of each probe in order, contiguous: [records], or [records][width] if per_layer or per_parameter; one
   *  record if per_run, those at which the probe is due if at_snapshots. int32 if integer, else of the pack's
   *  precision. */
  const void *values;
  size_t values_bytes;
  /** Weights in the pack's precision, layer after layer: weight [fan_out][fan_in], then bias [fan_out] if the layer
   *  has biases, then the scale of a branch that ends there. NULL if not kept. */
  const void *weights_initial, *weights_final;
  size_t parameters;
};
/** The outcome of the network that was in this lane when the pack was created. Valid after isw_pack_train returned
 *  ISW_OK; owned by the pack. */
const struct isw_outcome *isw_pack_outcome(const struct isw_pack *pack, size_t lane);

/* ---- checkpoints ------------------------------------------------------------------------------------------------- */

/** Size in bytes of the state of a pack between two steps, after isw_pack_train returned ISW_INTERRUPTED. The state
 *  consists of weights, the optimiser's arrays and running products, the records so far and the outcomes of ended
 *  networks, in the machine's byte order. */
size_t isw_pack_state_bytes(const struct isw_pack *pack);
/** Stores the state of a pack.
 *  @param[out] state  [isw_pack_state_bytes] */
void isw_pack_save(const struct isw_pack *pack, void *state);
/**
 * Restores the state of a pack that isw_pack_create has just made with the same settings.
 * @return ISW_BAD_INPUT if the state does not match the pack or is invalid, ISW_FAILED if memory cannot be allocated;
 *         the pack can then only be destroyed
 */
enum isw_status isw_pack_restore(struct isw_pack *pack, const void *state, size_t bytes, struct isw_error *error);
/**
 * The same from states of single networks, which may be those of other packs, of either layout: the state of a pack
 * consists of its networks' states, in equal parts.
 * @param[in] state  [networks] NULL: the network starts at step 0
 * @param[in] bytes  of one network's state
 */
enum isw_status isw_pack_restore_networks(struct isw_pack *pack, const void *const *state, size_t bytes,
                                          struct isw_error *error);

/* ---- compaction: merging packs with few active networks ---------------------------------------------------------- */

/** Makes isw_pack_train, called by a single thread, return ISW_INTERRUPTED also when at least a quarter of the lanes
 *  are idle. It does so at certain steps only, so that mergeable packs are suspended at the same steps. */
void isw_pack_suspend_when_sparse(struct isw_pack *pack);
/** Whether isw_pack_train returned for that reason. */
bool isw_pack_is_suspended(const struct isw_pack *pack);
/**
 * Chooses the pack to be trained next and fills its idle lanes with networks of other packs at the same step.
 * @param[in,out] packs  mergeable packs (they agree in everything that shapes the computation) that are suspended,
 *                       interrupted or finished. Networks may move between them, so all packs must exist until the last
 *                       network has ended. isw_pack_outcome, isw_pack_save and isw_pack_restore always refer to the
 *                       networks that a pack was created with. Networks stay in packs of their layout
 * @return the pack that is furthest behind; NULL if all networks of all packs have ended
 */
struct isw_pack *isw_packs_compact(struct isw_pack *const *packs, size_t count);
#endif
