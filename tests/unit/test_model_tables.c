/* The model room's tables: every row is complete, names are unique, defaults are allowed; sizes and FLOPs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <math.h>
#include <cmocka.h>
#include "initsweep/model.h"

static void check_row(const struct isw_row *row)
{
  assert_non_null(row->name);
  assert_non_null(row->formula);
  assert_true(strlen(row->formula) > 0);
  assert_non_null(row->source);
  for (size_t p = 0; p < isw_row_parameters(row); p++) {
    const struct isw_parameter *parameter = &row->parameters[p];
    assert_non_null(parameter->about);
    assert_true(isnan(parameter->initial) || /* must be given */
                (parameter->initial >= parameter->low && parameter->initial <= parameter->high));
    assert_false(parameter->low_open && parameter->initial == parameter->low);
    assert_false(parameter->high_open && parameter->initial == parameter->high);
  }
}

/* Every row is complete and has a unique name; the `promised` names exist. Rows may be added. */
static void check_table(size_t count, const struct isw_row *const *rows, const char *promised)
{
  char *words = strdup(promised), *rest = words, *word;
  assert_non_null(words);
  for (size_t i = 0; i < count; i++) {
    check_row(rows[i]);
    for (size_t other = 0; other < i; other++) assert_string_not_equal(rows[i]->name, rows[other]->name);
  }
  while ((word = strsep(&rest, " "))) {
    size_t found = 0;
    for (size_t i = 0; i < count; i++) found += strcmp(rows[i]->name, word) == 0;
    if (found != 1) fail_msg("%s", word);
  }
  free(words);
}

#define CHECK_TABLE(type, function, promised)                                                                          \
  do {                                                                                                                 \
    size_t count = 0;                                                                                                  \
    const type *table = function(&count);                                                                              \
    const struct isw_row *rows[64] = {NULL};                                                                           \
    assert_true(count <= 64);                                                                                          \
    for (size_t i = 0; i < count && i < 64; i++) rows[i] = &table[i].row;                                              \
    check_table(count, rows, promised);                                                                                \
  } while (0)

static void tables_hold_the_rows_that_the_docs_promise(void **state)
{
  (void)state;
  CHECK_TABLE(struct isw_initializer, isw_initializers,
              "zeros constant normal uniform truncated_normal lecun_normal lecun_uniform glorot_normal glorot_uniform "
              "he_normal he_uniform orthogonal identity torch_linear variance_scaling mean_field sparse zero_o");
  CHECK_TABLE(
      struct isw_activation, isw_activations,
      "linear sigmoid tanh relu leaky_relu sin prelu elu selu gelu gelu_tanh silu softplus softsign mish hard_tanh cos "
      "gaussian square");
  CHECK_TABLE(struct isw_loss, isw_losses, "mse binary_cross_entropy cross_entropy mae huber hinge");
  CHECK_TABLE(struct isw_optimizer, isw_optimizers,
              "sgd momentum nesterov adam adamw rmsprop adagrad sign_sgd rprop levenberg_marquardt");
  CHECK_TABLE(struct isw_rate_schedule, isw_schedules,
              "constant step exponential linear cosine warmup warmup_cosine inverse_sqrt");
  CHECK_TABLE(struct isw_mask, isw_masks, "none random magnitude");
  CHECK_TABLE(struct isw_parametrization, isw_parametrizations, "standard ntk mean_field mup");
}

static void defaults_are_pytorchs(void **state)
{
  (void)state;
  size_t count;
  const struct isw_optimizer *adam = &isw_optimizers(&count)[3];
  assert_int_equal(isw_row_parameters(&adam->row), 3);
  struct isw_choice choice = isw_choice_default(&adam->row, 3);
  assert_int_equal(choice.row, 3);
  assert_true(choice.value[0].number == 0.9 && choice.value[1].number == 0.999 && choice.value[2].number == 1e-8);
  assert_true(adam->row.parameters[0].high_open && adam->row.parameters[1].high_open);
  assert_int_equal(adam->states, 2);
  const struct isw_initializer *initializers = isw_initializers(&count);
  struct isw_choice normal = isw_choice_default(&initializers[2].row, 2);
  assert_true(normal.value[0].number == 0.0 && normal.value[1].number == 1.0);
  for (size_t i = 0; i < count; i++) /* a bias has no fan_in of its own, and uses its layer's only if its row says so */
    if (initializers[i].for_bias && !initializers[i].fill_from && strstr(initializers[i].row.formula, "fan_in"))
      assert_string_equal(initializers[i].row.name, "torch_linear");
}

static const struct isw_row *row_called(const char *table, const char *name)
{
  size_t count;
  if (strcmp(table, "initializers") == 0) {
    const struct isw_initializer *rows = isw_initializers(&count);
    for (size_t i = 0; i < count; i++)
      if (strcmp(rows[i].row.name, name) == 0) return &rows[i].row;
  } else if (strcmp(table, "activations") == 0) {
    const struct isw_activation *rows = isw_activations(&count);
    for (size_t i = 0; i < count; i++)
      if (strcmp(rows[i].row.name, name) == 0) return &rows[i].row;
  } else if (strcmp(table, "losses") == 0) {
    const struct isw_loss *rows = isw_losses(&count);
    for (size_t i = 0; i < count; i++)
      if (strcmp(rows[i].row.name, name) == 0) return &rows[i].row;
  }
  return NULL;
}

static void aliases_name_rows_and_hide_none(void **state)
{
  (void)state;
  size_t count;
  const struct isw_alias *aliases = isw_aliases(&count);
  for (size_t i = 0; i < count; i++) {
    const struct isw_row *row = row_called(aliases[i].table, aliases[i].row);
    if (!row || row_called(aliases[i].table, aliases[i].name)) fail_msg("%s", aliases[i].name);
    assert_true(aliases[i].presets <= isw_row_parameters(row));
    for (size_t p = 0; p < aliases[i].presets; p++) {
      const struct isw_parameter *parameter = &row->parameters[p];
      double high = parameter->high;
      for (size_t w = 0; parameter->type == ISW_WORD && parameter->words[w]; w++) high = (double)w;
      assert_true(aliases[i].preset[p] >= parameter->low && aliases[i].preset[p] <= high);
    }
    assert_ptr_equal(isw_alias_find(aliases[i].table, aliases[i].name), &aliases[i]);
  }
  assert_null(isw_alias_find("losses", "ones"));
}

static void outputs_follow_targets_and_loss(void **state)
{
  (void)state;
  size_t count;
  const struct isw_loss *mse = &isw_losses(&count)[0], *binary = mse + 1, *classes = mse + 2;
  struct isw_data values = {.kind = ISW_TARGETS_VALUES, .targets = 3};
  struct isw_data bits = {.kind = ISW_TARGETS_BINARY, .targets = 1, .classes = 2};
  struct isw_data labels = {.kind = ISW_TARGETS_CLASSES, .targets = 1, .classes = 10};
  assert_int_equal(isw_outputs(&values, mse), 3);
  assert_int_equal(isw_outputs(&values, binary), 0);
  assert_int_equal(isw_outputs(&values, classes), 0);
  assert_int_equal(isw_outputs(&bits, mse), 1);
  assert_int_equal(isw_outputs(&bits, binary), 1);
  assert_int_equal(isw_outputs(&bits, classes), 2);
  assert_int_equal(isw_outputs(&labels, mse), 10);
  assert_int_equal(isw_outputs(&labels, binary), 10);
  assert_int_equal(isw_outputs(&labels, classes), 10);
}

static void sizes_and_flops(void **state)
{
  (void)state;
  size_t size[] = {64, 32, 16, 10}, huge[] = {SIZE_MAX / 2, 3, 1}, most[] = {SIZE_MAX, 1};
  assert_int_equal(isw_parameters(3, size, (struct isw_parts){0}), 65 * 32 + 33 * 16 + 17 * 10);
  assert_int_equal(isw_parameters(3, size, (struct isw_parts){.bias = ISW_BIAS_HIDDEN}), 65 * 32 + 33 * 16 + 16 * 10);
  assert_int_equal(isw_parameters(3, size, (struct isw_parts){.bias = ISW_BIAS_NONE}), 64 * 32 + 32 * 16 + 16 * 10);
  const struct isw_parts layer_norm = {.normalizing = {.is_on = true, .centers = true, .affine = true}};
  assert_int_equal(isw_parameters(3, size, layer_norm), 67 * 32 + 35 * 16 + 17 * 10);
  const struct isw_parts rms_norm = {.normalizing = {.is_on = true, .affine = true}};
  assert_int_equal(isw_parameters(3, size, rms_norm), 66 * 32 + 34 * 16 + 17 * 10);
  const struct isw_parts plain = {.normalizing = {.is_on = true, .centers = true}};
  assert_int_equal(isw_parameters(3, size, plain), isw_parameters(3, size, (struct isw_parts){0}));
  size_t same[] = {2, 3, 3, 3, 1};
  struct isw_parts branches = {.branch_layers = 2, .normalizing = layer_norm.normalizing};
  assert_int_equal(isw_parameters(4, same, branches), 5 * 3 + 6 * 3 + 4 * 3 + 1 + 4);
  branches.normalizing.branch_ends = true;
  assert_int_equal(isw_parameters(4, same, branches), 5 * 3 + 6 * 3 + 6 * 3 + 1 + 4);
  assert_true(isw_parameters(2, huge, (struct isw_parts){0}) == SIZE_MAX);
  assert_true(isw_parameters(1, most, (struct isw_parts){0}) == SIZE_MAX);
  double weights = 64.0 * 32 + 32 * 16 + 16 * 10;
  assert_true(isw_step_flops(3, size, 0, 100) == 100.0 * (6.0 * weights - 2.0 * 64 * 32));
}

/* Of the layer whose weights follow two numbers of the file. Halves round to even; of equal weights the first go. */
static void magnitude_masks_the_smallest_weights(void **state)
{
  (void)state;
  enum { COUNT = 5, BEFORE = 2 };
  static const double stored[] = {9.0, 0.0, -0.3, 0.1, 0.3, 0.0, -0.1, 0.0};
  static const struct {
    double sparsity;
    bool kept[COUNT];
  } cases[] = {{0.0, {true, true, true, true, true}},     {0.1, {true, true, true, true, true}}, /* 0.5 */
               {0.3, {true, false, true, false, true}},   {0.5, {true, false, true, false, true}},
               {0.7, {false, false, true, false, false}}, {1.0, {false, false, false, false, false}}};
  size_t count;
  const struct isw_weights weights = {.count = sizeof stored / sizeof *stored, .value = stored};
  struct isw_choice mask = isw_choice_default(&isw_masks(&count)[2].row, 2);
  mask.weights = &weights;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    bool kept[COUNT];
    mask.value[3].number = cases[i].sparsity;
    assert_true(isw_mask_fill(&mask, BEFORE, COUNT, NULL, kept));
    for (size_t j = 0; j < COUNT; j++)
      if (kept[j] != cases[i].kept[j]) fail_msg("sparsity %g, weight %zu", cases[i].sparsity, j);
  }
}

/* Factors of a network of 5-8-8-3 whose base width is 4, r = 2: Yang et al. 2022, tables 3 and 8. */
static void mup_has_the_factors_of_its_tables(void **state)
{
  (void)state;
  static const size_t size[] = {5, 8, 8, 3};
  static const struct {
    const char *optimizer;
    double weights[3], biases[3];
  } rates[] = {
      {"sgd", {2, 1, 0.5}, {2, 2, 1}}, {"adam", {1, 0.5, 0.5}, {1, 1, 1}}, {"adamw", {1, 0.5, 0.5}, {1, 1, 1}}};
  size_t rows, optimizers;
  const struct isw_parametrization *table = isw_parametrizations(&rows);
  const struct isw_optimizer *optimizer = isw_optimizers(&optimizers);
  struct isw_choice mup = isw_choice_default(&table[rows - 1].row, rows - 1);
  assert_string_equal(table[rows - 1].row.name, "mup");
  mup.value[0].number = 4.0;
  for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++) {
    size_t o = 0;
    while (strcmp(optimizer[o].row.name, rates[i].optimizer) != 0) o++;
    for (size_t k = 0; k < 3; k++) {
      struct isw_layer_factors f = {{1.0, 1.0}, {1.0, 1.0}, {1.0, 1.0}, {1.0, 1.0}};
      isw_parametrize(&mup, o, k + 1, 3, size, &f);
      bool output = k == 2, decoupled = optimizer[o].decoupled_decay;
      assert_true(f.rate[0] == rates[i].weights[k] && f.rate[1] == rates[i].biases[k]);
      assert_true(f.std[1] == 1.0 && fabs(f.std[0] - (output ? sqrt(0.5) : 1.0)) < 1e-15);
      assert_true(f.epsilon[0] == (output ? 2.0 : 1.0) && f.epsilon[1] == 1.0);
      assert_true(f.decay[0] == (!output ? 1.0 : decoupled ? 2.0 : 4.0) && f.decay[1] == 1.0);
    }
  }
}

/* Rows whose step is a multiplication have no parametrization but the standard one. */
static void optimizers_with_parametrizations(void **state)
{
  (void)state;
  size_t rows, optimizers, lacking = 0;
  isw_parametrizations(&rows);
  const struct isw_optimizer *optimizer = isw_optimizers(&optimizers);
  for (size_t o = 0; o < optimizers; o++) {
    assert_true(isw_is_parametrized(0, o));
    for (size_t row = 1; row < rows; row++) assert_true(isw_is_parametrized(row, o) == isw_is_parametrized(1, o));
    lacking += !isw_is_parametrized(1, o);
    if (strcmp(optimizer[o].row.name, "exponentiated_gradient") == 0) assert_false(isw_is_parametrized(1, o));
  }
  assert_true(lacking < optimizers / 2);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(tables_hold_the_rows_that_the_docs_promise),
      cmocka_unit_test(magnitude_masks_the_smallest_weights),
      cmocka_unit_test(mup_has_the_factors_of_its_tables),
      cmocka_unit_test(optimizers_with_parametrizations),
      cmocka_unit_test(defaults_are_pytorchs),
      cmocka_unit_test(aliases_name_rows_and_hide_none),
      cmocka_unit_test(outputs_follow_targets_and_loss),
      cmocka_unit_test(sizes_and_flops),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
