/* Packs whose networks end are merged: the work follows the active networks, and no bit changes, neither by merging nor
 * by kills in between. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <math.h>
#include "initsweep/engine.h"

enum { PACKS = 8, LAYERS = 2, RESIDUAL_LAYERS = 4, STEPS = 4096 };

/* ---- probes: one interrupts, one has persistent scratch, with a number that all lanes share before the lanes' own
 * ---- */

static atomic_int stop;
static size_t records_seen, records_to_live;

static void pull(const struct isw_view *view, double *scratch, double *value)
{
  (void)scratch;
  for (size_t l = 0; l < view->lanes; l++) value[l] = (double)view->step;
  if (++records_seen == records_to_live) atomic_store(&stop, 1);
}

static double first_number(const struct isw_view *view, const void *array, size_t lane)
{
  return view->precision == ISW_FLOAT32 ? (double)((const float *)array)[lane] : ((const double *)array)[lane];
}

static size_t one_and_two_a_lane(const struct isw_view *view)
{
  return 1 + 2 * view->lanes;
}

static void since(const struct isw_view *view, double *kept, double *value)
{
  double *times = kept + 1, *bias = times + view->lanes;
  for (size_t l = 0; l < view->lanes; l++) {
    double now = first_number(view, view->bias[0], l);
    times[l] += 1.0;
    value[l] = now - bias[l] + times[l] + ((double)view->step - kept[0]);
    bias[l] = now;
  }
  kept[0] = (double)view->step;
}

static const struct isw_probe plug = {.row.name = "plug", .finish = pull};
static const struct isw_probe remembers = {
    .row.name = "remembers", .scratch = one_and_two_a_lane, .persistent_scratch = one_and_two_a_lane, .finish = since};

/* Results that are exact to the step, and the batch's loss and gradient. Each network has a threshold of its own. */
static void start_decides(const struct isw_view *view, double fraction, double *below)
{
  for (size_t l = 0; l < view->lanes; l++) below[l] = fraction * (1.0 + fabs(first_number(view, view->weight[0], l)));
}

static void of_batch(const struct isw_view *view, double *scratch, double *value)
{
  (void)scratch;
  for (size_t k = 0; k < view->layers; k++)
    for (size_t l = 0; l < view->lanes; l++)
      value[k * view->lanes + l] = view->batch_loss[l] + first_number(view, view->weight_gradient[k], l);
}

static const struct isw_probe escapes = {
    .row.name = "escapes", .quantity.integer = true, .quantity.per_run = true, .threshold = start_decides};
static const struct isw_probe moves = {.row.name = "moves",
                                       .quantity.per_layer = true,
                                       .quantity.integer = true,
                                       .quantity.per_run = true,
                                       .needs = ISW_NEEDS_START,
                                       .tracks_first_change = true};
static const struct isw_probe batch = {
    .row.name = "batch", .quantity.per_layer = true, .needs = ISW_NEEDS_BATCH, .finish = of_batch};
static const struct isw_probe *const probes[] = {&plug, &remembers, &escapes, &moves, &batch};
enum { PLAIN_PROBES = 2, PROBES = sizeof probes / sizeof *probes };

/* ---- networks ---------------------------------------------------------------------------------------------------- */

static double inputs[] = {0, 0, 0, 1, 1, 0, 1, 1}, targets[] = {0, 1, 1, 0};
static const struct isw_data data = {.features = 2,
                                     .kind = ISW_TARGETS_BINARY,
                                     .targets = 1,
                                     .classes = 2,
                                     .train_samples = 4,
                                     .train_inputs = inputs,
                                     .train_targets = targets};

struct trial {
  const char *optimizer;
  size_t batch, width;
  enum isw_precision real;
  bool varied;          /* learning rates with a schedule, and clipping, in some lanes */
  size_t branch_layers; /* of residual branches with trained scales; 0: none */
  bool watched;         /* by all probes; some networks first move after many steps */
};

struct scene {
  const struct trial *trial;
  const struct isw_kernels *kernels;
  struct isw_samples *samples;
  struct isw_team *team;
  size_t lanes;
  uint64_t record_steps[STEPS / 256 + 2];
  uint64_t pack_steps;             /* of packs that were destroyed */
  size_t late_moves, late_escapes; /* after packs may have been merged */
};

#define ROW(table, called) row_called(&table(&count)->row, sizeof *table(&count), called, (table(&count), count))
static size_t row_called(const struct isw_row *first, size_t bytes, const char *name, size_t count)
{
  for (size_t i = 0; i < count; i++)
    if (strcmp(((const struct isw_row *)(const void *)((const char *)first + i * bytes))->name, name) == 0) return i;
  fail_msg("no row '%s'", name);
  return 0;
}

/* Branches, if nothing watches when their networks move, are normalised and masked, drop units and have noisy
 * gradients. */
static bool has_extras(const struct trial *t)
{
  return t->branch_layers > 0 && !t->watched;
}

/* layer_norm with an epsilon of each network; or none. */
static struct isw_choice normalization_of(const struct trial *t, size_t number)
{
  size_t count, row = has_extras(t) ? ROW(isw_normalizations, "layer_norm") : 0;
  struct isw_choice choice = isw_choice_default(&isw_normalizations(&count)[row].row, row);
  if (row > 0) choice.value[0].number = 1e-5 * (double)(number + 1);
  return choice;
}

/* random with a sparsity of each network; or none. */
static struct isw_choice mask_of(const struct trial *t, size_t number)
{
  size_t count, row = has_extras(t) ? ROW(isw_masks, "random") : 0;
  struct isw_choice choice = isw_choice_default(&isw_masks(&count)[row].row, row);
  if (row > 0) choice.value[0].number = 0.1 + 0.02 * (double)(number % 11);
  return choice;
}

/* networks first .. first + count - 1 as a pack */
static struct isw_pack *make(const struct scene *scene, enum isw_layout layout, size_t first, size_t count_networks)
{
  size_t count, w = scene->trial->width;
  size_t size[LAYERS + 1] = {2, w, 1}, deeper[RESIDUAL_LAYERS + 1] = {2, w, w, w, 1};
  const struct trial *t = scene->trial;
  size_t init_row = ROW(isw_initializers, "glorot_uniform"), zero = ROW(isw_initializers, "zeros");
  size_t g = ROW(isw_activations, "tanh"), o = ROW(isw_optimizers, t->optimizer), loss = ROW(isw_losses, "mse");
  struct isw_choice init[RESIDUAL_LAYERS], bias[RESIDUAL_LAYERS];
  for (size_t k = 0; k < RESIDUAL_LAYERS; k++) {
    init[k] = isw_choice_default(&isw_initializers(&count)[init_row].row, init_row);
    bias[k] = isw_choice_default(&isw_initializers(&count)[zero].row, zero);
  }
  size_t schedules, growing = ROW(isw_schedules, "linear");
  const struct isw_rate_schedule *schedule = isw_schedules(&schedules);
  struct isw_network network[16];
  struct isw_layer_factors factors[16][RESIDUAL_LAYERS];
  const struct isw_network *list[16];
  for (size_t l = 0; l < count_networks; l++) {
    size_t n = first + l;
    bool early = n % 2 == 1; /* half of the networks end early: they diverge, or stop at once or later */
    size_t s = t->varied ? n % schedules : 0;
    for (size_t k = 0; k < RESIDUAL_LAYERS; k++)
      factors[l][k] = (struct isw_layer_factors){
          {1.0 + 0.1 * (double)(n % 3), 1.0 + 0.1 * (double)k}, {1.0, 1.0}, {1.0, 1.0}, {1.0, 1.0}};
    network[l] = (struct isw_network){
        .number = n,
        .seed = 7,
        .replicate = n,
        .layers = t->branch_layers ? RESIDUAL_LAYERS : LAYERS,
        .size = t->branch_layers ? deeper : size,
        .residual = {t->branch_layers, 0.5, true, false},
        .normalization = normalization_of(t, n),
        .mask = mask_of(t, n),
        .dropout = has_extras(t) ? 0.01 + 0.001 * (double)(n % 5) : 0.0,
        .gradient_noise = has_extras(t) && n % 3 == 0 ? 0.001 : 0.0,
        .activation = isw_choice_default(&isw_activations(&count)[g].row, g),
        .output_activation = isw_choice_default(&isw_activations(&count)[0].row, 0),
        .loss = isw_choice_default(&isw_losses(&count)[loss].row, loss),
        .optimizer = isw_choice_default(&isw_optimizers(&count)[o].row, o),
        .init = init,
        .output_scale = 1.0,
        .bias_init = bias,
        .learning_rate = early && n % 6 == 1 ? 1e30 : 0.01 + 0.001 * (double)(n % 7),
        .schedule = isw_choice_default(&schedule[s].row, s),
        .factors = t->varied ? factors[l] : NULL,
        .clip_norm = t->varied && n % 5 == 0 ? 0.1 : 0.0,
        .batch_size = t->batch,
        .steps = STEPS,
        .stop_loss_below = early ? 0.3 - 0.01 * (double)(n % 9) : -INFINITY,
        .stop_gradient_below = t->varied && n % 11 == 3 ? 1e-3 : -INFINITY,
        .stop_accuracy_above = t->varied && n % 7 == 5 ? 0.8 : 0.0,
        .stop_plateau = {t->varied ? STEPS / 2 : 0, 0.05 * (double)(n % 4)},
    };
    if (t->watched && n % 16 == 2) { /* a rate that grows from 0: the first steps are lost in rounding */
      network[l].learning_rate = 6e-8;
      network[l].schedule = isw_choice_default(&schedule[growing].row, growing);
      network[l].schedule.value[0].number = 0.0;
      network[l].schedule.value[1].number = 1.0;
    }
    list[l] = &network[l];
  }
  struct isw_pack_settings settings = {.kernels = scene->kernels,
                                       .samples = scene->samples,
                                       .precision = t->real,
                                       .layout = layout,
                                       .count = count_networks,
                                       .networks = list,
                                       .records = STEPS / 256 + 1,
                                       .record_steps = scene->record_steps,
                                       .probe_count = t->watched ? PROBES : PLAIN_PROBES,
                                       .probes = probes,
                                       .keep_initial = true,
                                       .keep_final = true,
                                       .escape_fraction = 0.1};
  struct isw_pack *pack;
  assert_int_equal(isw_pack_create(&settings, &pack, NULL), ISW_OK);
  return pack;
}

/* All packs continue in new ones, from their saved states. */
static void kill_all(struct scene *scene, struct isw_pack **pack)
{
  struct isw_pack *new[PACKS];
  for (size_t i = 0; i < PACKS; i++) {
    new[i] = make(scene, ISW_NETWORKS_IN_LANES, i * scene->lanes, scene->lanes);
    size_t bytes = isw_pack_state_bytes(pack[i]);
    void *state = malloc(bytes);
    assert_non_null(state);
    isw_pack_save(pack[i], state);
    assert_int_equal(isw_pack_restore(new[i], state, bytes, NULL), ISW_OK);
    free(state);
  }
  for (size_t i = 0; i < PACKS; i++) {
    scene->pack_steps += isw_pack_steps_executed(pack[i]);
    isw_pack_destroy(pack[i]);
    pack[i] = new[i];
  }
  atomic_store(&stop, 0);
  records_seen = 0;
}

/* Trains as the cluster room does. Returns the number of kills. */
static size_t train_together(struct scene *scene, struct isw_pack **pack)
{
  size_t kills = 0;
  struct isw_pack *next;
  for (size_t i = 0; i < PACKS; i++) {
    isw_pack_suspend_when_sparse(pack[i]);
    if (isw_pack_train(pack[i], scene->team, 0, &stop) == ISW_OK || isw_pack_is_suspended(pack[i])) continue;
    kill_all(scene, pack);
    kills++;
    i--;
  }
  while ((next = isw_packs_compact(pack, PACKS)))
    if (isw_pack_train(next, scene->team, 0, &stop) != ISW_OK && !isw_pack_is_suspended(next)) {
      kill_all(scene, pack);
      kills++;
    }
  return kills;
}

/* Counts what was noted late. The probes of all records come first, the escape and the layers' moves after them. */
static void count_late(struct scene *scene, const struct isw_outcome *outcome)
{
  size_t records = STEPS / 256 + 1, layers = scene->trial->branch_layers ? RESIDUAL_LAYERS : LAYERS;
  int32_t noted[1 + RESIDUAL_LAYERS];
  if (!scene->trial->watched) return;
  memcpy(noted, (const char *)outcome->values + PLAIN_PROBES * records * isw_precision_bytes(scene->trial->real),
         (1 + layers) * sizeof *noted);
  scene->late_escapes += noted[0] > STEPS / 16;
  for (size_t k = 1; k <= layers; k++) scene->late_moves += noted[k] > STEPS / 16;
}

static void compare_alone(struct scene *scene, struct isw_pack *const *pack, uint64_t *live)
{
  records_to_live = 0;
  atomic_store(&stop, 0);
  for (size_t n = 0; n < PACKS * scene->lanes; n++) {
    struct isw_pack *alone = make(scene, n % 2 ? ISW_UNITS_IN_LANES : ISW_NETWORKS_IN_LANES, n, 1);
    assert_int_equal(isw_pack_train(alone, scene->team, 0, &stop), ISW_OK);
    const struct isw_outcome *x = isw_pack_outcome(alone, 0),
                             *y = isw_pack_outcome(pack[n / scene->lanes], n % scene->lanes);
    assert_int_equal(x->status, y->status);
    assert_int_equal(x->steps_done, y->steps_done);
    assert_int_equal(x->records_done, y->records_done);
    assert_memory_equal(x->values, y->values, x->values_bytes);
    assert_memory_equal(x->weights_initial, y->weights_initial,
                        x->parameters * isw_precision_bytes(scene->trial->real));
    assert_memory_equal(x->weights_final, y->weights_final, x->parameters * isw_precision_bytes(scene->trial->real));
    *live += x->steps_done;
    count_late(scene, x);
    isw_pack_destroy(alone);
  }
}

static void run_trial(const struct trial *trial, size_t to_live)
{
  size_t count;
  struct scene scene = {.trial = trial, .team = isw_team_create(1), .lanes = isw_lanes(trial->real)};
  for (size_t r = 0; r <= STEPS / 256; r++) scene.record_steps[r] = r * 256;
  size_t loss = ROW(isw_losses, "mse");
  assert_int_equal(isw_kernels_choose(NULL, &scene.kernels, NULL), ISW_OK);
  assert_int_equal(isw_samples_create(&data, &isw_losses(&count)[loss], trial->real, &scene.samples, NULL), ISW_OK);
  struct isw_pack *pack[PACKS];
  for (size_t i = 0; i < PACKS; i++) pack[i] = make(&scene, ISW_NETWORKS_IN_LANES, i * scene.lanes, scene.lanes);
  atomic_store(&stop, 0);
  records_seen = 0;
  records_to_live = to_live;
  size_t kills = train_together(&scene, pack);
  uint64_t live = 0, done = scene.pack_steps;
  for (size_t i = 0; i < PACKS; i++) done += isw_pack_steps_executed(pack[i]);
  compare_alone(&scene, pack, &live);
  double least = (double)live / (double)scene.lanes / STEPS, had = (double)done / STEPS;
  print_message("%s, batch %zu, width %zu, %s%s%s: %zu kills; of %d packs' steps %.2f are live, %.2f were done\n",
                trial->optimizer, trial->batch, trial->width, trial->real == ISW_FLOAT32 ? "float32" : "float64",
                trial->varied ? ", varied" : "", trial->branch_layers ? ", branches" : "", kills, (int)PACKS, least,
                had);
  if (trial->watched) {
    print_message("  late: %zu first moves, %zu escapes\n", scene.late_moves, scene.late_escapes);
    assert_true(scene.late_moves >= 10 && (trial->batch || scene.late_escapes >= 10));
  }
  assert_true(least < 0.7 * PACKS);
  if (to_live == 0) assert_true(had < least + 1.25 && had < 0.8 * PACKS); /* part of one pack in all, not of each */
  if (to_live > 0) assert_true(kills > 5);
  for (size_t i = 0; i < PACKS; i++) isw_pack_destroy(pack[i]);
  isw_team_destroy(scene.team);
  isw_samples_destroy(scene.samples);
}

static const struct trial trials[] = {
    {"sgd", 0, 2, ISW_FLOAT32, false, 0, false},      {"sgd", 0, 3, ISW_FLOAT64, true, 0, false},
    {"momentum", 0, 5, ISW_FLOAT32, false, 0, false}, {"adam", 3, 5, ISW_FLOAT32, true, 0, false},
    {"adam", 0, 4, ISW_FLOAT64, true, 0, false},      {"nesterov", 1, 3, ISW_FLOAT64, false, 0, false},
    {"adam", 0, 3, ISW_FLOAT32, true, 1, false},      {"sgd", 0, 3, ISW_FLOAT32, false, 2, true},
    {"sgd", 3, 3, ISW_FLOAT32, true, 1, true},        {"sgd", 0, 3, ISW_FLOAT32, false, 0, true},
};

static void the_work_follows_the_networks_that_go_on(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof trials / sizeof *trials; i++) run_trial(&trials[i], 0);
}

static void merged_killed_and_resumed_is_the_same_to_the_bit(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof trials / sizeof *trials; i++) run_trial(&trials[i], i % 2 ? 7 : 3);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_work_follows_the_networks_that_go_on),
      cmocka_unit_test(merged_killed_and_resumed_is_the_same_to_the_bit),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
