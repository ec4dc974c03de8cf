/* Random numbers by Philox, each a function of its key and index: uniform, normal, integers, permutations. */
#include "initsweep/exact.h"
#include "random_internal.h"
#include <math.h>
#include <stdbool.h>
#include <Random123/philox.h>

__extension__ typedef unsigned __int128 uint128;

static inline philox4x64_ctr_t block_of(const struct isw_stream *stream, uint64_t index, uint64_t attempt)
{
  philox4x64_ctr_t counter = {{index, attempt, stream->layer, stream->purpose}};
  philox4x64_key_t key = {{stream->seed, stream->replicate}};
  return philox4x64_R(10, counter, key);
}

void isw_random_block(const struct isw_stream *stream, uint64_t index, uint64_t attempt, uint64_t *word)
{
  philox4x64_ctr_t block = block_of(stream, index, attempt);
  for (size_t i = 0; i < 4; i++) word[i] = block.v[i];
}

/* ISW_RANDOM_TOGETHER draws from `index` on. False: this processor draws them one by one. */
static bool words_together(const struct isw_stream *stream, uint64_t index, uint64_t *word)
{
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq")) {
    isw_random_words_avx512(stream, index, word);
    return true;
  }
#endif
  (void)stream, (void)index, (void)word;
  return false;
}

static bool normals_together(const struct isw_stream *stream, uint64_t index, double *to)
{
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq")) {
    isw_random_normals_avx512(stream, index, to);
    return true;
  }
#endif
  (void)stream, (void)index, (void)to;
  return false;
}

static double unit(uint64_t word)
{
  return (double)(word >> 11) * 0x1p-53;
}

double isw_uniform(const struct isw_stream *stream, uint64_t index)
{
  uint64_t word[4];
  isw_random_block(stream, index, 0, word);
  return unit(word[0]);
}

void isw_uniforms(const struct isw_stream *stream, uint64_t index, size_t count, double *to)
{
  uint64_t word[ISW_RANDOM_TOGETHER];
  size_t done = 0;
  for (; count - done >= ISW_RANDOM_TOGETHER && words_together(stream, index + done, word); done += ISW_RANDOM_TOGETHER)
    for (size_t i = 0; i < ISW_RANDOM_TOGETHER; i++) to[done + i] = unit(word[i]);
  for (; done < count; done++) to[done] = isw_uniform(stream, index + done);
}

static double normal(const struct isw_stream *stream, uint64_t index, uint64_t attempt)
{
  uint64_t word[4];
  isw_random_block(stream, index, attempt, word);
  return sqrt(-2.0 * isw_exact_log(1.0 - unit(word[0]))) * isw_exact_cos(6.283185307179586 * unit(word[1]));
}

double isw_normal(const struct isw_stream *stream, uint64_t index)
{
  return normal(stream, index, 0);
}

void isw_normals(const struct isw_stream *stream, uint64_t index, size_t count, double *to)
{
  size_t done = 0;
  while (count - done >= ISW_RANDOM_TOGETHER && normals_together(stream, index + done, to + done))
    done += ISW_RANDOM_TOGETHER;
  for (; done < count; done++) to[done] = isw_normal(stream, index + done);
}

double isw_truncated_normal(const struct isw_stream *stream, uint64_t index)
{
  for (uint64_t attempt = 0;; attempt++) { /* accepted with probability 0.954 */
    double x = normal(stream, index, attempt);
    if (fabs(x) <= 2.0) return x;
  }
}

/* Whether a product of a random word and bound is rejected: its low half is below (2^64 - bound) mod bound, which would
 * favour some results. This is below bound, so nearly all draws need no division. */
static inline bool rejected(uint128 product, uint64_t bound)
{
  return (uint64_t)product < bound && (uint64_t)product < -bound % bound;
}

static inline uint64_t below(const struct isw_stream *stream, uint64_t index, uint64_t bound)
{
  for (uint64_t attempt = 0;; attempt++) {
    uint128 product = (uint128)block_of(stream, index, attempt).v[0] * bound;
    if (!rejected(product, bound)) return (uint64_t)(product >> 64);
  }
}

uint64_t isw_below(const struct isw_stream *stream, uint64_t index, uint64_t bound)
{
  return below(stream, index, bound);
}

static inline void swap(uint64_t *order, size_t i, size_t j)
{
  uint64_t swapped = order[i];
  order[i] = order[j];
  order[j] = swapped;
}

/* The steps of a shuffle at i = first + ISW_RANDOM_TOGETHER - 1 down to first. False: none is done. */
static bool shuffle_together(const struct isw_stream *stream, size_t first, uint64_t *order)
{
  uint64_t word[ISW_RANDOM_TOGETHER];
  if (!words_together(stream, first, word)) return false;
  for (size_t k = ISW_RANDOM_TOGETHER; k-- > 0;) {
    uint64_t i = first + k;
    uint128 product = (uint128)word[k] * (i + 1);
    swap(order, i, (size_t)(rejected(product, i + 1) ? below(stream, i, i + 1) : (uint64_t)(product >> 64)));
  }
  return true;
}

void isw_shuffle(const struct isw_stream *stream, size_t count, uint64_t *order)
{
  size_t left = count;
  while (left > ISW_RANDOM_TOGETHER && shuffle_together(stream, left - ISW_RANDOM_TOGETHER, order))
    left -= ISW_RANDOM_TOGETHER;
  while (left-- > 1) swap(order, left, (size_t)below(stream, left, left + 1));
}
