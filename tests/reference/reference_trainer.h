/** @file The reference trainer: docs/numerics.md as a scalar program, one network at a time. It shares the random
 *  numbers, the initialisers and the rows of src/model/ with initsweep, and nothing of the engine: every kernel must
 *  equal it bit for bit. */
#ifndef INITSWEEP_TESTS_REFERENCE_TRAINER_H
#define INITSWEEP_TESTS_REFERENCE_TRAINER_H
#include "initsweep/engine.h"

/** What is measured at a record; the names are those of the probes. */
enum {
  REFERENCE_LOSS,
  REFERENCE_GRADIENT_NORM,      /**< a weight layer's weights */
  REFERENCE_BIAS_GRADIENT_NORM, /**< its biases; NaN if it has none */
  REFERENCE_WEIGHT_NORM,
  REFERENCE_BIAS_NORM,
  REFERENCE_SCALE, /**< alpha of the branch that ends with the layer, otherwise NaN */
  REFERENCE_SCALE_GRADIENT,
  REFERENCE_BATCH_LOSS, /**< of the batch of the step at the record */
  REFERENCE_BATCH_GRADIENT_NORM,
  REFERENCE_BATCH_BIAS_GRADIENT_NORM,
  REFERENCE_MEASURES
};

/** The outcome of a training. Every number is representable in the network's precision. */
struct reference_result {
  enum isw_network_status status;
  uint64_t steps_done;
  size_t parameters, records, records_done, layers, branches;
  double *weights_initial,
      *weights_final; /**< [parameters] layer after layer: weight [fan_out][fan_in], bias [fan_out] if any, scale */
  double *measure[REFERENCE_MEASURES]; /**< [records] for losses, otherwise [records][layers]; NaN: not recorded */
  bool subnormal_gradient;             /**< whether a gradient of a step was subnormal and not 0 */
};

/** Trains one network. record_steps [records] ascending. Exits if memory cannot be allocated, as it is a test
 *  program. */
struct reference_result reference_train(const struct isw_network *network, const struct isw_data *data,
                                        enum isw_precision real, size_t records, const uint64_t *record_steps);
void reference_result_clear(struct reference_result *result);
#endif
