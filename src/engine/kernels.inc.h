/* The only source of all kernels (kernels.h states what each computes), in parts by subject. A kernels_ISA.c includes
 * it once per precision, after isa_ISA.h has defined
 *   REAL                     float or double
 *   NAME(x)                  x with a suffix for instruction set and precision
 *   V                        a vector of numbers of REAL, or one number; + - * / and comparisons work on it
 *   PARTS                    vectors per line
 *   TILE_ROWS, TILE_COLUMNS  of the products, as the registers allow
 *   CHUNK                    terms that a tile sums in one go: its rows' part of `a` stays in the first cache
 *   BLOCK_COLUMNS            a multiple of TILE_COLUMNS: CHUNK of their lines fill a quarter of the second cache
 *   IN_REGISTER(x)           makes the compiler load x once
 *   K, FMA, SELECT, SQRT, ABS  as src/model/activations.def needs them
 *   ANY_NAN(x)               whether a number of x is NaN
 *   MASK, LESS, LESS_EQUAL, EQUAL, BOTH, EITHER, ANY, ALL, CHOOSE  as exact_functions.inc.h needs them
 *   TRANSPOSE_LINES(from, from_row, to, to_row)  not everywhere: to = from transposed, as many lines as a line has
 *                            numbers; rows are so many numbers apart
 *   TINY                     PARTS is small enough for kernels_tiny.inc.h
 * No lane ever reads another, so a network's numbers do not depend on its neighbours, nor units in lanes on those that
 * pad their last line. */

#ifndef INITSWEEP_ENGINE_KERNELS_ONCE
#define INITSWEEP_ENGINE_KERNELS_ONCE
#if defined(__clang__)
#define UNROLL _Pragma("unroll")
#define UNROLL_TILE UNROLL
#define SHUFFLE_4(x, y, ...) __builtin_shufflevector(x, y, __VA_ARGS__)
#else
#define UNROLL _Pragma("GCC unroll 8")
#define UNROLL_TILE _Pragma("GCC unroll 12")
#define SHUFFLE_4(x, y, ...) __builtin_shuffle(x, y, (NAME(four_indices)){__VA_ARGS__})
#endif
#define PREFETCH(line) __builtin_prefetch(line, 0, 2)
#define TANH(x) NAME(tanh)(x)
#define SIN(x) NAME(sin)(x)
#define COS(x) NAME(cos)(x)
#define LOG(x) NAME(log)(x)
#define EXP(x) NAME(exp)(x)
#define EXPM1(x) NAME(expm1)(x)
#define LOG1P(x) NAME(log1p)(x)
#define ERF(x) NAME(erf)(x)
#define KERNELS(suffix)                                                                                                \
  {                                                                                                                    \
    forward_##suffix, forward_first_##suffix, backward_##suffix, gradient_##suffix, gradient_first_##suffix,           \
        bias_gradient_##suffix, sum_loss_##suffix, sum_squares_##suffix, activation_##suffix, loss_##suffix,           \
        loss_hessian_product_##suffix, update_##suffix, scale_##suffix, apply_mask_##suffix, small_steps_##suffix,     \
        tiny_steps_##suffix, residual_forward_##suffix, residual_backward_scale_##suffix,                              \
        residual_backward_add_##suffix, residual_scale_gradient_##suffix, normalization_forward_##suffix,              \
        normalization_backward_##suffix, gain_gradient_##suffix,                                                       \
    {                                                                                                                  \
      units_sum_loss_##suffix, units_sum_squares_##suffix, units_residual_scale_gradient_##suffix,                     \
          units_loss_##suffix, units_normalization_forward_##suffix, units_normalization_backward_##suffix,            \
          units_transpose_##suffix                                                                                     \
    }                                                                                                                  \
  }
#endif

#include "initsweep/exact_functions.inc.h"
#include "engine/kernels_products.inc.h"
#include "engine/kernels_rowwise.inc.h"
#include "engine/kernels_units.inc.h"
#include "engine/kernels_normalization.inc.h"
#include "engine/kernels_small.inc.h"
#if defined TINY && !defined INITSWEEP_NO_TINY
#include "engine/kernels_tiny.inc.h"
#else
static isw_small_steps_kernel *const NAME(tiny_steps)[] = {NULL};
#endif

#undef CURVATURE
#include "engine/isa_undefine.h"
