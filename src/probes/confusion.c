/* confusion, test_confusion: for each class t and each class p, in this order, the number of samples of class t that
 * the network predicts to be p (isw_count_right). A sample with a prediction that is not a number is in none. C classes
 * are the outputs, or 2 with one output. scratch: the numbers [t C + p][lane]. */
#include "probes_internal.h"

static size_t classes(size_t outputs)
{
  return outputs > 1 ? outputs : 2;
}

static size_t length(const struct isw_probe *probe, const struct isw_largest_sizes *largest)
{
  (void)probe;
  return classes(largest->outputs) * classes(largest->outputs);
}

static size_t scratch(const struct isw_view *view)
{
  return view->probe->quantity.length * view->lanes;
}

static void block(const struct isw_view *view, const struct isw_block *part, bool test, double *count)
{
  if (part->test != test) return;
  size_t last = view->layers - 1, all = classes(view->size[view->layers]);
  for (size_t s = 0; s < part->samples; s++) {
    size_t target = (size_t)part->target[s * part->targets];
    for (size_t p = 0; p < all; p++)
      isw_count_right(view, part->activation[last], s * part->activation_stride[last], (double)p,
                      count + (target * all + p) * view->lanes);
  }
}

static void block_train(const struct isw_view *view, const struct isw_block *part, double *count)
{
  block(view, part, false, count);
}

static void block_test(const struct isw_view *view, const struct isw_block *part, double *count)
{
  block(view, part, true, count);
}

static void finish(const struct isw_view *view, double *count, double *value)
{
  size_t lanes = view->lanes, all = classes(view->size[view->layers]);
  for (size_t i = 0; i < view->probe->quantity.length * lanes; i++)
    value[i] = i < all * all * lanes ? count[i] : (double)NAN;
}

/* Every class is compared with the largest output. With one output a sample costs as much as 14 comparisons. */
static double flops(size_t outputs, size_t samples)
{
  return (outputs > 1 ? (double)(outputs * outputs) + 2.0 : 14.0) * (double)samples;
}

static double flops_train(size_t layers, const size_t *size, size_t train_samples, size_t test_samples)
{
  (void)test_samples;
  return flops(size[layers], train_samples);
}

static double flops_test(size_t layers, const size_t *size, size_t train_samples, size_t test_samples)
{
  (void)train_samples;
  return flops(size[layers], test_samples);
}

const struct isw_probe isw_probe_confusion = {
    ISW_PROBE_NAME("confusion"),
    .row.formula = "number of training samples of class t that are predicted to be of class p, at t C + p of C classes",
    .row.source = "docs/numerics.md",
    .quantity.long_name = "training samples of each class, by predicted class",
    .quantity.units = "1",
    .quantity.dimension = "class_pair",
    .quantity.integer = true,
    .length = length,
    .needs = ISW_NEEDS_TRAIN | ISW_NEEDS_CLASSES,
    .scratch = scratch,
    .block = block_train,
    .finish = finish,
    .flops = flops_train,
};

const struct isw_probe isw_probe_test_confusion = {
    ISW_PROBE_NAME("test_confusion"),
    .row.formula = "number of test samples of class t that are predicted to be of class p, at t C + p of C classes",
    .row.source = "docs/numerics.md",
    .quantity.long_name = "test samples of each class, by predicted class",
    .quantity.units = "1",
    .quantity.dimension = "class_pair",
    .quantity.integer = true,
    .length = length,
    .needs = ISW_NEEDS_TEST | ISW_NEEDS_CLASSES,
    .scratch = scratch,
    .block = block_test,
    .finish = finish,
    .flops = flops_test,
};
