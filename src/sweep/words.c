/* Words of a sweep file: finds a word among several and suggests the nearest one if it is none of them. */
#include <string.h>
#include "sweep_internal.h"

void isw_suggest(struct isw_reader *reader, const char *word, const char *const *candidates, size_t count,
                 const char *more)
{
  const char *nearest = isw_nearest_word(word, candidates, count);
  if (nearest)
    isw_report_hint(&reader->report, "did you mean '%s'?%s%s", nearest, more ? " " : "", more ? more : "");
  else if (more)
    isw_report_hint(&reader->report, "%s", more);
}

/* The index of a scalar among words, or -1 after an error was reported. */
int isw_read_word(struct isw_reader *reader, const char *what, const char *const *words, const struct isw_node *node)
{
  size_t count = 0;
  struct isw_text all = {0};
  for (; words[count]; count++)
    if (node->kind == ISW_NODE_SCALAR && strcmp(node->text, words[count]) == 0) return (int)count;
  bool ok = true;
  for (size_t i = 0; ok && i < count; i++)
    ok = isw_text_add(&all, "%s'%s'", i == 0 ? "" : i + 1 == count ? " or " : ", ", words[i]) == ISW_OK;
  char *kept = ok ? isw_arena_copy(&reader->scratch, all.bytes, all.length) : NULL;
  isw_text_clear(&all);
  if (!kept) longjmp(*reader->scratch.out_of_memory, 1);
  isw_report_add(&reader->report, node->place, "%s must be %s, not %s", what, kept,
                 isw_tree_describe(&reader->scratch, node));
  if (node->kind == ISW_NODE_SCALAR) isw_suggest(reader, node->text, words, count, NULL);
  return -1;
}
