/** @file Inner header of the journal room: the byte format of journal files and checkpoints.
 *  A journal file is a head, then one entry per network; docs/results-format.md describes the bytes. Fields are
 *  little-endian; the numbers of an entry's body are in the byte order that the head names. */
#ifndef INITSWEEP_JOURNAL_INTERNAL_H
#define INITSWEEP_JOURNAL_INTERNAL_H
#include "initsweep/journal.h"

enum {
  JOURNAL_VERSION = 2,
  JOURNAL_HEAD_BYTES = 104,
  JOURNAL_HEAD_BYTES_1 = 40, /**< of version 1, which says nothing of bits and program */
  JOURNAL_PROGRAM_BYTES = 60,
  JOURNAL_ENTRY_BYTES = 80, /**< an entry's head; its body follows, padded with zeros to a multiple of 8 */
  JOURNAL_ALIGNMENT = 8
};
#define ISW_JOURNAL_PROGRAM_1 "initsweep 0.1.0 or earlier" /**< whose files do not name their program */
#define JOURNAL_SUFFIX ".journal"
#define CHECKPOINT_PREFIX "pack"
#define CHECKPOINT_SUFFIX ".checkpoint"
#define MANIFEST_NAME "sweep"
#define LOCK_NAME "lock"

/** Start of a journal file. */
struct journal_head {
  uint64_t magic;
  uint32_t version;
  uint32_t byte_order; /**< of the bodies' numbers: 1 little-endian, 2 big-endian */
  uint64_t identity;
  uint32_t real_bytes;
  uint32_t rank;
  uint32_t bits_version;
  char program[JOURNAL_PROGRAM_BYTES + 1]; /**< that wrote the file; the file has it without the final 0 */
  uint64_t checksum;                       /**< of the bytes before it */
  size_t bytes;                            /**< of the head in the file; set by decoding */
};

/** Start of an entry. */
struct journal_entry {
  uint32_t magic;
  uint32_t status;
  uint64_t number, id, steps_done;
  uint32_t records, records_done, layers;
  uint32_t kept; /**< KEPT_INITIAL | KEPT_FINAL */
  uint64_t parameters;
  uint64_t values_bytes;
  uint64_t body_checksum; /**< of values, weights_initial and weights_final */
  uint64_t checksum;      /**< of the bytes before it */
};
enum { KEPT_INITIAL = 1, KEPT_FINAL = 2 };

/** This machine's byte order, as encoded in the head. */
uint32_t isw_journal_byte_order(void);

/** The head of a file that this program writes. program: truncated if it is too long. */
struct journal_head isw_journal_head(uint64_t identity, unsigned rank, size_t real_bytes, const char *program);
void isw_journal_head_encode(const struct journal_head *head, unsigned char bytes[JOURNAL_HEAD_BYTES]);
/** Decodes a head from the first `length` bytes of a file. Heads of version 1 are shorter; later versions keep the size
 *  of this one. False if the bytes are not the head of a journal: magic or checksum are wrong, or bytes are missing. */
bool isw_journal_head_decode(const unsigned char *bytes, size_t length, struct journal_head *head);
/** Whether this program reads files of a head's version. */
bool isw_journal_version_is_known(const struct journal_head *head);

/** Encodes an entry. Its checksum is seeded with the sweep's identity, so that entries of other sweeps are rejected. */
void isw_journal_entry_encode(struct journal_entry *entry, uint64_t identity, unsigned char bytes[JOURNAL_ENTRY_BYTES]);
/** Decodes an entry. False if magic or checksum are wrong, or a field is invalid. */
bool isw_journal_entry_decode(const unsigned char bytes[JOURNAL_ENTRY_BYTES], uint64_t identity, size_t real_bytes,
                              struct journal_entry *entry);
/** The same for a checkpoint's entry, which has a magic of its own: number, id (of its pack's first network),
 *  steps_done, records (networks of the pack), values_bytes (of the body) and the checksums; the rest is 0. */
void isw_journal_checkpoint_encode(struct journal_entry *entry, uint64_t identity,
                                   unsigned char bytes[JOURNAL_ENTRY_BYTES]);
bool isw_journal_checkpoint_decode(const unsigned char bytes[JOURNAL_ENTRY_BYTES], uint64_t identity,
                                   struct journal_entry *entry);
/** Bytes of one weight array of an entry, and of its body with and without the padding. */
size_t isw_journal_weight_bytes(const struct journal_entry *entry, size_t real_bytes);
size_t isw_journal_body_bytes(const struct journal_entry *entry, size_t real_bytes);
size_t isw_journal_padded(size_t bytes);

/** Checksum of a body that is given in parts. */
uint64_t isw_journal_body_checksum(uint64_t identity, const void *const parts[3], const size_t bytes[3]);

/** Writes and reads little-endian numbers of `size` bytes, 1 .. 8. */
void isw_journal_put(unsigned char *bytes, uint64_t value, size_t size);
uint64_t isw_journal_get(const unsigned char *bytes, size_t size);

/** Creates a run folder if it is missing. ISW_BAD_INPUT if something else has its name. */
enum isw_status isw_journal_make_folder(const char *folder, struct isw_error *error);
#endif
