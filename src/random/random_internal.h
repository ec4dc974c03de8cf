/** @file The Philox block that every draw is made of; for the files of this room and their tests. */
#ifndef INITSWEEP_RANDOM_INTERNAL_H
#define INITSWEEP_RANDOM_INTERNAL_H
#include <stdbool.h>
#include "initsweep/random.h"

/** Philox4x64-10 (Salmon et al. 2011) with key (seed, replicate) and counter (index, attempt, layer, purpose).
 *  word [4] */
void isw_random_block(const struct isw_stream *stream, uint64_t index, uint64_t attempt, uint64_t *word);

enum { ISW_RANDOM_TOGETHER = 16 }; /**< blocks of isw_random_first_words */
/** word [ISW_RANDOM_TOGETHER]: word 0 of the blocks of indices index, index + 1, ..., attempt 0. False: this processor
 *  has no faster way than isw_random_block. */
bool isw_random_first_words(const struct isw_stream *stream, uint64_t index, uint64_t *word);
#endif
