/** @file The results room: finished networks -> journal files -> one HDF5 file of format 1. The only room that knows HDF5. */
#ifndef INITSWEEP_RESULTS_H
#define INITSWEEP_RESULTS_H
#include "initsweep/base.h"
#include <stdio.h>

/* ---- what a finished network is ------------------------------------------------------------------------------------- */

/** One recorded quantity. */
struct isw_quantity {
  const char *name, *long_name, *units;
  bool per_layer;     /**< [record][layer]; else [record] */
  bool whole;         /**< int32, fill -1; else of the sweep's precision, fill NaN */
  bool once;          /**< one value, or [layer], of the whole training: no records */
  bool per_parameter; /**< [record][parameter]; neither per_layer nor once */
};

/** Records that a quantity has of a network with so many. */
static inline size_t isw_quantity_records(const struct isw_quantity *quantity, size_t records)
{
  return quantity->once ? 1 : records;
}

/** Numbers that a quantity has at a record of a network with so many layers and parameters. */
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
      values; /**< quantity after quantity, [records], [records][layers] or [records][parameters], one record where once, as isw_outcome has them */
  size_t values_bytes;
  const void *weights_initial, *weights_final; /**< NULL where not kept */
};

/* ---- journal ----------------------------------------------------------------------------------------------------------- */

/** A rank's own append-only file in OUT.parts/. Head: magic, version, the sweep's identity. Then entries: one a network,
 *  each with its length and XXH3 checksums, little-endian. docs/results-format.md has the bytes. */
struct isw_journal;
/** In place of a rank: the journal of what an extension took over from the smaller grid. */
#define ISW_RANK_REUSED UINT32_MAX
/** Makes OUT.parts/ where needed and a new file in it that no other rank or run has.
 *  @param[in] identity  isw_sweep_identity
 *  @param[in] real_bytes 4 or 8 */
enum isw_status isw_journal_create(const char *folder, uint64_t identity, unsigned rank, size_t real_bytes,
                                   struct isw_journal **journal, struct isw_error *error);
/** Appends `count` networks, one pack at a time in one write. Thread-safe. Syncs where the last sync is more than 30 s ago.
 *  Where the disk refuses, the file ends with its last whole entry and the message names file, bytes and reason. */
enum isw_status isw_journal_append(struct isw_journal *journal, const struct isw_finished *networks, size_t count,
                                   struct isw_error *error);
enum isw_status isw_journal_sync(struct isw_journal *journal, struct isw_error *error);
/** Syncs, closes and frees; a file without entries is removed. */
enum isw_status isw_journal_destroy(struct isw_journal *journal, struct isw_error *error);

/** Where the networks of a folder's journal files stand: number -> file and offset, 8 bytes a network. */
struct isw_index;
/** Reads every journal file of a folder. Torn tails and entries with a wrong checksum are left out and counted. A
 *  journal of another identity is ISW_BAD_INPUT. A missing folder gives an empty index. */
enum isw_status isw_index_create(const char *folder, uint64_t identity, uint64_t networks, size_t real_bytes,
                                 struct isw_index **index, struct isw_error *error);
/** The same, passing over journals of identity `other` (0: none): isw_origin. */
enum isw_status isw_index_create_beside(const char *folder, uint64_t identity, uint64_t other, uint64_t networks,
                                        size_t real_bytes, struct isw_index **index, struct isw_error *error);
void isw_index_destroy(struct isw_index *index);
bool isw_index_has(const struct isw_index *index, uint64_t number);
uint64_t isw_index_count(const struct isw_index *index);   /**< networks found */
uint64_t isw_index_damaged(const struct isw_index *index); /**< entries left out */
/** The networks in journals of ISW_RANK_REUSED, a bit a network; NULL where there are none. Owned by the index. */
const uint64_t *isw_index_reused(const struct isw_index *index);
/** Reads a network's entry; *finished points into a buffer of the index that the next call reuses. */
enum isw_status isw_index_read(struct isw_index *index, uint64_t number, struct isw_finished *finished,
                               struct isw_error *error);
/** A run's journal files, read while it writes, without its lock and never written to. Memory: a bit a network. */
struct isw_watch;
enum { ISW_WATCHED_ENDS = 5 };
/** What the journal files have so far; a network that stands in two of them counts once. */
struct isw_watched {
  uint64_t finished, network_steps;
  uint64_t ended[ISW_WATCHED_ENDS]; /**< by enum isw_network_status */
};
enum isw_status isw_watch_create(const char *folder, uint64_t identity, uint64_t networks, size_t real_bytes,
                                 struct isw_watch **watch, struct isw_error *error);
/** Reads what is new since the last look: one listing of the folder, one stat a file, and the new bytes of those that grew; of long
 *  entries the heads alone. Bodies' checksums are not compared. A tail that is not whole is read again by the next look; files of
 *  other sweeps are passed over; a missing folder has nothing new. */
enum isw_status isw_watch_look(struct isw_watch *watch, struct isw_watched *now, struct isw_error *error);
void isw_watch_destroy(struct isw_watch *watch);

/** Removes a folder's journal files and checkpoints, its origin and its lock file, and the folder where nothing else is in it. */
enum isw_status isw_journal_remove(const char *folder, struct isw_error *error);
/** The same where the folder has no journal file and no checkpoint, of whatever sweep; else nothing. */
enum isw_status isw_journal_leave(const char *folder, struct isw_error *error);
/** isw_journal_remove without the lock file and the folder. */
enum isw_status isw_journal_clear(const char *folder, struct isw_error *error);
/** Removes what killed processes were about to rename. For who has the lock: another's would be taken away under it. */
enum isw_status isw_journal_tidy(const char *folder, struct isw_error *error);
/** Removes the journal files and checkpoints of a folder that are of this identity. */
enum isw_status isw_journal_remove_of(const char *folder, uint64_t identity, struct isw_error *error);

/** The state of a pack under way: isw_pack_save. One file a pack in the journal's folder, named by the pack's first
 *  network, replaced as it goes on and removed when its networks are in the journal: as many as packs under way. */
struct isw_checkpoint {
  size_t count;
  const uint64_t *numbers, *ids; /**< of its networks, [count] */
  uint64_t step;
  const void *state;
  size_t bytes;
};
/** Writes it: temporary name, sync, rename, sync of the folder. */
enum isw_status isw_checkpoint_write(const char *folder, uint64_t identity, unsigned rank, size_t real_bytes,
                                     const struct isw_checkpoint *checkpoint, struct isw_error *error);
/** Finds the state of just these networks. False where there is none, or a damaged or another sweep's: the pack then begins
 *  at its beginning. *state points into *file, which the caller frees. */
bool isw_checkpoint_read(const char *folder, uint64_t identity, size_t real_bytes, const uint64_t *numbers,
                         const uint64_t *ids, size_t count, void **file, const void **state, size_t *bytes);
/** First networks of all checkpoints of a folder, in no order, on the heap. */
enum isw_status isw_checkpoint_list(const char *folder, uint64_t **numbers, size_t *count, struct isw_error *error);
void isw_checkpoint_remove(const char *folder, uint64_t number);

/** What OUT.parts/sweep says: the sweep that the journal files beside it belong to, so that they can be gathered and gone
 *  on with alone. Texts are on the heap. */
struct isw_origin {
  uint64_t identity;
  uint64_t other;   /**< identity of journal files to pass over: an extension was under way; 0: none */
  char *file;       /**< the sweep file's name as it was given */
  char *folder;     /**< where its relative paths start, absolute */
  char *text;       /**< the sweep file's text */
  char *settings;   /**< isw_sweep_settings */
  char **overrides; /**< of --set, [override_count] */
  size_t override_count;
};
/** Makes the folder where needed and writes OUT.parts/sweep: temporary name, sync, rename, sync of the folder. */
enum isw_status isw_origin_write(const char *folder, const struct isw_origin *origin, struct isw_error *error);
/** Reads it. *there is false where the folder or the file is missing; a file that is torn or damaged is ISW_BAD_INPUT. */
enum isw_status isw_origin_read(const char *folder, struct isw_origin *origin, bool *there, struct isw_error *error);
void isw_origin_clear(struct isw_origin *origin);

/** The right to write to a folder of journal files: a POSIX record lock on OUT.parts/lock, which the system drops with
 *  its owner, also over NFS where that has locks. */
struct isw_lock;
/** Makes the folder where needed and takes the lock. ISW_BAD_INPUT, with the owner's host and process, where another
 *  process has it. *unlocked: the file system has no locks; the run goes on without. */
enum isw_status isw_lock_take(const char *folder, struct isw_lock **lock, bool *unlocked, struct isw_error *error);
void isw_lock_release(struct isw_lock *lock);
/** Whether another process has the lock of a folder; asks only. False too where there is no folder, or its file system has no locks. */
bool isw_lock_held(const char *folder);

/* ---- the results file ---------------------------------------------------------------------------------------------------- */

/** One coordinate along `network`. */
struct isw_coordinate {
  const char *name, *long_name, *path;
  int type; /**< enum isw_column_type's values: 0 integer, 1 number, 2 text */
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
  uint8_t
      absent; /**< status of networks that the index lacks: 0 missing, or 4 where a refinement has passed them over */
  /** Sizes of a network's layers, [layers + 1], the inputs first; returns the number of weight layers, 0 where memory ran out. */
  size_t (*sizes)(void *context, uint64_t number, const size_t **sizes);
  size_t provenance_count;
  const struct isw_provenance *provenance;
  size_t threads; /**< that compress; 0: one. The bytes do not depend on it. */
  /** Called now and then with the networks written; may be NULL. */
  void (*progress)(void *context, uint64_t written);
};

/** Writes the results file from an index: temporary name beside `path`, sync, rename, sync of the folder. Networks that the
 *  index lacks have status 0 and fill values. Memory is bounded by a block of networks, whatever their number. */
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
/** A text attribute of the root or, with a name like "provenance/hosts", of a group; NULL where there is none. Owned by results. */
const char *isw_results_attribute(struct isw_results *results, const char *name);
/** Names of the datasets along `network`, in the file's order, with their shape. NULL past the last. */
struct isw_results_dataset {
  const char *name;
  bool coordinate, text, per_record, per_layer, per_parameter;
};
const struct isw_results_dataset *isw_results_dataset(const struct isw_results *results, size_t index);
/** One number of a dataset (layer from 1; record and layer are ignored where the dataset has none). NaN where it is a fill
 *  value or does not exist. */
double isw_results_value(struct isw_results *results, const char *dataset, uint64_t network, size_t record,
                         size_t layer);
/** Numbers of `count` networks from `first` at one record and layer. */
enum isw_status isw_results_column(struct isw_results *results, const char *dataset, uint64_t first, uint64_t count,
                                   size_t record, size_t layer, double *values, struct isw_error *error);
/** Numbers of `count` networks from `first` at `records` records from `record`, of a dataset along network and record alone.
 *  @param[out] values  [count][records] */
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
/** All that the file holds of one network, with the bits that it holds, as a journal's entry has it. `finished` gives its
 *  number, records, layers and parameters; the rest is filled in. Status 0 (missing) and 4 (skipped) come without values.
 *  records_done is records: the records that were not made are fill values in both.
 *  @param[in] quantities  [count] in the order of the values
 *  @param[in] keep_initial, keep_final  whether the file has these weights
 *  The arrays are owned by results until the next call. */
enum isw_status isw_results_network(struct isw_results *results, const struct isw_quantity *quantities, size_t count,
                                    size_t real_bytes, bool keep_initial, bool keep_final,
                                    struct isw_finished *finished, struct isw_error *error);

/* ---- numbers of any HDF5 file, for rooms that do not know HDF5 --------------------------------------------------------- */

/** An array's numbers as float64: the first dimension counts rows, the others are columns. */
struct isw_array {
  size_t rows, columns;
  double *value; /**< [rows][columns] */
};
/** Reads a dataset of integers or floating-point numbers.
 *  @param[in] name   the dataset's, with its groups: "weights_final", "train/inputs"
 *  @param[in] row    NULL: all; else that row (from 0) of two dimensions, or 0 for an array of one, which then is a row
 *  @param[in] limit  bytes of float64 that may be taken
 *  ISW_BAD_INPUT where the file, the dataset, the row or the type is not there; isw_array_clear after success. */
enum isw_status isw_array_read(const char *path, const char *name, const uint64_t *row, size_t limit,
                               struct isw_array *array, struct isw_error *error);
void isw_array_clear(struct isw_array *array);

/** "HDF5 1.10.8 (serial)" */
const char *isw_results_library(void);
#endif
