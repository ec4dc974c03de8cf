/* The byte layout of a finished network's values, compared with sums written out by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "initsweep/record.h"

enum { RECORDS = 7, LAYERS = 3, PARAMETERS = 100, SNAPSHOTS = 2, QUANTITIES = 6 };

static const struct isw_quantity quantities[QUANTITIES] = {
    {.name = "loss"},
    {.name = "distinct_units", .integer = true, .per_layer = true},
    {.name = "gradient_norm", .per_layer = true},
    {.name = "escape_step", .integer = true, .per_run = true},
    {.name = "first_change", .integer = true, .per_run = true, .per_layer = true},
    {.name = "gradient", .per_parameter = true},
};

static void check_place(struct isw_record_place place, size_t offset, size_t records, size_t width, size_t item)
{
  assert_int_equal(place.offset, offset);
  assert_int_equal(place.records, records);
  assert_int_equal(place.width, width);
  assert_int_equal(place.item, item);
}

static void every_quantity_follows_the_one_before(void **state)
{
  (void)state;
  for (size_t real = 4; real <= 8; real += 4) {
    struct isw_record_layout layout = {RECORDS, LAYERS, PARAMETERS, SNAPSHOTS, real, 0};
    size_t at = 0;
    check_place(isw_record_layout_add(&layout, &quantities[0]), at, 7, 1, real);
    at += 7 * real;
    check_place(isw_record_layout_add(&layout, &quantities[1]), at, 7, 3, 4);
    at += 7 * 3 * 4;
    check_place(isw_record_layout_add(&layout, &quantities[2]), at, 7, 3, real);
    at += 7 * 3 * real;
    check_place(isw_record_layout_add(&layout, &quantities[3]), at, 1, 1, 4);
    at += 4;
    check_place(isw_record_layout_add(&layout, &quantities[4]), at, 1, 3, 4);
    at += 3 * 4;
    check_place(isw_record_layout_add(&layout, &quantities[5]), at, 7, 100, real);
    at += 7 * 100 * real;
    const struct isw_quantity along = {.name = "confusion", .integer = true, .dimension = "class_pair", .length = 9};
    check_place(isw_record_layout_add(&layout, &along), at, 7, 9, 4);
    at += 7 * 9 * 4;
    const struct isw_quantity weights = {.name = "weights", .per_parameter = true, .at_snapshots = true};
    check_place(isw_record_layout_add(&layout, &weights), at, 2, 100, real);
    at += 2 * 100 * real;
    assert_int_equal(layout.bytes, at);
  }
}

static void find_gives_the_place_that_adding_gives(void **state)
{
  (void)state;
  const struct isw_record_layout empty = {RECORDS, LAYERS, PARAMETERS, SNAPSHOTS, 8, 0};
  struct isw_record_layout layout = empty;
  for (size_t q = 0; q < QUANTITIES; q++) {
    struct isw_record_place added = isw_record_layout_add(&layout, &quantities[q]);
    check_place(isw_record_layout_find(empty, quantities, q), added.offset, added.records, added.width, added.item);
  }
}

/* One size changed: offsets of quantities before those that depend on it stay the same, later ones move by the
 * difference. */
static void one_size_moves_what_is_behind_it(void **state)
{
  (void)state;
  const struct isw_record_layout plain = {RECORDS, LAYERS, PARAMETERS, SNAPSHOTS, 4, 0};
  struct isw_record_layout deeper = plain, wider = plain, longer = plain;
  deeper.layers++;
  wider.parameters++;
  longer.records++;
  static const size_t by_layer[QUANTITIES] = {0, 0, 7 * 4, 14 * 4, 14 * 4, 15 * 4};
  static const size_t by_record[QUANTITIES] = {0, 4, 4 * 4, 7 * 4, 7 * 4, 7 * 4};
  for (size_t q = 0; q < QUANTITIES; q++) {
    size_t offset = isw_record_layout_find(plain, quantities, q).offset;
    assert_int_equal(isw_record_layout_find(deeper, quantities, q).offset, offset + by_layer[q]);
    assert_int_equal(isw_record_layout_find(longer, quantities, q).offset, offset + by_record[q]);
    assert_int_equal(isw_record_layout_find(wider, quantities, q).offset, offset);
  }
}

static void records_of_a_quantity_are_one_width_apart(void **state)
{
  (void)state;
  const struct isw_record_layout layout = {RECORDS, LAYERS, PARAMETERS, SNAPSHOTS, 8, 0};
  struct isw_record_place place = isw_record_layout_find(layout, quantities, 2);
  assert_int_equal(isw_record_offset(&place, 0), 7 * 8 + 7 * 3 * 4);
  assert_int_equal(isw_record_offset(&place, 5), 7 * 8 + 7 * 3 * 4 + 5 * 3 * 8);
}

static void sizes_that_overflow_are_no_layout(void **state)
{
  (void)state;
  struct isw_record_layout layout = {SIZE_MAX / 4, LAYERS, PARAMETERS, SNAPSHOTS, 8, 0};
  isw_record_layout_add(&layout, &quantities[0]);
  assert_true(layout.bytes == SIZE_MAX);
  isw_record_layout_add(&layout, &quantities[3]); /* a small quantity after it does not hide that */
  assert_true(layout.bytes == SIZE_MAX);
  layout = (struct isw_record_layout){2, LAYERS, SIZE_MAX / 2, SNAPSHOTS, 4, 0};
  isw_record_layout_add(&layout, &quantities[5]);
  assert_true(layout.bytes == SIZE_MAX);
  layout = (struct isw_record_layout){SIZE_MAX / 4, LAYERS, 1, SNAPSHOTS, 4, 0};
  isw_record_layout_add(&layout, &quantities[0]);
  assert_true(layout.bytes == SIZE_MAX / 4 * 4);
  isw_record_layout_add(&layout, &quantities[0]);
  assert_true(layout.bytes == SIZE_MAX);
}

static void statuses_have_the_words_of_the_results_file(void **state)
{
  (void)state;
  static const char *const words[] = {"missing", "completed", "stopped", "diverged", "skipped"};
  static const bool finished[] = {false, true, true, true, false};
  for (int s = 0; s < ISW_NETWORK_STATUSES; s++) {
    assert_string_equal(isw_status_name((enum isw_network_status)s), words[s]);
    assert_int_equal(isw_status_is_finished((enum isw_network_status)s), finished[s]);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_quantity_follows_the_one_before),
      cmocka_unit_test(find_gives_the_place_that_adding_gives),
      cmocka_unit_test(one_size_moves_what_is_behind_it),
      cmocka_unit_test(records_of_a_quantity_are_one_width_apart),
      cmocka_unit_test(sizes_that_overflow_are_no_layout),
      cmocka_unit_test(statuses_have_the_words_of_the_results_file),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
