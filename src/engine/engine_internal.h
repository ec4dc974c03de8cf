/** @file A pack's parts; for pack.c (makes it), train.c (the loop) and record.c (what is kept). */
#ifndef INITSWEEP_ENGINE_PACK_H
#define INITSWEEP_ENGINE_PACK_H
#include "kernels.h"
#include "samples.h"
#include "initsweep/engine.h"

enum { ISW_RATES = 8 };
/** Lines of weight decay: of weights, of hidden biases, of output biases. */
enum { ISW_DECAY_OF_WEIGHTS, ISW_DECAY_OF_HIDDEN_BIASES, ISW_DECAY_OF_OUTPUT_BIASES, ISW_DECAYS };

/** What a pack allocated; or, measuring, only how much it would. */
struct isw_memory {
  void **block;
  size_t count, capacity, bytes;
  bool measuring, failed;
};

/** An activation as a layer uses it. */
struct isw_unit {
  const struct isw_activation_kernels *kernels;
  void *parameter; /**< a line */
  bool linear;     /**< g(z) = z: nothing to do in place */
  bool needs_z;
};

/** A lane of a pack. */
struct isw_place {
  struct isw_pack *pack;
  size_t lane;
};

/** One network of a pack. */
struct isw_lane {
  struct isw_place home; /**< where it began, if merge.c has moved it; its arrays are that pack's */
  const void *asleep;    /**< its state, from which it goes on when the pack is at that step; NULL: it is awake */
  uint64_t asleep_step, asleep_record;
  double learning_rate, weight_decay, p[ISW_PARAMETERS_MAX]; /**< the optimiser's parameters */
  enum isw_decay_biases decay_biases;
  struct isw_choice schedule;
  double clip_norm;      /**< 0: none */
  double running[2];     /**< its products that live from step to step */
  unsigned char *values; /**< probe after probe */
  void *weights_initial, *weights_final;
  struct isw_outcome outcome;
};

struct isw_pack {
  const struct isw_real_kernels *kernels, *kernels_float64; /**< of the pack's precision; for the curvature */
  const struct isw_activation_kernels *exact;               /**< of float64, for starts */
  const struct isw_samples *samples;
  enum isw_precision real;
  size_t bytes; /**< of a number */
  size_t lanes, count, layers, parameters;
  size_t *size;                 /**< [layers + 1] */
  struct isw_residual residual; /**< but for scale, which is the lanes' own */
  struct isw_layer *layer;
  struct isw_unit hidden, output;
  size_t activation_row, output_row, loss_row, optimizer_row, states;
  struct isw_lane lane[ISW_LANES_MAX];
  struct isw_place where[ISW_LANES_MAX];                           /**< where its networks are */
  double loss_below[ISW_LANES_MAX], gradient_below[ISW_LANES_MAX]; /**< stop rules; -infinity: none */
  bool gradient_rules;                                             /**< whether there is one of gradient_below */
  bool rates_change, clips;                                        /**< from step to step; some lane has a clip_norm */

  uint64_t steps, batches; /**< batches an epoch */
  size_t batch_size;
  bool full;
  uint64_t seed, order_replicate;
  size_t train_samples, test_samples, features;

  bool small;                         /**< steps go through the kernels' `steps` */
  size_t block;                       /**< samples that pass together */
  uint64_t *order;                    /**< [train_samples] of this epoch; NULL: full batches */
  void *batch_inputs, *batch_targets; /**< a block's rows, gathered */
  void *loss, *loss_scratch;          /**< [block] lines; [block][2 outputs] lines */
  void *rate, *decay;                 /**< [ISW_RATES] lines; [ISW_DECAYS] lines */
  void *loss_parameter;               /**< a line */

  size_t records;
  uint64_t *record_steps;
  size_t probe_count;
  const struct isw_probe *const *probes;
  unsigned needs;
  double batch_loss[ISW_LANES_MAX];   /**< of the record that is being made */
  bool *due;                          /**< [probe_count][records] */
  size_t measured;                    /**< the record that is being made; for member 0 */
  double **scratch;                   /**< of each probe, or of the first that shares it */
  size_t *scratch_count, *kept_count; /**< 0 where an earlier probe has it */
  double *value;                      /**< [layers][lanes], or [parameters][lanes] where a probe has as many values */
  double *block_loss;                 /**< [block][lanes] */
  struct isw_view view;
  double escape[ISW_LANES_MAX];    /**< losses that escape_step waits for; -infinity: not asked for */
  bool watches_moves;              /**< a probe asks for first moves, and a layer has not moved yet */
  struct isw_curvature *curvature; /**< NULL where no probe asks */
  bool finite[ISW_LANES_MAX];
  const void **pointers; /**< of view and of blocks: 10 arrays [layers] */
  size_t *strides;       /**< [layers] */

  uint64_t step, record;           /* where training begins, or goes on after an interruption */
  double before[ISW_LANES_MAX][2]; /* the lanes' running products at the head of the step */
  const atomic_int *interrupt;     /* of isw_pack_train, for member 0 */
  const atomic_uint *tick;         /* isw_pack_interrupt_on_change; NULL: never */
  unsigned tick_seen;
  uint64_t network_steps, pack_steps;
  bool rests_thin, resting;  /**< to return when few networks go on; it has */
  size_t sleepers;           /**< lanes asleep */
  void *slept;               /**< their states */
  bool interrupted;          /**< member 0 writes it before a barrier, all read it after */
  atomic_uint not_finite[2]; /**< lanes whose update left a number that is not finite, by the step's parity */
  struct isw_memory memory;
};

/** count * size bytes of zeros, or rows * columns lines, that live as long as the pack; NULL while measuring or after a failure. */
void *isw_memory_take(struct isw_memory *memory, size_t count, size_t size);
void *isw_memory_lines(struct isw_memory *memory, size_t rows, size_t columns);
/** Takes what isw_curvature_... need from the pack's memory. */
struct isw_curvature *isw_curvature_take(struct isw_pack *pack);

/** What a network's layers start from, layer after layer (start.c). */
struct isw_starting {
  struct isw_start start;
  const struct isw_network *network;
  const struct isw_activation_kernels *exact; /**< of float64, [rows of activations.def] */
  double *targets;                            /**< start.targets */
  double *weight;                             /**< of the layer, where the layers above need its activations, or NULL */
  double *in, *out;                           /**< its inputs and activations, lines at their end filled up; or NULL */
  double *trunk;                              /**< what goes into the residual branch under way; NULL: none */
};
/** Readies the first layer; false where memory ran out. isw_starting_clear in any case. */
bool isw_starting_begin(const struct isw_pack *pack, const struct isw_network *network, struct isw_starting *starting);
/** Draws the weights [fan_out][fan_in] of the layer. */
bool isw_starting_weights(struct isw_starting *starting, double *weight);
/** Draws its biases [fan_out], after its weights, and goes on to the next layer. */
bool isw_starting_biases(struct isw_starting *starting, double *bias);
void isw_starting_clear(struct isw_starting *starting);

/** Numbers of the .def files that the engine alone needs. */
double isw_loss_factor(size_t row);
bool isw_rates_change(const struct isw_pack *pack);
/** Fills rate[i] and decay of lane l where live[l], for the update of step `step`. */
void isw_pack_rates(struct isw_pack *pack, uint64_t step, const bool *live);

/** Clears a lane: a network of zeros that stands still. */
void isw_pack_clear_lane(struct isw_pack *pack, size_t lane);
/** A sleeping network goes on. */
void isw_pack_wake(struct isw_pack *pack, size_t lane);
/** Two networks of packs that are alike, at the same step and record, change places. False where memory ran out. */
bool isw_pack_swap(struct isw_pack *a, size_t lane_a, struct isw_pack *b, size_t lane_b);
/** A network ends: its weights and outcome are kept, and its lane goes on as a network of zeros that stands still. */
void isw_pack_end(struct isw_pack *pack, size_t lane, enum isw_network_status status, uint64_t steps_done);
/** Copies a lane's weights: layer after layer, weight [fan_out][fan_in], then bias, then a branch's scale where one ends. */
void isw_pack_copy_weights(const struct isw_pack *pack, size_t lane, void *to);
/** Asked to stop; for member 0. */
bool isw_pack_interrupted(const struct isw_pack *pack);
/** Prepares a record's probes, those that look at the batch of its step or the others. false: interrupted; the record may be made
 *  again, as no probe has finished. */
bool isw_pack_prepare(struct isw_pack *pack, size_t record, bool of_batch);
/** Keeps what the probes made of a record that is prepared, for the live lanes. */
void isw_pack_keep(struct isw_pack *pack, size_t record, const bool *live);
/** Likewise those of its probes that look at the batch of its step, whose mean losses are loss [lanes] and whose gradient is
 *  there. May be done again before isw_pack_keep. */
void isw_pack_keep_batch(struct isw_pack *pack, size_t record, const double *loss, const bool *live);
/** The layout of a lane's values, to which its probes' quantities are to be added. */
struct isw_record_layout isw_pack_layout(const struct isw_pack *pack);
/** Keeps in every lane whose loss is below escape[lane] that it has escaped at this step. */
void isw_pack_note_escapes(struct isw_pack *pack, uint64_t step, const double *loss, const double *escape);
/** Whether a lane's loss is still waited for. */
bool isw_pack_waits(const struct isw_pack *pack, size_t lane);
/** Keeps which layers of the live lanes differ from their start for the first time, after so many steps. */
void isw_pack_note_moves(struct isw_pack *pack, uint64_t steps, const bool *live);
/** What the probes of a record need. */
unsigned isw_pack_needs(const struct isw_pack *pack, size_t record);
/** Begins a record: clears what the probes gathered at the one before. */
void isw_pack_begin_record(struct isw_pack *pack, size_t record);
/** Hands a block as the forward pass left it to the probes. */
void isw_pack_show(struct isw_pack *pack, const struct isw_set *set, size_t first, size_t samples);
#endif
