/* constant_loss: the training set's loss under the best constant output, the reference that a network which has learnt
 * anything about its inputs is below; and escape_step, when a network first is below a fraction of it. From the targets
 * alone, so the same for every network on the data and loss; it does not ask whether the output_activation can give
 * that constant. With m_j and v_j the mean and variance of target column j (one-hot where the loss takes classes so),
 * summed as in activation.c with the first sample's as shift, samples ascending, and J columns:
 *   mse                    from 0, columns ascending, v_j; over J
 *   mae                    likewise mean |t - c|, c the smallest number that half of the targets are not above; over J
 *   huber                  likewise mean of e^2 / 2 or delta (|e| - delta / 2), e = t - c, c the smallest number for
 *                          which the sum of e, each cut to -delta .. delta, is not above 0; over J
 *   binary_cross_entropy   likewise -m_j log m_j - (1 - m_j) log(1 - m_j); over J
 *   cross_entropy          likewise -p_j log p_j, p_j = m_j + label_smoothing (1 / J - m_j)
 *   hinge                  likewise 2 m_j or 2 (1 - m_j), the smaller; over J
 * with 0 log 0 = 0. Each loss's function is in src/model/losses.def; both c are found by halving the float64 numbers
 * between the extreme targets. scratch, kept: whether the rest is there; [lane] the loss. */
#include <string.h>
#include "probes_internal.h"

/* One column of the training set's targets. */
struct target_column {
  const struct isw_view *view;
  size_t index, samples, outputs; /* outputs: columns of the network's output */
  double parameter;               /* the loss's */
};

/* The target of a sample as training uses it: one-hot if the loss requires that, rounded to the sweep's precision. */
static double target_at(const struct target_column *column, size_t sample)
{
  const struct isw_view *view = column->view;
  bool one_hot =
      view->kind == ISW_TARGETS_CLASSES || (view->kind == ISW_TARGETS_BINARY && view->loss->binary_as_classes);
  const double *label = view->labels + sample * view->label_columns;
  double t = one_hot ? (label[0] == (double)column->index ? 1.0 : 0.0) : label[column->index];
  return view->precision == ISW_FLOAT32 ? (double)(float)t : t;
}

/* ---- functions on columns, for losses.def ------------------------------------------------------------------------ */

struct target_moments {
  double mean, variance;
};

static struct target_moments target_moments(const struct target_column *column)
{
  double n = (double)column->samples, shift = target_at(column, 0), s1 = 0.0, s2 = 0.0;
  for (size_t s = 0; s < column->samples; s++) {
    double e = target_at(column, s) - shift;
    s1 = s1 + e, s2 = s2 + e * e;
  }
  return (struct target_moments){.mean = shift + s1 / n, .variance = (s2 - s1 * (s1 / n)) / n};
}

static double entropy(double p)
{
  return p > 0.0 ? -p * isw_exact_log(p) : 0.0;
}

/* Converts a number to its position among all float64 numbers in ascending order, and back. */
static uint64_t rank_of(double x)
{
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits >> 63 ? ~bits : bits | UINT64_C(1) << 63;
}

static double number_of(uint64_t rank)
{
  uint64_t bits = rank >> 63 ? rank & ~(UINT64_C(1) << 63) : ~rank;
  double x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

/* The smallest number between the extreme targets for which a monotone predicate (false, then true) holds. */
static double smallest_number(const struct target_column *column, bool (*holds)(const struct target_column *, double))
{
  double low = target_at(column, 0), high = low;
  for (size_t s = 1; s < column->samples; s++) {
    double t = target_at(column, s);
    low = t < low ? t : low;
    high = t > high ? t : high;
  }
  uint64_t first = rank_of(low), last = rank_of(high);
  while (first < last) {
    uint64_t middle = first + (last - first) / 2;
    if (holds(column, number_of(middle)))
      last = middle;
    else
      first = middle + 1;
  }
  return number_of(first);
}

#define ISW_LOSS_CONSTANTS
#include "model/losses.def"
#undef ISW_LOSS_CONSTANTS

/* In the order of the table of losses. */
static double (*const constants[])(const struct target_column *column) = {
#define ISW_LOSS(name, ...) constant_##name,
#include "model/losses.def"
#undef ISW_LOSS
};

/* ---- the probes -------------------------------------------------------------------------------------------------- */

static void find(const struct isw_view *view, double *value)
{
  double parameter[ISW_LANES_MAX] = {0};
  size_t columns = view->size[view->layers], losses;
  double (*constant)(const struct target_column *column) = constants[view->loss - isw_losses(&losses)];
  isw_widen(view, view->loss_parameter, 0, parameter);
  for (size_t l = 0; l < view->lanes; l++) {
    if (l >= view->count || (l > 0 && parameter[l] == parameter[l - 1])) {
      value[l] = value[l - 1];
      continue;
    }
    double sum = 0.0;
    for (size_t j = 0; j < columns; j++)
      sum = sum + constant(&(struct target_column){view, j, view->train_samples, columns, parameter[l]});
    value[l] = isw_canonical(view->loss->mean_over_outputs ? sum / (double)columns : sum);
  }
}

static size_t scratch(const struct isw_view *view)
{
  return 1 + view->lanes;
}

static void finish(const struct isw_view *view, double *memory, double *value)
{
  if (memory[0] == 0.0) find(view, memory + 1);
  memory[0] = 1.0;
  memcpy(value, memory + 1, view->lanes * sizeof *value);
}

static void threshold(const struct isw_view *view, double fraction, double *below)
{
  find(view, below);
  for (size_t l = 0; l < view->lanes; l++) below[l] = fraction * below[l];
}

const struct isw_probe isw_probe_constant_loss = {
    ISW_PROBE_NAME("constant_loss"),
    .row.formula = "the training set's loss under the best constant output: mean (mse, cross entropies), median (mae), "
                   "Huber's location (huber), majority (hinge)",
    .row.source = "huber: Huber 1964; docs/numerics.md",
    .quantity.long_name = "loss of the best constant predictor",
    .quantity.units = "1",
    .scratch = scratch,
    .persistent_scratch = scratch,
    .finish = finish,
};

const struct isw_probe isw_probe_escape_step = {
    ISW_PROBE_NAME("escape_step"),
    .row.formula = "steps before the first one whose batch loss is below record.escape_fraction * constant_loss, exact "
                   "to the step, one value per network; -1: never (censored)",
    .row.source = "docs/numerics.md",
    .quantity.long_name = "first step at which the loss is below a fraction of the best constant's",
    .quantity.units = "1",
    .quantity.integer = true,
    .quantity.per_run = true,
    .threshold = threshold,
};
