/* Writes a results file under a temporary name and renames it when it is complete and synced. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "results_internal.h"

static enum isw_status create_file(struct isw_writer *w)
{
  hid_t creation = H5Pcreate(H5P_FILE_CREATE), access = H5Pcreate(H5P_FILE_ACCESS);
  H5Pset_obj_track_times(creation, false);
  H5Pset_link_creation_order(creation, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED);
  H5Pset_attr_creation_order(creation, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED);
  H5Pset_libver_bounds(access, H5F_LIBVER_V18, H5F_LIBVER_V110); /* the same bytes from newer libraries */
  H5Pset_fclose_degree(access, H5F_CLOSE_STRONG);
  w->driver = isw_hdf5_deferred_error_vfd(access, &w->problem);
  w->file = H5Fcreate(w->temporary, H5F_ACC_TRUNC, creation, access);
  enum isw_status status = w->file < 0 ? isw_writer_refuse(w, "cannot create this file") : ISW_OK;
  H5Pclose(creation);
  H5Pclose(access);
  return status;
}

static enum isw_status add_hash(struct isw_writer *w)
{
  char hash[ISW_DIGEST_SIZE];
  enum isw_status status = isw_hash_whole(w->file, w->path, w->hashes, w->hash_count, hash, w->error);
  if (status != ISW_OK) return status;
  return isw_writer_add_text(w, w->file, isw_root_attribute(ISW_ROOT_HASH)->name, hash);
}

static enum isw_status write_file(struct isw_writer *w)
{
  const struct isw_results_head *head = w->head;
  isw_writer_choose_chunks(w);
  w->output_count = head->coordinate_count + ISW_FIXED_OUTPUTS + head->quantity_count;
  w->outputs = isw_allocate(w->output_count, sizeof *w->outputs);
  w->parameters = isw_allocate(w->weight_rows, sizeof *w->parameters);
  if (!w->outputs || !w->parameters || !w->compressor)
    return isw_error_memory(w->error, w->output_count * sizeof *w->outputs, "the results file");
  w->dims[ISW_DIM_NETWORK] = head->networks;
  w->dims[ISW_DIM_RECORD] = head->records_max;
  w->dims[ISW_DIM_LAYER] = head->layers_max;
  w->dims[ISW_DIM_PARAMETER] = head->parameters_max;
  enum isw_status status = create_file(w);
  if (status != ISW_OK) return status;
  status = isw_writer_add_root_attributes(w);
  if (status == ISW_OK) status = isw_writer_make_datasets(w);
  if (status == ISW_OK) status = isw_writer_write_networks(w);
  if (status == ISW_OK) status = isw_writer_add_provenance(w);
  if (status == ISW_OK) status = add_hash(w);
  if ((H5Fclose(w->file) < 0 || w->problem) && status == ISW_OK)
    status = isw_writer_refuse(w, "cannot close this file");
  return status;
}

static void free_writer(struct isw_writer *w)
{
  for (size_t o = 0; w->outputs && o < w->output_count; o++) {
    free(w->outputs[o].block);
    isw_digest_destroy(w->outputs[o].digest);
  }
  free(w->outputs);
  free(w->parameters);
  isw_chunk_compressor_destroy(w->compressor);
  free(w->initial.rows);
  free(w->final.rows);
  isw_digest_destroy(w->initial.digest);
  isw_digest_destroy(w->final.digest);
  free(w->hashes);
  isw_text_clear(&w->coordinates);
}

static enum isw_status sync_file(const char *path, struct isw_error *error)
{
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  bool failed = fd < 0 || (fsync(fd) != 0 && errno != EINVAL);
  enum isw_status status = failed ? isw_error_system(error, path, "cannot sync") : ISW_OK;
  if (fd >= 0) close(fd);
  return status;
}

/* Writes the file under a name from isw_open_new. */
static enum isw_status write_temporary(const char *path, const char *temporary, const struct isw_results_head *head,
                                       struct isw_index *index, struct isw_error *error)
{
  struct isw_hdf5_silence silence;
  isw_hdf5_silence_begin(&silence);
  struct isw_writer w = {.head = head,
                         .index = index,
                         .error = error,
                         .path = path,
                         .temporary = temporary,
                         .driver = H5I_INVALID_HID,
                         .file = H5I_INVALID_HID,
                         .text = isw_hdf5_text_type(),
                         .nan = isw_real_nan(head->real_bytes)};
  enum isw_status status = write_file(&w);
  if (w.driver >= 0) H5FDunregister(w.driver); /* the file is closed on every path */
  free_writer(&w);
  H5Tclose(w.text);
  isw_hdf5_silence_end(&silence);
  return status == ISW_OK ? sync_file(temporary, error) : status;
}

static enum isw_status may_replace(void *context, const char *path, struct isw_error *error)
{
  const struct isw_results_head *head = context;
  return isw_results_may_replace(path, head->identity, head->replaces, error);
}

enum isw_status isw_results_write(const char *path, const struct isw_results_head *head, struct isw_index *index,
                                  struct isw_error *error)
{
  char *temporary;
  enum isw_status status = isw_results_may_replace(path, head->identity, head->replaces, error);
  if (status != ISW_OK) return status;
  int fd = isw_open_new(path, 0666, &temporary);
  if (fd < 0) return isw_error_system(error, path, "cannot create this file");
  close(fd); /* HDF5 opens it by its name */
  status = write_temporary(path, temporary, head, index, error);
  if (status == ISW_OK)
    status = isw_output_publish(temporary, path, may_replace, (void *)(uintptr_t)head, error);
  else
    unlink(temporary);
  free(temporary);
  return status;
}
