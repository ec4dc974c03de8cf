/* Packs: XOR is learnt, and the bits depend only on the network, not on kernels, team, lane, neighbours or block. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <math.h>
#include <pthread.h>
#include "initsweep/engine.h"

enum { MEMBERS_MAX = 4, LANES_MAX = ISW_LANES_MAX, RECORDS_MAX = 8, LAYERS = 3 };

/* ---- probes of the test's own ------------------------------------------------------------------------------------ */

static double number(const struct isw_view *view, const void *array, size_t element, size_t lane)
{
  size_t at = element * view->lanes + lane;
  return view->precision == ISW_FLOAT32 ? (double)((const float *)array)[at] : ((const double *)array)[at];
}

static size_t one_a_lane(const struct isw_view *view)
{
  return view->lanes;
}

static void add_train_loss(const struct isw_view *view, const struct isw_block *block, double *scratch)
{
  for (size_t s = 0; s < block->samples && !block->test; s++)
    for (size_t l = 0; l < view->lanes; l++) scratch[l] += block->loss[s * view->lanes + l];
}

static void add_test_loss(const struct isw_view *view, const struct isw_block *block, double *scratch)
{
  for (size_t s = 0; s < block->samples && block->test; s++)
    for (size_t l = 0; l < view->lanes; l++) scratch[l] += block->loss[s * view->lanes + l];
}

static void give_scratch(const struct isw_view *view, double *scratch, double *value)
{
  memcpy(value, scratch, view->lanes * sizeof *value);
}

static void first_gradient(const struct isw_view *view, double *scratch, double *value)
{
  (void)scratch;
  for (size_t k = 0; k < view->layers; k++)
    for (size_t l = 0; l < view->lanes; l++) value[k * view->lanes + l] = number(view, view->weight_gradient[k], 0, l);
}

/* The number of training samples that the probe was shown, in ascending order and with their own pre-activations. */
static void count_samples(const struct isw_view *view, const struct isw_block *block, double *scratch)
{
  if (block->test) return;
  for (size_t l = 0; l < view->lanes; l++) {
    bool fits = scratch[l] == (double)block->first;
    for (size_t s = 0; s < block->samples; s++) {
      size_t element = s * block->activation_stride[0];
      double z = number(view, block->pre_activation[0], element, l), a = number(view, block->activation[0], element, l);
      fits = fits && fabs(a - tanh(z)) < 1e-6;
    }
    if (fits) scratch[l] += (double)block->samples;
  }
}

static const struct isw_probe train_loss = {.row.name = "train",
                                            .needs = ISW_NEEDS_TRAIN,
                                            .scratch = one_a_lane,
                                            .block = add_train_loss,
                                            .finish = give_scratch};
static const struct isw_probe test_loss = {
    .row.name = "test", .needs = ISW_NEEDS_TEST, .scratch = one_a_lane, .block = add_test_loss, .finish = give_scratch};
static const struct isw_probe gradient = {
    .row.name = "gradient", .quantity.per_layer = true, .needs = ISW_NEEDS_GRADIENT, .finish = first_gradient};
static const struct isw_probe counted = {.row.name = "counted",
                                         .quantity.integer = true,
                                         .needs = ISW_NEEDS_TRAIN | ISW_NEEDS_TRAIN_UNITS,
                                         .scratch = one_a_lane,
                                         .block = count_samples,
                                         .finish = give_scratch};
static const struct isw_probe *const probes[] = {&train_loss, &test_loss, &gradient, &counted};

/* ---- trials ------------------------------------------------------------------------------------------------------ */

static size_t row(const char *table, const char *name)
{
  size_t count = 0;
  for (size_t i = 0; i < 100; i++) {
    const char *here = NULL;
    if (strcmp(table, "activation") == 0) here = isw_activations(&count)[i].row.name;
    if (strcmp(table, "loss") == 0) here = isw_losses(&count)[i].row.name;
    if (strcmp(table, "optimizer") == 0) here = isw_optimizers(&count)[i].row.name;
    if (strcmp(table, "init") == 0) here = isw_initializers(&count)[i].row.name;
    if (here && strcmp(here, name) == 0) return i;
    if (i + 1 >= count) break;
  }
  fail_msg("no %s '%s'", table, name);
  return 0;
}

static struct isw_choice choice(const char *table, const char *name)
{
  size_t count, at = row(table, name);
  if (strcmp(table, "activation") == 0) return isw_choice_default(&isw_activations(&count)[at].row, at);
  if (strcmp(table, "loss") == 0) return isw_choice_default(&isw_losses(&count)[at].row, at);
  if (strcmp(table, "optimizer") == 0) return isw_choice_default(&isw_optimizers(&count)[at].row, at);
  return isw_choice_default(&isw_initializers(&count)[at].row, at);
}

static double xor_inputs[] = {0, 0, 0, 1, 1, 0, 1, 1}, xor_targets[] = {0, 1, 1, 0};
static const struct isw_data xor_data = {.features = 2,
                                         .kind = ISW_TARGETS_BINARY,
                                         .targets = 1,
                                         .classes = 2,
                                         .train_samples = 4,
                                         .test_samples = 4,
                                         .train_inputs = xor_inputs,
                                         .train_targets = xor_targets,
                                         .test_inputs = xor_inputs,
                                         .test_targets = xor_targets};

/* Networks of one shape that differ in replicate, learning rate and stop rules. */
struct trial {
  struct isw_network network[LANES_MAX];
  size_t size[LAYERS + 1];
  struct isw_choice init[LAYERS], bias_init[LAYERS];
  uint64_t record_steps[RECORDS_MAX];
  size_t records;
  enum isw_precision real;
  enum isw_layout layout;
  const struct isw_data *data;
};

static void set_trial(struct trial *t, const struct isw_data *data, size_t width, size_t layers, const char *optimizer)
{
  *t = (struct trial){.data = data, .record_steps = {0, 1, 7, 300}, .records = 4};
  for (size_t k = 0; k <= layers; k++) t->size[k] = k == 0 ? data->features : k == layers ? 1 : width;
  for (size_t k = 0; k < layers; k++) {
    t->init[k] = choice("init", "glorot_uniform");
    t->bias_init[k] = choice("init", "zeros");
  }
  for (size_t l = 0; l < LANES_MAX; l++)
    t->network[l] = (struct isw_network){.seed = 11,
                                         .replicate = l,
                                         .layers = layers,
                                         .size = t->size,
                                         .activation = choice("activation", "tanh"),
                                         .output_activation = choice("activation", "linear"),
                                         .loss = choice("loss", "mse"),
                                         .optimizer = choice("optimizer", optimizer),
                                         .init = t->init,
                                         .output_scale = 1.0,
                                         .bias_init = t->bias_init,
                                         .learning_rate = 0.02 * (double)(l + 1),
                                         .steps = 300,
                                         .stop_loss_below = -INFINITY,
                                         .stop_gradient_below = -INFINITY};
}

struct seat {
  struct isw_pack *pack;
  struct isw_team *team;
  size_t index;
  const atomic_int *interrupt;
  enum isw_status status;
};

static void *sit(void *context)
{
  struct seat *seat = context;
  seat->status = isw_pack_train(seat->pack, seat->team, seat->index, seat->interrupt);
  return NULL;
}

/* A trained pack of the trial's networks first .. first + count - 1. members 0: no team */
static struct isw_pack *train(const struct trial *t, const char *kernels_name, size_t members, size_t first,
                              size_t count, struct isw_samples **samples)
{
  const struct isw_kernels *kernels;
  const struct isw_network *networks[LANES_MAX];
  struct isw_pack *pack;
  size_t rows;
  const atomic_int interrupt = 0;
  for (size_t l = 0; l < count; l++) networks[l] = &t->network[first + l];
  assert_int_equal(isw_kernels_choose(kernels_name, &kernels, NULL), ISW_OK);
  assert_int_equal(isw_samples_create(t->data, &isw_losses(&rows)[t->network[0].loss.row], t->real, samples, NULL),
                   ISW_OK);
  const struct isw_pack_settings settings = {kernels,         *samples, t->real, t->layout, count, networks, t->records,
                                             t->record_steps, 4,        probes,  NULL,      true,  true,     0.5};
  assert_int_equal(isw_pack_create(&settings, &pack, NULL), ISW_OK);
  struct isw_team *team = members ? isw_team_create(members) : NULL;
  struct seat seat[MEMBERS_MAX];
  pthread_t thread[MEMBERS_MAX];
  for (size_t i = 0; i < members; i++) {
    seat[i] = (struct seat){pack, team, i, &interrupt, ISW_FAILED};
    if (i > 0) assert_int_equal(pthread_create(&thread[i], NULL, sit, &seat[i]), 0);
  }
  assert_int_equal(isw_pack_train(pack, team, 0, &interrupt), ISW_OK);
  for (size_t i = 1; i < members; i++) {
    assert_int_equal(pthread_join(thread[i], NULL), 0);
    assert_int_equal(seat[i].status, ISW_OK);
  }
  isw_team_destroy(team);
  return pack;
}

static void clear(struct isw_pack *pack, struct isw_samples *samples)
{
  isw_pack_destroy(pack);
  isw_samples_destroy(samples);
}

static void assert_same_outcome(const struct isw_outcome *a, const struct isw_outcome *b, size_t bytes)
{
  assert_int_equal(a->status, b->status);
  assert_int_equal(a->steps_done, b->steps_done);
  assert_int_equal(a->records_done, b->records_done);
  assert_int_equal(a->values_bytes, b->values_bytes);
  assert_int_equal(a->parameters, b->parameters);
  assert_memory_equal(a->values, b->values, a->values_bytes);
  assert_memory_equal(a->weights_initial, b->weights_initial, a->parameters * bytes);
  assert_memory_equal(a->weights_final, b->weights_final, a->parameters * bytes);
}

/* Trains networks first .. first + count - 1 as the arguments say and compares them with those lanes of `whole`. */
static void assert_same_as(const struct trial *t, const struct isw_pack *whole, const char *kernels, size_t members,
                           size_t first, size_t count)
{
  struct isw_samples *samples;
  struct isw_pack *pack = train(t, kernels, members, first, count, &samples);
  for (size_t l = 0; l < count; l++)
    assert_same_outcome(isw_pack_outcome(whole, first + l), isw_pack_outcome(pack, l), isw_precision_bytes(t->real));
  clear(pack, samples);
}

static double value(const struct trial *t, const struct isw_pack *pack, size_t lane, size_t index)
{
  const void *values = isw_pack_outcome(pack, lane)->values;
  return t->real == ISW_FLOAT32 ? (double)((const float *)values)[index] : ((const double *)values)[index];
}

/* ---- tests ------------------------------------------------------------------------------------------------------- */

/* One linear layer on XOR from weights 1/2 and bias 0: y = 0, 1/2, 1/2, 1; errors 0, -1/2, -1/2, 1; sum of squares 3/2;
 * dL/dw = 2/4 (1 - 1/2) = 1/4 each, dL/db = 0. With learning rate 1 a step gives w = 1/4, b = 0: y = 0, 1/4, 1/4, 1/2;
 * sum of squares 9/16 + 9/16 + 1/4 = 11/8. */
static void one_step_by_hand(void **state)
{
  (void)state;
  for (enum isw_precision real = ISW_FLOAT32; real <= ISW_FLOAT64; real++) {
    struct trial t;
    struct isw_samples *samples;
    set_trial(&t, &xor_data, 1, 1, "sgd");
    t.real = real;
    t.init[0] = choice("init", "constant");
    t.init[0].value[0].number = 0.5;
    t.network[0].learning_rate = 1.0;
    t.network[0].steps = 1;
    t.records = 2;
    struct isw_pack *pack = train(&t, NULL, 0, 0, 1, &samples);
    const struct isw_outcome *outcome = isw_pack_outcome(pack, 0);
    assert_int_equal(outcome->status, ISW_COMPLETED);
    assert_int_equal(outcome->steps_done, 1);
    assert_int_equal(outcome->records_done, 2);
    assert_int_equal(outcome->parameters, 3);
    assert_true(value(&t, pack, 0, 0) == 1.5);   /* sum of squares at step 0 */
    assert_true(value(&t, pack, 0, 1) == 1.375); /* and 1 */
    assert_true(value(&t, pack, 0, 4) == 0.25);  /* gradient of the first weight */
    for (size_t i = 0; i < 3; i++) {
      double w = real == ISW_FLOAT32 ? (double)((const float *)outcome->weights_final)[i]
                                     : ((const double *)outcome->weights_final)[i];
      assert_true(w == (i < 2 ? 0.25 : 0.0));
    }
    assert_int_equal(isw_pack_network_steps(pack), 1);
    clear(pack, samples);
  }
}

static void xor_is_learnt(void **state)
{
  (void)state;
  struct trial t;
  struct isw_samples *samples;
  set_trial(&t, &xor_data, 4, 2, "adam");
  struct isw_pack *pack = train(&t, NULL, 0, 0, LANES_MAX, &samples);
  size_t learnt = 0;
  for (size_t l = 0; l < LANES_MAX; l++) {
    assert_true(value(&t, pack, l, 0) == value(&t, pack, l, 4)); /* the test set is the training set */
    if (value(&t, pack, l, 3) < 0.04) learnt++;                  /* sum of squares: every output within 0.2 */
  }
  assert_in_range(learnt, 8, LANES_MAX);
  clear(pack, samples);
}

/* Samples that fill several blocks, and layer sizes that end in every kind of tile. */
static struct isw_data several_blocks(void)
{
  enum { SAMPLES = 901, FEATURES = 5 };
  static double inputs[SAMPLES * FEATURES], targets[SAMPLES];
  const struct isw_stream stream = {.purpose = ISW_PURPOSE_DATA};
  for (size_t i = 0; i < SAMPLES * FEATURES; i++) inputs[i] = isw_normal(&stream, i);
  for (size_t s = 0; s < SAMPLES; s++) targets[s] = sin(inputs[s * FEATURES]);
  return (struct isw_data){.features = FEATURES,
                           .kind = ISW_TARGETS_VALUES,
                           .targets = 1,
                           .train_samples = SAMPLES,
                           .test_samples = SAMPLES - 100,
                           .train_inputs = inputs,
                           .train_targets = targets,
                           .test_inputs = inputs,
                           .test_targets = targets};
}

static void check_bits(struct trial *t)
{
  struct isw_samples *samples;
  bool usable;
  size_t lanes = isw_lanes(t->real);
  struct isw_pack *whole = train(t, "portable", 0, 0, lanes, &samples);
  for (size_t i = 0; isw_kernels_list(i, &usable); i++)
    if (usable) assert_same_as(t, whole, isw_kernels_list(i, NULL), 0, 0, lanes);
  for (size_t members = 1; members <= MEMBERS_MAX; members++) assert_same_as(t, whole, NULL, members, 0, lanes);
  assert_same_as(t, whole, NULL, 0, 2, 3); /* other lanes, most of them idle */
  for (size_t l = 0; l < lanes; l += 3) assert_same_as(t, whole, NULL, 0, l, 1);
  clear(whole, samples);
}

static void bits_depend_on_the_network_alone(void **state)
{
  (void)state;
  const struct isw_data blocks = several_blocks();
  for (enum isw_precision real = ISW_FLOAT32; real <= ISW_FLOAT64; real++) {
    struct trial t;
    set_trial(&t, &xor_data, 3, 3, "nesterov");
    t.real = real;
    check_bits(&t);
    set_trial(&t, &blocks, 15, 3, "adam");
    t.real = real;
    for (size_t batch = 0; batch < 3; batch++) {
      for (size_t l = 0; l < LANES_MAX; l++) {
        t.network[l].batch_size = (size_t[]){0, 64, 900}[batch];
        t.network[l].steps = 16; /* past the first epoch of 15 batches of 64 */
      }
      t.record_steps[3] = 16;
      check_bits(&t);
    }
  }
}

/* Each member has whole lines of the hidden units: of 61 units there are 4 in float32, which three members cannot
 * divide evenly and so part the samples, and 8 in float64. */
static void members_part_the_units_of_one_network(void **state)
{
  (void)state;
  const struct isw_data blocks = several_blocks();
  for (enum isw_precision real = ISW_FLOAT32; real <= ISW_FLOAT64; real++) {
    struct trial t;
    struct isw_samples *samples;
    set_trial(&t, &blocks, 61, 3, "adam");
    struct isw_pack_shape shape = {.layout = ISW_UNITS_IN_LANES, .layers = 3, .size = t.size};
    t.real = real;
    t.record_steps[3] = 9;
    for (size_t l = 0; l < LANES_MAX; l++) {
      t.network[l].batch_size = 64;
      t.network[l].steps = 9;
    }
    t.network[1].clip_norm = 0.1;
    t.network[2].stop_gradient_below = 1e9;
    t.layout = ISW_NETWORKS_IN_LANES;
    struct isw_pack *whole = train(&t, NULL, 0, 0, 3, &samples);
    t.layout = ISW_UNITS_IN_LANES;
    for (size_t members = 1; members <= MEMBERS_MAX; members++) {
      bool by_units = members > 1 && (members != 3 || real == ISW_FLOAT64);
      assert_int_equal(isw_team_parts_units(&shape, real, members), by_units);
      for (size_t l = 0; l < 3; l++) assert_same_as(&t, whole, NULL, members, l, 1);
    }
    clear(whole, samples);
  }
}

/* Some networks stop by each rule, one diverges, and the others continue to the end unaffected. */
static void each_network_ends_by_its_own_rule(void **state)
{
  (void)state;
  struct trial t;
  struct isw_samples *samples;
  set_trial(&t, &xor_data, 4, 2, "adam");
  t.network[1].stop_loss_below = 0.2;
  t.network[2].stop_gradient_below = 0.05;
  t.network[3].learning_rate = 1e300; /* infinity in float32: the first update leaves no finite weight */
  t.network[4].stop_loss_below = 1e9; /* at once */
  struct isw_pack *pack = train(&t, NULL, 0, 0, 6, &samples);
  const struct isw_outcome *outcome[6];
  for (size_t l = 0; l < 6; l++) outcome[l] = isw_pack_outcome(pack, l);
  assert_int_equal(outcome[0]->status, ISW_COMPLETED);
  assert_int_equal(outcome[1]->status, ISW_STOPPED);
  assert_int_equal(outcome[2]->status, ISW_STOPPED);
  assert_int_equal(outcome[3]->status, ISW_DIVERGED);
  assert_int_equal(outcome[3]->steps_done, 1);
  assert_int_equal(outcome[3]->records_done, 1); /* the record of step 1 is not made */
  assert_int_equal(outcome[4]->status, ISW_STOPPED);
  assert_int_equal(outcome[5]->status, ISW_COMPLETED);
  assert_in_range(outcome[1]->steps_done, 1, 299);
  assert_in_range(outcome[2]->steps_done, 1, 299);
  assert_int_equal(outcome[4]->steps_done, 0);
  assert_int_equal(outcome[4]->records_done, 1);
  assert_false(isnan(value(&t, pack, 4, 0)));
  assert_true(isnan(value(&t, pack, 4, 1)));
  assert_memory_equal(outcome[4]->weights_initial, outcome[4]->weights_final, 17 * sizeof(float));
  const int32_t *counts = (const int32_t *)outcome[4]->values + 4 + 4 + 8; /* after the other probes' records */
  assert_int_equal(counts[0], 4);
  assert_int_equal(counts[1], -1);
  assert_true(isw_pack_network_steps(pack) < 6 * 300);
  for (size_t members = 1; members <= MEMBERS_MAX; members++) assert_same_as(&t, pack, NULL, members, 0, 6);
  for (size_t l = 0; l < 6; l++) assert_same_as(&t, pack, "portable", 0, l, 1);
  clear(pack, samples);
}

/* The threshold is just above the loss of step 1's record: the network ends there, with the record made. */
static void the_loss_rule_looks_at_the_loss_before_the_step(void **state)
{
  (void)state;
  struct trial t;
  struct isw_samples *samples;
  set_trial(&t, &xor_data, 4, 2, "sgd");
  struct isw_pack *free_run = train(&t, NULL, 0, 0, 1, &samples);
  double at_1 = (double)((const float *)isw_pack_outcome(free_run, 0)->values)[1] / 4.0;
  clear(free_run, samples);
  t.network[0].stop_loss_below = at_1 * 1.0001;
  struct isw_pack *pack = train(&t, NULL, 0, 0, 1, &samples);
  assert_int_equal(isw_pack_outcome(pack, 0)->status, ISW_STOPPED);
  assert_int_equal(isw_pack_outcome(pack, 0)->steps_done, 1);
  assert_int_equal(isw_pack_outcome(pack, 0)->records_done, 2);
  clear(pack, samples);
}

static void no_steps_are_a_record_and_an_end(void **state)
{
  (void)state;
  struct trial t;
  struct isw_samples *samples;
  set_trial(&t, &xor_data, 4, 2, "sgd");
  t.records = 1;
  for (size_t l = 0; l < 2; l++) t.network[l].steps = 0;
  t.network[1].init_noise = 1e300; /* rounds to infinity */
  struct isw_pack *pack = train(&t, NULL, 0, 0, 2, &samples);
  assert_int_equal(isw_pack_outcome(pack, 0)->status, ISW_COMPLETED);
  assert_int_equal(isw_pack_outcome(pack, 1)->status, ISW_DIVERGED);
  assert_int_equal(isw_pack_outcome(pack, 0)->records_done, 1);
  clear(pack, samples);
}

/* One replicate: a larger share zeroes the same weights and more, keeps the bits of the others, and does not change
 * biases. The number of zeros of 128 weights is within 5 standard deviations (probability of failure 6e-7 for a fresh
 * seed). */
static void a_growing_sparsity_zeroes_a_growing_set(void **state)
{
  (void)state;
  static const double share[] = {0.0, 0.3, 0.7, 1.0};
  enum { SHARES = 4, WIDTH = 64, WEIGHTS = 2 * WIDTH, PARAMETERS = WEIGHTS + WIDTH + WIDTH + 1 };
  struct trial t;
  struct isw_samples *samples;
  set_trial(&t, &xor_data, WIDTH, 2, "sgd");
  t.real = ISW_FLOAT64;
  t.records = 2;
  t.bias_init[0] = t.bias_init[1] = choice("init", "uniform");
  for (size_t l = 0; l < SHARES; l++) {
    t.network[l].replicate = 0;
    t.network[l].steps = t.record_steps[1];
    t.network[l].init_sparsity = share[l];
    t.network[l].init_noise = 0.5; /* which does not change zeros */
  }
  struct isw_pack *pack = train(&t, NULL, 0, 0, SHARES, &samples);
  const double *dense = isw_pack_outcome(pack, 0)->weights_initial;
  for (size_t l = 0; l < SHARES; l++) {
    const double *w = isw_pack_outcome(pack, l)->weights_initial;
    const double *before = isw_pack_outcome(pack, l ? l - 1 : 0)->weights_initial;
    size_t zeros = 0;
    for (size_t i = 0; i < PARAMETERS; i++) {
      bool bias = (i >= WEIGHTS && i < WEIGHTS + WIDTH) || i == PARAMETERS - 1;
      assert_true(w[i] == dense[i] || (!bias && w[i] == 0.0));
      if (l && !bias && before[i] == 0.0) assert_true(w[i] == 0.0);
      if (i < WEIGHTS) zeros += w[i] == 0.0;
    }
    assert_true(fabs((double)zeros - share[l] * WEIGHTS) <= 5.0 * sqrt(share[l] * (1.0 - share[l]) * WEIGHTS));
  }
  clear(pack, samples);
}

/* In a network of zeros with tanh only the output bias can move; initialised with the targets' mean, it is at its
 * optimum. */
static void target_mean_starts_at_the_best_constant(void **state)
{
  (void)state;
  struct trial t;
  struct isw_samples *samples;
  set_trial(&t, &xor_data, 3, 2, "sgd");
  t.records = 2;
  for (size_t k = 0; k < 2; k++) {
    t.init[k] = choice("init", "zeros");
    t.bias_init[k] = choice("init", "target_mean");
  }
  t.network[0].steps = t.record_steps[1];
  struct isw_pack *pack = train(&t, NULL, 0, 0, 1, &samples);
  const float *w = isw_pack_outcome(pack, 0)->weights_initial, *end = isw_pack_outcome(pack, 0)->weights_final;
  for (size_t i = 0; i < 13; i++) assert_true(w[i] == (i == 12 ? 0.5F : 0.0F) && end[i] == w[i]);
  clear(pack, samples);
}

static void an_interrupt_ends_every_member(void **state)
{
  (void)state;
  struct trial t;
  struct isw_samples *samples;
  const struct isw_kernels *kernels;
  struct isw_pack *pack;
  size_t rows;
  const atomic_int interrupt = 15;
  set_trial(&t, &xor_data, 4, 2, "sgd");
  const struct isw_network *network = &t.network[0];
  assert_int_equal(isw_kernels_choose(NULL, &kernels, NULL), ISW_OK);
  assert_int_equal(isw_samples_create(t.data, &isw_losses(&rows)[network->loss.row], t.real, &samples, NULL), ISW_OK);
  const struct isw_pack_settings settings = {
      kernels, samples, t.real, ISW_NETWORKS_IN_LANES, 1, &network, 4, t.record_steps, 4, probes, NULL,
      false,   false,   0.5};
  assert_int_equal(isw_pack_create(&settings, &pack, NULL), ISW_OK);
  struct isw_team *team = isw_team_create(2);
  struct seat seat = {pack, team, 1, &interrupt, ISW_OK};
  pthread_t thread;
  assert_int_equal(pthread_create(&thread, NULL, sit, &seat), 0);
  assert_int_equal(isw_pack_train(pack, team, 0, &interrupt), ISW_INTERRUPTED);
  pthread_join(thread, NULL);
  assert_int_equal(seat.status, ISW_INTERRUPTED);
  isw_team_destroy(team);
  clear(pack, samples);
}

static void a_loss_that_cannot_take_the_targets_is_refused(void **state)
{
  (void)state;
  size_t rows;
  struct isw_samples *samples;
  struct isw_error error = {0};
  const struct isw_data data = several_blocks();
  const struct isw_loss *loss = &isw_losses(&rows)[row("loss", "cross_entropy")];
  assert_int_equal(isw_samples_create(&data, loss, ISW_FLOAT32, &samples, &error), ISW_BAD_INPUT);
  assert_null(samples);
  assert_non_null(strstr(isw_error_text(&error), "cross_entropy"));
  isw_error_clear(&error);
}

/* At least weights, gradients and two moments of 16 networks, and less than ten times that. */
static void bytes_are_those_of_the_arrays(void **state)
{
  (void)state;
  struct trial t;
  set_trial(&t, &xor_data, 100, 3, "adam");
  size_t parameters = isw_parameters(3, t.size, (struct isw_parts){0});
  size_t bytes = isw_pack_bytes(&t.network[0], &xor_data, ISW_FLOAT32, ISW_NETWORKS_IN_LANES, 4, 0, probes, 4);
  assert_in_range(bytes, parameters * 64 * 4, parameters * 64 * 40);
  t.size[1] = t.size[2] = (size_t)1 << 40;
  assert_true(isw_pack_bytes(&t.network[0], &xor_data, ISW_FLOAT32, ISW_NETWORKS_IN_LANES, 4, 0, probes, 4) ==
              SIZE_MAX);
}

int main(void)
{
  unsetenv("INITSWEEP_KERNELS");
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(one_step_by_hand),
      cmocka_unit_test(xor_is_learnt),
      cmocka_unit_test(bits_depend_on_the_network_alone),
      cmocka_unit_test(members_part_the_units_of_one_network),
      cmocka_unit_test(each_network_ends_by_its_own_rule),
      cmocka_unit_test(the_loss_rule_looks_at_the_loss_before_the_step),
      cmocka_unit_test(no_steps_are_a_record_and_an_end),
      cmocka_unit_test(a_growing_sparsity_zeroes_a_growing_set),
      cmocka_unit_test(target_mean_starts_at_the_best_constant),
      cmocka_unit_test(an_interrupt_ends_every_member),
      cmocka_unit_test(a_loss_that_cannot_take_the_targets_is_refused),
      cmocka_unit_test(bytes_are_those_of_the_arrays),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
