/* Part of exact_functions.inc.h: exp and expm1. src/exact/coefficients/exp.sollya finds the coefficients.
 *
 * x = n ln 2 + r with the integer n nearest to x / ln 2, exp(r) = 1 + r + r^2 Q(r), exp(x) = 2^n exp(r). */

/* p 2^n with one rounding, also where the result is subnormal; t = n + SHIFTER. */
INLINE V NAME(scaled)(V p, V n, V t)
{
#ifdef SCALE
  (void)t;
  return SCALE(p, n);
#elif BITS == 32
  (void)n;
  WORD both = WORD_OF(t) + KW(254), half = both >> 1; /* n + 2 biases, in two halves: p 2^half is exact */
  return p * REAL_OF(half << 23) * REAL_OF((both - half) << 23);
#else
  (void)n;
  WORD both = WORD_OF(t) + KW(2046), half = both >> 1;
  return p * REAL_OF(half << 52) * REAL_OF((both - half) << 52);
#endif
}

#if BITS == 32
/* Q */
INLINE V NAME(exp_tail)(V r, V r2)
{
  return FMA(r2, FMA(r2, K(0x1.694c86p-10), FMA(K(0x1.12397cp-7), r, K(0x1.555a26p-5))),
             FMA(K(0x1.555492p-3), r, K(0x1.fffffap-2)));
}
#else
/* (Q - 1 / 2) / r */
INLINE V NAME(exp_tail)(V r, V r2)
{
  V r4 = r2 * r2;
  V low = FMA(r2, FMA(K(0x1.6c16c16c1e5bep-10), r, K(0x1.111111110ea08p-7)),
              FMA(K(0x1.5555555555544p-5), r, K(0x1.555555555555cp-3)));
  V high = FMA(r2, FMA(K(0x1.27e533a40fbe2p-22), r, K(0x1.71ddee8a25276p-19)),
               FMA(K(0x1.a01a017d475cep-16), r, K(0x1.a01a01b43cdcep-13)));
  return FMA(r4, FMA(r4, FMA(K(0x1.1eed0108bb41bp-29), r, K(0x1.af6e53ea7a68ap-26)), high), low);
}
#endif

INLINE V NAME(exp)(V x)
{
#if BITS == 32
  x = GREATER(K(-104.0), LESSER(K(89.0), x)); /* exp is 0, infinity there */
  V t = FMA(x, K(0x1.715476p+0), SHIFTER), n = t - SHIFTER;
  V r = FMA(n, K(-0x1.7f7d1cp-20), FMA(n, K(-0x1.62e4p-1), x)), r2 = r * r;
  V p = FMA(r2, NAME(exp_tail)(r, r2), r);
#else
  x = GREATER(K(-746.0), LESSER(K(710.0), x));
  V t = FMA(x, K(0x1.71547652b82fep+0), SHIFTER), n = t - SHIFTER;
  V whole = FMA(n, K(-0x1.62e42fefa3p-1), x), r = FMA(n, K(-0x1.3de6af278ece6p-42), whole), r2 = r * r;
  V rest = FMA(n, K(-0x1.3de6af278ece6p-42), whole - r); /* r + rest is exact enough to be within 1 ulp */
  V p = r + FMA(r2, FMA(r, NAME(exp_tail)(r, r2), K(0.5)), rest);
#endif
  return NAME(scaled)(p + K(1.0), n, t);
}

/* 2^n (r + r^2 Q) + (2^n - 1), of which the last is exact. */
INLINE V NAME(expm1)(V x)
{
#if BITS == 32
  V y = GREATER(K(-18.0), LESSER(K(89.0), x));
  V t = FMA(y, K(0x1.715476p+0), SHIFTER), n = t - SHIFTER;
  V r = FMA(n, K(-0x1.7f7d1cp-20), FMA(n, K(-0x1.62e4p-1), y)), r2 = r * r;
  V p = FMA(r2, NAME(exp_tail)(r, r2), r);
  V most = LESSER(n, K(127.0)), power = REAL_OF((WORD_OF(most + SHIFTER) << 23) + KW(0x3f800000));
  y = FMA(power, p, power - K(1.0)) * (n - most + K(1.0)); /* 2^128 is beyond the exponents */
#else
  V y = GREATER(K(-40.0), LESSER(K(710.0), x));
  V t = FMA(y, K(0x1.71547652b82fep+0), SHIFTER), n = t - SHIFTER;
  V whole = FMA(n, K(-0x1.62e42fefa3p-1), y), r = FMA(n, K(-0x1.3de6af278ece6p-42), whole), r2 = r * r;
  V rest = FMA(n, K(-0x1.3de6af278ece6p-42), whole - r);
  /* the product r r / 2 is not rounded */
  V p = FMA(r, K(0.5) * r, FMA(r2 * r, NAME(exp_tail)(r, r2), rest));
  V most = LESSER(n, K(1023.0)), power = REAL_OF((WORD_OF(most + SHIFTER) << 52) + KW(0x3ff0000000000000));
  V low = power - K(1.0), scaled = power * r, sum = low + scaled;
  V lost = (scaled - (sum - low)) + ((power - low) - K(1.0)); /* by both sums: |scaled| <= |low|, or low = 0 */
  y = (sum + FMA(power, p, lost)) * (n - most + K(1.0));
#endif
  return TIMES_SIGN(ABS(y), x); /* -0 stays -0 */
}
