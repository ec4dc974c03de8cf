/** @file Trials: small packs trained by the engine and, network by network, by the reference trainer, and compared. */
#ifndef INITSWEEP_TESTS_TRIALS_H
#define INITSWEEP_TESTS_TRIALS_H
#include "initsweep/sweep.h"
#include "reference_trainer.h"

enum trial_data {
  TRIAL_XOR,
  TRIAL_TEACHER,
  TRIAL_CLASSES,
  TRIAL_SMALL_DATA,
  TRIAL_MANY = TRIAL_SMALL_DATA,
  TRIAL_DATA
};

/** Indices of rows in their tables by name. Exits if there is no row with that name. */
size_t trial_initializer(const char *name);
size_t trial_activation(const char *name);
size_t trial_loss(const char *name);
size_t trial_optimizer(const char *name);
size_t trial_schedule(const char *name);
size_t trial_normalization(const char *name);

/** Small data: xor (4 samples, binary); a random smooth function of 3 inputs (11 samples, 2 values); 3 classes of 5
 *  features (13 samples); and, not small, 131 samples of the same 3 classes. No test samples. */
struct isw_data trial_data_create(enum trial_data kind);
/** Whether a loss accepts these data. */
bool trial_takes(size_t loss, enum trial_data kind);
void trial_data_destroy(struct isw_data *data);

/** Factors of layers: none; all but 1, in every lane others if lanes vary; and with frozen parts. */
enum trial_factors { TRIAL_NO_FACTORS, TRIAL_FACTORS, TRIAL_FROZEN_FIRST, TRIAL_FROZEN_PARTS, TRIAL_FACTOR_KINDS };

enum trial_by_layer { TRIAL_SAME, TRIAL_ZERO_OUTPUT, TRIAL_CONSTANT_FIRST, TRIAL_BY_LAYER };

/** A pack of networks. Rows are indices in their tables; members that are 0 select the plainest choice. */
struct trial {
  const char *name;
  enum isw_precision real;
  enum trial_data data;
  size_t init, bias_init, activation, output_activation, loss, optimizer, schedule;
  enum trial_by_layer by_layer;
  size_t depth,
      width; /**< hidden layers have width, then (width + 1) / 2, in turn; all width where there are branches */
  double output_scale; /**< 0: 1 */
  enum isw_bias bias;
  size_t normalization;
  bool no_affine, no_branch_ends; /**< parameters of the normalisation */
  enum trial_factors factors;
  struct isw_residual residual; /**< if the lanes vary, their scales are 0.1 apart */
  size_t batch_size;            /**< 0: full */
  bool shuffle_per_replicate;   /**< then all networks have the same replicate */
  uint64_t steps;
  double learning_rate, weight_decay, init_noise, loss_below, gradient_below; /**< thresholds; 0: no rule */
  double loss_above, accuracy_above;                                          /**< 0: no rule */
  struct isw_plateau plateau;                /**< if the lanes vary, its parts are 0.01 apart */
  double clip_norm, gradient_noise, dropout; /**< 0: none */
  double init_sparsity;
  size_t mask; /**< of 2 of 5 weights; lanes differ if they vary */
  enum isw_noise_of noise_of;
  bool no_epsilon; /**< the optimiser's epsilon is 0, so that a gradient of 0 gives 0 / 0 */
  enum isw_decay_biases decay_biases;
  bool varied;           /**< the lanes differ in learning rate and in every parameter of every row */
  bool plain_loss;       /**< except the loss's */
  bool plain_init;       /**< and the initialisers' */
  bool sparse_records;   /**< records at 0, 3 and the end; otherwise at every step */
  bool whole_records;    /**< every record has all measures; otherwise they take turns, all at the first and the last */
  bool hashes_batches;   /**< the hash includes the batches' measures, which older lines of hashes.txt do not */
  size_t count, members; /**< networks in the pack, threads in the team; 0: all lanes, 1 */
};

/** A pack's networks, and what else both trainers need. */
struct trial_networks {
  struct isw_data data;
  size_t count, layers, records;
  size_t *size;
  struct isw_choice *init, *bias_init; /**< [count][layers] */
  struct isw_layer_factors *factors;   /**< [count][layers] */
  struct isw_network network[ISW_LANES_MAX];
  const struct isw_network *list[ISW_LANES_MAX];
  uint64_t *record_steps;
  struct isw_weights weights; /* for the rows that read a file */
  double *weight_values;
};
/** The trial itself or, if its optimiser solves for all numbers together, one without what such a row does not take,
 *  and small, because its steps are long. */
struct trial trial_of_optimizer(const struct trial *trial);
void trial_networks_create(const struct trial *trial, struct trial_networks *networks);
void trial_networks_destroy(struct trial_networks *networks);

/** A hash of every bit of the outcomes of `count` networks: FNV-1a over status, steps_done, weights and measures; all
 *  NaNs count as the same. */
uint64_t trial_hash(const struct trial *trial, const struct reference_result *results, size_t count);

/** What a trial counts. */
struct trial_counts {
  size_t trials, packs, networks, completed, stopped, diverged, subnormal, differences;
};

/** Trains the networks with the reference trainer, results [count]. */
void trial_reference(const struct trial *trial, const struct trial_networks *networks,
                     struct reference_result *results);
/** The path that a pack of a class should take: isw_cost_path, if the cost room is linked. */
typedef enum isw_pack_path trial_path_function(const struct isw_kernels *kernels, const struct isw_probe *const *probes,
                                               size_t probe_count, const struct isw_pack_class *class);
/** Compared with the path of every pack with networks in lanes that trial_engine trains; NULL: not checked. */
extern trial_path_function *trial_expected_path;
/** The number of networks from a pack's first to the next pack's: all; or, with units in lanes, where a pack has one
 *  network, so many that at most four are trained. */
size_t trial_stride(const struct trial_networks *networks, enum isw_layout layout);
/** Trains them with the engine and the named kernels in one pack or, with units in lanes, those that are trial_stride
 *  apart in a pack each; results [count] in the reference trainer's form; false, with a line on stderr, if the engine
 *  refuses. */
bool trial_engine(const struct trial *trial, const struct trial_networks *networks, const char *kernels,
                  enum isw_layout layout, struct reference_result *results);
/** Whether both are equal, where all NaNs count as the same; writes the first difference to stderr. */
bool trial_same(const char *what, const struct reference_result *engine, const struct reference_result *reference);

/** Runs the whole trial, as trial_of_optimizer has it: compares every usable kernel, in both layouts, with the
 *  reference trainer. Returns the reference trainer's hash. */
uint64_t trial_run(const struct trial *trial, struct trial_counts *counts);
#endif
