/* One-sided Jacobi rotations and scaling of a matrix per lane, for the probes of singular values. */
#include "matrix.h"
#include <string.h>

size_t isw_matrix_scratch(const struct isw_view *view)
{
  size_t most = 0;
  for (size_t k = 0; k < view->layers; k++)
    if (view->size[k] * view->size[k + 1] > most) most = view->size[k] * view->size[k + 1];
  return most * view->lanes;
}

void isw_matrix_scale(size_t lanes, size_t count, double *matrix, int *exponent, bool *finite)
{
  double largest[ISW_LANES_MAX] = {0.0};
  for (size_t l = 0; l < lanes; l++) finite[l] = true;
  for (size_t n = 0; n < count; n++)
    for (size_t l = 0; l < lanes; l++) {
      double x = fabs(matrix[n * lanes + l]);
      if (!(x < INFINITY)) {
        finite[l] = false;
        matrix[n * lanes + l] = 0.0;
      } else if (x > largest[l]) {
        largest[l] = x;
      }
    }
  for (size_t l = 0; l < lanes; l++) {
    frexp(largest[l], &exponent[l]);
    for (size_t n = 0; exponent[l] != 0 && n < count; n++)
      matrix[n * lanes + l] = ldexp(matrix[n * lanes + l], -exponent[l]);
  }
}

void isw_matrix_units(const struct isw_view *view, size_t k, double *unit, int *exponent)
{
  size_t fan_in = view->size[k], fan_out = view->size[k + 1];
  bool finite[ISW_LANES_MAX];
  for (size_t j = 0; j < fan_out; j++)
    for (size_t i = 0; i < fan_in; i++)
      isw_widen(view, view->weight[k], i * view->weight_stride[k] + j, unit + (j * fan_in + i) * view->lanes);
  isw_matrix_scale(view->lanes, fan_in * fan_out, unit, exponent, finite);
}

void isw_transpose(size_t lanes, size_t rows, size_t columns, const double *from, double *to)
{
  for (size_t r = 0; r < rows; r++)
    for (size_t c = 0; c < columns; c++)
      memcpy(to + (c * rows + r) * lanes, from + (r * columns + c) * lanes, lanes * sizeof *to);
}

/* Makes columns p and q orthogonal in every lane. Returns whether any lane needed a rotation; the other lanes rotate by
 * 0. */
static bool rotate(size_t lanes, size_t rows, double *restrict p, double *restrict q)
{
  double pp[ISW_LANES_MAX] = {0.0}, qq[ISW_LANES_MAX] = {0.0}, pq[ISW_LANES_MAX] = {0.0};
  double cosine[ISW_LANES_MAX], sine[ISW_LANES_MAX];
  bool turned = false;
  for (size_t r = 0; r < rows; r++)
    for (size_t l = 0; l < lanes; l++) {
      double x = p[r * lanes + l], y = q[r * lanes + l];
      pp[l] = pp[l] + x * x;
      qq[l] = qq[l] + y * y;
      pq[l] = pq[l] + x * y;
    }
  for (size_t l = 0; l < lanes; l++) {
    cosine[l] = 1.0;
    sine[l] = 0.0;
    if (fabs(pq[l]) <= 0x1p-50 * (sqrt(pp[l]) * sqrt(qq[l]))) continue;
    double zeta = (qq[l] - pp[l]) / (2.0 * pq[l]);
    double tangent = 1.0 / (fabs(zeta) + sqrt(1.0 + zeta * zeta));
    if (tangent == 0.0) continue;
    cosine[l] = 1.0 / sqrt(1.0 + tangent * tangent);
    sine[l] = cosine[l] * (zeta < 0.0 ? -tangent : tangent);
    turned = true;
  }
  if (!turned) return false;
  for (size_t r = 0; r < rows; r++)
    for (size_t l = 0; l < lanes; l++) {
      double x = p[r * lanes + l], y = q[r * lanes + l];
      p[r * lanes + l] = cosine[l] * x - sine[l] * y;
      q[r * lanes + l] = sine[l] * x + cosine[l] * y;
    }
  return true;
}

void isw_singular_values(const struct isw_view *view, size_t lanes, size_t columns, size_t rows, double *matrix,
                         double *value)
{
  bool turned = true;
  for (int sweep = 0; turned && sweep < 60; sweep++) {
    turned = false;
    for (size_t p = 0; p < columns; p++)
      for (size_t q = p + 1; q < columns; q++) {
        if (view && isw_view_interrupted(view)) return;
        turned |= rotate(lanes, rows, matrix + p * rows * lanes, matrix + q * rows * lanes);
      }
  }
  for (size_t c = 0; c < columns; c++) {
    double *square = value + c * lanes;
    for (size_t l = 0; l < lanes; l++) square[l] = 0.0;
    for (size_t r = 0; r < rows; r++)
      for (size_t l = 0; l < lanes; l++) {
        double x = matrix[(c * rows + r) * lanes + l];
        square[l] = square[l] + x * x;
      }
    for (size_t l = 0; l < lanes; l++) square[l] = sqrt(square[l]);
  }
}
