/* Bytes of a file of a run folder, after one byte that says which file it is, and whether its checksums are corrected
 * first: without that, a fuzzer seldom reaches the code behind them. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "initsweep/results.h"
#include "journal/journal_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

enum { NETWORKS = 8, RIGHT_HEAD = 1, RIGHT_ENTRIES = 2, ORIGIN = 4, CHECKPOINT = 8 };
static const uint64_t identity = 0x1122334455667788;

static volatile uint64_t sink;

/* Checks that every byte can be read. */
static void touch(const void *bytes, size_t length)
{
  if (length > 0) sink = isw_hash(bytes, length, 0);
}

static void put_sum(uint8_t *bytes, size_t length, uint64_t seed)
{
  uint64_t sum = isw_hash(bytes, length, seed);
  for (size_t i = 0; i < 8; i++) bytes[length + i] = (uint8_t)(sum >> 8 * i);
}

static void mend(uint8_t *bytes, size_t length, uint8_t how)
{
  size_t head = length >= 9 && bytes[8] == 1 ? JOURNAL_HEAD_BYTES_1 : JOURNAL_HEAD_BYTES;
  if (how & RIGHT_HEAD && length >= head) put_sum(bytes, head - 8, 0);
  for (size_t at = head; how & RIGHT_ENTRIES && at + JOURNAL_ENTRY_BYTES <= length;) {
    uint8_t *entry = bytes + at;
    struct journal_entry read;
    put_sum(entry, JOURNAL_ENTRY_BYTES - 8, identity);
    size_t room = length - at - JOURNAL_ENTRY_BYTES;
    bool good = how & CHECKPOINT ? isw_journal_checkpoint_decode(entry, identity, &read)
                                 : isw_journal_entry_decode(entry, identity, 4, &read);
    size_t body = good ? isw_journal_body_bytes(&read, 4) : 0;
    if (good && body <= room) {
      size_t weights = isw_journal_weight_bytes(&read, 4);
      size_t list = (size_t)read.records * 8;
      size_t sizes[3] = {read.values_bytes, read.kept & KEPT_INITIAL ? weights : 0,
                         read.kept & KEPT_FINAL ? weights : 0};
      if (how & CHECKPOINT) {
        sizes[0] = sizes[1] = list;
        sizes[2] = read.values_bytes >= 2 * list ? read.values_bytes - 2 * list : 0;
        if (2 * list + sizes[2] > room) return;
      }
      const uint8_t *start = entry + JOURNAL_ENTRY_BYTES;
      const void *parts[3] = {start, start + sizes[0], start + sizes[0] + sizes[1]};
      uint64_t sum = isw_journal_body_checksum(identity, parts, sizes);
      for (size_t i = 0; i < 8; i++) entry[JOURNAL_ENTRY_BYTES - 16 + i] = (uint8_t)(sum >> 8 * i);
      put_sum(entry, JOURNAL_ENTRY_BYTES - 8, identity);
    }
    at += JOURNAL_ENTRY_BYTES + (good && body <= room ? isw_journal_padded(body) : 0);
  }
  if (how & ORIGIN && length >= 48) put_sum(bytes, length - 8, 0);
}

static void read_journal(const char *folder)
{
  struct isw_index *index = NULL;
  struct isw_error error = {0};
  if (isw_index_create(folder, identity, NETWORKS, 4, &index, &error) == ISW_OK) {
    if (isw_index_count(index) > NETWORKS) abort();
    for (uint64_t n = 0; n < NETWORKS; n++) {
      struct isw_finished finished;
      if (!isw_index_has(index, n)) continue;
      if (isw_index_read(index, n, &finished, &error) != ISW_OK || finished.number != n) abort();
      touch(finished.values, finished.values_bytes);
      if (finished.weights_initial) touch(finished.weights_initial, 4 * finished.parameters);
      if (finished.weights_final) touch(finished.weights_final, 4 * finished.parameters);
    }
    isw_index_destroy(index);
  } else if (!*isw_error_text(&error))
    abort();
  isw_error_clear(&error);
}

static void read_origin(const char *folder)
{
  struct isw_run_manifest origin;
  struct isw_error error = {0};
  bool there;
  if (isw_run_manifest_read(folder, &origin, &there, &error) == ISW_OK && there && (!origin.file || !origin.settings))
    abort();
  isw_run_manifest_clear(&origin);
  isw_error_clear(&error);
}

static void read_checkpoint(const char *folder)
{
  void *file;
  struct isw_checkpoint checkpoint;
  struct isw_checkpointed *networks = NULL;
  struct isw_error error = {0};
  size_t count;
  if (isw_checkpoint_read(folder, identity, 4, 0, &file, &checkpoint)) {
    touch(checkpoint.numbers, checkpoint.count * sizeof *checkpoint.numbers);
    touch(checkpoint.ids, checkpoint.count * sizeof *checkpoint.ids);
    touch(checkpoint.state, checkpoint.bytes);
    free(file);
  }
  if (isw_checkpoint_networks(folder, identity, 4, &networks, &count, &error) != ISW_OK) abort();
  touch(networks, count * sizeof *networks);
  free(networks);
  isw_error_clear(&error);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
  static char folder[] = "/tmp/fuzzjournalXXXXXX";
  static bool made;
  char path[128];
  if (!made && !mkdtemp(folder)) abort();
  made = true;
  if (length == 0) return 0;
  uint8_t how = bytes[0];
  uint8_t *copy = malloc(length);
  if (!copy) abort();
  memcpy(copy, bytes + 1, length - 1);
  mend(copy, length - 1, how);
  const char *name = how & ORIGIN       ? "sweep"
                     : how & CHECKPOINT ? "pack00000000000000000000.checkpoint"
                                        : "rank00000-run0000.journal";
  snprintf(path, sizeof path, "%s/%s", folder, name);
  int file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
  if (file < 0 || write(file, copy, length - 1) != (ssize_t)(length - 1)) abort();
  close(file);
  free(copy);
  if (how & ORIGIN)
    read_origin(folder);
  else if (how & CHECKPOINT)
    read_checkpoint(folder);
  else
    read_journal(folder);
  unlink(path);
  return 0;
}
