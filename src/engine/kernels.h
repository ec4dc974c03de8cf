/** @file The kernels: what every instruction set offers to the training loop. kernels.inc.h is their one source.
 *
 *  A line is 64 bytes: one number of each network of a pack. An array [rows][columns] of lines with a stride has element
 *  (row, column) at line row * stride + column. Every sum is in the order of docs/numerics.md, whatever the tiles. */
#ifndef INITSWEEP_ENGINE_KERNELS_H
#define INITSWEEP_ENGINE_KERNELS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ISW_LINE = 64 };

/** A weight layer. Arrays of lines; stride is that of weight rows [fan_in] and of sample rows [block], and odd: rows a
 *  power of two apart would share few sets of the first cache. */
struct isw_layer {
  size_t fan_in, fan_out, stride;
  void *weight, *weight_gradient, *weight_state[2]; /**< [fan_in][stride] */
  void *bias, *bias_gradient, *bias_state[2];       /**< [fan_out] */
  void *activation, *pre_activation, *delta;        /**< [block][stride]; pre_activation NULL where never kept */
  void *slope;                                      /**< [block][stride]; NULL where no probe asks */
  void *weight_start; /**< [fan_in][stride] the initial weights; NULL where not asked for */
  /** Of a branch's last layer (isw_residual), whose activation is the sum h + alpha f; NULL elsewhere. */
  void *scale;                           /**< a line: alpha */
  void *scale_gradient, *scale_state[2]; /**< likewise; NULL where alpha is not trained */
  void *scale_sums;                      /**< [fan_out] each unit's share of the gradient */
  void *branch, *carried;                /**< [block][stride]: f = g(z); d loss / d (h + alpha f) */
};

struct isw_activation_kernels {
  /** a = g(z); [samples][units] of one stride; a may be z. parameter: a line, the row's p0 */
  void (*value)(size_t samples, size_t units, size_t stride, const void *z, const void *parameter, void *a);
  /** delta = delta * g'(z); z may be NULL where the row does not need it */
  void (*slope)(size_t samples, size_t units, size_t stride, const void *z, const void *a, const void *parameter,
                void *delta);
  /** delta = delta * g''(z); float64 alone, NULL in the other precision */
  void (*curvature)(size_t samples, size_t units, size_t stride, const void *z, const void *a, const void *parameter,
                    void *delta);
};

/** Full-batch steps of a network whose numbers all stay in the first cache. Layers' gradients are not kept. */
struct isw_small {
  size_t layers, samples, features;
  const struct isw_layer *layer;
  const void *inputs, *targets; /**< plain numbers that all lanes share */
  size_t hidden, output;        /**< rows of activations.def */
  bool output_linear;
  const void *hidden_parameter, *output_parameter, *loss_parameter;
  size_t loss_row, optimizer_row;
  double scale; /**< of the loss's delta */
  const void *rate, *decay, *bias_decay, *output_bias_decay;
  void *loss, *loss_scratch;
  void *check; /**< a line, 0; what an update kernel makes of it */
};

/** One layer of a small network. Where in_shared is set, `in` is plain numbers and in_stride counts them. */
struct isw_small_activation {
  /** the layer's activation (and pre-activation where the row needs it) from its inputs */
  void (*forward)(size_t samples, const struct isw_layer *l, const void *in, size_t in_stride, bool in_shared,
                  const void *parameter);
  /** l[-1].delta from l->delta, times the slope of l[-1] */
  void (*backward)(size_t samples, const struct isw_layer *l, const void *parameter);
};
/** Gradient and update of a layer. */
typedef void isw_small_update(size_t samples, const struct isw_layer *l, const void *in, size_t in_stride,
                              bool in_shared, const void *rate, const void *decay, const void *bias_decay, void *check);

/** The losses of samples: y and delta [samples][outputs] of one stride, target [samples][outputs] plain numbers, loss
 *  [samples] lines; parameter: a line, the row's p0; scale is rounded to the precision. scratch: 2 * outputs lines. */
typedef void isw_loss_kernel(size_t samples, size_t outputs, size_t stride, const void *y, const void *target,
                             const void *parameter, double scale, void *delta, void *loss, void *scratch);

/** r [samples][outputs] times the loss's second derivatives by its outputs, as isw_loss_kernel has the rest. */
typedef void isw_bend_kernel(size_t samples, size_t outputs, size_t stride, const void *y, const void *target,
                             const void *parameter, double scale, void *r, void *scratch);

/** One update of w [rows][units] by its gradient g; state[0], state[1] are the optimiser's arrays of the same layout.
 *  rate: 8 lines; decay: a line, the weight decay or, where the row decouples it, the factor of w. check: a line; the lanes with a number that is not finite become NaN, the
 *  others stay. */
typedef void isw_update_kernel(size_t rows, size_t units, size_t stride, void *w, const void *g, void *const *state,
                               const void *rate, const void *decay, void *check);

/** The kernels of one precision. */
struct isw_real_kernels {
  /** z [samples][fan_out] = bias + in [samples][fan_in] . weight [fan_in][fan_out] */
  void (*forward)(size_t samples, size_t fan_in, size_t fan_out, const void *in, size_t in_stride, const void *weight,
                  size_t weight_stride, const void *bias, void *z, size_t z_stride);
  /** The first layer: in [samples][in_stride] plain numbers that all lanes share. */
  void (*forward_first)(size_t samples, size_t fan_in, size_t fan_out, const void *in, size_t in_stride,
                        const void *weight, size_t weight_stride, const void *bias, void *z, size_t z_stride);
  /** below [samples][fan_in] = delta [samples][fan_out] . weight transposed */
  void (*backward)(size_t samples, size_t fan_in, size_t fan_out, const void *delta, size_t delta_stride,
                   const void *weight, size_t weight_stride, void *below, size_t below_stride);
  /** gradient [fan_in][fan_out] = (first ? 0 : gradient) + sum over samples of in . delta. soon: lines laid out as the gradient that
   *  the second cache does not hold and the caller is about to need, or NULL */
  void (*gradient)(size_t samples, size_t fan_in, size_t fan_out, const void *in, size_t in_stride, const void *delta,
                   size_t delta_stride, void *gradient, size_t gradient_stride, bool first, const void *soon);
  void (*gradient_first)(size_t samples, size_t fan_in, size_t fan_out, const void *in, size_t in_stride,
                         const void *delta, size_t delta_stride, void *gradient, size_t gradient_stride, bool first,
                         const void *soon);
  /** gradient [fan_out] = (first ? 0 : gradient) + sum over samples of delta */
  void (*bias_gradient)(size_t samples, size_t fan_out, const void *delta, size_t delta_stride, void *gradient,
                        bool first);
  /** sum [lanes] += loss, samples ascending */
  void (*sum_loss)(size_t samples, const void *loss, double *sum);
  /** sum [lanes] += squares of x [rows][units], rows outside */
  void (*sum_squares)(size_t rows, size_t units, size_t stride, const void *x, double *sum);
  const struct isw_activation_kernels *activation; /**< rows of activations.def */
  isw_loss_kernel *const *loss;                    /**< rows of losses.def */
  isw_bend_kernel *const *bend;                    /**< likewise; float64 alone */
  isw_update_kernel *const *update;                /**< rows of optimizers.def */
  /** x [rows][units] = x * factor, a line */
  void (*scale)(size_t rows, size_t units, size_t stride, const void *factor, void *x);
  /** Steps of a small network, at most `most`; returns how many were done. Ends before the update where the losses' sum is not
   *  finite (of float32: or overflows) or a mean may be below its rule, given in sums, [lanes] or NULL; after an update that
   *  left a number that is not finite. */
  uint64_t (*steps)(const struct isw_small *small, uint64_t most, const double *loss_below);
  /** Residual branches; arrays [samples][units] of one stride, scale: a line. sum = h + scale f */
  void (*join)(size_t samples, size_t units, size_t stride, const void *scale, const void *f, const void *h, void *sum);
  /** delta = scale * carried */
  void (*enter)(size_t samples, size_t units, size_t stride, const void *scale, const void *carried, void *delta);
  /** carried = carried + more */
  void (*carry)(size_t samples, size_t units, size_t stride, const void *more, void *carried);
  /** sums [units] = (first ? 0 : sums) + sum over samples of carried * f; gradient: a line, the sum of sums */
  void (*scale_gradient)(size_t samples, size_t units, size_t stride, const void *carried, const void *f, void *sums,
                         void *gradient, bool first);
};

struct isw_kernels {
  const char *name;
  struct isw_real_kernels real[2]; /**< by enum isw_precision */
};

extern const struct isw_kernels isw_kernels_portable;
#if defined(__x86_64__)
extern const struct isw_kernels isw_kernels_avx2, isw_kernels_avx512;
#elif defined(__aarch64__)
extern const struct isw_kernels isw_kernels_advsimd;
#endif
#endif
