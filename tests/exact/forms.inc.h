/* The elementary functions of one form, as loops over arrays. Included once per precision after isa_FORM.h. */
#include "initsweep/exact_functions.inc.h"

#define LOOP(name)                                                                                                     \
  static void NAME(loop_##name)(size_t count, const REAL *x, REAL *y)                                                  \
  {                                                                                                                    \
    for (size_t i = 0; i < count * sizeof(REAL) / sizeof(V); i++) ((V *)y)[i] = NAME(name)(((const V *)x)[i]);         \
  }
EXACT_FUNCTIONS(LOOP)
#undef LOOP
#include "engine/isa_undefine.h"
