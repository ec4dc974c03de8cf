/* The self-check before a training: kernels of one instruction set on fixed numbers, and a few steps on each path, are
 * compared with stored hashes, so that a miscompiled kernel trains nothing. It takes about a millisecond. The hashes
 * are the same for all instruction sets; tests/reference/self_check_hashes.c writes them. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "engine/engine_internal.h"
#include "engine/kernels.h"
#include "engine/samples.h"

enum {
  SAMPLES = 4,
  UNITS = 9,
  INPUTS = 7,
  LINES = SAMPLES * UNITS + INPUTS * UNITS, /* of each array; more than any check needs */
  ARRAYS = 6,
  STEPS = 3
};

static const struct expected {
  const char *name;
  uint64_t hash;
} expected[] = {
#define ISW_CHECK(name, hash) {name, UINT64_C(hash)},
#include "engine/self_check.def"
#undef ISW_CHECK
};
enum { EXPECTED = sizeof expected / sizeof *expected };

/* Arrays of lines for one precision, and the report of hashes. */
struct check {
  const struct isw_kernels *kernels;
  const struct isw_precision_kernels *k;
  enum isw_precision precision;
  unsigned char *array[ARRAYS]; /* [LINES] lines */
  void (*report)(void *context, const char *name, uint64_t hash);
  void *context;
};

/* Fills an array with numbers between -6 and 6, or from `least` on, that float32 represents exactly. */
static void fill(const struct check *c, size_t array, double least)
{
  size_t count = LINES * isw_lanes(c->precision);
  for (size_t i = 0; i < count; i++) {
    double x = (double)((i * 37 + array * 11) % 97) / 8 - 6;
    isw_number_store(c->precision, c->array[array], i, x < least ? least - x / 4 : x);
  }
}

static void fill_all(const struct check *c)
{
  for (size_t a = 0; a < ARRAYS; a++) fill(c, a, -INFINITY);
}

static uint64_t hash_lines(const struct check *c, size_t array, size_t lines, uint64_t seed)
{
  return isw_hash(c->array[array], lines * ISW_LINE_BYTES, seed);
}

static void report(const struct check *c, const char *kind, const char *name, uint64_t hash)
{
  char text[96];
  snprintf(text, sizeof text, "%s%s%s in float%d", kind, *name ? " " : "", name, c->precision == ISW_FLOAT32 ? 32 : 64);
  c->report(c->context, text, hash);
}

/* ---- rows of the tables ---- */

static void check_activations(const struct check *c)
{
  size_t count;
  const struct isw_activation *rows = isw_activations(&count);
  for (size_t i = 0; i < count; i++) {
    const struct isw_activation_kernels *kernels = &c->k->activation[i];
    fill_all(c);
    fill(c, 3, 0.25); /* the parameter */
    kernels->value(SAMPLES, UNITS, UNITS, c->array[0], c->array[3], c->array[1]);
    kernels->slope(SAMPLES, UNITS, UNITS, c->array[0], c->array[1], c->array[3], c->array[2]);
    uint64_t hash = hash_lines(c, 2, SAMPLES * UNITS, hash_lines(c, 1, SAMPLES * UNITS, 0));
    if (kernels->curvature) {
      kernels->curvature(SAMPLES, UNITS, UNITS, c->array[0], c->array[1], c->array[3], c->array[4]);
      hash = hash_lines(c, 4, SAMPLES * UNITS, hash);
    }
    report(c, "activation", rows[i].row.name, hash);
  }
}

static void check_losses(const struct check *c)
{
  size_t count;
  const struct isw_loss *rows = isw_losses(&count);
  for (size_t i = 0; i < count; i++) {
    fill_all(c);
    fill(c, 5, 0.25);
    for (size_t t = 0; t < SAMPLES * UNITS; t++) isw_number_store(c->precision, c->array[3], t, (double)(t % 3 == 0));
    c->k->loss[i](SAMPLES, UNITS, UNITS, c->array[0], c->array[3], c->array[5], 0.25, c->array[1], c->array[2],
                  c->array[4]);
    uint64_t hash = hash_lines(c, 2, SAMPLES, hash_lines(c, 1, SAMPLES * UNITS, 0));
    if (c->precision == ISW_FLOAT64) {
      c->k->loss_hessian_product[i](SAMPLES, UNITS, UNITS, c->array[0], c->array[3], c->array[5], 0.25, c->array[1],
                                    c->array[4]);
      hash = hash_lines(c, 1, SAMPLES * UNITS, hash);
    }
    report(c, "loss", rows[i].row.name, hash);
  }
}

static void check_optimizers(const struct check *c)
{
  size_t count;
  const struct isw_optimizer *rows = isw_optimizers(&count);
  for (size_t i = 0; i < count && !rows[i].solves; i++) {
    fill_all(c);
    for (size_t a = 2; a < ARRAYS; a++) fill(c, a, 0.25);
    void *const state[2] = {c->array[2], c->array[3]};
    unsigned char *mask = c->array[5];
    memset(mask, 0, ISW_LINE_BYTES);
    c->k->update[i](INPUTS, UNITS, UNITS, c->array[0], c->array[1], state, c->array[4], mask + ISW_LINE_BYTES, mask);
    uint64_t hash = hash_lines(c, 0, INPUTS * UNITS, 0);
    for (size_t a = 2; a < 4; a++) hash = hash_lines(c, a, INPUTS * UNITS, hash);
    report(c, "optimizer", rows[i].row.name, hash);
  }
}

/* ---- products and sums ---- */

static void check_products(const struct check *c)
{
  const struct isw_precision_kernels *k = c->k;
  unsigned char *const *a = c->array;
  fill_all(c);
  k->forward(SAMPLES, INPUTS, UNITS, a[0], INPUTS, a[1], UNITS, a[2], a[3], UNITS);
  report(c, "forward product", "", hash_lines(c, 3, SAMPLES * UNITS, 0));
  k->forward_first(SAMPLES, INPUTS, UNITS, a[0], INPUTS, a[1], UNITS, a[2], a[3], UNITS);
  report(c, "forward product", "of the first layer", hash_lines(c, 3, SAMPLES * UNITS, 0));
  fill_all(c);
  k->backward(SAMPLES, INPUTS, UNITS, a[0], UNITS, a[1], UNITS, a[3], INPUTS);
  report(c, "backward product", "", hash_lines(c, 3, SAMPLES * INPUTS, 0));
  k->gradient(SAMPLES, INPUTS, UNITS, a[0], INPUTS, a[1], UNITS, a[4], UNITS, true, NULL);
  k->gradient(SAMPLES, INPUTS, UNITS, a[1], INPUTS, a[0], UNITS, a[4], UNITS, false, NULL);
  report(c, "gradient", "", hash_lines(c, 4, INPUTS * UNITS, 0));
  k->gradient_first(SAMPLES, INPUTS, UNITS, a[0], INPUTS, a[1], UNITS, a[4], UNITS, true, NULL);
  report(c, "gradient", "of the first layer", hash_lines(c, 4, INPUTS * UNITS, 0));
  k->bias_gradient(SAMPLES, UNITS, a[0], UNITS, a[5], true);
  k->bias_gradient(SAMPLES, UNITS, a[1], UNITS, a[5], false);
  report(c, "bias gradient", "", hash_lines(c, 5, UNITS, 0));
}

static void check_sums(const struct check *c)
{
  const struct isw_precision_kernels *k = c->k;
  unsigned char *const *a = c->array;
  double sum[ISW_LANES_MAX] = {0};
  size_t bytes = isw_lanes(c->precision) * sizeof *sum;
  fill_all(c);
  k->sum_loss(SAMPLES, a[0], sum);
  report(c, "sum of losses", "", isw_hash(sum, bytes, 0));
  k->sum_squares(INPUTS, UNITS, UNITS, a[0], sum);
  report(c, "sum of squares", "", isw_hash(sum, bytes, 0));
  k->scale(INPUTS, UNITS, UNITS, a[1], a[0]);
  report(c, "scaling", "", hash_lines(c, 0, INPUTS * UNITS, 0));
  k->residual_forward(SAMPLES, UNITS, UNITS, a[1], a[2], a[3], a[4]);
  k->residual_backward_scale(SAMPLES, UNITS, UNITS, a[1], a[4], a[5]);
  k->residual_backward_add(SAMPLES, UNITS, UNITS, a[4], a[5]);
  uint64_t hash = hash_lines(c, 5, SAMPLES * UNITS, hash_lines(c, 4, SAMPLES * UNITS, 0));
  k->residual_scale_gradient(SAMPLES, UNITS, UNITS, a[4], a[2], a[0], a[3], true);
  report(c, "residual branch", "", hash_lines(c, 3, 1, hash_lines(c, 0, UNITS, hash)));
}

static void check_normalization(const struct check *c)
{
  const struct isw_precision_kernels *k = c->k;
  unsigned char *const *a = c->array;
  uint64_t hash = 0;
  for (int centers = 0; centers < 2; centers++) {
    fill_all(c);
    fill(c, 5, 0.25);
    const struct isw_normalized_rows rows = {.samples = SAMPLES,
                                             .units = UNITS,
                                             .stride = UNITS,
                                             .centers = centers,
                                             .epsilon = a[5],
                                             .gain = a[3],
                                             .shift = centers ? a[4] : NULL,
                                             .normalized = a[1],
                                             .inverse_deviation = a[2]};
    k->normalization_forward(&rows, a[0], a[0]);
    hash = hash_lines(c, 2, SAMPLES, hash_lines(c, 1, SAMPLES * UNITS, hash_lines(c, 0, SAMPLES * UNITS, hash)));
    k->normalization_backward(&rows, a[0], a[4]);
    k->gain_gradient(SAMPLES, UNITS, UNITS, a[0], a[1], a[5], true);
    hash = hash_lines(c, 5, UNITS, hash_lines(c, 4, SAMPLES * UNITS, hash));
  }
  report(c, "normalization", "", hash);
}

/* ---- training: initial weights, forward, backward and update on each path ---- */

/* The row of a name that the table has, with its defaults. bytes: of a row, which begins with its struct isw_row. */
static struct isw_choice choose(const void *table, size_t bytes, size_t count, const char *name)
{
  size_t i = 0;
  const char *rows = table;
  while (i + 1 < count && strcmp(((const struct isw_row *)(const void *)(rows + i * bytes))->name, name) != 0) i++;
  return isw_choice_default((const struct isw_row *)(const void *)(rows + i * bytes), i);
}

/* Trains 2-width-1 networks on XOR, one per lane. batch_size 0: full. */
static enum isw_status train(const struct check *c, const char *name, size_t width, size_t batch_size,
                             const char *optimizer, struct isw_error *error)
{
  double inputs[] = {0, 0, 0, 1, 1, 0, 1, 1}, targets[] = {0, 1, 1, 0};
  const struct isw_data data = {.features = 2,
                                .kind = ISW_TARGETS_BINARY,
                                .targets = 1,
                                .classes = 2,
                                .train_samples = 4,
                                .train_inputs = inputs,
                                .train_targets = targets};
  size_t size[] = {2, width, 1}, activations, losses, optimizers, initializers, schedules;
  const struct isw_activation *activation = isw_activations(&activations);
  const struct isw_loss *loss = isw_losses(&losses);
  const struct isw_optimizer *optimizer_rows = isw_optimizers(&optimizers);
  const struct isw_initializer *initializer = isw_initializers(&initializers);
  const struct isw_rate_schedule *schedule = isw_schedules(&schedules);
  struct isw_choice init[2], bias_init[2];
  for (size_t k = 0; k < 2; k++)
    init[k] = bias_init[k] = choose(initializer, sizeof *initializer, initializers, "normal");
  struct isw_network network[ISW_LANES_MAX];
  const struct isw_network *networks[ISW_LANES_MAX];
  for (size_t l = 0; l < ISW_LANES_MAX; l++) {
    network[l] =
        (struct isw_network){.seed = 1,
                             .replicate = l,
                             .layers = 2,
                             .size = size,
                             .activation = choose(activation, sizeof *activation, activations, "tanh"),
                             .output_activation = choose(activation, sizeof *activation, activations, "linear"),
                             .loss = choose(loss, sizeof *loss, losses, "mse"),
                             .optimizer = choose(optimizer_rows, sizeof *optimizer_rows, optimizers, optimizer),
                             .schedule = choose(schedule, sizeof *schedule, schedules, "constant"),
                             .init = init,
                             .output_scale = 1.0,
                             .bias_init = bias_init,
                             .learning_rate = 0.125,
                             .batch_size = batch_size,
                             .steps = STEPS,
                             .stop_loss_below = -INFINITY,
                             .stop_gradient_below = -INFINITY};
    networks[l] = &network[l];
  }
  const uint64_t record_steps[] = {0, STEPS};
  struct isw_samples *samples = NULL;
  struct isw_pack *pack = NULL;
  atomic_int never;
  atomic_init(&never, 0);
  enum isw_status status = isw_samples_create(&data, &loss[network[0].loss.row], c->precision, &samples, error);
  const struct isw_pack_settings settings = {.kernels = c->kernels,
                                             .samples = samples,
                                             .precision = c->precision,
                                             .count = isw_lanes(c->precision),
                                             .networks = networks,
                                             .records = 2,
                                             .record_steps = record_steps,
                                             .keep_final = true};
  if (status == ISW_OK) status = isw_pack_create(&settings, &pack, error);
  if (status == ISW_OK) status = isw_pack_train(pack, NULL, 0, &never);
  uint64_t hash = 0;
  for (size_t l = 0; status == ISW_OK && l < settings.count; l++) {
    const struct isw_outcome *outcome = isw_pack_outcome(pack, l);
    hash = isw_hash(outcome->weights_final, outcome->parameters * isw_precision_bytes(c->precision), hash);
  }
  if (status == ISW_OK) report(c, "training", name, hash);
  isw_pack_destroy(pack);
  if (samples) isw_samples_destroy(samples);
  return status;
}

static enum isw_status check_precision(struct check *c, struct isw_error *error)
{
  c->k = &c->kernels->by_precision[c->precision];
  check_activations(c);
  check_losses(c);
  check_optimizers(c);
  check_products(c);
  check_sums(c);
  check_normalization(c);
  enum isw_status status = train(c, "of a tiny network", 2, 0, "sgd", error);
  if (status == ISW_OK) status = train(c, "of a small network", 5, 0, "adam", error);
  if (status == ISW_OK) status = train(c, "by least squares", 5, 0, "levenberg_marquardt", error);
  return status == ISW_OK ? train(c, "by minibatches", 5, 3, "adam", error) : status;
}

enum isw_status isw_kernels_hashes(const struct isw_kernels *kernels,
                                   void (*report_hash)(void *context, const char *name, uint64_t hash), void *context,
                                   struct isw_error *error)
{
  struct check c = {.kernels = kernels, .report = report_hash, .context = context};
  unsigned char *lines = isw_allocate(ARRAYS, LINES * ISW_LINE_BYTES);
  if (!lines) return isw_error_memory(error, ARRAYS * LINES * ISW_LINE_BYTES, "the self-check");
  for (size_t a = 0; a < ARRAYS; a++) c.array[a] = lines + a * LINES * ISW_LINE_BYTES;
  enum isw_status status = ISW_OK;
  for (int p = ISW_FLOAT32; p <= ISW_FLOAT64 && status == ISW_OK; p++) {
    c.precision = (enum isw_precision)p;
    status = check_precision(&c, error);
  }
  free(lines);
  return status;
}

/* The first name whose hash is not the stored one. */
struct comparison {
  size_t next; /* of the stored hashes, which are in the same order */
  char wrong[96];
};

static void compare(void *context, const char *name, uint64_t hash)
{
  struct comparison *comparison = context;
  size_t i = comparison->next, tried = 0;
  while (tried < EXPECTED && strcmp(expected[i % EXPECTED].name, name) != 0) i++, tried++;
  if (tried == EXPECTED) return; /* a new row, which has no stored hash yet: test_engine_self_check asks for it */
  comparison->next = i % EXPECTED + 1;
  if (hash != expected[i % EXPECTED].hash && !comparison->wrong[0])
    snprintf(comparison->wrong, sizeof comparison->wrong, "%s", name);
}

enum isw_status isw_kernels_check(const struct isw_kernels *kernels, struct isw_error *error)
{
  struct comparison comparison = {0};
  enum isw_status status = isw_kernels_hashes(kernels, compare, &comparison, error);
  if (status != ISW_OK || !comparison.wrong[0]) return status;
  return isw_error_set(error, ISW_FAILED,
                       "self-check: the kernels '%s' of this program compute wrong bits: %s\n"
                       "  they were miscompiled, or the processor or a library that they call is faulty: use others "
                       "(INITSWEEP_KERNELS=portable),\n  build with another compiler or without options such as "
                       "-ffast-math, and run `ctest -R hashes`",
                       kernels->name, comparison.wrong);
}
