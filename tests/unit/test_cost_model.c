/* The cost model: its arithmetic calculated by hand, and a cache that never makes a run fail. No test measures time. */
#include "initsweep/cost.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "initsweep/probes.h"

static const char key[] = "a machine, its kernels, this program";

static struct isw_cost_model some_model(void)
{
  struct isw_cost_model model = {.record = {{.base = 1e-6 / 3}, {.base = 1e-7 / 3}}, .pack = 2e-5, .draw = 3e-7};
  for (size_t t = 0; t < ISW_COST_TERMS; t++) {
    model.small[t] = 1e-9 * (double)(t + 1) / 7;
    model.large[t] = 1e-9 * (double)(t + 10) / 3;
    model.units[t] = 1e-9 * (double)(t + 20) / 3;
  }
  for (size_t r = 0; r < ISW_COST_ROWS; r++) {
    model.activation[r] = -1e-9 / (double)(r + 1);
    model.record[0].probe[r] = 1e-9 / (double)(r + 3);
    model.record[1].probe[r] = 1e-9 / (double)(r + 5);
    model.start[r] = 1e-9 / (double)(r + 7);
  }
  return model;
}

static void terms_count_what_a_step_does(void **state)
{
  (void)state;
  double terms[ISW_COST_TERMS];
  const size_t size[] = {2, 3, 5, 1};
  isw_cost_terms(3, size, 4, true, 1, terms);
  assert_true(terms[ISW_COST_STEP] == 1 && terms[ISW_COST_LAYER] == 12 && terms[ISW_COST_UNIT] == 4 * 9);
  assert_true(terms[ISW_COST_PRODUCT] == 4 * (3 * (6 + 15 + 5) - 6));
  assert_true(2 * terms[ISW_COST_PRODUCT] == isw_step_flops(3, size, 0, 4));
  assert_true(terms[ISW_COST_PARAMETER] == 9 + 20 + 6 && terms[ISW_COST_FAR] == 0 && terms[ISW_COST_GATHER] == 0);
  isw_cost_terms(3, size, 4, false, 1, terms);
  assert_true(terms[ISW_COST_GATHER] == 8);
  isw_cost_terms(3, size, 4, true, 4, terms); /* lines of four units: 1, 2 and 1; three layers */
  assert_true(terms[ISW_COST_STEP] == 1 && terms[ISW_COST_LAYER] == 12 && terms[ISW_COST_UNIT] == 4 * 4);
  assert_true(terms[ISW_COST_PRODUCT] == 4 * (2 * (2 * 1 + 3 * 2 + 5 * 1) + 5 * 1 + 1 * 2));
  assert_true(terms[ISW_COST_PARAMETER] == 3 * 1 + 4 * 2 + 6 * 1);
  const size_t large[] = {784, 256, 10};
  isw_cost_terms(2, large, 4, true, 1, terms);
  assert_true(terms[ISW_COST_FAR] == 785 * 256 + 257 * 10 - 16384);
}

static void the_fit_finds_the_coefficients_that_made_the_times(void **state)
{
  (void)state;
  const double made[ISW_COST_TERMS] = {1e-7, 2e-9, 1e-8, 3e-10, 0, 5e-9, 1e-9};
  double terms[40][ISW_COST_TERMS], seconds[40] = {0}, found[ISW_COST_TERMS];
  for (size_t i = 0; i < 40; i++) {
    const size_t size[] = {1 + i * i % 97, 1 + i * 37 % 300, 1 + i * 11 % 200, 1 + i % 10};
    isw_cost_terms(3, size, 1 + i * 13 % 64, i % 3 == 0, 1, terms[i]);
    for (size_t t = 0; t < ISW_COST_TERMS; t++) seconds[i] += made[t] * terms[i][t];
  }
  isw_cost_fit(40, terms, seconds, found);
  for (size_t i = 0; i < 40; i++) {
    double sum = 0;
    for (size_t t = 0; t < ISW_COST_TERMS; t++) sum += found[t] * terms[i][t];
    assert_true(fabs(sum / seconds[i] - 1) < 1e-3);
  }
  for (size_t t = 0; t < ISW_COST_TERMS; t++) assert_true(found[t] >= 0);
  assert_true(fabs(found[ISW_COST_PRODUCT] / made[ISW_COST_PRODUCT] - 1) < 1e-2);
}

static struct isw_sweep *read_sweep(const char *text)
{
  struct isw_sweep *sweep;
  struct isw_error error = {0};
  const struct isw_overrides none = {0};
  if (isw_load_sweep("test", "/", text, strlen(text), &none, &sweep, &error) != ISW_OK)
    fail_msg("%s", isw_error_text(&error));
  return sweep;
}

static const char two_depths[] =
    "sweep: test\nseed: 7\ndataset: {name: xor}\nnetwork: {width: 3, activation: linear, init: zeros}\n"
    "train: {loss: mse, optimizer: sgd, learning_rate: 0.1, steps: 100}\nrecord: {steps: [0, 50], probes: [loss]}\n"
    "grid:\n  network.depth: [1, 2]\n  replicate: {range: [0, 39]}\n";

/* The path that a pack of a class takes, as reported by the engine for a pack of the class's first networks. */
static enum isw_pack_path path_of_pack(const struct isw_sweep *sweep, const struct isw_kernels *kernels,
                                       const struct isw_packs *packs, const struct isw_pack_class *class)
{
  uint64_t numbers[ISW_LANES_MAX];
  struct isw_network *networks[ISW_LANES_MAX];
  const struct isw_probe *const *probes;
  size_t rows, probe_count = isw_sweep_probes(sweep, &probes);
  size_t count = isw_packs_networks(packs, class->first_pack, numbers);
  for (size_t i = 0; i < count; i++) assert_int_equal(isw_sweep_network(sweep, numbers[i], &networks[i], NULL), ISW_OK);
  struct isw_samples *samples;
  struct isw_pack *pack;
  const uint64_t *schedule;
  size_t records = isw_sweep_schedule(sweep, class->steps, &schedule);
  assert_int_equal(isw_samples_create(isw_sweep_data(sweep, class->dataset), &isw_losses(&rows)[class->loss],
                                      isw_sweep_precision(sweep), &samples, NULL),
                   ISW_OK);
  const struct isw_pack_settings settings = {.kernels = kernels,
                                             .samples = samples,
                                             .precision = isw_sweep_precision(sweep),
                                             .count = count,
                                             .networks = (const struct isw_network *const *)networks,
                                             .records = records,
                                             .record_steps = schedule,
                                             .probe_count = probe_count,
                                             .probes = probes};
  assert_int_equal(isw_pack_create(&settings, &pack, NULL), ISW_OK);
  enum isw_pack_path path = isw_pack_path_taken(pack);
  isw_pack_destroy(pack);
  isw_samples_destroy(samples);
  for (size_t i = 0; i < count; i++) isw_network_destroy(networks[i]);
  return path;
}

/* Sweeps of one class each, on all kernels of this machine: the cost model's path is that of the pack that is
 * created. */
static void the_path_of_a_class_is_the_engines(void **state)
{
  (void)state;
  static const struct {
    const char *network, *train, *probes;
    enum isw_pack_path path; /* with kernels that have all three */
  } classes[] = {
      {"hidden: [2]", "optimizer: sgd", "[loss]", ISW_PATH_TINY},
      {"hidden: [2]", "optimizer: momentum", "[loss]", ISW_PATH_SMALL},
      {"hidden: [2], output_activation: tanh", "optimizer: sgd", "[loss]", ISW_PATH_SMALL},
      {"hidden: [3]", "optimizer: sgd", "[loss]", ISW_PATH_SMALL},
      {"hidden: [2]", "optimizer: sgd, batch_size: 2", "[loss]", ISW_PATH_BLOCKED},
      {"hidden: [2]", "optimizer: sgd, clip_norm: 1", "[loss]", ISW_PATH_BLOCKED},
      {"hidden: [2]", "optimizer: sgd, stop: {gradient_below: 0.1}", "[loss]", ISW_PATH_BLOCKED},
      {"hidden: [3, 3, 3], residual: {branch_layers: 2}", "optimizer: sgd", "[loss]", ISW_PATH_BLOCKED},
      {"hidden: [3]", "optimizer: sgd, gradient_noise: 0.1", "[loss]", ISW_PATH_BLOCKED},
      {"hidden: [3], dropout: 0.1", "optimizer: sgd", "[loss]", ISW_PATH_BLOCKED},
      {"hidden: [3], mask: {by: random, sparsity: 0.1}", "optimizer: sgd", "[loss]", ISW_PATH_BLOCKED},
      {"hidden: [3], normalization: layer_norm", "optimizer: sgd", "[loss]", ISW_PATH_BLOCKED},
      {"hidden: [30]", "optimizer: sgd", "[loss]", ISW_PATH_SMALL},
      {"hidden: [30]", "optimizer: sgd", "[loss, pre_activation_mean]", ISW_PATH_BLOCKED},
      {"hidden: [30]", "optimizer: adam", "[loss]", ISW_PATH_BLOCKED},
      {"hidden: [60]", "optimizer: sgd", "[loss]", ISW_PATH_BLOCKED},
  };
  for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
    char text[512];
    snprintf(text, sizeof text,
             "sweep: test\nseed: 7\ndataset: {name: xor}\nnetwork: {%s, activation: tanh, init: zeros}\ntrain: {loss: "
             "mse, learning_rate: 0.1, steps: 10, %s}\nrecord: {steps: [0], probes: %s}\n",
             classes[i].network, classes[i].train, classes[i].probes);
    struct isw_sweep *sweep = read_sweep(text);
    struct isw_packs *packs;
    assert_int_equal(isw_packs_create(sweep, isw_lanes(ISW_FLOAT32), &packs, NULL), ISW_OK);
    const struct isw_probe *const *probes;
    size_t probe_count = isw_sweep_probes(sweep, &probes);
    bool usable;
    for (size_t k = 0; isw_kernels_list(k, &usable); k++) {
      const struct isw_kernels *kernels;
      if (!usable) continue;
      assert_int_equal(isw_kernels_choose(isw_kernels_list(k, NULL), &kernels, NULL), ISW_OK);
      const struct isw_pack_class *class = isw_packs_class(packs, 0);
      enum isw_pack_path path = isw_cost_path(kernels, probes, probe_count, class);
      assert_int_equal(path, path_of_pack(sweep, kernels, packs, class));
      if (classes[i].path != ISW_PATH_TINY || path != ISW_PATH_SMALL) assert_int_equal(path, classes[i].path);
    }
    isw_packs_destroy(packs);
    isw_sweep_destroy(sweep);
  }
}

static void a_pack_costs_its_making_steps_and_records(void **state)
{
  (void)state;
  struct isw_sweep *sweep = read_sweep(two_depths);
  struct isw_packs *packs;
  const struct isw_kernels *kernels;
  assert_int_equal(isw_kernels_choose(NULL, &kernels, NULL), ISW_OK);
  assert_int_equal(isw_packs_create(sweep, 16, &packs, NULL), ISW_OK);
  const struct isw_probe *const *probes;
  size_t count = isw_sweep_probes(sweep, &probes);
  const struct isw_pack_class *shallow = isw_packs_class(packs, 1); /* 2-3-1 */
  struct isw_cost_model model = {.small = {1, 0, 0, 0, 0, 0, 0}};
  assert_true(isw_cost_pack(&model, kernels, sweep, probes, count, shallow) == 100);
  model = (struct isw_cost_model){.small = {0, 0, 0, 1, 2, 0, 0}, .record[0].base = 1000, .pack = 5e6, .draw = 1e6};
  double step = 4 * (3 * 9 - 6) + 2 * 13;
  assert_true(isw_cost_pack(&model, kernels, sweep, probes, count, shallow) == 5e6 + 13e6 + 100 * step + 3 * 1000.0);
  model.activation[0] = 10; /* linear: 3 hidden units, 4 samples; records have 4 units */
  assert_true(isw_cost_pack(&model, kernels, sweep, probes, count, shallow) ==
              5e6 + 13e6 + 100 * (step + 120) + 3 * 1160.0);
  model = (struct isw_cost_model){.large = {0, 0, 0, 1, 0, 0, 0},
                                  .record[0].output = 1000}; /* forward: 4 samples, 9 weights, 1 output */
  assert_true(isw_cost_pack(&model, kernels, sweep, probes, count, shallow) >= 3 * (36 + 4000.0));
  assert_true(isw_cost_pack(&model, kernels, sweep, probes, count, shallow) <= 3 * (36 + 4000.0) + 100 * 84 / 4);
  isw_packs_destroy(packs);
  isw_sweep_destroy(sweep);
}

/* Work beyond passes and draws has the rates of its own rows. */
static void own_work_of_probes_and_initialisers_counts(void **state)
{
  (void)state;
  static const char text[] =
      "sweep: test\nseed: 7\ndataset: {name: xor}\nnetwork: {hidden: [5], activation: linear}\n"
      "train: {loss: mse, optimizer: sgd, learning_rate: 0.1, steps: 100}\n"
      "record: {steps: [0, 50], probes: [loss, mean_cosine, effective_rank, singular_value_max]}\n"
      "grid: {network.init: [zeros, orthogonal], replicate: {range: [0, 31]}}\n";
  struct isw_sweep *sweep = read_sweep(text);
  struct isw_packs *packs;
  const struct isw_kernels *kernels;
  assert_int_equal(isw_kernels_choose(NULL, &kernels, NULL), ISW_OK);
  assert_int_equal(isw_packs_create(sweep, 16, &packs, NULL), ISW_OK);
  const struct isw_probe *const *probes, *const *all;
  size_t count = isw_sweep_probes(sweep, &probes), rows;
  const struct isw_pack_class *class = isw_packs_class(packs, 0);
  struct isw_cost_model model = {.pack = 0};
  all = isw_probes(&rows);
  for (size_t i = 0; i < rows; i++)
    if (strcmp(all[i]->row.name, "mean_cosine") == 0) model.record[0].probe[i] = 2;
  /* 2-5-1: units x inputs x (units + 1) of each layer; 3 records: 0, 50 and the last one */
  assert_true(isw_cost_pack(&model, kernels, sweep, probes, count, class) == 3 * 2 * (2 * 5 * 6 + 5 * 1 * 2));
  model = (struct isw_cost_model){.pack = 0};
  for (size_t i = 0; i < rows; i++) /* the two share their singular values: the first counts */
    if (strcmp(all[i]->row.name, "effective_rank") == 0) model.record[0].probe[i] = 1;
  assert_true(isw_cost_pack(&model, kernels, sweep, probes, count, class) == 3 * 7 * 12 * (5 * 2 * 1 / 2));
  struct isw_pack_class alone = *class; /* with units in lanes: rates of its own */
  alone.layout = ISW_UNITS_IN_LANES;
  assert_true(isw_cost_pack(&model, kernels, sweep, probes, count, &alone) == 0);
  model.record[1] = model.record[0];
  assert_true(isw_cost_pack(&model, kernels, sweep, probes, count, &alone) == 3 * 7 * 12 * (5 * 2 * 1 / 2));
  assert_true(isw_cost_starts(&model, sweep, packs, class) == 0);
  const struct isw_initializer *initializers = isw_initializers(&rows);
  for (size_t i = 0; i < rows; i++)
    if (strcmp(initializers[i].row.name, "orthogonal") == 0) model.start[i] = 3;
  /* m = 5, n = 2: 8 n^2 (m / 2 - n / 6); m = 5, n = 1; half of the networks, 16 in a pack */
  double flops = 8 * 4 * (5 / 2.0 - 2 / 6.0) + 8 * (5 / 2.0 - 1 / 6.0);
  assert_true(fabs(isw_cost_starts(&model, sweep, packs, class) / (3 * flops * 16 / 2) - 1) < 1e-12);
  isw_packs_destroy(packs);
  isw_sweep_destroy(sweep);
}

/* 40 networks a class: two full packs, and eight networks that fill half a pack. */
static void networks_are_alone_where_that_is_cheaper(void **state)
{
  (void)state;
  struct isw_sweep *sweep = read_sweep(two_depths);
  struct isw_packs *packs;
  const struct isw_kernels *kernels;
  const struct isw_probe *const *probes;
  size_t count = isw_sweep_probes(sweep, &probes);
  uint64_t alone[2];
  assert_int_equal(isw_kernels_choose(NULL, &kernels, NULL), ISW_OK);
  assert_int_equal(isw_packs_create(sweep, 16, &packs, NULL), ISW_OK);
  static const struct {
    double pack, single; /* seconds of a step */
    uint64_t alone;
  } cases[] = {{1, 1, 0}, {1, 0.13, 0}, {1, 0.12, 8}, {1, 0.063, 8}, {1, 0.062, 40}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const struct isw_cost_model model = {
        .small = {cases[i].pack}, .large = {cases[i].pack}, .units = {cases[i].single}};
    isw_cost_alone(&model, kernels, sweep, probes, count, packs, 1, alone);
    assert_int_equal(alone[0], cases[i].alone);
    assert_int_equal(alone[1], cases[i].alone);
  }
  /* Twelve workers for six packs: six for a class, which train three packs in 1 s, or 40 networks in seven turns. */
  for (int fast = 0; fast < 2; fast++) {
    const struct isw_cost_model model = {.small = {1}, .large = {1}, .units = {fast ? 0.14 : 0.15}};
    isw_cost_alone(&model, kernels, sweep, probes, count, packs, 6, alone);
    assert_int_equal(alone[0], 0);
    isw_cost_alone(&model, kernels, sweep, probes, count, packs, 12, alone);
    assert_int_equal(alone[0], fast ? 40 : 0);
  }
  static const char *const asked[] = {"networks", "units", ""};
  static const uint64_t expected[] = {0, 40, 8};
  const struct isw_cost_model model = {.small = {1}, .large = {1}, .units = {0.1}};
  for (size_t i = 0; i < 3; i++) {
    setenv("INITSWEEP_LAYOUT", asked[i], 1);
    assert_int_equal(isw_cost_choose_layouts(&model, kernels, sweep, probes, count, packs, 1, alone, NULL), ISW_OK);
    assert_int_equal(alone[0], expected[i]);
  }
  setenv("INITSWEEP_LAYOUT", "unit", 1);
  assert_int_equal(isw_cost_choose_layouts(&model, kernels, sweep, probes, count, packs, 1, alone, NULL),
                   ISW_BAD_INPUT);
  unsetenv("INITSWEEP_LAYOUT");
  isw_packs_destroy(packs);
  isw_sweep_destroy(sweep);
}

/* From 10^7 FLOPs per thread and step on. */
static void threads_share_what_is_large(void **state)
{
  (void)state;
  struct isw_pack_class class = {.layout = ISW_UNITS_IN_LANES, .lanes = 1, .steps = 2, .flops = 2 * 7.9e7};
  assert_int_equal(isw_cost_max_threads(&class), 7);
  assert_true(isw_cost_speedup(&class, 1) == 1);
  assert_true(isw_cost_speedup(&class, 2) == 1.7);
  class.layout = ISW_NETWORKS_IN_LANES;
  class.lanes = 8;
  assert_int_equal(isw_cost_max_threads(&class), 63);
  assert_true(isw_cost_speedup(&class, 2) == 1.4);
  class.lanes = 1;
  class.flops = 2 * 1.9e7;
  assert_int_equal(isw_cost_max_threads(&class), 1);
}

static void packs_follow_the_costs_they_are_given(void **state)
{
  (void)state;
  struct isw_sweep *sweep = read_sweep(two_depths);
  struct isw_packs *packs;
  assert_int_equal(isw_packs_create(sweep, 16, &packs, NULL), ISW_OK);
  assert_int_equal(isw_packs_class(packs, 0)->layers, 3);
  const double cost[] = {1, 2};
  isw_packs_order(packs, cost);
  assert_int_equal(isw_packs_class(packs, 0)->layers, 2);
  assert_true(isw_packs_class(packs, 0)->cost == 2 && isw_packs_class(packs, 1)->cost == 1);
  assert_int_equal(isw_packs_class(packs, 0)->first_pack, 0);
  assert_int_equal(isw_packs_class(packs, 1)->first_pack, 3);
  bool met[80] = {false};
  for (uint64_t pack = 0; pack < isw_packs_count(packs); pack++) {
    uint64_t number[16];
    size_t networks = isw_packs_networks(packs, pack, number);
    for (size_t i = 0; i < networks; i++) {
      assert_false(met[number[i]]);
      met[number[i]] = true;
      assert_true((number[i] < 40) == (pack < 3)); /* depth 1 first */
    }
  }
  for (size_t i = 0; i < 80; i++) assert_true(met[i]);
  /* 6 packs: three of 2 s, three of 1 s */
  const double now[] = {2, 1};
  assert_true(isw_cost_all(packs, now, 1) == 9);
  assert_true(isw_cost_all(packs, now, 3) == 3);
  assert_true(isw_cost_all(packs, now, 5) == 2);  /* the longest pack */
  assert_true(isw_cost_all(packs, now, 12) == 2); /* which is too small to be shared */
  isw_packs_destroy(packs);
  isw_sweep_destroy(sweep);
}

static void text_comes_back_to_the_bit_and_damage_does_not(void **state)
{
  (void)state;
  struct isw_cost_model model = some_model(), back;
  struct isw_text text = {0};
  assert_int_equal(isw_cost_write(&model, key, &text), ISW_OK);
  assert_true(isw_cost_read(text.bytes, text.length, key, &back));
  assert_memory_equal(&model, &back, sizeof model);
  assert_false(isw_cost_read(text.bytes, text.length, "another machine", &back));
  for (size_t length = 0; length < text.length; length++) assert_false(isw_cost_read(text.bytes, length, key, &back));
  for (size_t i = 0; i < text.length; i++) {
    text.bytes[i] ^= 1;
    assert_false(isw_cost_read(text.bytes, text.length, key, &back));
    text.bytes[i] ^= 1;
  }
  const char *rubbish[] = {"", "\n", "\n\n", "\n\nsmall", "initsweep cost model 1\nx\nsmall nan"};
  for (size_t i = 0; i < sizeof rubbish / sizeof rubbish[0]; i++)
    assert_false(isw_cost_read(rubbish[i], strlen(rubbish[i]), key, &back));
  isw_text_clear(&text);
}

/* The test's own cache. */
static char *own_cache(char *folder)
{
  assert_non_null(mkdtemp(folder));
  setenv("XDG_CACHE_HOME", folder, 1);
  char *file = isw_cost_file(key);
  assert_non_null(file);
  assert_int_equal(strncmp(file, folder, strlen(folder)), 0);
  return file;
}

static void the_cache_keeps_what_it_can_and_never_fails(void **state)
{
  (void)state;
  char folder[] = "/tmp/initsweep-cost-XXXXXX", command[128];
  char *file = own_cache(folder);
  struct isw_cost_model model = some_model(), back;
  assert_false(isw_cost_load(file, key, &back)); /* no file */
  assert_true(isw_cost_store(file, key, &model));
  assert_true(isw_cost_load(file, key, &back));
  assert_memory_equal(&model, &back, sizeof model);
  FILE *out = fopen(file, "w");
  assert_non_null(out);
  fputs("rubbish", out);
  fclose(out);
  assert_false(isw_cost_load(file, key, &back));
  assert_true(isw_cost_store(file, key, &model)); /* replaces it */
  assert_true(isw_cost_load(file, key, &back));
  unlink(file);
  assert_int_equal(mkdir(file, 0700), 0); /* a folder instead */
  assert_false(isw_cost_load(file, key, &back));
  assert_false(isw_cost_store(file, key, &model));
  assert_false(isw_cost_store("/proc/initsweep/cost", key, &model));
  assert_false(isw_cost_store(NULL, key, &model));
  free(file);
  snprintf(command, sizeof command, "rm -r %s", folder);
  assert_int_equal(system(command), 0);
  unsetenv("XDG_CACHE_HOME");
  unsetenv("HOME");
  assert_null(isw_cost_file(key));
}

/* Readers that run at the same time as two writers always see one of the models completely. */
static void two_processes_may_write_at_once(void **state)
{
  (void)state;
  char folder[] = "/tmp/initsweep-cost-XXXXXX", command[128];
  char *file = own_cache(folder);
  struct isw_cost_model model = some_model(), back;
  assert_true(isw_cost_store(file, key, &model));
  pid_t writer[2];
  for (size_t w = 0; w < 2; w++)
    if ((writer[w] = fork()) == 0) {
      bool good = true;
      model.record[0].base = (double)(w + 1);
      for (size_t i = 0; i < 200; i++) good = isw_cost_store(file, key, &model) && good;
      _exit(good ? 0 : 1);
    }
  for (size_t i = 0; i < 400; i++) {
    assert_true(isw_cost_load(file, key, &back));
    assert_true(back.record[0].base == 1 || back.record[0].base == 2 || back.record[0].base == model.record[0].base);
  }
  for (size_t w = 0; w < 2; w++) {
    int status;
    assert_int_equal(waitpid(writer[w], &status, 0), writer[w]);
    assert_int_equal(status, 0);
  }
  free(file);
  snprintf(command, sizeof command, "rm -r %s", folder);
  assert_int_equal(system(command), 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(terms_count_what_a_step_does),
      cmocka_unit_test(the_fit_finds_the_coefficients_that_made_the_times),
      cmocka_unit_test(the_path_of_a_class_is_the_engines),
      cmocka_unit_test(a_pack_costs_its_making_steps_and_records),
      cmocka_unit_test(own_work_of_probes_and_initialisers_counts),
      cmocka_unit_test(networks_are_alone_where_that_is_cheaper),
      cmocka_unit_test(threads_share_what_is_large),
      cmocka_unit_test(packs_follow_the_costs_they_are_given),
      cmocka_unit_test(text_comes_back_to_the_bit_and_damage_does_not),
      cmocka_unit_test(the_cache_keeps_what_it_can_and_never_fails),
      cmocka_unit_test(two_processes_may_write_at_once),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
