/* When networks end: stop rules, losses that are not finite, the last step. Divergence by an update is update.c's
 * subject. */
#include <math.h>
#include "engine_internal.h"

double isw_mean_divisor(const struct isw_pack *pack, size_t samples)
{
  return (double)(pack->view.loss->mean_over_outputs ? samples * pack->samples->outputs : samples);
}

bool isw_member_none_stops(const struct isw_member *m)
{
  const double *loss = m->loss, *watch_below = m->watch_below, *watch_above = m->watch_above;
  int going_on = 0; /* nearly all steps ask only this, so it has no branch */
  for (size_t l = 0; l < ISW_LANES_MAX; l++)
    going_on += (fabs(loss[l]) < INFINITY) & (loss[l] >= watch_below[l]) & (loss[l] <= watch_above[l]);
  const struct isw_pack *pack = m->pack;
  return going_on == ISW_LANES_MAX && !pack->has_gradient_rules && !pack->has_accuracy_rules && !pack->plateau_steps;
}

void isw_member_watch_losses(struct isw_member *m)
{
  const struct isw_pack *pack = m->pack;
  for (size_t l = 0; l < ISW_LANES_MAX; l++) {
    bool awaits = l < pack->count && m->live[l] && isw_pack_awaits_escape(pack, l);
    m->escape_below[l] = awaits ? pack->escape_below[l] : -INFINITY;
    m->watch_below[l] = m->escape_below[l] > pack->loss_below[l] ? m->escape_below[l] : pack->loss_below[l];
    m->watch_above[l] = l < pack->count && m->live[l] ? pack->loss_above[l] : INFINITY;
    m->best_loss[l] = pack->best_loss[l];
  }
}

void isw_member_end_network(struct isw_member *m, size_t lane, enum isw_network_status status, uint64_t steps_done)
{
  m->live[lane] = false;
  m->escape_below[lane] = m->watch_below[lane] = -INFINITY;
  m->watch_above[lane] = INFINITY;
  m->live_count--;
  if (m->index == 0) isw_pack_end_network(m->pack, lane, status, steps_done);
}

void isw_member_gradient_norms(const struct isw_member *m, double *norm)
{
  const struct isw_pack *pack = m->pack;
  double squares[ISW_LANES_MAX] = {0.0};
  isw_team_wait(m->team);
  void (*sum_squares)(size_t rows, size_t units, size_t stride, const void *x, double *sum) =
      pack->layout == ISW_UNITS_IN_LANES ? pack->kernels->units.sum_squares : pack->kernels->sum_squares;
  for (size_t k = 0; k < pack->layers; k++) {
    const struct isw_layer *l = &pack->layer[k];
    sum_squares(l->fan_in, l->fan_out, l->stride, l->weight_gradient, squares);
    if (l->bias_gradient) sum_squares(1, l->fan_out, l->lines, l->bias_gradient, squares);
    if (l->scale_gradient) sum_squares(1, 1, 1, l->scale_gradient, squares);
  }
  for (size_t l = 0; l < pack->lanes; l++) norm[l] = sqrt(squares[l]);
}

/* Marks the lanes whose batch's gradient is below their rule. */
static void find_small_gradients(const struct isw_member *m, bool *small)
{
  const struct isw_pack *pack = m->pack;
  bool wanted = false;
  for (size_t l = 0; l < pack->count; l++) wanted = wanted || (m->live[l] && pack->gradient_below[l] > -INFINITY);
  if (!wanted) return;
  double norm[ISW_LANES_MAX] = {0.0};
  isw_member_gradient_norms(m, norm);
  for (size_t l = 0; l < pack->count; l++) small[l] = norm[l] < pack->gradient_below[l];
}

/* Marks the lanes whose loss has not improved for long enough, and notes the losses that improve. */
static void find_plateaus(struct isw_member *m, uint64_t step, bool *ends)
{
  struct isw_pack *pack = m->pack;
  for (size_t l = 0; pack->plateau_steps && l < pack->count; l++) {
    struct isw_best_loss *best = &m->best_loss[l];
    if (!m->live[l]) continue;
    if (best->loss == INFINITY || m->loss[l] < best->loss - pack->plateau_relative[l] * best->loss)
      *best = (struct isw_best_loss){m->loss[l], step};
    if (m->index == 0) pack->best_loss[l] = *best;
    ends[l] = ends[l] || step - best->step >= pack->plateau_steps;
  }
}

/* Stores which networks escape at the loss of this step, or after the last one. */
static void store_escapes(struct isw_member *m, uint64_t step)
{
  if (m->index == 0) isw_pack_store_escapes(m->pack, step, m->loss, m->escape_below);
  for (size_t l = 0; l < m->pack->count; l++) {
    if (!(m->loss[l] < m->escape_below[l])) continue;
    m->escape_below[l] = -INFINITY;
    m->watch_below[l] = m->pack->loss_below[l];
  }
}

void isw_member_apply_stop_rules(struct isw_member *m, uint64_t step)
{
  struct isw_pack *pack = m->pack;
  bool ends[ISW_LANES_MAX] = {false}, any = false;
  if (isw_member_none_stops(m)) return;
  store_escapes(m, step);
  find_small_gradients(m, ends);
  find_plateaus(m, step, ends);
  for (size_t l = 0; l < pack->count; l++) {
    bool ends_by_loss = !isfinite(m->loss[l]) || m->loss[l] < pack->loss_below[l] || m->loss[l] > pack->loss_above[l];
    bool ends_by_accuracy = pack->has_accuracy_rules && m->accuracy[l] > pack->accuracy_above[l];
    ends[l] = m->live[l] && (ends[l] || ends_by_loss || ends_by_accuracy);
    any = any || ends[l];
  }
  if (!any) return;
  isw_team_wait(m->team); /* ending a network clears gradients that other members may still write or read */
  for (size_t l = 0; l < pack->count; l++)
    if (ends[l]) isw_member_end_network(m, l, isfinite(m->loss[l]) ? ISW_STOPPED : ISW_DIVERGED, step);
  isw_team_wait(m->team);
}

void isw_member_complete(struct isw_member *m)
{
  uint64_t steps = m->pack->steps;
  store_escapes(m, steps);
  for (size_t l = 0; l < m->pack->count; l++) {
    if (!m->live[l]) continue;
    bool finite = isfinite(m->loss[l]) && m->finite[l];
    isw_member_end_network(m, l, finite ? ISW_COMPLETED : ISW_DIVERGED, steps);
  }
}
