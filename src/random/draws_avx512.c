/* Many draws at once, compiled for AVX-512. It is the only part of this room that depends on the machine, and only in
 * its speed. */
#include "random_internal.h"
#if defined(__AVX512DQ__)
#include <immintrin.h>
#include <Random123/philox.h>

#define BITS 64
#define V __m512d
#define REAL double
#define NAME(x) x##_of_draws
#define K(x) _mm512_set1_pd(x)
#define FMA(x, y, c) _mm512_fmadd_pd(x, y, c)
#define ABS(x) _mm512_abs_pd(x)
#define LESSER(x, y) _mm512_min_pd(x, y)
#define GREATER(x, y) _mm512_max_pd(x, y)
#define TIMES_SIGN(x, y)                                                                                               \
  _mm512_castsi512_pd(                                                                                                 \
      _mm512_ternarylogic_epi64(_mm512_castpd_si512(x), _mm512_castpd_si512(y), _mm512_set1_epi64(INT64_MIN), 0x78))
#define MASK __mmask8
#define LESS(x, y) _mm512_cmp_pd_mask(x, y, _CMP_LT_OQ)
#define LESS_EQUAL(x, y) _mm512_cmp_pd_mask(x, y, _CMP_LE_OQ)
#define EQUAL(x, y) _mm512_cmp_pd_mask(x, y, _CMP_EQ_OQ)
#define BOTH(m, n) ((MASK)((m) & (n)))
#define EITHER(m, n) ((MASK)((m) | (n)))
#define ANY(mask) ((mask) != 0)
#define ALL(mask) ((mask) == UINT8_MAX)
#define CHOOSE(mask, x, y) _mm512_mask_blend_pd(mask, y, x)
#include "initsweep/exact_functions.inc.h"

enum { VECTORS = ISW_RANDOM_TOGETHER / 8 }; /* so many, because one would wait for the latency of its products */

/* high and low words of the products of x and m, whose halves are the low halves of m_low's and m_high's words */
static inline void multiply(__m512i x, __m512i m_low, __m512i m_high, __m512i *high, __m512i *low)
{
  const __m512i half = _mm512_set1_epi64(UINT32_MAX);
  __m512i x_high = _mm512_srli_epi64(x, 32), low_low = _mm512_mul_epu32(x, m_low);
  __m512i middle = _mm512_add_epi64(_mm512_mul_epu32(x_high, m_low), _mm512_srli_epi64(low_low, 32));
  __m512i middle_low = _mm512_add_epi64(_mm512_mul_epu32(x, m_high), _mm512_and_si512(middle, half));
  *high = _mm512_add_epi64(_mm512_add_epi64(_mm512_mul_epu32(x_high, m_high), _mm512_srli_epi64(middle, 32)),
                           _mm512_srli_epi64(middle_low, 32));
  *low = _mm512_mask_blend_epi32(0xaaaa, low_low, _mm512_slli_epi64(middle_low, 32));
}

/* c0, c1 [VECTORS] words 0 and 1 of the blocks from `index` on */
static inline void draw_blocks(const struct isw_stream *stream, uint64_t index, __m512i *c0, __m512i *c1)
{
  const __m512i low_0 = _mm512_set1_epi64((int64_t)PHILOX_M4x64_0), high_0 = _mm512_srli_epi64(low_0, 32);
  const __m512i low_1 = _mm512_set1_epi64((int64_t)PHILOX_M4x64_1), high_1 = _mm512_srli_epi64(low_1, 32);
  __m512i c2[VECTORS], c3[VECTORS];
  for (size_t v = 0; v < VECTORS; v++) {
    c0[v] = _mm512_add_epi64(_mm512_set1_epi64((int64_t)(index + 8 * v)), _mm512_setr_epi64(0, 1, 2, 3, 4, 5, 6, 7));
    c1[v] = _mm512_setzero_si512();
    c2[v] = _mm512_set1_epi64((int64_t)stream->layer);
    c3[v] = _mm512_set1_epi64((int64_t)stream->purpose);
  }
  uint64_t key_0 = stream->seed, key_1 = stream->replicate;
  for (int round = 0; round < 10; round++, key_0 += PHILOX_W64_0, key_1 += PHILOX_W64_1)
    for (size_t v = 0; v < VECTORS; v++) {
      __m512i top_0, bottom_0, top_1, bottom_1;
      multiply(c0[v], low_0, high_0, &top_0, &bottom_0);
      multiply(c2[v], low_1, high_1, &top_1, &bottom_1);
      c0[v] = _mm512_ternarylogic_epi64(top_1, c1[v], _mm512_set1_epi64((int64_t)key_0), 0x96); /* xor of three */
      c1[v] = bottom_1;
      c2[v] = _mm512_ternarylogic_epi64(top_0, c3[v], _mm512_set1_epi64((int64_t)key_1), 0x96);
      c3[v] = bottom_0;
    }
}

void isw_random_words_avx512(const struct isw_stream *stream, uint64_t index, uint64_t *word)
{
  __m512i c0[VECTORS], c1[VECTORS];
  draw_blocks(stream, index, c0, c1);
  for (size_t v = 0; v < VECTORS; v++) _mm512_storeu_si512(word + 8 * v, c0[v]);
}

static inline V unit(__m512i words)
{
  return _mm512_cvtepu64_pd(_mm512_srli_epi64(words, 11)) * K(0x1p-53);
}

void isw_random_normals_avx512(const struct isw_stream *stream, uint64_t index, double *to)
{
  __m512i c0[VECTORS], c1[VECTORS];
  draw_blocks(stream, index, c0, c1);
  for (size_t v = 0; v < VECTORS; v++) {
    V size = _mm512_sqrt_pd(K(-2.0) * NAME(log)(K(1.0) - unit(c0[v])));
    _mm512_storeu_pd(to + 8 * v, size * NAME(cos)(K(6.283185307179586) * unit(c1[v])));
  }
}
#endif
