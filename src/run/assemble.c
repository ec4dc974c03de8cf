/* Makes the parts of a results file on all ranks, and writes them on rank 0 in their order.
 *
 * Part p belongs to one rank. Rank 0, which writes, makes fewer than the others: as many as let all end at the same
 * time. A rank makes its parts one after the other, each with all its threads. The hashes of the datasets need all
 * numbers in order; their states, not the numbers, go from the maker of a part to that of the next part of the same
 * kind. Rank 0 takes the parts in order, and makes its own next part before it waits for one of another rank. A rank
 * has a few parts under way at most (isw_mail_send), so it waits if rank 0 is slower.
 *
 * No rank waits for ever: of the parts that are not written yet, the first one waits only for states of parts before
 * it, which their makers have sent before the parts themselves. */
#include <stdlib.h>
#include <string.h>
#include "run/run_internal.h"

enum {
  PART,  /* kinds of messages */
  STATES /* and one more for each kind of part */
};
enum { CYCLE = 10 }; /* of so many parts, rank 0 makes some */
/* Seconds relative to compressing on one thread (bench/gather_phases: 0.32 and 0.31 on XOR networks, 0.29 and 0.6 on
 * digits, 0.36 and 1.2 on large ones): reading and decoding, which one thread does; writing, with receiving. */
static const double DECODE = 0.32, WRITE = 0.5;

/* How a chunk is sent: this, then its bytes up to a multiple of 8. */
struct sent_chunk {
  uint32_t dataset, mask;
  uint64_t from[3], size, is_text;
};

struct buffer {
  unsigned char *bytes;
  size_t length, capacity;
};

struct assembly {
  struct isw_cluster *cluster; /* NULL: this process alone */
  struct isw_mail *mail;       /* NULL: one rank */
  unsigned rank, ranks;
  struct isw_part_maker *maker;
  struct isw_results_writer *writer; /* rank 0 */
  struct isw_index *index;
  uint64_t first, parts; /* parts before `first` are written */
  uint64_t own;          /* of CYCLE parts, rank 0 makes so many */
  bool ahead;            /* rank 0: its next part is in `buffer`, not hashed yet */
  unsigned char *states[ISW_PART_KINDS];
  size_t state_bytes[ISW_PART_KINDS];
  struct buffer buffer;
};

/* Of CYCLE parts, those that rank 0 makes: x of all, if x makers + writing = (1 - x) / (ranks - 1) makers. */
static uint64_t choose_own(unsigned ranks, size_t threads)
{
  double write = WRITE / (DECODE + 1 / (double)threads), x = (1 - (ranks - 1) * write) / ranks;
  return ranks == 1 ? CYCLE : x > 0 ? (uint64_t)(x * CYCLE + 0.5) : 0;
}

/* Parts of rank 0 before a part. They are spread evenly over a cycle, and begin it. */
static uint64_t own_before(const struct assembly *a, uint64_t part)
{
  uint64_t at = part % CYCLE;
  return part / CYCLE * a->own + (a->own > 0 && at > 0 ? (at - 1) * a->own / CYCLE + 1 : 0);
}

static unsigned owner(const struct assembly *a, uint64_t part)
{
  uint64_t before = own_before(a, part);
  if (own_before(a, part + 1) > before) return 0;
  return 1 + (unsigned)((part - before) % (a->ranks - 1));
}

/* The next part of the same kind in a direction, 1 or -1; false: there is none, or it is written. */
static bool find_neighbour(const struct assembly *a, uint64_t part, int direction, uint64_t *found)
{
  enum isw_part_kind kind = isw_parts_get(a->maker, part).kind;
  for (*found = part; direction < 0 ? *found > a->first : *found + 1 < a->parts;) {
    *found += (uint64_t)(int64_t)direction;
    if (isw_parts_get(a->maker, *found).kind == kind) return true;
  }
  return false;
}

/* ---- the states of the hashes ---- */

static enum isw_status send_states(struct assembly *a, unsigned to, enum isw_part_kind kind, struct isw_error *error)
{
  size_t bytes = a->state_bytes[kind];
  void *copy = malloc(bytes);
  if (!copy) return isw_error_memory(error, bytes, "a message");
  memcpy(copy, a->states[kind], bytes);
  return isw_mail_send(a->mail, to, STATES + kind, copy, bytes, error);
}

static enum isw_status receive_states(struct assembly *a, unsigned from, enum isw_part_kind kind,
                                      struct isw_error *error)
{
  void *bytes;
  size_t length;
  enum isw_status status = isw_mail_receive(a->mail, from, STATES + kind, &bytes, &length, error);
  if (status != ISW_OK) return status;
  memcpy(a->states[kind], bytes, a->state_bytes[kind]);
  free(bytes);
  return ISW_OK;
}

/* Adds the numbers of the part that this rank has made last, between the maker of the part before and of that after. */
static enum isw_status hash_part(struct assembly *a, uint64_t part, struct isw_error *error)
{
  enum isw_part_kind kind = isw_parts_get(a->maker, part).kind;
  uint64_t other;
  unsigned from = find_neighbour(a, part, -1, &other) ? owner(a, other) : 0;
  unsigned to = find_neighbour(a, part, 1, &other) ? owner(a, other) : 0;
  enum isw_status status = from == a->rank ? ISW_OK : receive_states(a, from, kind, error);
  if (status != ISW_OK) return status;
  isw_part_hash(a->maker, part, a->states[kind]);
  return to == a->rank ? ISW_OK : send_states(a, to, kind, error);
}

/* Rank 0: sends the first states to the makers of the first parts, or receives the last ones from those of the last. */
static enum isw_status exchange_states(struct assembly *a, bool first, struct isw_error *error)
{
  bool done[ISW_PART_KINDS] = {false};
  enum isw_status status = ISW_OK;
  for (uint64_t i = a->first, kinds = 0; i < a->parts && kinds < ISW_PART_KINDS && status == ISW_OK; i++) {
    uint64_t part = first ? i : a->parts - 1 - (i - a->first);
    enum isw_part_kind kind = isw_parts_get(a->maker, part).kind;
    unsigned other = owner(a, part);
    kinds += !done[kind];
    if (!done[kind] && other != 0)
      status = first ? send_states(a, other, kind, error) : receive_states(a, other, kind, error);
    done[kind] = true;
  }
  return status;
}

/* ---- parts ---- */

static bool append(struct buffer *buffer, const void *bytes, size_t length)
{
  size_t padded = (length + 7) / 8 * 8;
  if (buffer->capacity - buffer->length < padded) {
    size_t more = buffer->length + padded;
    more += more / 2;
    unsigned char *larger = realloc(buffer->bytes, more);
    if (!larger) return false;
    buffer->bytes = larger;
    buffer->capacity = more;
  }
  memcpy(buffer->bytes + buffer->length, bytes, length);
  memset(buffer->bytes + buffer->length + length, 0, padded - length);
  buffer->length += padded;
  return true;
}

/* The sink of a part that is not written yet. */
static enum isw_status collect(void *context, const struct isw_part_chunk *chunk, struct isw_error *error)
{
  struct assembly *a = context;
  const struct sent_chunk head = {.dataset = chunk->dataset,
                                  .mask = chunk->mask,
                                  .from = {chunk->from[0], chunk->from[1], chunk->from[2]},
                                  .size = chunk->size,
                                  .is_text = chunk->bytes == NULL};
  isw_mail_progress(a->mail);
  if (append(&a->buffer, &head, sizeof head) && (!chunk->bytes || append(&a->buffer, chunk->bytes, chunk->size)))
    return ISW_OK;
  return isw_error_memory(error, chunk->size, "a part of the results file");
}

/* The sink of rank 0: it also helps messages on. */
static enum isw_status write_chunk(void *context, const struct isw_part_chunk *chunk, struct isw_error *error)
{
  struct assembly *a = context;
  if (a->mail) isw_mail_progress(a->mail);
  return isw_results_writer_put(a->writer, chunk, error);
}

/* Rank 0: writes what `collect` has put together, here or on another rank. */
static enum isw_status write_collected(struct assembly *a, const unsigned char *bytes, size_t length,
                                       struct isw_error *error)
{
  enum isw_status status = ISW_OK;
  for (size_t at = 0; at < length && status == ISW_OK;) {
    struct sent_chunk head;
    memcpy(&head, bytes + at, sizeof head);
    at += sizeof head;
    const struct isw_part_chunk chunk = {.dataset = head.dataset,
                                         .mask = head.mask,
                                         .from = {head.from[0], head.from[1], head.from[2]},
                                         .bytes = head.is_text ? NULL : bytes + at,
                                         .size = (size_t)head.size};
    if (!head.is_text) at += (chunk.size + 7) / 8 * 8;
    status = write_chunk(a, &chunk, error);
  }
  return status;
}

static enum isw_status make_part(struct assembly *a, uint64_t part, struct isw_error *error)
{
  enum isw_status status = ISW_OK;
  if (!a->ahead) status = isw_part_make(a->maker, part, a->index, a->rank == 0 ? write_chunk : collect, a, error);
  if (status == ISW_OK) status = hash_part(a, part, error);
  if (status != ISW_OK || (a->rank == 0 && !a->ahead)) return status;
  if (a->rank == 0) {
    status = write_collected(a, a->buffer.bytes, a->buffer.length, error);
    a->buffer.length = 0;
    a->ahead = false;
    return status;
  }
  struct buffer made = a->buffer;
  a->buffer = (struct buffer){0};
  return isw_mail_send(a->mail, 0, PART, made.bytes, made.length, error);
}

/* Rank 0: makes its next part after `part`, if there is one that is not made. */
static enum isw_status make_ahead(struct assembly *a, uint64_t part, struct isw_error *error)
{
  if (a->ahead || a->own == 0) return ISW_OK;
  while (part < a->parts && owner(a, part) != 0) part++;
  if (part == a->parts) return ISW_OK;
  a->ahead = true;
  return isw_part_make(a->maker, part, a->index, collect, a, error);
}

static enum isw_status receive_part(struct assembly *a, uint64_t part, struct isw_error *error)
{
  void *bytes;
  size_t length = 0;
  enum isw_status status = isw_mail_receive(a->mail, owner(a, part), PART, &bytes, &length, error);
  if (status == ISW_OK) status = write_collected(a, bytes, length, error);
  free(bytes);
  return status;
}

static enum isw_status make_and_write(struct assembly *a, const struct isw_results_head *head, struct isw_error *error)
{
  enum isw_status status = ISW_OK;
  if (a->rank == 0 && a->mail) status = exchange_states(a, true, error);
  for (uint64_t part = a->first; part < a->parts && status == ISW_OK; part++) {
    const struct isw_part about = isw_parts_get(a->maker, part);
    bool mine = owner(a, part) == a->rank;
    if (mine) status = make_part(a, part, error);
    if (!mine && a->rank == 0) status = make_ahead(a, part, error);
    if (!mine && a->rank == 0 && status == ISW_OK) status = receive_part(a, part, error);
    if (status == ISW_OK && a->rank == 0) isw_results_writer_start_sync(a->writer);
    if (status == ISW_OK) status = isw_check_interrupted(error);
    if (status == ISW_OK && head->progress && about.kind == ISW_PART_NUMBERS)
      head->progress(head->context, about.first + about.networks);
  }
  if (status == ISW_OK && a->rank == 0 && a->mail) status = exchange_states(a, false, error);
  return status;
}

/* The states' sizes are rank 0's; its states are the writer's own. */
static enum isw_status make_states(struct assembly *a, struct isw_error *error)
{
  enum isw_status status = ISW_OK;
  for (int kind = 0; kind < ISW_PART_KINDS; kind++) {
    uint64_t bytes = 0;
    if (a->rank == 0) {
      a->states[kind] = isw_results_writer_hashes(a->writer, (enum isw_part_kind)kind, &a->state_bytes[kind]);
      bytes = a->state_bytes[kind];
    }
    if (a->cluster) a->state_bytes[kind] = (size_t)isw_cluster_share_u64(a->cluster, bytes);
    if (a->rank == 0) continue;
    a->states[kind] = isw_allocate(a->state_bytes[kind], 1);
    if (!a->states[kind]) status = isw_error_memory(error, a->state_bytes[kind], "hashes");
  }
  return status;
}

static enum isw_status agree(const struct assembly *a, enum isw_status status, struct isw_error *error)
{
  return a->cluster ? isw_cluster_agree(a->cluster, status, error) : status;
}

enum isw_status isw_assemble(struct isw_cluster *cluster, const char *path, const struct isw_results_head *head,
                             struct isw_index *index, struct isw_results_writer *writer, uint64_t first,
                             struct isw_error *error)
{
  struct assembly a = {.cluster = cluster,
                       .rank = cluster ? isw_cluster_rank(cluster) : 0,
                       .ranks = cluster ? isw_cluster_size(cluster) : 1,
                       .writer = writer,
                       .index = index,
                       .first = cluster ? isw_cluster_share_u64(cluster, first) : first};
  a.own = choose_own(a.ranks, head->threads > 0 ? head->threads : 1);
  if (cluster) a.own = isw_cluster_share_u64(cluster, a.own); /* ranks may have other numbers of threads */
  enum isw_status status = ISW_OK;
  if (a.rank == 0 && !a.writer) status = isw_results_writer_create(path, head, &a.writer, error);
  if (status == ISW_OK) status = isw_part_maker_create(path, head, &a.maker, error);
  status = agree(&a, status, error);
  if (status == ISW_OK) status = agree(&a, make_states(&a, error), error);
  if (status == ISW_OK && a.ranks > 1) status = isw_mail_open(cluster, &a.mail, error);
  if (status == ISW_OK) {
    a.parts = isw_parts_count(a.maker);
    status = make_and_write(&a, head, error);
  }
  if (a.mail) status = isw_mail_close(a.mail, status, error);
  isw_part_maker_destroy(a.maker);
  free(a.buffer.bytes);
  for (int kind = 0; kind < ISW_PART_KINDS && a.rank > 0; kind++) free(a.states[kind]);
  if (status == ISW_OK && a.writer)
    status = isw_results_writer_complete(a.writer, error);
  else
    isw_results_writer_discard(a.writer);
  return agree(&a, status, error);
}

/* ---- the index on all ranks ---- */

/* What a rank reports of journal files that it leaves out. */
static enum isw_status note_left_out(void *context, const char *file, const char *reason, struct isw_error *error)
{
  (void)file;
  enum isw_status status = isw_text_add(context, "%s\n  its networks are left out", reason);
  if (status == ISW_OK) status = isw_text_add_bytes(context, "", 1);
  return status == ISW_OK ? ISW_OK : isw_error_memory(error, 1, "a message");
}

static void report_notes(const struct isw_reporter *reporter, const char *notes, size_t length)
{
  for (const char *note = notes; note < notes + length; note += strlen(note) + 1)
    isw_report_line(reporter, ISW_REPORT_WARNING, "%s", note);
}

/* Reports the notes of all ranks, in the order of ranks. */
static enum isw_status report_all_notes(struct isw_cluster *cluster, const struct isw_reporter *reporter,
                                        struct isw_text *notes, struct isw_error *error)
{
  unsigned rank = isw_cluster_rank(cluster), ranks = isw_cluster_size(cluster);
  struct isw_mail *mail;
  if (rank == 0) report_notes(reporter, notes->bytes, notes->length);
  if (ranks == 1 || isw_cluster_sum_u64(cluster, rank > 0 ? notes->length : 0) == 0) return ISW_OK;
  enum isw_status status = isw_mail_open(cluster, &mail, error);
  if (status != ISW_OK) return status;
  if (rank > 0) {
    status = isw_mail_send(mail, 0, PART, notes->bytes, notes->length, error);
    *notes = (struct isw_text){0};
  }
  for (unsigned r = 1; r < ranks && rank == 0 && status == ISW_OK; r++) {
    void *theirs;
    size_t length = 0;
    status = isw_mail_receive(mail, r, PART, &theirs, &length, error);
    if (status == ISW_OK) report_notes(reporter, theirs, length);
    free(theirs);
  }
  return isw_mail_close(mail, status, error);
}

enum isw_status isw_index_on_ranks(struct isw_cluster *cluster, const char *parts, const struct isw_sweep *sweep,
                                   uint64_t other, const struct isw_reporter *reporter, struct isw_index **index,
                                   struct isw_error *error)
{
  struct isw_text notes = {0};
  char *files = NULL;
  size_t length = 0;
  *index = NULL;
  enum isw_status status =
      isw_cluster_rank(cluster) == 0 ? isw_index_list_files(parts, &files, &length, error) : ISW_OK;
  status = isw_cluster_agree(cluster, status, error);
  if (status == ISW_OK) status = isw_cluster_share(cluster, &files, &length, error);
  if (status == ISW_OK) {
    const struct isw_index_part part = {.identity = isw_sweep_identity(sweep),
                                        .other = isw_cluster_share_u64(cluster, other),
                                        .files = files ? files : "",
                                        .files_length = length,
                                        .part = isw_cluster_rank(cluster),
                                        .parts = isw_cluster_size(cluster)};
    status =
        isw_index_create_part(parts, &part, isw_sweep_networks(sweep), isw_precision_bytes(isw_sweep_precision(sweep)),
                              note_left_out, &notes, index, error);
    status = isw_cluster_agree(cluster, status, error);
  }
  if (status == ISW_OK) status = report_all_notes(cluster, reporter, &notes, error);
  if (status == ISW_OK) {
    isw_cluster_max_u64_array(cluster, isw_index_places(*index), isw_sweep_networks(sweep));
    isw_index_set_combined(*index, isw_cluster_sum_u64(cluster, isw_index_damaged(*index)));
  } else {
    isw_index_destroy(*index);
    *index = NULL;
  }
  isw_text_clear(&notes);
  free(files);
  return status;
}
