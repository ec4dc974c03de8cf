/** @file Reads arrays from any HDF5 file, for rooms that do not use the HDF5 library. The results room, which writes
 *  and reads format 1 with the library's handles, also includes hdf5_handles.h. */
#ifndef INITSWEEP_HDF5_H
#define INITSWEEP_HDF5_H
#include "initsweep/base.h"

/** An array in float64. The first dimension of the dataset gives the rows; the others are flattened to columns. */
struct isw_array {
  uint64_t first; /**< index of row 0 in the dataset */
  size_t rows, columns;
  double *value; /**< [rows][columns] */
};
/** Reads a dataset of integers or floating-point numbers, in a child process (isw_hdf5_call).
 *  @param[in]  name   name of the dataset, with its groups: "weights_final", "train/inputs". With a row also
 *                     "weights[3]", if no dataset has this name: index 3 of the second of three dimensions
 *  @param[in]  row    NULL: all rows; else the index, from 0, of a row of a two-dimensional dataset, which is read with
 *                     some of its neighbours. A one-dimensional dataset counts as one row, with index 0
 *  @param[in]  limit  maximum size of the array in bytes
 *  @param[out] array  release with isw_array_clear after success
 *  @return ISW_BAD_INPUT if the file, the dataset or the row does not exist or the type is not supported */
enum isw_status isw_array_read(const char *path, const char *name, const uint64_t *row, size_t limit,
                               struct isw_array *array, struct isw_error *error);
void isw_array_clear(struct isw_array *array);
/** Sets rows and columns of a dataset as isw_array_read would. Arguments and errors as there. */
enum isw_status isw_array_shape(const char *path, const char *name, size_t limit, size_t *rows, size_t *columns,
                                struct isw_error *error);
/** Takes some rows of an array: [rows][columns] of float64, from row `first` on. A status other than ISW_OK, with its
 *  error, ends the reading. */
typedef enum isw_status isw_visit_rows(void *context, size_t first, size_t rows, const double *value,
                                       struct isw_error *error);
/** Passes all rows of a dataset to `visit` in ascending order, without having all of them in memory. Arguments and
 *  errors as for isw_array_read. */
enum isw_status isw_array_visit(const char *path, const char *name, size_t limit, isw_visit_rows *visit, void *context,
                                struct isw_error *error);

/** @name Child processes
 *  Damage inside a file can crash the HDF5 library, keep it busy without end, or make it ask for any amount of memory.
 *  Files of any origin are therefore read in a child process. A read that takes more than ISW_HDF5_SECONDS_MAX of
 *  processor time ends it too. A read fails that needs more memory than ISW_HDF5_BYTES_MAX and ISW_HDF5_BYTES_PER_BYTE
 *  times the bytes to be read: a compressed chunk, and what it is uncompressed to, twice as large while it grows.
 *  @{ */
enum { ISW_HDF5_SECONDS_MAX = 10, ISW_HDF5_BYTES_MAX = 1 << 30, ISW_HDF5_BYTES_PER_BYTE = 8 };
/** Continues the program in a child process, which ends with the program's parent. To be called before the process has
 *  other threads. If the child crashes, the error says that the file is damaged.
 *  @param[in]  file         the file that will be read, for messages
 *  @param[out] exit_status  in the parent: the exit status of the child, or the status of `error`
 *  @return true in the parent, after the end of the child; false in the child */
bool isw_hdf5_continue_in_child(const char *file, int *exit_status, struct isw_error *error);

/** Work of which only some data come back. */
struct isw_hdf5_work {
  const char *file; /**< for messages */
  /** Runs in the child: reads the file and passes data to isw_hdf5_send. Its other effects on memory are lost. */
  enum isw_status (*send)(void *context, int to, struct isw_error *error);
  /** Runs in the parent at the same time: takes the data with isw_hdf5_receive. False if they end early; it sets
   *  `error` if it fails for another reason. */
  bool (*receive)(void *context, int from, struct isw_error *error);
};
/** Does the work in a child process and returns its status and message. The process may have other threads, which the
 *  child does not have.
 *  @return ISW_BAD_INPUT if the child crashes or takes too long: the file is damaged */
enum isw_status isw_hdf5_call(const struct isw_hdf5_work *work, void *context, struct isw_error *error);
/** Sends bytes; false if the parent has given up. */
bool isw_hdf5_send(int to, const void *bytes, size_t length);
/** Receives as many bytes; false if there are fewer. */
bool isw_hdf5_receive(int from, void *bytes, size_t length);
/** @} */

/** Name and version of the HDF5 library: "HDF5 1.10.8 (serial)". */
const char *isw_hdf5_library(void);
#endif
