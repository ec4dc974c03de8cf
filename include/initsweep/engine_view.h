/** @file Part of the engine's header: the interface of a probe, and the view of a pack and of its blocks of samples
 *  that the engine passes to it. The probes themselves are in the room `probes`. */
#ifndef INITSWEEP_ENGINE_VIEW_H
#define INITSWEEP_ENGINE_VIEW_H
#include <stdatomic.h>
#include "initsweep/model.h"
#include "initsweep/record.h"

/* ---- lanes ------------------------------------------------------------------------------------------------------- */

enum {
  ISW_LINE_BYTES = 64,                                 /**< one number of each network of a pack, on every machine */
  ISW_LANES_MAX = ISW_LINE_BYTES / sizeof(float),      /**< size of arrays [lanes] that fit either precision */
  ISW_LANES_FLOAT64 = ISW_LINE_BYTES / sizeof(double), /**< isw_lanes(ISW_FLOAT64) */
};

/* ---- what a probe needs ------------------------------------------------------------------------------------------ */

/** What the engine has to provide for a probe. */
enum isw_probe_needs {
  ISW_NEEDS_TRAIN = 1,        /**< forward pass over the training set, block by block */
  ISW_NEEDS_GRADIENT = 2,     /**< gradient of the training set's loss */
  ISW_NEEDS_TEST = 4,         /**< forward pass over the test set */
  ISW_NEEDS_CLASSES = 8,      /**< targets that are classes or binary */
  ISW_NEEDS_TRAIN_UNITS = 16, /**< pre-activations of all units in every block, in addition to the activations */
  ISW_NEEDS_SLOPES = 32,      /**< g'(z) of every unit in every block of the training set */
  ISW_NEEDS_START = 64,       /**< the initial weights, in addition to the present ones */
  ISW_NEEDS_CURVATURE = 128,  /**< derivatives in float64: isw_curvature_... */
  ISW_NEEDS_BATCH = 256       /**< loss and gradient of the batch of the record's step, and no other data */
};

/* ---- the view of a pack ------------------------------------------------------------------------------------------ */

struct isw_curvature;
struct isw_probe;

/** A pack at one record, as probes see it. Arrays have the pack's precision, and the lane is the innermost dimension:
 *  element e of lane l is at [e * lanes + l]. */
struct isw_view {
  enum isw_precision precision;
  size_t lanes, count;  /**< lanes of the layout; networks in the pack */
  size_t layers;        /**< weight layers */
  const size_t *size;   /**< [layers + 1] */
  size_t branch_layers; /**< layers per residual branch, as for isw_ends_branch; 0: no branches */
  size_t parameters;    /**< of a network, including biases and scales */
  size_t trained;       /**< parameters that are trained: all, or all but the branch scales if those are fixed */
  const struct isw_loss *loss;
  const void *loss_parameter; /**< [lanes] the loss's parameter */
  const struct isw_activation *activation;
  enum isw_targets kind;
  size_t train_samples, test_samples;
  const double *batch_loss; /**< [lanes] mean loss of the batch; only with ISW_NEEDS_BATCH */
  const double *labels;     /**< [train_samples][label_columns] the training set's targets as in isw_data */
  size_t label_columns;
  /** weight[k]: layer k + 1 as [fan_in][fan_out][lane] with rows of weight_stride[k] >= fan_out elements; bias[k]:
   *  [fan_out][lane], NULL if the layer has no biases */
  const void *const *weight;
  const void *const *bias;
  const size_t *weight_stride;
  /** Gradients in the same layout: of the training set with ISW_NEEDS_GRADIENT, of the batch with ISW_NEEDS_BATCH. */
  const void *const *weight_gradient;
  const void *const *bias_gradient;
  /** scale[k], scale_gradient[k]: [lane] alpha of the branch that ends with layer k + 1, and its gradient. NULL if no
   *  branch ends there; the gradient is also NULL if alpha is not trained. */
  const void *const *scale;
  const void *const *scale_gradient;
  /** gain[k], shift[k]: [fan_out][lane] of the normalisation of layer k + 1, as bias; NULL if there are none. */
  const void *const *gain;
  const void *const *shift;
  bool normalizes;                 /**< some layer does */
  bool centers;                    /**< layers that normalise subtract the mean */
  const void *output_scale;        /**< [lane] a of y = a z, before the output activation */
  const void *const *weight_start; /**< initial weights in the layout of weight; only with ISW_NEEDS_START */
  const struct isw_probe *probe;   /**< the one whose function is called */
  uint64_t step;                   /**< optimiser steps before this record; set before prepare and finish */
  struct isw_curvature *curvature; /**< only with ISW_NEEDS_CURVATURE */
  const bool *finite;              /**< [lanes] whether every weight and bias of the lane's network is finite */
  const atomic_int *interrupt;     /**< isw_view_interrupted; NULL: never */
  bool *abandoned;                 /**< set by isw_view_interrupted */
};
/** Element number `element` of an array of the view's precision, widened: wide[lane]. */
static inline void isw_widen(const struct isw_view *view, const void *array, size_t element, double *restrict wide)
{
  size_t lanes = view->lanes;
  if (view->precision == ISW_FLOAT32) {
    const float *from = (const float *)array + element * lanes;
    for (size_t l = 0; l < lanes; l++) wide[l] = (double)from[l];
  } else {
    const double *from = (const double *)array + element * lanes;
    for (size_t l = 0; l < lanes; l++) wide[l] = from[l];
  }
}

/** Adds 1 to right[lane] of every network that predicts a sample right. With one output for binary targets the
 *  prediction is 1 if the output is above the loss's threshold, else 0; with several outputs it is the first of the
 *  largest. An output that is NaN is wrong.
 *  @param[in] output   the outputs of some samples, of which this one's first is element number `element`
 *  @param[in] target   the sample's label, or 0 or 1 */
void isw_count_right(const struct isw_view *view, const void *output, size_t element, double target, double *right);

/** Whether training is interrupted; the record is then repeated. Long work in block and prepare asks at least once a
 *  second and returns early. (Not in finish, whose results are stored at once.) */
static inline bool isw_view_interrupted(const struct isw_view *view)
{
  if (!view->interrupt || atomic_load_explicit(view->interrupt, memory_order_relaxed) == 0) return false;
  *view->abandoned = true;
  return true;
}

/** A block of consecutive samples of a set after the forward pass. */
struct isw_block {
  bool test; /**< the block belongs to the test set */
  size_t first, samples;
  /** activation[k]: the units of layer k + 1, [samples][size[k + 1]][lane] with rows of activation_stride[k] elements.
   *  The last layer's is the output after output_activation (mse) or the logits; that of a branch's last layer is the
   *  sum h + alpha f. */
  const void *const *activation;
  /** In the same layout; only with ISW_NEEDS_TRAIN_UNITS. Of the last layer output_scale times z. */
  const void *const *pre_activation;
  /** Of layers that normalise, else NULL: the normalised pre-activations x in the same layout, and [samples][lane] the
   *  inverse deviation that they were multiplied by. pre_activation, and z in what follows, is what the activation is
   *  applied to: gain x + shift. */
  const void *const *normalized;
  const void *const *inverse_deviation;
  /** g'(z) in the same layout; for the output layer that of output_activation (logits: 1). Only with ISW_NEEDS_SLOPES
   *  and only for the training set. */
  const void *const *slope;
  const size_t *activation_stride;
  const double *loss;   /**< [samples][lane] loss of each sample in float64: the sum over its outputs, not a mean */
  const double *target; /**< [samples][targets] as in isw_data (label, 0/1 or values) */
  size_t targets;
};

/* ---- second derivatives ------------------------------------------------------------------------------------------ */

/** Number of networks that isw_curvature_... process together. */
enum { ISW_CURVATURE_LANES = ISW_LANES_FLOAT64 };

/** Whether training was interrupted. The derivatives are then incomplete, and what a probe's prepare computes from them
 *  is discarded. */
bool isw_curvature_interrupted(const struct isw_curvature *curvature);
/**
 * Selects lanes first .. first + ISW_CURVATURE_LANES - 1 with their present weights. Must be called before the others.
 *
 * The others evaluate the training set's loss of these networks as a function of all their weights, biases and trained
 * scales of branches, in float64 at the stored numbers. A vector is [trained][ISW_CURVATURE_LANES], 64-byte aligned:
 * layer after layer, weight [fan_in][fan_out], then bias [fan_out] if there are biases, then the scale of a branch
 * that ends there.
 */
void isw_curvature_begin(struct isw_curvature *curvature, size_t first);
/** Computes the gradient of the loss.
 *  @param[out] gradient  a vector */
void isw_curvature_gradient(struct isw_curvature *curvature, double *gradient);
/** Computes product = H vector, where H is the Hessian of the loss; exact up to rounding (Pearlmutter 1994). */
void isw_curvature_times(struct isw_curvature *curvature, const double *vector, double *product);
/** Computes the mean over samples of the squared norm of each sample's gradient.
 *  @param[out] sum  [ISW_CURVATURE_LANES] */
void isw_curvature_sample_squares(struct isw_curvature *curvature, double *sum);
/** Sums over units and samples, samples outside, both ascending, of the derivatives of each sample's own loss by
 *  the pre-activations of each layer.
 *  @param[out] moment  [layers][3][ISW_CURVATURE_LANES] K, the first derivative, then sums of d - K and (d - K)^2 */
void isw_curvature_delta_moments(struct isw_curvature *curvature, double *moment);
/**
 * Computes the tangent kernel K_ij = sum over outputs o and parameters p of dy_o(x_i)/dp dy_o(x_j)/dp at some training
 * samples, y as for isw_block.activation of the last layer. The parameters are those of isw_curvature_begin. Of a
 * layer's weights and biases it is sum_o delta_i . delta_j, outputs outside and units inside, times 1, if there are
 * biases, and the inputs' product. From 0 the products by gains, shifts and scales are added first, outputs outside,
 * layers inside, then those of the layers; all ascending.
 * @param[in]  sample  [samples] at most 36 of the training set
 * @param[out] kernel  [samples][samples][ISW_CURVATURE_LANES]
 * @param[out] work    [layers][samples][samples][ISW_CURVATURE_LANES]
 */
void isw_curvature_tangent_kernel(struct isw_curvature *curvature, size_t samples, const size_t *sample, double *kernel,
                                  double *work);

/** Evaluates the networks at inputs of the caller, at most 2.
 *  @param[in] inputs  [samples][features] */
void isw_curvature_forward(struct isw_curvature *curvature, size_t samples, const double *inputs);
/** The pre-activations of layer k + 1 at a sample of the last isw_curvature_forward, as for isw_block.pre_activation:
 *  [size[k + 1]][ISW_CURVATURE_LANES]. */
const double *isw_curvature_pre_activation(const struct isw_curvature *curvature, size_t k, size_t sample);

/* ---- a probe ----------------------------------------------------------------------------------------------------- */

/** The largest sizes of a sweep's networks. */
struct isw_largest_sizes {
  size_t features, outputs, train_samples;
  size_t shorter; /**< the largest min(features, outputs) of a network */
};

/** One probe. Sums are in float64 with samples ascending, in the order that the probe's file states. Probes that have a
 *  block or a prepare and agree in scratch, persistent_scratch, block, prepare and parameter share one scratch; these
 *  functions are then called once for all of them. */
struct isw_probe {
  struct isw_row row;
  struct isw_quantity quantity; /**< what the results file stores; its name is the row's */
  unsigned needs;               /**< enum isw_probe_needs */
  double parameter;             /**< the value of row.parameters[0], if there is one; a sweep's probe has its own */
  /** The length of quantity.dimension in a sweep; NULL: it has none. */
  size_t (*length)(const struct isw_probe *probe, const struct isw_largest_sizes *largest);
  size_t max_parameters; /**< larger networks get fill values, and a sweep file that has one is rejected; 0: no limit */
  /** Number of float64 scratch values of a pack, zeroed before each record; NULL: none. */
  size_t (*scratch)(const struct isw_view *view);
  /** Number of leading scratch values that are zeroed before the first record only; NULL: none. */
  size_t (*persistent_scratch)(const struct isw_view *view);
  /** Processes one block. The blocks of the training set come first, ascending, then those of the test set. NULL:
   *  none. */
  void (*block)(const struct isw_view *view, const struct isw_block *block, double *scratch);
  /** Does the work that probes with a common scratch share, once per record, after the blocks and before any finish. It
   *  is repeated after an interruption. Long computations belong here. NULL: none. */
  void (*prepare)(const struct isw_view *view, double *scratch);
  /** Writes value[row * lanes + lane] for isw_quantity_width rows: one, or one per layer, parameter or place of a
   *  dimension. Values of lanes
   *  past `count` are ignored. NULL if quantity.per_run or copies_weights. */
  void (*finish)(const struct isw_view *view, double *scratch, double *value);
  /** Sets below[lane] once before training. The engine stores the number of steps before the first one whose batch loss
   *  (after the last step: the training loss) is below it; -1: never. `fraction` is record.escape_fraction. NULL: the
   *  probe has no such threshold. */
  void (*threshold)(const struct isw_view *view, double fraction, double *below);
  /** The engine stores the number of steps after which a weight of the layer first differs from its initial value; -1:
   *  never. */
  bool tracks_first_change;
  /** The value at a record depends on the step of the previous record. Recordings are then comparable only where they
   *  agree in both. */
  bool needs_previous_record;
  /** The values are the weights themselves, in the order of isw_outcome.weights_final; finish is NULL. */
  bool copies_weights;
  /** With ISW_NEEDS_CURVATURE: no derivative is by a weight, so the probe can measure networks with a mask. */
  bool allows_masks;
  /** FLOPs of one record of one network in addition to the passes, for `plan`; NULL: negligible. */
  double (*flops)(size_t layers, const size_t *size, size_t train_samples, size_t test_samples);
};

/** Whether two probes share their scratch and the functions that fill it. */
bool isw_probes_share(const struct isw_probe *a, const struct isw_probe *b);
#endif
