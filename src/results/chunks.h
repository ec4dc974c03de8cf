/** @file Chunks of a dataset, cut, shuffled and compressed here by several threads and handed to HDF5 as they are. Any HDF5
 *  reads them: the filters are the library's own shuffle and deflate. */
#ifndef INITSWEEP_CHUNKS_H
#define INITSWEEP_CHUNKS_H
#include <hdf5.h>
#include "initsweep/base.h"

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
#endif
