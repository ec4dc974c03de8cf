/** @file Utilities that every room uses: a status with a message, growing text, checked memory, bit sets, a hash table,
 *  files and the clock. */
#ifndef INITSWEEP_BASE_H
#define INITSWEEP_BASE_H
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

/** The outcome of a call. The values are also the exit statuses of the program. */
enum isw_status {
  ISW_OK = 0,
  ISW_FAILED = 1,      /**< the machine or a library failed: memory, disk, MPI, HDF5 */
  ISW_BAD_INPUT = 2,   /**< the user's arguments or files are invalid */
  ISW_INTERRUPTED = 75 /**< stopped by a signal; the same command resumes */
};

/** Growing text. Zero-initialise it to make it empty. `bytes` is NUL-terminated after the first successful append. */
struct isw_text {
  char *bytes;
  size_t length;
  size_t capacity;
};

/** Appends formatted text, as printf does.
 *  @return ISW_FAILED if memory cannot be allocated; the text is then unchanged */
enum isw_status isw_text_add(struct isw_text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
enum isw_status isw_text_add_list(struct isw_text *text, const char *format, va_list list)
    __attribute__((format(printf, 2, 0)));
/** Appends `length` bytes unchanged. Errors as for isw_text_add. */
enum isw_status isw_text_add_bytes(struct isw_text *text, const void *bytes, size_t length);
/** Frees the bytes and makes the text empty. */
void isw_text_clear(struct isw_text *text);

/** The code of a byte that is not part of valid UTF-8. */
#define ISW_NOT_UTF8 UINT32_MAX
/** Decodes the UTF-8 character at bytes[0 .. length - 1]: returns its number of bytes and sets *code. Invalid UTF-8
 *  gives 1 byte and the code ISW_NOT_UTF8. */
size_t isw_character(const char *bytes, size_t length, uint32_t *code);
/** Whether a character must not be written to a terminal as it is: controls (C0, DEL, C1), line and paragraph
 *  separators, and characters without a form of their own (direction marks, zero-width characters, fillers, tags). */
bool isw_character_is_hidden(uint32_t code);
/** Number of terminal columns of a character that is not hidden: 0 (combining), 1 or 2. */
size_t isw_character_columns(uint32_t code);
/** Appends bytes in a form that is safe on a terminal: hidden characters, line breaks among them, and bytes that are
 *  not UTF-8 become \\xNN, \\uNNNN or \\UNNNNNNNN. Errors as for isw_text_add.
 *  @param[out] columns  number of terminal columns that were appended */
enum isw_status isw_text_add_visible(struct isw_text *text, const char *bytes, size_t length, size_t *columns);
/** The same for text of several lines: the bytes 0x0A stay. After an error, some lines may have been appended. */
enum isw_status isw_text_add_visible_lines(struct isw_text *text, const char *bytes, size_t length);

/** The reason for a failed call: complete lines for the user, without a final newline. Zero-initialise it to make it
 *  empty. */
struct isw_error {
  enum isw_status status;
  struct isw_text message;
  bool located; /**< the message begins with a position in a file: "sweep.yaml:7:19: error: ..." */
};

/** Replaces status and message. Returns `status`, so that a function can end with `return isw_error_set(...)`. `error`
 *  may be NULL. */
enum isw_status isw_error_set(struct isw_error *error, enum isw_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/** Sets and returns ISW_FAILED with the message "out of memory (N bytes for WHAT)". */
enum isw_status isw_error_memory(struct isw_error *error, size_t bytes, const char *what);
/** The message, or "" if there is none. */
const char *isw_error_text(const struct isw_error *error);
void isw_error_clear(struct isw_error *error);

/** Allocates count * size zeroed bytes, aligned to 64 bytes; release them with free().
 *  @return NULL on overflow or if memory cannot be allocated. A count or size of 0 gives a valid pointer. */
void *isw_allocate(size_t count, size_t size);
/** Copies text to the heap; NULL if memory cannot be allocated. */
char *isw_copy_text(const char *text);
/** The monotonic clock in seconds. Only differences are meaningful. */
double isw_clock(void);

/** Sets and returns ISW_FAILED with the message "PATH: WHAT: REASON", where REASON describes errno. */
enum isw_status isw_error_system(struct isw_error *error, const char *path, const char *what);

/** Joins a folder and a name to a path on the heap; NULL if memory cannot be allocated. The name is copied unchanged if
 *  it is absolute or if the folder is NULL or "". */
char *isw_path_join(const char *folder, const char *name);
/** The parent folder of a path, on the heap; "." for a plain name. NULL if memory cannot be allocated. */
char *isw_path_folder(const char *path);

/** The kinds of files that isw_file_read accepts. */
enum isw_file_kind {
  ISW_REGULAR_FILE, /**< regular files only */
  ISW_ANY_FILE /**< also pipes and devices, such as /dev/stdin; a pipe that nothing writes to for 5 s is an error */
};
/** Reads a whole file into memory.
 *  @param[in]  limit   maximum size in bytes, a multiple of 1 MiB
 *  @param[out] bytes   the contents and a terminating NUL; release with free()
 *  @param[out] length  number of bytes without the NUL
 *  @return ISW_BAD_INPUT if the file is missing, of another kind, longer than `limit` or unreadable; errno is then that
 *          of the failed call, or 0. ISW_FAILED if memory cannot be allocated. */
enum isw_status isw_file_read(const char *path, size_t limit, enum isw_file_kind kind, char **bytes, size_t *length,
                              struct isw_error *error);
/** Opens a regular file for reading.
 *  @param[in]  limit   maximum size in bytes, a multiple of 1 MiB
 *  @param[out] fd      the caller closes it; -1 after an error
 *  @param[out] length  its size in bytes
 *  @return as isw_file_read */
enum isw_status isw_file_open(const char *path, size_t limit, int *fd, size_t *length, struct isw_error *error);
/** Reads `wanted` bytes at `offset` of an open file. *got is smaller if the file ends before.
 *  @return false after an error, with errno set */
bool isw_read_at(int fd, void *bytes, size_t wanted, uint64_t offset, size_t *got);
/** Writes all parts completely and modifies `parts` meanwhile. Increases *written by the number of bytes written, also
 *  after an error.
 *  @return false after an error, with errno set */
bool isw_write_parts(int fd, struct iovec *parts, size_t count, uint64_t *written);
/** Syncs a folder to the disk, so that new and renamed files in it survive a crash. */
enum isw_status isw_folder_sync(const char *folder, struct isw_error *error);

/** @name Signals
 *  SIGINT, SIGTERM, SIGUSR1, SIGXCPU and, unless it is ignored (nohup), SIGHUP end every command with ISW_INTERRUPTED.
 *  @{ */
enum isw_signal_end {
  ISW_END_AT_ONCE, /**< the process ends in the handler; for commands that keep nothing */
  ISW_END_IN_ORDER /**< the work ends where it asks isw_interrupted, or after 4 s; a second SIGINT ends the process at
                        once. SIGXFSZ and SIGPIPE are ignored: writes past a limit and to closed pipes fail */
};
/** Catches the signals. May be called again, also with the other kind of end.
 *  @param[in] speak  whether this process prints a message when it ends in a handler */
void isw_signals_catch(enum isw_signal_end end, bool speak);
/** Whether the work may take longer than 4 s to end after a signal, because it stores something of value: from now on,
 *  until it is called with `false`. */
void isw_signals_allow_time(bool allow);
/** Whether a signal has arrived. Long work asks at least once a second and then returns early, also with invalid
 *  results: a caller that has a status to return asks again (isw_check_interrupted) and discards them. */
bool isw_interrupted(void);
/** Returns ISW_OK, or after a signal ISW_INTERRUPTED with the message "interrupted". */
enum isw_status isw_check_interrupted(struct isw_error *error);
/** @} */

#define ISW_NEW_SUFFIX ".new"
/** Creates a temporary file that will be renamed to `path`. Its name is PATH.<16 random hexadecimal digits>.new, so
 *  that no other process on any machine uses the same one.
 *  @param[in]  mode  permissions before the umask
 *  @param[out] name  the temporary name, on the heap; NULL after an error
 *  @return the descriptor, open for writing; -1 after an error, with errno set */
int isw_open_new(const char *path, unsigned mode, char **name);
/** @name Output files
 *  Each file is written under a temporary name (isw_open_new), synced and renamed; then its folder is synced. After a
 *  crash the name refers either to the previous file or to the complete new one.
 *  @{ */
/** Checks that a name is free, for commands that never replace a file, before they start their work.
 *  @return ISW_BAD_INPUT if anything has the name, even a dangling symbolic link */
enum isw_status isw_output_is_free(const char *path, struct isw_error *error);
/** Checks that isw_open_new can create a file for this path, by creating and removing it: the folder may be read-only,
 *  the name too long, the disk full.
 *  @return ISW_BAD_INPUT if it cannot */
enum isw_status isw_output_can_create(const char *path, struct isw_error *error);
/** Writes a new file.
 *  @return ISW_BAD_INPUT if anything has the name, even if it appeared during the call, or if the file cannot be
 *          created; ISW_FAILED if it cannot be written */
enum isw_status isw_output_create(const char *path, const void *bytes, size_t length, struct isw_error *error);
/** Writes one of the program's own files and replaces any file of that name. Several processes may do so at once.
 *  @param[in]     mode   permissions before the umask
 *  @param[in,out] parts  the contents, one part after the other; modified */
enum isw_status isw_output_replace(const char *path, unsigned mode, struct iovec *parts, size_t count,
                                   struct isw_error *error);
/** Returns ISW_OK if the file at `path`, which may be of any kind, may be replaced; else sets the reason. */
typedef enum isw_status isw_output_check(void *context, const char *path, struct isw_error *error);
/** Renames a complete, synced file to its final name and syncs the folder. An existing file is replaced only if
 *  `may_replace` allows it (NULL: never). No other file is lost, even if it appears during the call. On file systems
 *  that cannot exchange two names, such as NFS, a race remains between the check and the renaming.
 *  @return ISW_BAD_INPUT if an existing file may not be replaced, ISW_FAILED if a system call fails; in both cases
 *          `temporary` has been removed */
enum isw_status isw_output_publish(const char *temporary, const char *path, isw_output_check *may_replace,
                                   void *context, struct isw_error *error);
/** Removes the temporary files of `path` that killed processes left, as far as possible. It also removes that of a
 *  process that is writing `path` at the moment; that process then fails. */
void isw_output_remove_temporaries(const char *path);
/** @} */

/** The memory that all processes of this machine may use together. */
struct isw_memory_limit {
  double bytes;  /**< INFINITY if it cannot be found out */
  bool is_group; /**< a limit of this process's control group (batch job, container) or one above it, not the machine */
};
/** Reads /proc/meminfo and the limits of the control groups, version 1 and 2 (Linux: admin-guide/cgroup-v1/memory,
 *  admin-guide/cgroup-v2).
 *  @param[in] root  the folder that holds proc and sys: "", or another one in tests */
struct isw_memory_limit isw_memory_limit(const char *root);

/** The processor time that control groups allow, in processors: a process on two processors whose group may use 100 ms
 *  of every 100 ms has a quota of 1. */
struct isw_processor_quota {
  double processors; /**< INFINITY: no quota; may be a fraction */
  uint64_t group;    /**< equal for processes of a machine that share the quota */
};
/** Reads the smallest quota of this process's control group and those above it, version 1 (cpu.cfs_quota_us) and 2
 *  (cpu.max).
 *  @param[in] root  as for isw_memory_limit */
struct isw_processor_quota isw_processor_quota(const char *root);

/** XXH3-64 of the bytes (xxHash: Collet 2019). The values are part of the file formats. `bytes` may be NULL if length
 *  is 0. */
uint64_t isw_hash(const void *bytes, size_t length, uint64_t seed);
/** @name isw_hash of a stream of bytes, seed 0
 *  @{ */
struct isw_hasher;
/** NULL if memory cannot be allocated. */
struct isw_hasher *isw_hasher_create(void);
void isw_hasher_destroy(struct isw_hasher *hasher);
void isw_hasher_add(struct isw_hasher *hasher, const void *bytes, size_t length);
/** isw_hash of all bytes so far; more may follow. */
uint64_t isw_hasher_value(const struct isw_hasher *hasher);
/** @} */

/** @name XXH3-128 of a stream of bytes, seed 0
 *  @{ */
enum { ISW_DIGEST_SIZE = 33 }; /**< of the hash as text: 32 hexadecimal digits, the canonical form of xxHash */
struct isw_digest;
/** NULL if memory cannot be allocated. */
struct isw_digest *isw_digest_create(void);
void isw_digest_destroy(struct isw_digest *digest);
void isw_digest_add(struct isw_digest *digest, const void *bytes, size_t length);
/** Writes the hash of all bytes so far; more may follow. */
void isw_digest_write(const struct isw_digest *digest, char text[ISW_DIGEST_SIZE]);
enum { ISW_DIGEST_STATE_BYTES = 576 };
/** Saves the state after all bytes so far: another process of the same program can load it and add the next bytes. */
void isw_digest_save(const struct isw_digest *digest, unsigned char state[ISW_DIGEST_STATE_BYTES]);
void isw_digest_load(struct isw_digest *digest, const unsigned char state[ISW_DIGEST_STATE_BYTES]);
/** @} */

/** @name Bit sets
 *  A set of numbers 0 .. size - 1, stored in 64-bit words: bit k % 64 of word k / 64 is 1 if k is in the set. The
 *  unused bits of the last word are 0.
 *  @{ */
/** Number of 64-bit words of a set. */
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

/** Adds all numbers 0 .. size - 1. */
void isw_bits_fill(uint64_t *bits, uint64_t size);
/** Number of elements below `end`, which may be the size. */
uint64_t isw_bits_count(const uint64_t *bits, uint64_t end);
/** The smallest element that is at least `from`; `size` if there is none. */
uint64_t isw_bits_next(const uint64_t *bits, uint64_t from, uint64_t size);
/** The element that has exactly `before` smaller elements. It must exist. */
uint64_t isw_bits_select(const uint64_t *bits, uint64_t before);
/** @} */

/** A hash table from 64-bit keys to numbers. Zero-initialise it to make it empty. A key may have several numbers, which
 *  are found in the order of insertion. It uses open addressing with linear probing; callers may iterate over the
 *  entries whose `number` is not 0. */
struct isw_table {
  struct isw_table_entry {
    uint64_t key, number; /**< number + 1; 0: free */
  } * entry;              /**< [capacity] */
  size_t capacity, count;
};
/** Allocates memory for `count` numbers in total; adding up to that many then cannot fail.
 *  @return ISW_FAILED if memory cannot be allocated */
enum isw_status isw_table_reserve(struct isw_table *table, size_t count);
/** Adds a number, which must be below UINT64_MAX.
 *  @return ISW_FAILED if memory cannot be allocated; the table is then unchanged */
enum isw_status isw_table_add(struct isw_table *table, uint64_t key, uint64_t number);
/** Finds the next number of a key.
 *  @param[in,out] place  state of the search; 0 for the first call, then kept by the caller
 *  @return false if there are no more numbers */
bool isw_table_find(const struct isw_table *table, uint64_t key, size_t *place, uint64_t *number);
/** Frees the entries and makes the table empty. */
void isw_table_clear(struct isw_table *table);

/** Stores a * b in *product. Returns false on overflow. */
bool isw_multiply(size_t a, size_t b, size_t *product);

/** The candidate that is nearest to `word` by edit distance (Damerau-Levenshtein), for "did you mean"; NULL if none is
 *  near enough. */
const char *isw_nearest_word(const char *word, const char *const *candidates, size_t count);
#endif
