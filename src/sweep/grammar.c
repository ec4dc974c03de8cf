/* The table of settings, and the tables of named rows that settings take. */
#include "grammar.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "initsweep/datasets.h"

static const char *const precisions[] = {"float32", "float64", NULL};
static const char *const no_yes[] = {"false", "true", NULL};
static const char *const orders[] = {"shared", "per_replicate", NULL};
static const char *const biases[] = {"all", "hidden", "none", NULL}; /* enum isw_decay_biases */
static const char *const weights[] = {"none", "initial", "final", "both", NULL};

#define LARGEST_WHOLE 9007199254740992.0 /* 2^53: every smaller whole number is a float64 */
#define LARGEST_NUMBER 1e30              /* a float32 holds it, and its square's root */

static const struct isw_setting settings[ISW_SETTINGS] = {
    [ISW_SET_SWEEP] = {.path = "sweep",
                       .kind = ISW_KIND_TEXT,
                       .type = "a name: no '/', no '.' or '-' at its start",
                       .about = "name of the sweep and of its results file; without one, the sweep file's own name"},
    [ISW_SET_ABOUT] = {.path = "about",
                       .kind = ISW_KIND_TEXT,
                       .initial = "\"\"",
                       .about = "what the sweep asks, kept with the results"},
    [ISW_SET_SEED] = {.path = "seed",
                      .kind = ISW_KIND_WHOLE,
                      .axis = true,
                      .shape = true,
                      .initial = "0",
                      .low = 0,
                      .high = LARGEST_WHOLE,
                      .about = "root of every random stream, generated data and splits included"},
    [ISW_SET_REPLICATE] = {.path = "replicate",
                           .kind = ISW_KIND_WHOLE,
                           .axis = true,
                           .initial = "0",
                           .low = 0,
                           .high = LARGEST_WHOLE,
                           .about = "index of the random repetition"},
    [ISW_SET_PRECISION] = {.path = "precision",
                           .kind = ISW_KIND_WORD,
                           .initial = "float32",
                           .words = precisions,
                           .about = "arithmetic of the networks"},
    [ISW_SET_DATASET] = {.path = "dataset",
                         .kind = ISW_KIND_CHOICE,
                         .axis = true,
                         .shape = true,
                         .required = true,
                         .table = "datasets",
                         .about = "samples and targets"},
    [ISW_SET_DEPTH] = {.path = "network.depth",
                       .kind = ISW_KIND_WHOLE,
                       .axis = true,
                       .shape = true,
                       .required = true,
                       .low = 0,
                       .high = 1000,
                       .about = "number of hidden layers"},
    [ISW_SET_WIDTH] = {.path = "network.width",
                       .kind = ISW_KIND_WHOLE,
                       .axis = true,
                       .shape = true,
                       .required = true,
                       .low = 1,
                       .high = 1e6,
                       .about = "units of every hidden layer"},
    [ISW_SET_HIDDEN] = {.path = "network.hidden",
                        .kind = ISW_KIND_SIZES,
                        .axis = true,
                        .shape = true,
                        .low = 1,
                        .high = 1e6,
                        .type = "a list of widths",
                        .about = "units of each hidden layer, in place of depth and width"},
    [ISW_SET_ACTIVATION] = {.path = "network.activation",
                            .kind = ISW_KIND_CHOICE,
                            .axis = true,
                            .shape = true,
                            .required = true,
                            .table = "activations",
                            .about = "activation of the hidden layers"},
    [ISW_SET_OUTPUT_ACTIVATION] = {.path = "network.output_activation",
                                   .kind = ISW_KIND_CHOICE,
                                   .axis = true,
                                   .shape = true,
                                   .initial = "linear",
                                   .table = "activations",
                                   .about = "activation of the output layer; losses on logits need linear"},
    [ISW_SET_INIT] = {.path = "network.init",
                      .kind = ISW_KIND_CHOICE,
                      .axis = true,
                      .required = true,
                      .table = "initializers",
                      .about = "how the weights start"},
    [ISW_SET_BIAS_INIT] = {.path = "network.bias_init",
                           .kind = ISW_KIND_CHOICE,
                           .axis = true,
                           .initial = "zeros",
                           .table = "initializers",
                           .about = "how the biases start"},
    [ISW_SET_INIT_BY_LAYER] =
        {.path = "network.init_by_layer",
         .kind = ISW_KIND_LAYERS,
         .axis = true,
         .table = "initializers",
         .type = "{layer: initialiser}; a layer is a number from 1, `output`, `branch_first` or `branch_last`",
         .about = "initialisers of single layers in place of network.init; `output` wins over a number, a number over "
                  "`branch_last` and that over `branch_first` (the last and first layer of each residual branch)"},
    [ISW_SET_INIT_NOISE] = {.path = "network.init_noise",
                            .kind = ISW_KIND_NUMBER,
                            .axis = true,
                            .initial = "0",
                            .low = 0,
                            .high = LARGEST_NUMBER,
                            .about = "standard deviation of normal noise added to every initial weight and bias"},
    [ISW_SET_INIT_SPARSITY] = {.path = "network.init_sparsity",
                               .kind = ISW_KIND_NUMBER,
                               .axis = true,
                               .initial = "0",
                               .low = 0,
                               .high = 1,
                               .about = "share of all weights, each by a draw of its own, that start at 0 whatever the "
                                        "initialiser and noise say; a larger share zeroes the same ones and more"},
    [ISW_SET_BRANCH_LAYERS] = {.path = "network.residual.branch_layers",
                               .kind = ISW_KIND_WHOLE,
                               .axis = true,
                               .shape = true,
                               .initial = "none",
                               .low = 1,
                               .high = 2,
                               .word = "none",
                               .word_number = 0,
                               .about = "hidden layers of a residual branch f: the hidden layers after the first, all "
                                        "of its width, are branches h + scale f(h); 0 in results stands for none"},
    [ISW_SET_BRANCH_SCALE] = {.path = "network.residual.scale",
                              .kind = ISW_KIND_NUMBER,
                              .axis = true,
                              .initial = "1",
                              .low = -LARGEST_NUMBER,
                              .high = LARGEST_NUMBER,
                              .about = "each branch's scale, or where it starts"},
    [ISW_SET_TRAIN_SCALE] = {.path = "network.residual.train_scale",
                             .kind = ISW_KIND_WORD,
                             .axis = true,
                             .shape = true,
                             .initial = "false",
                             .words = no_yes,
                             .about = "whether each branch's scale is trained, as its weights are (ReZero: from 0)"},
    [ISW_SET_LOSS] = {.path = "train.loss",
                      .kind = ISW_KIND_CHOICE,
                      .axis = true,
                      .shape = true,
                      .required = true,
                      .table = "losses",
                      .about = "what training makes small"},
    [ISW_SET_OPTIMIZER] = {.path = "train.optimizer",
                           .kind = ISW_KIND_CHOICE,
                           .axis = true,
                           .shape = true,
                           .required = true,
                           .table = "optimizers",
                           .about = "rule of an update"},
    [ISW_SET_LEARNING_RATE] = {.path = "train.learning_rate",
                               .kind = ISW_KIND_NUMBER,
                               .axis = true,
                               .required = true,
                               .low = 0,
                               .high = LARGEST_NUMBER,
                               .about = "factor of an update"},
    [ISW_SET_WEIGHT_DECAY] = {.path = "train.weight_decay",
                              .kind = ISW_KIND_NUMBER,
                              .axis = true,
                              .initial = "0",
                              .low = 0,
                              .high = LARGEST_NUMBER,
                              .about = "times the weight, added to its gradient (adamw shrinks the weight instead); an "
                                       "optimiser may name it as a parameter"},
    [ISW_SET_DECAY_BIASES] = {.path = "train.decay_biases",
                              .kind = ISW_KIND_WORD,
                              .axis = true,
                              .initial = "all",
                              .words = biases,
                              .about = "biases that weight_decay shrinks too: all, all but the output's, or none"},
    [ISW_SET_SCHEDULE] = {.path = "train.schedule",
                          .kind = ISW_KIND_CHOICE,
                          .axis = true,
                          .initial = "constant",
                          .table = "schedules",
                          .about = "what multiplies the learning rate from step to step"},
    [ISW_SET_CLIP_NORM] = {.path = "train.clip_norm",
                           .kind = ISW_KIND_NUMBER,
                           .axis = true,
                           .initial = "none",
                           .low = 0,
                           .low_open = true,
                           .high = LARGEST_NUMBER,
                           .word = "none",
                           .word_number = 0,
                           .about =
                               "a step's gradient of a larger norm is scaled down to it; 0 in results stands for none"},
    [ISW_SET_BATCH_SIZE] = {.path = "train.batch_size",
                            .kind = ISW_KIND_WHOLE,
                            .axis = true,
                            .shape = true,
                            .initial = "full",
                            .low = 1,
                            .high = LARGEST_WHOLE,
                            .word = "full",
                            .word_number = 0,
                            .about = "samples of a step; 0 in results stands for full"},
    [ISW_SET_SHUFFLE] = {.path = "train.shuffle",
                         .kind = ISW_KIND_WORD,
                         .axis = true,
                         .shape = true,
                         .initial = "shared",
                         .words = orders,
                         .about = "whether all networks see the same batches, or each replicate its own"},
    [ISW_SET_STEPS] = {.path = "train.steps",
                       .kind = ISW_KIND_WHOLE,
                       .axis = true,
                       .shape = true,
                       .required = true,
                       .low = 0,
                       .high = LARGEST_WHOLE,
                       .about = "optimiser steps"},
    [ISW_SET_STOP_LOSS_BELOW] = {.path = "train.stop.loss_below",
                                 .kind = ISW_KIND_NUMBER,
                                 .axis = true,
                                 .initial = "none",
                                 .low = 0,
                                 .high = LARGEST_NUMBER,
                                 .word = "none",
                                 .word_number = -INFINITY,
                                 .about = "a step's loss below this ends the network"},
    [ISW_SET_STOP_GRADIENT_BELOW] = {.path = "train.stop.gradient_below",
                                     .kind = ISW_KIND_NUMBER,
                                     .axis = true,
                                     .initial = "none",
                                     .low = 0,
                                     .high = LARGEST_NUMBER,
                                     .word = "none",
                                     .word_number = -INFINITY,
                                     .about = "a step's gradient norm below this ends the network"},
    [ISW_SET_RECORD_STEPS] = {.path = "record.steps",
                              .kind = ISW_KIND_SCHEDULE,
                              .initial = "{geomspace: 60}",
                              .type = "{every: k}, {geomspace: n}, or a list of steps",
                              .about = "steps that are recorded; the first and the last always are"},
    [ISW_SET_RECORD_PROBES] =
        {.path = "record.probes",
         .kind = ISW_KIND_PROBES,
         .initial = "[loss, gradient_norm]",
         .type = "a list of probes, each a name or {name: ..., steps: ...}",
         .about =
             "what is recorded; by default accuracy too, where all targets are classes or binary. A probe with steps "
             "of its own, written as record.steps, holds fill values at all other records"},
    [ISW_SET_RECORD_WEIGHTS] = {.path = "record.weights",
                                .kind = ISW_KIND_WORD,
                                .initial = "none",
                                .words = weights,
                                .about = "weights and biases that the results file keeps"},
    [ISW_SET_ESCAPE_FRACTION] = {.path = "record.escape_fraction",
                                 .kind = ISW_KIND_NUMBER,
                                 .initial = "0.5",
                                 .low = 0,
                                 .low_open = true,
                                 .high = 1,
                                 .about = "probe escape_step waits for a loss below this share of constant_loss"},
};

const struct isw_setting *isw_setting(size_t id)
{
  return &settings[id < ISW_SETTINGS ? id : ISW_SET_INIT]; /* a slot of init_by_layer is an initialiser */
}

size_t isw_setting_find(const char *path)
{
  size_t id = 0;
  while (id < ISW_SETTINGS && strcmp(settings[id].path, path) != 0) id++;
  return id;
}

/* row_of_x and count_of_x of a table whose isw_x returns an array of rows, or a registry of pointers to them. */
#define ACCESSORS(table, row_at_index)                                                                                 \
  static const struct isw_row *row_of_##table(size_t index)                                                            \
  {                                                                                                                    \
    size_t count;                                                                                                      \
    return &isw_##table(&count)[index] row_at_index;                                                                   \
  }                                                                                                                    \
  static size_t count_of_##table(void)                                                                                 \
  {                                                                                                                    \
    size_t count;                                                                                                      \
    isw_##table(&count);                                                                                               \
    return count;                                                                                                      \
  }
#define TABLE(table) ACCESSORS(table, .row)
#define REGISTRY(table) ACCESSORS(table, ->row)
TABLE(initializers)
TABLE(activations)
TABLE(losses)
TABLE(optimizers)
TABLE(schedules)
REGISTRY(datasets)
REGISTRY(probes)

static const struct isw_table_view tables[ISW_TABLES] = {
    {"initializers", "initializer", "network.init", count_of_initializers, row_of_initializers, isw_initializer_facts},
    {"activations", "activation", "network.activation", count_of_activations, row_of_activations, isw_activation_facts},
    {"losses", "loss", "train.loss", count_of_losses, row_of_losses, isw_loss_facts},
    {"optimizers", "optimizer", "train.optimizer", count_of_optimizers, row_of_optimizers, isw_optimizer_facts},
    {"schedules", "schedule", "train.schedule", count_of_schedules, row_of_schedules, NULL},
    {"datasets", "dataset", "dataset", count_of_datasets, row_of_datasets, NULL},
    {"probes", "probe", "record.probes", count_of_probes, row_of_probes, NULL},
};

const struct isw_table_view *isw_tables(size_t *count)
{
  *count = ISW_TABLES;
  return tables;
}

const struct isw_table_view *isw_setting_table(size_t id)
{
  const char *name = isw_setting(id)->table;
  for (size_t i = 0; name && i < ISW_TABLES; i++)
    if (strcmp(tables[i].name, name) == 0) return &tables[i];
  return NULL;
}

void isw_write_number(double number, char *text, size_t size)
{
  for (int digits = 15; digits <= 17; digits++) {
    snprintf(text, size, "%.*g", digits, number);
    if (strtod(text, NULL) == number) return;
  }
}

void isw_describe_range(bool whole, double low, double high, bool low_open, bool high_open, char *text, size_t size)
{
  enum { NUMBER = 40 };
  char from[NUMBER], to[NUMBER];
  isw_write_number(low, from, sizeof from);
  isw_write_number(high, to, sizeof to);
  const char *what = whole ? "a whole number" : "a number";
  bool below = low <= -LARGEST_NUMBER, above = high >= (whole ? LARGEST_WHOLE : LARGEST_NUMBER);
  if (below && above)
    snprintf(text, size, "%s", what);
  else if (above)
    snprintf(text, size, "%s %s %s", what, low_open ? "above" : "of at least", from);
  else if (below)
    snprintf(text, size, "%s %s %s", what, high_open ? "below" : "of at most", to);
  else if (low_open || high_open)
    snprintf(text, size, "%s %s %s and %s %s", what, low_open ? "above" : "of at least", from,
             high_open ? "below" : "of at most", to);
  else
    snprintf(text, size, "%s from %s to %s", what, from, to);
}
