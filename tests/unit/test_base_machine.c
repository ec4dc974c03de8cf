/* The memory limit of a machine, from files of /proc and of control groups in a folder of the test's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>
#include "initsweep/base.h"

static char root[] = "/tmp/initsweep-machine-XXXXXX";

/* Writes a file below the root, with its folders. */
static void put(const char *path, const char *text)
{
  char *name = isw_path_join(root, path + 1);
  for (char *slash = strchr(name + sizeof root, '/'); slash; slash = strchr(slash + 1, '/')) {
    *slash = '\0';
    (void)mkdir(name, 0700);
    *slash = '/';
  }
  FILE *file = fopen(name, "w");
  assert_non_null(file);
  fputs(text, file);
  fclose(file);
  free(name);
}

static void assert_limit(double bytes, bool is_group)
{
  struct isw_memory_limit limit = isw_memory_limit(root);
  assert_true(limit.bytes == bytes);
  assert_int_equal(limit.is_group, is_group);
}

static int make_root(void **state)
{
  (void)state;
  strcpy(root + strlen(root) - 6, "XXXXXX");
  return mkdtemp(root) ? 0 : -1;
}

static int remove_root(void **state)
{
  (void)state;
  char command[64];
  snprintf(command, sizeof command, "rm -r '%s'", root);
  return system(command);
}

static void nothing_is_known_without_files(void **state)
{
  (void)state;
  assert_limit(INFINITY, false);
  put("/proc/meminfo", "");
  put("/proc/self/cgroup", "rubbish\n::\n\n0:\n7:memory\n");
  assert_limit(INFINITY, false);
}

static void the_machine_is_the_limit_without_groups(void **state)
{
  (void)state;
  put("/proc/meminfo", "MemFree:  5 kB\nMemTotal:       1000 kB\nMemAvailable: 7 kB\n");
  assert_limit(1024e3, false);
  put("/proc/self/cgroup", "0::/user.slice\n");
  put("/sys/fs/cgroup/user.slice/memory.max", "max\n");
  assert_limit(1024e3, false);
  put("/sys/fs/cgroup/user.slice/memory.max", "2048000\n"); /* more than there is */
  assert_limit(1024e3, false);
}

static void the_smallest_group_above_is_the_limit(void **state)
{
  (void)state;
  put("/proc/meminfo", "MemTotal: 1000 kB\n");
  put("/proc/self/cgroup", "0::/slurm/job_7/step_0\n");
  put("/sys/fs/cgroup/slurm/job_7/step_0/memory.max", "max\n");
  put("/sys/fs/cgroup/slurm/job_7/memory.max", "4096\n");
  put("/sys/fs/cgroup/slurm/memory.max", "8192\n");
  assert_limit(4096, true);
  put("/sys/fs/cgroup/slurm/job_7/step_0/memory.max", "2048\n");
  assert_limit(2048, true);
}

static void a_container_sees_its_limit_at_the_mount_point(void **state)
{
  (void)state;
  put("/proc/meminfo", "MemTotal: 1000 kB\n");
  put("/proc/self/cgroup", "0::/\n");
  put("/sys/fs/cgroup/memory.max", "5000\n");
  assert_limit(5000, true);
  put("/proc/self/cgroup", "0::/docker/0123\n"); /* the host's path, which is not mounted */
  assert_limit(5000, true);
}

static void version_1_has_a_hierarchy_of_its_own(void **state)
{
  (void)state;
  put("/proc/meminfo", "MemTotal: 1000 kB\n");
  put("/proc/self/cgroup", "4:cpu,cpuacct:/batch\n3:hugetlb,memory:/batch/job\n2:memory_pressure:/x\n0::/\n");
  put("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  assert_limit(1024e3, false);
  put("/sys/fs/cgroup/memory/batch/job/memory.limit_in_bytes", "6000\n");
  assert_limit(6000, true);
  put("/sys/fs/cgroup/memory/x/memory.limit_in_bytes", "10\n"); /* of another controller */
  assert_limit(6000, true);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(nothing_is_known_without_files, make_root, remove_root),
      cmocka_unit_test_setup_teardown(the_machine_is_the_limit_without_groups, make_root, remove_root),
      cmocka_unit_test_setup_teardown(the_smallest_group_above_is_the_limit, make_root, remove_root),
      cmocka_unit_test_setup_teardown(a_container_sees_its_limit_at_the_mount_point, make_root, remove_root),
      cmocka_unit_test_setup_teardown(version_1_has_a_hierarchy_of_its_own, make_root, remove_root),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
