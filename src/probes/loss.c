/* loss, test_loss: from 0, the samples' losses added in order; divided by the number of samples or, if the loss is also
 * a mean over outputs, by samples times outputs. scratch [lane]. batch_loss: the same over the batch, computed by the
 * step itself. */
#include "probes_internal.h"

static size_t scratch(const struct isw_view *view)
{
  return view->lanes;
}

static void block(const struct isw_view *view, const struct isw_block *part, bool test, double *sum)
{
  if (part->test != test) return;
  size_t lanes = view->lanes;
  for (size_t s = 0; s < part->samples; s++)
    for (size_t l = 0; l < lanes; l++) sum[l] = sum[l] + part->loss[s * lanes + l];
}

static void finish(const struct isw_view *view, size_t samples, const double *sum, double *value)
{
  double divisor = (double)samples;
  if (view->loss->mean_over_outputs) divisor = divisor * (double)view->size[view->layers];
  for (size_t l = 0; l < view->lanes; l++) value[l] = isw_canonical(sum[l] / divisor);
}

static void block_train(const struct isw_view *view, const struct isw_block *part, double *sum)
{
  block(view, part, false, sum);
}

static void block_test(const struct isw_view *view, const struct isw_block *part, double *sum)
{
  block(view, part, true, sum);
}

static void finish_train(const struct isw_view *view, double *sum, double *value)
{
  finish(view, view->train_samples, sum, value);
}

static void finish_test(const struct isw_view *view, double *sum, double *value)
{
  finish(view, view->test_samples, sum, value);
}

static void finish_batch(const struct isw_view *view, double *sum, double *value)
{
  (void)sum;
  for (size_t l = 0; l < view->lanes; l++) value[l] = isw_canonical(view->batch_loss[l]);
}

const struct isw_probe isw_probe_loss = {
    ISW_PROBE_NAME("loss"),
    .row.formula = "mean loss over the training set",
    .row.source = "docs/numerics.md",
    .quantity.long_name = "loss of the training set",
    .quantity.units = "1",
    .needs = ISW_NEEDS_TRAIN,
    .scratch = scratch,
    .block = block_train,
    .finish = finish_train,
};

const struct isw_probe isw_probe_test_loss = {
    ISW_PROBE_NAME("test_loss"),
    .row.formula = "mean loss over the test set",
    .row.source = "docs/numerics.md",
    .quantity.long_name = "loss of the test set",
    .quantity.units = "1",
    .needs = ISW_NEEDS_TEST,
    .scratch = scratch,
    .block = block_test,
    .finish = finish_test,
};

const struct isw_probe isw_probe_batch_loss = {
    ISW_PROBE_NAME("batch_loss"),
    .row.formula = "mean loss over the minibatch of the next step, before its update",
    .row.source = "docs/numerics.md",
    .quantity.long_name = "loss of the step's minibatch",
    .quantity.units = "1",
    .needs = ISW_NEEDS_BATCH,
    .finish = finish_batch,
};
