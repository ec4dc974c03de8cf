/* Draws: the generator is Philox4x64-10, and numbers made from its words have the distributions that their names say.
 * Statistical tests use fixed seeds; with a fresh seed each would fail with the probability stated there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include <math.h>
#include "initsweep/exact.h"
#include "random/random_internal.h"

enum { DRAWS = 100000 };

static const struct isw_stream stream = {.seed = 2026, .replicate = 3, .purpose = ISW_PURPOSE_WEIGHT, .layer = 1};

/* Random123's examples/kat_vectors, philox4x64 10. */
static void blocks_are_the_known_answers(void **state)
{
  (void)state;
  static const struct {
    uint64_t counter[4], key[2], answer[4];
  } known[] = {
      {{0, 0, 0, 0}, {0, 0}, {0x16554d9eca36314cU, 0xdb20fe9d672d0fdcU, 0xd7e772cee186176bU, 0x7e68b68aec7ba23bU}},
      {{UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX},
       {UINT64_MAX, UINT64_MAX},
       {0x87b092c3013fe90bU, 0x438c3c67be8d0224U, 0x9cc7d7c69cd777b6U, 0xa09caebf594f0ba0U}},
      {{0x243f6a8885a308d3U, 0x13198a2e03707344U, 0xa4093822299f31d0U, 0x082efa98ec4e6c89U},
       {0x452821e638d01377U, 0xbe5466cf34e90c6cU},
       {0xa528f45403e61d95U, 0x38c72dbd566e9788U, 0xa5a1610e72fd18b5U, 0x57bd43b5e52b7fe6U}},
  };
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
    const struct isw_stream s = {known[i].key[0], known[i].key[1], known[i].counter[3], known[i].counter[2]};
    uint64_t word[4];
    isw_random_block(&s, known[i].counter[0], known[i].counter[1], word);
    for (size_t w = 0; w < 4; w++) assert_true(word[w] == known[i].answer[w]);
  }
  const struct isw_stream zero = {0, 0, 0, 0};
  assert_true(isw_uniform(&zero, 0) == (double)(0x16554d9eca36314cU >> 11) / 9007199254740992.0);
}

static int ascending(const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* The Kolmogorov-Smirnov statistic times sqrt(n). Above 2.7 with probability 2 exp(-2 2.7^2) = 9e-7. */
static double distance(double *draw, double (*cumulative)(double))
{
  qsort(draw, DRAWS, sizeof *draw, ascending);
  double largest = 0.0;
  for (size_t i = 0; i < DRAWS; i++) {
    double c = cumulative(draw[i]);
    largest = fmax(largest, fmax(fabs(c - (double)i / DRAWS), fabs(c - (double)(i + 1) / DRAWS)));
  }
  return largest * sqrt(DRAWS);
}

static double uniform_cumulative(double x)
{
  return x;
}

static double normal_cumulative(double x)
{
  return 0.5 * erfc(-x / sqrt(2.0));
}

static double truncated_cumulative(double x)
{
  double low = normal_cumulative(-2.0);
  return (normal_cumulative(x) - low) / (1.0 - 2.0 * low);
}

/* Mean and mean square within 5 standard errors: each fails with probability 6e-7. */
static void check_draws(double (*function)(const struct isw_stream *, uint64_t), double (*cumulative)(double),
                        double mean, double square, double fourth)
{
  double *draw = malloc(DRAWS * sizeof *draw);
  assert_non_null(draw);
  double sum = 0.0, squares = 0.0;
  for (uint64_t i = 0; i < DRAWS; i++) {
    draw[i] = function(&stream, i);
    sum += draw[i];
    squares += draw[i] * draw[i];
  }
  assert_true(fabs(sum / DRAWS - mean) < 5.0 * sqrt((square - mean * mean) / DRAWS));
  assert_true(fabs(squares / DRAWS - square) < 5.0 * sqrt((fourth - square * square) / DRAWS));
  assert_true(distance(draw, cumulative) < 2.7);
  free(draw);
}

static void uniform_is_uniform(void **state)
{
  (void)state;
  check_draws(isw_uniform, uniform_cumulative, 0.5, 1.0 / 3.0, 0.2);
}

static void normal_is_standard(void **state)
{
  (void)state;
  check_draws(isw_normal, normal_cumulative, 0.0, 1.0, 3.0);
}

/* With Z the probability of [-2, 2] and f the density: E x^2 = 1 - 4 f(2) / Z, E x^4 = 3 E x^2 - 16 f(2) / Z. */
static void truncated_normal_is_a_normal_within_2(void **state)
{
  (void)state;
  double share = exp(-2.0) / sqrt(2.0 * acos(-1.0)) / erf(sqrt(2.0));
  double square = 1.0 - 4.0 * share;
  check_draws(isw_truncated_normal, truncated_cumulative, 0.0, square, 3.0 * square - 16.0 * share);
  for (uint64_t i = 0; i < DRAWS; i++) {
    double x = isw_truncated_normal(&stream, i);
    assert_true(fabs(x) <= 2.0);
    if (fabs(isw_normal(&stream, i)) <= 2.0) assert_true(x == isw_normal(&stream, i));
  }
}

/* Bound 3 2^62 rejects a quarter of the words; otherwise the multiples of 3 would be twice as frequent. Chi squared
 * over 6 cells with 5 degrees of freedom is above 37.4 with probability 5e-7. */
static void below_has_no_bias(void **state)
{
  (void)state;
  const uint64_t bounds[] = {6, UINT64_C(3) << 62};
  for (size_t b = 0; b < 2; b++) {
    double cell[6] = {0.0}, chi = 0.0;
    for (uint64_t i = 0; i < DRAWS; i++) {
      uint64_t x = isw_below(&stream, i, bounds[b]);
      assert_true(x < bounds[b]);
      cell[x % 6] += 1.0;
    }
    for (size_t i = 0; i < 6; i++) chi += (cell[i] - DRAWS / 6.0) * (cell[i] - DRAWS / 6.0) / (DRAWS / 6.0);
    assert_true(chi < 37.4);
  }
  assert_true(isw_below(&stream, 9, 1) == 0);
}

/* Each of 5 elements is equally often at each of 5 positions: chi squared with 16 degrees of freedom, above 60 with
 * probability 5e-7. */
static void shuffle_is_a_fair_permutation(void **state)
{
  (void)state;
  double cell[5][5] = {{0.0}}, chi = 0.0;
  const double times = 20000.0;
  for (uint64_t epoch = 0; epoch < 20000; epoch++) {
    const struct isw_stream s = {.seed = 1, .purpose = ISW_PURPOSE_SHUFFLE, .layer = epoch};
    uint64_t order[5] = {0, 1, 2, 3, 4};
    unsigned seen = 0;
    isw_shuffle(&s, 5, order);
    for (size_t i = 0; i < 5; i++) {
      seen |= 1U << order[i];
      cell[order[i]][i] += 1.0;
    }
    assert_int_equal(seen, 31);
  }
  for (size_t i = 0; i < 25; i++) {
    double d = cell[i / 5][i % 5] - times / 5.0;
    chi += d * d / (times / 5.0);
  }
  assert_true(chi < 60.0);
}

/* The draws of a shuffle are those of isw_below, however many are computed at a time; every word of a stream counts. */
static void shuffle_is_the_documented_algorithm(void **state)
{
  (void)state;
  for (size_t count = 0; count <= 100; count++) {
    const struct isw_stream s = {
        .seed = ~(UINT64_C(1) << count % 64), .replicate = count * stream.seed, .purpose = count, .layer = ~count};
    uint64_t order[100], expected[100];
    for (size_t i = 0; i < count; i++) order[i] = expected[i] = i;
    isw_shuffle(&s, count, order);
    for (size_t i = count; i-- > 1;) {
      size_t j = (size_t)isw_below(&s, i, i + 1);
      uint64_t swapped = expected[i];
      expected[i] = expected[j];
      expected[j] = swapped;
    }
    for (size_t i = 0; i < count; i++) assert_true(order[i] == expected[i]);
  }
}

/* However many are computed at a time, and wherever they begin. */
static void many_draws_are_those_of_one_at_a_time(void **state)
{
  (void)state;
  enum { MOST = 2000 };
  double uniform[MOST + 1], normal[MOST + 1];
  for (size_t count = 0; count <= MOST; count += count < 50 ? 1 : 650) {
    const struct isw_stream s = {
        .seed = ~(UINT64_C(1) << count % 64), .replicate = count * stream.seed, .layer = ~count};
    const uint64_t first = count % 3 ? 7 * count : UINT64_MAX - 20;
    uniform[count] = normal[count] = -9.0; /* the number after the last is not touched */
    isw_uniforms(&s, first, count, uniform);
    isw_normals(&s, first, count, normal);
    for (size_t i = 0; i < count; i++) {
      assert_true(uniform[i] == isw_uniform(&s, first + i));
      assert_true(normal[i] == isw_normal(&s, first + i));
    }
    assert_true(uniform[count] == -9.0 && normal[count] == -9.0);
  }
}

/* Streams that differ in one word share no draw: 53 random bits are equal with probability 1e-16 per pair. */
static void every_word_of_a_stream_counts(void **state)
{
  (void)state;
  struct isw_stream other[4] = {stream, stream, stream, stream};
  other[0].seed++;
  other[1].replicate++;
  other[2].purpose++;
  other[3].layer++;
  for (size_t i = 0; i < 4; i++)
    for (uint64_t d = 0; d < 100; d++) assert_true(isw_uniform(&stream, d) != isw_uniform(&other[i], d));
}

/* Compared with libm, which is also within 1 ulp. */
static void exact_functions_are_within_2_ulp(void **state)
{
  (void)state;
  for (uint64_t i = 0; i < 10000; i++) {
    double x = 20.0 * isw_uniform(&stream, i) - 10.0;
    assert_true(fabs(isw_exact_exp(x) - exp(x)) <= 0x1p-51 * exp(x));
    assert_true(fabs(isw_exact_sin(x) - sin(x)) <= 0x1p-51 * fabs(sin(x)));
    assert_true(fabs(isw_exact_cos(x) - cos(x)) <= 0x1p-51 * fabs(cos(x)));
    assert_true(fabs(isw_exact_tanh(x) - tanh(x)) <= 0x1p-51 * fabs(tanh(x)));
    assert_true(fabs(isw_exact_log(x * x) - log(x * x)) <= 0x1p-51 * fabs(log(x * x)));
    assert_true(isw_exact_tanh(-x) == -isw_exact_tanh(x));
    assert_true(isw_exact_sin(-x) == -isw_exact_sin(x));
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(blocks_are_the_known_answers),
      cmocka_unit_test(uniform_is_uniform),
      cmocka_unit_test(normal_is_standard),
      cmocka_unit_test(truncated_normal_is_a_normal_within_2),
      cmocka_unit_test(below_has_no_bias),
      cmocka_unit_test(shuffle_is_a_fair_permutation),
      cmocka_unit_test(shuffle_is_the_documented_algorithm),
      cmocka_unit_test(many_draws_are_those_of_one_at_a_time),
      cmocka_unit_test(every_word_of_a_stream_counts),
      cmocka_unit_test(exact_functions_are_within_2_ulp),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
