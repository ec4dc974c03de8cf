/* Passes of samples through the networks of a pack, block by block: forward, loss, backward, gradient, and the update
 * where it can be done with the gradient. Which pass a step or record needs is loop.c's subject. */
#include "engine_internal.h"
#include <string.h>

/* Rows and columns of weights whose gradient and update are computed together: the deltas of 64 samples for them fill
 * a third of a cache of 1 MiB. Where there are few columns, more rows fill the first cache. */
enum { UPDATE_ROWS = 24, UPDATE_COLUMNS = 80, UPDATE_LINES = 384 };
/* If a layer has more bytes of weights, the second cache no longer holds them at the update. */
enum { PREFETCHED_BYTES = 1024 * 1024 };

/* Whether the pre-activation is the activation, in the same place. */
static bool activation_is_identity(const struct isw_layer_activation *activation, const struct isw_layer *l)
{
  return activation->is_identity && !l->pre_activation;
}

/* Where the layer's output is stored: its activation, except in a branch's last layer. */
static void *output_buffer(const struct isw_layer *l)
{
  return l->branch_output ? l->branch_output : l->activation;
}

/* Where g(z) is stored: that is the output unless some of it may be dropped. */
static void *activation_buffer(const struct isw_layer *l)
{
  return l->undropped ? l->undropped : output_buffer(l);
}

/* Where z is stored: in a buffer of its own if something needs it, else it is replaced by g(z). */
static void *pre_activation_buffer(const struct isw_layer *l)
{
  return l->pre_activation ? l->pre_activation : activation_buffer(l);
}

/* Where the derivative by what the activation is applied to is stored: before the normalisation, if there is one. */
static void *slope_delta_buffer(const struct isw_layer *l)
{
  return l->normalized ? l->outer_delta : l->delta;
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

/* The factor of the rows in the products of layer k. */
struct row_factors {
  const void *numbers;
  size_t stride;
  bool shared; /* plain numbers, not lines: the inputs of the networks, and everything with units in lanes */
};

/* The inputs of layer k of samples from `first` on. inputs: layer 0's, from the first of these samples on */
static struct row_factors inputs_of(const struct isw_pack *pack, size_t k, size_t first, const void *inputs)
{
  if (k == 0) return (struct row_factors){inputs, pack->features, true};
  const struct isw_layer *below = &pack->layer[k - 1];
  bool shared = pack->layout == ISW_UNITS_IN_LANES;
  return (struct row_factors){isw_line(below->activation, first * below->stride),
                              shared ? below->stride * pack->line_numbers : below->stride, shared};
}

/* What the kernels of the normalisation need to know of some samples of a layer. */
static struct isw_normalized_rows normalized_rows(const struct isw_pack *pack, const struct isw_layer *l, size_t first,
                                                  size_t samples)
{
  return (struct isw_normalized_rows){.samples = samples,
                                      .units = l->fan_out,
                                      .stride = l->stride,
                                      .centers = pack->parts.normalizing.centers,
                                      .epsilon = pack->norm_epsilon,
                                      .gain = l->gain.number,
                                      .shift = l->shift.number,
                                      .normalized = isw_line(l->normalized, first * l->stride),
                                      .inverse_deviation = (unsigned char *)l->inverse_deviation +
                                                           first * pack->lanes * pack->number_bytes};
}

/* The pre-activations z of the layer become gain x + shift. */
static void normalize(const struct isw_pack *pack, const struct isw_layer *l, size_t first, size_t samples, void *z)
{
  if (!l->normalized) return;
  struct isw_normalized_rows rows = normalized_rows(pack, l, first, samples);
  (pack->layout == ISW_UNITS_IN_LANES ? pack->kernels->units.normalization_forward
                                      : pack->kernels->normalization_forward)(&rows, z, z);
}

static void normalize_backward(const struct isw_pack *pack, const struct isw_layer *l, size_t first, size_t samples)
{
  if (!l->normalized) return;
  struct isw_normalized_rows rows = normalized_rows(pack, l, first, samples);
  size_t at = first * l->stride;
  (pack->layout == ISW_UNITS_IN_LANES
       ? pack->kernels->units.normalization_backward
       : pack->kernels->normalization_backward)(&rows, isw_line(l->outer_delta, at), isw_line(l->delta, at));
}

/* The output of a layer with dropout. block: the pass's samples before this block */
static void drop(const struct isw_pack *pack, const struct isw_pass *pass, size_t k, size_t block, size_t first,
                 size_t samples)
{
  const struct isw_layer *l = &pack->layer[k];
  size_t at = first * l->stride;
  if (!l->undropped) return;
  if (!pass->drops) {
    isw_copy_rows(l, samples, isw_line(l->undropped, at), isw_line(output_buffer(l), at));
    return;
  }
  isw_draw_masks(pack, k, first, samples, block + first, pass->step);
  isw_multiply_by_mask(pack, l, first, samples, isw_line(l->undropped, at), isw_line(output_buffer(l), at));
}

static void forward(const struct isw_pack *pack, const struct isw_pass *pass, size_t block, size_t first,
                    size_t samples, const void *inputs)
{
  const struct isw_precision_kernels *kernels = pack->kernels;
  size_t branch_layers = pack->residual.branch_layers;
  for (size_t k = 0; k < pack->layers; k++) {
    const struct isw_layer *l = &pack->layer[k];
    const struct isw_layer_activation *activation = isw_layer_activation_of(pack, k);
    size_t at = first * l->stride;
    void *z = isw_line(pre_activation_buffer(l), at), *a = isw_line(activation_buffer(l), at);
    struct row_factors in = inputs_of(pack, k, first, inputs);
    (in.shared ? kernels->forward_first : kernels->forward)(samples, l->fan_in, l->lines, in.numbers, in.stride,
                                                            l->weight, l->stride, l->bias, z, l->stride);
    normalize(pack, l, first, samples, z);
    if (k + 1 == pack->layers && pack->scales_output)
      kernels->scale(samples, l->lines, l->stride, pack->output_scale, z);
    if (!activation_is_identity(activation, l))
      activation->kernels->value(samples, l->lines, l->stride, z, activation->parameter, a);
    drop(pack, pass, k, block, first, samples);
    if (l->branch_output)
      kernels->residual_forward(samples, l->lines, l->stride, l->scale, isw_line(l->branch_output, at),
                                isw_line(l[-(ptrdiff_t)branch_layers].activation, at), isw_line(l->activation, at));
  }
}

static void multiply_by_slope(const struct isw_layer_activation *activation, const struct isw_layer *l, size_t first,
                              size_t samples)
{
  size_t at = first * l->stride;
  if (activation->is_identity) return; /* times 1 */
  activation->kernels->slope(samples, l->lines, l->stride, activation->needs_z ? isw_line(l->pre_activation, at) : NULL,
                             isw_line(activation_buffer(l), at), activation->parameter,
                             isw_line(slope_delta_buffer(l), at));
}

/* Down to the deltas of layer `lowest`. */
static void backward(const struct isw_pack *pack, const struct isw_pass *pass, size_t lowest, size_t first,
                     size_t samples)
{
  const struct isw_precision_kernels *kernels = pack->kernels;
  const struct isw_layer *output = &pack->layer[pack->layers - 1];
  multiply_by_slope(&pack->output, output, first, samples);
  if (pack->scales_output)
    kernels->scale(samples, output->lines, output->stride, pack->output_scale,
                   isw_line(output->delta, first * output->stride));
  for (size_t k = pack->layers - 1; k > lowest; k--) {
    const struct isw_layer *l = &pack->layer[k], *below = l - 1, *branch = branch_from(pack, k);
    size_t at = first * below->stride;
    void *delta = isw_line(below->branch_output ? below->sum_delta : slope_delta_buffer(below), at);
    const void *above = isw_line(l->delta, first * l->stride);
    if (pack->layout == ISW_UNITS_IN_LANES)
      kernels->forward_first(samples, l->fan_out, below->lines, above, l->stride * pack->line_numbers, l->transposed,
                             l->transposed_stride, NULL, delta, below->stride);
    else
      kernels->backward(samples, l->fan_in, l->fan_out, above, l->stride, l->weight, l->stride, delta, below->stride);
    if (branch)
      kernels->residual_backward_add(samples, below->lines, below->stride, isw_line(branch->sum_delta, at), delta);
    if (below->branch_output)
      kernels->residual_backward_scale(samples, below->lines, below->stride, below->scale, delta,
                                       isw_line(slope_delta_buffer(below), at));
    if (below->mask && pass->drops)
      isw_multiply_by_mask(pack, below, first, samples, isw_line(slope_delta_buffer(below), at),
                           isw_line(slope_delta_buffer(below), at));
    multiply_by_slope(isw_layer_activation_of(pack, k - 1), below, first, samples);
    normalize_backward(pack, below, first, samples);
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
  forward(pack, pass, block, first, count, (const unsigned char *)inputs + first * pack->features * pack->number_bytes);
  isw_loss_kernel *loss =
      (pack->layout == ISW_UNITS_IN_LANES ? pack->kernels->units.loss : pack->kernels->loss)[pack->loss_row];
  loss(count, output->fan_out, output->stride, isw_line(output->activation, first * output->stride),
       (const unsigned char *)targets + first * output->fan_out * pack->number_bytes, pack->loss_parameter, scale,
       isw_line(output->delta, first * output->stride),
       (unsigned char *)pack->loss + first * pack->lanes * pack->number_bytes,
       isw_line(pack->loss_scratch, first * 3 * output->fan_out));
  if (pass->gradient) backward(pack, pass, pass->frozen ? 0 : pack->first_trained, first, count);
}

/* ---- the transposed weights of one member ------------------------------------------------------------------------ */

/* Of lines column .. column + columns - 1 of rows first .. first + count - 1 of a layer, if it has transposed ones. */
static void transpose(const struct isw_pack *pack, const struct isw_layer *l, size_t first, size_t count, size_t column,
                      size_t columns)
{
  if (!l->transposed) return;
  size_t unit = column * pack->line_numbers, left = l->fan_out - unit, units = columns * pack->line_numbers;
  pack->kernels->units.transpose(
      count, units < left ? units : left, isw_line(l->weight, first * l->stride + column), l->stride,
      (unsigned char *)isw_line(l->transposed, unit * l->transposed_stride) + first * pack->number_bytes,
      l->transposed_stride);
}

static void transpose_rows(const struct isw_pack *pack, size_t k, size_t first, size_t count, void *context)
{
  (void)context;
  transpose(pack, &pack->layer[k], first, count, 0, pack->layer[k].lines);
}

/* ---- the weights of one member ----------------------------------------------------------------------------------- */

/* The gradients of what a layer has beside its weights: of its scale if the weights', of the others if the biases' are
 * wanted. */
static void add_unit_gradients(const struct isw_pack *pack, const struct isw_layer *l, size_t samples, bool first_block,
                               bool weights, bool biases)
{
  const struct isw_precision_kernels *kernels = pack->kernels;
  if (l->bias_gradient && biases)
    kernels->bias_gradient(samples, l->lines, l->delta, l->stride, l->bias_gradient, first_block);
  if (l->gain.gradient && biases)
    kernels->gain_gradient(samples, l->lines, l->stride, l->outer_delta, l->normalized, l->gain.gradient, first_block);
  if (l->shift.gradient && biases)
    kernels->bias_gradient(samples, l->lines, l->outer_delta, l->stride, l->shift.gradient, first_block);
  if (!l->scale_gradient || !weights) return;
  (pack->layout == ISW_UNITS_IN_LANES ? pack->kernels->units.residual_scale_gradient
                                      : pack->kernels->residual_scale_gradient)(
      samples, l->fan_out, l->stride, l->sum_delta, l->branch_output, l->scale_sums, l->scale_gradient, first_block);
}

/* gradient [count][columns] = (first_block ? 0 : gradient) + that of `samples` samples, for lines column .. column +
 * columns - 1 of rows row .. row + count - 1 of layer k. prefetch_next: as in isw_precision_kernels */
static void add_products(const struct isw_pack *pack, size_t k, size_t samples, const void *inputs, size_t row,
                         size_t count, size_t column, size_t columns, void *gradient, bool first_block,
                         const void *prefetch_next)
{
  const struct isw_precision_kernels *kernels = pack->kernels;
  const struct isw_layer *l = &pack->layer[k];
  struct row_factors in = inputs_of(pack, k, 0, inputs);
  size_t number_bytes = in.shared ? pack->number_bytes : ISW_LINE_BYTES;
  (in.shared ? kernels->gradient_first : kernels->gradient)(
      samples, count, columns, (const unsigned char *)in.numbers + row * number_bytes, in.stride,
      isw_line(l->delta, column), l->stride, gradient, l->stride, first_block, prefetch_next);
}

/* Gradients of masked weights are 0. Of lines column .. column + columns - 1 of rows row .. row + count - 1 of layer k;
 * gradient: the first of them */
static void mask_gradient(const struct isw_pack *pack, size_t k, size_t row, size_t count, size_t column,
                          size_t columns, void *gradient)
{
  const struct isw_layer *l = &pack->layer[k];
  if (l->weight_mask)
    pack->kernels->apply_mask(count, columns, l->stride, isw_line(l->weight_mask, row * l->stride + column), gradient,
                              NULL);
}

struct gradient_work {
  size_t samples;
  const void *inputs;
  bool first_block;
  bool frozen; /* isw_pass.frozen */
};

static void add_gradient(const struct isw_pack *pack, size_t k, size_t first, size_t count, void *context)
{
  const struct gradient_work *work = context;
  const struct isw_layer *l = &pack->layer[k];
  bool weights = work->frozen || !l->frozen[0], biases = work->frozen || !l->frozen[1];
  void *gradient = isw_line(l->weight_gradient, first * l->stride);
  if (weights) {
    add_products(pack, k, work->samples, work->inputs, first, count, 0, l->lines, gradient, work->first_block, NULL);
    mask_gradient(pack, k, first, count, 0, l->lines, gradient);
  }
  if (first > 0) return;
  add_unit_gradients(pack, l, work->samples, work->first_block, weights, biases);
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
  const struct isw_layer *l = &pack->layer[k];
  void *gradient = isw_line(l->weight_gradient, first * l->stride);
  const bool prefetches = l->fan_in * l->stride * ISW_LINE_BYTES > PREFETCHED_BYTES;
  for (size_t column = 0; column < l->lines && !l->frozen[0]; column += UPDATE_COLUMNS) {
    size_t columns = l->lines - column < UPDATE_COLUMNS ? l->lines - column : UPDATE_COLUMNS;
    const size_t height = columns < UPDATE_LINES / UPDATE_ROWS ? UPDATE_LINES / columns : UPDATE_ROWS;
    for (size_t done = 0; done < count; done += height) {
      size_t row = first + done, rows = count - done < height ? count - done : height;
      const void *prefetch_next = prefetches ? isw_line(l->weight, row * l->stride + column) : NULL;
      add_products(pack, k, work->samples, work->inputs, row, rows, column, columns, gradient, true, prefetch_next);
      mask_gradient(pack, k, row, rows, column, columns, gradient);
      isw_update_weights(pack, k, row, rows, column, columns, gradient, work->nonfinite_mask);
      transpose(pack, l, row, rows, column, columns);
    }
  }
  if (first > 0) return;
  add_unit_gradients(pack, l, work->samples, true, !l->frozen[0], !l->frozen[1]);
  isw_update_biases(pack, k, work->nonfinite_mask);
}

/* ---- the accuracy ------------------------------------------------------------------------------------------------ */

/* Adds a block's samples to the numbers of those that are predicted right. Each member counts all of them. */
static void count_right(struct isw_member *m, const struct isw_pass *pass, size_t first, size_t samples)
{
  const struct isw_pack *pack = m->pack;
  size_t last = pack->layers - 1;
  for (size_t s = 0; s < samples; s++) {
    size_t row = pass->order ? (size_t)pass->order[first + s] : first + s;
    isw_count_right(&pack->view, pack->layer[last].activation, s * pack->strides[last],
                    pass->set->labels[row * pack->samples->columns], m->accuracy);
  }
}

/* ---- the pass ---------------------------------------------------------------------------------------------------- */

bool isw_member_pass(struct isw_member *m, const struct isw_pass *pass)
{
  struct isw_pack *pack = m->pack;
  double divisor = isw_mean_divisor(pack, pass->samples);
  const bool counts = pack->has_accuracy_rules && pass->gradient;
  for (size_t l = 0; l < pack->lanes; l++) m->loss[l] = 0.0;
  for (size_t l = 0; counts && l < pack->lanes; l++) m->accuracy[l] = 0.0;
  if (pass->gradient && pack->layout == ISW_UNITS_IN_LANES && !m->transposed) {
    isw_member_for_rows(m, NULL, transpose_rows);
    isw_team_wait(m->team);
    m->transposed = true;
  }
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
    (pack->layout == ISW_UNITS_IN_LANES ? pack->kernels->units.sum_loss : pack->kernels->sum_loss)(samples, pack->loss,
                                                                                                   m->loss);
    if (pass->feed_probes && m->index == 0) isw_pack_feed_probes(pack, pass->set, first, samples);
    if (counts) count_right(m, pass, first, samples);
    bool one_block = samples == pass->samples, last = first + samples == pass->samples;
    for (size_t l = 0; last && l < pack->lanes; l++) m->loss[l] = m->loss[l] / divisor;
    for (size_t l = 0; counts && last && l < pack->lanes; l++) m->accuracy[l] = m->accuracy[l] / (double)pass->samples;
    m->updated = pass->update && one_block && isw_member_none_stops(m);
    if (m->updated) {
      memset(m->nonfinite_mask, 0, sizeof m->nonfinite_mask);
      isw_member_for_rows(m, &(struct update_work){samples, inputs, m->nonfinite_mask}, update_with_gradient);
    } else if (pass->gradient) {
      isw_member_for_rows(m, &(struct gradient_work){samples, inputs, first == 0, pass->frozen}, add_gradient);
    }
  }
  return true;
}
