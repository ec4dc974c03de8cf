/* Samples of every family: allocation, the split into training and test set, standardisation, label noise, balance. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "datasets_internal.h"

enum isw_status isw_data_allocate(struct isw_data *data, size_t samples, struct isw_error *error)
{
  size_t columns, numbers, bytes;
  if (__builtin_add_overflow(data->features, data->targets, &columns) || !isw_multiply(samples, columns, &numbers) ||
      !isw_multiply(numbers, sizeof(double), &bytes) || bytes > ISW_DATA_BYTES_MAX)
    return isw_error_set(error, ISW_BAD_INPUT, "%zu samples of %zu features and %zu targets take more than %zu GiB",
                         samples, data->features, data->targets, ISW_DATA_BYTES_MAX >> 30);
  data->train_samples = samples;
  data->train_inputs = isw_allocate(samples * data->features, sizeof(double));
  data->train_targets = isw_allocate(samples * data->targets, sizeof(double));
  if (!data->train_inputs || !data->train_targets) return isw_error_memory(error, bytes, "samples");
  return ISW_OK;
}

enum isw_status isw_data_check_finite(const char *what, double largest, size_t first, size_t samples, size_t columns,
                                      const double *values, struct isw_error *error)
{
  for (size_t i = 0; i < samples * columns; i++)
    if (!(fabs(values[i]) <= largest))
      return isw_error_set(error, ISW_BAD_INPUT, "%s: sample %zu, column %zu: %g is not finite%s", what,
                           first + i / columns + 1, i % columns + 1, values[i],
                           isfinite(values[i]) ? " in float32: set precision: float64" : "");
  return ISW_OK;
}

/* Moves the rows that test[] marks to `taken` and closes the gaps; rows of `columns` numbers. */
static void take_rows(size_t samples, size_t columns, const bool *test, double *rows, double *taken)
{
  size_t kept = 0, moved = 0;
  for (size_t s = 0; s < samples; s++) {
    double *to = test[s] ? taken + moved++ * columns : rows + kept++ * columns;
    memmove(to, rows + s * columns, columns * sizeof *rows);
  }
}

enum isw_status isw_data_split(struct isw_data *data, uint64_t seed, double test_fraction, struct isw_error *error)
{
  size_t samples = data->train_samples, test_samples = (size_t)floor(test_fraction * (double)samples + 0.5);
  if (isw_interrupted()) return isw_check_interrupted(error);
  if (test_samples == 0) return ISW_OK;
  if (test_samples >= samples)
    return isw_error_set(error, ISW_BAD_INPUT, "test_fraction %g of %zu samples leaves no training sample",
                         test_fraction, samples);
  data->test_inputs = isw_allocate(test_samples * data->features, sizeof(double));
  data->test_targets = isw_allocate(test_samples * data->targets, sizeof(double));
  uint64_t *order = isw_allocate(samples, sizeof *order);
  bool *test = isw_allocate(samples, sizeof *test);
  enum isw_status status = ISW_OK;
  if (data->test_inputs && data->test_targets && order && test) {
    struct isw_stream stream = {.seed = seed, .purpose = ISW_PURPOSE_SPLIT};
    for (size_t s = 0; s < samples; s++) order[s] = s;
    isw_shuffle(&stream, samples, order);
    for (size_t s = 0; s < test_samples; s++) test[order[s]] = true;
    take_rows(samples, data->features, test, data->train_inputs, data->test_inputs);
    take_rows(samples, data->targets, test, data->train_targets, data->test_targets);
    data->test_samples = test_samples;
    data->train_samples = samples - test_samples;
  } else {
    status = isw_error_memory(error, test_samples * (data->features + data->targets) * sizeof(double), "test samples");
  }
  free(order);
  free(test);
  return status;
}

void isw_moments_add(struct isw_moments *moments, double x)
{
  if (moments->count++ == 0) moments->first = moments->low = moments->high = x;
  moments->low = fmin(moments->low, x);
  moments->high = fmax(moments->high, x);
  moments->sum = moments->sum + x;
}

void isw_moments_center(struct isw_moments *moments)
{
  /* rounding of the sum must not make a constant column vary */
  bool constant = moments->low == moments->high;
  moments->mean = constant ? moments->first : moments->sum / (double)moments->count;
  moments->largest = constant ? 0.0 : fmax(fabs(moments->low - moments->mean), fabs(moments->high - moments->mean));
}

void isw_moments_square(struct isw_moments *moments, double x)
{
  /* scaled by the largest, so that squares neither overflow nor vanish */
  double deviation = moments->largest > 0.0 ? (x - moments->mean) / moments->largest : 0.0;
  moments->square = moments->square + deviation * deviation;
}

bool isw_moments_std(const struct isw_moments *moments, double *std)
{
  *std = 0.0;
  if (moments->low == moments->high) return true;
  *std = moments->largest * sqrt(moments->square / (double)moments->count);
  return isfinite(moments->mean) && isfinite(*std) && *std > 0.0;
}

double isw_standardized(double x, double mean, double std)
{
  double centred = x - mean;
  return std > 0.0 ? centred / std : centred;
}

static void scale_column(size_t samples, size_t columns, double *column, double mean, double std)
{
  for (size_t s = 0; s < samples; s++) column[s * columns] = isw_standardized(column[s * columns], mean, std);
}

enum isw_status isw_error_moments(const char *what, size_t column, struct isw_error *error)
{
  return isw_error_set(error, ISW_BAD_INPUT, "%s %zu has values too large or too small to standardise", what, column);
}

static enum isw_status standardize(struct isw_data *data, size_t columns, double *train, double *test, const char *what,
                                   struct isw_error *error)
{
  for (size_t c = 0; c < columns && !isw_interrupted(); c++) {
    struct isw_moments moments = {0};
    double std;
    for (size_t s = 0; s < data->train_samples; s++) isw_moments_add(&moments, train[s * columns + c]);
    isw_moments_center(&moments);
    for (size_t s = 0; s < data->train_samples; s++) isw_moments_square(&moments, train[s * columns + c]);
    if (!isw_moments_std(&moments, &std)) return isw_error_moments(what, c + 1, error);
    scale_column(data->train_samples, columns, train + c, moments.mean, std);
    if (test) scale_column(data->test_samples, columns, test + c, moments.mean, std);
  }
  return ISW_OK;
}

enum isw_status isw_data_standardize_targets(struct isw_data *data, enum isw_standardize what, struct isw_error *error)
{
  if (what != ISW_STANDARDIZE_ALL || data->kind != ISW_TARGETS_VALUES) return ISW_OK;
  return standardize(data, data->targets, data->train_targets, data->test_targets, "target", error);
}

enum isw_status isw_data_standardize(struct isw_data *data, enum isw_standardize what, struct isw_error *error)
{
  if (what == ISW_STANDARDIZE_NONE) return ISW_OK;
  enum isw_status status = standardize(data, data->features, data->train_inputs, data->test_inputs, "feature", error);
  return status == ISW_OK ? isw_data_standardize_targets(data, what, error) : status;
}

enum isw_status isw_data_label_noise(struct isw_data *data, uint64_t seed, double share, struct isw_error *error)
{
  const struct isw_stream chosen = {.seed = seed, .purpose = ISW_PURPOSE_DATA, .layer = 100};
  const struct isw_stream label = {.seed = seed, .purpose = ISW_PURPOSE_DATA, .layer = 101};
  if (share == 0.0) return ISW_OK;
  if (data->kind == ISW_TARGETS_VALUES)
    return isw_error_set(error, ISW_BAD_INPUT, "label_noise is for classes; these targets are values");
  for (size_t s = 0; s < data->train_samples; s++)
    if (isw_uniform(&chosen, s) < share) data->train_targets[s] = (double)isw_below(&label, s, data->classes);
  return ISW_OK;
}

/* Moves the kept rows to the front. */
static void keep_rows(size_t samples, size_t columns, const bool *keep, double *rows)
{
  size_t kept = 0;
  for (size_t s = 0; s < samples; s++)
    if (keep[s]) memmove(rows + kept++ * columns, rows + s * columns, columns * sizeof *rows);
}

enum isw_status isw_data_balance(struct isw_data *data, uint64_t seed, struct isw_error *error)
{
  const struct isw_stream stream = {.seed = seed, .purpose = ISW_PURPOSE_DATA, .layer = 102};
  size_t samples = data->train_samples, smallest = samples;
  if (isw_interrupted()) return isw_check_interrupted(error);
  if (data->kind == ISW_TARGETS_VALUES)
    return isw_error_set(error, ISW_BAD_INPUT, "balance is for classes; these targets are values");
  size_t *of_class = isw_allocate(data->classes, sizeof *of_class);
  uint64_t *order = isw_allocate(samples, sizeof *order);
  bool *keep = isw_allocate(samples, sizeof *keep);
  enum isw_status status = ISW_OK;
  if (!of_class || !order || !keep) status = isw_error_memory(error, samples * sizeof *order, "the classes' balance");
  for (size_t s = 0; status == ISW_OK && s < samples; s++) {
    double label = data->train_targets[s]; /* not yet checked */
    if (label >= 0.0 && label < (double)data->classes) of_class[(size_t)label]++;
    order[s] = s;
  }
  for (size_t c = 0; status == ISW_OK && c < data->classes; c++) {
    if (of_class[c] < smallest) smallest = of_class[c];
    if (of_class[c] == 0)
      status = isw_error_set(error, ISW_BAD_INPUT, "class %zu has no training sample: there is no balance", c);
    of_class[c] = 0;
  }
  if (status == ISW_OK) {
    isw_shuffle(&stream, samples, order);
    for (size_t i = 0; i < samples; i++) {
      double label = data->train_targets[order[i]];
      bool known = label >= 0.0 && label < (double)data->classes;
      if (known && of_class[(size_t)label]++ < smallest) keep[order[i]] = true;
    }
    keep_rows(samples, data->features, keep, data->train_inputs);
    keep_rows(samples, data->targets, keep, data->train_targets);
    data->train_samples = smallest * data->classes;
  }
  free(of_class);
  free(order);
  free(keep);
  return status;
}

enum isw_status isw_data_finish(struct isw_data *data, uint64_t seed, const struct isw_finish *finish,
                                struct isw_error *error)
{
  enum isw_status status = isw_data_split(data, seed, finish->test_fraction, error);
  if (status == ISW_OK && finish->balance) status = isw_data_balance(data, seed, error);
  if (status == ISW_OK) status = isw_data_label_noise(data, seed, finish->label_noise, error);
  if (status == ISW_OK) status = isw_data_standardize(data, finish->standardize, error);
  return status;
}
