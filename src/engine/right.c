/* Which samples a network predicts right, for the probes of the accuracy and the stop rule accuracy_above. */
#include "engine_internal.h"

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

void isw_count_right(const struct isw_view *view, const void *output, size_t element, double target, double *right)
{
  if (view->kind == ISW_TARGETS_BINARY && view->size[view->layers] == 1)
    count_above(view, output, element, target, right);
  else
    count_largest(view, output, element, target, right);
}
