/* What differs between two texts, for a message. */
#ifndef INITSWEEP_COMMANDS_DIFFERENCE_H
#define INITSWEEP_COMMANDS_DIFFERENCE_H
#include "initsweep/base.h"

/* Appends to the error's message the lines that only `before` has, after "  - ", and those that only `after` has, after
 * "  + "; a sentence where none differs. before may be NULL. */
void isw_add_difference(struct isw_error *error, const char *before, const char *after);
#endif
