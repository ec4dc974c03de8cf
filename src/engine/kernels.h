/** @file The kernels that every instruction set provides to the training loop. kernels.inc.h is their only source;
 *  kernels.c selects them.
 *
 *  A line is 64 bytes: one number of each network of a pack, or with units in lanes (isw_layout) 16 (8) consecutive
 *  units of its only network. An array [rows][columns] of lines with a stride has element (row, column) at line row *
 *  stride + column. Every sum is in the order of docs/numerics.md, whatever the tiles. */
#ifndef INITSWEEP_ENGINE_KERNELS_H
#define INITSWEEP_ENGINE_KERNELS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "initsweep/engine.h"

enum { ISW_RATES = 8 }; /**< numbers that an optimiser's update takes, a line each */

/** Numbers that a layer has one of per unit, beside its biases: arrays of lines [fan_out]; all NULL: none. */
struct isw_unit_parameters {
  void *number, *gradient, *state[2];
};

/** A weight layer. Arrays of lines; stride is that of weight rows [fan_in] and of sample rows [block]. It is odd,
 *  because rows a power of two apart would map to few sets of the first cache. lines of a row hold units: fan_out or,
 *  with units in lanes, fan_out numbers, rounded up to whole lines. Where fan_out lines are stated below, it is then
 *  these; lines that hold a number of each network hold 16 (8) copies of the only network's. */
struct isw_layer {
  size_t fan_in, fan_out, lines, stride;
  bool frozen[2];                                   /**< weights and scale, biases: never updated */
  void *weight, *weight_gradient, *weight_state[2]; /**< [fan_in][stride] */
  void *bias, *bias_gradient, *bias_state[2];       /**< [fan_out]; NULL if the layer has no biases */
  void *activation, *pre_activation, *delta;        /**< [block][stride]; pre_activation NULL if never kept */
  void *slope;                                      /**< [block][stride]; NULL if no probe asks */
  void *weight_mask;  /**< [fan_in][stride] 1, or 0 of weights that stay 0 and of what pads a row; NULL: no mask */
  void *weight_start; /**< [fan_in][stride] the initial weights; NULL if not asked for */
  /** Of a branch's last layer (isw_residual), whose activation is the sum h + alpha f; NULL elsewhere. */
  void *scale;                           /**< a line: alpha */
  void *scale_gradient, *scale_state[2]; /**< likewise; NULL if alpha is not trained */
  void *scale_sums;                      /**< [fan_out] each unit's term of the gradient */
  void *branch_output;                   /**< [block][stride] f = g(z) */
  void *sum_delta;                       /**< [block][stride] d loss / d (h + alpha f) */
  /** Of a layer that normalises its pre-activations, else NULL: with y = gain x + shift in place of z, */
  void *normalized;        /**< [block][stride] x */
  void *inverse_deviation; /**< [block] lines or, with units in lanes, numbers: what x was multiplied by */
  void *outer_delta;       /**< [block][stride] d loss / d y; delta is d loss / d z */
  struct isw_unit_parameters gain, shift; /**< none if they are not trained */
  /** Of hidden layers with dropout, else NULL: */
  void *mask;      /**< [block][stride] the factors of a step's pass, 0 or 1 / (1 - dropout) */
  void *undropped; /**< [block][stride] g(z); activation, or branch_output, is that times mask */
  /** Units in lanes: the weights transposed, for the backward pass; NULL for the first layer and with networks. */
  void *transposed;         /**< [fan_out][transposed_stride] */
  size_t transposed_stride; /**< as stride, of fan_in units */
};

struct isw_activation_kernels {
  /** a = g(z); [samples][units] of one stride; a may be z. parameter: a line, the row's p0 */
  void (*value)(size_t samples, size_t units, size_t stride, const void *z, const void *parameter, void *a);
  /** delta = delta * g'(z); z may be NULL if the row does not need it */
  void (*slope)(size_t samples, size_t units, size_t stride, const void *z, const void *a, const void *parameter,
                void *delta);
  /** delta = delta * g''(z); float64 only, NULL in the other precision */
  void (*curvature)(size_t samples, size_t units, size_t stride, const void *z, const void *a, const void *parameter,
                    void *delta);
};

/** What the update of a layer takes, [0] for its weights and scale, [1] for its biases. */
struct isw_layer_rates {
  const void *rate[2];  /**< ISW_RATES lines; NULL: frozen */
  const void *decay[2]; /**< a line */
};

/** Arguments of small_steps: full-batch steps of a pack whose numbers all stay in the first cache. Gradients are not
 *  kept. */
struct isw_small_pack {
  size_t layers, samples, features;
  const struct isw_layer *layer;
  const void *inputs, *targets; /**< numbers that all lanes share, not lines */
  size_t hidden, output;        /**< rows of activations.def */
  bool output_linear;
  const void *hidden_parameter, *output_parameter, *loss_parameter;
  size_t loss_row, optimizer_row;
  double scale;                        /**< of the loss's delta */
  const struct isw_layer_rates *rates; /**< [layers] */
  size_t first_trained;                /**< the layers before it are frozen */
  void *loss, *loss_scratch;
  void *nonfinite_mask; /**< a line of zeros; on return as isw_update_kernel leaves it */
};

/** Passes over one layer of a small pack. in_shared: `in` has numbers that all lanes share, and in_stride counts them.
 *  */
struct isw_small_activation_kernels {
  /** The layer's activation, and pre-activation if the row needs it, from its inputs. */
  void (*forward)(size_t samples, const struct isw_layer *l, const void *in, size_t in_stride, bool in_shared,
                  const void *parameter);
  /** l[-1].delta = (l->delta . weight transposed) * g'(z) of l[-1] */
  void (*backward)(size_t samples, const struct isw_layer *l, const void *parameter);
};
/** Gradient and update of a layer of a small pack. */
typedef void isw_small_update_kernel(size_t samples, const struct isw_layer *l, const void *in, size_t in_stride,
                                     bool in_shared, const struct isw_layer_rates *rates, void *nonfinite_mask);

/** Full-batch steps of a small pack, at most max_steps; returns how many were done. Ends before the update if the sum
 *  of losses is not finite (in float32: or overflows) or a mean may be below its rule, given in sums, loss_below
 *  [lanes] or NULL; and after an update that left a number that is not finite. */
typedef uint64_t isw_small_steps_kernel(const struct isw_small_pack *small, uint64_t max_steps,
                                        const double *loss_below);

/** Some samples of a layer that normalises its pre-activations. */
struct isw_normalized_rows {
  size_t samples, units, stride;
  bool centers;             /**< subtracts the mean */
  const void *epsilon;      /**< a line */
  const void *gain, *shift; /**< [units]; NULL: none */
  void *normalized;         /**< [samples][units] of the stride: x, written by the forward pass */
  void *inverse_deviation;  /**< [samples], likewise */
};
/** y = gain x + shift of the pre-activations z; y may be z. */
typedef void isw_normalization_forward_kernel(const struct isw_normalized_rows *rows, const void *z, void *y);
/** delta = d loss / d z from outer_delta = d loss / d y; not in place. */
typedef void isw_normalization_backward_kernel(const struct isw_normalized_rows *rows, const void *outer_delta,
                                               void *delta);

/** The losses of samples: y and delta [samples][outputs] of one stride, target [samples][outputs] numbers that all
 *  lanes share, loss [samples] lines; parameter: a line, the row's p0; scale is rounded to the precision. scratch: 3 *
 *  outputs lines. With units in lanes y and delta have numbers instead of lines, in rows of stride lines, and loss
 *  [samples] has numbers. */
typedef void isw_loss_kernel(size_t samples, size_t outputs, size_t stride, const void *y, const void *target,
                             const void *parameter, double scale, void *delta, void *loss, void *scratch);

/** r [samples][outputs] = the matrix of the loss's second derivatives by its outputs times r, in place; other arguments
 *  as in isw_loss_kernel. */
typedef void isw_loss_hessian_kernel(size_t samples, size_t outputs, size_t stride, const void *y, const void *target,
                                     const void *parameter, double scale, void *r, void *scratch);

/** One update of w [rows][units] by its gradient g; state[0], state[1] are the optimiser's arrays of the same layout.
 *  rate: ISW_RATES lines; decay: a line, the weight decay or, if the row decouples it, the factor of w. nonfinite_mask:
 *  a line; lanes with a number that is not finite become NaN, the others keep their values. */
typedef void isw_update_kernel(size_t rows, size_t units, size_t stride, void *w, const void *g, void *const *state,
                               const void *rate, const void *decay, void *nonfinite_mask);

/** What units in lanes need beside the other kernels: numbers are the only network's, strides count lines. */
struct isw_unit_kernels {
  /** sum += loss [samples], ascending */
  void (*sum_loss)(size_t samples, const void *loss, double *sum);
  /** sum += squares of x [rows][units], rows outside */
  void (*sum_squares)(size_t rows, size_t units, size_t stride, const void *x, double *sum);
  /** As residual_scale_gradient below. */
  void (*residual_scale_gradient)(size_t samples, size_t units, size_t stride, const void *sum_delta, const void *f,
                                  void *sums, void *gradient, bool first);
  isw_loss_kernel *const *loss; /**< rows of losses.def */
  /** Past `units` the last line of a row is left as it is. */
  isw_normalization_forward_kernel *normalization_forward;
  isw_normalization_backward_kernel *normalization_backward;
  /** to [columns][rows] = from [rows][columns] */
  void (*transpose)(size_t rows, size_t columns, const void *from, size_t from_stride, void *to, size_t to_stride);
};

/** The kernels of one precision. */
struct isw_precision_kernels {
  /** z [samples][fan_out] = bias + in [samples][fan_in] . weight [fan_in][fan_out]; bias may be NULL: 0 */
  void (*forward)(size_t samples, size_t fan_in, size_t fan_out, const void *in, size_t in_stride, const void *weight,
                  size_t weight_stride, const void *bias, void *z, size_t z_stride);
  /** The same with numbers that all lanes share: in [samples][in_stride]. For the first layer and, with units in lanes,
   *  all products. */
  void (*forward_first)(size_t samples, size_t fan_in, size_t fan_out, const void *in, size_t in_stride,
                        const void *weight, size_t weight_stride, const void *bias, void *z, size_t z_stride);
  /** below [samples][fan_in] = delta [samples][fan_out] . weight transposed */
  void (*backward)(size_t samples, size_t fan_in, size_t fan_out, const void *delta, size_t delta_stride,
                   const void *weight, size_t weight_stride, void *below, size_t below_stride);
  /** gradient [fan_in][fan_out] = (first ? 0 : gradient) + sum over samples of in . delta. prefetch_next: lines laid
   *  out as the gradient that the caller needs next and the second cache does not hold, or NULL */
  void (*gradient)(size_t samples, size_t fan_in, size_t fan_out, const void *in, size_t in_stride, const void *delta,
                   size_t delta_stride, void *gradient, size_t gradient_stride, bool first, const void *prefetch_next);
  void (*gradient_first)(size_t samples, size_t fan_in, size_t fan_out, const void *in, size_t in_stride,
                         const void *delta, size_t delta_stride, void *gradient, size_t gradient_stride, bool first,
                         const void *prefetch_next);
  /** gradient [fan_out] = (first ? 0 : gradient) + sum over samples of delta */
  void (*bias_gradient)(size_t samples, size_t fan_out, const void *delta, size_t delta_stride, void *gradient,
                        bool first);
  /** sum [lanes] += loss, samples ascending */
  void (*sum_loss)(size_t samples, const void *loss, double *sum);
  /** sum [lanes] += squares of x [rows][units], rows outside */
  void (*sum_squares)(size_t rows, size_t units, size_t stride, const void *x, double *sum);
  const struct isw_activation_kernels *activation;      /**< rows of activations.def */
  isw_loss_kernel *const *loss;                         /**< rows of losses.def */
  isw_loss_hessian_kernel *const *loss_hessian_product; /**< rows of losses.def; float64 only */
  isw_update_kernel *const *update;                     /**< rows of optimizers.def */
  /** x [rows][units] = x * factor, a line */
  void (*scale)(size_t rows, size_t units, size_t stride, const void *factor, void *x);
  /** x [rows][units] = 0 where mask, of the same stride, is 0. nonfinite_mask: of what is left, as in
   *  isw_update_kernel, or NULL */
  void (*apply_mask)(size_t rows, size_t units, size_t stride, const void *mask, void *x, void *nonfinite_mask);
  isw_small_steps_kernel *small_steps;
  /** The same for tiny packs (isw_pack_path), rows of activations.def; the first is NULL if this instruction set has
   *  none. */
  isw_small_steps_kernel *const *tiny_steps;
  /** Residual branches: arrays [samples][units] of one stride, scale: a line. sum = h + scale f */
  void (*residual_forward)(size_t samples, size_t units, size_t stride, const void *scale, const void *f, const void *h,
                           void *sum);
  /** delta = scale * sum_delta */
  void (*residual_backward_scale)(size_t samples, size_t units, size_t stride, const void *scale, const void *sum_delta,
                                  void *delta);
  /** delta = delta + more */
  void (*residual_backward_add)(size_t samples, size_t units, size_t stride, const void *more, void *delta);
  /** sums [units] = (first ? 0 : sums) + sum over samples of sum_delta * f; gradient: a line, the sum of sums */
  void (*residual_scale_gradient)(size_t samples, size_t units, size_t stride, const void *sum_delta, const void *f,
                                  void *sums, void *gradient, bool first);
  isw_normalization_forward_kernel *normalization_forward;
  isw_normalization_backward_kernel *normalization_backward;
  /** gradient [units] = (first ? 0 : gradient) + sum over samples of outer_delta * x; arrays [samples][units] of one
   *  stride */
  void (*gain_gradient)(size_t samples, size_t units, size_t stride, const void *outer_delta, const void *x,
                        void *gradient, bool first);
  struct isw_unit_kernels units;
};

struct isw_kernels {
  const char *name;
  struct isw_precision_kernels by_precision[2]; /**< by enum isw_precision */
};

extern const struct isw_kernels isw_kernels_portable;
#if defined(__x86_64__)
extern const struct isw_kernels isw_kernels_avx2, isw_kernels_avx512;
#elif defined(__aarch64__)
extern const struct isw_kernels isw_kernels_advsimd;
#endif
#endif
