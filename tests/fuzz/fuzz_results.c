/* A small results file with damage inside. The input lists the damage: for each piece, its place in two bytes, the
 * number of bytes in one, and the bytes; a number of 255 cuts the file at the place. A process reads the damaged file
 * first: a crash inside the HDF5 library ends it, and is no finding. Otherwise, with the address sanitizer, the file is
 * read here again, which shows what is not freed; without it, the library may have damaged the process's memory unseen,
 * for which reason the program reads such files in child processes alone. */
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "unit/results_sample.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define REPORTS_ERRORS
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define REPORTS_ERRORS
#endif
#ifdef REPORTS_ERRORS
#include <sanitizer/asan_interface.h>
#endif

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);
const char *__asan_default_options(void);
const char *__tsan_default_options(void);
const char *__lsan_default_suppressions(void);

enum { NETWORKS = 5, RECORDS = 3, MAX_NUMBERS = 1 << 20, CUT = 255, FAULT_OF_HDF5 = 77 };
static const uint64_t identity = 0x1122334455667788;
static const struct isw_quantity quantities[] = {
    {"loss", "", "1", false, false, false, false, NULL, 0, false},
    {"gradient_norm", "", "1", true, false, false, false, NULL, 0, false},
    {"distinct_units", "", "1", true, true, false, false, NULL, 0, false},
};

/* A damaged size is a failed allocation, as without the sanitizer. */
const char *__asan_default_options(void)
{
  return "allocator_may_return_null=1:handle_abort=1";
}

/* A crash is a signal, as without the sanitizer. */
const char *__tsan_default_options(void)
{
  return "handle_segv=0:handle_sigbus=0:handle_sigfpe=0:handle_abort=0";
}

/* What the library does not free after it has found damage. */
const char *__lsan_default_suppressions(void)
{
  return "leak:libhdf5\n";
}

static volatile uint64_t sink;

static void touch(const void *bytes, size_t length)
{
  if (length > 0) sink = isw_hash(bytes, length, 0);
}

/* ---- reading ---- */

static void read_dataset(struct isw_results *results, const struct isw_results_dataset *view)
{
  uint64_t networks = isw_results_networks(results), some = networks < NETWORKS ? networks : NETWORKS;
  double values[NETWORKS] = {0};
  struct isw_error error = {0};
  for (size_t record = 0; record < isw_results_records(results) && record < RECORDS; record++)
    if (!view->text && isw_results_column(results, view->name, 0, some, record, 1, values, &error) == ISW_OK)
      touch(values, sizeof values);
  if (view->text) {
    uint32_t *codes = calloc(networks, sizeof *codes);
    char **texts;
    size_t count;
    if (codes && isw_results_texts(results, view->name, codes, &texts, &count, &error) == ISW_OK) {
      for (uint64_t i = 0; i < networks; i++) touch(texts[codes[i]], strlen(texts[codes[i]]));
      isw_results_free_texts(texts, count);
    }
    free(codes);
    const char *text = isw_results_text(results, view->name, 0);
    if (text) touch(text, strlen(text));
  }
  isw_error_clear(&error);
}

static void read_network(struct isw_results *results, uint64_t number)
{
  struct isw_finished finished = {.number = number,
                                  .records = RECORDS,
                                  .layers = (uint32_t)sample_layers(number),
                                  .parameters = sample_parameters(number)};
  struct isw_error error = {0};
  enum isw_status status =
      isw_results_network(results, quantities, SAMPLE_QUANTITIES, sizeof(float), true, true, &finished, &error);
  if (status != ISW_OK && !*isw_error_text(&error)) abort();
  if (status == ISW_OK && finished.values) touch(finished.values, finished.values_bytes);
  if (status == ISW_OK && finished.weights_final) touch(finished.weights_final, finished.parameters * sizeof(float));
  isw_error_clear(&error);
}

static void ignore_line(void *context, const char *line)
{
  (void)context;
  touch(line, strlen(line));
}

static void read_file(const char *path)
{
  struct isw_results *results;
  struct isw_error error = {0};
  if (isw_results_open(path, &results, &error) != ISW_OK) {
    if (!*isw_error_text(&error)) abort();
    isw_error_clear(&error);
    return;
  }
  struct sample sample = {NETWORKS, identity, RECORDS, sizeof(float), true};
  const struct isw_results_head head = sample_head(&sample);
  struct isw_hash_report report;
  uint64_t differences, ended[ISW_NETWORK_STATUSES] = {0};
  const struct isw_results_dataset *view;
  for (size_t i = 0; isw_results_networks(results) < MAX_NUMBERS && (view = isw_results_dataset(results, i)); i++)
    read_dataset(results, view);
  for (uint64_t number = 0; number < NETWORKS; number++) read_network(results, number);
  if (isw_results_networks(results) < MAX_NUMBERS) isw_count_ended(results, ended, &error);
  for (const char *const *name = (const char *const[]){"settings", "provenance/hosts", "provenance/seconds", NULL};
       *name; name++) {
    const char *text = isw_results_attribute(results, *name);
    if (text) touch(text, strlen(text));
  }
  isw_results_check(results, &head, ignore_line, NULL, &differences, &error);
  isw_results_check_hashes(results, &report, &error);
  isw_hash_report_clear(&report);
  isw_results_close(results);
  isw_error_clear(&error);
}

/* ---- the process that reads first ---- */

#ifdef REPORTS_ERRORS
/* Ends the process that reads first if the error was made inside the HDF5 library: the first frame of the report that
 * is in a file of this project or in the library decides. gcc names its sanitizer's own files src/libsanitizer/... */
static void judge_report(const char *report)
{
  const char *hdf5 = strstr(report, "libhdf5"), *ours = strstr(report, "/src/"),
             *test = strstr(report, "fuzz_results.c");
  while (ours && strncmp(ours, "/src/libsanitizer/", 18) == 0) ours = strstr(ours + 1, "/src/");
  if (test && (!ours || test < ours)) ours = test;
  if (hdf5 && (!ours || hdf5 < ours)) _exit(FAULT_OF_HDF5);
}
#endif

/* Whether the library survives the file. */
static bool survives(const char *path)
{
  pid_t child = fork();
  if (child < 0) abort();
  if (child == 0) {
#ifdef REPORTS_ERRORS
    __asan_set_error_report_callback(judge_report);
#endif
    read_file(path);
    _exit(0);
  }
  int how;
  while (waitpid(child, &how, 0) != child) /* libFuzzer's timer interrupts it */
    if (errno != EINTR) abort();
  if (WIFEXITED(how) && WEXITSTATUS(how) == 0) return true;
  bool of_library = WIFEXITED(how) && WEXITSTATUS(how) == FAULT_OF_HDF5;
  bool endless = WIFSIGNALED(how) && WTERMSIG(how) == SIGVTALRM;
#ifndef REPORTS_ERRORS
  of_library = of_library || WIFSIGNALED(how); /* without reports, whose fault it is remains open */
#endif
  if (of_library || endless) return false;
  fprintf(stderr, "the process that read the file ended with wait status %#x\n", how);
  abort();
}

/* ---- damage ---- */

struct whole {
  char folder[32], *path;
  unsigned char *bytes, *copy;
  size_t length;
};

static void write_whole(struct whole *whole)
{
  struct sample sample = {NETWORKS, identity, RECORDS, sizeof(float), true};
  const struct isw_results_head head = sample_head(&sample);
  struct isw_index *index;
  struct isw_error error = {0};
  strcpy(whole->folder, "/tmp/fuzzresultsXXXXXX");
  if (!mkdtemp(whole->folder)) abort();
  whole->path = isw_path_join(whole->folder, "out.h5");
  sample_journal(&sample, whole->folder, 0, 0, NETWORKS - 1, 1); /* the last one is missing */
  if (isw_index_create(whole->folder, identity, NETWORKS, sizeof(float), &index, &error) != ISW_OK ||
      isw_results_write(whole->path, &head, index, &error) != ISW_OK)
    abort();
  isw_index_destroy(index);
  whole->bytes = sample_read_file(whole->path, &whole->length);
  whole->copy = malloc(whole->length);
  if (!whole->copy) abort();
}

/* Applies the damage to the copy; returns its length. */
static size_t damage(const struct whole *whole, const uint8_t *bytes, size_t length)
{
  size_t end = whole->length;
  memcpy(whole->copy, whole->bytes, end);
  while (length > 3) {
    size_t place = ((size_t)bytes[0] | (size_t)bytes[1] << 8) % whole->length, count = bytes[2];
    bytes += 3, length -= 3;
    if (count == CUT) {
      end = place < end ? place : end;
      continue;
    }
    if (count > length) count = length;
    if (count > whole->length - place) count = whole->length - place;
    memcpy(whole->copy + place, bytes, count);
    bytes += count, length -= count;
  }
  return end;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
  static struct whole whole;
  struct isw_error error = {0};
  if (!whole.path) write_whole(&whole);
  sample_write_file(whole.path, whole.copy, damage(&whole, bytes, length));
  bool sound = survives(whole.path);
#ifdef REPORTS_ERRORS
  if (sound) read_file(whole.path);
#else
  (void)sound;
#endif
  /* as the commands do it, with the child process of isw_hdf5_call */
  if (isw_results_may_replace(whole.path, identity, 0, &error) != ISW_OK && !*isw_error_text(&error)) abort();
  isw_error_clear(&error);
  return 0;
}
