/* Two spiral arms in the plane (after Lang & Witbrock 1988). Sample i lies on arm c = i mod 2, which is its target, at
 *   r = (floor(i / 2) + 1) / ceil(samples / 2),  angle = 2 pi turns r + pi c,
 *   x = (r sin(angle) + noise n_2i, r cos(angle) + noise n_2i+1),
 * n_k being normal draw k of (seed, replicate 0, DATA, layer 0).
 * Parameters: samples, noise, turns, test_fraction, standardize, label_noise. */
#include "datasets_internal.h"

static enum isw_status load(const struct isw_choice *settings, uint64_t seed, const char *folder, struct isw_data *data,
                            struct isw_error *error)
{
  (void)folder;
  size_t samples = (size_t)settings->value[0].number;
  double noise = settings->value[1].number, turns = settings->value[2].number;
  struct isw_stream stream = {.seed = seed, .purpose = ISW_PURPOSE_DATA};
  data->features = 2;
  data->kind = ISW_TARGETS_BINARY;
  data->targets = 1;
  data->classes = 2;
  enum isw_status status = isw_data_allocate(data, samples, error);
  if (status != ISW_OK) return status;
  for (size_t i = 0; i < samples && !isw_interrupted(); i++) {
    size_t place = i / 2 + 1, places = (samples + 1) / 2;
    double arm = (double)(i % 2), radius = (double)place / (double)places;
    double angle = 6.283185307179586 * turns * radius + 3.141592653589793 * arm;
    data->train_inputs[2 * i] = radius * isw_exact_sin(angle) + noise * isw_normal(&stream, 2 * i);
    data->train_inputs[2 * i + 1] = radius * isw_exact_cos(angle) + noise * isw_normal(&stream, 2 * i + 1);
    data->train_targets[i] = arm;
  }
  const struct isw_finish finish = {.test_fraction = settings->value[3].number,
                                    .standardize = (enum isw_standardize)settings->value[4].number,
                                    .label_noise = settings->value[5].number};
  return isw_data_finish(data, seed, &finish, error);
}

const struct isw_dataset isw_dataset_spirals = {
    .row = {"spirals",
            {ISW_COUNT_PARAMETER("samples", 200, 2, 1e8, "samples of both arms, including the test set"),
             ISW_REAL_PARAMETER("noise", 0.02, 0.0, 1e6, 0,
                                "standard deviation added to both features; the spiral's radius is 1"),
             ISW_REAL_PARAMETER("turns", 1.75, 0.0, 1e3, 0, "turns of each arm"), ISW_TEST_FRACTION(0.2),
             ISW_STANDARDIZE_INPUTS, ISW_LABEL_NOISE},
            "sample i on arm c = i mod 2, its target, at r = (floor(i/2) + 1) / ceil(samples/2), angle = 2 pi turns r "
            "+ pi "
            "c: "
            "x = (r sin(angle), r cos(angle)) + noise N(0, 1)",
            "after Lang & Witbrock 1988"},
    .load = load,
};
