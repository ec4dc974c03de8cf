/** @file What is recorded of a network: the version of its bits, precision, status, quantities, the byte layout of
 *  their values, and the finished network. */
#ifndef INITSWEEP_RECORD_H
#define INITSWEEP_RECORD_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "initsweep/base.h"

/** The version of the bits (docs/numerics.md, "Version of the bits"): programs of one number give the same trajectories
 *  to the bit. A change of this number is a decision: tests/reference/test_bits_version.py. */
enum { ISW_BITS_VERSION = 3 };
/** Refuses networks of another version: they cannot be compared, continued or extended.
 *  @param[in] path     of their file or folder
 *  @param[in] program  that wrote them, such as "initsweep 0.1.0 (1aba268)"; NULL or "" if it is not known
 *  @return ISW_BAD_INPUT, and the message says which program is needed */
enum isw_status isw_bits_check(const char *path, unsigned bits_version, const char *program, struct isw_error *error);

/** The precision in which a sweep trains and records. */
enum isw_precision { ISW_FLOAT32, ISW_FLOAT64 };
/** Bytes of one number: 4 or 8. */
size_t isw_precision_bytes(enum isw_precision precision);

/** How a network ended; the values are those of the results file's `status`. */
enum isw_network_status {
  ISW_MISSING = 0,   /**< not trained yet */
  ISW_COMPLETED = 1, /**< after its last step */
  ISW_STOPPED = 2,   /**< by a rule of train.stop */
  ISW_DIVERGED = 3,  /**< a loss or weight was not finite */
  ISW_SKIPPED = 4    /**< `refine:` did not choose it */
};
enum { ISW_NETWORK_STATUSES = 5 };
/** The word for a status in files and messages: "missing", "completed", "stopped", "diverged", "skipped". */
const char *isw_status_name(enum isw_network_status status);
/** Whether a network of this status was trained to its end, so that it has values: completed, stopped or diverged. */
static inline bool isw_status_is_finished(enum isw_network_status status)
{
  return status == ISW_COMPLETED || status == ISW_STOPPED || status == ISW_DIVERGED;
}

/** The type of a coordinate: a dataset of the results file with the value of a setting for each network. */
enum isw_column_type { ISW_COLUMN_INTEGER, ISW_COLUMN_NUMBER, ISW_COLUMN_TEXT };

/** One recorded quantity. */
struct isw_quantity {
  const char *name, *long_name, *units;
  bool per_layer;     /**< [record][layer]; else [record] */
  bool integer;       /**< stored as int32, fill value -1; else in the sweep's precision, fill value NaN */
  bool per_run;       /**< one value, or one per layer, for the whole training; no record dimension */
  bool per_parameter; /**< [record][parameter]; excludes per_layer and per_run */
  /** [record][length] along a dimension of this name in the results file, the same length for all networks of a sweep;
   *  excludes the three above. NULL: none. */
  const char *dimension;
  size_t length;
  bool at_snapshots; /**< [snapshot][...]: at the steps of record.weights alone, in place of all records */
};

/** Number of records of a quantity, for a network with `records` records and `snapshots` snapshots of its weights. */
static inline size_t isw_quantity_records(const struct isw_quantity *quantity, size_t records, size_t snapshots)
{
  return quantity->per_run ? 1 : quantity->at_snapshots ? snapshots : records;
}

/** Number of values of a quantity at one record, for a network with `layers` layers and `parameters` parameters. */
static inline size_t isw_quantity_width(const struct isw_quantity *quantity, size_t layers, size_t parameters)
{
  if (quantity->dimension) return quantity->length;
  return quantity->per_parameter ? parameters : quantity->per_layer ? layers : 1;
}

/** Bytes of one value of a quantity. */
size_t isw_quantity_bytes(const struct isw_quantity *quantity, size_t real_bytes);

/** The byte layout of a finished network's values, which the engine, the journal and all comparisons share: quantity
 *  after quantity without gaps, each [records][width]. Set the first five members to the network's sizes and `bytes` to
 *  0, then add the quantities in order. */
struct isw_record_layout {
  size_t records, layers, parameters, snapshots;
  size_t real_bytes; /**< 4 or 8 */
  size_t bytes;      /**< of the quantities added so far; SIZE_MAX on overflow, and then the places are invalid */
};

/** Where the values of one quantity are. */
struct isw_record_place {
  size_t offset;  /**< bytes from the network's first value */
  size_t records; /**< isw_quantity_records */
  size_t width;   /**< values at one record */
  size_t item;    /**< bytes of one value: isw_quantity_bytes */
};

/** Adds the next quantity to a layout. */
struct isw_record_place isw_record_layout_add(struct isw_record_layout *layout, const struct isw_quantity *quantity);
/** The place of quantity number q of the list of quantities that the layout describes. */
struct isw_record_place isw_record_layout_find(struct isw_record_layout layout, const struct isw_quantity *quantities,
                                               size_t q);

/** Offset in bytes of the values of one record, or snapshot; the value of a per_run quantity is at record 0. */
static inline size_t isw_record_offset(const struct isw_record_place *place, size_t record)
{
  return place->offset + record * place->width * place->item;
}

/** A finished network, as the journal stores it. */
struct isw_finished {
  uint64_t number; /**< index in grid order */
  uint64_t id;
  uint8_t status; /**< enum isw_network_status */
  uint64_t steps_done;
  uint32_t records, records_done, layers;
  uint64_t parameters; /**< numbers in each kept weight array */
  uint32_t snapshots;  /**< slices of quantities at_snapshots; journals do not store it: isw_index_read sets 0 */
  const void *values;  /**< isw_record_layout */
  size_t values_bytes;
  const void *weights_initial, *weights_final; /**< [parameters]; NULL if not kept */
};
#endif
