/* All families of datasets, and what all of them have in common: checks of the samples and their hash. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "datasets_internal.h"
#include "initsweep/exact.h"

static const struct isw_dataset *const registry[] = {
#define ISW_DATASET(name) &isw_dataset_##name,
#include "datasets.def"
#undef ISW_DATASET
};

const struct isw_dataset *const *isw_datasets(size_t *count)
{
  *count = sizeof registry / sizeof registry[0];
  return registry;
}

void isw_data_destroy(struct isw_data *data)
{
  free(data->train_inputs);
  free(data->train_targets);
  free(data->test_inputs);
  free(data->test_targets);
  *data = (struct isw_data){0};
}

static enum isw_status check_labels(const char *what, size_t samples, size_t classes, const double *labels,
                                    struct isw_error *error)
{
  for (size_t s = 0; s < samples; s++)
    if (!(labels[s] >= 0.0 && labels[s] < (double)classes && floor(labels[s]) == labels[s]))
      return isw_error_set(error, ISW_BAD_INPUT, "%s of sample %zu: label %g is not one of 0..%zu", what, s + 1,
                           labels[s], classes - 1);
  return ISW_OK;
}

static enum isw_status check_set(const struct isw_data *data, const char *inputs, const char *targets, size_t samples,
                                 const double *x, const double *t, struct isw_error *error)
{
  enum isw_status status = isw_data_check_finite(inputs, data->largest, samples, data->features, x, error);
  if (status == ISW_OK) status = isw_data_check_finite(targets, data->largest, samples, data->targets, t, error);
  if (status == ISW_OK && data->kind != ISW_TARGETS_VALUES)
    status = check_labels(targets, samples, data->classes, t, error);
  return status;
}

static enum isw_status check(const struct isw_data *data, struct isw_error *error)
{
  if (data->train_samples == 0) return isw_error_set(error, ISW_BAD_INPUT, "there is no training sample");
  if (data->features == 0) return isw_error_set(error, ISW_BAD_INPUT, "there is no feature");
  enum isw_status status = check_set(data, "training input", "training target", data->train_samples, data->train_inputs,
                                     data->train_targets, error);
  if (status == ISW_OK && data->test_samples)
    status =
        check_set(data, "test input", "test target", data->test_samples, data->test_inputs, data->test_targets, error);
  return status;
}

static uint64_t hash(const struct isw_data *data)
{
  uint64_t sizes[] = {data->features, data->kind,          data->targets,
                      data->classes,  data->train_samples, data->test_samples};
  uint64_t parts[5] = {
      isw_hash(sizes, sizeof sizes, 0),
      isw_hash(data->train_inputs, data->train_samples * data->features * sizeof(double), 0),
      isw_hash(data->train_targets, data->train_samples * data->targets * sizeof(double), 0),
      isw_hash(data->test_inputs, data->test_samples * data->features * sizeof(double), 0),
      isw_hash(data->test_targets, data->test_samples * data->targets * sizeof(double), 0),
  };
  return isw_hash(parts, sizeof parts, 0);
}

bool isw_path_leaves_folder(const char *path)
{
  if (path[0] == '/') return true;
  for (const char *part = path; part; part = strchr(part, '/')) {
    part += *part == '/';
    if (strncmp(part, "..", 2) == 0 && (part[2] == '/' || part[2] == '\0')) return true;
  }
  return false;
}

enum isw_status isw_dataset_load(const struct isw_choice *choice, uint64_t seed, const char *folder, double largest,
                                 struct isw_data *data, struct isw_error *error)
{
  *data = (struct isw_data){.largest = largest};
  enum isw_status status = isw_exact_environment(error); /* a dataset before this one may have loaded HDF5's filters */
  if (status == ISW_OK) status = registry[choice->row]->load(choice, seed, folder, data, error);
  if (isw_interrupted()) status = isw_check_interrupted(error); /* the samples may be incomplete */
  if (status == ISW_OK) status = check(data, error);
  if (status != ISW_OK) return status;
  data->hash = hash(data);
  return ISW_OK;
}
