/* Levels of a refined grid without the cluster room: first the coarsest grid, then what divides the cells at a
 * boundary. */
#include "run_sample.h"

/* The boundary is where a learning rate diverges, at its sixth value; the grid is 9 x 9, the coarsest 3 x 3. */
static const char text[] =
    "sweep: sample\nseed: 3\ndataset: {name: xor}\nnetwork: {width: 3, depth: 1, activation: tanh, init: he_normal}\n"
    "train: {loss: mse, optimizer: sgd, steps: 20}\nrecord: {steps: [0, 20], probes: [loss]}\n"
    "grid:\n  train.learning_rate: [0.1, 0.2, 0.3, 0.4, 0.5, 1.0e+27, 1.0e+28, 1.0e+29, 1.0e+30]\n"
    "  network.init_noise: [0, 0.001, 0.002, 0.003, 0.004, 0.005, 0.006, 0.007, 0.008]\n"
    "refine: {axes: [train.learning_rate, network.init_noise], levels: 2, margin: 0}\n";

static void levels_follow_the_boundary(void **state)
{
  (void)state;
  char folder[64];
  make_sample_folder(folder);
  char *parts = sample_path(folder, "a.parts");
  struct isw_sweep *sweep = read_sample(text);
  assert_int_equal(isw_sweep_levels(sweep), 2);
  struct isw_refinement refinement;
  struct isw_training training = {0};
  EXPECT_OK(isw_refinement_create(&refinement, sweep, true, error));
  EXPECT_OK(isw_training_create(&training, sweep, 1, 1, error));
  uint64_t before = 0, count = 0;
  for (size_t level = 0; level <= 2; level++) {
    struct isw_index *index = open_sample_index(sweep, parts);
    EXPECT_OK(isw_refinement_choose(&refinement, level, index, training.probes, training.probe_count, &count, error));
    isw_index_destroy(index);
    assert_int_equal(isw_refinement_count(&refinement), before + count);
    before += count;
    if (level == 0) assert_int_equal(count, 3 * 3);
    for (uint64_t k = 0; k < 81; k++)
      if (isw_bits_has(refinement.level, k)) assert_int_equal(isw_sweep_level(sweep, k), level);
    /* only squares that contain the boundary are divided: rates 4 to 8, then 4 to 6 */
    for (uint64_t k = 0; k < 81; k++)
      if (level > 0 && isw_bits_has(refinement.level, k)) assert_in_range(k / 9, 4, level == 1 ? 8 : 6);
    EXPECT_OK(isw_training_restrict(&training, refinement.level, error));
    EXPECT_OK(
        isw_journal_create(parts, isw_sweep_identity(sweep), (unsigned)level, 4, "a test", &training.journal, error));
    train_turns(&training);
    EXPECT_OK(isw_journal_destroy(training.journal, error));
  }
  assert_int_equal(before, 9 + 9 + 17);
  isw_training_destroy(&training);
  isw_refinement_clear(&refinement);
  isw_sweep_destroy(sweep);
  remove_sample_folder(folder);
  free(parts);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(levels_follow_the_boundary)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
