/* Included by clang-tidy before every source except base/error.c: what the analyser cannot see across files. Without it
 * the analyser would continue every path on which an error was set as if there were none. */
#include "initsweep/base.h"

#define isw_error_set(error, status, ...) (isw_error_set(error, status, __VA_ARGS__), (status))
#define isw_error_memory(error, bytes, what) (isw_error_memory(error, bytes, what), ISW_FAILED)
#define isw_error_system(error, path, what) (isw_error_system(error, path, what), ISW_FAILED)
