/** @file Samples in one precision; for the engine's files. */
#ifndef INITSWEEP_ENGINE_SAMPLES_H
#define INITSWEEP_ENGINE_SAMPLES_H
#include "initsweep/engine.h"

/** A set of samples: inputs [samples][features] and targets [samples][outputs] of the precision, as the loss takes them;
 *  labels [samples][columns] as the data had them, for probes. */
struct isw_set {
  size_t samples;
  void *inputs, *targets;
  double *labels;
};

struct isw_samples {
  enum isw_precision real;
  enum isw_targets kind;
  size_t features, outputs;
  size_t columns; /**< of labels */
  struct isw_set train, test;
};

/** Writes r(x) as number `index` of an array of a precision; every NaN becomes the quiet one. */
void isw_put(enum isw_precision real, void *array, size_t index, double x);
double isw_get(enum isw_precision real, const void *array, size_t index);
#endif
