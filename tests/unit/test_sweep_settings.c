/* Settings that are written and read again are the same sweep; identities depend on what matters; defaults; the
 * reference. */
#include <locale.h>
#include "sweep_texts.h"

#define HEAD "sweep: test\nseed: 7\ndataset: xor\n"
#define NETWORK "network: {depth: 1, width: 2, activation: tanh, init: glorot_uniform}\n"
#define TRAIN "train: {loss: mse, optimizer: sgd, learning_rate: 0.5, steps: 100}\n"
#define BASE HEAD NETWORK TRAIN

static void settings_are_the_same_sweep(void **state)
{
  (void)state;
  static const char *const texts[] = {
      HEAD
      "network: {depth: 1, width: 2, activation: tanh, init: glorot_uniform, init_noise: {std: 1, of: weights}, mask: "
      "{by: random, sparsity: 0.5}}\n" TRAIN "grid: {network.init_noise.of: [biases, all]}\n",
      HEAD "network: {depth: 1, width: 2, activation: tanh, init: glorot_uniform, init_noise: {of: weights}}\n" TRAIN
           "grid: {network.init_noise: [1, 2], network.mask: [none, {by: random, sparsity: [0.1, 0.2]}]}\n"
           "exclude: [{network.init_noise: 1, network.mask: {by: random, sparsity: 0.2}}]\n",
      BASE,
      BASE "about: \"a \\\"quoted\\\"\\ttext: \\u2028 \\\\ # \xC3\xA9\"\nrecord: {steps: {every: 3}, weights: final}\n",
      BASE "grid: {train.learning_rate: {geomspace: [1e-7, 0.3, 9]}, replicate: {range: [9, 1, -2]}}\n",
      BASE "record: {probes: [weight_norm], steps: [1, 5]}\ngrid:\n  - {}\n  - {network.width: [3, 4]}\n  - "
           "{network.hidden: "
           "[[], [3, 2]], train.stop.loss_below: [none, 0.1]}\n",
      BASE
      "grid: {network.activation: [tanh, {name: leaky_relu, negative_slope: [0.1, 0.25]}], network.depth: [1, 2, 3]}\n"
      "exclude: [{network.activation: leaky_relu, network.depth: 2}, {network.activation: {name: leaky_relu, "
      "negative_slope: 0.1}, network.depth: [1, 3]}]\n",
      BASE "grid: {train.optimizer: [{name: adam, weight_decay: [0, 1e-3]}, nesterov], train.batch_size: [full, 2]}\n"
           "zip: [{network.init_by_layer: [{1: zeros}, {output: {name: constant, value: 0.1}}], seed: [1, 2]}]\n"
           "exclude: [{network.init_by_layer: {1: zeros}, train.optimizer: nesterov}]\n",
      BASE
      "grid: {train.schedule: [constant, {name: step, every: [10, 20], gamma: 0.5}], train.clip_norm: [none, 0.1]}\n"
      "exclude: [{train.schedule: constant, train.clip_norm: none}]\n",
      HEAD TRAIN
      "network: {hidden: [5, 4], activation: relu, init: he_normal, init_by_layer: {2: identity, output: zeros}, "
      "init_noise: 1e-3, bias_init: {name: uniform, low: -1}}\n",
      HEAD TRAIN
      "network: {depth: 3, width: 4, activation: relu, init: he_normal, residual: {branch_layers: 1, scale: -0.5}, "
      "init_by_layer: {branch_last: zeros}}\n"
      "grid: {network.residual.train_scale: [false, true], network.residual.branch_layers: [none, 1, 2], "
      "network.init_by_layer.branch_first: [identity, zeros]}\n",
      BASE
      "grid: {train.rate_by_layer: [{1: 0, output: {weights: [1, 2], biases: 0.5}}, {2: 0.25}], network.bias: [all, "
      "none]}\nexclude: [{train.rate_by_layer: {1: 0, output: {weights: 2, biases: 0.5}}}]\n",
      HEAD NETWORK "train: {loss: mse, optimizer: sgd, learning_rate: 0.5, steps: 100, rate_by_layer: {1: 0.1, output: "
                   "{weights: 1, biases: 0}}}\ngrid: {train.rate_by_layer.1: [0, {weights: 2, biases: [3, 4]}]}\n",
      HEAD TRAIN
      "network: {depth: 3, width: 4, activation: relu, init: he_normal, residual: {scale: -0.5}}\n"
      "grid: {network.residual: [{}, {branch_layers: [1, 2], activation_after: [true, false]}, {branch_layers: 2, "
      "scale: 0, train_scale: true}], seed: [1, 2]}\n"
      "exclude: [{network.residual: {branch_layers: 2, activation_after: false}, seed: 2}]\n",
      HEAD TRAIN "network: {depth: 3, width: 4, activation: relu, init: he_normal, residual: {branch_layers: 1, "
                 "activation_after: false}}\n",
      HEAD TRAIN
      "network: {depth: 1, width: 4, activation: relu, init: he_normal, normalization: {name: rms_norm, affine: "
      "false}}\n",
      BASE "grid: {network.normalization: [none, {name: layer_norm, epsilon: [1e-5, 0.1], affine: [true, false]}]}\n"
           "exclude: [{network.normalization: {name: layer_norm, affine: false}}]\n",
  };
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    struct isw_sweep *sweep = test_read(texts[i]);
    struct isw_sweep *again = test_read(isw_sweep_settings(sweep));
    assert_string_equal(isw_sweep_settings(sweep), isw_sweep_settings(again));
    assert_true(isw_sweep_identity(sweep) == isw_sweep_identity(again));
    assert_string_equal(isw_sweep_text(sweep), texts[i]);
    assert_int_equal(isw_sweep_networks(sweep), isw_sweep_networks(again));
    for (uint64_t k = 0; k < isw_sweep_networks(sweep); k++) {
      struct isw_network *a = test_network(sweep, k), *b = test_network(again, k);
      assert_true(a->id == b->id);
      isw_network_destroy(a);
      isw_network_destroy(b);
    }
    isw_sweep_destroy(sweep);
    isw_sweep_destroy(again);
  }
}

#define DEEP HEAD "network: {depth: 2, width: 2, activation: tanh, init: glorot_uniform}\n"

static uint64_t identity_of(const char *text, const char *override, uint64_t *id)
{
  struct isw_sweep *sweep = test_read_with(text, override);
  struct isw_network *n = test_network(sweep, 0);
  *id = n->id;
  isw_network_destroy(n);
  uint64_t identity = isw_sweep_identity(sweep);
  isw_sweep_destroy(sweep);
  return identity;
}

static uint64_t identity_with(const char *override, uint64_t *id)
{
  return identity_of(DEEP TRAIN, override, id);
}

/* What determines the trajectory changes both identities; what is recorded changes only the sweep's. */
static void identities_tell_what_matters(void **state)
{
  (void)state;
  static const char *const decisive[] = {"seed=8",
                                         "replicate=1",
                                         "precision=float64",
                                         "dataset={name: xor, encoding: pm1}",
                                         "network.depth=1",
                                         "network.width=3",
                                         "network.activation=relu",
                                         "network.activation={name: leaky_relu, negative_slope: 0.2}",
                                         "network.output_activation=tanh",
                                         "network.init=zeros",
                                         "network.init.gain=1.5",
                                         "network.bias=hidden",
                                         "network.bias=none",
                                         "network.bias_init={name: constant, value: 1}",
                                         "network.init_by_layer.1=zeros",
                                         "network.init_by_layer={2: zeros}",
                                         "network.init_by_layer.output=zeros",
                                         "network.init_noise=1e-3",
                                         "network.normalization=layer_norm",
                                         "train.gradient_noise=0.1",
                                         "network.dropout=0.1",
                                         "network.normalization=rms_norm",
                                         "network.normalization={name: layer_norm, epsilon: 1e-4}",
                                         "network.normalization={name: layer_norm, affine: false}",
                                         "network.normalization={name: layer_norm, branch_ends: false}",
                                         "network.init_noise={std: 1e-3, of: weights}",
                                         "network.init_noise={std: 1e-3, of: biases}",
                                         "network.mask={by: random, sparsity: 0.5}",
                                         "network.mask={by: random, sparsity: 0.25}",
                                         "network.parametrization=ntk",
                                         "network.output_scale=2",
                                         "network.parametrization=mean_field",
                                         "network.parametrization={name: mup, base_width: 1}",
                                         "train.loss=binary_cross_entropy",
                                         "train.optimizer=momentum",
                                         "train.optimizer={name: momentum, momentum: 0.5}",
                                         "train.learning_rate=0.25",
                                         "train.rate_by_layer.1=0.5",
                                         "train.rate_by_layer={1: {weights: 0.5}}",
                                         "train.rate_by_layer={1: {biases: 0.5}}",
                                         "train.rate_by_layer={output: 0}",
                                         "train.weight_decay=0.1",
                                         "train.schedule=cosine",
                                         "train.schedule={name: step, every: 10}",
                                         "train.clip_norm=0.1",
                                         "train.batch_size=4",
                                         "train.steps=101",
                                         "train.stop.loss_below=0.1",
                                         "train.stop.gradient_below=0.1",
                                         "train.stop.loss_above=0.1",
                                         "train.stop.accuracy_above=0.1",
                                         "train.stop.plateau.steps=5",
                                         "train.stop.plateau={steps: 5, relative: 0.1}"};
  static const char *const recorded[] = {"record.probes=[loss]", "record.steps={every: 5}",
                                         "record.weights=both",  "record.weights={steps: {geomspace: 8}}",
                                         "about=hello",          "sweep=other"};
  enum { DECISIVE = sizeof decisive / sizeof decisive[0] };
  uint64_t id, ids[DECISIVE], identities[DECISIVE], base = identity_with(NULL, &id);
  for (size_t i = 0; i < DECISIVE; i++) {
    identities[i] = identity_with(decisive[i], &ids[i]);
    assert_true(ids[i] != id && identities[i] != base);
    for (size_t j = 0; j < i; j++) assert_true(ids[i] != ids[j] && identities[i] != identities[j]);
  }
  for (size_t i = 0; i < sizeof recorded / sizeof recorded[0]; i++) {
    uint64_t other;
    assert_true(identity_with(recorded[i], &other) != base);
    assert_true(other == id);
  }
  uint64_t inside, outside;
  identity_with("train.optimizer={name: sgd, weight_decay: 0.1}", &inside);
  identity_with("train.weight_decay=0.1", &outside);
  assert_true(inside == outside && inside != id);
  /* other spellings of the same settings */
  static const char *const same[] = {"network.normalization=none",
                                     "network.init_by_layer.1=glorot_uniform",
                                     "network.bias=all",
                                     "network.output_scale=1.0",
                                     "network.init_noise={std: 0}",
                                     "network.mask=none",
                                     "network.parametrization={name: mup, base_width: 2}",
                                     "train.rate_by_layer={1: 1, 2: {weights: 1}, output: {biases: 1}}",
                                     "train.optimizer={name: sgd, weight_decay: 0}",
                                     "train.schedule=constant",
                                     "train.clip_norm=none",
                                     "train.stop.loss_above=none",
                                     "train.stop.plateau={steps: none, relative: 1e-4}",
                                     "network.init={name: glorot_uniform, gain: 1.0}",
                                     "train.learning_rate=5e-1"};
  for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
    uint64_t other;
    identity_with(same[i], &other);
    assert_true(other == id);
  }
}

/* Identities of sweeps that version 0.1.0 can write; settings that are newer must not change them. */
static void identities_never_change(void **state)
{
  (void)state;
  static const struct {
    const char *text, *override;
    uint64_t network, sweep;
  } pinned[] = {
      {DEEP TRAIN, "about=pinned", 0xfda9f8a6b13a7b99, 0xb83376090d23f131},
      {DEEP TRAIN, "network.init_sparsity=0.5", 0xf386909c76ccd7c3, 0x445f8b5bb423ad21},
      {DEEP "train: {loss: mse, optimizer: {name: sgd, weight_decay: 0.1}, learning_rate: 0.5, steps: 100}\n",
       "train.decay_biases=hidden", 0xb52ce250b0d26e96, 0xe70d012852ed2795},
      {DEEP TRAIN, "network.residual={branch_layers: 1, scale: 0.5}", 0x8c6bc5df3448af0f, 0x23093db278ca2154},
  };
  for (size_t i = 0; i < sizeof pinned / sizeof pinned[0]; i++) {
    uint64_t network, sweep = identity_of(pinned[i].text, pinned[i].override, &network);
    assert_true(network == pinned[i].network && sweep == pinned[i].sweep);
  }
}

/* An alias is its row with other defaults, which can be overridden; the settings have the row's name. */
static void aliases_are_their_rows(void **state)
{
  (void)state;
  static const char *const pairs[][2] = {
      {"network.init=ones", "network.init={name: constant, value: 1}"},
      {"network.init=random_normal", "network.init={name: normal, std: 0.05}"},
      {"network.init={name: random_uniform, high: 0.5}", "network.init={name: uniform, low: -0.05, high: 0.5}"},
      {"network.bias_init=ones", "network.bias_init={name: constant, value: 1}"},
      {"network.init_by_layer={output: ones}", "network.init_by_layer={output: {name: constant, value: 1}}"},
      {"network.activation=swish", "network.activation=silu"},
      {"grid={network.init: [ones, xavier_normal]}",
       "grid={network.init: [{name: constant, value: 1}, glorot_normal]}"},
  };
  for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
    uint64_t alias, row;
    assert_true(identity_with(pairs[i][0], &alias) == identity_with(pairs[i][1], &row));
    assert_true(alias == row);
  }
  struct isw_sweep *sweep =
      test_read_with(BASE "grid: {network.init: [ones, zeros, {name: constant, value: 2}]}\nexclude: "
                          "[{network.init: ones}]\n",
                     NULL);
  assert_int_equal(isw_sweep_networks(sweep), 2);
  isw_sweep_destroy(sweep);
}

static void defaults_are_the_documented_ones(void **state)
{
  (void)state;
  struct isw_sweep *sweep = test_read(BASE);
  const struct isw_probe *const *probes;
  assert_int_equal(isw_sweep_probes(sweep, &probes), 3); /* xor's targets are 0 and 1 */
  assert_string_equal(probes[0]->row.name, "loss");
  assert_string_equal(probes[1]->row.name, "gradient_norm");
  assert_string_equal(probes[2]->row.name, "accuracy");
  assert_int_equal(isw_sweep_precision(sweep), ISW_FLOAT32);
  assert_false(isw_sweep_weights(sweep).initial || isw_sweep_weights(sweep).final);
  assert_non_null(strstr(isw_sweep_settings(sweep), "steps: {geomspace: 60}"));
  assert_string_equal(isw_sweep_about(sweep), "");
  isw_sweep_destroy(sweep);
  sweep = test_read("dataset: {name: teacher, samples: 20}\n" NETWORK TRAIN);
  assert_int_equal(isw_sweep_probes(sweep, &probes), 2);
  assert_string_equal(isw_sweep_name(sweep), "test"); /* from test.yaml */
  assert_int_equal(isw_sweep_seed(sweep), 0);
  isw_sweep_destroy(sweep);
}

/* A locale that writes 0,5 must not change anything. tests/CMakeLists.txt makes one if the system has its
 * definition. */
static void numbers_do_not_depend_on_the_locale(void **state)
{
  (void)state;
  const char *locale = "de_DE.UTF-8";
  if (!setlocale(LC_ALL, locale)) {
    const char *require_all = getenv("INITSWEEP_REQUIRE_ALL");
    if (require_all && *require_all)
      fail_msg("no locale %s (package locales), and INITSWEEP_REQUIRE_ALL is set", locale);
    skip();
  }
  assert_string_equal(localeconv()->decimal_point, ",");
  setlocale(LC_ALL, "C");
  struct isw_sweep *plain = test_read(BASE);
  setlocale(LC_ALL, locale);
  struct isw_sweep *sweep = test_read(BASE);
  assert_string_equal(isw_sweep_settings(plain), isw_sweep_settings(sweep));
  setlocale(LC_ALL, "C");
  isw_sweep_destroy(plain);
  isw_sweep_destroy(sweep);
}

static void a_byte_order_mark_is_no_part_of_the_first_key(void **state)
{
  (void)state;
  struct isw_sweep *sweep = test_read("\xEF\xBB\xBF" BASE);
  assert_string_equal(isw_sweep_name(sweep), "test");
  isw_sweep_destroy(sweep);
  char *message = test_message("\xEF\xBB\xBFseeed: 1\n", NULL);
  assert_non_null(strstr(message, "test.yaml:1:1: error: unknown key 'seeed'"));
  free(message);
}

static void a_huge_file_is_refused(void **state)
{
  (void)state;
  size_t length = ((size_t)16 << 20) + 1;
  char *bytes = malloc(length + 1);
  memset(bytes, '#', length);
  bytes[length] = '\0';
  char *message = test_message(bytes, NULL);
  assert_non_null(strstr(message, "more than 16 MiB"));
  free(message);
  free(bytes);
}

static void the_reference_names_every_row(void **state)
{
  (void)state;
  char *text = NULL;
  size_t length, tables;
  FILE *out = open_memstream(&text, &length);
  const struct isw_table_view *table = isw_tables(&tables);
  isw_sweep_write_reference(out, table, tables);
  fclose(out);
  for (size_t t = 0; t < tables; t++)
    for (size_t i = 0; i < table[t].count(); i++) {
      char cell[100];
      snprintf(cell, sizeof cell, "| `%s` |", table[t].row(i)->name);
      assert_non_null(strstr(text, cell));
    }
  assert_non_null(strstr(text, "| `network.init_by_layer` |"));
  assert_non_null(strstr(text, "| `train.stop.gradient_below` |"));
  free(text);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(settings_are_the_same_sweep),
      cmocka_unit_test(identities_tell_what_matters),
      cmocka_unit_test(identities_never_change),
      cmocka_unit_test(aliases_are_their_rows),
      cmocka_unit_test(defaults_are_the_documented_ones),
      cmocka_unit_test(numbers_do_not_depend_on_the_locale),
      cmocka_unit_test(a_byte_order_mark_is_no_part_of_the_first_key),
      cmocka_unit_test(a_huge_file_is_refused),
      cmocka_unit_test(the_reference_names_every_row),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
