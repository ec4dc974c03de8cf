/* The training loop, docs/numerics.md. Every member of a team runs it: they part the samples of a block in the forward and
 * backward passes and the weights in gradient and update, and wait for each other in between. Whatever decides (loss, ended
 * networks) each member computes for itself from the same numbers, so that all go the same way without a word. */
#include "engine_internal.h"
#include "team.h"
#include <float.h>
#include <math.h>
#include <stdalign.h>
#include <string.h>

/* Of a layer at a time in gradient and update together: the deltas of 64 samples fill a third of a cache of 1 MiB. */
enum { MOVE_ROWS = 24, MOVE_COLUMNS = 80 };
enum { FAR_BYTES = 1024 * 1024 }; /* a layer's weights above them are not in the second cache when the update comes */
enum { REST_PARTS = 64, REST_STEPS = 128 }; /* a pack may rest so many times, at least so many steps apart */
enum { SMALL_STEPS = 256 };                 /* between looks at the interrupt: a millisecond at most */

struct member {
  struct isw_pack *pack;
  struct isw_team *team;
  size_t index, members;
  bool live[ISW_LANES_MAX], finite[ISW_LANES_MAX]; /* finite: of the initial weights */
  size_t live_count;
  uint64_t first_step;        /* of this call of isw_pack_train */
  double loss[ISW_LANES_MAX]; /* of the pass: a sum over its samples, then the mean */
  double escape[ISW_LANES_MAX],
      watch[ISW_LANES_MAX]; /* the loss that is waited for, and that or the stop rule's; -infinity: none */
  bool under_way;           /* something of the step is done */
  bool moved;               /* the pass has updated this member's weights, and left in check */
  alignas(ISW_LINE) unsigned char check[ISW_LINE];
};

/* Samples that pass through the networks. */
struct pass {
  const struct isw_set *set;
  const uint64_t *order; /* [samples]; NULL: the first ones in the set's order */
  size_t samples;
  bool gradient, show;
  bool move; /* the gradient is for the update alone: both may go through the weights together */
};

static void *line(void *array, size_t index)
{
  return (unsigned char *)array + index * ISW_LINE;
}

static bool rests(const struct isw_unit *unit, const struct isw_layer *l)
{
  return unit->linear && !l->pre_activation;
}

/* g(z); what the layer hands on, but in a branch's last layer. */
static void *value_of(const struct isw_layer *l)
{
  return l->branch ? l->branch : l->activation;
}

/* Where z is computed: beside a where something needs it, else in its place. */
static void *place_of_z(const struct isw_layer *l)
{
  return l->pre_activation ? l->pre_activation : value_of(l);
}

/* The last layer of the branch that begins with layer k; NULL where none does. */
static const struct isw_layer *branch_from(const struct isw_pack *pack, size_t k)
{
  size_t branch_layers = pack->residual.branch_layers, last = k - 1 + branch_layers;
  if (!branch_layers || (k - 1) % branch_layers != 0 || !isw_ends_branch(pack->layers, branch_layers, last))
    return NULL;
  return &pack->layer[last];
}

static void forward(const struct isw_pack *pack, size_t first, size_t samples, const void *inputs)
{
  const struct isw_real_kernels *kernels = pack->kernels;
  size_t branch_layers = pack->residual.branch_layers;
  for (size_t k = 0; k < pack->layers; k++) {
    const struct isw_layer *l = &pack->layer[k];
    const struct isw_unit *unit = k + 1 < pack->layers ? &pack->hidden : &pack->output;
    size_t at = first * l->stride;
    void *z = line(place_of_z(l), at), *a = line(value_of(l), at);
    if (k == 0)
      kernels->forward_first(samples, l->fan_in, l->fan_out, inputs, pack->features, l->weight, l->stride, l->bias, z,
                             l->stride);
    else
      kernels->forward(samples, l->fan_in, l->fan_out, line(l[-1].activation, first * l[-1].stride), l[-1].stride,
                       l->weight, l->stride, l->bias, z, l->stride);
    if (!rests(unit, l)) unit->kernels->value(samples, l->fan_out, l->stride, z, unit->parameter, a);
    if (l->branch)
      kernels->join(samples, l->fan_out, l->stride, l->scale, a, line(l[-(ptrdiff_t)branch_layers].activation, at),
                    line(l->activation, at));
  }
}

static void slope(const struct isw_unit *unit, const struct isw_layer *l, size_t first, size_t samples)
{
  size_t at = first * l->stride;
  if (unit->linear) return; /* times 1 */
  unit->kernels->slope(samples, l->fan_out, l->stride, unit->needs_z ? line(l->pre_activation, at) : NULL,
                       line(value_of(l), at), unit->parameter, line(l->delta, at));
}

static void backward(const struct isw_pack *pack, size_t first, size_t samples)
{
  slope(&pack->output, &pack->layer[pack->layers - 1], first, samples);
  for (size_t k = pack->layers - 1; k > 0; k--) {
    const struct isw_layer *l = &pack->layer[k], *below = l - 1, *branch = branch_from(pack, k);
    size_t at = first * below->stride;
    void *carried = line(below->branch ? below->carried : below->delta, at);
    pack->kernels->backward(samples, l->fan_in, l->fan_out, line(l->delta, first * l->stride), l->stride, l->weight,
                            l->stride, carried, below->stride);
    if (branch) pack->kernels->carry(samples, below->fan_out, below->stride, line(branch->carried, at), carried);
    if (below->branch)
      pack->kernels->enter(samples, below->fan_out, below->stride, below->scale, carried, line(below->delta, at));
    slope(&pack->hidden, below, first, samples);
  }
}

/* Rows of the set as `order` has them, of this member's samples. */
static void gather(const struct isw_pack *pack, const struct pass *pass, size_t block, size_t first, size_t samples)
{
  size_t input = pack->features * pack->bytes, target = pack->samples->outputs * pack->bytes;
  for (size_t s = first; s < first + samples; s++) {
    size_t row = (size_t)pass->order[block + s];
    memcpy((unsigned char *)pack->batch_inputs + s * input, (const unsigned char *)pass->set->inputs + row * input,
           input);
    memcpy((unsigned char *)pack->batch_targets + s * target, (const unsigned char *)pass->set->targets + row * target,
           target);
  }
}

static void pass_samples(const struct member *m, const struct pass *pass, size_t block, size_t samples,
                         const void *inputs, const void *targets, double scale)
{
  const struct isw_pack *pack = m->pack;
  const struct isw_layer *output = &pack->layer[pack->layers - 1];
  size_t first = 0, count = samples;
  if (m->members > 1) {
    first = samples * m->index / m->members;
    count = samples * (m->index + 1) / m->members - first;
  }
  if (count == 0) return;
  if (pass->order) gather(pack, pass, block, first, count);
  forward(pack, first, count, (const unsigned char *)inputs + first * pack->features * pack->bytes);
  pack->kernels->loss[pack->loss_row](count, output->fan_out, output->stride,
                                      line(output->activation, first * output->stride),
                                      (const unsigned char *)targets + first * output->fan_out * pack->bytes,
                                      pack->loss_parameter, scale, line(output->delta, first * output->stride),
                                      line(pack->loss, first), line(pack->loss_scratch, first * 2 * output->fan_out));
  if (pass->gradient) backward(pack, first, count);
}

/* Where member `index`'s weights of a layer begin: rows in tiles, shared out by the numbers in them. before: numbers of the
 * layers before, total: of all */
static size_t first_row(const struct member *m, size_t index, size_t before, size_t total, const struct isw_layer *l)
{
  if (index == 0) return 0;
  if (index == m->members) return l->fan_in;
  double target = (double)total * (double)index / (double)m->members - (double)before;
  if (target <= 0.0) return 0;
  double row = 6.0 * ceil(target / (6.0 * (double)l->fan_out));
  return row < (double)l->fan_in ? (size_t)row : l->fan_in;
}

/* Calls `work` for this member's part of every layer: rows first .. first + count - 1, and the biases with row 0. */
static void part_weights(const struct member *m, void *context,
                         void (*work)(const struct isw_pack *, size_t layer, size_t first, size_t count, void *context))
{
  const struct isw_pack *pack = m->pack;
  size_t before = 0, total = 0;
  for (size_t k = 0; k < pack->layers; k++) total += pack->layer[k].fan_in * pack->layer[k].fan_out;
  for (size_t k = 0; k < pack->layers; k++) {
    const struct isw_layer *l = &pack->layer[k];
    size_t first = first_row(m, m->index, before, total, l), end = first_row(m, m->index + 1, before, total, l);
    if (first < end) work(pack, k, first, end - first, context);
    before += l->fan_in * l->fan_out;
  }
}

static void add_scale_gradient(const struct isw_pack *pack, const struct isw_layer *l, size_t samples, bool first_block)
{
  if (!l->scale_gradient) return;
  pack->kernels->scale_gradient(samples, l->fan_out, l->stride, l->carried, l->branch, l->scale_sums, l->scale_gradient,
                                first_block);
}

struct gradient_work {
  size_t samples;
  const void *inputs;
  bool first_block;
};

static void add_gradient(const struct isw_pack *pack, size_t k, size_t first, size_t count, void *context)
{
  const struct gradient_work *work = context;
  const struct isw_layer *l = &pack->layer[k];
  void *gradient = line(l->weight_gradient, first * l->stride);
  if (k == 0)
    pack->kernels->gradient_first(work->samples, count, l->fan_out,
                                  (const unsigned char *)work->inputs + first * pack->bytes, pack->features, l->delta,
                                  l->stride, gradient, l->stride, work->first_block, NULL);
  else
    pack->kernels->gradient(work->samples, count, l->fan_out, line(l[-1].activation, first), l[-1].stride, l->delta,
                            l->stride, gradient, l->stride, work->first_block, NULL);
  if (first > 0) return;
  pack->kernels->bias_gradient(work->samples, l->fan_out, l->delta, l->stride, l->bias_gradient, work->first_block);
  add_scale_gradient(pack, l, work->samples, work->first_block);
}

/* To stop, or to pause for a checkpoint. */
static bool asked_to_stop(const struct isw_pack *pack)
{
  return isw_pack_interrupted(pack) ||
         (pack->tick && atomic_load_explicit(pack->tick, memory_order_relaxed) != pack->tick_seen);
}

static double mean_divisor(const struct isw_pack *pack, size_t samples)
{
  return (double)(pack->view.loss->mean_over_outputs ? samples * pack->samples->outputs : samples);
}

/* ---- update ---------------------------------------------------------------------------------------------------------- */

/* Updates columns column .. column + columns - 1 of rows first .. first + count - 1; gradient is of those, with the weights' stride. */
static void move_weights(const struct isw_pack *pack, size_t k, size_t first, size_t count, size_t column,
                         size_t columns, const void *gradient, void *check)
{
  const struct isw_layer *l = &pack->layer[k];
  size_t at = first * l->stride + column;
  void *state[2];
  for (size_t i = 0; i < 2; i++) state[i] = l->weight_state[i] ? line(l->weight_state[i], at) : NULL;
  pack->kernels->update[pack->optimizer_row](count, columns, l->stride, line(l->weight, at), gradient, state,
                                             pack->rate, pack->decay, check);
}

/* And the scale of the branch that ends here, where it is trained. */
static void move_biases(const struct isw_pack *pack, size_t k, void *check)
{
  const struct isw_layer *l = &pack->layer[k];
  size_t decay = k + 1 < pack->layers ? ISW_DECAY_OF_HIDDEN_BIASES : ISW_DECAY_OF_OUTPUT_BIASES;
  isw_update_kernel *update = pack->kernels->update[pack->optimizer_row];
  update(1, l->fan_out, l->fan_out, l->bias, l->bias_gradient, l->bias_state, pack->rate, line(pack->decay, decay),
         check);
  if (l->scale_gradient) update(1, 1, 1, l->scale, l->scale_gradient, l->scale_state, pack->rate, pack->decay, check);
}

struct move_work {
  size_t samples;
  const void *inputs;
  void *check;
};

/* Gradient and update of a layer, a few rows and columns after the other: their gradient never leaves the cache. It is kept in
 * the first rows of the member's own. */
static void descend(const struct isw_pack *pack, size_t k, size_t first, size_t count, void *context)
{
  const struct move_work *work = context;
  const struct isw_real_kernels *kernels = pack->kernels;
  const struct isw_layer *l = &pack->layer[k];
  void *gradient = line(l->weight_gradient, first * l->stride);
  const bool far = l->fan_in * l->stride * ISW_LINE > FAR_BYTES;
  for (size_t column = 0; column < l->fan_out; column += MOVE_COLUMNS) {
    size_t columns = l->fan_out - column < MOVE_COLUMNS ? l->fan_out - column : MOVE_COLUMNS;
    for (size_t done = 0; done < count; done += MOVE_ROWS) {
      size_t row = first + done, rows = count - done < MOVE_ROWS ? count - done : MOVE_ROWS;
      const void *delta = line(l->delta, column);
      const void *soon = far ? line(l->weight, row * l->stride + column) : NULL;
      if (k == 0)
        kernels->gradient_first(work->samples, rows, columns, (const unsigned char *)work->inputs + row * pack->bytes,
                                pack->features, delta, l->stride, gradient, l->stride, true, soon);
      else
        kernels->gradient(work->samples, rows, columns, line(l[-1].activation, row), l[-1].stride, delta, l->stride,
                          gradient, l->stride, true, soon);
      move_weights(pack, k, row, rows, column, columns, gradient, work->check);
    }
  }
  if (first > 0) return;
  kernels->bias_gradient(work->samples, l->fan_out, l->delta, l->stride, l->bias_gradient, true);
  add_scale_gradient(pack, l, work->samples, true);
  move_biases(pack, k, work->check);
}

/* Whether every lane's loss is finite and not below its rule: the one question of nearly all steps. */
static bool all_go_on(const struct member *m)
{
  const double *loss = m->loss, *watch = m->watch;
  int going = 0;
  for (size_t l = 0; l < ISW_LANES_MAX; l++) going += (fabs(loss[l]) < INFINITY) & (loss[l] >= watch[l]);
  return going == ISW_LANES_MAX && !m->pack->gradient_rules;
}

/* One pass, block by block; leaves the mean loss in m->loss. The members have not waited for each other after the last
 * block's gradient. false: interrupted. */
static bool run_pass(struct member *m, const struct pass *pass)
{
  struct isw_pack *pack = m->pack;
  double divisor = mean_divisor(pack, pass->samples);
  for (size_t l = 0; l < pack->lanes; l++) m->loss[l] = 0.0;
  for (size_t first = 0; first < pass->samples; first += pack->block) {
    size_t samples = pass->samples - first < pack->block ? pass->samples - first : pack->block;
    const void *inputs = pass->order ? pack->batch_inputs
                                     : (const unsigned char *)pass->set->inputs + first * pack->features * pack->bytes;
    const void *targets =
        pass->order ? pack->batch_targets
                    : (const unsigned char *)pass->set->targets + first * pack->samples->outputs * pack->bytes;
    if (first > 0) isw_team_wait(m->team);
    /* A pause is only taken before anything of the step is done: else a step or a record that takes longer than the time
     * between two checkpoints would begin again for ever. */
    if (m->index == 0) pack->interrupted = m->under_way ? isw_pack_interrupted(pack) : asked_to_stop(pack);
    m->under_way = true;
    pass_samples(m, pass, first, samples, inputs, targets, isw_loss_factor(pack->loss_row) / divisor);
    isw_team_wait(m->team);
    if (pack->interrupted) return false;
    pack->kernels->sum_loss(samples, pack->loss, m->loss);
    if (pass->show && m->index == 0) isw_pack_show(pack, pass->set, first, samples);
    bool whole = samples == pass->samples;
    for (size_t l = 0; l < pack->lanes && first + samples == pass->samples; l++) m->loss[l] = m->loss[l] / divisor;
    m->moved = pass->move && whole && all_go_on(m);
    if (m->moved) {
      memset(m->check, 0, sizeof m->check);
      part_weights(m, &(struct move_work){samples, inputs, m->check}, descend);
    } else if (pass->gradient) {
      part_weights(m, &(struct gradient_work){samples, inputs, first == 0}, add_gradient);
    }
  }
  return true;
}

/* Whether the record that member 0 has just made or given up goes on; the same for all, who have heard it before it is written again. */
static bool hear(const struct member *m)
{
  isw_team_wait(m->team);
  bool interrupted = m->pack->interrupted;
  isw_team_wait(m->team);
  return !interrupted;
}

/* A record's passes. gradient: as the step or a probe wants it. The training set's mean loss stays in m->loss where `train`. */
static bool run_record(struct member *m, size_t record, bool train, bool gradient)
{
  struct isw_pack *pack = m->pack;
  double loss[ISW_LANES_MAX] = {0.0};
  if (m->index == 0) isw_pack_begin_record(pack, record);
  if (train) {
    const struct pass pass = {&pack->samples->train, NULL, pack->train_samples, gradient, true, false};
    if (!run_pass(m, &pass)) return false;
    memcpy(loss, m->loss, sizeof loss);
    isw_team_wait(m->team);
  }
  if (isw_pack_needs(pack, record) & ISW_NEEDS_TEST) {
    const struct pass pass = {&pack->samples->test, NULL, pack->test_samples, false, true, false};
    if (!run_pass(m, &pass)) return false;
    isw_team_wait(m->team);
  }
  if (m->index == 0)
    pack->interrupted = (pack->full && !isw_pack_prepare(pack, record, true)) || !isw_pack_prepare(pack, record, false);
  if (m->index == 0 && !pack->interrupted && pack->full) isw_pack_keep_batch(pack, record, loss, m->live);
  if (m->index == 0 && !pack->interrupted) isw_pack_keep(pack, record, m->live);
  if (!hear(m)) return false; /* and waits: probes look at weights, the step changes them */
  memcpy(m->loss, loss, sizeof loss);
  return true;
}

/* Ends a network for this member; member 0 keeps what it left. */
static void end(struct member *m, size_t lane, enum isw_network_status status, uint64_t steps_done)
{
  m->live[lane] = false;
  m->escape[lane] = m->watch[lane] = -INFINITY;
  m->live_count--;
  if (m->index == 0) isw_pack_end(m->pack, lane, status, steps_done);
}

/* Norms of the whole gradient, once all members have theirs. */
static void find_gradient_norms(struct member *m, double *norm)
{
  const struct isw_pack *pack = m->pack;
  double squares[ISW_LANES_MAX] = {0.0};
  isw_team_wait(m->team);
  for (size_t k = 0; k < pack->layers; k++) {
    const struct isw_layer *l = &pack->layer[k];
    pack->kernels->sum_squares(l->fan_in, l->fan_out, l->stride, l->weight_gradient, squares);
    pack->kernels->sum_squares(1, l->fan_out, l->fan_out, l->bias_gradient, squares);
    if (l->scale_gradient) pack->kernels->sum_squares(1, 1, 1, l->scale_gradient, squares);
  }
  for (size_t l = 0; l < pack->lanes; l++) norm[l] = sqrt(squares[l]);
}

/* Marks the lanes whose batch's gradient is below their rule. */
static void find_small_gradients(struct member *m, bool *small)
{
  struct isw_pack *pack = m->pack;
  bool wanted = false;
  for (size_t l = 0; l < pack->count; l++) wanted = wanted || (m->live[l] && pack->gradient_below[l] > -INFINITY);
  if (!wanted) return;
  double norm[ISW_LANES_MAX] = {0.0};
  find_gradient_norms(m, norm);
  for (size_t l = 0; l < pack->count; l++) small[l] = norm[l] < pack->gradient_below[l];
}

/* Sees who has escaped: at the step's loss, or at the end. */
static void note_escapes(struct member *m, uint64_t step)
{
  if (m->index == 0) isw_pack_note_escapes(m->pack, step, m->loss, m->escape);
  for (size_t l = 0; l < m->pack->count; l++) {
    if (!(m->loss[l] < m->escape[l])) continue;
    m->escape[l] = -INFINITY;
    m->watch[l] = m->pack->loss_below[l];
  }
}

/* Rules 3 and 4 */
static void stop_or_go(struct member *m, uint64_t step)
{
  struct isw_pack *pack = m->pack;
  bool ends[ISW_LANES_MAX] = {false}, any = false;
  if (all_go_on(m)) return;
  note_escapes(m, step);
  find_small_gradients(m, ends);
  for (size_t l = 0; l < pack->count; l++) {
    ends[l] = m->live[l] && (ends[l] || !isfinite(m->loss[l]) || m->loss[l] < pack->loss_below[l]);
    any = any || ends[l];
  }
  if (!any) return;
  isw_team_wait(m->team); /* an end clears gradients that others may still write or read */
  for (size_t l = 0; l < pack->count; l++)
    if (ends[l]) end(m, l, isfinite(m->loss[l]) ? ISW_STOPPED : ISW_DIVERGED, step);
  isw_team_wait(m->team);
}

struct clip_work {
  alignas(ISW_LINE) unsigned char factor[ISW_LINE];
};

static void clip_layer(const struct isw_pack *pack, size_t k, size_t first, size_t count, void *context)
{
  const struct clip_work *work = context;
  const struct isw_layer *l = &pack->layer[k];
  pack->kernels->scale(count, l->fan_out, l->stride, work->factor, line(l->weight_gradient, first * l->stride));
  if (first > 0) return;
  pack->kernels->scale(1, l->fan_out, l->fan_out, work->factor, l->bias_gradient);
  if (l->scale_gradient) pack->kernels->scale(1, 1, 1, work->factor, l->scale_gradient);
}

/* Scales the gradients whose norm is above their network's clip_norm, as torch.nn.utils.clip_grad_norm_ does. */
static void clip(struct member *m)
{
  const struct isw_pack *pack = m->pack;
  double norm[ISW_LANES_MAX];
  struct clip_work work;
  if (!pack->clips) return;
  find_gradient_norms(m, norm);
  for (size_t l = 0; l < pack->lanes; l++) {
    bool clips = l < pack->count && m->live[l] && pack->lane[l].clip_norm > 0.0;
    double factor = clips ? pack->lane[l].clip_norm / (norm[l] + 1e-6) : 1.0;
    isw_put(pack->real, work.factor, l, factor > 1.0 ? 1.0 : factor);
  }
  isw_team_wait(m->team); /* before the first change all have read */
  part_weights(m, &work, clip_layer);
}

static void update_layer(const struct isw_pack *pack, size_t k, size_t first, size_t count, void *check)
{
  move_weights(pack, k, first, count, 0, pack->layer[k].fan_out,
               line(pack->layer[k].weight_gradient, first * pack->layer[k].stride), check);
  if (first == 0) move_biases(pack, k, check);
}

/* The lanes, a bit each, whose part of the line is NaN. */
static unsigned nan_lanes(const struct isw_pack *pack, const void *check)
{
  unsigned lanes = 0;
  if (memcmp(check, (unsigned char[ISW_LINE]){0}, ISW_LINE) != 0)
    for (size_t l = 0; l < pack->count; l++)
      if (isnan(isw_get(pack->real, check, l))) lanes |= 1U << l;
  return lanes;
}

/* Rule 5 and what leads to it. */
static void update(struct member *m, uint64_t step)
{
  struct isw_pack *pack = m->pack;
  atomic_uint *not_finite = &pack->not_finite[step % 2];
  if (m->index == 0) {
    pack->network_steps += m->live_count;
    pack->pack_steps++;
  }
  if (!m->moved) {
    clip(m);
    memset(m->check, 0, sizeof m->check);
    part_weights(m, m->check, update_layer);
  }
  m->moved = false;
  unsigned mine = nan_lanes(pack, m->check);
  if (mine) atomic_fetch_or_explicit(not_finite, mine, memory_order_relaxed);
  isw_team_wait(m->team);
  if (m->index == 0 && pack->watches_moves) isw_pack_note_moves(pack, step + 1, m->live);
  unsigned all = atomic_load_explicit(not_finite, memory_order_relaxed);
  size_t before = m->live_count;
  for (size_t l = 0; l < pack->count; l++)
    if (m->live[l] && (all >> l & 1U)) end(m, l, ISW_DIVERGED, step + 1);
  if (m->live_count < before) isw_team_wait(m->team);
}

/* Member 0's part at the head of a step: what all read after the next wait. */
static void prepare_step(struct member *m, uint64_t step)
{
  struct isw_pack *pack = m->pack;
  if (m->index != 0) return;
  /* The other parity's was read for the last time before the last step's first wait. */
  atomic_store_explicit(&pack->not_finite[step % 2], 0, memory_order_relaxed);
  if (step == 0 || pack->rates_change) {
    for (size_t l = 0; l < pack->count; l++) memcpy(pack->before[l], pack->lane[l].running, sizeof pack->before[l]);
    isw_pack_rates(pack, step, m->live);
  }
}

static void prepare_order(const struct member *m, uint64_t step)
{
  const struct isw_pack *pack = m->pack;
  if (m->index == 0 && !pack->full &&
      (step % pack->batches == 0 || step == pack->step)) { /* pack->step: training begins there */
    const struct isw_stream stream = {pack->seed, pack->order_replicate, ISW_PURPOSE_SHUFFLE, step / pack->batches};
    for (size_t i = 0; i < pack->train_samples; i++) pack->order[i] = i;
    isw_shuffle(&stream, pack->train_samples, pack->order);
  }
}

/* move: the gradient is for the update alone. */
static bool run_step(struct member *m, uint64_t step, bool move)
{
  const struct isw_pack *pack = m->pack;
  struct pass pass = {&pack->samples->train, NULL, pack->train_samples, true, false, move && !pack->clips};
  if (!pack->full) {
    size_t first = (size_t)(step % pack->batches) * pack->batch_size;
    if (first == 0 || step == m->first_step) isw_team_wait(m->team); /* the order is there */
    pass.order = pack->order + first;
    pass.samples = pack->train_samples - first < pack->batch_size ? pack->train_samples - first : pack->batch_size;
  }
  return run_pass(m, &pass);
}

/* What a record keeps of the batch that this step takes. The gradient stays whole, for the update. */
static bool run_batch_record(struct member *m, size_t record, uint64_t step)
{
  if (!run_step(m, step, false)) return false;
  isw_team_wait(m->team);
  if (m->index == 0) m->pack->interrupted = !isw_pack_prepare(m->pack, record, true);
  if (m->index == 0 && !m->pack->interrupted) isw_pack_keep_batch(m->pack, record, m->loss, m->live);
  return hear(m);
}

/* Rule 2 */
static void complete(struct member *m)
{
  note_escapes(m, m->pack->steps);
  for (size_t l = 0; l < m->pack->count; l++)
    if (m->live[l]) end(m, l, isfinite(m->loss[l]) && m->finite[l] ? ISW_COMPLETED : ISW_DIVERGED, m->pack->steps);
}

/* An interruption leaves all as it was at the head of the step: only the running products have moved on. */
static bool pause(const struct member *m, uint64_t step, uint64_t record)
{
  struct isw_pack *pack = m->pack;
  if (m->index != 0) return false;
  if (step < pack->steps && (step == 0 || pack->rates_change))
    for (size_t l = 0; l < pack->count; l++) memcpy(pack->lane[l].running, pack->before[l], sizeof pack->before[l]);
  pack->step = step;
  pack->record = record;
  return false;
}

/* ---- networks that sleep or leave --------------------------------------------------------------------------------------- */

/* Which losses are awaited, of the networks that are awake. */
static void watch_losses(struct member *m)
{
  const struct isw_pack *pack = m->pack;
  for (size_t l = 0; l < ISW_LANES_MAX; l++) {
    m->escape[l] = l < pack->count && m->live[l] && isw_pack_waits(pack, l) ? pack->escape[l] : -INFINITY;
    m->watch[l] = m->escape[l] > pack->loss_below[l] ? m->escape[l] : pack->loss_below[l];
  }
}

/* Wakes the networks that go on here. prepared: prepare_step has been. True where there were any. */
static bool wake(struct member *m, uint64_t step, uint64_t record, bool prepared)
{
  struct isw_pack *pack = m->pack;
  bool woken[ISW_LANES_MAX] = {false}, any = false;
  if (pack->sleepers == 0) return false;
  for (size_t l = 0; l < pack->count; l++) {
    const struct isw_lane *lane = &pack->lane[l];
    woken[l] = lane->asleep && lane->asleep_step == step && lane->asleep_record == record;
    any = any || woken[l];
  }
  if (!any) return false;
  isw_team_wait(m->team);
  for (size_t l = 0; m->index == 0 && l < pack->count; l++)
    if (woken[l]) {
      isw_pack_wake(pack, l);
      memcpy(pack->before[l], pack->lane[l].running, sizeof pack->before[l]);
    }
  if (m->index == 0 && prepared && (step == 0 || pack->rates_change)) isw_pack_rates(pack, step, woken);
  isw_team_wait(m->team);
  for (size_t l = 0; l < pack->count; l++)
    if (woken[l]) {
      m->live[l] = true;
      m->live_count++;
      m->finite[l] = pack->finite[l];
    }
  watch_losses(m);
  return true;
}

/* Where no network is awake any more, the pack goes on at the first one that sleeps. */
static void skip_to_sleepers(const struct member *m)
{
  struct isw_pack *pack = m->pack;
  const struct isw_lane *first = NULL;
  isw_team_wait(m->team);
  for (size_t l = 0; m->index == 0 && l < pack->count; l++) {
    const struct isw_lane *lane = &pack->lane[l];
    if (!lane->asleep) continue;
    if (!first || lane->asleep_step < first->asleep_step ||
        (lane->asleep_step == first->asleep_step && lane->asleep_record < first->asleep_record))
      first = lane;
  }
  if (first) {
    pack->step = first->asleep_step;
    pack->record = first->asleep_record;
  }
  isw_team_wait(m->team);
}

static uint64_t rest_interval(const struct isw_pack *pack)
{
  return pack->steps / REST_PARTS > REST_STEPS ? pack->steps / REST_PARTS : REST_STEPS;
}

/* Whether the pack is to be left at the head of this step: a quarter of its lanes or more hold no network that goes on. */
static bool is_thin(const struct member *m, uint64_t step)
{
  const struct isw_pack *pack = m->pack;
  return pack->rests_thin && pack->sleepers == 0 && step > m->first_step && step < pack->steps &&
         step % rest_interval(pack) == 0 && 4 * m->live_count <= 3 * pack->lanes;
}

/* The next step, at most `next`, before which nothing rests or wakes. */
static uint64_t next_event(const struct isw_pack *pack, uint64_t step, uint64_t next)
{
  uint64_t rest = step - step % rest_interval(pack) + rest_interval(pack);
  if (pack->rests_thin && rest < next) next = rest;
  for (size_t l = 0; pack->sleepers > 0 && l < pack->count; l++)
    if (pack->lane[l].asleep && pack->lane[l].asleep_step > step && pack->lane[l].asleep_step < next)
      next = pack->lane[l].asleep_step;
  return next;
}

static bool rest_here(const struct member *m, uint64_t step, uint64_t record)
{
  m->pack->step = step;
  m->pack->record = record;
  m->pack->resting = true;
  return false;
}

/* ---- small networks -------------------------------------------------------------------------------------------------- */

/* Each lane's stop rule for the sum of losses, a little above; NULL where no lane has one. */
static const double *sums_below(const struct member *m, double *below)
{
  const struct isw_pack *pack = m->pack;
  bool any = false;
  for (size_t l = 0; l < pack->lanes; l++) {
    double rule = m->watch[l] * mean_divisor(pack, pack->train_samples);
    below[l] = rule > -INFINITY ? rule + fabs(rule) * 1e-12 + DBL_MIN : -INFINITY;
    any = any || rule > -INFINITY;
  }
  return any ? below : NULL;
}

/* Does up to `most` steps in the kernels' own loop; returns how many. The next step is for run_step: something ends there. */
static uint64_t run_small(struct member *m, uint64_t step, uint64_t most)
{
  struct isw_pack *pack = m->pack;
  double below[ISW_LANES_MAX];
  if (asked_to_stop(pack)) return 0;
  const struct isw_small small = {.layers = pack->layers,
                                  .samples = pack->train_samples,
                                  .features = pack->features,
                                  .layer = pack->layer,
                                  .inputs = pack->samples->train.inputs,
                                  .targets = pack->samples->train.targets,
                                  .hidden = pack->activation_row,
                                  .output = pack->output_row,
                                  .output_linear = pack->output.linear,
                                  .hidden_parameter = pack->hidden.parameter,
                                  .output_parameter = pack->output.parameter,
                                  .loss_parameter = pack->loss_parameter,
                                  .loss_row = pack->loss_row,
                                  .optimizer_row = pack->optimizer_row,
                                  .scale = isw_loss_factor(pack->loss_row) / mean_divisor(pack, pack->train_samples),
                                  .rate = pack->rate,
                                  .decay = pack->decay,
                                  .bias_decay = line(pack->decay, ISW_DECAY_OF_HIDDEN_BIASES),
                                  .output_bias_decay = line(pack->decay, ISW_DECAY_OF_OUTPUT_BIASES),
                                  .loss = pack->loss,
                                  .loss_scratch = pack->loss_scratch,
                                  .check = m->check};
  memset(m->check, 0, sizeof m->check);
  uint64_t done = pack->kernels->steps(&small, most, sums_below(m, below));
  pack->network_steps += done * m->live_count;
  pack->pack_steps += done;
  if (done && pack->watches_moves) isw_pack_note_moves(pack, step + done, m->live);
  unsigned ended = nan_lanes(pack, m->check);
  for (size_t l = 0; ended && l < pack->count; l++)
    if (m->live[l] && (ended >> l & 1U)) end(m, l, ISW_DIVERGED, step + done);
  return done;
}

/* The steps of a small pack until a record, or until one where something may end; returns how many. */
static uint64_t run_small_steps(struct member *m, uint64_t step, uint64_t next)
{
  const struct isw_pack *pack = m->pack;
  uint64_t done = 0, most = pack->rates_change ? 1 : next - step;
  if (!pack->small || m->members > 1 || pack->gradient_rules || pack->clips) return 0;
  while (done < most && m->live_count > 0) {
    uint64_t stretch = pack->watches_moves ? 1 : SMALL_STEPS; /* between looks at the weights, or the interrupt */
    uint64_t some = most - done < stretch ? most - done : stretch;
    uint64_t now = run_small(m, step + done, some);
    done += now;
    if (now < some) break;
  }
  return done;
}

static bool run(struct member *m)
{
  struct isw_pack *pack = m->pack;
  uint64_t record = pack->record;
  for (uint64_t step = m->first_step;; step++) {
    bool last = step == pack->steps, done = false;
    uint64_t record_before = record;
    if (is_thin(m, step)) return rest_here(m, step, record);
    m->under_way = false;
    wake(m, step, record, false);
    if (!last) prepare_step(m, step);
    prepare_order(m, step);
    if (last || (record < pack->records && pack->record_steps[record] == step)) {
      unsigned needs = isw_pack_needs(pack, (size_t)record);
      bool batch = (needs & ISW_NEEDS_BATCH) && !pack->full; /* of full batches the record's own pass has all */
      bool gradient =
          (needs & (pack->full ? ISW_NEEDS_GRADIENT | ISW_NEEDS_BATCH : ISW_NEEDS_GRADIENT)) || (pack->full && !last);
      bool train = last || gradient || (needs & (ISW_NEEDS_TRAIN | ISW_NEEDS_TRAIN_UNITS));
      if (batch && !run_batch_record(m, (size_t)record, step)) return pause(m, step, record_before);
      if (!run_record(m, (size_t)record++, train, gradient)) return pause(m, step, record_before);
      done = pack->full || (batch && !gradient); /* the record's pass was the step's too: the same sums */
      if (batch && done && !last) memcpy(m->loss, pack->batch_loss, sizeof m->loss);
      if (wake(m, step, record, true)) done = false;
    }
    if (last) {
      complete(m);
      return true;
    }
    if (!done) {
      bool more = record < pack->records && pack->record_steps[record] < pack->steps;
      uint64_t next = next_event(pack, step, more ? pack->record_steps[record] : pack->steps);
      uint64_t small = run_small_steps(m, step, next);
      if (m->live_count == 0) return true;
      if (small > 0) {
        step += small - 1;
        continue;
      }
    }
    if (!done && !run_step(m, step, true)) return pause(m, step, record); /* the record is made */
    stop_or_go(m, step);
    if (m->live_count == 0) return true;
    update(m, step);
    if (m->live_count == 0) return true;
  }
}

enum isw_status isw_pack_train(struct isw_pack *pack, struct isw_team *team, size_t member, const atomic_int *interrupt)
{
  struct member m = {
      .pack = pack, .team = team, .index = member, .members = isw_team_members(team), .first_step = pack->step};
  for (size_t l = 0; l < pack->count; l++)
    m.live_count += m.live[l] = pack->lane[l].outcome.status == ISW_MISSING && !pack->lane[l].asleep;
  memcpy(m.finite, pack->finite, sizeof m.finite);
  watch_losses(&m);
  isw_team_wait(team); /* all have seen where it begins, before one gets to where it pauses */
  if (member == 0) {
    pack->resting = false;
    pack->interrupt = interrupt; /* for this member alone */
  }
  bool done = (m.live_count == 0 && pack->sleepers == 0) || run(&m);
  while (done && pack->sleepers > 0) {
    skip_to_sleepers(&m);
    m.first_step = pack->step;
    done = run(&m);
  }
  isw_team_wait(team); /* whoever returns may read the outcomes */
  return done ? ISW_OK : ISW_INTERRUPTED;
}
