/* The JSON writer: escapes, nesting, numbers that read back, and bytes that are not UTF-8. */
#include "initsweep/console.h"
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

/* A document that is being written into memory. */
struct document {
  struct isw_json json;
  char *text;
  size_t length;
};

static struct isw_json *begin(struct document *document)
{
  isw_json_start(&document->json, open_memstream(&document->text, &document->length));
  assert_non_null(document->json.out);
  return &document->json;
}

static void end(struct document *document, const char *expected)
{
  assert_int_equal(fclose(document->json.out), 0);
  assert_string_equal(document->text, expected);
  free(document->text);
}

static void texts_are_escaped(void **state)
{
  (void)state;
  struct document document;
  struct isw_json *json = begin(&document);
  isw_json_array(json, NULL, ISW_JSON_ROW);
  isw_json_text(json, NULL, "say \"no\" \\ \t\n\x01\x7f");
  isw_json_text(json, NULL, "");
  isw_json_text(json, NULL, NULL);
  isw_json_text(json, NULL, "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x99\x82");
  isw_json_text(json, NULL, "\xc2\x9b \xe2\x80\xae \xf3\xa0\x81\x81"); /* hidden: CSI, right to left, a tag */
  isw_json_close(json);
  end(&document, "[\"say \\\"no\\\" \\\\ \\u0009\\u000a\\u0001\\u007f\", \"\", null, "
                 "\"gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x99\x82\", "
                 "\"\\u009b \\u202e \\udb40\\udc41\"]\n");
}

/* Unicode, table 3-7: a malformed sequence becomes one replacement character per byte. */
static void bytes_that_are_not_utf8_are_replaced(void **state)
{
  (void)state;
  static const struct {
    const char *bytes;
    size_t replaced;
  } cases[] = {{"\xff", 1},
               {"\x80", 1},
               {"\xc3", 1},
               {"\xc0\xaf", 2},
               {"\xe0\x80\x80", 3},
               {"\xed\xa0\x80", 3},
               {"\xe2\x82", 2},
               {"\xf0\x9f", 2},
               {"\xf0\x80\x80\x80", 4},
               {"\xf4\x90\x80\x80", 4},
               {"\xf5\x80\x80\x80", 4}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct document document;
    struct isw_json *json = begin(&document);
    isw_json_array(json, NULL, ISW_JSON_ROW);
    isw_json_text(json, NULL, cases[i].bytes);
    isw_json_close(json);
    struct isw_text expected = {0};
    isw_text_add(&expected, "[\"");
    for (size_t r = 0; r < cases[i].replaced; r++) isw_text_add(&expected, "\\ufffd");
    isw_text_add(&expected, "\"]\n");
    end(&document, expected.bytes);
    isw_text_clear(&expected);
  }
}

static void containers_nest_in_rows_and_lines(void **state)
{
  (void)state;
  struct document document;
  struct isw_json *json = begin(&document);
  isw_json_object(json, NULL, ISW_JSON_LINES);
  isw_json_count(json, "count", UINT64_MAX);
  isw_json_array(json, "rows", ISW_JSON_LINES);
  for (size_t i = 0; i < 2; i++) {
    isw_json_object(json, NULL, ISW_JSON_ROW);
    isw_json_bool(json, "first", i == 0);
    isw_json_array(json, "empty", ISW_JSON_LINES);
    isw_json_close(json);
    isw_json_close(json);
  }
  isw_json_close(json);
  isw_json_object(json, "a \"key\"", ISW_JSON_ROW);
  isw_json_close(json);
  isw_json_close(json);
  end(&document, "{\n"
                 "  \"count\": 18446744073709551615,\n"
                 "  \"rows\": [\n"
                 "    {\"first\": true, \"empty\": []},\n"
                 "    {\"first\": false, \"empty\": []}\n"
                 "  ],\n"
                 "  \"a \\\"key\\\"\": {}\n"
                 "}\n");
}

static void numbers_read_back_and_what_is_not_finite_is_null(void **state)
{
  (void)state;
  struct document document;
  struct isw_json *json = begin(&document);
  isw_json_array(json, NULL, ISW_JSON_ROW);
  isw_json_number(json, NULL, (double)NAN);
  isw_json_number(json, NULL, (double)INFINITY);
  isw_json_number(json, NULL, -(double)INFINITY);
  isw_json_number(json, NULL, 0.1);
  isw_json_number(json, NULL, 1.0 / 3);
  isw_json_number(json, NULL, 5e-324);
  isw_json_number(json, NULL, DBL_MAX);
  isw_json_number(json, NULL, -2);
  isw_json_close(json);
  end(&document, "[null, null, null, 0.1, 0.3333333333333333, 4.94065645841247e-324, 1.7976931348623157e+308, -2]\n");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(texts_are_escaped),
      cmocka_unit_test(bytes_that_are_not_utf8_are_replaced),
      cmocka_unit_test(containers_nest_in_rows_and_lines),
      cmocka_unit_test(numbers_read_back_and_what_is_not_finite_is_null),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
