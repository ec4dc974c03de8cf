/* How the targets of datasets end: a load fails with a message, or gives data that can be trained on. */
#ifndef INITSWEEP_FUZZ_LOAD_INPUT_H
#define INITSWEEP_FUZZ_LOAD_INPUT_H
#include <float.h>
#include <stdlib.h>
#include "initsweep/datasets.h"

static inline void load_and_judge(const struct isw_choice *choice)
{
  struct isw_data data = {0};
  struct isw_error error = {0};
  enum isw_status status = isw_dataset_load(choice, 1, "/", DBL_MAX, NULL, &data, &error);
  if (status != ISW_OK && !*isw_error_text(&error)) abort();
  if (status == ISW_OK && (data.train_samples == 0 || data.features == 0)) abort();
  isw_data_destroy(&data);
  isw_error_clear(&error);
}
#endif
