/* Writes parts of the results file while others train: the worker that has finished a pack writes the next parts, if
 * all their networks are finished. Only of a run on one rank, whose workers see every network. If anything goes wrong,
 * the file is given up, and written after the training. */
#include <pthread.h>
#include <stdlib.h>
#include "run/run_internal.h"

enum { FEWEST_PARTS = 4 }; /* of a file for which it saves time */

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
};

enum isw_status isw_early_create(const char *path, const struct isw_sweep *sweep, struct isw_index *index,
                                 const struct isw_journal *journal, uint64_t replaces, struct isw_early **early,
                                 struct isw_error *error)
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
    status = isw_index_add_file(index, isw_journal_file(journal), &e->file, error);
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

struct isw_results_writer *isw_early_take(struct isw_early *e, uint64_t *next)
{
  struct isw_results_writer *writer = e->writer;
  *next = writer ? e->next : 0;
  e->writer = NULL;
  isw_part_maker_destroy(e->maker);
  e->maker = NULL;
  return writer;
}

struct isw_description *isw_early_description(struct isw_early *e)
{
  return &e->description;
}
