/* Exclusive or. Parameter 0: encoding of the inputs, 01 or pm1 (-1 and +1). */
#include "datasets_internal.h"

static enum isw_status load(const struct isw_choice *settings, uint64_t seed, const char *folder, struct isw_data *data,
                            struct isw_error *error)
{
  (void)seed, (void)folder;
  double low = settings->value[0].number == 1.0 ? -1.0 : 0.0;
  data->features = 2;
  data->kind = ISW_TARGETS_BINARY;
  data->targets = 1;
  data->classes = 2;
  enum isw_status status = isw_data_allocate(data, 4, error);
  if (status != ISW_OK) return status;
  for (size_t s = 0; s < 4; s++) {
    data->train_inputs[2 * s] = s & 2 ? 1.0 : low;
    data->train_inputs[2 * s + 1] = s & 1 ? 1.0 : low;
    data->train_targets[s] = s == 1 || s == 2 ? 1.0 : 0.0;
  }
  return ISW_OK;
}

const struct isw_dataset isw_dataset_xor = {
    .row = {"xor", {ISW_ENCODING}, "samples (0,0), (0,1), (1,0), (1,1); targets 0, 1, 1, 0", "Minsky & Papert 1969"},
    .load = load,
};
