#include "lanes.h"

static const struct isw_probe *const registry[] = {
    &isw_probe_loss,
    &isw_probe_test_loss,
    &isw_probe_accuracy,
    &isw_probe_test_accuracy,
    &isw_probe_gradient_norm,
    &isw_probe_bias_gradient_norm,
    &isw_probe_weight_norm,
    &isw_probe_bias_norm,
    &isw_probe_distinct_units,
    &isw_probe_activation_mean,
    &isw_probe_activation_variance,
};

const struct isw_probe *const *isw_probes(size_t *count)
{
  *count = sizeof registry / sizeof registry[0];
  return registry;
}
