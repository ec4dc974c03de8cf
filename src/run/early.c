/* Writes parts of the results file while others train: a worker of rank 0 that has finished a pack writes the next
 * parts, if all their networks are finished. It learns of the other ranks' networks by watching their journals grow. If
 * anything goes wrong, the file is given up, and written after the training. */
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include "run/run_internal.h"

enum {
  FEWEST_PARTS = 4, /* of a file for which it saves time */
  FEW_LEFT = 2      /* parts: sooner written by one rank than shared by all, which read all journals first */
};
/* A look at the journals is at most every so many seconds, and takes at most this part of a worker's time: a stat of
 * each of a thousand files takes long on a shared file system. */
static const double LOOK_SECONDS = 0.1, LOOK_PART = 0.05;

struct isw_early {
  struct isw_description description;
  struct isw_index *index;
  size_t file; /* of this run's journal, in the index */
  struct isw_part_maker *maker;
  pthread_mutex_t adding;  /* protects the index's places, and `complete` */
  uint64_t complete;       /* all networks before this one are finished */
  pthread_mutex_t writing; /* held by the worker that writes; protects the rest */
  uint64_t next, parts;
  struct isw_results_writer *writer; /* NULL: given up */
  struct isw_watch *watch;           /* of the journals of all ranks; NULL: there are no others */
  double next_look;                  /* isw_clock */
  char *seen_file;                   /* whose networks the watch tells of, and its number in the index */
  size_t seen_number;
};

static void add_seen(void *context, const char *file, uint64_t network, uint64_t offset)
{
  struct isw_early *e = context;
  struct isw_error ignored = {0};
  if (!e->seen_file || strcmp(e->seen_file, file) != 0) {
    free(e->seen_file);
    e->seen_file = isw_copy_text(file);
    if (e->seen_file && isw_index_file(e->index, file, &e->seen_number, &ignored) != ISW_OK) {
      free(e->seen_file);
      e->seen_file = NULL;
    }
    isw_error_clear(&ignored);
  }
  if (!e->seen_file) return; /* out of memory: its part is written after the training */
  pthread_mutex_lock(&e->adding);
  if (!isw_index_has(e->index, network)) isw_index_add(e->index, e->seen_number, network, offset);
  pthread_mutex_unlock(&e->adding);
}

/* Looks what the other ranks have finished. A journal that cannot be read is a matter for the end of the training. */
static void look(struct isw_early *e)
{
  struct isw_watched now;
  struct isw_error ignored = {0};
  double start = isw_clock();
  if (!e->watch || start < e->next_look) return;
  if (isw_watch_look(e->watch, &now, &ignored) != ISW_OK) {
    isw_watch_destroy(e->watch);
    e->watch = NULL;
    isw_error_clear(&ignored);
  }
  double end = isw_clock();
  e->next_look = end + fmax(LOOK_SECONDS, (end - start) / LOOK_PART);
}

enum isw_status isw_early_create(const char *path, const struct isw_sweep *sweep, struct isw_index *index,
                                 const struct isw_journal *journal, const char *parts, uint64_t replaces,
                                 struct isw_early **early, struct isw_error *error)
{
  *early = NULL;
  struct isw_early *e = isw_allocate(1, sizeof *e);
  if (!e) return isw_error_memory(error, sizeof *e, "the results file");
  pthread_mutex_init(&e->adding, NULL);
  pthread_mutex_init(&e->writing, NULL);
  e->index = index;
  enum isw_status status = isw_description_create(&e->description, sweep, error);
  struct isw_results_head *head = &e->description.head;
  head->replaces = replaces;
  head->threads = 1;
  if (status == ISW_OK) status = isw_part_maker_create(path, head, &e->maker, error);
  if (status == ISW_OK) e->parts = isw_parts_count(e->maker);
  if (status == ISW_OK && e->parts >= FEWEST_PARTS) {
    status = isw_index_file(index, isw_journal_file(journal), &e->file, error);
    if (status == ISW_OK && parts) {
      status = isw_watch_create(parts, isw_sweep_identity(sweep), isw_sweep_networks(sweep), head->real_bytes,
                                &e->watch, error);
      if (status == ISW_OK) isw_watch_tell(e->watch, add_seen, e);
    }
    if (status == ISW_OK) status = isw_results_writer_create(path, head, &e->writer, error);
  }
  if (status == ISW_OK && e->parts >= FEWEST_PARTS)
    *early = e;
  else
    isw_early_destroy(e);
  return status;
}

void isw_early_destroy(struct isw_early *e)
{
  if (!e) return;
  isw_results_writer_discard(e->writer);
  isw_part_maker_destroy(e->maker);
  isw_watch_destroy(e->watch);
  free(e->seen_file);
  isw_description_clear(&e->description);
  pthread_mutex_destroy(&e->adding);
  pthread_mutex_destroy(&e->writing);
  free(e);
}

void isw_early_add(struct isw_early *e, const struct isw_finished *networks, size_t count, const uint64_t *offsets)
{
  pthread_mutex_lock(&e->adding);
  for (size_t i = 0; i < count; i++) isw_index_add(e->index, e->file, networks[i].number, offsets[i]);
  pthread_mutex_unlock(&e->adding);
}

/* Whether all networks of the next part are finished. */
static bool next_is_complete(struct isw_early *e)
{
  if (e->next == e->parts) return false;
  const struct isw_part part = isw_parts_get(e->maker, e->next);
  pthread_mutex_lock(&e->adding);
  while (e->complete < part.first + part.networks && isw_index_has(e->index, e->complete)) e->complete++;
  bool complete = e->complete >= part.first + part.networks;
  pthread_mutex_unlock(&e->adding);
  return complete;
}

void isw_early_write(struct isw_early *e)
{
  if (pthread_mutex_trylock(&e->writing) != 0) return;
  if (e->writer) look(e);
  while (e->writer && next_is_complete(e)) {
    struct isw_error error = {0};
    size_t bytes;
    const struct isw_part part = isw_parts_get(e->maker, e->next);
    if (isw_part_make(e->maker, e->next, e->index, isw_results_writer_put, e->writer, &error) == ISW_OK) {
      isw_part_hash(e->maker, e->next++, isw_results_writer_hashes(e->writer, part.kind, &bytes));
      isw_results_writer_start_sync(e->writer);
    } else { /* the error is reported if it occurs again after the training */
      isw_results_writer_discard(e->writer);
      e->writer = NULL;
    }
    isw_error_clear(&error);
  }
  pthread_mutex_unlock(&e->writing);
}

bool isw_early_finish(struct isw_early *e)
{
  e->next_look = 0;
  look(e);
  pthread_mutex_lock(&e->adding);
  uint64_t missing = 0;
  for (uint64_t k = e->complete; k < isw_sweep_networks(e->description.sweep); k++)
    missing += !isw_index_has(e->index, k);
  pthread_mutex_unlock(&e->adding);
  if (missing == 0 && e->writer && e->parts - e->next <= FEW_LEFT) isw_early_write(e);
  return e->writer && e->next == e->parts;
}

struct isw_results_writer *isw_early_take(struct isw_early *e, uint64_t *next)
{
  struct isw_results_writer *writer = e->writer;
  *next = writer ? e->next : 0;
  e->writer = NULL;
  isw_part_maker_destroy(e->maker);
  e->maker = NULL;
  isw_watch_destroy(e->watch);
  e->watch = NULL;
  return writer;
}

struct isw_description *isw_early_description(struct isw_early *e)
{
  return &e->description;
}
