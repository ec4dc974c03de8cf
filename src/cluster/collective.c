/* Collective calls: rank 0's values for every rank, one status for all, the hosts, and the check that all ranks run the
 * same program. One rank needs no MPI, which may not be initialised. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cluster_internal.h"

/* Gathers `bytes` bytes of each rank on rank 0. all: [ranks * bytes] there, else NULL */
static void gather(const struct isw_cluster *cluster, const char *mine, size_t bytes, char *all)
{
  if (cluster->size > 1)
    MPI_Gather(mine, (int)bytes, MPI_CHAR, all, (int)bytes, MPI_CHAR, 0, cluster->everyone);
  else if (all)
    memcpy(all, mine, bytes);
}

const char *isw_cluster_hosts(struct isw_cluster *cluster)
{
  char mine[MPI_MAX_PROCESSOR_NAME];
  isw_host_name(mine);
  char *all = cluster->rank == 0 ? isw_allocate((size_t)cluster->size, sizeof mine) : NULL;
  if (cluster->rank == 0 && !all) isw_out_of_memory(cluster); /* the other ranks are already in the collective call */
  gather(cluster, mine, sizeof mine, all);
  if (!all) return NULL;
  struct isw_text hosts = {0};
  for (int i = 0; i < cluster->size; i++) {
    const char *name = all + (size_t)i * sizeof mine;
    bool known = false;
    for (int j = 0; j < i && !known; j++) known = strcmp(name, all + (size_t)j * sizeof mine) == 0;
    if (!known) isw_text_add(&hosts, "%s%s", hosts.length ? "," : "", name);
  }
  free(all);
  free(cluster->hosts);
  cluster->hosts = hosts.bytes;
  return cluster->hosts;
}

enum { WORD_BYTES = 16 };

/* Appends the ranks whose word is that of rank `first`, as ranges. */
static void add_ranks(struct isw_text *text, char (*all)[WORD_BYTES], int ranks, int first)
{
  for (int i = first; i < ranks; i++) {
    int end = i;
    while (end < ranks && strcmp(all[end], all[first]) == 0) end++;
    if (end > i) isw_text_add(text, " %d", i);
    if (end > i + 1) isw_text_add(text, "-%d", end - 1);
    if (end > i) i = end;
  }
}

char *isw_cluster_words(struct isw_cluster *cluster, const char *word)
{
  char mine[WORD_BYTES] = "";
  snprintf(mine, sizeof mine, "%s", word);
  char(*all)[WORD_BYTES] = cluster->rank == 0 ? isw_allocate((size_t)cluster->size, sizeof *all) : NULL;
  if (cluster->rank == 0 && !all) isw_out_of_memory(cluster); /* the other ranks are already in the collective call */
  gather(cluster, mine, sizeof mine, (char *)all);
  if (!all) return NULL;
  struct isw_text text = {0};
  bool same = true;
  for (int i = 1; i < cluster->size; i++) same = same && strcmp(all[i], all[0]) == 0;
  if (same) isw_text_add(&text, "%s", all[0]);
  for (int i = 0; i < cluster->size && !same; i++) {
    bool known = false;
    for (int j = 0; j < i && !known; j++) known = strcmp(all[i], all[j]) == 0;
    if (known) continue;
    isw_text_add(&text, "%s%s on ranks", i ? ", " : "", all[i]);
    add_ranks(&text, all, cluster->size, i);
  }
  free(all);
  if (!text.bytes) isw_out_of_memory(cluster);
  return text.bytes;
}

double isw_cluster_host_sum(struct isw_cluster *cluster, double value)
{
  if (cluster->size == 1) return value;
  MPI_Comm host;
  double sum;
  MPI_Comm_split_type(cluster->everyone, MPI_COMM_TYPE_SHARED, cluster->rank, MPI_INFO_NULL, &host);
  MPI_Allreduce(&value, &sum, 1, MPI_DOUBLE, MPI_SUM, host);
  MPI_Comm_free(&host);
  return sum;
}

uint64_t isw_cluster_sum_u64(struct isw_cluster *cluster, uint64_t value)
{
  if (cluster->size == 1) return value;
  uint64_t sum;
  MPI_Request request;
  MPI_Iallreduce(&value, &sum, 1, MPI_UINT64_T, MPI_SUM, cluster->everyone, &request);
  isw_mpi_wait(&request);
  return sum;
}

void isw_cluster_max_u64_array(struct isw_cluster *cluster, uint64_t *array, uint64_t count)
{
  const uint64_t at_once = 1 << 20; /* bounds the library's own buffers */
  for (uint64_t start = 0; start < count && cluster->size > 1; start += at_once) {
    MPI_Request request;
    MPI_Iallreduce(MPI_IN_PLACE, array + start, (int)(count - start < at_once ? count - start : at_once), MPI_UINT64_T,
                   MPI_MAX, cluster->everyone, &request);
    isw_mpi_wait(&request);
  }
}

enum isw_status isw_cluster_share(struct isw_cluster *cluster, char **bytes, size_t *length, struct isw_error *error)
{
  uint64_t count = isw_cluster_share_u64(cluster, cluster->rank == 0 ? *length : 0);
  enum isw_status status = ISW_OK;
  char *received = NULL;
  if (count > INT_MAX)
    status = isw_error_set(error, ISW_FAILED, "cannot share %llu bytes (at most 2^31 - 1)", (unsigned long long)count);
  else if (cluster->rank != 0) {
    received = malloc((size_t)count + 1);
    if (!received) status = isw_error_memory(error, (size_t)count + 1, "rank 0's bytes");
  }
  status = isw_cluster_agree(cluster, status, error);
  if (status != ISW_OK) {
    free(received);
    return status;
  }
  if (cluster->size > 1) MPI_Bcast(received ? received : *bytes, (int)count, MPI_CHAR, 0, cluster->everyone);
  if (received) {
    received[count] = '\0';
    *bytes = received;
    *length = (size_t)count;
  }
  return ISW_OK;
}

bool isw_cluster_share_bool(struct isw_cluster *cluster, bool value)
{
  return isw_cluster_share_u64(cluster, value) != 0;
}

uint64_t isw_cluster_share_u64(struct isw_cluster *cluster, uint64_t value)
{
  if (cluster->size > 1) MPI_Bcast(&value, 1, MPI_UINT64_T, 0, cluster->everyone);
  return value;
}

enum isw_status isw_cluster_share_text(struct isw_cluster *cluster, char **text, struct isw_error *error)
{
  size_t length = cluster->rank == 0 && *text ? strlen(*text) : 0;
  return isw_cluster_share(cluster, text, &length, error);
}

/* Rank 0's array of numbers of `size` bytes each. */
static enum isw_status share_array(struct isw_cluster *cluster, void **array, size_t *count, size_t size,
                                   struct isw_error *error)
{
  char *bytes = *array;
  size_t length = cluster->rank == 0 ? *count * size : 0; /* of an array in memory: no overflow */
  enum isw_status status = isw_cluster_share(cluster, &bytes, &length, error);
  if (status != ISW_OK || cluster->rank == 0) return status;
  *array = bytes;
  *count = length / size;
  return ISW_OK;
}

enum isw_status isw_cluster_share_u64_array(struct isw_cluster *cluster, uint64_t **array, size_t *count,
                                            struct isw_error *error)
{
  void *shared = *array;
  enum isw_status status = share_array(cluster, &shared, count, sizeof **array, error);
  *array = shared;
  return status;
}

enum isw_status isw_cluster_share_double_array(struct isw_cluster *cluster, double **array, size_t *count,
                                               struct isw_error *error)
{
  void *shared = *array;
  enum isw_status status = share_array(cluster, &shared, count, sizeof **array, error);
  *array = shared;
  return status;
}

enum isw_status isw_cluster_agree(struct isw_cluster *cluster, enum isw_status mine, struct isw_error *error)
{
  if (cluster->size == 1) return mine;
  struct {
    int severity, rank;
  } pair = {isw_status_severity(mine), cluster->rank},
    found; /* MPI_MAXLOC: the lowest of the ranks that have the maximum */
  MPI_Request request;
  MPI_Iallreduce(&pair, &found, 1, MPI_2INT, MPI_MAXLOC, cluster->everyone, &request);
  isw_mpi_wait(&request);
  static const enum isw_status statuses[] = {ISW_OK, ISW_INTERRUPTED, ISW_BAD_INPUT, ISW_FAILED};
  enum isw_status status = statuses[found.severity];
  if (status == ISW_OK || found.rank == 0) return status;

  const char *text = isw_error_text(error);
  uint64_t length = strlen(text);
  if (cluster->rank == found.rank) {
    MPI_Send(&length, 1, MPI_UINT64_T, 0, 0, cluster->everyone);
    MPI_Send(text, (int)length, MPI_CHAR, 0, 0, cluster->everyone);
  } else if (cluster->rank == 0) {
    MPI_Recv(&length, 1, MPI_UINT64_T, found.rank, 0, cluster->everyone, MPI_STATUS_IGNORE);
    char *theirs = isw_allocate((size_t)length + 1, 1);
    if (!theirs) isw_out_of_memory(cluster);
    MPI_Recv(theirs, (int)length, MPI_CHAR, found.rank, 0, cluster->everyone, MPI_STATUS_IGNORE);
    isw_error_of_rank(error, status, found.rank, theirs);
    free(theirs);
  }
  return status;
}

/* The first message that rank 0 sends. This layout and the messages of isw_cluster_agree must not change, because ranks
 * of other versions read them. */
struct program_identity {
  char version[256], build[256], host[256];
};

enum isw_status isw_cluster_same_program(struct isw_cluster *cluster, const char *version, const char *build,
                                         struct isw_error *error)
{
  if (cluster->size == 1) return ISW_OK;
  struct program_identity mine = {0}, first;
  char host[MPI_MAX_PROCESSOR_NAME];
  isw_host_name(host);
  snprintf(mine.version, sizeof mine.version, "%.255s", version);
  snprintf(mine.build, sizeof mine.build, "%.255s", build);
  snprintf(mine.host, sizeof mine.host, "%.255s", host);
  first = mine;
  MPI_Bcast(&first, sizeof first, MPI_CHAR, 0, cluster->everyone);
  enum isw_status status = ISW_OK;
  if (strcmp(first.version, mine.version) != 0)
    status = isw_error_set(error, ISW_BAD_INPUT, "this is %s on host %s, rank 0 is %s on host %s", mine.version,
                           mine.host, first.version, first.host);
  else if (strcmp(first.build, mine.build) != 0)
    status = isw_error_set(error, ISW_BAD_INPUT, "%s is built by '%s' on host %s, by '%s' on rank 0's host %s", version,
                           mine.build, mine.host, first.build, first.host);
  if (status != ISW_OK)
    isw_text_add(&error->message, "\n  give all ranks the same program: see `which -a initsweep`, PATH and modules on "
                                  "these hosts");
  return isw_cluster_agree(cluster, status, error);
}
