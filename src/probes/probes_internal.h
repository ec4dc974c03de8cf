/** @file What the probes share: lanes of either precision as float64, sums of squares, NaN. */
#ifndef INITSWEEP_PROBES_LANES_H
#define INITSWEEP_PROBES_LANES_H
#include <math.h>
#include "initsweep/probes.h"

enum { ISW_LANES_MAX = 16 };

/** The name of a probe, in its table row and in the quantity that it records. */
#define ISW_PROBE_NAME(text) .row.name = (text), .quantity.name = (text)

/** Element number `element` of an array of the view's precision, widened: wide[lane]. */
static inline void isw_widen(const struct isw_view *view, const void *array, size_t element, double *restrict wide)
{
  size_t lanes = view->lanes;
  if (view->real == ISW_FLOAT32) {
    const float *from = (const float *)array + element * lanes;
    for (size_t l = 0; l < lanes; l++) wide[l] = (double)from[l];
  } else {
    const double *from = (const double *)array + element * lanes;
    for (size_t l = 0; l < lanes; l++) wide[l] = from[l];
  }
}

/** x, or the one quiet NaN that is stored: which NaN an operation gives differs between machines. */
static inline double isw_canonical(double x)
{
  return isnan(x) ? (double)NAN : x;
}

/** Whether sample number `sample` of `samples` is one of at most `most` that are spread evenly, floor(i samples / chosen) for
 *  i = 0 .. chosen - 1, chosen = min(samples, most). */
static inline bool isw_chosen(size_t sample, size_t samples, size_t most)
{
  if (samples <= most) return true;
  size_t i =
      (sample * most + samples - 1) / samples; /* the first whose place is not before; data stay far below 2^58 */
  return i * samples / most == sample;
}

/* The rows that registry.c lists. */
extern const struct isw_probe isw_probe_loss, isw_probe_test_loss, isw_probe_batch_loss, isw_probe_accuracy,
    isw_probe_test_accuracy, isw_probe_gradient_norm, isw_probe_bias_gradient_norm, isw_probe_batch_gradient_norm,
    isw_probe_batch_bias_gradient_norm, isw_probe_weight_norm, isw_probe_bias_norm, isw_probe_distinct_units,
    isw_probe_activation_mean, isw_probe_activation_variance, isw_probe_mean_cosine, isw_probe_effective_rank,
    isw_probe_singular_value_max, isw_probe_singular_value_min, isw_probe_distance_from_start,
    isw_probe_weight_sign_changes, isw_probe_first_moved, isw_probe_update_ratio, isw_probe_pre_activation_mean,
    isw_probe_pre_activation_variance, isw_probe_dead_fraction, isw_probe_saturated_fraction,
    isw_probe_input_correlation, isw_probe_jacobian_norm, isw_probe_jacobian_singular_value_max,
    isw_probe_jacobian_singular_value_min, isw_probe_constant_loss, isw_probe_escape_step, isw_probe_hessian_max,
    isw_probe_hessian_min, isw_probe_hessian_residual, isw_probe_hessian_eigenvalues, isw_probe_hessian_negative,
    isw_probe_gradient_curvature, isw_probe_gradient_variance, isw_probe_gradient_noise_scale, isw_probe_residual_scale,
    isw_probe_residual_scale_gradient;
#endif
