/* Settings without effect are refused: every setting, and every condition under which no network uses it. */
#include "sweep_texts.h"

#define DATA "dataset: xor\n"
#define NO_STEPS "train: {loss: mse, optimizer: sgd, learning_rate: 0.1, steps: 0"
#define TRAIN "train: {loss: mse, optimizer: sgd, learning_rate: 0.1, steps: 9"
#define NETWORK "network: {depth: 1, width: 2, activation: tanh, init: zeros"
#define NO_LAYER "network: {depth: 0, init: zeros"
#define DEEP "network: {depth: 3, width: 2, activation: tanh, init: zeros"

/* why: the reason that the message gives; NULL: every network uses the setting,
 * or the reader needs it. */
static const struct {
  const char *path, *text;
  const char *why;
} cases[] = {
    {"sweep", "sweep: a\n" DATA NETWORK "}\n" TRAIN "}\n", NULL},
    {"about", "about: a\n" DATA NETWORK "}\n" TRAIN "}\n", NULL},
    {"seed", "seed: 3\n" DATA NETWORK "}\n" NO_STEPS "}\n", NULL},
    {"replicate", "replicate: 3\n" DATA NETWORK "}\n" NO_STEPS "}\n", NULL},
    {"precision", "precision: float64\n" DATA NETWORK "}\n" NO_STEPS "}\n", NULL},
    {"dataset", DATA NO_LAYER "}\n" NO_STEPS "}\n", NULL},
    {"network.depth", DATA NETWORK ", hidden: [2]}\n" TRAIN "}\n", "together with network.hidden"},
    {"network.width", DATA NETWORK ", hidden: [2]}\n" TRAIN "}\n", "together with network.hidden"},
    {"network.width", DATA NO_LAYER ", width: 2}\n" TRAIN "}\n", "no network has a hidden layer"},
    {"network.width", DATA NO_LAYER "}\n" TRAIN "}\ngrid: {network.width: [2, 3]}\n", "no network has a hidden layer"},
    {"network.hidden", DATA "network: {hidden: [2], activation: tanh, init: zeros}\n" TRAIN "}\n", NULL},
    {"network.activation", DATA NO_LAYER ", activation: tanh}\n" TRAIN "}\n", "no network has a hidden layer"},
    {"network.activation", DATA "network: {hidden: [], activation: tanh, init: zeros}\n" TRAIN "}\n",
     "no network has a hidden layer"},
    {"network.output_activation", DATA NO_LAYER ", output_activation: tanh}\n" TRAIN "}\n", NULL},
    {"network.init", DATA DEEP ", init_by_layer: {1: zeros, 2: zeros, 3: zeros, output: zeros}}\n" TRAIN "}\n", NULL},
    {"network.init",
     DATA DEEP ", init_by_layer: {1: zeros, 2: zeros, 3: zeros, output: zeros}}\n" TRAIN
               "}\ngrid: {network.init: [zeros, he_normal]}\n",
     "other settings of network.init_by_layer"},
    {"network.bias", DATA NO_LAYER ", bias: none}\n" NO_STEPS "}\n", NULL},
    {"network.bias_init", DATA NETWORK ", bias: none, bias_init: {name: constant, value: 1}}\n" TRAIN "}\n",
     "no network has biases"},
    {"network.bias_init",
     DATA NO_LAYER ", bias_init: {name: constant, value: 1}}\n" TRAIN "}\ngrid: {network.bias: [hidden]}\n",
     "no network has biases"},
    {"network.bias_init", DATA NO_LAYER ", bias_init: {name: constant, value: 1}}\n" TRAIN "}\n", NULL},
    {"network.init_by_layer", DATA DEEP ", init_by_layer: {4: zeros, output: he_normal}}\n" TRAIN "}\n",
     "other settings of network.init_by_layer"},
    {"network.init_by_layer",
     DATA DEEP ", residual: {branch_layers: 1}, init_by_layer: {branch_first: zeros, branch_last: he_normal}}\n" TRAIN
               "}\n",
     "other settings of network.init_by_layer"},
    {"network.init_noise", DATA NO_LAYER ", init_noise: 0.1}\n" NO_STEPS "}\n", NULL},
    {"network.init_noise.of", DATA NETWORK ", init_noise: {of: weights}}\n" TRAIN "}\n",
     "network.init_noise is 0 in every network"},
    {"network.mask", DATA NO_LAYER ", mask: {by: random, sparsity: 0.1}}\n" NO_STEPS "}\n", NULL},
    {"network.init_sparsity", DATA NO_LAYER ", init_sparsity: 0.1}\n" NO_STEPS "}\n", NULL},
    {"network.dropout", DATA NO_LAYER ", dropout: 0.5}\n" TRAIN "}\n", "no network has a hidden layer"},
    {"network.dropout", DATA NETWORK ", dropout: 0.5}\n" NO_STEPS "}\n", "no network takes a step"},
    {"network.normalization", DATA NO_LAYER ", normalization: layer_norm}\n" TRAIN "}\n",
     "no network has a hidden layer"},
    {"network.output_scale", DATA NO_LAYER ", output_scale: 2}\n" NO_STEPS "}\n", NULL},
    {"network.parametrization", DATA NO_LAYER ", parametrization: ntk}\n" NO_STEPS "}\n", NULL},
    {"network.residual.branch_layers", DATA NETWORK ", residual: {branch_layers: 1}}\n" TRAIN "}\n",
     "no network has a residual branch"},
    {"network.residual.scale", DATA DEEP ", residual: {scale: 0.5}}\n" TRAIN "}\n", "no network has a residual branch"},
    {"network.residual.train_scale", DATA DEEP ", residual: {train_scale: true}}\n" TRAIN "}\n",
     "no network has a residual branch"},
    {"network.residual.train_scale", DATA DEEP ", residual: {branch_layers: 1, train_scale: true}}\n" NO_STEPS "}\n",
     NULL}, /* a trained scale is a parameter, also of the Hessian at the start */
    {"network.residual.activation_after", DATA DEEP ", residual: {activation_after: false}}\n" TRAIN "}\n",
     "no network has a residual branch"},
    {"network.residual", DATA NETWORK "}\n" TRAIN "}\ngrid: {network.residual: [{}, {branch_layers: 1}]}\n",
     "no network has a residual branch"},
    {"network.residual.scale",
     DATA "network: {activation: tanh, init: zeros, width: 2, residual: {scale: 0.5}}\n" TRAIN
          "}\nzip: [{network.depth: [1, 3], network.residual.branch_layers: [2, none]}]\n",
     "no network has a residual branch"},
    {"train.loss", DATA NO_LAYER "}\n" NO_STEPS "}\n", NULL},
    {"train.optimizer", DATA NETWORK "}\n" NO_STEPS "}\n", NULL},
    {"train.optimizer", DATA NETWORK "}\n" NO_STEPS "}\ngrid: {train.optimizer: [sgd, adam]}\n",
     "no network takes a step"},
    {"train.learning_rate", DATA NETWORK "}\n" NO_STEPS "}\n", NULL},
    {"train.learning_rate", DATA NETWORK "}\n" NO_STEPS "}\ngrid: {train.learning_rate: [0.1, 0.2]}\n",
     "no network takes a step"},
    {"train.rate_by_layer", DATA NETWORK "}\n" NO_STEPS ", rate_by_layer: {1: 0}}\n", "no network takes a step"},
    {"train.rate_by_layer",
     DATA DEEP ", residual: {branch_layers: 1}}\n" TRAIN ", rate_by_layer: {1: 0, 2: 0, 3: 0, branch_last: 1, output: "
               "2}}\n",
     "other settings of train.rate_by_layer"},
    {"train.weight_decay", DATA NETWORK "}\n" NO_STEPS ", weight_decay: 0.1}\n", "no network takes a step"},
    {"train.decay_biases", DATA NETWORK "}\n" TRAIN ", decay_biases: none}\n", "train.weight_decay is 0"},
    {"train.decay_biases", DATA NETWORK "}\n" TRAIN "}\ngrid: {train.decay_biases: [none, all]}\n",
     "train.weight_decay is 0"},
    {"train.decay_biases", DATA NETWORK ", bias: none}\n" TRAIN ", weight_decay: 0.1, decay_biases: none}\n",
     "no network has biases"},
    {"train.schedule", DATA NETWORK "}\n" NO_STEPS ", schedule: cosine}\n", "no network takes a step"},
    {"train.gradient_noise", DATA NETWORK "}\n" NO_STEPS ", gradient_noise: 1}\n", "no network takes a step"},
    {"train.clip_norm", DATA NETWORK "}\n" NO_STEPS ", clip_norm: 1}\n", "no network takes a step"},
    {"train.batch_size", DATA NETWORK "}\n" NO_STEPS ", batch_size: 2}\n", "no network takes a step"},
    {"train.shuffle", DATA NETWORK "}\n" TRAIN ", shuffle: per_replicate}\n", "every batch is the full training set"},
    {"train.shuffle", DATA NETWORK "}\n" TRAIN ", shuffle: per_replicate}\ngrid: {train.batch_size: [full]}\n",
     "every batch is the full training set"},
    {"train.shuffle", DATA NETWORK "}\n" NO_STEPS ", batch_size: 2, shuffle: per_replicate}\n",
     "no network takes a step"},
    {"train.steps", DATA NETWORK "}\n" NO_STEPS "}\n", NULL},
    {"train.stop.loss_below", DATA NETWORK "}\n" NO_STEPS ", stop: {loss_below: 0}}\n", "no network takes a step"},
    {"train.stop.gradient_below", DATA NETWORK "}\n" NO_STEPS ", stop: {gradient_below: 1}}\n",
     "no network takes a step"},
    {"train.stop.loss_above", DATA NETWORK "}\n" NO_STEPS ", stop: {loss_above: 9}}\n", "no network takes a step"},
    {"train.stop.accuracy_above", DATA NETWORK "}\n" NO_STEPS ", stop: {accuracy_above: 0.9}}\n",
     "no network takes a step"},
    {"train.stop.plateau.steps", DATA NETWORK "}\n" NO_STEPS ", stop: {plateau: {steps: 9}}}\n",
     "no network takes a step"},
    {"train.stop.plateau.relative", DATA NETWORK "}\n" TRAIN ", stop: {plateau: {relative: 0.1}}}\n",
     "train.stop.plateau.steps is none in every network"},
    {"record.steps", DATA NETWORK "}\n" NO_STEPS "}\nrecord: {steps: {every: 2}}\n", NULL},
    {"record.probes", DATA NETWORK "}\n" NO_STEPS "}\nrecord: {probes: []}\n", NULL},
    {"record.weights", DATA NETWORK "}\n" NO_STEPS "}\nrecord: {weights: both}\n", NULL},
    {"record.escape_fraction", DATA NETWORK "}\n" TRAIN "}\nrecord: {escape_fraction: 0.1, probes: [loss]}\n",
     "the probe escape_step is not recorded"},
};
enum { CASES = sizeof cases / sizeof cases[0] };

static void every_setting_has_a_case(void **state)
{
  (void)state;
  const char *path;
  for (size_t s = 0; (path = isw_sweep_setting_path(s)) != NULL; s++) {
    size_t found = 0;
    for (size_t c = 0; c < CASES; c++) found += strcmp(cases[c].path, path) == 0;
    if (!found) fail_msg("no case of %s", path);
  }
}

static void what_no_network_uses_is_refused(void **state)
{
  (void)state;
  for (size_t c = 0; c < CASES; c++) {
    if (!cases[c].why) {
      isw_sweep_destroy(test_read(cases[c].text));
      continue;
    }
    char *message = test_message(cases[c].text, NULL), expected[200];
    snprintf(expected, sizeof expected, "error: %s", cases[c].path);
    const char *found = strstr(message, expected);
    bool right = found && strstr(found, cases[c].why) && strstr(found, "has no effect");
    if (!right) fail_msg("%s: %s", cases[c].path, message);
    free(message);
    if (!strstr(cases[c].why, "together")) isw_sweep_destroy(test_read_stored(cases[c].text)); /* of 0.1.0 */
  }
}

/* Parameters of datasets: a test set from files leaves nothing to be split off. */
static void a_test_fraction_beside_test_files_is_refused(void **state)
{
  (void)state;
  static const char text[] = "dataset: {name: npy, inputs: a, targets: b, test_inputs: c, test_targets: d, "
                             "test_fraction: 0.1}\n" NETWORK "}\n" TRAIN "}\n";
  char *message = test_message(text, NULL);
  assert_non_null(strstr(message, "test_fraction of npy has no effect: the test set is read from test_inputs"));
  free(message);
  message = test_message(text, "dataset.test_fraction=0.2"); /* the default: only the files are missing */
  assert_null(strstr(message, "no effect"));
  free(message);
}

/* The guide and the FAQ name the settings that all networks of a sweep share; any other can be an axis. */
static void the_settings_that_all_networks_share(void **state)
{
  (void)state;
  static const char *const shared[] = {"sweep", "about", "precision", "record."};
  const char *path;
  for (size_t s = 0; (path = isw_sweep_setting_path(s)) != NULL; s++) {
    struct isw_text text = {0};
    isw_text_add(&text, DATA NETWORK "}\n" TRAIN "}\ngrid: {%s: []}\n", path);
    char *message = test_message(text.bytes, NULL);
    bool expected = false;
    for (size_t i = 0; i < sizeof shared / sizeof shared[0]; i++)
      expected = expected || strncmp(path, shared[i], strlen(shared[i])) == 0;
    if ((strstr(message, "cannot be an axis") != NULL) != expected) fail_msg("%s: %s", path, message);
    free(message);
    isw_text_clear(&text);
  }
}

/* A grid in which some networks use a setting is good, whichever axis decides it. Defaults are good everywhere. */
static void what_some_network_uses_is_good(void **state)
{
  (void)state;
  static const char *const texts[] = {
      DATA "network: {width: 2, activation: tanh, init: zeros}\n" TRAIN "}\ngrid: {network.depth: [0, 1]}\n",
      DATA "network: {width: 2, activation: tanh, init: zeros}\n" TRAIN
           "}\ngrid: [{network.depth: [0]}, {network.depth: [1]}]\n",
      DATA NETWORK "}\n" TRAIN ", decay_biases: none}\ngrid: {train.weight_decay: [0, 0.1]}\n",
      DATA NETWORK "}\n" TRAIN ", decay_biases: none}\ngrid: {train.optimizer: [adam, {name: sgd, weight_decay: 1}]}\n",
      DATA NETWORK "}\n" TRAIN ", shuffle: per_replicate}\ngrid: {train.batch_size: [full, 2]}\n",
      DATA NETWORK "}\ntrain: {loss: mse, optimizer: sgd, learning_rate: 0.1, schedule: cosine}\n"
                   "grid: {train.steps: [0, 10]}\n",
      DATA NETWORK "}\n" NO_STEPS ", batch_size: 2, shuffle: per_replicate}\nrecord: {probes: [batch_loss]}\n",
      DATA NETWORK "}\n" TRAIN "}\nrecord: {escape_fraction: 0.1, probes: [escape_step]}\n",
      DATA DEEP ", residual: {scale: 0.5}}\n" TRAIN "}\ngrid: {network.residual.branch_layers: [none, 2]}\n",
      DATA "network: {width: 2, activation: tanh, init: zeros, init_by_layer: {3: he_normal, output: zeros}}\n" TRAIN
           "}\ngrid: {network.depth: [1, 3]}\n",
      DATA NETWORK "}\n" TRAIN "}\ngrid:\n  - network.init_by_layer: [{1: he_normal}]\n"
                   "  - network.init_by_layer: [{output: zeros}]\n",
      DATA NO_LAYER ", residual: {branch_layers: none, scale: 1}}\n" NO_STEPS
                    ", weight_decay: 0, decay_biases: all, clip_norm: none, batch_size: full, shuffle: shared}\n"
                    "record: {escape_fraction: 0.5, probes: [loss]}\n",
  };
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    struct isw_sweep *sweep = test_read(texts[i]), *again = test_read(isw_sweep_settings(sweep));
    assert_true(isw_sweep_identity(sweep) == isw_sweep_identity(again));
    isw_sweep_destroy(sweep);
    isw_sweep_destroy(again);
  }
}

/* Every part of the file that is not in doubt is checked, whatever is wrong elsewhere: one message has all mistakes. */
static void later_stages_run_after_errors_of_earlier_ones(void **state)
{
  (void)state;
  static const char text[] = "dataset: {name: teacher, samples: 10, features: 2, noise: -1}\n"
                             "network: {depth: 2, width: 2, activation: tahn, init: zeros, init_by_layer: {7: zeros}}\n"
                             "train: {loss: mse, optimizer: sgd, learning_rate: 0.1, steps: 5, decay_biases: none,\n"
                             "        shuffle: per_replicate, lr: 1}\n"
                             "record: {steps: [1, 9], escape_fraction: 0.2}\n"
                             "grid: {network.residual.branch_layers: [2], train.clip_norm: [0]}\n";
  static const char *const parts[] = {
      "noise of teacher must be a number",         /* a parameter */
      "unknown activation 'tahn'",                 /* a name */
      "no network has a layer 7",                  /* layers of all networks */
      "2 hidden layers cannot be divided",         /* a combination */
      "unknown key 'lr' in train",                 /* a key */
      "train.decay_biases has no effect",          /* an unused setting */
      "train.shuffle has no effect",               /* another */
      "no network has a step 9",                   /* the schedule */
      "record.escape_fraction has no effect",      /* a setting that is no axis */
      "train.clip_norm must be 'none' or a number" /* an axis */
  };
  char *message = test_message(text, NULL);
  for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
    if (!strstr(message, parts[i])) fail_msg("not reported: %s\n%s", parts[i], message);
  size_t errors = 0;
  for (const char *at = message; (at = strstr(at, ": error: ")) != NULL; at++) errors++;
  assert_int_equal(errors, sizeof parts / sizeof parts[0]); /* and nothing that follows from them */
  free(message);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_setting_has_a_case),
      cmocka_unit_test(what_no_network_uses_is_refused),
      cmocka_unit_test(a_test_fraction_beside_test_files_is_refused),
      cmocka_unit_test(the_settings_that_all_networks_share),
      cmocka_unit_test(what_some_network_uses_is_good),
      cmocka_unit_test(later_stages_run_after_errors_of_earlier_ones),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
