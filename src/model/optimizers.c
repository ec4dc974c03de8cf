#include "parameters.h"

static const struct isw_optimizer table[] = {
#define ISW_OPTIMIZER(name, PARAMETERS, states, changing, decoupled, formula, source)                                  \
  {{#name, PARAMETERS, formula, source}, states, decoupled},
#include "optimizers.def"
#undef ISW_OPTIMIZER
};

const struct isw_optimizer *isw_optimizers(size_t *count)
{
  *count = sizeof table / sizeof table[0];
  return table;
}
