/* The table of losses, generated from losses.def, and their facts. */
#include "initsweep/model.h"

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

size_t isw_loss_facts(size_t row, struct isw_fact *fact)
{
  fact[0] = (struct isw_fact){"on_logits", "on logits", table[row].on_logits, true};
  fact[1] = (struct isw_fact){"takes_values", "takes numbers", table[row].takes_values, true};
  fact[2] = (struct isw_fact){"takes_classes", "takes classes", table[row].one_hot, true};
  fact[3] = (struct isw_fact){"mean_over_outputs", "mean over outputs", table[row].mean_over_outputs, true};
  return 4;
}
