/* The estimate of a run, with a model from the test's own cache: sums over networks, sizes and times calculated by
 * hand. */
#include "initsweep/cost.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Two classes: 10 networks each of 2-3-1 (13 parameters) and 2-3-3-1 (25 parameters) */
static const char text[] =
    "sweep: sample\nseed: 3\ndataset: {name: xor}\nnetwork: {width: 3, activation: tanh, init: he_normal}\n"
    "train: {loss: mse, optimizer: sgd, learning_rate: 0.5, steps: 20}\n"
    "record: {steps: [0, 20], probes: [loss, gradient_norm], weights: final}\n"
    "grid: {network.depth: [1, 2], replicate: {range: [0, 9]}}\n";

static struct isw_sweep *read_sweep(void)
{
  const struct isw_overrides none = {0};
  struct isw_sweep *sweep = NULL;
  assert_int_equal(isw_load_sweep("sample.yaml", "/", text, strlen(text), &none, &sweep, NULL), ISW_OK);
  return sweep;
}

/* The built-in model stored as this machine's, so that nothing is measured. */
static int store_model(void **state)
{
  static char folder[] = "/tmp/initsweep-cost-XXXXXX";
  const struct isw_kernels *kernels;
  const struct isw_cost_model model = isw_cost_default(ISW_FLOAT32);
  *state = folder;
  if (!mkdtemp(folder) || setenv("XDG_CACHE_HOME", folder, 1) != 0) return -1;
  if (isw_kernels_choose(NULL, &kernels, NULL) != ISW_OK) return -1;
  char *key = isw_cost_key(kernels, ISW_FLOAT32), *file = isw_cost_file(key);
  bool stored = isw_cost_store(file, key, &model);
  free(file);
  free(key);
  return stored ? 0 : -1;
}

static int remove_model(void **state)
{
  char command[128];
  snprintf(command, sizeof command, "rm -r '%s'", (const char *)*state);
  return system(command);
}

static void sums_are_over_all_networks(void **state)
{
  (void)state;
  struct isw_sweep *sweep = read_sweep();
  struct isw_estimate estimate;
  assert_int_equal(isw_estimate_create(sweep, "/none/a.h5", 1, 1, 0, false, &estimate, NULL), ISW_OK);
  assert_int_equal(estimate.model_source, ISW_COST_CACHED);
  assert_true(estimate.parameters == 10 * (13 + 25));
  assert_true(estimate.network_steps == 20 * 20);
  assert_int_equal(isw_packs_classes(estimate.packs), 2);
  /* the deeper class costs more and comes first */
  assert_int_equal(isw_packs_class(estimate.packs, 0)->layers, 3);
  assert_true(isw_packs_class(estimate.packs, 0)->cost > isw_packs_class(estimate.packs, 1)->cost);
  assert_true(estimate.flops > 20 * 10 *
                                   (isw_step_flops(2, (const size_t[]){2, 3, 1}, 0, 4) +
                                    isw_step_flops(3, (const size_t[]){2, 3, 3, 1}, 0, 4)));
  /* loss, and gradient_norm per layer, at two records, and the final weights */
  double values = 4.0 * (2 * (1 + 2) + 13 + 2 * (1 + 3) + 25);
  assert_true(estimate.journal_bytes == 10 * (values + 2 * 96));
  assert_true(isnan(estimate.free_bytes));
  isw_estimate_clear(&estimate);
  isw_sweep_destroy(sweep);
}

static void more_workers_need_more_memory_and_less_time(void **state)
{
  struct isw_sweep *sweep = read_sweep();
  struct isw_estimate one, many;
  char *out = isw_path_join(*state, "a.h5");
  assert_int_equal(isw_estimate_create(sweep, out, 1, 1, 0, false, &one, NULL), ISW_OK);
  assert_int_equal(isw_estimate_create(sweep, out, 2, 4, 0, false, &many, NULL), ISW_OK);
  assert_true(one.free_bytes > 0);
  assert_true(many.memory_bytes == one.memory_bytes && many.seconds < one.seconds); /* one pack per rank in both */
  assert_true(many.thread_seconds == one.thread_seconds && many.result_bytes == one.result_bytes);
  /* a journal per rank, its manifest, and two checkpoints of each pack in training: one, or both */
  assert_int_equal(one.files, 1 + 1 + 2 * 1);
  assert_int_equal(many.files, 2 + 1 + 2 * 2);
  assert_true(many.checkpoint_bytes == 2 * one.checkpoint_bytes);
  isw_estimate_clear(&one);
  isw_estimate_clear(&many);
  isw_sweep_destroy(sweep);
  free(out);
}

/* Threads hold the largest packs at a time; those that outnumber the packs share them. */
static void memory_is_that_of_the_largest_packs(void **state)
{
  (void)state;
  struct isw_sweep *sweep = read_sweep();
  struct isw_packs *packs;
  double bytes[6];
  static const struct {
    size_t ranks, threads;
  } workers[6] = {{1, 1}, {1, 2}, {1, 3}, {2, 1}, {2, 8}, {1, 0}};
  assert_int_equal(isw_packs_create(sweep, 16, &packs, NULL), ISW_OK);
  assert_int_equal(isw_packs_count(packs), 2); /* one of 2-3-3-1, one of 2-3-1 */
  for (size_t i = 0; i < 6; i++)
    assert_int_equal(isw_cost_memory(sweep, packs, workers[i].ranks, workers[i].threads, 1, &bytes[i], NULL), ISW_OK);
  double making = 4 * 2 * 8, deep = bytes[0] - bytes[5] + making, shallow = bytes[1] - bytes[0];
  assert_true(deep > shallow && shallow > 16 * 13 * 4.0);
  assert_true(bytes[2] == bytes[1] && bytes[3] == bytes[0] && bytes[4] == bytes[0]);
  /* the program, four samples of two inputs in float32 and a target in float64 and as one of the two classes of a loss,
   * what making the inputs in float64 took while there was no pack, 20 networks, and one part of the results file: of
   * each network a loss and three norms at two steps, the steps, columns, and at most 25 weights */
  double part = 20 * (2 * (1 + 3) * 4 + 8 * (2 + (double)isw_sweep_columns(sweep)) + 25 * 4);
  assert_true(bytes[5] == 36e6 + 4 * (2 * 4 + 8 + 2 * 4) + making + 20 * 13 + part);
  isw_packs_destroy(packs);
  isw_sweep_destroy(sweep);
}

/* A thread holds that many packs of a class, or all that there are. What creating one takes is counted once. */
static void packs_that_wait_to_be_merged_are_counted(void **state)
{
  (void)state;
  struct isw_sweep *sweep = read_sweep();
  struct isw_packs *packs;
  double none, bytes[9];
  assert_int_equal(isw_packs_create(sweep, 2, &packs, NULL), ISW_OK);
  assert_int_equal(isw_packs_class(packs, 0)->packs, 5);
  assert_true(isw_pack_class_is_mergeable(isw_packs_class(packs, 0)));
  assert_int_equal(isw_cost_memory(sweep, packs, 1, 0, 1, &none, NULL), ISW_OK);
  none -= 4 * 2 * 8; /* what making the inputs took, which is less than a pack */
  for (size_t held = 1; held <= 8; held++)
    assert_int_equal(isw_cost_memory(sweep, packs, 1, 1, held, &bytes[held], NULL), ISW_OK);
  double pack = bytes[2] - bytes[1], start = 3 * 3 * 8.0;
  assert_true(bytes[1] == none + pack + start);
  assert_true(bytes[3] == none + 3 * pack + start && bytes[5] == none + 5 * pack + start && bytes[8] == bytes[5]);
  isw_packs_destroy(packs);
  isw_sweep_destroy(sweep);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(sums_are_over_all_networks),
      cmocka_unit_test(more_workers_need_more_memory_and_less_time),
      cmocka_unit_test(memory_is_that_of_the_largest_packs),
      cmocka_unit_test(packs_that_wait_to_be_merged_are_counted),
  };
  return cmocka_run_group_tests(tests, store_model, remove_model);
}
