/** @file The results file: writes finished networks to one HDF5 file of format 1, and reads such files. */
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

/** One item of provenance: information that varies from run to run. */
struct isw_provenance {
  const char *name;
  const char *text; /**< NULL: a number */
  double number;
};

/** Everything that the results file contains in addition to the finished networks. */
struct isw_results_head {
  const char *title, *about, *sweep_text, *settings;
  const char *plain_settings; /**< as version 0.1.0 wrote them, which the check of a file takes too; NULL: none */
  uint64_t identity;
  uint64_t networks;
  size_t records_max, layers_max;
  size_t snapshots_max; /**< of quantities at_snapshots */
  uint64_t parameters_max;
  size_t real_bytes; /**< 4 or 8 */
  bool keep_initial, keep_final;
  size_t quantity_count;
  const struct isw_quantity *quantities;
  size_t coordinate_count;
  const struct isw_coordinate *coordinates;
  void *context; /**< passed to the functions below */
  /** The value of a coordinate: a number, or an index in its texts. */
  double (*coordinate)(void *context, size_t coordinate, uint64_t number);
  /** The identity of a network. */
  uint64_t (*id)(void *context, uint64_t number);
  /** Gets the recorded steps of a network; returns their number. */
  size_t (*schedule)(void *context, uint64_t number, const uint64_t **steps);
  /** Gets the steps of a network's snapshots; returns their number. Used only if snapshots_max > 0. */
  size_t (*snapshots)(void *context, uint64_t number, const uint64_t **steps);
  bool schedule_varies;           /**< schedule and snapshots */
  enum isw_network_status absent; /**< status of networks that the index lacks: ISW_MISSING, or ISW_SKIPPED (refine:) */
  /** Gets the sizes of a network's layers, [layers + 1], the inputs first. Returns the number of weight layers, or 0 if
   *  memory cannot be allocated. */
  size_t (*sizes)(void *context, uint64_t number, const size_t **sizes);
  size_t provenance_count;
  const struct isw_provenance *provenance;
  size_t threads; /**< number of compressing threads; 0: one. The bytes do not depend on it. */
  /** Identity of another sweep whose results file may be replaced, because this one extends it or is its new version;
   *  0: none. */
  uint64_t replaces;
  /** Called repeatedly with the number of networks written so far; may be NULL. */
  void (*progress)(void *context, uint64_t written);
};

/** Checks whether a sweep's results file may be written to `path`: nothing has the name, or a results file of that
 *  sweep with this program's version of the bits, or one that the user has agreed to replace.
 *  @param[in] replaces  identity of the sweep of the latter, in any version of the bits; 0: none
 *  @return ISW_BAD_INPUT if anything else has the name */
enum isw_status isw_results_may_replace(const char *path, uint64_t identity, uint64_t replaces,
                                        struct isw_error *error);
/** Writes the results file from an index and publishes it with isw_output_publish. An existing file is replaced if
 *  isw_results_may_replace allows it. Networks that the index lacks get the status head->absent and fill values. Memory
 *  is bounded by a block of networks, whatever their number. */
enum isw_status isw_results_write(const char *path, const struct isw_results_head *head, struct isw_index *index,
                                  struct isw_error *error);

/* ---- a results file in parts, for several ranks or threads ---- */

/** The numbers along `network` are written in a sequence of parts, each of consecutive networks. Any thread of any rank
 *  can make any part from the head and an index; the file's bytes are the parts' chunks in order. */
enum isw_part_kind { ISW_PART_WEIGHTS, ISW_PART_NUMBERS, ISW_PART_KINDS };
struct isw_part {
  enum isw_part_kind kind;
  uint64_t first, networks;
};
/** A compressed chunk of a part. */
struct isw_part_chunk {
  uint32_t dataset; /**< in an order of the writer's own */
  uint32_t mask;    /**< of the filters that were left out */
  uint64_t from[3]; /**< where it begins in the dataset */
  const void *bytes;
  size_t size; /**< in bytes. bytes NULL: no chunk, but the texts of so many networks, which the writer makes itself */
};
/** Takes a chunk. The bytes are valid during the call. */
typedef enum isw_status isw_part_sink(void *context, const struct isw_part_chunk *chunk, struct isw_error *error);

/** Memory for one part, to be used by one thread at a time; its functions in `head` must be, too. */
struct isw_part_maker;
/** Bytes that a maker allocates, at most.
 *
 *  @param[in] networks  of the file
 *  @param[in] numbers   bytes of a network's numbers
 *  @param[in] largest   bytes of a network's largest array of weights
 *  @param[in] weights   bytes of all of them
 */
double isw_part_maker_bytes(double networks, double numbers, double largest, double weights);
/** @param[in] path  for messages; path and head are kept */
enum isw_status isw_part_maker_create(const char *path, const struct isw_results_head *head,
                                      struct isw_part_maker **maker, struct isw_error *error);
void isw_part_maker_destroy(struct isw_part_maker *maker);
/** Number of parts of the file. */
uint64_t isw_parts_count(const struct isw_part_maker *maker);
struct isw_part isw_parts_get(const struct isw_part_maker *maker, uint64_t number);
/** Reads a part's networks from an index and passes the compressed chunks to a sink, in the order of the file. Its
 *  errors are those of isw_results_write. */
enum isw_status isw_part_make(struct isw_part_maker *maker, uint64_t number, struct isw_index *index,
                              isw_part_sink *sink, void *context, struct isw_error *error);
/** Adds the numbers of the part that was made last to the hashes of its datasets. A hash needs the numbers of all
 *  networks in order: the states go from the maker of a part to that of the next part of the same kind.
 *  @param[in,out] states  as isw_results_writer_hashes returns them */
void isw_part_hash(struct isw_part_maker *maker, uint64_t number, unsigned char *states);

/** A results file under a temporary name. */
struct isw_results_writer;
/** Creates the file with everything but the parts. head is kept; its provenance is read at the end. */
enum isw_status isw_results_writer_create(const char *path, const struct isw_results_head *head,
                                          struct isw_results_writer **writer, struct isw_error *error);
/** Writes a chunk; an isw_part_sink. Chunks must come in the order of the parts. */
enum isw_status isw_results_writer_put(void *writer, const struct isw_part_chunk *chunk, struct isw_error *error);
/** Starts to move the bytes so far to the disk, without waiting, so that the sync at the end has less to do. */
void isw_results_writer_start_sync(struct isw_results_writer *writer);
/** The states of the hashes of all datasets in parts of a kind: before the first part when the file is created; it must
 *  be the states after the last part when it is completed. Owned by the writer.
 *  @param[out] bytes  their size */
unsigned char *isw_results_writer_hashes(struct isw_results_writer *writer, enum isw_part_kind kind, size_t *bytes);
/** Adds provenance and hashes, syncs the file and publishes it with isw_output_publish. Frees the writer. */
enum isw_status isw_results_writer_complete(struct isw_results_writer *writer, struct isw_error *error);
/** Removes the file and frees the writer. NULL is allowed. */
void isw_results_writer_discard(struct isw_results_writer *writer);

/* ---- reading ---- */

/** A results file open for reading. */
struct isw_results;
enum isw_status isw_results_open(const char *path, struct isw_results **results, struct isw_error *error);
void isw_results_close(struct isw_results *results);
uint64_t isw_results_networks(const struct isw_results *results);
size_t isw_results_records(const struct isw_results *results);
size_t isw_results_layers(const struct isw_results *results);
/** The largest number of steps at which weights of a network are stored; 0 unless record.weights has steps. */
size_t isw_results_snapshots(const struct isw_results *results);
uint64_t isw_results_identity(const struct isw_results *results);
/** isw_bits_check for the networks of the file. */
enum isw_status isw_results_check_bits(struct isw_results *results, struct isw_error *error);
/** A text attribute of the root or, with a name such as "provenance/hosts", of a group; NULL if there is none. Owned by
 *  results. */
const char *isw_results_attribute(struct isw_results *results, const char *name);
/** A dataset along `network`: its name and shape. */
struct isw_results_dataset {
  const char *name;
  bool coordinate, text, per_record, per_layer;
  const char *dimension; /**< beside network, record and layer: "parameter" or that of a quantity; NULL: none */
};
/** The datasets along `network` in the file's order; NULL past the last. */
const struct isw_results_dataset *isw_results_dataset(const struct isw_results *results, size_t index);
/** One number of a dataset. Layers count from 1; record and layer are ignored if the dataset lacks these dimensions.
 *  NaN if the number is a fill value or does not exist. */
double isw_results_value(struct isw_results *results, const char *dataset, uint64_t network, size_t record,
                         size_t layer);
/** Reads the numbers of `count` networks from `first` at one record and layer.
 *  @param[out] values  [count] */
enum isw_status isw_results_column(struct isw_results *results, const char *dataset, uint64_t first, uint64_t count,
                                   size_t record, size_t layer, double *values, struct isw_error *error);
/** Reads the numbers of `count` networks from `first` at `records` records from `record`. The dataset must have the
 *  dimensions network and record only.
 *  @param[out] values  [count][records] */
enum isw_status isw_results_slab(struct isw_results *results, const char *dataset, uint64_t first, uint64_t count,
                                 size_t record, size_t records, double *values, struct isw_error *error);
/** A text coordinate of one network; NULL if the dataset is not text. Owned by results, valid until the next call. */
const char *isw_results_text(struct isw_results *results, const char *dataset, uint64_t network);
/** Reads a text coordinate of all networks as codes. In addition to the outputs, memory is bounded by a block of
 *  networks.
 *  @param[out] code   [networks] index in *texts; allocated by the caller
 *  @param[out] texts  [*count] the different texts in order of appearance; release with isw_results_free_texts */
enum isw_status isw_results_texts(struct isw_results *results, const char *dataset, uint32_t *code, char ***texts,
                                  size_t *count, struct isw_error *error);
void isw_results_free_texts(char **texts, size_t count);
/** Reads everything that the file stores of one network, bit for bit, in the form of a journal's entry. The arrays are
 *  owned by results and valid until the next call.
 *  @param[in]     quantities  [count] in the order of the values
 *  @param[in]     keep_initial, keep_final  whether the file has these weights
 *  @param[in,out] finished    in: number, records, layers, parameters and snapshots; out: the other members. Missing
 *                             and skipped networks have no values. records_done is set to records, because records
 *                             that were not made have fill values in both forms */
enum isw_status isw_results_network(struct isw_results *results, const struct isw_quantity *quantities, size_t count,
                                    size_t real_bytes, bool keep_initial, bool keep_final,
                                    struct isw_finished *finished, struct isw_error *error);
/** Compares everything that a sweep determines without training with what isw_results_write would write for this head:
 *  dimensions, settings, ids, sizes and recorded steps of all networks, types and shapes of all datasets, and all
 *  attributes except `sweep`, whose text cannot be derived from the settings, `long_name`, whose wording belongs to the
 *  program's version, and the hashes. Networks without results must have no
 *  values. Datasets and attributes that the format does not have are ignored. Memory is bounded by a block of networks.
 *  @param[in]  head         absent: ISW_SKIPPED if networks may be skipped
 *  @param[in]  report       called with a line for each dataset, dimension or attribute that differs
 *  @param[out] differences  their number */
enum isw_status isw_results_check(struct isw_results *results, const struct isw_results_head *head,
                                  void (*report)(void *context, const char *line), void *context, uint64_t *differences,
                                  struct isw_error *error);
/** How the contents of a results file compare with the hashes that it stores. */
struct isw_hash_report {
  size_t datasets;
  uint64_t differences;       /**< datasets that differ; 1 if only something outside the datasets differs */
  uint64_t changed;           /**< of these, datasets whose hash is another; the others have none */
  struct isw_text first;      /**< describes the first difference; empty if there is none */
  char hash[ISW_DIGEST_SIZE]; /**< of the whole, as computed: the results hash */
};
/** Computes all hashes of a file again and compares them with the stored ones (docs/results-format.md). Memory is
 *  bounded by a block of networks.
 *  @param[out] report  release with isw_hash_report_clear, also after an error
 *  @return ISW_BAD_INPUT if the file stores no hashes, or if a dataset cannot be read: it is damaged */
enum isw_status isw_results_check_hashes(struct isw_results *results, struct isw_hash_report *report,
                                         struct isw_error *error);
void isw_hash_report_clear(struct isw_hash_report *report);
/** Adds the networks of a results file to the counts of each status. */
enum isw_status isw_count_ended(struct isw_results *results, uint64_t ended[ISW_NETWORK_STATUSES],
                                struct isw_error *error);
#endif
