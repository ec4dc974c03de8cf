/* Initialisers that depend on the layer's position, on the data or on a file, and gains that depend on the
 * activation. */
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

static struct isw_choice named(const char *name)
{
  size_t count;
  const struct isw_initializer *table = isw_initializers(&count);
  for (size_t row = 0; row < count; row++)
    if (strcmp(table[row].row.name, name) == 0) return isw_choice_default(&table[row].row, row);
  fail_msg("no initialiser %s", name);
  return (struct isw_choice){0};
}

static struct isw_choice activation(const char *name)
{
  size_t count;
  const struct isw_activation *table = isw_activations(&count);
  for (size_t row = 0; row < count; row++)
    if (strcmp(table[row].row.name, name) == 0) return isw_choice_default(&table[row].row, row);
  fail_msg("no activation %s", name);
  return (struct isw_choice){0};
}

/* torch.nn.init.calculate_gain (PyTorch 1.13), as printed by it */
static void gains_are_those_of_pytorch(void **state)
{
  (void)state;
  static const struct {
    const char *name;
    double gain;
  } known[] = {{"linear", 1.0},
               {"sigmoid", 1.0},
               {"tanh", 1.6666666666666667},
               {"relu", 1.4142135623730951},
               {"leaky_relu", 1.4141428569978354},
               {"selu", 0.75}};
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
    struct isw_choice g = activation(known[i].name);
    assert_true(fabs(isw_gain(&g) - known[i].gain) < 1e-15);
  }
  struct isw_choice leaky = activation("leaky_relu"), gelu = activation("gelu");
  leaky.value[0].number = 0.5; /* calculate_gain("leaky_relu", 0.5) */
  assert_true(fabs(isw_gain(&leaky) - 1.2649110640673518) < 1e-15);
  assert_true(isnan(isw_gain(&gelu)));
}

static void a_gain_may_be_the_activations(void **state)
{
  (void)state;
  enum { OUT = 5, IN = 4 };
  static const char *const names[] = {"glorot_uniform", "glorot_normal", "he_normal",
                                      "lecun_uniform",  "orthogonal",    "symmetric_pairs"};
  struct isw_choice tanh = activation("tanh");
  const struct isw_start start = {.layer = 1, .layers = 2, .activation = &tanh};
  for (size_t n = 0; n < sizeof names / sizeof names[0]; n++) {
    struct isw_choice own = named(names[n]), plain = own;
    double w[OUT * IN], v[OUT * IN];
    own.value[0].number = INFINITY; /* the word */
    plain.value[0].number = 5.0 / 3.0;
    assert_true(isw_initialize(&own, &start, OUT, IN, IN, &stream, w));
    assert_true(isw_initialize(&plain, &start, OUT, IN, IN, &stream, v));
    assert_memory_equal(w, v, sizeof w);
  }
}

/* ntk equals its formula, applied to the replicate's own draws. */
static void ntk_divides_by_the_root_of_fan_in(void **state)
{
  (void)state;
  enum { OUT = 6, IN = 9 };
  struct isw_choice choice = named("ntk");
  const struct isw_start start = {.layer = 1, .layers = 2};
  double w[OUT * IN];
  choice.value[0].number = 1.5;
  assert_true(isw_initialize(&choice, &start, OUT, IN, IN, &stream, w));
  for (size_t i = 0; i < (size_t)OUT * IN; i++) assert_true(fabs(w[i] - 1.5 / 3.0 * isw_normal(&stream, i)) < 1e-15);
}

static void torch_sparse_has_zeros_in_every_column(void **state)
{
  (void)state;
  enum { OUT = 17, IN = 40, ZEROS = 6 }; /* ceil(0.3 * 17) */
  struct isw_choice choice = named("torch_sparse");
  const struct isw_start start = {.layer = 1, .layers = 2};
  double w[OUT * IN];
  choice.value[0].number = 0.3;
  assert_true(isw_initialize(&choice, &start, OUT, IN, IN, &stream, w));
  size_t rows_used[OUT] = {0};
  for (size_t i = 0; i < IN; i++) {
    size_t zeros = 0;
    for (size_t j = 0; j < OUT; j++) {
      double x = w[j * IN + i];
      zeros += x == 0.0;
      rows_used[j] += x == 0.0;
      if (x != 0.0) assert_true(fabs(x - 0.01 * isw_normal(&stream, j * IN + i)) < 1e-17);
    }
    assert_int_equal(zeros, ZEROS);
  }
  for (size_t j = 0; j < OUT; j++) assert_true(rows_used[j] > 0); /* columns use different rows */
}

/* Hidden units in equal pairs, output weights opposite powers of two nearest to the draws, the unpaired one 0. */
static void symmetric_pairs_are_alike_and_opposite(void **state)
{
  (void)state;
  enum { HIDDEN = 5, IN = 3, OUT = 2 };
  struct isw_choice choice = named("symmetric_pairs");
  struct isw_start start = {.layer = 1, .layers = 2};
  double w[HIDDEN * IN], b[HIDDEN], v[OUT * HIDDEN], plain[OUT * HIDDEN];
  assert_true(isw_initialize(&choice, &start, HIDDEN, IN, IN, &stream, w));
  assert_true(isw_initialize(&choice, &start, HIDDEN, IN, 1, &stream, b));
  for (size_t j = 0; j + 1 < HIDDEN; j += 2) {
    assert_memory_equal(w + j * IN, w + (j + 1) * IN, IN * sizeof *w);
    assert_true(b[j] == b[j + 1] && b[j] != 0.0);
  }
  for (size_t i = 0; i < IN; i++) assert_true(w[i] != w[2 * IN + i]);
  start.layer = 2;
  assert_true(isw_initialize(&choice, &start, OUT, HIDDEN, HIDDEN, &stream, v));
  choice.value[1].number = 1.0; /* normal */
  assert_true(isw_initialize(&choice, &start, OUT, HIDDEN, HIDDEN, &stream, plain));
  for (size_t j = 0; j < OUT; j++) {
    for (size_t i = 0; i + 1 < HIDDEN; i += 2) {
      int exponent;
      assert_true(v[j * HIDDEN + i] == -v[j * HIDDEN + i + 1] && plain[j * HIDDEN + i] == -plain[j * HIDDEN + i + 1]);
      assert_true(fabs(frexp(v[j * HIDDEN + i], &exponent)) == 0.5);
      double ratio = v[j * HIDDEN + i] / plain[j * HIDDEN + i];
      assert_true(ratio > 0.70710678 && ratio < 1.41421357);
      assert_true(fabs(plain[j * HIDDEN + i] - isw_normal(&stream, j * HIDDEN + i) / sqrt(HIDDEN)) < 1e-15);
    }
    assert_true(v[j * HIDDEN + HIDDEN - 1] == 0.0);
  }
  assert_true(isw_initialize(&choice, &start, OUT, HIDDEN, 1, &stream, b));
  assert_true(b[0] == 0.0 && b[1] == 0.0);
}

/* lsuv: the pre-activations' standard deviation is the requested one, for inputs with a mean; rows stay orthogonal. */
static void lsuv_has_the_variance_asked_for(void **state)
{
  (void)state;
  enum { SAMPLES = 50, OUT = 3, IN = 4 };
  const struct isw_stream data = {.seed = 1, .purpose = ISW_PURPOSE_DATA};
  struct isw_choice choice = named("lsuv");
  double x[SAMPLES * IN], w[OUT * IN], sum = 0.0, squares = 0.0;
  for (size_t i = 0; i < (size_t)SAMPLES * IN; i++) x[i] = 3.0 + (double)(i % IN + 1) * isw_normal(&data, i);
  const struct isw_start start = {.layer = 2, .layers = 3, .input_samples = SAMPLES, .inputs = x};
  choice.value[0].number = 0.7;
  assert_true(isw_initialize(&choice, &start, OUT, IN, IN, &stream, w));
  for (size_t s = 0; s < SAMPLES; s++)
    for (size_t j = 0; j < OUT; j++) {
      double z = 0.0;
      for (size_t i = 0; i < IN; i++) z += w[j * IN + i] * x[s * IN + i];
      sum += z / (SAMPLES * OUT);
      squares += z * z / (SAMPLES * OUT);
    }
  assert_true(fabs(sqrt(squares - sum * sum) - 0.7) < 1e-12);
  double dot = 0.0, one = 0.0, two = 0.0;
  for (size_t i = 0; i < IN; i++) {
    dot += w[i] * w[IN + i];
    one += w[i] * w[i];
    two += w[IN + i] * w[IN + i];
  }
  assert_true(fabs(dot) < 1e-12 * one && fabs(one - two) < 1e-12 * one);
  memset(x, 0, sizeof x); /* no variance: as orthogonal */
  assert_true(isw_initialize(&choice, &start, OUT, IN, IN, &stream, w));
  one = 0.0;
  for (size_t i = 0; i < IN; i++) one += w[i] * w[i];
  assert_true(fabs(one - 1.0) < 1e-12);
}

/* file: layer 2 of a 2-3-2 network begins after 9 numbers. */
static void file_takes_its_layers_share(void **state)
{
  (void)state;
  double value[17], w[6], b[2];
  for (size_t i = 0; i < 17; i++) value[i] = (double)i;
  const struct isw_weights weights = {.count = 17, .value = value};
  const struct isw_start start = {.layer = 2, .layers = 2, .before = 9};
  struct isw_choice choice = named("file");
  choice.weights = &weights;
  assert_true(isw_initialize(&choice, &start, 2, 3, 3, &stream, w));
  const struct isw_stream of_biases = {.seed = 2026, .replicate = 7, .purpose = ISW_PURPOSE_BIAS, .layer = 2};
  assert_true(isw_initialize(&choice, &start, 2, 3, 1, &of_biases, b));
  for (size_t i = 0; i < 6; i++) assert_true(w[i] == (double)(9 + i));
  assert_true(b[0] == 15.0 && b[1] == 16.0);
}

/* Layer 1 of a 2-3-2 network: its weights are numbers 0 to 5 of 17, its biases 6 to 8. */
static void interpolate_is_on_the_line(void **state)
{
  (void)state;
  double value[34], w[6], b[3];
  for (size_t i = 0; i < 34; i++) value[i] = i < 17 ? (double)i : 3.0 - (double)i;
  const struct isw_weights weights = {.count = 17, .value = value};
  const struct isw_start start = {.layer = 1, .layers = 2};
  const struct isw_stream of_biases = {.seed = 2026, .replicate = 7, .purpose = ISW_PURPOSE_BIAS, .layer = 1};
  struct isw_choice choice = named("interpolate");
  choice.weights = &weights;
  for (double t = -1.0; t <= 2.0; t += 0.25) {
    choice.value[4].number = t;
    assert_true(isw_initialize(&choice, &start, 3, 2, 2, &stream, w));
    assert_true(isw_initialize(&choice, &start, 3, 2, 1, &of_biases, b));
    for (size_t i = 0; i < 6; i++) assert_true(w[i] == (1.0 - t) * value[i] + t * value[17 + i]);
    for (size_t i = 0; i < 3; i++) assert_true(b[i] == (1.0 - t) * value[6 + i] + t * value[23 + i]);
  }
}

static double norm(size_t count, const double *x)
{
  double sum = 0.0;
  for (size_t i = 0; i < count; i++) sum += x[i] * x[i];
  return sqrt(sum);
}

/* Differences along x and y are the directions: their norms are those of the weights, of each unit or of the layer. */
static void plane_has_directions_of_the_weights_norms(void **state)
{
  (void)state;
  double value[17], w[3][6];
  for (size_t i = 0; i < 17; i++) value[i] = 1.0 + (double)(i * i);
  const struct isw_weights weights = {.count = 17, .value = value};
  const struct isw_start start = {.layer = 1, .layers = 2};
  struct isw_choice choice = named("plane");
  choice.weights = &weights;
  for (double normalization = 0.0; normalization <= 2.0; normalization += 1.0) {
    choice.value[5].number = normalization;
    for (size_t place = 0; place < 3; place++) {
      choice.value[3].number = place == 1;
      choice.value[4].number = place == 2;
      assert_true(isw_initialize(&choice, &start, 3, 2, 2, &stream, w[place]));
    }
    assert_memory_equal(w[0], value, sizeof w[0]);
    for (size_t d = 1; d <= 2; d++) {
      for (size_t i = 0; i < 6; i++) w[d][i] -= value[i];
      for (size_t j = 0; j < 3 && normalization == 0.0; j++)
        assert_true(fabs(norm(2, w[d] + 2 * j) - norm(2, value + 2 * j)) < 1e-12 * norm(2, value + 2 * j));
      if (normalization == 1.0) assert_true(fabs(norm(6, w[d]) - norm(6, value)) < 1e-12 * norm(6, value));
      struct isw_stream draws = stream;
      draws.layer += 2048 * d;
      for (size_t i = 0; i < 6 && normalization == 2.0; i++) assert_true(fabs(w[d][i] - isw_normal(&draws, i)) < 1e-13);
    }
    assert_true(fabs(w[1][0] * w[2][1] - w[1][1] * w[2][0]) > 1e-3); /* not parallel */
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(gains_are_those_of_pytorch),
      cmocka_unit_test(a_gain_may_be_the_activations),
      cmocka_unit_test(ntk_divides_by_the_root_of_fan_in),
      cmocka_unit_test(torch_sparse_has_zeros_in_every_column),
      cmocka_unit_test(symmetric_pairs_are_alike_and_opposite),
      cmocka_unit_test(lsuv_has_the_variance_asked_for),
      cmocka_unit_test(file_takes_its_layers_share),
      cmocka_unit_test(interpolate_is_on_the_line),
      cmocka_unit_test(plane_has_directions_of_the_weights_norms),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
