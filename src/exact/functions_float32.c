/* The elementary functions on one float32 number: exact_functions.inc.h with the operations of exact_scalar.inc.h. */
#include "initsweep/exact.h"

#define BITS 32
#define NAME(x) x##_number
#include "initsweep/exact_scalar.inc.h"
#include "initsweep/exact_functions.inc.h"

#define EXTERNAL(name) isw_exact_##name##_float32
#include "functions.inc.h"
