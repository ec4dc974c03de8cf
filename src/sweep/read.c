/* Reads a sweep file: every stage in turn, from bytes to a sweep. */
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include "sweep_internal.h"

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
  for (size_t i = 0; i < reader->from->override_count; i++) isw_apply_override(reader, (unsigned)i + 1);
  isw_read_section(reader, "", reader->root);
  isw_find_slots(reader);
  isw_read_base(reader);
  isw_read_sample(reader);
  isw_read_grids(reader);
  isw_check_grids(reader);
  isw_read_excludes(reader);
  isw_read_refine(reader);
  if (reader->status != ISW_OK) return;
  isw_load_datasets(reader);
  isw_read_record(reader);
  if (reader->status != ISW_OK || reader->grids_broken) return;
  isw_apply_excludes(reader);
  if (reader->grids_broken) return;
  if (reader->sweep->sample.points) isw_drop_equal_points(reader);
  if (reader->grids_broken) return;
  /* Each of these checks what it can: those that read a setting with an error leave it out. */
  isw_check_combinations(reader);
  isw_check_solvers(reader);
  isw_check_unused(reader);
  isw_check_refine(reader);
  isw_measure(reader);
  isw_make_schedules(reader);
  if (!clean(reader)) return;
  isw_drop_duplicates(reader);
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
  /* Numbers are read and written with a settings, whatever the process's locale. */
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
  isw_array_clear(&reader->stored);
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
