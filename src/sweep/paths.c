/* Resolves the dotted paths of axes and exclusions to settings. */
#include <string.h>
#include "sweep_internal.h"

static size_t unknown_path(struct isw_reader *reader, const struct isw_node *key)
{
  isw_report_add(&reader->report, key->place, "unknown setting %s", isw_tree_describe(&reader->scratch, key));
  const char *names[ISW_SETTINGS];
  size_t count = 0;
  for (size_t id = 0; id < ISW_SETTINGS; id++) {
    const char *path = isw_setting(id)->path, *dot = strrchr(path, '.');
    if (!isw_setting(id)->axis) continue;
    if (strcmp(dot ? dot + 1 : path, key->text) == 0) {
      isw_report_hint(&reader->report, "did you mean '%s'?", path);
      return ISW_SETTINGS_MAX;
    }
    names[count++] = path;
  }
  const char *more, *synonym = isw_synonym(key->text, &more);
  if (synonym)
    isw_report_hint(&reader->report, "did you mean '%s'?%s", synonym, more);
  else
    isw_suggest(reader, key->text, names, count, "Expected a dotted path, as network.init.");
  return ISW_SETTINGS_MAX;
}

/* For a path such as network.init.value: the file's choice with the values of that parameter inserted. */
static struct isw_node *put_parameter(struct isw_reader *reader, size_t id, const char *parameter,
                                      const struct isw_node *key, struct isw_node *value)
{
  struct isw_node *base = reader->leaf[id], *made = isw_arena_get(&reader->scratch, 1, sizeof *made);
  made->kind = ISW_NODE_MAP;
  made->place = value->place;
  if (base->kind == ISW_NODE_MAP)
    for (size_t i = 0; i < base->count; i++)
      isw_tree_put(&reader->scratch, made, base->child[2 * i], base->child[2 * i + 1]);
  else
    isw_tree_put(&reader->scratch, made, isw_tree_scalar(&reader->scratch, base->place, "name", 4), base);
  isw_tree_put(&reader->scratch, made, isw_tree_scalar(&reader->scratch, key->place, parameter, strlen(parameter)),
               value);
  return made;
}

/* The slot of a path such as network.init_by_layer.1; ISW_SETTINGS_MAX after a reported error. */
static size_t find_slot(struct isw_reader *reader, size_t setting, const struct isw_node *key, const char *layer)
{
  size_t slot = isw_slot(reader, setting, layer);
  if (slot < ISW_SETTINGS_MAX) return slot;
  isw_report_add(&reader->report, key->place, "unknown layer in '%s'", key->text);
  isw_report_hint(&reader->report,
                  "a layer is a number from 1 to 1001, 'output', 'branch_first' or 'branch_last'; a sweep can name "
                  "at most %d layers",
                  ISW_SLOTS_MAX);
  return slot;
}

size_t isw_resolve_path(struct isw_reader *reader, const struct isw_node *key, struct isw_node **node)
{
  const char *path = key->text;
  size_t found = isw_setting_find(path), length = strlen(path);
  if (found < ISW_SETTINGS && isw_setting(found)->axis) return found;
  if (found < ISW_SETTINGS) {
    isw_report_add(&reader->report, key->place, "'%s' cannot be an axis", path);
    isw_report_hint(&reader->report, "all networks of a sweep share this setting");
    return ISW_SETTINGS_MAX;
  }
  for (size_t id = 0; id < ISW_SETTINGS; id++) {
    const struct isw_setting *row = isw_setting(id);
    size_t own = strlen(row->path);
    bool inside = strncmp(path, row->path, own) == 0 && path[own] == '.';
    if (inside && row->kind == ISW_KIND_LAYERS) return find_slot(reader, id, key, path + own + 1);
    if (inside && row->kind == ISW_KIND_CHOICE) {
      if (!reader->leaf[id]) {
        isw_report_add(&reader->report, key->place, "'%s' requires %s to be given outside grid:", path, row->path);
        isw_report_hint(&reader->report, "sweep a parameter of a swept choice in place: {%s: ..., %s: [...]}",
                        isw_setting_name_key(id), path + own + 1);
        return ISW_SETTINGS_MAX;
      }
      *node = put_parameter(reader, id, path + own + 1, key, *node);
      return id;
    }
    if (length && strncmp(row->path, path, length) == 0 && row->path[length] == '.') {
      isw_report_add(&reader->report, key->place, "'%s' is a section", path);
      isw_report_hint(&reader->report, "name one of its settings, for example %s", row->path);
      return ISW_SETTINGS_MAX;
    }
  }
  return unknown_path(reader, key);
}

const char *isw_path_of(const struct isw_sweep *sweep, size_t setting)
{
  if (setting >= ISW_RATE_SLOTS) return sweep->rate_slots.path[setting - ISW_RATE_SLOTS];
  return setting < ISW_SETTINGS ? isw_setting(setting)->path : sweep->init_slots.path[setting - ISW_INIT_SLOTS];
}

size_t isw_all_settings(const struct isw_sweep *sweep)
{
  return sweep->rate_slots.count ? ISW_RATE_SLOTS + sweep->rate_slots.count : ISW_INIT_SLOTS + sweep->init_slots.count;
}
