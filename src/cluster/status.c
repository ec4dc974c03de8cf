/* Chooses which of several ranks' or workers' statuses is reported, and sets the text of another rank's error. No MPI,
 * no threads. */
#include "cluster_internal.h"

int isw_status_severity(enum isw_status status)
{
  switch (status) {
  case ISW_OK: return 0;
  case ISW_INTERRUPTED: return 1;
  case ISW_BAD_INPUT: return 2;
  case ISW_FAILED: break;
  }
  return 3;
}

enum isw_status isw_worse_status(enum isw_status a, enum isw_status b)
{
  return isw_status_severity(b) > isw_status_severity(a) ? b : a;
}

void isw_error_of_rank(struct isw_error *error, enum isw_status status, int rank, const char *text)
{
  if (rank == 0)
    isw_error_set(error, status, "%s", text);
  else
    isw_error_set(error, status, "rank %d: %s", rank, text);
}
