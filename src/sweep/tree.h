/** @file A YAML document as a small tree in which every node knows where it stands. The only code that meets libyaml. */
#ifndef INITSWEEP_SWEEP_TREE_H
#define INITSWEEP_SWEEP_TREE_H
#include "report.h"

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
