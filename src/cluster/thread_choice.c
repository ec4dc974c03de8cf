/* How many worker threads a rank has, and what to tell the user where a launcher or a limit makes them fewer than the
 * machine could run, or where they are more than it can; no MPI, no system calls. */
#include "cluster_internal.h"

/* The whole processors of a quota that is divided among the ranks that share it. A fraction is left unused, because
 * threads that wait for each other in a shared pack lose more by being stopped than it gives. */
static size_t quota_processors(const struct isw_thread_facts *facts)
{
  enum { MAX_PROCESSORS = 1 << 20 };
  double part = facts->quota / (double)(facts->quota_ranks > 0 ? facts->quota_ranks : 1);
  if (!(part < MAX_PROCESSORS)) return MAX_PROCESSORS;
  return part > 1.0 ? (size_t)part : 1;
}

/* The number of threads without OMP_THREAD_LIMIT. */
static size_t unlimited_threads(const struct isw_thread_facts *facts)
{
  size_t quota = quota_processors(facts), part = facts->part > 0 ? facts->part : 1;
  if (facts->wanted > 0) return facts->wanted;
  return part < quota ? part : quota;
}

size_t isw_choose_threads(const struct isw_thread_facts *facts)
{
  size_t threads = unlimited_threads(facts);
  /* one more thread than the workers communicates */
  if (threads >= facts->limit) threads = facts->limit > 1 ? facts->limit - 1 : 1;
  return threads;
}

bool isw_threads_outnumber_processors(const struct isw_thread_facts *facts, size_t threads)
{
  size_t all = facts->ranks * threads;
  return (facts->used > 0 && all > facts->used) || threads > quota_processors(facts);
}

/* Appends that a launcher bound the ranks to a part of the processors; false if it did not. */
static bool advise_on_binding(const struct isw_thread_facts *facts, struct isw_text *text)
{
  const char *plural = facts->ranks == 1 ? "" : "s";
  if (facts->used == 0 || (facts->wanted > 0 && facts->wanted <= facts->processors)) return false;
  if (facts->mpirun >= 2 * facts->used) {
    isw_text_add(text,
                 "mpirun pinned its %zu rank%s on this machine to %zu of %zu processors: "
                 "`mpirun --bind-to none` lets them use all",
                 facts->ranks, plural, facts->used, facts->mpirun);
    return true;
  }
  if (!facts->launched || facts->processors != 1 || facts->available < 2 * facts->used) return false;
  if (facts->in_slurm_step)
    isw_text_add(text,
                 "the Slurm step leaves its %zu rank%s on this machine %zu of the job's %zu processors: "
                 "`srun --cpus-per-task=%zu` gives %s all",
                 facts->ranks, plural, facts->used, facts->available, facts->available / facts->ranks,
                 facts->ranks == 1 ? "it" : "them");
  else
    isw_text_add(text,
                 "the launcher leaves its %zu rank%s on this machine %zu of %zu processors: let it bind ranks to more, "
                 "or not at all (Open MPI: mpirun --bind-to none; MPICH: mpiexec -bind-to none)",
                 facts->ranks, plural, facts->used, facts->available);
  return true;
}

/* Appends that more threads than processors were requested. */
static void advise_on_number(const struct isw_thread_facts *facts, size_t threads, struct isw_text *text)
{
  size_t quota = quota_processors(facts), share = facts->used / facts->ranks;
  if (facts->wanted < 2 || !isw_threads_outnumber_processors(facts, threads)) return;
  if (share == 0) share = 1;
  bool by_quota = quota < share;
  if (by_quota) share = quota;
  isw_text_add(text,
               "%zu worker threads per rank are more than the %zu processor%s that %s: they wait for each other where "
               "they share a pack; `--threads %zu` is faster",
               threads, share, share == 1 ? "" : "s",
               by_quota ? "the CPU quota of the job or container allows" : "each rank has on this machine", share);
}

void isw_advise_on_threads(const struct isw_thread_facts *facts, size_t threads, struct isw_text *text)
{
  size_t unlimited = unlimited_threads(facts);
  if (threads < unlimited)
    isw_text_add(text, "OMP_THREAD_LIMIT=%zu leaves %zu of %zu worker threads (one more thread serves messages)",
                 facts->limit, threads, unlimited);
  else if (!advise_on_binding(facts, text))
    advise_on_number(facts, threads, text);
}
