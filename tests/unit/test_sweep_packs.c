/* Packs: every network in exactly one, equal in all that determines the shape of the computation, the most expensive
 * first. */
#include "sweep_texts.h"

#define BASE                                                                                                           \
  "sweep: test\nseed: 7\ndataset: xor\n"                                                                               \
  "network: {depth: 1, width: 2, activation: tanh, init: glorot_uniform}\n"                                            \
  "train: {loss: mse, optimizer: sgd, learning_rate: 0.5, steps: 100}\n"

static bool alike(const struct isw_network *a, const struct isw_network *b)
{
  bool order = a->batch_size == 0 || (a->shuffle_per_replicate == b->shuffle_per_replicate &&
                                      (!a->shuffle_per_replicate || a->replicate == b->replicate));
  return a->layers == b->layers && memcmp(a->size, b->size, (a->layers + 1) * sizeof *a->size) == 0 &&
         a->activation.row == b->activation.row && a->output_activation.row == b->output_activation.row &&
         a->loss.row == b->loss.row && a->optimizer.row == b->optimizer.row && a->dataset == b->dataset &&
         a->batch_size == b->batch_size && a->steps == b->steps && a->seed == b->seed && order;
}

/* Gives all networks of some classes packs of their own, and of others those that fill no pack. */
static void divide(struct isw_packs *packs)
{
  size_t classes = isw_packs_classes(packs);
  uint64_t *alone = calloc(classes, sizeof *alone), expected = 0, found = 0;
  assert_non_null(alone);
  for (size_t c = 0; c < classes; c++) {
    const struct isw_pack_class *class = isw_packs_class(packs, c);
    assert_int_equal(class->layout, ISW_NETWORKS_IN_LANES);
    alone[c] = c % 3 == 0 ? class->networks : c % 3 == 1 ? class->networks % class->lanes : 0;
    expected += alone[c];
  }
  assert_int_equal(isw_packs_set_alone(packs, alone, NULL), ISW_OK);
  for (size_t c = 0; c < isw_packs_classes(packs); c++) {
    const struct isw_pack_class *class = isw_packs_class(packs, c);
    if (class->layout == ISW_NETWORKS_IN_LANES) continue;
    assert_int_equal(class->lanes, 1);
    found += class->networks;
  }
  assert_int_equal(found, expected);
  free(alone);
}

/* Checks every pack and its networks. */
static void check_some_packs(const char *text, size_t most, size_t least_classes, bool divided)
{
  struct isw_sweep *sweep = test_read(text);
  struct isw_packs *packs;
  assert_int_equal(isw_packs_create(sweep, most, &packs, NULL), ISW_OK);
  if (divided) divide(packs);
  uint64_t networks = isw_sweep_networks(sweep), *number = calloc(most, sizeof *number), seen = 0, empty = 0, total = 0;
  bool *met = calloc(networks, 1);
  double cost = 1e300;
  uint64_t next = 0;
  for (size_t c = 0; c < isw_packs_classes(packs); c++) {
    const struct isw_pack_class *class = isw_packs_class(packs, c);
    assert_true(class->flops <= cost);
    cost = class->flops;
    const size_t lanes = class->lanes;
    if (class->layout == ISW_NETWORKS_IN_LANES) assert_int_equal(lanes, most);
    assert_int_equal(class->first_pack, next);
    next += class->packs;
    total += class->networks;
    uint64_t of_class = 0;
    for (uint64_t pack = class->first_pack; pack < class->first_pack + class->packs; pack++) {
      size_t count = isw_packs_networks(packs, pack, number);
      assert_in_range(count, 1, lanes);
      if (pack + 1 < class->first_pack + class->packs) assert_int_equal(count, lanes);
      empty += lanes - count;
      of_class += count;
      struct isw_network *first = test_network(sweep, number[0]);
      assert_int_equal(class->layers, first->layers);
      assert_memory_equal(class->size, first->size, (first->layers + 1) * sizeof *first->size);
      assert_int_equal(class->steps, first->steps);
      const struct isw_data *data = isw_sweep_data(sweep, first->dataset);
      assert_int_equal(class->samples, first->batch_size ? first->batch_size : data->train_samples);
      assert_true(class->flops ==
                  isw_step_flops(first->layers, first->size, class->parts.branch_layers, class->samples) *
                      (double)first->steps);
      for (size_t i = 0; i < count; i++) {
        if (i) assert_true(number[i] > number[i - 1]);
        assert_true(number[i] < networks);
        assert_false(met[number[i]]);
        met[number[i]] = true;
        seen++;
        struct isw_network *other = test_network(sweep, number[i]);
        assert_true(alike(first, other));
        isw_network_destroy(other);
      }
      isw_network_destroy(first);
    }
    assert_int_equal(of_class, class->networks);
  }
  assert_int_equal(seen, networks);
  assert_int_equal(total, networks);
  assert_int_equal(next, isw_packs_count(packs));
  assert_int_equal(empty, isw_packs_unfilled(packs));
  assert_int_equal(isw_packs_networks(packs, next, number), 0);
  assert_in_range(isw_packs_classes(packs), least_classes, networks);
  free(met);
  free(number);
  isw_packs_destroy(packs);
  isw_sweep_destroy(sweep);
}

static void check_packs(const char *text, size_t lanes, size_t least_classes)
{
  check_some_packs(text, lanes, least_classes, false);
  check_some_packs(text, lanes, least_classes, true);
}

static void packs_cover_a_grid_once(void **state)
{
  (void)state;
#define GRID                                                                                                           \
  BASE "grid:\n"                                                                                                       \
       "  network.init: [zeros, {name: constant, value: [0.1, 0.5]}, glorot_uniform]\n"                                \
       "  network.activation: [tanh, {name: leaky_relu, negative_slope: [0.1, 0.2]}, sin]\n"                           \
       "  network.depth: [0, 1, 2]\n"                                                                                  \
       "  train.learning_rate: {geomspace: [0.01, 1, 3]}\n"                                                            \
       "  replicate: {range: [0, 4]}\n"
  check_packs(GRID, 16, 9);
  check_packs(GRID, 8, 9);
  check_packs(GRID, 1, 9);
  check_packs(
      GRID "exclude:\n  - {network.depth: 1, network.init: constant}\n  - {network.activation: sin, network.depth: 2}\n"
           "  - {replicate: [1, 3]}\n",
      16, 8);
}

static void packs_cover_zips_and_unions_once(void **state)
{
  (void)state;
  check_packs(BASE "grid:\n"
                   "  - {network.width: [2, 3], replicate: {range: [0, 40]}}\n"
                   "  - {network.width: [3, 4], replicate: {range: [30, 60]}, network.activation: [tanh, relu]}\n"
                   "zip:\n  - {train.steps: [100, 50, 100], train.learning_rate: [0.1, 0.2, 0.3]}\n",
              16, 6);
  check_packs(BASE, 16, 1);
}

static void seeds_and_own_orders_never_share_a_pack(void **state)
{
  (void)state;
#define BATCHES BASE "grid:\n  replicate: {range: [0, 3]}\n  train.learning_rate: [0.1, 0.2, 0.3]\n"
  check_packs(BATCHES "  train.batch_size: [2, 3]\n  train.shuffle: [shared, per_replicate]\n", 16, 10);
  check_packs(BATCHES "  seed: [1, 2, 3]\n", 16, 3);
  check_packs(
      BATCHES
      "  dataset: [xor, {name: xor, encoding: pm1}]\n  train.optimizer: [sgd, {name: adam, beta1: [0.5, 0.9]}]\n",
      16, 4);
}

/* Two values of each setting that can be an axis: whether their networks share a pack (glossary: "class"). */
static void settings_of_a_class_are_the_documented_ones(void **state)
{
  (void)state;
  static const struct {
    const char *path, *values;
    bool shared;
  } cases[] = {
      {"seed", "[1, 2]", false},
      {"replicate", "[1, 2]", true},
      {"dataset", "[xor, {name: xor, encoding: pm1}]", false},
      {"network.depth", "[1, 2]", false},
      {"network.width", "[2, 3]", false},
      {"network.activation", "[tanh, relu]", false},
      {"network.activation", "[{name: leaky_relu, negative_slope: [0.1, 0.2]}]", true},
      {"network.output_activation", "[linear, tanh]", false},
      {"network.init", "[zeros, he_normal]", true},
      {"network.bias", "[all, none]", false},
      {"network.bias_init", "[zeros, {name: constant, value: 1}]", true},
      {"network.init_by_layer", "[{1: zeros}, {2: he_normal}]", true},
      {"network.init_noise", "[0, 1]", true},
      {"network.init_noise.of", "[all, weights]", true},
      {"network.mask", "[{by: random, sparsity: [0.1, 0.2]}]", true},
      {"network.mask", "[none, {by: random, sparsity: 0.2}]", false},
      {"network.init_sparsity", "[0, 0.5]", true},
      {"network.dropout", "[0, 0.1]", false},
      {"network.dropout", "[0.1, 0.2]", true},
      {"network.normalization", "[none, layer_norm]", false},
      {"network.normalization", "[{name: layer_norm, epsilon: [1e-5, 0.1]}]", true},
      {"network.normalization", "[{name: layer_norm, affine: [true, false]}]", false},
      {"network.output_scale", "[1, 2]", true},
      {"network.parametrization", "[standard, ntk, {name: mup, base_width: [1, 2]}]", true},
      {"network.residual.branch_layers", "[none, 2]", false},
      {"network.residual.scale", "[1, 2]", true},
      {"network.residual.train_scale", "[true, false]", false},
      {"network.residual.activation_after", "[true, false]", false},
      {"network.residual", "[{branch_layers: 1, scale: 2}, {branch_layers: 1}]", true},
      {"train.loss", "[mse, mae]", false},
      {"train.optimizer", "[sgd, adam]", false},
      {"train.optimizer", "[{name: momentum, momentum: [0.5, 0.9]}]", true},
      {"train.optimizer", "[{name: sgd, weight_decay: [0.5, 0.9]}]", true},
      {"train.learning_rate", "[1, 2]", true},
      {"train.rate_by_layer", "[{1: 0.1}, {output: 2}]", true},
      {"train.rate_by_layer.1", "[1, {weights: 0.5, biases: 2}]", true},
      {"train.rate_by_layer.1", "[1, 0]", false},
      {"train.rate_by_layer.1", "[{weights: 0}, {biases: 0}]", false},
      {"train.weight_decay", "[0, 1]", true},
      {"train.decay_biases", "[all, none]", true},
      {"train.schedule", "[constant, cosine]", true},
      {"train.clip_norm", "[none, 1]", true},
      {"train.gradient_noise", "[0, 1]", true},
      {"train.batch_size", "[full, 2]", false},
      {"train.shuffle", "[shared, per_replicate]", false},
      {"train.steps", "[5, 6]", false},
      {"train.stop.loss_below", "[none, 0.1]", true},
      {"train.stop.gradient_below", "[none, 0.1]", true},
      {"train.stop.loss_above", "[none, 0.1]", true},
      {"train.stop.accuracy_above", "[none, 0.1]", true},
      {"train.stop.plateau.steps", "[none, 3]", false},
      {"train.stop.plateau.relative", "[0, 0.1]", true},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct isw_text text = {0};
    bool residual = strncmp(cases[i].path, "network.residual", 16) == 0, layers = strstr(cases[i].path, "depth");
    isw_text_add(&text,
                 "dataset: xor\nnetwork: {%swidth: 2, activation: tanh, init: zeros%s}\n"
                 "train: {loss: mse, optimizer: sgd, learning_rate: 0.1, steps: 9%s%s}\ngrid: {%s: %s}\n",
                 layers     ? ""
                 : residual ? "depth: 3, "
                            : "depth: 1, ",
                 (residual && strstr(cases[i].path, "scale")) || strstr(cases[i].path, "after")
                     ? ", residual: {branch_layers: 1}"
                 : strstr(cases[i].path, "noise.of") ? ", init_noise: 1"
                                                     : "",
                 strstr(cases[i].path, "shuffle") ? ", batch_size: 2" : "",
                 strstr(cases[i].path, "decay_biases") ? ", weight_decay: 1"
                 : strstr(cases[i].path, "relative")   ? ", stop: {plateau: {steps: 3}}"
                                                       : "",
                 cases[i].path, cases[i].values);
    struct isw_sweep *sweep = test_read(text.bytes);
    struct isw_packs *packs;
    assert_int_equal(isw_packs_create(sweep, 16, &packs, NULL), ISW_OK);
    if (isw_packs_count(packs) != (cases[i].shared ? 1 : 2)) fail_msg("%s: %s", cases[i].path, cases[i].values);
    isw_packs_destroy(packs);
    isw_sweep_destroy(sweep);
    isw_text_clear(&text);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(packs_cover_a_grid_once),
      cmocka_unit_test(packs_cover_zips_and_unions_once),
      cmocka_unit_test(seeds_and_own_orders_never_share_a_pack),
      cmocka_unit_test(settings_of_a_class_are_the_documented_ones),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
