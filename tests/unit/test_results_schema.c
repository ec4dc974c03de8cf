/* The schema of results format 1: the tables of docs/results-format.md have its rows, and a file has what it
 * specifies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "results/schema.h"

enum { MIB = 1 << 20 };

static char *page;

static int read_page(void **state)
{
  (void)state;
  size_t length;
  return isw_file_read(SOURCE_FOLDER "/docs/results-format.md", MIB, ISW_REGULAR_FILE, &page, &length, NULL);
}

static int free_page(void **state)
{
  (void)state;
  free(page);
  return 0;
}

/* Lines of the page that are `row`, or that begin with it. */
static size_t count_lines(const char *row, bool whole)
{
  size_t count = 0, length = strlen(row);
  for (const char *line = page; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
    count += strncmp(line, row, length) == 0 && (!whole || line[length] == '\n');
  return count;
}

static void check_row(const struct isw_text *row)
{
  if (count_lines(row->bytes, true) != 1)
    fail_msg("docs/results-format.md does not have this row once: %s", row->bytes);
}

static void the_page_has_every_dataset(void **state)
{
  (void)state;
  for (int id = 0; id < ISW_FIELDS; id++) {
    const struct isw_field *field = isw_field((enum isw_field_id)id);
    struct isw_text row = {0}, name = {0};
    assert_non_null(field->name);
    assert_int_equal(isw_field_write_row(field, &row), ISW_OK);
    check_row(&row);
    size_t rows = 0;
    for (int other = 0; other < ISW_FIELDS; other++)
      rows += strcmp(isw_field((enum isw_field_id)other)->name, field->name) == 0;
    assert_int_equal(isw_text_add(&name, "| `%s` | network", field->name), ISW_OK); /* and no row of an older schema */
    assert_in_range(count_lines(name.bytes, false), 0, rows);
    isw_text_clear(&row);
    isw_text_clear(&name);
  }
}

static void the_page_has_every_attribute(void **state)
{
  (void)state;
  for (int id = 0; id < ISW_ROOT_ATTRIBUTES + ISW_DATASET_ATTRIBUTES; id++) {
    struct isw_text row = {0};
    const struct isw_attribute *attribute =
        id < ISW_ROOT_ATTRIBUTES ? isw_root_attribute((enum isw_root_attribute)id)
                                 : isw_dataset_attribute((enum isw_dataset_attribute)(id - ISW_ROOT_ATTRIBUTES));
    assert_int_equal(isw_attribute_write_row(attribute, &row), ISW_OK);
    check_row(&row);
    isw_text_clear(&row);
  }
}

/* What other programs depend on: changing a row changes the format. */
static void the_rows_of_format_1_stay(void **state)
{
  (void)state;
  static const char *const rows[ISW_FIELDS] = {
      "| `network` | network | int64 |",
      "| `record` | record | int64 |",
      "| `layer` | layer | int64 |",
      "| `parameter` | parameter | int64 |",
      "| `eigenvalue` | eigenvalue | int64 |",
      "| `singular_value` | singular_value | int64 |",
      "| `output` | output | int64 |",
      "| `class_pair` | class_pair | int64 |",
      "| `weights_record` | weights_record | int64 |",
      "| `features` | network | int32 |",
      "| `layer_size` | network, layer | int32, fill -1 |",
      "| `id` | network | uint64 |",
      "| `status` | network | int8 |",
      "| `steps_done` | network | int64, fill -1 |",
      "| `step` | record | int64 |",
      "| `step` | network, record | int64, fill -1 |",
      "| `weights_initial` | network, parameter | the precision of the sweep, fill NaN |",
      "| `weights_final` | network, parameter | the precision of the sweep, fill NaN |",
      "| `weights_step` | weights_record | int64 |",
      "| `weights_step` | network, weights_record | int64, fill -1 |",
  };
  for (int id = 0; id < ISW_FIELDS; id++) {
    struct isw_text row = {0};
    assert_int_equal(isw_field_write_row(isw_field((enum isw_field_id)id), &row), ISW_OK);
    assert_memory_equal(row.bytes, rows[id], strlen(rows[id]));
    isw_text_clear(&row);
  }
}

static void a_quantity_has_the_dimensions_of_its_flags(void **state)
{
  (void)state;
  const struct isw_quantity loss = {.name = "loss"}, norm = {.name = "gradient_norm", .per_layer = true},
                            moved = {.name = "first_moved", .per_layer = true, .per_run = true, .integer = true},
                            values = {.name = "hessian_eigenvalues", .per_parameter = true},
                            weights = {.name = "weights", .per_parameter = true, .at_snapshots = true},
                            pairs = {.name = "confusion", .dimension = "class_pair", .length = 9};
  struct isw_field field = isw_field_of_quantity(&loss);
  assert_int_equal(field.rank, 2);
  assert_int_equal(field.dimension[1], ISW_DIM_RECORD);
  assert_int_equal(field.type, ISW_TYPE_REAL);
  assert_true(field.fill);
  field = isw_field_of_quantity(&norm);
  assert_int_equal(field.rank, 3);
  assert_int_equal(field.dimension[1], ISW_DIM_RECORD);
  assert_int_equal(field.dimension[2], ISW_DIM_LAYER);
  field = isw_field_of_quantity(&moved);
  assert_int_equal(field.rank, 2);
  assert_int_equal(field.dimension[1], ISW_DIM_LAYER);
  assert_int_equal(field.type, ISW_TYPE_INT32);
  field = isw_field_of_quantity(&values);
  assert_int_equal(field.rank, 3);
  assert_int_equal(field.dimension[2], ISW_DIM_PARAMETER);
  field = isw_field_of_quantity(&weights);
  assert_int_equal(field.rank, 3);
  assert_int_equal(field.dimension[1], ISW_DIM_WEIGHTS_RECORD);
  assert_int_equal(field.dimension[2], ISW_DIM_PARAMETER);
  assert_string_equal(isw_steps_of(&field), "weights_step");
  field = isw_field_of_quantity(&pairs);
  assert_string_equal(isw_steps_of(&field), "step");
  assert_int_equal(field.rank, 3);
  assert_int_equal(field.dimension[2], ISW_DIM_CLASS_PAIR);
}

static void a_setting_is_text_an_integer_or_a_number(void **state)
{
  (void)state;
  const struct isw_coordinate init = {.name = "init", .type = ISW_COLUMN_TEXT},
                              depth = {.name = "depth", .type = ISW_COLUMN_INTEGER};
  assert_int_equal(isw_field_of_coordinate(&init, false).type, ISW_TYPE_STRING);
  assert_int_equal(isw_field_of_coordinate(&depth, true).type, ISW_TYPE_INT64);
  assert_int_equal(isw_field_of_coordinate(&depth, false).type, ISW_TYPE_FLOAT64);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_page_has_every_dataset),
      cmocka_unit_test(the_page_has_every_attribute),
      cmocka_unit_test(the_rows_of_format_1_stay),
      cmocka_unit_test(a_quantity_has_the_dimensions_of_its_flags),
      cmocka_unit_test(a_setting_is_text_an_integer_or_a_number),
  };
  return cmocka_run_group_tests(tests, read_page, free_page);
}
