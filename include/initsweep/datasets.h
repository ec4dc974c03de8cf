/** @file Datasets: the sources of samples. Each family of datasets is one row of the table and one source file. */
#ifndef INITSWEEP_DATASETS_H
#define INITSWEEP_DATASETS_H
#include "initsweep/base.h"
#include "initsweep/model.h"

/** Memory for samples that several processes use. */
struct isw_data_memory {
  void *context;
  /** Complete samples of this key that another process has put into memory, and their number of bytes; NULL: none. */
  const void *(*find)(void *context, uint64_t key, size_t *bytes);
  /** Memory for samples of this key, aligned to 64 bytes; NULL: the process keeps them in memory of its own. It must
   *  exist as long as the samples. */
  void *(*allocate)(void *context, uint64_t key, size_t bytes);
};

/** One family of datasets. */
struct isw_dataset {
  struct isw_row row;
  /**
   * Generates or reads the samples and splits them into training and test set.
   * @param[in]  settings this row's parameters
   * @param[in]  seed     the sweep's seed: generated samples and the split depend on it, not on the replicate
   * @param[in]  folder   base of relative paths to the user's files (the sweep file's folder)
   * @param[out] data     zero-initialised by the caller but for `largest`, `memory` and `key`; release with
   *                      isw_data_destroy, also after an error
   * @return ISW_BAD_INPUT if the settings or a file are invalid; the message names file, line and value
   */
  enum isw_status (*load)(const struct isw_choice *settings, uint64_t seed, const char *folder, struct isw_data *data,
                          struct isw_error *error);
};

/** All families; *count is their number. */
const struct isw_dataset *const *isw_datasets(size_t *count);

/** Loads a dataset, validates it (finite values, labels in range, at least one training sample) and hashes it.
 *  Arguments and errors as for isw_dataset.load.
 *  @param[in] largest  largest magnitude that the networks' precision represents: FLT_MAX or DBL_MAX
 *  @param[in] memory   where large samples are put, or found if another process has put them there; NULL: in memory of
 *                      their own */
enum isw_status isw_dataset_load(const struct isw_choice *choice, uint64_t seed, const char *folder, double largest,
                                 const struct isw_data_memory *memory, struct isw_data *data, struct isw_error *error);
/** Whether a path is absolute or contains "..". Symbolic links are not followed. */
bool isw_path_leaves_folder(const char *path);
void isw_data_destroy(struct isw_data *data);

/** Appends the path of a user's file to *full. A relative path is taken relative to `folder`, unless that is NULL or
 *  "".
 */
enum isw_status isw_data_path(const char *folder, const char *path, struct isw_text *full, struct isw_error *error);
#endif
