/* The table of activations, generated from activations.def, and their facts. */
#include <math.h>
#include <string.h>
#include "initsweep/model.h"

static const struct isw_activation table[] = {
#define ISW_ACTIVATION(name, PARAMETERS, needs_z, value_at_0, slope_at_0, curvature_at_0, monotone, gain, g, dg, d2g,  \
                       formula, source)                                                                                \
  {{#name, PARAMETERS, formula, source}, needs_z, monotone, value_at_0, slope_at_0, curvature_at_0, gain},
#include "activations.def"
#undef ISW_ACTIVATION
};

enum {
#define ISW_ACTIVATION(name, ...) ACTIVATION_##name,
#include "activations.def"
#undef ISW_ACTIVATION
};

const struct isw_activation *isw_activations(size_t *count)
{
  *count = sizeof table / sizeof table[0];
  return table;
}

size_t isw_activation_facts(size_t row, struct isw_fact *fact)
{
  const struct isw_activation *g = &table[row];
  const struct isw_fact facts[] = {{"value_at_0", "g(0)", g->value_at_0, false},
                                   {"slope_at_0", "g'(0)", g->slope_at_0, false},
                                   {"curvature_at_0", "g''(0)", g->curvature_at_0, false},
                                   {"monotone", "monotone", g->monotone, true},
                                   {"gain", "gain", g->gain, false}};
  memcpy(fact, facts, sizeof facts);
  return sizeof facts / sizeof facts[0];
}

const struct isw_choice *isw_activation_of(const struct isw_network *network, size_t k)
{
  static const struct isw_choice linear = {.row = ACTIVATION_linear};
  if (k + 1 == network->layers) return &network->output_activation;
  return isw_ends_linear(network->layers, &network->residual, k) ? &linear : &network->activation;
}

double isw_gain(const struct isw_choice *activation)
{
  const struct isw_activation *g = &table[activation->row];
  const char *parameter = g->row.parameters[0].name;
  if (!parameter || strcmp(parameter, "negative_slope") != 0) return g->gain;
  double slope = activation->value[0].number;
  return sqrt(2.0 / (1.0 + slope * slope));
}
