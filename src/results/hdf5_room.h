/** @file What writing and reading share about HDF5: its errors as ours, and the names of format 1. */
#ifndef INITSWEEP_HDF5_ROOM_H
#define INITSWEEP_HDF5_ROOM_H
#include <hdf5.h>
#include "initsweep/results.h"

enum { FORMAT_VERSION = 1 };
#define FORMAT_NAME "initsweep results"
#define PROVENANCE_GROUP "provenance"

/** HDF5's automatic error printing, off between quiet_begin and quiet_end. */
struct quiet {
  H5E_auto2_t function;
  void *data;
};
void quiet_begin(struct quiet *quiet);
void quiet_end(const struct quiet *quiet);

/** "PATH: WHAT: REASON" with the innermost reason of HDF5's error stack. To be called straight after the call that failed. */
enum isw_status hdf5_refuse(struct isw_error *error, enum isw_status status, const char *path, const char *what);

/** Variable-length UTF-8 text, as h5py, netCDF and h5dump all read it. The caller closes it. */
hid_t text_type(void);
#endif
