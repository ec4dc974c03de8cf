/* One Gaussian cloud per class. Sample i is of class c = i mod classes:
 *   x_f = m_cf + sqrt(1 - correlation) e_if + sqrt(correlation) u_i,
 * so that within a class every feature has variance 1 and any two have that correlation. The means m_c are vectors of
 * length `separation` in directions drawn from N(0, I); with means: opposite, m_c = -m_(c-1) for odd c. Draws of (seed,
 * replicate 0, DATA): e of layer 0, element i features + f; directions of layer 1, element c features + f; u of layer
 * 2. Two classes are binary targets.
 * Parameters: samples, features, classes, separation, correlation, test_fraction, standardize, label_noise, means. */
#include <math.h>
#include <stdlib.h>
#include "datasets_internal.h"

/* mean [classes][features] */
static void place_means(const struct isw_data *data, uint64_t seed, double separation, bool opposite, double *mean)
{
  const struct isw_stream stream = {.seed = seed, .purpose = ISW_PURPOSE_DATA, .layer = 1};
  for (size_t c = 0; c < data->classes; c++) {
    double square = 0.0, *m = mean + c * data->features;
    isw_normals(&stream, c * data->features, data->features, m);
    for (size_t f = 0; f < data->features; f++) square = square + m[f] * m[f];
    for (size_t f = 0; f < data->features; f++) m[f] = separation * (m[f] / sqrt(square));
    for (size_t f = 0; opposite && c % 2 == 1 && f < data->features; f++) m[f] = -(m - data->features)[f];
  }
}

static enum isw_status load(const struct isw_choice *settings, uint64_t seed, const char *folder, struct isw_data *data,
                            struct isw_error *error)
{
  (void)folder;
  const struct isw_stream own = {.seed = seed, .purpose = ISW_PURPOSE_DATA};
  const struct isw_stream common = {.seed = seed, .purpose = ISW_PURPOSE_DATA, .layer = 2};
  double correlation = settings->value[4].number;
  data->features = (size_t)settings->value[1].number;
  data->classes = (size_t)settings->value[2].number;
  data->kind = data->classes == 2 ? ISW_TARGETS_BINARY : ISW_TARGETS_CLASSES;
  data->targets = 1;
  size_t means, bytes;
  if (!isw_multiply(data->classes, data->features, &means) || !isw_multiply(means, sizeof(double), &bytes) ||
      bytes > ISW_DATA_BYTES_MAX)
    return isw_error_set(error, ISW_BAD_INPUT, "%zu classes of %zu features take more than %zu GiB", data->classes,
                         data->features, ISW_DATA_BYTES_MAX >> 30);
  enum isw_status status = isw_data_allocate(data, (size_t)settings->value[0].number, error);
  if (status != ISW_OK) return status;
  double *mean = isw_allocate(means, sizeof *mean);
  if (!mean) return isw_error_memory(error, bytes, "the classes' means");
  place_means(data, seed, settings->value[3].number, settings->value[8].number == 1.0, mean);
  for (size_t i = 0; i < data->train_samples && !isw_interrupted(); i++) {
    size_t class = i % data->classes;
    double shared = sqrt(correlation) * isw_normal(&common, i), *x = data->train_inputs + i * data->features;
    isw_normals(&own, i * data->features, data->features, x);
    for (size_t f = 0; f < data->features; f++)
      x[f] = mean[class * data->features + f] + sqrt(1.0 - correlation) * x[f] + shared;
    data->train_targets[i] = (double)class;
  }
  free(mean);
  const struct isw_finish finish = {.test_fraction = settings->value[5].number,
                                    .standardize = (enum isw_standardize)settings->value[6].number,
                                    .label_noise = settings->value[7].number};
  return isw_data_finish(data, seed, &finish, error);
}

static const char *const mean_directions[] = {"random", "opposite", NULL};

const struct isw_dataset isw_dataset_gaussian_mixture = {
    .row = {"gaussian_mixture",
            {ISW_COUNT_PARAMETER("samples", 500, 2, 1e8, "samples, including the test set"),
             ISW_COUNT_PARAMETER("features", 8, 1, 1e6, "columns of an input"),
             ISW_COUNT_PARAMETER("classes", 2, 2, 10000, "number of classes; two classes are binary targets"),
             ISW_REAL_PARAMETER("separation", 2.0, 0.0, 1e6, 0, "distance of each class's mean from 0"),
             ISW_REAL_PARAMETER("correlation", 0.0, 0.0, 1.0, 0, "correlation of every two features within a class"),
             ISW_TEST_FRACTION(0.2), ISW_STANDARDIZE_INPUTS, ISW_LABEL_NOISE,
             ISW_WORD_PARAMETER("means", mean_directions, "opposite: the means of classes 2p and 2p + 1 are m and -m")},
            "sample i of class c = i mod classes: x = m_c + sqrt(1 - correlation) N(0, 1) + sqrt(correlation) u, u ~ "
            "N(0, 1) "
            "one a sample, m_c of length separation in a random direction; of two classes with opposite means the "
            "correlation "
            "C = mean (t - mean t) x^T of targets 0, 1 has the length separation / 2 in expectation",
            ""},
    .load = load,
};
