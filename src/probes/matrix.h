/** @file Matrices of a pack in float64, one per lane, for probes of singular values and angles. */
#ifndef INITSWEEP_PROBES_MATRIX_H
#define INITSWEEP_PROBES_MATRIX_H
#include "probes_internal.h"

/** Number of float64 values that the largest weight matrix needs, for all lanes. */
size_t isw_matrix_scratch(const struct isw_view *view);

/** Multiplies matrix [count][lane] by 2^-exponent[lane] so that the largest magnitude of a lane is in [1/2, 1): squares
 *  neither overflow nor vanish. Sets finite[lane] to whether all numbers of the lane are finite; those that are not
 *  become 0. */
void isw_matrix_scale(size_t lanes, size_t count, double *matrix, int *exponent, bool *finite);

/** The incoming weights of layer k + 1's units, scaled in this way: unit[j][i][lane] for units j and inputs i. */
void isw_matrix_units(const struct isw_view *view, size_t k, double *unit, int *exponent);

/** Singular values of matrix [columns][rows][lane] (a column is contiguous except for the lanes), in the order of its
 *  columns, not sorted: value[column][lane]. One-sided Jacobi (Hestenes 1958): sweeps over the pairs p < q, p outside,
 *  each pair rotated until its columns are orthogonal to 2^-50, at most 60 sweeps; sums from 0 over rows ascending; the
 *  values are the columns' norms. Destroys the matrix. Fast if columns <= rows; any shape is correct, and extra values
 *  are 0 up to rounding. Without values if the view (NULL: none) is interrupted. */
void isw_singular_values(const struct isw_view *view, size_t lanes, size_t columns, size_t rows, double *matrix,
                         double *value);

/** Transposes a matrix from [rows][columns][lane] to [columns][rows][lane]. */
void isw_transpose(size_t lanes, size_t rows, size_t columns, const double *from, double *to);
#endif
