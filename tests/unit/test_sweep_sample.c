/* `sample`: designs, distributions, what a sample is crossed with, and Sobol's sequence in all dimensions. */
#include <math.h>
#include "sweep/sweep_internal.h"
#include "sweep_texts.h"

#define BASE                                                                                                           \
  "sweep: test\nseed: 7\ndataset: xor\n"                                                                               \
  "network: {depth: 1, width: 2, activation: tanh, init: {name: normal, std: 0.5}}\n"                                  \
  "train: {loss: mse, optimizer: sgd, learning_rate: 0.5, steps: 100}\n"
#define AXES                                                                                                           \
  "{train.learning_rate: {log_uniform: [1e-4, 1]}, network.init_noise: {uniform: [0, 1]}, network.width: "             \
  "{integer: [3, 6]}, network.activation: [tanh, relu, sin], network.init.std: {log_uniform: [0.1, 10]}, "             \
  "train.batch_size: {uniform: [1, 4]}, network.init_sparsity: {normal: [0.5, 0.05]}}"

static double value(const struct isw_sweep *sweep, const char *column, uint64_t number)
{
  return isw_sweep_column_value(sweep, test_column(sweep, column), number);
}

static struct isw_sweep *read_design(const char *design, size_t points, const char *axes, const char *more)
{
  struct isw_text text = {0};
  isw_text_add(&text, "%ssample: {design: %s, points: %zu, axes: %s}\n%s", BASE, design, points, axes, more);
  struct isw_sweep *sweep = test_read(text.bytes);
  isw_text_clear(&text);
  return sweep;
}

static const char *const designs[] = {"random", "sobol", "latin_hypercube"};
enum { DESIGNS = 3 };

static void values_follow_their_distributions(void **state)
{
  (void)state;
  enum { POINTS = 256 };
  for (size_t d = 0; d < DESIGNS; d++) {
    struct isw_sweep *sweep = read_design(designs[d], POINTS, AXES, "");
    assert_int_equal(isw_sweep_networks(sweep), POINTS);
    double mean_log = 0.0, mean = 0.0, square = 0.0;
    size_t width[4] = {0}, activation[3] = {0}, batch[4] = {0};
    for (size_t i = 0; i < POINTS; i++) {
      double rate = value(sweep, "learning_rate", i), sparsity = value(sweep, "init_sparsity", i);
      assert_true(rate >= 1e-4 && rate <= 1.0);
      assert_true(value(sweep, "init_std", i) >= 0.1 && value(sweep, "init_std", i) <= 10.0);
      assert_true(value(sweep, "point", i) == (double)i);
      mean_log += log10(rate) / POINTS;
      mean += sparsity / POINTS;
      square += (sparsity - 0.5) * (sparsity - 0.5) / POINTS;
      width[(size_t)value(sweep, "width", i) - 3]++;
      activation[(size_t)value(sweep, "activation", i)]++;
      batch[(size_t)value(sweep, "batch_size", i) - 1]++;
    }
    double errors = d == 0 ? 5.0 : 0.5; /* standard errors of a random sample; the others are more even */
    assert_true(fabs(mean_log + 2.0) < errors * 4.0 / sqrt(12.0 * POINTS));
    assert_true(fabs(mean - 0.5) < errors * 0.05 / sqrt(POINTS));
    assert_true(fabs(square / 0.0025 - 1.0) < 5.0 * sqrt(2.0 / POINTS));
    for (size_t k = 0; k < 4; k++) assert_true(fabs((double)width[k] - 64.0) <= errors * sqrt(64.0 * 0.75));
    for (size_t k = 0; k < 3; k++) assert_true(fabs((double)activation[k] - 256.0 / 3.0) <= errors * sqrt(57.0));
    assert_true(batch[0] < batch[1] && batch[3] < batch[2]); /* the ends are rounded to from one side only */
    isw_sweep_destroy(sweep);
  }
}

/* More points extend a design whose point depends on the seed and its index alone. */
static void more_points_extend(void **state)
{
  (void)state;
  for (size_t d = 0; d < DESIGNS; d++) {
    struct isw_sweep *few = read_design(designs[d], 20, AXES, ""), *many = read_design(designs[d], 50, AXES, "");
    size_t same = 0;
    for (size_t i = 0; i < 20; i++) {
      struct isw_network *a = test_network(few, i), *b = test_network(many, i);
      same += a->id == b->id;
      isw_network_destroy(a);
      isw_network_destroy(b);
    }
    assert_int_equal(same, strcmp(designs[d], "latin_hypercube") == 0 ? 0 : 20);
    isw_sweep_destroy(few);
    isw_sweep_destroy(many);
  }
}

static void the_seed_decides_what_is_random(void **state)
{
  (void)state;
  static const char axes[] = "{train.learning_rate: {uniform: [0, 1]}}";
  for (size_t d = 0; d < DESIGNS; d++) {
    struct isw_text text = {0};
    isw_text_add(&text, "%ssample: {design: %s, points: 9, axes: %s}\n", BASE, designs[d], axes);
    struct isw_sweep *one = test_read(text.bytes), *other = test_read_with(text.bytes, "seed=8");
    bool sobol = strcmp(designs[d], "sobol") == 0;
    for (size_t i = 0; i < 9; i++)
      assert_true((value(one, "learning_rate", i) == value(other, "learning_rate", i)) == sobol);
    isw_sweep_destroy(one);
    isw_sweep_destroy(other);
    isw_text_clear(&text);
  }
}

static void a_latin_hypercube_has_a_point_in_each_stratum(void **state)
{
  (void)state;
  enum { POINTS = 61 };
  struct isw_sweep *sweep = read_design(
      "latin_hypercube", POINTS, "{train.learning_rate: {uniform: [0, 1]}, network.init_noise: {uniform: [0, 1]}}", "");
  static const char *const columns[] = {"learning_rate", "init_noise"};
  size_t moved = 0;
  for (size_t c = 0; c < 2; c++) {
    bool taken[POINTS] = {false};
    for (size_t i = 0; i < POINTS; i++) {
      size_t stratum = (size_t)floor(value(sweep, columns[c], i) * POINTS);
      assert_true(stratum < POINTS && !taken[stratum]);
      taken[stratum] = true;
      moved += stratum != i;
    }
  }
  assert_true(moved > POINTS); /* orders of their own */
  isw_sweep_destroy(sweep);
}

/* The sample is the first axis: every point is crossed with the grid and the zips, and keeps its networks' numbers. */
static void a_sample_is_crossed_with_grid_and_zip(void **state)
{
  (void)state;
  struct isw_sweep *sweep =
      read_design("sobol", 4, "{train.learning_rate: {uniform: [0, 1]}}",
                  "grid: {replicate: {count: 3}}\nzip: [{network.depth: [1, 2], train.steps: [10, 5]}]\n");
  size_t values;
  assert_int_equal(isw_sweep_networks(sweep), 24);
  assert_string_equal(isw_sweep_axis(sweep, 0, 0, &values), "sample");
  assert_int_equal(values, 4);
  static const double sobol[] = {0.0, 0.5, 0.75, 0.25};
  for (uint64_t n = 0; n < 24; n++) {
    assert_true(value(sweep, "point", n) == (double)(n / 6) && value(sweep, "learning_rate", n) == sobol[n / 6]);
    assert_true(value(sweep, "replicate", n) == (double)(n / 2 % 3));
    assert_true(value(sweep, "depth", n) == 1.0 + (double)(n % 2));
  }
  isw_sweep_destroy(sweep);
  sweep = read_design("sobol", 4, "{train.learning_rate: {uniform: [0, 1]}}",
                      "grid: [{network.width: [2, 3]}, {network.width: [3, 4]}]\n");
  assert_int_equal(isw_sweep_networks(sweep), 4 * 3); /* a union: width 3 is there once */
  isw_sweep_destroy(sweep);
  sweep = read_design("sobol", 4, "{train.learning_rate: {uniform: [0, 1]}}",
                      "grid: {network.width: [2, 3]}\nexclude: [{train.learning_rate: 0.25, network.width: 2}]\n");
  assert_int_equal(isw_sweep_networks(sweep), 7);
  assert_true(value(sweep, "point", 6) == 3.0 && value(sweep, "width", 6) == 3.0);
  isw_sweep_destroy(sweep);
}

/* A sample of few choices repeats itself: an equal point is trained once. */
static void equal_points_are_one(void **state)
{
  (void)state;
  struct isw_sweep *sweep =
      read_design("random", 100, "{network.activation: [tanh, relu], network.width: {integer: [2, 4]}}",
                  "grid: {replicate: {count: 2}}\n");
  assert_int_equal(isw_sweep_networks(sweep), 2 * 3 * 2);
  for (uint64_t n = 0; n < 12; n++)
    for (uint64_t m = 0; m < n; m++) {
      struct isw_network *a = test_network(sweep, n), *b = test_network(sweep, m);
      assert_true(a->id != b->id);
      isw_network_destroy(a);
      isw_network_destroy(b);
    }
  isw_sweep_destroy(sweep);
}

static void settings_read_back_as_the_same_sweep(void **state)
{
  (void)state;
  for (size_t d = 0; d < DESIGNS; d++) {
    struct isw_sweep *sweep = read_design(designs[d], 33, AXES, "grid: {replicate: {count: 3}}\n");
    struct isw_sweep *again = test_read_stored(isw_sweep_settings(sweep));
    assert_string_equal(isw_sweep_settings(again), isw_sweep_settings(sweep));
    assert_true(isw_sweep_identity(again) == isw_sweep_identity(sweep));
    assert_int_equal(isw_sweep_networks(again), 99);
    for (uint64_t n = 0; n < 99; n++) {
      struct isw_network *a = test_network(sweep, n), *b = test_network(again, n);
      assert_true(a->id == b->id);
      isw_network_destroy(a);
      isw_network_destroy(b);
    }
    isw_sweep_destroy(again);
    isw_sweep_destroy(sweep);
  }
}

static void overrides_reach_a_sample(void **state)
{
  (void)state;
  static const char text[] =
      BASE "sample: {design: sobol, points: 4, axes: {train.learning_rate: {uniform: [0, 1]}}}\n";
  struct isw_sweep *sweep = test_read_with(text, "sample.points=8");
  assert_int_equal(isw_sweep_networks(sweep), 8);
  isw_sweep_destroy(sweep);
  sweep = test_read_with(text, "sample.axes.network.init_noise={uniform: [0, 1]}");
  assert_true(value(sweep, "init_noise", 1) == 0.5 && value(sweep, "learning_rate", 1) == 0.5);
  isw_sweep_destroy(sweep);
}

/* The quantiles of the normal distribution at 0 (kept above it), 1/2, 3/4, 1/4, ..., by scipy.special.ndtri. */
static void normal_values_are_quantiles(void **state)
{
  (void)state;
  static const double quantile[] = {-6.3379577545537895, 0.0, 0.6744897501960817, -0.6744897501960817,
                                    -0.31863936396437514};
  static const double rare[] = {-2.6600674686174597, 2.6600674686174597}; /* 1/256 and 255/256 */
  struct isw_distribution normal = {ISW_NORMAL, 0.0, 1.0};
  struct isw_sweep *sweep = read_design("sobol", 5, "{network.residual.scale: {normal: [2, 3]}}",
                                        "grid: {network.residual.branch_layers: [1], network.depth: [3]}\n");
  for (size_t i = 0; i < 5; i++)
    assert_true(fabs((value(sweep, "scale", i) - 2.0) / 3.0 - quantile[i]) < (i ? 1e-15 : 1e-12));
  for (size_t i = 0; i < 2; i++)
    assert_true(fabs(isw_sample_number(&normal, i ? 255.0 / 256.0 : 1.0 / 256.0) - rare[i]) < 1e-14);
  isw_sweep_destroy(sweep);
}

/* All dimensions: a hash of 1000 points, by scipy.stats.qmc.Sobol(100, scramble=False). In each dimension an aligned
 * block of 2^k points has one in each of 2^k equal parts. */
static void sobol_is_joe_and_kuos(void **state)
{
  (void)state;
  uint64_t hash = 0;
  for (size_t d = 0; d < ISW_SOBOL_DIMENSIONS; d++) {
    uint32_t direction[ISW_SOBOL_BITS];
    bool taken[256] = {false};
    isw_sobol_directions(d, direction);
    for (uint64_t i = 0; i < 1000; i++) {
      uint64_t number = (uint64_t)(isw_sobol_number(direction, i) * 1024.0); /* of 1024 = 2^10 points */
      hash = (hash ^ number) * 0x100000001b3u;
    }
    for (uint64_t i = 256; i < 512; i++) {
      size_t part = (size_t)(isw_sobol_number(direction, i) * 256.0);
      assert_false(taken[part]);
      taken[part] = true;
    }
  }
  assert_true(hash == 0xeeeab8b7b92bf100u);
}

/* An error's first line must hold each text. */
static void bad_samples_are_refused(void **state)
{
  (void)state;
  static const struct {
    const char *sample, *more, *message;
  } cases[] = {
      {"[1, 2]", "", "sample must be a mapping, not a list"},
      {"{design: sobol, points: 4}", "", "sample requires 'axes'"},
      {"{design: sobl, points: 4, axes: {train.learning_rate: [1]}}", "",
       "design must be 'random', 'sobol' or 'latin_hypercube', not 'sobl'"},
      {"{design: sobol, points: 0, axes: {train.learning_rate: [1]}}", "", "points must be a whole number from 1 to"},
      {"{design: sobol, point: 4, axes: {train.learning_rate: [1]}}", "", "unknown key 'point' in sample"},
      {"{design: sobol, points: 4, axes: {}}", "", "axes must be a mapping of paths to distributions or lists"},
      {"{design: sobol, points: 4, axes: {train.learning_rate: {uniform: [0]}}}", "",
       "uniform needs [lowest, highest], not a list of a different length"},
      {"{design: sobol, points: 4, axes: {train.learning_rate: {log_uniform: [0, 1]}}}", "",
       "an end must be a number above 0"},
      {"{design: sobol, points: 4, axes: {train.learning_rate: {uniform: [2, 1]}}}", "",
       "the highest value must be above the lowest"},
      {"{design: sobol, points: 4, axes: {train.learning_rate: {uniform: [-1, 1]}}}", "",
       "train.learning_rate must be a number from 0 to 1e30, not '-1'"},
      {"{design: sobol, points: 4, axes: {train.learning_rate: {normal: [0.1, 1]}}}", "",
       "train.learning_rate must be a number from 0 to 1e30, but is -"},
      {"{design: sobol, points: 4, axes: {train.learning_rate: {normal: [0.1, 0]}}}", "",
       "a standard deviation must be a number above 0"},
      {"{design: sobol, points: 4, axes: {network.init.std: {uniform: [-1, 1]}}}", "", "std of normal must be"},
      {"{design: sobol, points: 4, axes: {network.activation: {uniform: [0, 1]}}}", "", "'0'"},
      {"{design: sobol, points: 4, axes: {train.lerning_rate: {uniform: [0, 1]}}}", "", "unknown setting"},
      {"{design: sobol, points: 4, axes: {train.learning_rate: {logspace: [0, 1, 3]}}}", "", "unknown generator"},
      {"{design: sobol, points: 4, axes: {network.width: [3, 3]}}", "", "value 2 of network.width is the same"},
      {"{design: sobol, points: 4, axes: {network.width: [2, 3]}}", "grid: {network.width: [4, 5]}\n",
       "network.width is set by two axes"},
      {"{design: sobol, points: 5, axes: {train.learning_rate: {uniform: [1, 2]}}}",
       "grid: {network.init_noise: [0, 1, 2]}\nrefine: {axes: [sample, network.init_noise], levels: 1}\n",
       "the points of a sample have no order that could be refined"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct isw_text text = {0};
    isw_text_add(&text, "%ssample: %s\n%s", BASE, cases[i].sample, cases[i].more);
    char *message = test_message(text.bytes, NULL);
    if (!strstr(message, cases[i].message)) fail_msg("%s: %s", cases[i].sample, message);
    free(message);
    isw_text_clear(&text);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(values_follow_their_distributions),
      cmocka_unit_test(more_points_extend),
      cmocka_unit_test(the_seed_decides_what_is_random),
      cmocka_unit_test(a_latin_hypercube_has_a_point_in_each_stratum),
      cmocka_unit_test(a_sample_is_crossed_with_grid_and_zip),
      cmocka_unit_test(equal_points_are_one),
      cmocka_unit_test(settings_read_back_as_the_same_sweep),
      cmocka_unit_test(overrides_reach_a_sample),
      cmocka_unit_test(normal_values_are_quantiles),
      cmocka_unit_test(sobol_is_joe_and_kuos),
      cmocka_unit_test(bad_samples_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
