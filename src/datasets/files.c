/* Finds data files: relative to the sweep file, or among the files that ship with the program. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "datasets_internal.h"

enum isw_status isw_data_path(const char *folder, const char *path, struct isw_text *full, struct isw_error *error)
{
  char *joined = isw_path_join(folder, path);
  bool added = joined && isw_text_add(full, "%s", joined) == ISW_OK;
  free(joined);
  return added ? ISW_OK : isw_error_memory(error, strlen(path), "a path");
}

/* Whether folder/share/initsweep/name, or folder/name if not shared, can be read; then *path owns that path. */
static bool found_file(const char *folder, size_t length, const char *name, bool shared, struct isw_text *path)
{
  struct isw_text candidate = {0};
  bool known = isw_text_add_bytes(&candidate, folder, length) == ISW_OK &&
               isw_text_add(&candidate, "/%s%s", shared ? "share/initsweep/" : "", name) == ISW_OK;
  bool found = known && access(candidate.bytes, R_OK) == 0;
  if (found) {
    isw_text_clear(path);
    *path = candidate;
  } else {
    isw_text_clear(&candidate);
  }
  return found;
}

/* Looks in the nearest share/initsweep at or above the folder of the running program. An installed tree may be moved, a
 * build folder links to the data, and no path of the machine that built the program is in it. */
static bool found_near_program(const char *name, struct isw_text *path)
{
  char program[4096];
  ssize_t length = readlink("/proc/self/exe", program, sizeof program);
  if (length <= 0 || (size_t)length == sizeof program) return false;
  for (size_t end = (size_t)length; end-- > 0;)
    if (program[end] == '/' && found_file(program, end, name, true, path)) return true;
  return false;
}

enum isw_status isw_shipped_file(const char *name, struct isw_text *path, struct isw_error *error)
{
  const char *asked = getenv("INITSWEEP_DATA");
  if (asked ? found_file(asked, strlen(asked), name, false, path)
            : found_near_program(name, path) ||
                  found_file(INITSWEEP_DATA_DIR_INSTALL, strlen(INITSWEEP_DATA_DIR_INSTALL), name, false, path))
    return ISW_OK;
  if (asked)
    return isw_error_set(error, ISW_BAD_INPUT,
                         "%s/%s cannot be read (the environment variable INITSWEEP_DATA names the folder)", asked,
                         name);
  return isw_error_set(error, ISW_BAD_INPUT,
                       "data file %s was found neither in a share/initsweep above the program nor in %s; "
                       "INITSWEEP_DATA may name its folder",
                       name, INITSWEEP_DATA_DIR_INSTALL);
}
