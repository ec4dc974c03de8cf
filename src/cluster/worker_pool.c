/* The worker threads of a rank and the packs that wait for them; how packs reach the rank is protocol.c's subject. All
 * shared state is protected by one mutex, which a worker locks twice per pack (about 0.1 us compared with a pack's 84
 * us or more).
 *
 * An idle worker takes the next pack. If there are fewer packs than workers (share), it leads a team: it reserves its
 * share of the idle workers, who join when they wake up. The leader creates the pack, all members train it, and the
 * leader stores the outcome after the last member has returned.
 *
 * If many packs wait, a worker takes several mergeable ones. A pack becomes sparse when many of its networks have
 * ended; it is suspended until the others are done or sparse too, then the suspended packs are merged
 * (engine/compaction.c). */
#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include "cluster_internal.h"
#include "initsweep/exact.h"

struct isw_job {
  uint64_t number[ISW_MAX_PACKS_UNDER_WAY];
  size_t packs; /* more than one: mergeable, and trained by one member */
  struct isw_team *team;
  size_t members, joined, returned; /* joined and returned: without the leader */
  bool ready;
  bool resumes;          /* training continues after a checkpoint; written by the leader before a team barrier */
  struct isw_pack *pack; /* NULL when ready: it could not be created */
  struct isw_job *next;
};

enum isw_status isw_worker_pool_create(struct isw_worker_pool *pool, const struct isw_work *work,
                                       struct isw_error *error)
{
  *pool = (struct isw_worker_pool){.work = work, .threads = work->threads};
  pthread_condattr_t monotonic;
  bool made = pthread_condattr_init(&monotonic) == 0;
  if (made) {
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    made = pthread_mutex_init(&pool->mutex, NULL) == 0 && pthread_cond_init(&pool->worker_wakeup, NULL) == 0 &&
           pthread_cond_init(&pool->communicator_wakeup, &monotonic) == 0;
    pthread_condattr_destroy(&monotonic);
  }
  pool->under_way = made ? isw_allocate(work->threads, sizeof *pool->under_way) : NULL;
  if (made && !pool->under_way) {
    isw_worker_pool_clear(pool);
    return isw_error_memory(error, work->threads * sizeof *pool->under_way, "the worker threads");
  }
  return made ? ISW_OK : isw_error_set(error, ISW_FAILED, "cannot create a mutex for the worker threads");
}

void isw_worker_pool_clear(struct isw_worker_pool *pool)
{
  pthread_cond_destroy(&pool->communicator_wakeup);
  pthread_cond_destroy(&pool->worker_wakeup);
  pthread_mutex_destroy(&pool->mutex);
  isw_error_clear(&pool->error);
  free(pool->under_way);
}

/* ---- the caller holds the mutex ---- */

static void wake_communicator(struct isw_worker_pool *pool)
{
  pool->wakeup_pending = true;
  pthread_cond_signal(&pool->communicator_wakeup);
}

static void drop_waiting_packs(struct isw_worker_pool *pool)
{
  pool->ranges = 0;
  pool->waiting = 0;
}

static uint64_t next_pack(struct isw_worker_pool *pool)
{
  uint64_t pack = pool->range[0].first++;
  pool->waiting--;
  if (--pool->range[0].count == 0) {
    pool->ranges--;
    for (size_t i = 0; i < pool->ranges; i++) pool->range[i] = pool->range[i + 1];
  }
  return pack;
}

/* Keeps the first error; an error replaces an interruption. */
static void record_failure(struct isw_worker_pool *pool, enum isw_status status, struct isw_error *error)
{
  if (isw_worse_status(pool->status, status) != pool->status) {
    pool->status = status;
    if (isw_error_text(error)[0])
      isw_error_set(&pool->error, status, "%s", isw_error_text(error));
    else if (status != ISW_INTERRUPTED)
      isw_error_set(&pool->error, status, "training a pack failed without a message (status %d)", (int)status);
  }
  atomic_store(&pool->stop, 1);
  drop_waiting_packs(pool);
  wake_communicator(pool);
}

/* Joins a team that waits for members; NULL: no team does. */
static struct isw_job *join_team(struct isw_worker_pool *pool, size_t *member)
{
  struct isw_job *job = pool->joinable;
  if (!job) return NULL;
  *member = ++job->joined;
  if (job->joined == job->members - 1) pool->joinable = job->next;
  return job;
}

/* Takes a pack, or several mergeable ones, and reserves the idle workers that should share it; false: no pack waits. */
static bool take_pack(struct isw_worker_pool *pool, struct isw_job *job)
{
  if (pool->waiting == 0) return false;
  size_t members =
      pool->share && pool->waiting < pool->idle ? (size_t)((pool->idle + pool->waiting - 1) / pool->waiting) : 1;
  uint64_t part = pool->waiting / pool->threads;
  *job = (struct isw_job){.number = {next_pack(pool)}, .packs = 1};
  if (members > 1 && pool->work->max_threads_per_pack) {
    size_t most = pool->work->max_threads_per_pack(pool->work->context, job->number[0]);
    if (members > most) members = most > 0 ? most : 1;
  }
  job->members = members;
  while (members == 1 && pool->work->mergeable && job->packs < ISW_MAX_PACKS_UNDER_WAY && job->packs < part &&
         pool->work->mergeable(pool->work->context, job->number[0], pool->range[0].first))
    job->number[job->packs++] = next_pack(pool);
  pool->idle -= members;
  if (members > 1) {
    job->next = pool->joinable;
    pool->joinable = job;
    pthread_cond_broadcast(&pool->worker_wakeup);
  }
  if (pool->waiting <= pool->refill_level) wake_communicator(pool);
  return true;
}

double isw_worker_pool_cost_under_way(const struct isw_worker_pool *pool)
{
  double cost = 0;
  for (size_t w = 0; w < pool->threads; w++) {
    const struct isw_under_way *under_way = &pool->under_way[w];
    uint64_t step = atomic_load_explicit(&under_way->step, memory_order_relaxed);
    if (under_way->steps > 0 && step > under_way->first)
      cost += under_way->cost * (double)(step - under_way->first) / (double)under_way->steps;
  }
  return cost;
}

/* ---- the caller does not hold the mutex ---- */

static double cost_of(const struct isw_worker_pool *pool, uint64_t number)
{
  return pool->work->cost ? pool->work->cost(pool->work->context, number) : 1.0;
}

/* Lets the communicator see how far a pack is. */
static void show_under_way(struct isw_worker_pool *pool, size_t worker, uint64_t number, struct isw_pack *pack)
{
  struct isw_under_way *under_way = &pool->under_way[worker];
  pthread_mutex_lock(&pool->mutex);
  under_way->first = isw_pack_step(pack);
  under_way->steps = isw_pack_steps(pack);
  under_way->cost = cost_of(pool, number);
  atomic_store_explicit(&under_way->step, under_way->first, memory_order_relaxed);
  pthread_mutex_unlock(&pool->mutex);
  isw_pack_publish_step(pack, &under_way->step);
}

/* The packs that a worker has in training. */
struct packs_under_way {
  size_t count;
  struct isw_pack *pack[ISW_MAX_PACKS_UNDER_WAY];
  uint64_t number[ISW_MAX_PACKS_UNDER_WAY];
};

static enum isw_status checkpoint_all(struct isw_worker_pool *pool, size_t worker, const struct packs_under_way *all,
                                      struct isw_error *error)
{
  enum isw_status status = ISW_OK;
  for (size_t i = 0; status == ISW_OK && i < all->count; i++)
    if (isw_pack_step(all->pack[i]) > 0)
      status = pool->work->checkpoint(pool->work->context, worker, all->number[i], all->pack[i], error);
  return status;
}

/* Trains one of the packs as the leader of its team, and passes the states of all packs in training to checkpoint in
 * between. *suspended: training ended because the pack is sparse. */
static enum isw_status train_with_checkpoints(struct isw_worker_pool *pool, size_t worker, struct isw_job *job,
                                              struct isw_pack *pack, const struct packs_under_way *all, bool *suspended,
                                              struct isw_error *error)
{
  const struct isw_work *work = pool->work;
  enum isw_status status;
  bool checkpoints = work->checkpoint != NULL;
  if (checkpoints && work->checkpoint_seconds > 0) isw_pack_interrupt_on_change(pack, &pool->checkpoint_tick);
  do {
    status = isw_pack_train(pack, job->team, 0, &pool->stop);
    enum isw_status stored = ISW_OK;
    bool stop = atomic_load(&pool->stop) != 0;
    *suspended = status == ISW_INTERRUPTED && !stop && isw_pack_is_suspended(pack);
    if (status == ISW_INTERRUPTED && checkpoints && !*suspended) stored = checkpoint_all(pool, worker, all, error);
    if (checkpoints && work->checkpoint_seconds > 0) isw_pack_interrupt_on_change(pack, &pool->checkpoint_tick);
    job->resumes = status == ISW_INTERRUPTED && stored == ISW_OK && !stop && !*suspended;
    if (stored != ISW_OK) status = stored;
    if (job->members > 1) isw_team_wait(job->team);
  } while (job->resumes);
  return *suspended ? ISW_OK : status;
}

static enum isw_status finish_pack(const struct isw_worker_pool *pool, size_t worker, uint64_t number,
                                   const struct isw_pack *pack, struct isw_counts *counts, struct isw_error *error)
{
  struct isw_counts mine = {.packs = 1, .network_steps = isw_pack_network_steps(pack)};
  enum isw_status status =
      pool->work->finish(pool->work->context, worker, number, pack, &mine.networks, &mine.diverged, error);
  if (status != ISW_OK) return status;
  counts->packs += mine.packs;
  counts->networks += mine.networks;
  counts->diverged += mine.diverged;
  counts->network_steps += mine.network_steps;
  counts->cost += cost_of(pool, number);
  return ISW_OK;
}

/* Trains the packs of a job without a team, one after the other. Suspended packs stay in `all`, and are merged at the
 * end. */
static enum isw_status train_alone(struct isw_worker_pool *pool, size_t worker, struct isw_job *job,
                                   struct packs_under_way *all, struct isw_counts *counts, struct isw_error *error)
{
  const struct isw_work *work = pool->work;
  enum isw_status status = ISW_OK;
  for (size_t i = 0; status == ISW_OK && i < job->packs; i++) {
    struct isw_pack *pack;
    bool suspended = false;
    status = work->prepare(work->context, worker, job->number[i], &pack, error);
    if (status == ISW_INTERRUPTED && work->checkpoint) { /* of the suspended packs */
      enum isw_status stored = checkpoint_all(pool, worker, all, error);
      if (stored != ISW_OK) status = stored;
    }
    if (status != ISW_OK) break;
    all->number[all->count] = job->number[i];
    all->pack[all->count++] = pack;
    if (job->packs > 1)
      isw_pack_suspend_when_sparse(pack);
    else
      show_under_way(pool, worker, job->number[i], pack);
    status = train_with_checkpoints(pool, worker, job, pack, all, &suspended, error);
    if (status != ISW_OK || suspended) continue;
    status = finish_pack(pool, worker, job->number[i], pack, counts, error);
    isw_pack_destroy(pack);
    all->count--;
  }
  for (struct isw_pack *pack;
       status == ISW_OK && all->count > 0 && (pack = isw_packs_compact(all->pack, all->count));) {
    bool suspended;
    status = train_with_checkpoints(pool, worker, job, pack, all, &suspended, error);
  }
  for (size_t i = 0; status == ISW_OK && i < all->count; i++)
    status = finish_pack(pool, worker, all->number[i], all->pack[i], counts, error);
  return status;
}

/* Trains one pack with a team. */
static enum isw_status train_shared(struct isw_worker_pool *pool, size_t worker, struct isw_job *job,
                                    struct packs_under_way *all, struct isw_counts *counts, struct isw_error *error)
{
  const struct isw_work *work = pool->work;
  struct isw_pack *pack = NULL;
  bool suspended;
  enum isw_status status = job->team ? work->prepare(work->context, worker, job->number[0], &pack, error)
                                     : isw_error_memory(error, job->members * 64, "a team of threads");
  if (status != ISW_OK) pack = NULL;
  pthread_mutex_lock(&pool->mutex);
  job->pack = pack;
  job->ready = true;
  pthread_cond_broadcast(&pool->worker_wakeup);
  pthread_mutex_unlock(&pool->mutex);
  if (pack) {
    show_under_way(pool, worker, job->number[0], pack);
    *all = (struct packs_under_way){1, {pack}, {job->number[0]}};
    status = train_with_checkpoints(pool, worker, job, pack, all, &suspended, error);
  }
  pthread_mutex_lock(&pool->mutex);
  while (job->returned < job->members - 1) pthread_cond_wait(&pool->worker_wakeup, &pool->mutex);
  pthread_mutex_unlock(&pool->mutex);
  return status == ISW_OK ? finish_pack(pool, worker, job->number[0], pack, counts, error) : status;
}

static void lead_job(struct isw_worker_pool *pool, size_t worker, struct isw_team *alone, struct isw_job *job)
{
  struct isw_error error = {0};
  struct isw_counts counts = {0};
  struct packs_under_way all = {0};
  enum isw_status status;
  if (job->members == 1) {
    job->team = alone;
    status = train_alone(pool, worker, job, &all, &counts, &error);
  } else {
    job->team = isw_team_create(job->members);
    if (job->team && pool->crowded) isw_team_yield_at_once(job->team);
    status = train_shared(pool, worker, job, &all, &counts, &error);
    isw_team_destroy(job->team);
  }
  for (size_t i = 0; i < all.count; i++) isw_pack_destroy(all.pack[i]);

  pthread_mutex_lock(&pool->mutex);
  pool->counts.packs += counts.packs;
  pool->counts.networks += counts.networks;
  pool->counts.diverged += counts.diverged;
  pool->counts.network_steps += counts.network_steps;
  pool->counts.cost += counts.cost;
  pool->under_way[worker].steps = 0;
  if (status != ISW_OK) record_failure(pool, status, &error);
  pthread_mutex_unlock(&pool->mutex);
  isw_error_clear(&error);
}

static void join_job(struct isw_worker_pool *pool, struct isw_job *job, size_t member)
{
  pthread_mutex_lock(&pool->mutex);
  while (!job->ready) pthread_cond_wait(&pool->worker_wakeup, &pool->mutex);
  pthread_mutex_unlock(&pool->mutex);
  for (bool again = job->pack != NULL; again;) {
    isw_pack_train(job->pack, job->team, member, &pool->stop);
    isw_team_wait(job->team);
    again = job->resumes;
  }
  pthread_mutex_lock(&pool->mutex);
  job->returned++; /* the leader frees the job after this */
  pthread_cond_broadcast(&pool->worker_wakeup);
  pthread_mutex_unlock(&pool->mutex);
}

void isw_worker_pool_run_worker(struct isw_worker_pool *pool, size_t worker)
{
  struct isw_team *alone = isw_team_create(1);
  struct isw_error error = {0};
  enum isw_status status = alone ? isw_exact_environment(&error) : isw_error_memory(&error, 64, "a worker thread");
  pthread_mutex_lock(&pool->mutex);
  if (status != ISW_OK) record_failure(pool, status, &error);
  isw_error_clear(&error);
  pool->idle++;
  wake_communicator(pool);
  while (!pool->closed) {
    size_t member;
    struct isw_job mine, *joined = join_team(pool, &member);
    if (!joined && !take_pack(pool, &mine)) {
      pthread_cond_wait(&pool->worker_wakeup, &pool->mutex);
      continue;
    }
    pthread_mutex_unlock(&pool->mutex);
    if (joined)
      join_job(pool, joined, member);
    else
      lead_job(pool, worker, alone, &mine);
    pthread_mutex_lock(&pool->mutex);
    pool->idle++;
    if (pool->waiting == 0) wake_communicator(pool);
  }
  pthread_mutex_unlock(&pool->mutex);
  if (alone) isw_team_destroy(alone);
}

void isw_worker_pool_add(struct isw_worker_pool *pool, const struct isw_range *ranges, size_t count, bool share)
{
  pthread_mutex_lock(&pool->mutex);
  uint64_t packs = 0;
  for (size_t i = 0; i < count && !atomic_load(&pool->stop); i++) {
    pool->range[pool->ranges++] = ranges[i];
    packs += ranges[i].count;
  }
  pool->waiting += packs;
  pool->share = share;
  /* if many packs arrive at once, they are cheap: request more before the last of these is taken */
  pool->refill_level = packs > 2 * pool->threads ? pool->threads : 0;
  pthread_cond_broadcast(&pool->worker_wakeup);
  pthread_mutex_unlock(&pool->mutex);
}

void isw_worker_pool_stop(struct isw_worker_pool *pool)
{
  pthread_mutex_lock(&pool->mutex);
  atomic_store(&pool->stop, 1);
  drop_waiting_packs(pool);
  pthread_mutex_unlock(&pool->mutex);
}

void isw_worker_pool_close(struct isw_worker_pool *pool)
{
  pthread_mutex_lock(&pool->mutex);
  pool->closed = true;
  pthread_cond_broadcast(&pool->worker_wakeup);
  pthread_mutex_unlock(&pool->mutex);
}

void isw_worker_pool_sleep(struct isw_worker_pool *pool, long nanoseconds)
{
  struct timespec until;
  clock_gettime(CLOCK_MONOTONIC, &until);
  until.tv_nsec += nanoseconds;
  until.tv_sec += until.tv_nsec / 1000000000;
  until.tv_nsec %= 1000000000;
  pthread_mutex_lock(&pool->mutex);
  while (!pool->wakeup_pending && pthread_cond_timedwait(&pool->communicator_wakeup, &pool->mutex, &until) != ETIMEDOUT)
    continue;
  pool->wakeup_pending = false;
  pthread_mutex_unlock(&pool->mutex);
}
