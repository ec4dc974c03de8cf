/* Builds a tree of nodes with line and column from the bytes of a YAML file, using the events of libyaml. */
#include "initsweep/yaml.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

enum { LEVELS_MAX = 64, NODES_MAX = 1 << 20, BYTES_MAX = 1 << 24 };

struct reader {
  struct isw_arena *arena;
  struct isw_report *report;
  unsigned source;
  size_t skipped; /* characters of the first line before the document */
  yaml_parser_t parser;
  yaml_event_t event;
  bool has_event, stopped;
  size_t nodes;
};

static struct isw_place place_of(const struct reader *reader, yaml_mark_t start, yaml_mark_t end)
{
  struct isw_place place = {.source = reader->source, .line = start.line, .column = start.column};
  if (start.line == 0) place.column += reader->skipped;
  if (end.line == start.line) place.length = end.column > start.column ? end.column - start.column : 1;
  return place;
}

static void drop_event(struct reader *reader)
{
  if (reader->has_event) yaml_event_delete(&reader->event);
  reader->has_event = false;
}

/* What libyaml says, and what a person would. A message or hint that ends with "on line" is followed by the line on
 * which the collection or text begins. */
static const struct {
  const char *problem, *context, *message, *hint;
} syntax[] = {
    {"did not find expected ',' or '}'", "", "',' or '}' is missing here", "the mapping begins with '{' on line"},
    {"did not find expected ',' or ']'", "", "',' or ']' is missing here", "the list begins with '[' on line"},
    {"did not find expected key", "block mapping", "this does not continue the mapping that begins on line",
     "are both indented by the same number of spaces? A text in quotes ends with them"},
    {"did not find expected '-' indicator", "", "this does not continue the list that begins on line",
     "its entries begin with '- ', all indented by the same number of spaces"},
    {"mapping values are not allowed in this context", "", "a ':' cannot stand here",
     "is the line indented as those beside it? A text that contains ': ' needs quotes"},
    {"block sequence entries are not allowed in this context", "", "an entry of a list cannot stand here",
     "is the line indented as those beside it? A text that begins with '- ' needs quotes"},
    {"could not find expected ':'", "", "a ':' is missing behind the key on line", "write key: value, with a blank"},
    {"found unexpected end of stream", "quoted scalar", "quotes are not closed that begin on line", NULL},
    {"found character that cannot start any token", "", "a text cannot begin with this character", "put it in quotes"},
};
enum { SYNTAX = sizeof syntax / sizeof *syntax };

static void add_words(struct isw_text *text, const char *words, size_t line)
{
  size_t length = strlen(words);
  bool names_line = length > 7 && strcmp(words + length - 7, "on line") == 0;
  isw_text_add(text, names_line ? "%s %zu" : "%s", words, line);
}

/* The byte of a source at a place; its length if the place is behind the end. */
static size_t byte_of(const struct isw_source *source, struct isw_place place)
{
  size_t byte = 0;
  for (size_t line = 0; line < place.line; line++) byte = isw_next_line(source->bytes, source->length, byte);
  for (size_t column = 0; column < place.column && byte < source->length; column++) {
    uint32_t code;
    byte += isw_character(source->bytes + byte, source->length - byte, &code);
  }
  return byte;
}

static void report_variable(struct reader *reader, struct isw_place place)
{
  isw_report_add(reader->report, place, "a sweep file has no variables: nothing takes the place of ${...}");
  isw_report_hint(reader->report, "a shell's variable can be given on the command line: --set path=$NAME");
}

/* Reports the error at which libyaml has stopped, in words of our own where they are better. */
static void report_syntax(struct reader *reader)
{
  const yaml_parser_t *parser = &reader->parser;
  const char *problem = parser->problem ? parser->problem : "invalid YAML";
  const char *context = parser->context ? parser->context : "";
  const struct isw_source *source = &reader->report->source[reader->source];
  struct isw_place place = place_of(reader, parser->problem_mark, parser->problem_mark);
  size_t end = source->length, at = byte_of(source, place), i = 0;
  while (end > 0 && strchr(" \t\r\n", source->bytes[end - 1])) end--;
  struct isw_place last =
      isw_place_of_byte(source, reader->source, end); /* behind the last word: better than an empty line */
  if (place.line > last.line) place = last;
  place.length = 1;
  if (at < source->length && source->bytes[at] == '\t') {
    isw_report_add(reader->report, place, "a tab cannot indent a line");
    isw_report_hint(reader->report, "YAML wants spaces, as many as the lines beside it have");
    return;
  }
  if (at > 0 && at < source->length && source->bytes[at] == '{' && source->bytes[at - 1] == '$') {
    report_variable(reader, place);
    return;
  }
  size_t line = (parser->context ? parser->context_mark.line : parser->problem_mark.line) + 1;
  while (i < SYNTAX && (strcmp(syntax[i].problem, problem) != 0 || !strstr(context, syntax[i].context))) i++;
  struct isw_text text = {0};
  add_words(&text, i < SYNTAX ? syntax[i].message : problem, line);
  isw_report_add(reader->report, place, "%s", text.bytes ? text.bytes : problem);
  isw_text_clear(&text);
  if (i < SYNTAX && syntax[i].hint) add_words(&text, syntax[i].hint, line);
  if (i == SYNTAX && parser->context) isw_text_add(&text, "%s, line %zu", context, line);
  if (text.bytes) isw_report_hint(reader->report, "%s", text.bytes);
  isw_text_clear(&text);
}

/* The next event's type; YAML_NO_EVENT after a syntax error, which is reported. */
static yaml_event_type_t next_event(struct reader *reader)
{
  drop_event(reader);
  if (reader->stopped) return YAML_NO_EVENT;
  if (yaml_parser_parse(&reader->parser, &reader->event)) {
    reader->has_event = true;
    return reader->event.type;
  }
  reader->stopped = true;
  if (reader->parser.error == YAML_MEMORY_ERROR) longjmp(*reader->arena->out_of_memory, 1);
  report_syntax(reader);
  return YAML_NO_EVENT;
}

static struct isw_node *new_node(struct reader *reader, enum isw_node_kind kind)
{
  struct isw_node *node = isw_arena_get(reader->arena, 1, sizeof *node);
  node->kind = kind;
  node->place = place_of(reader, reader->event.start_mark, reader->event.end_mark);
  if (++reader->nodes == NODES_MAX) {
    isw_report_add(reader->report, node->place, "more than %d values in one file", NODES_MAX);
    isw_report_hint(reader->report, "write long lists as {range: [first, last]}");
    reader->stopped = true;
  }
  return node;
}

static void refuse(struct reader *reader, const yaml_char_t *anchor, const yaml_char_t *tag)
{
  struct isw_place place = place_of(reader, reader->event.start_mark, reader->event.end_mark);
  if (anchor)
    isw_report_add(reader->report, place, "anchors (&%s) are not allowed in a sweep file", (const char *)anchor);
  if (tag) isw_report_add(reader->report, place, "tags (%s) are not allowed in a sweep file", (const char *)tag);
}

static void add_child(struct reader *reader, struct isw_node *node, size_t have, struct isw_node *child)
{
  node->child = isw_arena_grow(reader->arena, node->child, have, &node->capacity, sizeof(struct isw_node *));
  node->child[have] = child;
}

static int by_text(const void *a, const void *b)
{
  const struct isw_node *x = *(struct isw_node *const *)a, *y = *(struct isw_node *const *)b;
  int order = strcmp(x->text, y->text);
  if (order) return order;
  if (x->place.line != y->place.line) return x->place.line < y->place.line ? -1 : 1;
  return x->place.column < y->place.column ? -1 : x->place.column > y->place.column;
}

static void check_double_keys(struct reader *reader, const struct isw_node *map)
{
  if (map->count < 2) return;
  struct isw_node **keys = isw_arena_get(reader->arena, map->count, sizeof *keys);
  for (size_t i = 0; i < map->count; i++) keys[i] = map->child[2 * i];
  qsort(keys, map->count, sizeof *keys, by_text);
  for (size_t i = 1; i < map->count; i++)
    if (strcmp(keys[i - 1]->text, keys[i]->text) == 0) {
      isw_report_add(reader->report, keys[i]->place, "key %s is given twice",
                     isw_tree_describe(reader->arena, keys[i]));
      isw_report_hint(reader->report, "it was given on line %zu", keys[i - 1]->place.line + 1);
    }
}

static struct isw_node *read_node(struct reader *reader, size_t level);

static void read_list(struct reader *reader, struct isw_node *list, size_t level)
{
  while (!reader->stopped) {
    yaml_event_type_t type = next_event(reader);
    if (type == YAML_SEQUENCE_END_EVENT || type == YAML_NO_EVENT) return;
    add_child(reader, list, list->count, read_node(reader, level));
    list->count++;
  }
}

static void read_map(struct reader *reader, struct isw_node *map, size_t level)
{
  while (!reader->stopped) {
    yaml_event_type_t type = next_event(reader);
    if (type == YAML_MAPPING_END_EVENT || type == YAML_NO_EVENT) break;
    struct isw_node *key = read_node(reader, level);
    if (key->kind != ISW_NODE_SCALAR) {
      isw_report_add(reader->report, key->place, "a key must be a word, not %s", isw_tree_describe(reader->arena, key));
      reader->stopped = true;
    }
    if (reader->stopped || next_event(reader) == YAML_NO_EVENT) return;
    struct isw_node *value = read_node(reader, level);
    add_child(reader, map, 2 * map->count, key);
    add_child(reader, map, 2 * map->count + 1, value);
    map->count++;
  }
  check_double_keys(reader, map);
}

/* Reads the node that begins with the current event. */
static struct isw_node *read_node(struct reader *reader, size_t level)
{
  const yaml_event_t *event = &reader->event;
  struct isw_node *node;
  if (event->type == YAML_SCALAR_EVENT) {
    node = new_node(reader, ISW_NODE_SCALAR);
    node->text = isw_arena_copy(reader->arena, (const char *)event->data.scalar.value, event->data.scalar.length);
    node->length = event->data.scalar.length;
    node->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    refuse(reader, event->data.scalar.anchor, event->data.scalar.tag);
    if (node->plain && strncmp(node->text, "${", 2) == 0) {
      report_variable(reader, node->place);
      reader->stopped = true;
    }
    if (memchr(node->text, 0, node->length)) {
      isw_report_add(reader->report, node->place, "a text must not contain the character NUL");
      node->length = strlen(node->text);
    }
    return node;
  }
  if (event->type == YAML_ALIAS_EVENT) {
    node = new_node(reader, ISW_NODE_SCALAR);
    node->text = "";
    isw_report_add(reader->report, node->place, "aliases (*%s) are not allowed in a sweep file",
                   (const char *)event->data.alias.anchor);
    reader->stopped = true; /* its meaning is unknown */
    return node;
  }
  bool list = event->type == YAML_SEQUENCE_START_EVENT;
  node = new_node(reader, list ? ISW_NODE_LIST : ISW_NODE_MAP);
  if (list)
    refuse(reader, event->data.sequence_start.anchor, event->data.sequence_start.tag);
  else
    refuse(reader, event->data.mapping_start.anchor, event->data.mapping_start.tag);
  if (level == LEVELS_MAX) {
    isw_report_add(reader->report, node->place, "more than %d levels of lists and mappings", LEVELS_MAX);
    reader->stopped = true;
    return node;
  }
  if (list)
    read_list(reader, node, level + 1);
  else
    read_map(reader, node, level + 1);
  if (reader->has_event && !reader->stopped) { /* the end event: a flow collection on one line is marked whole */
    yaml_mark_t end = reader->event.end_mark;
    size_t column = end.column + (end.line == 0 ? reader->skipped : 0);
    if (end.line == node->place.line && column > node->place.column) node->place.length = column - node->place.column;
  }
  return node;
}

/* libyaml would stop at the same bytes; here the place is known to the character. */
static bool check_bytes(struct isw_report *report, unsigned number)
{
  const struct isw_source *source = &report->source[number];
  if (source->length > BYTES_MAX) {
    isw_report_add(report, (struct isw_place){.source = number}, "the file has more than %d MiB", BYTES_MAX >> 20);
    return false;
  }
  static const char hdf5[] = "\x89HDF\r\n\x1A\n";
  if (source->length >= sizeof hdf5 - 1 && memcmp(source->bytes, hdf5, sizeof hdf5 - 1) == 0) {
    isw_report_add(report, (struct isw_place){.source = number, .length = 1}, "this is an HDF5 file, not a sweep file");
    isw_report_hint(report, "`initsweep show` shows what is in a results file");
    return false;
  }
  for (size_t i = 0; i < source->length;) {
    uint32_t code;
    size_t size = isw_character(source->bytes + i, source->length - i, &code);
    bool invalid = code == ISW_NOT_UTF8;
    bool control = (code < 0x20 && code != '\t' && code != '\n' && code != '\r') ||
                   (code >= 0x7F && code < 0xA0 && code != 0x85) || code == 0xFFFE || code == 0xFFFF ||
                   (code == 0xFEFF && i > 0);
    if (invalid || control) {
      struct isw_place place = isw_place_of_byte(source, number, i);
      if (invalid)
        isw_report_add(report, place, "byte 0x%02X is not UTF-8", (unsigned char)source->bytes[i]);
      else
        isw_report_add(report, place, "the character U+%04X is not allowed in YAML", (unsigned)code);
      return false;
    }
    i += size;
  }
  return true;
}

static void read_document(struct reader *reader, struct isw_node **root)
{
  next_event(reader); /* stream start */
  yaml_event_type_t type = next_event(reader);
  if (type == YAML_STREAM_END_EVENT) {
    *root = isw_tree_scalar(reader->arena, place_of(reader, reader->event.start_mark, reader->event.end_mark), "", 0);
    return;
  }
  if (type == YAML_NO_EVENT || next_event(reader) == YAML_NO_EVENT) return;
  *root = read_node(reader, 0);
  if (next_event(reader) == YAML_NO_EVENT) return; /* a syntax error, already reported, or the document's end */
  if (next_event(reader) != YAML_DOCUMENT_START_EVENT) return;
  isw_report_add(reader->report, place_of(reader, reader->event.start_mark, reader->event.end_mark),
                 "a second document begins here");
  isw_report_hint(reader->report, "a sweep file is one YAML document");
  reader->stopped = true;
}

bool isw_tree_read(struct isw_arena *arena, struct isw_report *report, unsigned number, size_t skip,
                   struct isw_node **root)
{
  *root = NULL;
  if (!check_bytes(report, number)) return false;
  const struct isw_source *source = &report->source[number];
  struct reader *reader = isw_arena_get(arena, 1, sizeof *reader);
  reader->arena = arena;
  reader->report = report;
  reader->source = number;
  for (size_t i = 0; i < skip; reader->skipped++) {
    uint32_t code;
    i += isw_character(source->bytes + i, skip - i, &code);
  }
  if (!yaml_parser_initialize(&reader->parser)) longjmp(*arena->out_of_memory, 1);

  /* A jump out of here must not lose libyaml's memory: it goes through this frame. */
  jmp_buf *outer = arena->out_of_memory;
  jmp_buf here;
  int failed = setjmp(here);
  if (!failed) {
    arena->out_of_memory = report->out_of_memory = &here;
    yaml_parser_set_encoding(&reader->parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&reader->parser, (const unsigned char *)source->bytes + skip, source->length - skip);
    read_document(reader, root);
  }
  drop_event(reader);
  yaml_parser_delete(&reader->parser);
  arena->out_of_memory = report->out_of_memory = outer;
  if (failed) longjmp(*outer, 1);
  return !reader->stopped && *root;
}

struct isw_node *isw_tree_find(const struct isw_node *map, const char *name, size_t length, struct isw_node **key)
{
  for (size_t i = 0; map && map->kind == ISW_NODE_MAP && i < map->count; i++) {
    struct isw_node *candidate = map->child[2 * i];
    if (candidate->length != length || memcmp(candidate->text, name, length) != 0) continue;
    if (key) *key = candidate;
    return map->child[2 * i + 1];
  }
  return NULL;
}

void isw_tree_put(struct isw_arena *arena, struct isw_node *map, struct isw_node *key, struct isw_node *value)
{
  for (size_t i = 0; i < map->count; i++)
    if (strcmp(map->child[2 * i]->text, key->text) == 0) {
      map->child[2 * i] = key;
      map->child[2 * i + 1] = value;
      return;
    }
  map->child = isw_arena_grow(arena, map->child, 2 * map->count, &map->capacity, sizeof *map->child);
  map->child[2 * map->count] = key;
  map->child = isw_arena_grow(arena, map->child, 2 * map->count + 1, &map->capacity, sizeof *map->child);
  map->child[2 * map->count + 1] = value;
  map->count++;
}

struct isw_node *isw_tree_scalar(struct isw_arena *arena, struct isw_place place, const char *text, size_t length)
{
  struct isw_node *node = isw_arena_get(arena, 1, sizeof *node);
  node->kind = ISW_NODE_SCALAR;
  node->plain = true;
  node->place = place;
  node->text = isw_arena_copy(arena, text, length);
  node->length = length;
  return node;
}

bool isw_tree_is_null(const struct isw_node *node)
{
  return node->kind == ISW_NODE_SCALAR && node->plain &&
         (node->length == 0 || strcmp(node->text, "~") == 0 || strcmp(node->text, "null") == 0 ||
          strcmp(node->text, "Null") == 0 || strcmp(node->text, "NULL") == 0);
}

const char *isw_tree_describe(struct isw_arena *arena, const struct isw_node *node)
{
  enum { CUT = 40 };
  if (node->kind == ISW_NODE_LIST) return "a list";
  if (node->kind == ISW_NODE_MAP) return "a mapping";
  if (isw_tree_is_null(node)) return "nothing";
  size_t shown = 0;
  for (size_t characters = 0; shown < node->length && characters < CUT; characters++) {
    uint32_t code;
    shown += isw_character(node->text + shown, node->length - shown, &code);
  }
  size_t size = shown + 8;
  char *text = isw_arena_get(arena, size, 1);
  snprintf(text, size, "'%.*s%s'", (int)shown, node->text, shown < node->length ? "..." : "");
  for (char *c = text; *c; c++)
    if (*c == '\n' || *c == '\r') *c = ' ';
  return text;
}
