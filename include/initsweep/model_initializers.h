/** @file Initialisers: how the initial weights and biases of a layer are drawn or computed. Each row of the table is
 *  one initialiser. */
#ifndef INITSWEEP_MODEL_INITIALIZERS_H
#define INITSWEEP_MODEL_INITIALIZERS_H
#include "initsweep/model_rows.h"
#include "initsweep/random.h"

enum { ISW_START_SAMPLES = 256 };

/** What the initialisation of a layer may depend on in addition to its own draws. */
struct isw_start {
  size_t layer, layers;                /**< number of this weight layer, from 1; number of weight layers */
  size_t before;                       /**< number of weights and biases of the layers below */
  const struct isw_choice *activation; /**< activation of this layer */
  size_t outputs;                      /**< columns of targets */
  size_t samples;                      /**< number of training samples */
  const double *targets; /**< [samples][outputs], as the loss takes them; NULL if no row of the network needs them */
  size_t input_samples;  /**< number of evenly spaced training samples, at most ISW_START_SAMPLES */
  const double *inputs;  /**< [input_samples][fan_in] the layer's inputs for these samples; NULL if no row needs them */
};

/** What a row needs of struct isw_start. */
enum isw_start_needs {
  ISW_START_TARGETS = 1, /**< the training set's targets */
  ISW_START_INPUTS = 2,  /**< the layer's inputs, computed with the initial weights of the layers below */
  ISW_START_FILE = 4     /**< isw_choice.weights, read from a file (parameters path, dataset and network) */
};

/** One initialiser. Rows with `for_bias` also initialise biases: a bias is filled like a weight matrix of one
 *  column. */
struct isw_initializer {
  struct isw_row row;
  bool for_bias; /**< allowed as network.bias_init */
  /**
   * Fills one layer's weights.
   * @param[in]  settings  this row's parameters
   * @param[in]  fan_out   rows
   * @param[in]  fan_in    inputs of the layer
   * @param[in]  columns   fan_in for weights, 1 for the bias
   * @param[in]  stream    draws keyed by (seed, replicate, layer); draw i belongs to element i
   * @param[out] weight    [fan_out][columns], row-major, float64; the engine rounds to the sweep's precision
   * @return false if memory cannot be allocated
   */
  bool (*fill)(const struct isw_choice *settings, size_t fan_out, size_t fan_in, size_t columns,
               const struct isw_stream *stream, double *weight);
  /** Used instead of `fill`, which is then NULL, by rows that depend on the layer's number or on the data. */
  bool (*fill_from)(const struct isw_choice *settings, const struct isw_start *start, size_t fan_out, size_t fan_in,
                    size_t columns, const struct isw_stream *stream, double *weight);
  unsigned needs; /**< enum isw_start_needs */
  /** FLOPs of a layer's weights, for the cost model; NULL if the work is proportional to their number. */
  double (*flops)(size_t fan_out, size_t fan_in);
};
const struct isw_initializer *isw_initializers(size_t *count);
/** Stores the facts of a row in fact[ISW_FACTS_MAX] and returns their number. The functions of other tables do the
 *  same. */
size_t isw_initializer_facts(size_t row, struct isw_fact *fact);
/** The stored weights of which a choice takes a layer's; NULL if its row does not read a file. */
const struct isw_weights *isw_weights_of_file(const struct isw_choice *init);
/** Number `index` of the weights that a row which reads a file starts from: of `plane` before the directions are
 *  added. */
double isw_weight_of_file(const struct isw_choice *init, size_t index);
/** Fills one layer's weights or bias with the row that `init` selects. Arguments and result as for
 *  isw_initializer.fill. */
bool isw_initialize(const struct isw_choice *init, const struct isw_start *start, size_t fan_out, size_t fan_in,
                    size_t columns, const struct isw_stream *stream, double *weight);

/** One kind of mask: which weights of a layer are 0 and stay 0. Row 0 has none. */
struct isw_mask {
  struct isw_row row;
  unsigned needs; /**< enum isw_start_needs */
};
const struct isw_mask *isw_masks(size_t *count);
/**
 * Fills the mask of one layer.
 * @param[in]  settings  a row of isw_masks but row 0, with its parameters
 * @param[in]  before    number of weights and biases of the layers below
 * @param[in]  stream    draws keyed by (seed, replicate, layer) for ISW_PURPOSE_SPARSITY
 * @param[out] kept      [count] whether a weight, [fan_out][fan_in], is not masked
 * @return false if memory cannot be allocated
 */
bool isw_mask_fill(const struct isw_choice *settings, size_t before, size_t count, const struct isw_stream *stream,
                   bool *kept);
#endif
