/* Part of exact_functions.inc.h: tanh. src/exact/coefficients/tanh.sollya finds the coefficients of float64,
 * intervals.sollya those of float32.
 *
 * float64: tanh a = b - b q for a = |x|, in two ranges that share one division:
 *   a < 1   b = a, q = a^2 / G(a^2), G(y) = y^(3/2) / (sqrt(y) - tanh(sqrt(y))) = 3 + 6/5 y - ..., nearly linear
 *   else    b = 1, q = 1 / ((exp(2 a) + 1) / 2) */
INLINE V NAME(tanh)(V x)
{
#if BITS == 32
  V a = LESSER(K(9.1), ABS(x)); /* tanh is 1 there */
  return TIMES_SIGN(NAME(by_intervals)(NAME(tanh_rows), a, FMA(a, K(1.645), K(1.0))), x);
#else
  V a = LESSER(K(19.1), ABS(x)), twice = a + a;
  V t = FMA(twice, K(0x1.71547652b82fep+0), K(0x1.8p52 + 1022)), n = t - K(0x1.8p52 + 1022);
  V r = FMA(n, K(-0x1.3de6af278ece6p-42), FMA(n, K(-0x1.62e42fefa3p-1), twice)), r2 = r * r;
  V power = REAL_OF(WORD_OF(t) << 52);
  V p = FMA(r2, FMA(r, NAME(exp_tail)(r, r2), K(0.5)), r);
  V large = FMA(power, p, power + K(0.5));
  MASK is_small = LESS(a, K(1.0));
  V b = CHOOSE(is_small, a, K(1.0)), y = b * b, y2 = y * y;
  V small = FMA(y2, FMA(K(-0x1.00bfb8c86d10fp-34), y2, FMA(K(0x1.8b46c0094cc9p-30), y, K(-0x1.fb8316698bac9p-26))),
                FMA(K(0x1.4173f1a15b29ap-21), y, K(-0x1.997caec679289p-17)));
  small = FMA(y2, small, FMA(K(0x1.0a4e15769b5e1p-12), y, K(-0x1.767dce4335d3dp-8)));
  small = FMA(y, FMA(y, small, K(0x1.3333333333329p0)), K(3.0));
  V q = y / CHOOSE(is_small, small, large);
  return TIMES_SIGN(FMA(-q, b, b), x);
#endif
}
