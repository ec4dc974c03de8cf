/** @file A made-up sweep for the tests of the results room: every number follows from the network's number. */
#ifndef RESULTS_SAMPLE_H
#define RESULTS_SAMPLE_H
#include "initsweep/results.h"
#include <math.h>
#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SAMPLE_LAYERS = 3, SAMPLE_QUANTITIES = 3 };

/** Shape of the made-up sweep. */
struct sample {
  uint64_t networks, identity;
  size_t records, real_bytes;
  bool schedule_varies;
};

/** A network's numbers, for isw_journal_append. */
struct sample_network {
  struct isw_finished finished;
  unsigned char *values, *initial, *final;
};

/* depth goes 0, 1, 2: weight layers 1 to 3 of 2 inputs, 3 units, 1 output */
static inline size_t sample_layers(uint64_t number)
{
  return 1 + number % SAMPLE_LAYERS;
}

static inline uint64_t sample_parameters(uint64_t number)
{
  static const uint64_t parameters[SAMPLE_LAYERS] = {3, 9 + 4, 9 + 12 + 4};
  return parameters[number % SAMPLE_LAYERS];
}

static inline size_t sample_records(const struct sample *sample, uint64_t number)
{
  return sample->schedule_varies && sample->records > 1 ? sample->records - number % 2 : sample->records;
}

static inline uint8_t sample_status(uint64_t number)
{
  return (uint8_t)(number % 5 == 4 ? 3 : number % 7 == 6 ? 2 : 1);
}

/* A network that did not complete has half its records. */
static inline size_t sample_records_done(const struct sample *sample, uint64_t number)
{
  size_t records = sample_records(sample, number);
  return sample_status(number) == 1 ? records : (records + 1) / 2;
}

/** A value of a quantity (0 loss, 1 gradient_norm per layer, 2 distinct_units per layer, integer). */
static inline double sample_value(uint64_t number, size_t quantity, size_t record, size_t layer)
{
  if (quantity == 2) return (double)((number + record + layer) % 4);
  return (double)(float)(1.0 /
                         (1.0 + (double)number + 0.125 * (double)record + 3.0 * (double)layer + (double)quantity));
}

static inline double sample_weight(uint64_t number, bool final, uint64_t parameter)
{
  return (double)(float)sin((double)number + 0.37 * (double)parameter + (final ? 1.0 : 0.0));
}

static inline void put_real(unsigned char **to, size_t real_bytes, double value)
{
  float narrow = (float)value;
  memcpy(*to, real_bytes == sizeof value ? (const void *)&value : (const void *)&narrow, real_bytes);
  *to += real_bytes;
}

static inline struct sample_network sample_network(const struct sample *sample, uint64_t number)
{
  size_t records = sample_records(sample, number), layers = sample_layers(number), real = sample->real_bytes;
  size_t bytes = records * (real + layers * real + layers * sizeof(int32_t));
  uint64_t parameters = sample_parameters(number);
  struct sample_network network = {
      .values = malloc(bytes + 1), .initial = malloc(parameters * real), .final = malloc(parameters * real)};
  unsigned char *to = network.values;
  for (size_t r = 0; r < records; r++) put_real(&to, real, sample_value(number, 0, r, 1));
  for (size_t r = 0; r < records; r++)
    for (size_t k = 1; k <= layers; k++) put_real(&to, real, sample_value(number, 1, r, k));
  for (size_t r = 0; r < records; r++)
    for (size_t k = 1; k <= layers; k++) {
      int32_t value = (int32_t)sample_value(number, 2, r, k);
      memcpy(to, &value, sizeof value);
      to += sizeof value;
    }
  unsigned char *initial = network.initial, *final = network.final;
  for (uint64_t p = 0; p < parameters; p++) put_real(&initial, real, sample_weight(number, false, p));
  for (uint64_t p = 0; p < parameters; p++) put_real(&final, real, sample_weight(number, true, p));
  network.finished = (struct isw_finished){
      .number = number,
      .id = ~number,
      .status = sample_status(number),
      .steps_done = 10 * number,
      .records = (uint32_t)records,
      .records_done = (uint32_t)sample_records_done(sample, number),
      .layers = (uint32_t)layers,
      .parameters = parameters,
      .values = network.values,
      .values_bytes = bytes,
      .weights_initial = network.initial,
      .weights_final = network.final,
  };
  return network;
}

static inline void sample_network_free(struct sample_network *network)
{
  free(network->values);
  free(network->initial);
  free(network->final);
}

/** Appends networks first, first + stride, ... below end to a new journal file of a rank. */
static inline void sample_journal(const struct sample *sample, const char *folder, unsigned rank, uint64_t first,
                                  uint64_t end, uint64_t stride)
{
  struct isw_error error = {0};
  struct isw_journal *journal;
  if (isw_journal_create(folder, sample->identity, rank, sample->real_bytes, "a test", &journal, &error) != ISW_OK)
    fail_msg("%s", isw_error_text(&error));
  for (uint64_t number = first; number < end; number += stride) {
    struct sample_network network = sample_network(sample, number);
    assert_int_equal(isw_journal_append(journal, &network.finished, 1, &error), ISW_OK);
    sample_network_free(&network);
  }
  assert_int_equal(isw_journal_destroy(journal, &error), ISW_OK);
}

/** Whether what was read is the network's own, to the bit. */
static inline bool sample_equal(const struct sample *sample, const struct isw_finished *read)
{
  struct sample_network network = sample_network(sample, read->number);
  const struct isw_finished *made = &network.finished;
  size_t weights = made->parameters * sample->real_bytes;
  bool equal = read->id == made->id && read->status == made->status && read->steps_done == made->steps_done &&
               read->records == made->records && read->records_done == made->records_done &&
               read->layers == made->layers && read->parameters == made->parameters &&
               read->values_bytes == made->values_bytes &&
               memcmp(read->values, made->values, made->values_bytes) == 0 &&
               memcmp(read->weights_initial, made->weights_initial, weights) == 0 &&
               memcmp(read->weights_final, made->weights_final, weights) == 0;
  sample_network_free(&network);
  return equal;
}

/* ---- the head ---------------------------------------------------------------------------------------------------- */

static const char *const sample_inits[] = {"zeros", "gl\xc3\xb6rot", "he_normal"};
static const struct isw_coordinate sample_coordinates[] = {
    {"init", "initialiser", "network.init", ISW_COLUMN_TEXT, sample_inits, 3},
    {"depth", "hidden layers", "network.depth", ISW_COLUMN_INTEGER, NULL, 0},
    {"learning_rate", "learning rate", "train.learning_rate", ISW_COLUMN_NUMBER, NULL, 0},
    {"init_value", "parameter value of init", "network.init", ISW_COLUMN_INTEGER, NULL, 0},
};
static const struct isw_quantity sample_quantities[SAMPLE_QUANTITIES] = {
    {"loss", "loss of the training set", "1", false, false, false, false, NULL, 0, false},
    {"gradient_norm", "L2 norm of the weights' gradient", "1", true, false, false, false, NULL, 0, false},
    {"distinct_units", "different units", "1", true, true, false, false, NULL, 0, false},
};

/* init varies slowest; only the second initialiser has the number init_value */
static inline double sample_coordinate(void *context, size_t coordinate, uint64_t number)
{
  const struct sample *sample = context;
  uint64_t init = number * 3 / sample->networks;
  if (coordinate == 0) return (double)init;
  if (coordinate == 1) return (double)(number % SAMPLE_LAYERS);
  if (coordinate == 2) return 0.01 * (double)(1 + number % 4);
  return init == 1 ? 5.0 : (double)NAN;
}

static inline uint64_t sample_id(void *context, uint64_t number)
{
  (void)context;
  return ~number;
}

static inline size_t sample_schedule(void *context, uint64_t number, const uint64_t **steps)
{
  static const uint64_t schedule[] = {0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000};
  *steps = schedule;
  return sample_records(context, number);
}

static inline size_t sample_sizes(void *context, uint64_t number, const size_t **sizes)
{
  static const size_t all[SAMPLE_LAYERS][SAMPLE_LAYERS + 1] = {{2, 1}, {2, 3, 1}, {2, 3, 3, 1}};
  (void)context;
  *sizes = all[number % SAMPLE_LAYERS];
  return sample_layers(number);
}

static inline struct isw_results_head sample_head(struct sample *sample)
{
  static const struct isw_provenance provenance[] = {{"hosts", "here", 0}, {"seconds", NULL, 1.5}};
  return (struct isw_results_head){
      .title = "sample",
      .about = "made up \xe2\x80\x94 f\xc3\xbcr tests",
      .sweep_text = "sweep: sample\n",
      .settings = "sweep: sample\nseed: 1\n",
      .identity = sample->identity,
      .networks = sample->networks,
      .records_max = sample->records,
      .layers_max = SAMPLE_LAYERS,
      .parameters_max = 25,
      .real_bytes = sample->real_bytes,
      .keep_initial = true,
      .keep_final = true,
      .quantity_count = SAMPLE_QUANTITIES,
      .quantities = sample_quantities,
      .coordinate_count = sizeof sample_coordinates / sizeof sample_coordinates[0],
      .coordinates = sample_coordinates,
      .context = sample,
      .coordinate = sample_coordinate,
      .id = sample_id,
      .schedule = sample_schedule,
      .schedule_varies = sample->schedule_varies,
      .sizes = sample_sizes,
      .provenance_count = 2,
      .provenance = provenance,
  };
}

/* ---- folders and files ------------------------------------------------------------------------------------------- */

/** A new folder as the test's state; sample_folder_remove empties and removes it (one level of folders). */
static inline int sample_folder_make(void **state)
{
  char *folder = isw_copy_text("/tmp/initsweep-results-XXXXXX");
  *state = folder;
  return folder && mkdtemp(folder) ? 0 : -1;
}

static inline char *sample_path(const char *folder, const char *name)
{
  struct isw_text path = {0};
  assert_int_equal(isw_text_add(&path, "%s/%s", folder, name), ISW_OK);
  return path.bytes;
}

static inline void sample_folder_empty(const char *folder)
{
  DIR *listing = opendir(folder);
  for (struct dirent *file; listing && (file = readdir(listing));) {
    if (file->d_name[0] == '.') continue;
    char *path = sample_path(folder, file->d_name);
    if (unlink(path) != 0) {
      sample_folder_empty(path);
      rmdir(path);
    }
    free(path);
  }
  if (listing) closedir(listing);
}

static inline int sample_folder_remove(void **state)
{
  sample_folder_empty(*state);
  rmdir(*state);
  free(*state);
  return 0;
}

/** A whole file; the caller frees it. */
static inline unsigned char *sample_read_file(const char *path, size_t *length)
{
  FILE *file = fopen(path, "rb");
  assert_non_null(file);
  fseek(file, 0, SEEK_END);
  *length = (size_t)ftell(file);
  rewind(file);
  unsigned char *bytes = malloc(*length + 1);
  assert_non_null(bytes);
  assert_int_equal(fread(bytes, 1, *length, file), *length);
  fclose(file);
  return bytes;
}

static inline void sample_write_file(const char *path, const unsigned char *bytes, size_t length)
{
  FILE *file = fopen(path, "wb");
  assert_non_null(file);
  assert_int_equal(fwrite(bytes, 1, length, file), length);
  fclose(file);
}
#endif
