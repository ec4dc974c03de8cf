/** @file HDF5's handles, errors, chunks and file driver, for the two rooms that use the library: hdf5 and results. */
#ifndef INITSWEEP_HDF5_HANDLES_H
#define INITSWEEP_HDF5_HANDLES_H
#include <hdf5.h>
#include <sys/resource.h>
#include <time.h>
#include "initsweep/hdf5.h"

/** Switches HDF5's automatic error printing off between isw_hdf5_silence_begin and isw_hdf5_silence_end. */
struct isw_hdf5_silence {
  H5E_auto2_t function;
  void *data;
};
void isw_hdf5_silence_begin(struct isw_hdf5_silence *silence);
void isw_hdf5_silence_end(const struct isw_hdf5_silence *silence);

/** The same for reading a part of a file of any origin. In addition, SIGVTALRM ends the process if this thread spends
 *  more than ISW_HDF5_SECONDS_MAX of processor time in between; hence such files are read in child processes. The
 *  process can allocate at most ISW_HDF5_BYTES_MAX bytes in between, after which its allocations fail. */
struct isw_hdf5_guard {
  struct isw_hdf5_silence silence;
  timer_t timer;
  bool limited, memory_limited;
  struct rlimit memory; /**< RLIMIT_DATA before it began */
};
void isw_hdf5_guard_begin(struct isw_hdf5_guard *guard);
/** Allows as much time and memory again, and more where many bytes are to be read. */
void isw_hdf5_guard_renew(const struct isw_hdf5_guard *guard, uint64_t bytes);
void isw_hdf5_guard_end(const struct isw_hdf5_guard *guard);

/** Sets "PATH: WHAT: REASON" with the innermost reason on HDF5's error stack; must follow the failed call
 *  immediately. */
enum isw_status isw_hdf5_refuse(struct isw_error *error, enum isw_status status, const char *path, const char *what);

/** The type of variable-length UTF-8 text, which h5py, netCDF and h5dump can all read. The caller closes it. */
hid_t isw_hdf5_text_type(void);

/** The text of a scalar attribute of variable or fixed length, on the heap; NULL where it has none, or no memory. */
char *isw_hdf5_attribute_text(hid_t attribute);

/** Whether the object of that name in a group or file is a dataset. */
bool isw_hdf5_is_dataset(hid_t group, const char *name);

/* Files of any origin (docs/limits.md): HDF5 is not to reach any other file through them. */

/** Opens a file for reading. ISW_BAD_INPUT where HDF5 refuses, and for what is no regular file: a FIFO would block.
 *  @param[in] access  file access properties */
enum isw_status isw_hdf5_open_file(const char *path, hid_t access, hid_t *file, struct isw_error *error);

/** How a name leads to an object. */
enum isw_hdf5_path {
  ISW_HDF5_HARD,     /**< by hard links only, so that the object is in the file */
  ISW_HDF5_INDIRECT, /**< by a soft, external or user-defined link, none of which was followed */
  ISW_HDF5_ABSENT    /**< there is no such name */
};
enum isw_hdf5_path isw_hdf5_follow(hid_t file, const char *name);

/** Opens a dataset; `name` may name groups. ISW_BAD_INPUT, and an invalid handle, where there is none, where its name
 *  is ISW_HDF5_INDIRECT, and where its numbers are elsewhere (external storage, virtual dataset).
 *  @param[in] path  the file's, for messages */
enum isw_status isw_hdf5_open_dataset(hid_t file, const char *path, const char *name, hid_t *dataset,
                                      struct isw_error *error);

/** The first dimension scale of each dimension, as H5Rcreate would refer to it; false where one has none. The
 *  references are not followed, so that those to deleted scales do no harm: H5DSis_attached follows all that it finds,
 *  also those from the scale to other datasets, and fails at the first one that leads nowhere.
 *  @param[out] scale  [rank] */
bool isw_hdf5_dimension_list(hid_t dataset, int rank, hobj_ref_t *scale);

/* Chunks of a dataset are cut, shuffled and compressed here by several threads, for H5Dwrite_chunk. Any HDF5 library
 * can read them, because the filters are HDF5's own shuffle and deflate. */

enum { ISW_CHUNK_RANK = 3 };

/** The chunk layout of a dataset. */
struct isw_chunk_layout {
  hid_t dataset;
  unsigned rank;
  hsize_t dims[ISW_CHUNK_RANK], chunk[ISW_CHUNK_RANK];
  size_t item;      /**< bytes of a number */
  const void *fill; /**< value of the items past the dataset's edges; NULL: zeros */
};

/** Compresses the chunks of datasets, one dataset after the other. It keeps the compressor and the buffers of each
 *  thread between datasets. */
struct isw_chunk_compressor;
/** Creates a compressor; NULL if memory cannot be allocated.
 *  @param[in] threads              at least 1
 *  @param[in] skip_incompressible  store chunks uncompressed if compression would save little */
struct isw_chunk_compressor *isw_chunk_compressor_create(size_t threads, bool skip_incompressible);
void isw_chunk_compressor_destroy(struct isw_chunk_compressor *compressor);

/** Takes a compressed chunk; false: no more are wanted.
 *  @param[in] from  [ISW_CHUNK_RANK] where the chunk begins
 *  @param[in] mask  of the filters that were left out, for H5Dwrite_chunk */
typedef bool isw_chunk_sink(void *context, const hsize_t *from, uint32_t mask, const void *bytes, size_t size);
/** Compresses a slab of whole chunks: `count` items along each dimension from `start`. The slab must begin at chunk
 *  boundaries and end at chunk boundaries or at the dataset's edges. The dataset is not used.
 *  @param[in]  numbers  [count[0]][row] items in row-major order; a row has dims[1] * dims[2] items, of which the slab
 *                       begins at start[1], start[2]
 *  @param[in]  sink     called by this thread, in row-major order of the chunks
 *  @param[out] memory   whether memory could not be allocated
 *  @return false if the sink returned false or memory cannot be allocated */
bool isw_chunks_compress(struct isw_chunk_compressor *compressor, const struct isw_chunk_layout *layout,
                         const hsize_t *start, const hsize_t *count, const void *numbers, isw_chunk_sink *sink,
                         void *context, bool *memory);
/** Compresses the chunks of a slab and writes them to the dataset.
 *  @return false if HDF5 fails (its error stack has the reason) or memory cannot be allocated */
bool isw_chunks_write(struct isw_chunk_compressor *compressor, const struct isw_chunk_layout *layout,
                      const hsize_t *start, const hsize_t *count, const void *numbers, bool *memory);

/** Fills an array with `count` copies of the item `fill`; NULL: zeros. */
void isw_chunks_fill(void *to, size_t count, size_t item, const void *fill);

/* A file driver (VFD) that defers write errors, such as those of a full disk. HDF5 1.10 cannot close a file that it
 *  cannot flush: it crashes or loops at exit. This driver records the first error, keeps all later writes in memory and
 *  reports success, so that HDF5 closes the file normally; the caller then checks *problem and discards the file. */

/** Sets the driver in a file access list. *problem becomes the errno of the first write that failed; it has to outlive
 *  the file. The caller gives the driver to H5FDunregister once the file is closed, not before: closing a file, HDF5
 *  gives up its own hold on the driver first and then calls the driver's functions. Negative where HDF5 refuses. */
hid_t isw_hdf5_deferred_error_vfd(hid_t access, int *problem);
#endif
