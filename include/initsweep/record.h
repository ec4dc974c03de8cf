/** @file What is recorded of a network: its precision, its status, its quantities, and the finished network as plain numbers. */
#ifndef INITSWEEP_RECORD_H
#define INITSWEEP_RECORD_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Precision that a sweep trains and records in. */
enum isw_precision { ISW_FLOAT32, ISW_FLOAT64 };
/** Bytes of one number: 4 or 8. */
size_t isw_precision_bytes(enum isw_precision precision);

/** How a network ended; the values are those of the results file's `status`. */
enum isw_network_status { ISW_MISSING = 0, ISW_COMPLETED = 1, ISW_STOPPED = 2, ISW_DIVERGED = 3, ISW_SKIPPED = 4 };

/** One recorded quantity. */
struct isw_quantity {
  const char *name, *long_name, *units;
  bool per_layer;     /**< [record][layer]; else [record] */
  bool integer;       /**< stored as int32, fill value -1; else in the sweep's precision, fill value NaN */
  bool per_run;       /**< one value, or one per layer, for the whole training; no record dimension */
  bool per_parameter; /**< [record][parameter]; excludes per_layer and per_run */
};

/** Number of records of a quantity of a network that has `records` records. */
static inline size_t isw_quantity_records(const struct isw_quantity *quantity, size_t records)
{
  return quantity->per_run ? 1 : records;
}

/** Number of values of a quantity at one record of a network with so many layers and parameters. */
static inline size_t isw_quantity_width(const struct isw_quantity *quantity, size_t layers, size_t parameters)
{
  return quantity->per_parameter ? parameters : quantity->per_layer ? layers : 1;
}

/** Plain numbers of one finished network, as the journal keeps them. */
struct isw_finished {
  uint64_t number; /**< grid order */
  uint64_t id;
  uint8_t status; /**< enum isw_network_status */
  uint64_t steps_done;
  uint32_t records, records_done, layers;
  uint64_t parameters; /**< numbers in each kept weight array */
  const void *
      values; /**< quantity after quantity, [records], [records][layers] or [records][parameters], one record where per_run, as isw_outcome has them */
  size_t values_bytes;
  const void *weights_initial, *weights_final; /**< NULL where not kept */
};
#endif
