/** @file The yaml room: turns the bytes of a YAML file into a tree in which every node has its line and column, and
 *  writes error reports that show the line with a caret. It is the only room that uses libyaml. */
#ifndef INITSWEEP_YAML_H
#define INITSWEEP_YAML_H
#include <setjmp.h>
#include "initsweep/base.h"

/* An arena: memory that is released as a whole. A failed allocation jumps to the one place that reports it, so that the
 * readers of untrusted files need not check every allocation. */

struct isw_arena {
  struct isw_arena_block *block;
  size_t used, size;
  jmp_buf *out_of_memory; /**< target of the jump after a failed allocation; set while a sweep is read */
};

/** Allocates count * size zeroed bytes, aligned to 16 bytes. Never returns NULL. */
void *isw_arena_get(struct isw_arena *arena, size_t count, size_t size);
/** Makes a NUL-terminated copy of `length` bytes. */
char *isw_arena_copy(struct isw_arena *arena, const char *bytes, size_t length);
/** Makes room for one more than `count` items of an array; *capacity grows by doubling. Returns the array, which is the
 *  old one if that has room. */
void *isw_arena_grow(struct isw_arena *arena, void *array, size_t count, size_t *capacity, size_t size);
void isw_arena_clear(struct isw_arena *arena);

/* Errors of a sweep file are collected with their positions and shown together in the file's order. */

/** One text that was read: the sweep file, or one --set. */
struct isw_source {
  const char *name; /**< for messages */
  const char *bytes;
  size_t length;
};

/** A position in a source: line and column from 0, in characters. */
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
  size_t left_out; /**< number of problems that are not shown because there are too many */
  bool dropped;    /**< the last problem repeated an earlier one and was dropped; its hint is dropped, too */
  jmp_buf *out_of_memory;
};

/** Adds an error, unless the same one was added before. Control characters in the arguments are shown as '?'. */
void isw_report_add(struct isw_report *report, struct isw_place place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/** Adds a line of help to the last error. */
void isw_report_hint(struct isw_report *report, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** Appends all errors to `text`, sorted by position. */
void isw_report_write(struct isw_report *report, struct isw_text *text);
void isw_report_clear(struct isw_report *report);

/** The start of the first line that begins after byte `from`; `length` if there is none. Line breaks are those of
 *  libyaml: LF, CR, CR LF, U+0085, U+2028 and U+2029. */
size_t isw_next_line(const char *bytes, size_t length, size_t from);
/** The position of a byte of a source. `number` is the source's index. */
struct isw_place isw_place_of_byte(const struct isw_source *source, unsigned number, size_t byte);

/* A YAML document as a tree in which every node has its position. */

enum isw_node_kind { ISW_NODE_SCALAR, ISW_NODE_LIST, ISW_NODE_MAP };

struct isw_node {
  enum isw_node_kind kind;
  bool plain; /**< a scalar without quotes */
  struct isw_place place;
  const char *text; /**< of a scalar; NUL-terminated */
  size_t length;
  size_t count; /**< items of a list, pairs of a map */
  size_t capacity;
  struct isw_node **child; /**< the items of a list; the keys (scalars) and values of a map, alternating */
};

/** Reads the document of source `number`. Errors other than of syntax (duplicate keys, anchors, tags) are reported and
 *  reading continues.
 *  @param[in] skip  bytes of the source's first line before the document ("path=" of a --set)
 *  @return false after a syntax error, which has been reported */
bool isw_tree_read(struct isw_arena *arena, struct isw_report *report, unsigned number, size_t skip,
                   struct isw_node **root);
/** The value of a key of a map, or NULL. If `key` is not NULL, *key is set to the key's node. */
struct isw_node *isw_tree_find(const struct isw_node *map, const char *name, size_t length, struct isw_node **key);
/** Adds a key and its value to a map, or replaces them. */
void isw_tree_put(struct isw_arena *arena, struct isw_node *map, struct isw_node *key, struct isw_node *value);
struct isw_node *isw_tree_scalar(struct isw_arena *arena, struct isw_place place, const char *text, size_t length);
/** Whether a node is null: an empty plain scalar, ~ or null. */
bool isw_tree_is_null(const struct isw_node *node);
/** Describes a node for messages: "a list", "a mapping", "'word'". Long words are truncated. The arena owns
 *  the text. */
const char *isw_tree_describe(struct isw_arena *arena, const struct isw_node *node);
#endif
