/* A pack's state between two steps, for checkpoints. What it consists of stands in the tables below and nowhere else; all
 * else of a pack is made again from its settings. Weights are stored without the layout's padding, so that a state fits any
 * kernel of any machine. */
#include "engine/pack.h"
#include <string.h>

/* A field: where it stands in its struct, and its bytes there as in the state. */
struct field {
  size_t offset, bytes;
};
#define FIELD(type, name)                                                                                              \
  {                                                                                                                    \
    offsetof(struct type, name), sizeof(((struct type *)0)->name)                                                      \
  }

static const struct field pack_fields[] = {
    FIELD(isw_pack, step),       /* the next one to do */
    FIELD(isw_pack, record),     /* records before this one are made */
    FIELD(isw_pack, loss_below), /* an ended network has no rules any more */
    FIELD(isw_pack, finite),
};
static const struct field lane_fields[] = {
    FIELD(isw_lane, running),
    FIELD(isw_lane, outcome.status),
    FIELD(isw_lane, outcome.steps_done),
    FIELD(isw_lane, outcome.records_done),
};
/* Arrays of a layer: [fan_in][fan_out] lines in rows of its stride. */
static const size_t weight_arrays[] = {
    offsetof(struct isw_layer, weight),
    offsetof(struct isw_layer, weight_state[0]),
    offsetof(struct isw_layer, weight_state[1]),
};
static const size_t bias_arrays[] = {
    offsetof(struct isw_layer, bias),
    offsetof(struct isw_layer, bias_state[0]),
    offsetof(struct isw_layer, bias_state[1]),
};
static const size_t scale_arrays[] = {
    /* of a branch's last layer: a line each */
    offsetof(struct isw_layer, scale),
    offsetof(struct isw_layer, scale_state[0]),
    offsetof(struct isw_layer, scale_state[1]),
};
enum {
  PACK_FIELDS = sizeof pack_fields / sizeof *pack_fields,
  LANE_FIELDS = sizeof lane_fields / sizeof *lane_fields,
  LAYER_ARRAYS = sizeof weight_arrays / sizeof *weight_arrays
};

/* Which way the walk below copies; measuring, it only counts. */
struct walk {
  enum { MEASURE, SAVE, RESTORE } way;
  unsigned char *state;
  size_t bytes;
};

static void piece(struct walk *walk, void *place, size_t bytes)
{
  if (walk->way == SAVE) memcpy(walk->state + walk->bytes, place, bytes);
  if (walk->way == RESTORE) memcpy(place, walk->state + walk->bytes, bytes);
  walk->bytes += bytes;
}

static void walk_layer(struct walk *walk, struct isw_layer *layer)
{
  for (size_t i = 0; i < LAYER_ARRAYS; i++) {
    unsigned char *weight, *bias, *scale;
    memcpy(&weight, (unsigned char *)layer + weight_arrays[i], sizeof weight);
    memcpy(&bias, (unsigned char *)layer + bias_arrays[i], sizeof bias);
    memcpy(&scale, (unsigned char *)layer + scale_arrays[i], sizeof scale);
    if (scale) piece(walk, scale, ISW_LINE);
    if (!weight) continue; /* the optimiser has fewer */
    for (size_t row = 0; row < layer->fan_in; row++)
      piece(walk, weight + row * layer->stride * ISW_LINE, layer->fan_out * ISW_LINE);
    piece(walk, bias, layer->fan_out * ISW_LINE);
  }
}

static void walk_pack(struct walk *walk, struct isw_pack *pack)
{
  for (size_t f = 0; f < PACK_FIELDS; f++)
    piece(walk, (unsigned char *)pack + pack_fields[f].offset, pack_fields[f].bytes);
  piece(walk, pack->rate, ISW_RATES * ISW_LINE);
  piece(walk, pack->decay, ISW_LINE);
  for (size_t l = 0; l < pack->count; l++) {
    struct isw_lane *lane = &pack->lane[l];
    for (size_t f = 0; f < LANE_FIELDS; f++)
      piece(walk, (unsigned char *)lane + lane_fields[f].offset, lane_fields[f].bytes);
    piece(walk, lane->values, lane->outcome.values_bytes);
    if (lane->weights_final) piece(walk, lane->weights_final, pack->parameters * pack->bytes);
  }
  for (size_t i = 0; i < pack->probe_count; i++) /* what probes remember from record to record */
    if (pack->kept_count[i]) piece(walk, pack->scratch[i], pack->kept_count[i] * sizeof(double));
  for (size_t k = 0; k < pack->layers; k++) walk_layer(walk, &pack->layer[k]);
}

size_t isw_pack_state_bytes(const struct isw_pack *pack)
{
  struct walk walk = {.way = MEASURE};
  walk_pack(&walk, (struct isw_pack *)(uintptr_t)pack); /* measuring changes nothing */
  return walk.bytes;
}

void isw_pack_save(const struct isw_pack *pack, void *state)
{
  struct walk walk = {.way = SAVE, .state = state};
  walk_pack(&walk, (struct isw_pack *)(uintptr_t)pack);
}

/* Whether a state's numbers make sense, for checksums can be made. */
static bool sensible(const struct isw_pack *pack)
{
  if (pack->step > pack->steps || pack->record > pack->records) return false;
  for (size_t l = 0; l < pack->count; l++) {
    const struct isw_outcome *outcome = &pack->lane[l].outcome;
    if ((unsigned)outcome->status > ISW_DIVERGED || outcome->records_done > pack->records) return false;
  }
  return true;
}

enum isw_status isw_pack_restore(struct isw_pack *pack, const void *state, size_t bytes, struct isw_error *error)
{
  if (bytes != isw_pack_state_bytes(pack))
    return isw_error_set(error, ISW_BAD_INPUT, "a pack's state has %zu bytes, not %zu", isw_pack_state_bytes(pack),
                         bytes);
  struct walk walk = {.way = RESTORE, .state = (unsigned char *)(uintptr_t)state};
  walk_pack(&walk, pack);
  if (!sensible(pack)) return isw_error_set(error, ISW_BAD_INPUT, "a pack's state makes no sense");
  return ISW_OK;
}

uint64_t isw_pack_step(const struct isw_pack *pack)
{
  return pack->step;
}

void isw_pack_pause_at(struct isw_pack *pack, const atomic_uint *tick)
{
  pack->tick = tick;
  pack->tick_seen = atomic_load_explicit(tick, memory_order_relaxed);
}
