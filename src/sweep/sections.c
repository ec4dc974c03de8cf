/* Reads the sections of a sweep file, and mappings of a section's settings on an axis: maps each key to its setting, or
 * reports an error. */
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
  }
  return count;
}

static void unknown_key(struct isw_reader *reader, const char *prefix, const struct isw_node *key)
{
  isw_report_add(&reader->report, key->place, "unknown key %s%s%s", isw_tree_describe(&reader->scratch, key),
                 *prefix ? " in " : "", prefix);
  for (size_t id = 0; id < ISW_SETTINGS; id++) { /* the right name in the wrong section */
    const char *path = isw_setting(id)->path, *dot = strrchr(path, '.');
    if (strcmp(dot ? dot + 1 : path, key->text) != 0 && strcmp(path, key->text) != 0) continue;
    isw_report_hint(&reader->report, "did you mean '%s'?%s", path,
                    strcmp(path, key->text) == 0 ? " Dotted paths are allowed only under grid:, zip: and exclude:."
                                                 : "");
    return;
  }
  const char *names[ISW_SETTINGS + 4];
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
  size_t meant = isw_setting_find(path);
  if (meant < ISW_SETTINGS) reader->sweep->given[meant] = reader->broken[meant] = true; /* misspelt, so not missing */
}

void isw_read_section(struct isw_reader *reader, const char *prefix, struct isw_node *map)
{
  for (size_t i = 0; i < map->count; i++) {
    struct isw_node *key = map->child[2 * i], *value = map->child[2 * i + 1];
    char path[PATH_SIZE];
    bool fits = (size_t)snprintf(path, sizeof path, "%s%s%s", prefix, *prefix ? "." : "", key->text) < sizeof path;
    bool plain_key = fits && !strchr(key->text, '.') && key->length;
    size_t id = plain_key ? isw_setting_find(path) : ISW_SETTINGS;
    if (id < ISW_SETTINGS && isw_setting(id)->kind != ISW_KIND_SECTION) {
      /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): leaf is an array in the reader, which is never NULL */
      reader->leaf[id] = value;
      reader->leaf_key[id] = key;
      continue;
    }
    struct isw_node **special = *prefix                             ? NULL
                                : strcmp(key->text, "grid") == 0    ? &reader->grid
                                : strcmp(key->text, "zip") == 0     ? &reader->zip
                                : strcmp(key->text, "exclude") == 0 ? &reader->exclude
                                : strcmp(key->text, "refine") == 0  ? &reader->refine
                                                                    : NULL;
    if (special) {
      *special = value;
      continue;
    }
    const char *names[ISW_SETTINGS + 4];
    if (!plain_key || names_under(reader, path, names) == 0) {
      unknown_key(reader, prefix, key);
      continue;
    }
    if (value->kind == ISW_NODE_MAP)
      isw_read_section(reader, path, value);
    else if (!isw_tree_is_null(value))
      isw_report_add(&reader->report, value->place, "'%s' must be a mapping of settings, not %s", path,
                     isw_tree_describe(&reader->scratch, value));
  }
}

/* The setting that a key of a mapping of a section's settings names; ISW_SETTINGS: none. */
static size_t setting_under(size_t section, const struct isw_node *key)
{
  char path[PATH_SIZE];
  bool fits = (size_t)snprintf(path, sizeof path, "%s.%s", isw_setting(section)->path, key->text) < sizeof path;
  return fits && !strchr(key->text, '.') ? isw_setting_find(path) : ISW_SETTINGS;
}

/* `none` as a value of network.residual: {branch_layers: none}. */
static bool is_none(const struct isw_node *node)
{
  return node->kind == ISW_NODE_SCALAR && strcmp(node->text, "none") == 0;
}

static bool names_setting(size_t section, const struct isw_node *map, size_t id)
{
  if (is_none(map)) return id == ISW_SET_BRANCH_LAYERS;
  for (size_t i = 0; map->kind == ISW_NODE_MAP && i < map->count; i++)
    if (setting_under(section, map->child[2 * i]) == id) return true;
  return false;
}

size_t isw_section_members(size_t section, const struct isw_node *node, size_t *member)
{
  size_t count = 0;
  for (size_t id = 0; id < ISW_SETTINGS; id++) {
    bool named = names_setting(section, node, id);
    for (size_t i = 0; node->kind == ISW_NODE_LIST && i < node->count; i++)
      named = named || names_setting(section, node->child[i], id);
    if (named) member[count++] = id;
  }
  return count;
}

/* Reads one mapping: all combinations of its settings' values; the first key varies slowest. */
static void read_mapping(struct isw_reader *reader, struct isw_values_builder *builder, struct isw_node *map,
                         enum isw_expand mode)
{
  struct isw_values *values = builder->values;
  const char *section = isw_setting(values->path)->path;
  if (is_none(map)) {
    struct isw_node *made = isw_arena_get(&reader->scratch, 1, sizeof *made);
    made->kind = ISW_NODE_MAP;
    made->place = map->place;
    isw_tree_put(&reader->scratch, made,
                 isw_tree_scalar(&reader->scratch, map->place, "branch_layers", strlen("branch_layers")), map);
    map = made;
  }
  if (map->kind != ISW_NODE_MAP) {
    isw_report_add(&reader->report, map->place, "each value of %s must be none or a mapping of its settings, not %s",
                   section, isw_tree_describe(&reader->scratch, map));
    return;
  }
  struct isw_values **of = isw_arena_get(&reader->scratch, map->count, sizeof(struct isw_values *));
  size_t total = 1;
  bool good = true;
  for (size_t i = 0; i < map->count; i++) {
    struct isw_node *key = map->child[2 * i];
    size_t id = setting_under(values->path, key);
    if (id == ISW_SETTINGS) {
      unknown_key(reader, section, key);
      good = false;
      continue;
    }
    of[i] = isw_expand(reader, id, isw_setting(id)->path, key, map->child[2 * i + 1], mode);
    good = good && of[i]->count;
    if (!good || (isw_multiply(total, of[i]->count, &total) && total <= ISW_VALUES_MAX)) continue;
    isw_report_add(&reader->report, map->place, "more than %d combinations of settings", ISW_VALUES_MAX);
    good = false;
  }
  for (size_t k = 0; good && values->members && k < total; k++) {
    size_t index = isw_add_value(reader, builder, map->place), rest = k;
    for (size_t m = 0; m < values->members; m++) /* those that it does not name */
      values->value[index * values->members + m] = reader->sweep->base[values->member[m]];
    for (size_t i = map->count; i-- > 0;) {
      size_t member = 0, at = rest % of[i]->count;
      while (values->member[member] != of[i]->path) member++;
      isw_set_member(values, index, member, isw_value_at(of[i], at, 0));
      rest /= of[i]->count;
    }
  }
}

void isw_expand_sections(struct isw_reader *reader, struct isw_values_builder *builder, struct isw_node *node,
                         enum isw_expand mode)
{
  bool list = node->kind == ISW_NODE_LIST;
  for (size_t i = 0; i < (list ? node->count : 1); i++)
    read_mapping(reader, builder, list ? node->child[i] : node, mode);
}
