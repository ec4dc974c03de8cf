/* Results files and the sweeps that they describe: what a run finds when it starts, extended grids, verification and
 * replay. */
#include "run_sample.h"

#define NETWORK "network: {width: 3, depth: 1, activation: tanh}\n"
static const char text[] =
    SAMPLE_SETTINGS NETWORK "grid: {network.init: [zeros, he_normal], replicate: {range: [0, 4]}}\n";
static const char larger[] =
    SAMPLE_SETTINGS NETWORK "grid: {network.init: [ones, zeros, he_normal], replicate: {range: [0, 5]}}\n";

/* A folder with a journal and the results file of `text`. */
struct sample {
  char folder[64], *parts, *path;
  struct isw_sweep *sweep;
};

static int create(void **state)
{
  static struct sample sample;
  make_sample_folder(sample.folder);
  sample.parts = sample_path(sample.folder, "a.h5.parts");
  sample.path = sample_path(sample.folder, "a.h5");
  sample.sweep = read_sample(text);
  train_sample(sample.sweep, sample.parts, 1);
  export_sample(sample.sweep, sample.parts, sample.path);
  *state = &sample;
  return 0;
}

static int destroy(void **state)
{
  struct sample *sample = *state;
  isw_sweep_destroy(sample->sweep);
  remove_sample_folder(sample->folder);
  free(sample->parts);
  free(sample->path);
  return 0;
}

/* ---- output ---- */

static void a_run_names_its_files(void **state)
{
  const struct sample *sample = *state;
  struct isw_run_output output;
  struct isw_error wrong = {0};
  assert_int_equal(chdir(sample->folder), 0);
  EXPECT_OK(isw_run_output_create(NULL, "zero", &output, error));
  assert_string_equal(output.out, "zero.h5");
  assert_int_equal(output.path[0], '/');
  assert_string_equal(strrchr(output.path, '/'), "/zero.h5");
  assert_string_equal(strrchr(output.parts, '/'), "/zero.h5.parts");
  isw_run_output_clear(&output);
  EXPECT_OK(isw_run_output_create("/b.h5", "zero", &output, error));
  assert_string_equal(output.path, "/b.h5");
  isw_run_output_clear(&output);
  assert_int_equal(isw_run_output_create("results/", "zero", &output, &wrong), ISW_BAD_INPUT);
  assert_string_equal(isw_error_text(&wrong), "'results/' names a folder, not a results file");
  isw_run_output_clear(&output);
  isw_error_clear(&wrong);
}

static enum isw_status inspect(const char *path, const struct isw_sweep *sweep, enum isw_resume resume,
                               enum isw_output_state *found, struct isw_error *error)
{
  char name[128];
  snprintf(name, sizeof name, "%s", path);
  struct isw_run_output output = {.out = name, .path = name};
  return isw_run_output_inspect(&output, "sample.yaml", sweep, resume, found, error);
}

static void an_existing_output_is_inspected(void **state)
{
  const struct sample *sample = *state;
  enum isw_output_state found;
  char *none = sample_path(sample->folder, "none.h5"), *plain = sample_path(sample->folder, "text.h5");
  EXPECT_OK(inspect(none, sample->sweep, ISW_RESUME_AUTO, &found, error));
  assert_int_equal(found, ISW_OUTPUT_ABSENT);
  EXPECT_OK(inspect(sample->path, sample->sweep, ISW_RESUME_AUTO, &found, error));
  assert_int_equal(found, ISW_OUTPUT_COMPLETE);
  EXPECT_OK(inspect(sample->path, sample->sweep, ISW_RESUME_NEVER, &found, error));
  assert_int_equal(found, ISW_OUTPUT_INCOMPLETE); /* it is trained again */

  struct isw_error wrong = {0};
  struct isw_sweep *other = read_sample(larger);
  EXPECT_OK(inspect(sample->path, other, ISW_RESUME_EXTEND, &found, error));
  assert_int_equal(found, ISW_OUTPUT_OTHER);
  assert_int_equal(inspect(sample->path, other, ISW_RESUME_AUTO, &found, &wrong), ISW_BAD_INPUT);
  assert_non_null(strstr(isw_error_text(&wrong), "holds another sweep: 'sample'"));
  assert_non_null(strstr(isw_error_text(&wrong), "--resume extend"));
  FILE *file = fopen(plain, "w");
  assert_true(file && fputs("text", file) >= 0 && fclose(file) == 0);
  assert_int_equal(inspect(plain, sample->sweep, ISW_RESUME_AUTO, &found, &wrong), ISW_BAD_INPUT);
  assert_non_null(strstr(isw_error_text(&wrong), "exists and is not a results file that can be read"));
  isw_error_clear(&wrong);
  isw_sweep_destroy(other);
  free(none);
  free(plain);
}

static void a_file_with_missing_networks_is_incomplete(void **state)
{
  const struct sample *sample = *state;
  enum isw_output_state found;
  char *empty = sample_path(sample->folder, "empty.parts"), *path = sample_path(sample->folder, "empty.h5");
  export_sample(sample->sweep, empty, path); /* in a folder that does not exist */
  EXPECT_OK(inspect(path, sample->sweep, ISW_RESUME_AUTO, &found, error));
  assert_int_equal(found, ISW_OUTPUT_INCOMPLETE);
  free(empty);
  free(path);
}

/* ---- extension ---- */

static void a_larger_grid_takes_over_the_networks_of_a_file(void **state)
{
  const struct sample *sample = *state;
  struct isw_sweep *now = read_sample(larger);
  char *parts = sample_path(sample->folder, "extended.parts"), *fresh = sample_path(sample->folder, "fresh.parts");
  uint64_t reused = 0;
  EXPECT_OK(isw_extend_file(sample->path, parts, "/", now, &reused, error));
  assert_int_equal(reused, isw_sweep_networks(sample->sweep));
  struct isw_index *index = open_sample_index(now, parts);
  assert_int_equal(isw_index_count(index), reused);
  struct isw_training training = {.index = index};
  EXPECT_OK(isw_training_create(&training, now, 1, 1, error));
  EXPECT_OK(isw_journal_create(parts, isw_sweep_identity(now), 0, 4, "a test", &training.journal, error));
  train_turns(&training);
  EXPECT_OK(isw_journal_destroy(training.journal, error));
  isw_training_destroy(&training);
  isw_index_destroy(index);
  train_sample(now, fresh, 1);
  expect_same_networks(now, fresh, parts);
  isw_sweep_destroy(now);
  free(parts);
  free(fresh);
}

static void what_is_not_a_larger_grid_is_rejected(void **state)
{
  const struct sample *sample = *state;
  static const struct {
    const char *text, *message;
  } wrong[] = {
      {SAMPLE_SETTINGS NETWORK "grid: {network.init: [zeros, he_normal], replicate: {range: [0, 3]}}\n",
       "network 4 is finished, and none of this sweep has its settings"},
      {SAMPLE_SETTINGS NETWORK
       "precision: float64\ngrid: {network.init: [zeros, he_normal], replicate: {range: [0, 4]}}\n",
       "--resume extend needs the same precision"},
  };
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    struct isw_sweep *now = read_sample(wrong[i].text);
    char *parts = sample_path(sample->folder, "rejected.parts");
    struct isw_error error = {0};
    uint64_t reused = 0;
    assert_int_equal(isw_extend_file(sample->path, parts, "/", now, &reused, &error), ISW_BAD_INPUT);
    assert_non_null(strstr(isw_error_text(&error), wrong[i].message));
    struct isw_index *index = open_sample_index(now, parts);
    assert_int_equal(isw_index_count(index), 0); /* the attempt leaves nothing */
    isw_index_destroy(index);
    isw_error_clear(&error);
    isw_sweep_destroy(now);
    free(parts);
  }
}

/* ---- verify and replay ---- */

/* Makes a file in which one bit of a network's last loss is changed. */
static char *spoil(const struct sample *sample, uint64_t network)
{
  char *parts = sample_path(sample->folder, "spoiled.parts"), *path = sample_path(sample->folder, "spoiled.h5");
  struct isw_index *index = open_sample_index(sample->sweep, sample->parts);
  struct isw_journal *journal;
  EXPECT_OK(isw_journal_create(parts, isw_sweep_identity(sample->sweep), 0, 4, "a test", &journal, error));
  for (uint64_t k = 0; k < isw_sweep_networks(sample->sweep); k++) {
    struct isw_finished finished;
    EXPECT_OK(isw_index_read(index, k, &finished, error));
    unsigned char *values = malloc(finished.values_bytes);
    assert_non_null(values);
    memcpy(values, finished.values, finished.values_bytes);
    if (k == network) values[(finished.records - 1) * sizeof(float)] ^= 1; /* loss comes first */
    finished.values = values;
    EXPECT_OK(isw_journal_append(journal, &finished, 1, error));
    free(values);
  }
  EXPECT_OK(isw_journal_destroy(journal, error));
  isw_index_destroy(index);
  export_sample(sample->sweep, parts, path);
  isw_journal_remove(parts, NULL);
  free(parts);
  return path;
}

static void keep_line(void *context, enum isw_report_kind kind, const char *line)
{
  assert_int_equal(kind, ISW_REPORT_WARNING);
  snprintf(context, 128, "%s", line);
}

static void verification_finds_a_changed_bit(void **state)
{
  const struct sample *sample = *state;
  char line[128] = "", *spoiled = spoil(sample, 7);
  const struct isw_reporter reporter = {keep_line, line};
  struct isw_verify_settings settings = {.file = sample->path, .folder = "/", .all = true, .threads = 2};
  struct isw_verify_report report;
  EXPECT_OK(isw_verify(&settings, &reporter, &report, error));
  assert_true(report.networks == 10 && report.same == 10 && report.different == 0 && report.misdescribed == 0);
  assert_string_equal(line, "");
  settings.file = spoiled;
  EXPECT_OK(isw_verify(&settings, &reporter, &report, error));
  assert_true(report.same == 9 && report.different == 1);
  assert_string_equal(line, "network 7 differs: loss at record 2, layer 1");
  settings = (struct isw_verify_settings){.file = sample->path, .folder = "/", .sample = 4, .threads = 1};
  EXPECT_OK(isw_verify(&settings, &reporter, &report, error));
  assert_true(report.networks == 10 && report.same == 4);
  free(spoiled);
}

static void replay_compares_the_records_that_both_have(void **state)
{
  const struct sample *sample = *state;
  char *spoiled = spoil(sample, 7);
  struct isw_replay_settings settings = {
      .file = sample->path, .folder = "/", .network = 7, .steps = "10, 20", .probes = "weight_norm"};
  struct isw_replay *replay;
  struct isw_error wrong = {0};
  uint64_t steps, numbers;
  EXPECT_OK(isw_replay_create(&settings, &replay, error));
  EXPECT_OK(isw_replay_compare(replay, &steps, &numbers, error));
  assert_int_equal(steps, 20);
  assert_int_equal(numbers, 13 + 2 * 5); /* 13 weights; loss, and two quantities of 2 layers, at steps 0 and 20 */
  char *table;
  size_t length;
  FILE *out = open_memstream(&table, &length);
  assert_true(out && isw_replay_write_csv(replay, out) && fclose(out) == 0);
  assert_memory_equal(table, "step,weight_norm_1,weight_norm_2\n0,", 35);
  size_t lines = 0;
  for (const char *c = table; *c; c++) lines += *c == '\n';
  assert_int_equal(lines, 1 + 3); /* steps 0, 10 and 20 */
  free(table);
  isw_replay_destroy(replay);
  settings.file = spoiled;
  EXPECT_OK(isw_replay_create(&settings, &replay, error));
  assert_int_equal(isw_replay_compare(replay, &steps, &numbers, &wrong), ISW_FAILED);
  assert_string_equal(isw_error_text(&wrong), "network 7 differs: loss at step 20");
  isw_replay_destroy(replay);
  settings.network = 10;
  assert_int_equal(isw_replay_create(&settings, &replay, &wrong), ISW_BAD_INPUT);
  assert_non_null(strstr(isw_error_text(&wrong), "there is no network 10: they are numbered 0 to 9"));
  isw_error_clear(&wrong);
  free(spoiled);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_run_names_its_files),
      cmocka_unit_test(an_existing_output_is_inspected),
      cmocka_unit_test(a_file_with_missing_networks_is_incomplete),
      cmocka_unit_test(a_larger_grid_takes_over_the_networks_of_a_file),
      cmocka_unit_test(what_is_not_a_larger_grid_is_rejected),
      cmocka_unit_test(verification_finds_a_changed_bit),
      cmocka_unit_test(replay_compares_the_records_that_both_have),
  };
  return cmocka_run_group_tests(tests, create, destroy);
}
