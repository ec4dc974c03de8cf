/* `run` with a different order of the packs in the queue, for which the program has no option: run_with_stride STRIDE
 * SWEEP OUT, alone or under mpirun. The exit status is the program's. */
#include <stdio.h>
#include <stdlib.h>
#include "initsweep/run.h"

int main(int argc, char **argv)
{
  if (argc != 4) return ISW_BAD_INPUT;
  struct isw_run_settings settings = {
      .pack_stride = strtoull(argv[1], NULL, 10), .file = argv[2], .out = argv[3], .quiet = true, .command_line = ""};
  struct isw_cluster *cluster;
  struct isw_run_report report = {0};
  struct isw_error error = {0};
  enum isw_status status = isw_cluster_create(&argc, &argv, &cluster, &error);
  if (status != ISW_OK) return isw_print_error(status, &error);
  status = isw_run(cluster, &settings, &report, &error);
  if (status != ISW_OK && isw_cluster_rank(cluster) == 0) isw_print_error(status, &error);
  isw_run_report_clear(&report);
  isw_error_clear(&error);
  isw_cluster_destroy(cluster);
  return (int)status;
}
