/** @file Numbers of any HDF5 file, for rooms that do not know HDF5. The results room, which writes and reads format 1
 *  with the library's handles, includes hdf5_handles.h too. */
#ifndef INITSWEEP_HDF5_H
#define INITSWEEP_HDF5_H
#include "initsweep/base.h"

/** An array's numbers as float64: the first dimension counts rows, the others are columns. */
struct isw_array {
  size_t rows, columns;
  double *value; /**< [rows][columns] */
};
/** Reads a dataset of integers or floating-point numbers.
 *  @param[in] name   the dataset's, with its groups: "weights_final", "train/inputs"
 *  @param[in] row    NULL: all; else that row (from 0) of two dimensions, or 0 for an array of one, which then is a row
 *  @param[in] limit  bytes of float64 that may be taken
 *  ISW_BAD_INPUT where the file, the dataset, the row or the type is not there; isw_array_clear after success. */
enum isw_status isw_array_read(const char *path, const char *name, const uint64_t *row, size_t limit,
                               struct isw_array *array, struct isw_error *error);
void isw_array_clear(struct isw_array *array);

/** "HDF5 1.10.8 (serial)" */
const char *isw_hdf5_library(void);
#endif
