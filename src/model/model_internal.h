/** @file What the files of the model room share: the functions that fill weights by the rows of initializers.c. */
#ifndef INITSWEEP_MODEL_INTERNAL_H
#define INITSWEEP_MODEL_INTERNAL_H
#include "initsweep/model.h"

/* As struct isw_initializer's fill (src/model/initializers_matrices.c). */
typedef bool isw_fill(const struct isw_choice *settings, size_t fan_out, size_t fan_in, size_t columns,
                      const struct isw_stream *stream, double *weight);
isw_fill isw_fill_orthogonal, isw_fill_identity, isw_fill_sparse, isw_fill_torch_sparse, isw_fill_zero_o;

/* As struct isw_initializer's fill_from (src/model/initializers_context.c). */
typedef bool isw_fill_from(const struct isw_choice *settings, const struct isw_start *start, size_t fan_out,
                           size_t fan_in, size_t columns, const struct isw_stream *stream, double *weight);
isw_fill_from isw_fill_target_mean, isw_fill_symmetric_pairs, isw_fill_lsuv, isw_fill_file, isw_fill_interpolate,
    isw_fill_plane;
/** Number `index` of the weights of a choice of the row `interpolate`. */
double isw_on_the_line(const struct isw_choice *interpolate, size_t index);

/** The row `orthogonal` with gain 1. */
bool isw_fill_orthonormal(size_t fan_out, size_t fan_in, const struct isw_stream *stream, double *weight);
/** @name FLOPs of rows, as isw_initializer.flops
 *  @{ */
double isw_orthonormal_flops(size_t fan_out, size_t fan_in);
double isw_lsuv_flops(size_t fan_out, size_t fan_in);
/** @} */

/** Words of symmetric_pairs' `output`. */
enum { ISW_PAIRS_POWER_OF_TWO, ISW_PAIRS_NORMAL };
#endif
