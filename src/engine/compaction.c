/* Compaction: packs of which few networks are left are suspended, and merged with others. The networks of one fill the
 * free lanes of another that is mergeable and at the same step. A network whose pack was restored at another step
 * waits in its lane, suspended, until the pack reaches its step. No number changes by this: a lane never reads its
 * neighbours. */
#include <string.h>
#include "engine_internal.h"

/* A pack can be suspended at this many steps, spread evenly, but no closer than so many steps. */
enum { SUSPENSION_POINTS = 64, MIN_STEPS_BETWEEN = 128 };

/* ---- in a training pack ------------------------------------------------------------------------------------------ */

bool isw_member_resume_networks(struct isw_member *m, uint64_t step, uint64_t record, bool rates_set)
{
  struct isw_pack *pack = m->pack;
  bool resumed[ISW_LANES_MAX] = {false}, any = false;
  if (pack->suspended_lanes == 0) return false;
  for (size_t l = 0; l < pack->count; l++) {
    const struct isw_lane *lane = &pack->lane[l];
    resumed[l] = lane->saved_state && lane->resume_step == step && lane->resume_record == record;
    any = any || resumed[l];
  }
  if (!any) return false;
  isw_team_wait(m->team);
  for (size_t l = 0; m->index == 0 && l < pack->count; l++)
    if (resumed[l]) {
      isw_pack_resume_lane(pack, l);
      memcpy(pack->running_before[l], pack->lane[l].running, sizeof pack->running_before[l]);
    }
  if (m->index == 0 && rates_set && (step == 0 || pack->rates_change)) isw_pack_set_rates(pack, step, resumed);
  isw_team_wait(m->team);
  for (size_t l = 0; l < pack->count; l++)
    if (resumed[l]) {
      m->live[l] = true;
      m->live_count++;
      m->finite[l] = pack->finite[l];
    }
  m->transposed = false;
  isw_member_watch_losses(m);
  return true;
}

void isw_member_skip_to_suspended(const struct isw_member *m)
{
  struct isw_pack *pack = m->pack;
  const struct isw_lane *first = NULL;
  isw_team_wait(m->team);
  for (size_t l = 0; m->index == 0 && l < pack->count; l++) {
    const struct isw_lane *lane = &pack->lane[l];
    if (!lane->saved_state) continue;
    if (!first || lane->resume_step < first->resume_step ||
        (lane->resume_step == first->resume_step && lane->resume_record < first->resume_record))
      first = lane;
  }
  if (first) {
    pack->step = first->resume_step;
    pack->record = first->resume_record;
  }
  isw_team_wait(m->team);
}

static uint64_t suspension_interval(const struct isw_pack *pack)
{
  uint64_t interval = pack->steps / SUSPENSION_POINTS;
  return interval > MIN_STEPS_BETWEEN ? interval : MIN_STEPS_BETWEEN;
}

bool isw_member_is_sparse(const struct isw_member *m, uint64_t step)
{
  const struct isw_pack *pack = m->pack;
  return pack->suspends_when_sparse && pack->suspended_lanes == 0 && step > m->first_step && step < pack->steps &&
         step % suspension_interval(pack) == 0 && 4 * m->live_count <= 3 * pack->lanes;
}

uint64_t isw_pack_next_event(const struct isw_pack *pack, uint64_t step, uint64_t next)
{
  uint64_t interval = suspension_interval(pack), suspension = step - step % interval + interval;
  if (pack->suspends_when_sparse && suspension < next) next = suspension;
  for (size_t l = 0; pack->suspended_lanes > 0 && l < pack->count; l++)
    if (pack->lane[l].saved_state && pack->lane[l].resume_step > step && pack->lane[l].resume_step < next)
      next = pack->lane[l].resume_step;
  return next;
}

void isw_pack_suspend_when_sparse(struct isw_pack *pack)
{
  pack->suspends_when_sparse = true;
}

bool isw_pack_is_suspended(const struct isw_pack *pack)
{
  return pack->is_suspended;
}

/* ---- among packs ------------------------------------------------------------------------------------------------- */

static bool is_running(const struct isw_pack *pack, size_t lane)
{
  return pack->lane[lane].outcome.status == ISW_MISSING;
}

static size_t running_networks(const struct isw_pack *pack)
{
  size_t count = 0;
  for (size_t l = 0; l < pack->count; l++) count += is_running(pack, l);
  return count;
}

/* The first lane with a running network, or without; pack->count: there is none. */
static size_t find_lane(const struct isw_pack *pack, bool running)
{
  size_t l = 0;
  while (l < pack->count && is_running(pack, l) != running) l++;
  return l;
}

static void fill_free_lanes(struct isw_pack *pack, struct isw_pack *from)
{
  for (;;) {
    size_t free_lane = find_lane(pack, false), moving = find_lane(from, true);
    if (free_lane == pack->count || moving == from->count) return;
    if (!isw_pack_swap_lanes(pack, free_lane, from, moving)) return; /* without memory: slower, not wrong */
  }
}

static bool can_exchange(const struct isw_pack *a, const struct isw_pack *b)
{
  return a->layout == b->layout && a->step == b->step && a->record == b->record && a->suspended_lanes == 0 &&
         b->suspended_lanes == 0;
}

struct isw_pack *isw_packs_compact(struct isw_pack *const *packs, size_t count)
{
  struct isw_pack *next = NULL;
  size_t unfinished = 0;
  for (size_t i = 0; i < count; i++) {
    size_t running = running_networks(packs[i]);
    if (running == 0) continue;
    if (!next || packs[i]->step < next->step || (packs[i]->step == next->step && running > running_networks(next)))
      next = packs[i];
  }
  for (size_t i = 0; next && i < count; i++)
    if (packs[i] != next && can_exchange(packs[i], next)) fill_free_lanes(next, packs[i]);
  for (size_t i = 0; i < count; i++) unfinished += running_networks(packs[i]) > 0;
  if (next) next->suspends_when_sparse = unfinished > 1;
  return next;
}
