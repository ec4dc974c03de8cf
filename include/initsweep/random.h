/** @file Counter-based random numbers: every draw is a function of its key and index alone. The only room that knows
 *  Random123. */
#ifndef INITSWEEP_RANDOM_H
#define INITSWEEP_RANDOM_H
#include <stddef.h>
#include <stdint.h>

/** What draws are for: part of the Philox counter, so that no two purposes share a draw. The values must not change, as
 *  they decide the bits of every network. */
enum isw_purpose {
  ISW_PURPOSE_WEIGHT = 1,       /**< initial weights; layer = weight layer from 1 */
  ISW_PURPOSE_BIAS = 2,         /**< initial biases */
  ISW_PURPOSE_WEIGHT_NOISE = 3, /**< network.init_noise on weights */
  ISW_PURPOSE_BIAS_NOISE = 4,
  ISW_PURPOSE_SHUFFLE = 5,  /**< order of minibatches; layer = epoch from 0 */
  ISW_PURPOSE_SPLIT = 6,    /**< train/test split */
  ISW_PURPOSE_DATA = 7,     /**< generated datasets; layer is chosen by the generator */
  ISW_PURPOSE_PROBE = 8,    /**< start vectors of probes; seed, replicate and layer are 0 */
  ISW_PURPOSE_CHOICE = 16,  /**< which weights an initialiser fills; layer = weight layer from 1 */
  ISW_PURPOSE_SPARSITY = 17 /**< which weights network.init_sparsity sets to zero; likewise */
};

/** A stream of independent draws: Philox4x64-10 (Salmon et al. 2011) with key (seed, replicate) and counter
 *  (index, attempt, layer, purpose). Draw number `index` is the same whatever was drawn before. */
struct isw_stream {
  uint64_t seed, replicate;
  uint64_t purpose, layer;
};

/** Uniform on [0, 1): the top 53 bits of word 0 of the block, times 2^-53. */
double isw_uniform(const struct isw_stream *stream, uint64_t index);
/** Standard normal by Box-Muller: sqrt(-2 log(1 - u0)) cos(2 pi u1), u0 and u1 from words 0 and 1 of the block. */
double isw_normal(const struct isw_stream *stream, uint64_t index);
/** Standard normal conditioned on |x| <= 2, by rejection, attempts 0, 1, ... in the counter's second
 *  word. */
double isw_truncated_normal(const struct isw_stream *stream, uint64_t index);
/** Integer on 0 .. bound - 1 without bias (Lemire 2019, multiply and reject), attempts in the counter's second word.
 *  bound >= 1. */
uint64_t isw_below(const struct isw_stream *stream, uint64_t index, uint64_t bound);
/** Permutes order [count], filled by the caller, by Fisher-Yates from the last element down: element i = count - 1 .. 1
 *  is swapped with element isw_below(stream, i, i + 1). */
void isw_shuffle(const struct isw_stream *stream, size_t count, uint64_t *order);
#endif
