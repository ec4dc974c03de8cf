/* The kernels of isa_avx512.h in both precisions; their source is kernels.inc.h. */
#include <string.h>
#include "kernels.h"

#define BITS 32
#include "engine/isa_avx512.h"
#include "engine/kernels.inc.h"
#define BITS 64
#include "engine/isa_avx512.h"
#include "engine/kernels.inc.h"

const struct isw_kernels isw_kernels_avx512 = {"avx512", {KERNELS(avx512_float32), KERNELS(avx512_float64)}};
