/* The worker threads of a rank and the packs that wait for them. Everything shared is behind one mutex, which a worker
 * takes twice a pack (about 0.1 us beside a pack's 84 us or more).
 *
 * A worker with nothing to do takes the next pack. Where packs are fewer than workers (share), it leads a team instead:
 * it counts on its part of the idle workers, who take their seats when they wake. The leader makes the pack, all train
 * it, the leader hands in the outcome when the last member has come back.
 *
 * Where many packs wait, a worker takes some that are alike. One that becomes thin, because many of its networks have ended,
 * rests until the others are done or thin too; then those that rest are merged (engine/merge.c). */
#include <errno.h>
#include <time.h>
#include "cluster_internal.h"

struct isw_job {
  uint64_t number[ISW_TOGETHER];
  size_t packs; /* more than one: alike, and for one member */
  struct isw_team *team;
  size_t members, seated, back; /* seated and back: without the leader */
  bool ready;
  bool again;            /* training goes on after a checkpoint; the leader writes it before a wait of the team */
  struct isw_pack *pack; /* NULL when ready: it could not be made */
  struct isw_job *next;
};

enum isw_status isw_crew_create(struct isw_crew *crew, const struct isw_work *work, struct isw_error *error)
{
  *crew = (struct isw_crew){.work = work, .threads = work->threads};
  pthread_condattr_t monotonic;
  bool made = pthread_condattr_init(&monotonic) == 0;
  if (made) {
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    made = pthread_mutex_init(&crew->mutex, NULL) == 0 && pthread_cond_init(&crew->news, NULL) == 0 &&
           pthread_cond_init(&crew->quiet, &monotonic) == 0;
    pthread_condattr_destroy(&monotonic);
  }
  return made ? ISW_OK : isw_error_set(error, ISW_FAILED, "the system refuses a mutex for the worker threads");
}

void isw_crew_clear(struct isw_crew *crew)
{
  pthread_cond_destroy(&crew->quiet);
  pthread_cond_destroy(&crew->news);
  pthread_mutex_destroy(&crew->mutex);
  isw_error_clear(&crew->error);
}

/* The functions in this block want the mutex held. */

static void call_communicator(struct isw_crew *crew)
{
  crew->knocked = true;
  pthread_cond_signal(&crew->quiet);
}

static void drop_waiting(struct isw_crew *crew)
{
  crew->ranges = 0;
  crew->waiting = 0;
}

static uint64_t next_pack(struct isw_crew *crew)
{
  uint64_t pack = crew->range[0].first++;
  crew->waiting--;
  if (--crew->range[0].count == 0) {
    crew->ranges--;
    for (size_t i = 0; i < crew->ranges; i++) crew->range[i] = crew->range[i + 1];
  }
  return pack;
}

/* Keeps the first error; an interruption gives way to it. */
static void fail(struct isw_crew *crew, enum isw_status status, struct isw_error *error)
{
  if (isw_worse(crew->status, status) != crew->status) {
    crew->status = status;
    if (isw_error_text(error)[0])
      isw_error_set(&crew->error, status, "%s", isw_error_text(error));
    else if (status != ISW_INTERRUPTED)
      isw_error_set(&crew->error, status, "a pack failed without a reason (status %d)", (int)status);
  }
  atomic_store(&crew->stop, 1);
  drop_waiting(crew);
  call_communicator(crew);
}

/* Takes a seat of a team that waits for members; NULL where none does. */
static struct isw_job *take_seat(struct isw_crew *crew, size_t *member)
{
  struct isw_job *job = crew->open;
  if (!job) return NULL;
  *member = ++job->seated;
  if (job->seated == job->members - 1) crew->open = job->next;
  return job;
}

/* Takes a pack, and the idle workers that should share it; false where none waits. */
static bool take_pack(struct isw_crew *crew, struct isw_job *job)
{
  if (crew->waiting == 0) return false;
  size_t members =
      crew->share && crew->waiting < crew->idle ? (size_t)((crew->idle + crew->waiting - 1) / crew->waiting) : 1;
  uint64_t part = crew->waiting / crew->threads;
  *job = (struct isw_job){.number = {next_pack(crew)}, .packs = 1};
  if (members > 1 && crew->work->sharers) {
    size_t most = crew->work->sharers(crew->work->context, job->number[0]);
    if (members > most) members = most > 0 ? most : 1;
  }
  job->members = members;
  while (members == 1 && crew->work->alike && job->packs < ISW_TOGETHER && job->packs < part &&
         crew->work->alike(crew->work->context, job->number[0], crew->range[0].first))
    job->number[job->packs++] = next_pack(crew);
  crew->idle -= members;
  if (members > 1) {
    job->next = crew->open;
    crew->open = job;
    pthread_cond_broadcast(&crew->news);
  }
  if (crew->waiting <= crew->low) call_communicator(crew);
  return true;
}

/* ---- without the mutex ---- */

/* Packs that a worker has under way. */
struct under_way {
  size_t count;
  struct isw_pack *pack[ISW_TOGETHER];
  uint64_t number[ISW_TOGETHER];
};

static enum isw_status keep(struct isw_crew *crew, size_t worker, const struct under_way *all, struct isw_error *error)
{
  enum isw_status status = ISW_OK;
  for (size_t i = 0; status == ISW_OK && i < all->count; i++)
    if (isw_pack_step(all->pack[i]) > 0)
      status = crew->work->checkpoint(crew->work->context, worker, all->number[i], all->pack[i], error);
  return status;
}

/* Trains one of the packs, and in between hands the state of all to checkpoint. All members of the team come here with the
 * leader. *rests: it was left because it is thin. */
static enum isw_status train_and_keep(struct isw_crew *crew, size_t worker, struct isw_job *job, struct isw_pack *pack,
                                      const struct under_way *all, bool *rests, struct isw_error *error)
{
  const struct isw_work *work = crew->work;
  enum isw_status status;
  bool keeps = work->checkpoint != NULL;
  if (keeps && work->checkpoint_seconds > 0) isw_pack_pause_at(pack, &crew->tick);
  do {
    status = isw_pack_train(pack, job->team, 0, &crew->stop);
    enum isw_status kept = ISW_OK;
    bool stop = atomic_load(&crew->stop) != 0;
    *rests = status == ISW_INTERRUPTED && !stop && isw_pack_rests(pack);
    if (status == ISW_INTERRUPTED && keeps && !*rests) kept = keep(crew, worker, all, error);
    if (keeps && work->checkpoint_seconds > 0) isw_pack_pause_at(pack, &crew->tick);
    job->again = status == ISW_INTERRUPTED && kept == ISW_OK && !stop && !*rests;
    if (kept != ISW_OK) status = kept;
    if (job->members > 1) isw_team_wait(job->team);
  } while (job->again);
  return *rests ? ISW_OK : status;
}

static enum isw_status hand_in(const struct isw_crew *crew, size_t worker, uint64_t number, const struct isw_pack *pack,
                               struct isw_counts *counts, struct isw_error *error)
{
  struct isw_counts mine = {.packs = 1, .network_steps = isw_pack_network_steps(pack)};
  enum isw_status status =
      crew->work->finish(crew->work->context, worker, number, pack, &mine.networks, &mine.diverged, error);
  if (status != ISW_OK) return status;
  counts->packs += mine.packs;
  counts->networks += mine.networks;
  counts->diverged += mine.diverged;
  counts->network_steps += mine.network_steps;
  counts->cost += crew->work->cost ? crew->work->cost(crew->work->context, number) : 1.0;
  return ISW_OK;
}

/* The packs of a job for one worker, one after the other; those that rest wait in `all`, and are merged in the end. */
static enum isw_status train_together(struct isw_crew *crew, size_t worker, struct isw_job *job, struct under_way *all,
                                      struct isw_counts *counts, struct isw_error *error)
{
  const struct isw_work *work = crew->work;
  enum isw_status status = ISW_OK;
  for (size_t i = 0; status == ISW_OK && i < job->packs; i++) {
    struct isw_pack *pack;
    bool rests = false;
    status = work->prepare(work->context, worker, job->number[i], &pack, error);
    if (status != ISW_OK) break;
    all->number[all->count] = job->number[i];
    all->pack[all->count++] = pack;
    if (job->packs > 1) isw_pack_rest_when_thin(pack);
    status = train_and_keep(crew, worker, job, pack, all, &rests, error);
    if (status != ISW_OK || rests) continue;
    status = hand_in(crew, worker, job->number[i], pack, counts, error);
    isw_pack_destroy(pack);
    all->count--;
  }
  for (struct isw_pack *pack; status == ISW_OK && all->count > 0 && (pack = isw_pack_next(all->pack, all->count));) {
    bool rests;
    status = train_and_keep(crew, worker, job, pack, all, &rests, error);
  }
  for (size_t i = 0; status == ISW_OK && i < all->count; i++)
    status = hand_in(crew, worker, all->number[i], all->pack[i], counts, error);
  return status;
}

/* One pack, with the members of a team. */
static enum isw_status train_shared(struct isw_crew *crew, size_t worker, struct isw_job *job, struct under_way *all,
                                    struct isw_counts *counts, struct isw_error *error)
{
  const struct isw_work *work = crew->work;
  struct isw_pack *pack = NULL;
  bool rests;
  enum isw_status status = job->team ? work->prepare(work->context, worker, job->number[0], &pack, error)
                                     : isw_error_memory(error, job->members * 64, "a team of threads");
  if (status != ISW_OK) pack = NULL;
  pthread_mutex_lock(&crew->mutex);
  job->pack = pack;
  job->ready = true;
  pthread_cond_broadcast(&crew->news);
  pthread_mutex_unlock(&crew->mutex);
  if (pack) {
    *all = (struct under_way){1, {pack}, {job->number[0]}};
    status = train_and_keep(crew, worker, job, pack, all, &rests, error);
  }
  pthread_mutex_lock(&crew->mutex);
  while (job->back < job->members - 1) pthread_cond_wait(&crew->news, &crew->mutex);
  pthread_mutex_unlock(&crew->mutex);
  return status == ISW_OK ? hand_in(crew, worker, job->number[0], pack, counts, error) : status;
}

static void lead(struct isw_crew *crew, size_t worker, struct isw_team *alone, struct isw_job *job)
{
  struct isw_error error = {0};
  struct isw_counts counts = {0};
  struct under_way all = {0};
  enum isw_status status;
  if (job->members == 1) {
    job->team = alone;
    status = train_together(crew, worker, job, &all, &counts, &error);
  } else {
    job->team = isw_team_create(job->members);
    status = train_shared(crew, worker, job, &all, &counts, &error);
    isw_team_destroy(job->team);
  }
  for (size_t i = 0; i < all.count; i++) isw_pack_destroy(all.pack[i]);

  pthread_mutex_lock(&crew->mutex);
  crew->counts.packs += counts.packs;
  crew->counts.networks += counts.networks;
  crew->counts.diverged += counts.diverged;
  crew->counts.network_steps += counts.network_steps;
  crew->counts.cost += counts.cost;
  if (status != ISW_OK) fail(crew, status, &error);
  pthread_mutex_unlock(&crew->mutex);
  isw_error_clear(&error);
}

static void follow(struct isw_crew *crew, struct isw_job *job, size_t member)
{
  pthread_mutex_lock(&crew->mutex);
  while (!job->ready) pthread_cond_wait(&crew->news, &crew->mutex);
  pthread_mutex_unlock(&crew->mutex);
  for (bool again = job->pack != NULL; again;) {
    isw_pack_train(job->pack, job->team, member, &crew->stop);
    isw_team_wait(job->team);
    again = job->again;
  }
  pthread_mutex_lock(&crew->mutex);
  job->back++; /* the job is the leader's: not ours any more after this */
  pthread_cond_broadcast(&crew->news);
  pthread_mutex_unlock(&crew->mutex);
}

void isw_crew_work(struct isw_crew *crew, size_t worker)
{
  struct isw_team *alone = isw_team_create(1);
  pthread_mutex_lock(&crew->mutex);
  if (!alone) {
    struct isw_error error = {0};
    isw_error_memory(&error, 64, "a worker thread");
    fail(crew, ISW_FAILED, &error);
    isw_error_clear(&error);
  }
  crew->idle++;
  call_communicator(crew);
  while (!crew->closed) {
    size_t member;
    struct isw_job mine, *joined = take_seat(crew, &member);
    if (!joined && !take_pack(crew, &mine)) {
      pthread_cond_wait(&crew->news, &crew->mutex);
      continue;
    }
    pthread_mutex_unlock(&crew->mutex);
    if (joined)
      follow(crew, joined, member);
    else
      lead(crew, worker, alone, &mine);
    pthread_mutex_lock(&crew->mutex);
    crew->idle++;
    if (crew->waiting == 0) call_communicator(crew);
  }
  pthread_mutex_unlock(&crew->mutex);
  if (alone) isw_team_destroy(alone);
}

void isw_crew_add(struct isw_crew *crew, const struct isw_range *ranges, size_t count, bool share)
{
  pthread_mutex_lock(&crew->mutex);
  uint64_t packs = 0;
  for (size_t i = 0; i < count && !atomic_load(&crew->stop); i++) {
    crew->range[crew->ranges++] = ranges[i];
    packs += ranges[i].count;
  }
  crew->waiting += packs;
  crew->share = share;
  /* many packs at once are cheap ones: the next are asked for before the last of these is taken */
  crew->low = packs > 2 * crew->threads ? crew->threads : 0;
  pthread_cond_broadcast(&crew->news);
  pthread_mutex_unlock(&crew->mutex);
}

void isw_crew_stop(struct isw_crew *crew)
{
  pthread_mutex_lock(&crew->mutex);
  atomic_store(&crew->stop, 1);
  drop_waiting(crew);
  pthread_mutex_unlock(&crew->mutex);
}

void isw_crew_close(struct isw_crew *crew)
{
  pthread_mutex_lock(&crew->mutex);
  crew->closed = true;
  pthread_cond_broadcast(&crew->news);
  pthread_mutex_unlock(&crew->mutex);
}

void isw_crew_sleep(struct isw_crew *crew, long nanoseconds)
{
  struct timespec until;
  clock_gettime(CLOCK_MONOTONIC, &until);
  until.tv_nsec += nanoseconds;
  until.tv_sec += until.tv_nsec / 1000000000;
  until.tv_nsec %= 1000000000;
  pthread_mutex_lock(&crew->mutex);
  while (!crew->knocked && pthread_cond_timedwait(&crew->quiet, &crew->mutex, &until) != ETIMEDOUT) continue;
  crew->knocked = false;
  pthread_mutex_unlock(&crew->mutex);
}
