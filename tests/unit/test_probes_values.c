/* Probes compared with obvious slow implementations on random packs, in both precisions; special cases: NaN, ties, -0,
 * idle lanes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <math.h>
#include <cmocka.h>
#include "initsweep/probes.h"
#include "probes/matrix.h"

enum { LAYERS = 3, SAMPLES = 11, BLOCK = 4, TESTS = 5, LANES_MAX = ISW_LANES_MAX };
static const size_t size[LAYERS + 1] = {5, 7, 6, 3};

/* A pack of random numbers, and its samples in blocks. */
struct pack {
  struct isw_view view;
  bool finite[LANES_MAX];
  double batch_loss[LANES_MAX];
  void *weight[LAYERS], *bias[LAYERS], *weight_gradient[LAYERS], *bias_gradient[LAYERS];
  void *scale[LAYERS];                                                       /* of a branch that ends with layer 2 */
  void *gain[LAYERS], *shift[LAYERS], *normalized[LAYERS], *inverse[LAYERS]; /* NULL: no layer normalises */
  size_t stride[LAYERS];
  void *activation[2][LAYERS]; /* of the full training and test set */
  double *loss[2], *target[2];
};

static uint64_t random_state;

/* Uniform on (-1, 1), a float32 number, so that both precisions hold it. */
static double draw(void)
{
  random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return (double)((float)(random_state >> 40) / 8388608.0f - 1.0f);
}

static double get(const struct isw_view *view, const void *array, size_t element, size_t lane)
{
  size_t at = element * view->lanes + lane;
  return view->precision == ISW_FLOAT32 ? (double)((const float *)array)[at] : ((const double *)array)[at];
}

static void set(const struct isw_view *view, void *array, size_t element, size_t lane, double value)
{
  size_t at = element * view->lanes + lane;
  if (view->precision == ISW_FLOAT32)
    ((float *)array)[at] = (float)value;
  else
    ((double *)array)[at] = value;
}

static void *random_array(const struct isw_view *view, size_t elements)
{
  void *array = isw_allocate(elements * view->lanes, sizeof(double));
  assert_non_null(array);
  for (size_t e = 0; e < elements; e++)
    for (size_t l = 0; l < view->lanes; l++) set(view, array, e, l, draw());
  return array;
}

static struct pack *create(enum isw_precision real, const struct isw_loss *loss, enum isw_targets kind)
{
  struct pack *pack = isw_allocate(1, sizeof *pack);
  assert_non_null(pack);
  struct isw_view *view = &pack->view;
  random_state = 2026;
  view->precision = real;
  view->lanes = real == ISW_FLOAT32 ? 16 : 8;
  view->count = view->lanes - 3;
  view->layers = LAYERS;
  view->size = size;
  view->loss = loss;
  view->kind = kind;
  view->train_samples = SAMPLES;
  view->label_columns = 1;
  view->test_samples = TESTS;
  for (size_t k = 0; k < LAYERS; k++) {
    pack->stride[k] = size[k + 1] + k; /* padded rows */
    pack->weight[k] = random_array(view, size[k] * pack->stride[k]);
    pack->weight_gradient[k] = random_array(view, size[k] * pack->stride[k]);
    pack->bias[k] = random_array(view, size[k + 1]);
    pack->bias_gradient[k] = random_array(view, size[k + 1]);
    pack->activation[0][k] = random_array(view, SAMPLES * pack->stride[k]);
    pack->activation[1][k] = random_array(view, TESTS * pack->stride[k]);
  }
  for (size_t set_number = 0; set_number < 2; set_number++) {
    size_t samples = set_number ? TESTS : SAMPLES;
    pack->loss[set_number] = isw_allocate(samples * view->lanes, sizeof(double));
    pack->target[set_number] = isw_allocate(samples, sizeof(double));
    for (size_t i = 0; i < samples * view->lanes; i++) pack->loss[set_number][i] = fabs(draw());
    for (size_t s = 0; s < samples; s++)
      pack->target[set_number][s] = (double)(s % (kind == ISW_TARGETS_BINARY ? 2 : 3));
  }
  view->labels = pack->target[0];
  view->batch_loss = pack->batch_loss;
  for (size_t l = 0; l < view->lanes; l++) pack->finite[l] = true;
  view->weight = (const void *const *)pack->weight;
  view->bias = (const void *const *)pack->bias;
  view->weight_gradient = (const void *const *)pack->weight_gradient;
  view->bias_gradient = (const void *const *)pack->bias_gradient;
  view->weight_start = (const void *const *)pack->weight_gradient; /* any numbers of the same shape */
  pack->scale[1] = random_array(view, 1);
  view->scale = view->scale_gradient = (const void *const *)pack->scale;
  view->gain = (const void *const *)pack->gain;
  view->shift = (const void *const *)pack->shift;
  view->loss_parameter = view->output_scale = pack->bias[0]; /* any numbers */
  view->weight_stride = pack->stride;
  view->finite = pack->finite;
  return pack;
}

static void destroy(struct pack *pack)
{
  for (size_t k = 0; k < LAYERS; k++) {
    free(pack->weight[k]);
    free(pack->weight_gradient[k]);
    free(pack->bias[k]);
    free(pack->bias_gradient[k]);
    free(pack->activation[0][k]);
    free(pack->activation[1][k]);
    free(pack->scale[k]);
  }
  for (size_t t = 0; t < 2; t++) {
    free(pack->loss[t]);
    free(pack->target[t]);
  }
  free(pack);
}

static const struct isw_probe *find(const char *name)
{
  size_t count;
  const struct isw_probe *const *probes = isw_probes(&count);
  for (size_t p = 0; p < count; p++)
    if (strcmp(probes[p]->row.name, name) == 0) return probes[p];
  fail_msg("no probe %s", name);
  return NULL;
}

/* Runs a probe as the engine does: blocks of the training set, then of the test set. */
/* A probe as a sweep of the pack's networks has it. */
static struct isw_probe own_probe(const struct pack *pack, const char *name)
{
  struct isw_probe own = *find(name);
  size_t features = pack->view.size[0], outputs = pack->view.size[LAYERS];
  const struct isw_largest_sizes largest = {features, outputs, pack->view.train_samples,
                                            features < outputs ? features : outputs};
  own.parameter = own.row.parameters[0].initial;
  if (own.length) own.quantity.length = own.length(&own, &largest);
  return own;
}

static void measure(const struct pack *pack, const char *name, double *value)
{
  const struct isw_probe own = own_probe(pack, name), *probe = &own;
  struct isw_view seen = pack->view;
  seen.probe = probe;
  const struct isw_view *view = &seen;
  double *scratch = isw_allocate(probe->scratch ? probe->scratch(view) : 0, sizeof *scratch);
  assert_non_null(scratch);
  size_t bytes = view->precision == ISW_FLOAT32 ? sizeof(float) : sizeof(double);
  for (size_t t = 0; probe->block && t < 2; t++) {
    size_t samples = t ? TESTS : SAMPLES;
    for (size_t first = 0; first < samples; first += BLOCK) {
      const void *activation[LAYERS];
      for (size_t k = 0; k < LAYERS; k++)
        activation[k] = (const char *)pack->activation[t][k] + first * pack->stride[k] * view->lanes * bytes;
      struct isw_block block = {.test = t == 1,
                                .first = first,
                                .samples = samples - first < BLOCK ? samples - first : BLOCK,
                                .activation = activation,
                                .pre_activation = activation, /* likewise */
                                .slope = activation,
                                .normalized = (const void *const *)pack->normalized,
                                .inverse_deviation = (const void *const *)pack->inverse,
                                .activation_stride = pack->stride,
                                .loss = pack->loss[t] + first * view->lanes,
                                .target = pack->target[t] + first,
                                .targets = 1};
      probe->block(view, &block, scratch);
    }
  }
  if (probe->prepare) probe->prepare(view, scratch);
  probe->finish(view, scratch, value);
  free(scratch);
}

static const struct isw_loss *loss_row(size_t row)
{
  size_t count;
  return &isw_losses(&count)[row];
}

static void registry_is_complete(void **state)
{
  (void)state;
  static const char *const names[] = {"loss",
                                      "test_loss",
                                      "accuracy",
                                      "test_accuracy",
                                      "gradient_norm",
                                      "bias_gradient_norm",
                                      "batch_loss",
                                      "batch_gradient_norm",
                                      "batch_bias_gradient_norm",
                                      "weight_norm",
                                      "bias_norm",
                                      "distinct_units",
                                      "activation_mean",
                                      "activation_variance",
                                      "mean_cosine",
                                      "effective_rank",
                                      "singular_value_max",
                                      "singular_value_min",
                                      "distance_from_start",
                                      "weight_sign_changes",
                                      "first_moved",
                                      "update_ratio",
                                      "pre_activation_mean",
                                      "pre_activation_variance",
                                      "dead_fraction",
                                      "saturated_fraction",
                                      "input_correlation",
                                      "jacobian_norm",
                                      "jacobian_singular_value_max",
                                      "jacobian_singular_value_min",
                                      "constant_loss",
                                      "escape_step",
                                      "hessian_max",
                                      "hessian_min",
                                      "hessian_residual",
                                      "gradient_curvature",
                                      "gradient_variance",
                                      "gradient_noise_scale",
                                      "hessian_eigenvalues",
                                      "hessian_negative",
                                      "residual_scale",
                                      "residual_scale_gradient",
                                      "delta_variance",
                                      "ntk_trace",
                                      "ntk_max",
                                      "ntk_change",
                                      "ntk_target_alignment",
                                      "direction_count",
                                      "hessian_trace",
                                      "outputs",
                                      "confusion",
                                      "test_confusion",
                                      "correlation_map",
                                      "hessian_top",
                                      "hessian_top_residual",
                                      "jacobian_singular_values",
                                      "linear_map_singular_values"};
  size_t count;
  const struct isw_probe *const *probes = isw_probes(&count);
  for (size_t n = 0; n < sizeof names / sizeof names[0]; n++) find(names[n]); /* fails if there is none */
  for (size_t p = 0; p < count; p++) {
    for (size_t other = 0; other < p; other++) assert_string_not_equal(probes[p]->row.name, probes[other]->row.name);
    assert_string_equal(probes[p]->quantity.name, probes[p]->row.name);
    assert_true(probes[p]->row.formula && probes[p]->row.source && probes[p]->quantity.long_name &&
                probes[p]->quantity.units);
    assert_true(probes[p]->quantity.per_run ? probes[p]->tracks_first_change || probes[p]->threshold
                                            : probes[p]->finish != NULL);
    assert_true(!probes[p]->block == !(probes[p]->needs & (ISW_NEEDS_TRAIN | ISW_NEEDS_TEST)));
    assert_true(!(probes[p]->needs & ISW_NEEDS_BATCH) || probes[p]->needs == ISW_NEEDS_BATCH);
  }
}

static void loss_is_the_mean_of_the_samples(void **state)
{
  (void)state;
  for (size_t row = 0; row < 3; row++)
    for (int real = ISW_FLOAT32; real <= ISW_FLOAT64; real++) {
      struct pack *pack = create((enum isw_precision)real, loss_row(row), ISW_TARGETS_CLASSES);
      double value[LANES_MAX];
      for (size_t t = 0; t < 2; t++) {
        measure(pack, t ? "test_loss" : "loss", value);
        size_t samples = t ? TESTS : SAMPLES;
        for (size_t l = 0; l < pack->view.lanes; l++) {
          double sum = 0.0;
          for (size_t s = 0; s < samples; s++) sum += pack->loss[t][s * pack->view.lanes + l];
          assert_true(value[l] == sum / ((double)samples * (row == 2 ? 1.0 : 3.0))); /* cross entropy: over samples */
        }
      }
      destroy(pack);
    }
}

static void the_loss_of_a_batch_is_the_step_s(void **state)
{
  (void)state;
  struct pack *pack = create(ISW_FLOAT32, loss_row(0), ISW_TARGETS_CLASSES);
  double *loss = pack->batch_loss, value[LANES_MAX];
  for (size_t l = 0; l < LANES_MAX; l++) loss[l] = l == 3 ? -(double)NAN : l == 4 ? INFINITY : 0.1 * (double)l;
  measure(pack, "batch_loss", value);
  for (size_t l = 0; l < LANES_MAX; l++)
    assert_true(l == 3 ? isnan(value[l]) && !signbit(value[l]) : value[l] == loss[l]);
  destroy(pack);
}

static void scales_stand_where_branches_end(void **state)
{
  (void)state;
  static const char *const names[] = {"residual_scale", "residual_scale_gradient"};
  for (int real = ISW_FLOAT32; real <= ISW_FLOAT64; real++)
    for (size_t n = 0; n < 2; n++) {
      struct pack *pack = create((enum isw_precision)real, loss_row(0), ISW_TARGETS_CLASSES);
      double value[LAYERS * LANES_MAX];
      measure(pack, names[n], value);
      for (size_t k = 0; k < LAYERS; k++)
        for (size_t l = 0; l < pack->view.lanes; l++) {
          double x = value[k * pack->view.lanes + l];
          assert_true(k == 1 ? x == get(&pack->view, pack->scale[1], 0, l) : isnan(x));
        }
      destroy(pack);
    }
}

static void check_accuracy(struct pack *pack)
{
  const struct isw_view *view = &pack->view;
  size_t outputs = view->size[LAYERS];
  for (size_t t = 0; t < 2; t++) {
    double value[LANES_MAX];
    measure(pack, t ? "test_accuracy" : "accuracy", value);
    size_t samples = t ? TESTS : SAMPLES;
    for (size_t l = 0; l < view->lanes; l++) {
      double right = 0.0;
      for (size_t s = 0; s < samples; s++) {
        double predicted = 0.0;
        for (size_t j = 0; j < outputs; j++) {
          double y = get(view, pack->activation[t][LAYERS - 1], s * pack->stride[LAYERS - 1] + j, l);
          double best = get(view, pack->activation[t][LAYERS - 1], s * pack->stride[LAYERS - 1] + (size_t)predicted, l);
          if (outputs == 1)
            predicted = y > view->loss->threshold;
          else if (y > best)
            predicted = (double)j;
        }
        right += predicted == pack->target[t][s];
      }
      assert_true(value[l] == right / (double)samples);
    }
  }
}

static void accuracy_counts_right_predictions(void **state)
{
  (void)state;
  static const size_t one_output[] = {5, 7, 6, 1};
  for (int real = ISW_FLOAT32; real <= ISW_FLOAT64; real++) {
    struct pack *pack = create((enum isw_precision)real, loss_row(2), ISW_TARGETS_CLASSES);
    check_accuracy(pack);
    destroy(pack);
    for (size_t row = 0; row < 2; row++) { /* thresholds 1/2 and 0 */
      pack = create((enum isw_precision)real, loss_row(row), ISW_TARGETS_BINARY);
      pack->view.size = one_output;
      check_accuracy(pack);
      destroy(pack);
    }
  }
}

/* All outputs equal: class 0 is predicted. An output that is NaN: never correct, whatever the target. */
static void accuracy_at_ties_and_nan(void **state)
{
  (void)state;
  struct pack *pack = create(ISW_FLOAT32, loss_row(2), ISW_TARGETS_CLASSES);
  double value[LANES_MAX];
  size_t stride = pack->stride[LAYERS - 1];
  for (size_t s = 0; s < SAMPLES; s++)
    for (size_t j = 0; j < 3; j++) {
      set(&pack->view, pack->activation[0][LAYERS - 1], s * stride + j, 0, 0.25);
      set(&pack->view, pack->activation[0][LAYERS - 1], s * stride + j, 1, j == 0 ? NAN : -1.0);
      set(&pack->view, pack->activation[0][LAYERS - 1], s * stride + j, 2, j == 2 ? NAN : -1.0);
    }
  measure(pack, "accuracy", value);
  assert_true(value[0] == 4.0 / 11.0 && value[1] == 0.0 && value[2] == 0.0);
  destroy(pack);
  static const size_t one_output[] = {5, 7, 6, 1};
  pack = create(ISW_FLOAT64, loss_row(1), ISW_TARGETS_BINARY);
  pack->view.size = one_output;
  for (size_t s = 0; s < SAMPLES; s++) {
    set(&pack->view, pack->activation[0][LAYERS - 1], s * stride, 0, 0.0); /* at the threshold: 0 */
    set(&pack->view, pack->activation[0][LAYERS - 1], s * stride, 1, NAN);
  }
  measure(pack, "accuracy", value);
  assert_true(value[0] == 6.0 / 11.0 && value[1] == 0.0);
  destroy(pack);
}

static void norms_are_sums_in_the_written_order(void **state)
{
  (void)state;
  static const char *const names[] = {"weight_norm", "gradient_norm",      "batch_gradient_norm",
                                      "bias_norm",   "bias_gradient_norm", "batch_bias_gradient_norm"};
  for (int real = ISW_FLOAT32; real <= ISW_FLOAT64; real++) {
    struct pack *pack = create((enum isw_precision)real, loss_row(0), ISW_TARGETS_VALUES);
    void **arrays[] = {pack->weight, pack->weight_gradient, pack->weight_gradient,
                       pack->bias,   pack->bias_gradient,   pack->bias_gradient};
    for (size_t p = 0; p < 6; p++) {
      double value[LAYERS * LANES_MAX];
      measure(pack, names[p], value);
      for (size_t k = 0; k < LAYERS; k++)
        for (size_t l = 0; l < pack->view.lanes; l++) {
          double sum = 0.0;
          for (size_t i = 0; i < (p < 3 ? size[k] : 1); i++)
            for (size_t j = 0; j < size[k + 1]; j++) {
              double x = get(&pack->view, arrays[p][k], i * pack->stride[k] + j, l);
              sum = sum + x * x;
            }
          assert_true(value[k * pack->view.lanes + l] == sqrt(sum));
        }
    }
    destroy(pack);
  }
}

/* The slow implementation: every pair of units. */
static double slow_distinct(const struct pack *pack, size_t k, size_t lane)
{
  const struct isw_view *view = &pack->view;
  double distinct = 0.0;
  for (size_t a = 0; a < size[k + 1]; a++) {
    bool new = true;
    for (size_t b = 0; b < a; b++) {
      bool same = get(view, view->bias[k], a, lane) == get(view, view->bias[k], b, lane);
      for (size_t i = 0; i < size[k]; i++)
        same = same && get(view, view->weight[k], i * pack->stride[k] + a, lane) ==
                           get(view, view->weight[k], i * pack->stride[k] + b, lane);
      new = new && !same;
    }
    distinct += new;
  }
  return distinct;
}

static void distinct_units_agree_with_all_pairs(void **state)
{
  (void)state;
  static const double few[] = {0.0, -0.0, 0.5};
  size_t seen[8] = {0};
  for (size_t round = 0; round < 400; round++) {
    struct pack *pack = create(round % 2 ? ISW_FLOAT32 : ISW_FLOAT64, loss_row(0), ISW_TARGETS_VALUES);
    const struct isw_view *view = &pack->view;
    random_state = round;
    double rare = (double)(round % 20) / 20.0 - 1.0; /* how often a value differs from 0: from never to half */
    for (size_t k = 0; k < LAYERS; k++)
      for (size_t l = 0; l < view->lanes; l++)
        for (size_t j = 0; j < size[k + 1]; j++) {
          set(view, pack->bias[k], j, l, few[draw() < rare ? 2 : draw() < 0.0]);
          for (size_t i = 0; i < size[k]; i++)
            set(view, pack->weight[k], i * pack->stride[k] + j, l, few[draw() < rare ? 2 : draw() < 0.0]);
        }
    double value[LAYERS * LANES_MAX];
    measure(pack, "distinct_units", value);
    for (size_t k = 0; k < LAYERS; k++)
      for (size_t l = 0; l < view->count; l++) {
        double expected = slow_distinct(pack, k, l);
        assert_true(value[k * view->lanes + l] == expected);
        seen[(size_t)expected]++;
      }
    destroy(pack);
  }
  for (size_t number = 1; number <= 7; number++) assert_true(seen[number] > 0);
}

static uint64_t bits_of(double x)
{
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

/* Two units constructed to have the same hash (see src/probes/distinct_units.c: bias, then weights; each step can be
 * inverted). */
static void units_of_equal_hash_are_told_apart(void **state)
{
  (void)state;
  struct pack *pack = create(ISW_FLOAT64, loss_row(0), ISW_TARGETS_VALUES);
  size_t made = 0;
  for (size_t l = 0; l < pack->view.count; l++) {
    uint64_t hash[2];
    for (size_t j = 0; j < 2; j++) {
      hash[j] = bits_of(get(&pack->view, pack->bias[0], j, l)) * UINT64_C(0x9e3779b97f4a7c15);
      hash[j] ^= hash[j] >> 32;
    }
    uint64_t bits = bits_of(get(&pack->view, pack->weight[0], 0, l)) ^ hash[0] ^ hash[1];
    double value;
    memcpy(&value, &bits, sizeof value);
    if (!isfinite(value)) continue;
    made++;
    set(&pack->view, pack->weight[0], 1, l, value);
    for (size_t i = 1; i < size[0]; i++)
      set(&pack->view, pack->weight[0], i * pack->stride[0] + 1, l,
          get(&pack->view, pack->weight[0], i * pack->stride[0], l));
  }
  double value[LAYERS * LANES_MAX];
  assert_true(made > 0);
  measure(pack, "distinct_units", value);
  for (size_t l = 0; l < pack->view.count; l++) assert_true(value[l] == (double)size[1]);
  destroy(pack);
}

static void distinct_units_is_minus_one_where_not_finite(void **state)
{
  (void)state;
  struct pack *pack = create(ISW_FLOAT32, loss_row(0), ISW_TARGETS_VALUES);
  double value[LAYERS * LANES_MAX];
  pack->finite[4] = false;
  measure(pack, "distinct_units", value);
  for (size_t k = 0; k < LAYERS; k++) {
    assert_true(value[k * 16 + 4] == -1.0);
    assert_true(value[k * 16 + 3] == (double)size[k + 1]);
  }
  assert_true(find("distinct_units")->quantity.integer);
  destroy(pack);
}

/* The slow implementation uses two passes in long double; float64 sums of 77 numbers below 1 are within 1e-15 of it. */
static void activations_have_their_mean_and_variance(void **state)
{
  (void)state;
  for (int real = ISW_FLOAT32; real <= ISW_FLOAT64; real++)
    for (int shifted = 0; shifted < 2; shifted++) {
      struct pack *pack = create((enum isw_precision)real, loss_row(0), ISW_TARGETS_VALUES);
      const struct isw_view *view = &pack->view;
      double mean[LAYERS * LANES_MAX], variance[LAYERS * LANES_MAX];
      for (size_t k = 0; shifted && k < LAYERS; k++) /* saturated units: all close to 1 */
        for (size_t e = 0; e < SAMPLES * pack->stride[k]; e++)
          for (size_t l = 0; l < view->lanes; l++)
            set(view, pack->activation[0][k], e, l, 1.0 + 1e-5 * get(view, pack->activation[0][k], e, l));
      measure(pack, "activation_mean", mean);
      measure(pack, "activation_variance", variance);
      for (size_t k = 0; k < LAYERS; k++)
        for (size_t l = 0; l < view->lanes; l++) {
          long double n = (long double)(SAMPLES * size[k + 1]), centre = 0.0L, square = 0.0L;
          for (size_t s = 0; s < SAMPLES; s++)
            for (size_t j = 0; j < size[k + 1]; j++)
              centre += get(view, pack->activation[0][k], s * pack->stride[k] + j, l) / n;
          for (size_t s = 0; s < SAMPLES; s++)
            for (size_t j = 0; j < size[k + 1]; j++) {
              long double d = get(view, pack->activation[0][k], s * pack->stride[k] + j, l) - centre;
              square += d * d / n;
            }
          assert_true(fabsl(mean[k * view->lanes + l] - centre) < 1e-15L);
          assert_true(fabsl(variance[k * view->lanes + l] - square) < 1e-13L * square);
        }
      destroy(pack);
    }
}

static void constant_activations_have_variance_zero(void **state)
{
  (void)state;
  struct pack *pack = create(ISW_FLOAT64, loss_row(0), ISW_TARGETS_VALUES);
  double mean[LAYERS * LANES_MAX], variance[LAYERS * LANES_MAX];
  for (size_t k = 0; k < LAYERS; k++)
    for (size_t e = 0; e < SAMPLES * pack->stride[k]; e++) set(&pack->view, pack->activation[0][k], e, 1, 0.1);
  measure(pack, "activation_mean", mean);
  measure(pack, "activation_variance", variance);
  for (size_t k = 0; k < LAYERS; k++) assert_true(mean[k * 8 + 1] == 0.1 && variance[k * 8 + 1] == 0.0);
  destroy(pack);
}

/* A NaN of either sign and any payload is stored as one quiet NaN; other lanes are not affected. */
static void nan_is_canonical_and_stays_in_its_lane(void **state)
{
  (void)state;
  static const char *const names[] = {"loss",
                                      "weight_norm",
                                      "activation_mean",
                                      "activation_variance",
                                      "distance_from_start",
                                      "pre_activation_mean",
                                      "input_correlation",
                                      "jacobian_norm",
                                      "jacobian_singular_value_max",
                                      "jacobian_singular_value_min"};
  struct pack *pack = create(ISW_FLOAT64, loss_row(0), ISW_TARGETS_VALUES);
  double before[LAYERS * LANES_MAX], value[LAYERS * LANES_MAX], quiet = NAN;
  for (size_t p = 0; p < sizeof names / sizeof names[0]; p++) {
    measure(pack, names[p], before);
    for (size_t round = 0; round < 2; round++) {
      double odd = round ? -NAN : nan("0x123");
      struct pack *bad = create(ISW_FLOAT64, loss_row(0), ISW_TARGETS_VALUES);
      bad->loss[0][2] = odd;
      set(&bad->view, bad->weight[0], 3, 2, odd);
      set(&bad->view, bad->activation[0][0], 3, 2, odd);
      measure(bad, names[p], value);
      assert_memory_equal(&value[2], &quiet, sizeof quiet);
      for (size_t l = 0; l < 8; l++)
        if (l != 2) assert_true(value[l] == before[l]);
      destroy(bad);
    }
  }
  destroy(pack);
}

/* Other lanes' weights, of any size, change no bit of a lane, even if a neighbour's Jacobi sweeps end sooner or
 * later. */
static void lanes_do_not_see_each_other(void **state)
{
  (void)state;
  static const double factors[] = {0.0, 0x1p-900, 0x1p900, 1.0};
  size_t count;
  const struct isw_probe *const *probes = isw_probes(&count);
  for (size_t p = 0; p < count; p++) {
    /* computed by the engine; tests/oracles/test_hessian.py and test_probes.py test them */
    if ((probes[p]->needs & ISW_NEEDS_CURVATURE) || probes[p]->quantity.per_run) continue;
    bool classes = (probes[p]->needs & ISW_NEEDS_CLASSES) != 0;
    enum isw_targets kind = classes ? ISW_TARGETS_CLASSES : ISW_TARGETS_VALUES;
    struct pack *pack = create(ISW_FLOAT64, loss_row(0), kind);
    const struct isw_probe own = own_probe(pack, probes[p]->row.name);
    size_t rows = isw_quantity_width(&own.quantity, LAYERS, 0);
    double *before = isw_allocate(rows * LANES_MAX, sizeof *before),
           *value = isw_allocate(rows * LANES_MAX, sizeof *value);
    assert_true(before && value);
    measure(pack, probes[p]->row.name, before);
    for (size_t f = 0; f < sizeof factors / sizeof factors[0]; f++) {
      struct pack *other = create(ISW_FLOAT64, loss_row(0), kind);
      for (size_t k = 0; k < LAYERS; k++)
        for (size_t e = 0; e < size[k] * pack->stride[k]; e++)
          for (size_t l = 1; l < 8; l += 2)
            set(&other->view, other->weight[k], e, l, factors[f] * (draw() + (e % 2 ? 0.0 : 1.0)));
      measure(other, probes[p]->row.name, value);
      for (size_t k = 0; k < rows; k++)
        for (size_t l = 0; l < 8; l += 2) assert_memory_equal(&value[k * 8 + l], &before[k * 8 + l], sizeof(double));
      destroy(other);
    }
    free(before);
    free(value);
    destroy(pack);
  }
}

/* U diag(s) V' with Householder reflections U, V and chosen s: the singular values are s, at any scale and shape. */
static void singular_values_of_made_matrices(void **state)
{
  (void)state;
  enum { COLUMNS = 6, ROWS = 9, LANES = 8 };
  static const double s[COLUMNS] = {3.0, 3.0, 1.0, 1e-3, 1e-9, 0.0};
  double matrix[COLUMNS][ROWS][LANES], value[COLUMNS][LANES], u[ROWS], v[COLUMNS], uu = 0.0, vv = 0.0;
  random_state = 7;
  for (size_t i = 0; i < ROWS; i++) {
    u[i] = draw();
    uu += u[i] * u[i];
  }
  for (size_t i = 0; i < COLUMNS; i++) {
    v[i] = draw();
    vv += v[i] * v[i];
  }
  for (size_t c = 0; c < COLUMNS; c++)
    for (size_t r = 0; r < ROWS; r++) {
      double sum = 0.0;
      for (size_t k = 0; k < COLUMNS; k++)
        sum += ((r == k) - 2.0 * u[r] * u[k] / uu) * s[k] * ((c == k) - 2.0 * v[c] * v[k] / vv);
      for (size_t l = 0; l < LANES; l++) matrix[c][r][l] = l == 0 ? 0.0 : ldexp(sum, ((int)l - 4) * 300);
    }
  int exponent[LANES];
  bool finite[LANES];
  isw_matrix_scale(LANES, (size_t)COLUMNS * ROWS, &matrix[0][0][0], exponent, finite);
  isw_singular_values(NULL, LANES, COLUMNS, ROWS, &matrix[0][0][0], &value[0][0]);
  for (size_t l = 0; l < LANES; l++)
    for (size_t k = 0; k < COLUMNS; k++) { /* sorted here: each s by its rank */
      size_t larger = 0;
      double found = 0.0;
      for (size_t c = 0; c < COLUMNS; c++) {
        larger = 0;
        for (size_t other = 0; other < COLUMNS; other++)
          larger += value[other][l] > value[c][l] || (value[other][l] == value[c][l] && other < c);
        if (larger == k) found = value[c][l];
      }
      assert_true(finite[l]);
      if (l == 0) assert_true(found == 0.0 && exponent[l] == 0);
      if (l > 0) assert_true(fabs(ldexp(found, exponent[l] - ((int)l - 4) * 300) - s[k]) < 4e-15);
    }
}

static void chosen_samples_are_spread(void **state)
{
  (void)state;
  for (size_t samples = 1; samples < 200; samples++)
    for (size_t most = 1; most < 40; most++) {
      size_t chosen = samples < most ? samples : most, i = 0;
      for (size_t sample = 0; sample < samples; sample++) {
        bool expected = i < chosen && sample == i * samples / chosen;
        assert_int_equal(isw_chosen(sample, samples, most), expected);
        i += expected;
      }
      assert_int_equal(i, chosen);
    }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(registry_is_complete),
      cmocka_unit_test(loss_is_the_mean_of_the_samples),
      cmocka_unit_test(the_loss_of_a_batch_is_the_step_s),
      cmocka_unit_test(scales_stand_where_branches_end),
      cmocka_unit_test(accuracy_counts_right_predictions),
      cmocka_unit_test(accuracy_at_ties_and_nan),
      cmocka_unit_test(norms_are_sums_in_the_written_order),
      cmocka_unit_test(distinct_units_agree_with_all_pairs),
      cmocka_unit_test(units_of_equal_hash_are_told_apart),
      cmocka_unit_test(distinct_units_is_minus_one_where_not_finite),
      cmocka_unit_test(activations_have_their_mean_and_variance),
      cmocka_unit_test(constant_activations_have_variance_zero),
      cmocka_unit_test(nan_is_canonical_and_stays_in_its_lane),
      cmocka_unit_test(lanes_do_not_see_each_other),
      cmocka_unit_test(singular_values_of_made_matrices),
      cmocka_unit_test(chosen_samples_are_spread),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
