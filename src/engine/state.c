/* A pack's state between two steps, for checkpoints: its networks', one after the other, for merge.c may have moved them to
 * packs that are at other steps. What a network's consists of stands in the tables and the walk below and nowhere else; all
 * else is made again from its settings. The layout's padding is left out, so that a state fits any kernel of any machine. */
#include "engine_internal.h"
#include <stdlib.h>
#include <string.h>

/* A field: where it stands in its struct, and its bytes there as in the state. */
struct field {
  size_t offset, bytes;
};
#define FIELD(type, name)                                                                                              \
  {                                                                                                                    \
    offsetof(struct type, name), sizeof(((struct type *)0)->name)                                                      \
  }

static const struct field lane_fields[] = {
    FIELD(isw_lane, running),
    FIELD(isw_lane, outcome.status),
    FIELD(isw_lane, outcome.steps_done),
    FIELD(isw_lane, outcome.records_done),
};
/* Arrays of a layer: [fan_in][fan_out] lines in rows of its stride, and biases. */
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
  LANE_FIELDS = sizeof lane_fields / sizeof *lane_fields,
  LAYER_ARRAYS = sizeof weight_arrays / sizeof *weight_arrays
};

/* Which way the walk below copies; measuring, it only counts. */
struct walk {
  enum { MEASURE, SAVE, RESTORE } way;
  bool moves; /* to another pack: what its settings made of the lane goes along, what the lane only points to stays */
  unsigned char *state;
  size_t bytes;
};

static void piece(struct walk *walk, void *place, size_t bytes)
{
  if (walk->way == SAVE) memcpy(walk->state + walk->bytes, place, bytes);
  if (walk->way == RESTORE) memcpy(place, walk->state + walk->bytes, bytes);
  walk->bytes += bytes;
}

/* A lane's numbers of an array [rows][columns] of lines, in rows of `stride`; NULL: none. */
static void column(struct walk *walk, const struct isw_pack *pack, size_t lane, void *array, size_t rows,
                   size_t columns, size_t stride)
{
  for (size_t row = 0; array && row < rows; row++)
    for (size_t c = 0; c < columns; c++)
      piece(walk, (unsigned char *)array + (row * stride + c) * ISW_LINE + lane * pack->bytes, pack->bytes);
}

static void walk_layer(struct walk *walk, const struct isw_pack *pack, size_t lane, struct isw_layer *layer)
{
  for (size_t i = 0; i < LAYER_ARRAYS; i++) {
    void *weight, *bias, *scale;
    memcpy(&weight, (unsigned char *)layer + weight_arrays[i], sizeof weight);
    memcpy(&bias, (unsigned char *)layer + bias_arrays[i], sizeof bias);
    column(walk, pack, lane, weight, layer->fan_in, layer->fan_out, layer->stride); /* NULL: the optimiser has fewer */
    column(walk, pack, lane, bias, 1, layer->fan_out, layer->fan_out);
    memcpy(&scale, (unsigned char *)layer + scale_arrays[i], sizeof scale);
    column(walk, pack, lane, scale, 1, 1, 1);
  }
  if (walk->moves) column(walk, pack, lane, layer->weight_start, layer->fan_in, layer->fan_out, layer->stride);
}

/* What probes remember from record to record: some numbers that all lanes share, then lines of float64. */
static void walk_probe(struct walk *walk, const struct isw_pack *pack, size_t lane, double *kept, size_t count)
{
  size_t shared = count % pack->lanes;
  piece(walk, kept, shared * sizeof *kept);
  for (size_t i = shared; i < count; i += pack->lanes) piece(walk, kept + i + lane, sizeof *kept);
}

static void walk_lane(struct walk *walk, struct isw_pack *pack, size_t l)
{
  struct isw_lane *lane = &pack->lane[l];
  if (!walk->moves) {
    uint64_t at[2] = {pack->step, pack->record}; /* the next step to do; records before this one are made */
    piece(walk, at, sizeof at);
    if (walk->way == RESTORE) {
      lane->asleep_step = at[0];
      lane->asleep_record = at[1];
    }
    for (size_t f = 0; f < LANE_FIELDS; f++)
      piece(walk, (unsigned char *)lane + lane_fields[f].offset, lane_fields[f].bytes);
    piece(walk, lane->values, lane->outcome.values_bytes);
    if (lane->weights_final) piece(walk, lane->weights_final, pack->parameters * pack->bytes);
  } else {
    void *parameters[] = {pack->hidden.parameter, pack->output.parameter, pack->loss_parameter};
    for (size_t i = 0; i < 3; i++) column(walk, pack, l, parameters[i], 1, 1, 1);
    piece(walk, &pack->gradient_below[l], sizeof pack->gradient_below[l]);
    piece(walk, &pack->escape[l], sizeof pack->escape[l]);
    piece(walk, pack->before[l], sizeof pack->before[l]);
  }
  piece(walk, &pack->loss_below[l], sizeof pack->loss_below[l]); /* an ended network has no rule any more */
  piece(walk, &pack->finite[l], sizeof pack->finite[l]);
  column(walk, pack, l, pack->rate, ISW_RATES, 1, 1);
  column(walk, pack, l, pack->decay, ISW_DECAYS, 1, 1);
  for (size_t i = 0; i < pack->probe_count; i++)
    if (pack->kept_count[i]) walk_probe(walk, pack, l, pack->scratch[i], pack->kept_count[i]);
  for (size_t k = 0; k < pack->layers; k++) walk_layer(walk, pack, l, &pack->layer[k]);
}

/* measuring changes nothing */
static size_t lane_bytes(const struct isw_pack *pack, bool moves)
{
  struct walk walk = {.way = MEASURE, .moves = moves};
  walk_lane(&walk, (struct isw_pack *)(uintptr_t)pack, 0);
  return walk.bytes;
}

size_t isw_pack_state_bytes(const struct isw_pack *pack)
{
  return pack->count * lane_bytes(pack, false);
}

void isw_pack_save(const struct isw_pack *pack, void *state)
{
  size_t bytes = lane_bytes(pack, false);
  for (size_t l = 0; l < pack->count; l++) {
    struct isw_place at = pack->where[l];
    unsigned char *to = (unsigned char *)state + l * bytes;
    const void *asleep = at.pack->lane[at.lane].asleep;
    struct walk walk = {.way = SAVE, .state = to};
    if (asleep)
      memcpy(to, asleep, bytes);
    else
      walk_lane(&walk, at.pack, at.lane);
  }
}

/* Whether the numbers of a lane's state make sense, for checksums can be made. */
static bool sensible(const struct isw_pack *pack, const struct isw_lane *lane)
{
  return lane->asleep_step <= pack->steps && lane->asleep_record <= pack->records &&
         (unsigned)lane->outcome.status <= ISW_DIVERGED && lane->outcome.records_done <= pack->records;
}

enum isw_status isw_pack_restore(struct isw_pack *pack, const void *state, size_t bytes, struct isw_error *error)
{
  size_t each = lane_bytes(pack, false);
  if (bytes != isw_pack_state_bytes(pack))
    return isw_error_set(error, ISW_BAD_INPUT, "a pack's state has %zu bytes, not %zu", isw_pack_state_bytes(pack),
                         bytes);
  pack->slept = isw_allocate(bytes, 1);
  if (!pack->slept) return isw_error_memory(error, bytes, "a pack's state");
  memcpy(pack->slept, state, bytes);
  for (size_t l = 0; l < pack->count; l++) {
    struct isw_lane *lane = &pack->lane[l];
    struct walk walk = {.way = RESTORE, .state = (unsigned char *)pack->slept + l * each};
    walk_lane(&walk, pack, l);
    if (!sensible(pack, lane)) return isw_error_set(error, ISW_BAD_INPUT, "a pack's state makes no sense");
    if (lane->outcome.status != ISW_MISSING) continue;
    isw_pack_clear_lane(pack, l);
    lane->asleep = walk.state;
    if (pack->sleepers++ == 0 || lane->asleep_step < pack->step ||
        (lane->asleep_step == pack->step && lane->asleep_record < pack->record)) {
      pack->step = lane->asleep_step;
      pack->record = lane->asleep_record;
    }
  }
  return ISW_OK;
}

void isw_pack_wake(struct isw_pack *pack, size_t lane)
{
  struct walk walk = {.way = RESTORE, .state = (unsigned char *)(uintptr_t)pack->lane[lane].asleep};
  walk_lane(&walk, pack, lane);
  pack->lane[lane].asleep = NULL;
  pack->sleepers--;
  /* It may not have moved yet where all that were awake have. */
  for (size_t i = 0; i < pack->probe_count; i++)
    pack->watches_moves = pack->watches_moves || pack->probes[i]->tracks_first_change;
}

/* Copies what a lane and its pack's arrays hold of a network. */
static void move_lane(int way, struct isw_pack *pack, size_t lane, unsigned char *state)
{
  struct walk walk = {.way = way, .moves = true, .state = state};
  walk_lane(&walk, pack, lane);
}

bool isw_pack_swap(struct isw_pack *a, size_t lane_a, struct isw_pack *b, size_t lane_b)
{
  size_t bytes = lane_bytes(a, true);
  unsigned char *kept = isw_allocate(2, bytes);
  if (!kept) return false;
  move_lane(SAVE, a, lane_a, kept);
  move_lane(SAVE, b, lane_b, kept + bytes);
  move_lane(RESTORE, a, lane_a, kept + bytes);
  move_lane(RESTORE, b, lane_b, kept);
  free(kept);
  struct isw_lane lane = a->lane[lane_a];
  a->lane[lane_a] = b->lane[lane_b];
  b->lane[lane_b] = lane;
  struct isw_place home_a = a->lane[lane_a].home, home_b = b->lane[lane_b].home;
  home_a.pack->where[home_a.lane] = (struct isw_place){a, lane_a};
  home_b.pack->where[home_b.lane] = (struct isw_place){b, lane_b};
  /* what any lane of a pack may ask for */
  a->gradient_rules = b->gradient_rules = a->gradient_rules || b->gradient_rules;
  a->rates_change = b->rates_change = a->rates_change || b->rates_change;
  a->clips = b->clips = a->clips || b->clips;
  a->watches_moves = b->watches_moves = a->watches_moves || b->watches_moves;
  return true;
}

uint64_t isw_pack_step(const struct isw_pack *pack)
{
  return pack->step;
}

void isw_pack_interrupt_on_change(struct isw_pack *pack, const atomic_uint *tick)
{
  pack->tick = tick;
  pack->tick_seen = atomic_load_explicit(tick, memory_order_relaxed);
}
