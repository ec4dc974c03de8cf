/* distinct_units of each layer: units whose incoming weights, bias, gain and shift are equal in every value (0 and -0
 * alike) count once; -1 where a weight or bias is not finite. Units are sorted by a hash of their values, and those of
 * equal hash are compared value by value, so that a collision does not hide a unit. scratch: hashes [unit][lane], then
 * the sorted units of one lane. */
#include <stdlib.h>
#include <string.h>
#include "probes_internal.h"

struct unit {
  uint64_t hash;
  size_t number;
};

_Static_assert(sizeof(uint64_t) == sizeof(double), "a hash takes the place of one number of scratch");

static size_t widest(const struct isw_view *view)
{
  size_t most = 0;
  for (size_t k = 1; k <= view->layers; k++)
    if (view->size[k] > most) most = view->size[k];
  return most;
}

static size_t scratch(const struct isw_view *view)
{
  return widest(view) * view->lanes + widest(view) * sizeof(struct unit) / sizeof(double);
}

/* Mixes element (j, lane) of a row into hash[j][lane]. */
static void mix_row(const struct isw_view *view, const void *array, size_t element, size_t units, uint64_t *hash)
{
  double x[ISW_LANES_MAX];
  size_t lanes = view->lanes;
  for (size_t j = 0; j < units; j++) {
    isw_widen(view, array, element + j, x);
    for (size_t l = 0; l < lanes; l++) {
      double value = x[l] + 0.0; /* -0 becomes 0 */
      uint64_t bits, *h = &hash[j * lanes + l];
      memcpy(&bits, &value, sizeof bits);
      *h = (*h ^ bits) * UINT64_C(0x9e3779b97f4a7c15);
      *h ^= *h >> 32;
    }
  }
}

static double value_at(const struct isw_view *view, const void *array, size_t element, size_t lane)
{
  size_t at = element * view->lanes + lane;
  return view->precision == ISW_FLOAT32 ? (double)((const float *)array)[at] : ((const double *)array)[at];
}

static bool equal_units(const struct isw_view *view, size_t k, size_t lane, size_t a, size_t b)
{
  const void *bias = view->bias[k];
  if (bias && value_at(view, bias, a, lane) != value_at(view, bias, b, lane)) return false;
  const void *gain = view->gain[k], *shift = view->shift[k];
  if (gain && value_at(view, gain, a, lane) != value_at(view, gain, b, lane)) return false;
  if (shift && value_at(view, shift, a, lane) != value_at(view, shift, b, lane)) return false;
  for (size_t i = 0; i < view->size[k]; i++) {
    size_t row = i * view->weight_stride[k];
    if (value_at(view, view->weight[k], row + a, lane) != value_at(view, view->weight[k], row + b, lane)) return false;
  }
  return true;
}

static int compare(const void *a, const void *b)
{
  const struct unit *x = a, *y = b;
  if (x->hash != y->hash) return x->hash < y->hash ? -1 : 1;
  return (x->number > y->number) - (x->number < y->number);
}

/* Counts the distinct units of a lane. In a run of equal hashes, every unit is compared with the distinct ones before
 * it, which are moved to the front of the run. There is only one unless hashes collide. */
static size_t count_distinct(const struct isw_view *view, size_t k, size_t lane, struct unit *unit)
{
  size_t units = view->size[k + 1], distinct = 0, run = 0;
  for (size_t u = 0; u < units; u++) {
    if (u == 0 || unit[u].hash != unit[u - 1].hash) run = distinct;
    size_t same = run;
    while (same < distinct && !equal_units(view, k, lane, unit[same].number, unit[u].number)) same++;
    if (same == distinct) unit[distinct++].number = unit[u].number; /* distinct <= u: later hashes are unchanged */
  }
  return distinct;
}

static void finish(const struct isw_view *view, double *memory, double *value)
{
  size_t lanes = view->lanes;
  uint64_t *hash = (uint64_t *)(void *)memory; /* allocated memory has no declared type */
  struct unit *unit = (struct unit *)(void *)(memory + widest(view) * lanes);
  for (size_t k = 0; k < view->layers; k++) {
    size_t units = view->size[k + 1];
    memset(hash, 0, units * lanes * sizeof *hash);
    if (view->bias[k]) mix_row(view, view->bias[k], 0, units, hash);
    if (view->gain[k]) mix_row(view, view->gain[k], 0, units, hash);
    if (view->shift[k]) mix_row(view, view->shift[k], 0, units, hash);
    for (size_t i = 0; i < view->size[k]; i++) mix_row(view, view->weight[k], i * view->weight_stride[k], units, hash);
    for (size_t l = 0; l < lanes; l++) {
      value[k * lanes + l] = -1.0;
      if (l >= view->count || !view->finite[l]) continue;
      for (size_t j = 0; j < units; j++) unit[j] = (struct unit){hash[j * lanes + l], j};
      qsort(unit, units, sizeof *unit, compare);
      value[k * lanes + l] = (double)count_distinct(view, k, l, unit);
    }
  }
}

const struct isw_probe isw_probe_distinct_units = {
    ISW_PROBE_NAME("distinct_units"),
    .row.formula = "number of distinct units of each layer: units with equal incoming weights and bias count once; -1 "
                   "if not finite",
    .row.source = "docs/numerics.md",
    .quantity.long_name = "distinct units of a layer",
    .quantity.units = "1",
    .quantity.per_layer = true,
    .quantity.integer = true,
    .scratch = scratch,
    .finish = finish,
};
