/* Prints the version of the bits, then one line per trial: what it is, and a hash of every bit that the reference
 * trainer computes for its networks. Every kernel of this machine must compute the same. The lines are those of
 * hashes.txt, whatever the compiler and the instruction set.
 *
 *   hashes > hashes.txt     after a new row, or a new version of the bits (ISW_BITS_VERSION in initsweep/record.h)
 *
 * Exit status 1 if a kernel differs from the reference trainer. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "trials.h"

static void train(const char *table, const struct isw_row *row, struct trial trial, struct trial_counts *counts)
{
  for (int real = 0; real < 2; real++) {
    trial.name = row->name;
    trial.real = real ? ISW_FLOAT64 : ISW_FLOAT32;
    uint64_t hash = trial_run(&trial, counts);
    printf("%s %s float%d %016" PRIx64 "\n", table, row->name, real ? 64 : 32, hash);
  }
}

int main(void)
{
  struct trial_counts counts = {0};
  printf("bits_version %d\n", ISW_BITS_VERSION);
  size_t initializer_rows, activation_rows, loss_rows, optimizer_rows, schedule_rows, normalization_rows;
  const struct isw_initializer *initializers = isw_initializers(&initializer_rows);
  const struct isw_activation *activations = isw_activations(&activation_rows);
  const struct isw_loss *losses = isw_losses(&loss_rows);
  const struct isw_optimizer *optimizers = isw_optimizers(&optimizer_rows);
  const struct isw_rate_schedule *schedules = isw_schedules(&schedule_rows);
  const struct isw_normalization *normalizations = isw_normalizations(&normalization_rows);
  /* varies each table's rows in one trial, whose other rows have fixed names */
  struct trial plain = {.data = TRIAL_CLASSES,
                        .init = trial_initializer("glorot_normal"),
                        .output_activation = trial_activation("linear"),
                        .bias_init = trial_initializer("uniform"),
                        .activation = trial_activation("sigmoid"),
                        .loss = trial_loss("mse"),
                        .optimizer = trial_optimizer("sgd"),
                        .depth = 2,
                        .width = 6,
                        .batch_size = 5,
                        .steps = 30,
                        .learning_rate = 0.1,
                        .weight_decay = 0.001,
                        .init_noise = 0.01,
                        .varied = true,
                        .count = 4,
                        .members = 2};
  for (size_t i = 0; i < activation_rows; i++) {
    struct trial trial = plain;
    trial.activation = trial.output_activation = i;
    train("activation", &activations[i].row, trial, &counts);
  }
  for (size_t i = 0; i < initializer_rows; i++) {
    struct trial trial = plain;
    trial.init = i;
    trial.plain_init = strncmp(initializers[i].row.name, "he_", 3) == 0; /* these lines are older than the gain */
    train("initializer", &initializers[i].row, trial, &counts);
  }
  for (size_t i = 0; i < loss_rows; i++) {
    struct trial trial = plain;
    trial.loss = i;
    trial.plain_loss = true;
    train("loss", &losses[i].row, trial, &counts);
  }
  for (size_t i = 0; i < optimizer_rows; i++) {
    struct trial trial = plain;
    trial.optimizer = i;
    train("optimizer", &optimizers[i].row, trial, &counts);
  }
  for (size_t i = 0; i < schedule_rows; i++) {
    struct trial trial = plain;
    trial.schedule = i;
    train("schedule", &schedules[i].row, trial, &counts);
  }
  for (size_t i = 0; i < loss_rows; i++) {
    struct trial trial = plain;
    trial.loss = i;
    if (losses[i].row.parameters[0].name) train("varied loss", &losses[i].row, trial, &counts);
  }
  for (size_t i = 0; i < initializer_rows; i++) {
    struct trial trial = plain;
    trial.init = i;
    if (strncmp(initializers[i].row.name, "he_", 3) == 0)
      train("varied initializer", &initializers[i].row, trial, &counts);
  }
  for (size_t i = 0; i < initializer_rows; i++) {
    struct trial trial = plain;
    trial.bias_init = i;
    if (strcmp(initializers[i].row.name, "torch_linear") == 0)
      train("bias initializer", &initializers[i].row, trial, &counts);
  }
  struct trial clipped = plain;
  clipped.clip_norm = 0.05;
  train("setting", &(struct isw_row){.name = "clip_norm"}, clipped, &counts);
  struct trial noisy = plain;
  noisy.gradient_noise = 0.05;
  train("setting", &(struct isw_row){.name = "gradient_noise"}, noisy, &counts);
  struct trial dropped = plain;
  dropped.dropout = 0.3;
  train("setting", &(struct isw_row){.name = "dropout"}, dropped, &counts);
  struct trial thinned = plain;
  thinned.init_sparsity = 0.6;
  train("setting", &(struct isw_row){.name = "init_sparsity"}, thinned, &counts);
  struct trial above = plain, accurate = plain, flat = plain;
  above.learning_rate = 2.0;
  above.loss_above = 0.35;
  accurate.learning_rate = 2.0;
  accurate.accuracy_above = 0.9;
  flat.plateau = (struct isw_plateau){4, 0.01};
  train("setting", &(struct isw_row){.name = "loss_above"}, above, &counts);
  train("setting", &(struct isw_row){.name = "accuracy_above"}, accurate, &counts);
  train("setting", &(struct isw_row){.name = "plateau"}, flat, &counts);
  for (int rule = 0; rule < 2; rule++) {
    struct trial decayed = plain;
    decayed.weight_decay = 0.5;
    decayed.optimizer = trial_optimizer(rule ? "adamw" : "sgd");
    decayed.decay_biases = rule ? ISW_DECAY_NONE : ISW_DECAY_HIDDEN;
    train("setting", &(struct isw_row){.name = rule ? "decay_biases_none" : "decay_biases_hidden"}, decayed, &counts);
  }
  for (size_t i = 0; i < initializer_rows; i++) {
    struct trial trial = plain;
    trial.bias_init = i;
    trial.init_noise = 0.0;
    if (initializers[i].for_bias && initializers[i].fill_from)
      train("bias initializer", &initializers[i].row, trial, &counts);
  }
  for (size_t branch_layers = 1; branch_layers <= 2; branch_layers++)
    for (int trained = 0; trained < 2; trained++) {
      static const char *const names[2][2] = {{"branch_layers_1", "branch_layers_1_trained"},
                                              {"branch_layers_2", "branch_layers_2_trained"}};
      struct trial residual = plain;
      residual.residual = (struct isw_residual){branch_layers, 0.5, trained, false};
      residual.depth = 5;
      train("residual", &(struct isw_row){.name = names[branch_layers - 1][trained]}, residual, &counts);
    }
  for (size_t branch_layers = 1; branch_layers <= 2; branch_layers++) {
    struct trial residual = plain;
    residual.residual = (struct isw_residual){branch_layers, 0.5, true, true};
    residual.depth = 5;
    train("residual",
          &(struct isw_row){.name = branch_layers == 1 ? "branch_layers_1_ends_linear" : "branch_layers_2_ends_linear"},
          residual, &counts);
  }
  for (size_t i = 0; i < normalization_rows; i++) {
    struct trial normalized = plain;
    normalized.normalization = i;
    normalized.depth = 3;
    train("normalization", &normalizations[i].row, normalized, &counts);
    if (i == 0) continue;
    normalized.no_affine = normalized.no_branch_ends = true;
    normalized.residual = (struct isw_residual){1, 0.5, false, true};
    train("normalization", &(struct isw_row){.name = i == 1 ? "layer_norm_in_branches" : "rms_norm_in_branches"},
          normalized, &counts);
  }
  for (size_t batch_size = 0; batch_size <= 5; batch_size += 5) {
    struct trial batches = clipped;
    batches.batch_size = batch_size;
    batches.hashes_batches = true;
    train("probe", &(struct isw_row){.name = batch_size ? "batch" : "batch_of_all"}, batches, &counts);
  }
  static const char *const lacking[] = {[ISW_BIAS_HIDDEN] = "bias_hidden", [ISW_BIAS_NONE] = "bias_none"};
  for (int bias = ISW_BIAS_HIDDEN; bias <= ISW_BIAS_NONE; bias++) {
    struct trial trial = clipped;
    trial.bias = (enum isw_bias)bias;
    train("setting", &(struct isw_row){.name = lacking[bias]}, trial, &counts);
  }
  struct trial scaled = plain;
  scaled.output_scale = 3.0;
  train("setting", &(struct isw_row){.name = "output_scale"}, scaled, &counts);
  size_t mask_rows;
  const struct isw_mask *masks = isw_masks(&mask_rows);
  for (size_t i = 0; i < mask_rows; i++) {
    struct trial trial = plain;
    trial.mask = i;
    trial.optimizer = trial_optimizer("momentum");
    train("mask", &masks[i].row, trial, &counts);
  }
  for (int of = ISW_NOISE_WEIGHTS; of <= ISW_NOISE_BIASES; of++) {
    struct trial trial = plain;
    trial.noise_of = (enum isw_noise_of)of;
    train("setting", &(struct isw_row){.name = of == ISW_NOISE_WEIGHTS ? "noise_of_weights" : "noise_of_biases"}, trial,
          &counts);
  }
  static const char *const kinds[] = {[TRIAL_FACTORS] = "factors",
                                      [TRIAL_FROZEN_FIRST] = "factors_frozen_layer",
                                      [TRIAL_FROZEN_PARTS] = "factors_frozen_parts"};
  for (int kind = TRIAL_FACTORS; kind < TRIAL_FACTOR_KINDS; kind++) {
    struct trial trial = plain;
    trial.optimizer = trial_optimizer(kind == TRIAL_FACTORS ? "adam" : "sgd");
    trial.factors = (enum trial_factors)kind;
    train("setting", &(struct isw_row){.name = kinds[kind]}, trial, &counts);
  }
  fprintf(stderr, "%zu trials, %zu packs on this machine's kernels, %zu differences\n", counts.trials, counts.packs,
          counts.differences);
  return counts.differences > 0;
}
