/* Part of exact_functions.inc.h: sin and cos. docs/numerics.md defines them; src/exact/coefficients/sincos.sollya finds
 * the coefficients. The argument is reduced to a half turn in float32, where one polynomial is accurate enough, and to
 * a quarter turn in float64. */
#if BITS == 32
#define TURN_BITS 1
#define REDUCTION_LIMIT 0x1p17F
#define LANE_WORD uint32_t
#else
#define TURN_BITS 2
#define REDUCTION_LIMIT 0x1p30
#define LANE_WORD uint64_t
#endif

/* Corrects the reduced argument r + rest and the number of turns in the lanes whose size is above REDUCTION_LIMIT. */
__attribute__((cold)) static inline void NAME(reduce_large)(V size, unsigned quarters, V *r, V *rest, WORD *turns)
{
  for (size_t offset = 0; offset < sizeof size; offset += sizeof(REAL)) {
    REAL x;
    memcpy(&x, (const char *)&size + offset, sizeof x);
    if (!(x > REDUCTION_LIMIT)) continue;
    double reduced[2];
    LANE_WORD lane_turns = isw_exact_reduce_turns((double)x, TURN_BITS, quarters, reduced);
    REAL lane_r = (REAL)reduced[0], lane_rest = (REAL)reduced[1];
    memcpy((char *)r + offset, &lane_r, sizeof lane_r);
    memcpy((char *)rest + offset, &lane_rest, sizeof lane_rest);
    memcpy((char *)turns + offset, &lane_turns, sizeof lane_turns);
  }
}

/* sin(size + quarters pi / 2), size >= 0, quarters 0 or 1 */
INLINE V NAME(sin_of_size)(V size, unsigned quarters)
{
#if BITS == 32
  V shifted = FMA(size, K(0x1.45f306p-2), SHIFTER), n = shifted - SHIFTER;
  if (quarters) {
    shifted = FMA(size, K(0x1.45f306p-2), K(0.5)) + SHIFTER;
    n = (shifted - SHIFTER) - K(0.5);
  }
  WORD turns = WORD_OF(shifted);
  V r = FMA(n, K(-0x1.84698ap-47), FMA(n, K(0x1.5dde98p-22), FMA(n, K(-0x1.921fb8p1), size))), rest = r;
  if (ANY(LESS(K(REDUCTION_LIMIT), size))) NAME(reduce_large)(size, quarters, &r, &rest, &turns);
  V s = r * r;
  V p = FMA(s, FMA(s, FMA(s, K(0x1.5dc5dcp-19), K(-0x1.9f717cp-13)), K(0x1.110edep-7)), K(-0x1.55554cp-3));
  return REAL_OF(WORD_OF(FMA(r * s, p, r)) ^ (turns << 31));
#else
  V shifted = FMA(size, K(0x1.45f306dc9c883p-1), SHIFTER), n = shifted - SHIFTER;
  WORD turns = WORD_OF(shifted);
  if (quarters) turns = turns + KW(1);
  V a = FMA(n, K(-0x1.921fb54442d18p0), size), b = n * K(0x1.1a62633145c07p-54), r = a - b;
  V b_rest = FMA(n, K(-0x1.f1976b7ed8fbcp-110), FMA(n, K(0x1.1a62633145c07p-54), -b));
  V rest = ((a - r) - b) - b_rest;
  if (ANY(LESS(K(REDUCTION_LIMIT), size))) NAME(reduce_large)(size, quarters, &r, &rest, &turns);
  V s = r * r, s2 = s * s, w = FMA(s, K(-0.5), K(1.0));
  V p7 = FMA(s2, FMA(s, K(0x1.5d8cd8ffb546fp-33), K(-0x1.ae5e503ade499p-26)),
             FMA(s, K(0x1.71de355a62745p-19), K(-0x1.a01a019bede9ep-13)));
  V p3 = FMA(s2, p7, FMA(s, K(0x1.111111110f748p-7), K(-0x1.5555555555548p-3)));
  V sine = r + FMA(r * s, p3, rest * w);
  V q8 = FMA(s2, FMA(s, K(-0x1.8fa5375b3d0d9p-37), K(0x1.1ee9d99eb730ap-29)),
             FMA(s, K(-0x1.27e4f7eee8b47p-22), K(0x1.a01a019c8c678p-16)));
  V q4 = FMA(s2, q8, FMA(s, K(-0x1.6c16c16c15005p-10), K(0x1.555555555554bp-5)));
  V w_rest = FMA(s, K(-0.5), K(1.0) - w);
  V cosine = w + FMA(s2, q4, FMA(-r, rest, w_rest));
  V odd = REAL_OF((turns & KW(1)) << 62); /* 2 in odd quarters */
  return REAL_OF(WORD_OF(CHOOSE(EQUAL(odd, K(0.0)), sine, cosine)) ^ (turns >> 1 << 63));
#endif
}

INLINE V NAME(sin)(V x)
{
  return TIMES_SIGN(NAME(sin_of_size)(ABS(x), 0), x);
}

INLINE V NAME(cos)(V x)
{
  return NAME(sin_of_size)(ABS(x), 1);
}

#undef TURN_BITS
#undef REDUCTION_LIMIT
#undef LANE_WORD
