/* accuracy, test_accuracy: the fraction of samples that are predicted right (isw_count_right). scratch [lane]: their
 * number. */
#include "probes_internal.h"

static size_t scratch(const struct isw_view *view)
{
  return view->lanes;
}

static void block(const struct isw_view *view, const struct isw_block *part, bool test, double *right)
{
  if (part->test != test) return;
  size_t last = view->layers - 1;
  for (size_t s = 0; s < part->samples; s++)
    isw_count_right(view, part->activation[last], s * part->activation_stride[last], part->target[s * part->targets],
                    right);
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
