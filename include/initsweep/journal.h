/** @file Crash safety without HDF5: journals of finished networks, their index, checkpoints of packs under way, the
 * run's manifest and its lock. */
#ifndef INITSWEEP_JOURNAL_H
#define INITSWEEP_JOURNAL_H
#include "initsweep/base.h"
#include "initsweep/record.h"

/** A rank's own append-only file in OUT.parts/. Head: magic, version, the sweep's identity. Then entries: one a
 *  network, each with its length and XXH3 checksums, little-endian. docs/results-format.md has the bytes. */
struct isw_journal;
/** In place of a rank: the journal of what an extension took over from the smaller grid. */
#define ISW_RANK_REUSED UINT32_MAX
/** Makes OUT.parts/ where needed and a new file in it that no other rank or run has.
 *  @param[in] identity  isw_sweep_identity
 *  @param[in] real_bytes 4 or 8 */
enum isw_status isw_journal_create(const char *folder, uint64_t identity, unsigned rank, size_t real_bytes,
                                   struct isw_journal **journal, struct isw_error *error);
/** Appends `count` networks, one pack at a time in one write. Thread-safe. Syncs where the last sync is more than 30 s
 *  ago. Where the disk refuses, the file ends with its last whole entry and the message names file, bytes and
 *  reason. */
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
/** The same, passing over journals of identity `other` (0: none): isw_run_manifest. */
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
/** What the journal files have so far; a network that stands in two of them counts once. */
struct isw_watched {
  uint64_t finished, network_steps;
  uint64_t ended[ISW_NETWORK_STATUSES]; /**< by enum isw_network_status */
};
enum isw_status isw_watch_create(const char *folder, uint64_t identity, uint64_t networks, size_t real_bytes,
                                 struct isw_watch **watch, struct isw_error *error);
/** Reads what is new since the last look: one listing of the folder, one stat a file, and the new bytes of those that
 *  grew; of long entries the heads alone. Bodies' checksums are not compared. A tail that is not whole is read again by
 *  the next look; files of other sweeps are passed over; a missing folder has nothing new. */
enum isw_status isw_watch_look(struct isw_watch *watch, struct isw_watched *now, struct isw_error *error);
void isw_watch_destroy(struct isw_watch *watch);

/** Removes a folder's journal files, checkpoints, manifest and lock file, and the folder itself if nothing else is in
 * it. */
enum isw_status isw_journal_remove(const char *folder, struct isw_error *error);
/** The same, but only if the folder has no journal file and no checkpoint, of any sweep. */
enum isw_status isw_journal_remove_dir_if_empty(const char *folder, struct isw_error *error);
/** isw_journal_remove without the lock file and the folder. */
enum isw_status isw_journal_remove_contents(const char *folder, struct isw_error *error);
/** Removes files that killed processes had not yet renamed. The caller must hold the lock: another run's may be in
 * use. */
enum isw_status isw_journal_remove_temporaries(const char *folder, struct isw_error *error);
/** Removes the journal files and checkpoints of one sweep. */
enum isw_status isw_journal_remove_identity(const char *folder, uint64_t identity, struct isw_error *error);

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
/** Finds the state of just these networks. False where there is none, or a damaged or another sweep's: the pack then
 *  begins at its beginning. *state points into *file, which the caller frees. */
bool isw_checkpoint_read(const char *folder, uint64_t identity, size_t real_bytes, const uint64_t *numbers,
                         const uint64_t *ids, size_t count, void **file, const void **state, size_t *bytes);
/** First networks of all checkpoints of a folder, in no order, on the heap. */
enum isw_status isw_checkpoint_list(const char *folder, uint64_t **numbers, size_t *count, struct isw_error *error);
void isw_checkpoint_remove(const char *folder, uint64_t number);

/** What OUT.parts/sweep says: the sweep that the journal files beside it belong to, so that they can be gathered and
 *  gone on with alone. Texts are on the heap. */
struct isw_run_manifest {
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
enum isw_status isw_run_manifest_write(const char *folder, const struct isw_run_manifest *manifest,
                                       struct isw_error *error);
/** Reads it. *there is false where the folder or the file is missing; a file that is torn or damaged is
 * ISW_BAD_INPUT. */
enum isw_status isw_run_manifest_read(const char *folder, struct isw_run_manifest *manifest, bool *there,
                                      struct isw_error *error);
void isw_run_manifest_clear(struct isw_run_manifest *manifest);

/** The right to write to a folder of journal files: a POSIX record lock on OUT.parts/lock, which the system drops with
 *  its owner, also over NFS where that has locks. */
struct isw_lock;
/** Makes the folder where needed and takes the lock. ISW_BAD_INPUT, with the owner's host and process, where another
 *  process has it. *unlocked: the file system has no locks; the run goes on without. */
enum isw_status isw_lock_take(const char *folder, struct isw_lock **lock, bool *unlocked, struct isw_error *error);
void isw_lock_release(struct isw_lock *lock);
/** Whether another process has the lock of a folder; asks only. False too where there is no folder, or its file system
 * has no locks. */
bool isw_lock_held(const char *folder);
#endif
