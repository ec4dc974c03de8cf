/** @file Datasets in one precision, and access to numbers of either precision; for the engine's files. */
#ifndef INITSWEEP_ENGINE_SAMPLES_H
#define INITSWEEP_ENGINE_SAMPLES_H
#include "initsweep/engine.h"

/** A set of samples: inputs [samples][features] and targets [samples][outputs] of the precision, as the loss takes
 *  them; labels [samples][columns] as the data had them, for probes. */
struct isw_set {
  size_t samples;
  const void *inputs; /**< the data's own, or `rounded` */
  void *rounded;      /**< NULL if the data have the precision */
  void *targets;
  const double *labels; /**< the data's */
};

struct isw_samples {
  enum isw_precision precision;
  enum isw_targets kind;
  size_t features, outputs;
  size_t columns; /**< of labels */
  struct isw_set train, test;
};

/** Stores x, rounded to the precision, as element `index` of an array; every NaN becomes the quiet NaN. */
void isw_number_store(enum isw_precision precision, void *array, size_t index, double x);
/** Element `index` of an array. */
double isw_number_load(enum isw_precision precision, const void *array, size_t index);
#endif
