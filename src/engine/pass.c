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

/* The inputs of layer k of samples from `first` on of a block. inputs: layer 0's of the block */
static struct row_factors inputs_of(const struct isw_pack *pack, size_t k, size_t first, const void *inputs)
{
  if (k == 0)
    return (struct row_factors){(const unsigned char *)inputs + first * pack->features * pack->number_bytes,
                                pack->features, true};
  const struct isw_layer *below = &pack->layer[k - 1];
  bool shared = pack->layout == ISW_UNITS_IN_LANES;
  return (struct row_factors){isw_line(below->activation, first * below->stride),
                              shared ? below->stride * pack->line_numbers : below->stride, shared};
}

/* What the kernels of the normalisation need to know of some samples of a layer. */
static struct isw_normalized_rows normalized_rows(const struct isw_pack *pack, const struct isw_layer *l,
                                                  const struct isw_part *part)
{
  return (struct isw_normalized_rows){.samples = part->count,
                                      .units = l->fan_out,
                                      .stride = l->stride,
                                      .centers = pack->parts.normalizing.centers,
                                      .epsilon = pack->norm_epsilon,
                                      .gain = l->gain.number,
                                      .shift = l->shift.number,
                                      .normalized = isw_line(l->normalized, isw_part_begin(l, part)),
                                      .inverse_deviation = (unsigned char *)l->inverse_deviation +
                                                           part->first * pack->lanes * pack->number_bytes};
}

/* The pre-activations z of the layer become gain x + shift. */
static void normalize(const struct isw_pack *pack, const struct isw_layer *l, const struct isw_part *part, void *z)
{
  if (!l->normalized) return;
  struct isw_normalized_rows rows = normalized_rows(pack, l, part);
  (pack->layout == ISW_UNITS_IN_LANES ? pack->kernels->units.normalization_forward
                                      : pack->kernels->normalization_forward)(&rows, z, z);
}

static void normalize_backward(const struct isw_pack *pack, const struct isw_layer *l, const struct isw_part *part)
{
  if (!l->normalized) return;
  struct isw_normalized_rows rows = normalized_rows(pack, l, part);
  size_t at = isw_part_begin(l, part);
  (pack->layout == ISW_UNITS_IN_LANES
       ? pack->kernels->units.normalization_backward
       : pack->kernels->normalization_backward)(&rows, isw_line(l->outer_delta, at), isw_line(l->delta, at));
}

/* A block of samples of a pass. */
struct block {
  size_t first, samples; /* of the pass */
  const void *inputs, *targets;
  double scale; /* of the loss's delta */
};

/* The output of a layer with dropout. */
static void drop(const struct isw_pack *pack, const struct isw_pass *pass, const struct block *block, size_t k,
                 const struct isw_part *part)
{
  const struct isw_layer *l = &pack->layer[k];
  size_t at = isw_part_begin(l, part);
  if (!l->undropped) return;
  if (!pass->drops) {
    isw_copy_part(l, part, isw_line(l->undropped, at), isw_line(output_buffer(l), at));
    return;
  }
  isw_draw_masks(pack, k, part, block->first, pass->step);
  isw_multiply_by_mask(pack, l, part, isw_line(l->undropped, at), isw_line(output_buffer(l), at));
}

/* A part of the activations of layer k, from all of its inputs. With networks in lanes, or if the layer is normalised,
 * the part has all lines. */
static void forward_layer(const struct isw_pack *pack, const struct isw_pass *pass, const struct block *block, size_t k,
                          const struct isw_part *part)
{
  const struct isw_precision_kernels *kernels = pack->kernels;
  const struct isw_layer *l = &pack->layer[k];
  const struct isw_layer_activation *activation = isw_layer_activation_of(pack, k);
  size_t at = isw_part_begin(l, part), samples = part->count;
  void *z = isw_line(pre_activation_buffer(l), at), *a = isw_line(activation_buffer(l), at);
  struct row_factors in = inputs_of(pack, k, part->first, block->inputs);
  (in.shared ? kernels->forward_first : kernels->forward)(
      samples, l->fan_in, part->columns, in.numbers, in.stride, isw_line(l->weight, part->column), l->stride,
      l->bias ? isw_line(l->bias, part->column) : NULL, z, l->stride);
  normalize(pack, l, part, z);
  if (k + 1 == pack->layers && pack->scales_output)
    kernels->scale(samples, part->columns, l->stride, pack->output_scale, z);
  if (!activation_is_identity(activation, l))
    activation->kernels->value(samples, part->columns, l->stride, z, activation->parameter, a);
  drop(pack, pass, block, k, part);
  if (l->branch_output)
    kernels->residual_forward(samples, part->columns, l->stride, l->scale, isw_line(l->branch_output, at),
                              isw_line(l[-(ptrdiff_t)pack->residual.branch_layers].activation, at),
                              isw_line(l->activation, at));
}

static void multiply_by_slope(const struct isw_layer_activation *activation, const struct isw_layer *l,
                              const struct isw_part *part)
{
  size_t at = isw_part_begin(l, part);
  if (activation->is_identity) return; /* times 1 */
  activation->kernels->slope(
      part->count, part->columns, l->stride, activation->needs_z ? isw_line(l->pre_activation, at) : NULL,
      isw_line(activation_buffer(l), at), activation->parameter, isw_line(slope_delta_buffer(l), at));
}

/* A part of the deltas of layer k - 1, from all deltas of layer k. As in forward_layer, the part may have to have all
 * lines. */
static void backward_layer(const struct isw_pack *pack, const struct isw_pass *pass, size_t k,
                           const struct isw_part *part)
{
  const struct isw_precision_kernels *kernels = pack->kernels;
  const struct isw_layer *l = &pack->layer[k], *below = l - 1, *branch = branch_from(pack, k);
  size_t at = isw_part_begin(below, part), samples = part->count, columns = part->columns;
  void *delta = isw_line(below->branch_output ? below->sum_delta : slope_delta_buffer(below), at);
  const void *above = isw_line(l->delta, part->first * l->stride);
  if (pack->layout == ISW_UNITS_IN_LANES)
    kernels->forward_first(samples, l->fan_out, columns, above, l->stride * pack->line_numbers,
                           isw_line(l->transposed, part->column), l->transposed_stride, NULL, delta, below->stride);
  else
    kernels->backward(samples, l->fan_in, l->fan_out, above, l->stride, l->weight, l->stride, delta, below->stride);
  if (branch) kernels->residual_backward_add(samples, columns, below->stride, isw_line(branch->sum_delta, at), delta);
  if (below->branch_output)
    kernels->residual_backward_scale(samples, columns, below->stride, below->scale, delta,
                                     isw_line(slope_delta_buffer(below), at));
  if (below->mask && pass->drops)
    isw_multiply_by_mask(pack, below, part, isw_line(slope_delta_buffer(below), at),
                         isw_line(slope_delta_buffer(below), at));
  multiply_by_slope(isw_layer_activation_of(pack, k - 1), below, part);
  normalize_backward(pack, below, part);
}

/* Copies some samples of a block in the order of the pass. */
static void gather(const struct isw_pack *pack, const struct isw_pass *pass, const struct block *block, size_t first,
                   size_t samples)
{
  size_t input = pack->features * pack->number_bytes, target = pack->samples->outputs * pack->number_bytes;
  for (size_t s = first; s < first + samples; s++) {
    size_t row = (size_t)pass->order[block->first + s];
    memcpy((unsigned char *)pack->batch_inputs + s * input, (const unsigned char *)pass->set->inputs + row * input,
           input);
    memcpy((unsigned char *)pack->batch_targets + s * target, (const unsigned char *)pass->set->targets + row * target,
           target);
  }
}

/* The loss of some samples of a block, and with `gradient` the deltas of the output layer. */
static void compute_loss(const struct isw_pack *pack, const struct block *block, const struct isw_part *part,
                         bool gradient)
{
  const struct isw_layer *output = &pack->layer[pack->layers - 1];
  isw_loss_kernel *loss =
      (pack->layout == ISW_UNITS_IN_LANES ? pack->kernels->units.loss : pack->kernels->loss)[pack->loss_row];
  size_t first = part->first, at = isw_part_begin(output, part);
  loss(part->count, output->fan_out, output->stride, isw_line(output->activation, at),
       (const unsigned char *)block->targets + first * output->fan_out * pack->number_bytes, pack->loss_parameter,
       block->scale, isw_line(output->delta, at),
       (unsigned char *)pack->loss + first * pack->lanes * pack->number_bytes,
       isw_line(pack->loss_scratch, first * 3 * output->fan_out));
  if (!gradient) return;
  multiply_by_slope(&pack->output, output, part);
  if (pack->scales_output)
    pack->kernels->scale(part->count, output->lines, output->stride, pack->output_scale, isw_line(output->delta, at));
}

/* The layer whose deltas are the last that a pass needs. */
static size_t lowest_layer(const struct isw_pack *pack, const struct isw_pass *pass)
{
  return pass->frozen ? 0 : pack->first_trained;
}

/* All lines of layer k of these samples. */
static const struct isw_part *whole_lines(const struct isw_pack *pack, size_t k, struct isw_part *samples)
{
  samples->column = 0;
  samples->columns = pack->layer[k].lines;
  return samples;
}

/* A member's samples through all layers. */
static void pass_by_samples(const struct isw_pack *pack, const struct isw_pass *pass, const struct block *block,
                            struct isw_part *own)
{
  const size_t last = pack->layers - 1;
  if (own->count == 0) return;
  if (pass->order) gather(pack, pass, block, own->first, own->count);
  for (size_t k = 0; k < pack->layers; k++) forward_layer(pack, pass, block, k, whole_lines(pack, k, own));
  compute_loss(pack, block, whole_lines(pack, last, own), pass->gradient);
  for (size_t k = last; pass->gradient && k > lowest_layer(pack, pass); k--)
    backward_layer(pack, pass, k, whole_lines(pack, k - 1, own));
}

/* All samples through a member's hidden units, and its own samples through the output layer. */
static void pass_by_units(const struct isw_member *m, const struct isw_pass *pass, const struct block *block,
                          struct isw_part *own)
{
  const struct isw_pack *pack = m->pack;
  const size_t last = pack->layers - 1;
  struct isw_part units = {.count = block->samples};
  if (pass->order) {
    gather(pack, pass, block, own->first, own->count);
    isw_team_wait(m->team);
  }
  for (size_t k = 0; k < last; k++) {
    isw_member_lines(m, k, &units);
    forward_layer(pack, pass, block, k, &units);
    isw_team_wait(m->team);
  }
  if (own->count > 0) {
    forward_layer(pack, pass, block, last, whole_lines(pack, last, own));
    compute_loss(pack, block, own, pass->gradient);
  }
  for (size_t k = last; pass->gradient && k > lowest_layer(pack, pass); k--) {
    isw_team_wait(m->team);
    isw_member_lines(m, k - 1, &units);
    backward_layer(pack, pass, k, &units);
  }
}

static void pass_block(const struct isw_member *m, const struct isw_pass *pass, const struct block *block)
{
  size_t first = block->samples * m->index / m->members;
  struct isw_part own = {.first = first, .count = block->samples * (m->index + 1) / m->members - first};
  if (m->by_units)
    pass_by_units(m, pass, block, &own);
  else
    pass_by_samples(m->pack, pass, block, &own);
}

/* ---- the transposed weights of one member ------------------------------------------------------------------------ */

/* Of a part of layer k, if it has transposed ones. */
static void transpose(const struct isw_pack *pack, size_t k, const struct isw_part *part, void *context)
{
  (void)context;
  const struct isw_layer *l = &pack->layer[k];
  size_t unit, end = isw_part_units(pack, l, part, &unit);
  if (!l->transposed) return;
  pack->kernels->units.transpose(part->count, end - unit, isw_line(l->weight, isw_part_begin(l, part)), l->stride,
                                 (unsigned char *)isw_line(l->transposed, unit * l->transposed_stride) +
                                     part->first * pack->number_bytes,
                                 l->transposed_stride);
}

/* ---- the weights of one member ----------------------------------------------------------------------------------- */

/* The gradients of what a layer has beside its weights, in a part's lines: of its scale, with line 0, if the weights',
 * of the others if the biases' are wanted. */
static void add_unit_gradients(const struct isw_pack *pack, const struct isw_layer *l, const struct isw_part *part,
                               size_t samples, bool first_block, bool weights, bool biases)
{
  const struct isw_precision_kernels *kernels = pack->kernels;
  size_t column = part->column, columns = part->columns;
  if (l->bias_gradient && biases)
    kernels->bias_gradient(samples, columns, isw_line(l->delta, column), l->stride, isw_line(l->bias_gradient, column),
                           first_block);
  if (l->gain.gradient && biases)
    kernels->gain_gradient(samples, columns, l->stride, isw_line(l->outer_delta, column),
                           isw_line(l->normalized, column), isw_line(l->gain.gradient, column), first_block);
  if (l->shift.gradient && biases)
    kernels->bias_gradient(samples, columns, isw_line(l->outer_delta, column), l->stride,
                           isw_line(l->shift.gradient, column), first_block);
  if (!l->scale_gradient || !weights || column > 0) return;
  (pack->layout == ISW_UNITS_IN_LANES ? pack->kernels->units.residual_scale_gradient
                                      : pack->kernels->residual_scale_gradient)(
      samples, l->fan_out, l->stride, l->sum_delta, l->branch_output, l->scale_sums, l->scale_gradient, first_block);
}

/* gradient [count][columns] = (first_block ? 0 : gradient) + that of `samples` samples, for a part of layer k.
 * prefetch_next: as in isw_precision_kernels */
static void add_products(const struct isw_pack *pack, size_t k, size_t samples, const void *inputs,
                         const struct isw_part *part, void *gradient, bool first_block, const void *prefetch_next)
{
  const struct isw_precision_kernels *kernels = pack->kernels;
  const struct isw_layer *l = &pack->layer[k];
  struct row_factors in = inputs_of(pack, k, 0, inputs);
  size_t number_bytes = in.shared ? pack->number_bytes : ISW_LINE_BYTES;
  (in.shared ? kernels->gradient_first : kernels->gradient)(
      samples, part->count, part->columns, (const unsigned char *)in.numbers + part->first * number_bytes, in.stride,
      isw_line(l->delta, part->column), l->stride, gradient, l->stride, first_block, prefetch_next);
}

/* Gradients of masked weights are 0. gradient: of the part's first weight */
static void mask_gradient(const struct isw_pack *pack, size_t k, const struct isw_part *part, void *gradient)
{
  const struct isw_layer *l = &pack->layer[k];
  if (l->weight_mask)
    pack->kernels->apply_mask(part->count, part->columns, l->stride, isw_line(l->weight_mask, isw_part_begin(l, part)),
                              gradient, NULL);
}

struct gradient_work {
  size_t samples;
  const void *inputs;
  bool first_block;
  bool frozen; /* isw_pass.frozen */
};

static void add_gradient(const struct isw_pack *pack, size_t k, const struct isw_part *part, void *context)
{
  const struct gradient_work *work = context;
  const struct isw_layer *l = &pack->layer[k];
  bool weights = work->frozen || !l->frozen[0], biases = work->frozen || !l->frozen[1];
  void *gradient = isw_line(l->weight_gradient, isw_part_begin(l, part));
  if (weights) {
    add_products(pack, k, work->samples, work->inputs, part, gradient, work->first_block, NULL);
    mask_gradient(pack, k, part, gradient);
  }
  if (part->first > 0) return;
  add_unit_gradients(pack, l, part, work->samples, work->first_block, weights, biases);
}

struct update_work {
  size_t samples;
  const void *inputs;
  void *nonfinite_mask;
};

/* Gradient and update of a part of a layer, piece by piece, so that their gradient never leaves the cache. It is stored
 * in the first rows and lines of the part. */
static void update_with_gradient(const struct isw_pack *pack, size_t k, const struct isw_part *part, void *context)
{
  const struct update_work *work = context;
  const struct isw_layer *l = &pack->layer[k];
  const size_t end_column = part->column + part->columns, end = part->first + part->count;
  void *gradient = isw_line(l->weight_gradient, isw_part_begin(l, part));
  const bool prefetches = part->count * part->columns * ISW_LINE_BYTES > PREFETCHED_BYTES;
  struct isw_part piece = {.column = part->column};
  for (; piece.column < end_column && !l->frozen[0]; piece.column += UPDATE_COLUMNS) {
    piece.columns = end_column - piece.column < UPDATE_COLUMNS ? end_column - piece.column : UPDATE_COLUMNS;
    const size_t height = piece.columns < UPDATE_LINES / UPDATE_ROWS ? UPDATE_LINES / piece.columns : UPDATE_ROWS;
    for (piece.first = part->first; piece.first < end; piece.first += height) {
      piece.count = end - piece.first < height ? end - piece.first : height;
      const void *prefetch_next = prefetches ? isw_line(l->weight, isw_part_begin(l, &piece)) : NULL;
      add_products(pack, k, work->samples, work->inputs, &piece, gradient, true, prefetch_next);
      mask_gradient(pack, k, &piece, gradient);
      isw_update_weights(pack, k, &piece, gradient, work->nonfinite_mask);
      transpose(pack, k, &piece, NULL);
    }
  }
  if (part->first > 0) return;
  add_unit_gradients(pack, l, part, work->samples, true, !l->frozen[0], !l->frozen[1]);
  isw_update_biases(pack, k, part, work->nonfinite_mask);
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
    isw_member_for_weights(m, NULL, transpose);
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
    const double scale = isw_loss_factor(pack->loss_row) / divisor;
    pass_block(m, pass, &(struct block){first, samples, inputs, targets, scale});
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
      isw_member_for_weights(m, &(struct update_work){samples, inputs, m->nonfinite_mask}, update_with_gradient);
    } else if (pass->gradient) {
      isw_member_for_weights(m, &(struct gradient_work){samples, inputs, first == 0, pass->frozen}, add_gradient);
    }
  }
  return true;
}
