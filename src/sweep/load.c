/* A sweep file from its path: its bytes, the folder that its data start in, and the probes of the registry. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "initsweep/engine.h"
#include "initsweep/sweep.h"

bool isw_overrides_add(struct isw_overrides *overrides, const char *text)
{
  const char **more = realloc(overrides->text, (overrides->count + 1) * sizeof *more);
  if (!more) return false;
  overrides->text = more;
  more[overrides->count++] = text;
  return true;
}

enum isw_status isw_load_file(const char *path, char **bytes, size_t *length, struct isw_error *error)
{
  *bytes = NULL;
  *length = 0;
  FILE *file = fopen(path, "rb");
  if (!file) return isw_error_set(error, ISW_BAD_INPUT, "cannot open '%s': %s", path, strerror(errno));
  struct isw_text text = {0};
  enum isw_status status = ISW_OK;
  char block[65536];
  errno = 0;
  for (size_t got; status == ISW_OK && (got = fread(block, 1, sizeof block, file)) > 0;) {
    if (text.length + got > ISW_SWEEP_FILE_LIMIT)
      status = isw_error_set(error, ISW_BAD_INPUT, "'%s' has more than 16 MiB: that is no sweep file", path);
    else if (isw_text_add_bytes(&text, block, got) != ISW_OK)
      status = isw_error_memory(error, text.length + got, path);
  }
  if (status == ISW_OK && ferror(file))
    status = isw_error_set(error, ISW_BAD_INPUT, "cannot read '%s': %s", path, strerror(errno));
  fclose(file);
  if (status == ISW_OK && !text.bytes)
    status = isw_text_add_bytes(&text, "", 0); /* an empty file is the reader's to judge */
  if (status != ISW_OK) {
    isw_text_clear(&text);
    return status;
  }
  *bytes = text.bytes;
  *length = text.length;
  return ISW_OK;
}

enum isw_status isw_absolute_folder_of(const char *path, char **folder, struct isw_error *error)
{
  const char *slash = strrchr(path, '/');
  char *given = slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : isw_copy_text(".");
  if (!given) return isw_error_memory(error, strlen(path) + 1, "a path");
  *folder = realpath(given, NULL);
  enum isw_status status =
      *folder ? ISW_OK : isw_error_set(error, ISW_BAD_INPUT, "there is no folder '%s': %s", given, strerror(errno));
  free(given);
  return status;
}

enum isw_status isw_load_sweep(const char *file, const char *folder, const char *bytes, size_t length,
                               const struct isw_overrides *overrides, struct isw_sweep **sweep, struct isw_error *error)
{
  size_t count;
  const struct isw_probe *const *probes = isw_probes(&count);
  /* First of all, because reading a sweep draws numbers: on a machine that no kernel runs on SLEEF does not either. */
  const struct isw_kernels *kernels;
  enum isw_status status = isw_kernels_choose(NULL, &kernels, error);
  if (status != ISW_OK) return status;
  const struct isw_row **rows = isw_allocate(count, sizeof *rows);
  bool *needs_classes = isw_allocate(2 * count, sizeof *needs_classes);
  size_t *parameters_most = isw_allocate(count, sizeof *parameters_most);
  if (!rows || !needs_classes || !parameters_most)
    status = isw_error_memory(error, count * sizeof *rows, "the probes");
  else {
    bool *once = needs_classes + count;
    for (size_t i = 0; i < count; i++) {
      rows[i] = &probes[i]->row;
      needs_classes[i] = (probes[i]->needs & ISW_NEEDS_CLASSES) != 0;
      parameters_most[i] = probes[i]->max_parameters;
      once[i] = probes[i]->quantity.per_run;
    }
    struct isw_sweep_source source = {.file = file,
                                      .folder = folder,
                                      .bytes = bytes,
                                      .length = length,
                                      .overrides = overrides->text,
                                      .override_count = overrides->count,
                                      .probes = rows,
                                      .probe_needs_classes = needs_classes,
                                      .probe_once = once,
                                      .probe_parameters_most = parameters_most,
                                      .probe_count = count};
    status = isw_sweep_read(&source, sweep, error);
  }
  free(rows);
  free(needs_classes);
  free(parameters_most);
  return status;
}

enum isw_status isw_open_sweep(const char *file, const struct isw_overrides *overrides, struct isw_sweep **sweep,
                               struct isw_error *error)
{
  char *bytes = NULL;
  size_t length;
  *sweep = NULL;
  enum isw_status status = isw_load_file(file, &bytes, &length, error);
  char *folder = NULL;
  if (status == ISW_OK) status = isw_absolute_folder_of(file, &folder, error);
  if (status == ISW_OK) status = isw_load_sweep(file, folder, bytes, length, overrides, sweep, error);
  free(bytes);
  free(folder);
  return status;
}

const struct isw_probe **isw_chosen_probes(const struct isw_sweep *sweep, size_t *count)
{
  const char *const *names;
  size_t all, chosen = isw_sweep_probes(sweep, &names);
  const struct isw_probe *const *probes = isw_probes(&all);
  const struct isw_probe **list = isw_allocate(chosen, sizeof *list);
  *count = 0;
  for (size_t i = 0; list && i < chosen; i++)
    for (size_t p = 0; p < all; p++)
      if (strcmp(names[i], probes[p]->row.name) == 0) list[(*count)++] = probes[p];
  return list;
}

const struct isw_pack_class *isw_class_of(const struct isw_packs *packs, uint64_t pack)
{
  size_t low = 0, high = isw_packs_classes(packs);
  while (high - low > 1) {
    size_t middle = low + (high - low) / 2;
    if (isw_packs_class(packs, middle)->first_pack <= pack)
      low = middle;
    else
      high = middle;
  }
  return isw_packs_class(packs, low);
}
