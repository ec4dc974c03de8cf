/** @file Reads arrays from any HDF5 file, for rooms that do not use the HDF5 library. The results room, which writes
 *  and reads format 1 with the library's handles, also includes hdf5_handles.h. */
#ifndef INITSWEEP_HDF5_H
#define INITSWEEP_HDF5_H
#include "initsweep/base.h"

/** An array in float64. The first dimension of the dataset gives the rows; the others are flattened to columns. */
struct isw_array {
  size_t rows, columns;
  double *value; /**< [rows][columns] */
};
/** Reads a dataset of integers or floating-point numbers.
 *  @param[in]  name   name of the dataset, with its groups: "weights_final", "train/inputs"
 *  @param[in]  row    NULL: all rows; else the index, from 0, of one row of a two-dimensional dataset. A
 *                     one-dimensional dataset counts as one row, with index 0
 *  @param[in]  limit  maximum size of the array in bytes
 *  @param[out] array  release with isw_array_clear after success
 *  @return ISW_BAD_INPUT if the file, the dataset or the row does not exist or the type is not supported */
enum isw_status isw_array_read(const char *path, const char *name, const uint64_t *row, size_t limit,
                               struct isw_array *array, struct isw_error *error);
void isw_array_clear(struct isw_array *array);

/** Name and version of the HDF5 library: "HDF5 1.10.8 (serial)". */
const char *isw_hdf5_library(void);
#endif
