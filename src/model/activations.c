#include <stdio.h>
#include "parameters.h"

static const struct isw_activation table[] = {
#define ISW_ACTIVATION(name, PARAMETERS, needs_z, value_at_0, slope_at_0, curvature_at_0, monotone, gain, g, dg, d2g,  \
                       formula, source)                                                                                \
  {{#name, PARAMETERS, formula, source}, needs_z, monotone, value_at_0, slope_at_0, curvature_at_0, gain},
#include "activations.def"
#undef ISW_ACTIVATION
};

const struct isw_activation *isw_activations(size_t *count)
{
  *count = sizeof table / sizeof table[0];
  return table;
}

void isw_activation_facts(size_t row, char *text, size_t size)
{
  const struct isw_activation *g = &table[row];
  char curvature[32] = "none", gain[32] = "none";
  if (!isnan(g->curvature_at_0)) snprintf(curvature, sizeof curvature, "%.4g", g->curvature_at_0);
  if (!isnan(g->gain)) snprintf(gain, sizeof gain, "%.4g", g->gain);
  snprintf(text, size, "g(0) = %.4g, g'(0) = %.4g, g''(0) = %s, %smonotone, gain %s", g->value_at_0, g->slope_at_0,
           curvature, g->monotone ? "" : "not ", gain);
}
