/* The update of the weights by their gradients, gradient clipping, and networks that diverge by it. How one number is
 * updated is a row of model/optimizers.def. */
#include <math.h>
#include <string.h>
#include "engine_internal.h"

void isw_update_weights(const struct isw_pack *pack, size_t k, size_t first, size_t count, size_t column,
                        size_t columns, const void *gradient, void *nonfinite_mask)
{
  const struct isw_layer *l = &pack->layer[k];
  size_t at = first * l->stride + column;
  void *state[2];
  for (size_t i = 0; i < 2; i++) state[i] = l->weight_state[i] ? isw_line(l->weight_state[i], at) : NULL;
  pack->kernels->update[pack->optimizer_row](count, columns, l->stride, isw_line(l->weight, at), gradient, state,
                                             pack->rate, pack->decay, nonfinite_mask);
}

void isw_update_biases(const struct isw_pack *pack, size_t k, void *nonfinite_mask)
{
  const struct isw_layer *l = &pack->layer[k];
  size_t decay = k + 1 < pack->layers ? ISW_DECAY_OF_HIDDEN_BIASES : ISW_DECAY_OF_OUTPUT_BIASES;
  isw_update_kernel *update = pack->kernels->update[pack->optimizer_row];
  update(1, l->fan_out, l->fan_out, l->bias, l->bias_gradient, l->bias_state, pack->rate, isw_line(pack->decay, decay),
         nonfinite_mask);
  if (l->scale_gradient)
    update(1, 1, 1, l->scale, l->scale_gradient, l->scale_state, pack->rate, pack->decay, nonfinite_mask);
}

struct clip_work {
  alignas(ISW_LINE_BYTES) unsigned char factor[ISW_LINE_BYTES];
};

static void clip_layer(const struct isw_pack *pack, size_t k, size_t first, size_t count, void *context)
{
  const struct clip_work *work = context;
  const struct isw_layer *l = &pack->layer[k];
  pack->kernels->scale(count, l->fan_out, l->stride, work->factor, isw_line(l->weight_gradient, first * l->stride));
  if (first > 0) return;
  pack->kernels->scale(1, l->fan_out, l->fan_out, work->factor, l->bias_gradient);
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
    isw_number_store(pack->precision, work.factor, l, factor > 1.0 ? 1.0 : factor);
  }
  isw_team_wait(m->team); /* all members have read the gradients before one changes them */
  isw_member_for_rows(m, &work, clip_layer);
}

static void update_layer(const struct isw_pack *pack, size_t k, size_t first, size_t count, void *nonfinite_mask)
{
  const struct isw_layer *l = &pack->layer[k];
  isw_update_weights(pack, k, first, count, 0, l->fan_out, isw_line(l->weight_gradient, first * l->stride),
                     nonfinite_mask);
  if (first == 0) isw_update_biases(pack, k, nonfinite_mask);
}

unsigned isw_nonfinite_lanes(const struct isw_pack *pack, const void *nonfinite_mask)
{
  unsigned lanes = 0;
  if (memcmp(nonfinite_mask, (unsigned char[ISW_LINE_BYTES]){0}, ISW_LINE_BYTES) != 0)
    for (size_t l = 0; l < pack->count; l++)
      if (isnan(isw_number_load(pack->precision, nonfinite_mask, l))) lanes |= 1U << l;
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
  }
  m->updated = false;
  unsigned mine = isw_nonfinite_lanes(pack, m->nonfinite_mask);
  if (mine) atomic_fetch_or_explicit(nonfinite_lanes, mine, memory_order_relaxed);
  isw_team_wait(m->team);
  if (m->index == 0 && pack->tracks_first_change) isw_pack_store_first_changes(pack, step + 1, m->live);
  unsigned all = atomic_load_explicit(nonfinite_lanes, memory_order_relaxed);
  size_t before = m->live_count;
  for (size_t l = 0; l < pack->count; l++)
    if (m->live[l] && (all >> l & 1U)) isw_member_end_network(m, l, ISW_DIVERGED, step + 1);
  if (m->live_count < before) isw_team_wait(m->team);
}
