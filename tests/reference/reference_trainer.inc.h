/* One network, one precision, one number at a time: docs/numerics.md in C. reference_trainer.c includes it once per
 * precision with
 *   REAL   float or double     NAME(x)  the name with its suffix     and the operations of src/model/activations.def */

#define ISW_LOSS_FUNCTIONS
#include "model/losses.def"
#undef ISW_LOSS_FUNCTIONS
#define ISW_OPTIMIZER_FUNCTIONS
#include "model/optimizers.def"
#undef ISW_OPTIMIZER_FUNCTIONS

enum { NAME(LAYERS_MAX) = 64 };

/* A weight layer: weight [fan_out][fan_in], bias and its gradient, NULL if it has no biases, and for one sample the
 * units' z, a = g(z) and delta, each [fan_out]. If the layer normalises, z is gain x + shift; x, d loss / d z after the
 * normalisation, and NULL where there are no gains or shifts. */
struct NAME(layer) {
  size_t fan_in, fan_out;
  REAL *weight, *bias, *weight_gradient, *bias_gradient;
  bool *unmasked; /* [fan_out][fan_in] whether a weight is trained; NULL: no mask */
  REAL *z, *a, *delta;
  REAL *kept, *undropped; /* of hidden layers: factors of dropout, and g(z) */
  bool normalizes;
  REAL *x, *outer, inverse;
  REAL *gain, *shift, *gain_gradient, *shift_gradient;
  /* Of the last hidden layer of a residual branch, where a is h + scale g(z); else NULL: g(z), d loss / d a and each
   * unit's share of the scale's gradient, each [fan_out]. */
  REAL *scale, *scale_gradient, *branch, *carried, *shares;
};

struct NAME(trainer) {
  const struct isw_network *network;
  const struct isw_data *data;
  size_t samples, features, outputs, layers, parameters;
  REAL *inputs, *targets; /* [samples][features], [samples][outputs] */
  REAL *w, *gradient;     /* [parameters]: layer after layer, weight, bias and scale */
  REAL *state;            /* [parameters][2], the optimiser's */
  bool *fixed;            /* [parameters]: not updated, such as a scale that is not trained */
  bool drops;             /* the batch is that of `step` */
  uint64_t step;
  struct NAME(layer) layer[NAME(LAYERS_MAX) + 1]; /* from 1, pointing into w and gradient */
};

static REAL NAME(g)(const struct isw_choice *activation, REAL z)
{
  REAL p0 = K(activation->value[0].number);
  (void)p0;
  switch (activation->row) {
#define ISW_ACTIVATION(name, parameters, needs_z, value_at_0, slope_at_0, curvature_at_0, monotone, gain, g, dg, d2g,  \
                       formula, source)                                                                                \
  case ACTIVATION_##name:                                                                                              \
    return g;
#include "model/activations.def"
#undef ISW_ACTIVATION
  }
  return z;
}

static REAL NAME(slope)(const struct isw_choice *activation, REAL z, REAL a)
{
  REAL p0 = K(activation->value[0].number);
  (void)p0, (void)z, (void)a;
  switch (activation->row) {
#define ISW_ACTIVATION(name, parameters, needs_z, value_at_0, slope_at_0, curvature_at_0, monotone, gain, g, dg, d2g,  \
                       formula, source)                                                                                \
  case ACTIVATION_##name:                                                                                              \
    return dg;
#include "model/activations.def"
#undef ISW_ACTIVATION
  }
  return a;
}

static REAL NAME(loss)(const struct isw_choice *loss, size_t outputs, const REAL *y, const REAL *target, REAL scale,
                       REAL *delta)
{
  REAL p0 = K(loss->value[0].number);
  switch (loss->row) {
#define ISW_LOSS(name, ...)                                                                                            \
  case LOSS_##name:                                                                                                    \
    return NAME(loss_##name)(outputs, y, target, p0, scale, delta);
#include "model/losses.def"
#undef ISW_LOSS
  }
  return K(0.0);
}

static REAL NAME(update)(size_t row, REAL w, REAL g, REAL *state, const REAL *rate)
{
  switch (row) {
#define ISW_OPTIMIZER(name, ...)                                                                                       \
  case OPTIMIZER_##name:                                                                                               \
    return NAME(update_##name)(w, g, state, rate);
#include "model/optimizers.def"
#undef ISW_OPTIMIZER
  }
  return w;
}

/* The pre-activations z of a layer become gain x + shift. */
static void NAME(normalize)(const struct NAME(trainer) * t, struct NAME(layer) * l)
{
  const struct isw_normalizing normalizing = isw_normalizing_of(&t->network->normalization);
  REAL n = (REAL)l->fan_out, sum = K(0.0), squares = K(0.0);
  for (size_t j = 0; normalizing.centers && j < l->fan_out; j++) sum = sum + l->z[j];
  for (size_t j = 0; normalizing.centers && j < l->fan_out; j++) l->z[j] = l->z[j] - sum / n;
  for (size_t j = 0; j < l->fan_out; j++) squares = FMA(l->z[j], l->z[j], squares);
  l->inverse = K(1.0) / SQRT(squares / n + K(isw_normalization_epsilon(&t->network->normalization)));
  for (size_t j = 0; j < l->fan_out; j++) {
    l->z[j] = l->x[j] = l->z[j] * l->inverse;
    if (l->gain && !l->shift) l->z[j] = l->gain[j] * l->x[j];
    if (l->gain && l->shift) l->z[j] = FMA(l->gain[j], l->x[j], l->shift[j]);
  }
}

/* delta, the derivative by z, from outer, that by gain x + shift */
static void NAME(normalize_backward)(const struct NAME(trainer) * t, struct NAME(layer) * l)
{
  REAL n = (REAL)l->fan_out, sum = K(0.0), products = K(0.0);
  for (size_t j = 0; j < l->fan_out; j++) {
    l->delta[j] = l->gain ? l->gain[j] * l->outer[j] : l->outer[j];
    sum = sum + l->delta[j];
    products = FMA(l->delta[j], l->x[j], products);
  }
  bool centers = isw_normalizing_of(&t->network->normalization).centers;
  for (size_t j = 0; j < l->fan_out; j++) {
    if (centers) l->delta[j] = l->delta[j] - sum / n;
    l->delta[j] = FMA(-l->x[j], products / n, l->delta[j]) * l->inverse;
  }
}

/* position: of the sample in the batch */
static void NAME(drop)(struct NAME(trainer) * t, size_t k, size_t position)
{
  const struct isw_network *n = t->network;
  const struct isw_stream stream = {n->seed, n->replicate, ISW_PURPOSE_DROPOUT, t->step * 2048 + k};
  struct NAME(layer) *l = &t->layer[k];
  for (size_t j = 0; j < l->fan_out; j++) {
    bool drops = t->drops && isw_uniform(&stream, position * l->fan_out + j) < n->dropout;
    l->undropped[j] = l->a[j];
    l->kept[j] = drops ? K(0.0) : t->drops ? K(1.0 / (1.0 - n->dropout)) : K(1.0);
    l->a[j] = l->a[j] * l->kept[j];
  }
}

static void NAME(forward)(struct NAME(trainer) * t, size_t sample, size_t position)
{
  const struct isw_residual *residual = &t->network->residual;
  const REAL *a = t->inputs + sample * t->features;
  for (size_t k = 1; k <= t->layers; k++) {
    struct NAME(layer) *l = &t->layer[k];
    for (size_t j = 0; j < l->fan_out; j++) {
      l->z[j] = l->bias ? l->bias[j] : K(0.0);
      for (size_t i = 0; i < l->fan_in; i++) l->z[j] = FMA(a[i], l->weight[j * l->fan_in + i], l->z[j]);
    }
    if (l->normalizes) NAME(normalize)(t, l);
    for (size_t j = 0; k == t->layers && j < l->fan_out; j++) l->z[j] = l->z[j] * K(t->network->output_scale);
    for (size_t j = 0; j < l->fan_out; j++) l->a[j] = NAME(g)(isw_activation_of(t->network, k - 1), l->z[j]);
    if (k < t->layers) NAME(drop)(t, k, position);
    for (size_t j = 0; l->branch && j < l->fan_out; j++) {
      l->branch[j] = l->a[j];
      l->a[j] = FMA(*l->scale, l->branch[j], t->layer[k - residual->branch_layers].a[j]);
    }
    a = l->a;
  }
}

/* After the forward pass, with d loss / d output in the last layer's delta: computes the other deltas and adds their
 * contribution to the gradient. */
static void NAME(backward)(struct NAME(trainer) * t, size_t sample)
{
  struct NAME(layer) *output = &t->layer[t->layers];
  for (size_t j = 0; j < output->fan_out; j++)
    output->delta[j] = output->delta[j] * NAME(slope)(&t->network->output_activation, output->z[j], output->a[j]) *
                       K(t->network->output_scale);
  for (size_t k = t->layers; k >= 2; k--) {
    struct NAME(layer) *l = &t->layer[k], *below = &t->layer[k - 1];
    for (size_t i = 0; i < l->fan_in; i++) {
      REAL d = K(0.0);
      for (size_t j = 0; j < l->fan_out; j++) d = FMA(l->delta[j], l->weight[j * l->fan_in + i], d);
      size_t after = k - 1 + t->network->residual.branch_layers; /* the branch that begins with layer k ends there */
      bool begins = (k == 2 || below->branch) && after < t->layers && t->layer[after].branch;
      if (begins) d = t->layer[after].carried[i] + d;
      if (below->branch) {
        below->carried[i] = d;
        d = *below->scale * d;
      }
      d = d * below->kept[i];
      d = d * NAME(slope)(isw_activation_of(t->network, k - 2), below->z[i], below->undropped[i]);
      (below->normalizes ? below->outer : below->delta)[i] = d;
    }
    if (below->normalizes) NAME(normalize_backward)(t, below);
  }
  for (size_t k = 1; k <= t->layers; k++) {
    struct NAME(layer) *l = &t->layer[k];
    const REAL *a = k == 1 ? t->inputs + sample * t->features : t->layer[k - 1].a;
    for (size_t j = 0; j < l->fan_out; j++) {
      for (size_t i = 0; i < l->fan_in; i++)
        l->weight_gradient[j * l->fan_in + i] = FMA(l->delta[j], a[i], l->weight_gradient[j * l->fan_in + i]);
      if (l->bias) l->bias_gradient[j] = l->bias_gradient[j] + l->delta[j];
      if (l->gain) l->gain_gradient[j] = FMA(l->outer[j], l->x[j], l->gain_gradient[j]);
      if (l->shift) l->shift_gradient[j] = l->shift_gradient[j] + l->outer[j];
      if (l->branch) l->shares[j] = FMA(l->carried[j], l->branch[j], l->shares[j]);
    }
  }
}

/* Loss and gradient of a batch, whose samples are order [count]. */
static double NAME(batch)(struct NAME(trainer) * t, const uint64_t *order, size_t count)
{
  size_t rows, loss_row = t->network->loss.row;
  bool over_outputs = isw_losses(&rows)[loss_row].mean_over_outputs;
  double divisor = (double)(over_outputs ? count * t->outputs : count), sum = 0.0;
  REAL scale = K(loss_factor(loss_row) / divisor);
  for (size_t i = 0; i < t->parameters; i++) t->gradient[i] = K(0.0);
  for (size_t k = 1; k <= t->layers; k++)
    for (size_t j = 0; t->layer[k].branch && j < t->layer[k].fan_out; j++) t->layer[k].shares[j] = K(0.0);
  for (size_t s = 0; s < count; s++) {
    struct NAME(layer) *output = &t->layer[t->layers];
    NAME(forward)(t, order[s], s);
    REAL loss =
        NAME(loss)(&t->network->loss, t->outputs, output->a, t->targets + order[s] * t->outputs, scale, output->delta);
    sum = sum + (double)loss;
    NAME(backward)(t, order[s]);
  }
  for (size_t k = 1; k <= t->layers && t->network->residual.train_scale; k++)
    for (size_t j = 0; t->layer[k].branch && j < t->layer[k].fan_out; j++)
      *t->layer[k].scale_gradient = *t->layer[k].scale_gradient + t->layer[k].shares[j];
  for (size_t k = 1; k <= t->layers; k++)
    for (size_t i = 0; t->layer[k].unmasked && i < t->layer[k].fan_out * t->layer[k].fan_in; i++)
      if (!t->layer[k].unmasked[i]) t->layer[k].weight_gradient[i] = K(0.0);
  return sum / divisor;
}

/* The share of a batch's samples that are predicted right, of classes or of one output for 0 and 1. */
static double NAME(accuracy)(struct NAME(trainer) * t, const uint64_t *order, size_t count)
{
  size_t rows, right = 0;
  double threshold = isw_losses(&rows)[t->network->loss.row].threshold;
  for (size_t s = 0; s < count; s++) {
    const REAL *y = t->layer[t->layers].a, *target = t->targets + order[s] * t->outputs;
    size_t largest = 0;
    bool any_nan = false;
    NAME(forward)(t, order[s], s);
    for (size_t j = 0; j < t->outputs; j++) {
      any_nan = any_nan || isnan(y[j]);
      if (y[j] > y[largest]) largest = j;
    }
    if (t->outputs == 1)
      right += any_nan ? 0 : ((double)y[0] > threshold) == (target[0] == K(1.0));
    else
      right += !any_nan && target[largest] == K(1.0);
  }
  return (double)right / (double)count;
}

/* sum plus the squares of x [fan_out][fan_in], inputs outside */
static double NAME(squares)(double sum, size_t fan_out, size_t fan_in, const REAL *x)
{
  for (size_t i = 0; i < fan_in; i++)
    for (size_t j = 0; j < fan_out; j++) sum = sum + (double)x[j * fan_in + i] * (double)x[j * fan_in + i];
  return sum;
}

/* Norm of biases or their gradient, x; NaN if the layer has none */
static double NAME(bias_norm)(const struct NAME(layer) * l, const REAL *x)
{
  return l->bias ? sqrt(NAME(squares)(0.0, l->fan_out, 1, x)) : NAN;
}

/* Norm of the whole gradient */
static double NAME(gradient_norm)(const struct NAME(trainer) * t)
{
  double sum = 0.0;
  for (size_t k = 1; k <= t->layers; k++) {
    sum = NAME(squares)(sum, t->layer[k].fan_out, t->layer[k].fan_in, t->layer[k].weight_gradient);
    if (t->layer[k].bias) sum = NAME(squares)(sum, t->layer[k].fan_out, 1, t->layer[k].bias_gradient);
    if (t->layer[k].gain) sum = NAME(squares)(sum, t->layer[k].fan_out, 1, t->layer[k].gain_gradient);
    if (t->layer[k].shift) sum = NAME(squares)(sum, t->layer[k].fan_out, 1, t->layer[k].shift_gradient);
    if (t->layer[k].branch) sum = NAME(squares)(sum, 1, 1, t->layer[k].scale_gradient); /* 0 if it is not trained */
  }
  return sqrt(sum);
}

static void NAME(clip)(struct NAME(trainer) * t)
{
  double most = t->network->clip_norm;
  if (most == 0.0) return;
  double factor = most / (NAME(gradient_norm)(t) + 1e-6);
  if (factor > 1.0) factor = 1.0;
  for (size_t i = 0; i < t->parameters; i++) t->gradient[i] = t->gradient[i] * K(factor);
}

/* Adds the noise of a step to the gradient: to the parameters of layer k, in their order, its draws 0, 1, ... */
static void NAME(add_noise)(struct NAME(trainer) * t, uint64_t step)
{
  const struct isw_network *n = t->network;
  for (size_t k = 1; k <= t->layers && n->gradient_noise != 0.0; k++) {
    const struct isw_stream stream = {n->seed, n->replicate, ISW_PURPOSE_GRADIENT_NOISE, step * 2048 + k};
    REAL *gradient = t->layer[k].weight_gradient;
    REAL *end = k < t->layers ? t->layer[k + 1].weight_gradient : t->gradient + t->parameters;
    for (size_t i = 0; gradient + i < end; i++)
      gradient[i] = gradient[i] + K(n->gradient_noise * isw_normal(&stream, i));
  }
}

/* Updates `count` parameters from w on, which all have these factors of layer k: its weights, biases or scale. */
static void NAME(update_some)(struct NAME(trainer) * t, size_t k, bool biases, REAL *w, size_t count,
                              double learning_rate, const double *running)
{
  const struct isw_network *n = t->network;
  size_t rows, row = n->optimizer.row;
  bool decoupled = isw_optimizers(&rows)[row].decoupled_decay, decays = true;
  if (biases) decays = n->decay_biases == ISW_DECAY_ALL || (n->decay_biases == ISW_DECAY_HIDDEN && k < t->layers);
  struct isw_layer_factors factors = {{1.0, 1.0}, {1.0, 1.0}, {1.0, 1.0}, {1.0, 1.0}};
  if (n->factors) factors = n->factors[k - 1];
  if (factors.rate[biases] == 0.0) return; /* frozen */
  double own = learning_rate * factors.rate[biases], decay = decays ? n->weight_decay * factors.decay[biases] : 0.0;
  double rates[ISW_PARAMETERS_MAX] = {0.0}, copy[2] = {running[0], running[1]};
  step_rates(n, own, factors.epsilon[biases], copy, rates);
  REAL rate[ISW_PARAMETERS_MAX], shrink = K(1.0 - own * decay);
  for (size_t i = 0; i < ISW_PARAMETERS_MAX; i++) rate[i] = K(rates[i]);
  for (size_t i = (size_t)(w - t->w); i < (size_t)(w - t->w) + count; i++) {
    if (t->fixed[i]) continue;
    REAL start = decoupled ? shrink * t->w[i] : t->w[i];
    REAL g = decoupled ? t->gradient[i] : FMA(K(decay), t->w[i], t->gradient[i]);
    t->w[i] = NAME(update)(row, start, g, t->state + 2 * i, rate);
  }
}

/* The step by least squares: the numbers of the trainer and mu of the network, before and after it. */
static void NAME(solve)(struct NAME(trainer) * t, double *mu)
{
  double *w = numbers(t->parameters, sizeof *w);
  for (size_t i = 0; i < t->parameters; i++) w[i] = (double)t->w[i];
  least_squares_step(t->network, t->data, sizeof(REAL) == sizeof(float), w, mu);
  for (size_t i = 0; i < t->parameters; i++) t->w[i] = (REAL)w[i]; /* exact */
  free(w);
}

/* running: before the step */
static void NAME(step)(struct NAME(trainer) * t, double learning_rate, const double *running)
{
  for (size_t k = 1; k <= t->layers; k++) {
    const struct NAME(layer) *l = &t->layer[k];
    NAME(update_some)(t, k, false, l->weight, l->fan_out * l->fan_in, learning_rate, running);
    for (size_t i = 0; l->unmasked && i < l->fan_out * l->fan_in; i++)
      if (!l->unmasked[i]) l->weight[i] = K(0.0);
    if (l->bias) NAME(update_some)(t, k, true, l->bias, l->fan_out, learning_rate, running);
    if (l->scale) NAME(update_some)(t, k, false, l->scale, 1, learning_rate, running);
    if (l->gain) NAME(update_some)(t, k, true, l->gain, l->fan_out, learning_rate, running);
    if (l->shift) NAME(update_some)(t, k, true, l->shift, l->fan_out, learning_rate, running);
  }
}

static bool NAME(weights_are_finite)(const struct NAME(trainer) * t)
{
  for (size_t i = 0; i < t->parameters; i++)
    if (!isfinite(t->w[i])) return false;
  return true;
}

/* batch [count]: the samples of the step that follows the record; after the last step, of the one that would follow */
static void NAME(record)(struct NAME(trainer) * t, const uint64_t *all, const uint64_t *batch, size_t count,
                         struct reference_result *result)
{
  size_t record = result->records_done++;
  result->measure[REFERENCE_LOSS][record] = (double)K(NAME(batch)(t, all, t->samples));
  for (size_t k = 1; k <= t->layers; k++) {
    const struct NAME(layer) *l = &t->layer[k];
    double norm[REFERENCE_MEASURES] = {
        [REFERENCE_GRADIENT_NORM] = sqrt(NAME(squares)(0.0, l->fan_out, l->fan_in, l->weight_gradient)),
        [REFERENCE_BIAS_GRADIENT_NORM] = NAME(bias_norm)(l, l->bias_gradient),
        [REFERENCE_WEIGHT_NORM] = sqrt(NAME(squares)(0.0, l->fan_out, l->fan_in, l->weight)),
        [REFERENCE_BIAS_NORM] = NAME(bias_norm)(l, l->bias),
        [REFERENCE_SCALE] = l->branch ? (double)*l->scale : NAN,
        [REFERENCE_SCALE_GRADIENT] = l->branch && t->network->residual.train_scale ? (double)*l->scale_gradient : NAN,
    };
    for (size_t m = REFERENCE_GRADIENT_NORM; m <= REFERENCE_SCALE_GRADIENT; m++)
      result->measure[m][record * t->layers + k - 1] = (double)K(norm[m]);
  }
  t->drops = t->network->dropout > 0.0;
  result->measure[REFERENCE_BATCH_LOSS][record] = (double)K(NAME(batch)(t, batch, count));
  t->drops = false;
  for (size_t k = 1; k <= t->layers; k++) {
    const struct NAME(layer) *l = &t->layer[k];
    size_t at = record * t->layers + k - 1;
    double weights = NAME(squares)(0.0, l->fan_out, l->fan_in, l->weight_gradient);
    result->measure[REFERENCE_BATCH_GRADIENT_NORM][at] = (double)K(sqrt(weights));
    result->measure[REFERENCE_BATCH_BIAS_GRADIENT_NORM][at] = (double)K(NAME(bias_norm)(l, l->bias_gradient));
  }
}

/* The loop, with the numbers of docs/numerics.md, "The loop". all [samples] is 0, 1, 2, ... */
static void NAME(loop)(struct NAME(trainer) * t, const uint64_t *all, uint64_t *order, const uint64_t *record_steps,
                       struct reference_result *result)
{
  const struct isw_network *n = t->network;
  size_t batch_size = n->batch_size == 0 || n->batch_size > t->samples ? t->samples : n->batch_size;
  uint64_t batches = (t->samples + batch_size - 1) / batch_size;
  double running[2] = {1.0, 1.0}, rate[ISW_PARAMETERS_MAX] = {0.0}, best_loss = INFINITY;
  uint64_t best_step = 0;
  for (uint64_t step = 0;; step++) {
    result->steps_done = t->step = step;
    if (step % batches == 0) epoch_order(n, step / batches, t->samples, order);
    size_t first = step % batches * batch_size;
    size_t count = first + batch_size < t->samples ? batch_size : t->samples - first;
    if (result->records_done < result->records && record_steps[result->records_done] == step)
      NAME(record)(t, all, order + first, count, result); /* 1 */
    if (step == n->steps) {                               /* 2 */
      bool finite = isfinite(NAME(batch)(t, all, t->samples)) && NAME(weights_are_finite)(t);
      result->status = finite ? ISW_COMPLETED : ISW_DIVERGED;
      return;
    }
    t->drops = n->dropout > 0.0;
    double loss = NAME(batch)(t, order + first, count);
    if (!isfinite(loss)) { /* 3 */
      result->status = ISW_DIVERGED;
      return;
    }
    if (best_loss == INFINITY || loss < best_loss - n->stop_plateau.relative * best_loss) {
      best_loss = loss;
      best_step = step;
    }
    bool flat = n->stop_plateau.steps && step - best_step >= n->stop_plateau.steps;
    bool above = n->stop_loss_above > 0.0 && loss > n->stop_loss_above;
    bool accurate = n->stop_accuracy_above > 0.0 && NAME(accuracy)(t, order + first, count) > n->stop_accuracy_above;
    t->drops = false;
    if (loss < n->stop_loss_below || above || accurate || flat ||
        NAME(gradient_norm)(t) < n->stop_gradient_below) { /* 3, 4 */
      result->status = ISW_STOPPED;
      return;
    }
    for (size_t i = 0; i < t->parameters; i++)
      if (fpclassify(t->gradient[i]) == FP_SUBNORMAL) result->subnormal_gradient = true;
    double learning_rate = learning_rate_at(n, step);
    if (solves(n)) {
      if (step == 0) running[0] = n->optimizer.value[0].number;
      NAME(solve)(t, &running[0]);
    } else {
      NAME(clip)(t);
      NAME(add_noise)(t, step);
      NAME(step)(t, learning_rate, running);
      step_rates(n, learning_rate, 1.0, running, rate); /* advances running */
    }
    if (!NAME(weights_are_finite)(t)) { /* 5 */
      result->status = ISW_DIVERGED;
      result->steps_done = step + 1;
      return;
    }
  }
}

/* Inputs and targets, rounded; labels are one-hot if the network has a column for each class */
static void NAME(samples)(struct NAME(trainer) * t, const struct isw_data *data)
{
  for (size_t i = 0; i < t->samples * t->features; i++) t->inputs[i] = K(data->train_inputs[i]);
  for (size_t s = 0; s < t->samples; s++)
    for (size_t j = 0; j < t->outputs; j++) {
      bool one_hot = data->kind == ISW_TARGETS_CLASSES || (data->kind == ISW_TARGETS_BINARY && t->outputs == 2);
      const double *target = data->train_targets + s * data->targets;
      t->targets[s * t->outputs + j] = one_hot ? K(target[0] == (double)j) : K(target[j]);
    }
}

static void NAME(initial_weights)(struct NAME(trainer) * t)
{
  const struct isw_network *n = t->network;
  double *draws = numbers(t->parameters, sizeof *draws), *targets = numbers(t->samples * t->outputs, sizeof *targets);
  for (size_t i = 0; i < t->samples * t->outputs; i++) targets[i] = (double)t->targets[i];
  struct isw_start start = {.layers = t->layers, .outputs = t->outputs, .samples = t->samples, .targets = targets};
  start.input_samples = t->samples < ISW_START_SAMPLES ? t->samples : ISW_START_SAMPLES;
  double *x = numbers(start.input_samples * t->features, sizeof *x);
  for (size_t s = 0; s < start.input_samples; s++)
    for (size_t i = 0; i < t->features; i++)
      x[s * t->features + i] = (double)t->inputs[s * t->samples / start.input_samples * t->features + i];
  double *trunk = NULL; /* the input of a residual branch */
  for (size_t k = 1; k <= t->layers; k++) {
    struct NAME(layer) *l = &t->layer[k];
    size_t count = l->fan_out * l->fan_in;
    double *bias = numbers(l->fan_out, sizeof *bias);
    start.layer = k;
    start.inputs = x;
    start.activation = isw_activation_of(n, k - 1);
    initial_layer(n, &n->init[k - 1], &start, ISW_PURPOSE_WEIGHT, ISW_PURPOSE_WEIGHT_NOISE, l->fan_out, l->fan_in,
                  l->fan_in, draws);
    const struct isw_stream share = {n->seed, n->replicate, ISW_PURPOSE_SPARSITY, k};
    if (n->mask.row != 0) l->unmasked = numbers(count, sizeof *l->unmasked);
    if (l->unmasked && !isw_mask_fill(&n->mask, start.before, count, &share, l->unmasked)) exit(1);
    for (size_t i = 0; l->unmasked && i < count; i++)
      if (!l->unmasked[i]) draws[i] = 0.0;
    if (l->bias)
      initial_layer(n, &n->bias_init[k - 1], &start, ISW_PURPOSE_BIAS, ISW_PURPOSE_BIAS_NOISE, l->fan_out, l->fan_in, 1,
                    bias);
    for (size_t i = 0; i < count; i++) l->weight[i] = K(draws[i]);
    for (size_t j = 0; l->bias && j < l->fan_out; j++) l->bias[j] = K(bias[j]);
    const struct isw_choice *init = &n->init[k - 1];
    const bool stored = isw_weights_of_file(init) != NULL;
    const size_t after = start.before + count + (l->bias ? l->fan_out : 0);
    double *affine = numbers(2 * l->fan_out, sizeof *affine); /* gains, then shifts */
    for (size_t j = 0; j < l->fan_out; j++) {
      affine[j] = l->gain && stored ? isw_weight_of_file(init, after + j) : 1.0;
      affine[l->fan_out + j] = l->shift && stored ? isw_weight_of_file(init, after + l->fan_out + j) : 0.0;
      if (l->gain) l->gain[j] = K(affine[j]);
      if (l->shift) l->shift[j] = K(affine[l->fan_out + j]);
    }
    if (l->branch) *l->scale = K(n->residual.scale);
    start.before += count + (l->bias ? l->fan_out : 0) + (l->gain ? l->fan_out : 0) + (l->shift ? l->fan_out : 0) +
                    (l->branch ? 1 : 0);
    x = exact_forward(n, k, start.input_samples, l->fan_out, l->fan_in, draws, bias, affine, x);
    free(bias);
    free(affine);
    if (k > 1 && !l->branch) continue;
    size_t values = start.input_samples * l->fan_out;
    for (size_t i = 0; l->branch && i < values; i++) x[i] = fma(n->residual.scale, x[i], trunk[i]);
    free(trunk);
    trunk = numbers(values, sizeof *trunk);
    memcpy(trunk, x, values * sizeof *trunk);
  }
  free(x);
  free(trunk);
  free(draws);
  free(targets);
}

static double *NAME(copy_weights)(const struct NAME(trainer) * t)
{
  double *copy = numbers(t->parameters, sizeof *copy);
  for (size_t i = 0; i < t->parameters; i++) copy[i] = (double)t->w[i];
  return copy;
}

static struct NAME(trainer) NAME(begin)(const struct isw_network *network, const struct isw_data *data)
{
  struct NAME(trainer) t = {.network = network,
                            .data = data,
                            .samples = data->train_samples,
                            .features = network->size[0],
                            .layers = network->layers};
  if (t.layers > NAME(LAYERS_MAX)) {
    fputs("reference: too many layers\n", stderr);
    exit(1);
  }
  t.outputs = network->size[t.layers];
  t.parameters = isw_parameters(t.layers, network->size, isw_parts_of(network));
  t.inputs = numbers(t.samples * t.features, sizeof(REAL));
  t.targets = numbers(t.samples * t.outputs, sizeof(REAL));
  t.w = numbers(t.parameters, sizeof(REAL));
  t.gradient = numbers(t.parameters, sizeof(REAL));
  t.state = numbers(t.parameters * 2, sizeof(REAL));
  t.fixed = numbers(t.parameters, sizeof(bool));
  REAL *w = t.w, *gradient = t.gradient;
  for (size_t k = 1; k <= t.layers; k++) {
    size_t fan_in = network->size[k - 1], fan_out = network->size[k];
    bool has_bias = network->bias == ISW_BIAS_ALL || (network->bias == ISW_BIAS_HIDDEN && k < t.layers);
    t.layer[k] = (struct NAME(layer)){.fan_in = fan_in,
                                      .fan_out = fan_out,
                                      .weight = w,
                                      .bias = has_bias ? w + fan_out * fan_in : NULL,
                                      .weight_gradient = gradient,
                                      .bias_gradient = has_bias ? gradient + fan_out * fan_in : NULL,
                                      .z = numbers(fan_out, sizeof(REAL)),
                                      .a = numbers(fan_out, sizeof(REAL)),
                                      .delta = numbers(fan_out, sizeof(REAL)),
                                      .kept = numbers(fan_out, sizeof(REAL)),
                                      .undropped = numbers(fan_out, sizeof(REAL))};
    w += fan_out * (fan_in + has_bias);
    gradient += fan_out * (fan_in + has_bias);
    const struct isw_normalizing normalizing = isw_normalizing_of(&network->normalization);
    bool ends =
        k > 1 && k < t.layers && network->residual.branch_layers && (k - 1) % network->residual.branch_layers == 0;
    if (normalizing.is_on && k < t.layers && (normalizing.branch_ends || !ends)) {
      t.layer[k].normalizes = true;
      t.layer[k].x = numbers(fan_out, sizeof(REAL));
      t.layer[k].outer = numbers(fan_out, sizeof(REAL));
      size_t affine = normalizing.affine ? 1 + normalizing.centers : 0;
      if (affine > 0) t.layer[k].gain = w, t.layer[k].gain_gradient = gradient;
      if (affine > 1) t.layer[k].shift = w + fan_out, t.layer[k].shift_gradient = gradient + fan_out;
      w += affine * fan_out;
      gradient += affine * fan_out;
    }
    if (k < 2 || k == t.layers || network->residual.branch_layers == 0) continue;
    if ((k - 1) % network->residual.branch_layers != 0) continue; /* layer 1 is outside the branches */
    t.fixed[w - t.w] = !network->residual.train_scale;
    t.layer[k].scale = w++;
    t.layer[k].scale_gradient = gradient++;
    t.layer[k].branch = numbers(fan_out, sizeof(REAL));
    t.layer[k].carried = numbers(fan_out, sizeof(REAL));
    t.layer[k].shares = numbers(fan_out, sizeof(REAL));
  }
  NAME(samples)(&t, data);
  return t;
}

static void NAME(end)(struct NAME(trainer) * t)
{
  for (size_t k = 1; k <= t->layers; k++) {
    free(t->layer[k].z);
    free(t->layer[k].unmasked);
    free(t->layer[k].a);
    free(t->layer[k].delta);
    free(t->layer[k].kept);
    free(t->layer[k].undropped);
    free(t->layer[k].x);
    free(t->layer[k].outer);
    free(t->layer[k].branch);
    free(t->layer[k].carried);
    free(t->layer[k].shares);
  }
  free(t->inputs);
  free(t->targets);
  free(t->w);
  free(t->gradient);
  free(t->state);
  free(t->fixed);
}

static struct reference_result NAME(train)(const struct isw_network *network, const struct isw_data *data,
                                           size_t records, const uint64_t *record_steps)
{
  struct NAME(trainer) t = NAME(begin)(network, data);
  NAME(initial_weights)(&t);
  struct reference_result result = {.parameters = t.parameters,
                                    .records = records,
                                    .layers = t.layers,
                                    .branches = isw_branches(t.layers, network->residual.branch_layers),
                                    .weights_initial = NAME(copy_weights)(&t)};
  for (size_t m = 0; m < REFERENCE_MEASURES; m++) {
    result.measure[m] = numbers(records * t.layers, sizeof(double));
    for (size_t i = 0; i < records * t.layers; i++) result.measure[m][i] = NAN;
  }
  uint64_t *all = numbers(t.samples, sizeof *all), *order = numbers(t.samples, sizeof *order);
  for (size_t i = 0; i < t.samples; i++) all[i] = i;
  NAME(loop)(&t, all, order, record_steps, &result);
  result.weights_final = NAME(copy_weights)(&t);

  free(all);
  free(order);
  NAME(end)(&t);
  return result;
}
