/* Loads a sweep file from its path: reads its bytes and finds the folder that is the base of its data paths. */
#include <errno.h>
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

enum isw_status isw_absolute_folder_of(const char *path, char **folder, struct isw_error *error)
{
  char *given = isw_path_folder(path);
  if (!given) return isw_error_memory(error, strlen(path) + 1, "a path");
  *folder = realpath(given, NULL);
  enum isw_status status =
      *folder ? ISW_OK : isw_error_set(error, ISW_BAD_INPUT, "there is no folder '%s': %s", given, strerror(errno));
  free(given);
  return status;
}

static enum isw_status load(struct isw_sweep_source source, const struct isw_overrides *overrides,
                            struct isw_sweep **sweep, struct isw_error *error)
{
  /* First of all, because reading a sweep draws random numbers: where no kernel can run, they cannot be drawn
   * either. */
  const struct isw_kernels *kernels;
  enum isw_status status = isw_kernels_choose(NULL, &kernels, error);
  if (status != ISW_OK) return status;
  source.overrides = overrides->text;
  source.override_count = overrides->count;
  return isw_sweep_read(&source, sweep, error);
}

enum isw_status isw_load_sweep(const char *file, const char *folder, const char *bytes, size_t length,
                               const struct isw_overrides *overrides, struct isw_sweep **sweep, struct isw_error *error)
{
  return load((struct isw_sweep_source){.file = file, .folder = folder, .bytes = bytes, .length = length}, overrides,
              sweep, error);
}

enum isw_status isw_load_shared_sweep(const char *file, const char *folder, const char *bytes, size_t length,
                                      const struct isw_overrides *overrides, const struct isw_data_memory *memory,
                                      struct isw_sweep **sweep, struct isw_error *error)
{
  return load(
      (struct isw_sweep_source){.file = file, .folder = folder, .bytes = bytes, .length = length, .memory = memory},
      overrides, sweep, error);
}

enum isw_status isw_load_stored_sweep(const char *file, const char *folder, const char *bytes, size_t length,
                                      const struct isw_overrides *overrides, struct isw_sweep **sweep,
                                      struct isw_error *error)
{
  return load(
      (struct isw_sweep_source){.file = file, .folder = folder, .bytes = bytes, .length = length, .stored = true},
      overrides, sweep, error);
}

enum isw_status isw_open_sweep(const char *file, const struct isw_overrides *overrides, struct isw_sweep **sweep,
                               struct isw_error *error)
{
  char *bytes = NULL;
  size_t length;
  *sweep = NULL;
  enum isw_status status = isw_file_read(file, ISW_SWEEP_FILE_LIMIT, ISW_ANY_FILE, &bytes, &length, error);
  char *folder = NULL;
  if (status == ISW_OK) status = isw_absolute_folder_of(file, &folder, error);
  if (status == ISW_OK) status = isw_load_sweep(file, folder, bytes, length, overrides, sweep, error);
  free(bytes);
  free(folder);
  return status;
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
