/* The elementary functions in the form of the kernels avx2. */
#include "forms.h"

#define BITS 32
#include "engine/isa_avx2.h"
#include "forms.inc.h"
#define BITS 64
#include "engine/isa_avx2.h"
#include "forms.inc.h"

#define FLOAT32(name) loop_##name##_avx2_float32,
#define FLOAT64(name) loop_##name##_avx2_float64,
const struct exact_form exact_form_avx2 = {"avx2", {EXACT_FUNCTIONS(FLOAT32)}, {EXACT_FUNCTIONS(FLOAT64)}};
