/* The memory limit of a machine and the CPU quota, from files of /proc and of control groups in a folder of the test's
 * own. */
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

static void assert_quota(double processors)
{
  assert_true(isw_processor_quota(root).processors == processors);
}

static void no_quota_without_files(void **state)
{
  (void)state;
  assert_quota(INFINITY);
  put("/proc/self/cgroup", "0::/user.slice\n");
  put("/sys/fs/cgroup/user.slice/cpu.max", "max 100000\n");
  assert_quota(INFINITY);
  put("/sys/fs/cgroup/user.slice/cpu.max", "rubbish\n");
  assert_quota(INFINITY);
}

static void the_smallest_quota_above_counts(void **state)
{
  (void)state;
  put("/proc/self/cgroup", "0::/pod/box/main\n");
  put("/sys/fs/cgroup/pod/box/main/cpu.max", "max 100000\n");
  put("/sys/fs/cgroup/pod/box/cpu.max", "400000 100000\n");
  assert_quota(4);
  uint64_t box = isw_processor_quota(root).group;
  put("/sys/fs/cgroup/pod/cpu.max", "75000 50000\n");
  assert_quota(1.5);
  assert_true(isw_processor_quota(root).group != box);
  put("/proc/self/cgroup", "0::/pod/other\n"); /* shares the pod's quota */
  uint64_t pod = isw_processor_quota(root).group;
  put("/proc/self/cgroup", "0::/pod/box/main\n");
  assert_true(isw_processor_quota(root).group == pod);
}

static void a_container_sees_its_quota_at_the_mount_point(void **state)
{
  (void)state;
  put("/proc/self/cgroup", "0::/docker/0123\n");
  put("/sys/fs/cgroup/cpu.max", "100000 100000\n");
  assert_quota(1);
}

static void version_1_has_quota_and_period_in_two_files(void **state)
{
  (void)state;
  put("/proc/self/cgroup", "5:cpuset:/batch\n4:cpu,cpuacct:/batch/job\n0::/\n");
  put("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n");
  put("/sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
  assert_quota(INFINITY);
  put("/sys/fs/cgroup/cpu/batch/cpu.cfs_quota_us", "250000\n");
  assert_quota(INFINITY); /* without its period */
  put("/sys/fs/cgroup/cpu/batch/cpu.cfs_period_us", "100000\n");
  assert_quota(2.5);
  put("/sys/fs/cgroup/cpu/batch/job/cpu.cfs_quota_us", "-1\n");
  put("/sys/fs/cgroup/cpu/batch/job/cpu.cfs_period_us", "100000\n");
  assert_quota(2.5);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(nothing_is_known_without_files, make_root, remove_root),
      cmocka_unit_test_setup_teardown(the_machine_is_the_limit_without_groups, make_root, remove_root),
      cmocka_unit_test_setup_teardown(the_smallest_group_above_is_the_limit, make_root, remove_root),
      cmocka_unit_test_setup_teardown(a_container_sees_its_limit_at_the_mount_point, make_root, remove_root),
      cmocka_unit_test_setup_teardown(version_1_has_a_hierarchy_of_its_own, make_root, remove_root),
      cmocka_unit_test_setup_teardown(no_quota_without_files, make_root, remove_root),
      cmocka_unit_test_setup_teardown(the_smallest_quota_above_counts, make_root, remove_root),
      cmocka_unit_test_setup_teardown(a_container_sees_its_quota_at_the_mount_point, make_root, remove_root),
      cmocka_unit_test_setup_teardown(version_1_has_quota_and_period_in_two_files, make_root, remove_root),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
