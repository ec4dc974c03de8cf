/* Packs that rest because few of their networks go on are merged: the networks of one fill the free lanes of another that is
 * alike and at the same step. No number changes: a lane never looks at its neighbours. */
#include "engine_internal.h"

static size_t going_on(const struct isw_pack *pack)
{
  size_t count = 0;
  for (size_t l = 0; l < pack->count; l++) count += pack->lane[l].outcome.status == ISW_MISSING;
  return count;
}

/* A lane whose network goes on, or one whose does not; pack->count: none. */
static size_t find_lane(const struct isw_pack *pack, bool goes_on)
{
  size_t l = 0;
  while (l < pack->count && (pack->lane[l].outcome.status == ISW_MISSING) != goes_on) l++;
  return l;
}

static void fill(struct isw_pack *pack, struct isw_pack *from)
{
  for (;;) {
    size_t free_lane = find_lane(pack, false), moving = find_lane(from, true);
    if (free_lane == pack->count || moving == from->count) return;
    if (!isw_pack_swap(pack, free_lane, from, moving)) return; /* no memory: slower, not wrong */
  }
}

static bool meet(const struct isw_pack *a, const struct isw_pack *b)
{
  return a->step == b->step && a->record == b->record && a->sleepers == 0 && b->sleepers == 0;
}

struct isw_pack *isw_packs_compact(struct isw_pack *const *packs, size_t count)
{
  struct isw_pack *next = NULL;
  size_t unfinished = 0;
  for (size_t i = 0; i < count; i++) {
    size_t goes_on = going_on(packs[i]);
    if (goes_on == 0) continue;
    if (!next || packs[i]->step < next->step || (packs[i]->step == next->step && goes_on > going_on(next)))
      next = packs[i];
  }
  for (size_t i = 0; next && i < count; i++)
    if (packs[i] != next && meet(packs[i], next)) fill(next, packs[i]);
  for (size_t i = 0; i < count; i++) unfinished += going_on(packs[i]) > 0;
  if (next) next->rests_thin = unfinished > 1;
  return next;
}

void isw_pack_suspend_when_sparse(struct isw_pack *pack)
{
  pack->rests_thin = true;
}

bool isw_pack_is_suspended(const struct isw_pack *pack)
{
  return pack->resting;
}
