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

/* A training whose packs have the layouts that INITSWEEP_LAYOUT asks for. */
static struct isw_work start_training(struct isw_training *training, const struct isw_sweep *sweep, const char *parts,
                                      unsigned rank, const char *layout)
{
  uint64_t *alone = NULL;
  struct isw_checkpointed *list = NULL;
  size_t count = 0;
  *training = (struct isw_training){0};
  setenv("INITSWEEP_LAYOUT", layout, 1);
  EXPECT_OK(isw_training_create(training, sweep, 1, 1, error));
  EXPECT_OK(isw_training_choose_layouts(training, 1, &alone, error));
  EXPECT_OK(isw_training_set_layouts(training, alone, error));
  EXPECT_OK(isw_journal_create(parts, isw_sweep_identity(sweep), rank, 4, "a test", &training->journal, error));
  EXPECT_OK(isw_checkpoint_networks(parts, isw_sweep_identity(sweep), 4, &list, &count, error));
  isw_training_use_checkpoints(training, parts, rank, 0, list, count);
  free(alone);
  unsetenv("INITSWEEP_LAYOUT");
  return isw_training_work(training);
}

static size_t count_checkpoints(const struct isw_sweep *sweep, const char *parts)
{
  struct isw_checkpointed *list = NULL;
  size_t count = 0;
  EXPECT_OK(isw_checkpoint_networks(parts, isw_sweep_identity(sweep), 4, &list, &count, error));
  free(list);
  return count;
}

/* Stops the first two packs after a step or two, stores them, and continues in another training, whose packs may have
 * other networks and the other layout. */
static void expect_continued(const char *before, const char *after)
{
  char folder[64];
  make_sample_folder(folder);
  char *whole = sample_path(folder, "whole.parts"), *parts = sample_path(folder, "a.parts");
  struct isw_sweep *sweep = read_sample(text);
  train_sample(sweep, whole, 1);
  struct isw_training training, again;
  struct isw_work work = start_training(&training, sweep, parts, 0, before);
  struct isw_team *alone = isw_team_create(1);
  atomic_int at_once = 1;
  uint64_t step[2];
  for (uint64_t turn = 0; turn < 2; turn++) {
    struct isw_pack *pack;
    EXPECT_OK(work.prepare(work.context, 0, turn, &pack, error));
    for (uint64_t stops = 0; stops <= turn; stops++)
      assert_int_equal(isw_pack_train(pack, alone, 0, &at_once), ISW_INTERRUPTED);
    step[turn] = isw_pack_step(pack);
    EXPECT_OK(work.checkpoint(work.context, 0, turn, pack, error));
    isw_pack_destroy(pack);
    training.made[0].pack = training.made[1].pack = NULL;
  }
  EXPECT_OK(isw_journal_destroy(training.journal, error));
  isw_training_destroy(&training);
  assert_true(count_checkpoints(sweep, parts) >= 2);

  work = start_training(&again, sweep, parts, 1, after);
  struct isw_pack *pack;
  EXPECT_OK(work.prepare(work.context, 0, 0, &pack, error));
  if (strcmp(before, after) == 0) assert_int_equal(isw_pack_step(pack), step[0]);
  isw_pack_destroy(pack);
  again.made[0].pack = NULL;
  train_turns(&again);
  EXPECT_OK(isw_journal_destroy(again.journal, error));
  isw_training_destroy(&again);
  expect_same_networks(sweep, whole, parts);
  assert_int_equal(count_checkpoints(sweep, parts), 0); /* the journal has replaced them */
  isw_team_destroy(alone);
  isw_sweep_destroy(sweep);
  remove_sample_folder(folder);
  free(whole);
  free(parts);
}

static void a_pack_continues_from_its_checkpoint(void **state)
{
  (void)state;
  expect_continued("networks", "networks");
  expect_continued("units", "units");
}

static void networks_continue_in_packs_of_the_other_layout(void **state)
{
  (void)state;
  expect_continued("networks", "units");
  expect_continued("units", "networks");
}

static char *results_hash(const char *path)
{
  struct isw_results *results;
  EXPECT_OK(isw_results_open(path, &results, error));
  char *hash = isw_copy_text(isw_results_attribute(results, "hash"));
  assert_non_null(hash);
  isw_results_close(results);
  return hash;
}

/* Rank 0 writes parts of networks that another rank has trained, and knows when one is missing. The file has five
 * parts: four of two networks' weights and one of numbers. */
static void parts_are_written_while_other_ranks_train(void **state)
{
  (void)state;
  static const char wide[] = "sweep: wide\nseed: 3\ndataset: {name: xor}\n"
                             "train: {loss: mse, optimizer: sgd, learning_rate: 0.5, steps: 1}\n"
                             "record: {steps: [0, 1], probes: [loss], weights: final}\n"
                             "network: {hidden: [1000, 1000], activation: tanh, init: he_normal}\n"
                             "grid: {replicate: {range: [0, 7]}}\n";
  char folder[64];
  make_sample_folder(folder);
  char *parts = sample_path(folder, "a.parts"), *early = sample_path(folder, "early.h5");
  char *late = sample_path(folder, "late.h5");
  struct isw_sweep *sweep = read_sample(wide);
  struct isw_training first, other;
  start_training(&first, sweep, parts, 0, "units");
  start_training(&other, sweep, parts, 1, "units");
  first.index = open_sample_index(sweep, parts);
  EXPECT_OK(isw_early_create(early, sweep, first.index, first.journal, parts, 0, &first.early, error));
  assert_non_null(first.early);
  assert_int_equal(isw_packs_count(first.packs), 8);
  assert_false(isw_early_finish(first.early));
  train_some_turns(&other, 3, 2);
  train_some_turns(&first, 0, 2);
  assert_false(isw_early_finish(first.early)); /* turn 1 */
  train_some_turns(&other, 1, 2);
  assert_false(isw_early_finish(first.early)); /* all are there, but too many parts are left for one rank */
  isw_early_write(first.early);
  assert_true(isw_early_finish(first.early));
  struct isw_progress progress = {0};
  const struct isw_run_facts facts = {.command_line = "", .kernels = "", .hosts = "", .ranks = 1, .threads = 1};
  EXPECT_OK(isw_export(NULL, early, sweep, first.index, first.early, &facts, ISW_MISSING, 0, &progress, error));
  export_sample(sweep, parts, late);
  char *a = results_hash(early), *b = results_hash(late);
  assert_string_equal(a, b);
  free(a);
  free(b);
  isw_early_destroy(first.early);
  isw_index_destroy(first.index);
  isw_journal_abandon(first.journal);
  isw_journal_abandon(other.journal);
  isw_training_destroy(&first);
  isw_training_destroy(&other);
  isw_sweep_destroy(sweep);
  remove_sample_folder(folder);
  free(parts);
  free(early);
  free(late);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(any_order_of_the_packs_gives_the_same_networks),
      cmocka_unit_test(every_stride_visits_every_pack_once),
      cmocka_unit_test(finished_packs_are_not_trained_again),
      cmocka_unit_test(a_pack_continues_from_its_checkpoint),
      cmocka_unit_test(networks_continue_in_packs_of_the_other_layout),
      cmocka_unit_test(parts_are_written_while_other_ranks_train),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
