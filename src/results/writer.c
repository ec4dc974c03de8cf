/* A results file being written: created under a temporary name, filled chunk by chunk in the order of its parts, and
 * renamed when it is complete and synced. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "results_internal.h"

/* ---- creation ---- */

enum { CONVERSION_BYTES = 64 << 10 }; /* HDF5's default is 1 MiB, which it clears for each write of converted numbers */

static enum isw_status create_file(struct isw_results_writer *w)
{
  hid_t creation = H5Pcreate(H5P_FILE_CREATE), access = H5Pcreate(H5P_FILE_ACCESS);
  H5Pset_obj_track_times(creation, false);
  H5Pset_link_creation_order(creation, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED);
  H5Pset_attr_creation_order(creation, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED);
  H5Pset_libver_bounds(access, H5F_LIBVER_V18, H5F_LIBVER_V110); /* the same bytes from newer libraries */
  H5Pset_fclose_degree(access, H5F_CLOSE_STRONG);
  w->driver = isw_hdf5_deferred_error_vfd(access, &w->problem);
  w->transfer = H5Pcreate(H5P_DATASET_XFER);
  H5Pset_buffer(w->transfer, CONVERSION_BYTES, NULL, NULL);
  w->file = H5Fcreate(w->temporary, H5F_ACC_TRUNC, creation, access);
  enum isw_status status = w->file < 0 ? isw_writer_refuse(w, "cannot create this file") : ISW_OK;
  H5Pclose(creation);
  H5Pclose(access);
  return status;
}

/* The datasets that parts of a kind contain, in the order of isw_part_hash. */
static const struct isw_output *outputs_of(const struct isw_results_writer *w, enum isw_part_kind kind, size_t *count)
{
  *count = kind == ISW_PART_WEIGHTS ? (size_t)ISW_WEIGHT_ARRAYS : w->outline.output_count;
  return kind == ISW_PART_WEIGHTS ? w->outline.weights : w->outline.outputs;
}

/* Begins the hashes of the datasets that are written part by part; all of them have their attributes now. */
static enum isw_status begin_hashes(struct isw_results_writer *w, enum isw_part_kind kind)
{
  size_t count;
  const struct isw_output *outputs = outputs_of(w, kind, &count);
  w->states[kind] = isw_allocate(count, ISW_DIGEST_STATE_BYTES);
  if (!w->states[kind]) return isw_error_memory(w->outline.error, count * ISW_DIGEST_STATE_BYTES, "hashes");
  enum isw_status status = ISW_OK;
  for (size_t i = 0; i < count && status == ISW_OK; i++) {
    struct isw_digest *digest = NULL;
    if (!outputs[i].field.name) continue;
    status = isw_writer_begin_hash(w, outputs[i].layout.dataset, outputs[i].field.name, &digest);
    if (status == ISW_OK) isw_digest_save(digest, w->states[kind] + w->state_count[kind]++ * ISW_DIGEST_STATE_BYTES);
    isw_digest_destroy(digest);
  }
  return status;
}

static enum isw_status begin_file(struct isw_results_writer *w)
{
  enum isw_status status = create_file(w);
  if (status == ISW_OK) status = isw_writer_add_root_attributes(w);
  if (status == ISW_OK) status = isw_writer_make_datasets(w);
  if (status == ISW_OK) status = begin_hashes(w, ISW_PART_NUMBERS);
  if (status == ISW_OK) status = begin_hashes(w, ISW_PART_WEIGHTS);
  return status;
}

enum isw_status isw_results_writer_create(const char *path, const struct isw_results_head *head,
                                          struct isw_results_writer **writer, struct isw_error *error)
{
  *writer = NULL;
  enum isw_status status = isw_results_may_replace(path, head->identity, head->replaces, error);
  if (status != ISW_OK) return status;
  struct isw_results_writer *w = isw_allocate(1, sizeof *w);
  if (!w) return isw_error_memory(error, sizeof *w, "the results file");
  w->driver = w->file = w->transfer = H5I_INVALID_HID;
  w->path = isw_copy_text(path);
  status = isw_outline_create(&w->outline, w->path ? w->path : path, head, error);
  if (status == ISW_OK) {
    w->compressor = isw_chunk_compressor_create(1, w->outline.is_small);
    w->texts = isw_allocate(w->outline.block, sizeof *w->texts);
    if (!w->path || !w->compressor || !w->texts)
      status = isw_error_memory(error, w->outline.block * sizeof *w->texts, "the results file");
  }
  if (status == ISW_OK) {
    int fd = isw_open_new(path, 0666, &w->temporary);
    if (fd < 0) status = isw_error_system(error, path, "cannot create this file");
    if (fd >= 0) close(fd); /* HDF5 opens it by its name */
  }
  if (status == ISW_OK) {
    struct isw_hdf5_silence silence;
    isw_hdf5_silence_begin(&silence);
    status = begin_file(w);
    isw_hdf5_silence_end(&silence);
  }
  if (status == ISW_OK)
    *writer = w;
  else
    isw_results_writer_discard(w);
  return status;
}

/* ---- parts ---- */

/* Writes texts through HDF5's own pipeline, because HDF5 stores them in a separate heap. */
static enum isw_status write_texts(struct isw_results_writer *w, const struct isw_part_chunk *chunk)
{
  const struct isw_results_head *head = w->outline.head;
  const struct isw_output *output = &w->outline.outputs[chunk->dataset];
  const struct isw_coordinate *column = &head->coordinates[chunk->dataset];
  for (size_t i = 0; i < chunk->size; i++)
    w->texts[i] = column->texts[(size_t)head->coordinate(head->context, chunk->dataset, chunk->from[0] + i)];
  hid_t space = H5Dget_space(output->layout.dataset);
  hsize_t start = chunk->from[0], count = chunk->size;
  hid_t memory = H5Screate_simple(1, &count, NULL);
  enum isw_status status = ISW_OK;
  if (H5Sselect_hyperslab(space, H5S_SELECT_SET, &start, NULL, &count, NULL) < 0 ||
      H5Dwrite(output->layout.dataset, output->memory_type, memory, space, w->transfer, w->texts) < 0 || w->problem)
    status = isw_writer_refuse(w, "cannot write");
  H5Sclose(memory);
  H5Sclose(space);
  return status;
}

enum isw_status isw_results_writer_put(void *writer, const struct isw_part_chunk *chunk, struct isw_error *error)
{
  struct isw_results_writer *w = writer;
  size_t outputs = w->outline.output_count;
  const struct isw_output *output =
      chunk->dataset < outputs ? &w->outline.outputs[chunk->dataset] : &w->outline.weights[chunk->dataset - outputs];
  const hsize_t from[ISW_RANK_MAX] = {chunk->from[0], chunk->from[1], chunk->from[2]};
  struct isw_hdf5_silence silence;
  enum isw_status status = ISW_OK;
  w->outline.error = error;
  isw_hdf5_silence_begin(&silence);
  if (!chunk->bytes)
    status = write_texts(w, chunk);
  else if (H5Dwrite_chunk(output->layout.dataset, H5P_DEFAULT, chunk->mask, from, chunk->size, chunk->bytes) < 0 ||
           w->problem)
    status = isw_writer_refuse(w, "cannot write");
  isw_hdf5_silence_end(&silence);
  return status;
}

void isw_results_writer_start_sync(struct isw_results_writer *w)
{
  int fd = open(w->temporary, O_RDWR | O_CLOEXEC);
  if (fd < 0) return; /* the sync at the end does everything */
  sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
  close(fd);
}

unsigned char *isw_results_writer_hashes(struct isw_results_writer *w, enum isw_part_kind kind, size_t *bytes)
{
  *bytes = w->state_count[kind] * ISW_DIGEST_STATE_BYTES;
  return w->states[kind];
}

/* ---- the end ---- */

static enum isw_status end_hashes(struct isw_results_writer *w, enum isw_part_kind kind)
{
  size_t count, n = 0;
  const struct isw_output *outputs = outputs_of(w, kind, &count);
  struct isw_digest *digest = isw_digest_create();
  enum isw_status status = digest ? ISW_OK : isw_error_memory(w->outline.error, sizeof(uint64_t), "a hash");
  for (size_t i = 0; i < count && status == ISW_OK; i++) {
    if (!outputs[i].field.name) continue;
    isw_digest_load(digest, w->states[kind] + n++ * ISW_DIGEST_STATE_BYTES);
    status = isw_writer_end_hash(w, outputs[i].layout.dataset, outputs[i].field.name, digest);
  }
  isw_digest_destroy(digest);
  return status;
}

static enum isw_status add_hash(struct isw_results_writer *w)
{
  char hash[ISW_DIGEST_SIZE];
  enum isw_status status = isw_hash_whole(w->file, w->path, w->hashes, w->hash_count, hash, w->outline.error);
  if (status != ISW_OK) return status;
  return isw_writer_add_text(w, w->file, isw_root_attribute(ISW_ROOT_HASH)->name, hash);
}

static enum isw_status close_file(struct isw_results_writer *w)
{
  hid_t file = w->file;
  w->file = H5I_INVALID_HID;
  return H5Fclose(file) < 0 || w->problem ? isw_writer_refuse(w, "cannot close this file") : ISW_OK;
}

static enum isw_status end_file(struct isw_results_writer *w)
{
  struct isw_hdf5_silence silence;
  isw_hdf5_silence_begin(&silence);
  enum isw_status status = end_hashes(w, ISW_PART_NUMBERS);
  if (status == ISW_OK) status = end_hashes(w, ISW_PART_WEIGHTS);
  if (status == ISW_OK) status = isw_writer_add_provenance(w);
  if (status == ISW_OK) status = add_hash(w);
  if (status == ISW_OK) status = close_file(w);
  isw_hdf5_silence_end(&silence);
  return status;
}

static enum isw_status sync_file(const char *path, struct isw_error *error)
{
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  bool failed = fd < 0 || (fsync(fd) != 0 && errno != EINVAL);
  enum isw_status status = failed ? isw_error_system(error, path, "cannot sync") : ISW_OK;
  if (fd >= 0) close(fd);
  return status;
}

static enum isw_status may_replace(void *context, const char *path, struct isw_error *error)
{
  const struct isw_results_head *head = context;
  return isw_results_may_replace(path, head->identity, head->replaces, error);
}

/* Frees everything but the temporary file. */
static void free_writer(struct isw_results_writer *w)
{
  struct isw_hdf5_silence silence;
  isw_hdf5_silence_begin(&silence);
  if (w->file >= 0) H5Fclose(w->file);
  if (w->transfer >= 0) H5Pclose(w->transfer);
  if (w->driver >= 0) H5FDunregister(w->driver); /* the file is closed on every path */
  isw_hdf5_silence_end(&silence);
  for (size_t i = 0; i < ISW_PART_KINDS; i++) free(w->states[i]);
  isw_chunk_compressor_destroy(w->compressor);
  isw_text_clear(&w->coordinates);
  isw_outline_clear(&w->outline);
  free(w->hashes);
  free(w->texts);
  free(w->temporary);
  free(w->path);
  free(w);
}

void isw_results_writer_discard(struct isw_results_writer *w)
{
  if (!w) return;
  char *temporary = w->temporary;
  w->temporary = NULL;
  free_writer(w);
  if (temporary) unlink(temporary);
  free(temporary);
}

enum isw_status isw_results_writer_complete(struct isw_results_writer *w, struct isw_error *error)
{
  w->outline.error = error;
  enum isw_status status = end_file(w);
  if (status == ISW_OK) status = sync_file(w->temporary, error);
  if (status != ISW_OK) {
    isw_results_writer_discard(w);
    return status;
  }
  status = isw_output_publish(w->temporary, w->path, may_replace, (void *)(uintptr_t)w->outline.head, error);
  free_writer(w);
  return status;
}

enum isw_status isw_results_write(const char *path, const struct isw_results_head *head, struct isw_index *index,
                                  struct isw_error *error)
{
  struct isw_results_writer *writer = NULL;
  struct isw_part_maker *maker = NULL;
  size_t bytes;
  enum isw_status status = isw_results_writer_create(path, head, &writer, error);
  if (status == ISW_OK) status = isw_part_maker_create(path, head, &maker, error);
  uint64_t parts = status == ISW_OK ? isw_parts_count(maker) : 0;
  for (uint64_t number = 0; number < parts && status == ISW_OK; number++) {
    const struct isw_part part = isw_parts_get(maker, number);
    status = isw_part_make(maker, number, index, isw_results_writer_put, writer, error);
    if (status != ISW_OK) continue;
    isw_part_hash(maker, number, isw_results_writer_hashes(writer, part.kind, &bytes));
    if (part.kind == ISW_PART_NUMBERS && head->progress) head->progress(head->context, part.first + part.networks);
  }
  isw_part_maker_destroy(maker);
  if (status == ISW_OK) return isw_results_writer_complete(writer, error);
  isw_results_writer_discard(writer);
  return status;
}
