/* The Jacobian J = d y / d x of the output (after output_activation; or the logits) by the input, at no more than 16
 * training samples that are spread evenly (probes_internal.h, isw_chosen), each measure's mean over them:
 *   jacobian_norm                 the Frobenius norm
 *   jacobian_singular_value_max, jacobian_singular_value_min the largest and smallest of min(features, outputs) values
 * float64 from the weights and the slopes g'(z) that training uses. Top layer: R[o][i] = (a g'_o) w_oi, a:
 * output_scale; then for layers downwards R[o][j] = R[o][j] g'_j, and from 0, units j ascending, R'[o][i] = R'[o][i] +
 * R[o][j] w_ji. At a residual branch's last layer T = R and R[o][j] = alpha R[o][j] come first, and below its first
 * layer R'[o][i] = T[o][i] + R'[o][i]. The norm's squares are added outputs outside, inputs inside, both ascending;
 * singular values as matrix.h has them; samples ascending, then divided by their number. NaN where a number of the
 * Jacobian is not finite. scratch: [sum of norms or largest, sum of smallest][lane], singular values, then R and R'
 * and, where there are branches, T [output][widest layer][lane]. */
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

/* from [output][unit of layer k + 1][lane] times the slopes, then the weights: to [output][input][lane] */
static void descend(const struct isw_view *view, const struct isw_block *part, size_t s, size_t k, double *from,
                    double *to)
{
  size_t lanes = view->lanes, inputs = view->size[k], units = view->size[k + 1], outputs = view->size[view->layers];
  double x[ISW_LANES_MAX];
  for (size_t j = 0; j < units; j++) {
    isw_widen(view, part->slope[k], s * part->activation_stride[k] + j, x);
    for (size_t o = 0; o < outputs; o++)
      for (size_t l = 0; l < lanes; l++) from[(o * units + j) * lanes + l] = from[(o * units + j) * lanes + l] * x[l];
  }
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

/* The Jacobian [output][feature][lane] at a sample of a block, in one of the two halves of row. */
static double *jacobian(const struct isw_view *view, const struct isw_block *part, size_t s, double *row)
{
  size_t lanes = view->lanes, top = view->layers - 1, inputs = view->size[top], outputs = view->size[top + 1];
  double *from = row, *to = row + rows(view), *carried = to + rows(view);
  double slope[ISW_LANES_MAX], scale[ISW_LANES_MAX];
  isw_widen(view, view->output_scale, 0, scale);
  for (size_t o = 0; o < outputs; o++) {
    isw_widen(view, part->slope[top], s * part->activation_stride[top] + o, slope);
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

static void add_values(const struct isw_view *view, const struct isw_block *part, size_t s, double *memory)
{
  size_t lanes = view->lanes, features = view->size[0], outputs = view->size[view->layers], count = shorter(view);
  int exponent[ISW_LANES_MAX];
  bool finite[ISW_LANES_MAX];
  double *value = memory + 2 * lanes, *row = value + count * lanes, *matrix = jacobian(view, part, s, row);
  double *other = matrix == row ? row + rows(view) : row;
  isw_matrix_scale(lanes, features * outputs, matrix, exponent, finite);
  if (outputs <= features) {
    isw_singular_values(view, lanes, outputs, features, matrix, value);
  } else {
    isw_transpose(lanes, outputs, features, matrix, other);
    isw_singular_values(view, lanes, features, outputs, other, value);
  }
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
