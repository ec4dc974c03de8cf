/** @file What the engine's files share: the parts of a pack and of a member of its team, and the functions of each
 *  file. */
#ifndef INITSWEEP_ENGINE_INTERNAL_H
#define INITSWEEP_ENGINE_INTERNAL_H
#include <stdalign.h>
#include "kernels.h"
#include "samples.h"
#include "team.h"
#include "initsweep/engine.h"

/** Lines of weight decay: of weights, of hidden biases, of output biases. */
enum { ISW_DECAY_OF_WEIGHTS, ISW_DECAY_OF_HIDDEN_BIASES, ISW_DECAY_OF_OUTPUT_BIASES, ISW_DECAYS };

/* ---- memory.c ---------------------------------------------------------------------------------------------------- */

/** Allocations of a pack; or, measuring, only their bytes. */
struct isw_memory {
  void **block;
  size_t count, capacity, bytes;
  bool measuring, failed;
};
/** count * size bytes of zeros that live as long as the pack; NULL while measuring or after a failure. */
void *isw_memory_allocate(struct isw_memory *memory, size_t count, size_t size);
/** The same for rows * columns lines. */
void *isw_memory_allocate_lines(struct isw_memory *memory, size_t rows, size_t columns);
void isw_memory_clear(struct isw_memory *memory);

/* ---- a pack ------------------------------------------------------------------------------------------------------ */

/** An activation as a layer uses it. */
struct isw_layer_activation {
  const struct isw_activation_kernels *kernels;
  void *parameter;  /**< a line */
  bool is_identity; /**< g(z) = z: nothing to compute if it is in place */
  bool needs_z;
};

/** A lane of a pack. */
struct isw_lane_place {
  struct isw_pack *pack;
  size_t lane;
};

/** What the plateau rule remembers of a network. */
struct isw_best_loss {
  double loss;   /**< of the last step that improved; infinity: none */
  uint64_t step; /**< that step */
};

/** One network of a pack. */
struct isw_lane {
  struct isw_lane_place home; /**< where it was created; its arrays are that pack's, wherever compaction.c moves it */
  const void *saved_state;    /**< of a suspended network, which resumes when the pack is at that step; NULL: running */
  uint64_t resume_step, resume_record;
  double learning_rate, weight_decay, p[ISW_PARAMETERS_MAX]; /**< p: the optimiser's parameters */
  enum isw_decay_biases decay_biases;
  struct isw_layer_factors *factors; /**< [layers]; NULL: all 1 */
  struct isw_choice schedule;
  double clip_norm;      /**< 0: none */
  double gradient_noise; /**< 0: none */
  double dropout;
  uint64_t replicate;
  double running[2];     /**< the optimiser's products that continue from step to step; least squares: mu */
  unsigned char *values; /**< probe after probe */
  void *weights_initial, *weights_final;
  struct isw_outcome outcome;
};

struct isw_pack {
  /* what does not change */
  const struct isw_precision_kernels *kernels;         /**< of the pack's precision */
  const struct isw_precision_kernels *kernels_float64; /**< for the curvature and for initial weights */
  const struct isw_samples *samples;
  enum isw_precision precision;
  enum isw_layout layout;
  size_t number_bytes; /**< of a number of the precision */
  size_t line_numbers; /**< of a line */
  size_t lanes;        /**< networks that a pack of this layout may hold: line_numbers, or 1 with units in lanes */
  size_t count, layers, parameters;
  size_t *size;                 /**< [layers + 1] */
  struct isw_residual residual; /**< all lanes' except for scale, which is each lane's own */
  struct isw_parts parts;
  bool has_mask;        /**< the layers have weight_mask */
  bool has_factors;     /**< the lanes have factors */
  bool any_frozen;      /**< some layer is not updated, or a part of it */
  size_t first_trained; /**< the layers before it are frozen */
  size_t epsilon;       /**< index of the optimiser's parameter epsilon; ISW_PARAMETERS_MAX: none */
  struct isw_layer *layer;
  struct isw_layer_activation hidden, output, identity; /**< isw_layer_activation_of selects */
  size_t activation_row, output_row, loss_row, optimizer_row;
  size_t states; /**< arrays of the optimiser */
  bool solves;   /**< isw_optimizer.solves */
  uint64_t steps, batches_per_epoch;
  size_t batch_size;
  bool full_batch;
  bool drops; /**< dropout in the passes of steps */
  uint64_t seed, order_replicate;
  size_t train_samples, test_samples, features;
  struct isw_memory memory;

  /* the networks */
  struct isw_lane lane[ISW_LANES_MAX];
  struct isw_lane_place location[ISW_LANES_MAX]; /**< where the networks are that this pack was created with */
  double loss_below[ISW_LANES_MAX], gradient_below[ISW_LANES_MAX]; /**< stop rules; -infinity: none */
  double loss_above[ISW_LANES_MAX], accuracy_above[ISW_LANES_MAX]; /**< infinity: none */
  uint64_t plateau_steps;                                          /**< of all lanes; 0: no such rule */
  double plateau_relative[ISW_LANES_MAX];
  struct isw_best_loss best_loss[ISW_LANES_MAX]; /**< only with plateau_steps */
  bool has_gradient_rules, clips_gradients;      /**< in some lane: gradient_below, clip_norm */
  bool has_accuracy_rules, has_other_rules;      /**< accuracy_above; that, loss_above or plateau_steps */
  bool draws_noise;                              /**< in some lane: gradient_noise */
  bool scales_output;                            /**< in some lane: output_scale is not 1 */
  bool rates_change;                             /**< from step to step */
  bool finite[ISW_LANES_MAX];
  enum isw_pack_path path;

  /* buffers of a step */
  size_t block_samples;               /**< samples that pass through the networks together */
  uint64_t *order;                    /**< [train_samples] of this epoch; NULL: full batches */
  void *batch_inputs, *batch_targets; /**< a block's rows, gathered */
  void *loss, *loss_scratch;          /**< [block_samples] of all lanes; [block_samples][3 outputs] lines */
  void *rate, *decay;                 /**< [ISW_RATES] lines; [ISW_DECAYS] lines; used if no lane has factors */
  void *own_rates;                    /**< [layers][2][ISW_RATES + 1] lines: rates, then decay; NULL without factors */
  struct isw_layer_rates *rates;      /**< [layers] of either */
  void *loss_parameter;               /**< a line */
  void *norm_epsilon;                 /**< a line, of the normalisation */
  void *output_scale;                 /**< a line */
  struct isw_least_squares *least_squares; /**< NULL unless the optimiser solves */

  /* records and probes */
  size_t records, snapshots; /**< snapshots: records at which a probe at_snapshots is due */
  uint64_t *record_steps;
  size_t *snapshots_before; /**< [records] of each record; NULL without snapshots */
  size_t probe_count;
  const struct isw_probe *const *probes;
  unsigned needs;
  double batch_loss[ISW_LANES_MAX];         /**< of the current record */
  bool *due;                                /**< [probe_count][records] */
  size_t current_record;                    /**< for member 0 */
  double **scratch;                         /**< of each probe, or of the first one that shares it */
  size_t *scratch_count, *persistent_count; /**< 0 if an earlier probe has it */
  double *probe_values; /**< [layers][lanes], or [parameters][lanes] if a probe has as many values */
  double *block_loss;   /**< [block_samples][lanes] */
  struct isw_view view;
  double escape_below[ISW_LANES_MAX]; /**< losses that a probe's threshold waits for; -infinity: none */
  bool tracks_first_change;           /**< a probe asks for first changes, and some layer has not changed yet */
  struct isw_curvature *curvature;    /**< NULL if no probe asks, nor the optimiser */
  const void **pointers;              /**< of view and of blocks: arrays [layers] (layout.c) */
  size_t *strides;                    /**< [layers] */

  /* progress */
  uint64_t noise_step;                     /**< of the update: its draws */
  uint64_t step, record;                   /**< where training starts or resumes */
  double running_before[ISW_LANES_MAX][2]; /**< the lanes' running products at the start of the step */
  const atomic_int *interrupt;             /**< of isw_pack_train, for member 0 */
  const atomic_uint *interrupt_tick;       /**< isw_pack_interrupt_on_change; NULL: none */
  unsigned interrupt_tick_seen;
  atomic_uint_least64_t *published_step; /**< isw_pack_publish_step; NULL: none */
  uint64_t network_steps, steps_executed;
  bool suspends_when_sparse, is_suspended;
  size_t suspended_lanes;
  void *saved_states; /**< of the suspended lanes */
  bool abandoned;     /**< a probe has returned early from this record (isw_view_interrupted) */
  bool interrupted;   /**< written by member 0 before a barrier, read by all after it */
  atomic_uint
      nonfinite_lanes[2]; /**< bit set of lanes whose update left a number that is not finite, by the step's parity */
};

/* ---- layout.c: sizes and arrays of a pack, the probes' view of them ---------------------------------------------- */

/** Sets what a network and the sizes of its data decide. */
void isw_layout_set_shape(struct isw_pack *pack, const struct isw_network *network, enum isw_precision precision,
                          enum isw_layout layout, size_t features, size_t train_samples, size_t test_samples);
/** Copies the sizes of the layers; false without memory. */
bool isw_layout_copy_sizes(struct isw_pack *pack, const struct isw_network *network);
/** Allocates everything but the sizes; pack->memory.failed is set after a failure. */
void isw_layout_allocate(struct isw_pack *pack, bool keep_initial, bool keep_final);
/** Bytes of a lane's values of all probes. */
size_t isw_layout_values_bytes(const struct isw_pack *pack);

/** Index of a lane's number (row i, unit j) in an array of rows of l's stride. */
static inline size_t isw_number_index(const struct isw_pack *pack, const struct isw_layer *l, size_t i, size_t j,
                                      size_t lane)
{
  return i * l->stride * pack->line_numbers + j * pack->lanes + lane;
}
/** The layer's number of units that are in its last line, if they do not fill it; otherwise 0. */
static inline size_t isw_units_of_last_line(const struct isw_pack *pack, const struct isw_layer *l)
{
  return pack->layout == ISW_UNITS_IN_LANES ? l->fan_out % pack->line_numbers : 0;
}

/* ---- lines.c ----------------------------------------------------------------------------------------------------- */

/** Stores a lane's number in line `line` of an array of lines that each hold one number of every network: in its place
 *  or, with units in lanes, in the whole line. */
void isw_line_store(const struct isw_pack *pack, void *array, size_t line, size_t lane, double x);

/* ---- path.c ------------------------------------------------------------------------------------------------------ */

/** The shape of a pack, as isw_pack_path takes it. */
struct isw_pack_shape isw_shape_of(const struct isw_pack *pack);
/** Whether layer k keeps its pre-activations beside its activations. */
bool isw_shape_keeps_pre_activation(const struct isw_pack_shape *shape, size_t k);
/** Whether a row of activations.def is g(z) = z. */
bool isw_activation_is_identity(size_t row);
/** The row of activations.def of layer k (from 0). */
size_t isw_activation_row_of(const struct isw_pack *pack, size_t k);
/** The activation of layer k (from 0). */
const struct isw_layer_activation *isw_layer_activation_of(const struct isw_pack *pack, size_t k);

/* ---- initial_weights.c ------------------------------------------------------------------------------------------- */

/** Drawing the initial weights of a network, layer after layer. */
struct isw_initial_weights {
  struct isw_start start;
  const struct isw_network *network;
  const struct isw_activation_kernels *activations; /**< of float64, [rows of activations.def] */
  double *targets;                                  /**< start.targets */
  double *weight;                                   /**< of the layer; NULL if no later layer needs its activations */
  double *in, *out;                                 /**< its inputs and activations, padded to whole lines; or NULL */
  bool *kept;                                       /**< [fan_out][fan_in] of the layer's mask; NULL: none */
  double *trunk;                                    /**< the input of the current residual branch; NULL: none */
  double *gain, *shift;                             /**< of the layer's normalisation, [units of the widest layer] */
};
/** Prepares the first layer; false without memory. isw_initial_weights_clear is to be called in any case. */
bool isw_initial_weights_begin(const struct isw_pack *pack, const struct isw_network *network,
                               struct isw_initial_weights *initial);
/** Draws the weights [fan_out][fan_in] of the layer. */
bool isw_initial_weights_draw(struct isw_initial_weights *initial, double *weight);
/** The initial gains and shifts [fan_out] of the layer whose weights were drawn, before its biases are. */
void isw_initial_normalization(const struct isw_initial_weights *initial, double *gain, double *shift);
/** Draws its biases [fan_out], or fills in zeros if it has none, after its weights, and advances to the next layer. */
bool isw_initial_weights_draw_biases(struct isw_initial_weights *initial, double *bias);
void isw_initial_weights_clear(struct isw_initial_weights *initial);

/* ---- curvature.c ------------------------------------------------------------------------------------------------- */

/** Allocates what isw_curvature_... need from the pack's memory. */
struct isw_curvature *isw_curvature_create(struct isw_pack *pack);

/** A number that training changes: where the curvature has it widened, [ISW_CURVATURE_LANES], and where the pack has
 *  that of lane 0. */
struct isw_trained_number {
  double *widened;
  void *array;
  size_t index;
  bool fills_line; /**< a scale: stored by isw_line_store */
};
/** Samples of a block of the three functions below, of which the last may have fewer. */
size_t isw_curvature_block(const struct isw_pack *pack);
/** The forward pass of training samples first .. first + samples - 1 of the lanes of isw_curvature_begin, with the
 *  widened numbers as they are now. */
void isw_curvature_forward_block(struct isw_curvature *curvature, size_t first, size_t samples);
/** y - t of an output of the passed block's sample s. lane: from the first of isw_curvature_begin */
double isw_curvature_residual(const struct isw_curvature *curvature, size_t s, size_t output, size_t lane);
/** The backward pass of one output instead of the loss, after isw_curvature_begin and the forward pass of the same
 *  numbers. */
void isw_curvature_backward(struct isw_curvature *curvature, size_t output, size_t samples);
/** The derivatives of that output of sample s by the trained numbers, in the order of isw_curvature_numbers. */
void isw_curvature_derivatives(const struct isw_curvature *curvature, size_t s, size_t lane, double *row);
/** Fills the table of all numbers that are neither frozen nor an untrained scale, in the order of a vector
 *  (isw_curvature_begin). */
void isw_curvature_numbers(const struct isw_curvature *curvature, struct isw_trained_number *number);

/* ---- least_squares.c --------------------------------------------------------------------------------------------- */

/** What the steps of a pack need whose optimiser solves for all numbers together. */
struct isw_least_squares;
/** Allocates it from the memory of the pack, which has its curvature already. */
struct isw_least_squares *isw_least_squares_create(struct isw_pack *pack);
/** The step of the networks live[lane], by one thread. False: interrupted; then nothing has changed. */
bool isw_least_squares_step(struct isw_pack *pack, const bool *live);

/* ---- rates.c ----------------------------------------------------------------------------------------------------- */

/** The factor of a loss's derivative, a column of losses.def. */
double isw_loss_factor(size_t row);
/** Whether some network's rates differ from step to step. */
bool isw_pack_rates_change(const struct isw_pack *pack);
/** Sets the rates and decays of the lanes l with live[l] for the update of a step. */
void isw_pack_set_rates(struct isw_pack *pack, uint64_t step, const bool *live);
/** Sets those of a lane without a network, which does not change. */
void isw_pack_set_idle_rates(const struct isw_pack *pack, size_t lane);
/** Lines of own_rates. */
static inline size_t isw_own_rates_lines(const struct isw_pack *pack)
{
  return pack->layers * 2 * (ISW_RATES + 1);
}

/* ---- lane_state.c: the state of a lane, for checkpoints and for moving networks ---------------------------------- */

/** Restores a suspended network in its lane. */
void isw_pack_resume_lane(struct isw_pack *pack, size_t lane);
/** Exchanges two networks of mergeable packs at the same step and record. False without memory. */
bool isw_pack_swap_lanes(struct isw_pack *a, size_t lane_a, struct isw_pack *b, size_t lane_b);

/* ---- interrupt.c: for member 0 ----------------------------------------------------------------------------------- */

/** Whether training was asked to stop. */
bool isw_pack_interrupted(const struct isw_pack *pack);
/** Whether it was asked to stop or to return for a checkpoint. */
bool isw_pack_interrupted_or_checkpoint_due(const struct isw_pack *pack);

/* ---- record.c: what is stored of the networks -------------------------------------------------------------------- */

/** Clears a lane: a network of zeros that does not change. */
void isw_pack_clear_lane(struct isw_pack *pack, size_t lane);
/** Stores the outcome of a network that ends, and clears its lane. */
void isw_pack_end_network(struct isw_pack *pack, size_t lane, enum isw_network_status status, uint64_t steps_done);
/** Copies a lane's weights: layer after layer, weight [fan_out][fan_in], then bias if the layer has biases, then the
 *  scale of a branch that ends there.
 *  @param[out] to  [parameters] of the pack's precision; need not be aligned */
void isw_pack_copy_weights(const struct isw_pack *pack, size_t lane, void *to);
/** What the probes that are due at a record need. */
unsigned isw_pack_needs(const struct isw_pack *pack, size_t record);
/** Begins a record: clears the scratch of the probes. */
void isw_pack_begin_record(struct isw_pack *pack, size_t record);
/** Passes a block to the probes after its forward pass. */
void isw_pack_feed_probes(struct isw_pack *pack, const struct isw_set *set, size_t first, size_t samples);
/** Calls prepare of a record's probes, either of those that look at the batch of its step or of the others. False:
 *  interrupted; the record can then be repeated, as no probe has finished. */
bool isw_pack_prepare_probes(struct isw_pack *pack, size_t record, bool of_batch);
/** Stores the values of a prepared record for the live lanes. */
void isw_pack_store_record(struct isw_pack *pack, size_t record, const bool *live);
/** The same for the probes that look at the batch of its step, with its mean losses loss [lanes] and its gradient. May
 *  be repeated before isw_pack_store_record. */
void isw_pack_store_batch_record(struct isw_pack *pack, size_t record, const double *loss, const bool *live);
/** The layout of a lane's values, to which its probes' quantities are to be added. */
struct isw_record_layout isw_pack_layout(const struct isw_pack *pack);
/** Stores this step as the step of escape in every lane whose loss is below escape_below[lane]. */
void isw_pack_store_escapes(struct isw_pack *pack, uint64_t step, const double *loss, const double *escape_below);
/** Whether a lane has a threshold that its loss has not fallen below yet. */
bool isw_pack_awaits_escape(const struct isw_pack *pack, size_t lane);
/** Stores the number of steps for the layers of the live lanes that differ from their start for the first time. */
void isw_pack_store_first_changes(struct isw_pack *pack, uint64_t steps, const bool *live);

/* ---- a member of a team ------------------------------------------------------------------------------------------ */

/** One thread's part in training a pack. The members divide the samples of a block among them in the forward and
 *  backward passes, and the weights in gradient and update, with barriers in between; or, by units, each has the same
 *  hidden units in all of these, with barriers between layers, so that its weights stay in its processor's caches. What
 *  decides the course (losses, ended networks) every member computes itself from the same numbers, so all members take
 *  the same branch without communicating. */
struct isw_member {
  struct isw_pack *pack;
  struct isw_team *team;
  size_t index, members;
  bool by_units;              /**< isw_team_parts_units */
  bool live[ISW_LANES_MAX];   /**< lanes with a running network */
  bool finite[ISW_LANES_MAX]; /**< pack->finite */
  size_t live_count;
  uint64_t first_step;                           /**< of this call of isw_pack_train */
  double loss[ISW_LANES_MAX];                    /**< of the pass: a sum over its samples, then the mean */
  double escape_below[ISW_LANES_MAX];            /**< pack->escape_below until the network escapes; -infinity: none */
  double watch_below[ISW_LANES_MAX];             /**< the larger of that and the stop rule */
  double watch_above[ISW_LANES_MAX];             /**< pack->loss_above of the running networks; infinity: none */
  double accuracy[ISW_LANES_MAX];                /**< of the last pass with a gradient, if pack->has_accuracy_rules */
  struct isw_best_loss best_loss[ISW_LANES_MAX]; /**< pack->best_loss */
  bool step_begun;                               /**< something of the step is done */
  bool updated;    /**< the pass has updated this member's weights, and set nonfinite_mask */
  bool transposed; /**< all members' isw_layer.transposed hold the present weights */
  alignas(ISW_LINE_BYTES) unsigned char nonfinite_mask[ISW_LINE_BYTES]; /**< isw_update_kernel */
};

/** Stride of a layer's rows: odd (struct isw_layer). */
static inline size_t isw_stride_of(size_t units)
{
  return units | 1;
}

/** Line number `index` of an array of lines. */
static inline void *isw_line(void *array, size_t index)
{
  return (unsigned char *)array + index * ISW_LINE_BYTES;
}

/* ---- partition.c ------------------------------------------------------------------------------------------------- */

/** A part of an array of rows of lines, such as the weights of a layer or the activations of a block: lines column ..
 *  column + columns - 1 of rows first .. first + count - 1. */
struct isw_part {
  size_t first, count, column, columns;
};

/** Where the part begins in an array of the layer's stride. */
static inline size_t isw_part_begin(const struct isw_layer *l, const struct isw_part *part)
{
  return part->first * l->stride + part->column;
}

/** The layer's units in the part's lines: *first .. return value - 1. */
static inline size_t isw_part_units(const struct isw_pack *pack, const struct isw_layer *l, const struct isw_part *part,
                                    size_t *first)
{
  size_t units = pack->line_numbers / pack->lanes, end = (part->column + part->columns) * units;
  *first = part->column * units;
  return end < l->fan_out ? end : l->fan_out;
}

/** Sets the lines of hidden layer k that are this member's, by units. */
void isw_member_lines(const struct isw_member *member, size_t k, struct isw_part *part);
/** Calls `work` for this member's part of the weights of every layer: by units, the weights into its own hidden units,
 *  and those from its own units of the last hidden layer into the output; otherwise some rows of each layer. Biases
 *  belong to row 0. */
void isw_member_for_weights(const struct isw_member *member, void *context,
                            void (*work)(const struct isw_pack *, size_t layer, const struct isw_part *,
                                         void *context));

/* ---- pass.c: forward and backward passes and gradients ----------------------------------------------------------- */

/** Samples that pass through the networks, and what is computed of them. */
struct isw_pass {
  const struct isw_set *set;
  const uint64_t *order; /**< [samples] rows of the set; NULL: its first rows */
  size_t samples;
  bool gradient;    /**< the backward pass too */
  bool frozen;      /**< also the gradients of frozen layers, which no update takes */
  bool feed_probes; /**< pass every block to the probes */
  bool drops;       /**< draws masks of dropout, those of `step`; else nothing is dropped */
  uint64_t step;
  bool update; /**< the gradient is for the update alone, which may be done with it, block of weights by block */
};
/** One pass, block by block; leaves the mean loss in member->loss. No barrier follows the last block's gradient. False:
 *  interrupted. */
bool isw_member_pass(struct isw_member *member, const struct isw_pass *pass);

/* ---- dropout.c --------------------------------------------------------------------------------------------------- */

/** Draws the masks of a part of the samples of a block in layer k (from 0), whose sample 0 is the step's sample
 *  `position`. */
void isw_draw_masks(const struct isw_pack *pack, size_t k, const struct isw_part *part, size_t position, uint64_t step);
/** to = from * mask, for a part of the samples of a block, where `from` and `to` begin; in place or not. */
void isw_multiply_by_mask(const struct isw_pack *pack, const struct isw_layer *l, const struct isw_part *part,
                          const void *from, void *to);
/** to = from for a part of the samples of a block, where `from` and `to` begin. */
void isw_copy_part(const struct isw_layer *l, const struct isw_part *part, const void *from, void *to);

/* ---- update.c ---------------------------------------------------------------------------------------------------- */

/** Updates a part of the weights of layer k by its gradient, which has the weights' stride. nonfinite_mask: as in
 *  isw_update_kernel; what pads a row does not change it. */
void isw_update_weights(const struct isw_pack *pack, size_t k, const struct isw_part *part, void *gradient,
                        void *nonfinite_mask);
/** Updates the biases, gains and shifts in a part's lines of layer k if it has any; with line 0 also the scale of a
 *  branch that ends there if it is trained. */
void isw_update_biases(const struct isw_pack *pack, size_t k, const struct isw_part *part, void *nonfinite_mask);
/** Updates all weights unless the pass has done so, and ends networks that diverge: rule 5 of docs/numerics.md. False:
 *  interrupted; then nothing has changed. */
bool isw_member_update(struct isw_member *member, uint64_t step);
/** The lanes, as a bit set, whose number in the mask is NaN. */
unsigned isw_nonfinite_lanes(const struct isw_pack *pack, const void *nonfinite_mask);

/* ---- stop.c: stop rules, divergence, the end of networks --------------------------------------------------------- */

/** What a sum of losses is divided by to give the mean. */
double isw_mean_divisor(const struct isw_pack *pack, size_t samples);
/** Whether no network can stop at this step: every lane's loss is finite and within its rules, and there are no rules
 *  but those for the loss. */
bool isw_member_none_stops(const struct isw_member *member);
/** Sets escape_below, watch_below, watch_above and best_loss for the running networks. */
void isw_member_watch_losses(struct isw_member *member);
/** Ends a network for this member; member 0 stores its outcome. */
void isw_member_end_network(struct isw_member *member, size_t lane, enum isw_network_status status,
                            uint64_t steps_done);
/** norm[lane] of the whole gradient. All members call it; it waits for their gradients. */
void isw_member_gradient_norms(const struct isw_member *member, double *norm);
/** Ends the networks that stop or diverge at this step's loss: rules 3 and 4 of docs/numerics.md. */
void isw_member_apply_stop_rules(struct isw_member *member, uint64_t step);
/** Ends all networks after the last step: rule 2. */
void isw_member_complete(struct isw_member *member);

/* ---- compaction.c: suspended networks, sparse packs -------------------------------------------------------------- */

/** Resumes the suspended networks that continue at this step and record. rates_set: isw_pack_set_rates was called for
 *  the step. True: there were any. */
bool isw_member_resume_networks(struct isw_member *member, uint64_t step, uint64_t record, bool rates_set);
/** If no network is running, sets the pack to the step of the first suspended one. */
void isw_member_skip_to_suspended(const struct isw_member *member);
/** Whether the pack is to be suspended at the start of this step because it is sparse. */
bool isw_member_is_sparse(const struct isw_member *member, uint64_t step);
/** The next step, at most `next`, at which networks may be suspended or resumed. */
uint64_t isw_pack_next_event(const struct isw_pack *pack, uint64_t step, uint64_t next);
#endif
