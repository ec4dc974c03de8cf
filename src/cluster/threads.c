/* How many threads a rank gets, and where they run. */
#include <omp.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "cluster_internal.h"

enum { PROCESSORS = 8192, WORDS = PROCESSORS / 64 };

/* The processors that a process may run on, as bits; returns their number, 0 where the system does not tell. */
static size_t affinity(pid_t process, uint64_t mask[WORDS])
{
  memset(mask, 0, WORDS * sizeof *mask);
  if (sched_getaffinity(process, WORDS * sizeof *mask, (cpu_set_t *)mask) != 0) return 0;
  size_t count = 0;
  for (size_t i = 0; i < WORDS; i++) count += (size_t)__builtin_popcountll(mask[i]);
  return count;
}

/* Gives each processor to the rank that has fewest of those that may run on it; returns what rank `mine` of `ranks` gets. */
static size_t own_part(size_t ranks, size_t mine, const uint64_t (*mask)[WORDS], size_t *got)
{
  for (size_t processor = 0; processor < PROCESSORS; processor++) {
    size_t poorest = ranks;
    for (size_t r = 0; r < ranks; r++)
      if (mask[r][processor / 64] >> processor % 64 & 1 && (poorest == ranks || got[r] < got[poorest])) poorest = r;
    if (poorest < ranks) got[poorest]++;
  }
  return got[mine];
}

/* Whether the user has said where threads run; the OpenMP library sees to it then. OMP_PROC_BIND=false: anywhere. */
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

/* The rank's own processors: those of its mask, or its stretch of them where other ranks have the same mask. Returns their
 * number; 0 where masks overlap in another way, as then nobody can tell whose a processor is. processor: [PROCESSORS] or NULL */
static size_t own_processors(size_t ranks, size_t mine, const uint64_t (*mask)[WORDS], int *processor)
{
  size_t count = 0, sharers = 0, before = 0, found = 0;
  for (size_t r = 0; r < ranks; r++) {
    bool same = memcmp(mask[r], mask[mine], sizeof *mask) == 0;
    for (size_t i = 0; i < WORDS; i++)
      if (!same && mask[r][i] & mask[mine][i]) return 0;
    sharers += same;
    before += same && r < mine;
  }
  for (size_t i = 0; i < WORDS; i++) count += (size_t)__builtin_popcountll(mask[mine][i]);
  size_t rest = count % sharers, part = count / sharers + (before < rest);
  size_t first = count / sharers * before + (before < rest ? before : rest);
  for (size_t p = 0; processor && p < PROCESSORS; p++)
    if (mask[mine][p / 64] >> p % 64 & 1) {
      if (found >= first && found < first + part) processor[found - first] = (int)p;
      found++;
    }
  return part;
}

/* Decides where the workers are pinned: only where they fill the rank's processors, one each. Fewer may have been asked for
 * because of other programs, and nobody tells these which processors are taken. */
static void place_workers(struct isw_cluster *cluster, size_t threads, size_t ranks, size_t mine,
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
  mask[processor / 64] = UINT64_C(1) << processor % 64;
  (void)sched_setaffinity(0, sizeof mask, (cpu_set_t *)mask); /* a system that refuses leaves it where it is */
}

static size_t from_environment(void)
{
  const char *text = getenv("OMP_NUM_THREADS");
  char *end;
  unsigned long count = text ? strtoul(text, &end, 10) : 0; /* "4,2" is for nested regions: the first counts */
  return count <= 65536 ? count : 0;
}

size_t isw_own_threads(void)
{
  uint64_t own[WORDS];
  size_t wanted = from_environment(), processors = affinity(0, own);
  return wanted > 0 ? wanted : processors > 0 ? processors : 1;
}

size_t isw_cluster_threads(struct isw_cluster *cluster, size_t wanted, const char **advice)
{
  *advice = NULL;
  MPI_Comm host;
  MPI_Comm_split_type(cluster->everyone, MPI_COMM_TYPE_SHARED, cluster->rank, MPI_INFO_NULL, &host);
  int ranks, mine;
  MPI_Comm_size(host, &ranks);
  MPI_Comm_rank(host, &mine);
  uint64_t own[WORDS];
  size_t processors = affinity(0, own);
  uint64_t(*mask)[WORDS] = isw_allocate((size_t)ranks, sizeof *mask);
  size_t *got = isw_allocate((size_t)ranks, sizeof *got);
  if (!mask || !got) isw_out_of_memory(cluster); /* the others are in the call already */
  MPI_Allgather(own, WORDS, MPI_UINT64_T, mask, WORDS, MPI_UINT64_T, host);
  MPI_Comm_free(&host);

  size_t part = own_part((size_t)ranks, (size_t)mine, (const uint64_t(*)[WORDS])mask, got);
  size_t used = 0;
  for (int r = 0; r < ranks; r++) used += got[r];
  free(got);

  size_t threads = wanted ? wanted : from_environment();
  bool chosen = threads > 0;
  if (!chosen) threads = part > 0 ? part : 1;

  /* one more thread than the workers' runs beside them; the team comes out smaller where OMP_THREAD_LIMIT says so */
  size_t limit = (size_t)omp_get_thread_limit();
  size_t asked = threads;
  if (threads >= limit) threads = limit > 1 ? limit - 1 : 1;
  place_workers(cluster, threads, (size_t)ranks, (size_t)mine, (const uint64_t(*)[WORDS])mask);
  free(mask);

  uint64_t parent_mask[WORDS];
  size_t parents = getenv("OMPI_COMM_WORLD_SIZE") ? affinity(getppid(), parent_mask) : 0;
  if (cluster->rank == 0) {
    struct isw_text text = {0};
    if (threads < asked)
      isw_text_add(&text, "OMP_THREAD_LIMIT=%zu leaves %zu of %zu worker threads (one more thread serves messages)",
                   limit, threads, asked);
    else if (parents >= 2 * used && used > 0 && (!chosen || threads > processors))
      isw_text_add(&text,
                   "mpirun pinned its %d rank%s on this machine to %zu of %zu processors: "
                   "`mpirun --bind-to none` lets them use all",
                   ranks, ranks == 1 ? "" : "s", used, parents);
    free(cluster->advice);
    cluster->advice = text.bytes;
    *advice = cluster->advice;
  }
  return threads;
}
