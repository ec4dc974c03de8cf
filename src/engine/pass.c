/* Passes of samples through the networks of a pack, block by block: forward, loss, backward, gradient, and the update
 * where it can be done with the gradient. Which pass a step or record needs is loop.c's subject. */
#include "engine_internal.h"
#include <string.h>

/* Rows and columns of weights whose gradient and update are computed together: the deltas of 64 samples for them fill
 * a third of a cache of 1 MiB. */
enum { UPDATE_ROWS = 24, UPDATE_COLUMNS = 80 };
/* If a layer has more bytes of weights, the second cache no longer holds them at the update. */
enum { PREFETCHED_BYTES = 1024 * 1024 };

/* Whether the pre-activation is the activation, in the same place. */
static bool activation_is_identity(const struct isw_layer_activation *activation, const struct isw_layer *l)
{
  return activation->is_identity && !l->pre_activation;
}

/* Where g(z) is stored: the layer's activation, except in a branch's last layer. */
static void *activation_buffer(const struct isw_layer *l)
{
  return l->branch_output ? l->branch_output : l->activation;
}

/* Where z is stored: in a buffer of its own if something needs it, else it is replaced by g(z). */
static void *pre_activation_buffer(const struct isw_layer *l)
{
  return l->pre_activation ? l->pre_activation : activation_buffer(l);
}

/* The last layer of the branch that begins with layer k; NULL: none does. */
static const struct isw_layer *branch_from(const struct isw_pack *pack, size_t k)
{
  size_t branch_layers = pack->residual.branch_layers, last = k - 1 + branch_layers;
  if (!branch_layers || (k - 1) % branch_layers != 0 || !isw_ends_branch(pack->layers, branch_layers, last))
    return NULL;
  return &pack->layer[last];
}

/* ---- the samples of one member ----------------------------------------------------------------------------------- */

static void forward(const struct isw_pack *pack, size_t first, size_t samples, const void *inputs)
{
  const struct isw_precision_kernels *kernels = pack->kernels;
  size_t branch_layers = pack->residual.branch_layers;
  for (size_t k = 0; k < pack->layers; k++) {
    const struct isw_layer *l = &pack->layer[k];
    const struct isw_layer_activation *activation = k + 1 < pack->layers ? &pack->hidden : &pack->output;
    size_t at = first * l->stride;
    void *z = isw_line(pre_activation_buffer(l), at), *a = isw_line(activation_buffer(l), at);
    if (k == 0)
      kernels->forward_first(samples, l->fan_in, l->fan_out, inputs, pack->features, l->weight, l->stride, l->bias, z,
                             l->stride);
    else
      kernels->forward(samples, l->fan_in, l->fan_out, isw_line(l[-1].activation, first * l[-1].stride), l[-1].stride,
                       l->weight, l->stride, l->bias, z, l->stride);
    if (!activation_is_identity(activation, l))
      activation->kernels->value(samples, l->fan_out, l->stride, z, activation->parameter, a);
    if (l->branch_output)
      kernels->residual_forward(samples, l->fan_out, l->stride, l->scale, a,
                                isw_line(l[-(ptrdiff_t)branch_layers].activation, at), isw_line(l->activation, at));
  }
}

static void multiply_by_slope(const struct isw_layer_activation *activation, const struct isw_layer *l, size_t first,
                              size_t samples)
{
  size_t at = first * l->stride;
  if (activation->is_identity) return; /* times 1 */
  activation->kernels->slope(samples, l->fan_out, l->stride,
                             activation->needs_z ? isw_line(l->pre_activation, at) : NULL,
                             isw_line(activation_buffer(l), at), activation->parameter, isw_line(l->delta, at));
}

static void backward(const struct isw_pack *pack, size_t first, size_t samples)
{
  const struct isw_precision_kernels *kernels = pack->kernels;
  multiply_by_slope(&pack->output, &pack->layer[pack->layers - 1], first, samples);
  for (size_t k = pack->layers - 1; k > 0; k--) {
    const struct isw_layer *l = &pack->layer[k], *below = l - 1, *branch = branch_from(pack, k);
    size_t at = first * below->stride;
    void *delta = isw_line(below->branch_output ? below->sum_delta : below->delta, at);
    kernels->backward(samples, l->fan_in, l->fan_out, isw_line(l->delta, first * l->stride), l->stride, l->weight,
                      l->stride, delta, below->stride);
    if (branch)
      kernels->residual_backward_add(samples, below->fan_out, below->stride, isw_line(branch->sum_delta, at), delta);
    if (below->branch_output)
      kernels->residual_backward_scale(samples, below->fan_out, below->stride, below->scale, delta,
                                       isw_line(below->delta, at));
    multiply_by_slope(&pack->hidden, below, first, samples);
  }
}

/* Copies this member's samples of a block in the order of the pass. */
static void gather(const struct isw_pack *pack, const struct isw_pass *pass, size_t block, size_t first, size_t samples)
{
  size_t input = pack->features * pack->number_bytes, target = pack->samples->outputs * pack->number_bytes;
  for (size_t s = first; s < first + samples; s++) {
    size_t row = (size_t)pass->order[block + s];
    memcpy((unsigned char *)pack->batch_inputs + s * input, (const unsigned char *)pass->set->inputs + row * input,
           input);
    memcpy((unsigned char *)pack->batch_targets + s * target, (const unsigned char *)pass->set->targets + row * target,
           target);
  }
}

static void pass_samples(const struct isw_member *m, const struct isw_pass *pass, size_t block, size_t samples,
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
  forward(pack, first, count, (const unsigned char *)inputs + first * pack->features * pack->number_bytes);
  pack->kernels->loss[pack->loss_row](
      count, output->fan_out, output->stride, isw_line(output->activation, first * output->stride),
      (const unsigned char *)targets + first * output->fan_out * pack->number_bytes, pack->loss_parameter, scale,
      isw_line(output->delta, first * output->stride), isw_line(pack->loss, first),
      isw_line(pack->loss_scratch, first * 2 * output->fan_out));
  if (pass->gradient) backward(pack, first, count);
}

/* ---- the weights of one member ----------------------------------------------------------------------------------- */

static void add_scale_gradient(const struct isw_pack *pack, const struct isw_layer *l, size_t samples, bool first_block)
{
  if (!l->scale_gradient) return;
  pack->kernels->residual_scale_gradient(samples, l->fan_out, l->stride, l->sum_delta, l->branch_output, l->scale_sums,
                                         l->scale_gradient, first_block);
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
  void *gradient = isw_line(l->weight_gradient, first * l->stride);
  if (k == 0)
    pack->kernels->gradient_first(work->samples, count, l->fan_out,
                                  (const unsigned char *)work->inputs + first * pack->number_bytes, pack->features,
                                  l->delta, l->stride, gradient, l->stride, work->first_block, NULL);
  else
    pack->kernels->gradient(work->samples, count, l->fan_out, isw_line(l[-1].activation, first), l[-1].stride, l->delta,
                            l->stride, gradient, l->stride, work->first_block, NULL);
  if (first > 0) return;
  pack->kernels->bias_gradient(work->samples, l->fan_out, l->delta, l->stride, l->bias_gradient, work->first_block);
  add_scale_gradient(pack, l, work->samples, work->first_block);
}

struct update_work {
  size_t samples;
  const void *inputs;
  void *nonfinite_mask;
};

/* Gradient and update of a layer, some rows and columns after the other, so that their gradient never leaves the
 * cache. It is stored in the first rows of the member's own. */
static void update_with_gradient(const struct isw_pack *pack, size_t k, size_t first, size_t count, void *context)
{
  const struct update_work *work = context;
  const struct isw_precision_kernels *kernels = pack->kernels;
  const struct isw_layer *l = &pack->layer[k];
  void *gradient = isw_line(l->weight_gradient, first * l->stride);
  const bool prefetches = l->fan_in * l->stride * ISW_LINE_BYTES > PREFETCHED_BYTES;
  for (size_t column = 0; column < l->fan_out; column += UPDATE_COLUMNS) {
    size_t columns = l->fan_out - column < UPDATE_COLUMNS ? l->fan_out - column : UPDATE_COLUMNS;
    for (size_t done = 0; done < count; done += UPDATE_ROWS) {
      size_t row = first + done, rows = count - done < UPDATE_ROWS ? count - done : UPDATE_ROWS;
      const void *delta = isw_line(l->delta, column);
      const void *prefetch_next = prefetches ? isw_line(l->weight, row * l->stride + column) : NULL;
      if (k == 0)
        kernels->gradient_first(work->samples, rows, columns,
                                (const unsigned char *)work->inputs + row * pack->number_bytes, pack->features, delta,
                                l->stride, gradient, l->stride, true, prefetch_next);
      else
        kernels->gradient(work->samples, rows, columns, isw_line(l[-1].activation, row), l[-1].stride, delta, l->stride,
                          gradient, l->stride, true, prefetch_next);
      isw_update_weights(pack, k, row, rows, column, columns, gradient, work->nonfinite_mask);
    }
  }
  if (first > 0) return;
  kernels->bias_gradient(work->samples, l->fan_out, l->delta, l->stride, l->bias_gradient, true);
  add_scale_gradient(pack, l, work->samples, true);
  isw_update_biases(pack, k, work->nonfinite_mask);
}

/* ---- the pass ---------------------------------------------------------------------------------------------------- */

bool isw_member_pass(struct isw_member *m, const struct isw_pass *pass)
{
  struct isw_pack *pack = m->pack;
  double divisor = isw_mean_divisor(pack, pass->samples);
  for (size_t l = 0; l < pack->lanes; l++) m->loss[l] = 0.0;
  for (size_t first = 0; first < pass->samples; first += pack->block_samples) {
    size_t samples = pass->samples - first < pack->block_samples ? pass->samples - first : pack->block_samples;
    const void *inputs = pass->order
                             ? pack->batch_inputs
                             : (const unsigned char *)pass->set->inputs + first * pack->features * pack->number_bytes;
    const void *targets =
        pass->order ? pack->batch_targets
                    : (const unsigned char *)pass->set->targets + first * pack->samples->outputs * pack->number_bytes;
    if (first > 0) isw_team_wait(m->team);
    /* A checkpoint is only made before anything of the step is done: otherwise a step or record that takes longer than
     * the time between two checkpoints would be repeated endlessly. */
    if (m->index == 0)
      pack->interrupted = m->step_begun ? isw_pack_interrupted(pack) : isw_pack_interrupted_or_checkpoint_due(pack);
    m->step_begun = true;
    pass_samples(m, pass, first, samples, inputs, targets, isw_loss_factor(pack->loss_row) / divisor);
    isw_team_wait(m->team);
    if (pack->interrupted) return false;
    pack->kernels->sum_loss(samples, pack->loss, m->loss);
    if (pass->feed_probes && m->index == 0) isw_pack_feed_probes(pack, pass->set, first, samples);
    bool one_block = samples == pass->samples, last = first + samples == pass->samples;
    for (size_t l = 0; last && l < pack->lanes; l++) m->loss[l] = m->loss[l] / divisor;
    m->updated = pass->update && one_block && isw_member_none_stops(m);
    if (m->updated) {
      memset(m->nonfinite_mask, 0, sizeof m->nonfinite_mask);
      isw_member_for_rows(m, &(struct update_work){samples, inputs, m->nonfinite_mask}, update_with_gradient);
    } else if (pass->gradient) {
      isw_member_for_rows(m, &(struct gradient_work){samples, inputs, first == 0}, add_gradient);
    }
  }
  return true;
}
