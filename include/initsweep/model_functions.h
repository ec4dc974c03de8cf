/** @file The tables of activations, losses, optimisers and learning-rate schedules, and facts about their rows. The
 *  arithmetic is in src/model/{activations,losses,optimizers}.def, one row each, written once in operations that the
 *  engine defines for every instruction set and precision. The arithmetic of schedules is in schedules.c. */
#ifndef INITSWEEP_MODEL_FUNCTIONS_H
#define INITSWEEP_MODEL_FUNCTIONS_H
#include "initsweep/model_rows.h"

struct isw_activation {
  struct isw_row row;
  bool needs_pre_activation;     /**< the derivative is a function of z, not of g(z) alone */
  bool monotone;                 /**< g never decreases; this and the members below are for default parameters */
  double value_at_0, slope_at_0; /**< g(0), g'(0) (the derivative that training uses) */
  double curvature_at_0;         /**< g''(0); NaN where g' has a kink at 0 */
  double gain;                   /**< as torch.nn.init.calculate_gain; NaN if that defines none */
};
const struct isw_activation *isw_activations(size_t *count);
/** The gain of torch.nn.init.calculate_gain for an activation with its parameters; NaN if that defines none. */
double isw_gain(const struct isw_choice *activation);
size_t isw_activation_facts(size_t row, struct isw_fact *fact);

enum isw_targets {
  ISW_TARGETS_VALUES, /**< real numbers, one column per output */
  ISW_TARGETS_BINARY, /**< one column of 0 or 1 */
  ISW_TARGETS_CLASSES /**< one column of labels 0 .. classes - 1 */
};

struct isw_loss {
  struct isw_row row;
  bool on_logits;         /**< takes logits: output_activation must stay linear */
  bool one_hot;           /**< converts class labels to one column per class */
  bool takes_values;      /**< accepts ISW_TARGETS_VALUES */
  bool binary_as_classes; /**< binary targets count as two classes (cross_entropy) */
  bool mean_over_outputs; /**< the mean is over samples and outputs; else over samples */
  double threshold; /**< with one output column and binary targets: the prediction is 1 if the output exceeds it */
};
const struct isw_loss *isw_losses(size_t *count);
size_t isw_loss_facts(size_t row, struct isw_fact *fact);

struct isw_optimizer {
  struct isw_row row;
  size_t states; /**< number of state arrays of the weights' shape, zero before the first step */
  /** weight decay shrinks the weight by the factor learning_rate weight_decay; else it is added to the gradient */
  bool decoupled_decay;
  /** A step solves for all numbers together instead of updating each by its gradient, as least squares: the loss must
   *  be mse, the batch the training set, and a network has at most ISW_SOLVER_PARAMETERS_MAX parameters. These rows are
   *  the last ones. */
  bool solves;
};
enum { ISW_SOLVER_PARAMETERS_MAX = 2048 };
const struct isw_optimizer *isw_optimizers(size_t *count);
size_t isw_optimizer_facts(size_t row, struct isw_fact *fact);

/** One normalisation of pre-activations over the units of a layer. Row 0 is none. */
struct isw_normalization {
  struct isw_row row;
  bool normalizes; /**< false: row 0 */
  bool centers;    /**< subtracts the mean; affine, it then has a shift beside the gain */
};
const struct isw_normalization *isw_normalizations(size_t *count);
/** A choice of a row as what the layers of a network need to know. */
struct isw_normalizing {
  bool is_on;
  bool centers;     /**< as in isw_normalization */
  bool affine;      /**< each unit has a gain, and if the row centres a shift */
  bool branch_ends; /**< the last layers of residual branches are normalised, too */
};
struct isw_normalizing isw_normalizing_of(const struct isw_choice *normalization);
/** The number that is added to the variance; 1 without normalisation. */
double isw_normalization_epsilon(const struct isw_choice *normalization);

/** One learning-rate schedule. Row 0 is constant. */
struct isw_rate_schedule {
  struct isw_row row;
  /** The factor of train.learning_rate at step `step` of a network that trains for `steps` steps. It uses no elementary
   *  functions but those of exact.h. */
  double (*factor)(const struct isw_choice *settings, uint64_t step, uint64_t steps);
};
const struct isw_rate_schedule *isw_schedules(size_t *count);

struct isw_layer_factors;

/** One parametrization: how the initial numbers and the learning rates of a layer depend on the widths. Row 0 is the
 *  standard one. */
struct isw_parametrization {
  struct isw_row row;
};
const struct isw_parametrization *isw_parametrizations(size_t *count);
/** Whether a row of isw_parametrizations defines rates for a row of isw_optimizers. The standard one does for all. */
bool isw_is_parametrized(size_t parametrization, size_t optimizer);
/**
 * Multiplies the factors of a layer by those of a parametrization.
 * @param[in] settings   a row of isw_parametrizations with its parameters
 * @param[in] optimizer  a row of isw_optimizers, for which isw_is_parametrized
 * @param[in] layer      weight layer, from 1
 * @param[in] size       [layers + 1]
 */
void isw_parametrize(const struct isw_choice *settings, size_t optimizer, size_t layer, size_t layers,
                     const size_t *size, struct isw_layer_factors *factors);
#endif
