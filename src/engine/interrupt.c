/* Requests to return from training: to stop, or to make a checkpoint. Why a sparse pack returns is compaction.c's
 * subject. */
#include "engine_internal.h"

bool isw_pack_interrupted(const struct isw_pack *pack)
{
  return atomic_load_explicit(pack->interrupt, memory_order_relaxed) != 0;
}

bool isw_pack_interrupted_or_checkpoint_due(const struct isw_pack *pack)
{
  if (isw_pack_interrupted(pack)) return true;
  return pack->interrupt_tick &&
         atomic_load_explicit(pack->interrupt_tick, memory_order_relaxed) != pack->interrupt_tick_seen;
}

void isw_pack_interrupt_on_change(struct isw_pack *pack, const atomic_uint *tick)
{
  pack->interrupt_tick = tick;
  pack->interrupt_tick_seen = atomic_load_explicit(tick, memory_order_relaxed);
}
