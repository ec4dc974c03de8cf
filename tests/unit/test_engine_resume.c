/* The restart matrix: a pack that is killed between steps, repeatedly, and continues in a new pack from its saved state
 * has the same bits as one that is never interrupted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <math.h>
#include "initsweep/engine.h"

enum { LANES = 16, LAYERS = 2, RESIDUAL_LAYERS = 4, STEPS = 80, RECORDS_MAX = STEPS + 1 };

/* ---- a probe that interrupts, and counts its interruptions
 * ----------------------------------------------------------- */

static atomic_int stop;
static size_t blocks_seen, blocks_to_live;

static size_t one_a_lane(const struct isw_view *view)
{
  return view->lanes;
}

static void pull(const struct isw_view *view, const struct isw_block *block, double *scratch)
{
  for (size_t s = 0; s < block->samples; s++)
    for (size_t l = 0; l < view->lanes; l++) scratch[l] += block->loss[s * view->lanes + l];
  if (++blocks_seen == blocks_to_live) atomic_store(&stop, 1);
}

static void give(const struct isw_view *view, double *scratch, double *value)
{
  memcpy(value, scratch, view->lanes * sizeof *value);
}

static void gradients(const struct isw_view *view, double *scratch, double *value)
{
  (void)scratch;
  for (size_t k = 0; k < view->layers; k++)
    for (size_t l = 0; l < view->lanes; l++)
      value[k * view->lanes + l] = view->precision == ISW_FLOAT32 ? (double)((const float *)view->weight_gradient[k])[l]
                                                                  : ((const double *)view->weight_gradient[k])[l];
}

/* The batch's loss and gradient. May interrupt once at a step, in the middle of a record, which is then made again. */
static uint64_t pulled_at;

static void of_batch(const struct isw_view *view, double *scratch, double *value)
{
  gradients(view, scratch, value);
  for (size_t k = 0; k < view->layers; k++)
    for (size_t l = 0; l < view->lanes; l++) value[k * view->lanes + l] += 100.0 * view->batch_loss[l];
  if (view->step == pulled_at || ++blocks_seen != blocks_to_live) return;
  pulled_at = view->step;
  atomic_store(&stop, 1);
}

static const struct isw_probe batch_probe = {
    .row.name = "batch", .quantity.per_layer = true, .needs = ISW_NEEDS_BATCH, .finish = of_batch};
static const struct isw_probe plug = {
    .row.name = "plug", .needs = ISW_NEEDS_TRAIN, .scratch = one_a_lane, .block = pull, .finish = give};
static const struct isw_probe gradient = {
    .row.name = "gradient", .quantity.per_layer = true, .needs = ISW_NEEDS_GRADIENT, .finish = gradients};

/* Persistent from record to record: the number of calls, and 100 times the steps since the last one. */
static size_t two_a_lane(const struct isw_view *view)
{
  return 2 * view->lanes;
}

static void since(const struct isw_view *view, double *kept, double *value)
{
  for (size_t l = 0; l < view->lanes; l++) {
    kept[l] += 1.0;
    value[l] = kept[l] + 100.0 * ((double)view->step - kept[view->lanes + l]);
    kept[view->lanes + l] = (double)view->step;
  }
}

static const struct isw_probe remembers = {
    .row.name = "remembers", .scratch = two_a_lane, .persistent_scratch = two_a_lane, .finish = since};

static void fraction_itself(const struct isw_view *view, double fraction, double *below)
{
  for (size_t l = 0; l < view->lanes; l++) below[l] = fraction;
}

static const struct isw_probe escapes = {
    .row.name = "escapes", .quantity.integer = true, .quantity.per_run = true, .threshold = fraction_itself};
static const struct isw_probe moves = {.row.name = "moves",
                                       .quantity.per_layer = true,
                                       .quantity.integer = true,
                                       .quantity.per_run = true,
                                       .needs = ISW_NEEDS_START,
                                       .tracks_first_change = true};
static const struct isw_probe *const probes[] = {&plug, &escapes, &gradient, &batch_probe, &moves, &remembers};

/* ---- packs ------------------------------------------------------------------------------------------------------- */

static double inputs[] = {0, 0, 0, 1, 1, 0, 1, 1, 0.5, -1}, targets[] = {0, 1, 1, 0, 1};
static const struct isw_data data = {.features = 2,
                                     .kind = ISW_TARGETS_BINARY,
                                     .targets = 1,
                                     .classes = 2,
                                     .train_samples = 5,
                                     .train_inputs = inputs,
                                     .train_targets = targets};
struct trial {
  size_t optimizer, batch;
  bool residual;    /* two more branches, with trained scales */
  uint64_t plateau; /* steps of that rule; with it, networks with the other rules of each step; 0: none */
  enum isw_precision real;
  const uint64_t *record_steps;
  size_t records;
};

static struct isw_choice named(const char *name)
{
  size_t count;
  const struct isw_initializer *table = isw_initializers(&count);
  for (size_t i = 0; i < count; i++)
    if (strcmp(table[i].row.name, name) == 0) return isw_choice_default(&table[i].row, i);
  fail_msg("no initialiser '%s'", name);
  return (struct isw_choice){0};
}

static size_t loss_row(void)
{
  size_t count;
  const struct isw_loss *table = isw_losses(&count);
  for (size_t i = 0; i < count; i++)
    if (strcmp(table[i].row.name, "mse") == 0) return i;
  return 0;
}

static bool solves(size_t optimizer)
{
  size_t count;
  return isw_optimizers(&count)[optimizer].solves;
}

static size_t tanh_row(void)
{
  size_t count;
  const struct isw_activation *table = isw_activations(&count);
  for (size_t i = 0; i < count; i++)
    if (strcmp(table[i].row.name, "tanh") == 0) return i;
  return 0;
}

/* None, layer_norm and rms_norm in turn over the optimisers, epsilon differing between the lanes. */
static struct isw_choice normalization_of(const struct trial *t, size_t lane)
{
  size_t count, row = (t->optimizer + t->batch) % 3;
  struct isw_choice choice = isw_choice_default(&isw_normalizations(&count)[row].row, row);
  if (row > 0) choice.value[0].number = 1e-5 * (double)(lane + 1);
  return choice;
}

/* None, or random with a sparsity of each lane. */
static struct isw_choice mask_of(const struct trial *t, size_t lane)
{
  size_t count, row = t->optimizer % 2;
  struct isw_choice choice = isw_choice_default(&isw_masks(&count)[row].row, row);
  if (row > 0) choice.value[0].number = 0.1 + 0.05 * (double)lane;
  return choice;
}

/* Networks first .. first + networks - 1. Some diverge at once, some later, some stop by a rule: a state includes
 * networks that have ended. */
static struct isw_pack *make_some(const struct trial *t, enum isw_layout layout, size_t first, size_t networks,
                                  const struct isw_kernels *kernels, const struct isw_samples *samples,
                                  const struct isw_probe *const *measured, size_t measured_count)
{
  size_t count, size[LAYERS + 1] = {2, 5, 1}, deeper[RESIDUAL_LAYERS + 1] = {2, 5, 5, 5, 1};
  struct isw_choice init[RESIDUAL_LAYERS], bias_init[RESIDUAL_LAYERS];
  for (size_t k = 0; k < RESIDUAL_LAYERS; k++) {
    init[k] = named("glorot_uniform");
    bias_init[k] = named("zeros");
  }
  size_t schedule_count;
  const struct isw_rate_schedule *schedules = isw_schedules(&schedule_count);
  struct isw_network network[LANES];
  struct isw_layer_factors factors[LANES][RESIDUAL_LAYERS];
  const struct isw_network *list[LANES];
  static const double rates[] = {0.01, 0.1, 1e30, 0.5, 30, 0.05, 1e19};
  for (size_t l = 0; l < LANES; l++) {
    for (size_t k = 0; k < RESIDUAL_LAYERS; k++) /* the output layer's biases are frozen, where there are any */
      factors[l][k] = (struct isw_layer_factors){
          {1.0 + 0.1 * (double)l, k == LAYERS ? 0.0 : 0.5}, {1.0, 1.0}, {2.0, 2.0}, {1.5, 1.5}};
    network[l] =
        (struct isw_network){.number = l,
                             .seed = 5,
                             .replicate = l,
                             .layers = t->residual ? RESIDUAL_LAYERS : LAYERS,
                             .size = t->residual ? deeper : size,
                             .residual = {t->residual, 0.5, t->residual, false},
                             .normalization = normalization_of(t, l),
                             .mask = mask_of(t, l),
                             .gradient_noise = l % 2 && !solves(t->optimizer) ? 0.01 : 0.0,
                             .dropout = t->optimizer % 3 == 1 && !solves(t->optimizer) ? 0.01 * (double)(l + 1) : 0.0,
                             .activation = isw_choice_default(&isw_activations(&count)[tanh_row()].row, tanh_row()),
                             .output_activation = isw_choice_default(&isw_activations(&count)[0].row, 0),
                             .loss = isw_choice_default(&isw_losses(&count)[loss_row()].row, loss_row()),
                             .optimizer = isw_choice_default(&isw_optimizers(&count)[t->optimizer].row, t->optimizer),
                             .init = init,
                             .bias = (enum isw_bias)(t->optimizer % 3),
                             .factors = t->batch == 2 ? factors[l] : NULL,
                             .output_scale = 1.0,
                             .bias_init = bias_init,
                             .learning_rate = rates[l % (sizeof rates / sizeof *rates)],
                             .weight_decay = l % 3 == 0 && !solves(t->optimizer) ? 0.001 : 0.0,
                             .schedule = isw_choice_default(&schedules[l % schedule_count].row, l % schedule_count),
                             .clip_norm = l == 3 && !solves(t->optimizer) ? 0.1 : 0.0,
                             .batch_size = t->batch,
                             .steps = STEPS,
                             .stop_loss_below = l == 5 ? 0.2 : -INFINITY,
                             .stop_gradient_below = l == 8 ? 0.1 : -INFINITY,
                             .stop_accuracy_above = t->plateau && l == 6 ? 0.7 : 0.0,
                             .stop_loss_above = t->plateau && l == 4 ? 0.4 : 0.0,
                             .stop_plateau = {t->plateau, 0.002 * (double)l}};
    list[l] = &network[l];
  }
  struct isw_pack_settings settings = {.kernels = kernels,
                                       .samples = samples,
                                       .precision = t->real,
                                       .layout = layout,
                                       .count = networks,
                                       .networks = list + first,
                                       .records = t->records,
                                       .record_steps = t->record_steps,
                                       .probe_count = measured_count,
                                       .probes = measured,
                                       .keep_initial = true,
                                       .keep_final = true,
                                       .escape_fraction = 0.24};
  struct isw_pack *pack;
  assert_int_equal(isw_pack_create(&settings, &pack, NULL), ISW_OK);
  return pack;
}

static struct isw_pack *make_with(const struct trial *t, const struct isw_kernels *kernels,
                                  const struct isw_samples *samples, const struct isw_probe *const *measured,
                                  size_t measured_count)
{
  return make_some(t, ISW_NETWORKS_IN_LANES, 0, isw_lanes(t->real), kernels, samples, measured, measured_count);
}

static struct isw_pack *make(const struct trial *t, const struct isw_kernels *kernels,
                             const struct isw_samples *samples)
{
  return make_with(t, kernels, samples, probes, sizeof probes / sizeof *probes);
}

static void assert_same_outcome(const struct isw_outcome *x, const struct isw_outcome *y, const struct trial *t)
{
  assert_int_equal(x->status, y->status);
  assert_int_equal(x->steps_done, y->steps_done);
  assert_int_equal(x->records_done, y->records_done);
  assert_int_equal(x->values_bytes, y->values_bytes);
  assert_memory_equal(x->values, y->values, x->values_bytes);
  assert_memory_equal(x->weights_initial, y->weights_initial, x->parameters * isw_precision_bytes(t->real));
  assert_memory_equal(x->weights_final, y->weights_final, x->parameters * isw_precision_bytes(t->real));
}

static void assert_same(const struct isw_pack *a, const struct isw_pack *b, const struct trial *t)
{
  for (size_t l = 0; l < isw_lanes(t->real); l++)
    assert_same_outcome(isw_pack_outcome(a, l), isw_pack_outcome(b, l), t);
}

/* One cell of the matrix; returns the number of kills. */
static size_t kill_again_and_again(const struct trial *t, size_t to_live)
{
  const struct isw_kernels *portable, *best;
  assert_int_equal(isw_kernels_choose("portable", &portable, NULL), ISW_OK);
  assert_int_equal(isw_kernels_choose(NULL, &best, NULL), ISW_OK);
  size_t count, kills = 0;
  struct isw_samples *samples;
  assert_int_equal(isw_samples_create(&data, &isw_losses(&count)[loss_row()], t->real, &samples, NULL), ISW_OK);
  struct isw_team *team = isw_team_create(1);
  blocks_to_live = 0;
  pulled_at = UINT64_MAX;
  atomic_store(&stop, 0);
  struct isw_pack *whole = make(t, best, samples), *pack = make(t, best, samples);
  assert_int_equal(isw_pack_train(whole, team, 0, &stop), ISW_OK);

  for (blocks_seen = 0, blocks_to_live = to_live; isw_pack_train(pack, team, 0, &stop) != ISW_OK; kills++) {
    assert_true(kills < 10 * STEPS);
    size_t bytes = isw_pack_state_bytes(pack);
    void *state = malloc(bytes);
    assert_non_null(state);
    isw_pack_save(pack, state);
    isw_pack_destroy(pack);
    pack = make(t, kills % 2 ? best : portable, samples);
    assert_int_equal(isw_pack_restore(pack, state, bytes - 1, NULL), ISW_BAD_INPUT);
    assert_int_equal(isw_pack_restore(pack, state, bytes, NULL), ISW_OK);
    free(state);
    atomic_store(&stop, 0);
    blocks_seen = 0;
    blocks_to_live = to_live; /* a finished record is not made again */
  }
  assert_same(whole, pack, t);
  isw_pack_destroy(whole);
  isw_pack_destroy(pack);
  isw_team_destroy(team);
  isw_samples_destroy(samples);
  return kills;
}

static void killed_and_resumed_is_the_same_to_the_bit(void **state)
{
  (void)state;
  uint64_t every[RECORDS_MAX];
  for (size_t i = 0; i < RECORDS_MAX; i++) every[i] = i;
  static const uint64_t middle[] = {0, 40, STEPS}, geometric[] = {0, 1, 2, 5, 13, 33, STEPS};
  const struct {
    const uint64_t *steps;
    size_t count;
  } schedule[] = {{every, RECORDS_MAX}, {middle, 3}, {geometric, 7}};
  static const size_t batch[] = {0, 2, 5}, to_live[] = {1, 2, 9};
  size_t optimizers, cells = 0, kills = 0;
  isw_optimizers(&optimizers);
  for (size_t o = 0; o < optimizers; o++)
    for (size_t b = 0; b < sizeof batch / sizeof *batch; b++)
      for (size_t s = 0; s < sizeof schedule / sizeof *schedule; s++)
        for (int real = ISW_FLOAT32; real <= ISW_FLOAT64; real++)
          for (size_t n = 0; n < sizeof to_live / sizeof *to_live; n++, cells++) {
            if (solves(o) && batch[b] > 0) continue;
            const struct trial trial = {.optimizer = o,
                                        .batch = batch[b],
                                        .residual = (cells + o) % 2,
                                        .plateau = (cells + o) % 3 == 0 ? 12 : 0,
                                        .real = (enum isw_precision)real,
                                        .record_steps = schedule[s].steps,
                                        .records = schedule[s].count};
            kills += kill_again_and_again(&trial, to_live[n]);
          }
  print_message("%zu cells, %zu kills\n", cells, kills);
  assert_true(kills > 10 * cells);
}

/* Trains one network alone and kills it again and again; each time the other layout continues. Returns the number of
 * kills. */
static size_t resume_in_turn(const struct trial *t, size_t network, const struct isw_kernels *kernels,
                             const struct isw_samples *samples, const struct isw_outcome *expected)
{
  const size_t to_live = 2, measured = sizeof probes / sizeof *probes;
  size_t kills = 0;
  struct isw_team *team = isw_team_create(1);
  struct isw_pack *pack = make_some(t, ISW_UNITS_IN_LANES, network, 1, kernels, samples, probes, measured);
  atomic_store(&stop, 0);
  for (blocks_seen = 0, blocks_to_live = to_live; isw_pack_train(pack, team, 0, &stop) != ISW_OK; kills++) {
    assert_true(kills < 10 * STEPS);
    size_t bytes = isw_pack_state_bytes(pack);
    void *state = malloc(bytes);
    assert_non_null(state);
    isw_pack_save(pack, state);
    isw_pack_destroy(pack);
    pack = make_some(t, kills % 2 ? ISW_UNITS_IN_LANES : ISW_NETWORKS_IN_LANES, network, 1, kernels, samples, probes,
                     measured);
    assert_int_equal(isw_pack_restore(pack, state, bytes, NULL), ISW_OK);
    free(state);
    atomic_store(&stop, 0);
    blocks_seen = 0;
    blocks_to_live = to_live;
  }
  assert_same_outcome(isw_pack_outcome(pack, 0), expected, t);
  isw_pack_destroy(pack);
  isw_team_destroy(team);
  return kills;
}

static void a_state_of_one_layout_continues_in_the_other(void **state)
{
  (void)state;
  static const uint64_t steps[] = {0, 1, 2, 5, 13, 33, STEPS};
  size_t optimizers, count, kills = 0, networks = 0;
  const struct isw_kernels *kernels;
  assert_int_equal(isw_kernels_choose(NULL, &kernels, NULL), ISW_OK);
  isw_optimizers(&optimizers);
  for (size_t cell = 0; cell < 2 * optimizers; cell++) {
    const struct trial t = {.optimizer = cell / 2,
                            .batch = solves(cell / 2) ? 0 : cell % 3 * 2,
                            .residual = cell % 2 == 0,
                            .real = cell % 4 < 2 ? ISW_FLOAT32 : ISW_FLOAT64,
                            .record_steps = steps,
                            .records = sizeof steps / sizeof *steps};
    struct isw_samples *samples;
    assert_int_equal(isw_samples_create(&data, &isw_losses(&count)[loss_row()], t.real, &samples, NULL), ISW_OK);
    struct isw_team *team = isw_team_create(1);
    struct isw_pack *together = make(&t, kernels, samples);
    blocks_to_live = 0;
    atomic_store(&stop, 0);
    assert_int_equal(isw_pack_train(together, team, 0, &stop), ISW_OK);
    for (size_t l = 0; l < isw_lanes(t.real); l += 2 - cell % 2, networks++)
      kills += resume_in_turn(&t, l, kernels, samples, isw_pack_outcome(together, l));
    isw_pack_destroy(together);
    isw_team_destroy(team);
    isw_samples_destroy(samples);
  }
  print_message("%zu networks, %zu kills\n", networks, kills);
  assert_true(kills > 3 * networks);
}

/* A prepare that is interrupted at its first call of each step: no probe may have finished then, because the record is
 * made again. */
static uint64_t prepared_at;
static size_t finishes;

static void prepare_slowly(const struct isw_view *view, double *scratch)
{
  for (size_t l = 0; l < view->lanes; l++) scratch[l] = (double)view->step;
  if (view->step == prepared_at) return;
  prepared_at = view->step;
  atomic_store(&stop, 1);
}

static void since_and_count(const struct isw_view *view, double *kept, double *value)
{
  finishes++;
  since(view, kept, value);
}

static void an_interrupted_prepare_is_done_again(void **state)
{
  (void)state;
  static const struct isw_probe first = {
      .row.name = "first", .scratch = two_a_lane, .persistent_scratch = two_a_lane, .finish = since_and_count};
  static const struct isw_probe slow = {
      .row.name = "slow", .scratch = one_a_lane, .prepare = prepare_slowly, .finish = give};
  static const struct isw_probe *const both[] = {&first, &slow};
  static const uint64_t steps[] = {0, 7, STEPS};
  const struct trial trial = {.batch = 2, .record_steps = steps, .records = 3};
  size_t count;
  const struct isw_kernels *kernels;
  struct isw_samples *samples;
  assert_int_equal(isw_kernels_choose(NULL, &kernels, NULL), ISW_OK);
  assert_int_equal(isw_samples_create(&data, &isw_losses(&count)[loss_row()], ISW_FLOAT32, &samples, NULL), ISW_OK);
  struct isw_pack *pack = make_with(&trial, kernels, samples, both, 2);
  struct isw_team *team = isw_team_create(1);
  prepared_at = UINT64_MAX;
  finishes = 0;
  for (size_t record = 0; record < 3; record++) {
    atomic_store(&stop, 0);
    assert_int_equal(isw_pack_train(pack, team, 0, &stop), ISW_INTERRUPTED);
    assert_int_equal(prepared_at, steps[record]);
    assert_int_equal(isw_pack_step(pack), steps[record]);
    assert_int_equal(finishes, record);
  }
  atomic_store(&stop, 0);
  assert_int_equal(isw_pack_train(pack, team, 0, &stop), ISW_OK);
  assert_int_equal(finishes, 3);
  const float *value = isw_pack_outcome(pack, 0)->values;
  /* first: 1, 2, 3 and 100 times the steps in between; slow: the step */
  const float expected[] = {1, 702, 7303, 0, 7, STEPS};
  assert_memory_equal(value, expected, sizeof expected);
  isw_pack_destroy(pack);
  isw_team_destroy(team);
  isw_samples_destroy(samples);
}

/* A block that is interrupted and returns early at its first call of each record, which is then made again. */
static size_t block_calls;

static void leave_early(const struct isw_view *view, const struct isw_block *block, double *scratch)
{
  bool leaves = block_calls++ % 2 == 0;
  if (leaves) atomic_store(&stop, 1);
  assert_int_equal(isw_view_interrupted(view), leaves);
  for (size_t s = 0; !leaves && s < block->samples; s++)
    for (size_t l = 0; l < view->lanes; l++) scratch[l] += 1.0;
}

static void a_block_that_returns_early_is_done_again(void **state)
{
  (void)state;
  static const struct isw_probe kept = {
      .row.name = "kept", .scratch = two_a_lane, .persistent_scratch = two_a_lane, .finish = since_and_count};
  static const struct isw_probe early = {
      .row.name = "early", .needs = ISW_NEEDS_TRAIN, .scratch = one_a_lane, .block = leave_early, .finish = give};
  static const struct isw_probe *const both[] = {&kept, &early};
  static const uint64_t steps[] = {0, 7, STEPS};
  size_t count;
  const struct isw_kernels *kernels;
  struct isw_samples *samples;
  assert_int_equal(isw_kernels_choose(NULL, &kernels, NULL), ISW_OK);
  assert_int_equal(isw_samples_create(&data, &isw_losses(&count)[loss_row()], ISW_FLOAT32, &samples, NULL), ISW_OK);
  for (size_t batch = 0; batch <= 2; batch += 2) {
    const struct trial trial = {.batch = batch, .record_steps = steps, .records = 3};
    struct isw_pack *pack = make_with(&trial, kernels, samples, both, 2);
    struct isw_team *team = isw_team_create(1);
    finishes = block_calls = 0;
    for (size_t record = 0; record < 3; record++) {
      atomic_store(&stop, 0);
      assert_int_equal(isw_pack_train(pack, team, 0, &stop), ISW_INTERRUPTED);
      assert_int_equal(isw_pack_step(pack), steps[record]);
      assert_int_equal(finishes, record);
    }
    atomic_store(&stop, 0);
    assert_int_equal(isw_pack_train(pack, team, 0, &stop), ISW_OK);
    const float *value = isw_pack_outcome(pack, 0)->values;
    float samples_seen = (float)data.train_samples;
    const float expected[] = {1, 702, 7303, samples_seen, samples_seen, samples_seen};
    assert_memory_equal(value, expected, sizeof expected);
    isw_pack_destroy(pack);
    isw_team_destroy(team);
  }
  isw_samples_destroy(samples);
}

/* A clock that advances during every pass: a record that takes longer than the time between two checkpoints must not be
 * restarted for ever. */
static atomic_uint ticks;

static void tick(const struct isw_view *view, const struct isw_block *block, double *scratch)
{
  (void)view, (void)block, (void)scratch;
  atomic_fetch_add(&ticks, 1);
}

static void nothing(const struct isw_view *view, double *scratch, double *value)
{
  (void)scratch;
  memset(value, 0, view->lanes * sizeof *value);
}

static void pauses_do_not_keep_a_record_from_being_made(void **state)
{
  (void)state;
  static const struct isw_probe clock = {
      .row.name = "clock", .needs = ISW_NEEDS_TRAIN | ISW_NEEDS_TEST, .block = tick, .finish = nothing};
  static const struct isw_probe *const only[] = {&clock};
  static const uint64_t steps[] = {0, 3, STEPS};
  struct isw_data with_test = data;
  with_test.test_samples = data.train_samples;
  with_test.test_inputs = inputs;
  with_test.test_targets = targets;
  for (size_t batch = 0; batch <= 2; batch += 2) {
    const struct trial trial = {.batch = batch, .record_steps = steps, .records = 3};
    size_t count, pauses = 0;
    const struct isw_kernels *kernels;
    struct isw_samples *samples;
    atomic_store(&stop, 0);
    assert_int_equal(isw_kernels_choose(NULL, &kernels, NULL), ISW_OK);
    assert_int_equal(isw_samples_create(&with_test, &isw_losses(&count)[loss_row()], ISW_FLOAT32, &samples, NULL),
                     ISW_OK);
    struct isw_pack *pack = make_with(&trial, kernels, samples, only, 1);
    struct isw_team *team = isw_team_create(1);
    for (isw_pack_interrupt_on_change(pack, &ticks); isw_pack_train(pack, team, 0, &stop) != ISW_OK; pauses++) {
      assert_true(pauses < 3);
      isw_pack_interrupt_on_change(pack, &ticks);
    }
    assert_int_equal(pauses, 2); /* after the first records; nothing follows the last step */
    isw_pack_destroy(pack);
    isw_team_destroy(team);
    isw_samples_destroy(samples);
  }
}

static void a_state_that_makes_no_sense_is_refused(void **state)
{
  (void)state;
  static const uint64_t steps[] = {0, STEPS};
  const struct trial trial = {.record_steps = steps, .records = 2};
  size_t count;
  const struct isw_kernels *kernels;
  struct isw_samples *samples;
  assert_int_equal(isw_kernels_choose(NULL, &kernels, NULL), ISW_OK);
  assert_int_equal(isw_samples_create(&data, &isw_losses(&count)[loss_row()], ISW_FLOAT32, &samples, NULL), ISW_OK);
  struct isw_pack *pack = make(&trial, kernels, samples);
  size_t bytes = isw_pack_state_bytes(pack);
  unsigned char *saved = malloc(bytes);
  assert_non_null(saved);
  isw_pack_save(pack, saved);
  saved[7] = 0xff; /* of the step */
  assert_int_equal(isw_pack_restore(pack, saved, bytes, NULL), ISW_BAD_INPUT);
  free(saved);
  isw_pack_destroy(pack);
  isw_samples_destroy(samples);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(killed_and_resumed_is_the_same_to_the_bit),
      cmocka_unit_test(a_state_of_one_layout_continues_in_the_other),
      cmocka_unit_test(an_interrupted_prepare_is_done_again),
      cmocka_unit_test(a_block_that_returns_early_is_done_again),
      cmocka_unit_test(pauses_do_not_keep_a_record_from_being_made),
      cmocka_unit_test(a_state_that_makes_no_sense_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
