/* The kernels of isa_advsimd.h in both precisions; their source is kernels.inc.h. */
#include <string.h>
#include "kernels.h"

#define BITS 32
#include "isa_advsimd.h"
#include "engine/kernels.inc.h"
#define BITS 64
#include "isa_advsimd.h"
#include "engine/kernels.inc.h"

const struct isw_kernels isw_kernels_advsimd = {"advsimd", {KERNELS(advsimd_float32), KERNELS(advsimd_float64)}};
