/** @file The yaml room: bytes of a YAML file -> a tree in which every node has its line and column, and error reports
 *  that show the line with a caret. The only room that knows libyaml. */
#ifndef INITSWEEP_YAML_H
#define INITSWEEP_YAML_H
#include <setjmp.h>
#include "initsweep/base.h"

/* Memory that lives and dies together. Running out of it jumps to the one place that reports it, so that readers of
 *  hostile files need no check after every word. */

struct isw_arena {
  struct isw_arena_block *block;
  size_t used, size;
  jmp_buf *out_of_memory; /**< where a failed request jumps to; set while a sweep is read */
};

/** count * size bytes of zeros, aligned to 16. Never NULL. */
void *isw_arena_get(struct isw_arena *arena, size_t count, size_t size);
/** A NUL-terminated copy. */
char *isw_arena_copy(struct isw_arena *arena, const char *bytes, size_t length);
/** An array with room for one more than count; *capacity grows by doubling. Returns the old array where it has room. */
void *isw_arena_grow(struct isw_arena *arena, void *array, size_t count, size_t *capacity, size_t size);
void isw_arena_clear(struct isw_arena *arena);

/* Errors of a sweep file: collected with their places, shown together in the file's order. */

/** One text that was read: the sweep file, or one --set. */
struct isw_source {
  const char *name; /**< for messages */
  const char *bytes;
  size_t length;
};

/** Where something stands: line and column from 0, in characters. */
struct isw_place {
  unsigned source;
  size_t line, column;
  size_t length; /**< characters under the caret; 0: to the line's end */
};

struct isw_problem {
  struct isw_place place;
  size_t order;
  struct isw_text message, hint;
};

struct isw_report {
  const struct isw_source *source;
  struct isw_problem *problem;
  size_t count, capacity;
  size_t left_out; /**< problems past the number that is shown */
  bool dropped;    /**< whether the last problem said what an earlier one says; so would its hint */
  jmp_buf *out_of_memory;
};

/** Adds an error, where the same one was not added before. Control characters in the arguments are shown as '?'. */
void isw_report_add(struct isw_report *report, struct isw_place place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/** Adds a line of help to the error that was added last. */
void isw_report_hint(struct isw_report *report, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** All errors, sorted by place, into text. */
void isw_report_write(struct isw_report *report, struct isw_text *text);
void isw_report_clear(struct isw_report *report);

/** Where the first line begins that starts behind `from`; length where there is none. Breaks are those of libyaml:
 *  LF, CR, CR LF, and U+0085, U+2028, U+2029. */
size_t isw_next_line(const char *bytes, size_t length, size_t from);
/** Bytes of the character at bytes[0 .. length - 1], and its code; 1 byte and code 0xFFFD where it is not UTF-8. */
size_t isw_character(const char *bytes, size_t length, uint32_t *code);
/** Place of a byte of a source. */
struct isw_place isw_place_of_byte(const struct isw_source *source, unsigned number, size_t byte);

/* A YAML document as a small tree in which every node knows where it stands. The only code that meets libyaml. */

enum isw_node_kind { ISW_NODE_SCALAR, ISW_NODE_LIST, ISW_NODE_MAP };

struct isw_node {
  enum isw_node_kind kind;
  bool plain; /**< a scalar without quotes */
  struct isw_place place;
  const char *text; /**< a scalar's; NUL-terminated */
  size_t length;
  size_t count; /**< items of a list, pairs of a map */
  size_t capacity;
  struct isw_node **child; /**< a list's items; a map's keys (scalars) and values in turn */
};

/** Reads one document of source `number` into *root. False after a syntax error, which is then reported; other errors
 *  (double keys, anchors, tags) are reported and reading goes on.
 *  @param[in] skip  bytes of the source's first line that stand before the document (a --set's "path=") */
bool isw_tree_read(struct isw_arena *arena, struct isw_report *report, unsigned number, size_t skip,
                   struct isw_node **root);
/** A map's value of a key, or NULL; *key, where not NULL, is set to the key's node. */
struct isw_node *isw_tree_find(const struct isw_node *map, const char *name, size_t length, struct isw_node **key);
/** Adds or replaces a map's key. */
void isw_tree_put(struct isw_arena *arena, struct isw_node *map, struct isw_node *key, struct isw_node *value);
struct isw_node *isw_tree_scalar(struct isw_arena *arena, struct isw_place place, const char *text, size_t length);
/** Whether a node is nothing: an empty plain scalar, ~ or null. */
bool isw_tree_is_null(const struct isw_node *node);
/** What a node is, for messages: "a list", "a mapping", "'word'". Long words are cut. Uses a buffer of its own. */
const char *isw_tree_describe(struct isw_arena *arena, const struct isw_node *node);
#endif
