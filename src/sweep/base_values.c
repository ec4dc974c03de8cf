/* Base values: the values of settings outside of the file's grids, or their defaults. */
#include <string.h>
#include "sweep_internal.h"

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

enum { NAME_BYTES_MAX = 100 };

bool isw_is_sweep_name(const char *text)
{
  size_t length = strlen(text), size;
  if (!length || length > NAME_BYTES_MAX || strchr(text, '/') || *text == '.' || *text == '-') return false;
  for (size_t i = 0; i < length; i += size) {
    uint32_t code;
    size = isw_character(text + i, length - i, &code);
    if (code == ISW_NOT_UTF8 || isw_character_is_hidden(code)) return false;
  }
  return true;
}

/* The sweep file's name without folder and extension, or "sweep" if that cannot be a name. */
static const char *name_of_file(struct isw_reader *reader)
{
  const char *file = reader->from->file, *slash = strrchr(file, '/');
  if (slash) file = slash + 1;
  const char *dot = strrchr(file, '.');
  size_t length = dot && dot != file ? (size_t)(dot - file) : strlen(file);
  char *name = isw_arena_copy(&reader->sweep->arena, file, length);
  return isw_is_sweep_name(name) ? name : "sweep";
}

static void read_name(struct isw_reader *reader)
{
  struct isw_sweep *sweep = reader->sweep;
  sweep->name = read_text(reader, ISW_SET_SWEEP, name_of_file(reader));
  sweep->about = read_text(reader, ISW_SET_ABOUT, "");
  if (!reader->leaf[ISW_SET_SWEEP]) return;
  if (isw_is_sweep_name(sweep->name)) return;
  isw_report_add(&reader->report, reader->leaf[ISW_SET_SWEEP]->place, "%s cannot name a sweep",
                 isw_tree_describe(&reader->scratch, reader->leaf[ISW_SET_SWEEP]));
  isw_report_hint(&reader->report, "%s", ISW_SWEEP_NAME_RULE);
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
    reader->standard[id] = sweep->base[id];
  }
  for (size_t id = 0; id < ISW_SETTINGS; id++) {
    const struct isw_setting *row = isw_setting(id);
    struct isw_node *node = reader->leaf[id];
    sweep->written[id] = node != NULL;
    if (!node || row->kind == ISW_KIND_TEXT || row->kind == ISW_KIND_SCHEDULE || row->kind == ISW_KIND_PROBES) continue;
    sweep->given[id] = true; /* even if invalid: then that is reported, and it is not missing */
    reader->at[id] = node->place;
    if (isw_tree_is_null(node) && row->kind == ISW_KIND_LAYERS) continue;
    if (id == ISW_SET_RECORD_WEIGHTS && node->kind == ISW_NODE_MAP) continue; /* record.c reads its steps */
    struct isw_values *values = isw_expand(reader, id, row->path, reader->leaf_key[id], node, ISW_BASE);
    set_base(sweep, values);
    if (id == ISW_SET_RECORD_WEIGHTS && !values->count)
      isw_report_hint(&reader->report, "or {steps: ...}, written like record.steps");
    if (id == ISW_SET_OPTIMIZER && values->members == 2 && values->count && values->present[1]) {
      if (reader->leaf[ISW_SET_WEIGHT_DECAY])
        isw_report_add(&reader->report, reader->leaf_key[ISW_SET_WEIGHT_DECAY]->place,
                       "weight_decay is given here and in train.optimizer");
      reader->at[ISW_SET_WEIGHT_DECAY] = node->place;
    }
    for (size_t m = 0; row->kind == ISW_KIND_LAYERS && m < values->members; m++)
      reader->at[values->member[m]] = node->place;
  }
  sweep->precision = sweep->base[ISW_SET_PRECISION].integer ? ISW_FLOAT64 : ISW_FLOAT32;
  uint64_t keep = sweep->base[ISW_SET_RECORD_WEIGHTS].integer;
  sweep->keep = (struct isw_keep_weights){.initial = keep == 1 || keep == 3, .final = keep == 2 || keep == 3};
}
