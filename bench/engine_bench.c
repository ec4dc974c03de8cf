/* Rates of the engine and of the machine under it, as JSON lines.
 *
 *   engine_bench REQUEST...   answers one request
 *   engine_bench              answers requests from standard input, one a line
 *
 * Requests: list | write FOLDER | measure CASE PRECISION KERNELS SECONDS | alone CASE PRECISION KERNELS SECONDS |
 *           fma PRECISION KERNELS SECONDS |
 *           share WIDTH SAMPLES PRECISION KERNELS SECONDS | tanh PRECISION KERNELS SECONDS | read KIB KERNELS SECONDS |
 *           triad KERNELS SECONDS | all SECONDS */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "initsweep/engine.h"
#include "case_file.h"
#include "machine.h"

/* ---- the shapes ---------------------------------------------------------------------------------------------- */

struct bench_case {
  const char *name;
  size_t layers, size[CASE_LAYERS_MAX + 1];
  size_t samples, batch, classes;
  double learning_rate;
};

static const struct bench_case cases[] = {
    {"2-2-1", 2, {2, 2, 1}, 4, 4, 0, 0.5},
    {"2-16-1", 2, {2, 16, 1}, 4, 4, 0, 0.1},
    {"2-16-16-16-1", 4, {2, 16, 16, 16, 1}, 200, 200, 0, 0.05},
    {"64-32-32-10", 3, {64, 32, 32, 10}, 640, 64, 10, 0.1},
    {"64-128-128-10", 3, {64, 128, 128, 10}, 640, 64, 10, 0.1},
    {"784-256-256-10", 3, {784, 256, 256, 10}, 640, 64, 10, 0.02},
    {"784-1024-1024-10", 3, {784, 1024, 1024, 10}, 640, 64, 10, 0.01},
};
enum { CASES = sizeof cases / sizeof cases[0], SEED = 2026 };

static const struct bench_case *case_named(const char *name)
{
  for (size_t i = 0; i < CASES; i++)
    if (!strcmp(cases[i].name, name)) return &cases[i];
  return NULL;
}

/* xor; two spirals of half the samples each; classes as centres in the unit cube with noise around them */
static bool make_data(const struct bench_case *c, struct isw_data *data)
{
  size_t features = c->size[0];
  *data = (struct isw_data){.features = features, .targets = 1, .train_samples = c->samples, .classes = c->classes};
  data->kind = c->classes ? ISW_TARGETS_CLASSES : ISW_TARGETS_VALUES;
  data->train_inputs = isw_allocate(c->samples * features, sizeof(double));
  data->train_targets = isw_allocate(c->samples, sizeof(double));
  if (!data->train_inputs || !data->train_targets) return false;
  struct isw_stream centre = {.seed = SEED, .purpose = ISW_PURPOSE_DATA}, noise = centre;
  noise.layer = 1;
  for (size_t s = 0; s < c->samples; s++) {
    double *x = data->train_inputs + s * features, *target = data->train_targets + s;
    if (c->samples == 4) {
      x[0] = s / 2 ? 1.0 : 0.0, x[1] = s % 2 ? 1.0 : 0.0;
      *target = x[0] != x[1] ? 1.0 : 0.0;
    } else if (!c->classes) {
      size_t place = s / 2, places = c->samples / 2;
      double t = 0.25 + 2.75 * (double)place / (double)places, side = s % 2 ? 1.0 : -1.0;
      x[0] = side * t / 3.0 * cos(3.0 * t), x[1] = side * t / 3.0 * sin(3.0 * t);
      *target = side;
    } else {
      size_t label = s % c->classes;
      for (size_t i = 0; i < features; i++) {
        double value = isw_uniform(&centre, label * features + i) + 0.3 * isw_normal(&noise, s * features + i);
        x[i] = fmin(fmax(value, 0.0), 1.0);
      }
      *target = (double)label;
    }
  }
  return true;
}

static void drop_data(struct isw_data *data)
{
  free(data->train_inputs);
  free(data->train_targets);
}

/* ---- training a pack --------------------------------------------------------------------------------------------- */

static bool find(const char *name, const struct isw_row *row, size_t index, struct isw_choice *choice)
{
  if (strcmp(row->name, name) != 0) return false;
  *choice = isw_choice_default(row, index);
  return true;
}

#define CHOOSE(table, name, choice)                                                                                    \
  do {                                                                                                                 \
    size_t choose_count;                                                                                               \
    bool choose_found = false;                                                                                         \
    for (size_t i = 0; table(&choose_count) && i < choose_count && !choose_found; i++)                                 \
      choose_found = find(name, &table(&choose_count)[i].row, i, choice);                                              \
    if (!choose_found) return isw_error_set(error, ISW_FAILED, "no row '%s'", name);                                   \
  } while (0)

/* everything that a pack of one case needs, for as long as it lives */
struct setup {
  struct isw_data data;
  struct isw_samples *samples;
  const struct isw_loss *loss;
  const struct isw_kernels *kernels;
  enum isw_precision real;
  enum isw_layout layout;
  size_t lanes, size[CASE_LAYERS_MAX + 1];
  struct isw_choice init[CASE_LAYERS_MAX], bias[CASE_LAYERS_MAX];
  struct isw_network network[CASE_NETWORKS];
};

static void drop_setup(struct setup *setup)
{
  isw_samples_destroy(setup->samples);
  drop_data(&setup->data);
}

static enum isw_status make_setup(const struct bench_case *c, const char *precision, const char *kernels,
                                  enum isw_layout layout, struct setup *setup, struct isw_error *error)
{
  *setup = (struct setup){.real = strcmp(precision, "float64") ? ISW_FLOAT32 : ISW_FLOAT64, .layout = layout};
  setup->lanes = isw_layout_networks(layout, setup->real);
  memcpy(setup->size, c->size, sizeof setup->size);
  struct isw_network network = {
      .seed = SEED, .layers = c->layers, .size = setup->size, .learning_rate = c->learning_rate};
  network.init = setup->init, network.bias_init = setup->bias;
  network.output_scale = 1.0;
  network.batch_size = c->batch == c->samples ? 0 : c->batch;
  network.stop_loss_below = network.stop_gradient_below = -INFINITY;
  for (size_t k = 0; k < c->layers; k++) {
    CHOOSE(isw_initializers, "glorot_uniform", &setup->init[k]);
    CHOOSE(isw_initializers, "zeros", &setup->bias[k]);
  }
  CHOOSE(isw_activations, "tanh", &network.activation);
  CHOOSE(isw_activations, "linear", &network.output_activation);
  CHOOSE(isw_losses, c->classes ? "cross_entropy" : "mse", &network.loss);
  CHOOSE(isw_optimizers, "sgd", &network.optimizer);
  for (size_t i = 0; i < CASE_NETWORKS; i++) {
    network.number = network.id = network.replicate = i;
    setup->network[i] = network;
  }
  enum isw_status status = isw_kernels_choose(kernels, &setup->kernels, error);
  if (status) return status;
  if (!make_data(c, &setup->data)) return isw_error_set(error, ISW_FAILED, "out of memory");
  size_t count;
  setup->loss = &isw_losses(&count)[network.loss.row];
  return isw_samples_create(&setup->data, setup->loss, setup->real, &setup->samples, error);
}

/* A probe of the full training set's loss: needs the forward pass, sums in sample order. */
static size_t loss_scratch(const struct isw_view *view)
{
  return view->lanes;
}

static void loss_block(const struct isw_view *view, const struct isw_block *block, double *scratch)
{
  for (size_t s = 0; s < block->samples; s++)
    for (size_t l = 0; l < view->lanes; l++) scratch[l] += block->loss[s * view->lanes + l];
}

static void loss_finish(const struct isw_view *view, double *scratch, double *value)
{
  for (size_t l = 0; l < view->lanes; l++) value[l] = scratch[l] / (double)view->train_samples;
}

/* A probe that notes the time: the steps between two records are timed without start and end. Microseconds below
 * 2^31. */
static void clock_finish(const struct isw_view *view, double *scratch, double *value)
{
  (void)scratch;
  for (size_t l = 0; l < view->lanes; l++) value[l] = floor(fmod(machine_now() * 1e6, 2147483648.0));
}

static const struct isw_probe loss_probe = {.row.name = "bench_loss",
                                            .quantity.long_name = "loss",
                                            .needs = ISW_NEEDS_TRAIN,
                                            .scratch = loss_scratch,
                                            .block = loss_block,
                                            .finish = loss_finish};
static const struct isw_probe clock_probe = {.row.name = "bench_clock",
                                             .quantity.long_name = "clock",
                                             .quantity.units = "us",
                                             .quantity.integer = true,
                                             .finish = clock_finish};

/* Trains networks first .. first + lanes - 1 and leaves the pack to be looked at. */
static enum isw_status train(struct setup *setup, size_t first, uint64_t steps, size_t records,
                             const uint64_t *record_steps, const struct isw_probe *probe, struct isw_pack **pack,
                             struct isw_error *error)
{
  const struct isw_network *networks[CASE_NETWORKS];
  for (size_t l = 0; l < setup->lanes; l++) {
    setup->network[first + l].steps = steps;
    networks[l] = &setup->network[first + l];
  }
  struct isw_pack_settings settings = {.kernels = setup->kernels, .samples = setup->samples, .precision = setup->real};
  settings.layout = setup->layout;
  settings.count = setup->lanes;
  settings.networks = networks;
  settings.records = records, settings.record_steps = record_steps;
  settings.probe_count = 1, settings.probes = &probe;
  settings.keep_initial = true;
  enum isw_status status = isw_pack_create(&settings, pack, error);
  if (status) return status;
  struct isw_team *team = isw_team_create(1);
  if (!team) return isw_error_set(error, ISW_FAILED, "out of memory");
  atomic_int interrupt = 0;
  status = isw_pack_train(*pack, team, 0, &interrupt);
  isw_team_destroy(team);
  if (status) return isw_error_set(error, status, "training failed");
  return ISW_OK;
}

/* Seconds of `steps` steps of one full pack. */
static enum isw_status time_steps(struct setup *setup, uint64_t steps, double *seconds, struct isw_error *error)
{
  uint64_t warm = steps / 20 + 1;
  uint64_t record_steps[] = {0, warm, warm + steps, warm + steps + 1};
  struct isw_pack *pack = NULL;
  enum isw_status status = train(setup, 0, warm + steps + 1, 4, record_steps, &clock_probe, &pack, error);
  if (!status) {
    const struct isw_outcome *outcome = isw_pack_outcome(pack, 0);
    const int32_t *clock = outcome->values;
    *seconds = 1e-6 * (double)(((uint32_t)clock[2] - (uint32_t)clock[1]) & UINT32_C(0x7fffffff));
    for (size_t l = 0; l < setup->lanes; l++)
      if (isw_pack_outcome(pack, l)->status != ISW_COMPLETED)
        status = isw_error_set(error, ISW_FAILED, "network %zu did not complete", l);
  }
  isw_pack_destroy(pack);
  return status;
}

/* ---- requests ---------------------------------------------------------------------------------------------------- */

static enum isw_status answer_measure(const struct bench_case *c, const char *precision, const char *kernels,
                                      enum isw_layout layout, double seconds, struct isw_error *error)
{
  struct setup setup;
  enum isw_status status = make_setup(c, precision, kernels, layout, &setup, error);
  double flops = isw_step_flops(c->layers, setup.size, 0, c->batch), elapsed = 0.0;
  /* a short run tells how many steps fill the time */
  uint64_t steps = 2;
  while (!status && (status = time_steps(&setup, steps, &elapsed, error)) == ISW_OK && elapsed < 0.1 * seconds)
    steps *= 4;
  if (!status) {
    steps = (uint64_t)(seconds / (elapsed / (double)steps)) + 1;
    status = time_steps(&setup, steps, &elapsed, error);
  }
  if (!status) {
    double rate = (double)setup.lanes * (double)steps / elapsed;
    printf("{\"what\": \"%s\", \"case\": \"%s\", \"precision\": \"%s\", \"kernels\": \"%s\", \"rate\": %.9g, "
           "\"steps\": %" PRIu64 ", \"seconds\": %.6g, \"flops_per_step\": %.0f, \"flops\": %.6g}\n",
           layout == ISW_UNITS_IN_LANES ? "alone" : "engine", c->name, precision, kernels, rate, steps, elapsed, flops,
           rate * flops);
  }
  drop_setup(&setup);
  return status;
}

/* One of the threads that train a pack together, on a processor of its own. */
struct sharer {
  struct isw_pack *pack;
  struct isw_team *team;
  size_t member;
  pthread_t thread;
};

static void *share(void *argument)
{
  struct sharer *s = argument;
  atomic_int interrupt = 0;
  cpu_set_t mine, own;
  size_t found = 0;
  CPU_ZERO(&own);
  pthread_getaffinity_np(pthread_self(), sizeof mine, &mine);
  for (int p = 0; p < CPU_SETSIZE; p++)
    if (CPU_ISSET(p, &mine) && found++ == s->member) CPU_SET(p, &own);
  pthread_setaffinity_np(pthread_self(), sizeof own, &own);
  isw_pack_train(s->pack, s->team, s->member, &interrupt);
  return NULL;
}

/* Wall seconds of a pack's steps by so many threads, the pack's creation left out. */
static enum isw_status time_shared(struct setup *setup, uint64_t steps, size_t members, double *seconds,
                                   struct isw_error *error)
{
  const uint64_t record_steps[] = {0};
  const struct isw_network *networks[CASE_NETWORKS];
  const struct isw_probe *probe = &clock_probe;
  struct isw_pack_settings settings = {.kernels = setup->kernels, .samples = setup->samples, .precision = setup->real};
  settings.layout = setup->layout;
  settings.count = setup->lanes, settings.networks = networks;
  settings.records = 1, settings.record_steps = record_steps;
  settings.probe_count = 1, settings.probes = &probe;
  for (size_t l = 0; l < setup->lanes; l++) {
    setup->network[l].steps = steps;
    networks[l] = &setup->network[l];
  }
  struct isw_pack *pack = NULL;
  enum isw_status status = isw_pack_create(&settings, &pack, error);
  if (status) return status;
  struct isw_team *team = isw_team_create(members);
  if (!team) return isw_error_set(error, ISW_FAILED, "out of memory");
  struct sharer sharers[2];
  struct timespec begin, end;
  clock_gettime(CLOCK_MONOTONIC, &begin);
  for (size_t m = 0; m < members && !status; m++) {
    sharers[m] = (struct sharer){.pack = pack, .team = team, .member = m};
    if (pthread_create(&sharers[m].thread, NULL, share, &sharers[m]))
      status = isw_error_set(error, ISW_FAILED, "no thread");
  }
  for (size_t m = 0; m < members && !status; m++) pthread_join(sharers[m].thread, NULL);
  clock_gettime(CLOCK_MONOTONIC, &end);
  *seconds = (double)(end.tv_sec - begin.tv_sec) + 1e-9 * (double)(end.tv_nsec - begin.tv_nsec);
  isw_team_destroy(team);
  isw_pack_destroy(pack);
  return status;
}

/* How much faster two threads train a pack of networks 2-width-width-1 than one: the best of five each, in turn. */
static enum isw_status answer_share(size_t width, size_t samples, const char *precision, const char *kernels,
                                    double seconds, struct isw_error *error)
{
  const struct bench_case c = {"share", 3, {2, width, width, 1}, samples, samples, 0, 0.01};
  struct setup setup;
  enum isw_status status = make_setup(&c, precision, kernels, ISW_NETWORKS_IN_LANES, &setup, error);
  double flops = (double)setup.lanes * isw_step_flops(c.layers, setup.size, 0, c.batch), best[2] = {INFINITY, INFINITY};
  uint64_t steps = (uint64_t)(seconds * 4e10 / flops) + 1;
  for (size_t round = 0; round < 10 && !status; round++) {
    double elapsed = 0.0;
    status = time_shared(&setup, steps, 1 + round % 2, &elapsed, error);
    if (elapsed < best[round % 2]) best[round % 2] = elapsed;
  }
  if (!status)
    printf("{\"what\": \"share\", \"width\": %zu, \"samples\": %zu, \"precision\": \"%s\", \"kernels\": \"%s\", "
           "\"flops_per_step\": %.0f, \"us_per_step\": [%.3f, %.3f], \"speedup\": %.3f}\n",
           width, samples, precision, kernels, flops, best[0] / (double)steps * 1e6, best[1] / (double)steps * 1e6,
           best[0] / best[1]);
  drop_setup(&setup);
  return status;
}

static bool put(FILE *file, const double *numbers, size_t count)
{
  return fwrite(numbers, sizeof *numbers, count, file) == count;
}

static double number_at(const void *numbers, enum isw_precision real, size_t index)
{
  return real == ISW_FLOAT32 ? (double)((const float *)numbers)[index] : ((const double *)numbers)[index];
}

/* Writes the samples in the order of the first epoch, and weights and losses as the engine has them. */
static enum isw_status write_arrays(const struct bench_case *c, struct setup *setup, FILE *file,
                                    struct isw_error *error)
{
  const size_t features = c->size[0];
  uint64_t *order = isw_allocate(c->samples, sizeof *order);
  double *weights = isw_allocate(isw_parameters(c->layers, c->size, (struct isw_parts){0}), sizeof *weights);
  double losses[CASE_NETWORKS] = {0};
  enum isw_status status = ISW_OK;
  if (!order || !weights) status = isw_error_set(error, ISW_FAILED, "out of memory");
  if (!status) {
    for (size_t s = 0; s < c->samples; s++) order[s] = s;
    struct isw_stream shuffle = {.seed = SEED, .purpose = ISW_PURPOSE_SHUFFLE};
    if (c->batch < c->samples) isw_shuffle(&shuffle, c->samples, order);
    bool written = true;
    for (size_t s = 0; s < c->samples; s++)
      written = put(file, setup->data.train_inputs + order[s] * features, features) && written;
    for (size_t s = 0; s < c->samples; s++) written = put(file, setup->data.train_targets + order[s], 1) && written;
    const uint64_t record_steps[] = {0, CASE_CHECK_STEPS};
    for (size_t first = 0; first < CASE_NETWORKS && written && !status; first += setup->lanes) {
      struct isw_pack *pack = NULL;
      status = train(setup, first, CASE_CHECK_STEPS, 2, record_steps, &loss_probe, &pack, error);
      for (size_t l = 0; !status && l < setup->lanes; l++) {
        const struct isw_outcome *outcome = isw_pack_outcome(pack, l);
        losses[first + l] = number_at(outcome->values, setup->real, 1);
        for (size_t p = 0; p < outcome->parameters; p++)
          weights[p] = number_at(outcome->weights_initial, setup->real, p);
        written = put(file, weights, outcome->parameters) && written;
      }
      isw_pack_destroy(pack);
    }
    if (!status && !(put(file, losses, CASE_NETWORKS) && written))
      status = isw_error_set(error, ISW_FAILED, "writing a case: %s", strerror(errno));
  }
  free(order);
  free(weights);
  return status;
}

static enum isw_status write_case(const struct bench_case *c, const char *precision, const char *folder,
                                  struct isw_error *error)
{
  struct isw_text path = {0};
  struct setup setup;
  enum isw_status status = isw_text_add(&path, "%s/%s-%s.case", folder, c->name, precision);
  if (status) return isw_error_set(error, ISW_FAILED, "out of memory");
  status = make_setup(c, precision, NULL, ISW_NETWORKS_IN_LANES, &setup, error);
  FILE *file = status ? NULL : fopen(path.bytes, "wb");
  if (!status && !file) status = isw_error_set(error, ISW_FAILED, "%s: %s", path.bytes, strerror(errno));
  if (!status) {
    struct case_head head = {.magic = CASE_MAGIC, .layers = c->layers, .samples = c->samples, .batch = c->batch};
    for (size_t k = 0; k <= c->layers; k++) head.size[k] = c->size[k];
    head.classes = c->classes, head.networks = CASE_NETWORKS, head.real_bytes = isw_precision_bytes(setup.real);
    head.parameters = isw_parameters(c->layers, c->size, (struct isw_parts){0}), head.learning_rate = c->learning_rate;
    if (fwrite(&head, sizeof head, 1, file) != 1)
      status = isw_error_set(error, ISW_FAILED, "%s: %s", path.bytes, strerror(errno));
  }
  if (!status) status = write_arrays(c, &setup, file, error);
  if (file && fclose(file) && !status) status = isw_error_set(error, ISW_FAILED, "%s: %s", path.bytes, strerror(errno));
  if (!status)
    printf("{\"what\": \"case\", \"case\": \"%s\", \"precision\": \"%s\", \"path\": \"%s\", \"parameters\": %zu, "
           "\"samples\": %zu, \"batch\": %zu, \"flops_per_step\": %.0f}\n",
           c->name, precision, path.bytes, isw_parameters(c->layers, c->size, (struct isw_parts){0}), c->samples,
           c->batch, isw_step_flops(c->layers, c->size, 0, c->batch));
  isw_text_clear(&path);
  drop_setup(&setup);
  return status;
}

static const char *const precisions[] = {"float32", "float64"};

static enum isw_status answer_list(void)
{
  bool usable;
  const char *name, *comma = "";
  printf("{\"what\": \"list\", \"cases\": [");
  for (size_t i = 0; i < CASES; i++) printf("%s\"%s\"", i ? ", " : "", cases[i].name);
  printf("], \"kernels\": [");
  for (size_t i = 0; (name = isw_kernels_list(i, &usable)); i++)
    if (usable && machine_loops(name, "float32")) {
      printf("%s\"%s\"", comma, name);
      comma = ", ";
    }
  printf("]}\n");
  return ISW_OK;
}

/* A positive number, or 0 */
static double positive(const char *text)
{
  char *end;
  double number = strtod(text, &end);
  return *text && !*end && number > 0.0 && number < 1e9 ? number : 0.0;
}

static bool known(const char *precision)
{
  return strcmp(precision, precisions[0]) == 0 || strcmp(precision, precisions[1]) == 0;
}

static enum isw_status answer(size_t words, char *const *word, struct isw_error *error);

static enum isw_status answer_all(const char *seconds, struct isw_error *error)
{
  static const char *const kinds[] = {"avx2", "avx512"};
  enum isw_status status = ISW_OK;
  for (size_t k = 0; k < 2 && !status; k++) {
    if (!machine_loops(kinds[k], "float32")) continue;
    char *kind = (char *)kinds[k], *time = (char *)seconds;
    for (size_t p = 0; p < 2 && !status; p++) {
      char *precision = (char *)precisions[p];
      status = answer(4, (char *[]){"fma", precision, kind, time}, error);
      if (!status) status = answer(4, (char *[]){"tanh", precision, kind, time}, error);
      for (size_t c = 0; c < CASES && !status; c++)
        status = answer_measure(&cases[c], precision, kind, ISW_NETWORKS_IN_LANES, positive(seconds), error);
      for (size_t c = 0; c < CASES && !status; c++)
        status = answer_measure(&cases[c], precision, kind, ISW_UNITS_IN_LANES, positive(seconds), error);
    }
    if (!status) status = answer(3, (char *[]){"triad", kind, time}, error);
  }
  return status;
}

static enum isw_status answer(size_t words, char *const *word, struct isw_error *error)
{
  const char *what = words ? word[0] : "";
  double seconds = words ? positive(word[words - 1]) : 0.0;
  if (!strcmp(what, "list") && words == 1) return answer_list();
  if (!strcmp(what, "all") && words == 2 && seconds > 0.0) return answer_all(word[1], error);
  if (!strcmp(what, "write") && words == 2) {
    for (size_t c = 0; c < CASES; c++)
      for (size_t p = 0; p < 2; p++) {
        enum isw_status status = write_case(&cases[c], precisions[p], word[1], error);
        if (status) return status;
      }
    printf("{\"what\": \"written\"}\n");
    return ISW_OK;
  }
  if (!strcmp(what, "measure") && words == 5 && case_named(word[1]) && known(word[2]) && seconds > 0.0)
    return answer_measure(case_named(word[1]), word[2], word[3], ISW_NETWORKS_IN_LANES, seconds, error);
  if (!strcmp(what, "alone") && words == 5 && case_named(word[1]) && known(word[2]) && seconds > 0.0)
    return answer_measure(case_named(word[1]), word[2], word[3], ISW_UNITS_IN_LANES, seconds, error);
  if (!strcmp(what, "share") && words == 6 && positive(word[1]) >= 1.0 && positive(word[2]) >= 1.0 && known(word[3]) &&
      seconds > 0.0)
    return answer_share((size_t)positive(word[1]), (size_t)positive(word[2]), word[3], word[4], seconds, error);
  bool reading = strcmp(what, "read") == 0;
  bool machine = (words == 3 || words == 4) && seconds > 0.0 && (!reading || (words == 4 && positive(word[1]) >= 1.0));
  const char *precision = words == 4 && !reading ? word[1] : precisions[0];
  const struct machine_loops *loops = machine ? machine_loops(word[words - 2], precision) : NULL;
  if (!loops) return isw_error_set(error, ISW_BAD_INPUT, "cannot answer '%s'", what);
  printf("{\"what\": \"%s\", \"precision\": \"%s\", \"kernels\": \"%s\", ", what, precision, loops->kernels);
  if (!strcmp(what, "fma"))
    printf("\"flops\": %.6g}\n", machine_fma(loops, seconds));
  else if (!strcmp(what, "tanh"))
    printf("\"seconds_per_vector\": %.6g}\n", machine_tanh(loops, seconds));
  else if (!strcmp(what, "triad"))
    printf("\"bytes\": %.6g}\n", machine_triad(loops, seconds));
  else if (reading)
    printf("\"kib\": %s, \"bytes\": %.6g}\n", word[1], machine_read(loops, (size_t)positive(word[1]) << 10, seconds));
  else
    printf("\"error\": \"unknown request\"}\n");
  return ISW_OK;
}

/* One request in, one or more lines out; an error is a line too, so that the asker can go on. */
static bool serve(size_t words, char *const *word)
{
  struct isw_error error = {0};
  bool good = answer(words, word, &error) == ISW_OK;
  if (!good) {
    printf("{\"error\": \"");
    for (const char *c = isw_error_text(&error); *c; c++) putchar(*c == '"' || *c == '\\' ? '\'' : *c < ' ' ? ' ' : *c);
    printf("\"}\n");
  }
  fflush(stdout);
  isw_error_clear(&error);
  return good;
}

int main(int argc, char **argv)
{
  if (argc > 1) return serve((size_t)argc - 1, argv + 1) ? 0 : 1;
  char line[4096], *word[8];
  while (fgets(line, sizeof line, stdin)) {
    size_t words = 0;
    for (char *next = strtok(line, " \n"); next && words < 8; next = strtok(NULL, " \n")) word[words++] = next;
    if (words) serve(words, word);
  }
  return 0;
}
