/* accuracy, test_accuracy: the fraction of samples that are predicted correctly. With one output for binary targets the
 * prediction is 1 if the output is above the loss's threshold, else 0; with several outputs it is the first of the
 * largest. A sample with an output that is NaN counts as wrong. scratch [lane]: correct samples. */
#include "probes_internal.h"

static size_t scratch(const struct isw_view *view)
{
  return view->lanes;
}

static void count_above(const struct isw_view *view, const void *output, size_t element, double target, double *right)
{
  double y[ISW_LANES_MAX], threshold = view->loss->threshold;
  isw_widen(view, output, element, y);
  for (size_t l = 0; l < view->lanes; l++)
    right[l] = right[l] + (double)(target == 1.0 ? y[l] > threshold : y[l] <= threshold);
}

static void count_largest(const struct isw_view *view, const void *output, size_t element, double target, double *right)
{
  size_t lanes = view->lanes, outputs = view->size[view->layers];
  double y[ISW_LANES_MAX], largest[ISW_LANES_MAX], first[ISW_LANES_MAX], number[ISW_LANES_MAX];
  isw_widen(view, output, element, largest);
  for (size_t l = 0; l < lanes; l++) {
    first[l] = 0.0;
    number[l] = largest[l] == largest[l] ? 1.0 : 0.0;
  }
  for (size_t j = 1; j < outputs; j++) {
    isw_widen(view, output, element + j, y);
    for (size_t l = 0; l < lanes; l++) {
      first[l] = y[l] > largest[l] ? (double)j : first[l];
      largest[l] = y[l] > largest[l] ? y[l] : largest[l];
      number[l] = y[l] == y[l] ? number[l] : 0.0;
    }
  }
  for (size_t l = 0; l < lanes; l++) right[l] = right[l] + (first[l] == target ? number[l] : 0.0);
}

static void block(const struct isw_view *view, const struct isw_block *part, bool test, double *right)
{
  if (part->test != test) return;
  size_t last = view->layers - 1;
  bool above = view->kind == ISW_TARGETS_BINARY && view->size[view->layers] == 1;
  for (size_t s = 0; s < part->samples; s++) {
    size_t element = s * part->activation_stride[last];
    double target = part->target[s * part->targets];
    if (above)
      count_above(view, part->activation[last], element, target, right);
    else
      count_largest(view, part->activation[last], element, target, right);
  }
}

static void block_train(const struct isw_view *view, const struct isw_block *part, double *right)
{
  block(view, part, false, right);
}

static void block_test(const struct isw_view *view, const struct isw_block *part, double *right)
{
  block(view, part, true, right);
}

static void finish(const struct isw_view *view, size_t samples, const double *right, double *value)
{
  for (size_t l = 0; l < view->lanes; l++) value[l] = isw_canonical(right[l] / (double)samples);
}

static void finish_train(const struct isw_view *view, double *right, double *value)
{
  finish(view, view->train_samples, right, value);
}

static void finish_test(const struct isw_view *view, double *right, double *value)
{
  finish(view, view->test_samples, right, value);
}

#define FORMULA                                                                                                        \
  "fraction predicted correctly: the first of the largest outputs; with one output for binary targets, 1 above 0 "     \
  "(logits) or 1/2 (mse)"

const struct isw_probe isw_probe_accuracy = {
    ISW_PROBE_NAME("accuracy"),   .row.formula = FORMULA,
    .row.source = "torch.argmax", .quantity.long_name = "share of the training set that is predicted right",
    .quantity.units = "1",        .needs = ISW_NEEDS_TRAIN | ISW_NEEDS_CLASSES,
    .scratch = scratch,           .block = block_train,
    .finish = finish_train,
};

const struct isw_probe isw_probe_test_accuracy = {
    ISW_PROBE_NAME("test_accuracy"),
    .row.formula = FORMULA,
    .row.source = "torch.argmax",
    .quantity.long_name = "share of the test set that is predicted right",
    .quantity.units = "1",
    .needs = ISW_NEEDS_TEST | ISW_NEEDS_CLASSES,
    .scratch = scratch,
    .block = block_test,
    .finish = finish_test,
};
