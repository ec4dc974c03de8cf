/* The loss of the whole training set as a function of the weights and biases, in float64: its gradient, and its
 * Hessian times a vector by the R-operator (Pearlmutter 1994). With R{w} = v,
 *   R{z_j} = v_j + sum_k a_k v_jk + sum_k R{a_k} w_jk,     R{a} = g'(z) R{z}
 *   e = dE/da, delta = g'(z) e,                            R{delta_j} = g'(z) R{e_j} + g''(z) e_j R{z_j}
 *   R{e_k} = sum_j R{delta_j} w_jk + sum_j delta_j v_jk,   (Hv)_jk = sum_s R{a_k} delta_j + sum_s a_k R{delta_j}
 * where a pair of sums is one sum in the order written, from v_j or 0; of the sums over samples, the second of a pair
 * is added after the first for each block of 36 samples. All sums are the kernels' of float64 (docs/numerics.md), so
 * the bits are the same on every instruction set. In a float32 sweep the stored weights and data are widened first.
 *
 * A branch's last layer has the activation a = h + alpha f, f = g(z). With c = dE/da, and R{alpha} = v_alpha if alpha
 * is trained, else 0,
 *   R{a} = R{h} + alpha R{f} + v_alpha f,     e = alpha c,     R{e} = alpha R{c} + v_alpha c
 *   (Hv)_alpha = sum R{c} f + sum c R{f}
 * and c is added to the derivative by h as well.
 *
 * A layer that normalises has y = gain x + shift in place of z, where x = q c, c = z - mean z or z, q = 1 / sqrt(mean
 * c^2 + epsilon) (docs/numerics.md). With D = dE/dy = g'(y) e, E_j = gain_j D_j, and means over the units, sums
 * ascending,
 *   p = mean x R{c},    R{x} = q (R{c} - p x),    R{y} = gain R{x} + v_gain x + v_shift
 *   delta = q (E - mean E - x mean E x),          R{E} = gain R{D} + v_gain D
 *   R{delta} = q (R{E} - mean R{E} - R{x} mean E x - x mean (R{E} x + E R{x}) - p delta)
 *   (Hv)_gain = sum R{D} x + sum D R{x},          (Hv)_shift = sum R{D}
 * where means of E alone are 0 if the mean of z is not subtracted, and without gains E = D.
 * The output layer's z is here u = a z with output_scale a, so that R{u} = a R{z}, and its delta and R{delta} are those
 * of u times a.
 *
 * Eight networks are processed together: a float32 pack has two such halves. A number and its R{} are in one array, as
 * are [v; w] and [w | v], so that a pair of sums is one product.
 *
 * The same passes give the moments of the deltas, and the tangent kernel: there e = 1 at one output and 0 at the
 * others. */
#include "engine_internal.h"
#include <string.h>

enum { BLOCK_SAMPLES = 36, FORWARD_SAMPLES = 2, LANES = ISW_CURVATURE_LANES };

struct curvature_layer {
  size_t fan_in, fan_out, stride;       /* stride: of all rows except vector_weight's, odd, at least 2 fan_out */
  double *vector_weight;                /* [2 fan_in][fan_out]: v, then w */
  double *weight_vector;                /* [fan_in][stride]: w | v */
  double *bias, *bias_vector;           /* [fan_out]; NULL if the layer has no biases */
  double *z, *a, *delta, *e;            /* [block][stride]: z | R{z}, a | R{a}, R{delta} | delta, e | e g'' */
  double *f;                            /* as a: g(z), which is a but in a branch's last layer */
  double *scale, *scale_vector;         /* of a branch's last layer: alpha, v_alpha; NULL elsewhere */
  double *sum_delta, *scale_sums;       /* likewise: [block][stride] R{c} | c; [fan_out] */
  const struct curvature_layer *trunk;  /* likewise: the layer whose activation is h */
  const struct curvature_layer *branch; /* of any layer: the last layer of the branch that begins here; NULL: none */
  double *normalized, *outer;           /* of a layer that normalises, else NULL: [block][stride] x | R{x}, R{D} | D */
  double *inverse, *p;                  /* likewise: [block] q and p */
  double *gain, *gain_vector;           /* [fan_out]; NULL: none */
  double *shift, *shift_vector;         /* likewise */
  const struct isw_activation_kernels *activation;
  const double *parameter;
  bool is_identity;
};

struct isw_curvature {
  const struct isw_pack *pack;
  const struct isw_precision_kernels *kernels;
  size_t block, layers;
  struct curvature_layer *layer;
  double *inputs, *targets; /* of a block: [block][features], [block][outputs] */
  double *loss, *loss_scratch, *hidden, *output, *loss_parameter, *epsilon, *output_scale;
  bool passed; /* the set is a single block, whose pass is done */
};

static struct curvature_layer allocate_layer(struct isw_memory *memory, size_t fan_in, size_t fan_out, bool has_bias,
                                             size_t block)
{
  struct curvature_layer l = {.fan_in = fan_in, .fan_out = fan_out, .stride = isw_stride_of(2 * fan_out)};
  l.vector_weight = isw_memory_allocate_lines(memory, 2 * fan_in, fan_out);
  l.weight_vector = isw_memory_allocate_lines(memory, fan_in, l.stride);
  if (has_bias) l.bias = isw_memory_allocate_lines(memory, fan_out, 1);
  if (has_bias) l.bias_vector = isw_memory_allocate_lines(memory, fan_out, 1);
  l.z = isw_memory_allocate_lines(memory, block, l.stride);
  l.a = isw_memory_allocate_lines(memory, block, l.stride);
  l.delta = isw_memory_allocate_lines(memory, block, l.stride);
  l.e = isw_memory_allocate_lines(memory, block, l.stride);
  l.f = l.a;
  return l;
}

static void allocate_branch(struct isw_memory *memory, size_t block, struct curvature_layer *l)
{
  l->f = isw_memory_allocate_lines(memory, block, l->stride);
  l->sum_delta = isw_memory_allocate_lines(memory, block, l->stride);
  l->scale = isw_memory_allocate_lines(memory, 1, 1);
  l->scale_vector = isw_memory_allocate_lines(memory, 1, 1);
  l->scale_sums = isw_memory_allocate_lines(memory, l->fan_out, 1);
}

static void allocate_normalization(struct isw_memory *memory, const struct isw_normalizing *normalizing, size_t block,
                                   struct curvature_layer *l)
{
  l->normalized = isw_memory_allocate_lines(memory, block, l->stride);
  l->outer = isw_memory_allocate_lines(memory, block, l->stride);
  l->inverse = isw_memory_allocate_lines(memory, block, 1);
  l->p = isw_memory_allocate_lines(memory, block, 1);
  if (!normalizing->affine) return;
  l->gain = isw_memory_allocate_lines(memory, l->fan_out, 1);
  l->gain_vector = isw_memory_allocate_lines(memory, l->fan_out, 1);
  if (!normalizing->centers) return;
  l->shift = isw_memory_allocate_lines(memory, l->fan_out, 1);
  l->shift_vector = isw_memory_allocate_lines(memory, l->fan_out, 1);
}

size_t isw_curvature_block(const struct isw_pack *pack)
{
  return pack->train_samples < BLOCK_SAMPLES ? pack->train_samples : BLOCK_SAMPLES;
}

struct isw_curvature *isw_curvature_create(struct isw_pack *pack)
{
  struct isw_memory *memory = &pack->memory;
  size_t outputs = pack->size[pack->layers], block = pack->train_samples;
  if (block < FORWARD_SAMPLES) block = FORWARD_SAMPLES;
  if (block > BLOCK_SAMPLES) block = BLOCK_SAMPLES;
  size_t branch_layers = pack->residual.branch_layers;
  struct isw_curvature *c = isw_memory_allocate(memory, 1, sizeof *c);
  struct curvature_layer *layer = isw_memory_allocate(memory, pack->layers, sizeof *layer);
  for (size_t k = 0; k < pack->layers; k++) {
    bool has_bias = isw_has_bias(pack->parts.bias, pack->layers, k);
    struct curvature_layer l = allocate_layer(memory, pack->size[k], pack->size[k + 1], has_bias, block);
    if (isw_ends_branch(pack->layers, branch_layers, k)) allocate_branch(memory, block, &l);
    if (isw_normalizes(pack->parts, pack->layers, k))
      allocate_normalization(memory, &pack->parts.normalizing, block, &l);
    if (layer) layer[k] = l;
  }
  struct isw_curvature made = {.pack = pack, .block = block, .layers = pack->layers, .layer = layer};
  made.inputs = isw_memory_allocate(memory, block * pack->features, sizeof(double));
  made.targets = isw_memory_allocate(memory, block * outputs, sizeof(double));
  made.loss = isw_memory_allocate_lines(memory, block, 1);
  made.loss_scratch = isw_memory_allocate_lines(memory, 3 * outputs, 1);
  made.hidden = isw_memory_allocate_lines(memory, 1, 1);
  made.output = isw_memory_allocate_lines(memory, 1, 1);
  made.loss_parameter = isw_memory_allocate_lines(memory, 1, 1);
  made.epsilon = isw_memory_allocate_lines(memory, 1, 1);
  made.output_scale = isw_memory_allocate_lines(memory, 1, 1);
  if (memory->measuring || memory->failed || !layer) return NULL;
  made.kernels = pack->kernels_float64;
  for (size_t k = 0; k < pack->layers; k++) {
    bool last = k + 1 == pack->layers;
    layer[k].activation = &made.kernels->activation[isw_activation_row_of(pack, k)];
    layer[k].is_identity = isw_layer_activation_of(pack, k)->is_identity;
    layer[k].parameter = last ? made.output : made.hidden;
    if (!layer[k].scale) continue;
    layer[k].trunk = &layer[k - branch_layers];
    layer[k + 1 - branch_layers].branch = &layer[k];
  }
  *c = made;
  return c;
}

/* The numbers of lanes first .. first + LANES - 1, of which `index` is that of lane 0, in float64; 0 for lanes that the
 * pack does not have. */
static void widen(const struct isw_pack *pack, const void *array, size_t index, size_t first, double *to)
{
  for (size_t l = 0; l < LANES; l++)
    to[l] = first + l < pack->lanes ? isw_number_load(pack->precision, array, index + first + l) : 0.0;
}

void isw_curvature_begin(struct isw_curvature *c, size_t first)
{
  const struct isw_pack *pack = c->pack;
  c->passed = false;
  widen(pack, pack->hidden.parameter, 0, first, c->hidden);
  widen(pack, pack->output.parameter, 0, first, c->output);
  widen(pack, pack->loss_parameter, 0, first, c->loss_parameter);
  widen(pack, pack->norm_epsilon, 0, first, c->epsilon);
  for (size_t l = 0; l < LANES; l++)
    if (first + l >= pack->lanes) c->epsilon[l] = 1.0; /* nothing is 0 / 0 */
  widen(pack, pack->output_scale, 0, first, c->output_scale);
  for (size_t k = 0; k < c->layers; k++) {
    const struct isw_layer *from = &pack->layer[k];
    struct curvature_layer *l = &c->layer[k];
    for (size_t i = 0; i < l->fan_in; i++)
      for (size_t j = 0; j < l->fan_out; j++) {
        double *w = l->vector_weight + ((l->fan_in + i) * l->fan_out + j) * LANES;
        widen(pack, from->weight, isw_number_index(pack, from, i, j, 0), first, w);
        memcpy(l->weight_vector + (i * l->stride + j) * LANES, w, ISW_LINE_BYTES);
      }
    for (size_t j = 0; l->bias && j < l->fan_out; j++)
      widen(pack, from->bias, j * pack->lanes, first, l->bias + j * LANES);
    for (size_t j = 0; l->gain && j < l->fan_out; j++)
      widen(pack, from->gain.number, j * pack->lanes, first, l->gain + j * LANES);
    for (size_t j = 0; l->shift && j < l->fan_out; j++)
      widen(pack, from->shift.number, j * pack->lanes, first, l->shift + j * LANES);
    if (l->scale) widen(pack, from->scale, 0, first, l->scale);
  }
}

static double divisor(const struct isw_curvature *c)
{
  const struct isw_pack *pack = c->pack;
  return (double)(pack->view.loss->mean_over_outputs ? pack->train_samples * pack->samples->outputs
                                                     : pack->train_samples);
}

static double scale(const struct isw_curvature *c)
{
  return isw_loss_factor(c->pack->loss_row) / divisor(c);
}

/* The inputs of training sample `from` become those of sample `to` of the block. */
static void widen_inputs(struct isw_curvature *c, size_t from, size_t to)
{
  const struct isw_pack *pack = c->pack;
  size_t features = pack->features;
  for (size_t i = 0; i < features; i++)
    c->inputs[to * features + i] = isw_number_load(pack->precision, pack->samples->train.inputs, from * features + i);
}

static void widen_samples(struct isw_curvature *c, size_t first, size_t samples)
{
  const struct isw_pack *pack = c->pack;
  size_t outputs = pack->samples->outputs;
  for (size_t s = 0; s < samples; s++) widen_inputs(c, first + s, s);
  for (size_t i = 0; i < samples * outputs; i++)
    c->targets[i] = isw_number_load(pack->precision, pack->samples->train.targets, first * outputs + i);
}

static struct isw_normalized_rows normalized_rows(const struct isw_curvature *c, const struct curvature_layer *l,
                                                  size_t samples)
{
  return (struct isw_normalized_rows){.samples = samples,
                                      .units = l->fan_out,
                                      .stride = l->stride,
                                      .centers = c->pack->parts.normalizing.centers,
                                      .epsilon = c->epsilon,
                                      .gain = l->gain,
                                      .shift = l->shift,
                                      .normalized = l->normalized,
                                      .inverse_deviation = l->inverse};
}

/* Multiplies rows of the output layer by output_scale. Of other layers nothing. */
static void scale_output(const struct isw_curvature *c, const struct curvature_layer *l, size_t samples, double *rows)
{
  if (l == &c->layer[c->layers - 1] && c->pack->scales_output)
    c->kernels->scale(samples, l->fan_out, l->stride, c->output_scale, rows);
}

/* z, or where the layer normalises y in its place, and a of the block's samples. */
static void forward(struct isw_curvature *c, size_t samples)
{
  const struct isw_precision_kernels *kernels = c->kernels;
  for (size_t k = 0; k < c->layers; k++) {
    struct curvature_layer *l = &c->layer[k];
    const double *weight = l->vector_weight + l->fan_in * l->fan_out * LANES;
    if (k == 0)
      kernels->forward_first(samples, l->fan_in, l->fan_out, c->inputs, c->pack->features, weight, l->fan_out, l->bias,
                             l->z, l->stride);
    else
      kernels->forward(samples, l->fan_in, l->fan_out, l[-1].a, l[-1].stride, weight, l->fan_out, l->bias, l->z,
                       l->stride);
    if (l->normalized) {
      struct isw_normalized_rows rows = normalized_rows(c, l, samples);
      kernels->normalization_forward(&rows, l->z, l->z);
    }
    scale_output(c, l, samples, l->z);
    l->activation->value(samples, l->fan_out, l->stride, l->z, l->parameter, l->f);
    if (l->scale) kernels->residual_forward(samples, l->fan_out, l->stride, l->scale, l->f, l->trunk->a, l->a);
  }
}

/* delta of layer k from e, and e of the layer below. */
static void backward(struct isw_curvature *c, size_t k, size_t samples)
{
  const struct isw_precision_kernels *kernels = c->kernels;
  struct curvature_layer *l = &c->layer[k];
  double *delta = l->delta + l->fan_out * LANES, *outer = l->normalized ? l->outer + l->fan_out * LANES : delta;
  for (size_t s = 0; s < samples; s++)
    memcpy(outer + s * l->stride * LANES, l->e + s * l->stride * LANES, l->fan_out * ISW_LINE_BYTES);
  if (!l->is_identity) l->activation->slope(samples, l->fan_out, l->stride, l->z, l->f, l->parameter, outer);
  if (l->normalized) {
    struct isw_normalized_rows rows = normalized_rows(c, l, samples);
    kernels->normalization_backward(&rows, outer, delta);
  }
  scale_output(c, l, samples, delta);
  if (k > 0) {
    struct curvature_layer *below = l - 1;
    double *to = below->scale ? below->sum_delta + below->fan_out * LANES : below->e;
    kernels->backward(samples, l->fan_in, l->fan_out, delta, l->stride, l->weight_vector, l->stride, to, below->stride);
    if (l->branch)
      kernels->residual_backward_add(samples, below->fan_out, below->stride,
                                     l->branch->sum_delta + l->branch->fan_out * LANES, to);
    if (below->scale)
      kernels->residual_backward_scale(samples, below->fan_out, below->stride, below->scale, to, below->e);
  }
}

/* e g'' of a layer, in the second half of its e. */
static void store_second_derivatives(const struct curvature_layer *l, size_t samples)
{
  if (l->is_identity) return;
  for (size_t s = 0; s < samples; s++)
    memcpy(l->e + (s * l->stride + l->fan_out) * LANES, l->e + s * l->stride * LANES, l->fan_out * ISW_LINE_BYTES);
  l->activation->curvature(samples, l->fan_out, l->stride, l->z, l->f, l->parameter, l->e + l->fan_out * LANES);
}

/* z, a, e and delta of samples first .. first + samples - 1. */
static void pass(struct isw_curvature *c, size_t first, size_t samples)
{
  const struct isw_pack *pack = c->pack;
  const struct curvature_layer *top = &c->layer[c->layers - 1];
  if (c->passed) return;
  widen_samples(c, first, samples);
  forward(c, samples);
  c->kernels->loss[pack->loss_row](samples, top->fan_out, top->stride, top->a, c->targets, c->loss_parameter, scale(c),
                                   top->e, c->loss, c->loss_scratch);
  for (size_t k = c->layers; k-- > 0;) {
    backward(c, k, samples);
    store_second_derivatives(&c->layer[k], samples);
  }
  c->passed = samples == pack->train_samples;
}

bool isw_curvature_interrupted(const struct isw_curvature *c)
{
  return isw_pack_interrupted(c->pack);
}

/* Calls work for every block after its pass, with the number of its samples; first: whether it is the first one. */
static void for_blocks(struct isw_curvature *c, void *context,
                       void (*work)(struct isw_curvature *, size_t samples, bool first, void *context))
{
  size_t all = c->pack->train_samples;
  for (size_t first = 0; first < all && !isw_curvature_interrupted(c); first += c->block) {
    size_t samples = all - first < c->block ? all - first : c->block;
    pass(c, first, samples);
    work(c, samples, first == 0, context);
  }
}

/* to [fan_in][fan_out] = (first ? 0 : to) + sum over samples of layer k's input, or R{} of it, times delta */
static void add_outer_product(const struct isw_curvature *c, size_t k, size_t samples, bool of_r, const double *delta,
                              bool first, double *to)
{
  const struct curvature_layer *l = &c->layer[k];
  if (k == 0)
    c->kernels->gradient_first(samples, l->fan_in, l->fan_out, c->inputs, c->pack->features, delta, l->stride, to,
                               l->fan_out, first, NULL);
  else
    c->kernels->gradient(samples, l->fan_in, l->fan_out, l[-1].a + (of_r ? l[-1].fan_out * LANES : 0), l[-1].stride,
                         delta, l->stride, to, l->fan_out, first, NULL);
}

/* Whether the scale of the branch that ends with a layer is a parameter. */
static bool is_trained(const struct isw_curvature *c, const struct curvature_layer *l)
{
  return l->scale && c->pack->residual.train_scale;
}

static void add_gradient(struct isw_curvature *c, size_t samples, bool first, void *context)
{
  double *to = context;
  for (size_t k = 0; k < c->layers; k++) {
    const struct curvature_layer *l = &c->layer[k];
    const double *delta = l->delta + l->fan_out * LANES;
    add_outer_product(c, k, samples, false, delta, first, to);
    to += l->fan_in * l->fan_out * LANES;
    if (l->bias) {
      c->kernels->bias_gradient(samples, l->fan_out, delta, l->stride, to, first);
      to += l->fan_out * LANES;
    }
    const double *outer = l->normalized ? l->outer + l->fan_out * LANES : NULL;
    if (l->gain) {
      c->kernels->gain_gradient(samples, l->fan_out, l->stride, outer, l->normalized, to, first);
      to += l->fan_out * LANES;
    }
    if (l->shift) {
      c->kernels->bias_gradient(samples, l->fan_out, outer, l->stride, to, first);
      to += l->fan_out * LANES;
    }
    if (!is_trained(c, l)) continue;
    c->kernels->residual_scale_gradient(samples, l->fan_out, l->stride, l->sum_delta + l->fan_out * LANES, l->f,
                                        l->scale_sums, to, first);
    to += LANES;
  }
}

void isw_curvature_gradient(struct isw_curvature *c, double *gradient)
{
  for_blocks(c, gradient, add_gradient);
}

/* p, R{x} and, in place of R{z}, R{y} of a layer that normalises. */
static void normalize_r(const struct isw_curvature *c, const struct curvature_layer *l, size_t samples)
{
  const size_t units = l->fan_out * LANES;
  const double n = (double)l->fan_out;
  for (size_t s = 0; s < samples; s++) {
    size_t row = s * l->stride * LANES;
    double *x = l->normalized + row, *rx = x + units, *rz = l->z + row + units, *p = l->p + s * LANES;
    double mean[LANES] = {0.0};
    for (size_t i = 0; c->pack->parts.normalizing.centers && i < units; i++) mean[i % LANES] = mean[i % LANES] + rz[i];
    for (size_t lane = 0; lane < LANES; lane++) mean[lane] = mean[lane] / n, p[lane] = 0.0;
    for (size_t i = 0; i < units; i++) {
      rz[i] = rz[i] - mean[i % LANES];
      p[i % LANES] = p[i % LANES] + x[i] * rz[i];
    }
    for (size_t lane = 0; lane < LANES; lane++) p[lane] = p[lane] / n;
    for (size_t i = 0; i < units; i++) {
      rx[i] = l->inverse[s * LANES + i % LANES] * (rz[i] - p[i % LANES] * x[i]);
      rz[i] = l->gain ? l->gain[i] * rx[i] + l->gain_vector[i] * x[i] : rx[i];
      if (l->shift) rz[i] = rz[i] + l->shift_vector[i];
    }
  }
}

/* R{delta} of a layer that normalises from R{D}, in place, which is kept beside D. */
static void normalize_backward_r(const struct isw_curvature *c, const struct curvature_layer *l, size_t samples)
{
  const size_t units = l->fan_out * LANES;
  const double n = (double)l->fan_out;
  for (size_t s = 0; s < samples; s++) {
    size_t row = s * l->stride * LANES;
    const double *x = l->normalized + row, *rx = x + units, *d = l->outer + row + units,
                 *delta = l->delta + row + units;
    double *rd = l->outer + row, *to = l->delta + row;
    double mean[LANES] = {0.0}, slope[LANES] = {0.0}, r_slope[LANES] = {0.0};
    memcpy(rd, to, units * sizeof *rd);
    for (size_t i = 0; i < units; i++) {
      double e = l->gain ? l->gain[i] * d[i] : d[i];
      to[i] = l->gain ? l->gain[i] * rd[i] + l->gain_vector[i] * d[i] : rd[i]; /* R{E} */
      mean[i % LANES] = mean[i % LANES] + to[i];
      slope[i % LANES] = slope[i % LANES] + e * x[i];
      r_slope[i % LANES] = r_slope[i % LANES] + (to[i] * x[i] + e * rx[i]);
    }
    for (size_t lane = 0; lane < LANES; lane++) {
      mean[lane] = c->pack->parts.normalizing.centers ? mean[lane] / n : 0.0;
      slope[lane] = slope[lane] / n;
      r_slope[lane] = r_slope[lane] / n;
    }
    for (size_t i = 0; i < units; i++) {
      size_t lane = i % LANES;
      double sum = ((to[i] - mean[lane]) - rx[i] * slope[lane]) - x[i] * r_slope[lane];
      to[i] = l->inverse[s * LANES + lane] * (sum - l->p[s * LANES + lane] * delta[i]);
    }
  }
}

/* R{z} and R{a} of the passed block. */
static void forward_r(struct isw_curvature *c, size_t samples)
{
  for (size_t k = 0; k < c->layers; k++) {
    struct curvature_layer *l = &c->layer[k];
    double *rz = l->z + l->fan_out * LANES, *ra = l->a + l->fan_out * LANES, *rf = l->f + l->fan_out * LANES;
    if (k == 0)
      c->kernels->forward_first(samples, l->fan_in, l->fan_out, c->inputs, c->pack->features, l->vector_weight,
                                l->fan_out, l->bias_vector, rz, l->stride);
    else
      c->kernels->forward(samples, 2 * l->fan_in, l->fan_out, l[-1].a, l[-1].stride, l->vector_weight, l->fan_out,
                          l->bias_vector, rz, l->stride);
    if (l->normalized) normalize_r(c, l, samples);
    scale_output(c, l, samples, rz);
    for (size_t s = 0; s < samples; s++)
      memcpy(rf + s * l->stride * LANES, rz + s * l->stride * LANES, l->fan_out * ISW_LINE_BYTES);
    if (!l->is_identity) l->activation->slope(samples, l->fan_out, l->stride, l->z, l->f, l->parameter, rf);
    if (!l->scale) continue;
    c->kernels->residual_forward(samples, l->fan_out, l->stride, l->scale, rf, l->trunk->a + l->fan_out * LANES, ra);
    c->kernels->residual_forward(samples, l->fan_out, l->stride, l->scale_vector, l->f, ra, ra);
  }
}

/* R{delta} of a layer from R{e}, in place. */
static void multiply_by_slope_r(const struct curvature_layer *l, size_t samples)
{
  if (l->is_identity) return;
  l->activation->slope(samples, l->fan_out, l->stride, l->z, l->f, l->parameter, l->delta);
  for (size_t s = 0; s < samples; s++) {
    size_t row = s * l->stride * LANES, units = l->fan_out * LANES;
    double *restrict to = l->delta + row;
    const double *restrict second_derivative = l->e + row + units, *restrict rz = l->z + row + units;
    for (size_t i = 0; i < units; i++) to[i] = to[i] + second_derivative[i] * rz[i];
  }
}

static void add_product(struct isw_curvature *c, size_t samples, bool first, void *context)
{
  double *product = context;
  struct curvature_layer *top = &c->layer[c->layers - 1];
  forward_r(c, samples);
  for (size_t s = 0; s < samples; s++) {
    size_t row = s * top->stride * LANES;
    memcpy(top->delta + row, top->a + row + top->fan_out * LANES, top->fan_out * ISW_LINE_BYTES);
  }
  c->kernels->loss_hessian_product[c->pack->loss_row](samples, top->fan_out, top->stride, top->a, c->targets,
                                                      c->loss_parameter, scale(c), top->delta, c->loss_scratch);
  for (struct curvature_layer *l = top;; l--) {
    multiply_by_slope_r(l, samples);
    if (l->normalized) normalize_backward_r(c, l, samples);
    scale_output(c, l, samples, l->delta);
    if (l == c->layer) break;
    struct curvature_layer *below = l - 1;
    double *to = below->scale ? below->sum_delta : below->delta;
    c->kernels->backward(samples, l->fan_in, 2 * l->fan_out, l->delta, l->stride, l->weight_vector, l->stride, to,
                         below->stride);
    if (l->branch) c->kernels->residual_backward_add(samples, below->fan_out, below->stride, l->branch->sum_delta, to);
    if (!below->scale) continue;
    c->kernels->residual_backward_scale(samples, below->fan_out, below->stride, below->scale, to, below->delta);
    c->kernels->residual_forward(samples, below->fan_out, below->stride, below->scale_vector,
                                 to + below->fan_out * LANES, below->delta, below->delta);
  }
  for (size_t k = 0; k < c->layers; k++) {
    const struct curvature_layer *l = &c->layer[k];
    if (k > 0) add_outer_product(c, k, samples, true, l->delta + l->fan_out * LANES, first, product);
    add_outer_product(c, k, samples, false, l->delta, first && k == 0, product);
    product += l->fan_in * l->fan_out * LANES;
    if (l->bias) {
      c->kernels->bias_gradient(samples, l->fan_out, l->delta, l->stride, product, first);
      product += l->fan_out * LANES;
    }
    size_t half_row = l->fan_out * LANES;
    if (l->gain) {
      c->kernels->gain_gradient(samples, l->fan_out, l->stride, l->outer, l->normalized, product, first);
      c->kernels->gain_gradient(samples, l->fan_out, l->stride, l->outer + half_row, l->normalized + half_row, product,
                                false);
      product += l->fan_out * LANES;
    }
    if (l->shift) {
      c->kernels->bias_gradient(samples, l->fan_out, l->outer, l->stride, product, first);
      product += l->fan_out * LANES;
    }
    if (!is_trained(c, l)) continue;
    c->kernels->residual_scale_gradient(samples, l->fan_out, l->stride, l->sum_delta, l->f, l->scale_sums, product,
                                        first);
    c->kernels->residual_scale_gradient(samples, l->fan_out, l->stride, l->sum_delta + half_row, l->f + half_row,
                                        l->scale_sums, product, false);
    product += LANES;
  }
}

void isw_curvature_times(struct isw_curvature *c, const double *vector, double *product)
{
  for (size_t k = 0; k < c->layers; k++) {
    struct curvature_layer *l = &c->layer[k];
    memcpy(l->vector_weight, vector, l->fan_in * l->fan_out * ISW_LINE_BYTES);
    for (size_t i = 0; i < l->fan_in; i++)
      memcpy(l->weight_vector + (i * l->stride + l->fan_out) * LANES, vector + i * l->fan_out * LANES,
             l->fan_out * ISW_LINE_BYTES);
    vector += l->fan_in * l->fan_out * LANES;
    if (l->bias) {
      memcpy(l->bias_vector, vector, l->fan_out * ISW_LINE_BYTES);
      vector += l->fan_out * LANES;
    }
    if (l->gain) {
      memcpy(l->gain_vector, vector, l->fan_out * ISW_LINE_BYTES);
      vector += l->fan_out * LANES;
    }
    if (l->shift) {
      memcpy(l->shift_vector, vector, l->fan_out * ISW_LINE_BYTES);
      vector += l->fan_out * LANES;
    }
    if (!is_trained(c, l)) continue; /* v_alpha stays 0 */
    memcpy(l->scale_vector, vector, ISW_LINE_BYTES);
    vector += LANES;
  }
  for_blocks(c, product, add_product);
}

/* sum[lane] = sum + the squares of x [count][lane] */
static void add_squares(size_t count, const double *x, double *sum)
{
  for (size_t i = 0; i < count; i++)
    for (size_t l = 0; l < LANES; l++) sum[l] = sum[l] + x[i * LANES + l] * x[i * LANES + l];
}

/* The squares of sample s's derivatives by the scale of the branch that ends with a layer. */
static void add_scale_squares(const struct curvature_layer *l, size_t s, double *sum)
{
  double slope[LANES] = {0.0};
  const double *f = l->f + s * l->stride * LANES, *sum_delta = l->sum_delta + (s * l->stride + l->fan_out) * LANES;
  for (size_t i = 0; i < l->fan_out * LANES; i++) slope[i % LANES] = slope[i % LANES] + sum_delta[i] * f[i];
  add_squares(1, slope, sum);
}

/* The squares of sample s's derivatives by the gains and shifts of a layer. */
static void add_affine_squares(const struct curvature_layer *l, size_t s, double *sum)
{
  const double *d = l->outer + (s * l->stride + l->fan_out) * LANES, *x = l->normalized + s * l->stride * LANES;
  for (size_t i = 0; i < l->fan_out * LANES; i++) {
    double by_gain = d[i] * x[i];
    sum[i % LANES] = sum[i % LANES] + by_gain * by_gain;
  }
  if (l->shift) add_squares(l->fan_out, d, sum);
}

/* A sample's gradient of a layer is the outer product of delta and [1, a], without biases of delta and a: its square is
 * that of both. */
static void add_sample_squares(struct isw_curvature *c, size_t samples, bool first, void *context)
{
  double *sum = context;
  (void)first;
  for (size_t s = 0; s < samples; s++) {
    double input = c->layer[0].bias ? 1.0 : 0.0;
    for (size_t i = 0; i < c->pack->features; i++)
      input = input + c->inputs[s * c->pack->features + i] * c->inputs[s * c->pack->features + i];
    for (size_t k = 0; k < c->layers; k++) {
      const struct curvature_layer *l = &c->layer[k];
      double delta[LANES] = {0.0}, below[LANES];
      for (size_t j = 0; j < LANES; j++) below[j] = k == 0 ? input : l->bias ? 1.0 : 0.0;
      add_squares(l->fan_out, l->delta + (s * l->stride + l->fan_out) * LANES, delta);
      if (k > 0) add_squares(l->fan_in, l[-1].a + s * l[-1].stride * LANES, below);
      for (size_t j = 0; j < LANES; j++) sum[j] = sum[j] + delta[j] * below[j];
      if (l->gain) add_affine_squares(l, s, sum);
      if (is_trained(c, l)) add_scale_squares(l, s, sum);
    }
  }
}

void isw_curvature_sample_squares(struct isw_curvature *c, double *sum)
{
  double samples = (double)c->pack->train_samples;
  for (size_t l = 0; l < LANES; l++) sum[l] = 0.0;
  for_blocks(c, sum, add_sample_squares);
  for (size_t l = 0; l < LANES; l++)
    sum[l] = sum[l] * samples; /* a delta is that of the mean: 1 / samples of the sample's own */
}

/* ---- moments of the deltas --------------------------------------------------------------------------------------- */

static void add_delta_moments(struct isw_curvature *c, size_t samples, bool first, void *context)
{
  double *moment = context, factor = (double)c->pack->train_samples;
  for (size_t k = 0; k < c->layers; k++, moment += 3 * LANES) {
    const struct curvature_layer *l = &c->layer[k];
    const double *delta = l->delta + l->fan_out * LANES;
    for (size_t j = 0; first && j < LANES; j++) moment[j] = delta[j] * factor;
    for (size_t s = 0; s < samples; s++)
      for (size_t i = 0; i < l->fan_out * LANES; i++) {
        double d = delta[s * l->stride * LANES + i] * factor - moment[i % LANES];
        moment[LANES + i % LANES] = moment[LANES + i % LANES] + d;
        moment[2 * LANES + i % LANES] = moment[2 * LANES + i % LANES] + d * d;
      }
  }
}

void isw_curvature_delta_moments(struct isw_curvature *c, double *moment)
{
  for (size_t i = 0; i < c->layers * 3 * LANES; i++) moment[i] = 0.0;
  for_blocks(c, moment, add_delta_moments);
}

/* ---- single outputs ---------------------------------------------------------------------------------------------- */

/* The deltas of one output instead of the loss, down to those of layer `lowest`. */
static void backward_of_output(struct isw_curvature *c, size_t output, size_t samples, size_t lowest)
{
  const struct curvature_layer *top = &c->layer[c->layers - 1];
  for (size_t s = 0; s < samples; s++)
    for (size_t n = 0; n < top->fan_out * LANES; n++)
      top->e[s * top->stride * LANES + n] = n / LANES == output ? 1.0 : 0.0;
  for (size_t k = c->layers; k-- > lowest;) backward(c, k, samples);
}

/* ---- the tangent kernel ------------------------------------------------------------------------------------------ */

/* sum[lane] = sum + x . y of vectors [count][lane] */
static void add_dot(size_t count, const double *x, const double *y, double *sum)
{
  for (size_t i = 0; i < count; i++)
    for (size_t l = 0; l < LANES; l++) sum[l] = sum[l] + x[i * LANES + l] * y[i * LANES + l];
}

/* Adds the products of samples i and j's derivatives by the gains, the shifts and the scale of a layer. */
static void add_unit_products(const struct isw_curvature *c, const struct curvature_layer *l, size_t i, size_t j,
                              double *sum)
{
  size_t row = l->stride * LANES, half_row = l->fan_out * LANES;
  if (l->gain) {
    const double *d = l->outer + half_row, *x = l->normalized;
    for (size_t n = 0; n < half_row; n++)
      sum[n % LANES] = sum[n % LANES] + (d[i * row + n] * x[i * row + n]) * (d[j * row + n] * x[j * row + n]);
  }
  if (l->shift) add_dot(l->fan_out, l->outer + i * row + half_row, l->outer + j * row + half_row, sum);
  if (!is_trained(c, l)) return;
  double of_i[LANES] = {0.0}, of_j[LANES] = {0.0};
  add_dot(l->fan_out, l->sum_delta + i * row + half_row, l->f + i * row, of_i);
  add_dot(l->fan_out, l->sum_delta + j * row + half_row, l->f + j * row, of_j);
  for (size_t lane = 0; lane < LANES; lane++) sum[lane] = sum[lane] + of_i[lane] * of_j[lane];
}

/* The product of samples i and j's inputs of layer k, and of the 1 that its biases multiply. */
static void input_product(const struct isw_curvature *c, size_t k, size_t i, size_t j, double *sum)
{
  const struct curvature_layer *l = &c->layer[k];
  size_t features = c->pack->features;
  double input = l->bias ? 1.0 : 0.0;
  for (size_t n = 0; k == 0 && n < features; n++)
    input = input + c->inputs[i * features + n] * c->inputs[j * features + n];
  for (size_t lane = 0; lane < LANES; lane++) sum[lane] = input;
  if (k > 0) add_dot(l->fan_in, l[-1].a + i * l[-1].stride * LANES, l[-1].a + j * l[-1].stride * LANES, sum);
}

void isw_curvature_tangent_kernel(struct isw_curvature *c, size_t samples, const size_t *sample, double *kernel,
                                  double *work)
{
  const size_t pairs = samples * samples * LANES;
  const struct curvature_layer *top = &c->layer[c->layers - 1];
  c->passed = false;
  for (size_t s = 0; s < samples; s++) widen_inputs(c, sample[s], s);
  forward(c, samples);
  memset(kernel, 0, pairs * sizeof *kernel);
  memset(work, 0, c->layers * pairs * sizeof *work);
  for (size_t o = 0; o < top->fan_out && !isw_curvature_interrupted(c); o++) {
    backward_of_output(c, o, samples, 0);
    for (size_t k = 0; k < c->layers; k++) {
      const struct curvature_layer *l = &c->layer[k];
      const double *delta = l->delta + l->fan_out * LANES;
      for (size_t i = 0; i < samples; i++)
        for (size_t j = 0; j <= i; j++) {
          size_t pair = (i * samples + j) * LANES;
          add_dot(l->fan_out, delta + i * l->stride * LANES, delta + j * l->stride * LANES, work + k * pairs + pair);
          add_unit_products(c, l, i, j, kernel + pair);
        }
    }
  }
  for (size_t i = 0; i < samples; i++)
    for (size_t j = 0; j <= i; j++) {
      double *to = kernel + (i * samples + j) * LANES, input[LANES];
      for (size_t k = 0; k < c->layers; k++) {
        const double *deltas = work + k * pairs + (i * samples + j) * LANES;
        input_product(c, k, i, j, input);
        for (size_t lane = 0; lane < LANES; lane++) to[lane] = to[lane] + deltas[lane] * input[lane];
      }
      memcpy(kernel + (j * samples + i) * LANES, to, ISW_LINE_BYTES);
    }
}

/* ---- inputs of the caller ---------------------------------------------------------------------------------------- */

void isw_curvature_forward(struct isw_curvature *c, size_t samples, const double *inputs)
{
  c->passed = false;
  memcpy(c->inputs, inputs, samples * c->pack->features * sizeof *inputs);
  forward(c, samples);
}

const double *isw_curvature_pre_activation(const struct isw_curvature *c, size_t k, size_t sample)
{
  return c->layer[k].z + sample * c->layer[k].stride * LANES;
}

/* ---- residuals and their derivatives ----------------------------------------------------------------------------- */

void isw_curvature_forward_block(struct isw_curvature *c, size_t first, size_t samples)
{
  c->passed = false;
  widen_samples(c, first, samples);
  forward(c, samples);
}

double isw_curvature_residual(const struct isw_curvature *c, size_t s, size_t output, size_t lane)
{
  const struct curvature_layer *top = &c->layer[c->layers - 1];
  return top->a[(s * top->stride + output) * LANES + lane] - c->targets[s * top->fan_out + output];
}

void isw_curvature_backward(struct isw_curvature *c, size_t output, size_t samples)
{
  backward_of_output(c, output, samples, c->pack->first_trained);
}

/* The derivatives by the gains and shifts of a layer that normalises, of a sample's number `at`; returns their end. */
static double *affine_derivatives(const struct curvature_layer *l, size_t at, double *row)
{
  const double *outer = l->outer + at + l->fan_out * LANES, *x = l->normalized + at;
  for (size_t j = 0; l->gain && j < l->fan_out; j++) *row++ = outer[j * LANES] * x[j * LANES];
  for (size_t j = 0; l->shift && j < l->fan_out; j++) *row++ = outer[j * LANES];
  return row;
}

void isw_curvature_derivatives(const struct isw_curvature *c, size_t s, size_t lane, double *row)
{
  for (size_t k = c->pack->first_trained; k < c->layers; k++) {
    const struct curvature_layer *l = &c->layer[k];
    const bool *frozen = c->pack->layer[k].frozen;
    const size_t at = s * l->stride * LANES + lane, half = l->fan_out * LANES;
    const double *delta = l->delta + at + half;
    for (size_t i = 0; !frozen[0] && i < l->fan_in; i++) {
      double a = k > 0 ? l[-1].a[(s * l[-1].stride + i) * LANES + lane] : c->inputs[s * c->pack->features + i];
      for (size_t j = 0; j < l->fan_out; j++) *row++ = delta[j * LANES] * a;
    }
    for (size_t j = 0; !frozen[1] && l->bias && j < l->fan_out; j++) *row++ = delta[j * LANES];
    if (!frozen[1] && l->normalized) row = affine_derivatives(l, at, row);
    if (frozen[0] || !is_trained(c, l)) continue;
    double sum = 0.0;
    for (size_t j = 0; j < half; j += LANES) sum = sum + l->sum_delta[at + half + j] * l->f[at + j];
    *row++ = sum;
  }
}

/* Adds rows of the layer's width to a table of `count` numbers; widened NULL: none. Returns the new count. */
static size_t add_numbers(const struct isw_pack *pack, const struct isw_layer *layer, size_t rows, double *widened,
                          void *array, size_t count, struct isw_trained_number *number)
{
  for (size_t i = 0; widened && i < rows; i++)
    for (size_t j = 0; j < layer->fan_out; j++)
      number[count++] = (struct isw_trained_number){.widened = widened + (i * layer->fan_out + j) * LANES,
                                                    .array = array,
                                                    .index = isw_number_index(pack, layer, i, j, 0)};
  return count;
}

void isw_curvature_numbers(const struct isw_curvature *c, struct isw_trained_number *number)
{
  const struct isw_pack *pack = c->pack;
  size_t count = 0;
  for (size_t k = pack->first_trained; k < c->layers; k++) {
    const struct curvature_layer *l = &c->layer[k];
    const struct isw_layer *layer = &pack->layer[k];
    if (!layer->frozen[0])
      count = add_numbers(pack, layer, l->fan_in, l->vector_weight + l->fan_in * l->fan_out * LANES, layer->weight,
                          count, number);
    if (!layer->frozen[1]) {
      count = add_numbers(pack, layer, 1, l->bias, layer->bias, count, number);
      count = add_numbers(pack, layer, 1, l->gain, layer->gain.number, count, number);
      count = add_numbers(pack, layer, 1, l->shift, layer->shift.number, count, number);
    }
    if (!layer->frozen[0] && is_trained(c, l))
      number[count++] = (struct isw_trained_number){.widened = l->scale, .array = layer->scale, .fills_line = true};
  }
}
