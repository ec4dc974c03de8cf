/* From bytes to a sweep: the tree, --set, the sections, then every later stage in turn. */
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include "sweep_internal.h"

enum { TEXT_SIZE = 160, PATH_SIZE = 128 };

/* ---- --set ------------------------------------------------------------------------------------------------------------ */

/* The place of bytes [from, to) of an override's text. */
static struct isw_place place_in(const struct isw_source *source, unsigned number, size_t from, size_t to)
{
  struct isw_place place = isw_place_of_byte(source, number, from);
  struct isw_place end = isw_place_of_byte(source, number, to);
  place.length = end.line == place.line && end.column > place.column ? end.column - place.column : 1;
  return place;
}

/* The map under a key, made where it is missing; a bare name becomes {name: it}. NULL after a report. */
static struct isw_node *enter(struct isw_reader *reader, struct isw_node *map, struct isw_node *key)
{
  struct isw_node *old_key = key;
  struct isw_node *value = isw_tree_find(map, key->text, key->length, &old_key);
  if (value && value->kind == ISW_NODE_MAP) return value;
  if (value && value->kind == ISW_NODE_LIST) {
    isw_report_add(&reader->report, key->place, "'%s' is a list in the file; nothing can be set inside it", key->text);
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

/* Puts a value at the dotted path of an override. A grid's key is the whole rest of the path. */
static void put_override(struct isw_reader *reader, unsigned number, size_t equals, struct isw_node *value)
{
  const struct isw_source *source = &reader->source[number];
  struct isw_node *map = reader->root;
  size_t from = 0;
  bool in_grid = false;
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
    in_grid = from == 0 && strcmp(key->text, "grid") == 0;
    struct isw_node *grids = in_grid ? isw_tree_find(map, "grid", 4, NULL) : NULL;
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

static void apply_override(struct isw_reader *reader, unsigned number)
{
  const struct isw_source *source = &reader->source[number];
  const char *equals = memchr(source->bytes, '=', source->length);
  if (!equals || equals == source->bytes) {
    isw_report_add(&reader->report, place_in(source, number, 0, source->length), "expected path=value");
    isw_report_hint(&reader->report, "as in --set train.steps=100 or --set 'grid.replicate={range: [0, 9]}'");
    return;
  }
  size_t at = (size_t)(equals - source->bytes);
  struct isw_node *value;
  if (!isw_tree_read(&reader->scratch, &reader->report, number, at + 1, &value)) return;
  put_override(reader, number, at, value);
}

/* ---- sections ----------------------------------------------------------------------------------------------------------- */

/* The names that may stand under a prefix ("", "network"), into names; returns how many. */
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
                    strcmp(path, key->text) == 0 ? " A dotted path stands under grid:, zip: and exclude: only." : "");
    return;
  }
  const char *names[ISW_SETTINGS + 4];
  size_t count = names_under(reader, prefix, names);
  struct isw_text all = {0};
  bool ok = isw_text_add(&all, "Known here: ") == ISW_OK;
  for (size_t i = 0; i < count; i++) ok = ok && isw_text_add(&all, "%s%s", i ? ", " : "", names[i]) == ISW_OK;
  char *more = ok ? isw_arena_copy(&reader->scratch, all.bytes, all.length) : NULL;
  isw_text_clear(&all);
  if (!more) longjmp(reader->out_of_memory, 1);
  isw_suggest(reader, key->text, names, count, more);
  const char *nearest = isw_nearest_word(key->text, names, count);
  char path[PATH_SIZE];
  snprintf(path, sizeof path, "%s%s%s", prefix, *prefix ? "." : "", nearest ? nearest : "");
  size_t meant = isw_setting_find(path);
  if (meant < ISW_SETTINGS) reader->sweep->given[meant] = true; /* misspelt, not missing */
}

static void read_section(struct isw_reader *reader, const char *prefix, struct isw_node *map)
{
  for (size_t i = 0; i < map->count; i++) {
    struct isw_node *key = map->child[2 * i], *value = map->child[2 * i + 1];
    char path[PATH_SIZE];
    bool fits = (size_t)snprintf(path, sizeof path, "%s%s%s", prefix, *prefix ? "." : "", key->text) < sizeof path;
    bool plain_key = fits && !strchr(key->text, '.') && key->length;
    size_t id = plain_key ? isw_setting_find(path) : ISW_SETTINGS;
    if (id < ISW_SETTINGS) {
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
      read_section(reader, path, value);
    else if (!isw_tree_is_null(value))
      isw_report_add(&reader->report, value->place, "'%s' must be a mapping of settings, not %s", path,
                     isw_tree_describe(&reader->scratch, value));
  }
}

/* ---- base values ------------------------------------------------------------------------------------------------------- */

static const char *read_text(struct isw_reader *reader, size_t id, const char *otherwise)
{
  const struct isw_node *node = reader->leaf[id];
  if (!node) return otherwise;
  if (node->kind != ISW_NODE_SCALAR || isw_tree_is_null(node)) {
    isw_report_add(&reader->report, node->place, "%s must be a text, not %s", isw_setting(id)->path,
                   isw_tree_describe(&reader->scratch, node));
    return otherwise;
  }
  return isw_arena_copy(&reader->sweep->arena, node->text, node->length);
}

/* The sweep file's name without folder and ending. */
static const char *name_of_file(struct isw_reader *reader)
{
  const char *file = reader->from->file, *slash = strrchr(file, '/');
  if (slash) file = slash + 1;
  const char *dot = strrchr(file, '.');
  size_t length = dot && dot != file ? (size_t)(dot - file) : strlen(file);
  char *name = isw_arena_copy(&reader->sweep->arena, file, length);
  if (!*name || *name == '.' || *name == '-') return "sweep";
  return name;
}

static void read_name(struct isw_reader *reader)
{
  enum { LONGEST = 100 };
  struct isw_sweep *sweep = reader->sweep;
  sweep->name = read_text(reader, ISW_SET_SWEEP, name_of_file(reader));
  sweep->about = read_text(reader, ISW_SET_ABOUT, "");
  if (!reader->leaf[ISW_SET_SWEEP]) return;
  bool bad = strchr(sweep->name, '/') || *sweep->name == '.' || *sweep->name == '-' || !*sweep->name ||
             strlen(sweep->name) > LONGEST;
  for (const char *c = sweep->name; *c; c++) bad = bad || (unsigned char)*c < ' ' || *c == 0x7F;
  if (!bad) return;
  isw_report_add(&reader->report, reader->leaf[ISW_SET_SWEEP]->place, "%s cannot name a sweep",
                 isw_tree_describe(&reader->scratch, reader->leaf[ISW_SET_SWEEP]));
  isw_report_hint(&reader->report, "it names the results file: 1 to %d bytes, no '/', no '.' or '-' at its start",
                  LONGEST);
}

static void set_base(struct isw_sweep *sweep, const struct isw_values *values)
{
  for (size_t m = 0; values->count && m < values->members; m++) {
    sweep->base[values->member[m]] = isw_value_at(values, 0, m);
    sweep->given[values->member[m]] = true;
    if (values->present[m]) sweep->written[values->member[m]] = true;
  }
}

void isw_read_base(struct isw_reader *reader)
{
  struct isw_sweep *sweep = reader->sweep;
  read_name(reader);
  for (size_t id = 0; id < ISW_SETTINGS; id++) { /* all defaults first: an optimiser's weight_decay replaces one */
    const struct isw_setting *row = isw_setting(id);
    if (!row->initial || row->kind == ISW_KIND_TEXT || row->kind == ISW_KIND_SCHEDULE || row->kind == ISW_KIND_PROBES)
      continue;
    struct isw_node *initial =
        isw_tree_scalar(&reader->scratch, (struct isw_place){0}, row->initial, strlen(row->initial));
    set_base(sweep, isw_expand(reader, id, row->path, initial, initial, ISW_BASE));
  }
  for (size_t id = 0; id < ISW_SETTINGS; id++) {
    const struct isw_setting *row = isw_setting(id);
    struct isw_node *node = reader->leaf[id];
    sweep->written[id] = node != NULL;
    if (!node || row->kind == ISW_KIND_TEXT || row->kind == ISW_KIND_SCHEDULE || row->kind == ISW_KIND_PROBES) continue;
    sweep->given[id] = true; /* though it may be wrong: then it is reported, and not missing */
    reader->at[id] = node->place;
    if (isw_tree_is_null(node) && id == ISW_SET_INIT_BY_LAYER) continue;
    struct isw_values *values = isw_expand(reader, id, row->path, reader->leaf_key[id], node, ISW_BASE);
    set_base(sweep, values);
    if (id == ISW_SET_OPTIMIZER && values->members == 2 && values->count && values->present[1]) {
      if (reader->leaf[ISW_SET_WEIGHT_DECAY])
        isw_report_add(&reader->report, reader->leaf_key[ISW_SET_WEIGHT_DECAY]->place,
                       "weight_decay is given here and in train.optimizer");
      reader->at[ISW_SET_WEIGHT_DECAY] = node->place;
    }
    for (size_t m = 0; id == ISW_SET_INIT_BY_LAYER && m < values->members; m++)
      reader->at[values->member[m]] = node->place;
  }
  sweep->precision = sweep->base[ISW_SET_PRECISION].whole ? ISW_FLOAT64 : ISW_FLOAT32;
  uint64_t keep = sweep->base[ISW_SET_RECORD_WEIGHTS].whole;
  sweep->keep = (struct isw_keep_weights){.initial = keep == 1 || keep == 3, .final = keep == 2 || keep == 3};
}

/* Every layer that the file names anywhere gets its slot before the first value is read. */
static void find_slots(struct isw_reader *reader, const struct isw_node *node, size_t level)
{
  static const char path[] = "network.init_by_layer";
  for (size_t i = 0; i < node->count; i++) {
    const struct isw_node *value = node->child[node->kind == ISW_NODE_MAP ? 2 * i + 1 : i];
    if (node->kind == ISW_NODE_MAP) {
      const char *key = node->child[2 * i]->text;
      if (strncmp(key, path, sizeof path - 1) == 0 && key[sizeof path - 1] == '.') isw_slot(reader, key + sizeof path);
      if (strcmp(key, path) == 0) {
        for (size_t k = 0; value->kind == ISW_NODE_LIST && k < value->count; k++)
          for (size_t j = 0; value->child[k]->kind == ISW_NODE_MAP && j < value->child[k]->count; j++)
            isw_slot(reader, value->child[k]->child[2 * j]->text);
        for (size_t j = 0; value->kind == ISW_NODE_MAP && j < value->count; j++)
          isw_slot(reader, value->child[2 * j]->text);
      }
    }
    if (level < 2 && value->kind != ISW_NODE_SCALAR) find_slots(reader, value, level + 1);
  }
}

static void find_all_slots(struct isw_reader *reader)
{
  const struct isw_node *node = reader->leaf[ISW_SET_INIT_BY_LAYER];
  for (size_t j = 0; node && node->kind == ISW_NODE_MAP && j < node->count; j++)
    isw_slot(reader, node->child[2 * j]->text);
  if (reader->grid) find_slots(reader, reader->grid, 0);
  if (reader->zip) find_slots(reader, reader->zip, 0);
  if (reader->exclude) find_slots(reader, reader->exclude, 0);
}

/* ---- all stages --------------------------------------------------------------------------------------------------------- */

static bool clean(const struct isw_reader *reader)
{
  return reader->report.count == 0 && reader->status == ISW_OK;
}

static void read_all(struct isw_reader *reader)
{
  struct isw_sweep *sweep = reader->sweep;
  sweep->text = isw_arena_copy(&sweep->arena, reader->from->bytes, reader->from->length);
  reader->empty = isw_tree_scalar(&reader->scratch, (struct isw_place){.length = 1}, "", 0);
  bool whole = isw_tree_read(&reader->scratch, &reader->report, 0, 0, &reader->root);
  if (!whole) return;
  if (reader->root->kind != ISW_NODE_MAP) {
    isw_report_add(&reader->report, reader->root->place, "a sweep file must be a mapping of settings, not %s",
                   isw_tree_describe(&reader->scratch, reader->root));
    return;
  }
  for (size_t i = 0; i < reader->from->override_count; i++) apply_override(reader, (unsigned)i + 1);
  read_section(reader, "", reader->root);
  find_all_slots(reader);
  isw_read_base(reader);
  isw_read_grids(reader);
  isw_read_refine(reader);
  if (reader->status != ISW_OK) return;
  isw_load_datasets(reader);
  isw_read_record(reader);
  if (!clean(reader)) return;
  isw_apply_excludes(reader);
  if (!clean(reader)) return;
  isw_check_combinations(reader);
  if (!clean(reader)) return;
  isw_drop_duplicates(reader);
  isw_check_refine(reader);
  if (!clean(reader)) return;
  isw_measure(reader);
  isw_make_schedules(reader);
  if (!clean(reader)) return;
  isw_make_columns(reader);
  isw_write_settings(reader);
}

static void guarded(struct isw_reader *reader, struct isw_text *message)
{
  if (setjmp(reader->out_of_memory)) {
    reader->status = ISW_FAILED;
    isw_error_set(reader->error, ISW_FAILED, "out of memory while reading %s", reader->from->file);
    return;
  }
  read_all(reader);
  if (reader->report.count && reader->status == ISW_OK) {
    reader->status = ISW_BAD_INPUT;
    isw_report_write(&reader->report, message);
  }
}

static bool prepare(struct isw_reader *reader)
{
  const struct isw_sweep_source *from = reader->from;
  reader->sweep = calloc(1, sizeof *reader->sweep);
  reader->source = calloc(from->override_count + 1, sizeof *reader->source);
  if (!reader->sweep || !reader->source) return false;
  size_t mark = from->length >= 3 && memcmp(from->bytes, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0; /* a byte order mark */
  reader->source[0] = (struct isw_source){from->file, from->bytes + mark, from->length - mark};
  for (size_t i = 0; i < from->override_count; i++) {
    struct isw_text name = {0};
    enum isw_status status = isw_text_add(&name, "--set %s", from->overrides[i]);
    reader->source[i + 1] = (struct isw_source){name.bytes, from->overrides[i], strlen(from->overrides[i])};
    if (status != ISW_OK) return false;
  }
  reader->report.source = reader->source;
  reader->report.out_of_memory = &reader->out_of_memory;
  reader->scratch.out_of_memory = &reader->out_of_memory;
  reader->sweep->arena.out_of_memory = &reader->out_of_memory;
  return true;
}

enum isw_status isw_sweep_read(const struct isw_sweep_source *source, struct isw_sweep **sweep, struct isw_error *error)
{
  *sweep = NULL;
  struct isw_reader *reader = calloc(1, sizeof *reader);
  if (!reader) return isw_error_memory(error, sizeof *reader, "a sweep file");
  struct isw_text message = {0};
  reader->from = source;
  reader->error = error;
  /* Numbers are read and written with a point, whatever the process's locale. */
  locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
  locale_t before = plain ? uselocale(plain) : (locale_t)0;
  if (plain && prepare(reader)) {
    guarded(reader, &message);
  } else {
    reader->status = isw_error_set(error, ISW_FAILED, "out of memory while reading %s", source->file);
  }
  if (plain) {
    uselocale(before);
    freelocale(plain);
  }
  if (reader->status == ISW_BAD_INPUT) {
    isw_error_set(error, ISW_BAD_INPUT, "%s", message.bytes);
    if (error) error->located = true;
  }
  isw_text_clear(&message);
  isw_error_clear(&reader->loading);
  isw_text_clear(&reader->writing);
  isw_report_clear(&reader->report);
  isw_arena_clear(&reader->scratch);
  for (size_t i = 0; reader->source && i < source->override_count; i++) free((char *)reader->source[i + 1].name);
  free(reader->source);
  enum isw_status status = reader->status;
  if (reader->sweep) reader->sweep->arena.out_of_memory = NULL;
  if (status == ISW_OK)
    *sweep = reader->sweep;
  else
    isw_sweep_destroy(reader->sweep);
  free(reader);
  return status;
}
