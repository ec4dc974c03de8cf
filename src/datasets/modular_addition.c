/* Addition modulo p, the task of the studies of grokking: all p^2 pairs (a, b), sample number p a + b, of class
 * (a + b) mod p. Inputs: one_hot, e_a followed by e_b, 2 p features; two_hot, e_a + e_b, p features, with a 2 where
 * a = b. Parameters: p, inputs, test_fraction, label_noise. */
#include "datasets_internal.h"

enum { ONE_HOT, TWO_HOT };

static enum isw_status load(const struct isw_choice *settings, uint64_t seed, const char *folder, struct isw_data *data,
                            struct isw_error *error)
{
  (void)folder;
  size_t p = (size_t)settings->value[0].number, second = settings->value[1].number == TWO_HOT ? 0 : p;
  data->features = second + p;
  data->kind = ISW_TARGETS_CLASSES;
  data->targets = 1;
  data->classes = p;
  enum isw_status status = isw_data_allocate(data, p * p, error);
  if (status != ISW_OK) return status;
  for (size_t s = 0; s < data->train_samples && !isw_interrupted(); s++) {
    size_t a = s / p, b = s % p;
    double *x = data->train_inputs + s * data->features; /* zeros */
    x[a] = 1.0;
    x[second + b] = x[second + b] + 1.0;
    data->train_targets[s] = (double)((a + b) % p);
  }
  const struct isw_finish finish = {.test_fraction = settings->value[2].number,
                                    .label_noise = settings->value[3].number};
  return isw_data_finish(data, seed, &finish, error);
}

static const char *const inputs[] = {"one_hot", "two_hot", NULL};

const struct isw_dataset isw_dataset_modular_addition = {
    .row = {"modular_addition",
            {ISW_COUNT_PARAMETER("p", 97, 2, 1000, "the modulus, which is the number of classes"),
             ISW_WORD_PARAMETER("inputs", inputs,
                                "one_hot: e_a followed by e_b, 2 p features; two_hot: e_a + e_b, p features"),
             ISW_TEST_FRACTION(0.5), ISW_LABEL_NOISE},
            "all p^2 pairs, sample p a + b: x from the unit vectors e_a and e_b, class (a + b) mod p",
            "Gromov 2023; Power et al. 2022"},
    .load = load,
};
