/** @file Part of the engine's header: what a probe is, and the view of a pack and of its blocks of samples that the
 *  engine gives it. The probes themselves are the room probes. */
#ifndef INITSWEEP_ENGINE_VIEW_H
#define INITSWEEP_ENGINE_VIEW_H
#include "initsweep/model.h"
#include "initsweep/record.h"

/* ---- lanes ---- */

enum {
  ISW_LINE_BYTES = 64,                                 /**< one number of each network of a pack, on any machine */
  ISW_LANES_MAX = ISW_LINE_BYTES / sizeof(float),      /**< size of arrays [lanes] that fit either precision */
  ISW_LANES_FLOAT64 = ISW_LINE_BYTES / sizeof(double), /**< isw_lanes(ISW_FLOAT64) */
};

/* ---- what a probe needs ---- */

/** What the engine has to provide for a probe. */
enum isw_probe_needs {
  ISW_NEEDS_TRAIN = 1,        /**< forward pass over the training set, block by block */
  ISW_NEEDS_GRADIENT = 2,     /**< gradient of the training set's loss */
  ISW_NEEDS_TEST = 4,         /**< forward pass over the test set */
  ISW_NEEDS_CLASSES = 8,      /**< targets that are classes or binary */
  ISW_NEEDS_TRAIN_UNITS = 16, /**< pre-activations of all units in every block, kept beside the activations */
  ISW_NEEDS_SLOPES = 32,      /**< g'(z) of every unit in every block of the training set */
  ISW_NEEDS_START = 64,       /**< the initial weights, kept beside the weights */
  ISW_NEEDS_CURVATURE = 128,  /**< derivatives in float64: isw_curvature_... */
  ISW_NEEDS_BATCH = 256       /**< loss and gradient of the batch of the record's step, and no other data */
};

/* ---- the view of a pack ---- */

struct isw_curvature;

/** A pack as probes see it, at one record. Arrays have `lanes` numbers innermost, of the pack's precision: element e of
 *  lane l is at [e * lanes + l]. */
struct isw_view {
  enum isw_precision precision;
  size_t lanes, count;  /**< lanes of the layout; networks in the pack */
  size_t layers;        /**< weight layers */
  const size_t *size;   /**< [layers + 1] */
  size_t branch_layers; /**< of residual branches; isw_ends_branch tells where one ends; 0: none */
  size_t parameters;    /**< of a network, including biases and scales */
  size_t trained;       /**< of those, all but the scales of branches if they are fixed */
  const struct isw_loss *loss;
  const void *loss_parameter; /**< [lanes] the loss's parameter */
  const struct isw_activation *activation;
  enum isw_targets kind;
  size_t train_samples, test_samples;
  const double *batch_loss; /**< [lanes] mean loss of the batch; only with ISW_NEEDS_BATCH */
  const double *labels;     /**< [train_samples][label_columns] the training set's targets as in isw_data */
  size_t label_columns;
  /** weight[k]: layer k + 1 as [fan_in][fan_out][lane] with rows of weight_stride[k] >= fan_out elements; bias[k]:
   *  [fan_out][lane] */
  const void *const *weight;
  const void *const *bias;
  const size_t *weight_stride;
  /** Gradients in the same layout: of the training set with ISW_NEEDS_GRADIENT, of the batch with ISW_NEEDS_BATCH. */
  const void *const *weight_gradient;
  const void *const *bias_gradient;
  /** scale[k], scale_gradient[k]: [lane] alpha of the branch that ends with layer k + 1; NULL if none does or, of the
   *  gradient, if alpha is not trained. */
  const void *const *scale;
  const void *const *scale_gradient;
  const void *const *weight_start; /**< initial weights in the layout of weight; only with ISW_NEEDS_START */
  uint64_t step;                   /**< optimiser steps before this record; set before prepare and finish */
  struct isw_curvature *curvature; /**< only with ISW_NEEDS_CURVATURE */
  const bool *finite;              /**< [lanes] whether every weight and bias of the lane's network is finite */
};

/** A block of consecutive samples of a set after the forward pass. */
struct isw_block {
  bool test; /**< of the test set */
  size_t first, samples;
  /** activation[k] of layer k + 1's units, [samples][size[k + 1]][lane] with rows of activation_stride[k] elements; the
   *  last one is the output after output_activation (mse) or the logits; of a branch's last layer the sum h + alpha f
   *  */
  const void *const *activation;
  const void *const *pre_activation; /**< in the same layout; only with ISW_NEEDS_TRAIN_UNITS */
  /** g'(z), of the output layer that of output_activation (logits: 1), in the same layout; only with ISW_NEEDS_SLOPES,
   *  and only of the training set */
  const void *const *slope;
  const size_t *activation_stride;
  const double *loss;   /**< [samples][lane] each sample's loss in float64: the sum over its outputs, not a mean */
  const double *target; /**< [samples][targets] as in isw_data (label, 0/1 or values) */
  size_t targets;
};

/* ---- second derivatives ---- */

/** Networks that isw_curvature_... process together. */
enum { ISW_CURVATURE_LANES = ISW_LANES_FLOAT64 };

/** Whether training was asked to stop: derivatives are then incomplete, and what a probe's prepare computes from them
 *  is not used. */
bool isw_curvature_interrupted(const struct isw_curvature *curvature);
/**
 * Selects lanes first .. first + ISW_CURVATURE_LANES - 1 with their present weights. To be called before the others.
 *
 * The others evaluate the training set's loss of these networks as a function of all their weights, biases and trained
 * scales of branches, in float64 at the stored numbers. A vector is [trained][ISW_CURVATURE_LANES], 64-byte aligned:
 * layer after layer, weight [fan_in][fan_out], then bias [fan_out], then the scale of a branch that ends there.
 */
void isw_curvature_begin(struct isw_curvature *curvature, size_t first);
/** @param[out] gradient  a vector */
void isw_curvature_gradient(struct isw_curvature *curvature, double *gradient);
/** product = H vector, exact up to rounding (Pearlmutter 1994). */
void isw_curvature_times(struct isw_curvature *curvature, const double *vector, double *product);
/** sum[ISW_CURVATURE_LANES]: mean over samples of the squared norm of the sample's own gradient. */
void isw_curvature_sample_squares(struct isw_curvature *curvature, double *sum);

/* ---- a probe ---- */

/** One probe. Sums are float64, samples ascending, in the order that the probe's file states. Probes that agree in
 *  scratch, persistent_scratch, block and prepare, with a block or a prepare, share one scratch, and these are called
 *  once for all of them. */
struct isw_probe {
  struct isw_row row;
  struct isw_quantity quantity; /**< what the results file stores; its name is the row's */
  unsigned needs;               /**< enum isw_probe_needs */
  size_t max_parameters; /**< larger networks get fill values, and a sweep file that has one is rejected; 0: no limit */
  /** Number of float64 scratch values for one record of a pack, zeroed before each record; NULL: none. */
  size_t (*scratch)(const struct isw_view *view);
  /** How many of them, the first ones, are zeroed before the first record only; NULL: none. */
  size_t (*persistent_scratch)(const struct isw_view *view);
  /** Processes one block: first the training set's, ascending, then the test set's; NULL: none. */
  void (*block)(const struct isw_view *view, const struct isw_block *block, double *scratch);
  /** Work that the finishes of probes with a common scratch share, once per record after the blocks and before any
   *  finish; repeated after an interruption. Long computations belong here. NULL: none. */
  void (*prepare)(const struct isw_view *view, double *scratch);
  /** Writes value[row * lanes + lane], isw_quantity_width rows: one, or one per layer or parameter; lanes past count
   *  may hold anything. NULL if quantity.per_run. */
  void (*finish)(const struct isw_view *view, double *scratch, double *value);
  /** Sets below[lane] once before training: the engine stores the number of steps before the first one whose batch's
   *  loss (after the last step: the training set's) is below it; -1: never. fraction: record.escape_fraction. NULL: no
   *  such step. */
  void (*threshold)(const struct isw_view *view, double fraction, double *below);
  /** The engine stores the number of steps after which a weight of the layer first differs from its start; -1: never.
   *  */
  bool tracks_first_change;
  /** FLOPs of one record of one network in addition to the passes, for `plan`; NULL: negligible. */
  double (*flops)(size_t layers, const size_t *size, size_t train_samples, size_t test_samples);
};

/** Whether two probes share their scratch and the functions that fill it. */
bool isw_probes_share(const struct isw_probe *a, const struct isw_probe *b);
#endif
