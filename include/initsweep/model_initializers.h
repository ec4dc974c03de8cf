/** @file Initialisers: how the weights and biases of a layer start. One row of the table is one initialiser. */
#ifndef INITSWEEP_MODEL_INITIALIZERS_H
#define INITSWEEP_MODEL_INITIALIZERS_H
#include "initsweep/model_rows.h"
#include "initsweep/random.h"

enum { ISW_START_SAMPLES = 256 };

/** What a layer's start may depend on beside its own draws. */
struct isw_start {
  size_t layer, layers;                /**< weight layer, from 1; of so many */
  size_t before;                       /**< weights and biases of the layers below */
  const struct isw_choice *activation; /**< the layer's own */
  size_t outputs;                      /**< columns of targets */
  size_t samples;                      /**< training samples */
  const double *targets; /**< [samples][outputs], as the loss takes them; NULL where no row of the network needs them */
  size_t input_samples;  /**< at most ISW_START_SAMPLES training samples, spread evenly */
  const double *inputs;  /**< [input_samples][fan_in] what the layer gets from them; NULL where no row needs it */
};

/** What a row needs of struct isw_start. */
enum isw_start_needs {
  ISW_START_TARGETS = 1, /**< the training set's targets */
  ISW_START_INPUTS = 2,  /**< the layer's inputs under the layers below as they start */
  ISW_START_FILE = 4     /**< the choice's weights, of parameters path, dataset and network */
};

/** One initialiser. Bias initialisers are the same rows (`for_bias`): a bias is filled as one column. */
struct isw_initializer {
  struct isw_row row;
  bool for_bias; /**< makes sense as network.bias_init */
  /**
   * Fills one layer's weights.
   * @param[in]  settings  this row's parameters
   * @param[in]  fan_out   rows
   * @param[in]  fan_in    of the layer
   * @param[in]  columns   fan_in, or 1 where it is the layer's bias
   * @param[in]  stream    draws keyed by (seed, replicate, layer); draw i belongs to element i
   * @param[out] weight    [fan_out][columns], row-major, float64; the engine rounds to the sweep's precision
   * @return false where memory ran out
   */
  bool (*fill)(const struct isw_choice *settings, size_t fan_out, size_t fan_in, size_t columns,
               const struct isw_stream *stream, double *weight);
  /** In place of fill (then NULL), for rows that depend on the layer's place or on the data. */
  bool (*fill_from)(const struct isw_choice *settings, const struct isw_start *start, size_t fan_out, size_t fan_in,
                    size_t columns, const struct isw_stream *stream, double *weight);
  unsigned needs; /**< enum isw_start_needs */
};
const struct isw_initializer *isw_initializers(size_t *count);
/** Facts of a row into fact[ISW_FACTS_MAX]; returns how many. Likewise those of other tables. */
size_t isw_initializer_facts(size_t row, struct isw_fact *fact);
/** Fills one layer's weights or bias by the row of `init`; arguments and result as those of its `fill`. */
bool isw_initialize(const struct isw_choice *init, const struct isw_start *start, size_t fan_out, size_t fan_in,
                    size_t columns, const struct isw_stream *stream, double *weight);
#endif
