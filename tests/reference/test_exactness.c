/* Every kernel equals the reference trainer bit for bit: initial and final weights, recorded losses and norms, status
 * and steps_done. The loops run over the tables of src/model/, so a new row is tested as soon as it is added.
 *
 *   test_exactness [short | whole | long] [PART]
 *
 * short: one of 16 trials of the large parts, some seconds, for the tier `fast`. long: every initialiser with every
 * activation, loss and optimiser, some minutes. PART: edges, blocks, branches or pairs alone, so that parts
 * run beside each other. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "initsweep/cost.h"
#include "trials.h"

static enum { SHORT, WHOLE, LONG } form = WHOLE;

/* Whether trial `number` of a large product is left out of the short form. */
static bool thinned_out(size_t number)
{
  return form == SHORT && number % 16 != 0;
}

static void report(const char *what, const struct trial_counts *counts)
{
  print_message("%s: %zu trials, %zu packs, %zu networks by the reference: %zu completed, %zu stopped, %zu diverged\n",
                what, counts->trials, counts->packs, counts->networks, counts->completed, counts->stopped,
                counts->diverged);
  assert_int_equal(counts->differences, 0);
}

static size_t initializers(void)
{
  size_t count;
  isw_initializers(&count);
  return count;
}

static size_t activations(void)
{
  size_t count;
  isw_activations(&count);
  return count;
}

static size_t losses(void)
{
  size_t count;
  isw_losses(&count);
  return count;
}

static size_t optimizers(void)
{
  size_t count;
  isw_optimizers(&count);
  return count;
}

static bool solves(size_t optimizer)
{
  size_t count;
  return isw_optimizers(&count)[optimizer].solves;
}

static size_t schedules(void)
{
  size_t count;
  isw_schedules(&count);
  return count;
}

/* ---- the full product of the tables that kernels are made of, at one shape ------------------------------------------
 * An initialiser decides numbers, not a kernel: they take turns; in the long form each meets every activation, loss and
 * optimiser. */

static void full_product_of_the_tables(void **state)
{
  (void)state;
  struct trial_counts counts = {0};
  size_t number = 0, product = 0, starts = form == LONG ? initializers() : 1;
  for (size_t g = 0; g < activations(); g++)
    for (size_t loss = 0; loss < losses(); loss++)
      for (size_t o = 0; o < optimizers(); o++)
        for (size_t half = 0; half < 2 * starts; half++) {
          bool real = half % 2 == 1;
          if (solves(o) && loss != trial_loss("mse")) continue;
          struct trial trial = {.name = "product",
                                .real = real ? ISW_FLOAT64 : ISW_FLOAT32,
                                .init = starts > 1 ? half / 2 : product % initializers(),
                                .activation = g,
                                .loss = loss,
                                .optimizer = o,
                                .depth = 2,
                                .width = 7,
                                .steps = 10,
                                .learning_rate = 0.05,
                                .count = 3,
                                .varied = true};
          while (!trial_takes(loss, trial.data = (enum trial_data)(number++ % TRIAL_SMALL_DATA))) {
          }
          if (!thinned_out(product++)) trial_run(&trial, &counts);
        }
  report("full product", &counts);
}

/* ---- all pairs of all settings, in several designs --------------------------------------------------------------- */

enum {
  INIT,
  BIAS_INIT,
  ACTIVATION,
  OUTPUT_ACTIVATION,
  LOSS,
  OPTIMIZER,
  SCHEDULE,
  DATA,
  DEPTH,
  WIDTH,
  BATCH,
  SHUFFLE,
  PRECISION,
  DECAY,
  CLIP,
  NOISE,
  SPARSITY,
  DECAY_BIASES,
  NORMALIZATION,
  GRADIENT_NOISE,
  DROPOUT,
  BIAS,
  LAYER_FACTORS,
  OUTPUT_SCALE,
  MASK,
  NOISE_OF,
  BY_LAYER,
  RESIDUAL,
  COUNT,
  VARIED,
  MEMBERS,
  STOP,
  RATE,
  RECORDS,
  FACTORS
};
enum { LEVELS_MAX = 64, DESIGNS = 4 };

struct design {
  size_t levels[FACTORS];
  bool covered[FACTORS][LEVELS_MAX][FACTORS][LEVELS_MAX];
};

/* Whether an optimiser that solves takes level b of a setting; so wide a network takes it too long. */
static bool is_solved(size_t setting, size_t b)
{
  switch (setting) {
  case LOSS: return b == trial_loss("mse");
  case WIDTH: return b <= 3;
  case BATCH:
  case MASK:
  case DECAY:
  case CLIP:
  case GRADIENT_NOISE:
  case DROPOUT: return b == 0;
  case LAYER_FACTORS: return b != TRIAL_FACTORS;
  default: return true;
  }
}

/* Whether two settings can meet in a network. */
static bool compatible(size_t f, size_t a, size_t g, size_t b)
{
  size_t count;
  if (f > g) return compatible(g, b, f, a);
  if (f == OUTPUT_ACTIVATION && g == LOSS) return !isw_losses(&count)[b].on_logits || a == trial_activation("linear");
  if (f == LOSS && g == DATA) return trial_takes(a, (enum trial_data)b);
  if (f == OPTIMIZER && solves(a)) return is_solved(g, b);
  if (g == OPTIMIZER && solves(b)) return is_solved(f, a);
  return true;
}

static void cover(struct design *design, const size_t *level)
{
  for (size_t f = 0; f < FACTORS; f++)
    for (size_t g = 0; g < FACTORS; g++) design->covered[f][level[f]][g][level[g]] = true;
}

/* Fills level [FACTORS] starting from a pair that is not yet covered: each further factor takes the level that covers
 * most pairs with those already set; among equals, the first one counted from `number`. False if all pairs are
 * covered. */
static bool next_row(const struct design *design, size_t number, size_t *level)
{
  bool set[FACTORS] = {false};
  size_t f, g = 0, a = 0, b = 0;
  for (f = 0; f < FACTORS; f++)
    for (a = 0; a < design->levels[f]; a++)
      for (g = f + 1; g < FACTORS; g++)
        for (b = 0; b < design->levels[g]; b++)
          if (!design->covered[f][a][g][b]) goto found;
  return false;
found:
  level[f] = a, level[g] = b;
  set[f] = set[g] = true;
  for (size_t h = 0; h < FACTORS; h++) {
    if (set[h]) continue;
    size_t best = SIZE_MAX, most = 0;
    for (size_t i = 0; i < design->levels[h]; i++) {
      size_t c = (i + number) % design->levels[h], gain = 1;
      for (size_t other = 0; other < FACTORS; other++) {
        if (!set[other]) continue;
        if (!compatible(h, c, other, level[other])) gain = 0;
        if (gain) gain += !design->covered[h][c][other][level[other]];
      }
      if (gain > most) best = c, most = gain;
    }
    assert_true(best != SIZE_MAX);
    level[h] = best;
    set[h] = true;
  }
  return true;
}

static const size_t widths[] = {1, 2, 3, 7, 16, 33}, batches[] = {0, 3, 5};
static const double rates[] = {0.05, 0.5, 1e30};
static const struct isw_residual residuals[] = {
    {.branch_layers = 0},
    {.branch_layers = 1, .scale = 0.5},
    {.branch_layers = 1, .train_scale = true},
    {.branch_layers = 1, .scale = 0.7, .train_scale = true},
    {.branch_layers = 2, .scale = 1.0},
    {.branch_layers = 2, .train_scale = true},
    {.branch_layers = 1, .scale = 0.6, .train_scale = true, .ends_linear = true},
    {.branch_layers = 2, .scale = 0.9, .ends_linear = true},
};

/* Row number `number` among those that are suitable for biases. */
static size_t bias_initializer(size_t number)
{
  size_t count, row = 0;
  const struct isw_initializer *table = isw_initializers(&count);
  while (row < count && !(table[row].for_bias && number-- == 0)) row++;
  return row;
}

static struct trial trial_of(const size_t *level)
{
  enum isw_precision real = level[PRECISION] ? ISW_FLOAT64 : ISW_FLOAT32;
  size_t counts[] = {1, 3, isw_lanes(real) - 1, isw_lanes(real)};
  return (struct trial){.name = "pairs",
                        .real = real,
                        .data = (enum trial_data)level[DATA],
                        .init = level[INIT],
                        .bias_init = bias_initializer(level[BIAS_INIT]),
                        .activation = level[ACTIVATION],
                        .output_activation = level[OUTPUT_ACTIVATION],
                        .loss = level[LOSS],
                        .optimizer = level[OPTIMIZER],
                        .schedule = level[SCHEDULE],
                        .clip_norm = level[CLIP] ? 0.1 : 0.0,
                        .by_layer = (enum trial_by_layer)level[BY_LAYER],
                        .depth = level[DEPTH],
                        .width = widths[level[WIDTH]],
                        .residual = residuals[level[RESIDUAL]],
                        .batch_size = batches[level[BATCH]],
                        .shuffle_per_replicate = level[SHUFFLE],
                        .steps = 12,
                        .learning_rate = rates[level[RATE]],
                        .weight_decay = level[DECAY] ? 0.01 : 0.0,
                        .init_noise = level[NOISE] ? 0.01 : 0.0,
                        .init_sparsity = level[SPARSITY] ? 0.4 : 0.0,
                        .decay_biases = (enum isw_decay_biases)level[DECAY_BIASES],
                        .bias = (enum isw_bias)level[BIAS],
                        .normalization = level[NORMALIZATION] % 3, /* rows; the last ones with other parameters */
                        .gradient_noise = level[GRADIENT_NOISE] ? 0.01 : 0.0,
                        .dropout = level[DROPOUT] ? 0.4 : 0.0,
                        .no_affine = level[NORMALIZATION] >= 3,
                        .no_branch_ends = level[NORMALIZATION] >= 3,
                        .mask = level[MASK],
                        .noise_of = (enum isw_noise_of)level[NOISE_OF],
                        .output_scale = level[OUTPUT_SCALE] ? -1.7 : 0.0,
                        .factors = (enum trial_factors)level[LAYER_FACTORS],
                        .loss_below = level[STOP] & 1 ? 0.1 : 0.0,
                        .gradient_below = level[STOP] & 2 ? 0.05 : 0.0,
                        .loss_above = level[STOP] & 4 ? 0.8 : 0.0,
                        .accuracy_above = level[STOP] & 4 && level[DATA] != TRIAL_TEACHER ? 0.9 : 0.0,
                        .plateau = {level[STOP] & 4 ? 4 : 0, 0.01},
                        .varied = level[VARIED],
                        .sparse_records = level[RECORDS],
                        .count = counts[level[COUNT]],
                        .members = level[MEMBERS] + 1};
}

static void all_pairs_of_all_settings(void **state)
{
  (void)state;
  static const size_t fixed[FACTORS] = {[DATA] = TRIAL_SMALL_DATA,
                                        [DEPTH] = 5,
                                        [WIDTH] = 6,
                                        [BATCH] = 3,
                                        [SHUFFLE] = 2,
                                        [PRECISION] = 2,
                                        [DECAY] = 2,
                                        [CLIP] = 2,
                                        [NOISE] = 2,
                                        [SPARSITY] = 2,
                                        [DECAY_BIASES] = 3,
                                        [BIAS] = 3,
                                        [NORMALIZATION] = 6,
                                        [GRADIENT_NOISE] = 2,
                                        [DROPOUT] = 2,
                                        [OUTPUT_SCALE] = 2,
                                        [NOISE_OF] = 3,
                                        [LAYER_FACTORS] = TRIAL_FACTOR_KINDS,
                                        [BY_LAYER] = TRIAL_BY_LAYER,
                                        [RESIDUAL] = sizeof residuals / sizeof residuals[0],
                                        [COUNT] = 4,
                                        [VARIED] = 2,
                                        [MEMBERS] = 3,
                                        [STOP] = 8,
                                        [RATE] = 3,
                                        [RECORDS] = 2};
  struct design *design = test_calloc(1, sizeof *design);
  memcpy(design->levels, fixed, sizeof fixed);
  size_t count, bias_rows = 0;
  const struct isw_initializer *table = isw_initializers(&count);
  for (size_t i = 0; i < count; i++) bias_rows += table[i].for_bias;
  design->levels[INIT] = count;
  design->levels[BIAS_INIT] = bias_rows;
  design->levels[ACTIVATION] = design->levels[OUTPUT_ACTIVATION] = activations();
  design->levels[LOSS] = losses();
  design->levels[OPTIMIZER] = optimizers();
  design->levels[SCHEDULE] = schedules();
  isw_masks(&design->levels[MASK]);
  struct trial_counts counts = {0};
  size_t row = 0;
  size_t designs = form == LONG ? DESIGNS : DESIGNS / 2;
  for (size_t design_number = 0; design_number < designs; design_number++) {
    for (size_t f = 0; f < FACTORS; f++)
      for (size_t a = 0; a < design->levels[f]; a++)
        for (size_t g = 0; g < FACTORS; g++)
          for (size_t b = 0; b < design->levels[g]; b++)
            design->covered[f][a][g][b] = f != g && !compatible(f, a, g, b);
    size_t level[FACTORS];
    while (next_row(design, row, level)) {
      cover(design, level);
      struct trial trial = trial_of(level);
      if (!thinned_out(row++)) trial_run(&trial, &counts);
    }
  }
  test_free(design);
  report("all pairs", &counts);
  assert_true(counts.completed > 0 && counts.stopped > 0 && counts.diverged > 0);
}

/* ---- cases in which bits are easily lost
 * ----------------------------------------------------------------------------- */

static void deep_sigmoid_with_subnormal_gradients(void **state)
{
  (void)state;
  struct trial_counts counts = {0};
  for (size_t o = 0; o < optimizers(); o++) {
    struct trial trial = {.name = "subnormal",
                          .init = trial_initializer("glorot_uniform"),
                          .activation = trial_activation("sigmoid"),
                          .optimizer = o,
                          .depth = 60,
                          .width = 3,
                          .steps = 10,
                          .learning_rate = 0.5,
                          .varied = true};
    trial_run(&trial, &counts);
  }
  report("subnormal", &counts);
  assert_true(counts.subnormal > counts.networks * 3 / 4);
}

static void divergence_at_different_steps(void **state)
{
  (void)state;
  struct trial_counts counts = {0};
  static const double huge[] = {3.0, 30.0, 1e3, 1e9, 1e38, 1e300};
  for (size_t i = 0; i < sizeof huge / sizeof huge[0]; i++)
    for (size_t o = 0; o < optimizers(); o++)
      for (int real = 0; real < 2; real++) {
        struct trial trial = {.name = "divergence",
                              .real = real ? ISW_FLOAT64 : ISW_FLOAT32,
                              .data = TRIAL_TEACHER,
                              .init = trial_initializer("he_normal"),
                              .activation = trial_activation("relu"),
                              .optimizer = o,
                              .depth = 2,
                              .width = 5,
                              .batch_size = i % 2 ? 4 : 0,
                              .steps = 20,
                              .learning_rate = huge[i],
                              .varied = true,
                              .members = 1 + i % 2};
        trial_run(&trial, &counts);
      }
  report("divergence", &counts);
  assert_true(counts.diverged > counts.networks / 4 && counts.completed > 0);
}

/* Networks with a loop of their own in kernels_tiny.inc.h. */
static void the_smallest_networks(void **state)
{
  (void)state;
  struct trial_counts counts = {0};
  static const double learning_rates[] = {0.3, 30.0, 1e19};
  for (size_t g = 0; g < activations(); g++)
    for (size_t i = 0; i < 2 * sizeof learning_rates / sizeof learning_rates[0]; i++) {
      struct trial trial = {.name = "smallest",
                            .real = i % 2 ? ISW_FLOAT64 : ISW_FLOAT32,
                            .data = TRIAL_XOR,
                            .init = trial_initializer("normal"),
                            .activation = g,
                            .loss = trial_loss("mse"),
                            .optimizer = trial_optimizer("sgd"),
                            .decay_biases = (enum isw_decay_biases)((g + i) % 3),
                            .weight_decay = 0.01,
                            .depth = 1,
                            .width = 2,
                            .steps = 60,
                            .learning_rate = learning_rates[i / 2],
                            .loss_below = g % 2 ? 0.2 : 0.0,
                            .varied = true,
                            .sparse_records = true};
      trial_run(&trial, &counts);
    }
  report("smallest", &counts);
  assert_true(counts.diverged > 0 && counts.stopped > 0 && counts.completed > 0);
}

static void stop_rules_end_each_network_alone(void **state)
{
  (void)state;
  struct trial_counts counts = {0};
  for (int rule = 1; rule <= 3; rule++)
    for (size_t batch = 0; batch <= 4; batch += 4)
      for (int real = 0; real < 2; real++) {
        struct trial trial = {.name = "stop",
                              .real = real ? ISW_FLOAT64 : ISW_FLOAT32,
                              .data = TRIAL_TEACHER,
                              .init = trial_initializer("glorot_normal"),
                              .activation = trial_activation("tanh"),
                              .optimizer = trial_optimizer("momentum"),
                              .depth = 1,
                              .width = 6,
                              .batch_size = batch,
                              .steps = 40,
                              .learning_rate = 0.05,
                              .loss_below = rule & 1 ? 0.08 : 0.0,
                              .gradient_below = rule & 2 ? 0.12 : 0.0,
                              .sparse_records = rule == 2};
        trial_run(&trial, &counts);
      }
  report("stop rules", &counts);
  assert_true(counts.stopped > counts.networks / 4 && counts.completed > 0);
}

/* Rules that look at each step: an upper loss, the accuracy of the batch, the steps since the best loss. Batches of
 * several blocks, and samples in an order of their own. */
static void rules_of_each_step_end_each_network_alone(void **state)
{
  (void)state;
  static const enum trial_data data[] = {TRIAL_XOR, TRIAL_CLASSES, TRIAL_MANY};
  struct trial_counts counts = {0};
  size_t number = 0;
  for (int rule = 1; rule <= 4; rule++)
    for (size_t d = 0; d < sizeof data / sizeof *data; d++)
      for (int mini = 0; mini < 2; mini++) {
        size_t batch = data[d] == TRIAL_XOR ? 3 : data[d] == TRIAL_CLASSES ? 5 : 70;
        struct trial trial = {.name = "rules of each step",
                              .real = number % 2 ? ISW_FLOAT64 : ISW_FLOAT32,
                              .data = data[d],
                              .init = trial_initializer("glorot_normal"),
                              .activation = trial_activation("tanh"),
                              .loss = trial_loss(data[d] == TRIAL_XOR ? "mse" : "cross_entropy"),
                              .optimizer = trial_optimizer(rule == 1 ? "sgd" : "momentum"),
                              .depth = 1,
                              .width = data[d] == TRIAL_XOR ? 2 : 20,
                              .batch_size = mini ? batch : 0,
                              .steps = 60,
                              .learning_rate = rule == 1 ? 4.0 : 0.1,
                              .loss_above = rule == 1   ? (data[d] == TRIAL_XOR ? 0.3 : 1.5)
                                            : rule == 4 ? 50.0
                                                        : 0.0,
                              .accuracy_above = rule == 2   ? 0.74
                                                : rule == 4 ? 0.98
                                                            : 0.0,
                              .plateau = {rule == 3   ? 3
                                          : rule == 4 ? 40
                                                      : 0,
                                          0.02},
                              .varied = true,
                              .sparse_records = number % 3 == 0,
                              .members = 1 + number % 3};
        number++;
        size_t stopped = counts.stopped;
        trial_run(&trial, &counts);
        if (rule < 4 && counts.stopped == stopped) fail_msg("rule %d ends no network of data %d", rule, (int)data[d]);
      }
  report("rules of each step", &counts);
  assert_true(counts.completed > 0);
}

/* The smallest threshold of a rule at which the trial's only network stops at step 0: by the reference, the number
 * after the loss or norm itself. Positive float64 numbers are in the order of their bits. */
static double least_threshold(struct trial trial, bool of_gradient)
{
  uint64_t low = 0, high = 0x7fefffffffffffff; /* 0 does not stop, the largest number does */
  double threshold;
  while (high - low > 1) {
    uint64_t middle = low + (high - low) / 2;
    memcpy(of_gradient ? &trial.gradient_below : &trial.loss_below, &middle, sizeof middle);
    struct trial_networks networks;
    struct reference_result result[1];
    trial_networks_create(&trial, &networks);
    trial_reference(&trial, &networks, result);
    *(result[0].status == ISW_STOPPED ? &high : &low) = middle;
    reference_result_clear(&result[0]);
    trial_networks_destroy(&networks);
  }
  memcpy(&threshold, &high, sizeof threshold);
  return threshold;
}

/* What a rule compares is not recorded: float64 sums of a batch. The values on both sides of each threshold check its
 * last bit. */
static void stop_rules_see_the_last_bit(void **state)
{
  (void)state;
  struct trial_counts counts = {0};
  size_t number = 0;
  for (size_t loss = 0; loss < losses(); loss++)
    for (int real = 0; real < 2; real++)
      for (size_t batch = 0; batch <= 50; batch += 50)
        for (int of_gradient = 0; of_gradient < 2; of_gradient++) {
          if (thinned_out(number++)) continue;
          struct trial trial = {.name = "last bit",
                                .real = real ? ISW_FLOAT64 : ISW_FLOAT32,
                                .data = TRIAL_MANY,
                                .init = trial_initializer("he_normal"),
                                .activation = trial_activation("tanh"),
                                .loss = loss,
                                .depth = 1,
                                .width = 90,
                                .batch_size = batch,
                                .steps = 1,
                                .learning_rate = 0.1,
                                .count = 1,
                                .members = 2};
          double *threshold = of_gradient ? &trial.gradient_below : &trial.loss_below;
          *threshold = least_threshold(trial, of_gradient);
          trial_run(&trial, &counts);
          *threshold = nextafter(*threshold, 0.0);
          trial_run(&trial, &counts);
        }
  report("last bit", &counts);
  assert_int_equal(counts.stopped, counts.networks / 2);
}

/* The engine passes samples in blocks: 36 here, 12 where the layers are wide. */
static void batches_of_several_blocks(void **state)
{
  (void)state;
  static const char *const names[] = {"tanh", "leaky_relu", "sin"};
  struct trial_counts counts = {0};
  size_t number = 0;
  for (size_t g = 0; g < sizeof names / sizeof names[0]; g++)
    for (size_t batch = 0; batch <= 70; batch += 70)
      for (size_t members = 1; members <= 3; members++)
        for (int real = 0; real < 2; real++) {
          if (thinned_out(number++)) continue;
          struct trial trial = {.name = "blocks",
                                .real = real ? ISW_FLOAT64 : ISW_FLOAT32,
                                .data = TRIAL_MANY,
                                .init = trial_initializer("lecun_normal"),
                                .activation = trial_activation(names[g]),
                                .loss = trial_loss("cross_entropy"),
                                .optimizer = trial_optimizer("nesterov"),
                                .depth = 3,
                                .width = 40,
                                .batch_size = batch,
                                .steps = 4,
                                .learning_rate = 0.02,
                                .varied = true,
                                .sparse_records = members == 2,
                                .count = 3,
                                .members = members};
          trial_run(&trial, &counts);
          if (members == 2) continue;
          trial.depth = 1;
          trial.width = 400;
          trial.steps = 2;
          trial.count = 1;
          trial_run(&trial, &counts);
        }
  report("blocks", &counts);
}

/* Weights that do not fit into the second cache are prefetched. */
static void weights_beyond_the_second_cache(void **state)
{
  (void)state;
  static const char *const names[] = {"sgd", "adam"};
  struct trial_counts counts = {0};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    struct trial trial = {.name = "large",
                          .real = i ? ISW_FLOAT64 : ISW_FLOAT32,
                          .data = TRIAL_CLASSES,
                          .init = trial_initializer("he_normal"),
                          .activation = trial_activation("tanh"),
                          .loss = trial_loss("cross_entropy"),
                          .optimizer = trial_optimizer(names[i]),
                          .depth = 2,
                          .width = 202,
                          .steps = 2,
                          .learning_rate = 0.02,
                          .sparse_records = true,
                          .count = 1,
                          .members = 1 + i};
    trial_run(&trial, &counts);
  }
  report("large", &counts);
  assert_int_equal(counts.completed, counts.networks);
}

/* A trial of deep networks in several blocks, parted among members, whose settings vary with its number. */
static struct trial deep_trial(const char *name, size_t number, size_t optimizer, size_t batch)
{
  return (struct trial){.name = name,
                        .real = number % 2 ? ISW_FLOAT64 : ISW_FLOAT32,
                        .data = TRIAL_MANY,
                        .activation = number % activations(),
                        .loss = trial_loss("cross_entropy"),
                        .optimizer = optimizer,
                        .batch_size = batch,
                        .steps = 5,
                        .learning_rate = 0.02,
                        .weight_decay = 0.01,
                        .decay_biases = (enum isw_decay_biases)(number / 3 % 3),
                        .clip_norm = number % 3 == 0 ? 0.1 : 0.0,
                        .gradient_below = number % 5 == 0 ? 0.05 : 0.0,
                        .varied = number % 4 != 0,
                        .sparse_records = number % 2,
                        .count = 3,
                        .members = 1 + number % 3};
}

/* Normalised layers in several blocks, parted among members, under every optimiser, with branches and without; of
 * starts the one that looks through them and the one that reads gains and shifts. */
static void normalized_layers(void **state)
{
  (void)state;
  static const char *const inits[] = {"he_normal", "lsuv", "file"};
  struct trial_counts counts = {0};
  size_t number = 0, rows;
  isw_normalizations(&rows);
  for (size_t row = 1; row < rows; row++)
    for (size_t o = 0; o < optimizers(); o++)
      for (size_t batch = 0; batch <= 70; batch += 70) {
        if (thinned_out(number)) {
          number++;
          continue;
        }
        struct trial trial = deep_trial("normalization", number, o, batch);
        trial.init = trial_initializer(inits[number % 3]);
        trial.bias_init = trial_initializer(number % 4 ? "zeros" : "file");
        trial.normalization = row;
        trial.gradient_noise = number % 7 < 3 ? 0.01 : 0.0;
        trial.dropout = number % 5 < 2 ? 0.3 : 0.0;
        trial.no_affine = number % 4 == 3;
        trial.no_branch_ends = number % 2;
        trial.bias = (enum isw_bias)(number % 3);
        trial.residual = residuals[number % (sizeof residuals / sizeof residuals[0])];
        trial.depth = 5;
        trial.width = 19 + number % 3;
        trial_run(&trial, &counts);
        number++;
      }
  report("normalization", &counts);
  assert_true(counts.completed > counts.networks / 2);
}

/* Several branches in several blocks, parted among members, under every optimiser; of starts the one that looks through
 * them. */
static void residual_branches(void **state)
{
  (void)state;
  struct trial_counts counts = {0};
  size_t number = 0;
  for (size_t i = 1; i < sizeof residuals / sizeof residuals[0]; i++)
    for (size_t o = 0; o < optimizers(); o++)
      for (size_t batch = 0; batch <= 70; batch += 70) {
        if (thinned_out(number)) {
          number++;
          continue;
        }
        struct trial trial = deep_trial("residual", number, o, batch);
        trial.init = trial_initializer(number % 5 == 1 ? "lsuv" : "he_normal");
        trial.residual = residuals[i];
        trial.depth = 7 + number % 2;
        trial.width = 20;
        trial_run(&trial, &counts);
        number++;
      }
  report("residual", &counts);
  assert_true(counts.completed > counts.networks / 2);
}

/* With units in lanes, the members of a team part the units of layers whose lines they can divide: of 61 units these
 * are 4 in float32 and 8 in float64, of which the last is padded. */
static void units_parted_among_threads(void **state)
{
  (void)state;
  static const size_t members[2][4] = {{2, 4, 2, 4}, {3, 4, 2, 3}}; /* for float32, for float64 */
  struct trial_counts counts = {0};
  for (size_t number = 0; number < 2 * optimizers(); number++) {
    if (thinned_out(number)) continue;
    struct trial trial = deep_trial("parted units", number, number / 2, number / 2 % 2 ? 70 : 0);
    trial.init = trial_initializer("he_normal");
    trial.bias_init = trial_initializer("uniform");
    trial.residual = residuals[number % (sizeof residuals / sizeof residuals[0])];
    trial.factors = (enum trial_factors)(number / 3 % TRIAL_FACTOR_KINDS);
    trial.gradient_noise = number % 7 < 3 ? 0.01 : 0.0;
    trial.dropout = number % 5 < 2 ? 0.3 : 0.0;
    trial.output_scale = number % 3 == 1 ? -1.7 : 0.0;
    trial.depth = 2 + number % 2;
    trial.width = 61;
    trial.steps = 3;
    trial.count = 1;
    trial.members = members[number % 2][number / 2 % 4];
    trial_run(&trial, &counts);
  }
  report("parted units", &counts);
  assert_true(counts.completed > counts.networks / 2);
}

/* With units in lanes, units that pad a line have gradients of 0, and with an epsilon of 0 become NaN at the first
 * update. */
static void units_that_pad_a_line_end_no_network(void **state)
{
  (void)state;
  static const char *const optimizers[] = {"adam", "adagrad", "rmsprop"};
  struct trial_counts counts = {0};
  for (size_t o = 0; o < sizeof optimizers / sizeof *optimizers; o++)
    for (int real = 0; real < 2; real++) {
      struct trial trial = {.name = "padding",
                            .real = real ? ISW_FLOAT64 : ISW_FLOAT32,
                            .data = TRIAL_CLASSES,
                            .init = trial_initializer("glorot_uniform"),
                            .bias_init = trial_initializer("uniform"),
                            .activation = trial_activation("tanh"),
                            .loss = trial_loss("cross_entropy"),
                            .optimizer = trial_optimizer(optimizers[o]),
                            .no_epsilon = true,
                            .depth = 2,
                            .width = 21,
                            .batch_size = real ? 0 : 4,
                            .steps = 10,
                            .learning_rate = 0.01,
                            .gradient_below = 1e-6,
                            .count = 2,
                            .members = 1 + o % 2};
      trial_run(&trial, &counts);
    }
  report("padding", &counts);
  assert_int_equal(counts.completed, counts.networks);
}

/* ---- a network does not depend on its neighbours
 * --------------------------------------------------------------------- */

static void a_lane_alone_equals_the_lane_among_others(void **state)
{
  (void)state;
  struct trial trial = {.name = "alone",
                        .data = TRIAL_CLASSES,
                        .init = trial_initializer("he_uniform"),
                        .activation = trial_activation("leaky_relu"),
                        .optimizer = trial_optimizer("adam"),
                        .depth = 2,
                        .width = 9,
                        .batch_size = 4,
                        .steps = 15,
                        .learning_rate = 0.01,
                        .varied = true};
  struct trial_networks together, alone;
  struct reference_result among[16], single[1];
  trial_networks_create(&trial, &together);
  assert_true(trial_engine(&trial, &together, NULL, ISW_NETWORKS_IN_LANES, among));
  for (size_t lane = 0; lane < together.count; lane++) {
    trial_networks_create(&trial, &alone);
    alone.count = 1;
    alone.list[0] = &alone.network[lane];
    assert_true(trial_engine(&trial, &alone, NULL, ISW_NETWORKS_IN_LANES, single));
    assert_true(trial_same("alone", &single[0], &among[lane]));
    reference_result_clear(&single[0]);
    reference_result_clear(&among[lane]);
    trial_networks_destroy(&alone);
  }
  trial_networks_destroy(&together);
}

static void the_fastest_kernels_are_among_those_tested(void **state)
{
  (void)state;
  const struct isw_kernels *kernels;
  struct isw_error error = {0};
  assert_int_equal(isw_kernels_choose(NULL, &kernels, &error), ISW_OK);
  const char *name;
  bool usable, found = false;
  for (size_t i = 0; (name = isw_kernels_list(i, &usable)); i++) {
    print_message("kernels %s: %s\n", name, usable ? "tested" : "not usable on this machine");
    if (usable && strcmp(name, isw_kernels_name(kernels)) == 0) found = true;
  }
  assert_true(found);
  isw_error_clear(&error);
}

int main(int argc, char **argv)
{
  if (argc > 1) form = strcmp(argv[1], "long") == 0 ? LONG : strcmp(argv[1], "short") == 0 ? SHORT : WHOLE;
  trial_expected_path = isw_cost_path;
  const struct CMUnitTest edges[] = {
      cmocka_unit_test(the_fastest_kernels_are_among_those_tested),
      cmocka_unit_test(deep_sigmoid_with_subnormal_gradients),
      cmocka_unit_test(divergence_at_different_steps),
      cmocka_unit_test(the_smallest_networks),
      cmocka_unit_test(stop_rules_end_each_network_alone),
      cmocka_unit_test(rules_of_each_step_end_each_network_alone),
      cmocka_unit_test(stop_rules_see_the_last_bit),
      cmocka_unit_test(weights_beyond_the_second_cache),
      cmocka_unit_test(units_that_pad_a_line_end_no_network),
      cmocka_unit_test(a_lane_alone_equals_the_lane_among_others),
      cmocka_unit_test(full_product_of_the_tables),
  };
  const struct CMUnitTest blocks[] = {
      cmocka_unit_test(batches_of_several_blocks),
      cmocka_unit_test(normalized_layers),
      cmocka_unit_test(units_parted_among_threads),
  };
  const struct CMUnitTest branches[] = {cmocka_unit_test(residual_branches)};
  const struct CMUnitTest pairs[] = {cmocka_unit_test(all_pairs_of_all_settings)};
  const char *part = argc > 2 ? argv[2] : NULL;
  int failed = 0, known = !part;
#define RUN(name)                                                                                                      \
  if (!part || strcmp(part, #name) == 0) {                                                                             \
    failed += cmocka_run_group_tests(name, 0, 0);                                                                      \
    known = 1;                                                                                                         \
  }
  RUN(edges)
  RUN(blocks)
  RUN(branches)
  RUN(pairs)
#undef RUN
  if (!known) fprintf(stderr, "unknown part '%s'\n", part);
  return failed || !known;
}
