/* Describes the data of a sweep. A header row that was read as a sample, or a column of numbers that was read as a
 * feature, shows in the number of samples or in the range of the inputs. */
#include <math.h>
#include <stdlib.h>
#include "initsweep/console.h"

enum { CLASSES_LISTED = 12, NUMBER_SIZE = 40 };

struct range {
  double low, high;
};

static struct range range_of(size_t count, const double *numbers)
{
  struct range range = {INFINITY, -INFINITY};
  for (size_t i = 0; i < count; i++) {
    range.low = fmin(range.low, numbers[i]);
    range.high = fmax(range.high, numbers[i]);
  }
  return range;
}

/* Training samples of each class, [classes]; NULL without memory. Labels were checked when the data were loaded. */
static size_t *count_classes(const struct isw_data *data)
{
  size_t *count = isw_allocate(data->classes, sizeof *count);
  for (size_t s = 0; count && s < data->train_samples; s++) count[(size_t)data->train_targets[s * data->targets]]++;
  return count;
}

static enum isw_status add_range(struct isw_text *text, size_t columns, const char *what, struct range range)
{
  return isw_text_add(text, "; %zu %s%s from %.4g to %.4g", columns, what, columns == 1 ? "" : "s", range.low,
                      range.high);
}

/* "; 3 classes of 50, 50, 50"; of many classes the smallest and the largest number. */
static enum isw_status add_classes(struct isw_text *text, const struct isw_data *data)
{
  size_t *count = count_classes(data), low = SIZE_MAX, high = 0;
  if (!count) return ISW_FAILED;
  enum isw_status status = isw_text_add(text, "; %zu classes of ", data->classes);
  for (size_t c = 0; c < data->classes; c++) {
    if (count[c] < low) low = count[c];
    if (count[c] > high) high = count[c];
    if (data->classes <= CLASSES_LISTED && status == ISW_OK)
      status = isw_text_add(text, "%s%zu", c ? ", " : "", count[c]);
  }
  if (data->classes > CLASSES_LISTED && status == ISW_OK) status = isw_text_add(text, "%zu to %zu", low, high);
  free(count);
  return status;
}

enum isw_status isw_text_add_samples(struct isw_text *text, const struct isw_sweep *sweep, size_t dataset)
{
  const struct isw_data *data = isw_sweep_data(sweep, dataset);
  enum isw_status status = isw_text_add(text, "%s: %zu training samples, %zu test samples",
                                        isw_sweep_data_name(sweep, dataset), data->train_samples, data->test_samples);
  if (status == ISW_OK)
    status =
        add_range(text, data->features, "feature", range_of(data->train_samples * data->features, data->train_inputs));
  if (status != ISW_OK) return status;
  if (data->kind != ISW_TARGETS_VALUES) return add_classes(text, data);
  return add_range(text, data->targets, "target", range_of(data->train_samples * data->targets, data->train_targets));
}

static void put_range(struct isw_json *json, const char *key, struct range range)
{
  isw_json_array(json, key, ISW_JSON_ROW);
  isw_json_number(json, NULL, range.low);
  isw_json_number(json, NULL, range.high);
  isw_json_close(json);
}

enum isw_status isw_json_samples(struct isw_json *json, const struct isw_sweep *sweep, size_t dataset)
{
  const struct isw_data *data = isw_sweep_data(sweep, dataset);
  bool values = data->kind == ISW_TARGETS_VALUES;
  size_t *count = values ? NULL : count_classes(data);
  if (!values && !count) return ISW_FAILED;
  isw_json_object(json, NULL, ISW_JSON_ROW);
  isw_json_text(json, "name", isw_sweep_data_name(sweep, dataset));
  isw_json_count(json, "train_samples", data->train_samples);
  isw_json_count(json, "test_samples", data->test_samples);
  isw_json_count(json, "features", data->features);
  put_range(json, "input_range", range_of(data->train_samples * data->features, data->train_inputs));
  isw_json_count(json, "targets", data->targets);
  if (values)
    put_range(json, "target_range", range_of(data->train_samples * data->targets, data->train_targets));
  else
    isw_json_array(json, "samples_of_classes", ISW_JSON_ROW);
  for (size_t c = 0; count && c < data->classes; c++) isw_json_count(json, NULL, count[c]);
  if (!values) isw_json_close(json);
  isw_json_close(json);
  free(count);
  return ISW_OK;
}
