/* Reads the sections of a sweep file: maps each key to its setting, or reports an error. */
#include <string.h>
#include "sweep_internal.h"

enum { PATH_SIZE = 128 };

/* Stores the names that are allowed under a prefix ("", "network") and returns their number. */
static size_t names_under(struct isw_reader *reader, const char *prefix, const char **names)
{
  size_t count = 0, length = strlen(prefix);
  for (size_t id = 0; id < ISW_SETTINGS; id++) {
    const char *path = isw_setting(id)->path;
    if (length && (strncmp(path, prefix, length) != 0 || path[length] != '.')) continue;
    const char *rest = path + (length ? length + 1 : 0);
    char *name = isw_arena_copy(&reader->scratch, rest, strcspn(rest, "."));
    if (!count || strcmp(names[count - 1], name) != 0) names[count++] = name;
  }
  if (!length) {
    names[count++] = "grid";
    names[count++] = "zip";
    names[count++] = "exclude";
    names[count++] = "refine";
    names[count++] = "sample";
  }
  return count;
}

/* A setting whose name is misspelt is not missing. The settings of a section whose name is misspelt are not either. */
static void take_as_given(struct isw_reader *reader, const char *path)
{
  size_t length = strlen(path);
  for (size_t id = 0; id < ISW_SETTINGS && length > 0; id++) {
    const char *other = isw_setting(id)->path;
    if (strncmp(other, path, length) == 0 && (other[length] == '\0' || other[length] == '.'))
      reader->sweep->given[id] = reader->broken[id] = true;
  }
}

bool isw_check_keys(struct isw_reader *reader, const struct isw_node *map, const char *section, const char *const *keys,
                    size_t count, size_t required, const char *example, const char *known)
{
  bool complete = true;
  if (map->kind != ISW_NODE_MAP) {
    isw_report_add(&reader->report, map->place, "%s must be a mapping, not %s", section,
                   isw_tree_describe(&reader->scratch, map));
    isw_report_hint(&reader->report, "%s", example);
    return false;
  }
  for (size_t i = 0; i < map->count; i++) {
    const struct isw_node *key = map->child[2 * i];
    size_t k = 0;
    while (k < count && strcmp(keys[k], key->text) != 0) k++;
    if (k < count) continue;
    isw_report_add(&reader->report, key->place, "unknown key %s in %s", isw_tree_describe(&reader->scratch, key),
                   section);
    isw_suggest(reader, key->text, keys, count, known);
  }
  for (size_t k = 0; k < required; k++) {
    if (isw_tree_find(map, keys[k], strlen(keys[k]), NULL)) continue;
    isw_report_add(&reader->report, map->place, "%s requires '%s'", section, keys[k]);
    complete = false;
  }
  return complete;
}

void isw_report_unknown_key(struct isw_reader *reader, const char *prefix, const struct isw_node *key)
{
  isw_report_add(&reader->report, key->place, "unknown key %s%s%s", isw_tree_describe(&reader->scratch, key),
                 *prefix ? " in " : "", prefix);
  for (size_t id = 0; id < ISW_SETTINGS; id++) { /* the right name in the wrong section */
    const char *path = isw_setting(id)->path, *dot = strrchr(path, '.');
    if (strcmp(dot ? dot + 1 : path, key->text) != 0 && strcmp(path, key->text) != 0) continue;
    isw_report_hint(
        &reader->report, "did you mean '%s'?%s", path,
        strcmp(path, key->text) == 0 ? " Dotted paths are allowed only under grid:, zip:, sample: and exclude:." : "");
    return;
  }
  const char *more_of_synonym, *synonym = isw_synonym(key->text, &more_of_synonym);
  if (synonym) {
    isw_report_hint(&reader->report, "did you mean '%s'?%s", synonym, more_of_synonym);
    take_as_given(reader, synonym);
    return;
  }
  const char *names[ISW_SETTINGS + 5];
  size_t count = names_under(reader, prefix, names);
  struct isw_text all = {0};
  bool ok = isw_text_add(&all, "Known keys: ") == ISW_OK;
  for (size_t i = 0; i < count; i++) ok = ok && isw_text_add(&all, "%s%s", i ? ", " : "", names[i]) == ISW_OK;
  char *more = ok ? isw_arena_copy(&reader->scratch, all.bytes, all.length) : NULL;
  isw_text_clear(&all);
  if (!more) longjmp(reader->out_of_memory, 1);
  isw_suggest(reader, key->text, names, count, more);
  const char *nearest = isw_nearest_word(key->text, names, count);
  char path[PATH_SIZE];
  snprintf(path, sizeof path, "%s%s%s", prefix, *prefix ? "." : "", nearest ? nearest : "");
  take_as_given(reader, path);
}

static void set_leaf(struct isw_reader *reader, size_t id, struct isw_node *key, struct isw_node *value)
{
  /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): leaf is an array in the reader, which is never NULL */
  reader->leaf[id] = value;
  reader->leaf_key[id] = key;
}

/* network.init_noise: {std: ..., of: ...} */
static void read_noise(struct isw_reader *reader, struct isw_node *map)
{
  static const char *const names[] = {"std", "of"};
  static const size_t settings[] = {ISW_SET_INIT_NOISE, ISW_SET_NOISE_OF};
  for (size_t i = 0; i < map->count; i++) {
    struct isw_node *key = map->child[2 * i];
    size_t n = 0;
    while (n < 2 && strcmp(key->text, names[n]) != 0) n++;
    if (n < 2) {
      set_leaf(reader, settings[n], key, map->child[2 * i + 1]);
      continue;
    }
    isw_report_add(&reader->report, key->place, "unknown key %s in network.init_noise",
                   isw_tree_describe(&reader->scratch, key));
    isw_suggest(reader, key->text, names, 2, "Known keys: std, of");
  }
}

void isw_read_section(struct isw_reader *reader, const char *prefix, struct isw_node *map)
{
  for (size_t i = 0; i < map->count; i++) {
    struct isw_node *key = map->child[2 * i], *value = map->child[2 * i + 1];
    char path[PATH_SIZE];
    bool fits = (size_t)snprintf(path, sizeof path, "%s%s%s", prefix, *prefix ? "." : "", key->text) < sizeof path;
    bool plain_key = fits && !strchr(key->text, '.') && key->length;
    size_t id = plain_key ? isw_setting_find(path) : ISW_SETTINGS;
    if (id == ISW_SET_INIT_NOISE && value->kind == ISW_NODE_MAP) {
      read_noise(reader, value);
      continue;
    }
    if (id < ISW_SETTINGS && isw_setting(id)->kind != ISW_KIND_SECTION) {
      set_leaf(reader, id, key, value);
      continue;
    }
    struct isw_node **special = *prefix                             ? NULL
                                : strcmp(key->text, "grid") == 0    ? &reader->grid
                                : strcmp(key->text, "zip") == 0     ? &reader->zip
                                : strcmp(key->text, "exclude") == 0 ? &reader->exclude
                                : strcmp(key->text, "refine") == 0  ? &reader->refine
                                : strcmp(key->text, "sample") == 0  ? &reader->sample
                                                                    : NULL;
    if (special) {
      *special = value;
      continue;
    }
    const char *names[ISW_SETTINGS + 5];
    if (!plain_key || names_under(reader, path, names) == 0) {
      isw_report_unknown_key(reader, prefix, key);
      continue;
    }
    if (value->kind == ISW_NODE_MAP)
      isw_read_section(reader, path, value);
    else if (!isw_tree_is_null(value))
      isw_report_add(&reader->report, value->place, "'%s' must be a mapping of settings, not %s", path,
                     isw_tree_describe(&reader->scratch, value));
  }
}
