/* Part of exact_functions.inc.h: log and log1p. docs/numerics.md defines them; src/exact/coefficients/log.sollya finds
 * the coefficients. */
#if BITS == 32
#define FRACTION_BITS 23
#define ONE_MINUS_TWO_THIRDS KW(0x555555) /* in words */
#define TWO_TO_FRACTION_BITS K(0x1p23)
#define EXPONENT_BIAS K(127.0)
#define SMALLEST_NORMAL K(0x1p-126)
#else
#define FRACTION_BITS 52
#define ONE_MINUS_TWO_THIRDS KW(0xaaaaaaaaaaaab)
#define TWO_TO_FRACTION_BITS K(0x1p52)
#define EXPONENT_BIAS K(1023.0)
#define SMALLEST_NORMAL K(0x1p-1022)
#endif
#define LOG1P_LIMIT K(0x1p100)

/* log(2^k (1 + f)) + correction, |f| <= 1/3. The correction is far below the last bit of f, and float32 does without
 * it. minus_k is -k, because then the result is -0 where k is 0 and f is -0. */
INLINE V NAME(log_of_parts)(V minus_k, V f, V correction)
{
  V f2 = f * f, f4 = f2 * f2;
#if BITS == 32
  (void)correction;
  V p6 = FMA(f2, FMA(f, K(0x1.1f1bbap-3), K(-0x1.3b0c38p-3)), FMA(f, K(0x1.1eaacap-3), K(-0x1.5038e4p-3)));
  V p2 = FMA(f2, FMA(f, K(0x1.99d398p-3), K(-0x1.00144ep-2)), FMA(f, K(0x1.5554fcp-2), K(-0x1.ffffd6p-2)));
  V tail = FMA(minus_k, K(-0x1.7f7d1cp-20), f2 * FMA(f4, p6, p2));
  return FMA(minus_k, K(-0x1.62e4p-1), f + tail);
#else
  V f8 = f4 * f4;
  V p19 = FMA(f2, K(0x1.5a1868768128bp-4), FMA(f, K(-0x1.614054664017dp-4), K(0x1.5862de5c2e08cp-5)));
  V p15 = FMA(f2, FMA(f, K(-0x1.76af0f658aa54p-5), K(0x1.ef318e878490ep-5)),
              FMA(f, K(-0x1.05c4f66a1b76dp-4), K(0x1.1072f92472546p-4)));
  V p11 = FMA(f2, FMA(f, K(-0x1.2413d2450f93ap-4), K(0x1.3b1cf15505feep-4)),
              FMA(f, K(-0x1.555c078fe8828p-4), K(0x1.745cbfe761a95p-4)));
  V p7 = FMA(f2, FMA(f, K(-0x1.9999620a619a8p-4), K(0x1.c71c73bd65cebp-4)),
             FMA(f, K(-0x1.000000859d26p-3), K(0x1.2492492168192p-3)));
  V p3 = FMA(f2, FMA(f, K(-0x1.555555540ccfep-3), K(0x1.999999999e6ffp-3)),
             FMA(f, K(-0x1.0000000000962p-2), K(0x1.5555555555543p-2)));
  V p = FMA(f8, FMA(f8, p19, FMA(f4, p15, p11)), FMA(f4, p7, p3));
  V tail = FMA(K(-0.5) * f, f, FMA(f * f2, p, FMA(minus_k, K(-0x1.ef35793c7673p-45), correction)));
  V whole = minus_k * K(-0x1.62e42fefa38p-1), sum = whole + f;
  return sum + ((f - (sum - whole)) + tail);
#endif
}

/* The word of x as 2^k m, 2/3 <= m < 4/3: the first bits of x's word plus ONE_MINUS_TWO_THIRDS are k + bias, and the
 * others are those of m less those of 2/3. */
INLINE V NAME(minus_exponent)(WORD shifted, V bias)
{
  return (TWO_TO_FRACTION_BITS + bias) - REAL_OF((shifted >> FRACTION_BITS) | WORD_OF(TWO_TO_FRACTION_BITS));
}

/* log of a positive normal x times 2^(EXPONENT_BIAS - bias) */
INLINE V NAME(log_of_normal)(V x, V bias)
{
  WORD shifted = WORD_OF(x) + ONE_MINUS_TWO_THIRDS, two_thirds = WORD_OF(K(1.0)) - ONE_MINUS_TWO_THIRDS;
  V m = REAL_OF((shifted & ((KW(1) << FRACTION_BITS) - KW(1))) + two_thirds);
  return NAME(log_of_parts)(NAME(minus_exponent)(shifted, bias), m - K(1.0), K(0.0));
}

INLINE V NAME(log)(V x)
{
  if (ALL(BOTH(LESS_EQUAL(SMALLEST_NORMAL, x), LESS(x, K(INFINITY))))) return NAME(log_of_normal)(x, EXPONENT_BIAS);
  MASK small = LESS(x, SMALLEST_NORMAL);
  V y = NAME(log_of_normal)(CHOOSE(small, x * K(0x1p60), x), CHOOSE(small, EXPONENT_BIAS + K(60.0), EXPONENT_BIAS));
  y = CHOOSE(LESS(x, K(INFINITY)), y, x);
  return CHOOSE(LESS_EQUAL(x, K(0.0)), CHOOSE(LESS(x, K(0.0)), K(NAN), K(-INFINITY)), y);
}

INLINE V NAME(log1p)(V x)
{
  WORD shifted = WORD_OF(x + K(1.0)) + ONE_MINUS_TWO_THIRDS;
  V scale = REAL_OF((WORD_OF(K(1.0)) << 1) - (shifted >> FRACTION_BITS << FRACTION_BITS)); /* 2^-k */
  V shortfall = K(1.0) - scale, f = FMA(x, scale, -shortfall);
#if BITS == 32
  V correction = f;
#else
  V minus_rest = FMA(-x, scale, f + shortfall);   /* not 0 if 1/3 <= x < 1/2 */
  V correction = FMA(f, minus_rest, -minus_rest); /* rest / (1 + f) */
#endif
  V y = NAME(log_of_parts)(NAME(minus_exponent)(shifted, EXPONENT_BIAS), f, correction);
  if (ALL(BOTH(LESS(K(-1.0), x), LESS(x, LOG1P_LIMIT)))) return y;
  y = CHOOSE(LESS(x, LOG1P_LIMIT), y, NAME(log_of_normal)(x, EXPONENT_BIAS)); /* 1 + x is x */
  y = CHOOSE(LESS(x, K(INFINITY)), y, x);
  return CHOOSE(LESS_EQUAL(x, K(-1.0)), CHOOSE(LESS(x, K(-1.0)), K(NAN), K(-INFINITY)), y);
}

#undef FRACTION_BITS
#undef ONE_MINUS_TWO_THIRDS
#undef TWO_TO_FRACTION_BITS
#undef EXPONENT_BIAS
#undef SMALLEST_NORMAL
#undef LOG1P_LIMIT
