/* Trees of YAML documents: kinds, positions, limits, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "initsweep/yaml.h"

/* A document and what is needed to read it. */
struct document {
  struct isw_arena arena;
  struct isw_report report;
  struct isw_source source;
  jmp_buf out_of_memory;
  struct isw_node *root;
  bool good;
};

static void read_from(struct document *document, const char *bytes, size_t length, size_t skip)
{
  *document = (struct document){.source = {"file.yaml", bytes, length}};
  document->report.source = &document->source;
  document->arena.out_of_memory = document->report.out_of_memory = &document->out_of_memory;
  if (setjmp(document->out_of_memory)) fail_msg("out of memory");
  document->good = isw_tree_read(&document->arena, &document->report, 0, skip, &document->root);
}

static void read_text(struct document *document, const char *text)
{
  read_from(document, text, strlen(text), 0);
}

static void done(struct document *document)
{
  isw_report_clear(&document->report);
  isw_arena_clear(&document->arena);
}

/* The whole report of a text that must be refused. */
static void check_refused(const char *text, size_t length, const char *expected)
{
  struct document document;
  struct isw_text message = {0};
  read_from(&document, text, length, 0);
  assert_true(document.report.count > 0);
  isw_report_write(&document.report, &message);
  assert_string_equal(message.bytes, expected);
  isw_text_clear(&message);
  done(&document);
}

static void check_place(const struct isw_node *node, size_t line, size_t column, size_t length)
{
  assert_int_equal(node->place.line, line);
  assert_int_equal(node->place.column, column);
  assert_int_equal(node->place.length, length);
}

static void nodes_have_kinds_and_places(void **state)
{
  (void)state;
  struct document document;
  read_text(&document, "a: 1\nb: [x, 'y']\nc:\n  d: \"\xC3\xA9\xC3\xA9\"\n");
  assert_true(document.good);
  const struct isw_node *root = document.root;
  assert_int_equal(root->kind, ISW_NODE_MAP);
  assert_int_equal(root->count, 3);
  struct isw_node *key = NULL;
  const struct isw_node *a = isw_tree_find(root, "a", 1, &key), *b = isw_tree_find(root, "b", 1, NULL);
  const struct isw_node *c = isw_tree_find(root, "c", 1, NULL);
  assert_ptr_equal(key, root->child[0]);
  assert_string_equal(a->text, "1");
  assert_true(a->plain);
  check_place(a, 0, 3, 1);
  assert_int_equal(b->kind, ISW_NODE_LIST);
  assert_int_equal(b->count, 2);
  check_place(b, 1, 3, 8);
  assert_false(b->child[1]->plain);
  check_place(b->child[1], 1, 7, 3);
  check_place(isw_tree_find(c, "d", 1, NULL), 3, 5, 4); /* characters, not bytes */
  assert_null(isw_tree_find(root, "aa", 2, NULL));
  assert_null(isw_tree_find(a, "a", 1, NULL)); /* a scalar has no keys */
  done(&document);
}

static void an_empty_document_is_null(void **state)
{
  (void)state;
  static const char *const nulls[] = {"", "# nothing\n", "~", "null", "Null", "NULL"}, *const others[] = {"''", "nul"};
  struct document document;
  for (size_t i = 0; i < sizeof nulls / sizeof nulls[0]; i++) {
    read_text(&document, nulls[i]);
    assert_true(document.good && isw_tree_is_null(document.root));
    done(&document);
  }
  for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
    read_text(&document, others[i]);
    assert_true(document.good && !isw_tree_is_null(document.root));
    done(&document);
  }
}

/* The value of --set path=value: its columns are counted from the beginning of the whole text. */
static void skipped_bytes_count_as_columns(void **state)
{
  (void)state;
  const char *text = "\xC3\xA9.b=[1, 22]";
  struct document document;
  read_from(&document, text, strlen(text), 5);
  assert_true(document.good);
  check_place(document.root, 0, 4, 7);
  check_place(document.root->child[1], 0, 8, 2);
  done(&document);
}

static void put_adds_and_replaces(void **state)
{
  (void)state;
  struct document document;
  read_text(&document, "{a: 1}");
  struct isw_place place = {.line = 7};
  struct isw_node *key = isw_tree_scalar(&document.arena, place, "a", 1);
  isw_tree_put(&document.arena, document.root, key, isw_tree_scalar(&document.arena, place, "2", 1));
  assert_int_equal(document.root->count, 1);
  assert_string_equal(isw_tree_find(document.root, "a", 1, NULL)->text, "2");
  char name[] = "b";
  for (; *name < 'z'; (*name)++)
    isw_tree_put(&document.arena, document.root, isw_tree_scalar(&document.arena, place, name, 1), key);
  assert_int_equal(document.root->count, 25);
  assert_ptr_equal(isw_tree_find(document.root, "y", 1, NULL), key);
  done(&document);
}

static void nodes_are_described(void **state)
{
  (void)state;
  struct document document;
  read_text(&document, "[[], {}, ~, word, \"two\\nlines\", '0123456789012345678901234567890123456789abc']");
  static const char *const expected[] = {"a list", "a mapping",   "nothing",
                                         "'word'", "'two lines'", "'0123456789012345678901234567890123456789...'"};
  for (size_t i = 0; i < document.root->count; i++)
    assert_string_equal(isw_tree_describe(&document.arena, document.root->child[i]), expected[i]);
  done(&document);
}

static void what_a_sweep_file_may_not_have_is_refused(void **state)
{
  (void)state;
  static const struct {
    const char *text, *message;
  } cases[] = {
      {"a: 1\na: 2\n", "file.yaml:2:1: error: key 'a' is given twice\n  a: 2\n  ^\n  it was given on line 1"},
      {"a: &x 1\n", "file.yaml:1:4: error: anchors (&x) are not allowed in a sweep file\n  a: &x 1\n     ^~~~"},
      {"a: *x\n", "file.yaml:1:4: error: aliases (*x) are not allowed in a sweep file\n  a: *x\n     ^~"},
      {"a: !t 1\n", "file.yaml:1:4: error: tags (!t) are not allowed in a sweep file\n  a: !t 1\n     ^~~~"},
      {"[a]: 1\n", "file.yaml:1:1: error: a key must be a word, not a list\n  [a]: 1\n  ^~~"},
      {"a: 1\n---\nb: 1\n",
       "file.yaml:2:1: error: a second document begins here\n  ---\n  ^~~\n  a sweep file is one YAML document"},
      {"a: [1\n",
       "file.yaml:1:6: error: ',' or ']' is missing here\n  a: [1\n       ^\n  the list begins with '[' on line 1"},
      {"a: - b\n",
       "file.yaml:1:4: error: an entry of a list cannot stand here\n  a: - b\n     ^\n  is the line indented as those "
       "beside it? A text that begins with '- ' needs quotes"},
      {"a: '${B}'\nb: ${C}\n", "file.yaml:2:4: error: a sweep file has no variables: nothing takes the place of "
                               "${...}\n  b: ${C}\n     ^~~~\n  "
                               "a shell's variable can be given on the command line: --set path=$NAME"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
    check_refused(cases[i].text, strlen(cases[i].text), cases[i].message);
  check_refused("a: \xFF", 4, "file.yaml:1:4: error: byte 0xFF is not UTF-8\n  a: \\xff\n     ^~~~");
  check_refused("a: \x01", 4,
                "file.yaml:1:4: error: the character U+0001 is not allowed in YAML\n  a: \\x01\n     ^~~~");
  check_refused("a: \"\\0\"", 7,
                "file.yaml:1:4: error: a text must not contain the character NUL\n  a: \"\\0\"\n     ^~~~");
}

/* Lists nested as deeply as the bytes allow, and more values than a file may have, are refused without exhausting the
 * stack. */
static void depth_and_number_of_values_are_limited(void **state)
{
  (void)state;
  enum { DEPTH = 100000, VALUES = 1 << 21 };
  char *text = malloc(2 * VALUES);
  struct document document;
  assert_non_null(text);
  memset(text, '[', DEPTH);
  read_from(&document, text, DEPTH, 0);
  assert_false(document.good);
  assert_non_null(strstr(document.report.problem[0].message.bytes, "levels of lists and mappings"));
  done(&document);
  for (size_t i = 0; i < VALUES; i++) text[2 * i] = i ? ',' : '[', text[2 * i + 1] = '1';
  read_from(&document, text, 2 * VALUES, 0);
  assert_false(document.good);
  assert_non_null(strstr(document.report.problem[0].message.bytes, "values in one file"));
  done(&document);
  free(text);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(nodes_have_kinds_and_places),
      cmocka_unit_test(an_empty_document_is_null),
      cmocka_unit_test(skipped_bytes_count_as_columns),
      cmocka_unit_test(put_adds_and_replaces),
      cmocka_unit_test(nodes_are_described),
      cmocka_unit_test(what_a_sweep_file_may_not_have_is_refused),
      cmocka_unit_test(depth_and_number_of_values_are_limited),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
