/* The protocol by which ranks share the packs, and the OpenMP region in which it runs. Which packs are handed out is
 * queue.c's subject, training them worker_pool.c's.
 *
 * On every rank thread 0 of the OpenMP team, the main thread, is the communicator: it alone calls MPI, and sleeps
 * between calls, 50 us while messages come, up to 2 ms when none do, or until a worker wakes it. The other threads
 * train. Rank 0's communicator is also the server, so its answers never wait for a pack.
 *
 *   rank -> server   report: counts since the last report, and any of
 *                      REQUESTS  n workers are idle; at most one request is open
 *                      STOPPED   a signal or an error occurred here
 *                      FINISHED  the last report: no worker trains, no pack waits, and no request is open or the rank
 *                                was stopped; with the rank's status, and its error's text as a second message
 *   server -> rank   answer, any of
 *                      PACKS     ranges of packs, possibly none; `last` when no more are left
 *                      STOP      stop training
 *                      END       the last answer: totals and status
 *
 * Termination: a rank reports FINISHED after it has received `last` or STOP and its workers are idle, and sends
 * nothing after it. The server answers END when all ranks have FINISHED, and sends nothing after it. A rank returns
 * when it has received END. So no message is left unreceived, and no rank waits for one that never comes: a REQUESTS
 * is always answered with PACKS or, after a stop, with END. Each side has at most one message per direction under way
 * (MPI_Isend from a buffer of its own) and always an open receive, so no send waits for another.
 *
 * Rank 0's own workers exchange the same reports and answers by function calls. */
#include <omp.h>
#include <stdlib.h>
#include <string.h>
#include "cluster_internal.h"

enum { TAG_REPORT = 1, TAG_ANSWER = 2, TAG_TEXT = 3 };
enum { REQUESTS = 1, STOPPED = 2, FINISHED = 4 };
enum { PACKS = 1, STOP = 2, END = 4 };
enum { SLEEP_SHORT = 50000, SLEEP_LONG = 2000000 }; /* ns */

struct report {
  uint32_t flags, status;
  uint64_t idle, text_length;
  struct isw_counts counts;
  double under_way; /* isw_worker_pool_cost_under_way */
};

struct answer {
  uint32_t flags, status;
  uint32_t share, last;
  uint64_t ranges;
  struct isw_range range[ISW_RANGES];
  struct isw_counts totals;
};

/* State of the rank that requests packs. */
struct client {
  struct isw_worker_pool *pool;
  bool started;    /* all workers have been idle once */
  bool requested;  /* a request is open */
  bool exhausted;  /* the server has no more packs */
  bool stop_known; /* the server knows of the stop */
  bool finished, ended;
  double report_time;
  double under_way; /* as reported last */
  struct report report;
  struct answer answer;
  MPI_Request sending, receiving, sending_text;
};

/* What the server has to send to a rank. */
struct pending_reply {
  uint32_t flags;
  bool end_sent;
  uint64_t idle;
  double under_way; /* of that rank's last report */
  struct answer answer;
  MPI_Request sending;
};

struct server {
  struct isw_queue queue;
  size_t workers; /* of all ranks */
  int ranks, finished, ends_sent;
  bool stopped;
  struct isw_counts totals;
  enum isw_status status;
  int status_rank;
  struct isw_error error;
  struct pending_reply *reply; /* [ranks] */
  struct report incoming;
  MPI_Request receiving;
  uint64_t messages;
  double progress_time; /* of the last progress callback */
};

/* A rank's communicator. */
struct rank_comm {
  struct isw_cluster *cluster;
  const struct isw_work *work;
  struct isw_worker_pool pool;
  struct client client;
  struct server *server; /* NULL except on rank 0 */
  struct isw_work_totals totals;
  enum isw_status status;
};

static bool request_done(MPI_Request *request)
{
  int done;
  MPI_Test(request, &done, MPI_STATUS_IGNORE);
  return done;
}

/* ---- the server ---- */

static void server_stop(struct server *server)
{
  if (server->stopped) return;
  server->stopped = true;
  for (int r = 0; r < server->ranks; r++) server->reply[r].flags |= STOP;
}

static void server_receive_report(struct server *server, int rank, const struct report *report, const char *text)
{
  server->totals.packs += report->counts.packs;
  server->totals.networks += report->counts.networks;
  server->totals.diverged += report->counts.diverged;
  server->totals.network_steps += report->counts.network_steps;
  server->totals.cost += report->counts.cost;
  server->reply[rank].under_way = report->under_way;
  if (report->flags & REQUESTS) {
    server->reply[rank].flags |= PACKS;
    server->reply[rank].idle = report->idle;
  }
  if (report->flags & STOPPED) server_stop(server);
  if (report->flags & FINISHED) {
    enum isw_status theirs = (enum isw_status)report->status, worse = isw_worse_status(server->status, theirs);
    if (worse != server->status || (theirs == worse && theirs != ISW_OK && rank < server->status_rank)) {
      server->status = worse;
      server->status_rank = rank;
      isw_error_of_rank(&server->error, worse, rank, text);
    }
    server->finished++;
  }
}

static bool all_finished(const struct server *server)
{
  return server->finished == server->ranks;
}

/* Writes the pending reply to a rank; false: there is none. */
static bool server_next_answer(struct server *server, int rank, struct answer *answer)
{
  struct pending_reply *reply = &server->reply[rank];
  if (all_finished(server) && !reply->end_sent) reply->flags |= END;
  if (!reply->flags) return false;
  *answer = (struct answer){.flags = reply->flags};
  if (reply->flags & PACKS) {
    bool share = false;
    if (!server->stopped)
      answer->ranges = isw_queue_take(&server->queue, reply->idle, server->workers, answer->range, &share);
    answer->share = share;
    answer->last = server->stopped || server->queue.left == 0;
  }
  if (reply->flags & END) {
    /* a signal after the last pack has interrupted nothing */
    if (server->status == ISW_OK && server->totals.packs < server->queue.total) server->status = ISW_INTERRUPTED;
    if (server->status == ISW_INTERRUPTED && server->totals.packs == server->queue.total) server->status = ISW_OK;
    reply->end_sent = true;
    server->ends_sent++;
    answer->status = server->status;
    answer->totals = server->totals;
  }
  reply->flags = 0;
  return true;
}

static double cost_under_way(const struct server *server)
{
  double cost = 0;
  for (int r = 0; r < server->ranks; r++) cost += server->reply[r].under_way;
  return cost;
}

/* Receives the reports that have arrived and sends pending replies; true if there was any. */
static bool server_poll(struct rank_comm *rank_comm)
{
  struct server *server = rank_comm->server;
  bool progressed = false;
  int others_left = server->ranks - server->finished - (rank_comm->client.finished ? 0 : 1);
  while (others_left > 0) {
    int here;
    MPI_Status from;
    MPI_Test(&server->receiving, &here, &from);
    if (!here) break;
    progressed = true;
    server->messages++;
    char *text = NULL;
    if (server->incoming.flags & FINISHED) {
      others_left--;
      text = isw_allocate((size_t)server->incoming.text_length + 1, 1);
      if (!text) isw_out_of_memory(rank_comm->cluster);
      if (server->incoming.text_length > 0)
        MPI_Recv(text, (int)server->incoming.text_length, MPI_CHAR, from.MPI_SOURCE, TAG_TEXT,
                 rank_comm->cluster->everyone, MPI_STATUS_IGNORE);
    }
    server_receive_report(server, from.MPI_SOURCE, &server->incoming, text);
    free(text);
    if (others_left > 0)
      MPI_Irecv(&server->incoming, sizeof server->incoming, MPI_BYTE, MPI_ANY_SOURCE, TAG_REPORT,
                rank_comm->cluster->everyone, &server->receiving);
  }
  for (int r = 1; r < server->ranks; r++) {
    struct pending_reply *reply = &server->reply[r];
    if (!reply->flags && !all_finished(server))
      continue; /* fast path: of thousands of ranks most have no reply pending */
    if (!request_done(&reply->sending) || !server_next_answer(server, r, &reply->answer)) continue;
    progressed = true;
    MPI_Isend(&reply->answer, sizeof reply->answer, MPI_BYTE, r, TAG_ANSWER, rank_comm->cluster->everyone,
              &reply->sending);
  }
  if (rank_comm->work->progress && isw_clock() - server->progress_time >= 0.1) {
    server->progress_time = isw_clock();
    rank_comm->work->progress(rank_comm->work->context, server->totals.packs, server->totals.networks,
                              server->totals.diverged, server->totals.network_steps,
                              server->totals.cost + cost_under_way(server));
  }
  return progressed;
}

static enum isw_status server_create(struct rank_comm *rank_comm, struct isw_error *error)
{
  struct server *server = isw_allocate(1, sizeof *server);
  if (!server) return isw_error_memory(error, sizeof *server, "the queue of packs");
  rank_comm->server = server;
  server->ranks = rank_comm->cluster->size;
  server->receiving = MPI_REQUEST_NULL;
  server->reply = isw_allocate((size_t)server->ranks, sizeof *server->reply);
  if (!server->reply)
    return isw_error_memory(error, (size_t)server->ranks * sizeof *server->reply, "the queue of packs");
  for (int r = 0; r < server->ranks; r++) server->reply[r].sending = MPI_REQUEST_NULL;
  return isw_queue_create(&server->queue, rank_comm->work, error);
}

static void server_destroy(struct server *server)
{
  if (!server) return;
  isw_queue_clear(&server->queue);
  isw_error_clear(&server->error);
  free(server->reply);
  free(server);
}

/* ---- a rank ---- */

/* Writes the next report; false: there is nothing to report. is_server: on rank 0, it costs no message. */
static bool client_next_report(struct client *client, bool is_server, struct report *report)
{
  if (client->finished) return false;
  struct isw_worker_pool *pool = client->pool;
  double time = isw_clock();
  *report = (struct report){0};
  pthread_mutex_lock(&pool->mutex);
  bool stopped = atomic_load(&pool->stop);
  bool all_idle = pool->waiting == 0 && pool->idle == pool->threads;
  if (!client->stop_known && (pool->status != ISW_OK || isw_interrupted())) {
    report->flags |= STOPPED;
    client->stop_known = true;
  }
  client->started = client->started || all_idle; /* all workers are there before the first packs are handed out */
  if (client->started && !client->requested && !client->exhausted && !stopped && pool->waiting <= pool->refill_level &&
      (pool->idle > 0 || pool->refill_level > 0)) {
    report->flags |= REQUESTS;
    report->idle = pool->idle > 0 ? pool->idle : pool->threads;
    client->requested = true;
  }
  if (all_idle && (client->exhausted || (stopped && client->stop_known))) {
    report->flags |= FINISHED;
    report->status = pool->status;
    report->text_length = strlen(isw_error_text(&pool->error));
    client->finished = true;
  }
  double under_way = isw_worker_pool_cost_under_way(pool);
  bool is_due = time - client->report_time >= (is_server ? 0.1 : 1);
  bool has_counts = is_due && (pool->counts.packs > 0 || under_way != client->under_way);
  if (report->flags || has_counts) {
    report->counts = pool->counts;
    report->under_way = client->under_way = under_way;
    pool->counts = (struct isw_counts){0};
    client->report_time = time;
  }
  pthread_mutex_unlock(&pool->mutex);
  return report->flags || has_counts;
}

static void client_receive_answer(struct rank_comm *rank_comm, const struct answer *answer)
{
  struct client *client = &rank_comm->client;
  if (answer->flags & PACKS) {
    client->requested = false;
    client->exhausted = answer->last;
    isw_worker_pool_add(client->pool, answer->range, (size_t)answer->ranges, answer->share);
  }
  if (answer->flags & STOP) {
    client->stop_known = true; /* it came from the server */
    isw_worker_pool_stop(client->pool);
  }
  if (answer->flags & END) {
    client->ended = true;
    rank_comm->status = (enum isw_status)answer->status;
    rank_comm->totals.packs = answer->totals.packs;
    rank_comm->totals.networks = answer->totals.networks;
    rank_comm->totals.diverged = answer->totals.diverged;
    rank_comm->totals.network_steps = answer->totals.network_steps;
  }
}

/* Exchanges this rank's reports and answers; true if there was any. */
static bool client_poll(struct rank_comm *rank_comm)
{
  struct client *client = &rank_comm->client;
  MPI_Comm everyone = rank_comm->cluster->everyone;
  bool progressed = false;
  if (rank_comm->server) {
    struct answer answer;
    struct report report;
    if (client_next_report(client, true, &report)) {
      server_receive_report(rank_comm->server, 0, &report, isw_error_text(&client->pool->error));
      progressed = true;
    }
    while (!client->ended && server_next_answer(rank_comm->server, 0, &answer)) {
      client_receive_answer(rank_comm, &answer);
      progressed = true;
    }
    return progressed;
  }
  if (request_done(&client->sending) && client_next_report(client, false, &client->report)) {
    progressed = true;
    MPI_Isend(&client->report, sizeof client->report, MPI_BYTE, 0, TAG_REPORT, everyone, &client->sending);
    if (client->report.flags & FINISHED && client->report.text_length > 0)
      MPI_Isend(isw_error_text(&client->pool->error), (int)client->report.text_length, MPI_CHAR, 0, TAG_TEXT, everyone,
                &client->sending_text);
  }
  if (request_done(&client->receiving)) {
    progressed = true;
    client_receive_answer(rank_comm, &client->answer);
    if (!client->ended)
      MPI_Irecv(&client->answer, sizeof client->answer, MPI_BYTE, 0, TAG_ANSWER, everyone, &client->receiving);
  }
  return progressed;
}

static void communicate(struct rank_comm *rank_comm)
{
  MPI_Comm everyone = rank_comm->cluster->everyone;
  struct client *client = &rank_comm->client;
  struct server *server = rank_comm->server;
  if (!server)
    MPI_Irecv(&client->answer, sizeof client->answer, MPI_BYTE, 0, TAG_ANSWER, everyone, &client->receiving);
  else if (server->ranks > 1)
    MPI_Irecv(&server->incoming, sizeof server->incoming, MPI_BYTE, MPI_ANY_SOURCE, TAG_REPORT, everyone,
              &server->receiving);

  long delay = SLEEP_SHORT;
  double last_checkpoint = isw_clock();
  while (!client->ended) {
    if (rank_comm->work->checkpoint_seconds > 0 &&
        isw_clock() - last_checkpoint >= rank_comm->work->checkpoint_seconds) {
      last_checkpoint = isw_clock();
      atomic_fetch_add(&rank_comm->pool.checkpoint_tick, 1);
    }
    bool progressed = server && server_poll(rank_comm);
    progressed |= client_poll(rank_comm);
    if (progressed)
      delay = SLEEP_SHORT;
    else {
      isw_worker_pool_sleep(&rank_comm->pool, delay);
      delay = delay < SLEEP_LONG / 2 ? delay * 2 : SLEEP_LONG;
    }
  }
  while (server && server->ends_sent < server->ranks) /* rank 0 may have ended before END was sent to the others */
    if (!server_poll(rank_comm)) isw_worker_pool_sleep(&rank_comm->pool, SLEEP_SHORT);
  if (!server) {
    MPI_Wait(&client->sending, MPI_STATUS_IGNORE);
    MPI_Wait(&client->sending_text, MPI_STATUS_IGNORE);
  }
  for (int r = 1; server && r < server->ranks; r++) MPI_Wait(&server->reply[r].sending, MPI_STATUS_IGNORE);
}

/* Size of the OpenMP team for the workers and the communicator; OpenMP keeps its threads for the next region. */
static int team_size(size_t workers)
{
  int team = 1;
  omp_set_dynamic(0);
#pragma omp parallel num_threads((int)workers + 1) default(none) shared(team)
  {
#pragma omp single
    team = omp_get_num_threads();
  }
  return team;
}

/* The main thread communicates, the others train. */
static void run_team(struct rank_comm *rank_comm)
{
#pragma omp parallel num_threads((int)rank_comm->pool.threads + 1) default(none) shared(rank_comm)
  {
    if (omp_get_thread_num() == 0) {
      communicate(rank_comm);
      isw_worker_pool_close(&rank_comm->pool);
    } else {
      size_t worker = (size_t)omp_get_thread_num() - 1;
      isw_pin_worker(rank_comm->cluster, rank_comm->pool.threads, worker);
      isw_worker_pool_run_worker(&rank_comm->pool, worker);
    }
  }
}

enum isw_status isw_cluster_work(struct isw_cluster *cluster, const struct isw_work *work,
                                 struct isw_work_totals *totals, struct isw_error *error)
{
  struct rank_comm rank_comm = {.cluster = cluster, .work = work};
  rank_comm.client.pool = &rank_comm.pool;
  rank_comm.client.sending = rank_comm.client.receiving = rank_comm.client.sending_text = MPI_REQUEST_NULL;
  *totals = (struct isw_work_totals){0};

  enum isw_status status = isw_worker_pool_create(&rank_comm.pool, work, error);
  bool pool_created = status == ISW_OK;
  rank_comm.pool.crowded = cluster->crowded;
  int team = pool_created ? team_size(work->threads) : 0;
  if (pool_created && team < 2)
    status = isw_error_set(error, ISW_FAILED,
                           "OpenMP provides only one thread, but one thread communicates while others train: "
                           "unset OMP_THREAD_LIMIT or make it at least 2");
  if (status == ISW_OK) rank_comm.pool.threads = (size_t)team - 1;
  if (status == ISW_OK && cluster->rank == 0) status = server_create(&rank_comm, error);
  status = isw_cluster_agree(cluster, status, error);

  if (status == ISW_OK) {
    uint64_t all = isw_cluster_sum_u64(cluster, rank_comm.pool.threads);
    if (rank_comm.server) rank_comm.server->workers = (size_t)all;
    run_team(&rank_comm);
    status = rank_comm.status;
    *totals = rank_comm.totals;
    if (rank_comm.server) {
      totals->messages = rank_comm.server->messages;
      if (status == ISW_INTERRUPTED)
        isw_error_set(error, status, "interrupted");
      else if (status != ISW_OK)
        isw_error_set(error, status, "%s", isw_error_text(&rank_comm.server->error));
    }
  }
  server_destroy(rank_comm.server);
  if (pool_created) isw_worker_pool_clear(&rank_comm.pool);
  return status;
}
