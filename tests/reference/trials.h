/** @file Trials: small packs trained by the engine and, network for network, by the plain trainer, and compared. */
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

/** Places of rows in their tables by name. Exits where there is none of that name. */
size_t trial_initializer(const char *name);
size_t trial_activation(const char *name);
size_t trial_loss(const char *name);
size_t trial_optimizer(const char *name);
size_t trial_schedule(const char *name);

/** Small data: xor (4 samples, binary); a random smooth function of 3 inputs (11 samples, 2 values); 3 classes of 5
 *  features (13 samples); and, not small, 131 samples of the same 3 classes. No test samples. */
struct isw_data trial_data_create(enum trial_data kind);
/** Whether a loss can take such data. */
bool trial_takes(size_t loss, enum trial_data kind);
void trial_data_destroy(struct isw_data *data);

enum trial_by_layer { TRIAL_SAME, TRIAL_ZERO_OUTPUT, TRIAL_CONSTANT_FIRST, TRIAL_BY_LAYER };

/** A pack of networks. Rows are places in their tables; what is left 0 is the plainest choice. */
struct trial {
  const char *name;
  enum isw_precision real;
  enum trial_data data;
  size_t init, bias_init, activation, output_activation, loss, optimizer, schedule;
  enum trial_by_layer by_layer;
  size_t depth,
      width; /**< hidden layers have width, then (width + 1) / 2, in turn; all width where there are branches */
  struct isw_residual residual; /**< the lanes' scales are 0.1 apart where they vary */
  size_t batch_size;            /**< 0: full */
  bool shuffle_per_replicate;   /**< then all networks are one replicate */
  uint64_t steps;
  double learning_rate, weight_decay, init_noise, loss_below, gradient_below; /**< thresholds: 0 is no rule */
  double clip_norm;                                                           /**< 0: none */
  double init_sparsity;
  enum isw_decay_biases decay_biases;
  bool varied;         /**< the lanes differ in learning rate and in every parameter of every row */
  bool plain_loss;     /**< but not in the loss's */
  bool plain_init;     /**< nor in the initialisers' */
  bool sparse_records; /**< records at 0, 3 and the end; else at every step */
  bool whole_records;  /**< the engine measures all at every record; else in turns, all at the first and the last */
  bool hashes_batches; /**< the hash is of the batches' measures too, which older lines of hashes.txt know nothing of */
  size_t count, members; /**< networks in the pack, threads in the team; 0: all lanes, 1 */
};

/** A pack's networks, and what both trainers need beside them. */
struct trial_networks {
  struct isw_data data;
  size_t count, layers, records;
  size_t *size;
  struct isw_choice *init, *bias_init; /**< [count][layers] */
  struct isw_network network[ISW_LANES_MAX];
  const struct isw_network *list[ISW_LANES_MAX];
  uint64_t *record_steps;
  struct isw_weights weights; /* for the row `file` */
  double *weight_values;
};
void trial_networks_create(const struct trial *trial, struct trial_networks *networks);
void trial_networks_destroy(struct trial_networks *networks);

/** One word for every bit that count networks left: FNV-1a over status, steps_done, weights and measures, a NaN being a
 *  NaN. */
uint64_t trial_hash(const struct trial *trial, const struct reference_result *results, size_t count);

/** What a trial counts. */
struct trial_counts {
  size_t trials, packs, networks, completed, stopped, diverged, subnormal, differences;
};

/** Trains the networks by the plain trainer, results [count]. */
void trial_reference(const struct trial *trial, const struct trial_networks *networks,
                     struct reference_result *results);
/** The path that a pack of a class should take: isw_cost_path, where the cost room is linked. */
typedef enum isw_pack_path trial_path_function(const struct isw_kernels *kernels, const struct isw_probe *const *probes,
                                               size_t probe_count, const struct isw_pack_class *class);
/** Held against the path of every pack that trial_engine trains; NULL: no check. */
extern trial_path_function *trial_expected_path;
/** Trains them by the engine on the kernels named, results [count] in the plain trainer's form; false with a line on
 *  stderr where the engine refused. */
bool trial_engine(const struct trial *trial, const struct trial_networks *networks, const char *kernels,
                  struct reference_result *results);
/** Whether both left the same, a NaN being a NaN; the first difference goes to stderr. */
bool trial_same(const char *what, const struct reference_result *engine, const struct reference_result *reference);

/** The whole of it: every usable kernel against the plain trainer. Returns the plain trainer's hash. */
uint64_t trial_run(const struct trial *trial, struct trial_counts *counts);
#endif
