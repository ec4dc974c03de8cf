/** @file The engine: packs of networks, one a lane, trained in lockstep by one kernel source per instruction set.
 *  docs/numerics.md defines every sum; tests/reference is the same definition as a plain scalar program. */
#ifndef INITSWEEP_ENGINE_H
#define INITSWEEP_ENGINE_H
#include <stdatomic.h>
#include "initsweep/base.h"
#include "initsweep/model.h"
#include "initsweep/record.h"

/* ---- precision and kernels ------------------------------------------------------------------------------------------ */

/** Networks of a pack: 16 float32 or 8 float64, 64 bytes, whatever the machine. */
size_t isw_lanes(enum isw_precision real);
/** The largest number that isw_lanes returns. */
enum { ISW_LANES_MAX = 16 };

/** The kernels of one instruction set. */
struct isw_kernels;
/** Takes the best of this machine's, or the one that `name` (or, where name is NULL, the environment variable
 *  INITSWEEP_KERNELS) asks for: portable, avx2, avx512, advsimd. ISW_BAD_INPUT where it is unknown or cannot run here. */
enum isw_status isw_kernels_choose(const char *name, const struct isw_kernels **kernels, struct isw_error *error);
const char *isw_kernels_name(const struct isw_kernels *kernels);
/** Names of all kernels that this program has, usable here or not; *usable tells. Returns NULL past the last. */
const char *isw_kernels_list(size_t index, bool *usable);

/* ---- samples ---------------------------------------------------------------------------------------------------------- */

/** A dataset in the form that a loss trains on, rounded to one precision; shared by all packs, read-only. */
struct isw_samples;
enum isw_status isw_samples_create(const struct isw_data *data, const struct isw_loss *loss, enum isw_precision real,
                                   struct isw_samples **samples, struct isw_error *error);
void isw_samples_destroy(struct isw_samples *samples);

/* ---- probes' view of a pack --------------------------------------------------------------------------------------------- */

/** What a probe asks the engine to have ready. */
enum isw_probe_needs {
  ISW_NEEDS_TRAIN = 1,        /**< forward pass over the training set, block by block */
  ISW_NEEDS_GRADIENT = 2,     /**< gradient of the training set's loss */
  ISW_NEEDS_TEST = 4,         /**< forward pass over the test set */
  ISW_NEEDS_CLASSES = 8,      /**< targets that are classes or binary */
  ISW_NEEDS_TRAIN_UNITS = 16, /**< all units' pre-activations kept beside the activations in every block */
  ISW_NEEDS_SLOPES = 32,      /**< g'(z) of every unit in every block of the training set */
  ISW_NEEDS_START = 64,       /**< the initial weights kept beside the weights */
  ISW_NEEDS_CURVATURE = 128,  /**< derivatives in float64: isw_curvature_... */
  ISW_NEEDS_BATCH = 256       /**< loss and gradient of the batch that the record's step takes, no other data */
};

/** The training set's loss of eight networks of a pack as a function of all their weights, biases and trained scales of
 *  branches, in float64 at the stored numbers (src/engine/curvature.c). A vector is [trained][ISW_CURVATURE_LANES], 64-byte
 *  aligned: layer after layer, weight [fan_in][fan_out], then bias [fan_out], then the scale of a branch that ends there. */
struct isw_curvature;
enum { ISW_CURVATURE_LANES = 8 };
/** The training is asked to stop: derivatives are left unfinished, and what a probe's prepare makes of them is not used. */
bool isw_curvature_interrupted(const struct isw_curvature *curvature);
/** Takes on the present weights of lanes first .. first + 7. To be called before the others. */
void isw_curvature_begin(struct isw_curvature *curvature, size_t first);
void isw_curvature_gradient(struct isw_curvature *curvature, double *gradient);
/** product = H vector, exact but for rounding: Pearlmutter 1994. */
void isw_curvature_times(struct isw_curvature *curvature, const double *vector, double *product);
/** sum[lane] over samples of the squared norm of the sample's own gradient, over their number. */
void isw_curvature_sample_squares(struct isw_curvature *curvature, double *sum);

/** A pack as probes see it, at one record. Arrays have `lanes` numbers innermost, of the pack's precision; element e of
 *  lane l is at [e * lanes + l]. */
struct isw_view {
  enum isw_precision real;
  size_t lanes, count;  /**< lanes of the layout; networks in the pack */
  size_t layers;        /**< weight layers */
  const size_t *size;   /**< [layers + 1] */
  size_t branch_layers; /**< of residual branches; isw_ends_branch says where one ends; 0: none */
  size_t parameters;    /**< of a network, biases and scales too */
  size_t trained;       /**< of those, all but the scales of branches where they are fixed */
  const struct isw_loss *loss;
  const void *loss_parameter; /**< the loss's parameter, a number of the precision a lane */
  const struct isw_activation *activation;
  enum isw_targets kind;
  size_t train_samples, test_samples;
  const double *batch_loss; /**< [lanes] the batch's mean loss; only where ISW_NEEDS_BATCH was asked for */
  const double *labels;     /**< [train_samples][label_columns] the training set's targets as isw_data has them */
  size_t label_columns;
  /** weight[k]: layer k + 1 as [fan_in][fan_out][lane] with rows of weight_stride[k] >= fan_out elements; bias[k] [fan_out][lane] */
  const void *const *weight;
  const void *const *bias;
  const size_t *weight_stride;
  /** gradients in the same layout: the training set's where ISW_NEEDS_GRADIENT was asked for, the batch's where ISW_NEEDS_BATCH */
  const void *const *weight_gradient;
  const void *const *bias_gradient;
  /** scale[k], scale_gradient[k]: [lane] alpha of the branch that ends with layer k + 1, NULL where none does or, of the
   *  gradient, where alpha is not trained; the gradient as weight_gradient */
  const void *const *scale;
  const void *const *scale_gradient;
  const void *const *weight_start; /**< initial weights, same layout; only where ISW_NEEDS_START was asked for */
  uint64_t step;                   /**< optimiser steps before this record; set before prepare and finish */
  struct isw_curvature *curvature; /**< only where ISW_NEEDS_CURVATURE was asked for */
  const bool *finite;              /**< [lanes] whether every weight and bias of the lane's network is finite */
};

/** A block of consecutive samples of a set, as the forward pass left it. */
struct isw_block {
  bool test; /**< of the test set */
  size_t first, samples;
  /** activation[k] of layer k + 1's units, [samples][size[k + 1]][lane] with rows of activation_stride[k] elements;
   *  the last is the output after output_activation (mse) or the logits; of a branch's last layer the sum h + alpha f */
  const void *const *activation;
  const void *const *pre_activation; /**< same layout; only where ISW_NEEDS_TRAIN_UNITS */
  /** g'(z), the output layer's of its output_activation (logits: 1); same layout; only where ISW_NEEDS_SLOPES, and of the
   *  training set alone */
  const void *const *slope;
  const size_t *activation_stride;
  const double *loss;   /**< [samples][lane] each sample's loss: its sum over outputs, not yet a mean, float64 */
  const double *target; /**< [samples][targets] as isw_data has them (label, 0/1 or values) */
  size_t targets;
};

/** One probe. Sums are float64, samples ascending, in the order that its file writes down. Probes that are alike in scratch,
 *  persistent_scratch, block and prepare, with a block or a prepare, share one scratch, and these are called once for all
 *  of them. */
struct isw_probe {
  struct isw_row row;
  struct isw_quantity quantity; /**< what the results file stores; its name is the row's */
  unsigned needs;               /**< enum isw_probe_needs */
  size_t max_parameters; /**< larger networks get fill values, and a sweep file that has one is rejected; 0: no limit */
  /** float64 numbers of scratch for one record of a pack; NULL: none. Zeroed before each record. */
  size_t (*scratch)(const struct isw_view *view);
  /** The first so many numbers of scratch are zeroed before the first record only; NULL: none. */
  size_t (*persistent_scratch)(const struct isw_view *view);
  /** Looks at one block (train blocks first, ascending, then test blocks); NULL: not interested. */
  void (*block)(const struct isw_view *view, const struct isw_block *block, double *scratch);
  /** What the finishes of probes that share a scratch have in common, once a record after the blocks and before any finish; done
   *  again where an interruption came between. What takes long belongs here. NULL: nothing. */
  void (*prepare)(const struct isw_view *view, double *scratch);
  /** value[row * lanes + lane], isw_quantity_width rows: one, or one a layer or parameter; lanes past count may hold
   *  anything. NULL where quantity.per_run. */
  void (*finish)(const struct isw_view *view, double *scratch, double *value);
  /** The engine stores the number of steps before the first one whose batch's loss (after the last step: the training set's) is
   *  below below[lane], found once before training; -1: never. fraction: record.escape_fraction. NULL: nothing. */
  void (*threshold)(const struct isw_view *view, double fraction, double *below);
  /** The engine stores the number of steps after which a weight of the layer first differs from its start; -1: never. */
  bool tracks_first_change;
  /** FLOPs of one record of one network beyond the passes asked for, for `plan`; NULL: negligible. */
  double (*flops)(size_t layers, const size_t *size, size_t train_samples, size_t test_samples);
};

/** Whether two probes share their scratch and what fills it. */
bool isw_probes_share(const struct isw_probe *a, const struct isw_probe *b);

/* ---- training a pack ---------------------------------------------------------------------------------------------------- */

/** Threads that train one pack together. The bits do not depend on their number. */
struct isw_team;
/** A team of `members` threads; NULL where memory ran out. */
struct isw_team *isw_team_create(size_t members);
void isw_team_destroy(struct isw_team *team);
/** Waits until all members are here (spins, then yields: teams may be larger than the machine). */
void isw_team_wait(struct isw_team *team);

struct isw_pack_settings {
  const struct isw_kernels *kernels;
  const struct isw_samples *samples;
  enum isw_precision real;
  size_t count; /**< networks, 1 .. isw_lanes(real); alike in sizes, activation, loss, optimizer, batch, steps, order */
  const struct isw_network *const *networks; /**< [count], kept by the caller until isw_pack_create returns */
  size_t records;
  const uint64_t *record_steps; /**< [records] ascending, 0 first, the last step last */
  size_t probe_count;
  const struct isw_probe *const *probes;
  const bool *const *due; /**< [probe_count] at which records, [records], or NULL: all; NULL: so for all probes. Kept by
                               the caller until isw_pack_create returns */
  bool keep_initial, keep_final; /**< weights in the outcome */
  double escape_fraction;        /**< for the probes' threshold */
};

/** What one network left. */
struct isw_outcome {
  enum isw_network_status status;
  uint64_t steps_done;
  size_t records_done; /**< records that were made; later ones are fill values (docs/numerics.md, the loop) */
  /** For each probe in order: [records] numbers, or [records][width] where per_layer or per_parameter; one record where
   *  per_run; of the pack's precision, int32 where integer. Contiguous. */
  const void *values;
  size_t values_bytes;
  /** Layer after layer: weight [fan_out][fan_in], then bias [fan_out], then a branch's scale where one ends; of the pack's
   *  precision. NULL where not kept. */
  const void *weights_initial, *weights_final;
  size_t parameters;
};

struct isw_pack;
/** Allocates and initialises a pack: draws the initial weights. */
enum isw_status isw_pack_create(const struct isw_pack_settings *settings, struct isw_pack **pack,
                                struct isw_error *error);
/** Trains. Every member of the team calls it with its index 0 .. members - 1; all return the same. After
 *  ISW_INTERRUPTED the same call goes on where it was, with the same bits as without the interruption.
 *  @param[in] interrupt  polled at every step, block of samples and Hessian-vector product; nonzero ends the training with
 *                        ISW_INTERRUPTED. Lives until the call returns. */
enum isw_status isw_pack_train(struct isw_pack *pack, struct isw_team *team, size_t member,
                               const atomic_int *interrupt);
/** Makes isw_pack_train return ISW_INTERRUPTED also at the first step where *tick has changed since the last time. To be called
 *  between two calls of isw_pack_train, each of which does a step at least, however often *tick changes. */
void isw_pack_interrupt_on_change(struct isw_pack *pack, const atomic_uint *tick);
/** A pack's state between two steps, after isw_pack_train returned ISW_INTERRUPTED: weights, the optimiser's arrays and
 *  running products, records so far, what ended networks left. In the machine's byte order. */
size_t isw_pack_state_bytes(const struct isw_pack *pack);
void isw_pack_save(const struct isw_pack *pack, void *state);
/** Puts a pack that isw_pack_create has just made, with the same settings, into a saved state. After ISW_BAD_INPUT (it does
 *  not fit, or makes no sense) the pack can only be destroyed. */
enum isw_status isw_pack_restore(struct isw_pack *pack, const void *state, size_t bytes, struct isw_error *error);
/** Makes isw_pack_train, called by a team of one, return ISW_INTERRUPTED too when a quarter of the lanes or more hold no network
 *  that goes on: at certain steps, so that packs that are alike meet. isw_pack_is_suspended tells that it was so. */
void isw_pack_suspend_when_sparse(struct isw_pack *pack);
bool isw_pack_is_suspended(const struct isw_pack *pack);
/** Of packs that are alike in what shapes the computation and rest, were interrupted or are done, the one to train next: the
 *  one that is furthest back, its free lanes filled with networks of others that are at the same step. NULL: all networks of
 *  all have ended. Networks may then be in other packs than their own, so all are to be kept until the last has ended;
 *  isw_pack_outcome, isw_pack_save and isw_pack_restore are about the networks that a pack was made of. */
struct isw_pack *isw_packs_compact(struct isw_pack *const *packs, size_t count);
/** Steps that this pack did, whoever was in its lanes. */
uint64_t isw_pack_steps_executed(const struct isw_pack *pack);
/** Steps that are done, of the networks that are furthest back. */
uint64_t isw_pack_step(const struct isw_pack *pack);
/** After isw_pack_train returned ISW_OK. Owned by the pack. */
const struct isw_outcome *isw_pack_outcome(const struct isw_pack *pack, size_t lane);
/** Steps of all its networks together that were trained, for rates. */
uint64_t isw_pack_network_steps(const struct isw_pack *pack);
void isw_pack_destroy(struct isw_pack *pack);
/** Bytes that a full pack of such networks holds while it trains, weights of its outcomes included, for `plan`; SIZE_MAX where
 *  that overflows. */
size_t isw_pack_bytes(const struct isw_network *network, const struct isw_data *data, enum isw_precision real,
                      size_t records, const struct isw_probe *const *probes, size_t probe_count);
#endif
