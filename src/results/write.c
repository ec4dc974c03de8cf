/* Writes a results file under a temporary name, and gives it its own when it is whole and synced. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
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
  w->file = H5Fcreate(w->part, H5F_ACC_EXCL, creation, access);
  enum isw_status status = w->file < 0 ? isw_writer_refuse(w, "cannot create this file") : ISW_OK;
  H5Pclose(creation);
  H5Pclose(access);
  return status;
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
  if ((H5Fclose(w->file) < 0 || w->problem) && status == ISW_OK)
    status = isw_writer_refuse(w, "cannot close this file");
  return status;
}

static void free_writer(struct isw_writer *w)
{
  for (size_t o = 0; w->outputs && o < w->output_count; o++) free(w->outputs[o].block);
  free(w->outputs);
  free(w->parameters);
  isw_chunk_compressor_destroy(w->compressor);
  free(w->initial.rows);
  free(w->final.rows);
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

static enum isw_status sync_folder_of(const char *path, struct isw_error *error)
{
  char *folder = isw_path_folder(path);
  enum isw_status status = folder ? isw_folder_sync(folder, error) : isw_error_memory(error, strlen(path), "a path");
  free(folder);
  return status;
}

enum isw_status isw_results_write(const char *path, const struct isw_results_head *head, struct isw_index *index,
                                  struct isw_error *error)
{
  struct isw_text part = {0};
  if (isw_text_add(&part, "%s.part", path) != ISW_OK) return isw_error_memory(error, strlen(path), "a path");
  struct isw_hdf5_silence silence;
  isw_hdf5_silence_begin(&silence);
  bool wide = head->real_bytes == sizeof(double);
  struct isw_writer w = {.head = head,
                         .index = index,
                         .error = error,
                         .part = part.bytes,
                         .driver = H5I_INVALID_HID,
                         .file = H5I_INVALID_HID,
                         .text = isw_hdf5_text_type(),
                         .real = wide ? H5T_IEEE_F64LE : H5T_IEEE_F32LE};
  if (wide)
    w.nan.wide = (double)NAN;
  else
    w.nan.narrow = NAN;
  unlink(part.bytes); /* what a killed run left */
  enum isw_status status = write_file(&w);
  if (w.driver >= 0) H5FDunregister(w.driver); /* the file is closed on every path */
  free_writer(&w);
  H5Tclose(w.text);
  if (status == ISW_OK) status = sync_file(part.bytes, error);
  if (status == ISW_OK && rename(part.bytes, path) != 0)
    status = isw_error_set(error, ISW_FAILED, "%s: cannot rename to %s: %s", part.bytes, path, strerror(errno));
  if (status != ISW_OK) unlink(part.bytes);
  if (status == ISW_OK) status = sync_folder_of(path, error);
  isw_hdf5_silence_end(&silence);
  isw_text_clear(&part);
  return status;
}
