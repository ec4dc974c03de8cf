/* The outputs of a random teacher for standard normal inputs x:
 *   linear: y = W x + noise e,         W ~ N(0, 1 / features);
 *   tanh:   y = W tanh(V x) + noise e, V ~ N(0, 1 / features), W ~ N(0, 1 / hidden);
 *   deep_linear: y = W V x + noise e, of rank `hidden` at most.
 * Draws of (seed, replicate 0, DATA): x element i of layer 0; V (linear: W) element i of layer 1; W of layer 2; e of
 * layer 3. Every sum starts at 0 and runs over its index ascending.
 * Parameters: samples, features, outputs, kind (linear, tanh, deep_linear), hidden, noise, test_fraction. */
#include <math.h>
#include <stdlib.h>
#include "datasets_internal.h"

enum { LINEAR, TANH, DEEP_LINEAR };

/* y = matrix x / sqrt(columns); matrix [rows][columns] */
static void multiply(size_t rows, size_t columns, const double *matrix, const double *x, double *y)
{
  double scale = 1.0 / sqrt((double)columns);
  for (size_t r = 0; r < rows; r++) {
    double sum = 0.0;
    for (size_t c = 0; c < columns; c++) sum = sum + matrix[r * columns + c] * x[c];
    y[r] = scale * sum;
  }
}

static double *draw_matrix(uint64_t seed, uint64_t layer, size_t rows, size_t columns, struct isw_error *error)
{
  size_t elements, bytes;
  if (!isw_multiply(rows, columns, &elements) || !isw_multiply(elements, sizeof(double), &bytes) ||
      bytes > ISW_DATA_BYTES_MAX) {
    isw_error_set(error, ISW_BAD_INPUT, "a teacher's matrix of %zu x %zu takes more than %zu GiB", rows, columns,
                  ISW_DATA_BYTES_MAX >> 30);
    return NULL;
  }
  struct isw_stream stream = {.seed = seed, .purpose = ISW_PURPOSE_DATA, .layer = layer};
  double *matrix = isw_allocate(elements, sizeof *matrix);
  if (!matrix) isw_error_memory(error, bytes, "the teacher");
  for (size_t i = 0; matrix && i < elements && !isw_interrupted(); i++) matrix[i] = isw_normal(&stream, i);
  return matrix;
}

static void answer(struct isw_data *data, uint64_t seed, size_t hidden, bool bent, double noise, const double *first,
                   const double *second, double *unit)
{
  struct isw_stream inputs = {.seed = seed, .purpose = ISW_PURPOSE_DATA};
  struct isw_stream errors = {.seed = seed, .purpose = ISW_PURPOSE_DATA, .layer = 3};
  for (size_t s = 0; s < data->train_samples && !isw_interrupted(); s++) {
    double *x = data->train_inputs + s * data->features, *y = data->train_targets + s * data->targets;
    for (size_t i = 0; i < data->features; i++) x[i] = isw_normal(&inputs, s * data->features + i);
    if (second) {
      multiply(hidden, data->features, first, x, unit);
      for (size_t h = 0; bent && h < hidden; h++) unit[h] = isw_exact_tanh(unit[h]);
      multiply(data->targets, hidden, second, unit, y);
    } else {
      multiply(data->targets, data->features, first, x, y);
    }
    for (size_t o = 0; o < data->targets; o++) y[o] = y[o] + noise * isw_normal(&errors, s * data->targets + o);
  }
}

static enum isw_status load(const struct isw_choice *settings, uint64_t seed, const char *folder, struct isw_data *data,
                            struct isw_error *error)
{
  (void)folder;
  size_t samples = (size_t)settings->value[0].number, hidden = (size_t)settings->value[4].number;
  int kind = (int)settings->value[3].number;
  bool deep = kind != LINEAR;
  data->features = (size_t)settings->value[1].number;
  data->kind = ISW_TARGETS_VALUES;
  data->targets = (size_t)settings->value[2].number;
  enum isw_status status = isw_data_allocate(data, samples, error);
  if (status != ISW_OK) return status;
  double *first = draw_matrix(seed, 1, deep ? hidden : data->targets, data->features, error);
  double *second = first && deep ? draw_matrix(seed, 2, data->targets, hidden, error) : NULL;
  double *unit = isw_allocate(hidden, sizeof *unit);
  if (!first || (deep && !second)) {
    status = error ? error->status : ISW_FAILED;
  } else if (!unit) {
    status = isw_error_memory(error, hidden * sizeof *unit, "the teacher");
  } else {
    answer(data, seed, hidden, kind == TANH, settings->value[5].number, first, second, unit);
    status = isw_data_split(data, seed, settings->value[6].number, error);
  }
  free(first);
  free(second);
  free(unit);
  return status;
}

static const char *const teachers[] = {"linear", "tanh", "deep_linear", NULL};

const struct isw_dataset isw_dataset_teacher = {
    .row =
        {"teacher",
         {ISW_COUNT_PARAMETER("samples", 500, 1, 1e8, "samples, including the test set"),
          ISW_COUNT_PARAMETER("features", 8, 1, 1e6, "columns of an input"),
          ISW_COUNT_PARAMETER("outputs", 1, 1, 1e5, "columns of a target"),
          ISW_WORD_PARAMETER("kind", teachers, "form of the teacher"),
          ISW_COUNT_PARAMETER("hidden", 4, 1, 1e6, "hidden units of a tanh or deep_linear teacher"),
          ISW_REAL_PARAMETER("noise", 0.0, 0.0, 1e6, 0, "standard deviation added to the targets"),
          ISW_TEST_FRACTION(0.2)},
         "x ~ N(0, 1); linear: y = W x + noise N(0, 1), W ~ N(0, 1/features); tanh: y = W tanh(V x) + noise N(0, 1), "
         "V ~ N(0, 1/features), W ~ N(0, 1/hidden); deep_linear: y = W V x + noise N(0, 1)",
         "Gardner & Derrida 1989"},
    .load = load,
};
