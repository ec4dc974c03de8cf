/* The errors of making a results file: a write that failed, and a network of the journal that does not fit. */
#include <string.h>
#include "results_internal.h"

enum isw_status isw_writer_refuse(struct isw_results_writer *w, const char *what)
{
  if (w->problem)
    return isw_error_set(w->outline.error, ISW_FAILED, "%s: cannot write: %s", w->path, strerror(w->problem));
  return isw_hdf5_refuse(w->outline.error, ISW_FAILED, w->path, what);
}

enum isw_status isw_outline_refuse_network(const struct isw_outline *o, uint64_t network, const char *what)
{
  return isw_error_set(o->error, ISW_FAILED, "%s: the journal's network %llu does not fit the sweep: %s", o->path,
                       (unsigned long long)network, what);
}
