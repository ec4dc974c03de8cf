/* How much memory the processes of a machine may use: what it has, or less where a control group limits it, as batch
 * systems and containers do. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "initsweep/base.h"

enum { FILE_LIMIT = 1 << 20 };

/* The text of a small file below `root`; NULL if it cannot be read. Release with free(). */
static char *read_text(const char *root, const char *path)
{
  struct isw_text name = {0};
  char *text;
  size_t length;
  bool read = isw_text_add(&name, "%s%s", root, path) == ISW_OK &&
              isw_file_read(name.bytes, FILE_LIMIT, ISW_REGULAR_FILE, &text, &length, NULL) == ISW_OK;
  isw_text_clear(&name);
  return read ? text : NULL;
}

/* The bytes that a limit file permits; INFINITY if it is missing or, as version 2 writes it, "max". */
static double read_limit(const char *root, const char *folder, const char *file)
{
  struct isw_text path = {0};
  double limit = INFINITY;
  char *end, *text = isw_text_add(&path, "%s/%s", folder, file) == ISW_OK ? read_text(root, path.bytes) : NULL;
  if (text) {
    double bytes = strtod(text, &end);
    if (end != text && bytes > 0) limit = bytes;
  }
  free(text);
  isw_text_clear(&path);
  return limit;
}

/* The smallest limit of a group and those above it. In a container the group's own path may not exist below the mount
 * point; the limit is then that of the mount point. */
static double group_limit(const char *root, const char *mount, const char *group, const char *file)
{
  struct isw_text path = {0};
  double least = read_limit(root, mount, file);
  size_t above = strlen(mount);
  if (isw_text_add(&path, "%s%s", mount, group) != ISW_OK) return least;
  while (path.length > above) {
    double limit = read_limit(root, path.bytes, file);
    if (limit < least) least = limit;
    while (path.length > above && path.bytes[path.length - 1] != '/') path.bytes[--path.length] = '\0';
    if (path.length > above) path.bytes[--path.length] = '\0';
  }
  isw_text_clear(&path);
  return least;
}

/* Whether a comma-separated list of controllers holds "memory". */
static bool has_memory(const char *list, size_t length)
{
  static const char word[] = "memory";
  for (const char *at = list, *end = list + length; at < end; at += strcspn(at, ",:") + 1)
    if (strcspn(at, ",:") == sizeof word - 1 && memcmp(at, word, sizeof word - 1) == 0) return true;
  return false;
}

/* /proc/self/cgroup has a line "ID:CONTROLLERS:PATH" for each hierarchy; version 2 is "0::PATH". */
static double groups_limit(const char *root)
{
  char *text = read_text(root, "/proc/self/cgroup"), *rest = NULL;
  double least = INFINITY;
  for (char *line = text ? strtok_r(text, "\n", &rest) : NULL; line; line = strtok_r(NULL, "\n", &rest)) {
    char *controllers = strchr(line, ':'), *path = controllers ? strchr(controllers + 1, ':') : NULL;
    double limit = INFINITY;
    if (path && path == controllers + 1)
      limit = group_limit(root, "/sys/fs/cgroup", path + 1, "memory.max");
    else if (path && has_memory(controllers + 1, (size_t)(path - controllers) - 1))
      limit = group_limit(root, "/sys/fs/cgroup/memory", path + 1, "memory.limit_in_bytes");
    if (limit < least) least = limit;
  }
  free(text);
  return least;
}

static double machine_memory(const char *root)
{
  static const char key[] = "MemTotal:";
  char *text = read_text(root, "/proc/meminfo"), *line = text ? strstr(text, key) : NULL;
  double kibibytes = line ? strtod(line + sizeof key - 1, NULL) : 0;
  free(text);
  return kibibytes > 0 ? 1024 * kibibytes : INFINITY;
}

struct isw_memory_limit isw_memory_limit(const char *root)
{
  double machine = machine_memory(root), groups = groups_limit(root);
  bool limited = groups < machine;
  return (struct isw_memory_limit){.bytes = limited ? groups : machine, .is_group = limited};
}
