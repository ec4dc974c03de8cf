/* Trains with the engine what test_training.py trains with PyTorch: one JSON object per network and line, numbers as
 * C's %a.
 *
 *   train_dump [--long] [reference]
 *
 * --long: 200 steps instead of 50 of every activation with every loss, which show any step that is wrong. reference:
 * with the reference trainer of tests/reference instead. The loops run over the tables of src/model/, so a new row is
 * compared with the oracle automatically. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "reference/trials.h"

static void print_numbers(const char *name, size_t count, const double *numbers)
{
  printf(", \"%s\": [", name);
  for (size_t i = 0; i < count; i++) printf("%s\"%a\"", i ? ", " : "", numbers[i]);
  printf("]");
}

static void print_choice(const char *name, const struct isw_row *row, const struct isw_choice *choice)
{
  printf(", \"%s\": {\"name\": \"%s\"", name, row->name);
  for (size_t p = 0; p < isw_row_parameters(row); p++)
    printf(", \"%s\": \"%a\"", row->parameters[p].name, choice->value[p].number);
  printf("}");
}

static void print_network(const struct trial *trial, const struct trial_networks *networks, size_t lane,
                          const struct reference_result *result)
{
  static const char *const kinds[] = {
      [ISW_TARGETS_VALUES] = "values", [ISW_TARGETS_BINARY] = "binary", [ISW_TARGETS_CLASSES] = "classes"};
  size_t rows;
  const struct isw_network *n = &networks->network[lane];
  const struct isw_data *data = &networks->data;
  printf("{\"case\": \"%s\", \"kind\": \"%s\", \"classes\": %zu, \"samples\": %zu, \"seed\": %" PRIu64
         ", \"replicate\": %" PRIu64 ", \"batch_size\": %zu, \"shuffle_per_replicate\": %s, \"steps\": %" PRIu64
         ", \"precision\": \"%s\", \"status\": %d, \"init\": \"%s\", \"bias_init\": \"%s\", \"learning_rate\": \"%a\", "
         "\"weight_decay\": \"%a\", \"output_scale\": \"%a\"",
         trial->name, kinds[data->kind], data->classes, data->train_samples, n->seed, n->replicate, n->batch_size,
         n->shuffle_per_replicate ? "true" : "false", n->steps, trial->real == ISW_FLOAT32 ? "float32" : "float64",
         (int)result->status, isw_initializers(&rows)[trial->init].row.name,
         isw_initializers(&rows)[trial->bias_init].row.name, n->learning_rate, n->weight_decay, n->output_scale);
  printf(", \"size\": [%zu", n->size[0]);
  for (size_t k = 1; k <= n->layers; k++) printf(", %zu", n->size[k]);
  printf("]");
  printf(", \"branch_layers\": %zu, \"train_scale\": %s, \"ends_linear\": %s, \"bias\": %d", n->residual.branch_layers,
         n->residual.train_scale ? "true" : "false", n->residual.ends_linear ? "true" : "false", (int)n->bias);
  printf(", \"has_mask\": %s", n->mask.row != 0 ? "true" : "false");
  const struct isw_normalizing normalizing = isw_normalizing_of(&n->normalization);
  printf(", \"affine\": %s, \"branch_ends\": %s", normalizing.affine ? "true" : "false",
         normalizing.branch_ends ? "true" : "false");
  print_choice("normalization", &isw_normalizations(&rows)[n->normalization.row].row, &n->normalization);
  printf(", \"factors\": [");
  for (size_t k = 0; n->factors && k < n->layers; k++) {
    const struct isw_layer_factors *f = &n->factors[k];
    for (size_t part = 0; part < 2; part++)
      printf("%s{\"rate\": \"%a\", \"decay\": \"%a\", \"epsilon\": \"%a\"}", k + part ? ", " : "", f->rate[part],
             f->decay[part], f->epsilon[part]);
  }
  printf("]");
  print_choice("activation", &isw_activations(&rows)[n->activation.row].row, &n->activation);
  print_choice("output_activation", &isw_activations(&rows)[n->output_activation.row].row, &n->output_activation);
  print_choice("loss", &isw_losses(&rows)[n->loss.row].row, &n->loss);
  print_choice("optimizer", &isw_optimizers(&rows)[n->optimizer.row].row, &n->optimizer);
  print_choice("schedule", &isw_schedules(&rows)[n->schedule.row].row, &n->schedule);
  print_numbers("clip_norm", 1, &n->clip_norm);
  print_numbers("gradient_noise", 1, &n->gradient_noise);
  print_numbers("dropout", 1, &n->dropout);
  printf(", \"decay_biases\": %d", (int)n->decay_biases);
  print_numbers("inputs", data->train_samples * data->features, data->train_inputs);
  print_numbers("targets", data->train_samples * data->targets, data->train_targets);
  print_numbers("weights_initial", result->parameters, result->weights_initial);
  print_numbers("weights_final", result->parameters, result->weights_final);
  print_numbers("losses", result->records, result->measure[REFERENCE_LOSS]);
  print_numbers("gradient_norms", result->records * result->layers, result->measure[REFERENCE_GRADIENT_NORM]);
  print_numbers("batch_losses", result->records, result->measure[REFERENCE_BATCH_LOSS]);
  print_numbers("batch_gradient_norms", result->records * result->layers,
                result->measure[REFERENCE_BATCH_GRADIENT_NORM]);
  print_numbers("batch_bias_gradient_norms", result->records * result->layers,
                result->measure[REFERENCE_BATCH_BIAS_GRADIENT_NORM]);
  printf("}\n");
}

/* Trains two networks and prints them. False if the engine refuses. */
static bool dump(bool by_reference, const char *name, struct trial trial)
{
  struct trial_networks networks;
  struct reference_result results[2];
  trial.name = name;
  trial.count = 2;
  trial.whole_records = true;
  trial_networks_create(&trial, &networks);
  bool trained = true;
  if (by_reference)
    trial_reference(&trial, &networks, results);
  else
    trained = trial_engine(&trial, &networks, NULL, ISW_NETWORKS_IN_LANES, results);
  for (size_t lane = 0; trained && lane < networks.count; lane++) {
    print_network(&trial, &networks, lane, &results[lane]);
    reference_result_clear(&results[lane]);
  }
  trial_networks_destroy(&networks);
  return trained;
}

/* The rows of optimisers before those that solve. */
static size_t gradient_optimizers(void)
{
  size_t rows, count = 0;
  const struct isw_optimizer *table = isw_optimizers(&rows);
  while (count < rows && !table[count].solves) count++;
  return count;
}

static struct trial plain(void)
{
  return (struct trial){.real = ISW_FLOAT64,
                        .data = TRIAL_CLASSES,
                        .init = trial_initializer("glorot_uniform"),
                        .bias_init = trial_initializer("zeros"),
                        .activation = trial_activation("tanh"),
                        .output_activation = trial_activation("linear"),
                        .loss = trial_loss("mse"),
                        .optimizer = trial_optimizer("sgd"),
                        .depth = 2,
                        .width = 7,
                        .steps = 200,
                        .learning_rate = 0.1,
                        .varied = true};
}

/* Every activation with every loss: some steps, and one step of rate 1 whose difference of weights is the gradient. */
static bool dump_activations_and_losses(bool by_reference, uint64_t steps)
{
  size_t activations, losses;
  bool good = true;
  isw_activations(&activations);
  isw_losses(&losses);
  for (size_t g = 0; g < activations; g++)
    for (size_t loss = 0; loss < losses; loss++)
      for (int data = 0; data < TRIAL_SMALL_DATA; data++) {
        struct trial trial = plain();
        trial.activation = g;
        trial.steps = steps;
        if (g == trial_activation("square")) { /* with two layers of squares no rate keeps 200 steps bounded */
          trial.depth = 1;
          trial.learning_rate = 0.01;
        }
        /* Biases of 0 with an even g are a saddle point that only rounding leaves; with mae, whose bias steps are all
         * equal, they reach a target except for rounding. */
        if (g == trial_activation("cos") || loss == trial_loss("mae")) trial.bias_init = trial_initializer("uniform");
        trial.loss = loss;
        trial.data = (enum trial_data)data;
        if (!trial_takes(loss, trial.data)) continue;
        good &= dump(by_reference, "activation and loss", trial);
        trial.bias_init = trial_initializer("normal");
        trial.steps = 1;
        trial.learning_rate = 1.0;
        trial.varied = false;
        good &= dump(by_reference, "gradient", trial);
      }
  return good;
}

static bool dump_output_activations(bool by_reference)
{
  size_t activations;
  bool good = true;
  isw_activations(&activations);
  for (size_t g = 0; g < activations; g++) {
    struct trial trial = plain();
    trial.output_activation = g;
    trial.bias_init = trial_initializer("uniform");
    good &= dump(by_reference, "output activation", trial);
  }
  return good;
}

/* Full batch, and minibatches that do not divide the samples, in the common order and in the replicate's own. */
static bool dump_optimizers(bool by_reference)
{
  size_t optimizers;
  bool good = true;
  optimizers = gradient_optimizers();
  for (size_t o = 0; o < optimizers; o++)
    for (int batch = 0; batch < 3; batch++) {
      struct trial trial = plain();
      trial.optimizer = o;
      trial.loss = trial_loss("cross_entropy");
      trial.learning_rate = 0.01;
      trial.batch_size = batch ? 4 : 0;
      trial.shuffle_per_replicate = batch == 2;
      trial.weight_decay = batch ? 0.01 : 0.0;
      good &= dump(by_reference, "optimizer", trial);
    }
  return good;
}

/* With an optimiser without state, one with state, and one that decouples the decay. */
static bool dump_schedules(bool by_reference)
{
  static const char *const rules[] = {"sgd", "adam", "adamw"};
  size_t schedules;
  bool good = true;
  isw_schedules(&schedules);
  for (size_t s = 0; s < schedules; s++)
    for (size_t rule = 0; rule < sizeof rules / sizeof rules[0]; rule++) {
      struct trial trial = plain();
      trial.schedule = s;
      trial.optimizer = trial_optimizer(rules[rule]);
      trial.learning_rate = rule ? 0.01 : 0.1;
      trial.weight_decay = 0.01;
      good &= dump(by_reference, "schedule", trial);
    }
  return good;
}

static bool dump_clipping(bool by_reference)
{
  size_t optimizers;
  bool good = true;
  optimizers = gradient_optimizers();
  for (size_t o = 0; o < optimizers; o++) {
    struct trial trial = plain();
    trial.optimizer = o;
    trial.loss = trial_loss("cross_entropy");
    trial.learning_rate = 0.01;
    trial.batch_size = 4;
    trial.weight_decay = 0.01;
    trial.clip_norm = 0.1;
    good &= dump(by_reference, "clipping", trial);
  }
  return good;
}

/* Which biases decay: PyTorch's parameter groups. */
static bool dump_decay_of_biases(bool by_reference)
{
  static const char *const rules[] = {"sgd", "nesterov", "adam", "adamw"};
  bool good = true;
  for (size_t rule = 0; rule < sizeof rules / sizeof rules[0]; rule++)
    for (int which = 0; which < 3; which++) {
      struct trial trial = plain();
      trial.optimizer = trial_optimizer(rules[rule]);
      trial.bias_init = trial_initializer("uniform");
      trial.learning_rate = 0.02;
      trial.weight_decay = 0.5;
      trial.decay_biases = (enum isw_decay_biases)which;
      good &= dump(by_reference, "decay of biases", trial);
    }
  return good;
}

static bool dump_initializers(bool by_reference)
{
  size_t initializers;
  bool good = true;
  const struct isw_initializer *table = isw_initializers(&initializers);
  for (size_t i = 0; i < initializers; i++) {
    struct trial trial = plain();
    trial.init = i;
    trial.bias_init = table[i].for_bias ? i : trial.bias_init;
    trial.learning_rate = 0.05;
    good &= dump(by_reference, "initializer", trial);
  }
  return good;
}

/* Networks in which some or all layers have no biases, with every optimiser, and of every depth. */
static bool dump_biases(bool by_reference)
{
  size_t optimizers;
  bool good = true;
  optimizers = gradient_optimizers();
  for (int bias = ISW_BIAS_HIDDEN; bias <= ISW_BIAS_NONE; bias++)
    for (size_t o = 0; o < optimizers; o++) {
      struct trial trial = plain();
      trial.bias = (enum isw_bias)bias;
      trial.bias_init = trial_initializer("uniform");
      trial.optimizer = o;
      trial.depth = o % 4;
      trial.learning_rate = 0.01;
      trial.weight_decay = 0.01;
      trial.decay_biases = (enum isw_decay_biases)(o % 3);
      trial.clip_norm = o % 2 ? 0.5 : 0.0;
      trial.batch_size = o % 3 == 0 ? 0 : 4;
      good &= dump(by_reference, "biases", trial);
    }
  return good;
}

/* Factors of learning rates, decays and epsilons by layer, some layers or parts of them frozen: parameter groups. */
static bool dump_factors(bool by_reference)
{
  size_t optimizers;
  bool good = true;
  optimizers = gradient_optimizers();
  for (int factors = TRIAL_FACTORS; factors < TRIAL_FACTOR_KINDS; factors++)
    for (size_t o = 0; o < optimizers; o++) {
      struct trial trial = plain();
      trial.factors = (enum trial_factors)factors;
      trial.bias_init = trial_initializer("uniform");
      trial.optimizer = o;
      trial.schedule = o % 2 ? trial_schedule("exponential") : trial_schedule("constant");
      trial.depth = 3;
      trial.learning_rate = 0.01;
      trial.weight_decay = 0.01;
      trial.clip_norm = o % 2 ? 0.5 : 0.0;
      trial.batch_size = o % 3 == 0 ? 0 : 4;
      if (factors == TRIAL_FROZEN_PARTS) trial.residual = (struct isw_residual){1, 0.5, true, false};
      good &= dump(by_reference, "factors", trial);
    }
  return good;
}

/* Scaled outputs, with every loss and with output activations. */
static bool dump_output_scales(bool by_reference)
{
  size_t losses;
  bool good = true;
  isw_losses(&losses);
  for (size_t loss = 0; loss < losses; loss++)
    for (int data = 0; data < TRIAL_SMALL_DATA; data++)
      for (int scale = 0; scale < 2; scale++) {
        struct trial trial = plain();
        trial.loss = loss;
        trial.data = (enum trial_data)data;
        trial.output_scale = scale ? -0.7 : 4.0;
        if (loss == trial_loss("mse")) trial.output_activation = trial_activation(scale ? "sigmoid" : "softsign");
        trial.bias_init = trial_initializer("uniform");
        trial.learning_rate = 0.01;
        trial.steps = 60;
        if (trial_takes(loss, trial.data)) good &= dump(by_reference, "output scale", trial);
      }
  return good;
}

/* Masks of both kinds, with every optimiser. */
static bool dump_masks(bool by_reference)
{
  size_t optimizers, masks;
  bool good = true;
  optimizers = gradient_optimizers();
  isw_masks(&masks);
  for (size_t mask = 1; mask < masks; mask++)
    for (size_t o = 0; o < optimizers; o++) {
      struct trial trial = plain();
      trial.mask = mask;
      trial.optimizer = o;
      trial.learning_rate = 0.01;
      trial.weight_decay = 0.01;
      trial.clip_norm = o % 2 ? 0.5 : 0.0;
      trial.batch_size = o % 3 == 0 ? 0 : 4;
      good &= dump(by_reference, "mask", trial);
    }
  return good;
}

static bool dump_depths(bool by_reference)
{
  bool good = true;
  for (size_t depth = 0; depth <= 4; depth++) {
    struct trial trial = plain();
    trial.depth = depth;
    trial.data = TRIAL_TEACHER;
    trial.batch_size = 3;
    trial.init_noise = 0.1;
    good &= dump(by_reference, "depth", trial);
  }
  return good;
}

/* Branches of one and two layers whose scale is fixed or trained, initially 0 or not, which end with the activation or
 * without, with every optimiser; and one
 * step of rate 1 whose difference of weights is the gradient, on smooth and kinked activations. */
static bool dump_residual(bool by_reference)
{
  static const struct isw_residual residuals[] = {{.branch_layers = 1, .scale = 0.5},
                                                  {.branch_layers = 1, .train_scale = true},
                                                  {.branch_layers = 2, .scale = 1.0},
                                                  {.branch_layers = 2, .scale = -0.3, .train_scale = true},
                                                  {.branch_layers = 1, .scale = 0.7, .ends_linear = true},
                                                  {.branch_layers = 2, .train_scale = true, .ends_linear = true}};
  static const char *const smooth[] = {"tanh", "gelu", "relu", "linear"};
  size_t optimizers;
  bool good = true;
  optimizers = gradient_optimizers();
  for (size_t i = 0; i < sizeof residuals / sizeof residuals[0]; i++) {
    struct trial trial = plain();
    trial.residual = residuals[i];
    trial.depth = 5;
    trial.steps = 60;
    for (size_t o = 0; o < optimizers; o++) {
      trial.optimizer = o;
      trial.loss = trial_loss(o % 2 ? "cross_entropy" : "mse");
      trial.learning_rate = 0.01;
      trial.weight_decay = 0.01;
      trial.batch_size = o % 3 == 0 ? 0 : 4;
      trial.clip_norm = o % 2 ? 0.5 : 0.0;
      good &= dump(by_reference, "residual", trial);
    }
    for (size_t g = 0; g < sizeof smooth / sizeof smooth[0]; g++) {
      struct trial one = plain();
      one.residual = residuals[i];
      one.depth = 5;
      one.activation = trial_activation(smooth[g]);
      one.bias_init = trial_initializer("normal");
      one.steps = 1;
      one.learning_rate = 1.0;
      one.varied = false;
      good &= dump(by_reference, "gradient", one);
    }
  }
  return good;
}

/* Layers that normalise, with gains and shifts or without, in branches or not, with every optimiser; and one step of
 * rate 1 whose difference of weights is the gradient. */
static bool dump_normalizations(bool by_reference)
{
  static const char *const activations[] = {"tanh", "gelu", "softplus"};
  size_t optimizers, normalizations, number = 0;
  bool good = true;
  optimizers = gradient_optimizers();
  isw_normalizations(&normalizations);
  for (size_t row = 1; row < normalizations; row++)
    for (int way = 0; way < 4; way++) {
      struct trial trial = plain();
      trial.normalization = row;
      trial.no_affine = way == 1;
      trial.no_branch_ends = way == 3;
      if (way >= 2) trial.residual = (struct isw_residual){.branch_layers = 2, .scale = 0.7, .ends_linear = way == 3};
      trial.depth = 3;
      trial.width = 6;
      trial.steps = 60;
      for (size_t o = 0; o < optimizers; o++, number++) {
        trial.optimizer = o;
        trial.loss = trial_loss(number % 2 ? "cross_entropy" : "mse");
        trial.activation = trial_activation(activations[number % 3]);
        trial.bias = (enum isw_bias)(number % 3);
        trial.learning_rate = 0.01;
        trial.weight_decay = 0.01;
        trial.decay_biases = (enum isw_decay_biases)(number / 3 % 3);
        trial.batch_size = o % 3 == 0 ? 0 : 4;
        trial.clip_norm = o % 2 ? 0.5 : 0.0;
        good &= dump(by_reference, "normalization", trial);
      }
      struct trial one = plain();
      one.normalization = row;
      one.no_affine = trial.no_affine;
      one.no_branch_ends = trial.no_branch_ends;
      one.residual = trial.residual;
      one.depth = 3;
      one.bias_init = trial_initializer("normal");
      one.steps = 1;
      one.learning_rate = 1.0;
      one.varied = false;
      good &= dump(by_reference, "gradient", one);
    }
  return good;
}

/* Dropout in networks with everything, on full batches and minibatches, under every optimiser. */
static bool dump_dropout(bool by_reference)
{
  static const char *const activations[] = {"tanh", "relu", "gelu"};
  size_t optimizers;
  bool good = true;
  optimizers = gradient_optimizers();
  for (size_t o = 0; o < optimizers; o++) {
    struct trial trial = plain();
    trial.optimizer = o;
    trial.activation = trial_activation(activations[o % 3]);
    trial.dropout = 0.3;
    trial.depth = 3;
    trial.normalization = o % 3;
    trial.residual = (struct isw_residual){.branch_layers = o % 2, .scale = 0.7, .train_scale = true};
    trial.learning_rate = 0.01;
    trial.batch_size = o % 2 == 0 ? 0 : 4;
    trial.steps = 40;
    good &= dump(by_reference, "dropout", trial);
  }
  return good;
}

/* Noise on the gradient, clipped or not, with layers that have everything, under every optimiser. */
static bool dump_gradient_noise(bool by_reference)
{
  size_t optimizers;
  bool good = true;
  optimizers = gradient_optimizers();
  for (size_t o = 0; o < optimizers; o++) {
    struct trial trial = plain();
    trial.optimizer = o;
    trial.gradient_noise = 0.02;
    trial.depth = 3;
    trial.normalization = 1 + o % 2;
    trial.residual = (struct isw_residual){.branch_layers = 1, .scale = 0.7, .train_scale = true};
    trial.learning_rate = 0.01;
    trial.weight_decay = 0.01;
    trial.clip_norm = o % 2 ? 0.5 : 0.0;
    trial.batch_size = o % 3 == 0 ? 0 : 4;
    trial.steps = 40;
    trial.varied = false;
    good &= dump(by_reference, "gradient noise", trial);
  }
  return good;
}

/* Least squares of networks with everything: biases or not, frozen layers, scaled outputs, branches, normalisations. */
static bool dump_least_squares(bool by_reference)
{
  static const char *const activations[] = {"tanh", "sigmoid", "gelu", "sin", "softplus"};
  bool good = true;
  for (size_t i = 0; i < 10; i++) {
    struct trial trial = plain();
    trial.optimizer = trial_optimizer("levenberg_marquardt");
    trial.data = i % 2 ? TRIAL_TEACHER : TRIAL_CLASSES;
    trial.activation = trial_activation(activations[i % 5]);
    if (i == 3) trial.output_activation = trial_activation("softsign");
    trial.bias = (enum isw_bias)(i < 6 ? 0 : i % 3);
    trial.bias_init = trial_initializer("uniform");
    trial.output_scale = i == 4 ? -0.7 : 0.0;
    trial.factors = i == 5 ? TRIAL_FROZEN_FIRST : i == 6 ? TRIAL_FROZEN_PARTS : TRIAL_NO_FACTORS;
    if (i >= 6) trial.residual = (struct isw_residual){.branch_layers = 1, .scale = 0.7, .train_scale = i % 2 == 0};
    trial.normalization = i >= 7 ? i % 3 : 0;
    trial.depth = i % 4;
    if (i >= 6) trial.depth = 3;
    trial.width = 4;
    trial.steps = 20;
    good &= dump(by_reference, "least squares", trial);
  }
  return good;
}

/* Every activation, loss and optimiser in single precision, for few steps, so that rounding errors stay small. */
static bool dump_single_precision(bool by_reference)
{
  size_t activations, losses, optimizers;
  isw_activations(&activations);
  isw_losses(&losses);
  optimizers = gradient_optimizers();
  struct trial single = plain();
  single.real = ISW_FLOAT32;
  single.bias_init = trial_initializer("uniform");
  single.steps = 10;
  single.learning_rate = 0.01;
  bool good = true;
  for (size_t g = 0; g < activations; g++) {
    struct trial trial = single;
    trial.activation = g;
    if (g == trial_activation("square")) { /* two layers of squares diverge */
      trial.depth = 1;
      trial.learning_rate = 0.001;
    }
    good &= dump(by_reference, "float32 activation", trial);
  }
  for (size_t loss = 0; loss < losses; loss++)
    for (int data = 0; data < TRIAL_SMALL_DATA; data++) {
      struct trial trial = single;
      trial.loss = loss;
      trial.data = (enum trial_data)data;
      if (trial_takes(loss, trial.data)) good &= dump(by_reference, "float32 loss", trial);
    }
  for (size_t o = 0; o < optimizers; o++) {
    struct trial trial = single;
    trial.optimizer = o;
    trial.weight_decay = 0.01;
    good &= dump(by_reference, "float32 optimizer", trial);
  }
  return good;
}

int main(int count, char **arguments)
{
  bool by_reference = false, is_long = false;
  for (int i = 1; i < count; i++) {
    by_reference |= strcmp(arguments[i], "reference") == 0;
    is_long |= strcmp(arguments[i], "--long") == 0;
  }
  bool good = dump_activations_and_losses(by_reference, is_long ? 200 : 50);
  good &= dump_output_activations(by_reference);
  good &= dump_optimizers(by_reference);
  good &= dump_schedules(by_reference);
  good &= dump_clipping(by_reference);
  good &= dump_decay_of_biases(by_reference);
  good &= dump_initializers(by_reference);
  good &= dump_biases(by_reference);
  good &= dump_factors(by_reference);
  good &= dump_output_scales(by_reference);
  good &= dump_masks(by_reference);
  good &= dump_depths(by_reference);
  good &= dump_residual(by_reference);
  good &= dump_normalizations(by_reference);
  good &= dump_gradient_noise(by_reference);
  good &= dump_dropout(by_reference);
  good &= dump_least_squares(by_reference);
  good &= dump_single_precision(by_reference);
  return !good;
}
