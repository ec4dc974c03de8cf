/** @file Datasets: where samples come from. One row of the table is one family, one file a family. */
#ifndef INITSWEEP_DATASETS_H
#define INITSWEEP_DATASETS_H
#include "initsweep/base.h"
#include "initsweep/model.h"

/** One family of datasets. */
struct isw_dataset {
  struct isw_row row;
  /**
   * Makes or reads the samples, split into training and test set.
   * @param[in]  settings this row's parameters
   * @param[in]  seed     the sweep's seed: generated samples and the split depend on it, not on the replicate
   * @param[in]  folder   relative paths of the user's files start here (the sweep file's folder)
   * @param[out] data     zero-initialised before; isw_data_destroy releases it, also after an error
   * @return ISW_BAD_INPUT where the settings or a file are wrong: the message names file, line and value
   */
  enum isw_status (*load)(const struct isw_choice *settings, uint64_t seed, const char *folder, struct isw_data *data,
                          struct isw_error *error);
};

/** All families; *count is their number. */
const struct isw_dataset *const *isw_datasets(size_t *count);

/** Loads and checks a dataset (finite values, labels in range, at least one training sample), hashes it. */
enum isw_status isw_dataset_load(const struct isw_choice *choice, uint64_t seed, const char *folder,
                                 struct isw_data *data, struct isw_error *error);
void isw_data_destroy(struct isw_data *data);

/** Appends the path of a user's file to *full: below `folder` where it is relative and folder is neither NULL nor
 *  "". */
enum isw_status isw_data_path(const char *folder, const char *path, struct isw_text *full, struct isw_error *error);
#endif
