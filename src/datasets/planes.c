/* Two classes in the plane; sample i is of class c = i mod 2, its target, and is number j = floor(i / 2) of the class's
 * n_c = ceil((samples - c) / 2) samples:
 *   moons          t = pi j / (n_c - 1): (cos t, sin t), or (1 - cos t, 1/2 - sin t) as scikit-learn's make_moons
 *   circles        t = 2 pi j / n_c: (r cos t, r sin t), r = 1, or factor as scikit-learn's make_circles
 * and the squares of a board, where the target follows from the position:
 *   checkerboard   x uniform on [-1, 1)^2, target (floor(cells (x_1 + 1) / 2) + floor(cells (x_2 + 1) / 2)) mod 2
 * Noise is added to both features last: normal draws 2i and 2i + 1 of (seed, replicate 0, DATA, layer 0); the board's
 * positions are uniform draws 2i and 2i + 1 of layer 1.
 * Parameters: samples, noise, (factor, or cells), test_fraction, standardize, label_noise. */
#include <math.h>
#include "datasets_internal.h"

static enum isw_status begin(struct isw_data *data, const struct isw_choice *settings, struct isw_error *error)
{
  data->features = 2;
  data->kind = ISW_TARGETS_BINARY;
  data->targets = 1;
  data->classes = 2;
  return isw_data_allocate(data, (size_t)settings->value[0].number, error);
}

/* settings from number `rest` on: test_fraction, standardize, label_noise */
static enum isw_status end(struct isw_data *data, const struct isw_choice *settings, size_t rest, uint64_t seed,
                           struct isw_error *error)
{
  const struct isw_stream stream = {.seed = seed, .purpose = ISW_PURPOSE_DATA};
  double noise = settings->value[1].number;
  for (size_t n = 0; noise != 0.0 && n < 2 * data->train_samples; n++)
    data->train_inputs[n] = data->train_inputs[n] + noise * isw_normal(&stream, n);
  const struct isw_finish finish = {.test_fraction = settings->value[rest].number,
                                    .standardize = (enum isw_standardize)settings->value[rest + 1].number,
                                    .label_noise = settings->value[rest + 2].number};
  return isw_data_finish(data, seed, &finish, error);
}

static enum isw_status load_moons(const struct isw_choice *settings, uint64_t seed, const char *folder,
                                  struct isw_data *data, struct isw_error *error)
{
  (void)folder;
  enum isw_status status = begin(data, settings, error);
  if (status != ISW_OK) return status;
  for (size_t i = 0; i < data->train_samples && !isw_interrupted(); i++) {
    size_t class = i % 2, place = i / 2, count = (data->train_samples + 1 - class) / 2;
    double t = count > 1 ? 3.141592653589793 * (double)place / (double)(count - 1) : 0.0;
    double x = isw_exact_cos(t), y = isw_exact_sin(t);
    data->train_inputs[2 * i] = class ? 1.0 - x : x;
    data->train_inputs[2 * i + 1] = class ? 0.5 - y : y;
    data->train_targets[i] = (double)class;
  }
  return end(data, settings, 2, seed, error);
}

static enum isw_status load_circles(const struct isw_choice *settings, uint64_t seed, const char *folder,
                                    struct isw_data *data, struct isw_error *error)
{
  (void)folder;
  enum isw_status status = begin(data, settings, error);
  if (status != ISW_OK) return status;
  for (size_t i = 0; i < data->train_samples && !isw_interrupted(); i++) {
    size_t class = i % 2, place = i / 2, count = (data->train_samples + 1 - class) / 2;
    double t = 6.283185307179586 * (double)place / (double)count, radius = class ? settings->value[2].number : 1.0;
    data->train_inputs[2 * i] = radius * isw_exact_cos(t);
    data->train_inputs[2 * i + 1] = radius * isw_exact_sin(t);
    data->train_targets[i] = (double)class;
  }
  return end(data, settings, 3, seed, error);
}

static enum isw_status load_checkerboard(const struct isw_choice *settings, uint64_t seed, const char *folder,
                                         struct isw_data *data, struct isw_error *error)
{
  (void)folder;
  const struct isw_stream places = {.seed = seed, .purpose = ISW_PURPOSE_DATA, .layer = 1};
  enum isw_status status = begin(data, settings, error);
  if (status != ISW_OK) return status;
  for (size_t i = 0; i < data->train_samples && !isw_interrupted(); i++) {
    double square = 0.0;
    for (size_t c = 0; c < 2; c++) {
      double place = isw_uniform(&places, 2 * i + c);
      data->train_inputs[2 * i + c] = 2.0 * place - 1.0;
      square = square + floor(settings->value[2].number * place);
    }
    data->train_targets[i] = square - 2.0 * floor(0.5 * square);
  }
  return end(data, settings, 3, seed, error);
}

#define SAMPLES ISW_COUNT_PARAMETER("samples", 200, 2, 1e8, "samples of both classes, including the test set")
#define NOISE ISW_REAL_PARAMETER("noise", 0.1, 0.0, 1e6, 0, "standard deviation added to both features")

const struct isw_dataset isw_dataset_moons = {
    .row = {"moons",
            {SAMPLES, NOISE, ISW_TEST_FRACTION(0.2), ISW_STANDARDIZE_INPUTS, ISW_LABEL_NOISE},
            "sample i of class c = i mod 2, its target, at t = 0 .. pi in even steps: (cos t, sin t), or (1 - cos t, "
            "1/2 - "
            "sin "
            "t); + noise N(0, 1)",
            "sklearn.datasets.make_moons"},
    .load = load_moons,
};

const struct isw_dataset isw_dataset_circles = {
    .row =
        {"circles",
         {SAMPLES, NOISE,
          ISW_REAL_PARAMETER("factor", 0.8, 0.0, 1.0, 0, "radius of the circle of target 1; that of target 0 is 1"),
          ISW_TEST_FRACTION(0.2), ISW_STANDARDIZE_INPUTS, ISW_LABEL_NOISE},
         "sample i of class c = i mod 2, its target, evenly spaced on a circle of radius 1, or factor; + noise N(0, 1)",
         "sklearn.datasets.make_circles"},
    .load = load_circles,
};

const struct isw_dataset isw_dataset_checkerboard = {
    .row = {"checkerboard",
            {SAMPLES, ISW_REAL_PARAMETER("noise", 0.0, 0.0, 1e6, 0, "standard deviation added to both features"),
             ISW_COUNT_PARAMETER("cells", 4, 1, 1000, "squares along a side"), ISW_TEST_FRACTION(0.2),
             ISW_STANDARDIZE_INPUTS, ISW_LABEL_NOISE},
            "x uniform on [-1, 1)^2; target (floor(cells (x_1 + 1) / 2) + floor(cells (x_2 + 1) / 2)) mod 2; + noise "
            "N(0, 1)",
            ""},
    .load = load_checkerboard,
};
