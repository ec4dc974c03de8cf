/** @file Eigenvalues of symmetric matrices, with a fixed order of operations. */
#ifndef INITSWEEP_PROBES_SYMMETRIC_H
#define INITSWEEP_PROBES_SYMMETRIC_H
#include <stdbool.h>
#include <stddef.h>

/** Eigenvalues of the symmetric tridiagonal matrix with diagonal d [n] and off-diagonal e [n - 1], into d, ascending; e
 *  is [n] and destroyed. QL with implicit shifts (Martin & Wilkinson 1968; Parlett 1998, chapter 8). last [n], or NULL:
 *  the last component of each eigenvalue's unit vector. False, and NaN everywhere, where a number is not finite. */
bool isw_tridiagonal_eigenvalues(size_t n, double *d, double *e, double *last);

/** Householder reflections take matrix [n][n][lanes], symmetric, to tridiagonal form: d [n][lanes], e [n][lanes] (Golub
 *  & Van Loan 2013, algorithm 8.3.1, sums ascending). Destroys the matrix. Its squares must be representable. */
void isw_tridiagonalise(size_t lanes, size_t n, double *matrix, double *d, double *e, double *work);
#endif
