/* The protocol by which ranks share the packs.
 *
 * On every rank thread 0 of the OpenMP team, the main thread, is the communicator: it alone calls MPI, and sleeps in
 * between, 50 us while messages come, up to 2 ms when none do, or until a worker calls. The other threads train. Rank 0's
 * communicator is the server too, so its answers never wait for a pack.
 *
 *   rank -> server   report: counts since the last one, and any of
 *                      ASKS      n workers have nothing to do; at most one question is open
 *                      STOPS     a signal came here, or something failed here
 *                      FINISHED  the last report: no worker trains, no pack waits, no question is open or we were
 *                                stopped; with the rank's status, and its error's text as a second message
 *   server -> rank   answer, any of
 *                      PACKS     ranges of packs; `last` when none is left (the ranges may be empty)
 *                      STOP      leave everything
 *                      END       the last answer: totals and status
 *
 * End: a rank reports FINISHED once it has heard `last` or STOP and its workers are idle, and sends nothing after it. The
 * server answers END when all ranks have FINISHED, and sends nothing after it. A rank leaves when it has heard END. So no
 * message is left over, and nobody waits for one that does not come: an ASKS is always answered with PACKS, or, after a
 * stop, by END. Each side has one message of each direction under way (MPI_Isend into a slot of its own), and a receive
 * open all the time, so no send waits for another.
 *
 * Rank 0's own workers speak the same words by plain calls. */
#include <omp.h>
#include <stdlib.h>
#include <string.h>
#include "cluster_internal.h"

enum { TAG_REPORT = 1, TAG_ANSWER = 2, TAG_TEXT = 3 };
enum { ASKS = 1, STOPS = 2, FINISHED = 4 };
enum { PACKS = 1, STOP = 2, END = 4 };
enum { SLEEP_SHORT = 50000, SLEEP_LONG = 2000000 }; /* ns */

struct report {
  uint32_t words, status;
  uint64_t idle, text_length;
  struct isw_counts counts;
};

struct answer {
  uint32_t words, status;
  uint32_t share, last;
  uint64_t ranges;
  struct isw_range range[ISW_RANGES];
  struct isw_counts totals;
};

/* A rank's side. */
struct client {
  struct isw_crew *crew;
  bool started, asked, drained, stop_said, finished, ended;
  double reported; /* when */
  struct report report;
  struct answer answer;
  MPI_Request sending, receiving, sending_text;
};

/* What the server owes a rank. */
struct debt {
  uint32_t words;
  bool told; /* END */
  uint64_t idle;
  struct answer answer;
  MPI_Request sending;
};

struct server {
  struct isw_queue queue;
  size_t workers;            /* of all ranks */
  int ranks, finished, told; /* told: that it is the END */
  bool stopped;
  struct isw_counts totals;
  enum isw_status status;
  int status_rank;
  struct isw_error error;
  struct debt *debt; /* [ranks] */
  struct report heard;
  MPI_Request receiving;
  uint64_t messages;
  double shown; /* when progress was */
};

struct desk { /* a rank's communicator, with the server on rank 0 */
  struct isw_cluster *cluster;
  const struct isw_work *work;
  struct isw_crew crew;
  struct client client;
  struct server *server; /* NULL but on rank 0 */
  struct isw_work_done done;
  enum isw_status status;
};

static bool slot_free(MPI_Request *request)
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
  for (int r = 0; r < server->ranks; r++) server->debt[r].words |= STOP;
}

static void server_hear(struct server *server, int rank, const struct report *report, const char *text)
{
  server->totals.packs += report->counts.packs;
  server->totals.networks += report->counts.networks;
  server->totals.diverged += report->counts.diverged;
  server->totals.network_steps += report->counts.network_steps;
  server->totals.cost += report->counts.cost;
  if (report->words & ASKS) {
    server->debt[rank].words |= PACKS;
    server->debt[rank].idle = report->idle;
  }
  if (report->words & STOPS) server_stop(server);
  if (report->words & FINISHED) {
    enum isw_status theirs = (enum isw_status)report->status, worse = isw_worse(server->status, theirs);
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

/* Writes what is owed to a rank; false where that is nothing. */
static bool server_answer(struct server *server, int rank, struct answer *answer)
{
  struct debt *debt = &server->debt[rank];
  if (all_finished(server) && !debt->told) debt->words |= END;
  if (!debt->words) return false;
  *answer = (struct answer){.words = debt->words};
  if (debt->words & PACKS) {
    bool share = false;
    if (!server->stopped)
      answer->ranges = isw_queue_take(&server->queue, debt->idle, server->workers, answer->range, &share);
    answer->share = share;
    answer->last = server->stopped || server->queue.left == 0;
  }
  if (debt->words & END) {
    /* a signal that came when all was done has interrupted nothing */
    if (server->status == ISW_OK && server->totals.packs < server->queue.total) server->status = ISW_INTERRUPTED;
    if (server->status == ISW_INTERRUPTED && server->totals.packs == server->queue.total) server->status = ISW_OK;
    debt->told = true;
    server->told++;
    answer->status = server->status;
    answer->totals = server->totals;
  }
  debt->words = 0;
  return true;
}

/* Hears the reports that have come and sends what is owed to other ranks; true where anything happened. */
static bool server_serve(struct desk *desk)
{
  struct server *server = desk->server;
  bool moved = false;
  int others_left = server->ranks - server->finished - (desk->client.finished ? 0 : 1);
  while (others_left > 0) {
    int here;
    MPI_Status from;
    MPI_Test(&server->receiving, &here, &from);
    if (!here) break;
    moved = true;
    server->messages++;
    char *text = NULL;
    if (server->heard.words & FINISHED) {
      others_left--;
      text = isw_allocate((size_t)server->heard.text_length + 1, 1);
      if (!text) isw_out_of_memory(desk->cluster);
      if (server->heard.text_length > 0)
        MPI_Recv(text, (int)server->heard.text_length, MPI_CHAR, from.MPI_SOURCE, TAG_TEXT, desk->cluster->everyone,
                 MPI_STATUS_IGNORE);
    }
    server_hear(server, from.MPI_SOURCE, &server->heard, text);
    free(text);
    if (others_left > 0)
      MPI_Irecv(&server->heard, sizeof server->heard, MPI_BYTE, MPI_ANY_SOURCE, TAG_REPORT, desk->cluster->everyone,
                &server->receiving);
  }
  for (int r = 1; r < server->ranks; r++) {
    struct debt *debt = &server->debt[r];
    if (!debt->words && !all_finished(server)) continue; /* thousands of ranks, most of which are owed nothing */
    if (!slot_free(&debt->sending) || !server_answer(server, r, &debt->answer)) continue;
    moved = true;
    MPI_Isend(&debt->answer, sizeof debt->answer, MPI_BYTE, r, TAG_ANSWER, desk->cluster->everyone, &debt->sending);
  }
  if (desk->work->progress && isw_clock() - server->shown >= 0.1) {
    server->shown = isw_clock();
    desk->work->progress(desk->work->context, server->totals.packs, server->totals.networks, server->totals.diverged,
                         server->totals.network_steps, server->totals.cost);
  }
  return moved;
}

static enum isw_status server_create(struct desk *desk, struct isw_error *error)
{
  struct server *server = isw_allocate(1, sizeof *server);
  if (!server) return isw_error_memory(error, sizeof *server, "the queue of packs");
  desk->server = server;
  server->ranks = desk->cluster->size;
  server->receiving = MPI_REQUEST_NULL;
  server->debt = isw_allocate((size_t)server->ranks, sizeof *server->debt);
  if (!server->debt) return isw_error_memory(error, (size_t)server->ranks * sizeof *server->debt, "the queue of packs");
  for (int r = 0; r < server->ranks; r++) server->debt[r].sending = MPI_REQUEST_NULL;
  return isw_queue_create(&server->queue, desk->work, error);
}

static void server_destroy(struct server *server)
{
  if (!server) return;
  isw_queue_clear(&server->queue);
  isw_error_clear(&server->error);
  free(server->debt);
  free(server);
}

/* ---- a rank ---- */

/* Writes what there is to say; false where that is nothing. */
static bool client_report(struct client *client, struct report *report)
{
  if (client->finished) return false;
  struct isw_crew *crew = client->crew;
  double time = isw_clock();
  *report = (struct report){0};
  pthread_mutex_lock(&crew->mutex);
  bool stopped = atomic_load(&crew->stop);
  bool quiet = crew->waiting == 0 && crew->idle == crew->threads;
  if (!client->stop_said && (crew->status != ISW_OK || isw_signal_caught())) {
    report->words |= STOPS;
    client->stop_said = true;
  }
  client->started = client->started || quiet; /* all workers are there before the first packs are shared out */
  if (client->started && !client->asked && !client->drained && !stopped && crew->waiting <= crew->low &&
      (crew->idle > 0 || crew->low > 0)) {
    report->words |= ASKS;
    report->idle = crew->idle > 0 ? crew->idle : crew->threads;
    client->asked = true;
  }
  if (quiet && (client->drained || (stopped && client->stop_said))) {
    report->words |= FINISHED;
    report->status = crew->status;
    report->text_length = strlen(isw_error_text(&crew->error));
    client->finished = true;
  }
  bool news = crew->counts.packs > 0 && time - client->reported >= 1;
  if (report->words || news) {
    report->counts = crew->counts;
    crew->counts = (struct isw_counts){0};
    client->reported = time;
  }
  pthread_mutex_unlock(&crew->mutex);
  return report->words || news;
}

static void client_hear(struct desk *desk, const struct answer *answer)
{
  struct client *client = &desk->client;
  if (answer->words & PACKS) {
    client->asked = false;
    client->drained = answer->last;
    isw_crew_add(client->crew, answer->range, (size_t)answer->ranges, answer->share);
  }
  if (answer->words & STOP) {
    client->stop_said = true; /* who is told need not tell */
    isw_crew_stop(client->crew);
  }
  if (answer->words & END) {
    client->ended = true;
    desk->status = (enum isw_status)answer->status;
    desk->done.packs = answer->totals.packs;
    desk->done.networks = answer->totals.networks;
    desk->done.diverged = answer->totals.diverged;
    desk->done.network_steps = answer->totals.network_steps;
  }
}

/* One round of a rank's own affairs; true where anything happened. */
static bool client_turn(struct desk *desk)
{
  struct client *client = &desk->client;
  MPI_Comm everyone = desk->cluster->everyone;
  bool moved = false;
  if (desk->server) {
    struct answer answer;
    struct report report;
    if (client_report(client, &report)) {
      server_hear(desk->server, 0, &report, isw_error_text(&client->crew->error));
      moved = true;
    }
    while (!client->ended && server_answer(desk->server, 0, &answer)) {
      client_hear(desk, &answer);
      moved = true;
    }
    return moved;
  }
  if (slot_free(&client->sending) && client_report(client, &client->report)) {
    moved = true;
    MPI_Isend(&client->report, sizeof client->report, MPI_BYTE, 0, TAG_REPORT, everyone, &client->sending);
    if (client->report.words & FINISHED && client->report.text_length > 0)
      MPI_Isend(isw_error_text(&client->crew->error), (int)client->report.text_length, MPI_CHAR, 0, TAG_TEXT, everyone,
                &client->sending_text);
  }
  if (slot_free(&client->receiving)) {
    moved = true;
    client_hear(desk, &client->answer);
    if (!client->ended)
      MPI_Irecv(&client->answer, sizeof client->answer, MPI_BYTE, 0, TAG_ANSWER, everyone, &client->receiving);
  }
  return moved;
}

static void communicate(struct desk *desk)
{
  MPI_Comm everyone = desk->cluster->everyone;
  struct client *client = &desk->client;
  struct server *server = desk->server;
  if (!server)
    MPI_Irecv(&client->answer, sizeof client->answer, MPI_BYTE, 0, TAG_ANSWER, everyone, &client->receiving);
  else if (server->ranks > 1)
    MPI_Irecv(&server->heard, sizeof server->heard, MPI_BYTE, MPI_ANY_SOURCE, TAG_REPORT, everyone, &server->receiving);

  long pause = SLEEP_SHORT;
  double kept = isw_clock();
  while (!client->ended) {
    if (desk->work->checkpoint_seconds > 0 && isw_clock() - kept >= desk->work->checkpoint_seconds) {
      kept = isw_clock();
      atomic_fetch_add(&desk->crew.tick, 1);
    }
    bool moved = server && server_serve(desk);
    moved |= client_turn(desk);
    if (moved)
      pause = SLEEP_SHORT;
    else {
      isw_crew_sleep(&desk->crew, pause);
      pause = pause < SLEEP_LONG / 2 ? pause * 2 : SLEEP_LONG;
    }
  }
  while (server && server->told < server->ranks) /* rank 0 may have ended before the others were told */
    if (!server_serve(desk)) isw_crew_sleep(&desk->crew, SLEEP_SHORT);
  MPI_Wait(&client->sending, MPI_STATUS_IGNORE);
  MPI_Wait(&client->sending_text, MPI_STATUS_IGNORE);
  for (int r = 1; server && r < server->ranks; r++) MPI_Wait(&server->debt[r].sending, MPI_STATUS_IGNORE);
}

/* The team that OpenMP gives for so many workers and the communicator. Its threads are kept for the next region. */
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
static void run_team(struct desk *desk)
{
#pragma omp parallel num_threads((int)desk->crew.threads + 1) default(none) shared(desk)
  {
    if (omp_get_thread_num() == 0) {
      communicate(desk);
      isw_crew_close(&desk->crew);
    } else {
      size_t worker = (size_t)omp_get_thread_num() - 1;
      isw_pin_worker(desk->cluster, desk->crew.threads, worker);
      isw_crew_work(&desk->crew, worker);
    }
  }
}

enum isw_status isw_cluster_work(struct isw_cluster *cluster, const struct isw_work *work, struct isw_work_done *done,
                                 struct isw_error *error)
{
  struct desk desk = {.cluster = cluster, .work = work};
  desk.client.crew = &desk.crew;
  desk.client.sending = desk.client.receiving = desk.client.sending_text = MPI_REQUEST_NULL;
  *done = (struct isw_work_done){0};

  enum isw_status status = isw_crew_create(&desk.crew, work, error);
  bool crew = status == ISW_OK;
  int team = crew ? team_size(work->threads) : 0;
  if (crew && team < 2)
    status = isw_error_set(error, ISW_FAILED,
                           "OpenMP gives this program one thread only, but one serves messages while others train: "
                           "unset OMP_THREAD_LIMIT or make it at least 2");
  if (status == ISW_OK) desk.crew.threads = (size_t)team - 1;
  if (status == ISW_OK && cluster->rank == 0) status = server_create(&desk, error);
  status = isw_cluster_agree(cluster, status, error);

  if (status == ISW_OK) {
    uint64_t mine = desk.crew.threads, all = 0;
    MPI_Allreduce(&mine, &all, 1, MPI_UINT64_T, MPI_SUM, cluster->everyone);
    if (desk.server) desk.server->workers = (size_t)all;
    run_team(&desk);
    status = desk.status;
    *done = desk.done;
    if (desk.server) {
      done->messages = desk.server->messages;
      if (status == ISW_INTERRUPTED)
        isw_error_set(error, status, "interrupted");
      else if (status != ISW_OK)
        isw_error_set(error, status, "%s", isw_error_text(&desk.server->error));
    }
  }
  server_destroy(desk.server);
  if (crew) isw_crew_clear(&desk.crew);
  return status;
}
