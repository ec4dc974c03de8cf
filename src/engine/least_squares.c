/* Levenberg-Marquardt (Hagan & Menhaj 1994): the step of an optimiser that solves for all numbers of a network
 * together. The residuals and their derivatives are curvature.c's; docs/numerics.md, "Least squares", has the rule and
 * the order of all sums. */
#include <math.h>
#include <string.h>
#include "engine_internal.h"

enum { LANES = ISW_CURVATURE_LANES };
enum { MU, MU_INCREASE, MU_DECREASE, MU_MAX }; /* parameters of the row */
static const double MU_MIN = 1e-20;

struct isw_least_squares {
  struct isw_curvature *curvature;
  size_t count;                      /* of trained numbers */
  struct isw_trained_number *number; /* [count] */
  double *derivatives;               /* [block][count] of one output of one network */
  double *products, *slopes;         /* J^T J: [LANES] upper triangles, row after row; J^T r: [LANES][count] */
  double *factor;                    /* [count][count] U of U^T U = J^T J + mu I, in its upper triangle */
  double *step;                      /* [count] */
  double *result;                    /* [lanes of the pack][count] the numbers of the attempts */
};

static size_t trained_numbers(const struct isw_pack *pack)
{
  size_t count = 0;
  for (size_t k = pack->first_trained; k < pack->layers; k++) {
    const struct isw_layer *l = &pack->layer[k];
    bool scale = pack->residual.train_scale && isw_ends_branch(pack->layers, pack->residual.branch_layers, k);
    if (!l->frozen[0]) count += l->fan_in * l->fan_out + scale;
    if (!l->frozen[1]) count += l->fan_out * isw_unit_parameters(pack->parts, pack->layers, k);
  }
  return count;
}

/* Numbers of an upper triangle. */
static size_t triangle(size_t count)
{
  return count * (count + 1) / 2;
}

struct isw_least_squares *isw_least_squares_create(struct isw_pack *pack)
{
  struct isw_memory *memory = &pack->memory;
  size_t count = trained_numbers(pack), lanes = pack->lanes < LANES ? pack->lanes : LANES;
  struct isw_least_squares *s = isw_memory_allocate(memory, 1, sizeof *s);
  struct isw_least_squares made = {.curvature = pack->curvature, .count = count};
  made.number = isw_memory_allocate(memory, count, sizeof *made.number);
  made.derivatives = isw_memory_allocate(memory, isw_curvature_block(pack), count * sizeof(double));
  made.products = isw_memory_allocate(memory, lanes, triangle(count) * sizeof(double));
  made.slopes = isw_memory_allocate(memory, lanes, count * sizeof(double));
  made.factor = isw_memory_allocate(memory, count, count * sizeof(double));
  made.step = isw_memory_allocate(memory, count, sizeof(double));
  made.result = isw_memory_allocate(memory, pack->lanes, count * sizeof(double));
  if (memory->measuring || memory->failed || !s) return NULL;
  isw_curvature_numbers(made.curvature, made.number);
  *s = made;
  return s;
}

/* x [columns] = x + sum over rows of sign m[row][0] m[row][column], rows ascending, each product and sum rounded. */
static void add_products(size_t rows, size_t columns, size_t stride, double sign, const double *m, double *restrict x)
{
  size_t r = 0;
  for (; r + 4 <= rows; r += 4, m += 4 * stride) {
    const double *m1 = m + stride, *m2 = m1 + stride, *m3 = m2 + stride;
    double f0 = sign * m[0], f1 = sign * m1[0], f2 = sign * m2[0], f3 = sign * m3[0];
    for (size_t j = 0; j < columns; j++) x[j] = (((x[j] + f0 * m[j]) + f1 * m1[j]) + f2 * m2[j]) + f3 * m3[j];
  }
  for (; r < rows; r++, m += stride) {
    double f = sign * m[0];
    for (size_t j = 0; j < columns; j++) x[j] = x[j] + f * m[j];
  }
}

/* squares [LANES]: sums of squares of the residuals with the widened numbers as they are now. */
static void sum_squares_of_block(const struct isw_pack *pack, const struct isw_least_squares *s, size_t samples,
                                 double *squares)
{
  for (size_t n = 0; n < samples; n++)
    for (size_t j = 0; j < pack->size[pack->layers]; j++)
      for (size_t l = 0; l < LANES; l++) {
        double r = isw_curvature_residual(s->curvature, n, j, l);
        squares[l] = squares[l] + r * r;
      }
}

/* The same of all samples. False: interrupted. */
static bool sum_squares(const struct isw_pack *pack, const struct isw_least_squares *s, double *squares)
{
  size_t all = pack->train_samples, block = isw_curvature_block(pack);
  memset(squares, 0, LANES * sizeof *squares);
  for (size_t first = 0; first < all; first += block) {
    if (isw_curvature_interrupted(s->curvature)) return false;
    size_t samples = all - first < block ? all - first : block;
    isw_curvature_forward_block(s->curvature, first, samples);
    sum_squares_of_block(pack, s, samples, squares);
  }
  return true;
}

/* Adds a block's derivatives of one output to J^T J and J^T r of a lane. */
static void add_derivatives(struct isw_least_squares *s, size_t output, size_t samples, size_t lane)
{
  size_t n = s->count;
  double *products = s->products + lane * triangle(n), *slopes = s->slopes + lane * n;
  for (size_t i = 0; i < samples; i++) {
    double *row = s->derivatives + i * n, r = isw_curvature_residual(s->curvature, i, output, lane);
    isw_curvature_derivatives(s->curvature, i, lane, row);
    for (size_t p = 0; p < n; p++) slopes[p] = slopes[p] + row[p] * r;
  }
  for (size_t p = 0; p < n; products += n - p, p++) add_products(samples, n - p, n, 1.0, s->derivatives + p, products);
}

/* J^T J, J^T r and the sum of squares of the lanes wanted[l]. False: interrupted. */
static bool linearize(const struct isw_pack *pack, struct isw_least_squares *s, size_t lanes, const bool *wanted,
                      double *squares)
{
  size_t all = pack->train_samples, block = isw_curvature_block(pack), n = s->count;
  memset(squares, 0, LANES * sizeof *squares);
  memset(s->products, 0, lanes * triangle(n) * sizeof *s->products);
  memset(s->slopes, 0, lanes * n * sizeof *s->slopes);
  for (size_t first = 0; first < all; first += block) {
    if (isw_curvature_interrupted(s->curvature)) return false;
    size_t samples = all - first < block ? all - first : block;
    isw_curvature_forward_block(s->curvature, first, samples);
    sum_squares_of_block(pack, s, samples, squares);
    for (size_t j = 0; j < pack->size[pack->layers]; j++) {
      isw_curvature_backward(s->curvature, j, samples);
      for (size_t l = 0; l < lanes; l++)
        if (wanted[l]) add_derivatives(s, j, samples, l);
    }
  }
  return true;
}

/* Cholesky's factor of J^T J + mu I. False: a pivot is not positive. */
static bool factorize(struct isw_least_squares *s, const double *products, double mu)
{
  size_t n = s->count;
  for (size_t i = 0; i < n; products += n - i, i++) {
    double *row = s->factor + i * n + i;
    memcpy(row, products, (n - i) * sizeof *row);
    row[0] = row[0] + mu;
    add_products(i, n - i, n, -1.0, s->factor + i, row);
    if (!(row[0] > 0.0)) return false;
    row[0] = sqrt(row[0]);
    for (size_t j = 1; j < n - i; j++) row[j] = row[j] / row[0];
  }
  return true;
}

/* step = U^-1 U^-T slopes */
static void substitute(struct isw_least_squares *s, const double *slopes)
{
  size_t n = s->count;
  memcpy(s->step, slopes, n * sizeof *slopes);
  for (size_t k = 0; k < n; k++) {
    const double *row = s->factor + k * n;
    double y = s->step[k] = s->step[k] / row[k];
    for (size_t j = k + 1; j < n; j++) s->step[j] = s->step[j] - row[j] * y;
  }
  for (size_t i = n; i-- > 0;) {
    const double *row = s->factor + i * n;
    double sum = s->step[i];
    for (size_t j = i + 1; j < n; j++) sum = sum - row[j] * s->step[j];
    s->step[i] = sum / row[i];
  }
}

/* Where a number of a lane of the pack is. */
static size_t index_of(const struct isw_trained_number *number, size_t lane)
{
  return number->index + lane;
}

/* The numbers of a lane of the pack with this mu, in the curvature and in s->result. False: there are none, because the
 * factor fails or a number is not finite. */
static bool attempt(const struct isw_pack *pack, struct isw_least_squares *s, size_t first, size_t lane, double mu)
{
  bool finite = true;
  if (!factorize(s, s->products + (lane - first) * triangle(s->count), mu)) return false;
  substitute(s, s->slopes + (lane - first) * s->count);
  for (size_t p = 0; p < s->count; p++) {
    const struct isw_trained_number *number = &s->number[p];
    double x = isw_number_load(pack->precision, number->array, index_of(number, lane)) - s->step[p];
    if (pack->precision == ISW_FLOAT32) x = (double)(float)x;
    finite = finite && isfinite(x);
    s->result[lane * s->count + p] = number->widened[lane - first] = x;
  }
  return finite;
}

/* What a step does to each network: nothing of it is stored before all are done. */
struct course {
  bool trying[ISW_LANES_MAX], lowered[ISW_LANES_MAX];
  double mu[ISW_LANES_MAX];
};

static void raise_mu(const struct isw_pack *pack, struct course *course, size_t lane)
{
  course->mu[lane] = course->mu[lane] * pack->lane[lane].p[MU_INCREASE];
  course->trying[lane] = course->mu[lane] <= pack->lane[lane].p[MU_MAX];
}

static void lower_mu(const struct isw_pack *pack, struct course *course, size_t lane)
{
  double mu = course->mu[lane] * pack->lane[lane].p[MU_DECREASE];
  course->mu[lane] = mu > MU_MIN ? mu : MU_MIN;
  course->trying[lane] = false;
  course->lowered[lane] = true;
}

/* The step of lanes first .. first + lanes - 1. False: interrupted. */
static bool step_lanes(const struct isw_pack *pack, struct isw_least_squares *s, size_t first, size_t lanes,
                       struct course *course)
{
  double squares[LANES], attempted[LANES];
  bool any = false;
  for (size_t l = first; l < first + lanes; l++) any = any || course->trying[l];
  if (!any) return true;
  isw_curvature_begin(s->curvature, first);
  if (!linearize(pack, s, lanes, course->trying + first, squares)) return false;
  for (;;) {
    any = false;
    for (size_t l = first; l < first + lanes; l++) {
      while (course->trying[l] && !attempt(pack, s, first, l, course->mu[l])) {
        if (isw_curvature_interrupted(s->curvature)) return false;
        raise_mu(pack, course, l);
      }
      any = any || course->trying[l];
    }
    if (!any) return true;
    if (!sum_squares(pack, s, attempted)) return false;
    for (size_t l = first; l < first + lanes; l++) {
      if (!course->trying[l]) continue;
      if (attempted[l - first] < squares[l - first])
        lower_mu(pack, course, l);
      else
        raise_mu(pack, course, l);
    }
  }
}

/* Stores the numbers of a lane. */
static void store(struct isw_pack *pack, const struct isw_least_squares *s, size_t lane)
{
  for (size_t p = 0; p < s->count; p++) {
    const struct isw_trained_number *number = &s->number[p];
    double x = s->result[lane * s->count + p];
    if (number->fills_line)
      isw_line_store(pack, number->array, 0, lane, x);
    else
      isw_number_store(pack->precision, number->array, index_of(number, lane), x);
  }
}

bool isw_least_squares_step(struct isw_pack *pack, const bool *live)
{
  struct isw_least_squares *s = pack->least_squares;
  struct course course = {0};
  for (size_t l = 0; l < pack->count; l++) {
    course.mu[l] = pack->lane[l].running[0];
    course.trying[l] = live[l] && course.mu[l] <= pack->lane[l].p[MU_MAX];
  }
  for (size_t first = 0; first < pack->lanes; first += LANES) {
    size_t lanes = pack->lanes - first < LANES ? pack->lanes - first : LANES;
    if (!step_lanes(pack, s, first, lanes, &course)) return false;
  }
  for (size_t l = 0; l < pack->count; l++) {
    pack->lane[l].running[0] = course.mu[l];
    if (course.lowered[l]) store(pack, s, l);
  }
  return true;
}
