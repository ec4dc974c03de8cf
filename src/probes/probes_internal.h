/** @file What the probes share: lanes of either precision as float64, sums of squares, NaN. */
#ifndef INITSWEEP_PROBES_INTERNAL_H
#define INITSWEEP_PROBES_INTERNAL_H
#include <math.h>
#include "initsweep/probes.h"

/** The name of a probe, in its table row and in the quantity that it records. */
#define ISW_PROBE_NAME(text) .row.name = (text), .quantity.name = (text)

/** Lanes for which a probe that calls isw_curvature_... keeps values: the view's, rounded up to whole groups of
 *  ISW_CURVATURE_LANES. */
static inline size_t isw_curvature_lanes(const struct isw_view *view)
{
  return view->lanes < ISW_CURVATURE_LANES ? (size_t)ISW_CURVATURE_LANES : view->lanes;
}

/** Whether one of the networks in lanes first .. first + ISW_CURVATURE_LANES - 1 is finite, so that isw_curvature_...
 *  has something to do. */
static inline bool isw_curvature_any_finite(const struct isw_view *view, size_t first)
{
  bool any = false;
  for (size_t l = first; l < first + ISW_CURVATURE_LANES && l < view->count; l++) any = any || view->finite[l];
  return any;
}

/** x, or the one quiet NaN that is stored, because NaN payloads differ between machines. */
static inline double isw_canonical(double x)
{
  return isnan(x) ? (double)NAN : x;
}

/** Whether sample number `sample` of `samples` is one of at most `most` that are spread evenly, floor(i samples /
 *  chosen) for i = 0 .. chosen - 1, chosen = min(samples, most). */
static inline bool isw_chosen(size_t sample, size_t samples, size_t most)
{
  if (samples <= most) return true;
  /* The first i with floor(i samples / most) >= sample. The product cannot overflow: sizes are far below 2^58. */
  size_t i = (sample * most + samples - 1) / samples;
  return i * samples / most == sample;
}

#define ISW_PROBE(name) extern const struct isw_probe isw_probe_##name;
#include "probes.def"
#undef ISW_PROBE
#endif
