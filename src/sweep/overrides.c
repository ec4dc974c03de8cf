/* --set path=value: puts a value into the tree of the file. */
#include <string.h>
#include "sweep_internal.h"

/* The position of bytes [from, to) of an override's text. */
static struct isw_place place_in(const struct isw_source *source, unsigned number, size_t from, size_t to)
{
  struct isw_place place = isw_place_of_byte(source, number, from);
  struct isw_place end = isw_place_of_byte(source, number, to);
  place.length = end.line == place.line && end.column > place.column ? end.column - place.column : 1;
  return place;
}

/* The map under a key, created if missing. A bare name becomes {name: it}. NULL after an error was reported. */
static struct isw_node *enter(struct isw_reader *reader, struct isw_node *map, struct isw_node *key)
{
  struct isw_node *old_key = key;
  struct isw_node *value = isw_tree_find(map, key->text, key->length, &old_key);
  if (value && value->kind == ISW_NODE_MAP) return value;
  if (value && value->kind == ISW_NODE_LIST) {
    isw_report_add(&reader->report, key->place, "'%s' is a list in the file: its elements cannot be set one by one",
                   key->text);
    return NULL;
  }
  struct isw_node *made = isw_arena_get(&reader->scratch, 1, sizeof *made);
  made->kind = ISW_NODE_MAP;
  made->place = key->place;
  if (value && !isw_tree_is_null(value)) {
    made->place = value->place;
    isw_tree_put(&reader->scratch, made, isw_tree_scalar(&reader->scratch, value->place, "name", 4), value);
  }
  isw_tree_put(&reader->scratch, map, old_key, made);
  return made;
}

/* Puts a value at the dotted path of an override. In a grid and in the axes of a sample, the key is the whole remaining
 * path. */
static void put_override(struct isw_reader *reader, unsigned number, size_t equals, struct isw_node *value)
{
  const struct isw_source *source = &reader->source[number];
  struct isw_node *map = reader->root;
  size_t from = 0;
  bool in_grid = false, in_sample = false;
  for (;;) {
    size_t to = from;
    while (to < equals && (in_grid || source->bytes[to] != '.')) to++;
    struct isw_place place = place_in(source, number, from, to);
    if (to == from) {
      isw_report_add(&reader->report, place, "a path has an empty part");
      return;
    }
    struct isw_node *key = isw_tree_scalar(&reader->scratch, place, source->bytes + from, to - from);
    if (to == equals) {
      isw_tree_put(&reader->scratch, map, key, value);
      return;
    }
    bool grid = from == 0 && strcmp(key->text, "grid") == 0;
    in_grid = grid || (in_sample && strcmp(key->text, "axes") == 0);
    in_sample = from == 0 && strcmp(key->text, "sample") == 0;
    struct isw_node *grids = grid ? isw_tree_find(map, "grid", 4, NULL) : NULL;
    from = to + 1;
    if (grids && grids->kind == ISW_NODE_LIST) { /* the axis of every grid of the list */
      struct isw_node *axis = isw_tree_scalar(&reader->scratch, place_in(source, number, from, equals),
                                              source->bytes + from, equals - from);
      for (size_t i = 0; i < grids->count; i++)
        if (grids->child[i]->kind == ISW_NODE_MAP) isw_tree_put(&reader->scratch, grids->child[i], axis, value);
      return;
    }
    map = enter(reader, map, key);
    if (!map) return;
  }
}

void isw_apply_override(struct isw_reader *reader, unsigned number)
{
  const struct isw_source *source = &reader->source[number];
  const char *equals = memchr(source->bytes, '=', source->length);
  if (!equals || equals == source->bytes) {
    isw_report_add(&reader->report, place_in(source, number, 0, source->length), "expected path=value");
    isw_report_hint(&reader->report, "for example --set train.steps=100 or --set 'grid.replicate={range: [0, 9]}'");
    return;
  }
  size_t at = (size_t)(equals - source->bytes);
  struct isw_node *value;
  if (!isw_tree_read(&reader->scratch, &reader->report, number, at + 1, &value)) return;
  put_override(reader, number, at, value);
}
