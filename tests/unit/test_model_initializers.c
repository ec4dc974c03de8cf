/* Initialisers: distribution, moments, orthogonality, and the pairing of draws.
 *
 * Seeds are fixed, so the results never change; with fresh seeds, a correct initialiser would fail a Kolmogorov-Smirnov
 * test with probability 2 exp(-2 2.6^2) = 3e-6 and a test of a mean or variance (5 standard errors) with 6e-7. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <math.h>
#include <cmocka.h>
#include "initsweep/base.h"
#include "initsweep/model.h"

static const struct isw_stream stream = {.seed = 2026, .replicate = 7, .purpose = ISW_PURPOSE_WEIGHT, .layer = 2};

static const struct isw_initializer *find(const char *name, size_t *row)
{
  size_t count;
  const struct isw_initializer *table = isw_initializers(&count);
  for (*row = 0; *row < count; (*row)++)
    if (strcmp(table[*row].row.name, name) == 0) return &table[*row];
  fail_msg("no initialiser %s", name);
  return NULL;
}

/* Fills a matrix; NAN leaves a parameter at its default. */
static double *fill(const char *name, double p0, double p1, size_t fan_out, size_t fan_in)
{
  size_t row;
  const struct isw_initializer *initializer = find(name, &row);
  struct isw_choice choice = isw_choice_default(&initializer->row, row);
  if (!isnan(p0)) choice.value[0].number = p0;
  if (!isnan(p1)) choice.value[1].number = p1;
  double *weight = isw_allocate(fan_out * fan_in, sizeof *weight);
  assert_non_null(weight);
  assert_true(initializer->fill(&choice, fan_out, fan_in, fan_in, &stream, weight));
  return weight;
}

static int ascending(const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double normal_below(double z)
{
  return 0.5 * erfc(-z / sqrt(2.0));
}

enum law { NORMAL, UNIFORM, TRUNCATED };

/* Cumulative distribution at x with this centre and scale: standard deviation, half width, standard deviation before
 * truncation. */
static double below(enum law law, double centre, double scale, double x)
{
  double z = (x - centre) / scale;
  if (law == NORMAL) return normal_below(z);
  if (law == UNIFORM) return fmin(1.0, fmax(0.0, 0.5 * (z + 1.0)));
  return fmin(1.0, fmax(0.0, (normal_below(z) - normal_below(-2.0)) / (1.0 - 2.0 * normal_below(-2.0))));
}

/* Variance and fourth central moment of each distribution at scale 1. */
static const double variance_of[] = {1.0, 1.0 / 3.0, 0.7737413};
static const double fourth_of[] = {3.0, 1.0 / 5.0, 1.4161891};

static void check_law(const char *name, double p0, double p1, enum law law, double centre, double scale)
{
  enum { FAN_OUT = 320, FAN_IN = 192 };
  size_t count = (size_t)FAN_OUT * FAN_IN;
  double n = (double)count, mean = 0.0, variance = 0.0, distance = 0.0;
  double *weight = fill(name, p0, p1, FAN_OUT, FAN_IN);
  for (size_t i = 0; i < count; i++) mean += weight[i] / n;
  for (size_t i = 0; i < count; i++) variance += (weight[i] - mean) * (weight[i] - mean) / n;
  double expected = variance_of[law] * scale * scale;
  assert_true(fabs(mean - centre) < 5.0 * sqrt(expected / n));
  double spread = sqrt((fourth_of[law] - variance_of[law] * variance_of[law]) / n) * scale * scale;
  assert_true(fabs(variance - expected) < 5.0 * spread);
  qsort(weight, count, sizeof *weight, ascending);
  for (size_t i = 0; i < count; i++) {
    double share = below(law, centre, scale, weight[i]);
    distance = fmax(distance, fmax(share - (double)i / n, (double)(i + 1) / n - share));
  }
  assert_true(sqrt(n) * distance < 2.6);
  free(weight);
}

static void draws_follow_their_law(void **state)
{
  (void)state;
  check_law("normal", 0.5, 0.2, NORMAL, 0.5, 0.2);
  check_law("normal", NAN, NAN, NORMAL, 0.0, 1.0);
  check_law("uniform", -1.0, 3.0, UNIFORM, 1.0, 2.0);
  check_law("uniform", NAN, NAN, UNIFORM, 0.5, 0.5);
  check_law("truncated_normal", 0.25, 0.1, TRUNCATED, 0.25, 0.1);
  check_law("lecun_normal", NAN, NAN, NORMAL, 0.0, sqrt(1.0 / 192));
  check_law("lecun_normal", 1.5, NAN, NORMAL, 0.0, 1.5 * sqrt(1.0 / 192));
  check_law("lecun_uniform", NAN, NAN, UNIFORM, 0.0, sqrt(3.0 / 192));
  check_law("glorot_normal", NAN, NAN, NORMAL, 0.0, sqrt(2.0 / 512));
  check_law("glorot_uniform", NAN, NAN, UNIFORM, 0.0, sqrt(6.0 / 512));
  check_law("glorot_uniform", 0.5, NAN, UNIFORM, 0.0, 0.5 * sqrt(6.0 / 512));
  check_law("he_normal", NAN, NAN, NORMAL, 0.0, sqrt(2.0 / 192));
  check_law("he_uniform", NAN, NAN, UNIFORM, 0.0, sqrt(6.0 / 192));
  check_law("he_normal", 1.0, 1.0, NORMAL, 0.0, sqrt(1.0 / 320));                     /* fan_out */
  check_law("he_uniform", 5.0 / 3.0, 2.0, UNIFORM, 0.0, 5.0 / 3.0 * sqrt(3.0 / 256)); /* fan_avg */
  check_law("torch_linear", NAN, NAN, UNIFORM, 0.0, sqrt(1.0 / 192));
  check_law("mean_field", 1.5, NAN, NORMAL, 0.0, 1.5 * sqrt(1.0 / 192));
  check_law("variance_scaling", 2.0, 0.0, TRUNCATED, 0.0, sqrt(2.0 / 192 / 0.7737413));
  check_law("variance_scaling", NAN, 2.0, TRUNCATED, 0.0, sqrt(1.0 / 256 / 0.7737413));
}

/* Rows and columns of a matrix of independent draws: no two neighbours are equal, and the correlation between
 * neighbours is within 5 standard errors of 0. */
static void draws_are_not_repeated(void **state)
{
  (void)state;
  enum { N = 20000 };
  double *weight = fill("normal", NAN, NAN, 100, 200), product = 0.0;
  for (size_t i = 1; i < N; i++) product += weight[i] * weight[i - 1];
  assert_true(fabs(product) < 5.0 * sqrt((double)N));
  qsort(weight, N, sizeof *weight, ascending);
  for (size_t i = 1; i < N; i++) assert_true(weight[i] != weight[i - 1]);
  free(weight);
}

static void replicates_are_paired_across_initialisers(void **state)
{
  (void)state;
  enum { OUT = 9, IN = 7 };
  static const struct {
    const char *name;
    double std;
  } normals[] = {{"normal", 1.0},
                 {"lecun_normal", 0.3779644730092272},
                 {"glorot_normal", 0.3535533905932738},
                 {"he_normal", 0.5345224838248488}},
    uniforms[] = {{"lecun_uniform", 0.3779644730092272},
                  {"glorot_uniform", 0.3535533905932738},
                  {"he_uniform", 0.5345224838248488}};
  for (size_t r = 0; r < sizeof normals / sizeof normals[0]; r++) {
    double *weight = fill(normals[r].name, NAN, NAN, OUT, IN);
    for (size_t i = 0; i < OUT * IN; i++)
      assert_true(fabs(weight[i] - normals[r].std * isw_normal(&stream, i)) < 1e-14);
    free(weight);
  }
  for (size_t r = 0; r < sizeof uniforms / sizeof uniforms[0]; r++) {
    double *weight = fill(uniforms[r].name, NAN, NAN, OUT, IN), bound = sqrt(3.0) * uniforms[r].std;
    for (size_t i = 0; i < OUT * IN; i++)
      assert_true(fabs(weight[i] - bound * (2.0 * isw_uniform(&stream, i) - 1.0)) < 1e-14);
    free(weight);
  }
  double *truncated = fill("truncated_normal", 0.0, 1.0, OUT, IN);
  for (size_t i = 0; i < OUT * IN; i++) {
    double normal = isw_normal(&stream, i);
    assert_true(fabs(truncated[i]) <= 2.0);
    if (fabs(normal) <= 2.0) assert_true(truncated[i] == normal);
  }
  free(truncated);
}

static void simple_starts_are_exact(void **state)
{
  (void)state;
  double *weight = fill("zeros", NAN, NAN, 3, 5);
  for (size_t i = 0; i < 15; i++) assert_true(weight[i] == 0.0 && !signbit(weight[i]));
  free(weight);
  weight = fill("constant", 0.1, NAN, 3, 5);
  for (size_t i = 0; i < 15; i++) assert_true(weight[i] == 0.1);
  free(weight);
  for (size_t shape = 0; shape < 2; shape++) {
    size_t rows = shape ? 5 : 3, columns = shape ? 3 : 5;
    weight = fill("identity", 0.7, NAN, rows, columns);
    for (size_t i = 0; i < rows; i++)
      for (size_t j = 0; j < columns; j++) assert_true(weight[i * columns + j] == (i == j ? 0.7 : 0.0));
    free(weight);
  }
}

static void variance_scaling_has_three_laws(void **state)
{
  (void)state;
  enum { OUT = 30, IN = 20 };
  double weight[OUT * IN];
  size_t row;
  const struct isw_initializer *initializer = find("variance_scaling", &row);
  for (size_t law = 0; law < 3; law++) {
    struct isw_choice choice = {.row = row, .value = {{.number = 3.0}, {.number = 1.0}, {.number = (double)law}}};
    assert_true(initializer->fill(&choice, OUT, IN, IN, &stream, weight));
    double std = sqrt(3.0 / OUT);
    for (size_t i = 0; i < OUT * IN; i++) {
      double uniform = sqrt(3.0) * std * (2.0 * isw_uniform(&stream, i) - 1.0);
      double expected = law == 0   ? std / 0.87962566103423978 * isw_truncated_normal(&stream, i)
                        : law == 1 ? std * isw_normal(&stream, i)
                                   : uniform;
      assert_true(fabs(weight[i] - expected) < 1e-14);
    }
  }
}

static void torch_linears_bias_has_its_layers_fan_in(void **state)
{
  (void)state;
  double bias[50];
  size_t row;
  const struct isw_initializer *initializer = find("torch_linear", &row);
  struct isw_choice choice = isw_choice_default(&initializer->row, row);
  assert_true(initializer->for_bias);
  assert_true(initializer->fill(&choice, 50, 64, 1, &stream, bias));
  for (size_t j = 0; j < 50; j++) assert_true(fabs(bias[j] - 0.125 * (2.0 * isw_uniform(&stream, j) - 1.0)) < 1e-15);
}

/* Every unit has its number of weights, each equal to the dense initialiser's, and inputs are chosen equally often:
 * within 5 standard deviations of the mean, which 40 correct counts fail with probability 2e-5. */
static void sparse_units_take_some_inputs(void **state)
{
  (void)state;
  enum { OUT = 2000, IN = 40, TAKEN = 15 };
  double *weight = fill("sparse", TAKEN, 0.5, OUT, IN);
  size_t taken[IN] = {0};
  for (size_t j = 0; j < OUT; j++) {
    size_t count = 0;
    for (size_t i = 0; i < IN; i++) {
      if (weight[j * IN + i] == 0.0) continue;
      assert_true(weight[j * IN + i] == 0.5 * isw_normal(&stream, j * IN + i));
      count++, taken[i]++;
    }
    assert_int_equal(count, TAKEN);
  }
  double share = (double)TAKEN / IN, spread = 5.0 * sqrt(OUT * share * (1.0 - share));
  for (size_t i = 0; i < IN; i++) assert_true(fabs((double)taken[i] - OUT * share) < spread);
  free(weight);
  weight = fill("sparse", 15, 1.0, 3, 4); /* fan_in is smaller: dense */
  for (size_t i = 0; i < 12; i++) assert_true(weight[i] == isw_normal(&stream, i));
  free(weight);
}

static void zero_o_is_a_partial_identity_or_hadamard(void **state)
{
  (void)state;
  static const double hadamard[4][3] = {{1, 1, 1}, {1, -1, 1}, {1, 1, -1}, {1, -1, -1}};
  double *weight = fill("zero_o", NAN, NAN, 4, 3);
  for (size_t i = 0; i < 12; i++) assert_true(weight[i] == 0.5 * hadamard[i / 3][i % 3]);
  free(weight);
  weight = fill("zero_o", 2.0, NAN, 3, 5);
  for (size_t i = 0; i < 15; i++) assert_true(weight[i] == (i / 5 == i % 5 ? 2.0 : 0.0));
  free(weight);
  weight = fill("zero_o", NAN, NAN, 64, 24); /* whole columns: orthonormal */
  for (size_t a = 0; a < 24; a++)
    for (size_t b = 0; b < 24; b++) {
      double product = 0.0;
      for (size_t i = 0; i < 64; i++) product += weight[i * 24 + a] * weight[i * 24 + b];
      assert_true(product == (a == b ? 1.0 : 0.0));
    }
  free(weight);
  weight = fill("zero_o", NAN, NAN, 5, 2); /* cut from 8 rows */
  for (size_t i = 0; i < 10; i++) assert_true(fabs(fabs(weight[i]) - sqrt(0.125)) < 1e-16);
  free(weight);
}

/* The orthogonal factor with a positive diagonal of R is unique, so these two properties are the whole definition: the
 * columns are orthonormal, and Q^T A is upper triangular with a positive diagonal. */
static void check_orthogonal(size_t fan_out, size_t fan_in)
{
  const double gain = 1.25;
  bool tall = fan_out >= fan_in;
  size_t m = tall ? fan_out : fan_in, n = tall ? fan_in : fan_out;
  double *weight = fill("orthogonal", gain, NAN, fan_out, fan_in);
#define Q(i, j) (weight[tall ? (i)*fan_in + (j) : (j)*fan_in + (i)] / gain)
#define A(i, j) isw_normal(&stream, tall ? (i)*fan_in + (j) : (j)*fan_in + (i))
  for (size_t a = 0; a < n; a++)
    for (size_t b = 0; b < n; b++) {
      double product = 0.0, r = 0.0;
      for (size_t i = 0; i < m; i++) {
        product += Q(i, a) * Q(i, b);
        r += Q(i, a) * A(i, b);
      }
      assert_true(fabs(product - (a == b ? 1.0 : 0.0)) < 1e-12);
      if (a > b) assert_true(fabs(r) < 1e-12 * sqrt((double)m) * 10.0);
      if (a == b) assert_true(r > 0.0);
    }
#undef Q
#undef A
  free(weight);
}

static void orthogonal_is_the_unique_q(void **state)
{
  (void)state;
  static const size_t shapes[][2] = {{1, 1}, {1, 7}, {7, 1}, {2, 2}, {5, 5}, {33, 10}, {10, 33}, {64, 64}, {90, 16}};
  for (size_t s = 0; s < sizeof shapes / sizeof shapes[0]; s++) check_orthogonal(shapes[s][0], shapes[s][1]);
}

/* Output biases are the columns' means; all others are 0. */
static void target_mean_is_the_output_bias(void **state)
{
  (void)state;
  static const double targets[] = {1.0, 0.0, 2.0, 0.5, 4.0, 0.25};
  struct isw_start start = {.layer = 3, .layers = 3, .outputs = 2, .samples = 3, .targets = targets};
  size_t row;
  const struct isw_initializer *initializer = find("target_mean", &row);
  struct isw_choice choice = isw_choice_default(&initializer->row, row);
  double bias[2] = {9.0, 9.0}, weight[4] = {9.0, 9.0, 9.0, 9.0};
  assert_true(initializer->for_bias && initializer->needs == ISW_START_TARGETS);
  assert_true(isw_initialize(&choice, &start, 2, 2, 1, &stream, bias));
  assert_true(bias[0] == 7.0 / 3.0 && bias[1] == 0.25);
  assert_true(isw_initialize(&choice, &start, 2, 2, 2, &stream, weight));
  for (size_t i = 0; i < 4; i++) assert_true(weight[i] == 0.0);
  start.layer = 2;
  assert_true(isw_initialize(&choice, &start, 2, 2, 1, &stream, bias));
  assert_true(bias[0] == 0.0 && bias[1] == 0.0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(draws_follow_their_law),
      cmocka_unit_test(draws_are_not_repeated),
      cmocka_unit_test(replicates_are_paired_across_initialisers),
      cmocka_unit_test(simple_starts_are_exact),
      cmocka_unit_test(orthogonal_is_the_unique_q),
      cmocka_unit_test(variance_scaling_has_three_laws),
      cmocka_unit_test(torch_linears_bias_has_its_layers_fan_in),
      cmocka_unit_test(sparse_units_take_some_inputs),
      cmocka_unit_test(zero_o_is_a_partial_identity_or_hadamard),
      cmocka_unit_test(target_mean_is_the_output_bias),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
