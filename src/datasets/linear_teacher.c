/* The setting of the theory of deep linear networks (Saxe, McClelland & Ganguli 2014): inputs that are exactly white
 * and centred over the training set, (1/N) sum x x^T = 1 and (1/N) sum x = 0, and targets y = U S V^T x with given
 * singular values, so that the correlation of targets and inputs, (1/N) sum y x^T, has exactly these (to rounding).
 * There is no test set. Matrices with orthonormal columns are standard normal draws of (seed, replicate 0, DATA),
 * orthonormalised by Gram & Schmidt, each column against all before it, twice, sums ascending: x / sqrt(N)
 * [N][features] from layer 0 with a column of ones before the first; V [features][modes] from layer 1; U
 * [outputs][modes] from layer 2; element (row, column) is draw row * columns + column.
 * Parameters: samples, features, outputs, singular_values. */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include "datasets_internal.h"

enum { MODES_MAX = 1024 };

/* Reads the numbers in a text, separated by commas or blanks. */
static enum isw_status read_modes(const char *text, double *mode, size_t *modes, struct isw_error *error)
{
  const char *at = text;
  *modes = 0;
  for (;;) {
    while (*at == ',' || isspace((unsigned char)*at)) at++;
    if (*at == '\0') break;
    char *end;
    double value = strtod(at, &end);
    if (end == at || !(isfinite(value) && value >= 0.0) || (*end && *end != ',' && !isspace((unsigned char)*end)))
      return isw_error_set(error, ISW_BAD_INPUT, "singular_values '%s': '%.20s' is not a number of at least 0", text,
                           at);
    if (*modes == MODES_MAX)
      return isw_error_set(error, ISW_BAD_INPUT, "singular_values has more than %d numbers", MODES_MAX);
    mode[(*modes)++] = value;
    at = end;
  }
  if (*modes == 0) return isw_error_set(error, ISW_BAD_INPUT, "singular_values '%s' has no number", text);
  return ISW_OK;
}

/* Makes the columns of matrix [rows][columns] orthonormal, and with `centred` orthogonal to ones. rows > columns +
 * centred, so that normal draws are independent. */
static void orthonormalize(size_t rows, size_t columns, bool centred, double *matrix)
{
  for (size_t c = 0; c < columns && !isw_interrupted(); c++) {
    for (int twice = 0; twice < 2; twice++) {
      double mean = 0.0;
      for (size_t r = 0; centred && r < rows; r++) mean = mean + matrix[r * columns + c];
      for (size_t r = 0; centred && r < rows; r++)
        matrix[r * columns + c] = matrix[r * columns + c] - mean / (double)rows;
      for (size_t before = 0; before < c && !isw_interrupted(); before++) {
        double product = 0.0;
        for (size_t r = 0; r < rows; r++) product = product + matrix[r * columns + before] * matrix[r * columns + c];
        for (size_t r = 0; r < rows; r++)
          matrix[r * columns + c] = matrix[r * columns + c] - product * matrix[r * columns + before];
      }
    }
    double square = 0.0;
    for (size_t r = 0; r < rows; r++) square = square + matrix[r * columns + c] * matrix[r * columns + c];
    for (size_t r = 0; r < rows; r++) matrix[r * columns + c] = matrix[r * columns + c] / sqrt(square);
  }
}

static void draw(uint64_t seed, uint64_t layer, size_t count, double *number)
{
  const struct isw_stream stream = {.seed = seed, .purpose = ISW_PURPOSE_DATA, .layer = layer};
  for (size_t i = 0; i < count && !isw_interrupted(); i++) number[i] = isw_normal(&stream, i);
}

static void answer(struct isw_data *data, size_t modes, const double *mode, const double *v, const double *u)
{
  for (size_t s = 0; s < data->train_samples && !isw_interrupted(); s++) {
    const double *x = data->train_inputs + s * data->features;
    double *y = data->train_targets + s * data->targets;
    for (size_t o = 0; o < data->targets; o++) y[o] = 0.0;
    for (size_t m = 0; m < modes; m++) {
      double strength = 0.0;
      for (size_t f = 0; f < data->features; f++) strength = strength + v[f * modes + m] * x[f];
      for (size_t o = 0; o < data->targets; o++) y[o] = y[o] + u[o * modes + m] * (mode[m] * strength);
    }
  }
}

static enum isw_status load(const struct isw_choice *settings, uint64_t seed, const char *folder, struct isw_data *data,
                            struct isw_error *error)
{
  (void)folder;
  double mode[MODES_MAX];
  size_t modes, samples = (size_t)settings->value[0].number;
  data->features = (size_t)settings->value[1].number;
  data->targets = (size_t)settings->value[2].number;
  data->kind = ISW_TARGETS_VALUES;
  enum isw_status status = read_modes(settings->value[3].text, mode, &modes, error);
  if (status != ISW_OK) return status;
  if (modes > data->features || modes > data->targets)
    return isw_error_set(error, ISW_BAD_INPUT, "%zu singular_values of a %zu x %zu matrix", modes, data->targets,
                         data->features);
  if (samples <= data->features)
    return isw_error_set(error, ISW_BAD_INPUT, "white inputs of %zu features take at least %zu samples, not %zu",
                         data->features, data->features + 1, samples);
  status = isw_data_allocate(data, samples, error);
  if (status != ISW_OK) return status;
  double *v = isw_allocate(data->features * modes, sizeof *v), *u = isw_allocate(data->targets * modes, sizeof *u);
  if (v && u) {
    draw(seed, 0, samples * data->features, data->train_inputs);
    orthonormalize(samples, data->features, true, data->train_inputs);
    for (size_t i = 0; i < samples * data->features; i++)
      data->train_inputs[i] = sqrt((double)samples) * data->train_inputs[i];
    draw(seed, 1, data->features * modes, v);
    orthonormalize(data->features, modes, false, v);
    draw(seed, 2, data->targets * modes, u);
    orthonormalize(data->targets, modes, false, u);
    answer(data, modes, mode, v, u);
  } else {
    status = isw_error_memory(error, (data->features + data->targets) * modes * sizeof(double), "the teacher");
  }
  free(v);
  free(u);
  return status;
}

const struct isw_dataset isw_dataset_linear_teacher = {
    .row =
        {"linear_teacher",
         {ISW_COUNT_PARAMETER("samples", 100, 2, 1e7, "training samples, more than features; there is no test set"),
          ISW_COUNT_PARAMETER("features", 8, 1, 1e5, "columns of an input"),
          ISW_COUNT_PARAMETER("outputs", 4, 1, 1e5, "columns of a target"),
          ISW_TEXT_PARAMETER("singular_values", "3, 2, 1",
                             "singular values of the correlation of targets and inputs, separated by commas")},
         "inputs with mean 0 and covariance 1 exactly; y = U S V^T x, U and V random with orthonormal columns, S given",
         "Saxe, McClelland & Ganguli 2014, section 1.1"},
    .load = load,
};
