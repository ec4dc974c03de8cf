/** @file The model room: what a network is, and the tables of named rows that it is made of.
 *  A row is its definition, its parameters and its source; the sweep-file check, `initsweep list`, the docs and the
 *  tests read the tables, so a new row is a new feature everywhere. */
#ifndef INITSWEEP_MODEL_H
#define INITSWEEP_MODEL_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "initsweep/exact.h"
#include "initsweep/random.h"

/* ---- rows ------------------------------------------------------------------------------------------------------- */

enum { ISW_PARAMETERS_MAX = 12 };

enum isw_parameter_type {
  ISW_REAL,  /**< a finite number */
  ISW_COUNT, /**< a whole number */
  ISW_WORD,  /**< one of words; its value's number is the word's index */
  ISW_TEXT   /**< any text; its value's text holds it */
};

/** One parameter of a named choice, as sweep files give it: `{name: constant, value: 0.1}`. */
struct isw_parameter {
  const char *name;
  enum isw_parameter_type type;
  double initial;           /**< the default's number (for ISW_WORD the index) */
  const char *initial_text; /**< the default of ISW_TEXT; NULL: the parameter must be given */
  double low, high;         /**< allowed numbers */
  bool low_open, high_open; /**< whether the ends themselves are not allowed */
  const char *const *words; /**< ISW_WORD: NULL-terminated */
  const char *word;         /**< ISW_REAL: a word that may stand for the number word_number; NULL: none */
  double word_number;
  const char *about; /**< one clause for docs and errors */
  bool is_path;      /**< ISW_TEXT: names a file of the user's */
};

/** What every table's row begins with. */
struct isw_row {
  const char *name;                                    /**< as sweep files spell it */
  struct isw_parameter parameters[ISW_PARAMETERS_MAX]; /**< a NULL name ends them */
  const char *formula;                                 /**< the definition, for docs and `initsweep list` */
  const char *source;                                  /**< paper and equation, or what defines it */
};

struct isw_value {
  double number;
  const char *text; /**< ISW_TEXT only, else NULL; owned by the sweep */
};

/** Weights and biases of a network that a file gave, in format 1's layout: layer after layer, weight [fan_out][fan_in] row-major,
 *  then bias. */
struct isw_weights {
  size_t count;
  const double *value; /**< [count], finite */
  uint64_t hash;       /**< of the numbers */
};

/** A row with values for its parameters, in the row's order. */
struct isw_choice {
  size_t row; /**< index in its table */
  struct isw_value value[ISW_PARAMETERS_MAX];
  const struct isw_weights *weights; /**< of a row that needs ISW_START_FILE, else NULL; owned by the sweep */
};

enum { ISW_FACTS_MAX = 8 };
/** What a row says of itself beside its words, for `list` and the docs. A table's rows have the same facts in the same order. */
struct isw_fact {
  const char *key, *name; /**< for programs ("value_at_0") and for people ("g(0)") */
  double number;          /**< NaN: none */
  bool truth;             /**< number is 0 or 1 and stands for no or yes */
};

/** The number of parameters of a row. */
size_t isw_row_parameters(const struct isw_row *row);
/** A choice of table row `row` with every parameter at its default. */
struct isw_choice isw_choice_default(const struct isw_row *row, size_t index);

/** A name that another library has for a row. */
struct isw_alias {
  const char *table, *name, *row; /**< "initializers", "ones", "constant" */
  size_t presets;
  double preset[ISW_PARAMETERS_MAX]; /**< [presets] defaults of the first parameters under this name */
  const char *source;                /**< whose name it is */
};
/** All aliases; *count is their number. */
const struct isw_alias *isw_aliases(size_t *count);
/** The alias of a table that is called name, or NULL. */
const struct isw_alias *isw_alias_find(const char *table, const char *name);

/* ---- initialisers ------------------------------------------------------------------------------------------------- */

enum { ISW_START_SAMPLES = 256 };

/** What a layer's start may depend on beside its own draws. */
struct isw_start {
  size_t layer, layers;                /**< weight layer, from 1; of so many */
  size_t before;                       /**< weights and biases of the layers below */
  const struct isw_choice *activation; /**< the layer's own */
  size_t outputs;                      /**< columns of targets */
  size_t samples;                      /**< training samples */
  const double *targets; /**< [samples][outputs], as the loss takes them; NULL where no row of the network needs them */
  size_t input_samples;  /**< at most ISW_START_SAMPLES training samples, spread evenly */
  const double *inputs;  /**< [input_samples][fan_in] what the layer gets from them; NULL where no row needs it */
};

/** What a row needs of struct isw_start. */
enum isw_start_needs {
  ISW_START_TARGETS = 1, /**< the training set's targets */
  ISW_START_INPUTS = 2,  /**< the layer's inputs under the layers below as they start */
  ISW_START_FILE = 4     /**< the choice's weights, of parameters path, dataset and network */
};

/** One initialiser. Bias initialisers are the same rows (`for_bias`): a bias is filled as one column. */
struct isw_initializer {
  struct isw_row row;
  bool for_bias; /**< makes sense as network.bias_init */
  /**
   * Fills one layer's weights.
   * @param[in]  settings  this row's parameters
   * @param[in]  fan_out   rows
   * @param[in]  fan_in    of the layer
   * @param[in]  columns   fan_in, or 1 where it is the layer's bias
   * @param[in]  stream    draws keyed by (seed, replicate, layer); draw i belongs to element i
   * @param[out] weight    [fan_out][columns], row-major, float64; the engine rounds to the sweep's precision
   * @return false where memory ran out
   */
  bool (*fill)(const struct isw_choice *settings, size_t fan_out, size_t fan_in, size_t columns,
               const struct isw_stream *stream, double *weight);
  /** In place of fill (then NULL), for rows that depend on the layer's place or on the data. */
  bool (*fill_from)(const struct isw_choice *settings, const struct isw_start *start, size_t fan_out, size_t fan_in,
                    size_t columns, const struct isw_stream *stream, double *weight);
  unsigned needs; /**< enum isw_start_needs */
};
const struct isw_initializer *isw_initializers(size_t *count);
/** Facts of a row into fact[ISW_FACTS_MAX]; returns how many. Likewise those of other tables. */
size_t isw_initializer_facts(size_t row, struct isw_fact *fact);
/** Fills one layer's weights or bias by the row of `init`; arguments and result as those of its `fill`. */
bool isw_initialize(const struct isw_choice *init, const struct isw_start *start, size_t fan_out, size_t fan_in,
                    size_t columns, const struct isw_stream *stream, double *weight);

/* ---- activations, losses, optimizers ------------------------------------------------------------------------------
 * Their arithmetic stands in src/model/{activations,losses,optimizers}.def, one row each, written once in the
 * operations that the engine defines for every instruction set and precision. These tables are the rows' words. */

struct isw_activation {
  struct isw_row row;
  bool needs_pre_activation;     /**< the derivative is a function of z, not of g(z) alone */
  bool monotone;                 /**< g never falls; this and what follows at default parameters */
  double value_at_0, slope_at_0; /**< g(0), g'(0) (the derivative that training uses) */
  double curvature_at_0;         /**< g''(0); NaN where g' has a kink at 0 */
  double gain;                   /**< torch.nn.init.calculate_gain's; NaN where it knows none */
};
const struct isw_activation *isw_activations(size_t *count);
/** The gain of torch.nn.init.calculate_gain for an activation with its parameters; NaN where it knows none. */
double isw_gain(const struct isw_choice *activation);
size_t isw_activation_facts(size_t row, struct isw_fact *fact);

enum isw_targets {
  ISW_TARGETS_VALUES, /**< real numbers, one column an output */
  ISW_TARGETS_BINARY, /**< one column of 0 or 1 */
  ISW_TARGETS_CLASSES /**< one column of labels 0 .. classes - 1 */
};

struct isw_loss {
  struct isw_row row;
  bool on_logits;         /**< takes logits: output_activation must stay linear */
  bool one_hot;           /**< turns class labels into one column a class */
  bool takes_values;      /**< accepts ISW_TARGETS_VALUES */
  bool binary_as_classes; /**< binary targets count as two classes (cross_entropy) */
  bool mean_over_outputs; /**< the mean is over samples and outputs; else over samples */
  double threshold;       /**< with one output column of binary targets: predicted 1 where the output is above this */
};
const struct isw_loss *isw_losses(size_t *count);
size_t isw_loss_facts(size_t row, struct isw_fact *fact);

struct isw_optimizer {
  struct isw_row row;
  size_t states; /**< arrays of the weights' shape that it keeps, all zero at the start */
  bool
      decoupled_decay; /**< weight_decay shrinks the weight by its share of the learning rate; else it joins the gradient */
};
const struct isw_optimizer *isw_optimizers(size_t *count);
size_t isw_optimizer_facts(size_t row, struct isw_fact *fact);

/** One learning-rate schedule. Row 0 is constant. */
struct isw_rate_schedule {
  struct isw_row row;
  /** The factor of train.learning_rate at step `step` of a network of `steps` steps, in exact functions alone. */
  double (*factor)(const struct isw_choice *settings, uint64_t step, uint64_t steps);
};
const struct isw_rate_schedule *isw_schedules(size_t *count);

/* ---- data and networks ---------------------------------------------------------------------------------------------- */

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

/** Residual branches: h + alpha f(h). The first hidden layer maps the inputs to h and stands outside; the hidden layers after it,
 *  all of its width, are in groups of branch_layers, each a branch f around which its input h is carried. */
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

/** Weights and biases of a network: sum over layers of fan_out (fan_in + 1); and a scale a branch. SIZE_MAX on overflow. */
size_t isw_parameters(size_t layers, const size_t *size, size_t branch_layers);
/** FLOPs of one optimiser step on a batch of `samples`: 6 N P - 2 N P_1 over weights (P_1: the first layer's), and 6 N n for
 *  each branch of n units: the sum h + alpha f, its delta times alpha, the deltas' sum, alpha's gradient. */
double isw_step_flops(size_t layers, const size_t *size, size_t branch_layers, size_t samples);
#endif
