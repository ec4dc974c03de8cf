/* Parity: all 2^bits inputs in counting order, the first feature the most significant bit; the target is 1 where the
 * number of ones among the first `order` features is odd. Parameters: bits, encoding (01 or pm1), test_fraction, order
 * (0: all). */
#include "datasets_internal.h"

static enum isw_status load(const struct isw_choice *settings, uint64_t seed, const char *folder, struct isw_data *data,
                            struct isw_error *error)
{
  (void)folder;
  size_t bits = (size_t)settings->value[0].number, order = (size_t)settings->value[3].number;
  double low = settings->value[1].number == 1.0 ? -1.0 : 0.0;
  if (order == 0) order = bits;
  if (order > bits) return isw_error_set(error, ISW_BAD_INPUT, "a parity of order %zu of %zu bits", order, bits);
  data->features = bits;
  data->kind = ISW_TARGETS_BINARY;
  data->targets = 1;
  data->classes = 2;
  enum isw_status status = isw_data_allocate(data, (size_t)1 << bits, error);
  if (status != ISW_OK) return status;
  for (size_t s = 0; s < data->train_samples && !isw_interrupted(); s++) {
    size_t ones = 0;
    for (size_t b = 0; b < bits; b++) {
      size_t bit = s >> (bits - 1 - b) & 1;
      data->train_inputs[s * bits + b] = bit ? 1.0 : low;
      if (b < order) ones += bit;
    }
    data->train_targets[s] = (double)(ones & 1);
  }
  return isw_data_split(data, seed, settings->value[2].number, error);
}

const struct isw_dataset isw_dataset_parity = {
    .row = {"parity",
            {ISW_COUNT_PARAMETER("bits", 4, 1, 16, "features"), ISW_ENCODING, ISW_TEST_FRACTION(0.0),
             ISW_COUNT_PARAMETER("order", 0, 0, 16,
                                 "number of features, from the first, that determine the target; 0: all")},
            "all 2^bits inputs in counting order; target 1 where the number of ones among the first `order` features "
            "is odd",
            "Minsky & Papert 1969"},
    .load = load,
};
