/* The results file: what the journal has is read back, what it lacks has the fill value, and the same sweep gives the
 * same bytes. tests/scripts reads such files with h5py, xarray and ncdump. */
#include "results_sample.h"
#include <errno.h>
#include <signal.h>
#include <sys/resource.h>

/* Writes PATH from networks first, first + stride, ... */
static void write_sample(struct sample *sample, const char *folder, const char *path, uint64_t first, uint64_t stride)
{
  struct isw_error error = {0};
  struct isw_index *index;
  struct isw_results_head head = sample_head(sample);
  char *parts = sample_path(folder, "sample.parts");
  sample_journal(sample, parts, 0, first, sample->networks, stride);
  assert_int_equal(isw_index_create(parts, sample->identity, sample->networks, sample->real_bytes, &index, &error),
                   ISW_OK);
  if (isw_results_write(path, &head, index, &error) != ISW_OK) fail_msg("%s", isw_error_text(&error));
  isw_index_destroy(index);
  assert_int_equal(isw_journal_remove(parts, &error), ISW_OK);
  free(parts);
}

/* Files under temporary names. */
static unsigned count_temporaries(const char *folder)
{
  unsigned count = 0;
  DIR *listing = opendir(folder);
  assert_non_null(listing);
  for (struct dirent *file; (file = readdir(listing));) count += strstr(file->d_name, ISW_NEW_SUFFIX) != NULL;
  closedir(listing);
  return count;
}

static struct isw_results *open_sample(const char *path)
{
  struct isw_error error = {0};
  struct isw_results *results;
  if (isw_results_open(path, &results, &error) != ISW_OK) fail_msg("%s", isw_error_text(&error));
  return results;
}

static void same(double a, double b)
{
  assert_true(a == b || (isnan(a) && isnan(b)));
}

/* Compares every number of a file with the formulas of the sample; networks whose number is not first + k stride are
 * missing. */
static void check_sample(struct sample *sample, struct isw_results *results, uint64_t first, uint64_t stride)
{
  assert_int_equal(isw_results_networks(results), sample->networks);
  assert_int_equal(isw_results_records(results), sample->records);
  assert_int_equal(isw_results_layers(results), SAMPLE_LAYERS);
  assert_int_equal(isw_results_identity(results), sample->identity);
  for (uint64_t n = 0; n < sample->networks; n++) {
    bool there = n >= first && (n - first) % stride == 0;
    size_t done = there ? sample_records_done(sample, n) : 0;
    const uint64_t *steps;
    size_t records = sample_schedule(sample, n, &steps);
    assert_string_equal(isw_results_text(results, "init", n), sample_inits[(size_t)sample_coordinate(sample, 0, n)]);
    same(isw_results_value(results, "depth", n, 0, 0), sample_coordinate(sample, 1, n));
    same(isw_results_value(results, "learning_rate", n, 0, 0), sample_coordinate(sample, 2, n));
    same(isw_results_value(results, "init_value", n, 0, 0), sample_coordinate(sample, 3, n));
    same(isw_results_value(results, "features", n, 0, 0), 2);
    same(isw_results_value(results, "status", n, 0, 0), there ? sample_status(n) : 0);
    same(isw_results_value(results, "steps_done", n, 0, 0), there ? 10.0 * (double)n : (double)NAN);
    for (size_t k = 1; k <= SAMPLE_LAYERS; k++) {
      const size_t *sizes;
      size_t layers = sample_sizes(sample, n, &sizes);
      same(isw_results_value(results, "layer_size", n, 0, k), k <= layers ? (double)sizes[k] : (double)NAN);
    }
    for (size_t r = 0; r < sample->records; r++) {
      if (sample->schedule_varies)
        same(isw_results_value(results, "step", n, r, 0), r < records ? (double)steps[r] : (double)NAN);
      for (size_t q = 0; q < SAMPLE_QUANTITIES; q++)
        for (size_t k = 1; k <= (q ? SAMPLE_LAYERS : 1); k++)
          same(isw_results_value(results, sample_quantities[q].name, n, r, k),
               r < done && k <= sample_layers(n) ? sample_value(n, q, r, k) : (double)NAN);
    }
  }
}

static void every_number_is_read_back(void **state)
{
  struct sample samples[] = {
      {.networks = 60, .identity = 0xfedcba9876543210, .records = 9, .real_bytes = 4},
      {.networks = 60, .identity = 1, .records = 9, .real_bytes = 8, .schedule_varies = true},
      {.networks = 1, .identity = 2, .records = 2, .real_bytes = 4},
      {.networks = 7, .identity = 3, .records = 1, .real_bytes = 8},
      {.networks = 5, .identity = 4, .records = 0, .real_bytes = 4},
  };
  char *path = sample_path(*state, "results.h5");
  for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
    write_sample(&samples[i], *state, path, 0, 1);
    struct isw_results *results = open_sample(path);
    check_sample(&samples[i], results, 0, 1);
    isw_results_close(results);
    unlink(path);
  }
  free(path);
}

static void missing_networks_are_fill_values(void **state)
{
  struct sample sample = {.networks = 40, .identity = 9, .records = 5, .real_bytes = 4};
  char *path = sample_path(*state, "results.h5");
  write_sample(&sample, *state, path, 3, 6);
  struct isw_results *results = open_sample(path);
  check_sample(&sample, results, 3, 6);
  isw_results_close(results);
  free(path);
}

/* Blocks, chunks and chunk edges: more networks than a chunk of one number per network holds. */
static void many_networks_are_read_back(void **state)
{
  struct sample sample = {.networks = 40001, .identity = 10, .records = 16, .real_bytes = 4};
  char *path = sample_path(*state, "results.h5");
  write_sample(&sample, *state, path, 1, 2);
  struct isw_results *results = open_sample(path);
  double *loss = calloc(sample.networks, sizeof *loss), *norm = calloc(sample.networks, sizeof *norm);
  for (size_t record = 0; record < sample.records; record += 5) {
    assert_int_equal(isw_results_column(results, "loss", 0, sample.networks, record, 0, loss, NULL), ISW_OK);
    assert_int_equal(isw_results_column(results, "gradient_norm", 0, sample.networks, record, 2, norm, NULL), ISW_OK);
    for (uint64_t n = 0; n < sample.networks; n++) {
      bool there = n % 2 == 1 && record < sample_records_done(&sample, n);
      same(loss[n], there ? sample_value(n, 0, record, 1) : (double)NAN);
      same(norm[n], there && sample_layers(n) >= 2 ? sample_value(n, 1, record, 2) : (double)NAN);
    }
  }
  free(loss);
  free(norm);
  isw_results_close(results);
  free(path);
}

static void the_head_is_read_back(void **state)
{
  struct sample sample = {.networks = 3, .identity = 11, .records = 2, .real_bytes = 4};
  char *path = sample_path(*state, "results.h5");
  write_sample(&sample, *state, path, 0, 1);
  struct isw_results *results = open_sample(path);
  assert_string_equal(isw_results_attribute(results, "Conventions"), "CF-1.10");
  assert_string_equal(isw_results_attribute(results, "title"), "sample");
  assert_string_equal(isw_results_attribute(results, "about"), "made up \xe2\x80\x94 f\xc3\xbcr tests");
  assert_string_equal(isw_results_attribute(results, "settings"), "sweep: sample\nseed: 1\n");
  assert_string_equal(isw_results_attribute(results, "precision"), "float32");
  assert_string_equal(isw_results_attribute(results, "format_version"), "1");
  assert_string_equal(isw_results_attribute(results, "provenance/hosts"), "here");
  assert_string_equal(isw_results_attribute(results, "provenance/seconds"), "1.5");
  assert_null(isw_results_attribute(results, "nothing"));
  assert_null(isw_results_attribute(results, "nothing/at/all"));
  const char *const names[] = {"init", "depth",  "learning_rate", "init_value", "features",      "layer_size",
                               "id",   "status", "steps_done",    "loss",       "gradient_norm", "distinct_units"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    const struct isw_results_dataset *dataset = isw_results_dataset(results, i);
    assert_string_equal(dataset->name, names[i]);
    assert_int_equal(dataset->coordinate, i < 4);
    assert_int_equal(dataset->text, i == 0);
    assert_int_equal(dataset->per_record, i >= 9);
    assert_int_equal(dataset->per_layer, i >= 10 || i == 5);
  }
  assert_null(isw_results_dataset(results, sizeof names / sizeof names[0]));
  isw_results_close(results);
  free(path);
}

static void questions_without_answer_are_refused(void **state)
{
  struct sample sample = {.networks = 3, .identity = 12, .records = 2, .real_bytes = 4};
  char *path = sample_path(*state, "results.h5");
  write_sample(&sample, *state, path, 0, 1);
  struct isw_results *results = open_sample(path);
  double values[4];
  assert_int_equal(isw_results_column(results, "loss", 1, 3, 0, 0, values, NULL), ISW_BAD_INPUT);
  assert_int_equal(isw_results_column(results, "loss", UINT64_MAX, 2, 0, 0, values, NULL), ISW_BAD_INPUT);
  assert_int_equal(isw_results_column(results, "loss", 0, 3, 2, 0, values, NULL), ISW_BAD_INPUT);
  assert_int_equal(isw_results_column(results, "gradient_norm", 0, 3, 0, 0, values, NULL), ISW_BAD_INPUT);
  assert_int_equal(isw_results_column(results, "gradient_norm", 0, 3, 0, 4, values, NULL), ISW_BAD_INPUT);
  assert_int_equal(isw_results_column(results, "init", 0, 3, 0, 0, values, NULL), ISW_BAD_INPUT);
  assert_int_equal(isw_results_column(results, "nothing", 0, 3, 0, 0, values, NULL), ISW_BAD_INPUT);
  same(isw_results_value(results, "loss", 3, 0, 0), (double)NAN);
  assert_null(isw_results_text(results, "init", 3));
  assert_null(isw_results_text(results, "loss", 0));
  isw_results_close(results);
  free(path);
}

/* The results file does not depend on the order of the journal, on the number of its files, or on the number of
 * threads. */
static void same_sweep_gives_the_same_bytes(void **state)
{
  struct sample sample = {.networks = 6000, .identity = 13, .records = 11, .real_bytes = 4};
  struct isw_results_head head = sample_head(&sample);
  unsigned char *bytes[2];
  size_t length[2];
  for (unsigned i = 0; i < 2; i++) {
    char *parts = sample_path(*state, i ? "b.parts" : "a.parts"), *path = sample_path(*state, i ? "b.h5" : "a.h5");
    for (unsigned rank = 0; rank < (i ? 3 : 1); rank++)
      sample_journal(&sample, parts, rank, i ? 2 - rank : 0, 6000, i ? 3 : 1);
    struct isw_index *index;
    assert_int_equal(isw_index_create(parts, 13, 6000, 4, &index, NULL), ISW_OK);
    head.threads = i ? 3 : 1;
    assert_int_equal(isw_results_write(path, &head, index, NULL), ISW_OK);
    isw_index_destroy(index);
    bytes[i] = sample_read_file(path, &length[i]);
    free(parts);
    free(path);
    sleep(1); /* creation times, if there were any, would differ */
  }
  assert_int_equal(length[0], length[1]);
  assert_memory_equal(bytes[0], bytes[1], length[0]);
  free(bytes[0]);
  free(bytes[1]);
}

/* Machines produce different NaNs; the file has only one. */
static void every_nan_has_the_same_bits(void **state)
{
  struct sample sample = {.networks = 4, .identity = 19, .records = 2, .real_bytes = 4};
  struct isw_results_head head = sample_head(&sample);
  static const uint32_t nans[] = {0x7fc00000, 0xffc00000, 0x7fc00001};
  unsigned char *bytes[3];
  size_t length[3];
  for (unsigned i = 0; i < 3; i++) {
    char *parts = sample_path(*state, "nan.parts"), *path = sample_path(*state, "nan.h5");
    struct sample_network network = sample_network(&sample, 1);
    struct isw_journal *journal;
    struct isw_index *index;
    memcpy(network.values, &nans[i], sizeof nans[i]);                     /* loss */
    memcpy(network.values + 2 * sizeof(float), &nans[i], sizeof nans[i]); /* gradient_norm */
    memcpy(network.final + 5 * sizeof(float), &nans[i], sizeof nans[i]);
    assert_int_equal(isw_journal_create(parts, 19, 0, 4, "a test", &journal, NULL), ISW_OK);
    assert_int_equal(isw_journal_append(journal, &network.finished, 1, NULL), ISW_OK);
    assert_int_equal(isw_journal_destroy(journal, NULL), ISW_OK);
    assert_int_equal(isw_index_create(parts, 19, 4, 4, &index, NULL), ISW_OK);
    assert_int_equal(isw_results_write(path, &head, index, NULL), ISW_OK);
    bytes[i] = sample_read_file(path, &length[i]);
    assert_int_equal(length[i], length[0]);
    assert_memory_equal(bytes[i], bytes[0], length[0]);
    isw_index_destroy(index);
    sample_network_free(&network);
    isw_journal_remove(parts, NULL);
    free(parts);
    free(path);
  }
  for (unsigned i = 0; i < 3; i++) free(bytes[i]);
}

/* Parameters that a small network lacks take almost no space: 200 networks beside one of 10^6 weights. */
static const size_t *wide_size(uint64_t number)
{
  static const size_t sizes[2][2] = {{2, 1}, {1000, 1000}};
  return sizes[number == 100];
}

static size_t wide_sizes(void *context, uint64_t number, const size_t **sizes)
{
  (void)context;
  *sizes = wide_size(number);
  return 1;
}

static void padding_of_weights_costs_nothing(void **state)
{
  struct sample sample = {.networks = 200, .identity = 14, .records = 1, .real_bytes = 4};
  struct isw_results_head head = sample_head(&sample);
  char *parts = sample_path(*state, "wide.parts"), *path = sample_path(*state, "wide.h5");
  head.parameters_max = 1001000;
  head.sizes = wide_sizes;
  head.quantity_count = 1;
  struct isw_journal *journal;
  assert_int_equal(isw_journal_create(parts, 14, 0, 4, "a test", &journal, NULL), ISW_OK);
  float *weights = calloc(1001000, sizeof *weights), loss = 1;
  for (uint64_t n = 0; n < 200; n++) {
    struct isw_finished finished = {.number = n,
                                    .id = ~n,
                                    .status = 1,
                                    .records = 1,
                                    .records_done = 1,
                                    .layers = 1,
                                    .parameters = n == 100 ? 1001000 : 3,
                                    .values = &loss,
                                    .values_bytes = 4,
                                    .weights_initial = weights,
                                    .weights_final = weights};
    assert_int_equal(isw_journal_append(journal, &finished, 1, NULL), ISW_OK);
  }
  free(weights);
  assert_int_equal(isw_journal_destroy(journal, NULL), ISW_OK);
  struct isw_index *index;
  assert_int_equal(isw_index_create(parts, 14, 200, 4, &index, NULL), ISW_OK);
  assert_int_equal(isw_results_write(path, &head, index, NULL), ISW_OK);
  isw_index_destroy(index);
  struct stat about;
  assert_int_equal(stat(path, &about), 0);
  assert_true(about.st_size < 400000); /* 1.6 GB if every number were stored */
  free(parts);
  free(path);
}

/* A maker of another process: it gets the state of the hashes from the one before, and passes it on. */
static void parts_from_several_makers_are_the_same_file(void **state)
{
  struct sample sample = {.networks = 3, .identity = 19, .records = 4, .real_bytes = 4};
  char *parts = sample_path(*state, "makers.parts"), *path = sample_path(*state, "makers.h5");
  char *whole = sample_path(*state, "whole.h5");
  struct isw_results_head head = sample_head(&sample);
  struct isw_index *index;
  struct isw_results_writer *writer;
  struct isw_part_maker *maker[2];
  struct isw_error error = {0};
  sample_journal(&sample, parts, 0, 0, 3, 1);
  assert_int_equal(isw_index_create(parts, 19, 3, 4, &index, NULL), ISW_OK);
  assert_int_equal(isw_results_write(whole, &head, index, NULL), ISW_OK);
  assert_int_equal(isw_results_writer_create(path, &head, &writer, &error), ISW_OK);
  for (size_t i = 0; i < 2; i++) assert_int_equal(isw_part_maker_create(path, &head, &maker[i], &error), ISW_OK);
  assert_int_equal(isw_parts_count(maker[0]), 2);
  for (uint64_t number = 0; number < 2; number++) {
    const struct isw_part part = isw_parts_get(maker[number], number);
    assert_int_equal(part.kind, number == 0 ? ISW_PART_WEIGHTS : ISW_PART_NUMBERS);
    assert_int_equal(part.first, 0);
    assert_int_equal(part.networks, 3);
    size_t bytes;
    unsigned char *states = isw_results_writer_hashes(writer, part.kind, &bytes);
    assert_true(bytes >= 2 * ISW_DIGEST_STATE_BYTES && bytes % ISW_DIGEST_STATE_BYTES == 0);
    assert_int_equal(isw_part_make(maker[number], number, index, isw_results_writer_put, writer, &error), ISW_OK);
    isw_part_hash(maker[number], number, states);
  }
  for (size_t i = 0; i < 2; i++) isw_part_maker_destroy(maker[i]);
  assert_int_equal(isw_results_writer_complete(writer, &error), ISW_OK);
  isw_index_destroy(index);
  char *contents[2];
  size_t length[2];
  assert_int_equal(isw_file_read(path, 1 << 20, ISW_REGULAR_FILE, &contents[0], &length[0], &error), ISW_OK);
  assert_int_equal(isw_file_read(whole, 1 << 20, ISW_REGULAR_FILE, &contents[1], &length[1], &error), ISW_OK);
  assert_int_equal(length[0], length[1]);
  assert_memory_equal(contents[0], contents[1], length[0]);
  for (size_t i = 0; i < 2; i++) free(contents[i]);
  free(whole);
  free(parts);
  free(path);
}

/* A journal that does not match the sweep is an error and leaves no file. */
static void misfits_are_refused_and_leave_nothing(void **state)
{
  struct sample sample = {.networks = 6, .identity = 15, .records = 4, .real_bytes = 4};
  char *parts = sample_path(*state, "misfit.parts"), *path = sample_path(*state, "misfit.h5");
  sample_journal(&sample, parts, 0, 0, 6, 1);
  for (unsigned i = 0; i < 8; i++) {
    struct isw_results_head head = sample_head(&sample);
    struct isw_quantity quantities[5];
    struct isw_coordinate coordinates[4];
    memcpy(quantities, sample_quantities, sizeof sample_quantities);
    quantities[3] = (struct isw_quantity){"more", "more", "1", false, false, false, false, NULL, 0, false};
    memcpy(coordinates, sample_coordinates, sizeof coordinates);
    head.quantities = quantities;
    head.coordinates = coordinates;
    if (i == 0) head.records_max = 3;
    if (i == 1) head.layers_max = 2;
    if (i == 2) head.parameters_max = 24;
    if (i == 3) head.quantity_count = 2;
    if (i == 4) head.quantity_count = 4;
    if (i == 5) quantities[2].name = "loss";
    if (i == 6) coordinates[1].name = "status";
    if (i == 7) coordinates[0].text_count = 2;
    struct isw_index *index;
    struct isw_error error = {0};
    assert_int_equal(isw_index_create(parts, 15, 6, 4, &index, NULL), ISW_OK);
    assert_int_equal(isw_results_write(path, &head, index, &error), ISW_FAILED);
    assert_non_null(strstr(isw_error_text(&error), path));
    isw_error_clear(&error);
    isw_index_destroy(index);
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(count_temporaries(*state), 0);
  }
  free(parts);
  free(path);
}

/* The limit on a file's size represents a full disk, at every size that the file goes through: an error with the
 * system's reason, no file, an earlier file unchanged, and the next write succeeds. */
static void full_disk_leaves_the_earlier_file(void **state)
{
  struct sample sample = {.networks = 300, .identity = 16, .records = 12, .real_bytes = 8};
  char *path = sample_path(*state, "results.h5");
  char *parts = sample_path(*state, "sample.parts");
  write_sample(&sample, *state, path, 0, 1);
  size_t length, now;
  unsigned char *bytes = sample_read_file(path, &length);
  sample_journal(&sample, parts, 0, 0, 300, 1);
  struct isw_index *index;
  assert_int_equal(isw_index_create(parts, 16, 300, 8, &index, NULL), ISW_OK);
  struct isw_results_head head = sample_head(&sample);
  struct rlimit before, limit;
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
  void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
  for (size_t most = 0; most < length; most += length / 40) {
    struct isw_error error = {0};
    limit = before;
    limit.rlim_cur = most;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    enum isw_status status = isw_results_write(path, &head, index, &error);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(status, ISW_FAILED);
    if (!strstr(isw_error_text(&error), strerror(EFBIG))) fail_msg("%zu: %s", most, isw_error_text(&error));
    isw_error_clear(&error);
    assert_int_equal(count_temporaries(*state), 0);
    unsigned char *still = sample_read_file(path, &now);
    assert_int_equal(now, length);
    assert_memory_equal(still, bytes, length);
    free(still);
  }
  signal(SIGXFSZ, handler);
  assert_int_equal(isw_results_write(path, &head, index, NULL), ISW_OK);
  isw_index_destroy(index);
  struct isw_results *results = open_sample(path);
  check_sample(&sample, results, 0, 1);
  isw_results_close(results);
  free(bytes);
  free(parts);
  free(path);
}

enum foreign { OTHER_SWEEP, TEXT, FOLDER, FIFO, LINK_TO_NOTHING, FOREIGN };

static void make_foreign(enum foreign foreign, const char *folder, const char *path)
{
  struct sample other = {.networks = 3, .identity = 20, .records = 2, .real_bytes = 4};
  if (foreign == OTHER_SWEEP) write_sample(&other, folder, path, 0, 1);
  if (foreign == FOLDER) assert_int_equal(mkdir(path, 0777), 0);
  if (foreign == FIFO) assert_int_equal(mkfifo(path, 0666), 0);
  if (foreign == LINK_TO_NOTHING) assert_int_equal(symlink("nothing", path), 0);
  if (foreign != TEXT) return;
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  fputs("words", file);
  assert_int_equal(fclose(file), 0);
}

/* A file that appears at the path after the first networks have been written. */
static struct appearance {
  const char *folder, *path;
  enum foreign foreign;
  struct stat about;
} appearance;

static void let_it_appear(void *context, uint64_t written)
{
  (void)context; /* is the sample's */
  (void)written;
  remove(appearance.path);
  make_foreign(appearance.foreign, appearance.folder, appearance.path);
  assert_int_equal(lstat(appearance.path, &appearance.about), 0);
}

static void nothing_is_written(void *context, uint64_t written)
{
  (void)context;
  fail_msg("%llu networks are written", (unsigned long long)written);
}

static void check_untouched(void)
{
  struct stat now;
  assert_int_equal(lstat(appearance.path, &now), 0);
  assert_int_equal(now.st_ino, appearance.about.st_ino);
  assert_int_equal(now.st_size, appearance.about.st_size);
  assert_int_equal(now.st_mode, appearance.about.st_mode);
  assert_int_equal(count_temporaries(appearance.folder), 0);
}

/* Before the writing, and while there is a file of the same sweep or none. */
static void what_is_not_of_the_sweep_is_not_replaced(void **state)
{
  struct sample sample = {.networks = 6, .identity = 19, .records = 4, .real_bytes = 4};
  char *parts = sample_path(*state, "s.parts"), *path = sample_path(*state, "s.h5");
  struct isw_index *index;
  appearance = (struct appearance){.folder = *state, .path = path};
  sample_journal(&sample, parts, 0, 0, 6, 1);
  assert_int_equal(isw_index_create(parts, 19, 6, 4, &index, NULL), ISW_OK);
  for (enum foreign foreign = OTHER_SWEEP; foreign < FOREIGN; foreign++)
    for (int when = 0; when < 3; when++) {
      struct isw_results_head head = sample_head(&sample);
      struct isw_error error = {0};
      appearance.foreign = foreign;
      if (when == 0) let_it_appear(NULL, 0);
      if (when == 2) assert_int_equal(isw_results_write(path, &head, index, NULL), ISW_OK);
      head.progress = when > 0 ? let_it_appear : nothing_is_written;
      assert_int_equal(isw_results_write(path, &head, index, &error), ISW_BAD_INPUT);
      assert_non_null(strstr(isw_error_text(&error), path));
      isw_error_clear(&error);
      check_untouched();
      assert_int_equal(remove(path), 0);
    }
  isw_index_destroy(index);
  free(parts);
  free(path);
}

static void the_smaller_sweep_that_is_extended_is_replaced(void **state)
{
  struct sample sample = {.networks = 6, .identity = 19, .records = 4, .real_bytes = 4};
  char *parts = sample_path(*state, "s.parts"), *path = sample_path(*state, "s.h5");
  struct isw_results_head head = sample_head(&sample);
  struct isw_index *index;
  make_foreign(OTHER_SWEEP, *state, path);
  sample_journal(&sample, parts, 0, 0, 6, 1);
  assert_int_equal(isw_index_create(parts, 19, 6, 4, &index, NULL), ISW_OK);
  head.replaces = 21;
  assert_int_equal(isw_results_write(path, &head, index, NULL), ISW_BAD_INPUT);
  head.replaces = 20;
  assert_int_equal(isw_results_write(path, &head, index, NULL), ISW_OK);
  struct isw_results *results = open_sample(path);
  assert_int_equal(isw_results_identity(results), 19);
  isw_results_close(results);
  isw_index_destroy(index);
  free(parts);
  free(path);
}

static void folder_that_is_not_there_is_an_error(void **state)
{
  struct sample sample = {.networks = 1, .identity = 17, .records = 1, .real_bytes = 4};
  struct isw_results_head head = sample_head(&sample);
  char *path = sample_path(*state, "none/results.h5");
  struct isw_index *index;
  struct isw_error error = {0};
  assert_int_equal(isw_index_create(*state, 17, 1, 4, &index, NULL), ISW_OK);
  assert_int_equal(isw_results_write(path, &head, index, &error), ISW_FAILED);
  assert_non_null(strstr(isw_error_text(&error), strerror(ENOENT)));
  isw_error_clear(&error);
  isw_index_destroy(index);
  free(path);
}

static void files_that_are_none_are_refused(void **state)
{
  struct sample sample = {.networks = 20, .identity = 18, .records = 3, .real_bytes = 4};
  char *path = sample_path(*state, "results.h5"), *other = sample_path(*state, "other.h5");
  write_sample(&sample, *state, path, 0, 1);
  size_t length;
  unsigned char *bytes = sample_read_file(path, &length);
  struct isw_results *results;
  struct isw_error error = {0};
  assert_int_equal(isw_results_open(other, &results, &error), ISW_BAD_INPUT);
  assert_non_null(strstr(isw_error_text(&error), strerror(ENOENT)));
  assert_int_equal(isw_results_open(*state, &results, &error), ISW_BAD_INPUT);
  for (size_t cut = 0; cut < length; cut += 997) {
    sample_write_file(other, bytes, cut);
    assert_int_equal(isw_results_open(other, &results, &error), ISW_BAD_INPUT);
    assert_null(results);
  }
  sample_write_file(other, (const unsigned char *)"sweep: text\n", 12);
  assert_int_equal(isw_results_open(other, &results, &error), ISW_BAD_INPUT);
  isw_error_clear(&error);
  free(bytes);
  free(other);
  free(path);
}

/* Adds a line to a text. */
static void keep_line(void *context, const char *line)
{
  assert_int_equal(isw_text_add(context, "%s\n", line), ISW_OK);
}

/* The lines that the comparison of a file with a head reports; the caller releases them with free(). */
static char *differences_of(const char *path, const struct isw_results_head *head, uint64_t expected)
{
  struct isw_results *results = open_sample(path);
  struct isw_text lines = {0};
  struct isw_error error = {0};
  uint64_t differences = 99;
  if (isw_results_check(results, head, keep_line, &lines, &differences, &error) != ISW_OK)
    fail_msg("%s", isw_error_text(&error));
  isw_results_close(results);
  if (differences != expected) fail_msg("%s", lines.bytes ? lines.bytes : "no difference");
  return lines.bytes;
}

static void a_file_is_what_its_head_says(void **state)
{
  struct sample samples[] = {
      {.networks = 60, .identity = 0xfedcba9876543210, .records = 9, .real_bytes = 4},
      {.networks = 60, .identity = 1, .records = 9, .real_bytes = 8, .schedule_varies = true},
      {.networks = 5, .identity = 4, .records = 0, .real_bytes = 4},
      {.networks = 40001, .identity = 10, .records = 16, .real_bytes = 4, .schedule_varies = true}, /* several blocks */
  };
  char *path = sample_path(*state, "results.h5");
  for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++)
    for (uint64_t stride = 1; stride <= 3; stride += 2) {
      struct isw_results_head head = sample_head(&samples[i]);
      write_sample(&samples[i], *state, path, 0, stride);
      free(differences_of(path, &head, 0));
      unlink(path);
    }
  free(path);
}

static uint64_t another_last_id(void *context, uint64_t number)
{
  const struct sample *sample = context;
  return number == sample->networks - 1 ? 5 : ~number;
}

static void what_differs_from_the_head_is_named(void **state)
{
  struct sample sample = {.networks = 40001, .identity = 10, .records = 16, .real_bytes = 4, .schedule_varies = true};
  struct isw_results_head head = sample_head(&sample), wide = head, longer = head;
  char *path = sample_path(*state, "results.h5");
  write_sample(&sample, *state, path, 1, 2);
  head.about = "made up\nof two lines";
  head.settings = "sweep: sample\nseed: 2\n";
  head.id = another_last_id;
  char *lines = differences_of(path, &head, 3);
  assert_string_equal(lines,
                      "attribute 'about': 'made up \xe2\x80\x94 f\xc3\xbcr tests' in the file, 'made up' expected\n"
                      "attribute 'settings': 'seed: 1' in the file, 'seed: 2' expected\n"
                      "dataset 'id': 1 of 40001 differ, the first at network 40000: ffffffffffff63bf in the "
                      "file, 0000000000000005 expected\n");
  free(lines);
  wide.real_bytes = 8;
  lines = differences_of(path, &wide, 1 + 2 + 2); /* precision, loss, gradient_norm, and both weights */
  assert_non_null(strstr(lines, "attribute 'precision': 'float32' in the file, 'float64' expected\n"));
  assert_non_null(strstr(lines, "dataset 'loss': the type of its values is not the expected one\n"));
  free(lines);
  longer.layers_max = 4;
  lines = differences_of(path, &longer, 4); /* layer, layer_size, gradient_norm, distinct_units */
  assert_non_null(strstr(lines, "dataset 'layer_size': its shape is not the expected one\n"));
  free(lines);
  free(path);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, sample_folder_make, sample_folder_remove)
int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(every_number_is_read_back),
      TEST(missing_networks_are_fill_values),
      TEST(many_networks_are_read_back),
      TEST(the_head_is_read_back),
      TEST(questions_without_answer_are_refused),
      TEST(same_sweep_gives_the_same_bytes),
      TEST(every_nan_has_the_same_bits),
      TEST(padding_of_weights_costs_nothing),
      TEST(parts_from_several_makers_are_the_same_file),
      TEST(misfits_are_refused_and_leave_nothing),
      TEST(full_disk_leaves_the_earlier_file),
      TEST(what_is_not_of_the_sweep_is_not_replaced),
      TEST(the_smaller_sweep_that_is_extended_is_replaced),
      TEST(folder_that_is_not_there_is_an_error),
      TEST(files_that_are_none_are_refused),
      TEST(a_file_is_what_its_head_says),
      TEST(what_differs_from_the_head_is_named),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
