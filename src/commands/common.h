/* What the commands share: options, files, numbers for people. */
#ifndef INITSWEEP_COMMANDS_COMMON_H
#define INITSWEEP_COMMANDS_COMMON_H
#include "initsweep/base.h"
#include "initsweep/engine.h"
#include "initsweep/sweep.h"
#include "options.h"

/* Prints an error: what a sweep file's reader says as it stands, all else after "initsweep: ". Returns the exit status. */
int isw_say_error(enum isw_status status, const struct isw_error *error);
/* "initsweep" and the words, on the heap; to be asked for before getopt moves the words. */
char *isw_command_line(int argc, char **argv);
/* The texts of --set. */
struct isw_overrides {
  const char **text;
  size_t count;
};
/* Keeps one more; false where memory ran out. */
bool isw_overrides_add(struct isw_overrides *overrides, const char *text);

enum { ISW_SWEEP_FILE_LIMIT = 16 << 20 };
/* Reads a file of at most ISW_SWEEP_FILE_LIMIT bytes. */
enum isw_status isw_load_file(const char *path, char **bytes, size_t *length, struct isw_error *error);
/* The folder that a path is in, absolute, on the heap. ISW_BAD_INPUT where there is none. */
enum isw_status isw_absolute_folder_of(const char *path, char **folder, struct isw_error *error);
/* isw_sweep_read with the probes of the registry. folder: where relative paths of data start. */
enum isw_status isw_load_sweep(const char *file, const char *folder, const char *bytes, size_t length,
                               const struct isw_overrides *overrides, struct isw_sweep **sweep,
                               struct isw_error *error);
/* Both, for commands that run alone. */
enum isw_status isw_open_sweep(const char *file, const struct isw_overrides *overrides, struct isw_sweep **sweep,
                               struct isw_error *error);
/** On stderr: files of data that are not below the sweep file's folder, one line each. */
void isw_say_outside(const char *file, const struct isw_sweep *sweep);

/* The probes that a sweep records, on the heap: [*count]. */
const struct isw_probe **isw_chosen_probes(const struct isw_sweep *sweep, size_t *count);
enum isw_real isw_sweep_real(const struct isw_sweep *sweep);
/* The class of a pack. */
const struct isw_pack_class *isw_class_of(const struct isw_packs *packs, uint64_t pack);

/* Numbers for people, in the caller's buffer of ISW_NUMBER bytes: 12.3 M, 1.5 GiB, 2 h 05 min. */
enum { ISW_NUMBER = 40 };
const char *isw_si(double number, char *buffer);
const char *isw_bytes(double bytes, char *buffer);
const char *isw_duration(double seconds, char *buffer);
/* The number of networks and the grid that they come from: 120 = network.init 4 x network.depth 3 x replicate 10 */
void isw_print_grids(const struct isw_sweep *sweep);
/* Text as JSON has it, with its quotes, on stdout. */
void isw_print_json_text(const char *text);
#endif
