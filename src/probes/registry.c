#include "probes_internal.h"

static const struct isw_probe *const registry[] = {
    &isw_probe_loss,
    &isw_probe_test_loss,
    &isw_probe_accuracy,
    &isw_probe_test_accuracy,
    &isw_probe_gradient_norm,
    &isw_probe_bias_gradient_norm,
    &isw_probe_batch_loss,
    &isw_probe_batch_gradient_norm,
    &isw_probe_batch_bias_gradient_norm,
    &isw_probe_weight_norm,
    &isw_probe_bias_norm,
    &isw_probe_distinct_units,
    &isw_probe_activation_mean,
    &isw_probe_activation_variance,
    &isw_probe_mean_cosine,
    &isw_probe_effective_rank,
    &isw_probe_singular_value_max,
    &isw_probe_singular_value_min,
    &isw_probe_distance_from_start,
    &isw_probe_weight_sign_changes,
    &isw_probe_first_moved,
    &isw_probe_update_ratio,
    &isw_probe_pre_activation_mean,
    &isw_probe_pre_activation_variance,
    &isw_probe_dead_fraction,
    &isw_probe_saturated_fraction,
    &isw_probe_input_correlation,
    &isw_probe_jacobian_norm,
    &isw_probe_jacobian_singular_value_max,
    &isw_probe_jacobian_singular_value_min,
    &isw_probe_constant_loss,
    &isw_probe_escape_step,
    &isw_probe_hessian_max,
    &isw_probe_hessian_min,
    &isw_probe_hessian_residual,
    &isw_probe_hessian_eigenvalues,
    &isw_probe_hessian_negative,
    &isw_probe_gradient_curvature,
    &isw_probe_gradient_variance,
    &isw_probe_gradient_noise_scale,
    &isw_probe_residual_scale,
    &isw_probe_residual_scale_gradient,
};

const struct isw_probe *const *isw_probes(size_t *count)
{
  *count = sizeof registry / sizeof registry[0];
  return registry;
}
