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
  if (!data->block) {
    free(data->train_inputs);
    free(data->train_targets);
    free(data->test_inputs);
    free(data->test_targets);
  } else if (!data->block_is_borrowed) {
    free(data->block);
  }
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

/* Inputs that are in their final place were checked on their way. */
static enum isw_status check_inputs(const struct isw_data *data, struct isw_error *error)
{
  enum isw_status status = isw_data_check_finite("training input", data->largest, 0, data->train_samples,
                                                 data->features, data->train_inputs, error);
  return status == ISW_OK ? isw_data_check_finite("test input", data->largest, 0, data->test_samples, data->features,
                                                  data->test_inputs, error)
                          : status;
}

static enum isw_status check_targets(const struct isw_data *data, const char *what, size_t samples,
                                     const double *targets, struct isw_error *error)
{
  enum isw_status status = isw_data_check_finite(what, data->largest, 0, samples, data->targets, targets, error);
  return status == ISW_OK && data->kind != ISW_TARGETS_VALUES
             ? check_labels(what, samples, data->classes, targets, error)
             : status;
}

static enum isw_status check(const struct isw_data *data, struct isw_error *error)
{
  if (data->train_samples == 0) return isw_error_set(error, ISW_BAD_INPUT, "there is no training sample");
  if (data->features == 0) return isw_error_set(error, ISW_BAD_INPUT, "there is no feature");
  enum isw_status status = data->block ? ISW_OK : check_inputs(data, error);
  if (status == ISW_OK)
    status = check_targets(data, "training target", data->train_samples, data->train_targets, error);
  return status == ISW_OK ? check_targets(data, "test target", data->test_samples, data->test_targets, error) : status;
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

/* A hash of everything that determines the samples, but for the contents of files. */
static uint64_t key_of(const struct isw_choice *choice, uint64_t seed, const char *folder, double largest)
{
  const struct isw_row *row = &registry[choice->row]->row;
  uint64_t key = isw_hash(folder ? folder : "", folder ? strlen(folder) : 0, seed);
  key = isw_hash(&largest, sizeof largest, key);
  key = isw_hash(row->name, strlen(row->name), key);
  for (size_t p = 0; p < isw_row_parameters(row); p++) {
    const struct isw_value *value = &choice->value[p];
    key = value->text ? isw_hash(value->text, strlen(value->text), key)
                      : isw_hash(&value->number, sizeof value->number, key);
  }
  return key;
}

enum isw_status isw_dataset_load(const struct isw_choice *choice, uint64_t seed, const char *folder, double largest,
                                 const struct isw_data_memory *memory, struct isw_data *data, struct isw_error *error)
{
  bool found;
  *data = (struct isw_data){
      .largest = largest, .memory = memory, .key = memory ? key_of(choice, seed, folder, largest) : 0};
  enum isw_status status = isw_data_find(data, &found, error);
  if (status != ISW_OK || found) return status;
  status = isw_exact_environment(error); /* a dataset before this one may have loaded HDF5's filters */
  if (status == ISW_OK) status = registry[choice->row]->load(choice, seed, folder, data, error);
  if (isw_interrupted()) status = isw_check_interrupted(error); /* the samples may be incomplete */
  if (status == ISW_OK) status = check(data, error);
  if (status == ISW_OK && !data->block) status = isw_data_store(data, error);
  return status;
}
