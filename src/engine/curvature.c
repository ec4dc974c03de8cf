/* The loss of the whole training set as a function of the weights and biases, in float64: gradient and Hessian times a vector, by
 * the R-operator (Pearlmutter 1994): with R{w} = v,
 *   R{z_j} = v_j + sum_k a_k v_jk + sum_k R{a_k} w_jk,              R{a} = g'(z) R{z}
 *   e = dE/da, delta = g'(z) e,       R{delta_j} = g'(z) R{e_j} + g''(z) e_j R{z_j}
 *   R{e_k} = sum_j R{delta_j} w_jk + sum_j delta_j v_jk,            (Hv)_jk = sum_s R{a_k} delta_j + sum_s a_k R{delta_j}
 * where a pair of sums is one sum in the order written, from v_j or 0; of the samples' sums the pair of one block of 36 samples
 * comes after the other's. All sums are the kernels' of float64 (docs/numerics.md), so the bits are the same on every
 * instruction set. In a float32 sweep the stored weights and data are widened first.
 *
 * A branch's last layer hands on a = h + alpha f, f = g(z): with c = dE/da and R{alpha} = v_alpha where alpha is trained, else 0,
 *   R{a} = R{h} + alpha R{f} + v_alpha f,   e = alpha c,   R{e} = alpha R{c} + v_alpha c,   (Hv)_alpha = sum R{c} f + sum c R{f}
 * and c is carried to h as well.
 *
 * Eight networks go together: a float32 pack has two such halves. A number and its R{} stand in one array, as do [v; w] and
 * [w | v], so that a pair of sums is one product. */
#include "engine_internal.h"
#include <string.h>

enum { BLOCK = 36, LANES = ISW_CURVATURE_LANES };

struct curved_layer {
  size_t fan_in, fan_out, stride; /* stride: of all rows but stacked's, odd, at least 2 fan_out */
  double *stacked;                /* [2 fan_in][fan_out]: v, then w */
  double *beside;                 /* [fan_in][stride]: w | v */
  double *bias, *bias_vector;     /* [fan_out] */
  double *z, *a, *delta, *e;      /* [block][stride]: z | R{z}, a | R{a}, R{delta} | delta, e | e g'' */
  double *f;                      /* as a: g(z), which is a but in a branch's last layer */
  double *scale, *scale_vector;   /* of a branch's last layer: alpha, v_alpha; NULL elsewhere */
  double *carried, *scale_sums;   /* likewise: [block][stride] R{c} | c; [fan_out] */
  const struct curved_layer *trunk,
      *branch; /* likewise: the layer that is h; of any: the branch's last that begins here, or NULL */
  const struct isw_activation_kernels *unit;
  const double *parameter;
  bool linear;
};

struct isw_curvature {
  const struct isw_pack *pack;
  const struct isw_real_kernels *kernels;
  size_t block, layers;
  struct curved_layer *layer;
  double *inputs, *targets; /* of a block: [block][features], [block][outputs] */
  double *loss, *loss_scratch, *hidden, *output, *loss_parameter;
  bool passed; /* the passes over the only block are there */
};

static struct curved_layer take_layer(struct isw_memory *memory, size_t fan_in, size_t fan_out, size_t block)
{
  struct curved_layer l = {.fan_in = fan_in, .fan_out = fan_out, .stride = (2 * fan_out) | 1};
  l.stacked = isw_memory_lines(memory, 2 * fan_in, fan_out);
  l.beside = isw_memory_lines(memory, fan_in, l.stride);
  l.bias = isw_memory_lines(memory, fan_out, 1);
  l.bias_vector = isw_memory_lines(memory, fan_out, 1);
  l.z = isw_memory_lines(memory, block, l.stride);
  l.a = isw_memory_lines(memory, block, l.stride);
  l.delta = isw_memory_lines(memory, block, l.stride);
  l.e = isw_memory_lines(memory, block, l.stride);
  l.f = l.a;
  return l;
}

static void take_branch(struct isw_memory *memory, size_t block, struct curved_layer *l)
{
  l->f = isw_memory_lines(memory, block, l->stride);
  l->carried = isw_memory_lines(memory, block, l->stride);
  l->scale = isw_memory_lines(memory, 1, 1);
  l->scale_vector = isw_memory_lines(memory, 1, 1);
  l->scale_sums = isw_memory_lines(memory, l->fan_out, 1);
}

struct isw_curvature *isw_curvature_take(struct isw_pack *pack)
{
  struct isw_memory *memory = &pack->memory;
  size_t outputs = pack->size[pack->layers], block = pack->train_samples < BLOCK ? pack->train_samples : BLOCK;
  size_t branch_layers = pack->residual.branch_layers;
  struct isw_curvature *c = isw_memory_take(memory, 1, sizeof *c);
  struct curved_layer *layer = isw_memory_take(memory, pack->layers, sizeof *layer);
  for (size_t k = 0; k < pack->layers; k++) {
    struct curved_layer l = take_layer(memory, pack->size[k], pack->size[k + 1], block);
    if (isw_ends_branch(pack->layers, branch_layers, k)) take_branch(memory, block, &l);
    if (layer) layer[k] = l;
  }
  struct isw_curvature made = {.pack = pack, .block = block, .layers = pack->layers, .layer = layer};
  made.inputs = isw_memory_take(memory, block * pack->features, sizeof(double));
  made.targets = isw_memory_take(memory, block * outputs, sizeof(double));
  made.loss = isw_memory_lines(memory, block, 1);
  made.loss_scratch = isw_memory_lines(memory, 2 * outputs, 1);
  made.hidden = isw_memory_lines(memory, 1, 1);
  made.output = isw_memory_lines(memory, 1, 1);
  made.loss_parameter = isw_memory_lines(memory, 1, 1);
  if (memory->measuring || memory->failed || !layer) return NULL;
  made.kernels = pack->kernels_float64;
  for (size_t k = 0; k < pack->layers; k++) {
    bool last = k + 1 == pack->layers;
    layer[k].unit = &made.kernels->activation[last ? pack->output_row : pack->activation_row];
    layer[k].linear = last ? pack->output.linear : pack->hidden.linear;
    layer[k].parameter = last ? made.output : made.hidden;
    if (!layer[k].scale) continue;
    layer[k].trunk = &layer[k - branch_layers];
    layer[k + 1 - branch_layers].branch = &layer[k];
  }
  *c = made;
  return c;
}

/* Lanes first .. first + 7 of element `element` of an array of the pack, widened. */
static void widen(const struct isw_pack *pack, const void *array, size_t element, size_t first, double *to)
{
  for (size_t l = 0; l < LANES; l++) to[l] = isw_get(pack->real, array, element * pack->lanes + first + l);
}

void isw_curvature_begin(struct isw_curvature *c, size_t first)
{
  const struct isw_pack *pack = c->pack;
  c->passed = false;
  widen(pack, pack->hidden.parameter, 0, first, c->hidden);
  widen(pack, pack->output.parameter, 0, first, c->output);
  widen(pack, pack->loss_parameter, 0, first, c->loss_parameter);
  for (size_t k = 0; k < c->layers; k++) {
    const struct isw_layer *from = &pack->layer[k];
    struct curved_layer *l = &c->layer[k];
    for (size_t i = 0; i < l->fan_in; i++)
      for (size_t j = 0; j < l->fan_out; j++) {
        double *w = l->stacked + ((l->fan_in + i) * l->fan_out + j) * LANES;
        widen(pack, from->weight, i * from->stride + j, first, w);
        memcpy(l->beside + (i * l->stride + j) * LANES, w, ISW_LINE);
      }
    for (size_t j = 0; j < l->fan_out; j++) widen(pack, from->bias, j, first, l->bias + j * LANES);
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

/* z, a, e and delta of samples first .. first + samples - 1. */
static void pass(struct isw_curvature *c, size_t first, size_t samples)
{
  const struct isw_pack *pack = c->pack;
  const struct isw_real_kernels *kernels = c->kernels;
  const struct isw_set *set = &pack->samples->train;
  size_t outputs = pack->samples->outputs;
  if (c->passed) return;
  for (size_t i = 0; i < samples * pack->features; i++)
    c->inputs[i] = isw_get(pack->real, set->inputs, first * pack->features + i);
  for (size_t i = 0; i < samples * outputs; i++) c->targets[i] = isw_get(pack->real, set->targets, first * outputs + i);
  for (size_t k = 0; k < c->layers; k++) {
    struct curved_layer *l = &c->layer[k];
    const double *weight = l->stacked + l->fan_in * l->fan_out * LANES;
    if (k == 0)
      kernels->forward_first(samples, l->fan_in, l->fan_out, c->inputs, pack->features, weight, l->fan_out, l->bias,
                             l->z, l->stride);
    else
      kernels->forward(samples, l->fan_in, l->fan_out, l[-1].a, l[-1].stride, weight, l->fan_out, l->bias, l->z,
                       l->stride);
    l->unit->value(samples, l->fan_out, l->stride, l->z, l->parameter, l->f);
    if (l->scale) kernels->join(samples, l->fan_out, l->stride, l->scale, l->f, l->trunk->a, l->a);
  }
  struct curved_layer *top = &c->layer[c->layers - 1];
  kernels->loss[pack->loss_row](samples, outputs, top->stride, top->a, c->targets, c->loss_parameter, scale(c), top->e,
                                c->loss, c->loss_scratch);
  for (size_t k = c->layers; k-- > 0;) {
    struct curved_layer *l = &c->layer[k];
    double *delta = l->delta + l->fan_out * LANES;
    for (size_t s = 0; s < samples; s++)
      memcpy(delta + s * l->stride * LANES, l->e + s * l->stride * LANES, l->fan_out * ISW_LINE);
    if (!l->linear) l->unit->slope(samples, l->fan_out, l->stride, l->z, l->f, l->parameter, delta);
    if (k > 0) {
      struct curved_layer *below = l - 1;
      double *to = below->scale ? below->carried + below->fan_out * LANES : below->e;
      kernels->backward(samples, l->fan_in, l->fan_out, delta, l->stride, l->beside, l->stride, to, below->stride);
      if (l->branch)
        kernels->carry(samples, below->fan_out, below->stride, l->branch->carried + l->branch->fan_out * LANES, to);
      if (below->scale) kernels->enter(samples, below->fan_out, below->stride, below->scale, to, below->e);
    }
    if (l->linear) continue;
    for (size_t s = 0; s < samples; s++)
      memcpy(l->e + (s * l->stride + l->fan_out) * LANES, l->e + s * l->stride * LANES, l->fan_out * ISW_LINE);
    l->unit->curvature(samples, l->fan_out, l->stride, l->z, l->f, l->parameter, l->e + l->fan_out * LANES);
  }
  c->passed = samples == pack->train_samples;
}

/* Calls work for every block after its passes, with the number of its samples; first tells the first one. */
bool isw_curvature_interrupted(const struct isw_curvature *c)
{
  return isw_pack_interrupted(c->pack);
}

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
static void add(const struct isw_curvature *c, size_t k, size_t samples, bool of_r, const double *delta, bool first,
                double *to)
{
  const struct curved_layer *l = &c->layer[k];
  if (k == 0)
    c->kernels->gradient_first(samples, l->fan_in, l->fan_out, c->inputs, c->pack->features, delta, l->stride, to,
                               l->fan_out, first, NULL);
  else
    c->kernels->gradient(samples, l->fan_in, l->fan_out, l[-1].a + (of_r ? l[-1].fan_out * LANES : 0), l[-1].stride,
                         delta, l->stride, to, l->fan_out, first, NULL);
}

/* Whether the scale of the branch that ends with a layer is a parameter. */
static bool is_trained(const struct isw_curvature *c, const struct curved_layer *l)
{
  return l->scale && c->pack->residual.train_scale;
}

static void add_gradient(struct isw_curvature *c, size_t samples, bool first, void *context)
{
  double *to = context;
  for (size_t k = 0; k < c->layers; k++) {
    const struct curved_layer *l = &c->layer[k];
    const double *delta = l->delta + l->fan_out * LANES;
    add(c, k, samples, false, delta, first, to);
    to += l->fan_in * l->fan_out * LANES;
    c->kernels->bias_gradient(samples, l->fan_out, delta, l->stride, to, first);
    to += l->fan_out * LANES;
    if (!is_trained(c, l)) continue;
    c->kernels->scale_gradient(samples, l->fan_out, l->stride, l->carried + l->fan_out * LANES, l->f, l->scale_sums, to,
                               first);
    to += LANES;
  }
}

void isw_curvature_gradient(struct isw_curvature *c, double *gradient)
{
  for_blocks(c, gradient, add_gradient);
}

/* R{z} and R{a} of the passed block. */
static void forward_r(struct isw_curvature *c, size_t samples)
{
  for (size_t k = 0; k < c->layers; k++) {
    struct curved_layer *l = &c->layer[k];
    double *rz = l->z + l->fan_out * LANES, *ra = l->a + l->fan_out * LANES, *rf = l->f + l->fan_out * LANES;
    if (k == 0)
      c->kernels->forward_first(samples, l->fan_in, l->fan_out, c->inputs, c->pack->features, l->stacked, l->fan_out,
                                l->bias_vector, rz, l->stride);
    else
      c->kernels->forward(samples, 2 * l->fan_in, l->fan_out, l[-1].a, l[-1].stride, l->stacked, l->fan_out,
                          l->bias_vector, rz, l->stride);
    for (size_t s = 0; s < samples; s++)
      memcpy(rf + s * l->stride * LANES, rz + s * l->stride * LANES, l->fan_out * ISW_LINE);
    if (!l->linear) l->unit->slope(samples, l->fan_out, l->stride, l->z, l->f, l->parameter, rf);
    if (!l->scale) continue;
    c->kernels->join(samples, l->fan_out, l->stride, l->scale, rf, l->trunk->a + l->fan_out * LANES, ra);
    c->kernels->join(samples, l->fan_out, l->stride, l->scale_vector, l->f, ra, ra);
  }
}

/* R{delta} of layer k from R{e}, which stands in its place. */
static void bend(const struct curved_layer *l, size_t samples)
{
  if (l->linear) return;
  l->unit->slope(samples, l->fan_out, l->stride, l->z, l->f, l->parameter, l->delta);
  for (size_t s = 0; s < samples; s++) {
    size_t row = s * l->stride * LANES, units = l->fan_out * LANES;
    double *restrict to = l->delta + row;
    const double *restrict curved = l->e + row + units, *restrict rz = l->z + row + units;
    for (size_t i = 0; i < units; i++) to[i] = to[i] + curved[i] * rz[i];
  }
}

static void add_product(struct isw_curvature *c, size_t samples, bool first, void *context)
{
  double *product = context;
  struct curved_layer *top = &c->layer[c->layers - 1];
  forward_r(c, samples);
  for (size_t s = 0; s < samples; s++) {
    size_t row = s * top->stride * LANES;
    memcpy(top->delta + row, top->a + row + top->fan_out * LANES, top->fan_out * ISW_LINE);
  }
  c->kernels->bend[c->pack->loss_row](samples, top->fan_out, top->stride, top->a, c->targets, c->loss_parameter,
                                      scale(c), top->delta, c->loss_scratch);
  for (struct curved_layer *l = top;; l--) {
    bend(l, samples);
    if (l == c->layer) break;
    struct curved_layer *below = l - 1;
    double *to = below->scale ? below->carried : below->delta;
    c->kernels->backward(samples, l->fan_in, 2 * l->fan_out, l->delta, l->stride, l->beside, l->stride, to,
                         below->stride);
    if (l->branch) c->kernels->carry(samples, below->fan_out, below->stride, l->branch->carried, to);
    if (!below->scale) continue;
    c->kernels->enter(samples, below->fan_out, below->stride, below->scale, to, below->delta);
    c->kernels->join(samples, below->fan_out, below->stride, below->scale_vector, to + below->fan_out * LANES,
                     below->delta, below->delta);
  }
  for (size_t k = 0; k < c->layers; k++) {
    const struct curved_layer *l = &c->layer[k];
    if (k > 0) add(c, k, samples, true, l->delta + l->fan_out * LANES, first, product);
    add(c, k, samples, false, l->delta, first && k == 0, product);
    product += l->fan_in * l->fan_out * LANES;
    c->kernels->bias_gradient(samples, l->fan_out, l->delta, l->stride, product, first);
    product += l->fan_out * LANES;
    if (!is_trained(c, l)) continue;
    size_t beside = l->fan_out * LANES;
    c->kernels->scale_gradient(samples, l->fan_out, l->stride, l->carried, l->f, l->scale_sums, product, first);
    c->kernels->scale_gradient(samples, l->fan_out, l->stride, l->carried + beside, l->f + beside, l->scale_sums,
                               product, false);
    product += LANES;
  }
}

void isw_curvature_times(struct isw_curvature *c, const double *vector, double *product)
{
  for (size_t k = 0; k < c->layers; k++) {
    struct curved_layer *l = &c->layer[k];
    memcpy(l->stacked, vector, l->fan_in * l->fan_out * ISW_LINE);
    for (size_t i = 0; i < l->fan_in; i++)
      memcpy(l->beside + (i * l->stride + l->fan_out) * LANES, vector + i * l->fan_out * LANES, l->fan_out * ISW_LINE);
    vector += l->fan_in * l->fan_out * LANES;
    memcpy(l->bias_vector, vector, l->fan_out * ISW_LINE);
    vector += l->fan_out * LANES;
    if (!is_trained(c, l)) continue; /* v_alpha stays 0 */
    memcpy(l->scale_vector, vector, ISW_LINE);
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
static void add_scale_squares(const struct curved_layer *l, size_t s, double *sum)
{
  double slope[LANES] = {0.0};
  const double *f = l->f + s * l->stride * LANES, *carried = l->carried + (s * l->stride + l->fan_out) * LANES;
  for (size_t i = 0; i < l->fan_out * LANES; i++) slope[i % LANES] = slope[i % LANES] + carried[i] * f[i];
  add_squares(1, slope, sum);
}

/* A sample's gradient of a layer is the outer product of delta and [1, a]: its square is that of both. */
static void add_sample_squares(struct isw_curvature *c, size_t samples, bool first, void *context)
{
  double *sum = context;
  (void)first;
  for (size_t s = 0; s < samples; s++) {
    double input = 1.0;
    for (size_t i = 0; i < c->pack->features; i++)
      input = input + c->inputs[s * c->pack->features + i] * c->inputs[s * c->pack->features + i];
    for (size_t k = 0; k < c->layers; k++) {
      const struct curved_layer *l = &c->layer[k];
      double delta[LANES] = {0.0}, below[LANES];
      for (size_t j = 0; j < LANES; j++) below[j] = k == 0 ? input : 1.0;
      add_squares(l->fan_out, l->delta + (s * l->stride + l->fan_out) * LANES, delta);
      if (k > 0) add_squares(l->fan_in, l[-1].a + s * l[-1].stride * LANES, below);
      for (size_t j = 0; j < LANES; j++) sum[j] = sum[j] + delta[j] * below[j];
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
    sum[l] = sum[l] * samples; /* each delta is that of the mean: 1 / samples of its own */
}
