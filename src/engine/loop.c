/* The training loop of docs/numerics.md: steps and records in their order. What a pass, an update, a stop rule or a
 * record does is the subject of the files of these names. */
#include <float.h>
#include <math.h>
#include <string.h>
#include "engine_internal.h"

enum { STEPS_BETWEEN_POLLS = 256 }; /* of the interrupt, by small packs: a millisecond at most */

/* ---- the start of a step ----------------------------------------------------------------------------------------- */

/* Member 0 prepares what all members read after the next barrier. */
static void prepare_step(struct isw_member *m, uint64_t step)
{
  struct isw_pack *pack = m->pack;
  if (m->index != 0) return;
  /* All members have read it before the first barrier of the last step, which used the other parity. */
  atomic_store_explicit(&pack->nonfinite_lanes[step % 2], 0, memory_order_relaxed);
  pack->noise_step = step;
  if (step == 0 || pack->rates_change) {
    for (size_t l = 0; l < pack->count; l++)
      memcpy(pack->running_before[l], pack->lane[l].running, sizeof pack->running_before[l]);
    isw_pack_set_rates(pack, step, m->live);
  }
}

static void prepare_order(const struct isw_member *m, uint64_t step)
{
  const struct isw_pack *pack = m->pack;
  bool begins = step % pack->batches_per_epoch == 0 || step == pack->step; /* an epoch, or this call */
  if (m->index != 0 || pack->full_batch || !begins) return;
  const struct isw_stream stream = {pack->seed, pack->order_replicate, ISW_PURPOSE_SHUFFLE,
                                    step / pack->batches_per_epoch};
  for (size_t i = 0; i < pack->train_samples; i++) pack->order[i] = i;
  isw_shuffle(&stream, pack->train_samples, pack->order);
}

/* The pass of a step. update: its gradient is for the update alone. False: interrupted. */
static bool run_step_pass(struct isw_member *m, uint64_t step, bool update)
{
  const struct isw_pack *pack = m->pack;
  struct isw_pass pass = {.set = &pack->samples->train,
                          .samples = pack->train_samples,
                          .gradient = true,
                          .drops = pack->drops,
                          .step = step,
                          .frozen = !update || pack->clips_gradients || pack->has_gradient_rules,
                          .update = update && !pack->clips_gradients && !pack->solves};
  if (!pack->full_batch) {
    size_t first = (size_t)(step % pack->batches_per_epoch) * pack->batch_size;
    if (first == 0 || step == m->first_step) isw_team_wait(m->team); /* member 0 has prepared the order */
    pass.order = pack->order + first;
    pass.samples = pack->train_samples - first < pack->batch_size ? pack->train_samples - first : pack->batch_size;
  }
  return isw_member_pass(m, &pass);
}

/* ---- records ----------------------------------------------------------------------------------------------------- */

/* Tells all members whether member 0 was interrupted in a record. A second barrier lets all read it before it is
 * written again. */
static bool broadcast_verdict(const struct isw_member *m)
{
  isw_team_wait(m->team);
  bool interrupted = m->pack->interrupted;
  isw_team_wait(m->team);
  return !interrupted;
}

/* What a record at a step needs of the passes. */
struct record_plan {
  bool batch;    /* probes of the batch with a pass of its own; with full batches the pass of the training set serves */
  bool gradient; /* of the training set, for the step or for a probe */
  bool train;    /* a pass over the training set */
};

/* Whether the pass of the training set is that of the step, too. */
static bool step_is_training_set(const struct isw_pack *pack)
{
  return pack->full_batch && !pack->drops;
}

static struct record_plan plan_record(const struct isw_pack *pack, size_t record, bool last)
{
  unsigned needs = isw_pack_needs(pack, record);
  bool same = step_is_training_set(pack);
  unsigned of_gradient = same ? ISW_NEEDS_GRADIENT | ISW_NEEDS_BATCH : ISW_NEEDS_GRADIENT;
  struct record_plan plan = {.batch = (needs & ISW_NEEDS_BATCH) && !same,
                             .gradient = (needs & of_gradient) || (same && !last)};
  plan.train = last || plan.gradient || (needs & (ISW_NEEDS_TRAIN | ISW_NEEDS_TRAIN_UNITS));
  return plan;
}

/* The probes of the batch of this step. The gradient is left for the update. False: interrupted. */
static bool run_batch_record(struct isw_member *m, size_t record, uint64_t step)
{
  struct isw_pack *pack = m->pack;
  if (!run_step_pass(m, step, false)) return false;
  isw_team_wait(m->team);
  if (m->index == 0) {
    pack->interrupted = !isw_pack_prepare_probes(pack, record, true);
    if (!pack->interrupted) isw_pack_store_batch_record(pack, record, m->loss, m->live);
  }
  return broadcast_verdict(m);
}

/* Member 0 prepares and stores the probes of a record. loss: the training set's means */
static void store_record(const struct isw_member *m, size_t record, const double *loss)
{
  struct isw_pack *pack = m->pack;
  if (m->index != 0) return;
  bool prepared = !step_is_training_set(pack) || isw_pack_prepare_probes(pack, record, true);
  pack->interrupted = !prepared || !isw_pack_prepare_probes(pack, record, false);
  if (pack->interrupted) return;
  if (step_is_training_set(pack)) isw_pack_store_batch_record(pack, record, loss, m->live);
  isw_pack_store_record(pack, record, m->live);
}

/* The passes and probes of a record. The training set's mean loss is left in m->loss if plan->train. False:
 * interrupted. */
static bool run_record(struct isw_member *m, size_t record, const struct record_plan *plan)
{
  struct isw_pack *pack = m->pack;
  double loss[ISW_LANES_MAX] = {0.0};
  if (m->index == 0) isw_pack_begin_record(pack, record);
  if (plan->train) {
    const struct isw_pass pass = {.set = &pack->samples->train,
                                  .samples = pack->train_samples,
                                  .gradient = plan->gradient,
                                  .frozen = true,
                                  .feed_probes = true};
    if (!isw_member_pass(m, &pass)) return false;
    memcpy(loss, m->loss, sizeof loss);
    isw_team_wait(m->team);
  }
  if (isw_pack_needs(pack, record) & ISW_NEEDS_TEST) {
    const struct isw_pass pass = {.set = &pack->samples->test, .samples = pack->test_samples, .feed_probes = true};
    if (!isw_member_pass(m, &pass)) return false;
    isw_team_wait(m->team);
  }
  store_record(m, record, loss);
  if (!broadcast_verdict(m)) return false; /* also a barrier: probes read weights, which the step changes */
  memcpy(m->loss, loss, sizeof loss);
  return true;
}

/* ---- small packs ------------------------------------------------------------------------------------------------- */

/* Each lane's stop rule in terms of the sum of losses, a little above it; NULL: no lane has one. */
static const double *sums_below(const struct isw_member *m, double *below)
{
  const struct isw_pack *pack = m->pack;
  bool any = false;
  for (size_t l = 0; l < pack->lanes; l++) {
    double rule = m->watch_below[l] * isw_mean_divisor(pack, pack->train_samples);
    below[l] = rule > -INFINITY ? rule + fabs(rule) * 1e-12 + DBL_MIN : -INFINITY;
    any = any || rule > -INFINITY;
  }
  return any ? below : NULL;
}

static struct isw_small_pack small_pack(struct isw_member *m)
{
  struct isw_pack *pack = m->pack;
  return (struct isw_small_pack){.layers = pack->layers,
                                 .samples = pack->train_samples,
                                 .features = pack->features,
                                 .layer = pack->layer,
                                 .inputs = pack->samples->train.inputs,
                                 .targets = pack->samples->train.targets,
                                 .hidden = pack->activation_row,
                                 .output = pack->output_row,
                                 .output_linear = pack->output.is_identity,
                                 .hidden_parameter = pack->hidden.parameter,
                                 .output_parameter = pack->output.parameter,
                                 .loss_parameter = pack->loss_parameter,
                                 .loss_row = pack->loss_row,
                                 .optimizer_row = pack->optimizer_row,
                                 .scale = isw_loss_factor(pack->loss_row) / isw_mean_divisor(pack, pack->train_samples),
                                 .rates = pack->rates,
                                 .first_trained = pack->first_trained,
                                 .loss = pack->loss,
                                 .loss_scratch = pack->loss_scratch,
                                 .nonfinite_mask = m->nonfinite_mask};
}

static void publish_step(const struct isw_member *m, uint64_t step)
{
  if (m->index == 0 && m->pack->published_step)
    atomic_store_explicit(m->pack->published_step, step, memory_order_relaxed);
}

/* Up to max_steps steps in the kernels' loop; returns how many. If fewer, the general loop has to do the next one,
 * because a network may end there. */
static uint64_t call_small_kernel(struct isw_member *m, uint64_t step, uint64_t max_steps)
{
  struct isw_pack *pack = m->pack;
  double below[ISW_LANES_MAX];
  if (isw_pack_interrupted_or_checkpoint_due(pack)) return 0;
  const struct isw_small_pack small = small_pack(m);
  isw_small_steps_kernel *steps =
      pack->path == ISW_PATH_TINY ? pack->kernels->tiny_steps[pack->activation_row] : pack->kernels->small_steps;
  memset(m->nonfinite_mask, 0, sizeof m->nonfinite_mask);
  uint64_t done = steps(&small, max_steps, sums_below(m, below));
  pack->network_steps += done * m->live_count;
  pack->steps_executed += done;
  if (done && pack->tracks_first_change) isw_pack_store_first_changes(pack, step + done, m->live);
  unsigned diverged = isw_nonfinite_lanes(pack, m->nonfinite_mask);
  for (size_t l = 0; diverged && l < pack->count; l++)
    if (m->live[l] && (diverged >> l & 1U)) isw_member_end_network(m, l, ISW_DIVERGED, step + done);
  return done;
}

/* The steps of a small pack before step `next`, or before one at which a network may end; returns how many. */
static uint64_t run_small_steps(struct isw_member *m, uint64_t step, uint64_t next)
{
  const struct isw_pack *pack = m->pack;
  uint64_t done = 0, limit = pack->rates_change ? 1 : next - step;
  if (pack->path >= ISW_PATH_BLOCKED || m->members > 1) return 0;
  for (size_t l = 0; pack->any_frozen && l < pack->count; l++)
    if (m->live[l] && !m->finite[l]) return 0; /* the update has to end it */
  while (done < limit && m->live_count > 0) {
    uint64_t stretch = pack->tracks_first_change ? 1 : STEPS_BETWEEN_POLLS; /* every step is compared with the start */
    uint64_t wanted = limit - done < stretch ? limit - done : stretch;
    uint64_t now = call_small_kernel(m, step + done, wanted);
    done += now;
    publish_step(m, step + done);
    if (now < wanted) break;
  }
  return done;
}

/* ---- the loop ---------------------------------------------------------------------------------------------------- */

/* Where the loop is. */
struct position {
  uint64_t step, record;
  bool pass_done; /* the pass of a record was the pass of the step too: the same sums */
};

/* Member 0 stores where to resume after an interruption, with everything as at the start of the step: only the running
 * products have advanced. */
static void store_interruption(const struct isw_member *m, uint64_t step, uint64_t record)
{
  struct isw_pack *pack = m->pack;
  if (m->index != 0) return;
  if (step < pack->steps && (step == 0 || pack->rates_change))
    for (size_t l = 0; l < pack->count; l++)
      memcpy(pack->lane[l].running, pack->running_before[l], sizeof pack->running_before[l]);
  pack->step = step;
  pack->record = record;
}

/* The record of this step, if there is one. False: interrupted. */
static bool run_due_record(struct isw_member *m, struct position *at)
{
  const struct isw_pack *pack = m->pack;
  bool last = at->step == pack->steps;
  at->pass_done = false;
  if (!last && (at->record >= pack->records || pack->record_steps[at->record] != at->step)) return true;
  struct record_plan plan = plan_record(pack, (size_t)at->record, last);
  if (plan.batch && !run_batch_record(m, (size_t)at->record, at->step)) return false;
  if (!run_record(m, (size_t)at->record, &plan)) return false;
  at->record++;
  at->pass_done = step_is_training_set(pack) || (plan.batch && !plan.gradient);
  if (plan.batch && at->pass_done && !last) memcpy(m->loss, pack->batch_loss, sizeof m->loss);
  if (isw_member_resume_networks(m, at->step, at->record, true)) at->pass_done = false;
  return true;
}

/* Small steps from here to the next event; returns how many. */
static uint64_t run_small_steps_to_event(struct isw_member *m, const struct position *at)
{
  const struct isw_pack *pack = m->pack;
  bool more = at->record < pack->records && pack->record_steps[at->record] < pack->steps;
  uint64_t next = more ? pack->record_steps[at->record] : pack->steps;
  return run_small_steps(m, at->step, isw_pack_next_event(pack, at->step, next));
}

/* Trains until no network is running. False: interrupted or suspended, and stored where to resume. */
static bool run(struct isw_member *m)
{
  struct isw_pack *pack = m->pack;
  struct position at = {.step = m->first_step, .record = pack->record};
  for (;; at.step++) {
    if (isw_member_is_sparse(m, at.step)) { /* of a single member */
      pack->step = at.step;
      pack->record = at.record;
      pack->is_suspended = true;
      return false;
    }
    publish_step(m, at.step);
    bool last = at.step == pack->steps;
    m->step_begun = false;
    isw_member_resume_networks(m, at.step, at.record, false);
    if (!last) prepare_step(m, at.step);
    prepare_order(m, at.step);
    if (!run_due_record(m, &at)) {
      store_interruption(m, at.step, at.record);
      return false;
    }
    if (last) {
      isw_member_complete(m);
      return true;
    }
    if (!at.pass_done) {
      uint64_t small_steps = run_small_steps_to_event(m, &at);
      if (m->live_count == 0) return true;
      if (small_steps > 0) {
        at.step += small_steps - 1;
        continue;
      }
    }
    if (!at.pass_done && !run_step_pass(m, at.step, true)) {
      store_interruption(m, at.step, at.record);
      return false;
    }
    isw_member_apply_stop_rules(m, at.step);
    if (m->live_count == 0) return true;
    if (!isw_member_update(m, at.step)) {
      store_interruption(m, at.step, at.record);
      return false;
    }
    if (m->live_count == 0) return true;
  }
}

enum isw_status isw_pack_train(struct isw_pack *pack, struct isw_team *team, size_t member, const atomic_int *interrupt)
{
  struct isw_member m = {
      .pack = pack, .team = team, .index = member, .members = isw_team_members(team), .first_step = pack->step};
  const struct isw_pack_shape shape = isw_shape_of(pack);
  m.by_units = isw_team_parts_units(&shape, pack->precision, m.members);
  for (size_t l = 0; l < pack->count; l++)
    m.live_count += m.live[l] = pack->lane[l].outcome.status == ISW_MISSING && !pack->lane[l].saved_state;
  memcpy(m.finite, pack->finite, sizeof m.finite);
  isw_member_watch_losses(&m);
  isw_team_wait(team); /* all have read where it begins before one reaches an interruption */
  if (member == 0) {
    pack->is_suspended = false;
    pack->interrupt = pack->view.interrupt = interrupt; /* for this member only */
    pack->view.abandoned = &pack->abandoned;
  }
  bool done = (m.live_count == 0 && pack->suspended_lanes == 0) || run(&m);
  while (done && pack->suspended_lanes > 0) {
    isw_member_skip_to_suspended(&m);
    m.first_step = pack->step;
    done = run(&m);
  }
  isw_team_wait(team); /* who returns may read the outcomes */
  return done ? ISW_OK : ISW_INTERRUPTED;
}

uint64_t isw_pack_step(const struct isw_pack *pack)
{
  return pack->step;
}

void isw_pack_publish_step(struct isw_pack *pack, atomic_uint_least64_t *step)
{
  pack->published_step = step;
}

uint64_t isw_pack_steps(const struct isw_pack *pack)
{
  return pack->steps;
}

uint64_t isw_pack_network_steps(const struct isw_pack *pack)
{
  return pack->network_steps;
}

uint64_t isw_pack_steps_executed(const struct isw_pack *pack)
{
  return pack->steps_executed;
}
