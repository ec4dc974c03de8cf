/** @file Small sweeps trained in this process, without the cluster: journals and results files for the tests of the
 *      run room. */
#ifndef RUN_SAMPLE_H
#define RUN_SAMPLE_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "run/run_internal.h"

/** The settings of all samples except the network, to be followed by `network:` and `grid:`. */
#define SAMPLE_SETTINGS                                                                                                \
  "sweep: sample\nseed: 3\ndataset: {name: xor}\n"                                                                     \
  "train: {loss: mse, optimizer: sgd, learning_rate: 0.5, steps: 20}\n"                                                \
  "record: {steps: [0, 5, 20], probes: [loss, gradient_norm, distinct_units], weights: final}\n"

#define EXPECT_OK(call)                                                                                                \
  do {                                                                                                                 \
    struct isw_error failure = {0};                                                                                    \
    struct isw_error *error = &failure;                                                                                \
    if ((call) != ISW_OK) fail_msg("%s:%d: %s", __FILE__, __LINE__, isw_error_text(&failure));                         \
    isw_error_clear(&failure);                                                                                         \
  } while (0)

/** A folder for one test, which remove_sample_folder() empties and removes. */
static inline void make_sample_folder(char folder[64])
{
  snprintf(folder, 64, "/tmp/initsweep-run-XXXXXX");
  assert_non_null(mkdtemp(folder));
}

static inline void remove_sample_folder(const char *folder)
{
  char command[128];
  snprintf(command, sizeof command, "rm -r '%s'", folder);
  assert_int_equal(system(command), 0);
}

static inline char *sample_path(const char *folder, const char *name)
{
  char *path = isw_path_join(folder, name);
  assert_non_null(path);
  return path;
}

static inline struct isw_sweep *read_sample(const char *text)
{
  const struct isw_overrides none = {0};
  struct isw_sweep *sweep = NULL;
  EXPECT_OK(isw_load_sweep("sample.yaml", "/", text, strlen(text), &none, &sweep, error));
  return sweep;
}

/** Trains the packs of the turns first, first + step, ..., as one worker of the cluster room does, and writes to the
 *  training's journal. */
static inline void train_some_turns(struct isw_training *training, uint64_t first, uint64_t step)
{
  struct isw_work work = isw_training_work(training);
  struct isw_team *alone = isw_team_create(1);
  atomic_int never = 0;
  assert_non_null(alone);
  for (uint64_t turn = first; turn < work.packs; turn += step) {
    struct isw_pack *pack;
    uint64_t networks = 0, diverged = 0;
    if (!work.wanted(work.context, turn)) continue;
    EXPECT_OK(work.prepare(work.context, 0, turn, &pack, error));
    assert_int_equal(isw_pack_train(pack, alone, 0, &never), ISW_OK);
    EXPECT_OK(work.finish(work.context, 0, turn, pack, &networks, &diverged, error));
    isw_pack_destroy(pack);
  }
  isw_team_destroy(alone);
}

static inline void train_turns(struct isw_training *training)
{
  train_some_turns(training, 0, 1);
}

/** Trains all networks of a sweep into a new journal in a folder. */
static inline void train_sample(const struct isw_sweep *sweep, const char *parts, uint64_t stride)
{
  struct isw_training training = {0};
  EXPECT_OK(isw_training_create(&training, sweep, 1, stride, error));
  EXPECT_OK(isw_journal_create(parts, isw_sweep_identity(sweep), 0, isw_precision_bytes(isw_sweep_precision(sweep)),
                               "a test", &training.journal, error));
  train_turns(&training);
  EXPECT_OK(isw_journal_destroy(training.journal, error));
  isw_training_destroy(&training);
}

static inline struct isw_index *open_sample_index(const struct isw_sweep *sweep, const char *parts)
{
  struct isw_index *index = NULL;
  EXPECT_OK(isw_index_create(parts, isw_sweep_identity(sweep), isw_sweep_networks(sweep),
                             isw_precision_bytes(isw_sweep_precision(sweep)), &index, error));
  return index;
}

/** Writes the results file of a journal. */
static inline void export_sample(const struct isw_sweep *sweep, const char *parts, const char *path)
{
  struct isw_index *index = open_sample_index(sweep, parts);
  struct isw_progress progress = {0};
  const struct isw_run_facts facts = {.command_line = "", .kernels = "", .hosts = "", .ranks = 1, .threads = 1};
  EXPECT_OK(isw_export(NULL, path, sweep, index, NULL, &facts, ISW_MISSING, 0, &progress, error));
  isw_index_destroy(index);
}

/** Checks that the journals of two folders hold the same bits of every network. */
static inline void expect_same_networks(const struct isw_sweep *sweep, const char *parts, const char *other)
{
  struct isw_index *a = open_sample_index(sweep, parts), *b = open_sample_index(sweep, other);
  for (uint64_t k = 0; k < isw_sweep_networks(sweep); k++) {
    struct isw_finished x, y;
    EXPECT_OK(isw_index_read(a, k, &x, error));
    EXPECT_OK(isw_index_read(b, k, &y, error));
    assert_true(x.id == y.id && x.status == y.status && x.steps_done == y.steps_done);
    assert_int_equal(x.values_bytes, y.values_bytes);
    assert_memory_equal(x.values, y.values, x.values_bytes);
    assert_memory_equal(x.weights_final, y.weights_final,
                        x.parameters * isw_precision_bytes(isw_sweep_precision(sweep)));
  }
  isw_index_destroy(a);
  isw_index_destroy(b);
}
#endif
