/* The elementary functions on one float64 number: exact_functions.inc.h with the operations of exact_scalar.inc.h. */
#include "initsweep/exact.h"

#define BITS 64
#define NAME(x) x##_number
#include "initsweep/exact_scalar.inc.h"
#include "initsweep/exact_functions.inc.h"

#define EXTERNAL(name) isw_exact_##name
#include "functions.inc.h"
