/* The Jacobian J = d y / d x of the output (after output_activation; or the logits) by the input, at no more than 16
 * training samples that are spread evenly (probes_internal.h, isw_chosen), each measure's mean over them:
 *   jacobian_norm                 the Frobenius norm
 *   jacobian_singular_value_max, jacobian_singular_value_min the largest and smallest of min(features, outputs) values
 * and all these values, the largest first, then NaN:
 *   jacobian_singular_values    of J at training sample number `sample`; NaN if there is none
 *   linear_map_singular_values  of J where all slopes are 1: of W_L ... W_1 without branches, the map of a linear
 *                               network; NaN of networks that normalise
 * float64 from the weights and the slopes g'(z) that training uses. Top layer: R[o][i] = (a g'_o) w_oi, a:
 * output_scale; then for layers downwards R[o][j] = R[o][j] g'_j; where the layer normalises, E[o][j] = gain_j R[o][j]
 * (without gains R[o][j]) and, with means from 0, units j ascending, R[o][j] = q ((E[o][j] - mean E[o]) - x_j mean E[o]
 * x), the mean of E only if the mean of z is subtracted; and from 0, units j ascending, R'[o][i] = R'[o][i] + R[o][j]
 * w_ji. At a residual branch's last layer T = R and R[o][j] = alpha R[o][j] come first, and below its first layer
 * R'[o][i] = T[o][i] + R'[o][i]. The norm's squares are added outputs outside, inputs inside, both ascending; singular
 * values as matrix.h has them; samples ascending, then divided by their number. NaN where a number of the Jacobian is
 * not finite. scratch of the means: [sum of norms or largest, sum of smallest][lane], singular values, then R and R'
 * and, where there are branches, T [output][widest layer][lane]; of all values: whether they are there, the values,
 * then the same. */
#include "matrix.h"

enum { SAMPLES = 16 };

static size_t shorter(const struct isw_view *view)
{
  size_t features = view->size[0], outputs = view->size[view->layers];
  return features < outputs ? features : outputs;
}

static size_t rows(const struct isw_view *view)
{
  size_t widest = 0;
  for (size_t k = 0; k < view->layers; k++)
    if (view->size[k] > widest) widest = view->size[k];
  return view->size[view->layers] * widest * view->lanes;
}

static size_t scratch(const struct isw_view *view)
{
  return (2 + shorter(view)) * view->lanes + (view->branch_layers ? 3 : 2) * rows(view);
}

/* from [output][unit of layer k + 1][lane], the derivative after a normalisation, becomes that before it. */
static void descend_normalization(const struct isw_view *view, const struct isw_block *part, size_t s, size_t k,
                                  double *from)
{
  size_t lanes = view->lanes, units = view->size[k + 1], outputs = view->size[view->layers];
  double x[ISW_LANES_MAX], gain[ISW_LANES_MAX] = {0.0}, inverse[ISW_LANES_MAX];
  isw_widen(view, part->inverse_deviation[k], s, inverse);
  for (size_t o = 0; o < outputs; o++) {
    double *r = from + o * units * lanes, mean[ISW_LANES_MAX] = {0.0}, slope[ISW_LANES_MAX] = {0.0};
    for (size_t j = 0; j < units; j++) {
      isw_widen(view, part->normalized[k], s * part->activation_stride[k] + j, x);
      if (view->gain[k]) isw_widen(view, view->gain[k], j, gain);
      for (size_t l = 0; l < lanes; l++) {
        double *e = &r[j * lanes + l];
        if (view->gain[k]) *e = gain[l] * *e;
        mean[l] = mean[l] + *e;
        slope[l] = slope[l] + *e * x[l];
      }
    }
    for (size_t l = 0; l < lanes; l++) {
      mean[l] = view->centers ? mean[l] / (double)units : 0.0;
      slope[l] = slope[l] / (double)units;
    }
    for (size_t j = 0; j < units; j++) {
      isw_widen(view, part->normalized[k], s * part->activation_stride[k] + j, x);
      for (size_t l = 0; l < lanes; l++)
        r[j * lanes + l] = inverse[l] * ((r[j * lanes + l] - mean[l]) - x[l] * slope[l]);
    }
  }
}

/* The slopes of unit j of layer k + 1 at a sample; part NULL: 1. */
static void slope_of(const struct isw_view *view, const struct isw_block *part, size_t s, size_t k, size_t j, double *x)
{
  if (part) {
    isw_widen(view, part->slope[k], s * part->activation_stride[k] + j, x);
    return;
  }
  for (size_t l = 0; l < view->lanes; l++) x[l] = 1.0;
}

/* from [output][unit of layer k + 1][lane] times the slopes, then the weights: to [output][input][lane] */
static void descend(const struct isw_view *view, const struct isw_block *part, size_t s, size_t k, double *from,
                    double *to)
{
  size_t lanes = view->lanes, inputs = view->size[k], units = view->size[k + 1], outputs = view->size[view->layers];
  double x[ISW_LANES_MAX];
  for (size_t j = 0; j < units; j++) {
    slope_of(view, part, s, k, j, x);
    for (size_t o = 0; o < outputs; o++)
      for (size_t l = 0; l < lanes; l++) from[(o * units + j) * lanes + l] = from[(o * units + j) * lanes + l] * x[l];
  }
  if (part && part->normalized[k]) descend_normalization(view, part, s, k, from);
  for (size_t i = 0; i < outputs * inputs * lanes; i++) to[i] = 0.0;
  for (size_t i = 0; i < inputs && !isw_view_interrupted(view); i++)
    for (size_t j = 0; j < units; j++) {
      isw_widen(view, view->weight[k], i * view->weight_stride[k] + j, x);
      for (size_t o = 0; o < outputs; o++) {
        const double *r = from + (o * units + j) * lanes;
        double *sum = to + (o * inputs + i) * lanes;
        for (size_t l = 0; l < lanes; l++) sum[l] = sum[l] + r[l] * x[l];
      }
    }
}

/* At the last layer of a branch, `from` is the derivative by the sum h + alpha f, [output][unit][lane]. Saves it in
 * `carried` and converts `from` to the derivative by f. */
static void enter_branch(const struct isw_view *view, size_t k, double *from, double *carried)
{
  size_t lanes = view->lanes, numbers = view->size[view->layers] * view->size[k + 1];
  double alpha[ISW_LANES_MAX];
  isw_widen(view, view->scale[k], 0, alpha);
  for (size_t n = 0; n < numbers; n++)
    for (size_t l = 0; l < lanes; l++) {
      carried[n * lanes + l] = from[n * lanes + l];
      from[n * lanes + l] = alpha[l] * from[n * lanes + l];
    }
}

/* The Jacobian [output][feature][lane] at a sample of a block, or for part NULL that with all slopes 1, in one of the
 * two halves of row. */
static double *jacobian(const struct isw_view *view, const struct isw_block *part, size_t s, double *row)
{
  size_t lanes = view->lanes, top = view->layers - 1, inputs = view->size[top], outputs = view->size[top + 1];
  double *from = row, *to = row + rows(view), *carried = to + rows(view);
  double slope[ISW_LANES_MAX], scale[ISW_LANES_MAX];
  isw_widen(view, view->output_scale, 0, scale);
  for (size_t o = 0; o < outputs; o++) {
    slope_of(view, part, s, top, o, slope);
    for (size_t l = 0; l < lanes; l++) slope[l] = scale[l] * slope[l];
    for (size_t i = 0; i < inputs; i++) {
      double *r = from + (o * inputs + i) * lanes;
      isw_widen(view, view->weight[top], i * view->weight_stride[top] + o, r);
      for (size_t l = 0; l < lanes; l++) r[l] = slope[l] * r[l];
    }
  }
  for (size_t k = top; k-- > 0;) {
    size_t last = k - 1 + view->branch_layers; /* of the branch that begins with layer k + 1, if one does */
    bool begins = view->branch_layers && k > 0 && (k - 1) % view->branch_layers == 0 &&
                  isw_ends_branch(view->layers, view->branch_layers, last);
    if (isw_ends_branch(view->layers, view->branch_layers, k)) enter_branch(view, k, from, carried);
    descend(view, part, s, k, from, to);
    for (size_t n = 0; begins && n < outputs * view->size[k] * lanes; n++) to[n] = carried[n] + to[n];
    double *swap = from;
    from = to;
    to = swap;
  }
  return from;
}

static void add_norm(const struct isw_view *view, const struct isw_block *part, size_t s, double *memory)
{
  size_t lanes = view->lanes, numbers = view->size[0] * view->size[view->layers];
  int exponent[ISW_LANES_MAX];
  bool finite[ISW_LANES_MAX];
  double square[ISW_LANES_MAX] = {0.0}, *matrix = jacobian(view, part, s, memory + (2 + shorter(view)) * lanes);
  isw_matrix_scale(lanes, numbers, matrix, exponent, finite);
  for (size_t n = 0; n < numbers; n++)
    for (size_t l = 0; l < lanes; l++) square[l] = square[l] + matrix[n * lanes + l] * matrix[n * lanes + l];
  for (size_t l = 0; l < lanes; l++)
    memory[l] = memory[l] + (finite[l] ? ldexp(sqrt(square[l]), exponent[l]) : (double)NAN);
}

/* value [min(features, outputs)][lane]: the singular values in units of 2^exponent, not sorted. row: work. */
static void values_at(const struct isw_view *view, const struct isw_block *part, size_t s, double *row, double *value,
                      int *exponent, bool *finite)
{
  size_t lanes = view->lanes, features = view->size[0], outputs = view->size[view->layers];
  double *matrix = jacobian(view, part, s, row);
  double *other = matrix == row ? row + rows(view) : row;
  isw_matrix_scale(lanes, features * outputs, matrix, exponent, finite);
  if (outputs <= features) {
    isw_singular_values(view, lanes, outputs, features, matrix, value);
  } else {
    isw_transpose(lanes, outputs, features, matrix, other);
    isw_singular_values(view, lanes, features, outputs, other, value);
  }
}

static void add_values(const struct isw_view *view, const struct isw_block *part, size_t s, double *memory)
{
  size_t lanes = view->lanes, count = shorter(view);
  int exponent[ISW_LANES_MAX];
  bool finite[ISW_LANES_MAX];
  double *value = memory + 2 * lanes;
  values_at(view, part, s, value + count * lanes, value, exponent, finite);
  for (size_t l = 0; l < lanes; l++) {
    double largest = 0.0, smallest = INFINITY;
    for (size_t c = 0; c < count; c++) {
      double x = value[c * lanes + l];
      largest = x > largest ? x : largest;
      smallest = x < smallest ? x : smallest;
    }
    memory[l] = memory[l] + (finite[l] ? ldexp(largest, exponent[l]) : (double)NAN);
    memory[lanes + l] = memory[lanes + l] + (finite[l] ? ldexp(smallest, exponent[l]) : (double)NAN);
  }
}

static void block(const struct isw_view *view, const struct isw_block *part, double *memory,
                  void (*add)(const struct isw_view *, const struct isw_block *, size_t, double *))
{
  for (size_t s = 0; !part->test && s < part->samples; s++)
    if (isw_chosen(part->first + s, view->train_samples, SAMPLES)) add(view, part, s, memory);
}

static void block_norm(const struct isw_view *view, const struct isw_block *part, double *memory)
{
  block(view, part, memory, add_norm);
}

static void block_values(const struct isw_view *view, const struct isw_block *part, double *memory)
{
  block(view, part, memory, add_values);
}

/* ---- all values of one matrix ------------------------------------------------------------------------------------ */

static size_t all_scratch(const struct isw_view *view)
{
  return 1 + shorter(view) * view->lanes + (view->branch_layers ? 3 : 2) * rows(view);
}

/* Stores all values, the largest first. */
static void store_values(const struct isw_view *view, const struct isw_block *part, size_t s, double *memory)
{
  size_t lanes = view->lanes, count = shorter(view);
  int exponent[ISW_LANES_MAX];
  bool finite[ISW_LANES_MAX];
  double *value = memory + 1;
  values_at(view, part, s, value + count * lanes, value, exponent, finite);
  memory[0] = 1.0;
  for (size_t l = 0; l < lanes; l++)
    for (size_t c = 0; c < count; c++) {
      double x = finite[l] ? ldexp(value[c * lanes + l], exponent[l]) : (double)NAN;
      size_t place = c;
      for (; place > 0 && value[(place - 1) * lanes + l] < x; place--)
        value[place * lanes + l] = value[(place - 1) * lanes + l];
      value[place * lanes + l] = x;
    }
}

static void block_all(const struct isw_view *view, const struct isw_block *part, double *memory)
{
  size_t sample = (size_t)view->probe->parameter;
  if (!part->test && sample >= part->first && sample - part->first < part->samples)
    store_values(view, part, sample - part->first, memory);
}

static void prepare_linear(const struct isw_view *view, double *memory)
{
  if (!view->normalizes) store_values(view, NULL, 0, memory);
}

static void finish_all(const struct isw_view *view, double *memory, double *value)
{
  size_t lanes = view->lanes, count = memory[0] == 1.0 ? shorter(view) : 0;
  for (size_t i = 0; i < view->probe->quantity.length * lanes; i++)
    value[i] = i < count * lanes ? isw_canonical(memory[1 + i]) : (double)NAN;
}

static size_t all_length(const struct isw_probe *probe, const struct isw_largest_sizes *largest)
{
  (void)probe;
  return largest->shorter;
}

static void finish(const struct isw_view *view, const double *sum, double *value)
{
  double samples = (double)(view->train_samples < SAMPLES ? view->train_samples : SAMPLES);
  for (size_t l = 0; l < view->lanes; l++) value[l] = isw_canonical(sum[l] / samples);
}

static void finish_first(const struct isw_view *view, double *memory, double *value)
{
  finish(view, memory, value);
}

static void finish_second(const struct isw_view *view, double *memory, double *value)
{
  finish(view, memory + view->lanes, value);
}

static double flops(size_t layers, const size_t *size, size_t train_samples, size_t test_samples)
{
  (void)test_samples;
  double weights = 0.0;
  for (size_t k = 0; k < layers; k++) weights += (double)size[k] * (double)size[k + 1];
  return 2.0 * weights * (double)size[layers] * (double)(train_samples < SAMPLES ? train_samples : SAMPLES);
}

/* Assumes about 7 sweeps, each with 12 operations per row and pair of columns. */
static double values_flops(size_t layers, const size_t *size, size_t train_samples, size_t test_samples)
{
  double a = (double)size[0], b = (double)size[layers], columns = a < b ? a : b, longer = a < b ? b : a;
  double samples = (double)(train_samples < SAMPLES ? train_samples : SAMPLES);
  return flops(layers, size, train_samples, test_samples) +
         samples * 7.0 * 12.0 * longer * columns * (columns - 1.0) / 2.0;
}

/* The product of layers, to which reading the weights adds, about 7 sweeps over pairs of columns, and a start; all but
 * the product as measured. */
static double all_flops(size_t layers, const size_t *size, size_t train_samples, size_t test_samples)
{
  (void)train_samples, (void)test_samples;
  double a = (double)size[0], b = (double)size[layers], columns = a < b ? a : b, longer = a < b ? b : a;
  double sum = 7.0 * (1.4 * longer + 45.0) * columns * (columns - 1.0) / 2.0 + 60.0;
  for (size_t k = 0; k < layers; k++) sum += (k + 1 < layers ? 1.5 * b + 2.0 : 1.0) * (double)(size[k] * size[k + 1]);
  return 2.0 * sum;
}

const struct isw_probe isw_probe_jacobian_norm = {
    ISW_PROBE_NAME("jacobian_norm"),
    .row.formula = "mean of |d y / d x|_F over 16 training samples spread evenly",
    .row.source = "Novak et al. 2018, section 3",
    .quantity.long_name = "Frobenius norm of the input-output Jacobian",
    .quantity.units = "1",
    .needs = ISW_NEEDS_TRAIN | ISW_NEEDS_SLOPES,
    .scratch = scratch,
    .block = block_norm,
    .finish = finish_first,
    .flops = flops,
};

const struct isw_probe isw_probe_jacobian_singular_value_max = {
    ISW_PROBE_NAME("jacobian_singular_value_max"),
    .row.formula = "mean of the largest singular value of d y / d x over 16 training samples spread evenly",
    .row.source = "Pennington, Schoenholz & Ganguli 2017",
    .quantity.long_name = "largest singular value of the input-output Jacobian",
    .quantity.units = "1",
    .needs = ISW_NEEDS_TRAIN | ISW_NEEDS_SLOPES,
    .scratch = scratch,
    .block = block_values,
    .finish = finish_first,
    .flops = values_flops,
};

const struct isw_probe isw_probe_jacobian_singular_value_min = {
    ISW_PROBE_NAME("jacobian_singular_value_min"),
    .row.formula = "mean of the smallest of min(features, outputs) singular values of d y / d x over 16 training "
                   "samples spread evenly",
    .row.source = "Pennington, Schoenholz & Ganguli 2017",
    .quantity.long_name = "smallest singular value of the input-output Jacobian",
    .quantity.units = "1",
    .needs = ISW_NEEDS_TRAIN | ISW_NEEDS_SLOPES,
    .scratch = scratch,
    .block = block_values,
    .finish = finish_second,
    .flops = values_flops,
};

const struct isw_probe isw_probe_jacobian_singular_values = {
    ISW_PROBE_NAME("jacobian_singular_values"),
    .row.formula = "all min(features, outputs) singular values, the largest first, of d y / d x at one training sample",
    .row.parameters = {ISW_COUNT_PARAMETER("sample", 0, 0, 9007199254740992.0,
                                           "number of the training sample, from 0")},
    .row.source = "Pennington, Schoenholz & Ganguli 2017",
    .quantity.long_name = "singular values of the input-output Jacobian, the largest first",
    .quantity.units = "1",
    .quantity.dimension = "singular_value",
    .length = all_length,
    .needs = ISW_NEEDS_TRAIN | ISW_NEEDS_SLOPES,
    .scratch = all_scratch,
    .block = block_all,
    .finish = finish_all,
    .flops = all_flops,
};

const struct isw_probe isw_probe_linear_map_singular_values = {
    ISW_PROBE_NAME("linear_map_singular_values"),
    .row.formula =
        "all min(features, outputs) singular values, the largest first, of the product of all layers' weights, "
        "of residual branches h + alpha f(h) with linear f",
    .row.source = "Saxe, McClelland & Ganguli 2014",
    .quantity.long_name = "singular values of the product of all weight matrices, the largest first",
    .quantity.units = "1",
    .quantity.dimension = "singular_value",
    .length = all_length,
    .scratch = all_scratch,
    .prepare = prepare_linear,
    .finish = finish_all,
    .flops = all_flops,
};
