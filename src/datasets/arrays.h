/** @file What the array formats (npy, idx, hdf5) share: an array in a file, and datasets that consist of arrays. */
#ifndef INITSWEEP_DATASETS_ARRAYS_H
#define INITSWEEP_DATASETS_ARRAYS_H
#include "datasets_internal.h"
#include "initsweep/hdf5.h"

enum { ISW_DIMENSIONS_MAX = 8 };

/** Types of numbers in files; arrays.c has their sizes in this order. */
enum isw_number_type { ISW_U8, ISW_I8, ISW_U16, ISW_I16, ISW_U32, ISW_I32, ISW_I64, ISW_F32, ISW_F64 };

/** An array in a file, and the layout of the numbers in the file's bytes. */
struct isw_array_file {
  const char *path;     /**< for messages */
  char *bytes;          /**< of the file: its head, or all if `whole`; released by free() */
  bool whole;           /**< the file was gzipped */
  int fd;               /**< from which the numbers are read unless `whole`; -1: none */
  size_t length, first; /**< of the file; the numbers begin at byte `first` */
  enum isw_number_type type;
  bool big_endian;
  size_t rows, columns;
};

/** Sets rows and columns from the sizes of a row-major array, and checks that the file has exactly these numbers.
 *  first, length and type are set before. ISW_BAD_INPUT if a size is 0 or the file is too short or too long. */
enum isw_status isw_array_set_shape(struct isw_array_file *array, size_t dimensions, const size_t *size,
                                    struct isw_error *error);

/** Parses the head of a file that has been read: sets first, type, big_endian, rows and columns. */
typedef enum isw_status isw_read_head(struct isw_array_file *array, struct isw_error *error);
/** Opens a file, gzipped or not, and reads its head. name: relative to `folder` unless it is absolute. *full is set to
 *  the path, to which array->path points. */
enum isw_status isw_array_open_file(struct isw_array_file *array, const char *folder, const char *name,
                                    isw_read_head *head, struct isw_text *full, struct isw_error *error);

/** Passes the rows of a file that isw_array_open_file opened to `visit`. The other arguments are not used. */
enum isw_status isw_array_visit_file(const struct isw_array_file *array, const char *folder, const char *container,
                                     const char *name, isw_visit_rows *visit, void *context, struct isw_error *error);

/** An array format. */
struct isw_array_format {
  bool has_container; /**< the first parameter is the file that has all arrays; the others are shifted by one */
  double byte_scale;  /**< inputs of unsigned bytes are divided by it */
  /** Opens one array in the file `container` or, if the format has no container (NULL), in a file of its own. *full is
   *  set to its name for messages; the caller releases it and array->bytes, also after an error. */
  enum isw_status (*open)(struct isw_array_file *array, const char *folder, const char *container, const char *name,
                          struct isw_text *full, struct isw_error *error);
  /** Passes all rows of an open array to `visit`, in ascending order, from the file: an array is visited several times
   *  rather than kept in memory in float64. */
  enum isw_status (*visit)(const struct isw_array_file *array, const char *folder, const char *container,
                           const char *name, isw_visit_rows *visit, void *context, struct isw_error *error);
};

/** Loads a dataset of inputs and targets; arguments as those of struct isw_dataset's load. */
enum isw_status isw_arrays_load(const struct isw_choice *settings, uint64_t seed, const char *folder,
                                const struct isw_array_format *format, struct isw_data *data, struct isw_error *error);

/* The rows' parameters. standard: index of the default kind. */
#define ISW_ARRAY_KIND(standard)                                                                                       \
  {                                                                                                                    \
    .name = "kind", .type = ISW_WORD, .initial = standard,                                                             \
    .words = ((const char *const[]){"values", "binary", "classes", NULL}),                                             \
    .about = "targets: numbers, one column of 0 and 1, or one column of class labels from 0"                           \
  }
#define ISW_ARRAY_PARAMETERS(kind)                                                                                     \
  ISW_PATH_PARAMETER("inputs", NULL,                                                                                   \
                     "file of the inputs, samples first; a relative path starts at the sweep file's folder"),          \
      ISW_PATH_PARAMETER("targets", NULL, "file of the targets, with the same number of samples"), kind,               \
      ISW_PATH_PARAMETER("test_inputs", "", "file of the test set's inputs"),                                          \
      ISW_PATH_PARAMETER("test_targets", "", "file of its targets"), ISW_TEST_FRACTION_UNLESS_FILES,                   \
      ISW_STANDARDIZE_BOTH, ISW_LABEL_NOISE, ISW_BALANCE
#endif
