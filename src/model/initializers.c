#include <stdlib.h>
#include "initsweep/base.h"
#include "parameters.h"

/* Draw i of the stream belongs to element i under every row, so that replicates are paired across initialisers. */

static void fill_normal(double mean, double std, size_t count, const struct isw_stream *stream, double *weight)
{
  for (size_t i = 0; i < count; i++) weight[i] = mean + std * isw_normal(stream, i);
}

static void fill_uniform(double low, double high, size_t count, const struct isw_stream *stream, double *weight)
{
  for (size_t i = 0; i < count; i++) weight[i] = low + (high - low) * isw_uniform(stream, i);
}

/* Uniform of standard deviation std: bound sqrt(3) std, as torch.nn.init computes it. */
static void fill_uniform_of_std(double std, size_t count, const struct isw_stream *stream, double *weight)
{
  double bound = sqrt(3.0) * std;
  fill_uniform(-bound, bound, count, stream, weight);
}

static bool zeros(const struct isw_choice *settings, size_t fan_out, size_t fan_in, const struct isw_stream *stream,
                  double *weight)
{
  (void)settings, (void)stream;
  for (size_t i = 0; i < fan_out * fan_in; i++) weight[i] = 0.0;
  return true;
}

static bool constant(const struct isw_choice *settings, size_t fan_out, size_t fan_in, const struct isw_stream *stream,
                     double *weight)
{
  (void)stream;
  for (size_t i = 0; i < fan_out * fan_in; i++) weight[i] = settings->value[0].number;
  return true;
}

static bool normal(const struct isw_choice *settings, size_t fan_out, size_t fan_in, const struct isw_stream *stream,
                   double *weight)
{
  fill_normal(settings->value[0].number, settings->value[1].number, fan_out * fan_in, stream, weight);
  return true;
}

static bool uniform(const struct isw_choice *settings, size_t fan_out, size_t fan_in, const struct isw_stream *stream,
                    double *weight)
{
  fill_uniform(settings->value[0].number, settings->value[1].number, fan_out * fan_in, stream, weight);
  return true;
}

static bool truncated_normal(const struct isw_choice *settings, size_t fan_out, size_t fan_in,
                             const struct isw_stream *stream, double *weight)
{
  double mean = settings->value[0].number, std = settings->value[1].number;
  for (size_t i = 0; i < fan_out * fan_in; i++) weight[i] = mean + std * isw_truncated_normal(stream, i);
  return true;
}

static double lecun_std(const struct isw_choice *settings, size_t fan_in)
{
  return settings->value[0].number / sqrt((double)fan_in);
}

static double glorot_std(const struct isw_choice *settings, size_t fan_out, size_t fan_in)
{
  return settings->value[0].number * sqrt(2.0 / ((double)fan_in + (double)fan_out));
}

static double he_std(size_t fan_in)
{
  return sqrt(2.0) / sqrt((double)fan_in);
}

static bool lecun_normal(const struct isw_choice *settings, size_t fan_out, size_t fan_in,
                         const struct isw_stream *stream, double *weight)
{
  fill_normal(0.0, lecun_std(settings, fan_in), fan_out * fan_in, stream, weight);
  return true;
}

static bool lecun_uniform(const struct isw_choice *settings, size_t fan_out, size_t fan_in,
                          const struct isw_stream *stream, double *weight)
{
  fill_uniform_of_std(lecun_std(settings, fan_in), fan_out * fan_in, stream, weight);
  return true;
}

static bool glorot_normal(const struct isw_choice *settings, size_t fan_out, size_t fan_in,
                          const struct isw_stream *stream, double *weight)
{
  fill_normal(0.0, glorot_std(settings, fan_out, fan_in), fan_out * fan_in, stream, weight);
  return true;
}

static bool glorot_uniform(const struct isw_choice *settings, size_t fan_out, size_t fan_in,
                           const struct isw_stream *stream, double *weight)
{
  fill_uniform_of_std(glorot_std(settings, fan_out, fan_in), fan_out * fan_in, stream, weight);
  return true;
}

static bool he_normal(const struct isw_choice *settings, size_t fan_out, size_t fan_in, const struct isw_stream *stream,
                      double *weight)
{
  (void)settings;
  fill_normal(0.0, he_std(fan_in), fan_out * fan_in, stream, weight);
  return true;
}

static bool he_uniform(const struct isw_choice *settings, size_t fan_out, size_t fan_in,
                       const struct isw_stream *stream, double *weight)
{
  (void)settings;
  fill_uniform_of_std(he_std(fan_in), fan_out * fan_in, stream, weight);
  return true;
}

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

/* Q of a = Q R with diag(R) > 0, by Householder's reflections (Golub & Van Loan 2013, algorithms 5.1.1 and 5.2.1). Plain
 * multiplications and additions in this order only: a library's QR would make the bits depend on the machine.
 * a [m][n], m >= n, is used up; q [m][n]; v [n][m], sum [n], beta [n] and sign [n] are scratch. */
static void orthonormalize(size_t m, size_t n, double *a, double *q, double *v, double *sum, double *beta, double *sign)
{
  for (size_t k = 0; k < n; k++) {
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
  for (size_t k = n; k-- > 0;) reflect(m, n, k, v + k * m, beta[k], sum, q);
  for (size_t i = 0; i < m; i++)
    for (size_t k = 0; k < n; k++) q[i * n + k] = sign[k] * q[i * n + k];
}

static bool orthogonal(const struct isw_choice *settings, size_t fan_out, size_t fan_in,
                       const struct isw_stream *stream, double *weight)
{
  bool tall = fan_out >= fan_in; /* a wide matrix is the transpose of a tall one, as torch.nn.init.orthogonal_ has it */
  size_t m = tall ? fan_out : fan_in, n = tall ? fan_in : fan_out, elements, numbers;
  if (!isw_multiply(m, n, &elements) || !isw_multiply(elements + n, 3, &numbers)) return false;
  double *scratch = isw_allocate(numbers, sizeof *scratch);
  if (!scratch) return false;
  double *a = scratch, *q = a + elements, *v = q + elements, *sum = v + elements, *beta = sum + n, *sign = beta + n;
  for (size_t row = 0; row < fan_out; row++)
    for (size_t column = 0; column < fan_in; column++)
      a[tall ? row * n + column : column * n + row] = isw_normal(stream, row * fan_in + column);
  orthonormalize(m, n, a, q, v, sum, beta, sign);
  double gain = settings->value[0].number;
  for (size_t row = 0; row < fan_out; row++)
    for (size_t column = 0; column < fan_in; column++)
      weight[row * fan_in + column] = gain * q[tall ? row * n + column : column * n + row];
  free(scratch);
  return true;
}

static bool identity(const struct isw_choice *settings, size_t fan_out, size_t fan_in, const struct isw_stream *stream,
                     double *weight)
{
  zeros(settings, fan_out, fan_in, stream, weight);
  for (size_t k = 0; k < fan_out && k < fan_in; k++) weight[k * fan_in + k] = settings->value[0].number;
  return true;
}

#define GAIN ISW_REAL_PARAMETER("gain", 1.0, -INFINITY, INFINITY, 0, "factor of every weight")
#define MEAN ISW_REAL_PARAMETER("mean", 0.0, -INFINITY, INFINITY, 0, "mean of the weights")

static const struct isw_initializer table[] = {
    {{"zeros", ISW_NONE, "w = 0", "torch.nn.init.zeros_"}, true, zeros},
    {{"constant",
      {ISW_REAL_PARAMETER("value", 0.0, -INFINITY, INFINITY, 0, "every weight")},
      "w = value",
      "torch.nn.init.constant_"},
     true,
     constant},
    {{"normal",
      {MEAN, ISW_REAL_PARAMETER("std", 1.0, 0.0, INFINITY, 0, "standard deviation")},
      "w ~ N(mean, std^2)",
      "torch.nn.init.normal_"},
     true,
     normal},
    {{"uniform",
      {ISW_REAL_PARAMETER("low", 0.0, -INFINITY, INFINITY, 0, "lower end"),
       ISW_REAL_PARAMETER("high", 1.0, -INFINITY, INFINITY, 0, "upper end")},
      "w = low + (high - low) u, u ~ U[0, 1)",
      "torch.nn.init.uniform_"},
     true,
     uniform},
    {{"truncated_normal",
      {MEAN, ISW_REAL_PARAMETER("std", 1.0, 0.0, INFINITY, 0,
                                "standard deviation before truncation; after it the weights have 0.8796 std")},
      "w ~ N(mean, std^2) given |w - mean| <= 2 std",
      "torch.nn.init.trunc_normal_ with a = mean - 2 std, b = mean + 2 std"},
     true,
     truncated_normal},
    {{"lecun_normal",
      {GAIN},
      "w ~ N(0, gain^2 / fan_in)",
      "LeCun et al. 1998, eq. 16; Keras's lecun_normal truncates, this does not"},
     false,
     lecun_normal},
    {{"lecun_uniform", {GAIN}, "w ~ U(-b, b), b = gain sqrt(3 / fan_in)", "LeCun et al. 1998, eq. 16"},
     false,
     lecun_uniform},
    {{"glorot_normal",
      {GAIN},
      "w ~ N(0, gain^2 2 / (fan_in + fan_out))",
      "Glorot & Bengio 2010, eq. 12, as torch.nn.init.xavier_normal_"},
     false,
     glorot_normal},
    {{"glorot_uniform",
      {GAIN},
      "w ~ U(-b, b), b = gain sqrt(6 / (fan_in + fan_out))",
      "Glorot & Bengio 2010, eq. 16, as torch.nn.init.xavier_uniform_"},
     false,
     glorot_uniform},
    {{"he_normal", ISW_NONE, "w ~ N(0, 2 / fan_in)",
      "He et al. 2015, eq. 10, as torch.nn.init.kaiming_normal_(nonlinearity='relu')"},
     false,
     he_normal},
    {{"he_uniform", ISW_NONE, "w ~ U(-b, b), b = sqrt(6 / fan_in)",
      "He et al. 2015, eq. 10, as torch.nn.init.kaiming_uniform_(nonlinearity='relu')"},
     false,
     he_uniform},
    {{"orthogonal",
      {GAIN},
      "w = gain Q, Q R = A with A ~ N(0, 1) and diag(R) > 0; a wide w is the transpose of a tall one",
      "Saxe, McClelland & Ganguli 2014, as torch.nn.init.orthogonal_"},
     false,
     orthogonal},
    {{"identity", {GAIN}, "w_ij = gain where i = j, else 0", "Le, Jaitly & Hinton 2015, as torch.nn.init.eye_"},
     false,
     identity},
};

const struct isw_initializer *isw_initializers(size_t *count)
{
  *count = sizeof table / sizeof table[0];
  return table;
}
