/* A barrier: fast if every member has a processor of its own, and without starving the others if not. */
#include <sched.h>
#include <stdalign.h>
#include <stdlib.h>
#include "initsweep/engine.h"
#include "team.h"

enum { SPINS = 200 }; /* some microseconds; after these, yielding costs little if the processor is free */

struct isw_team {
  size_t members;
  unsigned spins; /* before a waiting member yields its processor */
  alignas(64) atomic_size_t arrived;
  alignas(64) atomic_uint generation; /* of the barrier; members wait for its change */
};

struct isw_team *isw_team_create(size_t members)
{
  struct isw_team *team = isw_allocate(1, sizeof *team);
  if (!team) return NULL;
  team->members = members;
  team->spins = SPINS;
  atomic_init(&team->arrived, 0);
  atomic_init(&team->generation, 0);
  return team;
}

void isw_team_destroy(struct isw_team *team)
{
  free(team);
}

size_t isw_team_members(const struct isw_team *team)
{
  return team ? team->members : 1;
}

void isw_team_yield_at_once(struct isw_team *team)
{
  team->spins = 0;
}

static void spin_hint(void)
{
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

void isw_team_wait(struct isw_team *team)
{
  if (!team || team->members <= 1) return;
  unsigned generation = atomic_load_explicit(&team->generation, memory_order_relaxed);
  if (atomic_fetch_add_explicit(&team->arrived, 1, memory_order_acq_rel) + 1 == team->members) {
    atomic_store_explicit(&team->arrived, 0, memory_order_relaxed);
    atomic_store_explicit(&team->generation, generation + 1, memory_order_release);
    return;
  }
  for (unsigned spins = 0; atomic_load_explicit(&team->generation, memory_order_acquire) == generation; spins++)
    if (spins < team->spins)
      spin_hint();
    else
      sched_yield();
}
