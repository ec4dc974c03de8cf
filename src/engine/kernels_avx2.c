/* The kernels of isa_avx2.h in both precisions; their source is kernels.inc.h. */
#include <string.h>
#include "kernels.h"

#define BITS 32
#include "engine/isa_avx2.h"
#include "engine/kernels.inc.h"
#define BITS 64
#include "engine/isa_avx2.h"
#include "engine/kernels.inc.h"

const struct isw_kernels isw_kernels_avx2 = {"avx2", {KERNELS(avx2_float32), KERNELS(avx2_float64)}};
