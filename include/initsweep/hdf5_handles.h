/** @file HDF5's handles and errors, chunks and the file driver, for the two rooms that know the library: hdf5 and results. */
#ifndef INITSWEEP_HDF5_HANDLES_H
#define INITSWEEP_HDF5_HANDLES_H
#include <hdf5.h>
#include "initsweep/hdf5.h"

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

/** Whether the object of that name in a group or file is a dataset. */
bool hdf5_is_dataset(hid_t group, const char *name);

/* Chunks of a dataset, cut, shuffled and compressed here by several threads and handed to HDF5 as they are. Any HDF5
 *  reads them: the filters are the library's own shuffle and deflate. */

enum { CHUNK_RANK = 3 };

/** How a dataset lies in its chunks. */
struct chunk_layout {
  hid_t dataset;
  unsigned rank;
  hsize_t dims[CHUNK_RANK], chunk[CHUNK_RANK];
  size_t item;      /**< bytes of a number */
  const void *fill; /**< what stands past the edges; NULL: zeros */
};

/** What compresses: its threads' compressors and buffers, kept from one dataset to the next. */
struct chunk_press;
/** NULL where memory ran out.
 *  @param[in] threads  at least 1
 *  @param[in] thrifty  chunks that hardly shrink are stored as they are */
struct chunk_press *chunk_press_create(size_t threads, bool thrifty);
void chunk_press_destroy(struct chunk_press *press);

/** Writes whole chunks: `count` along each dimension from `start`, which begin on chunks and end on chunks or where the dataset does.
 *  @param[in] numbers  [count[0]][row] of the dataset's items in row-major order; a row has dims[1] * dims[2] items, of which the
 *                      slab begins at start[1], start[2]
 *  False where HDF5 refuses (its error stack says why) or, with *memory, where memory ran out. */
bool chunks_write(struct chunk_press *press, const struct chunk_layout *layout, const hsize_t *start,
                  const hsize_t *count, const void *numbers, bool *memory);
/** `count` times the item `fill`; NULL: zeros. */
void chunks_fill(void *to, size_t count, size_t item, const void *fill);

/* A file driver for HDF5 that writes as its own does, but bears a full disk. HDF5 1.10 cannot close a file that it
 *  cannot flush: it crashes or loops at exit. This driver notes the first refusal, keeps all later writes in memory, and
 *  says that all is well, so that HDF5 closes in order; the caller looks at *problem and throws the file away. */

/** Sets the driver in a file access list. *problem becomes the errno of the first write that failed; it has to outlive the
 *  file. The caller gives the driver to H5FDunregister once the file is closed, not before: closing a file, HDF5 gives up
 *  its own hold on the driver first and then calls the driver's functions. Negative where HDF5 refuses. */
hid_t patient_driver(hid_t access, int *problem);
#endif
