/* Reads arrays from any HDF5 file, for rooms that do not use HDF5 themselves. */
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "initsweep/hdf5_handles.h"

/* In memory at a time: of the child, if a chunk does not have more, and of the parent, if a row does not. NEIGHBOURS:
 * of a row that is read alone. */
enum { BLOCK_NUMBERS = 1 << 21, VISITED_NUMBERS = 1 << 16, NEIGHBOURS = 1 << 18 };

/* Which part of a dataset is read, once its shape is known. With a row come its neighbours, NEIGHBOURS numbers
 * altogether, in blocks that do not depend on the row: a child process is started for the first one only. */
struct part {
  int rank;
  hsize_t size[H5S_MAX_RANK], start[H5S_MAX_RANK], count[H5S_MAX_RANK];
};

/* Splits "weights[3]" into the name of a dataset, on the heap, and an index of its second dimension. *own: NULL where
 * the name has no index. False if memory cannot be allocated. */
static bool split_index(const char *name, char **own, uint64_t *index)
{
  enum { DIGITS_MAX = 18 };
  size_t length = strlen(name), digits = 0;
  *own = NULL;
  if (length < 4 || name[length - 1] != ']') return true;
  while (digits + 2 < length && isdigit((unsigned char)name[length - 2 - digits])) digits++;
  size_t bracket = length - 2 - digits;
  if (digits == 0 || digits > DIGITS_MAX || bracket == 0 || name[bracket] != '[') return true;
  *own = isw_copy_text(name);
  if (!*own) return false;
  (*own)[bracket] = '\0';
  *index = strtoull(name + bracket + 1, NULL, 10);
  return true;
}

/* Reduces the second of three dimensions to an index. */
static enum isw_status take_slice(const char *path, const char *name, uint64_t index, struct part *part,
                                  struct isw_error *error)
{
  if (part->rank != 3)
    return isw_error_set(error, ISW_BAD_INPUT, "%s: dataset '%s' has %d dimensions where 3 are expected", path, name,
                         part->rank);
  if (index >= part->size[1])
    return isw_error_set(error, ISW_BAD_INPUT, "%s: slice %" PRIu64 " of dataset '%s', which has %llu (from 0)", path,
                         index, name, (unsigned long long)part->size[1]);
  part->start[1] = index;
  part->count[1] = 1;
  return ISW_OK;
}

/* slice: NULL: none */
static enum isw_status find_part(const char *path, const char *name, const uint64_t *row, const uint64_t *slice,
                                 hid_t space, struct part *part, struct isw_error *error)
{
  part->rank = H5Sget_simple_extent_type(space) == H5S_SIMPLE ? H5Sget_simple_extent_ndims(space) : 0;
  if (part->rank < 1 || H5Sget_simple_extent_dims(space, part->size, NULL) != part->rank)
    return isw_error_set(error, ISW_BAD_INPUT, "%s: dataset '%s' is no array", path, name);
  for (int d = 0; d < part->rank; d++) {
    if (part->size[d] == 0)
      return isw_error_set(error, ISW_BAD_INPUT, "%s: size %d of dataset '%s' is 0", path, d + 1, name);
    part->start[d] = 0;
    part->count[d] = part->size[d];
  }
  if (!row) return ISW_OK;
  enum isw_status status = slice ? take_slice(path, name, *slice, part, error) : ISW_OK;
  if (status != ISW_OK) return status;
  if (part->rank > 2 && !slice)
    return isw_error_set(error, ISW_BAD_INPUT, "%s: dataset '%s' has %d dimensions where 1 or 2 are expected%s%s%s",
                         path, name, part->rank, part->rank == 3 ? "; '" : "", part->rank == 3 ? name : "",
                         part->rank == 3 ? "[0]' is the first slice of the second" : "");
  uint64_t rows = part->rank >= 2 ? part->size[0] : 1;
  if (*row >= rows)
    return isw_error_set(error, ISW_BAD_INPUT, "%s: row %" PRIu64 " of dataset '%s', which has %" PRIu64 " (from 0)",
                         path, *row, name, rows);
  if (part->rank >= 2) {
    hsize_t columns = part->size[part->rank - 1];
    hsize_t rows_together = columns < NEIGHBOURS ? NEIGHBOURS / columns : 1;
    part->start[0] = *row - *row % rows_together;
    part->count[0] = rows - part->start[0] < rows_together ? rows - part->start[0] : rows_together;
  }
  return ISW_OK;
}

/* What is read of an array, and its shape as the child sends it before the numbers. */
struct request {
  const char *path, *name;
  const uint64_t *row;
  size_t limit;
  struct isw_array *array; /* all numbers; or only the shape, if there is no visitor either */
  isw_visit_rows *visit;
  void *context;
};
struct shape {
  uint64_t first;
  size_t rows, columns;
};

/* The dimension along which a part is read in blocks, and the size of a block. */
struct blocks {
  int dimension;
  size_t item; /* numbers of one index along the dimension */
  hsize_t most;
};

static struct blocks choose_blocks(hid_t dataset, const struct part *part)
{
  struct blocks blocks = {.item = 1};
  hsize_t chunk[H5S_MAX_RANK];
  while (blocks.dimension + 1 < part->rank && part->count[blocks.dimension] == 1) blocks.dimension++;
  for (int d = blocks.dimension + 1; d < part->rank; d++) blocks.item *= (size_t)part->count[d];
  blocks.most = BLOCK_NUMBERS / blocks.item;
  hid_t properties = H5Dget_create_plist(dataset);
  if (H5Pget_layout(properties) == H5D_CHUNKED && H5Pget_chunk(properties, part->rank, chunk) == part->rank) {
    hsize_t whole = chunk[blocks.dimension]; /* a chunk in two blocks would be uncompressed twice */
    blocks.most = blocks.most > whole ? blocks.most - blocks.most % whole : whole;
  }
  H5Pclose(properties);
  if (blocks.most == 0) blocks.most = 1;
  if (blocks.most > part->count[blocks.dimension]) blocks.most = part->count[blocks.dimension];
  return blocks;
}

/* bytes: of the block, for the limits of its read */
static enum isw_status read_block(const char *path, hid_t dataset, hid_t space, const struct part *part, size_t bytes,
                                  double *block, struct isw_error *error)
{
  struct isw_hdf5_guard guard;
  enum isw_status status = ISW_OK;
  isw_hdf5_guard_begin(&guard);
  isw_hdf5_guard_renew(&guard, bytes);
  hid_t memory = H5Screate_simple(part->rank, part->count, NULL);
  if (memory < 0 || H5Sselect_hyperslab(space, H5S_SELECT_SET, part->start, NULL, part->count, NULL) < 0 ||
      H5Dread(dataset, H5T_NATIVE_DOUBLE, memory, space, H5P_DEFAULT, block) < 0)
    status = isw_hdf5_refuse(error, ISW_BAD_INPUT, path, "cannot read its numbers");
  if (memory >= 0) H5Sclose(memory);
  isw_hdf5_guard_end(&guard);
  return status;
}

/* Sends the shape and the numbers, a block in memory at a time. */
static enum isw_status send_part(const struct request *request, hid_t dataset, hid_t space, struct part part, int to,
                                 struct isw_error *error)
{
  size_t numbers = 1, bytes;
  bool fits = true;
  for (int d = 0; d < part.rank; d++) fits = fits && isw_multiply(numbers, part.count[d], &numbers);
  if (!fits || !isw_multiply(numbers, sizeof(double), &bytes) || bytes > request->limit)
    return isw_error_set(error, ISW_BAD_INPUT, "%s: dataset '%s' takes more than %zu MiB", request->path, request->name,
                         request->limit >> 20);
  int first = request->row && part.rank == 1 ? 0 : 1; /* dimension of the columns */
  struct shape shape = {.first = part.start[0], .rows = first == 0 ? 1 : (size_t)part.count[0], .columns = 1};
  for (int d = first; d < part.rank; d++) shape.columns *= (size_t)part.count[d];
  const struct blocks blocks = choose_blocks(dataset, &part);
  bool wanted = isw_hdf5_send(to, &shape, sizeof shape);
  if (!request->array && !request->visit) return ISW_OK;
  double *block = isw_allocate((size_t)blocks.most * blocks.item, sizeof *block);
  if (!block) return isw_error_memory(error, (size_t)blocks.most * blocks.item * sizeof *block, request->path);
  enum isw_status status = ISW_OK;
  hsize_t *start = &part.start[blocks.dimension], *count = &part.count[blocks.dimension], end = *start + *count;
  for (; status == ISW_OK && wanted && *start < end; *start += *count) {
    *count = end - *start < blocks.most ? end - *start : blocks.most;
    bytes = (size_t)*count * blocks.item * sizeof *block;
    status = read_block(request->path, dataset, space, &part, bytes, block, error);
    if (status == ISW_OK) wanted = isw_hdf5_send(to, block, bytes);
  }
  free(block);
  return status;
}

static enum isw_status send_dataset(const struct request *request, hid_t file, const char *name, const uint64_t *slice,
                                    int to, struct isw_error *error)
{
  hid_t dataset;
  const char *path = request->path;
  struct isw_hdf5_guard guard;
  isw_hdf5_guard_begin(&guard);
  enum isw_status status = isw_hdf5_open_dataset(file, path, name, &dataset, error);
  isw_hdf5_guard_end(&guard);
  if (status != ISW_OK) return status;
  isw_hdf5_guard_begin(&guard);
  hid_t type = H5Dget_type(dataset), space = H5Dget_space(dataset);
  H5T_class_t kind = H5Tget_class(type);
  struct part part;
  if (kind != H5T_FLOAT && kind != H5T_INTEGER)
    status = isw_error_set(error, ISW_BAD_INPUT, "%s: dataset '%s' does not hold plain numbers", path, name);
  if (status == ISW_OK) status = find_part(path, name, request->row, slice, space, &part, error);
  isw_hdf5_guard_end(&guard);
  if (status == ISW_OK) status = send_part(request, dataset, space, part, to, error);
  H5Tclose(type);
  H5Sclose(space);
  H5Dclose(dataset);
  return status;
}

/* Sends the dataset of a name or, if there is none and a row is asked for, the slice that the name describes. */
static enum isw_status send_named(const struct request *request, hid_t file, int to, struct isw_error *error)
{
  char *own = NULL;
  uint64_t slice = 0;
  struct isw_hdf5_guard guard;
  isw_hdf5_guard_begin(&guard);
  bool absent = isw_hdf5_follow(file, request->name) == ISW_HDF5_ABSENT;
  isw_hdf5_guard_end(&guard);
  if (request->row && absent && !split_index(request->name, &own, &slice))
    return isw_error_memory(error, strlen(request->name), request->path);
  enum isw_status status = send_dataset(request, file, own ? own : request->name, own ? &slice : NULL, to, error);
  free(own);
  return status;
}

static enum isw_status send_array(void *context, int to, struct isw_error *error)
{
  const struct request *request = context;
  struct isw_hdf5_guard guard;
  isw_hdf5_guard_begin(&guard);
  hid_t access = H5Pcreate(H5P_FILE_ACCESS);
  H5Pset_fclose_degree(access, H5F_CLOSE_STRONG);
  hid_t file;
  enum isw_status status = isw_hdf5_open_file(request->path, access, &file, error);
  H5Pclose(access);
  isw_hdf5_guard_end(&guard);
  if (status == ISW_OK) status = send_named(request, file, to, error);
  isw_hdf5_guard_begin(&guard);
  if (file >= 0) H5Fclose(file);
  isw_hdf5_guard_end(&guard);
  return status;
}

static bool receive_array(void *context, int from, struct isw_error *error)
{
  const struct request *request = context;
  struct isw_array *array = request->array;
  struct shape shape;
  size_t numbers, bytes;
  if (!isw_hdf5_receive(from, &shape, sizeof shape)) return false;
  if (!isw_multiply(shape.rows, shape.columns, &numbers) || !isw_multiply(numbers, sizeof(double), &bytes))
    return false;
  *array = (struct isw_array){.first = shape.first, .rows = shape.rows, .columns = shape.columns};
  array->value = isw_allocate(numbers, sizeof(double));
  if (!array->value) {
    isw_error_memory(error, bytes, request->path);
    return false;
  }
  return isw_hdf5_receive(from, array->value, bytes);
}

static bool receive_shape(void *context, int from, struct isw_error *error)
{
  const struct request *request = context;
  (void)error;
  return isw_hdf5_receive(from, request->context, sizeof(struct shape));
}

/* Passes the rows on, some at a time. */
static bool receive_rows(void *context, int from, struct isw_error *error)
{
  const struct request *request = context;
  struct shape shape;
  size_t bytes;
  if (!isw_hdf5_receive(from, &shape, sizeof shape) || !isw_multiply(shape.columns, sizeof(double), &bytes))
    return false;
  size_t most = VISITED_NUMBERS / shape.columns > 0 ? VISITED_NUMBERS / shape.columns : 1;
  double *block = isw_allocate(most, bytes);
  if (!block) {
    isw_error_memory(error, most * bytes, request->path);
    return false;
  }
  bool complete = true;
  for (size_t first = 0, rows; complete && first < shape.rows; first += rows) {
    rows = shape.rows - first < most ? shape.rows - first : most;
    complete = isw_hdf5_receive(from, block, rows * bytes) &&
               request->visit(request->context, first, rows, block, error) == ISW_OK;
  }
  free(block);
  return complete;
}

enum isw_status isw_array_shape(const char *path, const char *name, size_t limit, size_t *rows, size_t *columns,
                                struct isw_error *error)
{
  struct shape shape = {0};
  struct request request = {.path = path, .name = name, .limit = limit, .context = &shape};
  const struct isw_hdf5_work work = {path, send_array, receive_shape};
  enum isw_status status = isw_hdf5_call(&work, &request, error);
  *rows = shape.rows;
  *columns = shape.columns;
  return status;
}

enum isw_status isw_array_visit(const char *path, const char *name, size_t limit, isw_visit_rows *visit, void *context,
                                struct isw_error *error)
{
  struct request request = {.path = path, .name = name, .limit = limit, .visit = visit, .context = context};
  const struct isw_hdf5_work work = {path, send_array, receive_rows};
  return isw_hdf5_call(&work, &request, error);
}

enum isw_status isw_array_read(const char *path, const char *name, const uint64_t *row, size_t limit,
                               struct isw_array *array, struct isw_error *error)
{
  *array = (struct isw_array){0};
  struct request request = {.path = path, .name = name, .row = row, .limit = limit, .array = array};
  const struct isw_hdf5_work work = {path, send_array, receive_array};
  enum isw_status status = isw_hdf5_call(&work, &request, error);
  if (status != ISW_OK) isw_array_clear(array);
  return status;
}

void isw_array_clear(struct isw_array *array)
{
  free(array->value);
  *array = (struct isw_array){0};
}
