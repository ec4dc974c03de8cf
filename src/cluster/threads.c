/* Number of worker threads of a rank, and the processors to which they are bound; protocol.c creates the threads. */
#include <omp.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "cluster_internal.h"

enum { PROCESSORS = 8192, WORDS = PROCESSORS / 64 };

/* The processors that a process may run on, as a bit mask; returns their number, 0 if the system does not provide
 * it. */
static size_t read_affinity(pid_t process, uint64_t mask[WORDS])
{
  memset(mask, 0, WORDS * sizeof *mask);
  if (sched_getaffinity(process, WORDS * sizeof *mask, (cpu_set_t *)mask) != 0) return 0;
  return (size_t)isw_bits_count(mask, PROCESSORS);
}

/* Assigns each processor to the least loaded of the ranks that may run on it. got: [ranks] zeros, then each rank's
 * number of processors; returns rank `mine`'s. */
static size_t divide_processors(size_t ranks, size_t mine, const uint64_t (*mask)[WORDS], size_t *got)
{
  for (size_t processor = 0; processor < PROCESSORS; processor++) {
    size_t least_loaded = ranks;
    for (size_t r = 0; r < ranks; r++)
      if (isw_bits_has(mask[r], processor) && (least_loaded == ranks || got[r] < got[least_loaded])) least_loaded = r;
    if (least_loaded < ranks) got[least_loaded]++;
  }
  return got[mine];
}

/* Whether the user has set where threads run, in which case the OpenMP library decides. OMP_PROC_BIND=false:
 * anywhere. */
static bool placed_by_user(void)
{
  static const char *const names[] = {"OMP_PROC_BIND", "OMP_PLACES", "GOMP_CPU_AFFINITY", "KMP_AFFINITY"};
  bool placed = false;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    const char *text = getenv(names[i]);
    placed = placed || (text && *text);
  }
  return placed;
}

/* The rank's own processors: those of its mask, or its part of them if other ranks have the same mask. Returns their
 * number; 0 if masks overlap in another way, which makes owners ambiguous. processor: [PROCESSORS] or NULL */
static size_t own_processors(size_t ranks, size_t mine, const uint64_t (*mask)[WORDS], int *processor)
{
  size_t same_mask_ranks = 1, before = 0, found = 0; /* the rank itself */
  for (size_t r = 0; r < ranks; r++) {
    if (r == mine) continue;
    bool same = memcmp(mask[r], mask[mine], sizeof *mask) == 0;
    for (size_t i = 0; i < WORDS; i++)
      if (!same && mask[r][i] & mask[mine][i]) return 0;
    same_mask_ranks += same;
    before += same && r < mine;
  }
  size_t count = (size_t)isw_bits_count(mask[mine], PROCESSORS);
  size_t rest = count % same_mask_ranks, part = count / same_mask_ranks + (before < rest);
  size_t first = count / same_mask_ranks * before + (before < rest ? before : rest);
  for (size_t p = 0; processor && p < PROCESSORS; p++)
    if (isw_bits_has(mask[mine], p)) {
      if (found >= first && found < first + part) processor[found - first] = (int)p;
      found++;
    }
  return part;
}

/* Chooses the processors to which workers are bound, only if there is one worker for each of the rank's own processors.
 * With fewer workers, other programs may run on the rest, and which processors they use is unknown. */
static void choose_processors(struct isw_cluster *cluster, size_t threads, size_t ranks, size_t mine,
                              const uint64_t (*mask)[WORDS])
{
  free(cluster->processor);
  cluster->processor = NULL;
  cluster->processors = 0;
  if (placed_by_user() || own_processors(ranks, mine, mask, NULL) != threads) return;
  cluster->processor = isw_allocate(threads, sizeof *cluster->processor);
  if (!cluster->processor) return; /* slower, not wrong */
  cluster->processors = own_processors(ranks, mine, mask, cluster->processor);
}

void isw_pin_worker(const struct isw_cluster *cluster, size_t workers, size_t worker)
{
  uint64_t mask[WORDS] = {0};
  if (cluster->processors == 0 || cluster->processors != workers) return;
  int processor = cluster->processor[worker];
  isw_bits_add(mask, (uint64_t)processor);
  (void)sched_setaffinity(0, sizeof mask, (cpu_set_t *)mask); /* if refused, it stays unbound: slower, not wrong */
}

static size_t threads_from_environment(void)
{
  enum { MAX_THREADS = 65536 };
  const char *text = getenv("OMP_NUM_THREADS");
  char *end;
  unsigned long count = text ? strtoul(text, &end, 10) : 0; /* "4,2" is for nested regions: the first counts */
  return count <= MAX_THREADS ? count : MAX_THREADS;        /* as many as --threads accepts */
}

size_t isw_cluster_default_threads(void)
{
  uint64_t own[WORDS];
  const struct isw_thread_facts facts = {.ranks = 1,
                                         .part = read_affinity(0, own),
                                         .quota = isw_processor_quota("").processors,
                                         .wanted = threads_from_environment(),
                                         .limit = SIZE_MAX};
  return isw_choose_threads(&facts);
}

/* The processors of this host that the job has (in a Slurm step), or else the machine. */
static size_t available_processors(void)
{
  const char *job = isw_launch_in_slurm_step() ? getenv("SLURM_JOB_CPUS_PER_NODE") : NULL;
  long machine = sysconf(_SC_NPROCESSORS_ONLN);
  size_t of_job = job ? (size_t)strtoul(job, NULL, 10) : 0; /* "16(x2),8": the first host's */
  return of_job > 0 ? of_job : machine > 0 ? (size_t)machine : 0;
}

/* What the ranks of a host tell each other. */
struct rank_processors {
  uint64_t mask[WORDS], quota_group;
};

/* Sets what the ranks of this host find out together, and chooses the processors to which workers are bound. */
static void divide_host(struct isw_cluster *cluster, struct isw_thread_facts *facts)
{
  MPI_Comm host = MPI_COMM_NULL;
  int ranks = 1, mine = 0;
  if (cluster->size > 1) {
    MPI_Comm_split_type(cluster->everyone, MPI_COMM_TYPE_SHARED, cluster->rank, MPI_INFO_NULL, &host);
    MPI_Comm_size(host, &ranks);
    MPI_Comm_rank(host, &mine);
  }
  struct isw_processor_quota quota = isw_processor_quota("");
  struct rank_processors own = {.quota_group = quota.group};
  facts->processors = read_affinity(0, own.mask);
  facts->ranks = (size_t)ranks;
  facts->quota = quota.processors;
  struct rank_processors *all = isw_allocate(facts->ranks, sizeof *all);
  uint64_t(*mask)[WORDS] = isw_allocate(facts->ranks, sizeof *mask);
  size_t *got = isw_allocate(facts->ranks, sizeof *got);
  if (!all || !mask || !got) isw_out_of_memory(cluster); /* the other ranks are already in the collective call */
  if (host == MPI_COMM_NULL) {
    all[0] = own;
  } else {
    MPI_Allgather(&own, sizeof own, MPI_BYTE, all, sizeof own, MPI_BYTE, host);
    MPI_Comm_free(&host);
  }
  for (size_t r = 0; r < facts->ranks; r++) {
    memcpy(mask[r], all[r].mask, sizeof *mask);
    facts->quota_ranks += all[r].quota_group == quota.group;
  }
  facts->part = divide_processors(facts->ranks, (size_t)mine, (const uint64_t(*)[WORDS])mask, got);
  for (size_t r = 0; r < facts->ranks; r++) facts->used += got[r];
  choose_processors(cluster, isw_choose_threads(facts), facts->ranks, (size_t)mine, (const uint64_t(*)[WORDS])mask);
  free(got);
  free(mask);
  free(all);
}

size_t isw_cluster_threads(struct isw_cluster *cluster, size_t wanted, const char **advice)
{
  uint64_t mask[WORDS];
  struct isw_thread_facts facts = {.mpirun = getenv("OMPI_COMM_WORLD_SIZE") ? read_affinity(getppid(), mask) : 0,
                                   .available = available_processors(),
                                   .launched = isw_launch_is_launched(),
                                   .in_slurm_step = isw_launch_in_slurm_step(),
                                   .wanted = wanted > 0 ? wanted : threads_from_environment(),
                                   .limit = (size_t)omp_get_thread_limit()};
  divide_host(cluster, &facts);
  size_t threads = isw_choose_threads(&facts);
  cluster->crowded = isw_threads_outnumber_processors(&facts, threads);
  *advice = NULL;
  if (cluster->rank == 0) {
    struct isw_text text = {0};
    isw_advise_on_threads(&facts, threads, &text);
    free(cluster->advice);
    cluster->advice = text.bytes;
    *advice = cluster->advice;
  }
  return threads;
}
