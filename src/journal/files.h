/** @file Files of a run's folder: written whole or not at all. */
#ifndef INITSWEEP_RESULTS_FILES_H
#define INITSWEEP_RESULTS_FILES_H
#include "initsweep/base.h"
#include <sys/uio.h>

/** Writes all of the parts; *written counts what arrived, also after an error (errno says which). */
bool files_write_fully(int fd, struct iovec *parts, size_t count, uint64_t *written);
/** Puts the parts in place of `path` in `folder`, by way of a name of its own (isw_open_new): after a crash there is the old file
 *  or the whole new one, also where several processes write it at once. `what` names it in a message: "cannot write WHAT". */
enum isw_status files_replace(const char *folder, const char *path, const char *what, struct iovec *parts, size_t count,
                              struct isw_error *error);
#endif
