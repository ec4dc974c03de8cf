/** @file Networks: the data of a network, its layers and residual branches, and all settings that determine its
 *  trajectory. */
#ifndef INITSWEEP_MODEL_NETWORKS_H
#define INITSWEEP_MODEL_NETWORKS_H
#include "initsweep/model_functions.h"
#include "initsweep/model_rows.h"

/** Samples and targets of a dataset. Inputs are in the precision of the sweep: one of train_inputs and
 *  train_inputs_float32 is NULL. Targets are in float64; the engine rounds them. */
struct isw_data {
  size_t features; /**< columns of an input */
  enum isw_targets kind;
  size_t targets; /**< columns of a target (1 for binary and classes) */
  size_t classes; /**< ISW_TARGETS_CLASSES: number of classes; ISW_TARGETS_BINARY: 2; else 0 */
  size_t train_samples, test_samples;
  double *train_inputs;                              /**< [train_samples][features] */
  double *train_targets;                             /**< [train_samples][targets] */
  double *test_inputs;                               /**< [test_samples][features]; NULL if test_samples is 0 */
  double *test_targets;                              /**< [test_samples][targets]; NULL if test_samples is 0 */
  float *train_inputs_float32, *test_inputs_float32; /**< in place of train_inputs and test_inputs */
  uint64_t hash;                                     /**< of everything above, with the inputs in float64 */
  double largest;                       /**< largest magnitude of a number, before anything is read; DBL_MAX: float64 */
  const struct isw_data_memory *memory; /**< of isw_dataset_load, before anything is read */
  uint64_t key;                         /**< of the samples in it */
  double making_bytes;                  /**< memory that was needed in addition while the samples were made or read */
  void *block;            /**< holds the samples once they are complete; NULL before, and if each array is its own */
  bool block_is_borrowed; /**< the block belongs to whoever provided the memory */
};

/** Number of outputs of a network with this data and loss; 0 if the loss does not accept the data. */
size_t isw_outputs(const struct isw_data *data, const struct isw_loss *loss);

/** The biases to which weight decay applies. It always applies to the weights. */
enum isw_decay_biases { ISW_DECAY_ALL, ISW_DECAY_HIDDEN, ISW_DECAY_NONE };

/** Residual branches: h + alpha f(h). The first hidden layer maps the inputs to h and belongs to no branch. The hidden
 *  layers after it, all of the same width, form groups of branch_layers layers; each group is a branch f whose input h
 *  is added to its output. */
struct isw_residual {
  size_t branch_layers; /**< 0: no branches; else divides the depth minus 1 */
  double scale;         /**< initial alpha of every branch */
  bool train_scale;     /**< whether alpha is trained like a weight; else it is constant */
  bool ends_linear;     /**< f ends without an activation: its last layer's is the identity */
};
/** Number of branches of a network of `layers` weight layers. */
size_t isw_branches(size_t layers, size_t branch_layers);
/** Whether weight layer k (from 0) is the last layer of a branch. */
bool isw_ends_branch(size_t layers, size_t branch_layers, size_t k);
/** Whether weight layer k (from 0) ends a branch without an activation. */
bool isw_ends_linear(size_t layers, const struct isw_residual *residual, size_t k);

/** What init_noise is added to. */
enum isw_noise_of { ISW_NOISE_ALL, ISW_NOISE_WEIGHTS, ISW_NOISE_BIASES };

/** Which layers have biases. */
enum isw_bias { ISW_BIAS_ALL, ISW_BIAS_HIDDEN, ISW_BIAS_NONE };
/** Whether weight layer k (from 0) of `layers` has biases. */
bool isw_has_bias(enum isw_bias bias, size_t layers, size_t k);

/** What decides, with the sizes of its layers, which parameters a network has. */
struct isw_parts {
  size_t branch_layers; /**< as in isw_residual */
  enum isw_bias bias;
  struct isw_normalizing normalizing;
};
/** Whether weight layer k (from 0) of `layers` normalises its pre-activations. */
bool isw_normalizes(struct isw_parts parts, size_t layers, size_t k);
/** Numbers that each unit of weight layer k has beside its incoming weights: bias, gain and shift. */
size_t isw_unit_parameters(struct isw_parts parts, size_t layers, size_t k);

/** Factors of a weight layer: [0] of its weights and of the scale of a branch that ends there, [1] of its biases, gains
 *  and shifts. */
struct isw_layer_factors {
  double rate[2];    /**< of learning_rate; 0: frozen */
  double std[2];     /**< of the initial numbers */
  double decay[2];   /**< of weight_decay */
  double epsilon[2]; /**< of the optimiser's parameter epsilon */
};

/** The stop rule for losses that no longer fall (docs/numerics.md, the loop). */
struct isw_plateau {
  uint64_t steps;  /**< since the last improvement; 0: no such rule */
  double relative; /**< an improvement is a loss below the best one before by more than this part of it */
};

/** One network: everything that determines its trajectory, as numbers. */
struct isw_network {
  uint64_t number; /**< index in grid order */
  uint64_t id;     /**< identity: hash of everything that determines the trajectory */
  uint64_t seed, replicate;
  size_t dataset; /**< index in the sweep's datasets */
  size_t layers;  /**< weight layers: depth + 1 */
  size_t *size;   /**< [layers + 1] features, hidden widths, outputs */
  struct isw_choice activation, output_activation, loss, optimizer;
  struct isw_choice normalization; /**< of the hidden layers' pre-activations */
  struct isw_choice *init;         /**< [layers] of layer k + 1 */
  enum isw_bias bias;
  struct isw_choice *bias_init; /**< [layers], without effect on a layer without biases */
  double init_noise;
  enum isw_noise_of noise_of;
  struct isw_choice mask; /**< which weights stay 0; a row of isw_masks */
  double init_sparsity;   /**< fraction of the initial weights, not biases, that are set to 0 */
  double output_scale;    /**< a of y = a z, before the output activation */
  struct isw_residual residual;
  double dropout; /**< probability with which a step's pass drops each hidden unit of each sample */
  double learning_rate, weight_decay;
  const struct isw_layer_factors *factors; /**< [layers]; NULL: all 1 */
  enum isw_decay_biases decay_biases;
  struct isw_choice schedule; /**< of the learning rate */
  double gradient_noise;      /**< standard deviation of normal noise that is added to each step's gradient; 0: none */
  double clip_norm;           /**< maximum norm of the gradient; 0: no clipping */
  size_t batch_size;          /**< 0: full */
  bool shuffle_per_replicate;
  uint64_t steps;
  double stop_loss_below;     /**< -infinity: no such rule */
  double stop_gradient_below; /**< -infinity: no such rule */
  double stop_loss_above;     /**< 0: no such rule */
  double stop_accuracy_above; /**< 0: no such rule */
  struct isw_plateau stop_plateau;
};

/** The activation of weight layer k (from 0): that of the hidden layers, of the output, or `linear`. */
const struct isw_choice *isw_activation_of(const struct isw_network *network, size_t k);

/** The parts of a network. */
struct isw_parts isw_parts_of(const struct isw_network *network);
/** Number of parameters of a network: the sum over layers of fan_out (fan_in + 1), or fan_out fan_in where a layer has
 *  no biases, one gain and shift per unit of layers that have them, and one scale per branch. SIZE_MAX on overflow. */
size_t isw_parameters(size_t layers, const size_t *size, struct isw_parts parts);
/** FLOPs of one optimiser step on a batch of `samples`: 6 N P - 2 N P_1 over weights (P_1: the first layer's), and 6 N
 *  n for each branch of n units: the sum h + alpha f, its delta times alpha, the deltas' sum, alpha's gradient. */
double isw_step_flops(size_t layers, const size_t *size, size_t branch_layers, size_t samples);
/** FLOPs that a step of an optimiser that solves has beyond those: J^T J, and Cholesky's factors of two attempts. */
double isw_solver_flops(size_t parameters, size_t samples, size_t outputs);
#endif
