/* Part of kernels.inc.h: tanh of a vector, in line where the instruction set defines OWN_TANH, else by SLEEF. */

/* The bits of SLEEF's tanh u35 (3.5.1, finz) in line, because a call costs a quarter of the arithmetic and all vector
 * registers. NaN payloads are unspecified. tanh |x| = e / (e + 2) with e = exp(2 |x|) - 1 = 2^n (1 + p) - 1, p =
 * exp(s) - 1 a polynomial. n is never below 0, so min(n, 1) separates n = 0, where e is p, from the other cases
 * without a comparison, which would occupy the units that multiply. Above a limit tanh is 1; in float32 the argument
 * is replaced by the limit, where the formula gives 1. test_engine_tanh compares every float32. */
#ifdef OWN_TANH
INLINE V NAME(tanh)(V x)
{
#if BITS == 32
  V size = LESSER(K(0x1.154248p+3), ABS(x)), twice = size + size, n = ROUND(twice * K(0x1.715476p+0));
  V s = FMA(n, K(-0x1.7f7d1cp-20), FMA(n, K(-0x1.62e4p-1), twice)), s2 = s * s;
  V p = FMA(s2, FMA(K(0x1.11114cp-7), s, K(0x1.5554f4p-5)), FMA(K(0x1.555556p-3), s, K(0.5)));
  p = FMA(s2, FMA(s2 * s2, FMA(K(0x1.a057b4p-13), s, K(0x1.6d2d92p-10)), p), s);
#else
  V size = ABS(x), twice = size + size, n = ROUND(twice * K(0x1.71547652b82fep+0));
  V s = FMA(n, K(-0x1.3de6af278ece6p-42), FMA(n, K(-0x1.62e42fefa3p-1), twice)), s2 = s * s, s4 = s2 * s2;
  V p = FMA(s2, FMA(K(0x1.6c16c16c20bap-10), s, K(0x1.111111110eb39p-7)),
            FMA(K(0x1.555555555553ep-5), s, K(0x1.555555555555cp-3)));
  p = FMA(s4,
          FMA(s2, FMA(K(0x1.27e52e0fcd573p-22), s, K(0x1.71ddf1629e6cep-19)),
              FMA(K(0x1.a01a01780879ep-16), s, K(0x1.a01a01b3603f5p-13))),
          p);
  p = FMA(s4 * s4, FMA(K(0x1.1f0e4c4ecd775p-29), s, K(0x1.af68a28cc800ap-26)), p);
  p = s + FMA(s2, K(0.5), s * s2 * p);
#endif
  V one = LESSER(n, K(1.0)), e = SCALE(p + one, n) - one;
#if BITS == 32
  return TIMES_SIGN(e / (e + K(2.0)), x);
#else
  return TIMES_SIGN(OVER(e, e + K(2.0), UNLESS_ABOVE(size, K(0x1.2b70887229e9p+4)), K(1.0)), x);
#endif
}
#else
INLINE V NAME(tanh)(V x)
{
  return SLEEF(tanh, u35)(x);
}
#endif
