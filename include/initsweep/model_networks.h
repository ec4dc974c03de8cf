/** @file Networks: the data that one trains on, its layers and residual branches, and everything that decides its
 *  trajectory. */
#ifndef INITSWEEP_MODEL_NETWORKS_H
#define INITSWEEP_MODEL_NETWORKS_H
#include "initsweep/model_functions.h"
#include "initsweep/model_rows.h"

/** Samples and targets, ready to train on. Plain float64; the engine rounds to the sweep's precision. */
struct isw_data {
  size_t features; /**< columns of an input */
  enum isw_targets kind;
  size_t targets; /**< columns of a target (1 for binary and classes) */
  size_t classes; /**< ISW_TARGETS_CLASSES: number of classes; ISW_TARGETS_BINARY: 2; else 0 */
  size_t train_samples, test_samples;
  double *train_inputs;  /**< [train_samples][features] */
  double *train_targets; /**< [train_samples][targets] */
  double *test_inputs;   /**< [test_samples][features], NULL where test_samples is 0 */
  double *test_targets;
  uint64_t hash; /**< of everything above */
  /** A file that was read although it is not below the sweep file's folder by its name; NULL: none. The choice's. */
  const char *outside;
};

/** Output columns of a network on such data under such a loss; 0 where the loss cannot take the data. */
size_t isw_outputs(const struct isw_data *data, const struct isw_loss *loss);

/** Which biases weight decay is for; the weights always. */
enum isw_decay_biases { ISW_DECAY_ALL, ISW_DECAY_HIDDEN, ISW_DECAY_NONE };

/** Residual branches: h + alpha f(h). The first hidden layer maps the inputs to h and stands outside; the hidden layers
 *  after it, all of its width, are in groups of branch_layers, each a branch f around which its input h is carried. */
struct isw_residual {
  size_t branch_layers; /**< 0: no branches; else divides the depth minus 1 */
  double scale;         /**< every branch's alpha at the start */
  bool train_scale;     /**< alpha is trained as weights are; else it stays */
};
/** Number of branches of a network of `layers` weight layers. */
size_t isw_branches(size_t layers, size_t branch_layers);
/** Whether weight layer k (from 0) is a branch's last. */
bool isw_ends_branch(size_t layers, size_t branch_layers, size_t k);

/** One network: a point of the grid with everything that decides its trajectory, as numbers. */
struct isw_network {
  uint64_t number; /**< its place in grid order */
  uint64_t id;     /**< identity: hash of all that decides the trajectory */
  uint64_t seed, replicate;
  size_t dataset; /**< which of the sweep's datasets */
  size_t layers;  /**< weight layers: depth + 1 */
  size_t *size;   /**< [layers + 1] features, hidden widths, outputs */
  struct isw_choice activation, output_activation, loss, optimizer;
  struct isw_choice *init;      /**< [layers] of layer k + 1 */
  struct isw_choice *bias_init; /**< [layers] */
  double init_noise;
  double init_sparsity; /**< share of the weights, not biases, that are set to 0 at the start */
  struct isw_residual residual;
  double learning_rate, weight_decay;
  enum isw_decay_biases decay_biases;
  struct isw_choice schedule; /**< of the learning rate */
  double clip_norm;           /**< the gradient's norm is made at most this; 0: no clipping */
  size_t batch_size;          /**< 0: full */
  bool shuffle_per_replicate;
  uint64_t steps;
  double stop_loss_below;     /**< -infinity: no such rule */
  double stop_gradient_below; /**< likewise */
};

/** Weights and biases of a network: sum over layers of fan_out (fan_in + 1); and a scale a branch. SIZE_MAX on
 *  overflow. */
size_t isw_parameters(size_t layers, const size_t *size, size_t branch_layers);
/** FLOPs of one optimiser step on a batch of `samples`: 6 N P - 2 N P_1 over weights (P_1: the first layer's), and 6 N
 *  n for each branch of n units: the sum h + alpha f, its delta times alpha, the deltas' sum, alpha's gradient. */
double isw_step_flops(size_t layers, const size_t *size, size_t branch_layers, size_t samples);
#endif
