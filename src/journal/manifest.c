/* The run's manifest, OUT.parts/sweep: the sweep that the journal files beside it belong to. */
#include "journal_internal.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static const uint64_t manifest_magic = UINT64_C(0x3150575357535849); /* "IXSWSWP1" */
enum {
  MANIFEST_VERSION = 2,
  HEAD_BYTES = 48,     /* magic, version, texts, identity, other, bytes of all texts, version of the bits, programs */
  HEAD_BYTES_1 = 40,   /* of version 1, which lacks the last two */
  TEXTS = 4,           /* file, folder, text, settings; then the programs and the overrides */
  MAX_BYTES = 64 << 20 /* a sweep file has at most 16 MiB */
};

static enum isw_status put_text(struct isw_text *bytes, const char *text)
{
  unsigned char length[8];
  isw_journal_put(length, strlen(text), sizeof length);
  enum isw_status status = isw_text_add_bytes(bytes, length, sizeof length);
  return status == ISW_OK ? isw_text_add_bytes(bytes, text, strlen(text)) : status;
}

static uint64_t text_bytes(char *const *texts, size_t count)
{
  uint64_t bytes = 0;
  for (size_t i = 0; i < count; i++) bytes += 8 + strlen(texts[i]);
  return bytes;
}

static enum isw_status put_texts(struct isw_text *bytes, char *const *texts, size_t count)
{
  enum isw_status status = ISW_OK;
  for (size_t i = 0; i < count && status == ISW_OK; i++) status = put_text(bytes, texts[i]);
  return status;
}

static enum isw_status encode(const struct isw_run_manifest *manifest, struct isw_text *bytes)
{
  char *const texts[TEXTS] = {manifest->file, manifest->folder, manifest->text, manifest->settings};
  unsigned char head[HEAD_BYTES];
  isw_journal_put(head, manifest_magic, 8);
  isw_journal_put(head + 8, MANIFEST_VERSION, 4);
  isw_journal_put(head + 12, TEXTS + manifest->program_count + manifest->override_count, 4);
  isw_journal_put(head + 16, manifest->identity, 8);
  isw_journal_put(head + 24, manifest->other, 8);
  isw_journal_put(head + 32,
                  text_bytes(texts, TEXTS) + text_bytes(manifest->programs, manifest->program_count) +
                      text_bytes(manifest->overrides, manifest->override_count),
                  8);
  isw_journal_put(head + 40, manifest->bits_version, 4);
  isw_journal_put(head + 44, manifest->program_count, 4);
  enum isw_status status = isw_text_add_bytes(bytes, head, sizeof head);
  if (status == ISW_OK) status = put_texts(bytes, texts, TEXTS);
  if (status == ISW_OK) status = put_texts(bytes, manifest->programs, manifest->program_count);
  if (status == ISW_OK) status = put_texts(bytes, manifest->overrides, manifest->override_count);
  if (status != ISW_OK) return status;
  unsigned char sum[8];
  isw_journal_put(sum, isw_hash(bytes->bytes, bytes->length, 0), sizeof sum);
  return isw_text_add_bytes(bytes, sum, sizeof sum);
}

enum isw_status isw_run_manifest_write(const char *folder, const struct isw_run_manifest *manifest,
                                       struct isw_error *error)
{
  struct isw_text bytes = {0};
  char *path = isw_path_join(folder, MANIFEST_NAME);
  enum isw_status status = path ? encode(manifest, &bytes) : ISW_FAILED;
  if (status != ISW_OK)
    status = isw_error_memory(error, bytes.length, "the journal's copy of the sweep file");
  else
    status = isw_journal_make_folder(folder, error);
  if (status == ISW_OK) {
    struct iovec part = {bytes.bytes, bytes.length};
    status = isw_output_replace(path, 0666, &part, 1, error);
  }
  isw_text_clear(&bytes);
  free(path);
  return status;
}

/* Takes the next text, on the heap; NULL if there is none. */
static char *take_text(const unsigned char **at, size_t *left)
{
  uint64_t length = *left >= 8 ? isw_journal_get(*at, 8) : UINT64_MAX;
  if (*left < 8 || length > *left - 8) return NULL;
  char *text = strndup((const char *)*at + 8, (size_t)length);
  *at += 8 + length;
  *left -= 8 + (size_t)length;
  return text;
}

static bool take_texts(const unsigned char **at, size_t *left, size_t count, char ***texts, size_t *taken)
{
  *texts = isw_allocate(count, sizeof **texts);
  if (!*texts) return false;
  for (*taken = 0; *taken < count; ++*taken) {
    (*texts)[*taken] = take_text(at, left);
    if (!(*texts)[*taken]) return false;
  }
  return true;
}

static bool decode(const unsigned char *bytes, size_t size, struct isw_run_manifest *manifest)
{
  if (size < HEAD_BYTES_1 + 8 || isw_journal_get(bytes, 8) != manifest_magic) return false;
  uint64_t version = isw_journal_get(bytes + 8, 4);
  size_t head = version == 1 ? HEAD_BYTES_1 : HEAD_BYTES;
  if (version < 1 || version > MANIFEST_VERSION || size < head + 8) return false;
  if (isw_journal_get(bytes + 32, 8) != size - head - 8) return false;
  if (isw_journal_get(bytes + size - 8, 8) != isw_hash(bytes, size - 8, 0)) return false;
  size_t count = (size_t)isw_journal_get(bytes + 12, 4), left = size - head - 8;
  size_t programs = version == 1 ? 0 : (size_t)isw_journal_get(bytes + 44, 4);
  if (count < TEXTS || count > left / 8 || programs > count - TEXTS) return false;
  manifest->identity = isw_journal_get(bytes + 16, 8);
  manifest->other = isw_journal_get(bytes + 24, 8);
  manifest->bits_version = version == 1 ? 1 : (uint32_t)isw_journal_get(bytes + 40, 4);
  char **texts[TEXTS] = {&manifest->file, &manifest->folder, &manifest->text, &manifest->settings};
  const unsigned char *at = bytes + head;
  for (size_t i = 0; i < TEXTS; i++)
    if (!(*texts[i] = take_text(&at, &left))) return false;
  return take_texts(&at, &left, programs, &manifest->programs, &manifest->program_count) &&
         take_texts(&at, &left, count - TEXTS - programs, &manifest->overrides, &manifest->override_count) && left == 0;
}

enum isw_status isw_run_manifest_read(const char *folder, struct isw_run_manifest *manifest, bool *there,
                                      struct isw_error *error)
{
  *manifest = (struct isw_run_manifest){0};
  *there = false;
  char *path = isw_path_join(folder, MANIFEST_NAME), *bytes;
  size_t length;
  if (!path) return isw_error_memory(error, strlen(folder), "a file's name");
  enum isw_status status = isw_file_read(path, MAX_BYTES, ISW_REGULAR_FILE, &bytes, &length, error);
  bool missing = status != ISW_OK && (errno == ENOENT || errno == ENOTDIR);
  if (status == ISW_OK) {
    *there = decode((const unsigned char *)bytes, length, manifest);
    if (!*there) {
      isw_run_manifest_clear(manifest);
      status = isw_error_set(error, ISW_BAD_INPUT, "%s: this file is damaged", path);
    }
  }
  free(bytes);
  free(path);
  if (!missing) return status;
  if (error) isw_error_clear(error);
  return ISW_OK;
}

const char *isw_run_manifest_program(const struct isw_run_manifest *manifest)
{
  return manifest->program_count > 0 ? manifest->programs[manifest->program_count - 1] : ISW_JOURNAL_PROGRAM_1;
}

static void free_texts(char **texts, size_t count)
{
  for (size_t i = 0; i < count; i++) free(texts[i]);
  free(texts);
}

void isw_run_manifest_clear(struct isw_run_manifest *manifest)
{
  free_texts(manifest->programs, manifest->program_count);
  free_texts(manifest->overrides, manifest->override_count);
  free(manifest->file);
  free(manifest->folder);
  free(manifest->text);
  free(manifest->settings);
  *manifest = (struct isw_run_manifest){0};
}
