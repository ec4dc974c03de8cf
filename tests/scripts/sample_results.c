/* Writes a results file of made-up networks through the results room, for the tests of the scripts.
 *
 *   sample_results FILE [holes] [repeated] [varying] [float64] [replicates=N]
 *
 * A grid of init x activation x depth x replicate. holes: every seventh network is missing. repeated: the second half
 * of the replicates names the first half again. varying: the schedule differs between networks. */
#include "initsweep/results.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INITS = 5, ACTIVATIONS = 4, DEPTHS = 3, LAYERS = 4, RECORDS = 24, FEATURES = 4, WIDTH = 3, OUTPUTS = 2 };
static const char *const inits[INITS] = {"zeros", "constant", "normal", "glorot_uniform", "he_normal"};
static const char *const activations[ACTIVATIONS] = {"sigmoid", "tanh", "relu", "leaky_relu"};
static const int depths[DEPTHS] = {1, 2, 3};

struct grid {
  uint64_t replicates, networks;
  bool holes, repeated, varying;
  size_t real_bytes;
  uint64_t steps[2][RECORDS];
};

struct point {
  size_t init, activation, depth;
  uint64_t replicate;
};

static struct point point_of(const struct grid *grid, uint64_t number)
{
  uint64_t rest = number / grid->replicates;
  return (struct point){rest / DEPTHS / ACTIVATIONS, rest / DEPTHS % ACTIVATIONS, rest % DEPTHS,
                        number % grid->replicates};
}

static double coordinate(void *context, size_t column, uint64_t number)
{
  const struct grid *grid = context;
  struct point at = point_of(grid, number);
  switch (column) {
  case 0: return (double)at.init;
  case 1: return at.init == 1 ? 0.1 : (double)NAN;
  case 2: return (double)at.activation;
  case 3: return depths[at.depth];
  case 4: return WIDTH;
  case 5: return 0.05;
  default: return (double)(grid->repeated ? at.replicate % (grid->replicates / 2) : at.replicate);
  }
}

static uint64_t id(void *context, uint64_t number)
{
  (void)context;
  return (number + 1) * UINT64_C(0x9e3779b97f4a7c15);
}

static size_t schedule(void *context, uint64_t number, const uint64_t **steps)
{
  struct grid *grid = context;
  size_t shorter = grid->varying && number % 2;
  *steps = grid->steps[shorter];
  return RECORDS - shorter * 4;
}

static size_t sizes(void *context, uint64_t number, const size_t **sizes)
{
  static const size_t all[DEPTHS][LAYERS + 1] = {
      {FEATURES, WIDTH, OUTPUTS}, {FEATURES, WIDTH, WIDTH, OUTPUTS}, {FEATURES, WIDTH, WIDTH, WIDTH, OUTPUTS}};
  *sizes = all[point_of(context, number).depth];
  return 2 + point_of(context, number).depth;
}

static uint64_t parameters(uint64_t depth)
{
  return (FEATURES + 1) * WIDTH + (depth - 1) * (WIDTH + 1) * WIDTH + (WIDTH + 1) * OUTPUTS;
}

/* A number in 0..1 that looks random. */
static double noise(uint64_t a, uint64_t b)
{
  uint64_t x = (a * UINT64_C(0x9e3779b97f4a7c15)) ^ (b * UINT64_C(0xbf58476d1ce4e5b9));
  x = (x ^ x >> 31) * UINT64_C(0x94d049bb133111eb);
  return (double)((x ^ x >> 29) >> 11) * 0x1p-53;
}

static void put(unsigned char **to, size_t real_bytes, double value)
{
  float narrow = (float)value;
  memcpy(*to, real_bytes == sizeof value ? (const void *)&value : (const void *)&narrow, real_bytes);
  *to += real_bytes;
}

static bool append(struct grid *grid, struct isw_journal *journal, uint64_t number, struct isw_error *error)
{
  static const double speed[INITS][ACTIVATIONS] = {
      {0, 0, 0, 0}, {0.05, 0.1, 0.12, 0.12}, {0.1, 0.5, 0.4, 0.45}, {0.15, 0.9, 0.7, 0.75}, {0.2, 0.8, 1.0, 1.05}};
  unsigned char values[8192], weights[2][1024], *to = values;
  struct point at = point_of(grid, number);
  const uint64_t *steps;
  size_t records = schedule(grid, number, &steps), layers = 2 + at.depth, real = grid->real_bytes;
  uint64_t key = grid->repeated ? number % (grid->replicates / 2) : number;
  bool diverged = at.init >= 2 && at.activation >= 2 && noise(key, 1) < 0.12 * (double)depths[at.depth];
  size_t done = diverged ? records / 2 : records;
  double rate = speed[at.init][at.activation] / pow(3.0, (double)at.depth) * (0.6 + 0.8 * noise(key, 2));
  for (size_t r = 0; r < records; r++)
    put(&to, real, 2.3 * exp(-rate * pow((double)steps[r], 0.7)) + 0.01 * noise(key, 100 + r));
  for (size_t r = 0; r < records; r++) put(&to, real, 0.1 + 0.87 * (1 - exp(-rate * pow((double)steps[r], 0.7))));
  for (size_t r = 0; r < records; r++)
    for (size_t k = 1; k <= layers; k++) put(&to, real, rate / (double)(k + r + 1));
  for (size_t r = 0; r < records; r++)
    for (size_t k = 1; k <= layers; k++) {
      int32_t units = at.init < 2 ? 1 : k == layers ? OUTPUTS : WIDTH;
      memcpy(to, &units, sizeof units);
      to += sizeof units;
    }
  uint64_t count = parameters((uint64_t)depths[at.depth]);
  for (size_t final = 0; final < 2; final++) {
    unsigned char *weight = weights[final];
    for (uint64_t p = 0; p < count; p++) put(&weight, real, (double)p + 1000.0 * (double) final);
  }
  struct isw_finished finished = {.number = number,
                                  .id = id(grid, number),
                                  .status = diverged ? 3 : 1,
                                  .steps_done = diverged ? steps[done] - 1 : steps[records - 1],
                                  .records = (uint32_t)records,
                                  .records_done = (uint32_t)done,
                                  .layers = (uint32_t)layers,
                                  .parameters = count,
                                  .values = values,
                                  .values_bytes = (size_t)(to - values),
                                  .weights_initial = weights[0],
                                  .weights_final = weights[1]};
  return isw_journal_append(journal, &finished, 1, error) == ISW_OK;
}

static bool write_results(struct grid *grid, const char *path, const char *parts, struct isw_error *error)
{
  static const struct isw_coordinate coordinates[] = {
      {"init", "initialiser", "network.init", 2, inits, INITS},
      {"init_value", "value of init", "network.init", 1, NULL, 0},
      {"activation", "activation of hidden layers", "network.activation", 2, activations, ACTIVATIONS},
      {"depth", "hidden layers", "network.depth", 0, NULL, 0},
      {"width", "units of hidden layers", "network.width", 0, NULL, 0},
      {"learning_rate", "learning rate", "train.learning_rate", 1, NULL, 0},
      {"replicate", "index of a random repetition", "replicate", 0, NULL, 0},
  };
  static const struct isw_quantity quantities[] = {
      {"loss", "loss of the training set", "1", false, false, false, false, NULL, 0, false},
      {"accuracy", "accuracy of the training set", "1", false, false, false, false, NULL, 0, false},
      {"gradient_norm", "L2 norm of the weights' gradient", "1", true, false, false, false, NULL, 0, false},
      {"distinct_units", "different units of the layer", "1", true, true, false, false, NULL, 0, false},
  };
  static const struct isw_provenance provenance[] = {{"hosts", "nowhere", 0}, {"ranks", NULL, 2}};
  struct isw_results_head head = {
      .title = "made-up networks",
      .about = "Numbers that look like training, for tests",
      .sweep_text = "sweep: made-up networks\n",
      .settings = "sweep: made-up networks\n",
      .identity = 0xabcdef,
      .networks = grid->networks,
      .records_max = RECORDS,
      .layers_max = LAYERS,
      .parameters_max = parameters(3),
      .real_bytes = grid->real_bytes,
      .keep_initial = true,
      .keep_final = true,
      .quantity_count = sizeof quantities / sizeof quantities[0],
      .quantities = quantities,
      .coordinate_count = sizeof coordinates / sizeof coordinates[0],
      .coordinates = coordinates,
      .context = grid,
      .coordinate = coordinate,
      .id = id,
      .schedule = schedule,
      .schedule_varies = grid->varying,
      .sizes = sizes,
      .provenance_count = 2,
      .provenance = provenance,
  };
  struct isw_journal *journal;
  struct isw_index *index;
  if (isw_journal_create(parts, head.identity, 0, head.real_bytes, "a test", &journal, error) != ISW_OK) return false;
  bool good = true;
  for (uint64_t number = 0; number < grid->networks && good; number++)
    if (!grid->holes || number % 7 != 3) good = append(grid, journal, number, error);
  good = isw_journal_destroy(journal, error) == ISW_OK && good;
  if (!good || isw_index_create(parts, head.identity, head.networks, head.real_bytes, &index, error) != ISW_OK)
    return false;
  good = isw_results_write(path, &head, index, error) == ISW_OK;
  isw_index_destroy(index);
  return good && isw_journal_remove(parts, error) == ISW_OK;
}

int main(int argc, char **argv)
{
  struct grid grid = {.replicates = 8, .real_bytes = 4};
  for (int i = 2; i < argc; i++) {
    grid.holes |= strcmp(argv[i], "holes") == 0;
    grid.repeated |= strcmp(argv[i], "repeated") == 0;
    grid.varying |= strcmp(argv[i], "varying") == 0;
    if (strcmp(argv[i], "float64") == 0) grid.real_bytes = 8;
    if (strncmp(argv[i], "replicates=", 11) == 0) grid.replicates = strtoull(argv[i] + 11, NULL, 10);
  }
  grid.networks = INITS * ACTIVATIONS * DEPTHS * grid.replicates;
  for (size_t i = 0; i < 2; i++)
    for (size_t r = 1; r < RECORDS; r++) grid.steps[i][r] = (uint64_t)ceil(pow(1.4, (double)r)) + r - 1;
  struct isw_text parts = {0};
  struct isw_error error = {0};
  if (argc < 2 || isw_text_add(&parts, "%s.parts", argv[1]) != ISW_OK) return ISW_BAD_INPUT;
  bool good = write_results(&grid, argv[1], parts.bytes, &error);
  if (!good) fprintf(stderr, "sample_results: %s\n", isw_error_text(&error));
  isw_text_clear(&parts);
  isw_error_clear(&error);
  return good ? ISW_OK : ISW_FAILED;
}
