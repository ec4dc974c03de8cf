/* What the journal and checkpoints cost: linked before the results room by ld's --wrap, times every call that a run
 * makes while it trains, and says at the end how much of the run they were. Run it as `initsweep run`, with one thread
 * a rank. */
#include <stdio.h>
#include <time.h>
#include "initsweep/engine.h"
#include "initsweep/results.h"

static double begun, ended, inside;
static long calls;

static double now(void)
{
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static void count(double start)
{
  ended = now();
  inside += ended - start;
  calls++;
}

__attribute__((destructor)) static void say(void)
{
  if (begun > 0)
    fprintf(stderr, "journal_cost: %ld calls, %.3f s of %.3f s from the journal's opening to its closing: %.2f %%\n",
            calls, inside, ended - begun, 100 * inside / (ended - begun));
}

/* WRAP(result, name, parameters, arguments): the call with a clock around it */
#define WRAP(result, name, parameters, arguments)                                                                      \
  result __real_##name parameters;                                                                                     \
  result __wrap_##name parameters;                                                                                     \
  result __wrap_##name parameters                                                                                      \
  {                                                                                                                    \
    double start = now();                                                                                              \
    if (begun <= 0) begun = start;                                                                                     \
    result status = __real_##name arguments;                                                                           \
    count(start);                                                                                                      \
    return status;                                                                                                     \
  }

WRAP(enum isw_status, isw_journal_create,
     (const char *folder, uint64_t identity, unsigned rank, size_t real_bytes, const char *program,
      struct isw_journal **journal, struct isw_error *error),
     (folder, identity, rank, real_bytes, program, journal, error))
WRAP(enum isw_status, isw_journal_append_at,
     (struct isw_journal * journal, const struct isw_finished *networks, size_t number, uint64_t *offsets,
      struct isw_error *error),
     (journal, networks, number, offsets, error))
WRAP(enum isw_status, isw_journal_sync, (struct isw_journal * journal, struct isw_error *error), (journal, error))
WRAP(enum isw_status, isw_journal_destroy, (struct isw_journal * journal, struct isw_error *error), (journal, error))
WRAP(enum isw_status, isw_checkpoint_write,
     (const char *folder, uint64_t identity, unsigned rank, size_t real_bytes, const struct isw_checkpoint *checkpoint,
      struct isw_error *error),
     (folder, identity, rank, real_bytes, checkpoint, error))

void __real_isw_pack_save(const struct isw_pack *pack, void *state);
void __wrap_isw_pack_save(const struct isw_pack *pack, void *state);
void __wrap_isw_pack_save(const struct isw_pack *pack, void *state)
{
  double start = now();
  __real_isw_pack_save(pack, state);
  count(start);
}

void __real_isw_checkpoint_remove(const char *folder, uint64_t number);
void __wrap_isw_checkpoint_remove(const char *folder, uint64_t number);
void __wrap_isw_checkpoint_remove(const char *folder, uint64_t number)
{
  double start = now();
  __real_isw_checkpoint_remove(folder, number);
  count(start);
}
