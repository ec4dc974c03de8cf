/* The queue alone, with fake packs: `mpirun -n RANKS work SCENARIO THREADS`. The functions of the engine that the
 * cluster room calls are defined here, so a scenario decides what a pack does. Facts are counted, not timed: a scenario
 * that waits for something that never comes hangs until ctest's time limit ends it. */
#include <pthread.h>
#include <mpi.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "cluster/cluster_internal.h"

#define CHECK(condition)                                                                                               \
  do {                                                                                                                 \
    if (!(condition)) {                                                                                                \
      fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);                                          \
      if (with_mpi()) MPI_Abort(MPI_COMM_WORLD, 1);                                                                    \
      abort();                                                                                                         \
    }                                                                                                                  \
  } while (0)

/* Whether MPI is initialised: not in a start without a launcher. */
static bool with_mpi(void)
{
  int initialised;
  MPI_Initialized(&initialised);
  return initialised != 0;
}

/* Counts that all ranks of this machine share. */
struct shared {
  atomic_ulong done_by_others, started;
  atomic_int user[CPU_SETSIZE]; /* the worker bound to each processor */
};

struct scene {
  const char *name;
  unsigned rank, ranks;
  size_t threads;
  uint64_t packs;
  struct shared *shared;
  atomic_uint *prepared, *finished; /* [packs] */
  atomic_uint largest_team, worker_clash;
  atomic_uint busy[64];
  unsigned *asked; /* [packs] wanted() */
  size_t max_threads;
};

/* ---- the fake engine ---- */

struct isw_team {
  size_t members;
  pthread_barrier_t barrier;
};
struct isw_pack {
  struct scene *scene;
  uint64_t number;
  atomic_uint_least64_t *published;
  atomic_uint came;
};

struct isw_team *isw_team_create(size_t members)
{
  struct isw_team *team = malloc(sizeof *team);
  if (team) {
    team->members = members;
    CHECK(pthread_barrier_init(&team->barrier, NULL, (unsigned)members) == 0);
  }
  return team;
}

void isw_team_destroy(struct isw_team *team)
{
  if (team) pthread_barrier_destroy(&team->barrier);
  free(team);
}

void isw_team_yield_at_once(struct isw_team *team)
{
  (void)team;
}

void isw_team_wait(struct isw_team *team)
{
  pthread_barrier_wait(&team->barrier);
}

static void rest(void)
{
  usleep(200);
}

enum isw_status isw_pack_train(struct isw_pack *pack, struct isw_team *team, size_t member, const atomic_int *interrupt)
{
  struct scene *scene = pack->scene;
  CHECK(member < team->members);
  if (member == 0) atomic_store(pack->published, 10); /* all steps: its cost counts once, now and when it is finished */
  unsigned seat = 1u << member;
  CHECK(!(atomic_fetch_or(&pack->came, seat) & seat)); /* no member twice */
  while (atomic_load(&pack->came) != (1u << team->members) - 1) rest();
  if (team->members > atomic_load(&scene->largest_team)) atomic_store(&scene->largest_team, (unsigned)team->members);

  if (strcmp(scene->name, "signal") == 0 && pack->number >= 10) { /* only an interruption ends these packs */
    while (!atomic_load(interrupt)) rest();
    return ISW_INTERRUPTED;
  }
  if (strcmp(scene->name, "deep") == 0) {
    if (scene->rank == 0) /* ends when the others have done half of all packs */
      while (atomic_load(&scene->shared->done_by_others) < scene->packs / 2) rest();
    else
      atomic_fetch_add(&scene->shared->done_by_others, 1);
  }
  if (strcmp(scene->name, "error_train") == 0 && pack->number == 37) return ISW_FAILED;
  if (strncmp(scene->name, "error", 5) == 0 && pack->number > 500) { /* one pack's error must end all */
    while (!atomic_load(interrupt)) rest();
    return ISW_INTERRUPTED;
  }
  return ISW_OK;
}

void isw_pack_suspend_when_sparse(struct isw_pack *pack)
{
  (void)pack;
}

bool isw_pack_is_suspended(const struct isw_pack *pack)
{
  (void)pack;
  return false;
}

struct isw_pack *isw_packs_compact(struct isw_pack *const *packs, size_t count)
{
  (void)packs, (void)count;
  return NULL;
}

uint64_t isw_pack_step(const struct isw_pack *pack)
{
  (void)pack;
  return 0;
}

void isw_pack_interrupt_on_change(struct isw_pack *pack, const atomic_uint *tick)
{
  (void)pack, (void)tick;
}

void isw_pack_publish_step(struct isw_pack *pack, atomic_uint_least64_t *step)
{
  pack->published = step;
}

uint64_t isw_pack_steps(const struct isw_pack *pack)
{
  (void)pack;
  return 10;
}

uint64_t isw_pack_network_steps(const struct isw_pack *pack)
{
  return pack->number % 7;
}

void isw_pack_destroy(struct isw_pack *pack)
{
  free(pack);
}

/* ---- the work ---- */

static bool is_wanted(uint64_t pack)
{
  return pack * UINT64_C(0x9e3779b97f4a7c15) >> 62 != 0; /* about three of four, scattered */
}

static bool wanted(void *context, uint64_t pack)
{
  struct scene *scene = context;
  CHECK(scene->rank == 0);
  scene->asked[pack]++;
  return is_wanted(pack);
}

static double cost(void *context, uint64_t pack)
{
  (void)context;
  return pack < 20 ? 1e6 : 1.0;
}

static size_t max_threads_per_pack(void *context, uint64_t pack)
{
  (void)pack;
  return ((struct scene *)context)->max_threads;
}

/* If every rank has a processor for each worker, each worker has one to itself; or, if `floating`, any. */
static void check_place(struct scene *scene, size_t worker)
{
  cpu_set_t own, all;
  CHECK(sched_getaffinity(0, sizeof own, &own) == 0 && sched_getaffinity(getpid(), sizeof all, &all) == 0);
  if (strcmp(scene->name, "floating") == 0) CHECK(CPU_EQUAL(&own, &all));
  if (strcmp(scene->name, "pinned") != 0 || scene->ranks > (unsigned)CPU_COUNT(&all)) return;
  CHECK(CPU_COUNT(&own) == 1);
  int me = (int)(scene->rank * 64 + worker + 1), none = 0;
  for (int p = 0; p < CPU_SETSIZE; p++)
    if (CPU_ISSET(p, &own) && !atomic_compare_exchange_strong(&scene->shared->user[p], &none, me)) CHECK(none == me);
}

static enum isw_status prepare(void *context, size_t worker, uint64_t number, struct isw_pack **pack,
                               struct isw_error *error)
{
  struct scene *scene = context;
  CHECK(worker < scene->threads);
  if (atomic_exchange(&scene->busy[worker], 1)) atomic_store(&scene->worker_clash, 1);
  CHECK(number < scene->packs);
  check_place(scene, worker);
  atomic_fetch_add(&scene->prepared[number], 1);
  if (strcmp(scene->name, "signal") == 0 && number == 10) raise(SIGTERM);
  if (strcmp(scene->name, "error_prepare") == 0 && number == 37) {
    atomic_store(&scene->busy[worker], 0);
    return isw_error_set(error, ISW_FAILED, "no memory for pack 37");
  }
  *pack = calloc(1, sizeof **pack);
  CHECK(*pack);
  (*pack)->scene = scene;
  (*pack)->number = number;
  return ISW_OK;
}

static enum isw_status finish(void *context, size_t worker, uint64_t number, const struct isw_pack *pack,
                              uint64_t *networks, uint64_t *diverged, struct isw_error *error)
{
  struct scene *scene = context;
  CHECK(pack->number == number);
  if (!atomic_exchange(&scene->busy[worker], 0)) atomic_store(&scene->worker_clash, 1);
  if (strcmp(scene->name, "error_finish") == 0 && number == 37)
    return isw_error_set(error, ISW_FAILED, "disk full at pack 37");
  atomic_fetch_add(&scene->finished[number], 1);
  *networks += 16;
  *diverged += number % 3;
  return ISW_OK;
}

static void progress(void *context, uint64_t packs, uint64_t networks, uint64_t diverged, uint64_t steps,
                     double cost_done)
{
  struct scene *scene = context;
  (void)diverged;
  (void)steps;
  CHECK(scene->rank == 0);
  CHECK(packs <= scene->packs && networks == packs * 16);
  if (strcmp(scene->name, "cost") != 0) CHECK(cost_done >= (double)packs && cost_done <= (double)scene->packs);
}

static unsigned *sum_over_ranks(const atomic_uint *counts, uint64_t count)
{
  unsigned *all = calloc(count + 1, sizeof *all), *own = calloc(count + 1, sizeof *own);
  CHECK(all && own);
  for (uint64_t i = 0; i < count; i++) own[i] = atomic_load(&counts[i]);
  if (!with_mpi()) {
    free(all);
    return own;
  }
  MPI_Allreduce(own, all, (int)count, MPI_UNSIGNED, MPI_SUM, MPI_COMM_WORLD);
  free(own);
  return all;
}

static void run(struct isw_cluster *cluster, struct scene *scene)
{
  scene->prepared = calloc(scene->packs + 1, sizeof *scene->prepared);
  scene->finished = calloc(scene->packs + 1, sizeof *scene->finished);
  scene->asked = calloc(scene->packs + 1, sizeof *scene->asked);
  CHECK(scene->prepared && scene->finished && scene->asked);
  struct isw_work work = {.packs = scene->packs,
                          .threads = scene->threads,
                          .context = scene,
                          .max_threads_per_pack = scene->max_threads ? max_threads_per_pack : NULL,
                          .prepare = prepare,
                          .finish = finish,
                          .progress = progress};
  bool skips = strcmp(scene->name, "wanted") == 0;
  if (skips) work.wanted = wanted;
  if (strcmp(scene->name, "cost") == 0) work.cost = cost;
  struct isw_work_totals done;
  struct isw_error error = {0};
  enum isw_status status = isw_cluster_work(cluster, &work, &done, &error);

  unsigned *prepared = sum_over_ranks(scene->prepared, scene->packs);
  unsigned *finished = sum_over_ranks(scene->finished, scene->packs);
  uint64_t packs = 0, diverged = 0, steps = 0;
  for (uint64_t i = 0; i < scene->packs; i++) {
    CHECK(prepared[i] <= 1 && finished[i] <= 1);
    if (finished[i]) {
      packs++;
      diverged += i % 3;
      steps += i % 7;
    }
    if (skips) CHECK(scene->rank != 0 || scene->asked[i] == 1);
  }
  CHECK(done.packs == packs && done.networks == 16 * packs && done.diverged == diverged && done.network_steps == steps);

  if (strncmp(scene->name, "error", 5) == 0) {
    CHECK(status == ISW_FAILED);
    CHECK(finished[37] == 0 && packs < scene->packs);
    const char *text = isw_error_text(&error);
    const char *expected = strcmp(scene->name, "error_prepare") == 0 ? "no memory for pack 37"
                           : strcmp(scene->name, "error_finish") == 0
                               ? "disk full at pack 37"
                               : "training a pack failed without a message (status 1)";
    if (scene->rank == 0) CHECK(strstr(text, expected));
    if (scene->rank != 0) CHECK(text[0] == '\0');
  } else if (strcmp(scene->name, "signal") == 0) {
    CHECK(status == ISW_INTERRUPTED);
    CHECK(packs < scene->packs);
    for (uint64_t i = 10; i < scene->packs; i++) CHECK(finished[i] == 0);
  } else {
    CHECK(status == ISW_OK);
    CHECK(!scene->worker_clash);
    for (uint64_t i = 0; i < scene->packs; i++) CHECK(finished[i] == (!skips || is_wanted(i)));
  }
  if (strcmp(scene->name, "many") == 0 && scene->rank == 0) CHECK(done.messages <= 400 * scene->ranks);
  free(prepared);
  free(finished);
  free(scene->prepared);
  free(scene->finished);
  free(scene->asked);
  isw_error_clear(&error);
}

static unsigned largest_team(struct scene *scene)
{
  unsigned own = atomic_load(&scene->largest_team), all;
  if (!with_mpi()) return own;
  MPI_Allreduce(&own, &all, 1, MPI_UNSIGNED, MPI_MAX, MPI_COMM_WORLD);
  return all;
}

/* Every rank gets rank 0's values, whatever its own values are. */
static void check_typed_shares(struct isw_cluster *cluster)
{
  bool first = isw_cluster_rank(cluster) == 0;
  struct isw_error error = {0};
  CHECK(isw_cluster_share_bool(cluster, first));
  CHECK(!isw_cluster_share_bool(cluster, !first));
  CHECK(isw_cluster_share_u64(cluster, first ? UINT64_MAX : 7) == UINT64_MAX);

  char *text = first ? strdup("a text") : NULL;
  CHECK(isw_cluster_share_text(cluster, &text, &error) == ISW_OK);
  CHECK(strcmp(text, "a text") == 0);
  free(text);
  text = NULL;
  CHECK(isw_cluster_share_text(cluster, &text, &error) == ISW_OK);
  CHECK(first ? !text : text[0] == '\0');
  free(text);

  uint64_t numbers[] = {1, UINT64_MAX, 0}, *array = first ? numbers : NULL;
  size_t count = first ? 3 : 99;
  CHECK(isw_cluster_share_u64_array(cluster, &array, &count, &error) == ISW_OK);
  CHECK(count == 3 && memcmp(array, numbers, sizeof numbers) == 0);
  if (!first) free(array);

  double reals[] = {-0.5, 1e300}, *costs = first ? reals : NULL;
  count = first ? 2 : 0;
  CHECK(isw_cluster_share_double_array(cluster, &costs, &count, &error) == ISW_OK);
  CHECK(count == 2 && memcmp(costs, reals, sizeof reals) == 0);
  if (!first) free(costs);
}

enum { HOST_KEY = 7, HOST_BYTES = 3 << 20 };

/* Work of the ranks of a host: the first fills memory, the others find it. */
struct host_work {
  struct isw_cluster *cluster;
  int calls;
  bool fails;
  unsigned char *given;       /* to the first rank */
  const unsigned char *found; /* by another rank */
};

static enum isw_status share_host(void *context, struct isw_error *error)
{
  struct host_work *work = context;
  work->calls++;
  if (work->fails) return isw_error_set(error, ISW_BAD_INPUT, "no data");
  size_t bytes = 0;
  work->found = isw_cluster_host_find(work->cluster, HOST_KEY, &bytes);
  if (work->found) {
    CHECK(bytes == HOST_BYTES);
    return ISW_OK;
  }
  CHECK(!isw_cluster_host_allocate(work->cluster, HOST_KEY + 1, (size_t)1 << 50)); /* more than any host has */
  work->given = isw_cluster_host_allocate(work->cluster, HOST_KEY, HOST_BYTES);
  if (work->given) CHECK((uintptr_t)work->given % 64 == 0);
  for (size_t i = 0; work->given && i < HOST_BYTES; i++) work->given[i] = (unsigned char)(i % 251);
  return ISW_OK;
}

/* The ranks of a host share memory: one copy, which only the first rank makes. All ranks are on one host here. */
static void check_host_memory(struct isw_cluster *cluster)
{
  unsigned rank = isw_cluster_rank(cluster), ranks = isw_cluster_size(cluster);
  struct isw_error error = {0};
  struct host_work work = {.cluster = cluster, .fails = true};
  CHECK(isw_cluster_host_first(cluster, share_host, &work, &error) == ISW_BAD_INPUT);
  CHECK(work.calls == (rank == 0));
  if (rank == 0) CHECK(strcmp(isw_error_text(&error), "no data") == 0);
  isw_error_clear(&error);
  CHECK(!isw_cluster_host_advice(cluster));

  work = (struct host_work){.cluster = cluster};
  CHECK(isw_cluster_host_first(cluster, share_host, &work, &error) == ISW_OK);
  CHECK(work.calls == 1 && (work.given != NULL) == (rank == 0 && ranks > 1) && (work.found != NULL) == (rank > 0));
  for (size_t i = 0; work.found && i < HOST_BYTES; i++) CHECK(work.found[i] == i % 251);
  CHECK(isw_cluster_host_borrowed(cluster) == (rank > 0 ? (double)HOST_BYTES : 0.0));
  const char *advice = isw_cluster_host_advice(cluster);
  CHECK((advice != NULL) == (rank == 0 && ranks > 1));
  if (advice) CHECK(strstr(advice, "keeps a copy of the data: "));
}

/* Agreement and broadcasts: rank 0 reports the error of the lowest of the ranks with the most severe status. */
static void collective(struct isw_cluster *cluster)
{
  unsigned rank = isw_cluster_rank(cluster), ranks = isw_cluster_size(cluster);
  struct isw_error error = {0};
  CHECK(isw_cluster_agree(cluster, ISW_OK, &error) == ISW_OK);
  enum isw_status mine = rank == ranks - 1 ? isw_error_set(&error, ISW_BAD_INPUT, "reason of %u", rank) : ISW_OK;
  CHECK(isw_cluster_agree(cluster, mine, &error) == ISW_BAD_INPUT);
  char expected[64];
  snprintf(expected, sizeof expected, ranks == 1 ? "reason of 0" : "rank %u: reason of %u", ranks - 1, ranks - 1);
  if (rank == 0) CHECK(strcmp(isw_error_text(&error), expected) == 0);
  isw_error_clear(&error);

  char *bytes = NULL;
  size_t length = 0;
  if (rank == 0) {
    bytes = malloc(5);
    CHECK(bytes);
    memcpy(bytes, "a\0bc", 5);
    length = 5;
  }
  CHECK(isw_cluster_share(cluster, &bytes, &length, &error) == ISW_OK);
  CHECK(length == 5 && memcmp(bytes, "a\0bc", 5) == 0);
  free(bytes);
  length = 0;
  bytes = rank == 0 ? calloc(1, 1) : NULL;
  CHECK(isw_cluster_share(cluster, &bytes, &length, &error) == ISW_OK);
  CHECK(length == 0 && bytes);
  free(bytes);
  check_typed_shares(cluster);
  check_host_memory(cluster);
  const char *hosts = isw_cluster_hosts(cluster);
  char own[256];
  gethostname(own, sizeof own);
  if (rank == 0) CHECK(strcmp(hosts, own) == 0); /* once, whatever the number of ranks */
  if (rank != 0) CHECK(!hosts);
  CHECK(strstr(isw_cluster_library(), "(MPI "));
}

/* Sizes from none to more than a library sends without a receiver. */
static size_t message_length(unsigned from, unsigned number)
{
  static const size_t lengths[] = {0, 1, 4097, 300000};
  return lengths[(from + number) % 4];
}

static void send_message(struct isw_mail *mail, unsigned from, unsigned to, unsigned number)
{
  struct isw_error error = {0};
  size_t length = message_length(from, number);
  unsigned char *bytes = malloc(length + 1);
  CHECK(bytes);
  for (size_t i = 0; i < length; i++) bytes[i] = (unsigned char)(i * 7 + from + 31 * number);
  CHECK(isw_mail_send(mail, to, number % 2, bytes, length, &error) == ISW_OK);
}

static void receive_message(struct isw_mail *mail, unsigned from, unsigned number)
{
  struct isw_error error = {0};
  size_t length;
  void *bytes;
  CHECK(isw_mail_receive(mail, from, number % 2, &bytes, &length, &error) == ISW_OK);
  CHECK(length == message_length(from, number));
  for (size_t i = 0; i < length; i++) CHECK(((unsigned char *)bytes)[i] == (unsigned char)(i * 7 + from + 31 * number));
  free(bytes);
}

/* Every rank sends 20 messages to the next one and takes those of the one before, then the sums and maxima. */
static void check_mail(struct isw_cluster *cluster)
{
  unsigned rank = isw_cluster_rank(cluster), ranks = isw_cluster_size(cluster);
  struct isw_error error = {0};
  struct isw_mail *mail;
  CHECK(isw_mail_open(cluster, &mail, &error) == ISW_OK);
  for (unsigned number = 0; number < 20 && ranks > 1; number++) {
    send_message(mail, rank, (rank + 1) % ranks, number);
    isw_mail_progress(mail);
    receive_message(mail, (rank + ranks - 1) % ranks, number);
  }
  CHECK(isw_mail_close(mail, ISW_OK, &error) == ISW_OK);
  CHECK(isw_cluster_sum_u64(cluster, rank + 1) == (uint64_t)ranks * (ranks + 1) / 2);
  enum { COUNT = (1 << 20) + 5 };
  uint64_t *array = calloc(COUNT, sizeof *array);
  CHECK(array);
  array[0] = rank;
  array[COUNT - 1] = ranks - rank;
  isw_cluster_max_u64_array(cluster, array, COUNT);
  CHECK(array[0] == ranks - 1 && array[1] == 0 && array[COUNT - 1] == ranks);
  free(array);
}

/* A rank that closes its channel with an error ends the waits of all others, whatever is under way: messages that
 * nobody receives, sends that wait for their turn, and receives of what is never sent. The next channel is clean. */
static void check_failing_mail(struct isw_cluster *cluster, unsigned failing)
{
  unsigned rank = isw_cluster_rank(cluster);
  struct isw_error error = {0};
  struct isw_mail *mail;
  CHECK(isw_mail_open(cluster, &mail, &error) == ISW_OK);
  enum isw_status status = ISW_OK;
  if (rank == failing) {
    status = isw_error_set(&error, ISW_FAILED, "the disk of %u is full", rank);
  } else if (rank % 2 == 0) {
    size_t length;
    void *bytes;
    status = isw_mail_receive(mail, failing, 5, &bytes, &length, &error);
    CHECK(!bytes);
  } else {
    while (status == ISW_OK) status = isw_mail_send(mail, failing, 3, malloc(100000), 100000, &error);
  }
  CHECK(rank == failing || status == ISW_INTERRUPTED);
  CHECK(isw_mail_close(mail, status, &error) == ISW_FAILED);
  char expected[64];
  snprintf(expected, sizeof expected, failing ? "rank %u: the disk of %u is full" : "the disk of %u is full", failing,
           failing);
  if (rank == 0) CHECK(strcmp(isw_error_text(&error), expected) == 0);
  isw_error_clear(&error);
}

int main(int argc, char **argv)
{
  struct isw_cluster *cluster;
  struct isw_error error = {0};
  if (argc != 4) return 2;
  if (isw_cluster_create(&argc, &argv, &cluster, &error) != ISW_OK) {
    fprintf(stderr, "%s\n", isw_error_text(&error));
    return 1;
  }
  struct scene scene = {.name = argv[1],
                        .rank = isw_cluster_rank(cluster),
                        .ranks = isw_cluster_size(cluster),
                        .threads = strtoul(argv[2], NULL, 10)};
  const char *file = argv[3];
  CHECK(with_mpi() == (getenv("OMPI_COMM_WORLD_RANK") || getenv("PMI_RANK")));
  if (scene.rank == 0) {
    FILE *made = fopen(file, "w");
    CHECK(made && ftruncate(fileno(made), sizeof(struct shared)) == 0 && fclose(made) == 0);
  }
  if (with_mpi()) MPI_Barrier(MPI_COMM_WORLD);
  FILE *opened = fopen(file, "r+");
  CHECK(opened);
  scene.shared = mmap(NULL, sizeof *scene.shared, PROT_READ | PROT_WRITE, MAP_SHARED, fileno(opened), 0);
  CHECK(scene.shared != MAP_FAILED);
  fclose(opened);
  isw_signals_catch(ISW_END_IN_ORDER, true);

  if (strcmp(scene.name, "collective") == 0)
    collective(cluster);
  else if (strcmp(scene.name, "mail") == 0) {
    check_mail(cluster);
    for (unsigned failing = 0; failing < scene.ranks; failing++) check_failing_mail(cluster, failing);
    check_mail(cluster);
  } else if (strcmp(scene.name, "teams") == 0) {
    scene.packs = 1; /* all threads of one rank */
    run(cluster, &scene);
    CHECK(largest_team(&scene) == scene.threads);
    atomic_store(&scene.largest_team, 0);
    scene.max_threads = 2;
    run(cluster, &scene);
    CHECK(largest_team(&scene) == (scene.threads < 2 ? scene.threads : 2));
    scene.max_threads = 0;
    atomic_store(&scene.largest_team, 0);
    for (scene.packs = 0; scene.packs < 3 * scene.ranks * scene.threads; scene.packs++) run(cluster, &scene);
  } else {
    const char *advice;
    if (scene.threads == 0) scene.threads = isw_cluster_threads(cluster, 0, &advice);
    static const struct {
      const char *name;
      uint64_t packs;
    } sizes[] = {{"every", 3000},       {"pinned", 3000},       {"floating", 3000}, {"wanted", 5000},
                 {"cost", 2000},        {"many", 1000000},      {"deep", 1000},     {"error_prepare", 4000},
                 {"error_train", 4000}, {"error_finish", 4000}, {"signal", 400}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
      if (strcmp(scene.name, sizes[i].name) == 0) scene.packs = sizes[i].packs;
    CHECK(scene.packs > 0);
    run(cluster, &scene);
  }
  munmap(scene.shared, sizeof *scene.shared);
  isw_cluster_destroy(cluster);
  isw_error_clear(&error);
  return 0;
}
