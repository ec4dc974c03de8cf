/* What the processes of a machine may use: its memory, or less where a control group limits it, as batch systems and
 * containers do, and the processor time that control groups allow.
 *
 * Why not hwloc: it reports which processors a process may run on, as sched_getaffinity does, but no CPU quotas. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
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

/* The number in a file of a group; INFINITY if it is missing, not positive (version 1: -1) or, as version 2 writes it,
 * "max". A second number, if there is one, divides the first. */
static double read_limit(const char *root, const char *folder, const char *file)
{
  struct isw_text path = {0};
  double limit = INFINITY;
  char *end, *text = isw_text_add(&path, "%s/%s", folder, file) == ISW_OK ? read_text(root, path.bytes) : NULL;
  if (text) {
    double number = strtod(text, &end), divisor = strtod(end, NULL);
    if (end != text && number > 0) limit = divisor > 0 ? number / divisor : number;
  }
  free(text);
  isw_text_clear(&path);
  return limit;
}

/* The bytes that a group may use. */
static double memory_of_1(const char *root, const char *folder)
{
  return read_limit(root, folder, "memory.limit_in_bytes");
}

static double memory_of_2(const char *root, const char *folder)
{
  return read_limit(root, folder, "memory.max");
}

/* The processors whose time a group may use. */
static double processors_of_1(const char *root, const char *folder)
{
  double quota = read_limit(root, folder, "cpu.cfs_quota_us"), period = read_limit(root, folder, "cpu.cfs_period_us");
  return isfinite(period) ? quota / period : (double)INFINITY;
}

static double processors_of_2(const char *root, const char *folder)
{
  return read_limit(root, folder, "cpu.max");
}

/* What a controller limits, in both versions of control groups. */
struct controller {
  const char *name, *mount; /* of version 1 */
  double (*version_1)(const char *root, const char *folder);
  double (*version_2)(const char *root, const char *folder);
};
static const struct controller memory_controller = {"memory", "/sys/fs/cgroup/memory", memory_of_1, memory_of_2};
static const struct controller processor_controller = {"cpu", "/sys/fs/cgroup/cpu", processors_of_1, processors_of_2};

/* The smallest limit so far, and a hash of the folder that has it. */
struct smallest {
  double limit;
  uint64_t folder;
};

static void keep_smallest(struct smallest *smallest, double limit, const struct isw_text *folder)
{
  if (limit < smallest->limit) *smallest = (struct smallest){limit, isw_hash(folder->bytes, folder->length, 0)};
}

/* Looks at a group and those above it. In a container the group's own path may not exist below the mount point; the
 * limit is then that of the mount point. */
static void visit_groups(const char *root, const char *mount, const char *group,
                         double (*limit)(const char *root, const char *folder), struct smallest *smallest)
{
  struct isw_text path = {0};
  size_t above = strlen(mount);
  bool named = isw_text_add(&path, "%s%s", mount, group) == ISW_OK;
  while (named && path.length > above) {
    keep_smallest(smallest, limit(root, path.bytes), &path);
    while (path.length > above && path.bytes[path.length - 1] != '/') path.bytes[--path.length] = '\0';
    if (path.length > above) path.bytes[--path.length] = '\0';
  }
  if (named) keep_smallest(smallest, limit(root, path.bytes), &path);
  isw_text_clear(&path);
}

/* Whether a comma-separated list of controllers holds `word`. */
static bool has_controller(const char *list, size_t length, const char *word)
{
  size_t letters = strlen(word);
  for (const char *at = list, *end = list + length; at < end; at += strcspn(at, ",:") + 1)
    if (strcspn(at, ",:") == letters && memcmp(at, word, letters) == 0) return true;
  return false;
}

/* /proc/self/cgroup has a line "ID:CONTROLLERS:PATH" for each hierarchy; version 2 is "0::PATH". */
static struct smallest groups_limit(const char *root, const struct controller *controller)
{
  char *text = read_text(root, "/proc/self/cgroup"), *rest = NULL;
  struct smallest smallest = {.limit = (double)INFINITY};
  for (char *line = text ? strtok_r(text, "\n", &rest) : NULL; line; line = strtok_r(NULL, "\n", &rest)) {
    char *controllers = strchr(line, ':'), *path = controllers ? strchr(controllers + 1, ':') : NULL;
    if (path && path == controllers + 1)
      visit_groups(root, "/sys/fs/cgroup", path + 1, controller->version_2, &smallest);
    else if (path && has_controller(controllers + 1, (size_t)(path - controllers) - 1, controller->name))
      visit_groups(root, controller->mount, path + 1, controller->version_1, &smallest);
  }
  free(text);
  return smallest;
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
  double machine = machine_memory(root), groups = groups_limit(root, &memory_controller).limit;
  bool limited = groups < machine;
  return (struct isw_memory_limit){.bytes = limited ? groups : machine, .is_group = limited};
}

struct isw_processor_quota isw_processor_quota(const char *root)
{
  const struct smallest smallest = groups_limit(root, &processor_controller);
  struct isw_processor_quota quota = {.processors = smallest.limit, .group = smallest.folder};
  char name[64]; /* containers name their groups alike: the namespace tells them apart */
  struct isw_text path = {0};
  ssize_t length =
      isw_text_add(&path, "%s/proc/self/ns/cgroup", root) == ISW_OK ? readlink(path.bytes, name, sizeof name) : -1;
  if (length > 0) quota.group = isw_hash(name, (size_t)length, quota.group);
  isw_text_clear(&path);
  return quota;
}
