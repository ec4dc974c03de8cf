/* Grids: order, zip, exclude, unions, generators, and how a network is computed from its number. */
#include <malloc.h>
#include <math.h>
#include <time.h>
#include "sweep_texts.h"

#define BASE                                                                                                           \
  "sweep: test\nseed: 7\ndataset: xor\n"                                                                               \
  "network: {depth: 1, width: 2, activation: tanh, init: glorot_uniform}\n"                                            \
  "train: {loss: mse, optimizer: sgd, learning_rate: 0.5, steps: 100}\n"

static const char *text(const struct isw_sweep *sweep, const char *column, uint64_t number)
{
  return isw_sweep_column(sweep, test_column(sweep, column))->texts[(size_t)test_value(sweep, column, number)];
}

static void no_grid_is_one_network(void **state)
{
  (void)state;
  struct isw_sweep *sweep = test_read(BASE);
  assert_int_equal(isw_sweep_networks(sweep), 1);
  struct isw_network *n = test_network(sweep, 0);
  assert_int_equal(n->layers, 2);
  assert_int_equal(n->size[0], 2);
  assert_int_equal(n->size[1], 2);
  assert_int_equal(n->size[2], 1);
  assert_int_equal(n->seed, 7);
  assert_int_equal(n->steps, 100);
  assert_true(n->stop_loss_below == -INFINITY && n->stop_gradient_below == -INFINITY);
  assert_true(n->learning_rate == 0.5 && n->weight_decay == 0.0 && n->init_noise == 0.0);
  assert_int_equal(n->batch_size, 0);
  isw_network_destroy(n);
  struct isw_error error = {0};
  assert_int_equal(isw_sweep_network(sweep, 1, &n, &error), ISW_BAD_INPUT);
  isw_error_clear(&error);
  isw_sweep_destroy(sweep);
}

static void first_axis_varies_slowest(void **state)
{
  (void)state;
  struct isw_sweep *sweep = test_read(BASE "grid:\n"
                                           "  network.depth: [1, 2, 3]\n"
                                           "  network.width: [5, 4]\n"
                                           "  replicate: {range: [10, 30, 10]}\n");
  assert_int_equal(isw_sweep_networks(sweep), 18);
  static const double depths[] = {1, 2, 3}, widths[] = {5, 4}, replicates[] = {10, 20, 30};
  uint64_t number = 0;
  for (size_t d = 0; d < 3; d++)
    for (size_t w = 0; w < 2; w++)
      for (size_t r = 0; r < 3; r++, number++) {
        struct isw_network *n = test_network(sweep, number);
        assert_int_equal(n->number, number);
        assert_int_equal(n->layers, depths[d] + 1);
        for (size_t k = 1; k < n->layers; k++) assert_int_equal(n->size[k], widths[w]);
        assert_int_equal(n->replicate, replicates[r]);
        assert_true(test_value(sweep, "depth", number) == depths[d]);
        assert_true(test_value(sweep, "width", number) == widths[w]);
        assert_true(test_value(sweep, "replicate", number) == replicates[r]);
        assert_string_equal(text(sweep, "init", number), "glorot_uniform");
        isw_network_destroy(n);
      }
  size_t values;
  assert_int_equal(isw_sweep_axes(sweep, 0), 3);
  assert_string_equal(isw_sweep_axis(sweep, 0, 1, &values), "network.width");
  assert_int_equal(values, 2);
  isw_sweep_destroy(sweep);
}

static void a_list_inside_a_choice_multiplies_it_in_place(void **state)
{
  (void)state;
  struct isw_sweep *sweep =
      test_read(BASE "grid:\n  network.init: [zeros, {name: uniform, low: [-1, -2], high: [1, 2]}, {name: constant, "
                     "value: {linspace: [0, 1, 3]}}]\n");
  static const char *const names[] = {"zeros",   "uniform",  "uniform",  "uniform",
                                      "uniform", "constant", "constant", "constant"};
  static const double low[] = {NAN, -1, -1, -2, -2, NAN, NAN, NAN}, high[] = {NAN, 1, 2, 1, 2, NAN, NAN, NAN},
                      constant[] = {NAN, NAN, NAN, NAN, NAN, 0.0, 0.5, 1.0};
  assert_int_equal(isw_sweep_networks(sweep), 8);
  for (uint64_t k = 0; k < 8; k++) {
    assert_string_equal(text(sweep, "init", k), names[k]);
    double l = test_value(sweep, "init_low", k), h = test_value(sweep, "init_high", k),
           c = test_value(sweep, "init_value", k);
    assert_true(isnan(low[k]) ? isnan(l) : l == low[k]);
    assert_true(isnan(high[k]) ? isnan(h) : h == high[k]);
    assert_true(isnan(constant[k]) ? isnan(c) : c == constant[k]);
  }
  struct isw_network *n = test_network(sweep, 3);
  assert_true(n->init[0].value[0].number == -2.0 && n->init[1].value[1].number == 1.0);
  isw_network_destroy(n);
  isw_sweep_destroy(sweep);
}

static void generators_include_their_ends(void **state)
{
  (void)state;
  struct isw_sweep *sweep = test_read(BASE "grid:\n"
                                           "  train.learning_rate: {geomspace: [0.01, 1, 5]}\n"
                                           "  network.init_noise: {linspace: [0.1, 0.7, 4]}\n"
                                           "  train.weight_decay: {range: [0.1, 0.3, 0.1]}\n");
  assert_int_equal(isw_sweep_networks(sweep), 60);
  /* numpy.geomspace(0.01, 1, 5) */
  static const double rates[] = {0.01, 0.03162277660168379, 0.1, 0.31622776601683794, 1.0};
  for (uint64_t i = 0; i < 5; i++)
    assert_true(fabs(test_value(sweep, "learning_rate", 12 * i) / rates[i] - 1.0) < 1e-11);
  assert_true(test_value(sweep, "learning_rate", 0) == 0.01 && test_value(sweep, "learning_rate", 24) == 0.1);
  assert_true(test_value(sweep, "learning_rate", 48) == 1.0);
  assert_true(test_value(sweep, "init_noise", 0) == 0.1 && test_value(sweep, "init_noise", 9) == 0.7);
  assert_true(test_value(sweep, "weight_decay", 0) == 0.1 && test_value(sweep, "weight_decay", 2) == 0.3);
  isw_sweep_destroy(sweep);
}

static void ends_are_exact(void **state)
{
  (void)state;
  struct isw_sweep *sweep =
      test_read(BASE "grid:\n  train.learning_rate: {geomspace: [0.12345678912345678, 0.7654321987654321, 3]}\n"
                     "  network.init_noise: {linspace: [0.1, 0.7654321987654321, 4]}\n");
  assert_true(test_value(sweep, "learning_rate", 0) == 0.12345678912345678);
  assert_true(test_value(sweep, "learning_rate", 8) == 0.7654321987654321);
  assert_true(test_value(sweep, "init_noise", 0) == 0.1 && test_value(sweep, "init_noise", 3) == 0.7654321987654321);
  isw_sweep_destroy(sweep);
}

static void zipped_settings_move_together(void **state)
{
  (void)state;
  struct isw_sweep *sweep = test_read(BASE "grid: {replicate: [0, 1]}\n"
                                           "zip:\n"
                                           "  - {network.width: [2, 4, 8], train.steps: [400, 200, 100]}\n"
                                           "  - {network.activation: [relu, sin], network.init: [he_normal, zeros]}\n");
  assert_int_equal(isw_sweep_networks(sweep), 12);
  for (uint64_t k = 0; k < 12; k++) {
    assert_true(test_value(sweep, "replicate", k) == (double)(k / 6));
    double width = test_value(sweep, "width", k);
    assert_true(width == (double)(2 << (k / 2 % 3)));
    assert_true(test_value(sweep, "steps", k) * width == 800.0);
    assert_string_equal(text(sweep, "activation", k), k % 2 ? "sin" : "relu");
    assert_string_equal(text(sweep, "init", k), k % 2 ? "zeros" : "he_normal");
  }
  assert_true(isw_sweep_schedule_varies(sweep));
  size_t values;
  assert_string_equal(isw_sweep_axis(sweep, 0, 1, &values), "network.width+train.steps");
  isw_sweep_destroy(sweep);
}

/* A slow, obvious implementation of exclude: the whole grid, and a rule. */
static void excluded_networks_leave_no_gap(void **state)
{
  (void)state;
#define GRID                                                                                                           \
  BASE "grid:\n"                                                                                                       \
       "  network.init: [zeros, {name: constant, value: [0.1, 0.5]}, glorot_uniform]\n"                                \
       "  network.depth: [0, 1, 2, 3, 4]\n"                                                                            \
       "  train.learning_rate: {geomspace: [0.001, 1, 7]}\n"                                                           \
       "  replicate: {range: [0, 12]}\n"
  struct isw_sweep *whole = test_read(GRID);
  struct isw_sweep *sweep =
      test_read(GRID "exclude:\n"
                     "  - {network.init: constant, network.depth: [2, 4]}\n"
                     "  - {network.init: {name: constant, value: 0.5}, replicate: {range: [3, 5]}}\n"
                     "  - {train.learning_rate: 0.1}\n"
                     "  - {network.depth: 0, network.init: [zeros, glorot_uniform]}\n");
  uint64_t kept = 0, all = isw_sweep_networks(whole);
  for (uint64_t k = 0; k < all; k++) {
    const char *init = text(whole, "init", k);
    double depth = test_value(whole, "depth", k), replicate = test_value(whole, "replicate", k);
    bool constant = strcmp(init, "constant") == 0;
    bool out = (constant && (depth == 2.0 || depth == 4.0)) ||
               (constant && test_value(whole, "init_value", k) == 0.5 && replicate >= 3.0 && replicate <= 5.0) ||
               fabs(test_value(whole, "learning_rate", k) - 0.1) < 1e-9 || (depth == 0.0 && !constant);
    if (out) continue;
    struct isw_network *a = test_network(whole, k), *b = test_network(sweep, kept);
    assert_true(a->id == b->id);
    assert_int_equal(b->number, kept);
    assert_true(test_value(sweep, "depth", kept) == depth);
    isw_network_destroy(a);
    isw_network_destroy(b);
    kept++;
  }
  assert_int_equal(isw_sweep_networks(sweep), kept);
  assert_in_range(kept, 1, all - 1);
  isw_sweep_destroy(whole);
  isw_sweep_destroy(sweep);
}

/* Excludes on axes of each kind, on two grids and a zip, compared with the settings of every network. */
static void excludes_match_every_kind_of_value(void **state)
{
  (void)state;
#define KINDS                                                                                                          \
  "sweep: test\nseed: 7\ndataset: xor\nnetwork: {init: zeros}\ntrain: {loss: mse, optimizer: sgd}\n"                   \
  "grid:\n"                                                                                                            \
  "  - {network.hidden: [[2], [3], [2, 3]], train.learning_rate: {linspace: [0.1, 0.5, 5]}, replicate: "               \
  "{range: [12, 0, -3]}}\n"                                                                                            \
  "  - {network.hidden: [[2], [2, 2]], train.learning_rate: [0.3, 0.2], seed: [1, 2]}\n"                               \
  "zip: [{network.activation: [tanh, relu, {name: leaky_relu, negative_slope: [0.1, 0.2]}], train.steps: [4, 5, "      \
  "4, 6]}]\n"
  struct isw_sweep *whole = test_read(KINDS);
  struct isw_sweep *sweep = test_read(KINDS "exclude:\n"
                                            "  - {network.hidden: [[2], [3, 3]], replicate: {range: [0, 6, 3]}}\n"
                                            "  - {train.learning_rate: 0.30000000000000004, network.activation: tanh}\n"
                                            "  - {network.activation: leaky_relu, train.steps: 4}\n"
                                            "  - {network.activation: {name: leaky_relu, negative_slope: 0.2}, seed: "
                                            "[2, 3]}\n");
  uint64_t kept = 0, all = isw_sweep_networks(whole);
  for (uint64_t k = 0; k < all; k++) {
    struct isw_network *a = test_network(whole, k);
    bool two = a->layers == 2 && a->size[1] == 2;
    const char *activation = text(whole, "activation", k);
    bool leaky = strcmp(activation, "leaky_relu") == 0;
    if (!(two && a->replicate <= 6) && !(fabs(a->learning_rate - 0.3) < 1e-9 && strcmp(activation, "tanh") == 0) &&
        !(leaky && a->steps == 4) &&
        !(leaky && test_value(whole, "activation_negative_slope", k) == 0.2 && a->seed == 2)) {
      struct isw_network *b = test_network(sweep, kept++);
      assert_true(a->id == b->id);
      isw_network_destroy(b);
    }
    isw_network_destroy(a);
  }
  assert_int_equal(isw_sweep_networks(sweep), kept);
  assert_in_range(kept, 1, all - 1);
  isw_sweep_destroy(whole);
  isw_sweep_destroy(sweep);
}

/* Processor time: 0.02 s on one core; one pass over the axis per exclude takes 5 s. */
static void many_excludes_take_little_time(void **state)
{
  (void)state;
  struct isw_text sweep_text = {0};
  isw_text_add(&sweep_text, "%s", BASE "grid: {replicate: {range: [0, 99999]}}\nexclude:\n");
  for (size_t e = 0; e < 10000; e++) isw_text_add(&sweep_text, "  - {replicate: %zu}\n", 7 * e + 1);
  clock_t start = clock();
  struct isw_sweep *sweep = test_read(sweep_text.bytes);
  assert_true((double)(clock() - start) / CLOCKS_PER_SEC < 2.0);
  assert_int_equal(isw_sweep_networks(sweep), 90000);
  assert_true(test_value(sweep, "replicate", 1) == 2.0);
  isw_sweep_destroy(sweep);
  isw_text_clear(&sweep_text);
}

static void a_union_trains_each_network_once(void **state)
{
  (void)state;
  struct isw_sweep *sweep = test_read(BASE "grid:\n"
                                           "  - {network.width: [2, 3], replicate: {range: [0, 4]}}\n"
                                           "  - {network.width: [3, 4], replicate: {range: [3, 6]}}\n"
                                           "  - {network.hidden: [[4], [3, 2]]}\n");
  /* 10; (3; 5, 6), (4; 3, 4, 5, 6); hidden [4] is replicate 0 of width 4: new, as [3, 2] is */
  assert_int_equal(isw_sweep_networks(sweep), 10 + 6 + 2);
  uint64_t ids[18];
  for (uint64_t k = 0; k < 18; k++) {
    struct isw_network *n = test_network(sweep, k);
    ids[k] = n->id;
    for (uint64_t j = 0; j < k; j++) assert_true(ids[j] != ids[k]);
    isw_network_destroy(n);
  }
  assert_true(test_value(sweep, "replicate", 10) == 5.0 && test_value(sweep, "width", 10) == 3.0);
  assert_true(test_value(sweep, "width", 16) == 4.0 && test_value(sweep, "width", 17) == -1.0);
  assert_true(test_value(sweep, "depth", 17) == 2.0);
  assert_string_equal(text(sweep, "hidden", 17), "3-2");
  assert_string_equal(text(sweep, "hidden", 0), "");
  isw_sweep_destroy(sweep);
  sweep = test_read(BASE "grid:\n  - {network.width: [2, 3]}\n  - {network.hidden: [[3], [4]]}\n");
  assert_int_equal(isw_sweep_networks(sweep), 3); /* hidden [3] is width 3 */
  isw_sweep_destroy(sweep);
}

/* A slow, obvious implementation of the union: every pair of networks of the grids read alone, compared by identity. */
static void unions_equal_their_slow_twin(void **state)
{
  (void)state;
  static const char *const grids[] = {
      "{network.width: [2, 3], replicate: {range: [0, 4]}, train.learning_rate: [0.1, 0.2]}",
      "{replicate: {range: [8, 2, -2]}, network.hidden: [[3], [2], [2, 2]], train.learning_rate: [0.2, 0.5]}",
      "{train.learning_rate: [0.5, 0.1], replicate: [7, 4, 0]}",
      "{network.depth: [0, 1], network.width: [2, 5], replicate: [0]}",
  };
  const char *exclude = "exclude: [{replicate: 2, network.width: 2}, {replicate: [4], train.learning_rate: 0.1}]\n";
  enum { GRIDS = 4, ALL = 200 };
  char text[2000];
  uint64_t expected[ALL], count = 0;
  size_t ends[GRIDS];
  for (size_t g = 0; g < GRIDS; g++) {
    /* a second grid that nothing is left of lets the exclude name its axes */
    snprintf(text, sizeof text,
             BASE "grid:\n  - %s\n  - {replicate: [2], network.width: [2]}\n"
                  "  - {replicate: [4], train.learning_rate: [0.1]}\n%s",
             grids[g], exclude);
    struct isw_sweep *sweep = test_read_stored(text);
    size_t before = count;
    for (uint64_t k = 0; k < isw_sweep_networks(sweep); k++) {
      struct isw_network *n = test_network(sweep, k);
      bool known = false;
      for (size_t i = 0; i < before; i++) known = known || expected[i] == n->id;
      if (!known) expected[count++] = n->id;
      isw_network_destroy(n);
    }
    ends[g] = count;
    isw_sweep_destroy(sweep);
  }
  snprintf(text, sizeof text, BASE "grid:\n  - %s\n  - %s\n  - %s\n  - %s\n%s", grids[0], grids[1], grids[2], grids[3],
           exclude);
  struct isw_sweep *sweep = test_read(text);
  assert_int_equal(isw_sweep_networks(sweep), count);
  for (uint64_t k = 0; k < count; k++) {
    struct isw_network *n = test_network(sweep, k);
    assert_true(n->id == expected[k]);
    isw_network_destroy(n);
  }
  assert_true(ends[0] < ends[1] && ends[1] < ends[2] && ends[2] < ends[3]);
  isw_sweep_destroy(sweep);
}

static void initialisers_of_single_layers(void **state)
{
  (void)state;
  struct isw_sweep *sweep =
      test_read("dataset: xor\n"
                "network: {width: 2, activation: tanh, init: he_normal, init_by_layer: {1: zeros, output: identity}}\n"
                "train: {loss: mse, optimizer: sgd, learning_rate: 0.5, steps: 100}\n"
                "grid:\n"
                "  network.depth: [0, 1, 2]\n"
                "  network.init_by_layer.2: [orthogonal, {name: constant, value: 3}]\n");
  static const char *const expected[6][3] = {{"identity"},
                                             {"identity"},
                                             {"zeros", "identity"},
                                             {"zeros", "identity"},
                                             {"zeros", "orthogonal", "identity"},
                                             {"zeros", "constant", "identity"}};
  size_t count;
  const struct isw_initializer *rows = isw_initializers(&count);
  for (uint64_t k = 0; k < 6; k++) {
    struct isw_network *n = test_network(sweep, k);
    for (size_t layer = 0; layer < n->layers; layer++)
      assert_string_equal(rows[n->init[layer].row].row.name, expected[k][layer]);
    isw_network_destroy(n);
  }
  assert_string_equal(text(sweep, "init_by_layer_2", 1), "constant");
  assert_true(test_value(sweep, "init_by_layer_2_value", 1) == 3.0);
  isw_sweep_destroy(sweep);
  sweep = test_read(
      BASE "grid: {network.init_by_layer: [{}, {1: zeros}, {1: {name: constant, value: [1, 2]}, output: zeros}]}\n");
  assert_int_equal(isw_sweep_networks(sweep), 4);
  assert_string_equal(text(sweep, "init_by_layer_1", 0), "");
  assert_string_equal(text(sweep, "init_by_layer_1", 3), "constant");
  assert_string_equal(text(sweep, "init_by_layer_output", 1), "");
  isw_sweep_destroy(sweep);
}

static void every_decisive_setting_can_be_an_axis(void **state)
{
  (void)state;
  struct isw_sweep *sweep =
      test_read(BASE "grid:\n"
                     "  seed: [1, 2]\n"
                     "  dataset: [xor, {name: parity, bits: [2, 3]}]\n"
                     "  train.loss: [mse, binary_cross_entropy]\n"
                     "  train.optimizer: [{name: sgd, weight_decay: [0, 0.1]}, {name: adam, beta1: 0.8}]\n"
                     "  train.batch_size: [full, 2]\n"
                     "  train.shuffle: [shared, per_replicate]\n"
                     "  train.stop.loss_below: [none, 1e-3]\n"
                     "  train.stop.accuracy_above: [0.5]\n"
                     "  train.stop.plateau.steps: [9]\n"
                     "  network.bias_init: [zeros, {name: constant, value: 1}]\n");
  assert_int_equal(isw_sweep_networks(sweep), 2 * 3 * 2 * 3 * 2 * 2 * 2 * 2);
  struct isw_network *n = test_network(sweep, 0);
  assert_true(n->weight_decay == 0.0);
  isw_network_destroy(n);
  n = test_network(sweep, 16);
  assert_true(n->weight_decay == 0.1);
  isw_network_destroy(n);
  assert_true(isnan(test_value(sweep, "loss_below", 0)) && test_value(sweep, "loss_below", 2) == 1e-3);
  assert_true(test_value(sweep, "accuracy_above", 0) == 0.5 && test_value(sweep, "plateau_steps", 0) == 9.0);
  assert_string_equal(text(sweep, "train_loss", 0), "mse"); /* `loss` is a probe */
  assert_string_equal(text(sweep, "dataset", 96), "parity");
  assert_true(isnan(test_value(sweep, "dataset_bits", 0)) && test_value(sweep, "dataset_bits", 96) == 2.0);
  assert_string_equal(text(sweep, "dataset_encoding", 0), "01");
  assert_string_equal(text(sweep, "shuffle", 4), "per_replicate");
  isw_sweep_destroy(sweep);
}

static void a_parameter_of_a_fixed_choice_can_be_an_axis(void **state)
{
  (void)state;
  struct isw_sweep *sweep =
      test_read("dataset: xor\n"
                "network: {depth: 1, width: 2, activation: tanh, init: {name: uniform, low: -1}}\n"
                "train: {loss: mse, optimizer: momentum, learning_rate: 0.5, steps: 100}\n"
                "grid: {train.optimizer.momentum: [0.5, 0.9], network.init.high: {linspace: [1, 2, 3]}}\n");
  assert_int_equal(isw_sweep_networks(sweep), 6);
  assert_true(test_value(sweep, "optimizer_momentum", 3) == 0.9 && test_value(sweep, "init_high", 4) == 1.5);
  assert_true(test_value(sweep, "init_low", 4) == -1.0);
  isw_sweep_destroy(sweep);
}

static void overrides_reach_every_place(void **state)
{
  (void)state;
  struct isw_sweep *sweep = test_read_with(BASE "grid: {replicate: [0, 1]}\n", "grid.replicate={range: [5, 9]}");
  assert_int_equal(isw_sweep_networks(sweep), 5);
  isw_sweep_destroy(sweep);
  sweep = test_read_with(BASE, "network.init.gain=2");
  struct isw_network *n = test_network(sweep, 0);
  assert_true(n->init[0].value[0].number == 2.0);
  isw_network_destroy(n);
  isw_sweep_destroy(sweep);
  sweep = test_read_with(BASE "grid: [{network.width: [2]}, {network.width: [3]}]\n", "grid.replicate=[1, 2]");
  assert_int_equal(isw_sweep_networks(sweep), 4);
  isw_sweep_destroy(sweep);
  sweep = test_read_with(BASE, "record={steps: [3, 7], weights: both}");
  const uint64_t *steps;
  assert_int_equal(isw_sweep_schedule(sweep, 100, &steps), 4);
  assert_true(steps[0] == 0 && steps[1] == 3 && steps[2] == 7 && steps[3] == 100);
  assert_true(isw_sweep_weights(sweep).initial && isw_sweep_weights(sweep).final);
  isw_sweep_destroy(sweep);
}

static void schedules_begin_and_end_at_the_ends(void **state)
{
  (void)state;
  static const char *const rules[] = {"{geomspace: 60}", "{geomspace: 1}", "{every: 7}", "{every: 1000}", "[0]", "[]"};
  static const size_t lengths[6][3] = {{1, 2, 0}, {1, 2, 3}, {1, 2, 16}, {1, 2, 2}, {1, 2, 2}, {1, 2, 2}};
  for (size_t r = 0; r < 6; r++) {
    char text[1000];
    snprintf(text, sizeof text, BASE "record: {steps: %s}\ngrid: {train.steps: [0, 1, 100]}\n", rules[r]);
    struct isw_sweep *sweep = test_read(text);
    static const uint64_t steps[] = {0, 1, 100};
    for (size_t s = 0; s < 3; s++) {
      const uint64_t *schedule;
      size_t count = isw_sweep_schedule(sweep, steps[s], &schedule);
      assert_int_equal(schedule[0], 0);
      assert_int_equal(schedule[count - 1], steps[s]);
      for (size_t i = 1; i < count; i++) assert_true(schedule[i] > schedule[i - 1]);
      if (lengths[r][s]) assert_int_equal(count, lengths[r][s]);
    }
    isw_sweep_destroy(sweep);
  }
}

/* Expected: sorted(set([0] + [floor(100 ** (i / 9) + 0.5) for i in range(10)])) in Python */
static void geometric_schedule_is_the_formula(void **state)
{
  (void)state;
  static const uint64_t expected[] = {0, 1, 2, 3, 5, 8, 13, 22, 36, 60, 100};
  struct isw_sweep *sweep = test_read(BASE "record: {steps: {geomspace: 10}}\n");
  const uint64_t *schedule;
  assert_int_equal(isw_sweep_schedule(sweep, 100, &schedule), sizeof expected / sizeof expected[0]);
  assert_memory_equal(schedule, expected, sizeof expected);
  isw_sweep_destroy(sweep);
}

/* The steps of record.weights are records too, and the weights are the last probe. */
static void snapshots_have_steps_of_their_own(void **state)
{
  (void)state;
  static const uint64_t records[] = {0, 2, 3, 5, 10}, expected[] = {0, 3, 5, 10};
  static const bool due[] = {1, 0, 1, 1, 1};
  struct isw_sweep *sweep = test_read(
      BASE "record: {steps: [2, 5], probes: [loss], weights: {steps: [5, 3]}}\ngrid: {train.steps: [10, 4]}\n");
  const struct isw_probe *const *probes;
  const uint64_t *step;
  assert_int_equal(isw_sweep_probes(sweep, &probes), 2);
  assert_true(probes[1] == &isw_probe_weights);
  assert_int_equal(isw_sweep_schedule(sweep, 10, &step), 5);
  assert_memory_equal(step, records, sizeof records);
  assert_memory_equal(isw_sweep_due(sweep, 10, 1), due, sizeof due);
  assert_int_equal(isw_sweep_snapshots(sweep, 10, &step), 4);
  assert_memory_equal(step, expected, sizeof expected);
  assert_int_equal(isw_sweep_snapshots(sweep, 4, &step), 3); /* 0, 3 and the last */
  assert_int_equal(isw_sweep_snapshots_max(sweep), 4);
  assert_true(isw_sweep_weights(sweep).final && !isw_sweep_weights(sweep).initial);
  assert_non_null(strstr(isw_sweep_settings(sweep), "probes: [loss]\n  weights: {steps: [3, 5]}\n"));
  isw_sweep_destroy(sweep);
  sweep = test_read(BASE "record: {weights: final}\n");
  assert_int_equal(isw_sweep_snapshots(sweep, 10, &step), 0);
  isw_sweep_destroy(sweep);
}

/* Records are the union of record.steps and the probes' own steps; each probe knows which are its own. */
static void probes_have_steps_of_their_own(void **state)
{
  (void)state;
  static const uint64_t expected[2][8] = {{0, 2, 3, 5, 6, 9, 10}, {0, 2, 3, 4}};
  static const bool loss[7] = {1, 1, 0, 1, 0, 0, 1}, cosine[7] = {1, 0, 1, 0, 1, 1, 1};
  struct isw_sweep *sweep =
      test_read(BASE "record: {steps: [5], probes: [{name: loss, steps: [2, 5]}, accuracy, {name: "
                     "gradient_norm, steps: {every: 3}}]}\ngrid: {train.steps: [10, 4]}\n");
  const uint64_t *schedule;
  assert_int_equal(isw_sweep_schedule(sweep, 10, &schedule), 7);
  assert_memory_equal(schedule, expected[0], 7 * sizeof *schedule);
  assert_memory_equal(isw_sweep_due(sweep, 10, 0), loss, sizeof loss);
  assert_null(isw_sweep_due(sweep, 10, 1));
  assert_memory_equal(isw_sweep_due(sweep, 10, 2), cosine, sizeof cosine);
  assert_int_equal(isw_sweep_schedule(sweep, 4, &schedule), 4);
  assert_memory_equal(schedule, expected[1], 4 * sizeof *schedule);
  assert_non_null(strstr(isw_sweep_settings(sweep), "{name: gradient_norm, steps: {every: 3}}]"));
  isw_sweep_destroy(sweep);
}

static void ten_million_networks_take_little_memory(void **state)
{
  (void)state;
  static const char *const excludes[] = {
      "", "exclude: [{network.init: zeros, network.depth: 3, replicate: {range: [0, 9]}}]\n"};
  static const uint64_t networks[] = {10000000, 10000000 - 100};
  for (size_t e = 0; e < 2; e++) {
    char text[1000];
    snprintf(text, sizeof text,
             BASE "grid:\n  network.init: [zeros, {name: constant, value: {linspace: [0.1, 1, 9]}}]\n"
                  "  network.depth: [1, 2, 3, 4, 5]\n  train.learning_rate: {geomspace: [0.01, 1, 10]}\n"
                  "  replicate: {range: [0, 19999]}\n%s",
             excludes[e]);
    struct isw_sweep *sweep = test_read(text);
    struct isw_packs *packs;
    assert_int_equal(isw_packs_create(sweep, 16, &packs, NULL), ISW_OK);
    assert_int_equal(isw_sweep_networks(sweep), networks[e]);
    assert_int_equal(isw_packs_classes(packs), 5);
    assert_in_range(mallinfo2().uordblks + mallinfo2().hblkhd, 0, 32 << 20); /* 0 with a sanitizer */
    isw_packs_destroy(packs);
    isw_sweep_destroy(sweep);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(no_grid_is_one_network),
      cmocka_unit_test(first_axis_varies_slowest),
      cmocka_unit_test(a_list_inside_a_choice_multiplies_it_in_place),
      cmocka_unit_test(generators_include_their_ends),
      cmocka_unit_test(ends_are_exact),
      cmocka_unit_test(zipped_settings_move_together),
      cmocka_unit_test(excluded_networks_leave_no_gap),
      cmocka_unit_test(excludes_match_every_kind_of_value),
      cmocka_unit_test(many_excludes_take_little_time),
      cmocka_unit_test(a_union_trains_each_network_once),
      cmocka_unit_test(unions_equal_their_slow_twin),
      cmocka_unit_test(initialisers_of_single_layers),
      cmocka_unit_test(every_decisive_setting_can_be_an_axis),
      cmocka_unit_test(a_parameter_of_a_fixed_choice_can_be_an_axis),
      cmocka_unit_test(overrides_reach_every_place),
      cmocka_unit_test(schedules_begin_and_end_at_the_ends),
      cmocka_unit_test(geometric_schedule_is_the_formula),
      cmocka_unit_test(snapshots_have_steps_of_their_own),
      cmocka_unit_test(probes_have_steps_of_their_own),
      cmocka_unit_test(ten_million_networks_take_little_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
