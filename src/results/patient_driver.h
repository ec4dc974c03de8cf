/** @file A file driver for HDF5 that writes as its own does, but bears a full disk. HDF5 1.10 cannot close a file that it
 *  cannot flush: it crashes or loops at exit. This driver notes the first refusal, keeps all later writes in memory, and
 *  says that all is well, so that HDF5 closes in order; the caller looks at *problem and throws the file away. */
#ifndef INITSWEEP_PATIENT_DRIVER_H
#define INITSWEEP_PATIENT_DRIVER_H
#include <hdf5.h>

/** Sets the driver in a file access list. *problem becomes the errno of the first write that failed; it must outlive the
 *  file. The caller gives the driver to H5FDunregister once the file is closed, and not before: when a file is closed, HDF5 gives
 *  up its own hold on the driver first and calls the driver's functions afterwards. Negative where HDF5 refuses. */
hid_t patient_driver(hid_t access, int *problem);
#endif
