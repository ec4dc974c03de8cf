#include "trials.h"
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "initsweep/probes.h"

static void *numbers(size_t count, size_t size)
{
  void *memory = isw_allocate(count, size);
  if (!memory) {
    fputs("trials: out of memory\n", stderr);
    exit(1);
  }
  return memory;
}

/* ---- rows by name ---------------------------------------------------------------------------------------------- */

/* Rows of a table are `size` bytes apart and begin with their struct isw_row. */
static size_t row_called(const char *name, const void *table, size_t size, size_t count)
{
  for (size_t i = 0; i < count; i++)
    if (strcmp(((const struct isw_row *)((const char *)table + i * size))->name, name) == 0) return i;
  fprintf(stderr, "trials: no row is called %s\n", name);
  exit(1);
}

size_t trial_initializer(const char *name)
{
  size_t count;
  const struct isw_initializer *table = isw_initializers(&count);
  return row_called(name, table, sizeof *table, count);
}

size_t trial_activation(const char *name)
{
  size_t count;
  const struct isw_activation *table = isw_activations(&count);
  return row_called(name, table, sizeof *table, count);
}

size_t trial_loss(const char *name)
{
  size_t count;
  const struct isw_loss *table = isw_losses(&count);
  return row_called(name, table, sizeof *table, count);
}

size_t trial_optimizer(const char *name)
{
  size_t count;
  const struct isw_optimizer *table = isw_optimizers(&count);
  return row_called(name, table, sizeof *table, count);
}

size_t trial_schedule(const char *name)
{
  size_t count;
  const struct isw_rate_schedule *table = isw_schedules(&count);
  return row_called(name, table, sizeof *table, count);
}

size_t trial_normalization(const char *name)
{
  size_t count;
  const struct isw_normalization *table = isw_normalizations(&count);
  return row_called(name, table, sizeof *table, count);
}

/* ---- data ------------------------------------------------------------------------------------------------------ */

static double draw(size_t of, size_t index)
{
  struct isw_stream stream = {1, of, ISW_PURPOSE_DATA, 0};
  return isw_normal(&stream, index);
}

struct isw_data trial_data_create(enum trial_data kind)
{
  static const struct isw_data shapes[TRIAL_DATA] = {
      [TRIAL_XOR] = {.features = 2, .kind = ISW_TARGETS_BINARY, .targets = 1, .classes = 2, .train_samples = 4},
      [TRIAL_TEACHER] = {.features = 3, .kind = ISW_TARGETS_VALUES, .targets = 2, .train_samples = 11},
      [TRIAL_CLASSES] = {.features = 5, .kind = ISW_TARGETS_CLASSES, .targets = 1, .classes = 3, .train_samples = 13},
      [TRIAL_MANY] = {.features = 5, .kind = ISW_TARGETS_CLASSES, .targets = 1, .classes = 3, .train_samples = 131},
  };
  struct isw_data data = shapes[kind];
  double *x = data.train_inputs = numbers(data.train_samples * data.features, sizeof *x);
  double *y = data.train_targets = numbers(data.train_samples * data.targets, sizeof *y);
  for (size_t s = 0; s < data.train_samples; s++, x += data.features, y += data.targets) switch (kind) {
    case TRIAL_XOR:
      x[0] = (double)(s / 2);
      x[1] = (double)(s % 2);
      y[0] = (double)(s / 2 != s % 2);
      break;
    case TRIAL_TEACHER:
      for (size_t i = 0; i < 3; i++) x[i] = draw(0, s * 3 + i);
      y[0] = isw_exact_tanh(x[0] - 0.5 * x[1]);
      y[1] = isw_exact_sin(x[2]) * x[0];
      break;
    default:
      y[0] = (double)(s % 3);
      for (size_t i = 0; i < 5; i++) x[i] = draw(1, s * 5 + i) + (i == s % 3 ? 2.0 : 0.0);
      break;
    }
  return data;
}

bool trial_takes(size_t loss, enum trial_data kind)
{
  size_t rows;
  struct isw_data data = trial_data_create(kind);
  size_t outputs = isw_outputs(&data, &isw_losses(&rows)[loss]);
  trial_data_destroy(&data);
  return outputs > 0;
}

void trial_data_destroy(struct isw_data *data)
{
  free(data->train_inputs);
  free(data->train_targets);
  *data = (struct isw_data){0};
}

/* ---- networks -------------------------------------------------------------------------------------------------- */

/* A lane's choice of a row: the defaults, changed slightly within the allowed ranges. The constant's default is 0,
 * which hides many errors, so if lanes vary, a lane's number is never the default itself. */
static struct isw_choice nudged(const struct isw_row *row, size_t index, size_t lane, bool varied)
{
  struct isw_choice choice = isw_choice_default(row, index);
  for (size_t p = 0; varied && p < isw_row_parameters(row); p++) {
    const struct isw_parameter *parameter = &row->parameters[p];
    if (parameter->type == ISW_COUNT && parameter->low + (double)lane < parameter->initial)
      choice.value[p].number = parameter->low + (double)lane; /* because few steps are trained */
    if (parameter->type != ISW_REAL) continue;
    double up = parameter->initial + 0.03 * (double)(lane + 1), down = parameter->initial * (1.0 - 0.02 * (double)lane);
    choice.value[p].number = up < parameter->high ? up : down;
  }
  return choice;
}

static struct isw_choice optimizer_of(const struct trial *trial, size_t lane)
{
  size_t rows;
  const struct isw_row *row = &isw_optimizers(&rows)[trial->optimizer].row;
  struct isw_choice choice = nudged(row, trial->optimizer, lane, trial->varied);
  for (size_t p = 0; trial->no_epsilon && p < isw_row_parameters(row); p++)
    if (strcmp(row->parameters[p].name, "epsilon") == 0) choice.value[p].number = 0.0;
  return choice;
}

static struct isw_choice normalization_of(const struct trial *trial, size_t lane)
{
  size_t rows;
  const struct isw_row *row = &isw_normalizations(&rows)[trial->normalization].row;
  struct isw_choice choice = nudged(row, trial->normalization, lane, trial->varied);
  if (trial->normalization == 0) return choice;
  choice.value[1].number = trial->no_affine;
  choice.value[2].number = trial->no_branch_ends;
  return choice;
}

/* Factors near 1 that differ in all layers, parts and kinds. */
static struct isw_layer_factors factors_of(const struct trial *trial, size_t lane, size_t k, size_t layers)
{
  struct isw_layer_factors factors;
  double up = 1.0 + 0.05 * (double)(k + 1) + (trial->varied ? 0.02 * (double)lane : 0.0);
  for (size_t part = 0; part < 2; part++) {
    factors.rate[part] = part == 0 ? up : 1.0 / up;
    factors.std[part] = 0.7 * factors.rate[part];
    factors.decay[part] = 1.3 * factors.rate[part];
    factors.epsilon[part] = 1.1 / factors.rate[part];
  }
  if (trial->factors == TRIAL_FROZEN_FIRST && k == 0) factors.rate[0] = factors.rate[1] = 0.0;
  if (trial->factors == TRIAL_FROZEN_PARTS && k + 1 == layers) factors.rate[0] = 0.0;
  if (trial->factors == TRIAL_FROZEN_PARTS && k == 1) factors.rate[1] = 0.0;
  return factors;
}

static struct isw_choice mask_of(const struct trial *trial, const struct isw_weights *weights, size_t lane)
{
  size_t rows;
  const struct isw_row *row = &isw_masks(&rows)[trial->mask].row;
  struct isw_choice mask = isw_choice_default(row, trial->mask);
  for (size_t p = 0; p < isw_row_parameters(row); p++)
    if (strcmp(row->parameters[p].name, "sparsity") == 0)
      mask.value[p].number = 0.4 + (trial->varied ? 0.02 * (double)lane : 0.0);
  mask.weights = weights;
  return mask;
}

static void set_network(const struct trial *trial, struct trial_networks *all, size_t lane)
{
  size_t rows, layers = all->layers;
  const struct isw_initializer *initializers = isw_initializers(&rows);
  struct isw_choice *init = all->init + lane * layers, *bias_init = all->bias_init + lane * layers;
  for (size_t k = 0; k < layers; k++) {
    size_t row = trial->init;
    if (trial->by_layer == TRIAL_ZERO_OUTPUT && k + 1 == layers) row = trial_initializer("zeros");
    if (trial->by_layer == TRIAL_CONSTANT_FIRST && k == 0) row = trial_initializer("constant");
    init[k] = nudged(&initializers[row].row, row, lane, trial->varied && !trial->plain_init);
    bias_init[k] = nudged(&initializers[trial->bias_init].row, trial->bias_init, lane, trial->varied);
    init[k].weights = bias_init[k].weights = &all->weights;
  }
  struct isw_layer_factors *factors = all->factors + lane * layers;
  for (size_t k = 0; k < layers; k++) factors[k] = factors_of(trial, lane, k, layers);
  const struct isw_activation *activations = isw_activations(&rows);
  const struct isw_rate_schedule *schedules = isw_schedules(&rows);
  all->network[lane] = (struct isw_network){
      .number = lane,
      .id = lane,
      .seed = 2026,
      .replicate = trial->shuffle_per_replicate ? 3 : lane,
      .layers = layers,
      .size = all->size,
      .activation = nudged(&activations[trial->activation].row, trial->activation, lane, trial->varied),
      .output_activation =
          nudged(&activations[trial->output_activation].row, trial->output_activation, lane, trial->varied),
      .loss = nudged(&isw_losses(&rows)[trial->loss].row, trial->loss, lane, trial->varied && !trial->plain_loss),
      .optimizer = optimizer_of(trial, lane),
      .init = init,
      .bias_init = bias_init,
      .normalization = normalization_of(trial, lane),
      .init_noise = trial->init_noise,
      .noise_of = trial->noise_of,
      .mask = mask_of(trial, &all->weights, lane),
      .init_sparsity = trial->init_sparsity * (trial->varied ? 1.0 - 0.05 * (double)lane : 1.0),
      .decay_biases = trial->decay_biases,
      .bias = trial->bias,
      .output_scale =
          trial->output_scale != 0.0 ? trial->output_scale * (trial->varied ? 1.0 + 0.1 * (double)lane : 1.0) : 1.0,
      .factors = trial->factors ? factors : NULL,
      .residual = {trial->residual.branch_layers, trial->residual.scale + (trial->varied ? 0.1 * (double)lane : 0.0),
                   trial->residual.train_scale, trial->residual.ends_linear},
      .learning_rate = trial->learning_rate * (trial->varied ? 1.0 + 0.1 * (double)lane : 1.0),
      .weight_decay = trial->weight_decay * (trial->varied ? 1.0 + 0.1 * (double)lane : 1.0),
      .schedule = nudged(&schedules[trial->schedule].row, trial->schedule, lane, trial->varied),
      .clip_norm = trial->clip_norm * (trial->varied ? 1.0 + 0.5 * (double)lane : 1.0),
      .dropout = trial->dropout * (trial->varied ? 1.0 - 0.05 * (double)lane : 1.0),
      .gradient_noise = trial->gradient_noise * (trial->varied ? 1.0 + (double)(lane % 3) : 1.0),
      .batch_size = trial->batch_size,
      .shuffle_per_replicate = trial->shuffle_per_replicate,
      .steps = trial->steps,
      .stop_loss_below = trial->loss_below > 0.0 ? trial->loss_below : -INFINITY,
      .stop_loss_above = trial->loss_above * (trial->varied ? 1.0 + 0.1 * (double)lane : 1.0),
      .stop_accuracy_above = trial->accuracy_above * (trial->varied ? 1.0 - 0.05 * (double)lane : 1.0),
      .stop_plateau = {trial->plateau.steps, trial->plateau.relative + (trial->varied ? 0.01 * (double)lane : 0.0)},
      .stop_gradient_below = trial->gradient_below > 0.0 ? trial->gradient_below : -INFINITY,
  };
  all->list[lane] = &all->network[lane];
}

struct trial trial_of_optimizer(const struct trial *trial)
{
  size_t rows;
  struct trial own = *trial;
  if (!isw_optimizers(&rows)[own.optimizer].solves) return own;
  own.loss = trial_loss("mse");
  own.batch_size = own.mask = 0;
  own.weight_decay = own.clip_norm = own.gradient_noise = own.dropout = 0.0;
  if (own.depth > 3) own.depth = 3;
  if (own.width > 5) own.width = 5;
  return own;
}

void trial_networks_create(const struct trial *trial, struct trial_networks *all)
{
  *all = (struct trial_networks){
      .data = trial_data_create(trial->data),
      .count = trial->count ? trial->count : isw_lanes(trial->real),
      .layers = trial->depth + 1,
  };
  size_t rows;
  all->size = numbers(all->layers + 1, sizeof *all->size);
  all->size[0] = all->data.features;
  for (size_t h = 1; h <= trial->depth; h++)
    all->size[h] = h % 2 == 1 || trial->residual.branch_layers ? trial->width : (trial->width + 1) / 2;
  all->size[all->layers] = isw_outputs(&all->data, &isw_losses(&rows)[trial->loss]);
  all->init = numbers(all->count * all->layers, sizeof *all->init);
  all->bias_init = numbers(all->count * all->layers, sizeof *all->bias_init);
  all->factors = numbers(all->count * all->layers, sizeof *all->factors);
  all->record_steps = numbers(trial->steps + 1, sizeof *all->record_steps);
  for (uint64_t step = 0; step <= trial->steps; step++)
    if (!trial->sparse_records || step == 0 || step == 3 || step == trial->steps)
      all->record_steps[all->records++] = step;
  const struct isw_choice normalization = normalization_of(trial, 0);
  const struct isw_parts parts = {trial->residual.branch_layers, trial->bias, isw_normalizing_of(&normalization)};
  all->weights.count = isw_parameters(all->layers, all->size, parts);
  all->weights.value = all->weight_values = numbers(2 * all->weights.count, sizeof *all->weight_values);
  for (size_t i = 0; i < 2 * all->weights.count; i++) all->weight_values[i] = 0.5 * draw(2, i);
  for (size_t lane = 0; lane < all->count; lane++) set_network(trial, all, lane);
}

void trial_networks_destroy(struct trial_networks *networks)
{
  trial_data_destroy(&networks->data);
  free(networks->size);
  free(networks->init);
  free(networks->bias_init);
  free(networks->factors);
  free(networks->record_steps);
  free(networks->weight_values);
}

/* ---- both trainers --------------------------------------------------------------------------------------------- */

void trial_reference(const struct trial *trial, const struct trial_networks *networks, struct reference_result *results)
{
  for (size_t lane = 0; lane < networks->count; lane++)
    results[lane] = reference_train(&networks->network[lane], &networks->data, trial->real, networks->records,
                                    networks->record_steps);
}

static const char *const names[REFERENCE_MEASURES] = {
    [REFERENCE_LOSS] = "loss",
    [REFERENCE_GRADIENT_NORM] = "gradient_norm",
    [REFERENCE_BIAS_GRADIENT_NORM] = "bias_gradient_norm",
    [REFERENCE_WEIGHT_NORM] = "weight_norm",
    [REFERENCE_BIAS_NORM] = "bias_norm",
    [REFERENCE_SCALE] = "residual_scale",
    [REFERENCE_SCALE_GRADIENT] = "residual_scale_gradient",
    [REFERENCE_BATCH_LOSS] = "batch_loss",
    [REFERENCE_BATCH_GRADIENT_NORM] = "batch_gradient_norm",
    [REFERENCE_BATCH_BIAS_GRADIENT_NORM] = "batch_bias_gradient_norm",
};

/* The probe of each measure; NULL if the registry has none with that name. */
static void find_probes(const struct isw_probe **found)
{
  size_t count;
  const struct isw_probe *const *probes = isw_probes(&count);
  for (size_t m = 0; m < REFERENCE_MEASURES; m++) {
    found[m] = NULL;
    for (size_t i = 0; i < count; i++)
      if (strcmp(probes[i]->row.name, names[m]) == 0) found[m] = probes[i];
  }
}

static bool of_batch(size_t measure)
{
  return measure >= REFERENCE_BATCH_LOSS;
}

static bool per_layer(size_t measure)
{
  return measure != REFERENCE_LOSS && measure != REFERENCE_BATCH_LOSS;
}

/* Whether the engine measures it at the record of a step: the measures of a record decide which passes are run. */
static bool is_due(const struct trial *trial, size_t measure, uint64_t step)
{
  if (trial->whole_records || step == trial->steps || step % 6 == 0) return true;
  if (step % 2 == 1) return !of_batch(measure);
  return of_batch(measure) || (step % 6 == 4 && measure == REFERENCE_LOSS);
}

/* Removes from the reference what the engine does not measure. */
static void hide(const struct trial *trial, const struct trial_networks *networks, struct reference_result *result)
{
  for (size_t m = 0; m < REFERENCE_MEASURES; m++)
    for (size_t r = 0; r < networks->records; r++) {
      size_t width = per_layer(m) ? networks->layers : 1;
      for (size_t i = 0; i < width && !is_due(trial, m, networks->record_steps[r]); i++)
        result->measure[m][r * width + i] = NAN;
    }
}

static double *widened(enum isw_precision real, const void *values, size_t first, size_t count)
{
  double *copy = numbers(count, sizeof *copy);
  for (size_t i = 0; i < count; i++)
    copy[i] = real == ISW_FLOAT32 ? (double)((const float *)values)[first + i] : ((const double *)values)[first + i];
  return copy;
}

static struct reference_result result_of(const struct trial *trial, const struct trial_networks *networks,
                                         const struct isw_outcome *outcome, const struct isw_probe *const *probes)
{
  struct reference_result result = {
      .status = outcome->status,
      .steps_done = outcome->steps_done,
      .parameters = outcome->parameters,
      .records = networks->records,
      .records_done = outcome->records_done,
      .layers = networks->layers,
      .branches = isw_branches(networks->layers, trial->residual.branch_layers),
      .weights_initial = widened(trial->real, outcome->weights_initial, 0, outcome->parameters),
      .weights_final = widened(trial->real, outcome->weights_final, 0, outcome->parameters),
  };
  size_t first = 0;
  for (size_t m = 0; m < REFERENCE_MEASURES; m++) {
    if (!probes[m]) continue;
    size_t count = networks->records * (probes[m]->quantity.per_layer ? networks->layers : 1);
    result.measure[m] = widened(trial->real, outcome->values, first, count);
    first += count;
  }
  return result;
}

struct member {
  struct isw_pack *pack;
  struct isw_team *team;
  size_t index;
  const atomic_int *interrupt;
  enum isw_status status;
};

static void *train_as_member(void *argument)
{
  struct member *member = argument;
  member->status = isw_pack_train(member->pack, member->team, member->index, member->interrupt);
  return NULL;
}

/* Trains with a team of `members` threads, including the calling one. */
static enum isw_status train(struct isw_pack *pack, size_t members)
{
  enum { MEMBERS_MAX = 8 };
  atomic_int interrupt = 0;
  struct isw_team *team = isw_team_create(members);
  struct member member[MEMBERS_MAX];
  pthread_t thread[MEMBERS_MAX];
  if (!team || members > MEMBERS_MAX) exit(1);
  for (size_t i = 0; i < members; i++) member[i] = (struct member){pack, team, i, &interrupt, ISW_FAILED};
  for (size_t i = 1; i < members; i++)
    if (pthread_create(&thread[i], NULL, train_as_member, &member[i]) != 0) exit(1);
  train_as_member(&member[0]);
  enum isw_status status = member[0].status;
  for (size_t i = 1; i < members; i++) {
    pthread_join(thread[i], NULL);
    if (member[i].status != status) status = ISW_FAILED;
  }
  isw_team_destroy(team);
  return status;
}

trial_path_function *trial_expected_path = NULL;

/* The class of packs that a sweep of these networks would have, with all that the cost model needs to choose a path. */
static struct isw_pack_class class_of(const struct trial_networks *networks)
{
  const struct isw_network *first = &networks->network[0];
  size_t samples = networks->data.train_samples;
  return (struct isw_pack_class){.layers = first->layers,
                                 .size = first->size,
                                 .parts = isw_parts_of(first),
                                 .activation = first->activation.row,
                                 .output_activation = first->output_activation.row,
                                 .loss = first->loss.row,
                                 .optimizer = first->optimizer.row,
                                 .batch_size = first->batch_size,
                                 .samples = first->batch_size ? first->batch_size : samples,
                                 .drops = first->dropout > 0.0 && first->layers > 1,
                                 .draws_noise = first->gradient_noise > 0.0,
                                 .has_mask = first->mask.row != 0,
                                 .scales_output = first->output_scale != 1.0,
                                 .has_factors = first->factors != NULL,
                                 .checks_every_step =
                                     first->clip_norm > 0.0 || first->stop_gradient_below > -INFINITY ||
                                     first->stop_loss_above > 0.0 || first->stop_accuracy_above > 0.0 ||
                                     first->stop_plateau.steps > 0};
}

/* Trains networks first .. first + count - 1 in one pack. */
static enum isw_status train_pack(const struct trial *trial, const struct trial_networks *networks, size_t first,
                                  struct isw_pack_settings *settings, const struct isw_probe *const *found,
                                  struct reference_result *results, struct isw_error *error)
{
  struct isw_pack *pack = NULL;
  settings->networks = networks->list + first;
  enum isw_status status = isw_pack_create(settings, &pack, error);
  if (status == ISW_OK && trial_expected_path && settings->layout == ISW_NETWORKS_IN_LANES) {
    const struct isw_pack_class class = class_of(networks);
    enum isw_pack_path expected =
        trial_expected_path(settings->kernels, settings->probes, settings->probe_count, &class);
    if (isw_pack_path_taken(pack) != expected)
      status = isw_error_set(error, ISW_FAILED, "the pack's path is %d, expected %d", (int)isw_pack_path_taken(pack),
                             (int)expected);
  }
  if (status == ISW_OK) status = train(pack, trial->members ? trial->members : 1);
  for (size_t lane = 0; status == ISW_OK && lane < settings->count; lane++)
    results[first + lane] = result_of(trial, networks, isw_pack_outcome(pack, lane), found);
  isw_pack_destroy(pack);
  return status;
}

size_t trial_stride(const struct trial_networks *networks, enum isw_layout layout)
{
  return layout == ISW_UNITS_IN_LANES ? (networks->count + 3) / 4 : networks->count;
}

bool trial_engine(const struct trial *trial, const struct trial_networks *networks, const char *kernels,
                  enum isw_layout layout, struct reference_result *results)
{
  struct isw_error error = {0};
  const struct isw_probe *found[REFERENCE_MEASURES], *probes[REFERENCE_MEASURES];
  const bool *due[REFERENCE_MEASURES];
  bool *dues = numbers(REFERENCE_MEASURES * networks->records, sizeof *dues);
  size_t rows, probe_count = 0;
  find_probes(found);
  for (size_t m = 0; m < REFERENCE_MEASURES; m++) {
    if (!found[m]) continue;
    bool *of_probe = dues + m * networks->records;
    for (size_t r = 0; r < networks->records; r++) of_probe[r] = is_due(trial, m, networks->record_steps[r]);
    due[probe_count] = of_probe;
    probes[probe_count++] = found[m];
  }
  struct isw_pack_settings settings = {.precision = trial->real,
                                       .layout = layout,
                                       .count = layout == ISW_UNITS_IN_LANES ? 1 : networks->count,
                                       .records = networks->records,
                                       .record_steps = networks->record_steps,
                                       .probe_count = probe_count,
                                       .probes = probes,
                                       .due = due,
                                       .keep_initial = true,
                                       .keep_final = true};
  struct isw_samples *samples = NULL;
  enum isw_status status = isw_kernels_choose(kernels, &settings.kernels, &error);
  if (status == ISW_OK)
    status = isw_samples_create(&networks->data, &isw_losses(&rows)[trial->loss], trial->real, &samples, &error);
  settings.samples = samples;
  for (size_t first = 0; status == ISW_OK && first < networks->count; first += trial_stride(networks, layout))
    status = train_pack(trial, networks, first, &settings, found, results, &error);
  if (status != ISW_OK) fprintf(stderr, "%s on %s: %s\n", trial->name, kernels, isw_error_text(&error));
  isw_samples_destroy(samples);
  isw_error_clear(&error);
  free(dues);
  return status == ISW_OK;
}

/* ---- comparison ------------------------------------------------------------------------------------------------ */

static uint64_t bits(double x)
{
  uint64_t word;
  if (isnan(x)) x = NAN;
  memcpy(&word, &x, sizeof word);
  return word;
}

static bool same_numbers(const char *what, const char *which, size_t count, const double *engine,
                         const double *reference)
{
  for (size_t i = 0; i < count; i++)
    if (bits(engine[i]) != bits(reference[i])) {
      fprintf(stderr, "%s: %s[%zu] is %a, by the reference %a\n", what, which, i, engine[i], reference[i]);
      return false;
    }
  return true;
}

bool trial_same(const char *what, const struct reference_result *engine, const struct reference_result *reference)
{
  if (engine->parameters != reference->parameters) {
    fprintf(stderr, "%s: %zu parameters, by the reference %zu\n", what, engine->parameters, reference->parameters);
    return false;
  }
  if (!same_numbers(what, "weights_initial", reference->parameters, engine->weights_initial,
                    reference->weights_initial))
    return false;
  for (size_t m = 0; m < REFERENCE_MEASURES; m++)
    if (engine->measure[m] && !same_numbers(what, names[m], reference->records * (per_layer(m) ? reference->layers : 1),
                                            engine->measure[m], reference->measure[m]))
      return false;
  if (engine->status != reference->status || engine->steps_done != reference->steps_done ||
      engine->records_done != reference->records_done) {
    fprintf(stderr, "%s: status %d after %llu steps and %zu records, by the reference %d after %llu and %zu\n", what,
            (int)engine->status, (unsigned long long)engine->steps_done, engine->records_done, (int)reference->status,
            (unsigned long long)reference->steps_done, reference->records_done);
    return false;
  }
  return same_numbers(what, "weights_final", reference->parameters, engine->weights_final, reference->weights_final);
}

static void hash_word(uint64_t *hash, uint64_t word)
{
  for (int byte = 0; byte < 8; byte++) *hash = (*hash ^ (word >> (8 * byte) & 0xff)) * 0x100000001b3u;
}

uint64_t trial_hash(const struct trial *trial, const struct reference_result *results, size_t count)
{
  uint64_t hash = 0xcbf29ce484222325u;
  for (const struct reference_result *r = results; r < results + count; r++) {
    hash_word(&hash, (uint64_t)r->status);
    hash_word(&hash, r->steps_done);
    for (size_t i = 0; i < r->parameters; i++) hash_word(&hash, bits(r->weights_initial[i]));
    for (size_t i = 0; i < r->parameters; i++) hash_word(&hash, bits(r->weights_final[i]));
    for (size_t m = 0; m < REFERENCE_MEASURES; m++) {
      bool scale = m == REFERENCE_SCALE || m == REFERENCE_SCALE_GRADIENT;
      if ((scale && !r->branches) || (of_batch(m) && !trial->hashes_batches)) continue;
      for (size_t i = 0; i < r->records * (per_layer(m) ? r->layers : 1); i++) hash_word(&hash, bits(r->measure[m][i]));
    }
  }
  return hash;
}

static void describe(const struct trial *trial, const char *kernels, enum isw_layout layout, size_t lane, size_t size,
                     char *text)
{
  size_t rows;
  snprintf(
      text, size,
      "%s, %s, %s in lanes: %s %s %s %s, float%d, data %d, depth %zu, width %zu, batch %zu, %zu members: network %zu",
      trial->name, kernels, layout == ISW_UNITS_IN_LANES ? "units" : "networks",
      isw_initializers(&rows)[trial->init].row.name, isw_activations(&rows)[trial->activation].row.name,
      isw_losses(&rows)[trial->loss].row.name, isw_optimizers(&rows)[trial->optimizer].row.name,
      trial->real == ISW_FLOAT32 ? 32 : 64, (int)trial->data, trial->depth, trial->width, trial->batch_size,
      trial->members, lane);
}

/* Compares the engine with the reference's results. */
static void compare(const struct trial *trial, const struct trial_networks *networks, const char *kernels,
                    enum isw_layout layout, const struct reference_result *reference, struct trial_counts *counts)
{
  struct reference_result engine[ISW_LANES_MAX];
  if (!trial_engine(trial, networks, kernels, layout, engine)) {
    counts->differences++;
    return;
  }
  const size_t step = layout == ISW_UNITS_IN_LANES ? trial_stride(networks, layout) : 1;
  for (size_t lane = 0; lane < networks->count; lane += step) {
    char what[400];
    counts->packs += layout == ISW_UNITS_IN_LANES || lane == 0;
    describe(trial, kernels, layout, lane, sizeof what, what);
    if (!trial_same(what, &engine[lane], &reference[lane])) counts->differences++;
    reference_result_clear(&engine[lane]);
  }
}

uint64_t trial_run(const struct trial *wanted, struct trial_counts *counts)
{
  const struct trial own = trial_of_optimizer(wanted), *trial = &own;
  struct trial_networks networks;
  struct reference_result reference[ISW_LANES_MAX];
  trial_networks_create(trial, &networks);
  trial_reference(trial, &networks, reference);
  uint64_t hash = trial_hash(trial, reference, networks.count);
  for (size_t lane = 0; lane < networks.count; lane++) hide(trial, &networks, &reference[lane]);
  counts->trials++;
  counts->networks += networks.count;
  for (size_t lane = 0; lane < networks.count; lane++) {
    counts->completed += reference[lane].status == ISW_COMPLETED;
    counts->stopped += reference[lane].status == ISW_STOPPED;
    counts->diverged += reference[lane].status == ISW_DIVERGED;
    counts->subnormal += reference[lane].subnormal_gradient;
  }
  const char *kernels;
  bool usable;
  for (size_t i = 0; (kernels = isw_kernels_list(i, &usable)); i++)
    for (int layout = 0; usable && layout <= ISW_UNITS_IN_LANES; layout++)
      compare(trial, &networks, kernels, (enum isw_layout)layout, reference, counts);
  for (size_t lane = 0; lane < networks.count; lane++) reference_result_clear(&reference[lane]);
  trial_networks_destroy(&networks);
  return hash;
}
