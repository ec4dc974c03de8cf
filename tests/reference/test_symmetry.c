/* Constant weights stay equal for ever, because every unit of a layer sees the same numbers in the same order. A
 * float32 network of 64-128-128-10 on the digits, 2,000 minibatch steps, compared to the last bit. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "initsweep/datasets.h"
#include "initsweep/engine.h"
#include "initsweep/probes.h"

enum { LAYERS = 3, STEPS = 2000, RECORDS = 21 };

#define CHOOSE(table, row_at_index, wanted)                                                                            \
  static struct isw_choice wanted##_called(const char *name)                                                           \
  {                                                                                                                    \
    size_t count;                                                                                                      \
    for (size_t i = 0; table(&count) && i < count; i++)                                                                \
      if (strcmp(table(&count)[i] row_at_index.name, name) == 0)                                                       \
        return isw_choice_default(&table(&count)[i] row_at_index, i);                                                  \
    fail_msg("no " #wanted " is called %s", name);                                                                     \
    abort();                                                                                                           \
  }
CHOOSE(isw_datasets, ->row, dataset)
CHOOSE(isw_initializers, .row, initializer)
CHOOSE(isw_activations, .row, activation)
CHOOSE(isw_losses, .row, loss)
CHOOSE(isw_optimizers, .row, optimizer)

static const struct isw_probe *distinct_units(void)
{
  size_t count;
  const struct isw_probe *const *probes = isw_probes(&count);
  for (size_t i = 0; i < count; i++)
    if (strcmp(probes[i]->row.name, "distinct_units") == 0) return probes[i];
  fail_msg("no probe is called distinct_units");
  abort();
}

/* Trains a pack; every hidden layer of every network must have one distinct unit at every record, and the weights must
 * have changed. */
static void expect_symmetric(const struct isw_pack_settings *settings)
{
  struct isw_pack *pack;
  struct isw_team *team = isw_team_create(1);
  atomic_int interrupt = 0;
  assert_non_null(team);
  assert_int_equal(isw_pack_create(settings, &pack, NULL), ISW_OK);
  assert_int_equal(isw_pack_train(pack, team, 0, &interrupt), ISW_OK);
  for (size_t lane = 0; lane < settings->count; lane++) {
    const struct isw_outcome *outcome = isw_pack_outcome(pack, lane);
    const int32_t *distinct = outcome->values;
    assert_int_equal(outcome->status, ISW_COMPLETED);
    assert_int_equal(outcome->steps_done, STEPS);
    assert_memory_not_equal(outcome->weights_initial, outcome->weights_final, outcome->parameters * sizeof(float));
    for (size_t record = 0; record < RECORDS; record++)
      for (size_t layer = 0; layer + 1 < LAYERS; layer++) assert_int_equal(distinct[record * LAYERS + layer], 1);
    assert_true(distinct[(RECORDS - 1) * LAYERS + LAYERS - 1] > 1); /* the outputs have learnt their classes */
  }
  isw_pack_destroy(pack);
  isw_team_destroy(team);
}

/* A full pack, in which each lane has its own constant and learning rate, and two of its networks alone, with units in
 * lanes. */
static void expect_symmetry(const char *optimizer, double learning_rate)
{
  struct isw_error error = {0};
  struct isw_data data = {0};
  struct isw_choice digits = dataset_called("digits");
  assert_int_equal(isw_dataset_load(&digits, 1, ".", DBL_MAX, NULL, &data, &error), ISW_OK);
  size_t size[LAYERS + 1] = {64, 128, 128, 10}, lanes = isw_lanes(ISW_FLOAT32), rows;
  struct isw_network *network = test_calloc(lanes, sizeof *network);
  const struct isw_network **list = test_calloc(lanes, sizeof *list);
  struct isw_choice *init = test_calloc(lanes * LAYERS, sizeof *init), bias_init[LAYERS];
  for (size_t k = 0; k < LAYERS; k++) bias_init[k] = initializer_called("zeros");
  for (size_t lane = 0; lane < lanes; lane++) {
    for (size_t k = 0; k < LAYERS; k++) {
      init[lane * LAYERS + k] = initializer_called("constant");
      init[lane * LAYERS + k].value[0].number = 0.01 * (double)(lane + 1) - 0.055;
    }
    network[lane] = (struct isw_network){.number = lane,
                                         .id = lane,
                                         .seed = 7,
                                         .replicate = lane,
                                         .layers = LAYERS,
                                         .size = size,
                                         .activation = activation_called("tanh"),
                                         .output_activation = activation_called("linear"),
                                         .loss = loss_called("cross_entropy"),
                                         .optimizer = optimizer_called(optimizer),
                                         .init = init + lane * LAYERS,
                                         .output_scale = 1.0,
                                         .bias_init = bias_init,
                                         .learning_rate = learning_rate * (1.0 + 0.1 * (double)lane),
                                         .batch_size = 64,
                                         .steps = STEPS,
                                         .stop_loss_below = -INFINITY,
                                         .stop_gradient_below = -INFINITY};
    list[lane] = &network[lane];
  }
  uint64_t record_steps[RECORDS];
  for (size_t i = 0; i < RECORDS; i++) record_steps[i] = i * (STEPS / (RECORDS - 1));
  const struct isw_probe *probe = distinct_units();
  struct isw_pack_settings settings = {.precision = ISW_FLOAT32,
                                       .count = lanes,
                                       .networks = list,
                                       .records = RECORDS,
                                       .record_steps = record_steps,
                                       .probe_count = 1,
                                       .probes = &probe,
                                       .keep_initial = true,
                                       .keep_final = true};
  struct isw_samples *samples;
  const struct isw_loss *loss = &isw_losses(&rows)[network[0].loss.row];
  assert_true(probe->quantity.integer && probe->quantity.per_layer);
  assert_int_equal(isw_kernels_choose(NULL, &settings.kernels, &error), ISW_OK);
  assert_int_equal(isw_samples_create(&data, loss, ISW_FLOAT32, &samples, &error), ISW_OK);
  settings.samples = samples;
  expect_symmetric(&settings);
  settings.layout = ISW_UNITS_IN_LANES;
  settings.count = 1;
  for (size_t lane = 0; lane < lanes; lane += lanes - 1) {
    settings.networks = list + lane;
    expect_symmetric(&settings);
  }
  isw_samples_destroy(samples);
  isw_data_destroy(&data);
  isw_error_clear(&error);
  test_free(network);
  test_free(list);
  test_free(init);
}

static void constant_start_stays_symmetric_under_sgd(void **state)
{
  (void)state;
  expect_symmetry("sgd", 0.05);
}

static void constant_start_stays_symmetric_under_adam(void **state)
{
  (void)state;
  expect_symmetry("adam", 0.0005);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(constant_start_stays_symmetric_under_sgd),
      cmocka_unit_test(constant_start_stays_symmetric_under_adam),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
