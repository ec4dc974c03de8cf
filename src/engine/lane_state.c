/* The state of a lane between two steps, for checkpoints and for moving a network to another pack. A pack's state is
 * that of its networks, one after the other, because compaction.c may have moved them to packs at other steps. What a
 * state consists of is defined by the tables and the walk below only; everything else is recreated from the settings.
 * Padding of the layout is left out, so a state fits the kernels of any machine and either layout. */
#include "engine_internal.h"
#include <stdlib.h>
#include <string.h>

/* A field of a struct: its offset and its bytes, the same in the state. */
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
static const size_t gain_arrays[] = {
    offsetof(struct isw_layer, gain.number),
    offsetof(struct isw_layer, gain.state[0]),
    offsetof(struct isw_layer, gain.state[1]),
};
static const size_t shift_arrays[] = {
    offsetof(struct isw_layer, shift.number),
    offsetof(struct isw_layer, shift.state[0]),
    offsetof(struct isw_layer, shift.state[1]),
};
static const size_t bias_arrays[] = {
    offsetof(struct isw_layer, bias),
    offsetof(struct isw_layer, bias_state[0]),
    offsetof(struct isw_layer, bias_state[1]),
};
/* Of a branch's last layer: a line each. */
static const size_t scale_arrays[] = {
    offsetof(struct isw_layer, scale),
    offsetof(struct isw_layer, scale_state[0]),
    offsetof(struct isw_layer, scale_state[1]),
};
enum {
  LANE_FIELDS = sizeof lane_fields / sizeof *lane_fields,
  LAYER_ARRAYS = sizeof weight_arrays / sizeof *weight_arrays
};

/* The direction in which the walk below copies; MEASURE only counts bytes. */
struct walk {
  enum { MEASURE, SAVE, RESTORE } direction;
  bool moves; /* to another pack: includes what the settings set in the lane, but not what the lane only points to */
  unsigned char *state;
  size_t bytes;
};

static void copy_bytes(struct walk *walk, void *place, size_t bytes)
{
  if (walk->direction == SAVE) memcpy(walk->state + walk->bytes, place, bytes);
  if (walk->direction == RESTORE) memcpy(place, walk->state + walk->bytes, bytes);
  walk->bytes += bytes;
}

/* A lane's numbers of an array [rows][fan_out] of rows of the layer's stride; NULL: none. */
static void copy_units(struct walk *walk, const struct isw_pack *pack, size_t lane, const struct isw_layer *layer,
                       size_t rows, void *array)
{
  for (size_t i = 0; array && i < rows; i++)
    for (size_t j = 0; j < layer->fan_out; j++)
      copy_bytes(walk, (unsigned char *)array + isw_number_index(pack, layer, i, j, lane) * pack->number_bytes,
                 pack->number_bytes);
}

/* A lane's number of each of some lines (isw_line_store); NULL: none. */
static void copy_lines(struct walk *walk, const struct isw_pack *pack, size_t lane, size_t lines, void *array)
{
  for (size_t i = 0; array && i < lines; i++) {
    unsigned char *number = (unsigned char *)array + i * ISW_LINE_BYTES + lane * pack->number_bytes;
    copy_bytes(walk, number, pack->number_bytes);
    if (walk->direction == RESTORE) isw_line_store(pack, array, i, lane, isw_number_load(pack->precision, number, 0));
  }
}

static void walk_layer(struct walk *walk, const struct isw_pack *pack, size_t lane, struct isw_layer *layer)
{
  for (size_t i = 0; i < LAYER_ARRAYS; i++) {
    void *weight, *bias, *gain, *shift, *scale;
    memcpy(&weight, (unsigned char *)layer + weight_arrays[i], sizeof weight);
    memcpy(&bias, (unsigned char *)layer + bias_arrays[i], sizeof bias);
    copy_units(walk, pack, lane, layer, layer->fan_in, weight); /* NULL: the optimiser has fewer arrays, or */
    copy_units(walk, pack, lane, layer, 1, bias);               /* the layer has no biases */
    memcpy(&gain, (unsigned char *)layer + gain_arrays[i], sizeof gain);
    memcpy(&shift, (unsigned char *)layer + shift_arrays[i], sizeof shift);
    copy_units(walk, pack, lane, layer, 1, gain); /* likewise */
    copy_units(walk, pack, lane, layer, 1, shift);
    memcpy(&scale, (unsigned char *)layer + scale_arrays[i], sizeof scale);
    copy_lines(walk, pack, lane, 1, scale);
  }
  if (walk->moves) copy_units(walk, pack, lane, layer, layer->fan_in, layer->weight_start);
  if (walk->moves) copy_units(walk, pack, lane, layer, layer->fan_in, layer->weight_mask);
}

/* Persistent scratch of a probe: some numbers that all lanes share, then lines of float64. */
static void walk_probe(struct walk *walk, const struct isw_pack *pack, size_t lane, double *persistent, size_t count)
{
  size_t shared = count % pack->lanes;
  copy_bytes(walk, persistent, shared * sizeof *persistent);
  for (size_t i = shared; i < count; i += pack->lanes) copy_bytes(walk, persistent + i + lane, sizeof *persistent);
}

static void walk_lane(struct walk *walk, struct isw_pack *pack, size_t l)
{
  struct isw_lane *lane = &pack->lane[l];
  if (!walk->moves) {
    uint64_t at[2] = {pack->step, pack->record}; /* the next step; the next record */
    copy_bytes(walk, at, sizeof at);
    if (walk->direction == RESTORE) {
      lane->resume_step = at[0];
      lane->resume_record = at[1];
    }
    for (size_t f = 0; f < LANE_FIELDS; f++)
      copy_bytes(walk, (unsigned char *)lane + lane_fields[f].offset, lane_fields[f].bytes);
    copy_bytes(walk, lane->values, lane->outcome.values_bytes);
    if (lane->weights_final) copy_bytes(walk, lane->weights_final, pack->parameters * pack->number_bytes);
  } else {
    void *parameters[] = {pack->hidden.parameter, pack->output.parameter, pack->loss_parameter, pack->norm_epsilon,
                          pack->output_scale};
    for (size_t i = 0; i < sizeof parameters / sizeof parameters[0]; i++) copy_lines(walk, pack, l, 1, parameters[i]);
    copy_bytes(walk, &pack->gradient_below[l], sizeof pack->gradient_below[l]);
    copy_bytes(walk, &pack->escape_below[l], sizeof pack->escape_below[l]);
    copy_bytes(walk, &pack->loss_above[l], sizeof pack->loss_above[l]);
    copy_bytes(walk, &pack->accuracy_above[l], sizeof pack->accuracy_above[l]);
    copy_bytes(walk, &pack->plateau_relative[l], sizeof pack->plateau_relative[l]);
    copy_bytes(walk, pack->running_before[l], sizeof pack->running_before[l]);
  }
  copy_bytes(walk, &pack->loss_below[l], sizeof pack->loss_below[l]); /* none after the network has ended */
  copy_bytes(walk, &pack->finite[l], sizeof pack->finite[l]);
  if (pack->plateau_steps) copy_bytes(walk, &pack->best_loss[l], sizeof pack->best_loss[l]);
  copy_lines(walk, pack, l, ISW_RATES, pack->rate);
  copy_lines(walk, pack, l, ISW_DECAYS, pack->decay);
  copy_lines(walk, pack, l, isw_own_rates_lines(pack), pack->own_rates);
  for (size_t i = 0; i < pack->probe_count; i++)
    if (pack->persistent_count[i]) walk_probe(walk, pack, l, pack->scratch[i], pack->persistent_count[i]);
  for (size_t k = 0; k < pack->layers; k++) walk_layer(walk, pack, l, &pack->layer[k]);
}

/* The const is cast away because the walk writes in other directions. */
static size_t lane_bytes(const struct isw_pack *pack, bool moves)
{
  struct walk walk = {.direction = MEASURE, .moves = moves};
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
    struct isw_lane_place at = pack->location[l];
    unsigned char *to = (unsigned char *)state + l * bytes;
    const void *saved_state = at.pack->lane[at.lane].saved_state;
    struct walk walk = {.direction = SAVE, .state = to};
    if (saved_state)
      memcpy(to, saved_state, bytes);
    else
      walk_lane(&walk, at.pack, at.lane);
  }
}

/* Whether the numbers of a lane's state are valid: a matching checksum does not imply it. */
static bool is_valid(const struct isw_pack *pack, const struct isw_lane *lane)
{
  return lane->resume_step <= pack->steps && lane->resume_record <= pack->records &&
         (unsigned)lane->outcome.status <= ISW_DIVERGED && lane->outcome.records_done <= pack->records;
}

/* Restores a lane from pack->saved_states, in which its network waits until the pack is at its step. */
static enum isw_status restore_lane(struct isw_pack *pack, size_t l, size_t bytes, struct isw_error *error)
{
  struct isw_lane *lane = &pack->lane[l];
  struct walk walk = {.direction = RESTORE, .state = (unsigned char *)pack->saved_states + l * bytes};
  walk_lane(&walk, pack, l);
  if (!is_valid(pack, lane)) return isw_error_set(error, ISW_BAD_INPUT, "a pack's state is invalid");
  if (lane->outcome.status != ISW_MISSING) return ISW_OK;
  isw_pack_clear_lane(pack, l);
  lane->saved_state = walk.state;
  pack->suspended_lanes++;
  return ISW_OK;
}

/* Sets the pack to the step and record of its network that is furthest behind; one that is not restored is at the
 * start. */
static void set_first_step(struct isw_pack *pack)
{
  const struct isw_lane *first = NULL;
  pack->step = pack->record = 0;
  for (size_t l = 0; l < pack->count; l++) {
    const struct isw_lane *lane = &pack->lane[l];
    if (lane->outcome.status != ISW_MISSING) continue;
    if (!lane->saved_state) return;
    if (!first || lane->resume_step < first->resume_step ||
        (lane->resume_step == first->resume_step && lane->resume_record < first->resume_record))
      first = lane;
  }
  if (!first) return;
  pack->step = first->resume_step;
  pack->record = first->resume_record;
}

enum isw_status isw_pack_restore_networks(struct isw_pack *pack, const void *const *state, size_t bytes,
                                          struct isw_error *error)
{
  size_t each = lane_bytes(pack, false);
  if (bytes != each)
    return isw_error_set(error, ISW_BAD_INPUT, "a network's state has %zu bytes, not %zu", each, bytes);
  pack->saved_states = isw_allocate(pack->count, each);
  if (!pack->saved_states) return isw_error_memory(error, pack->count * each, "a pack's state");
  enum isw_status status = ISW_OK;
  for (size_t l = 0; l < pack->count && status == ISW_OK; l++) {
    if (!state[l]) continue;
    memcpy((unsigned char *)pack->saved_states + l * each, state[l], each);
    status = restore_lane(pack, l, each, error);
  }
  if (status == ISW_OK) set_first_step(pack);
  return status;
}

enum isw_status isw_pack_restore(struct isw_pack *pack, const void *state, size_t bytes, struct isw_error *error)
{
  const size_t each = lane_bytes(pack, false);
  const void *of_network[ISW_LANES_MAX] = {NULL};
  if (bytes != isw_pack_state_bytes(pack))
    return isw_error_set(error, ISW_BAD_INPUT, "a pack's state has %zu bytes, not %zu", isw_pack_state_bytes(pack),
                         bytes);
  for (size_t l = 0; l < pack->count; l++) of_network[l] = (const unsigned char *)state + l * each;
  return isw_pack_restore_networks(pack, of_network, each, error);
}

void isw_pack_resume_lane(struct isw_pack *pack, size_t lane)
{
  struct walk walk = {.direction = RESTORE, .state = (unsigned char *)(uintptr_t)pack->lane[lane].saved_state};
  walk_lane(&walk, pack, lane);
  pack->lane[lane].saved_state = NULL;
  pack->suspended_lanes--;
  /* Its layers may not have changed yet, even if those of all running networks have. */
  for (size_t i = 0; i < pack->probe_count; i++)
    pack->tracks_first_change = pack->tracks_first_change || pack->probes[i]->tracks_first_change;
}

/* Copies what a lane and its pack's arrays hold of a network. */
static void move_lane(int direction, struct isw_pack *pack, size_t lane, unsigned char *state)
{
  struct walk walk = {.direction = direction, .moves = true, .state = state};
  walk_lane(&walk, pack, lane);
}

bool isw_pack_swap_lanes(struct isw_pack *a, size_t lane_a, struct isw_pack *b, size_t lane_b)
{
  size_t bytes = lane_bytes(a, true);
  unsigned char *saved = isw_allocate(2, bytes);
  if (!saved) return false;
  move_lane(SAVE, a, lane_a, saved);
  move_lane(SAVE, b, lane_b, saved + bytes);
  move_lane(RESTORE, a, lane_a, saved + bytes);
  move_lane(RESTORE, b, lane_b, saved);
  free(saved);
  struct isw_lane lane = a->lane[lane_a];
  a->lane[lane_a] = b->lane[lane_b];
  b->lane[lane_b] = lane;
  struct isw_lane_place home_a = a->lane[lane_a].home, home_b = b->lane[lane_b].home;
  home_a.pack->location[home_a.lane] = (struct isw_lane_place){a, lane_a};
  home_b.pack->location[home_b.lane] = (struct isw_lane_place){b, lane_b};
  /* what some lane of a pack needs */
  a->has_gradient_rules = b->has_gradient_rules = a->has_gradient_rules || b->has_gradient_rules;
  a->has_accuracy_rules = b->has_accuracy_rules = a->has_accuracy_rules || b->has_accuracy_rules;
  a->has_other_rules = b->has_other_rules = a->has_other_rules || b->has_other_rules;
  a->rates_change = b->rates_change = a->rates_change || b->rates_change;
  a->scales_output = b->scales_output = a->scales_output || b->scales_output;
  a->clips_gradients = b->clips_gradients = a->clips_gradients || b->clips_gradients;
  a->draws_noise = b->draws_noise = a->draws_noise || b->draws_noise;
  a->path = b->path = a->path > b->path ? a->path : b->path;
  a->tracks_first_change = b->tracks_first_change = a->tracks_first_change || b->tracks_first_change;
  return true;
}
