/* The elementary functions in the form of the kernels avx512. */
#include "forms.h"

#define BITS 32
#include "engine/isa_avx512.h"
#include "forms.inc.h"
#define BITS 64
#include "engine/isa_avx512.h"
#include "forms.inc.h"

#define FLOAT32(name) loop_##name##_avx512_float32,
#define FLOAT64(name) loop_##name##_avx512_float64,
const struct exact_form exact_form_avx512 = {"avx512", {EXACT_FUNCTIONS(FLOAT32)}, {EXACT_FUNCTIONS(FLOAT64)}};
