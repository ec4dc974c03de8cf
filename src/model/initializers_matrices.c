/* Initialisers whose weights depend on each other: orthogonal matrices, identity and Hadamard matrices, sparse ones.
 * Their rows are in initializers.c. */
#include <math.h>
#include <stdlib.h>
#include "initsweep/base.h"
#include "model_internal.h"

/* x[i][j] -= beta v_i sum_i' v_i' x[i'][j] for rows i from `first` to m - 1 and columns j from `first` to n - 1.
 * x [m][n]. Each column's sum runs over i ascending; columns are innermost, so that they vectorise. */
static void reflect(size_t m, size_t n, size_t first, const double *v, double beta, double *sum, double *x)
{
  for (size_t j = first; j < n; j++) sum[j] = 0.0;
  for (size_t i = first; i < m; i++)
    for (size_t j = first; j < n; j++) sum[j] = sum[j] + v[i] * x[i * n + j];
  for (size_t j = first; j < n; j++) sum[j] = beta * sum[j];
  for (size_t i = first; i < m; i++)
    for (size_t j = first; j < n; j++) x[i * n + j] = x[i * n + j] - v[i] * sum[j];
}

/* Q of a = Q R with diag(R) > 0, by Householder reflections (Golub & Van Loan 2013, algorithms 5.1.1 and 5.2.1).
 * Plain multiplications and additions in this order only: a library's QR would make the bits depend on the machine. a
 * [m][n], m >= n, is used up; q [m][n]; v [n][m], sum [n], beta [n] and sign [n] are scratch. */
static void orthonormalize(size_t m, size_t n, double *a, double *q, double *v, double *sum, double *beta, double *sign)
{
  for (size_t k = 0; k < n && !isw_interrupted(); k++) {
    double *vk = v + k * m, square = 0.0;
    for (size_t i = k; i < m; i++) {
      vk[i] = a[i * n + k];
      square = square + vk[i] * vk[i];
    }
    double norm = sqrt(square);
    sign[k] = vk[k] > 0.0 ? -1.0 : 1.0; /* R_kk = -sign(x) |x|, so that v_k has no cancellation */
    vk[k] = vk[k] - sign[k] * norm;
    double length = 0.0;
    for (size_t i = k; i < m; i++) length = length + vk[i] * vk[i];
    beta[k] = length > 0.0 ? 2.0 / length : 0.0;
    reflect(m, n, k, vk, beta[k], sum, a);
  }
  for (size_t i = 0; i < m * n; i++) q[i] = 0.0;
  for (size_t k = 0; k < n; k++) q[k * n + k] = 1.0;
  for (size_t k = n; k-- > 0 && !isw_interrupted();) reflect(m, n, k, v + k * m, beta[k], sum, q);
  for (size_t i = 0; i < m; i++)
    for (size_t k = 0; k < n; k++) q[i * n + k] = sign[k] * q[i * n + k];
}

bool isw_fill_orthonormal(size_t fan_out, size_t fan_in, const struct isw_stream *stream, double *weight)
{
  bool tall = fan_out >= fan_in; /* a wide matrix is the transpose of a tall one, as torch.nn.init.orthogonal_ has it */
  size_t m = tall ? fan_out : fan_in, n = tall ? fan_in : fan_out, elements, numbers;
  if (!isw_multiply(m, n, &elements) || !isw_multiply(elements + n, 3, &numbers)) return false;
  double *scratch = isw_allocate(numbers, sizeof *scratch);
  if (!scratch) return false;
  double *a = scratch, *q = a + elements, *v = q + elements, *sum = v + elements, *beta = sum + n, *sign = beta + n;
  for (size_t row = 0; row < fan_out && !isw_interrupted(); row++)
    for (size_t column = 0; column < fan_in; column++)
      a[tall ? row * n + column : column * n + row] = isw_normal(stream, row * fan_in + column);
  orthonormalize(m, n, a, q, v, sum, beta, sign);
  for (size_t row = 0; row < fan_out; row++)
    for (size_t column = 0; column < fan_in; column++)
      weight[row * fan_in + column] = q[tall ? row * n + column : column * n + row];
  free(scratch);
  return true;
}

/* Both products of reflections take 4 FLOPs per element that a reflection changes. */
double isw_orthonormal_flops(size_t fan_out, size_t fan_in)
{
  double m = (double)(fan_out > fan_in ? fan_out : fan_in), n = (double)(fan_out > fan_in ? fan_in : fan_out);
  return 8.0 * n * n * (m / 2.0 - n / 6.0);
}

bool isw_fill_orthogonal(const struct isw_choice *settings, size_t fan_out, size_t fan_in, size_t columns,
                         const struct isw_stream *stream, double *weight)
{
  (void)columns; /* fan_in */
  if (!isw_fill_orthonormal(fan_out, fan_in, stream, weight)) return false;
  for (size_t i = 0; i < fan_out * fan_in; i++) weight[i] = settings->value[0].number * weight[i];
  return true;
}

bool isw_fill_identity(const struct isw_choice *settings, size_t fan_out, size_t fan_in, size_t columns,
                       const struct isw_stream *stream, double *weight)
{
  (void)columns, (void)stream;
  for (size_t i = 0; i < fan_out * fan_in; i++) weight[i] = 0.0;
  for (size_t k = 0; k < fan_out && k < fan_in; k++) weight[k * fan_in + k] = settings->value[0].number;
  return true;
}

/* Which inputs a unit takes: the first of a shuffle of its own, drawn under a purpose of its own, so that the weights
 * that stay are those of the dense start. */
bool isw_fill_sparse(const struct isw_choice *settings, size_t fan_out, size_t fan_in, size_t columns,
                     const struct isw_stream *stream, double *weight)
{
  (void)columns; /* fan_in */
  size_t most = settings->value[0].number < (double)fan_in ? (size_t)settings->value[0].number : fan_in;
  struct isw_stream choice = *stream;
  choice.purpose = ISW_PURPOSE_CHOICE;
  size_t *order = isw_allocate(fan_in, sizeof *order);
  if (!order) return false;
  for (size_t i = 0; i < fan_out * fan_in; i++) weight[i] = 0.0;
  for (size_t j = 0; j < fan_out && !isw_interrupted(); j++) {
    for (size_t i = 0; i < fan_in; i++) order[i] = i;
    for (size_t k = 0; k < most; k++) {
      size_t other = k + (size_t)isw_below(&choice, j * fan_in + k, fan_in - k), input = order[other];
      order[other] = order[k];
      weight[j * fan_in + input] = settings->value[1].number * isw_normal(stream, j * fan_in + input);
    }
  }
  free(order);
  return true;
}

/* Element (i, j) of Sylvester's Hadamard matrix: -1 to the power of the number of 1 bits that i and j have in
 * common. */
static double hadamard(size_t i, size_t j)
{
  size_t common = i & j, odd = 0;
  for (; common; common &= common - 1) odd ^= 1;
  return odd ? -1.0 : 1.0;
}

/* Sets a fraction of each input's column to zero: the first units of a shuffle, which has a purpose of its own. */
bool isw_fill_torch_sparse(const struct isw_choice *settings, size_t fan_out, size_t fan_in, size_t columns,
                           const struct isw_stream *stream, double *weight)
{
  (void)columns; /* fan_in */
  size_t zero = (size_t)ceil(settings->value[0].number * (double)fan_out);
  struct isw_stream choice = *stream;
  choice.purpose = ISW_PURPOSE_CHOICE;
  size_t *order = isw_allocate(fan_out, sizeof *order);
  if (!order) return false;
  for (size_t i = 0; i < fan_out * fan_in && !isw_interrupted(); i++)
    weight[i] = settings->value[1].number * isw_normal(stream, i);
  for (size_t i = 0; i < fan_in && !isw_interrupted(); i++) {
    for (size_t j = 0; j < fan_out; j++) order[j] = j;
    for (size_t k = 0; k < zero; k++) {
      size_t other = k + (size_t)isw_below(&choice, i * fan_out + k, fan_out - k), unit = order[other];
      order[other] = order[k];
      weight[unit * fan_in + i] = 0.0;
    }
  }
  free(order);
  return true;
}

bool isw_fill_zero_o(const struct isw_choice *settings, size_t fan_out, size_t fan_in, size_t columns,
                     const struct isw_stream *stream, double *weight)
{
  double gain = settings->value[0].number;
  if (fan_out <= fan_in) return isw_fill_identity(settings, fan_out, fan_in, columns, stream, weight);
  double size = 1.0; /* the power of two that is at least fan_out */
  while (size < (double)fan_out) size = 2.0 * size;
  double factor = gain / sqrt(size);
  for (size_t i = 0; i < fan_out; i++)
    for (size_t j = 0; j < fan_in; j++) weight[i * fan_in + j] = factor * hadamard(i, j);
  return true;
}
