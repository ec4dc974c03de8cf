/* The elementary functions in the form of the kernels advsimd. */
#include "forms.h"

#define BITS 32
#include "engine/isa_advsimd.h"
#include "forms.inc.h"
#define BITS 64
#include "engine/isa_advsimd.h"
#include "forms.inc.h"

#define FLOAT32(name) loop_##name##_advsimd_float32,
#define FLOAT64(name) loop_##name##_advsimd_float64,
const struct exact_form exact_form_advsimd = {"advsimd", {EXACT_FUNCTIONS(FLOAT32)}, {EXACT_FUNCTIONS(FLOAT64)}};
