/* constant_loss: the training set's loss under the best constant output, the reference that a network which has learnt anything
 * about its inputs is below. From the targets alone, so the same for every network on the data and loss; it does not ask whether the
 * output_activation can give that constant. With m_j and v_j the mean and variance of target column j (one-hot where the loss
 * takes classes so), summed as in activation.c with the first sample's as shift, samples ascending, and J columns:
 *   mse                    from 0, columns ascending, v_j; over J
 *   binary_cross_entropy   likewise -m_j log m_j - (1 - m_j) log(1 - m_j); over J
 *   cross_entropy          likewise -p_j log p_j, p_j = m_j + label_smoothing (1 / J - m_j)
 *   hinge                  likewise 2 m_j or 2 (1 - m_j), the smaller; over J
 * with 0 log 0 = 0; NaN for other losses. scratch [column][shift, s1, s2]. */
#include <string.h>
#include "lanes.h"

static size_t columns(const struct isw_view *view)
{
  return view->size[view->layers];
}

static size_t scratch(const struct isw_view *view)
{
  return 3 * columns(view);
}

static void block(const struct isw_view *view, const struct isw_block *part, double *memory)
{
  if (part->test) return;
  bool one_hot =
      view->kind == ISW_TARGETS_CLASSES || (view->kind == ISW_TARGETS_BINARY && view->loss->binary_as_classes);
  for (size_t s = 0; s < part->samples; s++)
    for (size_t j = 0; j < columns(view); j++) {
      const double *label = part->target + s * part->targets;
      double *sums = memory + 3 * j, t = one_hot ? (label[0] == (double)j ? 1.0 : 0.0) : label[j];
      if (view->real == ISW_REAL32) t = (double)(float)t; /* as training has it */
      if (part->first + s == 0) sums[0] = t;
      sums[1] = sums[1] + (t - sums[0]);
      sums[2] = sums[2] + (t - sums[0]) * (t - sums[0]);
    }
}

static double entropy(double p)
{
  return p > 0.0 ? -p * isw_exact_log(p) : 0.0;
}

/* A column's share of the loss; variance and mean are of the targets. */
static double column_loss(const char *loss, double mean, double variance, double smoothing, double count)
{
  if (strcmp(loss, "mse") == 0) return variance > 0.0 ? variance : 0.0;
  if (strcmp(loss, "binary_cross_entropy") == 0) return entropy(mean) + entropy(1.0 - mean);
  if (strcmp(loss, "cross_entropy") == 0) return entropy(mean + smoothing * (1.0 / count - mean));
  if (strcmp(loss, "hinge") == 0) return 2.0 * (mean < 0.5 ? mean : 1.0 - mean);
  return (double)NAN;
}

static void finish(const struct isw_view *view, double *memory, double *value)
{
  double n = (double)view->train_samples, count = (double)columns(view), parameter[ISW_LANES_MAX];
  isw_widen(view, view->loss_parameter, 0, parameter);
  for (size_t l = 0; l < view->lanes; l++) {
    double sum = 0.0;
    for (size_t j = 0; j < columns(view); j++) {
      const double *sums = memory + 3 * j;
      double mean = sums[0] + sums[1] / n, variance = (sums[2] - sums[1] * (sums[1] / n)) / n;
      sum = sum + column_loss(view->loss->row.name, mean, variance, parameter[l], count);
    }
    value[l] = isw_canonical(view->loss->mean_over_outputs ? sum / count : sum);
  }
}

const struct isw_probe isw_probe_constant_loss = {
    .row = {.name = "constant_loss",
            .formula = "the training set's loss under the best constant output (mse, binary_cross_entropy, "
                       "cross_entropy, hinge; else NaN)",
            .source = "docs/numerics.md"},
    .long_name = "loss of the best constant predictor",
    .units = "1",
    .needs = ISW_NEEDS_TRAIN,
    .scratch = scratch,
    .block = block,
    .finish = finish,
};
