/* Generated datasets, digits, the split and standardisation. */
#include <float.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <math.h>
#include <cmocka.h>
#include <stdio.h>
#include <sys/stat.h>
#include "datasets/datasets_internal.h"

/* Sets a dataset's parameter by name. */
struct setting {
  const char *name;
  double number;
};

static enum isw_status try_load(const char *name, uint64_t seed, const struct setting *settings, size_t count,
                                struct isw_data *data, struct isw_error *error)
{
  size_t rows, row = 0;
  const struct isw_dataset *const *table = isw_datasets(&rows);
  while (row < rows && strcmp(table[row]->row.name, name) != 0) row++;
  assert_true(row < rows);
  struct isw_choice choice = isw_choice_default(&table[row]->row, row);
  for (size_t s = 0; s < count; s++) {
    size_t p = 0;
    while (strcmp(table[row]->row.parameters[p].name, settings[s].name) != 0) p++;
    choice.value[p].number = settings[s].number;
  }
  return isw_dataset_load(&choice, seed, "", DBL_MAX, NULL, data, error);
}

#define LOAD(name, seed, ...) load(name, seed, (const struct setting[]){__VA_ARGS__, {NULL, 0.0}})

static struct isw_data load(const char *name, uint64_t seed, const struct setting *settings)
{
  struct isw_data data;
  struct isw_error error = {0};
  size_t count = 0;
  while (settings[count].name) count++;
  if (try_load(name, seed, settings, count, &data, &error) != ISW_OK) fail_msg("%s", isw_error_text(&error));
  return data;
}

static void every_family_has_a_complete_row(void **state)
{
  (void)state;
  size_t count;
  const struct isw_dataset *const *table = isw_datasets(&count);
  for (size_t i = 0; i < count; i++) {
    const struct isw_row *row = &table[i]->row;
    assert_true(row->name && row->formula && row->source && table[i]->load);
    for (size_t p = 0; p < isw_row_parameters(row); p++) {
      const struct isw_parameter *parameter = &row->parameters[p];
      assert_non_null(parameter->about);
      if (parameter->type == ISW_WORD) assert_non_null(parameter->words);
      if (parameter->type == ISW_COUNT || parameter->type == ISW_REAL)
        assert_true(parameter->initial >= parameter->low && parameter->initial <= parameter->high);
    }
  }
}

static void xor_is_the_table(void **state)
{
  (void)state;
  static const double bits[] = {0, 0, 0, 1, 1, 0, 1, 1}, signs[] = {-1, -1, -1, 1, 1, -1, 1, 1};
  static const double targets[] = {0, 1, 1, 0};
  for (int encoding = 0; encoding < 2; encoding++) {
    struct isw_data data = LOAD("xor", 1, {"encoding", encoding});
    assert_int_equal(data.features, 2);
    assert_int_equal(data.kind, ISW_TARGETS_BINARY);
    assert_int_equal(data.train_samples, 4);
    assert_int_equal(data.test_samples, 0);
    assert_null(data.test_inputs);
    assert_memory_equal(data.train_inputs, encoding ? signs : bits, sizeof bits);
    assert_memory_equal(data.train_targets, targets, sizeof targets);
    isw_data_destroy(&data);
  }
}

static void parity_counts_ones(void **state)
{
  (void)state;
  struct isw_data xor = LOAD("xor", 1, {"encoding", 0}), two = LOAD("parity", 1, {"bits", 2});
  assert_true(xor.hash == two.hash); /* two bits are exclusive or, in the same order */
  isw_data_destroy(&xor);
  isw_data_destroy(&two);
  struct isw_data data = LOAD("parity", 1, {"bits", 5}, {"encoding", 1});
  assert_int_equal(data.train_samples, 32);
  for (size_t s = 0; s < 32; s++) {
    double product = 1.0, number = 0.0;
    for (size_t b = 0; b < 5; b++) {
      product *= -data.train_inputs[s * 5 + b];
      number = 2.0 * number + 0.5 * (data.train_inputs[s * 5 + b] + 1.0);
    }
    assert_true(number == (double)s);
    assert_true(data.train_targets[s] == 0.5 * (1.0 - product));
  }
  isw_data_destroy(&data);
}

/* Order k: only the first k features matter. */
static void parity_of_an_order_counts_the_first_ones(void **state)
{
  (void)state;
  struct isw_data data = LOAD("parity", 1, {"bits", 5}, {"order", 2}),
                  all = LOAD("parity", 1, {"bits", 5}, {"order", 5});
  struct isw_data plain = LOAD("parity", 1, {"bits", 5});
  assert_true(all.hash == plain.hash);
  for (size_t s = 0; s < 32; s++) assert_true(data.train_targets[s] == (double)((s >> 4 & 1) ^ (s >> 3 & 1)));
  isw_data_destroy(&data);
  isw_data_destroy(&all);
  isw_data_destroy(&plain);
}

static void spirals_lie_on_their_arms(void **state)
{
  (void)state;
  struct isw_data data = LOAD("spirals", 5, {"samples", 101}, {"noise", 0.0}, {"test_fraction", 0.0});
  assert_int_equal(data.train_samples, 101);
  for (size_t i = 0; i < 101; i++) {
    double x = data.train_inputs[2 * i], y = data.train_inputs[2 * i + 1], radius = hypot(x, y);
    size_t place = i / 2 + 1;
    assert_true(data.train_targets[i] == (double)(i % 2));
    assert_true(fabs(radius - (double)place / 51.0) < 1e-14);
    double angle = 2.0 * M_PI * 1.75 * radius + (i % 2 ? M_PI : 0.0);
    assert_true(fabs(x - radius * sin(angle)) < 1e-13 && fabs(y - radius * cos(angle)) < 1e-13);
  }
  struct isw_data noisy = LOAD("spirals", 5, {"samples", 101}, {"noise", 0.5}, {"test_fraction", 0.0});
  struct isw_data other = LOAD("spirals", 6, {"samples", 101}, {"noise", 0.5}, {"test_fraction", 0.0});
  struct isw_data again = LOAD("spirals", 5, {"samples", 101}, {"noise", 0.5}, {"test_fraction", 0.0});
  assert_true(noisy.hash == again.hash && noisy.hash != other.hash && noisy.hash != data.hash);
  double square = 0.0; /* 202 squares of N(0, 1/4): 5 standard errors of their mean are 0.124 */
  for (size_t i = 0; i < 202; i++) square += pow(noisy.train_inputs[i] - data.train_inputs[i], 2.0) / 202.0;
  assert_true(fabs(square - 0.25) < 0.124);
  for (size_t i = 0; i < 101; i++) /* the two coordinates have draws of their own */
    assert_true(fabs(noisy.train_inputs[2 * i] - data.train_inputs[2 * i] -
                     (noisy.train_inputs[2 * i + 1] - data.train_inputs[2 * i + 1])) > 1e-9);
  isw_data_destroy(&data);
  isw_data_destroy(&noisy);
  isw_data_destroy(&other);
  isw_data_destroy(&again);
}

/* Solves the normal equations of features x and one target by elimination: the residual of the best linear fit,
 * summed. */
static double linear_residual(const struct isw_data *data, size_t target)
{
  enum { N = 4 };
  double a[N][N + 1] = {{0.0}}, weight[N], residual = 0.0;
  for (size_t s = 0; s < data->train_samples; s++)
    for (size_t i = 0; i < N; i++) {
      for (size_t j = 0; j < N; j++) a[i][j] += data->train_inputs[s * N + i] * data->train_inputs[s * N + j];
      a[i][N] += data->train_inputs[s * N + i] * data->train_targets[s * data->targets + target];
    }
  for (size_t k = 0; k < N; k++)
    for (size_t i = 0; i < N; i++) {
      double factor = i == k ? 0.0 : a[i][k] / a[k][k];
      for (size_t j = 0; j <= N; j++) a[i][j] -= factor * a[k][j];
    }
  for (size_t k = 0; k < N; k++) weight[k] = a[k][N] / a[k][k];
  for (size_t s = 0; s < data->train_samples; s++) {
    double error = data->train_targets[s * data->targets + target];
    for (size_t i = 0; i < N; i++) error -= weight[i] * data->train_inputs[s * N + i];
    residual += error * error;
  }
  return residual;
}

static void teachers_are_linear_or_not(void **state)
{
  (void)state;
  struct isw_data linear = LOAD("teacher", 3, {"samples", 60}, {"features", 4}, {"outputs", 2}, {"test_fraction", 0.0});
  assert_int_equal(linear.kind, ISW_TARGETS_VALUES);
  assert_int_equal(linear.targets, 2);
  double correlation = 0.0;
  for (size_t t = 0; t < 2; t++) assert_true(linear_residual(&linear, t) < 1e-20);
  for (size_t s = 0; s < 60; s++) correlation += linear.train_targets[2 * s] * linear.train_inputs[4 * s];
  assert_true(fabs(correlation) > 1e-3);
  struct isw_data noisy =
      LOAD("teacher", 3, {"samples", 60}, {"features", 4}, {"outputs", 2}, {"noise", 0.1}, {"test_fraction", 0.0});
  double residual = linear_residual(&noisy, 0) / 56.0; /* chi-square of 56: within a factor of 2.5 but for 1e-5 */
  assert_true(residual > 0.01 / 2.5 && residual < 0.01 * 2.5);
  assert_memory_equal(linear.train_inputs, noisy.train_inputs, 240 * sizeof(double));
  struct isw_data bent = LOAD("teacher", 3, {"samples", 60}, {"features", 4}, {"kind", 1}, {"test_fraction", 0.0});
  assert_true(linear_residual(&bent, 0) > 1e-3);
  isw_data_destroy(&linear);
  isw_data_destroy(&noisy);
  isw_data_destroy(&bent);
}

/* The teacher's definition, from the draws that its file states; layer 1 is V or W, layer 2 W, layer 3 the noise. */
static void tanh_teacher_is_its_definition(void **state)
{
  (void)state;
  enum { N = 3 };
  struct isw_data data = LOAD("teacher", 9, {"samples", 20}, {"features", N}, {"outputs", N}, {"kind", 1},
                              {"hidden", N}, {"noise", 0.5}, {"test_fraction", 0.0});
  struct isw_stream stream[4];
  for (uint64_t layer = 0; layer < 4; layer++)
    stream[layer] = (struct isw_stream){.seed = 9, .purpose = ISW_PURPOSE_DATA, .layer = layer};
  for (size_t s = 0; s < 20; s++)
    for (size_t o = 0; o < N; o++) {
      double y = 0.5 * isw_normal(&stream[3], s * N + o);
      for (size_t h = 0; h < N; h++) {
        double z = 0.0;
        for (size_t i = 0; i < N; i++)
          z += isw_normal(&stream[1], h * N + i) / sqrt(N) * isw_normal(&stream[0], s * N + i);
        y += isw_normal(&stream[2], o * N + h) / sqrt(N) * tanh(z);
      }
      assert_true(fabs(y - data.train_targets[s * N + o]) < 1e-13);
    }
  isw_data_destroy(&data);
}

static double norm_of(const double *x, size_t count)
{
  double squares = 0.0;
  for (size_t i = 0; i < count; i++) squares += x[i] * x[i];
  return sqrt(squares);
}

/* Inputs and hidden weights of norm 1, output weights 1 or -1; linear in x where all hidden units are on. */
static void relu_teacher_is_on_the_sphere(void **state)
{
  (void)state;
  enum { N = 3, HIDDEN = 5, OUT = 2 };
  struct isw_data data = LOAD("teacher", 9, {"samples", 40}, {"features", N}, {"outputs", OUT}, {"kind", 3},
                              {"hidden", HIDDEN}, {"noise", 0.25}, {"test_fraction", 0.0});
  const struct isw_stream v = {9, 0, ISW_PURPOSE_DATA, 1}, sign = {9, 0, ISW_PURPOSE_DATA, 2},
                          noise = {9, 0, ISW_PURPOSE_DATA, 3};
  size_t negative = 0, off = 0;
  for (size_t s = 0; s < 40; s++) {
    const double *x = data.train_inputs + s * N;
    assert_true(fabs(norm_of(x, N) - 1.0) < 1e-15);
    for (size_t o = 0; o < OUT; o++) {
      double y = 0.25 * isw_normal(&noise, s * OUT + o);
      for (size_t h = 0; h < HIDDEN; h++) {
        double row[N], z = 0.0, s_oh = isw_normal(&sign, o * HIDDEN + h) < 0.0 ? -1.0 : 1.0;
        for (size_t i = 0; i < N; i++) row[i] = isw_normal(&v, h * N + i);
        for (size_t i = 0; i < N; i++) z += row[i] / norm_of(row, N) * x[i];
        y += s_oh * (z > 0.0 ? z : 0.0);
        negative += s_oh < 0.0;
        off += z < 0.0;
      }
      assert_true(fabs(y - data.train_targets[s * OUT + o]) < 1e-13);
    }
  }
  assert_true(negative > 0 && negative < 40 * OUT * HIDDEN && off > 0); /* the seed shows both signs and both slopes */
  isw_data_destroy(&data);
}

/* Targets that do not depend on the inputs, which are those of the other kinds. */
static void random_teacher_ignores_its_inputs(void **state)
{
  (void)state;
  enum { SAMPLES = 2000 };
  struct isw_data data = LOAD("teacher", 9, {"samples", SAMPLES}, {"features", 2}, {"kind", 4}, {"test_fraction", 0.0});
  struct isw_data linear = LOAD("teacher", 9, {"samples", SAMPLES}, {"features", 2}, {"test_fraction", 0.0});
  const struct isw_stream targets = {9, 0, ISW_PURPOSE_DATA, 1};
  assert_memory_equal(data.train_inputs, linear.train_inputs, 2 * SAMPLES * sizeof(double));
  double square = 0.0, correlation = 0.0;
  for (size_t s = 0; s < SAMPLES; s++) {
    assert_true(data.train_targets[s] == isw_normal(&targets, s));
    square += data.train_targets[s] * data.train_targets[s] / SAMPLES;
    correlation += data.train_targets[s] * data.train_inputs[2 * s] / SAMPLES;
  }
  assert_true(fabs(square - 1.0) < 5.0 * sqrt(2.0 / SAMPLES)); /* 5 standard errors */
  assert_true(fabs(correlation) < 5.0 / sqrt(SAMPLES));
  isw_data_destroy(&data);
  isw_data_destroy(&linear);
}

/* Every pair once, of the class of its sum; the inputs name the pair. */
static void modular_addition_is_the_table(void **state)
{
  (void)state;
  enum { P = 7 };
  struct isw_data one = LOAD("modular_addition", 1, {"p", P}, {"test_fraction", 0.0}),
                  two = LOAD("modular_addition", 1, {"p", P}, {"inputs", 1}, {"test_fraction", 0.0});
  assert_int_equal(one.kind, ISW_TARGETS_CLASSES);
  assert_int_equal(one.classes, P);
  assert_int_equal(one.train_samples, P * P);
  assert_int_equal(one.features, 2 * P);
  assert_int_equal(two.features, P);
  for (size_t a = 0; a < P; a++)
    for (size_t b = 0; b < P; b++) {
      size_t s = P * a + b;
      for (size_t i = 0; i < P; i++) {
        assert_true(one.train_inputs[s * 2 * P + i] == (i == a));
        assert_true(one.train_inputs[s * 2 * P + P + i] == (i == b));
        assert_true(two.train_inputs[s * P + i] == (i == a) + (i == b));
      }
      assert_true(one.train_targets[s] == (double)((a + b) % P) && two.train_targets[s] == one.train_targets[s]);
    }
  struct isw_data half = LOAD("modular_addition", 1, {"p", P}); /* 49 pairs, of which 25 are for the test */
  assert_true(half.train_samples == 24 && half.test_samples == 25);
  isw_data_destroy(&one);
  isw_data_destroy(&two);
  isw_data_destroy(&half);
}

/* T_n(cos t) = cos(n t); at their nodes polynomials of different degrees are orthogonal. */
static void chebyshev_is_a_cosine(void **state)
{
  (void)state;
  enum { POINTS = 33 };
  struct isw_data low = LOAD("chebyshev", 1, {"degree", 3}, {"points", POINTS}),
                  high = LOAD("chebyshev", 1, {"degree", 20}, {"points", POINTS}),
                  even = LOAD("chebyshev", 1, {"degree", 20}, {"points", POINTS}, {"spacing", 1}),
                  flat = LOAD("chebyshev", 1, {"degree", 0}, {"points", POINTS});
  double product = 0.0, square = 0.0;
  for (size_t i = 0; i < POINTS; i++) {
    double x = high.train_inputs[i];
    assert_true(fabs(x + cos(M_PI * (2.0 * (double)i + 1.0) / (2.0 * POINTS))) < 1e-15);
    assert_true(fabs(high.train_targets[i] - cos(20.0 * acos(x))) < 1e-12);
    assert_true(fabs(low.train_targets[i] - (4.0 * x * x * x - 3.0 * x)) < 1e-14);
    assert_true(even.train_inputs[i] == -1.0 + (double)i / 16.0);
    assert_true(fabs(even.train_targets[i] - cos(20.0 * acos(even.train_inputs[i]))) < 1e-12);
    assert_true(flat.train_targets[i] == 1.0);
    product += low.train_targets[i] * high.train_targets[i];
    square += high.train_targets[i] * high.train_targets[i];
  }
  assert_true(fabs(product) < 1e-12 && fabs(square - POINTS / 2.0) < 1e-12);
  isw_data_destroy(&low);
  isw_data_destroy(&high);
  isw_data_destroy(&even);
  isw_data_destroy(&flat);
}

static void digits_are_the_test_part_of_uci(void **state)
{
  (void)state;
  static const size_t expected[10] = {178, 182, 177, 183, 181, 182, 181, 179, 174, 180}; /* optdigits.names */
  struct isw_data data = LOAD("digits", 1, {"test_fraction", 0.0});
  assert_int_equal(data.features, 64);
  assert_int_equal(data.classes, 10);
  assert_int_equal(data.train_samples, 1797);
  size_t number[10] = {0};
  for (size_t s = 0; s < 1797; s++) number[(size_t)data.train_targets[s]]++;
  assert_memory_equal(number, expected, sizeof expected);
  static const double first[8] = {0, 0, 5, 13, 9, 1, 0, 0}; /* first row of the first image, a 0 */
  for (size_t i = 0; i < 8; i++) assert_true(data.train_inputs[i] == first[i] / 16.0);
  assert_true(data.train_targets[0] == 0.0);
  isw_data_destroy(&data);
}

/* Each sample of the whole set is in exactly one part, in the whole's order. */
static void check_parts(const struct isw_data *whole, const struct isw_data *parts)
{
  size_t bytes = whole->features * sizeof(double), train = 0, test = 0;
  for (size_t s = 0; s < whole->train_samples; s++) {
    const double *input = whole->train_inputs + s * whole->features;
    if (train < parts->train_samples && memcmp(input, parts->train_inputs + train * parts->features, bytes) == 0 &&
        whole->train_targets[s] == parts->train_targets[train]) {
      train++;
    } else {
      assert_true(test < parts->test_samples);
      assert_memory_equal(input, parts->test_inputs + test * parts->features, bytes);
      assert_true(whole->train_targets[s] == parts->test_targets[test]);
      test++;
    }
  }
  assert_int_equal(train, parts->train_samples);
  assert_int_equal(test, parts->test_samples);
}

static void split_is_disjoint_and_covers(void **state)
{
  (void)state;
  struct isw_data whole = LOAD("digits", 1, {"test_fraction", 0.0}),
                  standard = LOAD("digits", 1, {"test_fraction", 0.2});
  struct isw_data other = LOAD("digits", 2, {"test_fraction", 0.2}), larger = LOAD("digits", 1, {"test_fraction", 0.5});
  assert_int_equal(standard.test_samples, 359);
  assert_int_equal(larger.test_samples, 899);
  check_parts(&whole, &standard);
  check_parts(&whole, &other);
  check_parts(&whole, &larger);
  assert_true(standard.hash != other.hash);
  isw_data_destroy(&whole);
  isw_data_destroy(&standard);
  isw_data_destroy(&other);
  isw_data_destroy(&larger);
}

static void standardisation_is_of_the_training_set(void **state)
{
  (void)state;
  struct isw_data raw = LOAD("digits", 1, {"test_fraction", 0.2}), data = LOAD("digits", 1, {"standardize", 1});
  for (size_t c = 0; c < 64; c++) {
    double mean = 0.0, square = 0.0, n = (double)data.train_samples, old = 0.0, old_square = 0.0;
    for (size_t s = 0; s < data.train_samples; s++) {
      mean += data.train_inputs[s * 64 + c] / n;
      square += data.train_inputs[s * 64 + c] * data.train_inputs[s * 64 + c] / n;
      old += raw.train_inputs[s * 64 + c] / n;
      old_square += raw.train_inputs[s * 64 + c] * raw.train_inputs[s * 64 + c] / n;
    }
    double std = sqrt(old_square - old * old);
    assert_true(fabs(mean) < 1e-12);
    assert_true(std < 1e-9 ? square == 0.0 : fabs(square - 1.0) < 1e-10);
    double shown = (raw.test_inputs[c] - old) / (std < 1e-9 ? 1.0 : std);
    assert_true(fabs(data.test_inputs[c] - shown) < 1e-9 * fmax(1.0, fabs(shown)));
  }
  assert_memory_equal(raw.train_targets, data.train_targets, raw.train_samples * sizeof(double));
  isw_data_destroy(&raw);
  isw_data_destroy(&data);
}

static void moons_and_circles_are_their_curves(void **state)
{
  (void)state;
  struct isw_data moons = LOAD("moons", 1, {"samples", 41}, {"noise", 0.0}, {"test_fraction", 0.0});
  for (size_t i = 0; i < 41; i++) {
    double t = M_PI * (double)(i / 2) / (i % 2 ? 19.0 : 20.0);
    double x = i % 2 ? 1.0 - cos(t) : cos(t), y = i % 2 ? 1.0 - sin(t) - 0.5 : sin(t); /* the formulas of make_moons */
    assert_true(fabs(moons.train_inputs[2 * i] - x) < 1e-15 && fabs(moons.train_inputs[2 * i + 1] - y) < 1e-15);
    assert_true(moons.train_targets[i] == (double)(i % 2));
  }
  struct isw_data circles =
      LOAD("circles", 1, {"samples", 41}, {"noise", 0.0}, {"factor", 0.5}, {"test_fraction", 0.0});
  for (size_t i = 0; i < 41; i++) {
    double t = 2.0 * M_PI * (double)(i / 2) / (i % 2 ? 20.0 : 21.0), radius = i % 2 ? 0.5 : 1.0;
    assert_true(fabs(circles.train_inputs[2 * i] - radius * cos(t)) < 1e-15);
    assert_true(fabs(circles.train_inputs[2 * i + 1] - radius * sin(t)) < 1e-15);
  }
  struct isw_data noisy = LOAD("moons", 1, {"samples", 41}, {"noise", 0.5}, {"test_fraction", 0.0});
  double square = 0.0; /* 82 squares of N(0, 1/4): 5 standard errors of their mean are 0.2 */
  for (size_t i = 0; i < 82; i++) square += pow(noisy.train_inputs[i] - moons.train_inputs[i], 2.0) / 82.0;
  assert_true(fabs(square - 0.25) < 0.2);
  isw_data_destroy(&moons);
  isw_data_destroy(&circles);
  isw_data_destroy(&noisy);
}

static void checkerboard_alternates(void **state)
{
  (void)state;
  struct isw_data data = LOAD("checkerboard", 1, {"samples", 3000}, {"cells", 3}, {"test_fraction", 0.0});
  size_t number[3][3] = {{0}};
  for (size_t i = 0; i < 3000; i++) {
    double x = data.train_inputs[2 * i], y = data.train_inputs[2 * i + 1];
    size_t row = x < -1.0 / 3.0 ? 0 : x < 1.0 / 3.0 ? 1 : 2, column = y < -1.0 / 3.0 ? 0 : y < 1.0 / 3.0 ? 1 : 2;
    assert_true(x >= -1.0 && x < 1.0 && y >= -1.0 && y < 1.0);
    assert_true(data.train_targets[i] == (double)((row + column) % 2));
    number[row][column]++;
  }
  for (size_t c = 0; c < 9; c++) /* binomial with mean 333 and deviation 17: 6 deviations */
    assert_true(number[c / 3][c % 3] > 231 && number[c / 3][c % 3] < 436);
  isw_data_destroy(&data);
}

/* Within a class: mean at `separation` from 0, variance 1 and the correlation, each to 6 standard errors. */
static void mixtures_have_their_moments(void **state)
{
  (void)state;
  enum { EACH = 4000, CLASSES = 3, FEATURES = 2 };
  struct isw_data data = LOAD("gaussian_mixture", 4, {"samples", EACH * CLASSES}, {"features", FEATURES},
                              {"classes", CLASSES}, {"separation", 5.0}, {"correlation", 0.6}, {"test_fraction", 0.0});
  assert_int_equal(data.kind, ISW_TARGETS_CLASSES);
  for (size_t c = 0; c < CLASSES; c++) {
    double mean[FEATURES] = {0.0}, second[FEATURES][FEATURES] = {{0.0}};
    for (size_t i = c; i < EACH * CLASSES; i += CLASSES) {
      assert_true(data.train_targets[i] == (double)c);
      for (size_t f = 0; f < FEATURES; f++) mean[f] += data.train_inputs[i * FEATURES + f] / EACH;
    }
    for (size_t i = c; i < EACH * CLASSES; i += CLASSES)
      for (size_t f = 0; f < FEATURES; f++)
        for (size_t g = 0; g < FEATURES; g++)
          second[f][g] +=
              (data.train_inputs[i * FEATURES + f] - mean[f]) * (data.train_inputs[i * FEATURES + g] - mean[g]) / EACH;
    assert_true(fabs(hypot(mean[0], mean[1]) - 5.0) < 6.0 * 1.27 / sqrt(EACH));
    for (size_t f = 0; f < FEATURES; f++)
      for (size_t g = 0; g < FEATURES; g++)
        assert_true(fabs(second[f][g] - (f == g ? 1.0 : 0.6)) < 6.0 * 1.42 / sqrt(EACH));
  }
  struct isw_data two = LOAD("gaussian_mixture", 4, {"classes", 2});
  assert_int_equal(two.kind, ISW_TARGETS_BINARY);
  isw_data_destroy(&data);
  isw_data_destroy(&two);
}

/* y = W V x has rank `hidden`, so its outputs for more inputs span only that many directions. */
static void deep_linear_teacher_is_its_definition(void **state)
{
  (void)state;
  enum { N = 4, OUT = 3 };
  struct isw_data data = LOAD("teacher", 9, {"samples", 12}, {"features", N}, {"outputs", OUT}, {"kind", 2},
                              {"hidden", 1}, {"test_fraction", 0.0});
  const struct isw_stream x = {.seed = 9, .purpose = ISW_PURPOSE_DATA}, v = {9, 0, ISW_PURPOSE_DATA, 1},
                          w = {9, 0, ISW_PURPOSE_DATA, 2};
  for (size_t s = 0; s < 12; s++) {
    double unit = 0.0;
    for (size_t i = 0; i < N; i++) unit += isw_normal(&v, i) / sqrt(N) * isw_normal(&x, s * N + i);
    for (size_t o = 0; o < OUT; o++)
      assert_true(fabs(data.train_targets[s * OUT + o] - isw_normal(&w, o) * unit) < 1e-13);
  }
  isw_data_destroy(&data);
}

/* Two classes of opposite means: C = mean (t - mean t) x^T has the length separation / 2, to 5 of its standard
 * errors. */
static void opposite_means_give_the_correlation(void **state)
{
  (void)state;
  enum { SAMPLES = 20000, FEATURES = 3 };
  struct isw_data data = LOAD("gaussian_mixture", 4, {"samples", SAMPLES}, {"features", FEATURES}, {"means", 1},
                              {"separation", 3.0}, {"test_fraction", 0.0});
  double c[FEATURES] = {0.0}, mean[FEATURES] = {0.0}, square = 0.0;
  for (size_t s = 0; s < SAMPLES; s++)
    for (size_t f = 0; f < FEATURES; f++) {
      c[f] += (data.train_targets[s] - 0.5) * data.train_inputs[s * FEATURES + f] / SAMPLES;
      mean[f] += data.train_inputs[s * FEATURES + f] / SAMPLES;
    }
  for (size_t f = 0; f < FEATURES; f++) {
    square += c[f] * c[f];
    assert_true(fabs(mean[f]) < 5.0 / sqrt(SAMPLES));
  }
  assert_true(fabs(sqrt(square) - 1.5) < 5.0 * 0.5 / sqrt(SAMPLES));
  isw_data_destroy(&data);
}

/* Balancing keeps the smallest class, and as many samples of the other classes, in order; the test set is unchanged. */
static void balance_leaves_as_many_of_each_class(void **state)
{
  (void)state;
  struct isw_data whole = LOAD("digits", 3, {"label_noise", 0.0}), data = LOAD("digits", 3, {"balance", 1});
  struct isw_data again = LOAD("digits", 3, {"balance", 1}), other = LOAD("digits", 4, {"balance", 1});
  size_t of_class[10] = {0}, before[10] = {0}, smallest = SIZE_MAX, from = 0;
  for (size_t s = 0; s < whole.train_samples; s++) before[(size_t)whole.train_targets[s]]++;
  for (size_t c = 0; c < 10; c++) smallest = before[c] < smallest ? before[c] : smallest;
  for (size_t s = 0; s < data.train_samples; s++) of_class[(size_t)data.train_targets[s]]++;
  for (size_t c = 0; c < 10; c++) assert_int_equal(of_class[c], smallest);
  for (size_t s = 0; s < data.train_samples; s++, from++) { /* a subset of the full set, in the same order */
    const double *x = data.train_inputs + s * data.features;
    while (from < whole.train_samples &&
           memcmp(x, whole.train_inputs + from * data.features, data.features * sizeof *x) != 0)
      from++;
    assert_true(from < whole.train_samples);
  }
  assert_int_equal(data.test_samples, whole.test_samples);
  assert_memory_equal(data.test_inputs, whole.test_inputs, data.test_samples * data.features * sizeof(double));
  assert_true(data.hash == again.hash && data.hash != other.hash);
  isw_data_destroy(&whole);
  isw_data_destroy(&data);
  isw_data_destroy(&again);
  isw_data_destroy(&other);
}

/* Inputs are white and centred; C = (1/N) sum y x^T has C C^T v = s^2 v: its invariants are those of the singular
 * values. */
static void linear_teacher_has_its_correlation(void **state)
{
  (void)state;
  enum { N = 30, F = 5, O = 4 };
  struct isw_data data = LOAD("linear_teacher", 2, {"samples", N}, {"features", F}, {"outputs", O}); /* 3, 2, 1 */
  double mean[F] = {0.0}, white[F][F] = {{0.0}}, c[O][F] = {{0.0}}, square[O][O] = {{0.0}};
  assert_int_equal(data.test_samples, 0);
  for (size_t s = 0; s < N; s++)
    for (size_t f = 0; f < F; f++) {
      double x = data.train_inputs[s * F + f];
      mean[f] += x / N;
      for (size_t g = 0; g < F; g++) white[f][g] += x * data.train_inputs[s * F + g] / N;
      for (size_t o = 0; o < O; o++) c[o][f] += data.train_targets[s * O + o] * x / N;
    }
  for (size_t f = 0; f < F; f++) {
    assert_true(fabs(mean[f]) < 1e-14);
    for (size_t g = 0; g < F; g++) assert_true(fabs(white[f][g] - (f == g)) < 1e-14);
  }
  double trace[4] = {0.0}, power[O][O];
  for (size_t o = 0; o < O; o++)
    for (size_t p = 0; p < O; p++) {
      for (size_t f = 0; f < F; f++) square[o][p] += c[o][f] * c[p][f];
      power[o][p] = o == p;
    }
  for (size_t n = 0; n < 4; n++) { /* traces of (C C^T)^n+1: 9^k + 4^k + 1 */
    double next[O][O] = {{0.0}};
    for (size_t o = 0; o < O; o++)
      for (size_t p = 0; p < O; p++)
        for (size_t q = 0; q < O; q++) next[o][p] += power[o][q] * square[q][p];
    memcpy(power, next, sizeof power);
    for (size_t o = 0; o < O; o++) trace[n] += power[o][o];
    assert_true(fabs(trace[n] - (pow(9.0, (double)n + 1.0) + pow(4.0, (double)n + 1.0) + 1.0)) <
                1e-13 * pow(9.0, (double)n + 1.0));
  }
  isw_data_destroy(&data);
}

static void label_noise_draws_training_labels_anew(void **state)
{
  (void)state;
  struct isw_data plain = LOAD("digits", 1, {"test_fraction", 0.2}), noisy = LOAD("digits", 1, {"label_noise", 0.3});
  struct isw_data all = LOAD("digits", 1, {"label_noise", 1.0});
  size_t changed = 0, changed_all = 0, n = plain.train_samples, number[10] = {0};
  for (size_t s = 0; s < n; s++) {
    changed += plain.train_targets[s] != noisy.train_targets[s];
    changed_all += plain.train_targets[s] != all.train_targets[s];
    number[(size_t)all.train_targets[s]]++;
    if (noisy.train_targets[s] != plain.train_targets[s]) /* the same draw, compared with a larger share */
      assert_true(all.train_targets[s] == noisy.train_targets[s]);
  }
  assert_true(fabs((double)changed / (double)n - 0.27) < 6.0 * sqrt(0.27 * 0.73 / (double)n));
  assert_true(fabs((double)changed_all / (double)n - 0.9) < 6.0 * sqrt(0.09 / (double)n));
  for (size_t c = 0; c < 10; c++)
    assert_true(fabs((double)number[c] - (double)n / 10.0) < 6.0 * sqrt(0.09 * (double)n));
  assert_memory_equal(plain.test_targets, noisy.test_targets, plain.test_samples * sizeof(double));
  assert_memory_equal(plain.train_inputs, noisy.train_inputs, n * 64 * sizeof(double));
  isw_data_destroy(&plain);
  isw_data_destroy(&noisy);
  isw_data_destroy(&all);
}

static void check_refused(const char *name, const struct setting *settings, size_t count, const char *message)
{
  struct isw_data data;
  struct isw_error error = {0};
  assert_int_equal(try_load(name, 1, settings, count, &data, &error), ISW_BAD_INPUT);
  assert_string_equal(isw_error_text(&error), message);
  isw_error_clear(&error);
  isw_data_destroy(&data);
}

static void what_cannot_be_is_refused(void **state)
{
  (void)state;
  check_refused("teacher", (const struct setting[]){{"samples", 1e8}, {"features", 1e6}}, 2,
                "100000000 samples of 1000000 features and 1 targets take more than 4 GiB");
  check_refused("parity", (const struct setting[]){{"bits", 1}, {"test_fraction", 0.9}}, 2,
                "test_fraction 0.9 of 2 samples leaves no training sample");
  check_refused("linear_teacher", (const struct setting[]){{"samples", 8}, {"features", 8}}, 2,
                "white inputs of 8 features take at least 9 samples, not 8");
  check_refused("linear_teacher", (const struct setting[]){{"outputs", 2}}, 1, "3 singular_values of a 2 x 8 matrix");
  check_refused("modular_addition", (const struct setting[]){{"p", 1000}}, 1,
                "1000000 samples of 2000 features and 1 targets take more than 4 GiB");
  check_refused("gaussian_mixture", (const struct setting[]){{"features", 1e6}, {"classes", 1e4}}, 2,
                "10000 classes of 1000000 features take more than 4 GiB");
  struct isw_text shipped = {0};
  char *images;
  size_t length;
  assert_int_equal(isw_shipped_file("digits/images-idx3-ubyte", &shipped, NULL), ISW_OK);
  assert_int_equal(isw_file_read(shipped.bytes, 1 << 20, ISW_REGULAR_FILE, &images, &length, NULL), ISW_OK);
  isw_text_clear(&shipped);
  char folder[] = "/tmp/initsweep-data-XXXXXX", message[256];
  assert_non_null(mkdtemp(folder));
  setenv("INITSWEEP_DATA", folder, 1);
  snprintf(message, sizeof message,
           "%s/digits/images-idx3-ubyte cannot be read (the environment variable INITSWEEP_DATA names the folder)",
           folder);
  check_refused("digits", NULL, 0, message);
  char path[128], damaged[160];
  snprintf(path, sizeof path, "%s/digits", folder);
  assert_int_equal(mkdir(path, 0700), 0);
  snprintf(damaged, sizeof damaged, "%s/images-idx3-ubyte", path);
  FILE *file = fopen(damaged, "w");
  assert_non_null(file);
  fputs("no digits", file);
  fclose(file);
  snprintf(message, sizeof message, "%s is damaged: its 9 bytes are not those of UCI digits", damaged);
  check_refused("digits", NULL, 0, message);
  file = fopen(damaged, "w"); /* all but one bit as it ships */
  assert_non_null(file);
  images[1000] ^= 1;
  assert_int_equal(fwrite(images, 1, length, file), length);
  fclose(file);
  free(images);
  snprintf(message, sizeof message, "%s is damaged: its 115024 bytes are not those of UCI digits", damaged);
  check_refused("digits", NULL, 0, message);
  unsetenv("INITSWEEP_DATA");
  remove(damaged);
  remove(path);
  remove(folder);
}

int main(void)
{
  unsetenv("INITSWEEP_DATA");
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_family_has_a_complete_row),
      cmocka_unit_test(parity_of_an_order_counts_the_first_ones),
      cmocka_unit_test(deep_linear_teacher_is_its_definition),
      cmocka_unit_test(opposite_means_give_the_correlation),
      cmocka_unit_test(balance_leaves_as_many_of_each_class),
      cmocka_unit_test(xor_is_the_table),
      cmocka_unit_test(parity_counts_ones),
      cmocka_unit_test(spirals_lie_on_their_arms),
      cmocka_unit_test(teachers_are_linear_or_not),
      cmocka_unit_test(tanh_teacher_is_its_definition),
      cmocka_unit_test(relu_teacher_is_on_the_sphere),
      cmocka_unit_test(random_teacher_ignores_its_inputs),
      cmocka_unit_test(modular_addition_is_the_table),
      cmocka_unit_test(chebyshev_is_a_cosine),
      cmocka_unit_test(digits_are_the_test_part_of_uci),
      cmocka_unit_test(moons_and_circles_are_their_curves),
      cmocka_unit_test(checkerboard_alternates),
      cmocka_unit_test(mixtures_have_their_moments),
      cmocka_unit_test(linear_teacher_has_its_correlation),
      cmocka_unit_test(label_noise_draws_training_labels_anew),
      cmocka_unit_test(split_is_disjoint_and_covers),
      cmocka_unit_test(standardisation_is_of_the_training_set),
      cmocka_unit_test(what_cannot_be_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
