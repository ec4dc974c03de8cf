/* Messages between two ranks, outside the queue of packs, on a communicator of their own.
 *
 * Every send is synchronous (MPI_Issend): it is complete when its receive has begun. A message is its length, then its
 * bytes in pieces that an int can count. A rank that fails tells rank 0 (STOP), which tells all others; whoever knows
 * of it no longer waits. At the end each rank drops what still arrives, until its own sends are complete, and then
 * until those of all ranks are: MPI_Ibarrier (Hoefler et al. 2010, the NBX algorithm). So no message is left
 * unreceived. */
#include <sched.h>
#include <stdlib.h>
#include <time.h>
#include "cluster_internal.h"

enum {
  TAG_STOP = 0,
  MAX_SENDING = 4, /* messages; two of them may be for a rank that is not yet at their turn */
  MAX_PIECE = 1 << 30,
  YIELDS = 200,      /* polls before the first sleep */
  SLEEP_MIN = 20000, /* ns */
  SLEEP_MAX = 1000000
};

struct message {
  struct message *next;
  uint64_t length;
  void *bytes;
  int requests;
  MPI_Request request[]; /* the length, then the pieces */
};

struct isw_mail {
  struct isw_cluster *cluster;
  MPI_Comm channel;
  struct message *sending;
  size_t sending_count;
  bool stopped; /* this rank or another one has failed */
  bool told;    /* rank 0, or on rank 0 the others, know of it */
  bool ending;  /* this rank's sends are complete, and it sends nothing more */
};

/* Waits a little longer from poll to poll. */
static void pause_between_polls(unsigned *polls)
{
  if (++*polls < YIELDS) {
    sched_yield();
    return;
  }
  long delay = SLEEP_MIN * (1 + (long)(*polls - YIELDS) / 8);
  nanosleep(&(struct timespec){.tv_nsec = delay < SLEEP_MAX ? delay : SLEEP_MAX}, NULL);
}

enum isw_status isw_mail_open(struct isw_cluster *cluster, struct isw_mail **mail, struct isw_error *error)
{
  struct isw_mail *made = isw_allocate(1, sizeof *made);
  *mail = NULL;
  enum isw_status status = made ? ISW_OK : isw_error_memory(error, sizeof *made, "messages");
  status = isw_cluster_agree(cluster, status, error);
  if (status != ISW_OK || !made) {
    free(made);
    return status;
  }
  made->cluster = cluster;
  MPI_Comm_dup(cluster->everyone, &made->channel);
  *mail = made;
  return ISW_OK;
}

static void free_sent(struct isw_mail *mail)
{
  for (struct message **at = &mail->sending; *at;) {
    struct message *message = *at;
    int done;
    MPI_Testall(message->requests, message->request, &done, MPI_STATUSES_IGNORE);
    if (!done) {
      at = &message->next;
      continue;
    }
    *at = message->next;
    mail->sending_count--;
    free(message->bytes);
    free(message);
  }
}

static bool start_sending(struct isw_mail *mail, int to, int tag, void *bytes, uint64_t length)
{
  int pieces = (int)((length + MAX_PIECE - 1) / MAX_PIECE);
  struct message *message = malloc(sizeof *message + ((size_t)pieces + 1) * sizeof message->request[0]);
  if (!message) return false;
  *message = (struct message){.next = mail->sending, .length = length, .bytes = bytes, .requests = 1 + pieces};
  MPI_Issend(&message->length, 1, MPI_UINT64_T, to, tag, mail->channel, &message->request[0]);
  for (int i = 0; i < pieces; i++) {
    uint64_t start = (uint64_t)i * MAX_PIECE, left = length - start;
    MPI_Issend((char *)bytes + start, left < MAX_PIECE ? (int)left : MAX_PIECE, MPI_BYTE, to, tag + 1, mail->channel,
               &message->request[1 + i]);
  }
  mail->sending = message;
  mail->sending_count++;
  return true;
}

/* Tells rank 0 or, on rank 0, all others that this exchange is over. */
static void stop(struct isw_mail *mail)
{
  mail->stopped = true;
  if (mail->told || mail->ending) return;
  mail->told = true;
  int first = mail->cluster->rank == 0 ? 1 : 0, end = mail->cluster->rank == 0 ? mail->cluster->size : 1;
  for (int r = first; r < end; r++)
    if (!start_sending(mail, r, TAG_STOP, NULL, 0)) isw_out_of_memory(mail->cluster);
}

static void look_for_stop(struct isw_mail *mail)
{
  int here;
  MPI_Status from;
  MPI_Iprobe(MPI_ANY_SOURCE, TAG_STOP, mail->channel, &here, &from);
  if (!here) return;
  uint64_t length;
  MPI_Recv(&length, 1, MPI_UINT64_T, from.MPI_SOURCE, TAG_STOP, mail->channel, MPI_STATUS_IGNORE);
  if (mail->cluster->rank == 0)
    stop(mail);
  else
    mail->stopped = mail->told = true;
}

void isw_mail_progress(struct isw_mail *mail)
{
  free_sent(mail);
  look_for_stop(mail);
}

/* Whether waiting makes sense. */
static bool goes_on(struct isw_mail *mail)
{
  isw_mail_progress(mail);
  return !mail->stopped && !isw_interrupted();
}

static enum isw_status give_up(struct isw_error *error)
{
  return isw_error_set(error, ISW_INTERRUPTED, "interrupted");
}

static int tag_of(unsigned kind)
{
  return 1 + 2 * (int)kind;
}

enum isw_status isw_mail_send(struct isw_mail *mail, unsigned to, unsigned kind, void *bytes, size_t length,
                              struct isw_error *error)
{
  unsigned polls = 0;
  bool good = goes_on(mail);
  for (; good && mail->sending_count >= MAX_SENDING; good = goes_on(mail)) pause_between_polls(&polls);
  if (good && start_sending(mail, (int)to, tag_of(kind), bytes, length)) return ISW_OK;
  free(bytes);
  return good ? isw_error_memory(error, length, "a message") : give_up(error);
}

/* Receives one piece; false: no longer. */
static bool receive_piece(struct isw_mail *mail, void *bytes, int length, int from, int tag)
{
  MPI_Request request;
  unsigned polls = 0;
  MPI_Irecv(bytes, length, MPI_BYTE, from, tag, mail->channel, &request);
  for (;;) {
    int done;
    MPI_Test(&request, &done, MPI_STATUS_IGNORE);
    if (done) return true;
    if (!goes_on(mail)) break;
    pause_between_polls(&polls);
  }
  MPI_Cancel(&request);
  MPI_Wait(&request, MPI_STATUS_IGNORE);
  return false;
}

enum isw_status isw_mail_receive(struct isw_mail *mail, unsigned from, unsigned kind, void **bytes, size_t *length,
                                 struct isw_error *error)
{
  uint64_t size = 0;
  *bytes = NULL;
  if (!receive_piece(mail, &size, sizeof size, (int)from, tag_of(kind))) return give_up(error);
  unsigned char *received = malloc(size ? (size_t)size : 1);
  if (!received) return isw_error_memory(error, (size_t)size, "a message");
  for (uint64_t start = 0; start < size; start += MAX_PIECE) {
    uint64_t left = size - start;
    if (receive_piece(mail, received + start, left < MAX_PIECE ? (int)left : MAX_PIECE, (int)from, tag_of(kind) + 1))
      continue;
    free(received);
    return give_up(error);
  }
  *bytes = received;
  *length = (size_t)size;
  return ISW_OK;
}

/* Receives a message that nobody waits for any more. */
static void drop_arrived(struct isw_mail *mail)
{
  int here, length;
  MPI_Status from;
  MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, mail->channel, &here, &from);
  if (!here || from.MPI_TAG == TAG_STOP) return;
  MPI_Get_count(&from, MPI_BYTE, &length);
  void *bytes = malloc(length > 0 ? (size_t)length : 1);
  if (!bytes) isw_out_of_memory(mail->cluster);
  MPI_Recv(bytes, length, MPI_BYTE, from.MPI_SOURCE, from.MPI_TAG, mail->channel, MPI_STATUS_IGNORE);
  free(bytes);
}

enum isw_status isw_mail_close(struct isw_mail *mail, enum isw_status mine, struct isw_error *error)
{
  struct isw_cluster *cluster = mail->cluster;
  MPI_Request all_done = MPI_REQUEST_NULL;
  unsigned polls = 0;
  if (mine != ISW_OK) stop(mail);
  for (int done = 0; !done; pause_between_polls(&polls)) {
    isw_mail_progress(mail);
    drop_arrived(mail);
    if (!mail->ending && mail->sending_count == 0) {
      mail->ending = true;
      MPI_Ibarrier(mail->channel, &all_done);
    }
    if (mail->ending) MPI_Test(&all_done, &done, MPI_STATUS_IGNORE);
  }
  MPI_Comm_free(&mail->channel);
  free(mail);
  return isw_cluster_agree(cluster, mine, error);
}
