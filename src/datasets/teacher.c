/* The outputs of a random teacher for standard normal inputs x:
 *   linear: y = W x + noise e,         W ~ N(0, 1 / features);
 *   tanh:   y = W tanh(V x) + noise e, V ~ N(0, 1 / features), W ~ N(0, 1 / hidden);
 *   deep_linear: y = W V x + noise e, of rank `hidden` at most;
 *   relu:   y = S max(0, V x) + noise e, where x and each row of V are divided by their norms and S has random signs
 *           (Chizat, Oyallon & Bach 2019);
 *   random: y = r + noise e, r ~ N(0, 1), whatever x is.
 * Draws of (seed, replicate 0, DATA): x element i of layer 0; V (linear: W; random: r) element i of layer 1; W of layer
 * 2, of which S has the signs; e of layer 3. Every sum starts at 0 and runs over its index ascending.
 * Parameters: samples, features, outputs, kind, hidden, noise, test_fraction. */
#include <math.h>
#include <stdlib.h>
#include "datasets_internal.h"

enum { LINEAR, TANH, DEEP_LINEAR, RELU, RANDOM };

/* y = scale matrix x; matrix [rows][columns] */
static void multiply(size_t rows, size_t columns, double scale, const double *matrix, const double *x, double *y)
{
  for (size_t r = 0; r < rows; r++) {
    double sum = 0.0;
    for (size_t c = 0; c < columns; c++) sum = sum + matrix[r * columns + c] * x[c];
    y[r] = scale * sum;
  }
}

/* Divides a vector by its norm. Normal draws are not all 0. */
static void normalize(size_t count, double *x)
{
  double squares = 0.0;
  for (size_t i = 0; i < count; i++) squares = squares + x[i] * x[i];
  double norm = sqrt(squares);
  for (size_t i = 0; i < count; i++) x[i] = x[i] / norm;
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

/* A teacher of one kind; the matrices that it does not have are NULL. */
struct teacher {
  int kind;
  size_t hidden;
  double noise;
  double *first, *second; /* [hidden][features] and [outputs][hidden], or first [outputs][features] */
  double *unit;           /* [hidden] */
};

/* Rows of unit norm, and signs. */
static void make_relu(const struct teacher *teacher, size_t features, size_t outputs)
{
  for (size_t h = 0; h < teacher->hidden && !isw_interrupted(); h++) normalize(features, teacher->first + h * features);
  for (size_t i = 0; i < outputs * teacher->hidden; i++) teacher->second[i] = teacher->second[i] < 0.0 ? -1.0 : 1.0;
}

/* The outputs y for the inputs x of sample s, without noise. */
static void answer(const struct teacher *teacher, const struct isw_data *data, uint64_t seed, size_t s, const double *x,
                   double *y)
{
  const struct isw_stream targets = {.seed = seed, .purpose = ISW_PURPOSE_DATA, .layer = 1};
  double of_inputs = 1.0 / sqrt((double)data->features), of_hidden = 1.0 / sqrt((double)teacher->hidden);
  double *unit = teacher->unit;
  if (!teacher->first) { /* random */
    for (size_t o = 0; o < data->targets; o++) y[o] = isw_normal(&targets, s * data->targets + o);
    return;
  }
  if (!teacher->second) {
    multiply(data->targets, data->features, of_inputs, teacher->first, x, y);
    return;
  }
  bool relu = teacher->kind == RELU;
  multiply(teacher->hidden, data->features, relu ? 1.0 : of_inputs, teacher->first, x, unit);
  for (size_t h = 0; teacher->kind == TANH && h < teacher->hidden; h++) unit[h] = isw_exact_tanh(unit[h]);
  for (size_t h = 0; relu && h < teacher->hidden; h++) unit[h] = unit[h] > 0.0 ? unit[h] : 0.0;
  multiply(data->targets, teacher->hidden, relu ? 1.0 : of_hidden, teacher->second, unit, y);
}

static void make_samples(struct isw_data *data, uint64_t seed, const struct teacher *teacher)
{
  struct isw_stream inputs = {.seed = seed, .purpose = ISW_PURPOSE_DATA};
  struct isw_stream errors = {.seed = seed, .purpose = ISW_PURPOSE_DATA, .layer = 3};
  for (size_t s = 0; s < data->train_samples && !isw_interrupted(); s++) {
    double *x = data->train_inputs + s * data->features, *y = data->train_targets + s * data->targets;
    isw_normals(&inputs, s * data->features, data->features, x);
    if (teacher->kind == RELU) normalize(data->features, x);
    answer(teacher, data, seed, s, x, y);
    for (size_t o = 0; o < data->targets; o++)
      y[o] = y[o] + teacher->noise * isw_normal(&errors, s * data->targets + o);
  }
}

static enum isw_status load(const struct isw_choice *settings, uint64_t seed, const char *folder, struct isw_data *data,
                            struct isw_error *error)
{
  (void)folder;
  struct teacher teacher = {.kind = (int)settings->value[3].number,
                            .hidden = (size_t)settings->value[4].number,
                            .noise = settings->value[5].number};
  bool any = teacher.kind != RANDOM, deep = any && teacher.kind != LINEAR;
  data->features = (size_t)settings->value[1].number;
  data->kind = ISW_TARGETS_VALUES;
  data->targets = (size_t)settings->value[2].number;
  enum isw_status status = isw_data_allocate(data, (size_t)settings->value[0].number, error);
  if (status != ISW_OK) return status;
  if (any) teacher.first = draw_matrix(seed, 1, deep ? teacher.hidden : data->targets, data->features, error);
  if (deep && teacher.first) teacher.second = draw_matrix(seed, 2, data->targets, teacher.hidden, error);
  teacher.unit = isw_allocate(teacher.hidden, sizeof *teacher.unit);
  if ((any && !teacher.first) || (deep && !teacher.second)) {
    status = error ? error->status : ISW_FAILED;
  } else if (!teacher.unit) {
    status = isw_error_memory(error, teacher.hidden * sizeof *teacher.unit, "the teacher");
  } else {
    if (teacher.kind == RELU && teacher.first && teacher.second) make_relu(&teacher, data->features, data->targets);
    make_samples(data, seed, &teacher);
    status = isw_data_split(data, seed, settings->value[6].number, error);
  }
  free(teacher.first);
  free(teacher.second);
  free(teacher.unit);
  return status;
}

static const char *const teachers[] = {"linear", "tanh", "deep_linear", "relu", "random", NULL};

const struct isw_dataset isw_dataset_teacher = {
    .row =
        {"teacher",
         {ISW_COUNT_PARAMETER("samples", 500, 1, 1e8, "samples, including the test set"),
          ISW_COUNT_PARAMETER("features", 8, 1, 1e6, "columns of an input"),
          ISW_COUNT_PARAMETER("outputs", 1, 1, 1e5, "columns of a target"),
          ISW_WORD_PARAMETER("kind", teachers, "form of the teacher"),
          ISW_COUNT_PARAMETER("hidden", 4, 1, 1e6, "hidden units of a tanh, deep_linear or relu teacher"),
          ISW_REAL_PARAMETER("noise", 0.0, 0.0, 1e6, 0, "standard deviation added to the targets"),
          ISW_TEST_FRACTION(0.2)},
         "x ~ N(0, 1); linear: y = W x + noise N(0, 1), W ~ N(0, 1/features); tanh: y = W tanh(V x) + noise N(0, 1), "
         "V ~ N(0, 1/features), W ~ N(0, 1/hidden); deep_linear: y = W V x + noise N(0, 1); relu: y = S max(0, V x) + "
         "noise N(0, 1), x and the rows of V uniform on the unit sphere, S of random signs; random: y ~ N(0, 1) + "
         "noise N(0, 1), whatever x is",
         "Gardner & Derrida 1989; relu: Chizat, Oyallon & Bach 2019"},
    .load = load,
};
