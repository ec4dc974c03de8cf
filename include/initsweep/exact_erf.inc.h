/* Part of exact_functions.inc.h: erf. docs/numerics.md defines it; src/exact/coefficients/erf.sollya finds the
 * coefficients of float64, intervals.sollya those of float32.
 *
 * float64: erf a = a + a R(a^2) for a = |x| < 0.90625, otherwise 1 - exp(L(a)) */

#if BITS == 64
/* R */
INLINE V NAME(erf_small)(V y)
{
  V y2 = y * y;
  V y4 = y2 * y2;
  V p12 = FMA(K(-0x1.dc78dd1c1c9f7p-39), y, K(0x1.62c56153498cbp-34));
  V p8 = FMA(y2, FMA(K(-0x1.4870bc0806af4p-30), y, K(0x1.fad20851e9bd7p-27)),
             FMA(K(-0x1.5f5125cb22b87p-23), y, K(0x1.b9e3794d394c4p-20)));
  V p4 = FMA(y2, FMA(K(-0x1.f4d2283b3059fp-17), y, K(0x1.f9a3252bab136p-14)),
             FMA(K(-0x1.c02db3fca9d26p-11), y, K(0x1.565bcd0ecdfc5p-8)));
  V p2 = FMA(FMA(y4, FMA(y4, p12, p8), p4), y2, FMA(K(-0x1.b82ce3129122cp-6), y, K(0x1.ce2f21a043053p-4)));
  return FMA(y, FMA(y, p2, K(-0x1.812746b0379f6p-2)), K(0x1.06eba8214db69p-3));
}

/* L + 3 log 2 */
INLINE V NAME(erf_log)(V a)
{
  V v = a - K(1.0), v2 = v * v, v4 = v2 * v2; /* errors are smallest where exp(L) is largest */
  V p14 = FMA(v2, FMA(K(-0x1.046b69b0cb983p-37), v, K(0x1.7c930ced98b3ap-33)),
              FMA(K(-0x1.f6a927ec5a892p-30), v, K(0x1.86fdc57f5635fp-27)));
  V p10 = FMA(v2, FMA(K(-0x1.79dd446815051p-25), v, K(0x1.6e9c28c3ee71ap-24)),
              FMA(K(0x1.4b43fcac9a946p-23), v, K(-0x1.1509daa782174p-19)));
  V p6 = FMA(v2, FMA(K(0x1.424b790839c24p-17), v, K(-0x1.c789f64910ed1p-16)),
             FMA(K(0x1.b8c9318afe6f9p-16), v, K(0x1.f1b4a75f73ed8p-13)));
  V p2 = FMA(v2, FMA(K(-0x1.033f6a19eb1a4p-9), v, K(0x1.48c9d411ce0a3p-7)),
             FMA(K(-0x1.5477f09ca17d6p-5), v, K(-0x1.afabc11a292a9p-1)));
  V p = FMA(v4, FMA(v4, FMA(v4, p14, p10), p6), p2);
  return FMA(v, FMA(v, p, K(-0x1.51c9b0006c23dp+1)), K(0x1.d6b445fe5a233p-3));
}
#endif

INLINE V NAME(erf)(V x)
{
#if BITS == 32
  V a = LESSER(K(3.935), ABS(x)); /* erf is 1 there */
  return TIMES_SIGN(NAME(by_intervals)(NAME(erf_rows), a, FMA(a, K(3.81), K(1.0))), x);
#else
  V a = LESSER(K(5.95), ABS(x)), limit = K(0.90625);
  V l = NAME(erf_log)(a), t = FMA(l, K(0x1.71547652b82fep+0), K(0x1.8p52 + 1020)), n = t - K(0x1.8p52 + 1020);
  V r = FMA(n, K(-0x1.62e42fefa39efp-1), l), r2 = r * r, power = REAL_OF(WORD_OF(t) << 52);
  V p = FMA(r2, FMA(r, NAME(exp_tail)(r, r2), K(0.5)), r);
  V small = FMA(a, NAME(erf_small)(a * a), a), large = FMA(-power, p, K(1.0) - power);
  return TIMES_SIGN(CHOOSE(LESS(a, limit), small, large), x);
#endif
}
