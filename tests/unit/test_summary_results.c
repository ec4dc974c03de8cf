/* The summary of a made-up results file: statuses, axes, final values, groups and ranked cells, compared with plain
 * loops; and its text and JSON. */
#include "results_sample.h"
#include "summary/summary_internal.h"

enum { NETWORKS = 120, RECORDS = 6 };

static int compare_doubles(const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double median_by_sorting(double *values, size_t count)
{
  qsort(values, count, sizeof *values, compare_doubles);
  return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

static void medians_are_those_of_sorting(void **state)
{
  (void)state;
  uint64_t random = 1;
  for (size_t count = 1; count < 200; count++) {
    double values[200], sorted[200];
    for (size_t i = 0; i < count; i++) {
      random = random * UINT64_C(6364136223846793005) + 1;
      values[i] = sorted[i] = (double)(random >> 60); /* many equal ones */
    }
    assert_true(isw_median(values, count) == median_by_sorting(sorted, count));
  }
  double infinite[] = {(double)INFINITY, 1, (double)INFINITY, (double)INFINITY};
  assert_true(isinf(isw_median(infinite, 4)));
  assert_true(isnan(isw_median(infinite, 0)));
  double some[] = {(double)NAN, 3, 1, (double)NAN, 2};
  struct isw_summary_spread spread = isw_spread(some, 5);
  assert_true(spread.median == 2 && spread.lowest == 1 && spread.highest == 3);
}

static void sorting_by_code_keeps_the_order_of_networks(void **state)
{
  (void)state;
  const uint32_t code[] = {2, 0, 2, 1, 0, 2};
  uint32_t order[6];
  uint64_t *start = isw_sort_by_code(code, 6, 4, order);
  const uint64_t starts[] = {0, 2, 3, 6, 6};
  const uint32_t expected[] = {1, 4, 3, 0, 2, 5};
  assert_non_null(start);
  assert_memory_equal(start, starts, sizeof starts);
  assert_memory_equal(order, expected, sizeof expected);
  free(start);
}

/* ---- a file ---- */

static struct isw_results *open_sample(const char *folder)
{
  struct sample sample = {.networks = NETWORKS, .identity = 99, .records = RECORDS, .real_bytes = 8};
  struct isw_results_head head = sample_head(&sample);
  char *parts = sample_path(folder, "a.parts"), *path = sample_path(folder, "a.h5");
  struct isw_index *index;
  struct isw_results *results;
  struct isw_error error = {0};
  sample_journal(&sample, parts, 0, 0, NETWORKS - 1, 1); /* the last one is missing */
  assert_int_equal(isw_index_create(parts, 99, NETWORKS, 8, &index, &error), ISW_OK);
  assert_int_equal(isw_results_write(path, &head, index, &error), ISW_OK);
  assert_int_equal(isw_results_open(path, &results, &error), ISW_OK);
  isw_index_destroy(index);
  free(parts);
  free(path);
  return results;
}

/* The last loss of a network; a diverged one has none at the last record. */
static double final_loss(uint64_t number)
{
  struct sample sample = {.networks = NETWORKS, .records = RECORDS};
  size_t done = sample_records_done(&sample, number);
  return sample_status(number) == ISW_DIVERGED ? (double)NAN : sample_value(number, 0, done - 1, 1);
}

static void statuses_axes_and_groups_are_counted(void **state)
{
  struct isw_results *results = open_sample(*state);
  struct isw_summary summary;
  struct isw_error error = {0};
  assert_int_equal(isw_summary_read(results, NULL, 3, &summary, &error), ISW_OK);
  uint64_t ended[ISW_NETWORK_STATUSES] = {[ISW_MISSING] = 1}, diverged[3] = {0};
  for (uint64_t k = 0; k < NETWORKS - 1; k++) {
    ended[sample_status(k)]++;
    diverged[k * 3 / NETWORKS] += sample_status(k) == ISW_DIVERGED;
  }
  assert_memory_equal(summary.ended, ended, sizeof ended);
  assert_int_equal(summary.axis_count, 3); /* init_value has one value, for the initialiser that has it */
  static const char *const names[] = {"init", "depth", "learning_rate"};
  static const size_t counts[] = {3, 3, 4};
  for (size_t i = 0; i < 3; i++) {
    assert_string_equal(summary.axes[i].name, names[i]);
    assert_int_equal(summary.axes[i].count, counts[i]);
  }
  assert_true(summary.axes[2].number[0] == 0.01 && summary.axes[2].number[3] == 0.04);
  assert_string_equal(summary.grouped->name, "init");
  assert_int_equal(summary.group_count, 3);
  for (size_t g = 0; g < 3; g++) {
    assert_int_equal(summary.groups[g].networks, NETWORKS / 3);
    assert_int_equal(summary.groups[g].diverged, diverged[g]);
  }
  isw_summary_clear(&summary);
  isw_results_close(results);
}

/* Cells by (init, depth, learning_rate): number / 40, number % 3, number % 4. Their medians are found by sorting. */
static void cells_are_ranked_by_their_median(void **state)
{
  struct isw_results *results = open_sample(*state);
  struct isw_summary summary;
  struct isw_error error = {0};
  assert_int_equal(isw_summary_read(results, "loss", 100, &summary, &error), ISW_OK);
  assert_int_equal(summary.cell_count, 36);
  assert_int_equal(summary.best_count + summary.worst_count, 36);
  double before = -(double)INFINITY;
  for (size_t i = 0; i < summary.best_count; i++) {
    const struct isw_summary_cell *cell = &summary.best[i];
    double values[NETWORKS];
    size_t count = 0;
    for (uint64_t k = 0; k < NETWORKS - 1; k++)
      if (k / 40 == cell->first / 40 && k % 12 == cell->first % 12)
        values[count++] = isnan(final_loss(k)) ? (double)INFINITY : final_loss(k);
    assert_int_equal(cell->networks, count);
    double median = median_by_sorting(values, count);
    assert_true(cell->final[summary.ranked_by].median == median ||
                (isinf(median) && isinf(cell->final[summary.ranked_by].median)));
    assert_true(cell->final[summary.ranked_by].median >= before);
    before = cell->final[summary.ranked_by].median;
  }
  isw_summary_clear(&summary);
  isw_results_close(results);
}

static void the_best_and_the_worst_cells_are_kept(void **state)
{
  struct isw_results *results = open_sample(*state);
  struct isw_summary all, few;
  struct isw_error error = {0};
  assert_int_equal(isw_summary_read(results, NULL, 36, &all, &error), ISW_OK);
  assert_int_equal(isw_summary_read(results, NULL, 2, &few, &error), ISW_OK);
  assert_true(all.best_count == 36 && few.best_count == 2 && few.worst_count == 2);
  for (size_t i = 0; i < 2; i++) {
    assert_int_equal(few.best[i].first, all.best[i].first);
    assert_int_equal(few.worst[i].first, all.best[35 - i].first);
  }
  isw_summary_clear(&all);
  isw_summary_clear(&few);
  isw_results_close(results);
}

static void a_quantity_that_cannot_rank_is_named(void **state)
{
  struct isw_results *results = open_sample(*state);
  struct isw_summary summary;
  struct isw_error error = {0};
  static const char *const wrong[] = {"los", "gradient_norm", "depth", "status"};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    assert_int_equal(isw_summary_read(results, wrong[i], 3, &summary, &error), ISW_BAD_INPUT);
    assert_non_null(strstr(isw_error_text(&error), wrong[i]));
    isw_summary_clear(&summary);
  }
  isw_error_clear(&error);
  isw_results_close(results);
}

static char *written(const struct isw_summary *summary, bool json, size_t width)
{
  char *text;
  size_t length;
  FILE *out = open_memstream(&text, &length);
  const struct isw_summary_page page = {.out = out, .table_width = width, .text_width = width};
  assert_non_null(out);
  if (json)
    isw_summary_write_json(summary, "a.h5", out);
  else
    isw_summary_write_text(summary, "a.h5", &page);
  assert_int_equal(fclose(out), 0);
  return text;
}

static void text_fits_the_page_and_json_has_the_numbers(void **state)
{
  struct isw_results *results = open_sample(*state);
  struct isw_summary summary;
  struct isw_error error = {0};
  assert_int_equal(isw_summary_read(results, NULL, 3, &summary, &error), ISW_OK);
  for (size_t width = 40; width <= 100; width += 20) {
    char *text = written(&summary, false, width);
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
      size_t columns = 0;
      for (const char *c = line; *c; c++) columns += (*c & 0xc0) != 0x80;
      assert_true(columns <= width);
    }
    free(text);
  }
  char *json = written(&summary, true, 100);
  assert_non_null(strstr(json, "\"networks\": 120,"));
  assert_non_null(strstr(json, "\"missing\": 1, "));
  assert_non_null(strstr(json, "{\"name\": \"learning_rate\", \"count\": 4, \"values\": [0.01, 0.02, 0.03, 0.04]}"));
  assert_non_null(strstr(json, "\"larger_is_better\": false"));
  free(json);
  isw_summary_clear(&summary);
  isw_results_close(results);
}

/* The best cell with the median and range of its networks, as plain loops find them. */
static void the_answer_is_the_best_cell(void **state)
{
  struct isw_results *results = open_sample(*state);
  isw_results_close(results);
  char *path = sample_path(*state, "a.h5"), *text, expected[512];
  size_t length, best_count = 0, best_cell = 0;
  double best[NETWORKS], best_median = (double)INFINITY;
  for (size_t c = 0; c < 36; c++) {
    double values[NETWORKS];
    size_t count = 0;
    for (uint64_t k = 0; k < NETWORKS - 1; k++)
      if (k / 40 == c / 12 && k % 12 == c % 12)
        values[count++] = isnan(final_loss(k)) ? (double)INFINITY : final_loss(k);
    double median = median_by_sorting(values, count);
    if (!(median < best_median)) continue;
    best_median = median;
    best_count = count;
    best_cell = c;
    memcpy(best, values, sizeof best);
  }
  FILE *out = open_memstream(&text, &length);
  assert_non_null(out);
  const struct isw_summary_page page = {.out = out, .table_width = 100, .text_width = SIZE_MAX};
  isw_summary_write_answer(path, &page);
  assert_int_equal(fclose(out), 0);
  assert_true(best_count > 1 && best[0] < best[best_count - 1]);
  snprintf(expected, sizeof expected,
           "\nbest of 36 cells: loss %.4g (median of %zu networks; lowest %.4g, highest %.4g): init=", best_median,
           best_count, best[0], best[best_count - 1]);
  assert_non_null(strstr(text, expected));
  snprintf(expected, sizeof expected, ", depth=%zu, learning_rate=%g\nnext: `initsweep show %s`, `", best_cell % 3,
           0.01 * (double)(best_cell % 4 + 1), path);
  assert_non_null(strstr(text, expected));
  assert_non_null(strstr(text, " diverged, 1 missing\nbest"));
  free(text);

  out = open_memstream(&text, &length);
  assert_non_null(out);
  const struct isw_summary_page other = {.out = out, .table_width = 100, .text_width = SIZE_MAX};
  isw_summary_write_answer("not there.h5", &other);
  assert_int_equal(fclose(out), 0);
  assert_string_equal(text, "next: `initsweep show not there.h5`, `initsweep plot heatmap not there.h5`\n");
  free(text);
  free(path);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(medians_are_those_of_sorting),
      cmocka_unit_test(sorting_by_code_keeps_the_order_of_networks),
      cmocka_unit_test_setup_teardown(statuses_axes_and_groups_are_counted, sample_folder_make, sample_folder_remove),
      cmocka_unit_test_setup_teardown(cells_are_ranked_by_their_median, sample_folder_make, sample_folder_remove),
      cmocka_unit_test_setup_teardown(the_best_and_the_worst_cells_are_kept, sample_folder_make, sample_folder_remove),
      cmocka_unit_test_setup_teardown(a_quantity_that_cannot_rank_is_named, sample_folder_make, sample_folder_remove),
      cmocka_unit_test_setup_teardown(the_answer_is_the_best_cell, sample_folder_make, sample_folder_remove),
      cmocka_unit_test_setup_teardown(text_fits_the_page_and_json_has_the_numbers, sample_folder_make,
                                      sample_folder_remove),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
