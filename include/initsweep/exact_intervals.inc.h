/* Part of exact_functions.inc.h: tanh and erf in float32, by a polynomial for each of eight intervals of |x|, whose
 * coefficients are taken from tables in registers. src/exact/coefficients/intervals.sollya finds them.
 *
 * Row 0 of a table has a point m of each interval, and row 1 the value f(m). The others have the coefficients of
 * (f(a) - f(m)) / (a - m), the constant first. In the interval that begins at 0, a takes the place of f(m). It is the
 * seventh of a row, because the exponent and the first bit of a number give its place. Rows are written twice, for
 * vectors of sixteen numbers. */
#if BITS == 32
#define TWICE(...)                                                                                                     \
  {                                                                                                                    \
    __VA_ARGS__, __VA_ARGS__                                                                                           \
  }
alignas(64) static const float NAME(tanh_rows)[9][16] = {
    TWICE(0x1.66d392p-1F, 0x1.8509b4p0F, 0x1.468fdp1F, 0x1.f01ec6p1F, 0x1.8b7bccp2F, 0x1.154246p3F, 0.0F,
          0x1.3dfe76p-2F),
    TWICE(0x1.35b4f4p-1F, 0x1.d1397ep-1F, 0x1.f9cf72p-1F, 0x1.ff8f58p-1F, 0x1.fffeep-1F, 0x1.fffffep-1F, 16.0F,
          0x1.3426c8p-2F),
    TWICE(0x1.44a8d4p-1F, 0x1.651c2ep-3F, 0x1.89bf06p-6F, 0x1.c26e6ap-10F, 0x1.2103fep-16F, 0x1.00fa98p-23F, 0.0F,
          0x1.d1a256p-1F),
    TWICE(-0x1.88c5e2p-2F, -0x1.447c1ep-3F, -0x1.84fd04p-6F, -0x1.c20626p-10F, -0x1.21514cp-16F, -0x1.0206fp-23F, 0.0F,
          -0x1.183f58p-2F),
    TWICE(0x1.52ac9ap-6F, 0x1.5f9c14p-4F, 0x1.f9f044p-7F, 0x1.2b872cp-10F, 0x1.6736e4p-17F, 0x1.3be8bcp-24F,
          -0x1.55555p-2F, -0x1.c419ecp-3F),
    TWICE(0x1.d948b4p-4F, -0x1.9cce8cp-6F, -0x1.e11074p-8F, -0x1.2b383ep-11F, -0x1.8c817cp-18F, -0x1.54ca7ap-25F,
          -0x1.c9a2cep-17F, 0x1.42011cp-3F),
    TWICE(-0x1.0a7c88p-4F, -0x1.e838b6p-10F, 0x1.5e3e84p-9F, 0x1.d63e84p-13F, 0x1.170622p-18F, 0x1.17772p-25F,
          0x1.11c2ap-3F, 0x1.940b56p-5F),
    TWICE(0x1.640a6ap-11F, 0x1.b9a098p-8F, -0x1.69b908p-11F, -0x1.20ff6ep-14F, 0x1.8e897ep-20F, 0x1.b866ecp-27F,
          -0x1.6c85a4p-9F, -0x1.593654p-4F),
    TWICE(0x1.28c1d4p-7F, -0x1.e9a044p-9F, 0x1.be235ap-17F, 0x1.0fa304p-15F, 0x1.21cf3p-20F, 0x1.14a21ep-27F,
          -0x1.7969ccp-5F, 0x1.a41322p-6F),
};

alignas(64) static const float NAME(erf_rows)[9][16] = {
    TWICE(0x1.df87a2p-3F, 0x1.00d4e8p-1F, 0x1.c0513cp-1F, 0x1.ade1ccp0F, 0x1.504abp1F, 0x1.d8788p1F, 0.0F,
          0x1.d37442p-4F),
    TWICE(0x1.09ae8ep-2F, 0x1.0b39e8p-1F, 0x1.919ce4p-1F, 0x1.f7027cp-1F, 0x1.ffe56cp-1F, 0x1.fffffap-1F, 16.0F,
          0x1.06979cp-3F),
    TWICE(0x1.11746p0F, 0x1.c1348ap-1F, 0x1.0c60ccp-1F, 0x1.138b32p-4F, 0x1.29355ep-10F, 0x1.77c846p-20F,
          0x1.06eba8p-3F, 0x1.1d208ep0F),
    TWICE(-0x1.001c6ep-2F, -0x1.c2aa04p-2F, -0x1.d5feaep-2F, -0x1.ceb332p-4F, -0x1.86bdep-9F, -0x1.47449ap-18F, 0.0F,
          -0x1.045276p-3F),
    TWICE(-0x1.44a698p-2F, -0x1.29886ep-3F, 0x1.7dc80ap-4F, 0x1.aa22e4p-4F, 0x1.3ec02cp-8F, 0x1.5cb1b8p-17F,
          -0x1.812728p-2F, -0x1.723a7ep-2F),
    TWICE(0x1.ee0e3ep-4F, 0x1.771822p-3F, 0x1.cbaadep-4F, -0x1.9731fap-5F, -0x1.5b4c9p-8F, -0x1.bfebb2p-16F, 0.0F,
          0x1.fe9484p-5F),
    TWICE(0x1.56e868p-4F, 0x1.d1384ep-8F, -0x1.165e5p-4F, 0x1.1bb4acp-9F, 0x1.06cd4ap-8F, 0x1.288d1ep-15F,
          0x1.cdf63ap-4F, 0x1.caec62p-4F),
    TWICE(-0x1.4f0858p-5F, -0x1.acc828p-5F, -0x1.cfccfcp-8F, 0x1.92dcc6p-7F, -0x1.911312p-9F, 0x1.0fccc8p-15F, 0.0F,
          -0x1.a861a4p-5F),
    TWICE(-0x1.1911cep-7F, 0x1.b2c008p-7F, 0x1.aad53p-7F, -0x1.6c864ep-8F, -0x1.4b19fcp-13F, 0x1.8813e2p-14F,
          -0x1.98cd8ep-6F, 0x1.25da6cp-5F),
};

/* f(a), a >= 0; scaled is above 1 and below 16, and is 1 where a is 0 */
INLINE V NAME(by_intervals)(const float rows[9][16], V a, V scaled)
{
  WORD place = WORD_OF(scaled) >> 22;
#define ROW(k) LOOKUP(rows[k], place)
  V d = a - ROW(0), d2 = d * d, base = LESSER(ROW(1), a);
  V high = FMA(FMA(ROW(8), d, ROW(7)), d, ROW(6)), low = FMA(ROW(5), d, ROW(4));
  /* the last steps are those of Horner's scheme, whose rounding errors do not let the result decrease */
  return FMA(FMA(FMA(FMA(d2, high, low), d, ROW(3)), d, ROW(2)), d, base);
#undef ROW
}
#undef TWICE
#endif
