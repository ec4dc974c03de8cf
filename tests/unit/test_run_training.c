/* The packs of a sweep and their queue, without the cluster room: any order, resumed journals and checkpoints give the
 * same bits. */
#include "run_sample.h"

/* More packs than one of several classes */
static const char text[] = SAMPLE_SETTINGS "network: {width: 3, activation: tanh, init: he_normal}\n"
                                           "grid: {network.depth: [1, 2], replicate: {range: [0, 39]}}\n";

static void any_order_of_the_packs_gives_the_same_networks(void **state)
{
  (void)state;
  char folder[64];
  make_sample_folder(folder);
  char *in_order = sample_path(folder, "1.parts"), *strided = sample_path(folder, "5.parts");
  struct isw_sweep *sweep = read_sample(text);
  train_sample(sweep, in_order, 1);
  train_sample(sweep, strided, 5);
  expect_same_networks(sweep, in_order, strided);
  isw_sweep_destroy(sweep);
  remove_sample_folder(folder);
  free(in_order);
  free(strided);
}

/* The stride is raised until it visits every pack. */
static void every_stride_visits_every_pack_once(void **state)
{
  (void)state;
  struct isw_sweep *sweep = read_sample(text);
  for (uint64_t stride = 0; stride < 20; stride++) {
    struct isw_training training = {0};
    EXPECT_OK(isw_training_create(&training, sweep, 1, stride, error));
    uint64_t packs = isw_packs_count(training.packs), seen = 0;
    assert_int_equal(packs, 6);
    for (uint64_t turn = 0; turn < packs; turn++) seen |= UINT64_C(1) << turn * training.stride % packs;
    assert_int_equal(seen, (UINT64_C(1) << packs) - 1);
    if (stride % 6 == 5) assert_int_equal(training.stride, stride);
    isw_training_destroy(&training);
  }
  isw_sweep_destroy(sweep);
}

static void finished_packs_are_not_trained_again(void **state)
{
  (void)state;
  char folder[64];
  make_sample_folder(folder);
  char *parts = sample_path(folder, "a.parts");
  struct isw_sweep *sweep = read_sample(text);
  train_sample(sweep, parts, 1);
  struct isw_training training = {.progress = {.before = 80}};
  EXPECT_OK(isw_training_create(&training, sweep, 1, 1, error));
  training.index = open_sample_index(sweep, parts);
  struct isw_work work = isw_training_work(&training);
  for (uint64_t turn = 0; turn < work.packs; turn++) assert_false(work.wanted(work.context, turn));
  assert_int_equal(training.progress.before, 80);
  isw_index_destroy(training.index);
  isw_training_destroy(&training);
  isw_sweep_destroy(sweep);
  remove_sample_folder(folder);
  free(parts);
}

/* Stops the first pack after its first step, stores it, and continues it in another training. */
static void a_pack_continues_from_its_checkpoint(void **state)
{
  (void)state;
  char folder[64];
  make_sample_folder(folder);
  char *whole = sample_path(folder, "whole.parts"), *parts = sample_path(folder, "a.parts");
  struct isw_sweep *sweep = read_sample(text);
  train_sample(sweep, whole, 1);
  struct isw_training training = {0};
  EXPECT_OK(isw_training_create(&training, sweep, 1, 1, error));
  EXPECT_OK(isw_journal_create(parts, isw_sweep_identity(sweep), 0, 4, "a test", &training.journal, error));
  isw_training_use_checkpoints(&training, parts, 0, 0, NULL, 0);
  struct isw_work work = isw_training_work(&training);
  struct isw_team *alone = isw_team_create(1);
  struct isw_pack *pack;
  atomic_int at_once = 1;
  EXPECT_OK(work.prepare(work.context, 0, 0, &pack, error));
  assert_int_equal(isw_pack_train(pack, alone, 0, &at_once), ISW_INTERRUPTED);
  uint64_t step = isw_pack_step(pack);
  EXPECT_OK(work.checkpoint(work.context, 0, 0, pack, error));
  isw_pack_destroy(pack);
  EXPECT_OK(isw_journal_destroy(training.journal, error));
  isw_training_destroy(&training);

  uint64_t *list = NULL;
  size_t count = 0;
  EXPECT_OK(isw_checkpoint_list(parts, &list, &count, error));
  assert_int_equal(count, 1);
  struct isw_training again = {0};
  EXPECT_OK(isw_training_create(&again, sweep, 1, 1, error));
  EXPECT_OK(isw_journal_create(parts, isw_sweep_identity(sweep), 1, 4, "a test", &again.journal, error));
  isw_training_use_checkpoints(&again, parts, 1, 0, list, count);
  work = isw_training_work(&again);
  EXPECT_OK(work.prepare(work.context, 0, 0, &pack, error));
  assert_int_equal(isw_pack_step(pack), step);
  isw_pack_destroy(pack);
  again.made[0].pack = NULL;
  train_turns(&again);
  EXPECT_OK(isw_journal_destroy(again.journal, error));
  isw_training_destroy(&again);
  expect_same_networks(sweep, whole, parts);
  EXPECT_OK(isw_checkpoint_list(parts, &list, &count, error));
  assert_int_equal(count, 0); /* the journal has replaced it */
  free(list);
  isw_team_destroy(alone);
  isw_sweep_destroy(sweep);
  remove_sample_folder(folder);
  free(whole);
  free(parts);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(any_order_of_the_packs_gives_the_same_networks),
      cmocka_unit_test(every_stride_visits_every_pack_once),
      cmocka_unit_test(finished_packs_are_not_trained_again),
      cmocka_unit_test(a_pack_continues_from_its_checkpoint),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
