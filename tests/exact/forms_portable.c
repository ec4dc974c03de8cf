/* The elementary functions in the form of the kernels portable. */
#include "forms.h"

#define BITS 32
#include "engine/isa_portable.h"
#include "forms.inc.h"
#define BITS 64
#include "engine/isa_portable.h"
#include "forms.inc.h"

#define FLOAT32(name) loop_##name##_portable_float32,
#define FLOAT64(name) loop_##name##_portable_float64,
const struct exact_form exact_form_portable = {"portable", {EXACT_FUNCTIONS(FLOAT32)}, {EXACT_FUNCTIONS(FLOAT64)}};
