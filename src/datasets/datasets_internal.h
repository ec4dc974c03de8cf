/** @file What the families of datasets share: samples before the split, their split, standardisation, files. */
#ifndef INITSWEEP_DATASETS_FAMILIES_H
#define INITSWEEP_DATASETS_FAMILIES_H
#include "initsweep/datasets.h"

/** Maximum size of a dataset in bytes of float64 numbers. */
#define ISW_DATA_BYTES_MAX ((size_t)4 << 30)

#define ISW_DATASET(name) extern const struct isw_dataset isw_dataset_##name;
#include "datasets.def"
#undef ISW_DATASET

/* Parameters that several families have. */
#define ISW_ENCODING                                                                                                   \
  ISW_WORD_PARAMETER("encoding", ((const char *const[]){"01", "pm1", NULL}), "inputs 0 and 1, or -1 and +1")
#define ISW_TEST_FRACTION(standard)                                                                                    \
  ISW_REAL_PARAMETER("test_fraction", standard, 0.0, 1.0, 1,                                                           \
                     "fraction of the samples drawn, by the seed, as the test set")
#define ISW_TEST_FRACTION_UNLESS_FILES                                                                                 \
  ISW_REAL_PARAMETER("test_fraction", 0.2, 0.0, 1.0, 1,                                                                \
                     "fraction of the samples drawn, by the seed, as the test set; not used if test files are given")
#define ISW_STANDARDIZE_INPUTS                                                                                         \
  ISW_WORD_PARAMETER("standardize", ((const char *const[]){"none", "features", NULL}),                                 \
                     "features: mean 0 and variance 1 over the training set, constant columns centred")
#define ISW_STANDARDIZE_BOTH                                                                                           \
  ISW_WORD_PARAMETER("standardize", ((const char *const[]){"none", "features", "all", NULL}),                          \
                     "features: mean 0 and variance 1 over the training set, constant columns centred; all: targets "  \
                     "that are values too")
#define ISW_LABEL_NOISE                                                                                                \
  ISW_REAL_PARAMETER("label_noise", 0.0, 0.0, 1.0, 0,                                                                  \
                     "fraction of the training labels that are replaced by uniform random classes; 1: random labels")
#define ISW_BALANCE                                                                                                    \
  ISW_WORD_PARAMETER("balance", ((const char *const[]){"none", "subsample", NULL}),                                    \
                     "subsample: every class gets as many training samples, drawn by the seed, as the smallest class " \
                     "has; applied before label noise")

/** The values of a `standardize` parameter. */
enum isw_standardize { ISW_STANDARDIZE_NONE, ISW_STANDARDIZE_FEATURES, ISW_STANDARDIZE_ALL };

/** Allocates the training arrays for all samples, before the split. data->features and data->targets are set before.
 *  ISW_BAD_INPUT where the samples would take more than ISW_DATA_BYTES_MAX. */
enum isw_status isw_data_allocate(struct isw_data *data, size_t samples, struct isw_error *error);

/** @name Complete samples (store.c)
 *  @{ */
/** Samples of fewer bytes are not put into the caller's memory: reading them again takes less time than sharing. */
enum { ISW_SHARED_DATA_MIN = 1 << 20 };
/** Inputs on their way into their final place. */
struct isw_store {
  struct isw_data *data;
  struct isw_hasher *hasher[2]; /**< of the training and the test inputs in float64 */
};
/** Allocates the final place of samples whose numbers of samples, features and targets are known, and moves the targets
 *  into it. isw_store_clear releases what is temporary, also after an error. */
enum isw_status isw_store_begin(struct isw_store *store, struct isw_data *data, struct isw_error *error);
/** Stores rows of inputs, which come in ascending order.
 *  @param[in] test    of the test set
 *  @param[in] values  [rows][features], checked by isw_data_check_finite */
void isw_store_inputs(struct isw_store *store, bool test, size_t first, size_t rows, const double *values);
/** Hashes the samples, which are then complete. */
void isw_store_end(struct isw_store *store);
void isw_store_clear(struct isw_store *store);
/** Moves samples that are in memory in float64 to their final place, and hashes them. */
enum isw_status isw_data_store(struct isw_data *data, struct isw_error *error);
/** Takes samples that another process has put into the caller's memory, and checks their contents.
 *  @param[in,out] data   memory and key are set; the rest is set if they are found
 *  @return ISW_FAILED if the memory holds something else */
enum isw_status isw_data_find(struct isw_data *data, bool *found, struct isw_error *error);
/** @} */

/** Checks that numbers are at most `largest` in magnitude.
 *  @param[in] what    begins the message: a file, or "training input"
 *  @param[in] first   number of the first sample, from 0
 *  @param[in] values  [samples][columns]
 *  @return ISW_BAD_INPUT if one is not; the message names its sample and column, from 1 */
enum isw_status isw_data_check_finite(const char *what, double largest, size_t first, size_t samples, size_t columns,
                                      const double *values, struct isw_error *error);

/** Moves floor(test_fraction * samples + 1/2) samples from the training set to the test set: those that come first in a
 *  permutation drawn from (seed, replicate 0, SPLIT). Both sets keep the dataset's order. */
enum isw_status isw_data_split(struct isw_data *data, uint64_t seed, double test_fraction, struct isw_error *error);

/** Standardises each feature column: x becomes (x - mean) / std, with mean and population std of the training set. A
 *  column that is constant there is only centred. With ISW_STANDARDIZE_ALL, targets that are values are standardised,
 *  too. */
enum isw_status isw_data_standardize(struct isw_data *data, enum isw_standardize standardize, struct isw_error *error);
/** Standardises the targets only, with ISW_STANDARDIZE_ALL if they are values. */
enum isw_status isw_data_standardize_targets(struct isw_data *data, enum isw_standardize standardize,
                                             struct isw_error *error);
/** Sets the error of a feature or target ("what"), from 1, that cannot be standardised. */
enum isw_status isw_error_moments(const char *what, size_t column, struct isw_error *error);

/** Mean and population standard deviation of a column of the training set, from two passes over its numbers in
 *  ascending order of samples: all to isw_moments_add, then isw_moments_center, then all to isw_moments_square. */
struct isw_moments {
  size_t count;
  double first, low, high, sum, square;
  double mean, largest; /**< largest deviation from the mean */
};
void isw_moments_add(struct isw_moments *moments, double x);
void isw_moments_center(struct isw_moments *moments);
void isw_moments_square(struct isw_moments *moments, double x);
/** Sets the standard deviation; 0 where the column is constant. Returns false if the column cannot be standardised. */
bool isw_moments_std(const struct isw_moments *moments, double *std);
/** (x - mean) / std; x - mean where std is 0. */
double isw_standardized(double x, double mean, double std);

/** Gives training sample s a new label if uniform draw s of (seed, replicate 0, DATA, layer 100) is below `share`: one
 *  of all classes, drawn uniformly by draw s of layer 101, so that it can be the old one. Test labels are unchanged.
 *  share 1: random labels.
 *  ISW_BAD_INPUT if share > 0 and targets are values. */
enum isw_status isw_data_label_noise(struct isw_data *data, uint64_t seed, double share, struct isw_error *error);

/** Keeps as many training samples of each class as the smallest class has: the first ones of the class in a permutation
 *  drawn from (seed, replicate 0, DATA, layer 102), in the dataset's order. ISW_BAD_INPUT if targets are values or a
 *  class has no training sample. */
enum isw_status isw_data_balance(struct isw_data *data, uint64_t seed, struct isw_error *error);

/** What isw_data_finish does to samples, in this order. */
struct isw_finish {
  double test_fraction;
  bool balance;
  double label_noise;
  enum isw_standardize standardize;
};
enum isw_status isw_data_finish(struct isw_data *data, uint64_t seed, const struct isw_finish *finish,
                                struct isw_error *error);

/** Whether a file that begins with these bytes is gzipped. */
bool isw_is_gzip(const char *bytes, size_t length);
/** If *bytes are gzip data, replaces them by the decompressed data, to be released with free(); else leaves them
 *  unchanged.
 *  @param[in] limit  maximum size of the decompressed data
 *  @return ISW_BAD_INPUT if the data are damaged or larger than `limit` */
enum isw_status isw_gunzip(const char *path, size_t limit, char **bytes, size_t *length, struct isw_error *error);

/** Finds a file that ships with the program, such as "digits/labels-idx1-ubyte", and sets *path. If INITSWEEP_DATA is
 *  set, only the folder that it names is searched; else the nearest share/initsweep above the program and then the
 *  folder of the installation. */
enum isw_status isw_shipped_file(const char *name, struct isw_text *path, struct isw_error *error);
#endif
