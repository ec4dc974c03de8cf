#include "parameters.h"

static const struct isw_activation table[] = {
#define ISW_ACTIVATION(name, PARAMETERS, needs_z, value_at_0, slope_at_0, g, dg, formula, source)                      \
  {{#name, PARAMETERS, formula, source}, needs_z, value_at_0, slope_at_0},
#include "activations.def"
#undef ISW_ACTIVATION
};

const struct isw_activation *isw_activations(size_t *count)
{
  *count = sizeof table / sizeof table[0];
  return table;
}
