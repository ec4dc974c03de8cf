/** @file The schema of results format 1: every dataset and root attribute once, for writing, reading, docs and
 * tests. */
#ifndef INITSWEEP_RESULTS_SCHEMA_H
#define INITSWEEP_RESULTS_SCHEMA_H
#include "initsweep/results.h"

enum { ISW_FORMAT_VERSION = 1 };
#define ISW_FORMAT_NAME "initsweep results"
#define ISW_PROVENANCE_GROUP "provenance"

/** Dimensions, each an HDF5 dimension scale of the same name. */
enum isw_dimension {
  ISW_DIM_NETWORK,
  ISW_DIM_RECORD,
  ISW_DIM_LAYER,
  ISW_DIM_PARAMETER, /**< this and the next are only in files with a dataset along them */
  ISW_DIM_EIGENVALUE,
  ISW_DIM_SINGULAR_VALUE,
  ISW_DIM_OUTPUT,
  ISW_DIM_CLASS_PAIR,
  ISW_DIM_WEIGHTS_RECORD,
  ISW_DIMENSIONS
};

/** Types of values, little-endian in the file. */
enum isw_field_type {
  ISW_TYPE_INT8,
  ISW_TYPE_INT32,
  ISW_TYPE_INT64,
  ISW_TYPE_UINT64,
  ISW_TYPE_FLOAT64,
  ISW_TYPE_REAL, /**< of the sweep's precision */
  ISW_TYPE_STRING
};

/** One dataset. */
struct isw_field {
  const char *name;
  const char *long_name, *units; /**< attributes; NULL: none */
  enum isw_field_type type;
  bool fill;       /**< has a fill value: -1, or NaN for floating-point types */
  bool coordinate; /**< is itself a coordinate, so it has no attribute `coordinates` */
  unsigned rank;
  enum isw_dimension dimension[3];
  const char *about; /**< for docs/results-format.md */
};

/** Rows of the table. The names, types and dimensions of a format never change, and the name of a row is never reused,
 *  because other programs read these files. A new version of the format adds rows. */
enum isw_field_id {
  ISW_FIELD_NETWORK, /**< the scales come first, in the order of enum isw_dimension */
  ISW_FIELD_RECORD,
  ISW_FIELD_LAYER,
  ISW_FIELD_PARAMETER,
  ISW_FIELD_EIGENVALUE,
  ISW_FIELD_SINGULAR_VALUE,
  ISW_FIELD_OUTPUT,
  ISW_FIELD_CLASS_PAIR,
  ISW_FIELD_WEIGHTS_RECORD,
  ISW_FIELD_FEATURES,
  ISW_FIELD_LAYER_SIZE,
  ISW_FIELD_ID,
  ISW_FIELD_STATUS,
  ISW_FIELD_STEPS_DONE,
  ISW_FIELD_STEP,            /**< one schedule for all networks */
  ISW_FIELD_STEP_BY_NETWORK, /**< the same dataset if schedules differ */
  ISW_FIELD_WEIGHTS_INITIAL,
  ISW_FIELD_WEIGHTS_FINAL,
  ISW_FIELD_WEIGHTS_STEP,            /**< one schedule for all networks */
  ISW_FIELD_WEIGHTS_STEP_BY_NETWORK, /**< the same dataset if schedules differ */
  ISW_FIELDS
};
const struct isw_field *isw_field(enum isw_field_id id);

/** The lengths of a file's dimensions; 0: it does not have the dimension, unless it has no networks. */
void isw_dimension_lengths(const struct isw_results_head *head, unsigned long long length[ISW_DIMENSIONS]);
/** Whether a file has a dimension. */
bool isw_has_dimension(const struct isw_results_head *head, enum isw_dimension dimension);
/** The dataset of a quantity. */
struct isw_field isw_field_of_quantity(const struct isw_quantity *quantity);
/** The dataset with the steps along the second dimension of a dataset: "step" or "weights_step"; "": none. */
const char *isw_steps_of(const struct isw_field *field);
/** The dataset of a setting that differs between networks.
 *  @param[in] integers  all its values are integers */
struct isw_field isw_field_of_coordinate(const struct isw_coordinate *coordinate, bool integers);

/** Attributes of the root group, in the file's order. */
enum isw_root_attribute {
  ISW_ROOT_CONVENTIONS,
  ISW_ROOT_FORMAT,
  ISW_ROOT_TITLE,
  ISW_ROOT_ABOUT,
  ISW_ROOT_SWEEP,
  ISW_ROOT_SETTINGS,
  ISW_ROOT_IDENTITY,
  ISW_ROOT_PRECISION,
  ISW_ROOT_FORMAT_VERSION, /**< this and the next are int32; the others are text */
  ISW_ROOT_BITS_VERSION,
  ISW_ROOT_HASH, /**< written last */
  ISW_ROOT_ATTRIBUTES
};
/** One attribute. */
struct isw_attribute {
  const char *name;
  const char *about; /**< for docs/results-format.md */
};
const struct isw_attribute *isw_root_attribute(enum isw_root_attribute id);

/** Attributes of datasets. */
enum isw_dataset_attribute {
  ISW_ATTRIBUTE_LONG_NAME,
  ISW_ATTRIBUTE_UNITS,
  ISW_ATTRIBUTE_COORDINATES,
  ISW_ATTRIBUTE_FILL_VALUE,
  ISW_ATTRIBUTE_PATH,
  ISW_ATTRIBUTE_FLAG_VALUES,
  ISW_ATTRIBUTE_FLAG_MEANINGS,
  ISW_ATTRIBUTE_HASH, /**< written last */
  ISW_DATASET_ATTRIBUTES
};
const struct isw_attribute *isw_dataset_attribute(enum isw_dataset_attribute id);

/** The row of a field in the tables of docs/results-format.md: "| `id` | network | uint64 | ... |". ISW_FAILED if
 *  memory cannot be allocated. */
enum isw_status isw_field_write_row(const struct isw_field *field, struct isw_text *text);
/** The row of an attribute in the tables of docs/results-format.md. ISW_FAILED if memory cannot be allocated. */
enum isw_status isw_attribute_write_row(const struct isw_attribute *attribute, struct isw_text *text);
#endif
