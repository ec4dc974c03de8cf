#include "parameters.h"

static const struct isw_loss table[] = {
#define ISW_LOSS(name, PARAMETERS, on_logits, one_hot, takes_values, binary_as_classes, mean_over_outputs, factor,     \
                 threshold, formula, source)                                                                           \
  {{#name, PARAMETERS, formula, source},                                                                               \
   on_logits,                                                                                                          \
   one_hot,                                                                                                            \
   takes_values,                                                                                                       \
   binary_as_classes,                                                                                                  \
   mean_over_outputs,                                                                                                  \
   threshold},
#include "losses.def"
#undef ISW_LOSS
};

const struct isw_loss *isw_losses(size_t *count)
{
  *count = sizeof table / sizeof table[0];
  return table;
}
