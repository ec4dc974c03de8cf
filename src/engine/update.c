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

void isw_update_weights(const struct isw_pack *pack, size_t k, size_t first, size_t count, size_t column,
                        size_t columns, const void *gradient, void *nonfinite_mask)
{
  const struct isw_layer *l = &pack->layer[k];
  if (l->frozen[0]) return;
  size_t at = first * l->stride + column;
  struct update_arrays u = {.rows = count,
                            .stride = l->stride,
                            .number = isw_line(l->weight, at),
                            .gradient = gradient,
                            .rate = pack->rates[k].rate[0],
                            .decay = pack->rates[k].decay[0]};
  for (size_t i = 0; i < 2; i++) u.state[i] = l->weight_state[i] ? isw_line(l->weight_state[i], at) : NULL;
  update_padded_lines(pack, &u, columns, column + columns == l->lines ? isw_units_of_last_line(pack, l) : 0,
                      nonfinite_mask);
  if (l->mask) pack->kernels->apply_mask(count, columns, l->stride, isw_line(l->mask, at), u.number);
}

void isw_update_biases(const struct isw_pack *pack, size_t k, void *nonfinite_mask)
{
  const struct isw_layer *l = &pack->layer[k];
  const struct isw_layer_rates *rates = &pack->rates[k];
  struct update_arrays bias = {.rows = 1,
                               .stride = l->lines,
                               .number = l->bias,
                               .state = {l->bias_state[0], l->bias_state[1]},
                               .gradient = l->bias_gradient,
                               .rate = rates->rate[1],
                               .decay = rates->decay[1]};
  if (l->bias && !l->frozen[1])
    update_padded_lines(pack, &bias, l->lines, isw_units_of_last_line(pack, l), nonfinite_mask);
  struct update_arrays scale = {.rows = 1,
                                .stride = 1,
                                .number = l->scale,
                                .state = {l->scale_state[0], l->scale_state[1]},
                                .gradient = l->scale_gradient,
                                .rate = rates->rate[0],
                                .decay = rates->decay[0]};
  if (l->scale_gradient && !l->frozen[0]) update_lines(pack, &scale, 0, 1, nonfinite_mask);
}

struct clip_work {
  alignas(ISW_LINE_BYTES) unsigned char factor[ISW_LINE_BYTES];
};

static void clip_layer(const struct isw_pack *pack, size_t k, size_t first, size_t count, void *context)
{
  const struct clip_work *work = context;
  const struct isw_layer *l = &pack->layer[k];
  pack->kernels->scale(count, l->lines, l->stride, work->factor, isw_line(l->weight_gradient, first * l->stride));
  if (first > 0) return;
  if (l->bias_gradient) pack->kernels->scale(1, l->lines, l->lines, work->factor, l->bias_gradient);
  if (l->scale_gradient) pack->kernels->scale(1, 1, 1, work->factor, l->scale_gradient);
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
  isw_member_for_rows(m, &work, clip_layer);
}

static void update_layer(const struct isw_pack *pack, size_t k, size_t first, size_t count, void *nonfinite_mask)
{
  const struct isw_layer *l = &pack->layer[k];
  isw_update_weights(pack, k, first, count, 0, l->lines, isw_line(l->weight_gradient, first * l->stride),
                     nonfinite_mask);
  if (first == 0) isw_update_biases(pack, k, nonfinite_mask);
}

unsigned isw_nonfinite_lanes(const struct isw_pack *pack, const void *nonfinite_mask)
{
  unsigned lanes = 0;
  if (memcmp(nonfinite_mask, (unsigned char[ISW_LINE_BYTES]){0}, ISW_LINE_BYTES) != 0)
    for (size_t i = 0; i < pack->line_numbers; i++)
      if (isnan(isw_number_load(pack->precision, nonfinite_mask, i))) lanes |= 1U << i % pack->lanes;
  return lanes;
}

void isw_member_update(struct isw_member *m, uint64_t step)
{
  struct isw_pack *pack = m->pack;
  atomic_uint *nonfinite_lanes = &pack->nonfinite_lanes[step % 2];
  if (m->index == 0) {
    pack->network_steps += m->live_count;
    pack->steps_executed++;
  }
  if (!m->updated) {
    clip_gradients(m);
    memset(m->nonfinite_mask, 0, sizeof m->nonfinite_mask);
    isw_member_for_rows(m, m->nonfinite_mask, update_layer);
    m->transposed = false;
  }
  m->updated = false;
  unsigned mine = isw_nonfinite_lanes(pack, m->nonfinite_mask);
  if (mine) atomic_fetch_or_explicit(nonfinite_lanes, mine, memory_order_relaxed);
  isw_team_wait(m->team);
  if (m->index == 0 && pack->tracks_first_change) isw_pack_store_first_changes(pack, step + 1, m->live);
  unsigned all = atomic_load_explicit(nonfinite_lanes, memory_order_relaxed);
  size_t before = m->live_count;
  for (size_t l = 0; l < pack->count; l++) /* an update does not look at frozen numbers */
    if (m->live[l] && ((all >> l & 1U) || (pack->any_frozen && !m->finite[l])))
      isw_member_end_network(m, l, ISW_DIVERGED, step + 1);
  if (m->live_count < before) isw_team_wait(m->team);
}
