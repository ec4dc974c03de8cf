/** @file The Philox block that every draw is made of; for random.c and its tests. */
#ifndef INITSWEEP_RANDOM_INTERNAL_H
#define INITSWEEP_RANDOM_INTERNAL_H
#include "initsweep/random.h"

/** Philox4x64-10 (Salmon et al. 2011) with key (seed, replicate) and counter (index, attempt, layer, purpose).
 *  word [4] */
void isw_random_block(const struct isw_stream *stream, uint64_t index, uint64_t attempt, uint64_t *word);
#endif
