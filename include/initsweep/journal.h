/** @file Crash safety without HDF5: journals of finished networks, their index, checkpoints of packs in training, the
 *  run's manifest and its lock. */
#ifndef INITSWEEP_JOURNAL_H
#define INITSWEEP_JOURNAL_H
#include "initsweep/base.h"
#include "initsweep/record.h"

/** A journal: an append-only file of one rank in OUT.parts/. It begins with a head (magic, version, the sweep's
 *  identity, program and version of the bits), followed by one entry per network with its length and XXH3 checksums,
 *  little-endian. docs/results-format.md defines the bytes. */
struct isw_journal;
/** Used as the rank of the journal of networks that an extension kept from the smaller grid. */
#define ISW_RANK_REUSED UINT32_MAX
/** Creates the folder if needed and in it a new file that no other rank or run uses.
 *  @param[in] folder      the run folder OUT.parts
 *  @param[in] identity    isw_sweep_identity
 *  @param[in] real_bytes  bytes of a number, 4 or 8
 *  @param[in] program     name and version of the program, kept in the head beside the version of the bits */
enum isw_status isw_journal_create(const char *folder, uint64_t identity, unsigned rank, size_t real_bytes,
                                   const char *program, struct isw_journal **journal, struct isw_error *error);
/** Appends `count` networks of a pack in one write, and syncs if the last sync was more than 30 s ago. Thread-safe.
 *  After a write error the file ends with its last complete entry, and the message names file, bytes and reason. */
enum isw_status isw_journal_append(struct isw_journal *journal, const struct isw_finished *networks, size_t count,
                                   struct isw_error *error);
/** The same.
 *  @param[out] offsets  [count] of the entries, for isw_index_add */
enum isw_status isw_journal_append_at(struct isw_journal *journal, const struct isw_finished *networks, size_t count,
                                      uint64_t *offsets, struct isw_error *error);
/** The name of the file in its folder. */
const char *isw_journal_file(const struct isw_journal *journal);
/** Whether the file was synced: it is if a process has appended to it for 30 s. */
bool isw_journal_is_synced(const struct isw_journal *journal);
/** Syncs the file to the disk. */
enum isw_status isw_journal_sync(struct isw_journal *journal, struct isw_error *error);
/** Syncs and closes the file and frees the journal. A file without entries is removed. */
enum isw_status isw_journal_destroy(struct isw_journal *journal, struct isw_error *error);
/** Closes the file without syncing it, because its networks are in a results file, and frees the journal. */
void isw_journal_abandon(struct isw_journal *journal);

/** The index of a folder's journal files: it maps a network's number to file and offset, in 8 bytes per network. */
struct isw_index;
/** Reads every journal file of a folder. Torn tails and entries with a wrong checksum are skipped and counted. A
 *  missing folder gives an empty index.
 *  @return ISW_BAD_INPUT if a journal has another identity, or another version of the bits */
enum isw_status isw_index_create(const char *folder, uint64_t identity, uint64_t networks, size_t real_bytes,
                                 struct isw_index **index, struct isw_error *error);
/** Told about a journal file that cannot be used, and why; `reason` begins with its path. Not ISW_OK: the index is not
 *  made. */
typedef enum isw_status isw_left_out(void *context, const char *file, const char *reason, struct isw_error *error);
/** The same, but ignores journals of identity `other` (0: none), as in isw_run_manifest, and leaves out files that are
 *  not readable journals of this sweep, after telling left_out: one bad file does not condemn the others. */
enum isw_status isw_index_create_beside(const char *folder, uint64_t identity, uint64_t other, uint64_t networks,
                                        size_t real_bytes, isw_left_out *left_out, void *context,
                                        struct isw_index **index, struct isw_error *error);
/** One of several parts of an index, which ranks make at the same time: each reads some of the files. */
struct isw_index_part {
  uint64_t identity, other;
  const char *files;   /**< from isw_index_list_files, the same for all parts */
  size_t files_length; /**< in bytes */
  size_t part, parts;  /**< 0 <= part < parts */
};
/** The same, from some of the files. */
enum isw_status isw_index_create_part(const char *folder, const struct isw_index_part *part, uint64_t networks,
                                      size_t real_bytes, isw_left_out *left_out, void *context,
                                      struct isw_index **index, struct isw_error *error);
/** Lists the journal files of a folder for the parts of an index.
 *  @param[out] files  on the heap, for the caller to free, also after an error */
enum isw_status isw_index_list_files(const char *folder, char **files, size_t *length, struct isw_error *error);
/** The places of all networks, [networks]; 0: not found. The element-wise maximum over all parts, stored here and
 *  followed by isw_index_set_combined, makes the index complete. */
uint64_t *isw_index_places(struct isw_index *index);
/** @param[in] damaged  the sum over all parts */
void isw_index_set_combined(struct isw_index *index, uint64_t damaged);
/** Finds a file, or adds it: its networks are added with isw_index_add, instead of being read.
 *  @param[out] number  of the file */
enum isw_status isw_index_file(struct isw_index *index, const char *file, size_t *number, struct isw_error *error);
/** Adds a network whose entry begins at an offset of a file. */
void isw_index_add(struct isw_index *index, size_t file, uint64_t network, uint64_t offset);
void isw_index_destroy(struct isw_index *index);
bool isw_index_has(const struct isw_index *index, uint64_t number);
uint64_t isw_index_count(const struct isw_index *index);   /**< number of networks found */
uint64_t isw_index_damaged(const struct isw_index *index); /**< number of entries skipped */
/** The networks in journals of ISW_RANK_REUSED, one bit per network; NULL if there are none. Owned by the index. */
const uint64_t *isw_index_reused(const struct isw_index *index);
/** Reads the entry of a network. *finished points into a buffer of the index that the next call reuses. */
enum isw_status isw_index_read(struct isw_index *index, uint64_t number, struct isw_finished *finished,
                               struct isw_error *error);
/** The same without the weights, which are not read; the checksum of the body, which covers both, is not compared. */
enum isw_status isw_index_read_values(struct isw_index *index, uint64_t number, struct isw_finished *finished,
                                      struct isw_error *error);
/** A read-only view of a run's journal files while the run writes them. It does not take the run's lock. Memory: one
 *  bit per network. */
struct isw_watch;
/** Totals of the journal files so far. A network that is in two files counts once. */
struct isw_watched {
  uint64_t finished, network_steps;
  uint64_t ended[ISW_NETWORK_STATUSES]; /**< by enum isw_network_status */
};
enum isw_status isw_watch_create(const char *folder, uint64_t identity, uint64_t networks, size_t real_bytes,
                                 struct isw_watch **watch, struct isw_error *error);
/** Reads what is new since the last call: it lists the folder once, calls stat once per file and reads the new bytes of
 *  files that grew, but only the heads of long entries. Checksums of bodies are not compared. An incomplete tail is
 *  read again by the next call. Files of other sweeps are ignored; a missing folder counts as empty. */
enum isw_status isw_watch_look(struct isw_watch *watch, struct isw_watched *now, struct isw_error *error);
/** Told of each network that isw_watch_look finds first in a file: its entry begins at `offset`. */
typedef void isw_watch_found(void *context, const char *file, uint64_t network, uint64_t offset);
void isw_watch_tell(struct isw_watch *watch, isw_watch_found *found, void *context);
void isw_watch_destroy(struct isw_watch *watch);

/** Removes a folder's journal files, checkpoints, manifest and lock file, and the folder itself if it is then empty. A
 *  folder that is reached by a symbolic link stays, with the link: the user has made both. */
enum isw_status isw_journal_remove(const char *folder, struct isw_error *error);
/** The same, but only if the folder has no journal file and no checkpoint, of any sweep. */
enum isw_status isw_journal_remove_dir_if_empty(const char *folder, struct isw_error *error);
/** Like isw_journal_remove, but keeps the lock file and the folder. */
enum isw_status isw_journal_remove_contents(const char *folder, struct isw_error *error);
/** Renames a file of a run folder to FILE.set-aside, or FILE.N.set-aside if that exists: a name that nothing here reads
 *  or removes. */
enum isw_status isw_journal_set_aside(const char *folder, const char *file, struct isw_error *error);
/** Removes the temporary files that killed processes left. The caller must hold the lock, because another run's
 *  temporary files may be in use. */
enum isw_status isw_journal_remove_temporaries(const char *folder, struct isw_error *error);
/** Removes the journal files and checkpoints of one sweep. */
enum isw_status isw_journal_remove_identity(const char *folder, uint64_t identity, struct isw_error *error);

/** The checkpoint of a pack in training, with its state from isw_pack_save. Each pack in training has one file in the
 *  run folder, named by its first network. Each checkpoint replaces the last one, and the file is removed when the
 *  pack's networks are in the journal. */
struct isw_checkpoint {
  size_t count;
  const uint64_t *numbers, *ids; /**< of its networks, [count] */
  uint64_t step;
  const void *state;
  size_t bytes;
  const char *program; /**< as in isw_journal_create */
};
/** Writes a checkpoint safely: temporary name, sync, rename, sync of the folder. */
enum isw_status isw_checkpoint_write(const char *folder, uint64_t identity, unsigned rank, size_t real_bytes,
                                     const struct isw_checkpoint *checkpoint, struct isw_error *error);
/** Reads the checkpoint whose first network is `number`. The arrays of *checkpoint are in *file, which the caller
 *  frees.
 *  @return false if there is none, or if it is damaged, of another sweep or of another version of the bits; its
 *          networks must then be trained from step 0 */
bool isw_checkpoint_read(const char *folder, uint64_t identity, size_t real_bytes, uint64_t number, void **file,
                         struct isw_checkpoint *checkpoint);
/** Lists the first network of every checkpoint of a folder, on the heap, in no particular order. */
enum isw_status isw_checkpoint_list(const char *folder, uint64_t **numbers, size_t *count, struct isw_error *error);
/** A network that is in a checkpoint. */
struct isw_checkpointed {
  uint64_t network;
  uint64_t step;       /**< of the checkpoint */
  uint64_t checkpoint; /**< its first network */
};
/** Lists the networks of all checkpoints of a sweep in a folder, on the heap: by number and, of those of the same
 *  number, the latest step first. Only heads are read; isw_checkpoint_read detects damage. */
enum isw_status isw_checkpoint_networks(const char *folder, uint64_t identity, size_t real_bytes,
                                        struct isw_checkpointed **networks, size_t *count, struct isw_error *error);
void isw_checkpoint_remove(const char *folder, uint64_t number);

/** The contents of OUT.parts/sweep: the sweep that the journal files of the folder belong to. With it, they can be
 *  gathered and resumed without any other file. Texts are on the heap. */
struct isw_run_manifest {
  uint64_t identity;
  uint64_t other; /**< identity of journal files to ignore, while an extension imports networks; 0: none */
  char *file;     /**< the sweep file's name as the user gave it */
  char *folder;   /**< the base of its relative paths, absolute */
  char *text;     /**< the sweep file's text */
  char *settings; /**< isw_sweep_settings */
  uint32_t bits_version;
  char **programs; /**< that have worked in the folder, with their kernels; [program_count] */
  size_t program_count;
  char **overrides; /**< arguments of --set, [override_count] */
  size_t override_count;
};
/** Creates the folder if needed and writes OUT.parts/sweep safely: temporary name, sync, rename, sync of the folder. */
enum isw_status isw_run_manifest_write(const char *folder, const struct isw_run_manifest *manifest,
                                       struct isw_error *error);
/** Reads the manifest.
 *  @param[out] there  false if the folder or the file is missing
 *  @return ISW_BAD_INPUT if the file is torn or damaged */
enum isw_status isw_run_manifest_read(const char *folder, struct isw_run_manifest *manifest, bool *there,
                                      struct isw_error *error);
/** The program that worked in the folder last, with its kernels. */
const char *isw_run_manifest_program(const struct isw_run_manifest *manifest);
void isw_run_manifest_clear(struct isw_run_manifest *manifest);

/** The lock of a run folder, whose holder alone may write to it: a POSIX record lock on OUT.parts/lock. The system
 *  releases it when its owner ends, also over NFS if that supports locks. */
struct isw_lock;
/** Creates the folder if needed and takes the lock.
 *  @param[out] unlocked  the file system does not support locks; the run continues without one
 *  @return ISW_BAD_INPUT if another process holds it (the message names that process and its host), or if the folder or
 *          the lock is something else */
enum isw_status isw_lock_take(const char *folder, struct isw_lock **lock, bool *unlocked, struct isw_error *error);
void isw_lock_release(struct isw_lock *lock);
/** Whether another process holds the lock of a folder. It does not take the lock. Also false if the folder is missing
 *  or its file system does not support locks. */
bool isw_lock_held(const char *folder);
#endif
