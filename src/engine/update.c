/* The update of the weights by their gradients, gradient clipping, and networks that diverge by it. How one number is
 * updated is a row of model/optimizers.def. */
#include <math.h>
#include <string.h>
#include "engine_internal.h"

/* What an update reads and changes: lines of rows of a stride. */
struct update_arrays {
  size_t rows, stride;
  unsigned char *number, *state[2]; /* state: NULL where the optimiser has fewer arrays */
  const unsigned char *gradient;
  const void *rate, *decay;
};

/* Updates lines first .. first + lines - 1 of each row. */
static void update_lines(const struct isw_pack *pack, const struct update_arrays *u, size_t first, size_t lines,
                         void *nonfinite_mask)
{
  size_t at = first * ISW_LINE_BYTES;
  void *state[2];
  for (size_t i = 0; i < 2; i++) state[i] = u->state[i] ? u->state[i] + at : NULL;
  pack->kernels->update[pack->optimizer_row](u->rows, lines, u->stride, u->number + at, u->gradient + at, state,
                                             u->rate, u->decay, nonfinite_mask);
}

/* Updates `lines` lines of each row, of which the last has units in its first `last_units` numbers only (0: in all):
 * the others, which pad it, must not end the network. */
static void update_padded_lines(const struct isw_pack *pack, const struct update_arrays *u, size_t lines,
                                size_t last_units, void *nonfinite_mask)
{
  alignas(ISW_LINE_BYTES) unsigned char mask[ISW_LINE_BYTES] = {0};
  if (lines > (last_units > 0)) update_lines(pack, u, 0, lines - (last_units > 0), nonfinite_mask);
  if (last_units == 0) return;
  update_lines(pack, u, lines - 1, 1, mask);
  if (memcmp(mask, (unsigned char[ISW_LINE_BYTES]){0}, ISW_LINE_BYTES) == 0) return;
  for (size_t j = 0; j < last_units; j++)
    if (isnan(isw_number_load(pack->precision, mask, j))) isw_number_store(pack->precision, nonfinite_mask, j, NAN);
}

/* Updates `columns` lines of each row and sets what is masked to 0, whatever the update made of it: epsilon 0 of Adam
 * divides its gradient of 0 by 0. What pads a row is masked. */
static void update_masked_lines(const struct isw_pack *pack, const struct update_arrays *u, size_t columns,
                                const void *weight_mask, void *nonfinite_mask)
{
  alignas(ISW_LINE_BYTES) unsigned char before_the_mask[ISW_LINE_BYTES] = {0};
  update_lines(pack, u, 0, columns, before_the_mask);
  pack->kernels->apply_mask(u->rows, columns, u->stride, weight_mask, u->number, nonfinite_mask);
}

/* ---- noise ------------------------------------------------------------------------------------------------------- */

/* The draws of a step for one network's parameters of layer k. */
static struct isw_stream noise_stream(const struct isw_pack *pack, size_t k, size_t lane)
{
  enum { LAYERS = 2048 }; /* more than a network may have */
  return (struct isw_stream){pack->seed, pack->lane[lane].replicate, ISW_PURPOSE_GRADIENT_NOISE,
                             pack->noise_step * LAYERS + k + 1};
}

/* Adds to a network's number of a gradient its draw number `index`. */
static void add_draw(const struct isw_pack *pack, const struct isw_stream *stream, size_t lane, uint64_t index,
                     void *gradient, size_t at)
{
  double noise = pack->lane[lane].gradient_noise * isw_normal(stream, index);
  if (pack->precision == ISW_FLOAT32)
    ((float *)gradient)[at] = ((float *)gradient)[at] + (float)noise;
  else
    ((double *)gradient)[at] = ((double *)gradient)[at] + noise;
}

static bool draws_noise(const struct isw_pack *pack, size_t lane)
{
  return pack->lane[lane].gradient_noise > 0.0 && pack->lane[lane].outcome.status == ISW_MISSING &&
         !pack->lane[lane].saved_state;
}

/* Draw i belongs to weight i of the layer. */
static void add_weight_noise(const struct isw_pack *pack, size_t k, const struct isw_part *part, void *gradient)
{
  const struct isw_layer *l = &pack->layer[k];
  size_t unit, end = isw_part_units(pack, l, part, &unit);
  for (size_t lane = 0; lane < pack->count; lane++) {
    const struct isw_stream stream = noise_stream(pack, k, lane);
    for (size_t i = 0; draws_noise(pack, lane) && i < part->count; i++)
      for (size_t j = unit; j < end; j++)
        add_draw(pack, &stream, lane, j * l->fan_in + part->first + i, gradient,
                 isw_number_index(pack, l, i, j - unit, lane));
  }
}

/* The draws of numbers that the layer has one of per unit begin at `index`; returns the index after them. */
static uint64_t add_unit_noise(const struct isw_pack *pack, size_t k, const struct isw_part *part, uint64_t index,
                               void *gradient)
{
  const struct isw_layer *l = &pack->layer[k];
  size_t unit, end = isw_part_units(pack, l, part, &unit);
  if (!gradient) return index;
  for (size_t lane = 0; lane < pack->count; lane++) {
    const struct isw_stream stream = noise_stream(pack, k, lane);
    for (size_t j = unit; draws_noise(pack, lane) && j < end; j++)
      add_draw(pack, &stream, lane, index + j, gradient, j * pack->lanes + lane);
  }
  return index + l->fan_out;
}

/* The biases, gains, shifts and the scale of layer k, in this order after its weights. */
static void add_noise_of_layer(const struct isw_pack *pack, size_t k, const struct isw_part *part)
{
  const struct isw_layer *l = &pack->layer[k];
  if (!pack->draws_noise) return;
  uint64_t index = add_unit_noise(pack, k, part, (uint64_t)l->fan_in * l->fan_out, l->bias_gradient);
  index = add_unit_noise(pack, k, part, index, l->gain.gradient);
  index = add_unit_noise(pack, k, part, index, l->shift.gradient);
  for (size_t lane = 0; part->column == 0 && l->scale_gradient && lane < pack->count; lane++) {
    const struct isw_stream stream = noise_stream(pack, k, lane);
    if (!draws_noise(pack, lane)) continue;
    add_draw(pack, &stream, lane, index, l->scale_gradient, lane);
    double noisy = isw_number_load(pack->precision, l->scale_gradient, lane);
    isw_line_store(pack, l->scale_gradient, 0, lane, noisy); /* the whole line with units in lanes */
  }
}

/* ---- updates ----------------------------------------------------------------------------------------------------- */

/* The units of the last line of a part of a layer that they do not fill; else 0. */
static size_t units_of_last_line(const struct isw_pack *pack, const struct isw_layer *l, const struct isw_part *part)
{
  return part->column + part->columns == l->lines ? isw_units_of_last_line(pack, l) : 0;
}

void isw_update_weights(const struct isw_pack *pack, size_t k, const struct isw_part *part, void *gradient,
                        void *nonfinite_mask)
{
  const struct isw_layer *l = &pack->layer[k];
  if (l->frozen[0]) return;
  if (pack->draws_noise) add_weight_noise(pack, k, part, gradient);
  size_t at = isw_part_begin(l, part);
  struct update_arrays u = {.rows = part->count,
                            .stride = l->stride,
                            .number = isw_line(l->weight, at),
                            .gradient = gradient,
                            .rate = pack->rates[k].rate[0],
                            .decay = pack->rates[k].decay[0]};
  for (size_t i = 0; i < 2; i++) u.state[i] = l->weight_state[i] ? isw_line(l->weight_state[i], at) : NULL;
  if (l->weight_mask) {
    update_masked_lines(pack, &u, part->columns, isw_line(l->weight_mask, at), nonfinite_mask);
    return;
  }
  update_padded_lines(pack, &u, part->columns, units_of_last_line(pack, l, part), nonfinite_mask);
}

/* Updates numbers that the layer has one of per unit, as its biases; NULL: none. */
static void update_units(const struct isw_pack *pack, size_t k, const struct isw_part *part,
                         const struct isw_unit_parameters *numbers, void *nonfinite_mask)
{
  const struct isw_layer *l = &pack->layer[k];
  if (!numbers->number || l->frozen[1]) return;
  struct update_arrays of = {.rows = 1,
                             .stride = l->lines,
                             .number = isw_line(numbers->number, part->column),
                             .gradient = isw_line(numbers->gradient, part->column),
                             .rate = pack->rates[k].rate[1],
                             .decay = pack->rates[k].decay[1]};
  for (size_t i = 0; i < 2; i++) of.state[i] = numbers->state[i] ? isw_line(numbers->state[i], part->column) : NULL;
  update_padded_lines(pack, &of, part->columns, units_of_last_line(pack, l, part), nonfinite_mask);
}

void isw_update_biases(const struct isw_pack *pack, size_t k, const struct isw_part *part, void *nonfinite_mask)
{
  const struct isw_layer *l = &pack->layer[k];
  const struct isw_unit_parameters bias = {l->bias, l->bias_gradient, {l->bias_state[0], l->bias_state[1]}};
  add_noise_of_layer(pack, k, part);
  update_units(pack, k, part, &bias, nonfinite_mask);
  update_units(pack, k, part, &l->gain, nonfinite_mask);
  update_units(pack, k, part, &l->shift, nonfinite_mask);
  const struct isw_layer_rates *rates = &pack->rates[k];
  struct update_arrays scale = {.rows = 1,
                                .stride = 1,
                                .number = l->scale,
                                .state = {l->scale_state[0], l->scale_state[1]},
                                .gradient = l->scale_gradient,
                                .rate = rates->rate[0],
                                .decay = rates->decay[0]};
  if (l->scale_gradient && !l->frozen[0] && part->column == 0) update_lines(pack, &scale, 0, 1, nonfinite_mask);
}

struct clip_work {
  alignas(ISW_LINE_BYTES) unsigned char factor[ISW_LINE_BYTES];
};

static void clip_layer(const struct isw_pack *pack, size_t k, const struct isw_part *part, void *context)
{
  const struct clip_work *work = context;
  const struct isw_layer *l = &pack->layer[k];
  pack->kernels->scale(part->count, part->columns, l->stride, work->factor,
                       isw_line(l->weight_gradient, isw_part_begin(l, part)));
  if (part->first > 0) return;
  void *of_units[] = {l->bias_gradient, l->gain.gradient, l->shift.gradient};
  for (size_t i = 0; i < sizeof of_units / sizeof of_units[0]; i++)
    if (of_units[i])
      pack->kernels->scale(1, part->columns, l->lines, work->factor, isw_line(of_units[i], part->column));
  if (l->scale_gradient && part->column == 0) pack->kernels->scale(1, 1, 1, work->factor, l->scale_gradient);
}

/* Scales the gradients whose norm is above their network's clip_norm, as torch.nn.utils.clip_grad_norm_ does. */
static void clip_gradients(struct isw_member *m)
{
  const struct isw_pack *pack = m->pack;
  double norm[ISW_LANES_MAX];
  struct clip_work work;
  if (!pack->clips_gradients) return;
  isw_member_gradient_norms(m, norm);
  for (size_t l = 0; l < pack->lanes; l++) {
    bool clips = l < pack->count && m->live[l] && pack->lane[l].clip_norm > 0.0;
    double factor = clips ? pack->lane[l].clip_norm / (norm[l] + 1e-6) : 1.0;
    isw_line_store(pack, work.factor, 0, l, factor > 1.0 ? 1.0 : factor);
  }
  isw_team_wait(m->team); /* all members have read the gradients before one changes them */
  isw_member_for_weights(m, &work, clip_layer);
}

static void update_layer(const struct isw_pack *pack, size_t k, const struct isw_part *part, void *nonfinite_mask)
{
  const struct isw_layer *l = &pack->layer[k];
  isw_update_weights(pack, k, part, isw_line(l->weight_gradient, isw_part_begin(l, part)), nonfinite_mask);
  if (part->first == 0) isw_update_biases(pack, k, part, nonfinite_mask);
}

unsigned isw_nonfinite_lanes(const struct isw_pack *pack, const void *nonfinite_mask)
{
  unsigned lanes = 0;
  if (memcmp(nonfinite_mask, (unsigned char[ISW_LINE_BYTES]){0}, ISW_LINE_BYTES) != 0)
    for (size_t i = 0; i < pack->line_numbers; i++)
      if (isnan(isw_number_load(pack->precision, nonfinite_mask, i))) lanes |= 1U << i % pack->lanes;
  return lanes;
}

/* A step by least squares. False: interrupted. */
static bool solve(struct isw_member *m)
{
  struct isw_pack *pack = m->pack;
  isw_team_wait(m->team); /* all members have read whether the pass was interrupted */
  if (m->index == 0) pack->interrupted = !isw_least_squares_step(pack, m->live);
  isw_team_wait(m->team);
  memset(m->nonfinite_mask, 0, sizeof m->nonfinite_mask);
  m->transposed = false;
  return !pack->interrupted;
}

bool isw_member_update(struct isw_member *m, uint64_t step)
{
  struct isw_pack *pack = m->pack;
  atomic_uint *nonfinite_lanes = &pack->nonfinite_lanes[step % 2];
  if (pack->solves && !solve(m)) return false;
  if (m->index == 0) {
    pack->network_steps += m->live_count;
    pack->steps_executed++;
  }
  if (!m->updated && !pack->solves) {
    clip_gradients(m);
    memset(m->nonfinite_mask, 0, sizeof m->nonfinite_mask);
    isw_member_for_weights(m, m->nonfinite_mask, update_layer);
    m->transposed = false;
  }
  m->updated = false;
  unsigned mine = isw_nonfinite_lanes(pack, m->nonfinite_mask);
  if (mine) atomic_fetch_or_explicit(nonfinite_lanes, mine, memory_order_relaxed);
  isw_team_wait(m->team);
  if (m->index == 0 && pack->tracks_first_change) isw_pack_store_first_changes(pack, step + 1, m->live);
  unsigned all = atomic_load_explicit(nonfinite_lanes, memory_order_relaxed);
  size_t before = m->live_count;
  bool overlooks = pack->any_frozen || pack->solves; /* numbers that it does not change */
  for (size_t l = 0; l < pack->count; l++)
    if (m->live[l] && ((all >> l & 1U) || (overlooks && !m->finite[l])))
      isw_member_end_network(m, l, ISW_DIVERGED, step + 1);
  if (m->live_count < before) isw_team_wait(m->team);
  return true;
}
