/* What show and show --follow share. */
#ifndef INITSWEEP_COMMANDS_SHOW_H
#define INITSWEEP_COMMANDS_SHOW_H
#include "initsweep/base.h"

struct isw_show_request {
  const char *by; /* NULL: accuracy, else loss */
  size_t top;     /* best and worst cells */
  bool json, follow;
};

/* Prints what is in a results file. */
enum isw_status isw_show_file(const char *file, const struct isw_show_request *request, struct isw_error *error);
/* Shows the progress of the run that writes `file` until it is there, then what is in it. */
enum isw_status isw_follow(const char *file, const struct isw_show_request *request, struct isw_error *error);
#endif
