/* The kernels of isa_portable.h in both precisions; their source is kernels.inc.h. */
#include <string.h>
#include "kernels.h"

#define BITS 32
#include "isa_portable.h"
#include "engine/kernels.inc.h"
#define BITS 64
#include "isa_portable.h"
#include "engine/kernels.inc.h"

const struct isw_kernels isw_kernels_portable = {"portable", {KERNELS(portable_float32), KERNELS(portable_float64)}};
