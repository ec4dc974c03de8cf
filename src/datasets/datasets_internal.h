/** @file What the families of datasets share: samples before the split, their split, standardisation, files. */
#ifndef INITSWEEP_DATASETS_FAMILIES_H
#define INITSWEEP_DATASETS_FAMILIES_H
#include "initsweep/datasets.h"

/** Most bytes of float64 numbers that a dataset may hold. */
#define ISW_DATA_BYTES_MAX ((size_t)4 << 30)

/* The families' load functions, rows in registry.c. */
typedef enum isw_status isw_load(const struct isw_choice *settings, uint64_t seed, const char *folder,
                                 struct isw_data *data, struct isw_error *error);
isw_load isw_load_xor, isw_load_parity, isw_load_spirals, isw_load_teacher, isw_load_csv, isw_load_digits,
    isw_load_moons, isw_load_circles, isw_load_checkerboard, isw_load_gaussian_mixture, isw_load_linear_teacher,
    isw_load_idx, isw_load_npy, isw_load_hdf5;

/** The values of a `standardize` parameter. */
enum isw_standardize { ISW_STANDARDIZE_NONE, ISW_STANDARDIZE_FEATURES, ISW_STANDARDIZE_ALL };

/** Allocates the training arrays for all samples, before the split. data->features and data->targets are set before.
 *  ISW_BAD_INPUT where the samples would take more than ISW_DATA_BYTES_MAX. */
enum isw_status isw_data_allocate(struct isw_data *data, size_t samples, struct isw_error *error);

/** Moves floor(test_fraction * samples + 1/2) samples from the training set to the test set: the first so many of a
 *  permutation drawn from (seed, replicate 0, SPLIT). Both sets keep the dataset's order. */
enum isw_status isw_data_split(struct isw_data *data, uint64_t seed, double test_fraction, struct isw_error *error);

/** Each column x to (x - mean) / std with mean and population std of the training set; a column that is constant there
 *  is centred only. Features; with ISW_STANDARDIZE_ALL targets that are values too. */
enum isw_status isw_data_standardize(struct isw_data *data, enum isw_standardize standardize, struct isw_error *error);

/** Gives training sample s a new label where uniform draw s of (seed, replicate 0, DATA, layer 100) is below `share`: a class of
 *  all, drawn uniformly by draw s of layer 101, so that the old one may come again. Test labels stay. share 1: random labels.
 *  ISW_BAD_INPUT where share > 0 and targets are values. */
enum isw_status isw_data_label_noise(struct isw_data *data, uint64_t seed, double share, struct isw_error *error);

/** Leaves as many training samples of each class as the smallest class has: of a permutation drawn from (seed, replicate 0,
 *  DATA, layer 102) the first so many of the class, in the dataset's order. ISW_BAD_INPUT where targets are values or a class has
 *  no training sample. */
enum isw_status isw_data_balance(struct isw_data *data, uint64_t seed, struct isw_error *error);

/** What is done to samples, in this order. */
struct isw_finish {
  double test_fraction;
  bool balance;
  double label_noise;
  enum isw_standardize standardize;
};
enum isw_status isw_data_finish(struct isw_data *data, uint64_t seed, const struct isw_finish *finish,
                                struct isw_error *error);

/** Reads a whole regular file of at most `limit` bytes; *bytes is followed by a NUL and released by free().
 *  ISW_BAD_INPUT where it does not exist, is no regular file, or is too long. */
enum isw_status isw_read_file(const char *path, size_t limit, char **bytes, size_t *length, struct isw_error *error);

/** Where *bytes, which free() releases, are gzip's, puts what they unpack to in their place; else leaves them. ISW_BAD_INPUT
 *  where they are damaged or unpack to more than `limit`. */
enum isw_status isw_gunzip(const char *path, size_t limit, char **bytes, size_t *length, struct isw_error *error);

/** The path of a file that ships, such as "digits/labels-idx1-ubyte", in the folder that INITSWEEP_DATA names, else in the
 *  nearest share/initsweep above the program, or where the program was to be installed: the first that has the file. Put in
 *  *path. */
enum isw_status isw_shipped_file(const char *name, struct isw_text *path, struct isw_error *error);
#endif
