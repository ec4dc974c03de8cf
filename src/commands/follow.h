/* A run under way, seen from another terminal. */
#ifndef INITSWEEP_COMMANDS_FOLLOW_H
#define INITSWEEP_COMMANDS_FOLLOW_H
#include "initsweep/base.h"

/* Shows on stdout how a run gets on, until its results file is whole: a line that is redrawn on a terminal, elsewhere, or as one JSON
 * object, a line for every change. Reads only.
 * given: the results file's name or the run's folder. every: seconds between two looks.
 * *file: the results file's name, on the heap. ISW_BAD_INPUT where there is neither file nor folder, ISW_FAILED where the run goes
 * away and leaves no file. */
enum isw_status isw_follow(const char *given, double every, bool json, char **file, struct isw_error *error);
#endif
