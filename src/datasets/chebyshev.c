/* A Chebyshev polynomial to fit: y = T_degree(x) at ascending points of [-1, 1], i = 0 .. N - 1:
 *   nodes   x = -cos(pi (2 i + 1) / (2 N)), where polynomials of different degrees below N are orthogonal;
 *   even    x = (2 i - (N - 1)) / (N - 1).
 * T_0 = 1, T_1 = x, T_n+1 = (2 x) T_n - T_n-1. Parameters: degree, points, spacing, test_fraction. */
#include "datasets_internal.h"

enum { NODES, EVEN };

static double polynomial(size_t degree, double x)
{
  double before = 1.0, now = x;
  if (degree == 0) return 1.0;
  for (size_t n = 1; n < degree; n++) {
    double next = 2.0 * x * now - before;
    before = now;
    now = next;
  }
  return now;
}

static enum isw_status load(const struct isw_choice *settings, uint64_t seed, const char *folder, struct isw_data *data,
                            struct isw_error *error)
{
  (void)folder;
  size_t degree = (size_t)settings->value[0].number, points = (size_t)settings->value[1].number;
  data->features = 1;
  data->kind = ISW_TARGETS_VALUES;
  data->targets = 1;
  enum isw_status status = isw_data_allocate(data, points, error);
  if (status != ISW_OK) return status;
  for (size_t i = 0; i < points && !isw_interrupted(); i++) {
    double node = -isw_exact_cos(3.141592653589793 * (double)(2 * i + 1) / (double)(2 * points));
    double even = (2.0 * (double)i - (double)(points - 1)) / (double)(points - 1);
    double x = settings->value[2].number == EVEN ? even : node;
    data->train_inputs[i] = x;
    data->train_targets[i] = polynomial(degree, x);
  }
  return isw_data_split(data, seed, settings->value[3].number, error);
}

static const char *const spacings[] = {"nodes", "even", NULL};

const struct isw_dataset isw_dataset_chebyshev = {
    .row = {"chebyshev",
            {ISW_COUNT_PARAMETER("degree", 5, 0, 1000, "degree of the polynomial"),
             ISW_COUNT_PARAMETER("points", 64, 2, 1e8, "samples, including the test set"),
             ISW_WORD_PARAMETER("spacing", spacings,
                                "nodes: the zeros of T_points, denser near -1 and 1; even: from -1 to 1 in even steps"),
             ISW_TEST_FRACTION(0.0)},
            "y = T_degree(x), T_n(cos t) = cos(n t), at `points` points x of [-1, 1], ascending",
            "Abramowitz & Stegun 1964, 22.3.15"},
    .load = load,
};
