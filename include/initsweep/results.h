/** @file The results file: finished networks -> one HDF5 file of format 1, and its reader. */
#ifndef INITSWEEP_RESULTS_H
#define INITSWEEP_RESULTS_H
#include "initsweep/base.h"
#include "initsweep/journal.h"
#include "initsweep/record.h"

/** One coordinate along `network`. */
struct isw_coordinate {
  const char *name, *long_name, *path;
  enum isw_column_type type;
  const char *const *texts;
  size_t text_count;
};

/** One line of provenance: what varies from run to run. */
struct isw_provenance {
  const char *name;
  const char *text; /**< NULL: a number */
  double number;
};

/** What the results file says beside the finished networks. */
struct isw_results_head {
  const char *title, *about, *sweep_text, *settings;
  uint64_t identity;
  uint64_t networks;
  size_t records_max, layers_max;
  uint64_t parameters_max;
  size_t real_bytes; /**< 4 or 8 */
  bool keep_initial, keep_final;
  size_t quantity_count;
  const struct isw_quantity *quantities;
  size_t coordinate_count;
  const struct isw_coordinate *coordinates;
  void *context; /**< handed to the functions below */
  /** A coordinate's value: number, or index in texts. */
  double (*coordinate)(void *context, size_t coordinate, uint64_t number);
  /** id of a network. */
  uint64_t (*id)(void *context, uint64_t number);
  /** Recorded steps of a network; returns their number. */
  size_t (*schedule)(void *context, uint64_t number, const uint64_t **steps);
  bool schedule_varies;
  enum isw_network_status absent; /**< of networks that the index lacks: ISW_MISSING, or ISW_SKIPPED by a refinement */
  /** Sizes of a network's layers, [layers + 1], the inputs first; returns the number of weight layers, 0 where memory
   * ran out. */
  size_t (*sizes)(void *context, uint64_t number, const size_t **sizes);
  size_t provenance_count;
  const struct isw_provenance *provenance;
  size_t threads; /**< that compress; 0: one. The bytes do not depend on it. */
  uint64_t
      extends; /**< identity of the smaller sweep that this one extends, whose file at the path is replaced; 0: none */
  /** Called now and then with the networks written; may be NULL. */
  void (*progress)(void *context, uint64_t written);
};

/** Whether a results file of a sweep may have that name: nothing has it, or a results file of that sweep or of the one
 *  that it `extends` (0: none). ISW_BAD_INPUT where anything else has it. */
enum isw_status isw_results_may_replace(const char *path, uint64_t identity, uint64_t extends, struct isw_error *error);
/** Writes the results file from an index, as isw_output_publish says; what has its name already is replaced where
 *  isw_results_may_replace allows it. Networks that the index lacks have status 0 and fill values. Memory is bounded by
 *  a block of networks, whatever their number. */
enum isw_status isw_results_write(const char *path, const struct isw_results_head *head, struct isw_index *index,
                                  struct isw_error *error);

/** A results file open for reading. */
struct isw_results;
enum isw_status isw_results_open(const char *path, struct isw_results **results, struct isw_error *error);
void isw_results_close(struct isw_results *results);
uint64_t isw_results_networks(const struct isw_results *results);
size_t isw_results_records(const struct isw_results *results);
size_t isw_results_layers(const struct isw_results *results);
uint64_t isw_results_identity(const struct isw_results *results);
/** A text attribute of the root or, with a name like "provenance/hosts", of a group; NULL where there is none. Owned by
 * results. */
const char *isw_results_attribute(struct isw_results *results, const char *name);
/** Names of the datasets along `network`, in the file's order, with their shape. NULL past the last. */
struct isw_results_dataset {
  const char *name;
  bool coordinate, text, per_record, per_layer, per_parameter;
};
const struct isw_results_dataset *isw_results_dataset(const struct isw_results *results, size_t index);
/** One number of a dataset (layer from 1; record and layer are ignored where the dataset has none). NaN where it is a
 *  fill value or does not exist. */
double isw_results_value(struct isw_results *results, const char *dataset, uint64_t network, size_t record,
                         size_t layer);
/** Numbers of `count` networks from `first` at one record and layer. */
enum isw_status isw_results_column(struct isw_results *results, const char *dataset, uint64_t first, uint64_t count,
                                   size_t record, size_t layer, double *values, struct isw_error *error);
/** Numbers of `count` networks from `first` at `records` records from `record`, of a dataset along network and record
 *  alone. @param[out] values  [count][records] */
enum isw_status isw_results_slab(struct isw_results *results, const char *dataset, uint64_t first, uint64_t count,
                                 size_t record, size_t records, double *values, struct isw_error *error);
/** Text coordinate of one network; NULL where the dataset is no text. Owned by results until the next call. */
const char *isw_results_text(struct isw_results *results, const char *dataset, uint64_t network);
/** A text coordinate of all networks at once, as codes: code[network] is an index in *texts, [*count] in order of
 *  appearance. code: the caller's, [networks]; *texts and the texts are one block each on the heap, for free() through
 *  isw_results_free_texts. Memory is bounded by a block of networks beside them. */
enum isw_status isw_results_texts(struct isw_results *results, const char *dataset, uint32_t *code, char ***texts,
                                  size_t *count, struct isw_error *error);
void isw_results_free_texts(char **texts, size_t count);
/** All that the file holds of one network, with the bits that it holds, as a journal's entry has it. `finished` gives
 *  its number, records, layers and parameters; the rest is filled in. Status 0 (missing) and 4 (skipped) come without
 *  values. records_done is records: the records that were not made are fill values in both. @param[in] quantities
 *  [count] in the order of the values @param[in] keep_initial, keep_final  whether the file has these weights The
 *  arrays are owned by results until the next call. */
enum isw_status isw_results_network(struct isw_results *results, const struct isw_quantity *quantities, size_t count,
                                    size_t real_bytes, bool keep_initial, bool keep_final,
                                    struct isw_finished *finished, struct isw_error *error);
/** Compares everything that a sweep decides without training with what isw_results_write would write for this head:
 *  dimensions, settings, ids, sizes and recorded steps of all networks, types and shapes of all datasets, and the
 *  attributes but `sweep`, whose text the sweep does not remember. Networks without results must have no values.
 *  Datasets and attributes that the format does not have are not looked at. Memory is bounded by a block of networks.
 *  @param[in]  head         absent: ISW_SKIPPED where networks may be skipped
 *  @param[in]  report       called with a line for each dataset, dimension or attribute that differs
 *  @param[out] differences  their number */
enum isw_status isw_results_check(struct isw_results *results, const struct isw_results_head *head,
                                  void (*report)(void *context, const char *line), void *context, uint64_t *differences,
                                  struct isw_error *error);
/** Adds the networks of a results file by how they ended. */
enum isw_status isw_count_ended(struct isw_results *results, uint64_t ended[ISW_NETWORK_STATUSES],
                                struct isw_error *error);
#endif
