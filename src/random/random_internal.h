/** @file The block that every draw comes from; for random.c and its tests. */
#ifndef INITSWEEP_ENGINE_RANDOM_H
#define INITSWEEP_ENGINE_RANDOM_H
#include "initsweep/random.h"

/** Philox4x64-10 (Salmon et al. 2011) with key (seed, replicate) and counter (index, attempt, layer, purpose).
 *  word [4] */
void isw_random_block(const struct isw_stream *stream, uint64_t index, uint64_t attempt, uint64_t *word);
#endif
