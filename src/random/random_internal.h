/** @file The Philox block that every draw is made of; for the files of this room and their tests. */
#ifndef INITSWEEP_RANDOM_INTERNAL_H
#define INITSWEEP_RANDOM_INTERNAL_H
#include "initsweep/random.h"

/** Philox4x64-10 (Salmon et al. 2011) with key (seed, replicate) and counter (index, attempt, layer, purpose).
 *  word [4] */
void isw_random_block(const struct isw_stream *stream, uint64_t index, uint64_t attempt, uint64_t *word);

enum { ISW_RANDOM_TOGETHER = 16 }; /**< draws of the functions below, which exist on x86-64 and need AVX-512 F and DQ */
/** word [ISW_RANDOM_TOGETHER]: word 0 of the blocks of indices index, index + 1, ..., attempt 0. */
void isw_random_words_avx512(const struct isw_stream *stream, uint64_t index, uint64_t *word);
/** to [ISW_RANDOM_TOGETHER]: isw_normal of index, index + 1, ... */
void isw_random_normals_avx512(const struct isw_stream *stream, uint64_t index, double *to);
#endif
