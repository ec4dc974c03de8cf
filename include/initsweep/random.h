/** @file Counter-based random numbers: every draw is a function of its key and index alone. This is the only room that
 *  uses Random123. */
#ifndef INITSWEEP_RANDOM_H
#define INITSWEEP_RANDOM_H
#include <stddef.h>
#include <stdint.h>

/** The purpose of draws. It is part of the Philox counter, so that no two purposes share a draw. The values must not
 *  change, because they determine the bits of every network. */
enum isw_purpose {
  ISW_PURPOSE_WEIGHT = 1,       /**< initial weights; layer = weight layer from 1; of directions 2048 d more */
  ISW_PURPOSE_BIAS = 2,         /**< initial biases */
  ISW_PURPOSE_WEIGHT_NOISE = 3, /**< network.init_noise on weights */
  ISW_PURPOSE_BIAS_NOISE = 4,
  ISW_PURPOSE_SHUFFLE = 5,   /**< order of minibatches; layer = epoch from 0 */
  ISW_PURPOSE_SPLIT = 6,     /**< train/test split */
  ISW_PURPOSE_DATA = 7,      /**< generated datasets; layer is chosen by the generator */
  ISW_PURPOSE_PROBE = 8,     /**< vectors of probes; seed and replicate are 0, layer is chosen by the probe's file */
  ISW_PURPOSE_SAMPLE = 9,    /**< points of `sample`; replicate is 0, layer is chosen by src/sweep/sample_numbers.c */
  ISW_PURPOSE_CHOICE = 16,   /**< which weights an initialiser fills; layer = weight layer from 1 */
  ISW_PURPOSE_SPARSITY = 17, /**< which weights network.init_sparsity sets to zero; layer = weight layer from 1 */
  ISW_PURPOSE_GRADIENT_NOISE = 18, /**< train.gradient_noise; layer = 2048 step + weight layer from 1 */
  ISW_PURPOSE_DROPOUT = 19         /**< network.dropout; layer = 2048 step + weight layer from 1 */
};

/** A stream of independent draws: Philox4x64-10 (Salmon et al. 2011) with key (seed, replicate) and counter
 *  (index, attempt, layer, purpose). Draw number `index` does not depend on earlier draws. */
struct isw_stream {
  uint64_t seed, replicate;
  uint64_t purpose, layer;
};

/** Uniform on [0, 1): the top 53 bits of word 0 of the block, times 2^-53. */
double isw_uniform(const struct isw_stream *stream, uint64_t index);
/** Standard normal by Box-Muller: sqrt(-2 log(1 - u0)) cos(2 pi u1), u0 and u1 from words 0 and 1 of the block. */
double isw_normal(const struct isw_stream *stream, uint64_t index);
/** to [count] = isw_uniform of index, index + 1, ...; many at once where the processor has AVX-512. */
void isw_uniforms(const struct isw_stream *stream, uint64_t index, size_t count, double *to);
/** to [count] = isw_normal of index, index + 1, ...; likewise. */
void isw_normals(const struct isw_stream *stream, uint64_t index, size_t count, double *to);
/** Standard normal conditioned on |x| <= 2, by rejection. The counter's second word is the attempt, 0, 1, ... */
double isw_truncated_normal(const struct isw_stream *stream, uint64_t index);
/** Unbiased integer on 0 .. bound - 1 (Lemire 2019, multiply and reject). The counter's second word is the attempt.
 *  bound >= 1. */
uint64_t isw_below(const struct isw_stream *stream, uint64_t index, uint64_t bound);
/** Permutes `order` [count], filled by the caller, with the Fisher-Yates algorithm: for i = count - 1 down to 1,
 *  element i is swapped with element isw_below(stream, i, i + 1). */
void isw_shuffle(const struct isw_stream *stream, size_t count, uint64_t *order);
#endif
