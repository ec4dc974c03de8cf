/** @file What every room shares: a status with a message, growing text, checked memory, bit sets, a hash table, files,
 * the clock. */
#ifndef INITSWEEP_BASE_H
#define INITSWEEP_BASE_H
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

/** How a call ended; the values are the program's exit status. */
enum isw_status {
  ISW_OK = 0,
  ISW_FAILED = 1,      /**< the machine or a library refused: memory, disk, MPI, HDF5 */
  ISW_BAD_INPUT = 2,   /**< the user's words or files are wrong */
  ISW_INTERRUPTED = 75 /**< a signal asked to stop; run again to go on */
};

/** Text that grows; zero-initialised it is empty. bytes is NUL-terminated once anything was added. */
struct isw_text {
  char *bytes;
  size_t length;
  size_t capacity;
};

/** Appends as printf does. A text that memory ran out for stays as it was and returns ISW_FAILED. */
enum isw_status isw_text_add(struct isw_text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
enum isw_status isw_text_add_list(struct isw_text *text, const char *format, va_list list)
    __attribute__((format(printf, 2, 0)));
/** Appends length bytes as they are. */
enum isw_status isw_text_add_bytes(struct isw_text *text, const void *bytes, size_t length);
/** Frees the bytes; the text is empty again. */
void isw_text_clear(struct isw_text *text);

/** Why a call did not succeed: whole lines for a person, without a final newline. Zero-initialised it says nothing. */
struct isw_error {
  enum isw_status status;
  struct isw_text message;
  bool located; /**< the message begins with a place in a file: "sweep.yaml:7:19: error: ..." */
};

/** Sets status and message, replacing what was there; returns status, so that `return isw_error_set(...)` reads well.
 *  error may be NULL. */
enum isw_status isw_error_set(struct isw_error *error, enum isw_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/** ISW_FAILED "out of memory (N bytes for WHAT)". */
enum isw_status isw_error_memory(struct isw_error *error, size_t bytes, const char *what);
/** The message, or "" */
const char *isw_error_text(const struct isw_error *error);
void isw_error_clear(struct isw_error *error);

/** count * size bytes of zeros aligned to 64, NULL on overflow or where memory ran out; free() releases them.
 *  A count or size of 0 gives a valid pointer. */
void *isw_allocate(size_t count, size_t size);
/** A copy of text on the heap, or NULL. */
char *isw_copy_text(const char *text);
/** Seconds of the monotonic clock; only differences mean something. */
double isw_clock(void);

/** ISW_FAILED "PATH: WHAT: REASON" with errno's reason. */
enum isw_status isw_error_system(struct isw_error *error, const char *path, const char *what);

/** A path in a folder as text on the heap; NULL where memory ran out. An absolute name stays as it is, as one in no
 *  folder (NULL or "") does. */
char *isw_path_join(const char *folder, const char *name);
/** The folder that a path is in, as text on the heap: "." for a plain name; NULL where memory ran out. */
char *isw_path_folder(const char *path);

/** What isw_file_read accepts beside regular files. */
enum isw_file_kind {
  ISW_REGULAR_FILE, /**< nothing: a FIFO would block */
  ISW_ANY_FILE      /**< also pipes and devices, such as /dev/stdin */
};
/** Reads a whole file.
 *  @param[in]  limit   bytes that it may have, whole MiB
 *  @param[out] bytes   its bytes and a NUL, which free() releases
 *  @param[out] length  without the NUL
 *  @return ISW_BAD_INPUT where it is missing, of another kind, longer than limit, or cannot be read; errno is then that
 *  of the call
 *          that failed, or 0. ISW_FAILED where memory ran out. */
enum isw_status isw_file_read(const char *path, size_t limit, enum isw_file_kind kind, char **bytes, size_t *length,
                              struct isw_error *error);
/** Reads `wanted` bytes from `offset` of an open file; *got is less where the file ends. False after an error, with
 * errno. */
bool isw_read_at(int fd, void *bytes, size_t wanted, uint64_t offset, size_t *got);
/** Writes all of the parts, which it changes; *written counts up by what arrived, also after an error. False after one,
 *  with errno. */
bool isw_write_parts(int fd, struct iovec *parts, size_t count, uint64_t *written);
/** Syncs a folder, so that new and renamed files in it outlast a crash. */
enum isw_status isw_folder_sync(const char *folder, struct isw_error *error);

#define ISW_NEW_SUFFIX ".new"
/** Makes a file for writing that is to be renamed to `path`: PATH.<16 hexadecimal digits>.new, at random, so that no
 *  other process of any machine has it. Returns the descriptor, with *name on the heap, or -1, with errno and *name
 *  NULL. @param[in] mode  permissions before the umask */
int isw_open_new(const char *path, unsigned mode, char **name);
/** @name Output files
 *  Each is written under a temporary name (isw_open_new), synced, and then given its name, whose folder is synced:
 *  after a crash the name stands for what it stood for before, or for the complete new file.
 *  @{ */
/** ISW_BAD_INPUT where anything has that name, even a link without its file: for a command that replaces nothing,
 *  before its work. */
enum isw_status isw_output_is_free(const char *path, struct isw_error *error);
/** Writes a file of that name. ISW_BAD_INPUT where anything has the name, also since a moment ago, or it cannot be
 *  created; ISW_FAILED where it cannot be written. */
enum isw_status isw_output_create(const char *path, const void *bytes, size_t length, struct isw_error *error);
/** Writes a file of the program's own, in place of any that has the name; several processes may do so at once.
 *  @param[in]     mode   permissions before the umask
 *  @param[in,out] parts  what is in it, one after the other; changed */
enum isw_status isw_output_replace(const char *path, unsigned mode, struct iovec *parts, size_t count,
                                   struct isw_error *error);
/** ISW_OK where the file at `path`, which may be anything, may be replaced; else why not. */
typedef enum isw_status isw_output_check(void *context, const char *path, struct isw_error *error);
/** Gives a file that is complete and synced its name, and syncs the folder. What has the name already is replaced where
 *  `may_replace` allows it (NULL: never). Anything else is never lost, even if it appeared a moment before. Only on
 *  file systems that cannot exchange two names, as NFS, a moment is left between the check and the renaming.
 *  @return ISW_BAD_INPUT where the name is not given because of what has it, ISW_FAILED where the system refuses;
 *          `temporary` is then removed. */
enum isw_status isw_output_publish(const char *temporary, const char *path, isw_output_check *may_replace,
                                   void *context, struct isw_error *error);
/** Removes, where it can, the temporary files of `path` that killed processes left; also that of a process that writes
 *  `path` now, which then fails. */
void isw_output_remove_temporaries(const char *path);
/** @} */

/** XXH3-64 of the bytes (xxHash: Collet 2019); the value is part of the file formats. bytes may be NULL where length is
 * 0. */
uint64_t isw_hash(const void *bytes, size_t length, uint64_t seed);

/** @name Bit sets
 *  A set of numbers 0 .. size - 1 in plain 64-bit words: bit k % 64 of word k / 64 says whether k is in it. The bits of
 *  the last word from `size` on are 0. @{ */
/** Words of a set. */
static inline size_t isw_bits_words(uint64_t size)
{
  return (size_t)(size / 64 + (size % 64 > 0));
}

static inline bool isw_bits_has(const uint64_t *bits, uint64_t k)
{
  return bits[k / 64] >> k % 64 & 1;
}

static inline void isw_bits_add(uint64_t *bits, uint64_t k)
{
  bits[k / 64] |= UINT64_C(1) << k % 64;
}

static inline void isw_bits_remove(uint64_t *bits, uint64_t k)
{
  bits[k / 64] &= ~(UINT64_C(1) << k % 64);
}

/** Makes the set 0 .. size - 1. */
void isw_bits_fill(uint64_t *bits, uint64_t size);
/** How many numbers below `end` are in the set; end may be its size. */
uint64_t isw_bits_count(const uint64_t *bits, uint64_t end);
/** The smallest number of the set from `from` on, or `size` where there is none. */
uint64_t isw_bits_next(const uint64_t *bits, uint64_t from, uint64_t size);
/** The number of the set that `before` smaller ones precede. The set must have it. */
uint64_t isw_bits_select(const uint64_t *bits, uint64_t before);
/** @} */

/** A hash table from 64-bit keys to numbers; zero-initialised it is empty. A key may have several numbers, which are
 *  found in the order in which they were added. Open addressing with linear probing; entries whose `number` is not 0
 *  may be walked through. */
struct isw_table {
  struct isw_table_entry {
    uint64_t key, number; /**< number + 1; 0: free */
  } * entry;              /**< [capacity] */
  size_t capacity, count;
};
/** Takes memory for `count` numbers in all, so that adding up to so many cannot fail; ISW_FAILED where there is
 * none. */
enum isw_status isw_table_reserve(struct isw_table *table, size_t count);
/** Adds a number, below UINT64_MAX. ISW_FAILED where memory ran out; the table is then as it was. */
enum isw_status isw_table_add(struct isw_table *table, uint64_t key, uint64_t number);
/** Finds the next number of a key. *place is 0 for the first search and kept by the caller; false where there is no
 * other. */
bool isw_table_find(const struct isw_table *table, uint64_t key, size_t *place, uint64_t *number);
/** Frees the entries; the table is empty again. */
void isw_table_clear(struct isw_table *table);

/** a * b into *product; false on overflow. */
bool isw_multiply(size_t a, size_t b, size_t *product);

/** The candidate nearest to word by edit distance (Damerau-Levenshtein), or NULL where none is near enough to be
 * meant. */
const char *isw_nearest_word(const char *word, const char *const *candidates, size_t count);
#endif
