/* Datasets as a loss trains on them: rounded to a precision, targets in one-hot form where the loss needs it. */
#include "samples.h"
#include <math.h>
#include <stdlib.h>

void isw_number_store(enum isw_precision precision, void *array, size_t index, double x)
{
  if (precision == ISW_FLOAT32)
    ((float *)array)[index] = isnan(x) ? NAN : (float)x;
  else
    ((double *)array)[index] = isnan(x) ? (double)NAN : x;
}

double isw_number_load(enum isw_precision precision, const void *array, size_t index)
{
  return precision == ISW_FLOAT32 ? (double)((const float *)array)[index] : ((const double *)array)[index];
}

/* One set of the data. */
struct data_set {
  size_t samples;
  const double *inputs, *labels;
  const float *inputs_float32; /* in place of inputs */
};

static bool fill_inputs(struct isw_samples *s, struct isw_set *set, const struct data_set *data)
{
  size_t count;
  set->inputs = s->precision == ISW_FLOAT32 ? (const void *)data->inputs_float32 : data->inputs;
  if (set->inputs || data->samples == 0) return true;
  if (!data->inputs || !isw_multiply(data->samples, s->features, &count)) return false;
  set->inputs = set->rounded = isw_allocate(count, isw_precision_bytes(s->precision));
  for (size_t i = 0; set->rounded && i < count; i++) isw_number_store(s->precision, set->rounded, i, data->inputs[i]);
  return set->rounded != NULL;
}

static bool fill_set(struct isw_samples *s, struct isw_set *set, const struct data_set *data, bool one_hot)
{
  size_t count;
  set->samples = data->samples;
  set->labels = data->labels;
  if (!isw_multiply(data->samples, s->outputs, &count) || !fill_inputs(s, set, data)) return false;
  set->targets = isw_allocate(count, isw_precision_bytes(s->precision));
  for (size_t i = 0; set->targets && i < data->samples; i++)
    for (size_t j = 0; j < s->outputs; j++) {
      const double *label = data->labels + i * s->columns;
      isw_number_store(s->precision, set->targets, i * s->outputs + j,
                       one_hot ? (label[0] == (double)j ? 1.0 : 0.0) : label[j]);
    }
  return set->targets != NULL;
}

enum isw_status isw_samples_create(const struct isw_data *data, const struct isw_loss *loss,
                                   enum isw_precision precision, struct isw_samples **samples, struct isw_error *error)
{
  *samples = NULL;
  size_t outputs = isw_outputs(data, loss);
  if (outputs == 0)
    return isw_error_set(error, ISW_BAD_INPUT, "the loss '%s' cannot take the data's targets", loss->row.name);
  struct isw_samples *s = isw_allocate(1, sizeof *s);
  if (!s) return isw_error_memory(error, sizeof *s, "samples");
  s->precision = precision;
  s->kind = data->kind;
  s->features = data->features;
  s->outputs = outputs;
  s->columns = data->targets;
  bool one_hot = data->kind == ISW_TARGETS_CLASSES || (data->kind == ISW_TARGETS_BINARY && loss->binary_as_classes);
  const struct data_set train = {data->train_samples, data->train_inputs, data->train_targets,
                                 data->train_inputs_float32};
  const struct data_set test = {data->test_samples, data->test_inputs, data->test_targets, data->test_inputs_float32};
  if (!fill_set(s, &s->train, &train, one_hot) || !fill_set(s, &s->test, &test, one_hot)) {
    isw_samples_destroy(s);
    return isw_error_set(error, ISW_FAILED, "out of memory (%zu samples)", data->train_samples + data->test_samples);
  }
  *samples = s;
  return ISW_OK;
}

void isw_samples_destroy(struct isw_samples *samples)
{
  if (!samples) return;
  struct isw_set *sets[] = {&samples->train, &samples->test};
  for (size_t i = 0; i < 2; i++) {
    free(sets[i]->rounded);
    free(sets[i]->targets);
  }
  free(samples);
}
