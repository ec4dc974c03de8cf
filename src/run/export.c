/* Writes the results file of a sweep from its journals: the provenance, and the parts, which assemble.c makes. The file
 * format is the results room's subject. */
#include <stdlib.h>
#include "initsweep/hdf5.h"
#include "run/run_internal.h"

static void written(void *context, uint64_t networks)
{
  isw_progress_write(((struct isw_description *)context)->progress, networks);
}

enum { FACTS_MAX = 24 };

static size_t list_facts(const struct isw_run_facts *facts, const char *end, struct isw_provenance *list)
{
  const char *job = getenv("SLURM_JOB_ID");
  size_t n = 0;
  list[n++] = (struct isw_provenance){"program_version", isw_version(), 0};
  list[n++] = (struct isw_provenance){"git_description", isw_version_git(), 0};
  list[n++] = (struct isw_provenance){"compiler", isw_version_compiler(), 0};
  list[n++] = (struct isw_provenance){"compiler_flags", isw_version_flags(), 0};
  list[n++] = (struct isw_provenance){"hdf5", isw_hdf5_library(), 0};
  list[n++] = (struct isw_provenance){"mpi", isw_cluster_library(), 0};
  list[n++] = (struct isw_provenance){"libyaml", isw_version_yaml(), 0};
  list[n++] = (struct isw_provenance){"xxhash", isw_version_xxhash(), 0};
  list[n++] = (struct isw_provenance){"kernels", facts->kernels, 0};
  list[n++] = (struct isw_provenance){"trained_by", facts->programs, 0};
  list[n++] = (struct isw_provenance){"command_line", facts->command_line, 0};
  list[n++] = (struct isw_provenance){"hosts", facts->hosts, 0};
  list[n++] = (struct isw_provenance){"slurm_job_id", job ? job : "", 0};
  list[n++] = (struct isw_provenance){"start_time", facts->start, 0};
  list[n++] = (struct isw_provenance){"end_time", end, 0};
  list[n++] = (struct isw_provenance){"ranks", NULL, (double)facts->ranks};
  list[n++] = (struct isw_provenance){"threads", NULL, (double)facts->threads};
  list[n++] = (struct isw_provenance){"networks_trained", NULL, (double)facts->trained.networks};
  list[n++] = (struct isw_provenance){"network_steps", NULL, (double)facts->trained.network_steps};
  list[n++] = (struct isw_provenance){"seconds", NULL, facts->seconds};
  return n;
}

enum isw_status isw_export(struct isw_cluster *cluster, const char *path, const struct isw_sweep *sweep,
                           struct isw_index *index, struct isw_early *early, const struct isw_run_facts *facts,
                           enum isw_network_status absent, uint64_t replaces, struct isw_progress *progress,
                           struct isw_error *error)
{
  struct isw_description own = {0}, *description = early ? isw_early_description(early) : &own;
  struct isw_provenance provenance[FACTS_MAX];
  char end[ISW_NUMBER_SIZE];
  isw_format_utc_now(end);
  enum isw_status status = early ? ISW_OK : isw_description_create(description, sweep, error);
  struct isw_results_head *head = &description->head;
  description->progress = progress;
  head->progress = progress ? written : NULL;
  head->absent = absent;
  head->replaces = replaces;
  head->provenance_count = list_facts(facts, end, provenance);
  head->provenance = provenance;
  head->threads = facts->threads;
  if (cluster) status = isw_cluster_agree(cluster, status, error);
  if (status == ISW_OK) {
    uint64_t first = 0;
    struct isw_results_writer *writer = early ? isw_early_take(early, &first) : NULL;
    status = isw_assemble(cluster, path, head, index, writer, first, error);
  }
  if (status == ISW_FAILED && description->error.status != ISW_OK)
    status = isw_error_set(error, description->error.status, "%s", isw_error_text(&description->error));
  isw_description_clear(&own);
  return status;
}
